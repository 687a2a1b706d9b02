//! The command. Exit code only.

fn main() -> std::process::ExitCode {
    strongroom::cli::main()
}

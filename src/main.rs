//! The command. Exit code only.

fn main() {}

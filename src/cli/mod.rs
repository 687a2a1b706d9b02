//! Commands: arguments in, text and an exit code out.

mod args;
mod check;
mod clock;
mod config;
mod evidence;
mod explain;
mod lsp;
mod mend;
mod pins;
mod progress;
mod repeated;
mod rules;
mod since;
mod terminal;

pub use lsp::serve_editor;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;

use args::{Cli, Command, ConfigCommand, InspectArgs, SchemaOf};

use crate::check::{Everything, Request, load};
use crate::disk::{Disk, Looking};
use crate::finding::Problem;
use crate::source::Sources;
use crate::source::files::Files;
use crate::source::leaving::Medium;

/// Runs the command that the arguments name.
///
/// Exit codes: 0 nothing at or above the threshold; 1 findings; 2 the job could not be done.
pub fn main() -> ExitCode {
    let words: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let cli = match Cli::try_parse_from(&words) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::from(error.use_stderr()) * 2);
        }
    };
    // A stack of the main thread's size is too small for the deepest nesting that is evaluated.
    let worker = std::thread::Builder::new().stack_size(crate::source::limits::STACK_BYTES);
    let done = match worker.spawn(move || run(cli, &words)).map(std::thread::JoinHandle::join) {
        Ok(Ok(done)) => done,
        Ok(Err(_)) => return ExitCode::from(101),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(stop) => {
            terminal::complain(&stop.0);
            ExitCode::from(2)
        }
    }
}

fn run(cli: Cli, words: &[String]) -> Done {
    match cli.command {
        Command::Check(args) => check::run(&args, words),
        Command::Report(args) => evidence::report(&args, words),
        Command::Graph(args) => evidence::draw(&args, words),
        Command::Inspect(args) => inspect(&args, words),
        Command::Explain(args) => explain::run(&args, words),
        Command::Rules { command, rules } => rules::run(command, &rules),
        Command::Config { command: ConfigCommand::Show { path, config } } => config::show(&path, config.as_deref()),
        Command::Schema { of: SchemaOf::Rule } => print_json(&crate::rule::docs::schema()),
        Command::Schema { of: SchemaOf::Config } => print_json(&crate::config::schema()),
        Command::Lsp => lsp::serve(),
    }
}

/// A sentence that ends the program with exit code 2.
#[derive(Debug)]
pub(crate) struct Stop(pub(crate) String);

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Stop(format!("strongroom: can't write the output: {}", crate::disk::sentence(&error)))
    }
}

impl Stop {
    /// A problem told in one paragraph, for what goes wrong before there is a report to put it into.
    pub(crate) fn problem(problem: &Problem, sources: &Sources) -> Self {
        let place = match &problem.place {
            crate::finding::Place::Span(span) => {
                let source = sources.get(span.source);
                let at = source.position(span.start);
                format!("{}:{}:{}: ", source.path(), at.line, at.column)
            }
            crate::finding::Place::Path(path) => format!("{path}: "),
            crate::finding::Place::Nowhere => String::new(),
        };
        let help = problem.help.as_ref().map_or_else(String::new, |help| format!("\n  help: {help}"));
        Stop(sources.veil(&format!("strongroom: {place}{}{help}", problem.message)).into_owned())
    }
}

pub(crate) type Done = Result<u8, Stop>;

fn inspect(args: &InspectArgs, words: &[String]) -> Done {
    let disk = Arc::new(Disk::new(&args.paths.iter().chain(&args.source_dir).cloned().collect::<Vec<_>>()));
    let settings =
        pins::settings(&args.pins, words, &disk).map_err(|problem| Stop::problem(&problem, disk.sources()))?;
    let stdin = terminal::standard_input(&args.paths)?;
    let request = Request {
        paths: args.paths.clone(),
        stdin,
        buffers: Vec::new(),
        folders: Vec::new(),
        callers: None,
        settings,
        wanted: &Vec::new,
        everything: true,
        source_dir: args.source_dir.clone(),
        looking: Looking { excluded: &|_| false, gitignore: true },
        progress: Arc::default(),
    };
    let Everything { loaded, .. } = load(&request, &disk);
    let units = loaded.units.iter().map(|unit| crate::inspect::unit(unit.as_ref(), disk.sources())).collect();
    let mut text = serde_json::to_vec(&crate::inspect::document(units)).unwrap_or_default();
    text.push(b'\n');
    terminal::print(&text, Medium::Json, disk.sources())?;
    for problem in &loaded.problems {
        terminal::complain(&Stop::problem(problem, disk.sources()).0);
    }
    Ok(if loaded.problems.iter().any(|problem| problem.fatal) { 2 } else { 0 })
}

fn print_json(json: &serde_json::Value) -> Done {
    let mut text = Vec::new();
    writeln!(text, "{json:#}")?;
    terminal::print(&text, Medium::Json, &Sources::new())?;
    Ok(0)
}

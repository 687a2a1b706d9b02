//! `strongroom rules`.

use std::sync::Arc;

use rayon::prelude::*;

use super::args::{RuleArgs, RulesCommand};
use super::{Done, Stop, terminal};
use crate::disk::{Disk, shown};
use crate::finding::Problem;
use crate::rule::{Rule, RuleSet, docs, examples};
use crate::source::files::{FileError, Files, Member, join, parent};
use crate::source::leaving::Medium;
use crate::source::{Source, Sources};

/// A directory of rule files.
pub(super) struct Directory {
    /// As shown to people.
    pub(super) path: String,
    /// Whether a person wrote it on the command line, and no configuration did.
    named: bool,
}

impl Directory {
    /// One that the command line names.
    pub(super) fn named(path: &str) -> Self {
        Directory { path: shown(path), named: true }
    }

    /// One that a configuration names, as shown to people.
    pub(super) fn configured(path: &str) -> Self {
        Directory { path: path.to_owned(), named: false }
    }

    fn list(&self, disk: &Disk) -> Result<Vec<Member>, FileError> {
        if self.named { disk.list_named(&self.path) } else { disk.configured().list(&self.path) }
    }

    fn read(&self, path: &str, disk: &Disk) -> Result<Arc<Source>, FileError> {
        if self.named { disk.read_named(path) } else { disk.configured().read(path) }
    }
}

/// The built-in rules and those of `directories`.
pub(super) fn load(directories: &[Directory], disk: &Arc<Disk>) -> (RuleSet, Vec<Problem>) {
    let mut set = RuleSet::builtin();
    let problems = directories.iter().flat_map(|directory| add(&mut set, directory, disk)).collect();
    (set, problems)
}

/// Adds the rule files of one directory.
fn add(set: &mut RuleSet, directory: &Directory, disk: &Disk) -> Vec<Problem> {
    let members = match directory.list(disk) {
        Ok(members) => members,
        Err(why) => {
            let message = format!("this directory of rules can't be read: {why}");
            return vec![Problem::path("unreadable", &directory.path, message)];
        }
    };
    let mut problems = Vec::new();
    for member in members.iter().filter(|member| !member.directory && is_rule(&member.name)) {
        let path = join(&directory.path, &member.name);
        match directory.read(&path, disk) {
            Ok(source) => problems.extend(set.add(&source)),
            Err(why) => problems.push(Problem::path("unreadable", path, why.to_string())),
        }
    }
    problems
}

fn is_rule(name: &str) -> bool {
    name.ends_with(".md") && !name.eq_ignore_ascii_case("readme.md") && !name.eq_ignore_ascii_case("index.md")
}

/// The rules of the command line; a rule file that can't be used ends the program.
pub(super) fn set_of(args: &RuleArgs) -> Result<RuleSet, Stop> {
    let disk = Arc::new(Disk::new(&[]));
    let directories: Vec<Directory> = args.directories.iter().map(|path| Directory::named(path)).collect();
    let (set, problems) = load(&directories, &disk);
    let (fatal, news): (Vec<_>, Vec<_>) = problems.iter().partition(|problem| problem.fatal);
    for problem in news {
        terminal::complain(&Stop::problem(problem, disk.sources()).0);
    }
    if fatal.is_empty() {
        return Ok(set);
    }
    let texts: Vec<String> = fatal.iter().map(|problem| Stop::problem(problem, disk.sources()).0).collect();
    Err(Stop(texts.join("\n")))
}

fn named<'s>(set: &'s RuleSet, id: &str) -> Result<&'s Arc<Rule>, Stop> {
    set.get(id).map_err(|problem| Stop::problem(&problem, &Sources::new()))
}

pub(super) fn run(command: Option<RulesCommand>, args: &RuleArgs) -> Done {
    match command {
        None | Some(RulesCommand::List) => print(&docs::table(&set_of(args)?)),
        Some(RulesCommand::Show { rule }) => print(named(&set_of(args)?, &rule)?.text()),
        Some(RulesCommand::Model) => print(&docs::model()),
        Some(RulesCommand::Language) => print(&docs::language()),
        Some(RulesCommand::New { name }) => new(&name),
        Some(RulesCommand::Docs { directory }) => write_docs(&directory, &set_of(args)?),
        Some(RulesCommand::Test { directory }) => test(directory, args),
    }
}

fn print(text: &str) -> Done {
    terminal::print(text.as_bytes(), Medium::Text, &Sources::new())?;
    Ok(0)
}

fn cannot_write(path: &str, why: &str) -> Stop {
    Stop(format!("strongroom: {path}: can't be written: {why}"))
}

fn new(name: &str) -> Done {
    let id = name.strip_suffix(".md").unwrap_or(name);
    let base = id.rsplit('/').next().unwrap_or(id);
    let text = docs::new_rule(base).map_err(|why| Stop(format!("strongroom: {why}")))?;
    let path = format!("{id}.md");
    Disk::new(&[]).create_named(&path, text.as_bytes()).map_err(|why| cannot_write(&path, &why))?;
    let directory = parent(&path);
    let replaces = match RuleSet::builtin().is_built_in(base) {
        true => format!("where it is loaded, it replaces the built-in rule `{base}`\n"),
        false => String::new(),
    };
    print(&format!("wrote {path}: `strongroom rules test {directory}` runs its examples\n{replaces}"))
}

fn write_docs(directory: &str, set: &RuleSet) -> Done {
    let disk = Disk::new(&[]);
    disk.create_directory(directory).map_err(|why| cannot_write(directory, &why))?;
    let pages = docs::pages(set);
    for (name, text) in &pages {
        let path = join(directory, name);
        disk.write_named(&path, text.as_bytes()).map_err(|why| cannot_write(&path, &why))?;
    }
    print(&format!("wrote {} pages to {directory}\n", pages.len()))
}

/// Runs the examples of the rules in `directory`, or of every rule; exit code 1 where one does not come as expected.
fn test(directory: Option<String>, args: &RuleArgs) -> Done {
    let disk = Arc::new(Disk::new(&[]));
    let (set, problems) = match directory {
        None => return report(&set_of(args)?),
        Some(directory) => {
            let mut set = RuleSet::new();
            let problems = add(&mut set, &Directory::named(&directory), &disk);
            (set, problems)
        }
    };
    let fatal: Vec<String> = problems
        .iter()
        .filter(|problem| problem.fatal)
        .map(|problem| Stop::problem(problem, disk.sources()).0)
        .collect();
    if !fatal.is_empty() {
        return Err(Stop(fatal.join("\n")));
    }
    if set.is_empty() {
        return Err(Stop(
            "strongroom: there are no rule files here\n  help: `strongroom rules new NAME` writes one".to_owned(),
        ));
    }
    report(&set)
}

fn report(set: &RuleSet) -> Done {
    let rules: Vec<&Arc<Rule>> = set.iter().collect();
    let reports: Vec<examples::Report> =
        rules.par_iter().map(|rule| examples::test(rule, &crate::check::run_example)).collect();
    let mut text = String::new();
    let (mut ran, mut recombined, mut wrong) = (0, 0, 0);
    for (report, rule) in reports.iter().zip(&rules) {
        (ran, recombined) = (ran + report.examples, recombined + report.recombined);
        for mismatch in &report.failures {
            wrong += 1;
            text.push_str(&format!("{}:{mismatch}\n", rule.path));
        }
        for lack in &report.lacks {
            wrong += 1;
            text.push_str(&format!("{}: it lacks {lack}\n", rule.path));
        }
    }
    let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    text.push_str(&format!(
        "{}, {} and {}: {}\n",
        count(rules.len(), "rule"),
        count(ran, "example"),
        count(recombined, "recombination"),
        if wrong == 0 { "all as expected".to_owned() } else { format!("{wrong} not as expected") }
    ));
    terminal::print(text.as_bytes(), Medium::Text, &Sources::new())?;
    Ok(u8::from(wrong > 0))
}

//! `strongroom explain` and `strongroom rules`.

use std::sync::Arc;

use super::args::{RuleArgs, RulesCommand};
use super::{Done, Stop, terminal};
use crate::discover::{Disk, shown};
use crate::finding::Problem;
use crate::rule::RuleSet;
use crate::source::files::{Files, join};

/// The built-in rules and those of `directories` (paths as shown to people).
pub(super) fn load(directories: &[String], disk: &Arc<Disk>) -> (RuleSet, Vec<Problem>) {
    let mut set = RuleSet::builtin();
    let mut problems = Vec::new();
    for directory in directories {
        match disk.list(directory) {
            Ok(members) => {
                let names = members.iter().filter(|member| !member.directory && is_rule(&member.name));
                for member in names {
                    let path = join(directory, &member.name);
                    match disk.read(&path) {
                        Ok(source) => problems.extend(set.add(&source)),
                        Err(why) => problems.push(Problem::path("unreadable", path, why.to_string())),
                    }
                }
            }
            Err(why) => {
                let message = format!("this directory of rules can't be read: {why}");
                problems.push(Problem::path("unreadable", directory, message));
            }
        }
    }
    (set, problems)
}

fn is_rule(name: &str) -> bool {
    name.ends_with(".md") && !name.eq_ignore_ascii_case("readme.md") && !name.eq_ignore_ascii_case("index.md")
}

/// The rules of the command line; a rule file that can't be used ends the program.
fn set_of(args: &RuleArgs) -> Result<RuleSet, Stop> {
    let disk = Arc::new(Disk::new());
    let directories: Vec<String> = args.directories.iter().map(|path| shown(path)).collect();
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

pub(super) fn explain(rule: &str, args: &RuleArgs) -> Done {
    let set = set_of(args)?;
    let rule = set.get(rule).map_err(|problem| Stop::problem(&problem, &crate::source::Sources::new()))?;
    terminal::print(rule.body().as_bytes())?;
    Ok(0)
}

pub(super) fn run(command: Option<RulesCommand>, args: &RuleArgs) -> Done {
    let set = set_of(args)?;
    let _ = command;
    for rule in set.iter() {
        terminal::print(format!("{}  {}\n", rule.id, rule.summary).as_bytes())?;
    }
    Ok(0)
}

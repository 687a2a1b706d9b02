//! The examples of rules, through the same readers, evaluators and engine as every other check.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::judge_unit;
use crate::config::Config;
use crate::discover::is_terraform_file;
use crate::finding::Outcome;
use crate::resolve::{Loaded, Settings, cloudformation, plan, terraform};
use crate::rule::examples::Ran;
use crate::rule::{Listed, Rule};
use crate::source::files::{Files, MemoryFiles, parent};

/// Judges files (path and text) by one rule, as `check` would in the directory that holds them.
pub fn run_example(rule: &Rule, texts: &[(String, String)]) -> Ran {
    let memory = MemoryFiles::new(texts.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let files: Arc<dyn Files> = Arc::new(memory);
    let mut loaded = Loaded::default();
    let settings = Settings::default();
    let mut directories: BTreeSet<&str> = BTreeSet::new();
    for (path, _) in texts {
        let name = path.rsplit('/').next().unwrap_or(path);
        if is_terraform_file(name) {
            directories.insert(parent(path));
        } else if let Ok(source) = files.read(path) {
            let next = if plan::is_plan(source.text()) {
                plan::load(&source, plan::Beside::Nothing, &|_| true)
            } else {
                cloudformation::load(&source, files.as_ref(), &settings)
            };
            loaded.units.extend(next.units);
            loaded.problems.extend(next.problems);
        }
    }
    for directory in directories {
        let covered = loaded.units.iter().any(|unit| unit.covers().iter().any(|name| name == directory));
        if !covered {
            let next = terraform::load(directory, &files, &settings);
            loaded.units.extend(next.units);
            loaded.problems.extend(next.problems);
        }
    }
    let mut outcome = Outcome { problems: loaded.problems, ..Outcome::default() };
    let rules = [Arc::new(Listed::from(Arc::new(rule.clone())))];
    for unit in &loaded.units {
        super::merge(&mut outcome, judge_unit(unit.as_ref(), &rules, &Config::default()));
    }
    super::sort(&mut outcome, files.sources());
    Ran::of(&rule.id, &outcome, files.sources())
}

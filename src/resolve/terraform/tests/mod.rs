//! Configurations in memory, and what is read of them in every world.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod documents;
mod modules;
mod references;
mod repetition;
mod values;

use std::sync::Arc;

use crate::model::{Evaluator, Instance};
use crate::resolve::{Settings, VariableSetting};
use crate::source::files::{Files, MemoryFiles};
use crate::value::{Guard, Kind, Mode, Value, World, explore};

/// A loaded directory with its problems.
struct Unit {
    evaluator: Box<dyn Evaluator>,
    problems: Vec<String>,
}

/// Loads the working directory.
fn root<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Unit {
    load(".", files, &[])
}

/// Loads a directory; `settings` are `--var name=text` or, without `=`, `--var-file`.
fn load<'a>(directory: &str, files: impl IntoIterator<Item = (&'a str, &'a str)>, settings: &[&str]) -> Unit {
    let files: Arc<dyn Files> = Arc::new(MemoryFiles::new(files));
    let variables = settings
        .iter()
        .map(|setting| match setting.split_once('=') {
            Some((name, text)) => VariableSetting::Text(name.to_owned(), text.to_owned()),
            None => VariableSetting::File((*setting).to_owned()),
        })
        .collect();
    let loaded = super::load(directory, &files, &Settings { variables, ..Settings::default() });
    let problems = loaded.problems.iter().map(|problem| format!("{}: {}", problem.kind, problem.message)).collect();
    Unit { evaluator: loaded.units.into_iter().next().unwrap_or_else(|| panic!("no unit: {problems:?}")), problems }
}

impl Unit {
    /// A property (`address.property`) or named value (`local.x`) in every world: `guard: value`.
    fn all(&self, name: &str) -> Vec<String> {
        self.explore(name, Mode::Free)
    }

    /// The same in the default world alone, without its guard where there is one answer.
    fn default(&self, name: &str) -> String {
        let leaves = self.explore(name, Mode::Defaults);
        match leaves.as_slice() {
            [only] => only.strip_prefix("always: ").unwrap_or(only).to_owned(),
            _ => leaves.join("; "),
        }
    }

    fn explore(&self, name: &str, mode: Mode) -> Vec<String> {
        let evaluator = &*self.evaluator;
        let tree = explore(evaluator.inputs(), mode, &|world| evaluator.possible(world), |world| {
            text(&self.read(name, world))
        });
        assert!(tree.complete);
        let guard = |facts: &[_]| Guard::path(facts, evaluator.inputs());
        tree.leaves.iter().map(|leaf| format!("{}: {}", guard(&leaf.facts), leaf.result)).collect()
    }

    fn read(&self, name: &str, world: &mut World<'_>) -> Value {
        if name.starts_with("local.") || name.starts_with("output.") {
            return self.evaluator.named_value(name, world);
        }
        let (address, property) = name.rsplit_once('.').unwrap();
        match self.evaluator.find(address, world) {
            Some(instance) => self.evaluator.property(&instance, property, world),
            None => Value::string("NO INSTANCE", crate::value::Origin::default()),
        }
    }

    /// The addresses of all instances in every world.
    fn instances(&self) -> Vec<String> {
        let evaluator = &*self.evaluator;
        let tree = explore(evaluator.inputs(), Mode::Free, &|world| evaluator.possible(world), |world| {
            let blocks = evaluator.blocks();
            let list: Vec<Instance> = blocks.iter().flat_map(|block| evaluator.instances(block.id, world)).collect();
            for instance in &list {
                let found = evaluator.find(&instance.address, world);
                assert_eq!(found.as_ref(), Some(instance), "an address finds its instance");
            }
            list.iter().map(|instance| instance.address.to_string()).collect::<Vec<_>>().join(" ")
        });
        let guard = |facts: &[_]| Guard::path(facts, evaluator.inputs());
        tree.leaves.iter().map(|leaf| format!("{}: {}", guard(&leaf.facts), leaf.result)).collect()
    }

    /// The resource attribute whose value it is in the default world.
    fn attribute(&self, name: &str) -> String {
        let evaluator = &*self.evaluator;
        let tree = explore(evaluator.inputs(), Mode::Defaults, &|_| true, |world| self.read(name, world));
        tree.leaves[0].result.origin.attribute.as_ref().map_or_else(String::new, ToString::to_string)
    }

    /// The chain of notes behind a value of the default world.
    fn chain(&self, name: &str) -> Vec<String> {
        let evaluator = &*self.evaluator;
        let tree = explore(evaluator.inputs(), Mode::Defaults, &|_| true, |world| self.read(name, world));
        tree.leaves[0].result.origin.steps().map(|step| step.note.to_string()).collect()
    }
}

/// A value as a test writes it.
fn text(value: &Value) -> String {
    match &value.kind {
        Kind::Absent => "absent".to_owned(),
        Kind::Unknown(unknown) => format!("unknown({}: {})", unknown.kind.name(), unknown.reason),
        Kind::List(items) => format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(", ")),
        Kind::Map(entries) => {
            let members = entries.iter().map(|entry| format!("{}={}", entry.key, text(&entry.value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        Kind::String(text) => format!("\"{text}\""),
        _ => value.marked().unwrap_or_default(),
    }
}

/// Asserts each line of a table: what is read, and what it must be in the default world.
fn check(unit: &Unit, table: &[(&str, &str)]) {
    for (name, expected) in table {
        assert_eq!(unit.default(name), *expected, "{name}");
    }
}

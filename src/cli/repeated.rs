//! Problems that one cause makes by the hundred are told once.
//!
//! A repository calls the same modules everywhere: one that is not here is told once, however many calls there are of it.
//! A file that a tool merges with others into one template refers to what the others declare: its names are told of once.

use std::collections::BTreeMap;

use crate::finding::{Place, Problem};
use crate::source::SourceId;

/// What stands between the name of a call and the module that it calls.
const JOINT: &str = " is not here: ";

/// Leaves the first problem of each cause, with the number of those that are left out.
pub(super) fn once(problems: &mut Vec<Problem>) {
    modules(problems);
    references(problems);
}

/// Leaves the first name in each file that nothing declares.
fn references(problems: &mut Vec<Problem>) {
    let mut names: BTreeMap<SourceId, usize> = BTreeMap::new();
    let file = |problem: &Problem| match &problem.place {
        Place::Span(span) if problem.kind == "reference" => Some(span.source),
        _ => None,
    };
    problems.retain(|problem| {
        let Some(file) = file(problem) else { return true };
        let count = names.entry(file).or_default();
        *count += 1;
        *count == 1
    });
    for problem in problems {
        let others = file(problem).and_then(|file| names.get(&file)).map_or(0, |count| count - 1);
        if others > 0 {
            problem.message = format!("{}, and {others} more like it in this file", problem.message);
            problem.help.get_or_insert_with(|| {
                "where a tool merges this file with others before it is deployed, check what the tool makes".to_owned()
            });
        }
    }
}

/// Leaves the first problem of each module, with the number of its other calls.
fn modules(problems: &mut Vec<Problem>) {
    let mut calls: BTreeMap<String, usize> = BTreeMap::new();
    let module = |problem: &Problem| {
        let called = problem.kind == "module" && !problem.fatal;
        problem.message.split_once(JOINT).filter(|_| called).map(|(_, module)| module.to_owned())
    };
    problems.retain(|problem| {
        let Some(module) = module(problem) else { return true };
        let count = calls.entry(module).or_default();
        *count += 1;
        *count == 1
    });
    for problem in problems {
        let others = module(problem).and_then(|module| calls.get(&module)).map_or(0, |count| count - 1);
        if others > 0 {
            let noun = if others == 1 { "call" } else { "calls" };
            let told = format!(" is not here, like {others} other {noun} of it: ");
            problem.message = problem.message.replacen(JOINT, &told, 1);
        }
    }
}

//! Unresolved modules are told once, however many calls there are of them: a repository calls the same ones everywhere.

use std::collections::BTreeMap;

use crate::finding::Problem;

/// What stands between the name of a call and the module that it calls.
const JOINT: &str = " is not here: ";

/// Leaves the first problem of each module, with the number of its other calls.
pub(super) fn once(problems: &mut Vec<Problem>) {
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

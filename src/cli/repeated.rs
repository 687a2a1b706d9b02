//! Problems that one cause makes by the hundred are told once.
//!
//! A file that a tool merges with others into one template refers to what the others declare: its names are told of once.

use std::collections::BTreeMap;

use crate::finding::{Place, Problem};
use crate::source::SourceId;

/// Leaves the first name in each file that nothing declares.
pub(super) fn once(problems: &mut Vec<Problem>) {
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

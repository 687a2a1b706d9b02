//! Worlds that differ in what nobody can know before it runs: where they are judged differently, nothing is decided.

use super::{Judged, Outcome};
use crate::value::{Fact, Test, Unknown};

/// The leaves without tests that nobody can answer. A leaf that fails stays a failing one only where it fails however
/// these are answered.
pub(super) fn agreed(leaves: Vec<Judged>) -> Vec<Judged> {
    if !leaves.iter().any(|(facts, _)| guess(facts).is_some()) {
        return leaves;
    }
    let fails = |outcome: &Option<Outcome>| matches!(outcome, Some(Outcome::Fail(_)));
    let mut agreed: Vec<Judged> = Vec::new();
    for (facts, outcome) in &leaves {
        let doubt = guess(facts).filter(|_| {
            fails(outcome) && leaves.iter().any(|(other, it)| !fails(it) && differs_by_guess_only(facts, other))
        });
        let known: Vec<Fact> = facts.iter().filter(|fact| !is_guess(fact)).cloned().collect();
        let outcome = match doubt {
            Some(why) => Some(Outcome::Unknown(why.clone(), Vec::new())),
            None => outcome.clone(),
        };
        let kind = |outcome: &Option<Outcome>| outcome.as_ref().map(std::mem::discriminant);
        if !agreed.iter().any(|(before, it)| *before == known && kind(it) == kind(&outcome)) {
            agreed.push((known, outcome));
        }
    }
    agreed
}

fn is_guess(fact: &Fact) -> bool {
    matches!(fact.test, Test::Unknown(..))
}

fn guess(facts: &[Fact]) -> Option<&Unknown> {
    facts.iter().rev().find_map(|fact| match &fact.test {
        Test::Unknown(_, why) => Some(why),
        _ => None,
    })
}

/// Whether two leaves hold in the same worlds as far as the inputs decide them.
fn differs_by_guess_only(one: &[Fact], other: &[Fact]) -> bool {
    let opposed = |a: &Fact| !is_guess(a) && other.iter().any(|b| a.test == b.test && a.holds != b.holds);
    !one.iter().any(opposed)
}

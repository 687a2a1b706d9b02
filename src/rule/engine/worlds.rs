//! In which worlds: the facts of some leaves as the shortest guard that reads well.

use crate::value::{Fact, Guard, InputId, Inputs, Test};

/// Most leaves that are merged pairwise; more are told as they are.
const MAX_MERGED: usize = 256;

/// Most pairs of leaves that are compared to leave facts out.
const MAX_COMPARED: usize = 65_536;

/// The facts that tell these leaves from the `others`: one list for each way in which it can be so.
///
/// What no leaf has (a world that a validation or `AllowedValues` excludes) is told as neither.
pub(super) fn told(leaves: &[&[Fact]], others: &[&[Fact]], inputs: &Inputs) -> Vec<Vec<Fact>> {
    let mut sets: Vec<Vec<Fact>> = leaves.iter().map(|facts| plain(facts, inputs)).collect();
    if sets.len() <= MAX_MERGED {
        while merge(&mut sets, inputs) {}
        if sets.len() * others.len() <= MAX_COMPARED {
            for set in &mut sets {
                widen(set, others);
            }
        }
        absorb(&mut sets);
    }
    sets
}

/// The worlds of [`told`]; [`Guard::Always`] where they are all worlds.
pub(super) fn guard(sets: &[Vec<Fact>], inputs: &Inputs) -> Guard {
    Guard::any(sets.iter().map(|facts| Guard::path(facts, inputs)).collect())
}

/// Leaves out the facts without which none of the `others` fits either; tests that name no input go first.
fn widen(set: &mut Vec<Fact>, others: &[&[Fact]]) {
    let mut order: Vec<Fact> = set.clone();
    order.reverse();
    order.sort_by_key(|fact| input_of(&fact.test).is_some());
    for fact in order {
        let rest: Vec<Fact> = set.iter().filter(|other| **other != fact).cloned().collect();
        if others.iter().all(|other| excludes(&rest, other)) {
            *set = rest;
        }
    }
}

/// Whether no world has both.
fn excludes(one: &[Fact], other: &[Fact]) -> bool {
    let opposed = |a: &Fact, b: &Fact| {
        let same = a.test == b.test;
        (same && a.holds != b.holds)
            || (!same && a.holds && b.holds && input_of(&a.test).is_some() && input_of(&a.test) == input_of(&b.test))
    };
    one.iter().any(|a| other.iter().any(|b| opposed(a, b)))
}

/// The input that a fact speaks of.
pub(super) fn input_of(test: &Test) -> Option<InputId> {
    match test {
        Test::Equals(id, _) | Test::Null(id) => Some(*id),
        Test::Opaque(_) | Test::Unknown(..) => None,
    }
}

/// The facts without what others imply: `A == x` makes every `A != y` superfluous, and where all but one of an input's
/// values are excluded, that one is told.
fn plain(facts: &[Fact], inputs: &Inputs) -> Vec<Fact> {
    let mut told: Vec<Fact> = Vec::new();
    for fact in facts {
        let Some(id) = input_of(&fact.test) else {
            told.push(fact.clone());
            continue;
        };
        let of_input = |fact: &&Fact| input_of(&fact.test) == Some(id);
        if fact.holds {
            told.push(fact.clone());
        } else if !facts.iter().filter(of_input).any(|other| other.holds) {
            let only = remaining(id, facts, inputs);
            let fact = match only {
                Some(only) => Fact { test: only, holds: true },
                None => fact.clone(),
            };
            if !told.contains(&fact) {
                told.push(fact);
            }
        }
    }
    told
}

/// The one value that the facts leave of a finite domain.
fn remaining(id: InputId, facts: &[Fact], inputs: &Inputs) -> Option<Test> {
    let input = inputs.get(id)?;
    let allowed = input.allowed.as_ref()?;
    let excluded = |test: &Test| facts.iter().any(|fact| !fact.holds && fact.test == *test);
    let mut left: Vec<Test> = allowed
        .iter()
        .filter(|literal| input.may_be(literal))
        .map(|literal| Test::Equals(id, literal.clone()))
        .filter(|test| !excluded(test))
        .collect();
    if input.nullable && !excluded(&Test::Null(id)) {
        left.push(Test::Null(id));
    }
    if left.len() == 1 { left.pop() } else { None }
}

/// Joins sets that differ in one fact only and together leave it open. Whether something changed.
fn merge(sets: &mut Vec<Vec<Fact>>, inputs: &Inputs) -> bool {
    for i in 0..sets.len() {
        for at in 0..sets[i].len() {
            let fact = sets[i][at].clone();
            let rest: Vec<&Fact> = sets[i].iter().filter(|other| **other != fact).collect();
            // The sets that say the same but for this fact, with what they say instead.
            let family: Vec<(usize, &Fact)> = sets
                .iter()
                .enumerate()
                .filter(|(_, set)| set.len() == rest.len() + 1 && rest.iter().all(|fact| set.contains(fact)))
                .filter_map(|(index, set)| Some((index, set.iter().find(|fact| !rest.contains(fact))?)))
                .collect();
            let told: Vec<&Fact> = family.iter().map(|(_, fact)| *fact).collect();
            if covers(&told, &fact, inputs) {
                let merged: Vec<Fact> = rest.into_iter().cloned().collect();
                let involved: Vec<usize> = family
                    .iter()
                    .filter(|(_, other)| input_of(&other.test) == input_of(&fact.test))
                    .filter(|(_, other)| input_of(&fact.test).is_some() || other.test == fact.test)
                    .map(|(index, _)| *index)
                    .collect();
                let mut index = 0;
                sets.retain(|_| {
                    index += 1;
                    !involved.contains(&(index - 1))
                });
                sets.insert(i.min(sets.len()), merged);
                return true;
            }
        }
    }
    false
}

/// Whether the facts that stand in the place of `fact` leave its input open: a fact and its opposite, or all values of a
/// finite domain.
fn covers(told: &[&Fact], fact: &Fact, inputs: &Inputs) -> bool {
    if told.iter().any(|other| other.test == fact.test && other.holds != fact.holds) {
        return true;
    }
    let Some(id) = input_of(&fact.test) else { return false };
    let Some(input) = inputs.get(id) else { return false };
    let Some(allowed) = &input.allowed else { return false };
    let holds = |test: Test| told.iter().any(|other| other.holds && other.test == test);
    let all = allowed.iter().filter(|it| input.may_be(it)).all(|literal| holds(Test::Equals(id, literal.clone())));
    all && (!input.nullable || holds(Test::Null(id)))
}

/// Drops sets that another set already holds in.
fn absorb(sets: &mut Vec<Vec<Fact>>) {
    let all = sets.clone();
    let mut index = 0;
    sets.retain(|set| {
        let at = index;
        index += 1;
        !all.iter().enumerate().any(|(other, smaller)| {
            let within = smaller.iter().all(|fact| set.contains(fact));
            other != at && within && (smaller.len() < set.len() || other < at)
        })
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::{Input, InputKind, Mode, World, explore};

    fn inputs() -> Inputs {
        let mut inputs = Inputs::new();
        for (name, allowed) in [("A", vec!["x", "y"]), ("B", vec!["x", "y", "z"]), ("C", vec![])] {
            let mut input = Input::new(name, InputKind::Parameter);
            input.allowed = (!allowed.is_empty()).then(|| allowed.iter().map(|it| json!(it)).collect());
            inputs.add(input);
        }
        inputs
    }

    /// The guard of the leaves where `test` holds.
    fn told(test: impl Fn(&mut World<'_>) -> bool) -> String {
        told_where(&|_| true, test)
    }

    fn told_where(possible: &dyn Fn(&mut World<'_>) -> bool, test: impl Fn(&mut World<'_>) -> bool) -> String {
        let inputs = inputs();
        let tree = explore(&inputs, Mode::Free, possible, |world| test(world));
        let of = |result: bool| -> Vec<&[Fact]> {
            tree.leaves.iter().filter(|leaf| leaf.result == result).map(|leaf| leaf.facts.as_slice()).collect()
        };
        guard(&super::told(&of(true), &of(false), &inputs), &inputs).to_string()
    }

    fn is(world: &mut World<'_>, id: u32, literal: &str) -> bool {
        world.decide(&Test::Equals(InputId(id), json!(literal)))
    }

    #[test]
    fn what_does_not_matter_is_not_told() {
        let (a, b, c) = (InputId(0), InputId(1), InputId(2));
        let _ = (a, b, c);
        assert_eq!(told(|world| !is(world, 0, "x")), "A is 'y'");
        assert_eq!(told(|world| is(world, 0, "x") || is(world, 0, "y")), "always");
        assert_eq!(told(|world| !is(world, 1, "x")), "B is not 'x'");
        assert_eq!(told(|world| !is(world, 1, "x") && !is(world, 1, "z")), "B is 'y'");
        assert_eq!(
            told(|world| {
                let a = is(world, 0, "x");
                is(world, 2, "q");
                a
            }),
            "A is 'x'"
        );
        assert_eq!(
            told(|world| {
                is(world, 1, "x");
                is(world, 1, "y");
                is(world, 0, "y")
            }),
            "A is 'y'"
        );
    }
    #[test]
    fn what_cannot_be_is_not_told_as_a_condition() {
        let named = |world: &mut World<'_>| world.decide(&Test::Opaque("can(regex(\"test\", var.C))".into()));
        // A validation refuses the name: no leaf has it, and none is told to be without it.
        let guard = told_where(&|world| !named(world), |world| {
            let _ = (named(world), is(world, 1, "x"));
            is(world, 0, "x")
        });
        assert_eq!(guard, "A is 'x'");
        // Two inputs that may not be x at once.
        let guard = told_where(&|world| !(is(world, 0, "x") && is(world, 1, "x")), |world| {
            let second = is(world, 1, "x");
            is(world, 0, "y") && second
        });
        assert_eq!(guard, "B is 'x'");
    }
}

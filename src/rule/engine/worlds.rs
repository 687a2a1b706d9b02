//! In which worlds: the facts of some leaves as the shortest guard that reads well.

use crate::value::{Fact, Guard, InputId, Inputs, Test};

/// Most leaves that are merged pairwise; more are told as they are.
const MAX_MERGED: usize = 256;

/// The worlds of these leaves; [`Guard::Always`] where they are all worlds.
pub(super) fn guard(leaves: &[&[Fact]], inputs: &Inputs) -> Guard {
    let mut sets: Vec<Vec<Fact>> = leaves.iter().map(|facts| plain(facts, inputs)).collect();
    if sets.len() <= MAX_MERGED {
        while merge(&mut sets, inputs) {}
        absorb(&mut sets);
    }
    Guard::any(sets.iter().map(|facts| Guard::path(facts, inputs)).collect())
}

/// The input that a fact speaks of.
pub(super) fn input_of(test: &Test) -> Option<InputId> {
    match test {
        Test::Equals(id, _) | Test::Null(id) => Some(*id),
        Test::Opaque(_) => None,
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
        let inputs = inputs();
        let tree = explore(&inputs, Mode::Free, &|_| true, |world| test(world));
        let leaves: Vec<&[Fact]> =
            tree.leaves.iter().filter(|leaf| leaf.result).map(|leaf| leaf.facts.as_slice()).collect();
        guard(&leaves, &inputs).to_string()
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
}

//! Running an evaluation through every world that matters to it.

use std::rc::Rc;

use super::input::Inputs;
use super::memory::{Memory, Refusal};
use super::world::{Fact, Mode, World};
use crate::source::limits::MAX_LEAVES;

/// One leaf of a decision tree: the facts on its path, and what the evaluation gave there.
#[derive(Clone, Debug)]
pub struct Leaf<T> {
    /// The decisions that led here, in the order in which they mattered.
    pub facts: Vec<Fact>,
    /// The result.
    pub result: T,
    /// Why it is no world, where evaluating met something that the language's own tool refuses.
    pub refused: Option<Refusal>,
}

/// All leaves of a decision tree. Their paths exclude each other and together cover every possible world.
#[derive(Clone, Debug)]
pub struct Exploration<T> {
    /// The leaves.
    pub leaves: Vec<Leaf<T>>,
    /// False where a bound was met: then `leaves` are only some of them.
    pub complete: bool,
}

impl<T> Exploration<T> {
    /// Why there is no world at all: the language's own tool stops in each.
    pub fn broken(&self) -> Option<&Refusal> {
        let all = self.complete && self.leaves.iter().all(|leaf| leaf.refused.is_some());
        self.leaves.first().filter(|_| all)?.refused.as_ref()
    }

    /// Only the worlds that are none for the language's own tool are left out; where all are, they stay.
    #[must_use]
    pub fn living(mut self) -> Self {
        if self.broken().is_none() {
            self.leaves.retain(|leaf| leaf.refused.is_none());
        }
        self
    }
}

/// Runs `evaluate` once for each leaf of its decision tree.
///
/// `possible` says whether a world is one that the unit's own constraints (CloudFormation `Rules`, Terraform
/// `validation`) accept; it may decide further inputs. A leaf is dropped where no world in it is possible.
/// At most [`MAX_LEAVES`] leaves are visited, and no more once too much has been computed.
pub fn explore<T>(
    inputs: &Inputs,
    mode: Mode,
    possible: &dyn Fn(&mut World<'_>) -> bool,
    evaluate: impl FnMut(&mut World<'_>) -> T,
) -> Exploration<T> {
    explore_sharing(inputs, mode, &Rc::default(), possible, evaluate)
}

/// The same, with a memory that other explorations of the same inputs in the same mode have filled, with the same
/// `possible`.
pub fn explore_sharing<T>(
    inputs: &Inputs,
    mode: Mode,
    memory: &Rc<Memory>,
    possible: &dyn Fn(&mut World<'_>) -> bool,
    mut evaluate: impl FnMut(&mut World<'_>) -> T,
) -> Exploration<T> {
    let mut world = World::sharing(inputs, mode, memory);
    let mut leaves = Vec::new();
    let mut complete = true;
    let mut visited = 0_usize;
    loop {
        let result = evaluate(&mut world);
        visited += 1;
        complete &= !world.overflow;
        let facts = world.facts();
        if is_possible(inputs, mode, memory, &facts, possible) {
            leaves.push(Leaf { facts, result, refused: world.refused.clone() });
        }
        if !world.backtrack() {
            return Exploration { leaves, complete };
        }
        if visited >= MAX_LEAVES || world.is_exhausted() {
            return Exploration { leaves, complete: false };
        }
    }
}

/// Most worlds of one leaf that are tried before it is taken for possible.
const MAX_TRIES: usize = 256;

/// Whether the unit accepts a world in which these facts hold. That it accepts none at all is not looked for; that it does
/// not accept the default world matters.
pub fn is_possible(
    inputs: &Inputs,
    mode: Mode,
    memory: &Rc<Memory>,
    facts: &[Fact],
    possible: &dyn Fn(&mut World<'_>) -> bool,
) -> bool {
    if facts.is_empty() && mode == Mode::Free {
        return true;
    }
    let mut world = World::sharing(inputs, mode, memory).with_facts(facts);
    for _ in 0..MAX_TRIES {
        if possible(&mut world) {
            return true;
        }
        if !world.backtrack() {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::{Input, InputId, InputKind, InputState, Test};

    fn inputs(list: Vec<Input>) -> Inputs {
        let mut inputs = Inputs::new();
        for input in list {
            inputs.add(input);
        }
        inputs
    }

    fn choice(name: &str, values: &[&str]) -> Input {
        let mut input = Input::new(name, InputKind::Parameter);
        input.allowed = Some(values.iter().map(|value| json!(value)).collect());
        input
    }

    const A: InputId = InputId(0);
    const B: InputId = InputId(1);

    fn any(_: &mut World<'_>) -> bool {
        true
    }

    #[test]
    fn decisions_that_depend_on_one_input_are_correlated() {
        let inputs = inputs(vec![choice("A", &["x", "y", "z"])]);
        let tree = explore(&inputs, Mode::Free, &any, |world| {
            let first = world.decide(&Test::Equals(A, json!("x")));
            let second = world.decide(&Test::Equals(A, json!("y")));
            let third = world.decide(&Test::Equals(A, json!("z")));
            (first, second, third)
        });
        let results: Vec<_> = tree.leaves.iter().map(|leaf| leaf.result).collect();
        assert_eq!(results, [(true, false, false), (false, true, false), (false, false, true)]);
    }

    #[test]
    fn allowed_values_and_constraints_exclude_a_branch() {
        let mut open = Input::new("B", InputKind::Parameter);
        open.accepts = Some(std::sync::Arc::new(|value| value.as_str().is_some_and(|text| !text.is_empty())));
        let inputs = inputs(vec![choice("A", &["x"]), open]);
        let tree = explore(&inputs, Mode::Free, &any, |world| {
            (world.decide(&Test::Equals(A, json!("x"))), world.decide(&Test::Equals(B, json!(""))))
        });
        assert_eq!(tree.leaves.len(), 1);
        assert_eq!(tree.leaves[0].result, (true, false));
        assert!(tree.leaves[0].facts.is_empty());
    }

    #[test]
    fn nested_forks_split_only_where_they_matter() {
        let inputs = inputs(vec![choice("A", &["x", "y"]), choice("B", &["x", "y"])]);
        let tree = explore(&inputs, Mode::Free, &any, |world| {
            world.decide(&Test::Equals(A, json!("x"))) && world.decide(&Test::Equals(B, json!("x")))
        });
        assert_eq!(tree.leaves.iter().map(|leaf| leaf.facts.len()).collect::<Vec<_>>(), [2, 2, 1]);
    }

    #[test]
    fn the_default_world_has_the_defaults_and_leaves_the_rest_open() {
        let mut a = Input::new("A", InputKind::Variable);
        a.default = Some(json!("d"));
        let mut b = Input::new("B", InputKind::Variable);
        b.nullable = true;
        let inputs = inputs(vec![a, b]);
        let tree = explore(&inputs, Mode::Defaults, &any, |world| (world.state(A), world.decide(&Test::Null(B))));
        assert_eq!(tree.leaves.len(), 2);
        assert!(tree.leaves.iter().all(|leaf| leaf.result.0 == InputState::Known(json!("d"))));
    }

    #[test]
    fn settling_tries_the_default_then_the_rest() {
        let mut open = Input::new("A", InputKind::Variable);
        open.default = Some(json!("d"));
        let inputs = inputs(vec![open, choice("B", &["x", "y"])]);
        let tree = explore(&inputs, Mode::Free, &any, |world| (world.settle(A), world.settle(B)));
        let results: Vec<_> = tree.leaves.into_iter().map(|leaf| leaf.result).collect();
        let (d, x, y) = (Some(json!("d")), Some(json!("x")), Some(json!("y")));
        assert_eq!(results, [(d.clone(), x.clone()), (d, y.clone()), (None, x), (None, y)]);
    }

    #[test]
    fn impossible_leaves_are_dropped() {
        let inputs = inputs(vec![choice("A", &["x", "y"]), choice("B", &["x", "y"])]);
        let equal = |world: &mut World<'_>| {
            world.decide(&Test::Equals(A, json!("x"))) == world.decide(&Test::Equals(B, json!("x")))
        };
        let tree = explore(&inputs, Mode::Free, &equal, |world| {
            (world.decide(&Test::Equals(A, json!("x"))), world.decide(&Test::Equals(B, json!("y"))))
        });
        let results: Vec<_> = tree.leaves.iter().map(|leaf| leaf.result).collect();
        assert_eq!(results, [(true, false), (false, true)]);
    }

    #[test]
    fn the_bound_is_told() {
        let inputs = inputs((0..13).map(|at| choice(&format!("P{at}"), &["x", "y"])).collect());
        let tree = explore(&inputs, Mode::Free, &any, |world| {
            for at in 0..13 {
                world.decide(&Test::Equals(InputId(at), json!("x")));
            }
        });
        assert!(!tree.complete);
        assert_eq!(tree.leaves.len(), MAX_LEAVES);
    }

    #[test]
    fn what_is_remembered_is_computed_once_for_each_answer_it_gets() {
        let inputs = inputs(vec![choice("A", &["x", "y"]), choice("B", &["x", "y"])]);
        let memory = Rc::default();
        let mut computed = Vec::new();
        let mut run = |order: [u32; 2]| {
            let tree = explore_sharing(&inputs, Mode::Free, &memory, &any, |world| {
                let mut known = order.map(|id| {
                    let answer = world.memo(u64::from(id), |world| {
                        let answer = world.decide(&Test::Equals(InputId(id), json!("x")));
                        computed.push(id);
                        answer
                    });
                    (id, answer)
                });
                known.sort_unstable();
                known.map(|(_, answer)| answer)
            });
            tree.leaves.into_iter().map(|leaf| leaf.result).collect::<Vec<_>>()
        };
        assert_eq!(run([0, 1]), [[true, true], [true, false], [false, true], [false, false]]);
        assert_eq!(run([1, 0]), [[true, true], [false, true], [true, false], [false, false]]);
        // Each answer once, and each input once more where asking it decided: for all eight leaves.
        computed.sort_unstable();
        assert_eq!(computed, [0, 0, 0, 1, 1, 1]);
    }

    #[test]
    fn a_result_hangs_on_what_its_parts_asked() {
        let mut open = Input::new("A", InputKind::Variable);
        open.default = Some(json!("d"));
        let inputs = inputs(vec![open, choice("B", &["x", "y"])]);
        let memory = Rc::default();
        let inner = |world: &mut World<'_>| world.memo(1, |world| world.state(A));
        let outer = |world: &mut World<'_>| world.memo(2, |world| (inner(world), world.entailed(&is_x())));
        fn is_x() -> Test {
            Test::Equals(B, json!("x"))
        }
        let mut world = World::sharing(&inputs, Mode::Free, &memory);
        assert_eq!(outer(&mut world), (InputState::Open { may_be_null: false }, None));
        assert!(world.decide(&Test::Equals(A, json!("d"))));
        assert_eq!(outer(&mut world), (InputState::Known(json!("d")), None));
        assert!(world.decide(&is_x()));
        assert_eq!(outer(&mut world), (InputState::Known(json!("d")), Some(true)));
        let mut world = World::sharing(&inputs, Mode::Free, &memory);
        assert_eq!(outer(&mut world), (InputState::Open { may_be_null: false }, None));
    }

    #[test]
    fn what_a_copy_decides_is_no_decision() {
        let inputs = inputs(vec![choice("A", &["x", "y"]), choice("B", &["x", "y"])]);
        let memory = Rc::default();
        let is = |id: InputId, literal: &str| Test::Equals(id, json!(literal));
        let ask = |world: &mut World<'_>| {
            world.memo(1, |world| world.aside(|copy| copy.decide(&is(A, "x")) && copy.decide(&is(B, "y"))))
        };
        let mut world = World::sharing(&inputs, Mode::Free, &memory);
        assert!(ask(&mut world));
        assert_eq!(world.decisions(), 0);
        let mut world =
            World::sharing(&inputs, Mode::Free, &memory).with_facts(&[Fact { test: is(B, "y"), holds: false }]);
        assert!(!ask(&mut world));
        assert!(ask(&mut World::sharing(&inputs, Mode::Free, &memory)));
    }
}

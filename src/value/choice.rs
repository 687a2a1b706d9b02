//! What hangs on facts that nobody has asked for yet: evaluating in every world that is left, without deciding here.

use std::sync::Arc;

use super::world::{Fact, Test, World};
use super::{Kind, Value};

/// One of the things that a part of a list may be: these items, where these facts hold.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// What must be decided for it, beside what was known where it was made.
    pub facts: Vec<Fact>,
    /// The items; none where nothing is there.
    pub items: Vec<Value>,
}

impl<'a> World<'a> {
    /// What `run` gives in each world that the facts of this one leave, with the facts that tell it from the others. Nothing
    /// is decided here. `None` where there are more than `most`, or where one can't be told.
    pub fn alternatives<T>(
        &mut self,
        most: usize,
        mut run: impl FnMut(&mut World<'a>) -> T,
    ) -> Option<Vec<(Vec<Fact>, T)>> {
        self.aside(|copy| {
            let known = copy.decisions();
            let mut found = Vec::new();
            loop {
                let result = run(copy);
                if copy.overflow || copy.is_exhausted() || found.len() >= most {
                    return None;
                }
                // What the language's own tool refuses is no world.
                if copy.refused.is_none() {
                    found.push((copy.facts().split_off(known), result));
                }
                if !copy.backtrack() {
                    return Some(found).filter(|found| !found.is_empty());
                }
            }
        })
    }
}

/// What a world leaves of the alternatives, and the test that tells more: none where one alone is left.
pub fn left(alternatives: &[Alternative], world: &World<'_>) -> (Vec<Alternative>, Option<Test>) {
    let possible = |alternative: &&Alternative| {
        alternative.facts.iter().all(|fact| world.entailed(&fact.test).is_none_or(|holds| holds == fact.holds))
    };
    let left: Vec<Alternative> = alternatives.iter().filter(possible).cloned().collect();
    let open = |fact: &&Fact| world.entailed(&fact.test).is_none();
    let test = match left.as_slice() {
        [] | [_] => None,
        [first, ..] => first.facts.iter().find(open).map(|fact| fact.test.clone()),
    };
    (left, test)
}

impl Value {
    /// A part of a list that is one of these; its items themselves where there is one alone.
    pub fn choice(alternatives: Vec<Alternative>, whole: &Value) -> Vec<Value> {
        match alternatives.as_slice() {
            [only] => only.items.clone(),
            _ => vec![Value::new(Kind::Choice(Arc::from(alternatives)), whole.origin.clone())],
        }
    }
}

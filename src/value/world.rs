//! One world: the facts about the inputs that hold on the path being evaluated.

use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::input::{Input, InputId, Inputs};
use super::{Symbol, Unknown, UnknownKind};
use crate::source::limits::{MAX_NESTING, MAX_PATH};

/// A question about the inputs that a path may leave open.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// `input == literal`. A null literal is [`Test::Null`].
    Equals(InputId, Json),
    /// `input is null`.
    Null(InputId),
    /// An expression over inputs that can't be reduced. The text identifies it: the same text (with the same meaning
    /// of its names) is the same question.
    Opaque(Arc<str>),
}

/// A test with its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// The question.
    pub test: Test,
    /// The answer.
    pub holds: bool,
}

/// Which worlds are explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Every world that the pinned inputs leave.
    Free,
    /// The default world: inputs with a default have it; those without stay open.
    Defaults,
}

/// What is known of an input in a world.
#[derive(Clone, Debug, PartialEq)]
pub enum InputState {
    /// It has this value (null included).
    Known(Json),
    /// It is open.
    Open {
        /// Whether it may be null here.
        may_be_null: bool,
    },
}

/// The facts of one path, and the memory of what was computed under them.
///
/// Evaluators are written as if everything were decided: where a decision depends on an open input they ask
/// [`World::decide`], which answers from the facts or takes a new branch; [`super::explore`] later runs them again for
/// the branch not taken.
pub struct World<'a> {
    inputs: &'a Inputs,
    mode: Mode,
    pub(super) path: Vec<Decision>,
    pub(super) overflow: bool,
    memo: HashMap<u64, (usize, Arc<dyn Any + Send + Sync>)>,
    copied: bool,
    nesting: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Decision {
    pub(super) fact: Fact,
    /// Whether the other answer has been explored, or must not be.
    pub(super) settled: bool,
}

impl<'a> World<'a> {
    /// A world with nothing decided yet.
    pub fn new(inputs: &'a Inputs, mode: Mode) -> Self {
        World { inputs, mode, path: Vec::new(), overflow: false, memo: HashMap::new(), copied: false, nesting: 0 }
    }

    /// A world in which `facts` hold from the start.
    pub fn with_facts(inputs: &'a Inputs, mode: Mode, facts: &[Fact]) -> Self {
        let path = facts.iter().map(|fact| Decision { fact: fact.clone(), settled: true }).collect();
        World { inputs, mode, path, overflow: false, memo: HashMap::new(), copied: false, nesting: 0 }
    }

    /// A copy, in which decisions can be made without counting here. It knows what has been computed so far.
    #[must_use]
    pub fn copied(&self) -> Self {
        let path = self.path.iter().map(|decision| Decision { fact: decision.fact.clone(), settled: true }).collect();
        World {
            path,
            memo: self.memo.clone(),
            copied: true,
            nesting: self.nesting,
            ..World::new(self.inputs, self.mode)
        }
    }

    /// Notes that one more expression is being evaluated inside of the others. False where there are too many, and then it
    /// is not noted; else [`World::leave`] must follow.
    #[must_use]
    pub fn enter(&mut self) -> bool {
        let allowed = self.nesting < MAX_NESTING;
        self.nesting += usize::from(allowed);
        allowed
    }

    /// The innermost expression has been evaluated.
    pub fn leave(&mut self) {
        self.nesting = self.nesting.saturating_sub(1);
    }

    /// Whether it is a [copy](World::copied): a copy of a copy would gain nothing.
    pub fn is_copied(&self) -> bool {
        self.copied
    }

    /// The unit's inputs.
    pub fn inputs(&self) -> &'a Inputs {
        self.inputs
    }

    /// Which worlds are explored.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The facts decided so far, in the order in which they mattered.
    pub fn facts(&self) -> Vec<Fact> {
        self.path.iter().map(|decision| decision.fact.clone()).collect()
    }

    /// How many facts are decided so far. What depends on open inputs may be remembered for as long as it is the same.
    pub fn decisions(&self) -> usize {
        self.path.len()
    }

    /// What is known of input `id`, without deciding anything.
    pub fn state(&self, id: InputId) -> InputState {
        let Some(input) = self.inputs.get(id) else {
            return InputState::Open { may_be_null: true };
        };
        if let Some(value) = self.fixed(input) {
            return InputState::Known(value.clone());
        }
        let mut may_be_null = input.nullable;
        for decision in &self.path {
            match &decision.fact {
                Fact { test: Test::Equals(of, literal), holds: true } if *of == id => {
                    return InputState::Known(literal.clone());
                }
                Fact { test: Test::Null(of), holds: true } if *of == id => return InputState::Known(Json::Null),
                Fact { test: Test::Null(of), holds: false } if *of == id => may_be_null = false,
                _ => {}
            }
        }
        if self.leaves_several(id, input) {
            return InputState::Open { may_be_null };
        }
        match self.remaining(id, input) {
            Some(left) if left.len() == 1 && !may_be_null => InputState::Known(left[0].clone()),
            _ => InputState::Open { may_be_null },
        }
    }

    /// Answers a question about the inputs; branches where the facts leave it open.
    pub fn decide(&mut self, test: &Test) -> bool {
        let test = match test {
            Test::Equals(id, Json::Null) => Test::Null(*id),
            other => other.clone(),
        };
        if let Some(known) = self.entailed(&test) {
            return known;
        }
        if self.path.len() >= MAX_PATH {
            self.overflow = true;
            return false;
        }
        self.path.push(Decision { fact: Fact { test, holds: true }, settled: false });
        true
    }

    /// The answer that the facts give, without branching; `None` where it is open.
    pub fn entailed(&self, test: &Test) -> Option<bool> {
        if let Some(decision) = self.path.iter().find(|decision| decision.fact.test == *test) {
            return Some(decision.fact.holds);
        }
        match test {
            Test::Opaque(_) => None,
            Test::Null(id) => match self.state(*id) {
                InputState::Known(value) => Some(value.is_null()),
                InputState::Open { may_be_null: false } => Some(false),
                InputState::Open { may_be_null: true } => None,
            },
            Test::Equals(id, literal) => match self.state(*id) {
                InputState::Known(value) => Some(value == *literal),
                InputState::Open { .. } => match self.inputs.get(*id) {
                    Some(input) if !input.may_be(literal) => Some(false),
                    _ => None,
                },
            },
        }
    }

    /// The value of an input, branching where that makes it known: over a finite domain, else over its default (and
    /// null) against everything else. `None`: it stays open here.
    pub fn settle(&mut self, id: InputId) -> Option<Json> {
        if let InputState::Known(value) = self.state(id) {
            return Some(value);
        }
        let input = self.inputs.get(id)?;
        let default = input.default.clone();
        if let Some(default) = &default
            && input.pinned.is_none()
            && self.decide(&Test::Equals(id, default.clone()))
        {
            return Some(default.clone());
        }
        for literal in input.allowed.as_ref().unwrap_or(&input.probes) {
            if self.decide(&Test::Equals(id, literal.clone())) {
                return Some(literal.clone());
            }
        }
        match self.state(id) {
            InputState::Known(value) => Some(value),
            InputState::Open { .. } => None,
        }
    }

    /// The symbol that stands for input `id` where it is open.
    pub fn symbol(&self, id: InputId) -> Symbol {
        match self.inputs.get(id) {
            Some(input) => Symbol::Input { id, name: Arc::clone(&input.name), kind: input.kind },
            None => Symbol::Ref("?".into()),
        }
    }

    /// Why the value of an open input is not known here.
    pub fn why_open(&self, id: InputId) -> Unknown {
        let name = self.inputs.get(id).map_or("?", |input| &input.name);
        let defaulted = self.inputs.get(id).is_some_and(|input| input.default.is_some());
        let reason = if defaulted {
            format!("{name} may be set to something else than its default")
        } else {
            format!("{name} has no value in the sources")
        };
        Unknown::new(UnknownKind::Input, reason)
    }

    /// Computes `make` once for `key` on this path, and remembers it for as long as the decisions made by then stand.
    /// `key` is the evaluator's own; `T` must be the same for the same key.
    pub fn memo<T: Clone + Send + Sync + 'static>(&mut self, key: u64, make: impl FnOnce(&mut Self) -> T) -> T {
        if let Some((_, kept)) = self.memo.get(&key)
            && let Some(value) = kept.downcast_ref::<T>()
        {
            return value.clone();
        }
        let value = make(self);
        self.memo.insert(key, (self.path.len(), Arc::new(value.clone())));
        value
    }

    /// Turns to the next unexplored branch. False where there is none.
    pub(super) fn backtrack(&mut self) -> bool {
        while let Some(last) = self.path.last_mut() {
            if !last.settled {
                last.fact.holds = !last.fact.holds;
                last.settled = true;
                let depth = self.path.len();
                // What was computed before this decision was made still holds; the rest is forgotten.
                self.memo.retain(|_, (made_at, _)| *made_at < depth);
                return true;
            }
            self.path.pop();
        }
        false
    }

    fn fixed<'i>(&self, input: &'i Input) -> Option<&'i Json> {
        input.pinned.as_ref().or(match self.mode {
            Mode::Defaults => input.default.as_ref(),
            Mode::Free => None,
        })
    }

    /// Whether counting alone shows that the facts leave more than one literal of a finite domain: each excludes one.
    /// Domains have hundreds of literals at times.
    fn leaves_several(&self, id: InputId, input: &Input) -> bool {
        let excludes = |decision: &&Decision| match &decision.fact {
            Fact { test: Test::Equals(of, _), holds: false } => *of == id,
            _ => false,
        };
        let Some(allowed) = &input.allowed else { return true };
        input.accepts.is_none() && allowed.len() > self.path.iter().filter(excludes).count() + 1
    }

    /// The literals of a finite domain that the facts leave.
    fn remaining<'i>(&self, id: InputId, input: &'i Input) -> Option<Vec<&'i Json>> {
        let excluded = |literal: &Json| {
            self.path.iter().any(|decision| {
                !decision.fact.holds
                    && matches!(&decision.fact.test, Test::Equals(of, other) if *of == id && other == literal)
            })
        };
        Some(input.allowed.as_ref()?.iter().filter(|literal| !excluded(literal) && input.may_be(literal)).collect())
    }
}

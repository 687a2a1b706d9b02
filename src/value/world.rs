//! One world: the facts about the inputs that hold on the path being evaluated.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value as Json;

use super::input::{Input, InputId, Inputs};
use super::memory::{Answer, Memory, Question, Questions, Recalled, Refusal};
use super::{Symbol, Unknown};
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
    /// What hangs on no input, and nobody can know before it runs: both answers are looked at, and where they differ
    /// nothing is decided. The text identifies it.
    Unknown(Arc<str>, Unknown),
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

/// The facts of one path.
///
/// Evaluators are written as if everything were decided: where a decision depends on an open input they ask
/// [`World::decide`], which answers from the facts or takes a new branch; [`super::explore`] later runs them again for
/// the branch not taken. What they compute is kept in a [`Memory`] that many worlds share.
pub struct World<'a> {
    inputs: &'a Inputs,
    mode: Mode,
    pub(super) path: Vec<Decision>,
    pub(super) overflow: bool,
    pub(super) refused: Option<Refusal>,
    memory: Rc<Memory>,
    /// What the evaluations under way have asked, the innermost last.
    asking: RefCell<Vec<Questions>>,
    nesting: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Decision {
    pub(super) fact: Fact,
    /// Whether the other answer has been explored, or must not be.
    pub(super) settled: bool,
}

/// How often a result is computed again because computing it decided something.
const MAX_ROUNDS: usize = 8;

impl<'a> World<'a> {
    /// A world with nothing decided yet, and a memory of its own.
    pub fn new(inputs: &'a Inputs, mode: Mode) -> Self {
        World::sharing(inputs, mode, &Rc::default())
    }

    /// A world with nothing decided yet. `memory` is that of the same inputs in the same mode.
    pub fn sharing(inputs: &'a Inputs, mode: Mode, memory: &Rc<Memory>) -> Self {
        World {
            inputs,
            mode,
            path: Vec::new(),
            overflow: false,
            refused: None,
            memory: Rc::clone(memory),
            asking: RefCell::default(),
            nesting: 0,
        }
    }

    /// The same, with facts that hold from the start.
    #[must_use]
    pub fn with_facts(mut self, facts: &[Fact]) -> Self {
        self.path = facts.iter().map(|fact| Decision { fact: fact.clone(), settled: true }).collect();
        self
    }

    /// Runs `run` in a copy of this world, in which decisions can be made without counting here.
    pub fn aside<T>(&mut self, run: impl FnOnce(&mut World<'a>) -> T) -> T {
        let path = self.path.iter().map(|decision| Decision { fact: decision.fact.clone(), settled: true }).collect();
        let mut copy = World {
            path,
            asking: RefCell::new(vec![Questions::default()]),
            nesting: self.nesting,
            ..World::sharing(self.inputs, self.mode, &self.memory)
        };
        let result = run(&mut copy);
        let inner = copy.asking.into_inner().pop().unwrap_or_default();
        // What the copy decided is no decision here: the result hangs on what is known here without deciding. The copy
        // takes every open test to hold, so this world's answers decide its.
        for (question, _) in &inner.asked {
            match question {
                Question::Decide(test) | Question::Entailed(test) => _ = self.entailed(test),
                Question::State(id) => _ = self.state(*id),
                Question::Excluded(id) => _ = self.excluded(*id),
            }
        }
        // Nor is it refused for what nobody asks for.
        self.note_all(&Questions { asked: Vec::new(), refused: None, ..inner });
        result
    }

    /// Notes that one more expression is being evaluated inside of the others. False where there are too many, in depth or
    /// in all, and then it is not noted; else [`World::leave`] must follow.
    #[must_use]
    pub fn enter(&mut self) -> bool {
        let allowed = self.memory.step() && self.nesting < MAX_NESTING;
        if !allowed {
            self.limit();
        }
        self.nesting += usize::from(allowed);
        allowed
    }

    /// Whether so much has been evaluated, in all worlds together, that nothing more is.
    pub fn is_exhausted(&self) -> bool {
        self.memory.is_exhausted()
    }

    /// Counts work that no expression shows.
    pub fn spend(&self, steps: u64) {
        self.memory.spend(steps);
    }

    /// The innermost expression has been evaluated.
    pub fn leave(&mut self) {
        self.nesting = self.nesting.saturating_sub(1);
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

    /// How many facts are decided so far.
    pub fn decisions(&self) -> usize {
        self.path.len()
    }

    /// The `at`th of them, from 0.
    pub fn decision(&self, at: usize) -> Option<&Test> {
        self.path.get(at).map(|decision| &decision.fact.test)
    }

    /// What is known of input `id`, without deciding anything.
    pub fn state(&self, id: InputId) -> InputState {
        let Some(input) = self.inputs.get(id) else {
            return InputState::Open { may_be_null: true };
        };
        if let Some(value) = self.fixed(input) {
            return InputState::Known(value.clone());
        }
        let state = self.found(id, input);
        self.note(|| Question::State(id), || Answer::State(state.clone()));
        state
    }

    fn found(&self, id: InputId, input: &Input) -> InputState {
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
        self.decided(test).0
    }

    /// The answer, and whether it is a new decision.
    fn decided(&mut self, test: &Test) -> (bool, bool) {
        let null;
        let test = match test {
            Test::Equals(id, Json::Null) => {
                null = Test::Null(*id);
                &null
            }
            other => other,
        };
        if let Some(known) = self.known(test) {
            self.note_test(test, || Question::Decide(test.clone()), || Answer::Holds(known));
            return (known, false);
        }
        if self.path.len() >= MAX_PATH {
            self.overflow = true;
            self.limit();
            return (false, false);
        }
        self.note(|| Question::Decide(test.clone()), || Answer::Holds(true));
        if let Some(questions) = self.asking.get_mut().last_mut() {
            questions.decided();
        }
        self.path.push(Decision { fact: Fact { test: test.clone(), holds: true }, settled: false });
        (true, true)
    }

    /// The answer that the facts give, without branching; `None` where it is open.
    pub fn entailed(&self, test: &Test) -> Option<bool> {
        let known = self.known(test);
        self.note_test(test, || Question::Entailed(test.clone()), || Answer::Known(known));
        known
    }

    fn known(&self, test: &Test) -> Option<bool> {
        if let Some(decision) = self.path.iter().find(|decision| decision.fact.test == *test) {
            return Some(decision.fact.holds);
        }
        let state = |id: InputId| match self.inputs.get(id) {
            Some(input) => self.fixed(input).map_or_else(|| self.found(id, input), |it| InputState::Known(it.clone())),
            None => InputState::Open { may_be_null: true },
        };
        match test {
            Test::Opaque(_) | Test::Unknown(..) => None,
            Test::Null(id) => match state(*id) {
                InputState::Known(value) => Some(value.is_null()),
                InputState::Open { may_be_null: false } => Some(false),
                InputState::Open { may_be_null: true } => None,
            },
            Test::Equals(id, literal) => match state(*id) {
                InputState::Known(value) => Some(value == *literal),
                InputState::Open { .. } => match self.inputs.get(*id) {
                    Some(input) if !input.may_be(literal) => Some(false),
                    _ => None,
                },
            },
        }
    }

    /// The values that the facts say this input has not.
    pub fn excluded(&self, id: InputId) -> Vec<Json> {
        let excluded = self.path.iter().filter_map(|decision| match &decision.fact {
            Fact { test: Test::Equals(of, literal), holds: false } if *of == id => Some(literal.clone()),
            _ => None,
        });
        let excluded: Vec<Json> = excluded.collect();
        self.note(|| Question::Excluded(id), || Answer::Excluded(excluded.clone()));
        excluded
    }

    /// The value of an input, branching where that makes it known: over a finite domain, else over its default (and
    /// null) against everything else. `None`: it stays open here.
    pub fn settle(&mut self, id: InputId) -> Option<Json> {
        self.settle_among(id, |_| true)
    }

    /// The same, over those values only that `counts` takes.
    pub fn settle_among(&mut self, id: InputId, counts: impl Fn(&Json) -> bool) -> Option<Json> {
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
        for literal in input.allowed.as_ref().unwrap_or(&input.probes).iter().filter(|literal| counts(literal)) {
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
            Some(input) => input.symbol(id),
            None => Symbol::Ref("?".into()),
        }
    }

    /// Why the value of an open input is not known here.
    pub fn why_open(&self, id: InputId) -> Unknown {
        let name = self.inputs.get(id).map_or("?", |input| &input.name);
        let defaulted = self.inputs.get(id).is_some_and(|input| input.default.is_some());
        super::open_input(name, defaulted)
    }

    /// Computes `make` once for `key` and the answers that it gets from its world, and remembers it. Where computing it
    /// decides something, it is computed again, so that the result is that of a world in which this was known before.
    /// `key` is the evaluator's own; `T` must be the same for the same key.
    pub fn memo<T: Clone + Send + Sync + 'static>(&mut self, key: u64, mut make: impl FnMut(&mut Self) -> T) -> T {
        let mut rounds = 0;
        loop {
            if let Some(value) = self.recall::<T>(key) {
                return value;
            }
            self.asking.get_mut().push(Questions::default());
            let before = self.path.len();
            let value = make(self);
            let questions = self.asking.get_mut().pop().unwrap_or_default();
            let decided = self.path.len() != before;
            rounds += 1;
            let memory = Rc::clone(&self.memory);
            if !decided {
                memory.keep(key, &questions, || self.facts(), Arc::new(value.clone()));
            } else {
                memory.keep_decision(key, questions.until_decided());
            }
            self.note_all(&questions);
            if !decided || rounds >= MAX_ROUNDS {
                return value;
            }
        }
    }

    fn recall<T: Clone + Send + Sync + 'static>(&mut self, key: u64) -> Option<T> {
        let memory = Rc::clone(&self.memory);
        loop {
            let this = RefCell::new(&mut *self);
            let path = || this.borrow().facts();
            let ask = |question: &Question| this.borrow_mut().ask(question);
            match memory.recall(key, path, ask) {
                Recalled::Found(result, whole_path) => {
                    if let Some(refusal) = &result.refused {
                        self.refuse(refusal.clone());
                    }
                    if whole_path {
                        self.note_all(&Questions { whole_path, ..Questions::default() });
                    }
                    return result.kept.downcast_ref::<T>().cloned();
                }
                Recalled::Nothing => return None,
                Recalled::Decided => {}
            }
        }
    }

    fn ask(&mut self, question: &Question) -> (Answer, bool) {
        match question {
            Question::Decide(test) => {
                let (holds, decided) = self.decided(test);
                (Answer::Holds(holds), decided)
            }
            Question::Entailed(test) => (Answer::Known(self.entailed(test)), false),
            Question::State(id) => (Answer::State(self.state(*id)), false),
            Question::Excluded(id) => (Answer::Excluded(self.excluded(*id)), false),
        }
    }

    /// Notes a question, where an evaluation that is to be remembered asks it.
    fn note(&self, question: impl FnOnce() -> Question, answer: impl FnOnce() -> Answer) {
        if let Some(questions) = self.asking.borrow_mut().last_mut() {
            questions.note(&question(), &answer());
        }
    }

    /// The same of a test; one whose answer is the same in every world decides nothing.
    fn note_test(&self, test: &Test, question: impl FnOnce() -> Question, answer: impl FnOnce() -> Answer) {
        let fixed = match test {
            Test::Equals(id, _) | Test::Null(id) => self.inputs.get(*id).is_some_and(|it| self.fixed(it).is_some()),
            Test::Opaque(_) | Test::Unknown(..) => false,
        };
        if !fixed {
            self.note(question, answer);
        }
    }

    fn note_all(&self, inner: &Questions) {
        if let Some(questions) = self.asking.borrow_mut().last_mut() {
            questions.note_all(inner);
        }
    }

    /// Notes that the language's own tool would stop in this world: it is none.
    pub fn refuse(&mut self, refusal: Refusal) {
        let refusal = Some(refusal);
        if let Some(questions) = self.asking.get_mut().last_mut() {
            questions.refuse(refusal.as_ref());
        }
        self.refused = self.refused.take().or(refusal);
    }

    /// A limit was met that hangs on more than the answers (on the depth, on how much has been computed): what is being
    /// computed is not to be remembered.
    pub fn limit(&mut self) {
        for questions in self.asking.get_mut() {
            questions.limited = true;
        }
    }

    /// Turns to the next unexplored branch. False where there is none.
    pub(super) fn backtrack(&mut self) -> bool {
        self.refused = None;
        while let Some(last) = self.path.last_mut() {
            if !last.settled {
                last.fact.holds = !last.fact.holds;
                last.settled = true;
                return true;
            }
            self.path.pop();
        }
        false
    }

    fn fixed<'i>(&self, input: &'i Input) -> Option<&'i Json> {
        input.pinned.as_ref().or(match self.mode {
            Mode::Defaults => input.default.as_ref().filter(|_| !input.default_is_refused),
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

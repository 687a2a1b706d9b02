//! What was computed in one world, kept for every other world in which the same questions have the same answers.
//!
//! Evaluators learn of the inputs only by asking their [`super::World`]. What they asked, in order, and what they were
//! answered decides what they compute; so a result belongs to its answers, not to one path of decisions. For each key the
//! memory keeps a tree of questions with the results as leaves. All rules over all resources of a unit share it.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use serde_json::Value as Json;

use super::input::InputId;
use super::world::{Fact, InputState, Test};
use crate::source::Span;
use crate::source::limits::{MAX_REMEMBERED, MAX_WORK};

/// A result of any type.
pub(super) type Kept = Arc<dyn Any + Send + Sync>;

/// What an evaluation may ask of a world.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Question {
    /// Does it hold? Decided where it is open.
    Decide(Test),
    /// Does it hold, where that is known?
    Entailed(Test),
    /// What is known of an input?
    State(InputId),
    /// Which values are excluded of an input?
    Excluded(InputId),
}

/// What a world answers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    Holds(bool),
    Known(Option<bool>),
    State(InputState),
    Excluded(Vec<Json>),
}

/// The questions of one evaluation.
#[derive(Debug, Default)]
pub(super) struct Questions {
    /// In order, each once.
    pub(super) asked: Vec<(Question, Answer)>,
    /// Which of them was the first to be a new decision.
    pub(super) decided_at: Option<usize>,
    /// Too many to be told apart: the result belongs to the whole path.
    pub(super) whole_path: bool,
    /// A limit was met: the result belongs to nothing.
    pub(super) limited: bool,
    /// What the language's own tool refuses here.
    pub(super) refused: Option<Refusal>,
}

/// Why a world is none: the language's own tool would stop in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The text that is wrong.
    pub span: Span,
    /// What is wrong, one sentence without a full stop.
    pub message: Arc<str>,
}

/// Most questions of one result; what asks more belongs to its whole path.
const MAX_ASKED: usize = 192;

impl Questions {
    /// Notes a question with its answer, once.
    pub(super) fn note(&mut self, question: &Question, answer: &Answer) {
        if self.whole_path || self.asked.iter().any(|(asked, answered)| asked == question && answered == answer) {
            return;
        }
        if self.asked.len() >= MAX_ASKED {
            self.whole_path = true;
            self.asked.clear();
            return;
        }
        self.asked.push((question.clone(), answer.clone()));
    }

    /// Notes that the question asked last was a new decision.
    pub(super) fn decided(&mut self) {
        if let Some(last) = self.asked.len().checked_sub(1) {
            self.decided_at.get_or_insert(last);
        }
    }

    /// Notes all that another evaluation asked, which was part of this one.
    pub(super) fn note_all(&mut self, inner: &Questions) {
        self.limited |= inner.limited;
        self.refuse(inner.refused.as_ref());
        if inner.whole_path {
            self.whole_path = true;
            self.asked.clear();
        }
        for (at, (question, answer)) in inner.asked.iter().enumerate() {
            self.note(question, answer);
            if inner.decided_at == Some(at) {
                self.decided();
            }
        }
    }

    /// Notes that the world is refused, for the first reason that is met.
    pub(super) fn refuse(&mut self, refusal: Option<&Refusal>) {
        if self.refused.is_none() {
            self.refused = refusal.cloned();
        }
    }

    /// The questions up to the first new decision, that one included.
    pub(super) fn until_decided(&self) -> &[(Question, Answer)] {
        match self.decided_at {
            Some(at) if !self.limited && !self.whole_path => self.asked.get(..=at).unwrap_or(&[]),
            _ => &[],
        }
    }
}

#[derive(Debug)]
enum Node {
    /// Nothing is known from here on.
    Open,
    /// What is asked next, and what follows from each answer.
    Asks(Question, Vec<(Answer, Node)>),
    /// The result.
    Done(Result),
}

/// A result, and why the world is none in which it is one.
#[derive(Clone, Debug)]
pub(super) struct Result {
    pub(super) kept: Kept,
    pub(super) refused: Option<Refusal>,
}

/// By the evaluators' keys, which are hashes already.
type Table<T> = HashMap<u64, T, BuildHasherDefault<Identity>>;

/// A result with the path that it belongs to.
type OfPath = (Vec<Fact>, Result);

/// The memory of one unit, for one [`super::Mode`].
#[derive(Debug, Default)]
pub struct Memory {
    trees: RefCell<Table<Node>>,
    /// Results that belong to a whole path.
    paths: RefCell<Table<Vec<OfPath>>>,
    size: Cell<usize>,
    /// How much has been computed, all worlds together.
    work: Cell<u64>,
    /// Whether nothing is ever kept.
    forgets: bool,
    /// At how much whoever computes now must stop; nothing is set at first.
    until: Cell<Option<u64>>,
}

/// What a look-up gives.
pub(super) enum Recalled {
    /// The result, and whether it belongs to the whole path.
    Found(Result, bool),
    /// Nothing is known for these answers.
    Nothing,
    /// An answer was a new decision: others may be different now.
    Decided,
}

impl Memory {
    /// A memory that keeps nothing: everything is computed each time. What it gives is what any other memory gives, which
    /// tests hold.
    pub fn forgetting() -> Self {
        Memory { forgets: true, ..Memory::default() }
    }

    /// Counts one more step of an evaluation. False where there have been too many.
    pub(super) fn step(&self) -> bool {
        self.work.set(self.work.get() + 1);
        !self.is_exhausted()
    }

    /// Counts steps that are no expressions.
    pub(super) fn spend(&self, steps: u64) {
        self.work.set(self.work.get() + steps);
    }

    /// Lets whoever computes from now on have so many steps, as far as they are left.
    pub fn allow(&self, steps: u64) {
        self.until.set(Some(self.work.get() + steps));
    }

    /// Whether so much has been computed that the rest is not worth waiting for.
    pub(super) fn is_exhausted(&self) -> bool {
        self.work.get() > self.until.get().unwrap_or(MAX_WORK).min(MAX_WORK)
    }

    /// Looks a result up. `ask` answers from the world, and says whether it had to decide for that.
    pub(super) fn recall(
        &self,
        key: u64,
        path: impl Fn() -> Vec<Fact>,
        mut ask: impl FnMut(&Question) -> (Answer, bool),
    ) -> Recalled {
        self.step();
        if let Some(results) = self.paths.borrow().get(&key) {
            let facts = path();
            if let Some((_, result)) = results.iter().find(|(of, _)| *of == facts) {
                return Recalled::Found(result.clone(), true);
            }
        }
        let trees = self.trees.borrow();
        let Some(mut node) = trees.get(&key) else { return Recalled::Nothing };
        loop {
            match node {
                Node::Open => return Recalled::Nothing,
                Node::Done(result) => return Recalled::Found(result.clone(), false),
                Node::Asks(question, branches) => {
                    self.step();
                    let (answer, decided) = ask(question);
                    if decided {
                        return Recalled::Decided;
                    }
                    match branches.iter().find(|(of, _)| *of == answer) {
                        Some((_, next)) => node = next,
                        None => return Recalled::Nothing,
                    }
                }
            }
        }
    }

    /// Keeps a result for the answers that led to it.
    pub(super) fn keep(&self, key: u64, questions: &Questions, path: impl Fn() -> Vec<Fact>, kept: Kept) {
        if questions.limited || self.forgets {
            return;
        }
        let result = Result { kept, refused: questions.refused.clone() };
        if questions.whole_path {
            self.grow(1);
            self.paths.borrow_mut().entry(key).or_default().push((path(), result));
            return;
        }
        self.grow(questions.asked.len() + 1);
        let mut trees = self.trees.borrow_mut();
        *follow(trees.entry(key).or_insert(Node::Open), &questions.asked) = Node::Done(result);
    }

    /// Keeps that after these answers a decision is asked for: the last of the questions.
    pub(super) fn keep_decision(&self, key: u64, asked: &[(Question, Answer)]) {
        let Some(((decision, _), before)) = asked.split_last().filter(|_| !self.forgets) else { return };
        self.grow(asked.len());
        let mut trees = self.trees.borrow_mut();
        let node = follow(trees.entry(key).or_insert(Node::Open), before);
        if matches!(node, Node::Open) {
            *node = Node::Asks(decision.clone(), Vec::new());
        }
    }

    /// Forgets everything where it becomes too much.
    fn grow(&self, by: usize) {
        self.size.set(self.size.get() + by);
        if self.size.get() > MAX_REMEMBERED {
            self.trees.borrow_mut().clear();
            self.paths.borrow_mut().clear();
            self.size.set(by);
        }
    }
}

/// The node behind these answers. The same answers lead to the same next question, since evaluation has no other
/// source; should one differ all the same, what was known there is given up.
fn follow<'n>(mut node: &'n mut Node, asked: &[(Question, Answer)]) -> &'n mut Node {
    for (question, answer) in asked {
        if !matches!(node, Node::Asks(other, _) if other == question) {
            *node = Node::Asks(question.clone(), Vec::new());
        }
        let Node::Asks(_, branches) = node else { return node };
        let at = branches.iter().position(|(of, _)| of == answer).unwrap_or_else(|| {
            branches.push((answer.clone(), Node::Open));
            branches.len() - 1
        });
        node = &mut branches[at].1;
    }
    node
}

/// Keys are hashes already.
#[derive(Debug, Default)]
pub(super) struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = key;
    }
}

/// A quick hash for keys of the memory: multiply and rotate, as compilers use for their tables.
#[derive(Debug, Default)]
pub struct QuickHash(u64);

impl Hasher for QuickHash {
    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }

    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            self.write_u64(u64::from_le_bytes(word));
        }
        let mut word = [0; 8];
        let rest = chunks.remainder();
        word[..rest.len()].copy_from_slice(rest);
        self.write_u64(u64::from_le_bytes(word) ^ ((bytes.len() as u64) << 56));
    }

    fn write_u8(&mut self, byte: u8) {
        self.write_u64(u64::from(byte));
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }
}

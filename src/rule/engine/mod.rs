//! Judging: every subject of a rule, in every world that matters, to findings.
//!
//! Each declared block is explored by itself, so that conditions of unrelated blocks do not multiply. What is told of
//! the leaves follows DESIGN, section 3.

mod tell;
mod texts;
mod worlds;

pub use texts::readable;

use std::sync::Arc;

use super::eval::{Bindings, Eval};
use super::file::{Rule, Severing, subject_name};
use super::item::{Got, Item, Trace};
use super::steady;
use crate::finding::{Finding, Severity, Undecided};
use crate::model::schema::Object;
use crate::model::{BlockId, Language, Stack};
use crate::source::Span;
use crate::source::limits::{MAX_RULE_WORK, SUBJECT_WORK};
#[cfg(debug_assertions)]
use crate::value::UnknownKind;
use crate::value::{Fact, Mode, Truth, Unknown, World};

/// What a rule says of one unit.
#[derive(Debug, Default)]
pub struct Judgement {
    /// Where it speaks; unsorted.
    pub findings: Vec<Finding>,
    /// Where it can't tell.
    pub undecided: Vec<Undecided>,
    /// How many subjects were judged: those that exist in some world.
    pub judged: usize,
}

/// Judges every subject of `rule` in the unit that `stack` describes, over all worlds.
pub fn judge(rule: &Rule, stack: &Stack<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let mut taken = Vec::new();
    stack.allow(MAX_RULE_WORK);
    for (block, subjects) in stack.steady_blocks(&rule.subject, &rule.types).iter() {
        let judge = Judge { rule, stack, block: *block };
        match steady::passing(rule, stack, *block, subjects, &mut taken) {
            Some(taken) => {
                #[cfg(debug_assertions)]
                judge.witness(taken);
                judgement.judged += taken;
            }
            None => judge.block(&mut judgement),
        }
    }
    tell::distinguish(&mut judgement.findings);
    judgement
}

/// Identifies a subject of a block across worlds.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct SubjectKey {
    address: Arc<str>,
    /// For what is part of a resource: its text, and which one of those that share it.
    part: Option<(Option<Span>, usize)>,
}

impl SubjectKey {
    /// The keys of all subjects that a block has in one world.
    pub(super) fn of<'o>(objects: impl Iterator<Item = &'o Object>, stack: &Stack<'_>) -> Vec<SubjectKey> {
        let mut keys: Vec<SubjectKey> = Vec::new();
        for object in objects {
            let address: Arc<str> = match &object.instance {
                Some(instance) => Arc::clone(&instance.address),
                None => stack.evaluator.name().into(),
            };
            let part = object.value.as_ref().map(|_| {
                let span = object.origin.span;
                let same = |key: &&SubjectKey| key.address == address && key.part.is_some_and(|(of, _)| of == span);
                (span, keys.iter().filter(same).count())
            });
            keys.push(SubjectKey { address, part });
        }
        keys
    }
}

/// One subject in one world.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    key: SubjectKey,
    object: Object,
    outcome: Outcome,
}

/// The worlds of one leaf, and the block's subjects there.
type InWorlds = (Vec<Fact>, Vec<Seen>);

/// What the checks gave for one subject in one world.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// The rule's `where` leaves it out.
    Outside,
    Pass,
    Fail(Failure),
    Unknown(Unknown, Vec<Arc<Trace>>),
}

/// A check that does not hold.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    check: usize,
    severity: Severity,
    traces: Vec<Arc<Trace>>,
}

/// All that is known of one subject: its leaves, `None` where it does not exist.
pub(super) struct Leaves {
    pub(super) object: Object,
    pub(super) key: SubjectKey,
    pub(super) free: Vec<(Vec<Fact>, Option<Outcome>)>,
    /// Empty where no leaf fails.
    pub(super) defaults: Vec<(Vec<Fact>, Option<Outcome>)>,
    pub(super) complete: bool,
}

pub(super) struct Judge<'a> {
    pub(super) rule: &'a Rule,
    pub(super) stack: &'a Stack<'a>,
    pub(super) block: Option<BlockId>,
}

impl Judge<'_> {
    /// Judges at length what was judged in short.
    #[cfg(debug_assertions)]
    fn witness(&self, taken: usize) {
        let mut judgement = Judgement::default();
        self.block(&mut judgement);
        let Judgement { findings, undecided, judged } = judgement;
        // At length more is computed, and so a limit is met sooner.
        let limited = undecided.iter().any(|it| it.reasons.iter().any(|why| why.kind == UnknownKind::Limit));
        assert!(
            limited || findings.is_empty() && undecided.is_empty() && judged == taken,
            "{} passes {:?} ({taken}) in short only; at length {judged}: {findings:?} {undecided:?}",
            self.rule.id,
            self.block
        );
    }

    fn block(&self, judgement: &mut Judgement) {
        let (free, complete) = self.explore(Mode::Free, None);
        if let ([(_, seen)], true) = (free.as_slice(), complete)
            && seen.iter().all(|seen| matches!(seen.outcome, Outcome::Pass | Outcome::Outside))
        {
            // Nothing hangs on any input, and there is nothing to tell: the commonest case by far.
            judgement.judged += seen.iter().filter(|seen| matches!(seen.outcome, Outcome::Pass)).count();
            return;
        }
        let mut subjects = self.by_subject(&free, complete);
        if !complete && subjects.is_empty() {
            judgement.undecided.extend(self.not_met());
        }
        if !complete && subjects.len() > 1 && self.are_listed() {
            // Together their conditions are too many; each alone may do.
            for subject in &mut subjects {
                let (leaves, complete) = self.explore(Mode::Free, Some(&subject.key));
                if let Some(alone) = self.by_subject(&leaves, complete).pop() {
                    *subject = alone;
                }
            }
        }
        subjects.retain(|subject| {
            subject.free.iter().any(|(_, outcome)| !matches!(outcome, None | Some(Outcome::Outside)))
        });
        judgement.judged += subjects.len();
        let fails = |subject: &Leaves| subject.free.iter().any(|(_, it)| matches!(it, Some(Outcome::Fail(_))));
        if subjects.iter().any(fails) {
            let (defaults, _) = self.explore(Mode::Defaults, None);
            for subject in &mut subjects {
                subject.defaults = leaves_of(&subject.key, &defaults);
            }
        }
        self.tell(&subjects, judgement);
    }

    /// Whether the conditions that decide which subjects there are can be told apart: else no subject can be judged alone.
    fn are_listed(&self) -> bool {
        self.stack.explore(Mode::Free, |world| self.objects(world).len()).complete
    }

    /// All leaves of the block's subjects, or of one of them.
    fn explore(&self, mode: Mode, only: Option<&SubjectKey>) -> (Vec<InWorlds>, bool) {
        let exploration = self.stack.explore(mode, |world| self.in_world(only, world));
        let leaves = exploration.leaves.into_iter().map(|leaf| (leaf.facts, leaf.result)).collect();
        (leaves, exploration.complete)
    }

    /// Judges the block's subjects in one world.
    fn in_world(&self, only: Option<&SubjectKey>, world: &mut World<'_>) -> Vec<Seen> {
        self.objects(world)
            .into_iter()
            .filter(|(key, _)| only.is_none_or(|only| only == key))
            .map(|(key, object)| {
                world.spend(SUBJECT_WORK);
                let outcome = self.outcome(&object, world);
                Seen { key, object, outcome }
            })
            .collect()
    }

    /// The block's subjects in one world, each with its key.
    fn objects(&self, world: &mut World<'_>) -> Vec<(SubjectKey, Object)> {
        let objects = match self.block {
            Some(block) => self.stack.objects_of(block, &self.rule.subject, world),
            None => self.stack.subjects(&self.rule.subject, &self.rule.types, world).into(),
        };
        world.spend(objects.len() as u64);
        let keys = SubjectKey::of(objects.iter(), self.stack);
        keys.into_iter().zip(objects.iter().cloned()).collect()
    }

    /// What the checks give. Most subjects pass: only where one does not is asked what decided.
    fn outcome(&self, object: &Object, world: &mut World<'_>) -> Outcome {
        match self.asked(object, false, world) {
            Outcome::Fail(_) | Outcome::Unknown(..) => self.asked(object, true, world),
            passed => passed,
        }
    }

    fn asked(&self, object: &Object, traced: bool, world: &mut World<'_>) -> Outcome {
        let bindings = self.bindings(object, traced);
        let mut eval = Eval::new(self.stack, &bindings);
        // Whether it is a subject at all may be unknown: then a failing check is no finding.
        let mut doubt = None;
        if let Some(condition) = &self.rule.condition {
            match eval.truth(condition, world) {
                (Truth::False, _) => return Outcome::Outside,
                (Truth::Unknown(why), traces) => doubt = Some((why, traces)),
                (Truth::True, _) => {}
            }
        }
        let mut unknown = None;
        for (at, check) in self.rule.checks.iter().enumerate() {
            match eval.truth(&check.expr, world) {
                (Truth::True, _) => {}
                (Truth::Unknown(why), traces) => {
                    unknown.get_or_insert((why, traces));
                }
                (Truth::False, traces) => {
                    if let Some((why, traces)) = doubt {
                        return Outcome::Unknown(why, traces);
                    }
                    let severing = check.severity.as_ref().unwrap_or(&self.rule.severity);
                    let severity = severity(severing, &mut eval, world);
                    return Outcome::Fail(Failure { check: at, severity, traces });
                }
            }
        }
        match unknown {
            Some((why, traces)) => Outcome::Unknown(why, traces),
            None => Outcome::Pass,
        }
    }

    /// What names mean for this subject; `traced` says whether what they read is to be told.
    pub(super) fn bindings(&self, object: &Object, traced: bool) -> Bindings<'_> {
        let name = subject_name(&self.rule.subject);
        let root = |path: &str, object: &Object| {
            let trace = || Trace { path: path.to_owned(), origin: object.origin.clone(), ..Trace::default() };
            let traces = if traced { vec![Arc::new(trace())] } else { Vec::new() };
            Got { item: Item::Object(object.clone()), traces }
        };
        let names = vec![(name, root(name, object))];
        let cloudformation = self.language() == Language::CloudFormation;
        let selected = self.rule.selected.iter().filter_map(|selected| {
            let expr = if cloudformation { &selected.cloudformation } else { &selected.terraform };
            Some((selected.name.as_str(), expr.as_ref()?))
        });
        Bindings { names, selected: selected.collect(), params: Some(&self.rule.values) }
    }

    pub(super) fn language(&self) -> Language {
        self.stack.evaluator.language()
    }

    /// The leaves of each subject, in the order in which they were first seen.
    fn by_subject(&self, leaves: &[InWorlds], complete: bool) -> Vec<Leaves> {
        let mut subjects: Vec<Leaves> = Vec::new();
        let mut known = std::collections::HashSet::new();
        for seen in leaves.iter().flat_map(|(_, seen)| seen) {
            if known.insert(&seen.key) {
                subjects.push(Leaves {
                    object: seen.object.clone(),
                    key: seen.key.clone(),
                    free: leaves_of(&seen.key, leaves),
                    defaults: Vec::new(),
                    complete,
                });
            }
        }
        subjects
    }
}

fn leaves_of(key: &SubjectKey, leaves: &[InWorlds]) -> Vec<(Vec<Fact>, Option<Outcome>)> {
    leaves
        .iter()
        .map(|(facts, seen)| {
            let mine = seen.iter().find(|seen| seen.key == *key);
            (facts.clone(), mine.map(|seen| seen.outcome.clone()))
        })
        .collect()
}

/// The severity in this world; where that can't be told, the least that the rule names.
fn severity(severing: &Severing, eval: &mut Eval<'_, '_>, world: &mut World<'_>) -> Severity {
    match severing {
        Severing::Fixed(severity) => *severity,
        Severing::By(expr, named) => {
            let got = eval.value(expr, world);
            let told = match &got.item {
                Item::Plain(value) => value.as_str().and_then(Severity::from_name),
                _ => None,
            };
            told.or(named.first().copied()).unwrap_or(Severity::Warning)
        }
    }
}

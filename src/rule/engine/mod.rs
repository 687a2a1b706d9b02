//! Judging: every subject of a rule, in every world that matters, to findings.
//!
//! Each subject is explored by itself, so that the conditions of unrelated ones do not multiply, and each has its own
//! bound on work, so that none starves another. What is told of the leaves follows DESIGN, section 3.

mod guessed;
mod tell;
mod texts;
mod worlds;

use tell::exists;
pub use texts::readable;

use std::collections::HashSet;
use std::sync::Arc;

use super::eval::{Bindings, Eval};
use super::file::{Rule, Severing, subject_name};
use super::item::{Got, Item, Trace};
use crate::finding::{Finding, Problem, Severity, Undecided};
use crate::model::schema::Object;
use crate::model::{BlockId, Key, Language, Stack};
use crate::source::Span;
use crate::source::limits::MAX_SUBJECT_WORK;
use crate::value::{Fact, Mode, Refusal, Truth, Unknown, World};

/// What a rule says of one unit.
#[derive(Debug, Default)]
pub struct Judgement {
    /// Where it speaks; unsorted.
    pub findings: Vec<Finding>,
    /// Where it can't tell.
    pub undecided: Vec<Undecided>,
    /// Where a rule of severity error met a limit: that is never passed over.
    pub problems: Vec<Problem>,
    /// How many subjects were judged: those that exist in some world.
    pub judged: usize,
}

/// Judges every subject of `rule` in the unit that `stack` describes, over all worlds.
pub fn judge(rule: &Rule, stack: &Stack<'_>) -> Judgement {
    let mut judgement = Judgement::default();
    let blocks = stack.blocks_of(&rule.subject, &rule.types).into_iter().map(Some);
    let unit = (rule.subject == stack.unit().class).then_some(None);
    for block in blocks.chain(unit) {
        Judge { rule, stack, block }.block(&mut judgement);
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

/// The subjects of a block in one world, by key.
type Listed = Arc<[(SubjectKey, Object)]>;

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

/// The facts of one leaf, and what was given there: `None` where the subject does not exist.
pub(super) type Judged = (Vec<Fact>, Option<Outcome>);

/// All that is known of one subject.
pub(super) struct Leaves {
    pub(super) object: Object,
    pub(super) key: SubjectKey,
    pub(super) free: Vec<Judged>,
    /// Empty where no leaf fails, and where these could not be told either.
    pub(super) defaults: Vec<Judged>,
    /// Whether `free` are all.
    pub(super) complete: bool,
}

pub(super) struct Judge<'a> {
    pub(super) rule: &'a Rule,
    pub(super) stack: &'a Stack<'a>,
    pub(super) block: Option<BlockId>,
}

impl Judge<'_> {
    /// Judges each subject of the block by itself: what decides about one decides nothing of another.
    fn block(&self, judgement: &mut Judgement) {
        self.stack.allow(MAX_SUBJECT_WORK);
        let listed = self.stack.explore(Mode::Free, |world| self.listed(world));
        if let Some(refusal) = listed.broken() {
            return self.stopped(refusal, judgement);
        }
        let mut subjects: Vec<(SubjectKey, Object)> = Vec::new();
        let mut known = HashSet::new();
        for (key, object) in listed.leaves.iter().flat_map(|leaf| leaf.result.iter()) {
            if known.insert(key) {
                subjects.push((key.clone(), object.clone()));
            }
        }
        if !listed.complete {
            self.unlisted(judgement);
        }
        let mut named: HashSet<Span> = HashSet::new();
        // Those that are known by name are judged first.
        subjects.sort_by_key(|(_, object)| stands_for_all(object));
        for (key, object) in subjects {
            let before = judgement.findings.len();
            let stands_for_all = stands_for_all(&object);
            self.subject(key, object, judgement);
            let told = judgement.findings.split_off(before);
            // One that stands for all says nothing that a named one does not.
            let new = told.into_iter().filter(|it| !stands_for_all || !named.contains(&it.primary.span));
            judgement.findings.extend(new);
            if !stands_for_all {
                named.extend(judgement.findings.get(before..).into_iter().flatten().map(|it| it.primary.span));
            }
        }
    }

    fn subject(&self, key: SubjectKey, object: Object, judgement: &mut Judgement) {
        self.stack.allow(MAX_SUBJECT_WORK);
        let (free, complete, broken) = self.explore(Mode::Free, &key);
        if let Some(refusal) = broken {
            judgement.judged += 1;
            return self.stopped(&refusal, judgement);
        }
        if complete && !free.iter().any(|(_, outcome)| exists(outcome)) {
            return;
        }
        judgement.judged += 1;
        if complete && free.iter().all(|(_, outcome)| !exists(outcome) || matches!(outcome, Some(Outcome::Pass))) {
            // There is nothing to tell: the commonest case by far.
            return;
        }
        let mut subject = Leaves { object, key, free, defaults: Vec::new(), complete };
        let fails = subject.free.iter().any(|(_, it)| matches!(it, Some(Outcome::Fail(_))));
        if fails || !complete {
            self.stack.allow(MAX_SUBJECT_WORK);
            let (defaults, all, _) = self.explore(Mode::Defaults, &subject.key);
            if complete || all {
                subject.defaults = defaults;
            }
        }
        self.tell(subject, judgement);
    }

    /// The leaves of one subject, whether they are all, and why there is no world at all.
    fn explore(&self, mode: Mode, key: &SubjectKey) -> (Vec<Judged>, bool, Option<Refusal>) {
        let exploration = self.stack.explore(mode, |world| {
            let listed = self.listed(world);
            let (_, object) = listed.iter().find(|(other, _)| other == key)?;
            if !self.stack.is_there(object, world) {
                return None;
            }
            Some(self.outcome(object, world))
        });
        let broken = exploration.broken().cloned();
        let leaves = exploration.leaves.into_iter().map(|leaf| (leaf.facts, leaf.result)).collect();
        (guessed::agreed(leaves), exploration.complete, broken)
    }

    /// The block's subjects in one world, each with its key.
    fn listed(&self, world: &mut World<'_>) -> Listed {
        let Some(block) = self.block else {
            let object = self.stack.unit();
            return SubjectKey::of([&object].into_iter(), self.stack).into_iter().zip([object]).collect();
        };
        self.stack.remember("listed", &(block, &self.rule.subject), world, |world| {
            let objects = self.stack.objects_of(block, &self.rule.subject, world);
            world.spend(objects.len() as u64);
            let keys = SubjectKey::of(objects.iter(), self.stack);
            keys.into_iter().zip(objects.iter().cloned()).collect()
        })
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
            Some((selected.name.as_str(), expr.as_deref()?))
        });
        Bindings { names, selected: selected.collect(), params: Some(&self.rule.values) }
    }

    pub(super) fn language(&self) -> Language {
        self.stack.evaluator.language()
    }
}

/// Whether an instance is known by no key: `count` or `for_each` can't be known.
fn stands_for_all(object: &Object) -> bool {
    object.instance.as_ref().is_some_and(|it| it.key == Key::Any || it.path.contains(&Key::Any))
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

//! From the leaves of a subject to what is told of it.

use std::collections::BTreeMap;

use super::texts::{Texts, readable};
use super::worlds::{guard, input_of, told};
use super::{Failure, Judge, Judged, Judgement, Leaves, Outcome};
use crate::finding::{Certainty, Finding, Label, Problem, Severity, Subject, Undecided};
use crate::model::Language;
use crate::rule::item::{Trace, enumerated};
use crate::source::Span;
use crate::value::{Fact, Guard, InputId, Refusal, Unknown, UnknownKind};

/// The leaves of one subject that fail for one cause at one place.
struct Group<'l> {
    failure: &'l Failure,
    place: Span,
    leaves: Vec<&'l [Fact]>,
    /// That of the default world, where it is in the group; else the worst.
    severity: Severity,
    /// A default world fails so.
    by_default: bool,
}

impl Judge<'_> {
    pub(super) fn tell(&self, mut subject: Leaves, judgement: &mut Judgement) {
        if !subject.complete {
            // Of the worlds that were not looked at nothing is known; of the default ones everything is.
            if !all_fail(&subject.defaults) || self.stack.evaluator.is_library() {
                return self.limit(&subject, vec![too_many()], None, judgement);
            }
            subject.free = subject.defaults.clone();
        }
        let groups = self.groups(&subject);
        if groups.is_empty() {
            return self.unknown(&subject, judgement);
        }
        judgement.findings.extend(groups.iter().map(|group| self.finding(&subject, group)));
    }

    /// What is told of a block whose subjects can't all be listed.
    pub(super) fn unlisted(&self, judgement: &mut Judgement) {
        let Some(block) = self.block.and_then(|block| self.stack.evaluator.blocks().get(block.0 as usize)) else {
            return;
        };
        let subject = Subject { address: block.address.to_string(), kind: block.kind.to_string() };
        let help = "its worlds can't be told apart: give values to the inputs that decide which instances there are";
        self.not_decided(subject, block.header, vec![too_many()], help.to_owned(), judgement);
    }

    /// What is told where the language's own tool stops in every world: there is nothing to judge.
    pub(super) fn stopped(&self, refusal: &Refusal, judgement: &mut Judgement) {
        let message = format!("{}: nothing can be deployed in any world", refusal.message);
        let problem = Problem::at("evaluation", refusal.span, message);
        if !judgement.problems.contains(&problem) {
            judgement.problems.push(problem);
        }
    }

    /// What is told where a limit was met.
    fn limit(&self, subject: &Leaves, reasons: Vec<Unknown>, place: Option<Span>, judgement: &mut Judgement) {
        let flag = if self.language() == Language::CloudFormation { "--param" } else { "--var" };
        let names = self.most_asked(subject);
        let help = match names.is_empty() {
            true => "split the code, or leave the rule out for this resource".to_owned(),
            false => format!("give values to what decides most ({flag} NAME=VALUE): {}", names.join(", ")),
        };
        let place = place.unwrap_or_else(|| self.header(subject));
        self.not_decided(self.what(subject), place, reasons, help, judgement);
    }

    /// A limit that a rule of severity error meets is a problem; for any other rule the subject is undecided.
    fn not_decided(
        &self,
        subject: Subject,
        place: Span,
        reasons: Vec<Unknown>,
        help: String,
        judgement: &mut Judgement,
    ) {
        let why = reasons.first().map_or_else(String::new, |why| why.reason.to_string());
        if self.rule.gravest() == Severity::Error {
            let message = format!("{} can't be decided for {}: {why}", self.rule.id, subject.address);
            judgement.problems.push(Problem::at("limit", place, message).help(help));
        } else {
            let primary = Label { span: place, message: why };
            let (rule, unit) = (self.rule.id.clone(), self.stack.evaluator.name().to_owned());
            judgement.undecided.push(Undecided { rule, unit, subject, primary, reasons });
        }
    }

    /// The inputs on which most of the leaves hang, at most three.
    fn most_asked(&self, subject: &Leaves) -> Vec<String> {
        let mut counts: BTreeMap<InputId, usize> = BTreeMap::new();
        for id in subject.free.iter().flat_map(|(facts, _)| facts).filter_map(|fact| input_of(&fact.test)) {
            *counts.entry(id).or_default() += 1;
        }
        let mut counts: Vec<(InputId, usize)> = counts.into_iter().collect();
        counts.sort_by_key(|(id, count)| (std::cmp::Reverse(*count), *id));
        let inputs = self.stack.evaluator.inputs();
        let name = |id| inputs.get(id).map(|input| input.name.trim_start_matches("var.").to_owned());
        counts.into_iter().take(3).filter_map(|(id, _)| name(id)).collect()
    }

    fn groups<'l>(&self, subject: &'l Leaves) -> Vec<Group<'l>> {
        let mut groups: Vec<Group<'l>> = Vec::new();
        for (facts, outcome) in &subject.free {
            let Some(Outcome::Fail(failure)) = outcome else { continue };
            let place = self.place(subject, failure.traces.last());
            let same = |group: &&mut Group<'_>| same(group, failure, place);
            match groups.iter_mut().find(same) {
                Some(group) => {
                    group.leaves.push(facts);
                    group.severity = group.severity.max(failure.severity);
                }
                None => groups.push(Group {
                    failure,
                    place,
                    leaves: vec![facts],
                    severity: failure.severity,
                    by_default: false,
                }),
            }
        }
        for (_, outcome) in &subject.defaults {
            let Some(Outcome::Fail(failure)) = outcome else { continue };
            let place = self.place(subject, failure.traces.last());
            // A default may be decided by another text than the same value among others: then the cause tells.
            let exact = groups.iter().any(|group| same(group, failure, place));
            let by_check = groups.iter().any(|group| group.failure.check == failure.check);
            for group in &mut groups {
                let is_it = match (exact, by_check) {
                    (true, _) => same(group, failure, place),
                    (false, true) => group.failure.check == failure.check,
                    (false, false) => true,
                };
                if is_it {
                    let before = if group.by_default { group.severity } else { failure.severity };
                    group.severity = before.max(failure.severity);
                    group.by_default = true;
                }
            }
        }
        groups
    }

    /// The one rule of the primary label: the text that decided the attribute that was read last; where that text is an
    /// input's declaration, the place where the input is used; where nothing is written, the nearest thing around it
    /// that is; at last the subject's header.
    pub(super) fn place(&self, subject: &Leaves, trace: Option<&std::sync::Arc<Trace>>) -> Span {
        let Some((trace, span)) = trace.and_then(|trace| Some((trace, trace.place()?))) else {
            return self.header(subject);
        };
        if self.declared(span).is_some() {
            return trace.origin.steps().next().map_or(span, |step| step.span);
        }
        span
    }

    /// What a text is where it stands in the declaration of an input: its default, one of the values that it may have.
    pub(super) fn declared(&self, span: Span) -> Option<String> {
        self.stack.evaluator.inputs().iter().find_map(|(_, input)| {
            if input.default_span == Some(span) {
                Some(format!("the default of {}", input.name))
            } else if input.allowed_span.is_some_and(|allowed| allowed.contains(span)) {
                Some(format!("{} may have this value", input.name))
            } else {
                (input.span == Some(span)).then(|| format!("{} is declared here", input.name))
            }
        })
    }

    /// What is underlined where nothing is written.
    pub(super) fn header(&self, subject: &Leaves) -> Span {
        let part = subject.object.value.as_ref().and(subject.object.origin.span);
        let block = self.block.and_then(|block| self.stack.evaluator.blocks().get(block.0 as usize));
        part.or_else(|| block.map(|block| block.header))
            .or(subject.object.origin.span)
            .or_else(|| self.stack.evaluator.blocks().first().map(|block| block.header))
            .unwrap_or(Span::new(crate::source::SourceId(0), 0, 0))
    }

    fn finding(&self, subject: &Leaves, group: &Group<'_>) -> Finding {
        let inputs = self.stack.evaluator.inputs();
        let certainty = self.certainty(subject, group);
        let facts = group.leaves.first().copied().unwrap_or_default();
        let when = self.when(subject, group, certainty);
        // Of the facts of this world, those that decide: the others would only be noise.
        let mut decisive = facts.to_vec();
        decisive.retain(|fact| when.iter().flatten().any(|other| input_of(&other.test) == input_of(&fact.test)));
        let texts = Texts::of(self, subject, group.failure, group.place, facts, &decisive);
        let when = Some(guard(&when, inputs)).filter(|guard| *guard != Guard::Always);
        let passing: Vec<&[Fact]> = subject
            .free
            .iter()
            .filter(|(_, outcome)| matches!(outcome, Some(Outcome::Pass)))
            .map(|(facts, _)| facts.as_slice())
            .collect();
        let passes_when = (certainty == Certainty::ByDefault && !passing.is_empty())
            .then(|| guard(&self.told(subject, &passing), inputs));
        let mut notes = texts.notes;
        if certainty == Certainty::Conditional && group.by_default && self.stack.evaluator.is_library() {
            let mut names: Vec<String> = Vec::new();
            for id in decisive.iter().filter_map(|fact| input_of(&fact.test)) {
                let name = inputs.get(id).map_or("?", |input| input.name.trim_start_matches("var.")).to_owned();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            notes.push(format!("unless the caller sets {}", enumerated(names)));
        }
        if certainty == Certainty::Conditional {
            notes.extend(with_defaults(subject).map(str::to_owned));
        }
        if certainty == Certainty::Always {
            notes.extend(self.exists_when(subject));
        }
        let check = self.rule.checks.get(group.failure.check);
        let name = check.and_then(|check| check.name.as_deref());
        let path = group.failure.traces.last().map_or("", |trace| trace.path.as_str());
        let unit = self.stack.evaluator.name().to_owned();
        let parts = [self.rule.id.as_str(), &unit, &subject.key.address, name.unwrap_or(""), path];
        Finding {
            rule: self.rule.id.clone(),
            severity: group.severity,
            certainty,
            fingerprint: parts.join(":"),
            unit,
            subject: self.what(subject),
            message: texts.message,
            when,
            passes_when,
            primary: Label { span: group.place, message: texts.label },
            related: texts.related,
            notes,
            help: texts.help,
            fixes: Vec::new(),
            suppressed: None,
        }
    }

    /// In which worlds it fails so; of a subject that fails wherever it exists, in which of those.
    fn when(&self, subject: &Leaves, group: &Group<'_>, certainty: Certainty) -> Vec<Vec<Fact>> {
        let counts = |outcome: &Option<Outcome>| certainty != Certainty::Always || exists(outcome);
        let among: Vec<&[Fact]> =
            subject.free.iter().filter(|(_, outcome)| counts(outcome)).map(|(facts, _)| facts.as_slice()).collect();
        if group.leaves.len() == among.len() {
            return vec![Vec::new()];
        }
        let is_its = |facts: &&[Fact]| group.leaves.iter().any(|leaf| std::ptr::eq(*leaf, *facts));
        let others: Vec<&[Fact]> = among.into_iter().filter(|facts| !is_its(facts)).collect();
        told(&group.leaves, &others, self.stack.evaluator.inputs())
    }

    /// What tells these leaves from the subject's others.
    fn told(&self, subject: &Leaves, leaves: &[&[Fact]]) -> Vec<Vec<Fact>> {
        let others: Vec<&[Fact]> = subject.free.iter().map(|(facts, _)| facts.as_slice()).collect();
        let others: Vec<&[Fact]> =
            others.into_iter().filter(|facts| !leaves.iter().any(|leaf| std::ptr::eq(*leaf, *facts))).collect();
        told(leaves, &others, self.stack.evaluator.inputs())
    }

    /// In which worlds the subject exists, where that is not in all.
    fn exists_when(&self, subject: &Leaves) -> Option<String> {
        let here = subject.free.iter().filter(|(_, outcome)| outcome.is_some());
        let here: Vec<&[Fact]> = here.map(|(facts, _)| facts.as_slice()).collect();
        if here.len() == subject.free.len() {
            return None;
        }
        let guard = guard(&self.told(subject, &here), self.stack.evaluator.inputs());
        (guard != Guard::Always).then(|| format!("it exists when {guard}"))
    }

    fn certainty(&self, subject: &Leaves, group: &Group<'_>) -> Certainty {
        // Whether the rule's `where` takes it in other worlds than the default one is no matter of existence.
        let outside = subject.free.iter().any(|(_, outcome)| matches!(outcome, Some(Outcome::Outside)));
        let by_default = all_fail(&subject.defaults);
        if subject.complete && all_fail(&subject.free) && (by_default || !outside) {
            Certainty::Always
        } else if by_default && group.by_default && !self.stack.evaluator.is_library() {
            Certainty::ByDefault
        } else {
            Certainty::Conditional
        }
    }

    /// What a subject is called.
    fn what(&self, subject: &Leaves) -> Subject {
        let block = self.block.and_then(|block| self.stack.evaluator.blocks().get(block.0 as usize));
        Subject {
            address: subject.key.address.to_string(),
            kind: block.map_or_else(|| self.rule.subject.clone(), |block| block.kind.to_string()),
        }
    }

    /// What is told of a subject that fails nowhere and is not known to pass everywhere.
    fn unknown(&self, subject: &Leaves, judgement: &mut Judgement) {
        let mut reasons: Vec<Unknown> = Vec::new();
        let mut place = None;
        for (_, outcome) in &subject.free {
            if let Some(Outcome::Unknown(why, traces)) = outcome {
                place = place.or_else(|| Some(self.place(subject, traces.last())));
                let why = Unknown::new(why.kind, readable(&why.reason));
                if !reasons.contains(&why) {
                    reasons.push(why);
                }
            }
        }
        if let Some(limit) = reasons.iter().find(|why| why.kind == UnknownKind::Limit) {
            return self.limit(subject, vec![limit.clone()], place, judgement);
        }
        let Some(first) = reasons.first() else { return };
        let message = first.reason.to_string();
        judgement.undecided.push(Undecided {
            rule: self.rule.id.clone(),
            unit: self.stack.evaluator.name().to_owned(),
            subject: self.what(subject),
            primary: Label { span: place.unwrap_or_else(|| self.header(subject)), message },
            reasons,
        });
    }
}

/// Whether the subject exists in some of these leaves and fails in each of them.
fn all_fail(leaves: &[Judged]) -> bool {
    let mut existing = leaves.iter().map(|(_, outcome)| outcome).filter(|outcome| exists(outcome)).peekable();
    existing.peek().is_some() && existing.all(|outcome| matches!(outcome, Some(Outcome::Fail(_))))
}

/// Whether the rule speaks of the subject.
pub(super) fn exists(outcome: &Option<Outcome>) -> bool {
    !matches!(outcome, None | Some(Outcome::Outside))
}

fn too_many() -> Unknown {
    Unknown::new(UnknownKind::Limit, "too many conditions decide about it")
}

/// What becomes of a subject in the default world, where that is one answer that is no finding.
fn with_defaults(subject: &Leaves) -> Option<&'static str> {
    let all = |test: fn(&Option<Outcome>) -> bool| {
        !subject.defaults.is_empty() && subject.defaults.iter().all(|(_, outcome)| test(outcome))
    };
    if all(|outcome| matches!(outcome, Some(Outcome::Pass))) {
        Some("passes with the defaults")
    } else if all(Option::is_none) {
        Some("does not exist with the defaults")
    } else {
        None
    }
}

fn same(group: &Group<'_>, failure: &Failure, place: Span) -> bool {
    group.failure.check == failure.check && group.place == place
}

/// Findings that would have one fingerprint are numbered, in order.
pub(super) fn distinguish(findings: &mut [Finding]) {
    let mut seen: std::collections::HashMap<String, usize> = std::collections::HashMap::new();
    for finding in findings {
        let count = seen.entry(finding.fingerprint.clone()).or_default();
        *count += 1;
        if *count > 1 {
            finding.fingerprint = format!("{}#{count}", finding.fingerprint);
        }
    }
}

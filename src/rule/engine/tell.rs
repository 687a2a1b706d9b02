//! From the leaves of a subject to what is told of it.

use super::texts::{Texts, readable};
use super::worlds::{guard, input_of, told};
use super::{Failure, Judge, Judgement, Leaves, Outcome};
use crate::finding::{Certainty, Finding, Label, Severity, Subject, Undecided};
use crate::rule::item::{Trace, enumerated};
use crate::source::Span;
use crate::value::{Fact, Guard, Unknown, UnknownKind};

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
    pub(super) fn tell(&self, subjects: &[Leaves], judgement: &mut Judgement) {
        for subject in subjects {
            if !subject.complete {
                judgement.undecided.push(self.undecided(subject, vec![too_many()], None));
                continue;
            }
            let groups = self.groups(subject);
            if groups.is_empty() {
                judgement.undecided.extend(self.unknown(subject));
                continue;
            }
            judgement.findings.extend(groups.iter().map(|group| self.finding(subject, group)));
        }
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
        let all = group.leaves.len() == subject.free.len();
        let when = if all { vec![Vec::new()] } else { self.told(subject, &group.leaves) };
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
            subject: self.subject(subject),
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

    /// What tells these leaves from the subject's others.
    fn told(&self, subject: &Leaves, leaves: &[&[Fact]]) -> Vec<Vec<Fact>> {
        let others: Vec<&[Fact]> = subject.free.iter().map(|(facts, _)| facts.as_slice()).collect();
        let others: Vec<&[Fact]> =
            others.into_iter().filter(|facts| !leaves.iter().any(|leaf| std::ptr::eq(*leaf, *facts))).collect();
        told(leaves, &others, self.stack.evaluator.inputs())
    }

    fn certainty(&self, subject: &Leaves, group: &Group<'_>) -> Certainty {
        let exists = |outcome: &&Option<Outcome>| !matches!(outcome, None | Some(Outcome::Outside));
        let failed = |outcome: &Option<Outcome>| matches!(outcome, Some(Outcome::Fail(_)));
        let all_fail = |leaves: &[(Vec<Fact>, Option<Outcome>)]| {
            let mut existing = leaves.iter().map(|(_, outcome)| outcome).filter(exists).peekable();
            existing.peek().is_some() && existing.all(failed)
        };
        if !all_fail(&subject.defaults) {
            Certainty::Conditional
        } else if all_fail(&subject.free) {
            Certainty::Always
        } else if group.by_default && !self.stack.evaluator.is_library() {
            Certainty::ByDefault
        } else {
            Certainty::Conditional
        }
    }

    fn subject(&self, subject: &Leaves) -> Subject {
        let block = self.block.and_then(|block| self.stack.evaluator.blocks().get(block.0 as usize));
        Subject {
            address: subject.key.address.to_string(),
            kind: block.map_or_else(|| self.rule.subject.clone(), |block| block.kind.to_string()),
        }
    }

    /// What is told of a subject that fails nowhere and is not known to pass everywhere.
    fn unknown(&self, subject: &Leaves) -> Option<Undecided> {
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
        if reasons.is_empty() { None } else { Some(self.undecided(subject, reasons, place)) }
    }

    /// What is told of a block that exists in none of the worlds that were looked at, where these are not all.
    pub(super) fn not_met(&self) -> Option<Undecided> {
        let block = self.stack.evaluator.blocks().get(self.block?.0 as usize)?;
        Some(Undecided {
            rule: self.rule.id.clone(),
            unit: self.stack.evaluator.name().to_owned(),
            subject: Subject { address: block.address.to_string(), kind: block.kind.to_string() },
            primary: Label { span: block.header, message: too_many().reason.to_string() },
            reasons: vec![too_many()],
        })
    }

    fn undecided(&self, subject: &Leaves, reasons: Vec<Unknown>, place: Option<Span>) -> Undecided {
        let message = reasons.first().map_or_else(String::new, |why| why.reason.to_string());
        Undecided {
            rule: self.rule.id.clone(),
            unit: self.stack.evaluator.name().to_owned(),
            subject: self.subject(subject),
            primary: Label { span: place.unwrap_or_else(|| self.header(subject)), message },
            reasons,
        }
    }
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

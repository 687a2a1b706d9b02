//! The texts of a finding: message, labels, help, and the chain that led there.

use std::sync::Arc;

use super::worlds::input_of;
use super::{Failure, Judge, Leaves};
use crate::finding::Label;
use crate::model::Language;
use crate::rule::eval::Eval;
use crate::rule::item::Trace;
use crate::source::{HIDDEN, Span};
use crate::value::{Fact, Mode, Test, excerpt};

/// Most related labels.
const MAX_RELATED: usize = 12;

/// What a finding says.
pub(super) struct Texts {
    pub(super) message: String,
    pub(super) label: String,
    pub(super) help: Option<String>,
    pub(super) notes: Vec<String>,
    pub(super) related: Vec<Label>,
}

impl Texts {
    /// The texts of one failure, as they read in the world of `facts`, of which the `decisive` ones are told.
    pub(super) fn of(
        judge: &Judge<'_>,
        subject: &Leaves,
        failure: &Failure,
        place: Span,
        facts: &[Fact],
        decisive: &[Fact],
    ) -> Texts {
        let last = failure.traces.last();
        let mut texts = Texts {
            message: judge.rule.summary.clone(),
            label: default_label(last),
            help: None,
            notes: Vec::new(),
            related: related(judge, subject, failure, place, decisive),
        };
        let Some(check) = judge.rule.checks.get(failure.check) else { return texts };
        let mut world = judge.stack.world(Mode::Free).with_facts(facts);
        // The subject as it is in this world; its values may differ from another's.
        let listed = judge.listed(&mut world);
        let object = listed.iter().find(|(key, _)| *key == subject.key);
        let object = object.map_or_else(|| subject.object.clone(), |(_, object)| object.clone());
        let bindings = judge.bindings(&object, true);
        let mut eval = Eval::new(judge.stack, &bindings);
        texts.message = check.message.render(&mut eval, &mut world);
        if let Some(label) = &check.label {
            texts.label = label.render(&mut eval, &mut world);
        }
        if let Some(because) = last.and_then(|trace| trace.origin.because.as_ref()) {
            texts.message = format!("{}, because {because}", texts.message);
            texts.label = because.to_string();
        }
        let language = match judge.language() {
            Language::Plan => Language::Terraform,
            language => language,
        };
        let help = check.help.iter().find(|(of, _)| of.is_none_or(|of| of == language));
        texts.help = help.map(|(_, help)| help.render(&mut eval, &mut world));
        texts.notes = check.notes.iter().map(|note| note.render(&mut eval, &mut world)).collect();
        texts.readable()
    }
}

impl Texts {
    fn readable(mut self) -> Texts {
        let related = self.related.iter_mut().map(|label| &mut label.message);
        for text in
            [&mut self.message, &mut self.label].into_iter().chain(&mut self.help).chain(&mut self.notes).chain(related)
        {
            *text = readable(text);
        }
        self
    }
}

/// Texts with the marks of symbols (`⟦var.x⟧`) as people write them: `${var.x}` inside of a text, the name alone where it
/// stands alone; what is not known is left out with dots.
pub fn readable(text: &str) -> String {
    let mut told = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, (name, behind))) =
        rest.split_once('⟦').and_then(|(before, inner)| Some((before, inner.split_once('⟧')?)))
    {
        told.push_str(before);
        let begins = told.chars().next_back().is_none_or(|c| c.is_whitespace() || c == '(');
        let ends = behind.chars().next().is_none_or(|c| c.is_whitespace() || matches!(c, ',' | ';' | ')'));
        match name {
            "?" => told.push_str("..."),
            name if begins && ends => told.push_str(name),
            name => told.push_str(&format!("${{{name}}}")),
        }
        rest = behind;
    }
    told.push_str(rest);
    told
}

/// What stands at the underlined text where the rule says nothing.
fn default_label(trace: Option<&Arc<Trace>>) -> String {
    match trace {
        None => "judged here".to_owned(),
        Some(trace) => match &trace.shown {
            _ if trace.origin.span.is_none() => format!("`{}` is not set", trace.path),
            Some(shown) if shown != "nothing" => format!("`{}` is {shown}", trace.path),
            _ => format!("`{}` is decided here", trace.path),
        },
    }
}

/// The chain: the steps from the attribute to its text, nearest first; what it was reached through; the other
/// attributes that decided; the defaults and allowed values that make this world possible.
fn related(judge: &Judge<'_>, subject: &Leaves, failure: &Failure, place: Span, facts: &[Fact]) -> Vec<Label> {
    let mut labels = Vec::new();
    if let Some((last, others)) = failure.traces.split_last() {
        if let Some((span, message)) = last.origin.span.and_then(|span| Some((span, judge.declared(span)?))) {
            labels.push(Label { span, message });
        }
        steps(last, &mut labels);
        reached_through(last, &mut labels);
        for other in others.iter().filter(|other| other.path != last.path) {
            if let (Some(span), Some(shown)) = (other.origin.span, &other.shown) {
                labels.extend(in_words(&other.path, shown).map(|message| Label { span, message }));
            }
            steps(other, &mut labels);
        }
    }
    let header = judge.header(subject);
    for fact in facts {
        labels.extend(of_input(judge, fact));
    }
    let mut told: Vec<Label> = Vec::new();
    for label in labels {
        if label.span != place && label.span != header && !told.iter().any(|other| other.span == label.span) {
            told.push(label);
        }
    }
    told.truncate(MAX_RELATED);
    told
}

/// What an attribute is, as people say it; nothing where its text says it all. Attributes of the resource itself stay as
/// the rule writes them.
fn in_words(path: &str, shown: &str) -> Option<String> {
    let name = path.rsplit('.').next().unwrap_or(path);
    match (name, shown) {
        ("owner", "aws-managed") => Some("this makes its key the AWS-managed one".to_owned()),
        ("owner", "aws-owned") => Some("this makes its key an AWS-owned one".to_owned()),
        ("spec", _) => Some(format!("its key spec is {shown}")),
        ("through_account", _) => Some("through this statement AWS Backup reaches the key".to_owned()),
        ("usage", _) => Some(format!("its key usage is {shown}")),
        ("min_retention_days", _) => Some(format!("the vault takes nothing that is kept for less than {shown} days")),
        ("max_retention_days", _) => Some(format!("the vault takes nothing that is kept for more than {shown} days")),
        ("delete_after_days", _) => Some(format!("they are deleted after {shown} days")),
        ("changeable_for_days", _) => Some(format!("the lock can be changed for {shown} days")),
        // A verdict stands in the message.
        ("verdict", _) => None,
        _ => Some(format!("`{path}` is {shown}")),
    }
}

fn steps(trace: &Trace, labels: &mut Vec<Label>) {
    labels.extend(trace.origin.steps().map(|step| Label { span: step.span, message: step.note.to_string() }));
}

fn reached_through(trace: &Trace, labels: &mut Vec<Label>) {
    let mut above = trace.from.as_ref();
    while let Some(trace) = above {
        // The subject itself is no step, and neither is a map on the way.
        if trace.from.is_none() {
            return;
        }
        if let Some(span) = trace.origin.span.filter(|_| trace.shown.is_none()) {
            labels.push(Label { span, message: "reached through here".to_owned() });
        }
        steps(trace, labels);
        above = trace.from.as_ref();
    }
}

fn of_input(judge: &Judge<'_>, fact: &Fact) -> Option<Label> {
    let input = judge.stack.evaluator.inputs().get(input_of(&fact.test)?)?;
    let value = match &fact.test {
        Test::Equals(_, literal) if !input.sensitive => excerpt(&literal.to_string()),
        Test::Equals(..) => HIDDEN.to_owned(),
        _ => "null".to_owned(),
    };
    let is_default = match &fact.test {
        Test::Equals(_, literal) => input.default.as_ref() == Some(literal),
        _ => input.default.as_ref().is_some_and(serde_json::Value::is_null),
    };
    if is_default && let Some(span) = input.default_span {
        let message = match fact.holds {
            true => format!("the default of {} is {value}", input.name),
            false => format!("{} may be set to something else than {value}", input.name),
        };
        return Some(Label { span, message });
    }
    let message = match (fact.holds, &input.allowed) {
        (true, Some(_)) => format!("{} may be {value}", input.name),
        (false, Some(_)) => format!("{} may be something else than {value}", input.name),
        _ => format!("{} is set from outside", input.name),
    };
    Some(Label { span: input.allowed_span.or(input.span)?, message })
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn no_marks_are_shown_to_people() {
        let table = [
            ("arn:⟦AWS::Partition⟧:kms:⟦AWS::Region⟧:1:alias/x", "arn:${AWS::Partition}:kms:${AWS::Region}:1:alias/x"),
            ("given the key ⟦data.aws_kms_key.k.arn⟧, not", "given the key data.aws_kms_key.k.arn, not"),
            ("⟦?⟧/x is (sensitive value)", ".../x is (sensitive value)"),
            ("a ⟦ that stays open", "a ⟦ that stays open"),
        ];
        for (text, told) in table {
            assert_eq!(readable(text), told);
        }
    }
}

//! A finding, or what nobody can tell, in words: the worlds, the chain, the facts about AWS, the fix and its cost.

use std::fmt::Write as _;

use super::names;
use crate::finding::{Certainty, Finding, Fix, Label, Safety, Subject, Undecided};
use crate::fix;
use crate::model::Evaluator;
use crate::rule::Rule;
use crate::source::{Sources, Span};
use crate::value::{Guard, UnknownKind};

/// What a story is made from besides the finding.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// The rule.
    pub rule: Option<&'a Rule>,
    /// The unit.
    pub unit: Option<&'a dyn Evaluator>,
    /// The texts.
    pub sources: &'a Sources,
}

/// Longest text that is quoted.
const QUOTED: usize = 60;

/// The whole story of a finding, as Markdown. `others` are further subjects of which the same is so; `fixes` what can be
/// done about it.
pub fn of_finding(finding: &Finding, others: &[&Subject], fixes: &[Fix], told: Told<'_>) -> String {
    let level = if finding.certainty == Certainty::Conditional { "note" } else { finding.severity.name() };
    let mut text = headline(finding.primary.span, level, &finding.rule, &finding.message, told.sources);
    if !others.is_empty() {
        let names: Vec<&str> = others.iter().map(|it| it.address.as_str()).collect();
        let _ = writeln!(text, "\nThe same is so of {}.", names.join(", "));
    }
    if let Some(why) = &finding.suppressed {
        let until = why.expires.as_ref().map_or_else(String::new, |day| format!(", until {day}"));
        let place = if why.in_source { "in the source" } else { "outside of the source" };
        let reason = if why.reason.is_empty() { "no reason is given" } else { &why.reason };
        let _ = writeln!(text, "\nIt is ignored {place}{until}: {reason}. It would be told so:");
    }
    worlds(&mut text, finding, told);
    chain(&mut text, finding, told.sources);
    why(&mut text, told.rule, &finding.notes);
    mending(&mut text, finding, fixes, told);
    section(&mut text, told.rule, "When it does not apply");
    text
}

/// What is known of a subject of which a rule can't tell.
pub fn of_undecided(undecided: &Undecided, told: Told<'_>) -> String {
    let summary = told.rule.map_or(undecided.rule.as_str(), |rule| rule.summary.as_str());
    let message = format!("{}: nobody can tell whether this is so: {summary}", undecided.subject.address);
    let mut text = headline(undecided.primary.span, "undecided", &undecided.rule, &message, told.sources);
    text.push_str("\n## Why it can't be told\n\n");
    for reason in &undecided.reasons {
        let _ = writeln!(text, "- {}", reason.reason);
    }
    steps(&mut text, "What is not known", &[&undecided.primary], told.sources);
    let ways = undecided.reasons.iter().map(|reason| way_out(reason.kind));
    let mut known: Vec<&str> = Vec::new();
    ways.for_each(|way| {
        if !known.contains(&way) {
            known.push(way)
        }
    });
    text.push_str("\n## What would decide it\n\n");
    known.iter().for_each(|way| text.push_str(&format!("- {way}\n")));
    section(&mut text, told.rule, "Why it matters");
    text
}

fn way_out(kind: UnknownKind) -> &'static str {
    match kind {
        UnknownKind::Input => "give the input its value: `--param NAME=VALUE`, `--var NAME=VALUE`, or a file of them",
        UnknownKind::Provider => {
            "only AWS or the provider knows it: check the plan, `terraform show -json plan.out | strongroom check -`"
        }
        UnknownKind::Import => "check the stack that exports it in the same run",
        UnknownKind::DynamicReference => {
            "AWS fills it in at deployment: what stands there can't be read from the template"
        }
        UnknownKind::Macro => "check what the macro or generator makes, not what it is made from",
        UnknownKind::Module => "install the module (`terraform init`), so that its sources lie beside it",
        UnknownKind::Plan => "check the plan with its sources: `--source-dir DIR`",
        UnknownKind::Error => "mend the expression: in this world its evaluation stops",
        UnknownKind::Impure => "it is another value at every run: nothing decides it beforehand",
        UnknownKind::Limit => "a limit was met: pin inputs with `--param` or `--var`, then there are fewer worlds",
        UnknownKind::Unsupported => "strongroom does not evaluate this: check the plan, or what the template becomes",
    }
}

fn headline(span: Span, level: &str, rule: &str, message: &str, sources: &Sources) -> String {
    format!("**{}: {level}[{rule}]**\n\n{message}\n", place(span, sources))
}

fn place(span: Span, sources: &Sources) -> String {
    let source = sources.get(span.source);
    let at = source.position(span.start);
    format!("{}:{}:{}", source.path(), at.line, at.column)
}

/// Which worlds pass, which do not, and which is the default.
fn worlds(text: &mut String, finding: &Finding, told: Told<'_>) {
    text.push_str("\n## In which worlds\n\n");
    let library = told.unit.is_some_and(Evaluator::is_library);
    let when = finding.when.as_ref().map(ToString::to_string);
    let passes = finding.passes_when.as_ref().map(ToString::to_string);
    match (finding.certainty, when, passes) {
        (Certainty::Always, None, _) => {
            text.push_str("- so it is in every world: no parameter and no variable changes it\n")
        }
        (Certainty::Always, Some(when), _) => {
            let _ = writeln!(text, "- so it is when {when}, which is wherever this exists");
        }
        (Certainty::ByDefault, when, passes) => {
            let when = when.map_or_else(String::new, |when| format!(" when {when}"));
            let _ = writeln!(text, "- so it is{when}; this is the default");
            if let Some(passes) = passes {
                let _ = writeln!(text, "- it is not so when {passes}");
            }
        }
        (Certainty::Conditional, when, _) => {
            let when = when.map_or_else(|| "in some world".to_owned(), |when| format!("when {when}"));
            let _ = writeln!(text, "- so it is {when}");
            text.push_str(if library {
                "- this is a module that others call: who calls it decides\n"
            } else {
                "- it is not so by default\n"
            });
        }
    }
    let mut names = Vec::new();
    let guards = [&finding.when, &finding.passes_when].into_iter().flatten();
    guards.for_each(|guard| inputs_of(guard, &mut names));
    for input in names.iter().filter_map(|name| names::input(told.unit?, name)) {
        let facts = names::facts(input);
        if !facts.is_empty() {
            let _ = writeln!(text, "- {}: {}", input.name, facts.join("; "));
        }
    }
}

fn inputs_of(guard: &Guard, names: &mut Vec<String>) {
    match guard {
        Guard::Always | Guard::Test(_) => {}
        Guard::Equals(name, _) | Guard::Null(name) | Guard::Hidden(name, _) if !names.contains(name) => {
            names.push(name.clone())
        }
        Guard::Equals(..) | Guard::Null(_) | Guard::Hidden(..) => {}
        Guard::Not(inner) => inputs_of(inner, names),
        Guard::All(list) | Guard::Any(list) => list.iter().for_each(|guard| inputs_of(guard, names)),
    }
}

/// The deciding text, and each step that led there.
fn chain(text: &mut String, finding: &Finding, sources: &Sources) {
    let labels: Vec<&Label> = std::iter::once(&finding.primary).chain(&finding.related).collect();
    steps(text, "What decides, and what led there", &labels, sources);
}

fn steps(text: &mut String, title: &str, labels: &[&Label], sources: &Sources) {
    let _ = writeln!(text, "\n## {title}\n");
    for (at, label) in labels.iter().enumerate() {
        let quoted = sources.shown(label.span);
        let quoted = quoted.lines().next().unwrap_or("").trim_end().replace('`', "'");
        let short: String = quoted.chars().take(QUOTED).collect();
        let more = if short.len() < quoted.len() { " ..." } else { "" };
        let quote = if short.is_empty() { String::new() } else { format!("  `{short}`{more}") };
        let _ = writeln!(text, "{}. {}{quote}", at + 1, place(label.span, sources));
        if !label.message.is_empty() {
            let _ = writeln!(text, "   {}", label.message);
        }
    }
}

fn why(text: &mut String, rule: Option<&Rule>, notes: &[String]) {
    if !section(text, rule, "Why it matters") && !notes.is_empty() {
        text.push_str("\n## Why it matters\n");
    }
    // What the worlds say already is not said again.
    for note in notes.iter().filter(|note| *note != "passes with the defaults") {
        let _ = writeln!(text, "\n{}.", sentence(note));
    }
}

/// A section of the rule's prose; whether there is one.
fn section(text: &mut String, rule: Option<&Rule>, title: &str) -> bool {
    let Some(prose) = rule.and_then(|rule| rule.section(title)) else { return false };
    let _ = writeln!(text, "\n## {title}\n\n{}", prose.trim());
    true
}

fn mending(text: &mut String, finding: &Finding, fixes: &[Fix], told: Told<'_>) {
    text.push_str("\n## How to mend it\n\n");
    match &finding.help {
        Some(help) => {
            let _ = writeln!(text, "{}", sentence(help.trim_end()));
        }
        None => match told.rule.and_then(|rule| rule.section("How to fix")) {
            Some(prose) => {
                let _ = writeln!(text, "{}", prose.trim());
            }
            None => text.push_str("The rule does not say.\n"),
        },
    }
    for fix in fixes {
        let (flag, cost) = match fix.safety {
            Safety::Safe => ("--fix", "It changes nothing that is deployed but the defect."),
            Safety::Unsafe => {
                ("--fix=unsafe", "It changes more than the defect, or replaces what is deployed: read it first.")
            }
        };
        let _ = writeln!(text, "\n`strongroom check {flag}` does it: {}. {cost}", fix.title);
        let _ = writeln!(text, "\n```diff\n{}```", difference(fix, told.sources));
    }
    if fixes.is_empty() {
        text.push_str(
            "\n`strongroom check --fix` leaves this to you: no single edit is certain to be what you mean.\n",
        );
    }
}

/// The text with a capital letter at its start, unless that is a name.
fn sentence(text: &str) -> String {
    let word = text.split([' ', '\n']).next().unwrap_or("");
    let mut letters = text.chars();
    match letters.next() {
        Some(first) if word.chars().all(|c| c.is_ascii_lowercase()) => {
            format!("{}{}", first.to_ascii_uppercase(), letters.as_str())
        }
        _ => text.to_owned(),
    }
}

fn difference(fix: &Fix, sources: &Sources) -> String {
    let mut told = String::new();
    let mut ids: Vec<_> = fix.edits.iter().map(|edit| edit.span.source).collect();
    ids.dedup();
    for id in ids {
        let source = sources.get(id);
        let edits: Vec<_> = fix.edits.iter().filter(|edit| edit.span.source == id).cloned().collect();
        if let Ok(after) = fix::apply(source.text(), &edits) {
            told.push_str(&fix::diff(source.path(), source.text(), &after));
        }
    }
    told
}

//! Reviewdog's diagnostic format. Columns count from 1 in bytes.

use std::io::{self, Write};

use serde::Serialize;

use super::json::list;
use super::place::{Places, first_line};
use super::{HOME, Level, Options, TOOL};
use crate::finding::{Finding, Outcome, Problem};
use crate::source::{Sources, Span};

#[derive(Serialize)]
struct Diagnostic<'a> {
    message: String,
    location: Location,
    severity: &'static str,
    code: Code<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Related<'a>>,
}

#[derive(Serialize)]
struct Location {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Range>,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: u32,
    column: u32,
}

#[derive(Serialize)]
struct Code<'a> {
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

#[derive(Serialize)]
struct Suggestion<'a> {
    range: Range,
    text: &'a str,
}

#[derive(Serialize)]
struct Related<'a> {
    message: &'a str,
    location: Location,
}

pub(super) fn write(
    outcome: &Outcome,
    sources: &Sources,
    options: &Options<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut places = Places::new(sources);
    let url = if HOME.is_empty() { String::new() } else { format!(",\"url\":\"{HOME}\"") };
    write!(out, "{{\"source\":{{\"name\":\"{TOOL}\"{url}}},\n\"diagnostics\":")?;
    let told = outcome.findings.iter().filter(|finding| finding.suppressed.is_none());
    let findings: Vec<Diagnostic<'_>> = told.map(|finding| of_finding(finding, options, &mut places)).collect();
    let problems = outcome.problems.iter().map(|problem| of_problem(problem, &mut places));
    list(out, findings.into_iter().chain(problems))?;
    writeln!(out, "}}")
}

fn of_finding<'a>(finding: &'a Finding, options: &'a Options<'_>, places: &mut Places<'_>) -> Diagnostic<'a> {
    let when = finding.when.as_ref().map_or_else(String::new, |when| format!(" when {when}"));
    let help = finding.help.as_ref().map_or_else(String::new, |help| format!("\n{help}"));
    let rule = options.rules.iter().find(|rule| rule.id == finding.rule);
    // A suggestion is one replacement at the finding's own place; a fix of several edits would be torn apart.
    let suggestions = finding.fixes.iter().filter_map(|fix| match fix.edits.as_slice() {
        [edit] if edit.span.source == finding.primary.span.source => {
            Some(Suggestion { range: range(edit.span, places), text: &edit.text })
        }
        _ => None,
    });
    Diagnostic {
        message: format!("{}: {}{when}{help}", finding.subject.address, finding.message),
        suggestions: suggestions.collect(),
        location: location(finding.primary.span, places),
        severity: match Level::of(finding, options.strict) {
            Level::Error => "ERROR",
            Level::Warning => "WARNING",
            Level::Advice | Level::Note => "INFO",
        },
        code: Code { value: finding.rule.clone(), url: rule.and_then(|rule| rule.docs.as_deref()) },
        related_locations: finding
            .related
            .iter()
            .map(|label| Related { message: &label.message, location: location(label.span, places) })
            .collect(),
    }
}

fn of_problem<'a>(problem: &'a Problem, places: &mut Places<'_>) -> Diagnostic<'a> {
    let help = problem.help.as_ref().map_or_else(String::new, |help| format!("\n{help}"));
    Diagnostic {
        message: format!("{}{help}", problem.message),
        location: match &problem.place {
            crate::finding::Place::Span(span) => location(*span, places),
            crate::finding::Place::Path(path) => Location { path: path.clone(), range: None },
            crate::finding::Place::Nowhere => Location { path: ".".to_owned(), range: None },
        },
        severity: if problem.fatal { "ERROR" } else { "WARNING" },
        code: Code { value: format!("problem/{}", problem.kind), url: None },
        suggestions: Vec::new(),
        related_locations: Vec::new(),
    }
}

fn location(span: Span, places: &mut Places<'_>) -> Location {
    let source = places.source(span.source);
    let narrow = first_line(&source, span);
    Location { path: source.path().to_string(), range: Some(range(narrow, places)) }
}

fn range(span: Span, places: &mut Places<'_>) -> Range {
    let source = places.source(span.source);
    let position = |offset: u32| {
        let line = source.line_of(offset);
        let start = source.line_range(line).start;
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: number(line + 1), column: number((offset as usize).saturating_sub(start) + 1) }
    };
    Range { start: position(span.start), end: position(span.end) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use crate::report::Format;
    use crate::report::sample::{AWKWARD, everything, placeless, printed};

    #[test]
    fn a_diagnostic_has_its_range_and_suggestion() {
        let json: Value = serde_json::from_str(&printed(Format::Rdjson, &everything(), |_| {})).unwrap();
        let diagnostics = json["diagnostics"].as_array().unwrap();
        assert_eq!(diagnostics.len(), 5);
        let range = json!({"start": {"line": 3, "column": 17}, "end": {"line": 3, "column": 21}});
        assert_eq!(diagnostics[0]["location"], json!({"path": AWKWARD, "range": range}));
        assert_eq!(diagnostics[0]["suggestions"], json!([{"range": range, "text": "aws_kms_key.backup.arn"}]));
        assert_eq!(diagnostics[2]["severity"], "INFO");
        assert_eq!(diagnostics[2]["related_locations"].as_array().unwrap().len(), 3);
        assert_eq!(diagnostics[4]["location"], json!({"path": "modules/none"}));
        let json: Value = serde_json::from_str(&printed(Format::Rdjson, &placeless(), |_| {})).unwrap();
        assert_eq!(json["diagnostics"][0]["location"]["path"], ".");
    }
}

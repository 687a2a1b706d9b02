//! SARIF 2.1.0, as GitHub's code scanning reads it.
//!
//! One narrow place a result, because an alert is shown on a pull request only where all its lines are in the diff;
//! the chain as related locations and as a code flow; at most 5,000 results, because GitHub shows no more.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value as Json, json};

use super::fingerprint::line_hashes;
use super::place::{Place, Places, first_line, uri};
use super::words::count;
use super::{HOME, Level, Options, RuleInfo, TOOL, Tally, VERSION, Written, exit_code};
use crate::finding::{Finding, Fix, Label, Outcome, Problem, Safety, Severity};
use crate::source::{SourceId, Sources, Span};

/// Most results of a run.
const RESULTS: usize = 5_000;
/// Most tags of a rule.
const TAGS: usize = 10;
/// Longest text, in bytes, that is repeated beside its place.
const SNIPPET: usize = 256;

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Json,
    column_kind: &'static str,
    invocations: Json,
    results: Vec<SarifResult<'a>>,
    properties: Json,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: Json,
    locations: Json,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Json>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    code_flows: Vec<Json>,
    partial_fingerprints: Json,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<Json>,
    properties: Json,
}

pub(super) fn write(
    outcome: &Outcome,
    sources: &Sources,
    options: &Options<'_>,
    out: &mut dyn Write,
) -> io::Result<Written> {
    let mut findings: Vec<&Finding> = outcome.findings.iter().collect();
    let left_out = findings.len().saturating_sub(RESULTS);
    if left_out > 0 {
        // The worst stay; among equals the first.
        findings.sort_by_key(|finding| {
            (finding.suppressed.is_some(), std::cmp::Reverse(Level::of(finding, options.strict)))
        });
        findings.truncate(RESULTS);
    }
    let mut places = Places::new(sources);
    let rules = Rules::of(&findings, options);
    let hashes = hashes(&findings, &mut places);
    let results = findings.iter().map(|finding| result(finding, options, &rules, &hashes, &mut places)).collect();
    let remark = (left_out > 0)
        .then(|| format!("{} left out: code scanning shows at most {RESULTS}", count(left_out, "result")));
    let tally = Tally::of(outcome);
    let run = Run {
        tool: tool(&rules),
        column_kind: "unicodeCodePoints",
        invocations: invocations(outcome, options, remark.as_deref(), &mut places),
        results,
        properties: json!({
            "units": outcome.looked_at.units, "findings": tally.violations(), "conditional": tally.conditional,
            "undecided": tally.undecided, "suppressed": tally.suppressed,
        }),
    };
    let log = Log { schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs: [run] };
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)?;
    Ok(Written { remarks: remark.into_iter().collect(), ..Written::default() })
}

/// The rules that results speak of, and those that ran, by id.
struct Rules<'a> {
    list: BTreeMap<&'a str, Option<&'a RuleInfo>>,
    index: BTreeMap<&'a str, usize>,
}

impl<'a> Rules<'a> {
    fn of(findings: &[&'a Finding], options: &Options<'a>) -> Self {
        let mut list: BTreeMap<&str, Option<&RuleInfo>> =
            findings.iter().map(|finding| (finding.rule.as_str(), None)).collect();
        list.extend(options.rules.iter().map(|rule| (rule.id.as_str(), Some(rule))));
        let index = list.keys().enumerate().map(|(at, id)| (*id, at)).collect();
        Rules { list, index }
    }
}

fn tool(rules: &Rules<'_>) -> Json {
    let mut driver = json!({
        "name": TOOL,
        "version": VERSION,
        "semanticVersion": VERSION,
        "rules": rules.list.iter().map(|(id, info)| descriptor(id, *info)).collect::<Vec<_>>(),
    });
    if !HOME.is_empty() {
        driver["informationUri"] = json!(HOME);
    }
    json!({ "driver": driver })
}

fn descriptor(id: &str, info: Option<&RuleInfo>) -> Json {
    let Some(info) = info else {
        return json!({ "id": id, "shortDescription": { "text": id } });
    };
    let sentence = format!("{}.", info.summary);
    // GitHub's bands: 7 and more is high, 4 and more is medium.
    let score = match info.severity {
        Severity::Error => "8.0",
        Severity::Warning => "5.0",
        Severity::Advice => "2.0",
    };
    let mut descriptor = json!({
        "id": info.id,
        "name": pascal(&info.id),
        "shortDescription": { "text": sentence },
        "fullDescription": { "text": sentence },
        "help": { "text": help(info), "markdown": help(info) },
        "defaultConfiguration": { "level": level_of(info.severity) },
        "properties": {
            "precision": "very-high",
            "problem.severity": match info.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Advice => "recommendation",
            },
            "security-severity": score,
            "tags": tags(info),
        },
    });
    if let Some(docs) = &info.docs {
        descriptor["helpUri"] = json!(docs);
    }
    descriptor
}

fn help(info: &RuleInfo) -> String {
    if info.help_markdown.trim().is_empty() { format!("{}.", info.summary) } else { info.help_markdown.clone() }
}

/// `security` first: without it code scanning shows no security severity.
fn tags(info: &RuleInfo) -> Vec<String> {
    let control = |(framework, id): &(String, String)| match framework.as_str() {
        "cwe" => format!("external/cwe/{}", id.to_lowercase()),
        _ => format!("{framework}/{id}"),
    };
    std::iter::once("security".to_owned()).chain(info.controls.iter().map(control)).take(TAGS).collect()
}

/// `vault-customer-key` as `VaultCustomerKey`: a reporting descriptor's name.
fn pascal(id: &str) -> String {
    id.split('-')
        .flat_map(|word| word.chars().enumerate().map(|(at, c)| if at == 0 { c.to_ascii_uppercase() } else { c }))
        .collect()
}

fn level_of(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice => "note",
    }
}

type Hashes = BTreeMap<SourceId, BTreeMap<usize, String>>;

/// The hashes of the lines that results are on.
fn hashes(findings: &[&Finding], places: &mut Places<'_>) -> Hashes {
    let mut lines: BTreeMap<SourceId, Vec<usize>> = BTreeMap::new();
    for finding in findings {
        let span = finding.primary.span;
        lines.entry(span.source).or_default().push(places.source(span.source).line_of(span.start));
    }
    let hashed = lines.into_iter().map(|(id, mut lines)| {
        lines.sort_unstable();
        lines.dedup();
        (id, line_hashes(&places.source(id), &lines))
    });
    hashed.collect()
}

fn result<'a>(
    finding: &'a Finding,
    options: &Options<'_>,
    rules: &Rules<'a>,
    hashes: &Hashes,
    places: &mut Places<'_>,
) -> SarifResult<'a> {
    let span = finding.primary.span;
    let line = places.source(span.source).line_of(span.start);
    let hash = hashes.get(&span.source).and_then(|lines| lines.get(&line));
    let related: Vec<Json> = finding
        .related
        .iter()
        .enumerate()
        .map(|(at, label)| {
            let mut location = location(label, places);
            location["id"] = json!(at + 1);
            location
        })
        .collect();
    SarifResult {
        rule_id: &finding.rule,
        rule_index: rules.index.get(finding.rule.as_str()).copied().unwrap_or(0),
        level: match Level::of(finding, options.strict) {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Advice | Level::Note => "note",
        },
        message: json!({ "text": message(finding) }),
        locations: json!([primary(finding, places)]),
        code_flows: if related.is_empty() { Vec::new() } else { vec![flow(finding, places)] },
        related_locations: related,
        partial_fingerprints: match hash {
            Some(hash) => json!({ "primaryLocationLineHash": hash, "strongroom/v1": finding.fingerprint }),
            None => json!({ "strongroom/v1": finding.fingerprint }),
        },
        fixes: finding.fixes.iter().map(|fix| fixed(fix, places)).collect(),
        suppressions: finding.suppressed.as_ref().map(|why| {
            let kind = if why.in_source { "inSource" } else { "external" };
            json!([{ "kind": kind, "status": "accepted", "justification": why.reason }])
        }),
        properties: json!({
            "certainty": finding.certainty.name(),
            "when": finding.when.as_ref().map(|guard| guard.to_json()),
            "unit": finding.unit,
            "notes": finding.notes,
        }),
    }
}

/// The message, with a link to each related place: code scanning shows only those that the message links.
fn message(finding: &Finding) -> String {
    let when = finding.when.as_ref().map_or_else(String::new, |when| format!(" when {when}"));
    let mut text = format!("'{}': {}{when}.", finding.subject.address, finding.message);
    for (at, label) in finding.related.iter().enumerate() {
        text.push_str(if at == 0 { " See: " } else { ", " });
        let label = label.message.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]");
        text.push_str(&format!("[{label}]({})", at + 1));
    }
    if !finding.related.is_empty() {
        text.push('.');
    }
    text
}

fn primary(finding: &Finding, places: &mut Places<'_>) -> Json {
    let mut location = location(&finding.primary, places);
    let source = places.source(finding.primary.span.source);
    let text = places.sources().shown(first_line(&source, finding.primary.span));
    if !text.is_empty() && text.len() <= SNIPPET {
        location["physicalLocation"]["region"]["snippet"] = json!({ "text": text });
    }
    location["logicalLocations"] = json!([{
        "fullyQualifiedName": finding.subject.address, "kind": "resource",
    }]);
    location
}

/// From the cause to the deciding text.
fn flow(finding: &Finding, places: &mut Places<'_>) -> Json {
    let labels = finding.related.iter().rev().chain(std::iter::once(&finding.primary));
    let steps: Vec<Json> = labels.map(|label| json!({ "location": location(label, places) })).collect();
    json!({ "threadFlows": [{ "locations": steps }] })
}

fn location(label: &Label, places: &mut Places<'_>) -> Json {
    let mut location = json!({ "physicalLocation": physical(label.span, places) });
    if !label.message.is_empty() {
        location["message"] = json!({ "text": label.message });
    }
    location
}

fn physical(span: Span, places: &mut Places<'_>) -> Json {
    let source = places.source(span.source);
    let place = places.of(first_line(&source, span));
    json!({ "artifactLocation": { "uri": uri(&place.path) }, "region": region(&place) })
}

fn region(place: &Place) -> Json {
    json!({
        "startLine": place.start.line, "startColumn": place.start.column,
        "endLine": place.end.line, "endColumn": place.end.column,
    })
}

fn fixed(fix: &Fix, places: &mut Places<'_>) -> Json {
    let mut files: BTreeMap<SourceId, Vec<Json>> = BTreeMap::new();
    for edit in &fix.edits {
        let replacement = json!({
            "deletedRegion": region(&places.of(edit.span)), "insertedContent": { "text": edit.text },
        });
        files.entry(edit.span.source).or_default().push(replacement);
    }
    let changes: Vec<Json> = files
        .into_iter()
        .map(|(id, replacements)| {
            let path = uri(places.source(id).path());
            json!({ "artifactLocation": { "uri": path }, "replacements": replacements })
        })
        .collect();
    let warning = if fix.safety == Safety::Safe { "" } else { " (changes more than the defect)" };
    json!({ "description": { "text": format!("{}{warning}.", fix.title) }, "artifactChanges": changes })
}

fn invocations(outcome: &Outcome, options: &Options<'_>, remark: Option<&str>, places: &mut Places<'_>) -> Json {
    let mut notifications: Vec<Json> = outcome.problems.iter().map(|problem| notification(problem, places)).collect();
    for undecided in outcome.undecided.iter().filter(|_| options.show_undecided).take(RESULTS) {
        let reasons: Vec<&str> = undecided.reasons.iter().map(|unknown| &*unknown.reason).collect();
        let text = format!("'{}': can't tell, because {}.", undecided.subject.address, reasons.join("; "));
        notifications.push(json!({
            "level": "note", "message": { "text": text }, "locations": [location(&undecided.primary, places)],
            "associatedRule": { "id": undecided.rule },
        }));
    }
    if let Some(remark) = remark {
        notifications.push(json!({ "level": "warning", "message": { "text": format!("{remark}.") } }));
    }
    json!([{
        "executionSuccessful": !outcome.problems.iter().any(|problem| problem.fatal),
        "exitCode": exit_code(outcome, options.strict, options.fail_on),
        "toolExecutionNotifications": notifications,
    }])
}

fn notification(problem: &Problem, places: &mut Places<'_>) -> Json {
    let help = problem.help.as_ref().map_or_else(String::new, |help| format!(" Help: {help}."));
    let mut notification = json!({
        "descriptor": { "id": format!("problem/{}", problem.kind) },
        "level": if problem.fatal { "error" } else { "warning" },
        "message": { "text": format!("{}.{help}", problem.message) },
    });
    let location = match &problem.place {
        crate::finding::Place::Span(span) => Some(physical(*span, places)),
        crate::finding::Place::Path(path) => Some(json!({ "artifactLocation": { "uri": uri(path) } })),
        crate::finding::Place::Nowhere => None,
    };
    if let Some(location) = location {
        notification["locations"] = json!([{ "physicalLocation": location }]);
    }
    notification
}

#[cfg(test)]
mod tests;

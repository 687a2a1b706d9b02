//! Version 1 of our own JSON (DESIGN, section 5). It is written as it goes, so that memory does not grow with it.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::Value as Json;

use super::Tally;
use super::place::{Place, Places};
use crate::finding::{self, Finding, Label, NotRead, Outcome, Problem, Subject, Undecided};
use crate::source::{Position, Sources};

pub(super) fn write(outcome: &Outcome, sources: &Sources, out: &mut dyn Write) -> io::Result<()> {
    let mut places = Places::new(sources);
    write!(out, "{{\"version\":1,\n\"findings\":")?;
    let told = outcome.findings.iter().filter(|finding| finding.suppressed.is_none());
    list(out, told.map(|finding| FindingJson::of(finding, &mut places)))?;
    write!(out, ",\n\"undecided\":")?;
    list(out, outcome.undecided.iter().map(|undecided| UndecidedJson::of(undecided, &mut places)))?;
    write!(out, ",\n\"problems\":")?;
    list(out, outcome.problems.iter().map(|problem| ProblemJson::of(problem, &mut places)))?;
    write!(out, ",\n\"not_read\":")?;
    list(out, outcome.not_read.iter().map(|not_read| NotReadJson::of(not_read, &mut places)))?;
    write!(out, ",\n\"summary\":")?;
    serde_json::to_writer(&mut *out, &SummaryJson::of(outcome))?;
    writeln!(out, "}}")
}

/// A JSON array, an item a line.
pub(super) fn list<T: Serialize>(out: &mut dyn Write, items: impl Iterator<Item = T>) -> io::Result<()> {
    write!(out, "[")?;
    for (at, item) in items.enumerate() {
        write!(out, "{}", if at == 0 { "\n" } else { ",\n" })?;
        serde_json::to_writer(&mut *out, &item)?;
    }
    write!(out, "]")
}

#[derive(Serialize)]
struct FindingJson<'a> {
    rule: &'a str,
    severity: &'static str,
    certainty: &'static str,
    unit: &'a str,
    resource: ResourceJson<'a>,
    message: &'a str,
    when: Option<Json>,
    location: LocationJson,
    related: Vec<RelatedJson<'a>>,
    notes: &'a [String],
    help: Option<&'a str>,
    fingerprint: &'a str,
}

#[derive(Serialize)]
struct ResourceJson<'a> {
    address: &'a str,
    r#type: &'a str,
}

#[derive(Serialize)]
struct RelatedJson<'a> {
    message: &'a str,
    location: LocationJson,
}

#[derive(Serialize)]
struct LocationJson {
    path: String,
    start: Option<PositionJson>,
    end: Option<PositionJson>,
}

#[derive(Serialize)]
struct PositionJson {
    line: u32,
    column: u32,
    byte: u32,
}

#[derive(Serialize)]
struct UndecidedJson<'a> {
    rule: &'a str,
    unit: &'a str,
    resource: ResourceJson<'a>,
    location: LocationJson,
    reasons: Vec<ReasonJson<'a>>,
}

#[derive(Serialize)]
struct ReasonJson<'a> {
    kind: &'static str,
    reason: &'a str,
}

#[derive(Serialize)]
struct ProblemJson<'a> {
    kind: &'a str,
    message: &'a str,
    location: Option<LocationJson>,
}

#[derive(Serialize)]
struct NotReadJson<'a> {
    reason: &'a str,
    message: &'a str,
    help: Option<&'a str>,
    paths: Vec<String>,
}

#[derive(Serialize)]
struct SummaryJson {
    units: usize,
    subjects: usize,
    findings: usize,
    conditional: usize,
    undecided: usize,
    not_read: usize,
    problems: usize,
    suppressed: usize,
}

impl<'a> FindingJson<'a> {
    fn of(finding: &'a Finding, places: &mut Places<'_>) -> Self {
        FindingJson {
            rule: &finding.rule,
            severity: finding.severity.name(),
            certainty: finding.certainty.name(),
            unit: &finding.unit,
            resource: ResourceJson::of(&finding.subject),
            message: &finding.message,
            when: finding.when.as_ref().map(|guard| guard.to_json()),
            location: LocationJson::of(places.of(finding.primary.span)),
            related: finding.related.iter().map(|label| RelatedJson::of(label, places)).collect(),
            notes: &finding.notes,
            help: finding.help.as_deref(),
            fingerprint: &finding.fingerprint,
        }
    }
}

impl<'a> ResourceJson<'a> {
    fn of(subject: &'a Subject) -> Self {
        ResourceJson { address: &subject.address, r#type: &subject.kind }
    }
}

impl<'a> RelatedJson<'a> {
    fn of(label: &'a Label, places: &mut Places<'_>) -> Self {
        RelatedJson { message: &label.message, location: LocationJson::of(places.of(label.span)) }
    }
}

impl LocationJson {
    fn of(place: Place) -> Self {
        let position = |p: Position| Some(PositionJson { line: p.line, column: p.column, byte: p.byte });
        LocationJson { path: place.path.to_string(), start: position(place.start), end: position(place.end) }
    }
}

impl<'a> UndecidedJson<'a> {
    fn of(undecided: &'a Undecided, places: &mut Places<'_>) -> Self {
        let reason =
            |unknown: &'a crate::value::Unknown| ReasonJson { kind: unknown.kind.name(), reason: &unknown.reason };
        UndecidedJson {
            rule: &undecided.rule,
            unit: &undecided.unit,
            resource: ResourceJson::of(&undecided.subject),
            location: LocationJson::of(places.of(undecided.primary.span)),
            reasons: undecided.reasons.iter().map(reason).collect(),
        }
    }
}

impl<'a> ProblemJson<'a> {
    fn of(problem: &'a Problem, places: &mut Places<'_>) -> Self {
        let location = match &problem.place {
            finding::Place::Span(span) => Some(LocationJson::of(places.of(*span))),
            finding::Place::Path(path) => Some(LocationJson { path: path.clone(), start: None, end: None }),
            finding::Place::Nowhere => None,
        };
        ProblemJson { kind: problem.kind, message: &problem.message, location }
    }
}

impl<'a> NotReadJson<'a> {
    fn of(not_read: &'a NotRead, places: &mut Places<'_>) -> Self {
        let mut paths: Vec<String> = not_read
            .places
            .iter()
            .filter_map(|place| places.of_problem(place).0)
            .map(|path| path.to_string())
            .collect();
        paths.dedup();
        NotReadJson { reason: not_read.reason, message: &not_read.message, help: not_read.help.as_deref(), paths }
    }
}

impl SummaryJson {
    fn of(outcome: &Outcome) -> Self {
        let tally = Tally::of(outcome);
        SummaryJson {
            units: outcome.looked_at.units,
            subjects: outcome.looked_at.subjects,
            findings: tally.violations(),
            conditional: tally.conditional,
            undecided: tally.undecided,
            not_read: tally.not_read,
            problems: tally.problems,
            suppressed: tally.suppressed,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use crate::finding::Outcome;
    use crate::report::Format;
    use crate::report::sample::{clean, conditional, everything, placeless, printed};
    use crate::source::Sources;

    #[test]
    fn a_finding_has_the_members_of_design_section_5() {
        let sources = Sources::new();
        let outcome = Outcome { findings: vec![conditional(&sources)], ..Outcome::default() };
        let json: Value = serde_json::from_str(&printed(Format::Json, &(sources, outcome), |_| {})).unwrap();
        let mut finding = json["findings"][0].clone();
        assert_eq!(finding["related"].as_array().unwrap().len(), 3);
        assert_eq!(finding["related"][2]["location"]["start"], json!({"line": 4, "column": 29, "byte": 82}));
        finding["related"] = json!([]);
        let (help, notes) = (finding["help"].clone(), finding["notes"].clone());
        assert_eq!(
            finding,
            json!({
                "rule": "vault-customer-key", "severity": "error", "certainty": "conditional",
                "unit": "reference/template.yaml",
                "resource": {"address": "BackupVault", "type": "AWS::Backup::BackupVault"},
                "message": "the vault uses the AWS-managed key aws/backup, not a customer-managed one",
                "when": {"eq": ["UseCustomerManagedKey", "false"]},
                "location": {"path": "reference/template.yaml",
                    "start": {"line": 12, "column": 70, "byte": 330}, "end": {"line": 12, "column": 87, "byte": 347}},
                "related": [], "notes": notes, "help": help, "fingerprint": "vault-customer-key/reference/template.yaml/BackupVault/key"
            })
        );
    }

    #[test]
    fn the_rest_is_counted_and_listed() {
        let json: Value = serde_json::from_str(&printed(Format::Json, &everything(), |_| {})).unwrap();
        let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["version", "findings", "undecided", "problems", "not_read", "summary"]);
        assert_eq!(json["findings"].as_array().unwrap().len(), 3, "what is suppressed is counted, not told");
        assert_eq!(
            json["summary"],
            json!({"units": 4, "subjects": 7, "findings": 2, "conditional": 1, "undecided": 2, "not_read": 0, "problems": 2, "suppressed": 1})
        );
        assert_eq!(
            json["undecided"][0]["reasons"],
            json!([{"kind": "input", "reason": "var.key has no value in the sources"}])
        );
        assert_eq!(
            json["problems"][1],
            json!({"kind": "module", "message": "module \"m\" is not here",
                "location": {"path": "modules/none", "start": null, "end": null}})
        );
        let json: Value = serde_json::from_str(&printed(Format::Json, &placeless(), |_| {})).unwrap();
        assert_eq!(json["problems"][0]["location"], json!(null));
        let json: Value = serde_json::from_str(&printed(Format::Json, &clean(), |_| {})).unwrap();
        assert_eq!(json["findings"], json!([]));
    }
}

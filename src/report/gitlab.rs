//! GitLab's code quality report: a JSON array.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::json::list;
use super::place::Places;
use super::{Level, Options};
use crate::finding::{Finding, Outcome, Problem};
use crate::source::Sources;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    /// Unique in the file, as GitLab wants it.
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

pub(super) fn write(
    outcome: &Outcome,
    sources: &Sources,
    options: &Options<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut places = Places::new(sources);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut unique = |fingerprint: String| {
        let n = seen.entry(fingerprint.clone()).or_default();
        *n += 1;
        if *n == 1 { fingerprint } else { format!("{fingerprint}#{n}") }
    };
    let told = outcome.findings.iter().filter(|finding| finding.suppressed.is_none());
    let findings: Vec<Issue> = told.map(|finding| of_finding(finding, options, &mut places, &mut unique)).collect();
    let problems = outcome.problems.iter().map(|problem| of_problem(problem, &mut places, &mut unique));
    list(out, findings.into_iter().chain(problems))?;
    writeln!(out)
}

fn of_finding(
    finding: &Finding,
    options: &Options<'_>,
    places: &mut Places<'_>,
    unique: &mut dyn FnMut(String) -> String,
) -> Issue {
    let place = places.narrow(finding.primary.span);
    let when = finding.when.as_ref().map_or_else(String::new, |when| format!(" when {when}"));
    Issue {
        description: format!("{}: {}{when}", finding.subject.address, finding.message),
        check_name: finding.rule.clone(),
        fingerprint: unique(finding.fingerprint.clone()),
        severity: match Level::of(finding, options.strict) {
            Level::Error => "critical",
            Level::Warning => "major",
            Level::Advice => "minor",
            Level::Note => "info",
        },
        location: Location {
            path: relative(&place.path),
            lines: Lines { begin: place.start.line, end: place.end.line },
        },
    }
}

fn of_problem(problem: &Problem, places: &mut Places<'_>, unique: &mut dyn FnMut(String) -> String) -> Issue {
    let (path, place) = places.of_problem(&problem.place);
    let path = path.map_or_else(|| ".".to_owned(), |path| relative(&path));
    let line = place.map_or(1, |place| place.start.line);
    Issue {
        description: problem.message.clone(),
        check_name: format!("problem/{}", problem.kind),
        fingerprint: unique(format!("problem/{}/{path}/{}", problem.kind, problem.message)),
        severity: if problem.fatal { "blocker" } else { "minor" },
        location: Location { path, lines: Lines { begin: line, end: line } },
    }
}

/// GitLab matches paths with those of the repository, which have no `./`.
fn relative(path: &str) -> String {
    path.strip_prefix("./").unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use crate::report::Format;
    use crate::report::sample::{AWKWARD, everything, printed};

    #[test]
    fn an_issue_has_what_gitlab_asks_for() {
        let mut sample = everything();
        let twin = sample.1.findings[0].clone();
        sample.1.findings.push(twin);
        let issues: Vec<Value> = serde_json::from_str(&printed(Format::Gitlab, &sample, |_| {})).unwrap();
        assert_eq!(
            issues[1],
            json!({
                "description": "aws_kms_key.backup: the key <aws_kms_key.backup> is not rotated & \"never\" was",
                "check_name": "key-rotation", "fingerprint": "key-rotation/1", "severity": "major",
                "location": {"path": AWKWARD, "lines": {"begin": 7, "end": 7}}
            })
        );
        let severities: Vec<&str> = issues.iter().filter_map(|issue| issue["severity"].as_str()).collect();
        assert_eq!(severities, ["critical", "major", "info", "critical", "blocker", "minor"]);
        let mut fingerprints: Vec<&str> = issues.iter().filter_map(|issue| issue["fingerprint"].as_str()).collect();
        fingerprints.sort_unstable();
        fingerprints.dedup();
        assert_eq!(fingerprints.len(), issues.len(), "fingerprints are unique");
    }
}

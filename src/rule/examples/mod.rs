//! Running the examples of a rule, as written and recombined: they are its tests.
//!
//! How an example is judged is the caller's business ([`Runner`]), so that examples take the same path as every other
//! check.

mod marks;
mod pair;
mod pointer;
mod spell;
mod variants;

use super::file::{Example, Rule, Spelling, Verdict};
use crate::finding::{Certainty, Finding, Outcome, Place, Severity};
use crate::source::{Sources, Span};

use marks::Expected;

/// Judges files (path and text) by one rule, as `check` would in the directory that holds them.
pub type Runner<'r> = dyn Fn(&Rule, &[(String, String)]) -> Ran + Sync + 'r;

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// The rule's findings.
    pub findings: Vec<Came>,
    /// The reasons of its undecided verdicts.
    pub undecided: Vec<String>,
    /// Problems that kept the analyzer from its job.
    pub problems: Vec<String>,
}

/// A finding that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Came {
    /// The file of its primary label.
    pub path: String,
    /// The line there, from 1.
    pub line: usize,
    /// The first byte there.
    pub byte: usize,
    /// Its severity.
    pub severity: Severity,
    /// In which worlds.
    pub certainty: Certainty,
    /// Its message.
    pub message: String,
    /// The worlds in which it is so, where it is not so in all.
    pub when: Option<String>,
}

impl Ran {
    /// What an outcome holds of one rule.
    pub fn of(rule: &str, outcome: &Outcome, sources: &Sources) -> Ran {
        // The instances of one block are told by themselves; a mark stands for all of them.
        let mut told: Vec<(Span, Severity, Certainty, String)> = Vec::new();
        let first = |it: &&Finding| {
            let text = it.message.replace(&it.subject.address, "");
            let key = (it.primary.span, it.severity, it.certainty, text);
            let new = !told.contains(&key);
            told.push(key);
            new
        };
        let findings = outcome.findings.iter().filter(|it| it.rule == rule).filter(first).map(|it| {
            let source = sources.get(it.primary.span.source);
            Came {
                path: source.path().to_string(),
                line: source.position(it.primary.span.start).line as usize,
                byte: it.primary.span.start as usize,
                severity: it.severity,
                certainty: it.certainty,
                message: it.message.clone(),
                when: it.when.as_ref().map(ToString::to_string),
            }
        });
        let undecided = outcome.undecided.iter().filter(|it| it.rule == rule);
        let reasons = undecided.flat_map(|it| it.reasons.iter().map(|why| why.reason.to_string()));
        let problems = outcome.problems.iter().filter(|it| it.fatal).map(|it| match &it.place {
            Place::Span(span) => {
                let source = sources.get(span.source);
                format!("{}:{}: {}", source.path(), source.position(span.start).line, it.message)
            }
            _ => it.message.clone(),
        });
        let findings = findings.collect();
        Ran { findings, undecided: reasons.collect(), problems: problems.collect() }
    }
}

/// What the examples of one rule gave.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The rule's id.
    pub rule: String,
    /// Examples that were run as written.
    pub examples: usize,
    /// Recombinations that were run.
    pub recombined: usize,
    /// What came otherwise than expected.
    pub failures: Vec<Mismatch>,
    /// What a rule needs and this one lacks: an example that passes, one that fails, how to fix it.
    pub lacks: Vec<String>,
}

/// An example that did not come as expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The example's line in the rule file, from 1.
    pub line: usize,
    /// Its fence: `yaml fail`.
    pub example: String,
    /// How it was changed; `None` as it is written.
    pub variant: Option<String>,
    /// What was expected where.
    pub expected: String,
    /// What came.
    pub came: String,
}

impl std::fmt::Display for Mismatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: `{}`", self.line, self.example)?;
        if let Some(variant) = &self.variant {
            write!(f, ", {variant}")?;
        }
        write!(f, "\n  expected {}\n  came     {}", self.expected, self.came)
    }
}

/// Runs every example of a rule, then recombines them. A fence that is no proper example is a mismatch too.
pub fn test(rule: &Rule, run: &Runner<'_>) -> Report {
    let mut report = Report { rule: rule.id.clone(), ..Report::default() };
    let examples = match rule.examples() {
        Ok(examples) => examples,
        Err(problems) => {
            report.failures.extend(problems.into_iter().map(|problem| Mismatch {
                line: match &problem.place {
                    Place::Span(span) => {
                        rule.text().get(..span.start as usize).map_or(1, |before| before.split('\n').count())
                    }
                    _ => 1,
                },
                example: "a fence".to_owned(),
                variant: None,
                expected: "an example".to_owned(),
                came: problem.message,
            }));
            return report;
        }
    };
    report.lacks = lacks(rule, &examples);
    for example in &examples {
        report.examples += 1;
        let failed = report.failures.len();
        let files: Vec<(String, String)> =
            example.files.iter().map(|file| (file.path.clone(), file.text.clone())).collect();
        one(rule, run, example, &files, None, &mut report);
        // What is wrong as written is told once, not once more for each recombination.
        if report.failures.len() > failed {
            continue;
        }
        for (name, files) in variants::of(example) {
            report.recombined += 1;
            one(rule, run, example, &files, Some(name), &mut report);
        }
        if let Some((path, text)) = spell::yaml_as_json(example) {
            report.recombined += 1;
            one(rule, run, example, &[(path, text)], Some("the YAML spelled as JSON".to_owned()), &mut report);
        }
    }
    if report.failures.is_empty() {
        for (example, name, files) in pair::of(&examples) {
            report.recombined += 1;
            one(rule, run, example, &files, Some(name), &mut report);
        }
    }
    report
}

/// What a complete rule has.
fn lacks(rule: &Rule, examples: &[Example]) -> Vec<String> {
    let mut lacks = Vec::new();
    for verdict in [Verdict::Pass, Verdict::Fail] {
        if !examples.iter().any(|example| example.verdict == verdict) {
            lacks.push(format!("an example that is a {}", verdict.name()));
        }
    }
    if !rule.headings().iter().any(|(_, text)| text.eq_ignore_ascii_case("how to fix")) {
        lacks.push("a section \"How to fix\"".to_owned());
    }
    lacks
}

fn one(
    rule: &Rule,
    run: &Runner<'_>,
    example: &Example,
    files: &[(String, String)],
    variant: Option<String>,
    report: &mut Report,
) {
    let set = if example.params.is_empty() { None } else { Some(rule.with_params(&example.params)) };
    let ran = match &set {
        None => run(rule, files),
        Some(Ok(rule)) => run(rule, files),
        Some(Err(problems)) => {
            Ran { problems: problems.iter().map(|problem| problem.message.clone()).collect(), ..Ran::default() }
        }
    };
    let expected = marks::expected(example, files);
    if let Some(came) = differs(example.verdict, &expected, &ran, files) {
        let places: Vec<String> = expected.iter().map(ToString::to_string).collect();
        let at = if places.is_empty() { String::new() } else { format!(": {}", places.join(", ")) };
        report.failures.push(Mismatch {
            line: example.line,
            example: format!("{} {}", example.files[0].spelling.name(), example.verdict.name()),
            variant,
            expected: format!("{}{at}", example.verdict.name()),
            came,
        });
    }
}

/// What came, where it is not what was expected.
fn differs(verdict: Verdict, expected: &[Expected], ran: &Ran, files: &[(String, String)]) -> Option<String> {
    if !ran.problems.is_empty() {
        return Some(ran.problems.join("; "));
    }
    let sure = ran.findings.iter().filter(|it| it.certainty != Certainty::Conditional).count();
    let conditional = ran.findings.len() - sure;
    let verdict_fits = match verdict {
        Verdict::Pass => ran.findings.is_empty() && ran.undecided.is_empty(),
        Verdict::Fail => sure > 0,
        Verdict::Conditional => conditional > 0 && sure == 0,
        Verdict::Unknown => ran.findings.is_empty() && !ran.undecided.is_empty(),
    };
    let places_fit = expected.is_empty()
        || (expected.len() == ran.findings.len()
            && ran.findings.iter().all(|came| expected.iter().any(|it| it.fits(came, files)))
            && expected.iter().all(|it| ran.findings.iter().any(|came| it.fits(came, files))));
    if verdict_fits && places_fit {
        return None;
    }
    let mut told: Vec<String> = ran
        .findings
        .iter()
        .map(|it| {
            let when = it.when.as_ref().map_or_else(String::new, |when| format!(" when {when}"));
            format!("{} at {}:{} ({}{when})", marks::word(it), it.path, it.line, it.message)
        })
        .collect();
    told.extend(ran.undecided.iter().map(|why| format!("undecided ({why})")));
    Some(if told.is_empty() { "nothing".to_owned() } else { told.join("; ") })
}

/// Whether comments can mark a file of this spelling.
fn has_comments(spelling: Spelling) -> bool {
    spelling != Spelling::Json
}

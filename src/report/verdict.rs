//! What follows from an outcome: exit code, levels, counts.

use std::collections::BTreeMap;

use super::words::count;
use crate::finding::{Certainty, Finding, Outcome, Severity};
use crate::value::UnknownKind;

/// The exit code: 2 where the job could not be done, 1 where there is something at or above `fail_on`, else 0.
///
/// A conditional finding counts only under `strict`, and so do an undecided verdict (which has no severity) and what was
/// not read. What is suppressed never counts.
pub fn exit_code(outcome: &Outcome, strict: bool, fail_on: Severity) -> u8 {
    if outcome.problems.iter().any(|problem| problem.fatal) {
        return 2;
    }
    let counts = |finding: &Finding| {
        finding.suppressed.is_none()
            && finding.severity >= fail_on
            && (strict || finding.certainty != Certainty::Conditional)
    };
    let open = !outcome.undecided.is_empty() || !outcome.not_read.is_empty();
    let found = outcome.findings.iter().any(counts) || (strict && open);
    u8::from(found)
}

/// How a finding is announced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// It is so in some world only, and that does not count in this run.
    Note,
    /// A finding of severity advice.
    Advice,
    /// A finding of severity warning.
    Warning,
    /// A finding of severity error.
    Error,
}

impl Level {
    /// The level of a finding.
    pub fn of(finding: &Finding, strict: bool) -> Level {
        match (finding.certainty, finding.severity) {
            (Certainty::Conditional, _) if !strict => Level::Note,
            (_, Severity::Error) => Level::Error,
            (_, Severity::Warning) => Level::Warning,
            (_, Severity::Advice) => Level::Advice,
        }
    }

    /// `error`, `warning`, `advice`, `note`.
    pub fn name(self) -> &'static str {
        match self {
            Level::Note => "note",
            Level::Advice => "advice",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

/// An outcome, counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Findings that are no conditional ones, by severity.
    pub findings: BTreeMap<Severity, usize>,
    /// Conditional findings.
    pub conditional: usize,
    /// Undecided verdicts.
    pub undecided: usize,
    /// Undecided verdicts by the class of their first reason.
    pub reasons: BTreeMap<UnknownKind, usize>,
    /// Causes for which something was not read.
    pub not_read: usize,
    /// Problems.
    pub problems: usize,
    /// Suppressed findings of any certainty.
    pub suppressed: usize,
}

impl Tally {
    /// Counts.
    pub fn of(outcome: &Outcome) -> Tally {
        let mut tally = Tally {
            undecided: outcome.undecided.len(),
            not_read: outcome.not_read.len(),
            problems: outcome.problems.len(),
            ..Tally::default()
        };
        for finding in &outcome.findings {
            match (finding.suppressed.is_some(), finding.certainty) {
                (true, _) => tally.suppressed += 1,
                (false, Certainty::Conditional) => tally.conditional += 1,
                (false, _) => *tally.findings.entry(finding.severity).or_default() += 1,
            }
        }
        for undecided in &outcome.undecided {
            if let Some(reason) = undecided.reasons.first() {
                *tally.reasons.entry(reason.kind).or_default() += 1;
            }
        }
        tally
    }

    /// All findings that are no conditional ones.
    pub fn violations(&self) -> usize {
        self.findings.values().sum()
    }

    /// For people: "2 findings (1 error, 1 warning), 1 conditional, 3 undecided (2 input, 1 module), 0 problems".
    pub fn sentence(&self) -> String {
        let mut text = count(self.violations(), "finding");
        let parts: Vec<String> = self.findings.iter().rev().map(|(severity, n)| severities(*severity, *n)).collect();
        if !parts.is_empty() {
            text.push_str(&format!(" ({})", parts.join(", ")));
        }
        if self.conditional > 0 {
            text.push_str(&format!(", {} conditional", self.conditional));
        }
        if self.undecided > 0 {
            text.push_str(&format!(", {} undecided", self.undecided));
            let reasons: Vec<String> =
                self.reasons.iter().map(|(kind, n)| format!("{n} {}", reason_name(*kind))).collect();
            if !reasons.is_empty() {
                text.push_str(&format!(" ({})", reasons.join(", ")));
            }
        }
        if self.suppressed > 0 {
            text.push_str(&format!(", {} suppressed", self.suppressed));
        }
        if self.not_read > 0 {
            text.push_str(&format!(", {} not read", self.not_read));
        }
        text.push_str(&format!(", {}", count(self.problems, "problem")));
        text
    }

    /// For people, where there was nothing to judge: what was looked at.
    pub fn nothing(outcome: &Outcome) -> Option<String> {
        let nothing = outcome.looked_at.subjects == 0 && outcome.problems.is_empty();
        nothing.then(|| match outcome.looked_at.files {
            0 => "nothing to judge: there is no template, Terraform configuration or plan".to_owned(),
            1 => "nothing to judge: 1 file read, and it has no resource that a rule speaks of".to_owned(),
            files => format!("nothing to judge: {files} files read, none has a resource that a rule speaks of"),
        })
    }
}

fn severities(severity: Severity, n: usize) -> String {
    match severity {
        Severity::Advice => format!("{n} advice"),
        _ => count(n, severity.name()),
    }
}

/// The class of a reason in a sentence. An undecided verdict does not change the exit code, and the output of a run
/// that exits 0 has no "error" in it: some CI runners search for that word.
fn reason_name(kind: UnknownKind) -> &'static str {
    match kind {
        UnknownKind::Error => "evaluation",
        UnknownKind::DynamicReference => "dynamic reference",
        other => other.name(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{NotRead, Place};
    use crate::report::sample;

    #[test]
    fn the_exit_code_follows_design_section_3() {
        use Certainty::{Always, ByDefault, Conditional};
        use Severity::{Advice, Error, Warning};
        let table = [
            (Always, Error, false, Error, 1),
            (ByDefault, Warning, false, Warning, 1),
            (Always, Advice, false, Warning, 0),
            (Always, Advice, false, Advice, 1),
            (Always, Warning, false, Error, 0),
            (Conditional, Error, false, Advice, 0),
            (Conditional, Error, true, Warning, 1),
            (Conditional, Advice, true, Warning, 0),
        ];
        for (certainty, severity, strict, fail_on, code) in table {
            let mut outcome = Outcome { findings: vec![sample::finding(severity, certainty)], ..Outcome::default() };
            assert_eq!(exit_code(&outcome, strict, fail_on), code, "{certainty:?} {severity:?} {strict} {fail_on:?}");
            outcome.findings[0].suppressed =
                Some(crate::finding::Suppressed { reason: "known".to_owned(), expires: None, in_source: false });
            assert_eq!(exit_code(&outcome, strict, fail_on), 0, "suppressed");
        }
    }

    #[test]
    fn problems_and_undecided_verdicts_count_as_designed() {
        let (_, mut outcome) = sample::calm();
        assert_eq!(exit_code(&outcome, false, Severity::Advice), 0);
        outcome.findings.clear();
        assert_eq!(exit_code(&outcome, true, Severity::Error), 1, "strict counts what is undecided");
        let not_read = NotRead { reason: "module", message: "m".to_owned(), help: None, places: vec![Place::Nowhere] };
        let passed = Outcome { not_read: vec![not_read], ..Outcome::default() };
        assert_eq!((exit_code(&passed, true, Severity::Error), exit_code(&passed, false, Severity::Advice)), (1, 0));
        outcome.problems[0].fatal = true;
        assert_eq!(exit_code(&outcome, false, Severity::Error), 2);
    }

    #[test]
    fn the_tally_reads_as_a_sentence() {
        let (_, outcome) = sample::everything();
        assert_eq!(
            Tally::of(&outcome).sentence(),
            "2 findings (1 error, 1 warning), 1 conditional, 2 undecided (1 input, 1 evaluation), 1 suppressed, 2 problems"
        );
        assert_eq!(Tally::default().sentence(), "0 findings, 0 problems");
    }
}

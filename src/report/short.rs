//! A line a finding, for editors and for grep; the same line once: `path:line:column: severity: message [rule]`.

use std::io::{self, Write};

use super::place::Places;
use super::words::line;
use super::{Level, Options, Tally, exit_code, words};
use crate::finding::Outcome;
use crate::source::Sources;

pub(super) fn write(
    outcome: &Outcome,
    sources: &Sources,
    options: &Options<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let calm = exit_code(outcome, options.strict, options.fail_on) == 0;
    let say = |text: &str| if calm { line(&words::calm(text)) } else { line(text) };
    let mut places = Places::new(sources);
    // A module that several roots call: for whoever reads or jumps it is one place.
    let mut last = String::new();
    for finding in outcome.findings.iter().filter(|finding| finding.suppressed.is_none()) {
        let place = places.of(finding.primary.span);
        let when = match &finding.when {
            Some(guard) => format!(" when {guard}"),
            None => String::new(),
        };
        let message = say(&format!("{}{when}", finding.message));
        let (path, level) = (line(&place.path), Level::of(finding, options.strict).name());
        let start = place.start;
        let text = format!("{path}:{}:{}: {level}: {message} [{}]", start.line, start.column, finding.rule);
        if text != last {
            writeln!(out, "{text}")?;
        }
        last = text;
    }
    for undecided in outcome.undecided.iter().filter(|_| options.show_undecided) {
        let place = places.of(undecided.primary.span);
        let reasons: Vec<&str> = undecided.reasons.iter().map(|unknown| &*unknown.reason).collect();
        let message = say(&format!("{}: can't tell, because {}", undecided.subject.address, reasons.join("; ")));
        let (path, start) = (line(&place.path), place.start);
        writeln!(out, "{path}:{}:{}: undecided: {message} [{}]", start.line, start.column, undecided.rule)?;
    }
    for problem in &outcome.problems {
        let place = match places.of_problem(&problem.place) {
            (Some(path), Some(place)) => format!("{}:{}:{}: ", line(&path), place.start.line, place.start.column),
            (Some(path), None) => format!("{}: ", line(&path)),
            (None, _) => String::new(),
        };
        writeln!(out, "{place}problem: {} [{}]", say(&problem.message), problem.kind)?;
    }
    for not_read in &outcome.not_read {
        let problem = not_read.to_problem();
        let place = match places.of_problem(&problem.place) {
            (Some(path), Some(place)) => format!("{}:{}:{}: ", line(&path), place.start.line, place.start.column),
            (Some(path), None) => format!("{}: ", line(&path)),
            (None, _) => String::new(),
        };
        writeln!(out, "{place}{} [{}]", say(&problem.message), problem.kind)?;
    }
    if !options.quiet {
        if let Some(nothing) = Tally::nothing(outcome) {
            writeln!(out, "{}", say(&nothing))?;
        }
        writeln!(out, "{}", Tally::of(outcome).sentence())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::report::Format;
    use crate::report::sample::{AWKWARD, calm, everything, printed};

    #[test]
    fn a_line_is_a_finding() {
        let text = printed(Format::Short, &everything(), |options| options.quiet = true);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines,
            [
                &*format!(
                    "{AWKWARD}:3:17: error: the vault uses the AWS-managed key aws/backup, not a customer-managed one when var.key is null [vault-customer-key]"
                ),
                &*format!(
                    "{AWKWARD}:7:25: warning: the key <aws_kms_key.backup> is not rotated & \"never\" was [key-rotation]"
                ),
                "reference/template.yaml:12:70: note: the vault uses the AWS-managed key aws/backup, not a customer-managed one when UseCustomerManagedKey is 'false' [vault-customer-key]",
                &*format!("{AWKWARD}:6:11: problem: the block is not closed [syntax]"),
                "modules/none: problem: module \"m\" is not here [module]",
            ]
        );
    }

    #[test]
    fn strict_raises_a_note_to_its_severity() {
        let text = printed(Format::Short, &calm(), |options| options.strict = true);
        assert!(text.contains(":12:70: error: "), "{text}");
    }
}

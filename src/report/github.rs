//! GitHub's workflow commands: annotations on a pull request.
//!
//! GitHub shows at most ten annotations of a level for each step, the first ones. So findings are printed by severity,
//! problems first, and where that is not enough the whole list goes into the job's summary.

use std::io::{self, Write};

use super::place::{Place, Places};
use super::words::{self, count};
use super::{Level, Options, TOOL, Tally, Written, exit_code, markdown};
use crate::finding::{Finding, Outcome, Problem, Undecided};
use crate::source::Sources;

/// Annotations of one level that GitHub shows for a step.
const SHOWN: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Command {
    Error,
    Warning,
    Notice,
}

impl Command {
    fn name(self) -> &'static str {
        match self {
            Command::Error => "error",
            Command::Warning => "warning",
            Command::Notice => "notice",
        }
    }
}

struct Annotation {
    command: Command,
    /// Order among those of the same command: problems before findings before undecided verdicts.
    rank: u8,
    title: String,
    path: Option<String>,
    place: Option<Place>,
    message: String,
}

pub(super) fn write(
    outcome: &Outcome,
    sources: &Sources,
    options: &Options<'_>,
    out: &mut dyn Write,
) -> io::Result<Written> {
    let calm = exit_code(outcome, options.strict, options.fail_on) == 0;
    let mut places = Places::new(sources);
    let told = outcome.findings.iter().filter(|finding| finding.suppressed.is_none());
    let mut annotations: Vec<Annotation> =
        outcome.problems.iter().map(|problem| of_problem(problem, &mut places)).collect();
    annotations.extend(told.map(|finding| of_finding(finding, options, &mut places)));
    if options.show_undecided {
        annotations.extend(outcome.undecided.iter().map(|undecided| of_undecided(undecided, &mut places)));
    }
    annotations.sort_by_key(|annotation| (annotation.command, annotation.rank));
    let mut left_out = 0;
    for same in annotations.chunk_by(|a, b| a.command == b.command) {
        for annotation in same.iter().take(SHOWN) {
            annotation.write(calm, out)?;
        }
        left_out += same.len().saturating_sub(SHOWN);
    }
    let sentence = Tally::of(outcome).sentence();
    if left_out == 0 {
        writeln!(out, "{sentence}")?;
        return Ok(Written::default());
    }
    let remark = format!("{} more than GitHub shows; the job's summary lists all", count(left_out, "annotation"));
    writeln!(out, "{sentence} ({remark})")?;
    let mut summary = Vec::new();
    markdown::write(outcome, sources, options, &mut summary)?;
    Ok(Written { step_summary: Some(String::from_utf8_lossy(&summary).into_owned()), remarks: vec![remark] })
}

fn of_finding(finding: &Finding, options: &Options<'_>, places: &mut Places<'_>) -> Annotation {
    let level = Level::of(finding, options.strict);
    let place = places.narrow(finding.primary.span);
    let when = finding.when.as_ref().map_or_else(String::new, |when| format!(" when {when}"));
    let help = finding.help.as_ref().map_or_else(String::new, |help| format!("\n\nhelp: {help}"));
    let notes: String = finding.notes.iter().map(|note| format!("\n\nnote: {note}")).collect();
    Annotation {
        command: match level {
            Level::Error => Command::Error,
            Level::Warning => Command::Warning,
            Level::Advice | Level::Note => Command::Notice,
        },
        rank: if level == Level::Note { 2 } else { 1 },
        title: format!("{TOOL}: {}", finding.rule),
        path: Some(place.path.to_string()),
        place: Some(place),
        message: format!("{}: {}{when}{notes}{help}", finding.subject.address, finding.message),
    }
}

fn of_undecided(undecided: &Undecided, places: &mut Places<'_>) -> Annotation {
    let place = places.narrow(undecided.primary.span);
    let reasons: Vec<&str> = undecided.reasons.iter().map(|unknown| &*unknown.reason).collect();
    Annotation {
        command: Command::Notice,
        rank: 3,
        title: format!("{TOOL}: {} is undecided", undecided.rule),
        path: Some(place.path.to_string()),
        place: Some(place),
        message: format!("{}: can't tell, because {}", undecided.subject.address, reasons.join("; ")),
    }
}

fn of_problem(problem: &Problem, places: &mut Places<'_>) -> Annotation {
    let (path, place) = places.of_problem(&problem.place);
    let help = problem.help.as_ref().map_or_else(String::new, |help| format!("\n\nhelp: {help}"));
    Annotation {
        command: if problem.fatal { Command::Error } else { Command::Warning },
        rank: 0,
        title: format!("{TOOL}: problem ({})", problem.kind),
        path: path.map(|path| path.to_string()),
        place,
        message: format!("{}{help}", problem.message),
    }
}

impl Annotation {
    /// Prints the command as GitHub's own toolkit does, its properties in the same order.
    fn write(&self, calm: bool, out: &mut dyn Write) -> io::Result<()> {
        write!(out, "::{} title={}", self.command.name(), property(&self.title))?;
        if let Some(path) = &self.path {
            write!(out, ",file={}", property(path.strip_prefix("./").unwrap_or(path)))?;
        }
        if let Some(Place { start, end, .. }) = &self.place {
            let columns = (start.column, end.column);
            write!(out, ",line={},endLine={},col={},endColumn={}", start.line, end.line, columns.0, columns.1)?;
        }
        let message = if calm { words::calm(&self.message) } else { self.message.clone() };
        writeln!(out, "::{}", data(&message))
    }
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use crate::finding::{Certainty, Outcome, Severity};
    use crate::report::sample::{self, everything, printed};
    use crate::report::{Format, Options, write};

    #[test]
    fn commands_are_escaped() {
        let text = printed(Format::Github, &everything(), |_| {});
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "::error title=strongroom%3A problem (syntax),file=infra/été 100%25%2C a%3Ab/main.tf,line=6,endLine=6,col=11,endColumn=22::the block is not closed%0A%0Ahelp: add a }"
        );
        assert!(lines[1].starts_with("::error title=strongroom%3A vault-customer-key,file="), "{text}");
        assert!(lines[2].starts_with("::warning title=strongroom%3A problem (module),file=modules/none::"), "{text}");
        assert!(lines[4].starts_with("::notice "), "{text}");
        assert_eq!(lines.len(), 6);
    }

    #[test]
    fn a_message_cannot_start_a_command() {
        let (sources, mut outcome) = everything();
        outcome.findings[0].message = "a\n::set-output name=x::y\r\n::error::z".to_owned();
        outcome.findings[0].subject.address = "a\n::error".to_owned();
        let text = printed(Format::Github, &(sources, outcome), |_| {});
        assert_eq!(text.lines().count(), 6, "{text}");
    }

    #[test]
    fn what_github_does_not_show_goes_into_the_summary() {
        let (sources, _) = everything();
        let mut findings = vec![sample::finding(Severity::Warning, Certainty::Always); 12];
        findings.extend(vec![sample::finding(Severity::Error, Certainty::Always); 13]);
        let outcome = Outcome { findings, ..Outcome::default() };
        let mut out = Vec::new();
        let written = write(Format::Github, &outcome, &sources, &Options::default(), &mut out).unwrap_or_default();
        let text = String::from_utf8_lossy(&out);
        let commands: Vec<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
        assert_eq!(commands[..10], ["::error"; 10]);
        assert_eq!(commands[10..20], ["::warning"; 10]);
        assert_eq!(commands.len(), 21);
        let summary = written.step_summary.unwrap_or_default();
        assert_eq!(summary.matches("| `vault-customer-key` |").count(), 25, "{summary}");
    }
}

//! JUnit's XML: a suite a unit, a case a finding. What is conditional or undecided is a skipped case, a problem is an
//! error, and a run without any of them is one case that passes.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::place::Places;
use super::xml::escape;
use super::{Level, Options, TOOL, Tally};
use crate::finding::Outcome;
use crate::source::Sources;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Result {
    Failure,
    Skipped,
    Error,
}

struct Case {
    name: String,
    class: String,
    result: Result,
    kind: &'static str,
    message: String,
    text: String,
}

pub(super) fn write(
    outcome: &Outcome,
    sources: &Sources,
    options: &Options<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut places = Places::new(sources);
    let suites = suites(outcome, options, &mut places);
    let all = || suites.values().flatten();
    let passing = usize::from(suites.is_empty());
    writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{TOOL}\" tests=\"{}\" failures=\"{}\" errors=\"{}\">",
        all().count() + passing,
        of(all(), Result::Failure),
        of(all(), Result::Error)
    )?;
    if suites.is_empty() {
        writeln!(out, "  <testsuite name=\"{TOOL}\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\">")?;
        let name =
            format!("{} in {}", Tally::of(outcome).sentence(), super::words::count(outcome.looked_at.units, "unit"));
        writeln!(out, "    <testcase classname=\"{TOOL}\" name=\"{}\"/>\n  </testsuite>", escape(&name))?;
    }
    for (unit, cases) in &suites {
        let n = |result| of(cases.iter(), result);
        writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
            escape(unit),
            cases.len(),
            n(Result::Failure),
            n(Result::Error),
            n(Result::Skipped)
        )?;
        for case in cases {
            case.write(out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

fn suites(outcome: &Outcome, options: &Options<'_>, places: &mut Places<'_>) -> BTreeMap<String, Vec<Case>> {
    let mut suites: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for finding in outcome.findings.iter().filter(|finding| finding.suppressed.is_none()) {
        let place = places.of(finding.primary.span);
        let level = Level::of(finding, options.strict);
        let when = finding.when.as_ref().map_or_else(String::new, |when| format!(" when {when}"));
        let mut text = format!("{}:{}:{}", place.path, place.start.line, place.start.column);
        for related in &finding.related {
            let place = places.of(related.span);
            text.push_str(&format!(
                "\n{}:{}:{}: {}",
                place.path, place.start.line, place.start.column, related.message
            ));
        }
        for note in &finding.notes {
            text.push_str(&format!("\nnote: {note}"));
        }
        if let Some(help) = &finding.help {
            text.push_str(&format!("\nhelp: {help}"));
        }
        suites.entry(finding.unit.clone()).or_default().push(Case {
            name: format!("{}: {}", finding.rule, finding.subject.address),
            class: finding.unit.clone(),
            result: if level == Level::Note { Result::Skipped } else { Result::Failure },
            kind: level.name(),
            message: format!("{}{when}", finding.message),
            text,
        });
    }
    for undecided in outcome.undecided.iter().filter(|_| options.show_undecided) {
        let place = places.of(undecided.primary.span);
        let reasons: Vec<&str> = undecided.reasons.iter().map(|unknown| &*unknown.reason).collect();
        suites.entry(undecided.unit.clone()).or_default().push(Case {
            name: format!("{}: {}", undecided.rule, undecided.subject.address),
            class: undecided.unit.clone(),
            result: Result::Skipped,
            kind: "undecided",
            message: format!("can't tell, because {}", reasons.join("; ")),
            text: format!("{}:{}:{}", place.path, place.start.line, place.start.column),
        });
    }
    for problem in &outcome.problems {
        let (path, place) = places.of_problem(&problem.place);
        let path = path.map_or_else(|| TOOL.to_owned(), |path| path.to_string());
        let text = place.map_or_else(|| path.clone(), |p| format!("{path}:{}:{}", p.start.line, p.start.column));
        suites.entry(path.clone()).or_default().push(Case {
            name: format!("problem: {}", problem.kind),
            class: path,
            result: if problem.fatal { Result::Error } else { Result::Skipped },
            kind: problem.kind,
            message: problem.message.clone(),
            text,
        });
    }
    suites
}

fn of<'c>(cases: impl Iterator<Item = &'c Case>, result: Result) -> usize {
    cases.filter(|case| case.result == result).count()
}

impl Case {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let (name, class) = (escape(&self.name), escape(&self.class));
        let (kind, message, text) = (escape(self.kind), escape(&self.message), escape(&self.text));
        writeln!(out, "    <testcase classname=\"{class}\" name=\"{name}\">")?;
        match self.result {
            Result::Failure => writeln!(out, "      <failure type=\"{kind}\" message=\"{message}\">{text}</failure>")?,
            Result::Error => writeln!(out, "      <error type=\"{kind}\" message=\"{message}\">{text}</error>")?,
            Result::Skipped => writeln!(out, "      <skipped message=\"{kind}: {message}\"/>")?,
        }
        writeln!(out, "    </testcase>")
    }
}

#[cfg(test)]
mod tests {
    use crate::report::Format;
    use crate::report::sample::{calm, clean, everything, printed};

    #[test]
    fn cases_are_counted_as_they_are_listed() {
        let text = printed(Format::Junit, &everything(), |options| options.show_undecided = true);
        let n = |needle: &str| text.matches(needle).count();
        assert!(text.contains("<testsuites name=\"strongroom\" tests=\"7\" failures=\"2\" errors=\"1\">"), "{text}");
        assert_eq!((n("<testcase "), n("<failure "), n("<error "), n("<skipped ")), (7, 2, 1, 4));
        assert_eq!(n("<testsuite "), 4);
    }

    #[test]
    fn a_clean_run_is_a_case_that_passes() {
        let text = printed(Format::Junit, &clean(), |_| {});
        assert!(
            text.contains("<testcase classname=\"strongroom\" name=\"0 findings, 0 problems in 3 units\"/>"),
            "{text}"
        );
        let text = printed(Format::Junit, &calm(), |_| {});
        assert!(text.contains("failures=\"0\" errors=\"0\" skipped=\"1\""), "{text}");
    }
}

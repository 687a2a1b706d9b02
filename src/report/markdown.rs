//! Markdown, for a job's summary: GitHub and GitLab render it.

use std::io::{self, Write};

use super::place::Places;
use super::words::{self, count};
use super::{Level, Options, Tally, exit_code};
use crate::finding::{Finding, Outcome};
use crate::source::Sources;

/// Most rows of a table. GitHub takes a summary of at most 1 MiB.
const ROWS: usize = 500;

pub(super) fn write(
    outcome: &Outcome,
    sources: &Sources,
    options: &Options<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let calm = exit_code(outcome, options.strict, options.fail_on) == 0;
    let say = |text: &str| if calm { cell(&words::calm(text)) } else { cell(text) };
    let mut places = Places::new(sources);
    writeln!(out, "## strongroom\n")?;
    let units = count(outcome.looked_at.units, "unit");
    writeln!(out, "{} in {units}", Tally::of(outcome).sentence())?;
    let mut findings: Vec<&Finding> = outcome.findings.iter().filter(|finding| finding.suppressed.is_none()).collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(Level::of(finding, options.strict)));
    table(out, "| | Rule | Place | What |", &findings, |finding| {
        let place = places.of(finding.primary.span);
        let when = finding.when.as_ref().map_or_else(String::new, |when| format!(" when {when}"));
        let level = Level::of(finding, options.strict).name();
        let place = format!("{}:{}:{}", place.path, place.start.line, place.start.column);
        let what = say(&format!("{}{when}", finding.message));
        format!("| {level} | {} | {} | {}: {what} |", code(&finding.rule), code(&place), code(&finding.subject.address))
    })?;
    helps(out, &findings, &say)?;
    let undecided: Vec<_> = outcome.undecided.iter().filter(|_| options.show_undecided).collect();
    table(out, "| Undecided | Place | Because |", &undecided, |undecided| {
        let place = places.of(undecided.primary.span);
        let place = format!("{}:{}:{}", place.path, place.start.line, place.start.column);
        let reasons: Vec<&str> = undecided.reasons.iter().map(|unknown| &*unknown.reason).collect();
        let (rule, address) = (code(&undecided.rule), code(&undecided.subject.address));
        format!("| {rule} | {} | {address}: {} |", code(&place), say(&reasons.join("; ")))
    })?;
    let problems: Vec<_> = outcome.problems.iter().collect();
    table(out, "| Problem | Place | What |", &problems, |problem| {
        let place = match places.of_problem(&problem.place) {
            (Some(path), Some(place)) => code(&format!("{path}:{}:{}", place.start.line, place.start.column)),
            (Some(path), None) => code(&path),
            (None, _) => String::new(),
        };
        let help = problem.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
        format!("| {} | {place} | {} |", problem.kind, say(&format!("{}{help}", problem.message)))
    })
}

/// How to mend, once for each rule and text.
fn helps(out: &mut dyn Write, findings: &[&Finding], say: &dyn Fn(&str) -> String) -> io::Result<()> {
    let mut told: Vec<(&str, &str)> = Vec::new();
    for finding in findings {
        let Some(help) = &finding.help else { continue };
        let entry = (finding.rule.as_str(), help.as_str());
        if told.len() < ROWS && !told.contains(&entry) {
            told.push(entry);
        }
    }
    if !told.is_empty() {
        writeln!(out)?;
    }
    for (rule, help) in told {
        writeln!(out, "- {}: {}", code(rule), say(help))?;
    }
    Ok(())
}

fn table<T>(out: &mut dyn Write, head: &str, items: &[T], mut row: impl FnMut(&T) -> String) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    let columns = head.matches('|').count() - 1;
    writeln!(out, "\n{head}\n|{}", "---|".repeat(columns))?;
    for item in items.iter().take(ROWS) {
        writeln!(out, "{}", row(item))?;
    }
    if items.len() > ROWS {
        writeln!(out, "\n… and {} more", items.len() - ROWS)?;
    }
    Ok(())
}

/// Prose in the cell of a table, none of it markup.
pub(super) fn cell(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in words::line(text).chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' | '#' | '~' | '$' => {
                escaped.push('\\');
                escaped.push(c);
            }
            // A mention would notify somebody.
            '@' => escaped.push_str("&#64;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Text in the cell of a table, as code. A bar must be escaped even there.
pub(super) fn code(text: &str) -> String {
    let text = words::line(text).replace('|', "\\|");
    let mut fence = "`".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Format;
    use crate::report::sample::{clean, everything, printed};

    #[test]
    fn what_is_no_markup_is_escaped() {
        assert_eq!(cell("a|b <i>*_`[@x]\nc"), "a\\|b &lt;i&gt;\\*\\_\\`\\[&#64;x\\] c");
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("`a"), "`` `a ``");
    }

    #[test]
    fn a_row_is_a_finding() {
        let text = printed(Format::Markdown, &everything(), |options| options.show_undecided = true);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[6],
            "| error | `vault-customer-key` | `infra/été 100%, a:b/main.tf:3:17` | `aws_backup_vault.main`: the vault uses the AWS-managed key aws/backup, not a customer-managed one when var.key is null |"
        );
        let rows = |columns: usize| {
            let bars = |line: &&&str| line.starts_with('|') && line.matches('|').count() == columns + 1;
            lines.iter().filter(bars).count()
        };
        assert_eq!((rows(4), rows(3)), (5, 8), "{text}");
        assert_eq!(printed(Format::Markdown, &clean(), |_| {}), "## strongroom\n\n0 findings, 0 problems in 3 units\n");
    }
}

//! Checkstyle's XML: findings by file.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use super::place::Places;
use super::xml::escape;
use super::{Level, Options, TOOL};
use crate::finding::Outcome;
use crate::source::Sources;

struct Entry {
    line: u32,
    column: u32,
    severity: &'static str,
    message: String,
    source: String,
}

pub(super) fn write(
    outcome: &Outcome,
    sources: &Sources,
    options: &Options<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut places = Places::new(sources);
    let mut files: BTreeMap<Arc<str>, Vec<Entry>> = BTreeMap::new();
    for finding in outcome.findings.iter().filter(|finding| finding.suppressed.is_none()) {
        let place = places.of(finding.primary.span);
        let severity = match Level::of(finding, options.strict) {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Advice | Level::Note => "info",
        };
        let when = finding.when.as_ref().map_or_else(String::new, |when| format!(" when {when}"));
        files.entry(place.path).or_default().push(Entry {
            line: place.start.line,
            column: place.start.column,
            severity,
            message: format!("{}: {}{when}", finding.subject.address, finding.message),
            source: format!("{TOOL}.{}", finding.rule),
        });
    }
    for problem in &outcome.problems {
        let (path, place) = places.of_problem(&problem.place);
        let (line, column) = place.map_or((1, 1), |place| (place.start.line, place.start.column));
        files.entry(path.unwrap_or_else(|| ".".into())).or_default().push(Entry {
            line,
            column,
            severity: if problem.fatal { "error" } else { "warning" },
            message: problem.message.clone(),
            source: format!("{TOOL}.problem.{}", problem.kind),
        });
    }
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">")?;
    for (path, entries) in &files {
        writeln!(out, "  <file name=\"{}\">", escape(path))?;
        for entry in entries {
            writeln!(
                out,
                "    <error line=\"{}\" column=\"{}\" severity=\"{}\" message=\"{}\" source=\"{}\"/>",
                entry.line,
                entry.column,
                entry.severity,
                escape(&entry.message),
                escape(&entry.source)
            )?;
        }
        writeln!(out, "  </file>")?;
    }
    writeln!(out, "</checkstyle>")
}

#[cfg(test)]
mod tests {
    use crate::report::Format;
    use crate::report::sample::{clean, everything, placeless, printed};

    #[test]
    fn findings_are_listed_by_file() {
        let text = printed(Format::Checkstyle, &everything(), |_| {});
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert_eq!(lines[2], "<file name=\"infra/été 100%, a:b/main.tf\">");
        assert_eq!(
            lines[4],
            "<error line=\"7\" column=\"25\" severity=\"warning\" message=\"aws_kms_key.backup: the key &lt;aws_kms_key.backup&gt; is not rotated &amp; &quot;never&quot; was\" source=\"strongroom.key-rotation\"/>"
        );
        assert_eq!(lines.iter().filter(|line| line.starts_with("<file ")).count(), 3);
        assert!(text.contains("severity=\"info\""));
        assert!(printed(Format::Checkstyle, &placeless(), |_| {}).contains("<file name=\".\">"));
        assert_eq!(printed(Format::Checkstyle, &clean(), |_| {}).lines().count(), 3);
    }
}

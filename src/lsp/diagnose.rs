//! Findings and problems as the protocol's diagnostics.

use lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, NumberOrString,
};

use super::Analysis;
use super::carry::Carrier;
use super::state::{Judged, State};
use crate::finding::{Certainty, Finding, Label, Place, Problem, Severity};
use crate::source::{Sources, Span};

/// The findings about suppressions that suppress nothing: text that may go.
const UNNECESSARY: &str = "unused-suppression";

/// Where a span stands in the texts as they are now.
type Carry<'s> = dyn Fn(Span) -> Option<(Span, &'s Sources)> + 's;

impl State<'_> {
    /// The diagnostics of one unit, each with its path.
    ///
    /// While a text can't be read, the findings of the last text that could be read stay where they are, but those whose
    /// own text was touched go: what is told elsewhere does not flicker at every keystroke.
    pub(super) fn diagnostics(&self, judged: &Judged) -> Vec<(String, Diagnostic)> {
        let sources = judged.now.files.sources();
        let mut all = match &judged.good {
            None => self.findings(&judged.now, &|span| Some((span, sources))),
            Some(good) => {
                let carrier = Carrier::new(good, &judged.now, &self.buffers);
                self.findings(good, &|span| carrier.carry(span, sources))
            }
        };
        all.extend(judged.now.outcome.problems.iter().filter_map(|problem| self.of_problem(problem, sources)));
        all
    }

    /// The diagnostic of one finding.
    pub(super) fn shown_as(&self, finding: &Finding, sources: &Sources) -> Option<Diagnostic> {
        self.of_finding(finding, &|span| Some((span, sources))).map(|(_, diagnostic)| diagnostic)
    }

    fn findings(&self, analysis: &Analysis, carry: &Carry<'_>) -> Vec<(String, Diagnostic)> {
        let findings = analysis.outcome.findings.iter().filter(|finding| finding.suppressed.is_none());
        findings.filter_map(|finding| self.of_finding(finding, carry)).collect()
    }

    fn of_finding(&self, finding: &Finding, carry: &Carry<'_>) -> Option<(String, Diagnostic)> {
        let (span, sources) = carry(finding.primary.span)?;
        let source = sources.get(span.source);
        let severity = match (finding.certainty, finding.severity) {
            (Certainty::Conditional, _) => DiagnosticSeverity::INFORMATION,
            (_, Severity::Error) => DiagnosticSeverity::ERROR,
            (_, Severity::Warning) => DiagnosticSeverity::WARNING,
            (_, Severity::Advice) => DiagnosticSeverity::HINT,
        };
        let mut message = finding.message.clone();
        if let Some(when) = &finding.when {
            message.push_str(&format!("\nwhen {when}"));
        }
        if let Some(help) = &finding.help {
            message.push_str(&format!("\n\n{help}"));
        }
        let related = finding.related.iter().filter_map(|label| self.related(label, carry)).collect();
        let docs = format!("{}/blob/main/rules/{}.md", env!("CARGO_PKG_REPOSITORY"), finding.rule);
        let diagnostic = Diagnostic {
            range: self.columns.range(&source, span),
            severity: Some(severity),
            code: Some(NumberOrString::String(finding.rule.clone())),
            code_description: docs.parse().ok().map(|href| CodeDescription { href }),
            source: Some("strongroom".to_owned()),
            message,
            related_information: Some(related),
            tags: (finding.rule == UNNECESSARY).then(|| vec![DiagnosticTag::UNNECESSARY]),
            data: None,
        };
        Some((source.path().to_string(), diagnostic))
    }

    fn related(&self, label: &Label, carry: &Carry<'_>) -> Option<DiagnosticRelatedInformation> {
        let (span, sources) = carry(label.span)?;
        let location = self.location(&sources.get(span.source), span)?;
        Some(DiagnosticRelatedInformation { location, message: label.message.clone() })
    }

    fn of_problem(&self, problem: &Problem, sources: &Sources) -> Option<(String, Diagnostic)> {
        let Place::Span(span) = problem.place else { return None };
        let source = sources.get(span.source);
        let help = problem.help.as_ref().map_or_else(String::new, |help| format!("\n{help}"));
        let severity = if problem.fatal { DiagnosticSeverity::ERROR } else { DiagnosticSeverity::INFORMATION };
        let same = |span| Some((span, sources));
        let diagnostic = Diagnostic {
            range: self.columns.range(&source, span),
            severity: Some(severity),
            code: Some(NumberOrString::String(problem.kind.to_owned())),
            source: Some("strongroom".to_owned()),
            message: format!("{}{help}", problem.message),
            related_information: Some(problem.related.iter().filter_map(|label| self.related(label, &same)).collect()),
            ..Diagnostic::default()
        };
        Some((source.path().to_string(), diagnostic))
    }
}

//! What stands under the cursor: a property's value in each world, whose key it is, and what was found there.

use lsp_types::{
    GotoDefinitionParams, GotoDefinitionResponse, Hover, HoverContents, HoverParams, MarkupContent, MarkupKind,
    TextDocumentPositionParams,
};

use super::Analysis;
use super::state::State;
use crate::explain::seen;
use crate::finding::Finding;
use crate::source::{Source, Span};

/// The place of a request in one of the analyses.
struct At<'s> {
    analysis: &'s Analysis,
    source: std::sync::Arc<Source>,
    byte: u32,
}

impl State<'_> {
    fn at(&self, params: &TextDocumentPositionParams) -> Vec<At<'_>> {
        let Some(path) = Self::path(&params.text_document.uri) else { return Vec::new() };
        let found = self.judged.values().filter_map(|judged| {
            let all = judged.now.files.sources().all();
            let source = all.into_iter().find(|source| **source.path() == *path)?;
            let byte = u32::try_from(self.columns.byte(source.text(), params.position)).ok()?;
            Some(At { analysis: &judged.now, source, byte })
        });
        found.collect()
    }

    pub(super) fn hover(&self, params: &HoverParams) -> Option<Hover> {
        let mut sections: Vec<String> = Vec::new();
        for at in self.at(&params.text_document_position_params) {
            sections.extend(seen::at(&at.analysis.units, &at.source, at.byte));
            let here = at
                .analysis
                .outcome
                .findings
                .iter()
                .filter(|finding| finding.suppressed.is_none() && on_line(finding.primary.span, &at));
            sections.extend(here.map(verdict));
        }
        let mut told: Vec<String> = Vec::new();
        for section in sections {
            if !told.contains(&section) {
                told.push(section);
            }
        }
        if told.is_empty() {
            return None;
        }
        let value = told.join("\n\n---\n\n");
        let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value });
        Some(Hover { contents, range: None })
    }

    /// The place that decides what was found under the cursor; from there, the chain that leads to it.
    pub(super) fn definition(&self, params: &GotoDefinitionParams) -> Option<GotoDefinitionResponse> {
        for at in self.at(&params.text_document_position_params) {
            let sources = at.analysis.files.sources();
            let told = || at.analysis.outcome.findings.iter().filter(|finding| finding.suppressed.is_none());
            let chain = |finding: &&Finding| finding.related.iter().any(|label| holds(label.span, &at));
            let here = told().find(|finding| holds(finding.primary.span, &at)).or_else(|| told().find(chain));
            let Some(finding) = here else { continue };
            let places = std::iter::once(&finding.primary).chain(&finding.related);
            let mut other: Vec<_> = places
                .filter(|label| !holds(label.span, &at))
                .filter_map(|label| self.location(&sources.get(label.span.source), label.span))
                .collect();
            if !holds(finding.primary.span, &at) {
                other.truncate(1);
            }
            return Some(GotoDefinitionResponse::Array(other));
        }
        None
    }
}

fn holds(span: Span, at: &At<'_>) -> bool {
    span.source == at.source.id() && span.start <= at.byte && at.byte <= span.end
}

/// Whether a span starts on the line, or lies around the byte.
fn on_line(span: Span, at: &At<'_>) -> bool {
    holds(span, at) || (span.source == at.source.id() && at.source.line_of(span.start) == at.source.line_of(at.byte))
}

fn verdict(finding: &Finding) -> String {
    let when = finding.when.as_ref().map_or_else(String::new, |when| format!(" when {when}"));
    let help = finding.help.as_ref().map_or_else(String::new, |help| format!("\n\n{help}"));
    format!("**{}** ({}): {}{when}{help}", finding.rule, finding.certainty.name(), finding.message)
}

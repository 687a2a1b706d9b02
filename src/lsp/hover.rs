//! What stands under the cursor: a property's value in each world, and what was found there.

use lsp_types::{
    GotoDefinitionParams, GotoDefinitionResponse, Hover, HoverContents, HoverParams, MarkupContent, MarkupKind,
    TextDocumentPositionParams,
};

use super::state::{Analysis, State};
use crate::finding::Finding;
use crate::model::{Block, Evaluator};
use crate::source::{Source, Span};
use crate::value::{Guard, Mode, Value, explore};

/// Most worlds that a hover lists.
const MAX_CASES: usize = 12;

/// The place of a request in one of the analyses.
struct At<'s> {
    analysis: &'s Analysis,
    source: std::sync::Arc<Source>,
    byte: u32,
}

impl State<'_> {
    fn at(&self, params: &TextDocumentPositionParams) -> Vec<At<'_>> {
        let Some(path) = Self::path(&params.text_document.uri) else { return Vec::new() };
        let found = self.analyses.values().filter_map(|analysis| {
            let all = analysis.files.sources().all();
            let source = all.into_iter().find(|source| **source.path() == *path)?;
            let byte = u32::try_from(self.columns.byte(source.text(), params.position)).ok()?;
            Some(At { analysis, source, byte })
        });
        found.collect()
    }

    pub(super) fn hover(&self, params: &HoverParams) -> Option<Hover> {
        let mut sections: Vec<String> = Vec::new();
        for at in self.at(&params.text_document_position_params) {
            for unit in &at.analysis.units {
                for block in unit.blocks().iter().filter(|block| holds(block.span, &at)) {
                    if let Some(name) = property_at(unit.as_ref(), block, &at.source, at.byte) {
                        sections.push(property(unit.as_ref(), block, &name));
                    }
                }
            }
            let here = at.analysis.outcome.findings.iter().filter(|finding| holds(finding.primary.span, &at));
            sections.extend(here.map(verdict));
        }
        sections.dedup();
        if sections.is_empty() {
            return None;
        }
        let value = sections.join("\n\n---\n\n");
        let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value });
        Some(Hover { contents, range: None })
    }

    /// The place that decides what was found under the cursor: the end of its chain.
    pub(super) fn definition(&self, params: &GotoDefinitionParams) -> Option<GotoDefinitionResponse> {
        for at in self.at(&params.text_document_position_params) {
            let sources = at.analysis.files.sources();
            let here = at.analysis.outcome.findings.iter().find(|finding| {
                holds(finding.primary.span, &at) || finding.related.iter().any(|label| holds(label.span, &at))
            });
            let Some(finding) = here else { continue };
            let places = std::iter::once(&finding.primary).chain(&finding.related);
            let other: Vec<_> = places
                .filter(|label| !holds(label.span, &at))
                .filter_map(|label| self.location(&sources.get(label.span.source), label.span))
                .collect();
            return Some(GotoDefinitionResponse::Array(other));
        }
        None
    }
}

fn holds(span: Span, at: &At<'_>) -> bool {
    span.source == at.source.id() && span.start <= at.byte && at.byte <= span.end
}

fn verdict(finding: &Finding) -> String {
    let when = finding.when.as_ref().map_or_else(String::new, |when| format!(" when {when}"));
    let help = finding.help.as_ref().map_or_else(String::new, |help| format!("\n\n{help}"));
    format!("**{}** ({}): {}{when}{help}", finding.rule, finding.certainty.name(), finding.message)
}

/// The property whose text holds the byte: the nearest line above, inside the block, that starts with a property's name.
fn property_at(unit: &dyn Evaluator, block: &Block, source: &Source, byte: u32) -> Option<String> {
    let names = unit.property_names(block.id);
    let first = source.line_of(block.span.start);
    let line = source.line_of(byte);
    (first..=line).rev().find_map(|line| {
        let text = source.text().get(source.line_range(line))?.trim_start();
        let text = text.trim_start_matches(['"', '-', ' ']);
        let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        names.iter().any(|known| **known == *name).then_some(name)
    })
}

fn property(unit: &dyn Evaluator, block: &Block, name: &str) -> String {
    let tree = explore(unit.inputs(), Mode::Free, &|world| unit.possible(world), |world| {
        let instances = unit.instances(block.id, world);
        let first = instances.first()?;
        Some(words(&unit.property(first, name, world)))
    });
    let mut cases: Vec<(Vec<Guard>, String)> = Vec::new();
    for leaf in tree.leaves {
        let text = leaf.result.unwrap_or_else(|| "the resource does not exist".to_owned());
        let guard = Guard::path(&leaf.facts, unit.inputs());
        match cases.iter_mut().find(|(_, known)| *known == text) {
            Some((guards, _)) => guards.push(guard),
            None => cases.push((vec![guard], text)),
        }
    }
    let mut lines = vec![format!("**{name}** of `{}`", block.address)];
    let left = cases.len().saturating_sub(MAX_CASES);
    for (guards, text) in cases.into_iter().take(MAX_CASES) {
        match Guard::any(guards) {
            Guard::Always => lines.push(format!("- {text}")),
            guard => lines.push(format!("- {text} when {guard}")),
        }
    }
    if left > 0 {
        lines.push(format!("- and {left} more"));
    }
    lines.join("\n")
}

fn words(value: &Value) -> String {
    if value.is_absent() {
        return "not set".to_owned();
    }
    if let Some(unknown) = value.first_unknown() {
        return format!("can't tell: {}", unknown.reason);
    }
    match (value.marked(), value.to_json()) {
        (Some(text), _) => format!("`{}`", text.replace('`', "'")),
        (None, Some(json)) => format!("`{}`", shorten(&json.to_string().replace('`', "'"))),
        (None, None) => "a structure with references".to_owned(),
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((at, _)) => format!("{} ...", &text[..at]),
        None => text.to_owned(),
    }
}

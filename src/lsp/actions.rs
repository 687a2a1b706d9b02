//! What an editor can do about a finding: its fixes, and ignoring it with a reason.

#![allow(clippy::mutable_key_type, reason = "the protocol's own type of edits is a map by URI")]

use std::collections::HashMap;

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, Range, TextEdit, Uri, WorkspaceEdit,
};

use super::state::State;
use crate::finding::{Finding, Safety};
use crate::source::{Source, Sources};

impl State<'_> {
    pub(super) fn actions(&self, params: &CodeActionParams) -> Vec<CodeActionOrCommand> {
        let Some(path) = Self::path(&params.text_document.uri) else { return Vec::new() };
        let mut actions = Vec::new();
        for analysis in self.analyses.values() {
            let sources = analysis.files.sources();
            for finding in analysis.outcome.findings.iter().filter(|finding| finding.suppressed.is_none()) {
                let source = sources.get(finding.primary.span.source);
                let range = self.columns.range(&source, finding.primary.span);
                if **source.path() != *path || !touches(range, params.range) {
                    continue;
                }
                actions.extend(self.fixes(finding, sources));
                actions.extend(self.ignore(finding, &source));
            }
        }
        actions.into_iter().map(CodeActionOrCommand::CodeAction).collect()
    }

    fn fixes(&self, finding: &Finding, sources: &Sources) -> Vec<CodeAction> {
        let action = |fix: &crate::finding::Fix| {
            let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
            for edit in &fix.edits {
                let source = sources.get(edit.span.source);
                let edit = TextEdit { range: self.columns.range(&source, edit.span), new_text: edit.text.clone() };
                changes.entry(self.uri(source.path())?).or_default().push(edit);
            }
            let safe = fix.safety == Safety::Safe;
            Some(CodeAction {
                title: if safe { fix.title.clone() } else { format!("{} (changes what is deployed)", fix.title) },
                kind: Some(CodeActionKind::QUICKFIX),
                edit: Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }),
                is_preferred: Some(safe),
                ..CodeAction::default()
            })
        };
        finding.fixes.iter().filter_map(action).collect()
    }

    /// A comment above the line. JSON has no comments; there `Metadata` is the place, which no one line can hold.
    fn ignore(&self, finding: &Finding, source: &Source) -> Option<CodeAction> {
        if source.path().ends_with(".json") {
            return None;
        }
        let line = source.line_of(finding.primary.span.start);
        let start = source.line_range(line).start;
        let text = source.text().get(source.line_range(line))?;
        let indent: String = text.chars().take_while(|c| c.is_whitespace()).collect();
        let at = self.columns.position(source, u32::try_from(start).ok()?);
        let new_text = format!("{indent}# strongroom: ignore[{}] TODO: the reason\n", finding.rule);
        let edit = TextEdit { range: Range { start: at, end: at }, new_text };
        let changes = HashMap::from([(self.uri(source.path())?, vec![edit])]);
        Some(CodeAction {
            title: format!("Ignore {} here, with a reason", finding.rule),
            kind: Some(CodeActionKind::QUICKFIX),
            edit: Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }),
            ..CodeAction::default()
        })
    }
}

fn touches(a: Range, b: Range) -> bool {
    a.start <= b.end && b.start <= a.end
}

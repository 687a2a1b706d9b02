//! What an editor can do about a finding: its fixes, and ignoring it with a reason.

#![allow(clippy::mutable_key_type, reason = "the protocol's own type of edits is a map by URI")]

use std::collections::HashMap;

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, Command, Position, Range, ShowDocumentParams,
    TextEdit, Uri, WorkspaceEdit,
};

use super::Analysis;
use super::state::State;
use crate::finding::{Finding, Fix, Safety};
use crate::source::{Source, Sources, Span};

/// The command that shows a place: a document, and what is selected in it.
pub(super) const SHOW: &str = "strongroom.show";

/// Stands where the reason of a suppression belongs.
const REASON: &str = "TODO: the reason";

impl State<'_> {
    pub(super) fn actions(&self, params: &CodeActionParams) -> Vec<CodeActionOrCommand> {
        let Some(path) = Self::path(&params.text_document.uri) else { return Vec::new() };
        let mut actions: Vec<CodeAction> = Vec::new();
        // An edit of a text that can't be read now could not be told from nonsense.
        for judged in self.judged.values().filter(|judged| judged.good.is_none()) {
            let analysis = &judged.now;
            let sources = analysis.files.sources();
            for finding in analysis.outcome.findings.iter().filter(|finding| finding.suppressed.is_none()) {
                let source = sources.get(finding.primary.span.source);
                if **source.path() != *path || !touches(self.columns.range(&source, finding.primary.span), params.range)
                {
                    continue;
                }
                actions.extend(self.fixes(analysis, finding));
                actions.extend(self.ignore(analysis, finding));
            }
        }
        let mut offered: Vec<CodeAction> = Vec::new();
        for action in actions {
            if !offered.iter().any(|known| known.title == action.title && known.edit == action.edit) {
                offered.push(action);
            }
        }
        offered.into_iter().map(CodeActionOrCommand::CodeAction).collect()
    }

    fn fixes(&self, analysis: &Analysis, finding: &Finding) -> Vec<CodeAction> {
        let sources = analysis.files.sources();
        let fixes = self.pipeline.fixes(analysis, finding);
        fixes.iter().filter_map(|fix| self.fix(fix, finding, sources)).collect()
    }

    fn fix(&self, fix: &Fix, finding: &Finding, sources: &Sources) -> Option<CodeAction> {
        let mut changes: HashMap<Uri, Vec<TextEdit>> = HashMap::new();
        for edit in &fix.edits {
            let source = sources.get(edit.span.source);
            let edit = TextEdit { range: self.columns.range(&source, edit.span), new_text: edit.text.clone() };
            changes.entry(self.uri(source.path())?).or_default().push(edit);
        }
        let safe = fix.safety == Safety::Safe;
        let mut title: String = fix.title.chars().take(1).flat_map(char::to_uppercase).collect();
        title.extend(fix.title.chars().skip(1));
        Some(CodeAction {
            title: if safe { title } else { format!("{title} (changes more than the defect)") },
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: self.shown_as(finding, sources).map(|diagnostic| vec![diagnostic]),
            edit: Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }),
            is_preferred: Some(safe),
            ..CodeAction::default()
        })
    }

    /// A comment above the line; where the line is within a text of several lines, above the resource or first in it. It is offered
    /// where judging the changed text says that it does what it should. JSON has no comments: there the configuration,
    /// or a resource's `Metadata`, is the place.
    fn ignore(&self, analysis: &Analysis, finding: &Finding) -> Option<CodeAction> {
        let source = analysis.files.sources().get(finding.primary.span.source);
        if source.path().ends_with(".json") || finding.subject.kind == "suppression" {
            return None;
        }
        let line = |span: Span| source.line_of(span.start);
        let header = header(analysis, finding).map(line);
        let lines = [Some(line(finding.primary.span)), header, header.map(|line| line + 1)];
        let (line, before) = lines.into_iter().flatten().find_map(|line| {
            let indent: String =
                source.text().get(source.line_range(line))?.chars().take_while(|c| c.is_whitespace()).collect();
            let before = format!("{indent}# strongroom: ignore[{}] ", finding.rule);
            self.is_obeyed(finding, &source, line, &before).then_some((line, before))
        })?;
        let at = Position { line: u32::try_from(line).ok()?, character: 0 };
        let new_text = format!("{before}{REASON}{}", line_end(&source));
        let edit = TextEdit { range: Range { start: at, end: at }, new_text };
        let uri = self.uri(source.path())?;
        // Every character of it is ASCII, and counts one in each encoding.
        let width = |text: &str| u32::try_from(text.chars().count()).unwrap_or(0);
        let from = Position { line: at.line, character: width(&before) };
        let to = Position { line: at.line, character: width(&before) + width(REASON) };
        let title = format!("Ignore {} here, with a reason", finding.rule);
        let changes = Some(HashMap::from([(uri.clone(), vec![edit])]));
        Some(CodeAction {
            title: title.clone(),
            kind: Some(CodeActionKind::QUICKFIX),
            edit: Some(WorkspaceEdit { changes, ..WorkspaceEdit::default() }),
            command: self.show(title, uri, Range { start: from, end: to }),
            ..CodeAction::default()
        })
    }

    /// Whether a comment above a line suppresses a finding and breaks nothing.
    fn is_obeyed(&self, finding: &Finding, source: &Source, line: usize, comment: &str) -> bool {
        let mut text = source.text().to_owned();
        text.insert_str(source.line_range(line).start, &format!("{comment}{REASON}{}", line_end(source)));
        let mut buffers = self.buffers.clone();
        buffers.insert(source.path().to_string(), text);
        let then = self.judged_with(source.path(), &buffers);
        let told = then.outcome.findings.iter();
        !told.clone().any(|it| it.suppressed.is_none() && it.fingerprint == finding.fingerprint)
            && told.clone().any(|it| it.suppressed.is_some() && it.fingerprint == finding.fingerprint)
    }

    /// The command that selects a range, for a client that can be asked to.
    fn show(&self, title: String, uri: Uri, selection: Range) -> Option<Command> {
        if !self.shows_documents {
            return None;
        }
        let show = ShowDocumentParams { uri, external: None, take_focus: Some(true), selection: Some(selection) };
        let arguments = Some(vec![serde_json::to_value(show).ok()?]);
        Some(Command { title, command: SHOW.to_owned(), arguments })
    }
}

/// The resource whose text holds what a finding underlines.
fn header(analysis: &Analysis, finding: &Finding) -> Option<Span> {
    let mut blocks = analysis.units.iter().flat_map(|unit| unit.blocks());
    blocks.find(|block| block.span.contains(finding.primary.span)).map(|block| block.span)
}

fn line_end(source: &Source) -> &'static str {
    if source.text().contains("\r\n") { "\r\n" } else { "\n" }
}

fn touches(a: Range, b: Range) -> bool {
    a.start <= b.end && b.start <= a.end
}

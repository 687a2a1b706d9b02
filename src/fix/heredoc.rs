//! Policies that are text: JSON in a heredoc, or in a block scalar that `Sub` fills in.

use super::nodes::Document;
use super::outline::{self, Format};
use super::policy::{self, Added};
use super::statement::Statement;
use super::text::Text;
use crate::read::json;
use crate::source::{Source, SourceId, Span};

/// Adds statements to the JSON that stands in `span`. Interpolations may stand inside of its strings; where they stand
/// elsewhere, or hold quotes, it is no JSON and there is no fix.
pub(super) fn add(source: &Source, span: Span, wanted: Vec<Statement>, primary: Span) -> Option<Added> {
    let text = source.slice(span);
    let inner = outline::scratch("policy.json", text);
    let (node, errors) = json::read(&inner);
    let node = node.filter(|_| errors.is_empty())?;
    let document = Document { text: Text::new(source.text()), format: Format::Json, offset: span.start as usize };
    // The finding's place, as the inner text counts.
    let place = |at: u32| at.saturating_sub(span.start) as usize;
    let primary = if span.contains(primary) {
        Span::new(inner.id(), place(primary.start), place(primary.end))
    } else {
        Span { source: SourceId(u32::MAX), ..primary }
    };
    policy::add(&document, &node, wanted, primary)
}

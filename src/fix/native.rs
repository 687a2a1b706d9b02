//! Edits of HCL's native syntax: arguments, nested blocks and list items are added in the style that stands around them.

use std::ops::Range;

use super::outline::{self, Step};
use super::piece::{Layout, Piece, Syntax};
use super::text::{Change, Text};
use crate::read::hcl::ast::{Attribute, Block, Body, Expr, ExprKind};
use crate::source::{Source, Span};

/// A text of HCL.
pub(super) struct Native<'t> {
    pub(super) text: Text<'t>,
    pub(super) source: &'t Source,
}

/// Arguments that stand apart from the others.
const META: [&str; 4] = ["count", "for_each", "provider", "depends_on"];

impl<'t> Native<'t> {
    pub(super) fn new(source: &'t Source) -> Self {
        Native { text: Text::new(source.text()), source }
    }

    pub(super) fn range(&self, span: Span) -> Range<usize> {
        span.start as usize..span.end as usize
    }

    pub(super) fn slice(&self, span: Span) -> &'t str {
        self.source.slice(span)
    }

    /// Adds `name = value` below the last argument that fits on a line, its `=` under that one's where it fits.
    pub(super) fn add_attribute(&self, block: &Block, name: &str, value: &str) -> Option<Vec<Change>> {
        let (open, close) = self.braces(block)?;
        if self.text.one_line(open..close) {
            return self.expand(block, &format!("{name} = {value}"));
        }
        let fits = |attribute: &&Attribute| {
            let range = self.range(attribute.span);
            let behind = self.text.slice(range.end..self.text.line_end(range.end)).trim_start();
            self.text.begins_line(range.start)
                && self.text.one_line(range)
                && (behind.is_empty() || behind.starts_with('#') || behind.starts_with("//"))
        };
        let plain = |attribute: &&Attribute| !META.contains(&&*attribute.name);
        if let Some(above) = block.body.attributes.iter().filter(plain).rfind(fits) {
            let start = self.range(above.span).start;
            let indent = self.text.indent(start);
            let sign = self.slice(Span { end: above.value.span.start, ..above.name_span }).find('=')?;
            let column = self.text.column(start) + sign;
            let pad = if !value.contains('\n') { column.saturating_sub(1 + indent.len() + name.len()) } else { 0 };
            let line = format!("{indent}{name}{} = {value}", " ".repeat(pad));
            return Some(vec![self.text.below(start, &line)]);
        }
        let behind = self.text.slice(open + 1..self.text.line_end(open)).trim_start();
        if !(behind.is_empty() || behind.starts_with('#') || behind.starts_with("//")) {
            return None;
        }
        let layout = self.layout(block);
        Some(vec![self.text.below(open, &format!("{}{}{name} = {value}", layout.indent, layout.unit))])
    }

    /// Adds a nested block at the end of a block, or below the last nested block of the same kind. `lines` writes it for
    /// a layout whose indent is that of the nested block.
    pub(super) fn add_block(
        &self,
        block: &Block,
        kind: &str,
        lines: &dyn Fn(&Layout) -> String,
    ) -> Option<Vec<Change>> {
        let (open, close) = self.braces(block)?;
        let outer = self.layout(block);
        let inner = Layout { indent: format!("{}{}", outer.indent, outer.unit), ..outer };
        let eol = self.text.eol;
        let written = lines(&inner);
        if self.text.one_line(open..close) {
            return self.expand(block, written.trim_start());
        }
        if let Some(last) = block.body.blocks.iter().rfind(|nested| &*nested.kind == kind) {
            return Some(vec![self.text.below(self.range(last.span).end, &format!("{eol}{written}"))]);
        }
        if !self.text.begins_line(close) {
            return None;
        }
        let start = self.text.line_start(close);
        let empty = block.body.attributes.is_empty() && block.body.blocks.is_empty();
        let above = self.text.slice(0..start).trim_end_matches(['\r', '\n']);
        let spaced = self.text.slice(above.len()..start).matches('\n').count() > 1;
        let blank = if empty || spaced { "" } else { eol };
        Some(vec![Change::insert(start, format!("{blank}{written}{eol}"))])
    }

    /// Makes a block on one line one of several lines, with a further line.
    fn expand(&self, block: &Block, line: &str) -> Option<Vec<Change>> {
        let (open, close) = self.braces(block)?;
        let layout = self.layout(block);
        let inside = self.text.slice(open + 1..close);
        let break_to = |indent: &str| format!("{}{indent}", layout.eol);
        let inner = format!("{}{}", layout.indent, layout.unit);
        let (first, last) = (break_to(&inner), break_to(&layout.indent));
        if inside.trim().is_empty() {
            return Some(vec![Change::replace(open + 1..close, format!("{first}{line}{last}"))]);
        }
        let start = open + 1 + inside.len() - inside.trim_start().len();
        let end = open + 1 + inside.trim_end().len();
        let before = Change::replace(open + 1..start, first.clone());
        Some(vec![before, Change::replace(end..close, format!("{first}{line}{last}"))])
    }

    /// Where the braces of a block stand.
    fn braces(&self, block: &Block) -> Option<(usize, usize)> {
        let (header, whole) = (self.range(block.header), self.range(block.span));
        let open = header.end + self.text.slice(header.end..whole.end).find('{')?;
        let close = whole.end.checked_sub(1).filter(|close| self.text.slice(*close..whole.end) == "}")?;
        (open < close).then_some((open, close))
    }

    /// The layout of a block: its own indent, and what one level is in it.
    fn layout(&self, block: &Block) -> Layout {
        let indent = self.text.indent(self.range(block.span).start).to_owned();
        let first = block.body.attributes.iter().map(|attribute| attribute.span);
        let children = first.chain(block.body.blocks.iter().map(|nested| nested.span));
        let mut indents = children
            .map(|span| self.range(span).start)
            .filter(|start| self.text.begins_line(*start))
            .filter_map(|start| self.text.indent(start).strip_prefix(indent.as_str()));
        let unit = indents.find(|unit| !unit.is_empty()).unwrap_or("  ").to_owned();
        Layout { lines: true, indent, unit, eol: self.text.eol }
    }

    /// Inserts text behind a block, a blank line between.
    pub(super) fn behind(&self, block: &Block, lines: &str) -> Change {
        let eol = self.text.eol;
        let lines = lines.replace('\n', eol);
        Change::insert(self.text.line_end(self.range(block.span).end), format!("{eol}{eol}{lines}"))
    }

    /// Adds items behind the last one of a list; an object in the place of the list becomes the first item.
    pub(super) fn add_items(&self, list: &Expr, items: &[Piece]) -> Option<Vec<Change>> {
        let range = self.range(list.span);
        let ExprKind::Tuple(present) = &list.kind else {
            let layout = self.beside(list.span);
            let items = self.write(items, &layout, ", ");
            return Some(vec![Change::insert(range.start, "["), Change::insert(range.end, format!(", {items}]"))]);
        };
        let Some(last) = present.last() else {
            let flat = Layout { lines: false, ..self.beside(list.span) };
            return Some(vec![Change::replace(range, format!("[{}]", self.write(items, &flat, ", ")))]);
        };
        let layout = self.beside(last.span);
        let start = self.range(last.span).start;
        let between = if self.text.begins_line(start) {
            format!(",{}{}", self.text.eol, self.text.indent(start))
        } else {
            ", ".to_owned()
        };
        let items = self.write(items, &layout, &between);
        Some(vec![Change::insert(self.range(last.span).end, format!("{between}{items}"))])
    }

    fn write(&self, items: &[Piece], layout: &Layout, between: &str) -> String {
        items.iter().map(|item| item.write(Syntax::Hcl, layout)).collect::<Vec<_>>().join(between)
    }

    /// The layout of a value like the one in `span`.
    fn beside(&self, span: Span) -> Layout {
        let range = self.range(span);
        let indent = self.text.indent(range.start).to_owned();
        let second = self.text.line_end(range.start) + self.text.eol.len();
        let inner = if second < range.end { self.text.indent(second) } else { "" };
        let unit = inner.strip_prefix(indent.as_str()).filter(|unit| !unit.is_empty()).unwrap_or("  ").to_owned();
        Layout { lines: !self.text.one_line(range), indent, unit, eol: self.text.eol }
    }
}

/// The attribute with this name; the last one counts.
pub(super) fn attribute<'b>(body: &'b Body, name: &str) -> Option<&'b Attribute> {
    body.attributes.iter().rfind(|attribute| &*attribute.name == name)
}

/// Where a top-level block stands in the tree of its file.
pub(super) fn path(body: &Body, block: &Block) -> Vec<Step> {
    let key = outline::block_key(block);
    let before = |other: &&Block| other.span.start < block.span.start && outline::block_key(other) == key;
    vec![Step::Key(key.clone()), Step::Item(body.blocks.iter().filter(before).count())]
}

/// The names of a traversal, indices left out: `data.aws_kms_key.k[0].arn` gives four; none for anything else.
pub(super) fn names(expr: &Expr) -> Option<Vec<&str>> {
    match &expr.kind {
        ExprKind::Variable(name) => Some(vec![name]),
        ExprKind::GetAttr { object, name, .. } => {
            let mut names = self::names(object)?;
            names.push(name);
            Some(names)
        }
        ExprKind::Index { object, .. } => names(object),
        _ => None,
    }
}

//! Edits of YAML and JSON: members and items are added in the style that stands around them.

use std::ops::Range;

use super::outline::Format;
use super::piece::{Layout, Piece, Syntax};
use super::text::{Change, Text};
use crate::read::tree::{Data, Member, Node, Style};
use crate::source::Span;

/// A text of YAML or JSON.
pub(super) struct Document<'t> {
    pub(super) text: Text<'t>,
    pub(super) format: Format,
    /// Where the read text begins in the whole one (JSON inside of a block scalar or heredoc).
    pub(super) offset: usize,
}

/// New members of a map.
pub(super) type Members = [(String, Piece)];

impl Document<'_> {
    pub(super) fn syntax(&self) -> Syntax {
        if self.format == Format::Json { Syntax::Json } else { Syntax::Yaml }
    }

    pub(super) fn range(&self, span: Span) -> Range<usize> {
        self.offset + span.start as usize..self.offset + span.end as usize
    }

    /// Adds members to a map. `owner` is the member whose value the map is; in block style they come below the member
    /// `after`, where it fits on a line, else below the last that does.
    pub(super) fn add_members(
        &self,
        owner: &Member,
        map: &Node,
        after: Option<&str>,
        members: &Members,
    ) -> Option<Vec<Change>> {
        let nothing = matches!(map.data, Data::Null);
        if map.tag.is_some() || !(map.is_mapping() || nothing) {
            return None;
        }
        match map.style {
            Style::Flow => {
                let starts = map.members().iter().map(|member| self.range(member.key_span).start);
                let ends = map.members().iter().map(|member| self.range(member.value.whole()).end);
                let make = |layout: &Layout| self.flow_members(members, layout);
                self.add_flow(self.range(map.span), &starts.zip(ends).collect::<Vec<_>>(), &make, ["{ ", " }"])
            }
            _ if self.format == Format::Json && nothing => {
                let value = Piece::Map(members.to_vec()).write(Syntax::Json, &self.flat());
                Some(vec![Change::replace(self.range(map.whole()), value)])
            }
            _ => {
                let (at, indent) = self.block_place(owner, map, after)?;
                let lines: Vec<String> = members
                    .iter()
                    .map(|(key, value)| self.block_line(key, value, &indent, &self.unit_at(owner, &indent)))
                    .collect();
                Some(vec![self.text.below(at, &lines.join(self.text.eol))])
            }
        }
    }

    fn flow_members(&self, members: &Members, layout: &Layout) -> String {
        let separator = if layout.lines { format!(",{}{}", layout.eol, layout.indent) } else { ", ".to_owned() };
        let one = |(key, value): &(String, Piece)| {
            format!("{}: {}", super::piece::string(key, self.syntax()), value.write(self.syntax(), layout))
        };
        members.iter().map(one).collect::<Vec<_>>().join(&separator)
    }

    fn block_line(&self, key: &str, value: &Piece, indent: &str, unit: &str) -> String {
        let layout = Layout { lines: true, indent: indent.to_owned(), unit: unit.to_owned(), eol: self.text.eol };
        format!("{indent}{}", Piece::block_member(key, value, &layout))
    }

    /// One level of indentation below the line of `owner`, judged by what stands there.
    fn unit_at(&self, owner: &Member, indent: &str) -> String {
        let above = self.text.indent(self.range(owner.key_span).start).len();
        " ".repeat(indent.len().checked_sub(above).filter(|unit| (1..=8).contains(unit)).unwrap_or(2))
    }

    /// Below which line, and how far indented, new members of a map in block style come.
    fn block_place(&self, owner: &Member, map: &Node, after: Option<&str>) -> Option<(usize, String)> {
        let key = self.range(owner.key_span);
        if matches!(map.data, Data::Null) {
            let rest = self.text.slice(key.end..self.text.line_end(key.end)).trim_start();
            let nothing = rest.strip_prefix(':')?.trim_start();
            if !is_empty(map) || !(nothing.is_empty() || nothing.starts_with('#')) {
                return None;
            }
            return Some((key.end, format!("{}  ", " ".repeat(self.text.column(key.start)))));
        }
        let whole = self.range(map.span);
        let own = |member: &&Member| {
            let start = self.range(member.key_span).start;
            whole.contains(&start) && self.text.begins_line(start)
        };
        let first = map.members().iter().find(own)?;
        let indent = self.text.indent(self.range(first.key_span).start).to_owned();
        let on_a_line = |member: &&Member| own(member) && self.on_a_line(member);
        let named = map.members().iter().filter(on_a_line).find(|member| after == Some(&*member.key));
        if let Some(member) = named.or_else(|| map.members().iter().rfind(on_a_line)) {
            return Some((self.range(member.key_span).start, indent));
        }
        let below = self.text.line_end(key.end);
        (below < whole.start).then_some((key.end, indent))
    }

    /// Whether key and value stand on one line and nothing of the value follows below.
    fn on_a_line(&self, member: &Member) -> bool {
        let (key, value) = (self.range(member.key_span), self.range(member.value.whole()));
        !matches!(member.value.style, Style::Block | Style::Literal | Style::Folded)
            && value.start > key.end
            && value.start < value.end
            && self.text.one_line(key.start..value.end)
    }

    /// Adds a member to the map that `sibling` belongs to, below everything that belongs to `sibling`.
    pub(super) fn add_sibling(
        &self,
        owner: &Member,
        sibling: &Member,
        key: &str,
        value: &Piece,
    ) -> Option<Vec<Change>> {
        if owner.value.style == Style::Flow {
            return self.add_members(owner, &owner.value, None, &[(key.to_owned(), value.clone())]);
        }
        let start = self.range(sibling.key_span).start;
        if !self.text.begins_line(start) || owner.value.style != Style::Block {
            return None;
        }
        let indent = self.text.indent(start);
        let line = self.text.line_start(start);
        let above = self.text.slice(0..line.saturating_sub(self.text.eol.len()));
        let end = self.range(sibling.value.whole()).end;
        let below = self.text.slice(self.text.line_end(end)..self.text.all.len());
        let spaced = above.trim_end_matches([' ', '\t']).ends_with('\n')
            || below.starts_with("\n\n")
            || below.starts_with("\r\n\r\n");
        let blank = if spaced { self.text.eol } else { "" };
        let unit = self.unit_at(owner, indent);
        let lines = format!("{blank}{}", self.block_line(key, value, indent, &unit));
        Some(vec![self.text.below(end, &lines)])
    }

    /// Adds items behind the last one of a list.
    pub(super) fn add_items(&self, list: &Node, items: &[Piece]) -> Option<Vec<Change>> {
        if list.tag.is_some() {
            return None;
        }
        let ranges: Vec<_> = list.items().iter().map(|item| self.range(item.whole())).collect();
        if list.style == Style::Flow {
            let make = |layout: &Layout| {
                let separator =
                    if layout.lines { format!(",{}{}", layout.eol, layout.indent) } else { ", ".to_owned() };
                items.iter().map(|item| item.write(self.syntax(), layout)).collect::<Vec<_>>().join(&separator)
            };
            let ranges: Vec<_> = ranges.iter().map(|range| (range.start, range.end)).collect();
            return self.add_flow(self.range(list.span), &ranges, &make, ["[", "]"]);
        }
        let last = ranges.last()?;
        let line = self.text.slice(self.text.line_start(last.start)..last.start);
        let indent = &line[..line.len() - line.trim_start_matches(' ').len()];
        if !line.trim_start().starts_with('-') {
            return None;
        }
        let layout = Layout { lines: true, indent: indent.to_owned(), unit: "  ".to_owned(), eol: self.text.eol };
        let lines: Vec<String> = items.iter().map(|item| format!("{indent}{}", item.block_item(&layout))).collect();
        Some(vec![self.text.below(last.end, &lines.join(self.text.eol))])
    }

    /// Makes the only item of a list in brackets the first of several.
    pub(super) fn wrap(&self, only: &Node, items: &[Piece]) -> Option<Vec<Change>> {
        if only.style != Style::Flow || only.tag.is_some() {
            return None;
        }
        let range = self.range(only.span);
        let flat = self.flat();
        let items: Vec<String> = items.iter().map(|item| item.write(self.syntax(), &flat)).collect();
        let behind = format!(", {}]", items.join(", "));
        Some(vec![Change::insert(range.start, "["), Change::insert(range.end, behind)])
    }

    /// Adds to a collection in brackets: behind the last child, or before the first where comments or a comma follow the
    /// last.
    fn add_flow(
        &self,
        whole: Range<usize>,
        children: &[(usize, usize)],
        make: &dyn Fn(&Layout) -> String,
        brackets: [&str; 2],
    ) -> Option<Vec<Change>> {
        let inside = self.text.slice(whole.start + 1..whole.end - 1);
        let Some((&(first, _), &(_, last))) = children.first().zip(children.last()) else {
            let written = format!("{}{}{}", brackets[0], make(&self.flat()), brackets[1]);
            return inside.trim().is_empty().then(|| vec![Change::replace(whole, written)]);
        };
        let lines = self.text.begins_line(first);
        let layout = if lines { self.lines_at(whole.start, first) } else { self.flat() };
        let new = make(&layout);
        let between = if lines { format!("{}{}", layout.eol, layout.indent) } else { " ".to_owned() };
        if last > first && last < whole.end && self.text.slice(last..whole.end - 1).trim().is_empty() {
            return Some(vec![Change::insert(last, format!(",{between}{new}"))]);
        }
        (whole.start < first && first < whole.end).then(|| vec![Change::insert(first, format!("{new},{between}"))])
    }

    /// The layout of lines like that of `child`, in the collection that begins at `open`.
    fn lines_at(&self, open: usize, child: usize) -> Layout {
        let (outer, inner) = (self.text.indent(open), self.text.indent(child));
        let unit = inner.strip_prefix(outer).filter(|unit| !unit.is_empty());
        let unit = unit.unwrap_or(if inner.starts_with('\t') { "\t" } else { "  " });
        Layout { lines: true, indent: inner.to_owned(), unit: unit.to_owned(), eol: self.text.eol }
    }

    fn flat(&self) -> Layout {
        Layout { lines: false, indent: String::new(), unit: "  ".to_owned(), eol: self.text.eol }
    }

    /// Writes a scalar or function in the stead of a member's value.
    pub(super) fn replace(&self, member: &Member, value: &Piece) -> Option<Vec<Change>> {
        let node = &member.value;
        let (key, old) = (self.range(member.key_span), self.range(node.whole()));
        if is_empty(node) && node.tag.is_none() {
            let rest = self.text.slice(key.end..self.text.line_end(key.end));
            let colon = rest.starts_with(':').then_some(key.end + 1)?;
            return Some(vec![Change::insert(colon, format!(" {}", value.write(self.syntax(), &self.flat())))]);
        }
        if old.start < key.end || node.style == Style::Block {
            return None;
        }
        Some(vec![Change::replace(old, value.write(self.syntax(), &self.flat()))])
    }
}

fn is_empty(node: &Node) -> bool {
    node.span.start == node.span.end
}

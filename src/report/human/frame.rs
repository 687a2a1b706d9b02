//! Which lines of which sources are shown for a finding, and which labels on each.

use std::sync::Arc;

use super::line::{Mark, View};
use super::{Ink, Options};
use crate::finding::Label;
use crate::report::place::{Places, first_line};
use crate::source::{Source, Sources, Span};

/// The snippets of one finding: the deciding text first, then the chain, nearest first.
pub(super) struct Frames {
    pub(super) list: Vec<Frame>,
}

/// Neighbouring lines of one source.
pub(super) struct Frame {
    source: Arc<Source>,
    /// Where the frame's first label begins.
    head: Span,
    rows: Vec<Row>,
}

/// A line with its labels.
struct Row {
    /// From 0.
    line: usize,
    view: View,
    marks: Vec<Mark>,
}

/// Labels on lines no further apart than this share a frame.
const NEAR: usize = 2;

impl Frames {
    /// The frames of these labels, in a terminal of `width` columns.
    pub(super) fn of(places: &mut Places<'_>, primary: &Label, related: &[Label], width: usize) -> Frames {
        let mut frames = Frames { list: Vec::new() };
        let mut told: Vec<Span> = Vec::new();
        let labels = std::iter::once((primary, true)).chain(related.iter().map(|label| (label, false)));
        for (label, primary) in labels {
            let source = places.source(label.span.source);
            let span = first_line(&source, label.span);
            let message = also(related, label, primary);
            if told.contains(&span) {
                continue;
            }
            told.push(span);
            frames.add(places.sources(), source, Mark { span, message, primary }, width);
        }
        frames
    }

    /// Columns left of the vertical bar.
    pub(super) fn margin(&self) -> usize {
        let last = self.list.iter().flat_map(|frame| &frame.rows).map(|row| row.line + 1).max().unwrap_or(0);
        last.to_string().len() + 2
    }

    fn add(&mut self, sources: &Sources, source: Arc<Source>, mark: Mark, width: usize) {
        let line = source.line_of(mark.span.start);
        let near = self.list.iter_mut().find(|frame| {
            frame.source.id() == source.id()
                && frame.rows.iter().any(|row| row.line.abs_diff(line) <= NEAR)
                && frame.rows.iter().find(|row| row.line == line).is_none_or(|row| row.fits(&mark))
        });
        match near {
            Some(frame) => frame.add(sources, line, mark, width),
            None => {
                let mut frame = Frame { source, head: mark.span, rows: Vec::new() };
                frame.add(sources, line, mark, width);
                self.list.push(frame);
            }
        }
    }
}

/// What is said of a text: a related label of the very same text joins the one that is told first.
fn also(related: &[Label], label: &Label, primary: bool) -> String {
    let mut messages = vec![label.message.as_str()];
    let others = related.iter().filter(|other| other.span == label.span && (primary || !std::ptr::eq(*other, label)));
    for other in others {
        if !messages.contains(&other.message.as_str()) {
            messages.push(&other.message);
        }
    }
    messages.retain(|message| !message.is_empty());
    messages.join("; ")
}

impl Frame {
    /// `path:line:column` of the frame's first label.
    pub(super) fn place(&self, places: &mut Places<'_>) -> String {
        let place = places.of(self.head);
        format!("{}:{}:{}", place.path, place.start.line, place.start.column)
    }

    /// The frame's text: lines with numbers, and their labels.
    pub(super) fn lines(&self, ink: Ink, options: &Options<'_>, margin: usize) -> Vec<String> {
        self.rows.iter().flat_map(|row| row.view.render(row.line + 1, &row.marks, ink, options, margin)).collect()
    }

    fn add(&mut self, sources: &Sources, line: usize, mark: Mark, width: usize) {
        // The lines between two labels are shown as well.
        let (first, last) = match (self.rows.first(), self.rows.last()) {
            (Some(first), Some(last)) => (first.line.min(line), last.line.max(line)),
            _ => (line, line),
        };
        for line in first..=last {
            if let Err(at) = self.rows.binary_search_by_key(&line, |row| row.line) {
                let view = View::around(sources, &self.source, line, mark.span, width);
                self.rows.insert(at, Row { line, view, marks: Vec::new() });
            }
        }
        if let Ok(at) = self.rows.binary_search_by_key(&line, |row| row.line) {
            self.rows[at].marks.push(mark);
            self.rows[at].marks.sort_by_key(|mark| (mark.span.start, mark.span.end));
        }
    }
}

impl Row {
    /// Whether the label can be told on this line: its text is in view, and it starts where no other does. Where one
    /// text holds another, the outer one is underlined up to its first blank (`!If`), so starts are all that matters.
    fn fits(&self, mark: &Mark) -> bool {
        self.view.shows(mark.span.start) && self.marks.iter().all(|other| other.span.start != mark.span.start)
    }
}

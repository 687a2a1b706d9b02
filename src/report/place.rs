//! Spans to places: path, lines and columns, and a place's text as a URI.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::finding;
use crate::source::uri::{self, Paths};
use crate::source::{Position, Source, SourceId, Sources, Span};

/// A span as formats print it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Path as shown to people.
    pub(super) path: Arc<str>,
    /// First character.
    pub(super) start: Position,
    /// One past the last character.
    pub(super) end: Position,
}

/// Turns spans into places. Columns are counted from marks, so that a line of many megabytes costs no more than a
/// short one.
pub(super) struct Places<'a> {
    sources: &'a Sources,
    seen: BTreeMap<SourceId, Seen>,
}

struct Seen {
    source: Arc<Source>,
    /// Characters before each [`CHUNK`]th byte; filled when a column lies further right than that.
    marks: Vec<u32>,
}

const CHUNK: usize = 1024;

impl<'a> Places<'a> {
    pub(super) fn new(sources: &'a Sources) -> Self {
        Places { sources, seen: BTreeMap::new() }
    }

    /// All sources.
    pub(super) fn sources(&self) -> &'a Sources {
        self.sources
    }

    /// The source that a span lies in.
    pub(super) fn source(&mut self, id: SourceId) -> Arc<Source> {
        Arc::clone(&self.seen(id).source)
    }

    /// The place of a span.
    pub(super) fn of(&mut self, span: Span) -> Place {
        let seen = self.seen(span.source);
        let (start, end) = (seen.position(span.start), seen.position(span.end));
        Place { path: Arc::clone(seen.source.path()), start, end }
    }

    /// The place of what a span has on its first line: an annotation is shown where all its lines were changed.
    pub(super) fn narrow(&mut self, span: Span) -> Place {
        let source = self.source(span.source);
        self.of(first_line(&source, span))
    }

    /// Path, line and column of a problem, as far as it has them.
    pub(super) fn of_problem(&mut self, place: &finding::Place) -> (Option<Arc<str>>, Option<Place>) {
        match place {
            finding::Place::Span(span) => {
                let place = self.narrow(*span);
                (Some(Arc::clone(&place.path)), Some(place))
            }
            finding::Place::Path(path) => (Some(path.as_str().into()), None),
            finding::Place::Nowhere => (None, None),
        }
    }

    fn seen(&mut self, id: SourceId) -> &mut Seen {
        self.seen.entry(id).or_insert_with(|| Seen { source: self.sources.get(id), marks: Vec::new() })
    }
}

impl Seen {
    fn position(&mut self, offset: u32) -> Position {
        let text = self.source.text();
        let line = self.source.line_of(offset);
        let start = self.source.line_range(line).start;
        if (offset as usize).saturating_sub(start) <= 4 * CHUNK || offset as usize > text.len() {
            return self.source.position(offset);
        }
        if self.marks.is_empty() {
            let mut before = 0;
            for chunk in text.as_bytes().chunks(CHUNK) {
                self.marks.push(before);
                before += characters(chunk);
            }
        }
        let mut byte = offset as usize;
        while !text.is_char_boundary(byte) {
            byte -= 1;
        }
        let before = |byte: usize| {
            let chunk = (byte / CHUNK).min(self.marks.len() - 1);
            self.marks[chunk] + characters(&text.as_bytes()[chunk * CHUNK..byte])
        };
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Position { line: number(line + 1), column: before(byte) - before(start) + 1, byte: number(byte) }
    }
}

/// Characters that begin in these bytes of UTF-8.
fn characters(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()).unwrap_or(u32::MAX)
}

/// What a span has on its first line.
pub(super) fn first_line(source: &Source, span: Span) -> Span {
    let end = source.line_range(source.line_of(span.start)).end;
    let start = span.start as usize;
    Span::new(span.source, start, (span.end as usize).min(end).max(start))
}

/// A path as a relative, percent-encoded URI reference; an absolute path as a `file` URI.
pub(super) fn uri(path: &str) -> String {
    uri::reference(path, Paths::HERE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Encoding;

    #[test]
    fn columns_in_long_lines_are_those_that_counting_gives() {
        let text = format!("first\n{}\nlast", "aé𝄞".repeat(9_000));
        let sources = Sources::new();
        let source = sources.add_text("t", text, Encoding::Utf8);
        let mut places = Places::new(&sources);
        for offset in (0..63_500).step_by(977) {
            let place = places.of(Span::new(source.id(), offset, offset + 3));
            assert_eq!(place.start, source.position(offset as u32), "{offset}");
            assert_eq!(place.end, source.position(offset as u32 + 3), "{offset}");
        }
    }

    #[test]
    fn a_span_is_narrowed_to_its_first_line() {
        let sources = Sources::new();
        let source = sources.add_text("t", "ab\r\ncd".to_owned(), Encoding::Utf8);
        let mut places = Places::new(&sources);
        let place = places.narrow(Span::new(source.id(), 1, 6));
        assert_eq!((place.start.byte, place.end.byte, place.end.line), (1, 2, 1));
        let place = places.narrow(Span::new(source.id(), 6, 6));
        assert_eq!((place.start.line, place.start.column, place.end.column), (2, 3, 3));
    }
}

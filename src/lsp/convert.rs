//! Between the editor's places and ours: URIs and paths, positions and bytes.

use lsp_types::{Position, Range, Uri};

use crate::source::uri::{self, Paths};
use crate::source::{Source, Span};

/// What an editor counts columns in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Columns {
    /// Bytes.
    Utf8,
    /// UTF-16 code units.
    Utf16,
    /// Code points.
    Utf32,
}

impl Columns {
    fn width(self, character: char) -> usize {
        match self {
            Columns::Utf8 => character.len_utf8(),
            Columns::Utf16 => character.len_utf16(),
            Columns::Utf32 => 1,
        }
    }

    /// The position of a byte.
    pub(super) fn position(self, source: &Source, byte: u32) -> Position {
        let at = source.position(byte);
        let line = at.line - 1;
        let start = source.line_range(line as usize).start;
        let before = source.text().get(start..at.byte as usize).unwrap_or("");
        let column: usize = before.chars().map(|character| self.width(character)).sum();
        Position { line, character: u32::try_from(column).unwrap_or(u32::MAX) }
    }

    /// The range of a span.
    pub(super) fn range(self, source: &Source, span: Span) -> Range {
        Range { start: self.position(source, span.start), end: self.position(source, span.end) }
    }

    /// The byte of a position in `text`; a position past the end of a line is the line's end.
    pub(super) fn byte(self, text: &str, position: Position) -> usize {
        let mut start = 0;
        for _ in 0..position.line {
            match memchr::memchr(b'\n', text.as_bytes().get(start..).unwrap_or_default()) {
                Some(end) => start += end + 1,
                None => return text.len(),
            }
        }
        let mut left = position.character as usize;
        for (at, character) in text[start..].char_indices() {
            if left == 0 || character == '\n' || character == '\r' {
                return start + at;
            }
            left = left.saturating_sub(self.width(character));
        }
        text.len()
    }
}

/// The absolute path that a `file:` URI names.
pub(super) fn path_of(uri: &Uri) -> Option<String> {
    uri::to_file(uri.as_str(), Paths::HERE)
}

/// The `file:` URI of an absolute path.
pub(super) fn uri_of(absolute: &str) -> Option<Uri> {
    uri::of_file(absolute, Paths::HERE)?.parse().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use crate::source::{Encoding, Sources};

    #[test]
    fn positions_go_there_and_back_in_every_encoding() {
        let text = "aé𝄞x\r\nβ";
        let source = Sources::new().add_text("t", text.to_owned(), Encoding::Utf8);
        for columns in [Columns::Utf8, Columns::Utf16, Columns::Utf32] {
            for (byte, _) in text.char_indices().filter(|(_, c)| *c != '\n' && *c != '\r') {
                let position = columns.position(&source, u32::try_from(byte).unwrap());
                assert_eq!(columns.byte(text, position), byte, "{columns:?}");
            }
        }
        let x = u32::try_from(text.find('x').unwrap()).unwrap();
        let column = |columns: Columns| columns.position(&source, x).character;
        assert_eq!([Columns::Utf8, Columns::Utf16, Columns::Utf32].map(column), [7, 4, 3]);
        assert_eq!(Columns::Utf16.byte(text, Position { line: 0, character: 99 }), text.find('\r').unwrap());
        assert_eq!(Columns::Utf16.byte(text, Position { line: 9, character: 0 }), text.len());
    }
}

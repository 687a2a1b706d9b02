//! Lines and blanks of a text that is about to be edited: line ends, indentation, columns.

use std::ops::Range;

/// A text and its habits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'t> {
    /// All of it.
    pub(super) all: &'t str,
    /// How its lines end.
    pub(super) eol: &'static str,
}

/// One replacement of bytes; an empty range inserts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// What is replaced.
    pub(super) range: Range<usize>,
    /// The new text.
    pub(super) text: String,
}

impl Change {
    pub(super) fn insert(at: usize, text: impl Into<String>) -> Self {
        Change { range: at..at, text: text.into() }
    }

    pub(super) fn replace(range: Range<usize>, text: impl Into<String>) -> Self {
        Change { range, text: text.into() }
    }
}

impl<'t> Text<'t> {
    pub(super) fn new(all: &'t str) -> Self {
        let eol = match all.find('\n') {
            Some(at) if all[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        };
        Text { all, eol }
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &'t str {
        self.all.get(range).unwrap_or("")
    }

    pub(super) fn line_start(&self, at: usize) -> usize {
        self.slice(0..at).rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// The end of the line that holds `at`, without its line end.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let end = self.slice(at..self.all.len()).find('\n').map_or(self.all.len(), |length| at + length);
        if end > at && self.slice(at..end).ends_with('\r') { end - 1 } else { end }
    }

    /// The blanks that the line of `at` begins with.
    pub(super) fn indent(&self, at: usize) -> &'t str {
        let line = self.slice(self.line_start(at)..self.line_end(at));
        &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
    }

    /// Bytes between the start of the line and `at`.
    pub(super) fn column(&self, at: usize) -> usize {
        at - self.line_start(at)
    }

    /// Whether only blanks stand before `at` on its line.
    pub(super) fn begins_line(&self, at: usize) -> bool {
        self.slice(self.line_start(at)..at).trim().is_empty()
    }

    /// Whether the range lies on one line.
    pub(super) fn one_line(&self, range: Range<usize>) -> bool {
        !self.slice(range).contains('\n')
    }

    /// Inserts whole lines (without a line end behind the last) below the line that holds `at`.
    pub(super) fn below(&self, at: usize, lines: &str) -> Change {
        Change::insert(self.line_end(at), format!("{}{lines}", self.eol))
    }
}

/// The text with the changes made; `None` where they overlap or do not fit.
pub(super) fn changed(text: &str, changes: &[Change]) -> Option<String> {
    let mut ordered: Vec<&Change> = changes.iter().collect();
    ordered.sort_by_key(|change| (change.range.start, change.range.end));
    let mut out = String::with_capacity(text.len() + 256);
    let mut at = 0;
    for change in ordered {
        out.push_str(text.get(at..change.range.start)?);
        out.push_str(&change.text);
        at = change.range.end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_with_either_end() {
        for (all, eol) in [("a: 1\n  b\n", "\n"), ("a: 1\r\n  b\r\n", "\r\n")] {
            let text = Text::new(all);
            assert_eq!(text.eol, eol);
            assert_eq!(text.line_end(0), 4);
            let b = all.find('b').unwrap_or(0);
            assert_eq!((text.indent(b), text.column(b), text.begins_line(b)), ("  ", 2, true));
            assert_eq!(changed(all, &[text.below(1, "x: 2")]), Some(format!("a: 1{eol}x: 2{eol}  b{eol}")));
        }
        assert_eq!(Text::new("a").below(0, "b"), Change::insert(1, "\nb"));
        assert_eq!(changed("abc", &[Change::replace(0..2, "x"), Change::insert(1, "y")]), None);
    }
}

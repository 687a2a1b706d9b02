//! One pass over the characters of HCL text that knows brackets, strings, heredocs and comments, but no grammar.
//!
//! It gives what the parser lacks: where top-level items begin and end (so that one broken item does not cost the
//! others), how deep brackets nest, and a copy of the text in which every newline that HCL ignores is a blank. HCL
//! ignores newlines inside parentheses, brackets, `for` expressions and interpolations; `hcl-edit` does so only in some
//! of these places. All offsets of the copy are those of the text.

use std::borrow::Cow;
use std::ops::Range;

use crate::source::limits::MAX_OBJECT_KEYS;

/// What the pass finds.
pub(super) struct Scan<'t> {
    /// The text with insignificant newlines and comments blanked, equally long.
    pub(super) masked: Cow<'t, str>,
    /// Top-level items: attributes and blocks, without surrounding blanks.
    pub(super) items: Vec<Range<usize>>,
    /// The deepest nesting of brackets, strings and interpolations.
    pub(super) depth: usize,
    /// Where the nesting first is deepest.
    pub(super) deepest: usize,
    /// Where the lexical structure is broken, and how; in order.
    pub(super) faults: Vec<(Range<usize>, Fault)>,
    /// Comments, with what opens and closes them.
    pub(super) comments: Vec<Range<usize>>,
}

/// How the lexical structure is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A quoted string that its line does not close.
    OpenString,
    /// A bracket, heredoc or comment that is never closed.
    Unclosed,
    /// A closing bracket that closes nothing.
    Unopened,
    /// An object with more keys than are read.
    ManyKeys,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// A block's body or an object.
    Brace,
    /// An object `for`.
    ForBrace,
    Paren,
    Bracket,
    /// `${` or `%{`.
    Interpolation,
    Quoted,
    /// With its marker's place.
    Heredoc(usize, usize),
}

impl Mode {
    /// Whether HCL ignores newlines here.
    fn ignores_newlines(self) -> bool {
        matches!(self, Mode::ForBrace | Mode::Paren | Mode::Bracket | Mode::Interpolation)
    }
}

/// Scans a file or a part of one.
pub(super) fn scan(text: &str) -> Scan<'_> {
    let mut scanner = Scanner::new(text);
    scanner.run();
    scanner.finish()
}

/// Scans an expression or a template that stands in an interpolation-like place: newlines are ignored at its top.
pub(super) fn scan_expression(text: &str) -> Scan<'_> {
    let mut scanner = Scanner::new(text);
    scanner.base = Some(Mode::Paren);
    scanner.run();
    scanner.finish()
}

/// Scans the text of a template file: literal text with interpolations.
pub(super) fn scan_template(text: &str) -> Scan<'_> {
    let mut scanner = Scanner::new(text);
    // A heredoc whose marker no line can be equal to.
    scanner.base = Some(Mode::Heredoc(0, 0));
    scanner.run();
    scanner.finish()
}

struct Scanner<'t> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    stack: Vec<(Mode, usize)>,
    /// How many `=` and `:` stand in each of the stack's.
    keys: Vec<usize>,
    base: Option<Mode>,
    blanks: Vec<Range<usize>>,
    /// Heredoc lines that begin with the marker and go on: the parser takes them for the end.
    lookalikes: Vec<usize>,
    items: Vec<Range<usize>>,
    item: Option<usize>,
    depth: usize,
    deepest: usize,
    faults: Vec<(Range<usize>, Fault)>,
    comments: Vec<Range<usize>>,
}

impl<'t> Scanner<'t> {
    fn new(text: &'t str) -> Self {
        Scanner {
            text,
            bytes: text.as_bytes(),
            at: 0,
            stack: Vec::new(),
            keys: Vec::new(),
            base: None,
            blanks: Vec::new(),
            lookalikes: Vec::new(),
            items: Vec::new(),
            item: None,
            depth: 0,
            deepest: 0,
            faults: Vec::new(),
            comments: Vec::new(),
        }
    }

    fn run(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match self.stack.last().map(|&(mode, _)| mode).or(self.base) {
                Some(Mode::Quoted) => self.quoted(byte),
                Some(Mode::Heredoc(start, end)) => self.heredoc(byte, start..end),
                mode => self.code(byte, mode),
            }
        }
    }

    fn finish(mut self) -> Scan<'t> {
        if let Some(start) = self.item.take() {
            self.items.push(start..self.text.trim_end().len().max(start));
        }
        if let Some(&(_, opened)) = self.stack.last() {
            self.faults.push((opened..opened + 1, Fault::Unclosed));
        }
        let masked = if self.blanks.is_empty() && self.lookalikes.is_empty() {
            Cow::Borrowed(self.text)
        } else {
            Cow::Owned(blanked(self.text, &self.blanks, &self.lookalikes))
        };
        let Scanner { items, depth, deepest, faults, comments, .. } = self;
        Scan { masked, items, depth, deepest, faults, comments }
    }

    fn starts(&self, prefix: &str) -> bool {
        self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(prefix.as_bytes()))
    }

    fn push(&mut self, mode: Mode, width: usize) {
        self.stack.push((mode, self.at));
        self.keys.resize(self.stack.len(), 0);
        if let Some(keys) = self.keys.last_mut() {
            *keys = 0;
        }
        if self.stack.len() > self.depth {
            (self.depth, self.deepest) = (self.stack.len(), self.at);
        }
        self.at += width;
    }

    /// `${`, `%{` and their escapes, in any template. False where none stands here.
    fn template_sequence(&mut self) -> bool {
        if self.starts("$${") || self.starts("%%{") {
            self.at += 3;
        } else if self.starts("${") || self.starts("%{") {
            self.push(Mode::Interpolation, 2);
        } else {
            return false;
        }
        true
    }

    // Steps by bytes: what follows a multi-byte character's first byte is never mistaken for a quote, and the pass leaves
    // this mode only behind one.
    fn quoted(&mut self, byte: u8) {
        match byte {
            b'"' => {
                self.stack.pop();
                self.at += 1;
            }
            b'\\' => self.at += if self.bytes.get(self.at + 1) == Some(&b'\n') { 1 } else { 2 },
            b'\n' => {
                if let Some((_, opened)) = self.stack.pop() {
                    self.faults.push((opened..self.at, Fault::OpenString));
                }
            }
            b'$' | b'%' if self.template_sequence() => {}
            _ => self.at += 1,
        }
    }

    fn heredoc(&mut self, byte: u8, marker: Range<usize>) {
        let line_start = self.at == 0 || self.bytes.get(self.at - 1) == Some(&b'\n');
        if line_start && !marker.is_empty() {
            let line_end = memchr::memchr(b'\n', &self.bytes[self.at..]).map_or(self.bytes.len(), |end| self.at + end);
            let line = &self.text[self.at..line_end];
            let indent = line.len() - line.trim_start().len();
            let marker = &self.text[marker];
            if line.trim() == marker {
                self.stack.pop();
                self.at += indent + marker.len();
                return;
            }
            if line.trim_start().starts_with(marker) {
                self.lookalikes.push(self.at + indent);
            }
        }
        if !(matches!(byte, b'$' | b'%') && self.template_sequence()) {
            self.at += 1;
        }
    }

    fn code(&mut self, byte: u8, mode: Option<Mode>) {
        let ignores_newlines = mode.is_some_and(Mode::ignores_newlines);
        match byte {
            b'\n' | b'\r' if ignores_newlines => {
                self.blanks.push(self.at..self.at + 1);
                self.at += 1;
            }
            b'\n' if self.stack.is_empty() => {
                if let Some(start) = self.item.take() {
                    let end = start + self.text[start..self.at].trim_end().len();
                    self.items.push(start..end);
                }
                self.at += 1;
            }
            b' ' | b'\t' | b'\n' | b'\r' => self.at += 1,
            b'#' => self.comment(ignores_newlines),
            b'/' if self.starts("//") || self.starts("/*") => self.comment(ignores_newlines),
            _ => {
                if self.item.is_none() {
                    self.item = Some(self.at);
                }
                self.token(byte);
            }
        }
    }

    fn comment(&mut self, blank: bool) {
        let start = self.at;
        if self.starts("/*") {
            let end = self.text[start + 2..].find("*/");
            if end.is_none() {
                self.faults.push((start..start + 2, Fault::Unclosed));
            }
            self.at = end.map_or(self.bytes.len(), |end| start + 2 + end + 2);
        } else {
            self.at = memchr::memchr(b'\n', &self.bytes[start..]).map_or(self.bytes.len(), |end| start + end);
        }
        self.comments.push(start..self.at);
        if blank {
            self.blanks.push(start..self.at);
        }
    }

    fn token(&mut self, byte: u8) {
        match byte {
            b'"' => self.push(Mode::Quoted, 1),
            b'(' => self.push(Mode::Paren, 1),
            b'[' => self.push(Mode::Bracket, 1),
            b'{' => {
                let mode = if self.is_object_for() { Mode::ForBrace } else { Mode::Brace };
                self.push(mode, 1);
            }
            b')' | b']' | b'}' => self.close(byte),
            b'<' if self.starts("<<") => self.open_heredoc(),
            b'=' | b':' => self.key(),
            _ => self.at += 1,
        }
    }

    /// Counts the keys of an object; a block may have as many attributes as it likes.
    fn key(&mut self) {
        let top = self.stack.len().checked_sub(1);
        let keys = top.and_then(|top| self.keys.get_mut(top));
        if let (Some(&(Mode::Brace, opened)), Some(keys)) = (self.stack.last(), keys) {
            *keys += 1;
            let before = self.text[..opened].trim_end_matches([' ', '\t']).as_bytes().last();
            let is_block =
                before.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'"' | b'_' | b'-'));
            if *keys == MAX_OBJECT_KEYS + 1 && !is_block {
                self.faults.push((opened..opened + 1, Fault::ManyKeys));
            }
        }
        // `==` and `=>` are no two keys.
        self.at += if self.starts("==") || self.starts("=>") { 2 } else { 1 };
    }

    fn close(&mut self, byte: u8) {
        let closes = |mode: Mode| match byte {
            b')' => mode == Mode::Paren,
            b']' => mode == Mode::Bracket,
            _ => matches!(mode, Mode::Brace | Mode::ForBrace | Mode::Interpolation),
        };
        match self.stack.last() {
            Some(&(mode, _)) if closes(mode) => {
                self.stack.pop();
            }
            _ => {
                self.faults.push((self.at..self.at + 1, Fault::Unopened));
                // A brace ends what was opened inside of it, so that the next item is found.
                if byte == b'}'
                    && let Some(brace) = self.stack.iter().rposition(|&(mode, _)| closes(mode))
                {
                    self.stack.truncate(brace);
                }
            }
        }
        self.at += 1;
    }

    /// Whether the `{` here is followed by `for` and a name.
    fn is_object_for(&self) -> bool {
        without_blanks(&self.text[self.at + 1..]).strip_prefix("for").is_some_and(|rest| {
            rest.starts_with(char::is_whitespace)
                && rest.trim_start().starts_with(|first: char| first.is_alphabetic() || first == '_')
        })
    }

    fn open_heredoc(&mut self) {
        let after = self.at + 2;
        let marker_start = if self.bytes.get(after) == Some(&b'-') { after + 1 } else { after };
        let rest = &self.text[marker_start..];
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
        let line_end = marker_start + length;
        let newline = rest[length..].starts_with('\n') || rest[length..].starts_with("\r\n");
        if length == 0 || !newline {
            self.at += 2;
            return;
        }
        let width = line_end - self.at;
        self.push(Mode::Heredoc(marker_start, line_end), width);
        // Past the newline, so that the first line is seen as one.
        self.at += rest[length..].find('\n').map_or(0, |newline| newline + 1);
    }
}

/// The text behind blanks and comments.
fn without_blanks(text: &str) -> &str {
    let mut rest = text.trim_start();
    loop {
        let end = if rest.starts_with("/*") {
            rest.find("*/").map(|end| end + 2)
        } else if rest.starts_with('#') || rest.starts_with("//") {
            rest.find('\n')
        } else {
            None
        };
        match end {
            Some(end) => rest = rest[end..].trim_start(),
            None => return rest,
        }
    }
}

fn blanked(text: &str, blanks: &[Range<usize>], lookalikes: &[usize]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for range in blanks {
        bytes[range.clone()].fill(b' ');
    }
    for &at in lookalikes {
        // The first character of a marker; all of its bytes, so that the text stays UTF-8.
        let width = text[at..].chars().next().map_or(0, char::len_utf8);
        bytes[at..at + width].fill(b'.');
    }
    // Comments are blanked as a whole, so no character is cut; should that ever be wrong, the text itself is parsed.
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newlines_are_blanked_where_hcl_ignores_them() {
        let table = [
            ("a = {\n b = 1\n}\n", "a = {\n b = 1\n}\n"),
            ("a = {for k in x :\n k => {\n b = 1 # c\n}\n}\n", "a = {for k in x :  k => {\n b = 1 # c\n} }\n"),
            ("a = { # c\n for k in x : k =>\n1 }\n", "a = {      for k in x : k => 1 }\n"),
            ("a = f(\n# é)\n1)\n", "a = f(       1)\n"),
            ("a = f(<<E\n x\n E \nEx\nE\n)\n", "a = f(<<E\n x\n E  Ex E )\n"),
            ("a = <<E\nE-x\nE y\nE\n", "a = <<E\n.-x\n. y\nE\n"),
            ("a = \"${\nb\n}\"\n", "a = \"${ b }\"\n"),
        ];
        for (text, masked) in table {
            assert_eq!(scan(text).masked, masked, "{text}");
        }
    }

    #[test]
    fn top_level_items_are_split() {
        let text = "# c\na = 1 /* x\n */\nb {\n c = \"}\" # }\n}\n\nd = <<E\n}\nE\n}\ne = 1";
        let scan = scan(text);
        let items: Vec<_> = scan.items.iter().map(|range| &text[range.clone()]).collect();
        assert_eq!(items, ["a = 1 /* x\n */", "b {\n c = \"}\" # }\n}", "d = <<E\n}\nE", "}", "e = 1"]);
        assert_eq!(scan.faults.len(), 1);
        assert_eq!(scan.depth, 2);
    }
}

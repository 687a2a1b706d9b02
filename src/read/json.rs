//! JSON to the spanned tree: iterative, so that no nesting can exhaust the stack.
//!
//! Stricter than nothing, as CloudFormation and Terraform are: no comments, no trailing commas. Tabs are white space.
//! Duplicate keys: the last one counts, and each is reported.

use std::sync::Arc;

use super::tree::{Data, Error, Member, Node, Style, unique};
use crate::source::limits::MAX_DEPTH;
use crate::source::{Source, Span};

/// Reads one JSON value. There is no tree where an error is fatal.
pub fn read(source: &Source) -> (Option<Node>, Vec<Error>) {
    let mut reader = Reader { source, text: source.text().as_bytes(), at: 0, errors: Vec::new() };
    let tree = match reader.document() {
        Ok(tree) => Some(tree),
        Err(error) => {
            reader.errors.push(error);
            None
        }
    };
    (tree, reader.errors)
}

struct Reader<'a> {
    source: &'a Source,
    text: &'a [u8],
    at: usize,
    errors: Vec<Error>,
}

enum Open {
    Sequence { start: usize, items: Vec<Node> },
    Mapping { start: usize, members: Vec<Member>, key: (Arc<str>, Span) },
}

/// What reading one token of a value gave.
enum Value {
    Done(Node),
    Opened(Open),
}

type Result<T> = std::result::Result<T, Error>;

impl Reader<'_> {
    fn document(&mut self) -> Result<Node> {
        let root = self.value()?;
        self.blanks()?;
        if self.at < self.text.len() {
            return Err(self.unexpected("the end of the file"));
        }
        Ok(root)
    }

    fn value(&mut self) -> Result<Node> {
        let mut stack: Vec<Open> = Vec::new();
        loop {
            let mut done = match self.start()? {
                Value::Opened(_) if stack.len() >= MAX_DEPTH => {
                    let message = format!("brackets are nested deeper than {MAX_DEPTH}");
                    return Err(Error::limit(self.here(), message));
                }
                Value::Opened(open) => {
                    stack.push(open);
                    continue;
                }
                Value::Done(node) => node,
            };
            loop {
                let Some(open) = stack.pop() else { return Ok(done) };
                match self.add(open, done)? {
                    Value::Done(node) => done = node,
                    Value::Opened(open) => {
                        stack.push(open);
                        break;
                    }
                }
            }
        }
    }

    /// Reads a scalar, an empty collection, or the opening of one (for an object with its first key).
    fn start(&mut self) -> Result<Value> {
        self.blanks()?;
        let start = self.at;
        match self.text.get(self.at) {
            Some(b'{') => {
                self.at += 1;
                if self.take(b'}')? {
                    return Ok(Value::Done(self.node(Data::Mapping([].into()), start, Style::Flow)));
                }
                let key = self.key()?;
                Ok(Value::Opened(Open::Mapping { start, members: Vec::new(), key }))
            }
            Some(b'[') => {
                self.at += 1;
                if self.take(b']')? {
                    return Ok(Value::Done(self.node(Data::Sequence([].into()), start, Style::Flow)));
                }
                Ok(Value::Opened(Open::Sequence { start, items: Vec::new() }))
            }
            Some(b'"') => {
                let text = self.string()?;
                Ok(Value::Done(self.node(Data::String(text), start, Style::DoubleQuoted)))
            }
            Some(b'-' | b'0'..=b'9') => self.number().map(Value::Done),
            Some(b't') => self.word("true", Data::Bool(true)),
            Some(b'f') => self.word("false", Data::Bool(false)),
            Some(b'n') => self.word("null", Data::Null),
            _ => Err(self.unexpected("a value")),
        }
    }

    /// Adds a finished value to the innermost collection, and closes it or reads on to its next value.
    fn add(&mut self, open: Open, value: Node) -> Result<Value> {
        match open {
            Open::Sequence { start, mut items } => {
                items.push(value);
                if self.take(b',')? {
                    self.no_trailing_comma(b']')?;
                    return Ok(Value::Opened(Open::Sequence { start, items }));
                }
                if !self.take(b']')? {
                    return Err(self.unexpected("',' or ']'"));
                }
                Ok(Value::Done(self.node(Data::Sequence(items.into()), start, Style::Flow)))
            }
            Open::Mapping { start, mut members, key: (key, key_span) } => {
                members.push(Member { key, key_span, value });
                if self.take(b',')? {
                    self.no_trailing_comma(b'}')?;
                    let key = self.key()?;
                    return Ok(Value::Opened(Open::Mapping { start, members, key }));
                }
                if !self.take(b'}')? {
                    return Err(self.unexpected("',' or '}'"));
                }
                let members = unique(members, &mut self.errors);
                Ok(Value::Done(self.node(Data::Mapping(members.into()), start, Style::Flow)))
            }
        }
    }

    fn no_trailing_comma(&mut self, close: u8) -> Result<()> {
        let comma = self.at - 1;
        self.blanks()?;
        if self.text.get(self.at) == Some(&close) {
            let span = self.span(comma, comma + 1);
            return Err(Error::syntax(span, "JSON has no trailing comma", Some("remove the comma")));
        }
        Ok(())
    }

    fn key(&mut self) -> Result<(Arc<str>, Span)> {
        self.blanks()?;
        let start = self.at;
        if self.text.get(self.at) != Some(&b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        let text = self.string()?;
        let span = self.span(start, self.at);
        if !self.take(b':')? {
            return Err(self.unexpected("':'"));
        }
        Ok((text, span))
    }

    fn string(&mut self) -> Result<Arc<str>> {
        let open = self.at;
        self.at += 1;
        let start = self.at;
        let mut decoded = String::new();
        let mut copied = start;
        loop {
            let rest = &self.text[self.at..];
            let Some(next) = memchr::memchr3(b'"', b'\\', b'\n', rest) else {
                return Err(Error::syntax(self.span(open, open + 1), "this string is not closed", None));
            };
            self.at += next;
            match self.text[self.at] {
                b'"' => break,
                b'\n' => {
                    return Err(Error::syntax(
                        self.span(open, self.at),
                        "a JSON string can't contain a line break",
                        Some("close the string, or write \\n"),
                    ));
                }
                _ => {
                    decoded.push_str(self.source.text().get(copied..self.at).unwrap_or(""));
                    decoded.push(self.escape()?);
                    copied = self.at;
                }
            }
        }
        let tail = self.source.text().get(copied..self.at).unwrap_or("");
        self.at += 1;
        if decoded.is_empty() {
            return Ok(tail.into());
        }
        decoded.push_str(tail);
        Ok(decoded.into())
    }

    fn escape(&mut self) -> Result<char> {
        let start = self.at;
        self.at += 2;
        let plain = match self.text.get(start + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(start),
            _ => {
                let end = (start + 2).min(self.text.len());
                return Err(Error::syntax(
                    self.span(start, end),
                    "this is no escape of JSON",
                    Some("write the backslash twice"),
                ));
            }
        };
        Ok(plain)
    }

    fn unicode(&mut self, start: usize) -> Result<char> {
        let high = self.hex(start)?;
        if !(0xD800..0xE000).contains(&high) {
            return Ok(char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        if self.text.get(self.at..self.at + 2) == Some(b"\\u") {
            let second = self.at;
            self.at += 2;
            let low = self.hex(second)?;
            if high < 0xDC00 && (0xDC00..0xE000).contains(&low) {
                let code = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        Err(Error::syntax(self.span(start, self.at), "this is half of a character (an unpaired surrogate)", None))
    }

    fn hex(&mut self, start: usize) -> Result<u32> {
        let digits =
            self.source.text().get(self.at..self.at + 4).filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(code) = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) else {
            let end = (start + 2).min(self.text.len());
            return Err(Error::syntax(self.span(start, end), "\\u needs four hexadecimal digits", None));
        };
        self.at += 4;
        Ok(code)
    }

    fn number(&mut self) -> Result<Node> {
        let start = self.at;
        let in_number = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        while self.text.get(self.at).is_some_and(in_number) {
            self.at += 1;
        }
        let text = self.source.text().get(start..self.at).unwrap_or("");
        if !is_number(text) {
            let message = format!("'{text}' is no number of JSON");
            return Err(Error::syntax(self.span(start, self.at), message, Some("put it into double quotes")));
        }
        Ok(self.node(Data::Number(text.into()), start, Style::Plain))
    }

    fn word(&mut self, word: &str, data: Data) -> Result<Value> {
        let end = self.at + word.len();
        let next_is_letter = self.text.get(end).is_some_and(u8::is_ascii_alphanumeric);
        if self.text.get(self.at..end) != Some(word.as_bytes()) || next_is_letter {
            return Err(self.unexpected("a value"));
        }
        let start = self.at;
        self.at = end;
        Ok(Value::Done(self.node(data, start, Style::Plain)))
    }

    /// Skips white space, then takes `byte` if it is next.
    fn take(&mut self, byte: u8) -> Result<bool> {
        self.blanks()?;
        let next = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(next);
        Ok(next)
    }

    fn blanks(&mut self) -> Result<()> {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
        if self.text.get(self.at) != Some(&b'/') && self.text.get(self.at) != Some(&b'#') {
            return Ok(());
        }
        let end = memchr::memchr(b'\n', &self.text[self.at..]).map_or(self.text.len(), |length| self.at + length);
        Err(Error::syntax(self.span(self.at, end), "JSON has no comments", Some("remove it, or write YAML")))
    }

    fn unexpected(&self, expected: &str) -> Error {
        match self.source.text().get(self.at..).and_then(|rest| rest.chars().next()) {
            Some(found) => {
                let span = self.span(self.at, self.at + found.len_utf8());
                Error::syntax(span, format!("expected {expected} and found '{}'", found.escape_debug()), None)
            }
            None => Error::syntax(self.here(), format!("expected {expected}, but the file ends here"), None),
        }
    }

    fn node(&self, data: Data, start: usize, style: Style) -> Node {
        Node { data, span: self.span(start, self.at), tag: None, style }
    }

    fn here(&self) -> Span {
        self.span(self.at, self.at)
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source.id(), start, end)
    }
}

/// JSON's grammar of numbers.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix('-').unwrap_or(text);
    let (text, exponent) = match text.split_once(['e', 'E']) {
        Some((text, exponent)) => (text, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (text, None),
    };
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(digits)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use crate::source::{Encoding, Sources};

    fn source(text: &str) -> Arc<Source> {
        Sources::new().add_text("t.json", text.to_owned(), Encoding::Utf8)
    }

    /// The tree as compact text, to be compared with what serde_json reads.
    fn plain(node: &Node) -> serde_json::Value {
        match &node.data {
            Data::Null => serde_json::Value::Null,
            Data::Bool(flag) => (*flag).into(),
            Data::Number(text) => serde_json::from_str(text).unwrap(),
            Data::String(text) => (&**text).into(),
            Data::Sequence(items) => items.iter().map(plain).collect(),
            Data::Mapping(members) => {
                members.iter().map(|member| (member.key.to_string(), plain(&member.value))).collect()
            }
        }
    }

    #[test]
    fn reads_what_another_parser_reads() {
        let table = [
            "{}",
            "[]",
            " {\"a\":[1,-2.5e+3,true,false,null,\"\"],\"b\":{\"c\":{}}}\r\n",
            "\t{\n\t\"tab\":\t1}",
            r#""\u00e9\uD834\uDD1E\n\t\"\\\/ é 𝄞""#,
            "[[[[]]],[[]]]",
            "0",
            "-0.0",
            "12345678901234567890",
        ];
        for text in table {
            let (tree, errors) = read(&source(text));
            assert!(errors.is_empty(), "{text}: {errors:?}");
            assert_eq!(plain(&tree.unwrap()), serde_json::from_str::<serde_json::Value>(text).unwrap(), "{text}");
        }
    }

    #[test]
    fn every_error_has_its_place() {
        let table = [
            ("", 0, "expected a value, but the file ends here"),
            ("{", 1, "expected a key in double quotes, but the file ends here"),
            ("{\"a\":1,}", 6, "JSON has no trailing comma"),
            ("[1,]", 2, "JSON has no trailing comma"),
            ("[1 2]", 3, "expected ',' or ']' and found '2'"),
            ("{\"a\" 1}", 5, "expected ':' and found '1'"),
            ("// c\n{}", 0, "JSON has no comments"),
            ("{} x", 3, "expected the end of the file and found 'x'"),
            ("[01]", 1, "'01' is no number of JSON"),
            ("[\"a]", 1, "this string is not closed"),
            ("[\"a\nb\"]", 1, "a JSON string can't contain a line break"),
            ("[\"\\q\"]", 2, "this is no escape of JSON"),
            ("[\"\\uD800\"]", 2, "this is half of a character (an unpaired surrogate)"),
            ("[\"\\u12\"]", 2, "\\u needs four hexadecimal digits"),
            ("[\"\\", 2, "this is no escape of JSON"),
            ("nul", 0, "expected a value and found 'n'"),
            ("truex", 0, "expected a value and found 't'"),
            ("[\u{e9}]", 1, "expected a value and found 'é'"),
        ];
        for (text, at, message) in table {
            let (tree, errors) = read(&source(text));
            assert!(tree.is_none(), "{text}");
            assert_eq!((errors[0].span.start, errors[0].message.as_str()), (at, message), "{text}");
        }
    }

    #[test]
    fn duplicate_keys_are_reported_and_the_last_one_counts() {
        let (tree, errors) = read(&source(r#"{"a":1,"b":2,"a":3}"#));
        let tree = tree.unwrap();
        assert_eq!(tree.members().iter().map(|member| &*member.key).collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(tree.get("a").unwrap().scalar().as_deref(), Some("3"));
        assert_eq!(errors.len(), 1);
        assert!(!errors[0].fatal);
        assert_eq!((errors[0].span.start, errors[0].related.as_ref().unwrap().0.start), (13, 1));
    }

    #[test]
    fn deep_nesting_is_told() {
        for open in ["[", "{\"a\":"] {
            let (tree, errors) = read(&source(&open.repeat(100_000)));
            assert!(tree.is_none());
            assert_eq!(errors[0].kind, "limit");
        }
    }

    #[test]
    fn places_inside_of_strings_count_escapes() {
        let source = source(r#"["\u00e9\t${A} \uD834\uDD1E\"${B}"]"#);
        let (tree, _) = read(&source);
        let tree = tree.unwrap();
        let node = &tree.items()[0];
        let text = node.as_str().unwrap();
        let mut places = node.places(&source);
        for wanted in ["${A}", "${B}"] {
            let at = text.find(wanted).unwrap();
            assert_eq!(source.slice(places.span(at..at + wanted.len())), wanted);
        }
    }
}

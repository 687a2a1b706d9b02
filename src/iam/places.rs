//! Where the parts of a policy stand that is written as JSON text: in a heredoc, a block scalar, a quoted string.
//!
//! The text is read as it is written, with `${...}` in its strings. What does not read so (escaped quotes, template
//! directives) keeps the place of the whole.

use std::ops::Range;

use crate::source::Span;
use crate::value::{Kind, Value};

/// Deepest nesting that is followed.
const MAX_DEPTH: usize = 64;

/// Gives every part of `value` the place where it is written; `text` is what stands at the value's own span.
pub fn locate(value: &mut Value, text: &str) {
    let Some(whole) = value.origin.span else { return };
    let begins = text.char_indices().find(|(at, c)| {
        let before = text[..*at].chars().next_back();
        *c == '{' && !matches!(before, Some('$' | '%'))
    });
    let Some((start, _)) = begins else { return };
    let mut reader = Reader { text, at: start };
    let Some(spot) = reader.value(0) else { return };
    let place = |range: &Range<usize>| {
        let offset = |at: usize| whole.start as usize + at;
        Span::new(whole.source, offset(range.start), offset(range.end))
    };
    give(value, &spot, &place, true);
}

/// One part of the text.
struct Spot {
    range: Range<usize>,
    /// Keys (with their quotes) and members; elements have an empty key.
    inner: Vec<(Range<usize>, String, Spot)>,
}

fn give(value: &mut Value, spot: &Spot, place: &dyn Fn(&Range<usize>) -> Span, outermost: bool) {
    if !outermost {
        value.origin = value.origin.with_span(place(&spot.range));
    }
    match &mut value.kind {
        Kind::List(items) if items.len() == spot.inner.len() => {
            for (item, (_, _, inner)) in items.iter_mut().zip(&spot.inner) {
                give(item, inner, place, false);
            }
        }
        Kind::Map(entries) => {
            for entry in entries {
                // Of two members with one key, the last is the one that counts.
                let found = spot.inner.iter().rev().find(|(_, key, _)| **key == *entry.key);
                if let Some((key, _, inner)) = found {
                    entry.key_span = Some(place(key));
                    give(&mut entry.value, inner, place, false);
                }
            }
        }
        _ => {}
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, c: char) -> bool {
        self.blanks();
        let found = self.rest().starts_with(c);
        self.at += if found { c.len_utf8() } else { 0 };
        found
    }

    fn value(&mut self, depth: usize) -> Option<Spot> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.blanks();
        let start = self.at;
        let mut inner = Vec::new();
        match self.rest().chars().next()? {
            open @ ('{' | '[') => {
                self.at += 1;
                let close = if open == '{' { '}' } else { ']' };
                while !self.eat(close) {
                    let (key, name) = if open == '{' { self.key()? } else { (0..0, String::new()) };
                    inner.push((key, name, self.value(depth + 1)?));
                    if !self.eat(',') {
                        self.blanks();
                        if !self.rest().starts_with(close) {
                            return None;
                        }
                    }
                }
            }
            '"' => self.string()?,
            _ => {
                let ends = self.rest().find([',', '}', ']', '\n', ' '])?;
                self.at += ends;
            }
        }
        Some(Spot { range: start..self.at, inner })
    }

    fn key(&mut self) -> Option<(Range<usize>, String)> {
        self.blanks();
        let start = self.at;
        self.string()?;
        let range = start..self.at;
        let name = self.text.get(start + 1..self.at - 1)?.to_owned();
        self.eat(':').then_some((range, name))
    }

    /// Steps over a string, with what is interpolated in it.
    fn string(&mut self) -> Option<()> {
        if !self.eat('"') {
            return None;
        }
        loop {
            let rest = self.rest();
            let at = rest.find(['"', '\\', '$', '\n'])?;
            self.at += at;
            match self.rest().as_bytes() {
                [b'"', ..] => {
                    self.at += 1;
                    return Some(());
                }
                [b'\\', ..] => {
                    self.at += 1;
                    self.at += self.rest().chars().next()?.len_utf8();
                }
                [b'$', b'{', ..] => {
                    self.at += 2;
                    self.interpolation()?;
                }
                [b'$', ..] => self.at += 1,
                _ => return None,
            }
        }
    }

    /// Steps behind the brace that closes `${`.
    fn interpolation(&mut self) -> Option<()> {
        let mut depth = 1_usize;
        loop {
            let at = self.rest().find(['{', '}', '"', '\n'])?;
            self.at += at;
            match self.rest().as_bytes().first()? {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                b'"' => {
                    self.at += 1;
                    let close = self.rest().find('"')?;
                    self.at += close;
                }
                _ => return None,
            }
            self.at += 1;
            if depth == 0 {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that panics fails")]
    use super::*;
    use crate::iam::document;
    use crate::source::SourceId;
    use crate::value::{Origin, Part, Symbol};

    /// The text at the place of the value under `path`.
    fn at<'t>(value: &Value, path: &[&str], text: &'t str) -> &'t str {
        let mut value = value;
        for step in path {
            value = match step.parse::<usize>() {
                Ok(index) => &value.items()[index],
                Err(_) => value.get(step).unwrap(),
            };
        }
        let span = value.origin.span.unwrap();
        &text[span.start as usize - 100..span.end as usize - 100]
    }

    fn located(parts: Vec<Part>, text: &str) -> Value {
        let origin = Origin::at(Span::new(SourceId(0), 100, 100 + text.len()));
        let mut value = document(&Value::text(parts, origin)).unwrap();
        locate(&mut value, text);
        value
    }

    #[test]
    fn every_part_of_a_heredoc_has_its_place() {
        let text = "<<POLICY\n{\n  \"Statement\": [\n    { \"Effect\": \"Allow\",\n      \"Principal\": {\"AWS\": \"arn:aws:iam::${data.c[\"x\"].id}:root\"} },\n    { \"Effect\": \"Deny\" }\n  ]\n}\nPOLICY\n";
        let json = text.trim_start_matches("<<POLICY\n").trim_end_matches("POLICY\n");
        let (before, behind) = json.split_once("${data.c[\"x\"].id}").unwrap();
        let symbol = Symbol::Ref("x".into());
        let value =
            located(vec![Part::Literal(before.into()), Part::Symbol(symbol), Part::Literal(behind.into())], text);
        assert_eq!(at(&value, &["Statement", "1", "Effect"], text), "\"Deny\"");
        assert_eq!(at(&value, &["Statement", "1"], text), "{ \"Effect\": \"Deny\" }");
        assert_eq!(
            at(&value, &["Statement", "0", "Principal", "AWS"], text),
            "\"arn:aws:iam::${data.c[\"x\"].id}:root\""
        );
        assert_eq!(at(&value, &[], text), text, "the document is the whole text");
    }

    #[test]
    fn what_reads_otherwise_keeps_the_place_of_the_whole() {
        let json = "{\"Statement\": [{\"Effect\": \"Deny\"}]}";
        let text = "\"{\\\"Statement\\\": [{\\\"Effect\\\": \\\"Deny\\\"}]}\"";
        let value = located(vec![Part::Literal(json.into())], text);
        assert_eq!(at(&value, &["Statement", "0", "Effect"], text), text);
    }
}

//! Where a JSON pointer points in a text. The text is an example, known to be JSON by then; anything else gives nothing.

use std::ops::Range;

/// Deepest nesting that is followed.
const MAX_DEPTH: usize = 128;

/// The bytes of the member or element that `pointer` names, its key included.
pub(super) fn locate(text: &str, pointer: &str) -> Option<Range<usize>> {
    let steps: Vec<String> =
        pointer.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    let mut scanner = Scanner { text, at: 0, found: None };
    scanner.value(Some(&steps), 0, 0)?;
    scanner.found
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    found: Option<Range<usize>>,
}

impl Scanner<'_> {
    fn blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn eat(&mut self, c: char) -> bool {
        self.blanks();
        let found = self.text[self.at..].starts_with(c);
        self.at += if found { c.len_utf8() } else { 0 };
        found
    }

    /// Steps over a value; where `steps` is empty, it is the one that is looked for, and it starts at `start`.
    fn value(&mut self, steps: Option<&[String]>, start: usize, depth: usize) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        let wanted = steps.and_then(|steps| steps.split_first());
        if self.eat('{') {
            while !self.eat('}') {
                self.blanks();
                let key_start = self.at;
                let key = self.string()?;
                if !self.eat(':') {
                    return None;
                }
                let inner = wanted.filter(|(step, _)| **step == key).map(|(_, rest)| rest);
                self.value(inner, key_start, depth + 1)?;
                self.eat(',');
            }
        } else if self.eat('[') {
            let mut index = 0;
            while !self.eat(']') {
                self.blanks();
                let inner = wanted.filter(|(step, _)| **step == index.to_string()).map(|(_, rest)| rest);
                let element = self.at;
                self.value(inner, element, depth + 1)?;
                self.eat(',');
                index += 1;
            }
        } else if self.text[self.at..].starts_with('"') {
            self.string()?;
        } else {
            let rest = &self.text[self.at..];
            let length = rest.find([',', '}', ']', ' ', '\n', '\r', '\t']).unwrap_or(rest.len());
            self.at += length.max(1).min(rest.len());
            if length == 0 {
                return None;
            }
        }
        if steps.is_some_and(<[String]>::is_empty) {
            self.found = Some(start..self.at);
        }
        Some(())
    }

    fn string(&mut self) -> Option<String> {
        let start = self.at;
        let mut escaped = false;
        for (offset, c) in self.text[start..].char_indices() {
            match c {
                '"' if offset > 0 && !escaped => {
                    self.at = start + offset + 1;
                    return serde_json::from_str(&self.text[start..self.at]).ok();
                }
                '\\' if !escaped => escaped = true,
                _ => escaped = false,
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_find_their_text() {
        let text = r#"{"a": [1, {"b/c": "x\"}"}], "d" : null}"#;
        let table =
            [("/a/0", "1"), ("/a/1/b~1c", r#""b/c": "x\"}""#), ("/d", r#""d" : null"#), ("/a/1", r#"{"b/c": "x\"}"}"#)];
        for (pointer, expected) in table {
            assert_eq!(locate(text, pointer).map(|range| &text[range]), Some(expected), "{pointer}");
        }
        assert_eq!(locate(text, "/x"), None);
        assert_eq!(locate("{\"a\": ", "/a"), None);
        assert_eq!(locate(&"[".repeat(100_000), "/0"), None);
    }
}

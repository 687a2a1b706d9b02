//! What must not be shown of the sources: where it is written, and as which words.
//!
//! A value carries that it is sensitive, and is never printed. This is the other half: the text of the sources themselves
//! is quoted in frames and diffs, and a message may quote a word of it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

use super::{Source, Span};

/// What stands where a sensitive value would.
pub const HIDDEN: &str = "(sensitive value)";

/// A word shorter than this may be part of anything, and is hidden only where it is written.
const SHORTEST: usize = 6;

/// The secrets of one run.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    spans: RwLock<BTreeSet<Span>>,
    /// As they are written in plain text, JSON, HTML, and in base64.
    words: RwLock<BTreeSet<String>>,
}

impl Secrets {
    pub(super) fn hide(&self, span: Span) {
        self.spans.write().unwrap_or_else(PoisonError::into_inner).insert(span);
    }

    /// A word of lower-case letters only is everyday language: to hide each `default` would hide what is said.
    pub(super) fn hide_word(&self, word: &str) {
        let everyday = word.bytes().all(|byte| byte.is_ascii_lowercase());
        if word.len() < SHORTEST || everyday || word.trim().is_empty() {
            return;
        }
        let mut words = self.words.write().unwrap_or_else(PoisonError::into_inner);
        let json = serde_json::Value::from(word).to_string();
        let html = word.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        words.insert(base64::Engine::encode(&base64::engine::general_purpose::STANDARD, word));
        words.insert(json[1..json.len() - 1].to_owned());
        words.insert(html);
        words.insert(word.to_owned());
    }

    /// The text with every secret word in it replaced.
    pub(super) fn veil<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let words = self.words.read().unwrap_or_else(PoisonError::into_inner);
        let mut veiled = Cow::Borrowed(text);
        // The longest first: a secret may be part of another one.
        let mut longest: Vec<&String> = words.iter().collect();
        longest.sort_by_key(|word| std::cmp::Reverse(word.len()));
        for word in longest {
            if memchr::memmem::find(veiled.as_bytes(), word.as_bytes()).is_some() {
                veiled = Cow::Owned(veiled.replace(word.as_str(), HIDDEN));
            }
        }
        veiled
    }

    /// The text under `span`, a `*` for each character that must not be shown: columns stay what they are.
    pub(super) fn shown<'s>(&self, source: &'s Source, span: Span) -> Cow<'s, str> {
        let text = source.slice(span);
        let spans = self.spans.read().unwrap_or_else(PoisonError::into_inner);
        let words = self.words.read().unwrap_or_else(PoisonError::into_inner);
        let mut hidden: Vec<std::ops::Range<usize>> = Vec::new();
        for secret in spans.iter().filter(|secret| secret.source == span.source) {
            let (start, end) = (secret.start.max(span.start), secret.end.min(span.end));
            if start < end {
                hidden.push((start - span.start) as usize..(end - span.start) as usize);
            }
        }
        for word in words.iter() {
            hidden.extend(text.match_indices(word.as_str()).map(|(at, found)| at..at + found.len()));
        }
        if hidden.is_empty() {
            return Cow::Borrowed(text);
        }
        let is_hidden = |at: usize| hidden.iter().any(|range| range.contains(&at));
        let one = |(at, c): (usize, char)| if is_hidden(at) && !matches!(c, '\n' | '\r') { '*' } else { c };
        Cow::Owned(text.char_indices().map(one).collect())
    }
}

#[cfg(test)]
mod tests {
    use crate::source::{Encoding, Sources, Span};

    #[test]
    fn what_is_hidden_is_blanked_where_it_stands_and_replaced_where_it_is_told() {
        let sources = Sources::new();
        let source = sources.add_text("t", "a = \"pw\" # S3cret! pw".to_owned(), Encoding::Utf8);
        sources.hide(Span::new(source.id(), 4, 8));
        for word in ["S3cret!", "default", "pw", "x\"Y zz"] {
            sources.hide_word(word);
        }
        assert_eq!(sources.shown(source.whole()), "a = **** # ******* pw");
        assert_eq!(sources.shown(Span::new(source.id(), 0, 6)), "a = **");
        let table = [
            ("the default is pw", "the default is pw"),
            ("S3cret! and UzNjcmV0IQ==", "(sensitive value) and (sensitive value)"),
            ("{\"m\":\"x\\\"Y zz\"}", "{\"m\":\"(sensitive value)\"}"),
        ];
        for (text, veiled) in table {
            assert_eq!(sources.veil(text), veiled);
        }
    }
}

//! Files in memory: decoded text, spans, line index, and the conversion of byte offsets to columns.
//!
//! Knows nothing of formats, clouds or rules. Offsets are bytes of the *decoded* text (UTF-8, no BOM) everywhere
//! inside the program; lines and columns appear only at the edge, through [`Source::position`].

mod decode;
pub mod files;
pub mod leaving;
pub mod limits;
pub mod parallel;
mod secrets;
pub mod uri;

use std::any::Any;
use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock, RwLock};

pub use decode::{Encoding, decode};
pub use secrets::HIDDEN;

/// Identifies one [`Source`] in one [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceId(pub u32);

/// A byte range in one source: `start` inclusive, `end` exclusive, both on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The source that the range lies in.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A range in `source`. Offsets past 4 GiB cannot occur: [`limits::MAX_FILE_BYTES`] is smaller.
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { source, start: clamp(start), end: clamp(end.max(start)) }
    }

    /// The smallest range that covers both; `other` is ignored where it lies in another source.
    pub fn cover(self, other: Span) -> Span {
        if self.source != other.source {
            return self;
        }
        Span { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether `other` lies wholly inside this range.
    pub fn contains(self, other: Span) -> bool {
        self.source == other.source && self.start <= other.start && other.end <= self.end
    }
}

/// A place as people and formats name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// From 1.
    pub line: u32,
    /// From 1, in Unicode code points.
    pub column: u32,
    /// From 0, in bytes of the decoded text.
    pub byte: u32,
}

/// One file's text in memory, with its line index.
#[derive(Debug)]
pub struct Source {
    id: SourceId,
    path: Arc<str>,
    text: String,
    encoding: Encoding,
    lines: OnceLock<Vec<u32>>,
    /// What a reader made of the text.
    made: OnceLock<Arc<dyn Any + Send + Sync>>,
    /// Whether it is kept when it is made next.
    keeps: AtomicBool,
}

impl Source {
    /// An empty text under no path.
    fn nothing(id: SourceId) -> Self {
        Source::new(id, "", String::new(), Encoding::Utf8, false)
    }

    fn new(id: SourceId, path: &str, text: String, encoding: Encoding, keeps: bool) -> Self {
        let (lines, made) = (OnceLock::new(), OnceLock::new());
        Source { id, path: path.into(), text, encoding, lines, made, keeps: AtomicBool::new(keeps) }
    }

    /// This source's identity in its [`Sources`].
    pub fn id(&self) -> SourceId {
        self.id
    }

    /// Path as shown to people: relative to the working directory where it lies below it, with `/`.
    pub fn path(&self) -> &Arc<str> {
        &self.path
    }

    /// The decoded text, without a BOM.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// How the file was encoded; a fix must write it back so.
    pub fn encoding(&self) -> Encoding {
        self.encoding
    }

    /// What `make` makes of the text. It is made once where [`Sources`] remember, however often the text is read; elsewhere
    /// it is kept from the second time on: most texts are read once, and a module that many call is read for each.
    pub fn made<T: Send + Sync + 'static>(&self, make: impl FnOnce() -> T) -> Arc<T> {
        if let Some(known) = self.made.get() {
            return Arc::clone(known).downcast().unwrap_or_else(|_| Arc::new(make()));
        }
        let new = Arc::new(make());
        if self.keeps.swap(true, Ordering::Relaxed) {
            let kept: Arc<dyn Any + Send + Sync> = Arc::<T>::clone(&new);
            // Another thread may have been faster; it made the same.
            let _ = self.made.set(kept);
        }
        new
    }

    /// Whether something was made of the text that is worth keeping.
    pub fn is_made(&self) -> bool {
        self.made.get().is_some()
    }

    /// The whole text as a span.
    pub fn whole(&self) -> Span {
        Span::new(self.id, 0, self.text.len())
    }

    /// The text under `span`, empty where the span does not fit this source.
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// Byte offsets at which lines start; the first is 0. Lines end with `\n` (a preceding `\r` belongs to the line).
    pub fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let ends = memchr::memchr_iter(b'\n', self.text.as_bytes());
            std::iter::once(0).chain(ends.map(|end| u32::try_from(end + 1).unwrap_or(u32::MAX))).collect()
        })
    }

    /// Line number, from 0, that holds byte `offset`.
    pub fn line_of(&self, offset: u32) -> usize {
        self.line_starts().partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// Byte range of line `line` (from 0) without its line end.
    pub fn line_range(&self, line: usize) -> std::ops::Range<usize> {
        let starts = self.line_starts();
        let start = starts.get(line).map_or(self.text.len(), |&start| start as usize);
        let end = starts.get(line + 1).map_or(self.text.len(), |&next| next as usize - 1);
        let end = if end > start && self.text.as_bytes().get(end - 1) == Some(&b'\r') { end - 1 } else { end };
        start..end.max(start)
    }

    /// Line and column of byte `offset`; an offset inside a character or past the end is moved back to a boundary.
    pub fn position(&self, offset: u32) -> Position {
        let mut byte = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(byte) {
            byte -= 1;
        }
        let offset = u32::try_from(byte).unwrap_or(u32::MAX);
        let line = self.line_of(offset);
        let start = self.line_starts().get(line).map_or(0, |&start| start as usize);
        let column = self.text.get(start..byte).map_or(0, |before| before.chars().count());
        Position {
            line: u32::try_from(line + 1).unwrap_or(u32::MAX),
            column: u32::try_from(column + 1).unwrap_or(u32::MAX),
            byte: offset,
        }
    }

    /// Line and column (both from 0) of byte `offset`, the column in UTF-16 code units, as editors count.
    pub fn utf16_position(&self, offset: u32) -> (u32, u32) {
        let position = self.position(offset);
        let start = self.line_range(position.line as usize - 1).start;
        let before = self.text.get(start..position.byte as usize).unwrap_or("");
        (position.line - 1, u32::try_from(before.encode_utf16().count()).unwrap_or(u32::MAX))
    }
}

/// All sources of one run. Append-only; shared between threads.
#[derive(Debug, Default)]
pub struct Sources {
    list: RwLock<Vec<Arc<Source>>>,
    remember: bool,
    secrets: secrets::Secrets,
}

impl Sources {
    /// An empty collection.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty collection whose sources remember what was made of them: for who reads the same texts again and again.
    pub fn remembering() -> Self {
        Sources { remember: true, ..Self::default() }
    }

    /// A collection that goes on from this one: what is kept has its identity still, and in place of all others stands
    /// nothing, under no path.
    #[must_use]
    pub fn keeping(&self, keep: &dyn Fn(&Source) -> bool) -> Self {
        let kept = |source: Arc<Source>| match keep(&source) {
            true => source,
            false => Arc::new(Source::nothing(source.id)),
        };
        Sources {
            list: RwLock::new(self.all().into_iter().map(kept).collect()),
            remember: self.remember,
            ..Self::default()
        }
    }

    /// Decodes `bytes` and keeps the text under `path` (as shown to people).
    ///
    /// # Errors
    /// A sentence that says why the bytes are no text (invalid UTF-8 with its offset, a NUL byte, a file too large).
    pub fn add(&self, path: &str, bytes: Vec<u8>) -> Result<Arc<Source>, String> {
        let (text, encoding) = decode(path, bytes)?;
        Ok(self.add_text(path, text, encoding))
    }

    /// Keeps an already decoded text under `path`.
    pub fn add_text(&self, path: &str, text: String, encoding: Encoding) -> Arc<Source> {
        let mut list = self.list.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let id = SourceId(u32::try_from(list.len()).unwrap_or(u32::MAX));
        let source = Arc::new(Source::new(id, path, text, encoding, self.remember));
        list.push(Arc::clone(&source));
        source
    }

    /// The text under `span` must not be shown.
    pub fn hide(&self, span: Span) {
        self.secrets.hide(span);
    }

    /// This word must not be shown, wherever it comes up.
    pub fn hide_word(&self, word: &str) {
        self.secrets.hide_word(word);
    }

    /// The text with what must not be shown replaced.
    pub fn veil<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.secrets.veil(text)
    }

    /// The text under `span` as it may be quoted: what must not be shown is blanked, character by character.
    pub fn shown(&self, span: Span) -> String {
        self.secrets.shown(&self.get(span.source), span).into_owned()
    }

    /// All sources so far, in the order in which they were added.
    pub fn all(&self) -> Vec<Arc<Source>> {
        self.list.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// The source with this identity. Identities come only from [`Sources::add`], so a miss is a bug; an empty source
    /// stands in for it, because the core cannot fail.
    pub fn get(&self, id: SourceId) -> Arc<Source> {
        let list = self.list.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        list.get(id.0 as usize).cloned().unwrap_or_else(|| Arc::new(Source::nothing(id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Arc<Source> {
        Sources::new().add_text("t", text.to_owned(), Encoding::Utf8)
    }

    #[test]
    fn columns_count_code_points_and_lines_end_at_newline() {
        let s = source("aé\r\n𝄞x\n");
        assert_eq!(s.position(0), Position { line: 1, column: 1, byte: 0 });
        assert_eq!(s.position(3), Position { line: 1, column: 3, byte: 3 });
        assert_eq!(s.position(9), Position { line: 2, column: 2, byte: 9 });
        assert_eq!(s.utf16_position(9), (1, 2));
        assert_eq!(s.line_range(0), 0..3);
        assert_eq!(s.position(2).byte, 1, "an offset inside a character moves back");
        assert_eq!(s.position(999).line, 3);
    }

    #[test]
    fn what_was_made_is_kept_with_its_source_where_it_is_remembered() {
        let sources = Sources::remembering();
        let (a, b) = (
            sources.add_text("a", "1".to_owned(), Encoding::Utf8),
            sources.add_text("b", "2".to_owned(), Encoding::Utf8),
        );
        let count = std::sync::atomic::AtomicUsize::new(0);
        let make = |source: &Source| source.made(|| count.fetch_add(1, Ordering::Relaxed));
        assert_eq!((make(&a), make(&a), make(&b)), (0.into(), 0.into(), 1.into()));
        let later = sources.keeping(&|source| &**source.path() == "b");
        let c = later.add_text("a", "3".to_owned(), Encoding::Utf8);
        assert_eq!((later.get(a.id()).text(), later.get(b.id()).text(), later.get(c.id()).text()), ("", "2", "3"));
        assert_eq!((make(&later.get(b.id())), make(&c)), (1.into(), 2.into()));
        let other = source("x");
        assert_eq!((make(&other), other.is_made()), (3.into(), false), "most texts are read once");
        assert_eq!((make(&other), make(&other), other.is_made()), (4.into(), 4.into(), true));
    }

    #[test]
    fn a_span_covers_and_contains() {
        let (a, b) = (Span::new(SourceId(0), 2, 4), Span::new(SourceId(0), 7, 9));
        assert_eq!(a.cover(b), Span::new(SourceId(0), 2, 9));
        assert!(a.cover(b).contains(b));
        assert!(!a.contains(b));
    }
}

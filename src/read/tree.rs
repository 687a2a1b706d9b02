//! One spanned tree for YAML and JSON: every scalar, key and tag with its place.
//!
//! Knows no cloud: tags and keys are text. A tree is a graph without cycles: an alias shares the node of its anchor, so
//! reading costs no more than the text. What walking it costs is bounded: a text whose aliases unfold to more than
//! `MAX_NODES` has no tree.

use std::ops::Range;
use std::sync::Arc;

use crate::source::{Source, Span};

/// A value with its place. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is.
    pub data: Data,
    /// The value's text, quotes and brackets included, without tag and anchor. For block scalars: the first to the last
    /// content character, without the `|`. Empty where nothing is written (`key:`).
    pub span: Span,
    /// The explicit tag.
    pub tag: Option<Tag>,
    /// How it is written.
    pub style: Style,
}

/// What a [`Node`] is.
#[derive(Clone, Debug)]
pub enum Data {
    /// `null`, `~`, or nothing written.
    Null,
    /// A boolean.
    Bool(bool),
    /// A decimal number, as it is written.
    Number(Arc<str>),
    /// A string, decoded.
    String(Arc<str>),
    /// A list.
    Sequence(Arc<[Node]>),
    /// A map, in written order, keys unique (of duplicates the last one counts, at the place of the last).
    Mapping(Arc<[Member]>),
}

/// A member of a map.
#[derive(Clone, Debug)]
pub struct Member {
    /// The key's text; numbers and booleans as they are written.
    pub key: Arc<str>,
    /// Where the key is written, with its quotes.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// An explicit tag.
#[derive(Clone, Debug)]
pub struct Tag {
    /// As it is written, with its `!`.
    pub text: Arc<str>,
    /// Where.
    pub span: Span,
}

/// How a value is written; fixes and the places inside strings depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A scalar without quotes.
    Plain,
    /// `'...'`
    SingleQuoted,
    /// `"..."`, in YAML or JSON.
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
    /// `[...]`, `{...}`, in YAML or JSON.
    Flow,
    /// A collection by indentation.
    Block,
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The class: `syntax`, `limit`, `duplicate-key`.
    pub kind: &'static str,
    /// Where.
    pub span: Span,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// The way out.
    pub help: Option<String>,
    /// A further place and what to say of it.
    pub related: Option<(Span, String)>,
    /// Whether there is no tree because of it.
    pub fatal: bool,
}

impl Error {
    /// A syntax error that leaves no tree.
    pub(super) fn syntax(span: Span, message: impl Into<String>, help: Option<&str>) -> Self {
        let help = help.map(str::to_owned);
        Error { kind: "syntax", span, message: message.into(), help, related: None, fatal: true }
    }

    /// A limit that was met.
    pub(super) fn limit(span: Span, message: impl Into<String>) -> Self {
        Error { kind: "limit", span, message: message.into(), help: None, related: None, fatal: true }
    }

    /// A key that is written twice.
    pub(super) fn duplicate(key: &str, span: Span, first: Span) -> Self {
        Error {
            kind: "duplicate-key",
            span,
            message: format!("the key '{key}' is written twice: this one counts"),
            help: Some("remove one of them".to_owned()),
            related: Some((first, "this one is ignored".to_owned())),
            fatal: false,
        }
    }
}

impl Node {
    /// The value with its tag.
    pub fn whole(&self) -> Span {
        self.tag.as_ref().map_or(self.span, |tag| tag.span.cover(self.span))
    }

    /// The string, where it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar: a string, a number as written, `true` or `false`.
    pub fn scalar(&self) -> Option<Arc<str>> {
        match &self.data {
            Data::String(text) | Data::Number(text) => Some(Arc::clone(text)),
            Data::Bool(flag) => Some(if *flag { "true" } else { "false" }.into()),
            _ => None,
        }
    }

    /// The members of a map; none for anything else.
    pub fn members(&self) -> &[Member] {
        match &self.data {
            Data::Mapping(members) => members,
            _ => &[],
        }
    }

    /// The items of a list; none for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.data {
            Data::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The member with this key.
    pub fn member(&self, key: &str) -> Option<&Member> {
        self.members().iter().find(|member| &*member.key == key)
    }

    /// The value of the member with this key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.member(key).map(|member| &member.value)
    }

    /// Whether it is a map.
    pub fn is_mapping(&self) -> bool {
        matches!(self.data, Data::Mapping(_))
    }

    /// Finds the source text of parts of this string; ask for ranges in ascending order. `source` is the one that the
    /// node was read from.
    pub fn places<'a>(&'a self, source: &'a Source) -> Places<'a> {
        let text = source.slice(self.span);
        let quoted = matches!(self.style, Style::SingleQuoted | Style::DoubleQuoted);
        let rest = if quoted { text.get(1..).unwrap_or("") } else { text };
        Places {
            node: self.span,
            style: self.style,
            source: rest.as_bytes(),
            start: self.span.start as usize + usize::from(quoted),
            at: 0,
            decoded: self.as_str().unwrap_or(""),
            done: 0,
            lost: false,
        }
    }
}

/// Walks a decoded string and its source text side by side: escapes, folded lines and indentation make them differ.
#[derive(Debug)]
pub struct Places<'a> {
    node: Span,
    style: Style,
    source: &'a [u8],
    start: usize,
    at: usize,
    decoded: &'a str,
    done: usize,
    lost: bool,
}

impl Places<'_> {
    /// The source text of the bytes `range` of the decoded string; the whole value where it can't be found (and for
    /// ranges that were not asked for in ascending order).
    pub fn span(&mut self, range: Range<usize>) -> Span {
        if range.start < self.done || !self.advance(range.start) {
            return self.node;
        }
        self.skip_blank_before(range.start);
        let start = self.start + self.at;
        if !self.advance(range.end) {
            return self.node;
        }
        Span::new(self.node.source, start, self.start + self.at)
    }

    fn advance(&mut self, to: usize) -> bool {
        while !self.lost && self.done < to {
            match self.decoded[self.done..].chars().next() {
                Some(next) => self.lost = !self.step(next),
                None => self.lost = true,
            }
        }
        !self.lost && self.done == to
    }

    /// Between two decoded characters the source may hold a fold and indentation: they belong to what is before.
    fn skip_blank_before(&mut self, at: usize) {
        let next_is_blank = self.decoded[at..].chars().next().is_none_or(is_blank);
        while !next_is_blank && self.source.get(self.at).is_some_and(|&byte| is_blank(char::from(byte))) {
            self.at += 1;
        }
    }

    /// Consumes one decoded character and the source text that it came from.
    fn step(&mut self, next: char) -> bool {
        loop {
            let Some(&byte) = self.source.get(self.at) else {
                // Final line breaks of block scalars are not always in the text.
                return is_blank(next) && self.consume(next, 0);
            };
            if self.style == Style::DoubleQuoted && byte == b'\\' {
                if matches!(self.source.get(self.at + 1), Some(b'\n' | b'\r')) {
                    self.at += 2;
                    self.skip_blanks();
                    continue;
                }
                let width = escape_width(&self.source[self.at..], next);
                return self.consume(next, width);
            }
            if self.style == Style::SingleQuoted && byte == b'\'' && next == '\'' {
                return self.consume(next, 2);
            }
            let mut buffer = [0_u8; 4];
            let encoded = next.encode_utf8(&mut buffer).as_bytes();
            if self.source[self.at..].starts_with(encoded) {
                return self.consume(next, encoded.len());
            }
            if is_blank(char::from(byte)) {
                if is_blank(next) && !(next == '\n' && self.line_ends_here()) {
                    self.skip_blanks();
                    return self.consume(next, 0);
                }
                self.at += 1;
                continue;
            }
            return is_blank(next) && self.consume(next, 0);
        }
    }

    fn consume(&mut self, next: char, width: usize) -> bool {
        self.at = (self.at + width).min(self.source.len());
        self.done += next.len_utf8();
        true
    }

    fn skip_blanks(&mut self) {
        while self.source.get(self.at).is_some_and(|&byte| is_blank(char::from(byte))) {
            self.at += 1;
        }
    }

    /// Only blanks stand before the next line break.
    fn line_ends_here(&self) -> bool {
        let rest = &self.source[self.at..];
        rest.iter().find(|&&byte| byte != b' ' && byte != b'\t' && byte != b'\r') == Some(&b'\n')
    }
}

fn is_blank(next: char) -> bool {
    matches!(next, ' ' | '\t' | '\r' | '\n')
}

/// Bytes of the escape at the start of `text`, which stands for `decoded`.
fn escape_width(text: &[u8], decoded: char) -> usize {
    match text.get(1) {
        Some(b'x') => 4,
        // A character outside of the basic plane is a pair of surrogates in JSON.
        Some(b'u') if u32::from(decoded) > 0xFFFF => 12,
        Some(b'u') => 6,
        Some(b'U') => 10,
        _ => 2,
    }
}

/// Builds the members of a map: of duplicate keys the last one counts, and each is reported.
pub(super) fn unique(members: Vec<Member>, errors: &mut Vec<Error>) -> Vec<Member> {
    // Nearly all maps are small, and comparing the keys of one costs less than hashing them.
    let stands_before = |at: usize| members[..at].iter().any(|before| before.key == members[at].key);
    if members.len() <= SMALL && !(1..members.len()).any(stands_before) {
        return members;
    }
    let mut last: std::collections::HashMap<Arc<str>, usize> = std::collections::HashMap::new();
    let mut doubled = false;
    for (at, member) in members.iter().enumerate() {
        if let Some(before) = last.insert(Arc::clone(&member.key), at) {
            doubled = true;
            if errors.len() < MAX_ERRORS {
                errors.push(Error::duplicate(&member.key, member.key_span, members[before].key_span));
            }
        }
    }
    if !doubled {
        return members;
    }
    let keep = |at: usize, member: &Member| last.get(&member.key) == Some(&at);
    members.into_iter().enumerate().filter(|(at, member)| keep(*at, member)).map(|(_, member)| member).collect()
}

/// Most members of a map whose keys are compared with each other.
const SMALL: usize = 12;

/// Most errors that one text is told of.
const MAX_ERRORS: usize = 100;

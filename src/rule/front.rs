//! Front matter: typed YAML, with the place of every key.

use std::ops::Range;

use serde_yaml::{Mapping, Value as Yaml};

use super::nearest::did_you_mean;
use super::syntax::Fault;
use crate::finding::Problem;
use crate::source::{SourceId, Span};

/// The front matter's text, its place, and the problems found in it.
pub(super) struct Front<'t> {
    text: &'t str,
    source: SourceId,
    offset: usize,
    pub(super) problems: Vec<Problem>,
}

/// A text of the front matter with its place.
#[derive(Clone, Debug)]
pub(super) struct Field {
    pub(super) text: String,
    /// Its keys; the place is looked up only where there is something to tell.
    path: Vec<String>,
}

impl<'t> Front<'t> {
    pub(super) fn new(whole: &'t str, range: Range<usize>, source: SourceId) -> Self {
        Front { text: &whole[range.clone()], source, offset: range.start, problems: Vec::new() }
    }

    /// The mapping; a problem where it is none.
    pub(super) fn mapping(&mut self) -> Option<Mapping> {
        match serde_yaml::from_str::<Yaml>(self.text) {
            Ok(Yaml::Mapping(mapping)) => Some(mapping),
            Ok(_) => {
                let span = self.span(0..self.text.len());
                self.problem(
                    span,
                    "the front matter must be a mapping",
                    "write `key: value` lines between the two `---`",
                );
                None
            }
            Err(error) => {
                let at = error.location().map_or(0, |location| location.index()).min(self.text.len());
                let message = format!("the front matter is not valid YAML: {error}");
                let span = self.span(at..at);
                self.problem(span, message, "quote texts that contain `: `, `#`, `{` or `[`");
                None
            }
        }
    }

    pub(super) fn problem(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::at("rule", span, message).help(help));
    }

    /// Unknown keys of a mapping are problems, with the nearest known one.
    pub(super) fn only(&mut self, mapping: &Mapping, path: &[&str], known: &[&str]) {
        for key in mapping.keys() {
            let name = key.as_str().unwrap_or("?");
            if !known.contains(&name) {
                let mut full = path.to_vec();
                full.push(name);
                let span = self.key(&full);
                self.problem(span, format!("there is no key `{name}` here"), did_you_mean(name, known.iter().copied()));
            }
        }
    }

    /// The text under a key; numbers and booleans are taken as they are written.
    pub(super) fn text(&mut self, mapping: &Mapping, path: &[&str]) -> Option<Field> {
        let value = mapping.get(path.last().copied()?)?;
        self.field(value, path)
    }

    /// A value as text.
    pub(super) fn field(&mut self, value: &Yaml, path: &[&str]) -> Option<Field> {
        let text = match value {
            Yaml::String(text) => text.clone(),
            Yaml::Bool(flag) => flag.to_string(),
            Yaml::Number(number) => number.to_string(),
            _ => {
                let span = self.key(path);
                let name = path.last().unwrap_or(&"").to_string();
                self.problem(
                    span,
                    format!("`{name}` must be a text"),
                    "write `key: text`, or `key: |` and the text below",
                );
                return None;
            }
        };
        Some(Field { text, path: path.iter().map(|key| (*key).to_owned()).collect() })
    }

    /// Where the text of a field starts, where it is written as it is.
    fn base(&self, field: &Field, path: &[&str]) -> Option<usize> {
        let (_, value) = self.locate(path)?;
        let written = &self.text[value.clone()];
        let trimmed = written.trim_start();
        let start = self.offset + value.start + written.len() - trimmed.len();
        if trimmed.starts_with(&field.text) {
            return Some(start);
        }
        trimmed.strip_prefix(['"', '\'']).filter(|inner| inner.starts_with(&field.text)).map(|_| start + 1)
    }

    /// The place of a field's key.
    pub(super) fn key_of(&self, field: &Field) -> Span {
        let path: Vec<&str> = field.path.iter().map(String::as_str).collect();
        self.key(&path)
    }

    /// One text or a list of them.
    pub(super) fn texts(&mut self, mapping: &Mapping, path: &[&str]) -> Vec<Field> {
        let Some(value) = path.last().and_then(|key| mapping.get(*key)) else { return Vec::new() };
        match value {
            Yaml::Sequence(items) => items.iter().filter_map(|item| self.field(item, path)).collect(),
            other => self.field(other, path).into_iter().collect(),
        }
    }

    /// The mapping under a key.
    pub(super) fn map(&mut self, mapping: &Mapping, path: &[&str]) -> Option<Mapping> {
        let name = path.last().copied()?;
        match mapping.get(name)? {
            Yaml::Mapping(inner) => Some(inner.clone()),
            _ => {
                let span = self.key(path);
                self.problem(span, format!("`{name}` must be a mapping"), format!("write `{name}: {{ key: value }}`"));
                None
            }
        }
    }

    /// Tells faults of an expression in a field.
    pub(super) fn faults(&mut self, field: &Field, faults: Vec<Fault>) {
        if faults.is_empty() {
            return;
        }
        let path: Vec<&str> = field.path.iter().map(String::as_str).collect();
        let base = self.base(field, &path);
        for fault in faults {
            let span = match base {
                Some(base) => Span::new(self.source, base + fault.place.start, base + fault.place.end),
                None => self.key(&path),
            };
            let mut problem = Problem::at("rule", span, fault.message);
            problem.help = fault.help;
            self.problems.push(problem);
        }
    }

    /// Where a key is written; the nearest key around it where it can't be found (flow style).
    pub(super) fn key(&self, path: &[&str]) -> Span {
        let found = (1..=path.len()).rev().find_map(|length| self.locate(&path[..length]));
        match found {
            Some((key, _)) => self.span(key),
            None => self.span(0..0),
        }
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source, self.offset + range.start, self.offset + range.end)
    }

    /// The ranges of a key and of what stands behind it on its line, by indentation.
    fn locate(&self, path: &[&str]) -> Option<(Range<usize>, Range<usize>)> {
        let mut open: Vec<(usize, String)> = Vec::new();
        let mut at = 0;
        for line in self.text.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let content = line.trim_end();
            let trimmed = content.trim_start_matches(' ');
            let indent = content.len() - trimmed.len();
            let Some((name, rest)) = trimmed.split_once(':') else { continue };
            let plain = name.trim_matches(['"', '\'']);
            if plain.is_empty() || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
                continue;
            }
            open.retain(|(outer, _)| *outer < indent);
            open.push((indent, plain.to_owned()));
            if open.len() == path.len() && open.iter().map(|(_, name)| name.as_str()).eq(path.iter().copied()) {
                let key = start + indent..start + indent + name.len();
                let value = key.end + 1..start + content.len();
                return Some((key, value));
            }
        }
        None
    }
}

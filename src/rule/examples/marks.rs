//! Expected places: trailing comments, and JSON pointers.

use super::pointer::locate;
use super::{Came, has_comments};
use crate::finding::Certainty;
use crate::rule::file::{Example, Spelling};

/// A place where a finding is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Expected {
    path: String,
    /// `error`, `warning`, `advice`; `note` for a conditional finding.
    word: String,
    at: At,
    /// A part of the message.
    says: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum At {
    Line(usize),
    Pointer(String),
}

impl Expected {
    /// Whether this is the finding that is expected.
    pub(super) fn fits(&self, came: &Came, files: &[(String, String)]) -> bool {
        let placed = match &self.at {
            At::Line(line) => came.line == *line,
            At::Pointer(pointer) => files
                .iter()
                .filter(|(path, _)| *path == self.path)
                .filter_map(|(_, text)| locate(text.trim_start_matches('\u{feff}'), pointer))
                .any(|range| range.contains(&came.byte)),
        };
        let says = self.says.as_ref().is_none_or(|part| came.message.contains(part.as_str()));
        placed && says && came.path == self.path && word(came) == self.word
    }
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.at {
            At::Line(line) => write!(f, "{} at {}:{line}", self.word, self.path)?,
            At::Pointer(pointer) => write!(f, "{} at {} {pointer}", self.word, self.path)?,
        }
        match &self.says {
            Some(says) => write!(f, " ({says})"),
            None => Ok(()),
        }
    }
}

/// The word that marks a finding: its severity, or `note` where it is conditional.
pub(super) fn word(came: &Came) -> &'static str {
    if came.certainty == Certainty::Conditional { "note" } else { came.severity.name() }
}

/// The places that an example marks, in the texts as they are run.
pub(super) fn expected(example: &Example, files: &[(String, String)]) -> Vec<Expected> {
    let mut all = Vec::new();
    for (path, text) in files {
        if !path.ends_with(".json") {
            for (index, line) in text.lines().enumerate() {
                if let Some((word, says)) = mark(line) {
                    let says = (!says.is_empty()).then(|| says.to_owned());
                    all.push(Expected { path: path.clone(), word: word.to_owned(), at: At::Line(index + 1), says });
                }
            }
        }
    }
    for file in &example.files {
        let spelled = files.iter().find(|(path, _)| *path == file.path || path.ends_with(".json"));
        let Some((path, _)) = spelled else { continue };
        for mark in &file.marks {
            let at = At::Pointer(mark.pointer.clone());
            all.push(Expected { path: path.clone(), word: mark.word.clone(), at, says: None });
        }
        // Comments do not survive the way from YAML to JSON: what they marked is found by its path.
        if has_comments(file.spelling) && path.ends_with(".json") {
            all.extend(by_path(&file.text, path));
        }
    }
    all
}

fn by_path(yaml: &str, path: &str) -> Vec<Expected> {
    let marked: Vec<(usize, &str, &str)> =
        yaml.lines().enumerate().filter_map(|(at, line)| mark(line).map(|(word, says)| (at, word, says))).collect();
    let pointers: Option<Vec<Expected>> = marked
        .into_iter()
        .map(|(line, word, says)| {
            Some(Expected {
                path: path.to_owned(),
                word: word.to_owned(),
                at: At::Pointer(yaml_pointer(yaml, line)?),
                says: (!says.is_empty()).then(|| says.to_owned()),
            })
        })
        .collect();
    pointers.unwrap_or_default()
}

/// The mark that ends a line: its word, and the part of the message behind a colon.
pub(super) fn mark(line: &str) -> Option<(&str, &str)> {
    let starts = line.match_indices(['#', '/']).map(|(at, _)| at);
    for at in starts {
        let comment = match &line[at..] {
            rest if rest.starts_with("//") => &rest[2..],
            rest if rest.starts_with('#') => &rest[1..],
            _ => continue,
        };
        if at > 0 && !line[..at].ends_with([' ', '\t']) {
            continue;
        }
        let comment = comment.trim();
        for word in ["error", "warning", "advice", "note"] {
            match comment.strip_prefix(word) {
                Some("") => return Some((&comment[..word.len()], "")),
                Some(rest) if rest.starts_with(':') => return Some((&comment[..word.len()], rest[1..].trim())),
                _ => {}
            }
        }
    }
    None
}

/// The pointer of the key or element that a line of block YAML starts with; `None` below a tag and in other notations.
fn yaml_pointer(text: &str, wanted: usize) -> Option<String> {
    let mut open: Vec<(usize, Step)> = Vec::new();
    for (index, line) in text.lines().enumerate().take(wanted + 1) {
        let mut rest = line.trim_start_matches(' ');
        if rest.is_empty() || rest.starts_with('#') {
            continue;
        }
        let mut found = false;
        while let Some(element) = rest.strip_prefix("- ") {
            // A list may stand as deep as its key, and a key may not.
            let indent = line.len() - rest.len();
            open.retain(|(outer, _)| *outer <= indent);
            match open.last_mut() {
                Some((outer, Step::Element(at))) if *outer == indent => *at += 1,
                _ => open.push((indent, Step::Element(0))),
            }
            rest = element.trim_start_matches(' ');
            found = true;
        }
        let indent = line.len() - rest.len();
        // What starts on the line of its dash may be the element or its first member: the element has both.
        let pointer = |open: &[(usize, Step)]| open.iter().map(|(_, step)| step.pointer()).collect::<Option<String>>();
        if index == wanted && found {
            return pointer(&open);
        }
        let (key, value) = match rest.split_once(": ").or_else(|| Some((rest.strip_suffix(':')?, ""))) {
            Some((key, value)) if !key.contains([' ', '{', '[', '!', '#']) => (Some(key), value.trim_start()),
            _ => (None, rest),
        };
        if let Some(key) = key {
            open.retain(|(outer, _)| *outer < indent);
            let key = key.trim_matches(['"', '\'']).replace('~', "~0").replace('/', "~1");
            open.push((indent, Step::Key(key)));
        }
        if index == wanted {
            return key.and_then(|_| pointer(&open));
        }
        if value.starts_with('!') {
            open.push((indent, Step::Tag));
        }
    }
    None
}

/// What is open at a line of YAML.
enum Step {
    Key(String),
    Element(usize),
    /// A short form: in JSON a member of its own stands here.
    Tag,
}

impl Step {
    fn pointer(&self) -> Option<String> {
        match self {
            Step::Key(key) => Some(format!("/{key}")),
            Step::Element(at) => Some(format!("/{at}")),
            Step::Tag => None,
        }
    }
}

/// The words by which a spelling starts a comment.
pub(super) fn comment(spelling: Spelling) -> &'static str {
    match spelling {
        Spelling::Yaml | Spelling::Hcl => "#",
        Spelling::Json => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_end_a_line() {
        let table = [
            ("a: 1 # error", Some(("error", ""))),
            ("a = 1 // warning: no key", Some(("warning", "no key"))),
            ("a: b#error", None),
            ("a: 1 # why # note", Some(("note", ""))),
            ("a: 1 # errors are bad", None),
            ("u: https://x # advice", Some(("advice", ""))),
        ];
        for (line, expected) in table {
            assert_eq!(mark(line), expected, "{line}");
        }
    }

    #[test]
    fn the_path_of_a_line() {
        let text = "A:\n  B: 1\n  C:\n    'D/E': 2\n  F:\n    - G: 3\n";
        assert_eq!(yaml_pointer(text, 1).as_deref(), Some("/A/B"));
        assert_eq!(yaml_pointer(text, 3).as_deref(), Some("/A/C/D~1E"));
        assert_eq!(yaml_pointer(text, 5).as_deref(), Some("/A/F/0"));
        let lists = "A:\n- B: 1\n  C: 2\n- D: !If\n    - X\n    - Y\n  E:\n    - - Z\n      - Y\nF: {}\n";
        let table = [
            (2, Some("/A/0/C")),
            (3, Some("/A/1")),
            (5, None),
            (6, Some("/A/1/E")),
            (8, Some("/A/1/E/0/1")),
            (9, Some("/F")),
        ];
        for (line, expected) in table {
            assert_eq!(yaml_pointer(lists, line).as_deref(), expected, "line {line}");
        }
    }
}

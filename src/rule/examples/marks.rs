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

/// A key or list element of block YAML that is open at some line.
struct Open {
    indent: usize,
    step: String,
    /// The number of an element; `None` for a key.
    element: Option<usize>,
    /// The function that stands before what is inside: `Fn::If`.
    function: Option<String>,
}

/// The pointer of what a line of block YAML starts with; `None` in other notations.
fn yaml_pointer(text: &str, wanted: usize) -> Option<String> {
    let mut open: Vec<Open> = Vec::new();
    for (index, line) in text.lines().enumerate().take(wanted + 1) {
        let mut rest = line.trim_start_matches(' ');
        let mut indent = line.len() - rest.len();
        let mut found = false;
        while let Some(inner) = rest.strip_prefix("- ") {
            let before = open.iter().rposition(|it| it.indent == indent && it.element.is_some());
            let number = before.and_then(|at| open[at].element).map_or(0, |number| number + 1);
            open.retain(|it| it.indent < indent || (it.indent == indent && it.element.is_none()));
            open.push(Open { indent, step: number.to_string(), element: Some(number), function: function(inner) });
            let trimmed = inner.trim_start_matches(' ');
            indent += rest.len() - trimmed.len();
            rest = trimmed;
            found = true;
        }
        if let Some((key, value)) = key(rest) {
            open.retain(|it| it.indent < indent);
            let step = key.replace('~', "~0").replace('/', "~1");
            open.push(Open { indent, step, element: None, function: function(value) });
            found = true;
        }
        if index == wanted && !found {
            return None;
        }
        if index == wanted && line.trim_start().starts_with("- ") {
            // The mark of an element's first line is the element's.
            let element = open.iter().rposition(|it| it.element.is_some());
            open.truncate(element.map_or(0, |at| at + 1));
        }
    }
    let (last, above) = open.split_last()?;
    let inside = |it: &Open| match &it.function {
        Some(function) => format!("/{}/{function}", it.step),
        None => format!("/{}", it.step),
    };
    Some(above.iter().map(inside).chain([format!("/{}", last.step)]).collect())
}

/// The key that a line starts with, and what stands behind it.
fn key(line: &str) -> Option<(&str, &str)> {
    if line.starts_with(['#', '!', '{', '[']) {
        return None;
    }
    let (key, value) = line.split_once(": ").or_else(|| line.strip_suffix(':').map(|key| (key, "")))?;
    let key = key.trim_matches(['"', '\'']);
    (!key.contains(' ')).then_some((key, value))
}

/// The function whose arguments are on the lines below: a tag with nothing behind it but a comment.
fn function(value: &str) -> Option<String> {
    let name = value.trim().strip_prefix('!')?;
    let (name, rest) = name.split_once(' ').unwrap_or((name, ""));
    let nothing = rest.trim().is_empty() || rest.trim().starts_with('#');
    nothing.then(|| if matches!(name, "Ref" | "Condition") { name.to_owned() } else { format!("Fn::{name}") })
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
        let text = "A:\n- 'k:x': 1\n  y: !If\n    - C\n    - z: 2\n- w:\n    v\n";
        assert_eq!(yaml_pointer(text, 1).as_deref(), Some("/A/0"));
        assert_eq!(yaml_pointer(text, 2).as_deref(), Some("/A/0/y"));
        assert_eq!(yaml_pointer(text, 3).as_deref(), Some("/A/0/y/Fn::If/0"));
        assert_eq!(yaml_pointer(text, 4).as_deref(), Some("/A/0/y/Fn::If/1"));
        assert_eq!(yaml_pointer(text, 5).as_deref(), Some("/A/1"));
        assert_eq!(yaml_pointer(text, 6), None);
    }
}

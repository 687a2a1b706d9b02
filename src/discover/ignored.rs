//! `.gitignore` files: which entries of a directory git does not look at.
//!
//! Knows git's patterns and where they stand: the files of a repository, and its `.git/info/exclude`. A user's own
//! global patterns are left out, so that every machine looks at the same. That a file is tracked in spite of a pattern
//! is not seen; who wants it looked at names it.
//! <https://git-scm.com/docs/gitignore>

use std::path::{Path, PathBuf};

/// The patterns that hold below one directory.
#[derive(Debug, Default)]
pub(super) struct Ignored {
    /// From the repository's root to the deepest directory that was entered: its path and its patterns.
    stack: Vec<(PathBuf, Vec<Pattern>)>,
}

#[derive(Debug, PartialEq, Eq)]
struct Pattern {
    /// `!pattern`: not ignored after all.
    negated: bool,
    /// `pattern/`: directories only.
    directories: bool,
    /// The parts between slashes; one that may match at any depth begins with `**`.
    parts: Vec<String>,
}

impl Ignored {
    /// The patterns of every directory from the root of the repository that holds `start` down to its parent; none
    /// where it lies in no repository.
    pub(super) fn above(start: &Path) -> Self {
        let Ok(real) = std::fs::canonicalize(start) else { return Ignored::default() };
        let Some(root) = real.ancestors().find(|directory| directory.join(".git").exists()) else {
            return Ignored::default();
        };
        let mut ignored = Ignored { stack: vec![(root.to_owned(), read(&root.join(".git/info/exclude")))] };
        let between: Vec<&Path> =
            real.ancestors().skip(1).take_while(|directory| directory.starts_with(root)).collect();
        for directory in between.into_iter().rev() {
            ignored.push(directory);
        }
        ignored
    }

    /// Whether there is a repository at all.
    pub(super) fn is_none(&self) -> bool {
        self.stack.is_empty()
    }

    /// Adds the patterns of a directory (a real path) that is entered, and forgets those of directories beside it.
    pub(super) fn enter(&mut self, directory: &Path) {
        // What stands above the walk stays: every directory that is entered lies below it.
        while self.stack.len() > 1 && self.stack.last().is_some_and(|(at, _)| !directory.starts_with(at)) {
            self.stack.pop();
        }
        self.push(directory);
    }

    fn push(&mut self, directory: &Path) {
        let patterns = read(&directory.join(".gitignore"));
        if !patterns.is_empty() {
            self.stack.push((directory.to_owned(), patterns));
        }
    }

    /// Whether git ignores this entry (a real path). The deepest file that speaks of it decides, in it the last line.
    pub(super) fn holds(&self, path: &Path, is_directory: bool) -> bool {
        for (directory, patterns) in self.stack.iter().rev() {
            let Ok(below) = path.strip_prefix(directory) else { continue };
            let parts: Vec<String> = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            let speaks = |pattern: &&Pattern| (is_directory || !pattern.directories) && matches(&pattern.parts, &parts);
            if let Some(last) = patterns.iter().rev().find(speaks) {
                return !last.negated;
            }
        }
        false
    }
}

fn read(file: &Path) -> Vec<Pattern> {
    match std::fs::read(file) {
        Ok(text) => String::from_utf8_lossy(&text).lines().filter_map(pattern).collect(),
        Err(_) => Vec::new(),
    }
}

fn pattern(line: &str) -> Option<Pattern> {
    let mut text = line.trim_end_matches('\r');
    // Blanks at the end do not count, unless the last is escaped.
    while text.ends_with(' ') && !text.ends_with("\\ ") {
        text = &text[..text.len() - 1];
    }
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    let negated = text.starts_with('!');
    let text = text.strip_prefix('!').unwrap_or(text);
    let directories = text.ends_with('/');
    let text = text.strip_suffix('/').unwrap_or(text);
    let anchored = text.contains('/');
    let mut parts: Vec<String> = text.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    if parts.is_empty() {
        return None;
    }
    if !anchored {
        parts.insert(0, "**".to_owned());
    }
    Some(Pattern { negated, directories, parts })
}

/// Whether the parts of a pattern match all parts of a path. `**` at the end matches everything inside; elsewhere any
/// number of directories, none too. Keeps the set of positions that can be reached, so that no pattern takes long.
fn matches(pattern: &[String], path: &[String]) -> bool {
    let end = pattern.len();
    let stars = |at: usize| pattern[at] == "**";
    let mut reached = vec![false; end + 1];
    reached[0] = true;
    for name in path {
        let mut next = vec![false; end + 1];
        for at in 0..end {
            if reached[at] && stars(at) && at + 1 < end {
                reached[at + 1] = true;
            }
            if !reached[at] {
                continue;
            }
            if stars(at) {
                next[at] = true;
                next[end] |= at + 1 == end;
            } else {
                let (pattern, name): (Vec<char>, Vec<char>) = (pattern[at].chars().collect(), name.chars().collect());
                next[at + 1] |= matches_name(&pattern, &name);
            }
        }
        reached = next;
    }
    reached[end]
}

/// One name against `*`, `?`, `[a-z]`, `[!a]` and `\x`. A star remembers where it stands, so that no pattern takes
/// exponential time.
fn matches_name(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        let step = match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
                continue;
            }
            Some('?') => Some(1),
            Some('[') => class(&pattern[p..], name[n]),
            Some('\\') => pattern.get(p + 1).filter(|c| **c == name[n]).map(|_| 2),
            Some(c) => (*c == name[n]).then_some(1),
            None => None,
        };
        match (step, star) {
            (Some(length), _) => (p, n) = (p + length, n + 1),
            (None, Some((at, from))) => {
                star = Some((at, from + 1));
                (p, n) = (at + 1, from + 1);
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// The length of the class that `pattern` begins with, where it has `c`.
fn class(pattern: &[char], c: char) -> Option<usize> {
    let negated = matches!(pattern.get(1), Some('!' | '^'));
    let start = if negated { 2 } else { 1 };
    // A bracket that stands first is a member.
    let end = start + 1 + pattern.get(start + 1..)?.iter().position(|c| *c == ']')?;
    let mut members = &pattern[start..end];
    let mut found = false;
    while let Some((first, rest)) = members.split_first() {
        match rest {
            ['-', last, after @ ..] => {
                found |= (*first..=*last).contains(&c);
                members = after;
            }
            _ => {
                found |= *first == c;
                members = rest;
            }
        }
    }
    (found != negated).then_some(end + 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    fn ignores(lines: &[&str], path: &str) -> bool {
        let patterns = lines.iter().filter_map(|line| pattern(line)).collect();
        let ignored = Ignored { stack: vec![(PathBuf::from("/r"), patterns)] };
        let (path, directory) = (path.trim_end_matches('/'), path.ends_with('/'));
        ignored.holds(Path::new(&format!("/r/{path}")), directory)
    }

    /// The rows are what `git check-ignore` says.
    #[test]
    fn patterns_mean_what_git_means() {
        let table: &[(&[&str], &str, bool)] = &[
            (&["*.json"], "a/b.json", true),
            (&["*.json", "!keep.json"], "a/keep.json", false),
            (&["!keep.json", "*.json"], "keep.json", true),
            (&["/build"], "build/", true),
            (&["/build"], "a/build/", false),
            (&["build/"], "build", false),
            (&["a/b"], "x/a/b", false),
            (&["**/a/b"], "x/a/b", true),
            (&["a/**"], "a/x", true),
            (&["a/**"], "a/", false),
            (&["a/**/b"], "a/b", true),
            (&["a/**/b"], "a/x/y/b", true),
            (&["# c", "", "x  "], "x", true),
            (&["\\#c"], "#c", true),
            (&["\\!c"], "!c", true),
            (&["f[0-9].yaml"], "f7.yaml", true),
            (&["f[!0-9].yaml"], "f7.yaml", false),
            (&["f[]x].yaml"], "f].yaml", true),
            (&["?.tf"], "é.tf", true),
            (&["a*b*c*d"], "aXbXcX", false),
            (&["*"], "x", true),
            (&["/*", "!/infra/"], "infra/", false),
            (&["a?b"], "a/b", false),
        ];
        for (lines, path, wanted) in table {
            assert_eq!(ignores(lines, path), *wanted, "{lines:?} {path}");
        }
    }

    #[test]
    fn the_deepest_file_decides() {
        let stack = vec![
            (PathBuf::from("/r"), vec![pattern("*.yaml").unwrap()]),
            (PathBuf::from("/r/a"), vec![pattern("!x.yaml").unwrap()]),
        ];
        let ignored = Ignored { stack };
        assert!(!ignored.holds(Path::new("/r/a/b/x.yaml"), false));
        assert!(ignored.holds(Path::new("/r/a/y.yaml"), false));
        assert!(ignored.holds(Path::new("/r/x.yaml"), false));
    }

    #[test]
    fn many_stars_take_no_time() {
        let star = format!("{}b", "*a".repeat(40));
        assert!(!ignores(&[&star], &"a".repeat(4_000)));
    }
}

//! The patterns of `fileset`: `*` `?` `[class]` `{a,b}` within a name, `**` over directories.

use regex::Regex;

use super::call::Stop;
use crate::source::files::{self, FileError, Files};
use crate::source::limits::MAX_DEPTH;
use crate::value::{Unknown, UnknownKind};

/// Most directory members that one call looks at.
const MAX_MEMBERS: usize = 200_000;

/// The regular files below `base` that match, relative to it, sorted.
///
/// # Errors
/// A malformed pattern; unknown where there are too many files, or where they lie outside of the repository.
pub(super) fn files(door: &dyn Files, base: &str, pattern: &str) -> Result<Vec<String>, Stop> {
    let mut search = Search { door, found: Vec::new(), looked_at: 0 };
    let mut segments = Vec::new();
    for alternative in alternatives(pattern)? {
        segments.clear();
        // The pattern is joined to the path and cleaned: `./a//b/../c` is `a/c`.
        let cleaned = files::join(".", &alternative);
        if alternative.starts_with('/') {
            segments.extend(cleaned.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned));
        } else {
            segments.extend(cleaned.split('/').map(str::to_owned));
        }
        search.walk(base, "", &segments, 0)?;
    }
    search.found.sort();
    search.found.dedup();
    Ok(search.found)
}

struct Search<'a> {
    door: &'a dyn Files,
    found: Vec<String>,
    looked_at: usize,
}

impl Search<'_> {
    fn walk(&mut self, base: &str, prefix: &str, segments: &[String], depth: usize) -> Result<(), Stop> {
        let Some((segment, rest)) = segments.split_first() else { return Ok(()) };
        if depth > MAX_DEPTH {
            return Err(Unknown::new(UnknownKind::Limit, "the directories are nested too deeply").into());
        }
        if segment == ".." || segment == "." {
            return self.walk(base, &below(prefix, segment), rest, depth + 1);
        }
        let members = match self.door.list(&files::join(base, if prefix.is_empty() { "." } else { prefix })) {
            Ok(members) => members,
            Err(FileError::Outside) => {
                let why = format!("{base} lies outside of the repository that is being checked");
                return Err(Unknown::new(UnknownKind::Unsupported, why).into());
            }
            Err(_) => return Ok(()),
        };
        self.looked_at += members.len();
        if self.looked_at > MAX_MEMBERS {
            let why = format!("fileset would look at more than {MAX_MEMBERS} files");
            return Err(Unknown::new(UnknownKind::Limit, why).into());
        }
        if segment == "**" {
            if !rest.is_empty() {
                self.walk(base, prefix, rest, depth + 1)?;
            }
            for member in members {
                let path = below(prefix, &member.name);
                if member.directory {
                    self.walk(base, &path, segments, depth + 1)?;
                } else if rest.is_empty() {
                    self.found.push(path);
                }
            }
            return Ok(());
        }
        let name = name_pattern(segment)?;
        for member in members.into_iter().filter(|member| name.is_match(&member.name)) {
            let path = below(prefix, &member.name);
            match (member.directory, rest.is_empty()) {
                (true, false) => self.walk(base, &path, rest, depth + 1)?,
                (false, true) => self.found.push(path),
                _ => {}
            }
        }
        Ok(())
    }
}

fn below(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}/{name}") }
}

/// `{a,b}` unfolded; braces may hold slashes and braces.
fn alternatives(pattern: &str) -> Result<Vec<String>, Stop> {
    let mut done = Vec::new();
    let mut open = vec![pattern.to_owned()];
    while let Some(next) = open.pop() {
        if done.len() + open.len() > 1000 {
            return Err(Unknown::new(UnknownKind::Limit, "the pattern of fileset unfolds to too many").into());
        }
        match first_braces(&next)? {
            None => done.push(next),
            Some((start, commas, end)) => {
                let mut from = start + 1;
                for to in commas.into_iter().chain([end]) {
                    open.push(format!("{}{}{}", &next[..start], &next[from..to], &next[end + 1..]));
                    from = to + 1;
                }
            }
        }
    }
    Ok(done)
}

type Braces = (usize, Vec<usize>, usize);

fn first_braces(pattern: &str) -> Result<Option<Braces>, Stop> {
    let (mut start, mut commas, mut depth, mut escaped) = (0, Vec::new(), 0, false);
    for (at, c) in pattern.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '{' => {
                if depth == 0 {
                    start = at;
                }
                depth += 1;
            }
            ',' if depth == 1 => commas.push(at),
            '}' if depth == 1 => return Ok(Some((start, commas, at))),
            '}' if depth > 1 => depth -= 1,
            _ => {}
        }
    }
    if depth > 0 { Err("failed to glob pattern: syntax error in pattern".into()) } else { Ok(None) }
}

fn name_pattern(segment: &str) -> Result<Regex, Stop> {
    let wrong = || Stop::from(format!("failed to glob pattern {segment:?}: syntax error in pattern"));
    let mut regex = String::from("(?s)^");
    let mut chars = segment.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' => regex.push_str(".*"),
            '?' => regex.push('.'),
            '\\' => regex.push_str(&regex::escape(&chars.next().ok_or_else(wrong)?.to_string())),
            '[' => {
                regex.push('[');
                if chars.next_if(|c| matches!(c, '^' | '!')).is_some() {
                    regex.push('^');
                }
                let mut empty = true;
                loop {
                    match chars.next().ok_or_else(wrong)? {
                        ']' if !empty => break,
                        '\\' => regex.push_str(&class_char(chars.next().ok_or_else(wrong)?)),
                        '-' if !empty => regex.push('-'),
                        c => regex.push_str(&class_char(c)),
                    }
                    empty = false;
                }
                regex.push(']');
            }
            c => regex.push_str(&regex::escape(&c.to_string())),
        }
    }
    regex.push('$');
    Regex::new(&regex).map_err(|_| wrong())
}

fn class_char(c: char) -> String {
    format!("\\x{{{:X}}}", u32::from(c))
}

//! Walking directories: what is in them, without what is pruned, left out or ignored by git. Links are not walked.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;

use super::ignored::Ignored;
use super::{Disk, file_error};
use crate::source::files::join;
use crate::source::parallel;

/// What is not looked for.
pub struct Looking<'a> {
    /// Says of a path, as shown to people, that the user does not want it.
    pub excluded: &'a (dyn Fn(&str) -> bool + Sync),
    /// Whether to leave out what git ignores.
    pub gitignore: bool,
}

/// What a walk found, as shown to people, sorted.
#[derive(Debug, Default)]
pub struct Walked {
    /// Files whose names are wanted.
    pub files: Vec<String>,
    /// Such files that git ignores.
    pub ignored: Vec<String>,
    /// Directories that git ignores; nothing in them was looked at.
    pub ignored_directories: Vec<String>,
    /// Paths that could not be walked, and why.
    pub unreadable: Vec<(String, String)>,
}

/// So many directories side by side are worth threads.
const PARALLEL_FROM: usize = 32;

/// A directory that waits to be looked into.
struct Waiting {
    shown: String,
    real: PathBuf,
    ignored: Option<Arc<Ignored>>,
}

impl Disk {
    /// Walks a directory for the files whose names `takes`; directories called as one of `pruned` are passed over, the
    /// first one excepted, which was named.
    pub fn walk(
        &self,
        start: &str,
        looking: &Looking<'_>,
        pruned: &[&str],
        takes: &(dyn Fn(&str) -> bool + Sync),
    ) -> Walked {
        let mut walked = Walked::default();
        let real = match self.contained(start) {
            Ok((real, _)) => real,
            Err(why) => {
                walked.unreadable.push((start.to_owned(), why.to_string()));
                return walked;
            }
        };
        if (looking.excluded)(start) {
            return walked;
        }
        // Without a repository there is no git that ignores anything.
        let repository = super::roots::repository(&real).filter(|_| looking.gitignore);
        let ignored = repository.as_ref().and_then(|repository| Ignored::above(repository, &real));
        let visit = Visit { excluded: looking.excluded, gitignore: repository.is_some(), pruned, takes };
        let mut level = vec![Waiting { shown: start.to_owned(), real, ignored }];
        while !level.is_empty() {
            let visited = parallel::map(&level, PARALLEL_FROM, |waiting| visit.directory(waiting));
            level.clear();
            for (found, below) in visited {
                walked.merge(found);
                level.extend(below);
            }
        }
        walked.sort();
        walked
    }
}

impl Walked {
    fn merge(&mut self, other: Walked) {
        self.files.extend(other.files);
        self.ignored.extend(other.ignored);
        self.ignored_directories.extend(other.ignored_directories);
        self.unreadable.extend(other.unreadable);
    }

    fn sort(&mut self) {
        self.files.sort();
        self.ignored.sort();
        self.ignored_directories.sort();
        self.unreadable.sort();
    }
}

struct Visit<'a> {
    excluded: &'a (dyn Fn(&str) -> bool + Sync),
    gitignore: bool,
    pruned: &'a [&'a str],
    takes: &'a (dyn Fn(&str) -> bool + Sync),
}

impl Visit<'_> {
    /// What one directory holds, and what is to be looked into below it.
    fn directory(&self, waiting: &Waiting) -> (Walked, Vec<Waiting>) {
        let (mut found, mut below) = (Walked::default(), Vec::new());
        let entries = match std::fs::read_dir(&waiting.real) {
            Ok(entries) => entries,
            Err(error) => {
                found.unreadable.push((waiting.shown.clone(), file_error(&error).to_string()));
                return (found, below);
            }
        };
        let ignored = match self.gitignore {
            true => Ignored::inside(waiting.ignored.clone(), &waiting.real),
            false => None,
        };
        for entry in entries {
            match entry {
                Ok(entry) => {
                    let directory = entry.file_type().is_ok_and(|kind| kind.is_dir());
                    self.entry(waiting, &entry.file_name(), directory, ignored.as_ref(), &mut found, &mut below);
                }
                Err(error) => found.unreadable.push((waiting.shown.clone(), file_error(&error).to_string())),
            }
        }
        (found, below)
    }

    fn entry(
        &self,
        around: &Waiting,
        name: &OsStr,
        directory: bool,
        ignored: Option<&Arc<Ignored>>,
        found: &mut Walked,
        below: &mut Vec<Waiting>,
    ) {
        let text = name.to_string_lossy();
        if (directory && self.pruned.contains(&&*text)) || (!directory && !(self.takes)(&text)) {
            return;
        }
        let shown = join(&around.shown, &text);
        if (self.excluded)(&shown) {
            return;
        }
        let real = around.real.join(name);
        let is_ignored = ignored.is_some_and(|ignored| ignored.holds(&real, directory));
        match (is_ignored, directory) {
            (true, true) => found.ignored_directories.push(shown),
            (true, false) => found.ignored.push(shown),
            (false, true) => below.push(Waiting { shown, real, ignored: ignored.cloned() }),
            (false, false) => found.files.push(shown),
        }
    }
}

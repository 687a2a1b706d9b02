//! The one door to files for everything below `discover`: modules, nested templates, `file()` and `templatefile()`.

use std::sync::Arc;

use super::{Source, Sources};

/// Reads files below the root of what is being checked. Paths use `/` and are written as they are shown to people:
/// relative to the working directory (`infra/main.tf`, `../modules/kms`), or absolute.
pub trait Files: Send + Sync {
    /// The sources that reading adds to.
    fn sources(&self) -> &Sources;

    /// The text of a file, read once and kept.
    ///
    /// # Errors
    /// Why it can't be had.
    fn read(&self, path: &str) -> Result<Arc<Source>, FileError>;

    /// The bytes of a file that need not be text (`filebase64`, `filesha256`).
    ///
    /// # Errors
    /// Why they can't be had.
    fn bytes(&self, path: &str) -> Result<Vec<u8>, FileError>;

    /// The members of a directory, sorted by name; an empty path is the working directory.
    ///
    /// # Errors
    /// Why it can't be listed.
    fn list(&self, directory: &str) -> Result<Vec<Member>, FileError>;

    /// The absolute path of `path`, for `path.root`, `path.cwd` and `abspath`; lexical, nothing is read.
    fn absolute(&self, path: &str) -> String;
}

/// A member of a directory.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// Its name, without the directory.
    pub name: String,
    /// Whether it is (a symlink to) a directory.
    pub directory: bool,
}

/// Why a file can't be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// There is none.
    NotFound,
    /// It lies outside of the repository that is being checked.
    Outside,
    /// The system refuses: its message.
    Unreadable(String),
    /// It is not text: a sentence that says where.
    NotText(String),
    /// It is encrypted by git-crypt, and this working copy is locked.
    Encrypted,
    /// It is larger than the limit.
    TooLarge,
}

impl std::fmt::Display for FileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FileError::NotFound => f.write_str("it does not exist"),
            FileError::Outside => f.write_str("it lies outside of the repository that is being checked"),
            FileError::Unreadable(why) | FileError::NotText(why) => f.write_str(why),
            FileError::Encrypted => f.write_str("it is encrypted by git-crypt"),
            FileError::TooLarge => f.write_str("it is too large"),
        }
    }
}

/// Joins and normalises two paths lexically: `join("a/b", "../c")` is `a/c`, `join(".", "x")` is `x`,
/// `join("a", "../../x")` is `../x`; an absolute second path wins. The working directory itself is `.`.
pub fn join(base: &str, path: &str) -> String {
    let absolute = path.starts_with('/') || (base.starts_with('/') && !path.starts_with('/'));
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{base}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&last) if last != ".." => {
                    parts.pop();
                }
                _ if absolute => {}
                _ => parts.push(".."),
            },
            name => parts.push(name),
        }
    }
    let joined = parts.join("/");
    match (absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

/// The directory of a path: `parent("a/b.tf")` is `a`, `parent("b.tf")` is `.`.
pub fn parent(path: &str) -> &str {
    match path.rsplit_once('/') {
        Some(("", _)) => "/",
        Some((directory, _)) => directory,
        None => ".",
    }
}

/// Files in memory, for tests and for the examples of rules.
#[derive(Debug, Default)]
pub struct MemoryFiles {
    sources: Sources,
    files: std::collections::BTreeMap<String, Arc<Source>>,
}

impl MemoryFiles {
    /// These files: path and text.
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let sources = Sources::new();
        let files = files
            .into_iter()
            .filter_map(|(path, text)| {
                let path = join(".", path);
                let source = sources.add(&path, text.as_bytes().to_vec()).ok()?;
                Some((path, source))
            })
            .collect();
        MemoryFiles { sources, files }
    }
}

impl Files for MemoryFiles {
    fn sources(&self) -> &Sources {
        &self.sources
    }

    fn read(&self, path: &str) -> Result<Arc<Source>, FileError> {
        self.files.get(&join(".", path)).cloned().ok_or(FileError::NotFound)
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.read(path).map(|source| source.text().as_bytes().to_vec())
    }

    fn list(&self, directory: &str) -> Result<Vec<Member>, FileError> {
        let directory = join(".", directory);
        let prefix = if directory == "." { String::new() } else { format!("{directory}/") };
        let mut members: Vec<Member> = self
            .files
            .keys()
            .filter_map(|path| path.strip_prefix(&prefix))
            .map(|rest| match rest.split_once('/') {
                Some((name, _)) => Member { name: name.to_owned(), directory: true },
                None => Member { name: rest.to_owned(), directory: false },
            })
            .collect();
        members.sort();
        members.dedup();
        if members.is_empty() { Err(FileError::NotFound) } else { Ok(members) }
    }

    fn absolute(&self, path: &str) -> String {
        join("/work", path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_lexically() {
        let table = [
            ("a/b", "../c", "a/c"),
            (".", "x", "x"),
            ("a", "../../x", "../x"),
            ("a", "/x/y", "/x/y"),
            ("/a", "../../x", "/x"),
            ("a", "..", "."),
            ("../m", "./k/", "../m/k"),
        ];
        for (base, path, joined) in table {
            assert_eq!(join(base, path), joined, "{base} + {path}");
        }
        assert_eq!((parent("a/b.tf"), parent("b.tf"), parent("/b")), ("a", ".", "/"));
    }
}

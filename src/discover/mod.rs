//! Paths to candidates: which files may be templates or plans, which directories hold Terraform.
//!
//! Knows names, extensions and literals in texts; no syntax of any language. What a candidate really is, its reader says.

mod disk;
mod ignored;
mod terraform;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub use disk::Disk;
use ignored::Ignored;
pub use terraform::{Directories, Directory, is_terraform_file};

use crate::source::files::{join, parent};

/// Directories that never hold the user's own code.
pub const PRUNED: &[&str] = &[".git", ".hg", ".svn", ".terraform", ".terragrunt-cache", "node_modules", "target"];

/// What there is to look at, sorted, each once.
#[derive(Debug, Default)]
pub struct Candidates {
    /// Files that may be a template or a plan, by extension or because they were named.
    pub documents: Vec<Document>,
    /// Directories with Terraform or OpenTofu files.
    pub directories: BTreeSet<String>,
    /// Directories of [`Candidates::directories`] whose callers are wanted too, because one of their files was named.
    pub selected: BTreeSet<String>,
    /// Directories that hold only `terragrunt.hcl`.
    pub terragrunt: BTreeSet<String>,
    /// Paths that could not be walked, and why.
    pub unreadable: Vec<(String, String)>,
}

impl Candidates {
    /// Adds those of another search.
    pub fn merge(&mut self, other: Candidates) {
        self.documents.extend(other.documents);
        self.documents.sort();
        // The same file, named and found: `named` sorts last, and its word counts.
        self.documents.dedup_by(|next, kept| {
            let same = next.path == kept.path;
            kept.named |= same && next.named;
            same
        });
        self.directories.extend(other.directories);
        self.selected.extend(other.selected);
        self.terragrunt.extend(other.terragrunt);
        self.terragrunt = &self.terragrunt - &self.directories;
        self.unreadable.extend(other.unreadable);
    }
}

/// A file that may be a template or a plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Document {
    /// As shown to people.
    pub path: String,
    /// Whether the user named it: then it is an error if it can't be read.
    pub named: bool,
}

/// What is not looked for.
pub struct Looking<'a> {
    /// Says of a path, as shown to people, that the user does not want it.
    pub excluded: &'a (dyn Fn(&str) -> bool + Sync),
    /// Whether to leave out what git ignores.
    pub gitignore: bool,
}

/// Finds candidates below `paths` (files or directories, as the user wrote them).
///
/// What is named is looked at whatever `.gitignore` says, but not where the user's own configuration leaves it out.
pub fn discover(paths: &[String], looking: &Looking<'_>) -> Candidates {
    let mut found = Candidates::default();
    for path in paths {
        let shown = shown(path);
        match std::fs::metadata(path) {
            Err(error) => found.unreadable.push((shown, sentence(&error))),
            Ok(metadata) if metadata.is_dir() => walk(path, &mut found, looking),
            Ok(_) if (looking.excluded)(&shown) => {}
            Ok(_) => file(shown, true, &mut found),
        }
    }
    let mut whole = Candidates::default();
    whole.merge(found);
    whole
}

/// The candidates that these files are, without looking for them on disk: buffers of an editor. Paths as shown to people.
pub fn buffers(paths: &[String]) -> Candidates {
    let mut found = Candidates::default();
    for path in paths {
        file(path.clone(), true, &mut found);
    }
    found
}

/// A path as shown to people: relative to the working directory where it lies below it, with `/`, without `./`.
pub fn shown(path: &str) -> String {
    let slashes = path.replace(std::path::MAIN_SEPARATOR, "/");
    let normal = join(".", &slashes);
    if !normal.starts_with('/') {
        return normal;
    }
    let Ok(here) = std::env::current_dir() else { return normal };
    match Path::new(&normal).strip_prefix(&here) {
        Ok(below) if below.as_os_str().is_empty() => ".".to_owned(),
        Ok(below) => below.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/"),
        Err(_) => normal,
    }
}

/// An operating system's error as a phrase: without its number, in lower case.
pub fn sentence(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => {
            let text = error.to_string();
            let text = text.split(" (os error").next().unwrap_or_default();
            let mut letters = text.chars();
            letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
        }
    }
}

fn walk(path: &str, found: &mut Candidates, looking: &Looking<'_>) {
    // Patterns speak of real paths; what is shown keeps the spelling of the user.
    let real = std::fs::canonicalize(path).unwrap_or_else(|_| PathBuf::from(path));
    let mut ignored = if looking.gitignore { Ignored::above(&real) } else { Ignored::default() };
    let mut walk = walkdir::WalkDir::new(path).into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let at = error.path().map_or_else(|| path.to_owned(), |at| at.to_string_lossy().into_owned());
                let why = error.io_error().map_or_else(|| error.to_string(), sentence);
                found.unreadable.push((shown(&at), why));
                continue;
            }
        };
        let directory = entry.file_type().is_dir();
        let name = entry.file_name().to_string_lossy();
        let shown = shown(&entry.path().to_string_lossy());
        let below = || entry.path().strip_prefix(path).map_or_else(|_| real.clone(), |below| real.join(below));
        let left_out = (entry.depth() > 0 && directory && PRUNED.contains(&&*name))
            || (entry.depth() > 0 && !ignored.is_none() && ignored.holds(&below(), directory))
            || (looking.excluded)(&shown);
        match (left_out, directory) {
            (true, true) => walk.skip_current_dir(),
            (true, false) => {}
            (false, true) if !ignored.is_none() => ignored.enter(&below()),
            (false, true) => {}
            (false, false) => file(shown, false, found),
        }
    }
}

fn file(path: String, named: bool, found: &mut Candidates) {
    let name = path.rsplit('/').next().unwrap_or(&path);
    if terraform::is_terraform_file(name) {
        found.directories.insert(parent(&path).to_owned());
        if named {
            found.selected.insert(parent(&path).to_owned());
        }
    } else if terraform::is_variables_file(name) {
        if named {
            let directory = parent(&path).to_owned();
            // A variables file in a folder of its own (`env/prod.tfvars`) belongs to no configuration by itself.
            if terraform::holds_terraform(&directory) {
                found.directories.insert(directory.clone());
                found.selected.insert(directory);
            }
        }
    } else if name == "terragrunt.hcl" {
        found.terragrunt.insert(parent(&path).to_owned());
    } else if named || may_be_document(name) {
        found.documents.push(Document { path, named });
    }
}

fn may_be_document(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["yaml", "yml", "json", "template", "cfn", "tfplan"].iter().any(|known| extension.eq_ignore_ascii_case(known))
        // Lock files are large and never templates.
        && !matches!(name, "package-lock.json" | "composer.lock" | "pnpm-lock.yaml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_shown_relative_to_the_working_directory() {
        let here = std::env::current_dir().unwrap_or_default();
        assert_eq!(shown("./a/../b.yaml"), "b.yaml");
        assert_eq!(shown(&here.join("x/y.tf").to_string_lossy()), "x/y.tf");
        assert_eq!(shown(&here.to_string_lossy()), ".");
        assert_eq!(shown("/nowhere/at/all"), "/nowhere/at/all");
    }

    #[test]
    fn extensions_choose_before_anything_is_opened() {
        for (name, wanted) in [
            ("a.yaml", true),
            ("a.YML", true),
            ("vault.template", true),
            ("stack.template.json", true),
            ("package-lock.json", false),
            ("README.md", false),
            ("yaml", false),
        ] {
            assert_eq!(may_be_document(name), wanted, "{name}");
        }
    }
}

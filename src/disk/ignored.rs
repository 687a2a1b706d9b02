//! `.gitignore` files: which entries of a directory git does not look at.
//!
//! The patterns are [`ignore`]'s; the files are read here, as git reads them: a link or a pipe of that name is none.
//! Knows where they stand: the directories of a repository, and its `.git/info/exclude`. A user's own global patterns are
//! left out, so that every machine looks at the same. That a file is tracked in spite of a pattern is not seen; who wants it
//! looked at names it. <https://git-scm.com/docs/gitignore>

use std::path::Path;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Largest file of patterns that is read.
const MAX_BYTES: usize = 1024 * 1024;

/// The patterns that hold in one directory.
#[derive(Debug)]
pub(super) struct Ignored {
    patterns: Gitignore,
    above: Option<Arc<Ignored>>,
}

impl Ignored {
    /// The patterns of every directory from `repository` down to the parent of `start`, both real paths.
    pub(super) fn above(repository: &Path, start: &Path) -> Option<Arc<Self>> {
        let mut ignored = read(repository, &repository.join(".git/info/exclude"))
            .map(|patterns| Arc::new(Ignored { patterns, above: None }));
        let between: Vec<&Path> =
            start.ancestors().skip(1).take_while(|directory| directory.starts_with(repository)).collect();
        for directory in between.into_iter().rev() {
            ignored = Self::inside(ignored, directory);
        }
        ignored
    }

    /// The patterns inside of a directory.
    pub(super) fn inside(around: Option<Arc<Self>>, directory: &Path) -> Option<Arc<Self>> {
        match read(directory, &directory.join(".gitignore")) {
            Some(patterns) => Some(Arc::new(Ignored { patterns, above: around })),
            None => around,
        }
    }

    /// Whether git ignores this entry (a real path). The deepest file that speaks of it decides, in it the last line.
    pub(super) fn holds(&self, path: &Path, is_directory: bool) -> bool {
        match self.patterns.matched(path, is_directory) {
            Match::Ignore(_) => true,
            Match::Whitelist(_) => false,
            Match::None => self.above.as_ref().is_some_and(|above| above.holds(path, is_directory)),
        }
    }
}

fn read(directory: &Path, file: &Path) -> Option<Gitignore> {
    if !file.symlink_metadata().is_ok_and(|metadata| metadata.is_file()) {
        return None;
    }
    let text = super::contents(file, MAX_BYTES).ok()?;
    let mut builder = GitignoreBuilder::new(directory);
    for line in String::from_utf8_lossy(&text).lines() {
        // A pattern that can't be read ignores nothing.
        let _ = builder.add_line(None, line);
    }
    builder.build().ok().filter(|patterns| !patterns.is_empty())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    fn patterns(directory: &str, lines: &[&str]) -> Gitignore {
        let mut builder = GitignoreBuilder::new(directory);
        for line in lines {
            builder.add_line(None, line).unwrap();
        }
        builder.build().unwrap()
    }

    fn ignores(lines: &[&str], path: &str) -> bool {
        let ignored = Ignored { patterns: patterns("/r", lines), above: None };
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
            (&["?.tf"], "é.tf", false),
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
        let above = Some(Arc::new(Ignored { patterns: patterns("/r", &["*.yaml"]), above: None }));
        let ignored = Ignored { patterns: patterns("/r/a", &["!x.yaml"]), above };
        assert!(!ignored.holds(Path::new("/r/a/b/x.yaml"), false));
        assert!(ignored.holds(Path::new("/r/a/y.yaml"), false));
    }

    #[test]
    fn many_stars_take_no_time() {
        let star = format!("{}b", "*a".repeat(40));
        assert!(!ignores(&[&star], &"a".repeat(4_000)));
    }
}

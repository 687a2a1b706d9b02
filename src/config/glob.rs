//! Patterns of a configuration: over paths as `.gitignore` has them, over addresses with `*`, `**` and `?`.

use std::path::Path;

use globset::{GlobBuilder, GlobMatcher};
use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// A pattern over paths or addresses.
#[derive(Clone, Debug)]
pub struct Glob {
    text: String,
    pattern: Pattern,
}

#[derive(Clone, Debug)]
enum Pattern {
    /// Below a directory.
    Path(String, Gitignore),
    /// A whole text.
    Text(GlobMatcher),
    /// Nothing can match it.
    Nothing,
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Glob {
    /// A pattern over addresses. `*` and `?` stop at `/`, `**` does not; everything else is literal: brackets hold keys.
    pub fn new(text: &str) -> Self {
        let mut glob = String::new();
        for character in text.chars() {
            match character {
                '[' | ']' | '{' | '}' | '\\' => glob.extend(['\\', character]),
                other => glob.push(other),
            }
        }
        let built = GlobBuilder::new(&glob).literal_separator(true).backslash_escape(true).build();
        let pattern = built.map_or(Pattern::Nothing, |glob| Pattern::Text(glob.compile_matcher()));
        Glob { text: text.to_owned(), pattern }
    }

    /// A pattern over paths that is relative to the directory `base`. Without a slash inside it matches at any depth; what
    /// it matches, it matches with everything below it.
    pub fn below(base: &str, text: &str) -> Self {
        let line = text.strip_prefix("./").map_or_else(|| text.to_owned(), |rest| format!("/{rest}"));
        let mut builder = GitignoreBuilder::new("");
        let added = builder.add_line(None, line.trim_end_matches('/')).is_ok();
        let built = builder.build().ok().filter(|_| added);
        let base = if base == "." { String::new() } else { format!("{}/", base.trim_end_matches('/')) };
        Glob { text: text.to_owned(), pattern: built.map_or(Pattern::Nothing, |built| Pattern::Path(base, built)) }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it matches `path`, or a directory above it.
    pub fn matches(&self, path: &str) -> bool {
        match &self.pattern {
            Pattern::Text(glob) => glob.is_match(path),
            Pattern::Path(base, patterns) => path.strip_prefix(base.as_str()).is_some_and(|below| {
                let mut parts = Path::new(below).ancestors().filter(|part| !part.as_os_str().is_empty());
                parts.any(|part| patterns.matched(part, true).is_ignore())
            }),
            Pattern::Nothing => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_gitignore() {
        let table = [
            (".", "examples", "a/examples/b.yaml", true),
            (".", "examples/", "examples/b.yaml", true),
            (".", "a/examples", "b/a/examples/x", false),
            (".", "a/*.yaml", "a/b.yaml", true),
            (".", "a/*.yaml", "a/c/b.yaml", false),
            (".", "a/**/*.yaml", "a/b.yaml", true),
            (".", "**/test", "x/y/test/z", true),
            ("infra", "test", "infra/x/test/z", true),
            ("infra", "test", "test/z", false),
            (".", "*.tfvars", "a/b.tfvars", true),
            (".", "a.b", "aXb", false),
            (".", "./a", "b/a", false),
            (".", "./a", "a/b", true),
            ("/w", "f[0-9]", "/w/x/f7", true),
            ("/", "x", "/y/x/z", true),
            ("/w", "/x", "/w/y/x", false),
        ];
        for (base, pattern, path, wanted) in table {
            assert_eq!(Glob::below(base, pattern).matches(path), wanted, "{base} {pattern} {path}");
        }
        for (pattern, address, wanted) in [
            ("aws_backup_vault.v[*]", "aws_backup_vault.v[\"a b\"]", true),
            ("aws_backup_vault.v[0]", "aws_backup_vault.v0", false),
            ("{a,b}", "a", false),
            ("module.?.x", "module.ab.x", false),
        ] {
            assert_eq!(Glob::new(pattern).matches(address), wanted, "{pattern} {address}");
        }
        assert!(Glob::new("module.*.aws_backup_vault.v[0]").matches("module.a.aws_backup_vault.v[0]"));
    }
}

//! Path patterns as `.gitignore` and most tools have them: `*`, `**`, `?`.

use regex::Regex;

/// A pattern over paths or addresses.
#[derive(Clone, Debug)]
pub struct Glob {
    text: String,
    pattern: Option<Regex>,
}

impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Glob {
    /// `*` and `?` stop at `/`, `**` does not; everything else is literal.
    pub fn new(text: &str) -> Self {
        Glob { text: text.to_owned(), pattern: compile(text) }
    }

    /// A pattern that is relative to the directory `base`. Without a slash inside it matches at any depth; what it
    /// matches, it matches with everything below it.
    pub fn below(base: &str, text: &str) -> Self {
        let trimmed = text.trim_end_matches('/');
        let anchored = trimmed.trim_start_matches("./").trim_start_matches('/');
        let anywhere = !trimmed.trim_start_matches("**/").contains('/') && !trimmed.starts_with("./");
        let whole = match (base, anywhere) {
            (".", true) => format!("**/{anchored}"),
            (".", false) => anchored.to_owned(),
            ("/", true) => format!("/**/{anchored}"),
            ("/", false) => format!("/{anchored}"),
            (base, true) => format!("{base}/**/{anchored}"),
            (base, false) => format!("{base}/{anchored}"),
        };
        Glob { text: text.to_owned(), pattern: compile(&whole) }
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it matches `path`, or a directory above it.
    pub fn matches(&self, path: &str) -> bool {
        self.pattern.as_ref().is_some_and(|pattern| pattern.is_match(path))
    }
}

fn compile(text: &str) -> Option<Regex> {
    let mut pattern = String::from("^");
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**/") {
            pattern.push_str("(?:.*/)?");
            rest = after;
        } else if let Some(after) = rest.strip_prefix("**") {
            pattern.push_str(".*");
            rest = after;
        } else {
            match first {
                '*' => pattern.push_str("[^/]*"),
                '?' => pattern.push_str("[^/]"),
                literal => pattern.push_str(&regex::escape(&literal.to_string())),
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    pattern.push_str("(?:/.*)?$");
    Regex::new(&pattern).ok()
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
        ];
        for (base, pattern, path, wanted) in table {
            assert_eq!(Glob::below(base, pattern).matches(path), wanted, "{base} {pattern} {path}");
        }
        assert!(Glob::new("module.*.aws_backup_vault.v[0]").matches("module.a.aws_backup_vault.v[0]"));
    }
}

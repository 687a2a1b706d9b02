//! A rule as a set lists it: what chooses it is known, the rest is compiled when a unit first needs it.
//!
//! Compiling all built-in rules costs more than judging a small template.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::file::Rule;
use crate::source::SourceId;

/// A rule that is compiled when it is first asked for.
#[derive(Debug)]
pub struct Listed {
    /// Its name.
    pub id: String,
    /// The class of its subjects.
    pub subject: String,
    /// The profiles that switch it on; none: it is on by default.
    pub profiles: Vec<String>,
    /// The path that it was read from, and its text.
    path: String,
    text: Arc<str>,
    rule: OnceLock<Option<Arc<Rule>>>,
}

impl Listed {
    /// A rule whose text is known to be right: a test compiles every one that comes with the program, and holds what is
    /// read off its front matter here against what compiling gives.
    pub(super) fn builtin(id: &str, text: &'static str) -> Self {
        let (subject, profiles) = match (line(text, "subject"), line(text, "profile").map(plain_list)) {
            (Some(subject), None) => (subject.to_owned(), Vec::new()),
            (Some(subject), Some(Some(profiles))) => (subject.to_owned(), profiles),
            // Written in another way than this scan knows.
            _ => return Self::compiled_now(id, text),
        };
        Listed { subject, profiles, ..Self::uncompiled(id, text) }
    }

    fn uncompiled(id: &str, text: &str) -> Self {
        Listed {
            id: id.to_owned(),
            subject: String::new(),
            profiles: Vec::new(),
            path: format!("rules/{id}.md"),
            text: text.into(),
            rule: OnceLock::new(),
        }
    }

    fn compiled_now(id: &str, text: &'static str) -> Self {
        let mut listed = Self::uncompiled(id, text);
        if let Some(rule) = listed.rule().cloned() {
            listed.subject.clone_from(&rule.subject);
            listed.profiles.clone_from(&rule.profiles);
        }
        listed
    }

    /// The rule, compiled. There is none only for a text that comes with the program and is wrong, which a test excludes.
    pub fn rule(&self) -> Option<&Arc<Rule>> {
        let compile =
            || Rule::parse_text(&self.path, &self.text, SourceId(u32::MAX), &BTreeMap::new()).ok().map(Arc::new);
        self.rule.get_or_init(compile).as_ref()
    }

    /// The resource types that it judges, where its class is `resource`.
    pub fn types(&self) -> &[String] {
        match self.rule() {
            Some(rule) if self.subject == "resource" => &rule.types,
            _ => &[],
        }
    }

    /// Whether its text mentions something.
    pub fn mentions(&self, what: &str) -> bool {
        self.text.contains(what)
    }

    /// The path of its file, as shown to people.
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl From<Arc<Rule>> for Listed {
    fn from(rule: Arc<Rule>) -> Self {
        Listed {
            id: rule.id.clone(),
            subject: rule.subject.clone(),
            profiles: rule.profiles.clone(),
            path: rule.path.clone(),
            text: Arc::clone(&rule.text),
            rule: OnceLock::from(Some(rule)),
        }
    }
}

/// What stands behind a key of the front matter's outermost level, on its line.
fn line<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let front = text.lines().skip(1).take_while(|line| line.trim_end() != "---");
    front.filter_map(|line| line.strip_prefix(key)?.strip_prefix(':')).map(str::trim).next()
}

/// A word, or words between brackets.
fn plain_list(written: &str) -> Option<Vec<String>> {
    let inner = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(written);
    let words: Vec<String> = inner.split(',').map(|word| word.trim().to_owned()).collect();
    let plain = |word: &String| {
        !word.is_empty() && word.chars().all(|it| it.is_ascii_lowercase() || "-0123456789".contains(it))
    };
    words.iter().all(plain).then_some(words)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]
    use super::super::builtin::BUILTIN;
    use super::*;

    #[test]
    fn what_is_read_off_a_front_matter_is_what_compiling_gives() {
        for (id, text) in BUILTIN {
            let listed = Listed::builtin(id, text);
            assert!(
                listed.rule.get().is_none(),
                "{id} is compiled at every start: write `profile` and `subject` plainly"
            );
            let rule = listed.rule().unwrap();
            assert_eq!((&listed.id, &listed.subject, &listed.profiles), (&rule.id, &rule.subject, &rule.profiles));
            assert_eq!(listed.path, rule.path);
        }
    }

    #[test]
    fn what_the_scan_does_not_know_is_compiled() {
        let text =
            "---\nsubject: vault\nprofile:\n  - a\n  - b\nseverity: error\nsummary: X\n---\n```check\ntrue\n```\n";
        let listed = Listed::builtin("x", text);
        assert_eq!((listed.subject.as_str(), listed.profiles.join(" ")), ("vault", "a b".to_owned()));
        assert_eq!(plain_list("[a, b-c]"), Some(vec!["a".to_owned(), "b-c".to_owned()]));
        assert_eq!(plain_list("\"a\""), None);
    }
}

//! The rules that come with the program. They have no privilege over a user's.

macro_rules! rules {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../rules/", $name, ".md")))),*]
    };
}

/// Name and text of each; a test holds the list against the directory `rules/`.
pub(super) static BUILTIN: &[(&str, &str)] = rules![
    "air-gapped-region",
    "air-gapped-vault-customer-key",
    "air-gapped-vault-local-key",
    "copy-to-default-key",
    "key-deletion-window",
    "key-policy-backup-access",
    "key-policy-conflict",
    "key-policy-confused-deputy",
    "key-policy-ineffective-statement",
    "key-policy-invalid-principal",
    "key-policy-lockout",
    "key-policy-public",
    "key-policy-regional-via-service",
    "key-policy-separation",
    "key-policy-service-principal",
    "key-required-tags",
    "key-retained",
    "key-rotation",
    "key-rotation-manual",
    "key-rotation-period",
    "key-rotation-unsupported",
    "kms-admin-boundary",
    "kms-monitoring",
    "lock-values",
    "mfa-bool-bypass",
    "plan-default-vault",
    "plan-unknown-vault",
    "rcp-shape",
    "retention-outside-lock",
    "scp-kms-guard",
    "vault-customer-key",
    "vault-force-destroy",
    "vault-key-format",
    "vault-key-region",
    "vault-key-usable",
    "vault-policy-public",
    "vault-policy-wildcard-action",
    "vault-replacement",
    "vault-unlocked",
];

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::rule::file::{Rule, Verdict};
    use crate::source::SourceId;

    fn all() -> impl Iterator<Item = Rule> {
        BUILTIN.iter().map(|(name, text)| {
            let path = format!("rules/{name}.md");
            Rule::parse_text(&path, text, SourceId(0), &BTreeMap::new())
                .unwrap_or_else(|problems| panic!("{name}: {problems:#?}"))
        })
    }

    #[test]
    fn the_list_is_the_directory() {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
        let files: BTreeSet<String> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
            .collect();
        let listed: Vec<&str> = BUILTIN.iter().map(|(name, _)| *name).collect();
        assert_eq!(
            listed,
            files.iter().map(String::as_str).collect::<Vec<_>>(),
            "src/rule/builtin.rs lists rules/*.md"
        );
    }

    #[test]
    fn every_rule_is_complete() {
        for rule in all() {
            let id = &rule.id;
            let examples = rule.examples().unwrap();
            for verdict in [Verdict::Pass, Verdict::Fail] {
                // A rule of advice or warnings fails its example too: `fail` means that it speaks.
                assert!(
                    examples.iter().any(|it| it.verdict == verdict),
                    "{id} has no example that is a {}",
                    verdict.name()
                );
            }
            let headings = rule.headings();
            assert!(
                headings.iter().any(|(_, text)| text.eq_ignore_ascii_case("How to fix")),
                "{id} has no \"How to fix\""
            );
            assert!(
                headings.iter().any(|(_, text)| text.eq_ignore_ascii_case("Why it matters")),
                "{id} has no \"Why it matters\""
            );
            assert!(!rule.summary.ends_with('.'), "{id}: the summary is a sentence without a full stop");
            for (framework, controls) in &rule.controls {
                let plain = |text: &str| !text.is_empty() && text.trim() == text && !text.contains(',');
                assert!(plain(framework) && controls.iter().all(|it| plain(it)), "{id}: controls of {framework}");
                assert!(crate::rule::file::is_kebab(framework), "{id}: {framework}");
            }
        }
    }
}

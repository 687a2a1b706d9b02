//! The rules that come with the program. They have no privilege over a user's.
//!
//! Each stands here in a form that needs no reading at a start: parsing them all costs more than judging a small
//! template. The forms in `builtin/` are made from `rules/*.md`; the test below holds them equal, and
//! `BLESS=1 cargo test --lib builtin` writes them anew.

use crate::model::Language;

/// A rule, ready: its metadata, the texts of its findings, and its expressions as they are written.
#[derive(Debug)]
pub(super) struct Builtin {
    pub(super) id: &'static str,
    /// The whole file, for what is only asked when somebody reads about the rule.
    pub(super) text: &'static str,
    pub(super) severity: &'static str,
    pub(super) subject: &'static str,
    pub(super) types: &'static [&'static str],
    pub(super) summary: &'static str,
    pub(super) profiles: &'static [&'static str],
    pub(super) after: &'static [&'static str],
    pub(super) controls: &'static [(&'static str, &'static [&'static str])],
    /// Names and defaults, as JSON.
    pub(super) params: &'static [(&'static str, &'static str)],
    pub(super) condition: Option<&'static str>,
    /// Names, and what they mean in CloudFormation and in Terraform.
    pub(super) selected: &'static [(&'static str, Option<&'static str>, Option<&'static str>)],
    pub(super) checks: &'static [BuiltinCheck],
}

/// One check of it. The texts are those that hold for it, wherever they are written.
#[derive(Debug)]
pub(super) struct BuiltinCheck {
    pub(super) name: Option<&'static str>,
    pub(super) expr: &'static str,
    pub(super) severity: Option<&'static str>,
    pub(super) message: &'static str,
    pub(super) label: Option<&'static str>,
    pub(super) help: &'static [(Option<Language>, &'static str)],
    pub(super) notes: &'static [&'static str],
}

impl Builtin {
    /// The path of its file, as shown to people.
    pub(super) fn path(&self) -> String {
        format!("rules/{}.md", self.id)
    }
}

/// All of them, by name.
pub(super) static BUILTIN: &[Builtin] = include!("builtin/all.rs");

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::rule::code::Code;
    use crate::rule::file::{Check, Rule, Severing, Verdict};
    use crate::rule::template::Template;
    use crate::source::SourceId;

    fn all() -> impl Iterator<Item = Rule> {
        BUILTIN.iter().map(|form| parsed(form.id, form.text))
    }

    fn parsed(id: &str, text: &str) -> Rule {
        Rule::parse_text(&format!("rules/{id}.md"), text, SourceId(u32::MAX), &BTreeMap::new())
            .unwrap_or_else(|problems| panic!("{id}: {problems:#?}"))
    }

    #[test]
    fn the_rules_are_ready() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let directory = root.join("src/rule/builtin");
        let members = |path: &Path| fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
        let mut wanted: BTreeMap<PathBuf, String> = BTreeMap::new();
        let mut all = "// Made from rules/*.md: BLESS=1 cargo test --lib builtin\n&[\n".to_owned();
        let mut files: Vec<PathBuf> = members(&root.join("rules"));
        files.retain(|file| file.extension().is_some_and(|it| it == "md"));
        files.sort();
        for file in files {
            let id = file.file_stem().unwrap().to_str().unwrap();
            wanted
                .insert(directory.join(format!("{id}.rs")), spelled(&parsed(id, &fs::read_to_string(&file).unwrap())));
            all.push_str(&format!("    include!(\"{id}.rs\"),\n"));
        }
        wanted.insert(directory.join("all.rs"), all + "]\n");
        if std::env::var_os("BLESS").is_some() {
            members(&directory)
                .iter()
                .filter(|file| !wanted.contains_key(*file))
                .for_each(|it| fs::remove_file(it).unwrap());
            wanted.iter().for_each(|(file, text)| fs::write(file, text).unwrap());
            return;
        }
        let how = "write it anew: BLESS=1 cargo test --lib builtin";
        assert_eq!(members(&directory).into_iter().collect::<BTreeSet<_>>(), wanted.keys().cloned().collect(), "{how}");
        for (file, text) in &wanted {
            assert!(fs::read_to_string(file).unwrap() == *text, "{} is not what the rule says; {how}", file.display());
        }
        for form in BUILTIN {
            let ready = Rule::ready(form);
            let id = form.id;
            assert_eq!(spelled(&ready), wanted[&directory.join(format!("{id}.rs"))], "{id}");
            let parsed = parsed(id, form.text);
            assert_eq!((&ready.path, &ready.params, ready.text()), (&parsed.path, &parsed.params, parsed.text()));
            assert_eq!((ready.severity(), ready.values.len()), (parsed.severity(), parsed.values.len()), "{id}");
            for (ready, parsed) in ready.checks.iter().zip(&parsed.checks) {
                assert_eq!(ready.expr.depth, parsed.expr.depth, "{id}");
            }
        }
    }

    /// A rule as its ready form is written.
    fn spelled(rule: &Rule) -> String {
        let id = &rule.id;
        let mut told = format!("// Made from rules/{id}.md: BLESS=1 cargo test --lib builtin\nBuiltin {{\n");
        let mut line = |name: &str, value: String| told.push_str(&format!("    {name}: {value},\n"));
        line("id", format!("{id:?}"));
        line("text", format!("include_str!(\"../../../rules/{id}.md\")"));
        line("severity", severing(&rule.severity));
        line("subject", format!("{:?}", rule.subject));
        line("types", format!("&{:?}", rule.types));
        line("summary", format!("{:?}", rule.summary));
        line("profiles", format!("&{:?}", rule.profiles));
        line("after", format!("&{:?}", rule.after));
        let controls = rule.controls.iter().map(|(framework, controls)| format!("({framework:?}, &{controls:?})"));
        line("controls", list(controls));
        line("params", list(rule.params.iter().map(|(name, json)| format!("({name:?}, {:?})", json.to_string()))));
        line("condition", format!("{:?}", rule.condition.as_ref().map(Code::written)));
        line(
            "selected",
            list(rule.selected.iter().map(|selected| {
                let written = |code: &Option<Code>| format!("{:?}", code.as_ref().map(Code::written));
                format!(
                    "({:?}, {}, {})",
                    selected.name,
                    written(&selected.cloudformation),
                    written(&selected.terraform)
                )
            })),
        );
        line("checks", list(rule.checks.iter().map(check)));
        told + "}\n"
    }

    fn check(check: &Check) -> String {
        let mut told = "BuiltinCheck {\n".to_owned();
        let mut line = |name: &str, value: String| told.push_str(&format!("            {name}: {value},\n"));
        line("name", format!("{:?}", check.name));
        line("expr", format!("{:?}", check.expr.written()));
        line("severity", check.severity.as_ref().map_or("None".to_owned(), |it| format!("Some({})", severing(it))));
        line("message", format!("{:?}", check.message.written()));
        line("label", format!("{:?}", check.label.as_ref().map(Template::written)));
        let language = |language: &Option<Language>| match language {
            Some(language) => format!("Some(Language::{language:?})"),
            None => "None".to_owned(),
        };
        let help = check.help.iter().map(|(of, text)| format!("({}, {:?})", language(of), text.written()));
        line("help", format!("&[{}]", help.collect::<Vec<_>>().join(", ")));
        line("notes", format!("&{:?}", check.notes.iter().map(Template::written).collect::<Vec<_>>()));
        told + "        }"
    }

    fn severing(severing: &Severing) -> String {
        match severing {
            Severing::Fixed(severity) => format!("{:?}", severity.name()),
            Severing::By(code, _) => format!("{:?}", code.written()),
        }
    }

    /// A line each: two people's changes meet seldom.
    fn list(items: impl Iterator<Item = String>) -> String {
        let lines: String = items.map(|item| format!("        {item},\n")).collect();
        if lines.is_empty() { "&[]".to_owned() } else { format!("&[\n{lines}    ]") }
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

//! Every rule's examples, judged over the real readers: those that come with the program, and the pack of general
//! policies in `testdata/policies`.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use strongroom::finding::Outcome;
use strongroom::model::Stack;
use strongroom::resolve::{Loaded, Settings, cloudformation, plan, terraform};
use strongroom::rule::examples::{Ran, Report, test};
use strongroom::rule::{Example, Rule, RuleSet, Spelling, Verdict, judge};
use strongroom::source::files::{Files, MemoryFiles};
use strongroom::source::{Encoding, Sources};

/// Loads every unit of a directory in memory: a Terraform directory, else templates and plans.
fn load(files: &[(String, String)]) -> (Arc<dyn Files>, Loaded) {
    let memory = MemoryFiles::new(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let memory: Arc<dyn Files> = Arc::new(memory);
    let settings = Settings::default();
    let mut loaded = Loaded::default();
    if files.iter().any(|(path, _)| path.ends_with(".tf") || path.ends_with(".tf.json")) {
        loaded = terraform::load(".", &memory, &settings);
    } else {
        for (path, text) in files {
            let source = memory.read(path).unwrap();
            let one = if text.contains("\"format_version\"") {
                plan::load(&source, plan::Beside::Nothing, &|_| true)
            } else {
                cloudformation::load(&source, &*memory, &settings)
            };
            loaded.units.extend(one.units);
            loaded.problems.extend(one.problems);
        }
    }
    (memory, loaded)
}

fn run(rule: &Rule, files: &[(String, String)]) -> Ran {
    let (memory, loaded) = load(files);
    if loaded.units.is_empty() {
        return Ran { problems: vec!["nothing was recognised".to_owned()], ..Ran::default() };
    }
    let mut outcome = Outcome { problems: loaded.problems, ..Outcome::default() };
    for unit in &loaded.units {
        let judgement = judge(rule, &Stack::new(&**unit));
        outcome.findings.extend(judgement.findings);
        outcome.undecided.extend(judgement.undecided);
    }
    Ran::of(&rule.id, &outcome, memory.sources())
}

fn assert_good(reports: &[Report]) {
    let mut told = String::new();
    for report in reports {
        for lack in &report.lacks {
            let _ = writeln!(told, "{} lacks {lack}", report.rule);
        }
        for failure in &report.failures {
            let _ = writeln!(told, "{}: {failure}", report.rule);
        }
    }
    assert!(told.is_empty(), "\n{told}");
    assert!(reports.iter().all(|report| report.recombined > report.examples), "examples are recombined");
}

/// The rules of a directory, as they are written: the ready forms of those that come with the program are held against
/// their files elsewhere.
fn rules_in(directory: &str) -> RuleSet {
    let sources = Sources::new();
    let mut rules = RuleSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
    let mut paths: Vec<_> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let source = sources.add_text(&format!("{directory}/{name}"), text, Encoding::Utf8);
        assert_eq!(rules.add(&source), [], "{name}");
    }
    assert!(rules.len() >= 4);
    rules
}

#[test]
fn the_examples_of_the_built_in_rules_hold() {
    let rules = rules_in("rules");
    let reports: Vec<Report> = rules.iter().map(|rule| test(rule, &run)).collect();
    assert_good(&reports);
}

const ALL: [Verdict; 4] = [Verdict::Pass, Verdict::Fail, Verdict::Conditional, Verdict::Unknown];

/// Verdicts that can't occur in a language, and why; the rule's prose says so too.
const NEVER: &[(&str, &str, &[Verdict], &str)] = &[
    ("air-gapped-vault-local-key", "cloudformation", &[Verdict::Unknown], "a stack has one account"),
    (
        "key-policy-conflict",
        "cloudformation",
        &[Verdict::Fail, Verdict::Conditional, Verdict::Unknown],
        "a key's policy has one place",
    ),
    ("key-policy-conflict", "terraform", &[Verdict::Unknown], "both are there, whatever they say"),
    ("key-retained", "terraform", &[Verdict::Unknown], "prevent_destroy takes a literal"),
    (
        "vault-force-destroy",
        "cloudformation",
        &[Verdict::Fail, Verdict::Conditional, Verdict::Unknown],
        "there is no such property",
    ),
    (
        "vault-replacement",
        "cloudformation",
        &[Verdict::Fail, Verdict::Conditional, Verdict::Unknown],
        "only plans are judged",
    ),
    ("vault-replacement", "terraform", &[Verdict::Conditional, Verdict::Unknown], "a plan is one world, and tells it"),
];

fn language(example: &Example) -> &'static str {
    let file = &example.files[0];
    let terraform = file.spelling == Spelling::Hcl || file.text.contains("\"format_version\"");
    if terraform { "terraform" } else { "cloudformation" }
}

#[test]
fn every_rule_shows_every_verdict_in_both_languages() {
    let mut told = String::new();
    for rule in rules_in("rules").iter() {
        let examples = rule.examples().unwrap();
        for spoken in ["cloudformation", "terraform"] {
            let never = |verdict: Verdict| {
                NEVER.iter().any(|(id, of, verdicts, _)| *id == rule.id && *of == spoken && verdicts.contains(&verdict))
            };
            for verdict in ALL {
                let shown = examples.iter().any(|it| it.verdict == verdict && language(it) == spoken);
                if shown == never(verdict) {
                    let what = if shown { "shows what NEVER excludes:" } else { "has no example of" };
                    let _ = writeln!(told, "{} {what} {} in {spoken}", rule.id, verdict.name());
                }
            }
        }
    }
    assert!(told.is_empty(), "\n{told}");
}

#[test]
fn the_examples_of_the_general_policies_hold() {
    let rules = rules_in("testdata/policies");
    let reports: Vec<Report> = rules.iter().map(|rule| test(rule, &run)).collect();
    assert_good(&reports);
}

#[test]
fn a_wrong_example_is_told_with_what_was_expected_and_what_came() {
    let text = "---\nseverity: error\nsubject: vault\nsummary: It is so\n---\n```check\nvault.key.owner == 'customer'\n```\n\
                ```yaml fail\nResources:\n  V:\n    Type: AWS::Backup::BackupVault # error\n```\n";
    let source = Sources::new().add_text("mine.md", text.to_owned(), Encoding::Utf8);
    let rule = Rule::parse(&source, &BTreeMap::new()).unwrap();
    let report = test(&rule, &run);
    assert_eq!(report.failures.len(), 1);
    assert_eq!(
        report.failures[0].to_string(),
        "9: `yaml fail`\n  expected fail: error at template.yaml:3\n  came     error at template.yaml:2 (It is so)"
    );
    assert_eq!(report.lacks, ["an example that is a pass", "a section \"How to fix\""]);
}

#[test]
fn a_new_rule_passes_its_own_test() {
    let text = strongroom::rule::docs::new_rule("team-prefix").unwrap();
    let source = Sources::new().add_text("team-prefix.md", text, Encoding::Utf8);
    let rule = Rule::parse(&source, &BTreeMap::new()).unwrap();
    assert_good(&[test(&rule, &run)]);
}

//! What must not change a verdict: a memory, neighbours, the order of blocks, names, and pinning what was left open.
//!
//! The seeds are fixed; `METAMORPHIC_SEED` and `METAMORPHIC_COUNT` choose others.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, missing_docs, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use strongroom::finding::{Certainty, Place};
use strongroom::model::{Evaluator, Stack};
use strongroom::resolve::{Loaded, Settings, VariableSetting, cloudformation, plan, terraform};
use strongroom::rule::{Judgement, Rule, RuleSet, judge};
use strongroom::source::files::{Files, MemoryFiles};
use strongroom::value::{Mode, UnknownKind, World};

type Sources = Vec<(String, String)>;

fn load(files: &Sources, settings: &Settings) -> Loaded {
    let memory = MemoryFiles::new(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let memory: Arc<dyn Files> = Arc::new(memory);
    if files.iter().any(|(path, _)| path.ends_with(".tf") || path.ends_with(".tf.json")) {
        return terraform::load(".", &memory, settings);
    }
    let mut loaded = Loaded::default();
    for (path, text) in files {
        let source = memory.read(path).unwrap();
        let one = if text.contains("\"format_version\"") {
            plan::load(&source, plan::Beside::Nothing, &|_| true)
        } else {
            cloudformation::load(&source, &*memory, settings)
        };
        loaded.units.extend(one.units);
        loaded.problems.extend(one.problems);
    }
    loaded
}

/// What a rule says, by subject: the certainty of each finding, and what can't be told. In which words the worlds are told
/// follows the order in which they are met.
fn said(judgement: &Judgement) -> Vec<String> {
    let findings =
        judgement.findings.iter().map(|it| format!("{} {:?} {}", it.subject.address, it.certainty, it.message));
    let undecided = judgement.undecided.iter().map(|it| format!("{} undecided {:?}", it.subject.address, it.reasons));
    let problems = judgement.problems.iter().map(|it| format!("problem {}", it.message));
    let mut said: Vec<String> = findings.chain(undecided).chain(problems).collect();
    said.sort();
    said
}

/// Everything that a rule says, places included. `None`: a limit was met, and with more work it is met sooner.
fn all_said(judgement: &Judgement) -> Option<String> {
    let limited = judgement.problems.iter().any(|it| it.kind == "limit")
        || judgement.undecided.iter().any(|it| it.reasons.iter().any(|why| why.kind == UnknownKind::Limit));
    let Judgement { findings, undecided, problems, judged } = judgement;
    (!limited).then(|| format!("{judged} {findings:#?} {undecided:#?} {problems:#?}"))
}

fn examples() -> Vec<(String, Arc<Rule>, Sources)> {
    let mut all = Vec::new();
    for rule in RuleSet::builtin().iter() {
        for example in rule.examples().unwrap() {
            let files = example.files.iter().map(|file| (file.path.clone(), file.text.clone())).collect();
            all.push((format!("{}:{}", rule.id, example.line), Arc::clone(rule), files));
        }
    }
    all
}

#[test]
fn what_is_remembered_is_what_is_computed() {
    let mut compared = 0;
    for (name, rule, files) in examples() {
        for unit in &load(&files, &Settings::default()).units {
            let with = judge(&rule, &Stack::new(&**unit));
            let without = judge(&rule, &Stack::forgetting(&**unit));
            let (Some(with), Some(without)) = (all_said(&with), all_said(&without)) else { continue };
            assert_eq!(with, without, "{name}");
            compared += 1;
        }
    }
    assert!(compared > 300, "{compared}");
}

/// A random number generator that gives the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn of<'t>(&mut self, choices: &[&'t str]) -> &'t str {
        choices[self.below(choices.len())]
    }
}

/// A configuration: its blocks, and the values that its variables are tried with.
struct Program {
    blocks: Vec<String>,
    variables: Vec<(&'static str, &'static [&'static str])>,
}

const VARIABLES: &[(&str, &str, &[&str])] = &[
    ("on", "type = bool\n  default = false", &["true", "false"]),
    ("off", "type = bool", &["true", "false"]),
    ("arn", "type = string\n  default = null", &["null", "\"arn:aws:kms:eu-west-1:111122223333:key/a\""]),
    ("env", "type = string\n  default = \"dev\"", &["\"dev\"", "\"prod\"", "\"other\""]),
    ("keys", "type = map(string)", &["{}", "{ prod = \"arn:aws:kms:eu-west-1:111122223333:key/p\" }"]),
    ("names", "type = list(string)\n  default = []", &["[]", "[\"a\"]", "[\"a\", \"b\"]"]),
];

impl Program {
    fn random(random: &mut Random) -> Program {
        let mut blocks = vec!["provider \"aws\" {\n  region = \"eu-west-1\"\n}\n".to_owned()];
        let mut variables = Vec::new();
        for (name, body, values) in VARIABLES {
            blocks.push(format!("variable \"{name}\" {{\n  {body}\n}}\n"));
            variables.push((*name, *values));
        }
        let key = "resource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = true\n}\n";
        let count = random.of(&["var.on ? 1 : 0", "local.flag0 ? 1 : 0", "length(var.names)", "1"]);
        let counted =
            format!("resource \"aws_kms_key\" \"n\" {{\n  count = {count}\n  enable_key_rotation = var.off\n}}\n");
        blocks.extend([key.to_owned(), counted]);
        for at in 0..2 {
            let flag = condition(random, 1);
            blocks.push(format!("locals {{\n  flag{at} = {flag}\n}}\n"));
        }
        for at in 0..3 {
            let value = arn(random, 2, at);
            blocks.push(format!("locals {{\n  arn{at} = {value}\n}}\n"));
        }
        for at in 0..3 {
            let value = arn(random, 2, 3);
            let repeated = match random.below(6) {
                0 => format!("  count = {} ? 1 : 0\n", condition(random, 1)),
                1 => "  for_each = toset(var.names)\n".to_owned(),
                _ => String::new(),
            };
            blocks.push(format!(
                "resource \"aws_backup_vault\" \"v{at}\" {{\n{repeated}  name = \"v{at}\"\n  kms_key_arn = {value}\n}}\n"
            ));
        }
        Program { blocks, variables }
    }

    fn files(&self) -> Sources {
        vec![("main.tf".to_owned(), self.blocks.concat())]
    }

    fn reversed(&self) -> Sources {
        vec![("main.tf".to_owned(), self.blocks.iter().rev().map(String::as_str).collect())]
    }

    fn split(&self) -> Sources {
        self.blocks.iter().enumerate().map(|(at, block)| (format!("f{at}.tf"), block.clone())).collect()
    }
}

/// A condition; locals of a lower number only, so that nothing refers to itself.
fn condition(random: &mut Random, depth: usize) -> String {
    if depth > 0 && random.below(2) == 0 {
        let (left, right) = (condition(random, depth - 1), condition(random, depth - 1));
        return format!("({left} {} {right})", random.of(&["&&", "||"]));
    }
    random
        .of(&[
            "var.on",
            "!var.on",
            "var.off",
            "var.arn != null",
            "var.arn == null",
            "var.env == \"prod\"",
            "contains([\"prod\", \"dev\"], var.env)",
            "can(var.keys[\"prod\"])",
            "length(var.names) > 0",
            "length(var.keys) > 1",
        ])
        .to_owned()
}

fn arn(random: &mut Random, depth: usize, locals: usize) -> String {
    let local = random.below(locals.max(1));
    match random.below(if depth == 0 { 6 } else { 10 }) {
        0 => "aws_kms_key.k.arn".to_owned(),
        1 => "null".to_owned(),
        2 => "var.arn".to_owned(),
        3 => "try(var.keys[\"prod\"], null)".to_owned(),
        4 => "one(aws_kms_key.n[*].arn)".to_owned(),
        5 if locals > 0 => format!("local.arn{local}"),
        5 => "try(aws_kms_key.n[0].arn, null)".to_owned(),
        6 => format!("try({}, {})", arn(random, depth - 1, locals), arn(random, depth - 1, locals)),
        7 => {
            let flag = random.of(&["local.flag0", "local.flag1", "can(var.keys[\"prod\"])"]);
            format!("({flag} ? {} : {})", arn(random, depth - 1, locals), arn(random, depth - 1, locals))
        }
        _ => {
            let flag = condition(random, 1);
            format!("({flag} ? {} : {})", arn(random, depth - 1, locals), arn(random, depth - 1, locals))
        }
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

/// Runs `each` over random programs.
fn programs(each: impl Fn(u64, &Program)) {
    let (first, count) = (number("METAMORPHIC_SEED", 1), number("METAMORPHIC_COUNT", 60));
    for seed in first..first + count {
        each(seed, &Program::random(&mut Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))));
    }
}

/// The rules that speak of these programs most.
fn rules() -> Vec<Arc<Rule>> {
    let set = RuleSet::builtin();
    ["vault-customer-key", "key-rotation", "vault-key-format"].map(|id| Arc::clone(set.get(id).unwrap())).into()
}

/// What each rule says, each with a memory of its own.
fn judged(files: &Sources, settings: &Settings) -> Vec<Vec<String>> {
    let loaded = load(files, settings);
    let unit = &loaded.units[0];
    rules().iter().map(|rule| said(&judge(rule, &Stack::new(&**unit)))).collect()
}

#[test]
fn random_programs_are_judged_alike_without_a_memory_and_with_a_full_one() {
    programs(|seed, program| {
        let loaded = load(&program.files(), &Settings::default());
        let unit = &loaded.units[0];
        let shared = Stack::new(&**unit);
        let first: Vec<_> = rules().iter().map(|rule| all_said(&judge(rule, &shared))).collect();
        for (at, rule) in rules().iter().enumerate() {
            let again = all_said(&judge(rule, &shared));
            let alone = all_said(&judge(rule, &Stack::new(&**unit)));
            let without = all_said(&judge(rule, &Stack::forgetting(&**unit)));
            for (how, other) in [("again", again), ("alone", alone), ("without a memory", without)] {
                if let (Some(one), Some(other)) = (&first[at], &other) {
                    assert_eq!(one, other, "seed {seed}, {}, {how}:\n{}", rule.id, program.blocks.concat());
                }
            }
        }
    });
}

#[test]
fn order_files_names_and_neighbours_change_nothing() {
    programs(|seed, program| {
        let plain = judged(&program.files(), &Settings::default());
        let text = program.blocks.concat();
        let neighbour = "variable \"more\" {\n  default = false\n}\n\
            resource \"aws_s3_bucket\" \"b\" {\n  count = var.more ? 1 : 0\n  bucket = can(var.keys[\"prod\"]) ? \"a\" : \"b\"\n}\n";
        let variants = [
            ("reversed", program.reversed()),
            ("split", program.split()),
            ("beside another", vec![("main.tf".to_owned(), format!("{neighbour}{text}"))]),
        ];
        for (how, files) in variants {
            assert_eq!(plain, judged(&files, &Settings::default()), "seed {seed}, {how}:\n{text}");
        }
        let renamed = text.replace("var.on", "var.zz").replace("variable \"on\"", "variable \"zz\"");
        let renamed = judged(&vec![("main.tf".to_owned(), renamed)], &Settings::default());
        let back = |lines: Vec<String>| lines.iter().map(|line| line.replace("var.zz", "var.on")).collect::<Vec<_>>();
        assert_eq!(plain, renamed.into_iter().map(back).collect::<Vec<_>>(), "seed {seed}, renamed:\n{text}");
    });
}

fn exists(unit: &dyn Evaluator, address: &str) -> bool {
    let block = unit.blocks().iter().find(|block| &*block.address == address).unwrap();
    !unit.instances(block.id, &mut World::new(unit.inputs(), Mode::Free)).is_empty()
}

/// Every world that the program's values make: a finding told for all must be there, a silence must hold.
#[test]
fn what_is_told_of_all_worlds_is_true_of_each() {
    programs(|seed, program| {
        let rule = &rules()[0];
        let files = program.files();
        let loaded = load(&files, &Settings::default());
        let free = judge(rule, &Stack::new(&*loaded.units[0]));
        let bare = |address: &str| address.split('[').next().unwrap_or_default().to_owned();
        let mut random = Random(seed);
        for _ in 0..12 {
            let mut pins = BTreeMap::new();
            let mut told = String::new();
            for (name, values) in &program.variables {
                let value = random.of(values);
                let _ = write!(told, "{name} = {value}; ");
                pins.insert(*name, value);
            }
            let variables = pins.iter().map(|(name, value)| VariableSetting::Text((*name).into(), (*value).into()));
            let settings = Settings { variables: variables.collect(), ..Settings::default() };
            let one = load(&files, &settings);
            assert!(one.problems.is_empty(), "{:?}", one.problems.iter().map(|it| &it.message).collect::<Vec<_>>());
            let pinned = judge(rule, &Stack::new(&*one.units[0]));
            // Terraform stops in this world.
            if pinned.problems.iter().any(|it| it.kind == "evaluation" && matches!(it.place, Place::Span(_))) {
                continue;
            }
            for address in ["v0", "v1", "v2"].map(|name| format!("aws_backup_vault.{name}")) {
                let of = |judgement: &Judgement, certain: bool| {
                    let certainty = |it: Certainty| !certain || it == Certainty::Always;
                    judgement.findings.iter().any(|it| bare(&it.subject.address) == address && certainty(it.certainty))
                };
                let open = |judgement: &Judgement| {
                    judgement.undecided.iter().any(|it| bare(&it.subject.address) == address)
                        || !judgement.problems.is_empty()
                };
                let context = || format!("seed {seed}, {address}, {told}\n{}", program.blocks.concat());
                if of(&pinned, false) {
                    assert!(of(&free, false) || open(&free), "silent of a failing world: {}", context());
                } else if of(&free, true) && !open(&pinned) && exists(&*one.units[0], &address) {
                    panic!("certain of a passing world: {}", context());
                }
            }
        }
    });
}

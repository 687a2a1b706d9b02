//! Which worlds there are: those that Terraform refuses are none, and what nobody can know decides nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a test may fail")]

use std::sync::Arc;

use strongroom::model::Stack;
use strongroom::resolve::{Settings, terraform};
use strongroom::rule::{RuleSet, judge};
use strongroom::source::files::{Files, MemoryFiles};

/// What `vault-customer-key` says of a directory: `address: certainty when ...`, what is undecided, problems.
fn said(files: &[(&str, &str)]) -> Vec<String> {
    let memory: Arc<dyn Files> = Arc::new(MemoryFiles::new(files.iter().copied()));
    let loaded = terraform::load(".", &memory, &Settings::default());
    let rules = RuleSet::builtin();
    let rule = rules.get("vault-customer-key").unwrap();
    let judgement = judge(rule, &Stack::new(&*loaded.units[0]));
    let problems = loaded.problems.iter().filter(|it| it.fatal).chain(&judgement.problems);
    let findings = judgement.findings.iter().map(|it| {
        let when = it.when.as_ref().map_or_else(String::new, |guard| format!(" when {guard}"));
        format!("{}: {:?}{when}", it.subject.address, it.certainty)
    });
    let undecided =
        judgement.undecided.iter().map(|it| format!("{}: undecided, {}", it.subject.address, it.reasons[0].reason));
    let mut said: Vec<String> = findings.chain(undecided).chain(problems.map(|it| it.message.clone())).collect();
    said.sort();
    said
}

const KEY: &str = "provider \"aws\" {}\nresource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = true\n}\n";

fn check(table: &[(&str, &str, &[&str])]) {
    for (name, text, expected) in table {
        let text = format!("{KEY}{text}");
        assert_eq!(said(&[("main.tf", &text)]), *expected, "{name}");
    }
}

#[test]
fn a_world_that_a_condition_refuses_is_none() {
    check(&[
        (
            "a precondition of the vault",
            "variable \"arn\" {\n  default = null\n  type = string\n}\nresource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  \
             kms_key_arn = var.arn\n  lifecycle {\n    precondition {\n      condition = var.arn != null\n      error_message = \"no\"\n    }\n  }\n}\n",
            &["aws_backup_vault.v: Conditional when var.arn is ''"],
        ),
        (
            "of a guard that is there",
            "variable \"on\" {\n  type = bool\n  default = true\n}\nresource \"terraform_data\" \"guard\" {\n  lifecycle {\n    precondition {\n      \
             condition = var.on\n      error_message = \"no\"\n    }\n  }\n}\nresource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  \
             kms_key_arn = var.on ? aws_kms_key.k.arn : null\n}\n",
            &[],
        ),
        (
            "of a guard that is not there",
            "variable \"on\" {\n  type = bool\n  default = true\n}\nresource \"terraform_data\" \"guard\" {\n  count = 0\n  lifecycle {\n    precondition {\n      \
             condition = var.on\n      error_message = \"no\"\n    }\n  }\n}\nresource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  \
             kms_key_arn = var.on ? aws_kms_key.k.arn : null\n}\n",
            &["aws_backup_vault.v: Conditional when var.on is false"],
        ),
        (
            "of an output",
            "variable \"on\" {\n  type = bool\n  default = true\n}\noutput \"o\" {\n  value = 1\n  precondition {\n    \
             condition = var.on\n    error_message = \"no\"\n  }\n}\nresource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  \
             kms_key_arn = var.on ? aws_kms_key.k.arn : null\n}\n",
            &[],
        ),
        (
            "a check only warns",
            "variable \"on\" {\n  type = bool\n  default = true\n}\ncheck \"c\" {\n  assert {\n    \
             condition = var.on\n    error_message = \"no\"\n  }\n}\nresource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  \
             kms_key_arn = var.on ? aws_kms_key.k.arn : null\n}\n",
            &["aws_backup_vault.v: Conditional when var.on is false"],
        ),
        (
            "conditions are connected through what they share",
            "variable \"a\" {\n  type = bool\n  default = true\n}\nvariable \"b\" {\n  type = bool\n  default = true\n}\nresource \"terraform_data\" \"g\" {\n  lifecycle {\n    \
             precondition {\n      condition = var.a || var.b\n      error_message = \"no\"\n    }\n    precondition {\n      condition = !var.b\n      error_message = \"no\"\n    }\n  }\n}\n\
             resource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  kms_key_arn = var.a ? aws_kms_key.k.arn : null\n}\n",
            &[],
        ),
        (
            "a default that is refused is none, and the others stay",
            "variable \"name\" {\n  type = string\n  default = \"\"\n}\nresource \"terraform_data\" \"g\" {\n  lifecycle {\n    \
             precondition {\n      condition = var.name != \"\"\n      error_message = \"no\"\n    }\n  }\n}\nvariable \"arn\" {\n  type = string\n  default = null\n}\n\
             resource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  kms_key_arn = var.arn\n}\n",
            &["aws_backup_vault.v: ByDefault when var.arn is null or var.arn is ''"],
        ),
        (
            "where none holds, that is told",
            "resource \"terraform_data\" \"g\" {\n  lifecycle {\n    precondition {\n      condition = 1 > 2\n      error_message = \"no\"\n    }\n  }\n}\n\
             resource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  kms_key_arn = aws_kms_key.k.arn\n}\n",
            &["this condition holds in no world, so that nothing can be planned"],
        ),
    ]);
}

#[test]
fn a_world_with_a_certain_error_is_none() {
    check(&[
        (
            "null in a template",
            "variable \"on\" {\n  type = bool\n  default = true\n}\nlocals {\n  part = var.on ? \"a\" : null\n  text = \"x-${local.part}\"\n}\n\
             resource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  kms_key_arn = local.text == \"x-a\" ? aws_kms_key.k.arn : null\n}\n",
            &[],
        ),
        (
            "an error in a local, which try does not catch",
            "variable \"on\" {\n  type = bool\n  default = true\n}\nlocals {\n  flag = var.on ? true : tobool(\"maybe\")\n}\n\
             resource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  kms_key_arn = try(local.flag, false) ? aws_kms_key.k.arn : null\n}\n",
            &[],
        ),
        (
            "a missing key",
            "variable \"env\" {\n  type = string\n  default = \"dev\"\n}\nlocals {\n  keys = { dev = aws_kms_key.k.arn }\n}\n\
             resource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  kms_key_arn = local.keys[var.env]\n}\n",
            &[],
        ),
        (
            "in every world: told with its place",
            "resource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  kms_key_arn = aws_kms_key.k.arn\n}\n\
             resource \"aws_kms_key\" \"n\" {\n  count = 2\n}\nresource \"aws_backup_vault\" \"w\" {\n  name = \"w\"\n  kms_key_arn = aws_kms_key.n.arn\n}\n",
            &["aws_kms_key.n has several instances and needs a key: nothing can be deployed in any world"],
        ),
        (
            "a static error is none that try catches",
            "resource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  kms_key_arn = try(foo, aws_kms_key.k.arn)\n}\n",
            &["`foo` is no value by itself: nothing can be deployed in any world"],
        ),
        (
            "all arguments are evaluated",
            "variable \"names\" {\n  type = list(string)\n  default = []\n}\nresource \"aws_kms_key\" \"o\" {\n  for_each = toset(var.names)\n}\n\
             resource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  kms_key_arn = try(coalesce(aws_kms_key.k.arn, one([for v in aws_kms_key.o : v.arn])), null)\n}\n",
            &["aws_backup_vault.v: undecided, it depends on var.names"],
        ),
    ]);
}

#[test]
fn what_nobody_can_know_decides_nothing() {
    let vault = |count: &str, arn: &str| {
        format!(
            "resource \"aws_backup_vault\" \"v\" {{\n  count = {count}\n  name = \"v\"\n  kms_key_arn = {arn}\n}}\n"
        )
    };
    let module = "module \"label\" {\n  source = \"example-org/label/null\"\n}\ndata \"aws_ssm_parameter\" \"p\" {\n  name = \"p\"\n}\n";
    let texts = [
        vault("module.label.enabled ? 1 : 0", "null"),
        vault("data.aws_ssm_parameter.p.value == \"on\" ? 1 : 0", "null"),
        vault("module.label.enabled ? 1 : 0", "aws_kms_key.k.arn"),
        vault("module.label.enabled ? 1 : 1", "null"),
    ]
    .map(|text| format!("{module}{text}"));
    check(&[
        (
            "an output of a module that is not here",
            &texts[0],
            &["aws_backup_vault.v[0]: undecided, module.label (example-org/label/null) is not here"],
        ),
        (
            "a data source",
            &texts[1],
            &["aws_backup_vault.v[0]: undecided, data.aws_ssm_parameter.p.value is known only after apply"],
        ),
        ("with its key wherever it exists", &texts[2], &[]),
        ("it exists however that is answered", &texts[3], &["aws_backup_vault.v[0]: Always"]),
    ]);
}

/// The addresses that `inspect` lists.
fn listed(text: &str) -> Vec<String> {
    let memory: Arc<dyn Files> = Arc::new(MemoryFiles::new([("main.tf", text)]));
    let loaded = terraform::load(".", &memory, &Settings::default());
    let json = strongroom::inspect::unit(&*loaded.units[0], memory.sources());
    json["resources"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn existence_asks_for_keys_and_for_no_values() {
    let mut text = "variable \"vaults\" {\n  type = map(object({ env = optional(map(string), {}) }))\n  \
        default = { a = {}, b = {} }\n}\n"
        .to_owned();
    let mut members = String::new();
    for at in 0..16 {
        text += &format!("variable \"v{at}\" {{\n  type = string\n  default = \"\"\n}}\n");
        members += &format!("V{at} = var.v{at} == \"x\" ? upper(var.v{at}) : \"y\"\n");
    }
    text += &format!(
        "locals {{\n  vaults = {{ for name, c in var.vaults : name => merge(c, {{ env = merge(c.env, {{\n{members}}}) }}) }}\n}}\n\
         module \"m\" {{\n  source = \"./m\"\n  vaults = merge(local.vaults, {{ c = {{ env = {{}} }} }})\n}}\n"
    );
    let child = "variable \"vaults\" {\n  type = any\n}\nresource \"aws_backup_vault\" \"v\" {\n  for_each = var.vaults\n  name = each.key\n}\n";
    assert_eq!(
        said(&[("main.tf", &text), ("m/main.tf", child)]),
        [
            "module.m.aws_backup_vault.v[\"a\"]: Always",
            "module.m.aws_backup_vault.v[\"b\"]: Always",
            "module.m.aws_backup_vault.v[\"c\"]: Always",
        ]
    );
}

#[test]
fn no_instance_is_left_out_by_a_filter_that_is_open() {
    let text = "variable \"keys\" {\n  type = map(string)\n  default = {}\n}\nresource \"aws_backup_vault\" \"v\" {\n  \
        for_each = { for k, v in { a = one([for x in var.keys : x if x != \"\"]), b = \"on\" } : k => v if v != null }\n  name = each.key\n}\n";
    assert_eq!(listed(text), ["aws_backup_vault.v[\"b\"]", "aws_backup_vault.v[\"a\"]"]);
}

#[test]
fn what_is_ephemeral_is_null() {
    check(&[(
        "a variable, through a local, and what is none",
        "variable \"token\" {\n  type = string\n  ephemeral = true\n  default = \"t\"\n}\nlocals {\n  token = var.token\n}\n\
         resource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  kms_key_arn = ephemeralasnull(local.token) == null ? aws_kms_key.k.arn : null\n}\n\
         resource \"aws_backup_vault\" \"w\" {\n  name = \"w\"\n  kms_key_arn = ephemeralasnull(\"x\") == null ? null : aws_kms_key.k.arn\n}\n",
        &[],
    )]);
}

#[test]
fn values_that_double_and_chains_that_are_long_are_bounded() {
    // As the program does, which evaluates on threads with room for the depths that it allows.
    let thread = std::thread::Builder::new().stack_size(strongroom::source::limits::STACK_BYTES);
    thread.spawn(bounded).unwrap().join().unwrap();
}

fn bounded() {
    let doubling = |last: &str| {
        let mut text = "locals {\n  a0 = [\"x\"]\n".to_owned();
        for at in 1..40 {
            text += &format!("  a{at} = [local.a{}, local.a{}]\n", at - 1, at - 1);
        }
        text + &format!("}}\nresource \"aws_backup_vault\" \"v\" {{\n  name = \"v\"\n  kms_key_arn = {last}\n}}\n")
    };
    // What nobody looks into is as good as small; with what nobody can compute nothing is decided.
    for (last, expected) in
        [("length(local.a39) > 1 ? aws_kms_key.k.arn : null", "more parts than are looked at"), ("local.a39", "")]
    {
        let said = said(&[("main.tf", &format!("{KEY}{}", doubling(last)))]);
        assert!(said.iter().all(|line| line.contains(expected)), "{last}: {said:?}");
        assert_eq!(said.is_empty(), expected.is_empty(), "{last}: {said:?}");
    }
    for (count, is_exact) in [(120, true), (400, false)] {
        let mut text =
            format!("{KEY}variable \"on\" {{\n  type = bool\n  default = true\n}}\nlocals {{\n  c0 = var.on\n");
        for at in 1..=count {
            text += &format!("  c{at} = !local.c{}\n", at - 1);
        }
        text += &format!(
            "}}\nresource \"aws_backup_vault\" \"v\" {{\n  name = \"v\"\n  kms_key_arn = local.c{count} ? aws_kms_key.k.arn : null\n}}\n"
        );
        let said = said(&[("main.tf", &text)]);
        let exact = said == ["aws_backup_vault.v: Conditional when var.on is false"];
        let told = said.len() == 1 && said[0].contains("longer than is followed");
        assert!(if is_exact { exact } else { told }, "{count}: {said:?}");
    }
}

#[test]
fn a_chain_of_conditions_that_is_too_long_gives_no_verdict() {
    for (count, is_exact) in [(100, true), (131, false)] {
        let mut text = "Parameters:\n  On:\n    Type: String\n    Default: \"yes\"\n    AllowedValues: [\"yes\", \"no\"]\nConditions:\n  C0: !Equals [!Ref On, \"yes\"]\n".to_owned();
        for at in 1..=count {
            text += &format!("  C{at}: !Not [!Condition C{}]\n", at - 1);
        }
        text += &format!(
            "Resources:\n  Key:\n    Type: AWS::KMS::Key\n  Vault:\n    Type: AWS::Backup::BackupVault\n    Properties:\n      BackupVaultName: v\n      \
             EncryptionKeyArn: !If [C{count}, !GetAtt Key.Arn, !Ref AWS::NoValue]\n"
        );
        let memory = MemoryFiles::new([("t.yaml", text.as_str())]);
        let source = memory.read("t.yaml").unwrap();
        let loaded = strongroom::resolve::cloudformation::load(&source, &memory, &Settings::default());
        let rules = RuleSet::builtin();
        let judgement = judge(rules.get("vault-customer-key").unwrap(), &Stack::new(&*loaded.units[0]));
        assert_eq!(judgement.findings.len(), usize::from(is_exact || count % 2 == 0), "{count}: {judgement:#?}");
        if !is_exact {
            assert!(judgement.problems.len() + judgement.undecided.len() == 1, "{judgement:#?}");
        }
    }
}

#[test]
fn conditions_of_statements_are_asked_only_where_the_verdict_hangs_on_them() {
    let root =
        "{Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}, Action: 'kms:*', Resource: '*'}";
    let deny = "{Effect: Deny, Principal: '*', Action: kms:CreateGrant, Resource: '*'}";
    for (name, more, expected) in [("only the root", "", 0), ("a Deny by default", deny, 1)] {
        let mut text = "Parameters:\n".to_owned();
        for at in 0..40 {
            text += &format!("  P{at}: {{Type: String, Default: 'true', AllowedValues: ['true', 'false']}}\n");
        }
        text += "Conditions:\n";
        for at in 0..40 {
            text += &format!("  C{at}: !Equals [!Ref P{at}, 'true']\n");
        }
        text += &format!(
            "Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy:\n        Statement:\n          - {root}\n"
        );
        for at in 0..40 {
            text += &format!(
                "          - !If [C{at}, {{Effect: Allow, Principal: {{AWS: 'arn:aws:iam::111122223333:role/r{at}'}}, Action: kms:Decrypt, Resource: '*'}}, !Ref AWS::NoValue]\n"
            );
        }
        if !more.is_empty() {
            text += &format!("          - !If [C7, {more}, !Ref AWS::NoValue]\n");
        }
        text += "  Vault:\n    Type: AWS::Backup::BackupVault\n    Properties:\n      BackupVaultName: v\n      EncryptionKeyArn: !GetAtt Key.Arn\n";
        let memory = MemoryFiles::new([("t.yaml", text.as_str())]);
        let source = memory.read("t.yaml").unwrap();
        let loaded = strongroom::resolve::cloudformation::load(&source, &memory, &Settings::default());
        let rules = RuleSet::builtin();
        let judgement = judge(rules.get("key-policy-backup-access").unwrap(), &Stack::new(&*loaded.units[0]));
        assert!(judgement.problems.is_empty() && judgement.undecided.is_empty(), "{name}: {judgement:#?}");
        let when: Vec<String> =
            judgement.findings.iter().filter_map(|it| Some(it.when.as_ref()?.to_string())).collect();
        assert_eq!((judgement.findings.len(), when), (expected, vec!["P7 is 'true'".to_owned(); expected]), "{name}");
    }
}

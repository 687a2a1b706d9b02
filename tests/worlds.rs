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

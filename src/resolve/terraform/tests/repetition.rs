//! Which instances exist, references to them, and `dynamic` blocks.

use super::{check, root};

#[test]
fn count_and_for_each() {
    let unit = root([(
        "main.tf",
        r#"
variable "n" {
  type    = number
  default = 3
}
resource "aws_kms_key" "k" { count = var.n }
"#,
    )]);
    assert_eq!(
        unit.instances(),
        [
            "var.n is 3: aws_kms_key.k[0] aws_kms_key.k[1] aws_kms_key.k[2]",
            "var.n is 0: ",
            "var.n is 1: aws_kms_key.k[0]",
            "var.n is 2: aws_kms_key.k[0] aws_kms_key.k[1]",
            "var.n is not 3 and var.n is not 0 and var.n is not 1 and 1 more condition: aws_kms_key.k[0]",
        ]
    );
    let unit = root([(
        "main.tf",
        r#"
resource "aws_kms_key" "k" {
  for_each    = toset(["b", "a"])
  description = each.key
}
resource "aws_kms_key" "off" {
  lifecycle { enabled = false }
}
resource "aws_kms_key" "wrong" { for_each = ["a"] }
locals {
  a     = aws_kms_key.k["a"].arn
  all   = [for key in aws_kms_key.k : key.arn]
  texts = values(aws_kms_key.k)[*].description
  off   = aws_kms_key.off
}"#,
    )]);
    assert_eq!(unit.instances(), ["always: aws_kms_key.k[\"a\"] aws_kms_key.k[\"b\"] aws_kms_key.wrong[*]"]);
    check(
        &unit,
        &[
            ("local.a", "⟦aws_kms_key.k[\"a\"].arn⟧"),
            ("local.all", "[⟦aws_kms_key.k[\"a\"].arn⟧, ⟦aws_kms_key.k[\"b\"].arn⟧]"),
            ("local.texts", "[\"a\", \"b\"]"),
            ("local.off", "absent"),
            (
                "aws_kms_key.wrong[*].description",
                "unknown(error: `for_each` takes a map or a set of strings, not a list)",
            ),
        ],
    );
}

#[test]
fn a_condition_decides_existence_and_reference_alike() {
    let unit = root([(
        "main.tf",
        r#"
variable "cmk" {
  type    = bool
  default = true
}
resource "aws_kms_key" "k" { count = var.cmk ? 1 : 0 }
resource "aws_backup_vault" "ternary" { kms_key_arn = var.cmk ? aws_kms_key.k[0].arn : null }
resource "aws_backup_vault" "joined" { kms_key_arn = join("", aws_kms_key.k[*].arn) }
resource "aws_backup_vault" "one" { kms_key_arn = one(aws_kms_key.k[*].arn) }
resource "aws_backup_vault" "tried" { kms_key_arn = try(aws_kms_key.k[0].arn, null) }
resource "aws_backup_vault" "wrong" { kms_key_arn = aws_kms_key.k[0].arn }
"#,
    )]);
    let table = [
        ("ternary", "absent"),
        ("joined", "\"\""),
        ("one", "absent"),
        ("tried", "absent"),
        ("wrong", "unknown(error: Invalid index: aws_kms_key.k has no instance [0])"),
    ];
    for (name, otherwise) in table {
        assert_eq!(
            unit.all(&format!("aws_backup_vault.{name}.kms_key_arn")),
            ["var.cmk is true: ⟦aws_kms_key.k[0].arn⟧".to_owned(), format!("var.cmk is false: {otherwise}")],
            "{name}"
        );
    }
}

#[test]
fn open_collections_have_one_instance_for_all() {
    let unit = root([(
        "main.tf",
        r#"
variable "keys" { type = map(string) }
resource "aws_backup_vault" "v" {
  for_each    = var.keys
  name        = each.key
  kms_key_arn = each.value
}"#,
    )]);
    assert_eq!(unit.instances(), ["var.keys is {}: ", "var.keys is not {}: aws_backup_vault.v[*]"]);
}

#[test]
fn dynamic_blocks_unfold() {
    let unit = root([(
        "main.tf",
        r#"
variable "rules" {
  default = [{ name = "a", copies = ["x", "y"] }, { name = "b", copies = [] }]
}
resource "aws_backup_plan" "p" {
  rule { rule_name = "first" }
  dynamic "rule" {
    for_each = var.rules
    content {
      rule_name = "${rule.key}-${rule.value.name}"
      dynamic "copy_action" {
        for_each = toset(rule.value.copies)
        iterator = copy
        content { destination_vault_arn = "${copy.value}-${rule.value.name}" }
      }
    }
  }
}"#,
    )]);
    check(
        &unit,
        &[(
            "aws_backup_plan.p.rule",
            "[{rule_name=\"first\"}, {rule_name=\"0-a\", copy_action=[{destination_vault_arn=\"x-a\"}, {destination_vault_arn=\"y-a\"}]}, {rule_name=\"1-b\", copy_action=[]}]",
        )],
    );
}

#[test]
fn workspaces_and_facts_of_the_deployment_are_inputs() {
    let unit = root([(
        "main.tf",
        r#"
data "aws_caller_identity" "me" {}
data "aws_partition" "p" {}
locals {
  prod = terraform.workspace == "prod"
  root = "arn:${data.aws_partition.p.partition}:iam::${data.aws_caller_identity.me.account_id}:root"
}"#,
    )]);
    assert_eq!(
        unit.all("local.prod"),
        ["terraform.workspace is 'prod': true", "terraform.workspace is not 'prod': false"]
    );
    assert_eq!(unit.default("local.prod"), "false");
    assert_eq!(
        unit.default("local.root"),
        "arn:⟦data.aws_partition.p.partition⟧:iam::⟦data.aws_caller_identity.me.account_id⟧:root"
    );
}

#[test]
fn attributes_of_other_resources() {
    let unit = root([(
        "main.tf",
        r#"
resource "aws_kms_key" "k" {
  description         = "d"
  enable_key_rotation = "true"
}
data "aws_kms_alias" "b" { name = "alias/aws/backup" }
data "terraform_remote_state" "s" {}
locals {
  description = aws_kms_key.k.description
  rotation    = aws_kms_key.k.enable_key_rotation
  enabled     = aws_kms_key.k.is_enabled
  window      = aws_kms_key.k.deletion_window_in_days
  alias       = data.aws_kms_alias.b.target_key_arn
  name        = data.aws_kms_alias.b.name
  state       = data.terraform_remote_state.s.outputs.key
  missing     = aws_kms_key.missing.arn
}"#,
    )]);
    check(
        &unit,
        &[
            ("local.description", "\"d\""),
            ("local.rotation", "true"),
            ("local.enabled", "true"),
            ("local.window", "absent"),
            ("local.alias", "⟦data.aws_kms_alias.b.target_key_arn⟧"),
            ("local.name", "\"alias/aws/backup\""),
            ("local.state", "unknown(import: it is read from another configuration's state)"),
            ("local.missing", "unknown(error: there is no resource aws_kms_key.missing)"),
        ],
    );
}

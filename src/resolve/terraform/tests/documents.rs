//! Policies: `aws_iam_policy_document` and `jsonencode`.

use super::root;

#[test]
fn statements_merge_in_the_providers_order() {
    let unit = root([(
        "main.tf",
        r#"
data "aws_iam_policy_document" "base" {
  statement {
    sid       = "Root"
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::111122223333:root", null]
    }
  }
  statement {
    actions = ["kms:Anonymous"]
  }
}
data "aws_iam_policy_document" "over" {
  statement {
    sid     = "Own"
    effect  = "Deny"
    actions = ["kms:Over"]
  }
  statement {
    sid     = "New"
    actions = ["kms:New"]
  }
}
data "aws_iam_policy_document" "d" {
  source_policy_documents   = [data.aws_iam_policy_document.base.json, null, jsonencode({ Statement = { Sid = "Json", Effect = "Allow" } })]
  override_policy_documents = [data.aws_iam_policy_document.over.json]
  statement {
    sid     = "Own"
    actions = ["kms:Own"]
  }
  statement {
    sid     = "Root"
    actions = ["kms:Put*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "StringLike"
      variable = "aws:x"
      values   = ["&{aws:username}"]
    }
    condition {
      test     = "StringLike"
      variable = "aws:x"
      values   = ["b"]
    }
  }
}
resource "aws_kms_key" "k" { policy = data.aws_iam_policy_document.d.json }
"#,
    )]);
    assert_eq!(
        unit.default("aws_kms_key.k.policy"),
        "{Version=\"2012-10-17\", Statement=[\
         {Sid=\"Root\", Effect=\"Allow\", Action=[\"kms:Put*\"], Principal=\"*\", Condition={StringLike={aws:x=[\"${aws:username}\", \"b\"]}}}, \
         {Effect=\"Allow\", Action=[\"kms:Anonymous\"]}, \
         {Effect=\"Allow\", Sid=\"Json\"}, \
         {Sid=\"Own\", Effect=\"Deny\", Action=[\"kms:Over\"]}, \
         {Sid=\"New\", Effect=\"Allow\", Action=[\"kms:New\"]}]}"
    );
}

#[test]
fn a_sid_twice_among_sources_or_statements_and_a_document_of_itself_are_errors() {
    let unit = root([(
        "main.tf",
        r#"
data "aws_iam_policy_document" "a" {
  statement { sid = "S" }
}
data "aws_iam_policy_document" "twice" {
  source_policy_documents = [data.aws_iam_policy_document.a.json, data.aws_iam_policy_document.a.json]
}
data "aws_iam_policy_document" "self" {
  source_policy_documents = [data.aws_iam_policy_document.self.json]
}
data "aws_iam_policy_document" "own" {
  statement { sid = "S" }
  statement { sid = "S" }
}
data "aws_iam_policy_document" "replaced" {
  source_policy_documents = [data.aws_iam_policy_document.a.json]
  statement {
    sid    = "S"
    effect = "Deny"
  }
  statement { sid = "" }
  statement { sid = "" }
}
resource "aws_kms_key" "own" { policy = data.aws_iam_policy_document.own.json }
resource "aws_kms_key" "replaced" { policy = data.aws_iam_policy_document.replaced.json }
resource "aws_kms_key" "twice" { policy = data.aws_iam_policy_document.twice.json }
resource "aws_kms_key" "self" { policy = data.aws_iam_policy_document.self.json }
"#,
    )]);
    assert_eq!(
        unit.default("aws_kms_key.twice.policy"),
        "unknown(error: two source policy documents have a statement with the Sid S)"
    );
    assert_eq!(
        unit.default("aws_kms_key.own.policy"),
        "unknown(error: two statements of the policy document have the Sid S, which Terraform refuses)"
    );
    assert_eq!(
        unit.default("aws_kms_key.replaced.policy"),
        "{Version=\"2012-10-17\", Statement=[{Sid=\"S\", Effect=\"Deny\"}, {Effect=\"Allow\"}, {Effect=\"Allow\"}]}"
    );
    assert_eq!(
        unit.default("aws_kms_key.self.policy"),
        "unknown(error: data.aws_iam_policy_document.self refers to itself)"
    );
}

#[test]
fn jsonencode_keeps_its_structure_through_names_and_calls() {
    let unit = root([
        (
            "main.tf",
            r#"
data "aws_caller_identity" "me" {}
locals {
  policy = jsonencode({ Statement = [{ Effect = "Allow", Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.me.account_id}:root" } }] })
}
variable "custom" { default = null }
module "m" {
  source = "./m"
  policy = local.policy
}
resource "aws_kms_key" "name" { policy = local.policy }
resource "aws_kms_key" "text" { policy = coalesce(var.custom, local.policy) }
resource "aws_kms_key" "literal" { policy = "{\"Statement\": []}" }
"#,
        ),
        ("m/main.tf", "variable \"policy\" {}\nresource \"aws_kms_key\" \"k\" { policy = var.policy }"),
    ]);
    let expected =
        "{Statement=[{Effect=\"Allow\", Principal={AWS=arn:aws:iam::⟦data.aws_caller_identity.me.account_id⟧:root}}]}";
    assert_eq!(unit.default("aws_kms_key.name.policy"), expected);
    assert_eq!(unit.default("module.m.aws_kms_key.k.policy"), expected);
    assert_eq!(unit.default("aws_kms_key.text.policy"), expected);
    assert_eq!(unit.default("aws_kms_key.literal.policy"), "\"{\"Statement\": []}\"");
}

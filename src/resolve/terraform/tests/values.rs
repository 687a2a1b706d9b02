//! Variables, their files, locals and override files.

use super::{check, load, root};

#[test]
fn later_variable_files_win_and_select_the_default_world() {
    let main = ("main.tf", "variable \"v\" { default = \"declared\" }\nlocals { v = var.v }");
    let layers = [
        ("terraform.tfvars", "v = \"tfvars\""),
        ("terraform.tfvars.json", "{\"v\": \"json ${not a template}\"}"),
        ("a.auto.tfvars", "v = \"a\""),
        ("b.auto.tfvars.json", "{\"v\": \"b\"}"),
    ];
    let expected = ["\"declared\"", "\"tfvars\"", "\"json ${not a template}\"", "\"a\"", "\"b\""];
    for (count, expected) in expected.iter().enumerate() {
        let unit = root([main].into_iter().chain(layers.into_iter().take(count)));
        assert_eq!(unit.default("local.v"), *expected);
        assert_eq!(unit.problems, [""; 0]);
    }
}

#[test]
fn the_command_line_pins_in_its_order() {
    let files = [
        (
            "main.tf",
            "variable \"v\" { default = \"d\" }\nvariable \"n\" {\n type = list(number)\n default = []\n}\nlocals { v = \"${var.v}${length(var.n)}\" }",
        ),
        ("x.tfvars", "v = \"file\""),
    ];
    let table: &[(&[&str], &str)] = &[
        (&[], "d0"),
        (&["v=text"], "text0"),
        (&["v=text", "x.tfvars"], "file0"),
        (&["x.tfvars", "v=text", "n=[1, 2]", "unknown=1"], "text2"),
    ];
    for (settings, expected) in table {
        let unit = load(".", files, settings);
        assert_eq!(unit.default("local.v"), format!("\"{expected}\""));
        assert_eq!(unit.problems, [""; 0]);
        if settings.len() == 4 {
            assert_eq!(unit.all("local.v"), [format!("always: \"{expected}\"")]);
        }
    }
}

#[test]
fn values_are_converted_to_the_declared_type() {
    let unit = root([(
        "main.tf",
        r#"
variable "n" {
  type    = number
  default = "7"
}
variable "o" {
  type = object({ a = optional(string, "x"), b = optional(number), c = optional(object({ d = optional(bool, true) }), {}) })
  default = {}
}
variable "l" {
  type    = list(object({ k = string, on = optional(bool, false) }))
  default = [{ k = 1 }]
}
locals {
  n = var.n + 1
  o = var.o
  l = var.l
}"#,
    )]);
    check(
        &unit,
        &[("local.n", "8"), ("local.o", "{a=\"x\", b=absent, c={d=true}}"), ("local.l", "[{k=\"1\", on=false}]")],
    );
    assert_eq!(unit.problems, [""; 0]);
}

#[test]
fn what_does_not_fit_is_told() {
    let unit = root([
        (
            "main.tf",
            "variable \"n\" {\n type = number\n default = \"x\"\n}\nvariable \"t\" { type = strin }\nvariable \"w\" { type = bool }",
        ),
        ("terraform.tfvars", "w = \"maybe\""),
    ]);
    let kinds: Vec<&str> = unit.problems.iter().map(|problem| problem.split(':').next().unwrap()).collect();
    assert_eq!(kinds, ["variable"; 3], "{:?}", unit.problems);
}

#[test]
fn null_and_defaults() {
    let unit = root([
        (
            "main.tf",
            r#"
variable "never" {
  default  = "d"
  nullable = false
}
variable "key" { default = null }
variable "required" {}
variable "flag" { type = bool }
resource "aws_backup_vault" "a" { kms_key_arn = var.never }
resource "aws_backup_vault" "b" { kms_key_arn = var.key }
resource "aws_backup_vault" "c" { kms_key_arn = var.required }
resource "aws_backup_vault" "d" { kms_key_arn = var.required == null ? "x" : "y" }
resource "aws_backup_vault" "e" { force_destroy = var.flag }"#,
        ),
        ("terraform.tfvars", "never = null"),
    ]);
    let table: &[(&str, &[&str])] = &[
        (
            "aws_backup_vault.a.kms_key_arn",
            &[
                "var.never is 'd': \"d\"",
                "var.never is '': \"\"",
                "var.never is not 'd' and var.never is not '': ⟦var.never⟧",
            ],
        ),
        (
            "aws_backup_vault.b.kms_key_arn",
            &["var.key is null: absent", "var.key is '': \"\"", "var.key is set and var.key is not '': ⟦var.key⟧"],
        ),
        ("aws_backup_vault.c.kms_key_arn", &["always: ⟦var.required⟧"]),
        ("aws_backup_vault.d.kms_key_arn", &["var.required is null: \"x\"", "var.required is set: \"y\""]),
        ("aws_backup_vault.e.force_destroy", &["var.flag is true: true", "var.flag is false: false"]),
    ];
    for (name, expected) in table {
        assert_eq!(unit.all(name), *expected, "{name}");
    }
}

#[test]
fn validations_exclude_worlds() {
    let unit = root([(
        "main.tf",
        r#"
variable "env" {
  type = string
  validation {
    condition     = contains(["dev", "prod"], var.env)
    error_message = "no"
  }
}
variable "name" {
  type    = string
  default = "ok"
  validation {
    condition     = length(var.name) > 1
    error_message = "no"
  }
}
variable "other" {
  type    = string
  default = "x"
  validation {
    condition     = var.other != "bad" || var.env == "dev"
    error_message = "no"
  }
}
locals {
  env   = var.env == "prod" ? 1 : var.env == "stage" ? 2 : 3
  name  = var.name == "" ? 1 : 2
  other = var.other == "bad" ? (var.env == "prod" ? 1 : 2) : 3
}"#,
    )]);
    let table: &[(&str, &[&str])] = &[
        ("local.env", &["var.env is 'prod': 1", "var.env is 'dev': 3"]),
        ("local.name", &["always: 2"]),
        ("local.other", &["var.other is 'bad' and var.env is 'dev': 2", "var.other is not 'bad': 3"]),
    ];
    for (name, expected) in table {
        assert_eq!(unit.all(name), *expected, "{name}");
    }
}

#[test]
fn override_files_merge_argument_by_argument() {
    let unit = root([
        (
            "main.tf",
            r#"
resource "aws_backup_plan" "p" {
  name = "base"
  tags = { a = 1 }
  rule { rule_name = "one" }
  rule { rule_name = "two" }
  lifecycle { prevent_destroy = true }
}
locals { a = 1 }"#,
        ),
        (
            "z_override.tf",
            r#"
resource "aws_backup_plan" "p" {
  name = "over"
  rule { rule_name = "three" }
  lifecycle { ignore_changes = [tags] }
}
locals {
  a = 2
  b = 3
}
resource "aws_kms_key" "missing" {}"#,
        ),
    ]);
    check(
        &unit,
        &[
            ("aws_backup_plan.p.name", "\"over\""),
            ("aws_backup_plan.p.tags", "{a=1}"),
            ("aws_backup_plan.p.rule", "[{rule_name=\"three\"}]"),
            ("aws_backup_plan.p.@lifecycle", "{prevent_destroy=true, ignore_changes=[\"tags\"]}"),
            ("local.a", "2"),
            ("local.b", "3"),
        ],
    );
    assert_eq!(
        unit.problems,
        ["reference: this resource \"aws_kms_key\" \"missing\" overrides nothing: no other file declares it"]
    );
}

#[test]
fn a_tofu_file_replaces_the_tf_file_of_its_name() {
    let unit = root([
        ("main.tf", "locals { a = 1 }"),
        ("main.tofu", "locals { a = 2 }"),
        ("b.tf", "locals { b = 1 }"),
        (".hidden.tf", "locals { b = 2 }"),
        ("t.tftest.hcl", "run \"x\" {}"),
        ("c.tf.json", "{\"locals\": {\"c\": \"${local.a + 1}\"}}"),
    ]);
    check(&unit, &[("local.a", "2"), ("local.b", "1"), ("local.c", "3")]);
    assert_eq!(unit.problems, [""; 0]);
}

#[test]
fn json_holds_blocks_in_every_shape() {
    let unit = root([(
        "main.tf.json",
        r#"{
  "resource": {
    "aws_kms_key": {"k": {"count": "${1}", "description": "a ${local.x}", "lifecycle": {"prevent_destroy": true}}},
    "aws_backup_plan": {"p": [{
      "name": "p",
      "rule": [{"rule_name": "one"}, {"rule_name": "two"}],
      "advanced_backup_setting": {"resource_type": "EC2"},
      "dynamic": {"rule": {"for_each": ["x"], "content": {"rule_name": "${rule.value}"}}}
    }]}
  },
  "data": {"aws_iam_policy_document": {"d": {"statement": {"actions": ["a"], "principals": [{"type": "AWS", "identifiers": ["*"]}]}}}},
  "variable": {"v": {"type": "list(string)", "default": ["a"]}, "n": {"default": null}},
  "locals": {"x": "${var.v[0]}"},
  "output": {"o": {"value": "${data.aws_iam_policy_document.d.json}"}}
}"#,
    )]);
    check(
        &unit,
        &[
            ("aws_kms_key.k[0].description", "\"a a\""),
            ("aws_kms_key.k[0].@lifecycle", "{prevent_destroy=true}"),
            ("aws_backup_plan.p.advanced_backup_setting", "{resource_type=\"EC2\"}"),
            ("aws_backup_plan.p.rule", "[{rule_name=\"one\"}, {rule_name=\"two\"}, {rule_name=\"x\"}]"),
            (
                "output.o",
                "{Version=\"2012-10-17\", Statement=[{Effect=\"Allow\", Action=[\"a\"], Principal={AWS=[\"*\"]}}]}",
            ),
        ],
    );
    assert_eq!(unit.problems, [""; 0]);
}

#[test]
fn cycles_and_duplicates_do_not_hang() {
    let unit = root([(
        "main.tf",
        "locals {\n a = \"${local.b}${local.b}\"\n b = \"${local.a}${local.a}\"\n c = try(local.a, \"caught\")\n}\nvariable \"v\" {}\nvariable \"v\" {}",
    )]);
    assert_eq!(unit.default("local.a"), "unknown(error: local.a refers to itself)");
    assert_eq!(unit.problems, ["duplicate: variable \"v\" is declared twice"]);
}

#[test]
fn only_terragrunt_is_told_once() {
    use crate::source::files::{Files, MemoryFiles};
    let files: std::sync::Arc<dyn Files> = std::sync::Arc::new(MemoryFiles::new([("live/terragrunt.hcl", "x = 1")]));
    let loaded = crate::resolve::terraform::load("live", &files, &crate::resolve::Settings::default());
    assert!(loaded.units.is_empty());
    assert_eq!(loaded.problems.len(), 1);
    assert!(!loaded.problems[0].fatal);
}

#[test]
fn a_root_and_a_library() {
    let key = ("main.tf", "resource \"aws_kms_key\" \"k\" {}");
    assert!(root([key]).evaluator.is_library());
    for mark in [
        ("p.tf", "provider \"aws\" {}"),
        ("b.tf", "terraform {\n backend \"s3\" {}\n}"),
        ("terraform.tfvars", ""),
        (".terraform.lock.hcl", ""),
        (".terraform/modules/modules.json", "{}"),
    ] {
        assert!(!root([key, mark]).evaluator.is_library(), "{}", mark.0);
    }
}

#[test]
fn long_chains_end_before_the_stack_does() {
    let mut text = String::from("locals {\n a0 = \"x\"\n");
    for at in 1..400 {
        let before = at - 1;
        text.push_str(&format!(
            " a{at} = join(\"\", [for x in [true ? {{ k = upper(\"${{local.a{before}}}\") }} : {{ k = \"\" }}] : try(x.k, null)])\n"
        ));
    }
    text.push('}');
    let judge = move || {
        let unit = root([("main.tf", &*text)]);
        assert_eq!(unit.default("local.a40"), "\"X\"");
        assert_eq!(unit.default("local.a399"), "unknown(limit: expressions nest deeper than is followed)");
    };
    let thread = std::thread::Builder::new().stack_size(crate::source::limits::STACK_BYTES).spawn(judge).unwrap();
    thread.join().unwrap();
}

#[test]
fn chains_of_conditions_cost_no_more_than_their_length() {
    let mut text =
        String::from("variable \"on\" {\n type = bool\n default = true\n}\nlocals {\n a0 = var.on ? \"x\" : 1\n");
    for at in 1..60 {
        let before = at - 1;
        text.push_str(&format!(
            " a{at} = var.on ? local.a{before} : upper(\"${{local.a{before}}}${{local.a{before}}}\")\n"
        ));
    }
    text.push('}');
    let unit = root([("main.tf", &*text)]);
    assert_eq!(unit.default("local.a59"), "\"x\"");
}

#[test]
fn only_the_member_that_is_asked_for_decides() {
    let unit = root([(
        "main.tf",
        r#"
variable "a" { type = bool }
variable "b" { type = bool }
locals {
  settings = {
    key  = var.a ? "x" : "y"
    name = { inner = var.b ? 1 : 2 }
  }
  inner = local.settings.name.inner
}"#,
    )]);
    assert_eq!(unit.all("local.inner"), ["var.b is true: 1", "var.b is false: 2"]);
}

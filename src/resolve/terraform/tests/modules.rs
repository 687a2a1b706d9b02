//! Module calls: what goes in, what comes out, and what is not here.

use super::{check, load, root};

const VAULT: &str = r#"
variable "kms_key_arn" { default = null }
variable "name" {
  default  = "backup"
  nullable = false
}
resource "aws_backup_vault" "this" {
  name        = var.name
  kms_key_arn = var.kms_key_arn
}
output "arn" { value = aws_backup_vault.this.arn }
output "name" { value = aws_backup_vault.this.name }
"#;

#[test]
fn arguments_and_defaults() {
    let unit = root([
        (
            "main.tf",
            r#"
module "omits" { source = "./vault" }
module "sets" {
  source      = "./vault"
  kms_key_arn = aws_kms_key.k.arn
  name        = null
}
resource "aws_kms_key" "k" {}
locals {
  arn  = module.sets.arn
  name = module.sets.name
}"#,
        ),
        ("vault/main.tf", VAULT),
    ]);
    check(
        &unit,
        &[
            ("module.omits.aws_backup_vault.this.kms_key_arn", "absent"),
            ("module.sets.aws_backup_vault.this.kms_key_arn", "⟦aws_kms_key.k.arn⟧"),
            ("module.sets.aws_backup_vault.this.name", "\"backup\""),
            ("local.arn", "⟦module.sets.aws_backup_vault.this.arn⟧"),
            ("local.name", "\"backup\""),
        ],
    );
    assert_eq!(unit.evaluator.covers(), ["vault"]);
    assert_eq!(
        unit.chain("module.omits.aws_backup_vault.this.kms_key_arn"),
        ["var.kms_key_arn is used here", "the default of kms_key_arn"]
    );
}

#[test]
fn repeated_calls() {
    let unit = root([
        (
            "main.tf",
            r#"
variable "on" {
  type    = bool
  default = true
}
module "each" {
  source      = "./vault"
  for_each    = { a = "x", b = null }
  name        = each.key
  kms_key_arn = each.value
}
module "counted" {
  source = "./vault"
  count  = var.on ? 1 : 0
}
locals {
  names = [for key, vault in module.each : "${key}=${vault.name}"]
  one   = one(module.counted[*].name)
  arn   = module.each["a"].arn
  none  = module.each["c"].arn
}"#,
        ),
        ("vault/main.tf", VAULT),
    ]);
    check(
        &unit,
        &[
            ("module.each[\"a\"].aws_backup_vault.this.kms_key_arn", "\"x\""),
            ("module.each[\"b\"].aws_backup_vault.this.kms_key_arn", "absent"),
            ("local.names", "[\"a=a\", \"b=b\"]"),
            ("local.arn", "⟦module.each[\"a\"].aws_backup_vault.this.arn⟧"),
            ("local.none", "unknown(error: Invalid index: module.each has no instance [\"c\"])"),
        ],
    );
    assert_eq!(unit.all("local.one"), ["var.on is true: \"backup\"", "var.on is false: absent"]);
    assert_eq!(
        unit.instances(),
        [
            "var.on is true: module.each[\"a\"].aws_backup_vault.this module.each[\"b\"].aws_backup_vault.this module.counted[0].aws_backup_vault.this",
            "var.on is false: module.each[\"a\"].aws_backup_vault.this module.each[\"b\"].aws_backup_vault.this",
        ]
    );
}

#[test]
fn paths_lead_above_the_directory_and_relative_files_stay_in_the_module() {
    let unit = load(
        "live/prod",
        [
            ("live/prod/main.tf", "module \"m\" { source = \"../../modules/a\" }\nlocals { x = module.m.text }"),
            (
                "modules/a/main.tf",
                "module \"b\" { source = \"./b\" }\noutput \"text\" { value = \"${path.module} ${path.root} ${module.b.text}\" }",
            ),
            ("modules/a/b/main.tf", "output \"text\" { value = path.module }"),
        ],
        &[],
    );
    check(&unit, &[("local.x", "\"../../modules/a . ../../modules/a/b\"")]);
    assert_eq!(unit.evaluator.covers(), ["modules/a", "modules/a/b"]);
}

#[test]
fn installed_modules_are_read_and_others_told_once() {
    let unit = root([
        (
            "main.tf",
            r#"
module "here" { source = "terraform-aws-modules/kms/aws" }
module "gone" { source = "git::https://example.com/x.git" }
locals {
  here = module.here.arn
  gone = module.gone.arn
}"#,
        ),
        (
            ".terraform/modules/modules.json",
            "{\"Modules\":[{\"Key\":\"\",\"Dir\":\".\"},{\"Key\":\"here\",\"Dir\":\".terraform/modules/here\"}]}",
        ),
        (
            ".terraform/modules/here/main.tf",
            "resource \"aws_kms_key\" \"this\" {}\noutput \"arn\" { value = aws_kms_key.this.arn }",
        ),
    ]);
    check(
        &unit,
        &[
            ("local.here", "⟦module.here.aws_kms_key.this.arn⟧"),
            ("local.gone", "unknown(module: module.gone (git::https://example.com/x.git) is not here)"),
        ],
    );
    assert_eq!(unit.problems, ["module: module git::https://example.com/x.git is not installed"]);
}

#[test]
fn a_module_that_calls_itself_ends() {
    let unit = root([("main.tf", "module \"m\" { source = \"./\" }\nlocals { x = module.m.y }")]);
    assert_eq!(unit.problems, ["module: module.m calls the directory that it stands in, without end"]);
    check(&unit, &[("local.x", "unknown(module: module.m calls itself)")]);
}

#[test]
fn provider_configurations_are_passed_and_inherited() {
    let unit = root([
        (
            "main.tf",
            r#"
provider "aws" {
  region = "us-east-1"
  default_tags { tags = { team = "x" } }
}
provider "aws" {
  alias  = "dr"
  region = "eu-west-1"
}
module "plain" { source = "./m" }
module "dr" {
  source    = "./m"
  providers = { aws = aws.dr }
}
resource "aws_kms_key" "k" { provider = aws.dr }
locals {
  plain = module.plain.region
  dr    = module.dr.region
}"#,
        ),
        (
            "m/main.tf",
            "data \"aws_region\" \"r\" {}\nresource \"aws_kms_key\" \"k\" {}\noutput \"region\" { value = data.aws_region.r.name }",
        ),
    ]);
    check(
        &unit,
        &[
            ("module.plain.aws_kms_key.k.@provider", "{region=\"us-east-1\", default_tags={team=\"x\"}}"),
            ("module.dr.aws_kms_key.k.@provider", "{alias=\"dr\", region=\"eu-west-1\"}"),
            ("aws_kms_key.k.@provider", "{alias=\"dr\", region=\"eu-west-1\"}"),
            ("local.plain", "\"us-east-1\""),
            ("local.dr", "\"eu-west-1\""),
        ],
    );
}

#[test]
fn a_validation_of_a_called_module_excludes_worlds() {
    let files = |condition: &str| {
        let module = format!(
            "variable \"mode\" {{\n  type = string\n  validation {{\n    condition = {condition}\n    error_message = \"no\"\n  }}\n}}\n\
             resource \"aws_kms_key\" \"k\" {{ description = var.mode == \"x\" ? \"1\" : \"2\" }}"
        );
        root([
            (
                "main.tf",
                r#"
variable "mode" {
  type    = string
  default = "x"
}
module "m" {
  source = "./m"
  mode   = var.mode
}"#,
            ),
            ("m/main.tf", &module),
        ])
    };
    let description = "module.m.aws_kms_key.k.description";
    let both = ["var.mode is 'x': \"1\"", "var.mode is not 'x': \"2\""];
    assert_eq!(files(r#"length(var.mode) < 9"#).all(description), both);
    assert_eq!(files(r#"var.mode == "x""#).all(description), &both[..1]);
    assert_eq!(files(r#"contains(["y", "z"], var.mode)"#).all(description), &both[1..]);
    // What refuses everything says nothing of any world.
    assert_eq!(files("var.mode != var.mode").all(description), both);
}

#[test]
fn what_a_resource_can_read_is_known_without_its_world() {
    let unit = root([
        (
            "main.tf",
            r#"
variable "regions" { type = list(string) }
locals { shared = module.keys.arn }
resource "aws_kms_key" "root" {}
resource "aws_kms_alias" "root" {
  name          = "alias/root"
  target_key_id = aws_kms_key.root.id
}
module "keys" { source = "./keys" }
module "own" {
  source   = "./own"
  for_each = contains(var.regions, "a") ? toset(["a"]) : toset([])
}
module "given" {
  source      = "./vault"
  kms_key_arn = local.shared
}
module "chosen" {
  source      = "./vault"
  for_each    = { a = aws_kms_alias.root.target_key_arn }
  kms_key_arn = each.value
}
data "aws_kms_alias" "any" { name = "alias/any" }
module "looked_up" {
  source      = "./vault"
  kms_key_arn = data.aws_kms_alias.any.target_key_arn
}"#,
        ),
        ("keys/main.tf", "resource \"aws_kms_key\" \"k\" {}\noutput \"arn\" { value = aws_kms_key.k.arn }"),
        (
            "own/main.tf",
            "resource \"aws_kms_key\" \"k\" {}\nresource \"aws_backup_vault\" \"this\" {\n  name = \"own\"\n  kms_key_arn = one(aws_kms_key.k[*].arn)\n}",
        ),
        ("vault/main.tf", VAULT),
    ]);
    let block = |address: &str| unit.evaluator.blocks().iter().find(|it| &*it.address == address).unwrap().id;
    let reads = |from, to| unit.evaluator.reads(from).is_none_or(|reached| reached.contains(&to));
    let keys = ["aws_kms_key.root", "module.keys.aws_kms_key.k", "module.own.aws_kms_key.k"];
    for (module, read) in [
        ("own", vec!["module.own.aws_kms_key.k"]),
        ("given", vec!["module.keys.aws_kms_key.k"]),
        ("chosen", vec!["aws_kms_key.root"]),
        ("looked_up", keys.to_vec()),
    ] {
        let vault = block(&format!("module.{module}.aws_backup_vault.this"));
        let may: Vec<&str> = keys.into_iter().filter(|key| reads(vault, block(key))).collect();
        assert_eq!(may, read, "{module}");
    }
}

#[test]
fn a_source_may_hang_on_what_is_known_before_a_plan() {
    let files = [
        (
            "main.tf",
            r#"
variable "stage" {
  const   = true
  default = "dev"
}
variable "open" {}
locals { base = "./stages" }
module "a" { source = "${local.base}/${var.stage}" }
module "b" { source = "./stages/${var.open}" }
module "c" {
  source = "./between"
  stage  = "prod"
}"#,
        ),
        ("between/main.tf", "variable \"stage\" {}\nmodule \"d\" { source = \"../stages/${var.stage}\" }\n"),
        ("stages/dev/main.tf", "resource \"aws_backup_vault\" \"dev\" { name = \"dev\" }\n"),
        ("stages/prod/main.tf", "resource \"aws_backup_vault\" \"prod\" { name = \"prod\" }\n"),
    ];
    let addresses = |settings: &[&str]| -> Vec<String> {
        let unit = load(".", files, settings);
        unit.evaluator.blocks().iter().map(|block| block.address.to_string()).collect()
    };
    let prod = "module.c.module.d.aws_backup_vault.prod";
    assert_eq!(addresses(&[]), ["module.a.aws_backup_vault.dev", prod]);
    assert_eq!(addresses(&["stage=prod"]), ["module.a.aws_backup_vault.prod", prod]);
    assert_eq!(addresses(&["open=dev"]), ["module.a.aws_backup_vault.dev", "module.b.aws_backup_vault.dev", prod]);
    // The module is there for one value alone.
    let unit = load(".", files, &[]);
    let stage = unit.evaluator.inputs().find("var.stage").unwrap();
    assert_eq!(unit.evaluator.inputs().get(stage).unwrap().pinned, Some("dev".into()));
}

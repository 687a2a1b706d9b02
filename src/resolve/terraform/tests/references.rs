//! Which resource attribute a value is, where what it is is known: two vaults may have one name.

use super::root;

#[test]
fn what_an_attribute_is_keeps_its_name() {
    let unit = root([
        (
            "main.tf",
            r#"
variable "project" { type = string }
variable "cfg" {
  type    = object({ name = string })
  default = { name = "common" }
}
module "m" {
  source = "./m"
  for_each = toset(["a"])
  cfg    = { name = "common" }
}
resource "v" "object" { name = var.cfg.name }
resource "v" "call" { name = lower(var.project) }
resource "v" "each" {
  for_each = { k = var.cfg }
  name     = each.value.name
}
resource "v" "as_another" { name = v.object.name }
resource "v" "none" {
  count = 0
  name  = "none"
}
locals {
  object     = v.object.name
  call       = v.call.name
  each       = v.each["k"].name
  splat      = one(values(v.each)[*].name)
  as_another = v.as_another.name
  module     = module.m["a"].name
  template   = "${v.object.name}"
  chosen     = true ? v.object.name : "x"
  tried      = try(v.none[0].name, v.object.name)
  joined     = "${v.object.name}-x"
  lowered    = lower(v.object.name)
  of_map     = { a = v.object.name }
  member     = local.of_map.a
  key        = one([for key, name in local.of_map : key])
  literal    = "common"
}"#,
        ),
        (
            "m/main.tf",
            r#"
variable "cfg" { type = object({ name = string }) }
resource "v" "this" { name = var.cfg.name }
output "name" { value = v.this.name }
"#,
        ),
    ]);
    for (name, attribute) in [
        ("object", "v.object.name"),
        ("call", "v.call.name"),
        ("each", "v.each[\"k\"].name"),
        ("splat", "v.each[\"k\"].name"),
        ("as_another", "v.as_another.name"),
        ("module", "module.m[\"a\"].v.this.name"),
        ("template", "v.object.name"),
        ("chosen", "v.object.name"),
        ("tried", "v.object.name"),
        ("member", "v.object.name"),
        // Something else is no longer the attribute.
        ("joined", ""),
        ("lowered", ""),
        ("key", ""),
        ("literal", ""),
    ] {
        assert_eq!(unit.attribute(&format!("local.{name}")), attribute, "{name}");
    }
}

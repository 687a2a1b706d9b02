//! Which vault a name means.

use serde_json::{Value as Json, json};

use super::check;
use crate::model::evaluator::Language::Terraform;

#[test]
fn a_name_means_the_vault_of_its_region() {
    let (eu, us) = (json!({"region": "eu-west-1"}), json!({"alias": "us", "region": "us-east-1"}));
    let open = |alias: &str| json!({"alias": alias, "region": {"$input": "Open"}});
    let alias = |alias: &str| json!({ "alias": alias });
    let vault = |name: &str, provider: &Json| json!({"type": "aws_backup_vault", "name": name, "@provider": provider});
    let plan = |provider: &Json, target: &str, copy: &str| {
        json!({"type": "aws_backup_plan", "@provider": provider, "rule": [
            {"rule_name": "r", "target_vault_name": target, "copy_action": [{"destination_vault_arn": copy}]}]})
    };
    let arn = |region: &str| format!("arn:aws:backup:{region}:111122223333:backup-vault:common");
    let unit = |vaults: [&Json; 2], own: &Json| {
        json!({"a": vault("common", vaults[0]), "b": vault("common", vaults[1]), "p": plan(own, "common", &arn("us-east-1")),
               "lock": {"type": "aws_backup_vault_lock_configuration", "backup_vault_name": "common",
                        "min_retention_days": 7, "@provider": own}})
    };
    let one = |own: &Json| json!({"a": vault("common", own), "p": plan(&eu, "other", &arn("us-east-1"))});
    check(
        Terraform,
        &[
            ("the first", unit([&eu, &us], &eu), "backup_rule.vault", "a"),
            ("the second", unit([&eu, &us], &us), "backup_rule.vault", "b"),
            ("its lock", unit([&eu, &us], &us), "vault.lock.min_retention_days", "absent, 7"),
            ("one provider's", unit([&alias("x"), &alias("y")], &alias("y")), "backup_rule.vault", "b"),
            ("one open region", unit([&open("x"), &open("y")], &open("x")), "backup_rule.vault", "unknown"),
            ("none of this region", unit([&us, &us], &eu), "backup_rule.target", "elsewhere"),
            ("two of this region", unit([&eu, &eu], &eu), "backup_rule.vault", "unknown"),
            ("two of this region", unit([&eu, &eu], &eu), "backup_rule.target", "declared"),
            ("the ARN's", unit([&eu, &us], &eu), "copy_action.vault", "b"),
            ("the ARN's alone", one(&us), "copy_action.vault", "a"),
            ("not the ARN's", one(&eu), "copy_action.target", "elsewhere"),
            ("perhaps the ARN's", one(&open("x")), "copy_action.target", "unknown"),
        ],
    );
}

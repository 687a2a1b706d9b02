//! What the attributes say, over stacks that are written as JSON.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that panics fails")]

mod key_use;
mod links;

use serde_json::{Value as Json, json};

use super::evaluator::Language::{self, CloudFormation, Terraform};
use super::schema::{self, Answer, Object};
use super::testing::JsonUnit;
use super::{Evaluator, Stack};
use crate::value::{Input, InputKind, Kind, Mode, World, explore};

/// Follows attribute names from an object.
fn follow(stack: &Stack<'_>, object: Object, names: &[&str], world: &mut World<'_>) -> String {
    let [name, rest @ ..] = names else { return object.instance.map_or("?".into(), |it| it.address.to_string()) };
    let class = schema::class(object.class).unwrap_or_else(|| panic!("no class {}", object.class));
    let attribute = class.attributes.iter().find(|it| it.name == *name);
    let attribute = attribute.unwrap_or_else(|| panic!("no attribute {name} of {}", class.name));
    match (attribute.get)(stack, &object, world) {
        Answer::Value(value) => match (&value.kind, value.to_json()) {
            (Kind::Symbol(_) | Kind::Text(_) | Kind::Unknown(_), _) => format!("unknown {}", value.marked().unwrap()),
            (_, Some(Json::String(text))) => text,
            (_, Some(json)) => json.to_string(),
            _ => "unknown".into(),
        },
        Answer::Object(object) => follow(stack, object, rest, world),
        Answer::Objects(list, _) => {
            let items: Vec<String> = list.into_iter().map(|it| follow(stack, it, rest, world)).collect();
            format!("[{}]", items.join(" "))
        }
        Answer::Absent(_) => "absent".into(),
        Answer::Unknown(..) => "unknown".into(),
    }
}

/// The answers of a path (`class.attribute...`) for every subject in every world, each once, in the order of the worlds.
fn ask(unit: &JsonUnit, path: &str) -> Vec<String> {
    let stack = Stack::new(unit);
    let names: Vec<&str> = path.split('.').collect();
    let tree = explore(unit.inputs(), Mode::Free, &|_| true, |world| {
        let subjects = stack.subjects(names[0], &[], world);
        subjects.into_iter().map(|it| follow(&stack, it, &names[1..], world)).collect::<Vec<_>>().join(", ")
    });
    assert!(tree.complete);
    let mut answers: Vec<String> = tree.leaves.into_iter().map(|leaf| leaf.result).collect();
    answers.dedup();
    answers
}

fn check(language: Language, table: &[(&str, Json, &str, &str)]) {
    for (name, resources, path, expected) in table {
        let unit = JsonUnit::new(language, resources)
            .with_input(choice("Cmk"))
            .with_input(Input::new("Open", InputKind::Parameter))
            .with_input(defaulted("Empty", json!("")))
            .with_input(defaulted("Managed", json!("alias/aws/backup")))
            .with_input(nullable("MayBeNull"))
            .with_input(Input { list: true, ..defaulted("Actions", json!("kms:PutKeyPolicy, kms:Encrypt")) });
        assert_eq!(ask(&unit, path).join(" | "), *expected, "{name}: {path}");
    }
}

fn choice(name: &str) -> Input {
    Input { allowed: Some(vec![json!("true"), json!("false")]), ..Input::new(name, InputKind::Parameter) }
}

fn defaulted(name: &str, default: Json) -> Input {
    Input { default: Some(default), ..Input::new(name, InputKind::Parameter) }
}

fn nullable(name: &str) -> Input {
    Input { default: Some(Json::Null), nullable: true, ..Input::new(name, InputKind::Variable) }
}

fn vault(key: Json) -> Json {
    json!({"V": {"type": "AWS::Backup::BackupVault", "BackupVaultName": "v", "EncryptionKeyArn": key},
           "K": {"type": "AWS::KMS::Key", "EnableKeyRotation": true}, "A": {"type": "AWS::KMS::Alias", "TargetKeyId": {"$ref": "K"}},
           "B": {"type": "AWS::S3::Bucket"}})
}

#[test]
fn whose_key_terraform_gives() {
    let unit = |key: Json| {
        json!({
            "aws_backup_vault.v": {"type": "aws_backup_vault", "name": "v", "kms_key_arn": key},
            "aws_kms_key.k": {"type": "aws_kms_key", "enable_key_rotation": true},
            "aws_kms_alias.a": {"type": "aws_kms_alias", "name": "alias/own", "target_key_id": {"$attr": "aws_kms_key.k.key_id"}},
            "data.aws_kms_alias.aws": {"type": "aws_kms_alias", "name": "alias/aws/backup"},
            "data.aws_kms_alias.own": {"type": "aws_kms_alias", "name": "alias/own"},
            "data.aws_kms_alias.open": {"type": "aws_kms_alias", "name": {"$input": "Open"}},
            "data.aws_kms_key.aws": {"type": "aws_kms_key", "key_id": "alias/aws/backup"},
            "data.aws_kms_key.own": {"type": "aws_kms_key", "key_id": "alias/foreign"},
            "data.aws_ssm_parameter.p": {"type": "aws_ssm_parameter", "name": "key"}
        })
    };
    let attr = |name: &str| unit(json!({"$attr": name}));
    check(
        Terraform,
        &[
            ("null", unit(json!({"$none": true})), "vault.key.given", "null"),
            ("empty", unit(json!("")), "vault.key.owner", "aws-managed"),
            ("arn", attr("aws_kms_key.k.arn"), "vault.key.format", "key-arn"),
            ("id", attr("aws_kms_key.k.key_id"), "vault.key.format", "key-id"),
            ("id", attr("aws_kms_key.k.id"), "vault.key.owner", "customer"),
            ("alias target", attr("aws_kms_alias.a.target_key_arn"), "vault.key.resource", "aws_kms_key.k"),
            ("alias target", attr("aws_kms_alias.a.target_key_arn"), "vault.key.format", "key-arn"),
            ("alias", attr("aws_kms_alias.a.arn"), "vault.key.format", "alias-arn"),
            ("alias by name", unit(json!("alias/own")), "vault.key.resource", "aws_kms_key.k"),
            ("AWS's alias", attr("data.aws_kms_alias.aws.target_key_arn"), "vault.key.owner", "aws-managed"),
            ("AWS's alias", attr("data.aws_kms_alias.aws.arn"), "vault.key.given", "alias-aws"),
            ("AWS's key by alias", attr("data.aws_kms_key.aws.arn"), "vault.key.owner", "aws-managed"),
            ("another's key by alias", attr("data.aws_kms_key.own.arn"), "vault.key.owner", "customer"),
            ("a key by alias", attr("data.aws_kms_key.own.arn"), "vault.key.format", "key-arn"),
            ("a key's id by alias", attr("data.aws_kms_key.own.id"), "vault.key.format", "key-id"),
            ("an alias looked up", attr("data.aws_kms_alias.own.arn"), "vault.key.format", "alias-arn"),
            ("its id is its ARN", attr("data.aws_kms_alias.own.id"), "vault.key.format", "alias-arn"),
            ("an open alias' target", attr("data.aws_kms_alias.open.target_key_arn"), "vault.key.format", "key-arn"),
            (
                "another partition",
                unit(json!("arn:aws-cn:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab")),
                "vault.key.format",
                "partition",
            ),
            (
                "a line break",
                unit(json!("arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\n")),
                "vault.key.format",
                "padded-arn",
            ),
            ("a line break", unit(json!("alias/aws/backup\n")), "vault.key.owner", "aws-managed"),
            (
                "the own alias, looked up",
                attr("data.aws_kms_alias.own.target_key_arn"),
                "vault.key.resource",
                "aws_kms_key.k",
            ),
            ("an open alias", attr("data.aws_kms_alias.open.target_key_arn"), "vault.key.owner", "unknown ⟦?⟧"),
            ("a parameter", attr("data.aws_ssm_parameter.p.value"), "vault.key.owner", "unknown ⟦?⟧"),
            (
                "an air-gapped vault",
                json!({"l": {"type": "aws_backup_logically_air_gapped_vault"}}),
                "air_gapped_vault.key.owner",
                "aws-owned",
            ),
            (
                "Cloud Control",
                json!({"v": {"type": "awscc_backup_backup_vault", "encryption_key_arn": "alias/aws/backup"}}),
                "vault.key.owner",
                "aws-managed",
            ),
            (
                "Cloud Control",
                json!({"v": {"type": "awscc_backup_backup_vault", "backup_vault_name": "n"}}),
                "any_vault.name",
                "n",
            ),
        ],
    );
}

#[test]
fn rotation_follows_the_table() {
    let key = |properties: Json| {
        let mut body = json!({"type": "AWS::KMS::Key"});
        body.as_object_mut().unwrap().extend(properties.as_object().unwrap().clone());
        json!({"K": body})
    };
    check(
        CloudFormation,
        &[
            ("unset", key(json!({})), "key.rotation", "off"),
            ("on", key(json!({"EnableKeyRotation": true})), "key.rotation", "on"),
            ("on as a string", key(json!({"EnableKeyRotation": "true"})), "key.rotation", "on"),
            ("off as a string", key(json!({"EnableKeyRotation": "false"})), "key.rotation", "off"),
            ("HMAC", key(json!({"KeySpec": "HMAC_256"})), "key.rotation", "not-applicable"),
            (
                "HMAC on",
                key(json!({"KeySpec": "HMAC_256", "EnableKeyRotation": true})),
                "key.rotation_rejected",
                "true",
            ),
            ("symmetric on", key(json!({"EnableKeyRotation": true})), "key.rotation_rejected", "false"),
            ("imported", key(json!({"Origin": "EXTERNAL"})), "key.rotation", "manual"),
            (
                "imported on",
                key(json!({"Origin": "EXTERNAL", "EnableKeyRotation": true})),
                "key.rotation_rejected",
                "true",
            ),
            (
                "correlated",
                key(
                    json!({"KeySpec": {"$if": ["Cmk", "SYMMETRIC_DEFAULT", "RSA_2048"]}, "EnableKeyRotation": {"$if": ["Cmk", true, false]}}),
                ),
                "key.rotation",
                "on | not-applicable",
            ),
            ("open", key(json!({"EnableKeyRotation": {"$input": "Open"}})), "key.rotation", "unknown"),
            ("period", key(json!({"RotationPeriodInDays": 30})), "key.rotation_period", "30"),
            ("usable", key(json!({})), "key.usable", "yes"),
            (
                "HMAC usable",
                key(json!({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"})),
                "key.usable",
                "not-symmetric",
            ),
            ("disabled", key(json!({"Enabled": "false"})), "key.usable", "disabled"),
            ("pending", key(json!({"Origin": "EXTERNAL"})), "key.usable", "pending-import"),
            ("retained", key(json!({"@DeletionPolicy": "Retain"})), "key.retained", "true"),
            ("deleted", key(json!({})), "key.deletion_policy", "Delete"),
            ("tags", key(json!({"Tags": [{"Key": "a", "Value": "b"}]})), "key.tag_keys", r#"["a"]"#),
        ],
    );
    check(
        Terraform,
        &[
            (
                "custom store",
                json!({"k": {"type": "aws_kms_key", "custom_key_store_id": "cks", "enable_key_rotation": true}}),
                "key.rotation_rejected",
                "true",
            ),
            ("imported", json!({"k": {"type": "aws_kms_external_key"}}), "key.rotation", "manual"),
            ("pending", json!({"k": {"type": "aws_kms_external_key"}}), "key.usable", "pending-import"),
            (
                "expires",
                json!({"k": {"type": "aws_kms_external_key", "key_material_base64": "x", "valid_to": "2030"}}),
                "key.usable",
                "expires",
            ),
            (
                "lifecycle",
                json!({"k": {"type": "aws_kms_key", "@lifecycle": {"prevent_destroy": true}}}),
                "key.retained",
                "true",
            ),
            (
                "default tags",
                json!({"k": {"type": "aws_kms_key", "tags": {"a": "b"}, "@provider": {"default_tags": [{"tags": {"c": "d"}}]}}}),
                "key.tag_keys",
                r#"["a","c"]"#,
            ),
            (
                "a replica protects through its primary",
                json!({
            "p": {"type": "aws_kms_key", "multi_region": true},
            "r": {"type": "aws_kms_replica_key", "primary_key_arn": {"$attr": "p.arn"}},
            "v": {"type": "aws_backup_vault", "kms_key_arn": {"$attr": "r.arn"}}}),
                "key.protects_backups",
                "true, true",
            ),
        ],
    );
}

#[test]
fn regions() {
    let unit = |vault: Json, key: Json| {
        json!({"v": {"type": "aws_backup_vault", "kms_key_arn": {"$attr": "k.arn"}, "@provider": vault},
               "k": {"type": "aws_kms_key", "@provider": key}})
    };
    let by_arn = |region: &str| {
        let arn = format!("arn:aws:kms:{region}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");
        json!({"v": {"type": "aws_backup_vault", "kms_key_arn": arn, "@provider": {"region": "eu-west-1"}}})
    };
    check(
        Terraform,
        &[
            (
                "two",
                unit(json!({"alias": "dr", "region": "us-east-1"}), json!({"region": "eu-west-1"})),
                "vault.key.region_differs",
                "true",
            ),
            (
                "one",
                unit(json!({"region": "eu-west-1"}), json!({"region": "eu-west-1"})),
                "vault.key.region_differs",
                "false",
            ),
            (
                "the same open one",
                unit(json!({"region": {"$input": "Open"}}), json!({"region": {"$input": "Open"}})),
                "vault.key.region_differs",
                "false",
            ),
            (
                "the same provider",
                unit(json!({"alias": "a"}), json!({"alias": "a"})),
                "vault.key.region_differs",
                "false",
            ),
            (
                "two providers",
                unit(json!({"alias": "a"}), json!({"alias": "b"})),
                "vault.key.region_differs",
                "unknown",
            ),
            ("an ARN elsewhere", by_arn("us-east-1"), "vault.key.region_differs", "true"),
            ("an ARN here", by_arn("eu-west-1"), "vault.key.region_differs", "false"),
        ],
    );
    check(CloudFormation, &[("one stack", vault(json!({"$attr": "K.Arn"})), "vault.key.region_differs", "false")]);
}

#[test]
fn plans_copies_and_locks() {
    let unit = json!({
        "V": {"type": "AWS::Backup::BackupVault", "BackupVaultName": "v", "LockConfiguration": {"MinRetentionDays": 30, "MaxRetentionDays": 365}},
        "Dr": {"type": "AWS::Backup::BackupVault", "BackupVaultName": {"$text": ["dr-", {"$input": "Open"}]}},
        "P": {"type": "AWS::Backup::BackupPlan", "BackupPlan": {"BackupPlanRule": [
            {"RuleName": "r", "TargetBackupVault": {"$ref": "V"}, "Lifecycle": {"DeleteAfterDays": 7},
             "CopyActions": [{"DestinationBackupVaultArn": {"$attr": "Dr.BackupVaultArn"}},
                             {"DestinationBackupVaultArn": "arn:aws:backup:us-east-1:111122223333:backup-vault:Default"}]},
            {"RuleName": "s", "TargetBackupVault": "Default"}, {"RuleName": "t", "TargetBackupVault": "v"},
            {"RuleName": "u", "TargetBackupVault": "elsewhere"}, {"RuleName": "w", "TargetBackupVault": {"$text": ["dr-", {"$input": "Open"}]}}]}}
    });
    check(
        CloudFormation,
        &[
            ("targets", unit.clone(), "backup_rule.target", "declared, default, declared, elsewhere, declared"),
            ("vaults", unit.clone(), "backup_rule.vault", "V, absent, V, absent, Dr"),
            ("bounds", unit.clone(), "backup_rule.vault.lock.min_retention_days", "30, absent, 30, absent, absent"),
            ("days", unit.clone(), "backup_rule.delete_after_days", "7, absent, absent, absent, absent"),
            ("copies", unit.clone(), "copy_action.target", "declared, default"),
            ("copies' keys", unit.clone(), "copy_action.vault.key.owner", "aws-managed, absent"),
            ("copies' region", unit, "copy_action.region", "absent, us-east-1"),
            (
                "air-gapped bounds",
                json!({"L": {"type": "AWS::Backup::LogicallyAirGappedBackupVault", "MinRetentionDays": 3, "MaxRetentionDays": 35}}),
                "air_gapped_vault.lock.min_retention_days",
                "3",
            ),
        ],
    );
    let terraform = json!({
        "v": {"type": "aws_backup_vault", "name": "v"},
        "lock": {"type": "aws_backup_vault_lock_configuration", "backup_vault_name": {"$attr": "v.name"}, "min_retention_days": 7},
        "policy": {"type": "aws_backup_vault_policy", "backup_vault_name": "v", "policy": "{\"Statement\":[{\"Effect\":\"Deny\",\"Principal\":\"*\",\"Action\":\"backup:*\",\"Resource\":\"*\"}]}"},
        "p": {"type": "aws_backup_plan", "rule": [{"rule_name": "r", "target_vault_name": "v", "lifecycle": [{"delete_after": 14}], "copy_action": [{"destination_vault_arn": {"$attr": "v.arn"}}]}]}
    });
    check(
        Terraform,
        &[
            ("lock", terraform.clone(), "vault.lock.min_retention_days", "7"),
            ("policy", terraform.clone(), "vault.access_policy.statements.wildcard_actions", r#"[["backup:*"]]"#),
            ("rule", terraform.clone(), "backup_rule.delete_after_days", "14"),
            ("copy", terraform, "copy_action.vault", "v"),
        ],
    );
}

fn statement(effect: &str, principal: Json, action: Json) -> Json {
    json!({"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"})
}

fn root() -> Json {
    json!({"AWS": {"$text": ["arn:aws:iam::", {"$input": "AWS::AccountId"}, ":root"]}})
}

fn keyed(policy: Json) -> Json {
    json!({"K": {"type": "AWS::KMS::Key", "KeyPolicy": policy},
           "V": {"type": "AWS::Backup::BackupVault", "EncryptionKeyArn": {"$attr": "K.Arn"}}})
}

#[test]
fn key_policies() {
    let of = |statements: Json| keyed(json!({"Statement": statements}));
    let whole = statement("Allow", root(), json!("kms:*"));
    let service = statement("Allow", json!({"Service": "backup.amazonaws.com"}), json!("kms:Decrypt"));
    let other = json!({"Effect": "Allow", "Principal": root(), "Action": "kms:*", "Resource": {"$attr": "K2.Arn"}});
    let mut two = of(json!([other]));
    two["K2"] = json!({"type": "AWS::KMS::Key"});
    check(
        CloudFormation,
        &[
            ("root", of(json!([whole])), "key.backup_access.verdict", "granted"),
            ("service", of(json!([service])), "key.backup_access.verdict", "service-only"),
            ("no policy", json!({"K": {"type": "AWS::KMS::Key"}}), "key.backup_access.verdict", "granted"),
            ("no policy", json!({"K": {"type": "AWS::KMS::Key"}}), "key.policy.source", "default"),
            (
                "by world",
                of(json!([{"$if": ["Cmk", whole, service]}])),
                "key.backup_access.verdict",
                "granted | service-only",
            ),
            (
                "no statement in a world",
                of(json!([whole, {"$if": ["Cmk", {"$none": true}, statement("Deny", json!("*"), json!("kms:*"))]}])),
                "key.backup_access.verdict",
                "granted | denied",
            ),
            (
                "by default",
                of(json!([statement("Allow", root(), json!([{"$input": "Grant"}]))])),
                "key.backup_access.verdict",
                "unknown ⟦?⟧",
            ),
            ("unknown", keyed(json!({"$unknown": "x"})), "key.backup_access.verdict", "unknown ⟦?⟧"),
            ("lockout", of(json!([service])), "key_policy.lockout", "nobody"),
            ("no lockout", of(json!([whole])), "key_policy.lockout", "none"),
            (
                "a list by its default",
                of(json!([statement("Allow", root(), json!({"$input": "Actions"}))])),
                "key_policy.lockout",
                "none | unknown",
            ),
            (
                "public, but for a Deny",
                of(json!([
                    statement("Allow", json!("*"), json!("kms:Decrypt")),
                    statement("Deny", json!("*"), json!("kms:*")),
                ])),
                "statement.public",
                "no, no",
            ),
            ("public", of(json!([statement("Allow", json!("*"), json!("kms:Decrypt"))])), "statement.public", "yes"),
            (
                "typo",
                of(json!([statement("Allow", json!({"Service": "backups.amazonaws.com"}), json!("kms:Decrypt"))])),
                "key.policy.statements.principals.validity",
                "[[service-typo]]",
            ),
            ("other key", two, "key_policy.statements.ineffective", "[other-key], []"),
            (
                "deciding statement",
                of(json!([whole, statement("Deny", json!("*"), json!("kms:Decrypt"))])),
                "key.backup_access.statement.label",
                "statement 2",
            ),
            (
                "two hats",
                of(json!([statement("Allow", json!({"AWS": "arn:aws:iam::111122223333:role/r"}), json!("kms:*"))])),
                "key_policy.administers_and_uses",
                r#"["arn:aws:iam::111122223333:role/r"]"#,
            ),
        ],
    );
    let json_text = "{\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"AWS\":\"arn:aws:iam::";
    let text = json!({"$text": [json_text, {"$input": "AWS::AccountId"}, ":root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"}]}"]});
    let separate = |key_policy: Json| {
        let mut unit = json!({"k": {"type": "aws_kms_key"}, "v": {"type": "aws_backup_vault", "kms_key_arn": {"$attr": "k.arn"}},
               "p": {"type": "aws_kms_key_policy", "key_id": {"$attr": "k.id"}, "policy": text.clone()}});
        unit["k"]["policy"] = key_policy;
        unit
    };
    check(
        Terraform,
        &[
            ("separate", separate(json!({"$none": true})), "key.policy.source", "separate"),
            ("separate", separate(json!({"$none": true})), "key.backup_access.verdict", "granted"),
            ("both", separate(text.clone()), "key.policies.source", "[inline separate]"),
            ("both agree", separate(text.clone()), "key.policies_agree", "true"),
            ("both differ", separate(json!({"Statement": [service]})), "key.policies_agree", "false"),
            ("both differ", separate(json!({"Statement": [service]})), "key.backup_access.verdict", "unknown ⟦?⟧"),
        ],
    );
}

#[test]
fn organisations_roles_and_monitors() {
    let guard = |operator: &str| {
        let mut deny =
            statement("Deny", json!({}), json!(["kms:PutKeyPolicy", "kms:DisableKey", "kms:ScheduleKeyDeletion"]));
        deny["Condition"] = json!({operator: {"aws:MultiFactorAuthPresent": "false"}});
        deny.as_object_mut().unwrap().remove("Principal");
        json!({"o": {"type": "aws_organizations_policy", "content": {"Statement": [deny]}}})
    };
    let role = json!({"r": {"type": "aws_iam_role", "name": "r"},
        "p": {"type": "aws_iam_role_policy", "role": {"$attr": "r.id"}, "policy": {"Statement": [{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}}});
    let managed = json!({"r": {"type": "aws_iam_role", "name": "r", "permissions_boundary": "arn:x"},
        "p": {"type": "aws_iam_role_policy_attachment", "role": "r", "policy_arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}});
    let named = |own: Json, given: &str| {
        json!({"r": {"type": "aws_iam_role", "name": own},
        "p": {"type": "aws_iam_role_policy_attachment", "role": given, "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}})
    };
    let part = |start: &str, end: &str| json!({"$text": [start, {"$unknown": "it is made here"}, end]});
    let events = |pattern: Json| {
        json!({
            "e": {"type": "aws_cloudwatch_event_rule", "event_pattern": pattern.to_string()},
            "t": {"type": "aws_cloudwatch_event_target", "rule": {"$attr": "e.name"}, "arn": "arn:aws:sns:eu-west-1:111122223333:t"},
        })
    };
    let all = json!({"source": ["aws.kms"], "detail": {"eventName": ["ScheduleKeyDeletion", "DisableKey", "PutKeyPolicy", "RevokeGrant"]}});
    let some = json!({"source": ["aws.kms"], "detail": {"eventName": ["ScheduleKeyDeletion", "DisableKeys"]}});
    let filter = json!({"f": {"type": "aws_cloudwatch_log_metric_filter", "pattern": "{($.eventSource = kms.amazonaws.com) && (($.eventName=DisableKey)||($.eventName=ScheduleKeyDeletion))}"}});
    check(
        Terraform,
        &[
            ("plain Bool", guard("Bool"), "policy.statements.mfa_bypass", "[true]"),
            ("plain Bool", guard("Bool"), "organization_policy.kms_guard", "incomplete"),
            ("BoolIfExists", guard("BoolIfExists"), "organization_policy.kms_guard", "complete"),
            ("BoolIfExists", guard("BoolIfExists"), "policy.statements.mfa_bypass", "[false]"),
            ("type", guard("Bool"), "organization_policy.type", "SERVICE_CONTROL_POLICY"),
            ("administrator", role.clone(), "role.administers_kms", "true"),
            ("no boundary", role, "role.has_boundary", "false"),
            ("reader", managed.clone(), "role.administers_kms", "false"),
            ("boundary", managed, "role.has_boundary", "true"),
            ("named", named(json!("r"), "r"), "role.administers_kms", "true"),
            ("another's", named(json!("r"), "s"), "role.administers_kms", "false"),
            ("perhaps its", named(part("r-", "-x"), "r-1-x"), "role.administers_kms", "unknown"),
            ("begins differently", named(part("r-", ""), "s-1"), "role.administers_kms", "false"),
            ("ends differently", named(part("", "-x"), "r-1"), "role.administers_kms", "false"),
            ("a name that AWS makes", named(json!(null), "r"), "role.administers_kms", "false"),
            ("all events", events(all), "unit.unwatched_kms_events", "[]"),
            (
                "some events",
                events(some.clone()),
                "unit.unwatched_kms_events",
                r#"["DisableKey","PutKeyPolicy","RevokeGrant"]"#,
            ),
            ("misspelt", events(some), "unit.monitors.misspelt", r#"[["DisableKeys"]]"#),
            ("filter", filter, "unit.unwatched_kms_events", r#"["PutKeyPolicy","RevokeGrant"]"#),
            ("nothing", json!({}), "unit.monitors", "[]"),
        ],
    );
}

#[test]
fn every_class_and_attribute_is_documented() {
    for class in schema::classes() {
        assert!(class.doc.ends_with('.'), "{}", class.name);
        for attribute in class.attributes {
            assert!(attribute.doc.ends_with('.'), "{}.{}", class.name, attribute.name);
            assert!(
                !attribute.cloudformation.is_empty() || !attribute.terraform.is_empty(),
                "{}.{} comes from nowhere",
                class.name,
                attribute.name
            );
        }
        let mut names: Vec<&str> = class.attributes.iter().map(|it| it.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), class.attributes.len(), "{} has a name twice", class.name);
    }
}

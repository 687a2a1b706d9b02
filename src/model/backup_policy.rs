//! Backup policies of an organisation: backup plans that AWS Organizations makes in every account below them (AWS
//! Organizations User Guide, "Backup policy syntax and examples").

use super::dialect::{Name, Part};
use super::evaluator::Instance;
use super::stack::Stack;
use super::{answer, settle};
use crate::iam;
use crate::value::{Kind, Origin, Unknown, Value, World};

const TYPE: Name = Name::new("Type", "type");
const CONTENT: Name = Name::new("Content", "content");

/// The rules of a backup policy, each as a plan of CloudFormation would have it; of another policy none.
///
/// # Errors
/// Why the policy's content can't be known.
pub(super) fn rules(stack: &Stack<'_>, policy: &Instance, world: &mut World<'_>) -> Result<Vec<Value>, Unknown> {
    let mut rules = Vec::new();
    for plan in plans(stack, policy, world)? {
        for (name, rule) in members(plan.get("rules")) {
            rules.push(rule_of(name, rule));
        }
    }
    Ok(rules)
}

/// The roles that the backup policies of the unit give to AWS Backup.
pub(super) fn roles(stack: &Stack<'_>, world: &mut World<'_>) -> Vec<Value> {
    let mut roles = Vec::new();
    for policy in stack.all(&[Part::OrganizationPolicy], world) {
        for plan in plans(stack, &policy, world).unwrap_or_default() {
            // By tags, or by the resources themselves.
            for (_, selections) in members(plan.get("selections")) {
                for (_, selection) in members(Some(selections)) {
                    roles.push(assigned(selection.get("iam_role_arn")));
                }
            }
        }
    }
    roles
}

fn plans(stack: &Stack<'_>, policy: &Instance, world: &mut World<'_>) -> Result<Vec<Value>, Unknown> {
    let kind = settle::settled(&stack.read(policy, TYPE, world), world);
    if kind.as_str() != Some("BACKUP_POLICY") {
        return Ok(Vec::new());
    }
    // What is open in a text is left so: each setting is asked for by itself.
    let content = stack.read(policy, CONTENT, world);
    let content = settle::judge(&content, world, |content, _| iam::document(content), Result::is_err)?;
    Ok(members(content.get("plans")).into_iter().map(|(_, plan)| plan.clone()).collect())
}

/// The members of a map that a policy names; its operators (`@@operators_allowed_for_child_policies`) are none.
fn members(map: Option<&Value>) -> Vec<(&str, &Value)> {
    let entries = match map.map(|map| &map.kind) {
        Some(Kind::Map(entries)) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().filter(|entry| !entry.key.starts_with("@@")).map(|entry| (&*entry.key, &entry.value)).collect()
}

/// What a policy assigns to a setting; absent where this one assigns nothing.
fn assigned(setting: Option<&Value>) -> Value {
    let Some(setting) = setting else { return Value::omitted() };
    match &setting.kind {
        Kind::Map(_) => setting.get("@@assign").cloned().unwrap_or_else(|| Value::absent(setting.origin.clone())),
        _ => setting.clone(),
    }
}

fn rule_of(name: &str, rule: &Value) -> Value {
    let origin = &rule.origin;
    let copies = members(rule.get("copy_actions")).into_iter().map(|(arn, copy)| {
        let given = assigned(copy.get("target_backup_vault_arn"));
        // The vault's ARN is the copy's name as well.
        let given = if given.is_absent() { Value::string(arn, copy.origin.clone()) } else { given };
        let lifecycle = lifecycle_of(copy, &copy.origin);
        answer::record(vec![("DestinationBackupVaultArn", given), ("Lifecycle", lifecycle)], &copy.origin)
    });
    let copies = Value::new(Kind::List(copies.collect()), origin.clone());
    let setting = |name: &str| assigned(rule.get(name));
    let fields = vec![
        ("RuleName", Value::string(name, origin.clone())),
        ("TargetBackupVault", setting("target_backup_vault_name")),
        ("TargetLogicallyAirGappedBackupVaultArn", setting("target_logically_air_gapped_backup_vault_arn")),
        ("Lifecycle", lifecycle_of(rule, origin)),
        ("CopyActions", copies),
    ];
    answer::record(fields, origin)
}

fn lifecycle_of(of: &Value, origin: &Origin) -> Value {
    let Some(lifecycle) = of.get("lifecycle") else { return Value::absent(origin.clone()) };
    let fields = vec![
        ("DeleteAfterDays", assigned(lifecycle.get("delete_after_days"))),
        ("MoveToColdStorageAfterDays", assigned(lifecycle.get("move_to_cold_storage_after_days"))),
    ];
    answer::record(fields, &lifecycle.origin)
}

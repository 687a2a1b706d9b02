//! Backup plans: their rules, the vaults that they write to, and the copies that they make.

use super::answer::{field, property, record, text};
use super::dialect::{Dialect, Name, Part};
use super::evaluator::Instance;
use super::links::{self, VaultLink};
use super::schema::{Answer, Attribute, Class, Object, Type};
use super::stack::Stack;
use super::vaults::{self, address};
use super::{arn, keys, settle};
use crate::value::{Kind, Origin, Value, World};

const PLAN: Name = Name::new("BackupPlan", "");

/// A rule of a backup plan.
pub(super) static BACKUP_RULE: Class = Class {
    name: "backup_rule",
    doc: "A rule of a backup plan: which vault it writes to, how long backups are kept, and where they are copied.",
    attributes: &[
        Attribute::new("name", Type::String, "The rule's name.", ["RuleName", "rule_name"], |_, object, _| {
            member(object, "RuleName", "rule_name")
        }),
        Attribute::new(
            "address",
            Type::String,
            "Where its plan is declared.",
            ["the logical id", "the address"],
            address,
        ),
        Attribute::new(
            "target",
            TARGET,
            "What its target is: a vault of this unit, the account's Default vault, EFS's automatic vault, a vault that a data source looks up, a vault declared elsewhere, or none.",
            ["TargetBackupVault", "target_vault_name"],
            |stack, object, world| target(stack, object, &TARGET_VAULT, world),
        ),
        Attribute::new(
            "target_name",
            Type::String,
            "The target as written, with marks where it is not known.",
            ["TargetBackupVault", "target_vault_name"],
            |_, object, _| shown(object, &TARGET_VAULT),
        ),
        Attribute::new(
            "vault",
            Type::Object("any_vault"),
            "The vault of this unit that it writes to; absent where it is declared elsewhere.",
            ["TargetBackupVault", "target_vault_name"],
            |stack, object, world| vault(stack, object, &TARGET_VAULT, world),
        ),
        Attribute::new(
            "air_gapped_vault",
            Type::Object("any_vault"),
            "The air-gapped vault of this unit that it also writes to.",
            ["TargetLogicallyAirGappedBackupVaultArn", "target_logically_air_gapped_backup_vault_arn"],
            |stack, object, world| vault(stack, object, &AIR_GAPPED_TARGET, world),
        ),
        Attribute::new(
            "delete_after_days",
            Type::Number,
            "Days after which its backups are deleted; absent where they are kept for ever.",
            ["Lifecycle.DeleteAfterDays", "lifecycle.delete_after"],
            delete_after,
        ),
        Attribute::new(
            "cold_after_days",
            Type::Number,
            "Days after which its backups move to cold storage.",
            ["Lifecycle.MoveToColdStorageAfterDays", "lifecycle.cold_storage_after"],
            cold_after,
        ),
        Attribute::new(
            "copies",
            Type::List(&Type::Object("copy_action")),
            "Its copies.",
            ["CopyActions", "copy_action"],
            |_, object, _| Answer::Objects(copies_of(object), object.origin.clone()),
        ),
    ],
};

/// A copy that a rule makes.
pub(super) static COPY_ACTION: Class = Class {
    name: "copy_action",
    doc: "A copy that a rule of a backup plan makes of each backup.",
    attributes: &[
        Attribute::new(
            "address",
            Type::String,
            "Where its plan is declared.",
            ["the logical id", "the address"],
            address,
        ),
        Attribute::new(
            "rule_name",
            Type::String,
            "The name of its rule.",
            ["RuleName", "rule_name"],
            |_, object, _| field(object, "rule"),
        ),
        Attribute::new(
            "target",
            TARGET,
            "What its destination is: a vault of this unit, a Default vault, EFS's automatic vault, a vault that a data source looks up, a vault declared elsewhere, or none.",
            ["DestinationBackupVaultArn", "destination_vault_arn"],
            |stack, object, world| target(stack, object, &DESTINATION, world),
        ),
        Attribute::new(
            "target_name",
            Type::String,
            "The destination as written, with marks where it is not known.",
            ["DestinationBackupVaultArn", "destination_vault_arn"],
            |_, object, _| shown(object, &DESTINATION),
        ),
        Attribute::new(
            "vault",
            Type::Object("any_vault"),
            "The vault of this unit that it copies into; absent where it is declared elsewhere.",
            ["DestinationBackupVaultArn", "destination_vault_arn"],
            |stack, object, world| vault(stack, object, &DESTINATION, world),
        ),
        Attribute::new(
            "region",
            Type::String,
            "The region in its destination's ARN, where that is a literal.",
            ["DestinationBackupVaultArn", "destination_vault_arn"],
            |_, object, _| region(object),
        ),
        Attribute::new(
            "delete_after_days",
            Type::Number,
            "Days after which its copies are deleted; absent where they are kept for ever.",
            ["Lifecycle.DeleteAfterDays", "lifecycle.delete_after"],
            delete_after,
        ),
        Attribute::new(
            "cold_after_days",
            Type::Number,
            "Days after which its copies move to cold storage.",
            ["Lifecycle.MoveToColdStorageAfterDays", "lifecycle.cold_storage_after"],
            cold_after,
        ),
    ],
};

const TARGET: Type = Type::OneOf(&["declared", "default", "efs-default", "looked-up", "elsewhere", "none"]);
type Names = (&'static str, &'static str);
const TARGET_VAULT: Names = ("TargetBackupVault", "target_vault_name");
const AIR_GAPPED_TARGET: Names =
    ("TargetLogicallyAirGappedBackupVaultArn", "target_logically_air_gapped_backup_vault_arn");
const DESTINATION: Names = ("DestinationBackupVaultArn", "destination_vault_arn");

/// The body of a rule or copy, as it is written.
fn body(object: &Object) -> Value {
    object.value.as_ref().and_then(|value| value.get("body")).cloned().unwrap_or_else(Value::omitted)
}

fn written(object: &Object, names: &Names) -> Value {
    links::either(&body(object), names.0, names.1)
}

fn member(object: &Object, cloudformation: &'static str, terraform: &'static str) -> Answer {
    property(written(object, &(cloudformation, terraform)))
}

fn shown(object: &Object, names: &Names) -> Answer {
    let value = written(object, names);
    match value.marked() {
        Some(shown) => text(shown, value.origin),
        None => Answer::Absent(value.origin),
    }
}

fn target(stack: &Stack<'_>, object: &Object, names: &Names, world: &mut World<'_>) -> Answer {
    let value = written(object, names);
    let origin = place(&value, object);
    match link(stack, object, &value, world) {
        VaultLink::Declared(_) | VaultLink::OneOf(_) => text("declared", origin),
        VaultLink::Default => text("default", origin),
        VaultLink::EfsDefault => text("efs-default", origin),
        VaultLink::Elsewhere if links::is_looked_up(stack, &value, world) => text("looked-up", origin),
        VaultLink::Elsewhere => text("elsewhere", origin),
        VaultLink::Nothing => text("none", origin),
        VaultLink::Unknown(why) => Answer::Unknown(why, origin),
    }
}

fn vault(stack: &Stack<'_>, object: &Object, names: &Names, world: &mut World<'_>) -> Answer {
    let value = written(object, names);
    let origin = place(&value, object);
    match link(stack, object, &value, world) {
        VaultLink::Declared(vault) => {
            let mut found = vaults::object(stack, vault);
            if let (Some(header), Some(_)) = (found.origin.span, origin.span) {
                found.origin = origin.via(header, "the vault is declared here");
            }
            Answer::Object(found)
        }
        VaultLink::OneOf(_) => Answer::Unknown(links::several(), origin),
        VaultLink::Unknown(why) => Answer::Unknown(why, origin),
        _ => Answer::Absent(origin),
    }
}

/// The vault that a value of this rule or copy names.
fn link(stack: &Stack<'_>, object: &Object, value: &Value, world: &mut World<'_>) -> VaultLink {
    match &object.instance {
        Some(plan) => links::vault(stack, value, plan, world),
        None => VaultLink::Nothing,
    }
}

fn region(object: &Object) -> Answer {
    let value = written(object, &DESTINATION);
    match arn::Arn::of(&value).and_then(|arn| arn::literal(&arn.region)) {
        Some(region) => text(&*region, value.origin),
        None => Answer::Absent(value.origin),
    }
}

fn place(value: &Value, object: &Object) -> Origin {
    if value.origin.span.is_some() { value.origin.clone() } else { object.origin.clone() }
}

fn delete_after(_: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    days(object, "DeleteAfterDays", "delete_after", world)
}

fn cold_after(_: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    days(object, "MoveToColdStorageAfterDays", "cold_storage_after", world)
}

/// A number of days in `Lifecycle`; zero means never in Terraform, and is no value in CloudFormation.
fn days(object: &Object, cloudformation: &str, terraform: &str, world: &mut World<'_>) -> Answer {
    let body = body(object);
    let lifecycle = links::either(&body, "Lifecycle", "lifecycle");
    let block = lifecycle.items().first().unwrap_or(&lifecycle);
    match settle::number(&links::either(block, cloudformation, terraform), world) {
        Answer::Value(value) if value.as_number() == Some(0.0) => Answer::Absent(value.origin),
        answer => answer,
    }
}

/// The rules of a plan in this world, in written order.
pub(super) fn rules_of(stack: &Stack<'_>, plan: &Instance, world: &mut World<'_>) -> Vec<Object> {
    let rules = match stack.dialect(plan) {
        Some(Dialect::Aws) => stack.property(plan, "rule", world),
        _ => {
            let plan = stack.read(plan, PLAN, world);
            let plan = plan.items().first().cloned().unwrap_or(plan);
            // The Cloud Control provider spells both `backup_plan_rule`.
            links::either(&plan, "BackupPlanRule", "rules")
        }
    };
    let object = |rule: &Value| Object {
        class: "backup_rule",
        instance: Some(plan.clone()),
        origin: if rule.origin.span.is_some() { rule.origin.clone() } else { stack.header(plan) },
        value: Some(record(vec![("body", rule.clone())], &rule.origin).into()),
    };
    rules.items().iter().filter(|rule| matches!(rule.kind, Kind::Map(_))).map(object).collect()
}

/// The copies of one rule.
pub(super) fn copies_of(rule: &Object) -> Vec<Object> {
    let body = body(rule);
    let name = links::either(&body, "RuleName", "rule_name");
    let copies = links::either(&body, "CopyActions", "copy_action");
    let object = |copy: &Value| Object {
        class: "copy_action",
        instance: rule.instance.clone(),
        origin: if copy.origin.span.is_some() { copy.origin.clone() } else { rule.origin.clone() },
        value: Some(record(vec![("body", copy.clone()), ("rule", name.clone())], &copy.origin).into()),
    };
    copies.items().iter().filter(|copy| matches!(copy.kind, Kind::Map(_))).map(object).collect()
}

/// The copies of every rule of a plan.
pub(super) fn copies_of_plan(stack: &Stack<'_>, plan: &Instance, world: &mut World<'_>) -> Vec<Object> {
    rules_of(stack, plan, world).iter().flat_map(copies_of).collect()
}

/// The vaults that a copy of this unit reads from and writes to.
pub(super) struct Copy {
    /// The vault of this unit that its rule writes to.
    pub(super) source: Option<Instance>,
    /// The region of a literal destination.
    pub(super) region: Option<std::sync::Arc<str>>,
    /// The account of a literal destination.
    pub(super) account: Option<std::sync::Arc<str>>,
}

/// Every copy that may join a vault of this key, with the vaults it joins. Plans that speak of other vaults only are not
/// asked.
pub(super) fn copies_of_key(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> Vec<Copy> {
    let declared = |object: &Object, value: Value, world: &mut World<'_>| match link(stack, object, &value, world) {
        VaultLink::Declared(vault) => Some(vault),
        _ => None,
    };
    let mut copies = Vec::new();
    let mut blocks = stack.strangers(&[Part::Plan], keys::VAULTS);
    for vault in stack.readers(keys::VAULTS, key.block) {
        blocks.extend(stack.readers(&[Part::Plan], vault));
    }
    blocks.sort_unstable();
    blocks.dedup();
    for plan in blocks.into_iter().flat_map(|block| stack.instances(block, world).to_vec()).collect::<Vec<_>>() {
        for rule in rules_of(stack, &plan, world) {
            let actions = copies_of(&rule);
            if actions.is_empty() {
                continue;
            }
            let source = declared(&rule, written(&rule, &TARGET_VAULT), world);
            for action in actions {
                let destination = written(&action, &DESTINATION);
                let arn = arn::Arn::of(&destination);
                let region = arn.as_ref().and_then(|arn| arn::literal(&arn.region));
                let account = arn.and_then(|arn| arn::literal(&arn.account));
                copies.push(Copy { source: source.clone(), region, account });
            }
        }
    }
    copies
}

//! Backup plans: their rules, the vaults that they write to, and the copies that they make.

use super::answer::{field, flag, property, record, text};
use super::dialect::{Dialect, Name, Part};
use super::evaluator::Instance;
use super::links::{self, VaultLink};
use super::schema::{Answer, Attribute, Class, Object, Type};
use super::stack::Stack;
use super::vaults::{self, address};
use super::{arn, backup_policy, keys, settle};
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
            "of_policy",
            Type::Bool,
            "Whether a backup policy of the organization has it, and no plan: its names mean a vault of each account.",
            ["AWS::Organizations::Policy", "aws_organizations_policy"],
            of_policy,
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
            "of_policy",
            Type::Bool,
            "Whether a backup policy of the organization makes it, and no plan: its names mean a vault of each account.",
            ["AWS::Organizations::Policy", "aws_organizations_policy"],
            of_policy,
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
/// CloudFormation's and Terraform's name of a member.
pub(super) type Names = (&'static str, &'static str);
const LIFECYCLE: Names = ("Lifecycle", "lifecycle");
pub(super) const TARGET_VAULT: Names = ("TargetBackupVault", "target_vault_name");
pub(super) const AIR_GAPPED_TARGET: Names =
    ("TargetLogicallyAirGappedBackupVaultArn", "target_logically_air_gapped_backup_vault_arn");
pub(super) const DESTINATION: Names = ("DestinationBackupVaultArn", "destination_vault_arn");

/// The body of a rule or copy, as it is written.
pub(super) fn body(object: &Object) -> Value {
    object.value.as_ref().and_then(|value| value.get("body")).cloned().unwrap_or_else(Value::omitted)
}

/// A member of a rule or copy; unknown where the rule itself is.
pub(super) fn written(object: &Object, names: &Names) -> Value {
    let body = body(object);
    if matches!(body.kind, Kind::Map(_)) { links::either(&body, names.0, names.1) } else { body }
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

/// The vault of this unit that a member of a rule or copy names.
pub(super) fn vault(stack: &Stack<'_>, object: &Object, names: &Names, world: &mut World<'_>) -> Answer {
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
    let Some(plan) = &object.instance else { return VaultLink::Nothing };
    let link = links::vault(stack, value, plan, world);
    let names_one = matches!(value.kind, Kind::Symbol(_)) && value.origin.attribute.is_none();
    match link {
        // A name in a backup policy means the vault of that name in each account below it.
        VaultLink::Declared(_) | VaultLink::OneOf(_) if is_of_policy(stack, object) && !names_one => {
            VaultLink::Elsewhere
        }
        link => link,
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

/// Days after which what a rule or copy makes is deleted.
pub(super) fn delete_after(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    days(stack, object, "DeleteAfterDays", "delete_after", world)
}

/// Days after which what a rule or copy makes moves to cold storage.
pub(super) fn cold_after(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    days(stack, object, "MoveToColdStorageAfterDays", "cold_storage_after", world)
}

/// A number of days in `Lifecycle`. The AWS provider of Terraform sends none where it is zero, and to the API -1 is never.
fn days(stack: &Stack<'_>, object: &Object, cloudformation: &str, terraform: &str, world: &mut World<'_>) -> Answer {
    let lifecycle = lifecycle(object, world);
    if let Kind::Unknown(why) = &lifecycle.kind {
        return Answer::Unknown(why.clone(), lifecycle.origin.clone());
    }
    let of_provider = object
        .instance
        .as_ref()
        .is_some_and(|plan| stack.part(plan) == Some(Part::Plan) && stack.dialect(plan) == Some(Dialect::Aws));
    match settle::number(&links::either(&lifecycle, cloudformation, terraform), world) {
        Answer::Value(value) if of_provider && value.as_number() == Some(0.0) => Answer::Absent(value.origin),
        Answer::Value(value) if value.as_number() == Some(-1.0) => Answer::Absent(value.origin),
        answer => answer,
    }
}

/// The `Lifecycle` of a rule or copy; unknown where it can't be read.
pub(super) fn lifecycle(object: &Object, world: &mut World<'_>) -> Value {
    let written = written(object, &LIFECYCLE);
    let written = written.items().first().unwrap_or(&written);
    match settle::settled(written, world) {
        value if matches!(value.kind, Kind::Map(_) | Kind::Absent) => value,
        value => Value::new(Kind::Unknown(settle::why_unknown(&value, world)), value.origin),
    }
}

/// Whether a backup policy of the organization says it.
pub(super) fn of_policy(stack: &Stack<'_>, object: &Object, _: &mut World<'_>) -> Answer {
    flag(is_of_policy(stack, object), object.origin.clone())
}

fn is_of_policy(stack: &Stack<'_>, object: &Object) -> bool {
    object.instance.as_ref().is_some_and(|plan| stack.part(plan) == Some(Part::OrganizationPolicy))
}

/// The rules of a plan in this world, in written order.
pub(super) fn rules_of(stack: &Stack<'_>, plan: &Instance, world: &mut World<'_>) -> Vec<Object> {
    let rules = match (stack.part(plan), stack.dialect(plan)) {
        (Some(Part::OrganizationPolicy), _) => match backup_policy::rules(stack, plan, world) {
            Ok(rules) => Value::new(Kind::List(rules), stack.header(plan)),
            Err(why) => Value::new(Kind::Unknown(why), stack.header(plan)),
        },
        (_, Some(Dialect::Aws)) => stack.property(plan, "rule", world),
        _ => {
            let plan = stack.read(plan, PLAN, world);
            let plan = plan.items().first().cloned().unwrap_or(plan);
            // The Cloud Control provider spells both `backup_plan_rule`.
            if matches!(plan.kind, Kind::Map(_)) { links::either(&plan, "BackupPlanRule", "rules") } else { plan }
        }
    };
    let object = |rule: &Value, world: &mut World<'_>| {
        let rule = known_or_why(rule, world)?;
        let origin = if rule.origin.span.is_some() { rule.origin.clone() } else { stack.header(plan) };
        let value = Some(record(vec![("body", rule)], &origin).into());
        Some(Object { class: "backup_rule", instance: Some(plan.clone()), origin, value })
    };
    rules.items().iter().filter_map(|rule| object(rule, world)).collect()
}

/// A rule or copy that is written out, or the reason why it can't be known: then it is one that nothing is known of.
fn known_or_why(value: &Value, world: &World<'_>) -> Option<Value> {
    match &value.kind {
        Kind::Map(_) => Some(value.clone()),
        Kind::Unknown(_) | Kind::Symbol(_) => {
            Some(Value::new(Kind::Unknown(settle::why_unknown(value, world)), value.origin.clone()))
        }
        _ => None,
    }
}

/// The copies of one rule.
pub(super) fn copies_of(rule: &Object) -> Vec<Object> {
    let name = written(rule, &("RuleName", "rule_name"));
    let copies = written(rule, &("CopyActions", "copy_action"));
    let object = |copy: &Value| Object {
        class: "copy_action",
        instance: rule.instance.clone(),
        origin: if copy.origin.span.is_some() { copy.origin.clone() } else { rule.origin.clone() },
        value: Some(record(vec![("body", copy.clone()), ("rule", name.clone())], &copy.origin).into()),
    };
    let is_one = |copy: &&Value| matches!(copy.kind, Kind::Map(_) | Kind::Unknown(_));
    copies.items().iter().filter(is_one).map(object).collect()
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

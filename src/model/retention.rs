//! How long what a backup plan makes is kept, and in which vault: the backups of a rule, and each of its copies.

use super::answer::{field, flag, record};
use super::copies::{
    self, AIR_GAPPED_TARGET, DESTINATION, Names, TARGET_VAULT, body, cold_after, delete_after, lifecycle,
};
use super::evaluator::Instance;
use super::links;
use super::schema::{Answer, Attribute, Class, Object, Type};
use super::stack::Stack;
use super::vaults::address;
use crate::value::{Kind, Value, World};

/// Days that AWS Backup keeps in cold storage at least (AWS Backup API, Lifecycle).
const COLD_DAYS: f64 = 90.0;

/// What a plan keeps somewhere.
pub(super) static RETENTION: Class = Class {
    name: "retention",
    doc: "How long a vault keeps what a backup plan puts into it: one for the target of each rule, for its air-gapped target, and for each of its copies.",
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
            "of",
            Type::OneOf(&["backups", "copies"]),
            "What is kept: the backups of a rule, or copies of them.",
            ["BackupPlanRule, CopyActions", "rule, copy_action"],
            |_, object, _| field(object, "of"),
        ),
        Attribute::new(
            "of_policy",
            Type::Bool,
            "Whether a backup policy of the organization says it, and no plan.",
            ["AWS::Organizations::Policy", "aws_organizations_policy"],
            copies::of_policy,
        ),
        Attribute::new(
            "into",
            Type::OneOf(&["target", "air-gapped-target", "destination"]),
            "Where it is kept: in the target of the rule, in its air-gapped target, or in the destination of a copy.",
            [
                "TargetBackupVault, TargetLogicallyAirGappedBackupVaultArn, DestinationBackupVaultArn",
                "target_vault_name, target_logically_air_gapped_backup_vault_arn, destination_vault_arn",
            ],
            |_, object, _| field(object, "into"),
        ),
        Attribute::new(
            "vault",
            Type::Object("any_vault"),
            "The vault of this unit that keeps it; absent where it is declared elsewhere.",
            [
                "TargetBackupVault, TargetLogicallyAirGappedBackupVaultArn, DestinationBackupVaultArn",
                "target_vault_name, target_logically_air_gapped_backup_vault_arn, destination_vault_arn",
            ],
            |stack, object, world| copies::vault(stack, object, names(object), world),
        ),
        Attribute::new(
            "delete_after_days",
            Type::Number,
            "Days after which it is deleted; absent where no number is given.",
            ["Lifecycle.DeleteAfterDays", "lifecycle.delete_after"],
            delete_after,
        ),
        Attribute::new(
            "cold_after_days",
            Type::Number,
            "Days after which it moves to cold storage.",
            ["Lifecycle.MoveToColdStorageAfterDays", "lifecycle.cold_storage_after"],
            cold_after,
        ),
        Attribute::new(
            "earliest_delete_after_days",
            Type::Number,
            "The least number of days after which it may be deleted: 90 after its move to cold storage; absent where it does not move.",
            ["Lifecycle.MoveToColdStorageAfterDays", "lifecycle.cold_storage_after"],
            |stack, object, world| match cold_after(stack, object, world) {
                Answer::Value(value) => {
                    let days = value.as_number().unwrap_or_default() + COLD_DAYS;
                    Answer::Value(Value::new(Kind::Number(days.to_string().into()), value.origin))
                }
                other => other,
            },
        ),
        Attribute::new(
            "kept_for_ever",
            Type::Bool,
            "Whether nothing ever deletes it: no number of days, and no event. A copy without a lifecycle does not take that of its rule.",
            ["Lifecycle", "lifecycle"],
            kept_for_ever,
        ),
    ],
};

fn names(object: &Object) -> &'static Names {
    let into = object.value.as_ref().and_then(|value| value.get("into")).and_then(Value::as_str);
    match into {
        Some("target") => &TARGET_VAULT,
        Some("air-gapped-target") => &AIR_GAPPED_TARGET,
        _ => &DESTINATION,
    }
}

/// Everything that a plan keeps, in written order.
pub(super) fn of_plan(stack: &Stack<'_>, plan: &Instance, world: &mut World<'_>) -> Vec<Object> {
    let mut all = Vec::new();
    for rule in copies::rules_of(stack, plan, world) {
        all.push(kept(&rule, "backups", "target"));
        if !copies::written(&rule, &AIR_GAPPED_TARGET).is_absent() {
            all.push(kept(&rule, "backups", "air-gapped-target"));
        }
        all.extend(copies::copies_of(&rule).iter().map(|copy| kept(copy, "copies", "destination")));
    }
    all
}

fn kept(from: &Object, of: &str, into: &str) -> Object {
    let body = body(from);
    let name = from.value.as_ref().and_then(|value| value.get("rule")).cloned();
    let name = name.unwrap_or_else(|| links::either(&body, "RuleName", "rule_name"));
    let text = |text: &str| Value::string(text, from.origin.clone());
    let fields = vec![("body", body), ("rule", name), ("of", text(of)), ("into", text(into))];
    Object { class: "retention", value: Some(record(fields, &from.origin).into()), ..from.clone() }
}

fn kept_for_ever(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    let lifecycle = lifecycle(object, world);
    let event = links::either(&lifecycle, "DeleteAfterEvent", "delete_after_event");
    match delete_after(stack, object, world) {
        Answer::Absent(origin) => {
            let origin = if origin.span.is_some() { origin } else { object.origin.clone() };
            flag(event.is_absent(), origin)
        }
        Answer::Value(value) => flag(false, value.origin),
        other => other,
    }
}

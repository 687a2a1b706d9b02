//! KMS keys as rules see them: the class, who uses a key, and what becomes of it when the stack is deleted.

use super::answer::{flag, property, text};
use super::dialect::{Name, Part, snake};
use super::evaluator::{BlockId, Instance, Language};
use super::key_state::{enabled, is_replica, known, material_answer, rotation, rotation_rejected, spec, usable, usage};
use super::schema::{Answer, Attribute, Class, Object, Type};
use super::stack::{Stack, is_key, memo_key};
use super::vaults::{LANGUAGE, address, boolean, language, resource, with};
use super::{policies, region, settle, vaults};

pub(super) use super::key_state::primary;
use crate::value::{Kind, Origin, Unknown, UnknownKind, Value, World};

const PERIOD: Name = Name::new("RotationPeriodInDays", "rotation_period_in_days");
const MULTI_REGION: Name = Name::new("MultiRegion", "multi_region");
const WINDOW: Name = Name::new("PendingWindowInDays", "deletion_window_in_days");
const BYPASS: Name = Name::new("BypassPolicyLockoutSafetyCheck", "bypass_policy_lockout_safety_check");
const TAGS: Name = Name::new("Tags", "tags");

/// A KMS key.
pub(super) static KEY: Class = Class {
    name: "key",
    doc: "A KMS key that the unit declares: a key, a replica, or a key with imported material.",
    attributes: &[
        Attribute::new("address", Type::String, "Where it is declared.", ["the logical id", "the address"], address),
        Attribute::new(
            "language",
            LANGUAGE,
            "The language of its declaration.",
            ["cloudformation", "terraform, plan"],
            language,
        ),
        Attribute::new(
            "resource",
            Type::Object("resource"),
            "The key as a raw resource.",
            ["the resource", "the resource"],
            resource,
        ),
        Attribute::new(
            "spec",
            Type::String,
            "Its spec; SYMMETRIC_DEFAULT where none is written.",
            ["KeySpec", "customer_master_key_spec"],
            |stack, object, world| with(object, |key| known(spec(stack, key, world), object)),
        ),
        Attribute::new(
            "usage",
            Type::String,
            "Its usage; ENCRYPT_DECRYPT where none is written.",
            ["KeyUsage", "key_usage"],
            |stack, object, world| with(object, |key| known(usage(stack, key, world), object)),
        ),
        Attribute::new(
            "material",
            Type::OneOf(MATERIAL),
            "Where its material comes from: KMS itself, an import, or a custom key store.",
            ["Origin", "aws_kms_external_key; custom_key_store_id, xks_key_id"],
            |stack, object, world| with(object, |key| material_answer(stack, key, object, world)),
        ),
        Attribute::new(
            "enabled",
            Type::Bool,
            "Whether it can be used.",
            ["Enabled", "is_enabled, enabled"],
            |stack, object, world| with(object, |key| enabled(stack, key, object, world)),
        ),
        Attribute::new(
            "usable",
            Type::OneOf(&["yes", "not-symmetric", "disabled", "pending-import", "expires"]),
            "Whether a vault can use it: only an enabled symmetric encryption key can be. `pending-import`: its material is not part of the code; `expires`: what it encrypts is unreadable after `valid_to`.",
            [
                "KeySpec, KeyUsage, Enabled, Origin",
                "customer_master_key_spec, key_usage, is_enabled, key_material_base64, valid_to",
            ],
            |stack, object, world| with(object, |key| usable(stack, key, object, world)),
        ),
        Attribute::new(
            "rotation",
            Type::OneOf(&["on", "off", "not-applicable", "manual", "follows-primary"]),
            "Automatic rotation: on or off where KMS rotates such keys; `manual` for imported material and custom key stores; `not-applicable` for asymmetric and HMAC keys; a replica follows its primary.",
            [
                "EnableKeyRotation, KeySpec, Origin",
                "enable_key_rotation, customer_master_key_spec, custom_key_store_id",
            ],
            |stack, object, world| with(object, |key| rotation(stack, key, object, world)),
        ),
        Attribute::new(
            "rotation_rejected",
            Type::Bool,
            "Whether rotation is switched on where KMS rejects that: asymmetric and HMAC keys, imported material, custom key stores.",
            [
                "EnableKeyRotation, KeySpec, Origin",
                "enable_key_rotation, customer_master_key_spec, custom_key_store_id",
            ],
            |stack, object, world| with(object, |key| rotation_rejected(stack, key, object, world)),
        ),
        Attribute::new(
            "rotation_period",
            Type::Number,
            "Days between rotations; absent where none is written (then 365).",
            ["RotationPeriodInDays", "rotation_period_in_days"],
            |stack, object, world| with(object, |key| settled(stack, key, PERIOD, world)),
        ),
        Attribute::new(
            "multi_region",
            Type::Bool,
            "Whether it is a multi-Region key.",
            ["MultiRegion", "multi_region"],
            |stack, object, world| {
                with(object, |key| {
                    let replica = is_replica(stack, key);
                    boolean(&stack.read(key, MULTI_REGION, world), replica, &object.origin, world)
                })
            },
        ),
        Attribute::new(
            "replica",
            Type::Bool,
            "Whether it is a replica of a multi-Region key.",
            ["AWS::KMS::ReplicaKey", "aws_kms_replica_key"],
            |stack, object, _| with(object, |key| flag(is_replica(stack, key), object.origin.clone())),
        ),
        Attribute::new(
            "primary",
            Type::Object("key"),
            "The primary key of a replica, where the unit declares it.",
            ["PrimaryKeyArn", "primary_key_arn"],
            |stack, object, world| {
                with(object, |key| match primary(stack, key, world) {
                    Some(primary) => Answer::Object(self::object(stack, primary)),
                    None => Answer::Absent(object.origin.clone()),
                })
            },
        ),
        Attribute::new(
            "region",
            Type::String,
            "The region it is created in.",
            ["AWS::Region", "region, the provider's region"],
            |stack, object, world| with(object, |key| region::of(stack, key, world).answer()),
        ),
        Attribute::new(
            "vaults",
            Type::List(&Type::Object("any_vault")),
            "The vaults of this unit that use it.",
            ["EncryptionKeyArn", "kms_key_arn, encryption_key_arn"],
            |stack, object, world| {
                with(object, |key| {
                    let vaults = users(stack, key, world);
                    vaults::list(stack, vaults, &object.origin)
                })
            },
        ),
        Attribute::new(
            "used_by_vault",
            Type::Bool,
            "Whether a vault of this unit uses it.",
            ["EncryptionKeyArn", "kms_key_arn, encryption_key_arn"],
            |stack, object, world| {
                with(object, |key| {
                    if is_used(stack, key, VAULTS, world) {
                        return flag(true, object.origin.clone());
                    }
                    match may_be_used(stack, key, world) {
                        Some(why) => Answer::Unknown(why, object.origin.clone()),
                        None => flag(false, object.origin.clone()),
                    }
                })
            },
        ),
        Attribute::new(
            "protects_backups",
            Type::Bool,
            "Whether a vault of this unit uses it or a replica of it.",
            ["EncryptionKeyArn, PrimaryKeyArn", "kms_key_arn, primary_key_arn"],
            |stack, object, world| {
                with(object, |key| {
                    let protects = protects(stack, key, world);
                    flag(protects, object.origin.clone())
                })
            },
        ),
        Attribute::new(
            "deletion_policy",
            Type::String,
            "What becomes of it when the stack is deleted; CloudFormation only, Delete where none is written.",
            ["DeletionPolicy", ""],
            |stack, object, world| with(object, |key| deletion_policy(stack, key, object, world)),
        ),
        Attribute::new(
            "retained",
            Type::Bool,
            "Whether deleting the stack or configuration keeps the key: DeletionPolicy Retain or RetainExceptOnCreate, lifecycle prevent_destroy or OpenTofu's destroy = false.",
            ["DeletionPolicy", "lifecycle.prevent_destroy, lifecycle.destroy"],
            |stack, object, world| with(object, |key| retained(stack, key, object, world)),
        ),
        Attribute::new(
            "deletion_window",
            Type::Number,
            "Days that a deletion waits; absent where none is written (then 30).",
            ["PendingWindowInDays", "deletion_window_in_days"],
            |stack, object, world| with(object, |key| settled(stack, key, WINDOW, world)),
        ),
        Attribute::new(
            "bypasses_lockout_check",
            Type::Bool,
            "Whether KMS is told not to check that the policy leaves somebody in charge.",
            ["BypassPolicyLockoutSafetyCheck", "bypass_policy_lockout_safety_check"],
            |stack, object, world| {
                with(object, |key| boolean(&stack.read(key, BYPASS, world), false, &object.origin, world))
            },
        ),
        Attribute::new(
            "tag_keys",
            Type::List(&Type::String),
            "The keys of its tags; those of the provider's default_tags count.",
            ["Tags", "tags, default_tags"],
            |stack, object, world| with(object, |key| tag_keys(stack, key, object, world)),
        ),
        Attribute::new(
            "policy",
            Type::Object("key_policy"),
            "Its key policy: the one written in the key, else the separate one, else the default policy of KMS.",
            ["KeyPolicy", "policy, aws_kms_key_policy"],
            policies::key_policy,
        ),
        Attribute::new(
            "policies",
            Type::List(&Type::Object("key_policy")),
            "Every key policy that is written for it. More than one: each apply replaces the other's.",
            ["KeyPolicy", "policy, aws_kms_key_policy"],
            policies::written_key_policies,
        ),
        Attribute::new(
            "policies_agree",
            Type::Bool,
            "Whether all policies that are written for it come from the same expression.",
            ["KeyPolicy", "policy, aws_kms_key_policy"],
            policies::key_policies_agree,
        ),
        Attribute::new(
            "backup_access",
            Type::Object("access"),
            "Whether its policy lets AWS Backup use it for what the vaults of this unit need it for, acting for a principal of the account.",
            ["KeyPolicy", "policy, aws_kms_key_policy"],
            policies::backup_access,
        ),
        Attribute::new(
            "service_access",
            Type::Object("access"),
            "Whether its policy lets the service principal backup.amazonaws.com itself use it.",
            ["KeyPolicy", "policy, aws_kms_key_policy"],
            policies::service_access,
        ),
        Attribute::new(
            "regional_via_service",
            Type::Object("statement"),
            "The statement whose kms:ViaService names one region's AWS Backup while a plan copies backups of its vaults to another; absent where there is none.",
            ["KeyPolicy", "policy, aws_kms_key_policy"],
            policies::regional_via_service,
        ),
        Attribute::new(
            "shut_out_account",
            Type::String,
            "Another account that a plan copies the backups of its vaults to, and that its policy does not let use it; absent where there is none.",
            ["KeyPolicy", "policy, aws_kms_key_policy"],
            policies::shut_out_account,
        ),
    ],
};

/// What uses keys for backups.
pub(super) const VAULTS: &[Part] = &[Part::Vault, Part::AirGappedVault];

/// Values of `key.material`.
const MATERIAL: &[&str] = &["kms", "imported", "custom-store"];

/// A key as an object.
pub(super) fn object(stack: &Stack<'_>, key: Instance) -> Object {
    Object { class: "key", origin: stack.header(&key), instance: Some(key), value: None }
}

/// A property with its inputs settled.
fn settled(stack: &Stack<'_>, key: &Instance, name: Name, world: &mut World<'_>) -> Answer {
    let value = stack.read(key, name, world);
    settle::number(&value, world)
}

/// The vaults that use a key in this world.
pub(super) fn users(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> Vec<Instance> {
    world.memo(memo_key("vaults of", key), |world| vaults::using(stack, key, world))
}

/// Whether a vault that is one of `parts` uses a key in this world.
pub(super) fn is_used(stack: &Stack<'_>, key: &Instance, parts: &[Part], world: &mut World<'_>) -> bool {
    world.memo(memo_key("is used", &(key, parts)), |world| {
        let vaults = stack.readers(parts, key.block);
        stack.any(&vaults, world, |vault, world| vaults::uses(stack, vault, key, world))
    })
}

/// Why it can't be told whether a vault uses a key, where the key of one that refers to it is not known.
fn may_be_used(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> Option<Unknown> {
    world.memo(memo_key("may be used", key), |world| {
        let blocks = stack.readers(VAULTS, key.block);
        let vaults: Vec<Instance> = blocks.into_iter().flat_map(|it| stack.instances(it, world).to_vec()).collect();
        vaults.iter().find_map(|vault| vaults::doubt(stack, vault, world))
    })
}

fn protects(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> bool {
    if is_used(stack, key, VAULTS, world) {
        return true;
    }
    let mut replicas = stack.readers(&[Part::ReplicaKey, Part::ReplicaExternalKey], key.block);
    // One that no vault can read protects nothing.
    replicas.retain(|replica| !stack.readers(VAULTS, *replica).is_empty());
    stack.any(&replicas, world, |replica, world| {
        primary(stack, replica, world).as_ref() == Some(key) && is_used(stack, replica, VAULTS, world)
    })
}

fn deletion_policy(stack: &Stack<'_>, key: &Instance, object: &Object, world: &mut World<'_>) -> Answer {
    if stack.evaluator.language() != Language::CloudFormation {
        return Answer::Absent(object.origin.clone());
    }
    let value = settle::settled(&stack.property(key, "@DeletionPolicy", world), world);
    if value.is_absent() { text("Delete", object.origin.clone()) } else { property(value) }
}

fn retained(stack: &Stack<'_>, key: &Instance, object: &Object, world: &mut World<'_>) -> Answer {
    if stack.evaluator.language() == Language::CloudFormation {
        return match deletion_policy(stack, key, object, world) {
            Answer::Value(value) => match value.as_str() {
                Some(policy) => flag(matches!(policy, "Retain" | "RetainExceptOnCreate"), value.origin.clone()),
                None => Answer::Unknown(settle::why_unknown(&value, world), value.origin.clone()),
            },
            other => other,
        };
    }
    // A plan does not show lifecycle blocks; what is not there can't be judged.
    let lifecycle = stack.property(key, "@lifecycle", world);
    match &lifecycle.kind {
        Kind::Unknown(why) => Answer::Unknown(why.clone(), lifecycle.origin.clone()),
        Kind::Absent if stack.evaluator.language() == Language::Plan => Answer::Unknown(
            Unknown::new(UnknownKind::Plan, "a plan does not show lifecycle blocks"),
            object.origin.clone(),
        ),
        _ => {
            let block = lifecycle.items().first().unwrap_or(&lifecycle);
            let setting = |name: &str| block.get(name).cloned().unwrap_or_else(Value::omitted);
            let prevented = boolean(&setting("prevent_destroy"), false, &object.origin, world);
            // OpenTofu: what is not destroyed is forgotten, and stays in AWS.
            match boolean(&setting("destroy"), true, &object.origin, world) {
                Answer::Value(value) if value.as_bool() == Some(false) => flag(true, value.origin),
                _ => prevented,
            }
        }
    }
}

/// Keys of tags in any shape: CloudFormation's list of `{Key, Value}`, Terraform's map, and the provider's default tags.
fn tag_keys(stack: &Stack<'_>, key: &Instance, object: &Object, world: &mut World<'_>) -> Answer {
    let own = settle::settled(&stack.read(key, TAGS, world), world);
    let provider = stack.property(key, "@provider", world);
    let defaults = provider.get("default_tags").cloned().unwrap_or_else(Value::omitted);
    let defaults = settle::settled(&defaults, world);
    let mut keys = Vec::new();
    for value in [&own, &defaults] {
        if let Some(why) = collect_tags(value, &mut keys) {
            return Answer::Unknown(why, value.origin.clone());
        }
    }
    let origin = if own.origin.span.is_some() { own.origin } else { object.origin.clone() };
    Answer::Value(Value::new(Kind::List(keys), origin))
}

fn collect_tags(value: &Value, keys: &mut Vec<Value>) -> Option<Unknown> {
    match &value.kind {
        Kind::Absent => {}
        Kind::Map(entries) if entries.iter().any(|entry| entry.key.as_ref() == "tags") => {
            return value.get("tags").and_then(|tags| collect_tags(tags, keys));
        }
        Kind::Map(entries) => keys.extend(entries.iter().map(|entry| {
            let origin = entry.key_span.map_or_else(|| value.origin.clone(), Origin::at);
            Value::string(entry.key.clone(), origin)
        })),
        Kind::List(items) => {
            for item in items {
                let is_tag = item.get("Key").or_else(|| item.get(&snake("Key")));
                match (is_tag, &item.kind) {
                    (Some(name), _) => match name.first_unknown() {
                        Some(why) => return Some(why),
                        None => keys.push(name.clone()),
                    },
                    (None, Kind::Map(_)) => {
                        if let Some(why) = collect_tags(item, keys) {
                            return Some(why);
                        }
                    }
                    (None, Kind::Absent) => {}
                    (None, _) => return Some(no_tags(item)),
                }
            }
        }
        _ => return Some(no_tags(value)),
    }
    None
}

fn no_tags(value: &Value) -> Unknown {
    value
        .first_unknown()
        .unwrap_or_else(|| Unknown::new(UnknownKind::Provider, "its tags are known only when deployed"))
}

/// Whether a block declares a key of any sort.
pub(super) fn is_declared(stack: &Stack<'_>, block: BlockId) -> bool {
    stack.is(block, &KEYS)
}

/// What is a key.
pub(super) const KEYS: [Part; 4] = [Part::Key, Part::ReplicaKey, Part::ExternalKey, Part::ReplicaExternalKey];

/// Every key of the unit in this world.
pub(super) fn all(stack: &Stack<'_>, world: &mut World<'_>) -> Vec<Instance> {
    debug_assert!(KEYS.iter().all(|part| is_key(*part)));
    stack.all(&KEYS, world)
}

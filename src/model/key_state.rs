//! The state of a KMS key: its spec and material, whether it rotates, whether a vault can use it.
//!
//! Rotation follows the AWS KMS Developer Guide, "Rotate AWS KMS keys": only symmetric encryption keys with material
//! that KMS made itself rotate automatically; replicas follow their primary.

use super::answer::{flag, text};
use super::dialect::{Name, Part};
use super::evaluator::{Instance, Language};
use super::schema::{Answer, Object};
use super::stack::Stack;
use super::vaults::boolean;
use super::{key_use, settle};
use crate::value::{Kind, Origin, Unknown, World};

const SPEC: Name = Name::new("KeySpec", "customer_master_key_spec");
const USAGE: Name = Name::new("KeyUsage", "key_usage");
const ORIGIN: Name = Name::new("Origin", "");
const ENABLED: Name = Name::new("Enabled", "is_enabled");
const EXTERNAL_ENABLED: Name = Name::new("", "enabled");
const ROTATION: Name = Name::new("EnableKeyRotation", "enable_key_rotation");
const MULTI_REGION: Name = Name::new("MultiRegion", "multi_region");
const PRIMARY: Name = Name::new("PrimaryKeyArn", "primary_key_arn");

/// A word with the text that decides it, or why it can't be told.
pub(super) type Known = Result<(std::sync::Arc<str>, Origin), (Unknown, Origin)>;

pub(super) fn known(value: Known, object: &Object) -> Answer {
    let place = |origin: Origin| if origin.span.is_some() { origin } else { object.origin.clone() };
    match value {
        Ok((name, origin)) => text(&*name, place(origin)),
        Err((why, origin)) => Answer::Unknown(why, place(origin)),
    }
}

/// A string property with its default; an empty string counts as omitted.
fn with_default(stack: &Stack<'_>, key: &Instance, name: Name, default: &str, world: &mut World<'_>) -> Known {
    let value = settle::settled(&stack.read(key, name, world), world);
    match &value.kind {
        Kind::Absent => Ok((default.into(), value.origin)),
        Kind::String(text) if text.is_empty() => Ok((default.into(), value.origin)),
        Kind::String(text) => Ok((text.clone(), value.origin.clone())),
        _ => Err((settle::why_unknown(&value, world), value.origin)),
    }
}

pub(super) fn spec(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> Known {
    if let Some(primary) = primary(stack, key, world) {
        return spec(stack, &primary, world);
    }
    with_default(stack, key, SPEC, "SYMMETRIC_DEFAULT", world)
}

pub(super) fn usage(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> Known {
    if let Some(primary) = primary(stack, key, world) {
        return usage(stack, &primary, world);
    }
    with_default(stack, key, USAGE, "ENCRYPT_DECRYPT", world)
}

/// `kms`, `imported` or `custom-store`.
pub(super) fn material(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> Known {
    let header = stack.header(key);
    if matches!(stack.part(key), Some(Part::ExternalKey | Part::ReplicaExternalKey)) {
        return Ok(("imported".into(), header));
    }
    if let Some(primary) = primary(stack, key, world) {
        return material(stack, &primary, world);
    }
    if stack.evaluator.language() != Language::CloudFormation {
        for store in ["custom_key_store_id", "xks_key_id"] {
            let value = settle::settled(&stack.property(key, store, world), world);
            match &value.kind {
                Kind::Absent => {}
                Kind::String(text) if text.is_empty() => {}
                Kind::Unknown(why) => return Err((why.clone(), value.origin.clone())),
                _ if value.as_str().is_none() && value.first_unknown().is_some() => {
                    return Err((settle::why_unknown(&value, world), value.origin));
                }
                _ => return Ok(("custom-store".into(), value.origin)),
            }
        }
    }
    let (origin, place) = with_default(stack, key, ORIGIN, "AWS_KMS", world)?;
    let material = match &*origin {
        "EXTERNAL" => "imported",
        "AWS_CLOUDHSM" | "EXTERNAL_KEY_STORE" => "custom-store",
        _ => "kms",
    };
    Ok((material.into(), place))
}

pub(super) fn material_answer(stack: &Stack<'_>, key: &Instance, object: &Object, world: &mut World<'_>) -> Answer {
    known(material(stack, key, world), object)
}

pub(super) fn enabled(stack: &Stack<'_>, key: &Instance, object: &Object, world: &mut World<'_>) -> Answer {
    let external = matches!(stack.part(key), Some(Part::ExternalKey | Part::ReplicaExternalKey | Part::ReplicaKey));
    let terraform = stack.evaluator.language() != Language::CloudFormation;
    let name = if external && terraform { EXTERNAL_ENABLED } else { ENABLED };
    boolean(&stack.read(key, name, world), true, &object.origin, world)
}

/// Whether a replica; a replica is declared by its own resource type.
pub(super) fn is_replica(stack: &Stack<'_>, key: &Instance) -> bool {
    matches!(stack.part(key), Some(Part::ReplicaKey | Part::ReplicaExternalKey))
}

/// Whether it is a multi-Region key.
pub(super) fn multi_region(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> Option<bool> {
    if is_replica(stack, key) {
        return Some(true);
    }
    match boolean(&stack.read(key, MULTI_REGION, world), false, &Origin::default(), world) {
        Answer::Value(value) => value.as_bool(),
        _ => None,
    }
}

/// The primary key of a replica in this unit.
pub(super) fn primary(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> Option<Instance> {
    if !is_replica(stack, key) {
        return None;
    }
    let value = stack.read(key, PRIMARY, world);
    // A primary is never a replica itself; that also ends every chain here.
    key_use::classify(stack, &value, world, 0).key.filter(|found| !is_replica(stack, found))
}

pub(super) fn usable(stack: &Stack<'_>, key: &Instance, object: &Object, world: &mut World<'_>) -> Answer {
    let mut doubt = None;
    for (property, wanted) in
        [(usage(stack, key, world), "ENCRYPT_DECRYPT"), (spec(stack, key, world), "SYMMETRIC_DEFAULT")]
    {
        match property {
            Ok((is, _)) if &*is == wanted => {}
            Ok((_, origin)) => return known(Ok(("not-symmetric".into(), origin)), object),
            Err(why) => doubt = Some(why),
        }
    }
    match enabled(stack, key, object, world) {
        Answer::Value(value) if value.as_bool() == Some(false) => {
            return text("disabled", value.origin);
        }
        Answer::Unknown(why, origin) => doubt = doubt.or(Some((why, origin))),
        _ => {}
    }
    if let Some(why) = doubt {
        return known(Err(why), object);
    }
    match material(stack, key, world) {
        Ok((material, origin)) if &*material == "imported" => imported(stack, key, origin, object, world),
        Ok(_) => text("yes", object.origin.clone()),
        Err(why) => known(Err(why), object),
    }
}

/// A key with imported material: CloudFormation can't import it; Terraform's resource may.
fn imported(stack: &Stack<'_>, key: &Instance, origin: Origin, object: &Object, world: &mut World<'_>) -> Answer {
    if stack.evaluator.language() == Language::CloudFormation || stack.part(key) == Some(Part::Key) {
        return known(Ok(("pending-import".into(), origin)), object);
    }
    let material = stack.property(key, "key_material_base64", world);
    let absent = material.is_absent() || material.as_str() == Some("");
    if absent {
        let place = if material.origin.span.is_some() { material.origin } else { origin };
        return known(Ok(("pending-import".into(), place)), object);
    }
    let until = stack.property(key, "valid_to", world);
    match &until.kind {
        Kind::Absent => text("yes", object.origin.clone()),
        Kind::String(time) if time.is_empty() => text("yes", object.origin.clone()),
        _ => known(Ok(("expires".into(), until.origin)), object),
    }
}

/// The rotation table of RULES: what a key's spec, material and switch amount to.
pub(super) fn rotation(stack: &Stack<'_>, key: &Instance, object: &Object, world: &mut World<'_>) -> Answer {
    match rotatable(stack, key, world) {
        Ok(Ok(())) => {}
        Ok(Err((why_not, origin))) => return known(Ok((why_not.into(), origin)), object),
        Err(why) => return known(Err(why), object),
    }
    match boolean(&stack.read(key, ROTATION, world), false, &object.origin, world) {
        Answer::Value(value) => text(if value.as_bool() == Some(true) { "on" } else { "off" }, value.origin),
        other => other,
    }
}

type Rotatable = Result<Result<(), (&'static str, Origin)>, (Unknown, Origin)>;

/// Whether KMS rotates such a key by itself, or why not.
fn rotatable(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> Rotatable {
    if stack.part(key) == Some(Part::ReplicaKey) {
        return Ok(Err(("follows-primary", stack.header(key))));
    }
    let spec = spec(stack, key, world);
    if let Ok((name, origin)) = &spec
        && &**name != "SYMMETRIC_DEFAULT"
    {
        return Ok(Err(("not-applicable", origin.clone())));
    }
    match material(stack, key, world) {
        Ok((material, origin)) if &*material != "kms" => return Ok(Err(("manual", origin))),
        Ok(_) => {}
        Err(why) => return Err(why),
    }
    spec.map(|_| Ok(()))
}

pub(super) fn rotation_rejected(stack: &Stack<'_>, key: &Instance, object: &Object, world: &mut World<'_>) -> Answer {
    let written = boolean(&stack.read(key, ROTATION, world), false, &object.origin, world);
    let switch = match &written {
        Answer::Value(value) if value.as_bool() == Some(true) => value.origin.clone(),
        Answer::Value(value) => return flag(false, value.origin.clone()),
        _ => return written,
    };
    match rotatable(stack, key, world) {
        Ok(Ok(()) | Err(("follows-primary", _))) => flag(false, switch),
        Ok(Err((_, why))) => flag(true, switch.and(&why)),
        Err((why, origin)) => Answer::Unknown(why, origin),
    }
}

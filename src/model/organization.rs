//! Policies of an organisation (SCP, RCP).

use super::answer::property;
use super::dialect::Name;
use super::schema::{Answer, Attribute, Class, Object, Type};
use super::stack::Stack;
use super::vaults::{LANGUAGE, address, language, resource, with};
use crate::value::{Unknown, UnknownKind, World};

const POLICY_NAME: Name = Name::new("Name", "name");

/// A policy of an organisation.
pub(super) static ORGANIZATION_POLICY: Class = Class {
    name: "organization_policy",
    doc: "A policy of an organisation: a service control policy or a resource control policy.",
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
            "The policy as a raw resource.",
            ["the resource", "the resource"],
            resource,
        ),
        Attribute::new("name", Type::String, "Its name.", ["Name", "name"], |stack, object, world| {
            with(object, |policy| property(stack.read(policy, POLICY_NAME, world)))
        }),
        Attribute::new(
            "type",
            Type::String,
            "SERVICE_CONTROL_POLICY, RESOURCE_CONTROL_POLICY, ...; Terraform's default is the first.",
            ["Type", "type"],
            later,
        ),
        Attribute::new("policy", Type::Object("policy"), "Its content.", ["Content", "content"], later),
        Attribute::new(
            "kms_guard",
            Type::OneOf(&["none", "incomplete", "complete"]),
            "Whether it guards keys: denies PutKeyPolicy, DisableKey and ScheduleKeyDeletion without MFA on every key; `none` where it names none of them.",
            ["Content", "content"],
            later,
        ),
        Attribute::new(
            "rcp_shape",
            Type::OneOf(&["fits", "allows", "principal", "no-service-guard"]),
            "Whether a resource control policy has the shape that AWS demands: Deny only, principal `*`, and an exception for AWS services where it draws a perimeter.",
            ["Content", "content"],
            later,
        ),
    ],
};

fn later(_: &Stack<'_>, object: &Object, _: &mut World<'_>) -> Answer {
    Answer::Unknown(Unknown::new(UnknownKind::Unsupported, "policies are not read yet"), object.origin.clone())
}

pub(super) fn role_administers_kms(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    later(stack, object, world)
}

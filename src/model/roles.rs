//! IAM roles: whether they administer keys, and whether a permissions boundary limits them.

use super::answer::{flag, property, truth};
use super::dialect::Name;
use super::schema::{Attribute, Class, Type};
use super::vaults::{LANGUAGE, address, language, resource, with};

const ROLE_NAME: Name = Name::new("RoleName", "name");
const BOUNDARY: Name = Name::new("PermissionsBoundary", "permissions_boundary");

/// An IAM role.
pub(super) static ROLE: Class = Class {
    name: "role",
    doc: "An IAM role.",
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
            "The role as a raw resource.",
            ["the resource", "the resource"],
            resource,
        ),
        Attribute::new("name", Type::String, "Its name.", ["RoleName", "name"], |stack, object, world| {
            with(object, |role| property(stack.read(role, ROLE_NAME, world)))
        }),
        Attribute::new(
            "has_boundary",
            Type::Bool,
            "Whether a permissions boundary limits it.",
            ["PermissionsBoundary", "permissions_boundary"],
            |stack, object, world| {
                with(object, |role| {
                    let value = super::settle::settled(&stack.read(role, BOUNDARY, world), world);
                    let none = value.is_absent() || value.as_str() == Some("");
                    match value.kind {
                        crate::value::Kind::Unknown(why) => truth(crate::value::Truth::Unknown(why), value.origin),
                        _ if none => flag(false, object.origin.clone()),
                        _ => flag(true, value.origin),
                    }
                })
            },
        ),
        Attribute::new(
            "administers_kms",
            Type::Bool,
            "Whether its policies let it change, disable or delete keys, or change their policies.",
            [
                "Policies, AWS::IAM::RolePolicy, ManagedPolicyArns",
                "inline_policy, aws_iam_role_policy, aws_iam_role_policy_attachment",
            ],
            super::organization::role_administers_kms,
        ),
    ],
};

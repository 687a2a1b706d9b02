//! IAM roles: whether they administer keys, and whether a permissions boundary limits them.

use super::answer::{flag, property, truth};
use super::dialect::{Dialect, Name, Part};
use super::evaluator::Instance;
use super::schema::{Answer, Attribute, Class, Object, Type};
use super::stack::Stack;
use super::vaults::{LANGUAGE, address, language, resource, with};
use super::{links, policies, settle};
use crate::iam::{self, Policy};
use crate::value::{Kind, Origin, Symbol, Truth, Unknown, UnknownKind, Value, World};

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
                    let value = settle::settled(&stack.read(role, BOUNDARY, world), world);
                    let none = value.is_absent() || value.as_str() == Some("");
                    match value.kind {
                        Kind::Unknown(why) => truth(Truth::Unknown(why), value.origin),
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
            administers_kms,
        ),
    ],
};

/// AWS's own managed policies that let their holder change, disable or delete keys (AWS Managed Policy Reference;
/// AWSKeyManagementServicePowerUser makes keys, and may not).
const ADMINISTRATORS: [&str; 2] = ["AdministratorAccess", "PowerUserAccess"];

/// Whether any policy of a role administers keys; unknown where one of its policies can't be known and none does.
fn administers_kms(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    with(object, |role| {
        let mut doubt = None;
        for (source, is_its) in sources(stack, role, world) {
            match (administers(&source, world), is_its) {
                (Ok(Some(origin)), Truth::True) => {
                    return flag(true, if origin.span.is_some() { origin } else { object.origin.clone() });
                }
                (Ok(None), _) | (_, Truth::False) => {}
                (Ok(Some(_)), Truth::Unknown(why)) | (Err(why), _) => doubt = doubt.or(Some(why)),
            }
        }
        match doubt {
            Some(why) => Answer::Unknown(why, object.origin.clone()),
            None => flag(false, object.origin.clone()),
        }
    })
}

/// Something that gives a role permissions.
enum Source {
    Document(Value),
    /// The ARN of a managed policy that the unit does not declare.
    Managed(Value),
}

fn administers(source: &Source, world: &mut World<'_>) -> Result<Option<Origin>, Unknown> {
    match source {
        Source::Document(document) => {
            settle::judge(document, world, |document, _| iam::administers_kms(&Policy::parse(document)), Result::is_err)
        }
        Source::Managed(arn) => {
            let arn = settle::settled(arn, world);
            if matches!(arn.kind, Kind::Unknown(_)) {
                return Err(settle::why_unknown(&arn, world));
            }
            let shown = arn.marked().unwrap_or_default();
            let is_own = shown.contains(":aws:policy/");
            match shown.rsplit('/').next() {
                Some(name) if is_own => Ok(ADMINISTRATORS.contains(&name).then(|| arn.origin.clone())),
                _ => Err(Unknown::new(UnknownKind::Provider, format!("what {shown} allows is not told by the code"))),
            }
        }
    }
}

/// Everything in the unit that gives a role permissions, and whether it is this role's.
fn sources(stack: &Stack<'_>, role: &Instance, world: &mut World<'_>) -> Vec<(Source, Truth)> {
    let inline = policies::inline_role_policies(stack, role, world);
    let mut sources: Vec<Source> = inline.into_iter().map(Source::Document).collect();
    let attached = stack.read(role, Name::new("ManagedPolicyArns", "managed_policy_arns"), world);
    sources.extend(attached.items().iter().map(|arn| managed(stack, arn, world)));
    let mut sources: Vec<(Source, Truth)> = sources.into_iter().map(|source| (source, Truth::True)).collect();
    let blocks = stack.nearest(&[Part::RolePolicy, Part::ManagedPolicy], role);
    let candidates: Vec<Instance> = blocks.into_iter().flat_map(|id| stack.instances(id, world).to_vec()).collect();
    for candidate in candidates {
        let is_its = is_for(stack, &candidate, role, world);
        if is_its.is_false() {
            continue;
        }
        let arn = stack.property(&candidate, "policy_arn", world);
        let attachment = stack.block(&candidate).is_some_and(|block| &*block.kind == "aws_iam_role_policy_attachment");
        let source = if attachment {
            managed(stack, &arn, world)
        } else {
            Source::Document(policies::own_document(stack, &candidate, world))
        };
        sources.push((source, is_its));
    }
    sources
}

/// A managed policy by its ARN: its document where the unit declares it.
fn managed(stack: &Stack<'_>, arn: &Value, world: &mut World<'_>) -> Source {
    if let Kind::Symbol(Symbol::Ref(name) | Symbol::Attribute { resource: name, .. }) = &arn.kind
        && let Some(found) = stack.evaluator.find(name, world)
    {
        if stack.part(&found) == Some(Part::ManagedPolicy) {
            return Source::Document(policies::own_document(stack, &found, world));
        }
        // A look-up by ARN finds the policy of that ARN.
        if stack.block(&found).is_some_and(|block| block.data && &*block.kind == "aws_iam_policy") {
            let given = stack.property(&found, "arn", world);
            if !given.is_absent() {
                return Source::Managed(given);
            }
        }
    }
    Source::Managed(arn.clone())
}

/// Whether a policy resource names the role: `Roles`, `RoleName`, `role`, by reference or by name.
fn is_for(stack: &Stack<'_>, policy: &Instance, role: &Instance, world: &mut World<'_>) -> Truth {
    let terraform = stack.dialect(policy) == Some(Dialect::Aws);
    let names = if terraform { ["role", "roles"] } else { ["RoleName", "Roles"] };
    let mut answer = Truth::False;
    for name in names {
        for given in stack.property(policy, name, world).items() {
            let is_it = settle::judge(
                given,
                world,
                |given, world| is_role(stack, given, role, world),
                |is_it| matches!(is_it, Truth::Unknown(_)),
            );
            answer = answer.or(is_it);
        }
    }
    answer
}

fn is_role(stack: &Stack<'_>, given: &Value, role: &Instance, world: &mut World<'_>) -> Truth {
    if let Kind::Symbol(Symbol::Ref(name) | Symbol::Attribute { resource: name, .. }) = &given.kind {
        return (*name == role.address).into();
    }
    if let Some(found) = links::named_by(stack, given, ROLE_NAME, &[Part::Role], world) {
        return (found == *role).into();
    }
    let own = settle::substituted(&stack.read(role, ROLE_NAME, world), world);
    links::likeness(&own, &given.parts().unwrap_or_default(), world)
}

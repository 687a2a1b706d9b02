//! Policies of an organisation (SCP, RCP).

use super::answer::{property, strings, text};
use super::dialect::Name;
use super::schema::{Answer, Attribute, Class, Object, Type};
use super::stack::Stack;
use super::vaults::{LANGUAGE, address, language, resource, with};
use super::{policies, settle};
use crate::iam::{self, Guard, Policy, Shape};
use crate::value::{Entry, Kind, Origin, Part, Unknown, Value, World};

const POLICY_NAME: Name = Name::new("Name", "name");
const TYPE: Name = Name::new("Type", "type");

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
            kind,
        ),
        Attribute::new("policy", Type::Object("policy"), "Its content.", ["Content", "content"], content),
        Attribute::new(
            "kms_guard",
            Type::OneOf(&["none", "incomplete", "complete"]),
            "Whether it guards keys: denies PutKeyPolicy, DisableKey and ScheduleKeyDeletion without MFA on every key; `none` where it names none of them.",
            ["Content", "content"],
            kms_guard,
        ),
        Attribute::new(
            "unguarded",
            Type::List(&Type::String),
            "Which of the three actions an incomplete guard leaves open.",
            ["Content", "content"],
            unguarded,
        ),
        Attribute::new(
            "least_size",
            Type::Number,
            "The characters that its content has at least: without white space between its elements, and with nothing for what is not known.",
            ["Content", "content"],
            least_size,
        ),
        Attribute::new(
            "rcp_shape",
            Type::OneOf(&["fits", "allows", "action", "principal", "no-service-guard"]),
            "Whether a resource control policy has the shape that AWS demands: Deny only, actions of named services, principal `*`, and an exception for AWS services where it draws a perimeter.",
            ["Content", "content"],
            rcp_shape,
        ),
    ],
};

/// The policy's document.
fn document(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Value {
    match &object.instance {
        Some(policy) => policies::organization_document(stack, policy, world),
        None => Value::omitted(),
    }
}

fn kind(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    with(object, |policy| {
        let value = settle::settled(&stack.read(policy, TYPE, world), world);
        // The AWS provider's default; CloudFormation demands the property.
        if value.is_absent() { text("SERVICE_CONTROL_POLICY", object.origin.clone()) } else { property(value) }
    })
}

fn content(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    with(object, |policy| {
        let document = document(stack, object, world);
        if document.is_absent() {
            return Answer::Absent(object.origin.clone());
        }
        let header = stack.header(policy);
        Answer::Object(policies::policy_object("policy", policy, "organization", "inline", document, &header))
    })
}

/// Judges the document; inputs in it are settled while the judgement hangs on them.
fn judged<T>(
    stack: &Stack<'_>,
    object: &Object,
    world: &mut World<'_>,
    judge: impl Fn(&Policy) -> Result<T, Unknown>,
) -> Result<T, Unknown> {
    let document = document(stack, object, world);
    settle::judge(&document, world, |document, _| judge(&Policy::parse(document)), Result::is_err)
}

fn least_size(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    let document = document(stack, object, world);
    let document = iam::document(&document).unwrap_or(document);
    if matches!(document.kind, Kind::Symbol(_) | Kind::Unknown(_)) {
        let why = super::settle::why_unknown(&document, world);
        return Answer::Unknown(why, document.origin);
    }
    let size = characters(&document).to_string();
    Answer::Value(Value::new(Kind::Number(size.into()), object.origin.clone()))
}

/// The characters of a value as compact JSON.
fn characters(value: &Value) -> usize {
    let text = |text: &str| serde_json::Value::from(text).to_string().chars().count();
    match &value.kind {
        Kind::List(items) => items.iter().map(characters).sum::<usize>() + items.len().saturating_sub(1) + 2,
        Kind::Map(entries) => {
            let entry = |entry: &Entry| text(&entry.key) + 1 + characters(&entry.value);
            entries.iter().map(entry).sum::<usize>() + entries.len().saturating_sub(1) + 2
        }
        Kind::Text(parts) => {
            let known = |part: &Part| if let Part::Literal(known) = part { text(known) - 2 } else { 0 };
            parts.iter().map(known).sum::<usize>() + 2
        }
        Kind::String(known) => text(known),
        Kind::Number(number) => number.len(),
        Kind::Bool(flag) => flag.to_string().len(),
        _ => 0,
    }
}

fn kms_guard(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    match judged(stack, object, world, iam::kms_guard) {
        Ok(Guard::None) => text("none", object.origin.clone()),
        Ok(Guard::Complete) => text("complete", object.origin.clone()),
        Ok(Guard::Incomplete(_, origin)) => text("incomplete", place(origin, object)),
        Err(why) => Answer::Unknown(why, object.origin.clone()),
    }
}

fn unguarded(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    match judged(stack, object, world, iam::kms_guard) {
        Ok(Guard::Incomplete(open, origin)) => Answer::Value(strings(open.split(", "), &place(origin, object))),
        Ok(_) => Answer::Value(strings::<&str>([], &object.origin)),
        Err(why) => Answer::Unknown(why, object.origin.clone()),
    }
}

fn rcp_shape(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    let (name, origin) = match judged(stack, object, world, iam::rcp_shape) {
        Ok(Shape::Fits) => ("fits", object.origin.clone()),
        Ok(Shape::Allows(origin)) => ("allows", origin),
        Ok(Shape::Action(origin)) => ("action", origin),
        Ok(Shape::Principal(origin)) => ("principal", origin),
        Ok(Shape::NoServiceGuard(origin)) => ("no-service-guard", origin),
        Err(why) => return Answer::Unknown(why, object.origin.clone()),
    };
    text(name, place(origin, object))
}

fn place(origin: Origin, object: &Object) -> Origin {
    if origin.span.is_some() { origin } else { object.origin.clone() }
}

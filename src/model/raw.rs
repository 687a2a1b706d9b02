//! Any resource, with its attributes as they are written: for policies about what the model has no class for.

use super::answer::{flag, strings, text};
use super::schema::{Answer, Attribute, Class, Object, Type};
use super::stack::Stack;
use super::vaults::{LANGUAGE, address, language, with};
use super::{keys, settle};
use crate::value::{Entry, Kind, Symbol, Value, World};

/// A resource of any type.
pub(super) static RESOURCE: Class = Class {
    name: "resource",
    doc: "Any resource of the unit. Rules over it choose by `types` and reach into `attributes` freely.",
    attributes: &[
        Attribute::new("address", Type::String, "Where it is declared.", ["the logical id", "the address"], address),
        Attribute::new("type", Type::String, "Its type.", ["Type", "the first label"], |stack, object, _| {
            with(object, |instance| match stack.block(instance) {
                Some(block) => text(&*block.kind, object.origin.clone()),
                None => Answer::Absent(object.origin.clone()),
            })
        }),
        Attribute::new(
            "language",
            LANGUAGE,
            "The language of its declaration.",
            ["cloudformation", "terraform, plan"],
            language,
        ),
        Attribute::new(
            "attributes",
            Type::Any,
            "Its properties, as their language names them.",
            ["Properties", "the block's arguments and blocks"],
            attributes,
        ),
        Attribute::new(
            "attribute_names",
            Type::List(&Type::String),
            "The names of the properties that are written.",
            ["Properties", "the block's arguments and blocks"],
            |stack, object, _| {
                with(object, |instance| {
                    Answer::Value(strings(stack.evaluator.property_names(instance.block), &object.origin))
                })
            },
        ),
        Attribute::new(
            "deletion_policy",
            Type::Any,
            "What becomes of it when the stack is deleted.",
            ["DeletionPolicy", ""],
            |stack, object, world| {
                with(object, |instance| Answer::Value(stack.property(instance, "@DeletionPolicy", world)))
            },
        ),
        Attribute::new("lifecycle", Type::Any, "Its lifecycle block.", ["", "lifecycle"], |stack, object, world| {
            with(object, |instance| Answer::Value(stack.property(instance, "@lifecycle", world)))
        }),
        Attribute::new(
            "is_key",
            Type::Bool,
            "Whether it is a KMS key.",
            ["AWS::KMS::Key", "aws_kms_key, ..."],
            |stack, object, _| {
                with(object, |instance| {
                    let is_key = stack.part(instance).is_some_and(super::stack::is_key);
                    flag(is_key, object.origin.clone())
                })
            },
        ),
        Attribute::new(
            "key",
            Type::Object("key"),
            "The same as a KMS key; absent where it is none.",
            ["AWS::KMS::Key", "aws_kms_key, ..."],
            |stack, object, _| {
                with(object, |instance| match stack.part(instance) {
                    Some(part) if super::stack::is_key(part) => Answer::Object(keys::object(stack, instance.clone())),
                    _ => Answer::Absent(object.origin.clone()),
                })
            },
        ),
    ],
};

fn attributes(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    with(object, |instance| {
        let names = stack.evaluator.property_names(instance.block);
        let entries = names
            .into_iter()
            .filter(|name| !name.starts_with('@'))
            .map(|name| {
                let value = stack.property(instance, &name, world);
                Entry { key_span: None, value, key: name }
            })
            .collect();
        Answer::Value(Value::new(Kind::Map(entries), object.origin.clone()))
    })
}

impl Stack<'_> {
    /// One property of a raw resource, without evaluating the others; open inputs are settled, so that rules can
    /// compare it.
    pub fn attribute(&self, object: &Object, name: &str, world: &mut World<'_>) -> Value {
        match &object.instance {
            Some(instance) => {
                let value = self.evaluator.property(instance, name, world);
                settle::settled(&value, world)
            }
            None => Value::omitted(),
        }
    }

    /// The value with the open inputs in it settled: branched over defaults and finite domains. For comparisons in
    /// rules over raw attributes.
    pub fn settled(&self, value: &Value, world: &mut World<'_>) -> Value {
        settle::settled(value, world)
    }

    /// The resource that a raw attribute refers to: `aws_s3_bucket.b.id`, `!Ref Bucket`; `None` where it is no reference.
    pub fn referred(&self, value: &Value, world: &mut World<'_>) -> Option<Object> {
        let name = match &value.kind {
            Kind::Symbol(Symbol::Ref(name) | Symbol::Attribute { resource: name, .. }) => name,
            _ => return None,
        };
        let instance = self.evaluator.find(name, world)?;
        let origin = self.header(&instance);
        Some(Object { class: "resource", instance: Some(instance), value: None, origin })
    }
}

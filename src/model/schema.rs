//! The typed model that rules see: classes, their attributes, and how each is computed in a world.
//!
//! One table serves the getter, the type checker of the rule language and the generated documentation.

use std::sync::Arc;

use super::evaluator::Instance;
use super::stack::Stack;
use crate::value::{Origin, Unknown, Value, World};

/// A class of things that rules speak of.
#[derive(Debug)]
pub struct Class {
    /// As rules write it: `vault`, `key`, `statement`.
    pub name: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// Its attributes.
    pub attributes: &'static [Attribute],
}

/// One attribute of a class.
pub struct Attribute {
    /// As rules write it.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// One or two sentences.
    pub doc: &'static str,
    /// Where it comes from in CloudFormation.
    pub cloudformation: &'static str,
    /// Where it comes from in Terraform.
    pub terraform: &'static str,
    /// Computes it.
    pub get: fn(&Stack<'_>, &Object, &mut World<'_>) -> Answer,
}

impl Attribute {
    /// An attribute with its documentation; `sources` are CloudFormation's and Terraform's.
    pub(super) const fn new(
        name: &'static str,
        ty: Type,
        doc: &'static str,
        sources: [&'static str; 2],
        get: fn(&Stack<'_>, &Object, &mut World<'_>) -> Answer,
    ) -> Self {
        let [cloudformation, terraform] = sources;
        Attribute { name, ty, doc, cloudformation, terraform, get }
    }
}

impl std::fmt::Debug for Attribute {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Attribute").field("name", &self.name).field("ty", &self.ty).finish_non_exhaustive()
    }
}

/// The static type of an attribute. Every attribute may also be absent or unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `true`, `false`.
    Bool,
    /// A number.
    Number,
    /// A string.
    String,
    /// A string that is one of these.
    OneOf(&'static [&'static str]),
    /// Anything that a property can hold: rules reach into it freely.
    Any,
    /// A list of these.
    List(&'static Type),
    /// An object of the class with this name.
    Object(&'static str),
}

/// A thing of some class in one world.
#[derive(Clone, Debug)]
pub struct Object {
    /// The class's name.
    pub class: &'static str,
    /// The resource instance that it is, or that it is part of.
    pub instance: Option<Instance>,
    /// The part of the instance's properties that it is (a statement, a rule of a plan), where it is no whole resource.
    pub value: Option<Arc<Value>>,
    /// Which text makes it what it is here.
    pub origin: Origin,
}

/// The value of an attribute in one world.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A plain value (known, absent, symbolic or unknown).
    Value(Value),
    /// A thing.
    Object(Object),
    /// A list of things.
    Objects(Vec<Object>, Origin),
    /// Nothing is there.
    Absent(Origin),
    /// Can't be told.
    Unknown(Unknown, Origin),
}

/// The class with this name.
pub fn class(name: &str) -> Option<&'static Class> {
    classes().iter().copied().find(|class| class.name == name)
}

/// The classes whose objects are judged one by one; the others only stand below them ([`super::Stack::blocks_of`] knows
/// where each of these is declared).
pub const SUBJECTS: [&str; 14] = [
    "vault",
    "air_gapped_vault",
    "any_vault",
    "key",
    "key_policy",
    "policy",
    "statement",
    "backup_rule",
    "copy_action",
    "retention",
    "role",
    "organization_policy",
    "unit",
    "resource",
];

/// All classes, in the order of the documentation.
pub fn classes() -> &'static [&'static Class] {
    super::stack::CLASSES
}

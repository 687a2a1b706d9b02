//! Terraform's values in one world: typed, possibly symbolic or unknown, each with the text that decided it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::number::Num;
use super::types::Ty;
use crate::value::{Origin, Part, Symbol, Unknown};

/// A typed value.
#[derive(Clone, Debug)]
pub struct Val {
    /// What it is.
    pub data: Data,
    /// Its type; [`Ty::Dynamic`] where it can't be known (an untyped null, an unknown of any type).
    pub ty: Ty,
    /// Which text decided it.
    pub origin: Origin,
}

/// What a [`Val`] is.
#[derive(Clone, Debug)]
pub enum Data {
    /// `null` of its type.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Num),
    /// A string.
    String(Arc<str>),
    /// Elements of a list or tuple in order, or of a set in Terraform's order.
    Sequence(Arc<[Val]>),
    /// Members of a map or object.
    Mapping(Arc<BTreeMap<Arc<str>, Val>>),
    /// Known by name only, known not to be null: a resource's computed attribute, an open input that is not null.
    Symbol(Symbol),
    /// A string with symbols or unknown parts in it; known not to be null.
    Text(Arc<[Part]>),
    /// Not known and why.
    Unknown {
        /// The reason.
        why: Unknown,
        /// Whether it is known not to be null.
        not_null: bool,
    },
}

//! Terraform's type system (cty's): primitive types, collections, structural types.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ty {
    /// Not known: `any`, or the type of an untyped null.
    Dynamic,
    /// `bool`.
    Bool,
    /// `number`.
    Number,
    /// `string`.
    String,
    /// `list(T)`.
    List(Arc<Ty>),
    /// `set(T)`.
    Set(Arc<Ty>),
    /// `map(T)`.
    Map(Arc<Ty>),
    /// `tuple([...])`.
    Tuple(Arc<[Ty]>),
    /// `object({...})`.
    Object(Arc<BTreeMap<Arc<str>, Ty>>),
}

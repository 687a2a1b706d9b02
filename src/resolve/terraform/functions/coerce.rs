//! The internal interface to Terraform's type system: conversion, unification, equality, sets.

use std::collections::BTreeMap;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use super::super::number::Num;
use super::super::types::Ty;
use super::super::val::{Data, Val};
use super::call::{list_of, why, why_inside};
use crate::value::{Origin, Part, Symbol, Truth, Unknown, UnknownKind, Value};

/// A string as Terraform keeps it: in Unicode's normal form C.
pub(super) fn normalized(text: &str) -> Arc<str> {
    if text.is_ascii() { text.into() } else { text.nfc().collect::<String>().into() }
}

/// A string made of parts.
pub(super) fn text(parts: Vec<Part>, origin: Origin) -> Val {
    use crate::value::Kind;
    let data = match Value::text(parts, Origin::default()).kind {
        Kind::String(text) => Data::String(text),
        Kind::Symbol(symbol) => Data::Symbol(symbol),
        Kind::Text(parts) => Data::Text(parts),
        Kind::Unknown(why) => Data::Unknown { why, not_null: true },
        _ => Data::Unknown { why: Unknown::new(UnknownKind::Unsupported, "it is no string"), not_null: true },
    };
    Val { data, ty: Ty::String, origin }
}

fn retyped(value: &Val, ty: Ty) -> Val {
    Val { data: value.data.clone(), ty, origin: value.origin.clone() }
}

/// Converts a value, as an argument of a function is.
pub(super) fn convert(value: &Val, ty: &Ty) -> Result<Val, String> {
    if *ty == Ty::Dynamic || value.ty == *ty {
        return Ok(value.clone());
    }
    let make = |data: Data| Val { data, ty: ty.clone(), origin: value.origin.clone() };
    match (&value.data, ty) {
        (Data::Null | Data::Unknown { .. } | Data::Symbol(_) | Data::Text(_), _) => Ok(retyped(value, ty.clone())),
        (Data::Bool(flag), Ty::String) => Ok(make(Data::String(if *flag { "true" } else { "false" }.into()))),
        (Data::Number(number), Ty::String) => Ok(make(Data::String(number.to_string().into()))),
        (Data::String(text), Ty::Number) => {
            Num::parse(text).map(|number| make(Data::Number(number))).ok_or_else(|| "a number is required".to_owned())
        }
        (Data::String(text), Ty::Bool) => match &**text {
            "true" | "1" => Ok(make(Data::Bool(true))),
            "false" | "0" => Ok(make(Data::Bool(false))),
            _ => Err("a bool is required".to_owned()),
        },
        (Data::Sequence(elements), Ty::List(element)) => {
            let (elements, element) = convert_elements(elements, element)?;
            Ok(Val { data: Data::Sequence(elements.into()), ty: list_of(element), origin: value.origin.clone() })
        }
        (Data::Sequence(elements), Ty::Set(element)) => {
            let (elements, element) = convert_elements(elements, element)?;
            Ok(set(elements, element, value.origin.clone()))
        }
        (Data::Mapping(members), Ty::Map(element)) => {
            let values: Vec<Val> = members.values().cloned().collect();
            let (values, element) = convert_elements(&values, element)?;
            let members = members.keys().cloned().zip(values).collect();
            Ok(Val {
                data: Data::Mapping(Arc::new(members)),
                ty: Ty::Map(element.into()),
                origin: value.origin.clone(),
            })
        }
        (Data::Sequence(elements), Ty::Tuple(types)) if elements.len() == types.len() => {
            let converted = elements.iter().zip(types.iter()).map(|(element, ty)| convert(element, ty));
            Ok(make(Data::Sequence(converted.collect::<Result<_, _>>()?)))
        }
        (Data::Mapping(members), Ty::Object(types)) => {
            let mut converted = BTreeMap::new();
            for (name, ty) in types.iter() {
                let member = members.get(name).ok_or_else(|| format!("attribute {name:?} is required"))?;
                converted.insert(Arc::clone(name), convert(member, ty)?);
            }
            Ok(make(Data::Mapping(Arc::new(converted))))
        }
        _ => Err(format!("{} required", friendly(ty))),
    }
}

fn convert_elements(elements: &[Val], ty: &Ty) -> Result<(Vec<Val>, Ty), String> {
    let ty = match ty {
        Ty::Dynamic => unify(&elements.iter().map(|element| element.ty.clone()).collect::<Vec<_>>())
            .ok_or("all list elements must have the same type")?,
        ty => ty.clone(),
    };
    let converted: Result<Vec<Val>, String> = elements.iter().map(|element| convert(element, &ty)).collect();
    Ok((converted?, ty))
}

/// The type that all of these convert to.
pub(super) fn unify(types: &[Ty]) -> Option<Ty> {
    let mut types = types.iter();
    let Some(first) = types.next() else { return Some(Ty::Dynamic) };
    types.try_fold(first.clone(), |a, b| unify_two(&a, b))
}

fn unify_two(a: &Ty, b: &Ty) -> Option<Ty> {
    if a == b {
        return Some(a.clone());
    }
    Some(match (a, b) {
        (Ty::Dynamic, other) | (other, Ty::Dynamic) => other.clone(),
        (Ty::String, Ty::Bool | Ty::Number) | (Ty::Bool | Ty::Number, Ty::String) => Ty::String,
        (Ty::List(a), Ty::List(b)) => list_of(unify_two(a, b)?),
        (Ty::Set(a), Ty::Set(b)) => Ty::Set(unify_two(a, b)?.into()),
        (Ty::Map(a), Ty::Map(b)) => Ty::Map(unify_two(a, b)?.into()),
        (Ty::List(a), Ty::Tuple(b)) | (Ty::Tuple(b), Ty::List(a)) => list_of(unify_two(a, &unify(b)?)?),
        (Ty::Map(a), Ty::Object(b)) | (Ty::Object(b), Ty::Map(a)) => {
            Ty::Map(unify_two(a, &unify(&b.values().cloned().collect::<Vec<_>>())?)?.into())
        }
        (Ty::Tuple(a), Ty::Tuple(b)) if a.len() == b.len() => {
            Ty::Tuple(a.iter().zip(b.iter()).map(|(a, b)| unify_two(a, b)).collect::<Option<_>>()?)
        }
        (Ty::Tuple(a), Ty::Tuple(b)) => list_of(unify(&[&a[..], &b[..]].concat())?),
        (Ty::Object(a), Ty::Object(b)) if a.keys().eq(b.keys()) => {
            let types = a.iter().zip(b.values()).map(|((name, a), b)| Some((Arc::clone(name), unify_two(a, b)?)));
            Ty::Object(Arc::new(types.collect::<Option<_>>()?))
        }
        (Ty::Object(a), Ty::Object(b)) => {
            Ty::Map(unify(&a.values().chain(b.values()).cloned().collect::<Vec<_>>())?.into())
        }
        _ => return None,
    })
}

/// Whether two values are equal, as far as it can be told.
pub(super) fn equal(a: &Val, b: &Val) -> Truth {
    match (&a.data, &b.data) {
        (Data::Null, Data::Null) => Truth::True,
        (Data::Unknown { not_null: false, why }, _) | (_, Data::Unknown { not_null: false, why }) => {
            Truth::Unknown(why.clone())
        }
        (Data::Null, _) | (_, Data::Null) => Truth::False,
        (Data::Bool(a), Data::Bool(b)) => Truth::from(a == b),
        (Data::Number(a), Data::Number(b)) => Truth::from(a == b),
        (Data::String(a), Data::String(b)) => Truth::from(a == b),
        (Data::Symbol(x), Data::Symbol(y)) if x == y => Truth::True,
        (Data::Symbol(Symbol::Attribute { .. }), Data::String(text))
        | (Data::String(text), Data::Symbol(Symbol::Attribute { .. }))
            if text.is_empty() =>
        {
            Truth::False
        }
        (Data::Symbol(x), Data::Symbol(y)) if are_names_of_two(x, y) => Truth::False,
        (Data::Sequence(x), Data::Sequence(y)) => {
            if x.len() != y.len() {
                return Truth::False;
            }
            x.iter().zip(y.iter()).fold(Truth::True, |truth, (x, y)| truth.and(equal(x, y)))
        }
        (Data::Mapping(x), Data::Mapping(y)) => {
            if !x.keys().eq(y.keys()) {
                return Truth::False;
            }
            x.values().zip(y.values()).fold(Truth::True, |truth, (x, y)| truth.and(equal(x, y)))
        }
        _ => match why(a).or_else(|| why(b)) {
            Some(why) => Truth::Unknown(why),
            None => Truth::False,
        },
    }
}

/// ARNs and ids of two resources differ.
fn are_names_of_two(a: &Symbol, b: &Symbol) -> bool {
    match (a, b) {
        (Symbol::Attribute { resource: r, attribute: x }, Symbol::Attribute { resource: s, attribute: y }) => {
            r != s && x == y && matches!(&**x, "arn" | "id" | "key_id" | "target_key_arn")
        }
        _ => false,
    }
}

/// A set of converted elements in Terraform's order. Elements that may or may not be equal make it unknown.
pub(super) fn set(elements: Vec<Val>, element: Ty, origin: Origin) -> Val {
    let mut members: Vec<Val> = Vec::with_capacity(elements.len());
    let ty = Ty::Set(Arc::new(element));
    for candidate in elements {
        let mut present = Truth::False;
        for member in &members {
            present = present.or(equal(member, &candidate));
            if present.is_true() {
                break;
            }
        }
        match present {
            Truth::True => {}
            Truth::False => members.push(candidate),
            Truth::Unknown(why) => return Val { data: Data::Unknown { why, not_null: true }, ty, origin },
        }
    }
    members.sort_by_cached_key(|member| (why_inside(member).is_some(), SetKey::of(member)));
    Val { data: Data::Sequence(members.into()), ty, origin }
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum SetKey {
    Bool(bool),
    Number(Ordered),
    Other(String),
}

#[derive(PartialEq, Eq)]
struct Ordered(Num);

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.compare(&other.0)
    }
}

impl SetKey {
    fn of(value: &Val) -> SetKey {
        match &value.data {
            Data::Bool(flag) => SetKey::Bool(*flag),
            Data::Number(number) => SetKey::Number(Ordered(number.clone())),
            Data::String(text) => SetKey::Other(text.to_string()),
            Data::Symbol(symbol) => SetKey::Other(symbol.to_string()),
            other => SetKey::Other(format!("{other:?}")),
        }
    }
}

/// A type as messages name it.
pub(super) fn friendly(ty: &Ty) -> String {
    match ty {
        Ty::Dynamic => "dynamic".to_owned(),
        Ty::Bool => "bool".to_owned(),
        Ty::Number => "number".to_owned(),
        Ty::String => "string".to_owned(),
        Ty::List(element) => format!("list of {}", friendly_any(element)),
        Ty::Set(element) => format!("set of {}", friendly_any(element)),
        Ty::Map(element) => format!("map of {}", friendly_any(element)),
        Ty::Tuple(_) => "tuple".to_owned(),
        Ty::Object(_) => "object".to_owned(),
    }
}

fn friendly_any(ty: &Ty) -> String {
    if *ty == Ty::Dynamic { "any single type".to_owned() } else { friendly(ty) }
}

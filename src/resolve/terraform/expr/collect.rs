//! Tuples, objects and `for` expressions.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::convert::{self, convert, friendly};
use super::super::number::Num;
use super::super::scope::Failure;
use super::super::types::Ty;
use super::super::val::{Data, Val};
use super::open::{current, derived, present, settle, why_of};
use super::{Context, Decision, decide, evaluate, failure};
use crate::read::hcl::ast::{Expr, ForExpr, ObjectItem};
use crate::source::Span;
use crate::source::limits::MAX_NODES;
use crate::value::{Origin, Symbol, Unknown, UnknownKind};

pub(super) fn tuple(items: &[Expr], span: Span, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let elements: Result<Vec<Val>, Failure> = items.iter().map(|item| evaluate(item, cx)).collect();
    Ok(convert::tuple(elements?, Origin::at(span)))
}

pub(super) fn object(items: &[ObjectItem], span: Span, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let mut members = BTreeMap::new();
    let mut unknown_key = None;
    for item in items {
        let key = evaluate(&item.key, cx)?;
        let value = evaluate(&item.value, cx)?;
        match key_text(&key, item.key.span, cx)? {
            Ok(name) => {
                members.insert(name, value);
            }
            Err(why) => unknown_key = Some(why),
        }
    }
    match unknown_key {
        Some(why) => Ok(Val::new(Data::Unknown { why, not_null: true }, Ty::Dynamic, Origin::at(span))),
        None => Ok(convert::object(members, Origin::at(span))),
    }
}

/// The text of a key; `Err` inside: it can't be told.
pub(super) fn key_text(key: &Val, span: Span, cx: &mut Context<'_, '_>) -> Result<Result<Arc<str>, Unknown>, Failure> {
    let key = current(key.clone(), cx.world);
    let key = settle(&key, cx).unwrap_or(key);
    if key.is_null() {
        return Err(failure(span, "this key is null"));
    }
    let text = convert(&key, &Ty::String)
        .map_err(|_| failure(span, format!("a key must be a string, not a {}", friendly(&key.ty))))?;
    Ok(match &text.data {
        Data::String(name) => Ok(Arc::clone(name)),
        _ => Err(why_of(&key, cx.world).unwrap_or_else(|| Unknown::new(UnknownKind::Provider, "a key is not known"))),
    })
}

/// The keys and elements that `for` walks over. `Err` inside: they can't be told.
pub(super) fn pairs(
    collection: Val,
    span: Span,
    cx: &mut Context<'_, '_>,
) -> Result<Result<Vec<(Val, Val)>, Unknown>, Failure> {
    let collection = present(collection, cx);
    let collection = if collection.origin.sensitive { collection.sensitive() } else { collection };
    let collection = match &collection.data {
        _ if matches!(collection.ty, Ty::Bool | Ty::Number | Ty::String) => collection,
        Data::Input(..) | Data::Derived(_) | Data::Symbol(Symbol::Input { .. }) => {
            settle(&collection, cx).unwrap_or(collection)
        }
        _ => collection,
    };
    match &collection.data {
        Data::Null => Err(failure(span, "this value is null; a list, set, map, tuple or object is required")),
        Data::Sequence(elements) => {
            let is_set = matches!(collection.ty, Ty::Set(_));
            let pairs = elements.iter().enumerate().map(|(at, element)| {
                let index = || Val::new(Data::Number(Num::from_usize(at)), Ty::Number, element.origin.beside());
                (if is_set { element.clone() } else { index() }, element.clone())
            });
            Ok(Ok(pairs.collect()))
        }
        Data::Mapping(members) => {
            let pairs = members.iter().map(|(key, member)| {
                (Val::new(Data::String(Arc::clone(key)), Ty::String, member.origin.beside()), member.clone())
            });
            Ok(Ok(pairs.collect()))
        }
        _ if matches!(collection.ty, Ty::Bool | Ty::Number | Ty::String) => {
            Err(failure(span, format!("a {} can't be iterated over", friendly(&collection.ty))))
        }
        _ => Ok(Err(why_of(&collection, cx.world)
            .unwrap_or_else(|| Unknown::new(UnknownKind::Provider, "the collection is known only after apply")))),
    }
}

/// A `for` expression.
pub(super) fn walk(walk: &ForExpr, span: Span, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let collection = evaluate(&walk.collection, cx)?;
    let origin = Origin::at(span);
    let pairs = match pairs(collection, walk.collection.span, cx)? {
        Ok(pairs) => pairs,
        Err(why) => return Ok(derived(None, Some(why), true, Ty::Dynamic, origin)),
    };
    let mut results = Results { elements: Vec::new(), members: BTreeMap::new(), groups: BTreeMap::new() };
    let mut unknown = None;
    let bound = cx.bindings.len();
    for (key, value) in pairs {
        if let Some(name) = &walk.key_name {
            cx.bindings.push((Arc::clone(name), key));
        }
        cx.bindings.push((Arc::clone(&walk.value_name), value));
        let step = results.step(walk, cx);
        cx.bindings.truncate(bound);
        if let Some(why) = step? {
            unknown = Some(why);
        }
        if results.count() > MAX_NODES {
            unknown = Some(Unknown::new(UnknownKind::Limit, "the for expression gives too many elements"));
            break;
        }
    }
    if let Some(why) = unknown {
        return Ok(Val::new(Data::Unknown { why, not_null: true }, Ty::Dynamic, origin));
    }
    if walk.key.is_none() {
        return Ok(convert::tuple(results.elements, origin));
    }
    for (key, group) in results.groups {
        let group = convert::tuple(group, origin.clone());
        results.members.insert(key, group);
    }
    Ok(convert::object(results.members, origin))
}

struct Results {
    elements: Vec<Val>,
    members: BTreeMap<Arc<str>, Val>,
    groups: BTreeMap<Arc<str>, Vec<Val>>,
}

impl Results {
    fn count(&self) -> usize {
        self.elements.len() + self.members.len() + self.groups.len()
    }

    /// Evaluates one element; gives why the whole can't be told, where it can't.
    fn step(&mut self, walk: &ForExpr, cx: &mut Context<'_, '_>) -> Result<Option<Unknown>, Failure> {
        if let Some(condition) = &walk.condition {
            let given = evaluate(condition, cx)?;
            match decide(&given, condition.span, cx)? {
                Decision::Yes => {}
                Decision::No => return Ok(None),
                Decision::Unknown(why) => return Ok(Some(why)),
            }
        }
        let Some(key) = &walk.key else {
            self.elements.push(evaluate(&walk.value, cx)?);
            return Ok(None);
        };
        let given = evaluate(key, cx)?;
        let name = match key_text(&given, key.span, cx)? {
            Ok(name) => name,
            Err(why) => return Ok(Some(why)),
        };
        let value = evaluate(&walk.value, cx)?;
        if walk.grouping {
            self.groups.entry(name).or_default().push(value);
        } else if self.members.insert(Arc::clone(&name), value).is_some() {
            let message = format!("two elements have the key {name:?}; write ... behind the value to group them");
            return Err(failure(key.span, message));
        }
        Ok(None)
    }
}

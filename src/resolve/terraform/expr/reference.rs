//! References, attributes, indices and splats.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use super::super::convert::{convert, friendly, tuple};
use super::super::number::Num;
use super::super::scope::{Failure, RefStep};
use super::super::types::Ty;
use super::super::val::{Data, Val};
use super::open::{current, decide_null, derived, input_of, render, settle, why_of};
use super::{Context, evaluate, failure};
use crate::read::hcl::ast::{Expr, ExprKind};
use crate::source::Span;
use crate::value::{Origin, Symbol, Test, Unknown, UnknownKind};

/// Most keys of a collection that an open key is compared with.
const MAX_KEYS: usize = 32;

/// One step behind a root.
enum Step<'e> {
    Attribute(&'e Arc<str>, Span),
    Index(&'e Expr, Span),
}

/// A name, or what is reached behind one.
pub(super) fn reference(expr: &Expr, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let mut steps = Vec::new();
    let mut root = expr;
    loop {
        root = match &root.kind {
            ExprKind::GetAttr { object, name, .. } => {
                steps.push(Step::Attribute(name, root.span));
                object
            }
            ExprKind::Index { object, index } => {
                steps.push(Step::Index(index, root.span));
                object
            }
            _ => break,
        };
    }
    steps.reverse();
    let ExprKind::Variable(name) = &root.kind else {
        let value = evaluate(root, cx)?;
        return apply(value, &steps, BTreeMap::new(), cx);
    };
    if let Some((_, bound)) = cx.bindings.iter().rev().find(|(bound, _)| bound == name) {
        let value = bound.clone();
        meet(&value, cx);
        return apply(value, &steps, BTreeMap::new(), cx);
    }
    let mut keys = BTreeMap::new();
    let mut constant = Vec::with_capacity(steps.len());
    for (at, step) in steps.iter().enumerate() {
        let Some(known) = constant_step(step, at, &mut keys, cx)? else { break };
        constant.push(known);
    }
    let (value, used) = cx.scope.resolve(name, &constant, expr.span, cx.world)?;
    meet(&value, cx);
    let rest = steps.get(used..).unwrap_or_default();
    let keys = keys.into_iter().filter_map(|(at, key)| Some((usize::checked_sub(at, used)?, key))).collect();
    apply(value, rest, keys, cx)
}

/// What is reached in a sensitive value is sensitive, and so is what goes wrong on the way.
fn meet(value: &Val, cx: &mut Context<'_, '_>) {
    cx.met.whole |= value.origin.sensitive;
    cx.met.inside |= value.origin.sensitive;
}

/// A step as the scope understands it. An index that is an expression is evaluated, and kept for where the scope does not
/// use it up.
fn constant_step(
    step: &Step<'_>,
    at: usize,
    keys: &mut BTreeMap<usize, Val>,
    cx: &mut Context<'_, '_>,
) -> Result<Option<RefStep>, Failure> {
    Ok(match step {
        Step::Attribute(name, _) => Some(match name.parse::<u64>() {
            Ok(index) => RefStep::Index(index),
            Err(_) => RefStep::Attribute(Arc::clone(name)),
        }),
        Step::Index(index, _) => {
            let key = evaluate(index, cx)?;
            let key = current(key, cx.world);
            let step = match &key.data {
                Data::String(text) => Some(RefStep::Key(Arc::clone(text))),
                Data::Number(number) => number.to_i64().and_then(|at| u64::try_from(at).ok()).map(RefStep::Index),
                _ => None,
            };
            keys.insert(at, key);
            step
        }
    })
}

fn apply(
    mut value: Val,
    steps: &[Step<'_>],
    mut keys: BTreeMap<usize, Val>,
    cx: &mut Context<'_, '_>,
) -> Result<Val, Failure> {
    for (at, step) in steps.iter().enumerate() {
        value = match step {
            Step::Attribute(name, span) => attribute(value, name, *span, cx)?,
            Step::Index(expr, span) => {
                let key = match keys.remove(&at) {
                    Some(key) => key,
                    None => evaluate(expr, cx)?,
                };
                index(value, &key, expr.span, *span, cx)?
            }
        };
    }
    Ok(value)
}

/// `value.name`.
fn attribute(value: Val, name: &Arc<str>, span: Span, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let value = current(value, cx.world);
    if let Ok(at) = name.parse::<u64>()
        && !matches!(value.data, Data::Mapping(_))
    {
        let number = Num::parse(&at.to_string()).map_or(Data::Null, Data::Number);
        return index(value, &Val::new(number, Ty::Number, Origin::at(span)), span, span, cx);
    }
    match &value.data {
        Data::Null => Err(failure(span, format!("this value is null, so it has no attribute {name:?}"))),
        Data::Mapping(members) => match members.get(name) {
            Some(member) => Ok(member.clone()),
            None if matches!(value.ty, Ty::Map(_)) => {
                Err(failure(span, format!("this map does not have an element with the key {name:?}")))
            }
            None => Err(failure(span, format!("this object does not have an attribute named {name:?}"))),
        },
        Data::Symbol(Symbol::Ref(address)) => cx.scope.attribute(address, name, span, cx.world),
        Data::Input(..) | Data::Derived(_) | Data::Symbol(Symbol::Input { .. }) => {
            let step = if is_name(name) { format!(".{name}") } else { format!("[{}]", json!(&**name)) };
            of_open(value, name, &step, span, cx)
        }
        Data::Symbol(_) | Data::Unknown { .. } if !is_primitive(&value.ty) => {
            Ok(inside_unknown(&value, &format!(".{name}"), span))
        }
        _ => Err(failure(span, format!("a {} has no attributes", friendly(&value.ty)))),
    }
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

fn is_primitive(ty: &Ty) -> bool {
    matches!(ty, Ty::Bool | Ty::Number | Ty::String)
}

/// What is inside of a value that only the provider knows: unknown, with its path in the reason.
fn inside_unknown(value: &Val, step: &str, span: Span) -> Val {
    let why = match &value.data {
        Data::Symbol(symbol @ Symbol::Attribute { .. }) => {
            Unknown::new(UnknownKind::Provider, format!("{symbol}{step} is known only after apply"))
        }
        _ => value.why().unwrap_or_else(|| Unknown::new(UnknownKind::Provider, "it is known only after apply")),
    };
    Val::unknown(why, element_type(&value.ty, step.trim_start_matches('.')), value.origin.via(span, "reached here"))
}

fn element_type(ty: &Ty, name: &str) -> Ty {
    match ty {
        Ty::List(element) | Ty::Set(element) | Ty::Map(element) => (**element).clone(),
        Ty::Object(types) => types.get(name).cloned().unwrap_or(Ty::Dynamic),
        _ => Ty::Dynamic,
    }
}

/// An open input with its default, or one of its finite values. Where an error is caught, other values are told apart too.
fn told_from_default(value: &Val, cx: &mut Context<'_, '_>) -> Option<Val> {
    let Some(id) = input_of(value).filter(|_| !cx.catching) else { return settle(value, cx) };
    let input = cx.world.inputs().get(id)?;
    if input.allowed.is_some() {
        return settle(value, cx);
    }
    let default = input.default.clone()?;
    cx.world.decide(&Test::Equals(id, default)).then(|| current(value.clone(), cx.world))
}

/// What is inside of an open input. Its default is tried first; behind that, inside of `try` and `can` it is a question
/// whether it is there, and elsewhere it is.
fn of_open(value: Val, name: &str, step: &str, span: Span, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    if let Some(settled) = told_from_default(&value, cx) {
        let key = Val::new(Data::String(name.into()), Ty::String, Origin::at(span));
        return match &settled.data {
            Data::Sequence(_) => index(settled, &key, span, span, cx),
            _ => attribute(settled, &name.into(), span, cx),
        };
    }
    if is_primitive(&value.ty) {
        return Err(failure(span, format!("a {} has no attributes", friendly(&value.ty))));
    }
    if let Ty::Object(types) = &value.ty
        && !types.contains_key(name)
    {
        return Err(failure(span, format!("this object does not have an attribute named {name:?}")));
    }
    let text = render(&value, cx.world).map(|text| format!("{text}{step}"));
    if cx.catching {
        if decide_null(&value, cx) == Some(true) {
            return Err(failure(span, "this value is null, so there is nothing in it"));
        }
        let declared = matches!(value.ty, Ty::Object(_));
        if !declared
            && let Some(text) = &text
            && !cx.world.decide(&Test::Opaque(format!("can({text})").into()))
        {
            return Err(failure(span, format!("there is no element {name:?}")));
        }
    }
    let ty = element_type(&value.ty, name);
    Ok(derived(text, why_of(&value, cx.world), false, ty, value.origin.clone()))
}

/// `value[key]`.
pub(super) fn index(
    value: Val,
    key: &Val,
    key_span: Span,
    span: Span,
    cx: &mut Context<'_, '_>,
) -> Result<Val, Failure> {
    let value = current(value, cx.world);
    let key = current(key.clone(), cx.world);
    if value.is_null() {
        return Err(failure(span, "this value is null, so it has no elements"));
    }
    if key.is_null() {
        return Err(failure(key_span, "this index is null"));
    }
    match &value.data {
        Data::Sequence(_) if matches!(value.ty, Ty::Set(_)) => {
            Err(failure(span, "elements of a set have no keys; convert it to a list, or use a for expression"))
        }
        Data::Sequence(elements) => in_sequence(elements, &key, key_span, &value, cx),
        Data::Mapping(members) => in_mapping(members, &key, key_span, &value, cx),
        Data::Symbol(Symbol::Ref(address)) => match &key.data {
            Data::String(name) => cx.scope.attribute(address, name, span, cx.world),
            _ => Err(failure(key_span, "a resource has attributes, not elements")),
        },
        Data::Input(..) | Data::Derived(_) | Data::Symbol(Symbol::Input { .. }) => {
            let name = match &key.data {
                Data::String(text) => text.to_string(),
                Data::Number(number) => number.to_string(),
                _ => {
                    let why = why_of(&value, cx.world).or_else(|| why_of(&key, cx.world));
                    return Ok(derived(None, why, false, element_type(&value.ty, ""), Origin::at(span)));
                }
            };
            let step = render(&key, cx.world).map_or(String::new(), |key| format!("[{key}]"));
            if let (Data::Number(_), Some(settled)) = (&key.data, told_from_default(&value, cx)) {
                return index(settled, &key, key_span, span, cx);
            }
            of_open(value, &name, &step, span, cx)
        }
        Data::Symbol(_) | Data::Unknown { .. } if !is_primitive(&value.ty) => {
            let step = render(&key, cx.world).map_or_else(|| "[...]".to_owned(), |key| format!("[{key}]"));
            Ok(inside_unknown(&value, &step, span))
        }
        _ => Err(failure(span, format!("a {} has no elements", friendly(&value.ty)))),
    }
}

fn in_sequence(
    elements: &[Val],
    key: &Val,
    key_span: Span,
    value: &Val,
    cx: &mut Context<'_, '_>,
) -> Result<Val, Failure> {
    let number = convert(key, &Ty::Number).map_err(|_| failure(key_span, "this index must be a number"))?;
    let count = elements.len();
    if let Data::Number(at) = &number.data {
        return match at.to_usize().and_then(|at| elements.get(at)) {
            Some(element) => Ok(element.clone()),
            None if !at.is_integer() => Err(failure(key_span, "this index must be a whole number")),
            None => Err(failure(key_span, format!("there is no element {at}: this has {count} elements"))),
        };
    }
    let candidates: Vec<(serde_json::Value, &Val)> =
        elements.iter().enumerate().map(|(at, element)| (json!(at), element)).collect();
    by_open_key(&candidates, key, key_span, value, cx)
}

fn in_mapping(
    members: &BTreeMap<Arc<str>, Val>,
    key: &Val,
    key_span: Span,
    value: &Val,
    cx: &mut Context<'_, '_>,
) -> Result<Val, Failure> {
    let text = convert(key, &Ty::String).map_err(|_| failure(key_span, "this key must be a string"))?;
    if let Data::String(name) = &text.data {
        return members
            .get(name)
            .cloned()
            .ok_or_else(|| failure(key_span, format!("there is no element with the key {name:?}")));
    }
    let candidates: Vec<(serde_json::Value, &Val)> =
        members.iter().map(|(key, member)| (json!(&**key), member)).collect();
    by_open_key(&candidates, key, key_span, value, cx)
}

/// The element that an open key chooses: the world decides which of the keys it is.
fn by_open_key(
    candidates: &[(serde_json::Value, &Val)],
    key: &Val,
    key_span: Span,
    value: &Val,
    cx: &mut Context<'_, '_>,
) -> Result<Val, Failure> {
    if let Some(id) = input_of(key)
        && candidates.len() <= MAX_KEYS
    {
        for (literal, element) in candidates {
            if cx.world.decide(&Test::Equals(id, literal.clone())) {
                return Ok((*element).clone());
            }
        }
        return Err(failure(key_span, "no element has the key that this is here"));
    }
    let why = why_of(key, cx.world);
    let text = render(value, cx.world).zip(render(key, cx.world)).map(|(value, key)| format!("{value}[{key}]"));
    Ok(derived(text, why, false, element_type(&value.ty, ""), Origin::at(key_span)))
}

/// `source[*].each`.
pub(super) fn splat(source: &Expr, each: &Expr, span: Span, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let source_value = evaluate(source, cx)?;
    let mut value = current(source_value, cx.world);
    if !matches!(value.ty, Ty::List(_) | Ty::Set(_) | Ty::Tuple(_)) || is_open_collection(&value) {
        match decide_null(&value, cx) {
            Some(true) => return Ok(tuple(Vec::new(), Origin::at(source.span))),
            Some(false) => {}
            None => return Ok(unknown_splat(&value, span, cx)),
        }
        value = current(value, cx.world);
    }
    if is_open_collection(&value)
        && let Some(settled) = settle(&value, cx)
    {
        value = settled;
    }
    let elements = match &value.data {
        Data::Null => return Ok(tuple(Vec::new(), Origin::at(source.span))),
        Data::Sequence(elements) => elements.to_vec(),
        _ if matches!(value.ty, Ty::List(_) | Ty::Set(_) | Ty::Tuple(_)) => return Ok(unknown_splat(&value, span, cx)),
        Data::Unknown { .. } => return Ok(unknown_splat(&value, span, cx)),
        Data::Symbol(Symbol::Ref(_)) => vec![value.clone()],
        // It may be a list as well.
        Data::Symbol(_) | Data::Input(..) | Data::Derived(_) if value.ty == Ty::Dynamic => {
            return Ok(unknown_splat(&value, span, cx));
        }
        _ => vec![value.clone()],
    };
    let mut results = Vec::with_capacity(elements.len());
    for element in elements {
        cx.items.push(element);
        let result = evaluate(each, cx);
        cx.items.pop();
        results.push(result?);
    }
    let origin = if results.is_empty() { value.origin.clone() } else { Origin::at(span) };
    let whole = tuple(results, origin);
    // A list's elements have one type, and so have the results.
    match &value.ty {
        Ty::List(_) | Ty::Set(_) => Ok(convert(&whole, &Ty::List(Arc::new(Ty::Dynamic))).unwrap_or(whole)),
        _ => Ok(whole),
    }
}

fn is_open_collection(value: &Val) -> bool {
    matches!(value.data, Data::Input(..) | Data::Derived(_) | Data::Symbol(Symbol::Input { .. }))
}

fn unknown_splat(value: &Val, span: Span, cx: &Context<'_, '_>) -> Val {
    let why = why_of(value, cx.world);
    derived(None, why, true, Ty::Dynamic, Origin::at(span))
}

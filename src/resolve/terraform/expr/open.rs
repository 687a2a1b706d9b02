//! Open inputs and what is derived from them: their canonical text, and settling.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::super::convert::convert;
use super::super::number::Num;
use super::super::outward;
use super::super::types::Ty;
use super::super::val::{Data, Derived, Val};
use super::Context;
use crate::source::HIDDEN;
use crate::source::leaving::MARKS;
use crate::value::{InputId, InputState, Origin, Part, Symbol, Test, Unknown, UnknownKind, World};

/// The longest canonical text of an expression that becomes a test.
const MAX_TEXT: usize = 400;

/// The input that a value is, where it is one that is open.
pub(super) fn input_of(value: &Val) -> Option<InputId> {
    match &value.data {
        Data::Input(id, _) => Some(*id),
        Data::Symbol(Symbol::Input { id, .. }) => Some(*id),
        _ => None,
    }
}

/// The value with the open inputs in it known, where branching makes them known: an input's default (or one of its finite
/// values) against everything else. `None`: that changes nothing.
pub fn settle(value: &Val, cx: &mut Context<'_, '_>) -> Option<Val> {
    let settled = settle_open(value, cx)?;
    Some(if value.origin.sensitive { settled.sensitive() } else { settled })
}

fn settle_open(value: &Val, cx: &mut Context<'_, '_>) -> Option<Val> {
    match &value.data {
        Data::Input(id, _) | Data::Symbol(Symbol::Input { id, .. }) => {
            let known = cx.world.settle(*id)?;
            Some(outward::from_json(&known, &value.ty, &value.origin))
        }
        Data::Derived(derived) => {
            let (name, arguments) = derived.call.as_deref()?;
            let arguments = settle_all(arguments, cx)?;
            let settled = super::call::again(name, arguments, value, cx)?;
            convert(&settled, &value.ty).ok()
        }
        Data::Sequence(_) | Data::Mapping(_) if value.too_large().is_some() => None,
        Data::Sequence(elements) => {
            let settled = settle_all(elements, cx)?;
            Some(Val { data: Data::Sequence(settled.into()), ..value.clone() })
        }
        Data::Mapping(members) => {
            let values: Vec<Val> = members.values().cloned().collect();
            let settled = members.keys().cloned().zip(settle_all(&values, cx)?).collect();
            Some(Val { data: Data::Mapping(Arc::new(settled)), ..value.clone() })
        }
        Data::Text(parts) => {
            let mut changed = false;
            let mut settled = Vec::with_capacity(parts.len());
            for part in parts.iter() {
                match settled_part(part, cx.world) {
                    Some(known) => {
                        changed = true;
                        settled.extend(known);
                    }
                    None => settled.push(part.clone()),
                }
            }
            changed.then(|| super::super::convert::text(settled, value.origin.clone()))
        }
        _ => None,
    }
}

fn settle_all(values: &[Val], cx: &mut Context<'_, '_>) -> Option<Vec<Val>> {
    let settled: Vec<Option<Val>> = values.iter().map(|value| settle(value, cx)).collect();
    settled.iter().any(Option::is_some).then(|| {
        settled.into_iter().zip(values).map(|(settled, value)| settled.unwrap_or_else(|| value.clone())).collect()
    })
}

fn settled_part(part: &Part, world: &mut World<'_>) -> Option<Vec<Part>> {
    let Part::Symbol(Symbol::Input { id, .. }) = part else { return None };
    let known = world.settle(*id)?;
    outward::parts(&outward::untyped(&known, &Origin::default()), world)
}

/// Whether it is an open input or derived from one.
pub(super) fn is_derived(value: &Val) -> bool {
    matches!(value.data, Data::Derived(_)) || input_of(value).is_some()
}

/// The value where it is known by now: a decision made since may have settled it.
pub(super) fn current(value: Val, world: &World<'_>) -> Val {
    if let Some(id) = input_of(&value)
        && let InputState::Known(known) = world.state(id)
    {
        return outward::from_json(&known, &value.ty, &value.origin);
    }
    if let Data::Derived(derived) = &value.data
        && let Some((_, input)) = derived.converted()
    {
        let known = current(input.clone(), world);
        if !matches!(known.data, Data::Input(..)) {
            return convert(&known, &value.ty).unwrap_or(value);
        }
    }
    value
}

/// Whether an open input is a literal, given as the string that it becomes. One without a declared type may be a number or
/// a boolean that becomes this string.
pub(super) fn is_string(id: InputId, text: &str, cx: &mut Context<'_, '_>) -> bool {
    if cx.world.decide(&Test::Equals(id, text.into())) {
        return true;
    }
    if !cx.scope.is_untyped(id) {
        return false;
    }
    let other = match text {
        "true" => Some(json!(true)),
        "false" => Some(json!(false)),
        _ => number_of(text),
    };
    other.is_some_and(|other| cx.world.decide(&Test::Equals(id, other)))
}

/// The number that becomes this string.
pub(super) fn number_of(text: &str) -> Option<Json> {
    let number = Num::parse(text).filter(|number| number.to_string() == text)?;
    outward::to_json(&Val::new(Data::Number(number), Ty::Number, Origin::default()))
}

/// Whether an open input, or what is derived from one, is in it.
pub(super) fn is_open(value: &Val) -> bool {
    match &value.data {
        Data::Input(..) | Data::Derived(_) | Data::Symbol(Symbol::Input { .. }) => true,
        Data::Sequence(elements) => elements.iter().any(is_open),
        Data::Mapping(members) => members.values().any(is_open),
        Data::Text(parts) => parts.iter().any(|part| matches!(part, Part::Symbol(Symbol::Input { .. }))),
        _ => false,
    }
}

/// Decides whether an open input (of this type) is its type's empty value. `None` where its type has none.
pub(super) fn decide_empty(id: InputId, ty: &Ty, cx: &mut Context<'_, '_>) -> Option<bool> {
    Some(cx.world.decide(&Test::Equals(id, empty(ty)?)))
}

/// Whether the facts say that an open input is not empty.
pub(super) fn is_not_empty(id: InputId, ty: &Ty, world: &World<'_>) -> bool {
    empty(ty).is_some_and(|empty| world.entailed(&Test::Equals(id, empty)) == Some(false))
}

fn empty(ty: &Ty) -> Option<Json> {
    Some(match ty {
        Ty::String => json!(""),
        Ty::List(_) | Ty::Set(_) => json!([]),
        Ty::Map(_) => json!({}),
        _ => return None,
    })
}

/// Decides whether an open value is null; other values tell by themselves. `None`: can't be told.
pub(super) fn decide_null(value: &Val, cx: &mut Context<'_, '_>) -> Option<bool> {
    match &value.data {
        Data::Null => Some(true),
        Data::Input(id, _) => Some(cx.world.decide(&Test::Null(*id))),
        Data::Derived(derived) if derived.not_null => Some(false),
        Data::Derived(derived) if derived.converted().is_some() => {
            derived.converted().and_then(|(_, input)| decide_null(input, cx))
        }
        Data::Derived(derived) => Some(cx.world.decide(&Test::Opaque(format!("{} == null", derived.text).into()))),
        Data::Unknown { not_null: false, .. } => None,
        _ => Some(false),
    }
}

/// The value as it is used where null is an error. Inside of `try` and `can` it matters whether an open one is null:
/// the world decides. Elsewhere it is not, since Terraform would refuse it.
pub(super) fn present(value: Val, cx: &mut Context<'_, '_>) -> Val {
    let value = current(value, cx.world);
    if cx.catching && is_derived(&value) && decide_null(&value, cx) == Some(true) {
        return Val { data: Data::Null, ..value };
    }
    value
}

/// A value known only by the expression that gives it. Where the expression speaks of more than inputs and literals, or
/// is too long, it is unknown.
pub(super) fn derived(text: Option<String>, why: Option<Unknown>, not_null: bool, ty: Ty, origin: Origin) -> Val {
    let why = why.unwrap_or_else(|| Unknown::new(UnknownKind::Input, "it depends on an input without a value"));
    match text.filter(|text| text.len() <= MAX_TEXT) {
        Some(text) => {
            let text = text.into();
            let derived = Derived { text, why, not_null, at_least: 0, empty_with: None, call: None };
            Val::new(Data::Derived(Arc::new(derived)), ty, origin)
        }
        None => Val::new(Data::Unknown { why, not_null }, ty, origin),
    }
}

/// Why a value that is not wholly known is not known, with the input's own reason where it is one.
pub(super) fn why_of(value: &Val, world: &World<'_>) -> Option<Unknown> {
    match &value.data {
        Data::Input(id, _) | Data::Symbol(Symbol::Input { id, .. }) => Some(world.why_open(*id)),
        Data::Sequence(elements) => elements.iter().find_map(|element| why_of(element, world)),
        Data::Mapping(members) => members.values().find_map(|member| why_of(member, world)),
        Data::Derived(derived) => match derived.converted() {
            Some((_, input)) => why_of(input, world),
            None => value.why(),
        },
        _ => value.why(),
    }
}

/// A value as an expression over inputs and literals. `None` where it depends on anything else.
pub(super) fn render(value: &Val, world: &World<'_>) -> Option<String> {
    let text = match &value.data {
        Data::Null => "null".to_owned(),
        Data::Bool(_) | Data::Number(_) | Data::String(_) if value.origin.sensitive => hidden(value)?,
        Data::Bool(flag) => flag.to_string(),
        Data::Number(number) => number.to_string(),
        Data::String(text) => quoted(text),
        Data::Input(id, _) | Data::Symbol(Symbol::Input { id, .. }) => world.symbol(*id).to_string(),
        Data::Derived(derived) => derived.text.to_string(),
        Data::Text(parts) => {
            let parts: Option<Vec<String>> = parts.iter().map(render_part).collect();
            format!("\"{}\"", parts?.concat())
        }
        Data::Sequence(elements) => {
            let elements: Option<Vec<String>> = elements.iter().map(|element| render(element, world)).collect();
            format!("[{}]", elements?.join(", "))
        }
        Data::Mapping(members) => {
            let members: Option<Vec<String>> = members
                .iter()
                .map(|(key, member)| Some(format!("{} = {}", quoted(key), render(member, world)?)))
                .collect();
            format!("{{ {} }}", members?.join(", "))
        }
        Data::Symbol(_) | Data::Unknown { .. } => return None,
    };
    (text.len() <= MAX_TEXT).then_some(text)
}

fn render_part(part: &Part) -> Option<String> {
    match part {
        Part::Literal(text) => Some(quoted(text).trim_matches('"').to_owned()),
        Part::Symbol(symbol @ Symbol::Input { .. }) => Some(format!("${{{symbol}}}")),
        Part::Symbol(_) | Part::Unknown(_) => None,
    }
}

/// A sensitive literal in a test. Another one is another test, so marks that nobody sees tell them apart.
fn hidden(value: &Val) -> Option<String> {
    let mut hasher = DefaultHasher::new();
    outward::to_json(value)?.to_string().hash(&mut hasher);
    let marks = (0..16).filter_map(|at| MARKS.clone().nth((hasher.finish() >> (4 * at)) as usize & 15));
    Some(format!("{HIDDEN}{}", marks.collect::<String>()))
}

fn quoted(text: &str) -> String {
    Json::String(text.to_owned()).to_string()
}

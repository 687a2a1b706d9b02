//! Values to JSON and back, and to the analyzer's own values.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Number, Value as Json};

use super::convert::{self, normalized};
use super::number::Num;
use super::types::Ty;
use super::val::{Data, TOO_LARGE, Val};
use crate::source::limits::MAX_VALUE_PARTS;
use crate::value::{Entry, InputState, Kind, Origin, Part, Test, Unknown, UnknownKind, Value, World};

/// A literal of a declared type: `json` has been converted to it before, so what does not fit stays as it is.
pub fn from_json(json: &Json, ty: &Ty, origin: &Origin) -> Val {
    let plain = untyped(json, origin);
    convert::convert(&plain, ty).unwrap_or(plain)
}

/// A literal as `jsondecode` types it: tuples and objects.
pub fn untyped(json: &Json, origin: &Origin) -> Val {
    let origin = origin.clone();
    match json {
        Json::Null => Val::new(Data::Null, Ty::Dynamic, origin),
        Json::Bool(flag) => Val::new(Data::Bool(*flag), Ty::Bool, origin),
        Json::Number(number) => match Num::parse(&number.to_string()) {
            Some(number) => Val::new(Data::Number(number), Ty::Number, origin),
            None => Val::new(Data::Null, Ty::Number, origin),
        },
        Json::String(text) => Val::new(Data::String(normalized(text)), Ty::String, origin),
        Json::Array(items) => convert::tuple(items.iter().map(|item| untyped(item, &origin)).collect(), origin),
        Json::Object(members) => {
            let members: BTreeMap<Arc<str>, Val> =
                members.iter().map(|(key, value)| (normalized(key), untyped(value, &origin))).collect();
            convert::object(members, origin)
        }
    }
}

/// The literal that a value is, where all of it is known: what inputs' defaults and facts hold. Numbers are integers of
/// 64 bits where they can be, else floats, so that equal numbers are equal JSON.
pub fn to_json(value: &Val) -> Option<Json> {
    Some(match &value.data {
        Data::Null => Json::Null,
        Data::Bool(flag) => Json::Bool(*flag),
        Data::Number(number) => match number.to_i64() {
            Some(integer) => Json::Number(integer.into()),
            None => Number::from_f64(number.to_f64()).map_or_else(|| Json::String(number.to_string()), Json::Number),
        },
        Data::String(text) => Json::String(text.to_string()),
        Data::Sequence(elements) => Json::Array(elements.iter().map(to_json).collect::<Option<_>>()?),
        Data::Mapping(members) => {
            let members: Option<serde_json::Map<String, Json>> =
                members.iter().map(|(key, value)| Some((key.to_string(), to_json(value)?))).collect();
            Json::Object(members?)
        }
        Data::Symbol(_) | Data::Text(_) | Data::Unknown { .. } | Data::Input(..) | Data::Derived(_) => return None,
    })
}

/// The analyzer's value: null is absent, sets and tuples are lists, numbers the text that Terraform prints. Where the
/// value itself is an open input, or derived from one, the world decides whether it is null, and what a boolean is. Inside
/// of collections it does not: that would fork on every tag.
pub fn to_value(value: &Val, world: &mut World<'_>) -> Value {
    match &value.data {
        Data::Input(id, _) => {
            world.decide(&Test::Null(*id));
        }
        Data::Derived(derived) if value.ty == Ty::Bool => {
            let kind = Kind::Bool(decide_text(&derived.text, world));
            return Value::new(kind, value.origin.clone());
        }
        Data::Derived(derived) if derived.converted().is_some() => {
            if let Some((_, Val { data: Data::Input(id, _), .. })) = derived.converted() {
                world.decide(&Test::Null(*id));
            }
        }
        Data::Derived(derived) if !derived.not_null => {
            let test = Test::Opaque(format!("{} == null", derived.text).into());
            if world.decide(&test) {
                return Value::absent(value.origin.clone());
            }
        }
        _ => {}
    }
    inside(value, world)
}

/// Decides what an expression over inputs gives; `!(x)` is the opposite of `x`, so that both are one question.
pub(super) fn decide_text(text: &str, world: &mut World<'_>) -> bool {
    match text.strip_prefix("!(").and_then(|text| text.strip_suffix(')')) {
        Some(positive) => !decide_text(positive, world),
        None => world.decide(&Test::Opaque(text.into())),
    }
}

/// The same, deciding nothing: what is open stays open, null or not. Of a collection that is larger than anybody reads, what
/// is too much is not known.
pub fn inside(value: &Val, world: &World<'_>) -> Value {
    if value.origin.sensitive && matches!(value.data, Data::Sequence(_) | Data::Mapping(_)) {
        return within(&value.clone().sensitive(), world, &mut MAX_VALUE_PARTS.clone());
    }
    within(value, world, &mut MAX_VALUE_PARTS.clone())
}

fn within(value: &Val, world: &World<'_>, left: &mut usize) -> Value {
    let Some(less) = left.checked_sub(1) else {
        return Value::unknown(UnknownKind::Limit, TOO_LARGE, value.origin.clone());
    };
    *left = less;
    let kind = match &value.data {
        Data::Null => Kind::Absent,
        Data::Bool(flag) => Kind::Bool(*flag),
        Data::Number(number) => Kind::Number(number.to_string().into()),
        Data::String(text) => Kind::String(Arc::clone(text)),
        Data::Sequence(elements) => Kind::List(elements.iter().map(|element| within(element, world, left)).collect()),
        Data::Mapping(members) => Kind::Map(
            members
                .iter()
                .map(|(key, member)| Entry {
                    key: Arc::clone(key),
                    key_span: member.origin.span,
                    value: within(member, world, left),
                })
                .collect(),
        ),
        Data::Symbol(symbol) => Kind::Symbol(symbol.clone()),
        Data::Text(parts) => Kind::Text(Arc::clone(parts)),
        Data::Unknown { why, .. } => Kind::Unknown(why.clone()),
        Data::Input(id, _) => match world.state(*id) {
            InputState::Known(json) => return inside(&from_json(&json, &value.ty, &value.origin), world),
            InputState::Open { .. } => Kind::Symbol(world.symbol(*id)),
        },
        Data::Derived(derived) => match derived.converted() {
            Some((_, input @ Val { data: Data::Input(id, _), .. })) => match world.state(*id) {
                InputState::Known(json) => {
                    let known = from_json(&json, &input.ty, &value.origin);
                    return inside(&convert::convert(&known, &value.ty).unwrap_or(known), world);
                }
                InputState::Open { .. } => Kind::Symbol(world.symbol(*id)),
            },
            _ => Kind::Unknown(derived.why.clone()),
        },
    };
    Value::new(kind, value.origin.clone())
}

/// The parts of a string: what stands in a template. `None`: it is no string and does not convert to one.
pub fn parts(value: &Val, world: &World<'_>) -> Option<Vec<Part>> {
    Some(match &value.data {
        Data::Bool(flag) => vec![Part::Literal(if *flag { "true" } else { "false" }.into())],
        Data::Number(number) => vec![Part::Literal(number.to_string().into())],
        Data::String(text) => vec![Part::Literal(Arc::clone(text))],
        Data::Symbol(symbol) => vec![Part::Symbol(symbol.clone())],
        Data::Text(parts) => parts.to_vec(),
        Data::Input(id, _) => vec![Part::Symbol(world.symbol(*id))],
        Data::Unknown { why, .. } => vec![Part::Unknown(why.clone())],
        Data::Derived(derived) => match derived.converted() {
            Some((_, Val { data: Data::Input(id, _), .. })) => vec![Part::Symbol(world.symbol(*id))],
            _ => vec![Part::Unknown(Unknown::clone(&derived.why))],
        },
        Data::Null | Data::Sequence(_) | Data::Mapping(_) => return None,
    })
}

//! The doors to the other halves: evaluating and converting expressions, and values as the model sees them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::number::Num;
use super::scope::{Failure, Scope};
use super::types::Ty;
use super::val::{Data, Val};
use crate::read::hcl::ast::Expr;
use crate::source::Span;
use crate::value::{Entry, Kind, Origin, Part, Value, World};

/// The value of an expression.
///
/// # Errors
/// As Terraform's.
pub(super) fn evaluate(expr: &Expr, scope: &dyn Scope, world: &mut World<'_>) -> Result<Val, Failure> {
    let _ = (expr, scope, world);
    Err(Failure { span: Span::new(crate::source::SourceId(0), 0, 0), message: "".into() })
}

/// A value as a value of another type; what is not known keeps not being known.
///
/// # Errors
/// The value does not fit the type.
pub(super) fn convert(value: &Val, ty: &Ty, span: Span) -> Result<Val, Failure> {
    let _ = (value, ty, span);
    Err(Failure { span: Span::new(crate::source::SourceId(0), 0, 0), message: "".into() })
}

/// A literal as a value: lists are tuples, objects are objects.
pub(super) fn import(json: &Json, origin: &Origin) -> Val {
    let (data, ty) = match json {
        Json::Null => (Data::Null, Ty::Dynamic),
        Json::Bool(flag) => (Data::Bool(*flag), Ty::Bool),
        Json::Number(number) => match Num::parse(&number.to_string()) {
            Some(number) => (Data::Number(number), Ty::Number),
            None => (Data::String(number.to_string().into()), Ty::String),
        },
        Json::String(text) => (Data::String(text.as_str().into()), Ty::String),
        Json::Array(items) => {
            let items: Vec<Val> = items.iter().map(|item| import(item, origin)).collect();
            let ty = Ty::Tuple(items.iter().map(|item| item.ty.clone()).collect());
            (Data::Sequence(items.into()), ty)
        }
        Json::Object(members) => {
            let members: BTreeMap<Arc<str>, Val> =
                members.iter().map(|(key, value)| (key.as_str().into(), import(value, origin))).collect();
            let types = members.iter().map(|(key, value)| (Arc::clone(key), value.ty.clone())).collect();
            (Data::Mapping(Arc::new(members)), Ty::Object(Arc::new(types)))
        }
    };
    Val::new(data, ty, origin.clone())
}

/// The literal that a value is, where all of it is known.
pub(super) fn literal(value: &Val) -> Option<Json> {
    Some(match &value.data {
        Data::Null => Json::Null,
        Data::Bool(flag) => Json::Bool(*flag),
        Data::Number(number) => serde_json::from_str(&number.to_string()).ok()?,
        Data::String(text) => Json::String(text.to_string()),
        Data::Sequence(items) => Json::Array(items.iter().map(literal).collect::<Option<_>>()?),
        Data::Mapping(members) => Json::Object(
            members.iter().map(|(key, value)| Some((key.to_string(), literal(value)?))).collect::<Option<_>>()?,
        ),
        Data::Symbol(_) | Data::Input(_) | Data::Derived(_) | Data::Text(_) | Data::Unknown { .. } => return None,
    })
}

/// A value as the model sees it.
pub(super) fn to_value(value: &Val, world: &World<'_>) -> Value {
    let origin = value.origin.clone();
    let kind = match &value.data {
        Data::Null => Kind::Absent,
        Data::Bool(flag) => Kind::Bool(*flag),
        Data::Number(number) => Kind::Number(number.to_string().into()),
        Data::String(text) => Kind::String(Arc::clone(text)),
        Data::Sequence(items) => Kind::List(items.iter().map(|item| to_value(item, world)).collect()),
        Data::Mapping(members) => Kind::Map(
            members
                .iter()
                .map(|(key, value)| Entry { key: Arc::clone(key), key_span: None, value: to_value(value, world) })
                .collect(),
        ),
        Data::Symbol(symbol) => Kind::Symbol(symbol.clone()),
        Data::Input(id) => match world.state(*id) {
            crate::value::InputState::Known(known) => return Value::from_json(&known, &origin),
            crate::value::InputState::Open { .. } => Kind::Symbol(world.symbol(*id)),
        },
        Data::Derived(derived) => Kind::Unknown(derived.why.clone()),
        Data::Text(parts) => return Value::text(parts.iter().cloned().collect::<Vec<Part>>(), origin),
        Data::Unknown { why, .. } => Kind::Unknown(why.clone()),
    };
    Value::new(kind, origin)
}

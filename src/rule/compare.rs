//! Equality and order of values, three-valued.
//!
//! What is absent equals `null` and nothing else. A number in a string equals that number, and "true" equals `true`:
//! both languages convert them in properties. What is known only by name equals itself; anything else is unknown.

use std::cmp::Ordering;

use super::item::{Got, Item};
use super::syntax::Number;
use crate::value::{Kind, Part, Symbol, Truth, Unknown, UnknownKind, Value};

/// Whether two results are equal.
pub(super) fn equal(left: &Got, right: &Got) -> Truth {
    match (&left.item, &right.item) {
        (Item::Plain(a), Item::Plain(b)) => equal_values(a, b),
        (Item::Object(a), Item::Object(b)) => {
            let same = a.class == b.class && a.instance == b.instance && a.origin.span == b.origin.span;
            Truth::from(same)
        }
        (Item::List(a), Item::List(b)) => all_equal(a, b, equal),
        (Item::List(list), Item::Plain(value)) | (Item::Plain(value), Item::List(list)) => match &value.kind {
            Kind::List(items) => {
                let items: Vec<Got> = items.iter().map(wrapped).collect();
                all_equal(list, &items, equal)
            }
            Kind::Unknown(why) => Truth::Unknown(why.clone()),
            Kind::Symbol(symbol) => Truth::Unknown(why_symbol(symbol)),
            _ => Truth::False,
        },
        (Item::Object(_), Item::Plain(value)) | (Item::Plain(value), Item::Object(_)) => match &value.kind {
            Kind::Unknown(why) => Truth::Unknown(why.clone()),
            _ => Truth::False,
        },
        (Item::Object(_), Item::List(_)) | (Item::List(_), Item::Object(_)) => Truth::False,
    }
}

/// A value without provenance of its own.
pub(super) fn wrapped(value: &Value) -> Got {
    Got { item: Item::Plain(value.clone()), traces: Vec::new() }
}

fn all_equal<T>(a: &[T], b: &[T], equal: impl Fn(&T, &T) -> Truth) -> Truth {
    if a.len() != b.len() {
        return Truth::False;
    }
    a.iter().zip(b).fold(Truth::True, |truth, (a, b)| truth.and(equal(a, b)))
}

fn equal_values(a: &Value, b: &Value) -> Truth {
    use Kind::{Absent, Bool, List, Map, Number as Num, String as Str, Text, Unknown as Not};
    match (&a.kind, &b.kind) {
        (Not(why), _) | (_, Not(why)) => Truth::Unknown(why.clone()),
        (Absent, Absent) => Truth::True,
        // A symbol is known to be there.
        (Absent, _) | (_, Absent) => Truth::False,
        (Kind::Symbol(x), Kind::Symbol(y)) if x == y => Truth::True,
        (Kind::Symbol(symbol), Str(text)) | (Str(text), Kind::Symbol(symbol))
            if is_arn(symbol) && !text.starts_with("arn:") =>
        {
            Truth::False
        }
        (Kind::Symbol(symbol), _) | (_, Kind::Symbol(symbol)) => Truth::Unknown(why_symbol(symbol)),
        (Text(parts), Str(text)) | (Str(text), Text(parts)) => {
            if may_be(parts, text) {
                Truth::Unknown(why_text(parts))
            } else {
                Truth::False
            }
        }
        (Text(x), Text(y)) => {
            if same_parts(x, y) {
                Truth::True
            } else {
                Truth::Unknown(why_text(x))
            }
        }
        (Text(parts), _) | (_, Text(parts)) => Truth::Unknown(why_text(parts)),
        (Bool(x), Bool(y)) => Truth::from(x == y),
        (Bool(x), Str(_)) => Truth::from(b.as_bool() == Some(*x)),
        (Str(_), Bool(y)) => Truth::from(a.as_bool() == Some(*y)),
        (Str(x), Str(y)) => Truth::from(x == y),
        (Num(_), Num(_) | Str(_)) | (Str(_), Num(_)) => match (number(a), number(b)) {
            (Some(x), Some(y)) => Truth::from(order_numbers(x, y) == Some(Ordering::Equal)),
            _ => Truth::False,
        },
        (List(x), List(y)) => all_equal(x, y, equal_values),
        (Map(x), Map(y)) if x.len() == y.len() => x.iter().fold(Truth::True, |truth, entry| match b.get(&entry.key) {
            Some(other) => truth.and(equal_values(&entry.value, other)),
            None => Truth::False,
        }),
        _ => Truth::False,
    }
}

/// Whether a symbol stands for an ARN, whatever it will be: no `*`, no alias, no id.
fn is_arn(symbol: &Symbol) -> bool {
    matches!(symbol, Symbol::Attribute { attribute, .. } if attribute.eq_ignore_ascii_case("arn"))
}

/// The order of two values that must be numbers or strings.
///
/// # Errors
/// Why there is none.
pub(super) fn order(left: &Got, right: &Got) -> Result<Ordering, Unknown> {
    let error = |why: String| Unknown::new(UnknownKind::Error, why);
    let (Item::Plain(a), Item::Plain(b)) = (&left.item, &right.item) else {
        return Err(error("only numbers and strings have an order".into()));
    };
    for value in [a, b] {
        match &value.kind {
            Kind::Unknown(why) => return Err(why.clone()),
            Kind::Symbol(symbol) => return Err(why_symbol(symbol)),
            Kind::Text(parts) => return Err(why_text(parts)),
            Kind::Absent => return Err(error("what is absent has no order".into())),
            _ => {}
        }
    }
    if let (Kind::String(x), Kind::String(y)) = (&a.kind, &b.kind) {
        return Ok(x.as_bytes().cmp(y.as_bytes()));
    }
    if let (Kind::Bool(x), Kind::Bool(y)) = (&a.kind, &b.kind) {
        return Ok(x.cmp(y));
    }
    match (number(a), number(b)) {
        (Some(x), Some(y)) => order_numbers(x, y).ok_or_else(|| error("these numbers have no order".into())),
        _ => Err(error("a number has no order against something else".into())),
    }
}

pub(super) fn order_numbers(a: Number, b: Number) -> Option<Ordering> {
    match (a, b) {
        (Number::Int(a), Number::Int(b)) => Some(a.cmp(&b)),
        (a, b) => a.as_f64().partial_cmp(&b.as_f64()),
    }
}

/// The number that a value is, or that its text spells.
pub(super) fn number(value: &Value) -> Option<Number> {
    match &value.kind {
        Kind::Number(text) | Kind::String(text) => Number::from_text(text),
        _ => None,
    }
}

/// Why a symbol's content is not known.
pub(super) fn why_symbol(symbol: &Symbol) -> Unknown {
    symbol.unknown().unwrap_or_else(|| {
        Unknown::new(UnknownKind::Provider, format!("{symbol} is known only when the code is deployed"))
    })
}

/// Why a text is not wholly known.
pub(super) fn why_text(parts: &[Part]) -> Unknown {
    let first = parts.iter().find_map(|part| match part {
        Part::Literal(_) => None,
        Part::Symbol(symbol) => Some(why_symbol(symbol)),
        Part::Unknown(why) => Some(why.clone()),
    });
    first.unwrap_or_else(|| Unknown::new(UnknownKind::Provider, "a part of the text is not known"))
}

/// The known text that a partly known string starts with.
pub(super) fn head(parts: &[Part]) -> &str {
    match parts.first() {
        Some(Part::Literal(text)) => text,
        _ => "",
    }
}

/// The known text that a partly known string ends with.
pub(super) fn tail(parts: &[Part]) -> &str {
    match parts.last() {
        Some(Part::Literal(text)) => text,
        _ => "",
    }
}

/// Whether a partly known string could be `text`: its known parts occur there in order.
fn may_be(parts: &[Part], text: &str) -> bool {
    let Some(rest) = text.strip_prefix(head(parts)) else { return false };
    let Some(rest) = rest.strip_suffix(tail(parts)) else { return false };
    let mut rest = rest;
    let inner = parts.iter().enumerate().filter(|(at, _)| *at > 0 && *at + 1 < parts.len());
    for (_, part) in inner {
        if let Part::Literal(literal) = part {
            let Some(at) = rest.find(&**literal) else { return false };
            rest = &rest[at + literal.len()..];
        }
    }
    true
}

fn same_parts(a: &[Part], b: &[Part]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|pair| match pair {
            (Part::Literal(x), Part::Literal(y)) => x == y,
            (Part::Symbol(x), Part::Symbol(y)) => x == y,
            _ => false,
        })
}

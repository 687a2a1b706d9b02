//! Terraform's type system at work (go-cty's `convert` package): conversion, unification, equality, the order of sets.
//!
//! Knows nothing of worlds: a value that is not known converts where its type may. [`super::outward`] turns values into
//! JSON and into the analyzer's own.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use super::number::Num;
use super::types::Ty;
use super::val::{Data, Derived, Val};
use crate::value::{Kind, Origin, Part, Symbol, Truth, Unknown, UnknownKind, Value};

/// A string as Terraform keeps it: in Unicode's normal form C.
pub fn normalized(text: &str) -> Arc<str> {
    if text.is_ascii() { text.into() } else { text.nfc().collect::<String>().into() }
}

/// A string made of parts.
pub fn text(parts: Vec<Part>, origin: Origin) -> Val {
    let data = match Value::text(parts, Origin::default()).kind {
        Kind::String(text) => Data::String(normalized(&text)),
        Kind::Symbol(symbol) => Data::Symbol(symbol),
        Kind::Text(parts) => Data::Text(parts),
        Kind::Unknown(why) => Data::Unknown { why, not_null: true },
        _ => Data::Unknown { why: Unknown::new(UnknownKind::Unsupported, "it is no string"), not_null: true },
    };
    Val { data, ty: Ty::String, origin }
}

/// Converts a value to a type; the result keeps its origin.
///
/// # Errors
/// What Terraform says is required ("a number is required").
pub fn convert(value: &Val, ty: &Ty) -> Result<Val, String> {
    if *ty == Ty::Dynamic || value.ty == *ty {
        return Ok(value.clone());
    }
    let make = |data: Data| Ok(Val { data, ty: ty.clone(), origin: value.origin.clone() });
    match (&value.data, ty) {
        (Data::Null, _) => {
            if may_convert(&value.ty, ty) {
                Ok(value.retyped(ty.clone()))
            } else {
                Err(required(ty))
            }
        }
        (Data::Unknown { .. } | Data::Symbol(_) | Data::Text(_) | Data::Input(..) | Data::Derived(_), _) => {
            unknown(value, ty)
        }
        (Data::Bool(flag), Ty::String) => make(Data::String(if *flag { "true" } else { "false" }.into())),
        (Data::Number(number), Ty::String) => make(Data::String(number.to_string().into())),
        (Data::String(text), Ty::Number) => match Num::parse(text) {
            Some(number) => make(Data::Number(number)),
            None => Err(required(ty)),
        },
        (Data::String(text), Ty::Bool) => match &**text {
            "true" | "1" => make(Data::Bool(true)),
            "false" | "0" => make(Data::Bool(false)),
            "True" | "TRUE" => Err("a bool is required; to convert from string, use lowercase \"true\"".to_owned()),
            "False" | "FALSE" => Err("a bool is required; to convert from string, use lowercase \"false\"".to_owned()),
            _ => Err(required(ty)),
        },
        (Data::Sequence(elements), _) => sequence(value, elements, ty),
        (Data::Mapping(members), _) => mapping(value, members, ty),
        _ => Err(required(ty)),
    }
}

fn sequence(value: &Val, elements: &[Val], ty: &Ty) -> Result<Val, String> {
    // Where there is no element to tell, the types do.
    if elements.is_empty() && !may_convert(&value.ty, ty) {
        return Err(required(ty));
    }
    match ty {
        Ty::List(element) => {
            let (elements, element) = convert_elements(elements, element, "list")?;
            Ok(Val::new(Data::Sequence(elements.into()), Ty::List(element.into()), value.origin.clone()))
        }
        Ty::Set(element) => {
            let (elements, element) = convert_elements(elements, element, "set")?;
            Ok(set(elements, element, value.origin.clone()))
        }
        Ty::Tuple(types) if matches!(value.ty, Ty::Tuple(_)) && elements.len() == types.len() => {
            let converted: Result<Vec<Val>, String> =
                elements.iter().zip(types.iter()).map(|(element, ty)| convert(element, ty)).collect();
            Ok(tuple(converted?, value.origin.clone()))
        }
        _ => Err(required(ty)),
    }
}

fn mapping(value: &Val, members: &BTreeMap<Arc<str>, Val>, ty: &Ty) -> Result<Val, String> {
    if members.is_empty() && matches!(ty, Ty::Map(_)) && !may_convert(&value.ty, ty) {
        return Err(required(ty));
    }
    match ty {
        Ty::Map(element) => {
            let values: Vec<Val> = members.values().cloned().collect();
            let (values, element) = convert_elements(&values, element, "map")?;
            let members = members.keys().cloned().zip(values).collect();
            Ok(Val::new(Data::Mapping(Arc::new(members)), Ty::Map(element.into()), value.origin.clone()))
        }
        Ty::Object(types) => {
            let mut converted = BTreeMap::new();
            for (name, ty) in types.iter() {
                let member = members.get(name).ok_or_else(|| format!("attribute {name:?} is required"))?;
                let member = convert(member, ty).map_err(|why| format!("attribute {name:?}: {why}"))?;
                converted.insert(Arc::clone(name), member);
            }
            Ok(object(converted, value.origin.clone()))
        }
        _ => Err(required(ty)),
    }
}

/// What is not known keeps its name where only its type changes, and its emptiness where a collection becomes another.
fn unknown(value: &Val, ty: &Ty) -> Result<Val, String> {
    if !may_convert(&value.ty, ty) {
        return Err(required(ty));
    }
    let renamed = |function: &str, derived: &Derived| {
        let text = format!("{function}({})", derived.text).into();
        Val::new(Data::Derived(Arc::new(Derived { text, ..derived.clone() })), ty.clone(), value.origin.clone())
    };
    let converted = |function: &str, name: &str| {
        let derived = Derived::conversion(function, value, name);
        Val::new(Data::Derived(Arc::new(derived)), ty.clone(), value.origin.clone())
    };
    Ok(match (&value.data, &value.ty, ty) {
        // The world knows an input by values of its own type.
        (Data::Input(_, name), Ty::Bool | Ty::Number, Ty::String) => converted("tostring", name),
        (Data::Input(_, name), Ty::String, Ty::Number) => converted("tonumber", name),
        (Data::Input(_, name), Ty::String, Ty::Bool) => converted("tobool", name),
        (Data::Input(_, name), Ty::List(_), Ty::Set(_)) => converted("toset", name),
        (Data::Input(_, name), Ty::Set(_), Ty::List(_)) => converted("tolist", name),
        (Data::Derived(derived), Ty::List(_) | Ty::Tuple(_), Ty::Set(_)) => renamed("toset", derived),
        (Data::Derived(derived), Ty::Set(_), Ty::List(_)) => renamed("tolist", derived),
        (Data::Derived(derived), Ty::Number | Ty::Bool, Ty::String) => renamed("tostring", derived),
        // A number with a unit, say, is no number: a text with symbols in it may not convert, but its reason stays.
        (Data::Symbol(Symbol::Attribute { .. }) | Data::Text(_), Ty::String, Ty::Number | Ty::Bool) => {
            let why =
                value.why().unwrap_or_else(|| Unknown::new(UnknownKind::Provider, "it is known only after apply"));
            Val::new(Data::Unknown { why, not_null: true }, ty.clone(), value.origin.clone())
        }
        _ => value.retyped(ty.clone()),
    })
}

/// Whether a value of one type may convert to another, as far as types tell.
fn may_convert(from: &Ty, to: &Ty) -> bool {
    match (from, to) {
        (Ty::Dynamic, _) | (_, Ty::Dynamic) => true,
        (a, b) if a == b => true,
        (Ty::Bool | Ty::Number | Ty::String, Ty::String) | (Ty::String, Ty::Bool | Ty::Number) => true,
        (Ty::List(a) | Ty::Set(a), Ty::List(b) | Ty::Set(b)) | (Ty::Map(a), Ty::Map(b)) => may_convert(a, b),
        (Ty::Tuple(types), Ty::List(b) | Ty::Set(b)) if **b == Ty::Dynamic => unify(types).is_some(),
        (Ty::Object(types), Ty::Map(b)) if **b == Ty::Dynamic => {
            unify(&types.values().cloned().collect::<Vec<_>>()).is_some()
        }
        (Ty::Tuple(types), Ty::List(b) | Ty::Set(b)) => types.iter().all(|a| may_convert(a, b)),
        (Ty::Tuple(a), Ty::Tuple(b)) => a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| may_convert(a, b)),
        (Ty::Object(types), Ty::Map(b)) => types.values().all(|a| may_convert(a, b)),
        (Ty::Object(a), Ty::Object(b)) => {
            b.iter().all(|(name, to)| a.get(name).is_some_and(|from| may_convert(from, to)))
        }
        (Ty::Map(a), Ty::Object(b)) => b.values().all(|to| may_convert(a, to)),
        _ => false,
    }
}

fn required(ty: &Ty) -> String {
    match ty {
        Ty::Object(_) => "an object is required".to_owned(),
        _ => format!("a {} is required", friendly(ty)),
    }
}

fn convert_elements(elements: &[Val], ty: &Ty, what: &str) -> Result<(Vec<Val>, Ty), String> {
    let ty = if has_dynamic(ty) {
        let unified = unify(&elements.iter().map(|element| element.ty.clone()).collect::<Vec<_>>());
        let alike = elements.windows(2).all(|pair| pair[0].ty == pair[1].ty);
        match (unified, ty) {
            (Some(Ty::Dynamic), Ty::Dynamic) if !alike => {
                return Err(format!("all {what} elements must have the same type"));
            }
            (Some(unified), Ty::Dynamic) => unified,
            (Some(unified), _) if elements.iter().all(|element| convert(element, ty).is_ok()) => {
                let first = elements.first().map(|element| convert(element, ty)).transpose()?;
                first.map_or(unified, |first| first.ty)
            }
            _ => return Err(format!("all {what} elements must have the same type")),
        }
    } else {
        ty.clone()
    };
    let converted: Result<Vec<Val>, String> = elements.iter().map(|element| convert(element, &ty)).collect();
    Ok((converted?, ty))
}

/// Whether a type is open somewhere (`list(any)`).
pub fn has_dynamic(ty: &Ty) -> bool {
    match ty {
        Ty::Dynamic => true,
        Ty::Bool | Ty::Number | Ty::String => false,
        Ty::List(element) | Ty::Set(element) | Ty::Map(element) => has_dynamic(element),
        Ty::Tuple(types) => types.iter().any(has_dynamic),
        Ty::Object(types) => types.values().any(has_dynamic),
    }
}

/// A tuple of these elements.
pub fn tuple(elements: Vec<Val>, origin: Origin) -> Val {
    let types: Vec<Ty> = elements.iter().map(|element| element.ty.clone()).collect();
    Val::new(Data::Sequence(elements.into()), Ty::Tuple(types.into()), origin)
}

/// An object of these members.
pub fn object(members: BTreeMap<Arc<str>, Val>, origin: Origin) -> Val {
    let types = members.iter().map(|(name, value)| (Arc::clone(name), value.ty.clone())).collect();
    Val::new(Data::Mapping(Arc::new(members)), Ty::Object(Arc::new(types)), origin)
}

/// The type that all of these convert to; `None` where there is none.
pub fn unify(types: &[Ty]) -> Option<Ty> {
    let concrete: Vec<&Ty> = types.iter().filter(|ty| **ty != Ty::Dynamic).collect();
    match concrete.split_first() {
        None => Some(Ty::Dynamic),
        Some((first, rest)) if rest.iter().all(|ty| ty == first) => Some((*first).clone()),
        // Everything converts to what is of any type.
        Some(_) => unify_kinds(&concrete).or((concrete.len() < types.len()).then_some(Ty::Dynamic)),
    }
}

fn unify_kinds(types: &[&Ty]) -> Option<Ty> {
    let all = |test: fn(&Ty) -> bool| types.iter().all(|ty| test(ty));
    if all(|ty| matches!(ty, Ty::Tuple(_))) {
        return unify_tuples(types);
    }
    if all(|ty| matches!(ty, Ty::Object(_))) {
        return unify_objects(types);
    }
    let of_elements = |wrap: fn(Arc<Ty>) -> Ty| unify(&element_types(types)).map(|element| wrap(Arc::new(element)));
    let constructed = if all(|ty| matches!(ty, Ty::List(_) | Ty::Tuple(_))) {
        of_elements(Ty::List)
    } else if all(|ty| matches!(ty, Ty::Map(_) | Ty::Object(_))) {
        of_elements(Ty::Map)
    } else if all(|ty| matches!(ty, Ty::Set(_))) {
        of_elements(Ty::Set)
    } else {
        None
    };
    constructed.or_else(|| preferred(types))
}

/// One of the types itself, to which all others may convert: strings and lists before the others (go-cty's `sortTypes`).
fn preferred(types: &[&Ty]) -> Option<Ty> {
    let first = |ty: &&&Ty| matches!(ty, Ty::String | Ty::List(_));
    let later = |ty: &&&Ty| !matches!(ty, Ty::String | Ty::List(_));
    types
        .iter()
        .filter(first)
        .chain(types.iter().filter(later))
        .find(|want| types.iter().all(|ty| may_convert(ty, want)))
        .map(|want| (**want).clone())
}

fn element_types(types: &[&Ty]) -> Vec<Ty> {
    let mut elements = Vec::new();
    for ty in types {
        match ty {
            Ty::List(element) | Ty::Set(element) | Ty::Map(element) => elements.push((**element).clone()),
            Ty::Tuple(types) => elements.extend(types.iter().cloned()),
            Ty::Object(types) => elements.extend(types.values().cloned()),
            Ty::Dynamic | Ty::Bool | Ty::Number | Ty::String => {}
        }
    }
    if elements.is_empty() { vec![Ty::Dynamic] } else { elements }
}

fn unify_tuples(types: &[&Ty]) -> Option<Ty> {
    let tuples: Vec<&[Ty]> =
        types.iter().filter_map(|ty| if let Ty::Tuple(types) = ty { Some(&**types) } else { None }).collect();
    let length = tuples.first()?.len();
    if tuples.iter().all(|tuple| tuple.len() == length) {
        let columns: Option<Vec<Ty>> = (0..length)
            .map(|at| unify(&tuples.iter().filter_map(|tuple| tuple.get(at).cloned()).collect::<Vec<_>>()))
            .collect();
        if let Some(columns) = columns {
            return Some(Ty::Tuple(columns.into()));
        }
    }
    Some(Ty::List(unify(&element_types(types))?.into()))
}

fn unify_objects(types: &[&Ty]) -> Option<Ty> {
    let objects: Vec<&BTreeMap<Arc<str>, Ty>> =
        types.iter().filter_map(|ty| if let Ty::Object(types) = ty { Some(&**types) } else { None }).collect();
    let first = objects.first()?;
    if objects.iter().all(|object| object.keys().eq(first.keys())) {
        let members: Option<BTreeMap<Arc<str>, Ty>> = first
            .keys()
            .map(|name| {
                let column: Vec<Ty> = objects.iter().filter_map(|object| object.get(name).cloned()).collect();
                Some((Arc::clone(name), unify(&column)?))
            })
            .collect();
        if let Some(members) = members {
            return Some(Ty::Object(Arc::new(members)));
        }
    }
    Some(Ty::Map(unify(&element_types(types))?.into()))
}

/// Whether two values are equal, as far as it can be told: their types are to be compared by the caller. Open inputs are
/// never told here: ask the world.
pub fn equal(a: &Val, b: &Val) -> Truth {
    match (&a.data, &b.data) {
        (Data::Null, Data::Null) => Truth::True,
        (Data::Null, _) | (_, Data::Null) => {
            let other = if a.is_null() { b } else { a };
            match &other.data {
                Data::Unknown { not_null: false, why } => Truth::Unknown(why.clone()),
                Data::Derived(derived) if !derived.not_null => Truth::Unknown(derived.why.clone()),
                Data::Input(..) => other.why().map_or(Truth::False, Truth::Unknown),
                _ => Truth::False,
            }
        }
        (Data::Bool(a), Data::Bool(b)) => Truth::from(a == b),
        (Data::Number(a), Data::Number(b)) => Truth::from(a == b),
        (Data::String(a), Data::String(b)) => Truth::from(a == b),
        (Data::Symbol(x), Data::Symbol(y)) if x == y => Truth::True,
        (Data::Input(x, _), Data::Input(y, _)) if x == y => Truth::True,
        (Data::Derived(x), Data::Derived(y)) if x.text == y.text => Truth::True,
        (Data::Symbol(symbol), Data::String(text)) | (Data::String(text), Data::Symbol(symbol))
            if cannot_be(symbol, text) =>
        {
            Truth::False
        }
        (Data::Symbol(x), Data::Symbol(y)) if are_names_of_two(x, y) => Truth::False,
        (Data::Text(parts), Data::String(text)) | (Data::String(text), Data::Text(parts)) => text_is(parts, text),
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
        _ => match a.why().or_else(|| b.why()) {
            Some(why) => Truth::Unknown(why),
            None => Truth::False,
        },
    }
}

/// Whether a string with unknown parts can be `text`: its known beginning, end and length tell.
fn text_is(parts: &[Part], text: &str) -> Truth {
    let literal = |part: Option<&Part>| match part {
        Some(Part::Literal(text)) => Arc::clone(text),
        _ => "".into(),
    };
    let (start, end) = (literal(parts.first()), literal(parts.last()));
    let known: usize = parts.iter().map(|part| if let Part::Literal(text) = part { text.len() } else { 0 }).sum();
    // A part that names a resource's ARN or id has at least one character.
    let names = parts.iter().filter(|part| matches!(part, Part::Symbol(symbol) if is_name(symbol))).count();
    if known + names > text.len() || !text.starts_with(&*start) || !text.ends_with(&*end) {
        return Truth::False;
    }
    let why = parts.iter().find_map(|part| match part {
        Part::Literal(_) => None,
        Part::Symbol(symbol) => symbol.unknown(),
        Part::Unknown(why) => Some(why.clone()),
    });
    Truth::Unknown(why.unwrap_or_else(|| Unknown::new(UnknownKind::Provider, "it is known only after apply")))
}

/// Attributes that the provider always sets to a text that is not empty.
fn is_name(symbol: &Symbol) -> bool {
    matches!(symbol, Symbol::Attribute { attribute, .. } if matches!(&**attribute, "arn" | "id" | "key_id" | "target_key_arn" | "target_key_id"))
}

/// A name is not empty, and an ARN starts with `arn:`.
fn cannot_be(symbol: &Symbol, text: &str) -> bool {
    let arn = matches!(symbol, Symbol::Attribute { attribute, .. } if matches!(&**attribute, "arn" | "target_key_arn"));
    is_name(symbol) && (text.is_empty() || (arn && !text.starts_with("arn:")))
}

/// ARNs and ids of two resources differ.
fn are_names_of_two(a: &Symbol, b: &Symbol) -> bool {
    match (a, b) {
        (Symbol::Attribute { resource: r, attribute: x }, Symbol::Attribute { resource: s, attribute: y }) => {
            r != s && x == y && is_name(a)
        }
        _ => false,
    }
}

/// A set of elements of one type, in Terraform's order, each once. Where it can't be told whether two elements are
/// equal, both stay: what is asked of such a set is asked of unknown elements too.
pub fn set(elements: Vec<Val>, element: Ty, origin: Origin) -> Val {
    let ty = Ty::Set(Arc::new(element));
    let (known, open): (Vec<Val>, Vec<Val>) = elements.into_iter().partition(|element| element.why_inside().is_none());
    let mut keyed: Vec<(SetKey, Val)> = known.into_iter().map(|value| (SetKey::of(&value), value)).collect();
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    keyed.dedup_by(|(a, _), (b, _)| a == b);
    let mut members: Vec<Val> = keyed.into_iter().map(|(_, value)| value).collect();
    for candidate in open {
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
            Truth::Unknown(why) => return Val::new(Data::Unknown { why, not_null: true }, ty, origin),
        }
    }
    Val::new(Data::Sequence(members.into()), ty, origin)
}

/// The order of a set's elements: null last, primitives by value, all others by the bytes that go-cty hashes
/// (`set_internals.go`).
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum SetKey {
    Bool(bool),
    Number(Ordered),
    Text(Arc<str>),
    Bytes(String),
    Null,
}

#[derive(PartialEq, Eq)]
struct Ordered(Num);

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.compare(&other.0)
    }
}

impl SetKey {
    fn of(value: &Val) -> SetKey {
        match &value.data {
            Data::Null => SetKey::Null,
            Data::Bool(flag) => SetKey::Bool(*flag),
            Data::Number(number) => SetKey::Number(Ordered(number.clone())),
            Data::String(text) => SetKey::Text(Arc::clone(text)),
            _ => {
                let mut bytes = String::new();
                set_bytes(value, &mut bytes);
                SetKey::Bytes(bytes)
            }
        }
    }
}

fn set_bytes(value: &Val, bytes: &mut String) {
    let (open, close) = match value.ty {
        Ty::Tuple(_) | Ty::Object(_) => ('<', '>'),
        Ty::Map(_) => ('{', '}'),
        _ => ('[', ']'),
    };
    match &value.data {
        Data::Null => bytes.push('~'),
        Data::Bool(flag) => bytes.push(if *flag { 'T' } else { 'F' }),
        Data::Number(number) => bytes.push_str(&ten_digits(number)),
        Data::String(text) => bytes.push_str(&format!("{text:?}")),
        Data::Sequence(elements) => {
            bytes.push(open);
            for element in elements.iter() {
                set_bytes(element, bytes);
                bytes.push(';');
            }
            bytes.push(close);
        }
        Data::Mapping(members) => {
            bytes.push(open);
            for (key, member) in members.iter() {
                if matches!(value.ty, Ty::Map(_)) {
                    bytes.push_str(&format!("{key:?}:"));
                }
                set_bytes(member, bytes);
                bytes.push(';');
            }
            bytes.push(close);
        }
        _ => bytes.push('?'),
    }
}

/// A number with ten digits, as Go's `%.10g` writes it: `1e+10`, `1e-07`, `0.0001`, `12`.
fn ten_digits(number: &Num) -> String {
    let written = format!("{:.9e}", number.to_f64());
    let Some((mantissa, exponent)) = written.split_once('e') else { return written };
    let Ok(power) = exponent.parse::<i32>() else { return written };
    if let Ok(decimals) = usize::try_from(9 - power)
        && power >= -4
    {
        let plain = format!("{:.decimals$}", number.to_f64());
        let trimmed = if decimals > 0 { plain.trim_end_matches('0').trim_end_matches('.') } else { &plain };
        return trimmed.to_owned();
    }
    let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
    format!("{mantissa}e{}{:02}", if power < 0 { '-' } else { '+' }, power.abs())
}

/// A type as messages name it.
pub fn friendly(ty: &Ty) -> String {
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

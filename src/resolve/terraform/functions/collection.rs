//! `coalesce coalescelist contains element index keys length lookup map list matchkeys merge one transpose values
//! zipmap`.

use std::collections::BTreeMap;
use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use super::call::{Accepts, Answer, Call, Function, Returns, Stop};
use super::call::{any, fault, fixed, list_of, nullable, number, of, string, variadic, why, why_inside};
use crate::resolve::terraform::convert::{self as coerce, friendly};
use crate::resolve::terraform::number::Num;
use crate::resolve::terraform::types::Ty;
use crate::resolve::terraform::val::{Data, Val};
use crate::value::{Part, Symbol, Truth};

pub(super) const FUNCTIONS: &[Function] = &[
    variadic("coalesce", &[], nullable("vals"), Returns::Present, coalesce),
    variadic("coalescelist", &[], nullable("vals"), Returns::Present, coalescelist),
    fixed("contains", &[any("list"), any("value")], Returns::Bool, contains),
    fixed("element", &[any("list"), number("index")], Returns::Any, element),
    fixed("index", &[any("list"), any("value")], Returns::Number, index),
    fixed("keys", &[any("inputMap")], Returns::Present, keys),
    fixed("length", &[any("value")], Returns::Number, length),
    variadic("list", &[], nullable("vals"), Returns::Any, |_| {
        Err("the \"list\" function was deprecated in Terraform v0.12 and is no longer available; use tolist([ ... ])"
            .into())
    }),
    variadic("lookup", &[any("inputMap"), string("key")], nullable("default"), Returns::Any, lookup),
    variadic("map", &[], nullable("vals"), Returns::Any, |_| {
        Err("the \"map\" function was deprecated in Terraform v0.12 and is no longer available; use tomap({ ... })"
            .into())
    }),
    fixed(
        "matchkeys",
        &[of("values", Accepts::List), of("keys", Accepts::List), of("searchset", Accepts::List)],
        Returns::Present,
        matchkeys,
    ),
    variadic("merge", &[], nullable("maps"), Returns::Present, merge),
    fixed("one", &[any("list")], Returns::Any, one),
    fixed("transpose", &[of("values", Accepts::StringLists)], Returns::StringLists, transpose),
    fixed("values", &[any("mapping")], Returns::Present, values),
    fixed("zipmap", &[of("keys", Accepts::Strings), any("values")], Returns::Present, zipmap),
];

/// Whether a symbol or text is neither null nor empty whatever it stands for.
pub(super) fn is_not_empty(value: &Val) -> bool {
    match &value.data {
        Data::Symbol(Symbol::Attribute { .. } | Symbol::Ref(_)) => true,
        Data::Text(parts) => parts.iter().any(|part| match part {
            Part::Literal(text) => !text.is_empty(),
            Part::Symbol(symbol) => !matches!(symbol, Symbol::Input { .. }),
            Part::Unknown(_) => false,
        }),
        _ => false,
    }
}

fn coalesce(call: &Call<'_>) -> Answer {
    let types: Vec<Ty> = call.args.iter().map(|value| value.ty.clone()).collect();
    let ty = if types.is_empty() { None } else { coerce::unify(&types) };
    let ty = ty.ok_or("all arguments must have the same type")?;
    for (index, value) in call.args.iter().enumerate() {
        let value = coerce::convert(value, &ty).map_err(|why| fault(index, why))?;
        match &value.data {
            Data::Null => continue,
            Data::String(text) if text.is_empty() && ty == Ty::String => continue,
            Data::Unknown { not_null: true, .. } if !matches!(ty, Ty::String | Ty::Dynamic) => return Ok(value),
            Data::Unknown { why, .. } => return Ok(call.unknown(why.clone(), ty)),
            Data::Symbol(_) | Data::Text(_) if !is_not_empty(&value) => {
                return Err(why(&value).map_or_else(|| "unknown argument".into(), Stop::Unknown));
            }
            _ => return Ok(value),
        }
    }
    Err("no non-null, non-empty-string arguments".into())
}

fn coalescelist(call: &Call<'_>) -> Answer {
    if call.args.is_empty() {
        return Err("at least one argument is required".into());
    }
    for value in &call.args {
        let listed = matches!(value.ty, Ty::List(_) | Ty::Tuple(_));
        let untyped = value.ty == Ty::Dynamic && why(value).is_some();
        if !listed && !untyped {
            return Err("coalescelist arguments must be lists or tuples".into());
        }
    }
    for (index, value) in call.args.iter().enumerate() {
        match &value.data {
            Data::Null => {}
            Data::Sequence(elements) if elements.is_empty() => {}
            Data::Sequence(_) => return Ok(value.clone()),
            _ => return Err(call.stop(index)),
        }
    }
    Err("no non-null arguments".into())
}

fn contains(call: &Call<'_>) -> Answer {
    let (list, wanted) = (call.arg(0)?, call.arg(1)?);
    if !matches!(list.ty, Ty::List(_) | Ty::Set(_) | Ty::Tuple(_)) && why(list).is_none() {
        return Err("argument must be list, tuple, or set".into());
    }
    let found = call.elements(0)?.iter().fold(Truth::False, |found, element| found.or(coerce::equal(element, wanted)));
    match found {
        Truth::True => Ok(call.bool(true)),
        Truth::False => Ok(call.bool(false)),
        Truth::Unknown(why) => Err(why.into()),
    }
}

fn element(call: &Call<'_>) -> Answer {
    let list = call.arg(0)?;
    if !matches!(list.ty, Ty::List(_) | Ty::Tuple(_)) && why(list).is_none() {
        return Err(format!("cannot read elements from {}", friendly(&list.ty)).into());
    }
    let elements = call.elements(0)?;
    let Ok(length) = i64::try_from(elements.len()) else { return Err("invalid index".into()) };
    if length == 0 {
        return Err("cannot use element function with an empty list".into());
    }
    let index = call.int(1)?.rem_euclid(length);
    let found = usize::try_from(index).ok().and_then(|index| elements.get(index));
    found.cloned().ok_or_else(|| "invalid index".into())
}

fn index(call: &Call<'_>) -> Answer {
    let (list, wanted) = (call.arg(0)?, call.arg(1)?);
    if !matches!(list.ty, Ty::List(_) | Ty::Tuple(_)) && why(list).is_none() {
        return Err("argument must be a list or tuple".into());
    }
    let elements = call.elements(0)?;
    if elements.is_empty() {
        return Err("cannot search an empty list".into());
    }
    for (at, element) in elements.iter().enumerate() {
        match coerce::equal(element, wanted) {
            Truth::True => return Ok(call.number(Num::from_usize(at))),
            Truth::False => {}
            Truth::Unknown(why) => return Err(why.into()),
        }
    }
    Err("item not found".into())
}

fn keys(call: &Call<'_>) -> Answer {
    let value = call.arg(0)?;
    match (&value.data, &value.ty) {
        (Data::Mapping(members), Ty::Map(_)) => Ok(call.strings(members.keys().map(|key| &**key))),
        (Data::Mapping(members), _) => Ok(call.tuple(members.keys().map(|key| call.string(key)).collect())),
        // The names are known by the type even where the value is not.
        (_, Ty::Object(types)) => Ok(call.tuple(types.keys().map(|key| call.string(key)).collect())),
        _ if why(value).is_some() => Err(call.stop(0)),
        _ => Err(fault(0, "must have map or object type")),
    }
}

fn values(call: &Call<'_>) -> Answer {
    let value = call.arg(0)?;
    match (&value.data, &value.ty) {
        (Data::Mapping(members), Ty::Map(ty)) => Ok(call.list(members.values().cloned().collect(), (**ty).clone())),
        (Data::Mapping(members), _) => Ok(call.tuple(members.values().cloned().collect())),
        _ if why(value).is_some() => Err(call.stop(0)),
        _ => Err("values() requires a map as the first argument".into()),
    }
}

fn length(call: &Call<'_>) -> Answer {
    let value = call.arg(0)?;
    let count = match (&value.data, &value.ty) {
        (Data::String(text), _) => text.graphemes(true).count(),
        (Data::Sequence(elements), Ty::Set(_)) => {
            // What is not known yet may turn out to be equal to another element.
            let open = elements.iter().find(|element| matches!(element.data, Data::Unknown { .. }));
            match open.filter(|_| elements.len() > 1).and_then(why) {
                Some(why) => return Err(why.into()),
                None => elements.len(),
            }
        }
        (Data::Sequence(elements), _) => elements.len(),
        (Data::Mapping(members), _) => members.len(),
        (_, Ty::Tuple(types)) => types.len(),
        (_, Ty::Object(types)) => types.len(),
        (_, Ty::Bool | Ty::Number) => {
            return Err("argument must be a string, a collection type, or a structural type".into());
        }
        _ => return Err(call.stop(0)),
    };
    Ok(call.number(Num::from_usize(count)))
}

fn lookup(call: &Call<'_>) -> Answer {
    if call.args.len() > 3 {
        return Err(format!("lookup() takes two or three arguments, got {}", call.args.len()).into());
    }
    let (map, default) = (call.arg(0)?, call.args.get(2));
    let default = match (&map.ty, default) {
        (Ty::Map(ty), Some(default)) => Some(
            coerce::convert(default, ty)
                .map_err(|_| fault(2, "the default value must have the same type as the map elements"))?,
        ),
        (Ty::Map(_) | Ty::Object(_), default) => default.cloned(),
        _ if why(map).is_some() => return Err(call.stop(0)),
        _ => return Err(fault(0, "lookup() requires a map as the first argument")),
    };
    let members = call.members(0)?;
    let key = call.str(1)?;
    match (members.get(key), default, &map.ty) {
        (Some(member), _, _) => Ok(member.clone()),
        (None, Some(default), _) => Ok(default),
        (None, None, Ty::Object(_)) => Err(fault(0, format!("the given object has no attribute {key:?}"))),
        (None, None, _) => Err(format!("lookup failed to find key {key:?}").into()),
    }
}

fn matchkeys(call: &Call<'_>) -> Answer {
    let types = [call.arg(1)?.ty.clone(), call.arg(2)?.ty.clone()];
    let ty = coerce::unify(&types).ok_or("keys and searchset must be of the same type")?;
    let (values, keys, wanted) = (call.elements(0)?, call.elements(1)?, call.elements(2)?);
    if values.len() != keys.len() {
        return Err("length of keys and values should be equal".into());
    }
    let element = match &ty {
        Ty::List(element) => (**element).clone(),
        _ => Ty::Dynamic,
    };
    let converted = |list: &[Val]| -> Result<Vec<Val>, Stop> {
        list.iter().map(|value| coerce::convert(value, &element).map_err(Stop::from)).collect()
    };
    let (keys, wanted) = (converted(keys)?, converted(wanted)?);
    let mut matched = Vec::new();
    for (value, key) in values.iter().zip(&keys) {
        match wanted.iter().fold(Truth::False, |found, wanted| found.or(coerce::equal(key, wanted))) {
            Truth::True => matched.push(value.clone()),
            Truth::False => {}
            Truth::Unknown(why) => return Err(why.into()),
        }
    }
    Ok(call.make(Data::Sequence(matched.into()), call.arg(0)?.ty.clone()))
}

fn merge(call: &Call<'_>) -> Answer {
    for value in &call.args {
        let untyped = value.ty == Ty::Dynamic && (why(value).is_some() || matches!(value.data, Data::Null));
        if !untyped && !matches!(value.ty, Ty::Map(_) | Ty::Object(_)) {
            return Err(format!("arguments must be maps or objects, got {:?}", friendly(&value.ty)).into());
        }
    }
    let mut merged = BTreeMap::new();
    for index in 0..call.args.len() {
        for (key, value) in call.members(index)? {
            merged.insert(Arc::clone(key), value.clone());
        }
    }
    // Null objects count as empty ones, null maps as maps.
    let type_of = |value: &Val| match (&value.data, &value.ty) {
        (Data::Null, Ty::Object(_)) => Ty::Object(Arc::default()),
        (_, ty) => ty.clone(),
    };
    let first = call.args.first().map(type_of);
    match first {
        Some(ty @ Ty::Map(_)) if call.args.iter().all(|value| type_of(value) == ty) => {
            Ok(call.make(Data::Mapping(Arc::new(merged)), ty))
        }
        _ => Ok(call.object(merged)),
    }
}

fn one(call: &Call<'_>) -> Answer {
    let value = call.arg(0)?;
    let wrong = || fault(0, "must be a list, set, or tuple value with either zero or one elements");
    let element = match &value.ty {
        Ty::List(element) | Ty::Set(element) => (**element).clone(),
        Ty::Tuple(types) if types.len() > 1 => return Err(wrong()),
        Ty::Tuple(_) => Ty::Dynamic,
        _ if why(value).is_some() => return Err(call.stop(0)),
        _ => return Err(wrong()),
    };
    match (call.elements(0)?, &value.data) {
        ([], _) => Ok(call.null(element)),
        ([only], _) => Ok(only.clone()),
        (several, _) => match several.iter().find_map(why_inside) {
            // Elements of a set may turn out to be the same.
            Some(why) if matches!(value.ty, Ty::Set(_)) => Err(why.into()),
            _ => Err(wrong()),
        },
    }
}

fn transpose(call: &Call<'_>) -> Answer {
    let mut swapped: BTreeMap<Arc<str>, Vec<&str>> = BTreeMap::new();
    for (key, list) in call.members(0)? {
        let elements = match &list.data {
            Data::Sequence(elements) => elements,
            Data::Null => return Err("input must not contain null list".into()),
            _ => return Err(why(list).map_or_else(|| "unknown list".into(), Stop::Unknown)),
        };
        for element in elements.iter() {
            match &element.data {
                Data::String(text) => swapped.entry(Arc::clone(text)).or_default().push(key),
                Data::Null => return Err("input list must not contain null string".into()),
                _ => return Err(why(element).map_or_else(|| "unknown string".into(), Stop::Unknown)),
            }
        }
    }
    let members = swapped.into_iter().map(|(key, mut names)| {
        names.sort_unstable();
        (key, call.strings(names))
    });
    Ok(call.map(members.collect(), list_of(Ty::String)))
}

fn zipmap(call: &Call<'_>) -> Answer {
    let source = call.arg(1)?;
    if !matches!(source.ty, Ty::List(_) | Ty::Tuple(_)) && why(source).is_none() {
        return Err("values argument must be a list or tuple value".into());
    }
    let (keys, values) = (call.elements(0)?, call.elements(1)?);
    if keys.len() != values.len() {
        let (keys, values) = (keys.len(), values.len());
        return Err(format!("number of keys ({keys}) does not match number of values ({values})").into());
    }
    let mut members = BTreeMap::new();
    for (at, (key, value)) in keys.iter().zip(values).enumerate() {
        match &key.data {
            Data::String(text) => members.insert(Arc::clone(text), value.clone()),
            Data::Null => return Err(format!("keys list has null value at index {at}").into()),
            _ => return Err(why(key).map_or_else(|| "unknown key".into(), Stop::Unknown)),
        };
    }
    match &source.ty {
        Ty::List(element) => Ok(call.map(members, (**element).clone())),
        _ => Ok(call.object(members)),
    }
}

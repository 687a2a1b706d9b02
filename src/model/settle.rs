//! Settling: turning open inputs into their values where an answer hangs on them, and only there.

use std::sync::Arc;

use super::answer::property;
use super::schema::Answer;
use crate::value::{
    Entry, InputId, InputKind, InputState, Kind, Origin, Part, Symbol, Test, Unknown, UnknownKind, Value, World,
};

/// The value with every input that appears in it settled (defaults and finite domains are branched over).
pub(super) fn settled(value: &Value, world: &mut World<'_>) -> Value {
    if !has_input(value) {
        return value.clone();
    }
    let mut tried = Vec::new();
    while let Some(id) = open_input(value, &tried, world) {
        settle(id, world);
        tried.push(id);
    }
    substituted(value, world)
}

/// Judges a value that may have open inputs in it. Where the judgement is undecided, the inputs are settled one by one,
/// so that only what hangs on an input is told apart by it.
pub(super) fn judge<T>(
    value: &Value,
    world: &mut World<'_>,
    mut judge: impl FnMut(&Value, &mut World<'_>) -> T,
    undecided: impl Fn(&T) -> bool,
) -> T {
    if !has_input(value) {
        return judge(value, world);
    }
    let mut tried = Vec::new();
    let mut current = substituted(value, world);
    loop {
        let verdict = judge(&current, world);
        if !undecided(&verdict) {
            return verdict;
        }
        let Some(id) = open_input(&current, &tried, world) else { return verdict };
        settle(id, world);
        tried.push(id);
        current = substituted(&current, world);
    }
}

/// Settles an input over its default or its finite domain; whether that makes it known. One that must be given a value,
/// any value, is left open: to try the empty string on it would tell of a defect that the code does not have.
pub(super) fn settle(id: InputId, world: &mut World<'_>) -> bool {
    if matches!(world.state(id), InputState::Known(_)) {
        return true;
    }
    let decidable = world.inputs().get(id).is_some_and(|input| input.default.is_some() || input.allowed.is_some());
    decidable && world.settle(id).is_some()
}

/// A number as the value of an attribute. An input that may be any number is told apart from its default alone: to judge
/// a number that nobody wrote would tell of a defect that the code does not have.
pub(super) fn number(value: &Value, world: &mut World<'_>) -> Answer {
    let mut tried = Vec::new();
    while let Some(id) = open_input(value, &tried, world) {
        let input = world.inputs().get(id);
        match input.and_then(|input| input.default.clone()) {
            _ if input.is_some_and(|input| input.allowed.is_some()) => _ = world.settle(id),
            Some(default) => _ = world.decide(&Test::Equals(id, default)),
            None => {}
        }
        tried.push(id);
    }
    let value = substituted(value, world);
    match value.as_number() {
        // Both languages take "7" for 7; compared as texts, "7" would come behind "12".
        Some(number) => Answer::Value(Value { kind: Kind::Number(number.to_string().into()), ..value }),
        None if value.first_unknown().is_some() => Answer::Unknown(why_unknown(&value, world), value.origin),
        None => property(value),
    }
}

/// Why a value is not known, ending the sentence "can't tell, because ...".
pub(super) fn why_unknown(value: &Value, world: &World<'_>) -> Unknown {
    if let Some(id) = open_input(value, &[], world) {
        return world.why_open(id);
    }
    value.first_unknown().unwrap_or_else(|| {
        let shown = value.marked().unwrap_or_else(|| "this value".to_owned());
        Unknown::new(UnknownKind::Provider, format!("{shown} is known only when the code is deployed"))
    })
}

/// The first open input in a value that is not a fact of the deployment and that was not tried yet.
fn open_input(value: &Value, tried: &[InputId], world: &World<'_>) -> Option<InputId> {
    let of_symbol = |symbol: &Symbol| match symbol {
        Symbol::Input { id, kind, .. }
            if !matches!(kind, InputKind::Pseudo(_))
                && !tried.contains(id)
                && matches!(world.state(*id), InputState::Open { .. }) =>
        {
            Some(*id)
        }
        _ => None,
    };
    match &value.kind {
        Kind::Symbol(symbol) => of_symbol(symbol),
        Kind::Text(parts) => parts.iter().find_map(|part| match part {
            Part::Symbol(symbol) => of_symbol(symbol),
            _ => None,
        }),
        Kind::List(items) => items.iter().find_map(|item| open_input(item, tried, world)),
        Kind::Map(entries) => entries.iter().find_map(|entry| open_input(&entry.value, tried, world)),
        _ => None,
    }
}

/// Whether an input stands somewhere in a value.
fn has_input(value: &Value) -> bool {
    let is_input = |part: &Part| matches!(part, Part::Symbol(Symbol::Input { .. }));
    match &value.kind {
        Kind::Symbol(Symbol::Input { .. }) => true,
        Kind::Text(parts) => parts.iter().any(is_input),
        Kind::List(items) => items.iter().any(has_input),
        Kind::Map(entries) => entries.iter().any(|entry| has_input(&entry.value)),
        _ => false,
    }
}

/// The value with every input that this world knows replaced by what it is.
pub(super) fn substituted(value: &Value, world: &World<'_>) -> Value {
    match &value.kind {
        Kind::Symbol(Symbol::Input { id, name, .. }) => match world.state(*id) {
            InputState::Known(json) => {
                let input = world.inputs().get(*id);
                // A variable that must be given a value is given one: its null is no decision of the code.
                if json.is_null() && input.is_some_and(|input| input.default.is_none() && input.pinned.is_none()) {
                    return Value::new(Kind::Unknown(world.why_open(*id)), value.origin.clone());
                }
                let by_default = input.filter(|input| input.pinned.is_none() && input.default.as_ref() == Some(&json));
                let span = match by_default {
                    Some(input) => input.default_span,
                    None => input.and_then(|input| input.allowed_span),
                };
                let origin = match (span, value.origin.span) {
                    // Where the input is declared is no place where it is used.
                    (Some(span), used) if used.is_some() && used == input.and_then(|input| input.span) => {
                        value.origin.with_span(span)
                    }
                    (Some(span), Some(used)) if span != used => {
                        value.origin.with_span(span).via(used, format!("{name} is used here"))
                    }
                    _ => value.origin.clone(),
                };
                match json.as_str().filter(|_| input.is_some_and(|input| input.list)) {
                    Some(text) => {
                        let items = text.split(',').map(|item| Value::string(item.trim(), origin.clone()));
                        Value::new(Kind::List(items.collect()), origin.clone())
                    }
                    None => Value::from_json(&json, &origin),
                }
            }
            InputState::Open { .. } => value.clone(),
        },
        Kind::Text(parts) => {
            let parts: Vec<Part> = parts.iter().map(|part| known_part(part, world)).collect();
            Value::text(parts, value.origin.clone())
        }
        Kind::List(items) => {
            let items = items.iter().map(|item| substituted(item, world)).collect();
            Value::new(Kind::List(items), value.origin.clone())
        }
        Kind::Map(entries) => {
            let entry = |entry: &Entry| Entry { value: substituted(&entry.value, world), ..entry.clone() };
            Value::new(Kind::Map(entries.iter().map(entry).collect()), value.origin.clone())
        }
        _ => value.clone(),
    }
}

fn known_part(part: &Part, world: &World<'_>) -> Part {
    if let Part::Symbol(Symbol::Input { id, .. }) = part
        && let InputState::Known(json) = world.state(*id)
    {
        let literal = Value::from_json(&json, &Origin::default());
        if let Some([Part::Literal(text)]) = literal.parts().as_deref() {
            return Part::Literal(Arc::clone(text));
        }
        if json.is_null() {
            return Part::Literal("".into());
        }
    }
    part.clone()
}

//! Settling: turning open inputs into their values where an answer hangs on them, and only there.

use std::sync::Arc;

use super::answer::property;
use super::schema::Answer;
use crate::value::{
    self, Alternative, Entry, InputId, InputKind, InputState, Kind, Origin, Part, Symbol, Test, Unknown, UnknownKind,
    Value, World,
};

/// The value with every input that appears in it settled (defaults and finite domains are branched over).
pub(super) fn settled(value: &Value, world: &mut World<'_>) -> Value {
    if !is_open(value) {
        return value.clone();
    }
    let value = &chosen(value, world);
    let mut tried = Vec::new();
    while let Some(id) = open_input(value, &tried, world) {
        settle(id, world);
        tried.push(id);
    }
    substituted(value, world)
}

/// The value with every part of it that hangs on conditions decided.
pub(super) fn chosen(value: &Value, world: &mut World<'_>) -> Value {
    let mut value = value.clone();
    while let Some((test, _)) = choices(&value).into_iter().find_map(|choice| first_test(choice, world)) {
        world.decide(&test);
        value = substituted(&value, world);
    }
    value
}

/// Whether what stands under a choice is there in this world.
pub(super) fn is_chosen(choice: &[Alternative], which: usize, world: &mut World<'_>) -> bool {
    let Some(wanted) = choice.get(which) else { return false };
    loop {
        // Facts are asked one by one: the first that does not hold ends it.
        let Some(fact) = wanted.facts.iter().find(|fact| world.entailed(&fact.test) != Some(fact.holds)) else {
            return true;
        };
        if world.decide(&fact.test) != fact.holds {
            return false;
        }
    }
}

/// Judges a value that may have open inputs in it. Where the judgement is undecided, the inputs are settled one by one,
/// so that only what hangs on an input is told apart by it.
pub(super) fn judge<T>(
    value: &Value,
    world: &mut World<'_>,
    mut judge: impl FnMut(&Value, &mut World<'_>) -> T,
    undecided: impl Fn(&T) -> bool,
) -> T {
    if !is_open(value) {
        return judge(value, world);
    }
    let mut tried = Vec::new();
    let mut current = substituted(value, world);
    loop {
        let verdict = judge(&current, world);
        if !undecided(&verdict) {
            return verdict;
        }
        if let Some(test) = telling(&current, world, &mut judge, &undecided) {
            world.decide(&test);
            current = substituted(&current, world);
            continue;
        }
        let Some(id) = open_input(&current, &tried, world) else { return verdict };
        settle(id, world);
        tried.push(id);
        current = substituted(&current, world);
    }
}

/// Most choices of which is tried whether they decide.
const MAX_TRIED: usize = 64;

/// The test that is asked next about a value with choices in it: one of a choice that decides alone, by one of its
/// alternatives, whatever the others are; else the first.
fn telling<T>(
    value: &Value,
    world: &mut World<'_>,
    judge: &mut impl FnMut(&Value, &mut World<'_>) -> T,
    undecided: &impl Fn(&T) -> bool,
) -> Option<Test> {
    let open: Vec<(usize, Test)> = choices(value)
        .into_iter()
        .enumerate()
        .filter_map(|(at, choice)| Some((at, first_test(choice, world)?.0)))
        .collect();
    let decides = open.iter().take(MAX_TRIED).find(|(at, _)| {
        let alternatives = choices(value).get(*at).map_or(0, |choice| choice.len());
        (0..alternatives).any(|which| !undecided(&judge(&with(value, *at, which), world)))
    });
    decides.or(open.first()).map(|(_, test)| test.clone())
}

/// The choices in a value, in written order.
fn choices(value: &Value) -> Vec<&[Alternative]> {
    match &value.kind {
        Kind::Choice(alternatives) => vec![alternatives],
        Kind::List(items) => items.iter().flat_map(choices).collect(),
        Kind::Map(entries) => entries.iter().flat_map(|entry| choices(&entry.value)).collect(),
        _ => Vec::new(),
    }
}

/// What must be asked to tell the alternatives apart, and how many there are.
fn first_test(choice: &[Alternative], world: &World<'_>) -> Option<(Test, usize)> {
    let (left, test) = value::left(choice, world);
    Some((test?, left.len()))
}

/// The value with one of its choices made.
fn with(value: &Value, choice: usize, which: usize) -> Value {
    fn made(value: &Value, left: &mut usize, which: usize) -> Vec<Value> {
        let kind = match &value.kind {
            Kind::Choice(alternatives) => {
                let is_it = *left == 0;
                *left = left.wrapping_sub(1);
                if is_it && let Some(chosen) = alternatives.get(which) {
                    return chosen.items.clone();
                }
                return vec![value.clone()];
            }
            Kind::List(items) => Kind::List(items.iter().flat_map(|item| made(item, left, which)).collect()),
            Kind::Map(entries) => {
                let one = |entry: &Entry| {
                    let value = made(&entry.value, left, which).pop().unwrap_or_else(Value::omitted);
                    Entry { value, ..entry.clone() }
                };
                Kind::Map(entries.iter().map(one).collect())
            }
            _ => return vec![value.clone()],
        };
        vec![Value::new(kind, value.origin.clone())]
    }
    made(value, &mut choice.clone(), which).pop().unwrap_or_else(Value::omitted)
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

/// Whether no open input stands in a value that could be settled, in what is open of it neither.
pub(super) fn is_settled(value: &Value, world: &World<'_>) -> bool {
    let within = choices(value).into_iter().flatten().flat_map(|alternative| &alternative.items);
    std::iter::once(value).chain(within).all(|value| open_input(value, &[], world).is_none())
}

/// Whether an input, or a choice, stands somewhere in a value.
fn is_open(value: &Value) -> bool {
    let is_input = |part: &Part| matches!(part, Part::Symbol(Symbol::Input { .. }));
    match &value.kind {
        Kind::Symbol(Symbol::Input { .. }) => true,
        Kind::Text(parts) => parts.iter().any(is_input),
        Kind::List(items) => items.iter().any(is_open),
        Kind::Map(entries) => entries.iter().any(|entry| is_open(&entry.value)),
        Kind::Choice(_) => true,
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
            let items = items.iter().flat_map(|item| match &item.kind {
                Kind::Choice(alternatives) => {
                    let left = Value::choice(value::left(alternatives, world).0, item).into_iter();
                    left.map(|item| if let Kind::Choice(_) = item.kind { item } else { substituted(&item, world) })
                        .collect()
                }
                _ => vec![substituted(item, world)],
            });
            Value::new(Kind::List(items.collect()), value.origin.clone())
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

//! What a unit says of its vaults, in every world: each fact explored by itself, so that unrelated conditions do not
//! multiply.

use std::collections::BTreeMap;

use crate::model::schema::{Answer, Object, class};
use crate::model::{BlockId, Stack};
use crate::value::{Guard, Mode, World, explore};

/// The values of one fact, each with the worlds in which it holds; `None` where it is the only one.
pub(super) type InWorlds<T> = Vec<(T, Option<String>)>;

/// Longest guard that is told.
const MAX_GUARD: usize = 160;

/// Reads a fact of every object of a class that a block declares: by address, in written order.
pub(super) fn of_block<T: Clone + PartialEq>(
    stack: &Stack<'_>,
    block: BlockId,
    class: &str,
    read: impl Fn(&Object, &mut World<'_>) -> T,
) -> BTreeMap<String, InWorlds<T>> {
    let unit = stack.evaluator;
    let tree = explore(unit.inputs(), Mode::Free, &|world| unit.possible(world), |world| {
        let objects = stack.objects_of(block, class, world);
        objects.iter().map(|object| (address(stack, object), read(object, world))).collect::<Vec<_>>()
    });
    let mut found: BTreeMap<String, Vec<(T, Vec<Guard>)>> = BTreeMap::new();
    for leaf in &tree.leaves {
        let guard = Guard::path(&leaf.facts, unit.inputs());
        for (address, fact) in &leaf.result {
            let known = found.entry(address.clone()).or_default();
            match known.iter_mut().find(|(other, _)| other == fact) {
                Some((_, guards)) => guards.push(guard.clone()),
                None => known.push((fact.clone(), vec![guard.clone()])),
            }
        }
    }
    found.into_iter().map(|(address, facts)| (address, told(facts))).collect()
}

fn told<T>(facts: Vec<(T, Vec<Guard>)>) -> InWorlds<T> {
    let only = facts.len() == 1;
    let when = |guards: Vec<Guard>| match Guard::any(guards) {
        _ if only => None,
        Guard::Always => None,
        guard => Some(guard.to_string()).map(|text| match text.chars().count() > MAX_GUARD {
            true => "some inputs are set so".to_owned(),
            false => text,
        }),
    };
    facts.into_iter().map(|(fact, guards)| (fact, when(guards))).collect()
}

/// One sentence for a fact: its values, each with its worlds.
pub(super) fn sentence(facts: &InWorlds<String>) -> String {
    let mut parts: Vec<String> = Vec::new();
    for (text, when) in facts.iter().filter(|(text, _)| !text.is_empty()) {
        let part = when.as_ref().map_or_else(|| text.clone(), |when| format!("{text} when {when}"));
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.join("; ")
}

/// The values of a fact without their worlds, where another fact tells these already.
pub(super) fn values(facts: &InWorlds<String>) -> String {
    let mut parts: Vec<&str> = facts.iter().map(|(text, _)| text.as_str()).filter(|text| !text.is_empty()).collect();
    parts.dedup();
    parts.join(" or ")
}

/// The address of the resource that an object is, or is part of.
pub(super) fn address(stack: &Stack<'_>, object: &Object) -> String {
    object.instance.as_ref().map_or_else(|| stack.evaluator.name().to_owned(), |instance| instance.address.to_string())
}

/// An attribute of an object, by the name that rules write.
pub(super) fn answer(stack: &Stack<'_>, object: &Object, name: &str, world: &mut World<'_>) -> Option<Answer> {
    let attribute = class(object.class)?.attributes.iter().find(|attribute| attribute.name == name)?;
    Some((attribute.get)(stack, object, world))
}

/// An attribute that is a thing.
pub(super) fn object(stack: &Stack<'_>, of: &Object, name: &str, world: &mut World<'_>) -> Option<Object> {
    match answer(stack, of, name, world)? {
        Answer::Object(object) => Some(object),
        _ => None,
    }
}

/// An attribute that is a list of things.
pub(super) fn objects(stack: &Stack<'_>, of: &Object, name: &str, world: &mut World<'_>) -> Vec<Object> {
    match answer(stack, of, name, world) {
        Some(Answer::Objects(objects, _)) => objects,
        _ => Vec::new(),
    }
}

/// An attribute as text; the reason where it can't be told; `None` where there is none.
pub(super) fn text(
    stack: &Stack<'_>,
    of: &Object,
    name: &str,
    world: &mut World<'_>,
) -> Option<Result<String, String>> {
    match answer(stack, of, name, world)? {
        Answer::Value(value) => match value.first_unknown().filter(|_| value.as_str().is_none()) {
            Some(why) if value.marked().is_none_or(|text| text.contains("⟦?⟧")) => {
                Some(Err(why.reason.to_string()))
            }
            _ => value.marked().map(Ok),
        },
        Answer::Unknown(why, _) => Some(Err(why.reason.to_string())),
        Answer::Object(_) | Answer::Objects(..) | Answer::Absent(_) => None,
    }
}

/// The same for people.
pub(super) fn words(text: Option<Result<String, String>>) -> String {
    match text {
        Some(Ok(text)) => text,
        Some(Err(why)) => format!("not known, because {why}"),
        None => String::new(),
    }
}

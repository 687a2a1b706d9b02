//! Nested blocks of a resource, `dynamic` ones unfolded, as lists of maps.

use std::sync::Arc;

use super::evaluate::{stopped, to_value};
use super::here::{Here, Iterator, number, string};
use super::module::attribute;
use super::repeat::settled;
use super::scope::Failure;
use super::types::Ty;
use super::val::{Data, Val};
use crate::read::hcl::ast::{Block, Body, ExprKind};
use crate::source::limits::{MAX_DEPTH, MAX_INSTANCES};
use crate::value::{Entry, Kind, Origin, UnknownKind, Value, World};

/// Whether a block is one of type `name`, or makes such blocks.
pub(super) fn makes(block: &Block, name: &str) -> bool {
    match (&*block.kind, block.labels.first()) {
        ("dynamic", Some(label)) => &*label.text == name,
        _ => &*block.kind == name,
    }
}

/// The types of nested blocks in a body, in written order, each once.
pub(super) fn types(body: &Body) -> Vec<Arc<str>> {
    let mut types: Vec<Arc<str>> = Vec::new();
    for block in &body.blocks {
        let name = match (&*block.kind, block.labels.first()) {
            ("dynamic", Some(label)) => &label.text,
            ("dynamic", None) => continue,
            _ => &block.kind,
        };
        if !types.contains(name) {
            types.push(Arc::clone(name));
        }
    }
    types
}

/// The blocks of type `name` in a body, as a list of maps; `None` where there is none.
pub(super) fn list(here: &Here<'_>, body: &Body, name: &str, world: &mut World<'_>, depth: usize) -> Option<Value> {
    let blocks: Vec<&Block> = body.blocks.iter().filter(|block| makes(block, name)).collect();
    let first = blocks.first()?;
    let origin = Origin::at(first.header);
    if depth > MAX_DEPTH {
        return Some(Value::unknown(UnknownKind::Limit, "blocks are nested too deeply", origin));
    }
    let items = blocks.into_iter().flat_map(|block| made(here, block, name, world, depth)).collect();
    Some(Value::new(Kind::List(items), origin))
}

/// The blocks of type `name` that one block is, or makes, as maps.
pub(super) fn made(here: &Here<'_>, block: &Block, name: &str, world: &mut World<'_>, depth: usize) -> Vec<Value> {
    if &*block.kind != "dynamic" {
        return vec![map(here, &block.body, Origin::at(block.header), world, depth)];
    }
    let mut items = Vec::new();
    if let Err(error) = unfold(here, block, name, &mut items, world, depth) {
        items.push(stopped(error, world));
    }
    items
}

/// The arguments and nested blocks of a body.
fn map(here: &Here<'_>, body: &Body, origin: Origin, world: &mut World<'_>, depth: usize) -> Value {
    let mut entries: Vec<Entry> = Vec::new();
    for written in &body.attributes {
        let value = match here.evaluate(&written.value, world) {
            Ok(value) => to_value(&value, world),
            Err(error) => stopped(error, world),
        };
        entries.push(Entry { key: Arc::clone(&written.name), key_span: Some(written.name_span), value });
    }
    for name in types(body) {
        if let Some(value) = list(here, body, &name, world, depth + 1) {
            entries.push(Entry { key: Arc::clone(&name), key_span: value.origin.span, value });
        }
    }
    Value::new(Kind::Map(entries), origin)
}

/// `dynamic "name" { for_each = ..., iterator = ..., content { ... } }`
fn unfold(
    here: &Here<'_>,
    block: &Block,
    name: &str,
    items: &mut Vec<Value>,
    world: &mut World<'_>,
    depth: usize,
) -> Result<(), Failure> {
    let content = block.body.blocks.iter().find(|inner| &*inner.kind == "content");
    let (Some(collection), Some(content)) = (attribute(&block.body, "for_each"), content) else {
        return super::here::failure(block.header, "a dynamic block needs `for_each` and `content`");
    };
    let iterator: Arc<str> = match attribute(&block.body, "iterator").map(|iterator| &iterator.value.kind) {
        Some(ExprKind::Variable(name) | ExprKind::String(name)) => Arc::clone(name),
        _ => name.into(),
    };
    let collection = settled(&collection.value, here, world)?;
    let origin = collection.origin.clone();
    let elements: Vec<(Val, Val)> = match (&collection.data, &collection.ty) {
        (Data::Mapping(members), _) => {
            members.iter().map(|(key, value)| (string(key, value.origin.beside()), value.clone())).collect()
        }
        (Data::Sequence(elements), Ty::Set(_)) => elements.iter().map(|value| (value.clone(), value.clone())).collect(),
        (Data::Sequence(elements), _) => elements
            .iter()
            .enumerate()
            .map(|(at, value)| (number(at as u64, value.origin.beside()), value.clone()))
            .collect(),
        (Data::Input(id, _), _) => {
            items.push(Value::new(Kind::Unknown(world.why_open(*id)), origin));
            return Ok(());
        }
        _ => match collection.why() {
            Some(why) => {
                items.push(Value::new(Kind::Unknown(why), origin));
                return Ok(());
            }
            None => return super::here::failure(block.header, "`for_each` of a dynamic block must be a collection"),
        },
    };
    if elements.len() > MAX_INSTANCES {
        items.push(Value::unknown(UnknownKind::Limit, "there are too many blocks to look at", origin));
        return Ok(());
    }
    for (key, value) in elements {
        let iterator = Iterator { name: Arc::clone(&iterator), key, value, outer: here.iterators };
        let inside = Here {
            configuration: here.configuration,
            place: here.place.clone(),
            owner: here.owner.clone(),
            iterators: Some(&iterator),
            frame: here.frame,
        };
        items.push(map(
            &inside,
            &content.body,
            Origin::at(content.header).via(block.header, "made by this block"),
            world,
            depth,
        ));
    }
    Ok(())
}

//! A configuration as an evaluator: what the model asks.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::configuration::{Configuration, Place, Slot};
use super::evaluate::{stopped, to_value};
use super::property;
use super::tree::Child;
use crate::model::evaluator::{Block, BlockId, Evaluator, Instance, Key, Language};
use crate::source::Span;
use crate::source::limits::MAX_INSTANCES;
use crate::value::{Inputs, Value, World};

impl Evaluator for Configuration {
    fn language(&self) -> Language {
        Language::Terraform
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    fn is_library(&self) -> bool {
        self.library
    }

    fn covers(&self) -> Vec<String> {
        self.called.clone()
    }

    fn written(&self, span: Span) -> Option<String> {
        let source = self.files.sources().get(span.source);
        source.text().get(span.start as usize..span.end as usize).map(str::to_owned)
    }

    fn possible(&self, world: &mut World<'_>) -> bool {
        self.accepts(world)
    }

    fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    fn reads(&self, from: BlockId) -> Option<Arc<BTreeSet<BlockId>>> {
        self.reached(from)
    }

    fn instances(&self, block: BlockId, world: &mut World<'_>) -> Vec<Instance> {
        let Some(&(node, index)) = self.places.get(block.0 as usize) else { return Vec::new() };
        let mut instances = Vec::new();
        for place in self.places_of(node, world) {
            for key in self.resource_keys(&place, index, world) {
                if instances.len() >= MAX_INSTANCES {
                    return instances;
                }
                instances.push(self.instance(block, &place, index, key));
            }
        }
        instances
    }

    fn is_error(&self, block: BlockId, world: &mut World<'_>) -> bool {
        let Some(&(node, index)) = self.places.get(block.0 as usize) else { return false };
        self.is_call_error(node, world)
            || self.places_of(node, world).iter().any(|place| {
                self.repeat(place, Slot::ResourceInstances(index), self.somewhere(place), None, world).is_err()
            })
    }

    fn property(&self, instance: &Instance, name: &str, world: &mut World<'_>) -> Value {
        let Some(&(node, index)) = self.places.get(instance.block.0 as usize) else { return Value::omitted() };
        let place = Place { node, path: Arc::clone(&instance.path) };
        self.read_property(&place, index, &instance.key, name, world)
    }

    fn document(&self, instance: &Instance, name: &str, world: &mut World<'_>) -> Value {
        let open = self.places.get(instance.block.0 as usize).and_then(|&(node, index)| {
            let place = Place { node, path: Arc::clone(&instance.path) };
            self.open_policy(&place, index, &instance.key, name, world)
        });
        open.unwrap_or_else(|| self.property(instance, name, world))
    }

    fn property_names(&self, block: BlockId) -> Vec<Arc<str>> {
        let resource = self
            .places
            .get(block.0 as usize)
            .and_then(|&(node, index)| self.nodes.get(node)?.module.resources.get(index));
        resource.map_or_else(Vec::new, property::property_names)
    }

    fn find(&self, address: &str, world: &mut World<'_>) -> Option<Instance> {
        let (place, rest) = self.place_at(address, world)?;
        let (data, rest) = match rest.strip_prefix("data.") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let (kind, rest) = rest.split_once('.')?;
        let (name, key) = name_and_key(rest)?;
        let index = self.module(&place).resource(data, kind, name)?;
        let id = self.block_at(place.node, index)?;
        let keys = self.resource_keys(&place, index, world);
        let key = if keys.contains(&key) {
            key
        } else {
            // A key that is not known to exist may be the instance that stands for all.
            keys.into_iter()
                .find(|known| *known == Key::Any || (*known == Key::Index(0) && self.is_open(&place, index, world)))?
        };
        Some(self.instance(id, &place, index, key))
    }

    fn named_values(&self) -> Vec<Arc<str>> {
        let Some(root) = self.nodes.first() else { return Vec::new() };
        let locals = root.module.locals.keys().map(|name| format!("local.{name}"));
        let outputs = root.module.outputs.keys().map(|name| format!("output.{name}"));
        locals.chain(outputs).map(Arc::from).collect()
    }

    fn named_value(&self, name: &str, world: &mut World<'_>) -> Value {
        let root = Place::root();
        let span = self.somewhere(&root);
        let value = match name.split_once('.') {
            Some(("local", name)) => self.local(&root, name, &[], span, None, world).map(|(value, _)| value),
            Some(("output", name)) => self.output(&root, name, span, None, world),
            _ => return Value::omitted(),
        };
        match value {
            Ok(value) => {
                let value = to_value(&value, world);
                self.with_documents(value, None, world)
            }
            Err(error) => stopped(error, world),
        }
    }
}

impl Configuration {
    fn instance(&self, block: BlockId, place: &Place, index: usize, key: Key) -> Instance {
        let address = self.address(place, index, &key);
        Instance { block, path: Arc::clone(&place.path), key, address }
    }

    /// The instances of a node's module.
    pub(super) fn places_of(&self, node: usize, world: &mut World<'_>) -> Vec<Place> {
        let Some((outer, call)) = self.nodes.get(node).and_then(|node| node.parent) else { return vec![Place::root()] };
        let mut places = Vec::new();
        for place in self.places_of(outer, world) {
            let keys = match self.repeat(&place, Slot::CallInstances(call), self.somewhere(&place), None, world) {
                Ok(repeat) => repeat.keys(),
                Err(error) => {
                    stopped(error, world);
                    vec![Key::Any]
                }
            };
            for key in keys {
                if places.len() >= MAX_INSTANCES {
                    return places;
                }
                places.push(place.inside(node, key));
            }
        }
        places
    }

    /// Whether the instances of a call on the way to a node are an error.
    fn is_call_error(&self, node: usize, world: &mut World<'_>) -> bool {
        let Some((outer, call)) = self.nodes.get(node).and_then(|node| node.parent) else { return false };
        self.is_call_error(outer, world)
            || self
                .places_of(outer, world)
                .iter()
                .any(|place| self.repeat(place, Slot::CallInstances(call), self.somewhere(place), None, world).is_err())
    }

    pub(super) fn resource_keys(&self, place: &Place, index: usize, world: &mut World<'_>) -> Vec<Key> {
        match self.repeat(place, Slot::ResourceInstances(index), self.somewhere(place), None, world) {
            Ok(repeat) => repeat.keys(),
            Err(error) => {
                stopped(error, world);
                vec![Key::Any]
            }
        }
    }

    fn is_open(&self, place: &Place, index: usize, world: &mut World<'_>) -> bool {
        let repeat = self.repeat(place, Slot::ResourceInstances(index), self.somewhere(place), None, world);
        matches!(repeat, Ok(super::repeat::Repeat::Some(..)))
    }

    fn somewhere(&self, place: &Place) -> Span {
        self.module(place).somewhere.unwrap_or(Span::new(crate::source::SourceId(0), 0, 0))
    }

    /// The module instance that an address begins with, and the rest of the address.
    fn place_at<'t>(&self, address: &'t str, world: &mut World<'_>) -> Option<(Place, &'t str)> {
        let mut place = Place::root();
        let mut rest = address;
        while let Some(inner) = rest.strip_prefix("module.") {
            let (part, behind) = split_address(inner)?;
            let (name, key) = name_and_key(part)?;
            let index = self.module(&place).call(name)?;
            let Child::Node(node) = self.nodes.get(place.node)?.children.get(index)? else { return None };
            let repeat = self.repeat(&place, Slot::CallInstances(index), self.somewhere(&place), None, world).ok()?;
            let keys = repeat.keys();
            let key = if keys.contains(&key) {
                key
            } else {
                keys.into_iter().find(|key| *key == Key::Any || repeat.has(key))?
            };
            place = place.inside(*node, key);
            rest = behind;
        }
        Some((place, rest))
    }
}

/// Splits behind the first part of an address: at the first dot that is in no brackets.
fn split_address(address: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let mut escaped = false;
    let mut depth = 0_usize;
    for (at, character) in address.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            '.' if !quoted && depth == 0 => return Some((&address[..at], &address[at + 1..])),
            _ => {}
        }
    }
    None
}

/// `k["a"]`, `k[0]`, `k[*]`, `k`.
fn name_and_key(part: &str) -> Option<(&str, Key)> {
    let Some((name, bracketed)) = part.split_once('[') else { return Some((part, Key::None)) };
    let inner = bracketed.strip_suffix(']')?;
    let key = match inner.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
        Some(text) => Key::Name(text.replace("\\\"", "\"").replace("\\\\", "\\").into()),
        None if inner == "*" => Key::Any,
        None => Key::Index(inner.parse().ok()?),
    };
    Some((name, key))
}

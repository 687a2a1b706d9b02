//! An evaluator made of JSON, for tests of the model and of what stands on it.
//!
//! A resource is `{"type": ..., <property>: ...}` under its address; `"exists": <input name>` makes it exist only where
//! that input is `"true"`, `"none_of": [<input names>]` only where none of them is. In values, a one-member map stands
//! for what JSON can't say: `{"$ref": "Key"}`, `{"$attr": "Key.Arn"}`, `{"$input": "KeyArn"}`, `{"$text": [..parts..]}`,
//! `{"$unknown": "why"}`, `{"$if": ["Input", yes, no]}` and `{"$none": true}` (`AWS::NoValue`, `null`).

use std::sync::Arc;

use serde_json::Value as Json;

use super::evaluator::{Block, BlockId, Evaluator, Instance, Key, Language};
use crate::source::{SourceId, Span};
use crate::value::{
    Entry, Input, InputKind, InputState, Inputs, Kind, Origin, Part, Pseudo, Symbol, Test, UnknownKind, Value, World,
};

/// The evaluator of a stack that is written as JSON.
pub(crate) struct JsonUnit {
    language: Language,
    inputs: Inputs,
    blocks: Vec<Block>,
    bodies: Vec<Json>,
}

impl JsonUnit {
    /// A unit with these resources (a map by address). `AWS::AccountId`, `AWS::Region` and `AWS::Partition` are inputs.
    pub(crate) fn new(language: Language, resources: &Json) -> Self {
        let mut inputs = Inputs::new();
        for (name, pseudo) in [
            ("AWS::AccountId", Pseudo::Account),
            ("AWS::Region", Pseudo::Region),
            ("AWS::Partition", Pseudo::Partition),
        ] {
            inputs.add(Input::new(name, InputKind::Pseudo(pseudo)));
        }
        let mut blocks = Vec::new();
        let mut bodies = Vec::new();
        for (at, (address, body)) in resources.as_object().into_iter().flatten().enumerate() {
            let kind = body["type"].as_str().unwrap_or("");
            blocks.push(Block {
                id: BlockId(u32::try_from(at).unwrap_or(0)),
                address: address.as_str().into(),
                kind: kind.into(),
                data: address.starts_with("data."),
                span: span(at * 1000, 999),
                header: span(at * 1000, 10),
            });
            bodies.push(body.clone());
        }
        JsonUnit { language, inputs, blocks, bodies }
    }

    /// The same with one more input.
    pub(crate) fn with_input(mut self, input: Input) -> Self {
        self.inputs.add(input);
        self
    }

    fn value(&self, json: &Json, at: usize, world: &mut World<'_>) -> Value {
        let origin = Origin::at(span(at, 1));
        if let Some((name, argument)) = special(json) {
            return self.special(name, argument, at, &origin, world);
        }
        match json {
            Json::Array(items) => {
                let items = items.iter().enumerate().map(|(n, item)| self.value(item, at + n + 1, world)).collect();
                Value::new(Kind::List(items), origin)
            }
            Json::Object(members) => {
                let entry = |(n, (key, value)): (usize, (&String, &Json)), world: &mut World<'_>| Entry {
                    key: key.as_str().into(),
                    key_span: Some(span(at + n + 1, 1)),
                    value: self.value(value, at + n + 1, world),
                };
                let entries = members.iter().enumerate().map(|member| entry(member, world)).collect();
                Value::new(Kind::Map(entries), origin)
            }
            other => Value::from_json(other, &origin),
        }
    }

    fn special(&self, name: &str, argument: &Json, at: usize, origin: &Origin, world: &mut World<'_>) -> Value {
        let text = argument.as_str().unwrap_or("");
        let kind = match name {
            "$ref" => Kind::Symbol(Symbol::Ref(text.into())),
            "$attr" => {
                let (resource, attribute) = text.rsplit_once('.').unwrap_or((text, ""));
                Kind::Symbol(Symbol::Attribute { resource: resource.into(), attribute: attribute.into() })
            }
            "$input" => {
                let Some(id) = self.inputs.find(text) else {
                    return Value::unknown(UnknownKind::Error, "no such input", origin.clone());
                };
                match world.state(id) {
                    InputState::Known(json) => return Value::from_json(&json, origin),
                    InputState::Open { may_be_null: true } if world.decide(&Test::Null(id)) => Kind::Absent,
                    InputState::Open { .. } => Kind::Symbol(world.symbol(id)),
                }
            }
            "$text" => {
                let parts: Vec<Part> = argument
                    .as_array()
                    .into_iter()
                    .flatten()
                    .flat_map(|part| self.value(part, at, world).parts().unwrap_or_default())
                    .collect();
                return Value::text(parts, origin.clone());
            }
            "$if" => {
                let id = self.inputs.find(argument[0].as_str().unwrap_or(""));
                let yes = id.is_some_and(|id| world.decide(&Test::Equals(id, Json::from("true"))));
                return self.value(&argument[if yes { 1 } else { 2 }], at, world);
            }
            "$none" => Kind::Absent,
            _ => return Value::unknown(UnknownKind::Import, text, origin.clone()),
        };
        Value::new(kind, origin.clone())
    }
}

fn special(json: &Json) -> Option<(&str, &Json)> {
    let members = json.as_object()?;
    let (name, argument) = members.iter().next()?;
    (members.len() == 1 && name.starts_with('$')).then_some((name.as_str(), argument))
}

fn span(start: usize, length: usize) -> Span {
    Span::new(SourceId(0), start, start + length)
}

impl Evaluator for JsonUnit {
    fn language(&self) -> Language {
        self.language
    }

    fn name(&self) -> &str {
        "test"
    }

    fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    fn instances(&self, block: BlockId, world: &mut World<'_>) -> Vec<Instance> {
        let at = block.0 as usize;
        let (Some(body), Some(declared)) = (self.bodies.get(at), self.blocks.get(at)) else { return Vec::new() };
        if let Some(input) = body["exists"].as_str().and_then(|name| self.inputs.find(name))
            && !world.decide(&Test::Equals(input, Json::from("true")))
        {
            return Vec::new();
        }
        // All are asked before it is known.
        let inputs = body["none_of"].as_array().into_iter().flatten().filter_map(|it| self.inputs.find(it.as_str()?));
        let on: Vec<bool> = inputs.map(|input| world.decide(&Test::Equals(input, Json::from("true")))).collect();
        if on.contains(&true) {
            return Vec::new();
        }
        vec![Instance { block, path: Arc::new([]), key: Key::None, address: Arc::clone(&declared.address) }]
    }

    fn property(&self, instance: &Instance, name: &str, world: &mut World<'_>) -> Value {
        let at = instance.block.0 as usize;
        // A property that is called `type` is written as `=type`.
        let name = if name == "type" { "=type" } else { name };
        match self.bodies.get(at).and_then(|body| body.get(name)) {
            Some(json) => self.value(json, at * 1000 + 100, world),
            None => Value::omitted(),
        }
    }

    fn property_names(&self, block: BlockId) -> Vec<Arc<str>> {
        let body = self.bodies.get(block.0 as usize).and_then(Json::as_object);
        let names = body.into_iter().flat_map(|body| body.keys());
        names
            .filter(|name| !matches!(name.as_str(), "type" | "exists" | "none_of"))
            .map(|name| name.as_str().into())
            .collect()
    }

    fn find(&self, address: &str, world: &mut World<'_>) -> Option<Instance> {
        let block = self.blocks.iter().find(|block| *block.address == *address)?.id;
        self.instances(block, world).into_iter().next()
    }
}

//! The intrinsic functions that give values.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value as Json;

use super::call::Call;
use super::eval::{Eval, known_text, parts_of, quoted};
use super::export::ExportedKey;
use super::sub::{Piece, pieces};
use super::unit::ScopeId;
use super::{cidr, dynamic, json_text};
use crate::read::tree::{Data, Node};
use crate::source::Span;
use crate::source::limits::MAX_STRING_BYTES;
use crate::value::{InputKind, Kind, Origin, Part, Pseudo, Symbol, Test, Unknown, UnknownKind, Value};

impl Eval<'_, '_, '_> {
    /// `Fn::If`.
    pub(super) fn choose(&mut self, scope: ScopeId, call: &Call) -> Value {
        let [condition, yes, no] = call.argument.items() else {
            return self.error(call.span, "Fn::If needs a condition and two values");
        };
        let (holds, steps) = self.condition_at(scope, condition);
        let chosen = if holds { yes } else { no };
        let mut value = self.value(scope, chosen);
        for (span, note) in steps.into_iter().rev() {
            value.origin = value.origin.via(span, note);
        }
        value
    }

    /// `Fn::Sub`, with or without a map of variables.
    pub(super) fn sub(&mut self, scope: ScopeId, call: &Call) -> Value {
        let (template, variables) = match call.argument.items() {
            [] => (&call.argument, None),
            [template, variables, ..] => (template, Some(variables)),
            [template] => (template, None),
        };
        let Data::String(text) = &template.data else {
            return match template.scalar() {
                Some(text) => Value::string(text, Origin::at(call.span)),
                None => match self.value(scope, template).kind {
                    Kind::Unknown(unknown) => Value::new(Kind::Unknown(unknown), Origin::at(call.span)),
                    _ => self.error(call.span, "Fn::Sub needs a string"),
                },
            };
        };
        let origin = Origin::at(call.span);
        let source = Arc::clone(&self.unit.scope(scope).template.source);
        let mut places = template.places(&source);
        let mut parts = Vec::new();
        let pieces = pieces(text);
        let mut alone = None;
        for piece in &pieces {
            match piece {
                Piece::Text(text) => parts.push(Part::Literal(text.as_str().into())),
                Piece::Name(name, range) => {
                    let span = if range_fits(template, text, range) { places.span(range.clone()) } else { call.span };
                    let value = self.sub_name(scope, name, variables, span);
                    parts.extend(parts_of(&value));
                    if pieces.len() == 1 {
                        alone = Some(value.origin);
                    }
                }
            }
        }
        self.joined(parts, alone.unwrap_or(origin))
    }

    fn sub_name(&mut self, scope: ScopeId, name: &str, variables: Option<&Node>, span: Span) -> Value {
        if let Some(variable) = variables.and_then(|variables| variables.get(name)) {
            return self.value(scope, variable);
        }
        let value = match name.split_once('.') {
            Some((resource, attribute)) if self.is_resource(scope, resource) => {
                self.attribute(scope, resource, attribute, span)
            }
            _ => self.reference(scope, name, span),
        };
        self.taint(&value);
        value
    }

    /// The text that parts make, within bounds.
    pub(super) fn joined(&self, parts: Vec<Part>, origin: Origin) -> Value {
        let size: usize = parts.iter().map(|part| if let Part::Literal(text) = part { text.len() } else { 0 }).sum();
        if size > MAX_STRING_BYTES {
            let why = format!("the string is longer than {MAX_STRING_BYTES} bytes");
            return Value::unknown(UnknownKind::Limit, why, origin);
        }
        let text = Value::text(parts, origin);
        let dynamic = match &text.kind {
            Kind::Text(parts) => dynamic::in_parts(parts),
            Kind::String(whole) => return dynamic::string(whole, text.origin),
            _ => None,
        };
        match dynamic {
            Some(unknown) => Value::new(Kind::Unknown(unknown), text.origin),
            None => text,
        }
    }

    /// `Fn::Join`.
    pub(super) fn join(&mut self, scope: ScopeId, call: &Call) -> Value {
        let [delimiter, list] = call.argument.items() else {
            return self.error(call.span, "Fn::Join needs a delimiter and a list");
        };
        let Some(delimiter) = known_text(&self.decided(scope, delimiter)) else {
            return self.error(call.span, "the delimiter of Fn::Join is not known");
        };
        let mut value = self.value(scope, list);
        if matches!(&value.kind, Kind::Symbol(Symbol::Input { .. })) && &*delimiter != "," {
            // What the items are matters: the text with commas is not the answer.
            value = self.settled(scope, list);
        }
        let origin = Origin::at(call.span);
        match value.kind {
            Kind::List(items) => {
                let mut parts = Vec::new();
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        parts.push(Part::Literal(Arc::clone(&delimiter)));
                    }
                    parts.extend(parts_of(item));
                }
                self.joined(parts, origin)
            }
            Kind::Symbol(symbol @ Symbol::Input { .. }) if &*delimiter == "," => {
                Value::new(Kind::Symbol(symbol), origin.and(&value.origin))
            }
            Kind::Absent => self.error(call.span, "Fn::Join needs a list"),
            _ => self.opaque_list(&value, call.span),
        }
    }

    /// Why the items of what should be a list are not known.
    fn opaque_list(&self, value: &Value, span: Span) -> Value {
        let unknown = match &value.kind {
            Kind::Symbol(Symbol::Input { id, .. }) => self.world.why_open(*id),
            Kind::Symbol(symbol) => {
                Unknown::new(UnknownKind::Provider, format!("the items of {symbol} are known only when it is deployed"))
            }
            Kind::Unknown(unknown) => unknown.clone(),
            Kind::Text(_) => value.first_unknown().unwrap_or_else(|| {
                Unknown::new(UnknownKind::Provider, "a part of it is known only when it is deployed")
            }),
            _ => Unknown::new(UnknownKind::Error, "a list is needed here"),
        };
        Value::new(Kind::Unknown(unknown), Origin::at(span).and(&value.origin))
    }

    /// `Fn::Select`.
    pub(super) fn select(&mut self, scope: ScopeId, call: &Call) -> Value {
        let [index, list] = call.argument.items() else {
            return self.error(call.span, "Fn::Select needs an index and a list");
        };
        let index = self.decided(scope, index);
        let Some(position) = known_text(&index) else { return self.opaque_list(&index, call.span) };
        let shown = quoted(&index, &position);
        let Ok(position) = position.trim().parse::<usize>() else {
            return self.error(call.span, &format!("the index {shown} of Fn::Select is no number"));
        };
        let mut value = self.value(scope, list);
        if matches!(&value.kind, Kind::Symbol(Symbol::Input { .. })) {
            value = self.settled(scope, list);
        }
        match value.kind {
            Kind::List(mut items) if position < items.len() => items.swap_remove(position),
            Kind::List(items) => {
                let why = format!("Fn::Select asks for item {position} of a list of {}", items.len());
                self.error(call.span, &why)
            }
            _ => self.opaque_list(&value, call.span),
        }
    }

    /// `Fn::Split`.
    pub(super) fn split(&mut self, scope: ScopeId, call: &Call) -> Value {
        let [delimiter, text] = call.argument.items() else {
            return self.error(call.span, "Fn::Split needs a delimiter and a string");
        };
        let delimiter = known_text(&self.decided(scope, delimiter)).filter(|text| !text.is_empty());
        let Some(delimiter) = delimiter else {
            return self.error(call.span, "the delimiter of Fn::Split is empty or not known");
        };
        let mut value = self.value(scope, text);
        if !splits(&parts_of(&value), &delimiter) {
            value = self.settled(scope, text);
        }
        let parts = parts_of(&value);
        if !splits(&parts, &delimiter) {
            return self.opaque_list(&value, call.span);
        }
        let mut items: Vec<Vec<Part>> = vec![Vec::new()];
        for part in parts {
            let Part::Literal(text) = &part else {
                items.last_mut().into_iter().for_each(|last| last.push(part.clone()));
                continue;
            };
            for (at, piece) in text.split(&*delimiter).enumerate() {
                if at > 0 {
                    items.push(Vec::new());
                }
                items.last_mut().into_iter().for_each(|last| last.push(Part::Literal(piece.into())));
            }
        }
        let items = items.into_iter().map(|parts| Value::text(parts, value.origin.clone()));
        Value::new(Kind::List(items.collect()), Origin::at(call.span))
    }

    /// `Fn::FindInMap`.
    pub(super) fn find_in_map(&mut self, scope: ScopeId, call: &Call) -> Value {
        let [map, first, second, rest @ ..] = call.argument.items() else {
            return self.error(call.span, "Fn::FindInMap needs a mapping and two keys");
        };
        let unit = self.unit;
        let template = &unit.scope(scope).template;
        let Some(name) = self.name_of(scope, map) else {
            return self.error(call.span, "the name of the mapping is not known");
        };
        let default = rest.first().and_then(|options| options.get("DefaultValue"));
        let missing = match template.mapping(&name) {
            None => match template.generator() {
                Some(generator) => {
                    let why = format!("the mapping {name} is not declared: {generator} may generate it");
                    return Value::unknown(UnknownKind::Macro, why, Origin::at(call.span));
                }
                None => Unknown::new(UnknownKind::Error, format!("there is no mapping {name}")),
            },
            Some(mapping) => match self.entry(scope, &mapping.value, first) {
                Ok(entry) => match self.entry(scope, &entry, second) {
                    Ok(found) => {
                        let note = format!("looked up in the mapping {name}");
                        let mut value = self.value(scope, &found);
                        value.origin = value.origin.via(call.span, note);
                        return value;
                    }
                    Err(missing) => missing,
                },
                Err(missing) => missing,
            },
        };
        match default {
            Some(default) if missing.kind == UnknownKind::Error => self.value(scope, default),
            _ => Value::new(Kind::Unknown(missing), Origin::at(call.span)),
        }
    }

    /// The entry of a map under a key, deciding an open key among the keys that there are.
    fn entry(&mut self, scope: ScopeId, map: &Node, key: &Node) -> Result<Node, Unknown> {
        let missing = |why: String| Unknown::new(UnknownKind::Error, why);
        let value = self.deciding(|eval| eval.value(scope, key));
        let value = match &value.kind {
            Kind::Symbol(Symbol::Input { id, .. }) => {
                for member in map.members() {
                    if self.world.decide(&Test::Equals(*id, Json::from(&*member.key))) {
                        return Ok(member.value.clone());
                    }
                }
                let name = self.world.symbol(*id);
                return Err(missing(format!("the mapping has no entry for any other value of {name}")));
            }
            Kind::Text(_) => self.decided(scope, key),
            _ => value,
        };
        match known_text(&value) {
            Some(key) => map
                .get(&key)
                .cloned()
                .ok_or_else(|| missing(format!("the mapping has no entry {}", quoted(&value, &key)))),
            None => Err(value.first_unknown().unwrap_or_else(|| {
                Unknown::new(UnknownKind::Provider, "the key of the mapping is known only when it is deployed")
            })),
        }
    }

    /// `Fn::Base64`.
    pub(super) fn base64(&mut self, scope: ScopeId, call: &Call) -> Value {
        let value = self.value(scope, &call.argument);
        match known_text(&value) {
            Some(text) => Value::string(encode_base64(text.as_bytes()), Origin::at(call.span)),
            None => {
                let why = "a part of the encoded text is known only when it is deployed";
                let unknown = value.first_unknown().unwrap_or_else(|| Unknown::new(UnknownKind::Provider, why));
                Value::new(Kind::Unknown(unknown), Origin::at(call.span))
            }
        }
    }

    /// `Fn::Cidr`.
    pub(super) fn cidr(&mut self, scope: ScopeId, call: &Call) -> Value {
        let values: Vec<Value> = call.argument.items().iter().map(|node| self.decided(scope, node)).collect();
        values.iter().for_each(|value| self.taint(value));
        let texts: Vec<Option<Arc<str>>> = values.iter().map(known_text).collect();
        let blocks = match texts.as_slice() {
            [Some(block), Some(count)] => cidr::blocks(block, count, "8"),
            [Some(block), Some(count), Some(bits)] => cidr::blocks(block, count, bits),
            _ => {
                let open = values.iter().find(|value| known_text(value).is_none());
                return match open {
                    Some(value) => self.opaque_list(value, call.span),
                    None => self.error(call.span, "Fn::Cidr needs a block, a count and the bits"),
                };
            }
        };
        let origin = Origin::at(call.span);
        match blocks {
            Ok(blocks) => {
                let items = blocks.into_iter().map(|block| Value::string(block, origin.clone())).collect();
                Value::new(Kind::List(items), origin)
            }
            Err(why) => self.error(call.span, &why),
        }
    }

    /// `Fn::ImportValue`.
    pub(super) fn import(&mut self, scope: ScopeId, call: &Call) -> Value {
        let value = self.decided(scope, &call.argument);
        let origin = Origin::at(call.span);
        let Some(name) = value.marked() else {
            return self.error(call.span, "Fn::ImportValue needs a name");
        };
        let found = known_text(&value).and_then(|name| self.unit.exports.find(&name).cloned());
        let Some(export) = found else {
            return Value::unknown(UnknownKind::Import, format!("it is imported from another stack as {name}"), origin);
        };
        let mut value = match &export.key {
            Some(ExportedKey::Arn(key)) => Value::text(self.key_arn(scope, key), export.value.origin),
            Some(ExportedKey::Id(key)) => {
                let symbol = Symbol::Attribute { resource: key.as_str().into(), attribute: "KeyId".into() };
                Value::new(Kind::Symbol(symbol), export.value.origin)
            }
            None => export.value,
        };
        value.origin = value.origin.via(call.span, format!("imported as {name} from {}", export.unit));
        value
    }

    /// The ARN of a key of another stack: imports stay in one account and region.
    fn key_arn(&mut self, scope: ScopeId, key: &str) -> Vec<Part> {
        let unit = self.unit;
        let mut parts = Vec::new();
        for (before, name) in [("arn:", "AWS::Partition"), (":kms:", "AWS::Region"), (":", "AWS::AccountId")] {
            parts.push(Part::Literal(before.into()));
            if let Some(id) = unit.scope(scope).pseudo.get(name) {
                parts.extend(parts_of(&self.pseudo(*id, unit.scope(scope).template.source.whole())));
            }
        }
        parts.push(Part::Literal(":key/".into()));
        parts.push(Part::Symbol(Symbol::Ref(key.into())));
        parts
    }

    /// `Fn::Length`.
    pub(super) fn length(&mut self, scope: ScopeId, call: &Call) -> Value {
        let value = self.settled(scope, &call.argument);
        match &value.kind {
            Kind::List(items) => Value::new(Kind::Number(items.len().to_string().into()), Origin::at(call.span)),
            _ => self.opaque_list(&value, call.span),
        }
    }

    /// `Fn::ToJsonString`.
    pub(super) fn json_string(&mut self, scope: ScopeId, call: &Call) -> Value {
        let value = self.value(scope, &call.argument);
        let mut parts = Vec::new();
        json_text::write(&value, &mut parts);
        self.joined(parts, Origin::at(call.span))
    }

    /// `Fn::GetAtt`, as `Name.Attribute` or as a list.
    pub(super) fn get_att(&mut self, scope: ScopeId, call: &Call) -> Value {
        let names = match &call.argument.data {
            Data::Sequence(items) => {
                let names = items.iter().map(|item| self.name_of(scope, item)).collect::<Option<Vec<_>>>();
                names.unwrap_or_default().join(".")
            }
            _ => call.argument.scalar().map(|text| text.to_string()).unwrap_or_default(),
        };
        match names.split_once('.') {
            Some((resource, attribute)) => self.attribute(scope, resource, attribute, call.span),
            None => self.error(call.span, "Fn::GetAtt needs a resource and an attribute"),
        }
    }

    fn is_resource(&self, scope: ScopeId, name: &str) -> bool {
        self.unit.scope(scope).template.resources.get(name).is_some()
    }

    /// An attribute of a resource; an output where the resource is a nested stack whose template is here.
    pub(super) fn attribute(&mut self, scope: ScopeId, resource: &str, attribute: &str, span: Span) -> Value {
        let unit = self.unit;
        let here = unit.scope(scope);
        let Some(position) = here.template.resources.position(resource) else {
            return self.reference(scope, &format!("{resource}.{attribute}"), span);
        };
        if !self.exists(scope, position) {
            return self.error(span, &format!("{resource} does not exist here, because its condition is false"));
        }
        let kind = here.template.resources.at(position).map_or("", |resource| &resource.kind);
        let origin = Origin::at(span);
        if kind.ends_with("::MODULE") {
            return Value::unknown(UnknownKind::Module, format!("{resource} is a module"), origin);
        }
        let nested = matches!(kind, "AWS::CloudFormation::Stack" | "AWS::Serverless::Application");
        if let (true, Some(output)) = (nested, attribute.strip_prefix("Outputs.")) {
            return match here.children.get(&position) {
                Some(child) => self.output(*child, output, resource, span),
                None => {
                    let why = format!("the template of the nested stack {resource} is not here");
                    Value::unknown(UnknownKind::Module, why, origin)
                }
            };
        }
        let symbol =
            Symbol::Attribute { resource: format!("{}{resource}", here.prefix).into(), attribute: attribute.into() };
        Value::new(Kind::Symbol(symbol), origin)
    }
}

/// A loop's variable was put into the text: its places are not those of the source any more.
fn range_fits(template: &Node, text: &str, range: &Range<usize>) -> bool {
    text.is_char_boundary(range.start) && text.is_char_boundary(range.end) && template.as_str() == Some(text)
}

/// Whether the text can be split at `delimiter`: what is not known in it can't hold the delimiter.
fn splits(parts: &[Part], delimiter: &str) -> bool {
    parts.iter().all(|part| match part {
        Part::Literal(_) => true,
        Part::Symbol(Symbol::Input { kind: InputKind::Pseudo(pseudo), .. }) => {
            delimiter.chars().any(|c| match pseudo {
                Pseudo::Account => !c.is_ascii_digit(),
                Pseudo::Region => !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'),
                Pseudo::Partition => !(c.is_ascii_lowercase() || c == '-'),
                Pseudo::UrlSuffix => !(c.is_ascii_lowercase() || c == '.'),
                Pseudo::StackName => !(c.is_ascii_alphanumeric() || c == '-'),
                _ => false,
            })
        }
        Part::Symbol(_) | Part::Unknown(_) => false,
    })
}

/// RFC 4648, with padding.
fn encode_base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let group = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let digit = (group >> (18 - 6 * at)) & 63;
            text.push(if at <= chunk.len() { char::from(ALPHABET[digit as usize]) } else { '=' });
        }
    }
    text
}

//! Policies as JSON text with symbols in it, to structured values.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::value::{Entry, Kind, Origin, Part, Value};

/// Marks the place of a part that is not known; private-use characters occur in no policy.
const OPEN: char = '\u{E000}';
const CLOSE: char = '\u{E001}';

/// The value that a JSON text describes, symbols kept; `None` where it is no JSON object or list. Every part has the
/// text's place.
pub(super) fn parse(value: &Value) -> Option<Value> {
    let parts = value.parts()?;
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Literal(literal) if literal.contains([OPEN, CLOSE]) => return None,
            Part::Literal(literal) => text.push_str(literal),
            Part::Symbol(_) | Part::Unknown(_) => text.push_str(&format!("{OPEN}{at}{CLOSE}")),
        }
    }
    let json: Json = serde_json::from_str(&text).ok()?;
    matches!(json, Json::Object(_) | Json::Array(_)).then(|| restore(&json, &parts, &value.origin))
}

fn restore(json: &Json, parts: &[Part], origin: &Origin) -> Value {
    match json {
        Json::String(text) => Value::text(split(text, parts), origin.clone()),
        Json::Array(items) => {
            Value::new(Kind::List(items.iter().map(|item| restore(item, parts, origin)).collect()), origin.clone())
        }
        Json::Object(members) => {
            let entries = members.iter().map(|(key, value)| {
                let key = Value::text(split(key, parts), origin.clone());
                let key: Arc<str> = key.marked().unwrap_or_default().into();
                Entry { key, key_span: origin.span, value: restore(value, parts, origin) }
            });
            Value::new(Kind::Map(entries.collect()), origin.clone())
        }
        other => Value::from_json(other, origin),
    }
}

/// The parts of a string in which marks stand for parts.
fn split(text: &str, parts: &[Part]) -> Vec<Part> {
    let mut list = Vec::new();
    let mut rest = text;
    while let Some((before, marked)) = rest.split_once(OPEN) {
        let Some((number, behind)) = marked.split_once(CLOSE) else { break };
        list.push(Part::Literal(before.into()));
        list.extend(number.parse::<usize>().ok().and_then(|at| parts.get(at)).cloned());
        rest = behind;
    }
    list.push(Part::Literal(rest.into()));
    list
}

/// The JSON text of a structured value: the opposite of [`parse`].
pub(super) fn print(value: &Value, parts: &mut Vec<Part>) {
    let literal = |parts: &mut Vec<Part>, text: &str| parts.push(Part::Literal(text.into()));
    let quoted = |text: &str| Json::String(text.to_owned()).to_string();
    match &value.kind {
        Kind::Absent => literal(parts, "null"),
        Kind::Bool(flag) => literal(parts, if *flag { "true" } else { "false" }),
        Kind::Number(text) => literal(parts, text),
        Kind::String(text) => literal(parts, &quoted(text)),
        Kind::Text(_) | Kind::Symbol(_) | Kind::Unknown(_) => {
            literal(parts, "\"");
            for part in value.parts().unwrap_or_default() {
                match part {
                    Part::Literal(text) => literal(parts, quoted(&text).trim_matches('"')),
                    other => parts.push(other),
                }
            }
            literal(parts, "\"");
        }
        Kind::Choice(_) => parts.extend(value.first_unknown().map(Part::Unknown)),
        Kind::List(items) => {
            literal(parts, "[");
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    literal(parts, ",");
                }
                print(item, parts);
            }
            literal(parts, "]");
        }
        Kind::Map(entries) => {
            literal(parts, "{");
            for (at, entry) in entries.iter().enumerate() {
                if at > 0 {
                    literal(parts, ",");
                }
                literal(parts, &format!("{}:", quoted(&entry.key)));
                print(&entry.value, parts);
            }
            literal(parts, "}");
        }
    }
}

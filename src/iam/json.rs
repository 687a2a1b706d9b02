//! JSON text with symbols in it: parsed with a placeholder for each, which the strings then give back.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::value::{Entry, Kind, Origin, Part, Unknown, UnknownKind, Value};

/// A private-use character that begins and ends a placeholder; text that has it already is not parsed.
const MARK: char = '\u{F8FE}';

/// The value of a JSON text.
///
/// # Errors
/// Why it can't be known: it is no JSON, or what is open in it stands outside of its strings.
pub(super) fn parse(parts: &[Part], origin: &Origin) -> Result<Value, Unknown> {
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Literal(literal) if literal.contains(MARK) => return Err(no_json(parts)),
            Part::Literal(literal) => text.push_str(literal),
            _ => text.push_str(&format!("{MARK}{at}{MARK}")),
        }
    }
    // serde_json refuses nesting past 128, so the walk below is bounded too.
    let json: Json = serde_json::from_str(text.trim()).map_err(|_| no_json(parts))?;
    Ok(restore(&json, parts, origin))
}

fn no_json(parts: &[Part]) -> Unknown {
    let open = parts.iter().find_map(|part| match part {
        Part::Unknown(unknown) => Some(unknown.clone()),
        Part::Symbol(symbol) => symbol.unknown(),
        Part::Literal(_) => None,
    });
    open.unwrap_or_else(|| Unknown::new(UnknownKind::Error, "the policy is not valid JSON"))
}

fn restore(json: &Json, parts: &[Part], origin: &Origin) -> Value {
    let kind = match json {
        Json::String(text) => return restore_text(text, parts, origin),
        Json::Array(items) => Kind::List(items.iter().map(|item| restore(item, parts, origin)).collect()),
        Json::Object(members) => Kind::Map(
            members
                .iter()
                .map(|(key, value)| Entry {
                    key: restore_text(key, parts, origin).marked().unwrap_or_default().into(),
                    key_span: origin.span,
                    value: restore(value, parts, origin),
                })
                .collect(),
        ),
        other => return Value::from_json(other, origin),
    };
    Value::new(kind, origin.clone())
}

fn restore_text(text: &str, parts: &[Part], origin: &Origin) -> Value {
    let pieces = text.split(MARK).enumerate().map(|(at, piece)| {
        let placeholder = (at % 2 == 1).then(|| piece.parse::<usize>().ok().and_then(|at| parts.get(at))).flatten();
        placeholder.cloned().unwrap_or_else(|| Part::Literal(Arc::from(piece)))
    });
    Value::text(pieces, origin.clone())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that panics fails")]
    use super::*;
    use crate::value::Symbol;

    #[test]
    fn symbols_in_strings_survive() {
        let symbol = Symbol::Ref("Key".into());
        let parts = [
            Part::Literal(r#"{"a": ["x", "arn:"#.into()),
            Part::Symbol(symbol.clone()),
            Part::Literal(r#":y"], "b": 1}"#.into()),
        ];
        let value = parse(&parts, &Origin::default()).unwrap();
        assert_eq!(value.get("a").unwrap().items()[1].marked().as_deref(), Some("arn:⟦Key⟧:y"));
        assert_eq!(value.get("b").unwrap().as_number(), Some(1.0));
    }

    #[test]
    fn what_is_open_outside_of_strings_is_told() {
        let why = Unknown::new(UnknownKind::Input, "var.x has no value");
        let parts = [Part::Literal("[".into()), Part::Unknown(why.clone()), Part::Literal("]".into())];
        assert_eq!(parse(&parts, &Origin::default()).unwrap_err(), why);
    }
}

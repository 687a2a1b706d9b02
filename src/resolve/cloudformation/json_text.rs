//! `Fn::ToJsonString`: a value as JSON text, what is not known left in place.

use std::sync::Arc;

use super::parameter::number_text;
use crate::value::{Kind, Part, Symbol, Value};

/// Appends the JSON text of `value`.
pub(super) fn write(value: &Value, out: &mut Vec<Part>) {
    let mut literal = |text: &str| out.push(Part::Literal(text.into()));
    match &value.kind {
        Kind::Absent => literal("null"),
        Kind::Bool(flag) => literal(if *flag { "true" } else { "false" }),
        Kind::Number(text) => literal(&number_text(text)),
        Kind::String(text) => literal(&quoted(text)),
        Kind::Unknown(unknown) => out.push(Part::Unknown(unknown.clone())),
        Kind::Choice(_) => out.extend(value.first_unknown().map(Part::Unknown)),
        Kind::Symbol(symbol) => string(&[Part::Symbol(symbol.clone())], out),
        Kind::Text(parts) => string(parts, out),
        Kind::List(items) => {
            literal("[");
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(Part::Literal(",".into()));
                }
                write(item, out);
            }
            out.push(Part::Literal("]".into()));
        }
        Kind::Map(entries) => {
            literal("{");
            for (at, entry) in entries.iter().enumerate() {
                let comma = if at > 0 { "," } else { "" };
                out.push(Part::Literal(format!("{comma}{}:", quoted(&entry.key)).into()));
                write(&entry.value, out);
            }
            out.push(Part::Literal("}".into()));
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A string with symbols in it. Names, ids and ARNs need no escape; other symbols are taken not to.
fn string(parts: &[Part], out: &mut Vec<Part>) {
    out.push(Part::Literal("\"".into()));
    for part in parts {
        out.push(match part {
            Part::Literal(text) => {
                let text = quoted(text);
                let inner: Arc<str> = text[1..text.len() - 1].into();
                Part::Literal(inner)
            }
            Part::Symbol(symbol @ (Symbol::Attribute { .. } | Symbol::Ref(_) | Symbol::Input { .. })) => {
                Part::Symbol(symbol.clone())
            }
            Part::Unknown(unknown) => Part::Unknown(unknown.clone()),
        });
    }
    out.push(Part::Literal("\"".into()));
}

//! Dynamic references: `{{resolve:service:...}}` in strings, which only a deployment resolves.

use crate::value::{Origin, Part, Unknown, UnknownKind, Value};

const OPEN: &str = "{{resolve:";

/// The string, its dynamic references unknown.
pub(super) fn string(text: &str, origin: Origin) -> Value {
    if text.contains(OPEN) { Value::text(parts(text), origin) } else { Value::string(text, origin) }
}

/// The parts of a literal with dynamic references in it.
fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(OPEN) {
        let Some(end) = rest[open..].find("}}").map(|at| open + at + 2) else { break };
        parts.push(Part::Literal(rest[..open].into()));
        parts.push(Part::Unknown(reference(&rest[open..end])));
        rest = &rest[end..];
    }
    parts.push(Part::Literal(rest.into()));
    parts
}

/// Why the text of a reference is not known. Its arguments name secrets; they are not secret themselves.
fn reference(text: &str) -> Unknown {
    Unknown::new(UnknownKind::DynamicReference, format!("{text} is resolved when the template is deployed"))
}

/// Whether a text that is joined from parts holds a dynamic reference that its parts alone did not show: then nothing
/// of it is known.
pub(super) fn in_parts(parts: &[Part]) -> Option<Unknown> {
    let opened = parts.iter().find_map(|part| match part {
        Part::Literal(text) => text.find(OPEN).map(|at| &text[at..]),
        _ => None,
    })?;
    let shown: String = opened.chars().take(60).collect();
    Some(Unknown::new(UnknownKind::DynamicReference, format!("{shown}... is resolved when the template is deployed")))
}

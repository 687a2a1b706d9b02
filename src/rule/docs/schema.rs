//! The JSON Schema of a rule's front matter, for editors.

use serde_json::{Value as Json, json};

use crate::model::schema::SUBJECTS;
use crate::rule::file::KEYS;

/// The schema (draft 2020-12).
pub fn schema() -> Json {
    let mut properties = serde_json::Map::new();
    for (name, what) in KEYS {
        let mut property = property(name);
        property["description"] = json!(what);
        properties.insert(name.to_owned(), property);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Front matter of a strongroom rule",
        "type": "object",
        "properties": properties,
        "required": ["severity", "subject", "summary"],
        "additionalProperties": false,
        "$defs": {
            "byLanguage": {
                "type": "object",
                "properties": { "cloudformation": { "type": "string" }, "terraform": { "type": "string" } },
                "additionalProperties": false
            },
            "severity": { "anyOf": [{ "enum": ["error", "warning", "advice"] }, { "type": "string", "pattern": "\\?" }] },
            "texts": { "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] },
            "help": { "anyOf": [{ "type": "string" }, { "$ref": "#/$defs/byLanguage" }] }
        }
    })
}

fn property(name: &str) -> Json {
    let texts = json!({ "$ref": "#/$defs/texts" });
    match name {
        "severity" => json!({ "$ref": "#/$defs/severity" }),
        "subject" => json!({ "enum": SUBJECTS }),
        "types" => json!({ "type": "array", "items": { "type": "string" }, "minItems": 1 }),
        "profile" | "after" | "note" => texts,
        "controls" => json!({
            "type": "object",
            "additionalProperties": {
                "anyOf": [{ "type": ["string", "number"] }, { "type": "array", "items": { "type": ["string", "number"] } }]
            }
        }),
        "params" => json!({
            "type": "object",
            "additionalProperties": { "type": ["string", "number", "boolean", "array"] }
        }),
        "select" => json!({
            "type": "object",
            "additionalProperties": { "anyOf": [{ "type": "string" }, { "$ref": "#/$defs/byLanguage" }] }
        }),
        "help" => json!({ "$ref": "#/$defs/help" }),
        "checks" => json!({
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {
                    "message": { "type": "string" },
                    "label": { "type": "string" },
                    "help": { "$ref": "#/$defs/help" },
                    "note": texts,
                    "severity": { "$ref": "#/$defs/severity" }
                },
                "additionalProperties": false
            }
        }),
        _ => json!({ "type": "string" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_has_every_key() {
        let schema = schema();
        for (name, _) in KEYS {
            assert!(schema["properties"][name]["description"].is_string(), "{name}");
        }
    }
}

//! The JSON Schema of the configuration.

use serde_json::{Value as Json, json};

/// The schema, for editors and for `check-jsonschema`.
pub fn schema() -> Json {
    let strings = || json!({ "type": "array", "items": { "type": "string" } });
    let values = || json!({ "type": "object", "additionalProperties": true });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "strongroom configuration",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "extends": { "type": "string", "description": "A local file whose settings hold where this one says nothing." },
            "rules": {
                "type": "object",
                "description": "Rules by id: on, off, a severity, or a map with severity and the rule's parameters.",
                "additionalProperties": {
                    "oneOf": [
                        { "type": "boolean" },
                        { "enum": ["on", "off", "error", "warning", "advice"] },
                        {
                            "type": "object",
                            "properties": {
                                "enabled": { "type": "boolean" },
                                "severity": { "enum": ["error", "warning", "advice"] }
                            }
                        }
                    ]
                }
            },
            "fail-on": { "enum": ["error", "warning", "advice", "never"] },
            "severity": { "enum": ["error", "warning", "advice"], "description": "The least severity that is printed." },
            "strict": { "type": "boolean" },
            "require-reason": { "type": "boolean" },
            "formats": { "type": "array", "items": { "type": "string" }, "description": "NAME or NAME=FILE, as for --format." },
            "baseline": { "type": "string", "description": "A file that --write-baseline wrote." },
            "profiles": strings(),
            "rule-directories": strings(),
            "exclude": strings(),
            "ignore": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["rule"],
                    "properties": {
                        "rule": { "type": "string" },
                        "path": { "type": "string" },
                        "address": { "type": "string" },
                        "reason": { "type": "string" },
                        "expires": { "type": "string", "format": "date" }
                    }
                }
            },
            "deployments": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["name", "path"],
                    "properties": {
                        "name": { "type": "string" },
                        "path": { "type": "string" },
                        "var-files": strings(),
                        "vars": values(),
                        "params": values()
                    }
                }
            }
        }
    })
}

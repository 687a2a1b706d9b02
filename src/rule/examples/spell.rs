//! A CloudFormation example in YAML, spelled as JSON: the same template.

use serde_json::{Map, Value as Json, json};
use serde_yaml::Value as Yaml;

use crate::rule::file::{Example, Spelling};

/// Path and text of the example as JSON; `None` where it is no single YAML file, or can't be spelled so.
pub(super) fn yaml_as_json(example: &Example) -> Option<(String, String)> {
    let [file] = example.files.as_slice() else { return None };
    if file.spelling != Spelling::Yaml {
        return None;
    }
    let yaml: Yaml = serde_yaml::from_str(&file.text).ok()?;
    let json = to_json(yaml)?;
    let text = serde_json::to_string_pretty(&json).ok()?;
    Some(("template.json".to_owned(), text))
}

fn to_json(yaml: Yaml) -> Option<Json> {
    Some(match yaml {
        Yaml::Null => Json::Null,
        Yaml::Bool(flag) => json!(flag),
        Yaml::Number(number) => serde_json::to_value(number).ok()?,
        Yaml::String(text) => json!(text),
        Yaml::Sequence(items) => Json::Array(items.into_iter().map(to_json).collect::<Option<_>>()?),
        Yaml::Mapping(members) => {
            let mut map = Map::new();
            for (key, value) in members {
                let key = match key {
                    Yaml::String(text) => text,
                    Yaml::Number(number) => number.to_string(),
                    _ => return None,
                };
                map.insert(key, to_json(value)?);
            }
            Json::Object(map)
        }
        Yaml::Tagged(tagged) => {
            let name = tagged.tag.to_string();
            let name = name.trim_start_matches('!');
            let value = to_json(tagged.value)?;
            let value = match (name, &value) {
                ("GetAtt", Json::String(text)) => {
                    let (resource, attribute) = text.split_once('.')?;
                    json!([resource, attribute])
                }
                _ => value,
            };
            let name = match name {
                "Ref" | "Condition" => name.to_owned(),
                other => format!("Fn::{other}"),
            };
            json!({ name: value })
        }
    })
}

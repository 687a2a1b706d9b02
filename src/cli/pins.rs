//! `--var`, `--var-file`, `--param`, `--param-file`: what holds in every world.

use std::sync::Arc;

use serde_json::Value as Json;

use super::args::PinArgs;
use crate::disk::{Disk, shown};
use crate::finding::Problem;
use crate::resolve::{Settings, VariableSetting};
use crate::source::Source;
use crate::source::files::FileError;

/// Reads the flags. `order` holds the raw command line, since `--var` and `--var-file` count in their common order.
pub(crate) fn settings(args: &PinArgs, order: &[String], disk: &Disk) -> Result<Settings, Problem> {
    let mut settings = Settings::default();
    let (mut texts, mut paths) = (args.variables.iter(), args.variable_files.iter());
    for word in order {
        if (word == "--var" || word.starts_with("--var="))
            && let Some(text) = texts.next()
        {
            let (name, value) = pair(text, "--var")?;
            settings.variables.push(VariableSetting::Text(name, value));
        } else if (word == "--var-file" || word.starts_with("--var-file="))
            && let Some(path) = paths.next()
        {
            let path = shown(path);
            disk.admit(&path);
            settings.variables.push(VariableSetting::File(path));
        }
    }
    for path in &args.parameter_files {
        settings.parameters.extend(parameter_file(path, disk.read_named(&shown(path)))?);
    }
    for text in &args.parameters {
        settings.parameters.push(pair(text, "--param")?);
    }
    Ok(settings)
}

fn pair(text: &str, flag: &str) -> Result<(String, String), Problem> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(Problem::path("usage", format!("{flag} {text}"), "it has no NAME=VALUE")
            .help(format!("write {flag} NAME=VALUE"))),
    }
}

/// The formats that AWS's own tools take: an object of names and values, the same below `Parameters`, a list of
/// `{ParameterKey, ParameterValue}`, a list of `NAME=VALUE`.
fn parameter_file(path: &str, read: Result<Arc<Source>, FileError>) -> Result<Vec<(String, String)>, Problem> {
    let problem = |message: String| {
        Problem::path("usage", path, message).help(
            "write an object of names and values, or the list of ParameterKey and ParameterValue that the AWS CLI takes",
        )
    };
    let source = read.map_err(|error| Problem::path("unreadable", path, error.to_string()))?;
    let json: Json =
        serde_json::from_str(source.text()).map_err(|error| problem(format!("it is not JSON: {error}")))?;
    let text = |value: &Json| match value {
        Json::String(text) => Some(text.clone()),
        Json::Bool(_) | Json::Number(_) => Some(value.to_string()),
        Json::Array(items) => Some(items.iter().map(scalar).collect::<Option<Vec<_>>>()?.join(",")),
        Json::Null | Json::Object(_) => None,
    };
    match &json {
        Json::Object(members) => {
            let members = members.get("Parameters").and_then(Json::as_object).unwrap_or(members);
            members
                .iter()
                .map(|(name, value)| {
                    let value = text(value).ok_or_else(|| problem(format!("the value of {name} is not text")))?;
                    Ok((name.clone(), value))
                })
                .collect()
        }
        Json::Array(items) => items
            .iter()
            .map(|item| match item {
                Json::String(line) => pair(line, "--param-file"),
                _ => {
                    let part = |name: &str| item.get(name).and_then(text);
                    part("ParameterKey")
                        .zip(part("ParameterValue"))
                        .ok_or_else(|| problem("an item has no ParameterKey and ParameterValue".to_owned()))
                }
            })
            .collect(),
        _ => Err(problem("it is neither an object nor a list".to_owned())),
    }
}

fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Bool(_) | Json::Number(_) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use crate::source::files::{Files, MemoryFiles};

    #[test]
    fn parameter_files_come_in_the_formats_of_the_tools() {
        let files = MemoryFiles::new([
            ("a.json", r#"{"A":"x","N":3,"L":["p","q"]}"#),
            ("b.json", r#"{"Parameters":{"A":"x"},"Tags":{}}"#),
            ("c.json", r#"[{"ParameterKey":"A","ParameterValue":"x"}]"#),
            ("d.json", r#"["A=x=y"]"#),
        ]);
        let read = |name: &str| parameter_file(name, files.read(name)).unwrap();
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(read("a.json"), [pair("A", "x"), pair("N", "3"), pair("L", "p,q")]);
        assert_eq!(read("b.json"), [pair("A", "x")]);
        assert_eq!(read("c.json"), [pair("A", "x")]);
        assert_eq!(read("d.json"), [pair("A", "x=y")]);
        assert!(parameter_file("none.json", files.read("none.json")).is_err());
    }

    #[test]
    fn variables_keep_the_order_of_the_command_line() {
        let words = ["--var", "a=1", "--var-file=f.tfvars", "--var=b=2"].map(str::to_owned);
        let args = PinArgs {
            variables: vec!["a=1".into(), "b=2".into()],
            variable_files: vec!["f.tfvars".into()],
            parameters: vec!["AWS::Region=eu-west-1".into()],
            parameter_files: Vec::new(),
        };
        let settings = settings(&args, &words, &Disk::new(&[])).unwrap();
        assert_eq!(
            settings.variables,
            [
                VariableSetting::Text("a".into(), "1".into()),
                VariableSetting::File("f.tfvars".into()),
                VariableSetting::Text("b".into(), "2".into()),
            ]
        );
        assert_eq!(settings.parameters, [("AWS::Region".to_owned(), "eu-west-1".to_owned())]);
    }
}

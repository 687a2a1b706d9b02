//! The help of a finding in the language of its file: rules write YAML and HCL, and a template or a configuration may be
//! JSON, which has neither short forms nor expressions.

use super::outline::scratch;
use crate::read::hcl::ast::{Body, ExprKind};
use crate::read::tree::{Data, Node};
use crate::read::{hcl, yaml};
use crate::source::Source;

/// How a line of code stands in a help.
const CODE: &str = "    ";
/// Longest line of JSON.
const WIDTH: usize = 96;

/// A help for templates, for one in JSON.
pub fn for_json_template(help: &str) -> String {
    let prose = |line: &str| {
        let long = [("!GetAtt", "Fn::GetAtt"), ("!Sub", "Fn::Sub"), ("!Ref", "Ref"), ("!If", "Fn::If")];
        long.iter().fold(line.to_owned(), |line, (short, long)| line.replace(short, long))
    };
    translated(help, prose, |code| {
        let (node, errors) = yaml::read(&scratch("help.yaml", code));
        let node = node.filter(|node| errors.is_empty() && (node.is_mapping() || !node.items().is_empty()))?;
        Some(without_braces(&of_node(&node)))
    })
}

/// A help for Terraform, for a configuration in JSON.
pub fn for_json_configuration(help: &str) -> String {
    translated(help, str::to_owned, |code| {
        let source = scratch("help.tf", code);
        let (body, errors) = hcl::read(&source);
        errors.is_empty().then(|| without_braces(&of_body(&body, &source)))
    })
}

/// The help with each run of code in it given to `code`, and every other line to `prose`.
fn translated(help: &str, prose: impl Fn(&str) -> String, code: impl Fn(&str) -> Option<Vec<String>>) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut rest = help.lines().peekable();
    while let Some(line) = rest.next() {
        let Some(first) = line.strip_prefix(CODE) else {
            lines.push(prose(line));
            continue;
        };
        let mut block = first.to_owned();
        while let Some(more) = rest.next_if(|line| line.starts_with(CODE)) {
            block = format!("{block}\n{}", &more[CODE.len()..]);
        }
        let translated = code(&block).unwrap_or_else(|| block.lines().map(str::to_owned).collect());
        lines.extend(translated.into_iter().map(|line| format!("{CODE}{line}")));
    }
    lines.join("\n")
}

/// A value of JSON as it is to be written.
enum Json {
    Scalar(String),
    List(Vec<Json>),
    Map(Vec<(String, Json)>),
}

fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

fn of_node(node: &Node) -> Json {
    let value = match &node.data {
        Data::Null => Json::Scalar("null".to_owned()),
        Data::Bool(flag) => Json::Scalar(flag.to_string()),
        Data::Number(text) => Json::Scalar(text.to_string()),
        Data::String(text) => Json::Scalar(quoted(text)),
        Data::Sequence(items) => Json::List(items.iter().map(of_node).collect()),
        Data::Mapping(members) => {
            Json::Map(members.iter().map(|member| (member.key.to_string(), of_node(&member.value))).collect())
        }
    };
    let Some(tag) = &node.tag else { return value };
    let name = tag.text.trim_start_matches('!');
    let function = if matches!(name, "Ref" | "Condition") { name.to_owned() } else { format!("Fn::{name}") };
    let argument = match (name, node.as_str().and_then(|text| text.split_once('.'))) {
        ("GetAtt", Some((resource, attribute))) => {
            Json::List([resource, attribute].map(|text| Json::Scalar(quoted(text))).into())
        }
        _ => value,
    };
    Json::Map(vec![(function, argument)])
}

fn of_body(body: &Body, source: &Source) -> Json {
    let mut members: Vec<(String, Json)> = Vec::new();
    for attribute in &body.attributes {
        let text = source.slice(attribute.value.span);
        let value = match &attribute.value.kind {
            ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::Null => text.to_owned(),
            ExprKind::String(literal) => quoted(literal),
            _ => quoted(&format!("${{{text}}}")),
        };
        members.push((attribute.name.to_string(), Json::Scalar(value)));
    }
    for block in &body.blocks {
        let inner = of_body(&block.body, source);
        let labelled =
            block.labels.iter().rev().fold(inner, |inner, label| Json::Map(vec![(label.text.to_string(), inner)]));
        members.push((block.kind.to_string(), labelled));
    }
    Json::Map(members)
}

/// The lines of a value; a map's members without its braces, to be pasted into the map that is there.
fn without_braces(json: &Json) -> Vec<String> {
    let Json::Map(members) = json else { return lines(json, "") };
    let last = members.len().saturating_sub(1);
    let member = |(at, (key, value)): (usize, &(String, Json))| {
        let mut lines = lines(value, &format!("{}: ", quoted(key)));
        if let Some(end) = lines.last_mut().filter(|_| at < last) {
            end.push(',');
        }
        lines
    };
    members.iter().enumerate().flat_map(member).collect()
}

/// A value behind `before`, on one line where it fits.
fn lines(json: &Json, before: &str) -> Vec<String> {
    let short = format!("{before}{}", on_one_line(json));
    let (open, close) = match json {
        Json::Scalar(_) => return vec![short],
        Json::List(_) => ('[', ']'),
        Json::Map(_) => ('{', '}'),
    };
    if short.len() <= WIDTH {
        return vec![short];
    }
    let inner = match json {
        Json::List(items) => {
            let last = items.len().saturating_sub(1);
            let comma = |at: usize| if at < last { "," } else { "" };
            let item = |(at, item): (usize, &Json)| {
                let mut lines = lines(item, "");
                lines.last_mut().into_iter().for_each(|end| end.push_str(comma(at)));
                lines
            };
            items.iter().enumerate().flat_map(item).collect()
        }
        _ => without_braces(json),
    };
    let mut all = vec![format!("{before}{open}")];
    all.extend(inner.into_iter().map(|line| format!("  {line}")));
    all.push(close.to_string());
    all
}

fn on_one_line(json: &Json) -> String {
    match json {
        Json::Scalar(text) => text.clone(),
        Json::List(items) => format!("[{}]", items.iter().map(on_one_line).collect::<Vec<_>>().join(", ")),
        Json::Map(members) => {
            let member = |(key, value): &(String, Json)| format!("{}: {}", quoted(key), on_one_line(value));
            format!("{{ {} }}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_becomes_json_and_prose_stays() {
        let table = [
            (
                "set the key, for example\n    EncryptionKeyArn: !GetAtt BackupKey.Arn\nIt is replaced.",
                "set the key, for example\n    \"EncryptionKeyArn\": { \"Fn::GetAtt\": [\"BackupKey\", \"Arn\"] }\nIt is replaced.",
            ),
            (
                "put !Sub in front\n    DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain",
                "put Fn::Sub in front\n    \"DeletionPolicy\": \"Retain\",\n    \"UpdateReplacePolicy\": \"Retain\"",
            ),
            ("    - Effect: Allow\n      Sid: A", "    [{ \"Effect\": \"Allow\", \"Sid\": \"A\" }]"),
            ("    Days: 365\n    On: true", "    \"Days\": 365,\n    \"On\": true"),
            ("    {broken", "    {broken"),
        ];
        for (help, wanted) in table {
            assert_eq!(for_json_template(help), wanted);
        }
        let table = [
            ("give\n    kms_key_arn = aws_kms_key.b.arn", "give\n    \"kms_key_arn\": \"${aws_kms_key.b.arn}\""),
            (
                "    lifecycle {\n      prevent_destroy = true\n    }",
                "    \"lifecycle\": { \"prevent_destroy\": true }",
            ),
        ];
        for (help, wanted) in table {
            assert_eq!(for_json_configuration(help), wanted);
        }
    }

    #[test]
    fn what_is_long_takes_several_lines() {
        let help = format!("    Statement:\n      - Sid: {}\n        Principal: {}", "a".repeat(60), "b".repeat(60));
        let lines = for_json_template(&help);
        assert!(lines.lines().count() > 3 && lines.lines().all(|line| line.len() <= WIDTH + 4), "{lines}");
    }
}

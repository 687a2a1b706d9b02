//! A failing example beside a passing one, in both orders, as one unit: neither may change what is said of the other.

use std::collections::BTreeSet;

use super::variants::Files;
use crate::rule::file::{Example, Spelling, Verdict};

/// The pairs: the example whose verdict holds of the pair, what was done, and the files.
pub(super) fn of(examples: &[Example]) -> Vec<(&Example, String, Files)> {
    let mut pairs = Vec::new();
    for spelling in [Spelling::Yaml, Spelling::Hcl] {
        let single = |example: &&Example| example.files.len() == 1 && example.files[0].spelling == spelling;
        let Some(pass) = examples.iter().filter(single).find(|it| it.verdict == Verdict::Pass) else { continue };
        let others = examples.iter().filter(single).filter(|it| it.verdict != Verdict::Pass);
        for other in others {
            let (a, b) = (&other.files[0], &pass.files[0]);
            let Some(renamed) = renamed(&b.text, spelling) else { continue };
            let joined = match spelling {
                Spelling::Hcl if may_join(&a.text, &renamed) => {
                    Some([format!("{}\n{renamed}", a.text), format!("{renamed}\n{}", a.text)])
                }
                Spelling::Yaml => match (beside(&a.text, &renamed), beside(&renamed, &a.text)) {
                    (Some(before), Some(behind)) => Some([before, behind]),
                    _ => None,
                },
                _ => None,
            };
            for (text, order) in joined.into_iter().flatten().zip(["behind", "before"]) {
                let name = format!("with the passing example of line {} {order} it", pass.line);
                pairs.push((other, name, vec![(a.path.clone(), text)]));
            }
        }
    }
    pairs
}

/// Blocks that a directory has once can't be joined.
fn may_join(a: &str, b: &str) -> bool {
    let once = |text: &str| ["locals", "provider", "terraform", "moved"].iter().any(|word| text.contains(word));
    !(once(a) && once(b))
}

/// The text with every name that it declares changed; `None` where that can't be done by name alone.
fn renamed(text: &str, spelling: Spelling) -> Option<String> {
    match spelling {
        Spelling::Hcl => renamed_hcl(text),
        Spelling::Yaml => renamed_yaml(text),
        Spelling::Json => None,
    }
}

fn renamed_hcl(text: &str) -> Option<String> {
    let mut result = text.to_owned();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let (Some(kind), Some(first)) = (words.next(), words.next()) else { continue };
        let first = first.trim_matches('"');
        match (kind, words.next()) {
            ("resource" | "data", Some(name)) if name.starts_with('"') => {
                let name = name.trim_matches('"');
                let dot = if kind == "data" { "data." } else { "" };
                result = result
                    .replace(&format!("{kind} \"{first}\" \"{name}\""), &format!("{kind} \"{first}\" \"{name}_2\""));
                result = with_word(&result, &format!("{dot}{first}.{name}"), &format!("{dot}{first}.{name}_2"));
            }
            ("variable" | "output" | "module", Some("{")) => {
                let prefix = match kind {
                    "variable" => "var",
                    other => other,
                };
                result = result.replace(&format!("{kind} \"{first}\""), &format!("{kind} \"{first}_2\""));
                result = with_word(&result, &format!("{prefix}.{first}"), &format!("{prefix}.{first}_2"));
            }
            _ => {}
        }
    }
    Some(result)
}

fn renamed_yaml(text: &str) -> Option<String> {
    let mut result = text.to_owned();
    for section in sections(text) {
        let names: BTreeSet<&str> = section.1.iter().filter_map(|line| top_name(line)).collect();
        for name in names {
            // A property of the same name would be changed with it.
            let as_key =
                text.lines().filter(|line| line.trim_start().trim_start_matches("- ").starts_with(&format!("{name}:")));
            if as_key.count() != 1 {
                return None;
            }
            result = with_word(&result, name, &format!("{name}2"));
        }
    }
    Some(result)
}

/// The sections of a template with the lines below each.
fn sections(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut sections: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        if line.starts_with(|c: char| c.is_ascii_alphabetic()) {
            sections.push((line, Vec::new()));
        } else if let Some((_, lines)) = sections.last_mut() {
            lines.push(line);
        }
    }
    sections.retain(|(name, _)| name.ends_with(':'));
    sections
}

/// The name that a line of two blanks declares.
fn top_name(line: &str) -> Option<&str> {
    let name = line.strip_prefix("  ").filter(|rest| !rest.starts_with([' ', '#']))?;
    name.split_once(':').map(|(name, _)| name)
}

/// Two templates in one: each section of the first, then what the second has there.
fn beside(a: &str, b: &str) -> Option<String> {
    let (first, second) = (sections(a), sections(b));
    let mut text = String::new();
    let mut names: Vec<&str> = Vec::new();
    for (name, _) in first.iter().chain(&second) {
        if !names.contains(name) {
            names.push(name);
        }
    }
    for name in names {
        text.push_str(name);
        text.push('\n');
        for (_, lines) in first.iter().chain(&second).filter(|(other, _)| *other == name) {
            for line in lines {
                text.push_str(line);
                text.push('\n');
            }
        }
    }
    (!text.is_empty()).then_some(text)
}

/// Replaces a name where it stands as a word by itself: not inside a longer word or a type such as `AWS::KMS::Key`.
fn with_word(text: &str, name: &str, by: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let before = rest[..at].chars().next_back().or_else(|| result.chars().next_back());
        let behind = &rest[at + name.len()..];
        let alone = !before.is_some_and(|c| word(c) || c == ':' || c == '.')
            && !behind.starts_with(word)
            && !behind.starts_with("::");
        result.push_str(&rest[..at]);
        result.push_str(if alone { by } else { name });
        rest = behind;
    }
    result + rest
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn names_are_changed_where_they_are_names() {
        let yaml = "Resources:\n  Key:\n    Type: AWS::KMS::Key\n  V:\n    Type: T\n    K: !GetAtt Key.Arn\n    S: !Sub '${Key.Arn}'\n";
        let expected = "Resources:\n  Key2:\n    Type: AWS::KMS::Key\n  V2:\n    Type: T\n    K: !GetAtt Key2.Arn\n    S: !Sub '${Key2.Arn}'\n";
        assert_eq!(renamed_yaml(yaml).unwrap(), expected);
        let hcl =
            "resource \"aws_kms_key\" \"k\" {}\nx = aws_kms_key.k.arn\nvariable \"v\" {\n}\ny = var.v\nz = var.value\n";
        let expected = "resource \"aws_kms_key\" \"k_2\" {}\nx = aws_kms_key.k_2.arn\nvariable \"v_2\" {\n}\ny = var.v_2\nz = var.value\n";
        assert_eq!(renamed_hcl(hcl).unwrap(), expected);
    }

    #[test]
    fn templates_are_joined_section_by_section() {
        let joined = beside("Parameters:\n  P: 1\nResources:\n  A: 1\n", "Resources:\n  B: 1\n").unwrap();
        assert_eq!(joined, "Parameters:\n  P: 1\nResources:\n  A: 1\n  B: 1\n");
    }
}

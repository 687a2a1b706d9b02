//! Texts made from the rules, the language and the model: pages, tables, terminal text, a template for a new rule.
//!
//! Everything here is generated, so that it can't drift from what it describes.

mod language;
mod schema;
mod terminal;

use std::fmt::Write as _;

use super::file::{Rule, is_kebab, subject_name};
use super::set::RuleSet;
use crate::model::schema::{Class, Type, classes};

pub use language::language;
pub use schema::schema;
pub use terminal::{Style, render};

/// A table of rules for the terminal: id, severity, subject, what they say; those of a profile name it.
pub fn table(set: &RuleSet) -> String {
    let rows: Vec<[String; 4]> = set
        .iter()
        .map(|rule| {
            let subject = if rule.types.is_empty() { rule.subject.clone() } else { rule.types.join(", ") };
            let profile = match rule.profiles.as_slice() {
                [] => String::new(),
                profiles => format!(" [profile {}]", profiles.join(", ")),
            };
            [rule.id.clone(), rule.severity().name().to_owned(), subject, format!("{}{profile}", rule.summary)]
        })
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2).min(40)];
    let mut text = String::new();
    for [id, severity, subject, summary] in rows {
        let (a, b, c) = (widths[0], widths[1], widths[2]);
        let _ = writeln!(text, "{id:a$}  {severity:b$}  {subject:c$}  {summary}");
    }
    text
}

/// A table of rules in Markdown, each linked to its page in `directory`.
pub fn markdown_table(set: &RuleSet, directory: &str) -> String {
    let mut text = "| rule | severity | judges | says |\n|---|---|---|---|\n".to_owned();
    for rule in set.iter() {
        let raising: Vec<String> = rule.raising().collect();
        let profile = match (rule.profiles.as_slice(), raising.as_slice()) {
            ([], []) => String::new(),
            ([], raising) => format!(" (graver with profile {})", raising.join(", ")),
            (profiles, _) => format!(" (profile {})", profiles.join(", ")),
        };
        let subject = rule.types.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
        let subject = if subject.is_empty() { format!("`{}`", rule.subject) } else { subject };
        let severity = rule.severity().name();
        let summary = rule.summary.replace('|', "\\|");
        let _ = writeln!(
            text,
            "| [{id}]({directory}/{id}.md) | {severity} | {subject} | {summary}{profile} |",
            id = rule.id
        );
    }
    text
}

/// The page of one rule: its file without the front matter, and what the front matter says as a table.
pub fn page(rule: &Rule) -> String {
    let body = rule.body().trim_start();
    // The page has one title, written or not.
    let (title, rest) = match body.strip_prefix("# ").and_then(|rest| rest.split_once('\n')) {
        Some((title, rest)) => (title.trim().to_owned(), rest),
        None => (rule.id.clone(), body),
    };
    format!("# {title}\n\n{}.\n\n{}\n{}", rule.summary, facts(rule), rest.trim_start_matches('\n'))
}

fn facts(rule: &Rule) -> String {
    let mut text = String::new();
    let mut row = |name: &str, value: String| {
        let _ = writeln!(text, "- {name}: {value}");
    };
    row("severity", rule.severity().name().to_owned());
    let types = rule.types.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
    row("judges", if types.is_empty() { format!("every `{}`", rule.subject) } else { format!("every {types}") });
    let raising: Vec<String> = rule.raising().collect();
    if !raising.is_empty() {
        row("graver with profile", raising.join(", "));
    }
    if !rule.profiles.is_empty() {
        row("on with profile", rule.profiles.join(", "));
    }
    for (name, value) in &rule.params {
        row("parameter", format!("`{name}`, {value} by default"));
    }
    for (framework, controls) in &rule.controls {
        row("supports", format!("{framework} {}", controls.join(", ")));
    }
    text
}

/// The pages of a set: file name and text, the index first.
pub fn pages(set: &RuleSet) -> Vec<(String, String)> {
    let index = format!("# Rules\n\n{}", markdown_table(set, "."));
    let pages = set.iter().map(|rule| (format!("{}.md", rule.id), page(rule)));
    std::iter::once(("index.md".to_owned(), index)).chain(pages).collect()
}

/// The classes and attributes that rules can speak of, in Markdown.
pub fn model() -> String {
    let mut text = "# What rules can speak of\n\n\
        A rule names one class as its `subject` and speaks of each object by the class's name. Every attribute may also be \
        absent (`== null`), or unknown: then what hangs on it is undecided.\n"
        .to_owned();
    for class in classes() {
        text.push_str(&class_page(class));
    }
    text
}

fn class_page(class: &Class) -> String {
    let name = subject_name(class.name);
    let mut text = format!("\n## `{}`\n\n{}\n", class.name, class.doc);
    if name != class.name {
        let _ = writeln!(text, "Checks speak of it as `{name}`.");
    }
    text.push_str("\n| attribute | type | what it is | CloudFormation | Terraform |\n|---|---|---|---|---|\n");
    for attribute in class.attributes {
        let cell = |text: &str| if text.is_empty() { "–".to_owned() } else { text.replace('|', "\\|") };
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} |",
            attribute.name,
            type_name(attribute.ty),
            cell(attribute.doc),
            cell(attribute.cloudformation),
            cell(attribute.terraform)
        );
    }
    text
}

fn type_name(ty: Type) -> String {
    match ty {
        Type::Bool => "true or false".to_owned(),
        Type::Number => "number".to_owned(),
        Type::String => "string".to_owned(),
        Type::OneOf(list) => list.iter().map(|choice| format!("`\"{choice}\"`")).collect::<Vec<_>>().join(" "),
        Type::Any => "anything".to_owned(),
        Type::List(item) => format!("list of {}", type_name(*item)),
        Type::Object(name) => format!("[`{name}`](#{name})"),
    }
}

/// The text of a new rule that passes its own test.
///
/// # Errors
/// Why the name is none.
pub fn new_rule(name: &str) -> Result<String, String> {
    let name = name.strip_suffix(".md").unwrap_or(name);
    if !is_kebab(name) {
        return Err(format!("`{name}` is no name for a rule: use lower case letters, digits and hyphens"));
    }
    Ok(NEW_RULE.replace("NAME", name))
}

const NEW_RULE: &str = r#"---
severity: error            # error, warning or advice
subject: resource          # `strongroom rules model` lists what else there is: vault, key, ...
types: [aws_s3_bucket, "AWS::S3::Bucket"]
summary: The bucket's name does not start with the team's prefix
params:
  prefix: team-
select:                    # one name for what each language calls differently
  name: { cloudformation: resource.attributes.BucketName, terraform: resource.attributes.bucket }
message: "{address} is called {name}, and not {params.prefix}..."
label: this name
help: begin the name with {params.prefix}
---
# NAME

What this rule asks for, in one sentence.

## Why it matters

What goes wrong where it does not hold.

## How to fix

What to write instead, and what the change costs.

## Check

The expression holds where all is well. `strongroom rules language` explains it.

```check
name == null || name.startsWith(params.prefix)
```

## Examples

They are the tests: `strongroom rules test` runs them. `# error` marks the line that must be underlined.

```yaml fail
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: logs # error
```

```yaml pass
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: team-logs
```

```hcl fail
resource "aws_s3_bucket" "logs" {
  bucket = "logs" # error
}
```

```hcl pass
resource "aws_s3_bucket" "logs" {
  bucket = "team-logs"
}
```
"#;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;
    use crate::source::SourceId;

    #[test]
    fn a_new_rule_is_a_rule() {
        let text = new_rule("team-prefix").unwrap();
        let rule = Rule::parse_text("team-prefix.md", &text, SourceId(0), &std::collections::BTreeMap::new()).unwrap();
        assert_eq!(rule.examples().unwrap().len(), 4);
        assert!(new_rule("Team Prefix").is_err());
    }

    #[test]
    fn pages_tell_what_the_front_matter_says() {
        let set = RuleSet::builtin();
        let pages = pages(&set);
        assert_eq!(pages.len(), set.len() + 1);
        let page = &pages.iter().find(|(name, _)| name == "vault-customer-key.md").unwrap().1;
        assert!(page.starts_with("# vault-customer-key\n\nBackup vault is not encrypted"));
        assert!(page.contains("- supports: prowler backup_vaults_encrypted\n"));
        assert_eq!(page.matches("\n# ").count(), 0, "one title");
        assert!(pages[0].1.contains("| [key-rotation](./key-rotation.md) | error | `key` |"));
    }

    #[test]
    fn the_model_names_every_attribute() {
        let text = model();
        for class in classes() {
            assert!(text.contains(&format!("## `{}`", class.name)));
            for attribute in class.attributes {
                assert!(text.contains(&format!("| `{}` |", attribute.name)), "{}.{}", class.name, attribute.name);
            }
        }
    }
}

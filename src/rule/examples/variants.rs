//! The same example, spelled differently: the findings must not change.

use super::marks::comment;
use crate::rule::file::{Example, Spelling};

/// Files with their names.
pub(super) type Files = Vec<(String, String)>;

/// The variants of an example: what was changed, and the files.
pub(super) fn of(example: &Example) -> Vec<(String, Files)> {
    let each = |change: &dyn Fn(&str, Spelling) -> Option<String>| -> Option<Files> {
        example
            .files
            .iter()
            .map(|file| Some((file.path.clone(), change(&file.text, file.spelling)?)))
            .collect::<Option<_>>()
    };
    let mut variants = Vec::new();
    let mut add = |name: &str, files: Option<Files>| variants.extend(files.map(|files| (name.to_owned(), files)));
    add("with CRLF line ends", each(&|text, _| Some(text.replace("\r\n", "\n").replace('\n', "\r\n"))));
    add("with a byte order mark", each(&|text, _| Some(format!("\u{feff}{text}"))));
    add("with letters beyond ASCII before", each(&beyond_ascii));
    add("with an unrelated resource", {
        let mut files = each(&|text, _| Some(text.to_owned()));
        let spelling = example.files.first().map(|file| file.spelling);
        let changed = files.as_ref().and_then(|files| unrelated(&files.first()?.1, spelling?));
        match (&mut files, changed) {
            (Some(files), Some(text)) => files[0].1 = text,
            _ => files = None,
        }
        files
    });
    variants
}

fn beyond_ascii(text: &str, spelling: Spelling) -> Option<String> {
    match spelling {
        Spelling::Yaml | Spelling::Hcl => Some(format!("{} übergroß, 鍵, 𝄞\n{text}", comment(spelling))),
        Spelling::Json => {
            let json: serde_json::Value = serde_json::from_str(text).ok()?;
            let members = json.as_object()?;
            // Only a template may have a further member; a plan is left alone.
            if !members.contains_key("Resources") || members.contains_key("Description") {
                return None;
            }
            Some(text.replacen('{', "{\"Description\": \"übergroß, 鍵, 𝄞\", ", 1))
        }
    }
}

fn unrelated(text: &str, spelling: Spelling) -> Option<String> {
    match spelling {
        Spelling::Hcl => {
            Some(format!("{text}\nresource \"aws_sns_topic\" \"unrelated\" {{\n  name = \"unrelated\"\n}}\n"))
        }
        Spelling::Yaml => {
            let at = text
                .find("\nResources:\n")
                .map(|at| at + 1)
                .or_else(|| text.starts_with("Resources:\n").then_some(0))?;
            let behind = at + "Resources:\n".len();
            let indent: String = text[behind..].chars().take_while(|c| *c == ' ').collect();
            if indent.is_empty() {
                return None;
            }
            let (head, tail) = text.split_at(behind);
            Some(format!("{head}{indent}Unrelated:\n{indent}{indent}Type: AWS::SNS::Topic\n{tail}"))
        }
        Spelling::Json => {
            let json: serde_json::Value = serde_json::from_str(text).ok()?;
            let resources = json.get("Resources")?.as_object()?;
            if resources.is_empty() || text.matches("\"Resources\"").count() != 1 {
                return None;
            }
            let at = text.find("\"Resources\"")?;
            let open = at + text[at..].find('{')? + 1;
            let (head, tail) = text.split_at(open);
            Some(format!("{head}\"Unrelated\": {{\"Type\": \"AWS::SNS::Topic\"}}, {tail}"))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn an_unrelated_resource_stands_among_the_others() {
        let yaml = unrelated("A: 1\nResources:\n  X:\n    Type: T\n", Spelling::Yaml).unwrap();
        assert_eq!(yaml, "A: 1\nResources:\n  Unrelated:\n    Type: AWS::SNS::Topic\n  X:\n    Type: T\n");
        let json = unrelated("{\"Resources\": {\"X\": {}}}", Spelling::Json).unwrap();
        assert_eq!(json, "{\"Resources\": {\"Unrelated\": {\"Type\": \"AWS::SNS::Topic\"}, \"X\": {}}}");
        assert_eq!(unrelated("{}", Spelling::Json), None);
    }
}

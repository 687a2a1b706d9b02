//! What the name under the cursor stands for.

use crate::model::Evaluator;
use crate::source::Source;
use crate::value::{Input, excerpt};

/// The name around a byte, as expressions write it: `var.key_arn`, `module.kms.arn`, `AWS::Region`, `UseCmk`.
pub(super) fn name_at(source: &Source, byte: u32) -> Option<&str> {
    let text = source.text();
    let range = source.line_range(source.line_of(byte));
    let line = text.get(range.clone())?;
    let at = (byte as usize).checked_sub(range.start)?.min(line.len());
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let start = line
        .get(..at)?
        .rfind(|c| !is_name(c))
        .map_or(0, |found| found + line[found..].chars().next().map_or(1, char::len_utf8));
    let end = line.get(at..)?.find(|c| !is_name(c)).map_or(line.len(), |found| at + found);
    let name = line.get(start..end)?.trim_matches([':', '.', '-']);
    (!name.is_empty()).then_some(name)
}

/// The names that a written name may be short for: `aws_kms_key.k.arn` speaks of `aws_kms_key.k`.
pub(super) fn prefixes(name: &str) -> impl Iterator<Item = &str> {
    let ends = name.match_indices('.').map(|(at, _)| at).chain([name.len()]).collect::<Vec<_>>();
    ends.into_iter().rev().map(move |end| &name[..end])
}

/// The input with this name.
pub(super) fn input<'u>(unit: &'u dyn Evaluator, name: &str) -> Option<&'u Input> {
    let inputs = unit.inputs();
    prefixes(name).find_map(|name| inputs.find(name)).and_then(|id| inputs.get(id))
}

/// An input in words, as Markdown.
pub(super) fn describe(input: &Input) -> String {
    let facts = facts(input).into_iter().map(|fact| format!("\n- {fact}"));
    format!("**{}**{}", input.name, facts.collect::<String>())
}

/// What there is to say of an input: its value, and what else it may be.
pub(super) fn facts(input: &Input) -> Vec<String> {
    let mut facts = Vec::new();
    match (&input.pinned, &input.default) {
        (Some(value), _) if !input.sensitive => facts.push(format!("it is `{}`", excerpt(&value.to_string()))),
        (None, Some(value)) if !input.sensitive => {
            facts.push(format!("unless it is given, it is `{}`", excerpt(&value.to_string())))
        }
        (None, None) => facts.push("it has no default: who uses this gives it a value".to_owned()),
        _ => facts.push("its value is sensitive".to_owned()),
    }
    if let Some(allowed) = input.allowed.as_ref().filter(|_| !input.sensitive) {
        let allowed: Vec<String> =
            allowed.iter().take(20).map(|value| format!("`{}`", excerpt(&value.to_string()))).collect();
        facts.push(format!("it may be {}", allowed.join(", ")));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Encoding, Sources};

    #[test]
    fn names_are_found_around_the_cursor() {
        let text = "  kms_key_arn = é ? var.key_arn : module.k.arn\n";
        let source = Sources::new().add_text("t", text.to_owned(), Encoding::Utf8);
        for (needle, name) in
            [("y_arn :", "var.key_arn"), ("k.arn", "module.k.arn"), ("ms_key", "kms_key_arn"), ("?", "?")]
        {
            let at = u32::try_from(text.find(needle).unwrap_or(0)).unwrap_or(0);
            let found = name_at(&source, at).unwrap_or("?");
            assert_eq!(found, name);
        }
        assert_eq!(prefixes("a.b.c").collect::<Vec<_>>(), ["a.b.c", "a.b", "a"]);
    }
}

//! ARNs in text that may have symbols in it.

use std::sync::Arc;

use crate::value::{Part, Symbol, Value};

/// The fields of an ARN, each as parts: `arn:partition:service:region:account:resource`. The resource keeps its colons.
#[derive(Clone, Debug)]
pub(super) struct Arn {
    /// `aws`, `aws-cn`.
    pub(super) partition: Vec<Part>,
    /// `kms`, `backup`, `iam`.
    pub(super) service: Vec<Part>,
    /// The region's code.
    pub(super) region: Vec<Part>,
    /// Twelve digits, or empty.
    pub(super) account: Vec<Part>,
    /// `key/...`, `alias/...`, `backup-vault:name`.
    pub(super) resource: Vec<Part>,
}

impl Arn {
    /// Reads a value as an ARN. Symbols and unknown parts are taken to have no colon in them, which holds for every
    /// fact of a deployment and for every name; text that does not begin with `arn:` in the open is none.
    pub(super) fn of(value: &Value) -> Option<Arn> {
        let mut fields = split(&value.parts()?, ':', 6).into_iter();
        if &*literal(&fields.next()?)? != "arn" {
            return None;
        }
        let (partition, service, region) = (fields.next()?, fields.next()?, fields.next()?);
        let (account, resource) = (fields.next()?, fields.next()?);
        Some(Arn { partition, service, region, account, resource })
    }
}

/// Splits parts at a character of their literals into at most `most` fields.
pub(super) fn split(parts: &[Part], at: char, most: usize) -> Vec<Vec<Part>> {
    let mut fields: Vec<Vec<Part>> = vec![Vec::new()];
    for part in parts {
        let Part::Literal(text) = part else {
            push(&mut fields, part.clone());
            continue;
        };
        let mut rest: &str = text;
        while fields.len() < most
            && let Some((before, after)) = rest.split_once(at)
        {
            push_text(&mut fields, before);
            fields.push(Vec::new());
            rest = after;
        }
        push_text(&mut fields, rest);
    }
    fields
}

fn push(fields: &mut [Vec<Part>], part: Part) {
    if let Some(last) = fields.last_mut() {
        last.push(part);
    }
}

fn push_text(fields: &mut [Vec<Part>], text: &str) {
    if !text.is_empty() {
        push(fields, Part::Literal(text.into()));
    }
}

/// The text of parts that are wholly known.
pub(super) fn literal(parts: &[Part]) -> Option<Arc<str>> {
    match parts {
        [] => Some("".into()),
        [Part::Literal(text)] => Some(Arc::clone(text)),
        _ => None,
    }
}

/// The literal text that parts begin with; empty where they begin with a symbol.
pub(super) fn prefix(parts: &[Part]) -> &str {
    match parts.first() {
        Some(Part::Literal(text)) => text,
        _ => "",
    }
}

/// The one symbol behind a literal `prefix`, where parts are just these two.
pub(super) fn symbol_behind<'p>(parts: &'p [Part], prefix: &str) -> Option<&'p Symbol> {
    match parts {
        [Part::Literal(text), Part::Symbol(symbol)] if &**text == prefix => Some(symbol),
        _ => None,
    }
}

/// Whether text is a KMS key's id: a UUID, or `mrk-` and 32 hexadecimal digits.
pub(super) fn is_key_id(text: &str) -> bool {
    let hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(rest) = text.strip_prefix("mrk-") {
        return rest.len() == 32 && hex(rest);
    }
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12]) && groups.iter().all(|group| hex(group))
}

/// The partition of a region, by the form of its code (the endpoints file of the AWS SDKs); `None` for what is no region.
pub(super) fn partition_of(region: &str) -> Option<&'static str> {
    let (area, rest) = region.split_once('-')?;
    let (place, number) = rest.rsplit_once('-')?;
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase());
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (special, direction) = place.split_once('-').map_or((None, place), |(first, rest)| (Some(first), rest));
    if !is_word(direction) {
        return None;
    }
    match (area, special) {
        ("us" | "eu" | "ap" | "sa" | "ca" | "me" | "af" | "il" | "mx", None) => Some("aws"),
        ("cn", None) => Some("aws-cn"),
        ("eusc", Some("de")) => Some("aws-eusc"),
        ("us", Some("gov")) => Some("aws-us-gov"),
        ("us", Some("iso")) => Some("aws-iso"),
        ("us", Some("isob")) => Some("aws-iso-b"),
        ("eu", Some("isoe")) => Some("aws-iso-e"),
        ("us", Some("isof")) => Some("aws-iso-f"),
        _ => None,
    }
}

/// The first `${Name}`, as `Fn::Sub` of CloudFormation would take it, in a text that is known as a whole: nothing fills it in.
pub(super) fn unfilled(text: &str) -> Option<&str> {
    let name = |name: &str| {
        let plain = name.strip_prefix("AWS::").unwrap_or(name);
        plain.starts_with(|first: char| first.is_ascii_alphabetic())
            && plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
    };
    text.match_indices("${").find_map(|(at, _)| {
        let end = at + text[at..].find('}')?;
        name(&text[at + 2..end]).then(|| &text[at..=end])
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that panics fails")]
    use super::*;
    use crate::value::Origin;

    #[test]
    fn an_arn_keeps_symbols_in_their_fields() {
        let key = Symbol::Ref("Key".into());
        let parts = [Part::Literal("arn:aws:kms:eu-west-1:111122223333:key/".into()), Part::Symbol(key.clone())];
        let arn = Arn::of(&Value::text(parts, Origin::default())).unwrap();
        assert_eq!(literal(&arn.region).as_deref(), Some("eu-west-1"));
        assert_eq!(symbol_behind(&arn.resource, "key/"), Some(&key));
        assert!(Arn::of(&Value::string("alias/aws/backup", Origin::default())).is_none());
        let vault =
            Arn::of(&Value::string("arn:aws:backup:eu-west-1:1:backup-vault:Default", Origin::default())).unwrap();
        assert_eq!(literal(&vault.resource).as_deref(), Some("backup-vault:Default"));
    }

    #[test]
    fn what_nothing_fills_in() {
        for (text, found) in [
            ("arn:aws:kms:${AWS::Region}:1:key/x", Some("${AWS::Region}")),
            ("${self:custom.key}-${Key.Arn}", Some("${Key.Arn}")),
            ("${self:custom.key}", None),
            ("${env:KEY} ${open", None),
            ("no ${} name", None),
        ] {
            assert_eq!(unfilled(text), found, "{text}");
        }
    }

    #[test]
    fn partitions_of_regions() {
        for (region, partition) in [
            ("eu-west-1", Some("aws")),
            ("ap-southeast-7", Some("aws")),
            ("cn-northwest-1", Some("aws-cn")),
            ("us-gov-west-1", Some("aws-us-gov")),
            ("us-isob-east-1", Some("aws-iso-b")),
            ("eusc-de-east-1", Some("aws-eusc")),
            ("global", None),
            ("us-east", None),
            ("x-east-1", None),
        ] {
            assert_eq!(partition_of(region), partition, "{region}");
        }
    }

    #[test]
    fn key_ids() {
        for (text, is) in [
            ("1234abcd-12ab-34cd-56ef-1234567890ab", true),
            ("mrk-1234abcd12ab34cd56ef1234567890ab", true),
            ("1234abcd", false),
            ("alias/x", false),
        ] {
            assert_eq!(is_key_id(text), is, "{text}");
        }
    }
}

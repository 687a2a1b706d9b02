//! Addresses and references as plans print them: `module.a["x"].data.aws_kms_alias.b[0].arn`.

use std::sync::Arc;

use crate::model::Key;

/// One piece of an address or reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    /// A name, between dots.
    Name(String),
    /// `["key"]` or `[0]`; [`Key::Any`] where it is neither.
    Key(Key),
}

/// The pieces of an address; `None` where it is none.
pub(super) fn segments(text: &str) -> Option<Vec<Segment>> {
    let mut list = Vec::new();
    let mut rest = text;
    loop {
        if let Some(inside) = rest.strip_prefix('[') {
            let (key, after) = key(inside)?;
            list.push(Segment::Key(key));
            rest = after;
        } else {
            let name = rest.strip_prefix('.').unwrap_or(rest);
            let end = name.find(['.', '[']).unwrap_or(name.len());
            if end == 0 {
                return None;
            }
            list.push(Segment::Name(name[..end].to_owned()));
            rest = &name[end..];
        }
        if rest.is_empty() {
            return Some(list);
        }
    }
}

/// The key behind `[`, and what follows its `]`.
fn key(inside: &str) -> Option<(Key, &str)> {
    if !inside.starts_with('"') {
        let end = inside.find(']')?;
        let key = inside[..end].parse().map_or(Key::Any, Key::Index);
        return Some((key, &inside[end + 1..]));
    }
    let mut name = String::new();
    let mut letters = inside.char_indices().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return inside[at + 1..].strip_prefix(']').map(|rest| (Key::Name(name.into()), rest)),
            '\\' => match letters.next()?.1 {
                'n' => name.push('\n'),
                't' => name.push('\t'),
                'r' => name.push('\r'),
                other => name.push(other),
            },
            // Terraform escapes the start of a template by doubling its sign.
            '$' | '%' if inside[at + 1..].starts_with(letter) && inside[at + 2..].starts_with('{') => {
                name.push(letter);
                letters.next();
            }
            other => name.push(other),
        }
    }
    None
}

/// The address of a resource instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// The module calls on the way, outermost first.
    pub(super) modules: Vec<(String, Key)>,
    /// Inside its module and without key, as `configuration` prints it: `aws_kms_key.k`, `data.aws_kms_alias.b`.
    pub(super) local: String,
    /// Its own key.
    pub(super) key: Key,
}

impl Address {
    /// Reads an instance's address; `None` where it is none.
    pub(super) fn parse(text: &str) -> Option<Address> {
        let segments = segments(text)?;
        let mut rest = segments.as_slice();
        let mut modules = Vec::new();
        while let [Segment::Name(word), Segment::Name(name), after @ ..] = rest
            && word == "module"
        {
            let (key, after) = split_key(after);
            modules.push((name.clone(), key));
            rest = after;
        }
        let (local, rest) = split_resource(rest)?;
        let (key, rest) = split_key(rest);
        rest.is_empty().then_some(Address { modules, local, key })
    }

    /// Without any key: `module.a.aws_kms_key.k`.
    pub(super) fn base(&self) -> String {
        let calls: String = self.modules.iter().map(|(name, _)| format!("module.{name}.")).collect();
        calls + &self.local
    }

    /// The keys of the module calls.
    pub(super) fn path(&self) -> Arc<[Key]> {
        self.modules.iter().map(|(_, key)| key.clone()).collect()
    }
}

/// An address without any key, as [`Address::base`], without taking it apart.
pub(super) fn without_keys(text: &str) -> String {
    let mut base = String::with_capacity(text.len());
    let (mut inside, mut quoted, mut escaped) = (false, false, false);
    for letter in text.chars() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' if inside => quoted = !quoted,
            '[' if !inside => inside = true,
            ']' if inside && !quoted => inside = false,
            _ if inside => {}
            other => base.push(other),
        }
    }
    base
}

/// The leading resource of a reference (`aws_kms_key.k`, `data.aws_kms_alias.b`), and what follows it.
pub(super) fn split_resource(segments: &[Segment]) -> Option<(String, &[Segment])> {
    match segments {
        [Segment::Name(word), Segment::Name(kind), Segment::Name(name), rest @ ..] if word == "data" => {
            Some((format!("data.{kind}.{name}"), rest))
        }
        [Segment::Name(kind), Segment::Name(name), rest @ ..] => Some((format!("{kind}.{name}"), rest)),
        _ => None,
    }
}

/// A leading key, and what follows it.
pub(super) fn split_key(segments: &[Segment]) -> (Key, &[Segment]) {
    match segments {
        [Segment::Key(key), rest @ ..] => (key.clone(), rest),
        rest => (Key::None, rest),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let name = |text: &str| Key::Name(text.into());
        let table = [
            ("aws_kms_key.k", vec![], "aws_kms_key.k", Key::None, "aws_kms_key.k"),
            ("aws_kms_key.k[2]", vec![], "aws_kms_key.k", Key::Index(2), "aws_kms_key.k"),
            (
                r#"module.a["x.y[0]\"z"].module.b[1].data.aws_kms_alias.c["q"]"#,
                vec![("a", name("x.y[0]\"z")), ("b", Key::Index(1))],
                "data.aws_kms_alias.c",
                name("q"),
                "module.a.module.b.data.aws_kms_alias.c",
            ),
            (r#"aws_kms_key.k["$${x}"]"#, vec![], "aws_kms_key.k", name("${x}"), "aws_kms_key.k"),
        ];
        for (text, modules, local, key, base) in table {
            let address = Address::parse(text).unwrap();
            let modules: Vec<_> = modules.into_iter().map(|(name, key)| (name.to_owned(), key)).collect();
            assert_eq!((address.modules.clone(), address.local.as_str(), address.key.clone()), (modules, local, key));
            assert_eq!((address.base().as_str(), without_keys(text).as_str()), (base, base));
        }
        for text in ["", "aws_kms_key", "aws_kms_key.k[", "aws_kms_key.k[\"a", "a..b", "aws_kms_key.k.arn", "é[\"\\"] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }
}

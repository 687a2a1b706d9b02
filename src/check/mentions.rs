//! What a text must mention to be worth parsing: literals at memory speed, and what escapes may hide.

use memchr::memmem;

/// The literals of which a text must mention one.
pub(super) struct Mentions<'a> {
    literals: Vec<memmem::Finder<'a>>,
    /// Two that count together, wherever in one Terraform configuration each of them stands.
    pairs: Vec<(memmem::Finder<'a>, memmem::Finder<'a>)>,
    /// Whether every text is worth parsing.
    everything: bool,
    /// Names of inputs that the user set.
    names: Vec<String>,
}

impl<'a> Mentions<'a> {
    /// These literals; one with a line break in it is a pair.
    pub(super) fn of(wanted: &'a [String], everything: bool, names: Vec<String>) -> Self {
        let (mut literals, mut pairs) = (Vec::new(), Vec::new());
        for literal in wanted {
            match literal.split_once('\n') {
                Some((first, second)) => pairs.push((memmem::Finder::new(first), memmem::Finder::new(second))),
                None => literals.push(memmem::Finder::new(literal.as_str())),
            }
        }
        Mentions { literals, pairs, everything, names }
    }

    /// Whether a type of resource is wanted by itself.
    pub(super) fn wants(&self, kind: &str) -> bool {
        self.literals.iter().any(|literal| literal.needle() == kind.as_bytes())
    }

    /// Whether a text is worth parsing.
    pub(super) fn parse(&self, text: &str) -> bool {
        self.everything || self.hit(text)
    }

    /// Whether a text mentions a literal.
    pub(super) fn hit(&self, text: &str) -> bool {
        let found = |text: &str| self.literals.iter().any(|literal| literal.find(text.as_bytes()).is_some());
        found(text) || unescaped(text).is_some_and(|text| found(&text))
    }

    /// Which halves of the pairs a text mentions: index of the pair, and whether it is the second half.
    pub(super) fn halves(&self, text: &str) -> Vec<(usize, bool)> {
        let plain = if self.pairs.is_empty() { None } else { unescaped(text) };
        let texts = [Some(text), plain.as_deref()];
        let has = |half: &memmem::Finder<'_>| texts.iter().flatten().any(|text| half.find(text.as_bytes()).is_some());
        let halves =
            self.pairs.iter().enumerate().flat_map(|(at, (first, second))| [(at, false, first), (at, true, second)]);
        halves.filter(|(_, _, half)| has(half)).map(|(at, second, _)| (at, second)).collect()
    }

    /// The names that the user set and that stand in a text.
    pub(super) fn names(&self, text: &str) -> impl Iterator<Item = String> {
        self.names.iter().filter(|name| memmem::find(text.as_bytes(), name.as_bytes()).is_some()).cloned()
    }
}

/// A text with the escapes of HCL, JSON and YAML written out by which a letter, a digit or a mark can be written otherwise,
/// and lines joined that YAML joins; `None` where there is none of them.
fn unescaped(text: &str) -> Option<String> {
    let first = memchr::memchr(b'\\', text.as_bytes())?;
    let mut plain = String::with_capacity(text.len());
    plain.push_str(&text[..first]);
    let mut rest = &text[first..];
    let mut changed = false;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        plain.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let digits = match after.bytes().next() {
            Some(b'x') => 2,
            Some(b'u') => 4,
            Some(b'U') => 8,
            _ => 0,
        };
        let number = after.get(1..1 + digits).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        rest = match (digits > 0).then_some(number).flatten().and_then(char::from_u32) {
            Some(character) => {
                changed = true;
                plain.push(character);
                &after[1 + digits..]
            }
            None if after.starts_with(['\n', '\r']) => {
                changed = true;
                after.trim_start()
            }
            None => {
                // The character behind it begins no escape of its own.
                let next = after.chars().next().map_or(0, char::len_utf8);
                plain.push_str(&after[..next]);
                &after[next..]
            }
        };
    }
    plain.push_str(rest);
    changed.then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_hide_nothing() {
        let wanted = ["AWS::Backup::".to_owned(), "aws_backup_".to_owned()];
        let mentions = Mentions::of(&wanted, false, Vec::new());
        for (text, hit) in [
            ("Type: AWS::Backup::BackupVault", true),
            (r#"{"Type": "AWS\u003a\u003aBackup::BackupVault"}"#, true),
            (r#"Type: "AWS::\x42ackup::BackupVault""#, true),
            ("Type: \"AWS::Ba\\\n    ckup::BackupVault\"", true),
            (r#"resource "aws_back\U00000075p_vault" "v" {}"#, true),
            (r#"{"Type": "AWS::Back\\u0075p::BackupVault"}"#, false),
            (r#"a\b\ue"#, false),
            (r"\", false),
            ("Type: AWS::SNS::Topic", false),
        ] {
            assert_eq!(mentions.hit(text), hit, "{text}");
        }
    }
}

//! Matching text that may have holes in it: yes, no, or maybe.

use std::sync::Arc;

use super::facts::{Facts, OWN_ID};
use crate::value::{InputKind, Part, Pseudo, Symbol};

/// The answer of a match between texts with holes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// In every deployment.
    Yes,
    /// In none.
    No,
    /// It hangs on what fills the holes.
    Maybe,
}

impl From<bool> for Match {
    fn from(matches: bool) -> Self {
        if matches { Match::Yes } else { Match::No }
    }
}

/// Whether a known pattern without policy variables matches a known text; the case of ASCII letters is ignored.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut read) = (0, 0);
    // The last star, and how far its text had been taken in.
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(one) if *one == b'?' || one.eq_ignore_ascii_case(&text[read]) => {
                at += 1;
                read += 1;
            }
            _ => match star {
                Some((of, taken)) => {
                    star = Some((of, taken + 1));
                    at = of + 1;
                    read = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// One piece of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A character.
    Char(char),
    /// `*` of a pattern.
    Any,
    /// `?` of a pattern.
    One,
    /// A digit of a [`Text::shape`].
    Digit,
    /// Text that is not known. The same name is the same text; no name is text of its own.
    Hole { name: Arc<str>, class: Class },
}

/// What a hole can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// Twelve digits.
    Account,
    /// Small letters, digits and dashes.
    Region,
    /// Anything.
    Any,
}

impl Class {
    fn admits(self, letter: char) -> bool {
        match self {
            Class::Account => letter.is_ascii_digit(),
            Class::Region => letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-',
            Class::Any => true,
        }
    }
}

/// Text with holes; as a pattern also with wildcards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    tokens: Vec<Token>,
}

/// Largest product of lengths that is matched; above it the answer is *maybe*.
const MAX_CELLS: usize = 1_000_000;

impl Text {
    /// Parts as literal text: `*` is a star.
    pub fn literal(parts: &[Part], facts: &Facts) -> Text {
        Text::build(parts, facts, false)
    }

    /// Parts as a pattern: `*` and `?` are wildcards, `${aws:...}` is a policy variable, `${*}` a star.
    pub fn pattern(parts: &[Part], facts: &Facts) -> Text {
        Text::build(parts, facts, true)
    }

    /// A shape that text may have: `*` and `?` as in a pattern, `#` for a digit.
    pub(super) fn shape(shape: &str) -> Text {
        let token = |letter| match letter {
            '*' => Token::Any,
            '?' => Token::One,
            '#' => Token::Digit,
            other => Token::Char(other),
        };
        Text { tokens: shape.chars().map(token).collect() }
    }

    /// Known text.
    pub fn known(text: &str) -> Text {
        Text { tokens: text.chars().map(Token::Char).collect() }
    }

    /// This text followed by another.
    #[must_use]
    pub fn then(mut self, other: Text) -> Text {
        self.tokens.extend(other.tokens);
        self
    }

    /// Text of which nothing is known but that it is the same wherever this name stands.
    pub fn named(name: &str) -> Text {
        Text { tokens: vec![Token::Hole { name: name.into(), class: Class::Any }] }
    }

    /// The deployment's account.
    pub fn account(facts: &Facts) -> Text {
        match &facts.account {
            Some(account) => Text::known(account),
            None => Text { tokens: vec![hole("account", Class::Account)] },
        }
    }

    /// The region that the vault is in.
    pub fn region(facts: &Facts) -> Text {
        match &facts.region {
            Some(region) => Text::known(region),
            None => Text { tokens: vec![hole("region", Class::Region)] },
        }
    }

    fn build(parts: &[Part], facts: &Facts, wildcards: bool) -> Text {
        let mut tokens = Vec::new();
        for part in parts {
            match part {
                Part::Literal(text) => literal_tokens(text, wildcards, &mut tokens),
                Part::Unknown(_) => tokens.push(hole("", Class::Any)),
                Part::Symbol(symbol) => tokens.extend(symbol_tokens(symbol, facts)),
            }
        }
        normalise(&mut tokens);
        Text { tokens }
    }

    /// The text, where it has neither holes nor wildcards.
    pub fn as_known(&self) -> Option<String> {
        self.tokens
            .iter()
            .map(|token| match token {
                Token::Char(letter) => Some(*letter),
                _ => None,
            })
            .collect()
    }

    /// Whether the pattern is `*` (or several).
    pub fn is_star(&self) -> bool {
        !self.tokens.is_empty() && self.tokens.iter().all(|token| *token == Token::Any)
    }

    /// Whether this pattern matches `subject`. `fold` ignores the case of ASCII letters.
    pub fn matches(&self, subject: &Text, fold: bool) -> Match {
        let Some((pattern, subject)) = inner(&self.tokens, &subject.tokens, fold) else { return Match::No };
        if pattern.len().saturating_mul(subject.len()) > MAX_CELLS {
            return Match::Maybe;
        }
        if table(pattern, subject, |a, b| certain(a, b, fold)) {
            Match::Yes
        } else if table(pattern, subject, |a, b| possible(a, b, fold)) {
            Match::Maybe
        } else {
            Match::No
        }
    }
}

fn hole(name: &str, class: Class) -> Token {
    Token::Hole { name: name.into(), class }
}

fn symbol_tokens(symbol: &Symbol, facts: &Facts) -> Vec<Token> {
    if facts.region_symbol.as_ref() == Some(symbol) {
        return Text::region(facts).tokens;
    }
    if facts.account_symbol.as_ref() == Some(symbol) {
        return Text::account(facts).tokens;
    }
    if facts.own.contains(symbol) {
        return facts.own_arn().tokens;
    }
    if facts.own_ids.contains(symbol) {
        return Text::named(OWN_ID).tokens;
    }
    match symbol {
        Symbol::Input { kind: InputKind::Pseudo(pseudo), name, .. } => match pseudo {
            Pseudo::Account => Text::account(facts).tokens,
            Pseudo::Region => Text::region(facts).tokens,
            // Every comparison is within one partition, and so are the suffix and the ARNs of a policy that works.
            Pseudo::Partition => Text::known("aws").tokens,
            Pseudo::UrlSuffix => Text::known("amazonaws.com").tokens,
            _ => vec![hole(name, Class::Any)],
        },
        other => vec![hole(&other.to_string(), Class::Any)],
    }
}

fn literal_tokens(text: &str, wildcards: bool, tokens: &mut Vec<Token>) {
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if wildcards && let Some((variable, after)) = rest.strip_prefix("${").and_then(|inner| inner.split_once('}')) {
            tokens.push(match variable {
                "*" => Token::Char('*'),
                "?" => Token::Char('?'),
                "$" => Token::Char('$'),
                other => hole(&format!("${{{other}}}"), Class::Any),
            });
            rest = after;
            continue;
        }
        tokens.push(match letter {
            '*' if wildcards => Token::Any,
            '?' if wildcards => Token::One,
            other => Token::Char(other),
        });
        rest = &rest[letter.len_utf8()..];
    }
}

/// How ARNs of the partitions begin, but for `aws` itself.
const PARTITIONS: [&str; 7] = [
    "arn:aws-cn:",
    "arn:aws-us-gov:",
    "arn:aws-eusc:",
    "arn:aws-iso:",
    "arn:aws-iso-b:",
    "arn:aws-iso-e:",
    "arn:aws-iso-f:",
];

/// Makes the spelling of the partition and of China's suffix one: `arn:aws-cn:` as `arn:aws:`, `amazonaws.com.cn` as
/// `amazonaws.com`.
fn normalise(tokens: &mut Vec<Token>) {
    let known: String = tokens
        .iter()
        .map_while(|token| match token {
            Token::Char(letter) => Some(*letter),
            _ => None,
        })
        .take(16)
        .collect();
    for partition in PARTITIONS {
        if known.starts_with(partition) {
            tokens.splice(0..partition.len(), "arn:aws:".chars().map(Token::Char));
        }
    }
    let suffix: Vec<Token> = "amazonaws.com.cn".chars().map(Token::Char).collect();
    if tokens.ends_with(&suffix) {
        tokens.truncate(tokens.len() - ".cn".len());
    }
}

/// How a pair of tokens may be consumed.
#[derive(Clone, Copy, Default)]
struct Steps {
    /// Both at once.
    both: bool,
    /// The pattern's token stands for nothing (more).
    skip_pattern: bool,
    /// The subject's token is taken in by the pattern's token, which goes on.
    skip_subject: bool,
}

/// What is left between the characters that both begin and end with: these can only be consumed together. `None` where
/// they differ, as most pairs do at once.
fn inner<'t>(pattern: &'t [Token], subject: &'t [Token], fold: bool) -> Option<(&'t [Token], &'t [Token])> {
    let (mut pattern, mut subject) = (pattern, subject);
    while let ([Token::Char(a), pattern_rest @ ..], [Token::Char(b), subject_rest @ ..]) = (pattern, subject) {
        if !same(*a, *b, fold) {
            return None;
        }
        (pattern, subject) = (pattern_rest, subject_rest);
    }
    while let ([pattern_rest @ .., Token::Char(a)], [subject_rest @ .., Token::Char(b)]) = (pattern, subject) {
        if !same(*a, *b, fold) {
            return None;
        }
        (pattern, subject) = (pattern_rest, subject_rest);
    }
    Some((pattern, subject))
}

/// Dynamic programming over (pattern, subject): is there a way to consume both wholly?
fn table(pattern: &[Token], subject: &[Token], steps: impl Fn(Option<&Token>, Option<&Token>) -> Steps) -> bool {
    // `reach[j]`: the rest of the pattern matches the rest of the subject from j on.
    let end = subject.len();
    let mut reach = vec![false; end + 1];
    reach[end] = true;
    for j in (0..end).rev() {
        // Past the pattern's end only holes that hold nothing can follow.
        reach[j] = reach[j + 1] && steps(None, Some(&subject[j])).skip_subject;
    }
    let mut row = vec![false; end + 1];
    for token in pattern.iter().rev() {
        row[end] = steps(Some(token), None).skip_pattern && reach[end];
        for j in (0..end).rev() {
            let step = steps(Some(token), Some(&subject[j]));
            row[j] =
                (step.both && reach[j + 1]) || (step.skip_pattern && reach[j]) || (step.skip_subject && row[j + 1]);
        }
        std::mem::swap(&mut reach, &mut row);
    }
    reach[0]
}

/// Steps that hold whatever fills the holes.
fn certain(pattern: Option<&Token>, subject: Option<&Token>, fold: bool) -> Steps {
    let (Some(pattern), Some(subject)) = (pattern, subject) else {
        return Steps { skip_pattern: pattern == Some(&Token::Any), ..Steps::default() };
    };
    match (pattern, subject) {
        (Token::Any, _) => Steps { skip_pattern: true, skip_subject: true, both: true },
        (Token::One, Token::Char(_)) => Steps { both: true, ..Steps::default() },
        (Token::Digit, Token::Char(letter)) => Steps { both: letter.is_ascii_digit(), ..Steps::default() },
        (Token::Char(a), Token::Char(b)) => Steps { both: same(*a, *b, fold), ..Steps::default() },
        (Token::Hole { name: a, .. }, Token::Hole { name: b, .. }) => {
            Steps { both: a == b && !a.is_empty(), ..Steps::default() }
        }
        _ => Steps::default(),
    }
}

/// Steps that hold for something that fills the holes.
fn possible(pattern: Option<&Token>, subject: Option<&Token>, fold: bool) -> Steps {
    let nothing = |token: Option<&Token>| matches!(token, Some(Token::Any | Token::Hole { class: Class::Any, .. }));
    let (Some(pattern), Some(subject)) = (pattern, subject) else {
        return Steps { skip_pattern: nothing(pattern), skip_subject: nothing(subject), both: false };
    };
    match (pattern, subject) {
        (Token::Any, _) => Steps { skip_pattern: true, skip_subject: true, both: true },
        (Token::Hole { .. }, Token::Hole { .. }) => Steps { both: true, skip_pattern: true, skip_subject: true },
        (Token::Hole { class, .. }, Token::Char(letter)) => {
            let fits = class.admits(*letter);
            Steps { both: fits, skip_subject: fits, skip_pattern: *class == Class::Any }
        }
        // A hole of the subject takes in the pattern's characters one by one.
        (Token::Char(letter), Token::Hole { class, .. }) => {
            let fits = class.admits(*letter);
            Steps { both: fits, skip_pattern: fits, skip_subject: *class == Class::Any }
        }
        (Token::One | Token::Digit, Token::Hole { class, .. }) => {
            Steps { both: true, skip_pattern: true, skip_subject: *class == Class::Any }
        }
        (Token::One, _) => Steps { both: true, ..Steps::default() },
        (Token::Digit, Token::Char(letter)) => Steps { both: letter.is_ascii_digit(), ..Steps::default() },
        (Token::Char(a), Token::Char(b)) => Steps { both: same(*a, *b, fold), ..Steps::default() },
        (_, Token::Any | Token::One | Token::Digit) => Steps { both: true, ..Steps::default() },
    }
}

fn same(a: char, b: char, fold: bool) -> bool {
    if fold { a.eq_ignore_ascii_case(&b) } else { a == b }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{InputId, Unknown, UnknownKind};

    fn parts(text: &str) -> Vec<Part> {
        // `<account>`, `<region>`, `<?>` and `<name>` stand for holes.
        let mut list = Vec::new();
        for piece in text.split_inclusive('>') {
            let (before, name) = piece.strip_suffix('>').and_then(|it| it.split_once('<')).unwrap_or((piece, ""));
            list.push(Part::Literal(before.into()));
            let pseudo = |kind| {
                Part::Symbol(Symbol::Input {
                    id: InputId(0),
                    name: name.into(),
                    kind: InputKind::Pseudo(kind),
                    defaulted: false,
                })
            };
            match name {
                "" => {}
                "account" => list.push(pseudo(Pseudo::Account)),
                "region" => list.push(pseudo(Pseudo::Region)),
                "?" => list.push(Part::Unknown(Unknown::new(UnknownKind::Input, "x"))),
                other => list.push(Part::Symbol(Symbol::Ref(other.into()))),
            }
        }
        list
    }

    #[test]
    fn texts_with_holes_match_in_three_ways() {
        use Match::{Maybe, No, Yes};
        let table = [
            ("kms:*", "kms:Decrypt", Yes),
            ("kms:Gen*Key", "kms:GenerateDataKey", Yes),
            ("kms:decrypt", "kms:Decrypt", Yes),
            ("kms:Decryp", "kms:Decrypt", No),
            ("kms:D?crypt", "kms:Decrypt", Yes),
            ("kms:*Key*", "kms:GenerateDataKeyPair", Yes),
            ("kms:*y", "kms:GenerateDataKeyPair", No),
            ("*:*", "kms:Decrypt", Yes),
            ("kms:Decrypt?", "kms:Decrypt", No),
            ("*", "", Yes),
            ("", "", Yes),
            ("backup.*.amazonaws.com", "backup.<region>.amazonaws.com", Yes),
            ("backup.<region>.amazonaws.com", "backup.<region>.amazonaws.com", Yes),
            ("backup.eu-west-1.amazonaws.com", "backup.<region>.amazonaws.com", Maybe),
            ("ec2.*.amazonaws.com", "backup.<region>.amazonaws.com", No),
            ("backup.EU.WEST.amazonaws.com", "backup.<region>.amazonaws.com", No),
            ("<account>", "111122223333", Maybe),
            ("<account>", "11112222333x", No),
            ("<?>", "anything", Maybe),
            ("<?>", "<?>", Maybe),
            ("<Key>", "<Key>", Yes),
            ("<Key>", "<Other>", Maybe),
            ("arn:aws-cn:iam::1:root", "arn:aws:iam::1:root", Yes),
            ("backup.amazonaws.com.cn", "backup.amazonaws.com", Yes),
            ("${aws:username}", "x", Maybe),
            ("a${*}b", "axb", No),
            ("a${*}b", "a*b", Yes),
        ];
        let facts = Facts::default();
        for (pattern, subject, expected) in table {
            if !pattern.contains(['<', '$', ':', '.']) || pattern.starts_with("kms:") {
                assert_eq!(Match::from(glob(pattern, subject)), expected, "{pattern} against {subject}");
            }
            let found = Text::pattern(&parts(pattern), &facts).matches(&Text::literal(&parts(subject), &facts), true);
            assert_eq!(found, expected, "{pattern} against {subject}");
        }
    }

    #[test]
    fn what_both_begin_and_end_with_decides_nothing_else() {
        let texts = |alphabet: &[Token]| {
            let mut all = vec![Vec::new()];
            for at in 0..4 {
                let longer = all.iter().filter(|text: &&Vec<Token>| text.len() == at);
                let longer: Vec<_> = longer
                    .flat_map(|text| alphabet.iter().map(|it| [&text[..], std::slice::from_ref(it)].concat()))
                    .collect();
                all.extend(longer);
            }
            all
        };
        let (a, b) = (Token::Char('a'), Token::Char('1'));
        let patterns = texts(&[a.clone(), b.clone(), Token::Any, Token::One, hole("x", Class::Account)]);
        let subjects = texts(&[a, b, hole("x", Class::Account), hole("", Class::Any)]);
        for (pattern, subject) in patterns.iter().flat_map(|it| subjects.iter().map(move |other| (it, other))) {
            let whole = match table(pattern, subject, |a, b| certain(a, b, false)) {
                true => Match::Yes,
                false if table(pattern, subject, |a, b| possible(a, b, false)) => Match::Maybe,
                false => Match::No,
            };
            let (pattern, subject) = (Text { tokens: pattern.clone() }, Text { tokens: subject.clone() });
            assert_eq!(pattern.matches(&subject, false), whole, "{pattern:?} {subject:?}");
        }
    }
}

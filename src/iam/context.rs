//! Conditions under the request contexts of the actors.

use super::actions;
use super::document::{Condition, Element};
use super::facts::{Facts, why};
use super::pattern::{Match, Text};
use crate::value::{Truth, Unknown, UnknownKind};

/// Who makes the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Actor {
    /// A principal of the account, acting through AWS Backup.
    Iam,
    /// The service principal `backup.amazonaws.com` itself.
    Service,
    /// A principal of the account who calls KMS without a service between.
    Direct,
}

/// What a request has under a condition key.
enum Held {
    /// No such key.
    Absent,
    /// This text.
    Text(Text),
    /// A set that has this text in it, and perhaps others.
    Contains(Text),
    /// Can't be told.
    Unknown,
}

/// The context table: what a request of `actor` for `action` has under `key`.
fn held(actor: Actor, action: &str, key: &str, facts: &Facts) -> Held {
    let key = key.to_ascii_lowercase();
    if actions::key_exists(&key, action) == Some(false) {
        return Held::Absent;
    }
    let known = |text: &str| Held::Text(Text::known(text));
    match (key.as_str(), actor) {
        ("kms:viaservice" | "aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast", Actor::Direct) => {
            Held::Absent
        }
        ("aws:viaawsservice", Actor::Direct) => known("false"),
        ("kms:grantisforawsresource", Actor::Iam | Actor::Service) => known("true"),
        ("kms:encryptioncontextkeys", Actor::Iam | Actor::Service) => {
            Held::Contains(Text::known("aws:backup:backup-vault"))
        }
        ("kms:viaservice", Actor::Iam) => {
            let region = Text::known("backup.").then(Text::region(facts));
            Held::Text(region.then(Text::known(".amazonaws.com")))
        }
        ("kms:calleraccount" | "aws:principalaccount", Actor::Iam | Actor::Direct) => Held::Text(Text::account(facts)),
        ("aws:principalaccount", Actor::Service) => Held::Absent,
        ("aws:sourcearn" | "aws:sourceaccount", Actor::Iam | Actor::Direct) => Held::Absent,
        ("aws:sourceaccount", Actor::Service) => Held::Text(Text::account(facts)),
        ("aws:sourcearn", Actor::Service) => {
            let arn = Text::known("arn:aws:backup:").then(Text::region(facts)).then(Text::known(":"));
            Held::Text(arn.then(Text::account(facts)).then(Text::known(":")).then(Text::named("the backup resource")))
        }
        ("aws:principalisawsservice", Actor::Iam | Actor::Direct) => known("false"),
        ("aws:principalisawsservice", Actor::Service) => known("true"),
        ("aws:principalarn" | "aws:principalorgid" | "aws:principalorgpaths", Actor::Service) => Held::Absent,
        (tag, Actor::Service) if tag.starts_with("aws:principaltag/") => Held::Absent,
        _ => Held::Unknown,
    }
}

/// An operator with its prefix and suffix taken off.
pub(super) struct Operator {
    /// In small letters: `stringequals`.
    pub(super) base: String,
    /// `ForAnyValue` or `ForAllValues`.
    pub(super) set: Option<Set>,
    /// `...IfExists`.
    pub(super) if_exists: bool,
}

/// How a set of values is held against a condition.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Set {
    /// At least one of the request's values.
    Any,
    /// Each of them; true where there is none.
    All,
}

impl Operator {
    /// Reads `ForAnyValue:StringEqualsIfExists`.
    pub(super) fn of(text: &str) -> Operator {
        let lower = text.trim().to_ascii_lowercase();
        let (set, rest) = match lower.split_once(':') {
            Some(("foranyvalue", rest)) => (Some(Set::Any), rest),
            Some(("forallvalues", rest)) => (Some(Set::All), rest),
            _ => (None, lower.as_str()),
        };
        let (base, if_exists) = match rest.strip_suffix("ifexists") {
            Some(base) => (base, true),
            None => (rest, false),
        };
        Operator { base: base.to_owned(), set, if_exists }
    }

    /// Whether it is met by a request that lacks the key (IAM User Guide, "Condition operators"); `Null` aside.
    pub(super) fn holds_without_key(&self) -> bool {
        self.if_exists || self.set == Some(Set::All) || (self.set.is_none() && self.is_negated())
    }

    /// Whether it says what must be so, and is not met by a request that lacks the key.
    pub(super) fn is_positive(&self) -> bool {
        !self.is_negated() && !self.if_exists && self.set != Some(Set::All) && self.base != "null"
    }

    /// Whether it is one of the operators that say what a value must not be.
    pub(super) fn is_negated(&self) -> bool {
        matches!(
            self.base.as_str(),
            "stringnotequals"
                | "stringnotequalsignorecase"
                | "stringnotlike"
                | "numericnotequals"
                | "datenotequals"
                | "notipaddress"
                | "arnnotequals"
                | "arnnotlike"
        )
    }
}

/// Whether all conditions of a statement hold for a request.
pub(super) fn all_hold(conditions: &[Condition], actor: Actor, action: &str, facts: &Facts) -> Truth {
    conditions.iter().map(|condition| holds(condition, actor, action, facts)).fold(Truth::True, Truth::and)
}

/// Whether one condition holds for a request.
pub(super) fn holds(condition: &Condition, actor: Actor, action: &str, facts: &Facts) -> Truth {
    let operator = Operator::of(&condition.operator);
    let held = held(actor, action, &condition.key, facts);
    if operator.base == "null" {
        return null(condition, &held);
    }
    let set = operator.set;
    match held {
        Held::Absent => operator.holds_without_key().into(),
        Held::Unknown => Truth::Unknown(unknown_key(&condition.key)),
        Held::Text(text) => compare(condition, &operator, &text, facts),
        Held::Contains(text) => match (compare(condition, &operator, &text, facts), set) {
            // One value of the set is known: enough for "any", and against "all".
            (Truth::True, Some(Set::Any) | None) if !operator.is_negated() || set.is_some() => Truth::True,
            (Truth::False, Some(Set::All)) => Truth::False,
            (Truth::Unknown(why), _) => Truth::Unknown(why),
            _ => Truth::Unknown(unknown_key(&condition.key)),
        },
    }
}

fn unknown_key(key: &str) -> Unknown {
    Unknown::new(UnknownKind::Provider, format!("what a request has under {key} is not told by the code"))
}

/// `Null`: `true` asks that the key is not there.
fn null(condition: &Condition, held: &Held) -> Truth {
    let absent = match held {
        Held::Absent => true,
        Held::Unknown => return Truth::Unknown(unknown_key(&condition.key)),
        Held::Text(_) | Held::Contains(_) => false,
    };
    match condition.values.first().and_then(Element::known) {
        Some(wanted) => (wanted.eq_ignore_ascii_case("true") == absent).into(),
        None => Truth::Unknown(unknown_key(&condition.key)),
    }
}

/// Holds one value of a request against the condition's values.
fn compare(condition: &Condition, operator: &Operator, value: &Text, facts: &Facts) -> Truth {
    let one = |element: &Element| -> Truth {
        let found = match operator.base.as_str() {
            "stringequals" | "stringnotequals" | "bool" | "binaryequals" => {
                let fold = operator.base == "bool";
                literal(element, facts).matches(value, fold)
            }
            "stringequalsignorecase" | "stringnotequalsignorecase" => literal(element, facts).matches(value, true),
            "stringlike" | "stringnotlike" | "arnlike" | "arnequals" | "arnnotlike" | "arnnotequals" => {
                element.pattern(facts).matches(value, false)
            }
            _ => Match::Maybe,
        };
        match found {
            Match::Yes => Truth::True,
            Match::No => Truth::False,
            Match::Maybe => Truth::Unknown(why(&element.parts, "the condition value")),
        }
    };
    let any = condition.values.iter().map(one).fold(Truth::False, Truth::or);
    if operator.is_negated() { any.not() } else { any }
}

/// Exact operators know no wildcards, but policy variables.
fn literal(element: &Element, facts: &Facts) -> Text {
    let text = Text::literal(&element.parts, facts);
    match text.as_known() {
        Some(known) if known.contains("${") => Text::pattern(&element.parts, facts),
        _ => text,
    }
}

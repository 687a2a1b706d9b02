//! Condition operators: what they ask, and whether what a request has meets it.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators". Dates are not compared: when a request is made is not
//! told by the code.

use super::document::{Condition, Element};
use super::facts::{Facts, why};
use super::pattern::{Match, Text};
use crate::value::{Part, Truth, Unknown, UnknownKind};

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

/// What a request has under a condition key.
pub(super) enum Held {
    /// No such key.
    Absent,
    /// This text.
    Text(Text),
    /// No such key, or this text.
    Either(Text),
    /// A set that has this text in it, and perhaps others.
    Contains(Text),
    /// A number that is at least this.
    AtLeast(f64),
    /// An address that is none of the account's own.
    Foreign,
    /// Something.
    Present,
    /// Can't be told.
    Unknown,
}

/// The operators that there are, without prefix and suffix.
pub(super) const OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "NumericEquals",
    "NumericNotEquals",
    "NumericLessThan",
    "NumericLessThanEquals",
    "NumericGreaterThan",
    "NumericGreaterThanEquals",
    "DateEquals",
    "DateNotEquals",
    "DateLessThan",
    "DateLessThanEquals",
    "DateGreaterThan",
    "DateGreaterThanEquals",
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
    "ArnEquals",
    "ArnLike",
    "ArnNotEquals",
    "ArnNotLike",
    "Null",
];

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

    /// Whether there is such an operator.
    pub(super) fn exists(&self) -> bool {
        OPERATORS.iter().any(|name| name.eq_ignore_ascii_case(&self.base)) && !(self.base == "null" && self.if_exists)
    }

    /// Whether it is met by a request that lacks the key; `Null` aside.
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

/// Whether a condition is met by what a request has under its key.
pub(super) fn meets(condition: &Condition, held: Held, facts: &Facts) -> Truth {
    let operator = Operator::of(&condition.operator);
    if !operator.exists() {
        let why = format!("there is no condition operator {}", condition.operator);
        return Truth::Unknown(Unknown::new(UnknownKind::Error, why));
    }
    if let Held::Either(text) = held {
        let (with, without) = (meets(condition, Held::Text(text), facts), meets(condition, Held::Absent, facts));
        return if with == without { with } else { Truth::Unknown(unknown_key(&condition.key)) };
    }
    if operator.base == "null" {
        return null(condition, &held);
    }
    match held {
        Held::Absent => operator.holds_without_key().into(),
        Held::Unknown => match operator.if_exists && any_value(condition, &operator) {
            // Whatever it is, and where there is none too.
            true => Truth::True,
            false => Truth::Unknown(unknown_key(&condition.key)),
        },
        Held::Present => match any_value(condition, &operator) {
            true => Truth::True,
            false => Truth::Unknown(unknown_key(&condition.key)),
        },
        Held::Contains(text) => match (compare(condition, &operator, &text, facts), operator.set) {
            // One value of the set is known: enough for "any", and against "all".
            (Truth::True, Some(Set::Any) | None) if !operator.is_negated() || operator.set.is_some() => Truth::True,
            (Truth::False, Some(Set::All)) => Truth::False,
            (Truth::Unknown(why), _) => Truth::Unknown(why),
            _ => Truth::Unknown(unknown_key(&condition.key)),
        },
        Held::AtLeast(number) => at_least(condition, &operator, number),
        Held::Foreign => foreign(condition, &operator),
        Held::Text(text) | Held::Either(text) => compare(condition, &operator, &text, facts),
    }
}

fn unknown_key(key: &str) -> Unknown {
    Unknown::new(UnknownKind::Provider, format!("what a request has under {key} is not told by the code"))
}

/// Whether every value meets a condition: `StringLike` with a star.
fn any_value(condition: &Condition, operator: &Operator) -> bool {
    matches!(operator.base.as_str(), "stringlike" | "arnlike" | "arnequals")
        && condition.values.iter().any(|value| value.pattern(&Facts::default()).is_star())
}

/// `Null`: `true` asks that the key is not there.
fn null(condition: &Condition, held: &Held) -> Truth {
    let absent = match held {
        Held::Absent => true,
        Held::Unknown => return Truth::Unknown(unknown_key(&condition.key)),
        _ => false,
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
    answer(condition, operator, one)
}

fn answer(condition: &Condition, operator: &Operator, one: impl Fn(&Element) -> Truth) -> Truth {
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

/// A number of which only the least is known.
fn at_least(condition: &Condition, operator: &Operator, least: f64) -> Truth {
    let open = || Truth::Unknown(unknown_key(&condition.key));
    let one = |element: &Element| match (element.known().and_then(|text| text.parse::<f64>().ok()), &*operator.base) {
        (Some(limit), "numericlessthan") if limit <= least => Truth::False,
        (Some(limit), "numericlessthanequals" | "numericequals" | "numericnotequals") if limit < least => Truth::False,
        (Some(limit), "numericgreaterthan") if limit < least => Truth::True,
        (Some(limit), "numericgreaterthanequals") if limit <= least => Truth::True,
        _ => open(),
    };
    answer(condition, operator, one)
}

/// An address of AWS's: in no list of somebody's own addresses, and in that of all.
fn foreign(condition: &Condition, operator: &Operator) -> Truth {
    let open = || Truth::Unknown(unknown_key(&condition.key));
    if !matches!(operator.base.as_str(), "ipaddress" | "notipaddress") {
        return open();
    }
    let one = |element: &Element| match network(element) {
        Some(Network::Everything) => Truth::True,
        Some(Network::Fixed) => Truth::False,
        Some(Network::Broad) | None => match element.parts.as_slice() {
            [Part::Literal(_)] => open(),
            parts => Truth::Unknown(why(parts, "the condition value")),
        },
    };
    answer(condition, operator, one)
}

/// How many addresses a value of `aws:SourceIp` is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Network {
    /// All there are.
    Everything,
    /// More than anybody has: a prefix shorter than 8 of IPv4, than 32 of IPv6, as Amazon S3 has it for what is public.
    Broad,
    /// Somebody's.
    Fixed,
}

/// The network of a value; `None` where it is not known.
pub(super) fn network(element: &Element) -> Option<Network> {
    let text = element.known()?;
    let (address, length) = text.split_once('/').unwrap_or((text, ""));
    let address: std::net::IpAddr = address.trim().parse().ok()?;
    let (whole, broad) = if address.is_ipv4() { (32, 8) } else { (128, 32) };
    let length: u32 = if length.is_empty() { whole } else { length.trim().parse().ok()? };
    Some(match length {
        0 => Network::Everything,
        some if some < broad => Network::Broad,
        _ => Network::Fixed,
    })
}

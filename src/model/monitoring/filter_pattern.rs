//! Filter patterns of CloudWatch Logs (CloudWatch Logs User Guide, "Filter pattern syntax for metric filters").

use regex::Regex;
use serde_json::Value as Json;

use super::filter_syntax::{self, Comparison, Expression, Operand, Operator, Step, Test};
use super::{event, wildcard};
use crate::value::{Truth, Unknown, UnknownKind};

/// A filter pattern.
#[derive(Debug)]
pub(super) enum Filter {
    /// `{ ... }`: an expression over the fields of a JSON event.
    Fields(Expression),
    /// Terms that must, of which one must, and that must not occur in the event's text.
    Terms { all: Vec<Term>, any: Vec<Term>, none: Vec<Term> },
    /// `[a, b = x]`: the words of an event, one by one.
    Words,
}

/// A text, or a regular expression between percent signs.
#[derive(Debug)]
pub(super) struct Term(String);

impl Filter {
    /// # Errors
    /// Why a pattern can't be read.
    pub(super) fn parse(text: &str) -> Result<Filter, Unknown> {
        let text = text.trim();
        match text.chars().next() {
            Some('{') => match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
                Some(inner) => filter_syntax::parse(inner).map(Filter::Fields).ok_or_else(malformed),
                None => Err(malformed()),
            },
            Some('[') => Ok(Filter::Words),
            _ => terms(text).ok_or_else(malformed),
        }
    }

    /// Whether an event that CloudTrail records matches.
    pub(super) fn matches(&self, record: &Json) -> Truth {
        match self {
            Filter::Fields(expression) => expression_holds(expression, record),
            Filter::Terms { all, any, none } => {
                let text = record.to_string();
                let occurs = |term: &Term| term.occurs(&text);
                let all = all.iter().fold(Truth::True, |so_far, term| so_far.and(occurs(term)));
                let none = none.iter().fold(Truth::True, |so_far, term| so_far.and(occurs(term).not()));
                let one = any.iter().fold(Truth::from(any.is_empty()), |so_far, term| so_far.or(occurs(term)));
                all.and(one).and(none)
            }
            Filter::Words => Truth::Unknown(Unknown::new(
                UnknownKind::Unsupported,
                "its filter pattern takes an event for words between blanks, and CloudTrail writes JSON",
            )),
        }
    }

    /// The comparisons with `=` in an expression over fields.
    pub(super) fn equalities(&self) -> Vec<&Comparison> {
        let mut found = Vec::new();
        if let Filter::Fields(expression) = self {
            collect(expression, &mut found);
        }
        found
    }
}

fn collect<'e>(expression: &'e Expression, found: &mut Vec<&'e Comparison>) {
    match expression {
        Expression::All(parts) | Expression::Any(parts) => parts.iter().for_each(|part| collect(part, found)),
        Expression::Comparison(comparison) => {
            if matches!(comparison.test, Test::Compares(Operator::Equal, _)) {
                found.push(comparison);
            }
        }
    }
}

fn malformed() -> Unknown {
    Unknown::new(UnknownKind::Error, "its filter pattern is none that CloudWatch Logs documents")
}

/// `ERROR -"not this" ?either ?or`.
fn terms(text: &str) -> Option<Filter> {
    let (mut all, mut any, mut none) = (Vec::new(), Vec::new(), Vec::new());
    let mut left = text.trim_start();
    while let Some(first) = left.chars().next() {
        let list = match first {
            '?' => &mut any,
            '-' => &mut none,
            _ => &mut all,
        };
        let rest = if matches!(first, '?' | '-') { &left[1..] } else { left };
        let (term, after) = match rest.chars().next() {
            Some('"') => {
                let end = rest[1..].find('"')? + 1;
                (&rest[1..end], &rest[end + 1..])
            }
            _ => rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())),
        };
        list.push(Term(term.to_owned()));
        left = after.trim_start();
    }
    Some(Filter::Terms { all, any, none })
}

impl Term {
    fn occurs(&self, text: &str) -> Truth {
        match self.0.strip_prefix('%').and_then(|term| term.strip_suffix('%')) {
            Some(expression) => regex_holds(expression, text),
            None => text.contains(&self.0).into(),
        }
    }
}

fn expression_holds(expression: &Expression, record: &Json) -> Truth {
    match expression {
        Expression::All(parts) => parts.iter().fold(Truth::True, |all, part| all.and(expression_holds(part, record))),
        Expression::Any(parts) => parts.iter().fold(Truth::False, |one, part| one.or(expression_holds(part, record))),
        Expression::Comparison(comparison) => holds(comparison, record),
    }
}

fn holds(comparison: &Comparison, record: &Json) -> Truth {
    let mut field = Some(record);
    for step in &comparison.selector {
        field = match step {
            Step::Member(name) => field.and_then(|field| field.get(name)),
            Step::Element(at) => field.and_then(|field| field.get(*at)),
        };
    }
    match &comparison.test {
        Test::NotExists => field.is_none().into(),
        Test::Exists => field.is_some().into(),
        Test::IsNull => field.is_some_and(Json::is_null).into(),
        Test::Is(flag) => (field.and_then(Json::as_bool) == Some(*flag)).into(),
        Test::Compares(operator, operand) => match (field, operator) {
            (Some(field), _) => compares(*operator, operand, field),
            (None, Operator::NotEqual) => Truth::Unknown(Unknown::new(
                UnknownKind::Provider,
                "CloudWatch Logs does not document what != means for a field that an event does not have",
            )),
            (None, _) => Truth::False,
        },
    }
}

fn compares(operator: Operator, operand: &Operand, field: &Json) -> Truth {
    match operator {
        Operator::Equal => equal(operand, field),
        Operator::NotEqual => equal(operand, field).not(),
        Operator::Ordered(order) => {
            let (Operand::Text(bound), Some(number)) = (operand, field.as_f64()) else { return Truth::False };
            bound.parse().is_ok_and(|bound: f64| order(&number, &bound)).into()
        }
    }
}

fn equal(operand: &Operand, field: &Json) -> Truth {
    match (operand, field) {
        (Operand::Text(wanted), Json::String(field)) => {
            event::test(wanted, field, |field| wildcard::matches(wanted, field, false))
        }
        (Operand::Regex(expression), Json::String(field)) => match Regex::new(expression) {
            Ok(regex) => event::test(expression, field, |field| regex.is_match(field)),
            Err(_) => Truth::Unknown(malformed()),
        },
        (Operand::Text(wanted), Json::Number(_)) => {
            (wanted.parse().ok() == field.as_f64() && field.as_f64().is_some()).into()
        }
        (_, Json::Bool(_)) => Truth::Unknown(Unknown::new(
            UnknownKind::Provider,
            "CloudWatch Logs documents IS TRUE and IS FALSE for a field that is true or false, not =",
        )),
        _ => Truth::False,
    }
}

fn regex_holds(expression: &str, text: &str) -> Truth {
    Regex::new(expression).map_or_else(|_| Truth::Unknown(malformed()), |regex| regex.is_match(text).into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that panics fails")]
    use super::*;
    use serde_json::json;

    fn record() -> Json {
        json!({
            "eventSource": "kms.amazonaws.com", "eventName": "DisableKey", "count": 5, "nothing": null, "ok": true,
            "userIdentity": { "type": "IAMUser", "arn": "arn:aws:iam::1:user/a b" }, "list": [{ "name": "x" }, 7],
            "a-b": "c", "ip": "10.0.0.17", "recipientAccountId": event::ACCOUNT,
        })
    }

    #[test]
    fn patterns_of_the_guide() {
        let table = [
            ("", true),
            ("{ $.eventName = \"DisableKey\" }", true),
            ("{ $.eventName = DisableKey }", true),
            ("{$.eventName=DisableKey}", true),
            ("{ $.eventName = disablekey }", false),
            ("{ ($.eventName = DisableKey) }", true),
            ("{ $.eventName != DisableKey }", false),
            ("{ $.eventName != \"EnableKey\" }", true),
            ("{ $.eventName = \"Disable*\" }", true),
            ("{ $.eventName = *Key }", true),
            ("{ $.eventName != *Key }", false),
            ("{ $.eventName = %^Disable|Schedule% }", true),
            ("{ $.eventName = %^Key% }", false),
            ("{ $.eventName = DisableKey && $.eventSource = s3.amazonaws.com }", false),
            ("{ $.eventName = EnableKey || $.eventSource = kms.amazonaws.com }", true),
            // && binds closer than ||.
            ("{ $.ok IS TRUE || $.ok IS TRUE && $.ok IS FALSE }", true),
            ("{ ($.ok IS TRUE || $.ok IS TRUE) && $.ok IS FALSE }", false),
            (
                "{ (($.eventSource = kms.amazonaws.com) && (($.eventName=DisableKey)||($.eventName=ScheduleKeyDeletion))) }",
                true,
            ),
            ("{ $.userIdentity.type = \"IAMUser\" && $.userIdentity.invokedBy NOT EXISTS }", true),
            ("{ $.userIdentity.type NOT EXISTS }", false),
            ("{ $.nothing IS NULL }", true),
            ("{ $.eventName IS NULL }", false),
            ("{ $.missing IS NULL }", false),
            ("{ $.ok IS TRUE }", true),
            ("{ $.ok IS FALSE }", false),
            ("{ $.missing = \"*\" }", false),
            ("{ $.count = 5 }", true),
            ("{ $.count > 4 && $.count <= 5.0 }", true),
            ("{ $.count < 5 }", false),
            ("{ $.count >= 6 }", false),
            ("{ $.list[0].name = x }", true),
            ("{ $.list[1] = 7 }", true),
            ("{ $.list[2] NOT EXISTS }", true),
            ("{ $['a-b'] = c }", true),
            ("{ $.ip = 10.0.* }", true),
            ("{ $.userIdentity.arn = \"*user/a b\" }", true),
            ("{ $.recipientAccountId = \"*\" }", true),
            ("{ $.recipientAccountId != \"none\" }", true),
            ("DisableKey", true),
            ("EnableKey", false),
            ("\"kms.amazonaws.com\" DisableKey", true),
            ("\"kms.amazonaws.com\" -DisableKey", false),
            ("?EnableKey ?DisableKey", true),
            ("?EnableKey ?Encrypt", false),
            ("%(Dis|En)ableKey%", true),
        ];
        for (pattern, expected) in table {
            let filter = Filter::parse(pattern).unwrap_or_else(|_| panic!("{pattern} is not read"));
            assert_eq!(filter.matches(&record()), expected.into(), "{pattern}");
        }
    }

    #[test]
    fn what_the_guide_does_not_say_is_unknown() {
        for pattern in [
            "{ $.missing != DisableKey }",
            "{ $.ok = true }",
            "{ $.recipientAccountId = 111122223333 }",
            "{ $.eventName = %[% }",
            "[ip, user = DisableKey]",
        ] {
            assert!(matches!(Filter::parse(pattern).unwrap().matches(&record()), Truth::Unknown(_)), "{pattern}");
        }
        for pattern in
            ["{ $.eventName }", "{ eventName = x }", "{ $.a = x", "{ ($.a = x }", "{ $.a = x $.b = y }", "\"open"]
        {
            assert!(Filter::parse(pattern).is_err(), "{pattern}");
        }
    }
}

//! Event patterns of EventBridge (EventBridge User Guide, "Comparison operators for use in event patterns").

use std::net::IpAddr;

use serde_json::Value as Json;

use super::event::{self, ACCOUNT, REGION};
use super::wildcard;
use crate::value::{InputKind, Kind, Part, Pseudo, Symbol, Truth, Unknown, UnknownKind, Value};

/// Whether an event matches a pattern: every field that the pattern names must hold one of the values listed for it.
pub(super) fn matches(pattern: &Value, event: &Json) -> Truth {
    match &pattern.kind {
        Kind::Map(_) => fields(pattern, Some(event)),
        _ => not_known(pattern),
    }
}

fn fields(pattern: &Value, event: Option<&Json>) -> Truth {
    let Kind::Map(entries) = &pattern.kind else { return not_known(pattern) };
    let field = |key: &str, wanted: &Value| {
        if key == "$or" {
            return any(wanted.items(), |branch| fields(branch, event));
        }
        let found = event.and_then(|event| event.get(key));
        match &wanted.kind {
            Kind::Map(_) => fields(wanted, found),
            Kind::List(items) => any(items, |item| leaf(item, found)),
            _ => not_known(wanted),
        }
    };
    entries
        .iter()
        .fold(Truth::True, |all, entry| if all.is_false() { all } else { all.and(field(&entry.key, &entry.value)) })
}

fn any<'v>(items: &'v [Value], test: impl Fn(&'v Value) -> Truth) -> Truth {
    items.iter().fold(Truth::False, |one, item| if one.is_true() { one } else { one.or(test(item)) })
}

/// Whether a field holds a value; of a field that is a list, one element must.
fn leaf(wanted: &Value, field: Option<&Json>) -> Truth {
    if let Some(exists) = wanted.get("exists") {
        let is_leaf = field.is_some_and(|field| !field.is_object());
        return exists.as_bool().map_or_else(|| not_known(exists), |exists| (exists == is_leaf).into());
    }
    match field {
        None | Some(Json::Object(_)) => Truth::False,
        Some(Json::Array(elements)) => {
            elements.iter().fold(Truth::False, |one, element| one.or(leaf(wanted, Some(element))))
        }
        Some(field) => value(wanted, field),
    }
}

fn value(wanted: &Value, field: &Json) -> Truth {
    match &wanted.kind {
        Kind::Map(entries) => match entries.as_slice() {
            [only] => operator(&only.key, &only.value, field),
            _ => refused("a value of an event pattern has one operator"),
        },
        _ => equal(wanted, field),
    }
}

fn operator(name: &str, argument: &Value, field: &Json) -> Truth {
    match name {
        "anything-but" => anything_but(argument, field).not(),
        "numeric" => numeric(argument.items(), field),
        "cidr" => text(argument, field, within),
        _ => texts(name, argument, field),
    }
}

/// What `anything-but` leaves out.
fn anything_but(argument: &Value, field: &Json) -> Truth {
    match &argument.kind {
        Kind::Map(entries) => match entries.as_slice() {
            [only] => any(only.value.items(), |item| texts(&only.key, item, field)),
            _ => refused("anything-but has one operator"),
        },
        _ => any(argument.items(), |item| equal(item, field)),
    }
}

/// The operators over texts.
fn texts(name: &str, argument: &Value, field: &Json) -> Truth {
    // `prefix` and `suffix` take `{"equals-ignore-case": ...}` as well.
    let insensitive = argument.get("equals-ignore-case");
    match (name, insensitive) {
        ("prefix", None) => text(argument, field, |wanted, field| field.starts_with(wanted)),
        ("suffix", None) => text(argument, field, |wanted, field| field.ends_with(wanted)),
        ("prefix", Some(argument)) => {
            text(argument, field, |wanted, field| field.to_lowercase().starts_with(&wanted.to_lowercase()))
        }
        ("suffix", Some(argument)) => {
            text(argument, field, |wanted, field| field.to_lowercase().ends_with(&wanted.to_lowercase()))
        }
        ("equals-ignore-case", _) => {
            text(argument, field, |wanted, field| field.to_lowercase() == wanted.to_lowercase())
        }
        ("wildcard", _) => text(argument, field, |wanted, field| wildcard::matches(wanted, field, true)),
        _ => refused(&format!("EventBridge has no operator {name}")),
    }
}

fn text(wanted: &Value, field: &Json, holds: impl Fn(&str, &str) -> bool) -> Truth {
    match (wanted.as_str(), field.as_str()) {
        (_, None) => Truth::False,
        (None, Some(_)) => not_known(wanted),
        (Some(wanted), Some(field)) => event::test(wanted, field, |field| holds(wanted, field)),
    }
}

/// Exact equality; texts are compared with their case, numbers by their value.
fn equal(wanted: &Value, field: &Json) -> Truth {
    match (&wanted.kind, field) {
        (Kind::Absent, _) => field.is_null().into(),
        (Kind::Bool(flag), _) => (field.as_bool() == Some(*flag)).into(),
        (Kind::Number(_), _) => (field.as_f64().is_some() && field.as_f64() == wanted.as_number()).into(),
        (Kind::Map(_) | Kind::List(_), _) => {
            refused("a value of an event pattern is a text, a number, true, false or null")
        }
        (Kind::Symbol(Symbol::Input { kind: InputKind::Pseudo(pseudo), .. }), Json::String(field)) => {
            match (pseudo, field.as_str()) {
                (Pseudo::Account, ACCOUNT) | (Pseudo::Region, REGION) => Truth::True,
                _ => not_known(wanted),
            }
        }
        (Kind::String(wanted), Json::String(field)) if field == ACCOUNT && !is_account(wanted) => Truth::False,
        (Kind::String(wanted), Json::String(field)) => event::test(wanted, field, |field| **wanted == *field),
        (Kind::String(_), _) => Truth::False,
        (_, Json::String(field)) => perhaps(wanted, field),
        _ => Truth::False,
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a text that is not wholly known may be `field`: only its known ends can speak against it.
fn perhaps(wanted: &Value, field: &str) -> Truth {
    let parts = wanted.parts().unwrap_or_default();
    let known = |part: Option<&Part>| match part {
        Some(Part::Literal(text)) => text.to_string(),
        _ => String::new(),
    };
    let fits = field.starts_with(&known(parts.first())) && field.ends_with(&known(parts.last()));
    if fits { not_known(wanted) } else { Truth::False }
}

/// `[">", 0, "<=", 5]`.
fn numeric(bounds: &[Value], field: &Json) -> Truth {
    let Some(number) = field.as_f64() else { return Truth::False };
    let mut holds = !bounds.is_empty();
    for pair in bounds.chunks(2) {
        let [operator, bound] = pair else { return refused("numeric takes pairs of an operator and a number") };
        let (Some(operator), Some(bound)) = (operator.as_str(), bound.as_number()) else {
            return not_known(if operator.as_str().is_some() { bound } else { operator });
        };
        holds &= match operator {
            "=" => number == bound,
            "<" => number < bound,
            "<=" => number <= bound,
            ">" => number > bound,
            ">=" => number >= bound,
            _ => return refused("numeric takes =, <, <=, > and >="),
        };
    }
    holds.into()
}

/// Whether an address lies in a block.
fn within(block: &str, address: &str) -> bool {
    let (start, length) = block.split_once('/').unwrap_or((block, "128"));
    let (Ok(start), Ok(address), Ok(length)) = (start.parse(), address.parse(), length.parse::<u32>()) else {
        return false;
    };
    let (start, address, bits) = match (start, address) {
        (IpAddr::V4(start), IpAddr::V4(address)) => (u128::from(start.to_bits()), u128::from(address.to_bits()), 32),
        (IpAddr::V6(start), IpAddr::V6(address)) => (start.to_bits(), address.to_bits(), 128),
        _ => return false,
    };
    let shift = u32::saturating_sub(bits, length);
    start.checked_shr(shift).unwrap_or(0) == address.checked_shr(shift).unwrap_or(0)
}

fn not_known(value: &Value) -> Truth {
    let why = value.first_unknown().unwrap_or_else(|| {
        let kind = UnknownKind::Provider;
        let what = value.marked().unwrap_or_else(|| "a value".to_owned());
        Unknown::new(kind, format!("{what} in the event pattern is known only when the code is deployed"))
    });
    Truth::Unknown(why)
}

fn refused(why: &str) -> Truth {
    Truth::Unknown(Unknown::new(UnknownKind::Error, why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Origin;
    use serde_json::json;

    fn asked(pattern: &Json, event: &Json) -> Truth {
        matches(&Value::from_json(pattern, &Origin::default()), event)
    }

    #[test]
    fn patterns_of_the_guide() {
        let event = json!({
            "source": "aws.kms",
            "detail-type": "AWS API Call via CloudTrail",
            "resources": ["arn:a", "arn:b"],
            "none": [],
            "detail": {
                "eventName": "DisableKey", "count": 5, "price": 3.50, "ok": true, "nothing": null, "empty": "",
                "address": "10.0.0.17", "v6": "2001:db8::1", "file": "a/b/dog.PNG", "inner": { "x": "y" },
            },
        });
        let table = [
            (json!({ "source": ["aws.kms"] }), true),
            (json!({ "source": ["aws.s3", "aws.kms"] }), true),
            (json!({ "source": ["aws.KMS"] }), false),
            (json!({ "source": ["aws.kms"], "detail-type": ["KMS CMK Deletion"] }), false),
            (json!({ "missing": ["aws.kms"] }), false),
            (json!({ "resources": ["arn:b"] }), true),
            (json!({ "resources": ["arn:c"] }), false),
            (json!({ "none": [{ "anything-but": "x" }] }), false),
            (json!({ "detail": { "eventName": ["DisableKey"], "ok": [true] } }), true),
            (json!({ "detail": { "ok": ["true"] } }), false),
            (json!({ "detail": { "count": [5.0] } }), true),
            (json!({ "detail": { "count": ["5"] } }), false),
            (json!({ "detail": { "nothing": [null] } }), true),
            (json!({ "detail": { "empty": [""] } }), true),
            (json!({ "detail": { "eventName": [null] } }), false),
            (json!({ "detail": { "inner": { "x": ["y"] } } }), true),
            (json!({ "detail": { "inner": ["y"] } }), false),
            (json!({ "detail": { "eventName": [{ "prefix": "Dis" }] } }), true),
            (json!({ "detail": { "eventName": [{ "prefix": "dis" }] } }), false),
            (json!({ "detail": { "eventName": [{ "prefix": { "equals-ignore-case": "dis" } }] } }), true),
            (json!({ "detail": { "eventName": [{ "suffix": "Key" }] } }), true),
            (json!({ "detail": { "file": [{ "suffix": ".png" }] } }), false),
            (json!({ "detail": { "file": [{ "suffix": { "equals-ignore-case": ".png" } }] } }), true),
            (json!({ "detail": { "eventName": [{ "equals-ignore-case": "disablekey" }] } }), true),
            (json!({ "detail": { "file": [{ "wildcard": "a/*/dog.*" }] } }), true),
            (json!({ "detail": { "file": [{ "wildcard": "b/*" }] } }), false),
            (json!({ "detail": { "eventName": [{ "anything-but": "DisableKey" }] } }), false),
            (json!({ "detail": { "eventName": [{ "anything-but": ["EnableKey", "Encrypt"] }] } }), true),
            (json!({ "detail": { "count": [{ "anything-but": [5] }] } }), false),
            (json!({ "detail": { "eventName": [{ "anything-but": { "prefix": "Dis" } }] } }), false),
            (json!({ "detail": { "eventName": [{ "anything-but": { "prefix": ["En", "Dis"] } }] } }), false),
            (json!({ "detail": { "eventName": [{ "anything-but": { "suffix": "Keys" } }] } }), true),
            (json!({ "detail": { "eventName": [{ "anything-but": { "equals-ignore-case": "disablekey" } }] } }), false),
            (json!({ "detail": { "eventName": [{ "anything-but": { "wildcard": "*able*" } }] } }), false),
            (json!({ "detail": { "missing": [{ "anything-but": "x" }] } }), false),
            (json!({ "detail": { "missing": [{ "exists": false }] } }), true),
            (json!({ "detail": { "eventName": [{ "exists": false }] } }), false),
            (json!({ "detail": { "eventName": [{ "exists": true }] } }), true),
            (json!({ "away": { "deep": [{ "exists": false }] } }), true),
            (json!({ "detail": { "count": [{ "numeric": [">", 0, "<=", 5] }] } }), true),
            (json!({ "detail": { "count": [{ "numeric": ["<", 5] }] } }), false),
            (json!({ "detail": { "price": [{ "numeric": ["=", 3.5] }] } }), true),
            (json!({ "detail": { "eventName": [{ "numeric": ["=", 1] }] } }), false),
            (json!({ "detail": { "address": [{ "cidr": "10.0.0.0/24" }] } }), true),
            (json!({ "detail": { "address": [{ "cidr": "10.0.1.0/24" }] } }), false),
            (json!({ "detail": { "v6": [{ "cidr": "2001:db8::/32" }] } }), true),
            (json!({ "detail": { "address": [{ "cidr": "0.0.0.0/0" }] } }), true),
            (json!({ "$or": [{ "source": ["aws.s3"] }, { "detail": { "count": [5] } }] }), true),
            (json!({ "detail": { "$or": [{ "eventName": ["EnableKey"] }, { "count": [6] }] } }), false),
            (json!({ "source": ["aws.kms"], "$or": [{ "detail": { "ok": [false] } }, { "missing": [1] }] }), false),
            (json!({}), true),
        ];
        for (pattern, expected) in table {
            assert_eq!(asked(&pattern, &event), expected.into(), "{pattern}");
        }
    }

    #[test]
    fn what_can_not_be_known_is_unknown() {
        let event = json!({ "account": ACCOUNT, "region": REGION, "name": "DisableKey" });
        for pattern in [
            json!({ "account": ["111122223333"] }),
            json!({ "region": ["eu-west-1"] }),
            json!({ "region": [{ "prefix": "eu-" }] }),
            json!({ "name": [{ "starts-with": "Disable" }] }),
            json!({ "name": "DisableKey" }),
        ] {
            assert!(matches!(asked(&pattern, &event), Truth::Unknown(_)), "{pattern}");
        }
        assert!(asked(&json!({ "account": ["11112222"] }), &event).is_false());
        let of = |parts: Vec<Part>| {
            let name = Value::new(Kind::List(vec![Value::text(parts, Origin::default())]), Origin::default());
            let entry = crate::value::Entry { key: "name".into(), key_span: None, value: name };
            matches(&Value::new(Kind::Map(vec![entry]), Origin::default()), &event)
        };
        let open = || Part::Unknown(Unknown::new(UnknownKind::Input, "it has no value"));
        assert!(matches!(of(vec![open()]), Truth::Unknown(_)));
        assert!(matches!(of(vec![Part::Literal("Disable".into()), open()]), Truth::Unknown(_)));
        assert!(of(vec![Part::Literal("Enable".into()), open()]).is_false());
    }
}

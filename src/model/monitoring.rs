//! What watches KMS: event rules of EventBridge and metric filters of CloudWatch Logs over CloudTrail's events.

use super::dialect::Name;
use super::dialect::Part;
use super::evaluator::Instance;
use super::settle;
use super::stack::Stack;
use crate::iam;
use crate::value::{Kind, Origin, Unknown, Value, World};

/// The events that make a key useless or open it.
pub(super) const EVENTS: [&str; 4] = ["ScheduleKeyDeletion", "DisableKey", "PutKeyPolicy", "RevokeGrant"];

const PATTERN: Name = Name::new("EventPattern", "event_pattern");
const FILTER: Name = Name::new("FilterPattern", "pattern");

/// What a rule or filter watches.
pub(super) enum Watch {
    /// KMS.
    Kms {
        /// Which of [`EVENTS`] it matches.
        covers: Vec<&'static str>,
        /// Names that are no event or source of KMS, each with its place.
        misspelt: Vec<(String, Origin)>,
        /// Its pattern.
        origin: Origin,
    },
    /// Something else.
    Other,
    /// Can't be told.
    Unknown(Unknown),
}

/// What a rule or filter watches.
pub(super) fn watch(stack: &Stack<'_>, monitor: &Instance, world: &mut World<'_>) -> Watch {
    let event_rule = stack.part(monitor) == Some(Part::EventRule);
    let name = if event_rule { PATTERN } else { FILTER };
    let value = settle::settled(&stack.read(monitor, name, world), world);
    if value.is_absent() {
        return Watch::Other;
    }
    if event_rule { event_pattern(&value) } else { filter_pattern(&value) }
}

/// `{"source": ["aws.kms"], "detail": {"eventSource": ["kms.amazonaws.com"], "eventName": [...]}}`.
fn event_pattern(value: &Value) -> Watch {
    let pattern = match iam::document(value) {
        Ok(pattern) => pattern,
        Err(why) => return Watch::Unknown(why),
    };
    let empty = Value::omitted();
    let detail = pattern.get("detail").unwrap_or(&empty);
    let texts = |value: Option<&Value>| -> Vec<(String, Origin)> {
        let items = value.map(Value::items).unwrap_or_default();
        items.iter().filter_map(|item| Some((item.marked()?, item.origin.clone()))).collect()
    };
    let (sources, event_sources) = (texts(pattern.get("source")), texts(detail.get("eventSource")));
    let names = detail.get("eventName");
    let speaks = |list: &[(String, Origin)]| list.iter().any(|(text, _)| text.to_ascii_lowercase().contains("kms"));
    let tries = texts(names).iter().any(|(name, _)| EVENTS.contains(&name.as_str()));
    if !speaks(&sources) && !speaks(&event_sources) && !tries {
        return Watch::Other;
    }
    let mut misspelt: Vec<_> = sources.into_iter().filter(|(text, _)| wrong(text, "aws.kms")).collect();
    misspelt.extend(event_sources.into_iter().filter(|(text, _)| wrong(text, "kms.amazonaws.com")));
    misspelt.extend(texts(names).into_iter().filter(|(name, _)| near_event(name)));
    let covers = if misspelt.is_empty() {
        EVENTS
            .into_iter()
            .filter(|event| names.is_none_or(|names| names.items().iter().any(|it| matches(it, event))))
            .collect()
    } else {
        EVENTS.into_iter().filter(|event| texts(names).iter().any(|(name, _)| name == event)).collect()
    };
    Watch::Kms { covers, misspelt, origin: value.origin.clone() }
}

/// A source that speaks of KMS but is not spelt as it must be.
fn wrong(text: &str, right: &str) -> bool {
    text.to_ascii_lowercase().contains("kms") && text != right
}

/// A name that is an event of [`EVENTS`] but for its letters' case, a plural or one exchanged letter.
fn near_event(name: &str) -> bool {
    !EVENTS.contains(&name)
        && EVENTS.iter().any(|event| {
            let (name, event) = (name.to_ascii_lowercase(), event.to_ascii_lowercase());
            name == event
                || name.trim_end_matches('s') == event
                || name.replace("cmk", "key") == event
                || name == format!("kms:{event}")
        })
}

/// A value of an event pattern: a text, or `{"prefix": ...}`, `{"wildcard": ...}`, `{"anything-but": ...}`.
fn matches(value: &Value, event: &str) -> bool {
    if let Some(text) = value.as_str() {
        return text == event;
    }
    let Kind::Map(entries) = &value.kind else { return false };
    entries.iter().any(|entry| {
        let texts: Vec<&str> = entry.value.items().iter().filter_map(Value::as_str).collect();
        match &*entry.key {
            "prefix" => texts.iter().any(|text| event.starts_with(text)),
            "suffix" => texts.iter().any(|text| event.ends_with(text)),
            "equals-ignore-case" => texts.iter().any(|text| event.eq_ignore_ascii_case(text)),
            "anything-but" => !texts.contains(&event),
            "wildcard" => texts.iter().any(|text| {
                let facts = iam::Facts::default();
                let parts = [crate::value::Part::Literal((*text).into())];
                iam::Text::pattern(&parts, &facts).matches(&iam::Text::known(event), false) == iam::Match::Yes
            }),
            _ => false,
        }
    })
}

/// `{ ($.eventSource = "kms.amazonaws.com") && (($.eventName = DisableKey) || ...) }`.
fn filter_pattern(value: &Value) -> Watch {
    let Some(text) = value.as_str() else { return Watch::Unknown(settle_why(value)) };
    let words: Vec<&str> = text
        .split(|letter: char| !(letter.is_ascii_alphanumeric() || ".-_$:*".contains(letter)))
        .filter(|it| !it.is_empty())
        .collect();
    let source = words.iter().any(|word| word.to_ascii_lowercase().contains("kms"));
    let named: Vec<&str> = EVENTS.into_iter().filter(|event| words.contains(event)).collect();
    if !source && named.is_empty() {
        return Watch::Other;
    }
    let mut misspelt: Vec<(String, Origin)> = Vec::new();
    let place = &value.origin;
    for pair in words.windows(2) {
        match pair {
            ["$.eventSource", source] if wrong(source, "kms.amazonaws.com") => {
                misspelt.push(((*source).to_owned(), place.clone()))
            }
            ["$.eventName", name] if near_event(name) => misspelt.push(((*name).to_owned(), place.clone())),
            _ => {}
        }
    }
    let any_name = !words.contains(&"$.eventName");
    let covers = EVENTS.into_iter().filter(|event| any_name || words.contains(event)).collect();
    Watch::Kms { covers, misspelt, origin: value.origin.clone() }
}

fn settle_why(value: &Value) -> Unknown {
    value.first_unknown().unwrap_or_else(|| {
        let kind = crate::value::UnknownKind::Provider;
        Unknown::new(kind, "the filter's pattern is known only when the code is deployed")
    })
}

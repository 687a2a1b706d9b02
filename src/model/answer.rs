//! Small makers of [`Answer`]s, and *records*: objects whose attributes were computed together and are kept as a map.

use super::schema::{Answer, Object};
use crate::value::{Entry, Kind, Origin, Truth, Unknown, Value};

/// A known string.
pub(super) fn text(text: impl AsRef<str>, origin: Origin) -> Answer {
    Answer::Value(Value::string(text.as_ref(), origin))
}

/// A known boolean.
pub(super) fn flag(flag: bool, origin: Origin) -> Answer {
    Answer::Value(Value::new(Kind::Bool(flag), origin))
}

/// A boolean that may be unknown.
pub(super) fn truth(truth: Truth, origin: Origin) -> Answer {
    match truth {
        Truth::True => flag(true, origin),
        Truth::False => flag(false, origin),
        Truth::Unknown(why) => Answer::Unknown(why, origin),
    }
}

/// A value that a record keeps for an attribute that can't be told.
pub(super) fn unknown(why: &Unknown, origin: &Origin) -> Value {
    Value::new(Kind::Unknown(why.clone()), origin.clone())
}

/// A list of strings, all decided by one text.
pub(super) fn strings<S: AsRef<str>>(list: impl IntoIterator<Item = S>, origin: &Origin) -> Value {
    let items = list.into_iter().map(|item| Value::string(item.as_ref(), origin.clone())).collect();
    Value::new(Kind::List(items), origin.clone())
}

/// A map of computed attributes.
pub(super) fn record(fields: Vec<(&str, Value)>, origin: &Origin) -> Value {
    let entries = fields.into_iter().map(|(key, value)| Entry { key: key.into(), key_span: None, value }).collect();
    Value::new(Kind::Map(entries), origin.clone())
}

/// The attribute `name` of a record; absent where the record has none.
pub(super) fn field(object: &Object, name: &str) -> Answer {
    match object.value.as_ref().and_then(|value| value.get(name)) {
        Some(value) if value.is_absent() => Answer::Absent(value.origin.clone()),
        Some(value) => Answer::Value(value.clone()),
        None => Answer::Absent(object.origin.clone()),
    }
}

/// A property as an answer: absent where it is omitted.
pub(super) fn property(value: Value) -> Answer {
    match value.kind {
        Kind::Absent => Answer::Absent(value.origin),
        Kind::Unknown(why) => Answer::Unknown(why, value.origin),
        _ => Answer::Value(value),
    }
}

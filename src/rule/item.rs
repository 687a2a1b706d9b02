//! What an expression gives in one world, and the texts that decided it.

use std::sync::Arc;

use super::syntax::Number;
use crate::model::schema::Object;
use crate::source::{HIDDEN, Span};
use crate::value::{Kind, Origin, Part, Symbol, Truth, Unknown, UnknownKind, Value, excerpt};

/// A result with its provenance.
#[derive(Clone, Debug)]
pub(super) struct Got {
    pub(super) item: Item,
    /// The attributes that decided it, in the order in which they were read; exactly those.
    pub(super) traces: Vec<Arc<Trace>>,
}

/// A result.
#[derive(Clone, Debug)]
pub(super) enum Item {
    Plain(Value),
    Object(Object),
    List(Vec<Got>),
}

/// One attribute that was read: which, what decided it, and through what it was reached.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace {
    /// As the rule writes it: `vault.key.owner`, `statements[2].actions`.
    pub(super) path: String,
    pub(super) origin: Origin,
    /// The key or block name that its value stands behind.
    pub(super) name: Option<Span>,
    /// What it was read from.
    pub(super) from: Option<Arc<Trace>>,
    /// Its value, where that is short and known.
    pub(super) shown: Option<String>,
}

impl Trace {
    /// The deciding text; where nothing is written, the nearest thing around it that is. `None` where that is the
    /// subject itself.
    pub(super) fn place(&self) -> Option<Span> {
        let mut span = self.origin.span;
        let mut above = self.from.as_ref();
        while let (None, Some(trace)) = (span, above) {
            // The root is the subject: its header stands for it, not its whole text.
            trace.from.as_ref()?;
            span = trace.name.or(trace.origin.span);
            above = trace.from.as_ref();
        }
        span
    }
}

impl Got {
    pub(super) fn plain(kind: Kind, traces: Vec<Arc<Trace>>) -> Got {
        Got { item: Item::Plain(Value::new(kind, Origin::default())), traces }
    }

    pub(super) fn unknown(why: Unknown, traces: Vec<Arc<Trace>>) -> Got {
        Got::plain(Kind::Unknown(why), traces)
    }

    /// No answer: an expression that CEL would call an error.
    pub(super) fn error(why: impl Into<Arc<str>>, traces: Vec<Arc<Trace>>) -> Got {
        Got::unknown(Unknown::new(UnknownKind::Error, why), traces)
    }

    pub(super) fn truth(truth: Truth, traces: Vec<Arc<Trace>>) -> Got {
        match truth {
            Truth::True => Got::plain(Kind::Bool(true), traces),
            Truth::False => Got::plain(Kind::Bool(false), traces),
            Truth::Unknown(why) => Got::unknown(why, traces),
        }
    }

    pub(super) fn number(number: Number, traces: Vec<Arc<Trace>>) -> Got {
        // A double keeps its point, so that it stays one when it is read again.
        let text = match number {
            Number::Int(int) => int.to_string(),
            Number::Double(double) => format!("{double:?}"),
        };
        Got::plain(Kind::Number(text.into()), traces)
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(&self.item, Item::Plain(value) if value.is_absent())
    }

    /// The last attribute read.
    pub(super) fn last(&self) -> Option<&Arc<Trace>> {
        self.traces.last()
    }

    /// Why it is not known, where that is so.
    pub(super) fn why_unknown(&self) -> Option<Unknown> {
        match &self.item {
            Item::Plain(Value { kind: Kind::Unknown(why), .. }) => Some(why.clone()),
            _ => None,
        }
    }

    /// The known value as text for messages; `None` where it is not known.
    pub(super) fn shown(&self) -> Option<String> {
        match &self.item {
            Item::Plain(value) => shown(value),
            Item::Object(object) => Some(object.instance.as_ref().map_or(object.class, |it| &it.address).to_owned()),
            Item::List(items) => Some(enumerated(items.iter().map(Got::shown).collect::<Option<_>>()?)),
        }
    }
}

/// A text on one line. What the model says in words is told in full; what stands in the code is told by its beginning, and has
/// no blanks, or is JSON.
fn told(text: &str) -> String {
    let in_words = text.contains(' ') && !text.trim_start().starts_with(['{', '[']);
    if in_words { text.replace(['\n', '\r', '\t'], " ") } else { excerpt(text) }
}

/// A value as text for messages: strings as they are, what is symbolic by its name.
fn shown(value: &Value) -> Option<String> {
    let symbol = |symbol: &Symbol| format!("${{{symbol}}}");
    if value.origin.sensitive && !matches!(value.kind, Kind::Absent | Kind::Symbol(_) | Kind::Unknown(_)) {
        return Some(HIDDEN.to_owned());
    }
    Some(match &value.kind {
        Kind::Absent => "nothing".to_owned(),
        Kind::Bool(flag) => flag.to_string(),
        Kind::Number(text) | Kind::String(text) => told(text),
        Kind::Symbol(name) => symbol(name),
        Kind::Text(parts) => {
            let parts = parts.iter().map(|part| match part {
                Part::Literal(text) => Some(text.to_string()),
                Part::Symbol(name) => Some(symbol(name)),
                Part::Unknown(_) => None,
            });
            told(&parts.collect::<Option<String>>()?)
        }
        Kind::List(items) => enumerated(items.iter().map(shown).collect::<Option<_>>()?),
        Kind::Map(_) => "a map".to_owned(),
        Kind::Unknown(_) | Kind::Choice(_) => return None,
    })
}

/// "a, b and c".
pub(super) fn enumerated(mut items: Vec<String>) -> String {
    match items.pop() {
        None => "none".to_owned(),
        Some(last) if items.is_empty() => last,
        Some(last) => format!("{} and {last}", items.join(", ")),
    }
}

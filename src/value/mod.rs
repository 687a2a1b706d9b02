//! Symbolic values, worlds and three-valued truth: the one evaluation core of both languages.
//!
//! Knows no format and no cloud. A [`Value`] is known, absent, a symbol (a reference to a resource attribute, an open
//! input) or unknown with its reason, and always carries the text that decided it ([`Origin`]).
//! A [`World`] is what the evaluators ask whenever a decision depends on an open input; [`explore`] runs them through
//! every world that matters.

mod address;
mod choice;
mod explore;
mod guard;
mod input;
mod memory;
mod origin;
mod truth;
mod world;

use std::sync::Arc;

use serde_json::Value as Json;

use crate::source::{HIDDEN, Span};

pub use address::without_keys;
pub use choice::{Alternative, left};
pub use explore::{Exploration, Leaf, explore, explore_sharing, is_possible};
pub use guard::Guard;
pub use input::{Accepts, Input, InputId, InputKind, Inputs, Pseudo};
pub use memory::{Memory, QuickHash, Refusal};
pub use origin::{Origin, Step};
pub use truth::Truth;
pub use world::{Fact, InputState, Mode, Test, World};

/// A value in one world, with the text that decided it.
#[derive(Clone, Debug)]
pub struct Value {
    /// What it is.
    pub kind: Kind,
    /// Which text decided it, and the chain that led there.
    pub origin: Origin,
}

/// What a [`Value`] is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Not there: CloudFormation's `AWS::NoValue`, Terraform's `null`, or nothing written (then the origin has no span).
    Absent,
    /// A boolean.
    Bool(bool),
    /// A number, kept as the decimal text that the language prints for it.
    Number(Arc<str>),
    /// A known string.
    String(Arc<str>),
    /// A string that has symbols or unknown parts in it; never of literals only.
    Text(Arc<[Part]>),
    /// A list, tuple or set (a set in its language's own order).
    List(Vec<Value>),
    /// A map or object, in written order, keys unique.
    Map(Vec<Entry>),
    /// Something known by name, not by content; it is known to be there (never absent).
    Symbol(Symbol),
    /// Not known, and why.
    Unknown(Unknown),
    /// A part of a list that is one of these, by what nobody has asked yet. Only the statements of a policy hold it, as
    /// [`crate::model::Evaluator::document`] gives them.
    Choice(Arc<[Alternative]>),
}

/// One member of a map.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: Arc<str>,
    /// Where the key is written.
    pub key_span: Option<Span>,
    /// The value.
    pub value: Value,
}

/// One part of a string that is not wholly known.
#[derive(Clone, Debug)]
pub enum Part {
    /// Known text.
    Literal(Arc<str>),
    /// A symbol's text.
    Symbol(Symbol),
    /// Text that is not known, and why.
    Unknown(Unknown),
}

/// Something known by name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// An attribute of a resource instance: Terraform's `aws_kms_key.k[0].arn`, CloudFormation's `!GetAtt Key.Arn`.
    /// `resource` is the instance's address in the unit (with module path and key), or the logical id.
    Attribute {
        /// Address or logical id.
        resource: Arc<str>,
        /// Attribute path, as the language spells it.
        attribute: Arc<str>,
    },
    /// CloudFormation's `Ref` of a resource.
    Ref(Arc<str>),
    /// An input that the world leaves open.
    Input {
        /// Which one.
        id: InputId,
        /// Its name as people write it (`UseCmk`, `AWS::Region`, `var.x`).
        name: Arc<str>,
        /// What sort of input it is: policies understand account, region and partition.
        kind: InputKind,
        /// Whether it has a default.
        defaulted: bool,
    },
}

/// Why a value is not known.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unknown {
    /// The class of reason, for counting.
    pub kind: UnknownKind,
    /// A phrase that ends the sentence "can't tell, because ..." ("variable key has no value", "it is imported from stack-a").
    pub reason: Arc<str>,
}

/// Classes of reasons for not knowing; the summary counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum UnknownKind {
    /// An input without a value, or one that may be set differently.
    Input,
    /// Only the provider or the service knows it (data source, computed attribute, SSM parameter).
    Provider,
    /// Another stack's export, another stack's state.
    Import,
    /// `{{resolve:...}}`.
    DynamicReference,
    /// A macro, transform or generator that was not run.
    Macro,
    /// A module or nested stack whose sources are not here.
    Module,
    /// The plan alone cannot tell.
    Plan,
    /// Evaluation gives an error in this world.
    Error,
    /// Impure functions: time, random.
    Impure,
    /// A limit was met.
    Limit,
    /// strongroom does not evaluate this yet.
    Unsupported,
}

impl UnknownKind {
    /// The kebab-case name that formats print.
    pub fn name(self) -> &'static str {
        match self {
            UnknownKind::Input => "input",
            UnknownKind::Provider => "provider",
            UnknownKind::Import => "import",
            UnknownKind::DynamicReference => "dynamic-reference",
            UnknownKind::Macro => "macro",
            UnknownKind::Module => "module",
            UnknownKind::Plan => "plan",
            UnknownKind::Error => "error",
            UnknownKind::Impure => "impure",
            UnknownKind::Limit => "limit",
            UnknownKind::Unsupported => "unsupported",
        }
    }
}

impl Unknown {
    /// A reason of class `kind`.
    pub fn new(kind: UnknownKind, reason: impl Into<Arc<str>>) -> Self {
        Unknown { kind, reason: reason.into() }
    }
}

impl std::fmt::Display for Symbol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Symbol::Attribute { resource, attribute } => write!(f, "{resource}.{attribute}"),
            Symbol::Ref(resource) => f.write_str(resource),
            Symbol::Input { name, .. } => f.write_str(name),
        }
    }
}

impl Value {
    /// A value of this kind, decided by the text at `origin`.
    pub fn new(kind: Kind, origin: Origin) -> Self {
        Value { kind, origin }
    }

    /// Nothing is written.
    pub fn omitted() -> Self {
        Value::new(Kind::Absent, Origin::default())
    }

    /// Absent, because the text at `origin` says so (`null`, `!Ref AWS::NoValue`).
    pub fn absent(origin: Origin) -> Self {
        Value::new(Kind::Absent, origin)
    }

    /// A known string.
    pub fn string(text: impl Into<Arc<str>>, origin: Origin) -> Self {
        Value::new(Kind::String(text.into()), origin)
    }

    /// Not known, for `reason`.
    pub fn unknown(kind: UnknownKind, reason: impl Into<Arc<str>>, origin: Origin) -> Self {
        Value::new(Kind::Unknown(Unknown::new(kind, reason)), origin)
    }

    /// A string made of parts: neighbouring literals are joined; literals only give [`Kind::String`], one symbol alone
    /// gives [`Kind::Symbol`], one unknown alone gives [`Kind::Unknown`].
    pub fn text(parts: impl IntoIterator<Item = Part>, origin: Origin) -> Self {
        let mut joined: Vec<Part> = Vec::new();
        for part in parts {
            match (joined.last_mut(), part) {
                (_, Part::Literal(text)) if text.is_empty() => {}
                (Some(Part::Literal(before)), Part::Literal(text)) => *before = format!("{before}{text}").into(),
                (_, part) => joined.push(part),
            }
        }
        let kind = match joined.as_slice() {
            [] => Kind::String("".into()),
            [Part::Literal(text)] => Kind::String(Arc::clone(text)),
            [Part::Symbol(symbol)] => Kind::Symbol(symbol.clone()),
            [Part::Unknown(unknown)] => Kind::Unknown(unknown.clone()),
            _ => Kind::Text(joined.into()),
        };
        Value::new(kind, origin)
    }

    /// A literal, all of it decided by one text.
    pub fn from_json(json: &Json, origin: &Origin) -> Self {
        let kind = match json {
            Json::Null => Kind::Absent,
            Json::Bool(flag) => Kind::Bool(*flag),
            Json::Number(number) => Kind::Number(number.to_string().into()),
            Json::String(text) => Kind::String(text.as_str().into()),
            Json::Array(items) => Kind::List(items.iter().map(|item| Value::from_json(item, origin)).collect()),
            Json::Object(members) => Kind::Map(
                members
                    .iter()
                    .map(|(key, value)| Entry {
                        key: key.as_str().into(),
                        key_span: origin.span,
                        value: Value::from_json(value, origin),
                    })
                    .collect(),
            ),
        };
        Value::new(kind, origin.clone())
    }

    /// The literal that this value is, where all of it is known.
    pub fn to_json(&self) -> Option<Json> {
        Some(match &self.kind {
            Kind::Absent => Json::Null,
            Kind::Bool(flag) => Json::Bool(*flag),
            Kind::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.to_string())),
            Kind::String(text) => Json::String(text.to_string()),
            Kind::List(items) => Json::Array(items.iter().map(Value::to_json).collect::<Option<_>>()?),
            Kind::Map(entries) => Json::Object(
                entries
                    .iter()
                    .map(|entry| Some((entry.key.to_string(), entry.value.to_json()?)))
                    .collect::<Option<_>>()?,
            ),
            Kind::Text(_) | Kind::Symbol(_) | Kind::Unknown(_) | Kind::Choice(_) => return None,
        })
    }

    /// Whether nothing is there.
    pub fn is_absent(&self) -> bool {
        matches!(self.kind, Kind::Absent)
    }

    /// The string, where it is wholly known.
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean; the strings "true" and "false" count, as both languages convert them in properties.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.kind {
            Kind::Bool(flag) => Some(*flag),
            Kind::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Kind::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// The number; a string that is a decimal number counts.
    pub fn as_number(&self) -> Option<f64> {
        match &self.kind {
            Kind::Number(text) | Kind::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// The member `key` of a map.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The member `key` of a map, with its key's place.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        match &self.kind {
            Kind::Map(entries) => entries.iter().find(|entry| &*entry.key == key),
            _ => None,
        }
    }

    /// The items of a list; any other present value is a list of one, as both languages allow it in policies.
    pub fn items(&self) -> &[Value] {
        match &self.kind {
            Kind::List(items) => items,
            Kind::Absent => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The first reason for not knowing, in this value or in anything below it. An open input counts.
    pub fn first_unknown(&self) -> Option<Unknown> {
        match &self.kind {
            Kind::Unknown(unknown) => Some(unknown.clone()),
            Kind::Symbol(symbol) => symbol.unknown(),
            Kind::Text(parts) => parts.iter().find_map(|part| match part {
                Part::Unknown(unknown) => Some(unknown.clone()),
                Part::Symbol(symbol) => symbol.unknown(),
                Part::Literal(_) => None,
            }),
            Kind::List(items) => items.iter().find_map(Value::first_unknown),
            Kind::Map(entries) => entries.iter().find_map(|entry| entry.value.first_unknown()),
            Kind::Choice(_) => Some(Unknown::new(UnknownKind::Input, "conditions decide whether it is there")),
            Kind::Absent | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => None,
        }
    }

    /// Whether it, or anything in it, must not be printed. That it is not there is no secret.
    pub fn holds_secret(&self) -> bool {
        match &self.kind {
            Kind::Absent => false,
            Kind::List(items) => self.origin.sensitive || items.iter().any(Value::holds_secret),
            Kind::Map(entries) => self.origin.sensitive || entries.iter().any(|entry| entry.value.holds_secret()),
            _ => self.origin.sensitive,
        }
    }

    /// The parts of a value that is a string, or that stands in one; `None` for lists, maps and absent values.
    pub fn parts(&self) -> Option<Vec<Part>> {
        Some(match &self.kind {
            Kind::String(text) | Kind::Number(text) => vec![Part::Literal(Arc::clone(text))],
            Kind::Bool(flag) => vec![Part::Literal(if *flag { "true" } else { "false" }.into())],
            Kind::Text(parts) => parts.to_vec(),
            Kind::Symbol(symbol) => vec![Part::Symbol(symbol.clone())],
            Kind::Unknown(unknown) => vec![Part::Unknown(unknown.clone())],
            Kind::Absent | Kind::List(_) | Kind::Map(_) | Kind::Choice(_) => return None,
        })
    }

    /// The string with `⟦symbol⟧` marks in it, for people; unknown parts are `⟦?⟧`, and of a value that must not be
    /// printed that is said.
    pub fn marked(&self) -> Option<String> {
        let parts = self.parts()?;
        // The name of an input is no secret.
        if self.origin.sensitive && !matches!(self.kind, Kind::Symbol(_) | Kind::Unknown(_)) {
            return Some(HIDDEN.to_owned());
        }
        Some(
            parts
                .iter()
                .map(|part| match part {
                    Part::Literal(text) => text.to_string(),
                    Part::Symbol(symbol) => format!("⟦{symbol}⟧"),
                    Part::Unknown(_) => "⟦?⟧".to_owned(),
                })
                .collect(),
        )
    }
}

/// Most characters of a value that are printed.
const EXCERPT: usize = 80;

/// A value's text as it is told: on one line, its beginning where it is long.
pub fn excerpt(text: &str) -> String {
    let line =
        |text: &str| text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }).collect::<String>();
    match text.char_indices().nth(EXCERPT) {
        None => line(text),
        Some(_) => {
            text.char_indices().nth(EXCERPT - 1).map_or_else(String::new, |(at, _)| format!("{}…", line(&text[..at])))
        }
    }
}

/// Why an input's content is not known.
fn open_input(name: &str, defaulted: bool) -> Unknown {
    let reason = if defaulted {
        format!("{name} may be set to something else than its default")
    } else {
        format!("{name} has no value in the sources")
    };
    Unknown::new(UnknownKind::Input, reason)
}

impl Symbol {
    /// Why this symbol's content is not known, where that is a gap: an open input is, a resource's attribute is not.
    pub fn unknown(&self) -> Option<Unknown> {
        match self {
            Symbol::Input { name, kind: InputKind::Pseudo(_), .. } => {
                Some(Unknown::new(UnknownKind::Input, format!("{name} is known only when the code is deployed")))
            }
            Symbol::Input { name, defaulted, .. } => Some(open_input(name, *defaulted)),
            Symbol::Attribute { .. } | Symbol::Ref(_) => None,
        }
    }
}

//! Terraform's values in one world: typed, possibly symbolic or unknown, each with the text that decided it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::number::Num;
use super::types::Ty;
use crate::source::limits::MAX_VALUE_PARTS;
use crate::value::{InputId, Origin, Part, Symbol, Unknown, UnknownKind, World};

/// A typed value.
#[derive(Clone, Debug)]
pub struct Val {
    /// What it is.
    pub data: Data,
    /// Its type; [`Ty::Dynamic`] where it can't be known (an untyped null, an unknown of any type).
    pub ty: Ty,
    /// Which text decided it.
    pub origin: Origin,
}

/// What a [`Val`] is.
#[derive(Clone, Debug)]
pub enum Data {
    /// `null` of its type.
    Null,
    /// A boolean.
    Bool(bool),
    /// A number.
    Number(Num),
    /// A string.
    String(Arc<str>),
    /// Elements of a list or tuple in order, or of a set in Terraform's order.
    Sequence(Arc<[Val]>),
    /// Members of a map or object.
    Mapping(Arc<BTreeMap<Arc<str>, Val>>),
    /// Known by name only, known not to be null: a resource's computed attribute.
    Symbol(Symbol),
    /// An input that is open here, with its name. It may be null where the world says so; [`Val::ty`] is its declared type,
    /// or a type that an untyped one is converted to. Tests on it are decided by the world, one at a time, when they
    /// matter.
    Input(InputId, Arc<str>),
    /// What an expression over open inputs gives, known by the text of the expression.
    Derived(Arc<Derived>),
    /// A string with symbols or unknown parts in it; known not to be null.
    Text(Arc<[Part]>),
    /// Not known and why.
    Unknown {
        /// The reason.
        why: Unknown,
        /// Whether it is known not to be null.
        not_null: bool,
    },
}

/// The value of an expression over open inputs that could not be evaluated further.
#[derive(Clone, Debug)]
pub struct Derived {
    /// The expression, with all names resolved to inputs and literals: the same text is the same value.
    pub text: Arc<str>,
    /// Why its value is not known.
    pub why: Unknown,
    /// Whether it is known not to be null.
    pub not_null: bool,
    /// A number is not below this one.
    pub at_least: u64,
    /// The collection is empty exactly where this input, of this type, is.
    pub empty_with: Option<(InputId, Ty)>,
    /// The function call that it is, with its arguments: once an input is settled it is called again.
    pub call: Option<Arc<(Arc<str>, Vec<Val>)>>,
}

impl Data {
    /// An open input.
    pub fn input(id: InputId, world: &World<'_>) -> Data {
        Data::Input(id, world.inputs().get(id).map_or_else(|| "?".into(), |input| Arc::clone(&input.name)))
    }
}

impl Derived {
    /// What an open input becomes by a function that converts its type (`tostring`, `toset`). Null where the input is.
    pub fn conversion(function: &str, input: &Val, name: &str) -> Derived {
        let id = if let Data::Input(id, _) = input.data { Some(id) } else { None };
        Derived {
            text: format!("{function}({name})").into(),
            why: Unknown::new(UnknownKind::Input, format!("it depends on {name}")),
            not_null: false,
            at_least: 0,
            empty_with: id.filter(|_| is_collection(&input.ty)).map(|id| (id, input.ty.clone())),
            call: Some(Arc::new((function.into(), vec![input.clone()]))),
        }
    }

    /// The open input that this is a [conversion](Derived::conversion) of, and the function.
    pub fn converted(&self) -> Option<(&str, &Val)> {
        match self.call.as_deref() {
            Some((function, arguments)) => match (&**function, arguments.as_slice()) {
                (
                    "tostring" | "tonumber" | "tobool" | "toset" | "tolist",
                    [input @ Val { data: Data::Input(..), .. }],
                ) => Some((function, input)),
                _ => None,
            },
            None => None,
        }
    }
}

fn is_collection(ty: &Ty) -> bool {
    matches!(ty, Ty::List(_) | Ty::Set(_) | Ty::Map(_))
}

impl Val {
    /// A value.
    pub fn new(data: Data, ty: Ty, origin: Origin) -> Self {
        Val { data, ty, origin }
    }

    /// A value that can't be told.
    pub fn unknown(why: Unknown, ty: Ty, origin: Origin) -> Self {
        Val { data: Data::Unknown { why, not_null: false }, ty, origin }
    }

    /// Whether it is `null`. What may be null is not.
    pub fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// The same value of another type.
    #[must_use]
    pub fn retyped(&self, ty: Ty) -> Self {
        Val { data: self.data.clone(), ty, origin: self.origin.clone() }
    }

    /// Whether it, or anything in it, must not be printed.
    pub fn holds_secret(&self) -> bool {
        self.origin.sensitive
            || match &self.data {
                Data::Sequence(elements) => elements.iter().any(Val::holds_secret),
                Data::Mapping(members) => members.values().any(Val::holds_secret),
                _ => false,
            }
    }

    /// The same, to be printed nowhere: with everything in it.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.origin.sensitive = true;
        match &self.data {
            Data::Sequence(elements) if !elements.iter().all(|it| it.origin.sensitive) => {
                self.data = Data::Sequence(elements.iter().cloned().map(Val::sensitive).collect());
            }
            Data::Mapping(members) if !members.values().all(|it| it.origin.sensitive) => {
                let members = members.iter().map(|(key, it)| (Arc::clone(key), it.clone().sensitive()));
                self.data = Data::Mapping(Arc::new(members.collect()));
            }
            _ => {}
        }
        self
    }

    /// The same, to be printed, with everything in it (`nonsensitive`).
    #[must_use]
    pub fn nonsensitive(mut self) -> Self {
        self.origin.sensitive = false;
        match &self.data {
            Data::Sequence(elements) => {
                self.data = Data::Sequence(elements.iter().cloned().map(Val::nonsensitive).collect());
            }
            Data::Mapping(members) => {
                let members = members.iter().map(|(key, it)| (Arc::clone(key), it.clone().nonsensitive()));
                self.data = Data::Mapping(Arc::new(members.collect()));
            }
            _ => {}
        }
        self
    }

    /// Why the value itself is not known; what is inside of a collection does not count. Symbols, open inputs and what is
    /// derived from them count.
    pub fn why(&self) -> Option<Unknown> {
        match &self.data {
            Data::Symbol(symbol) => Some(why_symbol(symbol)),
            Data::Text(parts) => parts.iter().find_map(|part| match part {
                Part::Literal(_) => None,
                Part::Symbol(symbol) => Some(why_symbol(symbol)),
                Part::Unknown(why) => Some(why.clone()),
            }),
            Data::Unknown { why, .. } => Some(why.clone()),
            Data::Derived(derived) => Some(derived.why.clone()),
            Data::Input(..) => Some(Unknown::new(UnknownKind::Input, "it depends on an input without a value")),
            _ => None,
        }
    }

    /// Why the value, or anything in it, is not known.
    pub fn why_inside(&self) -> Option<Unknown> {
        match &self.data {
            Data::Sequence(elements) => elements.iter().find_map(Val::why_inside),
            Data::Mapping(members) => members.values().find_map(Val::why_inside),
            _ => self.why(),
        }
    }
}

/// Why a value is not computed with.
pub const TOO_LARGE: &str = "the value has more parts than are looked at";

impl Val {
    /// Why nothing is computed with a value: it has more parts than anybody writes. Few names can make that many, each of
    /// which holds the one before twice.
    pub fn too_large(&self) -> Option<Unknown> {
        let mut left = MAX_VALUE_PARTS;
        (!self.fits(&mut left)).then(|| Unknown::new(UnknownKind::Limit, TOO_LARGE))
    }

    fn fits(&self, left: &mut usize) -> bool {
        let count = match &self.data {
            Data::Sequence(elements) => elements.len(),
            Data::Mapping(members) => members.len(),
            _ => return true,
        };
        let Some(less) = left.checked_sub(count + 1) else { return false };
        *left = less;
        match &self.data {
            Data::Sequence(elements) => elements.iter().all(|element| element.fits(left)),
            Data::Mapping(members) => members.values().all(|member| member.fits(left)),
            _ => true,
        }
    }

    /// How much work it was to make it, beside that of its parts.
    pub fn weight(&self) -> u64 {
        let count = match &self.data {
            Data::Sequence(elements) => elements.len() / 4,
            Data::Mapping(members) => members.len() / 4,
            Data::String(text) => text.len() / 64,
            Data::Text(parts) => {
                parts.iter().map(|part| if let Part::Literal(text) = part { text.len() } else { 0 }).sum::<usize>() / 64
            }
            _ => 0,
        };
        count as u64
    }
}

fn why_symbol(symbol: &Symbol) -> Unknown {
    symbol
        .unknown()
        .unwrap_or_else(|| Unknown::new(UnknownKind::Provider, format!("{symbol} is known only after apply")))
}

//! One call: how arguments are checked and converted, how results are made, and how a function stops early.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::convert as coerce;
use super::super::number::Num;
use super::super::scope::Failure;
use super::super::types::Ty;
use super::super::val::{Data, Val};
use super::FunctionEnv;
use crate::source::Span;
use crate::source::limits::MAX_STRING_BYTES;
use crate::value::{Origin, Part, Symbol, Unknown, UnknownKind};

/// A function.
pub(super) struct Function {
    /// Its name.
    pub(super) name: &'static str,
    /// Its parameters.
    pub(super) parameters: &'static [Parameter],
    /// What any further arguments are.
    pub(super) rest: Option<Parameter>,
    /// The type of its result, where it does not depend on the arguments.
    pub(super) returns: Returns,
    /// Computes it. Arguments are converted and, unless the parameter says otherwise, not null.
    pub(super) run: fn(&Call<'_>) -> Answer,
}

/// A parameter.
pub(super) struct Parameter {
    /// Its name in Terraform's messages.
    pub(super) name: &'static str,
    /// What arguments are converted to.
    pub(super) accepts: Accepts,
    /// Whether null is accepted.
    pub(super) null: bool,
}

/// The types that parameters have.
#[derive(Clone, Copy)]
pub(super) enum Accepts {
    /// Anything, not converted.
    Any,
    /// `number`.
    Number,
    /// `string`.
    String,
    /// `list(any)`.
    List,
    /// `list(bool)`.
    Bools,
    /// `list(string)`.
    Strings,
    /// `set(any)`.
    Set,
    /// `map(list(string))`.
    StringLists,
}

impl Accepts {
    fn ty(self) -> Ty {
        match self {
            Accepts::Any => Ty::Dynamic,
            Accepts::Number => Ty::Number,
            Accepts::String => Ty::String,
            Accepts::List => list_of(Ty::Dynamic),
            Accepts::Bools => list_of(Ty::Bool),
            Accepts::Strings => list_of(Ty::String),
            Accepts::Set => Ty::Set(Arc::new(Ty::Dynamic)),
            Accepts::StringLists => Ty::Map(Arc::new(list_of(Ty::String))),
        }
    }
}

/// The types that results have; an unknown result has this type.
#[derive(Clone, Copy)]
pub(super) enum Returns {
    /// It depends, and may be null.
    Any,
    /// It depends, and is not null.
    Present,
    /// `bool`.
    Bool,
    /// `number`.
    Number,
    /// `string`.
    String,
    /// `list(string)`.
    Strings,
    /// `list(number)`.
    Numbers,
    /// `set(string)`.
    StringSet,
    /// `map(list(string))`.
    StringLists,
}

impl Returns {
    fn ty(self) -> Ty {
        match self {
            Returns::Any | Returns::Present => Ty::Dynamic,
            Returns::Bool => Ty::Bool,
            Returns::Number => Ty::Number,
            Returns::String => Ty::String,
            Returns::Strings => list_of(Ty::String),
            Returns::Numbers => list_of(Ty::Number),
            Returns::StringSet => Ty::Set(Arc::new(Ty::String)),
            Returns::StringLists => Ty::Map(Arc::new(list_of(Ty::String))),
        }
    }
}

pub(super) const fn any(name: &'static str) -> Parameter {
    Parameter { name, accepts: Accepts::Any, null: false }
}

pub(super) const fn nullable(name: &'static str) -> Parameter {
    Parameter { name, accepts: Accepts::Any, null: true }
}

pub(super) const fn string(name: &'static str) -> Parameter {
    Parameter { name, accepts: Accepts::String, null: false }
}

pub(super) const fn number(name: &'static str) -> Parameter {
    Parameter { name, accepts: Accepts::Number, null: false }
}

pub(super) const fn of(name: &'static str, accepts: Accepts) -> Parameter {
    Parameter { name, accepts, null: false }
}

/// A function of a fixed number of arguments.
pub(super) const fn fixed(
    name: &'static str,
    parameters: &'static [Parameter],
    returns: Returns,
    run: fn(&Call<'_>) -> Answer,
) -> Function {
    Function { name, parameters, rest: None, returns, run }
}

/// A function that takes any number of further arguments.
pub(super) const fn variadic(
    name: &'static str,
    parameters: &'static [Parameter],
    rest: Parameter,
    returns: Returns,
    run: fn(&Call<'_>) -> Answer,
) -> Function {
    Function { name, parameters, rest: Some(rest), returns, run }
}

/// What a function gives.
pub(super) type Answer = Result<Val, Stop>;

/// Why a function gives no value.
#[derive(Debug)]
pub(super) enum Stop {
    /// Terraform gives this error; it is about the argument with this index, or about the call.
    Fault(Option<usize>, String),
    /// The result can't be told.
    Unknown(Unknown),
}

impl From<String> for Stop {
    fn from(message: String) -> Self {
        Stop::Fault(None, message)
    }
}

impl From<&str> for Stop {
    fn from(message: &str) -> Self {
        Stop::Fault(None, message.to_owned())
    }
}

impl From<Unknown> for Stop {
    fn from(why: Unknown) -> Self {
        Stop::Unknown(why)
    }
}

/// An error about the argument with this index.
pub(super) fn fault(index: usize, message: impl Into<String>) -> Stop {
    Stop::Fault(Some(index), message.into())
}

/// A call with its arguments checked and converted.
pub(super) struct Call<'a> {
    /// The arguments.
    pub(super) args: Vec<Val>,
    /// Files and the root directory.
    pub(super) env: &'a FunctionEnv<'a>,
    span: Span,
}

impl<'a> Call<'a> {
    /// Checks the arguments, calls, and turns a stop into an unknown value or a failure.
    pub(super) fn run(
        function: &Function,
        name_span: Span,
        span: Span,
        args: &[Val],
        arg_spans: &[Span],
        env: &'a FunctionEnv<'a>,
    ) -> Result<Val, Failure> {
        let at = |index: usize| arg_spans.get(index).copied().unwrap_or(span);
        let answer = function.check_count(args.len()).map_err(Stop::from).and_then(|()| {
            let args = args.iter().enumerate().map(|(index, arg)| function.convert(index, arg));
            let call = Call { args: args.collect::<Result<_, _>>()?, env, span };
            (function.run)(&call)
        });
        match answer {
            Ok(value) => Ok(value),
            Err(Stop::Unknown(why)) => {
                let not_null = !matches!(function.returns, Returns::Any);
                Ok(Val { data: Data::Unknown { why, not_null }, ty: function.returns.ty(), origin: Origin::at(span) })
            }
            Err(Stop::Fault(Some(index), message)) => {
                let name = function.parameter(index).map_or("?", |parameter| parameter.name);
                let message = format!("invalid value for parameter {name:?} of {}: {message}", function.name);
                Err(Failure::new(at(index), message))
            }
            Err(Stop::Fault(None, message)) => {
                let span = if args.is_empty() { name_span } else { span };
                Err(Failure::new(span, format!("call to function {:?} failed: {message}", function.name)))
            }
        }
    }

    /// The origin of what the call computes.
    pub(super) fn origin(&self) -> Origin {
        Origin::at(self.span)
    }

    pub(super) fn make(&self, data: Data, ty: Ty) -> Val {
        Val { data, ty, origin: self.origin() }
    }

    pub(super) fn null(&self, ty: Ty) -> Val {
        self.make(Data::Null, ty)
    }

    pub(super) fn bool(&self, flag: bool) -> Val {
        self.make(Data::Bool(flag), Ty::Bool)
    }

    pub(super) fn number(&self, number: Num) -> Val {
        self.make(Data::Number(number), Ty::Number)
    }

    /// A string; one that is too long is unknown.
    pub(super) fn string(&self, text: impl AsRef<str>) -> Val {
        let text = text.as_ref();
        if text.len() > MAX_STRING_BYTES {
            return self.unknown(too_long(), Ty::String);
        }
        self.make(Data::String(coerce::normalized(text)), Ty::String)
    }

    /// A string made of parts.
    pub(super) fn text(&self, parts: Vec<Part>) -> Val {
        coerce::text(parts, self.origin())
    }

    pub(super) fn list(&self, elements: Vec<Val>, element: Ty) -> Val {
        self.make(Data::Sequence(elements.into()), list_of(element))
    }

    pub(super) fn strings<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Val {
        self.list(texts.into_iter().map(|text| self.string(text)).collect(), Ty::String)
    }

    pub(super) fn tuple(&self, elements: Vec<Val>) -> Val {
        let types: Vec<Ty> = elements.iter().map(|element| element.ty.clone()).collect();
        self.make(Data::Sequence(elements.into()), Ty::Tuple(types.into()))
    }

    pub(super) fn object(&self, members: BTreeMap<Arc<str>, Val>) -> Val {
        let types = members.iter().map(|(name, value)| (Arc::clone(name), value.ty.clone())).collect();
        self.make(Data::Mapping(Arc::new(members)), Ty::Object(Arc::new(types)))
    }

    pub(super) fn map(&self, members: BTreeMap<Arc<str>, Val>, element: Ty) -> Val {
        self.make(Data::Mapping(Arc::new(members)), Ty::Map(Arc::new(element)))
    }

    /// An unknown value that is not null.
    pub(super) fn unknown(&self, why: Unknown, ty: Ty) -> Val {
        self.make(Data::Unknown { why, not_null: true }, ty)
    }

    /// A known string argument.
    pub(super) fn str(&self, index: usize) -> Result<&str, Stop> {
        match &self.arg(index)?.data {
            Data::String(text) => Ok(text),
            _ => Err(self.stop(index)),
        }
    }

    /// A known number argument.
    pub(super) fn num(&self, index: usize) -> Result<&Num, Stop> {
        match &self.arg(index)?.data {
            Data::Number(number) => Ok(number),
            _ => Err(self.stop(index)),
        }
    }

    /// A known number argument that is a whole number of 64 bits.
    pub(super) fn int(&self, index: usize) -> Result<i64, Stop> {
        let number = self.num(index)?;
        number.to_i64().ok_or_else(|| {
            let range = "value must be a whole number, between -9223372036854775808 and 9223372036854775807 inclusive";
            fault(index, range)
        })
    }

    /// The elements of an argument that is a list, set or tuple, or null: none.
    pub(super) fn elements(&self, index: usize) -> Result<&[Val], Stop> {
        match &self.arg(index)?.data {
            Data::Sequence(elements) => Ok(elements),
            Data::Null => Ok(&[]),
            _ => Err(self.stop(index)),
        }
    }

    /// The members of an argument that is a map or object, or null: none.
    pub(super) fn members(&self, index: usize) -> Result<&BTreeMap<Arc<str>, Val>, Stop> {
        static NONE: BTreeMap<Arc<str>, Val> = BTreeMap::new();
        match &self.arg(index)?.data {
            Data::Mapping(members) => Ok(members),
            Data::Null => Ok(&NONE),
            _ => Err(self.stop(index)),
        }
    }

    /// The argument.
    pub(super) fn arg(&self, index: usize) -> Result<&Val, Stop> {
        self.args.get(index).ok_or_else(|| Stop::from("missing argument"))
    }

    /// The function can't go on without knowing this argument.
    pub(super) fn stop(&self, index: usize) -> Stop {
        match self.args.get(index).and_then(why) {
            Some(why) => Stop::Unknown(why),
            None => fault(index, "value of another type is required"),
        }
    }
}

impl Function {
    fn parameter(&self, index: usize) -> Option<&Parameter> {
        self.parameters.get(index).or(self.rest.as_ref())
    }

    fn check_count(&self, count: usize) -> Result<(), String> {
        let least = self.parameters.len();
        if count < least {
            let missing = self.parameter(count).map_or("?", |parameter| parameter.name);
            return Err(format!("not enough arguments; missing value for {missing:?}"));
        }
        if count > least && self.rest.is_none() {
            return Err(format!("too many arguments; it takes {least}, not {count}"));
        }
        Ok(())
    }

    fn convert(&self, index: usize, arg: &Val) -> Answer {
        let Some(parameter) = self.parameter(index) else { return Ok(arg.clone()) };
        let value = match parameter.accepts {
            Accepts::Any => arg.clone(),
            accepts => coerce::convert(arg, &accepts.ty()).map_err(|message| fault(index, message))?,
        };
        if !parameter.null && matches!(value.data, Data::Null) {
            return Err(fault(index, "argument must not be null"));
        }
        Ok(value)
    }
}

/// `list(element)`.
pub(super) fn list_of(element: Ty) -> Ty {
    Ty::List(Arc::new(element))
}

/// Why the value itself is not known; its elements do not count.
pub(super) fn why(value: &Val) -> Option<Unknown> {
    value.why()
}

/// Why the value, or anything in it, is not known.
pub(super) fn why_inside(value: &Val) -> Option<Unknown> {
    value.why_inside()
}

/// Why a symbol's content is not known.
pub(super) fn why_symbol(symbol: &Symbol) -> Unknown {
    symbol
        .unknown()
        .unwrap_or_else(|| Unknown::new(UnknownKind::Provider, format!("{symbol} is known only after apply")))
}

/// The string would pass the limit.
pub(super) fn too_long() -> Unknown {
    Unknown::new(UnknownKind::Limit, format!("the string would have more than {MAX_STRING_BYTES} bytes"))
}

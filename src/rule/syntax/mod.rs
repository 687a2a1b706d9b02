//! The check language's syntax: CEL's, a subset of it, with a span for every token.
//!
//! Knows no attribute, no type and no value. Offsets are bytes of the expression's own text.

pub(super) mod ast;
mod lex;
mod parse;

pub(super) use ast::{Call, Expr, ExprKind, Infix, Macro, Number, Place, Prefix};
pub(super) use parse::parse;

/// What is wrong with an expression: where, what, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The text that is wrong, in bytes of the expression.
    pub place: Place,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// What to write instead.
    pub help: Option<String>,
}

impl Fault {
    pub(super) fn new(place: Place, message: impl Into<String>) -> Self {
        Fault { place, message: message.into(), help: None }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

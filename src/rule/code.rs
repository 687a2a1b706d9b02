//! An expression of a rule, with the text that it is written as.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::OnceLock;

use super::syntax::{Expr, ExprKind, Place, parse};

/// An expression: parsed when it is first asked for, where its text is known to be right.
#[derive(Clone, Debug)]
pub(super) struct Code {
    written: Cow<'static, str>,
    expr: OnceLock<Expr>,
}

impl Code {
    /// An expression that was parsed from this text and checked.
    pub(super) fn checked(written: &str, expr: Expr) -> Self {
        Code { written: Cow::Owned(written.to_owned()), expr: OnceLock::from(expr) }
    }

    /// A text that comes with the program: a test checks each.
    pub(super) fn known(written: &'static str) -> Self {
        Code { written: Cow::Borrowed(written), expr: OnceLock::new() }
    }

    /// The text.
    pub(super) fn written(&self) -> &str {
        &self.written
    }
}

impl Deref for Code {
    type Target = Expr;

    fn deref(&self) -> &Expr {
        let none = |_| Expr { place: Place::default(), kind: ExprKind::Null, depth: 1 };
        self.expr.get_or_init(|| parse(&self.written).unwrap_or_else(none))
    }
}

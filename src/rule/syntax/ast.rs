//! The syntax tree of a check.

use std::sync::{Arc, OnceLock};

use regex::Regex;

/// A byte range of the expression's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Place {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Place {
    pub(in crate::rule) fn new(start: usize, end: usize) -> Self {
        Place { start, end }
    }

    pub(in crate::rule) fn cover(self, other: Place) -> Self {
        Place { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// An expression.
#[derive(Clone, Debug)]
pub(in crate::rule) struct Expr {
    pub(in crate::rule) place: Place,
    pub(in crate::rule) kind: ExprKind,
    /// How deeply it is nested, so that no walk over it can exhaust the stack.
    pub(in crate::rule) depth: usize,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub(in crate::rule) enum ExprKind {
    Null,
    Bool(bool),
    Number(Number),
    String(Arc<str>),
    List(Vec<Expr>),
    Map(Vec<(Expr, Expr)>),
    Name(Arc<str>),
    Member(Box<Expr>, Arc<str>, Place),
    Index(Box<Expr>, Box<Expr>),
    Prefix(Prefix, Box<Expr>),
    Infix(Infix, Place, Box<Expr>, Box<Expr>),
    /// At least two operands, joined by `&&`.
    And(Vec<Expr>),
    /// At least two operands, joined by `||`.
    Or(Vec<Expr>),
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `has(x.y)`: the argument is a member.
    Has(Box<Expr>),
    Call(Box<Call>),
    Macro(Box<Macro>),
}

/// A call of a function, `f(a)` or `x.f(a)`.
#[derive(Clone, Debug)]
pub(in crate::rule) struct Call {
    pub(in crate::rule) name: Arc<str>,
    pub(in crate::rule) name_place: Place,
    pub(in crate::rule) receiver: Option<Expr>,
    pub(in crate::rule) arguments: Vec<Expr>,
    /// The regular expression of `matches`, compiled once.
    pub(in crate::rule) regex: OnceLock<Option<Regex>>,
}

/// `list.all(x, test)` and its kin.
#[derive(Clone, Debug)]
pub(in crate::rule) struct Macro {
    pub(in crate::rule) name: Arc<str>,
    pub(in crate::rule) name_place: Place,
    pub(in crate::rule) list: Expr,
    pub(in crate::rule) variable: Arc<str>,
    /// `map(x, test, value)` alone has two.
    pub(in crate::rule) bodies: Vec<Expr>,
}

/// The names of the macros.
pub(in crate::rule) const MACROS: [&str; 5] = ["all", "exists", "exists_one", "filter", "map"];

/// Operators before their operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rule) enum Prefix {
    Not,
    Minus,
}

/// Operators between two operands; `&&` and `||` are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rule) enum Infix {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Infix {
    pub(in crate::rule) fn text(self) -> &'static str {
        match self {
            Infix::Equal => "==",
            Infix::NotEqual => "!=",
            Infix::Less => "<",
            Infix::LessEqual => "<=",
            Infix::Greater => ">",
            Infix::GreaterEqual => ">=",
            Infix::In => "in",
            Infix::Add => "+",
            Infix::Subtract => "-",
            Infix::Multiply => "*",
            Infix::Divide => "/",
            Infix::Remainder => "%",
        }
    }
}

/// A number: CEL's `int` or `double`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::rule) enum Number {
    Int(i64),
    Double(f64),
}

impl Number {
    pub(in crate::rule) fn as_f64(self) -> f64 {
        match self {
            #[allow(clippy::cast_precision_loss, reason = "only mixed comparisons of huge numbers lose digits")]
            Number::Int(int) => int as f64,
            Number::Double(double) => double,
        }
    }

    /// The number that a decimal text stands for.
    pub(in crate::rule) fn from_text(text: &str) -> Option<Number> {
        let text = text.trim();
        if let Ok(int) = text.parse() {
            return Some(Number::Int(int));
        }
        // Rust also reads "inf", "nan" and "infinity"; none of them is a number in a template.
        if !text.contains(|c: char| c.is_ascii_digit()) {
            return None;
        }
        text.parse().ok().filter(|double: &f64| double.is_finite()).map(Number::Double)
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Number::Int(int) => write!(f, "{int}"),
            Number::Double(double) => write!(f, "{double}"),
        }
    }
}

impl Expr {
    /// The path that an expression of names, members and constant indices spells: `vault.key.owner`. The same path is
    /// the same thing in one world.
    pub(in crate::rule) fn path(&self) -> Option<String> {
        match &self.kind {
            ExprKind::Name(name) => Some(name.to_string()),
            ExprKind::Member(of, name, _) => Some(format!("{}.{name}", of.path()?)),
            ExprKind::Index(of, index) => match &index.kind {
                ExprKind::String(key) => Some(format!("{}[{key:?}]", of.path()?)),
                ExprKind::Number(Number::Int(at)) => Some(format!("{}[{at}]", of.path()?)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The name that a path starts with.
    pub(in crate::rule) fn root(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Name(name) => Some(name),
            ExprKind::Member(of, ..) | ExprKind::Index(of, _) => of.root(),
            _ => None,
        }
    }
}

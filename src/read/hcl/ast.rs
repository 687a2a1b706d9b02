//! The syntax tree of HCL's native syntax and of its JSON form, with spans: what the evaluator walks.
//!
//! `.tf.json` gives the same tree: its strings are parsed as templates, its objects as attributes or blocks.

use std::sync::Arc;

use crate::source::Span;

/// The body of a file or block.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// Attributes in written order. Duplicates are reported by the reader; the last one wins.
    pub attributes: Vec<Attribute>,
    /// Blocks in written order.
    pub blocks: Vec<Block>,
}

/// `name = value`.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// The name.
    pub name: Arc<str>,
    /// Where the name stands.
    pub name_span: Span,
    /// The value.
    pub value: Expr,
    /// Name to end of value.
    pub span: Span,
}

/// `kind "label" { ... }`.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its type: `resource`, `variable`, `rule`.
    pub kind: Arc<str>,
    /// Where the type stands.
    pub kind_span: Span,
    /// Its labels.
    pub labels: Vec<Label>,
    /// Its body.
    pub body: Body,
    /// From the type to the last label.
    pub header: Span,
    /// From the type to the closing brace.
    pub span: Span,
}

/// A label of a block.
#[derive(Clone, Debug)]
pub struct Label {
    /// Its text.
    pub text: Arc<str>,
    /// With its quotes.
    pub span: Span,
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// All of its text.
    pub span: Span,
}

/// What an [`Expr`] is.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number, as written.
    Number(Arc<str>),
    /// A string without interpolation, escapes decoded.
    String(Arc<str>),
    /// A quoted template, heredoc or `.tf.json` string with `${` or `%{` in it; trim marks and indentation are applied
    /// already.
    Template(Vec<TemplatePart>),
    /// `[a, b]`.
    Tuple(Vec<Expr>),
    /// `{ key = value }`, in written order.
    Object(Vec<ObjectItem>),
    /// A name: the root of a traversal (`var`, `local`, `aws_kms_key`, `each`, a `for` variable).
    Variable(Arc<str>),
    /// `object.name` (legacy `object.0` gives the name `0`).
    GetAttr {
        /// What is reached into.
        object: Box<Expr>,
        /// The attribute.
        name: Arc<str>,
        /// Where its name stands.
        name_span: Span,
    },
    /// `object[index]`.
    Index {
        /// What is reached into.
        object: Box<Expr>,
        /// The index or key.
        index: Box<Expr>,
    },
    /// `source[*].a[0]` or the legacy `source.*.a` (which stops at an index).
    Splat {
        /// What is spread.
        source: Box<Expr>,
        /// What is applied to each element, written over [`ExprKind::SplatItem`].
        each: Box<Expr>,
    },
    /// The element inside a splat's `each`.
    SplatItem,
    /// A function call.
    Call {
        /// Its name; provider functions keep their `provider::aws::f`.
        name: Arc<str>,
        /// Where its name stands.
        name_span: Span,
        /// Its arguments.
        arguments: Vec<Expr>,
        /// Whether the last argument is followed by `...`.
        expand_last: bool,
    },
    /// `condition ? yes : no`.
    Conditional {
        /// The condition.
        condition: Box<Expr>,
        /// Where it holds.
        yes: Box<Expr>,
        /// Where it does not.
        no: Box<Expr>,
    },
    /// `a + b`.
    Binary {
        /// The operator.
        operator: BinaryOperator,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `!a`.
    Not(Box<Expr>),
    /// `-a`.
    Negate(Box<Expr>),
    /// `(a)`: keeps a name from being an object's literal key, and a traversal from being continued.
    Parens(Box<Expr>),
    /// `[for k, v in c : value if condition]` or `{for k, v in c : key => value... if condition}`.
    For(Box<ForExpr>),
}

/// A `for` expression.
#[derive(Clone, Debug)]
pub struct ForExpr {
    /// The first of two names.
    pub key_name: Option<Arc<str>>,
    /// The only or second name.
    pub value_name: Arc<str>,
    /// What is walked.
    pub collection: Expr,
    /// The key of an object `for`; `None` for a tuple `for`.
    pub key: Option<Expr>,
    /// The value.
    pub value: Expr,
    /// `...` behind the value.
    pub grouping: bool,
    /// The filter.
    pub condition: Option<Expr>,
}

/// One item of an object.
#[derive(Clone, Debug)]
pub struct ObjectItem {
    /// Its key. A bare name is [`ExprKind::String`]; `(name)` is an expression.
    pub key: Expr,
    /// Its value.
    pub value: Expr,
}

/// One part of a template.
#[derive(Clone, Debug)]
pub enum TemplatePart {
    /// Text.
    Literal(Arc<str>, Span),
    /// `${expr}`.
    Interpolation(Expr),
    /// `%{ if condition }yes%{ else }no%{ endif }`.
    If {
        /// The condition.
        condition: Expr,
        /// Where it holds.
        yes: Vec<TemplatePart>,
        /// Where it does not.
        no: Vec<TemplatePart>,
    },
    /// `%{ for k, v in collection }body%{ endfor }`.
    For {
        /// The first of two names.
        key_name: Option<Arc<str>>,
        /// The only or second name.
        value_name: Arc<str>,
        /// What is walked.
        collection: Expr,
        /// What is repeated.
        body: Vec<TemplatePart>,
    },
}

/// Binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    And,
    Or,
}

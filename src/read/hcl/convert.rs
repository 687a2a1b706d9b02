//! From `hcl-edit`'s tree to ours.
//!
//! All literal text is taken from the source again: the parser's own decoding misses escapes inside of `%{ if }` bodies
//! in quoted strings, and its heredocs are indented before trim marks are applied, not after.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use hcl_edit::Span as _;
use hcl_edit::expr as theirs;
use hcl_edit::structure;

use super::ast::{Attribute, BinaryOperator, Block, Body, Expr, ExprKind, ForExpr, Label, ObjectItem, TemplatePart};
use super::template::{self, Quoting};
use super::{Place, parse_key};
use crate::source::Span;

/// Converts the tree of one parsed text.
pub(super) struct Converter<'t> {
    /// The text, as written.
    pub(super) text: &'t str,
    /// Where it stands.
    pub(super) place: Place,
    /// Keys that were replaced because an earlier one is equal: by their start.
    pub(super) renamed: &'t BTreeMap<usize, Range<usize>>,
}

impl Converter<'_> {
    /// A span of the text as a span of the source.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        self.place.span(range)
    }

    pub(super) fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or("")
    }

    pub(super) fn body(&self, body: &structure::Body) -> Body {
        let mut converted = Body::default();
        for item in body {
            match item {
                structure::Structure::Attribute(attribute) => converted.attributes.push(self.attribute(attribute)),
                structure::Structure::Block(block) => converted.blocks.push(self.block(block)),
            }
        }
        converted
    }

    fn attribute(&self, attribute: &structure::Attribute) -> Attribute {
        let key = attribute.key.span().unwrap_or_default();
        let value = self.expr(&attribute.value, key.end..key.end);
        let name = match self.renamed.get(&key.start) {
            Some(original) => self.slice(original.clone()).into(),
            None => attribute.key.as_str().into(),
        };
        let name_span = self.span(key);
        Attribute { name, name_span, span: name_span.cover(value.span), value }
    }

    fn block(&self, block: &structure::Block) -> Block {
        let kind = block.ident.span().unwrap_or_default();
        let whole = block.span().unwrap_or(kind.clone());
        let mut header = kind.clone();
        let mut labels = Vec::with_capacity(block.labels.len());
        for label in &block.labels {
            let range = label.span().unwrap_or_default();
            header.end = header.end.max(range.end);
            let text = match label {
                structure::BlockLabel::Ident(name) => Arc::from(name.as_str()),
                structure::BlockLabel::String(text) => Arc::from(text.as_str()),
            };
            labels.push(Label { text, span: self.span(range) });
        }
        Block {
            kind: block.ident.as_str().into(),
            kind_span: self.span(kind),
            labels,
            body: self.body(&block.body),
            header: self.span(header),
            span: self.span(whole),
        }
    }

    /// Converts an expression; `near` is its place where the parser does not give one.
    pub(super) fn expr(&self, expr: &theirs::Expression, near: Range<usize>) -> Expr {
        let range = expr.span().unwrap_or(near);
        let kind = self.kind(expr, &range);
        Expr { kind, span: self.span(range) }
    }

    fn boxed(&self, expr: &theirs::Expression, near: &Range<usize>) -> Box<Expr> {
        Box::new(self.expr(expr, near.clone()))
    }

    fn kind(&self, expr: &theirs::Expression, range: &Range<usize>) -> ExprKind {
        match expr {
            theirs::Expression::Null(_) => ExprKind::Null,
            theirs::Expression::Bool(flag) => ExprKind::Bool(*flag.value()),
            theirs::Expression::Number(_) => self.number(range),
            theirs::Expression::String(_) => {
                let inner = range.start + 1..range.end.saturating_sub(1).max(range.start + 1);
                ExprKind::String(template::decode(self.slice(inner), Quoting::Quoted).as_ref().into())
            }
            theirs::Expression::Array(array) => {
                ExprKind::Tuple(array.iter().map(|item| self.expr(item, range.clone())).collect())
            }
            theirs::Expression::Object(object) => {
                ExprKind::Object(object.iter().map(|(key, value)| self.item(key, value, range)).collect())
            }
            theirs::Expression::StringTemplate(quoted) => {
                let parts = template::parts(self, quoted.iter(), Quoting::Quoted, false);
                self.template(parts)
            }
            theirs::Expression::HeredocTemplate(heredoc) => {
                let flush = self.slice(range.clone()).starts_with("<<-");
                self.template(template::parts(self, heredoc.template.iter(), Quoting::Bare, flush))
            }
            theirs::Expression::Parenthesis(inner) => ExprKind::Parens(self.boxed(inner.inner(), range)),
            theirs::Expression::Variable(name) => ExprKind::Variable(name.as_str().into()),
            theirs::Expression::Conditional(choice) => ExprKind::Conditional {
                condition: self.boxed(&choice.cond_expr, range),
                yes: self.boxed(&choice.true_expr, range),
                no: self.boxed(&choice.false_expr, range),
            },
            theirs::Expression::FuncCall(call) => self.call(call, range),
            theirs::Expression::Traversal(traversal) => self.traversal(traversal, range),
            theirs::Expression::UnaryOp(operation) => {
                let operand = self.boxed(&operation.expr, range);
                match operation.operator.value() {
                    theirs::UnaryOperator::Neg => ExprKind::Negate(operand),
                    theirs::UnaryOperator::Not => ExprKind::Not(operand),
                }
            }
            theirs::Expression::BinaryOp(operation) => ExprKind::Binary {
                operator: operator(*operation.operator.value()),
                left: self.boxed(&operation.lhs_expr, range),
                right: self.boxed(&operation.rhs_expr, range),
            },
            theirs::Expression::ForExpr(walk) => self.walk(walk, range),
        }
    }

    /// Numbers are taken as written: the parser rounds them to 64 bits. It also reads `-1` as one number.
    fn number(&self, range: &Range<usize>) -> ExprKind {
        let text = self.slice(range.clone());
        match text.strip_prefix('-') {
            Some(rest) => {
                let digits = rest.trim_start();
                let span = self.span(range.end - digits.len()..range.end);
                ExprKind::Negate(Box::new(Expr { kind: ExprKind::Number(digits.into()), span }))
            }
            None => ExprKind::Number(text.into()),
        }
    }

    /// A template without interpolation is a string.
    pub(super) fn template(&self, mut parts: Vec<TemplatePart>) -> ExprKind {
        if parts.iter().all(|part| matches!(part, TemplatePart::Literal(..))) {
            let text: String = parts
                .iter()
                .map(|part| match part {
                    TemplatePart::Literal(text, _) => &**text,
                    _ => "",
                })
                .collect();
            return ExprKind::String(text.into());
        }
        parts.shrink_to_fit();
        ExprKind::Template(parts)
    }

    fn item(&self, key: &theirs::ObjectKey, value: &theirs::ObjectValue, near: &Range<usize>) -> ObjectItem {
        let value_expr = value.expr();
        let key_range = key.span().unwrap_or(near.clone());
        let value = self.expr(value_expr, near.clone());
        let key = match (self.renamed.get(&key_range.start), key) {
            (Some(original), _) => parse_key(self.slice(original.clone()), self.place.further(original.start)),
            (None, theirs::ObjectKey::Ident(name)) => {
                Expr { kind: ExprKind::String(name.as_str().into()), span: self.span(key_range) }
            }
            (None, theirs::ObjectKey::Expression(expr)) => literal_key(self.expr(expr, key_range)),
        };
        ObjectItem { key, value }
    }

    fn call(&self, call: &theirs::FuncCall, range: &Range<usize>) -> ExprKind {
        let mut name = String::new();
        for part in &call.name.namespace {
            name.push_str(part.as_str());
            name.push_str("::");
        }
        name.push_str(call.name.name.as_str());
        let opening = self.slice(range.clone()).find('(').unwrap_or(name.len());
        let written = self.slice(range.start..range.start + opening).trim_end().len();
        ExprKind::Call {
            name_span: self.span(range.start..range.start + written),
            name: name.into(),
            arguments: call.args.iter().map(|argument| self.expr(argument, range.clone())).collect(),
            expand_last: call.args.expand_final(),
        }
    }

    fn walk(&self, walk: &theirs::ForExpr, range: &Range<usize>) -> ExprKind {
        ExprKind::For(Box::new(ForExpr {
            key_name: walk.intro.key_var.as_ref().map(|name| name.as_str().into()),
            value_name: walk.intro.value_var.as_str().into(),
            collection: self.expr(&walk.intro.collection_expr, range.clone()),
            key: walk.key_expr.as_ref().map(|key| self.expr(key, range.clone())),
            value: self.expr(&walk.value_expr, range.clone()),
            grouping: walk.grouping,
            condition: walk.cond.as_ref().map(|condition| self.expr(&condition.expr, range.clone())),
        }))
    }

    fn traversal(&self, traversal: &theirs::Traversal, range: &Range<usize>) -> ExprKind {
        let mut root = self.expr(&traversal.expr, range.clone());
        // `-1[*]` negates what is behind the sign; the parser takes the sign for a part of the number.
        let negated = match &root.kind {
            ExprKind::Negate(number) if matches!(traversal.expr, theirs::Expression::Number(_)) => {
                root = (**number).clone();
                true
            }
            _ => false,
        };
        let start = root.span;
        let mut steps = Vec::with_capacity(traversal.operators.len());
        for step in &traversal.operators {
            // The parser's place of a step begins with its dot or bracket.
            let end = step.span().unwrap_or(range.clone()).end;
            steps.push((step.value(), end));
        }
        let whole = self.steps(root, start, &steps, range);
        if negated { ExprKind::Negate(Box::new(whole)) } else { whole.kind }
    }

    /// Applies steps left to right. A splat takes the steps behind it into its `each`: all of them for `[*]`, those up
    /// to the first bracket for `.*`.
    fn steps(
        &self,
        mut object: Expr,
        start: Span,
        steps: &[(&theirs::TraversalOperator, usize)],
        near: &Range<usize>,
    ) -> Expr {
        for (at, &(step, end)) in steps.iter().enumerate() {
            let covered = start.cover(self.span(end..end));
            let rest = &steps[at + 1..];
            let taken = match step {
                theirs::TraversalOperator::AttrSplat(_) => {
                    rest.iter().position(|(step, _)| ends_legacy_splat(step)).unwrap_or(rest.len())
                }
                theirs::TraversalOperator::FullSplat(_) => rest.len(),
                _ => {
                    object = self.step(object, step, covered, end, near);
                    continue;
                }
            };
            let (inside, behind) = rest.split_at(taken);
            let item = Expr { kind: ExprKind::SplatItem, span: covered };
            let each = self.steps(item, start, inside, near);
            let span = covered.cover(each.span);
            let splat = ExprKind::Splat { source: Box::new(object), each: Box::new(each) };
            return self.steps(Expr { kind: splat, span }, start, behind, near);
        }
        object
    }

    fn step(
        &self,
        object: Expr,
        step: &theirs::TraversalOperator,
        span: Span,
        end: usize,
        near: &Range<usize>,
    ) -> Expr {
        let object = Box::new(object);
        let kind = match step {
            theirs::TraversalOperator::GetAttr(name) => {
                let name_span = self.span(end.saturating_sub(name.as_str().len())..end);
                ExprKind::GetAttr { object, name: name.as_str().into(), name_span }
            }
            theirs::TraversalOperator::LegacyIndex(index) => {
                let name: Arc<str> = index.value().to_string().into();
                let name_span = self.span(end.saturating_sub(name.len())..end);
                ExprKind::GetAttr { object, name, name_span }
            }
            theirs::TraversalOperator::Index(index) => ExprKind::Index { object, index: self.boxed(index, near) },
            // Splats never come here.
            theirs::TraversalOperator::AttrSplat(_) | theirs::TraversalOperator::FullSplat(_) => return *object,
        };
        Expr { kind, span }
    }
}

/// `"a"`, `a` and the keywords are literal keys, as in HCL (`{ null = 1 }` has the key `null`).
pub(super) fn literal_key(key: Expr) -> Expr {
    let text: Cow<'static, str> = match &key.kind {
        ExprKind::Null => "null".into(),
        ExprKind::Bool(true) => "true".into(),
        ExprKind::Bool(false) => "false".into(),
        _ => return key,
    };
    Expr { kind: ExprKind::String(text.into()), span: key.span }
}

fn ends_legacy_splat(step: &theirs::TraversalOperator) -> bool {
    !matches!(step, theirs::TraversalOperator::GetAttr(_) | theirs::TraversalOperator::LegacyIndex(_))
}

fn operator(theirs: theirs::BinaryOperator) -> BinaryOperator {
    match theirs {
        theirs::BinaryOperator::Eq => BinaryOperator::Equal,
        theirs::BinaryOperator::NotEq => BinaryOperator::NotEqual,
        theirs::BinaryOperator::LessEq => BinaryOperator::LessOrEqual,
        theirs::BinaryOperator::GreaterEq => BinaryOperator::GreaterOrEqual,
        theirs::BinaryOperator::Less => BinaryOperator::Less,
        theirs::BinaryOperator::Greater => BinaryOperator::Greater,
        theirs::BinaryOperator::Plus => BinaryOperator::Add,
        theirs::BinaryOperator::Minus => BinaryOperator::Subtract,
        theirs::BinaryOperator::Mul => BinaryOperator::Multiply,
        theirs::BinaryOperator::Div => BinaryOperator::Divide,
        theirs::BinaryOperator::Mod => BinaryOperator::Remainder,
        theirs::BinaryOperator::And => BinaryOperator::And,
        theirs::BinaryOperator::Or => BinaryOperator::Or,
    }
}

//! Evaluating expressions, with partial knowledge.
//!
//! Written in direct style: where a choice depends on an open input, the world decides. What can't be known flows
//! through as a value with its reason; Terraform's own errors are [`Failure`]s, which `try` and `can` catch.
//!
//! Knows no resource and no variable: names are the [`Scope`]'s.

mod call;
mod choose;
mod collect;
mod keys;
mod open;
mod operator;
mod reference;
mod template;

use std::sync::Arc;

use super::number::Num;
use super::scope::{Failure, RefStep, Scope};
use super::types::Ty;
use super::val::{Data, Val};
use crate::read::hcl::ast::{Expr, ExprKind};
use crate::source::Span;
use crate::source::limits::{MAX_DEPTH, MAX_EVALUATION_DEPTH};
use crate::value::{Origin, Unknown, UnknownKind, World};

pub use choose::{Decision, decide};
pub use keys::{Keys, keys};
pub use open::settle;

/// Where an expression stands while it is evaluated.
pub struct Context<'a, 'w> {
    /// What names mean.
    pub scope: &'a dyn Scope,
    /// The world that decides.
    pub world: &'a mut World<'w>,
    /// Names bound by `for`, innermost last.
    bindings: Vec<(Arc<str>, Val)>,
    /// The elements that splats are at, innermost last.
    items: Vec<Val>,
    /// Expressions being evaluated around this one.
    depth: usize,
    /// Template files being rendered around this one.
    templates: usize,
    /// Inside of `try` or `can`: whether something is there matters.
    catching: bool,
    /// Why what they hold may turn out to be an error.
    doubt: Option<Unknown>,
    /// What the expression being evaluated has met that must not be printed.
    met: Met,
    /// Whether anything here is sensitive: else nothing is looked for.
    guarded: bool,
}

impl<'a, 'w> Context<'a, 'w> {
    /// A context without `for` variables.
    pub fn new(scope: &'a dyn Scope, world: &'a mut World<'w>) -> Self {
        Context {
            scope,
            world,
            bindings: Vec::new(),
            items: Vec::new(),
            depth: 0,
            templates: 0,
            catching: false,
            doubt: None,
            met: Met::default(),
            guarded: scope.has_secrets(),
        }
    }

    /// The same with a name bound to a value, as `for` does: the iterator of a `dynamic` block.
    #[must_use]
    pub fn with(mut self, name: impl Into<Arc<str>>, value: Val) -> Self {
        self.bindings.push((name.into(), value));
        self
    }

    /// The text of a span, on one line.
    fn text(&self, span: Span) -> String {
        self.scope.files().sources().shown(span).split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// Evaluates an expression.
///
/// # Errors
/// The errors that Terraform gives; in such a world nothing is deployed.
pub fn evaluate(expr: &Expr, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    if cx.depth >= MAX_DEPTH || !cx.world.enter() {
        let why = if cx.world.is_exhausted() {
            "there are too many conditions to look at all of their worlds"
        } else {
            "expressions nest deeper than is followed"
        };
        let why = Unknown::new(UnknownKind::Limit, why);
        return Ok(Val::unknown(why, Ty::Dynamic, Origin::at(expr.span)));
    }
    cx.depth += 1;
    let around = std::mem::take(&mut cx.met);
    let mut value = dispatch(expr, cx);
    let met = std::mem::replace(&mut cx.met, around);
    match &mut value {
        Ok(value) => {
            cx.met.told = false;
            if cx.guarded {
                if met.carries_over(expr) {
                    *value = value.clone().sensitive();
                }
                cx.met.whole |= value.origin.sensitive;
                cx.met.inside |= value.holds_secret();
            }
        }
        Err(failure) => {
            // What Terraform says of an error quotes the values that it is about.
            if met.inside && !met.told {
                failure.message = NOT_SHOWN.into();
            }
            cx.met.inside |= met.inside;
            cx.met.told = true;
        }
    }
    cx.depth -= 1;
    // What is made costs by its size; what is only named costs nothing more.
    let is_named = matches!(expr.kind, ExprKind::Variable(_) | ExprKind::GetAttr { .. } | ExprKind::Index { .. });
    if let (Ok(value), false) = (&value, is_named) {
        cx.world.spend(value.weight());
    }
    cx.world.leave();
    value
}

/// What stands for an error that a sensitive value is part of.
const NOT_SHOWN: &str = "a sensitive value is no value for this";

/// What was met among the operands of an expression.
#[derive(Clone, Copy, Debug, Default)]
struct Met {
    /// One is sensitive as a whole.
    whole: bool,
    /// One is sensitive, or has something in it that is.
    inside: bool,
    /// The last one is an error, which tells what it may.
    told: bool,
}

impl Met {
    /// Whether what an expression gives is sensitive because of its operands, as Terraform marks it.
    fn carries_over(self, expr: &Expr) -> bool {
        match &expr.kind {
            // Each member carries its own mark; a key, which has no place for one, gives it to the whole.
            ExprKind::Tuple(_) => false,
            ExprKind::Object(items) => {
                self.whole && items.iter().any(|item| !matches!(item.key.kind, ExprKind::String(_)))
            }
            ExprKind::Call { name, .. } => match name.strip_prefix("core::").unwrap_or(name) {
                "sensitive" => true,
                "nonsensitive" | "issensitive" => false,
                name if HANDS_ON.contains(&name) => self.whole,
                _ => self.inside,
            },
            ExprKind::Template(_) | ExprKind::Binary { .. } => self.inside,
            _ => self.whole,
        }
    }
}

/// Functions that hand on their arguments, or members of them, with their own marks.
const HANDS_ON: &[&str] = &[
    "can",
    "coalesce",
    "coalescelist",
    "compact",
    "concat",
    "element",
    "flatten",
    "keys",
    "length",
    "lookup",
    "merge",
    "one",
    "reverse",
    "slice",
    "tolist",
    "tomap",
    "toset",
    "try",
    "values",
    "zipmap",
];

/// Evaluates what `steps` reach inside of an expression, and tells how many of them it used up. In an object or tuple
/// that is written out only the member that is asked for is evaluated, so that the others decide nothing.
///
/// # Errors
/// As [`evaluate`]; a member that is not there.
pub fn evaluate_path(expr: &Expr, steps: &[RefStep], cx: &mut Context<'_, '_>) -> Result<(Val, usize), Failure> {
    let mut expr = expr;
    let mut used = 0;
    while let Some(step) = steps.get(used) {
        let next = match (&expr.kind, step) {
            (ExprKind::Parens(inner), _) => {
                expr = inner;
                continue;
            }
            (ExprKind::Object(items), RefStep::Attribute(name) | RefStep::Key(name)) => {
                let plain = items.iter().all(|item| matches!(item.key.kind, ExprKind::String(_)));
                let is_it = |key: &Expr| matches!(&key.kind, ExprKind::String(text) if text == name);
                items.iter().rev().find(|item| plain && is_it(&item.key)).map(|item| &item.value)
            }
            (ExprKind::Tuple(items), RefStep::Index(at)) => usize::try_from(*at).ok().and_then(|at| items.get(at)),
            _ => None,
        };
        let Some(next) = next else { break };
        expr = next;
        used += 1;
    }
    Ok((evaluate(expr, cx)?, used))
}

fn dispatch(expr: &Expr, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let origin = || Origin::at(expr.span);
    match &expr.kind {
        ExprKind::Null => Ok(Val::new(Data::Null, Ty::Dynamic, origin())),
        ExprKind::Bool(flag) => Ok(Val::new(Data::Bool(*flag), Ty::Bool, origin())),
        ExprKind::Number(text) => match Num::parse(text) {
            Some(number) => Ok(Val::new(Data::Number(number), Ty::Number, origin())),
            None => Err(failure(expr.span, "this number is too large")),
        },
        ExprKind::String(text) => Ok(Val::new(Data::String(super::convert::normalized(text)), Ty::String, origin())),
        ExprKind::Template(parts) => template::evaluate_template(parts, expr.span, cx),
        ExprKind::Tuple(items) => collect::tuple(items, expr.span, cx),
        ExprKind::Object(items) => collect::object(items, expr.span, cx),
        ExprKind::For(walk) => collect::walk(walk, expr.span, cx),
        ExprKind::Variable(_) | ExprKind::GetAttr { .. } | ExprKind::Index { .. } => reference::reference(expr, cx),
        ExprKind::Splat { source, each } => reference::splat(source, each, expr.span, cx),
        ExprKind::SplatItem => match cx.items.last() {
            Some(item) => Ok(item.clone()),
            None => Err(failure(expr.span, "a splat has no element here")),
        },
        ExprKind::Call { name, name_span, arguments, expand_last } => call::call(
            &call::Written { name, name_span: *name_span, arguments, expand_last: *expand_last, span: expr.span },
            cx,
        ),
        ExprKind::Conditional { condition, yes, no } => choose::conditional(condition, yes, no, cx),
        ExprKind::Binary { operator, left, right } => operator::binary(*operator, left, right, expr.span, cx),
        ExprKind::Not(operand) => operator::not(operand, expr.span, cx),
        ExprKind::Negate(operand) => operator::negate(operand, expr.span, cx),
        ExprKind::Parens(inner) => evaluate(inner, cx),
    }
}

fn failure(span: Span, message: impl Into<Arc<str>>) -> Failure {
    Failure::new(span, message)
}

/// Whether one more template file may be rendered inside of this one.
fn may_nest(cx: &Context<'_, '_>) -> bool {
    cx.templates < MAX_EVALUATION_DEPTH / 8
}

#[cfg(test)]
mod tests;

//! The doors to expressions: evaluating, converting, and values as the model sees them.

use std::sync::Arc;

use serde_json::Value as Json;

use super::expr::{self, Context, Decision, Keys};
use super::scope::{Failure, Reach, RefStep, Scope};
use super::types::Ty;
use super::val::Val;
use super::{convert, outward};
use crate::read::hcl::ast::Expr;
use crate::source::Span;
use crate::value::{Origin, Refusal, UnknownKind, Value, World};

/// The value of an expression.
///
/// # Errors
/// As Terraform's.
pub(super) fn evaluate(expr: &Expr, scope: &dyn Scope, world: &mut World<'_>) -> Result<Val, Failure> {
    expr::evaluate(expr, &mut Context::new(scope, world))
}

/// The value of what `steps` reach inside of an expression, and how many of them that used up.
///
/// # Errors
/// As Terraform's.
pub(super) fn evaluate_path(
    expr: &Expr,
    steps: &[RefStep],
    scope: &dyn Scope,
    world: &mut World<'_>,
) -> Result<(Val, usize), Failure> {
    expr::evaluate_path(expr, steps, &mut Context::new(scope, world))
}

/// What an error leaves of the property that it is in, and of the world: none of either, where it is one of Terraform's.
pub(super) fn stopped(error: Failure, world: &mut World<'_>) -> Value {
    let Failure { span, message, reach } = error;
    if reach == Reach::Limit {
        return Value::unknown(UnknownKind::Limit, message, Origin::at(span));
    }
    world.refuse(Refusal { span, message: Arc::clone(&message) });
    Value::unknown(UnknownKind::Error, message, Origin::at(span))
}

/// The keys of the map that an expression gives, where they can be told without its values.
///
/// # Errors
/// As Terraform's.
pub(super) fn keys(expr: &Expr, scope: &dyn Scope, world: &mut World<'_>) -> Result<Option<Keys>, Failure> {
    expr::keys(expr, &mut Context::new(scope, world))
}

/// Whether a condition holds.
///
/// # Errors
/// As Terraform's: null, what is no boolean, and those of evaluating it.
pub(super) fn decide(expr: &Expr, scope: &dyn Scope, world: &mut World<'_>) -> Result<Decision, Failure> {
    let mut cx = Context::new(scope, world);
    let value = expr::evaluate(expr, &mut cx)?;
    expr::decide(&value, expr.span, &mut cx)
}

/// A value as a value of another type; what is not known keeps not being known.
///
/// # Errors
/// The value does not fit the type.
pub(super) fn convert(value: &Val, ty: &Ty, span: Span) -> Result<Val, Failure> {
    convert::convert(value, ty).map_err(|message| Failure::new(span, message))
}

/// A literal as a value: lists are tuples, objects are objects.
pub(super) fn import(json: &Json, origin: &Origin) -> Val {
    outward::untyped(json, origin)
}

/// The literal that a value is, where all of it is known.
pub(super) fn literal(value: &Val) -> Option<Json> {
    outward::to_json(value)
}

/// A value as the model sees it; what is open stays open.
pub(super) fn to_value(value: &Val, world: &World<'_>) -> Value {
    outward::inside(value, world)
}

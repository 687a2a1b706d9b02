//! Choosing: conditions, and the two branches of a conditional.

use std::sync::Arc;

use super::super::convert::{convert, equal, friendly, has_dynamic, unify};
use super::super::outward::decide_text;
use super::super::scope::Failure;
use super::super::types::Ty;
use super::super::val::{Data, Val};
use super::open::{input_of, is_string, present, render, settle};
use super::{Context, evaluate, failure};
use crate::read::hcl::ast::{BinaryOperator, Expr, ExprKind, ObjectItem};
use crate::source::Span;
use crate::value::{Test, Unknown, UnknownKind};

/// What a condition gives in a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It holds.
    Yes,
    /// It does not.
    No,
    /// The inputs do not decide it.
    Unknown(Unknown),
}

impl From<bool> for Decision {
    fn from(holds: bool) -> Self {
        if holds { Decision::Yes } else { Decision::No }
    }
}

/// Decides a value that is used as a condition (`?:`, `&&`, a `for`'s filter, `count` of a boolean). An open input is
/// decided by the world; it is not null there, since Terraform refuses a null condition.
///
/// # Errors
/// Null, and values that are no booleans.
pub fn decide(value: &Val, span: Span, cx: &mut Context<'_, '_>) -> Result<Decision, Failure> {
    let value = present(value.clone(), cx);
    if value.is_null() {
        return Err(failure(span, "this condition is null; conditions must be true or false"));
    }
    if let Some(id) = input_of(&value) {
        return Ok(match value.ty {
            Ty::Bool | Ty::Dynamic => Decision::from(cx.world.decide(&Test::Equals(id, true.into()))),
            Ty::String => {
                if is_string(id, "true", cx) || is_string(id, "1", cx) {
                    return Ok(Decision::Yes);
                }
                if cx.catching && !is_string(id, "false", cx) && !is_string(id, "0", cx) {
                    return Err(not_a_bool(&value.ty, span));
                }
                Decision::No
            }
            _ => return Err(not_a_bool(&value.ty, span)),
        });
    }
    if let Data::Derived(derived) = &value.data
        && let Some((_, input)) = derived.converted()
    {
        return decide_converted(&input.clone(), span, cx);
    }
    if matches!(value.data, Data::Derived(_))
        && let Some(settled) = settle(&value, cx)
    {
        return decide(&settled, span, cx);
    }
    let converted = convert(&value, &Ty::Bool).map_err(|_| not_a_bool(&value.ty, span))?;
    Ok(match &converted.data {
        Data::Bool(flag) => (*flag).into(),
        Data::Null => return Err(failure(span, "this condition is null; conditions must be true or false")),
        _ => match render(&value, cx.world) {
            Some(text) => decide_text(&text, cx.world).into(),
            None => Decision::Unknown(converted.why().unwrap_or_else(no_reason)),
        },
    })
}

/// Decides an open input that is a condition after it has been converted: a number becomes "1" or "0" on the way.
fn decide_converted(input: &Val, span: Span, cx: &mut Context<'_, '_>) -> Result<Decision, Failure> {
    let (Data::Input(id, _), Ty::Number) = (&input.data, &input.ty) else { return decide(input, span, cx) };
    if cx.world.decide(&Test::Equals(*id, 1.into())) {
        return Ok(Decision::Yes);
    }
    if cx.catching && !cx.world.decide(&Test::Equals(*id, 0.into())) {
        return Err(not_a_bool(&Ty::String, span));
    }
    Ok(Decision::No)
}

fn not_a_bool(ty: &Ty, span: Span) -> Failure {
    failure(span, format!("a condition must be true or false, not a {}", friendly(ty)))
}

fn no_reason() -> Unknown {
    Unknown::new(UnknownKind::Provider, "the condition is known only after apply")
}

/// `condition ? yes : no`.
pub(super) fn conditional(condition: &Expr, yes: &Expr, no: &Expr, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let given = evaluate(condition, cx)?;
    let (taken, other, word) = match decide(&given, condition.span, cx)? {
        Decision::Yes => (yes, no, "true"),
        Decision::No => (no, yes, "false"),
        Decision::Unknown(why) => return undecided(condition, yes, no, why, cx),
    };
    let value = evaluate(taken, cx)?;
    let value = unified(value, other, taken.span.cover(other.span), cx)?;
    let note = format!("taken when {} is {word}", shortened(cx.text(condition.span)));
    Ok(Val { origin: value.origin.via(condition.span, note), ..value })
}

/// Converts the chosen branch to the type that both branches have in common. The other branch is evaluated for its type
/// alone, in a copy of the world: what it decides, and its errors, do not matter.
fn unified(value: Val, other: &Expr, span: Span, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    if matches!(other.kind, ExprKind::Null) || value.ty == Ty::Dynamic && !value.is_null() {
        return Ok(value);
    }
    let Some((other_ty, certain)) = type_of(other, cx) else { return Ok(value) };
    match unify(&[value.ty.clone(), other_ty.clone()]) {
        Some(ty) => match convert(&value, &ty) {
            Ok(converted) => Ok(converted),
            Err(_) if !certain => Ok(value),
            Err(why) => Err(inconsistent(span, &value.ty, &other_ty, &why)),
        },
        None if certain => Err(inconsistent(span, &value.ty, &other_ty, "they have nothing in common")),
        None => Ok(value),
    }
}

fn inconsistent(span: Span, a: &Ty, b: &Ty, why: &str) -> Failure {
    failure(
        span,
        format!("the results of a conditional must have one type, not {} and {} ({why})", friendly(a), friendly(b)),
    )
}

/// The type of an expression, and whether it is the same in every world. `None` where it gives an error.
fn type_of(expr: &Expr, cx: &mut Context<'_, '_>) -> Option<(Ty, bool)> {
    match expr.kind {
        ExprKind::String(_) => return Some((Ty::String, true)),
        ExprKind::Bool(_) => return Some((Ty::Bool, true)),
        ExprKind::Number(_) => return Some((Ty::Number, true)),
        _ => {}
    }
    probe(cx, |cx| {
        let decided = cx.world.decisions();
        let ty = evaluate(expr, cx).map_or_else(|_| type_of_error(expr, cx), |value| Some(value.ty))?;
        Some((ty, cx.world.decisions() == decided))
    })
}

/// The type that HCL gives to an operator, template or collection with an error in it: the other branch must fit it all the same.
fn type_of_error(expr: &Expr, cx: &mut Context<'_, '_>) -> Option<Ty> {
    use BinaryOperator::{Add, Divide, Multiply, Remainder, Subtract};
    match &expr.kind {
        ExprKind::Binary { operator: Add | Subtract | Multiply | Divide | Remainder, .. } | ExprKind::Negate(_) => {
            Some(Ty::Number)
        }
        ExprKind::Binary { .. } | ExprKind::Not(_) => Some(Ty::Bool),
        ExprKind::Template(parts) if parts.len() > 1 => Some(Ty::String),
        ExprKind::Parens(inner) => type_of_error(inner, cx),
        ExprKind::Tuple(items) => {
            let mut inside = |item| type_of(item, cx).map_or(Ty::Dynamic, |(ty, _)| ty);
            Some(Ty::Tuple(items.iter().map(&mut inside).collect()))
        }
        ExprKind::Object(items) => {
            let mut inside = |item: &ObjectItem| {
                let key = convert(&evaluate(&item.key, cx).ok()?, &Ty::String).ok()?;
                let Data::String(name) = &key.data else { return None };
                Some((Arc::clone(name), type_of(&item.value, cx).map_or(Ty::Dynamic, |(ty, _)| ty)))
            };
            Some(Ty::Object(Arc::new(items.iter().map(&mut inside).collect::<Option<_>>()?)))
        }
        _ => None,
    }
}

/// Runs an evaluation in a copy of the world, so that nothing that it decides counts.
pub(super) fn probe<T>(cx: &mut Context<'_, '_>, run: impl FnOnce(&mut Context<'_, '_>) -> T) -> T {
    let Context { scope, bindings, items, depth, templates, catching, guarded, .. } = &*cx;
    let (scope, bindings, items) = (*scope, bindings.clone(), items.clone());
    let (depth, templates, catching, guarded) = (*depth, *templates, *catching, *guarded);
    cx.world.aside(|world| {
        run(&mut Context {
            scope,
            world,
            bindings,
            items,
            depth,
            templates,
            catching,
            met: super::Met::default(),
            guarded,
            doubt: None,
        })
    })
}

/// Both branches, where the condition can't be decided: their value where they agree.
fn undecided(condition: &Expr, yes: &Expr, no: &Expr, why: Unknown, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let (yes, no) = match (evaluate(yes, cx), evaluate(no, cx)) {
        (Ok(yes), Ok(no)) => (yes, no),
        (Err(error), _) | (_, Err(error)) if !error.is_caught() => return Err(error),
        // One branch is an error: either it is not taken, or nothing is deployed.
        (Ok(value), Err(_)) | (Err(_), Ok(value)) => return Ok(value),
        (Err(error), Err(_)) => return Err(error),
    };
    let unified = unify(&[yes.ty.clone(), no.ty.clone()]);
    if unified.is_none() && !has_dynamic(&yes.ty) && !has_dynamic(&no.ty) {
        return Err(inconsistent(condition.span, &yes.ty, &no.ty, "they have nothing in common"));
    }
    // What is of any type does not become of the other's.
    let is_any = |value: &Val| value.ty == Ty::Dynamic && !value.is_null();
    let ty = unified.filter(|_| !is_any(&yes) && !is_any(&no)).unwrap_or(Ty::Dynamic);
    let (Ok(yes), Ok(no)) = (convert(&yes, &ty), convert(&no, &ty)) else {
        return Ok(Val::unknown(why, ty, yes.origin.via(condition.span, "this condition can't be decided")));
    };
    if equal(&yes, &no).is_true() {
        return Ok(yes);
    }
    let not_null = is_there(&yes) && is_there(&no);
    let origin = crate::value::Origin::at(condition.span);
    Ok(Val::new(Data::Unknown { why, not_null }, ty, origin))
}

/// Whether a value is known not to be null, whatever it is.
pub(super) fn is_there(value: &Val) -> bool {
    match &value.data {
        Data::Null | Data::Input(..) => false,
        Data::Unknown { not_null, .. } => *not_null,
        Data::Derived(derived) => derived.not_null,
        _ => true,
    }
}

/// An excerpt of a condition for a note.
fn shortened(text: String) -> String {
    match text.char_indices().nth(80) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text,
    }
}

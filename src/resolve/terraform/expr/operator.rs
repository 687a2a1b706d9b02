//! Operators: arithmetic, comparison, equality, logic.

use std::cmp::Ordering;

use super::super::convert::{convert, equal, friendly, has_dynamic};
use super::super::number::{NotANumber, Num};
use super::super::outward::to_json;
use super::super::scope::Failure;
use super::super::types::Ty;
use super::super::val::{Data, Val};
use super::choose::probe;
use super::open::{
    current, decide_null, derived, input_of, is_derived, is_string, number_of, present, render, settle, why_of,
};
use super::{Context, Decision, decide, evaluate, failure};
use crate::read::hcl::ast::{BinaryOperator, Expr};
use crate::source::Span;
use crate::value::{Origin, Test, Truth};

pub(super) fn binary(
    operator: BinaryOperator,
    left: &Expr,
    right: &Expr,
    span: Span,
    cx: &mut Context<'_, '_>,
) -> Result<Val, Failure> {
    match operator {
        BinaryOperator::And => logic(false, left, right, span, cx),
        BinaryOperator::Or => logic(true, left, right, span, cx),
        BinaryOperator::Equal => equality(true, left, right, span, cx),
        BinaryOperator::NotEqual => equality(false, left, right, span, cx),
        _ => numeric(operator, left, right, span, cx),
    }
}

pub(super) fn not(operand: &Expr, span: Span, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let value = evaluate(operand, cx)?;
    Ok(match decide(&value, operand.span, cx)? {
        Decision::Yes => bool_at(false, span),
        Decision::No => bool_at(true, span),
        Decision::Unknown(why) => unknown_bool(why, span),
    })
}

pub(super) fn negate(operand: &Expr, span: Span, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let value = number(evaluate(operand, cx)?, operand.span, cx)?;
    let origin = Origin::at(span);
    Ok(match &value.data {
        Data::Number(number) => Val::new(Data::Number(number.neg()), Ty::Number, origin),
        _ => {
            let text = render(&value, cx.world).map(|text| format!("-({text})"));
            derived(text, why_of(&value, cx.world), true, Ty::Number, origin)
        }
    })
}

pub(super) fn bool_at(flag: bool, span: Span) -> Val {
    Val::new(Data::Bool(flag), Ty::Bool, Origin::at(span))
}

fn unknown_bool(why: crate::value::Unknown, span: Span) -> Val {
    Val::new(Data::Unknown { why, not_null: true }, Ty::Bool, Origin::at(span))
}

/// `&&` (`decisive` is false) and `||` (`decisive` is true). Where the left operand decides, what the right one gives
/// does not matter, its errors included; only its type does.
fn logic(decisive: bool, left: &Expr, right: &Expr, span: Span, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let first = evaluate(left, cx)?;
    let first = decide(&first, left.span, cx)?;
    if first == Decision::from(decisive) {
        let convertible = probe(cx, |cx| match evaluate(right, cx) {
            Ok(value) => convert(&value, &Ty::Bool).is_ok(),
            Err(_) => true,
        });
        if convertible {
            return Ok(bool_at(decisive, span));
        }
    }
    let second = match (evaluate(right, cx), &first) {
        (Err(error), Decision::Unknown(why)) if error.is_caught() => return Ok(unknown_bool(why.clone(), span)),
        (second, _) => decide(&second?, right.span, cx)?,
    };
    Ok(match (first, second) {
        (_, second) if second == Decision::from(decisive) => bool_at(decisive, span),
        (Decision::Unknown(why), _) | (_, Decision::Unknown(why)) => unknown_bool(why, span),
        (_, _) => bool_at(!decisive, span),
    })
}

fn equality(wanted: bool, left: &Expr, right: &Expr, span: Span, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let a = evaluate(left, cx)?;
    let b = evaluate(right, cx)?;
    Ok(match are_equal(&a, &b, cx) {
        Ok(same) => bool_at(same == wanted, span),
        Err(mut unknown) => {
            unknown.origin = Origin::at(span);
            if !wanted && let Data::Derived(known) = &unknown.data {
                let negated =
                    super::super::val::Derived { text: format!("!({})", known.text).into(), ..(**known).clone() };
                unknown.data = Data::Derived(negated.into());
            }
            *unknown
        }
    })
}

/// `a == b`; where it can't be told, the value that stands for the answer.
pub(super) fn are_equal(a: &Val, b: &Val, cx: &mut Context<'_, '_>) -> Result<bool, Box<Val>> {
    let (a, b) = (current(a.clone(), cx.world), current(b.clone(), cx.world));
    if let Some(why) = a.too_large().or_else(|| b.too_large()) {
        return Err(Val::unknown(why, Ty::Bool, a.origin).into());
    }
    if a.is_null() || b.is_null() {
        let other = if a.is_null() { &b } else { &a };
        return decide_null(other, cx).ok_or_else(|| unknown_answer(&a, &b, cx).into());
    }
    if a.ty != b.ty && !has_dynamic(&a.ty) && !has_dynamic(&b.ty) {
        return Ok(false);
    }
    for (one, other) in [(&a, &b), (&b, &a)] {
        if let Some(id) = input_of(one)
            && let Some(literal) = to_json(other)
        {
            return Ok(match &other.data {
                Data::String(text) if one.ty == Ty::String => is_string(id, text, cx),
                _ => cx.world.decide(&Test::Equals(id, literal)),
            });
        }
        if let Some(same) = converted_is(one, other, cx) {
            return Ok(same);
        }
        if let (Data::Derived(derived), Data::Number(number)) = (&one.data, &other.data)
            && below(number, derived.at_least)
        {
            return Ok(false);
        }
    }
    match equal(&a, &b) {
        Truth::True => Ok(true),
        Truth::False => Ok(false),
        Truth::Unknown(_) => match (settle(&a, cx), settle(&b, cx)) {
            (Some(a), Some(b)) => are_equal(&a, &b, cx),
            (Some(a), None) => are_equal(&a, &b, cx),
            (None, Some(b)) => are_equal(&a, &b, cx),
            (None, None) => Err(unknown_answer(&a, &b, cx).into()),
        },
    }
}

/// Whether an open input that has been converted to a string is this literal; a conversion to a string loses nothing.
fn converted_is(value: &Val, literal: &Val, cx: &mut Context<'_, '_>) -> Option<bool> {
    let Data::Derived(derived) = &value.data else { return None };
    let ("tostring", Val { data: Data::Input(id, _), ty, .. }) = derived.converted()? else { return None };
    let Data::String(text) = &literal.data else { return None };
    let literal = match ty {
        Ty::Number => number_of(text),
        Ty::Bool => text.parse::<bool>().ok().map(Into::into),
        _ => return None,
    };
    Some(literal.is_some_and(|literal| cx.world.decide(&Test::Equals(*id, literal))))
}

fn unknown_answer(a: &Val, b: &Val, cx: &Context<'_, '_>) -> Val {
    let text = render(a, cx.world).zip(render(b, cx.world)).map(|(a, b)| format!("{a} == {b}"));
    let why = [a, b].into_iter().find_map(|value| why_of(value, cx.world));
    derived(text, why, true, Ty::Bool, Origin::default())
}

/// Converts an operand to a number.
fn number(value: Val, span: Span, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let value = present(value, cx);
    if value.is_null() {
        return Err(failure(span, "this operand is null; a number is required"));
    }
    let converted = convert(&value, &Ty::Number)
        .map_err(|_| failure(span, format!("this operand is a {}; a number is required", friendly(&value.ty))))?;
    Ok(converted)
}

fn numeric(
    operator: BinaryOperator,
    left: &Expr,
    right: &Expr,
    span: Span,
    cx: &mut Context<'_, '_>,
) -> Result<Val, Failure> {
    let a = evaluate(left, cx)?;
    let b = evaluate(right, cx)?;
    let (mut a, mut b) = (number(a, left.span, cx)?, number(b, right.span, cx)?);
    let compares = is_comparison(operator);
    if compares && let Some(answer) = by_bound(operator, &a, &b) {
        return Ok(bool_at(answer, span));
    }
    if compares && (is_derived(&a) || is_derived(&b)) {
        if let Some(settled) = settle(&a, cx) {
            a = number(settled, left.span, cx)?;
        }
        if let Some(settled) = settle(&b, cx) {
            b = number(settled, right.span, cx)?;
        }
    }
    match (&a.data, &b.data) {
        (Data::Number(x), Data::Number(y)) => compute(operator, x, y, span),
        _ => {
            let text = render(&a, cx.world).zip(render(&b, cx.world));
            let text = text.map(|(a, b)| format!("{a} {} {b}", symbol(operator)));
            let why = [&a, &b].into_iter().find_map(|value| why_of(value, cx.world));
            let ty = if compares { Ty::Bool } else { Ty::Number };
            Ok(derived(text, why, true, ty, Origin::at(span)))
        }
    }
}

fn is_comparison(operator: BinaryOperator) -> bool {
    use BinaryOperator::{Greater, GreaterOrEqual, Less, LessOrEqual};
    matches!(operator, Less | LessOrEqual | Greater | GreaterOrEqual)
}

fn compute(operator: BinaryOperator, x: &Num, y: &Num, span: Span) -> Result<Val, Failure> {
    let result = match operator {
        BinaryOperator::Add => x.add(y),
        BinaryOperator::Subtract => x.sub(y),
        BinaryOperator::Multiply => x.mul(y),
        BinaryOperator::Divide => x.div(y),
        BinaryOperator::Remainder => x.rem(y),
        _ => return Ok(bool_at(holds(operator, x.compare(y)), span)),
    };
    match result {
        Ok(number) => Ok(Val::new(Data::Number(number), Ty::Number, Origin::at(span))),
        Err(NotANumber(why)) => Err(failure(span, why)),
    }
}

fn holds(operator: BinaryOperator, order: Ordering) -> bool {
    match operator {
        BinaryOperator::Less => order.is_lt(),
        BinaryOperator::LessOrEqual => order.is_le(),
        BinaryOperator::Greater => order.is_gt(),
        BinaryOperator::GreaterOrEqual => order.is_ge(),
        _ => false,
    }
}

/// `length(x) > 0` where `x` is known not to be empty: a comparison that a lower bound tells.
fn by_bound(operator: BinaryOperator, a: &Val, b: &Val) -> Option<bool> {
    use BinaryOperator::{Greater, GreaterOrEqual, Less, LessOrEqual};
    let (operator, derived, number) = match (&a.data, &b.data) {
        (Data::Derived(derived), Data::Number(number)) => (operator, derived, number),
        (Data::Number(number), Data::Derived(derived)) => {
            let mirrored = match operator {
                Less => Greater,
                LessOrEqual => GreaterOrEqual,
                Greater => Less,
                _ => LessOrEqual,
            };
            (mirrored, derived, number)
        }
        _ => return None,
    };
    let least = i64::try_from(derived.at_least).ok().map(Num::from_i64)?;
    let order = least.compare(number);
    match operator {
        Greater if order.is_gt() => Some(true),
        GreaterOrEqual if order.is_ge() => Some(true),
        Less if order.is_ge() => Some(false),
        LessOrEqual if order.is_gt() => Some(false),
        _ => None,
    }
    .filter(|_| derived.at_least > 0)
}

fn below(number: &Num, least: u64) -> bool {
    least > 0 && i64::try_from(least).is_ok_and(|least| number.compare(&Num::from_i64(least)).is_lt())
}

fn symbol(operator: BinaryOperator) -> &'static str {
    match operator {
        BinaryOperator::Add => "+",
        BinaryOperator::Subtract => "-",
        BinaryOperator::Multiply => "*",
        BinaryOperator::Divide => "/",
        BinaryOperator::Remainder => "%",
        BinaryOperator::Equal => "==",
        BinaryOperator::NotEqual => "!=",
        BinaryOperator::Less => "<",
        BinaryOperator::LessOrEqual => "<=",
        BinaryOperator::Greater => ">",
        BinaryOperator::GreaterOrEqual => ">=",
        BinaryOperator::And => "&&",
        BinaryOperator::Or => "||",
    }
}

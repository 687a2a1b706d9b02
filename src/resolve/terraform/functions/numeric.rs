//! `abs ceil floor log max min parseint pow signum`.

use std::cmp::Ordering;

use num_bigint::BigUint;

use super::super::number::Num;
use super::call::{Answer, Call, Function, Returns, any, fault, fixed, number, variadic};
use super::excerpt;
use crate::resolve::terraform::types::Ty;

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("abs", &[number("num")], Returns::Number, |call| Ok(call.number(call.num(0)?.abs()))),
    fixed("ceil", &[number("num")], Returns::Number, |call| Ok(call.number(call.num(0)?.ceil()))),
    fixed("floor", &[number("num")], Returns::Number, |call| Ok(call.number(call.num(0)?.floor()))),
    fixed("log", &[number("num"), number("base")], Returns::Number, |call| {
        float(call, |number, base| number.ln() / base.ln())
    }),
    variadic("max", &[], number("numbers"), Returns::Number, |call| extreme(call, Ordering::Greater)),
    variadic("min", &[], number("numbers"), Returns::Number, |call| extreme(call, Ordering::Less)),
    fixed("parseint", &[any("number"), number("base")], Returns::Number, parseint),
    fixed("pow", &[number("num"), number("power")], Returns::Number, |call| float(call, f64::powf)),
    fixed("signum", &[number("num")], Returns::Number, |call| Ok(call.number(Num::from_i64(call.int(0)?.signum())))),
];

fn float(call: &Call<'_>, compute: fn(f64, f64) -> f64) -> Answer {
    let (a, b) = (call.num(0)?.to_f64(), call.num(1)?.to_f64());
    Num::from_f64(compute(a, b)).map(|number| call.number(number)).ok_or_else(|| "result is not a number".into())
}

fn extreme(call: &Call<'_>, wanted: Ordering) -> Answer {
    let mut best = 0;
    for index in 0..call.args.len() {
        if call.num(index)?.compare(call.num(best)?) == wanted {
            best = index;
        }
    }
    call.args.get(best).cloned().ok_or_else(|| "must pass at least one number".into())
}

fn parseint(call: &Call<'_>) -> Answer {
    let value = call.arg(0)?;
    if !matches!(value.ty, Ty::String | Ty::Dynamic) {
        return Err(fault(0, "first argument must be a string"));
    }
    let (text, base) = (call.str(0)?, call.int(1)?);
    if !(2..=62).contains(&base) {
        return Err(fault(1, "base must be a whole number between 2 and 62 inclusive"));
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let base = u32::try_from(base).unwrap_or(10);
    let magnitude = integer(digits, base)
        .ok_or_else(|| fault(0, format!("cannot parse {:?} as a base {base} integer", excerpt(text))))?;
    let negative = negative && magnitude.bits() > 0;
    Ok(call.number(Num::from_integer(negative, magnitude)))
}

/// Digits of a base as Go's `big.Int` reads them: letters have no case up to base 36; above, capitals follow.
fn integer(digits: &str, base: u32) -> Option<BigUint> {
    // The value grows with the text; a longer one is no number that a configuration means.
    if digits.is_empty() || digits.len() > 100_000 {
        return None;
    }
    let mut values = Vec::with_capacity(digits.len());
    for byte in digits.bytes() {
        let value = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'z' => byte - b'a' + 10,
            b'A'..=b'Z' if base <= 36 => byte - b'A' + 10,
            b'A'..=b'Z' => byte - b'A' + 36,
            _ => return None,
        };
        if u32::from(value) >= base {
            return None;
        }
        values.push(value);
    }
    BigUint::from_radix_be(&values, base)
}

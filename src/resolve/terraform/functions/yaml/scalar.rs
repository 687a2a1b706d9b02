//! What a YAML scalar is: go-cty-yaml's resolution.

use base64::Engine as _;
use granit_parser::ScalarStyle;

use super::super::call::{Answer, Call, Stop};
use super::super::date::{self, Time};
use super::super::encoding::STANDARD;
use crate::resolve::terraform::convert::convert;
use crate::resolve::terraform::number::Num;
use crate::resolve::terraform::types::Ty;

/// The value of a scalar. Quoted text is text; block scalars are looked at like plain ones, as go-cty-yaml does.
pub(super) fn resolve(call: &Call<'_>, text: &str, style: ScalarStyle, tag: Option<&str>) -> Answer {
    let value = implicit(call, text, style, tag)?;
    // Block scalars are of type string, whatever they resolve to before.
    match (style, tag) {
        (ScalarStyle::Literal | ScalarStyle::Folded, None) => Ok(convert(&value, &Ty::String)?),
        _ => Ok(value),
    }
}

fn implicit(call: &Call<'_>, text: &str, style: ScalarStyle, tag: Option<&str>) -> Answer {
    let refuse = |tag: &str| Stop::from(format!("cannot parse {text:?} as {tag}"));
    match tag {
        None | Some("!!bool" | "!!int" | "!!float" | "!!null" | "!!timestamp") => {}
        // A lone `!` says: not implicit.
        Some("!!str") => return Ok(call.string(text)),
        Some("!!binary") => {
            STANDARD.decode(text.replace(['\n', '\r'], "")).map_err(|_| refuse("!!binary"))?;
            return Ok(call.string(text));
        }
        Some(other) => return Err(format!("unsupported tag {other:?}").into()),
    }
    let quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
    let hint = text.bytes().next();
    let looks = hint.is_none_or(|first| b"+-0123456789yYnNtTfFoO~.".contains(&first));
    if looks {
        if quoted {
            return Ok(call.string(text));
        }
        if let Some(flag) = boolean(text) {
            return Ok(call.bool(flag));
        }
        if matches!(text, "" | "~" | "null" | "Null" | "NULL") {
            return Ok(call.null(Ty::Dynamic));
        }
        if let Some(infinite) = infinity(text) {
            return Ok(call.number(infinite));
        }
        if tag.is_none() && matches!(text, ".nan" | ".NaN" | ".NAN") {
            return Err("floating point NaN is not supported".into());
        }
        if hint == Some(b'.')
            && let Some(number) = Num::parse(text)
        {
            return Ok(call.number(number));
        }
        if hint.is_some_and(|first| first.is_ascii_digit() || matches!(first, b'+' | b'-')) {
            if matches!(tag, None | Some("!!timestamp"))
                && let Some(time) = timestamp(text)
            {
                return Ok(call.string(time.rfc3339()));
            }
            if is_integer(text) || is_float(text) {
                return number(text).map(|number| call.number(number)).ok_or_else(|| refuse("!!float"));
            }
        }
    }
    match tag {
        None => Ok(call.string(text)),
        Some("!!null") => Ok(call.null(Ty::Dynamic)),
        Some(tag @ ("!!int" | "!!float")) => number(text).map(|number| call.number(number)).ok_or_else(|| refuse(tag)),
        Some(tag) => Err(refuse(tag)),
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

fn infinity(text: &str) -> Option<Num> {
    match text {
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Num::from_f64(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Num::from_f64(f64::NEG_INFINITY),
        _ => None,
    }
}

fn is_integer(text: &str) -> bool {
    let digits = |text: &str, radix: u32| !text.is_empty() && text.chars().all(|c| c.is_digit(radix));
    digits(text.strip_prefix(['+', '-']).unwrap_or(text), 10)
        || text.strip_prefix("0o").is_some_and(|rest| digits(rest, 8))
        || text.strip_prefix("0x").is_some_and(|rest| digits(rest, 16))
}

fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let mantissa = match mantissa.split_once('.') {
        Some((whole, fraction)) => {
            (whole.is_empty() && digits(fraction)) || (digits(whole) && (fraction.is_empty() || digits(fraction)))
        }
        None => digits(mantissa),
    };
    mantissa && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

/// Underscores are dropped; `0x` and `0o` are read up to 64 bits.
fn number(text: &str) -> Option<Num> {
    let plain = text.replace('_', "");
    if let Some(number) = Num::parse(&plain) {
        return Some(number);
    }
    let (negative, rest) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let lower = rest.to_ascii_lowercase();
    let radix = [("0x", 16), ("0o", 8), ("0b", 2)].into_iter().find(|(prefix, _)| lower.starts_with(prefix));
    let (prefix, radix) = radix?;
    let magnitude = u64::from_str_radix(lower.strip_prefix(prefix)?, radix).ok()?;
    Some(Num::from_integer(negative, magnitude.into()))
}

/// The forms that Go's YAML takes for timestamps: a date, a date and time with `T`, `t` or a space.
fn timestamp(text: &str) -> Option<Time> {
    let field = |text: &str, most: usize| -> Option<i64> {
        let legal = (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if legal { text.parse().ok() } else { None }
    };
    let (date, clock) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some((text.as_bytes().get(at).copied(), &text[at + 1..]))),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || parts.next().is_some() {
        return None;
    }
    let date = [field(year, 4)?, field(month, 2)?, field(day, 2)?];
    let Some((separator, clock)) = clock else { return Time::new(date, [0, 0, 0], 0, 0) };
    let end = clock.find(|c: char| !(c.is_ascii_digit() || c == ':')).unwrap_or(clock.len());
    let (clock, rest) = clock.split_at(end);
    let mut parts = clock.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let clock = [field(hour, 2)?, field(minute, 2)?, field(second, 2)?];
    let (fraction, zone) = date::fraction(rest)?;
    // A space stands before a time without a zone, `T` before one with.
    let offset = match (separator, zone) {
        (Some(b' '), "") => 0,
        (Some(b' '), _) => return None,
        (_, zone) => date::offset(zone)?,
    };
    Time::new(date, clock, fraction, offset)
}

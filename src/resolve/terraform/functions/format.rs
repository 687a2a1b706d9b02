//! `format formatlist`: Terraform's subset of `printf`.

use std::sync::Arc;

use num_bigint::BigUint;
use unicode_segmentation::UnicodeSegmentation;

use super::call::{
    Answer, Call, Function, Returns, Stop, fault, nullable, string, too_long, variadic, why, why_inside,
};
use super::json;
use super::string::parts;
use crate::resolve::terraform::convert as coerce;
use crate::resolve::terraform::number::Num;
use crate::resolve::terraform::types::Ty;
use crate::resolve::terraform::val::{Data, Val};
use crate::source::limits::MAX_STRING_BYTES;
use crate::value::Part;

pub(super) const FUNCTIONS: &[Function] = &[
    variadic("format", &[string("format")], nullable("args"), Returns::String, |call| {
        let format = call.str(0)?;
        Ok(call.text(run(format, &call.args[1..])?))
    }),
    variadic("formatlist", &[string("format")], nullable("args"), Returns::Strings, formatlist),
];

fn formatlist(call: &Call<'_>) -> Answer {
    let format = call.str(0)?;
    let arguments = &call.args[1..];
    let mut length: Option<(usize, usize)> = None;
    for (index, argument) in arguments.iter().enumerate() {
        if let Data::Sequence(elements) = &argument.data {
            match length {
                Some((of, expected)) if expected != elements.len() => {
                    let (this, found) = (index + 1, elements.len());
                    return Err(fault(
                        this,
                        format!(
                            "argument {this} has length {found}, which is inconsistent with argument {of} of length {expected}"
                        ),
                    ));
                }
                Some(_) => {}
                None => length = Some((index + 1, elements.len())),
            }
        }
    }
    // An unknown argument that may be a list leaves the number of results open.
    let listed = |ty: &Ty| matches!(ty, Ty::List(_) | Ty::Set(_) | Ty::Tuple(_));
    if let Some(open) = arguments.iter().find(|a| why(a).is_some() && (listed(&a.ty) || is_open(a))) {
        return Err(why(open).map_or_else(|| Stop::from("unknown argument"), Stop::Unknown));
    }
    let mut results = Vec::new();
    for at in 0..length.map_or(1, |(_, length)| length) {
        let row: Vec<Val> = arguments
            .iter()
            .map(|argument| match &argument.data {
                Data::Sequence(elements) => elements.get(at).unwrap_or(argument).clone(),
                _ => argument.clone(),
            })
            .collect();
        let text = run(format, &row).map_err(|stop| match stop {
            Stop::Fault(_, message) => Stop::from(format!("error on format iteration {at}: {message}")),
            other => other,
        })?;
        results.push(call.text(text));
    }
    Ok(call.list(results, Ty::String))
}

fn is_open(value: &Val) -> bool {
    value.ty == Ty::Dynamic && matches!(value.data, Data::Unknown { .. })
}

/// One `%...` sequence.
#[derive(Debug, Default)]
struct Verb {
    raw: String,
    offset: usize,
    argument: usize,
    mode: char,
    zero: bool,
    sharp: bool,
    plus: bool,
    minus: bool,
    space: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

fn run(format: &str, arguments: &[Val]) -> Result<Vec<Part>, Stop> {
    let mut out = Output::default();
    let (mut next, mut highest) = (1, 0);
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.literal(&rest[..at])?;
        let offset = format.len() - rest.len() + at;
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('%') {
            out.literal("%")?;
            rest = after;
            continue;
        }
        let (mut verb, after) = parse(rest, offset, next, format.len())?;
        verb.raw = format[offset..format.len() - after.len()].to_owned();
        rest = after;
        highest = highest.max(verb.argument);
        next = verb.argument + 1;
        append(&verb, arguments, &mut out)?;
    }
    out.literal(rest)?;
    if highest < arguments.len() {
        return Err(fault(
            highest + 1,
            if highest == 0 {
                "too many arguments; no verbs in format string".to_owned()
            } else {
                format!("too many arguments; only {highest} used by format string")
            },
        ));
    }
    Ok(out.parts)
}

/// Reads a verb behind its `%`: flags, width, precision, argument index, mode.
fn parse(text: &str, offset: usize, next: usize, end: usize) -> Result<(Verb, &str), Stop> {
    let mut verb = Verb { offset, argument: next, ..Verb::default() };
    let mut rest = text;
    while let Some(flag) = rest.chars().next().filter(|c| "0#-+ ".contains(*c)) {
        match flag {
            '0' => verb.zero = true,
            '#' => verb.sharp = true,
            '-' => verb.minus = true,
            '+' => verb.plus = true,
            _ => verb.space = true,
        }
        rest = &rest[1..];
    }
    if rest.starts_with(|c: char| c.is_ascii_digit()) {
        (verb.width, rest) = digits(rest)?;
    }
    if let Some(after) = rest.strip_prefix('.') {
        let (precision, after) = digits(after)?;
        verb.precision = Some(precision.unwrap_or(0));
        rest = after;
    }
    if let Some(after) = rest.strip_prefix('[') {
        let (index, after) = digits(after)?;
        let wrong = || unrecognized(after, end);
        verb.argument = index.filter(|&index| index > 0).ok_or_else(wrong)?;
        rest = after.strip_prefix(']').ok_or_else(wrong)?;
    }
    match rest.chars().next() {
        Some(mode) if mode.is_ascii_alphabetic() => {
            verb.mode = mode;
            Ok((verb, &rest[1..]))
        }
        _ => Err(unrecognized(rest, end)),
    }
}

fn unrecognized(rest: &str, end: usize) -> Stop {
    match rest.chars().next() {
        Some(c) => Stop::from(format!("unrecognized format character {c:?} at offset {}", end - rest.len())),
        None => Stop::from(format!("invalid format string starting at offset {end}")),
    }
}

fn digits(text: &str) -> Result<(Option<usize>, &str), Stop> {
    let length = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at(length);
    if number.is_empty() {
        return Ok((None, rest));
    }
    match number.parse() {
        Ok(number) if number <= MAX_STRING_BYTES => Ok((Some(number), rest)),
        _ => Err(too_long().into()),
    }
}

#[derive(Default)]
struct Output {
    parts: Vec<Part>,
    size: usize,
}

impl Output {
    fn literal(&mut self, text: &str) -> Result<(), Stop> {
        self.size += text.len();
        if self.size > MAX_STRING_BYTES {
            return Err(too_long().into());
        }
        if !text.is_empty() {
            self.parts.push(Part::Literal(text.into()));
        }
        Ok(())
    }
}

fn append(verb: &Verb, arguments: &[Val], out: &mut Output) -> Result<(), Stop> {
    let Some(argument) = verb.argument.checked_sub(1).and_then(|index| arguments.get(index)) else {
        return Err(Stop::from(format!(
            "not enough arguments for {:?} at {}: need index {} but have {} total",
            verb.raw,
            verb.offset,
            verb.argument,
            arguments.len()
        )));
    };
    let refuse = |why: &str| Stop::from(format!("unsupported value for {:?} at {}: {why}", verb.raw, verb.offset));
    if verb.mode != 'v' && matches!(argument.data, Data::Null) {
        return Err(refuse("null value cannot be formatted"));
    }
    match verb.mode {
        'v' => default_format(verb, argument, out),
        't' => match coerce::convert(argument, &Ty::Bool).map_err(|why| refuse(&why))?.data {
            Data::Bool(flag) => out.literal(if flag { "true" } else { "false" }),
            _ => unknown(argument, out),
        },
        'b' | 'd' | 'o' | 'x' | 'X' | 'e' | 'E' | 'f' | 'g' | 'G' => {
            match coerce::convert(argument, &Ty::Number).map_err(|why| refuse(&why))?.data {
                Data::Number(number) => {
                    let text = number_format(verb, &number).ok_or_else(|| refuse("an integer is required"))?;
                    out.literal(&text)
                }
                _ => unknown(argument, out),
            }
        }
        's' | 'q' => {
            let text = coerce::convert(argument, &Ty::String).map_err(|why| refuse(&why))?;
            string_format(verb, &text, out)
        }
        mode => {
            let (raw, offset) = (&verb.raw, verb.offset);
            Err(Stop::from(format!("unsupported format verb {mode:?} in {raw:?} at offset {offset}")))
        }
    }
}

fn unknown(value: &Val, out: &mut Output) -> Result<(), Stop> {
    out.parts.extend(why_inside(value).map(Part::Unknown));
    Ok(())
}

/// `%v`: strings and numbers as they are, all else as JSON.
fn default_format(verb: &Verb, argument: &Val, out: &mut Output) -> Result<(), Stop> {
    match (&argument.data, verb.sharp) {
        (Data::String(text), false) => out.literal(&padded(verb, text)),
        (Data::Number(number), false) => out.literal(&padded(verb, &number.general(None))),
        (Data::Text(_) | Data::Symbol(_) | Data::Unknown { .. }, false) if verb.width.is_none() => {
            let may_be_other = matches!(argument.data, Data::Unknown { .. }) && argument.ty != Ty::String;
            if may_be_other {
                return unknown(argument, out);
            }
            out.parts.extend(parts(argument));
            Ok(())
        }
        _ => match json::encode(argument)?.as_slice() {
            [] => Ok(()),
            [Part::Literal(text)] => out.literal(&padded(verb, text)),
            encoded if verb.width.is_none() => {
                out.parts.extend(encoded.iter().cloned());
                Ok(())
            }
            _ => unknown(argument, out),
        },
    }
}

fn string_format(verb: &Verb, value: &Val, out: &mut Output) -> Result<(), Stop> {
    let Data::String(text) = &value.data else {
        let exact = verb.width.is_none() && verb.precision.unwrap_or(0) == 0;
        return match (exact, verb.mode) {
            (true, 's') => {
                out.parts.extend(parts(value));
                Ok(())
            }
            (true, _) => {
                out.parts.extend(json::encode(value)?);
                Ok(())
            }
            (false, _) => unknown(value, out),
        };
    };
    let cut: String = match verb.precision {
        Some(precision) if precision > 0 => text.graphemes(true).take(precision).collect(),
        _ => text.to_string(),
    };
    if verb.mode == 'q' { out.literal(&padded(verb, &json::quoted(&cut))) } else { out.literal(&padded(verb, &cut)) }
}

/// Pads to the width, counted in grapheme clusters.
fn padded(verb: &Verb, text: &str) -> Arc<str> {
    let Some(missing) = verb.width.and_then(|width| width.checked_sub(text.graphemes(true).count())) else {
        return text.into();
    };
    let pad = if verb.zero { "0" } else { " " }.repeat(missing);
    if verb.minus { format!("{text}{pad}").into() } else { format!("{pad}{text}").into() }
}

/// A number as Go's `fmt` prints `big.Int` and `big.Float`; `None` where it must be whole and is not.
fn number_format(verb: &Verb, number: &Num) -> Option<String> {
    match verb.mode {
        'b' | 'd' | 'o' | 'x' | 'X' => {
            let (negative, magnitude) = number.to_integer()?;
            Some(integer_format(verb, negative, &magnitude))
        }
        mode => {
            let places = verb.precision.unwrap_or(6);
            let text = match mode {
                'e' | 'E' => number.scientific(places),
                'f' => number.fixed(places),
                _ => number.general(verb.precision),
            };
            let text = if mode.is_ascii_uppercase() && !number.is_infinite() { text.to_uppercase() } else { text };
            let (sign, digits) = match text.split_at_checked(1) {
                Some(("-", digits)) => ("-", digits),
                Some(("+", digits)) => (if verb.space { " " } else { "+" }, digits),
                _ if verb.plus => ("+", &*text),
                _ if verb.space => (" ", &*text),
                _ => ("", &*text),
            };
            let missing = verb.width.unwrap_or(0).saturating_sub(sign.len() + digits.len());
            Some(if verb.minus {
                format!("{sign}{digits}{}", " ".repeat(missing))
            } else if verb.zero && !number.is_infinite() {
                format!("{sign}{}{digits}", "0".repeat(missing))
            } else {
                format!("{}{sign}{digits}", " ".repeat(missing))
            })
        }
    }
}

fn integer_format(verb: &Verb, negative: bool, magnitude: &BigUint) -> String {
    let (base, prefix) = match verb.mode {
        'b' => (2, "0b"),
        'o' => (8, "0"),
        'x' => (16, "0x"),
        'X' => (16, "0X"),
        _ => (10, ""),
    };
    let digits = magnitude.to_str_radix(base);
    let digits = if verb.mode == 'X' { digits.to_uppercase() } else { digits };
    let prefix = if verb.sharp { prefix } else { "" };
    let sign = match (negative && magnitude.bits() > 0, verb.plus, verb.space) {
        (true, _, _) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        _ => "",
    };
    if verb.precision == Some(0) && magnitude.bits() == 0 {
        return String::new();
    }
    let mut zeros = verb.precision.unwrap_or(0).saturating_sub(digits.len());
    let length = sign.len() + prefix.len() + zeros + digits.len();
    let missing = verb.width.unwrap_or(0).saturating_sub(length);
    let (mut left, mut right) = (0, 0);
    if verb.minus {
        right = missing;
    } else if verb.zero && verb.precision.is_none() {
        zeros += missing;
    } else {
        left = missing;
    }
    format!("{}{sign}{prefix}{}{digits}{}", " ".repeat(left), "0".repeat(zeros), " ".repeat(right))
}

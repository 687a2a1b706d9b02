//! `chomp endswith indent join lower replace split startswith strcontains strrev substr title trim trimprefix
//! trimspace trimsuffix upper`.
//!
//! Strings that are known in part keep their symbols where the result is the same for every content that the symbol
//! may have. An attribute of a resource is taken to have no line breaks, no spaces at its ends, and not to be empty.

use std::sync::Arc;

use unicode_segmentation::UnicodeSegmentation;

use super::call::{Accepts, Answer, Call, Function, Returns, Stop, fault, fixed, number, of, string, variadic};
use super::call::{too_long, why, why_symbol};
use super::regexp;
use crate::resolve::terraform::types::Ty;
use crate::resolve::terraform::val::{Data, Val};
use crate::source::limits::MAX_STRING_BYTES;
use crate::value::{InputKind, Part, Pseudo, Symbol, Unknown, UnknownKind, without_keys};

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("chomp", &[string("str")], Returns::String, |call| trimmed(call, is_line_end, false)),
    fixed("endswith", &[string("str"), string("suffix")], Returns::Bool, endswith),
    fixed("indent", &[number("spaces"), string("str")], Returns::String, indent),
    variadic("join", &[string("separator")], of("lists", Accepts::Strings), Returns::String, join),
    fixed("lower", &[string("str")], Returns::String, |call| match key_arn(call, 0) {
        // No letter of it is a capital.
        Some(_) => Ok(call.text(parts(call.arg(0)?))),
        None => Ok(call.string(lower(call.str(0)?))),
    }),
    fixed("replace", &[string("str"), string("substr"), string("replace")], Returns::String, replace),
    fixed("split", &[string("separator"), string("str")], Returns::Strings, split),
    fixed("startswith", &[string("str"), string("prefix")], Returns::Bool, startswith),
    fixed("strcontains", &[string("str"), string("substr")], Returns::Bool, strcontains),
    fixed("strrev", &[string("str")], Returns::String, |call| {
        Ok(call.string(call.str(0)?.graphemes(true).rev().collect::<String>()))
    }),
    fixed("substr", &[string("str"), number("offset"), number("length")], Returns::String, substr),
    fixed("title", &[string("str")], Returns::String, |call| Ok(call.string(title(call.str(0)?)))),
    fixed("trim", &[string("str"), string("cutset")], Returns::String, trim),
    fixed("trimprefix", &[string("str"), string("prefix")], Returns::String, trimprefix),
    fixed("trimspace", &[string("str")], Returns::String, |call| trimmed(call, char::is_whitespace, true)),
    fixed("trimsuffix", &[string("str"), string("suffix")], Returns::String, trimsuffix),
    fixed("upper", &[string("str")], Returns::String, |call| Ok(call.string(upper(call.str(0)?)))),
];

/// The parts of a string that is known at least in part; unknown strings are one unknown part.
pub(super) fn parts(value: &Val) -> Vec<Part> {
    match &value.data {
        Data::String(text) => vec![Part::Literal(Arc::clone(text))],
        Data::Text(parts) => parts.to_vec(),
        Data::Symbol(symbol) => vec![Part::Symbol(symbol.clone())],
        _ => why(value).map(Part::Unknown).into_iter().collect(),
    }
}

/// The parts of argument `index`, where it is known at least in part.
fn known_parts(call: &Call<'_>, index: usize) -> Result<Vec<Part>, Stop> {
    let value = call.arg(index)?;
    match &value.data {
        Data::String(_) | Data::Text(_) | Data::Symbol(Symbol::Attribute { .. }) => Ok(parts(value)),
        _ => Err(call.stop(index)),
    }
}

/// Whether a part is an attribute of a resource: not empty, one line, no space around it.
fn is_attribute(part: &Part) -> bool {
    matches!(part, Part::Symbol(Symbol::Attribute { .. } | Symbol::Ref(_)))
}

/// The ARN of a resource of AWS: it starts with `arn:`.
fn is_arn(symbol: &Symbol) -> bool {
    matches!(symbol, Symbol::Attribute { resource, attribute }
        if resource.contains("aws_") && (&**attribute == "arn" || attribute.ends_with("_arn")))
}

/// The argument, where it is the ARN of a KMS key, by the resource or data source that has it:
/// `arn:<partition>:kms:<region>:<account>:key/<id>`.
fn key_arn(call: &Call<'_>, index: usize) -> Option<Symbol> {
    let Data::Symbol(symbol @ Symbol::Attribute { resource, attribute }) = &call.args.get(index)?.data else {
        return None;
    };
    let address = without_keys(resource);
    let kind = address.rsplit('.').nth(1)?;
    let of_key =
        matches!(kind, "aws_kms_key" | "aws_kms_external_key" | "aws_kms_replica_key" | "aws_kms_replica_external_key")
            && &**attribute == "arn";
    let of_alias = kind == "aws_kms_alias" && &**attribute == "target_key_arn";
    (of_key || of_alias).then(|| symbol.clone())
}

/// Whether a text can stand at the end of a key's id: what is cut off there may be a part of it.
fn may_end_a_key_id(text: &str) -> bool {
    text.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f' | '-'))
}

fn why_part(part: &Part) -> Stop {
    match part {
        Part::Symbol(symbol) => Stop::Unknown(why_symbol(symbol)),
        Part::Unknown(why) => Stop::Unknown(why.clone()),
        Part::Literal(_) => Stop::from("string required"),
    }
}

/// Upper case of one character each, as Go maps them.
fn upper(text: &str) -> String {
    text.chars().map(upper_char).collect()
}

fn upper_char(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

fn lower(text: &str) -> String {
    text.chars()
        .map(|c| {
            // The only character whose lower case is two; Go maps it to one.
            if c == 'İ' { 'i' } else { c.to_lowercase().next().unwrap_or(c) }
        })
        .collect()
}

/// Upper case for the first letter of each word, as Go's `strings.Title`: letters, digits and underscores make words.
fn title(text: &str) -> String {
    let mut before = ' ';
    text.chars()
        .map(|c| {
            let separated = if before.is_ascii() {
                !(before.is_ascii_alphanumeric() || before == '_')
            } else {
                !before.is_alphanumeric() && before.is_whitespace()
            };
            before = c;
            if separated { upper_char(c) } else { c }
        })
        .collect()
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\r' | '\n')
}

/// Trims characters at the end, and at the start too if `both`.
fn trimmed(call: &Call<'_>, cut: fn(char) -> bool, both: bool) -> Answer {
    let mut parts = known_parts(call, 0)?;
    trim_end(&mut parts, cut)?;
    if both {
        parts.reverse();
        trim_start_of_last(&mut parts, cut)?;
        parts.reverse();
    }
    Ok(call.text(parts))
}

fn trim_end(parts: &mut Vec<Part>, cut: impl Fn(char) -> bool) -> Result<(), Stop> {
    trim_last(parts, |text| text.trim_end_matches(&cut).len()..)
}

fn trim_start_of_last(parts: &mut Vec<Part>, cut: impl Fn(char) -> bool) -> Result<(), Stop> {
    while let Some(last) = parts.pop() {
        match last {
            Part::Literal(text) => {
                let rest = text.trim_start_matches(&cut);
                if !rest.is_empty() {
                    parts.push(Part::Literal(rest.into()));
                    return Ok(());
                }
            }
            part if is_attribute(&part) => {
                parts.push(part);
                return Ok(());
            }
            part => return Err(why_part(&part)),
        }
    }
    Ok(())
}

fn trim_last(parts: &mut Vec<Part>, cut: impl Fn(&str) -> std::ops::RangeFrom<usize>) -> Result<(), Stop> {
    while let Some(last) = parts.pop() {
        match last {
            Part::Literal(text) => {
                let keep = &text[..cut(&text).start];
                if !keep.is_empty() {
                    parts.push(Part::Literal(keep.into()));
                    return Ok(());
                }
            }
            part if is_attribute(&part) => {
                parts.push(part);
                return Ok(());
            }
            part => return Err(why_part(&part)),
        }
    }
    Ok(())
}

fn trim(call: &Call<'_>) -> Answer {
    let cutset = call.str(1)?;
    Ok(call.string(call.str(0)?.trim_matches(|c| cutset.contains(c))))
}

fn startswith(call: &Call<'_>) -> Answer {
    let prefix = call.str(1)?;
    let parts = parts(call.arg(0)?);
    if prefix.is_empty() {
        return Ok(call.bool(true));
    }
    match parts.first() {
        Some(Part::Symbol(symbol)) if is_arn(symbol) && "arn:".starts_with(prefix) => Ok(call.bool(true)),
        Some(Part::Symbol(symbol)) if is_arn(symbol) && !prefix.starts_with("arn:") => Ok(call.bool(false)),
        Some(Part::Literal(text)) if text.starts_with(prefix) => Ok(call.bool(true)),
        Some(Part::Literal(text)) if parts.len() == 1 || !prefix.starts_with(&**text) => Ok(call.bool(false)),
        Some(Part::Literal(_)) => Err(call.stop(0)),
        Some(part) => Err(why_part(part)),
        None => Err(call.stop(0)),
    }
}

fn endswith(call: &Call<'_>) -> Answer {
    let suffix = call.str(1)?;
    let parts = parts(call.arg(0)?);
    if suffix.is_empty() {
        return Ok(call.bool(true));
    }
    match parts.last() {
        Some(Part::Literal(text)) if text.ends_with(suffix) => Ok(call.bool(true)),
        Some(Part::Literal(text)) if parts.len() == 1 || !suffix.ends_with(&**text) => Ok(call.bool(false)),
        Some(Part::Literal(_)) => Err(call.stop(0)),
        Some(part) => Err(why_part(part)),
        None => Err(call.stop(0)),
    }
}

fn strcontains(call: &Call<'_>) -> Answer {
    let wanted = call.str(1)?;
    if let Data::Text(parts) = &call.arg(0)?.data
        && parts.iter().any(|part| matches!(part, Part::Literal(text) if text.contains(wanted)))
    {
        return Ok(call.bool(true));
    }
    Ok(call.bool(call.str(0)?.contains(wanted)))
}

fn trimprefix(call: &Call<'_>) -> Answer {
    let prefix = call.str(1)?;
    let mut parts = known_parts(call, 0)?;
    if let Some(Part::Literal(text)) = parts.first_mut() {
        if let Some(rest) = text.strip_prefix(prefix) {
            *text = rest.into();
            return Ok(call.text(parts));
        }
        if !prefix.starts_with(&**text) || parts.len() == 1 {
            return Ok(call.text(parts));
        }
    }
    Ok(call.string(call.str(0)?.strip_prefix(prefix).unwrap_or(call.str(0)?)))
}

fn trimsuffix(call: &Call<'_>) -> Answer {
    let suffix = call.str(1)?;
    let mut parts = known_parts(call, 0)?;
    if key_arn(call, 0).is_some() && !may_end_a_key_id(suffix) {
        return Ok(call.text(parts));
    }
    let alone = parts.len() == 1;
    if let Some(Part::Literal(text)) = parts.last_mut() {
        if let Some(rest) = text.strip_suffix(suffix) {
            *text = rest.into();
            return Ok(call.text(parts));
        }
        if !suffix.ends_with(&**text) || alone {
            return Ok(call.text(parts));
        }
    }
    Ok(call.string(call.str(0)?.strip_suffix(suffix).unwrap_or(call.str(0)?)))
}

fn indent(call: &Call<'_>) -> Answer {
    let spaces = call.int(0)?;
    let spaces = usize::try_from(spaces).map_err(|_| fault(0, "the number of spaces must not be negative"))?;
    let parts = known_parts(call, 1)?;
    if let Some(part) = parts.iter().find(|part| !matches!(part, Part::Literal(_)) && !is_attribute(part)) {
        return Err(why_part(part));
    }
    let lines: usize = parts.iter().map(|part| matches!(part, Part::Literal(t) if t.contains('\n')) as usize).sum();
    if lines > 0 && spaces > MAX_STRING_BYTES {
        return Err(too_long().into());
    }
    let pad = format!("\n{}", " ".repeat(if lines > 0 { spaces } else { 0 }));
    let mut indented = Vec::with_capacity(parts.len());
    for part in parts {
        indented.push(match part {
            Part::Literal(text) => Part::Literal(bounded_replace(&text, "\n", &pad)?.into()),
            other => other,
        });
    }
    Ok(call.text(indented))
}

/// `text.replace(from, to)` within the limit.
fn bounded_replace(text: &str, from: &str, to: &str) -> Result<String, Stop> {
    let times = if from.is_empty() { text.chars().count() + 1 } else { text.matches(from).count() };
    if times.saturating_mul(to.len()).saturating_add(text.len()) > MAX_STRING_BYTES {
        return Err(too_long().into());
    }
    Ok(text.replace(from, to))
}

/// The ARN of a key that this configuration makes, one region in it replaced by another: the ARN of that key or of its
/// replica there, whichever it is. One of a data source may be AWS' own key.
fn in_another_region(call: &Call<'_>) -> Option<Vec<Part>> {
    let Symbol::Attribute { resource, .. } = key_arn(call, 0)? else { return None };
    let is_data = resource.starts_with("data.") || resource.contains(".data.");
    if is_data || !names_region(call.arg(1).ok()?) || !names_region(call.arg(2).ok()?) {
        return None;
    }
    let open = |what: &str| {
        Part::Unknown(Unknown::new(
            UnknownKind::Provider,
            format!("the {what} of {resource} is known only after apply"),
        ))
    };
    let literal = |text: &str| Part::Literal(text.into());
    Some(vec![
        literal("arn:"),
        open("partition"),
        literal(":kms:"),
        open("region"),
        literal(":"),
        open("account"),
        literal(":key/"),
        open("id"),
    ])
}

/// Whether a value is the code of a region: in the open, or by what it is read from.
fn names_region(value: &Val) -> bool {
    let of_region = |name: &str| name.starts_with("data.aws_region.") || name.contains(".data.aws_region.");
    match &value.data {
        Data::String(text) => {
            let groups: Vec<&str> = text.split('-').collect();
            groups.len() >= 3
                && groups.iter().all(|group| !group.is_empty() && group.bytes().all(|b| b.is_ascii_alphanumeric()))
                && groups.last().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()))
        }
        Data::Symbol(Symbol::Attribute { resource, .. }) => of_region(&format!("{resource}.")),
        Data::Symbol(Symbol::Input { kind, .. }) => *kind == InputKind::Pseudo(Pseudo::Region),
        Data::Input(_, name) => of_region(name) || name.to_ascii_lowercase().ends_with("region"),
        _ => false,
    }
}

fn replace(call: &Call<'_>) -> Answer {
    if let Some(parts) = in_another_region(call) {
        return Ok(call.text(parts));
    }
    let (pattern, replacement) = (call.str(1)?, call.str(2)?);
    let text = call.str(0)?;
    match pattern.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
        Some(pattern) => Ok(call.string(regexp::replace_all(pattern, text, replacement)?)),
        None => Ok(call.string(bounded_replace(text, pattern, replacement)?)),
    }
}

fn join(call: &Call<'_>) -> Answer {
    let lists = call.args.len() - 1;
    if lists == 0 {
        return Err("at least one list is required".into());
    }
    let separator = call.arg(0)?;
    let separator = parts(separator);
    let mut joined: Vec<Part> = Vec::new();
    let mut size = 0usize;
    for list in 1..=lists {
        for (at, element) in call.elements(list)?.iter().enumerate() {
            if matches!(element.data, Data::Null) {
                let which = if lists > 1 { format!(" of list {list}") } else { String::new() };
                return Err(fault(list, format!("element {at}{which} is null; cannot concatenate null values")));
            }
            if !joined.is_empty() {
                joined.extend(separator.iter().cloned());
            } else {
                joined.push(Part::Literal("".into()));
            }
            joined.extend(parts(element));
            size = size.saturating_add(size_of(&separator)).saturating_add(size_of(&parts(element)));
            if size > MAX_STRING_BYTES {
                return Err(too_long().into());
            }
        }
    }
    Ok(call.text(joined))
}

fn size_of(parts: &[Part]) -> usize {
    parts.iter().map(|part| if let Part::Literal(text) = part { text.len() } else { 0 }).sum()
}

fn split(call: &Call<'_>) -> Answer {
    let separator = call.str(0)?;
    if separator.is_empty() {
        let text = call.str(1)?;
        return Ok(call.list(text.chars().map(|c| call.string(c.encode_utf8(&mut [0; 4]))).collect(), Ty::String));
    }
    let mut pieces: Vec<Vec<Part>> = vec![Vec::new()];
    for part in parts(call.arg(1)?) {
        match &part {
            Part::Literal(text) => {
                for (at, piece) in text.split(separator).enumerate() {
                    if at > 0 {
                        pieces.push(Vec::new());
                    }
                    if let Some(last) = pieces.last_mut() {
                        last.push(Part::Literal(piece.into()));
                    }
                }
            }
            // Names, ids and ARNs of resources have no comma and no white space in them.
            part if is_attribute(part) && separator.chars().all(|c| c == ',' || c.is_whitespace()) => {
                if let Some(last) = pieces.last_mut() {
                    last.push(part.clone());
                }
            }
            part => return Err(why_part(part)),
        }
    }
    Ok(call.list(pieces.into_iter().map(|piece| call.text(piece)).collect(), Ty::String))
}

/// Terraform counts grapheme clusters; a negative offset counts from the end, a negative length takes the rest. With a
/// negative offset, a length of zero takes the rest as well (go-cty does not stop counting at zero).
fn substr(call: &Call<'_>) -> Answer {
    let (offset, length) = (call.int(1)?, call.int(2)?);
    if offset == 0 && length < 0 {
        return Ok(call.arg(0)?.clone());
    }
    let text = call.str(0)?;
    if offset >= 0 && length == 0 {
        return Ok(call.string(""));
    }
    let clusters: Vec<&str> = text.graphemes(true).collect();
    let total = i64::try_from(clusters.len()).unwrap_or(i64::MAX);
    let offset = if offset < 0 { offset.saturating_add(total) } else { offset };
    let start = usize::try_from(offset).unwrap_or(0).min(clusters.len());
    let rest = &clusters[start..];
    let count = if length <= 0 { rest.len() } else { usize::try_from(length).unwrap_or(usize::MAX).min(rest.len()) };
    Ok(call.string(rest[..count].concat()))
}

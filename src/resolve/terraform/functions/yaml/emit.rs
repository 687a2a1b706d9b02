//! YAML text as go-cty-yaml writes it: block style, every string in double quotes but those of several lines.

use super::super::call::{Stop, too_long, why_inside};
use crate::resolve::terraform::val::{Data, Val};
use crate::source::limits::{MAX_DEPTH, MAX_STRING_BYTES};

/// The document of a value, with its line end.
pub(super) fn document(value: &Val) -> Result<String, Stop> {
    let mut out = String::new();
    match &value.data {
        Data::Sequence(elements) if !elements.is_empty() => sequence(elements, 0, false, &mut out)?,
        Data::Mapping(members) if !members.is_empty() => mapping(value, 0, false, &mut out)?,
        _ => {
            scalar(value, 1, &mut out)?;
            if !out.ends_with('\n') {
                out.push('\n');
            }
            // A plain scalar alone may go on, so libyaml ends the document.
            if matches!(value.data, Data::Null | Data::Bool(_) | Data::Number(_)) {
                out.push_str("...\n");
            }
        }
    }
    Ok(out)
}

fn check(depth: usize, out: &str) -> Result<(), Stop> {
    if depth > MAX_DEPTH || out.len() > MAX_STRING_BYTES {
        return Err(too_long().into());
    }
    Ok(())
}

/// Elements behind dashes. `inline`: the first stands where the text is, as in a sequence of sequences.
fn sequence(elements: &[Val], depth: usize, inline: bool, out: &mut String) -> Result<(), Stop> {
    check(depth, out)?;
    for (at, element) in elements.iter().enumerate() {
        if at > 0 || !inline {
            out.push_str(&"  ".repeat(depth));
        }
        out.push_str("- ");
        match &element.data {
            Data::Sequence(inner) if !inner.is_empty() => sequence(inner, depth + 1, true, out)?,
            Data::Mapping(inner) if !inner.is_empty() => mapping(element, depth + 1, true, out)?,
            _ => line(element, depth + 1, out)?,
        }
    }
    Ok(())
}

fn mapping(value: &Val, depth: usize, inline: bool, out: &mut String) -> Result<(), Stop> {
    check(depth, out)?;
    let Data::Mapping(members) = &value.data else { return Ok(()) };
    for (at, (key, member)) in members.iter().enumerate() {
        if at > 0 || !inline {
            out.push_str(&"  ".repeat(depth));
        }
        let simple = !key.contains('\n') && key.len() <= 128;
        if simple {
            quoted(key, None, out);
            out.push(':');
        } else {
            out.push_str("? ");
            string(key, depth + 1, out);
            if !out.ends_with('\n') {
                out.push('\n');
            }
            out.push_str(&"  ".repeat(depth));
            out.push(':');
        }
        match &member.data {
            Data::Sequence(inner) if !inner.is_empty() => {
                out.push('\n');
                // Sequences in mappings are not indented.
                sequence(inner, depth, false, out)?;
            }
            Data::Mapping(inner) if !inner.is_empty() => {
                out.push('\n');
                mapping(member, depth + 1, false, out)?;
            }
            _ => {
                out.push(' ');
                line(member, depth + 1, out)?;
            }
        }
    }
    Ok(())
}

fn line(value: &Val, depth: usize, out: &mut String) -> Result<(), Stop> {
    scalar(value, depth, out)?;
    if !out.ends_with('\n') {
        out.push('\n');
    }
    Ok(())
}

fn scalar(value: &Val, depth: usize, out: &mut String) -> Result<(), Stop> {
    match &value.data {
        Data::Null => out.push_str("null"),
        Data::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        Data::Number(number) => out.push_str(&number.to_string()),
        Data::String(text) => string(text, depth, out),
        Data::Sequence(_) => out.push_str("[]"),
        Data::Mapping(_) => out.push_str("{}"),
        _ => {
            return Err(
                why_inside(value).map_or_else(|| "cannot serialize unknown value as YAML".into(), Stop::Unknown)
            );
        }
    }
    Ok(())
}

/// Text of several lines is a literal block, if libyaml allows one: no space before a line end at the start or end, and
/// nothing that must be escaped.
fn string(text: &str, depth: usize, out: &mut String) {
    let special = text.chars().any(|c| !is_printable(c)) || text.contains(" \n") || text.ends_with(' ');
    if !text.contains('\n') || special {
        quoted(text, Some(depth), out);
        return;
    }
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    if !text.ends_with('\n') {
        out.push('-');
    } else if text == "\n" || text.ends_with("\n\n") {
        out.push('+');
    }
    out.push('\n');
    let body = text.strip_suffix('\n').unwrap_or(text);
    for line in body.split('\n') {
        if !line.is_empty() {
            out.push_str(&"  ".repeat(depth));
            out.push_str(line);
        }
        out.push('\n');
    }
}

/// What libyaml writes as it is: nothing past the basic plane.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}') && c != '\u{FEFF}'
}

/// Double quotes with libyaml's escapes. Where lines may be broken, a space past column 80 is: the next line is indented
/// to `depth`.
fn quoted(text: &str, depth: Option<usize>, out: &mut String) {
    out.push('"');
    let mut column = out.rsplit('\n').next().map_or(0, |line| line.chars().count());
    let mut after_space = false;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|&(_, c)| c);
        match (c, depth, next) {
            (' ', Some(depth), Some(next)) if !after_space && column > 80 && at > 0 => {
                let indent = "  ".repeat(depth);
                out.push('\n');
                out.push_str(&indent);
                column = indent.len();
                if next == ' ' {
                    out.push('\\');
                    column += 1;
                }
            }
            (c, ..) => {
                let before = out.len();
                escaped(c, out);
                column += out[before..].chars().count();
            }
        }
        after_space = c == ' ';
    }
    out.push('"');
}

fn escaped(c: char, out: &mut String) {
    match c {
        '\0' => out.push_str("\\0"),
        '\u{7}' => out.push_str("\\a"),
        '\u{8}' => out.push_str("\\b"),
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\u{b}' => out.push_str("\\v"),
        '\u{c}' => out.push_str("\\f"),
        '\r' => out.push_str("\\r"),
        '\u{1b}' => out.push_str("\\e"),
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\u{85}' => out.push_str("\\N"),
        '\u{2028}' => out.push_str("\\L"),
        '\u{2029}' => out.push_str("\\P"),
        c if is_printable(c) => out.push(c),
        c if u32::from(c) <= 0xFF => out.push_str(&format!("\\x{:02X}", u32::from(c))),
        c if u32::from(c) <= 0xFFFF => out.push_str(&format!("\\u{:04X}", u32::from(c))),
        c => out.push_str(&format!("\\U{:08X}", u32::from(c))),
    }
}

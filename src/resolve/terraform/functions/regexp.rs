//! `regex regexall`, and the regular expressions of `replace`: Go's RE2 syntax, run by the `regex` crate.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use regex::{Captures, Regex, RegexBuilder};

use super::call::{Answer, Call, Function, Returns, Stop, fault, fixed, list_of, string, too_long};
use super::re2;
use crate::resolve::terraform::types::Ty;
use crate::resolve::terraform::val::{Data, Val};
use crate::source::limits::MAX_STRING_BYTES;

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("regex", &[string("pattern"), string("string")], Returns::Present, regex),
    fixed("regexall", &[string("pattern"), string("string")], Returns::Present, regexall),
];

/// Most expressions that a thread keeps compiled, and the longest text of one.
const KEPT: usize = 16;
const KEPT_BYTES: usize = 1024;

type Compiled = Result<Rc<Regex>, String>;

thread_local! {
    /// Compiling costs a thousand times what matching does, and a `validation` asks the same of every value in every
    /// world. No state in disguise: an expression's meaning hangs on its text alone.
    static COMPILED: RefCell<HashMap<String, Compiled>> = RefCell::default();
}

/// The compiled expression, from memory where it is there.
fn compile(pattern: &str) -> Compiled {
    if pattern.len() > KEPT_BYTES {
        return compile_anew(pattern).map(Rc::new);
    }
    COMPILED.with_borrow_mut(|kept| {
        if let Some(known) = kept.get(pattern) {
            return known.clone();
        }
        if kept.len() >= KEPT {
            kept.clear();
        }
        let compiled = compile_anew(pattern).map(Rc::new);
        kept.insert(pattern.to_owned(), compiled.clone());
        compiled
    })
}

/// Compiles Go's syntax. The crate's own limit on the compiled size stands for Go's limits on repetition.
fn compile_anew(pattern: &str) -> Result<Regex, String> {
    let translated = re2::translate(pattern).map_err(|why| format!("invalid regexp pattern: {why}"))?;
    RegexBuilder::new(&translated).build().map_err(|error| {
        let last = error.to_string();
        format!("invalid regexp pattern: {}", last.lines().last().unwrap_or("it does not parse").trim())
    })
}

/// The type of a match: the whole as a string, unnamed captures as a tuple, named ones as an object.
fn result_type(regex: &Regex) -> Result<Ty, String> {
    let names: Vec<Option<&str>> = regex.capture_names().skip(1).collect();
    let named = names.iter().flatten().count();
    if names.is_empty() {
        return Ok(Ty::String);
    }
    if named == 0 {
        return Ok(Ty::Tuple(vec![Ty::String; names.len()].into()));
    }
    if named < names.len() {
        return Err("invalid regexp pattern: cannot mix both named and unnamed capture groups".to_owned());
    }
    Ok(Ty::Object(Arc::new(names.iter().flatten().map(|name| (Arc::from(*name), Ty::String)).collect())))
}

fn result(call: &Call<'_>, regex: &Regex, captures: &Captures<'_>, ty: &Ty) -> Val {
    let capture = |index: usize| match captures.get(index) {
        Some(found) => call.string(found.as_str()),
        None => call.null(Ty::String),
    };
    match ty {
        Ty::Tuple(types) => call.make(Data::Sequence((1..=types.len()).map(capture).collect()), ty.clone()),
        Ty::Object(_) => {
            let names = regex.capture_names().enumerate();
            let members: BTreeMap<Arc<str>, Val> =
                names.filter_map(|(index, name)| Some((Arc::from(name?), capture(index)))).collect();
            call.make(Data::Mapping(Arc::new(members)), ty.clone())
        }
        _ => capture(0),
    }
}

fn prepare(call: &Call<'_>) -> Result<(Rc<Regex>, Ty), Stop> {
    let regex = compile(call.str(0)?).map_err(|why| fault(0, why))?;
    let ty = result_type(&regex).map_err(|why| fault(0, why))?;
    Ok((regex, ty))
}

fn regex(call: &Call<'_>) -> Answer {
    let (regex, ty) = prepare(call)?;
    let text = match call.str(1) {
        Ok(text) => text,
        Err(Stop::Unknown(why)) => return Ok(call.unknown(why, ty)),
        Err(stop) => return Err(stop),
    };
    let captures = regex.captures(text).ok_or("pattern did not match any part of the given string")?;
    Ok(result(call, &regex, &captures, &ty))
}

fn regexall(call: &Call<'_>) -> Answer {
    let (regex, ty) = prepare(call)?;
    let text = match call.str(1) {
        Ok(text) => text,
        Err(Stop::Unknown(why)) => return Ok(call.unknown(why, list_of(ty))),
        Err(stop) => return Err(stop),
    };
    let found = regex.captures_iter(text).map(|captures| result(call, &regex, &captures, &ty)).collect();
    Ok(call.list(found, ty))
}

/// Go's `ReplaceAllString`: `$1`, `$name` and `${name}` in the replacement stand for captures.
pub(super) fn replace_all(pattern: &str, text: &str, replacement: &str) -> Result<String, Stop> {
    let regex = compile(pattern)?;
    let mut replaced = String::new();
    let mut end = 0;
    for captures in regex.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        replaced.push_str(&text[end..whole.start()]);
        expand(replacement, &captures, &mut replaced);
        end = whole.end();
        if replaced.len() > MAX_STRING_BYTES {
            return Err(too_long().into());
        }
    }
    replaced.push_str(&text[end..]);
    Ok(replaced)
}

fn expand(template: &str, captures: &Captures<'_>, into: &mut String) {
    let mut rest = template;
    while let Some(at) = rest.find('$') {
        into.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('$') {
            into.push('$');
            rest = after;
            continue;
        }
        let Some((name, after)) = reference(rest) else {
            into.push('$');
            continue;
        };
        let number = name.bytes().all(|b| b.is_ascii_digit()) && (name.len() == 1 || !name.starts_with('0'));
        let found = if number { name.parse().ok().and_then(|index| captures.get(index)) } else { captures.name(name) };
        into.push_str(found.map_or("", |found| found.as_str()));
        rest = after;
    }
    into.push_str(rest);
}

/// The name behind a `$`, and what follows it.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (inner, braced) = match text.strip_prefix('{') {
        Some(inner) => (inner, true),
        None => (text, false),
    };
    let length = inner.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(inner.len());
    if length == 0 {
        return None;
    }
    let (name, after) = inner.split_at(length);
    if braced { Some((name, after.strip_prefix('}')?)) } else { Some((name, after)) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn an_expression_is_compiled_once_for_its_text() {
        let first = compile("^a+$").unwrap();
        assert!(Rc::ptr_eq(&first, &compile("^a+$").unwrap()));
        assert!(!Rc::ptr_eq(&first, &compile("^b+$").unwrap()));
        assert!(compile("(").is_err() && compile("(").is_err());
        // What is kept is bounded, and being thrown out changes nothing.
        for at in 0..100 {
            assert!(compile(&format!("^a{{{at}}}$")).unwrap().is_match(&"a".repeat(at)));
        }
        assert!(COMPILED.with_borrow(HashMap::len) <= KEPT);
        assert!(compile("^a+$").unwrap().is_match("aa"));
    }
}

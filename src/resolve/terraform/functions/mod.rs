//! The functions of Terraform 1.14 and OpenTofu, with their results, result types and errors.
//!
//! Pure but for files, which come through [`Files`] alone. What depends on time or chance is unknown. Arguments may be
//! known in part (symbols, text with symbols in it, unknown values): a function is exact where it can be, else its
//! result is unknown for the reason that its argument has. `try`, `can`, `convert`, `templatefile` and `templatestring`
//! see expressions, not values; they belong to the evaluator.

mod call;
mod collection;
mod conversion;
mod csv;
mod date;
mod encoding;
mod filesystem;
mod format;
mod glob;
mod hash;
mod json;
mod network;
mod numeric;
mod provider;
mod re2;
mod regexp;
mod sequence;
mod string;
mod yaml;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use self::call::{Call, Function};
use super::scope::Failure;
use super::val::Val;
use crate::source::Span;
use crate::source::files::Files;

/// What functions see beside their arguments.
pub struct FunctionEnv<'a> {
    /// The files of the repository that is being checked.
    pub files: &'a dyn Files,
    /// The root module's directory, as shown to people: relative paths are relative to it.
    pub root_directory: &'a str,
}

/// Calls the function `name` (also as `core::name`, `provider::terraform::name`) with `args`, which are not converted
/// to the types of its parameters yet. The result's origin is that of the argument that it is, else the call.
///
/// # Errors
/// As Terraform: unknown names, wrong numbers and types of arguments, null where it is not accepted, and what the
/// function itself refuses.
pub fn call(
    name: &str,
    name_span: Span,
    args: &[Val],
    arg_spans: &[Span],
    env: &FunctionEnv<'_>,
) -> Result<Val, Failure> {
    let span = arg_spans.last().map_or(name_span, |&last| name_span.cover(last));
    let Some(function) = find(name) else {
        return Err(Failure::whole(name_span, unknown_name(name)));
    };
    Call::run(function, name_span, span, args, arg_spans, env)
}

/// Whether there is a function with this name that [`call`] answers.
pub fn exists(name: &str) -> bool {
    find(name).is_some()
}

/// Every family's functions.
const FAMILIES: &[&[Function]] = &[
    collection::FUNCTIONS,
    conversion::FUNCTIONS,
    csv::FUNCTIONS,
    date::FUNCTIONS,
    encoding::FUNCTIONS,
    filesystem::FUNCTIONS,
    format::FUNCTIONS,
    hash::FUNCTIONS,
    json::FUNCTIONS,
    network::FUNCTIONS,
    numeric::FUNCTIONS,
    provider::FUNCTIONS,
    regexp::FUNCTIONS,
    sequence::FUNCTIONS,
    string::FUNCTIONS,
    yaml::FUNCTIONS,
];

/// Functions that the evaluator itself answers, for "did you mean".
const OF_THE_EVALUATOR: &[&str] = &["can", "convert", "templatefile", "templatestring", "try"];

fn find(name: &str) -> Option<&'static Function> {
    let plain = name.strip_prefix("core::").unwrap_or(name);
    FAMILIES.iter().flat_map(|family| family.iter()).find(|function| function.name == plain)
}

fn unknown_name(name: &str) -> String {
    let known = FAMILIES.iter().flat_map(|family| family.iter().map(|function| function.name));
    let nearest = known
        .chain(OF_THE_EVALUATOR.iter().copied())
        .map(|known| (distance(name, known), known))
        .min()
        .filter(|(distance, known)| *distance <= known.len().min(name.len()) / 3 + 1);
    match nearest {
        Some((_, known)) => format!("there is no function named {name:?}; did you mean {known:?}?"),
        None => format!("there is no function named {name:?}"),
    }
}

/// Edits between two names.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut before = i;
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let changed = before + usize::from(x != y);
            before = row[j + 1];
            row[j + 1] = changed.min(before + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

/// A message quotes at most this much of a value.
fn excerpt(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(60) {
        Some((at, _)) => Cow::Owned(format!("{}...", &text[..at])),
        None => Cow::Borrowed(text),
    }
}

//! Texts of a rule with `{expressions}` in them.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::eval::Eval;
use super::syntax::{Expr, Fault, Place, parse};
use super::types::{Scope, Ty, check};
use crate::value::World;

/// A text with expressions in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Template {
    written: Cow<'static, str>,
    /// Read when it is first told, where the text is known to be right: most texts never are.
    pieces: OnceLock<Vec<Piece>>,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Expr(Box<Expr>, String),
}

impl Template {
    /// Reads a template. `{name...}` is an expression where it looks like one: a name, then `.`, `[`, `(` or `}`, and no
    /// `$` before; all other braces are text, so that code can be pasted. `{{x}}` is the text `{x}`.
    pub(super) fn parse(text: &str, scope: &Scope, faults: &mut Vec<Fault>) -> Template {
        let pieces = pieces(text, faults, |expr, found| {
            let ty = check(expr, scope, found);
            if matches!(ty, Ty::Params | Ty::Map(_)) {
                found.push(Fault::new(expr.place, format!("{} has no text", ty.name())).help("name a member of it"));
            }
        });
        Template { written: Cow::Owned(text.to_owned()), pieces: OnceLock::from(pieces) }
    }

    /// A text that comes with the program: a test checks each.
    pub(super) fn known(text: &'static str) -> Template {
        Template { written: Cow::Borrowed(text), pieces: OnceLock::new() }
    }

    /// The text in one world. What is not known there, or hangs on inputs that nothing else asked about, is named by its
    /// path.
    pub(super) fn render(&self, eval: &mut Eval<'_, '_>, world: &mut World<'_>) -> String {
        let mut text = String::new();
        let unchecked = || pieces(&self.written, &mut Vec::new(), |_, _| ());
        for piece in self.pieces.get_or_init(unchecked) {
            match piece {
                Piece::Text(literal) => text.push_str(literal),
                Piece::Expr(expr, written) => {
                    let decided = world.decisions();
                    let shown = eval.value(expr, world).shown().filter(|_| world.decisions() == decided);
                    text.push_str(&shown.unwrap_or_else(|| format!("({written})")));
                }
            }
        }
        text
    }

    /// The text as it is written.
    #[cfg(test)]
    pub(super) fn written(&self) -> &str {
        &self.written
    }
}

/// The pieces of a text; `check` looks at each expression.
fn pieces(text: &str, faults: &mut Vec<Fault>, check: impl Fn(&Expr, &mut Vec<Fault>)) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if let Some(inner) = rest.strip_prefix("{{").and_then(|inner| inner.split_once("}}")).map(|(inner, _)| inner)
            && looks_like_expression(&format!("{inner}}}"))
        {
            literal.push_str(&format!("{{{inner}}}"));
            at += inner.len() + 4;
            continue;
        }
        let inner = rest.strip_prefix('{').filter(|inner| looks_like_expression(inner) && !text[..at].ends_with('$'));
        let Some(length) = inner.and_then(|inner| inner.find('}')) else {
            literal.push(c);
            at += c.len_utf8();
            continue;
        };
        let inner = &rest[1..=length];
        pieces.push(Piece::Text(std::mem::take(&mut literal)));
        let start = at + 1;
        match parse(inner) {
            Ok(expr) => {
                let mut found = Vec::new();
                check(&expr, &mut found);
                faults.extend(found.into_iter().map(|fault| shifted(fault, start)));
                pieces.push(Piece::Expr(Box::new(expr), inner.to_owned()));
            }
            Err(fault) => faults.push(shifted(fault, start)),
        }
        at += length + 2;
    }
    pieces.push(Piece::Text(literal));
    pieces
}

fn looks_like_expression(inner: &str) -> bool {
    let name = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(0);
    name > 0
        && inner.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && inner[name..].starts_with(['.', '[', '(', '}'])
}

fn shifted(fault: Fault, by: usize) -> Fault {
    Fault { place: Place::new(fault.place.start + by, fault.place.end + by), ..fault }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn braces_of_code_are_text() {
        let mut scope = Scope::default();
        scope.names.insert("name".into(), Ty::String);
        let table = [
            ("{name} is {{name}}", "{name} is {name}", 2),
            ("${name} { name } {Ref: x} {\"a\"} {}", "${name} { name } {Ref: x} {\"a\"} {}", 0),
            ("a {name.size()} b", "a {name.size()} b", 1),
        ];
        for (text, written, expressions) in table {
            let mut faults = Vec::new();
            let template = Template::parse(text, &scope, &mut faults);
            assert_eq!(faults, [], "{text}");
            let pieces = template.pieces.get().unwrap();
            let piece = |piece: &Piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Expr(_, written) => format!("{{{written}}}"),
            };
            assert_eq!(pieces.iter().map(piece).collect::<String>(), written);
            let found = pieces.iter().filter(|piece| matches!(piece, Piece::Expr(..))).count();
            assert_eq!(found, expressions.min(1), "{text}");
        }
    }

    #[test]
    fn a_mistyped_name_is_told_at_its_place() {
        let mut scope = Scope::default();
        scope.names.insert("name".into(), Ty::String);
        let mut faults = Vec::new();
        Template::parse("é {nmae}", &scope, &mut faults);
        assert_eq!((faults[0].place, faults[0].help.as_deref()), (Place::new(4, 8), Some("did you mean `name`?")));
    }
}

//! Whether a statement speaks of an action, and of the key that its policy is for.

use super::document::{Element, Scope, Statement};
use super::facts::{Facts, why};
use super::pattern::{Match, Text, glob};
use crate::value::{Part, Truth};

/// Whether a statement's actions take in `action`.
pub(super) fn acts(statement: &Statement, action: &str, facts: &Facts) -> Truth {
    let (list, except) = match &statement.actions {
        Scope::Missing => return Truth::False,
        Scope::Only(list) => (list, false),
        Scope::Except(list) => (list, true),
    };
    let one = |element: &Element| {
        // Nearly every action is written out; nothing need be built to match it.
        let found = match element.parts.as_slice() {
            [Part::Literal(pattern)] if !pattern.contains("${") => Match::from(glob(pattern, action)),
            _ => element.pattern(facts).matches(&Text::known(action), true),
        };
        match found {
            Match::Yes => Truth::True,
            Match::No => Truth::False,
            Match::Maybe => Truth::Unknown(why(&element.parts, "the action")),
        }
    };
    let any = list.iter().map(one).fold(Truth::False, Truth::or);
    if except { any.not() } else { any }
}

/// Whether a statement's resources take in the key that the policy is for.
pub(super) fn covers_key(statement: &Statement, facts: &Facts) -> Truth {
    let (list, except) = match &statement.resources {
        Scope::Missing => return Truth::False,
        Scope::Only(list) => (list, false),
        Scope::Except(list) => (list, true),
    };
    let one = |element: &Element| match element.parts.as_slice() {
        [Part::Symbol(symbol)] if facts.is_other_key(symbol) => Truth::False,
        parts => match element.pattern(facts).matches(&facts.own_arn(), false) {
            Match::Yes => Truth::True,
            Match::No => Truth::False,
            Match::Maybe => Truth::Unknown(why(parts, "the resource")),
        },
    };
    let any = list.iter().map(one).fold(Truth::False, Truth::or);
    if except { any.not() } else { any }
}

//! Whether a statement's principals take in the one who makes a request.

use super::context::Actor;
use super::document::{Element, Principal, Principals, Statement};
use super::facts::{Facts, why};
use super::pattern::{Match, Text};
use super::principal::{account_root, is_everyone, is_malformed, is_unique_id};
use super::role::{Named, Role};
use crate::value::{Part, Truth, Unknown, UnknownKind};

/// Whether a statement's principals take in an actor.
pub(super) fn reaches(statement: &Statement, actor: Actor<'_>, facts: &Facts) -> Truth {
    match &statement.principals {
        // KMS refuses a key policy statement without a principal; identity policies have none.
        Principals::Missing => Truth::False,
        Principals::Only(list) => {
            list.iter().map(|principal| is_actor(principal, actor, facts)).fold(Truth::False, Truth::or)
        }
        Principals::Except(list) => excepts(list, actor, facts).not(),
    }
}

/// Whether a `NotPrincipal` list leaves an actor out. The account's root in it is root alone, not the account's roles.
fn excepts(list: &[Principal], actor: Actor<'_>, facts: &Facts) -> Truth {
    let one = |principal: &Principal| match account_root(&principal.element) {
        Some(_) => Truth::False,
        None => is_actor(principal, actor, facts),
    };
    list.iter().map(one).fold(Truth::False, Truth::or)
}

/// Whether a `Deny` takes in an actor. A role or user that is named in another way than the actor is another one.
pub(super) fn denies(statement: &Statement, actor: Actor<'_>, facts: &Facts) -> Truth {
    let strict = |principal: &Principal| match (is_actor(principal, actor, facts), names_somebody(principal)) {
        (Truth::Unknown(_), true) => Truth::False,
        (truth, _) => truth,
    };
    match &statement.principals {
        Principals::Missing => Truth::False,
        Principals::Only(list) => list.iter().map(strict).fold(Truth::False, Truth::or),
        Principals::Except(list) => excepts(list, actor, facts).not(),
    }
}

/// Whether a statement names this very role among its principals.
pub(super) fn singles_out(statement: &Statement, role: &Role, facts: &Facts) -> bool {
    let Principals::Only(list) = &statement.principals else { return false };
    let is_it = |it: &Principal| {
        it.kind.eq_ignore_ascii_case("aws")
            && !is_everyone(it)
            && account_root(&it.element).is_none()
            && role.is_named_by(&it.element, facts) == Named::Yes
    };
    list.iter().any(is_it)
}

/// Whether a principal names one role or user, known or by reference.
fn names_somebody(principal: &Principal) -> bool {
    match super::principal::resource_of(&principal.element) {
        Some(resource) => !resource.starts_with("root") && !resource.contains('*'),
        None => matches!(principal.element.parts.as_slice(), [Part::Symbol(symbol)] if symbol.unknown().is_none()),
    }
}

fn is_actor(principal: &Principal, actor: Actor<'_>, facts: &Facts) -> Truth {
    let element = &principal.element;
    let kind = principal.kind.to_ascii_lowercase();
    if is_everyone(principal) {
        return Truth::True;
    }
    match (kind.as_str(), actor) {
        ("aws", Actor::Role(role)) => is_role(element, role, facts),
        ("service", Actor::Service) => {
            let service = Text::literal(&element.parts, facts);
            match service.matches(&Text::known("backup.amazonaws.com"), true) {
                Match::Yes => Truth::True,
                Match::No => Truth::False,
                Match::Maybe => Truth::Unknown(why(&element.parts, "the principal")),
            }
        }
        ("aws" | "service" | "federated" | "canonicaluser", _) => Truth::False,
        _ => Truth::Unknown(why(&element.parts, "the principal")),
    }
}

/// Whether an `AWS` principal lets a role in: by its name, or through its account.
fn is_role(element: &Element, role: &Role, facts: &Facts) -> Truth {
    if let Some(account) = account_root(element) {
        return match Text::literal(&account, facts).matches(&Text::account(facts), false) {
            Match::Yes => Truth::True,
            Match::No => Truth::False,
            Match::Maybe => {
                let why = format!("it is not told whether {} is the account that this is deployed to", element.shown());
                Truth::Unknown(Unknown::new(UnknownKind::Input, why))
            }
        };
    }
    if is_malformed(element) || element.known().is_some_and(is_unique_id) {
        return Truth::False;
    }
    match role.is_named_by(element, facts) {
        Named::Yes => Truth::True,
        Named::No => Truth::False,
        Named::Maybe if super::principal::resource_of(element).is_some() => Truth::Unknown(not_told(&element.shown())),
        Named::Maybe => Truth::Unknown(why(&element.parts, "the principal")),
    }
}

/// The reason where the code does not say whether a role is AWS Backup's.
pub(super) fn not_told(shown: &str) -> Unknown {
    Unknown::new(UnknownKind::Provider, format!("it is not told whether AWS Backup acts with {shown}"))
}

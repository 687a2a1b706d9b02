//! Guard rails of an organisation: service control policies (SCP) and resource control policies (RCP).

use super::document::{Condition, Effect, Element, Policy, Principal, Principals, Scope, Statement};
use super::facts::Facts;
use super::operator::Operator;
use super::principal;
use super::scope::acts;
use crate::value::{Origin, Part, Unknown};

/// The three ways to make a key useless.
pub const GUARDED: [&str; 3] = ["kms:PutKeyPolicy", "kms:DisableKey", "kms:ScheduleKeyDeletion"];

/// How a policy guards keys.
#[derive(Clone, Debug)]
pub enum Guard {
    /// It names none of the three actions in a Deny.
    None,
    /// It names some, but does not deny them all without MFA on every key; what is open, and the statement's place.
    Incomplete(String, Origin),
    /// It does.
    Complete,
}

/// Whether a service control policy denies the three actions without MFA on every key.
///
/// # Errors
/// Why it can't be told.
pub fn kms_guard(policy: &Policy) -> Result<Guard, Unknown> {
    policy.certain()?;
    let facts = Facts::default();
    let names = |statement: &Statement| {
        let Scope::Only(list) = &statement.actions else { return false };
        let speaks_of_kms = |parts: &[Part]| matches!(parts.first(), Some(Part::Literal(text)) if text.to_ascii_lowercase().starts_with("kms:"));
        list.iter().any(|it| speaks_of_kms(&it.parts))
            && GUARDED.iter().any(|action| acts(statement, action, &facts).is_true())
    };
    let tries: Vec<&Statement> = policy.statements.iter().filter(|it| it.effect == Effect::Deny && names(it)).collect();
    let Some(first) = tries.first() else { return Ok(Guard::None) };
    if let Some(why) = tries.iter().find_map(|it| it.unknown.clone()) {
        return Err(why);
    }
    let open: Vec<&str> = GUARDED
        .into_iter()
        .filter(|action| {
            !tries
                .iter()
                .any(|it| acts(it, action, &facts).is_true() && every_key(it) && it.conditions.iter().all(guards))
        })
        .collect();
    if open.is_empty() {
        return Ok(Guard::Complete);
    }
    match tries.iter().find_map(|it| open_resource(it)) {
        Some(why) => Err(why),
        None => Ok(Guard::Incomplete(open.join(", "), first.origin.clone())),
    }
}

/// Why it can't be told whether a statement's resources are every key: one of them is open as a whole.
fn open_resource(statement: &Statement) -> Option<Unknown> {
    let Scope::Only(list) = &statement.resources else { return None };
    list.iter().find_map(|it| match it.parts.as_slice() {
        [Part::Symbol(symbol)] => symbol.unknown(),
        [Part::Unknown(why)] => Some(why.clone()),
        _ => None,
    })
}

/// Whether a statement's resources are every key.
fn every_key(statement: &Statement) -> bool {
    let Scope::Only(list) = &statement.resources else { return false };
    list.iter().any(|it| {
        let text = it.shown();
        text == "*"
            || (text.starts_with("arn:") && text.ends_with(":kms:*:*:*"))
            || (text.starts_with("arn:") && text.ends_with(":kms:*:*:key/*"))
    })
}

/// Conditions that leave a guard a guard: no MFA (also where the key is missing), and named exceptions.
fn guards(condition: &Condition) -> bool {
    let operator = Operator::of(&condition.operator);
    let mfa = condition.is_about("aws:MultiFactorAuthPresent") && operator.base == "bool" && operator.if_exists;
    let age =
        condition.is_about("aws:MultiFactorAuthAge") && operator.base.starts_with("numeric") && operator.if_exists;
    let principal = ["aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalOrgID"];
    let exception = operator.is_negated()
        && (principal.iter().any(|key| condition.is_about(key))
            || condition.key.to_ascii_lowercase().starts_with("aws:principaltag/"));
    mfa || age || exception
}

/// What is wrong with the shape of a resource control policy.
#[derive(Clone, Debug)]
pub enum Shape {
    /// Nothing.
    Fits,
    /// It allows.
    Allows(Origin),
    /// `NotAction`, or an action `*` that names no service.
    Action(Origin),
    /// A principal other than `*`.
    Principal(Origin),
    /// A perimeter around the organisation without an exception for AWS services.
    NoServiceGuard(Origin),
}

/// Whether a resource control policy has the shape that AWS demands (AWS Organizations User Guide, "RCP syntax").
///
/// # Errors
/// Why it can't be told.
pub fn rcp_shape(policy: &Policy) -> Result<Shape, Unknown> {
    policy.certain()?;
    for statement in &policy.statements {
        match &statement.effect {
            Effect::Allow => return Ok(Shape::Allows(statement.origin.clone())),
            Effect::Unknown(why) => return Err(why.clone()),
            Effect::Deny => {}
        }
        if let Some(why) = &statement.unknown {
            return Err(why.clone());
        }
        let names_no_service = |list: &[Element]| {
            list.iter().any(|it| matches!(it.parts.as_slice(), [Part::Literal(text)] if &**text == "*"))
        };
        match &statement.actions {
            Scope::Except(_) => return Ok(Shape::Action(statement.origin.clone())),
            Scope::Only(list) if names_no_service(list) => return Ok(Shape::Action(statement.origin.clone())),
            _ => {}
        }
        let open = |list: &[Principal]| {
            let whole =
                list.iter().find(|it| matches!(it.element.parts.as_slice(), [Part::Symbol(_) | Part::Unknown(_)]));
            whole.map(|it| super::facts::why(&it.element.parts, "the principal"))
        };
        if let Principals::Only(list) = &statement.principals
            && let Some(why) = open(list)
        {
            return Err(why);
        }
        let everyone = match &statement.principals {
            Principals::Only(list) => !list.is_empty() && list.iter().all(principal::is_everyone),
            _ => false,
        };
        if !everyone {
            return Ok(Shape::Principal(statement.origin.clone()));
        }
        let org = |it: &&Condition| it.is_about("aws:PrincipalOrgID") && Operator::of(&it.operator).is_negated();
        // A service has no organisation: a condition that it has one leaves services out as well.
        let service = |it: &Condition| {
            it.is_about("aws:PrincipalIsAWSService")
                || (it.is_about("aws:PrincipalOrgID")
                    && Operator::of(&it.operator).base == "null"
                    && it.values.iter().all(|value| value.known() == Some("false")))
        };
        if let Some(perimeter) = statement.conditions.iter().find(org)
            && !statement.conditions.iter().any(service)
        {
            return Ok(Shape::NoServiceGuard(perimeter.origin.clone()));
        }
    }
    Ok(Shape::Fits)
}

/// Whether an identity policy lets its holder administer keys: one of the three actions on some resource.
///
/// # Errors
/// Why it can't be told.
pub fn administers_kms(policy: &Policy) -> Result<Option<Origin>, Unknown> {
    let facts = Facts::default();
    let administers = policy
        .statements
        .iter()
        .find(|it| it.effect == Effect::Allow && GUARDED.iter().any(|action| acts(it, action, &facts).is_true()));
    match administers {
        Some(statement) => Ok(Some(statement.origin.clone())),
        None => policy.certain().map(|()| None),
    }
}

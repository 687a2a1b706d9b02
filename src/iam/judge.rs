//! What else there is to say of a policy's statements: without effect, locked out, two hats.

use super::actions;
use super::context::{self, Actor};
use super::document::{Condition, Effect, Element, Policy, Principal, Principals, Scope, Statement};
use super::facts::Facts;
use super::operator::{Operator, Set};
use super::own::inferred;
use super::pattern::{Match, Text, glob};
use super::principal;
use super::scope::{acts, covers_key};
use crate::value::{Origin, Part, Symbol, Truth, Unknown};

/// Why a statement has no effect.
#[derive(Clone, Debug)]
pub enum Ineffective {
    /// Neither Resource nor NotResource.
    NoResource,
    /// Neither Action nor NotAction.
    NoAction,
    /// Its Resource is another key.
    OtherKey(Origin),
    /// A condition key that exists for none of its actions.
    ImpossibleCondition(String, Origin),
    /// A condition key that does not exist for some of its actions.
    PartlyImpossible {
        /// These actions, as written.
        actions: Vec<String>,
        /// The condition key.
        key: String,
        /// The condition's place.
        origin: Origin,
    },
}

/// Why a statement of a key policy has no effect, although KMS accepts it; `None` where it has, or may have.
pub fn ineffective(statement: &Statement, facts: &Facts) -> Option<Ineffective> {
    if statement.unknown.is_some() {
        return None;
    }
    if matches!(statement.resources, Scope::Missing) {
        return Some(Ineffective::NoResource);
    }
    if matches!(statement.actions, Scope::Missing) {
        return Some(Ineffective::NoAction);
    }
    if let Scope::Only(list) = &statement.resources
        && let Some(first) = list.first()
        && list.iter().all(|it| matches!(it.parts.as_slice(), [Part::Symbol(symbol)] if facts.is_other_key(symbol)))
    {
        return Some(Ineffective::OtherKey(first.origin.clone()));
    }
    let positive = statement.conditions.iter().filter(|it| Operator::of(&it.operator).is_positive());
    let dead = positive.map(|condition| (condition, dead_actions(statement, condition, facts)));
    let (condition, actions) = dead.max_by_key(|(_, dead)| dead.len()).filter(|(_, dead)| !dead.is_empty())?;
    let origin = condition.origin.clone();
    let all = match &statement.actions {
        Scope::Only(list) => actions.len() == list.len(),
        _ => true,
    };
    Some(match all {
        true => Ineffective::ImpossibleCondition(condition.shown(), origin),
        false => Ineffective::PartlyImpossible { actions, key: condition.key.clone(), origin },
    })
}

/// The actions of a statement, as written, in whose requests a condition's key never is; the exception as a whole where
/// it is written by what it is not.
fn dead_actions(statement: &Statement, condition: &Condition, facts: &Facts) -> Vec<String> {
    let lacks = |action: &&str| actions::key_exists(&condition.key, action) == Some(false);
    let is_dead = |takes: &dyn Fn(&str) -> bool| {
        let taken: Vec<&str> = actions::KMS.iter().copied().filter(|it| actions::is_of_key(it) && takes(it)).collect();
        !taken.is_empty() && taken.iter().all(lacks)
    };
    match &statement.actions {
        Scope::Missing => Vec::new(),
        Scope::Only(list) => {
            let one = |element: &&Element| {
                let pattern = element.pattern(facts);
                let takes = |action: &str| pattern.matches(&Text::known(&format!("kms:{action}")), true) != Match::No;
                is_dead(&takes)
            };
            list.iter().filter(one).map(Element::shown).collect()
        }
        Scope::Except(_) => {
            let takes = |action: &str| !acts(statement, &format!("kms:{action}"), facts).is_false();
            if is_dead(&takes) { vec!["*".to_owned()] } else { Vec::new() }
        }
    }
}

/// Whether an action, as written, may use the key or let another use it.
pub fn is_use(written: &str) -> bool {
    let used = |action: &&&str| glob(written, &format!("kms:{action}"));
    actions::KMS.iter().filter(used).any(|action| actions::is_use(action))
}

/// Who may still change a key's policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lockout {
    /// Somebody.
    None,
    /// Nobody.
    Nobody,
    /// Only an AWS service on somebody's behalf.
    ViaServiceOnly,
}

/// Who may still call PutKeyPolicy. A person calls KMS directly: under conditions that hold only for calls that an AWS
/// service makes on somebody's behalf, nobody can.
///
/// # Errors
/// Why it can't be told.
pub fn lockout(policy: &Policy, facts: &Facts) -> Result<Lockout, Unknown> {
    policy.certain()?;
    let facts = &inferred(policy, facts);
    let mut via_service = false;
    let mut doubt = None;
    for statement in &policy.statements {
        let allows = statement.has_effect(&Effect::Allow).and(human(statement)).and(acts(statement, PUT_POLICY, facts));
        let allows = allows.and(covers_key(statement, facts));
        match allows {
            Truth::False => continue,
            Truth::Unknown(why) => {
                doubt = Some(why);
                continue;
            }
            Truth::True => {}
        }
        if let Some(why) = &statement.unknown {
            doubt = Some(why.clone());
            continue;
        }
        let never = |it: &&Condition| context::holds(it, Actor::Direct, PUT_POLICY, facts).is_false();
        match statement.conditions.iter().filter(never).map(is_about_service).reduce(|all, one| all && one) {
            None => return Ok(denied_to_all(policy, facts)),
            Some(only_service) => via_service |= only_service,
        }
    }
    match (doubt, via_service) {
        (Some(why), _) => Err(why),
        (None, true) => Ok(Lockout::ViaServiceOnly),
        (None, false) => Ok(Lockout::Nobody),
    }
}

const PUT_POLICY: &str = "kms:PutKeyPolicy";

/// Somebody is allowed; whether a Deny takes it from everyone who calls directly.
fn denied_to_all(policy: &Policy, facts: &Facts) -> Lockout {
    let denies = |statement: &&Statement| {
        let everyone = match &statement.principals {
            Principals::Only(list) => list.iter().any(principal::is_everyone),
            Principals::Except(_) | Principals::Missing => false,
        };
        statement.effect == Effect::Deny
            && everyone
            && statement.unknown.is_none()
            && acts(statement, PUT_POLICY, facts).is_true()
            && covers_key(statement, facts).is_true()
            && context::all_hold(&statement.conditions, Actor::Direct, PUT_POLICY, facts).is_true()
    };
    let of = |deny: &Statement| match deny.conditions.iter().any(is_about_service) {
        true => Lockout::ViaServiceOnly,
        false => Lockout::Nobody,
    };
    let found: Vec<Lockout> = policy.statements.iter().filter(denies).map(of).collect();
    if found.contains(&Lockout::Nobody) { Lockout::Nobody } else { found.first().copied().unwrap_or(Lockout::None) }
}

/// Whether a condition is about the service that makes a call on somebody's behalf.
fn is_about_service(condition: &Condition) -> bool {
    let keys = ["kms:ViaService", "aws:ViaAWSService", "aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"];
    keys.iter().any(|key| condition.is_about(key))
}

/// Whether a statement reaches a principal that a person can be; services can't put a key policy.
fn human(statement: &Statement) -> Truth {
    match &statement.principals {
        Principals::Missing => Truth::False,
        Principals::Except(_) => Truth::True,
        Principals::Only(list) => list.iter().any(|it| !it.kind.eq_ignore_ascii_case("service")).into(),
    }
}

/// Whether a statement lets AWS Backup's service principal in on behalf of any account.
pub fn confused_deputy(statement: &Statement, facts: &Facts) -> Option<Origin> {
    let Principals::Only(list) = &statement.principals else { return None };
    if statement.effect != Effect::Allow {
        return None;
    }
    let backup = list.iter().find(|it| {
        it.kind.eq_ignore_ascii_case("service")
            && Text::literal(&it.element.parts, facts).as_known().as_deref() == Some("backup.amazonaws.com")
    })?;
    let sources = ["aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths"];
    let bound = statement.conditions.iter().any(|it| sources.iter().any(|key| it.is_about(key)));
    (!bound && statement.unknown.is_none()).then(|| backup.element.origin.clone())
}

/// The place of a Deny's plain `Bool aws:MultiFactorAuthPresent = false`.
pub fn mfa_bypass(statement: &Statement) -> Option<Origin> {
    if statement.effect != Effect::Deny {
        return None;
    }
    let is_trap = |condition: &&Condition| {
        let operator = Operator::of(&condition.operator);
        let denies_false =
            condition.values.iter().any(|it| it.known().is_some_and(|it| it.eq_ignore_ascii_case("false")));
        condition.is_about("aws:MultiFactorAuthPresent")
            && operator.base == "bool"
            && !operator.if_exists
            && operator.set != Some(Set::All)
            && denies_false
    };
    statement.conditions.iter().find(is_trap).map(|condition| condition.origin.clone())
}

/// The actions of a statement that have a wildcard.
pub fn wildcard_actions(statement: &Statement) -> Vec<&Element> {
    let (Scope::Only(list) | Scope::Except(list)) = &statement.actions else { return Vec::new() };
    let wild = |element: &&Element| {
        element.parts.iter().any(|part| matches!(part, Part::Literal(text) if text.contains(['*', '?'])))
    };
    list.iter().filter(wild).collect()
}

/// The principals of a statement, whether it takes them in or excepts them.
pub fn principals(statement: &Statement) -> &[Principal] {
    match &statement.principals {
        Principals::Missing => &[],
        Principals::Only(list) | Principals::Except(list) => list,
    }
}

/// Named principals, apart from the account, that both administer the key and use it, or use it and schedule its
/// deletion; each once, with the statement that gives it the second half.
///
/// # Errors
/// Why it can't be told, where there is none for sure.
pub fn two_hats(policy: &Policy, facts: &Facts) -> Result<Vec<(String, Origin)>, Unknown> {
    let named = |principal: &Principal| {
        principal.kind.eq_ignore_ascii_case("aws")
            && !principal::is_everyone(principal)
            && principal::validity(principal) == principal::Validity::Valid
            && principal::account_root(&principal.element).is_none()
            && match principal.element.parts.as_slice() {
                // A reference to anything but an ARN may well be an account.
                [Part::Symbol(Symbol::Attribute { attribute, .. })] => attribute.eq_ignore_ascii_case("arn"),
                [Part::Symbol(_)] => false,
                parts => parts.iter().all(|part| !matches!(part, Part::Unknown(_))),
            }
    };
    // (principal, administers, uses)
    let mut seen: Vec<(String, bool, bool)> = Vec::new();
    let mut found = Vec::new();
    let mut doubt = policy.certain().err();
    for statement in policy.statements.iter().filter(|it| it.effect == Effect::Allow) {
        let somebody = principals(statement).iter().any(named);
        let mut may = |actions: &[&str]| {
            let truth = actions.iter().map(|action| acts(statement, action, facts)).fold(Truth::False, Truth::or);
            match &truth {
                Truth::Unknown(why) if somebody => doubt = doubt.take().or_else(|| Some(why.clone())),
                _ => {}
            }
            truth.is_true()
        };
        let administers = may(&["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"]);
        let uses = may(&["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]);
        for principal in principals(statement).iter().filter(|it| named(it)) {
            let shown = principal.element.shown();
            let at = seen.iter().position(|(name, ..)| *name == shown).unwrap_or_else(|| {
                seen.push((shown.clone(), false, false));
                seen.len() - 1
            });
            let (_, before_admin, before_use) = &mut seen[at];
            let both_before = *before_admin && *before_use;
            *before_admin |= administers;
            *before_use |= uses;
            if *before_admin && *before_use && !both_before {
                found.push((shown, principal.element.origin.clone()));
            }
        }
    }
    match doubt {
        Some(why) if found.is_empty() => Err(why),
        _ => Ok(found),
    }
}

/// The regions that a statement's `kms:ViaService` pins AWS Backup to; empty where it pins none.
pub fn pinned_regions(statement: &Statement) -> Vec<(String, Origin)> {
    let region = |element: &Element| {
        let text = element.shown();
        let region = text.strip_prefix("backup.")?.split(".amazonaws").next()?.to_owned();
        let open = region.contains(['*', '?']) || element.parts.iter().any(|part| matches!(part, Part::Unknown(_)));
        (!open).then(|| (region, element.origin.clone()))
    };
    let via: Vec<&Condition> = statement
        .conditions
        .iter()
        .filter(|it| it.is_about("kms:ViaService") && Operator::of(&it.operator).is_positive())
        .collect();
    let regions: Option<Vec<_>> = via.iter().flat_map(|it| it.values.iter()).map(region).collect();
    if statement.effect == Effect::Allow { regions.unwrap_or_default() } else { Vec::new() }
}

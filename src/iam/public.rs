//! Whether a statement lets everybody in, and what the Denies beside it leave of that.
//!
//! A stranger is a principal of an account that the policy does not mean. He has an account of his own and does in it as
//! he likes: he makes roles of any name, tags them, uses MFA and TLS, and calls through the services of AWS. So a condition
//! on any of these keeps no stranger out. What does is a condition on who he is: his account, his organisation.

use super::actions;
use super::allows::{Asked, covers};
use super::document::{Condition, Effect, Element, Policy, Principals, Scope, Statement};
use super::facts::{Facts, why};
use super::names;
use super::operator::{Network, Operator, network};
use super::pattern::{Match, Text, glob};
use super::principal;
use super::scope::{acts, covers_key};
use crate::value::{InputKind, Origin, Part, Symbol, Truth, Unknown, UnknownKind};

/// How open a statement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Openness {
    /// Not to everybody.
    No,
    /// To everybody, through an AWS service.
    ViaServiceOnly,
    /// To everybody.
    Yes,
}

/// Condition keys that say who makes a request, or for whom or from which network it is made, in small letters.
const NARROWING: &[&str] = &[
    "kms:calleraccount",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:userid",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
];

/// Condition keys that say through which service of AWS a request comes, in small letters.
const VIA: &[&str] = &["kms:viaservice", "aws:calledvia", "aws:calledviafirst", "aws:calledvialast"];

/// Whether a document allows everybody, with no condition that narrows it to somebody and no Deny that takes it back;
/// with the deciding text.
pub fn is_public(policy: &Policy, facts: &Facts) -> (Truth, Origin) {
    let mut doubt = policy.unknown.clone().map(|why| (why, policy.origin.clone()));
    let denies: Vec<Statement> = policy.statements.iter().filter(|it| it.effect != Effect::Allow).cloned().collect();
    for statement in &policy.statements {
        let left = openness(statement, facts)
            .and_then(|(open, origin)| Ok((left_open(open, statement, &denies, facts)?, origin)));
        match left {
            // A statement that is not known may be a Deny.
            Ok((Openness::Yes, origin)) if policy.unknown.is_none() => return (Truth::True, origin),
            // An open input may be `*`.
            Ok((Openness::No, _)) if statement.effect == Effect::Allow && statement.conditions.is_empty() => {
                if let Truth::Unknown(why) = Asked::Everyone.is_in(statement, false) {
                    doubt = doubt.or_else(|| Some((why, statement.origin.clone())));
                }
            }
            Ok(_) => {}
            Err(why) => doubt = doubt.or_else(|| Some((why, statement.origin.clone()))),
        }
    }
    match doubt {
        Some((why, origin)) => (Truth::Unknown(why), origin),
        None => (Truth::False, policy.origin.clone()),
    }
}

/// Whether all resources of a statement are other ones than that which the policy is for: they are vaults, and not this
/// one. What an input stands for may be another one.
fn is_elsewhere(statement: &Statement, facts: &Facts) -> Truth {
    let (Some(own), Scope::Only(list)) = (&facts.own_vault, &statement.resources) else { return Truth::False };
    let other = |element: &Element| match element.parts.as_slice() {
        [Part::Unknown(_)] => Truth::Unknown(why(&element.parts, "the resource")),
        [Part::Symbol(Symbol::Input { kind, .. })] if !matches!(kind, InputKind::Pseudo(_)) => {
            Truth::Unknown(why(&element.parts, "the resource"))
        }
        parts => {
            let text = Text::literal(parts, facts);
            let vault = Text::shape("arn:*:backup:*:*:backup-vault:*");
            let other =
                vault.matches(&text, false) == Match::Yes && element.pattern(facts).matches(own, false) == Match::No;
            other.into()
        }
    };
    list.iter().map(other).fold(Truth::True, Truth::and)
}

/// Whether a statement by itself allows everybody: see [`left_open`] for the Denies beside it. The origin is the
/// principal's.
///
/// # Errors
/// Why it can't be told.
pub fn openness(statement: &Statement, facts: &Facts) -> Result<(Openness, Origin), Unknown> {
    let everyone = match &statement.principals {
        Principals::Missing => None,
        Principals::Only(list) => list.iter().find(|it| principal::is_everyone(it)).map(|it| it.element.origin.clone()),
        // Everyone but some is nearly everyone.
        Principals::Except(_) => Some(statement.origin.clone()),
    };
    let origin = everyone.clone().unwrap_or_else(|| statement.origin.clone());
    match &statement.effect {
        Effect::Deny => return Ok((Openness::No, origin)),
        Effect::Unknown(why) if everyone.is_some() => return Err(why.clone()),
        _ => {}
    }
    if let Some(why) = &statement.unknown
        && (everyone.is_some() || matches!(&statement.principals, Principals::Only(list) if list.is_empty()))
    {
        return Err(why.clone());
    }
    let shut = statement.conditions.iter().any(|it| narrows(it) || names::is_misspelt(it));
    if everyone.is_none() || shut || never_applies(statement) {
        return Ok((Openness::No, origin));
    }
    match is_elsewhere(statement, facts) {
        Truth::True => return Ok((Openness::No, origin)),
        Truth::False => {}
        Truth::Unknown(why) => return Err(why),
    }
    let is_via = |it: &Condition| VIA.contains(&&*it.key.to_ascii_lowercase());
    let via = statement.conditions.iter().any(|it| is_via(it) && Operator::of(&it.operator).is_positive());
    Ok((if via { Openness::ViaServiceOnly } else { Openness::Yes }, origin))
}

/// What the Denies of the same policy leave of the openness of a statement; statements that allow are none.
///
/// # Errors
/// Why it can't be told whether a Deny shuts strangers out.
pub fn left_open(
    open: Openness,
    statement: &Statement,
    denies: &[Statement],
    facts: &Facts,
) -> Result<Openness, Unknown> {
    let shut = |way| shut_out(statement, denies, way, facts);
    let through = |otherwise| match shut(Way::ThroughService) {
        Truth::True => Ok(Openness::No),
        Truth::False => Ok(otherwise),
        Truth::Unknown(why) => Err(why),
    };
    match open {
        Openness::No => Ok(Openness::No),
        Openness::ViaServiceOnly => through(Openness::ViaServiceOnly),
        Openness::Yes => match shut(Way::Direct) {
            Truth::True => through(Openness::ViaServiceOnly),
            Truth::False => Ok(Openness::Yes),
            Truth::Unknown(why) => Err(why),
        },
    }
}

/// How a stranger calls.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Himself.
    Direct,
    /// Through a service of AWS that calls on his behalf.
    ThroughService,
}

/// Whether the Denies take all that a statement gives away from every stranger who calls in a way.
fn shut_out(given: &Statement, denies: &[Statement], way: Way, facts: &Facts) -> Truth {
    let reaching = |deny| (deny, reaches(deny, given, way, facts));
    let denies: Vec<(&Statement, Truth)> =
        denies.iter().map(reaching).filter(|(_, reaches)| !reaches.is_false()).collect();
    let by_some = |wanted: &Wanted| {
        let one = |(deny, reaches): &(&Statement, Truth)| reaches.clone().and(denies_action(deny, wanted, facts));
        denies.iter().map(one).fold(Truth::False, Truth::or)
    };
    let of_kms = denies.iter().all(|(deny, _)| speaks_of_kms(deny));
    let wanted = wanted(given, of_kms, facts);
    if wanted.is_empty() || denies.is_empty() {
        return Truth::False;
    }
    wanted.iter().map(by_some).fold(Truth::True, Truth::and)
}

/// Whether a Deny speaks of every stranger and of all resources that a statement gives, whatever its actions.
fn reaches(deny: &Statement, given: &Statement, way: Way, facts: &Facts) -> Truth {
    let everyone = match &deny.principals {
        Principals::Missing => Truth::False,
        Principals::Only(_) => Asked::Everyone.is_in(deny, true),
        // Whom it excepts is named, and no stranger.
        Principals::Except(list) => (!list.iter().any(principal::is_everyone)).into(),
    };
    let resources = match &deny.resources {
        Scope::Missing => Truth::False,
        // The policy of a key speaks of this key alone.
        _ if !facts.own.is_empty() => covers_key(deny, facts),
        resources => covers(resources, &given.resources),
    };
    let known = deny.unknown.clone().map_or(Truth::True, Truth::Unknown);
    let conditions = deny.conditions.iter().map(|it| keeps_out(it, deny, way)).fold(Truth::True, Truth::and);
    deny.has_effect(&Effect::Deny).and(known).and(everyone).and(resources).and(conditions)
}

/// Whether a condition of a Deny holds for every stranger who calls in a way. It is false only where some stranger is
/// sure to get around it.
fn keeps_out(condition: &Condition, deny: &Statement, way: Way) -> Truth {
    let operator = Operator::of(&condition.operator);
    let key = condition.key.to_ascii_lowercase();
    let lone = |text: &str| matches!(condition.values.as_slice(), [one] if one.known().is_some_and(|it| it.eq_ignore_ascii_case(text)));
    let vague = || {
        let why = format!("it is not told whether {} shuts everybody else out: {}", deny.label(), condition.shown());
        Truth::Unknown(Unknown::new(UnknownKind::Provider, why))
    };
    match key.as_str() {
        key if NARROWING.contains(&key) => {
            // A stranger may have no such key at all: no organisation, no source.
            let open = condition.values.iter().any(|value| is_open(key, &operator, value));
            let negated = operator.is_negated() && operator.holds_without_key();
            match (negated, operator.is_positive()) {
                (true, _) => (!open).into(),
                // It denies those whom it names.
                (_, true) if !open => Truth::False,
                _ => vague(),
            }
        }
        key if VIA.contains(&key) && way == Way::Direct => match operator.base.as_str() {
            "null" if lone("true") => Truth::True,
            "null" if lone("false") => Truth::False,
            "null" => vague(),
            _ => operator.holds_without_key().into(),
        },
        "aws:principalisawsservice" | "aws:viaawsservice" | "aws:securetransport" if operator.base == "bool" => {
            let dodges = key == "aws:securetransport" || (key == "aws:viaawsservice" && way == Way::ThroughService);
            // Without IfExists a request that has no such key passes.
            match (lone("false"), dodges) {
                (true, true) => Truth::False,
                (true, false) if operator.if_exists => Truth::True,
                _ => vague(),
            }
        }
        // He gives the key another value, or none; or one of those that are excepted.
        key if is_chosen(key) || VIA.contains(&key) => match condition.values.as_slice() {
            [] => vague(),
            [_, _, ..] if matches!(operator.base.as_str(), "bool" | "null") => vague(),
            values if values.iter().any(|it| it.pattern(&Facts::default()).is_star()) => vague(),
            _ => Truth::False,
        },
        _ => vague(),
    }
}

/// Condition keys that hold what the caller chooses.
fn is_chosen(key: &str) -> bool {
    const NAMES: [&str; 6] = [
        "kms:encryptioncontextkeys",
        "aws:multifactorauthpresent",
        "aws:multifactorauthage",
        "aws:tagkeys",
        "aws:useragent",
        "aws:referer",
    ];
    const FAMILIES: [&str; 3] = ["aws:principaltag/", "aws:requesttag/", "kms:encryptioncontext:"];
    NAMES.contains(&key) || FAMILIES.iter().any(|family| key.starts_with(family))
}

/// An action that a Deny must take, or a family of them.
enum Wanted {
    /// One action.
    One(String),
    /// The actions of a known pattern.
    Family(String),
    /// What can't be told.
    Open,
}

/// What a statement gives. The actions of KMS are known; those of other services are told apart by their patterns.
fn wanted(given: &Statement, of_kms: bool, facts: &Facts) -> Vec<Wanted> {
    let of_pattern = |pattern: &str| {
        let lower = pattern.to_ascii_lowercase();
        let kms = lower.starts_with("kms:") || (lower == "*" && of_kms);
        let named = actions::KMS.iter().map(|action| format!("kms:{action}"));
        let all: Vec<Wanted> = named.filter(|it| kms && glob(pattern, it)).map(Wanted::One).collect();
        if all.is_empty() { vec![Wanted::Family(pattern.to_owned())] } else { all }
    };
    let of_element = |element: &Element| match element.known() {
        None => vec![Wanted::Open],
        Some(text) if text.contains(['*', '?']) => of_pattern(text),
        Some(text) => vec![Wanted::One(text.to_owned())],
    };
    match &given.actions {
        Scope::Missing => Vec::new(),
        Scope::Only(list) => list.iter().flat_map(of_element).collect(),
        Scope::Except(_) if of_kms => {
            let named = actions::KMS.iter().map(|action| format!("kms:{action}"));
            named.filter(|it| !acts(given, it, facts).is_false()).map(Wanted::One).collect()
        }
        Scope::Except(_) => vec![Wanted::Family("*".to_owned())],
    }
}

/// Whether all actions of a statement are those of KMS: then it stands in the policy of a key.
fn speaks_of_kms(statement: &Statement) -> bool {
    let (Scope::Only(list) | Scope::Except(list)) = &statement.actions else { return false };
    list.iter().all(|it| it.known().is_some_and(|text| text.to_ascii_lowercase().starts_with("kms:")))
}

/// Whether a Deny takes all of an action or a family.
fn denies_action(deny: &Statement, wanted: &Wanted, facts: &Facts) -> Truth {
    let partly = || {
        let why = format!("{} denies some of its actions", deny.label());
        Truth::Unknown(Unknown::new(UnknownKind::Provider, why))
    };
    let list = match (wanted, &deny.actions) {
        (Wanted::One(action), _) => return acts(deny, action, facts),
        (_, Scope::Missing) => return Truth::False,
        (_, Scope::Except(_)) => return partly(),
        (_, Scope::Only(list)) => list,
    };
    let one = |element: &Element| match (element.known(), wanted) {
        (Some("*"), _) => Truth::True,
        (Some(pattern), Wanted::Family(family)) => match contains(pattern, family) {
            true => Truth::True,
            // One action out of a family leaves the rest.
            false if !pattern.contains(['*', '?']) || !may_meet(pattern, family) => Truth::False,
            false => partly(),
        },
        _ => partly(),
    };
    list.iter().map(one).fold(Truth::False, Truth::or)
}

/// Whether whatever fits `family` fits `pattern`: a star of the family is a letter like others, which only a star takes.
fn contains(pattern: &str, family: &str) -> bool {
    !pattern.contains('?') && glob(pattern, family)
}

/// Whether something may fit both patterns, by what they begin with.
fn may_meet(a: &str, b: &str) -> bool {
    let head = |text: &str| text.split(['*', '?']).next().unwrap_or("").to_ascii_lowercase();
    let (a, b) = (head(a), head(b));
    a.starts_with(&b) || b.starts_with(&a)
}

/// Whether the requests that a statement is about never have the key of one of its positive conditions: a key of KMS in
/// a statement whose actions are all AWS Backup's.
fn never_applies(statement: &Statement) -> bool {
    let Scope::Only(actions) = &statement.actions else { return false };
    let service = |text: &str| text.split_once(':').map(|(service, _)| service.to_ascii_lowercase());
    let services: Option<Vec<String>> = actions.iter().map(|action| service(action.known()?)).collect();
    let Some(services) = services.filter(|services| services.iter().all(|service| !service.contains('*'))) else {
        return false;
    };
    let foreign = |key: &str| service(key).is_some_and(|of| of == "kms" && !services.contains(&of));
    let positive = |condition: &Condition| Operator::of(&condition.operator).is_positive();
    statement.conditions.iter().any(|condition| positive(condition) && foreign(&condition.key))
}

/// Whether a condition of an Allow keeps strangers out.
fn narrows(condition: &Condition) -> bool {
    let key = condition.key.to_ascii_lowercase();
    let operator = Operator::of(&condition.operator);
    // An empty list of values is met by no request at all.
    NARROWING.contains(&key.as_str())
        && operator.is_positive()
        && !condition.values.iter().any(|value| is_open(&key, &operator, value))
}

/// Shortest text before a wildcard that says whom a value means: `o-`, `vpce-` and `AROA` alone are every organisation,
/// endpoint and role.
const TELLING: usize = 6;

/// Whether a value of a condition is a pattern that strangers can fit: `*`, any account, a role of that name in any
/// account.
fn is_open(key: &str, operator: &Operator, value: &Element) -> bool {
    if operator.base.starts_with("stringequals") || operator.base.starts_with("stringnotequals") {
        // Exact operators take a star for a star.
        return false;
    }
    if key == "aws:sourceip" {
        return network(value).is_some_and(|network| network != Network::Fixed);
    }
    if value.pattern(&Facts::default()).is_star() {
        return true;
    }
    let before = before_wildcard(&value.parts);
    match key {
        "aws:principalarn" | "aws:sourcearn" | "aws:sourcevpcarn" => is_open_arn(value),
        "kms:calleraccount" | "aws:principalaccount" | "aws:sourceaccount" | "aws:vpceaccount" => before.is_some(),
        _ => before.is_some_and(|before| before < TELLING),
    }
}

/// How many letters stand before the first wildcard of a pattern, a part that is not known counted as enough; `None`
/// where it has no wildcard.
fn before_wildcard(parts: &[Part]) -> Option<usize> {
    let mut before = 0;
    for part in parts {
        match part {
            Part::Literal(text) => match text.find(['*', '?']) {
                Some(at) => return Some(before + at),
                None => before += text.len(),
            },
            Part::Symbol(_) | Part::Unknown(_) => before += TELLING,
        }
    }
    None
}

/// Whether the pattern of an ARN leaves the account open. The ARNs of S3's buckets have none: there the name must be told.
fn is_open_arn(value: &Element) -> bool {
    if before_wildcard(&value.parts).is_none() || !matches!(value.parts.first(), Some(Part::Literal(_))) {
        return false;
    }
    // With what is not known as one letter, which is no wildcard.
    let letter = |part: &Part| match part {
        Part::Literal(text) => text.to_string(),
        Part::Symbol(_) | Part::Unknown(_) => "x".to_owned(),
    };
    let text: String = value.parts.iter().map(letter).collect();
    let fields: Vec<&str> = text.splitn(6, ':').collect();
    match fields.as_slice() {
        [_, _, _, _, "", resource] => resource.starts_with(['*', '?']),
        [_, _, _, _, account, _] => account.contains(['*', '?']),
        _ => true,
    }
}

#[cfg(test)]
mod tests;

//! Whether a key's policy lets AWS Backup in, as objects of class `access`.

use std::sync::Arc;

use super::super::answer::{self, field, record, strings};
use super::super::copies::{self, Copy};
use super::super::evaluator::Instance;
use super::super::schema::{Answer, Object};
use super::super::stack::{Stack, memo_key};
use super::super::{settle, vaults};
use super::sources::{self, Written};
use super::{facts, remedy, statements};
use crate::iam::{self, Access, Facts, Naming, Policy, Purpose, Verdict};
use crate::value::{Kind, Origin, Part, Symbol, Truth, Unknown, UnknownKind, Value, World};

/// `key.backup_access`.
pub(in super::super) fn backup_access(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    vaults::with(object, |key| {
        let value = world.memo(memo_key("backup access", key), |world| {
            // Whoever may do everything may do what is needed: then it need not be known what the key is used for.
            let everything = facts::required(&[Purpose::AirGappedVault]);
            let whole = evaluate(stack, key, world, |policy, facts| iam::backup_access(policy, &everything, facts));
            if whole.0.verdict == Verdict::Granted {
                return whole;
            }
            let required = facts::required(&facts::purposes(stack, key, world));
            evaluate(stack, key, world, |policy, facts| iam::backup_access(policy, &required, facts))
        });
        let remedy = remedy::of(stack, &value.0, value.1.as_ref());
        access_object(key, object, value, remedy)
    })
}

/// `key.service_access`.
pub(in super::super) fn service_access(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    vaults::with(object, |key| {
        let value =
            world.memo(memo_key("service access", key), |world| evaluate(stack, key, world, iam::service_access));
        let remedy = remedy::for_service(stack, value.1.as_ref());
        access_object(key, object, value, Some(remedy))
    })
}

/// An access with the document that it was judged from.
type Judged = (Access, Option<Value>);

/// Judges every policy that is written for a key, or the default one. Inputs in a policy are settled one by one, and only
/// while the outcome hangs on them.
fn evaluate(
    stack: &Stack<'_>,
    key: &Instance,
    world: &mut World<'_>,
    judge: impl Fn(Option<&Policy>, &Facts) -> Access,
) -> Judged {
    let facts = facts::of(stack, key, world);
    let written = sources::written(stack, key, world);
    let mut outcomes = written.iter().map(|Written { document, .. }| {
        let (access, document, _) = settle::judge(
            document,
            world,
            |document, world| {
                let policy = facts::parse(document);
                let access = of_open(&policy, |it| judge(Some(it), &facts));
                let idle = is_undecided(&access)
                    && settle::is_settled(document, world)
                    && policy.open.is_some()
                    && policy.bounds().iter().all(|bound| is_undecided(&judge(Some(bound), &facts)));
                (access, Some(document.clone()), idle)
            },
            // What is undecided both where most and where least is allowed stays so, whatever else is decided.
            |(access, _, idle)| is_undecided(access) && !idle,
        );
        (access, document)
    });
    let Some(first) = outcomes.next() else { return (judge(None, &facts), None) };
    // Two policies for one key: each apply puts back its own, so only what both give is sure.
    for (other, _) in outcomes {
        if other.verdict.name() != first.0.verdict.name() {
            let why =
                Unknown::new(UnknownKind::Provider, "two policies are written for the key and give different access");
            return (Access { verdict: Verdict::Undecided(why), ..first.0 }, first.1);
        }
    }
    first
}

fn is_undecided(access: &Access) -> bool {
    matches!(access.verdict, Verdict::Undecided(_))
}

/// The access of a policy of which it is open which statements are there. What is granted or denied is so whatever they
/// are; of anything else, what lets most in and what lets least in must agree.
fn of_open(policy: &Policy, judge: impl Fn(&Policy) -> Access) -> Access {
    let access = judge(policy);
    let Some(why) = policy.open.as_ref() else { return access };
    let sure = matches!(access.verdict, Verdict::Granted | Verdict::Denied | Verdict::Undecided(_))
        || policy.bounds().iter().all(|bound| judge(bound).verdict.name() == access.verdict.name());
    if sure { access } else { Access { verdict: Verdict::Undecided(why.clone()), ..access } }
}

fn access_object(key: &Instance, object: &Object, (access, document): Judged, remedy: Option<String>) -> Answer {
    let origin = if access.origin.span.is_some() { access.origin.clone() } else { object.origin.clone() };
    let text = |text: &str| Value::string(text, origin.clone());
    let flag = |holds: bool| Value::new(Kind::Bool(holds), origin.clone());
    let verdict = match &access.verdict {
        Verdict::Undecided(why) => answer::unknown(why, &origin),
        // The condition that blocks, where one does, is what must be read.
        known => {
            let place = access.condition.as_ref().map_or(&origin, |(_, place)| place);
            let place = if place.span.is_some() { place.clone() } else { origin.clone() };
            Value::string(known.name().unwrap_or(""), place)
        }
    };
    let condition = access.condition.as_ref().map_or_else(Value::omitted, |(condition, _)| text(condition));
    let statement = access
        .statement
        .zip(document.as_ref())
        .and_then(|(index, document)| statements::nth(document, index))
        .unwrap_or_else(Value::omitted);
    let remedy = remedy.map_or_else(Value::omitted, |remedy| text(&remedy));
    let naming = match access.naming {
        Naming::Unwritten => "unwritten",
        Naming::Named => "named",
        Naming::Unnamed => "unnamed",
    };
    let fields = vec![
        ("verdict", verdict),
        ("through", text(&access.explanation)),
        ("missing", strings(&access.actions, &origin)),
        ("grant_missing_everywhere", flag(access.grant_missing_everywhere)),
        ("through_account", flag(access.through_account)),
        ("naming", text(naming)),
        ("condition", condition),
        ("explanation", text(&access.explanation)),
        ("statement", statement),
        ("remedy", remedy),
    ];
    let value = Some(record(fields, &origin));
    Answer::Object(Object { class: "access", instance: Some(key.clone()), value: value.map(Into::into), origin })
}

/// `access.statement`.
pub(super) fn statement(object: &Object) -> Answer {
    match (&object.instance, field(object, "statement")) {
        (Some(key), Answer::Value(value)) => Answer::Object(statements::object(key, value, "key")),
        _ => Answer::Absent(object.origin.clone()),
    }
}

/// `key.shut_out_account`: another account that a plan copies the backups of the key's vaults to, and that the key's policy
/// does not let use the key.
pub(in super::super) fn shut_out_account(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    vaults::with(object, |key| {
        let copies = copies::copies_of_key(stack, key, world);
        let mut reads = |copy: &&Copy| copy.source.as_ref().is_some_and(|vault| vaults::uses(stack, vault, key, world));
        let elsewhere = copies.iter().filter(|copy| copy.account.is_some() && reads(copy));
        let mut accounts: Vec<Arc<str>> = elsewhere.filter_map(|copy| copy.account.clone()).collect();
        accounts.sort();
        accounts.dedup();
        if accounts.is_empty() {
            return Answer::Absent(object.origin.clone());
        }
        let facts = facts::of(stack, key, world);
        let written = sources::written(stack, key, world);
        for account in accounts {
            let judge = |document: &Value, _: &mut World<'_>| {
                let policy = facts::parse(document);
                let own = iam::own_account(&policy, &facts).as_deref().map(|own| Truth::from(*own == *account));
                (iam::lets_account_in(&policy, &account, &facts), own)
            };
            let unsure = |(lets, _): &(Truth, Option<Truth>)| matches!(lets, Truth::Unknown(_));
            let judged = written.iter().map(|it| (it, settle::judge(&it.document, world, judge, unsure))).next();
            let (place, lets, own) = match judged {
                Some((it, (lets, own))) => (place_or(&facts::parse(&it.document).origin, &object.origin), lets, own),
                None => {
                    (object.origin.clone(), Truth::False, facts.account.as_deref().map(|own| (*own == *account).into()))
                }
            };
            match (lets, own) {
                (Truth::True, _) | (_, Some(Truth::True)) => {}
                (Truth::False, Some(_)) => return answer::text(&*account, place),
                (Truth::Unknown(why), _) => return Answer::Unknown(why, place),
                (Truth::False, None) => {
                    let why = format!("it is not told whether {account} is the account that this is deployed to");
                    return Answer::Unknown(Unknown::new(UnknownKind::Input, why), place);
                }
            }
        }
        Answer::Absent(object.origin.clone())
    })
}

/// `key.regional_via_service`: a statement that lets only one region's AWS Backup in, while a plan copies the backups of
/// the key's vaults to another.
pub(in super::super) fn regional_via_service(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    vaults::with(object, |key| {
        let written = sources::written(stack, key, world);
        let names_a_service = |statement: &iam::Statement| {
            statement.conditions.iter().any(|condition| condition.is_about("kms:ViaService"))
        };
        let may_name_one = |it: &Written| {
            let policy = facts::parse(&it.document);
            policy.unknown.is_some() || policy.statements.iter().any(names_a_service)
        };
        if !written.iter().any(may_name_one) {
            return Answer::Absent(object.origin.clone());
        }
        let copies = copies::copies_of_key(stack, key, world);
        let mut reads = |copy: &&Copy| copy.source.as_ref().is_some_and(|vault| vaults::uses(stack, vault, key, world));
        let regions = copies.iter().filter(|copy| copy.region.is_some() && reads(copy));
        let regions: Vec<&str> = regions.filter_map(|copy| copy.region.as_deref()).collect();
        if regions.is_empty() {
            return Answer::Absent(object.origin.clone());
        }
        let facts = facts::of(stack, key, world);
        let required = facts::required(&[Purpose::StandardVault]);
        for Written { document, .. } in written.iter() {
            let document = through(&settle::chosen(document, world), world);
            let mut others = facts::parse(&document);
            if let Err(why) = others.certain() {
                return Answer::Unknown(why, place_or(&document.origin, &object.origin));
            }
            others.statements.retain(|statement| iam::pinned_regions(statement).is_empty());
            if iam::backup_access(Some(&others), &required, &facts).verdict == Verdict::Granted {
                // AWS Backup is let in without it.
                continue;
            }
            for (index, statement) in facts::parse(&document).statements.iter().enumerate() {
                let pinned = iam::pinned_regions(statement);
                let literal = |region: &str| !region.contains('⟦');
                let leaves_out = |region: &&str| !pinned.iter().any(|(name, _)| name == region);
                if pinned.iter().all(|(name, _)| literal(name))
                    && let Some((_, place)) = pinned.first()
                    && regions.iter().any(leaves_out)
                    && let Some(value) = statements::nth(&document, index)
                {
                    let mut found = statements::object(key, value, "key");
                    found.origin = place_or(place, &found.origin);
                    return Answer::Object(found);
                }
            }
        }
        Answer::Absent(object.origin.clone())
    })
}

/// The document with the inputs settled that hang on its kms:ViaService.
fn through(document: &Value, world: &mut World<'_>) -> Value {
    let known = settle::substituted(document, world);
    let conditions = facts::parse(&known).statements.into_iter().flat_map(|statement| statement.conditions);
    let open = conditions
        .filter(|condition| condition.is_about("kms:ViaService"))
        .flat_map(|condition| condition.values)
        .any(|value| matches!(value.parts.as_slice(), [Part::Symbol(Symbol::Input { .. })]));
    if open { settle::settled(document, world) } else { known }
}

fn place_or(place: &Origin, fallback: &Origin) -> Origin {
    if place.span.is_some() { place.clone() } else { fallback.clone() }
}

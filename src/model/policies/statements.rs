//! The attributes of policies, statements and principals.

use std::sync::Arc;

use super::super::answer::{field, flag, property, record, strings, text};
use super::super::evaluator::{Instance, Language};
use super::super::schema::{Answer, Object};
use super::super::stack::{Stack, is_key, memo_key};
use super::super::{arn, keys, settle};
use super::{facts, sources};
use crate::iam::{self, Effect, Facts, Ineffective, Lockout, Openness, Policy, Scope, Statement, Validity};
use crate::value::{Alternative, Entry, Kind, Origin, Part, Symbol, Unknown, UnknownKind, Value, World};

/// A statement as an object of class `statement`; `value` is a record of [`nth`].
pub(super) fn object(owner: &Instance, value: Value, of: &str) -> Object {
    let origin = value.get("statement").map_or_else(|| value.origin.clone(), |statement| statement.origin.clone());
    let field = |name: &'static str| (name, value.get(name).cloned().unwrap_or_else(Value::omitted));
    let mut fields = ["statement", "ordinal", "denies", "choice", "which"].map(field).to_vec();
    fields.push(("of", Value::string(of, origin.clone())));
    Object { class: "statement", instance: Some(owner.clone()), value: Some(record(fields, &origin).into()), origin }
}

/// Whether a part of a policy is there in this world: a statement may hang on conditions that nobody has asked for.
pub(in super::super) fn is_there(object: &Object, world: &mut World<'_>) -> bool {
    let Some(value) = object.value.as_ref().filter(|_| object.class == "statement") else { return true };
    match (value.get("choice").map(|choice| &choice.kind), value.get("which").and_then(Value::as_number)) {
        (Some(Kind::Choice(alternatives)), Some(which)) => settle::is_chosen(alternatives, index(which), world),
        _ => true,
    }
}

/// The statement at an index of [`Policy::statements`], as the record behind a `statement` object.
pub(super) fn nth(document: &Value, index: usize) -> Option<Value> {
    written(&iam::document(document).ok()?).into_iter().nth(index)
}

/// The statements of a document's map, in the order of [`Policy::statements`], as the records behind `statement` objects.
fn written(map: &Value) -> Vec<Value> {
    let list = iam::member(map, "Statement").map(Value::items).unwrap_or_default();
    let denies: Vec<(usize, Value)> =
        list.iter().enumerate().filter_map(|(at, item)| Some((at, denying(item, at + 1)?))).collect();
    let mut found = Vec::new();
    for (at, item) in list.iter().enumerate() {
        let alternatives = match &item.kind {
            Kind::Choice(alternatives) => &alternatives[..],
            _ => &[],
        };
        let open =
            alternatives.iter().enumerate().flat_map(|(which, it)| it.items.iter().map(move |it| (it, Some(which))));
        let plain = alternatives.is_empty().then_some((item, None));
        for (statement, which) in open.chain(plain).filter(|(statement, _)| matches!(statement.kind, Kind::Map(_))) {
            let origin = statement.origin.clone();
            let mut fields = members(statement.clone(), at + 1);
            let others = denies.iter().filter(|(of, _)| *of != at && has_effect(statement, "Allow"));
            let others = others.map(|(_, deny)| deny.clone()).collect();
            fields.push(("denies", Value::new(Kind::List(others), origin.clone())));
            if let Some(which) = which {
                fields.push(("choice", item.clone()));
                fields.push(("which", Value::new(Kind::Number(which.to_string().into()), origin.clone())));
            }
            found.push(record(fields, &origin));
        }
    }
    found
}

fn has_effect(statement: &Value, effect: &str) -> bool {
    iam::member(statement, "Effect").and_then(Value::as_str) == Some(effect)
}

/// What of an item in a list of statements may deny, numbered; open where the item is.
fn denying(item: &Value, ordinal: usize) -> Option<Value> {
    let denies = |statement: &&Value| !has_effect(statement, "Allow");
    let Kind::Choice(alternatives) = &item.kind else {
        return Some(item).filter(denies).map(|statement| numbered(statement.clone(), ordinal));
    };
    let only = |it: &Alternative| Alternative {
        facts: it.facts.clone(),
        items: it.items.iter().filter(denies).map(|statement| numbered(statement.clone(), ordinal)).collect(),
    };
    let left: Vec<Alternative> = alternatives.iter().map(only).collect();
    if left.iter().all(|it| it.items.is_empty()) { None } else { Value::choice(left, item).pop() }
}

/// A statement and its place in its list, from 1.
fn numbered(statement: Value, ordinal: usize) -> Value {
    let origin = statement.origin.clone();
    record(members(statement, ordinal), &origin)
}

fn members(statement: Value, ordinal: usize) -> Vec<(&'static str, Value)> {
    let ordinal = Value::new(Kind::Number(ordinal.to_string().into()), statement.origin.clone());
    vec![("statement", statement), ("ordinal", ordinal)]
}

/// The statement of a [`numbered`] record.
fn read(numbered: &Value) -> Option<Statement> {
    let ordinal = numbered.get("ordinal").and_then(Value::as_number).map_or(1, index);
    Some(Statement::parse(numbered.get("statement")?, ordinal))
}

/// The key whose policy, or whose policy's statement, an object is.
pub(super) fn key(stack: &Stack<'_>, object: &Object) -> Answer {
    match &object.instance {
        Some(owner) if of(object) == "key" && stack.part(owner).is_some_and(is_key) => {
            Answer::Object(keys::object(stack, owner.clone()))
        }
        _ => Answer::Absent(object.origin.clone()),
    }
}

/// The parsed statement of a `statement` object. An input that stands for the whole effect or for a whole principal is
/// settled: everything hangs on it.
fn statement_of(object: &Object, world: &mut World<'_>) -> Option<Arc<Statement>> {
    let value = object.value.as_ref()?;
    let written = value.get("statement")?;
    // The value is kept with what is remembered of it, so that no other one can stand at its address.
    let made = world.memo(memo_key("statement", &(Arc::as_ptr(value) as usize)), |world| {
        let ordinal = value.get("ordinal").and_then(Value::as_str).and_then(|text| text.parse().ok());
        let ordinal = ordinal.or_else(|| value.get("ordinal").and_then(Value::as_number).map(index));
        let statement = settle::substituted(&decisive(written, world), world);
        (Arc::clone(value), Arc::new(Statement::parse(&statement, ordinal.unwrap_or(1))))
    });
    Some(made.1)
}

/// The statement with the inputs settled that are a whole effect, principal or list of principals.
fn decisive(statement: &Value, world: &mut World<'_>) -> Value {
    fn bare(value: &Value, depth: usize, world: &mut World<'_>) -> Value {
        match &value.kind {
            Kind::Symbol(Symbol::Input { .. }) => settle::settled(value, world),
            Kind::List(items) if depth > 0 => {
                let items = items.iter().map(|item| bare(item, depth - 1, world)).collect();
                Value::new(Kind::List(items), value.origin.clone())
            }
            Kind::Map(entries) if depth > 0 => {
                let entry = |entry: &Entry| Entry { value: bare(&entry.value, depth - 1, world), ..entry.clone() };
                Value::new(Kind::Map(entries.iter().map(entry).collect()), value.origin.clone())
            }
            _ => value.clone(),
        }
    }
    let Kind::Map(entries) = &statement.kind else { return statement.clone() };
    let names = ["Effect", "Principal", "NotPrincipal"];
    let entry = |entry: &Entry| match names.iter().any(|name| entry.key.eq_ignore_ascii_case(name)) {
        true => Entry { value: bare(&entry.value, 2, world), ..entry.clone() },
        false => entry.clone(),
    };
    Value::new(Kind::Map(entries.iter().map(entry).collect()), statement.origin.clone())
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an ordinal is a small whole number")]
pub(super) fn index(number: f64) -> usize {
    number as usize
}

/// The document of a policy object, with a whole-document input settled.
pub(super) fn document_of(object: &Object, world: &mut World<'_>) -> Value {
    let document = object.value.as_ref().and_then(|value| value.get("document")).cloned();
    let document = document.unwrap_or_else(Value::omitted);
    match document.kind {
        Kind::Symbol(_) => settle::settled(&document, world),
        _ => settle::substituted(&document, world),
    }
}

fn of(object: &Object) -> String {
    match field(object, "of") {
        Answer::Value(value) => value.as_str().unwrap_or("key").to_owned(),
        _ => "key".to_owned(),
    }
}

/// `policy.statements`.
pub(super) fn statements(_: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    let document = document_of(object, world);
    if document.is_absent() {
        return Answer::Objects(Vec::new(), object.origin.clone());
    }
    let Some(owner) = &object.instance else { return Answer::Absent(object.origin.clone()) };
    let mut policy = facts::parse(&document);
    let mut document = document;
    if policy.unknown.is_some() {
        // What is open outside of the strings decides which statements there are.
        document = settle::settled(&document, world);
        policy = facts::parse(&document);
    }
    if let Some(why) = policy.unknown {
        return Answer::Unknown(why, object.origin.clone());
    }
    let list = iam::document(&document).map(|map| written(&map)).unwrap_or_default();
    let of = of(object);
    Answer::Objects(list.into_iter().map(|value| self::object(owner, value, &of)).collect(), object.origin.clone())
}

/// The statements of every policy of a key, as subjects.
pub(in super::super) fn key_statements(stack: &Stack<'_>, instance: &Instance, world: &mut World<'_>) -> Vec<Object> {
    let policies = sources::key_policies(stack, instance, world);
    let of_policy = |policy: Object, world: &mut World<'_>| match statements(stack, &policy, world) {
        Answer::Objects(list, _) => list,
        // What can't be known is a subject too, so that it is told that it can't.
        Answer::Unknown(why, origin) => {
            let statement = Value::new(Kind::Unknown(why), origin.clone());
            vec![object(instance, record(vec![("statement", statement)], &origin), "key")]
        }
        _ => Vec::new(),
    };
    policies.into_iter().flat_map(|policy| of_policy(policy, world)).collect()
}

/// `policy.lockout`.
pub(super) fn lockout(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    let answer = judged(stack, object, world, iam::lockout);
    // What is missing is a statement: their list is the place.
    let list = match object.value.as_ref().and_then(|value| value.get("document")).map(|document| &document.kind) {
        Some(Kind::Map(entries)) => entries.iter().find(|entry| &*entry.key == "Statement"),
        _ => None,
    };
    let place = list.and_then(|entry| entry.key_span).map_or_else(|| object.origin.clone(), Origin::at);
    match answer {
        None => text("none", object.origin.clone()),
        Some(Ok(Lockout::None)) => text("none", object.origin.clone()),
        Some(Ok(Lockout::Nobody)) => text("nobody", place),
        Some(Ok(Lockout::ViaServiceOnly)) => text("via-service-only", place),
        Some(Err(why)) => Answer::Unknown(why, object.origin.clone()),
    }
}

/// `policy.administers_and_uses`.
pub(super) fn administers_and_uses(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    let found = judged(stack, object, world, |policy, facts| iam::two_hats(policy, facts).map(Named));
    match found {
        None => Answer::Value(strings::<&str>([], &object.origin)),
        Some(Ok(Named(list))) => {
            let items = list.into_iter().map(|(name, origin)| Value::string(name, origin)).collect();
            Answer::Value(Value::new(Kind::List(items), object.origin.clone()))
        }
        Some(Err(why)) => Answer::Unknown(why, object.origin.clone()),
    }
}

/// Principals of which it matters whether there is one: those that are there in any case stand for all.
struct Named(Vec<(String, Origin)>);

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.0.is_empty() == other.0.is_empty()
    }
}

/// Judges a policy object's document; `None` for the default policy.
fn judged<T: PartialEq>(
    stack: &Stack<'_>,
    object: &Object,
    world: &mut World<'_>,
    judge: impl Fn(&Policy, &Facts) -> Result<T, Unknown>,
) -> Option<Result<T, Unknown>> {
    let document = document_of(object, world);
    if document.is_absent() {
        return None;
    }
    let facts = facts_of(stack, object, world);
    let judge_document = |document: &Value, _: &mut World<'_>| within(&facts::parse(document), |it| judge(it, &facts));
    Some(settle::judge(&document, world, judge_document, Result::is_err))
}

/// What is so of a policy of which it is open which statements are there: what is so both where most and where least is
/// allowed, since more Allows never take anything away, and more Denies never give.
fn within<T: PartialEq>(policy: &Policy, judge: impl Fn(&Policy) -> Result<T, Unknown>) -> Result<T, Unknown> {
    let Some(open) = &policy.open else { return judge(policy) };
    let [most, least] = policy.bounds();
    let (most, least) = (judge(&most)?, judge(&least)?);
    if most == least { Ok(least) } else { Err(open.clone()) }
}

fn facts_of(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Facts {
    match &object.instance {
        Some(owner) if of(object) == "key" => facts::of(stack, owner, world),
        Some(owner) if of(object) == "vault" => facts::of_vault(stack, owner, world),
        _ => Facts::default(),
    }
}

/// A member of a statement as written.
pub(super) fn member(object: &Object, name: &str) -> Answer {
    if let Some(why) = unknown(object) {
        return Answer::Unknown(why, object.origin.clone());
    }
    let statement = object.value.as_ref().and_then(|value| value.get("statement"));
    match statement.and_then(|statement| iam::member(statement, name)) {
        Some(value) => property(value.clone()),
        None => Answer::Absent(object.origin.clone()),
    }
}

/// A member of a statement as a list, also where a single value is written.
pub(super) fn list(object: &Object, name: &str) -> Answer {
    match member(object, name) {
        Answer::Value(value) => {
            let items = value.items().to_vec();
            Answer::Value(Value::new(Kind::List(items), value.origin))
        }
        Answer::Absent(origin) => Answer::Value(Value::new(Kind::List(Vec::new()), origin)),
        other => other,
    }
}

/// `statement.label`.
pub(super) fn label(_: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    with_statement(object, world, |statement| text(statement.label(), object.origin.clone()))
}

/// Why nothing is known of a statement, where it stands for a policy that can't be known.
fn unknown(object: &Object) -> Option<Unknown> {
    match &object.value.as_ref()?.get("statement")?.kind {
        Kind::Unknown(why) => Some(why.clone()),
        _ => None,
    }
}

/// Runs `make` on the parsed statement.
fn with_statement(object: &Object, world: &mut World<'_>, make: impl FnOnce(&Statement) -> Answer) -> Answer {
    if let Some(why) = unknown(object) {
        return Answer::Unknown(why, object.origin.clone());
    }
    match statement_of(object, world) {
        Some(statement) => make(&statement),
        None => Answer::Absent(object.origin.clone()),
    }
}

/// `statement.principals`.
pub(super) fn principals(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    with_statement(object, world, |statement| {
        if let Some(why) = &statement.unknown {
            return Answer::Unknown(why.clone(), object.origin.clone());
        }
        let template = stack.evaluator.language() == Language::CloudFormation;
        let list = iam::principals(statement).iter().map(|principal| {
            let origin = place(&principal.element.origin, &object.origin);
            let text = |text: &str| Value::string(text, origin.clone());
            let (validity, suggestion) = match iam::validity(principal) {
                Validity::Valid => ("valid", None),
                Validity::Wildcard => ("wildcard", None),
                Validity::Group => ("group", None),
                Validity::ServiceTypo(meant) => ("service-typo", Some(meant)),
                Validity::Deleted => ("deleted", None),
                Validity::Malformed => ("malformed", None),
            };
            let shown = principal.element.shown();
            let validity = match validity {
                "malformed" if template && principal.element.known().is_some_and(is_another_tools) => {
                    let why = "another tool puts something in the place of ${...} before the code is deployed";
                    Value::unknown(UnknownKind::Macro, why, origin.clone())
                }
                known => text(known),
            };
            let fields = vec![
                ("type", text(&principal.kind)),
                ("value", text(&shown)),
                ("validity", validity),
                ("suggestion", suggestion.map_or_else(Value::omitted, |meant| text(&meant))),
            ];
            let value = Some(record(fields, &origin));
            Object { class: "principal", instance: object.instance.clone(), value: value.map(Into::into), origin }
        });
        Answer::Objects(list.collect(), object.origin.clone())
    })
}

/// Whether a text holds a placeholder that is none of CloudFormation's, or is a macro of another tool in one string.
fn is_another_tools(text: &str) -> bool {
    text.contains("${") && (arn::unfilled(text).is_none() || text.starts_with("Fn::"))
}

fn place(origin: &Origin, fallback: &Origin) -> Origin {
    if origin.span.is_some() { origin.clone() } else { fallback.clone() }
}

/// `statement.public`.
pub(super) fn public(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    let mut found: Option<(Openness, Origin)> = None;
    // Of a key its policy is asked; a vault's may speak of another vault.
    let facts = if of(object) == "vault" { facts_of(stack, object, world) } else { Facts::default() };
    let alone = with_statement(object, world, |statement| match iam::openness(statement, &facts) {
        Ok((open, origin)) => {
            let origin = place(&origin, &object.origin);
            found = Some((open, origin.clone()));
            text(openness(open), origin)
        }
        Err(why) => Answer::Unknown(why, object.origin.clone()),
    });
    match found {
        Some((open, origin)) if open != Openness::No => match left_open(stack, object, open, world) {
            Ok(open) => text(openness(open), origin),
            Err(why) => Answer::Unknown(why, origin),
        },
        _ => alone,
    }
}

fn openness(open: Openness) -> &'static str {
    match open {
        Openness::No => "no",
        Openness::ViaServiceOnly => "via-service-only",
        Openness::Yes => "yes",
    }
}

/// What the Denies of its policy leave of the openness of a statement.
fn left_open(stack: &Stack<'_>, object: &Object, open: Openness, world: &mut World<'_>) -> Result<Openness, Unknown> {
    let field = |name: &str| object.value.as_ref().and_then(|value| value.get(name));
    let (Some(statement), Some(denies)) = (field("statement"), field("denies")) else { return Ok(open) };
    if denies.items().is_empty() {
        return Ok(open);
    }
    let facts = facts_of(stack, object, world);
    let both = Value::new(Kind::List(vec![numbered(statement.clone(), 1), denies.clone()]), object.origin.clone());
    let judge = |both: &Value, _: &mut World<'_>| {
        let [statement, denies] = both.items() else { return Ok(open) };
        let Some(statement) = read(statement) else { return Ok(open) };
        let known: Vec<Statement> = denies.items().iter().filter_map(read).collect();
        let maybe = denies.items().iter().filter_map(|item| match &item.kind {
            Kind::Choice(alternatives) => Some(alternatives.iter().flat_map(|it| &it.items).filter_map(read)),
            _ => None,
        });
        let every: Vec<Statement> = known.iter().cloned().chain(maybe.flatten()).collect();
        let least = iam::left_open(open, &statement, &known, &facts)?;
        if every.len() == known.len() || iam::left_open(open, &statement, &every, &facts)? == least {
            return Ok(least);
        }
        Err(denies.first_unknown().unwrap_or_else(|| Unknown::new(UnknownKind::Input, "a Deny hangs on conditions")))
    };
    settle::judge(&both, world, judge, Result::is_err)
}

/// `statement.ineffective`.
pub(super) fn ineffective(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    let facts = facts_of(stack, object, world);
    with_statement(object, world, |statement| {
        let (name, origin) = match iam::ineffective(statement, &facts) {
            None => ("no", Origin::default()),
            Some(Ineffective::NoResource) => ("no-resource", Origin::default()),
            Some(Ineffective::NoAction) => ("no-action", Origin::default()),
            Some(Ineffective::OtherKey(origin)) => ("other-key", origin),
            Some(Ineffective::ImpossibleCondition(_, origin)) => ("impossible-condition", origin),
            Some(Ineffective::PartlyImpossible { actions, origin, .. }) => {
                let use_of_key = actions.iter().any(|action| iam::is_use(action));
                (if use_of_key { "partly-impossible-use" } else { "partly-impossible" }, origin)
            }
        };
        text(name, place(&origin, &object.origin))
    })
}

/// `statement.dead_actions`.
pub(super) fn dead_actions(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    let facts = facts_of(stack, object, world);
    with_statement(object, world, |statement| match iam::ineffective(statement, &facts) {
        Some(Ineffective::PartlyImpossible { actions, origin, .. }) => {
            Answer::Value(strings(&actions, &place(&origin, &object.origin)))
        }
        _ => Answer::Value(strings::<&str>([], &object.origin)),
    })
}

/// `statement.dead_condition`.
pub(super) fn dead_condition(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    let facts = facts_of(stack, object, world);
    with_statement(object, world, |statement| match iam::ineffective(statement, &facts) {
        Some(Ineffective::PartlyImpossible { key, origin, .. }) => text(key, place(&origin, &object.origin)),
        _ => Answer::Absent(object.origin.clone()),
    })
}

/// `statement.confused_deputy`.
pub(super) fn confused_deputy(_: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    with_statement(object, world, |statement| match iam::confused_deputy(statement, &Facts::default()) {
        Some(origin) => flag(true, place(&origin, &object.origin)),
        None => flag(false, object.origin.clone()),
    })
}

/// `statement.mfa_bypass`.
pub(super) fn mfa_bypass(_: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    with_statement(object, world, |statement| match (iam::mfa_bypass(statement), &statement.effect) {
        (Some(origin), _) => flag(true, place(&origin, &object.origin)),
        (None, Effect::Unknown(why)) if !statement.conditions.is_empty() => {
            Answer::Unknown(why.clone(), object.origin.clone())
        }
        (None, _) => flag(false, object.origin.clone()),
    })
}

/// Why an action of a statement is not known, and where it stands.
fn why_actions_unknown(statement: &Statement) -> Option<(Unknown, Origin)> {
    if let Some(why) = &statement.unknown {
        return Some((why.clone(), statement.origin.clone()));
    }
    let (Scope::Only(list) | Scope::Except(list)) = &statement.actions else { return None };
    list.iter().find_map(|action| {
        let why = action.parts.iter().find_map(|part| match part {
            Part::Literal(_) => None,
            Part::Symbol(symbol) => Some(symbol.unknown().unwrap_or_else(|| {
                let shown = action.shown();
                Unknown::new(
                    UnknownKind::Provider,
                    format!("the action {shown} is known only when the code is deployed"),
                )
            })),
            Part::Unknown(why) => Some(why.clone()),
        });
        why.map(|why| (why, action.origin.clone()))
    })
}

/// `statement.wildcard_actions`.
pub(super) fn wildcard_actions(_: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    with_statement(object, world, |statement| {
        let items: Vec<Value> = iam::wildcard_actions(statement)
            .into_iter()
            .map(|action| Value::string(action.shown(), place(&action.origin, &object.origin)))
            .collect();
        match why_actions_unknown(statement) {
            Some((why, origin)) if items.is_empty() => Answer::Unknown(why, place(&origin, &object.origin)),
            _ => Answer::Value(Value::new(Kind::List(items), object.origin.clone())),
        }
    })
}

//! Where policies come from: written in a resource, as a resource of its own, or KMS's default.

use std::sync::Arc;

use super::super::answer::{flag, record};
use super::super::dialect::{Dialect, Name, Part};
use super::super::evaluator::Instance;
use super::super::schema::{Answer, Object};
use super::super::stack::{Stack, is_key, memo_key};
use super::super::vaults::with;
use super::super::{key_use, links, settle};
use crate::iam;
use crate::value::{self, Alternative, Entry, Kind, Origin, Truth, Unknown, Value, World};

const KEY_POLICY: Name = Name::new("KeyPolicy", "policy");
const ACCESS_POLICY: Name = Name::new("AccessPolicy", "");
const SEPARATE_POLICY: Name = Name::new("policy", "policy");
const DOCUMENT: Name = Name::new("PolicyDocument", "policy");
const CONTENT: Name = Name::new("Content", "content");
const ORGANIZATION_TYPE: Name = Name::new("Type", "type");

/// Whether a resource holds a policy of the class `policy`.
pub(in super::super) fn has_policy(part: Part) -> bool {
    is_key(part)
        || matches!(
            part,
            Part::KeyPolicy
                | Part::Vault
                | Part::AirGappedVault
                | Part::VaultPolicy
                | Part::Role
                | Part::RolePolicy
                | Part::ManagedPolicy
                | Part::OrganizationPolicy
        )
}

/// One policy that is written for a key.
#[derive(Clone)]
pub(super) struct Written {
    /// Its document.
    pub(super) document: Value,
    /// Whether it is a resource of its own.
    pub(super) separate: bool,
}

/// A property that is not there, or an empty string, which Terraform takes for the same.
fn is_omitted(value: &Value) -> bool {
    value.is_absent() || value.as_str().is_some_and(|text| text.trim().is_empty())
}

/// A policy that a resource holds, its statements left open where conditions decide about them.
fn document(stack: &Stack<'_>, instance: &Instance, name: Name, world: &mut World<'_>) -> Value {
    top(stack, stack.document(instance, name, world), world)
}

/// A property with a top-level input settled, so that a policy that may be left out is known to be there; JSON text with
/// the places of its parts.
fn top(stack: &Stack<'_>, value: Value, world: &mut World<'_>) -> Value {
    let value = if matches!(value.kind, Kind::Symbol(_)) { settle::settled(&value, world) } else { value };
    if !matches!(value.kind, Kind::String(_) | Kind::Text(_)) || is_omitted(&value) {
        return value;
    }
    let Some(text) = value.origin.span.and_then(|span| stack.evaluator.written(span)) else { return value };
    match iam::document(&value) {
        Ok(mut document) => {
            iam::locate(&mut document, &text);
            document
        }
        Err(_) => value,
    }
}

/// Every policy that is written for a key, its own first.
pub(super) fn written(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> Arc<[Written]> {
    world.memo(memo_key("written policies", key), |world| find_written(stack, key, world).into())
}

fn find_written(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> Vec<Written> {
    let mut found = Vec::new();
    let inline = document(stack, key, KEY_POLICY, world);
    let blocks = stack.readers(&[Part::KeyPolicy], key.block);
    let candidates: Vec<Instance> = blocks.into_iter().flat_map(|id| stack.instances(id, world).to_vec()).collect();
    for candidate in candidates {
        if policy_target(stack, &candidate, world).as_ref() == Some(key) {
            let document = document(stack, &candidate, SEPARATE_POLICY, world);
            if !is_omitted(&document) {
                found.push(Written { document, separate: true });
            }
        }
    }
    if !is_omitted(&inline) && (found.is_empty() || !ignores_policy(stack, key, world)) {
        found.insert(0, Written { document: inline, separate: false });
    }
    found
}

/// Whether Terraform leaves the key's own policy alone once the key is there (`ignore_changes`): then a separate policy
/// is the only one that is applied again.
fn ignores_policy(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> bool {
    let lifecycle = stack.property(key, "@lifecycle", world);
    let ignored = lifecycle.get("ignore_changes");
    ignored.is_some_and(|it| it.items().iter().any(|name| matches!(name.as_str(), Some("policy" | "all"))))
}

/// The key of this unit that an `aws_kms_key_policy` names.
fn policy_target(stack: &Stack<'_>, policy: &Instance, world: &mut World<'_>) -> Option<Instance> {
    let id = stack.property(policy, "key_id", world);
    key_use::classify(stack, &id, world, 0).key
}

/// A policy as an object of class `key_policy` or `policy`.
pub(in super::super) fn policy_object(
    class: &'static str,
    owner: &Instance,
    of: &'static str,
    source: &'static str,
    document: Value,
    header: &Origin,
) -> Object {
    let origin = if document.origin.span.is_some() { document.origin.clone() } else { header.clone() };
    let text = |text: &str| Value::string(text, origin.clone());
    let fields = vec![("of", text(of)), ("source", text(source)), ("document", document)];
    Object { class, instance: Some(owner.clone()), value: Some(record(fields, &origin).into()), origin }
}

fn key_policy_object(stack: &Stack<'_>, key: &Instance, written: Written) -> Object {
    let source = if written.separate { "separate" } else { "inline" };
    policy_object("key_policy", key, "key", source, written.document, &stack.header(key))
}

fn default_policy(stack: &Stack<'_>, key: &Instance) -> Object {
    policy_object("key_policy", key, "key", "default", Value::omitted(), &stack.header(key))
}

/// The policies of a key as subjects: all that are written, or the default one. A policy as a resource of its own whose
/// key the unit does not declare stands for itself.
pub(in super::super) fn key_policies(stack: &Stack<'_>, instance: &Instance, world: &mut World<'_>) -> Vec<Object> {
    if stack.part(instance) == Some(Part::KeyPolicy) {
        if policy_target(stack, instance, world).is_some() {
            return Vec::new();
        }
        let document = document(stack, instance, SEPARATE_POLICY, world);
        return vec![policy_object("key_policy", instance, "key", "separate", document, &stack.header(instance))];
    }
    let written = written(stack, instance, world);
    if written.is_empty() {
        return vec![default_policy(stack, instance)];
    }
    // One document that is written in both places is one subject.
    let mut subjects: Vec<Written> = Vec::new();
    for policy in written.iter() {
        if !subjects.iter().any(|other| same(&other.document, &policy.document)) {
            subjects.push(policy.clone());
        }
    }
    subjects.into_iter().map(|policy| key_policy_object(stack, instance, policy)).collect()
}

pub(in super::super) fn key_policy(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    with(object, |key| {
        let mut policies = key_policies(stack, key, world);
        if policies.is_empty() {
            Answer::Absent(object.origin.clone())
        } else {
            Answer::Object(policies.swap_remove(0))
        }
    })
}

pub(in super::super) fn written_key_policies(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    with(object, |key| {
        let written = written(stack, key, world);
        let policies = written.iter().map(|policy| key_policy_object(stack, key, policy.clone())).collect();
        Answer::Objects(policies, object.origin.clone())
    })
}

/// Two policies from one expression do not fight: `data.aws_iam_policy_document.x.json` twice, the same variable twice.
pub(in super::super) fn key_policies_agree(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    with(object, |key| {
        let written = written(stack, key, world);
        let agree = written.windows(2).all(|pair| match pair {
            [a, b] => same(&a.document, &b.document),
            _ => true,
        });
        // Where the second one is written, not what it refers to.
        let origin = written.last().map_or_else(
            || object.origin.clone(),
            |policy| {
                let origin = &policy.document.origin;
                origin.steps().next().map_or_else(|| origin.clone(), |step| Origin::at(step.span))
            },
        );
        flag(agree, origin)
    })
}

/// Whether two documents are the same in every world that this one stands for; what is unknown is the same as nothing.
fn same(a: &Value, b: &Value) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::List(a), Kind::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Kind::Map(a), Kind::Map(b)) => {
            let member = |(a, b): (&Entry, &Entry)| a.key == b.key && same(&a.value, &b.value);
            a.len() == b.len() && a.iter().zip(b).all(member)
        }
        (Kind::Absent, Kind::Absent) => true,
        (Kind::Choice(a), Kind::Choice(b)) => {
            let items = |(a, b): (&Value, &Value)| same(a, b);
            let one = |(a, b): (&Alternative, &Alternative)| {
                a.facts == b.facts && a.items.len() == b.items.len() && a.items.iter().zip(&b.items).all(items)
            };
            a.len() == b.len() && a.iter().zip(b.iter()).all(one)
        }
        _ => match (a.parts(), b.parts()) {
            (Some(a), Some(b)) => a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| same_part(a, b)),
            _ => false,
        },
    }
}

fn same_part(a: &value::Part, b: &value::Part) -> bool {
    match (a, b) {
        (value::Part::Literal(a), value::Part::Literal(b)) => a == b,
        (value::Part::Symbol(a), value::Part::Symbol(b)) => a == b,
        _ => false,
    }
}

/// The access policy of a vault.
pub(in super::super) fn of_vault(stack: &Stack<'_>, vault: &Instance, world: &mut World<'_>) -> Answer {
    let header = stack.header(vault);
    let inline = document(stack, vault, ACCESS_POLICY, world);
    if !is_omitted(&inline) {
        return Answer::Object(policy_object("policy", vault, "vault", "inline", inline, &header));
    }
    let mut doubt: Option<(Unknown, Origin)> = None;
    for block in stack.nearest(&[Part::VaultPolicy], vault) {
        for candidate in stack.evaluator.instances(block, world) {
            let name = stack.property(&candidate, "backup_vault_name", world);
            match links::is_vault(stack, &name, &candidate, vault, world) {
                Truth::True => {
                    let document = document(stack, &candidate, SEPARATE_POLICY, world);
                    return Answer::Object(policy_object("policy", vault, "vault", "separate", document, &header));
                }
                Truth::False => {}
                Truth::Unknown(why) => doubt = Some((why, name.origin)),
            }
        }
    }
    match doubt {
        Some((why, origin)) => Answer::Unknown(why, origin),
        None => Answer::Absent(header),
    }
}

/// Every policy document that is written in a resource, whatever it is for.
pub(in super::super) fn policies_in(stack: &Stack<'_>, instance: &Instance, world: &mut World<'_>) -> Vec<Object> {
    let Some(part) = stack.part(instance) else { return Vec::new() };
    let header = stack.header(instance);
    let (of, source, documents): (_, _, Vec<Value>) = match part {
        part if is_key(part) => ("key", "inline", vec![stack.document(instance, KEY_POLICY, world)]),
        Part::KeyPolicy => ("key", "separate", vec![stack.document(instance, SEPARATE_POLICY, world)]),
        Part::Vault | Part::AirGappedVault => ("vault", "inline", vec![stack.document(instance, ACCESS_POLICY, world)]),
        Part::VaultPolicy => ("vault", "separate", vec![stack.document(instance, SEPARATE_POLICY, world)]),
        Part::RolePolicy | Part::ManagedPolicy => {
            ("identity", "separate", vec![stack.document(instance, DOCUMENT, world)])
        }
        Part::Role => ("identity", "inline", inline_role_policies(stack, instance, world)),
        Part::OrganizationPolicy if authorizes(stack, instance, world) => {
            ("organization", "inline", vec![stack.read(instance, CONTENT, world)])
        }
        _ => return Vec::new(),
    };
    let documents: Vec<Value> = documents.into_iter().map(|document| top(stack, document, world)).collect();
    documents
        .into_iter()
        .filter(|document| !is_omitted(document))
        .map(|document| policy_object("policy", instance, of, source, document, &header))
        .collect()
}

/// `Policies[].PolicyDocument`, `inline_policy { policy }`.
pub(in super::super) fn inline_role_policies(stack: &Stack<'_>, role: &Instance, world: &mut World<'_>) -> Vec<Value> {
    let (list, member) = match stack.dialect(role) {
        Some(Dialect::Aws) => ("inline_policy", "policy"),
        Some(Dialect::CloudControl) => ("policies", "policy_document"),
        _ => ("Policies", "PolicyDocument"),
    };
    let list = stack.property(role, list, world);
    list.items().iter().filter_map(|item| item.get(member).cloned()).collect()
}

/// Whether it may be a policy of statements: backup, tag and other management policies are written in a language of
/// their own.
fn authorizes(stack: &Stack<'_>, policy: &Instance, world: &mut World<'_>) -> bool {
    let kind = settle::settled(&stack.read(policy, ORGANIZATION_TYPE, world), world);
    kind.as_str().is_none_or(|kind| matches!(kind, "SERVICE_CONTROL_POLICY" | "RESOURCE_CONTROL_POLICY"))
}

/// The content of an organisation's policy.
pub(in super::super) fn organization_document(stack: &Stack<'_>, policy: &Instance, world: &mut World<'_>) -> Value {
    top(stack, stack.read(policy, CONTENT, world), world)
}

/// The document of a policy that is a resource of its own.
pub(in super::super) fn own_document(stack: &Stack<'_>, policy: &Instance, world: &mut World<'_>) -> Value {
    top(stack, stack.read(policy, DOCUMENT, world), world)
}

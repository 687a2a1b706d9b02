//! The facts that a key's policy is judged under.

use std::sync::Arc;

use super::super::copies::{self, Copy};
use super::super::dialect::{Dialect, Name, Part};
use super::super::evaluator::{Instance, Language};
use super::super::stack::{Stack, memo_key};
use super::super::{keys, links, region, settle, vaults};
use crate::iam::{Facts, Purpose};
use crate::value::{InputKind, InputState, Kind, Part as Piece, Pseudo, Symbol, Value, World};

const SELECTION: Name = Name::new("BackupSelection", "");

/// What is known around the policy of `key`; `key` may also be a policy whose key is declared elsewhere.
pub(super) fn of(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> Facts {
    let region = region::of(stack, key, world);
    let mut facts = Facts {
        account: account(world),
        region: region.code().map(Arc::from),
        region_symbol: region.symbol(),
        backup_roles: backup_roles(stack, world),
        ..Facts::default()
    };
    let cloudformation = stack.evaluator.language() == Language::CloudFormation;
    let arn = if cloudformation { "Arn" } else { "arn" };
    let attribute = |key: &Instance, attribute: &str| Symbol::Attribute {
        resource: Arc::clone(&key.address),
        attribute: attribute.into(),
    };
    facts.own = vec![attribute(key, arn)];
    facts.own_ids = if cloudformation {
        vec![Symbol::Ref(Arc::clone(&key.address)), attribute(key, "KeyId")]
    } else {
        vec![attribute(key, "key_id"), attribute(key, "id")]
    };
    // By their declarations: which of them are there decides nothing of this key.
    let declared = stack.evaluator.blocks().iter().filter(|block| keys::is_declared(stack, block.id));
    facts.keys = declared
        .map(|block| Symbol::Attribute { resource: Arc::clone(&block.address), attribute: arn.into() })
        .collect();
    facts
}

/// The account, where the world knows it.
fn account(world: &World<'_>) -> Option<Arc<str>> {
    world.inputs().iter().filter(|(_, input)| input.kind == InputKind::Pseudo(Pseudo::Account)).find_map(|(id, _)| {
        match world.state(id) {
            InputState::Known(json) => json.as_str().map(Arc::from),
            InputState::Open { .. } => None,
        }
    })
}

/// The roles of the unit's backup selections.
fn backup_roles(stack: &Stack<'_>, world: &mut World<'_>) -> Vec<Vec<Piece>> {
    if !stack.declares(&[Part::Selection]) {
        return Vec::new();
    }
    world.memo(memo_key("backup roles", &0), |world| {
        // Each counts, whether it is there in this world or not: to ask would branch on conditions that have nothing to do
        // with the key. Only a role that itself hangs on something open is asked for in this world.
        let selections = world.aside(|aside| stack.all(&[Part::Selection], aside));
        let role = |selection: Instance| {
            // A copy for each: what one role decides must not hide that another hangs on it too.
            let (role, open) = world.aside(|aside| {
                stack.instances(selection.block, aside);
                let before = aside.decisions();
                (role_of(stack, &selection, aside), aside.decisions() != before)
            });
            if open { role_of(stack, &selection, world) } else { role }
        };
        selections.into_iter().filter_map(role).collect()
    })
}

/// The role of a selection, where it is one that could be recognised in a policy.
fn role_of(stack: &Stack<'_>, selection: &Instance, world: &mut World<'_>) -> Option<Vec<Piece>> {
    let role = if stack.dialect(selection) == Some(Dialect::Aws) {
        stack.property(selection, "iam_role_arn", world)
    } else {
        let body = stack.read(selection, SELECTION, world);
        let body = body.items().first().cloned().unwrap_or(body);
        links::either(&body, "IamRoleArn", "iam_role_arn")
    };
    let role = settle::substituted(&role, world);
    // What is unknown, or an open input, is no role that could be recognised in a policy.
    let known = !matches!(role.kind, Kind::Unknown(_) | Kind::Absent);
    known.then(|| role.parts()).flatten()
}

/// Everything that the vaults of the unit need a key for in this world; a standard vault's needs where none uses it.
pub(super) fn purposes(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> Vec<Purpose> {
    let mut purposes = Vec::new();
    for (part, purpose) in [(Part::Vault, Purpose::StandardVault), (Part::AirGappedVault, Purpose::AirGappedVault)] {
        if keys::is_used(stack, key, &[part], world) {
            purposes.push(purpose);
        }
    }
    if !purposes.is_empty() && stack.declares(&[Part::Plan]) {
        let copies = copies::copies_of_key(stack, key, world);
        let mut uses = |vault: &Instance| vaults::uses(stack, vault, key, world);
        let joins = |copy: &Copy| [&copy.source, &copy.destination].into_iter().flatten().any(&mut uses);
        if copies.iter().any(joins) {
            purposes.push(Purpose::Copy);
        }
    }
    if purposes.is_empty() {
        purposes.push(Purpose::StandardVault);
    }
    purposes.sort();
    purposes.dedup();
    purposes
}

/// The actions of all purposes, each once, in the order of the purposes.
pub(super) fn required(purposes: &[Purpose]) -> Vec<&'static str> {
    let mut actions = Vec::new();
    for action in purposes.iter().flat_map(|purpose| purpose.actions()) {
        if !actions.contains(action) {
            actions.push(*action);
        }
    }
    actions
}

/// A document in one world, with the inputs in it that are known there.
pub(super) fn parse(document: &Value) -> crate::iam::Policy {
    crate::iam::Policy::parse(document)
}

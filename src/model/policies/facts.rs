//! The facts that a key's policy is judged under.

use std::sync::Arc;

use super::super::dialect::{Name, Part};
use super::super::evaluator::{Block, Instance, Language};
use super::super::stack::{Stack, is_key};
use super::super::{arn, key_state, keys, region, settle};
use super::actors;
use crate::iam::{Facts, KeyFacts, Purpose, Text};
use crate::value::{InputKind, InputState, Part as Piece, Pseudo, Symbol, Value, World};

const VAULT_NAME: Name = Name::new("BackupVaultName", "name");

/// What is known around the policy of `key`; `key` may also be a policy whose key is declared elsewhere.
pub(super) fn of(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> Facts {
    let region = region::of(stack, key, world);
    let mut facts = Facts {
        account: account(world),
        grants: actors::grants(stack, key, world),
        key: key_facts(stack, key, world),
        region: region.code().map(Arc::from),
        region_symbol: region.symbol(),
        backup_roles: actors::backup_roles(stack, world),
        ..Facts::default()
    };
    if facts.account.is_none() {
        (facts.account, facts.account_symbol) = account_of_provider(stack, key, world);
    }
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
    let declared = || {
        let blocks = stack.evaluator.blocks().iter().filter(|block| keys::is_declared(stack, block.id));
        let arn = |block: &Block| Symbol::Attribute { resource: Arc::clone(&block.address), attribute: arn.into() };
        blocks.map(arn).collect()
    };
    facts.keys = Arc::clone(stack.key_arns.get_or_init(declared));
    facts
}

/// What is known around the access policy of a vault; `owner` is the vault, or the policy as a resource of its own.
pub(super) fn of_vault(stack: &Stack<'_>, owner: &Instance, world: &mut World<'_>) -> Facts {
    let region = region::of(stack, owner, world);
    let mut facts = Facts {
        account: account(world),
        region: region.code().map(Arc::from),
        region_symbol: region.symbol(),
        ..Facts::default()
    };
    let name = match stack.part(owner) {
        Some(Part::VaultPolicy) => stack.property(owner, "backup_vault_name", world),
        _ => stack.read(owner, VAULT_NAME, world),
    };
    facts.own_vault = settle::substituted(&name, world).parts().map(|name| {
        let arn = Text::known("arn:aws:backup:").then(Text::region(&facts)).then(Text::known(":"));
        let arn = arn.then(Text::account(&facts)).then(Text::known(":backup-vault:"));
        arn.then(Text::literal(&name, &facts))
    });
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

/// The account of a resource's provider, where its configuration tells it: the only one that it allows, or that of the
/// role which it assumes.
fn account_of_provider(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> (Option<Arc<str>>, Option<Symbol>) {
    if stack.evaluator.language() == Language::CloudFormation {
        return (None, None);
    }
    let provider = stack.property(key, "@provider", world);
    let allowed = provider.get("allowed_account_ids").and_then(|allowed| match allowed.items() {
        [only] => only.parts(),
        _ => None,
    });
    let assumed = || Some(arn::Arn::of(provider.get("assume_role_arn")?)?.account);
    match allowed.or_else(assumed).as_deref() {
        Some([Piece::Literal(account)]) if account.len() == 12 => (Some(Arc::clone(account)), None),
        Some([Piece::Symbol(symbol)]) => (None, Some(symbol.clone())),
        _ => (None, None),
    }
}

/// What is known of the key without deciding anything.
fn key_facts(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> KeyFacts {
    if !stack.part(key).is_some_and(is_key) {
        return KeyFacts::default();
    }
    let mut sure = |read: &dyn Fn(&mut World<'_>) -> Option<Arc<str>>| {
        world.aside(|aside| {
            let before = aside.decisions();
            read(aside).filter(|_| aside.decisions() == before)
        })
    };
    KeyFacts {
        spec: sure(&|aside| Some(key_state::spec(stack, key, aside).ok()?.0)),
        usage: sure(&|aside| Some(key_state::usage(stack, key, aside).ok()?.0)),
        origin: sure(&|aside| match &*key_state::material(stack, key, aside).ok()?.0 {
            "kms" => Some("AWS_KMS".into()),
            "imported" => Some("EXTERNAL".into()),
            _ => None,
        }),
        multi_region: sure(&|aside| {
            key_state::multi_region(stack, key, aside).map(|is| if is { "true".into() } else { "false".into() })
        }),
    }
}

/// Everything that the vaults of the unit need a key for in this world; a standard vault's needs where none uses it.
pub(super) fn purposes(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> Vec<Purpose> {
    let mut purposes = Vec::new();
    for (part, purpose) in [(Part::Vault, Purpose::StandardVault), (Part::AirGappedVault, Purpose::AirGappedVault)] {
        if keys::is_used(stack, key, &[part], world) {
            purposes.push(purpose);
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

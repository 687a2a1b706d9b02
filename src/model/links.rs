//! Which vault of the unit a name or ARN means, and small readers of nested properties.

use super::arn::{self, Arn};
use super::dialect::{Name, Part as Sort, snake};
use super::evaluator::{Block, Instance, Key, Language};
use super::settle;
use super::stack::Stack;
use crate::source::Span;
use crate::value::{Kind, Part, Symbol, Truth, Unknown, UnknownKind, Value, World};

const VAULT_NAME: Name = Name::new("BackupVaultName", "name");

/// The vault that a value names.
#[derive(Clone, Debug)]
pub(super) enum VaultLink {
    /// A vault of this unit.
    Declared(Instance),
    /// The vault `Default` of the account.
    Default,
    /// The vault that EFS's automatic backups use.
    EfsDefault,
    /// A vault by a name or ARN that this unit does not declare.
    Elsewhere,
    /// Nothing is given.
    Nothing,
    /// Can't be told.
    Unknown(Unknown),
}

/// The member of a map under CloudFormation's name or its snake case.
pub(super) fn member<'v>(map: &'v Value, name: &str) -> Option<&'v Value> {
    map.get(name).or_else(|| map.get(&snake(name)))
}

/// The member of a map under CloudFormation's name or another; absent where there is none.
pub(super) fn either(map: &Value, cloudformation: &str, terraform: &str) -> Value {
    let found = member(map, cloudformation).or_else(|| map.get(terraform));
    found.cloned().unwrap_or_else(|| Value::absent(map.origin.clone()))
}

/// The vault that a name or ARN means, where it is written in the resource `from`.
pub(super) fn vault(stack: &Stack<'_>, value: &Value, from: &Instance, world: &mut World<'_>) -> VaultLink {
    if let Some(found) = through_block(stack, value, from, world) {
        return VaultLink::Declared(found);
    }
    settle::judge(
        value,
        world,
        |value, world| attempt(stack, value, world),
        |link| matches!(link, VaultLink::Unknown(_) | VaultLink::Elsewhere),
    )
}

/// Whether a value comes from a data source that looks a vault up: then the vault is known to be there.
pub(super) fn is_looked_up(stack: &Stack<'_>, value: &Value) -> bool {
    let blocks = stack.evaluator.blocks();
    let mut vaults = blocks.iter().filter(|block| block.data && &*block.kind == "aws_backup_vault");
    vaults.any(|block| {
        let mut spans = value.origin.steps().map(|step| step.span).chain(value.origin.span);
        spans.any(|span| block.span.contains(span))
    })
}

/// The vault through whose declaration a value came: Terraform gives `aws_backup_vault.v.name` as what the name is, and
/// the chain of its origin leads through the vault's own text.
fn through_block(stack: &Stack<'_>, value: &Value, from: &Instance, world: &mut World<'_>) -> Option<Instance> {
    let spans: Vec<Span> = value.origin.steps().map(|step| step.span).chain(value.origin.span).collect();
    let module = |block: &Block| block.address.rsplitn(3, '.').nth(2).unwrap_or("").to_owned();
    let home = stack.block(from).map(module);
    let mut declared: Vec<&Block> = stack
        .evaluator
        .blocks()
        .iter()
        .filter(|block| stack.is(block.id, &[Sort::Vault, Sort::AirGappedVault]))
        .filter(|block| spans.iter().any(|span| block.span.contains(*span)))
        .collect();
    // A module that is called twice declares the same text twice: the nearest is meant, or it can't be told.
    let here = |block: &Block| Some(module(block)) == home;
    if declared.iter().any(|block| here(block)) {
        declared.retain(|block| here(block));
    }
    let [block] = declared.as_slice() else { return None };
    let mut instances = stack.evaluator.instances(block.id, world);
    if here(block) {
        instances.retain(|instance| instance.path == from.path);
    }
    match instances.len() {
        1 => instances.pop(),
        _ => instances.into_iter().find(|instance| instance.key == from.key && instance.key != Key::None),
    }
}

fn attempt(stack: &Stack<'_>, value: &Value, world: &mut World<'_>) -> VaultLink {
    match &value.kind {
        Kind::Absent => return VaultLink::Nothing,
        Kind::Symbol(Symbol::Ref(name) | Symbol::Attribute { resource: name, .. }) => {
            return match stack.evaluator.find(name, world) {
                Some(found) if is_vault_part(stack, &found) => VaultLink::Declared(found),
                _ => VaultLink::Unknown(settle::why_unknown(value, world)),
            };
        }
        Kind::String(_) | Kind::Text(_) | Kind::Symbol(_) => {}
        _ => return VaultLink::Unknown(settle::why_unknown(value, world)),
    }
    if stack.evaluator.language() == Language::CloudFormation
        && let Some(open) = value.as_str().and_then(arn::unfilled)
    {
        let why = format!("it holds a literal {open}: `!Sub` is missing");
        return VaultLink::Unknown(Unknown::new(UnknownKind::Error, why));
    }
    let arn = Arn::of(value);
    let name = match &arn {
        Some(arn) => {
            let mut fields = arn::split(&arn.resource, ':', 2).into_iter();
            if fields.next().as_deref().and_then(arn::literal).as_deref() != Some("backup-vault") {
                return VaultLink::Unknown(settle::why_unknown(value, world));
            }
            fields.next().unwrap_or_default()
        }
        None => value.parts().unwrap_or_default(),
    };
    match arn::literal(&name).as_deref() {
        Some("") => return VaultLink::Nothing,
        Some("Default") => return VaultLink::Default,
        Some("aws/efs/automatic-backup-vault") => return VaultLink::EfsDefault,
        _ => {}
    }
    if let [Part::Symbol(Symbol::Ref(name) | Symbol::Attribute { resource: name, .. })] = name.as_slice() {
        return match stack.evaluator.find(name, world) {
            Some(found) if is_vault_part(stack, &found) => VaultLink::Declared(found),
            _ => VaultLink::Unknown(settle::why_unknown(value, world)),
        };
    }
    let foreign = arn.as_ref().is_some_and(|arn| arn::literal(&arn.region).is_some());
    match named(stack, &name, foreign.then_some(()).and(arn.as_ref()), world) {
        Some(found) => VaultLink::Declared(found),
        None if arn::literal(&name).is_none() => VaultLink::Unknown(settle::why_unknown(value, world)),
        None => match nameless(stack, &name, world) {
            Some(why) => VaultLink::Unknown(why),
            None => VaultLink::Elsewhere,
        },
    }
}

/// Why a vault of this unit could be the one with this name: its own is not known, or another has the same.
fn nameless(stack: &Stack<'_>, name: &[Part], world: &mut World<'_>) -> Option<Unknown> {
    let name = arn::literal(name)?;
    stack.all(&[Sort::Vault, Sort::AirGappedVault], world).into_iter().find_map(|vault| {
        let own = stack.read(&vault, VAULT_NAME, world);
        let own = settle::substituted(&own, world);
        let parts = own.parts();
        let may = match parts.as_deref() {
            Some([Part::Literal(own)]) if *own == name => {
                return Some(Unknown::new(UnknownKind::Limit, "several vaults here have this name"));
            }
            Some([Part::Literal(_)]) => false,
            // Only what is known at the start and at the end of a name can speak against it.
            Some([first, .., last]) => {
                let starts = !matches!(first, Part::Literal(text) if !name.starts_with(&**text));
                let ends = !matches!(last, Part::Literal(text) if !name.ends_with(&**text));
                starts && ends
            }
            _ => !own.is_absent(),
        };
        may.then(|| settle::why_unknown(&own, world))
    })
}

/// The one declared vault with this name; a literal region in the ARN must be the vault's own.
fn named(stack: &Stack<'_>, name: &[Part], arn: Option<&Arn>, world: &mut World<'_>) -> Option<Instance> {
    let region = arn.and_then(|arn| arn::literal(&arn.region));
    let mut found = stack.all(&[Sort::Vault, Sort::AirGappedVault], world).into_iter().filter(|vault| {
        let own = stack.read(vault, VAULT_NAME, world);
        let own = settle::substituted(&own, world).parts().unwrap_or_default();
        if !same(&own, name) {
            return false;
        }
        match &region {
            Some(region) => super::region::of(stack, vault, world).code() == Some(region),
            None => true,
        }
    });
    let first = found.next();
    // Two vaults of one name live in two regions: which one is meant is not told by the name.
    if found.next().is_some() { None } else { first }
}

/// Whether two texts are the same in every deployment.
pub(super) fn same(a: &[Part], b: &[Part]) -> bool {
    a.len() == b.len()
        && !a.is_empty()
        && a.iter().zip(b).all(|pair| match pair {
            (Part::Literal(a), Part::Literal(b)) => a == b,
            (Part::Symbol(a), Part::Symbol(b)) => a == b,
            _ => false,
        })
}

/// Whether a name or ARN that is written in the resource `from` means the vault `wanted`.
pub(super) fn is_vault(
    stack: &Stack<'_>,
    value: &Value,
    from: &Instance,
    wanted: &Instance,
    world: &mut World<'_>,
) -> Truth {
    match vault(stack, value, from, world) {
        VaultLink::Declared(found) => (found == *wanted).into(),
        VaultLink::Unknown(why) => Truth::Unknown(why),
        _ => Truth::False,
    }
}

fn is_vault_part(stack: &Stack<'_>, instance: &Instance) -> bool {
    matches!(stack.part(instance), Some(Sort::Vault | Sort::AirGappedVault))
}

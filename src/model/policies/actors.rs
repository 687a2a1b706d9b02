//! Who works with a unit's keys beside their policies: the roles that AWS Backup acts with, and the grants.

use std::sync::Arc;

use super::super::dialect::{Dialect, Name, Part};
use super::super::evaluator::{Instance, Language};
use super::super::stack::{Stack, memo_key};
use super::super::{backup_policy, key_use, links, settle};
use crate::iam::{self, BackupRole, Grant, Policy};
use crate::value::{InputKind, Kind, Part as Piece, Pseudo, Symbol, Unknown, UnknownKind, Value, World};

const SELECTION: Name = Name::new("BackupSelection", "");
const TRUST: Name = Name::new("AssumeRolePolicyDocument", "assume_role_policy");
const ROLE_NAME: Name = Name::new("RoleName", "name");

/// The service-linked role of AWS Backup and its default role, which the console makes.
const OWN: [&str; 2] = ["AWSServiceRoleForBackup", "AWSBackupDefaultServiceRole"];

/// The roles of the unit that AWS Backup acts with: those of its backup selections and of backup policies, those whose trust policies name AWS
/// Backup, and AWS Backup's own where the unit looks them up.
///
/// Each counts, whether it is there in this world or not: to ask would branch on conditions that have nothing to do with
/// the key. Only what itself hangs on something open is asked for in this world.
pub(super) fn backup_roles(stack: &Stack<'_>, world: &mut World<'_>) -> Vec<BackupRole> {
    world.memo(memo_key("backup roles", &0), |world| {
        let selections = world.aside(|aside| stack.all(&[Part::Selection], aside));
        let mut roles: Vec<BackupRole> =
            selections.into_iter().filter_map(|it| in_any_world(stack, it, world, role_of)).collect();
        let given = world.aside(|aside| backup_policy::roles(stack, aside));
        roles.extend(given.iter().filter_map(|role| recognisable(&in_this_account(role, world), world)));
        let declared = world.aside(|aside| stack.all(&[Part::Role], aside));
        roles.extend(declared.into_iter().filter_map(|it| in_any_world(stack, it, world, trusting)));
        let others = stack.evaluator.blocks().iter().filter(|block| {
            &*block.kind == "aws_iam_service_linked_role" || (block.data && &*block.kind == "aws_iam_role")
        });
        for id in others.map(|block| block.id) {
            let instances = world.aside(|aside| stack.instances(id, aside).to_vec());
            roles.extend(instances.into_iter().filter_map(|it| in_any_world(stack, it, world, own)));
        }
        roles
    })
}

/// What is read of an instance; in this world only where it hangs on something open. A copy of the world for each: what
/// one decides must not hide that another hangs on it too.
fn in_any_world(
    stack: &Stack<'_>,
    instance: Instance,
    world: &mut World<'_>,
    read: fn(&Stack<'_>, &Instance, &mut World<'_>) -> Option<BackupRole>,
) -> Option<BackupRole> {
    let (role, open) = world.aside(|aside| {
        stack.instances(instance.block, aside);
        let before = aside.decisions();
        (read(stack, &instance, aside), aside.decisions() != before)
    });
    if open { read(stack, &instance, world) } else { role }
}

/// A role whose trust policy names AWS Backup.
fn trusting(stack: &Stack<'_>, role: &Instance, world: &mut World<'_>) -> Option<BackupRole> {
    let trust = settle::substituted(&stack.read(role, TRUST, world), world);
    iam::names_service(&Policy::parse(&trust)).then(|| by_reference(stack, role, None, world))
}

/// AWS Backup's own role, looked up or made.
fn own(stack: &Stack<'_>, role: &Instance, world: &mut World<'_>) -> Option<BackupRole> {
    let text = |value: Value| value.as_str().map(str::to_owned);
    if let Some(service) = text(stack.property(role, "aws_service_name", world)) {
        return (service == "backup.amazonaws.com").then(|| by_reference(stack, role, Some(OWN[0].into()), world));
    }
    let name = text(stack.property(role, "name", world))?;
    OWN.contains(&&*name).then(|| by_reference(stack, role, Some(name.into()), world))
}

/// A role as others refer to it.
fn by_reference(stack: &Stack<'_>, role: &Instance, name: Option<Arc<str>>, world: &mut World<'_>) -> BackupRole {
    let template = stack.evaluator.language() == Language::CloudFormation;
    let arn = Symbol::Attribute {
        resource: Arc::clone(&role.address),
        attribute: if template { "Arn" } else { "arn" }.into(),
    };
    let name = name.or_else(|| match stack.read(role, ROLE_NAME, world).kind {
        Kind::String(name) => Some(name),
        _ => None,
    });
    BackupRole { arn: vec![Piece::Symbol(arn)], name }
}

/// The role of a selection, where it is one that could be recognised in a policy.
fn role_of(stack: &Stack<'_>, selection: &Instance, world: &mut World<'_>) -> Option<BackupRole> {
    let role = if stack.dialect(selection) == Some(Dialect::Aws) {
        stack.property(selection, "iam_role_arn", world)
    } else {
        let body = stack.read(selection, SELECTION, world);
        let body = body.items().first().cloned().unwrap_or(body);
        links::either(&body, "IamRoleArn", "iam_role_arn")
    };
    recognisable(&role, world)
}

/// A role of a backup policy, whose `$account` stands for each account below it, as the role of this account.
fn in_this_account(role: &Value, world: &World<'_>) -> Value {
    let account = world.inputs().iter().find(|(_, input)| input.kind == InputKind::Pseudo(Pseudo::Account));
    let Some(account) = account.map(|(id, input)| input.symbol(id)) else { return role.clone() };
    let parts = role.parts().unwrap_or_default().into_iter().flat_map(|part| match &part {
        Piece::Literal(text) => match text.split_once("$account") {
            Some((before, after)) => {
                vec![Piece::Literal(before.into()), Piece::Symbol(account.clone()), Piece::Literal(after.into())]
            }
            None => vec![part],
        },
        _ => vec![part],
    });
    Value::text(parts, role.origin.clone())
}

fn recognisable(role: &Value, world: &World<'_>) -> Option<BackupRole> {
    let role = settle::substituted(role, world);
    // What is unknown, or an open input, is no role that could be recognised in a policy.
    let known = !matches!(role.kind, Kind::Unknown(_) | Kind::Absent);
    let arn = known.then(|| role.parts()).flatten()?;
    Some(BackupRole { arn, name: None })
}

/// The grants for a key.
pub(super) fn grants(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> Vec<Grant> {
    if !stack.declares(&[Part::Grant]) {
        return Vec::new();
    }
    let blocks = stack.readers(&[Part::Grant], key.block);
    let grants: Vec<Instance> = blocks.into_iter().flat_map(|id| stack.instances(id, world).to_vec()).collect();
    grants.into_iter().filter_map(|grant| grant_for(stack, &grant, key, world)).collect()
}

fn grant_for(stack: &Stack<'_>, grant: &Instance, key: &Instance, world: &mut World<'_>) -> Option<Grant> {
    let id = stack.property(grant, "key_id", world);
    if key_use::classify(stack, &id, world, 0).key.as_ref() != Some(key) {
        return None;
    }
    let grantee = settle::substituted(&stack.property(grant, "grantee_principal", world), world);
    let operations = stack.property(grant, "operations", world);
    let names = operations.items().iter().filter_map(|it| it.as_str().map(str::to_owned));
    let constrained = !stack.property(grant, "constraints", world).items().is_empty();
    let doubt = constrained.then(|| {
        let why = format!("the grant {} counts only for some encryption contexts", grant.address);
        Unknown::new(UnknownKind::Provider, why)
    });
    Some(Grant { grantee: grantee.parts()?, operations: names.collect(), doubt })
}

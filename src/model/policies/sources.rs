//! Where policies come from, and the attributes of policies and statements.

use super::super::dialect::Part;
use super::super::evaluator::Instance;
use super::super::schema::{Answer, Object};
use super::super::stack::{Stack, is_key};
use crate::value::{Unknown, UnknownKind, Value, World};

fn later(object: &Object) -> Answer {
    Answer::Unknown(Unknown::new(UnknownKind::Unsupported, "policies are not read yet"), object.origin.clone())
}

macro_rules! later { ($($name:ident)*) => { $(
    pub(in super::super) fn $name(_: &Stack<'_>, object: &Object, _: &mut World<'_>) -> Answer { later(object) }
)* } }
later!(statements lockout administers_and_uses label principals public ineffective confused_deputy mfa_bypass wildcard_actions
    key_policy written_key_policies key_policies_agree);

pub(super) fn member(object: &Object, _: &str) -> Answer {
    later(object)
}
pub(super) fn list(object: &Object, _: &str) -> Answer {
    later(object)
}

/// Whether a resource holds a policy.
pub(in super::super) fn has_policy(part: Part) -> bool {
    is_key(part) || matches!(part, Part::KeyPolicy | Part::Vault | Part::AirGappedVault | Part::VaultPolicy)
}

pub(in super::super) fn key_policies(_: &Stack<'_>, _: &Instance, _: &mut World<'_>) -> Vec<Object> {
    Vec::new()
}
pub(in super::super) fn policies_in(_: &Stack<'_>, _: &Instance, _: &mut World<'_>) -> Vec<Object> {
    Vec::new()
}
pub(in super::super) fn key_statements(_: &Stack<'_>, _: &Instance, _: &mut World<'_>) -> Vec<Object> {
    Vec::new()
}
pub(in super::super) fn of_vault(stack: &Stack<'_>, vault: &Instance, _: &mut World<'_>) -> Answer {
    Answer::Unknown(Unknown::new(UnknownKind::Unsupported, "policies are not read yet"), stack.header(vault))
}
pub(in super::super) fn policy_object(_: &Value) {}

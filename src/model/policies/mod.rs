//! Policies of keys and vaults as rules see them: where they come from, their statements, and what they amount to.
//!
//! The judgement itself is [`crate::iam`]'s; here its facts are gathered: which policy is a key's, which vaults use the
//! key, which roles the unit's selections name.

mod access;
mod actors;
mod classes;
mod facts;
mod faults;
mod remedy;
mod sources;
mod statements;

pub(super) use access::{backup_access, regional_via_service, service_access, shut_out_account};
pub(super) use classes::{ACCESS, FAULT, KEY_POLICY, POLICY, PRINCIPAL, STATEMENT};
pub(super) use sources::{
    has_policy, inline_role_policies, key_policies, key_policies_agree, key_policy, of_vault, organization_document,
    own_document, policies_in, policy_object, written_key_policies,
};
pub(super) use statements::{is_there, key_statements};

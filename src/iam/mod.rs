//! Policy documents: who may do what, in three values.
//!
//! Reads key policies, vault access policies, identity policies and guard rails of an organisation from values that may
//! have symbols in them, and answers questions about them. Knows AWS's evaluation logic and the request contexts of AWS
//! Backup; knows no resource and no file format. Where something hangs on what only a deployment knows, the answer is
//! unknown, with the reason. Limit keys, request parameters and session policies are not modelled: what a request has
//! under any condition key that the context table does not list is unknown.

mod access;
mod actions;
mod allows;
mod context;
mod decide;
#[cfg(test)]
mod decisions;
mod document;
mod facts;
mod json;
mod judge;
mod malformed;
mod names;
mod naming;
mod operator;
mod organization;
mod own;
mod pattern;
mod places;
mod principal;
mod public;
mod reach;
mod role;
mod scope;

pub use access::{Access, Purpose, Verdict};
pub use allows::allows;
pub use decide::{backup_access, service_access};
pub use document::{Condition, Effect, Element, Policy, Principal, Principals, Scope, Statement, document, member};
pub use facts::{BackupRole, Facts, Grant, KeyFacts};
pub use judge::{
    Ineffective, Lockout, confused_deputy, ineffective, is_use, lockout, mfa_bypass, pinned_regions, principals,
    two_hats, wildcard_actions,
};
pub use malformed::{Fault, document_faults, statement_faults};
pub use naming::Naming;
pub use organization::{GUARDED, Guard, Shape, administers_kms, kms_guard, rcp_shape};
pub use own::{lets_account_in, own_account};
pub use pattern::{Match, Text};
pub use places::locate;
pub use principal::{Validity, validity};
pub use public::{Openness, is_public, left_open, openness};
pub use role::names_service;

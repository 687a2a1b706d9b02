//! Terraform and OpenTofu configurations: expressions, variables, modules.

mod blocks;
mod callees;
mod calls;
mod conditions;
mod configuration;
mod constants;
mod constraint;
pub mod convert;
mod directory;
mod evaluate;
pub mod expr;
pub mod functions;
mod here;
mod load;
mod merge;
mod module;
pub mod number;
mod open_policy;
pub mod outward;
mod policy_document;
mod policy_text;
mod probes;
mod property;
mod provider_facts;
mod providers;
mod pseudo;
mod reach;
mod references;
mod repeat;
pub mod scope;
mod secrets;
mod syntax;
#[cfg(test)]
mod tests;
mod tfvars;
mod tree;
pub mod types;
mod unit;
mod usage;
pub mod val;
mod variables;
mod walk;

pub use callees::{Callee, calls};
pub use directory::encrypted;
pub use load::load;
pub use tree::installed;

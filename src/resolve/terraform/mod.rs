//! Terraform and OpenTofu configurations: expressions, variables, modules.

<<<<<<< HEAD
mod blocks;
mod calls;
mod configuration;
mod constants;
mod constraint;
=======
>>>>>>> 0c1f978c1490cd8200c0dc1fc1e95e7e4d7e10f8
pub mod convert;
mod directory;
mod evaluate;
pub mod expr;
pub mod functions;
<<<<<<< HEAD
mod here;
mod load;
mod merge;
mod module;
=======
>>>>>>> 0c1f978c1490cd8200c0dc1fc1e95e7e4d7e10f8
pub mod number;
mod policy_document;
mod policy_text;
mod probes;
mod property;
mod provider_facts;
mod providers;
mod pseudo;
mod references;
mod repeat;
pub mod outward;
pub mod scope;
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

pub use load::load;

//! Terraform and OpenTofu configurations: expressions, variables, modules.

pub mod number;
pub mod scope;
pub mod types;
pub mod val;

//! Terraform and OpenTofu configurations: expressions, variables, modules.

pub mod convert;
pub mod expr;
pub mod functions;
pub mod number;
pub mod outward;
pub mod scope;
pub mod types;
pub mod val;

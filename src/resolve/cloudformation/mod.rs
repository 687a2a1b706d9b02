//! CloudFormation templates: parameters, conditions, intrinsic functions, nested stacks.
//!
//! A template is recognised by its content alone. It is evaluated lazily, node by node, in the world that it is asked
//! in; nothing is expanded in advance but the loops at section level. Reference: the template reference of the
//! CloudFormation user guide (intrinsic functions, parameters, rules) and the language extensions transform.

mod call;
mod cidr;
mod condition;
mod dynamic;
mod eval;
mod export;
mod foreach;
mod functions;
mod json_text;
mod load;
mod nested;
mod parameter;
mod reach;
mod secrets;
mod sub;
mod template;
mod unit;
mod validate;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests_whole;

use std::sync::Arc;

pub use export::{Export, ExportedKey, Exports};
pub use unit::Unit;

use super::{Loaded, Settings};
use crate::finding::Problem;
use crate::read::tree::Node;
use crate::source::Source;
use crate::source::files::Files;

/// Whether this tree is a CloudFormation template: `Resources` with a member whose `Type` is
/// `Publisher::Service::Resource`.
pub fn is_template(tree: &Node) -> bool {
    template::is_template(tree)
}

/// Reads a template. Anything else gives neither a unit nor a problem; text that looks like a template and can't be
/// read gives a problem.
pub fn load(source: &Arc<Source>, files: &dyn Files, settings: &Settings) -> Loaded {
    let (unit, problems) = read(source, files, settings);
    let units = unit.into_iter().map(|unit| Box::new(unit) as Box<dyn crate::model::Evaluator>).collect();
    Loaded { units, problems }
}

/// As [`load`], for callers that link units with each other: collect [`Exports`] of all of them, then give them to
/// [`Unit::with_exports`].
pub fn read(source: &Arc<Source>, files: &dyn Files, settings: &Settings) -> (Option<Unit>, Vec<Problem>) {
    load::read(source, files, settings)
}

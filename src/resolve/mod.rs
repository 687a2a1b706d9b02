//! Trees to evaluators: what each language means.
//!
//! `cloudformation`, `terraform` and `plan` each read their own sources through [`crate::read`] and give
//! [`Evaluator`]s; nothing above knows which language a stack came from.

pub mod cloudformation;
pub mod plan;
pub mod terraform;

use crate::finding::{Label, Problem};
use crate::model::Evaluator;
use crate::read::tree;

/// What the user pins from outside; it holds in every world.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Terraform variables, in the order of the command line: later ones win.
    pub variables: Vec<VariableSetting>,
    /// CloudFormation parameters and pseudo parameters: name and text. Later ones win.
    pub parameters: Vec<(String, String)>,
    /// Whether a Terraform directory is deployed as it stands, whatever marks of a root it has.
    pub deployed: bool,
}

/// One `--var` or `--var-file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VariableSetting {
    /// `--var name=text`; the text is converted by the variable's type.
    Text(String, String),
    /// A variable's value as a plan records it (null included).
    Value(String, serde_json::Value),
    /// `--var-file path` (`.tfvars` or `.tfvars.json`).
    File(String),
}

/// What loading gives: units that can be evaluated, and what went wrong.
#[derive(Default)]
pub struct Loaded {
    /// The units; none where nothing could be read.
    pub units: Vec<Box<dyn Evaluator>>,
    /// Problems found while reading and linking.
    pub problems: Vec<Problem>,
}

/// What a reader of YAML or JSON found wrong, as a problem.
pub fn problem(error: tree::Error) -> Problem {
    let related = error.related.into_iter().map(|(span, message)| Label { span, message }).collect();
    let told = Problem { related, fatal: error.fatal, ..Problem::at(error.kind, error.span, error.message) };
    match error.help {
        Some(help) => told.help(help),
        None => told,
    }
}

//! Policies as code: rule files, the check language, the engine and the harness of examples.

mod builtin;
mod code;
mod compare;
pub mod docs;
mod engine;
mod eval;
pub mod examples;
mod file;
mod front;
mod functions;
mod item;
mod listed;
mod markdown;
mod nearest;
mod set;
mod syntax;
mod template;
mod types;

#[cfg(test)]
mod tests;

pub use engine::{Judgement, judge, readable};
pub use file::{Example, ExampleFile, Mark, Rule, Spelling, Verdict};
pub use listed::Listed;
pub use set::{Choice, RuleSet};
pub use syntax::Fault;

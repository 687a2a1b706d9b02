//! Policies as code: rule files, the check language, the engine and the harness of examples.

mod functions;
mod nearest;
mod syntax;
mod types;

pub use syntax::Fault;

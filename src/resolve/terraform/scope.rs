//! The seam between expressions and configurations: what names mean where an expression stands.

use std::sync::Arc;

use super::val::Val;
use crate::source::Span;
use crate::source::files::Files;
use crate::value::World;

/// An evaluation error, as Terraform would give it; `try` and `can` catch it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The text that is wrong.
    pub span: Span,
    /// What is wrong, one sentence without a full stop.
    pub message: Arc<str>,
}

/// A step behind the root name of a reference, as far as it is written with constants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefStep {
    /// `.name`
    Attribute(Arc<str>),
    /// `["name"]`
    Key(Arc<str>),
    /// `[0]`
    Index(u64),
}

/// What names mean where an expression stands: the module's variables, locals, resources, `each`, `count`, `path`.
pub trait Scope: Send + Sync {
    /// Resolves a reference. `steps` are the constant steps written behind `root`; the answer says how many of them it
    /// used up (`var.x.y` uses one of two; `aws_kms_key.k[0].arn` may use three), and the evaluator applies the rest
    /// to the value. `for` variables never come here.
    ///
    /// # Errors
    /// As Terraform: undeclared names, `Invalid index`, cycles.
    fn resolve(
        &self,
        root: &str,
        steps: &[RefStep],
        span: Span,
        world: &mut World<'_>,
    ) -> Result<(Val, usize), Failure>;

    /// For `file`, `templatefile`, `fileset` and their like. Relative paths in expressions are relative to the working
    /// directory of Terraform: the root module's directory, [`Scope::root_directory`].
    fn files(&self) -> &dyn Files;

    /// The root module's directory, as shown to people (`.` for the working directory).
    fn root_directory(&self) -> &str;
}

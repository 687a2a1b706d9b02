//! The seam between expressions and configurations: what names mean where an expression stands.

use std::sync::Arc;

use super::expr::Keys;
use super::types::Ty;
use super::val::{Data, Val};
use crate::read::hcl::ast::Expr;
use crate::source::Span;
use crate::source::files::Files;
use crate::value::{InputId, Origin, Symbol, World};

/// An evaluation error, as Terraform would give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The text that is wrong.
    pub span: Span,
    /// What is wrong, one sentence without a full stop.
    pub message: Arc<str>,
    /// How far it reaches.
    pub reach: Reach,
}

/// How far a [`Failure`] reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The expression; `try` and `can` around it catch it.
    Expression,
    /// The whole configuration: a name that is not declared, a cycle, an error in a local or an argument that the
    /// expression reads. Terraform finds it before, or outside of, the expression.
    Configuration,
    /// It is none of Terraform's: a limit of this program was met.
    Limit,
}

impl Failure {
    /// One that `try` and `can` catch.
    pub fn new(span: Span, message: impl Into<Arc<str>>) -> Self {
        Failure { span, message: message.into(), reach: Reach::Expression }
    }

    /// One that nothing catches.
    pub fn whole(span: Span, message: impl Into<Arc<str>>) -> Self {
        Failure { reach: Reach::Configuration, ..Failure::new(span, message) }
    }

    /// A limit of this program.
    pub fn limit(span: Span, message: impl Into<Arc<str>>) -> Self {
        Failure { reach: Reach::Limit, ..Failure::new(span, message) }
    }

    /// Whether `try` and `can` catch it.
    pub fn is_caught(&self) -> bool {
        self.reach == Reach::Expression
    }

    /// The same as seen from outside of the local, argument or output that it is an error of.
    #[must_use]
    pub fn outside(self) -> Self {
        let reach = if self.is_caught() { Reach::Configuration } else { self.reach };
        Failure { reach, ..self }
    }
}

/// A step behind the root name of a reference, as far as it is written with constants.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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

    /// An attribute of a resource instance that [`Scope::resolve`] gave as a whole, as `Symbol::Ref(address)`: the element
    /// of a splat or of a `for` over a resource.
    ///
    /// # Errors
    /// As Terraform: an attribute that the resource does not have.
    fn attribute(&self, address: &str, name: &str, span: Span, _world: &mut World<'_>) -> Result<Val, Failure> {
        let symbol = Symbol::Attribute { resource: address.into(), attribute: name.into() };
        Ok(Val::new(Data::Symbol(symbol), Ty::Dynamic, Origin::at(span)))
    }

    /// The keys of what a name (`local.x`, `var.x`) means, where they can be told without its values.
    ///
    /// # Errors
    /// As [`Scope::resolve`].
    fn keys(&self, _: &str, _: &Arc<str>, _: Span, _: &mut World<'_>) -> Result<Option<Keys>, Failure> {
        Ok(None)
    }

    /// Whether what a name (`var.x`, `local.x`, `ephemeral.kind.x`) means is ephemeral.
    fn is_ephemeral(&self, _: &Expr) -> bool {
        false
    }

    /// What tells a text that stands here from the same text in another instance of the module.
    fn note(&self) -> String {
        String::new()
    }

    /// Whether an input has no declared type, so that its value may be of any.
    fn is_untyped(&self, _: InputId) -> bool {
        false
    }

    /// Whether anything that can be met here is sensitive.
    fn has_secrets(&self) -> bool {
        false
    }

    /// For `file`, `templatefile`, `fileset` and their like. Relative paths in expressions are relative to the working
    /// directory of Terraform: the root module's directory, [`Scope::root_directory`].
    fn files(&self) -> &dyn Files;

    /// The root module's directory, as shown to people (`.` for the working directory).
    fn root_directory(&self) -> &str;
}

//! A scope without names: defaults, variable files, and validations that speak of one variable.

use super::scope::{Failure, RefStep, Scope};
use super::val::Val;
use super::variables::evaluate_constant;
use crate::read::hcl::ast::Expr;
use crate::source::files::{FileError, Files, Member};
use crate::source::{Source, Sources, Span};
use crate::value::World;
use std::sync::Arc;

/// Constants, and at most one variable.
pub(super) struct Constants<'c> {
    files: Option<&'c dyn Files>,
    none: NoFiles,
    variable: Option<(&'c str, Val)>,
}

impl<'c> Constants<'c> {
    /// No names at all; without `files`, functions that read files find none.
    pub(super) fn new(files: Option<&'c dyn Files>) -> Self {
        Constants { files, none: NoFiles::default(), variable: None }
    }

    /// The same with `var.name`.
    pub(super) fn with_variable(mut self, name: &'c str, value: Val) -> Self {
        self.variable = Some((name, value));
        self
    }

    /// The expression's value.
    ///
    /// # Errors
    /// As Terraform's; any name but the variable is one.
    pub(super) fn evaluate(&self, expr: &Expr) -> Result<Val, Failure> {
        evaluate_constant(expr, self)
    }
}

impl Scope for Constants<'_> {
    fn resolve(
        &self,
        root: &str,
        steps: &[RefStep],
        span: Span,
        _world: &mut World<'_>,
    ) -> Result<(Val, usize), Failure> {
        match (&self.variable, root, steps.first()) {
            (Some((name, value)), "var", Some(RefStep::Attribute(asked))) if **asked == **name => {
                Ok((value.clone(), 1))
            }
            _ => Err(Failure::whole(span, format!("`{root}` can't be used here, only constants"))),
        }
    }

    fn has_secrets(&self) -> bool {
        true
    }

    fn files(&self) -> &dyn Files {
        self.files.unwrap_or(&self.none)
    }

    fn root_directory(&self) -> &str {
        "."
    }
}

/// No file exists.
#[derive(Default)]
pub(super) struct NoFiles {
    sources: Sources,
}

impl Files for NoFiles {
    fn sources(&self) -> &Sources {
        &self.sources
    }

    fn read(&self, _path: &str) -> Result<Arc<Source>, FileError> {
        Err(FileError::NotFound)
    }

    fn bytes(&self, _path: &str) -> Result<Vec<u8>, FileError> {
        Err(FileError::NotFound)
    }

    fn list(&self, _directory: &str) -> Result<Vec<Member>, FileError> {
        Err(FileError::NotFound)
    }

    fn absolute(&self, path: &str) -> String {
        path.to_owned()
    }
}

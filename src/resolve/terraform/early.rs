//! Sources of modules that are expressions: what variables and locals give them before anything is planned.
//!
//! OpenTofu 1.8 and Terraform 1.15 (`const` variables) evaluate them when the directory is initialised, so a variable that
//! a source hangs on has one value from then on: the one that is given, or its default.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use super::constants::NoFiles;
use super::scope::{Failure, RefStep, Scope};
use super::tfvars::Values;
use super::tree::Node;
use super::val::{Data, Val};
use super::variables::evaluate_constant;
use crate::read::hcl::ast::Expr;
use crate::source::Span;
use crate::source::files::Files;
use crate::value::World;

/// Longest chain of variables and locals.
const MAX_CHAIN: usize = 32;

/// The names of one module, as far as they are known early.
pub(super) struct Early<'e> {
    nodes: &'e [Node],
    at: usize,
    given: &'e Values,
    used: &'e Mutex<BTreeSet<Arc<str>>>,
    depth: usize,
    none: NoFiles,
}

impl<'e> Early<'e> {
    /// In node `at`. `given` are values of the root's variables; `used` gathers those that are asked for.
    pub(super) fn new(
        nodes: &'e [Node],
        at: usize,
        given: &'e Values,
        used: &'e Mutex<BTreeSet<Arc<str>>>,
    ) -> Early<'e> {
        Early { nodes, at, given, used, depth: 0, none: NoFiles::default() }
    }

    /// The text that an expression gives.
    ///
    /// # Errors
    /// What is known only later, and everything that is no text.
    pub(super) fn text(&self, expr: &Expr) -> Result<Arc<str>, Failure> {
        match evaluate_constant(expr, self)?.data {
            Data::String(text) => Ok(text),
            _ => Err(Failure::whole(expr.span, "this is no text".to_owned())),
        }
    }

    fn inside(&self, at: usize, expr: &Expr) -> Result<Val, Failure> {
        if self.depth > MAX_CHAIN {
            return Err(Failure::whole(expr.span, "this goes through too many names".to_owned()));
        }
        let depth = self.depth + 1;
        evaluate_constant(expr, &Early { at, depth, none: NoFiles::default(), ..*self })
    }

    fn variable(&self, name: &Arc<str>, span: Span) -> Result<Val, Failure> {
        let unknown = || Failure::whole(span, format!("var.{name} has no value"));
        let node = self.nodes.get(self.at).ok_or_else(unknown)?;
        let declared = node.module.variables.get(name).ok_or_else(unknown)?;
        let passed = match node.parent {
            Some((outer, call)) => {
                let call = self.nodes.get(outer).and_then(|node| node.module.calls.get(call));
                call.and_then(|call| call.argument(name)).map(|it| self.inside(outer, &it.value)).transpose()?
            }
            None => {
                if let Ok(mut used) = self.used.lock() {
                    used.insert(Arc::clone(name));
                }
                self.given.get(name).cloned()
            }
        };
        let value = passed.or_else(|| declared.default.clone()).ok_or_else(unknown)?;
        declared.accept(value)
    }
}

impl Scope for Early<'_> {
    fn resolve(
        &self,
        root: &str,
        steps: &[RefStep],
        span: Span,
        _world: &mut World<'_>,
    ) -> Result<(Val, usize), Failure> {
        match (root, steps.first()) {
            ("var", Some(RefStep::Attribute(name))) => Ok((self.variable(name, span)?, 1)),
            ("local", Some(RefStep::Attribute(name))) => {
                let local = self.nodes.get(self.at).and_then(|node| node.module.locals.get(name));
                let local = local.ok_or_else(|| Failure::whole(span, format!("there is no local.{name}")))?;
                Ok((self.inside(self.at, &local.value)?, 1))
            }
            _ => Err(Failure::whole(span, format!("`{root}` is not known when modules are installed"))),
        }
    }

    fn files(&self) -> &dyn Files {
        &self.none
    }

    fn root_directory(&self) -> &str {
        "."
    }
}

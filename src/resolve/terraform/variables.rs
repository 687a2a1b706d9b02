//! `variable` blocks, and the inputs that the root module's variables become.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::constants::Constants;
use super::constraint::Constraint;
use super::evaluate::{convert, evaluate, import, literal};
use super::module::{Module, attribute};
use super::scope::{Failure, Scope};
use super::types::Ty;
use super::val::{Data, Val};
use super::walk;
use crate::finding::Problem;
use crate::read::hcl::ast::{BinaryOperator, Block, Expr, ExprKind};
use crate::source::Span;
use crate::source::files::Files;
use crate::value::{Accepts, Input, InputId, InputKind, Inputs, Origin};

/// A `variable` block.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    /// Its name.
    pub(super) name: Arc<str>,
    /// Its declared type.
    pub(super) constraint: Constraint,
    /// Whether `type` is written.
    pub(super) typed: bool,
    /// Its `default`, converted.
    pub(super) default: Option<Val>,
    /// `nullable`, where it is written.
    pub(super) nullable: Option<bool>,
    /// Whether it must not be printed.
    pub(super) sensitive: bool,
    /// Whether its value is never kept.
    pub(super) ephemeral: bool,
    /// The conditions of its `validation` blocks.
    pub(super) validations: Vec<Expr>,
    /// Its label.
    pub(super) span: Span,
}

impl Variable {
    /// Reads a `variable` block with a label. What is wrong is told, and left out.
    pub(super) fn read(block: &Block, problems: &mut Vec<Problem>) -> Variable {
        let (name, span) = match block.labels.first() {
            Some(label) => (Arc::clone(&label.text), label.span),
            None => ("".into(), block.header),
        };
        let constant = |expr: &Expr| Constants::new(None).evaluate(expr).map_err(|failure| failure.message.to_string());
        let written = attribute(&block.body, "type");
        let constraint = match written.map(|written| Constraint::read(&written.value, &constant)) {
            None => Constraint::any(),
            Some(Ok(constraint)) => constraint,
            Some(Err((span, message))) => {
                problems.push(Problem::at("variable", span, message));
                Constraint::any()
            }
        };
        let mut variable = Variable {
            name,
            constraint,
            typed: written.is_some(),
            default: None,
            nullable: flag(block, "nullable"),
            sensitive: is_sensitive(block),
            ephemeral: flag(block, "ephemeral").unwrap_or(false),
            validations: block
                .body
                .blocks
                .iter()
                .filter(|inner| &*inner.kind == "validation")
                .filter_map(|inner| attribute(&inner.body, "condition"))
                .map(|condition| condition.value.clone())
                .collect(),
            span,
        };
        if let Some(default) = attribute(&block.body, "default") {
            match Constants::new(None).evaluate(&default.value).and_then(|value| variable.accept(value)) {
                Ok(value) => variable.default = Some(value),
                Err(failure) => {
                    let message =
                        format!("the default of variable {} can't be used: {}", variable.name, failure.message);
                    problems.push(Problem::at("variable", default.value.span, message));
                }
            }
        }
        variable
    }

    /// A value as this variable has it: missing attributes filled, converted to its type.
    ///
    /// # Errors
    /// The value does not fit the type.
    pub(super) fn accept(&self, value: Val) -> Result<Val, Failure> {
        let span = value.origin.span.unwrap_or(self.span);
        let origin = value.origin.clone();
        let hidden = self.sensitive || value.holds_secret();
        let mut accepted = convert(&self.constraint.fill(value), &self.constraint.ty, span).map_err(|failure| {
            let message =
                if hidden { "its value, which is sensitive, does not fit its type".into() } else { failure.message };
            Failure { message, ..failure }
        })?;
        accepted.origin = origin;
        Ok(if self.sensitive { accepted.sensitive() } else { accepted })
    }

    /// Whether null may be its value as far as its declaration says (`nullable` and `default`).
    ///
    /// Terraform lets any variable be null unless `nullable = false`. Nobody sets a switch or a list to null where it
    /// has another default, and code that would stop with an error there is no finding: only strings, and what says
    /// so, may be null here.
    fn may_be_null(&self, default: Option<&Val>) -> bool {
        match self.nullable {
            Some(nullable) => nullable,
            None if default.is_some_and(|default| matches!(default.data, Data::Null)) => true,
            None => {
                matches!(self.constraint.ty, Ty::String | Ty::Dynamic)
                    && default.is_none_or(|default| literal(default).is_some_and(|json| json.is_string()))
            }
        }
    }
}

/// Whether a variable or an output says that it must not be printed.
pub(super) fn is_sensitive(block: &Block) -> bool {
    ["sensitive", "ephemeral"].iter().any(|name| flag(block, name) == Some(true))
}

fn flag(block: &Block, name: &str) -> Option<bool> {
    match &attribute(&block.body, name)?.value.kind {
        ExprKind::Bool(flag) => Some(*flag),
        ExprKind::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// A variable of the root module as an input.
#[derive(Clone, Debug)]
pub(super) struct RootVariable {
    /// The input.
    pub(super) id: InputId,
    /// Its default as JSON and as a value with the places of its parts.
    default: Option<(Json, Val)>,
    /// Its pinned value, likewise.
    pinned: Option<(Json, Val)>,
    /// Its declaration's label.
    span: Span,
    /// Its type.
    ty: Ty,
    /// Whether it must not be printed.
    pub(super) sensitive: bool,
    /// Whether its declaration speaks of null: `nullable = true`, or a null default.
    pub(super) says_nullable: bool,
}

impl RootVariable {
    /// The value with which this input is known.
    ///
    /// # Errors
    /// The value does not fit the type.
    pub(super) fn value(&self, known: &Json) -> Result<Val, Failure> {
        for (json, value) in self.pinned.iter().chain(&self.default) {
            if json == known {
                return Ok(value.clone());
            }
        }
        convert(&import(known, &Origin::at(self.span)), &self.ty, self.span)
    }

    /// What decided it where it is open.
    pub(super) fn origin(&self) -> Origin {
        Origin::at(self.span)
    }

    /// Its type.
    pub(super) fn ty(&self) -> &Ty {
        &self.ty
    }
}

/// Values that files and the command line set, by variable.
pub(super) struct Settings<'s> {
    /// From the files that Terraform itself loads.
    pub(super) automatic: &'s BTreeMap<Arc<str>, Val>,
    /// From the command line.
    pub(super) pinned: &'s BTreeMap<Arc<str>, Val>,
}

/// Adds the root module's variables to the inputs.
pub(super) fn add_inputs(
    module: &Module,
    settings: &Settings<'_>,
    files: &Arc<dyn Files>,
    inputs: &mut Inputs,
    problems: &mut Vec<Problem>,
) -> BTreeMap<Arc<str>, RootVariable> {
    let mut list: Vec<&Variable> = module.variables.values().collect();
    list.sort_by_key(|variable| variable.span);
    let mut variables = BTreeMap::new();
    for variable in list {
        let mut set = |values: &BTreeMap<Arc<str>, Val>| match values.get(&variable.name) {
            // `nullable = false` turns an explicit null into the default.
            Some(value) if matches!(value.data, Data::Null) && variable.nullable == Some(false) => None,
            Some(value) => match variable.accept(value.clone()) {
                Ok(value) => Some(value),
                Err(failure) => {
                    let message = format!("this is no value for var.{}: {}", variable.name, failure.message);
                    problems.push(Problem::at("variable", value.origin.span.unwrap_or(variable.span), message));
                    None
                }
            },
            None => None,
        };
        let default = set(settings.automatic).or_else(|| variable.default.clone());
        let pinned = set(settings.pinned).or_else(|| {
            let nulled = settings.pinned.get(&variable.name).is_some_and(|value| matches!(value.data, Data::Null));
            if nulled { variable.default.clone() } else { None }
        });
        let root = add_input(variable, default, pinned, files, inputs);
        variables.insert(Arc::clone(&variable.name), root);
    }
    variables
}

fn add_input(
    variable: &Variable,
    default: Option<Val>,
    pinned: Option<Val>,
    files: &Arc<dyn Files>,
    inputs: &mut Inputs,
) -> RootVariable {
    let with_json = |value: Option<Val>| value.and_then(|value| Some((literal(&value)?, value)));
    let mut input = Input::new(format!("var.{}", variable.name), InputKind::Variable);
    input.nullable = variable.may_be_null(default.as_ref());
    let (default, pinned) = (with_json(default), with_json(pinned));
    input.default = default.as_ref().map(|(json, _)| json.clone());
    input.default_span = default.as_ref().and_then(|(_, value)| value.origin.span);
    input.pinned = pinned.as_ref().map(|(json, _)| json.clone());
    input.sensitive = variable.sensitive;
    input.span = Some(variable.span);
    if variable.constraint.ty == Ty::Bool {
        input.allowed = Some(vec![Json::Bool(true), Json::Bool(false)]);
    }
    for condition in &variable.validations {
        if let Some(list) = finite(condition, variable) {
            input.allowed_span = Some(condition.span);
            input.allowed = Some(list);
        }
    }
    let accepts = accepts(variable, files);
    if let Some(accepts) = &accepts {
        input.nullable &= accepts(&Json::Null);
        if let Some(list) = &mut input.allowed {
            list.retain(|json| accepts(json));
        }
    }
    input.accepts = accepts;
    let id = inputs.add(input);
    let says_nullable = variable.nullable == Some(true)
        || variable.default.as_ref().is_some_and(|default| matches!(default.data, Data::Null));
    let (span, ty, sensitive) = (variable.span, variable.constraint.ty.clone(), variable.sensitive);
    RootVariable { id, default, pinned, span, ty, sensitive, says_nullable }
}

/// The literals to which a condition such as `contains(["a", "b"], var.x)` limits the variable.
fn finite(condition: &Expr, variable: &Variable) -> Option<Vec<Json>> {
    match &condition.kind {
        ExprKind::Parens(inner) => finite(inner, variable),
        ExprKind::Binary { operator: BinaryOperator::And, left, right } => {
            finite(left, variable).or_else(|| finite(right, variable))
        }
        ExprKind::Binary { operator: BinaryOperator::Or, left, right } => {
            let mut list = finite(left, variable)?;
            for json in finite(right, variable)? {
                if !list.contains(&json) {
                    list.push(json);
                }
            }
            Some(list)
        }
        ExprKind::Binary { operator: BinaryOperator::Equal, left, right } => {
            let other = if is_variable(left, variable) { right } else { left };
            if !is_variable(left, variable) && !is_variable(right, variable) {
                return None;
            }
            match other.kind {
                // Whether it may be null is asked of the whole condition.
                ExprKind::Null => Some(Vec::new()),
                _ => Some(vec![constant(other, variable)?]),
            }
        }
        ExprKind::Call { name, arguments, .. } if &**name == "contains" => match arguments.as_slice() {
            [Expr { kind: ExprKind::Tuple(items), .. }, asked] if is_variable(asked, variable) => {
                items.iter().map(|item| constant(item, variable)).collect()
            }
            _ => None,
        },
        _ => None,
    }
}

fn constant(expr: &Expr, variable: &Variable) -> Option<Json> {
    let value = Constants::new(None).evaluate(expr).ok()?;
    literal(&variable.accept(value).ok()?)
}

fn is_variable(expr: &Expr, variable: &Variable) -> bool {
    match &expr.kind {
        ExprKind::Parens(inner) => is_variable(inner, variable),
        ExprKind::GetAttr { object, name, .. } => {
            matches!(&object.kind, ExprKind::Variable(root) if &**root == "var") && *name == variable.name
        }
        _ => false,
    }
}

/// A test of a literal against those validations that speak of this variable alone.
fn accepts(variable: &Variable, files: &Arc<dyn Files>) -> Option<Accepts> {
    let own: Vec<Expr> =
        variable.validations.iter().filter(|condition| speaks_of_only(condition, variable)).cloned().collect();
    if own.is_empty() {
        return None;
    }
    let (variable, files) = (variable.clone(), Arc::clone(files));
    Some(Arc::new(move |json: &Json| {
        let Ok(value) = variable.accept(import(json, &Origin::at(variable.span))) else { return false };
        let scope = Constants::new(Some(&*files)).with_variable(&variable.name, value);
        own.iter().all(|condition| match scope.evaluate(condition) {
            Ok(value) => !matches!(value.data, Data::Bool(false)),
            // As Terraform: a condition that gives an error refuses the value.
            Err(_) => false,
        })
    }))
}

/// Whether a validation can be tested without knowing anything but the variable.
pub(super) fn speaks_of_only(condition: &Expr, variable: &Variable) -> bool {
    let (names, only) = walk::variables(condition);
    only && names.iter().all(|name| *name == variable.name)
}

/// Evaluates an expression in a scope of constants; kept here for [`Constants`].
pub(super) fn evaluate_constant(expr: &Expr, scope: &dyn Scope) -> Result<Val, Failure> {
    let inputs = Inputs::new();
    let mut world = crate::value::World::new(&inputs, crate::value::Mode::Free);
    evaluate(expr, scope, &mut world)
}

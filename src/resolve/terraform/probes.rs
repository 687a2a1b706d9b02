//! Values of an input that are worth telling apart from all others: those that the code holds it against.
//!
//! Where an expression over an open input can't be reduced (`lookup({ prod = true }, var.env, false)`), its value is
//! computed for each of these, and only what is left is unknown.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::tree::Node;
use super::types::Ty;
use super::variables::RootVariable;
use super::walk::{each, each_in_body};
use crate::read::hcl::ast::{Expr, ExprKind};
use crate::value::Inputs;

/// Most values for one input.
const MAX_PROBES: usize = 6;

/// Notes such values for every variable of the root.
pub(super) fn add(nodes: &[Node], variables: &BTreeMap<Arc<str>, RootVariable>, inputs: &mut Inputs) {
    let Some(root) = nodes.first() else { return };
    let mut found: BTreeMap<Arc<str>, Vec<Json>> = BTreeMap::new();
    let mut see = |expr: &Expr| {
        if matches!(expr.kind, ExprKind::Call { .. } | ExprKind::Binary { .. } | ExprKind::Index { .. }) {
            compared(expr, &mut found);
        }
        true
    };
    let module = &root.module;
    let bodies = module.resources.iter().map(|resource| &resource.body);
    for body in bodies.chain(module.calls.iter().map(|call| &call.body)) {
        each_in_body(body, &mut see);
    }
    for local in module.locals.values() {
        each(&local.value, &mut see);
    }
    for (name, variable) in variables {
        let literals = found.remove(name).unwrap_or_default();
        let own: Vec<Json> = match variable.ty() {
            Ty::Number => vec![json!(0), json!(1), json!(2)],
            Ty::String => vec![json!("")],
            Ty::Map(_) | Ty::Object(_) => vec![json!({})],
            Ty::List(_) | Ty::Set(_) | Ty::Tuple(_) => vec![json!([])],
            _ => Vec::new(),
        };
        let fits = |json: &Json| match variable.ty() {
            Ty::String => json.is_string(),
            Ty::Number => json.is_number(),
            _ => false,
        };
        let Some(input) = inputs.get_mut(variable.id) else { continue };
        for json in own.into_iter().chain(literals.into_iter().filter(fits)) {
            if input.probes.len() < MAX_PROBES && !input.probes.contains(&json) && input.default.as_ref() != Some(&json)
            {
                input.probes.push(json);
            }
        }
    }
}

/// Notes the literals in an expression for the variables that stand directly in it.
fn compared(expr: &Expr, found: &mut BTreeMap<Arc<str>, Vec<Json>>) {
    let (mut names, mut literals) = (Vec::new(), Vec::new());
    each(expr, &mut |part| match &part.kind {
        ExprKind::GetAttr { object, name, .. } if matches!(&object.kind, ExprKind::Variable(root) if &**root == "var") =>
        {
            names.push(Arc::clone(name));
            false
        }
        ExprKind::String(text) => {
            literals.push(json!(&**text));
            false
        }
        ExprKind::Number(text) => {
            literals.extend(serde_json::from_str::<Json>(text).ok());
            false
        }
        // What stands in another decision is compared there.
        ExprKind::Conditional { .. } => false,
        _ => true,
    });
    for name in names {
        let list = found.entry(name).or_default();
        for literal in &literals {
            if list.len() < 4 * MAX_PROBES && !list.contains(literal) {
                list.push(literal.clone());
            }
        }
    }
}

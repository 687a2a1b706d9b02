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
        compared(expr, &mut found);
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
        // Who must set a variable sets it to something: only what the code itself compares it with is told apart.
        let own = if input.default.is_some() { own } else { Vec::new() };
        for json in own.into_iter().chain(literals.into_iter().filter(fits)) {
            if input.probes.len() < MAX_PROBES && !input.probes.contains(&json) && input.default.as_ref() != Some(&json)
            {
                input.probes.push(json);
            }
        }
    }
}

/// Notes the literals that an expression looks a variable up in: `contains(["a"], var.x)`, `lookup({ a = 1 }, var.x)`,
/// `{ a = 1 }[var.x]`. Comparisons decide by themselves.
fn compared(expr: &Expr, found: &mut BTreeMap<Arc<str>, Vec<Json>>) {
    let (asked, places): (Vec<&Expr>, Vec<&Expr>) = match &expr.kind {
        ExprKind::Call { name, arguments, .. } if matches!(&**name, "contains" | "lookup" | "index") => {
            (arguments.get(1).into_iter().collect(), arguments.first().into_iter().collect())
        }
        ExprKind::Index { object, index } => (vec![index], vec![object]),
        _ => return,
    };
    let Some(name) = asked.first().and_then(|asked| variable_name(asked)) else { return };
    let list = found.entry(name).or_default();
    for place in places {
        let literals: Vec<&Expr> = match &place.kind {
            ExprKind::Tuple(items) => items.iter().collect(),
            ExprKind::Object(items) => items.iter().map(|item| &item.key).collect(),
            _ => Vec::new(),
        };
        for literal in literals {
            let json = match &literal.kind {
                ExprKind::String(text) => json!(&**text),
                ExprKind::Number(text) => serde_json::from_str(text).unwrap_or(Json::Null),
                _ => continue,
            };
            if list.len() < MAX_PROBES && !list.contains(&json) {
                list.push(json);
            }
        }
    }
}

fn variable_name(expr: &Expr) -> Option<Arc<str>> {
    match &expr.kind {
        ExprKind::GetAttr { object, name, .. } if matches!(&object.kind, ExprKind::Variable(root) if &**root == "var") => {
            Some(Arc::clone(name))
        }
        ExprKind::Parens(inner) => variable_name(inner),
        _ => None,
    }
}

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
use crate::value::{Input, Inputs};

/// Most values for one input.
const MAX_PROBES: usize = 6;

/// Notes such values for every variable of the root.
pub(super) fn add(nodes: &[Node], variables: &BTreeMap<Arc<str>, RootVariable>, inputs: &mut Inputs) {
    let Some(root) = nodes.first() else { return };
    let mut found: BTreeMap<Arc<str>, Vec<Json>> = BTreeMap::new();
    let mut arns: Vec<Json> = Vec::new();
    let mut see = |expr: &Expr| {
        compared(expr, &mut found);
        note_arn(expr, &mut arns);
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
        let literals = found.get(name).cloned().unwrap_or_default();
        let own: Vec<Json> = match variable.ty() {
            Ty::Number => vec![json!(0), json!(1), json!(2)],
            Ty::String => vec![json!("")],
            // An object or tuple has what its type says: an empty one is none of them.
            Ty::Map(_) => vec![json!({})],
            Ty::List(_) | Ty::Set(_) => vec![json!([])],
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
        input.finer = finer(variable.ty(), input, found.get(name).map_or(&[], Vec::as_slice), &arns);
    }
}

/// Values that `inspect` tells apart besides: ARNs that stand in the sources, for strings that are none by default; and the
/// beginnings of a list's default, with and without a member that is asked for.
fn finer(ty: &Ty, input: &Input, asked: &[Json], arns: &[Json]) -> Vec<Json> {
    let mut values: Vec<Json> = Vec::new();
    match (ty, &input.default) {
        (Ty::String, Some(Json::Null)) => values.extend(arns.iter().cloned()),
        (Ty::String, Some(Json::String(text))) if text.is_empty() || text.starts_with("arn:") => {
            values.extend(arns.iter().cloned());
        }
        (Ty::List(element) | Ty::Set(element), Some(Json::Array(default))) if **element == Ty::String => {
            let beginnings = (0..=default.len().min(MAX_BEGINNING)).map(|length| &default[..length]);
            for beginning in beginnings {
                values.push(beginning.into());
                let further = asked.iter().filter(|asked| asked.is_string() && !beginning.contains(asked));
                values.extend(further.map(|asked| [beginning, std::slice::from_ref(asked)].concat().into()));
            }
        }
        _ => {}
    }
    values.retain(|value| input.default.as_ref() != Some(value) && !input.probes.contains(value));
    values.truncate(MAX_PROBES);
    values
}

/// Longest beginning of a list's default that is told apart.
const MAX_BEGINNING: usize = 3;
/// Most ARNs that are told apart.
const MAX_ARNS: usize = 2;

fn note_arn(expr: &Expr, arns: &mut Vec<Json>) {
    if let ExprKind::String(text) = &expr.kind
        && text.starts_with("arn:")
        && arns.len() < MAX_ARNS
        && !arns.contains(&json!(&**text))
    {
        arns.push(json!(&**text));
    }
}

/// Notes the literals that an expression looks a variable up in: `contains(["a"], var.x)`, `lookup({ a = 1 }, var.x)`,
/// `{ a = 1 }[var.x]`; and those that are looked up in it: `contains(var.x, "a")`. Comparisons decide by themselves.
fn compared(expr: &Expr, found: &mut BTreeMap<Arc<str>, Vec<Json>>) {
    if let ExprKind::Call { name, arguments, .. } = &expr.kind
        && &**name == "contains"
        && let [place, Expr { kind: ExprKind::String(text), .. }] = arguments.as_slice()
        && let Some(name) = variable_name(place)
    {
        found.entry(name).or_default().push(json!(&**text));
        return;
    }
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

//! Walking syntax trees: which names an expression speaks of.

use std::sync::Arc;

use crate::read::hcl::ast::{Body, Expr, ExprKind, TemplatePart};

/// Calls `see` for `expr` and everything below it, outside in. Where `see` answers false, what is below is left out.
pub(super) fn each<'e>(expr: &'e Expr, see: &mut dyn FnMut(&'e Expr) -> bool) {
    if !see(expr) {
        return;
    }
    match &expr.kind {
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Number(_)
        | ExprKind::String(_)
        | ExprKind::Variable(_)
        | ExprKind::SplatItem => {}
        ExprKind::Template(parts) => each_part(parts, see),
        ExprKind::Tuple(items) => items.iter().for_each(|item| each(item, see)),
        ExprKind::Object(items) => {
            for item in items {
                each(&item.key, see);
                each(&item.value, see);
            }
        }
        ExprKind::GetAttr { object, .. } => each(object, see),
        ExprKind::Index { object, index } => {
            each(object, see);
            each(index, see);
        }
        ExprKind::Splat { source, each: applied } => {
            each(source, see);
            each(applied, see);
        }
        ExprKind::Call { arguments, .. } => arguments.iter().for_each(|argument| each(argument, see)),
        ExprKind::Conditional { condition, yes, no } => {
            for part in [condition, yes, no] {
                each(part, see);
            }
        }
        ExprKind::Binary { left, right, .. } => {
            each(left, see);
            each(right, see);
        }
        ExprKind::Not(inner) | ExprKind::Negate(inner) | ExprKind::Parens(inner) => each(inner, see),
        ExprKind::For(inner) => {
            each(&inner.collection, see);
            for part in [inner.key.as_ref(), Some(&inner.value), inner.condition.as_ref()].into_iter().flatten() {
                each(part, see);
            }
        }
    }
}

fn each_part<'e>(parts: &'e [TemplatePart], see: &mut dyn FnMut(&'e Expr) -> bool) {
    for part in parts {
        match part {
            TemplatePart::Literal(..) => {}
            TemplatePart::Interpolation(inner) => each(inner, see),
            TemplatePart::If { condition, yes, no } => {
                each(condition, see);
                each_part(yes, see);
                each_part(no, see);
            }
            TemplatePart::For { collection, body, .. } => {
                each(collection, see);
                each_part(body, see);
            }
        }
    }
}

/// Calls `see` for every expression in a body, nested blocks included.
pub(super) fn each_in_body<'e>(body: &'e Body, see: &mut dyn FnMut(&'e Expr) -> bool) {
    for attribute in &body.attributes {
        each(&attribute.value, see);
    }
    for block in &body.blocks {
        each_in_body(&block.body, see);
    }
}

/// The names of the variables that are read as `var.name`, in order of appearance, and whether nothing else is
/// referred to (`for` variables and splat items aside).
pub(super) fn variables(expr: &Expr) -> (Vec<Arc<str>>, bool) {
    let mut names: Vec<Arc<str>> = Vec::new();
    let mut bound: Vec<&str> = Vec::new();
    each(expr, &mut |part| {
        if let ExprKind::For(inner) = &part.kind {
            bound.extend(inner.key_name.as_deref());
            bound.push(&inner.value_name);
        }
        true
    });
    let mut only = true;
    each(expr, &mut |part| match &part.kind {
        ExprKind::GetAttr { object, name, .. } if matches!(&object.kind, ExprKind::Variable(root) if &**root == "var") =>
        {
            if !names.contains(name) {
                names.push(Arc::clone(name));
            }
            false
        }
        ExprKind::Variable(root) => {
            only &= bound.contains(&&**root);
            true
        }
        _ => true,
    });
    (names, only)
}

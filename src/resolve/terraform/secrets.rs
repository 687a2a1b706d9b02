//! What of a configuration's text is the value of something sensitive, and so must not be quoted.

use std::sync::Arc;

use super::module::{CALL_META, Module};
use super::tree::{Child, Node};
use super::val::{Data, Val};
use super::variables::{Settings, Variable};
use super::walk;
use crate::read::hcl::ast::{BinaryOperator, Body, Expr, ExprKind, TemplatePart};
use crate::source::Sources;

/// Hides what is sensitive in all modules. Whether there is anything.
pub(super) fn hide(nodes: &[Node], settings: &Settings<'_>, sources: &Sources) -> bool {
    let mut found = false;
    if let Some(root) = nodes.first() {
        for variable in root.module.variables.values().filter(|variable| variable.sensitive) {
            for values in [settings.automatic, settings.pinned] {
                let told = shown(&root.module, &variable.name);
                values.get(&variable.name).into_iter().for_each(|value| hide_value(value, told, sources));
            }
        }
    }
    let mut seen: Vec<*const Module> = Vec::new();
    for node in nodes {
        found |= passed(node, nodes, sources);
        if !seen.contains(&Arc::as_ptr(&node.module)) {
            seen.push(Arc::as_ptr(&node.module));
            found |= declared(&node.module, sources);
        }
    }
    found
}

/// The literals that a call passes for sensitive variables.
fn passed(node: &Node, nodes: &[Node], sources: &Sources) -> bool {
    let mut found = false;
    for (call, child) in node.module.calls.iter().zip(&node.children) {
        let Child::Node(child) = child else { continue };
        let Some(called) = nodes.get(*child) else { continue };
        for attribute in call.body.attributes.iter().filter(|it| !CALL_META.contains(&&*it.name)) {
            if called.module.variables.get(&attribute.name).is_some_and(|variable| variable.sensitive) {
                found = true;
                literals(&attribute.value, sources);
            }
        }
    }
    found
}

fn declared(module: &Module, sources: &Sources) -> bool {
    let mut found = false;
    for variable in module.variables.values().filter(|variable| variable.sensitive) {
        found = true;
        let told = shown(module, &variable.name);
        variable.default.iter().for_each(|default| hide_value(default, told, sources));
        variable.validations.iter().for_each(|condition| compared(condition, module, sources, &mut found));
    }
    for output in module.outputs.values() {
        found |= output.sensitive;
        if let Some(value) = &output.value {
            if output.sensitive {
                literals(value, sources);
            }
            compared(value, module, sources, &mut found);
        }
    }
    module.locals.values().for_each(|local| compared(&local.value, module, sources, &mut found));
    let bodies = module.resources.iter().map(|it| &it.body).chain(module.calls.iter().map(|it| &it.body));
    let bodies = bodies.chain(module.providers.iter().map(|it| &it.body));
    bodies.for_each(|body| in_body(body, module, sources, &mut found));
    found
}

fn in_body(body: &Body, module: &Module, sources: &Sources, found: &mut bool) {
    walk::each_in_body(body, &mut |expr| see(expr, module, sources, found));
}

/// Hides the arguments of `sensitive`, and the literals that a sensitive variable is compared with.
fn compared(expr: &Expr, module: &Module, sources: &Sources, found: &mut bool) {
    walk::each(expr, &mut |expr| see(expr, module, sources, found));
}

fn see(expr: &Expr, module: &Module, sources: &Sources, found: &mut bool) -> bool {
    match &expr.kind {
        ExprKind::Call { name, arguments, .. } if matches!(&**name, "sensitive" | "core::sensitive") => {
            *found = true;
            arguments.iter().for_each(|argument| literals(argument, sources));
        }
        ExprKind::Call { name, arguments, .. }
            if &**name == "contains" && arguments.iter().any(|argument| is_sensitive(argument, module)) =>
        {
            arguments.iter().for_each(|argument| literals(argument, sources));
        }
        ExprKind::Binary { operator: BinaryOperator::Equal | BinaryOperator::NotEqual, left, right } => {
            for (one, other) in [(left, right), (right, left)] {
                if is_sensitive(one, module) {
                    literals(other, sources);
                }
            }
        }
        _ => {}
    }
    true
}

fn is_sensitive(expr: &Expr, module: &Module) -> bool {
    let of = |variable: &Variable| variable.sensitive;
    match &expr.kind {
        ExprKind::Parens(inner) => is_sensitive(inner, module),
        ExprKind::GetAttr { object, name, .. } => match &object.kind {
            ExprKind::Variable(root) => &**root == "var" && module.variables.get(name).is_some_and(of),
            _ => is_sensitive(object, module),
        },
        _ => false,
    }
}

/// Hides the literals that an expression is made of.
fn literals(expr: &Expr, sources: &Sources) {
    match &expr.kind {
        ExprKind::String(text) => {
            sources.hide(expr.span);
            sources.hide_word(text);
        }
        ExprKind::Number(text) => {
            sources.hide(expr.span);
            sources.hide_word(text);
        }
        ExprKind::Template(parts) => {
            for part in parts {
                if let TemplatePart::Literal(text, span) = part {
                    sources.hide(*span);
                    sources.hide_word(text);
                }
            }
        }
        ExprKind::Tuple(items) => items.iter().for_each(|item| literals(item, sources)),
        ExprKind::Object(items) => items.iter().for_each(|item| literals(&item.value, sources)),
        ExprKind::Parens(inner) => literals(inner, sources),
        ExprKind::Conditional { yes, no, .. } => [yes, no].into_iter().for_each(|branch| literals(branch, sources)),
        ExprKind::Call { arguments, .. } => arguments.iter().for_each(|argument| literals(argument, sources)),
        _ => {}
    }
}

/// Whether `nonsensitive` says that a variable may be shown: then its words are hidden nowhere but where they are written.
fn shown(module: &Module, name: &str) -> bool {
    let mut found = false;
    let mut see = |expr: &Expr| {
        if let ExprKind::Call { name: function, arguments, .. } = &expr.kind
            && &**function == "nonsensitive"
        {
            found |= arguments.iter().any(|argument| walk::variables(argument).0.iter().any(|of| &**of == name));
        }
        true
    };
    module.locals.values().for_each(|local| walk::each(&local.value, &mut see));
    module.outputs.values().filter_map(|output| output.value.as_ref()).for_each(|value| walk::each(value, &mut see));
    module.resources.iter().for_each(|resource| walk::each_in_body(&resource.body, &mut see));
    module.calls.iter().for_each(|call| walk::each_in_body(&call.body, &mut see));
    found
}

/// Hides the text of a value, and its words. That there is none is no secret.
fn hide_value(value: &Val, told: bool, sources: &Sources) {
    match &value.data {
        Data::Null => return,
        Data::String(text) if !told => sources.hide_word(text),
        Data::Number(number) if !told => sources.hide_word(&number.to_string()),
        Data::Sequence(elements) => elements.iter().for_each(|element| hide_value(element, told, sources)),
        Data::Mapping(members) => members.values().for_each(|member| hide_value(member, told, sources)),
        _ => {}
    }
    value.origin.span.into_iter().for_each(|span| sources.hide(span));
}

//! What of a template's text is the value of a `NoEcho` parameter, and so must not be quoted.

use super::call::call;
use super::parameter::Parameter;
use super::template::Template;
use crate::read::tree::{Data, Node};
use crate::source::Sources;

/// Hides the values that a template gives its parameters, and what they are compared with.
pub(super) fn hide(template: &Template, pinned: impl Fn(&str) -> Option<String>, sources: &Sources) {
    let hidden: Vec<&Parameter> = template.parameters.iter().filter(|parameter| parameter.is_hidden()).collect();
    for parameter in &hidden {
        for (text, span) in parameter.literals() {
            sources.hide(span);
            words(text, sources);
        }
        pinned(&parameter.name).into_iter().for_each(|text| words(&text, sources));
    }
    if !hidden.is_empty() {
        compared(&template.root, &hidden, sources);
    }
}

/// Hides what a stack passes for the parameters of the template that is nested in it.
pub(super) fn hide_passed(arguments: &Node, nested: &Template, sources: &Sources) {
    for parameter in nested.parameters.iter().filter(|parameter| parameter.is_hidden()) {
        if let Some(member) = arguments.member(&parameter.name) {
            literal(&member.value, sources);
        }
        for item in arguments.items() {
            if item.get("ParameterKey").and_then(Node::scalar).as_deref() == Some(&*parameter.name) {
                item.get("ParameterValue").into_iter().for_each(|value| literal(value, sources));
            }
        }
    }
}

fn compared(node: &Node, hidden: &[&Parameter], sources: &Sources) {
    if let Some(call) = call(node) {
        if matches!(&*call.name, "Fn::Equals" | "Fn::Contains" | "Fn::EachMemberIn")
            && call.argument.items().iter().any(|it| reads(it, hidden))
        {
            call.argument.items().iter().for_each(|item| literal(item, sources));
        }
        compared(&call.argument, hidden, sources);
        return;
    }
    node.members().iter().for_each(|member| compared(&member.value, hidden, sources));
    node.items().iter().for_each(|item| compared(item, hidden, sources));
}

fn reads(node: &Node, hidden: &[&Parameter]) -> bool {
    call(node).is_some_and(|call| {
        &*call.name == "Ref" && call.argument.scalar().is_some_and(|name| hidden.iter().any(|it| it.name == name))
    })
}

/// A list's items are words of their own.
fn words(text: &str, sources: &Sources) {
    sources.hide_word(text);
    text.split(',').for_each(|item| sources.hide_word(item.trim()));
}

fn literal(node: &Node, sources: &Sources) {
    if call(node).is_some() {
        return;
    }
    if let (Some(text), false) = (node.scalar(), matches!(node.data, Data::Null)) {
        sources.hide(node.whole());
        words(&text, sources);
    }
    node.items().iter().for_each(|item| literal(item, sources));
}

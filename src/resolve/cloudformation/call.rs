//! Recognising intrinsic functions in the tree, in their short (`!Sub`) and long (`Fn::Sub`) forms.

use std::fmt::Write as _;

use crate::read::tree::{Data, Node, Style};
use crate::source::Span;

/// An intrinsic function with its argument.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// The long name: `Ref`, `Condition`, `Fn::Sub`.
    pub(super) name: String,
    /// The argument, without the tag that named the function.
    pub(super) argument: Node,
    /// The whole: tag and argument, or the map.
    pub(super) span: Span,
}

/// The function that this value calls, if it does. A map calls one where it is its only member.
pub(super) fn call(node: &Node) -> Option<Call> {
    if let Some(tag) = &node.tag {
        let short = tag.text.strip_prefix('!').filter(|short| !short.is_empty() && !short.starts_with('!'))?;
        let name = match short {
            "Ref" | "Condition" => short.to_owned(),
            other => format!("Fn::{other}"),
        };
        let argument = Node { tag: None, ..node.clone() };
        return Some(Call { name, argument, span: node.whole() });
    }
    match node.members() {
        [only] if is_function(&only.key) => {
            let span = only.key_span.cover(only.value.whole());
            Some(Call { name: only.key.to_string(), argument: only.value.clone(), span })
        }
        _ => None,
    }
}

/// `Condition` is a function only where a condition is expected: a policy statement has a member of that name too.
fn is_function(key: &str) -> bool {
    key == "Ref" || (key.starts_with("Fn::") && !key.starts_with("Fn::ForEach"))
}

/// The condition that this node names (`!Condition X`, `{"Condition": "X"}`), where a condition is expected.
pub(super) fn condition_name(node: &Node) -> Option<Node> {
    if let Some(tag) = &node.tag {
        return (&*tag.text == "!Condition").then(|| Node { tag: None, ..node.clone() });
    }
    match node.members() {
        [only] if &*only.key == "Condition" => Some(only.value.clone()),
        _ => None,
    }
}

/// The call as text in short form on one line, whatever form it is written in: two expressions that mean the same
/// where they stand give the same text.
pub(super) fn describe(node: &Node) -> String {
    let mut text = String::new();
    write_node(node, &mut text);
    text
}

fn write_node(node: &Node, out: &mut String) {
    let called = call(node).map(|call| (call.name, call.argument));
    let called = called.or_else(|| Some(("Condition".to_owned(), condition_name(node)?)));
    if let Some((name, argument)) = called {
        let _ = write!(out, "!{} ", name.trim_start_matches("Fn::"));
        return write_node(&argument, out);
    }
    match &node.data {
        Data::Null => out.push_str("null"),
        Data::Bool(flag) => {
            let _ = write!(out, "{flag}");
        }
        Data::Number(text) => out.push_str(text),
        Data::String(text) if node.style == Style::Plain && !text.is_empty() => out.push_str(text),
        Data::String(text) => {
            let _ = write!(out, "'{}'", text.replace('\'', "''"));
        }
        Data::Sequence(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at == 0 { "" } else { ", " });
                write_node(item, out);
            }
            out.push(']');
        }
        Data::Mapping(members) => {
            out.push('{');
            for (at, member) in members.iter().enumerate() {
                let _ = write!(out, "{}{}: ", if at == 0 { "" } else { ", " }, member.key);
                write_node(&member.value, out);
            }
            out.push('}');
        }
    }
}

//! What a text says, without places and style: an edit is right when the text then says what it said, and the change.

use std::collections::BTreeMap;

use crate::read::hcl::{self, ast};
use crate::read::tree::{Data, Node};
use crate::read::{json, yaml};
use crate::source::{Encoding, Source, Sources};

/// A text's meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tree {
    /// A scalar; a mark tells a string from a boolean, a number or an expression.
    Scalar(char, String),
    /// A list.
    List(Vec<Tree>),
    /// A map.
    Map(BTreeMap<String, Tree>),
    /// A value with a tag.
    Tagged(String, Box<Tree>),
}

/// A step into a [`Tree`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Into a map.
    Key(String),
    /// Into a list; its length is the place behind the last item.
    Item(usize),
}

impl Step {
    pub(super) fn key(name: &str) -> Step {
        Step::Key(name.to_owned())
    }
}

impl Tree {
    pub(super) fn string(text: &str) -> Tree {
        // A policy is often a string of JSON; what it says counts, not how it is laid out.
        if text.trim_start().starts_with('{')
            && let Some(node) = json::read(&scratch("policy.json", text)).0
        {
            return Tree::Tagged("json".to_owned(), Box::new(of_node(&node)));
        }
        Tree::Scalar('"', text.to_owned())
    }

    pub(super) fn boolean(flag: bool) -> Tree {
        Tree::Scalar('?', flag.to_string())
    }

    /// An expression of HCL, as it is written.
    pub(super) fn expression(text: &str) -> Tree {
        Tree::Scalar('$', text.to_owned())
    }

    /// Puts `value` at the place, in the stead of what is there. Maps on the way are made; `None` where a step does not
    /// fit what is there.
    pub(super) fn set(&mut self, path: &[Step], value: Tree) -> Option<()> {
        let Some((step, rest)) = path.split_first() else {
            *self = value;
            return Some(());
        };
        let empty = || Tree::Map(BTreeMap::new());
        match (self, step) {
            (Tree::Tagged(_, inner), _) => inner.set(path, value),
            (Tree::Map(members), Step::Key(key)) => members.entry(key.clone()).or_insert_with(empty).set(rest, value),
            // `Properties:` with nothing behind it.
            (nothing @ Tree::Scalar('0', _), Step::Key(_)) => {
                *nothing = empty();
                nothing.set(path, value)
            }
            (Tree::List(items), Step::Item(at)) if *at <= items.len() => {
                if *at == items.len() {
                    items.push(empty());
                }
                items.get_mut(*at)?.set(rest, value)
            }
            _ => None,
        }
    }
}

/// A text on its own, to be read once.
pub(super) fn scratch(path: &str, text: &str) -> std::sync::Arc<Source> {
    Sources::new().add_text(path, text.to_owned(), Encoding::Utf8)
}

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Yaml,
    Json,
    Hcl,
}

/// What a text says; `None` where it can't be read as a whole.
pub(super) fn of_text(text: &str, format: Format) -> Option<Tree> {
    let source = scratch("fixed", text);
    let (tree, errors) = match format {
        Format::Yaml => {
            let (node, errors) = yaml::read(&source);
            (node.as_ref().map(of_node), errors)
        }
        Format::Json => {
            let (node, errors) = json::read(&source);
            (node.as_ref().map(of_node), errors)
        }
        Format::Hcl => {
            let (body, errors) = hcl::read(&source);
            (Some(of_body(&body, &source)), errors)
        }
    };
    if errors.iter().any(|error| error.fatal) { None } else { tree }
}

pub(super) fn of_node(node: &Node) -> Tree {
    let tree = match &node.data {
        Data::Null => Tree::Scalar('0', String::new()),
        Data::Bool(flag) => Tree::boolean(*flag),
        Data::Number(text) => Tree::Scalar('#', text.to_string()),
        Data::String(text) => Tree::string(text),
        Data::Sequence(items) => Tree::List(items.iter().map(of_node).collect()),
        Data::Mapping(members) => {
            Tree::Map(members.iter().map(|member| (member.key.to_string(), of_node(&member.value))).collect())
        }
    };
    match &node.tag {
        Some(tag) => Tree::Tagged(tag.text.to_string(), Box::new(tree)),
        None => tree,
    }
}

/// Attributes by name; blocks as a list under their kind and labels.
fn of_body(body: &ast::Body, source: &Source) -> Tree {
    let mut members = BTreeMap::new();
    for attribute in &body.attributes {
        members.insert(attribute.name.to_string(), of_expr(&attribute.value, source));
    }
    for block in &body.blocks {
        let list = members.entry(block_key(block)).or_insert_with(|| Tree::List(Vec::new()));
        if let Tree::List(blocks) = list {
            blocks.push(of_body(&block.body, source));
        }
    }
    Tree::Map(members)
}

/// The key of a block's kind and labels in the tree of its body.
pub(super) fn block_key(block: &ast::Block) -> String {
    let labels: Vec<&str> = block.labels.iter().map(|label| &*label.text).collect();
    title(&block.kind, &labels)
}

/// The same, written out.
pub(super) fn title(kind: &str, labels: &[&str]) -> String {
    format!("{kind} {{{}}}", labels.join(" "))
}

/// Objects, lists and calls by their parts; everything else as it is written, which is enough to see that it stayed.
pub(super) fn of_expr(expr: &ast::Expr, source: &Source) -> Tree {
    match &expr.kind {
        ast::ExprKind::Bool(flag) => Tree::boolean(*flag),
        ast::ExprKind::String(text) => Tree::string(text),
        ast::ExprKind::Tuple(items) => Tree::List(items.iter().map(|item| of_expr(item, source)).collect()),
        ast::ExprKind::Object(items) => {
            let key = |item: &ast::ObjectItem| match &item.key.kind {
                ast::ExprKind::String(text) => text.to_string(),
                _ => format!("({})", source.slice(item.key.span)),
            };
            Tree::Map(items.iter().map(|item| (key(item), of_expr(&item.value, source))).collect())
        }
        ast::ExprKind::Call { name, arguments, expand_last: false, .. } => {
            let arguments = arguments.iter().map(|argument| of_expr(argument, source)).collect();
            Tree::Tagged(name.to_string(), Box::new(Tree::List(arguments)))
        }
        ast::ExprKind::Template(_) if source.slice(expr.span).starts_with("<<") => {
            Tree::string(heredoc(source.slice(expr.span)).map_or("", |(_, body)| body))
        }
        _ => Tree::expression(source.slice(expr.span)),
    }
}

/// Where the content of a heredoc begins in its text, and the content.
pub(super) fn heredoc(text: &str) -> Option<(usize, &str)> {
    let start = text.find('\n')? + 1;
    let body = text.get(start..)?;
    let end = body.trim_end().rfind('\n').map_or(0, |newline| newline + 1);
    Some((start, body.get(..end)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_and_comments_say_nothing() {
        let table = [
            (Format::Yaml, "a: {b: 1}\nc: [x]\n", "# n\na:\n  b: 1 # m\nc:\n- 'x'\n"),
            (Format::Json, "{\"a\":1}", "{\r\n\t\"a\": 1\r\n}"),
            (Format::Hcl, "a = { b = 1 }\nr \"x\" \"y\" {\n}\n", "r \"x\" \"y\" {}\na = {\n  b = 1 // n\n}\n"),
        ];
        for (format, one, other) in table {
            assert!(of_text(one, format).is_some());
            assert_eq!(of_text(one, format), of_text(other, format));
        }
        assert_ne!(of_text("a: true", Format::Yaml), of_text("a: 'true'", Format::Yaml));
        assert_eq!(of_text("a = ", Format::Hcl), None);
    }

    #[test]
    fn a_value_is_set_at_its_place() {
        let mut tree = of_text("a:\n  b:\n  c: [x]\n", Format::Yaml).unwrap_or(Tree::boolean(false));
        let path = [Step::key("a"), Step::key("b"), Step::key("d")];
        assert_eq!(tree.set(&path, Tree::boolean(true)), Some(()));
        assert_eq!(tree.set(&[Step::key("a"), Step::key("c"), Step::Item(1)], Tree::string("y")), Some(()));
        assert_eq!(Some(tree.clone()), of_text("a: {b: {d: true}, c: [x, y]}", Format::Yaml));
        assert_eq!(tree.set(&[Step::key("a"), Step::key("c"), Step::key("z")], Tree::boolean(true)), None);
    }
}

//! `.tf.json`: Terraform's JSON syntax, to the tree of the native syntax.
//!
//! JSON does not tell blocks from attributes; a schema does. Here the blocks are known that Terraform itself defines
//! (`resource`, `variable`, `lifecycle`, `dynamic`, ...). What a provider defines is not known: inside of a resource every
//! other member is an attribute, and an object, or a list of objects, under a nested block's name means that block, once
//! or several times. The consumer decides. Strings are templates, but for the few that Terraform reads as references
//! (`depends_on`, `provider`, a variable's `type`) or as they are (a variable's `default`). A member `//` is a comment.

use std::sync::Arc;

use super::ast::{Attribute, Block, Body, Expr, ExprKind, Label, ObjectItem};
use super::{Place, parse_expression, parse_template};
use crate::read::json;
use crate::read::tree::{Data, Error, Member, Node};
use crate::source::{Source, Span};

/// Reads a file in JSON syntax. Never fails: what can't be read is an error, the rest is in the body.
pub fn read(source: &Source) -> (Body, Vec<Error>) {
    let (tree, errors) = json::read(source);
    let mut reader = Reader { source, errors };
    let mut body = Body::default();
    if let Some(tree) = tree {
        reader.body(&tree, "", &mut body);
    }
    (body, reader.errors)
}

/// The blocks that Terraform defines inside of a block of this kind (of a file, for ""), with their numbers of labels.
fn blocks(kind: &str) -> &'static [(&'static str, usize)] {
    match kind {
        "" => &[
            ("terraform", 0),
            ("locals", 0),
            ("variable", 1),
            ("output", 1),
            ("module", 1),
            ("provider", 1),
            ("resource", 2),
            ("data", 2),
            ("ephemeral", 2),
            ("action", 2),
            ("moved", 0),
            ("removed", 0),
            ("import", 0),
            ("check", 1),
        ],
        "terraform" => {
            &[("required_providers", 0), ("backend", 1), ("cloud", 0), ("provider_meta", 1), ("encryption", 0)]
        }
        "cloud" => &[("workspaces", 0)],
        "variable" => &[("validation", 0)],
        "output" => &[("precondition", 0)],
        "resource" | "data" | "ephemeral" | "removed" => {
            &[("lifecycle", 0), ("provisioner", 1), ("connection", 0), ("dynamic", 1)]
        }
        "lifecycle" => &[("precondition", 0), ("postcondition", 0), ("action_trigger", 0)],
        "provisioner" => &[("connection", 0)],
        "dynamic" => &[("content", 0)],
        "content" => &[("dynamic", 1)],
        "check" => &[("data", 2), ("assert", 0)],
        _ => &[],
    }
}

/// How the strings of an attribute are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strings {
    Templates,
    References,
    Literals,
}

fn strings(kind: &str, attribute: &str) -> Strings {
    match (kind, attribute) {
        ("variable", "type") => Strings::References,
        ("variable", _) => Strings::Literals,
        ("resource" | "data" | "ephemeral" | "module" | "output", "depends_on" | "provider" | "providers")
        | ("lifecycle", "ignore_changes" | "replace_triggered_by")
        | ("moved" | "removed" | "import", "from" | "to" | "provider") => Strings::References,
        ("required_providers" | "backend" | "cloud", _) => Strings::Literals,
        _ => Strings::Templates,
    }
}

struct Reader<'s> {
    source: &'s Source,
    errors: Vec<Error>,
}

impl Reader<'_> {
    fn body(&mut self, node: &Node, kind: &str, body: &mut Body) {
        match &node.data {
            Data::Mapping(members) => {
                for member in members.iter().filter(|member| &*member.key != "//") {
                    self.member(member, kind, body);
                }
            }
            // A list of objects is their union; null is nothing.
            Data::Sequence(items) => items.iter().for_each(|item| self.body(item, kind, body)),
            Data::Null => {}
            _ => self.wrong(node.span, "an object is required here", "write an object with arguments and blocks"),
        }
    }

    fn member(&mut self, member: &Member, kind: &str, body: &mut Body) {
        let known = blocks(kind).iter().find(|(name, _)| *name == &*member.key);
        match known {
            Some(&(name, labels)) => self.labelled(member, name, labels, &member.value, &mut Vec::new(), body),
            None if kind.is_empty() => {
                let message = format!("there are no blocks of type {:?}", member.key);
                self.wrong(member.key_span, message, "Terraform knows resource, data, variable, locals, module, ...");
            }
            None => {
                let value = self.expr(&member.value, strings(kind, &member.key));
                body.attributes.push(Attribute {
                    name: Arc::clone(&member.key),
                    name_span: member.key_span,
                    span: member.key_span.cover(value.span),
                    value,
                });
            }
        }
    }

    fn labelled(
        &mut self,
        member: &Member,
        kind: &'static str,
        missing: usize,
        node: &Node,
        labels: &mut Vec<Label>,
        body: &mut Body,
    ) {
        match &node.data {
            Data::Sequence(items) => {
                for item in items.iter() {
                    self.labelled(member, kind, missing, item, labels, body);
                }
            }
            Data::Mapping(_) if missing == 0 => {
                let mut inner = Body::default();
                self.body(node, kind, &mut inner);
                let header = labels.last().map_or(member.key_span, |label| label.span);
                body.blocks.push(Block {
                    kind: kind.into(),
                    kind_span: member.key_span,
                    labels: labels.clone(),
                    body: inner,
                    header,
                    span: header.cover(node.span),
                });
            }
            Data::Mapping(members) => {
                for inner in members.iter().filter(|inner| &*inner.key != "//") {
                    labels.push(Label { text: Arc::clone(&inner.key), span: inner.key_span });
                    self.labelled(member, kind, missing - 1, &inner.value, labels, body);
                    labels.pop();
                }
            }
            Data::Null => {}
            _ => self.wrong(node.span, format!("a block of type {kind:?} must be an object"), "write an object"),
        }
    }

    fn expr(&mut self, node: &Node, strings: Strings) -> Expr {
        let kind = match &node.data {
            Data::Null => ExprKind::Null,
            Data::Bool(flag) => ExprKind::Bool(*flag),
            Data::Number(text) => return number(text, node.span),
            Data::String(text) => return self.string(text, node.span, strings),
            Data::Sequence(items) => ExprKind::Tuple(items.iter().map(|item| self.expr(item, strings)).collect()),
            Data::Mapping(members) => {
                let items = members.iter().filter(|member| &*member.key != "//").map(|member| ObjectItem {
                    key: self.key(member, strings),
                    value: self.expr(&member.value, strings),
                });
                ExprKind::Object(items.collect())
            }
        };
        Expr { kind, span: node.span }
    }

    fn key(&mut self, member: &Member, strings: Strings) -> Expr {
        let strings = if strings == Strings::Templates { strings } else { Strings::Literals };
        self.string(&member.key, member.key_span, strings)
    }

    fn string(&mut self, text: &Arc<str>, span: Span, strings: Strings) -> Expr {
        let literal = |text: &Arc<str>| Expr { kind: ExprKind::String(Arc::clone(text)), span };
        let place = self.place(text, span);
        let parsed = match strings {
            Strings::Literals => return literal(text),
            Strings::Templates if !text.contains(['$', '%']) => return literal(text),
            Strings::Templates => parse_template(text, place),
            // "${aws_kms_key.k}" is accepted where a reference is wanted, too.
            Strings::References if text.contains("${") => parse_template(text, place),
            Strings::References => parse_expression(text, place),
        };
        match parsed {
            Ok(expr) => Expr { kind: expr.kind, span },
            Err(error) => {
                self.errors.push(error);
                literal(text)
            }
        }
    }

    /// Offsets inside of a string are those of the file where nothing in it is escaped.
    fn place(&self, text: &str, span: Span) -> Place {
        let written = self.source.slice(span);
        if written.get(1..written.len().saturating_sub(1)) == Some(text) {
            Place::At(span.source, span.start as usize + 1)
        } else {
            Place::Within(span)
        }
    }

    fn wrong(&mut self, span: Span, message: impl Into<String>, help: &str) {
        self.errors.push(super::broken("syntax", span, message, help));
    }
}

fn number(text: &Arc<str>, span: Span) -> Expr {
    let kind = match text.strip_prefix('-') {
        Some(digits) => ExprKind::Negate(Box::new(Expr { kind: ExprKind::Number(digits.into()), span })),
        None => ExprKind::Number(Arc::clone(text)),
    };
    Expr { kind, span }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::source::{Encoding, Sources};

    #[test]
    fn blocks_labels_and_templates() {
        let text = r#"{
          "//": "a comment",
          "variable": {"k": {"type": "list(string)", "default": ["${x}"], "validation": [{"condition": "${var.k == 1}"}]}},
          "resource": [{"aws_kms_key": {"a": {"tags": {"n-${var.k}": "x"}, "count": "${var.k ? 1 : 0}", "n": -1}}},
                       {"aws_kms_key": {"b": [{"depends_on": ["aws_kms_key.a"], "lifecycle": {"ignore_changes": ["tags"]}}]}}],
          "locals": {"l": "a \"${var.k}\"", "m": null}
        }"#;
        let sources = Sources::new();
        let source = sources.add_text("main.tf.json", text.to_owned(), Encoding::Utf8);
        let (body, errors) = read(&source);
        assert!(errors.is_empty(), "{errors:?}");
        let names: Vec<String> = body
            .blocks
            .iter()
            .map(|block| {
                format!("{}.{}", block.kind, block.labels.iter().map(|l| &*l.text).collect::<Vec<_>>().join("."))
            })
            .collect();
        assert_eq!(names, ["variable.k", "resource.aws_kms_key.a", "resource.aws_kms_key.b", "locals."]);
        let variable = &body.blocks[0].body;
        assert!(matches!(variable.attributes[0].value.kind, ExprKind::Call { .. }));
        let ExprKind::Tuple(items) = &variable.attributes[1].value.kind else { panic!() };
        assert!(matches!(&items[0].kind, ExprKind::String(text) if &**text == "${x}"));
        assert_eq!(&*variable.blocks[0].kind, "validation");
        let resource = &body.blocks[1].body;
        let ExprKind::Template(parts) = &resource.attributes[1].value.kind else { panic!() };
        let super::super::ast::TemplatePart::Interpolation(inner) = &parts[0] else { panic!() };
        assert_eq!(source.slice(inner.span), "var.k ? 1 : 0");
        assert!(matches!(resource.attributes[2].value.kind, ExprKind::Negate(_)));
        let ExprKind::Tuple(items) = &body.blocks[2].body.attributes[0].value.kind else { panic!() };
        assert!(matches!(items[0].kind, ExprKind::GetAttr { .. }));
        assert_eq!(source.slice(body.blocks[2].header), "\"b\"");
        assert!(matches!(body.blocks[3].body.attributes[0].value.kind, ExprKind::Template(_)));
    }

    #[test]
    fn errors_have_their_place() {
        let table = [
            (r#"{"locals": {"a": "${1 +}"}}"#, "}\"}}"),
            (r#"{"resource": {"a": 1}}"#, "1}"),
            (r#"{"resources": {}}"#, "\"resources\""),
            (r#"{"locals": {"a": 1,}}"#, ""),
        ];
        for (text, place) in table {
            let sources = Sources::new();
            let (_, errors) = read(&sources.add_text("main.tf.json", text.to_owned(), Encoding::Utf8));
            assert!(!errors.is_empty(), "{text}");
            assert!(text[errors[0].span.start as usize..].starts_with(place), "{text}: {errors:?}");
        }
    }
}

//! References of CloudFormation to a key: its id where its ARN is wanted.

use super::nodes::Document;
use super::outline::{self, Format, Step, Tree};
use super::piece::{Piece, Syntax};
use super::text::Change;
use crate::read::tree::{Data, Node, Style};
use crate::source::Span;

/// A reference inside of a value.
pub(super) struct Reference<'n> {
    pub(super) node: &'n Node,
    /// Where in the value.
    pub(super) path: Vec<Step>,
    /// The logical id.
    pub(super) resource: String,
    /// The attribute; none for `Ref`.
    pub(super) attribute: Option<String>,
}

/// All references in a value, outermost first.
pub(super) fn all<'n>(node: &'n Node, path: &[Step], found: &mut Vec<Reference<'n>>) {
    if let Some((resource, attribute)) = target(node) {
        found.push(Reference { node, path: path.to_vec(), resource, attribute });
        return;
    }
    for member in node.members() {
        all(&member.value, &[path, &[Step::key(&member.key)]].concat(), found);
    }
    for (index, item) in node.items().iter().enumerate() {
        all(item, &[path, &[Step::Item(index)]].concat(), found);
    }
}

/// The reference that decides: the only one, or the one that the finding points at.
pub(super) fn deciding<'n>(value: &'n Node, primary: Span) -> Option<Reference<'n>> {
    let mut found = Vec::new();
    all(value, &[], &mut found);
    if found.len() > 1 {
        found.retain(|reference| {
            let whole = reference.node.whole();
            whole.contains(primary) || primary.contains(whole)
        });
    }
    if found.len() == 1 { found.pop() } else { None }
}

/// Logical id and attribute of a `Ref`, `GetAtt` or a `Sub` of nothing but one name.
fn target(node: &Node) -> Option<(String, Option<String>)> {
    let (name, argument) = match (&node.tag, node.members()) {
        (Some(tag), _) => (tag.text.trim_start_matches('!').to_owned(), node),
        (None, [only]) => (only.key.trim_start_matches("Fn::").to_owned(), &only.value),
        _ => return None,
    };
    let plain = if node.tag.is_some() { true } else { argument.tag.is_none() };
    let text = match &argument.data {
        Data::String(text) if plain => text.to_string(),
        Data::Sequence(items) if plain && name == "GetAtt" => {
            let parts: Option<Vec<&str>> = items.iter().map(Node::as_str).collect();
            parts?.join(".")
        }
        _ => return None,
    };
    match &*name {
        "Ref" => Some((text, None)),
        "GetAtt" => text.split_once('.').map(|(resource, attribute)| (resource.to_owned(), Some(attribute.to_owned()))),
        "Sub" => {
            let inner = text.strip_prefix("${")?.strip_suffix('}')?;
            let name = inner.chars().all(|c| c.is_ascii_alphanumeric() || c == '.').then_some(inner)?;
            match name.split_once('.') {
                Some((resource, attribute)) => Some((resource.to_owned(), Some(attribute.to_owned()))),
                None => Some((name.to_owned(), None)),
            }
        }
        _ => None,
    }
}

/// The edits that make a reference one to the ARN of `key`, and what its node then says. Short form stays short, long
/// form long.
pub(super) fn to_arn(document: &Document<'_>, node: &Node, key: &str) -> Option<(Vec<Change>, Tree)> {
    let piece = Piece::Call("GetAtt", format!("{key}.Arn"));
    if node.tag.is_some() {
        let written = format!("!GetAtt {key}.Arn");
        let change = Change::replace(document.range(node.whole()), written);
        return Some((vec![change], piece.tree(Syntax::Yaml)));
    }
    let [only] = node.members() else { return None };
    let name = document.text.slice(document.range(only.key_span));
    let quote = if name.starts_with(['"', '\'']) { &name[..1] } else { "" };
    let list = if document.format == Format::Json { format!(r#"["{key}", "Arn"]"#) } else { format!("[{key}, Arn]") };
    if matches!(only.value.style, Style::Literal | Style::Folded) || only.value.tag.is_some() {
        return None;
    }
    let changes = vec![
        Change::replace(document.range(only.key_span), format!("{quote}Fn::GetAtt{quote}")),
        Change::replace(document.range(only.value.span), list),
    ];
    Some((changes, piece.tree(Syntax::Json)))
}

/// Whether a value, however it is written, says that nothing is given: `null`, an empty string, `AWS::NoValue`.
pub(super) fn is_nothing(node: &Node) -> bool {
    match outline::of_node(node) {
        Tree::Scalar('0', _) => true,
        Tree::Scalar('"', text) => text.is_empty(),
        _ => matches!(target(node), Some((name, None)) if name == "AWS::NoValue"),
    }
}

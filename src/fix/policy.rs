//! Adding statements to a policy of YAML or JSON.

use super::nodes::Document;
use super::outline::{self, Step, Tree};
use super::piece::Piece;
use super::statement::{self, Statement};
use super::text::Change;
use crate::read::tree::Node;
use crate::source::Span;

/// The edits that add statements, and what the text then says below the policy.
pub(super) type Added = (Vec<Change>, Vec<(Vec<Step>, Tree)>);

/// Adds the statements that are not there yet. None where the policy is no plain document, or where the deciding text
/// stands in a Deny: no Allow mends that.
pub(super) fn add(document: &Document<'_>, policy: &Node, wanted: Vec<Statement>, primary: Span) -> Option<Added> {
    let list = policy.get("Statement").filter(|_| policy.tag.is_none())?;
    let present: Vec<&Node> = match list.items() {
        [] if list.get("Effect").is_some() => vec![list],
        items => items.iter().collect(),
    };
    let denies = |statement: &&Node| {
        statement.get("Effect").and_then(Node::as_str) == Some("Deny") && statement.span.contains(primary)
    };
    if present.iter().any(denies) {
        return None;
    }
    let trees: Vec<Tree> = present.iter().map(|node| outline::of_node(node)).collect();
    let new = statement::fresh(wanted, &trees, document.syntax());
    let pieces: Vec<Piece> = new.iter().map(Statement::piece).collect();
    if pieces.is_empty() {
        return None;
    }
    let single = list.is_mapping();
    let changes = if single { document.wrap(list, &pieces) } else { document.add_items(list, &pieces) }?;
    let mut says = Vec::new();
    if single {
        says.push((vec![Step::key("Statement")], Tree::List(trees.clone())));
    }
    for (index, piece) in pieces.iter().enumerate() {
        says.push((vec![Step::key("Statement"), Step::Item(trees.len() + index)], piece.tree(document.syntax())));
    }
    Some((changes, says))
}

/// The same says, below a path.
pub(super) fn below(path: &[Step], says: Vec<(Vec<Step>, Tree)>) -> Vec<(Vec<Step>, Tree)> {
    says.into_iter().map(|(rest, tree)| ([path, rest.as_slice()].concat(), tree)).collect()
}

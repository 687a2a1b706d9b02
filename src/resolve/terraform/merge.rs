//! Override files: `override.tf` and `*_override.tf` are merged into what the other files declare.
//!
//! Arguments replace arguments; nested blocks of a type replace all blocks of that type; `lifecycle` is merged argument
//! by argument. Source: <https://developer.hashicorp.com/terraform/language/files/override>.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::finding::Problem;
use crate::read::hcl::ast::{Block, Body, ExprKind};

/// Merges the blocks of one override file into `base`.
pub(super) fn merge(base: &mut Vec<Block>, overrides: Vec<Block>, problems: &mut Vec<Problem>) {
    for block in overrides {
        match &*block.kind {
            "locals" => merge_locals(base, block),
            "terraform" | "moved" | "removed" | "import" | "check" => base.push(block),
            _ => match base.iter_mut().find(|candidate| same_block(candidate, &block)) {
                Some(target) => merge_body(&mut target.body, block.body),
                // A provider may be configured in an override file alone; anything else needs something to override.
                None if &*block.kind == "provider" => base.push(block),
                None => {
                    let message = format!("this {} overrides nothing: no other file declares it", title(&block));
                    problems.push(Problem::at("reference", block.header, message));
                }
            },
        }
    }
}

/// `resource "aws_kms_key" "k"`, for messages.
pub(super) fn title(block: &Block) -> String {
    let labels: String = block.labels.iter().map(|label| format!(" \"{}\"", label.text)).collect();
    format!("{}{labels}", block.kind)
}

/// Whether both declare the same thing.
pub(super) fn same_block(a: &Block, b: &Block) -> bool {
    let labels = |block: &Block| block.labels.iter().map(|label| Arc::clone(&label.text)).collect::<Vec<_>>();
    a.kind == b.kind && labels(a) == labels(b) && (&*a.kind != "provider" || alias(a) == alias(b))
}

fn alias(block: &Block) -> Option<Arc<str>> {
    match &super::module::attribute(&block.body, "alias")?.value.kind {
        ExprKind::String(text) => Some(Arc::clone(text)),
        _ => None,
    }
}

fn merge_locals(base: &mut Vec<Block>, block: Block) {
    let mut rest = block.clone();
    rest.body.attributes.clear();
    for attribute in block.body.attributes {
        let existing = base
            .iter_mut()
            .filter(|candidate| &*candidate.kind == "locals")
            .flat_map(|candidate| candidate.body.attributes.iter_mut())
            .find(|candidate| candidate.name == attribute.name);
        match existing {
            Some(target) => *target = attribute,
            None => rest.body.attributes.push(attribute),
        }
    }
    base.push(rest);
}

fn merge_body(base: &mut Body, over: Body) {
    for attribute in over.attributes {
        match base.attributes.iter_mut().find(|candidate| candidate.name == attribute.name) {
            Some(target) => *target = attribute,
            None => base.attributes.push(attribute),
        }
    }
    let replaced: BTreeSet<Arc<str>> =
        over.blocks.iter().filter(|block| &*block.kind != "lifecycle").map(nested_type).collect();
    base.blocks.retain(|block| !replaced.contains(&nested_type(block)));
    for block in over.blocks {
        match base.blocks.iter_mut().find(|candidate| &*candidate.kind == "lifecycle" && &*block.kind == "lifecycle") {
            Some(target) => merge_body(&mut target.body, block.body),
            None => base.blocks.push(block),
        }
    }
}

/// The type of nested block that this one makes: `dynamic "rule"` makes `rule`.
fn nested_type(block: &Block) -> Arc<str> {
    match (&*block.kind, block.labels.first()) {
        ("dynamic", Some(label)) => Arc::clone(&label.text),
        _ => Arc::clone(&block.kind),
    }
}

//! Which attributes of resources and outputs of modules the expressions of a configuration can read.
//!
//! A whole resource (`aws_kms_key.k[*].arn`, `values(module.m)`) is an object. Building all of its attributes would
//! evaluate, and branch on, much that nobody reads; so only those are built whose names occur.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::tree::Node;
use super::walk::{each, each_in_body};
use crate::read::hcl::ast::{Expr, ExprKind};
use crate::source::limits::MAX_DEPTH;

type Names = BTreeSet<Arc<str>>;

/// Names by what they are read from.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// Attribute names and literal keys that occur anywhere.
    anywhere: Names,
    /// For each thing (`aws_kms_key.k`, `data.t.n`, `module.m`) of each module directory, what is read of it; `None`
    /// where it is used as a whole.
    of: BTreeMap<(Arc<str>, String), Option<Names>>,
}

impl Usage {
    /// Reads every expression of the configuration.
    pub(super) fn read(nodes: &[Node]) -> Usage {
        let mut usage = Usage::default();
        let mut seen: BTreeSet<Arc<str>> = BTreeSet::new();
        for node in nodes {
            let module = &node.module;
            if !seen.insert(Arc::clone(&module.directory)) {
                continue;
            }
            let directory = Arc::clone(&module.directory);
            let bodies = module.resources.iter().map(|resource| &resource.body);
            let bodies = bodies.chain(module.calls.iter().map(|call| &call.body));
            for body in bodies.chain(module.providers.iter().map(|provider| &provider.body)) {
                each_in_body(body, &mut |expr| usage.see(&directory, expr));
            }
            let outputs = module.outputs.values().filter_map(|output| output.value.as_ref());
            for expr in outputs.chain(module.locals.values().map(|local| &local.value)) {
                each(expr, &mut |expr| usage.see(&directory, expr));
            }
        }
        usage
    }

    /// The names that can be read of `thing` as a whole.
    pub(super) fn of(&self, directory: &Arc<str>, thing: &str) -> &Names {
        match self.of.get(&(Arc::clone(directory), thing.to_owned())) {
            Some(Some(names)) => names,
            _ => &self.anywhere,
        }
    }

    fn see(&mut self, directory: &Arc<str>, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::String(text) => {
                self.anywhere.insert(Arc::clone(text));
                true
            }
            ExprKind::Variable(_) | ExprKind::GetAttr { .. } | ExprKind::Index { .. } | ExprKind::Splat { .. } => {
                self.see_chain(directory, expr)
            }
            _ => true,
        }
    }

    /// `aws_kms_key.k[0].arn`, `module.m[*].key.arn`: notes which name is read of which thing. False where the chain
    /// has been dealt with, its indexes included.
    fn see_chain(&mut self, directory: &Arc<str>, expr: &Expr) -> bool {
        let mut steps: Vec<Step<'_>> = Vec::new();
        let root = flatten(expr, &mut steps, 0);
        for step in &steps {
            if let Step::Name(name) = step {
                self.anywhere.insert(Arc::clone(name));
            }
        }
        let Some(root) = root else { return true };
        steps.reverse();
        if let Some((thing, read)) = thing_and_attribute(root, &steps) {
            let entry = self.of.entry((Arc::clone(directory), thing)).or_insert_with(|| Some(Names::new()));
            match (&mut *entry, read) {
                (Some(names), Some(name)) => {
                    names.insert(name);
                }
                (_, None) => *entry = None,
                (None, Some(_)) => {}
            }
        }
        for step in steps {
            if let Step::Other(Some(index)) = step {
                each(index, &mut |expr| self.see(directory, expr));
            }
        }
        false
    }
}

/// One step of a chain.
enum Step<'e> {
    /// `.name`
    Name(&'e Arc<str>),
    /// `[expr]`, `[*]`
    Other(Option<&'e Expr>),
}

/// What a chain reads: the thing and the first attribute of it, `None` for all of it.
fn thing_and_attribute(root: &Arc<str>, steps: &[Step<'_>]) -> Option<(String, Option<Arc<str>>)> {
    let mut parts: Vec<&str> = vec![root];
    let wanted = match &**root {
        "var" | "local" | "each" | "count" | "self" | "path" | "terraform" => return None,
        "data" | "resource" => 2,
        _ => 1,
    };
    for at in 0..wanted {
        match steps.get(at) {
            Some(Step::Name(name)) => parts.push(name),
            _ => return None,
        }
    }
    if &**root == "resource" {
        parts.remove(0);
    }
    let read = steps.iter().skip(wanted).find_map(|step| match step {
        Step::Name(name) => Some(Arc::clone(name)),
        Step::Other(_) => None,
    });
    Some((parts.join("."), read))
}

/// The root name of a chain; `steps` gets its steps, last first.
fn flatten<'e>(expr: &'e Expr, steps: &mut Vec<Step<'e>>, depth: usize) -> Option<&'e Arc<str>> {
    if depth > MAX_DEPTH {
        return None;
    }
    match &expr.kind {
        ExprKind::Variable(name) => Some(name),
        ExprKind::GetAttr { object, name, .. } => {
            steps.push(Step::Name(name));
            flatten(object, steps, depth + 1)
        }
        ExprKind::Index { object, index } => {
            steps.push(Step::Other(Some(index)));
            flatten(object, steps, depth + 1)
        }
        ExprKind::Splat { source, each } => {
            flatten_item(each, steps, depth + 1)?;
            steps.push(Step::Other(None));
            flatten(source, steps, depth + 1)
        }
        ExprKind::Parens(inner) => flatten(inner, steps, depth + 1),
        _ => None,
    }
}

/// The steps that a splat applies to each element.
fn flatten_item<'e>(expr: &'e Expr, steps: &mut Vec<Step<'e>>, depth: usize) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    match &expr.kind {
        ExprKind::SplatItem => Some(()),
        ExprKind::GetAttr { object, name, .. } => {
            steps.push(Step::Name(name));
            flatten_item(object, steps, depth + 1)
        }
        ExprKind::Index { object, index } => {
            steps.push(Step::Other(Some(index)));
            flatten_item(object, steps, depth + 1)
        }
        _ => None,
    }
}

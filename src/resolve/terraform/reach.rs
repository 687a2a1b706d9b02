//! Which resources a resource can read, whatever the world: the names in its arguments, followed through locals, module
//! calls and outputs.
//!
//! A unit with a module for each region has many resources that have nothing to do with each other. To ask each whether it
//! is there, only to learn that it does not speak of this key, would branch on the conditions of all of them.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::configuration::Configuration;
use super::module::{Repetition, attribute};
use super::tree::Child;
use super::walk::{each, each_in_body};
use crate::model::BlockId;
use crate::read::hcl::ast::{Expr, ExprKind};
use crate::value::InputId;

/// The blocks that a block can read; `None`: any, since it looks one up by its name.
type Reached = Option<Arc<BTreeSet<BlockId>>>;

/// What was found, by block.
#[derive(Debug, Default)]
pub(super) struct Reach {
    known: Mutex<HashMap<BlockId, Reached>>,
    blocks: OnceLock<HashMap<(usize, usize), BlockId>>,
}

impl Configuration {
    /// The blocks that `from` can read something of, itself included; `None`: any.
    pub(super) fn reached(&self, from: BlockId) -> Reached {
        let mut known = self.reach.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(from).or_insert_with(|| Walk::new(self).from(from)).clone()
    }

    /// The inputs that an expression of a node can hang on, and whether the resource that it stands in exists.
    pub(super) fn inputs_of(&self, node: usize, resource: Option<usize>, expr: &Expr) -> BTreeSet<InputId> {
        let mut walk = Walk::new(self);
        walk.work.push((node, expr));
        let repetition =
            resource.and_then(|index| Some(&self.nodes.get(node)?.module.resources.get(index)?.repetition));
        walk.work.extend(repetition.into_iter().flat_map(Repetition::written).map(|expr| (node, expr)));
        let mut inside = node;
        while let Some((outer, call)) = self.nodes.get(inside).and_then(|node| node.parent) {
            let call = self.nodes.get(outer).and_then(|node| node.module.calls.get(call));
            walk.work.extend(call.into_iter().flat_map(|call| call.repetition.written()).map(|expr| (outer, expr)));
            inside = outer;
        }
        walk.follow();
        walk.inputs
    }

    /// The block of a node's resource.
    pub(super) fn block_at(&self, node: usize, resource: usize) -> Option<BlockId> {
        self.block_ids().get(&(node, resource)).copied()
    }

    fn block_ids(&self) -> &HashMap<(usize, usize), BlockId> {
        let places = self.places.iter().zip(&self.blocks);
        self.reach.blocks.get_or_init(|| places.map(|(place, block)| (*place, block.id)).collect())
    }
}

/// What stands at a node and was seen already.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Seen {
    Local(usize, Arc<str>),
    Variable(usize, Arc<str>),
    Outputs(usize),
    Resource(usize, usize),
}

/// An expression, and the node that it stands in.
type Work<'c> = (usize, &'c Expr);

struct Walk<'c> {
    configuration: &'c Configuration,
    seen: std::collections::HashSet<Seen>,
    work: Vec<Work<'c>>,
    reached: BTreeSet<BlockId>,
    /// The inputs that are read on the way.
    inputs: BTreeSet<InputId>,
    anything: bool,
}

impl<'c> Walk<'c> {
    fn new(configuration: &'c Configuration) -> Self {
        Walk {
            configuration,
            seen: std::collections::HashSet::new(),
            work: Vec::new(),
            reached: BTreeSet::new(),
            inputs: BTreeSet::new(),
            anything: false,
        }
    }

    fn from(mut self, block: BlockId) -> Reached {
        let (node, resource) = *self.configuration.places.get(block.0 as usize)?;
        self.resource(node, resource);
        self.follow();
        if self.anything { None } else { Some(Arc::new(self.reached)) }
    }

    fn follow(&mut self) {
        while let Some((node, expr)) = self.work.pop() {
            let mut names: Vec<&'c Expr> = Vec::new();
            each(expr, &mut |part| {
                let is_name = matches!(part.kind, ExprKind::GetAttr { .. });
                if is_name {
                    names.push(part);
                }
                true
            });
            for name in names {
                self.name(node, name);
            }
        }
    }

    /// Follows `root.name` and `data.kind.name`.
    fn name(&mut self, node: usize, expr: &'c Expr) {
        let ExprKind::GetAttr { object, name, .. } = &expr.kind else { return };
        let Some(module) = self.configuration.nodes.get(node).map(|node| &node.module) else { return };
        match &object.kind {
            ExprKind::Variable(root) => match &**root {
                "var" => self.variable(node, name),
                "local" => {
                    if self.seen.insert(Seen::Local(node, Arc::clone(name)))
                        && let Some(local) = module.locals.get(name)
                    {
                        self.work.push((node, &local.value));
                    }
                }
                "module" => self.outputs(node, name),
                "terraform" | "tofu" if &**name == "workspace" => {
                    self.inputs.insert(self.configuration.workspace);
                }
                kind => {
                    if let Some(resource) = module.resource(false, kind, name) {
                        self.resource(node, resource);
                    }
                }
            },
            ExprKind::GetAttr { object: root, name: kind, .. } => {
                let data = match &root.kind {
                    ExprKind::Variable(root) if &**root == "data" => true,
                    ExprKind::Variable(root) if &**root == "resource" => false,
                    _ => return,
                };
                if let Some(resource) = module.resource(data, kind, name) {
                    self.resource(node, resource);
                }
            }
            _ => {}
        }
    }

    fn resource(&mut self, node: usize, index: usize) {
        if !self.seen.insert(Seen::Resource(node, index)) {
            return;
        }
        self.reached.extend(self.configuration.block_ids().get(&(node, index)));
        let Some(module) = self.configuration.nodes.get(node).map(|node| &node.module) else { return };
        let Some(resource) = module.resources.get(index) else { return };
        if resource.data {
            self.inputs.extend(self.configuration.pseudos.ids_of(&resource.kind));
        }
        // An alias or a key that is looked up may be any that the unit declares under that name.
        self.anything |= resource.data && resource.kind.starts_with("aws_kms_");
        self.anything |= resource.data && resource.kind.starts_with("aws_backup_");
        let work = &mut self.work;
        each_in_body(&resource.body, &mut |expr| {
            work.push((node, expr));
            false
        });
    }

    /// What the call passes, and what decides which of its instances there are.
    fn variable(&mut self, node: usize, name: &Arc<str>) {
        if !self.seen.insert(Seen::Variable(node, Arc::clone(name))) {
            return;
        }
        let configuration = self.configuration;
        if node == 0 {
            self.inputs.extend(configuration.variables.get(name).map(|variable| variable.id));
        }
        let Some((parent, call)) = configuration.nodes.get(node).and_then(|node| node.parent) else { return };
        let Some(call) = configuration.nodes.get(parent).and_then(|node| node.module.calls.get(call)) else { return };
        let passed = [&**name, "for_each", "count"].into_iter().filter_map(|name| attribute(&call.body, name));
        self.work.extend(passed.map(|attribute| (parent, &attribute.value)));
    }

    fn outputs(&mut self, node: usize, call: &str) {
        let configuration = self.configuration;
        let Some(node) = configuration.nodes.get(node) else { return };
        let at = node.module.calls.iter().position(|it| *it.name == *call);
        let Some(Child::Node(child)) = at.and_then(|at| node.children.get(at)) else { return };
        if !self.seen.insert(Seen::Outputs(*child)) {
            return;
        }
        let Some(module) = configuration.nodes.get(*child).map(|node| &node.module) else { return };
        let values = module.outputs.values().filter_map(|output| output.value.as_ref());
        self.work.extend(values.map(|value| (*child, value)));
    }
}

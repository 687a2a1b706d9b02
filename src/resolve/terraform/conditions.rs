//! Custom conditions: `validation` of variables, `precondition` and `postcondition` of resources, data sources and outputs.
//! Terraform stops where one does not hold, so that a world in which it does not is none. `check` blocks only warn.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::configuration::{Configuration, Place};
use super::evaluate::decide;
use super::expr::Decision;
use super::here::{Here, Owner};
use super::module::attribute;
use super::scope::Reach;
use super::tree::Node;
use super::variables::speaks_of_only;
use crate::finding::Problem;
use crate::read::hcl::ast::{Block, Expr};
use crate::value::{Fact, InputId, Inputs, Mode, Test, World};

/// What a condition is asked for.
#[derive(Clone, Copy, Debug)]
enum Subject {
    /// The module: its variables, its outputs.
    Module,
    /// Each instance of a resource or data source.
    Resource(usize),
}

/// A condition without which Terraform stops.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    node: usize,
    subject: Subject,
    expr: Expr,
    /// The inputs that it can hang on.
    inputs: BTreeSet<InputId>,
    /// Those that share inputs, directly or through others, have one number.
    group: usize,
}

/// All conditions of a configuration.
#[derive(Debug, Default)]
pub(super) struct Conditions(Vec<Condition>);

/// Most conditions of one configuration that are asked for.
const MAX_CONDITIONS: usize = 1024;
/// Most instances of a resource for which its conditions are asked.
const MAX_ASKED: usize = 32;

impl Conditions {
    /// The conditions that are written in the modules. Validations that speak of their own variable alone are the inputs'
    /// own in the root.
    pub(super) fn read(nodes: &[Node]) -> Conditions {
        let mut list = Vec::new();
        for (at, node) in nodes.iter().enumerate() {
            let mut add = |subject, expr: &Expr| {
                list.push(Condition { node: at, subject, expr: expr.clone(), inputs: BTreeSet::new(), group: 0 });
            };
            let module = &node.module;
            let call = node.parent.and_then(|(outer, call)| nodes.get(outer)?.module.calls.get(call));
            for variable in module.variables.values() {
                for condition in &variable.validations {
                    let counts = match call {
                        None => !speaks_of_only(condition, variable),
                        Some(call) => {
                            super::walk::variables(condition).0.iter().any(|name| call.argument(name).is_some())
                        }
                    };
                    if counts {
                        add(Subject::Module, condition);
                    }
                }
            }
            for (index, resource) in module.resources.iter().enumerate() {
                let lifecycle = resource.body.blocks.iter().filter(|block| &*block.kind == "lifecycle");
                lifecycle
                    .flat_map(|block| written(&block.body.blocks))
                    .for_each(|it| add(Subject::Resource(index), it));
            }
            module.outputs.values().flat_map(|output| &output.conditions).for_each(|it| add(Subject::Module, it));
        }
        list.truncate(MAX_CONDITIONS);
        Conditions(list)
    }
}

/// The conditions of these `precondition` and `postcondition` blocks.
pub(super) fn written(blocks: &[Block]) -> impl Iterator<Item = &Expr> {
    let kinds = |block: &&Block| matches!(&*block.kind, "precondition" | "postcondition");
    blocks.iter().filter(kinds).filter_map(|block| Some(&attribute(&block.body, "condition")?.value))
}

impl Configuration {
    /// Whether Terraform accepts this world. Only conditions are asked that may hang on what is decided in it; in the default
    /// world everything is.
    pub(super) fn accepts(&self, world: &mut World<'_>) -> bool {
        let conditions = &self.conditions.0;
        if conditions.is_empty() {
            return true;
        }
        let facts = world.facts();
        let asked: BTreeSet<usize> = match world.mode() {
            Mode::Defaults => conditions.iter().map(|condition| condition.group).collect(),
            Mode::Free => {
                let touched = |condition: &&Condition| facts.iter().any(|fact| self.touches(condition, fact));
                conditions.iter().filter(touched).map(|condition| condition.group).collect()
            }
        };
        let mut indices = (0..conditions.len()).filter(|at| asked.contains(&conditions[*at].group));
        indices.all(|at| !self.refuses(at, world))
    }

    fn touches(&self, condition: &Condition, fact: &Fact) -> bool {
        match &fact.test {
            Test::Equals(id, _) | Test::Null(id) => condition.inputs.contains(id),
            Test::Opaque(text) => {
                let named = |id: &InputId| self.inputs.get(*id).is_some_and(|input| text.contains(&*input.name));
                condition.inputs.iter().any(named)
            }
            Test::Unknown(..) => false,
        }
    }

    fn refuses(&self, at: usize, world: &mut World<'_>) -> bool {
        let Some(condition) = self.conditions.0.get(at) else { return false };
        let mut hasher = DefaultHasher::new();
        ("terraform condition", at).hash(&mut hasher);
        world.memo(hasher.finish(), |world| self.fails(condition, world))
    }

    /// Whether a condition is known not to hold for one of its subjects.
    fn fails(&self, condition: &Condition, world: &mut World<'_>) -> bool {
        for place in self.places_of(condition.node, world) {
            let owners = match condition.subject {
                Subject::Module => vec![Owner::None],
                Subject::Resource(index) => {
                    let keys = self.resource_keys(&place, index, world);
                    keys.into_iter().take(MAX_ASKED).map(|key| Owner::Resource(index, key)).collect()
                }
            };
            for owner in owners {
                let here = Here::new(self, Place::clone(&place), None).owned(owner);
                match decide(&condition.expr, &here, world) {
                    Ok(Decision::No) => return true,
                    Err(error) if error.reach != Reach::Limit => return true,
                    _ => {}
                }
            }
        }
        false
    }

    /// Finds what each condition can hang on. Those that hold in no world at all are told, and left out: they say nothing of
    /// any one of them. A default that a condition refuses is no default: whoever runs this sets another value.
    pub(super) fn with_conditions(mut self, problems: &mut Vec<Problem>) -> Self {
        for at in 0..self.conditions.0.len() {
            let Condition { node, subject, ref expr, .. } = self.conditions.0[at];
            let resource = if let Subject::Resource(index) = subject { Some(index) } else { None };
            let inputs = self.inputs_of(node, resource, expr);
            self.conditions.0[at].inputs = inputs;
        }
        let hopeless = |at: &usize| {
            let mut world = World::new(&self.inputs, Mode::Free);
            self.refuses(*at, &mut world) && world.decisions() == 0
        };
        let hopeless: Vec<usize> = (0..self.conditions.0.len()).filter(hopeless).collect();
        for at in hopeless.into_iter().rev() {
            let condition = self.conditions.0.remove(at);
            let message = "this condition holds in no world, so that nothing can be planned";
            problems.push(Problem::at("evaluation", condition.expr.span, message));
        }
        group(&mut self.conditions.0);
        let refused = self.refused_defaults();
        refuse(&mut self.inputs, &refused);
        self
    }

    /// The inputs whose defaults stand for "not set" and are what a condition refuses.
    fn refused_defaults(&self) -> BTreeSet<InputId> {
        let unset = |id: &&InputId| {
            let default = self.inputs.get(**id).and_then(|input| input.default.as_ref());
            default.is_some_and(|json| match json {
                serde_json::Value::Null => true,
                serde_json::Value::String(text) => text.is_empty(),
                serde_json::Value::Array(items) => items.is_empty(),
                serde_json::Value::Object(members) => members.is_empty(),
                _ => false,
            })
        };
        let mut refused = BTreeSet::new();
        for (at, condition) in self.conditions.0.iter().enumerate() {
            let mut world = World::new(&self.inputs, Mode::Defaults);
            if self.refuses(at, &mut world) && world.decisions() == 0 {
                refused.extend(condition.inputs.iter().filter(unset).copied());
            }
        }
        refused
    }
}

fn refuse(inputs: &mut Inputs, refused: &BTreeSet<InputId>) {
    for id in refused {
        if let Some(input) = inputs.get_mut(*id) {
            input.default_is_refused = true;
        }
    }
}

/// Gives those that share an input one number.
fn group(conditions: &mut [Condition]) {
    for at in 0..conditions.len() {
        conditions[at].group = at;
        for before in 0..at {
            if conditions[before].group != conditions[at].group
                && !conditions[before].inputs.is_disjoint(&conditions[at].inputs)
            {
                let (from, to) = (conditions[at].group, conditions[before].group);
                conditions[..=at].iter_mut().filter(|it| it.group == from).for_each(|it| it.group = to);
            }
        }
    }
}

//! Plans, vaults, keys and key policies of every unit, as nodes and edges; only what lies around a vault.

use super::facts::{address, object, objects, of_block, text, words};
use super::{Material, used_key};
use crate::finding::{Certainty, Finding};
use crate::model::schema::Object;
use crate::model::{Evaluator, Stack};
use crate::report::evidence::State;
use crate::report::graph::{Edge, Graph, Node, NodeKind};
use crate::value::World;

/// The graph of all units.
pub fn graph(material: &Material<'_>) -> Graph {
    let mut graph = Graph::default();
    for unit in material.units {
        let stack = Stack::new(unit.as_ref());
        let mut drawing = Drawing { material, unit: unit.as_ref(), stack: &stack, graph: &mut graph };
        drawing.vaults();
        drawing.policies();
        drawing.plans();
    }
    graph
}

struct Drawing<'a> {
    material: &'a Material<'a>,
    unit: &'a dyn Evaluator,
    stack: &'a Stack<'a>,
    graph: &'a mut Graph,
}

/// What a rule of a plan writes to, in one world.
#[derive(Clone, Debug, PartialEq)]
struct Target {
    /// The vault's address, where it is declared; else what is written.
    to: Result<String, String>,
    copy: bool,
}

impl Drawing<'_> {
    fn vaults(&mut self) {
        for block in self.stack.blocks_of("any_vault", &[]) {
            let used = of_block(self.stack, block, "any_vault", |vault, world| used_key(self.stack, vault, world));
            for (vault, keys) in used {
                self.node(NodeKind::Vault, &vault, &vault, Some(self.state(&vault)));
                for (key, when) in keys {
                    let (name, state) = match &key.declared {
                        Some(address) => (address.clone(), self.state(address)),
                        None if key.may_be_customers => (key.name, State::NotAssessed),
                        None => (key.name, State::Gap),
                    };
                    let label = if key.declared.is_some() { name.clone() } else { format!("{name}\n{}", key.owner) };
                    self.node(NodeKind::Key, &name, &label, Some(state));
                    self.edge(&vault, &name, "encrypted by", when);
                }
            }
        }
    }

    /// The policies of the keys that a vault uses.
    fn policies(&mut self) {
        let drawn = |graph: &Graph, id: &str| graph.nodes.iter().any(|node| node.id == id);
        for block in self.stack.blocks_of("key", &[]) {
            let access = of_block(self.stack, block, "key", |key, world| self.access(key, world));
            for (key, access) in access {
                if !drawn(self.graph, &self.id(&key)) {
                    continue;
                }
                for (verdict, when) in access {
                    let state = match verdict.as_str() {
                        "granted" => State::Satisfied,
                        verdict if verdict.starts_with("not known") => State::NotAssessed,
                        _ => State::Gap,
                    };
                    let id = format!("policy of {key}: {verdict}");
                    let label = format!("key policy\nAWS Backup: {verdict}");
                    self.node(NodeKind::Policy, &id, &label, Some(state));
                    self.edge(&id, &key, "governs", when);
                }
            }
        }
    }

    fn access(&self, key: &Object, world: &mut World<'_>) -> String {
        match object(self.stack, key, "backup_access", world) {
            Some(access) => words(text(self.stack, &access, "verdict", world)),
            None => "not known".to_owned(),
        }
    }

    /// The plans that write to a vault of the unit, and where else these copy to.
    fn plans(&mut self) {
        for block in self.stack.blocks_of("backup_rule", &[]) {
            let targets = of_block(self.stack, block, "backup_rule", |rule, world| self.targets(rule, world));
            for (plan, targets) in targets {
                if !targets.iter().any(|(targets, _)| targets.iter().any(|target| target.to.is_ok())) {
                    continue;
                }
                self.node(NodeKind::Plan, &plan, &plan, None);
                for (target, when) in targets.into_iter().flat_map(|(list, when)| {
                    list.into_iter().map(move |target| (target, when.clone())).collect::<Vec<_>>()
                }) {
                    let to = match target.to {
                        Ok(vault) => vault,
                        Err(written) => {
                            self.node(NodeKind::Vault, &written, &format!("{written}\ndeclared elsewhere"), None);
                            written
                        }
                    };
                    self.edge(&plan, &to, if target.copy { "copies to" } else { "backs up to" }, when);
                }
            }
        }
    }

    fn targets(&self, rule: &Object, world: &mut World<'_>) -> Vec<Target> {
        let mut targets = vec![self.target(rule, false, world)];
        for copy in objects(self.stack, rule, "copies", world) {
            targets.push(self.target(&copy, true, world));
        }
        targets.into_iter().flatten().collect()
    }

    fn target(&self, of: &Object, copy: bool, world: &mut World<'_>) -> Option<Target> {
        if let Some(vault) = object(self.stack, of, "vault", world) {
            return Some(Target { to: Ok(address(self.stack, &vault)), copy });
        }
        match text(self.stack, of, "target_name", world) {
            Some(Ok(name)) => Some(Target { to: Err(name), copy }),
            _ => None,
        }
    }

    fn id(&self, address: &str) -> String {
        format!("{}\n{address}", self.unit.name())
    }

    fn node(&mut self, kind: NodeKind, address: &str, label: &str, state: Option<State>) {
        let id = self.id(address);
        if !self.graph.nodes.iter().any(|node| node.id == id) {
            let (label, group) = (label.to_owned(), self.unit.name().to_owned());
            self.graph.nodes.push(Node { id, kind, label, state, group });
        }
    }

    fn edge(&mut self, from: &str, to: &str, label: &str, when: Option<String>) {
        let (from, to) = (self.id(from), self.id(to));
        let same =
            |edge: &Edge| (&edge.from, &edge.to, &edge.label, &edge.when) == (&from, &to, &label.to_owned(), &when);
        if !self.graph.edges.iter().any(same) {
            self.graph.edges.push(Edge { from, to, label: label.to_owned(), when });
        }
    }

    /// The verdict on a resource, by what was found of it.
    fn state(&self, address: &str) -> State {
        let ours = |unit: &str, subject: &str| unit == self.unit.name() && subject == address;
        let of = |finding: &Finding| match finding.certainty {
            Certainty::Conditional => State::NotAssessed,
            _ if finding.severity == crate::finding::Severity::Advice => State::Satisfied,
            _ => State::Gap,
        };
        let outcome = self.material.outcome;
        let found = outcome.findings.iter().filter(|it| ours(&it.unit, &it.subject.address)).map(of);
        let open = outcome.undecided.iter().filter(|it| ours(&it.unit, &it.subject.address));
        found.chain(open.map(|_| State::NotAssessed)).min().unwrap_or(State::Satisfied)
    }
}

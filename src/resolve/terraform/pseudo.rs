//! Facts of the deployment that data sources name: account, region, partition.
//!
//! Each is one input for each provider configuration: code may compare them, and policies understand them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::configuration::Configuration;
use super::here::Here;
use super::module::{Resource, attribute};
use super::providers::{self, Found};
use super::tree::Node;
use super::types::Ty;
use super::val::{Data, Val};
use crate::read::hcl::ast::ExprKind;
use crate::source::Span;
use crate::value::{Input, InputId, InputKind, InputState, Inputs, Origin, Pseudo, World};

/// The inputs that stand for facts of the deployment.
#[derive(Debug, Default)]
pub(super) struct Pseudos {
    ids: BTreeMap<(Fact, String), InputId>,
}

/// A fact of the deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fact {
    Account,
    CallerArn,
    CallerUser,
    Partition,
    Suffix,
    Region,
}

impl Fact {
    /// The fact that an attribute of a data source is.
    fn of(kind: &str, name: &str) -> Option<Fact> {
        match (kind, name) {
            ("aws_caller_identity", "account_id" | "id") => Some(Fact::Account),
            ("aws_caller_identity", "arn") => Some(Fact::CallerArn),
            ("aws_caller_identity", "user_id") => Some(Fact::CallerUser),
            ("aws_partition", "partition" | "id") => Some(Fact::Partition),
            ("aws_partition", "dns_suffix") => Some(Fact::Suffix),
            ("aws_region", "name" | "region" | "id") => Some(Fact::Region),
            _ => None,
        }
    }

    fn kind(self) -> Pseudo {
        match self {
            Fact::Account => Pseudo::Account,
            Fact::CallerArn => Pseudo::CallerArn,
            Fact::CallerUser => Pseudo::CallerUser,
            Fact::Partition => Pseudo::Partition,
            Fact::Suffix => Pseudo::UrlSuffix,
            Fact::Region => Pseudo::Region,
        }
    }
}

/// The facts that each kind of data source gives, with the attribute that names them.
const FACTS: &[(&str, &[&str])] = &[
    ("aws_caller_identity", &["account_id", "arn", "user_id"]),
    ("aws_partition", &["partition", "dns_suffix"]),
    ("aws_region", &["name"]),
];

impl Pseudos {
    /// Adds an input for each fact that a data source of the configuration names.
    pub(super) fn add(nodes: &[Node], inputs: &mut Inputs) -> Pseudos {
        let mut pseudos = Pseudos::default();
        for (at, node) in nodes.iter().enumerate() {
            for resource in node.module.resources.iter().filter(|resource| resource.data) {
                let Some((_, names)) = FACTS.iter().find(|(kind, _)| *kind == &*resource.kind) else { continue };
                let provider = provider_key(&providers::find(nodes, at, resource));
                let prefix = Configuration::plain_prefix(nodes, at);
                for name in *names {
                    let Some(fact) = Fact::of(&resource.kind, name) else { continue };
                    pseudos.ids.entry((fact, provider.clone())).or_insert_with(|| {
                        let title = format!("{prefix}{}.{name}", resource.local_address());
                        let mut input = Input::new(title, InputKind::Pseudo(fact.kind()));
                        input.span = Some(resource.header);
                        inputs.add(input)
                    });
                }
            }
        }
        pseudos
    }
}

impl Pseudos {
    /// The inputs that data sources of this type give.
    pub(super) fn ids_of(&self, kind: &str) -> impl Iterator<Item = InputId> {
        let known = FACTS.iter().any(|(of, _)| *of == kind);
        self.ids.values().copied().filter(move |_| known)
    }
}

fn provider_key(found: &Found) -> String {
    let alias: Option<&Arc<str>> = found.provider.alias.as_ref();
    // Each instance of a provider is asked for facts of its own.
    let instance = match found.key.as_ref().map(|key| &key.expr.kind) {
        None => String::new(),
        Some(ExprKind::String(name)) => format!("[{name}]"),
        Some(other) => format!("[{other:?}]"),
    };
    format!("{} {} {}{instance}", found.node, found.provider.name, alias.map_or("", |alias| alias))
}

impl Configuration {
    /// The value of an attribute that is a fact of the deployment.
    pub(super) fn pseudo_attribute(
        &self,
        here: &Here<'_>,
        resource: &Resource,
        name: &str,
        span: Span,
        world: &mut World<'_>,
    ) -> Option<Val> {
        if !resource.data {
            return None;
        }
        let fact = Fact::of(&resource.kind, name)?;
        let found = providers::find(&self.nodes, here.place.node, resource);
        if fact == Fact::Region {
            let own = ["region", "name"].iter().find_map(|name| attribute(&resource.body, name));
            let value = match own {
                Some(own) => here.evaluate(&own.value, world).ok(),
                None => self.provider_region(here, &found, world),
            };
            if let Some(value) = value.filter(|value| !matches!(value.data, Data::Null)) {
                return Some(value);
            }
        }
        let id = *self.pseudos.ids.get(&(fact, provider_key(&found)))?;
        let data = match world.state(id) {
            InputState::Known(serde_json::Value::String(text)) => Data::String(text.into()),
            _ => Data::input(id, world),
        };
        Some(Val { data, ty: Ty::String, origin: Origin::at(span) })
    }

    /// The region that a provider block writes, where it is known.
    fn provider_region(&self, here: &Here<'_>, found: &Found, world: &mut World<'_>) -> Option<Val> {
        let block = self.nodes.get(found.node)?.module.providers.get(found.block?)?;
        let region = attribute(&block.body, "region")?;
        let place = super::configuration::Place {
            node: found.node,
            path: here.place.path.iter().take(self.depth(found.node)).cloned().collect(),
        };
        let value = Here::new(self, place, here.frame).evaluate(&region.value, world).ok()?;
        matches!(value.data, Data::String(_)).then_some(value)
    }

    /// How many calls lead to a node.
    fn depth(&self, node: usize) -> usize {
        let mut depth = 0;
        let mut at = node;
        while let Some((outer, _)) = self.nodes.get(at).and_then(|node| node.parent) {
            depth += 1;
            at = outer;
        }
        depth
    }
}

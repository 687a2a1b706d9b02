//! One root directory with everything that it calls, ready to be evaluated.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use super::conditions::Conditions;
use super::module::{Module, Resource};
use super::pseudo::Pseudos;
use super::scope::{Failure, RefStep};
use super::tree::Node;
use super::usage::Usage;
use super::variables::RootVariable;
use crate::model::evaluator::{Block, Key};
use crate::source::Span;
use crate::source::files::Files;
use crate::source::limits::MAX_EVALUATION_DEPTH;
use crate::value::{InputId, Inputs, World};

/// A root directory and the modules it calls.
pub(super) struct Configuration {
    /// The unit's name: the directory as it was given.
    pub(super) name: String,
    /// The root's directory, normalised.
    pub(super) directory: Arc<str>,
    /// The door to files.
    pub(super) files: Arc<dyn Files>,
    /// The tree of module calls; the first is the root.
    pub(super) nodes: Vec<Node>,
    /// The unit's inputs.
    pub(super) inputs: Inputs,
    /// The root's variables among the inputs.
    pub(super) variables: BTreeMap<Arc<str>, RootVariable>,
    /// `terraform.workspace` among the inputs.
    pub(super) workspace: InputId,
    /// Facts of the deployment among the inputs.
    pub(super) pseudos: Pseudos,
    /// Every resource and data source of every node.
    pub(super) blocks: Vec<Block>,
    /// Node and resource of each block, in the same order.
    pub(super) places: Vec<(usize, usize)>,
    /// Which attributes expressions read.
    pub(super) usage: Usage,
    /// Which resources each one can read, as far as that was asked.
    pub(super) reach: super::reach::Reach,
    /// Without which conditions Terraform stops.
    pub(super) conditions: Conditions,
    /// The directories that are called.
    pub(super) called: Vec<String>,
    /// Whether it is a library module.
    pub(super) library: bool,
    /// Whether anything in it is sensitive.
    pub(super) secrets: bool,
}

/// A module in one instance: a node, and the keys of the calls on the way to it, outermost first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    /// The node.
    pub(super) node: usize,
    /// One key for each call.
    pub(super) path: Arc<[Key]>,
}

/// What is being evaluated, innermost first: evaluating it once more inside is a cycle.
#[derive(Clone, Copy)]
pub(super) struct Frame<'f> {
    key: u64,
    depth: usize,
    outer: Option<&'f Frame<'f>>,
}

/// What is evaluated and remembered by name.
#[derive(Clone, Copy, Hash)]
pub(super) enum Slot<'s> {
    /// `local.name`, and the steps into it that are evaluated alone.
    Local(&'s str, &'s [RefStep]),
    /// `var.name`
    Variable(&'s str),
    /// `output.name`
    Output(&'s str),
    /// An attribute of an instance.
    Attribute(usize, &'s Key, &'s str),
    /// The instances of a resource.
    ResourceInstances(usize),
    /// The instances of a call.
    CallInstances(usize),
    /// The elements of the `for_each` of a resource, or of a call.
    Elements(bool, usize),
    /// The keys of `local.name`, or of what is passed for `var.name`.
    Keys(bool, &'s str),
    /// The instances of a provider.
    ProviderInstances(usize),
}

impl Place {
    /// The root module.
    pub(super) fn root() -> Self {
        Place { node: 0, path: Arc::new([]) }
    }

    /// The module that a call of this module leads to.
    pub(super) fn inside(&self, node: usize, key: Key) -> Self {
        let path: Vec<Key> = self.path.iter().cloned().chain([key]).collect();
        Place { node, path: path.into() }
    }
}

impl Configuration {
    /// The declarations at a place.
    pub(super) fn module(&self, place: &Place) -> &Module {
        &self.nodes[place.node.min(self.nodes.len() - 1)].module
    }

    /// A resource at a place.
    pub(super) fn resource(&self, place: &Place, index: usize) -> Option<&Resource> {
        self.module(place).resources.get(index)
    }

    /// The calling module of a place, which of its calls leads here, and with which key.
    pub(super) fn caller(&self, place: &Place) -> Option<(Place, usize, Key)> {
        let (node, call) = self.nodes.get(place.node)?.parent?;
        let (key, path) = place.path.split_last()?;
        Some((Place { node, path: path.into() }, call, key.clone()))
    }

    /// Computes what stands at `slot` once for what it asks of the world, and stops at cycles.
    pub(super) fn remember<T: Clone + Send + Sync + 'static>(
        &self,
        place: &Place,
        slot: Slot<'_>,
        span: Span,
        frame: Option<&Frame<'_>>,
        world: &mut World<'_>,
        make: impl Fn(&Frame<'_>, &mut World<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let identity = hash(&(place, slot));
        let mut outer = frame;
        while let Some(running) = outer {
            if running.key == identity {
                let message = format!("{} refers to itself", self.title(place, slot));
                // What is computed around it hangs on where the circle was entered.
                world.limit();
                return Err(Failure::whole(span, message));
            }
            outer = running.outer;
        }
        let depth = frame.map_or(0, |frame| frame.depth + 1);
        if depth > MAX_EVALUATION_DEPTH {
            world.limit();
            return Err(Failure::limit(span, "the chain of references is longer than is followed"));
        }
        // An attribute that is not written has the place where it is read.
        let key = if let Slot::Attribute(..) = slot { hash(&(identity, span)) } else { identity };
        world.memo(key, |world| make(&Frame { key: identity, depth, outer: frame }, world).map_err(Failure::outside))
    }

    fn title(&self, place: &Place, slot: Slot<'_>) -> String {
        match slot {
            Slot::Local(name, _) | Slot::Keys(true, name) => format!("local.{name}"),
            Slot::Variable(name) | Slot::Keys(false, name) => format!("var.{name}"),
            Slot::Output(name) => format!("output.{name}"),
            Slot::Attribute(index, _, _) | Slot::ResourceInstances(index) | Slot::Elements(true, index) => {
                self.resource(place, index).map_or_else(|| "a resource".to_owned(), Resource::local_address)
            }
            Slot::CallInstances(index) | Slot::Elements(false, index) => match self.module(place).calls.get(index) {
                Some(call) => format!("module.{}", call.name),
                None => "a module call".to_owned(),
            },
            Slot::ProviderInstances(index) => match self.module(place).providers.get(index) {
                Some(provider) => format!("provider {}", provider.name),
                None => "a provider".to_owned(),
            },
        }
    }

    /// The prefix of addresses at a place: ``, `module.a.`, `module.a["k"].module.b[0].`.
    pub(super) fn prefix(&self, place: &Place) -> String {
        match self.caller(place) {
            None => String::new(),
            Some((outer, call, key)) => {
                let name = self.module(&outer).calls.get(call).map_or("?", |call| &call.name);
                format!("{}module.{name}{}.", self.prefix(&outer), bracketed(&key))
            }
        }
    }

    /// The prefix of a node's addresses, without keys.
    pub(super) fn plain_prefix(nodes: &[Node], node: usize) -> String {
        match nodes.get(node).and_then(|node| node.parent) {
            None => String::new(),
            Some((outer, call)) => {
                let name =
                    nodes.get(outer).and_then(|outer| outer.module.calls.get(call)).map_or("?", |call| &call.name);
                format!("{}module.{name}.", Configuration::plain_prefix(nodes, outer))
            }
        }
    }

    /// The address of an instance of a resource.
    pub(super) fn address(&self, place: &Place, index: usize, key: &Key) -> Arc<str> {
        let resource = self.resource(place, index).map_or_else(String::new, Resource::local_address);
        format!("{}{resource}{}", self.prefix(place), bracketed(key)).into()
    }
}

/// A key as it stands in an address: ``, `[0]`, `["a"]`, `[*]` for some instance.
pub(super) fn bracketed(key: &Key) -> String {
    match key {
        Key::None => String::new(),
        Key::Index(index) => format!("[{index}]"),
        Key::Name(name) => format!("[\"{}\"]", name.replace('\\', "\\\\").replace('"', "\\\"")),
        Key::Any => "[*]".to_owned(),
    }
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

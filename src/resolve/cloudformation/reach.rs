//! Which resources a resource can read, whatever the world: every logical id in its text, followed through other
//! resources, nested stacks and their outputs.
//!
//! It reads text, not functions: a string that is a logical id by chance counts. That costs a question that need not be
//! asked; to overlook a reference would cost a wrong answer.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::unit::{ScopeId, Unit};
use crate::model::BlockId;
use crate::read::tree::{Data, Node};

/// The type whose names stand for keys.
const ALIAS: &str = "AWS::KMS::Alias";

/// The blocks that a block can read; `None`: any.
type Reached = Option<Arc<BTreeSet<BlockId>>>;

/// What was found, by block.
#[derive(Debug, Default)]
pub(super) struct Reach {
    known: Mutex<HashMap<BlockId, Reached>>,
    table: OnceLock<Table>,
}

/// What every walk looks up.
#[derive(Debug)]
struct Table {
    blocks: HashMap<(ScopeId, usize), BlockId>,
    addresses: HashMap<Arc<str>, BlockId>,
    /// Aliases whose name is a literal.
    named: HashMap<Arc<str>, Vec<BlockId>>,
    /// All others.
    unnamed: Vec<BlockId>,
    /// Whether a loop makes names that stand nowhere.
    loops: bool,
}

impl Unit {
    /// The blocks that `from` can read something of, itself included; `None`: any.
    pub(super) fn reached(&self, from: BlockId) -> Reached {
        let table = self.reach.table.get_or_init(|| self.table());
        if table.loops {
            return None;
        }
        let mut known = self.reach.known.lock().unwrap_or_else(PoisonError::into_inner);
        let walk = || Walk { unit: self, table, seen: HashSet::new(), work: Vec::new(), reached: BTreeSet::new() };
        known.entry(from).or_insert_with(|| Some(Arc::new(walk().from(from)))).clone()
    }

    /// The block with this address.
    pub(super) fn block_named(&self, address: &str) -> Option<BlockId> {
        self.reach.table.get_or_init(|| self.table()).addresses.get(address).copied()
    }

    fn table(&self) -> Table {
        let blocks = self.homes.iter().zip(&self.blocks).map(|(home, block)| (*home, block.id)).collect();
        // Of two with one address the first is meant.
        let addresses = self.blocks.iter().rev().map(|block| (Arc::clone(&block.address), block.id)).collect();
        let mut table = Table { blocks, addresses, named: HashMap::new(), unnamed: Vec::new(), loops: false };
        for (&(scope, position), block) in self.homes.iter().zip(&self.blocks) {
            let Some(resource) = self.scope(scope).template.resources.at(position) else { continue };
            table.loops |= !resource.turns.is_empty();
            if &*block.kind != ALIAS {
                continue;
            }
            let name = resource.body.get("Properties").and_then(|properties| properties.get("AliasName"));
            match name.and_then(Node::as_str).filter(|name| !name.contains("${")) {
                Some(name) => table.named.entry(name.into()).or_default().push(block.id),
                None => table.unnamed.push(block.id),
            }
        }
        table
    }
}

/// What was looked through already.
#[derive(PartialEq, Eq, Hash)]
enum Seen {
    Resource(ScopeId, usize),
    Passed(ScopeId),
    Outputs(ScopeId),
    Mapping(ScopeId, Arc<str>),
}

struct Walk<'u> {
    unit: &'u Unit,
    table: &'u Table,
    seen: HashSet<Seen>,
    work: Vec<(ScopeId, &'u Node)>,
    reached: BTreeSet<BlockId>,
}

impl<'u> Walk<'u> {
    fn from(mut self, block: BlockId) -> BTreeSet<BlockId> {
        if let Some(&(scope, position)) = self.unit.homes.get(block.0 as usize) {
            self.resource(scope, position);
        }
        while let Some((scope, node)) = self.work.pop() {
            match &node.data {
                Data::String(text) => self.text(scope, text),
                Data::Sequence(items) => self.work.extend(items.iter().map(|item| (scope, item))),
                Data::Mapping(members) => self.work.extend(members.iter().map(|member| (scope, &member.value))),
                Data::Null | Data::Bool(_) | Data::Number(_) => {}
            }
        }
        self.reached
    }

    fn resource(&mut self, scope: ScopeId, position: usize) {
        if !self.seen.insert(Seen::Resource(scope, position)) {
            return;
        }
        self.reached.extend(self.table.blocks.get(&(scope, position)));
        let home = self.unit.scope(scope);
        if let Some(resource) = home.template.resources.at(position) {
            self.work.push((scope, &resource.body));
        }
        if let Some(&child) = home.children.get(&position)
            && self.seen.insert(Seen::Outputs(child))
        {
            let outputs = self.unit.scope(child).template.outputs.iter();
            self.work.extend(outputs.map(|(_, output)| (child, &output.body)));
        }
    }

    /// `Key`, `Key.Arn`, `...${Key.Arn}...`.
    fn text(&mut self, scope: ScopeId, text: &str) {
        self.name(scope, text);
        for inner in text.split("${").skip(1) {
            self.name(scope, inner.split('}').next().unwrap_or(inner).trim());
        }
        if text.contains("alias/") {
            self.alias(text);
        }
    }

    fn name(&mut self, scope: ScopeId, name: &str) {
        let unit = self.unit;
        let name = name.split('.').next().unwrap_or(name);
        let home = unit.scope(scope);
        if let Some(position) = home.template.resources.position(name) {
            self.resource(scope, position);
        }
        if let Some(mapping) = home.template.mapping(name)
            && self.seen.insert(Seen::Mapping(scope, Arc::clone(&mapping.key)))
        {
            self.work.push((scope, &mapping.value));
        }
        if home.template.parameter(name).is_none() {
            return;
        }
        match home.parent {
            Some((parent, position)) => {
                let stack = unit.scope(parent).template.resources.at(position);
                let properties = stack.and_then(|stack| stack.body.get("Properties"));
                if let Some(passed) = properties.and_then(|properties| properties.get("Parameters"))
                    && self.seen.insert(Seen::Passed(scope))
                {
                    self.work.push((parent, passed));
                }
            }
            None => {
                let Some(input) = unit.inputs.find(name).and_then(|id| unit.inputs.get(id)) else { return };
                let known = input.default.iter().chain(&input.pinned).chain(input.allowed.iter().flatten());
                for text in known.chain(&input.probes).filter_map(|literal| literal.as_str()) {
                    if text.contains("alias/") {
                        self.alias(text);
                    }
                }
            }
        }
    }

    /// A text names an alias, and with it the key behind.
    fn alias(&mut self, text: &str) {
        let table = self.table;
        let exact = text.find("alias/").map(|at| &text[at..]).filter(|name| !name.contains("${"));
        let named = exact.and_then(|name| table.named.get(name)).into_iter().flatten();
        let every = table.named.values().flatten().filter(|_| exact.is_none());
        let blocks: Vec<BlockId> = named.chain(every).chain(&table.unnamed).copied().collect();
        for block in blocks {
            if let Some(&(scope, position)) = self.unit.homes.get(block.0 as usize) {
                self.resource(scope, position);
            }
        }
    }
}

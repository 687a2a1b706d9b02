//! A plan as a unit: exact where the plan is, joined with its sources where they are given.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::join::Joined;
use crate::model::{Block, BlockId, Evaluator, Instance, Language};
use crate::source::Span;
use crate::value::{Inputs, Kind, Origin, Part, Symbol, UnknownKind, Value, World};

/// One planned (or deleted) resource instance.
pub(super) struct Planned {
    /// Which.
    pub(super) instance: Instance,
    /// Whether the plan deletes it.
    pub(super) deleted: bool,
    /// Whether the plan creates it: then all that it knows comes from the configuration.
    pub(super) created: bool,
    /// Its arguments and attributes, as far as the plan alone tells.
    pub(super) attributes: BTreeMap<Arc<str>, Value>,
    /// What the plan shows where that may be the provider's choice as well as the configuration's.
    pub(super) unclear: BTreeMap<Arc<str>, Arc<str>>,
    /// The addresses of what it refers to where the plan does not say which of them is its key.
    pub(super) perhaps: Vec<String>,
    /// The arguments that are taken to be the one key that they refer to; sources know better.
    pub(super) inferred: BTreeSet<Arc<str>>,
    /// What the plan does with it.
    pub(super) change: Value,
    /// Its provider's settings.
    pub(super) provider: Value,
    /// Its address in the plan.
    pub(super) place: Span,
}

/// A plan.
pub(super) struct Plan {
    /// The plan's path.
    pub(super) name: String,
    /// The variables with the plan's values, or the sources' inputs with them pinned.
    pub(super) inputs: Inputs,
    /// The blocks, in the order of the plan.
    pub(super) blocks: Vec<Block>,
    /// For each block the arguments that are written.
    pub(super) written: Vec<Vec<Arc<str>>>,
    /// All instances, in the order of the plan.
    pub(super) planned: Vec<Planned>,
    /// Positions in `planned`, by address.
    pub(super) by_address: HashMap<Arc<str>, usize>,
    /// Positions in `planned` of the final instances, by block.
    pub(super) by_block: Vec<Vec<usize>>,
    /// Blocks by their addresses, which have no keys.
    pub(super) by_bare_address: HashMap<Arc<str>, BlockId>,
    /// The sources.
    pub(super) sources: Option<Joined>,
    /// Whether worlds in which the sources could not have given this plan are left out.
    pub(super) narrows: bool,
}

impl Plan {
    fn planned(&self, address: &str) -> Option<&Planned> {
        self.planned.get(*self.by_address.get(address)?)
    }

    /// Adds the blocks that a block reads itself, by what the plan shows of it and by its sources. `None`: any, since it
    /// names an alias.
    fn read_by(&self, block: BlockId, found: &mut Vec<BlockId>) -> Option<()> {
        for planned in self.by_block.get(block.0 as usize)?.iter().filter_map(|&at| self.planned.get(at)) {
            for value in planned.attributes.values() {
                self.named_in(value, found)?;
            }
            let perhaps = planned.perhaps.iter().filter_map(|address| self.planned(address));
            found.extend(perhaps.map(|planned| planned.instance.block));
        }
        if let Some(sources) = &self.sources {
            let address = &self.blocks.get(block.0 as usize)?.address;
            for address in sources.read_by(address)? {
                found.extend(self.by_bare_address.get(&address));
            }
        }
        Some(())
    }

    fn named_in(&self, value: &Value, found: &mut Vec<BlockId>) -> Option<()> {
        match &value.kind {
            Kind::List(items) => items.iter().try_for_each(|item| self.named_in(item, found)),
            Kind::Map(entries) => entries.iter().try_for_each(|entry| self.named_in(&entry.value, found)),
            _ => value.parts().into_iter().flatten().try_for_each(|part| {
                match part {
                    Part::Symbol(Symbol::Attribute { resource, .. } | Symbol::Ref(resource)) => {
                        found.extend(self.planned(&resource).map(|planned| planned.instance.block));
                    }
                    Part::Literal(text) if text.contains("alias/") => return None,
                    Part::Symbol(Symbol::Input { .. }) | Part::Literal(_) | Part::Unknown(_) => {}
                }
                Some(())
            }),
        }
    }

    /// The text of an attribute, where the plan knows it.
    fn known(&self, symbol: &Symbol) -> Option<Arc<str>> {
        let Symbol::Attribute { resource, attribute } = symbol else { return None };
        match &self.planned(resource)?.attributes.get(attribute)?.kind {
            Kind::String(text) => Some(Arc::clone(text)),
            _ => None,
        }
    }
}

/// The key under which is remembered whether the sources give what is planned.
const AGREES: u64 = 0x6167_7265_6573_5f70;

impl Evaluator for Plan {
    fn language(&self) -> Language {
        Language::Plan
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    fn possible(&self, world: &mut World<'_>) -> bool {
        match &self.sources {
            Some(sources) if self.narrows => world.memo(AGREES, |world| sources.agrees(&self.planned, world)),
            _ => true,
        }
    }

    fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    fn instances(&self, block: BlockId, _world: &mut World<'_>) -> Vec<Instance> {
        let positions = self.by_block.get(block.0 as usize).map_or(&[][..], Vec::as_slice);
        positions.iter().filter_map(|&at| self.planned.get(at)).map(|planned| planned.instance.clone()).collect()
    }

    fn property(&self, instance: &Instance, name: &str, world: &mut World<'_>) -> Value {
        let Some(planned) = self.planned(&instance.address) else {
            return Value::omitted();
        };
        let alone = match name {
            "@change" => return planned.change.clone(),
            "@provider" => planned.provider.clone(),
            "@lifecycle" => {
                Value::unknown(UnknownKind::Plan, "a plan does not show lifecycle settings", Origin::at(planned.place))
            }
            _ => planned.attributes.get(name).cloned().unwrap_or_else(Value::omitted),
        };
        match &self.sources {
            Some(sources) if !planned.deleted => {
                sources.join(alone, planned, name, &|symbol| self.known(symbol), world)
            }
            _ => alone,
        }
    }

    fn property_names(&self, block: BlockId) -> Vec<Arc<str>> {
        self.written.get(block.0 as usize).cloned().unwrap_or_default()
    }

    fn reads(&self, from: BlockId) -> Option<Arc<BTreeSet<BlockId>>> {
        let mut reached = BTreeSet::new();
        let mut work = vec![from];
        while let Some(block) = work.pop() {
            if reached.insert(block) {
                self.read_by(block, &mut work)?;
            }
        }
        Some(Arc::new(reached))
    }

    fn find(&self, address: &str, _world: &mut World<'_>) -> Option<Instance> {
        self.planned(address).filter(|planned| !planned.deleted).map(|planned| planned.instance.clone())
    }

    fn deleted(&self) -> Vec<Instance> {
        self.planned.iter().filter(|planned| planned.deleted).map(|planned| planned.instance.clone()).collect()
    }
}

//! Who may read whom, once a unit: so that a question about one resource is asked only of those that can speak of it.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::dialect::{Dialect, Part};
use super::evaluator::{BlockId, Evaluator};

/// The blocks of a unit by what they are, and by what they read.
#[derive(Debug, Default)]
pub(super) struct Index {
    blocks: HashMap<Part, Vec<BlockId>>,
    readers: RefCell<HashMap<Part, Rc<Readers>>>,
}

/// What the blocks of one sort read.
#[derive(Debug, Default)]
struct Readers {
    /// Of each block, those that can read it.
    of: HashMap<BlockId, Vec<BlockId>>,
    /// Those that may read anything.
    anything: Vec<BlockId>,
    /// What each of the others reads.
    reads: Vec<(BlockId, std::sync::Arc<BTreeSet<BlockId>>)>,
    /// Those that read nothing of a sort of resource, once asked.
    strangers: RefCell<HashMap<Part, Rc<[BlockId]>>>,
}

impl Index {
    /// The index of blocks that are these; `parts[n]` tells of `BlockId(n)`.
    pub(super) fn new(parts: &[Option<(Part, Dialect)>]) -> Self {
        let mut index = Index::default();
        for (at, part) in parts.iter().enumerate() {
            if let (Some((part, _)), Ok(id)) = (part, u32::try_from(at)) {
                index.blocks.entry(*part).or_default().push(BlockId(id));
            }
        }
        index
    }

    /// Whether a block is this.
    pub(super) fn has(&self, part: Part) -> bool {
        self.blocks.contains_key(&part)
    }

    /// The blocks that are one of `parts`, in the unit's order.
    pub(super) fn blocks(&self, parts: &[Part]) -> Vec<BlockId> {
        let mut found: Vec<BlockId> =
            parts.iter().filter_map(|part| self.blocks.get(part)).flatten().copied().collect();
        found.sort_unstable();
        found
    }

    /// The blocks of `parts` that can read the block `of`, in the unit's order.
    pub(super) fn readers(&self, parts: &[Part], of: BlockId, evaluator: &dyn Evaluator) -> Vec<BlockId> {
        let mut found = Vec::new();
        for part in parts {
            let readers = self.of_part(*part, evaluator);
            found.extend(readers.of.get(&of).into_iter().flatten());
            found.extend(&readers.anything);
        }
        found.sort_unstable();
        found
    }

    /// The blocks of `parts` that read nothing of the sorts in `of`: what they speak of, they call by its name.
    pub(super) fn strangers(&self, parts: &[Part], of: &[Part], evaluator: &dyn Evaluator) -> Vec<BlockId> {
        let mut found = Vec::new();
        for (part, sort) in parts.iter().flat_map(|part| of.iter().map(move |sort| (part, sort))) {
            let readers = self.of_part(*part, evaluator);
            let strange = || {
                let sort: BTreeSet<BlockId> = self.blocks.get(sort).into_iter().flatten().copied().collect();
                let reads = readers.reads.iter().filter(|(_, reads)| reads.is_disjoint(&sort));
                reads.map(|(block, _)| *block).collect()
            };
            let known = Rc::clone(readers.strangers.borrow_mut().entry(*sort).or_insert_with(strange));
            found.extend(known.iter());
        }
        found
    }

    fn of_part(&self, part: Part, evaluator: &dyn Evaluator) -> Rc<Readers> {
        let make = || {
            let mut readers = Readers::default();
            for &block in self.blocks.get(&part).into_iter().flatten() {
                let Some(reads) = evaluator.reads(block) else {
                    readers.anything.push(block);
                    continue;
                };
                for &other in reads.iter().filter(|other| **other != block) {
                    readers.of.entry(other).or_default().push(block);
                }
                readers.reads.push((block, reads));
            }
            Rc::new(readers)
        };
        Rc::clone(self.readers.borrow_mut().entry(part).or_insert_with(make))
    }
}

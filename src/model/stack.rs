//! One unit's resources and the links between them.

use std::cell::OnceCell;
use std::hash::{Hash, Hasher};
use std::rc::Rc;
use std::sync::Arc;

use super::dialect::{Dialect, Name, Part, identify};
use super::evaluator::{BlockId, Evaluator, Instance};
use super::index::Index;
use super::schema::{Answer, Attribute, Class, Object};
use super::{copies, keys, organization, policies, raw, retention, roles, unit, vaults};
use crate::source::limits::MAX_ALTERNATIVES;
use crate::value::{
    Exploration, InputState, Kind, Memory, Mode, Origin, QuickHash, Symbol, Value, World, explore_sharing,
};

/// The format-neutral picture of one unit.
pub struct Stack<'a> {
    /// What the sources say, in any world.
    pub evaluator: &'a dyn Evaluator,
    parts: Vec<Option<(Part, Dialect)>>,
    index: Index,
    /// The ARNs of all keys that are declared, once they are asked for.
    pub(super) key_arns: OnceCell<Arc<[Symbol]>>,
    /// What all rules compute of this unit, in every world and in the default ones.
    free: Rc<Memory>,
    defaults: Rc<Memory>,
}

/// All classes that rules can speak of, in the order of the documentation.
pub(super) static CLASSES: &[&Class] = &[
    &vaults::VAULT,
    &vaults::AIR_GAPPED_VAULT,
    &vaults::ANY_VAULT,
    &vaults::KEY_USE,
    &vaults::LOCK,
    &keys::KEY,
    &policies::KEY_POLICY,
    &policies::POLICY,
    &policies::STATEMENT,
    &policies::PRINCIPAL,
    &policies::FAULT,
    &policies::ACCESS,
    &copies::BACKUP_RULE,
    &copies::COPY_ACTION,
    &retention::RETENTION,
    &roles::ROLE,
    &organization::ORGANIZATION_POLICY,
    &unit::UNIT,
    &unit::MONITOR,
    &raw::RESOURCE,
];

impl<'a> Stack<'a> {
    /// The stack that this evaluator describes.
    pub fn new(evaluator: &'a dyn Evaluator) -> Self {
        let parts: Vec<Option<(Part, Dialect)>> = evaluator.blocks().iter().map(identify).collect();
        let index = Index::new(&parts);
        Stack { evaluator, parts, index, key_arns: OnceCell::new(), free: Rc::default(), defaults: Rc::default() }
    }

    /// The same, and nothing that it computes is remembered. That what it answers is the same is what tests hold.
    pub fn forgetting(evaluator: &'a dyn Evaluator) -> Self {
        let memory = || Rc::new(Memory::forgetting());
        Stack { free: memory(), defaults: memory(), ..Stack::new(evaluator) }
    }

    /// Runs `evaluate` once for each leaf of its decision tree, over the worlds that the unit accepts. What it computes
    /// is remembered for the next exploration.
    pub fn explore<T>(&self, mode: Mode, evaluate: impl FnMut(&mut World<'_>) -> T) -> Exploration<T> {
        let evaluator = self.evaluator;
        let possible = |world: &mut World<'_>| evaluator.possible(world);
        explore_sharing(evaluator.inputs(), mode, self.memory(mode), &possible, evaluate).living()
    }

    /// A world of this unit with nothing decided yet.
    pub fn world(&self, mode: Mode) -> World<'a> {
        World::sharing(self.evaluator.inputs(), mode, self.memory(mode))
    }

    /// Lets the next rule have so many steps, in all worlds together.
    pub fn allow(&self, steps: u64) {
        self.free.allow(steps);
        self.defaults.allow(steps);
    }

    fn memory(&self, mode: Mode) -> &Rc<Memory> {
        match mode {
            Mode::Free => &self.free,
            Mode::Defaults => &self.defaults,
        }
    }

    /// An attribute of an object in this world, computed once.
    pub fn answer(&self, attribute: &'static Attribute, object: &Object, world: &mut World<'_>) -> Arc<Answer> {
        let getter = std::ptr::from_ref(attribute) as usize;
        // What is remembered keeps the part where it is.
        let part = object.value.clone();
        let key = memo_key("answer", &(getter, object.identity()));
        world.memo(key, |world| (part.clone(), Arc::new((attribute.get)(self, object, world)))).1
    }

    /// The unit itself.
    pub fn unit(&self) -> Object {
        unit::object()
    }

    /// Every object of a class in this world. For the class `resource`, `kinds` selects by type (none: all). A class
    /// that only stands below others (`key_use`, `access`) has none.
    pub fn subjects(&self, class: &str, kinds: &[String], world: &mut World<'_>) -> Vec<Object> {
        if class == unit::UNIT.name {
            return vec![unit::object()];
        }
        let blocks = self.blocks_of(class, kinds);
        blocks.into_iter().flat_map(|block| self.objects_of(block, class, world).to_vec()).collect()
    }

    /// The blocks in which objects of a class are declared, in the unit's order, so that each can be explored by
    /// itself. The class `unit` is declared in none: it is the one object of [`Stack::subjects`].
    pub fn blocks_of(&self, class: &str, kinds: &[String]) -> Vec<BlockId> {
        let wanted = |block: &super::Block| -> bool {
            let part = self.parts.get(block.id.0 as usize).copied().flatten().map(|(part, _)| part);
            match class {
                "vault" => part == Some(Part::Vault),
                "air_gapped_vault" => part == Some(Part::AirGappedVault),
                "any_vault" => matches!(part, Some(Part::Vault | Part::AirGappedVault)),
                "key" => part.is_some_and(is_key),
                "key_policy" | "statement" => part.is_some_and(|part| is_key(part) || part == Part::KeyPolicy),
                "policy" => part.is_some_and(policies::has_policy),
                "backup_rule" | "copy_action" | "retention" => {
                    matches!(part, Some(Part::Plan | Part::OrganizationPolicy))
                }
                "role" => part == Some(Part::Role),
                "organization_policy" => part == Some(Part::OrganizationPolicy),
                "resource" => !block.data && (kinds.is_empty() || kinds.iter().any(|kind| **kind == *block.kind)),
                _ => false,
            }
        };
        self.evaluator.blocks().iter().filter(|block| wanted(block)).map(|block| block.id).collect()
    }

    /// The objects of a class that one of [`Stack::blocks_of`] declares in this world, in written order.
    pub fn objects_of(&self, block: BlockId, class: &str, world: &mut World<'_>) -> Arc<[Object]> {
        world.memo(memo_key("objects", &(block, class)), |world| {
            let instances = self.instances(block, world);
            instances.iter().flat_map(|instance| self.objects_in(instance, class, world)).collect()
        })
    }

    /// Computes `make` once for what it is of and for the answers that it gets from the world.
    pub fn remember<T: Clone + Send + Sync + 'static>(
        &self,
        what: &str,
        of: &impl Hash,
        world: &mut World<'_>,
        make: impl FnMut(&mut World<'_>) -> T,
    ) -> T {
        world.memo(memo_key(what, of), make)
    }

    /// The block's instances in this world, computed once.
    pub(crate) fn instances(&self, block: BlockId, world: &mut World<'_>) -> Arc<[Instance]> {
        world.memo(memo_key("instances", &block), |world| self.evaluator.instances(block, world).into())
    }

    /// The objects of a class in one instance.
    fn objects_in(&self, instance: &Instance, class: &str, world: &mut World<'_>) -> Vec<Object> {
        match class {
            "key_policy" => policies::key_policies(self, instance, world),
            "policy" => policies::policies_in(self, instance, world),
            "statement" => policies::key_statements(self, instance, world),
            "backup_rule" => copies::rules_of(self, instance, world),
            "copy_action" => copies::copies_of_plan(self, instance, world),
            "retention" => retention::of_plan(self, instance, world),
            _ => {
                let whole =
                    ["vault", "air_gapped_vault", "any_vault", "key", "role", "organization_policy", "resource"];
                let Some(class) = whole.into_iter().find(|name| *name == class) else { return Vec::new() };
                let origin = self.header(instance);
                vec![Object { class, instance: Some(instance.clone()), value: None, origin }]
            }
        }
    }

    /// Whether an object is there in this world: a statement may hang on conditions that nobody has asked for.
    pub fn is_there(&self, object: &Object, world: &mut World<'_>) -> bool {
        policies::is_there(object, world)
    }

    /// What an instance is.
    pub(crate) fn part(&self, instance: &Instance) -> Option<Part> {
        self.parts.get(instance.block.0 as usize).copied().flatten().map(|(part, _)| part)
    }

    /// The spelling of an instance's properties.
    pub(crate) fn dialect(&self, instance: &Instance) -> Option<Dialect> {
        self.parts.get(instance.block.0 as usize).copied().flatten().map(|(_, dialect)| dialect)
    }

    /// The block of an instance.
    pub(crate) fn block(&self, instance: &Instance) -> Option<&super::Block> {
        self.evaluator.blocks().get(instance.block.0 as usize)
    }

    /// The text that declares an instance: its header.
    pub(crate) fn header(&self, instance: &Instance) -> Origin {
        self.block(instance).map_or_else(Origin::default, |block| Origin::at(block.header))
    }

    /// A property under whatever its dialect calls it; omitted where the dialect has no such property.
    pub(crate) fn read(&self, instance: &Instance, name: Name, world: &mut World<'_>) -> Value {
        match self.dialect(instance).and_then(|dialect| name.in_dialect(dialect)) {
            Some(name) => self.property(instance, &name, world),
            None => Value::omitted(),
        }
    }

    /// A property that holds a policy, its statements left open where conditions decide about them.
    pub(crate) fn document(&self, instance: &Instance, name: Name, world: &mut World<'_>) -> Value {
        let Some(name) = self.dialect(instance).and_then(|dialect| name.in_dialect(dialect)) else {
            return Value::omitted();
        };
        let key = memo_key("document", &(instance, &*name));
        let value = world.memo(key, |world| Arc::new(self.evaluator.document(instance, &name, world)));
        self.required(Value::clone(&value), world)
    }

    /// A property by the name that its dialect gives it.
    pub(crate) fn property(&self, instance: &Instance, name: &str, world: &mut World<'_>) -> Value {
        let value = self.raw_property(instance, name, world);
        self.required(value, world)
    }

    /// The null of a variable that must be given a value is no decision of the code: who calls it passes something, and what
    /// that is can't be known.
    fn required(&self, value: Value, world: &mut World<'_>) -> Value {
        let Some(span) = value.origin.span.filter(|_| value.is_absent()) else { return value };
        let required = world.inputs().iter().find(|(id, input)| {
            input.span == Some(span)
                && input.default.is_none()
                && input.pinned.is_none()
                && world.state(*id) == InputState::Known(serde_json::Value::Null)
        });
        match required {
            Some((id, _)) => Value::new(Kind::Unknown(world.why_open(id)), value.origin),
            None => value,
        }
    }

    /// The same, as the sources say it.
    pub(crate) fn raw_property(&self, instance: &Instance, name: &str, world: &mut World<'_>) -> Value {
        let key = memo_key("property", &(instance, name));
        let value = world.memo(key, |world| Arc::new(self.evaluator.property(instance, name, world)));
        Value::clone(&value)
    }

    /// Every block that is one of `parts`.
    pub(crate) fn blocks(&self, parts: &[Part]) -> Vec<BlockId> {
        self.index.blocks(parts)
    }

    /// The instances in this world of every block that is one of `parts`.
    pub(crate) fn all(&self, parts: &[Part], world: &mut World<'_>) -> Vec<Instance> {
        let blocks = self.index.blocks(parts);
        blocks.into_iter().flat_map(|id| self.instances(id, world).to_vec()).collect()
    }

    /// Every block that is one of `parts` and can read something of the block `of`.
    pub(crate) fn readers(&self, parts: &[Part], of: BlockId) -> Vec<BlockId> {
        self.index.readers(parts, of, self.evaluator)
    }

    /// Every block that is one of `parts` and can read nothing of the sorts `of`: what it speaks of, it calls by its name.
    pub(crate) fn strangers(&self, parts: &[Part], of: &[Part]) -> Vec<BlockId> {
        self.index.strangers(parts, of, self.evaluator)
    }

    /// Every block that is one of `parts` and may speak of `home`: those that can read it, and those that read nothing of
    /// its sort and so may call it by its name. Those declared in the same module come first: what belongs to a resource
    /// mostly stands beside it.
    pub(crate) fn nearest(&self, parts: &[Part], home: &Instance) -> Vec<BlockId> {
        let module = |id: BlockId| {
            let block = self.evaluator.blocks().get(id.0 as usize)?;
            Some(block.address.rsplitn(3, '.').nth(2).unwrap_or("").to_owned())
        };
        let beside = module(home.block);
        let sort: Vec<Part> = self.part(home).into_iter().collect();
        let mut found = self.index.readers(parts, home.block, self.evaluator);
        found.extend(self.index.strangers(parts, &sort, self.evaluator));
        found.sort_by_cached_key(|id| (module(*id) != beside, *id));
        found.dedup();
        found
    }

    /// Whether `holds` is true of any instance of these blocks. What is so in every world is looked for first: where one
    /// always holds, the others decide nothing, and one that never does decides nothing either.
    pub(crate) fn any(
        &self,
        blocks: &[BlockId],
        world: &mut World<'_>,
        mut holds: impl FnMut(&Instance, &mut World<'_>) -> bool,
    ) -> bool {
        let mut among = |block: BlockId, world: &mut World<'_>| {
            let instances = self.instances(block, world);
            instances.iter().any(|instance| holds(instance, world))
        };
        let mut open = Vec::new();
        for &block in blocks {
            match world.alternatives(MAX_ALTERNATIVES, |aside| among(block, aside)) {
                Some(found) if found.iter().all(|(_, holds)| !holds) => {}
                Some(found) if found.iter().all(|(_, holds)| *holds) => return true,
                _ => open.push(block),
            }
        }
        open.into_iter().any(|block| among(block, world))
    }

    /// Whether a block is one of `parts`.
    pub(crate) fn is(&self, block: BlockId, parts: &[Part]) -> bool {
        self.parts.get(block.0 as usize).copied().flatten().is_some_and(|(part, _)| parts.contains(&part))
    }

    /// Whether a block of one of `parts` is declared, in whatever world.
    pub(crate) fn declares(&self, parts: &[Part]) -> bool {
        parts.iter().any(|part| self.index.has(*part))
    }
}

impl Object {
    /// What tells it from every other object in one world, for the memory: a part is told by where its value is kept.
    pub(super) fn identity(&self) -> impl Hash {
        let place = self.value.as_ref().map_or(0, |part| Arc::as_ptr(part) as usize);
        (place, self.class, &self.instance, &self.origin)
    }
}

/// Whether `part` is a KMS key of any sort.
pub(crate) fn is_key(part: Part) -> bool {
    matches!(part, Part::Key | Part::ReplicaKey | Part::ExternalKey | Part::ReplicaExternalKey)
}

/// The number under which the model remembers something in a world; apart from the evaluators' own.
pub(crate) fn memo_key(what: &str, of: &impl Hash) -> u64 {
    let mut hasher = QuickHash::default();
    ("model", what).hash(&mut hasher);
    of.hash(&mut hasher);
    hasher.finish()
}

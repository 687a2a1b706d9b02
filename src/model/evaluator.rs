//! What a resolver offers to the model: the declared blocks of a unit, their instances in a world, and the values of
//! their properties there.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::source::Span;
use crate::value::{Inputs, Value, World};

/// Identifies one [`Block`] of one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockId(pub u32);

/// The language that a unit is written in; for messages and help only, never for verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Language {
    /// CloudFormation, YAML or JSON.
    CloudFormation,
    /// Terraform or OpenTofu sources.
    Terraform,
    /// Terraform plan JSON.
    Plan,
}

impl Language {
    /// The name of the unit's kind in JSON output.
    pub fn name(self) -> &'static str {
        match self {
            Language::CloudFormation => "cloudformation",
            Language::Terraform => "terraform",
            Language::Plan => "plan",
        }
    }
}

/// A declared resource: one logical id, one `resource` or `data` block in one module call, one planned resource.
#[derive(Clone, Debug)]
pub struct Block {
    /// Which one: its index in [`Evaluator::blocks`].
    pub id: BlockId,
    /// Address without instance keys: `Vault`, `module.backup.aws_backup_vault.this`, `data.aws_kms_alias.b`.
    pub address: Arc<str>,
    /// Type: `AWS::Backup::BackupVault`, `aws_backup_vault`. Data sources keep their type and set `data`.
    pub kind: Arc<str>,
    /// Whether it is a data source.
    pub data: bool,
    /// The whole block.
    pub span: Span,
    /// What is underlined where nothing is written inside: the logical id, or the block's header labels.
    pub header: Span,
}

/// The key of an instance in its `count` or `for_each`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// Neither `count` nor `for_each`.
    None,
    /// `count.index`.
    Index(u64),
    /// `each.key`.
    Name(Arc<str>),
    /// Some instance: how many there are, or their keys, can't be known; this one stands for all.
    Any,
}

/// One instance of a block in one world.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    /// The block.
    pub block: BlockId,
    /// The keys of the module calls on the way to the block, outermost first; empty in CloudFormation.
    pub path: Arc<[Key]>,
    /// Its own key.
    pub key: Key,
    /// Full address, with keys: `module.m["a"].aws_kms_key.k[0]`; the logical id.
    pub address: Arc<str>,
}

/// One unit, ready to be evaluated in any world.
pub trait Evaluator: Send + Sync {
    /// The language of the sources.
    fn language(&self) -> Language;

    /// The unit's name: the template's path, the directory (`.` for the working directory), the plan's path.
    fn name(&self) -> &str;

    /// The inputs of the unit.
    fn inputs(&self) -> &Inputs;

    /// Whether this is a library module (DESIGN, section 3): what fails only through its variables' defaults is then
    /// conditional on the caller.
    fn is_library(&self) -> bool {
        false
    }

    /// Names of other units that this one includes (module directories, nested templates, with the same spelling as their
    /// own [`Evaluator::name`]): they are judged here, in the calls, and not once more by themselves.
    fn covers(&self) -> Vec<String> {
        Vec::new()
    }

    /// What is written at a place in the unit's sources; `None` where that can't be read again.
    fn written(&self, _span: Span) -> Option<String> {
        None
    }

    /// Whether the unit's own constraints (`Rules`, `validation`) accept this world. May decide.
    fn possible(&self, _world: &mut World<'_>) -> bool {
        true
    }

    /// Every declared resource and data source, in a stable order; `blocks()[n].id == BlockId(n)`.
    fn blocks(&self) -> &[Block];

    /// The block's instances in this world; empty where it does not exist. May decide.
    fn instances(&self, block: BlockId, world: &mut World<'_>) -> Vec<Instance>;

    /// Whether it is an error of the sources, in this world, to tell the block's instances. Nothing is deployed there;
    /// [`Evaluator::instances`] gives one that stands for all, so that whoever reads it learns of the error.
    fn is_error(&self, _block: BlockId, _world: &mut World<'_>) -> bool {
        false
    }

    /// The value of a top-level property or argument in this world, by the name that the language gives it
    /// (`EncryptionKeyArn`, `kms_key_arn`); nested blocks are lists of maps. `Kind::Absent` where it is omitted. Values
    /// below it are evaluated too. Open inputs stay symbols; what decides (`!If`, `?:`) is decided.
    ///
    /// CloudFormation's resource attributes are properties with a leading `@`: `@DeletionPolicy`,
    /// `@UpdateReplacePolicy`, `@Metadata`, `@DependsOn`. Terraform's meta-arguments likewise: `@lifecycle` (a map),
    /// `@provider` (a map with `region`, `alias`, `default_tags` where known). A plan's `@change` is a map of what it does:
    /// `actions` (`no-op`, `create`, `read`, `update`, `delete`, `forget`), `replace_paths` (lists of steps),
    /// `action_reason`, `previous_address`, `importing`, each where the plan says it.
    fn property(&self, instance: &Instance, name: &str, world: &mut World<'_>) -> Value;

    /// A property that holds a policy, as [`Evaluator::property`] gives it, but with the statements that hang on conditions
    /// left open ([`crate::value::Kind::Choice`]), so that whoever reads the policy decides only what its answer hangs on.
    fn document(&self, instance: &Instance, name: &str, world: &mut World<'_>) -> Value {
        self.property(instance, name, world)
    }

    /// All property names that are written for this block, in written order (for rules over raw resources, for
    /// `inspect`).
    fn property_names(&self, block: BlockId) -> Vec<Arc<str>>;

    /// The blocks that what is written in `from` can read something of, itself and what these read included, in whatever
    /// world. `None` where that is not known: it may be any.
    fn reads(&self, _from: BlockId) -> Option<Arc<BTreeSet<BlockId>>> {
        None
    }

    /// The instance that a symbol's `resource` names, in this world.
    fn find(&self, address: &str, world: &mut World<'_>) -> Option<Instance>;

    /// The instances that a plan deletes: they have no final state and are no block's instances, but
    /// [`Evaluator::property`] answers for them, with what exists and with `@change`.
    fn deleted(&self) -> Vec<Instance> {
        Vec::new()
    }

    /// Named values for `inspect`: locals and outputs, as `local.x`, `output.y`.
    fn named_values(&self) -> Vec<Arc<str>> {
        Vec::new()
    }

    /// The value of one of [`Evaluator::named_values`] in this world.
    fn named_value(&self, _name: &str, _world: &mut World<'_>) -> Value {
        Value::omitted()
    }
}

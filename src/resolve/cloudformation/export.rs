//! What templates export under a name, for `Fn::ImportValue` in others.

use std::collections::BTreeMap;

use super::eval::{Eval, known_text};
use super::unit::Unit;
use crate::value::{Kind, Mode, Origin, Symbol, UnknownKind, Value, World};

/// The exports of all templates of a run.
#[derive(Debug, Default)]
pub struct Exports {
    by_name: BTreeMap<String, Export>,
}

/// One exported value.
#[derive(Clone, Debug)]
pub struct Export {
    /// The name of the unit that exports it.
    pub unit: String,
    /// The value. A resource of the other stack is unknown here, with a reason that names it.
    pub value: Value,
    /// The KMS key that it names.
    pub key: Option<ExportedKey>,
}

/// A KMS key that a value names, as other units see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportedKey {
    /// The key's ARN; the unit and the key's address there.
    Arn(String),
    /// The key's id; likewise.
    Id(String),
}

impl Exports {
    /// No exports.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what `unit` exports under names that are known. A name that two templates export is known of neither:
    /// which of them is deployed can't be told.
    pub fn add(&mut self, unit: &Unit) {
        for (name, export) in exported(unit) {
            match self.by_name.get_mut(&name) {
                Some(known) if known.unit != export.unit => {
                    let why = format!("both {} and {} export {name}", known.unit, export.unit);
                    known.value = Value::unknown(UnknownKind::Import, why, Origin::default());
                    known.key = None;
                }
                _ => {
                    self.by_name.insert(name, export);
                }
            }
        }
    }

    /// The export with this name.
    pub(super) fn find(&self, name: &str) -> Option<&Export> {
        self.by_name.get(name)
    }
}

fn exported(unit: &Unit) -> Vec<(String, Export)> {
    let Some(root) = unit.scopes.first() else { return Vec::new() };
    let mut found = Vec::new();
    for (_, output) in root.template.outputs.iter() {
        let Some(name) = output.body.get("Export").and_then(|export| export.get("Name")) else { continue };
        let Some(value) = output.body.get("Value") else { continue };
        let mut world = World::new(&unit.inputs, Mode::Free);
        let mut eval = Eval::new(unit, &mut world);
        // The name is that of the default world; the value counts only where it is the same in every other one.
        let Some(name) = known_text(&eval.decided(0, name)) else { continue };
        let decided = eval.world.decisions();
        if output.body.get("Condition").is_some_and(|condition| !eval.condition_at(0, condition).0) {
            continue;
        }
        let mut value = eval.value(0, value);
        if eval.world.decisions() > decided {
            let why = format!("what {} exports depends on its parameters", unit.name);
            value = Value::unknown(UnknownKind::Import, why, value.origin);
        }
        let key = key_of(unit, &value);
        found.push((name.to_string(), Export { unit: unit.name.clone(), value: foreign(unit, value), key }));
    }
    found
}

/// The KMS key whose ARN or id this is.
fn key_of(unit: &Unit, value: &Value) -> Option<ExportedKey> {
    let (resource, attribute) = match &value.kind {
        Kind::Symbol(Symbol::Attribute { resource, attribute }) => (resource, &**attribute),
        Kind::Symbol(Symbol::Ref(resource)) => (resource, "KeyId"),
        _ => return None,
    };
    let block = unit.blocks.iter().find(|block| block.address == *resource)?;
    let name = || format!("{}:{resource}", unit.name);
    match (&*block.kind, attribute) {
        ("AWS::KMS::Key" | "AWS::KMS::ReplicaKey", "Arn") => Some(ExportedKey::Arn(name())),
        ("AWS::KMS::Key" | "AWS::KMS::ReplicaKey", "KeyId") => Some(ExportedKey::Id(name())),
        _ => None,
    }
}

/// The value as another unit sees it: symbols mean something only in the unit that they come from.
fn foreign(unit: &Unit, value: Value) -> Value {
    if value.to_json().is_some() {
        return value;
    }
    let why = match &value.kind {
        Kind::Symbol(symbol @ (Symbol::Attribute { .. } | Symbol::Ref(_))) => {
            format!("it is {symbol} of {}, which exports it", unit.name)
        }
        _ => format!("what {} exports is known only when it is deployed", unit.name),
    };
    Value::unknown(UnknownKind::Import, why, value.origin)
}

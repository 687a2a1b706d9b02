//! One unit's resources and the links between them.

use super::evaluator::Evaluator;
use super::schema::{Class, Object};
use crate::value::World;

/// The format-neutral picture of one unit.
pub struct Stack<'a> {
    /// What the sources say, in any world.
    pub evaluator: &'a dyn Evaluator,
}

/// All classes that rules can speak of.
pub(super) static CLASSES: &[&Class] = &[];

impl<'a> Stack<'a> {
    /// The stack that this evaluator describes.
    pub fn new(evaluator: &'a dyn Evaluator) -> Self {
        Stack { evaluator }
    }

    /// Every object of a class in this world. For the class `resource`, `kinds` selects by type.
    pub fn subjects(&self, _class: &str, _kinds: &[String], _world: &mut World<'_>) -> Vec<Object> {
        Vec::new()
    }
}

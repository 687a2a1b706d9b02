//! The stack: the format-neutral picture of one unit.
//!
//! Knows AWS's resources, not the files they come from. What a resource's property is in one world it asks of an
//! [`Evaluator`], which the resolvers implement.

pub mod evaluator;
pub mod schema;
pub mod stack;

pub use evaluator::{Block, BlockId, Evaluator, Instance, Key, Language};
pub use stack::Stack;

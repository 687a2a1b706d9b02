//! The stack: the format-neutral picture of one unit.
//!
//! Knows AWS's resources, not the files they come from. What a resource's property is in one world it asks of an
//! [`Evaluator`], which the resolvers implement. What is remembered belongs to the answers that a world gave
//! ([`crate::value::Memory`]): two attributes that hang on the same condition are correlated because both are computed
//! under the same [`crate::value::World`].

mod answer;
mod arn;
mod backup_policy;
mod copies;
mod dialect;
pub mod evaluator;
mod index;
mod key_state;
mod key_use;
mod keys;
mod links;
mod monitoring;
mod organization;
mod policies;
mod predicates;
mod raw;
mod region;
mod retention;
mod roles;
pub mod schema;
mod settle;
pub mod stack;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod unit;
mod vaults;

pub use dialect::knows;
pub use evaluator::{Block, BlockId, Evaluator, Instance, Key, Language};
pub use stack::Stack;

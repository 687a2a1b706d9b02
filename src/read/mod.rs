//! Text to spanned trees. Each reader gives `(tree, errors)`, never fails, and knows no cloud.

pub mod hcl;
pub mod json;
pub mod tree;
pub mod yaml;

//! HCL: native syntax and `.tf.json`, to one tree.

pub mod ast;

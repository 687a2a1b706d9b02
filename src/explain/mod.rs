//! What there is to say of a place: the whole story of a finding, and what the analyzer sees where nothing is found.
//!
//! Gives Markdown; how it is shown is the caller's matter. Judges nothing and reads no file.

mod names;
pub mod seen;
pub mod story;

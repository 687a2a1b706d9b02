//! **strongroom** tells whether the backups that infrastructure code would make are encrypted with a customer-managed,
//! rotated, usable KMS key, and in which world of conditions and variables they are not.
//!
//! Data flows one way: text, tree, stack, findings, text.
//!
//! ```text
//! source     files in memory, spans, line index            uses nothing
//! value      symbolic values, worlds, exploration          uses source
//! finding    plain data: labels, certainty, edits          uses source, value
//! iam        policy documents: who may do what             uses value, source
//! model      the stack: vaults, keys, policies, links      uses iam, value, source
//! read       text -> spanned tree + errors                 uses source
//! resolve    trees -> evaluators of a stack                uses read, model, value, iam, source, finding
//! rule       rule files, expression language, engine       uses model, value, iam, finding, source
//! inspect    what is seen of a unit, as JSON               uses model, value, source
//! report     findings -> human, short, json, ...           uses finding, source, value
//! disk       the one layer over files, links and git       uses source
//! discover   paths -> candidates                           uses disk, source
//! check      the pipeline: the only place that composes    uses all above
//! fix        findings -> byte edits, diffs, files           uses read, finding, source
//! explain    a place or finding -> the whole story         uses model, rule, fix, finding, value, source
//! evidence   outcome and units -> rows and graph            uses model, rule, report, finding, value, source
//! cli        arguments, commands, exit codes               uses check, report, discover, fix
//! ```
//!
//! Absences that hold: `rule` names no format; `read` knows no cloud; `report::human` alone knows miette; only `disk`
//! touches the file system and starts git, and nothing that a repository writes reaches out of the run's roots through it;
//! nothing touches the network; there is no global state; the core cannot fail, it returns findings and problems.

pub mod baseline;
pub mod check;
pub mod cli;
pub mod config;
pub mod discover;
pub mod disk;
pub mod evidence;
pub mod explain;
pub mod finding;
pub mod fix;
pub mod iam;
pub mod inspect;
pub mod lsp;
pub mod model;
pub mod read;
pub mod report;
pub mod resolve;
pub mod rule;
pub mod source;
pub mod suppress;
pub mod value;

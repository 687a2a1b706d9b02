//! Every limit on size, depth and work, in one place. Each is told as a problem, or as *undecided*, when it is met.

/// Largest file that is read, in bytes (plans excepted: [`MAX_PLAN_BYTES`]).
pub const MAX_FILE_BYTES: usize = 64 * 1024 * 1024;
/// Largest plan that is read, in bytes.
pub const MAX_PLAN_BYTES: usize = 2 * 1024 * 1024 * 1024 - 1;
/// Largest message of an editor that is read, in bytes: the largest file, all of it escaped.
pub const MAX_MESSAGE_BYTES: usize = 6 * MAX_FILE_BYTES;
/// Largest header of such a message.
pub const MAX_MESSAGE_HEADER_BYTES: usize = 64 * 1024;
/// Deepest nesting of a syntax tree.
pub const MAX_DEPTH: usize = 200;
/// Most nodes that a tree may unfold to through YAML aliases.
pub const MAX_NODES: usize = 2_000_000;
/// Most leaves of one (rule, subject) decision tree.
pub const MAX_LEAVES: usize = 4096;
/// Most alternatives of one part of a list that are kept apart without deciding between them.
pub const MAX_ALTERNATIVES: usize = 16;
/// Most results, and questions that lead to them, that one unit's evaluation remembers at a time.
pub const MAX_REMEMBERED: usize = 1_000_000;
/// Most parts of one value that is computed with: elements and members, through all levels.
pub const MAX_VALUE_PARTS: usize = 50_000;
/// Most keys of one object that is written in HCL: reading one takes time that grows with their square.
pub const MAX_OBJECT_KEYS: usize = 10_000;
/// Most decisions on one path.
pub const MAX_PATH: usize = 512;
/// Deepest chain of references, module calls or function nesting that is evaluated.
pub const MAX_EVALUATION_DEPTH: usize = 128;
/// Most expressions that are being evaluated inside of each other, through all names and calls. It keeps the evaluation
/// within the two megabytes of a thread's stack.
pub const MAX_NESTING: usize = 400;
/// Most instances that one `count`, `for_each` or `Fn::ForEach` unfolds to.
pub const MAX_INSTANCES: usize = 1024;
/// Longest string that an expression may build, in bytes.
pub const MAX_STRING_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of stack of every thread that evaluates: the depths above fit into it with room to spare, in debug builds too.
/// Only what is touched is ever real memory.
pub const STACK_BYTES: usize = 256 * 1024 * 1024;
/// Most steps (expressions evaluated, questions asked again) for one subject of one rule, all worlds together: a fraction of
/// a second. Each has its own, so that no answer hangs on what else is judged.
pub const MAX_SUBJECT_WORK: u64 = 1_000_000;
/// Most steps for one unit: a minute. No code that people write comes near; what is judged after it is told as not judged.
pub const MAX_WORK: u64 = 240_000_000;

//! Many things at once, in order, on stacks that deep nesting does not exhaust.

use rayon::prelude::*;

use super::limits::STACK_BYTES;

/// `make` of every item, in the items' order. Below `from` items no thread is started.
pub fn map<T: Sync, R: Send>(items: &[T], from: usize, make: impl Fn(&T) -> R + Sync + Send) -> Vec<R> {
    if items.len() < from.max(2) {
        return items.iter().map(make).collect();
    }
    match rayon::ThreadPoolBuilder::new().stack_size(STACK_BYTES).build() {
        Ok(pool) => pool.install(|| items.par_iter().map(&make).collect()),
        // Where no thread can be had, one is enough.
        Err(_) => items.iter().map(make).collect(),
    }
}

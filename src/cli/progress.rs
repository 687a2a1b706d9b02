//! A line on standard error that tells how far a long run is: on a terminal only, and only after a second.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::check::Progress;

/// How long a run must take before anything is shown of it.
const AFTER: Duration = Duration::from_secs(1);
/// How often the line is written again.
const EVERY: Duration = Duration::from_millis(200);

/// Runs `work` and shows meanwhile how far it is, where there is somebody to see it.
pub(super) fn shown<T>(quiet: bool, progress: &Arc<Progress>, work: impl FnOnce() -> T) -> T {
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    if quiet || dumb || !io::stderr().is_terminal() {
        return work();
    }
    let (finished, told) = mpsc::channel();
    let watched = Arc::clone(progress);
    let watcher = thread::spawn(move || watch(&watched, &told));
    let result = work();
    drop(finished);
    // The line is gone before anything else is printed. A watcher that broke has nothing to take away.
    let _ = watcher.join();
    result
}

/// Shows the line until the sender is gone, then takes it away.
fn watch(progress: &Progress, told: &mpsc::Receiver<()>) {
    let mut wait = AFTER;
    let mut shown = false;
    while told.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
        // What can't be written need not be: it is no result.
        let _ = write!(io::stderr().lock(), "\r\x1b[K{}", progress.line());
        shown = true;
        wait = EVERY;
    }
    if shown {
        let _ = write!(io::stderr().lock(), "\r\x1b[K");
    }
}

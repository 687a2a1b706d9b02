//! How far a run is, for whoever shows it.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts that grow while a run goes on. The run never reads them.
#[derive(Debug, Default)]
pub struct Progress {
    read: AtomicUsize,
    units: AtomicUsize,
    judged: AtomicUsize,
}

impl Progress {
    /// One more file or directory was read.
    pub(super) fn read_one(&self) {
        self.read.fetch_add(1, Ordering::Relaxed);
    }

    /// So many units are to be judged.
    pub(super) fn will_judge(&self, units: usize) {
        self.units.fetch_add(units, Ordering::Relaxed);
    }

    /// One more unit was judged.
    pub(super) fn judged_one(&self) {
        self.judged.fetch_add(1, Ordering::Relaxed);
    }

    /// What is going on, as a short line.
    pub fn line(&self) -> String {
        let load = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        match load(&self.units) {
            0 => format!("reading: {} files and directories", load(&self.read)),
            units => format!("judging: {} of {units} units", load(&self.judged)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;

    #[test]
    fn a_line_tells_what_is_going_on() {
        let progress = Progress::default();
        progress.read_one();
        progress.read_one();
        assert_eq!(progress.line(), "reading: 2 files and directories");
        progress.will_judge(3);
        progress.judged_one();
        assert_eq!(progress.line(), "judging: 1 of 3 units");
    }
}

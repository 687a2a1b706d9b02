//! The configuration of each directory, read once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::config::{Config, find};
use crate::discover::Disk;
use crate::finding::Problem;
use crate::source::files::{Files, parent};

/// Looks configurations up, and remembers them and what was wrong with them.
#[derive(Debug)]
pub struct Configs {
    disk: Arc<Disk>,
    known: Mutex<BTreeMap<String, Arc<Config>>>,
    problems: Mutex<Vec<Problem>>,
}

impl Configs {
    /// None known yet.
    pub fn new(disk: &Arc<Disk>) -> Self {
        Configs { disk: Arc::clone(disk), known: Mutex::default(), problems: Mutex::default() }
    }

    /// What holds for the files in `directory`.
    pub fn of_directory(&self, directory: &str) -> Arc<Config> {
        let kept = |known: &BTreeMap<String, Arc<Config>>| known.get(directory).cloned();
        if let Some(config) = kept(&self.known.lock().unwrap_or_else(PoisonError::into_inner)) {
            return config;
        }
        let root = self.disk.repository(directory).map(|root| root.to_string_lossy().into_owned());
        let (config, problems) = find(directory, root.as_deref(), self.disk.as_ref());
        let mut all = self.problems.lock().unwrap_or_else(PoisonError::into_inner);
        for problem in problems {
            if !all.contains(&problem) {
                all.push(problem);
            }
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(directory.to_owned()).or_insert(Arc::new(config)))
    }

    /// What holds for one file.
    pub fn of_file(&self, path: &str) -> Arc<Config> {
        self.of_directory(parent(path))
    }

    /// Whether the configuration leaves a path out.
    pub fn excludes(&self, path: &str) -> bool {
        let config = self.of_file(path);
        !config.exclude.is_empty() && {
            let absolute = self.disk.absolute(path);
            config.exclude.iter().any(|glob| glob.matches(&absolute))
        }
    }

    /// The files that the configurations speak of.
    pub fn disk(&self) -> &Arc<Disk> {
        &self.disk
    }

    /// The configurations met so far.
    pub fn met(&self) -> Vec<Arc<Config>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// What was wrong with the configurations read so far.
    pub fn problems(&self) -> Vec<Problem> {
        self.problems.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

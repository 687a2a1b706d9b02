//! The configuration of each directory, read once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::{Config, find, load};
use crate::disk::Disk;
use crate::finding::Problem;
use crate::source::files::{Files, join, parent};

/// Looks configurations up, and remembers them and what was wrong with them.
#[derive(Debug)]
pub struct Configs {
    disk: Arc<Disk>,
    /// The one that a person named: it holds for everything.
    named: Option<Arc<Config>>,
    known: Mutex<BTreeMap<String, Arc<Config>>>,
    problems: Mutex<Vec<Problem>>,
}

impl Configs {
    /// None known yet.
    pub fn new(disk: &Arc<Disk>) -> Self {
        Configs { disk: Arc::clone(disk), named: None, known: Mutex::default(), problems: Mutex::default() }
    }

    /// The configuration at this path (as shown to people) holds for everything.
    ///
    /// # Errors
    /// It can't be read.
    pub fn of(path: &str, disk: &Arc<Disk>) -> Result<Self, Problem> {
        let source = disk
            .read_configuration(path)
            .map_err(|why| Problem::path("config", path, format!("the configuration can't be read: {why}")))?;
        let mut configs = Self::new(disk);
        let config = configs.admitted(load(&source, &disk.configured()));
        configs.named = Some(config);
        Ok(configs)
    }

    /// What holds for the files in `directory`: the nearest configuration on the way up to the root of its repository, or
    /// to that of the file system where it is in none; else that of the working directory.
    pub fn of_directory(&self, directory: &str) -> Arc<Config> {
        if let Some(named) = &self.named {
            return Arc::clone(named);
        }
        if let Some(config) = lock(&self.known).get(directory) {
            return Arc::clone(config);
        }
        let config = match self.find(directory) {
            Some(found) => self.admitted(found),
            None if !self.is_top(directory) => self.of_directory(&join(directory, "..")),
            // The working directory is a person's word, wherever what is checked lies.
            None => match self.above_here() {
                Some(found) => self.admitted(found),
                None => Arc::default(),
            },
        };
        Arc::clone(lock(&self.known).entry(directory.to_owned()).or_insert(config))
    }

    fn find(&self, directory: &str) -> Option<(Config, Vec<Problem>)> {
        find(directory, &|path| self.disk.read_configuration(path), &self.disk.configured())
    }

    /// The configuration of the working directory.
    fn above_here(&self) -> Option<(Config, Vec<Problem>)> {
        let mut directory = ".".to_owned();
        loop {
            let found = self.find(&directory);
            if found.is_some() || self.is_top(&directory) {
                return found;
            }
            directory = join(&directory, "..");
        }
    }

    /// Whether nothing above this directory is looked into: it is a repository's root, or the file system's.
    fn is_top(&self, directory: &str) -> bool {
        self.disk.absolute(directory) == "/" || self.disk.kind(&join(directory, ".git")).is_ok()
    }

    /// Keeps the problems of a configuration, and lets the variable files that it names be read.
    fn admitted(&self, (config, problems): (Config, Vec<Problem>)) -> Arc<Config> {
        for file in config.deployments.iter().flat_map(|deployment| &deployment.variable_files) {
            self.disk.configured().admit(file);
        }
        let mut all = lock(&self.problems);
        for problem in problems {
            if !all.contains(&problem) {
                all.push(problem);
            }
        }
        Arc::new(config)
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
        self.named.iter().cloned().chain(lock(&self.known).values().cloned()).collect()
    }

    /// What was wrong with the configurations read so far.
    pub fn problems(&self) -> Vec<Problem> {
        lock(&self.problems).clone()
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

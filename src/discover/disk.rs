//! Files on disk, contained in the repository that is being checked, each read once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::sentence;
use crate::source::files::{FileError, Files, Member, join, parent};
use crate::source::limits::{MAX_FILE_BYTES, MAX_PLAN_BYTES};
use crate::source::{Source, SourceId, Sources};

/// The real file system.
///
/// A path is refused where it leaves the git repository that holds the working directory, after symbolic links are
/// followed. Outside of a repository nothing contains it. Only regular files are read: a pipe would hang.
#[derive(Debug)]
pub struct Disk {
    sources: Sources,
    here: PathBuf,
    roots: Mutex<HashMap<PathBuf, Option<PathBuf>>>,
    /// Directories with symbolic links followed.
    real: Mutex<HashMap<PathBuf, PathBuf>>,
    read: Mutex<HashMap<String, Result<Arc<Source>, FileError>>>,
    overlaid: Mutex<BTreeSet<String>>,
    /// What each file that was read was like: a file that is still like that was not written since.
    stamps: Mutex<HashMap<String, Stamp>>,
}

/// When a file was written, and how long it is.
type Stamp = (SystemTime, u64);

/// Most texts that stand in [`Sources`] for nothing any more.
const LEFT_OVER: usize = 1_000;

impl Default for Disk {
    fn default() -> Self {
        Self::new()
    }
}

impl Disk {
    /// The file system as seen from the working directory.
    pub fn new() -> Self {
        Disk {
            sources: Sources::new(),
            here: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
            roots: Mutex::default(),
            real: Mutex::default(),
            read: Mutex::default(),
            overlaid: Mutex::default(),
            stamps: Mutex::default(),
        }
    }

    /// The same for who judges again and again: what is read is made use of by [`Disk::again`].
    pub fn remembering() -> Self {
        Disk { sources: Sources::remembering(), ..Self::new() }
    }

    /// The file system as it is now. What was made of a text is there still where the file was not written since, or
    /// where it is the buffer that it was.
    #[must_use]
    pub fn again(&self, buffers: &BTreeMap<String, String>) -> Self {
        let overlaid = self.overlaid.lock().unwrap_or_else(PoisonError::into_inner);
        let stamps = self.stamps.lock().unwrap_or_else(PoisonError::into_inner);
        let unchanged = |path: &str, source: &Source| match buffers.get(path) {
            Some(text) => overlaid.contains(path) && text == source.text(),
            None => {
                !overlaid.contains(path)
                    && stamps.get(path).is_some_and(|known| stamp(&self.here.join(path)) == Some(*known))
            }
        };
        let mut read = self.lock_read().clone();
        read.retain(|path, kept| kept.as_ref().is_ok_and(|source| source.is_made() && unchanged(path, source)));
        let kept: BTreeSet<SourceId> = read.values().flatten().map(|source| source.id()).collect();
        if self.sources.all().len() > kept.len() + LEFT_OVER {
            return Self::remembering();
        }
        Disk {
            sources: self.sources.keeping(&|source| kept.contains(&source.id())),
            here: self.here.clone(),
            roots: Mutex::default(),
            real: Mutex::default(),
            overlaid: Mutex::new(overlaid.iter().filter(|path| read.contains_key(*path)).cloned().collect()),
            stamps: Mutex::new(
                stamps
                    .iter()
                    .filter(|(path, _)| read.contains_key(*path))
                    .map(|(path, stamp)| (path.clone(), *stamp))
                    .collect(),
            ),
            read: Mutex::new(read),
        }
    }

    /// Whether this buffer is laid over its file already.
    pub fn holds(&self, path: &str) -> bool {
        self.overlaid.lock().unwrap_or_else(PoisonError::into_inner).contains(path)
    }

    /// Keeps `text` in place of the file at `path` (a buffer that an editor has not saved, which need not exist on
    /// disk).
    ///
    /// # Errors
    /// It is not text.
    pub fn overlay(&self, path: &str, text: Vec<u8>) -> Result<Arc<Source>, FileError> {
        let source = self.sources.add(path, text).map_err(FileError::NotText);
        self.overlaid.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned());
        self.lock_read().insert(path.to_owned(), source.clone());
        source
    }

    /// Whether a file in this directory is an editor's buffer.
    pub fn is_overlaid(&self, directory: &str) -> bool {
        let overlaid = self.overlaid.lock().unwrap_or_else(PoisonError::into_inner);
        overlaid.iter().any(|path| parent(path) == directory)
    }

    /// Reads a file that may be as large as a plan.
    ///
    /// # Errors
    /// Why it can't be had.
    pub fn read_large(&self, path: &str) -> Result<Arc<Source>, FileError> {
        self.read_up_to(path, MAX_PLAN_BYTES)
    }

    /// The root of the git repository that holds `path`, as an absolute path.
    pub fn repository(&self, path: &str) -> Option<PathBuf> {
        let start = self.here.join(path);
        let mut roots = self.roots.lock().unwrap_or_else(PoisonError::into_inner);
        roots
            .entry(start.clone())
            .or_insert_with(|| {
                let real = std::fs::canonicalize(&start).ok()?;
                real.ancestors().find(|directory| directory.join(".git").exists()).map(Path::to_path_buf)
            })
            .clone()
    }

    fn lock_read(&self) -> std::sync::MutexGuard<'_, HashMap<String, Result<Arc<Source>, FileError>>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read_up_to(&self, path: &str, limit: usize) -> Result<Arc<Source>, FileError> {
        if let Some(kept) = self.lock_read().get(path) {
            return kept.clone();
        }
        let source = self
            .contents(path, limit)
            .and_then(|bytes| self.sources.add(&super::shown(path), bytes).map_err(FileError::NotText));
        // Another thread may have read it meanwhile: the first one counts, so that a span has one source.
        self.lock_read().entry(path.to_owned()).or_insert(source).clone()
    }

    fn contents(&self, path: &str, limit: usize) -> Result<Vec<u8>, FileError> {
        let (real, metadata) = self.contained(path)?;
        if metadata.is_dir() {
            return Err(FileError::Unreadable("it is a directory".to_owned()));
        }
        if !metadata.is_file() {
            return Err(FileError::Unreadable("it is not a regular file".to_owned()));
        }
        if metadata.len() > limit as u64 {
            return Err(FileError::TooLarge);
        }
        if let Ok(written) = metadata.modified() {
            let stamp = (written, metadata.len());
            self.stamps.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), stamp);
        }
        std::fs::read(&real).map_err(|error| file_error(&error))
    }

    /// Where a path really leads, and what is there.
    fn contained(&self, path: &str) -> Result<(PathBuf, Metadata), FileError> {
        let path = self.here.join(path);
        let (real, metadata) = self.follow(&path).map_err(|error| file_error(&error))?;
        match self.repository(".") {
            // What the user checks may lie elsewhere than where they stand; then its own repository counts.
            Some(root) if !real.starts_with(&root) && path.starts_with(&root) => Err(FileError::Outside),
            _ => Ok((real, metadata)),
        }
    }

    /// A path with symbolic links followed. Those of a directory are followed once for all that lies in it.
    fn follow(&self, path: &Path) -> std::io::Result<(PathBuf, Metadata)> {
        let metadata = std::fs::symlink_metadata(path)?;
        if let (false, Some(parent), Some(name)) = (metadata.is_symlink(), path.parent(), path.file_name()) {
            let mut known = self.real.lock().unwrap_or_else(PoisonError::into_inner);
            let parent = match known.get(parent) {
                Some(real) => real,
                None => known.entry(parent.to_path_buf()).or_insert(std::fs::canonicalize(parent)?),
            };
            return Ok((parent.join(name), metadata));
        }
        let real = std::fs::canonicalize(path)?;
        let metadata = std::fs::metadata(&real)?;
        Ok((real, metadata))
    }
}

impl Files for Disk {
    fn sources(&self) -> &Sources {
        &self.sources
    }

    fn read(&self, path: &str) -> Result<Arc<Source>, FileError> {
        self.read_up_to(path, MAX_FILE_BYTES)
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.contents(path, MAX_FILE_BYTES)
    }

    fn list(&self, directory: &str) -> Result<Vec<Member>, FileError> {
        let overlaid: Vec<String> = {
            let overlaid = self.overlaid.lock().unwrap_or_else(PoisonError::into_inner);
            overlaid.iter().filter(|path| parent(path) == directory).cloned().collect()
        };
        let entries = match self.contained(directory).and_then(|(real, _)| read_dir(&real)) {
            Ok(entries) => entries,
            // A directory may be gone, or not be there yet, while a buffer of it is open.
            Err(FileError::NotFound) if !overlaid.is_empty() => Vec::new(),
            Err(error) => return Err(error),
        };
        let mut members: Vec<Member> = entries
            .into_iter()
            .map(|entry| Member {
                name: entry.file_name().to_string_lossy().into_owned(),
                directory: match entry.file_type() {
                    Ok(kind) if kind.is_symlink() => entry.path().is_dir(),
                    Ok(kind) => kind.is_dir(),
                    Err(_) => false,
                },
            })
            .collect();
        members.extend(
            overlaid
                .iter()
                .map(|path| Member { name: path.rsplit('/').next().unwrap_or(path).to_owned(), directory: false }),
        );
        members.sort();
        members.dedup();
        Ok(members)
    }

    fn absolute(&self, path: &str) -> String {
        join(&self.here.to_string_lossy(), path)
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn read_dir(directory: &Path) -> Result<Vec<std::fs::DirEntry>, FileError> {
    let entries = std::fs::read_dir(directory).map_err(|error| file_error(&error))?;
    Ok(entries.filter_map(Result::ok).collect())
}

fn file_error(error: &std::io::Error) -> FileError {
    match error.kind() {
        std::io::ErrorKind::NotFound => FileError::NotFound,
        _ => FileError::Unreadable(sentence(error)),
    }
}

//! The one layer that touches the file system: reads, lists, writes, links, `.gitignore` files and git.
//!
//! Whose word a path is decides what it may reach. What a repository writes reaches nothing outside of the run's roots
//! ([`Disk::new`]), links followed. What a person writes on the command line reaches where that person may, except through a
//! link that a repository holds. Special files, and what the system shows of itself, are read for nobody: a pipe would hang,
//! and a device never ends.

pub mod git;
mod ignored;
mod path;
mod roots;
mod walk;
mod write;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::Metadata;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

pub use path::{sentence, shown};
use roots::Roots;
pub use walk::{Looking, Walked};

use crate::source::files::{FileError, Files, Member, join, parent};
use crate::source::limits::{MAX_FILE_BYTES, MAX_PLAN_BYTES};
use crate::source::{Encoding, Source, SourceId, Sources, decode};

/// The real file system, as far as a run may see it. Each file is read once.
#[derive(Debug)]
pub struct Disk {
    sources: Sources,
    here: PathBuf,
    roots: Roots,
    repositories: Mutex<HashMap<PathBuf, Option<PathBuf>>>,
    /// Directories with symbolic links followed.
    real: Mutex<HashMap<PathBuf, PathBuf>>,
    read: Mutex<HashMap<String, Result<Arc<Source>, FileError>>>,
    /// Files that a person named for their content, beside those below the roots.
    named: Mutex<HashMap<String, Result<Arc<Source>, FileError>>>,
    /// The directories of configurations that a person's command line or working directory brought in.
    homes: Mutex<BTreeSet<PathBuf>>,
    overlaid: Mutex<BTreeSet<String>>,
    /// What each file that was read was like: a file that is still like that was not written since.
    stamps: Mutex<HashMap<String, Stamp>>,
}

/// When a file was written, and how long it is.
type Stamp = (SystemTime, u64);

/// Most texts that stand in [`Sources`] for nothing any more.
const LEFT_OVER: usize = 1_000;

/// What git-crypt puts before what it encrypts.
const GIT_CRYPT: &[u8] = b"\0GITCRYPT\0";

/// What a path that a person wrote leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// Anything else; reading it says what.
    File,
}

impl Disk {
    /// The file system as a run over these paths may see it: what lies below the repositories that hold them, else below
    /// their directories. With no path it is the working directory's.
    pub fn new(named: &[String]) -> Self {
        let here = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
        Disk {
            sources: Sources::new(),
            roots: Roots::of(&here, named),
            here,
            repositories: Mutex::default(),
            real: Mutex::default(),
            read: Mutex::default(),
            named: Mutex::default(),
            homes: Mutex::default(),
            overlaid: Mutex::default(),
            stamps: Mutex::default(),
        }
    }

    /// The same for who judges again and again: what is read is made use of by [`Disk::again`].
    pub fn remembering() -> Self {
        Disk { sources: Sources::remembering(), ..Self::new(&[]) }
    }

    /// The file system as it is now, for a run over these paths. What was made of a text is there still where the file was
    /// not written since, or where it is the buffer that it was.
    #[must_use]
    pub fn again(&self, buffers: &BTreeMap<String, String>, named: &[String]) -> Self {
        let overlaid = lock(&self.overlaid);
        let stamps = lock(&self.stamps);
        let unchanged = |path: &str, source: &Source| match buffers.get(path) {
            Some(text) => overlaid.contains(path) && text == source.text(),
            None => {
                !overlaid.contains(path)
                    && stamps.get(path).is_some_and(|known| stamp(&self.here.join(path)) == Some(*known))
            }
        };
        let fresh = Disk { sources: Sources::remembering(), ..Self::new(named) };
        let mut read = lock(&self.read).clone();
        read.retain(|path, kept| {
            kept.as_ref().is_ok_and(|source| source.is_made() && unchanged(path, source))
                && (overlaid.contains(path) || fresh.contained(path).is_ok())
        });
        let kept: BTreeSet<SourceId> = read.values().flatten().map(|source| source.id()).collect();
        if self.sources.all().len() > kept.len() + LEFT_OVER {
            return fresh;
        }
        let stamps = stamps.iter().filter(|(path, _)| read.contains_key(*path));
        Disk {
            sources: self.sources.keeping(&|source| kept.contains(&source.id())),
            overlaid: Mutex::new(overlaid.iter().filter(|path| read.contains_key(*path)).cloned().collect()),
            stamps: Mutex::new(stamps.map(|(path, stamp)| (path.clone(), *stamp)).collect()),
            read: Mutex::new(read),
            ..fresh
        }
    }

    /// Whether this buffer is laid over its file already.
    pub fn holds(&self, path: &str) -> bool {
        lock(&self.overlaid).contains(path)
    }

    /// Keeps `text` in place of the file at `path` (a buffer that an editor has not saved, which need not exist on
    /// disk).
    ///
    /// # Errors
    /// It is not text.
    pub fn overlay(&self, path: &str, text: Vec<u8>) -> Result<Arc<Source>, FileError> {
        let source = self.sources.add(path, text).map_err(FileError::NotText);
        lock(&self.overlaid).insert(path.to_owned());
        lock(&self.read).insert(path.to_owned(), source.clone());
        source
    }

    /// Whether a file in this directory is an editor's buffer.
    pub fn is_overlaid(&self, directory: &str) -> bool {
        lock(&self.overlaid).iter().any(|path| parent(path) == directory)
    }

    /// Reads a file that may be as large as a plan.
    ///
    /// # Errors
    /// Why it can't be had.
    pub fn read_large(&self, path: &str) -> Result<Arc<Source>, FileError> {
        self.read_up_to(path, MAX_PLAN_BYTES)
    }

    /// Looks at the text of a file without keeping it. A text in which `look` finds nothing costs no memory.
    ///
    /// # Errors
    /// Why it can't be had.
    pub fn glance<T>(&self, path: &str, look: impl FnOnce(&str) -> T) -> Result<T, FileError> {
        if let Some(kept) = lock(&self.read).get(path) {
            return kept.as_ref().map(|source| look(source.text())).map_err(Clone::clone);
        }
        let (text, _) = decode(path, self.contents(path, MAX_PLAN_BYTES)?).map_err(FileError::NotText)?;
        Ok(look(&text))
    }

    /// Keeps the text of a file where `keep` says so of it; `None` where it does not.
    ///
    /// # Errors
    /// Why it can't be had.
    pub fn read_if(&self, path: &str, keep: impl FnOnce(&str) -> bool) -> Result<Option<Arc<Source>>, FileError> {
        if let Some(kept) = lock(&self.read).get(path) {
            return kept.clone().map(|source| keep(source.text()).then_some(source));
        }
        let decoded =
            self.contents(path, MAX_PLAN_BYTES).and_then(|bytes| decode(path, bytes).map_err(FileError::NotText));
        let source = match decoded {
            Ok((text, _)) if !keep(&text) => return Ok(None),
            Ok((text, encoding)) => Ok(self.sources.add_text(&shown(path), text, encoding)),
            Err(why) => Err(why),
        };
        lock(&self.read).entry(path.to_owned()).or_insert(source).clone().map(Some)
    }

    /// Reads a file that a person wrote on the command line, wherever it is.
    ///
    /// # Errors
    /// Why it can't be had.
    pub fn read_named(&self, path: &str) -> Result<Arc<Source>, FileError> {
        if let Some(kept) = lock(&self.named).get(path) {
            return kept.clone();
        }
        let source = self
            .persons(path)
            .and_then(|real| contents(&real, MAX_FILE_BYTES))
            .and_then(|bytes| self.sources.add(&shown(path), bytes).map_err(FileError::NotText));
        lock(&self.named).entry(path.to_owned()).or_insert(source).clone()
    }

    /// Lets a file that a person wrote on the command line be read as if it lay below the roots: a variable file counts for
    /// whoever declares the variables.
    pub fn admit(&self, path: &str) {
        let source = self.read_named(path);
        // What can't be read is told as every other file is.
        if source.is_ok() {
            lock(&self.read).entry(path.to_owned()).or_insert(source);
        }
    }

    /// Reads a configuration that was looked for on the way up from what a person named, or that a person named. What it
    /// names itself may then lie in its own repository, else below its own directory ([`Disk::configured`]).
    ///
    /// # Errors
    /// Why it can't be had.
    pub fn read_configuration(&self, path: &str) -> Result<Arc<Source>, FileError> {
        // Most directories have none, and need not be remembered for it.
        let there = lock(&self.read).contains_key(path) || self.here.join(path).symlink_metadata().is_ok();
        match if there { self.read(path) } else { Err(FileError::NotFound) } {
            Err(FileError::Outside) => {}
            read => return read,
        }
        let source = self.read_named(path)?;
        let home = std::fs::canonicalize(self.here.join(parent(path))).map_err(|error| file_error(&error))?;
        lock(&self.homes).insert(roots::repository(&home).unwrap_or(home));
        Ok(source)
    }

    /// The files that configurations may name.
    pub fn configured(&self) -> Configured<'_> {
        Configured(self)
    }

    /// Lists a directory that a person wrote on the command line, wherever it is.
    ///
    /// # Errors
    /// Why it can't be listed.
    pub fn list_named(&self, directory: &str) -> Result<Vec<Member>, FileError> {
        self.persons(directory).and_then(|real| read_dir(&real))
    }

    /// What a path leads to that a person wrote.
    ///
    /// # Errors
    /// Why that can't be said.
    pub fn kind(&self, path: &str) -> Result<Kind, String> {
        let metadata = std::fs::metadata(self.here.join(path)).map_err(|error| sentence(&error))?;
        Ok(if metadata.is_dir() { Kind::Directory } else { Kind::File })
    }

    /// Whether a person's path is a directory.
    pub fn is_directory(&self, path: &str) -> bool {
        self.kind(path) == Ok(Kind::Directory)
    }

    /// The root of the git repository that holds `path`, as an absolute path.
    pub fn repository(&self, path: &str) -> Option<PathBuf> {
        let start = self.here.join(path);
        let mut repositories = lock(&self.repositories);
        let find = || roots::repository(&std::fs::canonicalize(&start).ok()?);
        repositories.entry(start.clone()).or_insert_with(find).clone()
    }

    /// The real path of a file, links followed; the path itself where there is none.
    pub fn real_path(&self, path: &Path) -> PathBuf {
        let path = self.here.join(path);
        std::fs::canonicalize(&path).unwrap_or(path)
    }

    /// Replaces the text of a file below the roots, as it was encoded; `before` is what must stand in it still.
    ///
    /// # Errors
    /// Why it can't be written; then it is as it was.
    pub fn rewrite(&self, path: &str, before: &str, text: &str, encoding: Encoding) -> Result<(), String> {
        let (real, _) = self.contained(path).map_err(|why| why.to_string())?;
        let bytes = self.contents(path, MAX_PLAN_BYTES).map_err(|why| why.to_string())?;
        if decode(path, bytes)?.0 != before {
            return Err("it was changed meanwhile".to_owned());
        }
        write::text(&real, text, encoding).map_err(|error| sentence(&error))
    }

    /// Writes a file that a configuration names: below the roots, and nothing of git's own.
    ///
    /// # Errors
    /// Why it can't be written; an old file is as it was.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), String> {
        let directory = std::fs::canonicalize(self.here.join(parent(path))).map_err(|error| sentence(&error))?;
        let gits = directory.join(path).components().any(|part| part.as_os_str().eq_ignore_ascii_case(".git"));
        if gits || !self.roots.hold(&directory) {
            return Err(FileError::Outside.to_string());
        }
        self.write_named(path, bytes)
    }

    /// Writes a file that a person wrote on the command line.
    ///
    /// # Errors
    /// Why it can't be written; an old file is as it was.
    pub fn write_named(&self, path: &str, bytes: &[u8]) -> Result<(), String> {
        let (real, special) = self.target(path)?;
        let written = if special { std::fs::write(&real, bytes) } else { write::bytes(&real, bytes) };
        written.map_err(|error| sentence(&error))
    }

    /// Adds to the end of a file that a person named.
    ///
    /// # Errors
    /// Why it can't be written.
    pub fn append_named(&self, path: &str, bytes: &[u8]) -> Result<(), String> {
        let (real, _) = self.target(path)?;
        let file = std::fs::OpenOptions::new().create(true).append(true).open(real);
        file.and_then(|mut file| io::Write::write_all(&mut file, bytes)).map_err(|error| sentence(&error))
    }

    /// Writes a file that must not be there yet.
    ///
    /// # Errors
    /// Why it can't be written.
    pub fn create_named(&self, path: &str, bytes: &[u8]) -> Result<(), String> {
        let file = std::fs::OpenOptions::new().write(true).create_new(true).open(self.here.join(path));
        file.and_then(|mut file| io::Write::write_all(&mut file, bytes)).map_err(|error| sentence(&error))
    }

    /// Makes a directory that a person named, and those above it.
    ///
    /// # Errors
    /// Why it can't be made.
    pub fn create_directory(&self, path: &str) -> Result<(), String> {
        std::fs::create_dir_all(self.here.join(path)).map_err(|error| sentence(&error))
    }

    /// Where a person's output goes, and whether it is a pipe or a terminal, which is written as it stands.
    fn target(&self, path: &str) -> Result<(PathBuf, bool), String> {
        let path = self.here.join(join(".", path));
        match std::fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => Err("it is a directory".to_owned()),
            // A pipe, a terminal, or a file that somebody else writes to as well, under the system's name for it.
            Ok(metadata) if !metadata.is_file() || roots::is_systems_own(&path) => match self.is_repositorys(&path) {
                true => Err(not_regular().to_string()),
                false => Ok((path, true)),
            },
            Ok(_) => self.persons_real(&path).map(|real| (real, false)).map_err(|why| why.to_string()),
            // A link that leads nowhere is replaced, not followed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((path, false)),
            Err(error) => Err(sentence(&error)),
        }
    }

    /// Where a person's path really leads.
    fn persons(&self, path: &str) -> Result<PathBuf, FileError> {
        let real = self.persons_real(&self.here.join(join(".", path)))?;
        if roots::is_systems_own(&real) { Err(not_regular()) } else { Ok(real) }
    }

    /// Follows links, those of a repository not out of it.
    fn persons_real(&self, path: &Path) -> Result<PathBuf, FileError> {
        let real = std::fs::canonicalize(path).map_err(|error| file_error(&error))?;
        if self.is_repositorys(path) && !self.roots.hold(&real) { Err(FileError::Outside) } else { Ok(real) }
    }

    /// Whether a name stands below a root: then it is the repository's, and so is the link that it may be.
    fn is_repositorys(&self, path: &Path) -> bool {
        let parent = path.parent().and_then(|parent| std::fs::canonicalize(parent).ok());
        self.roots.hold(&without_dots(path)) || parent.is_some_and(|parent| self.roots.hold(&parent))
    }

    fn read_up_to(&self, path: &str, limit: usize) -> Result<Arc<Source>, FileError> {
        if let Some(kept) = lock(&self.read).get(path) {
            return kept.clone();
        }
        let source = self
            .contents(path, limit)
            .and_then(|bytes| self.sources.add(&shown(path), bytes).map_err(FileError::NotText));
        // Another thread may have read it meanwhile: the first one counts, so that a span has one source.
        lock(&self.read).entry(path.to_owned()).or_insert(source).clone()
    }

    fn contents(&self, path: &str, limit: usize) -> Result<Vec<u8>, FileError> {
        let (real, metadata) = self.contained(path)?;
        if let Ok(written) = metadata.modified() {
            lock(&self.stamps).insert(path.to_owned(), (written, metadata.len()));
        }
        contents(&real, limit)
    }

    /// Where a path really leads, and what is there. A path that leads out is refused whether there is anything or not:
    /// a repository does not learn what lies beside it.
    fn contained(&self, path: &str) -> Result<(PathBuf, Metadata), FileError> {
        let path = self.here.join(path);
        match self.follow(&path) {
            Ok((real, metadata)) if self.roots.hold(&real) && !roots::is_systems_own(&real) => Ok((real, metadata)),
            Ok(_) => Err(FileError::Outside),
            Err(error) => {
                let above = path.ancestors().skip(1).find_map(|above| std::fs::canonicalize(above).ok());
                let inside = above.is_none_or(|above| self.roots.hold(&above));
                // The parent of a root is outside of it, and what is missing may be the root itself.
                let named = self.roots.hold(&path);
                Err(if inside || named { file_error(&error) } else { FileError::Outside })
            }
        }
    }

    /// A path with symbolic links followed. Those of a directory are followed once for all that lies in it.
    fn follow(&self, path: &Path) -> io::Result<(PathBuf, Metadata)> {
        let metadata = std::fs::symlink_metadata(path)?;
        if let (false, Some(parent), Some(name)) = (metadata.is_symlink(), path.parent(), path.file_name()) {
            let mut known = lock(&self.real);
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
        let overlaid: Vec<String> =
            lock(&self.overlaid).iter().filter(|path| parent(path) == directory).cloned().collect();
        let mut members = match self.contained(directory).and_then(|(real, _)| read_dir(&real)) {
            Ok(members) => members,
            // A directory may be gone, or not be there yet, while a buffer of it is open.
            Err(FileError::NotFound) if !overlaid.is_empty() => Vec::new(),
            Err(error) => return Err(error),
        };
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

/// The files as configurations may name them: those of the run, and those beside a configuration that lies elsewhere.
pub struct Configured<'d>(&'d Disk);

impl Configured<'_> {
    /// What the run may read, else what lies beside a configuration.
    fn either<T>(
        &self,
        path: &str,
        runs: impl FnOnce() -> Result<T, FileError>,
        besides: impl FnOnce() -> Result<T, FileError>,
    ) -> Result<T, FileError> {
        match runs() {
            Err(FileError::Outside) => {
                let real = self.0.persons(path)?;
                let beside = lock(&self.0.homes).iter().any(|home| real.starts_with(home));
                if beside { besides() } else { Err(FileError::Outside) }
            }
            read => read,
        }
    }

    /// Lets a variable file that a configuration names be read by whoever declares the variables.
    pub fn admit(&self, path: &str) {
        let (runs, besides) = (
            || self.0.read(path).map(drop),
            || {
                self.0.admit(path);
                Ok(())
            },
        );
        // What can't be read is told where it is named.
        let _ = self.either(path, runs, besides);
    }
}

impl Files for Configured<'_> {
    fn sources(&self) -> &Sources {
        &self.0.sources
    }

    fn read(&self, path: &str) -> Result<Arc<Source>, FileError> {
        self.either(path, || self.0.read(path), || self.0.read_named(path))
    }

    fn bytes(&self, path: &str) -> Result<Vec<u8>, FileError> {
        self.read(path).map(|source| source.text().as_bytes().to_vec())
    }

    fn list(&self, directory: &str) -> Result<Vec<Member>, FileError> {
        self.either(directory, || self.0.list(directory), || self.0.list_named(directory))
    }

    fn absolute(&self, path: &str) -> String {
        self.0.absolute(path)
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// The bytes of a regular file of a bounded size.
fn contents(real: &Path, limit: usize) -> Result<Vec<u8>, FileError> {
    let fits = |metadata: &Metadata| {
        if metadata.is_dir() {
            return Err(FileError::Unreadable("it is a directory".to_owned()));
        }
        if !metadata.is_file() {
            return Err(not_regular());
        }
        if metadata.len() > limit as u64 { Err(FileError::TooLarge) } else { Ok(()) }
    };
    // Opening a pipe would wait for somebody to write.
    std::fs::metadata(real).map_err(|error| file_error(&error)).and_then(|metadata| fits(&metadata))?;
    let file = std::fs::File::open(real).map_err(|error| file_error(&error))?;
    let metadata = file.metadata().map_err(|error| file_error(&error))?;
    fits(&metadata)?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    file.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(|error| file_error(&error))?;
    if bytes.len() > limit {
        return Err(FileError::TooLarge);
    }
    if bytes.starts_with(GIT_CRYPT) { Err(FileError::Encrypted) } else { Ok(bytes) }
}

fn not_regular() -> FileError {
    FileError::Unreadable("it is not a regular file".to_owned())
}

fn read_dir(directory: &Path) -> Result<Vec<Member>, FileError> {
    let entries = std::fs::read_dir(directory).map_err(|error| file_error(&error))?;
    let member = |entry: std::fs::DirEntry| Member {
        name: entry.file_name().to_string_lossy().into_owned(),
        directory: match entry.file_type() {
            Ok(kind) if kind.is_symlink() => entry.path().is_dir(),
            Ok(kind) => kind.is_dir(),
            Err(_) => false,
        },
    };
    let mut members =
        entries.map(|entry| entry.map(member)).collect::<io::Result<Vec<_>>>().map_err(|error| file_error(&error))?;
    members.sort();
    Ok(members)
}

fn file_error(error: &io::Error) -> FileError {
    match error.kind() {
        io::ErrorKind::NotFound => FileError::NotFound,
        _ => FileError::Unreadable(sentence(error)),
    }
}

/// A path by its names alone: `a/../b` is `b`, whatever `a` is.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => _ = plain.pop(),
            std::path::Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

//! What a run may read and write: the repositories of what a person named, else the directories.
//!
//! A repository is somebody else's text. What it names (a module's source, a nested template, a file that a function
//! reads, the target of a link) counts only where it really lies below one of these directories.

use std::path::{Path, PathBuf};

use crate::source::files::join;

/// The directories below which files are read and written, as real paths.
#[derive(Clone, Debug, Default)]
pub(super) struct Roots(Vec<PathBuf>);

impl Roots {
    /// The roots of a run over these paths, as the person wrote them; without any (`-` is none), that of the working
    /// directory `here`.
    pub(super) fn of(here: &Path, named: &[String]) -> Self {
        let mut roots: Vec<PathBuf> = named.iter().filter(|path| *path != "-").map(|path| root(here, path)).collect();
        if roots.is_empty() {
            roots.push(repository(here).unwrap_or_else(|| here.to_path_buf()));
        }
        roots.sort();
        roots.dedup();
        Roots(roots)
    }

    /// Whether a real path lies below one of them.
    pub(super) fn hold(&self, real: &Path) -> bool {
        self.0.iter().any(|root| real.starts_with(root))
    }
}

/// The repository that a path is written in; else, where it leads through no repository, that of what it really is; else
/// its directory.
fn root(here: &Path, path: &str) -> PathBuf {
    let written = here.join(join(".", &path.replace(std::path::MAIN_SEPARATOR, "/")));
    let is_directory = written.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
    // A link is a part of the repository that it stands in, wherever it leads.
    let around = if is_directory { Some(&*written) } else { written.parent() };
    if let Some(repository) = around.and_then(repository) {
        return std::fs::canonicalize(&repository).unwrap_or(repository);
    }
    let directory = if written.is_dir() { &*written } else { around.unwrap_or(&written) };
    // A buffer's directory need not be there yet.
    let real = directory.ancestors().find_map(|above| std::fs::canonicalize(above).ok());
    let real = real.unwrap_or_else(|| directory.to_path_buf());
    repository(&real).unwrap_or(real)
}

/// The nearest directory, from this one upwards, that holds a `.git`.
pub(super) fn repository(directory: &Path) -> Option<PathBuf> {
    let holds = |directory: &&Path| directory.join(".git").symlink_metadata().is_ok();
    directory.ancestors().find(holds).map(Path::to_path_buf)
}

/// Whether the system shows there what it has in its own memory. Shared memory holds files as any other directory does.
pub(super) fn is_systems_own(real: &Path) -> bool {
    cfg!(unix)
        && ["/proc", "/sys", "/dev"].iter().any(|system| real.starts_with(system))
        && !real.starts_with("/dev/shm")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_repository_else_the_directory_of_what_is_named() {
        let top = std::env::temp_dir().join(format!("strongroom-roots-{}", std::process::id()));
        for directory in ["repository/.git", "repository/sub", "bare/a", "bare/b"] {
            std::fs::create_dir_all(top.join(directory)).unwrap();
        }
        for file in ["repository/sub/x.tf", "bare/a/x.tf"] {
            std::fs::write(top.join(file), "").unwrap();
        }
        let top = std::fs::canonicalize(top).unwrap();
        let table = [
            ("repository/sub", "repository"),
            ("repository/sub/x.tf", "repository"),
            ("repository/sub/not-yet/x.tf", "repository"),
            ("bare/a", "bare/a"),
            ("bare/a/x.tf", "bare/a"),
            ("./bare/b/../a", "bare/a"),
            ("bare/not-yet/x.tf", "bare"),
        ];
        for (named, expected) in table {
            assert_eq!(root(&top, named), top.join(expected), "{named}");
        }
        let roots = Roots::of(&top, &["bare/a".to_owned(), "bare/b".to_owned()]);
        assert!(roots.hold(&top.join("bare/b/x")) && !roots.hold(&top.join("bare/c")), "{roots:?}");
        let standing = Roots::of(&top.join("repository/sub"), &["-".to_owned()]);
        assert!(standing.hold(&top.join("repository/x")) && !standing.hold(&top.join("bare")));
        std::fs::remove_dir_all(top).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_belongs_to_the_repository_that_it_stands_in() {
        let top = std::env::temp_dir().join(format!("strongroom-roots-links-{}", std::process::id()));
        for directory in ["repository/.git", "outside"] {
            std::fs::create_dir_all(top.join(directory)).unwrap();
        }
        let top = std::fs::canonicalize(top).unwrap();
        std::os::unix::fs::symlink("../outside", top.join("repository/link")).unwrap();
        std::os::unix::fs::symlink("outside", top.join("current")).unwrap();
        std::os::unix::fs::symlink("repository", top.join("checkout")).unwrap();
        for (named, expected) in [
            ("repository/link", "repository"),
            ("repository/link/x.tf", "repository"),
            ("current", "outside"),
            ("checkout", "repository"),
            ("checkout/x.tf", "repository"),
        ] {
            assert_eq!(root(&top, named), top.join(expected), "{named}");
        }
        std::fs::remove_dir_all(top).unwrap();
    }

    #[test]
    fn what_the_system_shows_of_itself_is_no_file() {
        for (path, own) in
            [("/proc/self/environ", true), ("/dev/fd/3", true), ("/dev/shm/build/x", false), ("/procs", false)]
        {
            assert_eq!(is_systems_own(Path::new(path)), own && cfg!(unix), "{path}");
        }
    }
}

//! `--since REF`: which files changed, by git.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Stop;
use crate::disk::{Disk, git};
use crate::finding::{Finding, Outcome};
use crate::source::files::Files;
use crate::source::{SourceId, Span};

/// The files that differ from `reference`, with those that git does not know yet.
pub(super) struct Changed {
    files: BTreeSet<PathBuf>,
}

impl Changed {
    /// Asks git, in the repository that holds `directory`.
    pub(super) fn since(reference: &str, directory: &str, disk: &Disk) -> Result<Self, Stop> {
        if reference.is_empty() || reference.starts_with('-') {
            return Err(Stop(format!(
                "strongroom: --since {reference}: this is no revision\n  help: name a commit, a tag or a branch, such as origin/main"
            )));
        }
        let told = |why: &str, help: &str| Stop(format!("strongroom: --since {reference}: {why}\n  help: {help}"));
        let root = disk.repository(directory).ok_or_else(|| {
            told(&format!("{directory} is in no git repository"), "leave --since out, or name a path in a repository")
        })?;
        let ask = |arguments: &[&str]| {
            let help = "name a revision that is here; a shallow clone has no other (actions/checkout: fetch-depth: 0)";
            git::ask(&root, arguments).map_err(|why| told(&why, help))
        };
        let changed = ask(&[
            "diff",
            "--name-only",
            "--no-ext-diff",
            "--no-textconv",
            "--ignore-submodules=dirty",
            "-z",
            reference,
            "--",
        ])?;
        let untracked = ask(&["ls-files", "--others", "--exclude-standard", "-z"])?;
        let names = [changed, untracked].concat();
        let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        let real = |name: &[u8]| disk.real_path(&root.join(&*String::from_utf8_lossy(name)));
        Ok(Changed { files: names.map(real).collect() })
    }

    /// Drops the findings of whose chain no place lies in a changed file, and what is undecided elsewhere; how many
    /// findings these were.
    pub(super) fn keep(&self, outcome: &mut Outcome, disk: &Disk) -> usize {
        let mut known: BTreeMap<SourceId, bool> = BTreeMap::new();
        let mut changed = |span: Span| {
            *known.entry(span.source).or_insert_with(|| {
                let real = disk.real_path(Path::new(&**disk.sources().get(span.source).path()));
                // What changed of a submodule is its directory.
                real.ancestors().any(|above| self.files.contains(above))
            })
        };
        let before = outcome.findings.len();
        outcome.findings.retain(|finding: &Finding| {
            changed(finding.primary.span) || finding.related.iter().any(|label| changed(label.span))
        });
        outcome.undecided.retain(|undecided| changed(undecided.primary.span));
        before - outcome.findings.len()
    }
}

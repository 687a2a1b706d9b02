//! `--since REF`: which files changed, by git. The only child process of the program, started for this flag alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Stop;
use crate::discover::sentence;
use crate::finding::{Finding, Outcome};
use crate::source::{SourceId, Sources, Span};

/// The files that differ from `reference`, with those that git does not know yet.
pub(super) struct Changed {
    files: BTreeSet<PathBuf>,
}

impl Changed {
    /// Asks git, in the repository that holds `directory`.
    pub(super) fn since(reference: &str, directory: &Path) -> Result<Self, Stop> {
        if reference.is_empty() || reference.starts_with('-') {
            return Err(Stop(format!(
                "strongroom: --since {reference}: this is no revision\n  help: name a commit, a tag or a branch, such as origin/main"
            )));
        }
        let root = git(directory, &["rev-parse", "--show-toplevel"], reference)?;
        let root = PathBuf::from(String::from_utf8_lossy(&root).trim_end_matches(['\n', '\r']).to_owned());
        let changed = git(&root, &["diff", "--name-only", "--no-ext-diff", "-z", reference, "--"], reference)?;
        let untracked = git(&root, &["ls-files", "--others", "--exclude-standard", "-z"], reference)?;
        let names = [changed, untracked].concat();
        let names = names.split(|byte| *byte == 0).filter(|name| !name.is_empty());
        let real = |name: &[u8]| {
            let path = root.join(&*String::from_utf8_lossy(name));
            std::fs::canonicalize(&path).unwrap_or(path)
        };
        Ok(Changed { files: names.map(real).collect() })
    }

    /// Drops the findings of whose chain no place lies in a changed file, and what is undecided elsewhere; how many
    /// findings these were.
    pub(super) fn keep(&self, outcome: &mut Outcome, sources: &Sources) -> usize {
        let mut known: BTreeMap<SourceId, bool> = BTreeMap::new();
        let mut changed = |span: Span| {
            *known.entry(span.source).or_insert_with(|| {
                let path = PathBuf::from(&**sources.get(span.source).path());
                std::fs::canonicalize(&path).is_ok_and(|real| self.files.contains(&real))
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

fn git(directory: &Path, arguments: &[&str], reference: &str) -> Result<Vec<u8>, Stop> {
    let told = |why: &str, help: &str| Stop(format!("strongroom: --since {reference}: {why}\n  help: {help}"));
    let output = Command::new("git").arg("-C").arg(directory).args(arguments).output().map_err(|error| {
        let why = format!("git can't be run: {}", sentence(&error));
        told(&why, "install git, or leave --since out")
    })?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or("it gave no reason").trim_start_matches("fatal: ").to_owned();
    Err(told(
        &format!("git can't tell what changed: {said}"),
        "name a revision that is here; a shallow clone has no other (actions/checkout: fetch-depth: 0)",
    ))
}

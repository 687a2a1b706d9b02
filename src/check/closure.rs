//! Which Terraform directories are worth loading, and which of them call which, read off their texts without keeping them.
//!
//! What can't be told from the text counts as worth it: a file that can't be read or decoded, a call whose module is not
//! here, a call in a text that is broken. So leaving directories out changes no verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::mentions::Mentions;
use crate::discover::{is_terraform_file, is_variables_file};
use crate::disk::Disk;
use crate::resolve::terraform::{self, Callee};
use crate::source::files::{Files, join};
use crate::source::parallel;

/// The Terraform directories of a run and the calls between them.
#[derive(Debug, Default)]
pub(super) struct Directories {
    known: BTreeMap<String, Directory>,
}

/// What a directory's texts show.
#[derive(Clone, Debug, Default)]
pub(super) struct Directory {
    /// Directories that its calls name: local ones, and those that were installed for it.
    pub(super) calls: BTreeSet<String>,
    /// Whether a file of it mentions one of the wanted resource types, or something that can't be told.
    pub(super) mentions: bool,
    /// Which halves of the wanted pairs a file of it mentions: index of the pair, first or second half.
    halves: BTreeSet<(usize, bool)>,
    /// Whether it has the marks of a root: a provider, backend or cloud block, a variables file, a lock file.
    pub(super) root: bool,
    /// The names that were asked for and stand in it.
    pub(super) names: BTreeSet<String>,
    /// How many files it has.
    pub(super) files: usize,
}

/// Below this many directories a thread pool costs more than it saves.
const PARALLEL_FROM: usize = 16;

impl Directories {
    /// Looks at the files of `directories`, and of whatever they call.
    pub(super) fn read(directories: &BTreeSet<String>, disk: &Disk, mentions: &Mentions<'_>) -> Self {
        let mut known: BTreeMap<String, Directory> = BTreeMap::new();
        let mut waiting: Vec<String> = directories.iter().cloned().collect();
        while !waiting.is_empty() {
            let read = parallel::map(&waiting, PARALLEL_FROM, |directory| look(directory, disk, mentions));
            known.extend(waiting.drain(..).zip(read));
            let called: BTreeSet<&String> = known.values().flat_map(|directory| &directory.calls).collect();
            waiting = called.into_iter().filter(|directory| !known.contains_key(*directory)).cloned().collect();
        }
        Directories { known }
    }

    /// What is known of one directory.
    pub(super) fn get(&self, directory: &str) -> Option<&Directory> {
        self.known.get(directory)
    }

    /// How many files there are in all of them.
    pub(super) fn files(&self) -> usize {
        self.known.values().map(|directory| directory.files).sum()
    }

    /// Whether `directory`, or anything that it calls, mentions a wanted type, or both halves of a pair.
    pub(super) fn reaches(&self, directory: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut halves = BTreeSet::new();
        let mut waiting = vec![directory.to_owned()];
        while let Some(directory) = waiting.pop() {
            let Some(known) = self.known.get(&directory) else { continue };
            halves.extend(known.halves.iter().copied());
            let whole = halves.iter().any(|(pair, second)| !second && halves.contains(&(*pair, true)));
            if known.mentions || whole {
                return true;
            }
            if seen.insert(directory) {
                waiting.extend(known.calls.iter().cloned());
            }
        }
        false
    }

    /// Every directory that calls `directory`, at any distance.
    pub(super) fn callers(&self, directory: &str) -> BTreeSet<String> {
        let mut callers = BTreeSet::new();
        let mut waiting = vec![directory.to_owned()];
        while let Some(callee) = waiting.pop() {
            for (caller, known) in &self.known {
                if known.calls.contains(&callee) && callers.insert(caller.clone()) {
                    waiting.push(caller.clone());
                }
            }
        }
        callers
    }
}

static ROOT_BLOCK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?m)^\s*(?:provider\s+"?[\w-]+"?|cloud|backend\s+"?[\w-]+"?)\s*\{"#).ok());

fn look(directory: &str, disk: &Disk, mentions: &Mentions<'_>) -> Directory {
    let mut found = Directory::default();
    let Ok(members) = disk.list(directory) else {
        // Whoever calls it has to say so.
        return Directory { mentions: true, ..found };
    };
    let installed = terraform::installed(directory, disk);
    for member in members.iter().filter(|member| !member.directory) {
        let path = join(directory, &member.name);
        let variables = is_variables_file(&member.name);
        found.root |= variables || member.name == ".terraform.lock.hcl";
        if !variables && !is_terraform_file(&member.name) {
            continue;
        }
        found.files += 1;
        let automatic = member.name.starts_with("terraform.tfvars") || member.name.contains(".auto.tfvars");
        let seen = match variables {
            // Other variable files are read where somebody names them.
            true if !automatic => continue,
            true => disk.glance(&path, |_| ()),
            false => disk.glance(&path, |text| found.text(directory, &path, text, &installed, mentions)),
        };
        found.mentions |= seen.is_err();
    }
    found.mentions |= found.files == 0;
    // `.` stands for the directory itself; what calls itself is told where it is loaded.
    found.mentions |= found.calls.remove(directory);
    found
}

impl Directory {
    fn text(
        &mut self,
        directory: &str,
        path: &str,
        text: &str,
        installed: &BTreeMap<String, String>,
        mentions: &Mentions<'_>,
    ) {
        self.names.extend(mentions.names(text));
        self.mentions |= mentions.hit(text);
        self.halves.extend(mentions.halves(text));
        self.root |= ROOT_BLOCK.as_ref().is_some_and(|pattern| pattern.is_match(text));
        let Some(calls) = terraform::calls(path, text) else {
            self.mentions = true;
            return;
        };
        if !calls.is_empty() {
            let own = |path: &&String| *path != "." && !path.is_empty();
            self.calls.extend(installed.values().filter(own).map(|path| join(directory, path)));
        }
        for call in calls {
            match call {
                Callee::Local(path) => drop(self.calls.insert(join(directory, &path))),
                Callee::Installed(name) => self.mentions |= !installed.contains_key(&name),
                Callee::Unknown => self.mentions = true,
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    /// The directories below a scratch directory with these files, and its path.
    fn directories(name: &str, files: &[(&str, &str)], start: &[&str], wanted: &[&str]) -> (Directories, String) {
        let top = std::env::temp_dir().join(format!("strongroom-closure-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&top);
        for (path, text) in files {
            let path = top.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let top = std::fs::canonicalize(top).unwrap().to_string_lossy().into_owned();
        let wanted: Vec<String> = wanted.iter().map(|literal| (*literal).to_owned()).collect();
        let start = start.iter().map(|path| join(&top, path)).collect();
        let disk = Disk::new(std::slice::from_ref(&top));
        let read = Directories::read(&start, &disk, &Mentions::of(&wanted, false, Vec::new()));
        std::fs::remove_dir_all(&top).unwrap();
        (read, top)
    }

    #[test]
    fn the_halves_of_a_pair_may_stand_in_a_caller_and_in_what_it_calls() {
        let files = [
            ("live/main.tf", "module \"p\" {\n  source = \"../policy\"\n  json = file(\"p.json\")\n}\n"),
            ("policy/main.tf", "resource \"aws_iam_policy\" \"p\" {\n  policy = var.json\n}\n"),
            ("reads/main.tf", "locals {\n  x = file(\"x\")\n}\n"),
        ];
        let (found, top) = directories("halves", &files, &["live", "reads"], &["aws_iam_\nfile("]);
        assert!(found.reaches(&join(&top, "live")));
        assert!(!found.reaches(&join(&top, "policy")) && !found.reaches(&join(&top, "reads")));
    }

    #[test]
    fn calls_mentions_and_roots_are_read_off_the_text() {
        let files = [
            ("live/main.tf", "provider \"aws\" {}\nmodule \"b\" {\n  source = \"../modules/backup\"\n}\n"),
            ("live/json.tf.json", r#"{"module":{"c":{"source":"./child"}}}"#),
            ("live/child/a.tf", "# nothing\n"),
            ("modules/backup/main.tf", "module \"v\" {\n  source=\"../\\u0076ault\"\n}\n"),
            ("modules/vault/main.tf", "resource \"aws_backup\\u005fvault\" \"v\" {}\n"),
            (
                "other/main.tf",
                "terraform {\n  required_providers {\n    aws = { source = \"hashicorp/aws\" }\n  }\n}\n",
            ),
            ("here/main.tf", "module \"r\" {\n  source = \"terraform-aws-modules/kms/aws\"\n}\n"),
            (
                "here/.terraform/modules/modules.json",
                r#"{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"r","Source":"x","Dir":".terraform/modules/r"}]}"#,
            ),
            ("here/.terraform/modules/r/main.tf", "# nothing\n"),
            ("registry/main.tf", "module \"r\" {\n  source = \"terraform-aws-modules/kms/aws\"\n}\n"),
            ("missing/main.tf", "module \"r\" {\n  source = \"./nowhere\"\n}\n"),
            ("broken/main.tf", "module \"r\" {\n  source = \"../live/child\"\n  x = \n}\n"),
        ];
        let start = ["live", "other", "here", "registry", "missing", "broken"];
        let (found, top) = directories("calls", &files, &start, &["aws_backup_vault"]);
        let at = |path: &str| join(&top, path);
        assert_eq!(found.get(&at("live")).unwrap().calls, [at("live/child"), at("modules/backup")].into());
        for (path, reaches) in [
            ("live", true),
            ("modules/backup", true),
            ("other", false),
            ("here", false),
            ("registry", true),
            ("missing", true),
            ("broken", true),
        ] {
            assert_eq!(found.reaches(&at(path)), reaches, "{path}");
        }
        assert_eq!(found.callers(&at("modules/vault")), [at("live"), at("modules/backup")].into());
        assert!(found.get(&at("live")).unwrap().root && !found.get(&at("modules/backup")).unwrap().root);
    }
}

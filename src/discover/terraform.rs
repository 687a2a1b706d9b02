//! Terraform directories and which of them call which, read off their texts without parsing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use memchr::memmem;
use regex::Regex;

use crate::source::files::{Files, join};

/// The Terraform directories of a run and the calls between them.
#[derive(Debug, Default)]
pub struct Directories {
    known: BTreeMap<String, Directory>,
}

/// What a directory's texts show without being parsed.
#[derive(Clone, Debug, Default)]
pub struct Directory {
    /// Local directories that its `source = "./..."` arguments name.
    pub calls: BTreeSet<String>,
    /// Whether a file of it mentions one of the wanted resource types.
    pub mentions: bool,
    /// Which halves of the wanted pairs a file of it mentions: index of the pair, first or second half.
    halves: BTreeSet<(usize, bool)>,
    /// Whether it has the marks of a root: a provider, backend or cloud block, a variables file, a lock file.
    pub root: bool,
}

/// Whether a file of this name belongs to a Terraform configuration.
pub fn is_terraform_file(name: &str) -> bool {
    [".tf", ".tofu", ".tf.json", ".tofu.json"].iter().any(|suffix| name.ends_with(suffix))
}

/// Whether a file of this name holds values of variables.
pub(super) fn is_variables_file(name: &str) -> bool {
    name.ends_with(".tfvars") || name.ends_with(".tfvars.json")
}

pub(super) fn holds_terraform(directory: &str) -> bool {
    std::fs::read_dir(directory).is_ok_and(|entries| {
        entries.filter_map(Result::ok).any(|entry| is_terraform_file(&entry.file_name().to_string_lossy()))
    })
}

impl Directories {
    /// Reads the files of `directories`, and of whatever they call, and notes what they mention of `wanted`
    /// (resource types as literals; with none, every directory counts as mentioning). A literal with a line break in it is
    /// a pair, whose halves may stand apart.
    pub fn read(directories: &BTreeSet<String>, files: &dyn Files, wanted: &[memmem::Finder<'_>]) -> Self {
        let mut known = BTreeMap::new();
        let mut waiting: Vec<String> = directories.iter().cloned().collect();
        while let Some(directory) = waiting.pop() {
            if known.contains_key(&directory) {
                continue;
            }
            let read = read_directory(&directory, files, wanted);
            waiting.extend(read.calls.iter().cloned());
            known.insert(directory, read);
        }
        Directories { known }
    }

    /// What is known of one directory.
    pub fn get(&self, directory: &str) -> Option<&Directory> {
        self.known.get(directory)
    }

    /// Whether `directory`, or anything that it calls, mentions a wanted type, or both halves of a pair.
    pub fn reaches(&self, directory: &str) -> bool {
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
    pub fn callers(&self, directory: &str) -> BTreeSet<String> {
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

static LOCAL_SOURCE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#""?source"?\s*[=:]\s*"(\.\.?(?:/[^"$%\n]*)?)""#).ok());
static ROOT_BLOCK: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?m)^\s*(?:provider\s+"?[\w-]+"?|cloud|backend\s+"?[\w-]+"?)\s*\{"#).ok());

fn read_directory(directory: &str, files: &dyn Files, wanted: &[memmem::Finder<'_>]) -> Directory {
    let mut read = Directory { mentions: wanted.is_empty(), ..Directory::default() };
    for member in files.list(directory).unwrap_or_default() {
        if member.directory {
            continue;
        }
        if is_variables_file(&member.name) || member.name == ".terraform.lock.hcl" {
            read.root = true;
        }
        if !is_terraform_file(&member.name) {
            continue;
        }
        let Ok(source) = files.read(&join(directory, &member.name)) else { continue };
        let text = source.text();
        for (index, literal) in wanted.iter().enumerate() {
            if read.mentions {
                break;
            }
            match memmem::find(literal.needle(), b"\n") {
                None => read.mentions |= literal.find(text.as_bytes()).is_some(),
                Some(at) => {
                    let (first, second) = (&literal.needle()[..at], &literal.needle()[at + 1..]);
                    let halves = [(first, false), (second, true)];
                    let found = halves.into_iter().filter(|(half, _)| memmem::find(text.as_bytes(), half).is_some());
                    read.halves.extend(found.map(|(_, second)| (index, second)));
                }
            }
        }
        if let Some(pattern) = LOCAL_SOURCE.as_ref()
            && memmem::find(text.as_bytes(), b"source").is_some()
        {
            let paths = pattern.captures_iter(text).filter_map(|found| found.get(1));
            read.calls.extend(paths.map(|path| join(directory, path.as_str())));
        }
        read.root |= ROOT_BLOCK.as_ref().is_some_and(|pattern| pattern.is_match(text));
    }
    read.calls.remove(directory);
    read
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::files::MemoryFiles;

    #[test]
    fn the_halves_of_a_pair_may_stand_in_a_caller_and_in_what_it_calls() {
        let files = MemoryFiles::new([
            ("live/main.tf", "module \"p\" {\n  source = \"../policy\"\n  json = file(\"p.json\")\n}\n"),
            ("policy/main.tf", "resource \"aws_iam_policy\" \"p\" {\n  policy = var.json\n}\n"),
            ("reads/main.tf", "locals {\n  x = file(\"x\")\n}\n"),
        ]);
        let wanted = [memmem::Finder::new("aws_iam_\nfile(")];
        let directories = Directories::read(&["live", "reads"].map(str::to_owned).into(), &files, &wanted);
        assert!(directories.reaches("live"));
        assert!(!directories.reaches("policy") && !directories.reaches("reads"));
    }

    #[test]
    fn calls_mentions_and_roots_are_read_off_the_text() {
        let files = MemoryFiles::new([
            ("live/main.tf", "provider \"aws\" {}\nmodule \"b\" {\n  source = \"../modules/backup\"\n}\n"),
            ("live/json.tf.json", r#"{"module":{"c":{"source":"./child"}}}"#),
            ("live/child/a.tf", "# nothing\n"),
            ("modules/backup/main.tf", "module \"v\" {\n  source=\"../vault\"\n}\n"),
            ("modules/vault/main.tf", "resource \"aws_backup_vault\" \"v\" {}\n"),
            ("other/main.tf", "module \"r\" {\n  source = \"terraform-aws-modules/kms/aws\"\n}\n"),
        ]);
        let wanted = [memmem::Finder::new("aws_backup_vault")];
        let start = ["live", "other"].map(str::to_owned).into();
        let directories = Directories::read(&start, &files, &wanted);
        let calls = |name: &str| directories.get(name).map(|known| known.calls.iter().cloned().collect::<Vec<_>>());
        assert_eq!(calls("live"), Some(vec!["live/child".to_owned(), "modules/backup".to_owned()]));
        assert_eq!(calls("other"), Some(vec![]));
        assert!(directories.reaches("live") && directories.reaches("modules/backup") && !directories.reaches("other"));
        assert_eq!(directories.callers("modules/vault"), ["live", "modules/backup"].map(str::to_owned).into());
        assert!(directories.get("live").is_some_and(|known| known.root));
        assert!(directories.get("modules/backup").is_some_and(|known| !known.root));
    }
}

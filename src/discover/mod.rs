//! Paths to candidates: which files may be templates or plans, which directories hold Terraform.
//!
//! Knows names and extensions; no syntax of any language. What a candidate really is, its reader says.

use std::collections::BTreeSet;

use crate::disk::{Disk, Kind, Looking, Walked, shown};
use crate::source::files::{Files, parent};

/// Directories that never hold the user's own code.
pub const PRUNED: &[&str] = &[".git", ".hg", ".svn", ".terraform", ".terragrunt-cache", "node_modules", "target"];

/// What there is to look at, sorted, each once.
#[derive(Debug, Default)]
pub struct Candidates {
    /// Files that may be a template or a plan, by extension or because they were named.
    pub documents: Vec<Document>,
    /// Directories with Terraform or OpenTofu files.
    pub directories: BTreeSet<String>,
    /// Directories of [`Candidates::directories`] whose callers are wanted too, because one of their files was named.
    pub selected: BTreeSet<String>,
    /// Directories that hold only `terragrunt.hcl`.
    pub terragrunt: BTreeSet<String>,
    /// Files that are called as those of the Serverless Framework are.
    pub serverless: BTreeSet<String>,
    /// Files of Terraform Stacks.
    pub stacks: BTreeSet<String>,
    /// Files that git ignores, and that would be looked at otherwise.
    pub ignored: BTreeSet<String>,
    /// Directories that git ignores.
    pub ignored_directories: BTreeSet<String>,
    /// Paths that could not be walked, and why.
    pub unreadable: Vec<(String, String)>,
}

impl Candidates {
    /// Adds those of another search.
    pub fn merge(&mut self, other: Candidates) {
        self.documents.extend(other.documents);
        self.documents.sort();
        // The same file, named and found: `named` sorts last, and its word counts.
        self.documents.dedup_by(|next, kept| {
            let same = next.path == kept.path;
            kept.named |= same && next.named;
            same
        });
        self.directories.extend(other.directories);
        self.selected.extend(other.selected);
        self.terragrunt.extend(other.terragrunt);
        self.terragrunt = &self.terragrunt - &self.directories;
        self.serverless.extend(other.serverless);
        self.stacks.extend(other.stacks);
        self.ignored.extend(other.ignored);
        self.ignored_directories.extend(other.ignored_directories);
        self.unreadable.extend(other.unreadable);
    }

    /// Adds a file by its name.
    fn file(&mut self, path: String, named: bool, disk: &Disk) {
        let name = path.rsplit('/').next().unwrap_or(&path);
        let directory = || parent(&path).to_owned();
        match class(name) {
            Some(Class::Terraform) => {
                self.directories.insert(directory());
                if named {
                    self.selected.insert(directory());
                }
            }
            // A variables file in a folder of its own (`env/prod.tfvars`) belongs to no configuration by itself.
            Some(Class::Variables) if named && holds_terraform(&directory(), disk) => {
                self.directories.insert(directory());
                self.selected.insert(directory());
            }
            Some(Class::Variables) => {}
            Some(Class::Terragrunt) => drop(self.terragrunt.insert(directory())),
            Some(Class::Serverless) => drop(self.serverless.insert(path)),
            Some(Class::Stacks) => drop(self.stacks.insert(path)),
            Some(Class::Document) => self.documents.push(Document { path, named }),
            None if named => self.documents.push(Document { path, named }),
            None => {}
        }
    }

    fn walked(&mut self, walked: Walked, disk: &Disk) {
        self.unreadable.extend(walked.unreadable);
        self.ignored.extend(walked.ignored);
        self.ignored_directories.extend(walked.ignored_directories);
        for path in walked.files {
            self.file(path, false, disk);
        }
    }
}

/// A file that may be a template or a plan.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Document {
    /// As shown to people.
    pub path: String,
    /// Whether the user named it.
    pub named: bool,
}

/// What a file's name says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Terraform,
    Variables,
    Terragrunt,
    Serverless,
    Stacks,
    Document,
}

/// Finds candidates below `paths` (files or directories, as the user wrote them).
///
/// What is named is looked at whatever `.gitignore` says, but not where the user's own configuration leaves it out.
pub fn discover(paths: &[String], looking: &Looking<'_>, disk: &Disk) -> Candidates {
    let mut found = Candidates::default();
    for path in paths {
        let shown = shown(path);
        match disk.kind(path) {
            Err(why) => found.unreadable.push((shown, why.to_string())),
            Ok(Kind::Directory) => {
                let walked = disk.walk(&shown, looking, PRUNED, &|name| class(name).is_some());
                found.walked(walked, disk);
            }
            Ok(Kind::File) if (looking.excluded)(&shown) => {}
            Ok(Kind::File) => found.file(shown, true, disk),
        }
    }
    let mut whole = Candidates::default();
    whole.merge(found);
    whole
}

/// The candidates that these files are, without looking for them on disk: buffers of an editor. Paths as shown to people.
pub fn buffers(paths: &[String], disk: &Disk) -> Candidates {
    let mut found = Candidates::default();
    for path in paths {
        found.file(path.clone(), true, disk);
    }
    found
}

/// Whether a file of this name belongs to a Terraform configuration.
pub fn is_terraform_file(name: &str) -> bool {
    [".tf", ".tofu", ".tf.json", ".tofu.json"].iter().any(|suffix| name.ends_with(suffix)) && !name.starts_with('.')
}

/// Whether a file of this name holds values of variables.
pub fn is_variables_file(name: &str) -> bool {
    name.ends_with(".tfvars") || name.ends_with(".tfvars.json")
}

/// Whether a directory has a Terraform configuration in it.
pub fn holds_terraform(directory: &str, files: &dyn Files) -> bool {
    let members = files.list(directory).unwrap_or_default();
    members.iter().any(|member| !member.directory && is_terraform_file(&member.name))
}

fn class(name: &str) -> Option<Class> {
    // An editor's lock and backup files.
    if name.starts_with(".#") || name.ends_with('~') {
        return None;
    }
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if is_terraform_file(name) {
        Some(Class::Terraform)
    } else if is_variables_file(name) {
        Some(Class::Variables)
    } else if name == "terragrunt.hcl" {
        Some(Class::Terragrunt)
    } else if ends(&[".tfcomponent.hcl", ".tfstack.hcl", ".tfdeploy.hcl"]) {
        Some(Class::Stacks)
    } else if ["yml", "yaml", "json", "ts", "js"].iter().any(|end| name.strip_prefix("serverless.") == Some(end)) {
        Some(Class::Serverless)
    } else {
        may_be_document(name).then_some(Class::Document)
    }
}

fn may_be_document(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["yaml", "yml", "json", "template", "cfn", "tfplan"].iter().any(|known| extension.eq_ignore_ascii_case(known))
        // Lock files are large and never templates.
        && !matches!(name, "package-lock.json" | "composer.lock" | "pnpm-lock.yaml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_choose_before_anything_is_opened() {
        for (name, wanted) in [
            ("a.yaml", Some(Class::Document)),
            ("a.YML", Some(Class::Document)),
            ("vault.template", Some(Class::Document)),
            ("stack.template.json", Some(Class::Document)),
            ("package-lock.json", None),
            ("README.md", None),
            ("yaml", None),
            ("main.tf", Some(Class::Terraform)),
            ("main.tofu.json", Some(Class::Terraform)),
            (".#main.tf", None),
            ("main.tf~", None),
            ("prod.tfvars.json", Some(Class::Variables)),
            ("terragrunt.hcl", Some(Class::Terragrunt)),
            ("serverless.yml", Some(Class::Serverless)),
            ("vaults.tfcomponent.hcl", Some(Class::Stacks)),
        ] {
            assert_eq!(class(name), wanted, "{name}");
        }
    }
}

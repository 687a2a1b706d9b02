//! One directory to its declarations: which files count, in which order, and what overrides what.
//!
//! Syntax problems are told for each file, and what could be read goes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::conditions::written;
use super::merge;
use super::module::{Call, Module, Output, Provider, Resource, attribute};
use super::variables::{Variable, is_sensitive};
use crate::finding::{Label, Problem};
use crate::read::hcl::ast::{Block, Body};
use crate::source::Source;
use crate::source::files::{FileError, Files, join};

/// Reads all configuration files of `directory`. `Err` where it can't be listed.
pub(super) fn read(directory: &str, files: &dyn Files, problems: &mut Vec<Problem>) -> Result<Module, FileError> {
    let names: Vec<String> =
        files.list(directory)?.into_iter().filter(|member| !member.directory).map(|member| member.name).collect();
    let mut base: Vec<Block> = Vec::new();
    let mut overrides: Vec<Vec<Block>> = Vec::new();
    let mut somewhere = None;
    for name in configuration_files(&names) {
        let Some((source, body)) = read_file(&join(directory, name), files, problems) else { continue };
        somewhere = somewhere.or(Some(source.whole()));
        if is_override(name) { overrides.push(body.blocks) } else { base.extend(body.blocks) }
    }
    report_duplicates(&base, problems);
    report_misplaced(&base, problems);
    for blocks in overrides {
        merge::merge(&mut base, blocks, problems);
    }
    let mut module = declarations(&base, problems);
    module.directory = directory.into();
    module.somewhere = somewhere;
    if somewhere.is_none() && names.iter().any(|name| name == "terragrunt.hcl") {
        let message = "directories that hold only Terragrunt's terragrunt.hcl are not read";
        let help = "run terragrunt and check the plan, or check the directories of the modules it calls";
        problems.push(Problem::path("terragrunt", directory, message).help(help).not_read());
    }
    Ok(module)
}

/// The files that Terraform and OpenTofu load, in their order: a `.tofu` file replaces the `.tf` file of the same base
/// name, editor leftovers and hidden files are left out.
fn configuration_files(names: &[String]) -> Vec<&str> {
    let shadowed = |name: &str| {
        let tofu = match name.strip_suffix(".tf.json") {
            Some(stem) => format!("{stem}.tofu.json"),
            None => match name.strip_suffix(".tf") {
                Some(stem) => format!("{stem}.tofu"),
                None => return false,
            },
        };
        names.contains(&tofu)
    };
    let mut chosen: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| stem(name).is_some())
        .filter(|name| !name.starts_with('.') && !name.ends_with('~') && !name.starts_with('#'))
        .filter(|name| !shadowed(name))
        .collect();
    chosen.sort_unstable();
    chosen
}

/// The name without the extensions of configuration files; `None` for other files (tests included).
fn stem(name: &str) -> Option<&str> {
    if name.ends_with(".tftest.hcl") || name.ends_with(".tftest.json") || name.ends_with(".tofutest.hcl") {
        return None;
    }
    [".tf.json", ".tofu.json", ".tf", ".tofu"].iter().find_map(|extension| name.strip_suffix(extension))
}

fn is_override(name: &str) -> bool {
    stem(name).is_some_and(|stem| stem == "override" || stem.ends_with("_override"))
}

/// One file's tree; `None` where it is not readable, which is told.
pub(super) fn read_file(path: &str, files: &dyn Files, problems: &mut Vec<Problem>) -> Option<(Arc<Source>, Body)> {
    let source = match files.read(path) {
        Ok(source) => source,
        Err(error) => {
            problems.push(match error {
                FileError::Encrypted => encrypted(path),
                error => Problem::path("unreadable", path, format!("this file can't be read: {error}")),
            });
            return None;
        }
    };
    let body = super::syntax::parse(&source, problems);
    Some((source, body))
}

/// What git-crypt keeps is passed over, and the rest is judged without it.
pub fn encrypted(path: &str) -> Problem {
    let message = "files that are encrypted by git-crypt are not read";
    Problem::path("git-crypt", path, message).help("run `git-crypt unlock` first").not_read()
}

fn report_duplicates(blocks: &[Block], problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<String, &Block> = BTreeMap::new();
    for block in blocks {
        let unique = matches!(&*block.kind, "variable" | "output" | "resource" | "data" | "module");
        if !unique || block.labels.is_empty() {
            continue;
        }
        match seen.get(&merge::title(block)) {
            Some(first) => {
                let message = format!("{} is declared twice", merge::title(block));
                let mut problem = Problem::at("duplicate", block.header, message);
                problem.related.push(Label { span: first.header, message: "first declared here".to_owned() });
                problems.push(problem);
            }
            None => {
                seen.insert(merge::title(block), block);
            }
        }
    }
}

/// What stands where Terraform takes no such block, and would be judged by nobody: a brace is missing, or a label.
fn report_misplaced(blocks: &[Block], problems: &mut Vec<Problem>) {
    for block in blocks {
        let labels = match &*block.kind {
            "resource" | "data" | "ephemeral" => 2,
            "module" | "variable" | "output" | "provider" => 1,
            "locals" | "terraform" | "moved" | "removed" | "import" | "check" | "action" => block.labels.len(),
            kind => {
                let message = format!("blocks of the kind {kind} are not read");
                problems.push(Problem::at("block", block.header, message).not_read());
                continue;
            }
        };
        if block.labels.len() != labels {
            let noun = if labels == 1 { "label" } else { "labels" };
            let message =
                format!("a {} block takes {labels} {noun}, and this one has {}", block.kind, block.labels.len());
            problems.push(Problem::at("syntax", block.header, message));
        }
        let mut inside: Vec<&Block> =
            if &*block.kind == "check" { Vec::new() } else { block.body.blocks.iter().collect() };
        while let Some(inner) = inside.pop() {
            if matches!((&*inner.kind, inner.labels.len()), ("resource" | "data", 2) | ("module", 1)) {
                let message = format!("{} stands inside of {}", merge::title(inner), merge::title(block));
                let help = "close the block before it: Terraform accepts it only at the top of a file";
                problems.push(Problem::at("syntax", inner.header, message).help(help));
            }
            inside.extend(&inner.body.blocks);
        }
    }
}

fn declarations(blocks: &[Block], problems: &mut Vec<Problem>) -> Module {
    let mut module = Module::default();
    for block in blocks {
        let label = block.labels.first().map(|label| Arc::clone(&label.text));
        match (&*block.kind, label) {
            ("variable", Some(name)) => {
                let variable = Variable::read(block, problems);
                module.variables.entry(name).or_insert(variable);
            }
            ("output", Some(name)) => {
                let value = attribute(&block.body, "value").map(|attribute| attribute.value.clone());
                let conditions = written(&block.body.blocks).cloned().collect();
                let sensitive = is_sensitive(block);
                module.outputs.entry(name).or_insert(Output { value, sensitive, conditions, header: block.header });
            }
            ("locals", _) => declare_locals(block, &mut module, problems),
            ("resource" | "data", Some(_)) => {
                let known = |resource: &Resource| module.resource(resource.data, &resource.kind, &resource.name);
                if let Some(resource) = Resource::read(block).filter(|resource| known(resource).is_none()) {
                    module.resources.push(resource);
                }
            }
            ("module", Some(_)) => {
                if let Some(call) = Call::read(block).filter(|call| module.call(&call.name).is_none()) {
                    module.calls.push(call);
                }
            }
            ("provider", Some(_)) => module.providers.extend(Provider::read(block)),
            ("terraform", _) => {
                module.has_backend |= block.body.blocks.iter().any(|inner| matches!(&*inner.kind, "backend" | "cloud"));
            }
            // moved, removed, import, check and what later versions bring decide nothing here.
            _ => {}
        }
    }
    module
}

fn declare_locals(block: &Block, module: &mut Module, problems: &mut Vec<Problem>) {
    for attribute in &block.body.attributes {
        match module.locals.get(&attribute.name) {
            Some(first) => {
                let message = format!("local.{} is declared twice", attribute.name);
                let mut problem = Problem::at("duplicate", attribute.name_span, message);
                problem.related.push(Label { span: first.name_span, message: "first declared here".to_owned() });
                problems.push(problem);
            }
            None => {
                module.locals.insert(Arc::clone(&attribute.name), attribute.clone());
            }
        }
    }
}

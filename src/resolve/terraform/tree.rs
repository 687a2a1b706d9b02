//! The tree of module calls below a root directory: which directory each call means.
//!
//! Local paths are followed wherever they lead, other sources through `.terraform/modules/modules.json` where Terraform
//! has left one; what is not here is told once and is unknown.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::Value as Json;

use super::callees::is_local;
use super::directory;
use super::early::Early;
use super::module::{Call, Module};
use super::tfvars::Values;
use crate::finding::Problem;
use crate::read::hcl::ast::ExprKind;
use crate::source::Span;
use crate::source::files::{FileError, Files, join};
use crate::value::{Unknown, UnknownKind};

/// Most module calls, nested ones included, that one root unfolds to.
const MAX_NODES: usize = 4096;
/// Deepest nesting of module calls.
const MAX_CALLS: usize = 32;

/// A module call on its way from the root; the first node is the root itself.
#[derive(Debug)]
pub(super) struct Node {
    /// What its directory declares.
    pub(super) module: Arc<Module>,
    /// The calling node, and which of its calls it is.
    pub(super) parent: Option<(usize, usize)>,
    /// For each of the module's calls, in order, what it means.
    pub(super) children: Vec<Child>,
}

/// What a module call means.
#[derive(Clone, Debug)]
pub(super) enum Child {
    /// This node.
    Node(usize),
    /// Its sources are not here.
    Unresolved(Unknown),
}

/// Builds the tree below `directory`.
pub(super) struct Builder<'b> {
    files: &'b dyn Files,
    /// What the root's variables are given.
    values: &'b dyn Fn(&Module) -> Values,
    given: Option<Values>,
    /// The root's variables that a source hangs on.
    used: Mutex<BTreeSet<Arc<str>>>,
    root: Arc<str>,
    nodes: Vec<Node>,
    modules: BTreeMap<String, Option<Arc<Module>>>,
    /// Directories by dotted call path, as `terraform init` wrote them down.
    installed: BTreeMap<String, String>,
    problems: Vec<Problem>,
}

/// The nodes, the called directories, and what went wrong.
pub(super) struct Tree {
    /// The nodes; the first is the root. Empty where the directory can't be read.
    pub(super) nodes: Vec<Node>,
    /// The local directories that are called, in byte order.
    pub(super) called: Vec<String>,
    /// The root's variables that the source of a module hangs on: they are what they were when it was installed.
    pub(super) settled: BTreeSet<Arc<str>>,
    /// Problems.
    pub(super) problems: Vec<Problem>,
}

impl<'b> Builder<'b> {
    /// Reads everything below `directory`. `values` tells what the root's variables are given.
    pub(super) fn build(directory: &str, files: &'b dyn Files, values: &'b dyn Fn(&Module) -> Values) -> Tree {
        let root = join(".", directory);
        let mut builder = Builder {
            files,
            values,
            given: None,
            used: Mutex::default(),
            root: root.as_str().into(),
            nodes: Vec::new(),
            modules: BTreeMap::new(),
            installed: installed(&root, files),
            problems: Vec::new(),
        };
        if let Some(module) = builder.module(&root) {
            builder.add(module, None, &mut Vec::new());
        } else {
            builder.problems.push(Problem::path("unreadable", directory, "this directory can't be read"));
        }
        let called = builder.modules.iter().filter(|(path, module)| **path != root && module.is_some());
        let called = called.map(|(path, _)| path.clone()).collect();
        let settled = builder.used.into_inner().unwrap_or_default();
        Tree { nodes: builder.nodes, called, settled, problems: builder.problems }
    }

    fn module(&mut self, directory: &str) -> Option<Arc<Module>> {
        if let Some(known) = self.modules.get(directory) {
            return known.clone();
        }
        let module = directory::read(directory, self.files, &mut self.problems).ok().map(Arc::new);
        self.modules.insert(directory.to_owned(), module.clone());
        module
    }

    /// Adds a node and everything that it calls. `calls` are the names of the calls on the way here.
    fn add(&mut self, module: Arc<Module>, parent: Option<(usize, usize)>, calls: &mut Vec<Arc<str>>) -> usize {
        let at = self.nodes.len();
        self.nodes.push(Node { module: Arc::clone(&module), parent, children: Vec::new() });
        for (index, call) in module.calls.iter().enumerate() {
            calls.push(Arc::clone(&call.name));
            let child = match self.called(at, &module, call, calls) {
                Ok(called) => Child::Node(self.add(called, Some((at, index)), calls)),
                Err(unknown) => Child::Unresolved(unknown),
            };
            calls.pop();
            if let Some(node) = self.nodes.get_mut(at) {
                node.children.push(child);
            }
        }
        at
    }

    fn called(
        &mut self,
        caller: usize,
        module: &Module,
        call: &Call,
        calls: &[Arc<str>],
    ) -> Result<Arc<Module>, Unknown> {
        let unresolved = |why: String| Err(Unknown::new(UnknownKind::Module, why));
        let (source, span) = match self.source(caller, call) {
            Ok(found) => found,
            Err(why) => {
                let message = "the sources of modules that hang on what is not known here are not followed";
                self.tell(Problem::at("module-source", call.header, message).not_read());
                return unresolved(format!("the source of module.{} is not known: {why}", call.name));
            }
        };
        let source = &*source;
        let local = is_local(source);
        let directory = if local {
            join(&module.directory, source)
        } else if let Some(directory) = self.installed.get(&calls.join(".")) {
            join(&self.root, directory)
        } else {
            let help = "run `terraform init` first: then the copy under .terraform/modules is read";
            let message = format!("module {source} is not installed");
            self.tell(Problem::at("module", span, message).help(help).not_read());
            return unresolved(format!("module.{} ({source}) is not here", call.name));
        };
        if self.is_ancestor(caller, &directory) {
            let message = format!("module.{} calls the directory that it stands in, without end", call.name);
            self.tell(Problem::at("module", span, message));
            return unresolved(format!("module.{} calls itself", call.name));
        }
        if calls.len() > MAX_CALLS || self.nodes.len() >= MAX_NODES {
            self.tell(Problem::at("limit", span, "there are more module calls, or deeper ones, than are followed"));
            return unresolved("there are too many module calls".to_owned());
        }
        match self.module(&directory) {
            Some(found) if !found.is_empty() => Ok(found),
            _ => {
                let message = match self.files.list(&directory) {
                    Err(why @ (FileError::Outside | FileError::Unreadable(_))) => {
                        format!("module.{} can't be read in {directory}: {why}", call.name)
                    }
                    _ => {
                        format!("module.{} is not here: {directory} holds no configuration that can be read", call.name)
                    }
                };
                // What `terraform init` installs may be missing in a checkout; what the repository holds may not.
                self.tell(match local {
                    true => Problem::at("module", span, message),
                    false => Problem::at("module", span, format!("module {source} is not installed")).not_read(),
                });
                unresolved(format!("module.{} ({source}) is not here", call.name))
            }
        }
    }

    /// The source of a call, and where it is written.
    fn source(&mut self, caller: usize, call: &Call) -> Result<(Arc<str>, Span), Arc<str>> {
        let Some(expr) = &call.source else { return Err("none is written".into()) };
        if let ExprKind::String(text) = &expr.kind {
            return Ok((Arc::clone(text), expr.span));
        }
        let given = self
            .given
            .get_or_insert_with(|| self.nodes.first().map(|root| (self.values)(&root.module)).unwrap_or_default());
        let text = Early::new(&self.nodes, caller, given, &self.used).text(expr);
        text.map(|text| (text, expr.span)).map_err(|failure| failure.message)
    }

    fn is_ancestor(&self, mut at: usize, directory: &str) -> bool {
        loop {
            let Some(node) = self.nodes.get(at) else { return false };
            if &*node.module.directory == directory {
                return true;
            }
            match node.parent {
                Some((parent, _)) => at = parent,
                None => return false,
            }
        }
    }

    /// Tells a problem once.
    fn tell(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}

/// What `.terraform/modules/modules.json` says: directories by dotted call path.
pub fn installed(root: &str, files: &dyn Files) -> BTreeMap<String, String> {
    let path = join(root, ".terraform/modules/modules.json");
    let Ok(source) = files.read(&path) else { return BTreeMap::new() };
    let Ok(manifest) = serde_json::from_str::<Json>(source.text()) else { return BTreeMap::new() };
    let entries = manifest.get("Modules").and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
    entries
        .iter()
        .filter_map(|entry| {
            let key = entry.get("Key")?.as_str()?;
            let directory = entry.get("Dir")?.as_str()?;
            Some((key.to_owned(), directory.replace('\\', "/")))
        })
        .collect()
}

//! A directory to a unit.

use std::sync::Arc;

use super::conditions::Conditions;
use super::configuration::Configuration;
use super::module::Module;
use super::probes;
use super::pseudo::Pseudos;
use super::secrets;
use super::tfvars;
use super::tree::{Builder, Node};
use super::usage::Usage;
use super::variables;
use crate::model::evaluator::{Block, BlockId};
use crate::resolve::{Loaded, Settings};
use crate::source::files::{Files, join};
use crate::value::{Input, InputKind, Inputs};

/// Loads a directory as a root: one unit, the modules that it calls resolved inside, and what went wrong. No unit where
/// the directory holds no configuration.
pub fn load(directory: &str, files: &Arc<dyn Files>, settings: &Settings) -> Loaded {
    let values = |root: &Module| {
        let mut quiet = Vec::new();
        let (mut given, _) = tfvars::automatic(&root.directory, &**files, &mut quiet);
        given.extend(tfvars::pinned(root, settings, &**files, &mut quiet));
        given
    };
    let tree = Builder::build(directory, &**files, &values);
    let mut problems = tree.problems;
    let Some(root) = tree.nodes.first().map(|node| Arc::clone(&node.module)).filter(|root| !root.is_empty()) else {
        return Loaded { units: Vec::new(), problems };
    };
    let (automatic, has_values) = tfvars::automatic(&root.directory, &**files, &mut problems);
    let mut pinned = tfvars::pinned(&root, settings, &**files, &mut problems);
    for name in &tree.settled {
        let value = automatic.get(name).or_else(|| root.variables.get(name)?.default.as_ref());
        if let Some(value) = value.filter(|_| !pinned.contains_key(name)) {
            pinned.insert(Arc::clone(name), value.clone());
        }
    }
    let mut inputs = Inputs::new();
    let deployed = settings.deployed;
    let settings = variables::Settings { automatic: &automatic, pinned: &pinned };
    let variables = variables::add_inputs(&root, &settings, files, &mut inputs, &mut problems);
    let secrets = secrets::hide(&tree.nodes, &settings, files.sources());
    probes::add(&tree.nodes, &variables, &mut inputs);
    let mut workspace = Input::new("terraform.workspace", InputKind::Workspace);
    workspace.default = Some("default".into());
    let workspace = inputs.add(workspace);
    let pseudos = Pseudos::add(&tree.nodes, &mut inputs);
    let (blocks, places) = blocks(&tree.nodes);
    let library = !deployed
        && root.providers.is_empty()
        && !root.has_backend
        && !has_values
        && !is_initialised(&root.directory, &**files);
    let configuration = Configuration {
        name: directory.to_owned(),
        directory: Arc::clone(&root.directory),
        files: Arc::clone(files),
        usage: Usage::read(&tree.nodes),
        reach: super::reach::Reach::default(),
        conditions: Conditions::read(&tree.nodes),
        nodes: tree.nodes,
        inputs,
        variables,
        workspace,
        pseudos,
        blocks,
        places,
        called: tree.called,
        library,
        secrets,
    };
    let configuration = configuration.with_conditions(&mut problems);
    Loaded { units: vec![Box::new(configuration)], problems }
}

/// Every resource and data source of every node: the root's first, then those of its calls.
fn blocks(nodes: &[Node]) -> (Vec<Block>, Vec<(usize, usize)>) {
    let mut blocks = Vec::new();
    let mut places = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        let prefix = Configuration::plain_prefix(nodes, at);
        for (index, resource) in node.module.resources.iter().enumerate() {
            let Ok(id) = u32::try_from(blocks.len()) else { return (blocks, places) };
            blocks.push(Block {
                id: BlockId(id),
                address: format!("{prefix}{}", resource.local_address()).into(),
                kind: Arc::clone(&resource.kind),
                data: resource.data,
                span: resource.span,
                header: resource.header,
            });
            places.push((at, index));
        }
    }
    (blocks, places)
}

/// Whether Terraform has been at work here.
fn is_initialised(directory: &str, files: &dyn Files) -> bool {
    let members = files.list(directory).unwrap_or_default();
    members.iter().any(|member| matches!(&*member.name, ".terraform" | ".terraform.lock.hcl"))
        || files.read(&join(directory, ".terraform.lock.hcl")).is_ok()
}

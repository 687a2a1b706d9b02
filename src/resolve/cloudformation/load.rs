//! From a file to a unit: reading, unrolling loops, following nested stacks.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::eval::Eval;
use super::export::Exports;
use super::nested::{self, Child};
use super::parameter::{PSEUDO, Parameter};
use super::reach::Reach;
use super::template::{Condition, Named, Output, Resource, Template, Turn, is_resource_type, is_template};
use super::unit::{Scope, ScopeId, Unit};
use super::{foreach, secrets, validate};
use crate::finding::Problem;
use crate::model::{Block, BlockId};
use crate::read::tree::{Data, Error, Member, Node};
use crate::read::{json, yaml};
use crate::resolve::{Settings, problem};
use crate::source::files::Files;
use crate::source::limits::MAX_INSTANCES;
use crate::source::{Source, Span};
use crate::value::{Input, InputId, InputKind, Inputs, Mode, Pseudo, Unknown, UnknownKind, explore};

/// Most templates that one unit nests.
const MAX_SCOPES: usize = 64;
/// Most members that the loops of one section unroll to.
const LOOPED: usize = 4 * MAX_INSTANCES;

/// Reads a template with everything nested in it.
pub(super) fn read(source: &Arc<Source>, files: &dyn Files, settings: &Settings) -> (Option<Unit>, Vec<Problem>) {
    let (tree, errors) = read_tree(source);
    let Some(tree) = tree else { return (None, broken(source, errors)) };
    if !is_template(&tree) {
        return (None, Vec::new());
    }
    let unit = Unit {
        name: source.path().to_string(),
        inputs: Inputs::new(),
        scopes: Vec::new(),
        blocks: Vec::new(),
        homes: Vec::new(),
        covers: Vec::new(),
        exports: Arc::new(Exports::new()),
        reach: Reach::default(),
    };
    let problems = errors.into_iter().map(problem).collect();
    let mut loader = Loader { unit, files, settings, problems };
    let place = Place { parent: None, prefix: String::new(), elsewhere: false, chain: vec![Arc::clone(source.path())] };
    loader.add(source, tree, place);
    (Some(loader.unit), loader.problems)
}

/// Reads the tree of a text that is JSON where it starts like JSON, else YAML.
pub(super) fn read_tree(source: &Source) -> (Option<Node>, Vec<Error>) {
    let start = source.text().trim_start();
    // What starts with a comment of JavaScript is meant as JSON, and the reader of JSON says why it is none.
    if !start.starts_with(['{', '[']) && !start.starts_with("//") && !start.starts_with("/*") {
        return yaml::read(source);
    }
    let as_json = json::read(source);
    if as_json.0.is_some() || source.path().ends_with(".json") {
        return as_json;
    }
    // A map in YAML's flow style starts likewise.
    let as_yaml = yaml::read(source);
    if as_yaml.0.as_ref().is_some_and(Node::is_mapping) { as_yaml } else { as_json }
}

/// What can't be read is told only where it would be a template.
fn broken(source: &Source, errors: Vec<Error>) -> Vec<Problem> {
    let text = source.text();
    let section = |name: &str| {
        text.contains(&format!("\"{name}\""))
            || text.lines().any(|line| line.trim_end().starts_with(&format!("{name}:")))
    };
    if !section("Resources") || !(text.contains("AWS::") || section("AWSTemplateFormatVersion")) {
        return Vec::new();
    }
    errors.into_iter().map(problem).collect()
}

/// Where a template stands in the unit.
struct Place {
    parent: Option<(ScopeId, usize)>,
    prefix: String,
    /// Whether it is deployed to accounts and regions of its own (a stack set).
    elsewhere: bool,
    /// The files on the way to it.
    chain: Vec<Arc<str>>,
}

struct Loader<'a> {
    unit: Unit,
    files: &'a dyn Files,
    settings: &'a Settings,
    problems: Vec<Problem>,
}

/// A member of a section, its loops unrolled.
struct Unrolled {
    name: Arc<str>,
    name_span: Span,
    body: Node,
    turns: Vec<Turn>,
}

impl Loader<'_> {
    /// Adds a template and what is nested in it.
    fn add(&mut self, source: &Arc<Source>, root: Node, place: Place) -> ScopeId {
        let id = self.unit.scopes.len();
        let declared = root.get("Parameters").map(Node::members).unwrap_or_default();
        let declared = declared.iter().filter(|member| !member.key.starts_with("Fn::"));
        let parameters: Vec<Parameter> =
            declared.map(|member| Parameter::new(Arc::clone(&member.key), member.key_span, &member.value)).collect();
        if place.parent.is_none() {
            for parameter in &parameters {
                let pinned = self.pinned(&parameter.name).map(str::to_owned);
                self.unit.inputs.add(parameter.input(pinned.as_deref()));
            }
        }
        let pseudo = self.pseudo(source, &place);
        let template = Template {
            source: Arc::clone(source),
            transforms: Template::read_transforms(&root),
            rules: root
                .get("Rules")
                .map(Node::members)
                .unwrap_or_default()
                .iter()
                .map(|rule| rule.value.clone())
                .collect(),
            root,
            parameters,
            conditions: Named::default(),
            resources: Named::default(),
            outputs: Named::default(),
        };
        let sources = self.files.sources();
        secrets::hide(
            &template,
            |name| self.pinned(name).map(str::to_owned).filter(|_| place.parent.is_none()),
            sources,
        );
        if let Some((parent, position)) = place.parent
            && let Some(stack) = self.unit.scope(parent).template.resources.at(position)
            && let Some(arguments) = stack.body.get("Properties").and_then(|properties| properties.get("Parameters"))
        {
            secrets::hide_passed(arguments, &template, sources);
        }
        let children = BTreeMap::new();
        let prefix = place.prefix.clone();
        self.unit.scopes.push(Scope { template, parent: place.parent, prefix, children, pseudo });
        self.fill(id);
        self.problems.extend(validate::check(&self.unit.scopes[id].template));
        self.add_blocks(id);
        self.nest(id, &place);
        id
    }

    fn pinned(&self, name: &str) -> Option<&str> {
        self.settings.parameters.iter().rev().find(|(of, _)| of == name).map(|(_, text)| text.as_str())
    }

    /// The pseudo parameters that the text mentions. A nested stack shares those of the account and the region with its
    /// parent, and has a name of its own; a stack set shares none.
    fn pseudo(&mut self, source: &Source, place: &Place) -> HashMap<Arc<str>, InputId> {
        let mut found = HashMap::new();
        for (name, kind) in PSEUDO {
            // What is imported may be an ARN of the same account and region.
            let imports = matches!(kind, Pseudo::Account | Pseudo::Region | Pseudo::Partition);
            let text = source.text();
            let mentioned = text.contains(name) || (imports && text.contains("ImportValue"));
            if !mentioned {
                continue;
            }
            let own = place.elsewhere || matches!(kind, Pseudo::StackName | Pseudo::StackId);
            let full = if own { format!("{}{name}", place.prefix) } else { name.to_owned() };
            let id = self.unit.inputs.find(&full).unwrap_or_else(|| {
                let mut input = Input::new(full.as_str(), InputKind::Pseudo(kind));
                input.pinned = self.pinned(&full).map(Into::into);
                self.unit.inputs.add(input)
            });
            found.insert(name.into(), id);
        }
        found
    }

    /// Fills in the sections that may hold loops.
    fn fill(&mut self, id: ScopeId) {
        let mut conditions = Named::default();
        for Unrolled { name, name_span, body, .. } in self.section(id, "Conditions") {
            conditions.add(name, Condition { name_span, body });
        }
        let mut resources = Named::default();
        for Unrolled { name, name_span, body, turns } in self.section(id, "Resources") {
            let kind = body.get("Type").and_then(Node::scalar).unwrap_or_else(|| "".into());
            if is_resource_type(&kind) {
                resources.add(name, Resource { id_span: name_span, kind, body, turns });
            }
        }
        let mut outputs = Named::default();
        for Unrolled { name, body, turns, .. } in self.section(id, "Outputs") {
            outputs.add(name, Output { body, turns });
        }
        let template = &mut self.unit.scopes[id].template;
        (template.conditions, template.resources, template.outputs) = (conditions, resources, outputs);
    }

    fn section(&mut self, id: ScopeId, name: &str) -> Vec<Unrolled> {
        let members = self.unit.scopes[id].template.section(name).to_vec();
        let mut out = Vec::new();
        self.unroll(id, &members, &[], members.len() + LOOPED, &mut out);
        out
    }

    /// Adds what `members` are, loops unrolled, until there are `most` of them: beyond that a loop is told and left.
    fn unroll(&mut self, id: ScopeId, members: &[Member], turns: &[Turn], most: usize, out: &mut Vec<Unrolled>) {
        for member in members {
            if &*member.key == "Fn::Transform" {
                continue;
            }
            if !member.key.starts_with("Fn::ForEach::") {
                out.push(Unrolled {
                    name: Arc::clone(&member.key),
                    name_span: member.key_span,
                    body: member.value.clone(),
                    turns: turns.to_vec(),
                });
                continue;
            }
            let Some(turn_loop) = foreach::parse(&member.value) else {
                let message = format!("{} needs a variable, a collection and a map", member.key);
                self.problems.push(Problem::at("template", member.key_span, message));
                continue;
            };
            let (values, constant) = match self.candidates(id, turn_loop.collection) {
                Ok(values) => values,
                // The parameters of a nested template are what its stack passes.
                Err(why) if why.kind == UnknownKind::Input && self.unit.scopes[id].parent.is_none() => {
                    self.open_variable(id, &turn_loop.variable, &member.value);
                    let body = foreach::any_turn(turn_loop.body, &turn_loop.variable);
                    self.unroll(id, body.members(), turns, most, out);
                    continue;
                }
                Err(why) => {
                    let message = format!("this loop can't be unrolled, because {}", why.reason);
                    let help = "give the parameter a value with --param";
                    self.problems.push(Problem::at("loop", member.key_span, message).help(help).not_fatal());
                    continue;
                }
            };
            for value in values {
                if out.len() >= most {
                    let message = format!(
                        "the loops of this template give more than {LOOPED} members; the rest is not looked at"
                    );
                    self.problems.push(Problem::at("limit", member.key_span, message));
                    break;
                }
                let body = foreach::substitute(turn_loop.body, &turn_loop.variable, &value);
                let mut turns = turns.to_vec();
                if !constant {
                    turns.push(Turn { collection: turn_loop.collection.clone(), value });
                }
                self.unroll(id, body.members(), &turns, most, out);
            }
        }
    }

    /// The variable of a loop that runs over an open collection, as an input without a value.
    fn open_variable(&mut self, id: ScopeId, variable: &Arc<str>, written: &Node) {
        let template = &mut self.unit.scopes[id].template;
        if template.parameter(variable).is_some() {
            return;
        }
        let place = written.items().first().map_or(written.span, Node::whole);
        let text = Node { data: Data::Mapping([].into()), span: place, tag: None, style: written.style };
        let parameter = Parameter::new(Arc::clone(variable), place, &text);
        self.unit.inputs.add(parameter.input(None));
        template.parameters.push(parameter);
    }

    /// Every value that a collection holds in some world, and whether it holds the same ones in all.
    ///
    /// # Errors
    /// Why none is known.
    fn candidates(&self, id: ScopeId, collection: &Node) -> Result<(Vec<Arc<str>>, bool), Unknown> {
        let unit = &self.unit;
        let tree = explore(&unit.inputs, Mode::Free, &|_| true, |world| {
            foreach::values(&mut Eval::new(unit, world), id, collection)
        });
        let mut values = Vec::new();
        let mut unknown = None;
        for leaf in &tree.leaves {
            match &leaf.result {
                Ok(list) => list.iter().for_each(|value| {
                    if !values.contains(value) {
                        values.push(Arc::clone(value));
                    }
                }),
                Err(why) => unknown = Some(why.clone()),
            }
        }
        match unknown.filter(|_| values.is_empty()) {
            Some(why) => Err(why),
            None => Ok((values, tree.leaves.len() == 1)),
        }
    }

    fn add_blocks(&mut self, id: ScopeId) {
        let scope = &self.unit.scopes[id];
        for (position, (name, resource)) in scope.template.resources.iter().enumerate() {
            let at = self.unit.blocks.len();
            self.unit.blocks.push(Block {
                id: BlockId(u32::try_from(at).unwrap_or(u32::MAX)),
                address: format!("{}{name}", scope.prefix).into(),
                kind: Arc::clone(&resource.kind),
                data: false,
                span: resource.id_span.cover(resource.body.whole()),
                header: resource.id_span,
            });
            self.unit.homes.push((id, position));
        }
    }

    /// Follows the nested stacks of a template.
    fn nest(&mut self, id: ScopeId, place: &Place) {
        let scope = &self.unit.scopes[id];
        let stacks: Vec<(usize, Arc<str>, Resource)> = scope
            .template
            .resources
            .iter()
            .enumerate()
            .filter(|(_, (_, resource))| nested::may_nest(resource))
            .map(|(position, (name, resource))| (position, Arc::clone(name), resource.clone()))
            .collect();
        let source = Arc::clone(&scope.template.source);
        for (position, name, resource) in stacks {
            if self.unit.scopes.len() >= MAX_SCOPES {
                let message = format!("more than {MAX_SCOPES} templates are nested: this one is not followed");
                self.problems.push(Problem::at("limit", resource.id_span, message));
                return;
            }
            let child = match nested::child(&resource, &source, self.files) {
                Ok(Some(child)) => child,
                Ok(None) => continue,
                Err(problem) => {
                    self.problems.push(problem);
                    continue;
                }
            };
            let Child { source: child_source, tree, problems, elsewhere, file } = child;
            if file && place.chain.contains(child_source.path()) {
                let message = format!("{} nests itself", child_source.path());
                self.problems.push(Problem::at("module", resource.id_span, message));
                continue;
            }
            let mut chain = place.chain.clone();
            if file {
                chain.push(Arc::clone(child_source.path()));
                self.unit.covers.push(child_source.path().to_string());
            }
            self.problems.extend(problems);
            let prefix = format!("{}{name}/", place.prefix);
            let place = Place { parent: Some((id, position)), prefix, elsewhere, chain };
            let child = self.add(&child_source, tree, place);
            self.unit.scopes[id].children.insert(position, child);
        }
    }
}

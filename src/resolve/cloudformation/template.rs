//! A template's sections, before anything is evaluated.

use std::collections::HashMap;
use std::sync::Arc;

use super::parameter::Parameter;
use crate::read::tree::{Data, Member, Node};
use crate::source::{Source, Span};

/// A template, its loops at section level unrolled.
#[derive(Debug)]
pub(super) struct Template {
    /// The file, for places inside of strings.
    pub(super) source: Arc<Source>,
    /// The whole tree.
    pub(super) root: Node,
    /// The names of the transforms.
    pub(super) transforms: Vec<Arc<str>>,
    /// Parameters in written order.
    pub(super) parameters: Vec<Parameter>,
    /// Conditions.
    pub(super) conditions: Named<Condition>,
    /// Resources.
    pub(super) resources: Named<Resource>,
    /// Outputs.
    pub(super) outputs: Named<Output>,
    /// Rules: their bodies.
    pub(super) rules: Vec<Node>,
}

/// Things in written order that are found by name.
#[derive(Debug)]
pub(super) struct Named<T> {
    list: Vec<(Arc<str>, T)>,
    index: HashMap<Arc<str>, usize>,
}

impl<T> Default for Named<T> {
    fn default() -> Self {
        Named { list: Vec::new(), index: HashMap::new() }
    }
}

impl<T> Named<T> {
    /// Adds one; of the same name the first stays.
    pub(super) fn add(&mut self, name: Arc<str>, item: T) {
        if !self.index.contains_key(&name) {
            self.index.insert(Arc::clone(&name), self.list.len());
            self.list.push((name, item));
        }
    }

    /// Its place in the order.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.index.get(name).copied()
    }

    /// The one with this name.
    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.at(self.position(name)?)
    }

    /// The one at this place.
    pub(super) fn at(&self, position: usize) -> Option<&T> {
        self.list.get(position).map(|(_, item)| item)
    }

    /// All, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &T)> {
        self.list.iter().map(|(name, item)| (name, item))
    }
}

/// A condition's definition.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    /// Where its name is written.
    pub(super) name_span: Span,
    /// The expression.
    pub(super) body: Node,
}

/// A resource's declaration.
#[derive(Clone, Debug)]
pub(super) struct Resource {
    /// Where its logical id is written.
    pub(super) id_span: Span,
    /// Its type.
    pub(super) kind: Arc<str>,
    /// Its whole body.
    pub(super) body: Node,
    /// The turns of the loops that make it, outermost first.
    pub(super) turns: Vec<Turn>,
}

/// One turn of a loop: it happens in the worlds in which the collection holds the value.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    /// The collection.
    pub(super) collection: Node,
    /// The loop variable's value.
    pub(super) value: Arc<str>,
}

/// An output's declaration.
#[derive(Clone, Debug)]
pub(super) struct Output {
    /// Its body.
    pub(super) body: Node,
    /// The turns of the loops that make it.
    pub(super) turns: Vec<Turn>,
}

/// Whether this tree is a CloudFormation template: `Resources` with a member whose `Type` is
/// `Publisher::Service::Resource`.
pub(super) fn is_template(tree: &Node) -> bool {
    let resources = tree.get("Resources").map(Node::members).unwrap_or_default();
    resources.iter().any(|member| {
        let looped = member.key.starts_with("Fn::ForEach::").then(|| member.value.items().last()).flatten();
        match looped {
            Some(body) => body.members().iter().any(|inner| has_type(&inner.value)),
            None => has_type(&member.value),
        }
    })
}

fn has_type(resource: &Node) -> bool {
    resource.get("Type").and_then(Node::as_str).is_some_and(is_resource_type)
}

/// `AWS::KMS::Key`, `Custom::Thing`, `Org::Service::Name::MODULE`.
pub(super) fn is_resource_type(kind: &str) -> bool {
    let mut parts = kind.split("::");
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'@'))
    };
    let enough = parts.by_ref().count() >= 3 || kind.starts_with("Custom::");
    enough && kind.split("::").all(plain)
}

impl Template {
    /// The members of a section; none where it is missing or no map.
    pub(super) fn section(&self, name: &str) -> &[Member] {
        self.root.get(name).map(Node::members).unwrap_or_default()
    }

    /// The declaration of a parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| &*parameter.name == name)
    }

    /// A mapping of the section `Mappings`.
    pub(super) fn mapping(&self, name: &str) -> Option<&Member> {
        self.section("Mappings").iter().find(|member| &*member.key == name)
    }

    /// The transform that may add or rewrite what the template refers to, if there is one.
    pub(super) fn generator(&self) -> Option<Arc<str>> {
        let quiet = ["AWS::LanguageExtensions", "AWS::CodeDeployBlueGreen"];
        let declared = self.transforms.iter().find(|name| !quiet.contains(&&***name)).cloned();
        let serverless = || {
            let sam = |(_, resource): (_, &Resource)| resource.kind.starts_with("AWS::Serverless::");
            self.resources.iter().any(sam).then(|| Arc::from("AWS::Serverless-2016-10-31"))
        };
        declared
            .or_else(serverless)
            .or_else(|| {
                // Another tool puts something in the place of such a tag before CloudFormation reads the template.
                let foreign = |kind: &Node| kind.tag.is_some() || kind.is_mapping();
                let foreign = |member: &&Member| member.value.get("Type").is_some_and(foreign);
                self.section("Resources").iter().find(foreign).map(|_| "another tool".into())
            })
            .or_else(|| {
                let sections = ["Resources", "Conditions", "Mappings", "Parameters", "Outputs"];
                let sections = sections.iter().flat_map(|name| self.section(name));
                let included =
                    self.root.members().iter().chain(sections).find(|member| &*member.key == "Fn::Transform");
                included.map(|_| "Fn::Transform".into())
            })
    }

    /// A macro of one's own over the whole template, and where it is named: it may rewrite everything. Those of AWS are
    /// documented: none of them touches a vault or a key that is written.
    pub(super) fn rewriting_macro(&self) -> Option<(&Arc<str>, Span)> {
        let own = self.transforms.iter().find(|name| !name.starts_with("AWS::"))?;
        Some((own, self.root.member("Transform")?.value.whole()))
    }

    /// The module that a name may be part of: its resources are called after it, with or without a dot.
    pub(super) fn module_of(&self, name: &str) -> Option<&Arc<str>> {
        let of =
            |(id, resource): &(&Arc<str>, &Resource)| resource.kind.ends_with("::MODULE") && name.starts_with(&***id);
        self.resources.iter().find(of).map(|(id, _)| id)
    }

    /// The names of the template's transforms.
    pub(super) fn read_transforms(root: &Node) -> Vec<Arc<str>> {
        let Some(node) = root.get("Transform") else { return Vec::new() };
        let list = match &node.data {
            Data::Sequence(items) => items.to_vec(),
            _ => vec![node.clone()],
        };
        let name = |node: &Node| node.scalar().or_else(|| node.get("Name").and_then(Node::scalar));
        list.iter().map(|node| name(node).unwrap_or_else(|| "?".into())).collect()
    }
}

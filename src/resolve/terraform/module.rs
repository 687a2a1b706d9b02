//! What one directory declares: variables, locals, outputs, resources, module calls and providers.
//!
//! Knows no values: expressions are kept as they are written, and evaluated where a scope says what names mean.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::variables::Variable;
use crate::read::hcl::ast::{Attribute, Block, Body, Expr, ExprKind};
use crate::source::Span;

/// The declarations of one directory, overrides merged.
#[derive(Debug, Default)]
pub(super) struct Module {
    /// The directory as shown to people (`.` for the working directory).
    pub(super) directory: Arc<str>,
    /// `variable` blocks by name.
    pub(super) variables: BTreeMap<Arc<str>, Variable>,
    /// Local values by name.
    pub(super) locals: BTreeMap<Arc<str>, Attribute>,
    /// `output` blocks by name.
    pub(super) outputs: BTreeMap<Arc<str>, Output>,
    /// `resource` and `data` blocks in the order of files and blocks.
    pub(super) resources: Vec<Resource>,
    /// `module` blocks in the order of files and blocks.
    pub(super) calls: Vec<Call>,
    /// `provider` blocks.
    pub(super) providers: Vec<Provider>,
    /// Whether a `backend` or `cloud` block makes it a root.
    pub(super) has_backend: bool,
    /// A span in the directory, for what concerns all of it.
    pub(super) somewhere: Option<Span>,
}

/// An `output` block.
#[derive(Debug)]
pub(super) struct Output {
    /// Its `value`.
    pub(super) value: Option<Expr>,
    /// Those of its `precondition` blocks.
    pub(super) conditions: Vec<Expr>,
    /// Whether it must not be printed.
    pub(super) sensitive: bool,
    /// Type and label.
    pub(super) header: Span,
}

/// How a block is repeated: the meta-arguments that decide which instances exist.
#[derive(Debug, Default)]
pub(super) struct Repetition {
    /// `count`.
    pub(super) count: Option<Expr>,
    /// `for_each`.
    pub(super) for_each: Option<Expr>,
    /// OpenTofu's `lifecycle { enabled = ... }`.
    pub(super) enabled: Option<Expr>,
}

/// A `resource` or `data` block.
#[derive(Debug)]
pub(super) struct Resource {
    /// Whether it is a data source.
    pub(super) data: bool,
    /// Its type.
    pub(super) kind: Arc<str>,
    /// Its name.
    pub(super) name: Arc<str>,
    /// Which instances exist.
    pub(super) repetition: Repetition,
    /// `provider = aws.dr`: name and alias.
    pub(super) provider: Option<ProviderRef>,
    /// Arguments and nested blocks, meta-arguments included.
    pub(super) body: Body,
    /// The whole block.
    pub(super) span: Span,
    /// Type and labels.
    pub(super) header: Span,
}

/// A `module` block.
#[derive(Debug)]
pub(super) struct Call {
    /// Its name.
    pub(super) name: Arc<str>,
    /// `source`.
    pub(super) source: Option<Expr>,
    /// Which instances exist.
    pub(super) repetition: Repetition,
    /// `providers = { aws.child = aws.dr }`: the child's name for it, and the caller's with its instance's key.
    pub(super) providers: Vec<(ProviderRef, ProviderRef, Option<Expr>)>,
    /// Arguments, meta-arguments included.
    pub(super) body: Body,
    /// Type and label.
    pub(super) header: Span,
}

/// A `provider` block.
#[derive(Debug)]
pub(super) struct Provider {
    /// Its local name: `aws`.
    pub(super) name: Arc<str>,
    /// Its `alias`.
    pub(super) alias: Option<Arc<str>>,
    /// Which instances of it there are: OpenTofu's `for_each`.
    pub(super) repetition: Repetition,
    /// Its arguments.
    pub(super) body: Body,
    /// Type and label.
    pub(super) header: Span,
}

/// A provider configuration as it is written: `aws`, `aws.dr`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ProviderRef {
    /// The local name.
    pub(super) name: Arc<str>,
    /// The alias.
    pub(super) alias: Option<Arc<str>>,
}

/// The arguments of a `module` block that are no variables of the module.
pub(super) const CALL_META: &[&str] = &["source", "version", "count", "for_each", "providers", "depends_on"];

/// The arguments and blocks of a `resource` or `data` block that are no properties.
pub(super) const RESOURCE_META: &[&str] =
    &["count", "for_each", "provider", "depends_on", "lifecycle", "provisioner", "connection", "dynamic"];

impl Module {
    /// The resource or data source of this type and name.
    pub(super) fn resource(&self, data: bool, kind: &str, name: &str) -> Option<usize> {
        self.resources
            .iter()
            .position(|resource| resource.data == data && &*resource.kind == kind && &*resource.name == name)
    }

    /// The call of this name.
    pub(super) fn call(&self, name: &str) -> Option<usize> {
        self.calls.iter().position(|call| &*call.name == name)
    }

    /// Whether anything is declared.
    pub(super) fn is_empty(&self) -> bool {
        self.somewhere.is_none()
    }
}

impl Resource {
    /// `aws_kms_key.k`, `data.aws_kms_alias.b`.
    pub(super) fn local_address(&self) -> String {
        let data = if self.data { "data." } else { "" };
        format!("{data}{}.{}", self.kind, self.name)
    }

    /// A `resource` or `data` block with two labels.
    pub(super) fn read(block: &Block) -> Option<Resource> {
        let [kind, name] = block.labels.as_slice() else { return None };
        let repetition = Repetition::read(&block.body);
        let provider = attribute(&block.body, "provider").and_then(|attribute| ProviderRef::read(&attribute.value));
        Some(Resource {
            data: &*block.kind == "data",
            kind: Arc::clone(&kind.text),
            name: Arc::clone(&name.text),
            repetition,
            provider,
            body: block.body.clone(),
            span: block.span,
            header: block.header,
        })
    }
}

impl Call {
    /// A `module` block with one label.
    pub(super) fn read(block: &Block) -> Option<Call> {
        let [name] = block.labels.as_slice() else { return None };
        let source = attribute(&block.body, "source").map(|attribute| attribute.value.clone());
        let providers = attribute(&block.body, "providers").map_or_else(Vec::new, |attribute| {
            let ExprKind::Object(items) = &attribute.value.kind else { return Vec::new() };
            items
                .iter()
                .filter_map(|item| {
                    let key = ProviderRef::key(&item.value).cloned();
                    Some((ProviderRef::read(&item.key)?, ProviderRef::read(&item.value)?, key))
                })
                .collect()
        });
        Some(Call {
            name: Arc::clone(&name.text),
            source,
            repetition: Repetition::read(&block.body),
            providers,
            body: block.body.clone(),
            header: block.header,
        })
    }

    /// The argument that sets the module's variable `name`.
    pub(super) fn argument(&self, name: &str) -> Option<&Attribute> {
        if CALL_META.contains(&name) {
            return None;
        }
        attribute(&self.body, name)
    }
}

impl Provider {
    /// A `provider` block with one label.
    pub(super) fn read(block: &Block) -> Option<Provider> {
        let [name] = block.labels.as_slice() else { return None };
        let alias = attribute(&block.body, "alias").and_then(|attribute| match &attribute.value.kind {
            ExprKind::String(text) => Some(Arc::clone(text)),
            _ => None,
        });
        Some(Provider {
            name: Arc::clone(&name.text),
            alias,
            repetition: Repetition::read(&block.body),
            body: block.body.clone(),
            header: block.header,
        })
    }
}

impl ProviderRef {
    /// The key of the instance that is meant: OpenTofu's `aws.by["eu-west-1"]`.
    pub(super) fn key(expr: &Expr) -> Option<&Expr> {
        match &expr.kind {
            ExprKind::Index { index, .. } => Some(index),
            ExprKind::Parens(inner) => ProviderRef::key(inner),
            _ => None,
        }
    }

    /// `aws`, `aws.dr`, and the quoted forms of old code and of JSON.
    fn read(expr: &Expr) -> Option<ProviderRef> {
        match &expr.kind {
            ExprKind::Index { object, .. } => ProviderRef::read(object),
            ExprKind::Variable(name) => Some(ProviderRef { name: Arc::clone(name), alias: None }),
            ExprKind::GetAttr { object, name, .. } => match &object.kind {
                ExprKind::Variable(root) => Some(ProviderRef { name: Arc::clone(root), alias: Some(Arc::clone(name)) }),
                _ => None,
            },
            ExprKind::String(text) => Some(match text.split_once('.') {
                Some((name, alias)) => ProviderRef { name: name.into(), alias: Some(alias.into()) },
                None => ProviderRef { name: Arc::clone(text), alias: None },
            }),
            ExprKind::Parens(inner) => ProviderRef::read(inner),
            ExprKind::Template(parts) => match parts.as_slice() {
                [crate::read::hcl::ast::TemplatePart::Interpolation(inner)] => ProviderRef::read(inner),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Repetition {
    fn read(body: &Body) -> Repetition {
        let lifecycle = body.blocks.iter().find(|block| &*block.kind == "lifecycle");
        let value = |body: &Body, name: &str| attribute(body, name).map(|attribute| attribute.value.clone());
        Repetition {
            count: value(body, "count"),
            for_each: value(body, "for_each"),
            enabled: lifecycle.and_then(|block| value(&block.body, "enabled")),
        }
    }

    /// The expressions of it.
    pub(super) fn written(&self) -> impl Iterator<Item = &Expr> {
        [&self.count, &self.for_each, &self.enabled].into_iter().flatten()
    }

    /// Whether there is at most one instance, without a key.
    pub(super) fn is_single(&self) -> bool {
        self.count.is_none() && self.for_each.is_none()
    }
}

/// The attribute of this name; of duplicates the last.
pub(super) fn attribute<'b>(body: &'b Body, name: &str) -> Option<&'b Attribute> {
    body.attributes.iter().rev().find(|attribute| &*attribute.name == name)
}

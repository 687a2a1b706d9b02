//! Fixes in Terraform's native syntax.

mod customer_key;
mod key_policy;
mod key_reference;

pub(super) use key_reference::{argument as key_argument, to_arn};

use std::sync::Arc;

use super::native::{self, Native, attribute};
use super::outline::{Format, Step, Tree};
use super::text::Change;
use super::{Context, Declared, Draft};
use crate::finding::{Finding, Safety};
use crate::read::hcl;
use crate::read::hcl::ast::{Block, Body, ExprKind};
use crate::source::{Source, Span};

/// The fix of a finding about a resource block.
pub(super) fn draft(finding: &Finding, context: &Context<'_>, source: &Arc<Source>) -> Option<Draft> {
    let file = File::read(Arc::clone(source))?;
    let block = file.block(context.subject)?;
    let subject = Subject { context, file: &file, block };
    // What is decided in another block (an override, a module call, a variable's default) is not mended in this one.
    let decided_here = context.subject.span.contains(finding.primary.span);
    match &*finding.rule {
        "key-rotation" if decided_here => subject.rotation(),
        "key-retained" => subject.retained(),
        "key-policy-backup-access" => key_policy::access(&subject, finding),
        "key-policy-service-principal" => key_policy::service(&subject, finding),
        "vault-key-format" if decided_here => key_reference::arn(&subject, finding),
        "vault-customer-key" => customer_key::draft(&subject, finding.primary.span),
        _ => None,
    }
}

/// A file and its tree.
pub(super) struct File {
    source: Arc<Source>,
    body: Body,
}

impl File {
    /// Reads a file; one that can't be read as a whole is not edited.
    fn read(source: Arc<Source>) -> Option<File> {
        let (body, errors) = hcl::read(&source);
        errors.is_empty().then_some(File { source, body })
    }

    fn block(&self, declared: &Declared) -> Option<&Block> {
        self.body.blocks.iter().find(|block| block.span == declared.span)
    }

    fn native(&self) -> Native<'_> {
        Native::new(&self.source)
    }

    fn draft(&self, title: String, safety: Safety, changes: Vec<Change>, says: Vec<(Vec<Step>, Tree)>) -> Draft {
        Draft { title, safety, span: self.source.whole(), format: Format::Hcl, changes, says }
    }
}

/// What a finding judges, with its file.
pub(super) struct Subject<'a> {
    context: &'a Context<'a>,
    file: &'a File,
    block: &'a Block,
}

impl Subject<'_> {
    fn address(&self) -> &str {
        &self.context.subject.address
    }

    fn path(&self, steps: &[Step]) -> Vec<Step> {
        [native::path(&self.file.body, self.block), steps.to_vec()].concat()
    }

    /// What else is declared in the same module, of this type.
    fn siblings<'s>(&'s self, kind: &'s str) -> impl Iterator<Item = &'s Declared> {
        let module = module(self.context.subject);
        self.context
            .others
            .iter()
            .filter(move |other| other.kind == kind && self::module(other) == module && other.span != self.block.span)
    }

    fn rotation(&self) -> Option<Draft> {
        // Where it hangs on an input whether KMS can rotate the key, rotation must hang on it too.
        let literal = |name: &&str| {
            let written = attribute(&self.block.body, name).map(|found| &found.value.kind);
            matches!(written, None | Some(ExprKind::Null | ExprKind::String(_)))
        };
        if !SPEC.iter().all(literal) {
            return None;
        }
        let native = self.file.native();
        let changes = match attribute(&self.block.body, "enable_key_rotation") {
            None => native.add_attribute(self.block, "enable_key_rotation", "true")?,
            Some(written) if is_off(&written.value.kind) => {
                vec![Change::replace(native.range(written.value.span), "true")]
            }
            Some(_) => return None,
        };
        let says = vec![(self.path(&[Step::key("enable_key_rotation")]), Tree::boolean(true))];
        let title = format!("Turn on automatic rotation of key {}", self.address());
        Some(self.file.draft(title, Safety::Safe, changes, says))
    }

    fn retained(&self) -> Option<Draft> {
        let native = self.file.native();
        let mut lifecycles = self.block.body.blocks.iter().filter(|nested| &*nested.kind == "lifecycle");
        let changes = match (lifecycles.next(), lifecycles.next()) {
            (None, _) => native.add_block(self.block, "lifecycle", &|layout| {
                let (indent, unit, eol) = (&layout.indent, &layout.unit, layout.eol);
                format!("{indent}lifecycle {{{eol}{indent}{unit}prevent_destroy = true{eol}{indent}}}")
            })?,
            (Some(lifecycle), None) => match attribute(&lifecycle.body, "prevent_destroy") {
                None => native.add_attribute(lifecycle, "prevent_destroy", "true")?,
                Some(written) if is_off(&written.value.kind) => {
                    vec![Change::replace(native.range(written.value.span), "true")]
                }
                Some(_) => return None,
            },
            _ => return None,
        };
        let path = [Step::key("lifecycle {}"), Step::Item(0), Step::key("prevent_destroy")];
        let mut says = vec![(self.path(&path), Tree::boolean(true))];
        if !self.block.body.blocks.iter().any(|nested| &*nested.kind == "lifecycle") {
            says.insert(0, (self.path(&path[..1]), Tree::List(Vec::new())));
        }
        let title = format!("Keep key {} from being destroyed", self.address());
        Some(self.file.draft(title, Safety::Unsafe, changes, says))
    }
}

/// What decides whether KMS can rotate a key.
pub(super) const SPEC: [&str; 6] =
    ["customer_master_key_spec", "key_spec", "key_usage", "origin", "custom_key_store_id", "xks_key_id"];

/// A literal that means off.
fn is_off(kind: &ExprKind) -> bool {
    match kind {
        ExprKind::Bool(flag) => !flag,
        ExprKind::Null => true,
        ExprKind::String(text) => &**text == "false",
        _ => false,
    }
}

/// The module that something is declared in: what stands before its type (and `data.`).
fn module(declared: &Declared) -> &str {
    let (head, kind) = (declared.address.as_str(), declared.kind.as_str());
    let start = head.rfind(&format!("{kind}.")).unwrap_or(0);
    let module = head.get(..start).unwrap_or("");
    module.strip_suffix("data.").unwrap_or(module)
}

/// The name behind the type in an address.
fn name(declared: &Declared) -> &str {
    declared.address.rsplit('.').next().unwrap_or("")
}

/// The file and place of something else that the unit declares.
fn open(context: &Context<'_>, span: Span) -> Option<File> {
    File::read(context.sources.get(span.source))
}

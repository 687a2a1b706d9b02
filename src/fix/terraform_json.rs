//! Fixes in Terraform's JSON syntax: rotation, `prevent_destroy`, and references to a key. Policies are strings there and
//! get none.

use super::nodes::Document;
use super::outline::{Format, Step, Tree};
use super::piece::{Piece, Syntax};
use super::text::{Change, Text};
use super::{Context, Draft, terraform};
use crate::finding::{Finding, Safety};
use crate::read::json;
use crate::read::tree::{Data, Member, Node};
use crate::source::{Source, Span};

/// The fix of a finding about a resource in a `.tf.json` file.
pub(super) fn draft(finding: &Finding, context: &Context<'_>, source: &Source) -> Option<Draft> {
    let (root, errors) = json::read(source);
    let root = root.filter(|_| errors.is_empty())?;
    let (kind, name) = (&*context.subject.kind, context.subject.address.rsplit('.').next()?);
    let block = root.get("resource")?.get(kind)?.member(name).filter(|member| member.value.is_mapping())?;
    let path = ["resource", kind, name].into_iter().map(Step::key).collect();
    let document = Document { text: Text::new(source.text()), format: Format::Json, offset: 0 };
    let subject = Subject { document, block, path, address: &context.subject.address, whole: source.whole() };
    match &*finding.rule {
        "key-rotation" => subject.rotation(),
        "key-retained" => subject.retained(),
        "vault-key-format" => subject.arn(terraform::key_argument(kind)),
        _ => None,
    }
}

struct Subject<'t> {
    document: Document<'t>,
    block: &'t Member,
    path: Vec<Step>,
    address: &'t str,
    whole: Span,
}

impl Subject<'_> {
    fn draft(&self, title: String, safety: Safety, changes: Vec<Change>, name: &[&str], tree: Tree) -> Draft {
        let name: Vec<Step> = name.iter().map(|name| Step::key(name)).collect();
        let says = vec![([self.path.clone(), name].concat(), tree)];
        Draft { title, safety, span: self.whole, format: Format::Json, changes, says }
    }

    /// Switches on `name` in a map of this member.
    fn switch(&self, owner: &Member, name: &str) -> Option<Vec<Change>> {
        let on = Piece::Bool(true);
        match owner.value.member(name) {
            None => self.document.add_members(owner, &owner.value, None, &[(name.to_owned(), on)]),
            Some(member) if is_off(&member.value) => self.document.replace(member, &on),
            Some(_) => None,
        }
    }

    fn rotation(&self) -> Option<Draft> {
        let literal = |name: &&str| match self.block.value.get(name).map(|node| &node.data) {
            None | Some(Data::Null) => true,
            Some(Data::String(text)) => !text.contains("${") && !text.contains("%{"),
            Some(_) => false,
        };
        if !terraform::SPEC.iter().all(literal) {
            return None;
        }
        let changes = self.switch(self.block, "enable_key_rotation")?;
        let title = format!("Turn on automatic rotation of key {}", self.address);
        Some(self.draft(title, Safety::Safe, changes, &["enable_key_rotation"], Tree::boolean(true)))
    }

    fn retained(&self) -> Option<Draft> {
        let changes = match self.block.value.member("lifecycle") {
            None => {
                let lifecycle = Piece::map(vec![("prevent_destroy", Piece::Bool(true))]);
                self.document.add_members(
                    self.block,
                    &self.block.value,
                    None,
                    &[("lifecycle".to_owned(), lifecycle)],
                )?
            }
            Some(lifecycle) if lifecycle.value.is_mapping() => self.switch(lifecycle, "prevent_destroy")?,
            Some(_) => return None,
        };
        let title = format!("Keep key {} from being destroyed", self.address);
        let path = ["lifecycle", "prevent_destroy"];
        Some(self.draft(title, Safety::Unsafe, changes, &path, Tree::boolean(true)))
    }

    /// A string that is nothing but one interpolation.
    fn arn(&self, argument: &str) -> Option<Draft> {
        let member = self.block.value.member(argument)?;
        let text = member.value.as_str()?;
        let reference = text.strip_prefix("${")?.strip_suffix('}')?;
        let wanted = terraform::to_arn(reference)?;
        let value = Piece::Str(format!("${{{wanted}}}"));
        let changes = self.document.replace(member, &value)?;
        let tree = value.tree(Syntax::Json);
        Some(self.draft(format!("Refer to {wanted}"), Safety::Safe, changes, &[argument], tree))
    }
}

/// A literal that means off.
fn is_off(node: &Node) -> bool {
    match &node.data {
        Data::Bool(flag) => !flag,
        Data::Null => true,
        Data::String(text) => &**text == "false",
        _ => false,
    }
}

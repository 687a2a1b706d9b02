//! A key for a vault: the module's own where exactly one fits, else a new one.

use super::super::Draft;
use super::super::native::{attribute, names};
use super::super::outline::{self, Format, Step, Tree};
use super::super::statement;
use super::super::text::Change;
use super::key_policy::{Quoting, Who, encoded};
use super::key_reference::argument;
use super::{Subject, name, open};
use crate::finding::Safety;
use crate::read::hcl::ast::{Block, Expr, ExprKind};
use crate::source::Span;

/// The fix of `vault-customer-key`: the vault is replaced.
pub(super) fn draft(subject: &Subject<'_>, primary: Span) -> Option<Draft> {
    let argument = argument(&subject.context.subject.kind);
    // An argument of another name is meant to be the key: what it says is to be kept, under the right name.
    let meant = subject.block.body.attributes.iter().any(|it| it.value.span.contains(primary) && &*it.name != argument);
    if meant || !is_decided_here(subject, argument, primary) {
        return None;
    }
    if let Some(key) = fit_key(subject) {
        let title = format!("Encrypt vault {} with key {key}", subject.address());
        let (changes, says) = give(subject, argument, &format!("{key}.arn"))?;
        return Some(subject.file.draft(title, Safety::Unsafe, changes, says));
    }
    // A key of this provider, in this account and region, is what is known to work.
    let apart = ["provider", "region"];
    if subject.context.subject.kind != "aws_backup_vault"
        || apart.iter().any(|name| attribute(&subject.block.body, name).is_some())
    {
        return None;
    }
    let taken = |name: &str| subject.siblings("aws_kms_key").any(|other| super::name(other) == name);
    let name = statement::unused("backup", taken);
    let (mut changes, mut says) = give(subject, argument, &format!("aws_kms_key.{name}.arn"))?;
    let who = Who::of(subject.context, "", Quoting::Expression)?;
    let key = new_key(&name, &who);
    let Tree::Map(added) = outline::of_text(&key, Format::Hcl)? else { return None };
    says.extend(added.into_iter().map(|(key, tree)| (vec![Step::Key(key)], tree)));
    let mut behind = key;
    if let Some(identity) = who.declaration() {
        says.push(who.says());
        behind = format!("{behind}\n\n{identity}");
    }
    changes.push(subject.file.native().behind(subject.block, &behind));
    let title = format!("Add key aws_kms_key.{name} and encrypt vault {} with it", subject.address());
    Some(subject.file.draft(title, Safety::Unsafe, changes, says))
}

/// Whether the deciding text stands in the vault's block, or in the data source that it names.
fn is_decided_here(subject: &Subject<'_>, argument: &str, primary: Span) -> bool {
    if subject.context.subject.span.contains(primary) {
        return true;
    }
    let Some(written) = attribute(&subject.block.body, argument) else { return false };
    let names = names(&written.value);
    let Some(["data", kind, name, _]) = names.as_deref() else { return false };
    subject.siblings(kind).any(|other| super::name(other) == *name && other.span.contains(primary))
}

fn new_key(name: &str, who: &Who) -> String {
    let policy = encoded(&statement::minimal(&who.account), "  ", "\n");
    format!(
        "resource \"aws_kms_key\" \"{name}\" {{\n  enable_key_rotation = true\n\n  policy = {policy}\n\n  \
         lifecycle {{\n    prevent_destroy = true\n  }}\n}}"
    )
}

type Given = (Vec<Change>, Vec<(Vec<Step>, Tree)>);

/// Writes the key's ARN into the vault, in the stead of what means that none is given.
fn give(subject: &Subject<'_>, argument: &str, arn: &str) -> Option<Given> {
    let native = subject.file.native();
    let changes = match attribute(&subject.block.body, argument) {
        None => native.add_attribute(subject.block, argument, arn)?,
        Some(written) if is_nothing(&written.value) => {
            vec![Change::replace(native.range(written.value.span), arn)]
        }
        Some(_) => return None,
    };
    Some((changes, vec![(subject.path(&[Step::key(argument)]), Tree::expression(arn))]))
}

/// `null`, a literal (an alias of AWS), or a data source of one. What a variable or a condition gives is not replaced.
fn is_nothing(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Null | ExprKind::String(_) => true,
        _ => matches!(names(value).as_deref(), Some(["data", "aws_kms_alias" | "aws_kms_key", _, _])),
    }
}

/// The one key of the module that fits; two of them leave the choice to people.
fn fit_key(subject: &Subject<'_>) -> Option<String> {
    let kinds = ["aws_kms_key", "awscc_kms_key", "aws_kms_replica_key"];
    let mut fit = kinds.iter().flat_map(|kind| subject.siblings(kind)).filter(|other| other.fit);
    let only = fit.next().filter(|_| fit.next().is_none())?;
    let file = open(subject.context, only.span)?;
    let block = file.block(only)?;
    let written = |block: &Block, file: &super::File, name: &str| {
        attribute(&block.body, name).map(|found| file.source.slice(found.value.span).to_owned())
    };
    let alike = ["provider", "region"]
        .iter()
        .all(|name| written(block, &file, name) == written(subject.block, subject.file, name));
    let vault = format!("{}.{}", subject.context.subject.kind, name(subject.context.subject));
    let circular = file.source.slice(block.span).contains(&vault);
    (alike && !circular).then(|| format!("{}.{}", only.kind, name(only)))
}

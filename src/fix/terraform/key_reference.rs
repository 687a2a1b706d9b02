//! `aws_kms_key.k.key_id` to `.arn`, an alias to the key it points to.

use super::super::Draft;
use super::super::native::{attribute, names};
use super::super::outline::{self, Step, Tree};
use super::super::text::Change;
use super::Subject;
use crate::finding::{Finding, Safety};
use crate::read::hcl::ast::{Expr, ExprKind, TemplatePart};
use crate::read::hcl::{Place, parse_expression};
use crate::source::Span;

/// The argument that holds a vault's key.
pub(in super::super) fn argument(kind: &str) -> &'static str {
    if kind == "aws_backup_vault" { "kms_key_arn" } else { "encryption_key_arn" }
}

/// The fix of `vault-key-format`.
pub(super) fn arn(subject: &Subject<'_>, finding: &Finding) -> Option<Draft> {
    let name = argument(&subject.context.subject.kind);
    let value = &attribute(&subject.block.body, name)?.value;
    let native = subject.file.native();
    let mut found = Vec::new();
    collect(value, &mut found);
    if found.len() > 1 {
        let primary = finding.primary.span;
        found.retain(|found| found.whole.contains(primary) || primary.contains(found.whole) && found.whole == primary);
    }
    let [only] = found.as_slice() else { return None };
    let change = Change::replace(native.range(only.attribute), only.wanted);
    let tree = changed_tree(native.slice(value.span), native.range(value.span).start, &change)?;
    let title = format!("Refer to {}", only.title);
    Some(subject.file.draft(title, Safety::Safe, vec![change], vec![(subject.path(&[Step::key(name)]), tree)]))
}

/// The same for an expression on its own.
pub(in super::super) fn to_arn(expression: &str) -> Option<String> {
    let text = outline::scratch("value.tf", expression);
    let expr = parse_expression(expression, Place::At(text.id(), 0)).ok()?;
    let mut found = Vec::new();
    collect(&expr, &mut found);
    let [only] = found.as_slice() else { return None };
    let range = only.attribute.start as usize..only.attribute.end as usize;
    super::super::text::changed(expression, &[Change::replace(range, only.wanted)])
}

/// What an expression says with one change in it.
fn changed_tree(text: &str, start: usize, change: &Change) -> Option<Tree> {
    let range = change.range.start.checked_sub(start)?..change.range.end.checked_sub(start)?;
    let text =
        outline::scratch("value.tf", &format!("{}{}{}", text.get(..range.start)?, change.text, text.get(range.end..)?));
    let expr = parse_expression(text.text(), Place::At(text.id(), 0)).ok()?;
    Some(outline::of_expr(&expr, &text))
}

/// A reference to a key or alias by something else than the key's ARN.
struct Found {
    whole: Span,
    /// Where the attribute's name stands.
    attribute: Span,
    wanted: &'static str,
    title: String,
}

fn collect(expr: &Expr, found: &mut Vec<Found>) {
    match &expr.kind {
        ExprKind::GetAttr { object, name, name_span } => {
            if let Some(names) = names(object)
                && let Some(wanted) = wanted(&names, name)
            {
                let title = format!("{}.{wanted}", names.join("."));
                found.push(Found { whole: expr.span, attribute: *name_span, wanted, title });
            }
        }
        ExprKind::Template(parts) => {
            for part in parts {
                if let TemplatePart::Interpolation(inner) = part {
                    collect(inner, found);
                }
            }
        }
        ExprKind::Conditional { yes, no, .. } => {
            collect(yes, found);
            collect(no, found);
        }
        ExprKind::Call { arguments, .. } => arguments.iter().for_each(|argument| collect(argument, found)),
        ExprKind::Tuple(items) => items.iter().for_each(|item| collect(item, found)),
        ExprKind::Parens(inner) => collect(inner, found),
        ExprKind::Index { object, .. } => collect(object, found),
        _ => {}
    }
}

/// The attribute that is the key's ARN, where another one is asked for.
fn wanted(names: &[&str], attribute: &str) -> Option<&'static str> {
    let kind = match names {
        ["data", kind, _] | [kind, _] => *kind,
        _ => return None,
    };
    match kind {
        "aws_kms_key"
        | "aws_kms_replica_key"
        | "aws_kms_external_key"
        | "aws_kms_replica_external_key"
        | "awscc_kms_key" => matches!(attribute, "key_id" | "id").then_some("arn"),
        "aws_kms_alias" => matches!(attribute, "arn" | "name" | "id" | "target_key_id").then_some("target_key_arn"),
        _ => None,
    }
}

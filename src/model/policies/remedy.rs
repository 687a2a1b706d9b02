//! The smallest statements that let AWS Backup in, in the language of the unit.

use super::super::evaluator::Language;
use super::super::stack::Stack;
use crate::iam::{Access, Verdict};

/// The statements to add, where adding helps: nothing mends a Deny but changing it.
pub(super) fn of(stack: &Stack<'_>, access: &Access) -> Option<String> {
    if matches!(access.verdict, Verdict::Granted | Verdict::Denied | Verdict::Undecided(_)) || access.actions.is_empty()
    {
        return None;
    }
    let use_: Vec<&str> = access.actions.iter().copied().filter(|action| *action != "kms:CreateGrant").collect();
    let grant = access.actions.contains(&"kms:CreateGrant");
    let cloudformation = stack.evaluator.language() == Language::CloudFormation;
    let mut statements = Vec::new();
    if !use_.is_empty() {
        let make = if cloudformation { yaml } else { hcl };
        statements.push(make(stack, "AllowUseThroughBackup", &use_, false));
    }
    if grant {
        let make = if cloudformation { yaml } else { hcl };
        statements.push(make(stack, "AllowGrantsThroughBackup", &["kms:CreateGrant"], true));
    }
    Some(statements.join("\n"))
}

fn yaml(_: &Stack<'_>, sid: &str, actions: &[&str], grant: bool) -> String {
    let bool_ = if grant { "\n    Bool: { kms:GrantIsForAWSResource: 'true' }" } else { "" };
    format!(
        "- Sid: {sid}\n  Effect: Allow\n  Principal: {{ AWS: !Sub 'arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:root' }}\n  \
         Action: [{}]\n  Resource: '*'\n  Condition:\n    StringLike: {{ kms:ViaService: backup.*.amazonaws.com }}{bool_}",
        actions.iter().map(|action| format!("'{action}'")).collect::<Vec<_>>().join(", ")
    )
}

fn hcl(stack: &Stack<'_>, sid: &str, actions: &[&str], grant: bool) -> String {
    let identity = stack.evaluator.blocks().iter().find(|block| block.data && &*block.kind == "aws_caller_identity");
    let identity = match identity.map(|block| block.address.rsplit('.').next().unwrap_or("current")) {
        Some(name) => format!("data.aws_caller_identity.{name}"),
        None => "data.aws_caller_identity.current".to_owned(),
    };
    let bool_ = if grant { "\n    Bool       = { \"kms:GrantIsForAWSResource\" = \"true\" }" } else { "" };
    format!(
        "{{\n  Sid       = \"{sid}\"\n  Effect    = \"Allow\"\n  Principal = {{ AWS = \"arn:aws:iam::${{{identity}.account_id}}:root\" }}\n  \
         Action    = [{}]\n  Resource  = \"*\"\n  Condition = {{\n    StringLike = {{ \"kms:ViaService\" = \"backup.*.amazonaws.com\" }}{bool_}\n  }}\n}}",
        actions.iter().map(|action| format!("\"{action}\"")).collect::<Vec<_>>().join(", ")
    )
}

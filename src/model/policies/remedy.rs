//! The smallest change that lets AWS Backup in, spelt as the policy is: YAML, JSON, an object of `jsonencode`, a block of
//! an `aws_iam_policy_document`.

use super::super::evaluator::Language;
use super::super::stack::Stack;
use crate::iam::{Access, Verdict};
use crate::value::Value;

/// How a policy is spelt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Yaml,
    /// JSON of a template: `{ "Fn::Sub": ... }`.
    Json,
    Object,
    Block,
    /// JSON text of Terraform: `${...}` in its strings.
    Text,
}

/// A statement to add.
struct Statement {
    sid: &'static str,
    /// The service principal instead of the account.
    service: bool,
    actions: Vec<&'static str>,
    /// Operator, key, value.
    conditions: Vec<(&'static str, &'static str, String)>,
}

const VIA: (&str, &str) = ("kms:ViaService", "backup.*.amazonaws.com");

/// What to write so that AWS Backup may use the key: statements to add; for a Deny, the condition that leaves it out.
pub(super) fn of(stack: &Stack<'_>, access: &Access, document: Option<&Value>) -> Option<String> {
    if matches!(access.verdict, Verdict::Granted | Verdict::Undecided(_)) || access.actions.is_empty() {
        return None;
    }
    let form = form(stack, document);
    if access.verdict == Verdict::Denied {
        return Some(exemption(form));
    }
    let via = |operator| (operator, VIA.0, VIA.1.to_owned());
    let uses: Vec<&str> = access.actions.iter().copied().filter(|action| *action != "kms:CreateGrant").collect();
    let mut statements = Vec::new();
    if !uses.is_empty() {
        let conditions = vec![via("StringLike")];
        statements.push(Statement { sid: "AllowUseThroughBackup", service: false, actions: uses, conditions });
    }
    if access.actions.contains(&"kms:CreateGrant") {
        let grant = ("Bool", "kms:GrantIsForAWSResource", "true".to_owned());
        statements.push(Statement {
            sid: "AllowGrantsThroughBackup",
            service: false,
            actions: vec!["kms:CreateGrant"],
            conditions: vec![via("StringLike"), grant],
        });
    }
    Some(written(stack, form, &statements))
}

/// The statement that lets the service principal itself use the key; where no policy is written, beside the account's.
pub(super) fn for_service(stack: &Stack<'_>, document: Option<&Value>) -> String {
    let form = form(stack, document);
    let account = match form {
        Form::Yaml => "!Ref AWS::AccountId".to_owned(),
        Form::Json => "{ \"Ref\": \"AWS::AccountId\" }".to_owned(),
        Form::Object | Form::Block => format!("{}.account_id", identity(stack)),
        Form::Text => format!("${{{}.account_id}}", identity(stack)),
    };
    let statement = Statement {
        sid: "AllowAWSBackup",
        service: true,
        actions: vec!["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"],
        conditions: vec![("StringEquals", "aws:SourceAccount", account)],
    };
    // KMS' default policy is gone as soon as one is written: what it gave must be in it.
    let account = Statement { sid: "Account", service: false, actions: vec!["kms:*"], conditions: Vec::new() };
    match document {
        Some(_) => written(stack, form, &[statement]),
        None => written(stack, form, &[account, statement]),
    }
}

fn form(stack: &Stack<'_>, document: Option<&Value>) -> Form {
    let span = document.and_then(|document| document.origin.span);
    let text = span.and_then(|span| stack.evaluator.written(span)).unwrap_or_default();
    if stack.evaluator.language() != Language::CloudFormation {
        return if text.starts_with("data ") {
            Form::Block
        } else if text.starts_with("<<") {
            Form::Text
        } else {
            Form::Object
        };
    }
    let header = stack.evaluator.blocks().first().and_then(|block| stack.evaluator.written(block.header));
    if header.is_some_and(|header| header.starts_with('"')) { Form::Json } else { Form::Yaml }
}

fn written(stack: &Stack<'_>, form: Form, statements: &[Statement]) -> String {
    let one = |statement: &Statement| match form {
        Form::Yaml => yaml(statement),
        Form::Json => json(statement, &|text| format!("{{ \"Fn::Sub\": \"{text}\" }}"), SUB_ROOT),
        Form::Text => json(statement, &|text| format!("\"{text}\""), &terraform_root(stack)),
        Form::Object => object(statement, &terraform_root(stack)),
        Form::Block => block(statement, &terraform_root(stack)),
    };
    let joint = if matches!(form, Form::Json | Form::Text | Form::Object) { ",\n" } else { "\n" };
    statements.iter().map(one).collect::<Vec<_>>().join(joint)
}

const SUB_ROOT: &str = "arn:${AWS::Partition}:iam::${AWS::AccountId}:root";

/// The account's root with the data sources that the configuration has.
fn terraform_root(stack: &Stack<'_>) -> String {
    let partition = match data_source(stack, "aws_partition") {
        Some(address) => format!("${{{address}.partition}}"),
        None => "aws".to_owned(),
    };
    format!("arn:{partition}:iam::${{{}.account_id}}:root", identity(stack))
}

fn identity(stack: &Stack<'_>) -> String {
    data_source(stack, "aws_caller_identity").unwrap_or_else(|| "data.aws_caller_identity.current".to_owned())
}

/// How a data source of this type is named where it is declared.
fn data_source(stack: &Stack<'_>, kind: &str) -> Option<String> {
    let block = stack.evaluator.blocks().iter().find(|block| block.data && &*block.kind == kind)?;
    Some(format!("data.{kind}.{}", block.address.rsplit('.').next().unwrap_or("current")))
}

fn listed(actions: &[&str], quote: char) -> String {
    let quoted: Vec<String> = actions.iter().map(|action| format!("{quote}{action}{quote}")).collect();
    quoted.join(", ")
}

fn yaml(statement: &Statement) -> String {
    let principal =
        if statement.service { "Service: backup.amazonaws.com".to_owned() } else { format!("AWS: !Sub '{SUB_ROOT}'") };
    let mut text = format!(
        "- Sid: {}\n  Effect: Allow\n  Principal: {{ {principal} }}\n  Action: [{}]\n  Resource: '*'",
        statement.sid,
        listed(&statement.actions, '\'')
    );
    if !statement.conditions.is_empty() {
        text.push_str("\n  Condition:");
    }
    for (operator, key, value) in &statement.conditions {
        let value = if value == "true" { "'true'" } else { value };
        text.push_str(&format!("\n    {operator}: {{ {key}: {value} }}"));
    }
    text
}

fn json(statement: &Statement, arn: &dyn Fn(&str) -> String, root: &str) -> String {
    let principal = if statement.service {
        "\"Service\": \"backup.amazonaws.com\"".to_owned()
    } else {
        format!("\"AWS\": {}", arn(root))
    };
    let conditions = statement.conditions.iter().map(|(operator, key, value)| {
        let value = if value.starts_with('{') { value.clone() } else { format!("\"{value}\"") };
        format!("    \"{operator}\": {{ \"{key}\": {value} }}")
    });
    let conditions = match conditions.collect::<Vec<_>>().join(",\n") {
        none if none.is_empty() => String::new(),
        some => format!(",\n  \"Condition\": {{\n{some}\n  }}"),
    };
    format!(
        "{{\n  \"Sid\": \"{}\",\n  \"Effect\": \"Allow\",\n  \"Principal\": {{ {principal} }},\n  \"Action\": [{}],\n  \
         \"Resource\": \"*\"{conditions}\n}}",
        statement.sid,
        listed(&statement.actions, '"'),
    )
}

/// A value of a condition in Terraform: an expression as it is, anything else in quotes.
fn expression(value: &str) -> String {
    if value.starts_with("data.") { value.to_owned() } else { format!("\"{value}\"") }
}

fn object(statement: &Statement, root: &str) -> String {
    let principal =
        if statement.service { "Service = \"backup.amazonaws.com\"".to_owned() } else { format!("AWS = \"{root}\"") };
    let conditions = statement
        .conditions
        .iter()
        .map(|(operator, key, value)| format!("    {operator:10} = {{ \"{key}\" = {} }}\n", expression(value)));
    let conditions = match conditions.collect::<String>() {
        none if none.is_empty() => String::new(),
        some => format!("  Condition = {{\n{some}  }}\n"),
    };
    format!(
        "{{\n  Sid       = \"{}\"\n  Effect    = \"Allow\"\n  Principal = {{ {principal} }}\n  Action    = [{}]\n  \
         Resource  = \"*\"\n{conditions}}}",
        statement.sid,
        listed(&statement.actions, '"'),
    )
}

fn block(statement: &Statement, root: &str) -> String {
    let (kind, who) = if statement.service { ("Service", "backup.amazonaws.com") } else { ("AWS", root) };
    let conditions = statement.conditions.iter().map(|(operator, key, value)| {
        let value = expression(value);
        format!(
            "  condition {{\n    test     = \"{operator}\"\n    variable = \"{key}\"\n    values   = [{value}]\n  }}\n"
        )
    });
    format!(
        "statement {{\n  sid       = \"{}\"\n  actions   = [{}]\n  resources = [\"*\"]\n  principals {{\n    \
         type        = \"{kind}\"\n    identifiers = [\"{who}\"]\n  }}\n{}}}",
        statement.sid,
        listed(&statement.actions, '"'),
        conditions.collect::<String>()
    )
}

/// The condition by which a Deny leaves requests through AWS Backup alone.
fn exemption(form: Form) -> String {
    let (key, value) = VIA;
    match form {
        Form::Yaml => format!("StringNotLike: {{ {key}: {value} }}"),
        Form::Json | Form::Text => format!("\"StringNotLike\": {{ \"{key}\": \"{value}\" }}"),
        Form::Object => format!("StringNotLike = {{ \"{key}\" = \"{value}\" }}"),
        Form::Block => format!(
            "condition {{\n  test     = \"StringNotLike\"\n  variable = \"{key}\"\n  values   = [\"{value}\"]\n}}"
        ),
    }
}

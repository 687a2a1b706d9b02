// Made from rules/key-policy-confused-deputy.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "key-policy-confused-deputy",
    text: include_str!("../../../rules/key-policy-confused-deputy.md"),
    severity: "advice",
    subject: "statement",
    types: &[],
    summary: "Key policy lets AWS Backup in on behalf of any account",
    profiles: &[],
    after: &[],
    controls: &[],
    params: &[],
    condition: None,
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: None,
            expr: "!statement.confused_deputy",
            severity: None,
            message: "In the policy of key {address}, {statement.label} lets AWS Backup in without asking for whose account it works",
            label: Some("on behalf of any account"),
            help: &[(Some(Language::CloudFormation), "tie the statement to your account:\n    Condition:\n      StringEquals:\n        aws:SourceAccount: !Ref AWS::AccountId\nChanging a key policy replaces nothing."), (Some(Language::Terraform), "tie the statement to your account:\n    Condition = {\n      StringEquals = { \"aws:SourceAccount\" = data.aws_caller_identity.current.account_id }\n    }\nChanging a key policy replaces nothing.")],
            notes: &[],
        },
    ],
}

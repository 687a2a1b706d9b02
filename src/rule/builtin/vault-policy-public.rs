// Made from rules/vault-policy-public.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "vault-policy-public",
    text: include_str!("../../../rules/vault-policy-public.md"),
    severity: "error",
    subject: "policy",
    types: &[],
    summary: "The access policy of a vault lets everybody in",
    profiles: &[],
    after: &[],
    controls: &[],
    params: &[],
    condition: Some("policy.of == \"vault\""),
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: None,
            expr: "policy.statements.all(s, s.public == \"no\")",
            severity: None,
            message: "The access policy of {address} lets everybody in, every AWS account there is",
            label: Some("everybody is let in"),
            help: &[(Some(Language::CloudFormation), "name the accounts, or keep the principal * and add the condition that narrows it to your organisation:\n    Condition: { StringEquals: { 'aws:PrincipalOrgID': o-example1234 } }\nChanging an access policy replaces nothing."), (Some(Language::Terraform), "name the accounts, or keep the principal * and add the condition that narrows it to your organisation:\n    Condition = { StringEquals = { \"aws:PrincipalOrgID\" = \"o-example1234\" } }\nChanging an access policy replaces nothing.")],
            notes: &[],
        },
    ],
}

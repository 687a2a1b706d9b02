// Made from rules/organization-policy-size.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "organization-policy-size",
    text: include_str!("../../../rules/organization-policy-size.md"),
    severity: "error",
    subject: "organization_policy",
    types: &[],
    summary: "Policy of an organization is longer than AWS Organizations accepts",
    profiles: &["organization"],
    after: &[],
    controls: &[],
    params: &[],
    condition: None,
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: None,
            expr: "!(has(organization_policy.least_size) && (\n  organization_policy.least_size > 5120\n    && organization_policy.type in [\"SERVICE_CONTROL_POLICY\", \"RESOURCE_CONTROL_POLICY\"]\n  || organization_policy.least_size > 10000 && organization_policy.type == \"BACKUP_POLICY\"))",
            severity: None,
            message: "Policy {address} has {organization_policy.least_size} characters at least, and AWS Organizations accepts no more than 5120 in a service or resource control policy and 10000 in a backup policy",
            label: None,
            help: &[(None, "split the policy in two, or join statements and shorten names with wildcards\nUp to five policies can be attached to one account or organizational unit. Nothing is replaced.")],
            notes: &[],
        },
    ],
}

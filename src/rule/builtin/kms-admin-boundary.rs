// Made from rules/kms-admin-boundary.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "kms-admin-boundary",
    text: include_str!("../../../rules/kms-admin-boundary.md"),
    severity: "advice",
    subject: "role",
    types: &[],
    summary: "Role that administers keys has no permissions boundary",
    profiles: &["organization"],
    after: &[],
    controls: &[],
    params: &[],
    condition: None,
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: None,
            expr: "role.has_boundary || !role.administers_kms",
            severity: None,
            message: "Role {address} may administer KMS keys, and no permissions boundary limits it",
            label: Some("lets the role administer keys"),
            help: &[(Some(Language::CloudFormation), "give the role the boundary of your organisation:\n    PermissionsBoundary: !Sub 'arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/key-admin-boundary'\nThe role stays; what the boundary does not allow is refused from then on."), (Some(Language::Terraform), "give the role the boundary of your organisation:\n    permissions_boundary = aws_iam_policy.key_admin_boundary.arn\nThe role stays; what the boundary does not allow is refused from then on.")],
            notes: &[],
        },
    ],
}

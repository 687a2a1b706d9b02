// Made from rules/key-policy-public.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "key-policy-public",
    text: include_str!("../../../rules/key-policy-public.md"),
    severity: "error",
    subject: "statement",
    types: &[],
    summary: "Key policy lets anybody in any AWS account use the key",
    profiles: &[],
    after: &[],
    controls: &[
        ("security-hub", &["KMS.5"]),
        ("cis-aws-v7", &["2.21"]),
        ("checkov", &["CKV_AWS_33"]),
    ],
    params: &[],
    condition: None,
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: Some("open"),
            expr: "statement.public != \"yes\"",
            severity: None,
            message: "In the policy of key {address}, {statement.label} lets anybody in any AWS account in",
            label: Some("this means everybody"),
            help: &[(Some(Language::CloudFormation), "name the principals, or narrow the statement to your account:\n    Condition:\n      StringEquals:\n        kms:CallerAccount: !Ref AWS::AccountId\nChanging a key policy replaces nothing. Ask first who uses the key from other\naccounts, for they are shut out."), (Some(Language::Terraform), "name the principals, or narrow the statement to your account:\n    Condition = {\n      StringEquals = { \"kms:CallerAccount\" = data.aws_caller_identity.current.account_id }\n    }\nChanging a key policy replaces nothing. Ask first who uses the key from other\naccounts, for they are shut out.")],
            notes: &[],
        },
        BuiltinCheck {
            name: Some("via-service"),
            expr: "statement.public != \"via-service-only\"",
            severity: Some("warning"),
            message: "In the policy of key {address}, {statement.label} lets anybody in any AWS account in who comes through an AWS service",
            label: Some("this means everybody, and kms:ViaService does not narrow it to an account"),
            help: &[(Some(Language::CloudFormation), "name the principals, or narrow the statement to your account:\n    Condition:\n      StringEquals:\n        kms:CallerAccount: !Ref AWS::AccountId\nChanging a key policy replaces nothing. Ask first who uses the key from other\naccounts, for they are shut out."), (Some(Language::Terraform), "name the principals, or narrow the statement to your account:\n    Condition = {\n      StringEquals = { \"kms:CallerAccount\" = data.aws_caller_identity.current.account_id }\n    }\nChanging a key policy replaces nothing. Ask first who uses the key from other\naccounts, for they are shut out.")],
            notes: &[],
        },
    ],
}

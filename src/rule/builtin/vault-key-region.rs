// Made from rules/vault-key-region.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "vault-key-region",
    text: include_str!("../../../rules/vault-key-region.md"),
    severity: "error",
    subject: "any_vault",
    types: &[],
    summary: "The vault and its key are in different regions",
    profiles: &[],
    after: &["vault-customer-key", "air-gapped-vault-customer-key"],
    controls: &[],
    params: &[],
    condition: Some("vault.key.owner == \"customer\""),
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: None,
            expr: "!vault.key.region_differs",
            severity: None,
            message: "Backup vault {address} is in {vault.region}, and its key is in {vault.key.region}; a vault can use only keys of its own region",
            label: Some("this key is in another region"),
            help: &[(Some(Language::CloudFormation), "give the ARN of a key in the stack's own region; for vaults in several regions, make the key in the same template:\n    EncryptionKeyArn: !GetAtt BackupKey.Arn\nA vault that exists already is replaced when its key changes, and an old vault can be deleted only when it is empty."), (Some(Language::Terraform), "declare the key with the same provider and region as the vault, for example\n    provider = aws.dr\nor make a replica of a multi-Region key there (aws_kms_replica_key) and give the replica's ARN.\nA vault that exists already is replaced when its key changes, and an old vault can be destroyed only when it is empty.")],
            notes: &[],
        },
    ],
}

// Made from rules/air-gapped-vault-local-key.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "air-gapped-vault-local-key",
    text: include_str!("../../../rules/air-gapped-vault-local-key.md"),
    severity: "advice",
    subject: "air_gapped_vault",
    types: &[],
    summary: "Air-gapped vault is encrypted with a key of its own account",
    profiles: &[],
    after: &[],
    controls: &[],
    params: &[],
    condition: Some("air_gapped_vault.key.known"),
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: None,
            expr: "!air_gapped_vault.key.local",
            severity: None,
            message: "Air-gapped vault {address} is encrypted with key {air_gapped_vault.key.resource.address} of its own account, so whoever takes over the account can take the backups with it",
            label: Some("this key is declared beside the vault"),
            help: &[(Some(Language::CloudFormation), "leave EncryptionKeyArn out, so that the vault uses a key that AWS owns, as AWS recommends; or give the ARN of a key in an account that nobody here administers\nA vault's key can't be changed: CloudFormation replaces the vault, and no backup in the old one can be deleted before it expires; copies of them can be made."), (Some(Language::Terraform), "leave encryption_key_arn out, so that the vault uses a key that AWS owns, as AWS recommends; or give the ARN of a key in an account that nobody here administers\nA vault's key can't be changed: Terraform replaces the vault, and no backup in the old one can be deleted before it expires; copies of them can be made.")],
            notes: &[],
        },
    ],
}

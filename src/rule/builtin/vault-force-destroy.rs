// Made from rules/vault-force-destroy.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "vault-force-destroy",
    text: include_str!("../../../rules/vault-force-destroy.md"),
    severity: "warning",
    subject: "vault",
    types: &[],
    summary: "Destroying the vault deletes every backup in it",
    profiles: &[],
    after: &[],
    controls: &[],
    params: &[],
    condition: None,
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: None,
            expr: "!vault.force_destroy",
            severity: None,
            message: "Destroying backup vault {address} deletes every backup in it, because force_destroy is on",
            label: Some("backups go with the vault"),
            help: &[(None, "leave force_destroy out, or write\n    force_destroy = false\nNothing is replaced. Terraform then refuses to destroy the vault while a backup is in it.")],
            notes: &[],
        },
    ],
}

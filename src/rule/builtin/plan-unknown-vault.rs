// Made from rules/plan-unknown-vault.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "plan-unknown-vault",
    text: include_str!("../../../rules/plan-unknown-vault.md"),
    severity: "advice",
    subject: "backup_rule",
    types: &[],
    summary: "The plan names a vault that is not declared beside it",
    profiles: &[],
    after: &[],
    controls: &[],
    params: &[],
    condition: Some("!backup_rule.of_policy"),
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: None,
            expr: "backup_rule.target != \"elsewhere\"",
            severity: None,
            message: "Plan {address} writes to vault {backup_rule.target_name}, which is not declared here, so nothing here tells which key encrypts its backups",
            label: Some("no vault of this name is declared here"),
            help: &[(Some(Language::CloudFormation), "declare the vault in this template and name it by reference, or import its name from the stack that declares it:\n    TargetBackupVault: !Ref Vault\nChanging the target replaces nothing: later backups go to the new vault."), (Some(Language::Terraform), "declare the vault in this configuration and name it by reference, or look it up:\n    target_vault_name = aws_backup_vault.main.name\nChanging the target replaces nothing: later backups go to the new vault.")],
            notes: &[],
        },
    ],
}

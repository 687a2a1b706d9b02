// Made from rules/vault-unlocked.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "vault-unlocked",
    text: include_str!("../../../rules/vault-unlocked.md"),
    severity: "advice",
    subject: "vault",
    types: &[],
    summary: "Backup vault has no lock",
    profiles: &["regulated"],
    after: &[],
    controls: &[],
    params: &[],
    condition: None,
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: None,
            expr: "vault.lock != null",
            severity: None,
            message: "Backup vault {address} has no lock, so whoever may delete backups can delete them before their retention ends",
            label: Some("no vault lock"),
            help: &[(Some(Language::CloudFormation), "add a lock, at first in governance mode, in which it can be removed again:\n    LockConfiguration: { MinRetentionDays: 7, MaxRetentionDays: 365 }\nChangeableForDays: 3 (or more) makes it final after that time: nobody can remove it, and every backup is paid for until it expires."), (Some(Language::Terraform), "add a lock, at first in governance mode, in which it can be removed again:\n    resource \"aws_backup_vault_lock_configuration\" \"main\" {\n      backup_vault_name  = aws_backup_vault.main.name\n      min_retention_days = 7\n      max_retention_days = 365\n    }\nchangeable_for_days = 3 (or more) makes it final after that time: nobody can remove it, and every backup is paid for until it expires.")],
            notes: &[],
        },
    ],
}

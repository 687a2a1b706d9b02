// Made from rules/key-deletion-window.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "key-deletion-window",
    text: include_str!("../../../rules/key-deletion-window.md"),
    severity: "advice",
    subject: "key",
    types: &[],
    summary: "Deletion of the vault's key waits too short a time",
    profiles: &[],
    after: &[],
    controls: &[],
    params: &[
        ("min_days", "14"),
    ],
    condition: Some("key.used_by_vault"),
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: Some("outside"),
            expr: "!has(key.deletion_window) || (key.deletion_window >= 7 && key.deletion_window <= 30)",
            severity: Some("error"),
            message: "Key {address} has a waiting time of {key.deletion_window} days before deletion, but KMS takes 7 to 30",
            label: Some("outside 7 to 30 days"),
            help: &[(Some(Language::CloudFormation), "write\n    PendingWindowInDays: 30\nor leave it out, which means the same. Nothing is replaced, and a key that waits for\nits deletion costs nothing."), (Some(Language::Terraform), "write\n    deletion_window_in_days = 30\nor leave it out, which means the same. Nothing is replaced, and a key that waits for\nits deletion costs nothing.")],
            notes: &[],
        },
        BuiltinCheck {
            name: Some("short"),
            expr: "!has(key.deletion_window) || key.deletion_window >= params.min_days",
            severity: None,
            message: "Key {address} protects backups, and its deletion waits only {key.deletion_window} days",
            label: Some("shorter than {params.min_days} days"),
            help: &[(Some(Language::CloudFormation), "write\n    PendingWindowInDays: 30\nor leave it out, which means the same. Nothing is replaced, and a key that waits for\nits deletion costs nothing."), (Some(Language::Terraform), "write\n    deletion_window_in_days = 30\nor leave it out, which means the same. Nothing is replaced, and a key that waits for\nits deletion costs nothing.")],
            notes: &[],
        },
    ],
}

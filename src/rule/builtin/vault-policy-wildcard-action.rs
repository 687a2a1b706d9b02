// Made from rules/vault-policy-wildcard-action.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "vault-policy-wildcard-action",
    text: include_str!("../../../rules/vault-policy-wildcard-action.md"),
    severity: "error",
    subject: "policy",
    types: &[],
    summary: "The access policy of a vault has an action with a wildcard",
    profiles: &[],
    after: &[],
    controls: &[],
    params: &[],
    condition: Some("policy.of == \"vault\""),
    selected: &[
        ("wild", Some("policy.statements.filter(s, size(s.wildcard_actions) > 0)"), Some("policy.statements.filter(s, size(s.wildcard_actions) > 0)")),
    ],
    checks: &[
        BuiltinCheck {
            name: None,
            expr: "policy.statements.all(s, s.wildcard_actions.all(action, !action.contains(\"*\") && !action.contains(\"?\")))",
            severity: None,
            message: "The access policy of {address} has the action {wild[0].wildcard_actions[0]}, and AWS Backup refuses wildcards in actions",
            label: Some("this action has a wildcard"),
            help: &[(None, "write each action out, for example backup:CopyIntoBackupVault to let other accounts copy into the vault, or backup:DeleteRecoveryPoint and backup:UpdateRecoveryPointLifecycle to deny what shortens the life of backups.\nChanging an access policy replaces nothing.")],
            notes: &[],
        },
    ],
}

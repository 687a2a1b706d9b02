// Made from rules/key-policy-regional-via-service.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "key-policy-regional-via-service",
    text: include_str!("../../../rules/key-policy-regional-via-service.md"),
    severity: "advice",
    subject: "key",
    types: &[],
    summary: "Key policy lets AWS Backup in from one region only, while a plan copies to another",
    profiles: &[],
    after: &[],
    controls: &[],
    params: &[],
    condition: Some("key.used_by_vault"),
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: None,
            expr: "key.regional_via_service == null",
            severity: None,
            message: "The policy of key {address} lets AWS Backup in from one region only, while a plan copies its backups to another region",
            label: Some("pins AWS Backup to one region"),
            help: &[(None, "let AWS Backup in from every region that the plans copy to:\n    kms:ViaService: backup.*.amazonaws.com\nwith StringLike as the operator, or list each region. Changing a key policy replaces\nnothing.")],
            notes: &[],
        },
    ],
}

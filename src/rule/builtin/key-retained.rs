// Made from rules/key-retained.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "key-retained",
    text: include_str!("../../../rules/key-retained.md"),
    severity: "key.language == \"cloudformation\" ? \"warning\" : \"advice\"",
    subject: "key",
    types: &[],
    summary: "Nothing keeps the vault's key from being deleted with the code that made it",
    profiles: &[],
    after: &[],
    controls: &[],
    params: &[],
    condition: Some("key.used_by_vault"),
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: None,
            expr: "key.retained",
            severity: None,
            message: "Key {address} protects backups, and nothing keeps it when its code is taken away",
            label: Some("deleting this schedules the key's deletion"),
            help: &[(Some(Language::CloudFormation), "write, beside Type and Properties,\n    DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\nNothing is replaced. A key that outlives its stack costs a dollar a month until you\nschedule its deletion yourself."), (Some(Language::Terraform), "write\n    lifecycle {\n      prevent_destroy = true\n    }\nNothing is replaced. To destroy the key on purpose, take the line out first.")],
            notes: &[],
        },
    ],
}

// Made from rules/key-rotation-manual.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "key-rotation-manual",
    text: include_str!("../../../rules/key-rotation-manual.md"),
    severity: "advice",
    subject: "key",
    types: &[],
    summary: "KMS can't rotate the vault's key by itself",
    profiles: &[],
    after: &[],
    controls: &[],
    params: &[],
    condition: Some("key.used_by_vault && !key.rotation_rejected"),
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: None,
            expr: "key.material == \"kms\" || key.rotation != \"manual\"",
            severity: None,
            message: "Key {address} protects backups, and KMS can't rotate it by itself, so it must be rotated by hand",
            label: Some("the material is not one that KMS rotates"),
            help: &[(None, "put a date for it in your calendar: imported material is rotated on demand or by\nimporting new material, a key in a custom key store by a new key. A vault's key\ncan't be changed, so a new key means a new vault, and old backups keep the old key.")],
            notes: &[],
        },
    ],
}

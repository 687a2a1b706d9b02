// Made from rules/key-required-tags.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "key-required-tags",
    text: include_str!("../../../rules/key-required-tags.md"),
    severity: "warning",
    subject: "key",
    types: &[],
    summary: "KMS key lacks a tag that your organisation demands",
    profiles: &[],
    after: &[],
    controls: &[],
    params: &[
        ("tags", "[]"),
    ],
    condition: None,
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: None,
            expr: "params.tags.all(tag, tag in key.tag_keys)",
            severity: None,
            message: "Key {address} lacks a tag that your organisation demands; demanded are {params.tags}",
            label: Some("a tag is missing here"),
            help: &[(Some(Language::CloudFormation), "add the missing tag to the key:\n    Tags:\n      - Key: Owner\n        Value: backup-team\nTags of a key can be changed at any time; nothing is replaced."), (Some(Language::Terraform), "add the missing tag to the key, or to the provider's default_tags:\n    tags = {\n      Owner = \"backup-team\"\n    }\nTags of a key can be changed at any time; nothing is replaced.")],
            notes: &[],
        },
    ],
}

// Made from rules/key-policy-separation.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "key-policy-separation",
    text: include_str!("../../../rules/key-policy-separation.md"),
    severity: "params.regulated ? \"warning\" : \"advice\"",
    subject: "key_policy",
    types: &[],
    summary: "One principal both administers the key and uses it",
    profiles: &[],
    after: &[],
    controls: &[],
    params: &[
        ("regulated", "false"),
    ],
    condition: None,
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: None,
            expr: "!key_policy.administers_and_uses.exists(principal, principal != \"\")",
            severity: None,
            message: "The policy of key {address} lets one principal both administer the key and use it",
            label: Some("administers the key, or deletes it, and uses it"),
            help: &[(None, "give administration (kms:PutKeyPolicy, kms:ScheduleKeyDeletion, kms:DisableKey) and\nuse (kms:Decrypt, kms:GenerateDataKey, kms:CreateGrant) to different roles. Changing\na key policy replaces nothing; whoever did both needs the second role now.")],
            notes: &[],
        },
    ],
}

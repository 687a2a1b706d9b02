// Made from rules/scp-kms-guard.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "scp-kms-guard",
    text: include_str!("../../../rules/scp-kms-guard.md"),
    severity: "warning",
    subject: "organization_policy",
    types: &[],
    summary: "Service control policy for keys leaves a gap",
    profiles: &["organization"],
    after: &[],
    controls: &[],
    params: &[],
    condition: Some("organization_policy.type == \"SERVICE_CONTROL_POLICY\""),
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: None,
            expr: "organization_policy.policy.statements.exists(it, it.mfa_bypass)\n|| ![\"kms:putkeypolicy\", \"kms:disablekey\", \"kms:schedulekeydeletion\"].all(wanted,\n  organization_policy.policy.statements.exists(it, it.effect == \"Deny\" && it.actions.exists(action,\n    action.lowerAscii() != \"*\" && action.lowerAscii() != \"kms:*\"\n    && wanted.startsWith(action.lowerAscii().replace(\"*\", \"\")))))\n|| organization_policy.kms_guard != \"incomplete\"",
            severity: None,
            message: "Service control policy {address} is there to guard keys, but does not deny {organization_policy.unguarded} without MFA on every key",
            label: Some("the guard begins here"),
            help: &[(None, "deny kms:PutKeyPolicy, kms:DisableKey and kms:ScheduleKeyDeletion on Resource \"*\",\nwith no condition but\n    \"BoolIfExists\": { \"aws:MultiFactorAuthPresent\": \"false\" }\nand, where needed, an exception by ArnNotLike on aws:PrincipalArn. Nothing is\nreplaced; it takes effect at once for every account under the policy.")],
            notes: &[],
        },
    ],
}

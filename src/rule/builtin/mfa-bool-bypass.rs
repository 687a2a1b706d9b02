// Made from rules/mfa-bool-bypass.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "mfa-bool-bypass",
    text: include_str!("../../../rules/mfa-bool-bypass.md"),
    severity: "error",
    subject: "policy",
    types: &[],
    summary: "Deny without MFA does not reach access keys",
    profiles: &[],
    after: &[],
    controls: &[],
    params: &[],
    condition: None,
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: None,
            expr: "policy.statements.exists(it, it.effect == \"Deny\" && it.conditions.Null[\"aws:MultiFactorAuthPresent\"] == true)\n|| !policy.statements.exists(it, it.mfa_bypass)",
            severity: None,
            message: "The policy of {address} denies only where MFA is known to be missing, so requests with long-lived access keys pass by",
            label: Some("requests with access keys do not have this condition key"),
            help: &[(None, "write BoolIfExists in the place of Bool: it also holds where the condition key is\nmissing. Nothing is replaced. Service roles and automation have no MFA either and\nare denied then, so except them by aws:PrincipalArn where they must go on.")],
            notes: &[],
        },
    ],
}

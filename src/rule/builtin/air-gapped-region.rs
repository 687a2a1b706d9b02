// Made from rules/air-gapped-region.md: BLESS=1 cargo test --lib builtin
Builtin {
    id: "air-gapped-region",
    text: include_str!("../../../rules/air-gapped-region.md"),
    severity: "error",
    subject: "air_gapped_vault",
    types: &[],
    summary: "Logically air-gapped vaults do not exist in this region",
    profiles: &[],
    after: &[],
    controls: &[],
    params: &[
        ("regions", "[\"ap-east-2\",\"ap-southeast-5\",\"ap-southeast-6\",\"ap-southeast-7\",\"ca-west-1\",\"mx-central-1\"]"),
    ],
    condition: None,
    selected: &[],
    checks: &[
        BuiltinCheck {
            name: None,
            expr: "!has(air_gapped_vault.region)\n  || !(air_gapped_vault.region in params.regions)\n    && !air_gapped_vault.region.startsWith(\"cn-\")\n    && !air_gapped_vault.region.startsWith(\"us-gov-\")",
            severity: None,
            message: "Air-gapped vault {address} can't be created in {air_gapped_vault.region}, where AWS Backup has no logically air-gapped vaults",
            label: Some("this region has no logically air-gapped vaults"),
            help: &[(Some(Language::CloudFormation), "create the stack in a region that has them, or keep the copies in a standard vault with a lock there:\n    LockConfiguration: { MinRetentionDays: 7 }\nCopies to another region are paid for by the gigabyte; a lock keeps every backup, and its price, until it expires."), (Some(Language::Terraform), "give the vault a provider or region that has them, for example\n    region = \"eu-west-1\"\nor keep the copies in a standard vault with a lock (aws_backup_vault_lock_configuration).\nCopies to another region are paid for by the gigabyte; a lock keeps every backup, and its price, until it expires.")],
            notes: &[],
        },
    ],
}

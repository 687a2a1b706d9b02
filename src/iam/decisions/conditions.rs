//! Conditions of what is allowed, and denials.

use super::{Vault, check};

#[test]
fn conditions_of_requests_through_backup() {
    let pinned = r#""StringEquals":{"kms:ViaService":"backup.<region>.amazonaws.com"}"#;
    let rows = |condition: &str| format!("A | @root | @use | {condition}");
    let table: &[(&str, &str, &str)] = &[
        ("via AWS Backup", "@via", "granted"),
        ("via AWS Backup in this region", pinned, "granted"),
        (
            "via AWS Backup in a literal region",
            r#""StringEquals":{"kms:ViaService":"backup.eu-west-1.amazonaws.com"}"#,
            "undecided",
        ),
        ("via EC2", r#""StringEquals":{"kms:ViaService":"ec2.<region>.amazonaws.com"}"#, "blocked"),
        (
            "via EC2 or AWS Backup",
            r#""StringLike":{"kms:ViaService":["ec2.*.amazonaws.com","backup.*.amazonaws.com"]}"#,
            "granted",
        ),
        ("StringEquals knows no wildcard", r#""StringEquals":{"kms:ViaService":"backup.*.amazonaws.com"}"#, "blocked"),
        ("not via EC2", r#""StringNotLike":{"kms:ViaService":"ec2.*.amazonaws.com"}"#, "granted"),
        ("not via AWS Backup", r#""StringNotLike":{"kms:ViaService":"backup.*.amazonaws.com"}"#, "blocked"),
        ("own caller account", r#""StringEquals":{"kms:CallerAccount":"<account>"}"#, "granted"),
        ("a literal caller account", r#""StringEquals":{"kms:CallerAccount":"111122223333"}"#, "undecided"),
        ("own principal account", r#""StringEquals":{"aws:PrincipalAccount":"<account>"}"#, "granted"),
        ("an organisation", r#""StringEquals":{"aws:PrincipalOrgID":"o-example"}"#, "undecided"),
        (
            "a source account, which only services have",
            r#""StringEquals":{"aws:SourceAccount":"<account>"}"#,
            "blocked",
        ),
        ("a source account if there is one", r#""StringEqualsIfExists":{"aws:SourceAccount":"<account>"}"#, "granted"),
        ("a source ARN", r#""ArnLike":{"aws:SourceArn":"arn:aws:backup:*:*:*"}"#, "blocked"),
        ("no source account", r#""Null":{"aws:SourceAccount":"true"}"#, "granted"),
        ("some source account", r#""Null":{"aws:SourceAccount":"false"}"#, "blocked"),
        ("only services", r#""Bool":{"aws:PrincipalIsAWSService":"true"}"#, "blocked"),
        ("no services", r#""Bool":{"aws:PrincipalIsAWSService":"false"}"#, "granted"),
        ("MFA", r#""Bool":{"aws:MultiFactorAuthPresent":"true"}"#, "blocked"),
        ("MFA if the session tells", r#""BoolIfExists":{"aws:MultiFactorAuthPresent":"true"}"#, "undecided"),
        ("a young MFA", r#""NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}"#, "blocked"),
        ("an address", r#""IpAddress":{"aws:SourceIp":"203.0.113.0/24"}"#, "blocked"),
        ("any address", r#""IpAddress":{"aws:SourceIp":"0.0.0.0/0"}"#, "granted"),
        ("not a blocked address", r#""NotIpAddress":{"aws:SourceIp":"203.0.113.0/24"}"#, "granted"),
        ("an endpoint", r#""StringEquals":{"aws:SourceVpce":"vpce-0123456789"}"#, "blocked"),
        ("an endpoint if through one", r#""StringEqualsIfExists":{"aws:SourceVpce":"vpce-0123456789"}"#, "granted"),
        ("TLS", r#""Bool":{"aws:SecureTransport":"true"}"#, "granted"),
        ("TLS 1.2", r#""NumericGreaterThanEquals":{"aws:TlsVersion":"1.2"}"#, "granted"),
        ("TLS 1.3", r#""NumericGreaterThanEquals":{"aws:TlsVersion":"1.3"}"#, "undecided"),
        ("this region", r#""StringEquals":{"aws:RequestedRegion":"<region>"}"#, "granted"),
        ("roles", r#""StringEquals":{"aws:PrincipalType":"AssumedRole"}"#, "granted"),
        ("users", r#""StringEquals":{"aws:PrincipalType":"User"}"#, "blocked"),
        ("a user's name", r#""StringLike":{"aws:username":"*"}"#, "blocked"),
        ("the own resource account", r#""StringEquals":{"aws:ResourceAccount":"<account>"}"#, "granted"),
        ("this key's spec", r#""StringEquals":{"kms:KeySpec":"SYMMETRIC_DEFAULT"}"#, "granted"),
        ("another spec", r#""StringEquals":{"kms:KeySpec":"RSA_4096"}"#, "blocked"),
        ("another origin", r#""StringEquals":{"kms:KeyOrigin":"EXTERNAL"}"#, "blocked"),
        ("a multi-Region key", r#""Bool":{"kms:MultiRegion":"true"}"#, "blocked"),
        ("an alias in the request", r#""StringLike":{"kms:RequestAlias":"alias/*"}"#, "blocked"),
        (
            "the algorithm, which grants have not",
            r#""StringEquals":{"kms:EncryptionAlgorithm":"SYMMETRIC_DEFAULT"}"#,
            "blocked",
        ),
        (
            "the default role",
            r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::<account>:role/service-role/AWSBackupDefaultServiceRole"}"#,
            "granted",
        ),
        ("any role of the account", r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::<account>:role/*"}"#, "granted"),
        ("another role", r#""ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::<account>:role/app"}"#, "undecided"),
        ("any organisation", r#""StringLikeIfExists":{"aws:PrincipalOrgID":"*"}"#, "granted"),
        ("an unknown operator", r#""StringMatches":{"kms:ViaService":"backup"}"#, "undecided"),
        ("a policy variable", r#""StringEquals":{"kms:CallerAccount":"${aws:PrincipalAccount}"}"#, "undecided"),
        ("GrantIsForAWSResource on everything", "@grant", "blocked"),
        ("GrantIsForAWSResource if it exists", r#""BoolIfExists":{"kms:GrantIsForAWSResource":"true"}"#, "granted"),
        ("GrantIsForAWSResource false", r#""Bool":{"kms:GrantIsForAWSResource":"false"}"#, "blocked"),
        (
            "encryption context on DescribeKey too",
            r#""ForAnyValue:StringEquals":{"kms:EncryptionContextKeys":"aws:backup:backup-vault"}"#,
            "blocked",
        ),
        (
            "all of the encryption context",
            r#""ForAllValues:StringEquals":{"kms:EncryptionContextKeys":"aws:backup:backup-vault"}"#,
            "undecided",
        ),
        (
            "no encryption context but another's",
            r#""ForAllValues:StringEquals":{"kms:EncryptionContextKeys":"aws:ebs:id"}"#,
            "blocked",
        ),
        ("two conditions, one of which never holds", r#"@via,"Bool":{"aws:PrincipalIsAWSService":"true"}"#, "blocked"),
        ("two conditions that hold", r#"@via,"StringEquals":{"kms:CallerAccount":"<account>"}"#, "granted"),
    ];
    let policies: Vec<String> = table.iter().map(|(_, condition, _)| rows(condition)).collect();
    let table: Vec<_> = table.iter().zip(&policies).map(|(row, policy)| (row.0, Vault, &**policy, row.2)).collect();
    check(&table);
}

#[test]
fn denials() {
    let deny = |rest: &str| format!("A | @root | kms:*\nD | {rest}");
    let table: &[(&str, &str, &str)] = &[
        ("of deletion", r#"* | ["kms:ScheduleKeyDeletion","kms:DisableKey"]"#, "granted"),
        ("of everything", "* | kms:*", "denied"),
        ("of grants", "* | kms:CreateGrant", "denied"),
        ("of grants to root", "@root | kms:CreateGrant", "denied"),
        ("of grants to a role", r#""AWS":"arn:aws:iam::<account>:role/app" | kms:CreateGrant"#, "granted"),
        ("of grants to a role by reference", r#""AWS":"<AppRole.Arn>" | kms:CreateGrant"#, "granted"),
        ("of grants to the selection's role", r#""AWS":"<BackupRole.Arn>" | kms:CreateGrant"#, "denied"),
        ("of grants to nobody knows whom", r#""AWS":"<?>" | kms:CreateGrant"#, "undecided"),
        ("of grants to the service", "@svc | kms:CreateGrant", "granted"),
        (
            "unless via EC2",
            r#"* | ["kms:Decrypt","kms:GenerateDataKey*"] | "StringNotLike":{"kms:ViaService":"ec2.*.amazonaws.com"}"#,
            "denied",
        ),
        (
            "unless via AWS Backup",
            r#"* | kms:* | "StringNotLike":{"kms:ViaService":"backup.*.amazonaws.com"}"#,
            "granted",
        ),
        (
            "unless via EC2, by a condition that looks alike",
            r#"* | kms:Decrypt | "StringNotEquals":{"kms:ViaService":"ec2.<region>.amazonaws.com"}"#,
            "denied",
        ),
        ("via AWS Backup", "* | kms:Decrypt | @via", "denied"),
        (
            "of grants for others than services",
            r#"* | kms:CreateGrant | "Bool":{"kms:GrantIsForAWSResource":"false"}"#,
            "granted",
        ),
        (
            "of everything but grants for services",
            r#"* | kms:* | "BoolIfExists":{"kms:GrantIsForAWSResource":"false"}"#,
            "denied",
        ),
        (
            "outside of an organisation",
            r#"* | kms:* | "StringNotEquals":{"aws:PrincipalOrgID":"o-example"}"#,
            "undecided",
        ),
        ("outside of the account", r#"* | kms:* | "StringNotEquals":{"kms:CallerAccount":"<account>"}"#, "granted"),
        ("without MFA", r#"* | kms:* | "BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}"#, "denied"),
        (
            "without MFA, where the session tells",
            r#"* | kms:* | "Bool":{"aws:MultiFactorAuthPresent":"false"}"#,
            "undecided",
        ),
        ("outside of an endpoint", r#"* | kms:* | "StringNotEquals":{"aws:SourceVpce":"vpce-0123456789"}"#, "denied"),
        ("outside of addresses", r#"* | kms:* | "NotIpAddress":{"aws:SourceIp":["203.0.113.0/24"]}"#, "denied"),
        ("of another spec", r#"* | kms:* | "StringNotEquals":{"kms:KeySpec":"SYMMETRIC_DEFAULT"}"#, "granted"),
        (
            "of all roles but the default one",
            r#"* | kms:* | "ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::<account>:role/service-role/AWSBackupDefaultServiceRole"}"#,
            "granted",
        ),
        (
            "of all roles but another",
            r#"* | kms:* | "ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::<account>:role/app"}"#,
            "undecided",
        ),
        (
            "of another role by its ARN",
            r#"* | kms:* | "ArnLike":{"aws:PrincipalArn":"arn:aws:iam::<account>:role/app"}"#,
            "granted",
        ),
        (
            "without MFA, of deletion",
            r#"* | kms:ScheduleKeyDeletion | "BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}"#,
            "granted",
        ),
        ("of direct use", r#"* | kms:Decrypt | "Null":{"kms:ViaService":"true"}"#, "granted"),
        ("of everyone but root", "!@root | kms:*", "denied"),
        (
            "of everyone but AWS Backup's roles",
            r#"!"AWS":["<BackupRole.Arn>","arn:aws:iam::<account>:root"] | kms:*"#,
            "granted",
        ),
        ("of everyone but an administrator", r#"!"AWS":"arn:aws:iam::<account>:role/admin" | kms:*"#, "undecided"),
        ("by NotAction", "* | !@admin", "denied"),
        ("of another key", r#"* | kms:* | "Resource":"<OtherKey.Arn>""#, "granted"),
        ("without a Resource", "* | kms:* | noResource", "granted"),
        ("of an unknown action", r#"* | ["<?>"]"#, "undecided"),
        ("of insecure transport", r#"* | kms:* | "Bool":{"aws:SecureTransport":"false"}"#, "granted"),
        ("of encryption, which a vault does not need", "* | kms:Encrypt", "granted"),
        ("to the service-linked role", "@slr | kms:Decrypt", "denied"),
    ];
    let policies: Vec<String> = table.iter().map(|(_, rest, _)| deny(rest)).collect();
    let table: Vec<_> = table.iter().zip(&policies).map(|(row, policy)| (row.0, Vault, &**policy, row.2)).collect();
    check(&table);
}

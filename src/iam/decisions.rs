//! The decision table of key policies: a policy a row, with what it gives AWS Backup.
//!
//! `@` words stand for common text: `@root` the own account's root, `@slr` AWS Backup's service-linked role, `@copy` its
//! default role, `@other` a foreign account's root, `@svc` the service principal, `@via` kms:ViaService of AWS Backup,
//! `@grant` the condition GrantIsForAWSResource, `@use` the actions of a standard vault, `@all` also those of copies.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that panics fails")]

mod conditions;

use super::*;
use crate::value::{InputId, InputKind, Origin, Part, Pseudo, Symbol, Unknown, UnknownKind, Value};

/// What is asked of a policy in a row.
#[derive(Clone, Copy, PartialEq)]
enum Ask {
    Vault,
    AirGapped,
    Service,
}
use Ask::{AirGapped, Service, Vault};

const WORDS: &[(&str, &str)] = &[
    ("@root", r#""AWS":"arn:aws:iam::<account>:root""#),
    ("@slr", r#""AWS":"arn:aws:iam::<account>:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup""#),
    ("@copy", r#""AWS":"arn:aws:iam::<account>:role/service-role/AWSBackupDefaultServiceRole""#),
    ("@other", r#""AWS":"arn:aws:iam::444455556666:root""#),
    ("@svc", r#""Service":"backup.amazonaws.com""#),
    ("@via", r#""StringLike":{"kms:ViaService":"backup.*.amazonaws.com"}"#),
    ("@grant", r#""Bool":{"kms:GrantIsForAWSResource":"true"}"#),
    ("@use", r#"["kms:CreateGrant","kms:GenerateDataKey","kms:Decrypt","kms:DescribeKey"]"#),
    ("@crypt", r#"["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"]"#),
    (
        "@admin",
        r#"["kms:Create*","kms:Describe*","kms:Enable*","kms:List*","kms:Put*","kms:Get*","kms:ScheduleKeyDeletion"]"#,
    ),
];

/// A row's statements, in a short hand: `effect | principal | action | rest`, a line a statement.
fn policy(rows: &str) -> Value {
    let statements: Vec<String> = rows
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let mut fields = line.split('|').map(str::trim);
            let (effect, principal) = (fields.next().unwrap(), fields.next().unwrap());
            let (action, rest) = (fields.next().unwrap(), fields.next().unwrap_or(""));
            let effect = if effect == "D" { "Deny" } else { "Allow" };
            let principal = match principal {
                "*" => r#""Principal":"*""#.to_owned(),
                "" => r#""Sid":"NoPrincipal""#.to_owned(),
                not if not.starts_with('!') => format!(r#""NotPrincipal":{{{}}}"#, &not[1..]),
                other => format!(r#""Principal":{{{other}}}"#),
            };
            let action = match action {
                "" => r#""Sid":"NoAction""#.to_owned(),
                not if not.starts_with('!') => format!(r#""NotAction":{}"#, quoted(&not[1..])),
                other => format!(r#""Action":{}"#, quoted(other)),
            };
            let own_resource =
                rest == "noResource" || rest.starts_with("\"Resource") || rest.starts_with("\"NotResource");
            let resource = if own_resource { "" } else { r#","Resource":"*""# };
            let rest = match rest {
                "" | "noResource" => String::new(),
                given if own_resource => format!(",{given}"),
                condition => format!(r#","Condition":{{{condition}}}"#),
            };
            format!(r#"{{"Effect":"{effect}",{principal},{action}{resource}{rest}}}"#)
        })
        .collect();
    let mut text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    for (word, long) in WORDS {
        text = text.replace(word, long);
    }
    Value::text(parts(&text), Origin::default())
}

fn quoted(action: &str) -> String {
    if action.starts_with(['[', '@']) { action.to_owned() } else { format!("\"{action}\"") }
}

/// `<account>`, `<region>`, `<?>` and `<Name>` in a text as symbols.
fn parts(text: &str) -> Vec<Part> {
    let mut list = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        let (name, after) = after.split_once('>').unwrap();
        list.push(Part::Literal(before.into()));
        let pseudo = |kind| {
            Part::Symbol(Symbol::Input {
                id: InputId(0),
                name: name.into(),
                kind: InputKind::Pseudo(kind),
                defaulted: false,
            })
        };
        list.push(match name {
            "account" => pseudo(Pseudo::Account),
            "region" => pseudo(Pseudo::Region),
            "partition" => pseudo(Pseudo::Partition),
            "?" => Part::Unknown(Unknown::new(UnknownKind::Input, "var.x has no value")),
            other => Part::Symbol(match other.split_once('.') {
                Some((resource, attribute)) => {
                    Symbol::Attribute { resource: resource.into(), attribute: attribute.into() }
                }
                None => Symbol::Ref(other.into()),
            }),
        });
        rest = after;
    }
    list.push(Part::Literal(rest.into()));
    list
}

fn facts() -> Facts {
    let attribute = |resource: &str| Symbol::Attribute { resource: resource.into(), attribute: "Arn".into() };
    Facts {
        own: vec![attribute("Key")],
        keys: [attribute("Key"), attribute("OtherKey")].into(),
        backup_roles: vec![BackupRole { arn: vec![Part::Symbol(attribute("BackupRole"))], name: None }],
        key: KeyFacts {
            spec: Some("SYMMETRIC_DEFAULT".into()),
            usage: Some("ENCRYPT_DECRYPT".into()),
            origin: Some("AWS_KMS".into()),
            multi_region: Some("false".into()),
        },
        ..Facts::default()
    }
}

fn run(ask: Ask, rows: &str) -> Access {
    let policy = Policy::parse(&policy(rows));
    let required = match ask {
        Vault => Purpose::StandardVault.actions(),
        AirGapped => Purpose::AirGappedVault.actions(),
        Service => return service_access(Some(&policy), &facts()),
    };
    backup_access(Some(&policy), required, &facts())
}

fn check(table: &[(&str, Ask, &str, &str)]) {
    let wrong = |(name, ask, rows, expected): &(&str, Ask, &str, &str)| {
        let access = run(*ask, rows);
        let found = access.verdict.name().unwrap_or("undecided");
        let told = || format!("{name}: {found}, not {expected}: {} {:?}", access.explanation, access.verdict);
        (found != *expected).then(told)
    };
    let wrong: Vec<String> = table.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_account_decides() {
    check(&[
        ("root", Vault, "A | @root | kms:*", "granted"),
        ("root for copies", AirGapped, "A | @root | kms:*", "granted"),
        ("root, star action", Vault, "A | @root | *", "granted"),
        ("root, action in another case", Vault, "A | @root | KMS:*", "granted"),
        ("root by account id", Vault, r#"A | "AWS":"<account>" | kms:*"#, "granted"),
        ("root with another partition", Vault, r#"A | "AWS":"arn:aws-cn:iam::<account>:root" | kms:*"#, "granted"),
        (
            "root with its partition's symbol",
            Vault,
            r#"A | "AWS":"arn:<partition>:iam::<account>:root" | kms:*"#,
            "granted",
        ),
        (
            "root by literal account, alone in charge",
            Vault,
            r#"A | "AWS":"arn:aws:iam::111122223333:root" | kms:*"#,
            "granted",
        ),
        ("root by literal account id, alone in charge", Vault, r#"A | "AWS":"111122223333" | kms:*"#, "granted"),
        (
            "root of a list",
            Vault,
            r#"A | "AWS":["arn:aws:iam::444455556666:root","arn:aws:iam::<account>:root"] | kms:*"#,
            "granted",
        ),
        (
            "everyone of the account",
            Vault,
            r#"A | "AWS":"*" | kms:* | "StringEquals":{"kms:CallerAccount":"<account>"}"#,
            "granted",
        ),
        ("everyone", Vault, "A | * | kms:*", "granted"),
        ("root, only what is needed", Vault, "A | @root | @use", "granted"),
        ("root without the actions of copies", AirGapped, "A | @root | @use", "missing"),
        ("root, crypt and grant", AirGapped, "A | @root | @crypt\nA | @root | kms:CreateGrant", "granted"),
        (
            "root for making an air-gapped vault",
            AirGapped,
            r#"A | @root | ["kms:CreateGrant","kms:DescribeKey"]"#,
            "missing",
        ),
        ("root by NotAction", Vault, "A | @root | !kms:ScheduleKeyDeletion", "granted"),
        ("root but for grants by NotAction", Vault, "A | @root | !kms:CreateGrant", "missing"),
        ("own key as Resource", Vault, r#"A | @root | kms:* | "Resource":"<Key.Arn>""#, "granted"),
        ("every key as Resource", Vault, r#"A | @root | kms:* | "Resource":"arn:aws:kms:*:*:key/*""#, "granted"),
        (
            "own account's keys as Resource",
            Vault,
            r#"A | @root | kms:* | "Resource":"arn:aws:kms:<region>:<account>:key/*""#,
            "granted",
        ),
        (
            "another literal key as Resource",
            Vault,
            r#"A | @root | kms:* | "Resource":"arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab""#,
            "undecided",
        ),
        ("another key of the unit as Resource", Vault, r#"A | @root | kms:* | "Resource":"<OtherKey.Arn>""#, "blocked"),
        ("all but another key", Vault, r#"A | @root | kms:* | "NotResource":"<OtherKey.Arn>""#, "granted"),
        ("all but this key", Vault, r#"A | @root | kms:* | "NotResource":"<Key.Arn>""#, "blocked"),
        ("another resource type", Vault, r#"A | @root | kms:* | "Resource":"arn:aws:s3:::bucket/*""#, "blocked"),
        ("no Resource", Vault, "A | @root | kms:* | noResource", "blocked"),
        ("no Action", Vault, "A | @root |", "missing"),
        ("no Principal", Vault, "A | | kms:*", "nobody"),
        ("no statement", Vault, "", "nobody"),
    ]);
}

#[test]
fn administrators_and_foreigners_do_not_help() {
    check(&[
        ("admin only", Vault, "A | @root | @admin", "missing"),
        ("admin without grants", Vault, r#"A | @root | ["kms:Put*","kms:Get*","kms:Describe*"]"#, "missing"),
        (
            "admin, use for another role",
            Vault,
            "A | @root | @admin\nA | \"AWS\":\"arn:aws:iam::<account>:role/app\" | @use",
            "undecided",
        ),
        ("admin and service", Vault, "A | @root | @admin\nA | @svc | @crypt", "service-only"),
        ("foreign account", Vault, "A | @root | @admin\nA | @other | kms:*", "undecided"),
        ("only a foreign account beside the own symbol", Vault, "A | @root | kms:Get*\nA | @other | @use", "undecided"),
        ("a role", Vault, r#"A | "AWS":"arn:aws:iam::<account>:role/ops" | kms:*"#, "undecided"),
        ("a user", Vault, r#"A | "AWS":"arn:aws:iam::<account>:user/alice" | kms:*"#, "undecided"),
        ("a role by reference", Vault, r#"A | "AWS":"<OpsRole.Arn>" | kms:*"#, "undecided"),
        ("a deleted role", Vault, r#"A | "AWS":"AROAEXAMPLEID12345678" | kms:*"#, "nobody"),
        ("a federated principal", Vault, r#"A | "Federated":"cognito-identity.amazonaws.com" | kms:*"#, "nobody"),
        ("another service", Vault, r#"A | "Service":"logs.amazonaws.com" | kms:*"#, "nobody"),
        ("a misspelt service", Vault, r#"A | "Service":"backups.amazonaws.com" | kms:*"#, "nobody"),
        ("an unknown principal", Vault, r#"A | "AWS":"<?>" | kms:*"#, "undecided"),
        (
            "an unknown principal beside root",
            Vault,
            r#"A | "AWS":["<?>","arn:aws:iam::<account>:root"] | kms:*"#,
            "granted",
        ),
        (
            "an unknown action beside what is needed",
            Vault,
            r#"A | @root | ["<?>","kms:CreateGrant","kms:GenerateDataKey","kms:Decrypt","kms:DescribeKey"]"#,
            "granted",
        ),
        (
            "an unknown action instead of a grant",
            Vault,
            r#"A | @root | ["<?>","kms:GenerateDataKey","kms:Decrypt","kms:DescribeKey"]"#,
            "undecided",
        ),
        ("an account by another symbol", Vault, r#"A | "AWS":"arn:aws:iam::<BackupAccount>:root" | kms:*"#, "granted"),
        ("everyone but a user", Vault, r#"A | !"AWS":"arn:aws:iam::<account>:user/mallory" | kms:*"#, "granted"),
        ("everyone but another service", Vault, r#"A | !"Service":"logs.amazonaws.com" | kms:*"#, "granted"),
    ]);
}

#[test]
fn roles_of_aws_backup() {
    check(&[
        ("service-linked role", Vault, "A | @slr | @use", "granted"),
        ("default role", AirGapped, "A | @copy | @crypt\nA | @copy | kms:CreateGrant | @grant", "granted"),
        ("the selection's role", Vault, r#"A | "AWS":"<BackupRole.Arn>" | @use"#, "granted"),
        ("the selection's role without grants", Vault, r#"A | "AWS":"<BackupRole.Arn>" | @crypt"#, "missing"),
        (
            "service-linked role of another path",
            Vault,
            r#"A | "AWS":"arn:aws:iam::<account>:role/AWSServiceRoleForBackup" | @use"#,
            "granted",
        ),
        ("two roles with half each", Vault, "A | @slr | @crypt\nA | @copy | kms:CreateGrant", "missing"),
        (
            "two other roles with half each",
            Vault,
            "A | \"AWS\":\"arn:aws:iam::<account>:role/a\" | @crypt\nA | \"AWS\":\"arn:aws:iam::<account>:role/b\" | kms:CreateGrant",
            "missing",
        ),
        ("half to the role, half to the account", Vault, "A | @slr | @crypt\nA | @root | kms:CreateGrant", "granted"),
        (
            "a role whose name only begins so",
            Vault,
            r#"A | "AWS":"arn:aws:iam::<account>:role/AWSServiceRoleForBackupAdmins" | @use"#,
            "undecided",
        ),
    ]);
}

#[test]
fn samples_of_aws() {
    let vault = "A | @root | [\"kms:DescribeKey\",\"kms:GenerateDataKey\",\"kms:Decrypt\"]\n\
        A | @root | kms:CreateGrant | \"ForAnyValue:StringEquals\":{\"kms:EncryptionContextKeys\":\"aws:backup:backup-vault\"},@grant,@via";
    let mixed = "A | @root | @admin\nA | @root | [\"kms:ReEncryptTo\",\"kms:Decrypt\",\"kms:GenerateDataKey\",\"kms:DescribeKey\",\"kms:CreateGrant\"] | @grant";
    let create = "A | \"AWS\":\"<BackupRole.Arn>\" | [\"kms:CreateGrant\",\"kms:DescribeKey\"] | @via";
    let copy = "A | @copy | @crypt | @via\nA | @copy | kms:CreateGrant | @grant,@via";
    let across = "A | @copy | @crypt\nA | @slr | @crypt\nA | @copy | kms:CreateGrant | @grant\nA | @slr | kms:CreateGrant | @grant";
    check(&[
        ("a vault's key", Vault, vault, "granted"),
        ("the grant condition on everything", Vault, mixed, "blocked"),
        ("air-gapped: create does not copy", AirGapped, create, "missing"),
        ("air-gapped: copy in one account", AirGapped, copy, "granted"),
        ("air-gapped: across accounts", AirGapped, across, "granted"),
        ("air-gapped: recovery", AirGapped, &format!("{across}\nA | @other | @crypt"), "granted"),
        ("combined", AirGapped, &format!("{create}\n{copy}\n{across}"), "granted"),
        (
            "a key of EBS",
            Vault,
            r#"A | "AWS":"*" | ["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:CreateGrant","kms:DescribeKey"] | "StringEquals":{"kms:ViaService":"ec2.<region>.amazonaws.com","kms:CallerAccount":"<account>"}"#,
            "blocked",
        ),
        (
            "a key of the console's wizard",
            Vault,
            "A | @root | kms:*\nA | \"AWS\":\"arn:aws:iam::<account>:role/admin\" | @admin\nA | \"AWS\":\"arn:aws:iam::<account>:role/app\" | @crypt\nA | \"AWS\":\"arn:aws:iam::<account>:role/app\" | [\"kms:CreateGrant\",\"kms:ListGrants\",\"kms:RevokeGrant\"] | @grant",
            "granted",
        ),
        (
            "the console's wizard without root",
            Vault,
            "A | \"AWS\":\"arn:aws:iam::<account>:role/admin\" | @admin\nA | \"AWS\":\"arn:aws:iam::<account>:role/app\" | @use",
            "undecided",
        ),
    ]);
}

#[test]
fn the_service_principal() {
    check(&[
        ("only the service", Vault, "A | @svc | @crypt", "service-only"),
        ("only the service, whole", Vault, "A | @svc | kms:*", "service-only"),
        ("reads: whole", Service, "A | @svc | kms:*", "granted"),
        ("reads: AWS's five families", Service, "A | @root | kms:*\nA | @svc | @crypt", "granted"),
        ("reads: one missing", Service, r#"A | @svc | ["kms:Encrypt","kms:Decrypt","kms:DescribeKey"]"#, "missing"),
        ("reads: root only", Service, "A | @root | kms:*", "nobody"),
        ("reads: everyone", Service, "A | * | kms:*", "granted"),
        ("reads: another service", Service, r#"A | "Service":"logs.amazonaws.com" | kms:*"#, "nobody"),
        (
            "reads: own source account",
            Service,
            r#"A | @svc | @crypt | "StringEquals":{"aws:SourceAccount":"<account>"}"#,
            "granted",
        ),
        (
            "reads: own source ARN",
            Service,
            r#"A | @svc | @crypt | "ArnLike":{"aws:SourceArn":"arn:aws:backup:<region>:<account>:*"}"#,
            "granted",
        ),
        (
            "reads: a caller account it has not told",
            Service,
            r#"A | @svc | @crypt | "StringEquals":{"kms:CallerAccount":"<account>"}"#,
            "undecided",
        ),
        (
            "reads: an organisation it is not in",
            Service,
            r#"A | @svc | @crypt | "StringEquals":{"aws:PrincipalOrgID":"o-x"}"#,
            "nobody",
        ),
        ("reads: denied", Service, "A | @svc | @crypt\nD | * | kms:Decrypt", "denied"),
        ("reads: no Resource", Service, "A | @svc | @crypt | noResource", "nobody"),
        (
            "reads: its name with the suffix of China",
            Service,
            r#"A | "Service":"backup.amazonaws.com.cn" | @crypt"#,
            "granted",
        ),
        (
            "reads: a list of services",
            Service,
            r#"A | "Service":["logs.amazonaws.com","backup.amazonaws.com"] | @crypt"#,
            "granted",
        ),
    ]);
    assert!(run(Vault, "A | @svc | @crypt").grant_missing_everywhere);
    assert!(!run(Vault, "A | @svc | kms:*").grant_missing_everywhere);
    assert!(!run(Vault, "A | @root | @admin").through_account);
}

#[test]
fn explanations_name_statement_condition_and_actions() {
    let denied = run(Vault, "A | @root | kms:*\nD | * | kms:Decrypt | @via");
    assert_eq!(
        denied.explanation,
        "statement 2 denies kms:Decrypt to AWS Backup, since StringLike kms:ViaService = backup.*.amazonaws.com holds for its requests"
    );
    assert_eq!((denied.statement, denied.actions), (Some(1), vec!["kms:Decrypt"]));
    let blocked = run(
        Vault,
        "A | @root | kms:CreateGrant\nA | @root | [\"kms:Decrypt\",\"kms:GenerateDataKey\",\"kms:DescribeKey\"] | @grant",
    );
    assert_eq!(
        blocked.explanation,
        "statement 2 would allow kms:GenerateDataKey, kms:Decrypt and kms:DescribeKey, but only under Bool kms:GrantIsForAWSResource = true: requests of kms:GenerateDataKey have no kms:GrantIsForAWSResource"
    );
    assert_eq!(run(Vault, "A | @root | @crypt").explanation, "nobody is allowed kms:CreateGrant");
}

#[test]
fn default_and_unknown_policies() {
    let required = Purpose::StandardVault.actions();
    assert_eq!(backup_access(None, required, &facts()).verdict, Verdict::Granted);
    assert_eq!(service_access(None, &facts()).verdict, Verdict::Nobody);
    let symbol = Value::text(parts("<?>"), Origin::default());
    let unknown = Policy::parse(&symbol);
    assert!(matches!(backup_access(Some(&unknown), required, &facts()).verdict, Verdict::Undecided(_)));
    let half = Value::text(
        parts(r#"{"Statement":[{"Effect":"Deny","Principal":"*","Action":"kms:*","Resource":"*"},"<?>"]}"#),
        Origin::default(),
    );
    assert_eq!(backup_access(Some(&Policy::parse(&half)), required, &facts()).verdict, Verdict::Denied);
}

#[test]
fn who_may_change_the_policy() {
    let via = r#"{"kms:ViaService":"backup.<region>.amazonaws.com"}"#;
    let allow = |condition: &str| format!("A | @root | kms:* | {condition}");
    let deny = |condition: &str| format!("A | @root | kms:*\nD | \"AWS\":\"*\" | kms:* | {condition}");
    let table = [
        ("the account", allow(""), "none"),
        ("the service alone", "A | @svc | kms:*".to_owned(), "nobody"),
        ("nobody, by a Deny", deny(""), "nobody"),
        ("through a service", allow(&format!(r#""StringEquals":{via}"#)), "via-service-only"),
        ("through a service if there is one", allow(&format!(r#""StringEqualsIfExists":{via}"#)), "none"),
        ("not directly", allow(r#""Null":{"kms:ViaService":"false"}"#), "via-service-only"),
        ("directly", allow(r#""Null":{"kms:ViaService":"true"}"#), "none"),
        ("under a condition that such a call can't meet", allow("@grant"), "nobody"),
        ("with MFA", allow(r#""Bool":{"aws:MultiFactorAuthPresent":"true"}"#), "none"),
        ("unless through a service", deny(&format!(r#""StringNotEquals":{via}"#)), "via-service-only"),
        ("unless through one, if exists", deny(&format!(r#""StringNotEqualsIfExists":{via}"#)), "via-service-only"),
        ("unless through one, by Null", deny(r#""Null":{"kms:ViaService":"true"}"#), "via-service-only"),
        ("unless through one, by Bool", deny(r#""Bool":{"aws:ViaAWSService":"false"}"#), "via-service-only"),
        ("if through a service", deny(&format!(r#""StringEquals":{via}"#)), "none"),
        ("if through one, or directly", deny(&format!(r#""StringEqualsIfExists":{via}"#)), "via-service-only"),
        ("if through any", deny(r#""Null":{"kms:ViaService":"false"}"#), "none"),
        ("unless of the own account", deny(r#""StringNotEquals":{"kms:CallerAccount":"<account>"}"#), "none"),
        ("unless of an organisation", deny(r#""StringNotEquals":{"aws:PrincipalOrgID":"o-example"}"#), "none"),
        (
            "use unless through a service",
            format!("A | @root | kms:*\nD | * | kms:Decrypt | \"StringNotEquals\":{via}"),
            "none",
        ),
    ];
    for (name, rows, expected) in table {
        let found = match lockout(&Policy::parse(&policy(&rows)), &facts()).unwrap() {
            Lockout::None => "none",
            Lockout::Nobody => "nobody",
            Lockout::ViaServiceOnly => "via-service-only",
        };
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn grants() {
    let grant = |grantee: &str, operations: &[&str], doubt: Option<Unknown>| Grant {
        grantee: parts(grantee),
        operations: operations.iter().map(|it| (*it).to_owned()).collect(),
        doubt,
    };
    let all = ["CreateGrant", "GenerateDataKey", "Decrypt", "DescribeKey"];
    let doubt = Unknown::new(UnknownKind::Provider, "the grant has constraints");
    let admin = "A | @root | @admin";
    let table = [
        ("to AWS Backup's role", grant("<BackupRole.Arn>", &all, None), admin, "granted"),
        ("of half", grant("<BackupRole.Arn>", &["Decrypt", "GenerateDataKey"], None), admin, "granted"),
        ("of a quarter", grant("<BackupRole.Arn>", &["Decrypt"], None), admin, "missing"),
        ("with constraints", grant("<BackupRole.Arn>", &all, Some(doubt)), admin, "undecided"),
        ("to another role", grant("arn:aws:iam::<account>:role/app", &all, None), admin, "undecided"),
        ("against a Deny", grant("<BackupRole.Arn>", &all, None), "A | @root | @admin\nD | * | kms:Decrypt", "denied"),
    ];
    for (name, grant, rows, expected) in table {
        let facts = Facts { grants: vec![grant], ..facts() };
        let access = backup_access(Some(&Policy::parse(&policy(rows))), Purpose::StandardVault.actions(), &facts);
        assert_eq!(access.verdict.name().unwrap_or("undecided"), expected, "{name}: {access:?}");
    }
}

#[test]
fn account_and_region_follow_from_who_is_in_charge() {
    let rest = |resource: &str| {
        format!(r#"A | "AWS":"arn:aws-us-gov:iam::111122223333:root" | kms:* | "Resource":"{resource}""#)
    };
    let table = [
        (rest("arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/*"), "granted"),
        (r#"A | "AWS":"arn:aws:iam::<Input>:root" | kms:*"#.to_owned(), "granted"),
        ("A | \"AWS\":[\"arn:aws:iam::<Input>:root\",\"arn:aws:iam::<Other>:root\"] | kms:*".to_owned(), "undecided"),
        (rest("arn:aws:kms:*:111122223333:key/*"), "granted"),
        (rest("arn:aws:kms:eu-west-1:111122223333:alias/*"), "blocked"),
        (rest("arn:aws:kms:eu-west-1:444455556666:key/*"), "blocked"),
    ];
    for (rows, expected) in table {
        check(&[("in charge", Vault, &rows, expected)]);
    }
}

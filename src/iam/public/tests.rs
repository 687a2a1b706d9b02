//! Whom a statement lets in, in a table.

use super::*;
use crate::value::Value;

fn policy(statements: &str) -> Policy {
    Policy::parse(&Value::string(format!("{{\"Statement\": [{statements}]}}"), Origin::default()))
}

/// What is left of the openness of the first statement.
fn left(statements: &str) -> String {
    let policy = policy(statements);
    let denies: Vec<Statement> = policy.statements.iter().filter(|it| it.effect != Effect::Allow).cloned().collect();
    let first = &policy.statements[0];
    let open =
        openness(first, &Facts::default()).and_then(|(open, _)| left_open(open, first, &denies, &Facts::default()));
    match open {
        Ok(Openness::No) => "no".to_owned(),
        Ok(Openness::ViaServiceOnly) => "via".to_owned(),
        Ok(Openness::Yes) => "yes".to_owned(),
        Err(why) => why.reason.to_string(),
    }
}

fn statement(effect: &str, actions: &str, condition: &str) -> String {
    format!(
        r#"{{"Effect": "{effect}", "Principal": {{"AWS": "*"}}, {actions}, "Resource": "*", "Condition": {{{condition}}}}}"#
    )
}

const DECRYPT: &str = r#""Action": "kms:Decrypt""#;
const ALL: &str = r#""Action": "kms:*""#;

#[test]
fn conditions_that_narrow_an_allow() {
    let table = [
        ("", "yes"),
        (r#""StringEquals": {"kms:CallerAccount": "111122223333"}"#, "no"),
        (r#""StringLike": {"kms:CallerAccount": "*"}"#, "yes"),
        (r#""StringLike": {"kms:CallerAccount": "1111????????"}"#, "yes"),
        (r#""StringNotEquals": {"kms:CallerAccount": "111122223333"}"#, "yes"),
        (r#""StringEqualsIfExists": {"aws:PrincipalOrgID": "o-example123"}"#, "yes"),
        (r#""StringLike": {"aws:PrincipalOrgID": "o-*"}"#, "yes"),
        (r#""ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-example123/*"}"#, "no"),
        (r#""ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-*/r-ab12/*"}"#, "yes"),
        (r#""ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-example123/*"}"#, "yes"),
        (r#""ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}"#, "no"),
        (r#""ArnLike": {"aws:PrincipalArn": "arn:*:iam::111122223333:role/Admin"}"#, "no"),
        (r#""ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/Admin"}"#, "yes"),
        (r#""StringLike": {"aws:PrincipalArn": "arn:aws:iam::????????????:role/Admin"}"#, "yes"),
        (r#""StringLike": {"aws:PrincipalArn": ["arn:aws:iam::111122223333:role/a", "*:role/Admin"]}"#, "yes"),
        (r#""StringLike": {"aws:PrincipalArn": "*"}"#, "yes"),
        (r#""ArnLike": {"aws:SourceArn": "arn:aws:backup:*:*:*"}"#, "yes"),
        (r#""ArnLike": {"aws:SourceArn": "arn:aws:backup:*:111122223333:*"}"#, "no"),
        (r#""ArnLike": {"aws:SourceArn": "arn:aws:s3:::bucket"}"#, "no"),
        (r#""StringEquals": {"aws:PrincipalTag/team": "backup"}"#, "yes"),
        (r#""StringLike": {"aws:userid": "AROAEXAMPLEID12345678:*"}"#, "no"),
        (r#""StringLike": {"aws:userid": "*:session"}"#, "yes"),
        (r#""StringEquals": {"aws:SourceVpce": "vpce-0123456789"}"#, "no"),
        (r#""ArnLike": {"aws:SourceVpcArn": "arn:aws:ec2:*:111122223333:vpc/*"}"#, "no"),
        (r#""StringEquals": {"aws:VpceAccount": "111122223333"}"#, "no"),
        (r#""StringLike": {"aws:VpceAccount": "*"}"#, "yes"),
        (r#""StringEquals": {"aws:VpceOrgID": "o-example123"}"#, "no"),
        (r#""ForAnyValue:StringLike": {"aws:VpceOrgPaths": "o-example123/*"}"#, "no"),
        (r#""IpAddress": {"aws:SourceIp": "198.51.100.7/32"}"#, "no"),
        (r#""IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "2001:db8::/48"]}"#, "no"),
        (r#""IpAddress": {"aws:SourceIp": "0.0.0.0/0"}"#, "yes"),
        (r#""IpAddress": {"aws:SourceIp": ["198.51.100.0/24", "::/0"]}"#, "yes"),
        (r#""IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}"#, "yes"),
        (r#""IpAddressIfExists": {"aws:SourceIp": "198.51.100.7/32"}"#, "yes"),
        (r#""IpAddress": {"aws:VpcSourceIp": "10.0.0.0/8"}"#, "yes"),
        (r#""ForAnyValue:StringEquals": {"aws:CalledVia": "backup.amazonaws.com"}"#, "via"),
        (r#""StringEquals": {"kms:CallerAcount": "111122223333"}"#, "no"),
        (r#""StringEqual": {"kms:CallerAccount": "111122223333"}"#, "no"),
        (r#""StringLike": {"kms:ViaService": "backup.*.amazonaws.com"}"#, "via"),
    ];
    for (condition, wanted) in table {
        assert_eq!(left(&statement("Allow", DECRYPT, condition)), wanted, "{condition}");
    }
}

#[test]
fn conditions_of_a_deny_that_shut_strangers_out() {
    let doubt = |shown: &str| format!("it is not told whether statement 2 shuts everybody else out: {shown}");
    let table = [
        ("", "no".to_owned()),
        (r#""StringNotEquals": {"kms:CallerAccount": "111122223333"}"#, "no".to_owned()),
        (r#""StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-example123"}"#, "no".to_owned()),
        (
            r#""StringNotLike": {"aws:PrincipalArn": ["arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:user/b*"]}"#,
            "no".to_owned(),
        ),
        (r#""ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/Admin"}"#, "yes".to_owned()),
        (r#""ForAllValues:StringNotLike": {"aws:PrincipalOrgPaths": "o-example123/*"}"#, "no".to_owned()),
        (
            r#""ForAnyValue:StringNotLike": {"aws:PrincipalOrgPaths": "o-example123/*"}"#,
            doubt("ForAnyValue:StringNotLike aws:PrincipalOrgPaths = o-example123/*"),
        ),
        (
            r#""StringNotEquals": {"aws:PrincipalOrgID": "o-example123", "kms:CallerAccount": "111122223333"}"#,
            "no".to_owned(),
        ),
        (
            r#""StringNotEquals": {"aws:PrincipalOrgID": "o-example123"}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}"#,
            "no".to_owned(),
        ),
        (
            r#""StringNotEquals": {"aws:PrincipalOrgID": "o-example123"}, "Bool": {"aws:SecureTransport": "false"}"#,
            "yes".to_owned(),
        ),
        (r#""StringEquals": {"kms:CallerAccount": "444455556666"}"#, "yes".to_owned()),
        (r#""Bool": {"aws:SecureTransport": "false"}"#, "yes".to_owned()),
        (r#""BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}"#, "yes".to_owned()),
        (r#""StringNotEquals": {"aws:PrincipalTag/team": "backup"}"#, "yes".to_owned()),
        (r#""StringNotLike": {"kms:ViaService": ["ec2.*.amazonaws.com", "backup.*.amazonaws.com"]}"#, "via".to_owned()),
        (r#""Null": {"kms:ViaService": "true"}"#, "via".to_owned()),
        (r#""StringLike": {"kms:ViaService": "backup.*.amazonaws.com"}"#, "yes".to_owned()),
        (r#""NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}"#, "no".to_owned()),
        (r#""NotIpAddress": {"aws:SourceIp": "0.0.0.0/0"}"#, "yes".to_owned()),
        (r#""StringNotEquals": {"aws:CalledViaLast": "backup.amazonaws.com"}"#, "via".to_owned()),
        (r#""Null": {"aws:PrincipalOrgID": "true"}"#, doubt("Null aws:PrincipalOrgID = true")),
    ];
    for (condition, wanted) in table {
        let both = format!("{}, {}", statement("Allow", DECRYPT, ""), statement("Deny", ALL, condition));
        assert_eq!(left(&both), wanted, "{condition}");
    }
}

#[test]
fn actions_and_principals_of_a_deny_that_shut_strangers_out() {
    let own = r#""Condition": {"StringNotEquals": {"kms:CallerAccount": "111122223333"}}"#;
    let everyone = r#""Principal": "*", "Resource": "*""#;
    let some = "statement 2 denies some of its actions";
    let table = [
        (r#""Action": "kms:*""#, format!(r#"{everyone}, "Action": "*""#), "no"),
        (r#""Action": "*""#, format!(r#"{everyone}, "Action": "kms:*""#), "no"),
        (r#""Action": "kms:*""#, format!(r#"{everyone}, "Action": "kms:Decrypt""#), "yes"),
        (r#""Action": ["kms:Decrypt", "kms:Sign"]"#, format!(r#"{everyone}, "Action": "kms:De*""#), "yes"),
        (r#""Action": "kms:Decrypt*""#, format!(r#"{everyone}, "Action": "kms:Decrypt""#), "no"),
        (r#""Action": "kms:Decrypt""#, format!(r#"{everyone}, "NotAction": "kms:Describe*""#), "no"),
        (r#""Action": "kms:*""#, format!(r#"{everyone}, "NotAction": "kms:Describe*""#), "yes"),
        (r#""NotAction": "kms:Put*""#, format!(r#"{everyone}, "Action": "kms:*""#), "no"),
        (r#""Action": "sqs:*""#, format!(r#"{everyone}, "Action": "sqs:SendMessage""#), "yes"),
        (r#""Action": "sqs:Send*""#, format!(r#"{everyone}, "Action": "sqs:S*""#), "no"),
        (r#""Action": "sqs:S*""#, format!(r#"{everyone}, "Action": "sqs:Send*""#), some),
        (r#""Action": "s3:Get*""#, format!(r#"{everyone}, "Action": "s3:Delete*""#), "yes"),
        (
            r#""Action": "kms:*""#,
            r#""Principal": {"AWS": "111122223333"}, "Resource": "*", "Action": "*""#.into(),
            "yes",
        ),
        (
            r#""Action": "kms:*""#,
            r#""NotPrincipal": {"AWS": "111122223333"}, "Resource": "*", "Action": "*""#.into(),
            "no",
        ),
        (r#""Action": "kms:*""#, r#""NotPrincipal": {"AWS": "*"}, "Resource": "*", "Action": "*""#.into(), "yes"),
        (r#""Action": "kms:*""#, r#""Principal": "*", "Action": "*""#.into(), "yes"),
    ];
    for (given, deny, wanted) in table {
        let both = format!("{}, {{\"Effect\": \"Deny\", {deny}, {own}}}", statement("Allow", given, ""));
        assert_eq!(left(&both), wanted, "{given} against {deny}");
    }
    let split = |second: &str| {
        let deny = |actions: &str| statement("Deny", actions, &own["\"Condition\": {".len()..own.len() - 1]);
        let given = statement("Allow", r#""Action": ["kms:Decrypt", "kms:Sign"]"#, "");
        left(&format!("{given}, {}, {}", deny(DECRYPT), deny(second)))
    };
    assert_eq!(split(r#""Action": "kms:Sign""#), "no", "two Denies between them take all");
    assert_eq!(split(r#""Action": "kms:Verify""#), "yes");
}

#[test]
fn what_is_public() {
    let open = r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*"}"#;
    let root = r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:*", "Resource": "*"}"#;
    let but = r#"{"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "s3:*", "Resource": "*"}"#;
    let organisation = r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*", "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-example123"}}}"#;
    let elsewhere = organisation.replace("s3:::b/", "s3:::c/");
    let secure = r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#;
    let table = [
        (open.to_owned(), true),
        (root.to_owned(), false),
        (but.to_owned(), true),
        (secure.to_owned(), false),
        (String::new(), false),
        (format!("{open}, {secure}"), true),
        (format!("{open}, {organisation}"), false),
        (format!("{open}, {elsewhere}"), true),
    ];
    for (statements, wanted) in table {
        assert_eq!(is_public(&policy(&statements), &Facts::default()).0, Truth::from(wanted), "{statements}");
    }
    let vault = |name: &str| {
        let resource = format!("arn:aws:backup:eu-west-1:111122223333:backup-vault:{name}");
        let one = open.replace("arn:aws:s3:::b/*", &resource);
        let own_vault = Some(Text::known("arn:aws:backup:eu-west-1:111122223333:backup-vault:mine"));
        is_public(&policy(&one), &Facts { own_vault, ..Facts::default() }).0
    };
    assert_eq!((vault("mine"), vault("m*"), vault("other")), (Truth::True, Truth::True, Truth::False));
    for unknown in ["{", &format!("{open}, 7")] {
        let lost = policy(unknown);
        assert!(matches!(is_public(&lost, &Facts::default()).0, Truth::Unknown(_)), "{unknown}");
    }
}

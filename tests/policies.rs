//! Random key policies, judged twice: by `strongroom::iam`, which knows only what code tells, and by a witness that knows
//! one request as a whole.
//!
//! The witness is written from the IAM User Guide alone ("Policy evaluation logic", "Condition operators", "Creating a
//! condition with multiple keys or values") and shares nothing with `src/iam`. It has two values: a request is allowed or
//! not. What code does not tell (an organisation, a tag, which of the named roles AWS Backup acts with) is drawn at random,
//! many times for each policy. A verdict must hold in every draw; where it is undecided, the draws should differ.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};
use strongroom::iam::{BackupRole, Facts, KeyFacts, Policy, Purpose, Verdict, backup_access};
use strongroom::value::{Origin, Part, Value};

const ACCOUNT: &str = "111122223333";
const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const LINKED: &str = "arn:aws:iam::111122223333:role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup";
const DEFAULT: &str = "arn:aws:iam::111122223333:role/service-role/AWSBackupDefaultServiceRole";
const SELECTED: &str = "arn:aws:iam::111122223333:role/nightly";
const NOBODY: &str = "arn:aws:iam::111122223333:role/that-no-policy-names";
/// Roles that policies name, and of which it is not told whether AWS Backup acts with them.
const OTHERS: [&str; 2] = ["arn:aws:iam::111122223333:role/app", "arn:aws:iam::111122223333:role/ops"];

/// A generator of numbers: xorshift, so that every run draws the same.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % most
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn of<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }
}

mod witness {
    //! One request against one policy, as the IAM User Guide has it.

    use super::{BTreeMap, Json};

    /// A request: who, what, on which key, and its context, by keys in small letters.
    pub(super) struct Request<'a> {
        pub(super) role: &'a str,
        pub(super) action: &'a str,
        pub(super) key: &'a str,
        pub(super) context: BTreeMap<String, Vec<String>>,
    }

    pub(super) fn allows(policy: &Json, request: &Request<'_>) -> bool {
        let statements = policy["Statement"].as_array().unwrap();
        let applying = |effect: &str| statements.iter().any(|it| it["Effect"] == effect && applies(it, request));
        !applying("Deny") && applying("Allow")
    }

    pub(super) fn applies(statement: &Json, request: &Request<'_>) -> bool {
        let acts = |list: &Json| texts(list).iter().any(|it| like(&it.to_lowercase(), &request.action.to_lowercase()));
        let action = match statement.get("Action") {
            Some(list) => acts(list),
            None => statement.get("NotAction").is_some_and(|list| !acts(list)),
        };
        let resource = statement.get("Resource").is_some_and(|list| texts(list).iter().any(|it| like(it, request.key)));
        let principal = match (statement.get("Principal"), statement.get("NotPrincipal")) {
            (Some(principal), _) => names(principal, request, true),
            // An account in NotPrincipal is its root user, and not its roles.
            (None, Some(principal)) => !names(principal, request, false),
            (None, None) => false,
        };
        let conditions = statement.get("Condition").and_then(Json::as_object);
        let holds = conditions.is_none_or(|operators| {
            operators.iter().all(|(operator, keys)| {
                keys.as_object().unwrap().iter().all(|(key, values)| condition(operator, key, values, request))
            })
        });
        action && resource && principal && holds
    }

    fn names(principal: &Json, request: &Request<'_>, accounts: bool) -> bool {
        if principal == "*" {
            return true;
        }
        let account = request.role.split(':').nth(4).unwrap();
        texts(&principal["AWS"]).iter().any(|it| {
            let delegates = *it == account || *it == format!("arn:aws:iam::{account}:root");
            it == "*" || it == request.role || (accounts && delegates)
        })
    }

    fn condition(operator: &str, key: &str, values: &Json, request: &Request<'_>) -> bool {
        let held = request.context.get(&key.to_lowercase());
        let values = texts(values);
        if operator == "Null" {
            return (values[0] == "true") == held.is_none();
        }
        let (set, rest) = operator.split_once(':').map_or((None, operator), |(set, rest)| (Some(set), rest));
        let (base, if_exists) = rest.strip_suffix("IfExists").map_or((rest, false), |base| (base, true));
        let negated = base.contains("Not");
        let Some(held) = held else {
            return if_exists || set == Some("ForAllValues") || (negated && set.is_none());
        };
        // Several values of a condition: one is enough; under a negated operator none may fit.
        let one = |value: &String| values.iter().any(|wanted| fits(base, wanted, value)) != negated;
        match set {
            Some("ForAllValues") => held.iter().all(one),
            _ => held.iter().any(one),
        }
    }

    /// Whether a value fits what is wanted, the negation of the operator aside.
    fn fits(base: &str, wanted: &str, value: &str) -> bool {
        match base.replace("Not", "").as_str() {
            "StringEquals" => wanted == value,
            "StringEqualsIgnoreCase" | "Bool" => wanted.eq_ignore_ascii_case(value),
            "StringLike" | "ArnLike" | "ArnEquals" => like(wanted, value),
            "NumericLessThan" => number(value) < number(wanted),
            "NumericGreaterThanEquals" => number(value) >= number(wanted),
            "IpAddress" => within(wanted, value),
            other => panic!("the witness has no operator {other}"),
        }
    }

    fn number(text: &str) -> f64 {
        text.parse().unwrap()
    }

    fn within(network: &str, address: &str) -> bool {
        let bits = |text: &str| text.split('.').fold(0u64, |all, part| all * 256 + part.parse::<u64>().unwrap());
        let (base, length) = network.split_once('/').unwrap();
        let free = 32 - length.parse::<u32>().unwrap();
        bits(base) >> free == bits(address) >> free
    }

    /// `*` is any text, `?` any letter.
    fn like(pattern: &str, text: &str) -> bool {
        match (pattern.chars().next(), text.chars().next()) {
            (None, None) => true,
            (Some('*'), _) => {
                like(&pattern[1..], text) || text.chars().next().is_some_and(|it| like(pattern, &text[it.len_utf8()..]))
            }
            (Some('?'), Some(it)) => like(&pattern[1..], &text[it.len_utf8()..]),
            (Some(a), Some(b)) if a == b => like(&pattern[a.len_utf8()..], &text[b.len_utf8()..]),
            _ => false,
        }
    }

    fn texts(list: &Json) -> Vec<String> {
        match list {
            Json::Array(items) => items.iter().map(|it| it.as_str().unwrap().to_owned()).collect(),
            Json::String(text) => vec![text.clone()],
            _ => Vec::new(),
        }
    }
}

/// What nobody reads in the code, drawn.
struct World {
    acting: Vec<&'static str>,
    facts: BTreeMap<&'static str, Option<Vec<String>>>,
}

impl World {
    fn draw(random: &mut Random) -> World {
        let mut acting = vec![NOBODY, LINKED, DEFAULT, SELECTED];
        acting.extend(OTHERS.iter().filter(|_| random.chance(50)));
        let mut facts = BTreeMap::new();
        let mut fact = |key: &'static str, choices: &[&[&str]]| {
            let chosen = random.of(choices);
            let values = chosen.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
            facts.insert(key, if values.is_empty() { None } else { Some(values) });
        };
        fact("aws:multifactorauthpresent", &[&[], &["false"]]);
        fact("aws:sourceip", &[&["54.240.1.9"], &["3.5.140.2"]]);
        fact("aws:principalorgid", &[&[], &["o-example123"], &["o-another456"]]);
        fact("aws:principaltag/team", &[&[], &["backup"], &["other"]]);
        fact("aws:userid", &[&["AROAEXAMPLEID12345678:one"], &["AROAANOTHERID12345678:two"]]);
        fact("aws:viaawsservice", &[&[], &["true"], &["false"]]);
        fact("aws:calledvia", &[&[], &["backup.amazonaws.com"], &["ec2.amazonaws.com", "backup.amazonaws.com"]]);
        fact("aws:useragent", &[&["backup.amazonaws.com"], &["other"]]);
        fact("aws:resourcetag/env", &[&[], &["prod"], &["dev"]]);
        fact("kms:encryptioncontextkeys", &[&["aws:backup:backup-vault"], &["aws:backup:backup-vault", "aws:ebs:id"]]);
        fact(
            "kms:encryptioncontext:aws:backup:backup-vault",
            &[
                &["arn:aws:backup:eu-west-1:111122223333:backup-vault:a"],
                &["arn:aws:backup:eu-west-1:111122223333:backup-vault:b"],
            ],
        );
        fact("kms:grantconstrainttype", &[&[], &["EncryptionContextSubset"], &["EncryptionContextEquals"]]);
        World { acting, facts }
    }

    /// The context of a request that AWS Backup makes with a role.
    fn request<'a>(&self, role: &'a str, action: &'a str) -> witness::Request<'a> {
        let mut context: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut known = |key: &str, value: &str| {
            context.insert(key.to_owned(), vec![value.to_owned()]);
        };
        known("aws:securetransport", "true");
        known("aws:requestedregion", "eu-west-1");
        known("aws:resourceaccount", ACCOUNT);
        known("aws:principalarn", role);
        known("aws:principalaccount", ACCOUNT);
        known("aws:principaltype", "AssumedRole");
        known("aws:principalisawsservice", "false");
        known("kms:viaservice", "backup.eu-west-1.amazonaws.com");
        known("kms:calleraccount", ACCOUNT);
        known("kms:keyspec", "SYMMETRIC_DEFAULT");
        known("kms:keyusage", "ENCRYPT_DECRYPT");
        known("kms:keyorigin", "AWS_KMS");
        known("kms:multiregion", "false");
        // The Service Authorization Reference, for the actions that a vault needs.
        let cryptographic = !["kms:CreateGrant", "kms:DescribeKey"].contains(&action);
        if cryptographic {
            known("kms:encryptionalgorithm", "SYMMETRIC_DEFAULT");
        }
        if action == "kms:CreateGrant" {
            known("kms:grantisforawsresource", "true");
        }
        for (key, values) in &self.facts {
            let exists = match *key {
                "kms:grantconstrainttype" => action == "kms:CreateGrant",
                key if key.starts_with("kms:encryptioncontext") => action != "kms:DescribeKey",
                _ => true,
            };
            if let Some(values) = values.as_ref().filter(|_| exists) {
                context.insert((*key).to_owned(), values.clone());
            }
        }
        witness::Request { role, action, key: KEY, context }
    }

    /// Whether one of the roles that AWS Backup acts with may do all.
    fn grants(&self, policy: &Json, required: &[&str]) -> bool {
        self.acting.iter().any(|role| required.iter().all(|it| witness::allows(policy, &self.request(role, it))))
    }
}

fn random_policy(random: &mut Random) -> Json {
    let count = 1 + random.below(4);
    let mut statements: Vec<Json> = (0..count).map(|_| random_statement(random)).collect();
    if random.chance(50) {
        let root = format!("arn:aws:iam::{ACCOUNT}:root");
        statements.push(json!({"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}));
    }
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn random_statement(random: &mut Random) -> Json {
    let root = "arn:aws:iam::111122223333:root";
    let principals = [
        json!("*"),
        json!({"AWS": "*"}),
        json!({"AWS": root}),
        json!({"AWS": ACCOUNT}),
        json!({"AWS": [OTHERS[0], root]}),
        json!({"AWS": LINKED}),
        json!({"AWS": DEFAULT}),
        json!({"AWS": [SELECTED, OTHERS[1]]}),
        json!({"AWS": SELECTED}),
        json!({"AWS": OTHERS[0]}),
        json!({"AWS": OTHERS[1]}),
        json!({"AWS": "arn:aws:iam::444455556666:root"}),
        json!({"AWS": "arn:aws:iam::444455556666:role/app"}),
        json!({"Service": "logs.amazonaws.com"}),
    ];
    let actions = [
        json!("kms:*"),
        json!("*"),
        json!(["kms:CreateGrant", "kms:GenerateDataKey", "kms:Decrypt", "kms:DescribeKey"]),
        json!(["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]),
        json!(["kms:Create*", "kms:Describe*", "kms:Put*"]),
        json!("kms:CreateGrant"),
        json!(["kms:decrypt", "KMS:GENERATEDATAKEY"]),
        json!("kms:D*"),
        json!("kms:?ecrypt"),
    ];
    let mut statement = json!({"Effect": if random.chance(68) { "Allow" } else { "Deny" }});
    let member = if random.chance(8) { "NotPrincipal" } else { "Principal" };
    statement[member] = random.of(&principals);
    let member = if random.chance(8) { "NotAction" } else { "Action" };
    statement[member] = random.of(&actions);
    let resources = [
        json!("*"),
        json!("*"),
        json!("*"),
        json!("*"),
        json!("arn:aws:kms:*:111122223333:key/*"),
        json!(KEY),
        json!("arn:aws:s3:::bucket/*"),
    ];
    statement["Resource"] = random.of(&resources);
    for _ in 0..random.of(&[0, 0, 1, 1, 1, 2]) {
        let (operator, key, values) = random_condition(random);
        statement["Condition"][operator][key] = values;
    }
    statement
}

/// The sort of a condition key, and values for it.
const KEYS: &[(&str, &str, &[&str])] = &[
    ("bool", "aws:SecureTransport", &["true", "false"]),
    ("bool", "aws:MultiFactorAuthPresent", &["true", "false"]),
    ("bool", "aws:PrincipalIsAWSService", &["true", "false"]),
    ("bool", "aws:ViaAWSService", &["true", "false"]),
    ("bool", "kms:GrantIsForAWSResource", &["true", "false"]),
    ("bool", "kms:MultiRegion", &["true", "false"]),
    ("number", "aws:MultiFactorAuthAge", &["3600"]),
    ("address", "aws:SourceIp", &["203.0.113.0/24", "198.51.100.7/32", "0.0.0.0/0"]),
    ("string", "aws:SourceVpce", &["vpce-0123456789", "vpce-*"]),
    ("string", "aws:VpceAccount", &[ACCOUNT]),
    ("string", "aws:RequestedRegion", &["eu-west-1", "us-*"]),
    ("string", "aws:ResourceAccount", &[ACCOUNT, "444455556666"]),
    ("string", "aws:PrincipalAccount", &[ACCOUNT, "444455556666"]),
    ("string", "aws:PrincipalOrgID", &["o-example123", "o-*", "*"]),
    ("string", "aws:PrincipalTag/team", &["backup"]),
    ("string", "aws:PrincipalType", &["AssumedRole", "User"]),
    ("string", "aws:username", &["alice", "*"]),
    ("string", "aws:userid", &["AROAEXAMPLEID12345678:*"]),
    ("string", "aws:UserAgent", &["backup.amazonaws.com", "*"]),
    ("string", "aws:SourceAccount", &[ACCOUNT]),
    ("string", "aws:ResourceTag/env", &["prod"]),
    ("string", "kms:ViaService", &["backup.*.amazonaws.com", "backup.eu-west-1.amazonaws.com", "ec2.*.amazonaws.com"]),
    ("string", "kms:CallerAccount", &[ACCOUNT, "444455556666"]),
    ("string", "kms:KeySpec", &["SYMMETRIC_DEFAULT", "RSA_*"]),
    ("string", "kms:KeyUsage", &["ENCRYPT_DECRYPT", "SIGN_VERIFY"]),
    ("string", "kms:KeyOrigin", &["AWS_KMS", "EXTERNAL"]),
    ("string", "kms:EncryptionAlgorithm", &["SYMMETRIC_DEFAULT"]),
    ("string", "kms:RequestAlias", &["alias/*"]),
    ("string", "kms:GrantConstraintType", &["EncryptionContextSubset"]),
    ("string", "kms:TrailingDaysWithoutKeyUsage", &["1"]),
    (
        "string",
        "kms:EncryptionContext:aws:backup:backup-vault",
        &["arn:aws:backup:eu-west-1:111122223333:backup-vault:a", "arn:aws:backup:*"],
    ),
    ("arn", "aws:PrincipalArn", &[DEFAULT, SELECTED, "arn:aws:iam::111122223333:role/*", OTHERS[0], LINKED]),
    ("arn", "aws:SourceArn", &["arn:aws:backup:*:*:*"]),
    ("set", "kms:EncryptionContextKeys", &["aws:backup:backup-vault", "aws:ebs:id"]),
    ("set", "aws:CalledVia", &["backup.amazonaws.com", "ec2.amazonaws.com"]),
];

fn random_condition(random: &mut Random) -> (String, &'static str, Json) {
    let (sort, key, values) = random.of(KEYS);
    let several = random.chance(25);
    let values = if several && sort != "bool" { json!(values) } else { json!(random.of(values)) };
    if random.chance(6) {
        return ("Null".to_owned(), key, json!(random.of(&["true", "false"])));
    }
    let operators: &[&str] = match sort {
        "bool" => &["Bool"],
        "number" => &["NumericLessThan", "NumericGreaterThanEquals"],
        "address" => &["IpAddress", "NotIpAddress"],
        "arn" => &["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals", "StringLike", "StringNotLike"],
        _ => &[
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringNotLike",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
        ],
    };
    let mut operator = random.of(operators).to_owned();
    if sort == "set" {
        operator = format!("{}:{operator}", random.of(&["ForAnyValue", "ForAllValues"]));
    }
    if random.chance(25) {
        operator.push_str("IfExists");
    }
    (operator, key, values)
}

fn facts() -> Facts {
    Facts {
        account: Some(ACCOUNT.into()),
        region: Some("eu-west-1".into()),
        backup_roles: vec![BackupRole { arn: vec![Part::Literal(SELECTED.into())], name: None }],
        key: KeyFacts {
            spec: Some("SYMMETRIC_DEFAULT".into()),
            usage: Some("ENCRYPT_DECRYPT".into()),
            origin: Some("AWS_KMS".into()),
            multi_region: Some("false".into()),
        },
        ..Facts::default()
    }
}

/// Whether the statement that denies names one of AWS Backup's own roles, and takes something from it.
fn denies_one_of_its_own(policy: &Json, statement: usize, required: &[&str], world: &World) -> bool {
    let deny = &policy["Statement"][statement];
    [LINKED, DEFAULT, SELECTED].into_iter().any(|role| {
        deny["Principal"].to_string().contains(role)
            && required.iter().any(|action| witness::applies(deny, &world.request(role, action)))
    })
}

#[test]
fn every_verdict_holds_in_every_request() {
    let (mut decided, mut needless) = (0, Vec::new());
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for seed in 1..=300u64 {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let policy = random_policy(&mut random);
        let purpose = random.of(&[Purpose::StandardVault, Purpose::StandardVault, Purpose::AirGappedVault]);
        let required = purpose.actions();
        let parsed = Policy::parse(&Value::string(policy.to_string(), Origin::default()));
        let access = backup_access(Some(&parsed), required, &facts());
        let worlds: Vec<World> = (0..40).map(|_| World::draw(&mut random)).collect();
        let truths: Vec<bool> = worlds.iter().map(|world| world.grants(&policy, required)).collect();
        let told = || format!("seed {seed}: {:?}, {}\n{policy:#}", access.verdict, access.explanation);
        *seen.entry(access.verdict.name().unwrap_or("undecided")).or_default() += 1;
        match &access.verdict {
            Verdict::Undecided(_) => {
                if truths.iter().all(|truth| *truth == truths[0]) {
                    needless.push(told());
                }
                continue;
            }
            Verdict::Granted => assert!(truths.iter().all(|truth| *truth), "{}", told()),
            verdict => {
                for (world, truth) in worlds.iter().zip(&truths) {
                    let own = *verdict == Verdict::Denied
                        && denies_one_of_its_own(&policy, access.statement.unwrap(), required, world);
                    assert!(!truth || own, "{}", told());
                }
            }
        }
        decided += 1;
    }
    // What is undecided is so because requests differ: but for a few whose reasons cancel each other out.
    assert!(needless.len() <= 12, "{} needlessly undecided:\n{}", needless.len(), needless.join("\n"));
    assert!(decided >= 200 && seen.len() >= 4, "{decided} decided: {seen:?}");
}

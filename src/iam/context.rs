//! The request that AWS Backup makes: what it has under each condition key, by actor and action.
//!
//! Sources: IAM User Guide, "AWS global condition context keys" (the availability of each); AWS KMS Developer Guide, "AWS
//! KMS condition keys" and "AWS global condition keys"; AWS Backup Developer Guide, "Encryption for backups". A key that
//! is not in the table is unknown.

use super::actions;
use super::document::Condition;
use super::facts::Facts;
use super::operator::{Held, meets};
use super::pattern::Text;
use super::role::Role;
use crate::value::Truth;

/// Who makes the request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Actor<'a> {
    /// A role of the account, acting through AWS Backup.
    Role(&'a Role),
    /// The service principal `backup.amazonaws.com` itself.
    Service,
    /// A principal of the account who calls KMS without a service between.
    Direct,
}

/// Condition keys that no request of AWS Backup has, in small letters: of networks, since it does not come through the
/// account's endpoints; of sessions, since a service assumes the role; of IAM users; of tags, since it tags no key.
const ABSENT: &[&str] = &[
    "aws:assumedroot",
    "aws:calledviaawsmcp",
    "aws:chatbotsourcearn",
    "aws:ec2instancesourceprivateipv4",
    "aws:ec2instancesourcevpc",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:referer",
    "aws:signinsessionarn",
    "aws:sourceidentity",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:tagkeys",
    "aws:username",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "aws:vpcsourceip",
    "codebuild:buildarn",
    "codebuild:projectarn",
    "ec2:roledelivery",
    "ec2:sourceinstancearn",
    "glue:credentialissuingservice",
    "glue:roleassumedby",
    "identitystore:userid",
    "kms:requestalias",
    "lambda:sourcefunctionarn",
    "ssm:sourceinstancearn",
];

/// What a request of `actor` for `action` has under `key`.
fn held(actor: Actor<'_>, action: &str, key: &str, facts: &Facts) -> Held {
    let key = key.to_ascii_lowercase();
    if actions::key_exists(&key, action) == Some(false) {
        return Held::Absent;
    }
    if let Some(held) = held_by_all(&key, facts) {
        return held;
    }
    match actor {
        Actor::Direct => held_by_person(&key, facts),
        Actor::Role(_) | Actor::Service if ABSENT.contains(&&*key) => Held::Absent,
        Actor::Role(_) | Actor::Service
            if key.starts_with("aws:requesttag/") || key.starts_with("kms:recipientattestation:") =>
        {
            Held::Absent
        }
        Actor::Role(role) => held_by_backup(&key).unwrap_or_else(|| held_by_role(role, &key, facts)),
        Actor::Service => held_by_backup(&key).unwrap_or_else(|| held_by_service(&key, facts)),
    }
}

/// What every request for this key has.
fn held_by_all(key: &str, facts: &Facts) -> Option<Held> {
    let fact = |value: &Option<std::sync::Arc<str>>| match value {
        Some(value) => Held::Text(Text::known(value)),
        None => Held::Present,
    };
    Some(match key {
        "aws:securetransport" => Held::Text(Text::known("true")),
        // KMS takes TLS 1.2 and 1.3.
        "aws:tlsversion" => Held::AtLeast(1.2),
        "aws:requestedregion" => Held::Text(Text::region(facts)),
        "aws:resourceaccount" => Held::Text(Text::account(facts)),
        "aws:currenttime" | "aws:epochtime" => Held::Present,
        "kms:keyspec" | "kms:customermasterkeyspec" => fact(&facts.key.spec),
        "kms:keyusage" | "kms:customermasterkeyusage" => fact(&facts.key.usage),
        "kms:keyorigin" => fact(&facts.key.origin),
        "kms:multiregion" => fact(&facts.key.multi_region),
        _ => return None,
    })
}

/// What a request of AWS Backup has, whoever makes it.
fn held_by_backup(key: &str) -> Option<Held> {
    let known = |text: &str| Held::Text(Text::known(text));
    Some(match key {
        // A role that a service assumes never has MFA: its session says so, or has no such key.
        "aws:multifactorauthpresent" | "aws:ismcpserviceaction" | "aws:viaawsmcpservice" => {
            Held::Either(Text::known("false"))
        }
        // The AWS KMS Developer Guide warns of conditions on it: the request comes from an address of the service.
        "aws:sourceip" => Held::Foreign,
        "aws:useragent" => Held::Present,
        "kms:grantisforawsresource" => known("true"),
        "kms:encryptioncontextkeys" => Held::Contains(Text::known("aws:backup:backup-vault")),
        "kms:encryptioncontext:aws:backup:backup-vault" => Held::Present,
        "kms:encryptionalgorithm" => known("SYMMETRIC_DEFAULT"),
        _ => return None,
    })
}

fn held_by_role(role: &Role, key: &str, facts: &Facts) -> Held {
    let known = |text: &str| Held::Text(Text::known(text));
    match key {
        "kms:viaservice" => {
            let region = Text::known("backup.").then(Text::region(facts));
            Held::Text(region.then(Text::known(".amazonaws.com")))
        }
        "kms:calleraccount" | "aws:principalaccount" => Held::Text(Text::account(facts)),
        "aws:principalarn" => role.arn.clone().map_or(Held::Present, Held::Text),
        "aws:principalisawsservice" => known("false"),
        "aws:principaltype" => known("AssumedRole"),
        "aws:userid" | "aws:tokenissuetime" => Held::Present,
        "aws:principalservicename"
        | "aws:principalservicenameslist"
        | "aws:sourceaccount"
        | "aws:sourcearn"
        | "aws:sourceorgid"
        | "aws:sourceorgpaths" => Held::Absent,
        _ => Held::Unknown,
    }
}

fn held_by_service(key: &str, facts: &Facts) -> Held {
    let known = |text: &str| Held::Text(Text::known(text));
    match key {
        "aws:principalisawsservice" => known("true"),
        "aws:principalservicename" => known("backup.amazonaws.com"),
        "aws:principalservicenameslist" => Held::Contains(Text::known("backup.amazonaws.com")),
        "aws:sourceaccount" => Held::Text(Text::account(facts)),
        "aws:sourcearn" => {
            let arn = Text::known("arn:aws:backup:").then(Text::region(facts)).then(Text::known(":"));
            Held::Text(arn.then(Text::account(facts)).then(Text::known(":")).then(Text::named("the backup resource")))
        }
        "aws:principalaccount"
        | "aws:principalarn"
        | "aws:principalorgid"
        | "aws:principalorgpaths"
        | "aws:principaltype"
        | "aws:tokenissuetime" => Held::Absent,
        tag if tag.starts_with("aws:principaltag/") => Held::Absent,
        _ => Held::Unknown,
    }
}

/// What a person's own request has: network, MFA and tags are the person's affair.
fn held_by_person(key: &str, facts: &Facts) -> Held {
    match key {
        "kms:viaservice" | "aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast" => Held::Absent,
        "aws:sourcearn" | "aws:sourceaccount" | "aws:sourceorgid" | "aws:sourceorgpaths" => Held::Absent,
        "aws:viaawsservice" | "aws:principalisawsservice" => Held::Text(Text::known("false")),
        "kms:calleraccount" | "aws:principalaccount" => Held::Text(Text::account(facts)),
        _ => Held::Unknown,
    }
}

/// Whether all conditions of a statement hold for a request.
pub(super) fn all_hold(conditions: &[Condition], actor: Actor<'_>, action: &str, facts: &Facts) -> Truth {
    conditions.iter().map(|condition| holds(condition, actor, action, facts)).fold(Truth::True, Truth::and)
}

/// Whether one condition holds for a request.
pub(super) fn holds(condition: &Condition, actor: Actor<'_>, action: &str, facts: &Facts) -> Truth {
    meets(condition, held(actor, action, &condition.key, facts), facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(actor: Actor<'_>, action: &str, key: &str) -> String {
        match held(actor, action, key, &Facts::default()) {
            Held::Absent => "absent".to_owned(),
            Held::Text(text) => text.as_known().unwrap_or_else(|| "known".to_owned()),
            Held::Either(text) => format!("absent or {}", text.as_known().unwrap_or_default()),
            Held::Contains(text) => format!("contains {}", text.as_known().unwrap_or_default()),
            Held::AtLeast(least) => format!("at least {least}"),
            Held::Foreign => "foreign".to_owned(),
            Held::Present => "present".to_owned(),
            Held::Unknown => "unknown".to_owned(),
        }
    }

    #[test]
    fn what_a_request_has() {
        // A key and an action; what a role's request has, the service's, a person's.
        let table = [
            ("aws:SecureTransport", "kms:Decrypt", ["true", "true", "true"]),
            ("aws:TlsVersion", "kms:Decrypt", ["at least 1.2"; 3]),
            ("aws:CurrentTime", "kms:Decrypt", ["present"; 3]),
            ("aws:RequestedRegion", "kms:Decrypt", ["known"; 3]),
            ("aws:ResourceAccount", "kms:Decrypt", ["known"; 3]),
            ("aws:ResourceTag/team", "kms:Decrypt", ["unknown"; 3]),
            ("aws:RequestTag/team", "kms:Decrypt", ["absent"; 3]),
            ("aws:TagKeys", "kms:CreateGrant", ["absent"; 3]),
            ("aws:MultiFactorAuthPresent", "kms:Decrypt", ["absent or false", "absent or false", "unknown"]),
            ("aws:multifactorauthage", "kms:Decrypt", ["absent", "absent", "unknown"]),
            ("aws:SourceIp", "kms:Decrypt", ["foreign", "foreign", "unknown"]),
            ("aws:VpcSourceIp", "kms:Decrypt", ["absent", "absent", "unknown"]),
            ("aws:SourceVpc", "kms:Decrypt", ["absent", "absent", "unknown"]),
            ("aws:SourceVpcArn", "kms:Decrypt", ["absent", "absent", "unknown"]),
            ("aws:VpceOrgPaths", "kms:Decrypt", ["absent", "absent", "unknown"]),
            ("aws:UserAgent", "kms:Decrypt", ["present", "present", "unknown"]),
            ("aws:PrincipalArn", "kms:Decrypt", ["present", "absent", "unknown"]),
            ("aws:PrincipalAccount", "kms:Decrypt", ["known", "absent", "known"]),
            ("aws:PrincipalOrgID", "kms:Decrypt", ["unknown", "absent", "unknown"]),
            ("aws:PrincipalTag/team", "kms:Decrypt", ["unknown", "absent", "unknown"]),
            ("aws:PrincipalType", "kms:Decrypt", ["AssumedRole", "absent", "unknown"]),
            ("aws:PrincipalIsAWSService", "kms:Decrypt", ["false", "true", "false"]),
            ("aws:PrincipalServiceName", "kms:Decrypt", ["absent", "backup.amazonaws.com", "unknown"]),
            ("aws:PrincipalServiceNamesList", "kms:Decrypt", ["absent", "contains backup.amazonaws.com", "unknown"]),
            ("aws:username", "kms:Decrypt", ["absent", "absent", "unknown"]),
            ("aws:userid", "kms:Decrypt", ["present", "unknown", "unknown"]),
            ("aws:FederatedProvider", "kms:Decrypt", ["absent", "absent", "unknown"]),
            ("ec2:SourceInstanceARN", "kms:Decrypt", ["absent", "absent", "unknown"]),
            ("aws:ViaAWSService", "kms:Decrypt", ["unknown", "unknown", "false"]),
            ("aws:CalledVia", "kms:Decrypt", ["unknown", "unknown", "absent"]),
            ("aws:SourceArn", "kms:Decrypt", ["absent", "known", "absent"]),
            ("aws:SourceOrgID", "kms:Decrypt", ["absent", "unknown", "absent"]),
            ("kms:ViaService", "kms:Decrypt", ["known", "unknown", "absent"]),
            ("kms:ViaService", "kms:ListKeys", ["absent"; 3]),
            ("kms:CallerAccount", "kms:Decrypt", ["known", "unknown", "known"]),
            ("kms:CallerAccount", "kms:ListAliases", ["absent"; 3]),
            ("kms:KeySpec", "kms:Decrypt", ["present"; 3]),
            ("kms:KeySpec", "kms:ListKeys", ["absent"; 3]),
            ("kms:MultiRegion", "kms:DescribeKey", ["present"; 3]),
            ("kms:ResourceAliases", "kms:Decrypt", ["unknown"; 3]),
            ("kms:RequestAlias", "kms:Decrypt", ["absent", "absent", "unknown"]),
            ("kms:RecipientAttestation:PCR0", "kms:Decrypt", ["absent", "absent", "unknown"]),
            ("kms:EncryptionAlgorithm", "kms:Decrypt", ["SYMMETRIC_DEFAULT", "SYMMETRIC_DEFAULT", "unknown"]),
            ("kms:EncryptionAlgorithm", "kms:CreateGrant", ["absent"; 3]),
            ("kms:EncryptionContextKeys", "kms:DescribeKey", ["absent"; 3]),
            ("kms:EncryptionContext:aws:ebs:id", "kms:Decrypt", ["unknown"; 3]),
            ("kms:GrantIsForAWSResource", "kms:CreateGrant", ["true", "true", "unknown"]),
            ("kms:GrantIsForAWSResource", "kms:Decrypt", ["absent"; 3]),
            ("kms:GrantConstraintType", "kms:RetireGrant", ["unknown"; 3]),
            ("kms:GranteeServicePrincipal", "kms:RetireGrant", ["absent"; 3]),
            ("kms:TrailingDaysWithoutKeyUsage", "kms:Decrypt", ["absent"; 3]),
            ("kms:TrailingDaysWithoutKeyUsage", "kms:DisableKey", ["unknown"; 3]),
            ("s3:prefix", "kms:Decrypt", ["unknown"; 3]),
        ];
        let role = Role::unnamed();
        for (key, action, wanted) in table {
            let actors = [Actor::Role(&role), Actor::Service, Actor::Direct];
            assert_eq!(actors.map(|actor| told(actor, action, key)), wanted, "{key} {action}");
        }
    }
}

//! The closed lists of a policy's language: condition keys and operators, and which name was meant.
//!
//! Sources: IAM User Guide, "AWS global condition context keys"; Service Authorization Reference, KMS, both as they were
//! on 2026-08-22. Keys of other services are not judged.

use super::document::Condition;
use super::operator::{OPERATORS, Operator};

/// Global condition keys.
const GLOBAL: &[&str] = &[
    "aws:AssumedRoot",
    "aws:CalledVia",
    "aws:CalledViaAWSMCP",
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:ChatbotSourceArn",
    "aws:CurrentTime",
    "aws:Ec2InstanceSourcePrivateIPv4",
    "aws:Ec2InstanceSourceVpc",
    "aws:EpochTime",
    "aws:FederatedProvider",
    "aws:IsMcpServiceAction",
    "aws:MultiFactorAuthAge",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalIsAWSService",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceName",
    "aws:PrincipalServiceNamesList",
    "aws:PrincipalType",
    "aws:Referer",
    "aws:RequestedRegion",
    "aws:ResourceAccount",
    "aws:ResourceOrgID",
    "aws:ResourceOrgPaths",
    "aws:SecureTransport",
    "aws:SignInSessionArn",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIdentity",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceOwner",
    "aws:SourceVpc",
    "aws:SourceVpcArn",
    "aws:SourceVpce",
    "aws:TagKeys",
    "aws:TlsVersion",
    "aws:TokenIssueTime",
    "aws:UserAgent",
    "aws:ViaAWSMCPService",
    "aws:ViaAWSService",
    "aws:VpcSourceIp",
    "aws:VpceAccount",
    "aws:VpceOrgID",
    "aws:VpceOrgPaths",
    "aws:userid",
    "aws:username",
];

/// Condition keys of KMS.
const KMS: &[&str] = &[
    "kms:BypassPolicyLockoutSafetyCheck",
    "kms:CallerAccount",
    "kms:CustomerMasterKeySpec",
    "kms:CustomerMasterKeyUsage",
    "kms:DataKeyPairSpec",
    "kms:EncryptionAlgorithm",
    "kms:EncryptionContextKeys",
    "kms:ExpirationModel",
    "kms:GrantConstraintSourceArn",
    "kms:GrantConstraintType",
    "kms:GrantIsForAWSResource",
    "kms:GrantOperations",
    "kms:GranteePrincipal",
    "kms:GranteeServicePrincipal",
    "kms:KeyAgreementAlgorithm",
    "kms:KeyOrigin",
    "kms:KeySpec",
    "kms:KeyUsage",
    "kms:MacAlgorithm",
    "kms:MessageType",
    "kms:MultiRegion",
    "kms:MultiRegionKeyType",
    "kms:PrimaryRegion",
    "kms:ReEncryptOnSameKey",
    "kms:ReplicaRegion",
    "kms:RequestAlias",
    "kms:ResourceAliases",
    "kms:RetiringPrincipal",
    "kms:RetiringServicePrincipal",
    "kms:RotationPeriodInDays",
    "kms:ScheduleKeyDeletionPendingWindowInDays",
    "kms:SigningAlgorithm",
    "kms:TrailingDaysWithoutKeyUsage",
    "kms:ValidTo",
    "kms:ViaService",
    "kms:WrappingAlgorithm",
    "kms:WrappingKeySpec",
];

/// How condition keys begin whose rest is free.
const FAMILIES: &[&str] = &[
    "aws:PrincipalTag/",
    "aws:RequestTag/",
    "aws:ResourceTag/",
    "kms:EncryptionContext:",
    "kms:RecipientAttestation:",
];

/// What is to say of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// There is such a name, or it is not judged.
    Yes,
    /// There is none; the one that was meant, where one is near.
    No(Option<String>),
}

/// Whether there is a condition key of this name.
pub(super) fn key(name: &str) -> Known {
    let lower = name.to_ascii_lowercase();
    if name.contains('⟦') {
        return Known::Yes;
    }
    let Some((service, _)) = lower.split_once(':') else {
        // A condition key has its service before it.
        let all = GLOBAL.iter().chain(KMS).map(|known| (known, known.split_once(':').map_or("", |(_, rest)| rest)));
        return Known::No(
            all.into_iter().find(|(_, rest)| rest.eq_ignore_ascii_case(name)).map(|(it, _)| it.to_string()),
        );
    };
    let list = match service {
        "aws" => GLOBAL,
        "kms" => KMS,
        _ => return Known::Yes,
    };
    let in_family = |family: &&&str| lower.starts_with(&family.to_ascii_lowercase()) && lower.len() > family.len();
    if list.iter().any(|known| known.eq_ignore_ascii_case(name)) || FAMILIES.iter().any(|it| in_family(&it)) {
        return Known::Yes;
    }
    let near = nearest(name, list.iter().copied());
    let family = name.split_once('/').or_else(|| name.rsplit_once(':')).map(|(head, _)| head);
    let near_family = || {
        let heads = FAMILIES.iter().map(|it| it.trim_end_matches(['/', ':']));
        nearest(family?, heads.filter(|it| it.matches(':').count() == family.map_or(0, |it| it.matches(':').count())))
    };
    Known::No(near_family().or(near).map(str::to_owned))
}

/// Whether there is a condition operator of this name.
pub(super) fn operator(name: &str) -> Known {
    if name.contains('⟦') || Operator::of(name).exists() {
        return Known::Yes;
    }
    if Operator::of(name).base == "null" {
        // It asks whether the key is there, and so takes no such suffix.
        return Known::No(Some("Null".to_owned()));
    }
    let spelled = ["", "ForAnyValue:", "ForAllValues:"].into_iter().flat_map(|prefix| {
        let with = move |base: &'static str| ["", "IfExists"].map(move |suffix| format!("{prefix}{base}{suffix}"));
        OPERATORS.iter().flat_map(move |base| with(base))
    });
    let all: Vec<String> = spelled.filter(|name| !name.ends_with("NullIfExists")).collect();
    Known::No(nearest(name, all.iter().map(String::as_str)).map(str::to_owned))
}

/// Whether a condition has an operator that there is not, or a key that is the misspelling of one: KMS refuses it, and it
/// opens nothing.
pub(super) fn is_misspelt(condition: &Condition) -> bool {
    let refused = match key(&condition.key) {
        Known::Yes => false,
        Known::No(meant) => meant.is_some() || condition.key.to_ascii_lowercase().starts_with("kms:"),
    };
    refused || operator(&condition.operator) != Known::Yes
}

/// The name that was meant, where one differs in few letters.
pub(super) fn nearest<'n>(wrong: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_'], "");
    let wrong = plain(wrong);
    let limit = (wrong.len() / 4).clamp(1, 3);
    let far = |name: &&str| strsim::osa_distance(&wrong, &plain(name));
    names
        .into_iter()
        .map(|name| (far(&name), name))
        .filter(|(far, _)| *far <= limit)
        .min_by_key(|(far, _)| *far)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_there_are_and_names_that_were_meant() {
        let no = |meant: &str| Known::No(Some(meant.to_owned()));
        let keys = [
            ("kms:ViaService", Known::Yes),
            ("KMS:viaservice", Known::Yes),
            ("kms:EncryptionContext:aws:logs:arn", Known::Yes),
            ("aws:PrincipalTag/team", Known::Yes),
            ("s3:anything", Known::Yes),
            ("kms:ViaServices", no("kms:ViaService")),
            ("kms:CallerAcount", no("kms:CallerAccount")),
            ("aws:SourceAcount", no("aws:SourceAccount")),
            ("aws:PrincipalOrgId", Known::Yes),
            ("aws:PrincipleOrgID", no("aws:PrincipalOrgID")),
            ("aws:MultifactorAuthenticationPresent", Known::No(None)),
            ("aws:PrincipalTags/team", no("aws:PrincipalTag")),
            ("kms:EncryptionContexts:team", no("kms:EncryptionContext")),
            ("kms:Nothing", Known::No(None)),
            ("SourceAccount", no("aws:SourceAccount")),
            ("⟦var.key⟧", Known::Yes),
        ];
        for (name, wanted) in keys {
            assert_eq!(key(name), wanted, "{name}");
        }
        let operators = [
            ("StringEquals", Known::Yes),
            ("ForAnyValue:StringLikeIfExists", Known::Yes),
            ("stringequals", Known::Yes),
            ("Null", Known::Yes),
            ("NullIfExists", no("Null")),
            ("StringEqual", no("StringEquals")),
            ("StringNotEqual", no("StringNotEquals")),
            ("ForAnyValues:StringEquals", no("ForAnyValue:StringEquals")),
            ("ArnMatches", Known::No(None)),
            ("BoolIfExist", no("BoolIfExists")),
        ];
        for (name, wanted) in operators {
            assert_eq!(operator(name), wanted, "{name}");
        }
    }
}

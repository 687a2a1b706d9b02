//! Names in a pattern that KMS never sends: a source, a detail type or an event that is spelt otherwise than AWS spells it.

use super::event::EVENTS;
use crate::value::Origin;

/// A field that tells which events a pattern is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    /// EventBridge's `source`.
    Source,
    /// EventBridge's `detail-type`.
    DetailType,
    /// CloudTrail's `eventSource`.
    EventSource,
    /// CloudTrail's `eventName`.
    EventName,
}

/// A text that a pattern asks a field to be.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) field: Field,
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// Events of KMS besides those that must be seen (AWS KMS API Reference, and "Logging AWS KMS API calls" for the last).
const OTHERS: &[&str] = &[
    "CancelKeyDeletion",
    "ConnectCustomKeyStore",
    "CreateAlias",
    "CreateCustomKeyStore",
    "CreateGrant",
    "CreateKey",
    "Decrypt",
    "DeleteAlias",
    "DeleteCustomKeyStore",
    "DeleteImportedKeyMaterial",
    "DeriveSharedSecret",
    "DescribeCustomKeyStores",
    "DescribeKey",
    "DisableKeyRotation",
    "DisconnectCustomKeyStore",
    "EnableKey",
    "EnableKeyRotation",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
    "GenerateRandom",
    "GetKeyPolicy",
    "GetKeyRotationStatus",
    "GetParametersForImport",
    "GetPublicKey",
    "ImportKeyMaterial",
    "ListAliases",
    "ListGrants",
    "ListKeyPolicies",
    "ListKeyRotations",
    "ListKeys",
    "ListResourceTags",
    "ListRetirableGrants",
    "ReEncrypt",
    "ReplicateKey",
    "RetireGrant",
    "RotateKeyOnDemand",
    "Sign",
    "SynchronizeMultiRegionKey",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateCustomKeyStore",
    "UpdateKeyDescription",
    "UpdatePrimaryRegion",
    "Verify",
    "VerifyMac",
    "DeleteKey",
    "RotateKey",
    "DeleteExpiredKeyMaterial",
];

/// Whether a pattern is about KMS: it names its source, or one of the events that must be seen.
pub(super) fn speaks_of_kms(asked: &[Asked]) -> bool {
    asked.iter().any(|it| match it.field {
        Field::Source | Field::EventSource => it.text.to_ascii_lowercase().contains("kms"),
        Field::EventName => EVENTS.contains(&it.text.as_str()),
        Field::DetailType => false,
    })
}

/// The names in a pattern about KMS that no event of KMS has.
pub(super) fn misspelt(asked: &[Asked]) -> Vec<(String, Origin)> {
    let plain = asked.iter().filter(|it| !it.text.contains('*'));
    let wrong = plain.filter(|it| match it.field {
        Field::Source => is_of_kms(&it.text) && it.text != "aws.kms",
        Field::EventSource => is_of_kms(&it.text) && it.text != "kms.amazonaws.com",
        Field::DetailType => differs_in_case(&it.text, "AWS API Call via CloudTrail"),
        Field::EventName => near_event(&it.text),
    });
    wrong.map(|it| (it.text.clone(), it.origin.clone())).collect()
}

fn is_of_kms(text: &str) -> bool {
    text.to_ascii_lowercase().contains("kms")
}

fn differs_in_case(text: &str, right: &str) -> bool {
    text != right && text.eq_ignore_ascii_case(right)
}

/// Whether a name is almost one of the events that must be seen, and no other event of KMS: but for the case of its letters,
/// the prefix of an action, KMS's old word for a key, or a letter in six.
fn near_event(name: &str) -> bool {
    if EVENTS.contains(&name) || OTHERS.contains(&name) {
        return false;
    }
    let plain = name.to_ascii_lowercase().replace("cmk", "key");
    let plain = plain.strip_prefix("kms:").unwrap_or(&plain);
    EVENTS.iter().any(|event| strsim::levenshtein(plain, &event.to_ascii_lowercase()) <= event.len() / 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_almost_an_event_is_misspelt() {
        let table = [
            (Field::EventName, "ScheduleKeyDeletions", true),
            (Field::EventName, "ScheduleKeyDelete", true),
            (Field::EventName, "scheduleKeyDeletion", true),
            (Field::EventName, "kms:DisableKey", true),
            (Field::EventName, "DisableCMK", true),
            (Field::EventName, "PutKeyPolices", true),
            (Field::EventName, "RevokeGrants", true),
            (Field::EventName, "EnableKey", false),
            (Field::EventName, "DisableKey", false),
            (Field::EventName, "DisableKeyRotation", false),
            (Field::EventName, "CancelKeyDeletion", false),
            (Field::EventName, "PutRolePolicy", false),
            (Field::EventName, "PutUserPolicy", false),
            (Field::EventName, "PutBucketPolicy", false),
            (Field::EventName, "Delete*", false),
            (Field::Source, "aws.kms", false),
            (Field::Source, "aws.s3", false),
            (Field::Source, "kms.amazonaws.com", true),
            (Field::Source, "AWS.KMS", true),
            (Field::EventSource, "kms.amazonaws.com", false),
            (Field::EventSource, "kms.amazon.com", true),
            (Field::EventSource, "aws.kms", true),
            (Field::EventSource, "kms.*", false),
            (Field::DetailType, "AWS API Call via CloudTrail", false),
            (Field::DetailType, "AWS API Call via Cloudtrail", true),
            (Field::DetailType, "KMS CMK Deletion", false),
        ];
        for (field, text, expected) in table {
            let asked = Asked { field, text: text.to_owned(), origin: Origin::default() };
            assert_eq!(!misspelt(&[asked]).is_empty(), expected, "{field:?} {text}");
        }
    }
}

//! The actions of AWS KMS, and which condition keys exist for which of them.
//!
//! Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service".

/// Every action of KMS on a key.
pub(super) const KMS: &[&str] = &[
    "CancelKeyDeletion",
    "CreateAlias",
    "CreateGrant",
    "CreateKey",
    "Decrypt",
    "DeleteAlias",
    "DeleteImportedKeyMaterial",
    "DeriveSharedSecret",
    "DescribeKey",
    "DisableKey",
    "DisableKeyRotation",
    "EnableKey",
    "EnableKeyRotation",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "GenerateMac",
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
    "PutKeyPolicy",
    "ReEncryptFrom",
    "ReEncryptTo",
    "ReplicateKey",
    "RetireGrant",
    "RevokeGrant",
    "RotateKeyOnDemand",
    "ScheduleKeyDeletion",
    "Sign",
    "SynchronizeMultiRegionKey",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateKeyDescription",
    "UpdatePrimaryRegion",
    "Verify",
    "VerifyMac",
];

/// Actions with an encryption context.
const CONTEXT: &[&str] = &[
    "CreateGrant",
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "RetireGrant",
];

/// Condition keys that exist for some actions only, in small letters.
const KEYS: &[(&str, &[&str])] = &[
    ("kms:grantisforawsresource", &["CreateGrant", "ListGrants", "RevokeGrant"]),
    ("kms:grantconstrainttype", &["CreateGrant"]),
    ("kms:grantoperations", &["CreateGrant"]),
    ("kms:granteeprincipal", &["CreateGrant"]),
    ("kms:retiringprincipal", &["CreateGrant"]),
    ("kms:encryptioncontextkeys", CONTEXT),
    ("kms:bypasspolicylockoutsafetycheck", &["CreateKey", "PutKeyPolicy"]),
    ("kms:schedulekeydeletionpendingwindowindays", &["ScheduleKeyDeletion"]),
    ("kms:rotationperiodindays", &["EnableKeyRotation"]),
    ("kms:replicaregion", &["ReplicateKey"]),
    ("kms:primaryregion", &["UpdatePrimaryRegion"]),
    ("kms:reencryptonsamekey", &["ReEncryptFrom", "ReEncryptTo"]),
    ("kms:signingalgorithm", &["Sign", "Verify"]),
    ("kms:messagetype", &["Sign", "Verify"]),
    ("kms:macalgorithm", &["GenerateMac", "VerifyMac"]),
    ("kms:wrappingalgorithm", &["GetParametersForImport"]),
    ("kms:wrappingkeyspec", &["GetParametersForImport"]),
    ("kms:validto", &["ImportKeyMaterial"]),
    ("kms:expirationmodel", &["ImportKeyMaterial"]),
    ("kms:datakeypairspec", &["GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"]),
];

/// Whether a condition key exists in requests of an action; `None` where it exists for all, or is not in the table.
pub(super) fn key_exists(key: &str, action: &str) -> Option<bool> {
    let key = key.to_ascii_lowercase();
    let action = action.strip_prefix("kms:").unwrap_or(action);
    if key.starts_with("kms:encryptioncontext:") {
        return Some(CONTEXT.contains(&action));
    }
    let (_, actions) = KEYS.iter().find(|(name, _)| *name == key)?;
    Some(actions.contains(&action))
}

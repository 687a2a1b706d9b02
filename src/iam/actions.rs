//! The actions of AWS KMS, and which condition keys exist for which of them.
//!
//! Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service", as
//! it was on 2026-08-22; the condition keys that hang on a property of the key are those of its resource type `key`.

/// Every action of KMS.
pub(super) const KMS: &[&str] = &[
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
    "DisableKey",
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
    "GetKeyLastUsage",
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
    "UpdateCustomKeyStore",
    "UpdateKeyDescription",
    "UpdatePrimaryRegion",
    "Verify",
    "VerifyMac",
];

/// Actions that are authorized for no key, so that a key policy does not decide them.
const KEYLESS: &[&str] = &[
    "ConnectCustomKeyStore",
    "CreateCustomKeyStore",
    "CreateKey",
    "DeleteCustomKeyStore",
    "DescribeCustomKeyStores",
    "DisconnectCustomKeyStore",
    "GenerateRandom",
    "ListAliases",
    "ListKeys",
    "ListRetirableGrants",
    "UpdateCustomKeyStore",
];

/// Actions that have neither kms:CallerAccount nor kms:ViaService.
const CALLERLESS: &[&str] =
    &["GenerateRandom", "ListAliases", "ListKeys", "ListRetirableGrants", "SynchronizeMultiRegionKey"];

/// Cryptographic actions of symmetric keys.
const CRYPTOGRAPHIC: &[&str] = &[
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
];

/// Further actions with an encryption context: that of the grant's constraint.
const GRANTS_OF_CONTEXT: &[&str] = &["CreateGrant", "RetireGrant"];

/// Condition keys that exist for some actions only, in small letters.
const KEYS: &[(&str, &[&[&str]])] = &[
    ("kms:bypasspolicylockoutsafetycheck", &[&["CreateKey", "PutKeyPolicy"]]),
    ("kms:datakeypairspec", &[&["GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext"]]),
    ("kms:encryptionalgorithm", &[CRYPTOGRAPHIC]),
    ("kms:encryptioncontextkeys", &[CRYPTOGRAPHIC, GRANTS_OF_CONTEXT]),
    ("kms:expirationmodel", &[&["ImportKeyMaterial"]]),
    ("kms:grantconstraintsourcearn", &[&["CreateGrant"]]),
    ("kms:grantconstrainttype", &[GRANTS_OF_CONTEXT]),
    ("kms:granteeprincipal", &[&["CreateGrant"]]),
    ("kms:granteeserviceprincipal", &[&["CreateGrant"]]),
    ("kms:grantisforawsresource", &[&["CreateGrant", "ListGrants", "RevokeGrant"]]),
    ("kms:grantoperations", &[&["CreateGrant"]]),
    ("kms:keyagreementalgorithm", &[&["DeriveSharedSecret"]]),
    ("kms:macalgorithm", &[&["GenerateMac", "VerifyMac"]]),
    ("kms:messagetype", &[&["Sign", "Verify"]]),
    ("kms:primaryregion", &[&["UpdatePrimaryRegion"]]),
    ("kms:reencryptonsamekey", &[&["ReEncryptFrom", "ReEncryptTo"]]),
    ("kms:replicaregion", &[&["ReplicateKey"]]),
    (
        "kms:requestalias",
        &[
            CRYPTOGRAPHIC,
            &["DeriveSharedSecret", "DescribeKey", "GenerateMac", "GetPublicKey", "Sign", "Verify", "VerifyMac"],
        ],
    ),
    ("kms:retiringprincipal", &[&["CreateGrant"]]),
    ("kms:retiringserviceprincipal", &[&["CreateGrant"]]),
    ("kms:rotationperiodindays", &[&["EnableKeyRotation"]]),
    ("kms:schedulekeydeletionpendingwindowindays", &[&["ScheduleKeyDeletion"]]),
    ("kms:signingalgorithm", &[&["Sign", "Verify"]]),
    ("kms:trailingdayswithoutkeyusage", &[&["DisableKey", "ScheduleKeyDeletion"]]),
    ("kms:validto", &[&["ImportKeyMaterial"]]),
    ("kms:wrappingalgorithm", &[&["GetParametersForImport"]]),
    ("kms:wrappingkeyspec", &[&["GetParametersForImport"]]),
];

/// Actions with a `Recipient`: an attestation document of an enclave or of a NitroTPM.
const ATTESTED: &[&str] =
    &["Decrypt", "DeriveSharedSecret", "GenerateDataKey", "GenerateDataKeyPair", "GenerateRandom"];

/// Condition keys that are properties of the key, in small letters; kms:CustomerMasterKeySpec and
/// kms:CustomerMasterKeyUsage are their old names.
const OF_THE_KEY: &[&str] = &[
    "kms:customermasterkeyspec",
    "kms:customermasterkeyusage",
    "kms:keyorigin",
    "kms:keyspec",
    "kms:keyusage",
    "kms:multiregion",
    "kms:multiregionkeytype",
    "kms:resourcealiases",
];

/// Whether a condition key exists in requests of an action; `None` where it exists for all, or is not in the table.
pub(super) fn key_exists(key: &str, action: &str) -> Option<bool> {
    let key = key.to_ascii_lowercase();
    let action = action.strip_prefix("kms:").unwrap_or(action);
    if key.starts_with("kms:encryptioncontext:") {
        return Some(CRYPTOGRAPHIC.contains(&action) || GRANTS_OF_CONTEXT.contains(&action));
    }
    if key.starts_with("kms:recipientattestation:") {
        return Some(ATTESTED.contains(&action));
    }
    match key.as_str() {
        "kms:calleraccount" => return Some(!CALLERLESS.contains(&action)),
        "kms:viaservice" => return Some(!CALLERLESS.contains(&action) && !action.contains("CustomKeyStore")),
        "aws:tagkeys" => return Some(["CreateKey", "TagResource", "UntagResource"].contains(&action)),
        key if key.starts_with("aws:requesttag/") => return Some(["CreateKey", "TagResource"].contains(&action)),
        key if OF_THE_KEY.contains(&key) => return Some(action == "CreateKey" || !KEYLESS.contains(&action)),
        _ => {}
    }
    let (_, actions) = KEYS.iter().find(|(name, _)| *name == key)?;
    Some(actions.iter().any(|list| list.contains(&action)))
}

/// Whether an action uses the key, or lets another use it: what backups need.
pub(super) fn is_use(action: &str) -> bool {
    CRYPTOGRAPHIC.contains(&action) || action == "CreateGrant"
}

/// Whether a key policy decides an action.
pub(super) fn is_of_key(action: &str) -> bool {
    !KEYLESS.contains(&action)
}

//! Does a key policy let AWS Backup use the key? What is asked, and what the answers are.
//!
//! AWS's own minimum for a vault's key is CreateGrant, GenerateDataKey, Decrypt and DescribeKey (AWS Backup Developer
//! Guide, "Encryption for backups"): AWS Backup works through grants that it makes with the caller's credentials. Copies
//! within one account need no more.

use super::naming::Naming;
use crate::value::{Origin, Unknown};

/// What a key is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// A standard vault's key.
    StandardVault,
    /// A logically air-gapped vault's key: what it is made with, copied into it and restored from it.
    AirGappedVault,
}

impl Purpose {
    /// The actions without which it does not work.
    pub fn actions(self) -> &'static [&'static str] {
        match self {
            Purpose::StandardVault => &["kms:CreateGrant", "kms:GenerateDataKey", "kms:Decrypt", "kms:DescribeKey"],
            // Made with CreateGrant and DescribeKey alone, but it lives of copies.
            Purpose::AirGappedVault => &[
                "kms:CreateGrant",
                "kms:GenerateDataKey",
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:Encrypt",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            ],
        }
    }
}

/// The outcome of the decision table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every action is allowed.
    Granted,
    /// A Deny takes an action away.
    Denied,
    /// What would allow it can never hold.
    Blocked,
    /// No Allow reaches AWS Backup at all.
    Nobody,
    /// Only the service principal has what the account's principals lack.
    ServiceOnly,
    /// Some action is allowed to nobody.
    Missing,
    /// Can't be told.
    Undecided(Unknown),
}

impl Verdict {
    /// The name that rules compare with; `None` where it can't be told.
    pub fn name(&self) -> Option<&'static str> {
        Some(match self {
            Verdict::Granted => "granted",
            Verdict::Denied => "denied",
            Verdict::Blocked => "blocked",
            Verdict::Nobody => "nobody",
            Verdict::ServiceOnly => "service-only",
            Verdict::Missing => "missing",
            Verdict::Undecided(_) => return None,
        })
    }
}

/// What a policy gives AWS Backup, and what decides that.
#[derive(Clone, Debug)]
pub struct Access {
    /// The outcome.
    pub verdict: Verdict,
    /// The actions that are denied, blocked or missing.
    pub actions: Vec<&'static str>,
    /// The statement that decides: its index in the policy.
    pub statement: Option<usize>,
    /// The condition that decides: its text and place.
    pub condition: Option<(String, Origin)>,
    /// Whether the account's principals reach the key through account root or `*`.
    pub through_account: bool,
    /// Whether CreateGrant is allowed to no role and not to the service.
    pub grant_missing_everywhere: bool,
    /// Whether the policy names AWS Backup.
    pub naming: Naming,
    /// Why, as a clause: `statement "OnlyEc2" denies kms:Decrypt ...`.
    pub explanation: String,
    /// The deciding text.
    pub origin: Origin,
}

//! What each dialect calls a resource and its properties: CloudFormation, the AWS provider of Terraform, and the Cloud
//! Control provider (CloudFormation's names in snake case).

use std::borrow::Cow;

use super::evaluator::Block;

/// What a resource is, whatever its dialect calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Part {
    /// A standard backup vault.
    Vault,
    /// A logically air-gapped backup vault.
    AirGappedVault,
    /// A vault's access policy as a resource of its own.
    VaultPolicy,
    /// A vault's lock as a resource of its own.
    VaultLock,
    /// A KMS key.
    Key,
    /// A replica of a multi-Region key.
    ReplicaKey,
    /// A key with imported material.
    ExternalKey,
    /// A replica of a multi-Region key with imported material.
    ReplicaExternalKey,
    /// A key's policy as a resource of its own.
    KeyPolicy,
    /// An alias.
    Alias,
    /// A grant.
    Grant,
    /// A backup plan.
    Plan,
    /// A backup selection.
    Selection,
    /// An IAM role.
    Role,
    /// A policy inline in, or attached to, a role, as a resource of its own.
    RolePolicy,
    /// A managed IAM policy.
    ManagedPolicy,
    /// A policy of an organisation.
    OrganizationPolicy,
    /// An EventBridge rule.
    EventRule,
    /// A target of an EventBridge rule as a resource of its own.
    EventTarget,
    /// A metric filter of CloudWatch Logs.
    MetricFilter,
    /// An alarm of CloudWatch.
    Alarm,
    /// The data source that looks a key up.
    KeyData,
    /// The data source that looks an alias up.
    AliasData,
}

/// How properties are spelt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `AWS::Service::Type` with `PascalCase` properties.
    CloudFormation,
    /// `aws_type`.
    Aws,
    /// `awscc_service_type` with CloudFormation's names in snake case.
    CloudControl,
}

/// (CloudFormation type, AWS provider type, what it is). The Cloud Control type follows from the first.
const TYPES: &[(&str, &str, Part)] = &[
    ("AWS::Backup::BackupVault", "aws_backup_vault", Part::Vault),
    ("AWS::Backup::LogicallyAirGappedBackupVault", "aws_backup_logically_air_gapped_vault", Part::AirGappedVault),
    ("", "aws_backup_vault_policy", Part::VaultPolicy),
    ("", "aws_backup_vault_lock_configuration", Part::VaultLock),
    ("AWS::KMS::Key", "aws_kms_key", Part::Key),
    ("AWS::KMS::ReplicaKey", "aws_kms_replica_key", Part::ReplicaKey),
    ("", "aws_kms_external_key", Part::ExternalKey),
    ("", "aws_kms_replica_external_key", Part::ReplicaExternalKey),
    ("", "aws_kms_key_policy", Part::KeyPolicy),
    ("AWS::KMS::Alias", "aws_kms_alias", Part::Alias),
    ("", "aws_kms_grant", Part::Grant),
    ("AWS::Backup::BackupPlan", "aws_backup_plan", Part::Plan),
    ("AWS::Backup::BackupSelection", "aws_backup_selection", Part::Selection),
    ("AWS::IAM::Role", "aws_iam_role", Part::Role),
    ("AWS::IAM::RolePolicy", "aws_iam_role_policy", Part::RolePolicy),
    ("", "aws_iam_role_policy_attachment", Part::RolePolicy),
    ("AWS::IAM::ManagedPolicy", "aws_iam_policy", Part::ManagedPolicy),
    ("AWS::IAM::Policy", "", Part::RolePolicy),
    ("AWS::IAM::UserPolicy", "aws_iam_user_policy", Part::RolePolicy),
    ("AWS::IAM::GroupPolicy", "aws_iam_group_policy", Part::RolePolicy),
    ("AWS::Organizations::Policy", "aws_organizations_policy", Part::OrganizationPolicy),
    ("AWS::Events::Rule", "aws_cloudwatch_event_rule", Part::EventRule),
    ("", "aws_cloudwatch_event_target", Part::EventTarget),
    ("AWS::Logs::MetricFilter", "aws_cloudwatch_log_metric_filter", Part::MetricFilter),
    ("AWS::CloudWatch::Alarm", "aws_cloudwatch_metric_alarm", Part::Alarm),
];

/// What a block is, and how its properties are spelt; `None` for what the model does not know.
pub(crate) fn identify(block: &Block) -> Option<(Part, Dialect)> {
    let kind: &str = &block.kind;
    if block.data {
        return match kind {
            "aws_kms_key" => Some((Part::KeyData, Dialect::Aws)),
            "aws_kms_alias" => Some((Part::AliasData, Dialect::Aws)),
            _ => None,
        };
    }
    of_type(kind)
}

/// Whether resources of this type are a part of the stack that rules judge.
pub fn knows(kind: &str) -> bool {
    of_type(kind).is_some()
}

fn of_type(kind: &str) -> Option<(Part, Dialect)> {
    if let Some(rest) = kind.strip_prefix("awscc_") {
        let (_, _, part) = TYPES.iter().find(|(name, ..)| cloud_control(name) == rest)?;
        return Some((*part, Dialect::CloudControl));
    }
    TYPES.iter().find_map(|(cloudformation, terraform, part)| match kind {
        "" => None,
        _ if kind == *cloudformation => Some((*part, Dialect::CloudFormation)),
        _ if kind == *terraform => Some((*part, Dialect::Aws)),
        _ => None,
    })
}

/// `AWS::Backup::BackupVault` as `backup_backup_vault`.
fn cloud_control(cloudformation: &str) -> String {
    cloudformation
        .strip_prefix("AWS::")
        .map(|rest| rest.split("::").map(|word| snake(word).into_owned()).collect::<Vec<_>>().join("_"))
        .unwrap_or_default()
}

/// `EncryptionKeyArn` as `encryption_key_arn`, `KMSKeyId` as `kms_key_id`.
pub(crate) fn snake(pascal: &str) -> Cow<'_, str> {
    if !pascal.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Borrowed(pascal);
    }
    let letters: Vec<char> = pascal.chars().collect();
    let mut snake = String::with_capacity(pascal.len() + 4);
    for (at, letter) in letters.iter().enumerate() {
        let starts = letter.is_ascii_uppercase()
            && at > 0
            && (!letters[at - 1].is_ascii_uppercase() || letters.get(at + 1).is_some_and(char::is_ascii_lowercase));
        if starts {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    Cow::Owned(snake)
}

/// One property under its names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name {
    /// In CloudFormation; empty where CloudFormation has none.
    pub(crate) cloudformation: &'static str,
    /// In the AWS provider; empty where it has none.
    pub(crate) terraform: &'static str,
}

impl Name {
    /// CloudFormation's and Terraform's name of one property.
    pub(crate) const fn new(cloudformation: &'static str, terraform: &'static str) -> Self {
        Name { cloudformation, terraform }
    }

    /// The name in `dialect`; `None` where it has none.
    pub(crate) fn in_dialect(self, dialect: Dialect) -> Option<Cow<'static, str>> {
        let name = match dialect {
            Dialect::CloudFormation => Cow::Borrowed(self.cloudformation),
            Dialect::Aws => Cow::Borrowed(self.terraform),
            Dialect::CloudControl => snake(self.cloudformation),
        };
        if name.is_empty() { None } else { Some(name) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cloud_control_provider_spells_in_snake_case() {
        let table = [
            ("AWS::Backup::BackupVault", "backup_backup_vault"),
            ("AWS::KMS::Key", "kms_key"),
            ("AWS::Backup::LogicallyAirGappedBackupVault", "backup_logically_air_gapped_backup_vault"),
        ];
        for (cloudformation, provider) in table {
            assert_eq!(cloud_control(cloudformation), provider);
        }
        assert_eq!(snake("MpaApprovalTeamArn"), "mpa_approval_team_arn");
        assert_eq!(snake("KMSKeyId"), "kms_key_id");
    }
}

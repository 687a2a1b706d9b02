//! What the AWS provider's schemas say of attributes that a configuration does not write.
//!
//! Source: the schemas of `aws_kms_*` and `aws_backup_*` in hashicorp/terraform-provider-aws, version 6.

use super::types::Ty;

/// What an attribute is where nothing is written for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unwritten {
    /// Optional, not computed.
    Null,
    /// Its default.
    Bool(bool),
    /// Its default.
    String(&'static str),
    /// Computed, a string, and there after apply.
    Symbol,
    /// Another configuration's state holds it.
    State,
    /// Nothing is known of it, not even whether it is null.
    Unknown,
}

/// What attribute `name` of a resource or data source of type `kind` is where nothing is written.
pub(super) fn unwritten(data: bool, kind: &str, name: &str) -> Unwritten {
    match (data, kind, name) {
        (true, "terraform_remote_state", _) => Unwritten::State,
        (true, "aws_iam_policy_document", "json" | "minified_json") => Unwritten::Symbol,
        (true, "aws_ssm_parameter", "value" | "insecure_value") => Unwritten::Symbol,
        (true, "aws_kms_key" | "aws_kms_alias", _) => Unwritten::Symbol,
        (false, "aws_kms_key", "enable_key_rotation" | "bypass_policy_lockout_safety_check") => Unwritten::Bool(false),
        (false, "aws_kms_key" | "aws_kms_replica_key", "is_enabled" | "enabled") => Unwritten::Bool(true),
        (false, "aws_kms_key", "customer_master_key_spec") => Unwritten::String("SYMMETRIC_DEFAULT"),
        (false, "aws_kms_key", "key_usage") => Unwritten::String("ENCRYPT_DECRYPT"),
        (false, "aws_kms_key", "deletion_window_in_days" | "custom_key_store_id" | "xks_key_id" | "tags") => {
            Unwritten::Null
        }
        (false, "aws_backup_vault", "force_destroy") => Unwritten::Bool(false),
        (false, "aws_backup_vault", "tags") => Unwritten::Null,
        (false, "aws_backup_vault", "kms_key_arn") => Unwritten::Symbol,
        _ if is_identity(name) => Unwritten::Symbol,
        _ => Unwritten::Unknown,
    }
}

/// Names that are computed strings wherever they occur.
fn is_identity(name: &str) -> bool {
    matches!(
        name,
        "arn" | "id" | "name" | "key_id" | "policy" | "unique_id" | "url" | "endpoint" | "domain_name" | "dns_name"
    ) || name.ends_with("_arn")
        || name.ends_with("_id")
}

/// Whether null, written, leaves the value to the provider.
pub(super) fn is_computed(kind: &str, name: &str) -> bool {
    matches!(
        (kind, name),
        ("aws_backup_vault", "kms_key_arn")
            | ("aws_backup_logically_air_gapped_vault", "encryption_key_arn")
            | ("aws_kms_key", "policy" | "description")
            | ("aws_kms_alias", "name")
    )
}

/// The type to which a written argument is converted.
pub(super) fn argument_type(kind: &str, name: &str) -> Option<Ty> {
    if !(kind.starts_with("aws_kms_") || kind.starts_with("aws_backup_")) {
        return None;
    }
    match name {
        "enable_key_rotation" | "is_enabled" | "enabled" | "multi_region" | "force_destroy" => Some(Ty::Bool),
        "name" | "description" | "kms_key_arn" | "encryption_key_arn" | "target_key_id" | "key_id" => Some(Ty::String),
        "deletion_window_in_days" | "rotation_period_in_days" => Some(Ty::Number),
        _ => None,
    }
}

/// Arguments that name a key and mean the same empty as omitted.
pub(super) fn is_key_argument(name: &str) -> bool {
    matches!(name, "kms_key_arn" | "encryption_key_arn" | "kms_key_id" | "kms_master_key_id" | "kms_key" | "key_arn")
}

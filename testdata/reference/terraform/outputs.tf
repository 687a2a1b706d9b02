output "backup_vault_arn" {
  description = "ARN of the backup vault."
  value       = aws_backup_vault.this.arn
}

output "backup_kms_key_arn" {
  description = "ARN of the key that encrypts the vault; null where it uses aws/backup."
  value       = one(aws_kms_key.backup[*].arn)
}

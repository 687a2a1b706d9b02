variable "name" {
  type = string
}

variable "kms_key_arn" {
  description = "ARN of the key that encrypts the vault."
  type        = string
  default     = null
}

resource "aws_backup_vault" "this" {
  name        = var.name
  kms_key_arn = var.kms_key_arn
}

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

provider "aws" {}

data "aws_caller_identity" "current" {}

resource "aws_kms_key" "backup" {
  count = var.use_customer_managed_key ? 1 : 0

  description         = "Encrypts the recovery points in ${var.backup_vault_name}"
  enable_key_rotation = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "AllowAccountRoot"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "AllowAwsBackup"
        Effect    = "Allow"
        Principal = { Service = "backup.amazonaws.com" }
        Action = [
          "kms:Encrypt",
          "kms:Decrypt",
          "kms:ReEncrypt*",
          "kms:GenerateDataKey*",
          "kms:DescribeKey",
        ]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
      },
    ]
  })

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_alias" "backup" {
  count = var.use_customer_managed_key ? 1 : 0

  name          = "alias/${var.backup_vault_name}"
  target_key_id = aws_kms_key.backup[0].key_id
}

resource "aws_backup_vault" "this" {
  name        = var.backup_vault_name
  kms_key_arn = var.use_customer_managed_key ? aws_kms_key.backup[0].arn : null
}

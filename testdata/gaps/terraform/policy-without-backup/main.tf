provider "aws" {
  region = "eu-central-1"
}

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "Administer"
    actions   = ["kms:Create*", "kms:Describe*", "kms:Put*", "kms:Get*", "kms:ScheduleKeyDeletion"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:role/key-admin"]
    }
  }
}

resource "aws_kms_key" "backup" {
  description         = "Encrypts the backups"
  enable_key_rotation = true
  policy              = data.aws_iam_policy_document.key.json

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_backup_vault" "backups" {
  name        = "backups"
  kms_key_arn = aws_kms_key.backup.arn
}

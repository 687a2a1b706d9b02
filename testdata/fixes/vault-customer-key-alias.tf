data "aws_caller_identity" "me" {}

data "aws_kms_alias" "backup" {
  name = "alias/aws/backup"
}

resource "aws_backup_vault" "v" {
  name        = "v"
  kms_key_arn = data.aws_kms_alias.backup.target_key_arn

  tags = {
    a = "b"
  }
}

resource "aws_kms_key" "backup" {}

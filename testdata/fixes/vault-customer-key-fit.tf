data "aws_caller_identity" "me" {}

resource "aws_kms_key" "k" {
  enable_key_rotation = true

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Principal = { AWS = data.aws_caller_identity.me.account_id }, Action = "kms:*", Resource = "*" },
      { Effect = "Allow", Principal = { Service = "backup.amazonaws.com" }, Action = "kms:*", Resource = "*" },
    ]
  })

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_backup_vault" "v" {
  name        = "v"
  kms_key_arn = ""
}

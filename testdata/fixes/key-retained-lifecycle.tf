resource "aws_kms_key" "k" {
  enable_key_rotation = true

  lifecycle {
    ignore_changes = [tags]
  }
}

resource "aws_backup_vault" "v" {
  name        = "v"
  kms_key_arn = aws_kms_key.k.arn # key
}

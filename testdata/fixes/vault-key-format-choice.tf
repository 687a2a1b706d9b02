variable "k" {
  type    = bool
  default = true
}

resource "aws_kms_key" "k" {
  enable_key_rotation = true
}

resource "aws_backup_vault" "v" {
  name        = "v"
  kms_key_arn = var.k ? aws_kms_key.k.key_id : aws_kms_key.k.arn # key
}

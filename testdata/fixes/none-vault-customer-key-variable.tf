variable "key" {
  type    = string
  default = null
}

resource "aws_backup_vault" "v" {
  name        = "v"
  kms_key_arn = var.key
}

locals {
  rotate = false
}

resource "aws_kms_key" "k" {
  enable_key_rotation = local.rotate
}

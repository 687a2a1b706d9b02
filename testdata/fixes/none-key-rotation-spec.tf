variable "hmac" {
  type    = bool
  default = false
}

resource "aws_kms_key" "k" {
  customer_master_key_spec = var.hmac ? "HMAC_256" : "SYMMETRIC_DEFAULT"
}

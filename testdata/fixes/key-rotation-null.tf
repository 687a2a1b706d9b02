resource "aws_kms_key" "k" {
  enable_key_rotation     = null # later
  deletion_window_in_days = 30
}

resource "aws_kms_key" "k" {
  count = 1

  description             = "Schlüssel" # ünï
  deletion_window_in_days = 30 // days
  tags = {
    a = "b"
  }
}

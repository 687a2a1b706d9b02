resource "aws_kms_key" "k" {
  # What it is for.
  description = "x"

  depends_on = [aws_kms_key.other]
}

resource "aws_kms_key" "other" {
  enable_key_rotation = true
}

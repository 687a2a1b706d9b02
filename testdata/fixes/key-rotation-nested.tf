resource "aws_kms_key" "k" {
    policy = <<-EOF
      {"Version": "2012-10-17", "Statement": []}
    EOF

    lifecycle {
        prevent_destroy = true
    }
}

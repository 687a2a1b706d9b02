provider "aws" {
  alias  = "other"
  region = "eu-west-1"
}

resource "aws_backup_vault" "v" {
  provider = aws.other
  name     = "v"
}

provider "aws" {
  region = "eu-central-1"
}

module "backup" {
  source = "./modules/vault"
  name   = "backups"
}

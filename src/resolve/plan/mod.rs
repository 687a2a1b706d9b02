//! Terraform plan JSON: what will be, as far as the plan tells.

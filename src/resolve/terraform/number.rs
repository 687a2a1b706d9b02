//! Terraform's numbers: arbitrary precision, printed as Terraform prints them.

/// A number.
#[derive(Clone, Debug, PartialEq)]
pub struct Num(f64);

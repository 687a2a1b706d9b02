//! CloudFormation templates: parameters, conditions, intrinsic functions, nested stacks.

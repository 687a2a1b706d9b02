//! What holds across rules: conditions that hang together, causes that are told once, files that are not passed over.

use super::Tree;

/// Leaves out what every key of an example would be told of.
const FEW: &str = "--ignore key-retained,key-policy-service-principal,key-policy-confused-deputy --show-undecided";

#[test]
fn what_hangs_on_one_condition_is_judged_together_in_cloudformation() {
    let head = "Parameters: {On: {Type: String, Default: 'no', AllowedValues: ['yes', 'no']}}\n\
        Conditions: {IsOn: !Equals [!Ref On, 'yes'], IsOff: !Not [!Condition IsOn]}\nResources:\n";
    let root = "Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}";
    let spec = "  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      KeySpec: !If [IsOn, RSA_2048, !Ref AWS::NoValue]\n      \
        KeyUsage: !If [IsOn, SIGN_VERIFY, !Ref AWS::NoValue]\n      EnableKeyRotation: !If [IsOn, !Ref AWS::NoValue, true]\n";
    let statement = format!(
        "  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      EnableKeyRotation: true\n      KeyPolicy:\n        Statement:\n          \
         - {{Effect: Allow, {root}, Action: ['kms:Put*', 'kms:Describe*'], Resource: '*'}}\n          \
         - !If [IsOn, {{Effect: Allow, {root}, Action: ['kms:CreateGrant', 'kms:Decrypt', 'kms:GenerateDataKey*'], Resource: '*'}}, !Ref AWS::NoValue]\n  \
         Vault:\n    Type: AWS::Backup::BackupVault\n    Condition: IsOn\n    Properties: {{BackupVaultName: v, EncryptionKeyArn: !GetAtt Key.Arn}}\n"
    );
    let same_world = "  Key: {Type: AWS::KMS::Key, Condition: IsOn, Properties: {EnableKeyRotation: true}}\n  Vault:\n    \
        Type: AWS::Backup::BackupVault\n    Condition: IsOn\n    Properties: {BackupVaultName: v, EncryptionKeyArn: !If [IsOff, !Ref AWS::NoValue, !GetAtt Key.Arn]}\n";
    let spec = format!("{head}{spec}");
    let statement = format!("{head}{statement}");
    let same_world = format!("{head}{same_world}");
    let files = [("spec.yaml", &*spec), ("statement.yaml", &*statement), ("same.yaml", &*same_world)];
    Tree::new("correlated-cfn", &files).run(&format!("check {FEW}")).code(0).says("0 findings, 0 problems in 3 units");
}

#[test]
fn what_hangs_on_one_variable_is_judged_together_in_terraform() {
    let head = "provider \"aws\" {}\nvariable \"on\" {\n  type    = bool\n  default = false\n}\n";
    let spec = "resource \"aws_kms_key\" \"k\" {\n  customer_master_key_spec = var.on ? \"RSA_2048\" : \"SYMMETRIC_DEFAULT\"\n  \
        key_usage = var.on ? \"SIGN_VERIFY\" : \"ENCRYPT_DECRYPT\"\n  enable_key_rotation = !var.on\n}\n";
    let same_world = "locals {\n  off = !var.on\n}\nresource \"aws_kms_key\" \"k\" {\n  count = var.on ? 1 : 0\n  enable_key_rotation = var.on\n}\n\
        resource \"aws_backup_vault\" \"a\" {\n  count = local.off ? 0 : 1\n  name = \"a\"\n  kms_key_arn = try(aws_kms_key.k[0].arn, null)\n}\n\
        resource \"aws_backup_vault\" \"b\" {\n  for_each = toset(var.on ? [\"b\"] : [])\n  name = each.key\n  kms_key_arn = one(aws_kms_key.k[*].arn)\n}\n\
        resource \"aws_backup_vault\" \"c\" {\n  count = length(aws_kms_key.k)\n  name = \"c\"\n  kms_key_arn = join(\"\", aws_kms_key.k[*].arn)\n}\n";
    let lock = "resource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = true\n}\nresource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  kms_key_arn = aws_kms_key.k.arn\n}\n\
        resource \"aws_backup_vault_lock_configuration\" \"l\" {\n  count = var.on ? 1 : 0\n  backup_vault_name = aws_backup_vault.v.name\n  min_retention_days = 30\n}\n\
        resource \"aws_backup_plan\" \"p\" {\n  name = \"p\"\n  rule {\n    rule_name = \"r\"\n    target_vault_name = aws_backup_vault.v.name\n    \
        lifecycle {\n      delete_after = var.on ? 35 : 7\n    }\n  }\n}\n";
    let [spec, same_world, lock] = [spec, same_world, lock].map(|body| format!("{head}{body}"));
    let files = [("spec/main.tf", &*spec), ("same/main.tf", &*same_world), ("lock/main.tf", &*lock)];
    Tree::new("correlated-tf", &files).run(&format!("check {FEW}")).code(0).says("0 findings, 0 problems in 3 units");
}

#[test]
fn a_selection_lets_in_the_role_that_it_has_in_this_world() {
    let body = "provider \"aws\" {}\nvariable \"on\" {\n  type = bool\n}\nresource \"aws_iam_role\" \"a\" {}\nresource \"aws_iam_role\" \"b\" {}\n\
        resource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = true\n  policy = jsonencode({ Statement = [{ Effect = \"Allow\", \
        Principal = { AWS = aws_iam_role.a.arn }, Action = \"kms:*\", Resource = \"*\" }] })\n}\n\
        resource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  kms_key_arn = aws_kms_key.k.arn\n}\n\
        resource \"aws_backup_selection\" \"s\" {\n  name = \"s\"\n  plan_id = \"p\"\n  iam_role_arn = ROLE\n}\n";
    let either = body.replace("ROLE", "var.on ? aws_iam_role.a.arn : aws_iam_role.b.arn");
    // A second one that hangs on the same variable.
    let second = either.split("resource \"aws_backup_selection\" \"s\"").last().unwrap_or_default();
    let either = format!("{either}resource \"aws_backup_selection\" \"t\"{second}");
    let always = body.replace("ROLE", "aws_iam_role.a.arn");
    let check = "check --select key-policy-backup-access --show-undecided";
    Tree::new("role-either", &[("main.tf", &*either)]).run(check).code(0).says("1 undecided");
    Tree::new("role-always", &[("main.tf", &*always)]).run(check).code(0).says("0 findings, 0 problems");
}

#[test]
fn a_cause_is_told_once() {
    let denied = "Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      EnableKeyRotation: true\n      KeyPolicy:\n        Statement:\n          \
        - {Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: kms:*, Resource: '*'}\n          \
        - {Effect: Deny, Principal: '*', Action: kms:Decrypt, Resource: '*'}\n  \
        Vault:\n    Type: AWS::Backup::BackupVault\n    Properties: {BackupVaultName: v, EncryptionKeyArn: !GetAtt Key.Arn}\n";
    let open = "variable \"key\" {\n  type = string\n}\nresource \"aws_backup_vault\" \"v\" {\n  name        = \"v\"\n  kms_key_arn = var.key\n}\n";
    let tree = Tree::new("once", &[("denied.yaml", denied), ("open/main.tf", open)]);
    // The Deny keeps AWS Backup out as a role and as a service.
    let ran = tree.run("check denied.yaml --format short").code(1).says("[key-policy-backup-access]");
    ran.says_not("[key-policy-service-principal]");
    tree.run("check denied.yaml --format short --select key-policy-service-principal")
        .says("[key-policy-service-principal]");
    // Whose key it is, and whether it is an ARN, and of which region, is one question.
    tree.run("check open --show-undecided").code(0).says("0 findings, 1 undecided (1 input)");
    tree.run("check open --select vault-key-format").code(0).says("0 findings, 1 undecided (1 input)");
}

#[test]
fn a_policy_in_a_file_of_its_own_is_not_passed_over() {
    let policy = "{\"Statement\": [{\"Effect\": \"Deny\", \"Action\": \"*\", \"Resource\": \"*\", \
        \"Condition\": {\"Bool\": {\"aws:MultiFactorAuthPresent\": \"false\"}}}]}";
    let own = "resource \"aws_iam_policy\" \"p\" {\n  policy = file(\"${path.module}/p.json\")\n}\n";
    let call = "module \"p\" {\n  source = \"../module\"\n  policy = file(\"${path.module}/p.json\")\n}\n";
    let module =
        "variable \"policy\" {\n  type = string\n}\nresource \"aws_iam_policy\" \"p\" {\n  policy = var.policy\n}\n";
    let tree = Tree::new(
        "policy-in-a-file",
        &[
            ("own/main.tf", own),
            ("own/p.json", policy),
            ("live/main.tf", call),
            ("live/p.json", policy),
            ("module/main.tf", module),
            ("reads/main.tf", "locals {\n  x = file(\"x\")\n}\n"),
        ],
    );
    for arguments in ["check --format short", "check --format short --no-prefilter"] {
        let ran = tree.run(arguments).code(1).says("2 findings (2 errors)");
        assert!(ran.stdout.contains("own/main.tf") && ran.stdout.contains("live/main.tf"), "{ran:?}");
    }
}

//! What is looked at.

use super::{GAP, GAP_TF, Tree};

#[test]
fn a_monorepo_is_searched_and_what_is_not_ours_is_left_out() {
    let tree = Tree::new(
        "monorepo",
        &[
            ("templates/a.yaml", GAP),
            ("live/prod/main.tf", GAP_TF),
            (
                "cdk.out/S.template.json",
                "{\"Resources\":{\"V\":{\"Type\":\"AWS::Backup::BackupVault\",\"Properties\":{\"BackupVaultName\":\"v\"}}}}",
            ),
            ("node_modules/x/b.yaml", GAP),
            (".terraform/modules/m/main.tf", GAP_TF),
            ("docs/mkdocs.yml", "a: [\n"),
            ("k8s/deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\n"),
        ],
    );
    tree.run("check").code(1).says("3 findings (3 errors), 0 problems in 3 units (3 vaults, 0 keys)");
    tree.run("check templates live").code(1).says("2 findings");
    tree.run("check live/prod/main.tf").code(1).says("1 finding");
    tree.run("check --no-prefilter").code(1).says("3 findings");
}

#[test]
fn what_git_ignores_is_not_looked_for_but_may_be_named() {
    let tree = Tree::new(
        "gitignore",
        &[
            (".gitignore", "cdk.out/\n*.gen.yaml\n!keep.gen.yaml\n"),
            (".git/info/exclude", "private\n"),
            ("a.gen.yaml", GAP),
            ("keep.gen.yaml", GAP),
            ("cdk.out/s.yaml", GAP),
            ("private/p.yaml", GAP),
            ("sub/.gitignore", "/local.yaml\n"),
            ("sub/local.yaml", GAP),
            ("sub/deep/local.yaml", GAP),
        ],
    );
    let ran = tree.run("check . --format short").code(1).says("2 findings");
    assert!(ran.stdout.contains("keep.gen.yaml:2:3") && ran.stdout.contains("sub/deep/local.yaml:2:3"), "{ran:?}");
    tree.run("check --no-gitignore").code(1).says("6 findings");
    tree.run("check sub").code(1).says("1 finding ");
    tree.run("check cdk.out private sub/local.yaml").code(1).says("3 findings");
}

#[test]
fn terraform_reads_its_variables_though_git_ignores_them() {
    let main = "variable \"cmk\" {\n  default = null\n}\nprovider \"aws\" {}\nresource \"aws_backup_vault\" \"v\" {\n  name        = \"v\"\n  kms_key_arn = var.cmk\n}\n";
    let key = "cmk = \"arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\"\n";
    let tree = Tree::new("tfvars", &[(".gitignore", "*.tfvars\n"), ("main.tf", main), ("terraform.tfvars", key)]);
    tree.run("check .").code(0).says("0 findings");
}

#[test]
fn an_unresolved_module_is_told_once() {
    let call = "module \"b\" {\n  source = \"example/backup/aws\"\n}\nresource \"aws_backup_vault\" \"v\" {\n  name        = \"v\"\n  kms_key_arn = module.b.key\n}\n";
    let tree = Tree::new("unresolved", &[("a/main.tf", call)]);
    let ran = tree.run("check . --format short").code(0);
    assert_eq!(ran.stdout.matches("[module]").count(), 1, "{ran:?}");
    assert!(ran.stdout.contains("1 undecided (1 module)"), "{ran:?}");
    // The same module, called by many roots.
    let roots: Vec<(String, &str)> = (0..5).map(|at| (format!("live/{at}/main.tf"), call)).collect();
    let files: Vec<(&str, &str)> = roots.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let ran = Tree::new("modules", &files).run("check . --format short").code(0);
    assert_eq!(ran.stdout.matches("[module]").count(), 1, "{ran:?}");
    assert!(
        ran.stdout.contains(
            "live/0/main.tf:2:12: not read: module example/backup/aws is not installed (and 4 more like it) [module]"
        ),
        "{ran:?}"
    );
}

#[test]
fn a_profile_of_a_directory_counts_however_its_file_is_named() {
    let role = "provider \"aws\" {}\nresource \"aws_iam_role\" \"r\" {\n  name               = \"r\"\n  assume_role_policy = \"{}\"\n}\nresource \"aws_iam_role_policy_attachment\" \"a\" {\n  role       = aws_iam_role.r.name\n  policy_arn = \"arn:aws:iam::aws:policy/AdministratorAccess\"\n}\n";
    let files = [("infra/.strongroom.yaml", "profiles: [organization]\n"), ("infra/main.tf", role), ("main.tf", role)];
    let tree = Tree::new("profile-below", &files);
    for args in [". --format short", "infra --format short", "infra/main.tf --format short"] {
        let ran = tree.run(&format!("check {args}")).code(0).says("infra/main.tf:8:16: advice: ");
        assert_eq!(ran.stdout.matches("[kms-admin-boundary]").count(), 1, "{ran:?}");
    }
    let buffer = ["check", "-", "--stdin-filename", "infra/main.tf", "--format", "short"];
    tree.run_with(&buffer, &[], role).code(0).says("infra/main.tf:8:16: advice: ");
}

#[test]
fn names_that_a_part_of_a_template_does_not_declare_are_told_once_a_file() {
    let part = "Resources:\n  V:\n    Type: AWS::Backup::BackupVault\n    Condition: Gone\n    Properties:\n      BackupVaultName: !Ref Name\n      EncryptionKeyArn: !GetAtt Key.Arn\n";
    let tree = Tree::new(
        "parts",
        &[
            ("a.yaml", part),
            ("b.yaml", part),
            (
                "c.yaml",
                "Resources:\n  T:\n    Type: AWS::Backup::BackupVault\n    Properties:\n      BackupVaultName: !Ref Nme\n      EncryptionKeyArn: x\nParameters:\n  Name: {Type: String}\n",
            ),
        ],
    );
    let ran = tree.run("check . --format short").code(2);
    let told: Vec<&str> = ran.stdout.lines().filter(|line| line.contains("[reference]")).collect();
    assert_eq!(
        told,
        [
            "a.yaml:4:16: problem: the condition Gone is not defined, and 2 more like it in this file [reference]",
            "b.yaml:4:16: problem: the condition Gone is not defined, and 2 more like it in this file [reference]",
            "c.yaml:5:24: problem: Nme is neither a parameter nor a resource of this template [reference]",
        ],
        "{ran:?}"
    );
    tree.run("check a.yaml").code(2).says("where a tool merges this file with others");
    tree.run("check c.yaml").code(2).says("did you mean Name?");
}

#[test]
fn the_id_of_a_key_that_another_template_exports_is_no_arn() {
    let key = "Resources:\n  Key: {Type: AWS::KMS::Key, DeletionPolicy: Retain, Properties: {EnableKeyRotation: true}}\nOutputs:\n  O: {Value: !Ref Key, Export: {Name: key}}\n";
    let vault = |arn: &str| {
        format!(
            "Resources:\n  V: {{Type: AWS::Backup::BackupVault, Properties: {{BackupVaultName: x, EncryptionKeyArn: {arn}}}}}\n"
        )
    };
    let id = vault("!ImportValue key");
    let arn = vault("!Sub ['arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/${K}', {K: !ImportValue key}]");
    let tree = Tree::new("export", &[("key.yaml", key), ("id.yaml", &id), ("arn.yaml", &arn)]);
    let told = "key.yaml:4:14: error: Backup vault V is given the id of a key where AWS Backup wants its ARN";
    tree.run("check key.yaml id.yaml --format short").code(1).says(told).says("1 finding ");
    tree.run("check key.yaml arn.yaml").code(0).says("0 findings, 0 problems in 2 units");
}

#[test]
fn a_parameter_with_a_default_is_not_said_to_have_no_value() {
    let template = "Parameters:\n  Roles: {Type: CommaDelimitedList, Default: 'arn:aws:iam::111122223333:role/a'}\nResources:\n  K:\n    Type: AWS::KMS::Key\n    DeletionPolicy: Retain\n    Properties:\n      EnableKeyRotation: true\n      KeyPolicy:\n        Statement: [{Effect: Allow, Principal: {AWS: !Ref Roles}, Action: 'kms:*', Resource: '*'}]\n  V: {Type: AWS::Backup::BackupVault, Properties: {BackupVaultName: x, EncryptionKeyArn: !GetAtt K.Arn}}\n";
    let tree = Tree::new("defaulted", &[("t.yaml", template)]);
    let ran = tree.run("check t.yaml --show-undecided --format short --ignore key-policy-service-principal").code(0);
    assert!(ran.stdout.contains("Roles may be set to something else than its default"), "{ran:?}");
    assert!(!ran.stdout.contains("no value"), "{ran:?}");
}

#[test]
fn what_nothing_fills_in_is_said_to_lack_its_sub() {
    let template = "Resources:\n  V:\n    Type: AWS::Backup::BackupVault\n    Properties:\n      BackupVaultName: x\n      EncryptionKeyArn: arn:aws:kms:${AWS::Region}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\n  P:\n    Type: AWS::Backup::BackupPlan\n    Properties:\n      BackupPlan:\n        BackupPlanName: p\n        BackupPlanRule:\n          - RuleName: r\n            TargetBackupVault: !Ref V\n            CopyActions:\n              - DestinationBackupVaultArn: arn:aws:backup:eu-west-1:${AWS::AccountId}:backup-vault:x\n";
    let tree = Tree::new("unfilled", &[("t.yaml", template)]);
    tree.run("check t.yaml --show-undecided")
        .code(1)
        .says("EncryptionKeyArn: !Sub arn:aws:kms:${AWS::Region}:111122223333:key/1234abcd")
        .says("can't tell, because it holds a literal ${AWS::AccountId}: `!Sub` is missing");
}

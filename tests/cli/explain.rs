//! `explain PATH:LINE`: the whole story of what is found at a place, or what is seen there.

use super::{GAP, Tree};

const CONDITION: &str = "\
Parameters:
  Own:
    Type: String
    Default: 'false'
    AllowedValues: ['true', 'false']
Conditions:
  Cmk: !Equals [!Ref Own, 'true']
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      Description: für 𝄞
  Vault:
    Type: AWS::Backup::BackupVault
    Properties:
      BackupVaultName: main
      EncryptionKeyArn: !If [Cmk, !GetAtt Key.Arn, !Ref AWS::NoValue]
  Other: { Type: 'AWS::Backup::BackupVault', Properties: { BackupVaultName: a, EncryptionKeyArn: !Ref Key } }
";

const TERRAFORM: &str = "\
provider \"aws\" {}
data \"aws_kms_key\" \"given\" {
  key_id = var.id
}
variable \"id\" {}
variable \"vaults\" {
  default = [\"a\", \"b\"]
}
resource \"aws_backup_vault\" \"v\" {
  for_each = toset(var.vaults)
  name     = each.key
}
# strongroom: ignore[vault-customer-key] emptied by the end of the year
resource \"aws_backup_vault\" \"old\" {
  name = \"old\"
}
resource \"aws_backup_vault\" \"found\" {
  name        = \"f\"
  kms_key_arn = data.aws_ssm_parameter.x.value
}
data \"aws_ssm_parameter\" \"x\" {
  name = \"/x\"
}
";

fn tree(name: &str) -> Tree {
    let note = CONDITION.replace("Default: 'false'", "Default: 'true'");
    let files = [
        ("t.yaml", CONDITION),
        ("note.yaml", note.as_str()),
        ("tf/main.tf", TERRAFORM),
        ("broken.tf", "resource \"aws_backup_vault\" {\n"),
        ("README.md", "# hello\n"),
        ("whole/a.yaml", GAP),
        ("whole/b.yaml", GAP),
    ];
    Tree::new(name, &files)
}

#[test]
fn every_place_has_its_story() {
    let tree = tree("explain");
    // The place, the exit code, what is said, what is not.
    type Row<'r> = (&'r str, i32, &'r [&'r str], &'r [&'r str]);
    let table: [Row<'_>; 14] = [
        (
            "t.yaml:17",
            0,
            &[
                "t.yaml:17:52: error[vault-customer-key]\n",
                "- so it is when Own is 'false'; this is the default\n- it is not so when Own is 'true'\n",
                "- Own: unless it is given, it is \"false\"; it may be \"true\", \"false\"\n",
                "1. t.yaml:17:52  !Ref AWS::NoValue\n   this means that no key is given\n2. t.yaml:17:30  Cmk\n",
                "t.yaml:4:14  'false'\n   'false' is the default of Own\n",
                "No backup vault is ever unencrypted",
                "A vault's key can't be changed: CloudFormation replaces the vault",
                "strongroom check --fix leaves this to you",
                "When it does not apply\n",
            ],
            &["key-rotation", "```", "**"],
        ),
        ("t.yaml:17:54", 0, &["error[vault-customer-key]"], &[]),
        ("t.yaml:17:52: error: as it is printed", 2, &["no such file or directory"], &[]),
        ("t.yaml:7", 0, &["t.yaml:7 is part of what led to this:\n", "t.yaml:17:52: error[vault-customer-key]"], &[]),
        (
            "t.yaml:9",
            0,
            &[
                "t.yaml:9:3: error[key-rotation]",
                "so it is in every world",
                "strongroom check --fix does it: Turn on automatic rotation of key Key. It changes nothing that is deployed",
                "    +      EnableKeyRotation: true\n",
            ],
            &[],
        ),
        ("t.yaml:18", 0, &["error[vault-key-format]", "    +  Other: { Type: 'AWS::Backup::BackupVault'"], &[]),
        (
            "t.yaml:16",
            0,
            &[
                "Nothing is found at t.yaml:16.",
                "BackupVaultName of Vault\n- main\n",
                "Whose key encrypts the backups of Vault\n",
                "- a key of your own (customer-managed) when Own is 'true'\n",
                "What is found in the same resource\n\n- t.yaml:17:52: Backup vault Vault is left without a key",
            ],
            &[],
        ),
        (
            "note.yaml:17",
            0,
            &[
                "note.yaml:17:52: note[vault-customer-key]",
                "- so it is when Own is 'false'\n- it is not so by default\n",
            ],
            &[],
        ),
        (
            "tf/main.tf:9",
            0,
            &["aws_backup_vault.v[\"a\"]", "The same is so of aws_backup_vault.v[\"b\"].", "--fix"],
            &[],
        ),
        (
            "tf/main.tf:14",
            0,
            &["It is ignored in the source: emptied by the end of the year. It would be told so:", "no key is given"],
            &[],
        ),
        (
            "tf/main.tf:19",
            0,
            &[
                "undecided[",
                "Why it can't be told\n\n- ",
                "What would decide it\n\n- only AWS or the provider knows it",
            ],
            &[],
        ),
        ("README.md:1", 0, &["Nothing is found at README.md:1.", "It is no template, Terraform or plan"], &[]),
        ("t.yaml:99", 2, &["t.yaml has 18 lines, and no line 99"], &[]),
        ("broken.tf:1", 2, &["broken.tf:"], &[]),
    ];
    for (place, code, says, says_not) in table {
        let ran = tree.run_with(&["explain", place], &[], "").code(code);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        for text in says {
            assert!(all.contains(text), "{place}: {text:?} is missing in\n{all}");
        }
        for text in says_not {
            assert!(!all.contains(text), "{place}: {text:?} is in\n{all}");
        }
        assert_eq!(code == 0, ran.stderr.is_empty(), "{place}: {}", ran.stderr);
    }
}

#[test]
fn a_path_alone_tells_all_in_order() {
    let tree = tree("explain-whole");
    let told = tree.run("explain t.yaml").code(0).stdout;
    let places: Vec<usize> = ["t.yaml:9:3: ", "t.yaml:17:52: ", "t.yaml:18:"].map(|at| told.find(at).unwrap()).to_vec();
    assert!(places.is_sorted(), "{told}");
    let told = tree.run("explain whole").code(0).stdout;
    assert!(told.find("whole/a.yaml:2:3: error[").unwrap() < told.find("whole/b.yaml:2:3: error[").unwrap());
    tree.run("explain README.md").code(0).says("Nothing is found in README.md.");
    tree.run("explain whole:3").code(2).complains("whole is a directory: it has no lines");
    tree.run("explain gone.tf").code(2).complains("gone.tf: no such file or directory");
    tree.run("explain gone.tf:4").code(2).complains("gone.tf: no such file or directory");
    tree.run("explain key-rotatoin")
        .code(2)
        .complains("did you mean `key-rotation`? A place in a file is told as PATH:LINE");
    tree.run("explain key-rotation").code(0).says("KEY-ROTATION");
}

#[test]
fn pins_leave_fewer_worlds() {
    let tree = tree("explain-pins");
    tree.run("explain --param Own=true t.yaml:17").code(0).says("Nothing is found at t.yaml:17.").says_not("Own is");
    tree.run("explain --param Own=false t.yaml:17").code(0).says("so it is in every world").says_not("Own is 'true'");
}

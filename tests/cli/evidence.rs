//! `strongroom report` and `strongroom graph`.

use serde_json::Value as Json;

use super::{FINE, GAP, Tree};

const STACK: &str = r#"Parameters:
  UseCmk: { Type: String, Default: "true", AllowedValues: ["true", "false"] }
Conditions:
  Cmk: !Equals [!Ref UseCmk, "true"]
Resources:
  Key:
    Type: AWS::KMS::Key
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      EnableKeyRotation: true
      RotationPeriodInDays: 180
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Sid: Root
            Effect: Allow
            Principal: { AWS: "arn:aws:iam::111122223333:root" }
            Action: kms:*
            Resource: "*"
          - Sid: Backup
            Effect: Allow
            Principal: { Service: backup.amazonaws.com }
            Action: ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
            Resource: "*"
            Condition: { StringEquals: { "aws:SourceAccount": "111122223333" } }
  Vault:
    Type: AWS::Backup::BackupVault
    Properties:
      BackupVaultName: main
      EncryptionKeyArn: !If [Cmk, !GetAtt Key.Arn, !Ref AWS::NoValue]
      LockConfiguration: { MinRetentionDays: 7, MaxRetentionDays: 365, ChangeableForDays: 3 }
  Plan:
    Type: AWS::Backup::BackupPlan
    Properties:
      BackupPlan:
        BackupPlanName: daily
        BackupPlanRule:
          - RuleName: daily
            TargetBackupVault: !Ref Vault
            CopyActions:
              - DestinationBackupVaultArn: arn:aws:backup:eu-west-2:111122223333:backup-vault:copies
"#;

fn tree(name: &str) -> Tree {
    let accepted = GAP.replace("Vault:", "Vault: # strongroom: ignore[vault-customer-key] moves in May");
    Tree::new(
        name,
        &[
            ("stack.yaml", STACK),
            ("accepted.yaml", &accepted),
            ("elsewhere.yaml", FINE),
            (
                "aws.yaml",
                "Resources:\n  Vault:\n    Type: AWS::Backup::BackupVault\n    Properties:\n      BackupVaultName: v\n      EncryptionKeyArn: !Sub \"arn:aws:kms:${AWS::Region}:${AWS::AccountId}:alias/aws/backup\"\n",
            ),
            ("gap.yaml", GAP),
            (
                "call/main.tf",
                "module \"m\" {\n  source = \"example/kms/aws\"\n}\nresource \"aws_backup_vault\" \"v\" {\n  name        = \"v\"\n  kms_key_arn = module.m.arn\n}\n",
            ),
        ],
    )
}

#[test]
fn the_report_has_a_row_a_vault() {
    let tree = tree("report");
    let ran = tree.run("report --format json .").code(0);
    assert_eq!(ran.stdout, tree.run("report --format json .").stdout);
    let report: Json = serde_json::from_str(&ran.stdout).unwrap();
    let row = |unit: &str| report["vaults"].as_array().unwrap().iter().find(|row| row["unit"] == unit).unwrap().clone();

    let stack = row("stack.yaml");
    assert_eq!(stack["place"], "stack.yaml:27:3");
    assert_eq!(stack["key"], "Key (customer) when UseCmk is 'true'; aws/backup (AWS-managed) when UseCmk is 'false'");
    assert_eq!(stack["rotation"], "on when UseCmk is 'true'");
    assert_eq!(stack["period"], "180 days");
    assert_eq!(stack["access"], "granted: statement \"Root\" allows it when UseCmk is 'true'");
    assert_eq!(stack["lock"], "at least 7 days, at most 365 days, fixed after 3 days");
    assert_eq!(stack["state"], "not-assessed");

    // As it is written in the template, in the graph as well.
    assert_eq!(row("aws.yaml")["key"], "arn:aws:kms:${AWS::Region}:${AWS::AccountId}:alias/aws/backup");
    tree.run("graph .").says_not("⟦");

    let accepted = row("accepted.yaml");
    assert_eq!(accepted["state"], "gap", "what is set aside is still a gap");
    assert_eq!(accepted["suppressions"][0]["reason"], "moves in May");
    let elsewhere = row("elsewhere.yaml");
    assert_eq!((&elsewhere["state"], &elsewhere["owner"]), (&"not-assessed".into(), &"customer".into()));
    assert!(elsewhere["remarks"].to_string().contains("declared elsewhere"), "{elsewhere}");
    assert_eq!(row("gap.yaml")["key"], "aws/backup");
    assert_eq!(row("call")["state"], "not-assessed");
    let control = |row: &Json, id: &str| {
        let all = row["controls"].as_array().unwrap();
        all.iter().find(|control| control["id"] == id).map(|control| control["state"].clone())
    };
    assert_eq!(control(&row("gap.yaml"), "CKV_AWS_166"), Some("gap".into()));
    assert_eq!(control(&elsewhere, "CKV_AWS_166"), Some("satisfied".into()));
    assert_eq!(control(&elsewhere, "CKV_AWS_7"), Some("not-assessed".into()));
    assert_eq!(report["summary"], serde_json::json!({ "satisfied": 0, "gap": 3, "not_assessed": 3 }));
    assert_eq!(report["read"].as_array().unwrap().len(), 6);
    assert!(report["not_read"][0]["why"].as_str().unwrap().contains("module"), "{report}");
    assert_eq!(report["versions"]["rules"].as_str().unwrap().len(), 16);
    assert!(report.get("date").is_none());
}

#[test]
fn the_page_is_one_file_and_goes_where_it_is_told() {
    let tree = tree("page");
    tree.run("report --format html -o page.html --date 2027-01-31 .").code(0);
    let page = tree.read("page.html");
    assert!(
        page.starts_with("<!doctype html>")
            && page.contains("2027-01-31")
            && !page.contains("http:")
            && !page.contains("https:"),
        "{page}"
    );
    tree.run("report --format html -o no/dir/page.html .")
        .code(2)
        .complains("no/dir/page.html: can't write the report");
    tree.run("report --format markdown stack.yaml").code(0).says("# Backup encryption: stack.yaml");
    tree.run("report nowhere").code(2).complains("nowhere: no such file");
    Tree::new("page-empty", &[]).run("report --format html").code(0).says("No backup vault is declared");
}

#[test]
fn the_graph_has_verdicts_and_conditions() {
    let tree = tree("graph");
    let text = tree.run("graph stack.yaml").code(0).stdout;
    for line in [
        "[(\"Vault\")]:::open",
        "{{\"Key\"}}:::satisfied",
        "([\"Plan\"])",
        "key policy<br>AWS Backup: granted",
        "-.->|\"encrypted by when UseCmk is 'true'\"|",
        "-->|\"backs up to\"|",
        "-->|\"copies to\"|",
        "declared elsewhere",
    ] {
        assert!(text.contains(line), "{line:?} is missing in {text}");
    }
    let dot = tree.run("graph --format dot .").code(0).stdout;
    assert!(dot.starts_with("digraph strongroom {") && dot.contains("shape=cylinder"), "{dot}");
    assert_eq!(dot, tree.run("graph --format dot .").stdout);
}

//! What judging costs beside reading: a thousand small templates, and a hundred rules over a thousand vaults; side by
//! side with a bare parse of the same files, and with `rg -l` where it is installed.
//!
//! `cargo bench --bench repository`. The files are written below the system's temporary directory.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

/// A template with a key and a vault under one condition, as they are in real stacks.
const TEMPLATE: &str = r#"AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  UseCmk:
    Type: String
    AllowedValues: ["true", "false"]
    Default: "true"
Conditions:
  CreateKey: !Equals [!Ref UseCmk, "true"]
Resources:
  Key:
    Type: AWS::KMS::Key
    Condition: CreateKey
    DeletionPolicy: Retain
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { AWS: !Sub "arn:aws:iam::${AWS::AccountId}:root" }
            Action: "kms:*"
            Resource: "*"
  Vault:
    Type: AWS::Backup::BackupVault
    Properties:
      BackupVaultName: vault
      EncryptionKeyArn: !If [CreateKey, !GetAtt Key.Arn, !Ref AWS::NoValue]
"#;

/// A template that has nothing to do with backups, as most are.
const OTHER: &str = r#"AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Stage: { Type: String, Default: dev }
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }
      ManagedPolicyArns: [!Sub "arn:${AWS::Partition}:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: !Sub "orders-${Stage}"
      Runtime: python3.13
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code: { ZipFile: "def handler(event, context): return event" }
"#;

/// Checks of one attribute and another, which the vaults of the large template pass.
const CHECKS: [&str; 5] = [
    "vault.key.owner == \"customer\"",
    "!has(vault.name) || vault.name.startsWith(\"v\")",
    "vault.key.given in [\"reference\", \"literal\"] || vault.key.format != \"alias-name\"",
    "!vault.force_destroy && vault.key.known",
    "has(vault.key.resource) && vault.key.resource.usable != \"disabled\"",
];

struct Files {
    templates: String,
    mixed: String,
    vaults: String,
    rules: String,
}

#[allow(clippy::expect_used, reason = "without its files there is nothing to measure")]
static FILES: LazyLock<Files> = LazyLock::new(|| write().expect("the temporary directory can be written"));

fn main() {
    divan::main();
}

fn write() -> std::io::Result<Files> {
    let root = std::env::temp_dir().join(format!("strongroom-bench-{}", std::process::id()));
    let (templates, mixed, rules) = (root.join("templates"), root.join("mixed"), root.join("rules"));
    for directory in [&templates, &mixed, &rules] {
        fs::create_dir_all(directory)?;
    }
    for at in 0..1000 {
        let file = format!("{at}.yaml");
        fs::write(mixed.join(&file), if at % 50 == 0 { TEMPLATE } else { OTHER })?;
        fs::write(templates.join(file), TEMPLATE)?;
    }
    let mut text = "Resources:\n  Key: { Type: AWS::KMS::Key }\n".to_owned();
    for at in 0..1000 {
        let properties = format!("{{ BackupVaultName: v{at}, EncryptionKeyArn: !GetAtt Key.Arn }}");
        let _ = writeln!(text, "  V{at}: {{ Type: AWS::Backup::BackupVault, Properties: {properties} }}");
    }
    let vaults = root.join("vaults.yaml");
    fs::write(&vaults, text)?;
    for at in 0..100 {
        let front =
            "---\nseverity: error\nsubject: vault\nsummary: The key is a customer's\n---\n# How to fix\nSet it.\n";
        let rule = format!("{front}```check\n{}\n```\n", CHECKS[at % CHECKS.len()]);
        fs::write(rules.join(format!("customer-{at}.md")), rule)?;
    }
    let shown = |path: PathBuf| path.to_string_lossy().into_owned();
    Ok(Files { templates: shown(templates), mixed: shown(mixed), vaults: shown(vaults), rules: shown(rules) })
}

/// Runs the command; the process's start is part of what users wait for.
fn check(words: &[&str]) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_strongroom"));
    let done = command.arg("check").args(words).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(done.is_ok_and(|status| status.code() != Some(2)), "strongroom check {words:?} could not do its job");
}

/// All rules over a thousand templates.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn a_thousand_templates() {
    check(&[&FILES.templates]);
}

/// The same where one in fifty holds a vault.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn a_thousand_templates_few_with_vaults() {
    check(&[&FILES.mixed]);
}

/// Every event of the same thousand templates: the least that any reader of them does, without a process' start.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn a_thousand_templates_bare() -> usize {
    let members = fs::read_dir(&FILES.templates).into_iter().flatten().flatten();
    let texts = members.filter_map(|member| fs::read_to_string(member.path()).ok());
    texts.map(|text| granit_parser::Parser::new_from_str(&text).take_while(Result::is_ok).count()).sum()
}

/// What finding the files that matter costs ripgrep, where it is installed.
#[divan::bench(sample_count = 20, sample_size = 1, ignore = !has_ripgrep())]
fn a_thousand_templates_few_with_vaults_ripgrep() {
    let mut ripgrep = Command::new("rg");
    ripgrep.args(["-l", "AWS::Backup::|AWS::KMS::", &FILES.mixed]).stdout(Stdio::null());
    assert!(ripgrep.status().is_ok_and(|status| status.success()));
}

fn has_ripgrep() -> bool {
    let version = Command::new("rg").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// Reading a thousand templates, and one rule: what the rest is held against.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn a_thousand_templates_and_one_rule() {
    check(&["--select", "vault-key-format", &FILES.templates]);
}

/// A hundred rules over a thousand vaults.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn a_hundred_rules_over_a_thousand_vaults() {
    let rules: Vec<String> = (0..100).map(|at| format!("customer-{at}")).collect();
    check(&["--rules", &FILES.rules, "--select", &rules.join(","), &FILES.vaults]);
}

/// One rule over a thousand vaults.
#[divan::bench(sample_count = 20, sample_size = 1)]
fn one_rule_over_a_thousand_vaults() {
    check(&["--rules", &FILES.rules, "--select", "customer-0", &FILES.vaults]);
}

/// One template, all rules.
#[divan::bench(sample_count = 50, sample_size = 1)]
fn one_template() {
    check(&[&format!("{}/0.yaml", FILES.templates)]);
}

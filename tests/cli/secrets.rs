//! What must not be printed: a marker stands wherever a template or a configuration can hold a secret, and comes out
//! of no command, in no format, neither as it is nor as a function made it.

use super::{Ran, Tree};

/// The marker, and what functions make of it.
const MARKER: &[&str] = &["zx9-marker", "zx9", "rekram-9xz", "wng5lu1hcmtlcg", "q7z"];

const TERRAFORM: &[(&str, &str)] = &[
    (
        "main.tf",
        r#"provider "aws" {}
variable "pw" {
  type      = string
  sensitive = true
  default   = "Zx9-Marker"
  validation {
    condition     = var.pw != "Zx9-Marker-refused"
    error_message = "no"
  }
}
variable "short" {
  default   = "q7Z"
  sensitive = true
}
variable "once" {
  default   = "Zx9-Marker-once"
  ephemeral = true
}
variable "many" {
  type      = map(object({ arn = string }))
  default   = { a = { arn = "Zx9-Marker-many" } }
  sensitive = true
}
variable "number" {
  type      = number
  default   = "Zx9-Marker-number"
  sensitive = true
}
variable "from_file" { sensitive = true }
variable "from_line" {
  default   = ""
  sensitive = true
}
locals {
  whole   = { pw = var.pw, list = [var.short] }
  encoded = base64encode(var.pw)
  text    = jsonencode({ pw = var.pw })
  looped  = [for key, it in var.many : upper(it.arn)]
  keyed   = { (var.pw) = "no-key" }
  written = sensitive("Zx9-Marker-written")
  chosen  = var.pw == "Zx9-Marker" ? "no-key-a" : "no-key-b"
  part    = substr(var.pw, 0, 3)
}
module "inner" {
  source = "./inner"
  key    = "Zx9-Marker-passed"
}
resource "aws_backup_vault" "plain" {
  name        = "Zx9-name"
  kms_key_arn = var.pw
}
resource "aws_backup_vault" "short" {
  name        = "short"
  kms_key_arn = "${var.short}-x"
}
resource "aws_backup_vault" "each" {
  for_each    = toset(["encoded", "text", "chosen", "part", "written"])
  name        = each.key
  kms_key_arn = { encoded = local.encoded, text = local.text, chosen = local.chosen, part = local.part, written = local.written }[each.key]
}
resource "aws_backup_vault" "others" {
  count       = 10
  name        = "o"
  kms_key_arn = [local.whole.pw, local.whole.list[0], local.looped[0], keys(local.keyed)[0], strrev(var.pw), var.once, var.from_file, var.from_line, module.inner.secret, jsondecode(local.text).pw][count.index]
}
resource "aws_backup_vault" "wrong" {
  name        = "wrong"
  kms_key_arn = { a = 1 }[var.pw]
}
resource "aws_backup_vault" "unreadable" {
  name        = "unreadable"
  kms_key_arn = jsondecode(var.pw).x
}
resource "aws_backup_vault" "keyed" {
  for_each    = { for it in [var.short] : it => "no-key" }
  name        = "k"
  kms_key_arn = each.value
}
resource "aws_backup_vault" "addressed" {
  for_each    = toset([var.pw])
  name        = each.key
  kms_key_arn = "no-key"
}
resource "aws_kms_key" "k" {
  description = var.pw
  policy = jsonencode({
    Statement = [{ Effect = "Allow", Principal = { AWS = var.pw }, Action = "kms:*", Resource = "*", Condition = { StringEquals = { "aws:PrincipalTag/x" = var.short } } }]
  })
}
resource "aws_backup_vault" "known" {
  name        = "known ${var.short}"
  kms_key_arn = aws_kms_key.k.arn
}
output "pw" {
  value     = "Zx9-Marker-output"
  sensitive = true
}
"#,
    ),
    (
        "inner/main.tf",
        r#"variable "key" { sensitive = true }
variable "other" {
  default   = "Zx9-Marker-inner"
  sensitive = true
}
resource "aws_backup_vault" "inner" {
  name        = var.other
  kms_key_arn = var.key
}
resource "aws_backup_vault" "defaulted" {
  name        = "d"
  kms_key_arn = var.other
}
output "secret" {
  value     = "no-key-Zx9-Marker"
  sensitive = true
}
"#,
    ),
    ("terraform.tfvars", "from_file = \"Zx9-Marker-tfvars\"\nmany = { a = { arn = \"Zx9-Marker-tfvars\" } }\n"),
];

const CLOUDFORMATION: &[(&str, &str)] = &[
    (
        "t.yaml",
        r"Transform: AWS::LanguageExtensions
Parameters:
  Pw: {Type: String, NoEcho: true, Default: Zx9-Marker}
  Short: {Type: String, NoEcho: true, Default: q7Z}
  Of: {Type: String, NoEcho: true, Default: Zx9-Marker-a, AllowedValues: [Zx9-Marker-a, Zx9-Marker-b]}
  List: {Type: CommaDelimitedList, NoEcho: true, Default: 'q7Z,Zx9-Marker-2'}
  Line: {Type: String, NoEcho: true, Default: ''}
  Bad: {Type: Number, NoEcho: true, Default: Zx9-Marker, MinValue: 3}
Mappings:
  M: {a: {b: no-key}}
Conditions:
  IsPw: !Equals [!Ref Pw, Zx9-Marker]
  IsA: !Equals [Zx9-Marker-a, !Ref Of]
Resources:
  Plain:
    Type: AWS::Backup::BackupVault
    Properties: {BackupVaultName: !Ref Short, EncryptionKeyArn: !Ref Pw}
  Joined:
    Type: AWS::Backup::BackupVault
    Properties: {BackupVaultName: b, EncryptionKeyArn: !Join ['-', [x, !Ref Short]]}
  Sub:
    Type: AWS::Backup::BackupVault
    Properties: {BackupVaultName: c, EncryptionKeyArn: !Sub 'x-${Pw}-${Short}'}
  Picked:
    Type: AWS::Backup::BackupVault
    Properties: {BackupVaultName: d, EncryptionKeyArn: !Select [1, !Ref List]}
  Split:
    Type: AWS::Backup::BackupVault
    Properties: {BackupVaultName: d2, EncryptionKeyArn: !Select [0, !Split ['-', !Ref Pw]]}
  Conditional:
    Type: AWS::Backup::BackupVault
    Properties: {BackupVaultName: e, EncryptionKeyArn: !If [IsPw, no-key, !Ref AWS::NoValue]}
  Allowed:
    Type: AWS::Backup::BackupVault
    Properties: {BackupVaultName: f, EncryptionKeyArn: !If [IsA, !Ref Of, no-key]}
  Wrong:
    Type: AWS::Backup::BackupVault
    Properties: {BackupVaultName: g, EncryptionKeyArn: !FindInMap [M, !Ref Pw, b]}
  Index:
    Type: AWS::Backup::BackupVault
    Properties: {BackupVaultName: g2, EncryptionKeyArn: !Select [!Ref Short, [a, b]]}
  Fn::ForEach::Loop:
    - X
    - !Ref List
    - V${X}:
        Type: AWS::Backup::BackupVault
        Properties: {BackupVaultName: !Ref X, EncryptionKeyArn: !Sub 'n-${X}'}
  Block:
    Type: AWS::Backup::BackupVault
    Properties: {BackupVaultName: d3, EncryptionKeyArn: !Select [0, !Cidr [!Ref Short, 1, 8]]}
  Line_:
    Type: AWS::Backup::BackupVault
    Properties: {BackupVaultName: h, EncryptionKeyArn: !Ref Line}
  Key:
    Type: AWS::KMS::Key
    Properties:
      Description: !Ref Pw
      KeyPolicy:
        Statement: [{Effect: Allow, Principal: {AWS: !Ref Pw}, Action: 'kms:*', Resource: '*'}]
  Known:
    Type: AWS::Backup::BackupVault
    Properties: {BackupVaultName: !Sub 'known-${Short}', EncryptionKeyArn: !GetAtt Key.Arn}
  Nested:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: ./nested.yaml, Parameters: {Pw: Zx9-Marker-passed, Short: q7Z}}
",
    ),
    (
        "nested.yaml",
        r"Parameters:
  Pw: {Type: String, NoEcho: true}
  Short: {Type: String, NoEcho: 'true'}
  Other: {Type: String, NoEcho: true, Default: Zx9-Marker-nested}
Resources:
  V:
    Type: AWS::Backup::BackupVault
    Properties: {BackupVaultName: !Ref Other, EncryptionKeyArn: !Ref Pw}
  W:
    Type: AWS::Backup::BackupVault
    Properties: {BackupVaultName: w, EncryptionKeyArn: !Sub '${Short}-${Pw}'}
  X:
    Type: AWS::Backup::BackupVault
    Properties: {BackupVaultName: !Select [0, !Split ['-', !Ref Pw]], EncryptionKeyArn: !Select [0, !Split ['-', !Ref Pw]]}
",
    ),
];

fn held(told: &Ran, what: &str) {
    for text in [&told.stdout, &told.stderr] {
        let lower = text.to_lowercase();
        for marker in MARKER {
            // The name of a vault that is no secret begins like the marker.
            let lower = lower.replace("zx9-name", "");
            if let Some(at) = lower.find(marker) {
                let from = lower[..at].char_indices().rev().nth(300).map_or(0, |(at, _)| at);
                panic!("{what}: {marker}: ...{}", &lower[from..(at + 60).min(lower.len())]);
            }
        }
    }
}

fn commands(lines: &[(&str, usize)], pins: &[&str]) -> Vec<Vec<String>> {
    let words = |words: &[&str]| words.iter().chain(pins).map(|it| (*it).to_owned()).collect::<Vec<String>>();
    let formats = ["human", "short", "json", "sarif", "github", "gitlab", "junit", "checkstyle", "rdjson", "markdown"];
    let mut list: Vec<Vec<String>> = formats
        .iter()
        .map(|format| words(&["check", ".", "--show-undecided", "--strict", "--format", format]))
        .collect();
    list.push(words(&["check", ".", "--diff", "--fix=unsafe"]));
    list.push(words(&["inspect", "."]));
    for format in ["html", "markdown", "json"] {
        list.push(words(&["report", ".", "--format", format]));
    }
    for format in ["mermaid", "dot"] {
        list.push(words(&["graph", ".", "--format", format]));
    }
    for (path, count) in lines {
        list.push(words(&["explain", path]));
        list.extend((1..=*count).step_by(9).map(|line| words(&["explain", &format!("{path}:{line}")])));
    }
    list.push(words(&["check", ".", "--write-baseline", "b.json"]));
    list.push(words(&["check", ".", "--baseline", "b.json"]));
    list
}

fn marked(name: &str, files: &[(&str, &str)], pins: &[&str]) {
    let tree = Tree::new(name, files);
    let lines: Vec<(&str, usize)> = files.iter().take(2).map(|(path, text)| (*path, text.lines().count())).collect();
    for words in commands(&lines, pins) {
        let told = tree.run_with(&words.iter().map(String::as_str).collect::<Vec<_>>(), &[], "");
        held(&told, &words.join(" "));
    }
    held(&Ran { args: String::new(), stdout: tree.read("b.json"), stderr: String::new(), code: 0 }, "the baseline");
}

#[test]
fn terraform_keeps_its_secrets() {
    marked("secrets-terraform", TERRAFORM, &["--var", "from_line=Zx9-Marker-line"]);
}

#[test]
fn cloudformation_keeps_its_secrets() {
    marked("secrets-cloudformation", CLOUDFORMATION, &["--param", "Line=Zx9-Marker-line"]);
}

#[test]
fn what_is_no_secret_is_told_and_what_is_is_said_to_be_one() {
    let tree = Tree::new("secrets-told", TERRAFORM);
    let told = tree.run_with(&["check", ".", "--format", "short"], &[], "").stdout;
    assert!(told.matches("(sensitive value)").count() >= 8, "{told}");
    let open = "variable \"x\" {\n  default   = \"no-key\"\n  sensitive = true\n}\nprovider \"aws\" {}\nresource \"aws_backup_vault\" \"v\" {\n  name        = \"v\"\n  kms_key_arn = \"${nonsensitive(var.x)}-y\"\n}\n";
    let tree = Tree::new("secrets-open", &[("main.tf", open)]);
    let told = tree.run_with(&["check", ".", "--format", "short"], &[], "").stdout;
    assert!(told.contains("no-key-y"), "{told}");
    let told = tree.run_with(&["check", "."], &[], "").stdout;
    assert!(told.contains("when var.x has its default"), "{told}");
}

#[test]
fn text_can_not_command_a_runner_or_a_terminal() {
    let name = "a\\n::stop-commands::x ##vso[task.x]\\u001b[31m\\u202e";
    let text = format!(
        "{{\"Resources\":{{\"V\":{{\"Type\":\"AWS::Backup::BackupVault\",\"Properties\":{{\"BackupVaultName\":\"v\",\"EncryptionKeyArn\":\"{name}\"}}}}}}}}"
    );
    let tree = Tree::new("secrets-clean", &[("t.json", text.as_str())]);
    for words in [
        &["check", "."][..],
        &["check", ".", "--color", "always"],
        &["check", ".", "--format", "short"],
        &["check", ".", "--format", "markdown"],
        &["check", ".", "--format", "junit"],
        &["check", ".", "--format", "json"],
        &["explain", "t.json:1"],
        &["explain", "t.json:1", "--color", "always"],
        &["report", ".", "--format", "html"],
        &["graph", "."],
    ] {
        let told = tree.run_with(words, &[], "").stdout;
        assert!(!told.lines().any(|line| line.trim_start().starts_with("::")), "{words:?}: {told}");
        for part in ["##vso[", "\u{202e}"] {
            assert!(!told.contains(part) || (words.contains(&"json") && part.starts_with('#')), "{words:?}: {told}");
        }
        assert!(!told.contains("[31m\u{fffd}") || !told.contains("\u{1b}[31m\u{fffd}"), "{words:?}: {told}");
        assert_eq!(told.contains('\u{1b}'), words.contains(&"always"), "{words:?}: {told}");
    }
}

#[test]
fn a_message_that_no_memory_holds_ends_the_server() {
    let tree = Tree::new("secrets-length", &[]);
    let told = tree.run_with(&["lsp"], &[], "Content-Length: 99999999999999\r\n\r\n{}");
    assert_eq!(told.code, 2);
    assert!(told.stderr.contains("a message of 99999999999999 bytes was announced"), "{}", told.stderr);
}

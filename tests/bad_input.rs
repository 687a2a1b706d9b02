//! Bad input gets a clear problem with its place, or a correct answer: never a panic, never a hang, never silence, and
//! the other files are still judged.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const VAULT: &str = "Resources:\n  V:\n    Type: AWS::Backup::BackupVault\n";
const FOUND: &str = "[vault-customer-key]";

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("strongroom-bad-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Scratch(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn check(directory: &Path, path: &str) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_strongroom"))
        .args(["check", "--format", "short", path])
        .current_dir(directory)
        .env_clear()
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap_or(-1), text)
}

#[test]
fn every_bad_input_is_told_or_judged() {
    let brackets = "[".repeat(100_000);
    let table: Vec<(&str, Vec<u8>, i32, &str)> = vec![
        ("nested.yaml", format!("{VAULT}    Properties: {brackets}").into(), 2, "nested deeper than"),
        (
            "nested.json",
            format!("{{\"Resources\":{{\"V\":{{\"Type\":\"AWS::Backup::BackupVault\",\"Properties\":{brackets}").into(),
            2,
            "nested deeper than",
        ),
        ("deep/main.tf", format!("resource \"aws_backup_vault\" \"v\" {{\n  name = {brackets}").into(), 2, "deeper than"),
        ("alias.yaml", format!("{VAULT}    Properties: &a\n      X: *a\n").into(), 2, "stands inside of what it refers to"),
        (
            "laughs.yaml",
            format!("{VAULT}    Metadata:\n      a: &a [x, x, x, x, x, x, x, x, x]\n{}", laughs()).into(),
            2,
            "problem",
        ),
        ("invalid-utf8.yaml", [VAULT.as_bytes(), b"    D: \xff\xfe\n"].concat(), 2, "not UTF-8: invalid byte at offset"),
        ("nul.yaml", [VAULT.as_bytes(), b"    D: \0\n"].concat(), 2, "NUL byte at offset"),
        ("duplicate.yaml", format!("{VAULT}    Properties: {{A: 1, A: 2}}\n").into(), 1, "is written twice"),
        ("empty.yaml", Vec::new(), 0, "0 findings"),
        (
            "long-line.yaml",
            format!("Resources: {{A: {{Type: 'AWS::SNS::Topic', P: '{}'}}, V: {{Type: AWS::Backup::BackupVault}}}}\n", "y".repeat(100_000))
                .into(),
            1,
            FOUND,
        ),
        ("broken.yaml", format!("{VAULT}    Properties: {{a: [}}\n").into(), 2, "broken.yaml:4:21"),
        ("trailing.json", b"{\"Resources\":{\"V\":{\"Type\":\"AWS::Backup::BackupVault\"}},}".to_vec(), 2, "trailing.json:1:"),
        ("truncated-plan.json", b"{\"format_version\":\"1.2\",\"resource_changes\":[".to_vec(), 2, "ends in the middle"),
        ("state.json", b"{\"version\":4,\"terraform_version\":\"1.5.0\",\"serial\":3,\"lineage\":\"x\"}".to_vec(), 2, "state"),
        ("binary.tfplan", b"PK\x03\x04\0\0".to_vec(), 2, "binary format"),
        ("itself/main.tf", b"module \"m\" {\n  source = \"./\"\n}\nresource \"aws_backup_vault\" \"v\" {\n  name = \"x\"\n}\n".to_vec(), 2, FOUND),
        (
            "half/main.tf",
            b"resource \"aws_backup_vault\" \"v\" {\n  name = \n}\nresource \"aws_backup_vault\" \"w\" {\n  name = \"x\"\n}\n".to_vec(),
            2,
            FOUND,
        ),
    ];
    let scratch = Scratch::new("table");
    for (path, bytes, code, says) in table {
        let file = scratch.0.join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, bytes).unwrap();
        let (came, text) = check(&scratch.0, path);
        assert_eq!(came, code, "{path}: {text}");
        assert!(text.contains(says), "{path}: {text}");
        assert!(!text.contains("panicked"), "{path}: {text}");
    }
}

/// Nothing of a large template is left out in silence.
#[test]
fn every_resource_is_judged_or_told() {
    let scratch = Scratch::new("many");
    let vaults: String = (0..5_000).map(|at| format!("  V{at}: {{Type: AWS::Backup::BackupVault}}\n")).collect();
    fs::write(scratch.0.join("many.yaml"), format!("Resources:\n{vaults}")).unwrap();
    let (code, text) = check(&scratch.0, "many.yaml");
    assert_eq!((code, text.matches(FOUND).count()), (1, 5_000));
    let names = |count: usize| (0..count).map(|at| format!("n{at}")).collect::<Vec<_>>().join(", ");
    let looped = |outer: usize, inner: usize| {
        format!(
            "Resources:\n  W: {{Type: AWS::Backup::BackupVault}}\n  Fn::ForEach::A:\n    - X\n    - [{}]\n    - Fn::ForEach::B:\n        - Y\n        - [{}]\n        - V${{X}}${{Y}}: {{Type: AWS::Backup::BackupVault}}\n",
            names(outer),
            names(inner)
        )
    };
    fs::write(scratch.0.join("loops.yaml"), looped(100, 100)).unwrap();
    let (code, text) = check(&scratch.0, "loops.yaml");
    assert_eq!(code, 2, "{}", text.lines().last().unwrap_or_default());
    assert!(
        text.contains("loops.yaml:6:7") && text.contains("the rest is not looked at"),
        "{}",
        &text[text.len() - 600..]
    );
    fs::write(scratch.0.join("long.yaml"), looped(2_000, 1)).unwrap();
    let (_, text) = check(&scratch.0, "long.yaml");
    assert!(text.contains("more than 1024 values"), "{text}");
}

/// Aliases that unfold to 9^9 nodes.
fn laughs() -> String {
    let level =
        |(name, inner): (char, char)| format!("      {name}: &{name} [{}]\n", vec![format!("*{inner}"); 9].join(", "));
    ('b'..='i').zip('a'..).map(level).collect()
}

#[test]
fn the_other_files_are_still_judged() {
    let scratch = Scratch::new("others");
    fs::write(scratch.0.join("good.yaml"), VAULT).unwrap();
    fs::write(scratch.0.join("broken.yaml"), format!("{VAULT}    Properties: [\n")).unwrap();
    let (code, text) = check(&scratch.0, ".");
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("good.yaml:2:3: error") && text.contains("broken.yaml:"), "{text}");
    let (code, text) = check(&scratch.0, "nowhere");
    assert_eq!((code, text.contains("nowhere: ")), (2, true), "{text}");
}

#[cfg(unix)]
#[test]
fn links_in_circles_and_pipes_end() {
    let scratch = Scratch::new("links");
    fs::write(scratch.0.join("good.yaml"), VAULT).unwrap();
    std::os::unix::fs::symlink(".", scratch.0.join("loop")).unwrap();
    std::os::unix::fs::symlink("b.yaml", scratch.0.join("a.yaml")).unwrap();
    std::os::unix::fs::symlink("a.yaml", scratch.0.join("b.yaml")).unwrap();
    let made = Command::new("mkfifo").arg(scratch.0.join("pipe.yaml")).status().unwrap();
    assert!(made.success());
    let (code, text) = check(&scratch.0, ".");
    assert!(text.contains(FOUND), "{code}: {text}");
    assert_eq!(text.matches(FOUND).count(), 1, "{text}");
    assert!(!text.contains("panicked"), "{text}");
}

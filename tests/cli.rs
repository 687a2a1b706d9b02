//! The command as a user runs it: recorded runs over small trees, with a scrubbed environment (no HOME, no colour).

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs, reason = "a test stops at the first surprise")]

#[path = "cli/baseline.rs"]
mod baseline;
#[path = "cli/catalogue.rs"]
mod catalogue;
#[path = "cli/configuration.rs"]
mod configuration;
#[path = "cli/evidence.rs"]
mod evidence;
#[path = "cli/explain.rs"]
mod explain;
#[path = "cli/files.rs"]
#[cfg(unix)]
mod files;
#[path = "cli/mend.rs"]
mod mend;
#[path = "cli/output.rs"]
mod output;
#[path = "cli/scope.rs"]
mod scope;
#[path = "cli/secrets.rs"]
mod secrets;
#[path = "cli/suppressions.rs"]
mod suppressions;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A vault without a key, in CloudFormation.
const GAP: &str =
    "Resources:\n  Vault:\n    Type: AWS::Backup::BackupVault\n    Properties:\n      BackupVaultName: v\n";
/// The same in Terraform.
const GAP_TF: &str = "resource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n}\n";
/// A vault with a key that is declared elsewhere: nothing to find.
const FINE: &str = "Resources:\n  Vault:\n    Type: AWS::Backup::BackupVault\n    Properties:\n      BackupVaultName: v\n      EncryptionKeyArn: arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\n";

/// A tree of files, made anew.
struct Tree(PathBuf);

impl Tree {
    /// The files (path and text) below a directory of this name. It counts as a repository's root.
    fn new(name: &str, files: &[(&str, &str)]) -> Tree {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(name);
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(root.join(".git")).unwrap();
        let tree = Tree(root);
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.join(path)).unwrap()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_strongroom"));
        command.current_dir(&self.0).env_clear().env("PATH", std::env::var("PATH").unwrap_or_default());
        command
    }

    /// `strongroom ARGS`, split at blanks.
    fn run(&self, args: &str) -> Ran {
        self.run_with(&args.split_whitespace().collect::<Vec<_>>(), &[], "")
    }

    fn run_with(&self, args: &[&str], env: &[(&str, &str)], stdin: &str) -> Ran {
        let mut command = self.command();
        command.args(args).envs(env.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // It may not read what it does not need.
        let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let output = child.wait_with_output().unwrap();
        Ran {
            args: args.join(" "),
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

#[derive(Debug)]
struct Ran {
    args: String,
    code: i32,
    stdout: String,
    stderr: String,
}

impl Ran {
    fn code(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "{self:#?}");
        self
    }

    /// Standard output has this text.
    fn says(self, text: &str) -> Ran {
        assert!(self.stdout.contains(text), "{text:?} is missing: {self:#?}");
        self
    }

    fn says_not(self, text: &str) -> Ran {
        assert!(!self.stdout.contains(text), "{text:?}: {self:#?}");
        self
    }

    /// Standard error has this text.
    fn complains(self, text: &str) -> Ran {
        assert!(self.stderr.contains(text), "{text:?} is missing: {self:#?}");
        self
    }

    fn silent(self) -> Ran {
        assert_eq!(self.stderr, "", "{}", self.args);
        self
    }
}

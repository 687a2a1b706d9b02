//! What a run may read and write, what it says of what it can't read, and what it passes over.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use super::{FINE, GAP, GAP_TF, Ran, Tree};

/// A tree with a directory beside it that no repository may reach: `../NAME-outside`.
fn beside(name: &str, files: &[(&str, &str)], outside: &[(&str, &str)]) -> (Tree, String) {
    // In no repository, unless one is made.
    let root = std::env::temp_dir().join(format!("strongroom-cli-{}", std::process::id())).join(name);
    let _ = fs::remove_dir_all(&root);
    fs::create_dir_all(root.join(".git")).unwrap();
    let tree = Tree(fs::canonicalize(root).unwrap());
    for (path, text) in files {
        tree.write(path, text);
    }
    let path = format!("{}-outside", tree.0.display());
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    for (file, text) in outside {
        fs::write(format!("{path}/{file}"), text).unwrap();
    }
    (tree, path)
}

fn both(ran: &Ran) -> String {
    format!("{}{}", ran.stdout, ran.stderr)
}

#[test]
fn nothing_that_a_repository_writes_reaches_out_of_it() {
    let (_, path) = beside("reach", &[], &[]);
    let vault = "resource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  kms_key_arn = ";
    let nested = |url: &str| {
        format!("Resources:\n  N:\n    Type: AWS::CloudFormation::Stack\n    Properties: {{TemplateURL: {url}}}\n")
    };
    let module = |source: &str| format!("module \"m\" {{\n  source = \"{source}\"\n}}\n{GAP_TF}");
    let table: Vec<(&str, String)> = vec![
        ("a.tf", format!("{vault}file(\"{path}/secret\")\n}}\n")),
        ("a.tf", format!("{vault}filebase64(\"../reach-outside/secret\")\n}}\n")),
        ("a.tf", format!("{vault}templatefile(\"{path}/secret\", {{}})\n}}\n")),
        ("a.tf", format!("{vault}fileexists(\"{path}/secret\") ? \"SECRET\" : null\n}}\n")),
        ("a.tf", format!("{vault}join(\",\", fileset(\"{path}\", \"*\"))\n}}\n")),
        ("a.tf", format!("{vault}file(\"link/secret\")\n}}\n")),
        ("a.tf", format!("{vault}filebase64(\"/proc/self/environ\")\n}}\n")),
        ("a.tf", module(&path)),
        ("a.tf", module("../reach-outside")),
        ("a.tf", module("./link")),
        ("a.yaml", nested(&format!("{path}/SECRET.yaml"))),
        ("a.yaml", nested("link/SECRET.yaml")),
        (".strongroom.yaml", format!("extends: {path}/secret.yaml\n")),
        (".strongroom.yaml", "rule-directories: [link]\n".to_owned()),
        (".strongroom.yaml", format!("deployments: [{{name: d, path: ., var-files: [{path}/secret]}}]\n")),
    ];
    for (at, (file, text)) in table.iter().enumerate() {
        for git in [true, false] {
            let secret = "SECRET = 1\n";
            let outside = [
                ("secret", secret),
                ("secret.yaml", "profiles: [SECRET]\n"),
                ("SECRET.yaml", GAP),
                ("SECRET.md", "# SECRET\n"),
                ("main.tf", "resource \"aws_backup_vault\" \"SECRET\" {\n  name = \"SECRET\"\n}\n"),
            ];
            let (tree, path) = beside(
                &format!("reach-{at}"),
                &[(file, &text.replace("reach-outside", &format!("reach-{at}-outside")))],
                &outside,
            );
            tree.write(file, &text.replace("/reach-outside", &format!("/reach-{at}-outside")));
            symlink(&path, tree.0.join("link")).unwrap();
            if !git {
                fs::remove_dir_all(tree.0.join(".git")).unwrap();
            }
            let ran =
                tree.run_with(&["check", ".", "--show-undecided", "--format", "json"], &[("MARKER", "SECRET")], "");
            let shown = ran.stdout.replace("SECRET.yaml", "").replace("SECRET.md", "").replace("\\\"SECRET\\\"", "");
            let lines: Vec<&str> =
                shown.lines().filter(|line| line.contains("SECRET") || line.contains("U0VDUkVU")).collect();
            assert!(lines.is_empty() && !ran.stderr.contains("SECRET"), "{text}: {lines:#?} {ran:#?}");
            assert!([0, 1, 2].contains(&ran.code), "{ran:#?}");
            let said =
                ran.stdout.contains("\"problems\":[\n") || ran.stdout.contains("\"undecided\":[\n") || ran.code > 0;
            assert!(said, "{text}: {ran:#?}");
        }
    }
}

#[test]
fn what_a_person_writes_reaches_wherever_they_may() {
    let rule = "---\nseverity: warning\nsubject: vault\nsummary: Backup vault is called v\n---\n# Why it matters\n\nNames.\n\n# How to fix\n\nRename it.\n\n```check\nvault.name != \"v\"\n```\n\n```yaml fail\nResources:\n  Vault: # warning\n    Type: AWS::Backup::BackupVault\n    Properties: { BackupVaultName: v }\n```\n\n```yaml pass\nResources:\n  Vault:\n    Type: AWS::Backup::BackupVault\n    Properties: { BackupVaultName: w }\n```\n";
    let outside = [
        ("vault-name.md", rule),
        ("c.yaml", "rules: { vault-customer-key: off }\nrule-directories: [.]\n"),
        ("b.json", "{\"version\":1,\"findings\":[]}"),
        ("x.tfvars", "n = \"from the file\"\n"),
    ];
    let files = [
        ("a.yaml", FINE),
        ("tf/a.tf", "variable \"n\" {}\nresource \"aws_backup_vault\" \"v\" {\n  name = var.n\n}\n"),
    ];
    let (tree, path) = beside("persons", &files, &outside);
    tree.run(&format!("check a.yaml --rules {path}")).code(1).says("warning[vault-name]");
    tree.run(&format!("check a.yaml --config {path}/c.yaml")).code(1).says("warning[vault-name]");
    let env = [("STRONGROOM_CONFIG", format!("{path}/c.yaml"))];
    let env: Vec<(&str, &str)> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    tree.run_with(&["check", "a.yaml"], &env, "").code(1).says("warning[vault-name]");
    tree.run(&format!("check a.yaml --baseline {path}/b.json")).code(0);
    tree.run(&format!("inspect tf --var-file {path}/x.tfvars")).code(0).says("from the file");
    tree.run(&format!("check a.yaml --format json={path}/out.json")).code(0);
    assert!(fs::read_to_string(format!("{path}/out.json")).unwrap().contains("\"version\":1"));
}

#[test]
fn outputs_replace_their_files_and_follow_no_link_of_a_repository() {
    let (tree, path) = beside("outputs", &[("a.yaml", GAP)], &[("b.json", "old")]);
    tree.write("b.json", "old");
    fs::set_permissions(tree.0.join("b.json"), fs::Permissions::from_mode(0o600)).unwrap();
    tree.run("check . --write-baseline b.json").code(0);
    assert_eq!(fs::metadata(tree.0.join("b.json")).unwrap().permissions().mode() & 0o777, 0o600);
    symlink(format!("{path}/b.json"), tree.0.join("link.json")).unwrap();
    for args in ["check . --write-baseline link.json", "check . --format json=link.json", "report . -o link.json"] {
        tree.run(args).code(2).complains("outside");
    }
    assert_eq!(fs::read_to_string(format!("{path}/b.json")).unwrap(), "old");
    tree.run("check . --quiet --format json=/dev/stdout").code(1).says("\"version\":1");
    let names: Vec<_> = fs::read_dir(&tree.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains("strongroom-")), "{names:?}");
}

#[test]
fn what_can_not_be_read_is_never_silent() {
    let latin = [b"# M\xFCll\n", GAP_TF.as_bytes()].concat();
    let outside = ["resource \"aws_backup_vault\" \"v".as_bytes(), b"\xFC\" {\n  n\xFCme = 1\n}\n"].concat();
    let crypt = b"\0GITCRYPT\0abc".to_vec();
    let table: &[(&str, &[u8], i32, &str)] = &[
        ("a.tf", &latin, 1, "[vault-customer-key]"),
        ("a.tf", &outside, 2, "problem"),
        ("a.tf.json", &latin, 2, "not UTF-8"),
        ("a.tf", b"a = \"\0\"", 2, "NUL"),
        ("a.yaml", &latin, 2, "not UTF-8"),
        ("a.json", b"{\"a\": \"\xFF\"}", 2, "not UTF-8"),
        ("terraform.tfvars", b"a = \"\0\"", 2, "NUL"),
        ("a.tf", &crypt, 0, "encrypted by git-crypt"),
        ("a.yaml", &crypt, 0, "encrypted by git-crypt"),
        ("terraform.tfvars", &crypt, 0, "encrypted by git-crypt"),
        ("out.tfplan", b"PK\x03\x04\0\xFF", 0, "binary format"),
    ];
    for (file, bytes, code, says) in table {
        let tree = Tree::new("unreadable", &[("other.tf", "variable \"a\" {\n  default = 1\n}\n")]);
        fs::write(tree.0.join(file), bytes).unwrap();
        tree.run("check . --format short").code(*code).says(says);
        let strict = if *code == 0 { 1 } else { *code };
        tree.run("check . --strict").code(strict);
    }
    let tree = Tree::new("special", &[("b.yaml", FINE)]);
    assert!(Command::new("mkfifo").arg(tree.0.join("p.tf")).status().unwrap().success());
    tree.run("check .").code(2).says("p.tf: this file can't be read: it is not a regular file");
    tree.run("check p.tf").code(2);
    fs::remove_file(tree.0.join("p.tf")).unwrap();
    symlink("nowhere", tree.0.join("l.tf")).unwrap();
    tree.run("check .").code(2).says("l.tf");
    tree.run("check l.tf").code(2).says("l.tf");
    fs::remove_file(tree.0.join("l.tf")).unwrap();
    // An editor's lock on a file is such a link.
    symlink("me@here.1", tree.0.join(".#b.yaml")).unwrap();
    symlink("me@here.1", tree.0.join(".#b.tf")).unwrap();
    tree.run("check .").code(0);
}

#[test]
fn a_gitignore_that_is_no_file_is_none() {
    let tree = Tree::new("gitignore", &[("a.yaml", GAP), ("b/a.yaml", GAP), ("c/a.yaml", GAP), ("list", "a.yaml\n")]);
    assert!(Command::new("mkfifo").arg(tree.0.join(".gitignore")).status().unwrap().success());
    symlink("/dev/zero", tree.0.join("b/.gitignore")).unwrap();
    symlink("../list", tree.0.join("c/.gitignore")).unwrap();
    tree.run("check .").code(1).says("3 findings (3 errors)");
}

#[test]
fn git_runs_nothing_that_a_repository_names() {
    let tree = Tree::new("since", &[("a.yaml", GAP), ("bare/HEAD", "ref: refs/heads/main\n"), ("bare/a.yaml", GAP)]);
    fs::remove_dir_all(tree.0.join(".git")).unwrap();
    let git = |args: &[&str]| {
        let done = Command::new("git").current_dir(&tree.0).env("HOME", &tree.0).args(args).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let ran = tree.0.join("ran");
    let run = format!("touch {}", ran.display());
    tree.write(
        "bare/config",
        &format!("[core]\n\tbare = true\n\trepositoryformatversion = 0\n\tfsmonitor = \"{run}\"\n\tworktree = ..\n"),
    );
    for directory in ["bare/objects", "bare/refs"] {
        fs::create_dir_all(tree.0.join(directory)).unwrap();
    }
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["-c", "user.name=n", "-c", "user.email=e", "commit", "-qm", "m"]);
    for setting in ["core.fsmonitor", "diff.external", "core.pager"] {
        git(&["config", setting, &run]);
    }
    tree.write("a.yaml", &GAP.replace("v\n", "w\n"));
    for path in [".", "bare", "a.yaml"] {
        let ran =
            tree.run_with(&["check", path, "--since", "HEAD"], &[("GIT_DIR", "bare"), ("GIT_EXTERNAL_DIFF", &run)], "");
        assert!([0, 1].contains(&ran.code), "{ran:#?}");
    }
    assert!(!ran.exists(), "git ran what the repository names");
    tree.run("check . --since HEAD").code(1).says("a.yaml:2:3");
}

#[test]
fn what_is_passed_over_is_named_once_a_cause() {
    let serverless =
        "service: x\nprovider: { name: aws }\nresources:\n  Resources:\n    V: { Type: AWS::Backup::BackupVault }\n";
    let module = "module \"m\" {\n  source = \"a/b/aws\"\n}\n";
    type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], i32, &'a str);
    let table: &[Row<'_>] = &[
        ("serverless", &[("serverless.yml", serverless)], 0, "Serverless Framework"),
        (
            "serverless-named",
            &[("serverless.yml", "Resources:\n  V: { Type: AWS::Backup::BackupVault }\n")],
            1,
            "vault-customer-key",
        ),
        ("terragrunt", &[("live/terragrunt.hcl", "")], 0, "terragrunt.hcl are not read"),
        ("stacks", &[("x.tfcomponent.hcl", "")], 0, "Terraform Stacks"),
        ("registry", &[("x/main.tf", module), ("y/main.tf", module)], 0, "module a/b/aws is not installed"),
        (
            "block",
            &[("main.tf", "resorce \"aws_backup_vault\" \"v\" {\n}\n")],
            0,
            "blocks of the kind resorce are not read",
        ),
        (
            "inside",
            &[("main.tf", "variable \"a\" {\nresource \"aws_backup_vault\" \"v\" {\n}\n}\n")],
            2,
            "stands inside of variable",
        ),
        ("label", &[("main.tf", "resource \"aws_backup_vault\" {\n}\n")], 2, "a resource block takes 2 labels"),
        ("local", &[("main.tf", "module \"m\" {\n  source = \"./m\"\n}\n")], 2, "module.m is not here"),
        ("ignored", &[(".gitignore", "*.yaml\n"), ("a.yaml", GAP)], 0, "ignored by git"),
        (
            "cdk",
            &[
                (".gitignore", "cdk.out\n"),
                ("cdk.out/a.template.json", "{\"Resources\":{\"V\":{\"Type\":\"AWS::Backup::BackupVault\"}}}"),
            ],
            0,
            "--no-gitignore cdk.out",
        ),
        (
            "engine",
            &[("a.yaml", "Resources:\n{% if x %}\n  V: { Type: AWS::Backup::BackupVault }\n{% endif %}\n")],
            0,
            "engine's placeholders",
        ),
        (
            "engine-tf",
            &[("a.tf", "resource \"aws_backup_vault\" \"v\" {\n  <%= x %>\n}\n")],
            0,
            "engine's placeholders",
        ),
        ("list", &[("a.yaml", "types: [AWS::Backup::BackupVault]\n")], 0, "are no templates"),
    ];
    for (name, files, code, says) in table {
        let tree = Tree::new(&format!("passed-{name}"), files);
        let ran = tree.run("check .").code(*code).says(says);
        assert_eq!(ran.stdout.matches(says).count(), 1, "{ran:#?}");
        tree.run("check . --strict").code(if *code == 0 { 1 } else { *code });
        if *code == 0 {
            let json = tree.run("check . --format json").code(0).says("\"not_read\":[\n").says("\"not_read\":1");
            assert!(both(&tree.run("check . --format short")).contains("not read: "), "{json:#?}");
            assert!(both(&tree.run("check . --format sarif")).contains("not read: "), "{json:#?}");
        }
    }
}

#[test]
fn nothing_to_judge_is_said() {
    let tree = Tree::new("nothing", &[("a.yaml", "a: 1\n"), ("b.json", "{}"), ("tf/a.tf", "variable \"a\" {}\n")]);
    tree.run("check .").code(0).says("nothing to judge: 3 files read, none has a resource that a rule speaks of\n");
    tree.run("check . --strict").code(0);
    Tree::new("empty", &[]).run("check .").code(0).says("nothing to judge: there is no template");
}

#[test]
fn a_misspelt_input_is_a_problem() {
    let tf = "variable \"kms_key\" {\n  default = null\n}\nresource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  kms_key_arn = var.kms_key\n}\n";
    let template = format!("Parameters:\n  KeyArn: {{Type: String}}\n{FINE}");
    let tree = Tree::new("misspelt", &[("a/a.tf", tf), ("b/b.yaml", &template), ("c/c.tf", "variable \"other\" {}\n")]);
    tree.run("check a --var kms_kee=x").code(2).says("did you mean `kms_key`?");
    tree.run("check . --var kms_key=x --param KeyArn=y --var other=z").code(1);
    tree.run("check b --param KeyAn=x").code(2).says("did you mean `KeyArn`?");
    tree.run("check b --param AWS::Region=eu-west-1").code(0);
    tree.run("check b --param AWS::Regoin=eu-west-1").code(2).says("did you mean `AWS::Region`?");
}

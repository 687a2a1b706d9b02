//! Formats, exit codes, and where output goes.

use std::process::Stdio;

use super::{FINE, GAP, GAP_TF, Tree};

const FORMATS: [&str; 10] =
    ["human", "short", "json", "sarif", "github", "gitlab", "junit", "checkstyle", "rdjson", "markdown"];

#[test]
fn no_format_changes_the_exit_code_and_each_is_the_same_twice() {
    let tree = Tree::new(
        "formats",
        &[("gap.yaml", GAP), ("fine.yaml", FINE), ("broken.tf", "resource \"aws_backup_vault\" {\n")],
    );
    for format in FORMATS {
        for (path, code) in [("gap.yaml", 1), ("fine.yaml", 0), ("broken.tf", 2)] {
            let ran = tree.run(&format!("check --format {format} {path}")).code(code);
            assert!(!ran.stdout.is_empty(), "{format} {path}");
            assert_eq!(ran.stdout, tree.run(&format!("check --format {format} {path}")).stdout);
        }
    }
    for format in ["human", "short", "markdown", "github"] {
        let text = tree.run(&format!("check --format {format} fine.yaml")).stdout;
        assert!(!text.contains("fail") && !text.contains("error"), "{format}: {text}");
    }
}

#[test]
fn several_formats_go_to_their_files() {
    let tree = Tree::new("files", &[("gap.yaml", GAP)]);
    tree.run("check --format sarif=out.sarif --format junit=out.xml --format short gap.yaml")
        .code(1)
        .says("gap.yaml:2:3: error:");
    assert!(tree.read("out.sarif").contains("\"version\": \"2.1.0\""));
    assert!(tree.read("out.xml").starts_with("<?xml"));
    tree.run("check --format sarif --format json gap.yaml")
        .code(2)
        .complains("two formats can't share standard output");
    tree.run("check --format sarfi gap.yaml").code(2).complains("there is no format `sarfi`").complains("sarif");
    // One that can't be written keeps no other back.
    tree.run("check --format json=no/such/dir.json --format short gap.yaml")
        .code(2)
        .says("gap.yaml:2:3: error:")
        .complains("no/such/dir.json: can't write the report: no such file or directory");
}

#[test]
fn exit_codes_are_three() {
    let tree = Tree::new(
        "codes",
        &[
            ("gap.yaml", GAP),
            ("fine.yaml", FINE),
            (
                "open.yaml",
                "Parameters:\n  Use: { Type: String, Default: \"true\", AllowedValues: [\"true\", \"false\"] }\nConditions:\n  C: !Equals [!Ref Use, \"true\"]\nResources:\n  Vault:\n    Type: AWS::Backup::BackupVault\n    Properties:\n      BackupVaultName: v\n      EncryptionKeyArn: !If [C, \"arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\", !Ref AWS::NoValue]\n",
            ),
            (
                "maybe.tf",
                "module \"m\" {\n  source = \"example/kms/aws\"\n}\nresource \"aws_backup_vault\" \"v\" {\n  name        = \"v\"\n  kms_key_arn = module.m.arn\n}\n",
            ),
        ],
    );
    let table = [
        ("check gap.yaml", 1),
        ("check gap.yaml --fail-on never", 0),
        ("check gap.yaml --fail-on error", 1),
        ("check gap.yaml --select key-rotation", 0),
        ("check gap.yaml --ignore vault-customer-key", 0),
        ("check open.yaml", 0),
        ("check open.yaml --strict", 1),
        ("check open.yaml --param Use=false", 1),
        ("check maybe.tf --strict", 1),
        ("check nowhere.yaml", 2),
        ("check --select no-such-rule gap.yaml", 2),
        ("check --no-such-flag", 2),
        ("check --param Use", 2),
        ("--help", 0),
    ];
    for (args, code) in table {
        tree.run(args).code(code);
    }
    tree.run("check open.yaml")
        .says("note[vault-customer-key]")
        .says("when Use is 'false'")
        .says("0 findings, 1 conditional");
    tree.run("check maybe.tf").code(0).says("1 undecided (1 module)");
    tree.run("check nowhere.yaml").says("nowhere.yaml: no such file or directory");
    tree.run("check --select vault-costumer-key gap.yaml").complains("vault-customer-key");
}

#[test]
fn the_summary_says_what_was_looked_at() {
    let tree = Tree::new("summary", &[("gap.yaml", GAP), ("infra/main.tf", GAP_TF)]);
    tree.run("check .").code(1).says("2 findings (2 errors), 0 problems in 2 units (2 vaults, 0 keys)\n").silent();
    tree.run_with(&["check", "."], &[("CI", "true")], "").says(" (2 vaults, 0 keys), ").says(" ms\n");
    tree.run("check . --quiet").says_not("2 findings");
}

#[test]
fn paths_survive_every_format() {
    let path = "a b/100%/été, x:y#z.yaml";
    let tree = Tree::new("paths", &[(path, GAP)]);
    let table = [
        ("human", path.to_owned()),
        ("short", format!("{path}:2:3: error: ")),
        ("json", format!("\"path\":\"{path}\"")),
        ("sarif", "\"uri\": \"a%20b/100%25/%C3%A9t%C3%A9%2C%20x%3Ay%23z.yaml\"".to_owned()),
        ("github", "file=a b/100%25/été%2C x%3Ay#z.yaml,line=2".to_owned()),
        ("gitlab", format!("\"path\":\"{path}\"")),
        ("junit", path.to_owned()),
        ("checkstyle", format!("<file name=\"{path}\">")),
        ("rdjson", format!("\"path\":\"{path}\"")),
        ("markdown", format!("`{path}:2:3`")),
    ];
    for (format, wanted) in table {
        tree.run(&format!("check --format {format} .")).code(1).says(&wanted);
    }
}

#[test]
fn colour_follows_the_flag_and_the_environment() {
    let tree = Tree::new("colour", &[("gap.yaml", GAP)]);
    type Row<'t> = (&'t [&'t str], &'t [(&'t str, &'t str)], bool);
    let table: &[Row<'_>] = &[
        (&[], &[], false),
        (&[], &[("FORCE_COLOR", "1")], true),
        (&[], &[("FORCE_COLOR", "0")], false),
        (&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], true),
        (&[], &[("NO_COLOR", "1")], false),
        (&["--color", "never"], &[("FORCE_COLOR", "1")], false),
        (&["--color", "always"], &[("NO_COLOR", "1")], true),
    ];
    for (flags, env, colour) in table {
        let args = [&["check", "gap.yaml"], *flags].concat();
        let ran = tree.run_with(&args, env, "").code(1);
        assert_eq!(ran.stdout.contains('\u{1b}'), *colour, "{flags:?} {env:?}");
    }
    let args = ["check", "gap.yaml", "--color", "always", "--format", "human=out.txt"];
    tree.run_with(&args, &[], "").code(1);
    assert!(!tree.read("out.txt").contains('\u{1b}'), "a file has no colour");
}

#[test]
fn annotations_beyond_ten_go_into_the_job_summary() {
    let resources: String = (0..12)
        .map(|n| format!("  V{n}:\n    Type: AWS::Backup::BackupVault\n    Properties: {{ BackupVaultName: v{n} }}\n"))
        .collect();
    let tree = Tree::new("annotations", &[("many.yaml", &format!("Resources:\n{resources}"))]);
    let summary = tree.0.join("summary.md");
    let ran = tree
        .run_with(
            &["check", "--format", "github", "many.yaml"],
            &[("GITHUB_STEP_SUMMARY", &summary.to_string_lossy())],
            "",
        )
        .code(1)
        .complains("2 annotations more than GitHub shows");
    assert_eq!(ran.stdout.matches("::error ").count(), 10);
    assert_eq!(tree.read("summary.md").matches("| error | `vault-customer-key`").count(), 12);
    // Where the summary can't be written, that is said and the exit code is 2.
    tree.run_with(&["check", "--format", "github", "many.yaml"], &[("GITHUB_STEP_SUMMARY", "no/dir/s.md")], "")
        .code(2)
        .complains("no/dir/s.md: can't write the job's summary");
}

#[test]
fn a_plan_comes_on_standard_input() {
    let tree = Tree::new("stdin", &[]);
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let plan = std::fs::read_to_string(root.join("testdata/reference/terraform/plan-aws-managed.json")).unwrap();
    tree.run_with(&["check", "-", "--format", "short"], &[], &plan).code(1).says("-:").says("[vault-customer-key]");
    tree.run_with(&["check", "-"], &[], "").code(2).says("-: it is empty");
    tree.run_with(&["check", "-"], &[], "no plan at all").code(2).says("-: it is no plan and no template");
}

#[test]
fn a_reader_that_goes_away_is_no_mistake() {
    let resources: String = (0..400)
        .map(|n| format!("  V{n}:\n    Type: AWS::Backup::BackupVault\n    Properties: {{ BackupVaultName: v{n} }}\n"))
        .collect();
    let tree = Tree::new("pipe", &[("many.yaml", &format!("Resources:\n{resources}"))]);
    let mut child =
        tree.command().args(["check", "many.yaml"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(1), ""));
}

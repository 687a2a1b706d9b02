//! Suppressions: where they may stand, what they leave behind, and what is said of bad ones.

use super::{GAP, GAP_TF, Tree};

const RULE: &str = "vault-customer-key";

#[test]
fn a_comment_may_stand_on_the_line_above_it_or_in_the_block() {
    let table = [
        (
            "on.tf",
            "resource \"aws_backup_vault\" \"v\" { # strongroom: ignore[vault-customer-key] legacy\n  name = \"v\"\n}\n",
        ),
        (
            "above.tf",
            "# strongroom: ignore[vault-customer-key] legacy\nresource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n}\n",
        ),
        (
            "inside.tf",
            "resource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n  // strongroom: ignore[vault-customer-key] legacy\n}\n",
        ),
        (
            "on.yaml",
            "Resources:\n  Vault: # strongroom: ignore[vault-customer-key] legacy\n    Type: AWS::Backup::BackupVault\n    Properties: { BackupVaultName: v }\n",
        ),
        (
            "above.yaml",
            "Resources:\n  # strongroom: ignore[vault-customer-key] legacy\n  Vault:\n    Type: AWS::Backup::BackupVault\n    Properties: { BackupVaultName: v }\n",
        ),
        (
            "inside.yaml",
            "Resources:\n  Vault:\n    Type: AWS::Backup::BackupVault\n    Properties:\n      # strongroom: ignore[*] legacy\n      BackupVaultName: v\n",
        ),
        (
            "behind.yaml",
            "Resources:\n  Vault:\n    Type: AWS::Backup::BackupVault # strongroom: ignore[vault-customer-key]: legacy\n",
        ),
        (
            "below.yaml",
            "Resources:\n  Vault:\n    Type: AWS::Backup::BackupVault\n    # moves in May\n\n    # Strongroom: ignore [vault-customer-key] legacy\n  Topic:\n    Type: AWS::SNS::Topic\n",
        ),
        (
            "block.tf",
            "/*\n * strongroom: ignore[vault-customer-key] legacy\n */\nresource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n}\n",
        ),
    ];
    for (at, (name, text)) in table.iter().enumerate() {
        let tree = Tree::new(&format!("comment-{at}"), &[(name, text)]);
        tree.run(&format!("check {name}")).code(0).says("0 findings, 1 suppressed");
        tree.run(&format!("check {name} --no-ignores")).code(1).says(RULE).says_not("suppressed");
        let sarif = tree.run(&format!("check {name} --format sarif")).code(0).stdout;
        assert!(sarif.contains("\"kind\": \"inSource\"") && sarif.contains("\"justification\": \"legacy\""), "{sarif}");
    }
}

#[test]
fn other_comments_are_not_obeyed() {
    let tree = Tree::new(
        "others",
        &[
            ("a/main.tf", &format!("# checkov:skip=CKV_AWS_166:legacy\n{GAP_TF}")),
            ("b/main.tf", &format!("# strongroom: ignore[key-rotation] another rule\n{GAP_TF}")),
            (
                "s.yaml",
                "Resources:\n  Vault:\n    Type: AWS::Backup::BackupVault\n    Properties:\n      BackupVaultName: |\n        # strongroom: ignore[vault-customer-key] text\n",
            ),
            ("n.yaml", "Resources:\n  # strongroom: ignore this\n  Vault:\n    Type: AWS::Backup::BackupVault\n"),
            (
                "o.yaml",
                "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n    # strongroom: ignore[vault-customer-key] of the topic\n  Vault:\n    Type: AWS::Backup::BackupVault\n",
            ),
            ("c/main.tf", &format!("# strongroom: ignore[vault-customer-key] too far\n\nlocals {{}}\n{GAP_TF}")),
        ],
    );
    tree.run("check a").code(1).says_not("suppressed");
    tree.run("check b")
        .code(1)
        .says("advice[unused-suppression]")
        .says("this suppression covers no finding (key-rotation)");
    tree.run("check c").code(1).says("advice[unused-suppression]");
    tree.run("check s.yaml").code(1).says("1 finding (1 error), 0 problems");
    tree.run("check n.yaml").code(1).says("names no rule").says("write `# strongroom: ignore[RULE]");
    tree.run("check o.yaml").code(1).says("2 findings (1 error, 1 advice), 0 problems");
}

#[test]
fn an_unused_a_mistyped_and_an_unexplained_one_are_told() {
    let tree = Tree::new(
        "unused",
        &[
            ("unused.yaml", &format!("# strongroom: ignore[key-rotation] x\n{GAP}")),
            ("typo.yaml", &GAP.replace("Vault:", "Vault: # strongroom: ignore[vault-customerkey] x")),
            ("bare.yaml", &GAP.replace("Vault:", "Vault: # strongroom: ignore[vault-customer-key]")),
        ],
    );
    tree.run("check unused.yaml --format short").says("unused.yaml:1:1: advice: this suppression covers no finding");
    tree.run("check typo.yaml --format short").code(1).says("there is no rule `vault-customerkey` to suppress");
    tree.run("check bare.yaml").code(0).says("1 suppressed");
    tree.run("check bare.yaml --require-reason")
        .code(1)
        .says("warning[suppression-without-reason]")
        .says("1 suppressed");
    // A rule that did not run may still have something to suppress.
    tree.run("check unused.yaml --select vault-customer-key").code(1).says_not("unused-suppression");
}

fn with_metadata(entry: &str) -> String {
    format!(
        "{{\"Resources\": {{\"Vault\": {{\"Type\": \"AWS::Backup::BackupVault\", \"Metadata\": {{\"strongroom\": {{\"ignore\": [{entry}]}}}}, \"Properties\": {{\"BackupVaultName\": \"v\"}}}}}}}}\n"
    )
}

#[test]
fn metadata_suppresses_in_json() {
    let entry = |more: &str| format!("{{\"rule\": \"{RULE}\", \"reason\": \"legacy\"{more}}}");
    let table = [
        (entry(""), 0, "1 suppressed"),
        (entry(", \"expires\": \"2999-01-31\""), 0, "1 suppressed"),
        (entry(", \"expires\": \"2020-01-31\""), 1, "a suppression of this expired on 2020-01-31"),
        (entry(", \"expires\": \"soon\""), 2, "`soon` is no date"),
        (format!("\"{RULE}\""), 0, "1 suppressed"),
        ("{\"rule\": \"key-rotation\", \"reason\": \"x\"}".to_owned(), 1, "unused-suppression"),
        ("{\"rules\": [\"x\"], \"reason\": \"x\"}".to_owned(), 2, "`rules` is no key of a suppression"),
        ("{\"reason\": \"x\"}".to_owned(), 2, "this suppression names no rule"),
    ];
    for (at, (entry, code, text)) in table.iter().enumerate() {
        let tree = Tree::new(&format!("metadata-{at}"), &[("t.json", &with_metadata(entry))]);
        tree.run("check t.json").code(*code).says(text);
    }
    // A resource that does not exist by default has its metadata too.
    let tree = Tree::new(
        "metadata-conditional",
        &[(
            "t.yaml",
            "Parameters:\n  On: { Type: String, Default: \"no\" }\nConditions:\n  C: !Equals [!Ref On, \"yes\"]\nResources:\n  Vault:\n    Type: AWS::Backup::BackupVault\n    Condition: C\n    Metadata: { strongroom: { ignore: [{ rule: vault-customer-key, reason: legacy }] } }\n    Properties: { BackupVaultName: v }\n",
        )],
    );
    tree.run("check t.yaml --strict").code(0).says("1 suppressed");
}

#[test]
fn the_configuration_suppresses_by_rule_path_and_address() {
    let table = [
        ("rule: vault-customer-key", 2),
        ("rule: \"*\"", 2),
        ("rule: vault-customer-key, path: legacy", 1),
        ("rule: vault-customer-key, path: \"legacy/*.yaml\"", 1),
        ("rule: vault-customer-key, path: \"*.tf\"", 0),
        ("rule: vault-customer-key, address: \"Vau*\"", 2),
        ("rule: vault-customer-key, address: Other", 0),
        ("rule: vault-customer-key, path: legacy, expires: 2999-01-31", 1),
        ("rule: vault-customer-key, path: legacy, expires: 2020-01-31", 0),
    ];
    for (at, (entry, suppressed)) in table.iter().enumerate() {
        let config = format!("ignore:\n  - {{ {entry}, reason: legacy }}\n");
        let files: &[(&str, &str)] = &[(".strongroom.yaml", &config), ("a.yaml", GAP), ("legacy/b.yaml", GAP)];
        let tree = Tree::new(&format!("ignore-{at}"), files);
        let ran = tree.run("check .").code(i32::from(*suppressed < 2));
        match suppressed {
            0 => drop(ran.says_not("suppressed,")),
            n => drop(ran.says(&format!("{n} suppressed"))),
        }
        if *suppressed == 1 {
            // Seen from inside the tree it is the same.
            let output = tree.command().current_dir(tree.0.join("legacy")).args(["check", "b.yaml"]).output().unwrap();
            assert_eq!(output.status.code(), Some(0), "{entry}");
        }
    }
}

#[test]
fn an_entry_is_unused_only_where_all_that_it_covers_was_looked_at() {
    let config = "ignore:\n  - { rule: vault-customer-key, path: legacy, reason: legacy }\n";
    let tree = Tree::new(
        "ignore-unused",
        &[(".strongroom.yaml", config), ("a.yaml", GAP), ("legacy/b.yaml", "Resources: {}\n")],
    );
    tree.run("check a.yaml").code(1).says_not("unused-suppression");
    tree.run("check .").code(1).says("unused-suppression");
}

#[test]
fn an_expired_entry_says_so_in_every_format() {
    let config = "ignore:\n  - { rule: vault-customer-key, reason: legacy, expires: 2020-01-31 }\n";
    let tree = Tree::new("expired", &[(".strongroom.yaml", config), ("a.yaml", GAP)]);
    for format in ["human", "json", "sarif", "github", "junit"] {
        tree.run(&format!("check a.yaml --format {format}")).code(1).says("expired on 2020-01-31");
    }
}

//! Baselines, and what changed since a revision.

use std::fs;
use std::process::Command;

use super::{FINE, GAP, GAP_TF, Tree};

#[test]
fn only_new_findings_count() {
    let tree = Tree::new("baseline", &[("a.yaml", GAP), ("infra/main.tf", GAP_TF)]);
    tree.run("check . --write-baseline known.json").code(0).says("wrote known.json: 2 known findings");
    tree.run("check . --baseline known.json").code(0).says("0 findings, 2 suppressed").silent();

    // Lines that moved, a resource that comes first, a renamed file.
    tree.write("a.yaml", &format!("# a comment\n\n{GAP}"));
    tree.write("infra/main.tf", &format!("locals {{\n  x = 1\n}}\n{GAP_TF}"));
    tree.run("check . --baseline known.json").code(0).says("2 suppressed").silent();
    fs::rename(tree.0.join("a.yaml"), tree.0.join("b.yaml")).unwrap();
    fs::rename(tree.0.join("infra/main.tf"), tree.0.join("infra/vault.tf")).unwrap();
    tree.run("check . --baseline known.json").code(0).says("2 suppressed").silent();

    // A second equal resource in another file is new.
    tree.write("c.yaml", GAP);
    tree.run("check . --baseline known.json").code(1).says("c.yaml").says("1 finding (1 error), 2 suppressed");
}

#[test]
fn what_is_fixed_is_told_and_only_where_it_was_looked_at() {
    let tree = Tree::new("fixed", &[("a.yaml", GAP), ("b.yaml", GAP)]);
    tree.run("check . --write-baseline known.json").code(0);
    tree.write("a.yaml", FINE);
    tree.run("check b.yaml --baseline known.json").code(0).silent();
    tree.run("check . --baseline known.json")
        .code(0)
        .complains("known.json: vault-customer-key at Vault in a.yaml is mended")
        .complains("--write-baseline known.json makes the file shorter");
    // A file without anything of ours was looked at too.
    tree.write("a.yaml", "x: 1\n");
    tree.run("check . --baseline known.json").code(0).complains("in a.yaml is mended");
    tree.run("check . --write-baseline known.json").code(0).says("1 known finding\n");
    tree.run("check . --baseline known.json").code(0).silent();
}

#[test]
fn a_baseline_that_can_t_be_used_is_no_silence() {
    let tree = Tree::new(
        "bad-baseline",
        &[("a.yaml", GAP), ("old.json", "{\"version\": 7, \"findings\": []}"), ("no.json", "[]")],
    );
    tree.run("check . --baseline old.json")
        .code(2)
        .complains("old.json: it has version 7, and this strongroom reads version 1")
        .complains("--write-baseline old.json");
    tree.run("check . --baseline no.json").code(2).complains("it is no baseline");
    tree.run("check . --baseline none.json").code(2).complains("none.json: the baseline can't be read");
    tree.run("check . --write-baseline no/dir/b.json")
        .code(2)
        .complains("no/dir/b.json: can't write the baseline: no such file or directory");
    tree.write("broken.tf", "resource \"aws_backup_vault\" {\n");
    tree.run("check . --write-baseline b.json").code(2).complains("broken.tf");
}

fn git(tree: &Tree, args: &[&str]) -> bool {
    let name = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "commit.gpgsign=false"];
    let ran = Command::new("git").args(name).args(args).current_dir(&tree.0).env("HOME", &tree.0).output();
    ran.is_ok_and(|output| output.status.success())
}

#[test]
fn since_a_revision_only_what_changed_is_told() {
    let module = "variable \"key\" {\n  default = null\n}\nresource \"aws_backup_vault\" \"v\" {\n  name        = \"v\"\n  kms_key_arn = var.key\n}\n";
    let tree = Tree::new(
        "since",
        &[
            ("old.yaml", GAP),
            ("live/main.tf", "provider \"aws\" {}\nmodule \"b\" {\n  source = \"../modules/vault\"\n}\n"),
            ("modules/vault/main.tf", module),
        ],
    );
    fs::remove_dir_all(tree.0.join(".git")).unwrap();
    if !git(&tree, &["init", "-q", "-b", "main"]) {
        return; // Without git there is nothing to hold it against.
    }
    assert!(git(&tree, &["add", "-A"]) && git(&tree, &["commit", "-qm", "first"]));
    tree.run("check .").code(1).says("2 findings");
    tree.run("check . --since HEAD")
        .code(0)
        .says("0 findings")
        .complains("2 findings are not told: nothing of them changed since HEAD");
    // A file that git does not know yet.
    tree.write("new é.yaml", GAP);
    tree.run("check . --since HEAD").code(1).says("new é.yaml").says("1 finding (1 error)");
    // The caller changed: it leaves out what the module's vault needs.
    tree.write("live/main.tf", "provider \"aws\" {}\n\nmodule \"b\" {\n  source = \"../modules/vault\"\n}\n");
    let ran = tree.run("check . --since HEAD --format short").code(1);
    assert!(ran.stdout.contains("live/main.tf:3:1: error"), "{ran:?}");
    let inside =
        tree.command().current_dir(tree.0.join("live")).args(["check", ".", "--since", "HEAD"]).output().unwrap();
    assert_eq!(inside.status.code(), Some(1));

    tree.run("check . --since no-such-ref")
        .code(2)
        .complains("--since no-such-ref: git can't tell what changed: bad revision");
    tree.run_with(&["check", ".", "--since=--output=x"], &[], "").code(2).complains("this is no revision");
    tree.run_with(&["check", ".", "--since", "HEAD"], &[("PATH", "/nowhere")], "")
        .code(2)
        .complains("git can't be run: no such file or directory");
    assert!(!tree.0.join("x").exists());
}

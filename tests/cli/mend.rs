//! `--fix` and `--diff`.

use super::{GAP, GAP_TF, Tree};

/// A key that is not rotated and a vault without a key.
const BOTH: &str = "resource \"aws_kms_key\" \"k\" {\n  description = \"für 𝄞\" # a comment\n}\n\nresource \"aws_backup_vault\" \"v\" {\n  name = \"v\"\n}\n";

#[test]
fn safe_fixes_are_written_and_unsafe_ones_are_offered() {
    let tree = Tree::new("mend", &[("main.tf", BOTH)]);
    tree.run("check --fix .")
        .code(1)
        .says("vault-customer-key")
        .says_not("key-rotation")
        .complains("strongroom: main.tf: Turn on automatic rotation of key aws_kms_key.k\n")
        .complains("1 finding mended in 1 file; --fix=unsafe can mend 1 more");
    let safe = BOTH.replace("comment\n", "comment\n  enable_key_rotation = true\n");
    assert_eq!(tree.read("main.tf"), safe);
    tree.run("check --fix=unsafe .").code(0).says("0 findings").complains("3 findings mended in 1 file\n");
    assert!(tree.read("main.tf").contains("kms_key_arn = aws_kms_key.k.arn"), "{}", tree.read("main.tf"));
    let done = tree.read("main.tf");
    tree.run("check --fix=unsafe .").code(0).complains("there is nothing to mend");
    assert_eq!(tree.read("main.tf"), done);
    tree.run("check --fix --quiet .").code(0).silent();
}

#[test]
fn a_diff_changes_nothing_and_patches_to_what_fix_writes() {
    let files = [("main.tf", BOTH), ("t.yaml", GAP)];
    let (looked, mended) = (Tree::new("diff-look", &files), Tree::new("diff-mend", &files));
    let told = looked.run("check --diff --fix=unsafe .").code(1).complains("would be mended in 2 files");
    assert_eq!((looked.read("main.tf").as_str(), looked.read("t.yaml").as_str()), (BOTH, GAP));
    mended.run("check --fix=unsafe .").code(0);
    let mut git = std::process::Command::new("git");
    git.args(["apply", "-"]).current_dir(&looked.0).stdin(std::process::Stdio::piped());
    let mut patch = git.spawn().unwrap();
    std::io::Write::write_all(&mut patch.stdin.take().unwrap(), told.stdout.as_bytes()).unwrap();
    assert!(patch.wait().unwrap().success(), "{}", told.stdout);
    for (name, _) in files {
        assert_eq!(looked.read(name), mended.read(name), "{name}");
    }
    looked.run("check --diff .").code(0).complains("there is nothing to mend");
    assert_eq!(looked.run("check --diff .").stdout, "");
}

#[test]
fn files_keep_what_they_are() {
    let windows = BOTH.replace('\n', "\r\n");
    let tree = Tree::new("mend-files", &[("real/main.tf", &windows), ("utf16.yaml", "")]);
    let utf16: Vec<u8> = std::iter::once(0xFEFF)
        .chain("Resources:\n  Key:\n    Type: AWS::KMS::Key\n".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    std::fs::write(tree.0.join("utf16.yaml"), utf16).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(tree.0.join("real/main.tf"), std::fs::Permissions::from_mode(0o754)).unwrap();
        std::fs::create_dir_all(tree.0.join("linked")).unwrap();
        std::os::unix::fs::symlink("../real/main.tf", tree.0.join("linked/main.tf")).unwrap();
        tree.run("check --fix linked").code(1);
        let link = tree.0.join("linked/main.tf");
        assert!(std::fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
        assert_eq!(std::fs::metadata(&link).unwrap().permissions().mode() & 0o777, 0o754);
    }
    tree.run("check --fix real utf16.yaml").code(1);
    let expected = windows.replace("comment\r\n", "comment\r\n  enable_key_rotation = true\r\n");
    assert_eq!(tree.read("real/main.tf"), expected);
    let bytes = std::fs::read(tree.0.join("utf16.yaml")).unwrap();
    assert_eq!(bytes[..2], [0xFF, 0xFE]);
    let units: Vec<u16> = bytes[2..].chunks(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    assert!(String::from_utf16(&units).unwrap().contains("EnableKeyRotation: true\n"));
    // Nothing is left beside the files.
    let names: Vec<_> = std::fs::read_dir(&tree.0).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains("strongroom")), "{names:?}");
}

#[test]
fn what_would_bring_another_finding_is_taken_back_and_told() {
    let rules = "rules:\n  key-required-tags: { tags: [Owner] }\n";
    let tree = Tree::new("mend-harm", &[("main.tf", GAP_TF), ("k/main.tf", BOTH), (".strongroom.yaml", rules)]);
    tree.run("check --fix=unsafe .")
        .code(1)
        .complains("main.tf: not done: Add key ")
        .complains("it would bring key-required-tags at aws_kms_key.");
    assert_eq!(tree.read("main.tf"), GAP_TF);
    assert!(tree.read("k/main.tf").contains("enable_key_rotation = true"), "the others are mended");
}

#[test]
fn what_is_ignored_or_known_is_left_alone() {
    let ignored = BOTH.replace("resource \"aws_kms", "# strongroom: ignore[key-rotation] why\nresource \"aws_kms");
    let tree = Tree::new("mend-ignored", &[("main.tf", &ignored)]);
    tree.run("check --fix .").complains("there is nothing to mend");
    assert_eq!(tree.read("main.tf"), ignored);
    let tree = Tree::new("mend-known", &[("main.tf", BOTH)]);
    tree.run("check --write-baseline known.json .").code(0);
    tree.run("check --fix=unsafe --baseline known.json .").code(0).complains("there is nothing to mend");
    assert_eq!(tree.read("main.tf"), BOTH);
}

#[test]
fn what_can_not_be_mended_is_said() {
    let tree = Tree::new("mend-not", &[("main.tf", BOTH)]);
    tree.run("check --fix -").code(2).complains("--fix mends files, and standard input is none");
    tree.run("check --diff --format json .").code(2).complains("cannot be used with");
    tree.run("check --fix --write-baseline x.json .").code(2).complains("cannot be used with");
    let path = tree.0.join("main.tf");
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    tree.run("check --fix .").code(2).complains("main.tf: can't be mended: permission denied");
    assert_eq!(tree.read("main.tf"), BOTH);
}

#[test]
fn sarif_and_rdjson_carry_the_edits() {
    let tree = Tree::new("mend-sarif", &[("main.tf", BOTH)]);
    let sarif: serde_json::Value = serde_json::from_str(&tree.run("check --format sarif .").code(1).stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let rotation = results.iter().find(|it| it["ruleId"] == "key-rotation").unwrap();
    let replacement = &rotation["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["insertedContent"]["text"].as_str().unwrap().trim(), "enable_key_rotation = true");
    // Made by hand, they are what --fix writes.
    let region = &replacement["deletedRegion"];
    let at = |line: &str, column: &str| {
        let line = region[line].as_u64().unwrap() as usize - 1;
        let start: usize = BOTH.split_inclusive('\n').take(line).map(str::len).sum();
        let column = region[column].as_u64().unwrap() as usize - 1;
        start + BOTH[start..].chars().take(column).map(char::len_utf8).sum::<usize>()
    };
    let mut text = BOTH.to_owned();
    let range = at("startLine", "startColumn")..at("endLine", "endColumn");
    text.replace_range(range, replacement["insertedContent"]["text"].as_str().unwrap());
    assert!(tree.run("check --format rdjson .").code(1).stdout.contains("enable_key_rotation = true"));
    tree.run("check --fix .");
    assert_eq!(tree.read("main.tf"), text);
}

//! `.strongroom.yaml`: what it sets, and what is said of one that is wrong.

use super::{FINE, GAP, GAP_TF, Tree};

#[test]
fn what_is_wrong_is_told_with_its_place_and_a_suggestion() {
    let table = [
        ("ruels: {}\n", ".strongroom.yaml:1:1", "`ruels` is no key of a configuration", "did you mean `rules`?"),
        (
            "rules:\n  vault-costumer-key: off\n",
            ".strongroom.yaml:2:3",
            "there is no rule `vault-costumer-key`",
            "did you mean `vault-customer-key`?",
        ),
        (
            "rules:\n  key-rotation: loud\n",
            ".strongroom.yaml:2:17",
            "`loud` is no severity",
            "a severity (error, warning, advice)",
        ),
        (
            "ignore:\n  - { rule: x, expires: 2027-02-30 }\n",
            ".strongroom.yaml:2:25",
            "`2027-02-30` is no date",
            "2027-01-31",
        ),
        ("profiles: [no-such]\n", ".strongroom.yaml:1:12", "there is no profile `no-such`", ""),
        ("extends: base.yaml\n", ".strongroom.yaml:1:10", "base.yaml that is extended here can't be read", ""),
        (
            "# min_dayz\nrules: { key-deletion-window: { min_dayz: 3 } }\n",
            ".strongroom.yaml:2:33",
            "key-deletion-window: the rule has no parameter `min_dayz`",
            "did you mean `min_days`?",
        ),
        (
            "rules: { key-deletion-window: { min_days: soon } }\n",
            ".strongroom.yaml:1:33",
            "the parameter `min_days` can't be \"soon\"",
            "its default is 14",
        ),
        ("rule-directories: [none]\n", "none", "can't be read", ""),
        ("deployments:\n  - { name: dev, path: none }\n", ".strongroom.yaml:2:24", "no directory or template none", ""),
        ("rules: [\n", ".strongroom.yaml:", "the configuration can't be used", "strongroom schema config"),
    ];
    for (at, (text, place, message, help)) in table.iter().enumerate() {
        let tree = Tree::new(&format!("wrong-{at}"), &[(".strongroom.yaml", text), ("a.yaml", FINE)]);
        let ran = tree.run("check a.yaml").code(2);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        for wanted in [place, message, help] {
            assert!(all.contains(wanted), "{text}: {wanted:?} is missing in {all}");
        }
    }
    let both = "rules:\n  key-rotation: loud\n  key-deletion-window: { min_dayz: 3 }\n";
    let tree = Tree::new("wrong-twice", &[(".strongroom.yaml", both), ("a.yaml", FINE)]);
    tree.run("check a.yaml").code(2).complains("`loud` is no severity").complains("no parameter `min_dayz`");
    let two = [(".strongroom.yml", "rules: {}\n"), ("strongroom.yaml", "rules: {}\n"), ("a.yaml", FINE)];
    let tree = Tree::new("two-names", &two);
    tree.run("check a.yaml").code(2).says("two configurations in one directory: .strongroom.yml and strongroom.yaml");
}

#[test]
fn rules_have_their_severity_and_are_switched_off() {
    let check = |name: &str, config: &str| {
        Tree::new(name, &[(".strongroom.yaml", config), ("sub/a.yaml", GAP)]).run("check sub/a.yaml")
    };
    check("off", "rules: { vault-customer-key: off }\n").code(0);
    check("warning", "rules: { vault-customer-key: warning }\n").code(1).says("warning[vault-customer-key]");
    check("advice", "rules: { vault-customer-key: advice }\n").code(0).says("advice[vault-customer-key]");
    check("map", "rules: { vault-customer-key: { severity: advice } }\n").code(0).says("advice[vault-customer-key]");
    check("parameter", "rules: { vault-customer-key: { no_such: 1 } }\n").code(2).complains("no_such");
}

#[test]
fn a_nearer_value_wins_over_what_is_extended() {
    let tree = Tree::new(
        "extends",
        &[
            (".strongroom.yaml", "extends: ci/base.yaml\nrules: { vault-customer-key: warning }\n"),
            ("ci/base.yaml", "rules: { vault-customer-key: advice, key-rotation: off }\nexclude: [skipped]\n"),
            ("a.yaml", GAP),
            ("ci/skipped/b.yaml", GAP),
        ],
    );
    // A pattern is relative to the file that it stands in.
    tree.run("check .").code(1).says("1 finding (1 warning)");
}

#[test]
fn what_is_excluded_is_so_for_named_files_too_and_from_everywhere() {
    let config = "exclude: [vendor, \"examples/**/*.yaml\"]\n";
    let tree = Tree::new(
        "exclude",
        &[
            (".strongroom.yaml", config),
            ("vendor/a.yaml", GAP),
            ("x/vendor/a.yaml", GAP),
            ("examples/deep/b.yaml", GAP),
            ("c.yaml", FINE),
        ],
    );
    for args in ["check .", "check vendor/a.yaml x/vendor/a.yaml examples/deep/b.yaml", "check vendor"] {
        tree.run(args).code(0).says("0 findings");
    }
    let inside = |directory: &str, args: &[&str]| {
        let output = tree.command().current_dir(tree.0.join(directory)).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{directory}: {}", String::from_utf8_lossy(&output.stdout));
    };
    inside("vendor", &["check", "."]);
    inside("examples/deep", &["check", "b.yaml"]);
    inside("x", &["check", &tree.0.join("vendor/a.yaml").to_string_lossy()]);
}

#[test]
fn the_users_own_rules_and_profiles_are_found() {
    let rule = "---\nseverity: warning\nsubject: vault\nsummary: Backup vault is called v\nprofile: [strict-names]\n---\n# Why it matters\n\nNames.\n\n# How to fix\n\nRename it.\n\n```check\nvault.name != \"v\"\n```\n\n```yaml fail\nResources:\n  Vault: # warning\n    Type: AWS::Backup::BackupVault\n    Properties: { BackupVaultName: v }\n```\n\n```yaml pass\nResources:\n  Vault:\n    Type: AWS::Backup::BackupVault\n    Properties: { BackupVaultName: w }\n```\n";
    let files = |config| [(".strongroom.yaml", config), ("policy/vault-name.md", rule), ("a.yaml", FINE)];
    let check = |name: &str, config: &'static str| Tree::new(name, &files(config)).run("check a.yaml");
    check("profile-off", "rule-directories: [policy]\n").code(0);
    check("profile-on", "rule-directories: [policy]\nprofiles: [strict-names]\n").code(1).says("warning[vault-name]");
    check("rule-on", "rule-directories: [policy]\nrules: { vault-name: on }\n").code(1).says("warning[vault-name]");
    Tree::new("profile-flag", &files("rule-directories: [policy]\n"))
        .run("check a.yaml --profile strict-names")
        .code(1);
    // Rules of a configuration further down are not loaded, and that is no silence.
    let tree = Tree::new(
        "nested-rules",
        &[
            ("sub/.strongroom.yaml", "rule-directories: [policy]\n"),
            ("sub/policy/vault-name.md", rule),
            ("sub/a.yaml", FINE),
        ],
    );
    tree.run("check .").code(2).says("the rules in sub/policy are not loaded").says("--rules sub/policy");
    tree.run("check . --rules sub/policy").code(0);
    tree.run("check sub").code(0);
}

#[test]
fn a_root_is_judged_once_for_each_deployment() {
    let main = "variable \"cmk\" {\n  type = string\n}\nprovider \"aws\" {}\nresource \"aws_backup_vault\" \"v\" {\n  name        = \"v\"\n  kms_key_arn = var.cmk\n}\n";
    let key = "cmk = \"arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\"\n";
    let config = "deployments:\n  - { name: dev, path: infra, var-files: [env/dev.tfvars] }\n  - { name: test, path: infra, vars: { cmk: \"\" } }\n  - { name: prod, path: infra, var-files: [env/prod.tfvars] }\n";
    let tree = Tree::new(
        "deployments",
        &[
            (".strongroom.yaml", config),
            ("infra/main.tf", main),
            ("env/dev.tfvars", "cmk = \"\"\n"),
            ("env/prod.tfvars", key),
        ],
    );
    tree.run("check .").code(1).says("1 finding (1 error)").says("so it is in deployments dev, test, not in prod");
    tree.run("check . --format json").says("not in prod");
    let output = tree.command().current_dir(tree.0.join("infra")).args(["check", "."]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("deployments dev, test"), "from inside");
    tree.write("env/dev.tfvars", key);
    tree.run("check infra").code(1).says("so it is in deployment test, not in dev, prod");
    // A template's parameters.
    let template = "Parameters:\n  Key: { Type: String }\nResources:\n  Vault:\n    Type: AWS::Backup::BackupVault\n    Properties: { BackupVaultName: v, EncryptionKeyArn: !Ref Key }\n";
    let config = "deployments:\n  - { name: dev, path: t.yaml, params: { Key: alias/aws/backup } }\n  - { name: prod, path: t.yaml, params: { Key: \"arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\" } }\n";
    Tree::new("deployments-cfn", &[(".strongroom.yaml", config), ("t.yaml", template)])
        .run("check .")
        .code(1)
        .says("so it is in deployment dev, not in prod");
    let _ = GAP_TF;
}

#[test]
fn config_show_tells_where_each_value_is_written() {
    let tree = Tree::new(
        "show",
        &[
            (".strongroom.yaml", "extends: base.yaml\nrules:\n  key-rotation: warning\nexclude:\n  - \"ex*/**\"\n"),
            (
                "base.yaml",
                "rules: { vault-customer-key: off }\nignore:\n  - { rule: key-rotation, reason: \"it's said\", expires: 2999-01-31 }\n",
            ),
            ("sub/a.yaml", FINE),
        ],
    );
    let ran = tree.run("config show sub").code(0).silent();
    for line in [
        "# what holds for sub\n",
        "  - \"ex*/**\"  # .strongroom.yaml:5:5\n",
        "  key-rotation: warning  # .strongroom.yaml:3:3\n",
        "  vault-customer-key: off  # base.yaml:1:10\n",
        "  - { rule: key-rotation, reason: \"it's said\", expires: \"2999-01-31\" }  # base.yaml:3:13\n",
        "profiles: []  # default\n",
        "  key-policy-backup-access: error  # default\n",
    ] {
        assert!(ran.stdout.contains(line), "{line:?} is missing in {}", ran.stdout);
    }
    // What is shown can be used as a configuration.
    let again = Tree::new("shown", &[(".strongroom.yaml", &ran.stdout), ("a.yaml", GAP)]);
    again.run("check a.yaml").code(0).says("0 findings");
    tree.run("config show nowhere").code(2).complains("no such file");
    Tree::new("show-wrong", &[(".strongroom.yaml", "rulez: {}\n")])
        .run("config show")
        .code(2)
        .complains("did you mean `rules`?");
}

#[test]
fn the_schema_knows_every_key() {
    let schema = Tree::new("schema", &[]).run("schema config").code(0).stdout;
    let schema: serde_json::Value = serde_json::from_str(&schema).unwrap();
    for key in ["extends", "rules", "profiles", "rule-directories", "exclude", "ignore", "deployments"] {
        assert!(schema["properties"].get(key).is_some(), "{key}");
    }
}

#[test]
fn a_profile_makes_a_rule_graver() {
    let vault = "  Vault:\n    Type: AWS::Backup::BackupVault\n    Properties: { BackupVaultName: v, EncryptionKeyArn: !GetAtt Key.Arn }\n";
    let key = |policy: &str| {
        format!(
            "Resources:\n{vault}  Key:\n    Type: AWS::KMS::Key\n    DeletionPolicy: Retain\n    Properties:\n      EnableKeyRotation: true\n{policy}"
        )
    };
    let root = "      KeyPolicy: { Version: '2012-10-17', Statement: [{ Effect: Allow, Principal: { AWS: '111122223333' }, Action: kms:*, Resource: '*' }] }\n";
    let (written, default) = (key(root), key(""));
    let tree = Tree::new("graver", &[("written.yaml", &*written), ("default.yaml", &*default)]);
    tree.run("check written.yaml").code(1).says("warning[key-policy-service-principal]");
    tree.run("check default.yaml").code(0).says("advice[key-policy-service-principal]");
    for file in ["written.yaml", "default.yaml"] {
        tree.run(&format!("check {file} --profile service-principal"))
            .code(1)
            .says("error[key-policy-service-principal]");
    }
    let off = (
        "p/.strongroom.yaml",
        "profiles: [service-principal]\nrules: { key-policy-service-principal: { service_principal: false } }\n",
    );
    let tree = Tree::new("graver-not", &[("p/default.yaml", &*default), off]);
    tree.run("check p").code(0).says("advice[key-policy-service-principal]");
}

#[test]
fn a_configuration_above_the_working_directory_holds_without_a_repository_too() {
    let tree = Tree::new("above", &[("strongroom.yaml", "fail-on: never\n"), ("below/a.yaml", GAP)]);
    std::fs::remove_dir_all(tree.0.join(".git")).unwrap();
    let output = tree.command().current_dir(tree.0.join("below")).args(["check", "."]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("vault-customer-key") && !said.contains("outside of the repository"), "{said}");
}

use super::*;
use crate::finding::Place;

/// The problems of a rule file: the text at the place, the message, and the help.
fn problems(text: &str) -> Vec<String> {
    match Rule::parse_text("rules/test-rule.md", text, SourceId(9), &BTreeMap::new()) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .into_iter()
            .map(|problem| {
                let at = match problem.place {
                    Place::Span(span) => &text[span.start as usize..span.end as usize],
                    _ => "?",
                };
                format!("{at} | {} | {}", problem.message, problem.help.unwrap_or_default())
            })
            .collect(),
    }
}

fn vault(front: &str, check: &str) -> String {
    format!("---\nseverity: error\nsubject: vault\nsummary: It is so\n{front}---\n```check\n{check}\n```\n")
}

#[test]
fn a_check_is_held_against_the_model() {
    let table = [
        ("vault.kee.owner == 'customer'", "kee | a `vault` has no attribute `kee` | did you mean `key`?"),
        (
            "vault.key.owner == 'custmer'",
            "'custmer' | it is never \"custmer\" | did you mean \"customer\"? (one of \"customer\", \"aws-managed\", \"aws-owned\", \"invalid\")",
        ),
        ("vualt.name == 'x'", "vualt | there is no `vualt` here | did you mean `vault`?"),
        (
            "vault.key",
            "vault.key | this must be true or false, and it is an object of class `key_use` | compare it: `... != null` holds where it is there",
        ),
        ("vault.name == 3", "== | a string is never equal to a number | leave the quotes out"),
        ("vault.key.owner = 'customer'", "= | `=` assigns, and a check assigns nothing | write `==` to compare"),
        (
            "vault.name.startsWith('x')",
            "vault.name | `vault.name` may be absent, and `startsWith` has no answer then | say what holds then: `has(vault.name) && ...` (absent does not pass) or `!has(vault.name) || ...` (absent passes)",
        ),
        (
            "has(vault.name) && vault.name.startswith('x')",
            "startswith | there is no function `startswith` | did you mean `startsWith`?",
        ),
        (
            "has(vault.name) && vault.name.matches('(')",
            "'(' | the regular expression does not compile: unclosed group | RE2's syntax is understood: no look-around, no backreferences",
        ),
        ("unit.keys.any(k, true)", "any | there is no function `any` | write `list.exists(x, test of x)`"),
        ("len(unit.keys) > 0", "len | there is no function `len` | write `size(...)`"),
        (
            "unit.keys.rotation == 'on'",
            "rotation | a list has no members | write `unit.keys.exists(x, x.rotation ...)`, `unit.keys.all(x, ...)` or `unit.keys[0].rotation`",
        ),
        (
            "params.days > 3",
            "days | the rule has no parameter `days` | declare it in the front matter: `params: { days: ... }`",
        ),
        (
            "isCustomerKey(vault.key)",
            "vault.key | `isCustomerKey` needs a value, and this is an object of class `key_use` | give it a property: `resource.attributes.x`",
        ),
        ("iscustomerkey('x')", "iscustomerkey | there is no function `iscustomerkey` | did you mean `isCustomerKey`?"),
        (
            "allows(vault.access_policy, 'backup:CopyIntoBackupVault')",
            "allows(vault.access_policy, 'backup:CopyIntoBackupVault') | `allows` takes 3 arguments | for example `!allows({'Statement': []}, 's3:GetObject', '*')`",
        ),
        (
            "'a' in vault.name",
            "vault.name | `in` looks into a list, and this is a string | for a part of a string write `text.contains(\"part\")`",
        ),
    ];
    for (check, expected) in table {
        assert_eq!(problems(&vault("", check)), [expected], "{check}");
    }
}

#[test]
fn a_guard_before_an_operator_is_enough() {
    let table = [
        "has(vault.name) && vault.name.startsWith('x')",
        "!has(vault.name) || vault.name.startsWith('x')",
        "vault.name == null || vault.name.startsWith('x')",
        "vault.name != null ? vault.name.startsWith('x') : true",
        "!(has(vault.name) && vault.name.startsWith('x'))",
        "vault.name in ['a'] && vault.name < 'b'",
        "has(vault.lock) && has(vault.lock.min_retention_days) && vault.lock.min_retention_days >= 7",
        "['a', 'b'].all(x, x.startsWith('a'))",
        "params.days > 3",
    ];
    for check in table {
        assert_eq!(problems(&vault("params: { days: 3 }\n", check)), [""; 0], "{check}");
    }
}

#[test]
fn a_file_is_held_against_the_format() {
    let good = "```check\nvault.key.owner == 'customer'\n```\n";
    let head = "severity: error\nsubject: vault\nsummary: It is so\n";
    let with = |front: &str, body: &str| format!("---\n{front}---\n{body}");
    let table = [
        ("no front matter".to_owned(), "no front matter | the rule file has no front matter"),
        (
            with(&format!("{head}severty: x\n"), good),
            "severty | there is no key `severty` here | did you mean `severity`?",
        ),
        (with("subject: vault\nsummary: x\n", good), " | the front matter has no `severity` | `severity`: `error`"),
        (
            with("severity: eror\nsubject: vault\nsummary: x\n", good),
            "severity | there is no severity `eror` | did you mean `error`?",
        ),
        (
            with("severity: error\nsubject: vautl\nsummary: x\n", good),
            "subject | there is no class `vautl` | did you mean `vault`?",
        ),
        (
            with("severity: error\nsubject: lock\nsummary: x\n", "```check\ntrue\n```\n"),
            "subject | a `lock` only stands below others, and is judged with them",
        ),
        (with("severity: [\n", good), " | the front matter is not valid YAML"),
        (with(head, ""), " | the rule has no check"),
        (with(head, &format!("{good}{good}")), "check | the rule has two checks of the same name"),
        (
            with(head, "```check x\ntrue\n```\n```check\ntrue\n```\n"),
            "check | the rule has two checks of the same name, or one without a name",
        ),
        (with(head, &format!("{good}```yaml fail\na: 1\n")), "```yaml fail | the fenced block has no end"),
        (
            with(&format!("{head}message: \"{{vault.nme}}\"\n"), good),
            "nme | a `vault` has no attribute `nme` | did you mean `name`?",
        ),
        (
            with(&format!("{head}where: vault.naem == 'x'\n"), good),
            "naem | a `vault` has no attribute `naem` | did you mean `name`?",
        ),
        (
            with(&format!("{head}checks:\n  omited:\n    message: x\n"), "```check omitted\ntrue\n```\n"),
            "omited | there is no check `omited` | did you mean `omitted`?",
        ),
        (
            with(&format!("{head}checks:\n  a:\n    mesage: x\n"), "```check a\ntrue\n```\n"),
            "mesage | there is no key `mesage` here | did you mean `message`?",
        ),
        (with(&format!("{head}types: [x]\n"), good), "types | `types` goes with `subject: resource` alone"),
        (
            with("severity: error\nsubject: resource\nsummary: x\n", "```check\ntrue\n```\n"),
            "subject | `subject: resource` needs `types`",
        ),
        (with(&format!("{head}select:\n  a: b.c\n"), good), "b | there is no `b` here"),
        (
            with("severity: 'vault.name == \"x\" ? \"error\" : \"warn\"'\nsubject: vault\nsummary: x\n", good),
            "\"warn\" | this is no severity",
        ),
    ];
    for (text, expected) in table {
        let found = problems(&text);
        assert!(found.len() == 1 && found[0].starts_with(expected), "{text}\n{found:#?}\nexpected {expected}");
    }
}

#[test]
fn parameters_are_set_by_name_and_type() {
    let rule = rule(&vault("params: { days: 30 }\n", "params.days > 3"));
    let set = |name: &str, value: Json| rule.with_params(&BTreeMap::from([(name.to_owned(), value)]));
    assert_eq!(set("days", Json::from(7)).unwrap().params["days"], Json::from(7));
    assert_eq!(set("day", Json::from(7)).unwrap_err()[0].help.as_deref(), Some("did you mean `days`?"));
    assert_eq!(set("days", Json::from("x")).unwrap_err()[0].message, "the parameter `days` can't be \"x\"");
}

#[test]
fn examples_have_a_verdict_and_files() {
    let text = vault("", "vault.key.owner == 'customer'")
        + "```yaml fail\nA: 1 # error\n```\n```hcl pass file=a/main.tf\nx\n```\n```hcl file=variables.tf\ny\n```\n```bash\nls\n```\n```json fail error=/a/0\n{}\n```\n";
    let examples = rule(&text).examples().unwrap();
    let told: Vec<_> = examples
        .iter()
        .map(|it| (it.verdict.name(), it.files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>()))
        .collect();
    assert_eq!(
        told,
        [("fail", vec!["template.yaml"]), ("pass", vec!["a/main.tf", "variables.tf"]), ("fail", vec!["template.json"])]
    );
    assert_eq!(examples[2].files[0].marks[0].pointer, "/a/0");
    let wrong = vault("", "true") + "```yaml faill\n```\n";
    assert_eq!(rule(&wrong).examples().unwrap_err()[0].message, "`faill` says nothing about an example");
}

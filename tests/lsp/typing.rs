//! Texts as they are typed: columns, broken texts, large ones, files that vanish.

use serde_json::json;

use super::{Directory, Editor, ROTATION, TEMPLATE, VAULT, line_of};

#[test]
fn a_template_is_judged_as_it_is_typed_and_the_findings_go_with_it() {
    let directory = Directory::new("template", &[]);
    let uri = directory.uri("t.yaml");
    let mut editor = Editor::new();
    editor.open(&uri, TEMPLATE);
    assert!(editor.has(&uri, ROTATION) && editor.has(&uri, VAULT), "{:?}", editor.codes(&uri));
    let line = line_of(TEMPLATE, "EnableKeyRotation");
    let (_, shown) = editor.shown.iter().find(|(known, _)| *known == uri).unwrap().clone();
    let vault = shown.iter().find(|it| it["code"] == VAULT).unwrap();
    assert!(!vault["relatedInformation"].as_array().unwrap().is_empty(), "{vault}");
    assert!(vault["codeDescription"]["href"].as_str().unwrap().ends_with("vault-customer-key.md"));
    assert_eq!(vault["source"], "strongroom");

    editor.edit(&uri, (line, 25), (line, 30), "true");
    assert!(!editor.has(&uri, ROTATION), "{:?}", editor.codes(&uri));
    editor.save(&uri);
    editor.close(&uri);
    assert_eq!(editor.codes(&uri), []);
    editor.leave();
}

#[test]
fn columns_are_counted_as_agreed() {
    let directory = Directory::new("columns", &[]);
    let text =
        "Resources:\n  Key: {Type: 'AWS::KMS::Key', Properties: {Description: '𝄞é', EnableKeyRotation: false}}\n";
    let bytes = text.lines().nth(1).unwrap().find("false").unwrap();
    for (encoding, column) in [("utf-8", bytes), ("utf-16", bytes - 3), ("utf-32", bytes - 4)] {
        let uri = directory.uri(&format!("{encoding}.yaml"));
        let capabilities = json!({ "general": { "positionEncodings": ["utf-7", encoding] } });
        let mut editor = Editor::with(&json!({ "capabilities": capabilities }));
        editor.open(&uri, text);
        let (_, shown) = &editor.shown[0];
        let found = shown.iter().find(|it| it["code"] == ROTATION).unwrap();
        assert_eq!(found["range"]["start"]["character"], column, "{encoding}");
        let column = u32::try_from(column).unwrap();
        editor.edit(&uri, (1, column), (1, column + 5), "true");
        assert!(!editor.has(&uri, ROTATION), "{encoding}");
        editor.leave();
    }
}

#[test]
fn a_file_or_directory_may_vanish() {
    let main = "provider \"aws\" {}\nresource \"aws_kms_key\" \"k\" {\n}\n";
    let directory = Directory::new("vanish", &[("tf/main.tf", main), ("t.yaml", TEMPLATE)]);
    let (tf, yaml) = (directory.uri("tf/main.tf"), directory.uri("t.yaml"));
    let mut editor = Editor::new();
    editor.open(&tf, main);
    editor.open(&yaml, TEMPLATE);
    std::fs::remove_dir_all(directory.0.join("tf")).unwrap();
    std::fs::remove_file(directory.0.join("t.yaml")).unwrap();
    editor.edit(&tf, (0, 0), (0, 0), "# x\n");
    editor.edit(&yaml, (0, 0), (0, 0), "# x\n");
    assert!(editor.has(&tf, ROTATION), "the buffer is there still: {:?}", editor.all());
    assert!(editor.has(&yaml, ROTATION));
    editor.close(&tf);
    editor.close(&yaml);
    assert_eq!((editor.codes(&tf), editor.codes(&yaml)), (vec![], vec![]));
    editor.leave();
}

#[test]
fn a_large_buffer_is_survived() {
    let directory = Directory::new("large", &[]);
    let uri = directory.uri("t.yaml");
    let mut text = TEMPLATE.to_owned();
    let mut n = 0;
    while text.len() < 10 << 20 {
        n += 1;
        text.push_str(&format!(
            "  Topic{n}:\n    Type: AWS::SNS::Topic\n    Properties:\n      TopicName: topic-{n}\n"
        ));
    }
    let mut editor = Editor::new();
    editor.open(&uri, &text);
    assert!(editor.has(&uri, ROTATION), "{:?}", editor.codes(&uri));
    let line = line_of(TEMPLATE, "EnableKeyRotation");
    editor.edit(&uri, (line, 25), (line, 30), "true");
    assert!(!editor.has(&uri, ROTATION));
    editor.leave();
}

/// Types a text in, with a judgement at every `step`th character; gives the editor.
fn type_in(uri: &str, text: &str, step: usize) -> Editor {
    let mut editor = Editor::new();
    editor.open(uri, "");
    let mut at = (0_u32, 0_u32);
    let characters: Vec<char> = text.chars().collect();
    for piece in characters.chunks(step) {
        let piece: String = piece.iter().collect();
        editor.edit(uri, at, at, &piece);
        for c in piece.chars() {
            let width = u32::try_from(c.len_utf16()).unwrap();
            at = if c == '\n' { (at.0 + 1, 0) } else { (at.0, at.1 + width) };
        }
    }
    editor
}

#[test]
fn everything_can_be_typed_in() {
    let directory = Directory::new("typing", &[]);
    let hcl = "provider \"aws\" {}\r\nvariable \"key\" {\n  default = null\n}\nresource \"aws_backup_vault\" \"v\" {\n  name = \"v𝄞\"\n  kms_key_arn = var.key == null ? \"\" : var.key\n}\nresource \"aws_kms_key\" \"k\" {\n  policy = jsonencode({ Statement = [{ Effect = \"Allow\" }] })\n}\n";
    let json =
        "{\"Resources\": {\"Key\": {\"Type\": \"AWS::KMS::Key\", \"Properties\": {\"EnableKeyRotation\": false}}}}\n";
    for (name, text) in [("t.yaml", TEMPLATE), ("tf/main.tf", hcl), ("t.json", json)] {
        let uri = directory.uri(name);
        let editor = type_in(&uri, text, 1);
        let mut whole = Editor::new();
        whole.open(&uri, text);
        assert_eq!(editor.codes(&uri), whole.codes(&uri), "{name}");
        assert!(whole.has(&uri, ROTATION));
        whole.leave();
        editor.leave();
    }
}

/// While a piece is typed into the middle, everything that is found elsewhere stays, in its place.
#[test]
fn what_is_found_elsewhere_does_not_flicker() {
    let second = "  Other:\n    Type: AWS::KMS::Key\n    Properties:\n      EnableKeyRotation: false\n";
    let yaml = format!("{TEMPLATE}{second}");
    let hcl = "provider \"aws\" {}\nresource \"aws_kms_key\" \"a\" {\n  enable_key_rotation = false\n}\n\n\nresource \"aws_kms_key\" \"b\" {\n  enable_key_rotation = false\n}\n";
    let other = "resource \"aws_kms_key\" \"c\" {\n  enable_key_rotation = false\n}\n";
    let directory = Directory::new("flicker", &[("tf/other.tf", other)]);
    let cases = [
        (
            "t.yaml",
            yaml.as_str(),
            line_of(&yaml, "  Vault:"),
            "  Topic:\n    Type: AWS::SNS::Topic\n    Properties: {TopicName: \"x\"}\n",
        ),
        (
            "tf/main.tf",
            hcl,
            4,
            "resource \"aws_sns_topic\" \"t\" {\n  name = \"${var.x}-[${length([1])}]\"\n}\nvariable \"x\" {}\n",
        ),
    ];
    for (name, text, line, typed) in cases {
        let uri = directory.uri(name);
        let mut editor = Editor::new();
        editor.open(&uri, text);
        let rules = |editor: &Editor| -> Vec<(String, u64)> {
            editor.codes(&uri).into_iter().filter(|(code, _)| code == ROTATION || code == VAULT).collect()
        };
        let before = rules(&editor);
        let elsewhere = editor.codes(&directory.uri("tf/other.tf"));
        assert!(before.len() >= 2, "{before:?}");
        // A line of its own is opened first.
        editor.edit(&uri, (line, 0), (line, 0), "\n");
        let mut at = (line, 0);
        let mut lines = 1;
        for c in typed.chars() {
            editor.edit(&uri, at, at, &c.to_string());
            at = if c == '\n' { (at.0 + 1, 0) } else { (at.0, at.1 + 1) };
            lines += u64::from(c == '\n');
            let moved: Vec<(String, u64)> = before
                .iter()
                .map(|(code, at)| (code.clone(), if *at >= u64::from(line) { at + lines } else { *at }))
                .collect();
            assert_eq!(rules(&editor), moved, "{name} after {c:?} at {at:?}: {:?}", editor.all());
            assert_eq!(editor.codes(&directory.uri("tf/other.tf")), elsewhere);
        }
        editor.leave();
    }
}

//! What the editor asks: hover, the deciding place, actions.

use lsp_server::{Message, Response};
use serde_json::json;

use super::{Directory, Editor, ROTATION, TEMPLATE, VAULT, applied, line_of};

#[test]
fn hover_tells_values_worlds_and_whose_key_it_is() {
    let directory = Directory::new("hover", &[]);
    let uri = directory.uri("t.yaml");
    let mut editor = Editor::new();
    editor.open(&uri, TEMPLATE);
    let line = line_of(TEMPLATE, "EncryptionKeyArn");
    let text = editor.hover(&uri, line, 8);
    for expected in ["**EncryptionKeyArn** of `Vault`", "when UseCmk is", "not set", "Whose key", "customer", VAULT] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let text = editor.hover(&uri, line_of(TEMPLATE, "Cmk: !Equals"), 26);
    assert!(text.contains("**UseCmk**") && text.contains("unless it is given"), "{text}");
    let text = editor.hover(&uri, line_of(TEMPLATE, "  Key:"), 3);
    for expected in ["**Rotation** of `Key`\n- off", "**May AWS Backup** use `Key`, by its policy\n- yes"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert_eq!(editor.hover(&uri, 0, 0), "");
    assert_eq!(editor.hover(&uri, 9999, 9999), "");
    editor.leave();

    let main = "provider \"aws\" {}\nlocals {\n  on = var.rotate\n}\nresource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = local.on\n}\nvariable \"rotate\" {\n  default = false\n}\n";
    let uri = directory.uri("tf/main.tf");
    let mut editor = Editor::new();
    editor.open(&uri, main);
    let text = editor.hover(&uri, 5, 30);
    assert!(text.contains("**local.on**") && text.contains("enable_key_rotation"), "{text}");
    assert!(editor.hover(&uri, 2, 10).contains("**var.rotate**"));
    editor.leave();
}

#[test]
fn definition_leads_to_the_deciding_place_and_back() {
    let directory = Directory::new("definition", &[]);
    let uri = directory.uri("main.tf");
    let text = "provider \"aws\" {}\nresource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = var.rotate\n}\nvariable \"rotate\" {\n  default = false\n}\n";
    let mut editor = Editor::new();
    editor.open(&uri, text);
    let (_, line) = editor.codes(&uri).into_iter().find(|(code, _)| code == ROTATION).unwrap();
    let line = u32::try_from(line).unwrap();
    let other = if line == 2 { 5 } else { 2 };
    for (from, to) in [(line, other), (other, line)] {
        let found = editor.ask("textDocument/definition", &Editor::place(&uri, from, if from == 2 { 26 } else { 14 }));
        let lines: Vec<u64> =
            found.as_array().into_iter().flatten().map(|it| it["range"]["start"]["line"].as_u64().unwrap()).collect();
        assert!(lines.contains(&u64::from(to)), "{from}: {lines:?}");
    }
    let none = editor.ask("textDocument/definition", &Editor::place(&uri, 0, 0));
    assert!(none.is_null(), "{none}");
    editor.leave();
}

#[test]
fn an_action_mends_and_the_finding_is_gone() {
    let hcl = "provider \"aws\" {}\n\nresource \"aws_kms_key\" \"k\" {\n  description = \"é𝄞\"\n}\n";
    let directory = Directory::new("actions", &[]);
    for (name, text, line) in [("t.yaml", TEMPLATE, line_of(TEMPLATE, "EnableKeyRotation")), ("tf/main.tf", hcl, 2)] {
        let uri = directory.uri(name);
        let mut editor = Editor::new();
        editor.open(&uri, text);
        let actions = editor.actions(&uri, line, 26);
        let titles: Vec<&str> = actions.iter().map(|it| it["title"].as_str().unwrap()).collect();
        let fix = actions.iter().find(|it| it["isPreferred"] == true).unwrap_or_else(|| panic!("{name}: {titles:?}"));
        assert_eq!(fix["kind"], "quickfix");
        let fixed = applied(text, fix);
        editor.replace(&uri, &fixed);
        assert!(!editor.has(&uri, ROTATION), "{fixed}");
        editor.replace(&uri, text);
        let ignore = actions.iter().find(|it| it["title"].as_str().unwrap().starts_with("Ignore")).unwrap();
        let ignored = applied(text, ignore);
        assert!(ignored.contains("# strongroom: ignore[key-rotation] TODO"), "{ignored}");
        editor.replace(&uri, &ignored);
        assert!(!editor.has(&uri, ROTATION), "{ignored}");
        assert_eq!(editor.actions(&uri, 0, 0).len(), 0);
        editor.leave();
    }
}

#[test]
fn the_cursor_goes_to_the_reason_where_the_client_can_be_asked() {
    let directory = Directory::new("reason", &[]);
    let uri = directory.uri("main.tf");
    let text = "provider \"aws\" {}\n\nresource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = false\n}\n";
    let mut editor = Editor::with(&json!({ "capabilities": { "window": { "showDocument": { "support": true } } } }));
    editor.open(&uri, text);
    let actions = editor.actions(&uri, 3, 26);
    let ignore = actions.iter().find(|it| it["title"].as_str().unwrap().starts_with("Ignore")).unwrap();
    let command = &ignore["command"];
    editor
        .ask("workspace/executeCommand", &json!({ "command": command["command"], "arguments": command["arguments"] }));
    let asked = editor.asked.pop().unwrap();
    assert_eq!(asked.method, "window/showDocument");
    let selection = &asked.params["selection"];
    let after = applied(text, ignore);
    let line = after.lines().nth(selection["start"]["line"].as_u64().unwrap() as usize).unwrap();
    let column = |at: &str| selection[at]["character"].as_u64().unwrap() as usize;
    assert_eq!(&line[column("start")..column("end")], "TODO: the reason");
    // It never answers, or with an error: nothing waits for it.
    editor.send(Message::Response(Response::new_err(asked.id, -32603, "no".to_owned())));
    let wrong = json!({ "command": "strongroom.show", "arguments": [1] });
    assert!(editor.answered("workspace/executeCommand", &wrong).response_result.is_err());
    assert!(editor.answered("workspace/executeCommand", &json!({ "command": "rm" })).response_result.is_err());
    editor.leave();
}

#[test]
fn a_comment_is_never_written_into_a_text_of_several_lines() {
    let directory = Directory::new("heredoc", &[]);
    let uri = directory.uri("main.tf");
    let policy = "{\n    \"Version\": \"2012-10-17\",\n    \"Statement\": [{\"Effect\": \"Deny\", \"Principal\": \"*\", \"Action\": \"kms:*\", \"Resource\": \"*\"}]\n  }";
    let text = format!(
        "provider \"aws\" {{}}\nresource \"aws_kms_key\" \"k\" {{\n  enable_key_rotation = true\n  policy = <<-EOT\n  {policy}\n  EOT\n}}\nresource \"aws_backup_vault\" \"v\" {{\n  name = \"v\"\n  kms_key_arn = aws_kms_key.k.arn\n}}\n"
    );
    let mut editor = Editor::new();
    editor.open(&uri, &text);
    let codes = editor.codes(&uri);
    let mut seen = 0;
    for (code, line) in codes.iter().filter(|(code, _)| code.starts_with("key-policy")) {
        for action in editor.actions(&uri, u32::try_from(*line).unwrap(), 6) {
            let title = action["title"].as_str().unwrap().to_owned();
            if title.contains(code.as_str()) && title.starts_with("Ignore") {
                seen += 1;
                let after = applied(&text, &action);
                let at = after.find("# strongroom").unwrap();
                let policy = after.find("<<-EOT").unwrap();
                assert!(at < policy || at > after.find("  EOT\n").unwrap(), "{after}");
            }
        }
    }
    assert!(seen > 0, "{codes:?}");
    editor.leave();
}

/// A fix is the same as an action, on the command line and in SARIF.
#[test]
fn an_action_is_what_fix_writes() {
    let hcl = "provider \"aws\" {}\r\n\r\nresource \"aws_kms_key\" \"k\" {\r\n\tdescription = \"é𝄞\" # x\r\n}\r\n";
    for (name, text, needle) in [("t.yaml", TEMPLATE, "EnableKeyRotation"), ("tf/main.tf", hcl, "aws_kms_key")] {
        let directory = Directory::new(&format!("same-{}", name.len()), &[(name, text)]);
        let uri = directory.uri(name);
        let mut editor = Editor::new();
        editor.open(&uri, text);
        let actions = editor.actions(&uri, line_of(text, needle), 26);
        let action = actions.iter().find(|it| it["isPreferred"] == true).unwrap();
        let applied = applied(text, action);
        let told = std::process::Command::new(env!("CARGO_BIN_EXE_strongroom"))
            .args(["check", "--select", ROTATION, "--fix", name])
            .current_dir(&directory.0)
            .output()
            .unwrap();
        assert_eq!(std::fs::read_to_string(directory.0.join(name)).unwrap(), applied, "{told:?}");
        editor.leave();
    }
}

//! The language server over in-process connections, with the real pipeline and real directories.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test may fail")]

use std::path::PathBuf;
use std::thread::JoinHandle;
use std::time::Duration;

use lsp_server::{Connection, Message, Notification, Request, RequestId, Response};
use serde_json::{Value as Json, json};

/// Longest that anything may take here.
const PATIENCE: Duration = Duration::from_secs(60);

/// A directory of its own, removed at the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let path = std::env::temp_dir().join(format!("strongroom-lsp-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(path.join(".git")).unwrap();
        let directory = Directory(std::fs::canonicalize(path).unwrap());
        for (name, text) in files {
            directory.write(name, text);
        }
        directory
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn uri(&self, name: &str) -> String {
        format!("file://{}/{name}", self.0.display())
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An editor with a running server.
struct Editor {
    connection: Connection,
    server: Option<JoinHandle<Result<(), String>>>,
    next: i32,
    version: i32,
    /// What the server asked.
    asked: Vec<Request>,
    shown: Vec<(String, Vec<Json>)>,
}

impl Editor {
    fn new() -> Self {
        Self::with(&json!({ "capabilities": {} }))
    }

    fn with(params: &Json) -> Self {
        let (server, connection) = Connection::memory();
        // As the program does: the deepest nesting needs more than the stack of a thread.
        let serve = move || strongroom::cli::serve_editor(&server);
        let server = std::thread::Builder::new().stack_size(256 << 20).spawn(serve).unwrap();
        let mut editor =
            Editor { connection, server: Some(server), next: 0, version: 0, asked: Vec::new(), shown: Vec::new() };
        editor.ask("initialize", params);
        editor.tell("initialized", json!({}));
        editor
    }

    fn send(&self, message: Message) {
        self.connection.sender.send(message).unwrap();
    }

    fn tell(&self, method: &str, params: Json) {
        self.send(Message::Notification(Notification { method: method.to_owned(), params }));
    }

    fn receive(&mut self) -> Option<Response> {
        match self.connection.receiver.recv_timeout(PATIENCE).expect("the server is silent or dead") {
            Message::Response(response) => return Some(response),
            Message::Request(request) => self.asked.push(request),
            Message::Notification(told) => {
                assert_eq!(told.method, "textDocument/publishDiagnostics");
                let uri = told.params["uri"].as_str().unwrap().to_owned();
                self.shown.retain(|(known, _)| *known != uri);
                self.shown.push((uri, told.params["diagnostics"].as_array().unwrap().clone()));
            }
        }
        None
    }

    fn answered(&mut self, method: &str, params: &Json) -> Response {
        self.next += 1;
        let id = RequestId::from(self.next);
        self.send(Message::Request(Request { id: id.clone(), method: method.to_owned(), params: params.clone() }));
        loop {
            if let Some(response) = self.receive() {
                assert_eq!(response.id, id);
                return response;
            }
        }
    }

    fn ask(&mut self, method: &str, params: &Json) -> Json {
        self.answered(method, params).response_result.ok().unwrap_or_else(|| panic!("{method} is refused"))
    }

    fn open(&mut self, uri: &str, text: &str) {
        self.version += 1;
        let document = json!({ "uri": uri, "languageId": "any", "version": self.version, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
        self.settle(uri);
    }

    fn close(&mut self, uri: &str) {
        self.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
        self.settle(uri);
    }

    fn save(&mut self, uri: &str) {
        self.tell("textDocument/didSave", json!({ "textDocument": { "uri": uri } }));
        self.settle(uri);
    }

    /// Replaces from (line, character) to (line, character).
    fn edit(&mut self, uri: &str, from: (u32, u32), to: (u32, u32), text: &str) {
        let at = |(line, character)| json!({ "line": line, "character": character });
        self.change(uri, json!([{ "range": { "start": at(from), "end": at(to) }, "text": text }]));
    }

    fn replace(&mut self, uri: &str, text: &str) {
        self.change(uri, json!([{ "text": text }]));
    }

    fn change(&mut self, uri: &str, changes: Json) {
        self.version += 1;
        let document = json!({ "uri": uri, "version": self.version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
        self.settle(uri);
    }

    /// Waits until everything that was sent is judged: an answer is about the text as it is.
    fn settle(&mut self, uri: &str) {
        self.hover(uri, 0, 0);
    }

    fn place(uri: &str, line: u32, character: u32) -> Json {
        json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": character } })
    }

    fn hover(&mut self, uri: &str, line: u32, character: u32) -> String {
        let hover = self.ask("textDocument/hover", &Self::place(uri, line, character));
        hover["contents"]["value"].as_str().unwrap_or_default().to_owned()
    }

    fn actions(&mut self, uri: &str, line: u32, character: u32) -> Vec<Json> {
        let at = json!({ "line": line, "character": character });
        let range = json!({ "start": at, "end": at });
        let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": { "diagnostics": [] } });
        self.ask("textDocument/codeAction", &params).as_array().unwrap().clone()
    }

    /// The rules and lines (from 0) of what is shown for a document.
    fn codes(&self, uri: &str) -> Vec<(String, u64)> {
        let shown = self.shown.iter().find(|(known, _)| known == uri);
        let diagnostics = shown.map_or(&[][..], |(_, list)| list.as_slice());
        diagnostics
            .iter()
            .map(|it| (it["code"].as_str().unwrap().to_owned(), it["range"]["start"]["line"].as_u64().unwrap()))
            .collect()
    }

    /// Everything that is shown, in short.
    fn all(&self) -> Vec<(&str, Vec<(String, u64)>)> {
        self.shown.iter().map(|(uri, _)| (uri.rsplit('/').next().unwrap_or(uri), self.codes(uri))).collect()
    }

    fn has(&self, uri: &str, code: &str) -> bool {
        self.codes(uri).iter().any(|(known, _)| known == code)
    }

    fn leave(mut self) {
        self.ask("shutdown", &Json::Null);
        self.tell("exit", Json::Null);
        self.server.take().unwrap().join().unwrap().unwrap();
    }
}

/// The text after an action's edits, which must all be in one document; columns in UTF-16.
fn applied(text: &str, action: &Json) -> String {
    let changes = action["edit"]["changes"].as_object().unwrap();
    assert_eq!(changes.len(), 1);
    let offset = |at: &Json| {
        let line = at["line"].as_u64().unwrap() as usize;
        let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
        let mut left = at["character"].as_u64().unwrap() as usize;
        let within = text[start..].char_indices().find(|(_, c)| {
            let here = left == 0;
            left = left.saturating_sub(c.len_utf16());
            here
        });
        within.map_or(text.len(), |(at, _)| start + at)
    };
    let mut edits: Vec<(usize, usize, &str)> = changes
        .values()
        .next()
        .unwrap()
        .as_array()
        .unwrap()
        .iter()
        .map(|edit| (offset(&edit["range"]["start"]), offset(&edit["range"]["end"]), edit["newText"].as_str().unwrap()))
        .collect();
    edits.sort_unstable();
    let mut out = text.to_owned();
    for (from, to, new) in edits.into_iter().rev() {
        out.replace_range(from..to, new);
    }
    out
}

const ROTATION: &str = "key-rotation";
const VAULT: &str = "vault-customer-key";

const TEMPLATE: &str = "\
Parameters:
  UseCmk:
    Type: String
    Default: 'false'
    AllowedValues: ['true', 'false']
Conditions:
  Cmk: !Equals [!Ref UseCmk, 'true']
Resources:
  # schlüssel 𝄞
  Key:
    Type: AWS::KMS::Key
    Properties:
      Description: für 𝄞 backups
      EnableKeyRotation: false
  Vault:
    Type: AWS::Backup::BackupVault
    Properties:
      BackupVaultName: main
      EncryptionKeyArn: !If [Cmk, !GetAtt Key.Arn, !Ref AWS::NoValue]
";

fn line_of(text: &str, needle: &str) -> u32 {
    u32::try_from(text.lines().position(|line| line.contains(needle)).unwrap()).unwrap()
}

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
fn another_buffer_mends_the_finding() {
    let main = "provider \"aws\" {}\n\nresource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = var.rotate\n}\n";
    let variables = "variable \"rotate\" {\n  default = false\n}\n";
    let directory = Directory::new("unit", &[("main.tf", main), ("variables.tf", variables)]);
    let (main_uri, variables_uri) = (directory.uri("main.tf"), directory.uri("variables.tf"));
    let mut editor = Editor::new();
    editor.open(&main_uri, main);
    let told = |editor: &Editor| editor.has(&main_uri, ROTATION) || editor.has(&variables_uri, ROTATION);
    assert!(told(&editor), "{:?}", editor.all());
    editor.open(&variables_uri, variables);
    assert!(told(&editor));
    editor.edit(&variables_uri, (1, 12), (1, 17), "true");
    assert!(!told(&editor), "{:?}", editor.all());
    // A buffer that is thrown away leaves the file on disk.
    editor.close(&variables_uri);
    editor.settle(&main_uri);
    assert!(told(&editor));
    directory.write("variables.tf", "variable \"rotate\" {\n  default = true\n}\n");
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": variables_uri, "type": 2 }] }));
    editor.settle(&main_uri);
    assert!(!told(&editor));
    editor.leave();
}

#[test]
fn callers_are_judged_when_their_module_changes() {
    let module = "variable \"rotate\" {}\n\nresource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = var.rotate\n}\n";
    let root = "provider \"aws\" {}\n\nmodule \"k\" {\n  source = \"../modules/k\"\n  rotate = true\n}\n";
    for order in [["modules/k/main.tf", "root/main.tf"], ["root/main.tf", "modules/k/main.tf"]] {
        let files = [("modules/k/main.tf", module), ("root/main.tf", root)];
        let directory = Directory::new(&format!("callers-{}", order[0].len()), &files);
        let text = |name: &str| files.iter().find(|(known, _)| *known == name).unwrap().1;
        let (module_uri, root_uri) = (directory.uri("modules/k/main.tf"), directory.uri("root/main.tf"));
        let mut editor = Editor::new();
        let any = |editor: &Editor| editor.has(&module_uri, ROTATION) || editor.has(&root_uri, ROTATION);
        for name in order {
            editor.open(&directory.uri(name), text(name));
        }
        assert!(!any(&editor), "{:?}", editor.all());
        editor.edit(&module_uri, (3, 24), (3, 34), "false");
        assert!(any(&editor), "{:?}", editor.all());
        editor.edit(&module_uri, (3, 24), (3, 29), "var.rotate");
        assert!(!any(&editor), "{:?}", editor.all());
        editor.edit(&root_uri, (4, 11), (4, 15), "false");
        assert!(any(&editor), "{:?}", editor.all());
        editor.close(&module_uri);
        editor.settle(&root_uri);
        assert!(any(&editor), "the caller is open still: {:?}", editor.all());
        editor.close(&root_uri);
        editor.settle(&root_uri);
        assert!(!any(&editor), "{:?}", editor.all());
        editor.leave();
    }
}

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
    assert!(text.contains("Rotation") && text.contains("off"), "{text}");
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
        for action in editor.actions(&uri, u32::try_from(*line).unwrap(), 40) {
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

#[test]
fn on_save_only_waits_for_the_save() {
    let directory = Directory::new("save", &[]);
    let uri = directory.uri("t.yaml");
    let mut editor = Editor::with(&json!({ "capabilities": {}, "initializationOptions": { "onSaveOnly": true } }));
    editor.open(&uri, TEMPLATE);
    let line = line_of(TEMPLATE, "EnableKeyRotation");
    editor.edit(&uri, (line, 25), (line, 30), "true");
    assert!(editor.has(&uri, ROTATION), "nothing was saved yet");
    editor.save(&uri);
    assert!(!editor.has(&uri, ROTATION));
    editor.tell("workspace/didChangeConfiguration", json!({ "settings": { "strongroom": { "onSaveOnly": false } } }));
    editor.edit(&uri, (line, 25), (line, 29), "false");
    assert!(editor.has(&uri, ROTATION));
    editor.leave();
}

#[test]
fn the_configuration_is_read_again_when_it_changes() {
    let directory = Directory::new("config", &[("t.yaml", TEMPLATE)]);
    let (uri, config) = (directory.uri("t.yaml"), directory.uri(".strongroom.yaml"));
    let folders = json!([{ "uri": directory.uri(""), "name": "here" }]);
    let watching = json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } });
    let mut editor = Editor::with(&json!({ "capabilities": watching, "workspaceFolders": folders }));
    editor.open(&uri, TEMPLATE);
    assert!(editor.has(&uri, ROTATION));
    let asked = editor.asked.pop().expect("files are watched");
    assert_eq!(asked.method, "client/registerCapability");
    assert_eq!(asked.params["registrations"][0]["method"], "workspace/didChangeWatchedFiles");

    directory.write(".strongroom.yaml", "rules:\n  key-rotation: off\n");
    editor.tell("workspace/didChangeWatchedFiles", json!({ "changes": [{ "uri": config, "type": 1 }] }));
    editor.settle(&uri);
    assert!(!editor.has(&uri, ROTATION), "{:?}", editor.all());
    // As a buffer it counts before it is saved, and what is wrong with it is told there.
    editor.open(&config, "rules:\n  key-rotation: on\n");
    assert!(editor.has(&uri, ROTATION), "{:?}", editor.all());
    editor.replace(&config, "rules:\n  no-such-rule: on\n");
    assert!(!editor.codes(&config).is_empty(), "{:?}", editor.all());
    assert!(editor.has(&uri, ROTATION), "what was found stays meanwhile: {:?}", editor.all());
    editor.close(&config);
    editor.settle(&uri);
    assert!(!editor.has(&uri, ROTATION));
    assert_eq!(editor.codes(&config), []);
    let event = json!({ "added": [], "removed": [{ "uri": directory.uri(""), "name": "here" }] });
    editor.tell("workspace/didChangeWorkspaceFolders", json!({ "event": event }));
    editor.settle(&uri);
    editor.leave();
}

#[test]
fn what_is_none_of_its_business_is_left_alone() {
    let directory = Directory::new("others", &[]);
    let mut editor = Editor::new();
    for (name, text) in [
        ("package.json", "{\"name\": \"x\"}"),
        ("a.yaml", "a: 1\n"),
        ("broken.yaml", "a: [\n"),
        ("README.md", "# hello\n"),
        ("x.py", "print(1)\n"),
        ("empty.tf", ""),
        ("empty.yaml", ""),
        ("prod.tfvars", "a = 1\n"),
    ] {
        let uri = directory.uri(name);
        editor.open(&uri, text);
        assert_eq!(editor.codes(&uri), [], "{name}");
    }
    editor.open("untitled:Untitled-1", TEMPLATE);
    editor.leave();
}

#[test]
fn nonsense_is_answered_and_survived() {
    let directory = Directory::new("nonsense", &[]);
    let uri = directory.uri("t.yaml");
    let mut editor = Editor::new();
    editor.open(&uri, TEMPLATE);
    assert_eq!(editor.answered("textDocument/rename", &json!({})).response_result.unwrap_err().code, -32601);
    assert_eq!(editor.answered("textDocument/hover", &json!({ "no": 1 })).response_result.unwrap_err().code, -32602);
    for params in [Json::Null, json!({}), json!({ "textDocument": 1 }), json!([1])] {
        for method in ["didOpen", "didChange", "didSave", "didClose"] {
            editor.tell(&format!("textDocument/{method}"), params.clone());
        }
        editor.tell("workspace/didChangeWorkspaceFolders", params.clone());
        editor.tell("$/cancelRequest", params.clone());
        editor.tell("$/setTrace", params);
    }
    editor.send(Message::Response(Response::new_err(RequestId::from(77), -1, "an answer to nothing".to_owned())));
    // Of a document that was never opened.
    let other = directory.uri("other.yaml");
    editor.change(&other, json!([{ "text": "x" }]));
    editor.close(&other);
    // Places that there are not.
    editor.edit(&uri, (500, 3), (600, 9), "x");
    editor.edit(&uri, (3, 9), (1, 0), "y");
    editor.replace(&uri, "a\0b");
    editor.replace(&uri, TEMPLATE);
    assert!(editor.has(&uri, ROTATION));
    editor.leave();
}

#[test]
fn a_request_that_was_taken_back_is_not_worked_on() {
    let directory = Directory::new("cancel", &[]);
    let uri = directory.uri("t.yaml");
    let mut editor = Editor::new();
    // A long judging, during which the others arrive.
    let long: String = (0..400).map(|n| format!("  Key{n}:\n    Type: AWS::KMS::Key\n")).collect();
    let document = json!({ "uri": uri, "languageId": "any", "version": 1, "text": format!("Resources:\n{long}") });
    editor.tell("textDocument/didOpen", json!({ "textDocument": document }));
    let hover = |id: i32| {
        let params = Editor::place(&uri, 1, 3);
        Message::Request(Request { id: RequestId::from(id), method: "textDocument/hover".to_owned(), params })
    };
    editor.send(hover(1001));
    editor.send(hover(1002));
    editor.tell("$/cancelRequest", json!({ "id": 1002 }));
    let mut answers = Vec::new();
    while answers.len() < 2 {
        answers.extend(editor.receive());
    }
    assert_eq!(answers[1].id, RequestId::from(1002));
    assert_eq!(answers[1].response_result.as_ref().unwrap_err().code, -32800, "{answers:?}");
    editor.leave();
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

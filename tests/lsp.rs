//! The language server over in-process connections, with the real pipeline and real directories.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, reason = "a test may fail")]

#[path = "lsp/asked.rs"]
mod asked;
#[path = "lsp/secrets.rs"]
mod secrets;
#[path = "lsp/typing.rs"]
mod typing;
#[path = "lsp/workspace.rs"]
mod workspace;

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
    /// The document and the version of each time that something was shown.
    told: Vec<(String, Option<i64>)>,
    /// What the server said of itself.
    capabilities: Json,
}

impl Editor {
    fn new() -> Self {
        Self::with(&json!({ "capabilities": {} }))
    }

    fn with(params: &Json) -> Self {
        let editor = Self::not_initialized(params);
        editor.tell("initialized", json!({}));
        editor
    }

    fn not_initialized(params: &Json) -> Self {
        let (server, connection) = Connection::memory();
        // As the program does: the deepest nesting needs more than the stack of a thread.
        let serve = move || strongroom::cli::serve_editor(&server);
        let server = std::thread::Builder::new().stack_size(256 << 20).spawn(serve).unwrap();
        let mut editor = Editor {
            connection,
            server: Some(server),
            next: 0,
            version: 0,
            asked: Vec::new(),
            shown: Vec::new(),
            told: Vec::new(),
            capabilities: Json::Null,
        };
        editor.capabilities = editor.ask("initialize", params)["capabilities"].clone();
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
                self.told.push((uri.clone(), told.params["version"].as_i64()));
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

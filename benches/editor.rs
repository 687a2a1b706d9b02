//! What a keystroke costs: a change is sent to the language server, and an answer about the changed text is waited for.
//!
//! `cargo bench --bench editor`. The server and the editor share a process; nothing is debounced, since a request is
//! answered about the text as it is.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::thread::JoinHandle;

use lsp_server::{Connection, Message, Notification, Request, RequestId};
use serde_json::{Value as Json, json};

fn main() {
    divan::main();
}

/// A key's description is typed in a template of a thousand lines.
#[divan::bench(sample_count = 30, sample_size = 1)]
fn template_of_1000_lines(bencher: divan::Bencher<'_, '_>) {
    keystrokes(bencher, "template", &[("t.yaml".to_owned(), template(1_000))], "t.yaml");
}

/// A key's description is typed in a root of fifty files.
#[divan::bench(sample_count = 30, sample_size = 1)]
fn root_of_50_files(bencher: divan::Bencher<'_, '_>) {
    keystrokes(bencher, "root", &module("root", "provider \"aws\" {}\n"), "root/f07.tf");
}

/// The same in a module that a root in another directory calls.
#[divan::bench(sample_count = 30, sample_size = 1)]
fn module_of_50_files(bencher: divan::Bencher<'_, '_>) {
    let mut files = module("module", "");
    let root = "provider \"aws\" {}\nmodule \"m\" {\n  source = \"../module\"\n}\n";
    files.push(("live/main.tf".to_owned(), root.to_owned()));
    keystrokes(bencher, "module", &files, "module/f07.tf");
}

/// The text that is typed stands here.
const SPOT: &str = "TYPED";

fn keystrokes(bencher: divan::Bencher<'_, '_>, name: &str, files: &[(String, String)], edited: &str) {
    let mut editor = Editor::new(name, files, edited);
    bencher.bench_local(|| editor.press("x"));
    editor.leave();
}

/// Resources of a kind that occur in a real template, a key and a vault among twenty.
fn template(lines: usize) -> String {
    let mut text = String::from(
        "Parameters:\n  Env:\n    Type: String\n    Default: dev\n    AllowedValues: [dev, prod]\nConditions:\n  Prod: !Equals [!Ref Env, prod]\nResources:\n",
    );
    let mut at = 0;
    while text.lines().count() < lines {
        at += 1;
        let _ = match at % 20 {
            1 => write!(
                text,
                "  Key{at}:\n    Type: AWS::KMS::Key\n    Properties:\n      Description: {}\n      EnableKeyRotation: !If [Prod, true, false]\n      KeyPolicy:\n        Version: '2012-10-17'\n        Statement:\n          - Effect: Allow\n            Principal: {{ AWS: !Sub 'arn:aws:iam::${{AWS::AccountId}}:root' }}\n            Action: 'kms:*'\n            Resource: '*'\n  Vault{at}:\n    Type: AWS::Backup::BackupVault\n    Properties:\n      BackupVaultName: !Sub 'vault-${{Env}}-{at}'\n      EncryptionKeyArn: !GetAtt Key{at}.Arn\n",
                if at == 1 { SPOT } else { "a key" }
            ),
            n if n % 2 == 0 => write!(
                text,
                "  Role{at}:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Version: '2012-10-17'\n        Statement:\n          - Effect: Allow\n            Principal: {{ Service: lambda.amazonaws.com }}\n            Action: sts:AssumeRole\n      Tags:\n        - {{ Key: Env, Value: !Ref Env }}\n"
            ),
            _ => write!(
                text,
                "  Topic{at}:\n    Type: AWS::SNS::Topic\n    Condition: Prod\n    Properties:\n      TopicName: !Join ['-', [topic, !Ref Env, '{at}']]\n      KmsMasterKeyId: !GetAtt Key1.Arn\n"
            ),
        };
    }
    text
}

/// Fifty files: one in ten holds a key and a vault, the others what a module holds besides.
fn module(directory: &str, head: &str) -> Vec<(String, String)> {
    let file = |n: usize| {
        let mut text = if n == 0 { head.to_owned() } else { String::new() };
        let _ = write!(
            text,
            "variable \"name_{n}\" {{\n  type    = string\n  default = \"n{n}\"\n}}\n\nlocals {{\n  full_{n} = \"${{var.name_{n}}}-{n}\"\n}}\n\n"
        );
        if n % 10 == 7 {
            let _ = write!(
                text,
                "resource \"aws_kms_key\" \"k{n}\" {{\n  description         = \"{}\"\n  enable_key_rotation = var.name_{n} == \"n{n}\"\n  policy = jsonencode({{\n    Version = \"2012-10-17\"\n    Statement = [{{\n      Effect    = \"Allow\"\n      Principal = {{ AWS = \"arn:aws:iam::111122223333:root\" }}\n      Action    = \"kms:*\"\n      Resource  = \"*\"\n    }}]\n  }})\n}}\n\nresource \"aws_backup_vault\" \"v{n}\" {{\n  name        = local.full_{n}\n  kms_key_arn = aws_kms_key.k{n}.arn\n}}\n\n",
                if n == 7 { SPOT } else { "a key" }
            );
        }
        for other in 0..4 {
            let _ = write!(
                text,
                "resource \"aws_sns_topic\" \"t{n}_{other}\" {{\n  count = var.name_{n} == \"\" ? 0 : 1\n  name  = \"${{local.full_{n}}}-{other}\"\n  tags = {{\n    Name = local.full_{n}\n  }}\n}}\n\n"
            );
        }
        (format!("{directory}/f{n:02}.tf"), text)
    };
    (0..50).map(file).collect()
}

/// An editor with one file open.
struct Editor {
    directory: PathBuf,
    connection: Connection,
    server: Option<JoinHandle<Result<(), String>>>,
    uri: String,
    place: Json,
    sent: i32,
}

impl Editor {
    fn new(name: &str, files: &[(String, String)], edited: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("strongroom-bench-{name}-{}", std::process::id()));
        for (path, text) in files {
            let path = directory.join(path);
            let made = path.parent().map(std::fs::create_dir_all);
            assert!(made.is_some_and(|made| made.is_ok()) && std::fs::write(&path, text).is_ok(), "{}", path.display());
        }
        let _ = std::fs::create_dir_all(directory.join(".git"));
        let (server, connection) = Connection::memory();
        let serve = move || strongroom::cli::serve_editor(&server);
        let server = std::thread::Builder::new().stack_size(256 << 20).spawn(serve).ok();
        let uri = format!("file://{}/{edited}", directory.display());
        let text = files.iter().find(|(path, _)| path == edited).map(|(_, text)| text.clone()).unwrap_or_default();
        let line = text.lines().position(|line| line.contains(SPOT)).unwrap_or(0);
        let character = text.lines().nth(line).and_then(|line| line.find(SPOT)).unwrap_or(0);
        let place = json!({ "line": line, "character": character });
        let mut editor = Editor { directory, connection, server, uri, place, sent: 0 };
        editor.ask("initialize", json!({ "capabilities": {} }));
        editor.tell("initialized", json!({}));
        let document = json!({ "uri": editor.uri, "languageId": "any", "version": 1, "text": text });
        editor.tell("textDocument/didOpen", json!({ "textDocument": document }));
        editor.press("x");
        editor
    }

    /// Types a character and waits for an answer about the text that has it.
    fn press(&mut self, typed: &str) {
        let change = json!({ "range": { "start": self.place, "end": self.place }, "text": typed });
        let document = json!({ "uri": self.uri, "version": self.sent });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": [change] }));
        let at = json!({ "line": 0, "character": 0 });
        self.ask("textDocument/definition", json!({ "textDocument": { "uri": self.uri }, "position": at }));
    }

    fn tell(&self, method: &str, params: Json) {
        let told = Notification { method: method.to_owned(), params };
        assert!(self.connection.sender.send(Message::Notification(told)).is_ok());
    }

    fn ask(&mut self, method: &str, params: Json) {
        self.sent += 1;
        let id = RequestId::from(self.sent);
        let asked = Request { id: id.clone(), method: method.to_owned(), params };
        assert!(self.connection.sender.send(Message::Request(asked)).is_ok());
        while let Ok(message) = self.connection.receiver.recv() {
            match message {
                Message::Response(response) if response.id == id => return,
                _ => {}
            }
        }
    }

    fn leave(mut self) {
        self.ask("shutdown", Json::Null);
        self.tell("exit", Json::Null);
        let served = self.server.take().map(JoinHandle::join);
        assert!(matches!(served, Some(Ok(Ok(())))));
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

//! What is judged together and when: units, folders, configuration, the client's ways.

use lsp_server::{Message, Request, RequestId, Response};
use serde_json::{Value as Json, json};

use super::{Directory, Editor, ROTATION, TEMPLATE, line_of};

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
fn synchronisation_is_announced_and_never_registered() {
    let directory = Directory::new("static", &[]);
    let uri = directory.uri("t.yaml");
    let dynamic = json!({ "dynamicRegistration": true });
    let capabilities = json!({
        "textDocument": { "synchronization": dynamic, "hover": dynamic, "codeAction": dynamic, "definition": dynamic },
        "workspace": { "didChangeWatchedFiles": dynamic, "didChangeConfiguration": dynamic, "configuration": true },
        "window": { "workDoneProgress": true, "showDocument": { "support": true } },
    });
    let mut editor = Editor::with(&json!({ "capabilities": capabilities }));
    let sync = &editor.capabilities["textDocumentSync"];
    assert_eq!((&sync["openClose"], &sync["change"], &sync["save"]), (&json!(true), &json!(2), &json!(true)));
    assert_eq!(editor.capabilities["workspace"]["workspaceFolders"]["changeNotifications"], true);
    editor.open(&uri, TEMPLATE);
    let registered: Vec<&Json> = editor.asked.iter().map(|asked| &asked.params["registrations"]).collect();
    assert_eq!(registered.len(), 1);
    for registration in registered[0].as_array().unwrap() {
        assert_eq!(registration["method"], "workspace/didChangeWatchedFiles");
    }
    editor.leave();
}

/// Nothing that the server asks is ever answered: it serves on.
#[test]
fn a_client_that_never_answers_is_served() {
    let directory = Directory::new("silent", &[]);
    let uri = directory.uri("t.yaml");
    let capabilities = json!({
        "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } },
        "window": { "showDocument": { "support": true } },
    });
    let mut editor = Editor::with(&json!({ "capabilities": capabilities }));
    editor.open(&uri, TEMPLATE);
    let line = line_of(TEMPLATE, "EnableKeyRotation");
    let ignore = editor.actions(&uri, line, 26).into_iter().find(|it| !it["command"].is_null()).unwrap();
    let command = json!({ "command": ignore["command"]["command"], "arguments": ignore["command"]["arguments"] });
    for round in 0..20 {
        editor.ask("workspace/executeCommand", &command);
        editor.edit(&uri, (line, 25), (line, 30), if round % 2 == 0 { "true " } else { "false" });
        assert_eq!(editor.has(&uri, ROTATION), round % 2 == 1, "{round}");
    }
    assert!(editor.asked.len() > 20, "it asked, and was not answered");
    editor.leave();
}

/// An editor takes away what stands where somebody types: each version is told of, though nothing else is found.
#[test]
fn what_is_on_its_way_when_the_client_leaves_passes_by() {
    let directory = Directory::new("leaves", &[("t.yaml", TEMPLATE)]);
    let uri = directory.uri("t.yaml");
    let watching = json!({ "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } } });
    let mut editor = Editor::with(&json!({ "capabilities": watching }));
    editor.open(&uri, TEMPLATE);
    let asked = editor.asked.first().expect("the server asks to watch files").id.clone();
    editor.ask("shutdown", &Json::Null);
    editor.send(Message::Response(Response::new_ok(asked, Json::Null)));
    editor.tell("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    let refused = editor.answered("textDocument/hover", &Editor::place(&uri, 0, 0));
    assert_eq!(refused.response_result.err().map(|error| error.code), Some(-32600));
    editor.tell("exit", Json::Null);
    editor.server.take().unwrap().join().unwrap().unwrap();
}

#[test]
fn a_client_may_speak_before_it_says_that_it_is_initialized() {
    let directory = Directory::new("early", &[("t.yaml", TEMPLATE)]);
    let uri = directory.uri("t.yaml");
    let mut editor = Editor::not_initialized(&json!({ "capabilities": {} }));
    editor.tell("$/setTrace", json!({ "value": "off" }));
    editor.open(&uri, TEMPLATE);
    assert!(editor.has(&uri, ROTATION), "{:?}", editor.all());
    editor.tell("initialized", json!({}));
    editor.leave();
}

#[test]
fn every_version_is_told_of() {
    let directory = Directory::new("versions", &[("tf/other.tf", "variable \"x\" {}\n")]);
    let uri = directory.uri("t.yaml");
    let mut editor = Editor::new();
    editor.open(&uri, TEMPLATE);
    let line = line_of(TEMPLATE, "EnableKeyRotation");
    editor.edit(&uri, (line, 25), (line, 30), "false");
    editor.edit(&uri, (line, 25), (line, 30), "false");
    let versions: Vec<_> = editor.told.iter().filter(|(known, _)| *known == uri).map(|(_, version)| *version).collect();
    assert_eq!(versions, [Some(1), Some(2), Some(3)]);
    assert!(editor.has(&uri, ROTATION));
    editor.leave();
}

/// Outside of a repository, the callers of a module are looked for in the folders that the editor works in.
#[test]
fn workspace_folders_hold_the_callers_of_a_module() {
    let module = "variable \"rotate\" {}\n\nresource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = var.rotate\n}\n";
    let root = "provider \"aws\" {}\n\nmodule \"k\" {\n  source = \"../modules/k\"\n  rotate = false\n}\n";
    let directory = Directory::new("folders", &[("modules/k/main.tf", module), ("root/main.tf", root)]);
    std::fs::remove_dir_all(directory.0.join(".git")).unwrap();
    let (uri, root) = (directory.uri("modules/k/main.tf"), directory.uri("root/main.tf"));
    let here = json!({ "uri": directory.uri(""), "name": "here" });
    let failing = |editor: &Editor| editor.has(&uri, ROTATION) || editor.has(&root, ROTATION);
    let mut editor = Editor::with(&json!({ "capabilities": {}, "workspaceFolders": [here] }));
    editor.open(&uri, module);
    assert!(failing(&editor), "{:?}", editor.all());
    for (event, expected) in
        [(json!({ "added": [], "removed": [here] }), false), (json!({ "added": [here], "removed": [] }), true)]
    {
        editor.tell("workspace/didChangeWorkspaceFolders", json!({ "event": event }));
        editor.settle(&uri);
        let told =
            editor.shown.iter().flat_map(|(_, list)| list).any(|it| it["code"] == ROTATION && it["severity"] != 3);
        assert_eq!(told, expected, "{event}: {:?}", editor.shown);
    }
    editor.leave();
}

/// A module that many call is judged in few of them while somebody types, in those that are open first; that is told.
#[test]
fn a_module_with_many_callers_is_judged_in_few() {
    let module = "variable \"rotate\" {}\n\nresource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = var.rotate\n}\n";
    let root = |on: bool| format!("provider \"aws\" {{}}\nmodule \"k\" {{\n  source = \"../m\"\n  rotate = {on}\n}}\n");
    let directory = Directory::new("many", &[("m/main.tf", module)]);
    for n in 0..9 {
        directory.write(&format!("root{n}/main.tf"), &root(n < 8));
    }
    let (uri, last) = (directory.uri("m/main.tf"), directory.uri("root8/main.tf"));
    let mut editor = Editor::new();
    editor.open(&uri, module);
    assert_eq!(editor.codes(&uri), [("not-judged".to_owned(), 0)], "{:?}", editor.all());
    // The one that is open is judged, and fails.
    editor.open(&last, &root(false));
    assert!(editor.has(&uri, ROTATION) || editor.has(&last, ROTATION), "{:?}", editor.all());
    editor.edit(&last, (3, 11), (3, 16), "true");
    assert!(!editor.has(&uri, ROTATION) && !editor.has(&last, ROTATION), "{:?}", editor.all());
    editor.leave();
}

/// What was made of a text is made use of again only while its file is what it was.
#[test]
fn a_file_that_changes_under_the_server_is_read_again() {
    let main = "provider \"aws\" {}\n\nresource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = var.rotate\n}\n";
    let variables = "variable \"rotate\" {\n  default = false\n}\n";
    let directory = Directory::new("again", &[("main.tf", main), ("variables.tf", variables)]);
    let (uri, other) = (directory.uri("main.tf"), directory.uri("variables.tf"));
    let mut editor = Editor::new();
    editor.open(&uri, main);
    let failing = |editor: &Editor| editor.has(&uri, ROTATION) || editor.has(&other, ROTATION);
    assert!(failing(&editor));
    // Nobody tells: the file's stamp does. It changes a moment later than it was read.
    for on in [true, false, true] {
        std::thread::sleep(std::time::Duration::from_millis(30));
        directory.write("variables.tf", &variables.replace("false", if on { "true " } else { "false" }));
        editor.edit(&uri, (0, 0), (0, 0), "# x\n");
        assert_eq!(failing(&editor), !on, "{:?}", editor.all());
    }
    // What is judged is the text as it is, however often.
    for _ in 0..30 {
        editor.edit(&uri, (0, 0), (0, 0), "# y\n");
        assert!(!failing(&editor));
    }
    std::fs::remove_file(directory.0.join("variables.tf")).unwrap();
    editor.edit(&uri, (0, 0), (0, 0), "# x\n");
    assert!(!failing(&editor), "a variable that is not declared decides nothing: {:?}", editor.all());
    editor.leave();
}

//! The walls of the house: who may use whom (the head comment of src/lib.rs), and what may not come in at all.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Each room and the rooms that it may use. `lib.rs` and `main.rs` stand outside.
const ARROWS: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("value", &["source"]),
    ("finding", &["source", "value"]),
    ("iam", &["value", "source"]),
    ("model", &["iam", "value", "source"]),
    ("read", &["source", "finding"]),
    ("resolve", &["read", "model", "value", "iam", "source", "finding"]),
    ("rule", &["model", "value", "iam", "finding", "source"]),
    ("report", &["finding", "source", "value"]),
    ("config", &["read", "finding", "source"]),
    ("suppress", &["config", "finding", "source"]),
    ("baseline", &["finding"]),
    ("disk", &["source"]),
    ("discover", &["disk", "source"]),
    ("inspect", &["model", "value", "source"]),
    (
        "check",
        &[
            "config", "suppress", "resolve", "read", "rule", "model", "iam", "value", "finding", "source", "discover",
            "disk", "inspect", "fix",
        ],
    ),
    ("explain", &["model", "rule", "fix", "finding", "source", "value"]),
    ("lsp", &["explain", "model", "finding", "config", "discover", "disk", "source", "value"]),
    ("fix", &["read", "finding", "source"]),
    ("evidence", &["model", "rule", "report", "finding", "value", "source"]),
    (
        "cli",
        &[
            "config", "baseline", "suppress", "evidence", "explain", "lsp", "fix", "check", "report", "discover",
            "disk", "inspect", "finding", "source", "value", "rule", "model", "resolve",
        ],
    ),
];

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Names of crate-level modules in a line such as `use crate::{source::Span, value::Value};` or `crate::iam::allows(..)`.
fn used_rooms(line: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for (at, _) in line.match_indices("crate::") {
        let rest = &line[at + "crate::".len()..];
        let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        match rest.strip_prefix('{') {
            None => rooms.push(name(rest)),
            Some(group) => {
                let mut depth = 0;
                let mut start = true;
                for (at, c) in group.char_indices() {
                    if start && depth == 0 && c.is_alphabetic() {
                        rooms.push(name(&group[at..]));
                        start = false;
                    }
                    match c {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        _ => {}
                    }
                }
            }
        }
    }
    rooms
}

#[test]
fn no_room_uses_one_that_it_must_not_know() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut broken = Vec::new();
    for file in rust_files(&root) {
        let inside = file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        let room = inside.split('/').next().unwrap().trim_end_matches(".rs");
        if room == "lib" || room == "main" {
            continue;
        }
        let allowed = arrows.get(room).unwrap_or_else(|| panic!("src/{inside}: `{room}` is not on the map of rooms"));
        for (line, text) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            // Tests may set up what they need: they stand at the end of a file.
            if text.trim() == "#[cfg(test)]" {
                break;
            }
            if text.trim_start().starts_with("//") {
                continue;
            }
            for used in used_rooms(text) {
                if used != room && arrows.contains_key(used.as_str()) && !allowed.contains(&used.as_str()) {
                    broken.push(format!("src/{inside}:{}: {room} -> {used}", line + 1));
                }
            }
        }
    }
    assert!(broken.is_empty(), "these arrows are not on the map:\n{}", broken.join("\n"));
}

#[test]
fn the_map_of_rooms_has_no_cycle() {
    let arrows: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    fn visit<'a>(room: &'a str, arrows: &BTreeMap<&'a str, &'a [&'a str]>, above: &mut Vec<&'a str>) {
        assert!(!above.contains(&room), "a cycle: {above:?} -> {room}");
        above.push(room);
        for used in arrows[room] {
            visit(used, arrows, above);
        }
        above.pop();
    }
    for (room, _) in ARROWS {
        visit(room, &arrows, &mut Vec::new());
    }
}

#[test]
fn the_walls_are_seen_by_the_test() {
    assert_eq!(used_rooms("use crate::{source::{Span, limits}, value::Value};"), ["source", "value"]);
    assert_eq!(used_rooms("    let x = crate::iam::parse(crate::value::f());"), ["iam", "value"]);
}

/// What reaches the file system, another program or the network. `disk` alone may; whatever it is called there, it goes
/// through the one layer that judges paths.
const DOORS: &[&str] = &[
    "std::fs",
    "fs::",
    "File::open",
    "File::create",
    "File::options",
    "OpenOptions",
    "Command::new",
    "process::Command",
    "canonicalize(",
    "read_dir(",
    "read_link(",
    "symlink_metadata(",
    ".metadata()",
    ".exists()",
    ".try_exists()",
    ".is_file()",
    ".is_dir()",
    ".is_symlink()",
    "WalkBuilder",
    "walkdir",
    "Gitignore::new",
    "memmap",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
];

/// The lines of a source file without comments and without the tests at its end.
fn code(text: &str) -> Vec<(usize, String)> {
    let lines = text.lines().enumerate().take_while(|(_, line)| !line.trim().starts_with("#[cfg(test)]"));
    lines.map(|(at, line)| (at + 1, line.split("//").next().unwrap_or_default().to_owned())).collect()
}

#[test]
fn only_the_human_report_knows_the_terminal_library_and_only_one_layer_touches_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut broken = Vec::new();
    let mut doors = BTreeSet::new();
    for file in rust_files(&root) {
        let inside = file.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        // Tests may set up what they need.
        if inside.contains("/tests/") || inside.ends_with("/tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        // Other things than paths have methods of those names.
        let knows_paths = text.contains("std::path") || text.contains("Path::new");
        for (line, code) in code(&text) {
            if code.contains("miette::") && !inside.starts_with("report/human") {
                broken.push(format!("src/{inside}:{line}: miette"));
            }
            let doors_here = DOORS.iter().filter(|door| knows_paths || !door.starts_with('.'));
            for door in doors_here.filter(|door| code.contains(**door)) {
                if inside.starts_with("disk/") {
                    doors.insert(*door);
                } else {
                    broken.push(format!("src/{inside}:{line}: {door}: the file system, a program or the network"));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(doors.contains("std::fs") && doors.contains("Command::new"), "the test looks at the right room: {doors:?}");
}

#[test]
fn the_doors_are_seen_by_the_test() {
    let text = "use std::fs;\n// std::fs\nlet x = path.exists();\n#[cfg(test)]\nstd::fs::read(x)\n";
    let seen: Vec<usize> = code(text)
        .into_iter()
        .filter(|(_, code)| DOORS.iter().any(|door| code.contains(door)))
        .map(|(line, _)| line)
        .collect();
    assert_eq!(seen, [1, 3]);
}

#[test]
fn no_dependency_can_reach_the_network() {
    let lock = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.lock")).unwrap();
    let locked: BTreeSet<&str> =
        lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).collect();
    let forbidden = [
        "tokio",
        "async-std",
        "smol",
        "mio",
        "socket2",
        "hyper",
        "reqwest",
        "ureq",
        "curl",
        "curl-sys",
        "isahc",
        "attohttpc",
        "minreq",
        "surf",
        "rustls",
        "native-tls",
        "openssl",
        "openssl-sys",
        "quinn",
        "h2",
        "tonic",
        "tungstenite",
        "trust-dns-resolver",
        "hickory-resolver",
    ];
    let found: Vec<&str> = forbidden.into_iter().filter(|name| locked.contains(name)).collect();
    assert!(found.is_empty(), "Cargo.lock has {found:?}");
    assert!(locked.contains("serde_json"), "the lock file was read");
}

#[test]
fn no_source_file_is_too_long_to_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let long: Vec<String> = rust_files(&root)
        .into_iter()
        .map(|file| (fs::read_to_string(&file).unwrap().lines().count(), file))
        .filter(|(lines, _)| *lines > 640)
        .map(|(lines, file)| format!("{}: {lines} lines", file.display()))
        .collect();
    assert!(long.is_empty(), "{}", long.join("\n"));
}

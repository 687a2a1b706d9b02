//! The README's blocks are executed or generated. `BLESS=1 cargo test --test readme` writes what came into the file;
//! read the difference before it is committed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test stops at the first surprise")]

use std::path::Path;
use std::process::Command;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs one command line as a newcomer would in a fresh clone, and gives all that it printed.
fn run(line: &str) -> String {
    let bin = Path::new(env!("CARGO_BIN_EXE_strongroom"));
    // What cargo would build and run is here already.
    let line = line.replace("cargo run --release -- ", "strongroom ");
    let path = format!("{}:{}", bin.parent().unwrap().display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("bash")
        .args(["-c", &format!("{{ {line}\n}} 2>&1")])
        .current_dir(root())
        .env_clear()
        .env("PATH", path)
        .env("COLUMNS", "100")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

struct Block {
    language: String,
    start: usize,
    end: usize,
    text: String,
}

/// The fenced blocks of a Markdown text, with the byte range of what stands inside.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut at = 0;
    let mut open: Option<(String, usize)> = None;
    for line in text.split_inclusive('\n') {
        let next = at + line.len();
        if let Some(info) = line.trim_end().strip_prefix("```") {
            open = match open.take() {
                None => Some((info.to_owned(), next)),
                Some((language, start)) => {
                    blocks.push(Block { language, start, end: at, text: text[start..at].to_owned() });
                    None
                }
            };
        }
        at = next;
    }
    blocks
}

/// A `console` block with every command's output as it is now.
fn replay(block: &str) -> String {
    let mut text = String::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            text.push_str(line);
            text.push('\n');
            text.push_str(&run(command));
        }
    }
    text
}

fn expect(file: &str, was: &str, now: &str) {
    if was == now {
        return;
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(root().join(file), now).unwrap();
        eprintln!("{file} is written anew");
        return;
    }
    let line = was.lines().zip(now.lines()).position(|(a, b)| a != b).unwrap_or(0);
    let near = |text: &str| text.lines().skip(line.saturating_sub(1)).take(4).collect::<Vec<_>>().join("\n");
    panic!("{file}, line {}: it says\n{}\nand what comes is\n{}", line + 1, near(was), near(now));
}

#[test]
fn every_console_block_says_what_the_program_prints() {
    let was = std::fs::read_to_string(root().join("README.md")).unwrap();
    let mut now = was.clone();
    let consoles: Vec<Block> = blocks(&was).into_iter().filter(|block| block.language == "console").collect();
    assert!(consoles.len() >= 3, "the README shows the program at work");
    for block in consoles.iter().rev() {
        now.replace_range(block.start..block.end, &replay(&block.text));
    }
    expect("README.md", &was, &now);
}

#[test]
fn the_table_of_rules_is_generated() {
    let was = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (open, close) = ("<!-- rules -->\n", "<!-- /rules -->");
    let start = was.find(open).unwrap() + open.len();
    let end = was.find(close).unwrap();
    let table = strongroom::rule::docs::markdown_table(&strongroom::rule::RuleSet::builtin(), "rules");
    let now = format!("{}{}{}", &was[..start], table, &was[end..]);
    expect("README.md", &was, &now);
}

#[test]
fn set_up_is_two_commands_and_ci_runs_them() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let ci = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    let first = blocks(&readme).into_iter().find(|block| block.language == "sh").unwrap();
    assert_eq!(first.text, "cargo run --release -- check testdata/reference\ncargo test\n");
    assert!(ci.contains("cargo test"), "CI runs the README's test command");
    assert!(run("cargo run --release -- check testdata/reference").contains("units"), "the first command does the job");
}

#[test]
fn configurations_in_the_readme_are_valid() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let hooks = std::fs::read_to_string(root().join(".pre-commit-hooks.yaml")).unwrap();
    let mut seen = 0;
    for block in blocks(&readme).into_iter().filter(|block| block.language == "yaml") {
        let value: serde_yaml::Value = serde_yaml::from_str(&block.text).unwrap();
        seen += 1;
        if block.text.starts_with("# .pre-commit-config.yaml") {
            let id = value["repos"][0]["hooks"][0]["id"].as_str().unwrap();
            assert!(hooks.contains(&format!("- id: {id}\n")), "the hook {id} exists");
        }
        if block.text.starts_with("# .strongroom.yaml") {
            let files = strongroom::source::files::MemoryFiles::new([
                (".strongroom.yaml", &*block.text),
                ("infra/live/main.tf", "variable \"x\" {}\n"),
                ("infra/live/prod.tfvars", "x = 1\n"),
            ]);
            let (_, problems) =
                strongroom::config::find(".", &|path| strongroom::source::files::Files::read(&files, path), &files)
                    .unwrap();
            assert_eq!(problems, [], "{}", block.text);
        }
        // Every flag that a snippet gives to `strongroom check` exists.
        let help = run("strongroom check --help");
        for line in block.text.lines().filter(|line| line.contains("strongroom check")) {
            for flag in line.split_whitespace().filter(|word| word.starts_with("--")) {
                let flag = flag.split('=').next().unwrap();
                assert!(help.contains(flag), "{flag} in {line}");
            }
        }
    }
    assert!(seen >= 2);
}

/// VS Code and JetBrains can't be run here: what is given to them is at least JSON, and says what the program understands.
#[test]
fn editor_settings_in_the_readme_are_valid() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let settings: Vec<serde_json::Value> = blocks(&readme)
        .iter()
        .filter(|block| block.language == "json")
        .map(|block| serde_json::from_str(&block.text).unwrap_or_else(|why| panic!("{why}: {}", block.text)))
        .collect();
    let find = |key: &str| settings.iter().find(|it| it.get(key).is_some()).unwrap_or_else(|| panic!("{key}"));
    let help = run("strongroom --help");
    assert!(help.contains("\n  lsp "), "{help}");
    let code = find("glspc.server.command");
    assert_eq!(
        (&code["glspc.server.command"], &code["glspc.server.commandArguments"][0]),
        (&"strongroom".into(), &"lsp".into())
    );
    assert_eq!(find("programArgs")["programArgs"]["default"], "strongroom lsp");

    // The task's pattern takes apart what the task's command prints.
    let task = &find("tasks")["tasks"][0];
    let pattern = &task["problemMatcher"]["pattern"];
    let command = task["command"].as_str().unwrap().replace(" . ", " testdata/gaps/terraform ");
    let regexp = regex::Regex::new(pattern["regexp"].as_str().unwrap()).unwrap();
    let printed = run(&command);
    assert!(printed.lines().count() > 3, "{printed}");
    for line in printed.lines() {
        let parts = regexp.captures(line).unwrap_or_else(|| panic!("{line}"));
        let part = |name: &str| &parts[pattern[name].as_u64().unwrap() as usize];
        assert!(part("file").ends_with(".tf") && part("line").parse::<u32>().is_ok(), "{line}");
        assert!(part("column").parse::<u32>().is_ok() && !part("message").is_empty(), "{line}");
        assert!(["error", "warning", "advice", "note"].contains(&part("severity")), "{line}");
        assert!(root().join(format!("rules/{}.md", part("code"))).exists(), "{line}");
    }
}

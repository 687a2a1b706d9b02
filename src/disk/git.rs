//! What git knows of a repository. The only child process of the program.
//!
//! git does what a repository's configuration says, so it is asked about a `.git` that was found here, and nothing of it
//! or of the environment may name a program that it runs or a place on the network that it reads.

use std::path::Path;
use std::process::Command;

/// What may run a program: a hook, a monitor, a directory that looks like a bare repository; and what may ask the network.
const HARMLESS: &[&str] = &[
    "safe.bareRepository=explicit",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "protocol.allow=never",
];

/// Runs git in the repository whose root this is; gives what it prints.
///
/// # Errors
/// A sentence: why it can't be run, or what it says.
pub fn ask(root: &Path, arguments: &[&str]) -> Result<Vec<u8>, String> {
    let output = command(root)
        .args(arguments)
        .output()
        .map_err(|error| format!("git can't be run: {}", super::sentence(&error)))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or("it gave no reason");
    Err(format!("git can't tell what changed: {}", first.trim_start_matches("fatal: ")))
}

fn command(root: &Path) -> Command {
    let mut git = Command::new("git");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("GIT_")) {
        git.env_remove(name);
    }
    git.env("GIT_NO_LAZY_FETCH", "1").env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
    git.current_dir(root);
    for setting in HARMLESS {
        git.args(["-c", setting]);
    }
    git.arg("--git-dir").arg(root.join(".git")).arg("--work-tree").arg(root);
    git
}

//! What standard output is, and writing to it.

use std::io::{self, IsTerminal, Write};

use super::args::When;
use crate::source::Sources;
use crate::source::leaving::{Medium, clean, harmless};

/// Whether to print colours: the flag, then FORCE_COLOR, NO_COLOR, and whether it is a terminal.
pub(crate) fn color(when: When) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match when {
        When::Always => true,
        When::Never => false,
        When::Auto if set("FORCE_COLOR") && std::env::var("FORCE_COLOR").as_deref() != Ok("0") => true,
        When::Auto if set("NO_COLOR") || std::env::var("TERM").as_deref() == Ok("dumb") => false,
        When::Auto => io::stdout().is_terminal(),
    }
}

/// Whether to tell how long it took: to people and in a CI's log, and nowhere where outputs are compared.
pub(crate) fn shows_time() -> bool {
    io::stdout().is_terminal() || std::env::var_os("CI").is_some_and(|value| !value.is_empty())
}

/// Whether box drawing characters can be shown.
pub(crate) fn unicode() -> bool {
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    match locale {
        Some(locale) => locale.to_ascii_uppercase().replace('-', "").contains("UTF8"),
        // Without a locale (a CI runner, a container) logs are UTF-8 nowadays.
        None => true,
    }
}

/// Columns to fit into: COLUMNS, or 100 where it is not known; never wider than reads well.
pub(crate) fn width() -> usize {
    std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(100).clamp(40, 120)
}

/// What leaves the program, as it may: the one edge that every command's output goes through.
pub(crate) fn leaving(text: &[u8], medium: Medium, sources: &Sources) -> Vec<u8> {
    clean(&String::from_utf8_lossy(text), medium, sources).into_owned().into_bytes()
}

/// Prints to standard output. A reader that went away (`strongroom ... | head`) is no mistake.
pub(crate) fn print(text: &[u8], medium: Medium, sources: &Sources) -> io::Result<()> {
    let text = leaving(text, medium, sources);
    let mut out = io::stdout().lock();
    match out.write_all(&text).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Prints a line to standard error; nothing can be done where even that is impossible.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", harmless(text, Medium::Text));
}

/// All of standard input, where `-` is among the paths.
pub(crate) fn standard_input(paths: &[String]) -> io::Result<Option<Vec<u8>>> {
    if !paths.iter().any(|path| path == "-") {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::stdin().lock(), &mut bytes)?;
    Ok(Some(bytes))
}

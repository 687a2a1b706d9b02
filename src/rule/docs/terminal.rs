//! Markdown for a terminal, simply: headings, emphasis, code and fences; the rest stays as it is.

/// Whether escape sequences may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Text only.
    Plain,
    /// With ANSI colours.
    Ansi,
}

/// Renders Markdown for a terminal.
pub fn render(markdown: &str, style: Style) -> String {
    let mut text = String::new();
    let mut fence: Option<String> = None;
    for line in markdown.lines() {
        let trimmed = line.trim_start();
        match &fence {
            Some(close) if trimmed.trim_end() == close => fence = None,
            Some(_) => text.push_str(&format!("    {line}\n")),
            None if trimmed.starts_with("```") || trimmed.starts_with("~~~") => {
                let mark = &trimmed[..1];
                let length = trimmed.len() - trimmed.trim_start_matches(mark).len();
                fence = Some(mark.repeat(length));
                let info = trimmed[length..].trim();
                if !info.is_empty() {
                    text.push_str(&format!("  {}\n", styled(&format!("{info}:"), "2", style)));
                }
            }
            None => {
                text.push_str(&prose(line, style));
                text.push('\n');
            }
        }
    }
    text
}

fn prose(line: &str, style: Style) -> String {
    let level = line.len() - line.trim_start_matches('#').len();
    if (1..=6).contains(&level) && line[level..].starts_with(' ') {
        let title = line[level..].trim();
        let title = if level == 1 { title.to_uppercase() } else { title.to_owned() };
        return styled(&title, "1", style);
    }
    let mut text = String::new();
    let mut code = false;
    let mut parts = line.split('`').peekable();
    while let Some(part) = parts.next() {
        let closed = parts.peek().is_some();
        match (code, closed) {
            // An odd backtick is a backtick.
            (true, false) => text.push_str(&format!("`{part}")),
            (true, true) => text.push_str(&styled(part, "36", style)),
            (false, _) => text.push_str(&part.replace("**", "")),
        }
        code = !code;
    }
    text
}

fn styled(text: &str, code: &str, style: Style) -> String {
    match style {
        Style::Plain => text.to_owned(),
        Style::Ansi => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_reads_well_without_its_marks() {
        let markdown = "# Title\n\nSome `code` and **stress**.\n\n```yaml fail\nA: 1\n```\n- an `odd one\n";
        let plain = "TITLE\n\nSome code and stress.\n\n  yaml fail:\n    A: 1\n- an `odd one\n";
        assert_eq!(render(markdown, Style::Plain), plain);
        assert!(render(markdown, Style::Ansi).contains("\u{1b}[1mTITLE\u{1b}[0m"));
    }
}

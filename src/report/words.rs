//! Text for people: counts, wrapping, and the words that a calm run does not say.

use crate::source::leaving::shown;

/// "1 finding", "2 findings".
pub(super) fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// The text in other words where it says "fail" or "error".
///
/// The output of a run that exits 0 never contains these words, because some CI runners search for them. Only whole
/// words are replaced, so that names (`aws_backup_vault.failover`) stay as they are.
pub(super) fn calm(text: &str) -> String {
    const WORDS: [(&str, &str); 8] = [
        ("fail", "break"),
        ("fails", "breaks"),
        ("failed", "broke"),
        ("failing", "breaking"),
        ("failure", "breakage"),
        ("failures", "breakages"),
        ("error", "issue"),
        ("errors", "issues"),
    ];
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '$');
    let mut calmed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_name) {
        let (before, word) = rest.split_at(start);
        let length = word.find(|c| !is_name(c)).unwrap_or(word.len());
        let (word, after) = word.split_at(length);
        let bare = word.trim_end_matches(['.', ':']);
        calmed.push_str(before);
        match WORDS.iter().find(|(loud, _)| loud.eq_ignore_ascii_case(bare)) {
            Some((_, quiet)) => {
                calmed.push_str(&cased(quiet, bare));
                calmed.push_str(&word[bare.len()..]);
            }
            None => calmed.push_str(word),
        }
        rest = after;
    }
    calmed.push_str(rest);
    calmed
}

fn cased(word: &str, like: &str) -> String {
    let mut chars = word.chars();
    match (like.starts_with(|c: char| c.is_ascii_uppercase()), chars.next()) {
        (true, Some(first)) => first.to_ascii_uppercase().to_string() + chars.as_str(),
        _ => word.to_owned(),
    }
}

/// The text in lines of at most `width` characters. Line ends stay; a line that starts with a blank is a sample of
/// code and stays as it is; a word longer than the width stands alone.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.trim_end().lines() {
        if paragraph.starts_with([' ', '\t']) || paragraph.is_empty() {
            lines.push(paragraph.to_owned());
            continue;
        }
        let (mut line, mut length) = (String::new(), 0);
        for word in paragraph.split_whitespace() {
            let word_length = word.chars().count();
            if length > 0 && length + 1 + word_length > width {
                lines.push(std::mem::take(&mut line));
                length = 0;
            }
            if length > 0 {
                line.push(' ');
                length += 1;
            }
            line.push_str(word);
            length += word_length;
        }
        lines.push(line);
    }
    lines
}

/// The text on one line, as it may be shown.
pub(super) fn line(text: &str) -> String {
    text.trim_end().chars().map(|c| if c == '\n' { ' ' } else { shown(c) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_words_are_calmed() {
        let table = [
            ("copies into it fail.", "copies into it break."),
            ("Fails, error: no", "Breaks, issue: no"),
            ("aws_backup_vault.failover keeps its name", "aws_backup_vault.failover keeps its name"),
            ("on-error and error_count", "on-error and error_count"),
            ("", ""),
        ];
        for (text, calmed) in table {
            assert_eq!(calm(text), calmed);
        }
    }

    #[test]
    fn text_is_wrapped_and_code_is_not() {
        assert_eq!(wrap("aa bb cc\n  {\"x\": 1, \"y\": 2}\n", 5), ["aa bb", "cc", "  {\"x\": 1, \"y\": 2}"]);
        assert_eq!(wrap("averylongword b", 5), ["averylongword", "b"]);
    }

    #[test]
    fn a_file_cannot_write_to_the_terminal() {
        assert_eq!(line("a\u{1b}[31mb\u{202e}c\nd"), "a\u{fffd}[31mb\u{fffd}c d");
    }
}

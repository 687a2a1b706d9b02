//! Text that leaves the program: the one edge that all of it goes through.
//!
//! What is checked is other people's text. It must not write to the terminal, hide what it says, give commands to the CI
//! runner that reads the output, or carry a secret out.

use std::borrow::Cow;

use super::Sources;

/// For whom a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// People, and whatever shows them lines.
    Text,
    /// A terminal: colours stay.
    Terminal,
    /// A CI runner: lines that start with `::` are meant.
    Commands,
    /// JSON: what must not be shown raw is escaped, and so kept.
    Json,
}

/// The text as it may leave.
pub fn clean<'t>(text: &'t str, medium: Medium, sources: &Sources) -> Cow<'t, str> {
    match sources.veil(text) {
        Cow::Borrowed(text) => harmless(text, medium),
        Cow::Owned(veiled) => Cow::Owned(harmless(&veiled, medium).into_owned()),
    }
}

/// The character as it may be shown: control characters, and those that turn the direction of text or end a line
/// unseen, are replaced.
pub fn shown(c: char) -> char {
    if c.is_control() || turns(c) { char::REPLACEMENT_CHARACTER } else { c }
}

fn turns(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Marks that tell one sensitive value from another inside of a test; they are for nobody's eyes.
pub const MARKS: std::ops::RangeInclusive<char> = '\u{F0000}'..='\u{F000F}';

/// The same text without what could do harm.
pub fn harmless(text: &str, medium: Medium) -> Cow<'_, str> {
    if is_harmless(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // Whether nothing but blanks stands before this on its line.
    let mut at_start = true;
    while let Some(c) = rest.chars().next() {
        let taken = match c {
            '\u{1b}' if medium == Medium::Terminal => colour(rest),
            ':' if at_start && rest.starts_with("::") && matches!(medium, Medium::Text | Medium::Terminal) => {
                out.push_str(": :");
                rest = &rest[2..];
                at_start = false;
                continue;
            }
            '#' if medium != Medium::Json && is_command(rest) => {
                out.push_str("# #");
                rest = &rest[2..];
                at_start = false;
                continue;
            }
            _ => None,
        };
        let (piece, after) = rest.split_at(taken.unwrap_or(c.len_utf8()));
        match c {
            _ if taken.is_some() => out.push_str(piece),
            '\n' | '\t' => out.push(c),
            '\r' if after.starts_with('\n') => out.push(c),
            c if MARKS.contains(&c) => {}
            c if medium == Medium::Json && (c.is_control() || turns(c)) => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)))
            }
            c => out.push(shown(c)),
        }
        at_start = c == '\n' || (at_start && (taken.is_some() || c == ' ' || c == '\t'));
        rest = after;
    }
    Cow::Owned(out)
}

/// Most texts are: then nothing is copied.
fn is_harmless(text: &str) -> bool {
    let bytes = text.as_bytes();
    let suspect = |byte: &u8| matches!(byte, 0..=8 | 11..=31 | 127 | 0xC2 | 0xD8 | 0xE2 | 0xF3);
    !bytes.iter().any(suspect)
        && memchr::memmem::find(bytes, b"::").is_none()
        && !memchr::memmem::find_iter(bytes, b"##").any(|at| is_command(&text[at..]))
}

/// The length of an escape sequence that sets colours and nothing else.
fn colour(text: &str) -> Option<usize> {
    let inner = text.strip_prefix("\u{1b}[")?;
    let end = inner.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    inner[end..].starts_with('m').then_some(end + 3)
}

/// Azure's and TeamCity's commands may stand anywhere in a line.
fn is_command(text: &str) -> bool {
    ["##[", "##vso[", "##teamcity["]
        .iter()
        .any(|command| text.get(..command.len()).is_some_and(|start| start.eq_ignore_ascii_case(command)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_not_act() {
        let table = [
            ("plain é 𝄞\n\ttext\r\n", Medium::Text, "plain é 𝄞\n\ttext\r\n"),
            (
                "a\u{1b}[31mb\u{7}\u{202e}c\u{9b}d\re\u{2028}",
                Medium::Text,
                "a\u{fffd}[31mb\u{fffd}\u{fffd}c\u{fffd}d\u{fffd}e\u{fffd}",
            ),
            ("\u{1b}[1;31mred\u{1b}[0m \u{1b}[2J", Medium::Terminal, "\u{1b}[1;31mred\u{1b}[0m \u{fffd}[2J"),
            ("  ::error::x a::b\n\u{1b}[1m::x", Medium::Terminal, "  : :error::x a::b\n\u{1b}[1m: :x"),
            ("::error::x", Medium::Commands, "::error::x"),
            ("AWS::S3::Bucket", Medium::Text, "AWS::S3::Bucket"),
            ("x ##vso[task] ##[group] ##teamcity[y ## z", Medium::Text, "x # #vso[task] # #[group] # #teamcity[y ## z"),
            ("{\"a\":\"\u{202e}\u{7f}::\"}", Medium::Json, "{\"a\":\"\\u202e\\u007f::\"}"),
            ("a\u{F0003}b", Medium::Json, "ab"),
        ];
        for (text, medium, expected) in table {
            assert_eq!(harmless(text, medium), expected);
        }
    }
}

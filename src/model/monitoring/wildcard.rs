//! `*` in a text: any characters, also none.

/// Whether `text` is what `pattern` describes. With `escapes`, a backslash makes the next character a plain one.
pub(super) fn matches(pattern: &str, text: &str, escapes: bool) -> bool {
    let pieces = pieces(pattern, escapes);
    let Some((first, rest)) = pieces.split_first() else { return text.is_empty() };
    let Some((last, middle)) = rest.split_last() else { return text == first };
    let Some(mut left) = text.strip_prefix(first.as_str()) else { return false };
    for piece in middle {
        let Some(at) = left.find(piece.as_str()) else { return false };
        left = &left[at + piece.len()..];
    }
    left.ends_with(last.as_str())
}

/// The plain texts between the asterisks.
fn pieces(pattern: &str, escapes: bool) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        let plain = match letter {
            '*' => None,
            '\\' if escapes => letters.next(),
            letter => Some(letter),
        };
        match (plain, pieces.last_mut()) {
            (Some(letter), Some(piece)) => piece.push(letter),
            _ => pieces.push(String::new()),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asterisks_stand_for_any_characters() {
        let table = [
            ("DisableKey", "DisableKey", true),
            ("Disable*", "DisableKey", true),
            ("*Key", "DisableKey", true),
            ("*able*", "DisableKey", true),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("Disable*", "EnableKey", false),
            ("D*b*y", "DisableKey", true),
            ("aa*aa", "aaa", false),
            ("a*b*b", "ab", false),
        ];
        for (pattern, text, expected) in table {
            assert_eq!(matches(pattern, text, false), expected, "{pattern} and {text}");
        }
        assert!(matches(r"a\*b", "a*b", true));
        assert!(!matches(r"a\*b", "axb", true));
        assert!(matches(r"a\*b", r"a\xb", false));
    }
}

//! The strings of `Fn::Sub`: text with `${Name}`, `${Name.Attribute}` and `${!Literal}`.

use std::ops::Range;

/// A part of such a string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Text; `${!x}` is the text `${x}`.
    Text(String),
    /// A name, with its place in the string (`${` and `}` included).
    Name(String, Range<usize>),
}

/// Splits the string.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut rest = 0;
    while let Some(open) = text[rest..].find("${").map(|at| rest + at) {
        let Some(close) = text[open..].find('}').map(|at| open + at) else { break };
        literal.push_str(&text[rest..open]);
        let name = &text[open + 2..close];
        match name.strip_prefix('!') {
            Some(escaped) => {
                literal.push_str("${");
                literal.push_str(escaped);
                literal.push('}');
            }
            None => {
                if !literal.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Name(name.trim().to_owned(), open..close + 1));
            }
        }
        rest = close + 1;
    }
    literal.push_str(&text[rest..]);
    if !literal.is_empty() {
        pieces.push(Piece::Text(literal));
    }
    pieces
}

/// The text of a string without names in it, and the places of the `!` of its escapes; `None` where there is a name.
pub(super) fn plain(text: &str) -> Option<(String, Vec<usize>)> {
    let mut plain = String::new();
    for piece in pieces(text) {
        let Piece::Text(text) = piece else { return None };
        plain.push_str(&text);
    }
    let closed = |at: &usize| text[*at..].contains('}');
    let escapes = text.match_indices("${!").map(|(at, _)| at).filter(closed).map(|at| at + 2).collect();
    Some((plain, escapes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_strings() {
        let text = |text: &str| Piece::Text(text.to_owned());
        let name = |name: &str, range| Piece::Name(name.to_owned(), range);
        let table = [
            ("", vec![]),
            ("plain $x {y}", vec![text("plain $x {y}")]),
            ("a${B}c", vec![text("a"), name("B", 1..5), text("c")]),
            ("${A.B.C}", vec![name("A.B.C", 0..8)]),
            ("${ A }", vec![name("A", 0..6)]),
            ("x${!Not}y", vec![text("x${Not}y")]),
            ("${A}${B}", vec![name("A", 0..4), name("B", 4..8)]),
            ("open ${A", vec![text("open ${A")]),
            ("$${A}", vec![text("$"), name("A", 1..5)]),
            ("${AWS::Region}", vec![name("AWS::Region", 0..14)]),
        ];
        for (input, expected) in table {
            assert_eq!(pieces(input), expected, "{input}");
        }
    }
}

//! Text to tokens.

use std::sync::Arc;

use super::Fault;
use super::ast::{Number, Place};

/// A token with its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token<'t> {
    pub(super) place: Place,
    pub(super) kind: TokenKind<'t>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind<'t> {
    Name(&'t str),
    Number(Number),
    /// Digits that exceed an `int`; valid only behind a minus, and only for the smallest one.
    HugeInt,
    String(Arc<str>),
    Symbol(&'static str),
    End,
}

/// Longest first, so that `<=` is not read as `<`.
const SYMBOLS: [&str; 25] = [
    "&&", "||", "==", "!=", "<=", ">=", "(", ")", "[", "]", "{", "}", ".", ",", ":", "?", "<", ">", "+", "-", "*", "/",
    "%", "!", ";",
];

/// How many of them have two characters.
const TWO: usize = 6;

/// Splits `text` into tokens; the last is [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Fault> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::with_capacity(text.len() / 4 + 2);
    loop {
        let token = lexer.token()?;
        let last = token.kind == TokenKind::End;
        tokens.push(token);
        if last {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn token(&mut self) -> Result<Token<'t>, Fault> {
        self.skip_blanks();
        let start = self.at;
        let Some(first) = self.rest().chars().next() else {
            return Ok(Token { place: Place::new(start, start), kind: TokenKind::End });
        };
        let kind = if let Some((raw, quote)) = string_start(self.rest()) {
            self.at += usize::from(raw);
            self.string(start, raw, quote)?
        } else if first.is_ascii_alphabetic() || first == '_' {
            let rest = self.rest();
            let length = rest.bytes().position(|byte| !byte.is_ascii_alphanumeric() && byte != b'_');
            let name = &rest[..length.unwrap_or(rest.len())];
            self.at += name.len();
            TokenKind::Name(name)
        } else if first.is_ascii_digit() || (first == '.' && self.rest()[1..].starts_with(|c: char| c.is_ascii_digit()))
        {
            self.number(start)?
        } else {
            self.symbol(start, first)?
        };
        Ok(Token { place: Place::new(start, self.at), kind })
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0c');
            self.at += rest.bytes().take_while(blank).count();
            if !self.rest().starts_with("//") {
                return;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn symbol(&mut self, start: usize, first: char) -> Result<TokenKind<'t>, Fault> {
        let rest = self.rest();
        let place = |length: usize| Place::new(start, start + length);
        let wrong = [("===", "=="), ("!==", "!="), ("=~", ".matches(...)"), ("<>", "!="), ("??", "has(...) ?")];
        // Only these begin something of two characters, right or wrong.
        let long = matches!(first, '&' | '|' | '=' | '!' | '<' | '>' | '?');
        if let Some((wrong, right)) = wrong.iter().find(|(wrong, _)| long && rest.starts_with(wrong)) {
            return Err(Fault::new(place(wrong.len()), format!("there is no operator `{wrong}`"))
                .help(format!("write `{right}`")));
        }
        let symbols = if long { &SYMBOLS[..] } else { &SYMBOLS[TWO..] };
        if let Some(symbol) = symbols.iter().find(|symbol| rest.starts_with(**symbol)) {
            self.at += symbol.len();
            return Ok(TokenKind::Symbol(symbol));
        }
        Err(match first {
            '=' => Fault::new(place(1), "`=` assigns, and a check assigns nothing").help("write `==` to compare"),
            '&' => Fault::new(place(1), "there is no operator `&`").help("write `&&` for \"and\""),
            '|' => Fault::new(place(1), "there is no operator `|`").help("write `||` for \"or\""),
            '#' => Fault::new(place(1), "`#` starts no comment here").help("write `// comment`"),
            '‘' | '’' | '“' | '”' => Fault::new(place(first.len_utf8()), "this is a typographic quote")
                .help("write a straight one, `\"` or `'`"),
            other => Fault::new(place(other.len_utf8()), format!("the character {other:?} has no meaning here")),
        })
    }

    fn number(&mut self, start: usize) -> Result<TokenKind<'t>, Fault> {
        let rest = self.rest();
        if let Some(digits) = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
            let length = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
            let parsed = i64::from_str_radix(&digits[..length], 16);
            self.at += 2 + length;
            self.end_of_number(start)?;
            return match parsed {
                Ok(int) => Ok(TokenKind::Number(Number::Int(int))),
                Err(_) if length == 0 => Err(self.fault(start, "`0x` needs hexadecimal digits")),
                Err(_) => Err(self.fault(start, "the number is too large")),
            };
        }
        let digits = |text: &str| text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let mut length = digits(rest);
        let mut double = false;
        if rest[length..].starts_with('.') && rest[length + 1..].starts_with(|c: char| c.is_ascii_digit()) {
            double = true;
            length += 1 + digits(&rest[length + 1..]);
        }
        if rest[length..].starts_with(['e', 'E']) {
            let sign = usize::from(rest[length + 1..].starts_with(['+', '-']));
            let exponent = digits(&rest[length + 1 + sign..]);
            if exponent > 0 {
                double = true;
                length += 1 + sign + exponent;
            }
        }
        let text = rest[..length].to_owned();
        self.at += length;
        self.end_of_number(start)?;
        if double {
            let value = text.parse::<f64>().ok().filter(|value| value.is_finite());
            let value = value.ok_or_else(|| self.fault(start, "the number is too large"))?;
            return Ok(TokenKind::Number(Number::Double(value)));
        }
        Ok(text.parse().map_or(TokenKind::HugeInt, |int| TokenKind::Number(Number::Int(int))))
    }

    fn end_of_number(&self, start: usize) -> Result<(), Fault> {
        match self.rest().chars().next() {
            Some('u' | 'U') => Err(self.fault(start, "there are no unsigned numbers").help("leave the `u` out")),
            Some(c) if c.is_ascii_alphanumeric() || c == '_' => {
                Err(self.fault(start, "a number can't run into a name").help("put a blank or an operator between"))
            }
            _ => Ok(()),
        }
    }

    fn fault(&self, start: usize, message: &str) -> Fault {
        Fault::new(Place::new(start, self.at.max(start + 1)), message)
    }

    fn string(&mut self, start: usize, raw: bool, quote: &'static str) -> Result<TokenKind<'t>, Fault> {
        self.at += quote.len();
        let mut value = String::new();
        loop {
            let rest = self.rest();
            if rest.starts_with(quote) {
                self.at += quote.len();
                return Ok(TokenKind::String(value.into()));
            }
            match rest.chars().next() {
                None => return Err(self.unterminated(start, quote)),
                Some('\n' | '\r') if quote.len() == 1 => return Err(self.unterminated(start, quote)),
                Some('\\') if !raw => value.push(self.escape()?),
                // In a raw string a backslash stays, and shields nothing.
                Some(c) => {
                    value.push(c);
                    self.at += c.len_utf8();
                }
            }
        }
    }

    fn unterminated(&self, start: usize, quote: &str) -> Fault {
        Fault::new(Place::new(start, self.at.max(start + 1)), "the string has no end")
            .help(format!("close it with `{quote}`"))
    }

    fn escape(&mut self) -> Result<char, Fault> {
        let start = self.at;
        let mut characters = self.rest().chars().skip(1);
        let letter = characters.next().unwrap_or(' ');
        let simple = match letter {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'v' => '\u{b}',
            '\\' | '"' | '\'' | '`' | '?' => letter,
            'x' | 'X' => return self.coded(start, 2, 2, 16),
            'u' => return self.coded(start, 2, 4, 16),
            'U' => return self.coded(start, 2, 8, 16),
            '0'..='3' => return self.coded(start, 1, 3, 8),
            other => {
                let place = Place::new(start, start + 1 + other.len_utf8());
                return Err(Fault::new(place, format!("`\\{other}` is no escape"))
                    .help(format!("write `\\\\{other}`, or a raw string: r\"...\"")));
            }
        };
        self.at += 2;
        Ok(simple)
    }

    fn coded(&mut self, start: usize, skip: usize, count: usize, radix: u32) -> Result<char, Fault> {
        let digits: String = self.rest().chars().skip(skip).take(count).collect();
        let all = digits.len() == count && digits.chars().all(|c| c.is_digit(radix));
        let character = u32::from_str_radix(&digits, radix).ok().filter(|_| all).and_then(char::from_u32);
        let end = (start + skip + digits.len()).min(self.text.len());
        let character =
            character.ok_or_else(|| Fault::new(Place::new(start, end), "this escape names no character"))?;
        self.at = start + skip + count;
        Ok(character)
    }
}

/// Whether a string starts here: raw or not, and the quote that ends it.
fn string_start(rest: &str) -> Option<(bool, &'static str)> {
    let (raw, rest) = match rest.strip_prefix(['r', 'R']) {
        Some(behind) => (true, behind),
        None => (false, rest),
    };
    ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| rest.starts_with(quote)).map(|quote| (raw, quote))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn literals() {
        let string = |text: &str| TokenKind::String(text.into());
        let table = [
            ("'a\\n\\x41\\u00e9\\101'", string("a\nAéA")),
            ("r'\\d+'", string("\\d+")),
            ("\"\"\"a\n\"b\"\"\"", string("a\n\"b")),
            ("0x1F", TokenKind::Number(Number::Int(31))),
            ("1.5e3", TokenKind::Number(Number::Double(1500.0))),
            (".5", TokenKind::Number(Number::Double(0.5))),
            ("99999999999999999999", TokenKind::HugeInt),
        ];
        for (text, kind) in table {
            assert_eq!(tokens(text).unwrap()[0].kind, kind, "{text}");
        }
    }

    #[test]
    fn faults_say_what_to_write_instead() {
        let table = [
            ("a = b", 2, "write `==` to compare"),
            ("a === b", 2, "write `==`"),
            ("a & b", 2, "write `&&` for \"and\""),
            ("a # b", 2, "write `// comment`"),
            ("'a\\d'", 2, "write `\\\\d`, or a raw string: r\"...\""),
            ("'abc", 0, "close it with `'`"),
            ("12u", 0, "leave the `u` out"),
        ];
        for (text, start, help) in table {
            let fault = tokens(text).unwrap_err();
            assert_eq!((fault.place.start, fault.help.as_deref()), (start, Some(help)), "{text}");
        }
    }
}

//! Go's regular expression syntax in the words of the `regex` crate.
//!
//! Both are RE2's children; they differ in what `\d` `\w` `\s` `\b` mean (ASCII in Go), in `\Q...\E`, octal escapes,
//! `&&` `--` `~~` and `[` inside classes, literal braces, stacked repetition and the largest repetition count.

/// Most repetitions that Go accepts.
const MAX_REPEAT: u32 = 1000;

/// The same expression for the `regex` crate.
///
/// # Errors
/// What Go says of an expression that it refuses; what else is wrong with it, the crate finds.
pub(super) fn translate(pattern: &str) -> Result<String, String> {
    let mut translator =
        Translator { chars: pattern.chars().collect(), at: 0, out: String::new(), last: Last::Nothing };
    translator.run()?;
    Ok(translator.out)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Nothing,
    Atom,
    Repeat,
}

struct Translator {
    chars: Vec<char>,
    at: usize,
    out: String,
    last: Last,
}

impl Translator {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn eat(&mut self, wanted: &str) -> bool {
        let found = wanted.chars().enumerate().all(|(i, c)| self.chars.get(self.at + i) == Some(&c));
        if found {
            self.at += wanted.chars().count();
        }
        found
    }

    fn run(&mut self) -> Result<(), String> {
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                ')' => {
                    self.out.push(')');
                    self.last = Last::Atom;
                }
                '|' => {
                    self.out.push('|');
                    self.last = Last::Nothing;
                }
                '*' | '+' | '?' => self.repeat(&c.to_string())?,
                '{' => self.braces()?,
                '.' | '^' | '$' => {
                    self.out.push(c);
                    self.last = Last::Atom;
                }
                c => self.literal(c),
            }
        }
        Ok(())
    }

    fn literal(&mut self, c: char) {
        push_literal(&mut self.out, c);
        self.last = Last::Atom;
    }

    fn repeat(&mut self, operator: &str) -> Result<(), String> {
        match self.last {
            Last::Nothing => return Err(format!("missing argument to repetition operator: {operator}")),
            Last::Repeat => return Err(format!("invalid nested repetition operator: {operator}")),
            Last::Atom => {}
        }
        self.out.push_str(operator);
        if self.eat("?") {
            self.out.push('?');
        }
        self.last = Last::Repeat;
        Ok(())
    }

    /// `{n}`, `{n,}`, `{n,m}`; any other brace is a literal.
    fn braces(&mut self) -> Result<(), String> {
        let inner: String = self.chars[self.at..].iter().take_while(|&&c| c != '}').take(16).collect();
        let closed = self.chars.get(self.at + inner.chars().count()) == Some(&'}');
        let (least, most) = inner.split_once(',').unwrap_or((&inner, &inner));
        let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !closed || !number(least) || !(most.is_empty() || number(most)) {
            self.literal('{');
            return Ok(());
        }
        let value = |text: &str| text.parse::<u32>().unwrap_or(u32::MAX);
        let wrong =
            value(least) > MAX_REPEAT || (!most.is_empty() && (value(most) > MAX_REPEAT || value(most) < value(least)));
        if wrong {
            return Err(format!("invalid repeat count: {{{inner}}}"));
        }
        self.at += inner.chars().count() + 1;
        self.repeat(&format!("{{{inner}}}"))
    }

    fn group(&mut self) -> Result<(), String> {
        self.last = Last::Nothing;
        if !self.eat("?") {
            self.out.push('(');
            return Ok(());
        }
        if self.eat("P<") || self.eat("<") {
            let name: String = self.chars[self.at..].iter().take_while(|&&c| c != '>').collect();
            let legal = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !legal || self.chars.get(self.at + name.chars().count()) != Some(&'>') {
                return Err(format!("invalid named capture: `(?P<{name}>`"));
            }
            self.at += name.chars().count() + 1;
            self.out.push_str(&format!("(?P<{name}>"));
            return Ok(());
        }
        let flags: String = self.chars[self.at..].iter().take_while(|c| !matches!(c, ':' | ')')).collect();
        if !flags.chars().all(|c| matches!(c, 'i' | 'm' | 's' | 'U' | '-')) {
            return Err(format!("invalid or unsupported Perl syntax: `(?{flags}`"));
        }
        self.at += flags.chars().count();
        match self.peek() {
            Some(end @ (':' | ')')) => {
                self.at += 1;
                self.out.push_str(&format!("(?{flags}{end}"));
                Ok(())
            }
            _ => Err("missing closing )".to_owned()),
        }
    }

    fn escape(&mut self) -> Result<(), String> {
        let Some(c) = self.peek() else { return Err("trailing backslash at end of expression".to_owned()) };
        self.at += 1;
        self.last = Last::Atom;
        match c {
            'b' | 'B' => self.out.push_str(&format!("(?-u:\\{c})")),
            'A' | 'z' => self.out.push_str(&format!("\\{c}")),
            'Q' => {
                while self.peek().is_some() && !self.eat("\\E") {
                    if let Some(c) = self.peek() {
                        self.literal(c);
                        self.at += 1;
                    }
                }
            }
            c => {
                let translated = self.shared_escape(c)?;
                match translated {
                    Escape::Char(c) => push_literal(&mut self.out, c),
                    Escape::Class(text) => self.out.push_str(&format!("[{text}]")),
                    Escape::NotClass(text) => self.out.push_str(&format!("[^{text}]")),
                    Escape::Property(text) => self.out.push_str(&text),
                }
            }
        }
        Ok(())
    }

    /// Escapes that mean the same inside a class and outside.
    fn shared_escape(&mut self, c: char) -> Result<Escape, String> {
        Ok(match c {
            'd' => Escape::Class("0-9"),
            'D' => Escape::NotClass("0-9"),
            'w' => Escape::Class("0-9A-Za-z_"),
            'W' => Escape::NotClass("0-9A-Za-z_"),
            's' => Escape::Class("\\t\\n\\f\\r "),
            'S' => Escape::NotClass("\\t\\n\\f\\r "),
            'a' => Escape::Char('\x07'),
            'f' => Escape::Char('\x0C'),
            'n' => Escape::Char('\n'),
            'r' => Escape::Char('\r'),
            't' => Escape::Char('\t'),
            'v' => Escape::Char('\x0B'),
            'x' => self.hexadecimal()?,
            'p' | 'P' => self.property(c == 'P')?,
            '0'..='7' => self.octal(c)?,
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => Escape::Char(c),
            c => return Err(format!("invalid escape sequence: `\\{c}`")),
        })
    }

    fn octal(&mut self, first: char) -> Result<Escape, String> {
        let more = |c: Option<char>| c.and_then(|c| c.to_digit(8));
        if first != '0' && more(self.peek()).is_none() {
            return Err(format!("invalid escape sequence: `\\{first}`"));
        }
        let mut code = first.to_digit(8).unwrap_or(0);
        for _ in 0..2 {
            if let Some(digit) = more(self.peek()) {
                code = code * 8 + digit;
                self.at += 1;
            }
        }
        Ok(Escape::Char(char::from_u32(code).unwrap_or('\0')))
    }

    fn hexadecimal(&mut self) -> Result<Escape, String> {
        let digits: String = if self.eat("{") {
            let digits: String = self.chars[self.at..].iter().take_while(|&&c| c != '}').collect();
            self.at += digits.chars().count() + 1;
            digits
        } else {
            let digits: String = self.chars[self.at..].iter().take(2).collect();
            self.at += 2;
            if digits.len() == 2 { digits } else { String::new() }
        };
        let code = u32::from_str_radix(&digits, 16).ok().filter(|_| !digits.starts_with('+'));
        let c = code.and_then(char::from_u32);
        c.map(Escape::Char).ok_or_else(|| format!("invalid escape sequence: `\\x{digits}`"))
    }

    fn property(&mut self, negative: bool) -> Result<Escape, String> {
        let name: String = if self.eat("{") {
            let name: String = self.chars[self.at..].iter().take_while(|&&c| c != '}').collect();
            self.at += name.chars().count() + 1;
            name
        } else {
            self.at += 1;
            self.chars.get(self.at - 1).into_iter().collect()
        };
        let (name, negative) = match name.strip_prefix('^') {
            Some(rest) => (rest, !negative),
            None => (&*name, negative),
        };
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(format!("invalid character class range: `\\p{{{name}}}`"));
        }
        let name = if name == "Any" { "any" } else { name };
        Ok(Escape::Property(format!("\\{}{{{name}}}", if negative { 'P' } else { 'p' })))
    }

    fn class(&mut self) -> Result<(), String> {
        let mut class = String::from("[");
        if self.eat("^") {
            class.push('^');
        }
        let mut first = true;
        loop {
            let Some(c) = self.peek() else { return Err("missing closing ]".to_owned()) };
            if c == ']' && !first {
                self.at += 1;
                break;
            }
            first = false;
            let named = c == '[' && self.chars.get(self.at + 1) == Some(&':');
            if let Some(named) = named.then(|| self.named_class()).flatten() {
                class.push_str(&named?);
                continue;
            }
            let low = self.class_item(&mut class)?;
            let range = self.peek() == Some('-') && self.chars.get(self.at + 1).is_some_and(|&c| c != ']');
            if let (Some(low), true) = (low, range) {
                self.at += 1;
                let mut end = String::new();
                let Some(high) = self.class_item(&mut end)? else {
                    return Err("invalid character class range".to_owned());
                };
                if high < low {
                    return Err(format!("invalid character class range: `{low}-{high}`"));
                }
                class.push('-');
                class.push_str(&end);
            }
        }
        class.push(']');
        self.out.push_str(&class);
        self.last = Last::Atom;
        Ok(())
    }

    /// `[:alpha:]`, `[:^alpha:]`; `None` where it is not closed, and so no named class.
    fn named_class(&mut self) -> Option<Result<String, String>> {
        const NAMES: &[&str] = &[
            "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper",
            "word", "xdigit",
        ];
        let rest: String = self.chars[self.at + 2..].iter().take(16).collect();
        let (name, _) = rest.split_once(":]")?;
        self.at += 2 + name.chars().count() + 2;
        if NAMES.contains(&name.strip_prefix('^').unwrap_or(name)) {
            Some(Ok(format!("[:{name}:]")))
        } else {
            Some(Err(format!("invalid character class range: `[:{name}:]`")))
        }
    }

    /// One character or escape of a class; gives the character, where it is one.
    fn class_item(&mut self, class: &mut String) -> Result<Option<char>, String> {
        let Some(c) = self.peek() else { return Err("missing closing ]".to_owned()) };
        self.at += 1;
        if c != '\\' {
            push_literal(class, c);
            return Ok(Some(c));
        }
        let Some(c) = self.peek() else { return Err("trailing backslash at end of expression".to_owned()) };
        self.at += 1;
        match self.shared_escape(c)? {
            Escape::Char(c) => {
                push_literal(class, c);
                return Ok(Some(c));
            }
            Escape::Class(text) => class.push_str(text),
            Escape::NotClass(text) => class.push_str(&format!("[^{text}]")),
            Escape::Property(text) => class.push_str(&text),
        }
        Ok(None)
    }
}

enum Escape {
    Char(char),
    Class(&'static str),
    NotClass(&'static str),
    Property(String),
}

/// A literal, escaped inside classes and outside.
fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() || !c.is_ascii() || c == '_' || c == ' ' {
        out.push(c);
    } else {
        out.push_str(&format!("\\x{{{:X}}}", u32::from(c)));
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]
    use super::*;

    #[test]
    fn what_go_accepts_is_accepted_and_what_it_refuses_is_refused() {
        let table = [
            (r"^\d+$", "42", true),
            (r"^\d+$", "٤٢", false),
            (r"\bcat\b", "a cat", true),
            (r"[[:alpha:]]+", "1a", true),
            (r"[^[:digit:]]", "1", false),
            (r"a{,2}", "a{,2}", true),
            (r"[a&&b]+", "&", true),
            (r"[]a]", "]", true),
            (r"[a-c-e]", "-", true),
            (r"\Qa.b\E+", "a.bb", true),
            (r"\x41\101\.", "AA.", true),
            (r"\pL\p{Greek}", "aα", true),
            (r"(?i)KMS", "kms", true),
            (r"(?P<a>x)|(?<b>y)", "y", true),
            (r"\/\-\@\_", "/-@_", true),
            (r"[\w.-]+", "a-b.c", true),
            (r"x{2,3}?", "xx", true),
        ];
        for (pattern, text, matches) in table {
            let regex = regex::Regex::new(&translate(pattern).unwrap()).unwrap();
            assert_eq!(regex.is_match(text), matches, "{pattern} on {text}");
        }
        for pattern in ["a**", "*a", "x{1001}", "x{3,2}", "(?x)a", r"\8", r"\y", "[z-a]", "[a", r"a\", "[[:nope:]]"] {
            assert!(translate(pattern).is_err(), "{pattern}");
        }
    }
}

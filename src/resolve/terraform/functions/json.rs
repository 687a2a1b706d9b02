//! `jsonencode jsondecode`, exact on values and texts with symbols in them.
//!
//! A symbol stands inside the quotes of a JSON string as itself; a symbol of another type, or an unknown value, stands
//! where a JSON value would. Decoding such a text gives the symbols back. The content of a symbol is taken to need no
//! escapes, as names, ids and ARNs don't.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::call::{Answer, Call, Function, Returns, Stop, fixed, nullable, string, too_long, why, why_symbol};
use super::string::parts;
use crate::resolve::terraform::convert as coerce;
use crate::resolve::terraform::number::Num;
use crate::resolve::terraform::types::Ty;
use crate::resolve::terraform::val::{Data, Val};
use crate::source::limits::{MAX_DEPTH, MAX_STRING_BYTES};
use crate::value::{Part, Symbol, Unknown, UnknownKind};

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("jsondecode", &[string("str")], Returns::Any, jsondecode),
    fixed("jsonencode", &[nullable("val")], Returns::String, |call| Ok(call.text(encode(call.arg(0)?)?))),
];

/// The JSON text of a value, as go-cty's: members sorted, `<`, `>` and `&` escaped.
pub(super) fn encode(value: &Val) -> Result<Vec<Part>, Stop> {
    let mut writer = Writer { parts: Vec::new(), buffer: String::new(), size: 0 };
    writer.value(value, 0)?;
    writer.flush();
    Ok(writer.parts)
}

/// A JSON string with its quotes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    escape(text, &mut out);
    out.push('"');
    out
}

fn escape(text: &str, out: &mut String) {
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
}

struct Writer {
    parts: Vec<Part>,
    buffer: String,
    size: usize,
}

impl Writer {
    fn flush(&mut self) {
        if !self.buffer.is_empty() {
            self.size += self.buffer.len();
            self.parts.push(Part::Literal(std::mem::take(&mut self.buffer).into()));
        }
    }

    fn hole(&mut self, part: Part) {
        self.flush();
        self.parts.push(part);
    }

    fn value(&mut self, value: &Val, depth: usize) -> Result<(), Stop> {
        if self.size + self.buffer.len() > MAX_STRING_BYTES {
            return Err(too_long().into());
        }
        if depth > MAX_DEPTH {
            return Err(too_deep().into());
        }
        match &value.data {
            Data::Null => self.buffer.push_str("null"),
            Data::Bool(flag) => self.buffer.push_str(if *flag { "true" } else { "false" }),
            Data::Number(number) if number.is_infinite() => return Err("cannot serialize infinity as JSON".into()),
            Data::Number(number) => self.buffer.push_str(&number.to_string()),
            Data::String(text) => self.buffer.push_str(&quoted(text)),
            Data::Sequence(elements) => {
                for (at, element) in elements.iter().enumerate() {
                    self.buffer.push(if at == 0 { '[' } else { ',' });
                    self.value(element, depth + 1)?;
                }
                self.buffer.push_str(if elements.is_empty() { "[]" } else { "]" });
            }
            Data::Mapping(members) => {
                for (at, (name, member)) in members.iter().enumerate() {
                    self.buffer.push(if at == 0 { '{' } else { ',' });
                    self.buffer.push_str(&quoted(name));
                    self.buffer.push(':');
                    self.value(member, depth + 1)?;
                }
                self.buffer.push_str(if members.is_empty() { "{}" } else { "}" });
            }
            Data::Text(_) => self.string(value),
            Data::Symbol(_) | Data::Unknown { not_null: true, .. } if value.ty == Ty::String => self.string(value),
            Data::Symbol(symbol) if value.ty == Ty::Dynamic && names_a_string(symbol) => self.string(value),
            Data::Symbol(symbol) if matches!(value.ty, Ty::Bool | Ty::Number) => {
                self.hole(Part::Symbol(symbol.clone()));
            }
            Data::Symbol(_) | Data::Unknown { .. } | Data::Input(..) | Data::Derived(_) => {
                if let Some(why) = why(value) {
                    self.hole(Part::Unknown(why));
                }
            }
        }
        Ok(())
    }

    fn string(&mut self, value: &Val) {
        self.buffer.push('"');
        for part in parts(value) {
            match part {
                Part::Literal(text) => escape(&text, &mut self.buffer),
                hole => self.hole(hole),
            }
        }
        self.buffer.push('"');
    }
}

/// Attributes that are strings whatever the resource: the type of a provider's attribute is not known otherwise.
pub(super) fn names_a_string(symbol: &Symbol) -> bool {
    match symbol {
        Symbol::Attribute { attribute, .. } => {
            const WORDS: &[&str] = &["arn", "id", "name", "json", "url", "endpoint", "policy", "hex", "address"];
            let last = attribute.rsplit(['.', '_']).next().unwrap_or(attribute);
            WORDS.contains(&last) || attribute.ends_with("account_id")
        }
        Symbol::Ref(_) => true,
        Symbol::Input { .. } => false,
    }
}

fn too_deep() -> Unknown {
    Unknown::new(UnknownKind::Limit, format!("it is nested deeper than {MAX_DEPTH} levels"))
}

fn jsondecode(call: &Call<'_>) -> Answer {
    let value = call.arg(0)?;
    let pieces: Vec<Piece> = match &value.data {
        Data::String(text) => text.chars().map(Piece::Char).collect(),
        Data::Text(parts) => parts
            .iter()
            .flat_map(|part| match part {
                Part::Literal(text) => text.chars().map(Piece::Char).collect(),
                hole => vec![Piece::Hole(hole.clone())],
            })
            .collect(),
        _ => return Err(call.stop(0)),
    };
    let mut reader = Reader { pieces: &pieces, at: 0, call };
    let decoded = reader.value(0)?;
    reader.space();
    match reader.peek() {
        // Go asks its decoder for more, which takes a closing bracket for an end.
        None | Some(Piece::Char(']' | '}')) => Ok(decoded),
        Some(_) => Err("extraneous data after JSON object".into()),
    }
}

#[derive(Clone)]
enum Piece {
    Char(char),
    Hole(Part),
}

struct Reader<'p, 'c> {
    pieces: &'p [Piece],
    at: usize,
    call: &'c Call<'c>,
}

impl Reader<'_, '_> {
    fn peek(&self) -> Option<&Piece> {
        self.pieces.get(self.at)
    }

    fn char(&self) -> Option<char> {
        match self.peek() {
            Some(Piece::Char(c)) => Some(*c),
            _ => None,
        }
    }

    fn space(&mut self) {
        while matches!(self.char(), Some(' ' | '\t' | '\n' | '\r')) {
            self.at += 1;
        }
    }

    fn eat(&mut self, wanted: char) -> bool {
        self.space();
        let found = self.char() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn unexpected(&self, where_: &str) -> Stop {
        match self.peek() {
            None => Stop::from("unexpected end of JSON input"),
            Some(Piece::Char(c)) => Stop::from(format!("invalid character {c:?} {where_}")),
            // A text that is not known may hold whatever makes this right.
            Some(Piece::Hole(Part::Unknown(why))) => Stop::Unknown(why.clone()),
            Some(Piece::Hole(Part::Symbol(symbol))) => Stop::Unknown(why_symbol(symbol)),
            Some(Piece::Hole(Part::Literal(_))) => Stop::from("invalid JSON"),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Val, Stop> {
        if depth > MAX_DEPTH {
            return Err(too_deep().into());
        }
        self.space();
        match self.peek() {
            Some(Piece::Hole(hole)) => {
                let hole = hole.clone();
                self.at += 1;
                Ok(self.hole(hole))
            }
            Some(Piece::Char('{')) => self.object(depth),
            Some(Piece::Char('[')) => self.array(depth),
            Some(Piece::Char('"')) => {
                let text = self.string()?;
                Ok(self.call.text(text))
            }
            Some(Piece::Char('-' | '0'..='9')) => self.number(),
            Some(Piece::Char('t')) => self.word("true").map(|()| self.call.bool(true)),
            Some(Piece::Char('f')) => self.word("false").map(|()| self.call.bool(false)),
            Some(Piece::Char('n')) => self.word("null").map(|()| self.call.null(Ty::Dynamic)),
            _ => Err(self.unexpected("looking for beginning of value")),
        }
    }

    /// A hole where a value stands: it may be of any type but a string.
    fn hole(&self, hole: Part) -> Val {
        let data = match hole {
            Part::Symbol(symbol) => Data::Symbol(symbol),
            Part::Unknown(why) => Data::Unknown { why, not_null: false },
            Part::Literal(text) => Data::String(text),
        };
        self.call.make(data, Ty::Dynamic)
    }

    fn word(&mut self, word: &str) -> Result<(), Stop> {
        for c in word.chars() {
            if self.char() != Some(c) {
                return Err(self.unexpected(&format!("in literal {word}")));
            }
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Val, Stop> {
        let start = self.at;
        let mut text = String::new();
        while let Some(c @ ('-' | '+' | '.' | 'e' | 'E' | '0'..='9')) = self.char() {
            text.push(c);
            self.at += 1;
        }
        if matches!(self.peek(), Some(Piece::Hole(_))) {
            return Err(self.unexpected("in numeric literal"));
        }
        match Num::parse(&text).filter(|_| is_json_number(&text)) {
            Some(number) => Ok(self.call.number(number)),
            None => {
                self.at = start;
                Err(self.unexpected("in numeric literal"))
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Val, Stop> {
        self.at += 1;
        let mut elements = Vec::new();
        if self.eat(']') {
            return Ok(self.call.tuple(elements));
        }
        loop {
            elements.push(self.value(depth + 1)?);
            if self.eat(']') {
                return Ok(self.call.tuple(elements));
            }
            if !self.eat(',') {
                return Err(self.unexpected("after array element"));
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Val, Stop> {
        self.at += 1;
        let mut members: BTreeMap<Arc<str>, Val> = BTreeMap::new();
        if self.eat('}') {
            return Ok(self.call.object(members));
        }
        loop {
            self.space();
            if self.char() != Some('"') {
                return Err(self.unexpected("looking for beginning of object key string"));
            }
            let key = self.key()?;
            if !self.eat(':') {
                return Err(self.unexpected("after object key"));
            }
            let value = self.value(depth + 1)?;
            if members.get(&key).is_some_and(|before| before.ty != value.ty) {
                return Err(Stop::from(format!("duplicate {key:?} property in JSON object")));
            }
            members.insert(key, value);
            if self.eat('}') {
                return Ok(self.call.object(members));
            }
            if !self.eat(',') {
                return Err(self.unexpected("after object key:value pair"));
            }
        }
    }

    /// A key; one that is not wholly known makes the object's shape unknown.
    fn key(&mut self) -> Result<Arc<str>, Stop> {
        let key = self.string()?;
        let key = self.call.text(key);
        match &key.data {
            Data::String(text) => Ok(Arc::clone(text)),
            _ => Err(why(&key).map_or_else(|| Stop::from("invalid JSON"), Stop::Unknown)),
        }
    }

    fn string(&mut self) -> Result<Vec<Part>, Stop> {
        self.at += 1;
        let mut found = Vec::new();
        let mut text = String::new();
        loop {
            match self.peek() {
                Some(Piece::Char('"')) => {
                    self.at += 1;
                    found.push(Part::Literal(coerce::normalized(&text)));
                    return Ok(found);
                }
                Some(Piece::Char('\\')) => {
                    self.at += 1;
                    text.push(self.escaped()?);
                }
                Some(Piece::Char('\0'..='\u{1f}')) => return Err(self.unexpected("in string literal")),
                Some(Piece::Char(c)) => {
                    text.push(*c);
                    self.at += 1;
                }
                Some(Piece::Hole(hole)) => {
                    found.push(Part::Literal(coerce::normalized(&std::mem::take(&mut text))));
                    found.push(hole.clone());
                    self.at += 1;
                }
                None => return Err(self.unexpected("")),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, Stop> {
        let escape = self.char();
        self.at += 1;
        Ok(match escape {
            Some(c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let first = self.unit()?;
                let paired = (0xD800..0xDC00).contains(&first)
                    && matches!(self.pieces.get(self.at..self.at + 2), Some([Piece::Char('\\'), Piece::Char('u')]));
                if !paired {
                    return Ok(char::from_u32(first).unwrap_or('\u{FFFD}'));
                }
                let back = self.at;
                self.at += 2;
                let second = self.unit()?;
                if (0xDC00..0xE000).contains(&second) {
                    let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                    return Ok(char::from_u32(code).unwrap_or('\u{FFFD}'));
                }
                self.at = back;
                '\u{FFFD}'
            }
            _ => {
                self.at -= 1;
                return Err(self.unexpected("in string escape code"));
            }
        })
    }

    fn unit(&mut self) -> Result<u32, Stop> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = self.char().and_then(|c| c.to_digit(16));
            code = code * 16 + digit.ok_or_else(|| self.unexpected("in \\u hexadecimal character escape"))?;
            self.at += 1;
        }
        Ok(code)
    }
}

/// JSON's own grammar of numbers: no leading zeros or plus, digits on both sides of the point.
fn is_json_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}

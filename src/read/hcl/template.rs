//! Templates: escapes, trim marks and the indentation of `<<-` heredocs, as HCL applies them.
//!
//! HCL's scanner gives one token for each line of a heredoc, and its trim marks reach no further than the neighbouring
//! token: `%{ endfor ~}` takes the newline, but not the next line's indentation. Indentation is removed after trimming,
//! and only from tokens that still begin a line.

use std::borrow::Cow;
use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::Expression;
use hcl_edit::template::{Directive, Element, Strip};

use super::ast::{Expr, TemplatePart};
use super::convert::Converter;
use crate::source::Span;

/// Which escapes literal text has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quoting {
    /// `"..."`: backslash escapes and `$${`.
    Quoted,
    /// Heredocs and template files: `$${` alone.
    Bare,
}

/// The parts of a template with trim marks applied; `flush` removes the common indentation too.
pub(super) fn parts<'e>(
    converter: &Converter<'_>,
    elements: impl Iterator<Item = &'e Element>,
    quoting: Quoting,
    flush: bool,
) -> Vec<TemplatePart> {
    let mut flat = Flat { converter, quoting, tokens: Vec::new() };
    for element in elements {
        flat.element(element);
    }
    let mut tokens = flat.tokens;
    trim(&mut tokens);
    if flush {
        unindent(&mut tokens);
    }
    let mut tokens = tokens.into_iter();
    build(converter, &mut tokens).0
}

enum Token {
    Literal(String, Range<usize>),
    Interpolation(Expr, Strip),
    If(Expr, Strip),
    For { key: Option<std::sync::Arc<str>>, value: std::sync::Arc<str>, collection: Expr, strip: Strip },
    Else(Strip),
    End(Strip),
}

impl Token {
    fn strips(&self) -> (bool, bool) {
        let strip = match self {
            Token::Literal(..) => return (false, false),
            Token::Interpolation(_, strip) | Token::If(_, strip) | Token::Else(strip) | Token::End(strip) => *strip,
            Token::For { strip, .. } => *strip,
        };
        (strip.strip_start(), strip.strip_end())
    }
}

struct Flat<'c, 't> {
    converter: &'c Converter<'t>,
    quoting: Quoting,
    tokens: Vec<Token>,
}

impl Flat<'_, '_> {
    fn element(&mut self, element: &Element) {
        match element {
            Element::Literal(literal) => self.literal(literal.span().unwrap_or_default()),
            Element::Interpolation(interpolation) => {
                let near = interpolation.span().unwrap_or_default();
                let expr = self.expr(&interpolation.expr, near);
                self.tokens.push(Token::Interpolation(expr, interpolation.strip));
            }
            Element::Directive(directive) => match &**directive {
                Directive::If(choice) => {
                    let near = choice.span().unwrap_or_default();
                    let condition = self.expr(&choice.if_expr.cond_expr, near);
                    self.tokens.push(Token::If(condition, choice.if_expr.strip));
                    choice.if_expr.template.iter().for_each(|element| self.element(element));
                    if let Some(other) = &choice.else_expr {
                        self.tokens.push(Token::Else(other.strip));
                        other.template.iter().for_each(|element| self.element(element));
                    }
                    self.tokens.push(Token::End(choice.endif_expr.strip));
                }
                Directive::For(walk) => {
                    let near = walk.span().unwrap_or_default();
                    self.tokens.push(Token::For {
                        key: walk.for_expr.key_var.as_ref().map(|name| name.as_str().into()),
                        value: walk.for_expr.value_var.as_str().into(),
                        collection: self.expr(&walk.for_expr.collection_expr, near),
                        strip: walk.for_expr.strip,
                    });
                    walk.for_expr.template.iter().for_each(|element| self.element(element));
                    self.tokens.push(Token::End(walk.endfor_expr.strip));
                }
            },
        }
    }

    fn expr(&self, expr: &Expression, near: Range<usize>) -> Expr {
        self.converter.expr(expr, near)
    }

    /// One token, or one for each line outside of quotes.
    fn literal(&mut self, range: Range<usize>) {
        let text = self.converter.slice(range.clone());
        if self.quoting == Quoting::Quoted {
            self.tokens.push(Token::Literal(decode(text, self.quoting).into_owned(), range));
            return;
        }
        let mut start = range.start;
        for line in text.split_inclusive('\n') {
            let end = start + line.len();
            self.tokens.push(Token::Literal(decode(line, self.quoting).into_owned(), start..end));
            start = end;
        }
    }
}

fn trim(tokens: &mut [Token]) {
    for at in 0..tokens.len() {
        let (before, after) = tokens[at].strips();
        if before && let Some(Token::Literal(text, _)) = at.checked_sub(1).and_then(|at| tokens.get_mut(at)) {
            text.truncate(text.trim_end().len());
        }
        if after && let Some(Token::Literal(text, _)) = tokens.get_mut(at + 1) {
            *text = text.trim_start().to_owned();
        }
    }
}

fn unindent(tokens: &mut [Token]) {
    let mut least = usize::MAX;
    let mut begins_line = true;
    let mut adjusted = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if begins_line {
            begins_line = false;
            let blanks = match token {
                Token::Literal(text, _) if text.ends_with('\n') && text.trim_start().is_empty() => usize::MAX,
                Token::Literal(text, _) => {
                    adjusted.push(at);
                    text.chars().take_while(|c| c.is_whitespace()).count()
                }
                _ => 0,
            };
            least = least.min(blanks);
        }
        begins_line |= matches!(token, Token::Literal(text, _) if text.ends_with('\n'));
    }
    for at in adjusted {
        if let Token::Literal(text, _) = &mut tokens[at] {
            *text = text.chars().skip(least).collect();
        }
    }
}

/// Why a nested list of parts ended.
enum Stop {
    Else,
    End,
}

fn build(converter: &Converter<'_>, tokens: &mut std::vec::IntoIter<Token>) -> (Vec<TemplatePart>, Stop) {
    let mut parts = Parts::default();
    while let Some(token) = tokens.next() {
        match token {
            Token::Literal(text, range) => parts.literal(&text, converter.span(range)),
            Token::Interpolation(expr, _) => parts.push(TemplatePart::Interpolation(expr)),
            Token::If(condition, _) => {
                let (yes, stop) = build(converter, tokens);
                let no = match stop {
                    Stop::Else => build(converter, tokens).0,
                    Stop::End => Vec::new(),
                };
                parts.push(TemplatePart::If { condition, yes, no });
            }
            Token::For { key, value, collection, .. } => {
                let (body, _) = build(converter, tokens);
                parts.push(TemplatePart::For { key_name: key, value_name: value, collection, body });
            }
            Token::Else(_) => return (parts.finish(), Stop::Else),
            Token::End(_) => return (parts.finish(), Stop::End),
        }
    }
    (parts.finish(), Stop::End)
}

/// Joins neighbouring literals.
#[derive(Default)]
struct Parts {
    list: Vec<TemplatePart>,
    text: String,
    covered: Option<Span>,
}

impl Parts {
    fn literal(&mut self, text: &str, span: Span) {
        self.text.push_str(text);
        self.covered = Some(self.covered.map_or(span, |covered| covered.cover(span)));
    }

    fn push(&mut self, part: TemplatePart) {
        if let Some(span) = self.covered.take() {
            self.list.push(TemplatePart::Literal(std::mem::take(&mut self.text).into(), span));
        }
        self.list.push(part);
    }

    fn finish(mut self) -> Vec<TemplatePart> {
        if let Some(span) = self.covered.take() {
            self.list.push(TemplatePart::Literal(self.text.into(), span));
        }
        self.list
    }
}

/// Literal text with its escapes decoded. An escape that HCL does not know is left as it is; the parser has refused it.
pub(super) fn decode(text: &str, quoting: Quoting) -> Cow<'_, str> {
    let escapes = |c: char| c == '$' || c == '%' || (c == '\\' && quoting == Quoting::Quoted);
    if !text.contains(escapes) {
        return Cow::Borrowed(text);
    }
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(escapes) {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("$${") || rest.starts_with("%%{") {
            decoded.push_str(&rest[1..3]);
            rest = &rest[3..];
        } else if let Some((character, width)) = rest.strip_prefix('\\').and_then(escape) {
            decoded.push(character);
            rest = &rest[1 + width..];
        } else {
            decoded.push_str(&rest[..1]);
            rest = &rest[1..];
        }
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// What stands behind a backslash: the character it means, and its width in the text.
fn escape(rest: &str) -> Option<(char, usize)> {
    let hex = |digits: usize| {
        let code = u32::from_str_radix(rest.get(1..1 + digits)?, 16).ok()?;
        Some((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 1 + digits))
    };
    match rest.as_bytes().first()? {
        b'n' => Some(('\n', 1)),
        b'r' => Some(('\r', 1)),
        b't' => Some(('\t', 1)),
        b'"' => Some(('"', 1)),
        b'\\' => Some(('\\', 1)),
        b'u' => hex(4),
        b'U' => hex(8),
        _ => None,
    }
}

//! HCL: native syntax and `.tf.json`, to one tree.
//!
//! The grammar is `hcl-edit`'s; around it stand what it lacks: newlines that HCL ignores ([`scan`]), keys that are
//! written twice (valid: the last one wins), and recovery. A file that does not parse as a whole is parsed item by item;
//! each item that does not parse is a problem with its place, and the others go on.

pub mod ast;
mod convert;
pub mod json;
mod scan;
mod template;

use std::collections::BTreeMap;
use std::ops::Range;

use ast::{Body, Expr, ExprKind};
use convert::Converter;
use hcl_edit::parser::{self, Error as ParseError};
use scan::{Fault, Scan, scan, scan_expression, scan_template};

use crate::read::tree::Error;
use crate::source::limits::{MAX_DEPTH, MAX_OBJECT_KEYS};
use crate::source::{Source, SourceId, Span};

/// Where a parsed text stands.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// In a source, beginning at this byte.
    At(SourceId, usize),
    /// Its offsets are not those of the source (decoded escapes, a computed string): everything in it is told at this
    /// place.
    Within(Span),
}

impl Place {
    /// The place of a range of the text.
    pub fn span(self, range: Range<usize>) -> Span {
        match self {
            Place::At(source, offset) => Span::new(source, offset + range.start, offset + range.end),
            Place::Within(span) => span,
        }
    }

    /// The place of the text from byte `offset` on.
    #[must_use]
    pub fn further(self, offset: usize) -> Place {
        match self {
            Place::At(source, start) => Place::At(source, start + offset),
            within @ Place::Within(_) => within,
        }
    }
}

/// Reads a file in native syntax. Never fails: what can't be read is a problem, the rest is in the body.
pub fn read(source: &Source) -> (Body, Vec<Error>) {
    let place = Place::At(source.id(), 0);
    let text = source.text();
    let scanned = scan(text);
    if scanned.depth > MAX_DEPTH {
        return (Body::default(), vec![too_deep(place.span(scanned.deepest..scanned.deepest + 1))]);
    }
    if scanned.faults.is_empty()
        && let Ok(body) = parse_body(text, &scanned.masked, place)
    {
        return body;
    }
    let (mut body, mut problems) = (Body::default(), Vec::new());
    for piece in pieces(text, &scanned) {
        read_piece(&text[piece.clone()], place.further(piece.start), &mut body, &mut problems);
    }
    (body, problems)
}

/// The comments of a source, with what opens and closes them.
pub fn comments(source: &Source) -> Vec<Span> {
    scan(source.text()).comments.into_iter().map(|range| Span::new(source.id(), range.start, range.end)).collect()
}

/// Reads the items of one part of a file that does not parse as a whole.
fn read_piece(text: &str, place: Place, body: &mut Body, problems: &mut Vec<Error>) {
    let scanned = scan(text);
    for item in &scanned.items {
        match parse_item(text, item.clone(), &scanned, place) {
            Ok((read, told)) => {
                body.attributes.extend(read.attributes);
                body.blocks.extend(read.blocks);
                problems.extend(told);
            }
            Err(problem) => problems.push(problem),
        }
    }
}

/// Parses one expression, of a `--var` text or of a template of `.tf.json`.
///
/// # Errors
/// A problem with its place where the text is no expression.
pub fn parse_expression(text: &str, place: Place) -> Result<Expr, Error> {
    let scanned = scan_expression(text);
    check(&scanned, place)?;
    with_renamed_keys(&scanned.masked, place, |masked, renamed| {
        let expr = parser::parse_expr(masked)?;
        Ok(Converter { text, place, renamed }.expr(&expr, 0..text.len()))
    })
    .map(|(expr, _)| expr)
}

/// Parses the text of a template file, or a string that is a template (`templatestring`, `.tf.json`). Trim marks are
/// applied; a text without interpolations gives [`ExprKind::String`].
///
/// # Errors
/// A problem with its place where an interpolation or directive is broken.
pub fn parse_template(text: &str, place: Place) -> Result<Expr, Error> {
    let scanned = scan_template(text);
    check(&scanned, place)?;
    with_renamed_keys(&scanned.masked, place, |masked, renamed| {
        let parsed = parser::parse_template(masked)?;
        let converter = Converter { text, place, renamed };
        let parts = template::parts(&converter, parsed.iter(), template::Quoting::Bare, false);
        Ok(Expr { kind: converter.template(parts), span: place.span(0..text.len()) })
    })
    .map(|(expr, _)| expr)
}

/// An object's key, on its own: a name is a literal.
fn parse_key(text: &str, place: Place) -> Expr {
    let mut key = parse_expression(text, place)
        .unwrap_or_else(|_| Expr { kind: ExprKind::String(text.into()), span: place.span(0..text.len()) });
    if let ExprKind::Variable(name) = &key.kind {
        key.kind = ExprKind::String(name.clone());
    }
    convert::literal_key(key)
}

fn parse_body(text: &str, masked: &str, place: Place) -> Result<(Body, Vec<Error>), Error> {
    let (body, renamed) = with_renamed_keys(masked, place, |masked, renamed| {
        let body = parser::parse_body(masked)?;
        Ok(Converter { text, place, renamed }.body(&body))
    })?;
    let problems = renamed
        .into_iter()
        .filter(|(_, key)| key.attribute)
        .map(|(start, key)| {
            let name = text.get(key.range).unwrap_or("");
            let span = place.span(start..start + name.len());
            broken(
                "syntax",
                span,
                format!("the argument {name} is set twice in this block"),
                "remove one of the two; Terraform accepts an argument only once",
            )
        })
        .collect();
    Ok((body, problems))
}

fn parse_item(text: &str, item: Range<usize>, scanned: &Scan<'_>, place: Place) -> Result<(Body, Vec<Error>), Error> {
    let inside = |range: &Range<usize>| item.start <= range.start && range.start < item.end;
    if let Some((range, fault)) = scanned.faults.iter().find(|(range, _)| inside(range)) {
        return Err(fault_problem(*fault, place.span(range.clone())));
    }
    let (Some(piece), Some(masked)) = (text.get(item.clone()), scanned.masked.get(item.clone())) else {
        return Ok((Body::default(), Vec::new()));
    };
    parse_body(piece, masked, place.further(item.start))
}

/// The top-level items; where an item is never closed, it is cut where a line at the left margin looks like the start of
/// another block.
fn pieces(text: &str, scanned: &Scan<'_>) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    for item in &scanned.items {
        let mut start = item.start;
        if scanned.faults.iter().any(|(range, _)| item.start <= range.start && range.start < item.end) {
            for line in block_starts(text, item.clone()) {
                pieces.push(start..line);
                start = line;
            }
        }
        pieces.push(start..item.end);
    }
    pieces
}

/// Offsets of lines inside of `item` (its first one excepted) that begin a block at the left margin.
fn block_starts(text: &str, item: Range<usize>) -> Vec<usize> {
    const BLOCKS: [&str; 12] = [
        "resource ",
        "data ",
        "variable ",
        "output ",
        "module ",
        "locals ",
        "provider ",
        "terraform ",
        "moved ",
        "import ",
        "check ",
        "removed ",
    ];
    let mut starts = Vec::new();
    let mut at = item.start;
    for line in text[item].split_inclusive('\n') {
        if at > 0 && starts_after_newline(text, at) && BLOCKS.iter().any(|block| line.starts_with(block)) {
            starts.push(at);
        }
        at += line.len();
    }
    starts
}

fn starts_after_newline(text: &str, at: usize) -> bool {
    text.as_bytes().get(at - 1) == Some(&b'\n')
}

fn check(scanned: &Scan<'_>, place: Place) -> Result<(), Error> {
    if scanned.depth > MAX_DEPTH {
        return Err(too_deep(place.span(scanned.deepest..scanned.deepest + 1)));
    }
    match scanned.faults.first() {
        Some((range, fault)) => Err(fault_problem(*fault, place.span(range.clone()))),
        None => Ok(()),
    }
}

/// A key that was replaced because an equal one stands before it.
#[derive(Clone)]
struct Renamed {
    range: Range<usize>,
    attribute: bool,
}

/// Most equal keys of one text that are mended.
const MAX_RENAMED: usize = 64;

/// Runs a parser; where it refuses a key because an equal one stands before it, gives that key another name of the same
/// length and tries again. The names are put back by the converter.
fn with_renamed_keys<T>(
    masked: &str,
    place: Place,
    parse: impl Fn(&str, &BTreeMap<usize, Range<usize>>) -> Result<T, ParseError>,
) -> Result<(T, BTreeMap<usize, Renamed>), Error> {
    let mut text = std::borrow::Cow::Borrowed(masked);
    let mut renamed: BTreeMap<usize, Renamed> = BTreeMap::new();
    for attempt in 0..=MAX_RENAMED {
        let ranges = renamed.iter().map(|(&start, key)| (start, key.range.clone())).collect();
        let error = match parse(&text, &ranges) {
            Ok(parsed) => return Ok((parsed, renamed)),
            Err(error) => error,
        };
        let attribute = error.message().contains("redefined attribute");
        let start = error.location().offset();
        if !(attribute || error.message().contains("redefined object key")) || attempt == MAX_RENAMED {
            return Err(syntax_problem(masked, &error, place));
        }
        let range = start..start + key_length(masked.get(start..).unwrap_or(""));
        if range.is_empty() {
            return Err(syntax_problem(masked, &error, place));
        }
        text.to_mut().replace_range(range.clone(), &placeholder(attempt, range.len()));
        renamed.insert(start, Renamed { range, attribute });
    }
    Err(too_deep(place.span(0..0)))
}

/// A name of `length` letters, different for each number as far as the length allows.
fn placeholder(number: usize, length: usize) -> String {
    let mut rest = number;
    let letters: Vec<char> = (0..length)
        .map(|_| {
            let letter = char::from(b'z' - u8::try_from(rest % 26).unwrap_or(0));
            rest /= 26;
            letter
        })
        .collect();
    letters.into_iter().collect()
}

/// The length of the object key or attribute name that `text` begins with: up to its `=` or `:`.
fn key_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut skip = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if skip => skip = false,
            b'\\' if quoted => skip = true,
            b'"' => quoted = !quoted,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'=' | b':' | b'\n' if !quoted && depth == 0 => return text[..at].trim_end().len(),
            _ => {}
        }
    }
    0
}

/// Everything that the reader tells keeps Terraform from running too, so all of it is fatal.
fn broken(kind: &'static str, span: Span, message: impl Into<String>, help: &str) -> Error {
    Error { kind, span, message: message.into(), help: Some(help.to_owned()), related: None, fatal: true }
}

fn too_deep(span: Span) -> Error {
    broken("limit", span, format!("brackets nest deeper than {MAX_DEPTH} levels"), "move the inner values to locals")
}

fn fault_problem(fault: Fault, span: Span) -> Error {
    match fault {
        Fault::ManyKeys => broken(
            "limit",
            span,
            format!("this object has more than {MAX_OBJECT_KEYS} keys"),
            "split it, or read it from a JSON file with jsondecode",
        ),
        Fault::OpenString => broken(
            "syntax",
            span,
            "this string is not closed on its line",
            "close it with a quotation mark, or write a heredoc for text of several lines",
        ),
        Fault::Unclosed => broken(
            "syntax",
            span,
            "what opens here is never closed",
            "add the closing bracket, the heredoc's end marker on a line of its own, or `*/`",
        ),
        Fault::Unopened => {
            broken("syntax", span, "this bracket closes nothing", "remove it, or add the opening bracket")
        }
    }
}

fn syntax_problem(text: &str, error: &ParseError, place: Place) -> Error {
    let at = error.location().offset().min(text.len());
    let width = text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let span = place.span(at..at + width);
    let message = error.message();
    if message.contains("nesting depth") || message.contains("chained binary operators") {
        return broken(
            "limit",
            span,
            format!("this expression is too deep to be read ({message})"),
            "move parts of it to locals",
        );
    }
    broken(
        "syntax",
        span,
        format!("this is no valid HCL: {message}"),
        "`terraform validate` shows the same place; this block is skipped, the rest of the file is judged",
    )
}

#[cfg(test)]
mod tests;

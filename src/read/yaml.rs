//! YAML to the spanned tree, in the dialect of CloudFormation. Alone in knowing the YAML parser.
//!
//! Plain scalars: `true`, `false`, `yes`, `no`, `on`, `off` are booleans (`y` and `n` are not), decimal numbers are
//! numbers; octal, hexadecimal, dates, `1:30`, leading zeros and `.inf` stay strings. Only the first document is read.
//! Anchors are shared, not copied; merge keys are unrolled.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, StructureStyle};

use super::tree::{Data, Error, Member, Node, Style, Tag, unique};
use crate::source::limits::{MAX_DEPTH, MAX_NODES};
use crate::source::{Source, Span};

/// Reads the first document; a document without content is null. There is no tree where an error is fatal.
pub fn read(source: &Source) -> (Option<Node>, Vec<Error>) {
    let mut builder = Builder { source, stack: Vec::new(), anchors: HashMap::new(), errors: Vec::new() };
    match builder.document() {
        Ok(built) => (Some(built.node), builder.errors),
        Err(error) => {
            builder.errors.push(error);
            (None, builder.errors)
        }
    }
}

/// The comments of a source, `#` included, up to where it can't be read.
pub fn comments(source: &Source) -> Vec<Span> {
    let mut options = Options::default();
    options.emit_comments = true;
    options.max_buffered_comment_events = MAX_NODES;
    options.block_scalar_eof_without_line_feed = true;
    let events = Parser::new_from_str_with_options(source.text(), options).map_while(std::result::Result::ok);
    let ranges = events.filter_map(|(event, span)| match event {
        Event::Comment(..) => span.byte_range(),
        _ => None,
    });
    ranges.map(|range| Span::new(source.id(), range.start, range.end)).collect()
}

type Result<T> = std::result::Result<T, Error>;

/// A finished node, and what walking it costs.
#[derive(Clone)]
struct Built {
    node: Node,
    /// Nodes, aliases unfolded.
    size: usize,
    /// Levels below it.
    height: usize,
}

/// A collection that is not closed yet.
struct Open {
    collection: Collection,
    start: Range<usize>,
    style: Style,
    tag: Option<Tag>,
    anchor: usize,
    size: usize,
    height: usize,
}

enum Collection {
    Sequence(Vec<Node>),
    Mapping { members: Vec<Member>, merged: Vec<Member>, key: Option<Built> },
}

struct Builder<'a> {
    source: &'a Source,
    stack: Vec<Open>,
    anchors: HashMap<usize, Built>,
    errors: Vec<Error>,
}

impl Builder<'_> {
    fn document(&mut self) -> Result<Built> {
        let mut options = Options::default();
        // Comments are not read; with them, 97 comment lines in a row would be an error.
        options.emit_comments = false;
        // As libyaml and its like, which read templates elsewhere.
        options.block_scalar_eof_without_line_feed = true;
        for next in Parser::new_from_str_with_options(self.source.text(), options) {
            let (event, span) = next.map_err(|error| self.scan_error(&error))?;
            let range = span.byte_range().unwrap_or(0..0);
            let tag = event.tag().map(|tag| {
                let place = span.tag_span().and_then(|span| span.byte_range()).unwrap_or(range.start..range.start);
                Tag { text: tag.original().into(), span: self.span(place) }
            });
            let finished = match event {
                Event::Scalar(text, style, anchor, _) => {
                    let node = self.scalar(&text, style, tag, range);
                    let built = Built { node, size: 1, height: 0 };
                    self.remember(anchor, &built);
                    Some(built)
                }
                Event::SequenceStart(style, anchor, _) => {
                    self.open(Collection::Sequence(Vec::new()), range, style, tag, anchor)?;
                    None
                }
                Event::MappingStart(style, anchor, _) => {
                    let collection = Collection::Mapping { members: Vec::new(), merged: Vec::new(), key: None };
                    self.open(collection, range, style, tag, anchor)?;
                    None
                }
                Event::SequenceEnd | Event::MappingEnd => self.close(range),
                Event::Alias(anchor) => Some(self.alias(anchor, range)?),
                Event::DocumentEnd | Event::StreamEnd => break,
                _ => None,
            };
            if let Some(built) = finished
                && let Some(root) = self.add(built)?
            {
                return Ok(root);
            }
        }
        let end = self.source.text().len();
        let node = Node { data: Data::Null, span: self.span(end..end), tag: None, style: Style::Plain };
        Ok(Built { node, size: 1, height: 0 })
    }

    fn open(
        &mut self,
        collection: Collection,
        start: Range<usize>,
        style: StructureStyle,
        tag: Option<Tag>,
        anchor: usize,
    ) -> Result<()> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(Error::limit(self.span(start), format!("the text is nested deeper than {MAX_DEPTH} levels")));
        }
        let style = if matches!(style, StructureStyle::Flow) { Style::Flow } else { Style::Block };
        self.stack.push(Open { collection, start, style, tag, anchor, size: 1, height: 0 });
        Ok(())
    }

    fn close(&mut self, end: Range<usize>) -> Option<Built> {
        let open = self.stack.pop()?;
        let (data, last) = match open.collection {
            Collection::Sequence(items) => {
                let last = items.last().map(|item| item.span);
                (Data::Sequence(items.into()), last)
            }
            Collection::Mapping { members, merged, .. } => {
                let last = members.last().map(|member| member.key_span.cover(member.value.whole()));
                (Data::Mapping(with_merged(members, merged, &mut self.errors).into()), last)
            }
        };
        let start = open.start.start;
        let end = match (open.style, last) {
            (Style::Flow, _) => end.end,
            // An alias' node lies elsewhere: it must not stretch the collection backwards.
            (_, Some(last)) => (last.end as usize).max(open.start.end).min(end.start.max(open.start.end)),
            (_, None) => open.start.end,
        };
        let node = Node { data, span: self.span(start..end), tag: open.tag, style: open.style };
        let built = Built { node, size: open.size, height: open.height };
        self.remember(open.anchor, &built);
        Some(built)
    }

    /// Adds a finished node to the innermost collection; without one it is the root.
    fn add(&mut self, built: Built) -> Result<Option<Built>> {
        let depth = self.stack.len();
        let Some(open) = self.stack.last_mut() else { return Ok(Some(built)) };
        open.size = open.size.saturating_add(built.size);
        open.height = open.height.max(built.height + 1);
        if open.size > MAX_NODES {
            let message = format!("aliases unfold the text to more than {MAX_NODES} values");
            return Err(Error::limit(built.node.span, message));
        }
        if depth + built.height > MAX_DEPTH {
            let message = format!("aliases nest the text deeper than {MAX_DEPTH} levels");
            return Err(Error::limit(built.node.span, message));
        }
        match &mut open.collection {
            Collection::Sequence(items) => items.push(built.node),
            Collection::Mapping { members, merged, key } => match key.take() {
                None => *key = Some(built),
                Some(Built { node: key, .. }) => {
                    if is_merge(&key) && merge(&built.node, merged) {
                        return Ok(None);
                    }
                    let Some(text) = key_text(&key, self.source) else {
                        let braces = self.source.slice(key.span).starts_with('{');
                        let help = if braces { FOREIGN } else { "write a plain key" };
                        return Err(Error::syntax(key.span, "a key must be a string", Some(help)));
                    };
                    members.push(Member { key: text, key_span: key.span, value: built.node });
                }
            },
        }
        Ok(None)
    }

    fn remember(&mut self, anchor: usize, built: &Built) {
        if anchor > 0 {
            self.anchors.insert(anchor, built.clone());
        }
    }

    fn alias(&mut self, anchor: usize, range: Range<usize>) -> Result<Built> {
        self.anchors.get(&anchor).cloned().ok_or_else(|| {
            let name = self.source.text().get(range.clone()).unwrap_or("*").to_owned();
            Error::syntax(self.span(range), format!("{name} stands inside of what it refers to"), None)
        })
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: Option<Tag>, range: Range<usize>) -> Node {
        let (style, range) = match style {
            ScalarStyle::Plain => (Style::Plain, range),
            ScalarStyle::SingleQuoted => (Style::SingleQuoted, range),
            ScalarStyle::DoubleQuoted => (Style::DoubleQuoted, range),
            ScalarStyle::Literal => (Style::Literal, self.block_content(range)),
            ScalarStyle::Folded => (Style::Folded, self.block_content(range)),
        };
        let is_string = tag.as_ref().is_some_and(|tag| matches!(&*tag.text, "!!str" | "!"));
        let data = match style {
            // Where nothing is written, the parser reads `~`.
            Style::Plain if range.is_empty() && !is_string => Data::Null,
            Style::Plain if range.is_empty() => Data::String("".into()),
            Style::Plain if !is_string => plain(text),
            _ => Data::String(text.into()),
        };
        Node { data, span: self.span(range), tag, style }
    }

    /// The parser's span of a block scalar may begin in its header and runs past its content.
    fn block_content(&self, range: Range<usize>) -> Range<usize> {
        let text = self.source.text().get(range.clone()).unwrap_or("");
        let header = if text.starts_with(['|', '>']) { text.find('\n').map_or(text.len(), |end| end + 1) } else { 0 };
        let body = &text[header..];
        let leading = body.len() - body.trim_start_matches([' ', '\n', '\r']).len();
        let trailing = body.len() - body.trim_end().len();
        if leading + trailing >= body.len() {
            return range.start + header..range.start + header;
        }
        range.start + header + leading..range.end - trailing
    }

    fn scan_error(&self, error: &ScanError) -> Error {
        let text = self.source.text();
        let nested = matches!(error.kind(), ErrorKind::RecursionLimitExceeded);
        let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
        let at = (0..=at).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
        let line = self.source.line_range(self.source.line_of(u32::try_from(at).unwrap_or(u32::MAX)));
        let line_text = text.get(line.clone()).unwrap_or("");
        let indent = &line_text[..line_text.len() - line_text.trim_start().len()];
        let help = if indent.contains('\t') {
            "YAML is indented with spaces: replace the tab"
        } else if line_text.contains("{{") {
            FOREIGN
        } else {
            "compare the indentation and the quotes of this line with those of the line above"
        };
        let end = if at < line.end { line.end } else { at };
        if nested {
            return Error::limit(self.span(at..end), format!("the text is nested deeper than {MAX_DEPTH} levels"));
        }
        let message = format!("this is no YAML: {}", error.info());
        Error::syntax(self.span(at..end), message, Some(help))
    }

    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.source.id(), range.start, range.end)
    }
}

/// `{{ name }}` is read as a map in a map.
const FOREIGN: &str = "this looks like a template of another tool: render it first";

fn is_merge(key: &Node) -> bool {
    key.style == Style::Plain && key.as_str() == Some("<<")
}

/// Adds the members of a merge key's value; false where it has none to give.
fn merge(value: &Node, merged: &mut Vec<Member>) -> bool {
    match &value.data {
        Data::Mapping(members) => merged.extend(members.iter().cloned()),
        Data::Sequence(items) if items.iter().all(Node::is_mapping) => {
            merged.extend(items.iter().flat_map(|item| item.members().iter().cloned()));
        }
        _ => return false,
    }
    true
}

/// Written members win over merged ones, and of those the first.
fn with_merged(members: Vec<Member>, merged: Vec<Member>, errors: &mut Vec<Error>) -> Vec<Member> {
    let mut members = unique(members, errors);
    if merged.is_empty() {
        return members;
    }
    let mut known: std::collections::HashSet<Arc<str>> = members.iter().map(|member| Arc::clone(&member.key)).collect();
    members.extend(merged.into_iter().filter(|member| known.insert(Arc::clone(&member.key))));
    members
}

/// The text of a key, as it is written.
fn key_text(key: &Node, source: &Source) -> Option<Arc<str>> {
    match &key.data {
        Data::Null if key.span.start == key.span.end => Some("null".into()),
        Data::Null | Data::Bool(_) => Some(source.slice(key.span).into()),
        _ => key.scalar(),
    }
}

/// What a plain scalar means.
fn plain(text: &str) -> Data {
    match text {
        "~" | "null" | "Null" | "NULL" => Data::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => Data::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => Data::Bool(false),
        _ if is_number(text) => Data::Number(text.strip_prefix('+').unwrap_or(text).into()),
        _ => Data::String(text.into()),
    }
}

/// Decimal numbers without leading zeros; an exponent needs a fraction before it, as in YAML 1.1.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    // Most scalars are words: one look says so.
    if !text.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return false;
    }
    let Some((whole, fraction)) = text.split_once('.') else {
        return digits(text) && (text == "0" || !text.starts_with('0'));
    };
    let (fraction, exponent) = match fraction.split_once(['e', 'E']) {
        Some((fraction, exponent)) => (fraction, exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        None => (fraction, "0"),
    };
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && digits(fraction) && digits(exponent)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;
    use crate::source::{Encoding, Sources};

    fn source(text: &str) -> Arc<Source> {
        Sources::new().add_text("t.yaml", text.to_owned(), Encoding::Utf8)
    }

    /// Compact text of a tree: `str`, `#number`, `?bool`, `~`, `[...]`, `{k=v}`, `!Tag(...)`.
    fn compact(node: &Node) -> String {
        let inner = match &node.data {
            Data::Null => "~".to_owned(),
            Data::Bool(flag) => format!("?{flag}"),
            Data::Number(text) => format!("#{text}"),
            Data::String(text) => text.replace('\n', "\\n"),
            Data::Sequence(items) => format!("[{}]", items.iter().map(compact).collect::<Vec<_>>().join(",")),
            Data::Mapping(members) => {
                let list: Vec<_> = members.iter().map(|m| format!("{}={}", m.key, compact(&m.value))).collect();
                format!("{{{}}}", list.join(","))
            }
        };
        node.tag.as_ref().map_or(inner.clone(), |tag| format!("{}({inner})", tag.text))
    }

    #[test]
    fn the_dialect() {
        let table = [
            ("[true, True, TRUE, yes, Yes, on, ON]", "[?true,?true,?true,?true,?true,?true,?true]"),
            ("[false, no, off, Off]", "[?false,?false,?false,?false]"),
            ("[y, n, Y, N, t]", "[y,n,Y,N,t]"),
            (
                "[0o17, 017, 0x1F, 2010-09-09, 1:30, .inf, .nan, 1_000]",
                "[0o17,017,0x1F,2010-09-09,1:30,.inf,.nan,1_000]",
            ),
            ("[0, 7, -3, +4, 1.5, 1.0, 1.5e3, 1e3, 012345678901]", "[#0,#7,#-3,#4,#1.5,#1.0,#1.5e3,1e3,012345678901]"),
            ("['7', \"true\", !!str 7, !!str yes]", "[7,true,!!str(7),!!str(yes)]"),
            ("[~, null, Null, '']", "[~,~,~,]"),
            ("a:\nb: ~\nc: ''\n", "{a=~,b=~,c=}"),
            ("", "~"),
            ("# only a comment\n", "~"),
            ("---\na: 1\n---\nb: 2\n", "{a=#1}"),
            ("a: &x {k: 1}\nb: *x\n", "{a={k=#1},b={k=#1}}"),
            ("a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  k: 3\n", "{a={k=#1,l=#2},b={k=#3,l=#2}}"),
            ("b:\n  <<: [{k: 1}, {k: 2, l: 3}]\n", "{b={k=#1,l=#3}}"),
            ("v: !If [C, !GetAtt A.B, !Ref X]", "{v=!If([C,!GetAtt(A.B),!Ref(X)])}"),
            ("v: !Sub\n  - a\n  - K: !Ref L\n", "{v=!Sub([a,{K=!Ref(L)}])}"),
            ("v: !Base64\n  Fn::Sub: |\n    x\n    y\n", "{v=!Base64({Fn::Sub=x\\ny\\n})}"),
            ("v: |\n  x", "{v=x}"),
            ("v: >-\n  x\n  y\n\n  z\n", "{v=x y\\nz}"),
            ("v: !Transform {Name: a}", "{v=!Transform({Name=a})}"),
            ("1: a\non: b\n~: c\n? \n: d", "{1=a,on=b,~=c,null=d}"),
            ("a: 1\r\nb:\r\n  - x\r\n", "{a=#1,b=[x]}"),
            ("{\"a\": [1, \"x\"]}", "{a=[#1,x]}"),
            ("a:\n- 1\n- 2\n", "{a=[#1,#2]}"),
            ("v: !GetAZs ''\nw: !GetAZs\n", "{v=!GetAZs(),w=!GetAZs(~)}"),
        ];
        for (text, expected) in table {
            let (tree, errors) = read(&source(text));
            assert!(errors.is_empty(), "{text}: {errors:?}");
            assert_eq!(compact(&tree.unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn everything_has_its_place() {
        let text = "# é\nResources:\n  V: # c\n    P: !If [C, !Ref 'AWS::NoValue', \"k\"]\n    'q': !Sub\n      - x\n    E:\n  W: {a: b}\nZ: |\n  t\n\n";
        let source = source(text);
        let tree = read(&source).0.unwrap();
        let slice = |span| source.slice(span);
        let v = tree.get("Resources").unwrap().member("V").unwrap();
        assert_eq!(slice(v.key_span), "V");
        assert_eq!(slice(v.value.span), &text[text.find("P:").unwrap()..=text.find("E:").unwrap()]);
        let p = v.value.get("P").unwrap();
        assert_eq!(slice(p.whole()), "!If [C, !Ref 'AWS::NoValue', \"k\"]");
        assert_eq!(slice(p.span), "[C, !Ref 'AWS::NoValue', \"k\"]");
        assert_eq!(slice(p.tag.as_ref().unwrap().span), "!If");
        assert_eq!(slice(p.items()[1].whole()), "!Ref 'AWS::NoValue'");
        assert_eq!(slice(p.items()[2].span), "\"k\"");
        let q = v.value.member("q").unwrap();
        assert_eq!((slice(q.key_span), slice(q.value.whole())), ("'q'", "!Sub\n      - x"));
        assert_eq!(slice(v.value.get("E").unwrap().span), "");
        assert_eq!(slice(tree.get("Resources").unwrap().get("W").unwrap().span), "{a: b}");
        assert_eq!(slice(tree.get("Z").unwrap().span), "t");
    }

    #[test]
    fn places_inside_of_strings() {
        let table = [
            "x${A}y${B}",
            "\"x\\n\\u00e9${A}\\\n   y ${B}\"",
            "\"x\n\n  é ${A}\n  y ${B}\"",
            "'it''s ${A}\n  folded ${B}'",
            "plain\n  folded ${A}\n\n  more ${B}",
            "|\n    first é\n      indented ${A}\n\n    ${B} last\n",
            ">-\n    first\n    second ${A}\n\n      more ${B}\n    x\n",
            "|2\n      four ${A}\n\n  ${B}\n",
            "|+ # comment\n  ${A}\n  ${B}\n\n\n",
        ];
        for scalar in table {
            let source = source(&format!("v: !Sub {scalar}\nw: 1\n"));
            let (tree, errors) = read(&source);
            assert!(errors.is_empty(), "{scalar}: {errors:?}");
            let tree = tree.unwrap();
            let node = tree.get("v").unwrap();
            let text = node.as_str().unwrap();
            let mut places = node.places(&source);
            for wanted in ["${A}", "${B}"] {
                let at = text.find(wanted).unwrap();
                assert_eq!(source.slice(places.span(at..at + 4)), wanted, "{scalar}");
            }
        }
    }

    #[test]
    fn what_is_wrong_is_told_at_its_place() {
        let deep = "[".repeat(100_000);
        let deep_block: String = (0..1000).map(|level| format!("{}a:\n", " ".repeat(level))).collect();
        let laughs: String = (0..30)
            .map(|level| match level {
                0 => "a0: &a0 [x, x, x, x, x, x, x, x]\n".to_owned(),
                _ => format!("a{level}: &a{level} [{0}, {0}, {0}, {0}, {0}]\n", format!("*a{}", level - 1)),
            })
            .collect();
        let tower: String = (0..300)
            .map(|level| match level {
                0 => "a0: &a0 x\n".to_owned(),
                _ => format!("a{level}: &a{level} [*a{}]\n", level - 1),
            })
            .collect();
        let table = [
            ("a: [1", 1, "syntax", ""),
            ("a: 'x", 1, "syntax", ""),
            ("a: *nope", 1, "syntax", ""),
            ("a: &a [*a]", 1, "syntax", "*a stands inside of what it refers to"),
            ("a:\n\tb: 1", 2, "syntax", ""),
            ("a: b: c", 1, "syntax", ""),
            ("{{ if .Values.x }}\na: 1\n{{ end }}", 1, "syntax", ""),
            ("? [a]\n: b", 1, "syntax", "a key must be a string"),
            (&deep, 1, "limit", ""),
            (&deep_block, 201, "limit", ""),
            (&laughs, 1, "limit", "aliases unfold the text to more than 2000000 values"),
            (&tower, 1, "limit", "aliases nest the text deeper than 200 levels"),
        ];
        for (text, line, kind, message) in table {
            let source = source(text);
            let (tree, errors) = read(&source);
            let start = &text[..text.len().min(40)];
            assert!(tree.is_none(), "{start}");
            assert_eq!(errors[0].kind, kind, "{start}: {errors:?}");
            assert!(errors[0].message.contains(message), "{start}: {errors:?}");
            if message.is_empty() && kind == "syntax" {
                assert_eq!(source.position(errors[0].span.start).line, line, "{start}: {errors:?}");
                assert!(errors[0].help.is_some());
            }
        }
    }

    #[test]
    fn duplicate_keys_are_reported_and_the_last_one_counts() {
        let (tree, errors) = read(&source("a: 1\nb: 2\na: 3\n"));
        assert_eq!(compact(&tree.unwrap()), "{b=#2,a=#3}");
        assert_eq!((errors.len(), errors[0].kind, errors[0].fatal), (1, "duplicate-key", false));
    }
}

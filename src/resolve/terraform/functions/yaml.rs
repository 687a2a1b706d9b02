//! `yamldecode yamlencode`: YAML as go-cty-yaml reads and writes it (1.1's booleans, 1.2's numbers, timestamps as text).

mod emit;
mod scalar;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Tag};

use super::call::{Answer, Call, Function, Returns, Stop, fixed, nullable, string};
use crate::resolve::terraform::convert::{convert, friendly};
use crate::resolve::terraform::types::Ty;
use crate::resolve::terraform::val::{Data, Val};
use crate::source::limits::{MAX_DEPTH, MAX_NODES};
use crate::value::{Unknown, UnknownKind};

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("yamldecode", &[string("src")], Returns::Any, yamldecode),
    fixed("yamlencode", &[nullable("value")], Returns::String, |call| Ok(call.string(emit::document(call.arg(0)?)?))),
];

fn yamldecode(call: &Call<'_>) -> Answer {
    let text = call.str(0)?;
    let open_end = (!text.ends_with('\n')).then(|| text.chars().count());
    let mut reader = Reader { parser: Parser::new_from_str(text), open_end, call, anchors: HashMap::new(), nodes: 0 };
    match reader.next()? {
        Event::StreamStart => {}
        _ => return Err("missing stream start token".into()),
    }
    match reader.next()? {
        Event::DocumentStart(..) => {}
        // An empty stream has no document; Terraform wants one.
        _ => return Err("missing start of document".into()),
    }
    let event = reader.next()?;
    let value = reader.node(event, 0)?;
    match reader.next()? {
        Event::DocumentEnd => {}
        _ => return Err("unexpected extra content after value".into()),
    }
    match reader.next()? {
        Event::StreamEnd => Ok(value),
        _ => Err("only a single document is allowed".into()),
    }
}

struct Reader<'t, 'c> {
    parser: Parser<'t, granit_parser::StrInput<'t>>,
    /// Where the text ends, in characters, if it does so without a line end.
    open_end: Option<usize>,
    call: &'c Call<'c>,
    anchors: HashMap<usize, Val>,
    nodes: usize,
}

impl<'t> Reader<'t, '_> {
    fn next(&mut self) -> Result<Event<'t>, Stop> {
        loop {
            let (event, span) = match self.parser.next_event() {
                Some(Ok((Event::Comment(..), _))) => continue,
                Some(Ok(found)) => found,
                Some(Err(error)) => return Err(format!("on line {}: {}", error.marker().line(), error.info()).into()),
                None => return Err("unexpected end of the document".into()),
            };
            return Ok(match event {
                // libyaml gives a block scalar no line end that its source does not have.
                Event::Scalar(text, style @ (ScalarStyle::Literal | ScalarStyle::Folded), anchor, tag)
                    if self.open_end == Some(span.end.index()) && text.ends_with('\n') =>
                {
                    Event::Scalar(text[..text.len() - 1].to_owned().into(), style, anchor, tag)
                }
                event => event,
            });
        }
    }

    fn node(&mut self, event: Event<'t>, depth: usize) -> Answer {
        self.nodes += 1;
        if depth > MAX_DEPTH || self.nodes > MAX_NODES {
            return Err(Unknown::new(UnknownKind::Limit, "the YAML text is too large or nested too deeply").into());
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar::resolve(self.call, &text, style, tag_name(tag.as_deref()).as_deref())?;
                self.anchors.insert(anchor, value.clone());
                Ok(value)
            }
            Event::Alias(anchor) => match self.anchors.get(&anchor) {
                Some(value) => {
                    self.nodes = self.nodes.saturating_add(size(value));
                    Ok(value.clone())
                }
                None => Err("cannot refer to anchor from inside its own definition".into()),
            },
            Event::SequenceStart(_, anchor, tag) => {
                allowed(tag.as_deref(), "sequence", "!!seq")?;
                let mut elements = Vec::new();
                loop {
                    match self.next()? {
                        Event::SequenceEnd => break,
                        event => elements.push(self.node(event, depth + 1)?),
                    }
                }
                let value = self.call.tuple(elements);
                self.anchors.insert(anchor, value.clone());
                Ok(value)
            }
            Event::MappingStart(_, anchor, tag) => {
                allowed(tag.as_deref(), "mapping", "!!map")?;
                let value = self.mapping(depth)?;
                self.anchors.insert(anchor, value.clone());
                Ok(value)
            }
            _ => Err("expecting a value".into()),
        }
    }

    fn mapping(&mut self, depth: usize) -> Answer {
        let mut members: BTreeMap<Arc<str>, Val> = BTreeMap::new();
        loop {
            let (text, style, tag) = match self.next()? {
                Event::MappingEnd => return Ok(self.call.object(members)),
                Event::Scalar(text, style, _, tag) => (text, style, tag_name(tag.as_deref())),
                _ => return Err("only strings are allowed as mapping keys".into()),
            };
            if is_merge(&text, style, tag.as_deref()) {
                let event = self.next()?;
                let merged = self.node(event, depth + 1)?;
                merge(&merged, &mut members)?;
                continue;
            }
            let key = scalar::resolve(self.call, &text, style, tag.as_deref())?;
            let key = match convert(&key, &Ty::String).map(|key| key.data) {
                Ok(Data::String(key)) => key,
                Ok(Data::Null) => return Err("mapping key cannot be null".into()),
                _ => return Err("only strings are allowed as mapping keys".into()),
            };
            let event = self.next()?;
            let value = self.node(event, depth + 1)?;
            members.insert(key, value);
        }
    }
}

/// How many nodes an alias unfolds to.
fn size(value: &Val) -> usize {
    match &value.data {
        Data::Sequence(elements) => elements.iter().map(size).fold(1, usize::saturating_add),
        Data::Mapping(members) => members.values().map(size).fold(1, usize::saturating_add),
        _ => 1,
    }
}

/// A plain `<<`, or any scalar with the merge tag. go-cty-yaml does not look at the style of an untagged one.
fn is_merge(text: &str, _style: ScalarStyle, tag: Option<&str>) -> bool {
    (tag.is_none() && text == "<<") || tag == Some("!!merge")
}

/// Later keys win, whether merged or written. go-cty-yaml merges one mapping, not a sequence of them.
fn merge(value: &Val, members: &mut BTreeMap<Arc<str>, Val>) -> Result<(), Stop> {
    match &value.data {
        Data::Mapping(from) => {
            members.extend(from.iter().map(|(key, value)| (Arc::clone(key), value.clone())));
            Ok(())
        }
        _ => Err(format!("cannot merge {} into mapping", friendly(&value.ty)).into()),
    }
}

fn allowed(tag: Option<&Tag>, what: &str, own: &str) -> Result<(), Stop> {
    match tag_name(tag) {
        Some(tag) if tag != own => Err(format!("can't interpret {what} as {tag}").into()),
        _ => Ok(()),
    }
}

/// `!!str` for the core schema's tags, else the tag as it is written.
fn tag_name(tag: Option<&Tag>) -> Option<Cow<'static, str>> {
    let tag = tag?;
    let whole = format!("{}{}", tag.handle(), tag.suffix());
    Some(match whole.strip_prefix("tag:yaml.org,2002:") {
        Some(core) => format!("!!{core}").into(),
        None => whole.into(),
    })
}

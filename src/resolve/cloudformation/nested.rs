//! Templates inside of templates: nested stacks with a local file, stack sets with their body written inline.

use std::sync::Arc;

use super::call::call;
use super::load::read_tree;
use super::sub;
use super::template::{Resource, is_template};
use crate::finding::Problem;
use crate::read::tree::{Data, Error, Member, Node, Tag};
use crate::resolve::problem;
use crate::source::files::{FileError, Files, join, parent};
use crate::source::{Encoding, Source, Sources, Span};

/// A nested template.
pub(super) struct Child {
    /// The text that its spans lie in.
    pub(super) source: Arc<Source>,
    /// Its tree.
    pub(super) tree: Node,
    /// What was wrong with its text, though it could be read.
    pub(super) problems: Vec<Problem>,
    /// Whether it is deployed to accounts and regions of its own.
    pub(super) elsewhere: bool,
    /// Whether it is a file of its own.
    pub(super) file: bool,
}

/// Whether a resource of this type may hold a template.
pub(super) fn may_nest(resource: &Resource) -> bool {
    matches!(
        &*resource.kind,
        "AWS::CloudFormation::Stack" | "AWS::Serverless::Application" | "AWS::CloudFormation::StackSet"
    )
}

/// The template that a resource nests; `None` where it is not here (a URL, a computed one).
///
/// # Errors
/// A local file that can't be read, or is no template.
pub(super) fn child(resource: &Resource, source: &Arc<Source>, files: &dyn Files) -> Result<Option<Child>, Problem> {
    let properties = resource.body.get("Properties");
    let property = |name: &str| properties.and_then(|properties| properties.get(name));
    if &*resource.kind == "AWS::CloudFormation::StackSet" {
        return property("TemplateBody").map_or(Ok(None), |body| inline(body, source));
    }
    let metadata = resource.body.get("Metadata");
    let asset = metadata.and_then(|metadata| metadata.get("aws:asset:path"));
    let written = property("TemplateURL").or_else(|| property("Location"));
    let Some(node) = asset.or(written) else { return Ok(None) };
    let Some(path) = local_path(node) else { return Ok(None) };
    let full = join(parent(source.path()), &path);
    let text = match files.read(&full) {
        Ok(text) => text,
        // The output of a build may be given without its assets.
        Err(FileError::NotFound) if asset.is_some() => return Ok(None),
        Err(why) => {
            let message = format!("the nested template {path} can't be read: {why}");
            return Err(Problem::at("module", node.whole(), message).not_fatal());
        }
    };
    let (tree, errors) = read_tree(&text);
    let Some(tree) = tree else {
        let first = errors.into_iter().next();
        let fallback = Problem::at("module", node.whole(), format!("the nested template {path} can't be read"));
        return Err(first.map_or(fallback, problem));
    };
    if !is_template(&tree) {
        let message = format!("{path} is no CloudFormation template");
        return Err(Problem::at("module", node.whole(), message).not_fatal());
    }
    let problems = errors.into_iter().map(problem).collect();
    Ok(Some(Child { source: text, tree, problems, elsewhere: false, file: true }))
}

/// A path on disk, as `aws cloudformation package` takes it; no URL, nothing computed.
fn local_path(node: &Node) -> Option<String> {
    let path = node.as_str().filter(|_| node.tag.is_none())?;
    let remote = path.contains("://") || path.contains("{{") || path.contains("${") || path.is_empty();
    (!remote).then(|| path.to_owned())
}

/// The template in a string, its spans moved to where the string is written.
fn inline(body: &Node, source: &Arc<Source>) -> Result<Option<Child>, Problem> {
    let Some((node, text, dropped)) = body_text(body) else {
        // What nobody here would judge needs no word.
        let judged = ["AWS::Backup::", "AWS::KMS::"];
        if !judged.iter().any(|kind| source.slice(body.whole()).contains(kind)) {
            return Ok(None);
        }
        let message = "the template in this TemplateBody is put together when it is deployed: it is not judged";
        let help = "write the body as text without placeholders, and give what differs to parameters of its own; or check \
                    the template as a file of its own";
        let called = body.tag.as_ref().map(|tag| tag.span);
        let called = called.or_else(|| body.members().first().map(|member| member.key_span));
        return Err(Problem::at("module", called.unwrap_or(body.span), message).help(help).not_fatal());
    };
    let moved = Moved::new(&node, source, &dropped);
    let inner = Sources::new().add_text(source.path(), text, Encoding::Utf8);
    let (tree, errors) = read_tree(&inner);
    let mut told = errors.into_iter().map(|error| moved.error(error));
    match tree {
        Some(tree) if is_template(&tree) => Ok(Some(Child {
            source: Arc::clone(source),
            tree: moved.node(&tree),
            problems: told.collect(),
            elsewhere: true,
            file: false,
        })),
        Some(_) => Ok(None),
        None => told.next().map_or(Ok(None), Err),
    }
}

/// The string that a body is written as, the text that it gives, and the bytes of the string that are not in the text;
/// `None` where the body is known only when it is deployed. `Fn::Sub` without a placeholder gives a text as it stands.
fn body_text(body: &Node) -> Option<(Node, String, Vec<usize>)> {
    let Some(call) = call(body) else {
        return Some((body.clone(), body.as_str()?.to_owned(), Vec::new()));
    };
    if call.name != "Fn::Sub" {
        return None;
    }
    let node = call.argument.items().first().unwrap_or(&call.argument);
    let (text, marks) = sub::plain(node.as_str().filter(|_| node.tag.is_none())?)?;
    Some((node.clone(), text, marks))
}

/// Places of a decoded string in the text that it was decoded from.
struct Moved {
    starts: Vec<u32>,
    whole: Span,
}

impl Moved {
    /// Places of what is left of the string `body` without the bytes `dropped`.
    fn new(body: &Node, source: &Source, dropped: &[usize]) -> Self {
        let text = body.as_str().unwrap_or("");
        let mut places = body.places(source);
        let mut starts = vec![body.span.start; text.len() + 1];
        for (at, character) in text.char_indices() {
            let end = at + character.len_utf8();
            starts[at] = places.span(at..end).start;
        }
        if let Some(last) = starts.last_mut() {
            *last = body.span.end;
        }
        for at in dropped.iter().rev().filter(|at| **at < text.len()) {
            starts.remove(*at);
        }
        Moved { starts, whole: body.span }
    }

    fn span(&self, span: Span) -> Span {
        let at = |offset: u32| self.starts.get(offset as usize).copied().unwrap_or(self.whole.end);
        let start = at(span.start);
        let end = if span.end > span.start { at(span.end - 1).saturating_add(1) } else { start };
        Span { source: self.whole.source, start, end: end.max(start) }
    }

    fn node(&self, node: &Node) -> Node {
        let data = match &node.data {
            Data::Sequence(items) => Data::Sequence(items.iter().map(|item| self.node(item)).collect()),
            Data::Mapping(members) => {
                let member = |member: &Member| Member {
                    key: Arc::clone(&member.key),
                    key_span: self.span(member.key_span),
                    value: self.node(&member.value),
                };
                Data::Mapping(members.iter().map(member).collect())
            }
            other => other.clone(),
        };
        let tag = node.tag.as_ref().map(|tag| Tag { text: Arc::clone(&tag.text), span: self.span(tag.span) });
        Node { data, span: self.span(node.span), tag, style: node.style }
    }

    fn error(&self, error: Error) -> Problem {
        let related = error.related.map(|(span, note)| (self.span(span), note));
        problem(Error { span: self.span(error.span), related, ..error })
    }
}

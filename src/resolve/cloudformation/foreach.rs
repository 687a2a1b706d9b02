//! `Fn::ForEach`: unrolling, and putting the loop variable's value into a body.

use std::sync::Arc;

use super::call::call;
use super::eval::{Eval, inputs_of};
use super::unit::ScopeId;
use crate::read::tree::{Data, Member, Node, Style};
use crate::source::limits::MAX_INSTANCES;
use crate::value::{Entry, Kind, Unknown, UnknownKind, Value};

/// A loop's three parts.
#[derive(Debug)]
pub(super) struct Loop<'n> {
    /// The variable.
    pub(super) variable: Arc<str>,
    /// What it runs over.
    pub(super) collection: &'n Node,
    /// The map that each turn gives members of.
    pub(super) body: &'n Node,
}

/// Reads `[variable, collection, body]`.
pub(super) fn parse(node: &Node) -> Option<Loop<'_>> {
    match node.items() {
        [variable, collection, body] => Some(Loop { variable: variable.scalar()?, collection, body }),
        _ => None,
    }
}

/// The values that the collection holds in this world.
///
/// # Errors
/// Why they are not known.
pub(super) fn values(eval: &mut Eval<'_, '_, '_>, scope: ScopeId, collection: &Node) -> Result<Vec<Arc<str>>, Unknown> {
    let value = eval.decided(scope, collection);
    // What it runs over would stand in names and in texts that carry no mark.
    if value.holds_secret() {
        return Err(Unknown::new(UnknownKind::Input, "the list that Fn::ForEach runs over is a sensitive value"));
    }
    let mut open = Vec::new();
    inputs_of(&value, &mut open);
    if let Some(id) = open.first() {
        return Err(eval.world.why_open(*id));
    }
    let Kind::List(items) = &value.kind else {
        let error = Unknown::new(UnknownKind::Error, "Fn::ForEach needs a list");
        return Err(value.first_unknown().unwrap_or(error));
    };
    let mut values = Vec::new();
    for item in items {
        // A list in the list (a parameter beside literals) is flattened.
        for inner in item.items() {
            let error = Unknown::new(UnknownKind::Error, "Fn::ForEach runs over strings");
            let text = super::eval::known_text(inner).ok_or_else(|| inner.first_unknown().unwrap_or(error))?;
            values.push(text);
        }
        if values.len() > MAX_INSTANCES {
            let why = format!("a loop runs over more than {MAX_INSTANCES} values");
            return Err(Unknown::new(UnknownKind::Limit, why));
        }
    }
    Ok(values)
}

/// The members that a loop among the members of a map gives.
///
/// # Errors
/// Why they are not known.
pub(super) fn entries(eval: &mut Eval<'_, '_, '_>, scope: ScopeId, node: &Node) -> Result<Vec<Entry>, Unknown> {
    let malformed = || Unknown::new(UnknownKind::Error, "Fn::ForEach needs a variable, a collection and a body");
    let Loop { variable, collection, body } = parse(node).ok_or_else(malformed)?;
    let mut entries = Vec::new();
    for value in values(eval, scope, collection)? {
        let turn = eval.value(scope, &substitute(body, &variable, &value));
        match turn {
            Value { kind: Kind::Map(more), .. } => entries.extend(more),
            other => return Err(other.first_unknown().unwrap_or_else(malformed)),
        }
        if entries.len() > MAX_INSTANCES {
            return Err(Unknown::new(UnknownKind::Limit, format!("a loop gives more than {MAX_INSTANCES} members")));
        }
    }
    Ok(entries)
}

/// The body with the variable's value in its place: `${Name}` and `Ref Name`, and `&{Name}` without what is no letter
/// or digit.
pub(super) fn substitute(body: &Node, variable: &str, value: &str) -> Node {
    let names = Names {
        variable,
        value,
        marks: [format!("${{{variable}}}"), format!("&{{{variable}}}")],
        letters: value.chars().filter(char::is_ascii_alphanumeric).collect(),
    };
    names.node(body)
}

/// What stands in a logical id for the value of a loop that runs over an open collection.
pub(super) const ANY: &str = "[*]";

/// The body of a loop whose collection is open: one turn that stands for all. In names the variable's value is [`ANY`];
/// everywhere else the variable stays, as an input that is open.
pub(super) fn any_turn(body: &Node, variable: &str) -> Node {
    Open { marks: [format!("${{{variable}}}"), format!("&{{{variable}}}")], variable }.body(body)
}

struct Open<'a> {
    marks: [String; 2],
    variable: &'a str,
}

impl Open<'_> {
    fn name(&self, text: &str) -> Arc<str> {
        self.marks.iter().fold(text.to_owned(), |text, mark| text.replace(mark, ANY)).into()
    }

    /// All texts of a node as names.
    fn names(&self, node: &Node) -> Node {
        let data = match &node.data {
            Data::String(text) => Data::String(self.name(text)),
            Data::Sequence(items) => Data::Sequence(items.iter().map(|item| self.names(item)).collect()),
            other => other.clone(),
        };
        Node { data, ..node.clone() }
    }

    fn body(&self, node: &Node) -> Node {
        match call(node) {
            // What is written in short form is its own argument.
            Some(call) if node.tag.is_some() => {
                Node { tag: node.tag.clone(), ..self.argument(&call.name, &call.argument) }
            }
            Some(call) => {
                let member =
                    |member: &Member| Member { value: self.argument(&call.name, &member.value), ..member.clone() };
                Node { data: Data::Mapping(node.members().iter().map(member).collect()), ..node.clone() }
            }
            None => self.plain(node),
        }
    }

    /// The argument of a function.
    fn argument(&self, function: &str, node: &Node) -> Node {
        match (function, &node.data) {
            ("Ref", Data::String(name)) if **name == *self.variable => node.clone(),
            ("Ref" | "Condition" | "Fn::GetAtt", _) => self.names(node),
            ("Fn::Sub", Data::String(text)) => {
                Node { data: Data::String(text.replace(&self.marks[1], &self.marks[0]).into()), ..node.clone() }
            }
            ("Fn::Sub", Data::Sequence(items)) => {
                let item = |(at, item)| if at == 0 { self.argument(function, item) } else { self.body(item) };
                Node { data: Data::Sequence(items.iter().enumerate().map(item).collect()), ..node.clone() }
            }
            ("Fn::If", Data::Sequence(items)) => {
                let item = |(at, item)| if at == 0 { self.names(item) } else { self.body(item) };
                Node { data: Data::Sequence(items.iter().enumerate().map(item).collect()), ..node.clone() }
            }
            _ => self.body(node),
        }
    }

    fn plain(&self, node: &Node) -> Node {
        match &node.data {
            Data::String(text) => self.text(node, text),
            Data::Sequence(items) => {
                Node { data: Data::Sequence(items.iter().map(|item| self.body(item)).collect()), ..node.clone() }
            }
            Data::Mapping(members) => {
                let member = |member: &Member| {
                    let named = matches!(&*member.key, "Condition" | "DependsOn");
                    let value = if named { self.names(&member.value) } else { self.body(&member.value) };
                    Member { key: self.name(&member.key), key_span: member.key_span, value }
                };
                Node { data: Data::Mapping(members.iter().map(member).collect()), ..node.clone() }
            }
            _ => node.clone(),
        }
    }

    /// A text with the variable in it, which the loop fills in and `Fn::Sub` need not.
    fn text(&self, node: &Node, text: &str) -> Node {
        if !self.marks.iter().any(|mark| text.contains(mark)) {
            return node.clone();
        }
        let text = text.replace(&self.marks[1], &self.marks[0]);
        // `${!Name}` is `${Name}` as it stands.
        let kept = text.replace("${", "${!").replace(&format!("${{!{}}}", self.variable), &self.marks[0]);
        let argument = Node { data: Data::String(kept.into()), ..node.clone() };
        let call = Member { key: "Fn::Sub".into(), key_span: node.span, value: argument };
        Node { data: Data::Mapping([call].into()), span: node.span, tag: None, style: node.style }
    }
}

struct Names<'a> {
    variable: &'a str,
    value: &'a str,
    marks: [String; 2],
    letters: String,
}

impl Names<'_> {
    fn text(&self, text: &Arc<str>) -> Arc<str> {
        if !self.marks.iter().any(|mark| text.contains(mark.as_str())) {
            return Arc::clone(text);
        }
        text.replace(&self.marks[0], self.value).replace(&self.marks[1], &self.letters).into()
    }

    fn node(&self, node: &Node) -> Node {
        if let Some(call) = call(node)
            && call.name == "Ref"
            && call.argument.as_str() == Some(self.variable)
        {
            return Node { data: Data::String(self.value.into()), span: call.span, tag: None, style: Style::Plain };
        }
        let data = match &node.data {
            Data::String(text) => Data::String(self.text(text)),
            Data::Sequence(items) => Data::Sequence(items.iter().map(|item| self.node(item)).collect()),
            Data::Mapping(members) => {
                let member = |member: &Member| Member {
                    key: self.text(&member.key),
                    key_span: member.key_span,
                    value: self.node(&member.value),
                };
                Data::Mapping(members.iter().map(member).collect())
            }
            other => other.clone(),
        };
        Node { data, ..node.clone() }
    }
}

//! Parameters: their declarations, what they may be, and the pseudo parameters.

use std::sync::{Arc, OnceLock};

use regex::Regex;
use serde_json::Value as Json;

use crate::read::tree::{Data, Node};
use crate::source::Span;
use crate::value::{Accepts, Input, InputKind, Pseudo};

/// An AllowedPattern, compiled when a value is first held against it: few ever are, and a bounded repetition of a class
/// (`[\w.-]{1,900}`) takes longer to compile than the rest of the template to judge.
struct Pattern {
    text: Arc<str>,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn new(text: Arc<str>) -> Self {
        Pattern { text, compiled: OnceLock::new() }
    }

    /// Whether it matches the whole of a value. One that this engine can't read (look-around) constrains nothing.
    fn admits(&self, value: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| Regex::new(&format!("^(?:{})$", self.text)).ok());
        compiled.as_ref().is_none_or(|pattern| pattern.is_match(value))
    }
}

/// A declared parameter.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    /// Its name.
    pub(super) name: Arc<str>,
    /// Where its name is written.
    pub(super) name_span: Span,
    /// Its type.
    pub(super) shape: Shape,
    /// Its default, as text.
    pub(super) default: Option<(Arc<str>, Span)>,
    /// The allowed values, as text, each with its place.
    pub(super) allowed: Vec<(Arc<str>, Span)>,
    node: Node,
}

/// What a parameter's value is to those that refer to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A string (or a number, which is one).
    Text,
    /// A list, written with commas.
    List,
    /// What an SSM parameter holds: the value that is passed is its name.
    FromSsm,
}

/// The pseudo parameters that have a value, with their sort.
pub(super) const PSEUDO: [(&str, Pseudo); 7] = [
    ("AWS::AccountId", Pseudo::Account),
    ("AWS::NotificationARNs", Pseudo::NotificationArns),
    ("AWS::Partition", Pseudo::Partition),
    ("AWS::Region", Pseudo::Region),
    ("AWS::StackId", Pseudo::StackId),
    ("AWS::StackName", Pseudo::StackName),
    ("AWS::URLSuffix", Pseudo::UrlSuffix),
];

impl Parameter {
    /// Reads the declaration `node` of parameter `name`.
    pub(super) fn new(name: Arc<str>, name_span: Span, node: &Node) -> Self {
        let kind = node.get("Type").and_then(Node::scalar).unwrap_or_else(|| "String".into());
        let shape = match &*kind {
            kind if kind.starts_with("AWS::SSM::Parameter::Value<") => Shape::FromSsm,
            kind if kind == "CommaDelimitedList" || kind.starts_with("List<") => Shape::List,
            _ => Shape::Text,
        };
        let default = node.get("Default").and_then(|default| Some((text(default)?, default.whole())));
        let allowed = node.get("AllowedValues").map(Node::items).unwrap_or_default();
        let allowed = allowed.iter().filter_map(|value| Some((text(value)?, value.whole()))).collect();
        Parameter { name, name_span, shape, default, allowed, node: node.clone() }
    }

    /// The input that stands for it.
    pub(super) fn input(&self, pinned: Option<&str>) -> Input {
        let mut input = Input::new(Arc::clone(&self.name), InputKind::Parameter);
        input.span = Some(self.name_span);
        input.default = self.default.as_ref().map(|(text, _)| Json::from(&**text));
        input.default_span = self.default.as_ref().map(|(_, span)| *span);
        input.allowed_span = self.node.get("AllowedValues").map(Node::whole);
        input.pinned = pinned.map(Json::from);
        if self.shape == Shape::Text && !self.allowed.is_empty() {
            let mut allowed: Vec<Json> = Vec::new();
            for (text, _) in &self.allowed {
                let literal = Json::from(&**text);
                if !allowed.contains(&literal) {
                    allowed.push(literal);
                }
            }
            input.allowed = Some(allowed);
        }
        input.accepts = self.accepts();
        input.list = self.shape == Shape::List;
        input.sensitive = self.is_hidden();
        input
    }

    /// Whether it must not be printed.
    pub(super) fn is_hidden(&self) -> bool {
        self.node.get("NoEcho").and_then(Node::scalar).is_some_and(|flag| flag.eq_ignore_ascii_case("true"))
    }

    /// The places and the texts of the values that the template gives it.
    pub(super) fn literals(&self) -> impl Iterator<Item = (&str, Span)> {
        self.default.iter().chain(&self.allowed).map(|(text, span)| (&**text, *span))
    }

    /// The constraints that are no list of values. Java's patterns match the whole value.
    fn accepts(&self) -> Option<Accepts> {
        let field = |name: &str| self.node.get(name).and_then(Node::scalar);
        let number = |name: &str| field(name).and_then(|text| text.parse::<f64>().ok());
        let kind = field("Type").unwrap_or_else(|| "String".into());
        let pattern = field("AllowedPattern").map(Pattern::new);
        let (min_length, max_length) = (number("MinLength"), number("MaxLength"));
        let (min, max) = (number("MinValue"), number("MaxValue"));
        let members: Vec<Arc<str>> = match self.shape {
            Shape::List => self.allowed.iter().map(|(text, _)| Arc::clone(text)).collect(),
            Shape::Text | Shape::FromSsm => Vec::new(),
        };
        let numeric = &*kind == "Number" || &*kind == "List<Number>";
        // The service looks these up: the empty string is never one.
        let existing = kind.starts_with("AWS::EC2::") || kind.starts_with("AWS::Route53::");
        let free = pattern.is_none() && members.is_empty() && !numeric && !existing;
        if free && [min_length, max_length, min, max].iter().all(Option::is_none) {
            return None;
        }
        let list = self.shape == Shape::List;
        Some(Arc::new(move |literal: &Json| {
            let Some(whole) = literal.as_str() else { return true };
            let one = |item: &str| {
                #[allow(clippy::cast_precision_loss, reason = "no parameter is longer than 4,096 characters")]
                let length = item.chars().count() as f64;
                let value = item.trim().parse::<f64>();
                pattern.as_ref().is_none_or(|pattern| pattern.admits(item))
                    && min_length.is_none_or(|least| length >= least)
                    && max_length.is_none_or(|most| length <= most)
                    && (members.is_empty() || members.iter().any(|member| &**member == item))
                    && (!numeric || value.is_ok())
                    && value.as_ref().map_or(true, |value| min.is_none_or(|least| *value >= least))
                    && value.as_ref().map_or(true, |value| max.is_none_or(|most| *value <= most))
                    && !(existing && item.is_empty())
            };
            if list { whole.split(',').all(|item| one(item.trim())) } else { one(whole) }
        }))
    }
}

/// The text of a scalar, as CloudFormation turns it into a string.
pub(super) fn text(node: &Node) -> Option<Arc<str>> {
    match &node.data {
        Data::Number(text) => Some(number_text(text)),
        Data::Null => Some("".into()),
        _ => node.scalar(),
    }
}

/// The text of a number: fractions lose what does not count (`1.10` is `1.1`), whole numbers stay as they are written.
pub(super) fn number_text(text: &Arc<str>) -> Arc<str> {
    if !text.contains(['.', 'e', 'E']) {
        return Arc::clone(text);
    }
    match text.parse::<f64>() {
        Ok(number) => format!("{number:?}").into(),
        Err(_) => Arc::clone(text),
    }
}

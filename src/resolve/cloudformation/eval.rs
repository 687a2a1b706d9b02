//! Evaluating nodes of a template in one world.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde_json::Value as Json;

use super::call::{Call, call};
use super::parameter::{Shape, number_text};
use super::unit::{ScopeId, Unit};
use super::{dynamic, foreach};
use crate::read::tree::{Data, Node};
use crate::source::limits::{MAX_ALTERNATIVES, MAX_EVALUATION_DEPTH};
use crate::source::{HIDDEN, Span};
use crate::value::{
    Alternative, Entry, InputId, InputKind, InputState, Kind, Origin, Part, Pseudo, Symbol, Unknown, UnknownKind,
    Value, World, excerpt,
};

/// Evaluates in one world.
pub(super) struct Eval<'u, 'w, 'i> {
    /// What is evaluated.
    pub(super) unit: &'u Unit,
    /// The world.
    pub(super) world: &'w mut World<'i>,
    /// Inputs that were asked since the caller last looked, each once: they are what a decision hangs on.
    pub(super) asked: Vec<InputId>,
    /// Whether the value decides something (a condition, the key of a mapping): then a NoEcho parameter is read too.
    pub(super) deciding: bool,
    /// Whether the statements of a policy that hang on conditions are left open.
    pub(super) leaves_open: bool,
    /// Whether something that must not be printed went into what is being computed.
    tainted: bool,
    depth: usize,
    /// What is being computed: a definition that comes back to itself is an error, not a loop.
    busy: Vec<u64>,
}

/// What is remembered, or being computed.
#[derive(Clone, Copy, Debug, Hash)]
pub(super) enum Memory {
    /// A condition.
    Condition,
    /// An argument of a nested stack.
    Argument,
    /// An output of a nested stack.
    Output,
}

impl<'u, 'w, 'i> Eval<'u, 'w, 'i> {
    /// An evaluation that starts here.
    pub(super) fn new(unit: &'u Unit, world: &'w mut World<'i>) -> Self {
        Eval {
            unit,
            world,
            asked: Vec::new(),
            deciding: false,
            leaves_open: false,
            tainted: false,
            depth: 0,
            busy: Vec::new(),
        }
    }

    /// The value of a node.
    pub(super) fn value(&mut self, scope: ScopeId, node: &Node) -> Value {
        let origin = Origin::at(node.whole());
        if self.depth >= MAX_EVALUATION_DEPTH {
            self.world.limit();
            return Value::unknown(UnknownKind::Limit, "the expression is nested too deeply", origin);
        }
        self.depth += 1;
        let around = std::mem::take(&mut self.tainted);
        let value = match call(node) {
            Some(call) => {
                let mut value = self.call(scope, &call);
                value.origin.sensitive |= self.tainted && !value.is_absent();
                value
            }
            // Each member carries its own mark.
            None => self.plain(scope, node, origin),
        };
        self.tainted |= around || value.origin.sensitive;
        self.depth -= 1;
        value
    }

    /// Notes that this value went into what is being computed.
    pub(super) fn taint(&mut self, value: &Value) {
        self.tainted |= value.origin.sensitive;
    }

    /// What `make` gives, with what it decides for itself.
    pub(super) fn deciding<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> T {
        let before = (std::mem::replace(&mut self.deciding, true), self.tainted);
        let made = make(self);
        (self.deciding, self.tainted) = before;
        made
    }

    /// The value with every open input of it settled as far as it can be.
    pub(super) fn settled(&mut self, scope: ScopeId, node: &Node) -> Value {
        let mut tried = Vec::new();
        loop {
            let value = self.value(scope, node);
            let mut open = Vec::new();
            inputs_of(&value, &mut open);
            open.retain(|id| !tried.contains(id));
            if open.is_empty() {
                return value;
            }
            for id in open {
                self.world.settle(id);
                tried.push(id);
            }
        }
    }

    /// The settled value of an index, a key or a name: it decides, and is not shown.
    pub(super) fn decided(&mut self, scope: ScopeId, node: &Node) -> Value {
        self.deciding(|eval| eval.settled(scope, node))
    }

    /// Remembers that inputs were asked.
    pub(super) fn ask(&mut self, inputs: &[InputId]) {
        for id in inputs {
            if !self.asked.contains(id) {
                self.asked.push(*id);
            }
        }
    }

    /// Computes once for what is decided by now, and refuses to go in circles (`None`).
    pub(super) fn once<T: Clone + Send + Sync + 'static>(
        &mut self,
        memory: Memory,
        scope: ScopeId,
        name: &str,
        make: impl Fn(&mut Eval<'_, '_, 'i>) -> T,
    ) -> Option<(T, Vec<InputId>)> {
        let mut hasher = DefaultHasher::new();
        ("cloudformation", memory, scope, name).hash(&mut hasher);
        let identity = hasher.finish();
        if self.busy.contains(&identity) || self.is_deep() {
            // What is computed around it hangs on where it was entered.
            self.world.limit();
            return None;
        }
        self.deciding.hash(&mut hasher);
        let (unit, depth, deciding) = (self.unit, self.depth, self.deciding);
        let mut busy = self.busy.clone();
        busy.push(identity);
        let made = self.world.memo(hasher.finish(), |world| {
            let busy = busy.clone();
            let mut inner =
                Eval { unit, world, asked: Vec::new(), deciding, leaves_open: false, tainted: false, depth, busy };
            let made = make(&mut inner);
            (made, inner.asked)
        });
        self.ask(&made.1);
        Some(made)
    }

    /// Whether no further name is followed.
    pub(super) fn is_deep(&self) -> bool {
        self.busy.len() >= MAX_EVALUATION_DEPTH
    }

    fn plain(&mut self, scope: ScopeId, node: &Node, origin: Origin) -> Value {
        match &node.data {
            Data::Null => Value::absent(origin),
            Data::Bool(flag) => Value::new(Kind::Bool(*flag), origin),
            Data::Number(text) => Value::new(Kind::Number(Arc::clone(text)), origin),
            Data::String(text) => dynamic::string(text, origin),
            Data::Sequence(items) => {
                let items = items.iter().map(|item| self.value(scope, item));
                Value::new(Kind::List(items.filter(|item| !item.is_absent()).collect()), origin)
            }
            Data::Mapping(_) => self.map(scope, node, origin),
        }
    }

    fn map(&mut self, scope: ScopeId, node: &Node, origin: Origin) -> Value {
        let mut entries: Vec<Entry> = Vec::new();
        for member in node.members() {
            if member.key.starts_with("Fn::ForEach::") {
                match foreach::entries(self, scope, &member.value) {
                    Ok(more) => entries.extend(more),
                    Err(unknown) => return Value::new(Kind::Unknown(unknown), origin.with_span(member.key_span)),
                }
                continue;
            }
            if &*member.key == "Fn::Transform" {
                return self.transformed(&member.value, member.key_span);
            }
            let value = match &member.value.data {
                Data::Sequence(items) if self.leaves_open && &*member.key == "Statement" => {
                    self.statements(scope, &member.value, items)
                }
                _ => self.value(scope, &member.value),
            };
            if !value.is_absent() {
                let key = Arc::clone(&member.key);
                entries.push(Entry { key, key_span: Some(member.key_span), value });
            }
        }
        Value::new(Kind::Map(entries), origin)
    }

    /// The statements of a policy; each that hangs on conditions is left open.
    fn statements(&mut self, scope: ScopeId, list: &Node, items: &[Node]) -> Value {
        if call(list).is_some() {
            return self.value(scope, list);
        }
        self.leaves_open = false;
        let statements = items.iter().flat_map(|item| self.statement(scope, item)).collect();
        self.leaves_open = true;
        Value::new(Kind::List(statements), Origin::at(list.whole()))
    }

    fn statement(&mut self, scope: ScopeId, item: &Node) -> Vec<Value> {
        let (unit, depth, deciding, busy) = (self.unit, self.depth, self.deciding, self.busy.clone());
        let alternatives = self.world.alternatives(MAX_ALTERNATIVES, |world| {
            let busy = busy.clone();
            let mut inner =
                Eval { unit, world, asked: Vec::new(), deciding, leaves_open: false, tainted: false, depth, busy };
            (inner.value(scope, item), inner.asked)
        });
        let Some(alternatives) = alternatives else {
            let value = self.value(scope, item);
            return if value.is_absent() { Vec::new() } else { vec![value] };
        };
        let there = |value: Value| if value.is_absent() { Vec::new() } else { vec![value] };
        let mut made = Vec::new();
        for (facts, (value, asked)) in alternatives {
            self.ask(&asked);
            made.push(Alternative { facts, items: there(value) });
        }
        Value::choice(made, &Value::absent(Origin::at(item.whole())))
    }

    fn call(&mut self, scope: ScopeId, call: &Call) -> Value {
        let argument = &call.argument;
        match call.name.as_str() {
            "Ref" => match self.name_of(scope, argument) {
                Some(name) => self.reference(scope, &name, call.span),
                None => self.error(call.span, "the name in Ref is not known"),
            },
            "Fn::GetAtt" => self.get_att(scope, call),
            "Fn::If" => self.choose(scope, call),
            "Fn::Sub" => self.sub(scope, call),
            "Fn::Join" => self.join(scope, call),
            "Fn::Select" => self.select(scope, call),
            "Fn::Split" => self.split(scope, call),
            "Fn::FindInMap" => self.find_in_map(scope, call),
            "Fn::Base64" => self.base64(scope, call),
            "Fn::Cidr" => self.cidr(scope, call),
            "Fn::GetAZs" => {
                let why = "the availability zones of a region are known only to the account";
                Value::unknown(UnknownKind::Provider, why, Origin::at(call.span))
            }
            "Fn::ImportValue" => self.import(scope, call),
            "Fn::GetStackOutput" => {
                Value::unknown(UnknownKind::Import, "it is an output of another stack", Origin::at(call.span))
            }
            "Fn::Transform" => self.transformed(argument, call.span),
            "Fn::Length" => self.length(scope, call),
            "Fn::ToJsonString" => self.json_string(scope, call),
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" | "Condition" | "Fn::Contains" => {
                let holds = self.test_call(scope, call);
                Value::new(Kind::Bool(holds), Origin::at(call.span))
            }
            other => {
                let why = format!("{other} is a function that strongroom does not know");
                Value::unknown(UnknownKind::Unsupported, why, Origin::at(call.span))
            }
        }
    }

    /// The name that an argument gives, which may itself be computed (with the language extensions).
    pub(super) fn name_of(&mut self, scope: ScopeId, argument: &Node) -> Option<Arc<str>> {
        match &argument.data {
            Data::String(text) if argument.tag.is_none() => Some(Arc::clone(text)),
            Data::Mapping(_) | Data::Sequence(_) | Data::String(_) => {
                self.decided(scope, argument).as_str().map(Arc::from)
            }
            _ => argument.scalar(),
        }
    }

    /// `Ref name`, written at `span`.
    pub(super) fn reference(&mut self, scope: ScopeId, name: &str, span: Span) -> Value {
        if name == "AWS::NoValue" {
            return Value::absent(Origin::at(span));
        }
        let unit = self.unit;
        let here = unit.scope(scope);
        if let Some(parameter) = here.template.parameter(name) {
            return match here.parent {
                None => self.parameter(scope, name, span),
                Some(_) => self.argument(scope, parameter, span),
            };
        }
        if let Some(id) = here.pseudo.get(name) {
            return self.pseudo(*id, span);
        }
        if here.template.resources.get(name).is_some() {
            return match self.missing(scope, name) {
                Some(why) => self.error(span, &why),
                None => {
                    let symbol = Symbol::Ref(format!("{}{name}", here.prefix).into());
                    Value::new(Kind::Symbol(symbol), Origin::at(span))
                }
            };
        }
        self.undefined(scope, name, span)
    }

    /// Why a resource can't be referred to here: it does not exist in this world.
    fn missing(&mut self, scope: ScopeId, name: &str) -> Option<String> {
        let position = self.unit.scope(scope).template.resources.position(name)?;
        (!self.exists(scope, position)).then(|| format!("{name} does not exist here, because its condition is false"))
    }

    fn undefined(&mut self, scope: ScopeId, name: &str, span: Span) -> Value {
        let template = &self.unit.scope(scope).template;
        if let Some(module) = template.module_of(name) {
            let why = format!("{name} is part of the module {module}");
            return Value::unknown(UnknownKind::Module, why, Origin::at(span));
        }
        match template.generator() {
            Some(generator) => {
                let why = format!("{name} is not declared: {generator} may generate it");
                Value::unknown(UnknownKind::Macro, why, Origin::at(span))
            }
            None => self.error(span, &format!("{name} is neither a parameter nor a resource")),
        }
    }

    /// A pseudo parameter.
    pub(super) fn pseudo(&mut self, id: InputId, span: Span) -> Value {
        self.ask(&[id]);
        let origin = Origin::at(span);
        let list =
            self.world.inputs().get(id).is_some_and(|input| input.kind == InputKind::Pseudo(Pseudo::NotificationArns));
        match self.world.state(id) {
            InputState::Known(literal) if list => list_of(literal.as_str().unwrap_or(""), &origin),
            InputState::Known(literal) => Value::from_json(&literal, &origin),
            InputState::Open { .. } => Value::new(Kind::Symbol(self.world.symbol(id)), origin),
        }
    }

    /// A parameter of the unit itself.
    fn parameter(&mut self, scope: ScopeId, name: &str, span: Span) -> Value {
        let here = self.unit.scope(scope);
        let (Some(parameter), Some(id)) = (here.template.parameter(name), self.world.inputs().find(name)) else {
            return self.error(span, &format!("{name} is no parameter"));
        };
        self.ask(&[id]);
        let mut origin = Origin::at(span);
        origin.sensitive = parameter.is_hidden();
        if parameter.shape == Shape::FromSsm {
            let why = format!("{name} takes a value from SSM when the template is deployed");
            return Value::unknown(UnknownKind::Provider, why, origin);
        }
        let hidden = !self.deciding && self.world.inputs().get(id).is_some_and(|input| input.sensitive);
        let literal = match self.world.state(id) {
            InputState::Known(Json::String(literal)) if !hidden => literal,
            _ => return Value::new(Kind::Symbol(self.world.symbol(id)), origin),
        };
        let mut origin = self.unit.parameter_origin(self.world, id, parameter, &literal, span);
        origin.sensitive = parameter.is_hidden();
        match parameter.shape {
            Shape::List => list_of(&literal, &origin),
            Shape::Text | Shape::FromSsm => dynamic::string(&literal, origin),
        }
    }

    /// A failed evaluation.
    pub(super) fn error(&self, span: Span, why: &str) -> Value {
        // What is quoted may be what must not be shown.
        let why = match why.split_once('\'') {
            Some((before, quoted)) if self.tainted => {
                format!("{before}{HIDDEN}{}", quoted.rsplit_once('\'').map_or("", |(_, after)| after))
            }
            _ => why.to_owned(),
        };
        Value::unknown(UnknownKind::Error, why, Origin::at(span))
    }

    /// A value that a macro makes.
    fn transformed(&self, argument: &Node, span: Span) -> Value {
        let name = argument.get("Name").and_then(Node::scalar).unwrap_or_else(|| "?".into());
        Value::unknown(
            UnknownKind::Macro,
            format!("the macro {name} makes it when the template is deployed"),
            Origin::at(span),
        )
    }
}

/// A known text as messages quote it.
pub(super) fn quoted(value: &Value, text: &str) -> String {
    if value.origin.sensitive { HIDDEN.to_owned() } else { format!("'{}'", excerpt(text)) }
}

/// A list that is written with commas.
pub(super) fn list_of(text: &str, origin: &Origin) -> Value {
    let items = text.split(',').map(|item| Value::string(item.trim(), origin.clone()));
    Value::new(Kind::List(items.collect()), origin.clone())
}

/// The open inputs in a value, each once.
pub(super) fn inputs_of(value: &Value, found: &mut Vec<InputId>) {
    let mut add = |symbol: &Symbol| {
        if let Symbol::Input { id, .. } = symbol
            && !found.contains(id)
        {
            found.push(*id);
        }
    };
    match &value.kind {
        Kind::Symbol(symbol) => add(symbol),
        Kind::Text(parts) => parts.iter().for_each(|part| {
            if let Part::Symbol(symbol) = part {
                add(symbol);
            }
        }),
        Kind::List(items) => items.iter().for_each(|item| inputs_of(item, found)),
        Kind::Map(entries) => entries.iter().for_each(|entry| inputs_of(&entry.value, found)),
        Kind::Choice(alternatives) => {
            alternatives.iter().flat_map(|it| &it.items).for_each(|item| inputs_of(item, found));
        }
        Kind::Absent | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) | Kind::Unknown(_) => {}
    }
}

/// The parts of a value that stands in a string; an absent one is no text, a list or map is an error.
pub(super) fn parts_of(value: &Value) -> Vec<Part> {
    match &value.kind {
        Kind::Absent => Vec::new(),
        Kind::Number(text) => vec![Part::Literal(number_text(text))],
        Kind::List(_) | Kind::Map(_) => {
            let why = Unknown::new(UnknownKind::Error, "a list or a map stands where a string is needed");
            vec![Part::Unknown(why)]
        }
        _ => value.parts().unwrap_or_default(),
    }
}

/// The text of a known scalar, as CloudFormation compares and joins it.
pub(super) fn known_text(value: &Value) -> Option<Arc<str>> {
    match &value.kind {
        Kind::String(text) => Some(Arc::clone(text)),
        Kind::Number(text) => Some(number_text(text)),
        Kind::Bool(flag) => Some(if *flag { "true" } else { "false" }.into()),
        _ => None,
    }
}

//! Names, members and indices.

use std::sync::Arc;

use super::Eval;
use crate::model::schema::{Answer, Object, class};
use crate::rule::compare::{number, why_symbol, why_text};
use crate::rule::item::{Got, Item, Trace};
use crate::rule::syntax::{Expr, ExprKind, Number};
use crate::source::Span;
use crate::value::{Kind, Origin, Unknown, UnknownKind, Value, World};

/// Longest value that a label repeats.
const MAX_SHOWN: usize = 60;

/// One step of a path from what was read before.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'n> {
    /// `.name`
    Member(&'n str),
    /// `.attributes.name`
    Attribute(&'n str),
    /// `[0]`
    Index(usize),
    /// `.name[0]`: a nested block is a list of one.
    OnlyMember(&'n str),
    /// `isCustomerKey(vault.key)`: what a predicate makes of it.
    Asked(&'n str),
}

impl Step<'_> {
    /// The path as the rule would write it.
    fn path(self, of: &Got) -> String {
        let base = of.last().map_or("", |trace| &trace.path);
        match self {
            Step::Member(name) => format!("{base}.{name}"),
            Step::Attribute(name) => format!("{base}.attributes.{name}"),
            Step::Index(at) => format!("{base}[{at}]"),
            Step::OnlyMember(name) => format!("{base}.{name}[0]"),
            Step::Asked(call) => call.to_owned(),
        }
    }
}

impl<'e> Eval<'e, '_> {
    fn local(&self, name: &str) -> Option<&Got> {
        self.locals.iter().rev().find(|(local, _)| &**local == name).map(|(_, got)| got)
    }

    /// A name, member or index.
    pub(super) fn path(&mut self, expr: &Expr, world: &mut World<'_>) -> Got {
        match &expr.kind {
            ExprKind::Name(name) => self.name(name, world),
            ExprKind::Member(of, name, _) => {
                if let Some(got) = self.raw_attribute(of, name, world) {
                    return got;
                }
                if let ExprKind::Name(root) = &of.kind
                    && let Some(of) = self.bound(root)
                {
                    return self.member(of, name, world);
                }
                let of = self.value(of, world);
                self.member(&of, name, world)
            }
            ExprKind::Index(of, index) => {
                if let ExprKind::String(name) = &index.kind
                    && let Some(got) = self.raw_attribute(of, name, world)
                {
                    return got;
                }
                let of = self.value(of, world);
                let index = self.value(index, world);
                self.index(&of, &index, world)
            }
            _ => Got::error("this is no path", Vec::new()),
        }
    }

    /// What the subject's name is bound to, where no variable of a macro hides it.
    fn bound(&self, name: &str) -> Option<&'e Got> {
        let bindings = self.bindings;
        let got = bindings.names.iter().find(|(bound, _)| *bound == name).map(|(_, got)| got)?;
        self.local(name).is_none().then_some(got)
    }

    /// The unit, told where the subject is.
    fn unit(&self) -> Got {
        let subject = self.bindings.names.first();
        let traced = subject.is_some_and(|(_, got)| !got.traces.is_empty());
        let object = self.stack.unit();
        let trace = || Trace { path: "unit".to_owned(), origin: object.origin.clone(), ..Trace::default() };
        let traces = if traced { vec![Arc::new(trace())] } else { Vec::new() };
        Got { item: Item::Object(object), traces }
    }

    /// The address of the resource that the subject is, or stands in; of a unit, its name.
    fn address(&self) -> Value {
        let subject = self.bindings.names.first().map(|(_, got)| &got.item);
        let object = match subject {
            Some(Item::Object(object)) => Some(object),
            _ => None,
        };
        let instance = object.and_then(|object| object.instance.as_ref());
        let address = instance.map_or_else(|| self.stack.evaluator.name().into(), |it| Arc::clone(&it.address));
        Value::string(address, object.map_or_else(Origin::default, |object| object.origin.clone()))
    }

    fn name(&mut self, name: &str, world: &mut World<'_>) -> Got {
        if let Some(got) = self.local(name) {
            return got.clone();
        }
        if let Some(got) = self.bound(name) {
            return got.clone();
        }
        if name == "unit" {
            return self.unit();
        }
        if name == "address" {
            return Got { item: Item::Plain(self.address()), traces: Vec::new() };
        }
        if let Some(params) = self.bindings.params.filter(|_| name == "params") {
            let entries = params
                .iter()
                .map(|(key, value)| crate::value::Entry {
                    key: key.as_str().into(),
                    key_span: None,
                    value: value.clone(),
                })
                .collect();
            return Got::plain(Kind::Map(entries), Vec::new());
        }
        match self.bindings.selected.iter().find(|(bound, _)| *bound == name) {
            Some((_, expr)) => {
                let expr: &Expr = expr;
                // A name that the rule binds sees nothing of where it is used.
                let locals = std::mem::take(&mut self.locals);
                let got = self.value(expr, world);
                self.locals = locals;
                got
            }
            None => Got::error(format!("there is no `{name}`"), Vec::new()),
        }
    }

    /// `resource.attributes.x` asks for `x` alone: the other attributes may hang on conditions of their own.
    fn raw_attribute(&mut self, of: &Expr, name: &str, world: &mut World<'_>) -> Option<Got> {
        let ExprKind::Member(owner, attributes, _) = &of.kind else { return None };
        if &**attributes != "attributes" {
            return None;
        }
        let owner = self.value(owner, world);
        let Item::Object(object) = &owner.item else { return None };
        if object.class != "resource" {
            return None;
        }
        let instance = object.instance.as_ref()?;
        let value = self.stack.raw_property(instance, name, world);
        Some(traced(Item::Plain(value), Step::Attribute(name), None, &owner))
    }

    /// The member `name` of a result.
    pub(super) fn member(&mut self, of: &Got, name: &str, world: &mut World<'_>) -> Got {
        let step = Step::Member(name);
        match &of.item {
            Item::Object(object) => self.attribute(of, object, name, world),
            Item::List(items) => match items.as_slice() {
                [only] => self.member(only, name, world),
                [] => traced(Item::Plain(Value::omitted()), step, None, of),
                _ => {
                    let path = step.path(of);
                    Got::error(format!("`{path}` reaches into a list of {}", items.len()), of.traces.clone())
                }
            },
            Item::Plain(value) => self.value_member(of, value, name, world),
        }
    }

    fn attribute(&mut self, of: &Got, object: &Object, name: &str, world: &mut World<'_>) -> Got {
        let step = Step::Member(name);
        let attribute = class(object.class).and_then(|class| class.attributes.iter().find(|it| it.name == name));
        let Some(attribute) = attribute else {
            return Got::error(format!("a `{}` has no attribute `{name}`", object.class), of.traces.clone());
        };
        match &*self.stack.answer(attribute, object, world) {
            Answer::Value(value) => traced(Item::Plain(value.clone()), step, None, of),
            Answer::Object(object) => traced(Item::Object(object.clone()), step, None, of),
            Answer::Absent(origin) => traced(Item::Plain(Value::absent(origin.clone())), step, None, of),
            Answer::Unknown(why, origin) => {
                traced(Item::Plain(Value::new(Kind::Unknown(why.clone()), origin.clone())), step, None, of)
            }
            Answer::Objects(objects, origin) => {
                let here = |object: &&Object| self.leaves_open || self.stack.is_there(object, world);
                let objects: Vec<&Object> = objects.iter().filter(here).collect();
                if of.traces.is_empty() {
                    let untraced =
                        |object: &&Object| Got { item: Item::Object(Object::clone(object)), traces: Vec::new() };
                    return Got { item: Item::List(objects.iter().map(untraced).collect()), traces: Vec::new() };
                }
                let path = step.path(of);
                let list = trace_of(&path, origin.clone(), None, of);
                let item = |(at, object): (usize, &&Object)| {
                    let trace = Trace {
                        path: format!("{path}[{at}]"),
                        origin: object.origin.clone(),
                        name: None,
                        from: Some(Arc::clone(&list)),
                        shown: None,
                    };
                    Got { item: Item::Object(Object::clone(object)), traces: vec![Arc::new(trace)] }
                };
                let items = objects.iter().enumerate().map(item).collect();
                Got { item: Item::List(items), traces: vec![list] }
            }
        }
    }

    fn value_member(&mut self, of: &Got, value: &Value, name: &str, world: &mut World<'_>) -> Got {
        let step = Step::Member(name);
        match &value.kind {
            Kind::Map(_) => match value.entry(name) {
                Some(entry) => traced(Item::Plain(entry.value.clone()), step, entry.key_span, of),
                None => traced(Item::Plain(Value::omitted()), step, None, of),
            },
            Kind::Absent => traced(Item::Plain(Value::omitted()), step, None, of),
            Kind::Unknown(why) => Got::unknown(why.clone(), of.traces.clone()),
            Kind::List(items) => match items.as_slice() {
                // A nested block is a list of one.
                [only] => {
                    let only = traced(Item::Plain(only.clone()), Step::OnlyMember(name), None, of);
                    self.member(&only, name, world)
                }
                [] => traced(Item::Plain(Value::omitted()), step, None, of),
                _ => {
                    let path = step.path(of);
                    Got::error(format!("`{path}` reaches into a list of {}", items.len()), of.traces.clone())
                }
            },
            Kind::Symbol(_) | Kind::Text(_) => {
                if name == "resource" {
                    return match self.stack.referred(value, world) {
                        Some(object) => traced(Item::Object(object), step, None, of),
                        None => self.not_declared(of, value, step),
                    };
                }
                let settled = self.settled(of.clone(), world);
                match &settled.item {
                    Item::Plain(Value { kind: Kind::Symbol(symbol), .. }) => {
                        Got::unknown(why_symbol(symbol), settled.traces)
                    }
                    Item::Plain(Value { kind: Kind::Text(parts), .. }) => Got::unknown(why_text(parts), settled.traces),
                    _ => self.member(&settled, name, world),
                }
            }
            // A literal names no resource of this unit.
            Kind::String(_) if name == "resource" => traced(Item::Plain(Value::omitted()), step, None, of),
            _ => Got::error(format!("`{}` reaches into a value without members", step.path(of)), of.traces.clone()),
        }
    }

    fn not_declared(&self, of: &Got, value: &Value, step: Step<'_>) -> Got {
        let name = value.marked().unwrap_or_else(|| step.path(of));
        let why = Unknown::new(UnknownKind::Provider, format!("{name} is not declared in this unit"));
        let value = Value::new(Kind::Unknown(why), value.origin.clone());
        traced(Item::Plain(value), step, None, of)
    }

    /// The element at an index, or the member under a key.
    fn index(&mut self, of: &Got, index: &Got, world: &mut World<'_>) -> Got {
        let (of, index) = (self.settled(of.clone(), world), self.settled(index.clone(), world));
        if let Some(why) = of.why_unknown().or_else(|| index.why_unknown()) {
            return Got::unknown(why, of.traces);
        }
        let Item::Plain(at) = &index.item else { return Got::error("this is no index", of.traces) };
        if let Kind::String(key) = &at.kind {
            return self.member(&of, key, world);
        }
        let Some(Number::Int(at)) = number(at) else { return Got::error("this is no index", of.traces) };
        let position = usize::try_from(at).ok();
        let step = Step::Index(position.unwrap_or(usize::MAX));
        let found = match &of.item {
            Item::List(items) => position.and_then(|at| items.get(at)).cloned(),
            Item::Plain(value) if matches!(value.kind, Kind::List(_)) => position
                .and_then(|at| value.items().get(at))
                .map(|item| traced(Item::Plain(item.clone()), step, None, &of)),
            _ => None,
        };
        found.unwrap_or_else(|| {
            let base = of.last().map_or("", |trace| &trace.path);
            Got::error(format!("`{base}[{at}]` is not there"), of.traces)
        })
    }

    /// The elements of a list, each with its own trace; the keys of a map; a scalar is a list of one.
    pub(super) fn elements(&mut self, list: &Got, world: &mut World<'_>) -> Result<Vec<Got>, Unknown> {
        let list = self.settled(list.clone(), world);
        let value = match &list.item {
            Item::List(items) => return Ok(items.clone()),
            Item::Object(_) => return Ok(vec![list]),
            Item::Plain(value) => value,
        };
        let item = |(at, value): (usize, &Value)| traced(Item::Plain(value.clone()), Step::Index(at), None, &list);
        match &value.kind {
            Kind::Absent => Ok(Vec::new()),
            Kind::Unknown(why) => Err(why.clone()),
            Kind::Symbol(symbol) => Err(why_symbol(symbol)),
            Kind::Text(parts) => Err(why_text(parts)),
            Kind::Map(entries) => Ok(entries
                .iter()
                .map(|entry| {
                    let key = Value::string(Arc::clone(&entry.key), entry.key_span.map(Origin::at).unwrap_or_default());
                    traced(Item::Plain(key), Step::Member(&entry.key), entry.key_span, &list)
                })
                .collect()),
            _ => Ok(value.items().iter().enumerate().map(item).collect()),
        }
    }
}

/// A result that was read from another.
pub(super) fn traced(item: Item, step: Step<'_>, name: Option<Span>, of: &Got) -> Got {
    let mut got = Got { item, traces: Vec::new() };
    // What the rule itself writes (a literal, a parameter) decides nothing in the sources; and where nobody asks what
    // decided, the subject has no trace.
    if of.traces.is_empty() {
        return got;
    }
    let origin = match &got.item {
        Item::Plain(value) => value.origin.clone(),
        Item::Object(object) => object.origin.clone(),
        Item::List(_) => Origin::default(),
    };
    let shown = match &got.item {
        Item::Plain(value) if !matches!(value.kind, Kind::Map(_) | Kind::List(_)) => {
            got.shown().filter(|text| text.chars().count() <= MAX_SHOWN && !text.contains('\n'))
        }
        _ => None,
    };
    let trace = Trace { path: step.path(of), origin, name, from: of.last().cloned(), shown };
    got.traces.push(Arc::new(trace));
    got
}

fn trace_of(path: &str, origin: Origin, name: Option<Span>, of: &Got) -> Arc<Trace> {
    Arc::new(Trace { path: path.to_owned(), origin, name, from: of.last().cloned(), shown: None })
}

//! Properties of instances as the model reads them.

use std::sync::Arc;

use super::blocks;
use super::configuration::{Configuration, Place, Slot};
use super::evaluate::{stopped, to_value};
use super::here::{Here, Owner};
use super::module::{RESOURCE_META, Resource, attribute};
use super::policy_text;
use super::provider_facts::is_key_argument;
use super::repeat::settle_inputs;
use super::scope::Failure;
use super::types::Ty;
use super::val::{Data, Val};
use crate::model::evaluator::Key;
use crate::read::hcl::ast::{Attribute, Expr, ExprKind};
use crate::source::Span;
use crate::value::{Entry, InputId, InputState, Kind, Origin, Test, Value, World};

/// Arguments that hold a policy: a structured value is better than JSON text, since its parts have places.
const POLICIES: &[&str] =
    &["policy", "content", "assume_role_policy", "access_policy", "key_policy", "inline_policy", "event_pattern"];

impl Configuration {
    /// A property of an instance: an argument, the list of a type of nested blocks, or a meta-argument.
    pub(super) fn read_property(
        &self,
        place: &Place,
        index: usize,
        key: &Key,
        name: &str,
        world: &mut World<'_>,
    ) -> Value {
        let Some(resource) = self.resource(place, index) else { return Value::omitted() };
        if let Some(error) = self.broken(place, index, resource.header, world) {
            return stopped(error, world);
        }
        let here = Here::new(self, place.clone(), None).owned(Owner::Resource(index, key.clone()));
        match name {
            "@provider" => return self.provider(&here, resource, world),
            "@lifecycle" => return lifecycle(&here, resource, world),
            _ if RESOURCE_META.contains(&name) => return Value::omitted(),
            _ => {}
        }
        let written = attribute(&resource.body, name).map(|written| self.read_argument(&here, written, world));
        match (written, blocks::list(&here, &resource.body, name, world, 0)) {
            (Some(written), None) => written,
            // JSON writes nested blocks as arguments, beside which `dynamic` may make more of them.
            (Some(written), Some(made)) => {
                let items = written.items().iter().chain(made.items()).cloned().collect();
                Value::new(Kind::List(items), written.origin)
            }
            (None, made) => made.unwrap_or_else(Value::omitted),
        }
    }

    /// Why it can't be told which instances there are, where evaluating that gives an error.
    fn broken(&self, place: &Place, index: usize, span: Span, world: &mut World<'_>) -> Option<Failure> {
        if let Err(error) = self.repeat(place, Slot::ResourceInstances(index), span, None, world) {
            return Some(error);
        }
        let mut at = place.clone();
        while let Some((outer, call, _)) = self.caller(&at) {
            if let Err(error) = self.repeat(&outer, Slot::CallInstances(call), span, None, world) {
                return Some(error);
            }
            at = outer;
        }
        None
    }

    /// The value of a top-level argument. What hangs on an open input is decided as far as defaults and finite types
    /// decide it.
    fn read_argument(&self, here: &Here<'_>, written: &Attribute, world: &mut World<'_>) -> Value {
        let value = match self.decided(here, written, world) {
            Ok(value) => value,
            Err(error) => return stopped(error, world),
        };
        if POLICIES.contains(&&*written.name)
            && matches!(value.data, Data::String(_) | Data::Text(_) | Data::Unknown { .. })
            && let Some(structured) = self.follow(here, &written.value, world, 0, &mut encoded)
        {
            return self.with_documents(structured, None, world);
        }
        let value = self.with_documents(to_value(&value, world), None, world);
        match &value.kind {
            Kind::Text(_) if POLICIES.contains(&&*written.name) => policy_text::parse(&value).unwrap_or(value),
            _ => value,
        }
    }

    fn decided(&self, here: &Here<'_>, written: &Attribute, world: &mut World<'_>) -> Result<Val, Failure> {
        let value = here.evaluate(&written.value, world)?;
        let before = world.decisions();
        match &value.data {
            Data::Input(id, _) => self.decide_input(*id, &written.name, &value.ty, world),
            Data::Derived(derived) => match derived.converted() {
                Some((_, Val { data: Data::Input(id, _), ty, .. })) => {
                    self.decide_input(*id, &written.name, ty, world);
                }
                _ => settle_inputs(&written.value, here, world),
            },
            _ => return Ok(value),
        }
        if world.decisions() == before { Ok(value) } else { here.evaluate(&written.value, world) }
    }

    /// Decides what can be decided of an input that is an argument's whole value.
    ///
    /// A required variable stays open: nobody leaves it null. One with a default is told apart from its default; whether
    /// it may be null besides is asked only where its declaration speaks of null.
    fn decide_input(&self, id: InputId, argument: &str, ty: &Ty, world: &mut World<'_>) {
        let Some(input) = self.inputs.get(id) else { return };
        let finite = input.allowed.is_some();
        let Some(default) = input.default.clone() else {
            if finite {
                world.settle(id);
            }
            return;
        };
        if input.pinned.is_some() || world.decide(&Test::Equals(id, default)) {
            return;
        }
        let says_nullable = self.variables.values().any(|variable| variable.id == id && variable.says_nullable);
        if says_nullable && input.nullable && world.decide(&Test::Null(id)) {
            return;
        }
        if finite {
            world.settle(id);
        } else if is_key_argument(argument) && matches!(ty, Ty::String | Ty::Dynamic) {
            world.decide(&Test::Equals(id, "".into()));
        }
        debug_assert!(matches!(world.state(id), InputState::Known(_) | InputState::Open { .. }));
    }

    /// What `read` makes of the expression that another one is, through names, module calls and decided conditions.
    pub(super) fn follow(
        &self,
        here: &Here<'_>,
        expr: &Expr,
        world: &mut World<'_>,
        depth: usize,
        read: &mut Reading<'_>,
    ) -> Option<Value> {
        if depth > 32 {
            return None;
        }
        if let Some(value) = read(here, expr, world) {
            return Some(value);
        }
        match &expr.kind {
            ExprKind::Parens(inner) => self.follow(here, inner, world, depth + 1, read),
            ExprKind::Conditional { condition, yes, no } => match here.evaluate(condition, world).ok()?.data {
                Data::Bool(true) => self.follow(here, yes, world, depth + 1, read),
                Data::Bool(false) => self.follow(here, no, world, depth + 1, read),
                _ => None,
            },
            ExprKind::GetAttr { object, name, .. } => {
                self.follow_name(here, (object, name, expr.span), world, depth, read)
            }
            _ => None,
        }
    }

    fn follow_name(
        &self,
        here: &Here<'_>,
        (object, name, span): (&Expr, &Arc<str>, Span),
        world: &mut World<'_>,
        depth: usize,
        read: &mut Reading<'_>,
    ) -> Option<Value> {
        match &object.kind {
            ExprKind::Variable(root) if &**root == "local" => {
                let local = self.module(&here.place).locals.get(name)?;
                let value =
                    self.follow(&Here::new(self, here.place.clone(), None), &local.value, world, depth + 1, read)?;
                Some(through(value, span, &format!("local.{name} is used here")))
            }
            ExprKind::Variable(root) if &**root == "var" => {
                let (outer, index, key) = self.caller(&here.place)?;
                let argument = self.module(&outer).calls.get(index)?.argument(name)?;
                let there = Here::new(self, outer.clone(), None).owned(Owner::Call(index, key));
                let value = self.follow(&there, &argument.value, world, depth + 1, read)?;
                Some(through(value, argument.span, &format!("sets {name} of the module")))
            }
            ExprKind::GetAttr { object, name: call, .. } if is_root(object, "module") => {
                let index = self.module(&here.place).call(call)?;
                let node = match self.nodes.get(here.place.node)?.children.get(index)? {
                    super::tree::Child::Node(node) => *node,
                    super::tree::Child::Unresolved(_) => return None,
                };
                let repeat = self.repeat(&here.place, Slot::CallInstances(index), span, None, world).ok()?;
                if !matches!(repeat, super::repeat::Repeat::Single) {
                    return None;
                }
                let inside = here.place.inside(node, Key::None);
                let output = self.module(&inside).outputs.get(name)?.value.as_ref()?;
                let value = self.follow(&Here::new(self, inside.clone(), None), output, world, depth + 1, read)?;
                Some(through(value, span, &format!("output {name} is used here")))
            }
            _ => None,
        }
    }
}

/// Makes something of an expression; `None` where it is not of the sort that is looked for.
type Reading<'r> = dyn FnMut(&Here<'_>, &Expr, &mut World<'_>) -> Option<Value> + 'r;

/// The argument of the `jsonencode` that an expression is.
fn encoded(here: &Here<'_>, expr: &Expr, world: &mut World<'_>) -> Option<Value> {
    let ExprKind::Call { name, arguments, expand_last: false, .. } = &expr.kind else { return None };
    if &**name != "jsonencode" {
        return None;
    }
    let value = here.evaluate(arguments.first()?, world).ok()?;
    matches!(value.data, Data::Mapping(_) | Data::Sequence(_)).then(|| to_value(&value, world))
}

fn is_root(expr: &Expr, root: &str) -> bool {
    matches!(&expr.kind, ExprKind::Variable(name) if &**name == root)
}

fn through(mut value: Value, span: Span, note: &str) -> Value {
    value.origin = value.origin.via(span, note);
    value
}

/// `@lifecycle`: what is written in the `lifecycle` block; `ignore_changes` and `replace_triggered_by` as texts.
fn lifecycle(here: &Here<'_>, resource: &Resource, world: &mut World<'_>) -> Value {
    let Some(block) = resource.body.blocks.iter().find(|block| &*block.kind == "lifecycle") else {
        return Value::omitted();
    };
    let entries = block.body.attributes.iter().map(|written| {
        let value = match &*written.name {
            "ignore_changes" | "replace_triggered_by" => names(here, &written.value),
            _ => here.configuration.argument(here, written, world),
        };
        Entry { key: Arc::clone(&written.name), key_span: Some(written.name_span), value }
    });
    Value::new(Kind::Map(entries.collect()), Origin::at(block.header))
}

fn names(here: &Here<'_>, expr: &Expr) -> Value {
    let text = |expr: &Expr| {
        let source = here.configuration.files.sources().get(expr.span.source);
        Value::string(source.slice(expr.span).trim_matches('"'), Origin::at(expr.span))
    };
    match &expr.kind {
        ExprKind::Tuple(items) => Value::new(Kind::List(items.iter().map(text).collect()), Origin::at(expr.span)),
        _ => text(expr),
    }
}

/// The names of all properties that are written for a resource, in written order: arguments, then nested blocks.
pub(super) fn property_names(resource: &Resource) -> Vec<Arc<str>> {
    let arguments = resource.body.attributes.iter().map(|written| &written.name);
    let blocks = blocks::types(&resource.body);
    let mut names: Vec<Arc<str>> = Vec::new();
    for name in arguments.chain(&blocks) {
        if !RESOURCE_META.contains(&&**name) && !names.contains(name) {
            names.push(Arc::clone(name));
        }
    }
    names
}

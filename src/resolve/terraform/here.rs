//! What names mean at one place of a configuration: the scope in which its expressions are evaluated.

use std::sync::Arc;

use super::configuration::{Configuration, Frame, Place, Slot};
use super::evaluate::{self, evaluate, evaluate_path};
use super::expr::Keys;
use super::scope::{Failure, RefStep, Scope};
use super::types::Ty;
use super::val::{Data, Val};
use super::walk;
use crate::model::evaluator::Key;
use crate::read::hcl::ast::{Expr, ExprKind};
use crate::source::Span;
use crate::source::files::Files;
use crate::value::{InputId, InputState, Origin, Test, Unknown, UnknownKind, World};

/// A place with what is repeated there.
pub(super) struct Here<'a> {
    /// The configuration.
    pub(super) configuration: &'a Configuration,
    /// The module instance.
    pub(super) place: Place,
    /// Whose `count.index` and `each` it is.
    pub(super) owner: Owner,
    /// The `dynamic` blocks around it, innermost first.
    pub(super) iterators: Option<&'a Iterator<'a>>,
    /// What is being evaluated around it.
    pub(super) frame: Option<&'a Frame<'a>>,
}

/// The block that an expression stands in, with its key.
#[derive(Clone, Debug)]
pub(super) enum Owner {
    /// No repeated block.
    None,
    /// A resource or data source, by index.
    Resource(usize, Key),
    /// A module call, by index.
    Call(usize, Key),
    /// A provider block, by index.
    Provider(usize, Key),
}

/// The iterator of a `dynamic` block.
pub(super) struct Iterator<'a> {
    /// Its name: the block's type, or what `iterator` says.
    pub(super) name: Arc<str>,
    /// `name.key`.
    pub(super) key: Val,
    /// `name.value`.
    pub(super) value: Val,
    /// The iterators around it.
    pub(super) outer: Option<&'a Iterator<'a>>,
}

/// A value with the number of steps that it used up.
pub(super) type Resolved = Result<(Val, usize), Failure>;

impl<'a> Here<'a> {
    /// A place outside of repeated blocks.
    pub(super) fn new(configuration: &'a Configuration, place: Place, frame: Option<&'a Frame<'a>>) -> Self {
        Here { configuration, place, owner: Owner::None, iterators: None, frame }
    }

    /// The same place inside of a block.
    pub(super) fn owned(mut self, owner: Owner) -> Self {
        self.owner = owner;
        self
    }

    /// The value of an expression here.
    ///
    /// # Errors
    /// As Terraform's.
    pub(super) fn evaluate(&self, expr: &Expr, world: &mut World<'_>) -> Result<Val, Failure> {
        evaluate(expr, self, world)
    }

    fn local(&self, name: &str, steps: &[RefStep], span: Span, world: &mut World<'_>) -> Resolved {
        let (value, used) = self.configuration.local(&self.place, name, steps, span, self.frame, world)?;
        Ok((via(value, span, format!("local.{name} is used here")), used))
    }

    fn variable(&self, name: &Arc<str>, span: Span, further: bool, world: &mut World<'_>) -> Result<Val, Failure> {
        if self.place.node != 0 {
            return self.configuration.child_variable(&self.place, name, span, self.frame, world);
        }
        let Some(variable) = self.configuration.variables.get(name) else {
            return invalid(span, format!("there is no variable {name}"));
        };
        if further {
            self.tell_from_default(variable.id, world);
        }
        let value = match world.state(variable.id) {
            InputState::Known(known) => variable.value(&known)?,
            InputState::Open { .. } => {
                Val::new(Data::input(variable.id, world), variable.ty().clone(), variable.origin())
            }
        };
        let value = if variable.sensitive { value.sensitive() } else { value };
        Ok(via(value, span, format!("var.{name} is used here")))
    }

    /// Decides whether an input that something is read in has its default. An empty one, say, is no world of its own:
    /// reading in it would be an error.
    fn tell_from_default(&self, id: InputId, world: &mut World<'_>) {
        let Some(input) = self.configuration.inputs.get(id) else { return };
        match &input.default {
            _ if input.allowed.is_some() => {
                world.settle(id);
            }
            Some(default) if input.pinned.is_none() => {
                world.decide(&Test::Equals(id, default.clone()));
            }
            _ => {}
        }
    }

    fn repeated(&self, root: &str, name: &str, span: Span, world: &mut World<'_>) -> Result<Val, Failure> {
        let (key, slot) = match &self.owner {
            Owner::None => return invalid(span, format!("{root}.{name} can't be used here")),
            Owner::Resource(index, key) => (key, Slot::ResourceInstances(*index)),
            Owner::Call(index, key) => (key, Slot::CallInstances(*index)),
            Owner::Provider(index, key) => (key, Slot::ProviderInstances(*index)),
        };
        let origin = Origin::at(span);
        match (root, name, key) {
            ("count", "index", Key::Index(index)) => Ok(number(*index, origin)),
            ("each", "key", Key::Name(name)) => Ok(string(name, origin)),
            ("each", "value", Key::Name(name)) => {
                let value = self.configuration.elements(&self.place, slot, span, self.frame, world)?.each_value(name);
                value
                    .map(|value| via(value, span, "each.value is used here"))
                    .ok_or_else(|| Failure::new(span, format!("for_each has no element {name}")))
            }
            ("count", "index", Key::Any) | ("each", "key" | "value", Key::Any) => {
                let repeat = self.configuration.elements(&self.place, slot, span, self.frame, world)?;
                Ok(repeat.any_element(name == "value", &origin))
            }
            _ => invalid(span, format!("{root}.{name} can't be used here")),
        }
    }

    fn path(&self, name: &str, span: Span) -> Result<Val, Failure> {
        let root = &self.configuration.directory;
        let text = match name {
            "root" => ".".to_owned(),
            "cwd" => self.configuration.files.absolute(root),
            "module" => relative(root, &self.configuration.module(&self.place).directory),
            _ => return invalid(span, format!("there is no path.{name}")),
        };
        Ok(string(&text, Origin::at(span)))
    }

    fn workspace(&self, span: Span, world: &mut World<'_>) -> Val {
        let id = self.configuration.workspace;
        let data = match world.state(id) {
            InputState::Known(serde_json::Value::String(name)) => Data::String(name.into()),
            _ => Data::input(id, world),
        };
        Val::new(data, Ty::String, Origin::at(span))
    }
}

impl Configuration {
    /// The value of a local, or of what `steps` reach in it: of an object that is written out, only the member that is
    /// asked for is evaluated. Tells how many of the steps that used up.
    ///
    /// # Errors
    /// An undeclared local, and those of evaluating it.
    pub(super) fn local(
        &self,
        place: &Place,
        name: &str,
        steps: &[RefStep],
        span: Span,
        frame: Option<&Frame<'_>>,
        world: &mut World<'_>,
    ) -> Resolved {
        let Some(local) = self.module(place).locals.get(name) else {
            return invalid(span, format!("there is no local value {name}"));
        };
        let written_out = matches!(local.value.kind, ExprKind::Object(_) | ExprKind::Tuple(_) | ExprKind::Parens(_));
        let steps = if written_out { steps } else { &[] };
        self.remember(place, Slot::Local(name, steps), span, frame, world, |frame, world| {
            let here = Here::new(self, place.clone(), Some(frame));
            evaluate_path(&local.value, steps, &here, world)
        })
    }
}

impl Scope for Here<'_> {
    fn resolve(&self, root: &str, steps: &[RefStep], span: Span, world: &mut World<'_>) -> Resolved {
        let mut iterators = self.iterators;
        while let Some(iterator) = iterators {
            if &*iterator.name == root {
                return Ok(from_iterator(iterator, steps, span));
            }
            iterators = iterator.outer;
        }
        let name = match steps.first() {
            Some(RefStep::Attribute(name)) => Some(name),
            _ => None,
        };
        match (root, name) {
            ("var", Some(name)) => Ok((self.variable(name, span, steps.len() > 1, world)?, 1)),
            ("local", Some(name)) => self.local(name, &steps[1..], span, world).map(plus(1)),
            ("module", Some(name)) => {
                self.configuration.module_reference(self, name, &steps[1..], span, world).map(plus(1))
            }
            ("count" | "each", Some(name)) => Ok((self.repeated(root, name, span, world)?, 1)),
            ("path", Some(name)) => Ok((self.path(name, span)?, 1)),
            ("terraform" | "tofu", Some(name)) if &**name == "workspace" => Ok((self.workspace(span, world), 1)),
            ("terraform" | "tofu", Some(name)) if &**name == "applying" => {
                Ok((unknown(UnknownKind::Impure, "it differs between plan and apply", span), 1))
            }
            ("self", _) => Ok((unknown(UnknownKind::Unsupported, "`self` is not evaluated", span), 0)),
            ("ephemeral", _) => {
                Ok((unknown(UnknownKind::Provider, "an ephemeral resource is read only when the code runs", span), 0))
            }
            ("data" | "resource", Some(kind)) => match steps.get(1) {
                Some(RefStep::Attribute(name)) => {
                    let data = root == "data";
                    self.configuration
                        .resource_reference(self, (data, kind, name), &steps[2..], span, world)
                        .map(plus(2))
                }
                _ => invalid(span, format!("a reference to {root}.{kind} needs a name")),
            },
            (kind, Some(name)) => {
                self.configuration.resource_reference(self, (false, kind, name), &steps[1..], span, world).map(plus(1))
            }
            (root, None) => invalid(span, format!("`{root}` is no value by itself")),
        }
    }

    fn keys(&self, root: &str, name: &Arc<str>, span: Span, world: &mut World<'_>) -> Result<Option<Keys>, Failure> {
        let configuration = self.configuration;
        match root {
            "local" => {
                let Some(local) = configuration.module(&self.place).locals.get(name) else { return Ok(None) };
                let slot = Slot::Keys(true, name);
                configuration.remember(&self.place, slot, span, self.frame, world, |frame, world| {
                    evaluate::keys(&local.value, &Here::new(configuration, self.place.clone(), Some(frame)), world)
                })
            }
            "var" => {
                let variable = configuration.module(&self.place).variables.get(name);
                let keeps = |ty: &Ty| matches!(ty, Ty::Map(_) | Ty::Dynamic);
                if !variable.is_some_and(|variable| keeps(&variable.constraint.ty) && !variable.sensitive) {
                    return Ok(None);
                }
                let Some((outer, call, key)) = configuration.caller(&self.place) else { return Ok(None) };
                let call_of = configuration.module(&outer).calls.get(call);
                let Some(argument) = call_of.and_then(|call| call.argument(name)) else { return Ok(None) };
                let slot = Slot::Keys(false, name);
                configuration.remember(&self.place, slot, span, self.frame, world, |frame, world| {
                    let owner = Owner::Call(call, key.clone());
                    let here = Here::new(configuration, outer.clone(), Some(frame)).owned(owner);
                    evaluate::keys(&argument.value, &here, world)
                })
            }
            _ => Ok(None),
        }
    }

    fn is_ephemeral(&self, expr: &Expr) -> bool {
        let module = self.configuration.module(&self.place);
        let (mut work, mut seen) = (vec![expr], std::collections::BTreeSet::new());
        while let Some(expr) = work.pop() {
            let mut found = false;
            walk::each(expr, &mut |part| {
                let ExprKind::GetAttr { object, name, .. } = &part.kind else { return true };
                let ExprKind::Variable(root) = &object.kind else { return true };
                match &**root {
                    "ephemeral" => found = true,
                    "var" => found |= module.variables.get(name).is_some_and(|variable| variable.ephemeral),
                    "local" if seen.insert(Arc::clone(name)) => {
                        work.extend(module.locals.get(name).map(|local| &local.value));
                    }
                    _ => {}
                }
                false
            });
            if found {
                return true;
            }
        }
        false
    }

    fn note(&self) -> String {
        match self.configuration.prefix(&self.place).strip_suffix('.') {
            Some(module) => format!(" in {module}"),
            None => String::new(),
        }
    }

    fn has_secrets(&self) -> bool {
        self.configuration.secrets
    }

    fn is_untyped(&self, id: InputId) -> bool {
        self.configuration.variables.values().any(|variable| variable.id == id && *variable.ty() == Ty::Dynamic)
    }

    fn files(&self) -> &dyn Files {
        &*self.configuration.files
    }

    fn root_directory(&self) -> &str {
        &self.configuration.directory
    }
}

fn plus(used: usize) -> impl Fn((Val, usize)) -> (Val, usize) {
    move |(value, further)| (value, used + further)
}

fn from_iterator(iterator: &Iterator<'_>, steps: &[RefStep], span: Span) -> (Val, usize) {
    match steps.first() {
        Some(RefStep::Attribute(part)) if &**part == "key" => {
            (via(iterator.key.clone(), span, "the iterator's key"), 1)
        }
        Some(RefStep::Attribute(part)) if &**part == "value" => {
            (via(iterator.value.clone(), span, "the iterator's value"), 1)
        }
        _ => {
            let members = [("key", iterator.key.clone()), ("value", iterator.value.clone())];
            (object(members.into_iter().map(|(name, value)| (name.into(), value)), Origin::at(span)), 0)
        }
    }
}

/// A value with one more link in its chain.
pub(super) fn via(mut value: Val, span: Span, note: impl Into<Arc<str>>) -> Val {
    value.origin = value.origin.via(span, note);
    value
}

/// An evaluation error that `try` catches.
pub(super) fn failure<T>(span: Span, message: impl Into<Arc<str>>) -> Result<T, Failure> {
    Err(Failure::new(span, message))
}

/// An invalid reference: Terraform finds it before it evaluates anything.
pub(super) fn invalid<T>(span: Span, message: impl Into<Arc<str>>) -> Result<T, Failure> {
    Err(Failure::whole(span, message))
}

/// An unknown value that may be null, of any type.
pub(super) fn unknown(kind: UnknownKind, reason: impl Into<Arc<str>>, span: Span) -> Val {
    Val::unknown(Unknown::new(kind, reason), Ty::Dynamic, Origin::at(span))
}

/// A string.
pub(super) fn string(text: &str, origin: Origin) -> Val {
    Val { data: Data::String(text.into()), ty: Ty::String, origin }
}

/// A whole number.
pub(super) fn number(number: u64, origin: Origin) -> Val {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    Val { data: Data::Number(super::number::Num::from_i64(number)), ty: Ty::Number, origin }
}

/// An object.
pub(super) fn object(members: impl IntoIterator<Item = (Arc<str>, Val)>, origin: Origin) -> Val {
    let members: std::collections::BTreeMap<Arc<str>, Val> = members.into_iter().collect();
    let ty = Ty::Object(Arc::new(members.iter().map(|(name, value)| (Arc::clone(name), value.ty.clone())).collect()));
    Val { data: Data::Mapping(Arc::new(members)), ty, origin }
}

/// A tuple.
pub(super) fn tuple(items: Vec<Val>, origin: Origin) -> Val {
    let ty = Ty::Tuple(items.iter().map(|item| item.ty.clone()).collect());
    Val { data: Data::Sequence(items.into()), ty, origin }
}

/// `to` as seen from `from`: both are normalised; an absolute path stays absolute.
pub(super) fn relative(from: &str, to: &str) -> String {
    let parts = |path: &str| -> Vec<String> {
        path.split('/').filter(|part| !part.is_empty() && *part != ".").map(str::to_owned).collect()
    };
    if from.starts_with('/') != to.starts_with('/') {
        return to.to_owned();
    }
    let (from, to) = (parts(from), parts(to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    // What lies above the working directory has no name to climb down from.
    if from.iter().skip(common).any(|part| part == "..") {
        return to.join("/");
    }
    let up = std::iter::repeat_n("..".to_owned(), from.len() - common);
    let path: Vec<String> = up.chain(to.into_iter().skip(common)).collect();
    if path.is_empty() { ".".to_owned() } else { path.join("/") }
}

//! Module calls: what goes in (variables) and what comes out (outputs).

use std::sync::Arc;

use super::configuration::{Configuration, Frame, Place, Slot, bracketed};
use super::here::{Here, Owner, Resolved, failure, invalid, object, tuple, via};
use super::module::Call;
use super::references::{Selected, instance};
use super::repeat::{self, Repeat};
use super::scope::{Failure, RefStep};
use super::tree::Child;
use super::types::Ty;
use super::val::{Data, Val};
use super::variables::Variable;
use crate::model::evaluator::Key;
use crate::source::Span;
use crate::value::{InputState, Origin, Test, Unknown, UnknownKind, World};

impl Configuration {
    /// The value of a variable of a called module.
    ///
    /// # Errors
    /// Those of evaluating the call's argument, and values that do not fit the variable's type.
    pub(super) fn child_variable(
        &self,
        place: &Place,
        name: &Arc<str>,
        span: Span,
        frame: Option<&Frame<'_>>,
        world: &mut World<'_>,
    ) -> Result<Val, Failure> {
        let Some(variable) = self.module(place).variables.get(name) else {
            return invalid(span, format!("there is no variable {name}"));
        };
        let Some((outer, index, key)) = self.caller(place) else {
            return failure(span, format!("there is no call that sets {name}"));
        };
        let Some(call) = self.module(&outer).calls.get(index) else {
            return failure(span, format!("there is no call that sets {name}"));
        };
        let value = self.remember(place, Slot::Variable(name), span, frame, world, |frame, world| {
            let here = Here::new(self, outer.clone(), Some(frame)).owned(Owner::Call(index, key.clone()));
            passed(&here, call, variable, world)
        })?;
        Ok(via(value, span, format!("var.{name} is used here")))
    }

    /// What `module.name` followed by `steps` means, and how many of the steps that uses up.
    ///
    /// # Errors
    /// An undeclared call or output, an instance that does not exist.
    pub(super) fn module_reference(
        &self,
        here: &Here<'_>,
        name: &str,
        steps: &[RefStep],
        span: Span,
        world: &mut World<'_>,
    ) -> Resolved {
        let Some(index) = self.module(&here.place).call(name) else {
            return invalid(span, format!("there is no module {name}"));
        };
        let node = match self.nodes.get(here.place.node).and_then(|node| node.children.get(index)) {
            Some(Child::Node(node)) => *node,
            Some(Child::Unresolved(why)) => return Ok((unresolved(why, span), 0)),
            None => return invalid(span, format!("there is no module {name}")),
        };
        let repeat = self.repeat(&here.place, Slot::CallInstances(index), span, here.frame, world)?;
        let (key, used) = match instance(&repeat, steps) {
            Selected::One(key, used) => (key, used),
            Selected::All => return Ok((self.all_outputs(here, name, node, &repeat, span, world)?, 0)),
            Selected::NoKey => return failure(span, format!("module.{name} has several instances and needs a key")),
            Selected::Disabled => {
                return Ok((Val { data: Data::Null, ty: Ty::Dynamic, origin: Origin::at(span) }, 0));
            }
        };
        if !repeat.has(&key) {
            return failure(span, format!("Invalid index: module.{name} has no instance {}", bracketed(&key)));
        }
        let inside = here.place.inside(node, key);
        match steps.get(used) {
            Some(RefStep::Attribute(output) | RefStep::Key(output)) => {
                Ok((self.output(&inside, output, span, here.frame, world)?, used + 1))
            }
            _ => Ok((self.outputs(here, name, &inside, span, world)?, used)),
        }
    }

    /// An output of the module at `place`.
    ///
    /// # Errors
    /// An undeclared output, and those of evaluating it.
    pub(super) fn output(
        &self,
        place: &Place,
        name: &str,
        span: Span,
        frame: Option<&Frame<'_>>,
        world: &mut World<'_>,
    ) -> Result<Val, Failure> {
        let Some(output) = self.module(place).outputs.get(name) else {
            return failure(span, format!("this module has no output {name}"));
        };
        let Some(expr) = &output.value else { return failure(output.header, format!("output {name} has no value")) };
        let value = self.remember(place, Slot::Output(name), span, frame, world, |frame, world| {
            Here::new(self, place.clone(), Some(frame)).evaluate(expr, world)
        })?;
        let value = if output.sensitive { value.sensitive() } else { value };
        Ok(if place.node == 0 { value } else { via(value, span, format!("output {name} is used here")) })
    }

    /// One instance of a module as an object, with the outputs that expressions can read of it.
    fn outputs(
        &self,
        here: &Here<'_>,
        name: &str,
        inside: &Place,
        span: Span,
        world: &mut World<'_>,
    ) -> Result<Val, Failure> {
        let names = self.usage.of(&self.module(&here.place).directory, &format!("module.{name}"));
        let declared = &self.module(inside).outputs;
        let members = names
            .iter()
            .filter(|name| declared.contains_key(*name))
            .map(|name| Ok((Arc::clone(name), self.output(inside, name, span, here.frame, world)?)));
        Ok(object(members.collect::<Result<Vec<_>, Failure>>()?, Origin::at(span)))
    }

    fn all_outputs(
        &self,
        here: &Here<'_>,
        name: &str,
        node: usize,
        repeat: &Repeat,
        span: Span,
        world: &mut World<'_>,
    ) -> Result<Val, Failure> {
        let origin = Origin::at(span);
        let mut one = |key: Key| {
            let inside = here.place.inside(node, key);
            self.outputs(here, name, &inside, span, world)
        };
        Ok(match repeat {
            Repeat::Count(_) => tuple(repeat.keys().into_iter().map(one).collect::<Result<_, _>>()?, origin),
            Repeat::Each(members, None) => {
                let members = members.keys().map(|key| Ok((Arc::clone(key), one(Key::Name(Arc::clone(key)))?)));
                object(members.collect::<Result<Vec<_>, Failure>>()?, origin)
            }
            Repeat::Some(why, _) => {
                Val { data: Data::Unknown { why: why.clone(), not_null: true }, ty: Ty::Dynamic, origin }
            }
            _ => {
                let why = Unknown::new(UnknownKind::Provider, format!("not all keys of module.{name} are known"));
                Val { data: Data::Unknown { why, not_null: true }, ty: Ty::Dynamic, origin }
            }
        })
    }
}

/// What a call passes for a variable: its argument, or the variable's default.
fn passed(here: &Here<'_>, call: &Call, variable: &Variable, world: &mut World<'_>) -> Result<Val, Failure> {
    let Some(argument) = call.argument(&variable.name) else {
        let note = format!("{} does not set {}", described(here, call), variable.name);
        return match &variable.default {
            Some(default) => Ok(defaulted(default, variable, call.header, note)),
            None => invalid(call.header, note),
        };
    };
    let mut value = here.evaluate(&argument.value, world)?;
    if variable.constraint.fills_unseen(&value) {
        // What is missing in it, its own value tells: that of its default, in the world that has it.
        repeat::settle_inputs(&argument.value, here, world);
        value = here.evaluate(&argument.value, world)?;
        if let Data::Input(id, _) = value.data {
            value.data = Data::Unknown { why: world.why_open(id), not_null: false };
        }
    }
    if let Some(why) = value.too_large() {
        return Ok(Val::unknown(why, Ty::Dynamic, value.origin));
    }
    let value = variable.accept(value)?;
    if variable.nullable == Some(false)
        && let Some(default) = &variable.default
        && is_null(&value, world)
    {
        let note = format!("{} passes null, so {} has its default", described(here, call), variable.name);
        return Ok(defaulted(default, variable, argument.span, note));
    }
    Ok(via(value, argument.span, format!("module.{} sets {}", call.name, variable.name)))
}

/// The default of a variable that the call at `place` leaves out: the call decides, and the default is a link of the
/// chain. The members of a list or map stay decided by their own texts.
fn defaulted(default: &Val, variable: &Variable, place: Span, note: String) -> Val {
    let mut value = default.clone();
    let written = value.origin.span;
    if matches!(value.data, Data::Sequence(_) | Data::Mapping(_)) {
        value.origin = value.origin.via(place, note);
        return value;
    }
    value.origin = value.origin.with_span(place).because(note);
    if let Some(written) = written {
        value.origin = value.origin.via(written, format!("the default of {}", variable.name));
    }
    value
}

/// A call with its place: "module.backup at main.tf:5".
fn described(here: &Here<'_>, call: &Call) -> String {
    let source = here.configuration.files.sources().get(call.header.source);
    let line = source.position(call.header.start).line;
    format!("{}module.{} at {}:{line}", here.configuration.prefix(&here.place), call.name, source.path())
}

/// Whether a value is null here; an open input that may be null is asked.
fn is_null(value: &Val, world: &mut World<'_>) -> bool {
    match &value.data {
        Data::Null => true,
        Data::Input(id, _) => match world.state(*id) {
            InputState::Open { may_be_null: true } => world.decide(&Test::Null(*id)),
            InputState::Open { may_be_null: false } => false,
            InputState::Known(json) => json.is_null(),
        },
        _ => false,
    }
}

fn unresolved(why: &Unknown, span: Span) -> Val {
    Val { data: Data::Unknown { why: why.clone(), not_null: false }, ty: Ty::Dynamic, origin: Origin::at(span) }
}

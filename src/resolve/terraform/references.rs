//! References to resources and data sources: `aws_kms_key.k[0].arn`, `data.aws_kms_alias.b.target_key_arn`.

use std::sync::Arc;

use super::configuration::{Configuration, Frame, Place, Slot};
use super::evaluate::convert;
use super::here::{Here, Owner, Resolved, failure, invalid, object, string, tuple, unknown};
use super::module::{RESOURCE_META, Resource, attribute};
use super::provider_facts::{self, Unwritten};
use super::repeat::Repeat;
use super::scope::{Failure, RefStep};
use super::types::Ty;
use super::val::{Data, Val};
use crate::model::evaluator::Key;
use crate::source::Span;
use crate::value::{Origin, Symbol, Unknown, UnknownKind, World};

impl Configuration {
    /// What `kind.name` followed by `steps` means, and how many of the steps that uses up.
    ///
    /// # Errors
    /// An undeclared resource, an instance that does not exist, a missing key.
    pub(super) fn resource_reference(
        &self,
        here: &Here<'_>,
        (data, kind, name): (bool, &str, &str),
        steps: &[RefStep],
        span: Span,
        world: &mut World<'_>,
    ) -> Resolved {
        let Some(index) = self.module(&here.place).resource(data, kind, name) else {
            let what = if data { "data source" } else { "resource" };
            return invalid(span, format!("there is no {what} {kind}.{name}"));
        };
        let repeat = self.repeat(&here.place, Slot::ResourceInstances(index), span, here.frame, world)?;
        let title = || self.resource(&here.place, index).map_or_else(String::new, Resource::local_address);
        let (key, used) = match instance(&repeat, steps) {
            Selected::One(key, used) => (key, used),
            Selected::All => return Ok((self.all(here, index, &repeat, span, world)?, 0)),
            Selected::NoKey => return invalid(span, format!("{} has several instances and needs a key", title())),
            Selected::Disabled => return Ok((null(span), 0)),
        };
        if !repeat.has(&key) {
            let key = super::configuration::bracketed(&key);
            return failure(span, format!("Invalid index: {} has no instance {key}", title()));
        }
        match steps.get(used) {
            Some(RefStep::Attribute(name) | RefStep::Key(name)) => {
                let value = self.attribute(&here.place, index, &key, name, span, here.frame, world)?;
                Ok((value, used + 1))
            }
            _ => Ok((self.whole(here, index, &key, span, world)?, used)),
        }
    }

    /// All instances, as the tuple or object that they are.
    fn all(
        &self,
        here: &Here<'_>,
        index: usize,
        repeat: &Repeat,
        span: Span,
        world: &mut World<'_>,
    ) -> Result<Val, Failure> {
        let origin = Origin::at(span);
        Ok(match repeat {
            Repeat::Count(_) => {
                let items = repeat.keys().into_iter().map(|key| self.whole(here, index, &key, span, world));
                tuple(items.collect::<Result<_, _>>()?, origin)
            }
            Repeat::Each(members, None) => {
                let members = members.keys().map(|name| {
                    let key = Key::Name(Arc::clone(name));
                    Ok((Arc::clone(name), self.whole(here, index, &key, span, world)?))
                });
                object(members.collect::<Result<Vec<_>, Failure>>()?, origin)
            }
            Repeat::Each(_, Some(_)) => {
                let why = Unknown::new(UnknownKind::Provider, "not all keys of its instances are known");
                Val { data: Data::Unknown { why, not_null: true }, ty: Ty::Dynamic, origin }
            }
            Repeat::Some(why, _) => {
                Val { data: Data::Unknown { why: why.clone(), not_null: true }, ty: Ty::Dynamic, origin }
            }
            Repeat::Single | Repeat::Disabled => null(span),
        })
    }

    /// One instance as an object, with the attributes that expressions can read of it.
    fn whole(
        &self,
        here: &Here<'_>,
        index: usize,
        key: &Key,
        span: Span,
        world: &mut World<'_>,
    ) -> Result<Val, Failure> {
        let module = self.module(&here.place);
        let thing = module.resources.get(index).map_or_else(String::new, Resource::local_address);
        let names = self.usage.of(&module.directory, &thing);
        let members = names.iter().map(|name| {
            Ok((Arc::clone(name), self.attribute(&here.place, index, key, name, span, here.frame, world)?))
        });
        Ok(object(members.collect::<Result<Vec<_>, Failure>>()?, Origin::at(span)))
    }

    /// An attribute of an instance: as written, as the provider's defaults say, or a symbol.
    ///
    /// # Errors
    /// Those of evaluating it.
    #[allow(clippy::too_many_arguments, reason = "an instance is three of them")]
    pub(super) fn attribute(
        &self,
        place: &Place,
        index: usize,
        key: &Key,
        name: &str,
        span: Span,
        frame: Option<&Frame<'_>>,
        world: &mut World<'_>,
    ) -> Result<Val, Failure> {
        self.remember(place, Slot::Attribute(index, key, name), span, frame, world, |frame, world| {
            let here = Here::new(self, place.clone(), Some(frame)).owned(Owner::Resource(index, key.clone()));
            let mut value = self.compute_attribute(&here, index, key, name, span, world)?;
            value.origin = value.origin.of(self.named(place, index, key, name));
            Ok(value)
        })
    }

    fn compute_attribute(
        &self,
        here: &Here<'_>,
        index: usize,
        key: &Key,
        name: &str,
        span: Span,
        world: &mut World<'_>,
    ) -> Result<Val, Failure> {
        let Some(resource) = self.resource(&here.place, index) else {
            return failure(span, "there is no such resource");
        };
        if let Some(value) = self.pseudo_attribute(here, resource, name, span, world) {
            return Ok(value);
        }
        let written = attribute(&resource.body, name).filter(|_| !RESOURCE_META.contains(&name));
        if let Some(written) = written {
            let value = here.evaluate(&written.value, world)?;
            let value = match provider_facts::argument_type(&resource.kind, name) {
                Some(ty) => convert(&value, &ty, written.value.span)?,
                None => value,
            };
            let computed = matches!(value.data, Data::Null) && provider_facts::is_computed(&resource.kind, name);
            return Ok(if computed { self.symbol(here, index, key, name, Ty::String, span) } else { value });
        }
        if resource.body.blocks.iter().any(|block| super::blocks::makes(block, name)) {
            let why = "nested blocks of another resource are not followed";
            return Ok(unknown(UnknownKind::Unsupported, why, span));
        }
        Ok(match provider_facts::unwritten(resource.data, &resource.kind, name) {
            Unwritten::Null => null(span),
            Unwritten::Bool(flag) => Val { data: Data::Bool(flag), ty: Ty::Bool, origin: Origin::at(span) },
            Unwritten::String(text) => string(text, Origin::at(span)),
            Unwritten::Symbol => self.symbol(here, index, key, name, Ty::String, span),
            Unwritten::State => unknown(UnknownKind::Import, "it is read from another configuration's state", span),
            Unwritten::Unknown => {
                let address = self.address(&here.place, index, key);
                let when = if resource.data { "read from the provider" } else { "known only after apply" };
                unknown(UnknownKind::Provider, format!("{address}.{name} is {when}"), span)
            }
        })
    }

    fn symbol(&self, here: &Here<'_>, index: usize, key: &Key, name: &str, ty: Ty, span: Span) -> Val {
        Val { data: Data::Symbol(self.named(&here.place, index, key, name)), ty, origin: Origin::at(span) }
    }

    fn named(&self, place: &Place, index: usize, key: &Key, name: &str) -> Symbol {
        Symbol::Attribute { resource: self.address(place, index, key), attribute: name.into() }
    }
}

/// Which instances a reference means.
pub(super) enum Selected {
    /// This one, with the number of steps that its key takes.
    One(Key, usize),
    /// All of them.
    All,
    /// An attribute stands where a key must be.
    NoKey,
    /// There is none, and the reference is null.
    Disabled,
}

/// Reads the key of an instance from the steps behind a name.
pub(super) fn instance(repeat: &Repeat, steps: &[RefStep]) -> Selected {
    let counted = match repeat {
        Repeat::Single => return Selected::One(Key::None, 0),
        Repeat::Disabled => return Selected::Disabled,
        Repeat::Count(_) | Repeat::Some(_, true) => true,
        Repeat::Each(..) | Repeat::Some(_, false) => false,
    };
    match (steps.first(), counted) {
        (None, _) => Selected::All,
        (Some(RefStep::Index(index)), true) => Selected::One(Key::Index(*index), 1),
        (Some(RefStep::Index(index)), false) => Selected::One(Key::Name(index.to_string().into()), 1),
        (Some(RefStep::Key(name)), false) => Selected::One(Key::Name(Arc::clone(name)), 1),
        // `["0"]`, and the `.0` of Terraform 0.11.
        (Some(RefStep::Key(name) | RefStep::Attribute(name)), true) => match name.parse() {
            Ok(index) => Selected::One(Key::Index(index), 1),
            Err(_) => Selected::NoKey,
        },
        (Some(RefStep::Attribute(_)), false) => Selected::NoKey,
    }
}

fn null(span: Span) -> Val {
    Val { data: Data::Null, ty: Ty::Dynamic, origin: Origin::at(span) }
}

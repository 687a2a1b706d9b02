//! Provider configurations: which one a resource uses, and what is known of it.
//!
//! A module's resource uses the provider that the call passes (`providers = { aws = aws.dr }`), or the caller's
//! default one. Source: <https://developer.hashicorp.com/terraform/language/modules/develop/providers>.

use std::sync::Arc;

use super::configuration::{Configuration, Place, bracketed};
use super::evaluate::{stopped, to_value};
use super::here::{Here, Owner};
use super::module::{ProviderRef, Resource, attribute};
use super::tree::Node;
use super::val::Data;
use crate::model::evaluator::Key;
use crate::read::hcl::ast::Expr;
use crate::source::Span;
use crate::value::{Entry, Kind, Origin, Value, World};

/// The key of a provider's instance, where it is written.
#[derive(Clone, Debug)]
pub(super) struct WrittenKey {
    /// The key.
    pub(super) expr: Expr,
    /// The node, and its call that passes the provider on; without a call the resource itself has it.
    node: usize,
    call: Option<usize>,
}

/// A provider configuration of a configuration.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The node that configures it, or would have to.
    pub(super) node: usize,
    /// Which of the node's `provider` blocks; `None` where there is none.
    pub(super) block: Option<usize>,
    /// Its name there.
    pub(super) provider: ProviderRef,
    /// Which of its instances.
    pub(super) key: Option<WrittenKey>,
}

/// The provider configuration that a resource of `node` uses.
pub(super) fn find(nodes: &[Node], node: usize, resource: &Resource) -> Found {
    let mut provider = resource
        .provider
        .clone()
        .unwrap_or_else(|| ProviderRef { name: resource.kind.split('_').next().unwrap_or("").into(), alias: None });
    let own = attribute(&resource.body, "provider").and_then(|written| ProviderRef::key(&written.value));
    let mut key = own.map(|expr| WrittenKey { expr: expr.clone(), node, call: None });
    let mut at = node;
    loop {
        let Some(current) = nodes.get(at) else { return Found { node: at, block: None, provider, key } };
        let block = current
            .module
            .providers
            .iter()
            .position(|block| block.name == provider.name && block.alias == provider.alias);
        let passed = current.parent.and_then(|(outer, call)| {
            let calling = nodes.get(outer)?.module.calls.get(call)?;
            let mapped = calling.providers.iter().find(|(inner, ..)| *inner == provider);
            let mapped = mapped.map(|(_, name, key)| {
                (name.clone(), key.clone().map(|expr| WrittenKey { expr, node: outer, call: Some(call) }))
            });
            Some((outer, mapped))
        });
        match passed {
            Some((outer, Some((name, passed)))) => {
                provider = name;
                key = passed.or(key);
                at = outer;
            }
            _ if block.is_some() => return Found { node: at, block, provider, key },
            Some((outer, None)) if provider.alias.is_none() => at = outer,
            _ => return Found { node: at, block: None, provider, key },
        }
    }
}

impl Configuration {
    /// `@provider`: a map with `alias`, `region`, `allowed_account_ids`, `assume_role_arn` and `default_tags`, as far as they
    /// are written.
    pub(super) fn provider(&self, of: &Here<'_>, resource: &Resource, world: &mut World<'_>) -> Value {
        let place = &of.place;
        let found = find(&self.nodes, place.node, resource);
        let key = found.key.as_ref().map(|key| self.instance_key(of, key, world));
        let mut entries: Vec<Entry> = Vec::new();
        let mut add = |key: &str, span: Option<Span>, value: Value| {
            entries.push(Entry { key: key.into(), key_span: span, value });
        };
        let written = attribute(&resource.body, "provider").map(|written| written.span);
        if let Some(alias) = &found.provider.alias {
            let origin = written.map(Origin::at).unwrap_or_default();
            let name = match &key {
                Some(key) => format!("{alias}{}", bracketed(key)).into(),
                None => Arc::clone(alias),
            };
            add("alias", written, Value::string(name, origin));
        }
        let mut origin = written.map(Origin::at).unwrap_or_default();
        if let Some(block) = found.block.and_then(|block| self.nodes.get(found.node)?.module.providers.get(block)) {
            origin = Origin::at(block.header);
            let mut here = Here::new(self, self.ancestor(place, found.node), None);
            if let (Some(block), Some(key)) = (found.block, key) {
                here = here.owned(Owner::Provider(block, key));
            }
            if let Some(region) = attribute(&block.body, "region") {
                add("region", Some(region.name_span), self.argument(&here, region, world));
            }
            if let Some(accounts) = attribute(&block.body, "allowed_account_ids") {
                add("allowed_account_ids", Some(accounts.name_span), self.argument(&here, accounts, world));
            }
            // Of a chain of roles the last one is whose account it is.
            let assumed = block.body.blocks.iter().rev().find(|inner| &*inner.kind == "assume_role");
            if let Some(role) = assumed.and_then(|role| attribute(&role.body, "role_arn")) {
                add("assume_role_arn", Some(role.name_span), self.argument(&here, role, world));
            }
            if let Some(tags) = block.body.blocks.iter().find(|inner| &*inner.kind == "default_tags") {
                let value = match attribute(&tags.body, "tags") {
                    Some(tags) => self.argument(&here, tags, world),
                    None => Value::new(Kind::Map(Vec::new()), Origin::at(tags.header)),
                };
                add("default_tags", Some(tags.header), value);
            }
        }
        Value::new(Kind::Map(entries), origin)
    }

    /// The key of a provider's instance for the resource that is evaluated in `of`.
    fn instance_key(&self, of: &Here<'_>, key: &WrittenKey, world: &mut World<'_>) -> Key {
        let value = match key.call {
            None => of.evaluate(&key.expr, world),
            Some(call) => {
                let mut at = of.place.clone();
                loop {
                    let Some((outer, index, instance)) = self.caller(&at) else { return Key::Any };
                    if (outer.node, index) == (key.node, call) {
                        let there = Here::new(self, outer, None).owned(Owner::Call(index, instance));
                        break there.evaluate(&key.expr, world);
                    }
                    at = outer;
                }
            }
        };
        match value.map(|value| value.data) {
            Ok(Data::String(name)) => Key::Name(name),
            _ => Key::Any,
        }
    }

    /// An argument's value where an error is an unknown value.
    pub(super) fn argument(
        &self,
        here: &Here<'_>,
        written: &crate::read::hcl::ast::Attribute,
        world: &mut World<'_>,
    ) -> Value {
        match here.evaluate(&written.value, world) {
            Ok(value) => to_value(&value, world),
            Err(error) => stopped(error, world),
        }
    }

    /// The place of node `node` on the way to `place`.
    fn ancestor(&self, place: &Place, node: usize) -> Place {
        let mut at = place.clone();
        while at.node != node {
            match self.caller(&at) {
                Some((outer, _, _)) => at = outer,
                None => break,
            }
        }
        at
    }
}

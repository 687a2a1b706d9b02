//! In which region a resource is created.

use std::sync::Arc;

use super::evaluator::{Instance, Language};
use super::key_use::KeyUse;
use super::schema::Answer;
use super::settle;
use super::stack::Stack;
use crate::value::{InputKind, Kind, Origin, Pseudo, Symbol, Truth, Unknown, UnknownKind, Value, World};

/// A region as far as it is known.
#[derive(Clone, Debug)]
pub(super) struct Region {
    /// The code, a symbol, or unknown.
    value: Value,
    /// What the region hangs on where its code is not known: two resources with the same anchor are in the same region.
    anchor: Arc<str>,
    /// Which text decides it.
    pub(super) origin: Origin,
}

impl Region {
    /// The region as the value of an attribute.
    pub(super) fn answer(&self) -> Answer {
        match &self.value.kind {
            Kind::Unknown(why) => Answer::Unknown(why.clone(), self.origin.clone()),
            _ => Answer::Value(Value { origin: self.origin.clone(), ..self.value.clone() }),
        }
    }

    /// The code, where it is known.
    pub(super) fn code(&self) -> Option<&str> {
        self.value.as_str()
    }

    /// The symbol that stands for it, where its code is not known.
    pub(super) fn symbol(&self) -> Option<Symbol> {
        match &self.value.kind {
            Kind::Symbol(symbol) => Some(symbol.clone()),
            _ => None,
        }
    }

    /// Whether two regions are different.
    pub(super) fn differs(&self, other: &Region) -> Truth {
        if let (Some(a), Some(b)) = (self.code(), other.code()) {
            return (a != b).into();
        }
        if self.anchor == other.anchor {
            return Truth::False;
        }
        let open = if self.code().is_none() { self } else { other };
        Truth::Unknown(match &open.value.kind {
            Kind::Unknown(why) => why.clone(),
            Kind::Symbol(symbol) => symbol.unknown().unwrap_or_else(no_region),
            _ => no_region(),
        })
    }
}

fn no_region() -> Unknown {
    Unknown::new(UnknownKind::Input, "the region is chosen when the code is deployed")
}

/// The region of a resource: Terraform's `region` argument or its provider's region, CloudFormation's `AWS::Region`.
pub(super) fn of(stack: &Stack<'_>, instance: &Instance, world: &mut World<'_>) -> Region {
    let header = stack.header(instance);
    if stack.evaluator.language() == Language::CloudFormation {
        let value = deployed(world).unwrap_or_else(|| Value::new(Kind::Unknown(no_region()), header.clone()));
        return Region { value, anchor: "AWS::Region".into(), origin: header };
    }
    let own = stack.property(instance, "region", world);
    let own = settle::settled(&own, world);
    if !own.is_absent() && own.as_str() != Some("") {
        let anchor = told(&own).unwrap_or_else(|| format!("region of {}", instance.address));
        return Region { origin: own.origin.clone(), value: own, anchor: anchor.into() };
    }
    let provider = stack.property(instance, "@provider", world);
    let alias = provider.get("alias").and_then(Value::marked).unwrap_or_default();
    let region = provider.get("region").cloned().unwrap_or_else(Value::omitted);
    let region = settle::settled(&region, world);
    let origin = if region.origin.span.is_some() { region.origin.clone() } else { header };
    // Two provider configurations may name the same region by the same expression.
    let anchor = told(&region).unwrap_or_else(|| format!("provider {alias}"));
    let value = if region.is_absent() { Value::new(Kind::Unknown(no_region()), origin.clone()) } else { region };
    Region { value, anchor: anchor.into(), origin }
}

/// Whether two resources are created in different regions. Where both say the same, it does not matter what that is.
pub(super) fn differ(stack: &Stack<'_>, a: &Instance, b: &Instance, world: &mut World<'_>) -> Truth {
    if stack.evaluator.language() == Language::CloudFormation {
        return Truth::False;
    }
    let mut written = |instance: &Instance| {
        let own = stack.property(instance, "region", world);
        let provider = stack.property(instance, "@provider", world);
        let of_provider = |name: &str| provider.get(name).and_then(Value::marked);
        (own.is_absent() || told(&own).is_some()).then(|| (told(&own), of_provider("alias"), of_provider("region")))
    };
    let (first, second) = (written(a), written(b));
    if first.is_some() && first == second {
        return Truth::False;
    }
    of(stack, a, world).differs(&of(stack, b, world))
}

/// A region as it is written, where that is the same wherever it is written.
fn told(region: &Value) -> Option<String> {
    region.marked().filter(|text| !region.origin.sensitive && !text.contains("⟦?⟧"))
}

/// The region of the key that something uses: its ARN's, else its declaration's.
pub(super) fn of_key(stack: &Stack<'_>, key_use: &KeyUse, world: &mut World<'_>) -> Region {
    if let Some(code) = &key_use.region {
        let value = Value::string(Arc::clone(code), key_use.origin.clone());
        return Region { value, anchor: Arc::clone(code), origin: key_use.origin.clone() };
    }
    match &key_use.key {
        Some(key) => of(stack, key, world),
        None => Region {
            value: Value::new(Kind::Unknown(no_region()), key_use.origin.clone()),
            anchor: "the key's own".into(),
            origin: key_use.origin.clone(),
        },
    }
}

/// The region that the unit is deployed to, as a literal or as the symbol of that input.
pub(super) fn deployed(world: &World<'_>) -> Option<Value> {
    let (id, input) = world.inputs().iter().find(|(_, input)| input.kind == InputKind::Pseudo(Pseudo::Region))?;
    Some(settle::substituted(&Value::new(Kind::Symbol(input.symbol(id)), Origin::default()), world))
}

//! `count`, `for_each` and `lifecycle.enabled`: which instances of a block exist.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::configuration::{Configuration, Frame, Place, Slot};
use super::evaluate::keys;
use super::expr::Keys;
use super::here::{Here, failure};
use super::module::Repetition;
use super::scope::{Failure, Scope as _};
use super::types::Ty;
use super::val::{Data, Derived, Val};
use super::walk;
use crate::model::evaluator::Key;
use crate::read::hcl::ast::{Expr, ExprKind};
use crate::source::Span;
use crate::source::limits::MAX_INSTANCES;
use crate::value::{InputId, Origin, Test, Unknown, UnknownKind, World};

/// The instances of a block in one world.
#[derive(Clone, Debug)]
pub(super) enum Repeat {
    /// One, without a key.
    Single,
    /// None, because `enabled` says so.
    Disabled,
    /// This many.
    Count(u64),
    /// One for each element, and perhaps some whose keys are not known. What the elements are is known only to who asked
    /// for them.
    Each(Arc<BTreeMap<Arc<str>, Option<Val>>>, Option<Val>),
    /// At least one; how many is not known. True where they are counted.
    Some(Unknown, bool),
}

impl Repeat {
    /// The keys of the instances.
    pub(super) fn keys(&self) -> Vec<Key> {
        match self {
            Repeat::Single => vec![Key::None],
            Repeat::Disabled => Vec::new(),
            Repeat::Count(count) => (0..*count).map(Key::Index).collect(),
            Repeat::Each(members, some) => {
                members.keys().cloned().map(Key::Name).chain(some.as_ref().map(|_| Key::Any)).collect()
            }
            // The first instance stands for all of them.
            Repeat::Some(_, true) => vec![Key::Index(0)],
            Repeat::Some(_, false) => vec![Key::Any],
        }
    }

    /// Whether there is an instance with this key, as far as can be told.
    pub(super) fn has(&self, key: &Key) -> bool {
        match (self, key) {
            (Repeat::Single, Key::None) | (Repeat::Some(..), _) => true,
            (Repeat::Count(count), Key::Index(index)) => index < count,
            (Repeat::Each(members, some), Key::Name(name)) => some.is_some() || members.contains_key(name),
            (Repeat::Each(_, some), Key::Any) => some.is_some(),
            _ => false,
        }
    }

    /// `each.value` of the instance with this key.
    pub(super) fn each_value(&self, name: &str) -> Option<Val> {
        match self {
            Repeat::Each(members, some) => members.get(name).cloned().flatten().or_else(|| some.clone()),
            Repeat::Some(why, false) => Some(unknown_of(why, &Origin::default())),
            _ => None,
        }
    }

    /// `each.value` (or `each.key`, `count.index`) of an instance whose key is not known.
    pub(super) fn any_element(&self, value: bool, origin: &Origin) -> Val {
        match self {
            Repeat::Each(_, Some(some)) if value => some.clone(),
            Repeat::Each(_, Some(Val { data: Data::Unknown { why, .. }, .. })) | Repeat::Some(why, _) => {
                unknown_of(why, origin)
            }
            _ => unknown_of(&Unknown::new(UnknownKind::Provider, "the instance's key is not known"), origin),
        }
    }
}

fn unknown_of(why: &Unknown, origin: &Origin) -> Val {
    Val { data: Data::Unknown { why: why.clone(), not_null: false }, ty: Ty::Dynamic, origin: origin.clone() }
}

impl Configuration {
    /// The instances of the resource or call at `slot`.
    ///
    /// # Errors
    /// Where Terraform stops with an error.
    pub(super) fn repeat(
        &self,
        place: &Place,
        slot: Slot<'_>,
        span: Span,
        frame: Option<&Frame<'_>>,
        world: &mut World<'_>,
    ) -> Result<Repeat, Failure> {
        let module = self.module(place);
        let repetition = match slot {
            Slot::ResourceInstances(index) => module.resources.get(index).map(|resource| &resource.repetition),
            Slot::CallInstances(index) => module.calls.get(index).map(|call| &call.repetition),
            Slot::ProviderInstances(index) => module.providers.get(index).map(|provider| &provider.repetition),
            _ => None,
        };
        let Some(repetition) = repetition else { return Ok(Repeat::Single) };
        if repetition.is_single() && repetition.enabled.is_none() {
            return Ok(Repeat::Single);
        }
        self.remember(place, slot, span, frame, world, |frame, world| {
            repeated(repetition, &Here::new(self, place.clone(), Some(frame)), world)
        })
    }

    /// The same with the elements of `for_each`, for who reads one of them.
    ///
    /// # Errors
    /// Where Terraform stops with an error.
    pub(super) fn elements(
        &self,
        place: &Place,
        slot: Slot<'_>,
        span: Span,
        frame: Option<&Frame<'_>>,
        world: &mut World<'_>,
    ) -> Result<Repeat, Failure> {
        let module = self.module(place);
        let (repetition, elements) = match slot {
            Slot::ResourceInstances(at) => {
                (module.resources.get(at).map(|resource| &resource.repetition), Slot::Elements(true, at))
            }
            Slot::CallInstances(at) => (module.calls.get(at).map(|call| &call.repetition), Slot::Elements(false, at)),
            _ => (None, slot),
        };
        match repetition.and_then(|repetition| repetition.for_each.as_ref()) {
            Some(collection) => self.remember(place, elements, span, frame, world, |frame, world| {
                let here = Here::new(self, place.clone(), Some(frame));
                let value = settled(collection, &here, world)?;
                each(value, collection, &here, world)
            }),
            None => self.repeat(place, slot, span, frame, world),
        }
    }
}

fn repeated(repetition: &Repetition, here: &Here<'_>, world: &mut World<'_>) -> Result<Repeat, Failure> {
    if let Some(enabled) = &repetition.enabled
        && !is_true(enabled, here, world)?
    {
        return Ok(Repeat::Disabled);
    }
    if let Some(count) = &repetition.count {
        return counted(count, here, world);
    }
    match &repetition.for_each {
        Some(collection) => match keys(collection, here, world)? {
            Some(Keys::Known(known)) if known.len() <= MAX_INSTANCES => {
                Ok(Repeat::Each(Arc::new(known.iter().map(|key| (Arc::clone(key), None)).collect()), None))
            }
            Some(Keys::Open(value)) => each(value, collection, here, world),
            _ => {
                let value = settled(collection, here, world)?;
                each(value, collection, here, world)
            }
        },
        None => Ok(Repeat::Single),
    }
}

fn is_true(enabled: &Expr, here: &Here<'_>, world: &mut World<'_>) -> Result<bool, Failure> {
    let value = settled(enabled, here, world)?;
    match &value.data {
        Data::Bool(flag) => Ok(*flag),
        Data::String(text) if matches!(&**text, "true" | "false") => Ok(&**text == "true"),
        Data::Input(id, _) => Ok(world.decide(&Test::Equals(*id, true.into()))),
        Data::Derived(derived) => Ok(world.decide(&Test::Opaque(Arc::clone(&derived.text)))),
        _ if value.why().is_some() => Ok(world.decide(&opaque(enabled, here, "", &value))),
        _ => failure(enabled.span, "`enabled` must be true or false"),
    }
}

fn counted(count: &Expr, here: &Here<'_>, world: &mut World<'_>) -> Result<Repeat, Failure> {
    let value = settled(count, here, world)?;
    let value = super::evaluate::convert(&value, &Ty::Number, count.span)?;
    match &value.data {
        Data::Number(number) => match number.to_usize() {
            Some(number) if number > MAX_INSTANCES => {
                let why = format!("there are {number} instances, more than the {MAX_INSTANCES} that are looked at");
                Ok(Repeat::Some(Unknown::new(UnknownKind::Limit, why), true))
            }
            Some(number) => Ok(Repeat::Count(number as u64)),
            None => failure(count.span, "`count` must be a whole number that is not negative"),
        },
        Data::Input(id, _) => {
            if world.decide(&Test::Equals(*id, 0.into())) {
                return Ok(Repeat::Count(0));
            }
            Ok(Repeat::Some(world.why_open(*id), true))
        }
        Data::Derived(derived) => {
            if derived.at_least == 0 && is_empty(derived, world) {
                return Ok(Repeat::Count(0));
            }
            Ok(Repeat::Some(derived.why.clone(), true))
        }
        _ => match value.why() {
            Some(_) if let Some((condition, [yes, no])) = either(count) => {
                let holds = world.decide(&opaque(condition, here, "", &value));
                Ok(Repeat::Count(if holds { yes } else { no }))
            }
            Some(why) if world.decide(&opaque(count, here, " > 0", &value)) => Ok(Repeat::Some(why, true)),
            Some(_) => Ok(Repeat::Count(0)),
            None => failure(count.span, "`count` must be a number, not null"),
        },
    }
}

/// `condition ? 1 : 0`: the condition, and the counts where it holds and where it does not.
fn either(count: &Expr) -> Option<(&Expr, [u64; 2])> {
    let number = |expr: &Expr| match &expr.kind {
        ExprKind::Number(text) => text.parse().ok().filter(|number| *number <= MAX_INSTANCES as u64),
        _ => None,
    };
    match &count.kind {
        ExprKind::Parens(inner) => either(inner),
        ExprKind::Conditional { condition, yes, no } => Some((condition, [number(yes)?, number(no)?])),
        _ => None,
    }
}

fn each(value: Val, collection: &Expr, here: &Here<'_>, world: &mut World<'_>) -> Result<Repeat, Failure> {
    let marked = match (&value.data, &value.ty) {
        (Data::Sequence(items), _) => value.origin.sensitive || items.iter().any(|item| item.origin.sensitive),
        _ => value.origin.sensitive,
    };
    if marked {
        return failure(collection.span, "`for_each` can't take a sensitive value: its keys are parts of addresses");
    }
    let mut members = BTreeMap::new();
    let mut some = None;
    match (&value.data, &value.ty) {
        (Data::Mapping(map), _) => {
            members.extend(map.iter().map(|(key, value)| (Arc::clone(key), Some(value.clone()))))
        }
        (Data::Sequence(items), Ty::Set(_) | Ty::Dynamic) => {
            for item in items.iter() {
                match &item.data {
                    Data::String(text) => {
                        members.insert(Arc::clone(text), Some(item.clone()));
                    }
                    _ if item.why().is_some() => some = Some(item.clone()),
                    _ => return failure(collection.span, "a set for `for_each` must hold strings"),
                }
            }
        }
        (Data::Sequence(_), _) => {
            return failure(collection.span, "`for_each` takes a map or a set of strings, not a list");
        }
        (data, _) => {
            let why = match data {
                Data::Input(id, _) => Some(world.why_open(*id)),
                _ => value.why(),
            };
            let Some(why) = why else {
                return failure(collection.span, "`for_each` must be a map or a set of strings");
            };
            let exists = match data {
                Data::Input(id, _) => !is_empty_input(*id, &value.ty, world),
                Data::Derived(derived) => !is_empty(derived, world),
                _ => world.decide(&opaque(collection, here, " is not empty", &value)),
            };
            return Ok(if exists { Repeat::Some(why, false) } else { Repeat::Each(Arc::default(), None) });
        }
    }
    if members.len() > MAX_INSTANCES {
        let why = format!("there are {} instances, more than the {MAX_INSTANCES} that are looked at", members.len());
        return Ok(Repeat::Some(Unknown::new(UnknownKind::Limit, why), false));
    }
    Ok(Repeat::Each(Arc::new(members), some))
}

/// Whether the collection, or the number, that is derived from inputs is empty, or 0.
fn is_empty(derived: &Derived, world: &mut World<'_>) -> bool {
    match &derived.empty_with {
        Some((id, ty)) => is_empty_input(*id, ty, world),
        None if derived.at_least > 0 => false,
        None => !world.decide(&Test::Opaque(format!("{} is not empty", derived.text).into())),
    }
}

fn is_empty_input(id: InputId, ty: &Ty, world: &mut World<'_>) -> bool {
    let empty = match ty {
        // An object has the attributes of its type.
        Ty::Object(attributes) if !attributes.is_empty() => return false,
        // `for_each` takes no tuple, so what has no type is an object.
        Ty::Map(_) | Ty::Object(_) | Ty::Dynamic => serde_json::json!({}),
        Ty::String => serde_json::json!(""),
        Ty::Number => serde_json::json!(0),
        _ => serde_json::json!([]),
    };
    world.decide(&Test::Equals(id, empty))
}

/// The expression's value; where it is not known, after settling the inputs that it depends on.
pub(super) fn settled(expr: &Expr, here: &Here<'_>, world: &mut World<'_>) -> Result<Val, Failure> {
    let value = here.evaluate(expr, world)?;
    if value.why().is_none() {
        return Ok(value);
    }
    let before = world.decisions();
    settle_inputs(expr, here, world);
    if world.decisions() == before { Ok(value) } else { here.evaluate(expr, world) }
}

/// Settles every input that an expression depends on, through locals and module calls.
pub(super) fn settle_inputs(expr: &Expr, here: &Here<'_>, world: &mut World<'_>) {
    settle_below(expr, here, &mut BTreeSet::new(), world, 0);
}

fn settle_below(
    expr: &Expr,
    here: &Here<'_>,
    seen: &mut BTreeSet<(usize, String)>,
    world: &mut World<'_>,
    depth: usize,
) {
    if depth > 32 {
        return;
    }
    let mut names: Vec<(bool, Arc<str>)> = Vec::new();
    // Lists that an element is read of: nobody passes an empty one.
    let mut filled: Vec<Arc<str>> = Vec::new();
    walk::each(expr, &mut |part| {
        if let ExprKind::GetAttr { object, name, .. } = &part.kind
            && let ExprKind::Variable(root) = &object.kind
            && matches!(&**root, "var" | "local")
        {
            names.push((&**root == "var", Arc::clone(name)));
        }
        if let ExprKind::Index { object, .. } = &part.kind
            && let ExprKind::GetAttr { object: root, name, .. } = &object.kind
            && matches!(&root.kind, ExprKind::Variable(root) if &**root == "var")
        {
            filled.push(Arc::clone(name));
        }
        true
    });
    for (is_variable, name) in names {
        if !seen.insert((here.place.node, format!("{is_variable}{name}"))) {
            continue;
        }
        let configuration = here.configuration;
        if !is_variable {
            if let Some(local) = configuration.module(&here.place).locals.get(&name) {
                settle_below(&local.value, here, seen, world, depth + 1);
            }
        } else if here.place.node == 0 {
            if let Some(variable) = configuration.variables.get(&name) {
                let is_filled = filled.contains(&name);
                world.settle_among(variable.id, |literal| !is_filled || !is_empty_collection(literal));
            }
        } else if let Some((outer, call, _)) = configuration.caller(&here.place)
            && let Some(argument) = configuration.module(&outer).calls.get(call).and_then(|call| call.argument(&name))
        {
            settle_below(&argument.value, &Here::new(configuration, outer, None), seen, world, depth + 1);
        }
    }
}

fn is_empty_collection(literal: &serde_json::Value) -> bool {
    literal.as_array().is_some_and(Vec::is_empty) || literal.as_object().is_some_and(serde_json::Map::is_empty)
}

/// The test that an expression that can't be reduced holds. Where it is not the inputs that decide it, nobody can answer it.
fn opaque(expr: &Expr, here: &Here<'_>, behind: &str, value: &Val) -> Test {
    let text = source_text(expr, here);
    // Whoever reads it must see what the comparison is about.
    let simple = matches!(expr.kind, ExprKind::GetAttr { .. } | ExprKind::Call { .. } | ExprKind::Index { .. });
    let text = if behind.is_empty() || simple { text } else { format!("({text})") };
    let text = format!("{text}{behind}{}", here.note()).into();
    match value.why().filter(|why| why.kind != UnknownKind::Input) {
        Some(why) => Test::Unknown(text, why),
        None => Test::Opaque(text),
    }
}

/// The text of an expression, on one line.
fn source_text(expr: &Expr, here: &Here<'_>) -> String {
    let source = here.configuration.files.sources().get(expr.span.source);
    source.slice(expr.span).split_whitespace().collect::<Vec<_>>().join(" ")
}

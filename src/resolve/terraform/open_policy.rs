//! Policies with the statements left open that hang on conditions: a verdict on a policy hangs on few of them.
//!
//! Only what is plain in the text is left open: the statements of a `jsonencode` that are listed or concatenated, and the
//! `statement` blocks of an `aws_iam_policy_document`. Any other policy is evaluated as every other argument.

use std::collections::BTreeSet;

use super::blocks;
use super::configuration::{Configuration, Place, Slot};
use super::evaluate::to_value;
use super::here::{Here, Owner};
use super::module::attribute;
use super::policy_document;
use super::val::Data;
use crate::model::evaluator::Key;
use crate::read::hcl::ast::{Block, Expr, ExprKind};
use crate::source::limits::MAX_ALTERNATIVES;
use crate::value::{Alternative, Entry, Fact, Kind, Origin, Value, World};

impl Configuration {
    /// A policy that an argument holds, its statements left open; `None` where it must be evaluated as it is.
    pub(super) fn open_policy(
        &self,
        place: &Place,
        index: usize,
        key: &Key,
        name: &str,
        world: &mut World<'_>,
    ) -> Option<Value> {
        let resource = self.resource(place, index)?;
        let written = attribute(&resource.body, name)?;
        let here = Here::new(self, place.clone(), None).owned(Owner::Resource(index, key.clone()));
        self.follow(&here, &written.value, world, 0, &mut |here, expr, world| {
            self.open_encoded(here, expr, world).or_else(|| self.open_document(here, expr, world))
        })
    }

    /// `jsonencode({ Statement = ... })`.
    fn open_encoded(&self, here: &Here<'_>, expr: &Expr, world: &mut World<'_>) -> Option<Value> {
        let ExprKind::Call { name, arguments, expand_last: false, .. } = &expr.kind else { return None };
        let [argument] = arguments.as_slice() else { return None };
        let ExprKind::Object(items) = &argument.kind else { return None };
        if &**name != "jsonencode" {
            return None;
        }
        let mut entries: Vec<Entry> = Vec::new();
        for item in items {
            let (ExprKind::Variable(key) | ExprKind::String(key)) = &item.key.kind else { return None };
            let value = match &**key {
                "Statement" => {
                    let statements = listed(here, &item.value, world)?;
                    Value::new(Kind::List(statements), Origin::at(item.value.span))
                }
                _ => to_value(&here.evaluate(&item.value, world).ok()?, world),
            };
            if entries.iter().any(|entry| entry.key == *key) {
                return None;
            }
            entries.push(Entry { key: key.clone(), key_span: Some(item.key.span), value });
        }
        let statements = entries.iter().find(|entry| &*entry.key == "Statement")?;
        is_open(&statements.value).then(|| Value::new(Kind::Map(entries), Origin::at(argument.span)))
    }

    /// `data.aws_iam_policy_document.x.json`.
    fn open_document(&self, here: &Here<'_>, expr: &Expr, world: &mut World<'_>) -> Option<Value> {
        let ExprKind::GetAttr { object, name, .. } = &expr.kind else { return None };
        let ExprKind::GetAttr { object, name: own, .. } = &object.kind else { return None };
        let ExprKind::GetAttr { object: root, name: kind, .. } = &object.kind else { return None };
        if !matches!(&root.kind, ExprKind::Variable(root) if &**root == "data")
            || !matches!(&**name, "json" | "minified_json")
            || &**kind != policy_document::KIND
        {
            return None;
        }
        let index = self.module(&here.place).resource(true, kind, own)?;
        let resource = self.resource(&here.place, index)?;
        // One of several is chosen by what only evaluating tells.
        if ["count", "for_each"].iter().any(|name| attribute(&resource.body, name).is_some()) {
            return None;
        }
        let slot = Slot::Attribute(index, &Key::None, "@open-document");
        let made = self.remember(&here.place, slot, resource.header, here.frame, world, |frame, world| {
            let owner = Owner::Resource(index, Key::None);
            let inside = Here::new(self, here.place.clone(), Some(frame)).owned(owner);
            Ok(policy_document::merged_open(&inside, resource, world))
        });
        let mut document = made.ok()??;
        let used = Origin::at(expr.span);
        document.origin = document.origin.and(&used);
        Some(document)
    }
}

/// The statements of an expression that lists them, those left open that hang on conditions; `None` where it is no list.
fn listed(here: &Here<'_>, expr: &Expr, world: &mut World<'_>) -> Option<Vec<Value>> {
    match &expr.kind {
        ExprKind::Parens(inner) => listed(here, inner, world),
        ExprKind::Tuple(items) => {
            let mut found = Vec::new();
            for item in items {
                let one = |world: &mut World<'_>| Some(vec![to_value(&here.evaluate(item, world).ok()?, world)]);
                found.extend(part(world, Origin::at(item.span), one)?);
            }
            Some(found)
        }
        ExprKind::Call { name, arguments, expand_last: false, .. } if &**name == "concat" => {
            let mut found = Vec::new();
            for argument in arguments {
                found.extend(listed(here, argument, world)?);
            }
            Some(found)
        }
        _ => part(world, Origin::at(expr.span), |world| {
            let value = here.evaluate(expr, world).ok()?;
            let Data::Sequence(_) = &value.data else { return None };
            Some(to_value(&value, world).items().to_vec())
        }),
    }
}

/// The `statement` blocks of a policy document, each as `statement` makes it a statement of a policy; those left open that
/// hang on conditions. `None` where a Sid may replace another statement.
pub(super) fn blocks_of(
    here: &Here<'_>,
    all: &[Block],
    world: &mut World<'_>,
    statement: impl Fn(&Value) -> Value,
) -> Option<Vec<Value>> {
    let mut found = Vec::new();
    for block in all.iter().filter(|block| blocks::makes(block, "statement")) {
        found.extend(part(world, Origin::at(block.header), |world| {
            Some(blocks::made(here, block, "statement", world, 0).iter().map(&statement).collect())
        })?);
    }
    let mut sids = BTreeSet::new();
    let alternatives = |value: &Value| match &value.kind {
        Kind::Choice(them) => them.iter().flat_map(|it| it.items.clone()).collect(),
        _ => vec![value.clone()],
    };
    let own = found.iter().flat_map(alternatives).filter_map(|it| it.get("Sid").cloned());
    let unique = own.into_iter().all(|sid| sid.as_str().is_some_and(|sid| sids.insert(sid.to_owned())));
    unique.then_some(found)
}

/// Whether something in a list of statements is open.
pub(super) fn is_open(statements: &Value) -> bool {
    statements.items().iter().any(|item| matches!(item.kind, Kind::Choice(_)))
}

/// One part of a list of statements, left open where it hangs on conditions; where there are too many, they are decided.
fn part(
    world: &mut World<'_>,
    origin: Origin,
    make: impl Fn(&mut World<'_>) -> Option<Vec<Value>>,
) -> Option<Vec<Value>> {
    let Some(found) = world.alternatives(MAX_ALTERNATIVES, &make) else { return make(world) };
    let one = |(facts, items): (Vec<Fact>, Option<Vec<Value>>)| Some(Alternative { facts, items: items? });
    let alternatives: Vec<Alternative> = found.into_iter().map(one).collect::<Option<_>>()?;
    Some(Value::choice(alternatives, &Value::absent(origin)))
}

//! The keys of a map, without its values: which instances there are hangs on no value.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::scope::Failure;
use super::super::types::Ty;
use super::super::val::{Data, Val};
use super::choose::{Decision, decide};
use super::collect::{key_text, pairs};
use super::open::{derived, render, why_of};
use super::{Context, evaluate, failure};
use crate::read::hcl::ast::{Expr, ExprKind, ForExpr};
use crate::resolve::terraform::walk;
use crate::source::Span;
use crate::value::{Origin, Test, Unknown, UnknownKind};

/// What is known of the keys of a map or object.
#[derive(Clone, Debug)]
pub enum Keys {
    /// They are these.
    Known(Arc<BTreeSet<Arc<str>>>),
    /// They can't be told; this value is empty where there are none, or unknown.
    Open(Val),
}

/// The keys that an expression gives. `None`: it is not written so that they can be told without its values.
///
/// # Errors
/// As evaluating it, those of its values excepted.
pub fn keys(expr: &Expr, cx: &mut Context<'_, '_>) -> Result<Option<Keys>, Failure> {
    match &expr.kind {
        ExprKind::Parens(inner) => keys(inner, cx),
        ExprKind::Object(items) => {
            let mut known = BTreeSet::new();
            for item in items {
                let key = evaluate(&item.key, cx)?;
                // A sensitive key marks the whole, which only the whole tells.
                if key.origin.sensitive {
                    return Ok(None);
                }
                match key_text(&key, item.key.span, cx)? {
                    Ok(name) => _ = known.insert(name),
                    Err(why) => return Ok(Some(unknown(why, expr.span))),
                }
            }
            Ok(Some(Keys::Known(Arc::new(known))))
        }
        ExprKind::For(walk) => of_for(walk, expr.span, cx),
        ExprKind::Conditional { condition, yes, no } => {
            let given = evaluate(condition, cx)?;
            match decide(&given, condition.span, cx)? {
                _ if given.origin.sensitive => Ok(None),
                Decision::Yes => keys(yes, cx),
                Decision::No => keys(no, cx),
                Decision::Unknown(_) => Ok(None),
            }
        }
        ExprKind::Call { name, arguments, expand_last: false, .. } if &**name == "merge" => {
            let mut all = BTreeSet::new();
            let mut open = None;
            for argument in arguments {
                match keys(argument, cx)? {
                    Some(Keys::Known(known)) => all.extend(known.iter().cloned()),
                    Some(Keys::Open(value)) => open = Some(value),
                    None => return Ok(None),
                }
            }
            Ok(Some(match open {
                // They are more than these, and how many can't be told.
                Some(value) => Keys::Open(not_told(&value, expr.span, cx)),
                None => Keys::Known(Arc::new(all)),
            }))
        }
        ExprKind::GetAttr { object, name, .. } => match &object.kind {
            ExprKind::Variable(root) => cx.scope.keys(root, name, expr.span, cx.world),
            _ => Ok(None),
        },
        _ => Ok(None),
    }
}

fn unknown(why: Unknown, span: Span) -> Keys {
    Keys::Open(Val::new(Data::Unknown { why, not_null: true }, Ty::Dynamic, Origin::at(span)))
}

/// What can't be told because of another value.
fn not_told(value: &Val, span: Span, cx: &Context<'_, '_>) -> Val {
    derived(None, why_of(value, cx.world), true, Ty::Dynamic, Origin::at(span))
}

fn of_for(walk: &ForExpr, span: Span, cx: &mut Context<'_, '_>) -> Result<Option<Keys>, Failure> {
    let Some(key) = &walk.key else { return Ok(None) };
    let decisive = [Some(key), walk.condition.as_ref()];
    let by_value = decisive.into_iter().flatten().any(|expr| names(expr, &walk.value_name));
    let elements = match if by_value { None } else { keys(&walk.collection, cx)? } {
        Some(Keys::Known(known)) => {
            // No value is asked for: any will do.
            let text = |name: &Arc<str>| Val::new(Data::String(Arc::clone(name)), Ty::String, Origin::at(span));
            known.iter().map(|name| (text(name), text(name))).collect()
        }
        Some(Keys::Open(value)) => return Ok(Some(Keys::Open(through(walk, value, span, cx)))),
        None => {
            let collection = evaluate(&walk.collection, cx)?;
            match pairs(collection.clone(), walk.collection.span, cx)? {
                Ok(pairs) => pairs,
                Err(_) => return Ok(Some(Keys::Open(through(walk, collection, span, cx)))),
            }
        }
    };
    let mut known = BTreeSet::new();
    let before = std::mem::take(&mut cx.met);
    for (name, value) in elements {
        let bound = cx.bindings.len();
        if let Some(key_name) = &walk.key_name {
            cx.bindings.push((Arc::clone(key_name), name.clone()));
        }
        cx.bindings.push((Arc::clone(&walk.value_name), value));
        let step = one(walk, key, &name, cx);
        cx.bindings.truncate(bound);
        match step? {
            // A sensitive key or filter marks the whole, which only the whole tells.
            _ if cx.met.whole => {
                cx.met = before;
                return Ok(None);
            }
            Ok(None) => {}
            Ok(Some(name)) if known.insert(Arc::clone(&name)) || walk.grouping => {}
            Ok(Some(name)) => {
                let message = format!("two elements have the key {name:?}; write ... behind the value to group them");
                return Err(failure(key.span, message));
            }
            Err(why) => return Ok(Some(unknown(why, span))),
        }
    }
    cx.met = before;
    Ok(Some(Keys::Known(Arc::new(known))))
}

/// The key that one element gives; none where the filter leaves it out.
fn one(
    walk: &ForExpr,
    key: &Expr,
    name: &Val,
    cx: &mut Context<'_, '_>,
) -> Result<Result<Option<Arc<str>>, Unknown>, Failure> {
    if let Some(condition) = &walk.condition {
        let given = evaluate(condition, cx)?;
        match decide(&given, condition.span, cx)? {
            Decision::Yes => {}
            Decision::No => return Ok(Ok(None)),
            // Whether this one is there is a question of its own.
            Decision::Unknown(why) => {
                let test = question(condition, name, why, cx);
                if !cx.world.decide(&test) {
                    return Ok(Ok(None));
                }
            }
        }
    }
    let given = evaluate(key, cx)?;
    Ok(key_text(&given, key.span, cx)?.map(Some))
}

/// The test that a filter that can't be told lets an element through. The same text stands for the same element only.
fn question(condition: &Expr, name: &Val, why: Unknown, cx: &Context<'_, '_>) -> Test {
    let source = cx.scope.files().sources().get(condition.span.source);
    let at = source.position(condition.span.start);
    let name = render(name, cx.world).unwrap_or_else(|| "an element".to_owned());
    let text = format!(
        "{} of {name} at {}:{}:{}{}",
        cx.text(condition.span),
        source.path(),
        at.line,
        at.column,
        cx.scope.note()
    );
    if why.kind == UnknownKind::Input { Test::Opaque(text.into()) } else { Test::Unknown(text.into(), why) }
}

/// A `for` over what can't be told: without a filter it is empty where that is.
fn through(walk: &ForExpr, collection: Val, span: Span, cx: &Context<'_, '_>) -> Val {
    if walk.condition.is_none() { collection } else { not_told(&collection, span, cx) }
}

/// Whether an expression speaks of a name.
fn names(expr: &Expr, name: &str) -> bool {
    let mut found = false;
    walk::each(expr, &mut |part| {
        found |= matches!(&part.kind, ExprKind::Variable(root) if &**root == name);
        !found
    });
    found
}

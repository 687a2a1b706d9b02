//! Named predicates over raw values: the model's questions, asked by a check.

use std::sync::Arc;

use super::access::{Step, traced};
use super::calls::plain;
use super::{Eval, as_value};
use crate::model::Instance;
use crate::model::schema::{Answer, Object};
use crate::rule::functions::Plain;
use crate::rule::item::{Got, Item, Trace};
use crate::rule::syntax::{Call, Expr};
use crate::value::{Kind, Unknown, UnknownKind, Value, World};

impl Eval<'_, '_> {
    /// A named predicate. Its argument is not settled first: the model asks only what the answer hangs on.
    pub(super) fn predicate(&mut self, call: &Call, world: &mut World<'_>) -> Got {
        let Some((first, others)) = call.arguments.split_first() else {
            return Got::error(format!("`{}` needs a value", call.name), Vec::new());
        };
        if &*call.name == "resources" {
            return self.resources(first, world);
        }
        let of = self.value(first, world);
        if let Some(why) = of.why_unknown() {
            return Got::unknown(why, of.traces);
        }
        let Some(value) = raw(&of) else {
            return Got::error(format!("`{}` can't take such a value", call.name), of.traces);
        };
        let path = format!("{}({})", call.name, shown(first, &of));
        let answer = match &*call.name {
            "isCustomerKey" => self.stack.is_customer_key(&value, world),
            "keyOf" => self.stack.key_of(&value, world),
            "canRotate" => self.stack.rotates(&value, false, world),
            "isRotated" => self.stack.rotates(&value, true, world),
            "isPublic" => self.stack.is_public(&value, world),
            "policyOf" => match self.owner() {
                _ if value.is_absent() => Answer::Absent(value.origin),
                Some(owner) => Answer::Object(self.stack.policy_of(value, &owner)),
                None => return Got::error("`policyOf` needs a subject that is a resource", of.traces),
            },
            _ => {
                let mut texts = Vec::new();
                for other in others {
                    match self.text(other, world) {
                        Ok(text) => texts.push(text),
                        Err(why) => return Got::unknown(why, of.traces),
                    }
                }
                match texts.as_slice() {
                    [action, _] if action.contains(['*', '?']) || !action.contains(':') => {
                        let why = "`allows` asks of one action, such as 's3:GetObject'";
                        return Got::error(why, of.traces);
                    }
                    [action, principal] => self.stack.allows(&value, action, principal, world),
                    _ => return Got::error("`allows` needs an action and a principal", of.traces),
                }
            }
        };
        answered(answer, path, &of)
    }

    /// All resources of a type. That there are these and no others is decided by the unit as a whole: the subject stands
    /// for it.
    fn resources(&mut self, kind: &Expr, world: &mut World<'_>) -> Got {
        let kind = match self.text(kind, world) {
            Ok(kind) => kind,
            Err(why) => return Got::unknown(why, Vec::new()),
        };
        let of = self.bindings.names.first().map(|(_, got)| got.traces.clone()).unwrap_or_default();
        let item = |(at, object): (usize, Object)| {
            let (path, origin) = (format!("resources('{kind}')[{at}]"), object.origin.clone());
            let trace = Trace { path, origin, name: None, from: of.last().cloned(), shown: None };
            Got { item: Item::Object(object), traces: vec![Arc::new(trace)] }
        };
        let objects = self.stack.subjects("resource", std::slice::from_ref(&kind), world);
        Got { item: Item::List(objects.into_iter().enumerate().map(item).collect()), traces: of.clone() }
    }

    /// An argument that must be a known text.
    fn text(&mut self, expr: &Expr, world: &mut World<'_>) -> Result<String, Unknown> {
        let got = self.value(expr, world);
        let got = self.settled(got, world);
        match plain(&got)? {
            Plain::Text(text) => Ok(text),
            _ => Err(Unknown::new(UnknownKind::Error, "this must be a string")),
        }
    }

    /// The resource that the subject is, or stands in.
    fn owner(&self) -> Option<Instance> {
        self.bindings.names.iter().find_map(|(_, got)| match &got.item {
            Item::Object(object) => object.instance.clone(),
            _ => None,
        })
    }
}

/// The value that is asked about; a policy gives its document.
fn raw(got: &Got) -> Option<Value> {
    match &got.item {
        Item::Object(object) => object.value.as_ref()?.get("document").cloned(),
        _ => as_value(got),
    }
}

/// The argument as labels name it.
fn shown(expr: &Expr, got: &Got) -> String {
    let path = || got.last().map(|trace| trace.path.clone());
    expr.path().or_else(path).unwrap_or_else(|| "...".to_owned())
}

/// An answer with what decided it: the text in the document or of the key, read through the argument.
fn answered(answer: Answer, path: String, of: &Got) -> Got {
    let step = Step::Asked(&path);
    match answer {
        Answer::Value(value) => traced(Item::Plain(value), step, None, of),
        Answer::Object(object) => traced(Item::Object(object), step, None, of),
        Answer::Absent(origin) => traced(Item::Plain(Value::absent(origin)), step, None, of),
        Answer::Unknown(why, origin) => traced(Item::Plain(Value::new(Kind::Unknown(why), origin)), step, None, of),
        Answer::Objects(objects, origin) => {
            let trace = Trace { path, origin, name: None, from: of.last().cloned(), shown: None };
            let traces = vec![Arc::new(trace)];
            let items = objects.into_iter().map(|object| Got { item: Item::Object(object), traces: traces.clone() });
            Got { item: Item::List(items.collect()), traces: traces.clone() }
        }
    }
}

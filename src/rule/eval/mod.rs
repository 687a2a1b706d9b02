//! Evaluating an expression in one world, in Kleene's logic, with provenance.
//!
//! Where an answer hangs on an open input, the world is asked, and branches; what stays open makes the answer unknown
//! with its reason. What CEL calls an error (a wrong type, a division by zero) is unknown too, so that `&&` and `||`
//! absorb it as they do in CEL.

mod access;
mod calls;
mod operators;
mod predicates;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::compare::{why_symbol, why_text};
use super::functions::is_predicate;
use super::item::{Got, Item, Trace};
use super::syntax::{Expr, ExprKind, Prefix};
use crate::model::Stack;
use crate::value::{Entry, Kind, Origin, Truth, Unknown, UnknownKind, Value, World};

/// Most steps of one check in one world.
const MAX_STEPS: usize = 1_000_000;

/// What names mean: the subject, the unit, the parameters, and the rule's own names.
#[derive(Clone, Debug, Default)]
pub(super) struct Bindings<'r> {
    pub(super) names: Vec<(&'r str, Got)>,
    /// Names that the rule binds to expressions.
    pub(super) selected: Vec<(&'r str, &'r Expr)>,
    pub(super) params: Option<&'r BTreeMap<String, Value>>,
}

/// One evaluation: of one subject, in one world.
pub(super) struct Eval<'e, 's> {
    stack: &'e Stack<'s>,
    bindings: &'e Bindings<'e>,
    locals: Vec<(Arc<str>, Got)>,
    steps: usize,
    /// Whether a list may hold what hangs on conditions that were not asked.
    leaves_open: bool,
}

impl<'e, 's> Eval<'e, 's> {
    pub(super) fn new(stack: &'e Stack<'s>, bindings: &'e Bindings<'e>) -> Self {
        Eval { stack, bindings, locals: Vec::new(), steps: 0, leaves_open: false }
    }

    /// Whether the expression holds, and what decided that.
    pub(super) fn truth(&mut self, expr: &Expr, world: &mut World<'_>) -> (Truth, Vec<Arc<Trace>>) {
        let got = self.value(expr, world);
        let truth = self.as_truth(&got, world);
        (truth, got.traces)
    }

    /// The expression's value, and what decided it.
    pub(super) fn value(&mut self, expr: &Expr, world: &mut World<'_>) -> Got {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Got::unknown(Unknown::new(UnknownKind::Limit, "the check takes too many steps"), Vec::new());
        }
        match &expr.kind {
            ExprKind::Null => Got::plain(Kind::Absent, Vec::new()),
            ExprKind::Bool(flag) => Got::plain(Kind::Bool(*flag), Vec::new()),
            ExprKind::Number(number) => Got::number(*number, Vec::new()),
            ExprKind::String(text) => Got::plain(Kind::String(Arc::clone(text)), Vec::new()),
            ExprKind::List(items) => {
                let items: Vec<Got> = items.iter().map(|item| self.value(item, world)).collect();
                let traces = items.iter().flat_map(|item| item.traces.clone()).collect();
                Got { item: Item::List(items), traces }
            }
            ExprKind::Map(members) => self.map(members, world),
            ExprKind::Name(_) | ExprKind::Member(..) | ExprKind::Index(..) => self.path(expr, world),
            ExprKind::Has(member) => {
                let got = self.value(member, world);
                let truth = match &got.item {
                    Item::Plain(Value { kind: Kind::Unknown(why), .. }) => Truth::Unknown(why.clone()),
                    _ => Truth::from(!got.is_absent()),
                };
                Got::truth(truth, got.traces)
            }
            ExprKind::Prefix(Prefix::Not, operand) => {
                let (truth, traces) = self.truth(operand, world);
                Got::truth(truth.not(), traces)
            }
            ExprKind::Prefix(Prefix::Minus, operand) => {
                let got = self.value(operand, world);
                self.negated(&got, world)
            }
            ExprKind::Infix(infix, _, left, right) => self.infix(*infix, left, right, world),
            ExprKind::And(operands) => self.joined(operands, false, world),
            ExprKind::Or(operands) => self.joined(operands, true, world),
            ExprKind::Conditional(condition, then, otherwise) => {
                let (truth, mut traces) = self.truth(condition, world);
                let branch = match truth {
                    Truth::Unknown(why) => return Got::unknown(why, traces),
                    Truth::True => then,
                    Truth::False => otherwise,
                };
                let got = self.value(branch, world);
                // What the branch read decided last; the condition decided too.
                traces.extend(got.traces);
                Got { item: got.item, traces }
            }
            ExprKind::Call(call) if is_predicate(&call.name) => self.predicate(call, world),
            ExprKind::Call(call) => self.call(call, world),
            ExprKind::Macro(call) => self.over(call, world),
        }
    }

    /// `&&` (`decisive` false) or `||` (`decisive` true): the first operand that is decisive decides alone; an unknown
    /// one is kept while the others are asked; else all have decided.
    fn joined(&mut self, operands: &[Expr], decisive: bool, world: &mut World<'_>) -> Got {
        let mut unknown: Option<Got> = None;
        let mut traces = Vec::new();
        for operand in operands {
            let (truth, read) = self.truth(operand, world);
            match truth {
                Truth::Unknown(why) if unknown.is_none() => unknown = Some(Got::unknown(why, read)),
                Truth::Unknown(_) => {}
                known if known.is_true() == decisive => return Got::truth(known, read),
                _ => traces.extend(read),
            }
        }
        unknown.unwrap_or_else(|| Got::truth(Truth::from(!decisive), traces))
    }

    fn map(&mut self, members: &[(Expr, Expr)], world: &mut World<'_>) -> Got {
        let mut entries: Vec<Entry> = Vec::new();
        let mut traces = Vec::new();
        for (key, value) in members {
            let (key, value) = (self.value(key, world), self.value(value, world));
            traces.extend(key.traces);
            traces.extend(value.traces.iter().cloned());
            let (Item::Plain(key), Some(value)) = (&key.item, as_value(&value)) else {
                return Got::error("a map holds plain values under strings", traces);
            };
            let Some(key) = key.as_str() else { return Got::error("a key must be a string", traces) };
            if entries.iter().any(|entry| &*entry.key == key) {
                return Got::error(format!("the key {key:?} is there twice"), traces);
            }
            entries.push(Entry { key: key.into(), key_span: None, value });
        }
        Got::plain(Kind::Map(entries), traces)
    }

    /// The result with its open inputs settled, where it is a scalar known only in part.
    fn settled(&self, got: Got, world: &mut World<'_>) -> Got {
        match &got.item {
            Item::Plain(value) if matches!(value.kind, Kind::Symbol(_) | Kind::Text(_)) => {
                let value = self.stack.settled(value, world);
                let mut traces = got.traces;
                if let Some(last) = traces.last_mut() {
                    *last = Arc::new(Trace { origin: value.origin.clone(), ..(**last).clone() });
                }
                Got { item: Item::Plain(value), traces }
            }
            _ => got,
        }
    }

    /// A result as a truth: what is absent is not true.
    fn as_truth(&mut self, got: &Got, world: &mut World<'_>) -> Truth {
        let settled;
        let got = match &got.item {
            Item::Plain(value) if matches!(value.kind, Kind::Symbol(_) | Kind::Text(_)) => {
                settled = self.settled(got.clone(), world);
                &settled
            }
            _ => got,
        };
        let error = |why: &str| Truth::Unknown(Unknown::new(UnknownKind::Error, why));
        let Item::Plain(value) = &got.item else { return error("this is neither true nor false") };
        match &value.kind {
            Kind::Absent => Truth::False,
            Kind::Unknown(why) => Truth::Unknown(why.clone()),
            Kind::Symbol(symbol) => Truth::Unknown(why_symbol(symbol)),
            Kind::Text(parts) => Truth::Unknown(why_text(parts)),
            _ => value.as_bool().map_or_else(|| error("this is neither true nor false"), Truth::from),
        }
    }
}

/// A result as one plain value; `None` where objects are in it.
fn as_value(got: &Got) -> Option<Value> {
    match &got.item {
        Item::Plain(value) => Some(value.clone()),
        Item::Object(_) => None,
        Item::List(items) => {
            let items = items.iter().map(as_value).collect::<Option<_>>()?;
            Some(Value::new(Kind::List(items), Origin::default()))
        }
    }
}

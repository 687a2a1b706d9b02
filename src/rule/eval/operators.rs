//! Comparisons, membership and arithmetic.

use super::Eval;
use crate::rule::compare::{equal, number, order, why_symbol, why_text};
use crate::rule::item::{Got, Item};
use crate::rule::syntax::{Expr, Infix, Number};
use crate::value::{Kind, Truth, Unknown, UnknownKind, Value, World};

impl Eval<'_, '_> {
    pub(super) fn infix(&mut self, infix: Infix, left: &Expr, right: &Expr, world: &mut World<'_>) -> Got {
        let (left, right) = (self.value(left, world), self.value(right, world));
        match infix {
            Infix::Equal => self.equality(left, right, false, world),
            Infix::NotEqual => self.equality(left, right, true, world),
            Infix::In => self.membership(&left, &right, world),
            Infix::Less | Infix::LessEqual | Infix::Greater | Infix::GreaterEqual => {
                let (left, right) = (self.settled(left, world), self.settled(right, world));
                let traces = both(&left, &right);
                match order(&left, &right) {
                    Err(why) => Got::unknown(why, traces),
                    Ok(order) => {
                        let holds = match infix {
                            Infix::Less => order.is_lt(),
                            Infix::LessEqual => order.is_le(),
                            Infix::Greater => order.is_gt(),
                            _ => order.is_ge(),
                        };
                        Got::truth(Truth::from(holds), traces)
                    }
                }
            }
            _ => {
                let (left, right) = (self.settled(left, world), self.settled(right, world));
                arithmetic(infix, &left, &right)
            }
        }
    }

    fn equality(&mut self, left: Got, right: Got, negated: bool, world: &mut World<'_>) -> Got {
        // Whether something is there at all is known without its value.
        let (left, right) = if left.is_absent() || right.is_absent() {
            (left, right)
        } else {
            (self.settled(left, world), self.settled(right, world))
        };
        let truth = equal(&left, &right);
        Got::truth(if negated { truth.not() } else { truth }, both(&left, &right))
    }

    fn membership(&mut self, item: &Got, list: &Got, world: &mut World<'_>) -> Got {
        let elements = match self.elements(list, world) {
            Ok(elements) => elements,
            Err(why) => return Got::unknown(why, both(item, list)),
        };
        let item = self.settled(item.clone(), world);
        // An error is in no list, not even in an empty one.
        if let Some(why) = item.why_unknown().filter(|why| why.kind == UnknownKind::Error) {
            return Got::unknown(why, both(&item, list));
        }
        let mut unknown = None;
        for element in elements {
            let element = self.settled(element, world);
            match equal(&item, &element) {
                Truth::True => return Got::truth(Truth::True, both(&item, &element)),
                Truth::Unknown(why) if unknown.is_none() => unknown = Some(Got::unknown(why, both(&item, &element))),
                _ => {}
            }
        }
        unknown.unwrap_or_else(|| Got::truth(Truth::False, both(&item, list)))
    }

    pub(super) fn negated(&mut self, got: &Got, world: &mut World<'_>) -> Got {
        let zero = Got::number(Number::Int(0), Vec::new());
        let operand = self.settled(got.clone(), world);
        arithmetic(Infix::Subtract, &zero, &operand)
    }
}

/// What both operands read.
pub(super) fn both(left: &Got, right: &Got) -> Vec<std::sync::Arc<crate::rule::item::Trace>> {
    left.traces.iter().chain(&right.traces).cloned().collect()
}

fn arithmetic(infix: Infix, left: &Got, right: &Got) -> Got {
    let traces = both(left, right);
    if let Some(why) = blocked(left).or_else(|| blocked(right)) {
        return Got::unknown(why, traces);
    }
    if infix == Infix::Add
        && let Some(sum) = joined(left, right)
    {
        return Got { item: sum, traces };
    }
    let operand = |got: &Got| match &got.item {
        Item::Plain(value) if matches!(value.kind, Kind::Number(_) | Kind::String(_)) => number(value),
        _ => None,
    };
    let (Some(a), Some(b)) = (operand(left), operand(right)) else {
        return Got::error(format!("`{}` needs two numbers", infix.text()), traces);
    };
    let result = match (a, b) {
        (Number::Int(a), Number::Int(b)) => match infix {
            Infix::Add => a.checked_add(b),
            Infix::Subtract => a.checked_sub(b),
            Infix::Multiply => a.checked_mul(b),
            Infix::Divide => a.checked_div(b),
            _ => a.checked_rem(b),
        }
        .map(Number::Int),
        (a, b) => {
            let (a, b) = (a.as_f64(), b.as_f64());
            let result = match infix {
                Infix::Add => a + b,
                Infix::Subtract => a - b,
                Infix::Multiply => a * b,
                Infix::Divide => a / b,
                _ => f64::NAN,
            };
            Some(result).filter(|result| result.is_finite()).map(Number::Double)
        }
    };
    match result {
        Some(number) => Got::number(number, traces),
        None => Got::error(format!("`{}` has no result for {a} and {b}", infix.text()), traces),
    }
}

/// Why an operand can't be computed with.
fn blocked(got: &Got) -> Option<Unknown> {
    let Item::Plain(value) = &got.item else { return None };
    match &value.kind {
        Kind::Unknown(why) => Some(why.clone()),
        Kind::Symbol(symbol) => Some(why_symbol(symbol)),
        Kind::Text(parts) => Some(why_text(parts)),
        Kind::Absent => Some(Unknown::new(UnknownKind::Error, "what is absent can't be computed with")),
        _ => None,
    }
}

/// Strings or lists, one behind the other.
fn joined(left: &Got, right: &Got) -> Option<Item> {
    let items = |got: &Got| match &got.item {
        Item::List(items) => Some(items.clone()),
        Item::Plain(Value { kind: Kind::List(items), .. }) => {
            Some(items.iter().map(|item| Got { item: Item::Plain(item.clone()), traces: got.traces.clone() }).collect())
        }
        _ => None,
    };
    if let (Item::Plain(a), Item::Plain(b)) = (&left.item, &right.item)
        && let (Some(a), Some(b)) = (a.as_str(), b.as_str())
    {
        return Some(Item::Plain(Value::string(format!("{a}{b}"), crate::value::Origin::default())));
    }
    let mut all: Vec<Got> = items(left)?;
    all.extend(items(right)?);
    Some(Item::List(all))
}

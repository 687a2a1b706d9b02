//! Functions, and the macros over lists.

use std::sync::Arc;

use super::{Eval, as_value};
use crate::rule::compare::{head, number, tail, why_symbol, why_text};
use crate::rule::functions::{Plain, compute};
use crate::rule::item::{Got, Item, Trace};
use crate::rule::syntax::{Call, ExprKind, Macro, Number};
use crate::value::{Kind, Origin, Part, Truth, Unknown, UnknownKind, Value, World};

impl Eval<'_, '_> {
    pub(super) fn call(&mut self, call: &Call, world: &mut World<'_>) -> Got {
        let operands: Vec<_> = call.receiver.iter().chain(&call.arguments).collect();
        let mut got = Vec::new();
        for operand in operands {
            let value = self.value(operand, world);
            got.push(self.settled(value, world));
        }
        let traces: Vec<Arc<Trace>> = got.iter().flat_map(|got| got.traces.clone()).collect();
        if &*call.name == "size" {
            return self.size(&got, traces, world);
        }
        if &*call.name == "matches" {
            return matches(call, &got, traces);
        }
        if let Some(truth) = of_partly_known(&call.name, &got) {
            return Got::truth(truth, traces);
        }
        let plain: Result<Vec<Plain>, Unknown> = got.iter().map(plain).collect();
        let plain = match plain {
            Ok(plain) => plain,
            Err(why) => return Got::unknown(why, traces),
        };
        match compute(&call.name, &plain) {
            Ok(Plain::Bool(flag)) => Got::plain(Kind::Bool(flag), traces),
            Ok(Plain::Number(number)) => Got::number(number, traces),
            Ok(Plain::Text(text)) => Got::plain(Kind::String(text.into()), traces),
            Ok(Plain::Texts(texts)) => {
                let items = texts.into_iter().map(|text| Value::string(text, Origin::default())).collect();
                Got::plain(Kind::List(items), traces)
            }
            Err(why) => Got::error(why, traces),
        }
    }

    fn size(&mut self, got: &[Got], traces: Vec<Arc<Trace>>, world: &mut World<'_>) -> Got {
        let Some(of) = got.first() else { return Got::error("`size` needs a value", traces) };
        let size = match &of.item {
            Item::Plain(Value { kind: Kind::String(text), .. }) => text.chars().count(),
            Item::Plain(Value { kind: Kind::Bool(_) | Kind::Number(_), .. }) | Item::Object(_) => {
                return Got::error("this has no size", traces);
            }
            _ => match self.elements(of, world) {
                Ok(elements) => elements.len(),
                Err(why) => return Got::unknown(why, traces),
            },
        };
        Got::number(Number::Int(i64::try_from(size).unwrap_or(i64::MAX)), traces)
    }

    pub(super) fn over(&mut self, call: &Macro, world: &mut World<'_>) -> Got {
        // What hangs on conditions is asked whether it is there only where that decides.
        let direct = matches!(call.list.kind, ExprKind::Member(..)) && matches!(&*call.name, "all" | "exists");
        let before = std::mem::replace(&mut self.leaves_open, direct);
        let list = self.value(&call.list, world);
        self.leaves_open = before;
        let elements = match self.elements(&list, world) {
            Ok(elements) => elements,
            Err(why) => return Got::unknown(why, list.traces),
        };
        match &*call.name {
            "all" => self.quantified(call, &list, elements, false, world),
            "exists" => self.quantified(call, &list, elements, true, world),
            "exists_one" => self.exactly_one(call, &list, elements, world),
            "filter" => self.filtered(call, &list, elements, world),
            _ => self.mapped(call, &list, elements, world),
        }
    }

    /// `all` (`decisive` false) and `exists` (`decisive` true): one element can decide alone, and then what was read of
    /// it decided; else the list did, as a whole.
    fn quantified(
        &mut self,
        call: &Macro,
        list: &Got,
        elements: Vec<Got>,
        decisive: bool,
        world: &mut World<'_>,
    ) -> Got {
        let mut unknown = None;
        let mut traces = Vec::new();
        for element in elements {
            let own = element.traces.clone();
            let part = match &element.item {
                Item::Object(object) => Some(object.clone()),
                _ => None,
            };
            let (truth, read) = self.body(call, 0, element, world);
            let read = if read.is_empty() { own } else { read };
            let decides = matches!(truth, Truth::Unknown(_)) || truth.is_true() == decisive;
            if decides && part.is_some_and(|part| !self.stack.is_there(&part, world)) {
                continue;
            }
            match truth {
                Truth::Unknown(why) if unknown.is_none() => unknown = Some(Got::unknown(why, read)),
                Truth::Unknown(_) => {}
                known if known.is_true() == decisive => return Got::truth(known, read),
                _ => traces.extend(read),
            }
        }
        let traces = if list.traces.is_empty() { traces } else { list.traces.clone() };
        unknown.unwrap_or_else(|| Got::truth(Truth::from(!decisive), traces))
    }

    fn exactly_one(&mut self, call: &Macro, list: &Got, elements: Vec<Got>, world: &mut World<'_>) -> Got {
        let mut count = 0;
        let mut unknown = None;
        for element in elements {
            match self.body(call, 0, element, world) {
                (Truth::True, _) => count += 1,
                (Truth::False, _) => {}
                (Truth::Unknown(why), read) => unknown = Some(Got::unknown(why, read)),
            }
        }
        match unknown {
            Some(got) => got,
            None => Got::truth(Truth::from(count == 1), list.traces.clone()),
        }
    }

    fn filtered(&mut self, call: &Macro, list: &Got, elements: Vec<Got>, world: &mut World<'_>) -> Got {
        let mut kept = Vec::new();
        for element in elements {
            match self.body(call, 0, element.clone(), world) {
                (Truth::True, _) => kept.push(element),
                (Truth::False, _) => {}
                (Truth::Unknown(why), read) => return Got::unknown(why, read),
            }
        }
        Got { item: Item::List(kept), traces: list.traces.clone() }
    }

    fn mapped(&mut self, call: &Macro, list: &Got, elements: Vec<Got>, world: &mut World<'_>) -> Got {
        let mut results = Vec::new();
        for element in elements {
            if call.bodies.len() == 2 {
                match self.body(call, 0, element.clone(), world) {
                    (Truth::True, _) => {}
                    (Truth::False, _) => continue,
                    (Truth::Unknown(why), read) => return Got::unknown(why, read),
                }
            }
            let Some(value) = call.bodies.last() else { continue };
            self.locals.push((Arc::clone(&call.variable), element));
            let result = self.value(value, world);
            self.locals.pop();
            // CEL: an element without a value leaves the whole without one.
            if let Some(why) = result.why_unknown().filter(|why| why.kind == UnknownKind::Error) {
                return Got::unknown(why, result.traces);
            }
            results.push(result);
        }
        Got { item: Item::List(results), traces: list.traces.clone() }
    }

    fn body(&mut self, call: &Macro, at: usize, element: Got, world: &mut World<'_>) -> (Truth, Vec<Arc<Trace>>) {
        let Some(body) = call.bodies.get(at) else { return (Truth::False, Vec::new()) };
        self.locals.push((Arc::clone(&call.variable), element));
        let result = self.truth(body, world);
        self.locals.pop();
        result
    }
}

/// A result as a known plain value.
pub(super) fn plain(got: &Got) -> Result<Plain, Unknown> {
    let error = |why: &str| Unknown::new(UnknownKind::Error, why);
    let value = as_value(got).ok_or_else(|| error("a function takes plain values"))?;
    match &value.kind {
        Kind::Bool(flag) => Ok(Plain::Bool(*flag)),
        Kind::Number(_) => number(&value).map(Plain::Number).ok_or_else(|| error("the number is too large")),
        Kind::String(text) => Ok(Plain::Text(text.to_string())),
        Kind::List(items) => {
            let texts = items.iter().map(|item| match &item.kind {
                Kind::String(text) => Ok(text.to_string()),
                _ => Err(item.first_unknown().unwrap_or_else(|| error("the list holds more than strings"))),
            });
            texts.collect::<Result<_, _>>().map(Plain::Texts)
        }
        Kind::Absent => Err(error("a function takes nothing that is absent")),
        Kind::Unknown(why) => Err(why.clone()),
        Kind::Symbol(symbol) => Err(why_symbol(symbol)),
        Kind::Text(parts) => Err(why_text(parts)),
        Kind::Map(_) => Err(error("a function takes no map")),
        Kind::Choice(_) => Err(value.first_unknown().unwrap_or_else(|| error("it is not decided"))),
    }
}

fn matches(call: &Call, got: &[Got], traces: Vec<Arc<Trace>>) -> Got {
    let Some(Some(regex)) = call.regex.get() else {
        return Got::error("the regular expression does not compile", traces);
    };
    match got.first().map(plain) {
        Some(Ok(Plain::Text(text))) => Got::plain(Kind::Bool(regex.is_match(&text)), traces),
        Some(Err(why)) => Got::unknown(why, traces),
        _ => Got::error("`matches` needs a string", traces),
    }
}

/// The answer that the known parts of a string give already.
fn of_partly_known(name: &str, got: &[Got]) -> Option<Truth> {
    let [Got { item: Item::Plain(text), .. }, Got { item: Item::Plain(part), .. }] = got else { return None };
    let (Kind::Text(parts), Some(part)) = (&text.kind, part.as_str()) else { return None };
    match name {
        "startsWith" if head(parts).starts_with(part) => Some(Truth::True),
        "startsWith" if !part.starts_with(head(parts)) => Some(Truth::False),
        "endsWith" if tail(parts).ends_with(part) => Some(Truth::True),
        "endsWith" if !part.ends_with(tail(parts)) => Some(Truth::False),
        "contains" => {
            let known = parts.iter().any(|it| matches!(it, Part::Literal(literal) if literal.contains(part)));
            known.then_some(Truth::True)
        }
        _ => None,
    }
}

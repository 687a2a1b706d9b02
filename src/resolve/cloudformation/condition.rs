//! Conditions, rules, and whether a resource exists.

use std::sync::Arc;

use serde_json::Value as Json;

use super::call::{Call, call, condition_name, describe};
use super::eval::{Eval, Memory, known_text, parts_of};
use super::foreach;
use super::unit::ScopeId;
use crate::read::tree::{Data, Node};
use crate::source::Span;
use crate::value::{Kind, Part, Symbol, Test, Unknown, UnknownKind, Value};

/// A link of the chain that explains a choice.
pub(super) type Step = (Span, String);

impl Eval<'_, '_, '_> {
    /// Whether the condition that `node` names holds (the first argument of `Fn::If`, the attribute `Condition`), and
    /// why, nearest reason first.
    pub(super) fn condition_at(&mut self, scope: ScopeId, node: &Node) -> (bool, Vec<Step>) {
        let before = std::mem::take(&mut self.asked);
        let named = condition_name(node).unwrap_or_else(|| node.clone());
        let (holds, steps) = match named.as_str() {
            Some(name) => {
                let holds = self.condition(scope, name, node);
                let mut steps = vec![(node.whole(), format!("chosen because {name} is {holds}"))];
                steps.extend(self.reasons(scope, name, holds));
                (holds, steps)
            }
            None => (self.test(scope, node), vec![(node.whole(), "chosen by this condition".to_owned())]),
        };
        let asked = std::mem::replace(&mut self.asked, before);
        self.ask(&asked);
        (holds, steps)
    }

    /// Why a condition is what it is: its definition, and what the inputs are that it asks.
    fn reasons(&self, scope: ScopeId, name: &str, holds: bool) -> Vec<Step> {
        let told: Vec<(String, Option<Step>)> =
            self.asked.iter().filter_map(|id| self.unit.input_reason(self.world, *id)).take(MAX_REASONS).collect();
        let Some(condition) = self.unit.scope(scope).template.conditions.get(name) else { return Vec::new() };
        let list = told.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(" and ");
        let note = match list.as_str() {
            "" => format!("{name} is {holds}"),
            list => format!("{name} is {holds} when {list}"),
        };
        let mut steps = vec![(condition.name_span.cover(condition.body.whole()), note)];
        steps.extend(told.into_iter().filter_map(|(_, step)| step));
        steps
    }

    /// Whether the condition `name` holds; `at` is the text that names it.
    pub(super) fn condition(&mut self, scope: ScopeId, name: &str, at: &Node) -> bool {
        let unit = self.unit;
        let Some(condition) = unit.scope(scope).template.conditions.get(name) else {
            return self.opaque(scope, &format!("condition {name}"));
        };
        let made = self
            .once(Memory::Condition, scope, name, |inner| inner.deciding(|inner| inner.test(scope, &condition.body)));
        match made {
            Some((holds, _)) => holds,
            None if self.is_deep() => {
                let why = Unknown::new(UnknownKind::Limit, "conditions refer to each other deeper than is followed");
                self.world.decide(&Test::Unknown(format!("condition {name}").into(), why))
            }
            // It is defined through itself: a problem that the checks of the template tell.
            None => self.opaque(scope, &format!("condition {}", describe(at))),
        }
    }

    /// Whether a condition expression holds.
    pub(super) fn test(&mut self, scope: ScopeId, node: &Node) -> bool {
        if let Some(name) = condition_name(node) {
            return match name.as_str() {
                Some(text) => self.condition(scope, text, &name),
                None => self.opaque(scope, &describe(node)),
            };
        }
        match (call(node), &node.data) {
            (Some(call), _) => self.test_call(scope, &call),
            (None, Data::Bool(flag)) => *flag,
            (None, Data::String(text)) if &**text == "true" || &**text == "false" => &**text == "true",
            _ => self.opaque(scope, &describe(node)),
        }
    }

    /// Whether a condition function's call holds.
    pub(super) fn test_call(&mut self, scope: ScopeId, call: &Call) -> bool {
        self.deciding(|eval| {
            let items = call.argument.items();
            match (call.name.as_str(), items) {
                ("Condition", _) => eval.condition(scope, call.argument.as_str().unwrap_or(""), &call.argument),
                ("Fn::And", items) => items.iter().all(|item| eval.test(scope, item)),
                ("Fn::Or", items) => items.iter().any(|item| eval.test(scope, item)),
                ("Fn::Not", [only]) => !eval.test(scope, only),
                ("Fn::Not", []) if !call.argument.is_mapping() => eval.opaque_call(scope, call),
                ("Fn::Not", []) => !eval.test(scope, &call.argument),
                ("Fn::Equals", [left, right]) => eval.equals(scope, left, right),
                ("Fn::Contains", [list, value]) => eval.contains(scope, list, value),
                ("Fn::EachMemberIn", [members, list]) => eval
                    .each_member(scope, members, call, |eval, member| eval.contains_value(scope, list, member, call)),
                ("Fn::EachMemberEquals", [members, value]) => eval.each_member(scope, members, call, |eval, member| {
                    let value = eval.value(scope, value);
                    eval.same(scope, member, &value, call)
                }),
                _ => eval.opaque_call(scope, call),
            }
        })
    }

    /// A test that can't be reduced. Its text names it.
    fn opaque(&mut self, scope: ScopeId, text: &str) -> bool {
        let prefix = &self.unit.scope(scope).prefix;
        let text =
            if prefix.is_empty() { text.to_owned() } else { format!("{text} in {}", prefix.trim_end_matches('/')) };
        self.world.decide(&Test::Opaque(text.into()))
    }

    fn opaque_call(&mut self, scope: ScopeId, call: &Call) -> bool {
        self.opaque(scope, &describe_call(call))
    }

    fn equals(&mut self, scope: ScopeId, left: &Node, right: &Node) -> bool {
        let text = || format!("!Equals [{}, {}]", describe(left), describe(right));
        for (list, other) in [(left, right), (right, left)] {
            if let Some(empty) = self.list_is_empty(scope, list, other) {
                return empty;
            }
        }
        let (a, b) = (self.value(scope, left), self.value(scope, right));
        if let Some(answer) = self.compare(&a, &b) {
            return answer;
        }
        let (a, b) = (self.settled(scope, left), self.settled(scope, right));
        match self.compare(&a, &b) {
            Some(answer) => answer,
            None => self.opaque(scope, &text()),
        }
    }

    fn same(&mut self, scope: ScopeId, a: &Value, b: &Value, call: &Call) -> bool {
        match self.compare(a, b) {
            Some(answer) => answer,
            None => self.opaque(scope, &format!("{}: {:?} {:?}", describe_call(call), a.marked(), b.marked())),
        }
    }

    /// `Fn::Equals [Fn::Join ["", List], ""]`, the common way to ask whether a list parameter is empty: exactly the
    /// empty list gives the empty string.
    fn list_is_empty(&mut self, scope: ScopeId, list: &Node, other: &Node) -> Option<bool> {
        if other.as_str() != Some("") {
            return None;
        }
        let call = call(list).filter(|call| call.name == "Fn::Join")?;
        let [_, parameter] = call.argument.items() else { return None };
        let value = self.value(scope, parameter);
        match &value.kind {
            Kind::Symbol(Symbol::Input { id, .. }) => Some(self.world.decide(&Test::Equals(*id, Json::from("")))),
            _ => None,
        }
    }

    /// Whether two values are equal as strings; `None` where that can't be reduced to facts about inputs.
    fn compare(&mut self, a: &Value, b: &Value) -> Option<bool> {
        if let (Some(a), Some(b)) = (known_text(a), known_text(b)) {
            return Some(a == b);
        }
        match (&a.kind, &b.kind) {
            (Kind::List(_) | Kind::Map(_), _) | (_, Kind::List(_) | Kind::Map(_)) => {
                return Some(a.to_json()? == b.to_json()?);
            }
            (Kind::Symbol(a), Kind::Symbol(b)) if a == b => return Some(true),
            (Kind::Absent, Kind::Absent) => return Some(true),
            _ => {}
        }
        match (known_text(a), known_text(b)) {
            (Some(text), None) => self.text_is(&parts_of(b), &text),
            (None, Some(text)) => self.text_is(&parts_of(a), &text),
            _ => None,
        }
    }

    /// Whether a string with open parts is this text.
    fn text_is(&mut self, parts: &[Part], text: &str) -> Option<bool> {
        let mut rest = text;
        let mut open = parts;
        while let [Part::Literal(prefix), more @ ..] = open {
            let Some(stripped) = rest.strip_prefix(&**prefix) else { return Some(false) };
            (rest, open) = (stripped, more);
        }
        while let [more @ .., Part::Literal(suffix)] = open {
            let Some(stripped) = rest.strip_suffix(&**suffix) else { return Some(false) };
            (rest, open) = (stripped, more);
        }
        match open {
            [] => Some(rest.is_empty()),
            [Part::Symbol(symbol)] => self.symbol_is(symbol, rest),
            // Several parts together are empty only where each is.
            _ if rest.is_empty() => {
                let mut all = true;
                for part in open {
                    let answer = match part {
                        Part::Literal(text) => Some(text.is_empty()),
                        Part::Symbol(symbol) => self.symbol_is(symbol, ""),
                        Part::Unknown(_) => None,
                    };
                    match answer {
                        Some(false) => return Some(false),
                        Some(true) => {}
                        None => all = false,
                    }
                }
                all.then_some(true)
            }
            _ => None,
        }
    }

    fn symbol_is(&mut self, symbol: &Symbol, text: &str) -> Option<bool> {
        match symbol {
            Symbol::Input { id, .. } => Some(self.world.decide(&Test::Equals(*id, Json::from(text)))),
            // What a resource is called is never empty.
            Symbol::Ref(_) if text.is_empty() => Some(false),
            Symbol::Attribute { attribute, .. }
                if text.is_empty() && (attribute.ends_with("Arn") || attribute.ends_with("Id")) =>
            {
                Some(false)
            }
            Symbol::Attribute { .. } | Symbol::Ref(_) => None,
        }
    }

    fn contains(&mut self, scope: ScopeId, list: &Node, value: &Node) -> bool {
        let text = Call { name: "Fn::Contains".to_owned(), argument: list.clone(), span: list.span };
        let value = self.value(scope, value);
        self.contains_value(scope, list, &value, &text)
    }

    fn contains_value(&mut self, scope: ScopeId, list: &Node, value: &Value, call: &Call) -> bool {
        let list = self.settled(scope, list);
        match &list.kind {
            Kind::List(items) => items.iter().any(|item| self.same(scope, item, value, call)),
            _ => self.opaque(scope, &format!("{} contains {:?}", describe_call(call), value.marked())),
        }
    }

    fn each_member(
        &mut self,
        scope: ScopeId,
        members: &Node,
        call: &Call,
        mut test: impl FnMut(&mut Self, &Value) -> bool,
    ) -> bool {
        let members = self.settled(scope, members);
        match &members.kind {
            Kind::List(items) => items.iter().all(|item| test(self, item)),
            _ => self.opaque_call(scope, call),
        }
    }

    /// Whether the resource at this position exists in this world.
    pub(super) fn exists(&mut self, scope: ScopeId, position: usize) -> bool {
        let unit = self.unit;
        let here = unit.scope(scope);
        if let Some((parent, nested)) = here.parent
            && !self.exists(parent, nested)
        {
            return false;
        }
        let Some(resource) = here.template.resources.at(position) else { return false };
        if let Some(condition) = resource.body.get("Condition")
            && !self.condition_at(scope, condition).0
        {
            return false;
        }
        resource.turns.iter().all(|turn| self.happens(scope, &turn.collection, &turn.value))
    }

    /// Whether a loop over `collection` takes the turn of `value`.
    pub(super) fn happens(&mut self, scope: ScopeId, collection: &Node, value: &Arc<str>) -> bool {
        match foreach::values(self, scope, collection) {
            Ok(values) => values.contains(value),
            Err(_) => self.opaque(scope, &format!("{} contains '{value}'", describe(collection))),
        }
    }

    /// Whether the rules of every template of the unit accept this world.
    pub(super) fn rules_hold(&mut self) -> bool {
        let unit = self.unit;
        unit.scopes().all(|(id, scope)| scope.template.rules.iter().all(|rule| self.rule_holds(id, rule)))
    }

    fn rule_holds(&mut self, scope: ScopeId, rule: &Node) -> bool {
        if let Some(condition) = rule.get("RuleCondition")
            && !self.deciding(|eval| eval.test(scope, condition))
        {
            return true;
        }
        let assertions = rule.get("Assertions").map(Node::items).unwrap_or_default();
        let asserted = assertions.iter().filter_map(|assertion| assertion.get("Assert"));
        asserted.into_iter().all(|assertion| self.deciding(|eval| eval.test(scope, assertion)))
    }
}

/// Most inputs that one condition is explained with.
const MAX_REASONS: usize = 3;

fn describe_call(call: &Call) -> String {
    format!("!{} {}", call.name.trim_start_matches("Fn::"), describe(&call.argument))
}

//! A policy document as data, tolerant of lists and single values everywhere.

use super::facts::{Facts, shown};
use super::json;
use super::pattern::Text;
use crate::value::{Kind, Origin, Part, Truth, Unknown, UnknownKind, Value};

/// A policy document.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Its statements, in order.
    pub statements: Vec<Statement>,
    /// Why some of it can't be known, where that is so.
    pub unknown: Option<Unknown>,
    /// Why it is open which of the statements are there, where that is so: such a statement is not known itself.
    pub open: Option<Unknown>,
    /// Its text.
    pub origin: Origin,
}

/// A statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Its place in the list, from 1.
    pub ordinal: usize,
    /// Its Sid.
    pub sid: Option<String>,
    /// `Allow` or `Deny`.
    pub effect: Effect,
    /// Whom it is about.
    pub principals: Principals,
    /// Which actions.
    pub actions: Scope,
    /// Which resources.
    pub resources: Scope,
    /// Its conditions; all must hold.
    pub conditions: Vec<Condition>,
    /// Why some of it can't be known.
    pub unknown: Option<Unknown>,
    /// Its text.
    pub origin: Origin,
}

/// What a statement does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Allows.
    Allow,
    /// Denies.
    Deny,
    /// Can't be told.
    Unknown(Unknown),
}

/// A list of patterns, or all but a list.
#[derive(Clone, Debug)]
pub enum Scope {
    /// Neither element is written.
    Missing,
    /// `Action`, `Resource`.
    Only(Vec<Element>),
    /// `NotAction`, `NotResource`.
    Except(Vec<Element>),
}

/// Principals, or everyone but some.
#[derive(Clone, Debug)]
pub enum Principals {
    /// Neither element is written.
    Missing,
    /// `Principal`.
    Only(Vec<Principal>),
    /// `NotPrincipal`.
    Except(Vec<Principal>),
}

/// One principal.
#[derive(Clone, Debug)]
pub struct Principal {
    /// `AWS`, `Service`, `Federated`, `CanonicalUser`; `*` as a plain string is `AWS`.
    pub kind: String,
    /// Its text.
    pub element: Element,
}

/// One string of a policy.
#[derive(Clone, Debug)]
pub struct Element {
    /// Its text, with symbols.
    pub parts: Vec<Part>,
    /// Where it stands.
    pub origin: Origin,
}

/// One operator with one key.
#[derive(Clone, Debug)]
pub struct Condition {
    /// As written: `ForAnyValue:StringEquals`.
    pub operator: String,
    /// As written: `kms:ViaService`.
    pub key: String,
    /// The values.
    pub values: Vec<Element>,
    /// Where it stands.
    pub origin: Origin,
}

impl Element {
    /// For people.
    pub fn shown(&self) -> String {
        shown(&self.parts)
    }

    /// As a pattern with wildcards.
    pub fn pattern(&self, facts: &Facts) -> Text {
        Text::pattern(&self.parts, facts)
    }

    /// The text, where all of it is known.
    pub fn known(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [Part::Literal(text)] => Some(text),
            [] => Some(""),
            _ => None,
        }
    }

    fn of(value: &Value) -> Option<Element> {
        let parts = value.parts()?;
        Some(Element { parts, origin: value.origin.clone() })
    }
}

impl Condition {
    /// For people: `StringLike kms:ViaService = backup.*.amazonaws.com`.
    pub fn shown(&self) -> String {
        let values: Vec<String> = self.values.iter().map(Element::shown).collect();
        format!("{} {} = {}", self.operator, self.key, values.join(", "))
    }

    /// Whether it is about this key, whatever the case of its letters.
    pub fn is_about(&self, key: &str) -> bool {
        self.key.eq_ignore_ascii_case(key)
    }
}

impl Statement {
    /// How messages name it: `statement "Root"`, `statement 2`.
    pub fn label(&self) -> String {
        match &self.sid {
            Some(sid) => format!("statement \"{sid}\""),
            None => format!("statement {}", self.ordinal),
        }
    }

    /// Whether it allows (or denies).
    pub fn has_effect(&self, effect: &Effect) -> Truth {
        match &self.effect {
            Effect::Unknown(why) => Truth::Unknown(why.clone()),
            known => (known == effect).into(),
        }
    }

    /// Reads a statement.
    pub fn parse(value: &Value, ordinal: usize) -> Statement {
        let mut unknown = None;
        let conditions = conditions(member(value, "Condition"), &mut unknown);
        let actions = scope(value, "Action", "NotAction", &mut unknown);
        let resources = scope(value, "Resource", "NotResource", &mut unknown);
        let principals = principals(value, &mut unknown);
        let effect = match member(value, "Effect").map(|effect| (effect, effect.as_str())) {
            Some((_, Some("Allow"))) => Effect::Allow,
            Some((_, Some("Deny"))) => Effect::Deny,
            Some((effect, None)) => Effect::Unknown(effect.first_unknown().unwrap_or_else(malformed)),
            _ => Effect::Unknown(malformed()),
        };
        let sid = member(value, "Sid").and_then(Value::marked).filter(|sid| !sid.is_empty());
        let origin = value.origin.clone();
        Statement { ordinal, sid, effect, principals, actions, resources, conditions, unknown, origin }
    }
}

impl Policy {
    /// Reads a policy from a map, or from JSON text that may have symbols in it. What can't be read makes the policy
    /// unknown, with the reason.
    pub fn parse(value: &Value) -> Policy {
        let origin = value.origin.clone();
        let unreadable =
            |why| Policy { statements: Vec::new(), unknown: Some(why), open: None, origin: origin.clone() };
        match document(value) {
            Ok(document) => Policy::of_map(&document, origin),
            Err(why) => unreadable(why),
        }
    }

    fn of_map(map: &Value, mut origin: Origin) -> Policy {
        let (mut unknown, mut open) = (None, None);
        let mut statements = Vec::new();
        match member(map, "Statement") {
            None => {}
            Some(list) => {
                if !matches!(list.kind, Kind::List(_) | Kind::Map(_) | Kind::Absent) {
                    unknown = Some(list.first_unknown().unwrap_or_else(malformed));
                }
                // What a policy lacks is lacking in its list of statements.
                let listed = map.entry("Statement").and_then(|entry| entry.key_span);
                if let Some(listed) = listed.filter(|listed| origin.span.is_some_and(|whole| whole.contains(*listed))) {
                    origin = origin.with_span(listed);
                }
                for (at, item) in list.items().iter().enumerate() {
                    let (items, why) = match &item.kind {
                        Kind::Choice(them) => (them.iter().flat_map(|it| &it.items).collect(), item.first_unknown()),
                        _ => (vec![item], None),
                    };
                    open = open.or_else(|| why.clone());
                    for item in items {
                        match &item.kind {
                            Kind::Map(_) => {
                                let statement = Statement::parse(item, at + 1);
                                let unknown = statement.unknown.or_else(|| why.clone());
                                statements.push(Statement { unknown, ..statement });
                            }
                            Kind::Absent => {}
                            _ => unknown = unknown.or_else(|| Some(item.first_unknown().unwrap_or_else(malformed))),
                        }
                    }
                }
            }
        }
        Policy { statements, unknown, open, origin }
    }

    /// Whether all of it is known well enough to count what is missing. Statements of which it is open whether they are
    /// there are not known one by one.
    pub fn certain(&self) -> Result<(), Unknown> {
        self.unknown.clone().map_or(Ok(()), Err)
    }

    /// The policy that lets most in, of those that it may be, and the one that lets least in: with all the Allows that are
    /// open and none of the Denies, and the other way around.
    pub fn bounds(&self) -> [Policy; 2] {
        [Effect::Allow, Effect::Deny].map(|there| {
            let mut bound = self.clone();
            bound.open = None;
            bound.statements.retain_mut(|statement| {
                let is_open = statement.unknown.is_some() && statement.unknown == self.open;
                if is_open && statement.effect == there {
                    statement.unknown = None;
                }
                !is_open || statement.effect == there || matches!(statement.effect, Effect::Unknown(_))
            });
            bound
        })
    }
}

/// The map of a policy: the value itself, or its parsed text.
///
/// # Errors
/// Why it can't be known.
pub fn document(value: &Value) -> Result<Value, Unknown> {
    match &value.kind {
        Kind::Map(_) => Ok(value.clone()),
        Kind::List(items) if items.len() == 1 => document(&items[0]),
        Kind::String(_) | Kind::Text(_) => match json::parse(&value.parts().unwrap_or_default(), &value.origin)? {
            map if matches!(map.kind, Kind::Map(_)) => Ok(map),
            list if matches!(list.kind, Kind::List(_)) => document(&list),
            // Text in text: somebody encoded twice.
            _ => Err(Unknown::new(UnknownKind::Error, "the policy is JSON, but no object")),
        },
        Kind::Unknown(why) => Err(why.clone()),
        Kind::Symbol(symbol) => Err(symbol.unknown().unwrap_or_else(|| {
            let kind = UnknownKind::Provider;
            Unknown::new(kind, format!("the policy {symbol} is known only when the code is deployed"))
        })),
        _ => Err(malformed()),
    }
}

fn malformed() -> Unknown {
    Unknown::new(UnknownKind::Error, "the policy is not well formed")
}

/// A member by its name; IAM does not mind the case of element names where there is no exact one.
pub fn member<'v>(map: &'v Value, name: &str) -> Option<&'v Value> {
    let found = map.get(name).or_else(|| match &map.kind {
        Kind::Map(entries) => {
            entries.iter().find(|entry| entry.key.eq_ignore_ascii_case(name)).map(|entry| &entry.value)
        }
        _ => None,
    });
    found.filter(|value| !value.is_absent())
}

/// The strings of a list or single value; what is no string is told in `unknown`.
fn elements(value: &Value, unknown: &mut Option<Unknown>) -> Vec<Element> {
    let mut list = Vec::new();
    for item in value.items() {
        match (Element::of(item), &item.kind) {
            (Some(element), _) => list.push(element),
            (None, Kind::Absent) => {}
            (None, _) => *unknown = unknown.take().or_else(|| Some(malformed())),
        }
    }
    list
}

fn scope(statement: &Value, only: &str, except: &str, unknown: &mut Option<Unknown>) -> Scope {
    let listed = |value: &Value, unknown: &mut Option<Unknown>| elements(value, unknown);
    match (member(statement, only), member(statement, except)) {
        (Some(value), _) => non_empty(listed(value, unknown)).map_or(Scope::Missing, Scope::Only),
        (None, Some(value)) => non_empty(listed(value, unknown)).map_or(Scope::Missing, Scope::Except),
        (None, None) => Scope::Missing,
    }
}

fn non_empty(list: Vec<Element>) -> Option<Vec<Element>> {
    if list.is_empty() { None } else { Some(list) }
}

fn principals(statement: &Value, unknown: &mut Option<Unknown>) -> Principals {
    match (member(statement, "Principal"), member(statement, "NotPrincipal")) {
        (Some(value), _) => Principals::Only(principal_list(value, unknown)),
        (None, Some(value)) => Principals::Except(principal_list(value, unknown)),
        (None, None) => Principals::Missing,
    }
}

fn principal_list(value: &Value, unknown: &mut Option<Unknown>) -> Vec<Principal> {
    let Kind::Map(entries) = &value.kind else {
        return match value.as_str() {
            Some(_) => {
                let kind = "AWS".to_owned();
                elements(value, unknown).into_iter().map(|element| Principal { kind: kind.clone(), element }).collect()
            }
            None => {
                *unknown = unknown.take().or_else(|| Some(value.first_unknown().unwrap_or_else(malformed)));
                Vec::new()
            }
        };
    };
    let of_entry = |entry: &crate::value::Entry, unknown: &mut Option<Unknown>| {
        let list = elements(&entry.value, unknown);
        let kind = entry.key.to_string();
        list.into_iter().map(|element| Principal { kind: kind.clone(), element }).collect::<Vec<_>>()
    };
    entries.iter().flat_map(|entry| of_entry(entry, unknown)).collect()
}

fn conditions(value: Option<&Value>, unknown: &mut Option<Unknown>) -> Vec<Condition> {
    let Some(value) = value else { return Vec::new() };
    let mut list = Vec::new();
    let Kind::Map(operators) = &value.kind else {
        *unknown = unknown.take().or_else(|| Some(value.first_unknown().unwrap_or_else(malformed)));
        return list;
    };
    for operator in operators {
        let Kind::Map(keys) = &operator.value.kind else {
            if !operator.value.is_absent() {
                *unknown = unknown.take().or_else(|| Some(operator.value.first_unknown().unwrap_or_else(malformed)));
            }
            continue;
        };
        for key in keys {
            list.push(Condition {
                operator: operator.key.to_string(),
                key: key.key.to_string(),
                values: elements(&key.value, unknown),
                origin: key.key_span.map_or_else(|| operator.value.origin.clone(), Origin::at),
            });
        }
    }
    list
}

//! `aws_iam_policy_document`, evaluated to the policy that its `json` attribute holds.
//!
//! Merge order (source of the data source in hashicorp/terraform-provider-aws): the `source_policy_documents` in order (a
//! non-empty Sid twice among them is an error), then the own `statement` blocks (a Sid twice among them is an error; one
//! of a source's replaces in place), then each of `override_policy_documents` (the same Sid replaces, later ones win). A
//! statement without Sid always appends.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::blocks;
use super::configuration::{Configuration, Frame, Place, Slot};
use super::evaluate::stopped;
use super::here::{Here, Owner};
use super::module::{Resource, attribute};
use super::{open_policy, policy_text};
use crate::model::evaluator::{Evaluator, Key};
use crate::value::{Entry, Kind, Origin, Part, Symbol, Unknown, UnknownKind, Value, World};

/// The type of the data source.
pub(super) const KIND: &str = "aws_iam_policy_document";

/// Statements in order.
#[derive(Default)]
struct Statements(Vec<Value>);

impl Configuration {
    /// The value with every `data.aws_iam_policy_document.x.json` in it replaced by that policy: structured where it is
    /// the whole value, JSON text inside of a text.
    pub(super) fn with_documents(&self, value: Value, frame: Option<&Frame<'_>>, world: &mut World<'_>) -> Value {
        let is_document = |symbol: &Symbol| match symbol {
            Symbol::Attribute { resource, attribute } => {
                matches!(&**attribute, "json" | "minified_json") && resource.contains("data.aws_iam_policy_document.")
            }
            _ => false,
        };
        match &value.kind {
            Kind::Symbol(symbol) if is_document(symbol) => self.document_of(symbol, &value.origin, frame, world),
            Kind::Text(parts)
                if parts.iter().any(|part| matches!(part, Part::Symbol(symbol) if is_document(symbol))) =>
            {
                let mut text = Vec::new();
                let mut origin = value.origin.clone();
                for part in parts.iter() {
                    match part {
                        Part::Symbol(symbol) if is_document(symbol) => {
                            let document = self.document_of(symbol, &value.origin, frame, world);
                            origin.sensitive |= document.holds_secret();
                            policy_text::print(&document, &mut text);
                        }
                        other => text.push(other.clone()),
                    }
                }
                Value::text(text, origin)
            }
            Kind::List(items) => {
                let items = items.iter().map(|item| self.with_documents(item.clone(), frame, world)).collect();
                Value::new(Kind::List(items), value.origin)
            }
            _ => value,
        }
    }

    fn document_of(&self, symbol: &Symbol, origin: &Origin, frame: Option<&Frame<'_>>, world: &mut World<'_>) -> Value {
        let Symbol::Attribute { resource, .. } = symbol else {
            return Value::new(Kind::Symbol(symbol.clone()), origin.clone());
        };
        let Some(instance) = self.find(resource, world) else {
            let why = format!("{resource} does not exist here");
            return Value::unknown(UnknownKind::Error, why, origin.clone());
        };
        let Some((node, index)) = self.places.get(instance.block.0 as usize).copied() else {
            return Value::new(Kind::Symbol(symbol.clone()), origin.clone());
        };
        let place = Place { node, path: Arc::clone(&instance.path) };
        let mut document = self.document(&place, index, &instance.key, frame, world);
        document.origin = document.origin.and(origin);
        document
    }

    /// The policy of one instance of the data source.
    fn document(
        &self,
        place: &Place,
        index: usize,
        key: &Key,
        frame: Option<&Frame<'_>>,
        world: &mut World<'_>,
    ) -> Value {
        let Some(resource) = self.resource(place, index).filter(|resource| &*resource.kind == KIND) else {
            return Value::unknown(UnknownKind::Unsupported, "it is no policy document", Origin::default());
        };
        let span = resource.header;
        // The slot's name can't be an attribute's: it holds another type of value. Documents that include each other
        // end here.
        let made =
            self.remember(place, Slot::Attribute(index, key, "@document"), span, frame, world, |frame, world| {
                let here = Here::new(self, place.clone(), Some(frame)).owned(Owner::Resource(index, key.clone()));
                Ok(merged(&here, resource, world)
                    .unwrap_or_else(|why| Value::new(Kind::Unknown(why), Origin::at(resource.header))))
            });
        made.unwrap_or_else(|error| stopped(error, world))
    }
}

fn merged(here: &Here<'_>, resource: &Resource, world: &mut World<'_>) -> Result<Value, Unknown> {
    let mut statements = Statements::default();
    let mut sids = BTreeSet::new();
    for document in documents(here, resource, &["source_json", "source_policy_documents"], world)? {
        for statement in items(document.get("Statement")) {
            if let Some(sid) = sid(&statement)
                && !sids.insert(sid.to_owned())
            {
                let why = format!("two source policy documents have a statement with the Sid {sid}");
                return Err(Unknown::new(UnknownKind::Error, why));
            }
            statements.put(statement);
        }
    }
    // JSON writes blocks as an argument.
    let in_json =
        attribute(&resource.body, "statement").map(|written| here.configuration.argument(here, written, world));
    let own = blocks::list(here, &resource.body, "statement", world, 0);
    sids.clear();
    for block in in_json.iter().chain(&own).flat_map(Value::items) {
        let statement = statement(block);
        if let Some(sid) = sid(&statement)
            && !sids.insert(sid.to_owned())
        {
            let why = format!("two statements of the policy document have the Sid {sid}, which Terraform refuses");
            return Err(Unknown::new(UnknownKind::Error, why));
        }
        statements.put(statement);
    }
    for document in documents(here, resource, &["override_json", "override_policy_documents"], world)? {
        for statement in items(document.get("Statement")) {
            statements.put(statement);
        }
    }
    Ok(whole(here, resource, statements.0, world))
}

/// The policy with the own statements left open that hang on conditions; `None` where none does, and where it is merged from
/// others, whose statements may be replaced.
pub(super) fn merged_open(here: &Here<'_>, resource: &Resource, world: &mut World<'_>) -> Option<Value> {
    let others = ["source_json", "source_policy_documents", "override_json", "override_policy_documents", "statement"];
    if others.iter().any(|name| attribute(&resource.body, name).is_some()) {
        return None;
    }
    let statements = open_policy::blocks_of(here, &resource.body.blocks, world, statement)?;
    let open = open_policy::is_open(&Value::new(Kind::List(statements.clone()), Origin::default()));
    open.then(|| whole(here, resource, statements, world))
}

/// The policy of these statements.
fn whole(here: &Here<'_>, resource: &Resource, statements: Vec<Value>, world: &mut World<'_>) -> Value {
    let origin = Origin::at(resource.header);
    let mut entries = Vec::new();
    let argument = |name: &str, world: &mut World<'_>| {
        attribute(&resource.body, name)
            .map(|written| here.configuration.argument(here, written, world))
            .filter(|value| !value.is_absent())
    };
    let version = argument("version", world).unwrap_or_else(|| Value::string("2012-10-17", origin.clone()));
    entries.push(entry("Version", version));
    if let Some(id) = argument("policy_id", world) {
        entries.push(entry("Id", id));
    }
    entries.push(entry("Statement", Value::new(Kind::List(statements), origin.clone())));
    Value::new(Kind::Map(entries), origin)
}

/// The documents that these arguments hold: null elements are skipped.
fn documents(
    here: &Here<'_>,
    resource: &Resource,
    names: &[&str],
    world: &mut World<'_>,
) -> Result<Vec<Value>, Unknown> {
    let mut documents = Vec::new();
    for name in names {
        let Some(written) = attribute(&resource.body, name) else { continue };
        let value = here.configuration.argument(here, written, world);
        let value = here.configuration.with_documents(value, here.frame, world);
        for item in value.items() {
            let document = match &item.kind {
                Kind::Absent => continue,
                // The removed `source_json` and `override_json` took an empty text for none.
                Kind::String(text) if text.trim().is_empty() => continue,
                Kind::Map(_) => Some(item.clone()),
                Kind::String(_) | Kind::Text(_) => policy_text::parse(item),
                _ => None,
            };
            match document {
                Some(document) if matches!(document.kind, Kind::Map(_)) => documents.push(document),
                _ => {
                    let unknown =
                        || Unknown::new(UnknownKind::Error, format!("{name} holds something that is no policy"));
                    return Err(item.first_unknown().or_else(|| symbol_reason(item)).unwrap_or_else(unknown));
                }
            }
        }
    }
    Ok(documents)
}

fn symbol_reason(value: &Value) -> Option<Unknown> {
    match &value.kind {
        Kind::Symbol(symbol) => {
            Some(Unknown::new(UnknownKind::Provider, format!("{symbol} is known only after apply")))
        }
        _ => None,
    }
}

impl Statements {
    /// Adds a statement; one with the same Sid is replaced in place.
    fn put(&mut self, statement: Value) {
        let same = sid(&statement).and_then(|new| self.0.iter().position(|old| sid(old) == Some(new)));
        match same.and_then(|at| self.0.get_mut(at)) {
            Some(old) => *old = statement,
            None => self.0.push(statement),
        }
    }
}

/// A statement's Sid, where it is known and not empty.
fn sid(statement: &Value) -> Option<&str> {
    statement.get("Sid")?.as_str().filter(|sid| !sid.is_empty())
}

/// A `statement` block as a statement of a policy.
fn statement(block: &Value) -> Value {
    let Kind::Map(_) = &block.kind else { return block.clone() };
    let mut entries = Vec::new();
    let present = |name: &str| block.get(name).filter(|value| !value.is_absent());
    if let Some(sid) = present("sid").filter(|sid| sid.as_str() != Some("")) {
        entries.push(entry("Sid", sid.clone()));
    }
    let effect = present("effect").cloned();
    entries.push(entry("Effect", effect.unwrap_or_else(|| Value::string("Allow", block.origin.clone()))));
    for (argument, name) in [("actions", "Action"), ("not_actions", "NotAction")] {
        entries.extend(present(argument).and_then(texts).map(|value| entry(name, value)));
    }
    for (argument, name) in [("resources", "Resource"), ("not_resources", "NotResource")] {
        entries.extend(present(argument).and_then(texts).map(|value| entry(name, with_variables(value))));
    }
    for (blocks, name) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        entries.extend(present(blocks).and_then(principals).map(|value| entry(name, value)));
    }
    entries.extend(present("condition").and_then(conditions).map(|value| entry("Condition", value)));
    Value::new(Kind::Map(entries), block.origin.clone())
}

/// A list without its null elements; `None` where nothing is left.
fn texts(value: &Value) -> Option<Value> {
    let Kind::List(list) = &value.kind else { return Some(value.clone()) };
    let left: Vec<Value> = list.iter().filter(|item| !item.is_absent()).cloned().collect();
    (!left.is_empty()).then(|| Value::new(Kind::List(left), value.origin.clone()))
}

/// `principals` blocks as the `Principal` of a statement: types in order of appearance, identifiers joined.
fn principals(blocks: &Value) -> Option<Value> {
    let mut entries: Vec<Entry> = Vec::new();
    for block in blocks.items() {
        let Some(kind) = block.get("type").and_then(Value::as_str) else {
            return Some(unknown_part(block, "the type of a principal is not known"));
        };
        let Some(identifiers) = block.get("identifiers").and_then(texts).map(with_variables) else { continue };
        if kind == "*" && matches!(identifiers.items(), [only] if only.as_str() == Some("*")) {
            return Some(identifiers.items().first()?.clone());
        }
        append(&mut entries, kind, identifiers);
    }
    (!entries.is_empty()).then(|| Value::new(Kind::Map(entries), blocks.origin.clone()))
}

/// `condition` blocks as the `Condition` of a statement: values of the same test and variable are joined.
fn conditions(blocks: &Value) -> Option<Value> {
    let mut tests: Vec<Entry> = Vec::new();
    for block in blocks.items() {
        let name = |part: &str| block.get(part).and_then(Value::as_str);
        let (Some(test), Some(variable)) = (name("test"), name("variable")) else {
            return Some(unknown_part(block, "the test or variable of a condition is not known"));
        };
        let values = block.get("values").and_then(texts).map(with_variables);
        let values = values.unwrap_or_else(|| Value::new(Kind::List(Vec::new()), block.origin.clone()));
        let at = match tests.iter().position(|entry| &*entry.key == test) {
            Some(at) => at,
            None => {
                tests.push(entry(test, Value::new(Kind::Map(Vec::new()), block.origin.clone())));
                tests.len() - 1
            }
        };
        if let Some(Entry { value: Value { kind: Kind::Map(variables), .. }, .. }) = tests.get_mut(at) {
            append(variables, variable, values);
        }
    }
    (!tests.is_empty()).then(|| Value::new(Kind::Map(tests), blocks.origin.clone()))
}

fn unknown_part(block: &Value, reason: &str) -> Value {
    let why = block.first_unknown().unwrap_or_else(|| Unknown::new(UnknownKind::Provider, reason));
    Value::new(Kind::Unknown(why), block.origin.clone())
}

/// Adds values under a key, behind what stands there already.
fn append(entries: &mut Vec<Entry>, key: &str, values: Value) {
    match entries.iter_mut().find(|entry| &*entry.key == key) {
        Some(found) => {
            let both: Vec<Value> = found.value.items().iter().chain(values.items()).cloned().collect();
            found.value.kind = Kind::List(both);
        }
        None => entries.push(entry(key, values)),
    }
}

/// `&{aws:username}` is how the data source writes `${aws:username}`.
fn with_variables(value: Value) -> Value {
    let replaced = |text: &Arc<str>| -> Arc<str> {
        if text.contains("&{") { text.replace("&{", "${").into() } else { Arc::clone(text) }
    };
    let kind = match &value.kind {
        Kind::String(text) => Kind::String(replaced(text)),
        Kind::Text(parts) => Kind::Text(
            parts
                .iter()
                .map(|part| match part {
                    Part::Literal(text) => Part::Literal(replaced(text)),
                    other => other.clone(),
                })
                .collect(),
        ),
        Kind::List(items) => Kind::List(items.iter().cloned().map(with_variables).collect()),
        other => other.clone(),
    };
    Value::new(kind, value.origin)
}

fn items(value: Option<&Value>) -> Vec<Value> {
    value.map_or_else(Vec::new, |value| value.items().to_vec())
}

fn entry(key: &str, value: Value) -> Entry {
    Entry { key: key.into(), key_span: value.origin.span, value }
}

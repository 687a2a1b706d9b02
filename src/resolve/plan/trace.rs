//! Where the value of an expression of `configuration` can come from, as far as it is not known in the plan.
//!
//! The configuration names an expression's references, not its meaning. That is enough for much: Terraform shows an
//! argument as unknown where the expression depends on something unknown, and where the expression is null and the
//! provider will choose (Optional and Computed). So where nothing that an expression refers to is unknown, it is null.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::address::{Address, Segment, segments, split_key, split_resource, without_keys};
use super::format::{Body, Call, Change, Module, Text};
use crate::model::Key;
use crate::source::limits::MAX_EVALUATION_DEPTH;

/// Positions of changes, by address without keys.
type Indexes = HashMap<String, Vec<usize>>;

/// All planned changes, found by address.
pub(super) struct Changes<'d, 'a> {
    list: &'d [Change<'a>],
    by_kind: RefCell<HashMap<String, Rc<Indexes>>>,
    unknown: RefCell<HashMap<usize, Rc<Json>>>,
    below: RefCell<HashMap<String, bool>>,
}

impl<'d, 'a> Changes<'d, 'a> {
    /// Of this plan.
    pub(super) fn new(list: &'d [Change<'a>]) -> Self {
        Changes { list, by_kind: RefCell::default(), unknown: RefCell::default(), below: RefCell::default() }
    }

    /// Indexes of the changes of one type, by address without keys; made when the type is first referred to.
    fn of_kind(&self, kind: &str) -> Rc<Indexes> {
        if let Some(made) = self.by_kind.borrow().get(kind) {
            return Rc::clone(made);
        }
        let mut map = Indexes::new();
        for (at, change) in self.list.iter().enumerate().filter(|(_, change)| &*change.kind == kind) {
            map.entry(without_keys(&change.printed())).or_default().push(at);
        }
        let made = Rc::new(map);
        self.by_kind.borrow_mut().insert(kind.to_owned(), Rc::clone(&made));
        made
    }

    /// The change at this index.
    pub(super) fn get(&self, at: usize) -> Option<&'d Change<'a>> {
        self.list.get(at)
    }

    /// `after_unknown` of a change, parsed once.
    fn unknown(&self, at: usize) -> Rc<Json> {
        let parse = || {
            let raw = self.list.get(at).map(Change::body).and_then(|body| body.after_unknown);
            // What is nested too deeply to be parsed counts as unknown as a whole.
            Rc::new(raw.map_or(Json::Null, |raw| serde_json::from_str(raw.get()).unwrap_or(Json::Bool(true))))
        };
        Rc::clone(self.unknown.borrow_mut().entry(at).or_insert_with(parse))
    }

    /// Indexes of the final instances of a resource of this module instance.
    fn instances(&self, scope: &Scope<'_, '_>, local: &str, key: &Key) -> Vec<usize> {
        let fits = |at: &usize| {
            let Some(change) = self.list.get(*at) else { return false };
            let Some(address) = change.address() else { return false };
            change.is_final()
                && (matches!(key, Key::None | Key::Any) || address.key == *key)
                && address
                    .modules
                    .iter()
                    .zip(&scope.path)
                    .all(|((_, have), (_, want))| *want == Key::Any || have == want)
        };
        let kind = local.strip_prefix("data.").unwrap_or(local).split('.').next().unwrap_or_default();
        let base = format!("{}{local}", scope.prefix());
        self.of_kind(kind).get(&base).into_iter().flatten().copied().filter(fits).collect()
    }

    /// Whether something in this module, or in one that it calls, is unknown and could be part of a key.
    fn unknown_below(&self, prefix: &str) -> bool {
        if let Some(known) = self.below.borrow().get(prefix) {
            return *known;
        }
        let unknown = |change: &Change<'_>| {
            // What AWS Backup computes (names, ARNs of vaults and plans) is never a key.
            !change.kind.starts_with("aws_backup_")
                && without_keys(&change.printed()).starts_with(prefix)
                && change.is_final()
                && change.body().after_unknown.is_some_and(|raw| raw.get().contains("true"))
        };
        let found = self.list.iter().any(unknown);
        self.below.borrow_mut().insert(prefix.to_owned(), found);
        found
    }
}

impl<'a> Change<'a> {
    /// The instance's address as printed.
    pub(super) fn printed(&self) -> String {
        unquoted(self.address)
    }

    /// The instance's address.
    pub(super) fn address(&self) -> Option<Address> {
        Address::parse(&self.printed())
    }

    /// What changes; nothing where it can't be read.
    pub(super) fn body(&self) -> Body<'a> {
        serde_json::from_str(self.change.get()).unwrap_or_default()
    }

    /// Whether the object exists after the plan was applied: no delete, no forget, no deposed object.
    pub(super) fn is_final(&self) -> bool {
        self.deposed.is_none() && self.body().actions.iter().any(|action| !matches!(&**action, "delete" | "forget"))
    }
}

/// The text of a JSON string.
pub(super) fn unquoted(raw: &RawValue) -> String {
    serde_json::from_str(raw.get()).unwrap_or_default()
}

/// A module instance in the configuration.
pub(super) struct Scope<'s, 'a> {
    /// Its configuration.
    pub(super) module: &'s Module<'a>,
    /// The calls that lead to it; [`Key::Any`] where the instance is not known.
    pub(super) path: Vec<(String, Key)>,
    /// Who calls it.
    pub(super) parent: Option<(&'s Scope<'s, 'a>, &'s Call<'a>)>,
}

impl<'s, 'a> Scope<'s, 'a> {
    /// The root module.
    pub(super) fn root(module: &'s Module<'a>) -> Self {
        Scope { module, path: Vec::new(), parent: None }
    }

    /// Runs `then` in the module instance that `path` leads to from here; `None` where the configuration lacks it.
    pub(super) fn descend<T>(&self, path: &[(String, Key)], then: &mut dyn FnMut(&Scope<'_, 'a>) -> T) -> Option<T> {
        let [(name, key), rest @ ..] = path else {
            return Some(then(self));
        };
        self.child(name, key.clone())?.descend(rest, then)
    }

    fn child<'c>(&'c self, name: &str, key: Key) -> Option<Scope<'c, 'a>>
    where
        's: 'c,
    {
        let call = self.module.module_calls.get(name)?;
        let mut path = self.path.clone();
        path.push((name.to_owned(), key));
        Some(Scope { module: &call.module, path, parent: Some((self, call)) })
    }

    fn prefix(&self) -> String {
        self.path.iter().map(|(name, _)| format!("module.{name}.")).collect()
    }
}

/// Something unknown that an expression may depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// As people write it, with its module: `module.keys.aws_kms_key.k.arn`, `local.key`.
    pub(super) text: String,
    /// Address and attribute, where it is one attribute of one instance.
    pub(super) target: Option<(String, String)>,
}

/// What an expression depends on.
#[derive(Debug, Default)]
pub(super) struct Trace {
    /// What is unknown.
    pub(super) leaves: Vec<Leaf>,
    /// All planned instances that were met, known or not: indexes of changes.
    pub(super) met: Vec<usize>,
    /// Whether an expression on the way has several references, or takes a member of what it refers to: then what is
    /// found need not be the value, since the plan does not say what the expression makes of it.
    pub(super) branches: bool,
    visited: BTreeSet<String>,
}

/// An expression's place in memory, and the module instance that it stands in.
type Followed = (usize, Vec<(String, Key)>);

/// Follows references through the configuration and the planned changes.
pub(super) struct Tracer<'t, 'd, 'a> {
    /// The planned changes.
    pub(super) changes: &'t Changes<'d, 'a>,
    /// Whether Terraform put some resources off to a later plan: then one without a change may be unknown.
    pub(super) deferred: bool,
    /// What was followed already, by the expression's place in memory and its module instance: all instances of a block
    /// have one answer, and there may be thousands.
    pub(super) followed: RefCell<HashMap<Followed, Rc<Trace>>>,
}

impl Tracer<'_, '_, '_> {
    /// What an expression in `scope` depends on. `each` is the `for_each` expression around it. The expression must live
    /// as long as this tracer.
    pub(super) fn expression(&self, json: &Json, scope: &Scope<'_, '_>, each: Option<&RawValue>) -> Rc<Trace> {
        let key = (std::ptr::from_ref(json) as usize, scope.path.clone());
        if let Some(known) = self.followed.borrow().get(&key) {
            return Rc::clone(known);
        }
        let mut trace = Trace::default();
        self.follow(json, scope, each, 0, &mut trace);
        let trace = Rc::new(trace);
        self.followed.borrow_mut().insert(key, Rc::clone(&trace));
        trace
    }

    fn follow(&self, json: &Json, scope: &Scope<'_, '_>, each: Option<&RawValue>, depth: usize, trace: &mut Trace) {
        let references = references(json);
        trace.branches |= references.len() > 1;
        for reference in references {
            let place = each.map_or(0, |each| each.get().as_ptr() as usize);
            if trace.visited.insert(format!("{:?} {place} {reference}", scope.path)) {
                self.reference(reference, scope, each, depth, trace);
            }
        }
    }

    fn raw(&self, raw: &RawValue, scope: &Scope<'_, '_>, each: Option<&RawValue>, depth: usize, trace: &mut Trace) {
        match serde_json::from_str::<Json>(raw.get()) {
            Ok(json) if depth < MAX_EVALUATION_DEPTH => self.follow(&json, scope, each, depth + 1, trace),
            _ => trace.opaque("an expression that is nested too deeply", scope),
        }
    }

    fn reference(&self, text: &str, scope: &Scope<'_, '_>, each: Option<&RawValue>, depth: usize, trace: &mut Trace) {
        let Some(parts) = segments(text) else {
            return trace.opaque(text, scope);
        };
        let name = |at: usize| match parts.get(at) {
            Some(Segment::Name(name)) => name.as_str(),
            _ => "",
        };
        match name(0) {
            // Variables of the root, indexes, paths and the workspace are known in every plan.
            "count" | "path" | "terraform" | "self" => {}
            "var" => {
                trace.branches |= parts.len() > 2;
                if let Some((parent, call)) = scope.parent
                    && let Some(passed) = argument(call, name(1))
                {
                    self.raw(passed, parent, call.for_each_expression, depth, trace);
                }
            }
            "each" if name(1) == "key" => {}
            "each" => {
                trace.branches = true;
                match each {
                    Some(each) => self.raw(each, scope, None, depth, trace),
                    None => trace.opaque(text, scope),
                }
            }
            "local" => self.local(text, scope, depth, trace),
            "module" => self.output(name(1), &parts[2.min(parts.len())..], text, scope, depth, trace),
            "ephemeral" | "action" | "check" => trace.opaque(text, scope),
            _ => self.resource(&parts, text, scope, trace),
        }
    }

    /// Locals are not in a plan: one may be whatever its module can see.
    fn local(&self, text: &str, scope: &Scope<'_, '_>, depth: usize, trace: &mut Trace) {
        trace.branches = true;
        if self.deferred || self.changes.unknown_below(&scope.prefix()) {
            return trace.opaque(text, scope);
        }
        if let Some((parent, call)) = scope.parent
            && let Some(arguments) = call.expressions
        {
            self.raw(arguments, parent, call.for_each_expression, depth, trace);
        }
    }

    fn output(&self, name: &str, rest: &[Segment], text: &str, scope: &Scope<'_, '_>, depth: usize, trace: &mut Trace) {
        let (key, rest) = split_key(rest);
        let several = scope.module.module_calls.get(name).is_some_and(|call| call.is_repeated());
        let key = if several && key == Key::None { Key::Any } else { key };
        let Some(child) = scope.child(name, key) else {
            return trace.opaque(text, scope);
        };
        let wanted = match rest.first() {
            Some(Segment::Name(output)) => Some(output.as_str()),
            _ => None,
        };
        trace.branches |= rest.len() != 1;
        for (output, declared) in &child.module.outputs {
            if wanted.is_none_or(|wanted| wanted == &**output)
                && let Some(expression) = declared.expression
            {
                self.raw(expression, &child, None, depth, trace);
            }
        }
    }

    fn resource(&self, parts: &[Segment], text: &str, scope: &Scope<'_, '_>, trace: &mut Trace) {
        let Some((local, rest)) = split_resource(parts) else {
            return trace.opaque(text, scope);
        };
        let (key, rest) = split_key(rest);
        let attribute = rest.iter().find_map(|part| match part {
            Segment::Name(name) => Some(name.as_str()),
            Segment::Key(_) => None,
        });
        let found = self.changes.instances(scope, &local, &key);
        if found.is_empty() && self.deferred {
            return trace.opaque(text, scope);
        }
        trace.met.extend(&found);
        trace.branches |= rest.len() > 1;
        let open = |at: &usize| {
            let unknown = self.changes.unknown(*at);
            match attribute {
                Some(name) => unknown.get(name).is_some_and(any_true) || *unknown == Json::Bool(true),
                None => any_true(&unknown),
            }
        };
        let open: Vec<usize> = found.iter().copied().filter(open).collect();
        if open.is_empty() {
            return;
        }
        let target = match (found.as_slice(), attribute) {
            ([one], Some(attribute)) => self.changes.get(*one).map(|change| (change.printed(), attribute.to_owned())),
            _ => None,
        };
        trace.leaves.push(Leaf { text: format!("{}{text}", scope.prefix()), target });
    }
}

impl Trace {
    fn opaque(&mut self, text: &str, scope: &Scope<'_, '_>) {
        self.leaves.push(Leaf { text: format!("{}{text}", scope.prefix()), target: None });
    }
}

impl Call<'_> {
    fn is_repeated(&self) -> bool {
        self.for_each_expression.is_some() || self.count_expression.is_some()
    }
}

/// The expression that a call passes for a variable.
fn argument<'a>(call: &Call<'a>, name: &str) -> Option<&'a RawValue> {
    let arguments: BTreeMap<Text<'a>, &'a RawValue> = serde_json::from_str(call.expressions?.get()).ok()?;
    arguments.get(name).copied()
}

/// Whether anything in `after_unknown` is unknown.
pub(super) fn any_true(json: &Json) -> bool {
    match json {
        Json::Bool(flag) => *flag,
        Json::Array(items) => items.iter().any(any_true),
        Json::Object(members) => members.values().any(any_true),
        Json::Null | Json::Number(_) | Json::String(_) => false,
    }
}

/// The references of an expression, or of all expressions of a block: each once in full. Terraform from 1.1 on writes
/// behind `a.b.c` its prefixes (`a.b`), which are the same reference.
pub(super) fn references(json: &Json) -> Vec<&str> {
    let mut list = Vec::new();
    gather(json, &mut list);
    list
}

fn gather<'j>(json: &'j Json, list: &mut Vec<&'j str>) {
    match json {
        Json::Array(items) => items.iter().for_each(|item| gather(item, list)),
        Json::Object(members) => {
            for (key, value) in members {
                match (key.as_str(), value) {
                    ("references", Json::Array(items)) => grouped(items, list),
                    ("constant_value", _) => {}
                    (_, value) => gather(value, list),
                }
            }
        }
        _ => {}
    }
}

fn grouped<'j>(items: &'j [Json], list: &mut Vec<&'j str>) {
    let mut before = "";
    for text in items.iter().filter_map(Json::as_str) {
        let is_prefix = before.strip_prefix(text).is_some_and(|rest| rest.starts_with(['.', '[']));
        if !is_prefix {
            list.push(text);
        }
        before = text;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reference_and_its_prefixes_are_one() {
        let table = [
            (json!({"references": ["aws_kms_key.k.arn", "aws_kms_key.k"]}), vec!["aws_kms_key.k.arn"]),
            (
                json!({"references": ["a.b[0].arn", "a.b[0]", "a.b", "a.b", "var.x", "a.bc.d", "a.b"]}),
                vec!["a.b[0].arn", "a.b", "var.x", "a.bc.d", "a.b"],
            ),
            (
                json!({"references": ["module.m[\"a\"].key", "module.m[\"a\"]", "module.m"]}),
                vec!["module.m[\"a\"].key"],
            ),
            (json!([{"x": {"references": ["var.a"]}, "y": {"constant_value": {"references": ["z"]}}}]), vec!["var.a"]),
            (json!({}), vec![]),
        ];
        for (json, wanted) in table {
            assert_eq!(references(&json), wanted, "{json}");
        }
    }
}

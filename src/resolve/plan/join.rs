//! A plan joined with the sources that it was made from.
//!
//! The plan is trusted for what it knows; the sources decide what it leaves open, and give every value its place.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value as Json;

use super::evaluator::Planned;
use super::values::{KEY_ARGUMENTS, left_to_sources};
use crate::finding::Problem;
use crate::model::{BlockId, Evaluator};
use crate::source::Span;
use crate::value::{
    Entry, Input, InputId, InputKind, Inputs, Kind, Mode, Origin, Part, Symbol, UnknownKind, Value, World, explore,
};

/// Most instances that are compared to tell where sources and plan differ.
const MAX_TOLD: usize = 500;
/// Most instances by which a world is held against the plan.
const MAX_COMPARED: usize = 50;

/// The sources of a plan.
pub(super) struct Joined {
    unit: Box<dyn Evaluator>,
    by_address: HashMap<Arc<str>, BlockId>,
}

impl Joined {
    /// With the plan's variables pinned already.
    pub(super) fn new(unit: Box<dyn Evaluator>) -> Self {
        let by_address = unit.blocks().iter().map(|block| (Arc::clone(&block.address), block.id)).collect();
        Joined { unit, by_address }
    }

    /// The sources' inputs.
    pub(super) fn inputs(&self) -> &Inputs {
        self.unit.inputs()
    }

    /// Block and header of every block, by address without keys.
    pub(super) fn places(&self) -> HashMap<Arc<str>, (Span, Span)> {
        self.unit.blocks().iter().map(|block| (Arc::clone(&block.address), (block.span, block.header))).collect()
    }

    /// Whether these can be the sources of a plan whose configuration has these blocks (addresses without keys): the same
    /// blocks in the root module, and none in a module that the plan does not have.
    pub(super) fn fit(&self, configured: &BTreeSet<String>) -> bool {
        let mine: BTreeSet<&str> = self.unit.blocks().iter().map(|block| &*block.address).collect();
        !mine.is_empty()
            && mine.iter().all(|address| configured.contains(*address))
            && configured.iter().all(|address| address.starts_with("module.") || mine.contains(address.as_str()))
    }

    /// The addresses of the blocks that a block can read something of, by its address; none of one that the sources do
    /// not have. `None`: any.
    pub(super) fn read_by(&self, address: &str) -> Option<Vec<Arc<str>>> {
        let Some(block) = self.by_address.get(address) else { return Some(Vec::new()) };
        let reached = self.unit.reads(*block)?;
        let blocks = self.unit.blocks();
        Some(reached.iter().filter_map(|id| blocks.get(id.0 as usize)).map(|it| Arc::clone(&it.address)).collect())
    }

    /// The value of a property of which the plan alone says `alone`. `known` tells the text of an attribute that the plan
    /// knows.
    pub(super) fn join(
        &self,
        alone: Value,
        planned: &Planned,
        name: &str,
        known: &dyn Fn(&Symbol) -> Option<Arc<str>>,
        world: &mut World<'_>,
    ) -> Value {
        let Some(instance) = self.unit.find(&planned.instance.address, world) else {
            return alone;
        };
        let written = self.unit.property(&instance, name, world);
        if name == "@provider" {
            return both(alone, written);
        }
        let note = format!("planned as {}", planned.instance.address);
        let inferred = alone.clone();
        let alone = open(alone, planned, name);
        let configured = match &written.kind {
            Kind::String(text) => Some(Arc::clone(text)),
            Kind::Symbol(symbol) => known(symbol),
            _ => None,
        };
        let joined = match (planned.unclear.get(name), configured) {
            // The sources say that what the plan shows is what they configure, or that it is not (`ignore_changes`).
            (Some(shown), Some(text)) if *shown == text => keep_secret(&alone.origin, written),
            (Some(_), Some(_)) => alone,
            _ if contradicts(name, &alone, &written) => alone,
            _ => overlay(alone, written),
        };
        let joined = if planned.inferred.contains(name) && is_unknown(&joined) { inferred } else { joined };
        let origin = joined.origin.via(planned.place, note);
        Value { origin, ..joined }
    }

    /// One problem where the sources are not those of the plan.
    pub(super) fn moved_on(&self, planned: &[Planned], inputs: &Inputs) -> Option<Problem> {
        let mut world = World::new(inputs, Mode::Free);
        let mut differences: Vec<(Span, String)> = Vec::new();
        let mut more = 0_usize;
        let mut certain = only_certain(inputs);
        for one in planned.iter().filter(|one| !one.deleted).take(MAX_TOLD) {
            for difference in self.differences(one, &mut world, &mut certain) {
                if differences.len() < 3 { differences.push(difference) } else { more += 1 }
            }
        }
        if differences.is_empty() && self.is_open(inputs) && !self.fits_somewhere(planned, inputs) {
            let place = planned.first()?.place;
            let open: Vec<&str> = inputs.iter().filter(|(_, it)| is_open(it)).map(|(_, it)| &*it.name).collect();
            differences.push((place, format!("they differ from it whatever {} is", open.join(" and "))));
        }
        let (span, _) = differences.first()?;
        let told: Vec<&str> = differences.iter().map(|(_, text)| text.as_str()).collect();
        let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
        let message =
            format!("the sources in {} are not those of this plan: {}{rest}", self.unit.name(), told.join("; "));
        let problem = Problem::at("plan", *span, message).not_fatal();
        Some(
            problem.help(
                "what the plan knows is taken from the plan; plan again, or give the sources that it was made from",
            ),
        )
    }

    /// Whether the sources depend on something that the plan does not say: the workspace.
    pub(super) fn is_open(&self, inputs: &Inputs) -> bool {
        inputs.iter().any(|(_, input)| is_open(input))
    }

    /// The workspace, where a text that the plan knows has it in it (`vault-${terraform.workspace}`). `None` where no text
    /// says it, or two say something else.
    pub(super) fn workspace(&self, planned: &[Planned], inputs: &Inputs) -> Option<(InputId, String)> {
        let mut world = World::new(inputs, Mode::Free);
        let mut certain = only_certain(inputs);
        let mut found: Vec<(InputId, String)> = Vec::new();
        for one in planned.iter().filter(|one| one.created).take(MAX_COMPARED) {
            let instance = self.unit.find(&one.instance.address, &mut world).filter(|_| certain(&mut world));
            for (name, alone) in instance.iter().flat_map(|_| &one.attributes) {
                let written = instance.as_ref().map(|instance| self.unit.property(instance, name, &mut world));
                if let Some(written) = written.filter(|_| certain(&mut world)) {
                    solve(alone, &written, &mut found);
                }
            }
        }
        found.dedup();
        match found.as_slice() {
            [_] => found.pop(),
            _ => None,
        }
    }

    /// Whether the sources, in this world, can have given this plan.
    pub(super) fn agrees(&self, planned: &[Planned], world: &mut World<'_>) -> bool {
        let mut looked_at = planned.iter().filter(|one| !one.deleted).take(MAX_COMPARED);
        looked_at.all(|one| self.differences(one, world, &mut |_| true).is_empty())
    }

    fn fits_somewhere(&self, planned: &[Planned], inputs: &Inputs) -> bool {
        let tree = explore(inputs, Mode::Free, &|_| true, |world| self.agrees(planned, world));
        !tree.complete || tree.leaves.iter().any(|leaf| leaf.result)
    }

    /// Where the sources differ from what the plan knows. `certain` is asked after every evaluation whether its result
    /// counts.
    fn differences<'w>(
        &self,
        planned: &Planned,
        world: &mut World<'w>,
        certain: &mut dyn FnMut(&mut World<'w>) -> bool,
    ) -> Vec<(Span, String)> {
        let address = &planned.instance.address;
        let found = self.unit.find(address, world);
        if !certain(world) {
            return Vec::new();
        }
        let Some(instance) = found else {
            return vec![(planned.place, format!("they have no {address}"))];
        };
        if !planned.created {
            return Vec::new();
        }
        let mut list = Vec::new();
        for (name, alone) in &planned.attributes {
            let written = self.unit.property(&instance, name, world);
            if !certain(world) {
                continue;
            }
            let alone = &open(alone.clone(), planned, name);
            if contradicts(name, alone, &written) {
                let span = written.origin.span.unwrap_or(planned.place);
                list.push((
                    span,
                    format!("{address}.{name} is known in the sources, and in the plan only after apply"),
                ));
            }
            let (Some(here), Some(there)) = (scalar(alone), scalar(&written).or_else(|| written.marked())) else {
                continue;
            };
            if !can_be(&written, &here) {
                let shown = |value: &Value, text: &str| match value.origin.sensitive || alone.origin.sensitive {
                    true => "another value".to_owned(),
                    false => format!("\"{}\"", text.chars().take(80).collect::<String>()),
                };
                let span = written.origin.span.unwrap_or(planned.place);
                let (here, there) = (shown(alone, &here), shown(&written, &there));
                list.push((span, format!("{address}.{name} is {here} in the plan and {there} in the sources")));
            }
        }
        list
    }
}

/// What the plan says as such: an argument that is told from its one reference is open.
fn open(alone: Value, planned: &Planned, name: &str) -> Value {
    match planned.inferred.contains(name) {
        true => Value::unknown(UnknownKind::Plan, "it is known only after apply", alone.origin),
        false => alone,
    }
}

fn is_unknown(value: &Value) -> bool {
    matches!(value.kind, Kind::Unknown(_))
}

/// What the workspace must be for `written` to give `alone`.
fn solve(alone: &Value, written: &Value, found: &mut Vec<(InputId, String)>) {
    if let (Kind::Map(mine), Kind::Map(_)) = (&alone.kind, &written.kind) {
        for entry in mine {
            if let Some(theirs) = written.get(&entry.key) {
                solve(&entry.value, theirs, found);
            }
        }
        return;
    }
    let (Kind::String(text), Some(parts)) = (&alone.kind, written.parts()) else { return };
    let (before, rest) = match parts.as_slice() {
        [Part::Literal(before), rest @ ..] => (&**before, rest),
        rest => ("", rest),
    };
    let (Part::Symbol(Symbol::Input { id, kind: InputKind::Workspace, .. }), after) = (match rest {
        [symbol] => (symbol, ""),
        [symbol, Part::Literal(after)] => (symbol, &**after),
        _ => return,
    }) else {
        return;
    };
    if let Some(workspace) = text.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)) {
        found.push((*id, workspace.to_owned()));
    }
}

/// Counts a result only where nothing had to be decided for it: what differs only in some worlds is no difference.
fn only_certain<'w>(inputs: &'w Inputs) -> impl FnMut(&mut World<'w>) -> bool {
    move |world| {
        let certain = world.facts().is_empty();
        if !certain {
            *world = World::new(inputs, Mode::Free);
        }
        certain
    }
}

/// An input that a plan pins where it can, and did not.
fn is_open(input: &Input) -> bool {
    input.pinned.is_none() && matches!(input.kind, InputKind::Workspace | InputKind::Variable)
}

fn scalar(value: &Value) -> Option<String> {
    match &value.kind {
        Kind::String(text) | Kind::Number(text) => Some(text.to_string()),
        Kind::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Whether a value of the sources can be this text.
fn can_be(written: &Value, text: &str) -> bool {
    if let Kind::Text(parts) = &written.kind {
        let begins = !matches!(parts.first(), Some(Part::Literal(before)) if !text.starts_with(&**before));
        let ends = !matches!(parts.last(), Some(Part::Literal(after)) if !text.ends_with(&**after));
        // A policy is written anew by the provider.
        return (begins && ends) || text.starts_with(['{', '[']);
    }
    scalar(written).is_none_or(|other| same_text(text, &other))
}

/// The same text, the same number, or the same JSON.
fn same_text(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    if let (Ok(one), Ok(other)) = (one.parse::<f64>(), other.parse::<f64>()) {
        return one == other;
    }
    matches!(
        (serde_json::from_str::<Json>(one), serde_json::from_str::<Json>(other)),
        (Ok(one), Ok(other)) if one == other
    )
}

/// The members of both maps; the plan's win.
fn both(alone: Value, written: Value) -> Value {
    match (alone.kind, written.kind) {
        (Kind::Map(mut mine), Kind::Map(theirs)) => {
            for entry in theirs {
                let known = mine.iter().any(|own| own.key == entry.key);
                if !known {
                    mine.push(entry);
                }
            }
            Value::new(Kind::Map(mine), written.origin)
        }
        (Kind::Absent, kind) => Value::new(kind, written.origin),
        (kind, _) => Value::new(kind, alone.origin),
    }
}

/// Whether the sources know a key of which the plan shows that its configuration leaves it open: they are other sources.
/// (The empty string is an omitted argument; and a policy document may be read late although all of it is known.)
fn contradicts(name: &str, alone: &Value, written: &Value) -> bool {
    KEY_ARGUMENTS.contains(&name)
        && matches!(alone.kind, Kind::Unknown(_))
        && left_to_sources(alone)
        && written.as_str().is_some_and(|text| !text.is_empty())
}

/// What the plan knows, placed in the sources; what it does not know, from the sources.
fn overlay(alone: Value, written: Value) -> Value {
    if let Kind::Unknown(_) = alone.kind
        && left_to_sources(&alone)
    {
        return keep_secret(&alone.origin, written);
    }
    match (alone.kind, written.kind) {
        (Kind::Map(mine), Kind::Map(theirs)) => {
            let mut theirs: Vec<Option<Entry>> = theirs.into_iter().map(Some).collect();
            let entry = |entry: Entry| {
                let at = theirs.iter().position(|other| other.as_ref().is_some_and(|other| other.key == entry.key));
                match at.and_then(|at| theirs.get_mut(at)).and_then(Option::take) {
                    Some(other) => {
                        Entry { key: entry.key, key_span: other.key_span, value: overlay(entry.value, other.value) }
                    }
                    None => entry,
                }
            };
            let entries = mine.into_iter().map(entry).collect();
            Value::new(Kind::Map(entries), placed(&alone.origin, &written.origin))
        }
        (Kind::List(mine), Kind::List(theirs)) if mine.len() == theirs.len() => {
            let mut theirs: Vec<Option<Value>> = theirs.into_iter().map(Some).collect();
            let items = mine
                .into_iter()
                .map(|item| match partner(&item, &mut theirs) {
                    Some(other) => overlay(item, other),
                    None => item,
                })
                .collect();
            Value::new(Kind::List(items), placed(&alone.origin, &written.origin))
        }
        // Neither says more than the other; the sources say where.
        (Kind::Absent, Kind::Absent) => Value::new(Kind::Absent, written.origin.and(&alone.origin)),
        // The plan knows that it is omitted: what the sources write there did not decide it.
        (Kind::Absent, _) => Value::new(Kind::Absent, alone.origin),
        (kind, theirs) => {
            let mine = Value::new(kind, alone.origin.clone());
            let other = Value::new(theirs, written.origin.clone());
            let differs = match (scalar(&mine), scalar(&other)) {
                (Some(mine), Some(other)) => !same_text(&mine, &other),
                _ => matches!(other.kind, Kind::Absent),
            };
            let origin = if differs { alone.origin } else { placed(&alone.origin, &written.origin) };
            Value::new(mine.kind, origin)
        }
    }
}

/// The item that is the same as `item`, as far as both are known: a set's items are in another order in a plan.
fn partner(item: &Value, others: &mut [Option<Value>]) -> Option<Value> {
    let at = others.iter().position(|other| other.as_ref().is_some_and(|other| agrees(item, other)))?;
    others.get_mut(at).and_then(Option::take)
}

fn agrees(item: &Value, other: &Value) -> bool {
    match (&item.kind, &other.kind) {
        (Kind::Map(mine), Kind::Map(_)) => {
            mine.iter().all(|entry| other.get(&entry.key).is_none_or(|theirs| agrees(&entry.value, theirs)))
        }
        _ => match (scalar(item), scalar(other)) {
            (Some(mine), Some(theirs)) => same_text(&mine, &theirs),
            _ => true,
        },
    }
}

/// The place in the sources, for a value that the plan gives.
fn placed(alone: &Origin, written: &Origin) -> Origin {
    let origin = if written.span.is_some() { written.clone() } else { alone.clone() };
    if alone.sensitive { origin.sensitive() } else { origin }
}

fn keep_secret(alone: &Origin, written: Value) -> Value {
    if alone.sensitive { Value { origin: written.origin.sensitive(), ..written } } else { written }
}

//! What the analyzer sees of a unit, as the JSON of `strongroom inspect`: every resource, and every written property
//! of it with its value in every world.
//!
//! Knows no language: it asks an [`Evaluator`]. In each list exactly one guard holds in every world that the unit's own
//! constraints allow.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Value as Json, json};

use crate::model::{Block, Evaluator, Instance, Key};
use crate::source::{Position, Sources, Span};
use crate::value::{
    Exploration, Fact, Guard, InputId, InputKind, InputState, Inputs, Kind, Leaf, Memory, Mode, Part, Symbol, Test,
    Unknown, UnknownKind, Value, World, explore_sharing,
};

/// Most open inputs of one value that are split into the worlds of their known values; the rest stay unknown.
const MAX_SETTLED: usize = 8;

/// Most leaves of one value that are visited before its open inputs are left open.
const MAX_SETTLED_LEAVES: usize = 256;

/// The whole document: version and units.
pub fn document(units: Vec<Json>) -> Json {
    json!({ "version": 1, "units": units })
}

/// One unit.
pub fn unit(evaluator: &dyn Evaluator, sources: &Sources) -> Json {
    let seen = Seen { evaluator, inputs: split_finely(evaluator.inputs()), memory: Rc::default() };
    let mut resources = Map::new();
    for block in evaluator.blocks() {
        for (address, entry) in block_entries(&seen, sources, block) {
            resources.insert(address, entry);
        }
    }
    let mut values = Map::new();
    for name in evaluator.named_values() {
        let cases = cases(&seen, |world| Some(evaluator.named_value(&name, world)));
        values.insert(name.to_string(), cases);
    }
    json!({
        "unit": evaluator.name(),
        "kind": evaluator.language().name(),
        "inputs": inputs(evaluator.inputs()),
        "values": values,
        "resources": resources,
    })
}

/// A unit that is looked at, its inputs split finely, with what has been computed of it so far.
struct Seen<'a> {
    evaluator: &'a dyn Evaluator,
    inputs: Inputs,
    memory: Rc<Memory>,
}

impl Seen<'_> {
    fn explore<T>(&self, evaluate: impl FnMut(&mut World<'_>) -> T) -> Exploration<T> {
        let possible = |world: &mut World<'_>| self.evaluator.possible(world);
        explore_sharing(&self.inputs, Mode::Free, &self.memory, &possible, evaluate)
    }
}

/// The inputs with more values that are told apart than judging does: those that the language names, and the other orders
/// of a short list's default, since what `Fn::Select` takes from a list hangs on its order before anything else.
fn split_finely(inputs: &Inputs) -> Inputs {
    let mut split = inputs.clone();
    for (id, input) in inputs.iter() {
        if let Some(split) = split.get_mut(id).filter(|_| !input.sensitive) {
            split.probes.extend(input.finer.iter().cloned());
        }
        let Some(text) = input.default.as_ref().and_then(Json::as_str) else { continue };
        let parts: Vec<&str> = text.split(',').collect();
        let open = input.kind == InputKind::Parameter && input.allowed.is_none() && input.pinned.is_none();
        if !open || !(2..=MAX_REORDERED).contains(&parts.len()) {
            continue;
        }
        if let Some(input) = split.get_mut(id) {
            let orders = orders(&parts).into_iter().map(|order| Json::String(order.join(",")));
            input.probes.extend(orders.filter(|order| order.as_str() != Some(text)));
        }
    }
    split
}

/// Longest list of which every order is told apart.
const MAX_REORDERED: usize = 3;

fn orders<'t>(parts: &[&'t str]) -> Vec<Vec<&'t str>> {
    if parts.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for at in 0..parts.len() {
        let rest: Vec<&str> = parts[..at].iter().chain(&parts[at + 1..]).copied().collect();
        all.extend(orders(&rest).into_iter().map(|order| [vec![parts[at]], order].concat()));
    }
    all
}

fn inputs(inputs: &Inputs) -> Json {
    let mut all = Map::new();
    for (_, input) in inputs.iter() {
        let mut entry = Map::new();
        if input.sensitive {
            entry.insert("sensitive".to_owned(), true.into());
        } else {
            let fields = [
                ("default", input.default.clone()),
                ("allowed", input.allowed.clone().map(Json::Array)),
                ("value", input.pinned.clone()),
            ];
            entry.extend(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        }
        all.insert(input.name.to_string(), entry.into());
    }
    all.into()
}

/// The instances that a block has in any world, each with its properties.
fn block_entries(seen: &Seen<'_>, sources: &Sources, block: &Block) -> Vec<(String, Json)> {
    let evaluator = seen.evaluator;
    let tree = seen.explore(|world| Existing {
        instances: evaluator.instances(block.id, world),
        error: evaluator.is_error(block.id, world),
    });
    let mut addresses = Vec::new();
    let all = || tree.leaves.iter().flat_map(|leaf| &leaf.result.instances);
    // An instance that stands for all is told of only where no world knows their keys.
    let some_exact = all().any(|instance| !stands_for_all(instance));
    for instance in all().filter(|instance| !some_exact || !stands_for_all(instance)) {
        if !addresses.contains(&instance.address) {
            addresses.push(instance.address.clone());
        }
    }
    if addresses.is_empty() {
        addresses.push(block.address.clone());
    }
    let names = evaluator.property_names(block.id);
    let mut entries = Vec::new();
    for address in addresses {
        let exists = grouped(&seen.inputs, &existence(&tree, &address), Json::clone);
        let mut properties = Map::new();
        for name in names.iter().filter(|name| !name.starts_with('@')) {
            properties.insert(name.to_string(), property(seen, block, &address, name));
        }
        let entry = json!({
            "type": &*block.kind,
            "location": location(sources, block.header),
            "exists": exists,
            "properties": properties,
        });
        entries.push((address.to_string(), entry));
    }
    entries
}

/// What there is of a block in one world.
struct Existing {
    instances: Vec<Instance>,
    error: bool,
}

/// In which worlds there is an instance with this address. Where one instance stands for all, because their keys are not
/// known, whether one of them has this address is a test that nobody can answer here. Where it is an error to tell them,
/// nothing is deployed.
fn existence(tree: &Exploration<Existing>, address: &str) -> Exploration<Json> {
    let mut leaves = Vec::new();
    for leaf in &tree.leaves {
        let Existing { instances, error } = &leaf.result;
        let exact = instances.iter().any(|instance| &*instance.address == address && !stands_for_all(instance));
        if exact || *error || !instances.iter().any(stands_for_all) {
            leaves.push(Leaf { facts: leaf.facts.clone(), result: exact.into(), refused: None });
            continue;
        }
        for holds in [true, false] {
            let mut facts = leaf.facts.clone();
            facts.push(Fact { test: Test::Opaque(format!("there is a {address}").into()), holds });
            leaves.push(Leaf { facts, result: holds.into(), refused: None });
        }
    }
    Exploration { leaves, complete: tree.complete }
}

fn stands_for_all(instance: &Instance) -> bool {
    instance.key == Key::Any || instance.path.contains(&Key::Any)
}

fn property(seen: &Seen<'_>, block: &Block, address: &str, name: &str) -> Json {
    let evaluator = seen.evaluator;
    cases(seen, |world| {
        let instances = evaluator.instances(block.id, world);
        let exact = instances.iter().find(|instance| &*instance.address == address);
        // Where the keys are not known, the instance that stands for all tells what this one would have.
        let instance = exact.or_else(|| instances.iter().find(|instance| stands_for_all(instance)))?;
        Some(evaluator.property(instance, name, world))
    })
}

/// Explores and groups: one entry for each different value. `None` is absent.
fn cases(seen: &Seen<'_>, mut evaluate: impl FnMut(&mut World<'_>) -> Option<Value>) -> Json {
    let mut visited = 0_usize;
    let tree = seen.explore(|world| {
        visited += 1;
        let most = if visited > MAX_SETTLED_LEAVES { 0 } else { MAX_SETTLED };
        let value = settled(world, most, &mut evaluate);
        value.map_or_else(|| json!({ "absent": true }), |value| render(&value, world.inputs()))
    });
    grouped(&seen.inputs, &without_tests(tree), Json::clone)
}

/// Whether a test is one plain question about one variable, which anybody can answer who knows its value:
/// `can(var.keys["prod"])`, `length(var.names) > 2`.
fn is_plain(test: &Test) -> bool {
    const FORMS: [&str; 4] = ["can(var.", "contains(var.", "length(var.", "var."];
    let Test::Opaque(text) = test else { return matches!(test, Test::Equals(..) | Test::Null(_)) };
    let begins = FORMS.iter().any(|form| text.starts_with(form));
    begins && text.matches("var.").count() == 1 && !text.contains(['?', '{', '$', '*'])
}

/// The same answers under guards that anybody can evaluate: what hangs on a test that can't be reduced is one answer
/// where the test changes nothing, and unknown where it does.
fn without_tests(tree: Exploration<Json>) -> Exploration<Json> {
    let is_opaque = |fact: &Fact| !is_plain(&fact.test);
    let mut leaves: Vec<Leaf<Json>> = Vec::new();
    for Leaf { mut facts, result, refused } in tree.leaves {
        let Some(at) = facts.iter().position(is_opaque) else {
            leaves.push(Leaf { facts, result, refused });
            continue;
        };
        let Fact { test: Test::Opaque(test) | Test::Unknown(test, _), .. } = facts.swap_remove(at) else { continue };
        facts.truncate(at);
        match leaves.iter_mut().find(|leaf| leaf.facts == facts) {
            Some(leaf) if leaf.result == result => {}
            Some(leaf) => leaf.result = json!({ "unknown": format!("it depends on whether {test}") }),
            None => leaves.push(Leaf { facts, result, refused }),
        }
    }
    Exploration { leaves, complete: tree.complete }
}

fn grouped<T>(inputs: &Inputs, tree: &Exploration<T>, value: impl Fn(&T) -> Json) -> Json {
    let mut groups: Vec<(Json, Vec<Guard>)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for leaf in &tree.leaves {
        let value = value(&leaf.result);
        let at = *known.entry(value.to_string()).or_insert_with(|| {
            groups.push((value, Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(Guard::path(&leaf.facts, inputs));
    }
    if !tree.complete {
        let all = groups.iter().flat_map(|(_, guards)| guards.iter().cloned()).collect();
        let rest = Guard::Not(Box::new(Guard::any(all)));
        groups.push((json!({ "unknown": "there are too many conditions" }), vec![rest]));
    }
    let alone = groups.len() == 1;
    let entry = |(value, guards): (Json, Vec<Guard>)| {
        let when = if alone { Guard::Always } else { Guard::any(guards) };
        json!({ "when": when.to_json(), "value": value })
    };
    groups.into_iter().map(entry).collect()
}

/// The value, with at most `most` of its open inputs split into what is known of them: finite domains, and the default
/// against the rest.
fn settled(
    world: &mut World<'_>,
    most: usize,
    mut evaluate: impl FnMut(&mut World<'_>) -> Option<Value>,
) -> Option<Value> {
    let mut tried: Vec<InputId> = Vec::new();
    loop {
        let value = evaluate(world)?;
        let mut open = Vec::new();
        open_inputs(&value, &mut open);
        open.retain(|id| !tried.contains(id) && !world.inputs().get(*id).is_none_or(|input| input.sensitive));
        open.truncate(most.saturating_sub(tried.len()));
        if open.is_empty() {
            return Some(substituted(value, world));
        }
        for id in open {
            let default = world.inputs().get(id).is_some_and(|input| input.default.is_some());
            // Inside of a text or a collection, null would mostly be an error.
            if world.settle(id).is_none() && default && matches!(value.kind, Kind::Symbol(_)) {
                world.decide(&Test::Null(id));
            }
            tried.push(id);
        }
    }
}

fn open_inputs(value: &Value, found: &mut Vec<InputId>) {
    let mut add = |symbol: &Symbol| {
        if let Symbol::Input { id, .. } = symbol
            && !found.contains(id)
        {
            found.push(*id);
        }
    };
    match &value.kind {
        Kind::Symbol(symbol) => add(symbol),
        Kind::Text(parts) => parts.iter().for_each(|part| {
            if let Part::Symbol(symbol) = part {
                add(symbol);
            }
        }),
        Kind::List(items) => items.iter().for_each(|item| open_inputs(item, found)),
        Kind::Map(entries) => entries.iter().for_each(|entry| open_inputs(&entry.value, found)),
        Kind::Absent | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) | Kind::Unknown(_) | Kind::Choice(_) => {}
    }
}

/// Puts in the inputs that this world knows, for evaluators that remember a value from before it was settled.
fn substituted(value: Value, world: &World<'_>) -> Value {
    let known = |symbol: &Symbol| match symbol {
        Symbol::Input { id, .. } if world.inputs().get(*id).is_some_and(|input| !input.sensitive) => {
            match world.state(*id) {
                InputState::Known(literal) => Some(literal),
                InputState::Open { .. } => None,
            }
        }
        _ => None,
    };
    let Value { kind, origin } = value;
    let kind = match kind {
        Kind::Symbol(symbol) => match known(&symbol) {
            Some(literal) => return Value::from_json(&literal, &origin),
            None => Kind::Symbol(symbol),
        },
        Kind::Text(parts) => {
            let parts = parts.iter().map(|part| match part {
                Part::Symbol(symbol) => match known(symbol) {
                    Some(Json::String(text)) => Part::Literal(text.into()),
                    Some(other) => Part::Literal(other.to_string().into()),
                    None => part.clone(),
                },
                other => other.clone(),
            });
            return Value::text(parts.collect::<Vec<_>>(), origin);
        }
        Kind::List(items) => Kind::List(items.into_iter().map(|item| substituted(item, world)).collect()),
        Kind::Map(mut entries) => {
            for entry in &mut entries {
                entry.value = substituted(std::mem::replace(&mut entry.value, Value::omitted()), world);
            }
            Kind::Map(entries)
        }
        other => other,
    };
    Value { kind, origin }
}

/// A value as DESIGN's section 5 writes it.
fn render(value: &Value, inputs: &Inputs) -> Json {
    if value.holds_secret() {
        return json!({ "unknown": "it is sensitive, and not shown" });
    }
    match &value.kind {
        Kind::Absent => json!({ "absent": true }),
        Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => json!({ "lit": value.to_json() }),
        Kind::Text(parts) => match parts.iter().find_map(|part| gap(part, inputs)) {
            Some(why) => why,
            None => json!({ "str": value.marked() }),
        },
        Kind::Symbol(symbol) => render_symbol(symbol, inputs),
        Kind::Unknown(unknown) => render_unknown(unknown),
        Kind::Choice(_) => json!({ "unknown": value.first_unknown().map(|why| why.reason.to_string()) }),
        Kind::List(items) => match value.to_json() {
            Some(literal) => json!({ "lit": literal }),
            None => json!({ "list": items.iter().map(|item| render(item, inputs)).collect::<Vec<_>>() }),
        },
        Kind::Map(entries) => match value.to_json() {
            Some(literal) => json!({ "lit": literal }),
            None => {
                let members = entries.iter().map(|entry| (entry.key.to_string(), render(&entry.value, inputs)));
                json!({ "map": members.collect::<Map<_, _>>() })
            }
        },
    }
}

fn render_symbol(symbol: &Symbol, inputs: &Inputs) -> Json {
    match symbol {
        Symbol::Attribute { .. } => json!({ "attr": symbol.to_string() }),
        Symbol::Ref(resource) => json!({ "ref": &**resource }),
        Symbol::Input { .. } => match gap(&Part::Symbol(symbol.clone()), inputs) {
            Some(why) => why,
            None => json!({ "str": format!("⟦{symbol}⟧") }),
        },
    }
}

fn render_unknown(unknown: &Unknown) -> Json {
    match unknown.kind {
        UnknownKind::Error => json!({ "error": &*unknown.reason }),
        _ => json!({ "unknown": &*unknown.reason }),
    }
}

/// Why a part of a string is not known; what only a deployment knows is shown by its name instead.
fn gap(part: &Part, inputs: &Inputs) -> Option<Json> {
    use crate::value::InputKind::Pseudo;
    match part {
        Part::Literal(_) | Part::Symbol(Symbol::Input { kind: Pseudo(_), .. }) => None,
        Part::Unknown(unknown) => Some(render_unknown(unknown)),
        Part::Symbol(Symbol::Input { id, .. }) => Some(match inputs.get(*id) {
            Some(input) if input.sensitive => {
                json!({ "unknown": format!("the value of {} is not to be shown", input.name) })
            }
            _ => render_unknown(&World::new(inputs, Mode::Free).why_open(*id)),
        }),
        Part::Symbol(symbol) => symbol.unknown().map(|unknown| render_unknown(&unknown)),
    }
}

fn location(sources: &Sources, span: Span) -> Json {
    let source = sources.get(span.source);
    let place = |position: Position| json!({ "line": position.line, "column": position.column, "byte": position.byte });
    json!({
        "path": &**source.path(),
        "start": place(source.position(span.start)),
        "end": place(source.position(span.end)),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{BlockId, Instance, Key, Language};
    use crate::source::SourceId;
    use crate::value::{Input, InputKind, Origin};

    /// One resource that exists when A is x, with three properties.
    struct Small {
        inputs: Inputs,
        blocks: Vec<Block>,
    }

    const A: InputId = InputId(0);
    const B: InputId = InputId(1);
    const SECRET: InputId = InputId(2);

    impl Small {
        fn new() -> Self {
            let mut inputs = Inputs::new();
            let mut a = Input::new("A", InputKind::Parameter);
            a.allowed = Some(vec![json!("x"), json!("y")]);
            inputs.add(a);
            let mut b = Input::new("B", InputKind::Parameter);
            b.default = Some(json!("d"));
            inputs.add(b);
            let mut secret = Input::new("S", InputKind::Parameter);
            secret.default = Some(json!("hunter2"));
            secret.sensitive = true;
            inputs.add(secret);
            let span = Span::new(SourceId(0), 0, 1);
            let block =
                Block { id: BlockId(0), address: "R".into(), kind: "T".into(), data: false, span, header: span };
            Small { inputs, blocks: vec![block] }
        }
    }

    impl Evaluator for Small {
        fn language(&self) -> Language {
            Language::CloudFormation
        }

        fn name(&self) -> &'static str {
            "small"
        }

        fn inputs(&self) -> &Inputs {
            &self.inputs
        }

        fn blocks(&self) -> &[Block] {
            &self.blocks
        }

        fn instances(&self, block: BlockId, world: &mut World<'_>) -> Vec<Instance> {
            if !world.decide(&Test::Equals(A, json!("x"))) {
                return Vec::new();
            }
            vec![Instance { block, path: [].into(), key: Key::None, address: "R".into() }]
        }

        fn property(&self, _: &Instance, name: &str, world: &mut World<'_>) -> Value {
            let kind = match name {
                "Open" => Kind::Symbol(world.symbol(B)),
                "Secret" if world.decide(&Test::Equals(SECRET, json!("hunter2"))) => Kind::Bool(true),
                _ => Kind::Symbol(world.symbol(SECRET)),
            };
            Value::new(kind, Origin::default())
        }

        fn property_names(&self, _: BlockId) -> Vec<Arc<str>> {
            vec!["Open".into(), "Secret".into(), "@Metadata".into()]
        }

        fn find(&self, _: &str, _: &mut World<'_>) -> Option<Instance> {
            None
        }
    }

    #[test]
    fn values_are_grouped_under_guards_that_exclude_each_other() {
        let sources = Sources::new();
        let seen = unit(&Small::new(), &sources);
        let resource = &seen["resources"]["R"];
        let (x, y) = (json!({"eq": ["A", "x"]}), json!({"eq": ["A", "y"]}));
        assert_eq!(resource["exists"], json!([{"when": x, "value": true}, {"when": y, "value": false}]));
        assert_eq!(
            resource["properties"]["Open"],
            json!([
                {"when": {"and": [x, {"eq": ["B", "d"]}]}, "value": {"lit": "d"}},
                {"when": {"and": [x, {"not": {"eq": ["B", "d"]}}]},
                 "value": {"unknown": "B may be set to something else than its default"}},
                {"when": y, "value": {"absent": true}},
            ])
        );
        assert_eq!(resource["properties"].get("@Metadata"), None);
    }

    #[test]
    fn what_is_sensitive_is_not_told() {
        let seen = unit(&Small::new(), &Sources::new()).to_string();
        assert!(!seen.contains("hunter2"), "{seen}");
        assert!(seen.contains(r#"{"test":"S has its default"}"#), "{seen}");
    }
}

//! One template with its nested templates, as the model asks for it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value as Json;

use super::eval::{Eval, Memory, known_text, list_of};
use super::export::Exports;
use super::foreach;
use super::parameter::{Parameter, Shape};
use super::reach::Reach;
use super::template::Template;
use crate::model::{Block, BlockId, Evaluator, Instance, Key, Language};
use crate::read::tree::Node;
use crate::source::{HIDDEN, Span};
use crate::value::{InputId, InputState, Inputs, Kind, Origin, Part, UnknownKind, Value, World, excerpt};

/// Identifies one template of a unit.
pub(super) type ScopeId = usize;

/// A template where it stands: as the root, or nested in another one.
#[derive(Debug)]
pub(super) struct Scope {
    /// The template.
    pub(super) template: Template,
    /// The template that it is nested in, and the position of the nested stack there.
    pub(super) parent: Option<(ScopeId, usize)>,
    /// What stands before its logical ids in addresses: `Nested/`, or nothing.
    pub(super) prefix: String,
    /// The templates nested in this one, by the position of the stack.
    pub(super) children: BTreeMap<usize, ScopeId>,
    /// Its pseudo parameters.
    pub(super) pseudo: HashMap<Arc<str>, InputId>,
}

/// One unit: a template and what is nested in it.
#[derive(Debug)]
pub struct Unit {
    pub(super) name: String,
    pub(super) inputs: Inputs,
    pub(super) scopes: Vec<Scope>,
    pub(super) blocks: Vec<Block>,
    /// Scope and position of each block.
    pub(super) homes: Vec<(ScopeId, usize)>,
    pub(super) covers: Vec<String>,
    pub(super) exports: Arc<Exports>,
    pub(super) reach: Reach,
}

impl Unit {
    /// The template with this identity. Identities come from this unit, so there is one.
    pub(super) fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.min(self.scopes.len() - 1)]
    }

    /// All templates.
    pub(super) fn scopes(&self) -> impl Iterator<Item = (ScopeId, &Scope)> {
        self.scopes.iter().enumerate()
    }

    /// Makes what other stacks export known to this unit.
    #[must_use]
    pub fn with_exports(mut self, exports: Arc<Exports>) -> Self {
        self.exports = exports;
        self
    }

    /// Which text decided a parameter's literal, and the reference to it.
    pub(super) fn parameter_origin(
        &self,
        world: &World<'_>,
        id: InputId,
        parameter: &Parameter,
        literal: &str,
        span: Span,
    ) -> Origin {
        let name = &parameter.name;
        let shown = if parameter.is_hidden() { HIDDEN.to_owned() } else { format!("'{}'", excerpt(literal)) };
        let pinned = world.inputs().get(id).is_some_and(|input| input.pinned.is_some());
        match self.choice(parameter, literal) {
            Some((place, true)) if !pinned => {
                Origin::at(place).via(span, format!("taken from the parameter {name}, whose default this is"))
            }
            Some((place, false)) if !pinned => {
                Origin::at(place).via(span, format!("taken from the parameter {name}, which may be {shown}"))
            }
            _ if pinned => Origin::at(span).via(parameter.name_span, format!("{name} is set to {shown} for this run")),
            _ => Origin::at(span).via(parameter.name_span, format!("{name} is {shown} here")),
        }
    }

    /// Where a parameter's literal is written, and whether as its default.
    fn choice(&self, parameter: &Parameter, literal: &str) -> Option<(Span, bool)> {
        let default = parameter.default.as_ref().filter(|(text, _)| &**text == literal).map(|(_, span)| (*span, true));
        let allowed = || parameter.allowed.iter().find(|(text, _)| &**text == literal).map(|(_, span)| (*span, false));
        default.or_else(allowed)
    }

    /// What an input is in this world, as a phrase, and the text that lets it be so.
    pub(super) fn input_reason(&self, world: &World<'_>, id: InputId) -> Option<(String, Option<(Span, String)>)> {
        let input = world.inputs().get(id)?;
        let name = &input.name;
        let parameter = self.scopes.first().and_then(|scope| scope.template.parameter(name));
        let shown = |literal: &str| if input.sensitive { HIDDEN.to_owned() } else { format!("'{}'", excerpt(literal)) };
        if let InputState::Known(Json::String(literal)) = world.state(id) {
            let told = format!("{name} is {}", shown(&literal));
            let step = match parameter.and_then(|parameter| self.choice(parameter, &literal)) {
                _ if input.pinned.is_some() => {
                    input.span.map(|span| (span, format!("{name} is set to {} for this run", shown(&literal))))
                }
                Some((span, true)) => Some((span, format!("{} is the default of {name}", shown(&literal)))),
                Some((span, false)) => Some((span, format!("{} is an allowed value of {name}", shown(&literal)))),
                None => None,
            };
            return Some((told, step));
        }
        let excluded = world.excluded(id);
        let excluded: Vec<String> = excluded.iter().filter_map(Json::as_str).map(shown).collect();
        if excluded.is_empty() {
            return None;
        }
        let told = format!("{name} is not {}", excluded.join(" or "));
        let step = input.span.map(|span| (span, format!("{name} may be set to anything else")));
        Some((told, step))
    }
}

impl Eval<'_, '_, '_> {
    /// A parameter of a nested template: what the stack passes, or its default.
    pub(super) fn argument(&mut self, scope: ScopeId, parameter: &Parameter, span: Span) -> Value {
        let name = &parameter.name;
        let made = self.once(Memory::Argument, scope, name, |inner| inner.passed(scope, name));
        let Some((passed, _)) = made else {
            return self.error(span, &format!("the parameter {name} is passed in a circle"));
        };
        if parameter.shape == Shape::FromSsm {
            let why = format!("{name} takes a value from SSM when the template is deployed");
            return Value::unknown(UnknownKind::Provider, why, Origin::at(span));
        }
        let mut value = match (passed, &parameter.default) {
            (Some(value), _) => value,
            (None, Some((text, place))) => Value::string(Arc::clone(text), Origin::at(*place)),
            (None, None) => return self.error(span, &format!("the nested stack does not set its parameter {name}")),
        };
        value = match parameter.shape {
            Shape::List => as_list(value),
            Shape::Text | Shape::FromSsm => as_text(value),
        };
        value.origin = value.origin.via(span, format!("taken from the parameter {name} of the nested stack"));
        value.origin.sensitive |= parameter.is_hidden() && !value.is_absent();
        value
    }

    fn passed(&mut self, scope: ScopeId, name: &str) -> Option<Value> {
        let unit = self.unit;
        let (parent, position) = unit.scope(scope).parent?;
        let stack = unit.scope(parent).template.resources.at(position)?;
        let arguments = stack.body.get("Properties")?.get("Parameters")?;
        let in_list = arguments
            .items()
            .iter()
            .find(|item| item.get("ParameterKey").and_then(Node::scalar).as_deref() == Some(name));
        if let Some(value) = in_list.and_then(|item| item.get("ParameterValue")) {
            return self.handed(parent, value, value.whole(), name);
        }
        if let Some(member) = arguments.member(name) {
            return self.handed(parent, &member.value, member.key_span, name);
        }
        // The map itself may be computed.
        let whole = super::call::call(arguments).map(|_| self.value(parent, arguments))?;
        whole.get(name).cloned()
    }

    fn handed(&mut self, parent: ScopeId, node: &Node, place: Span, name: &str) -> Option<Value> {
        let mut value = self.value(parent, node);
        value.origin = value.origin.via(place, format!("passed to the nested stack as {name}"));
        (!value.is_absent()).then_some(value)
    }

    /// An output of a nested template.
    pub(super) fn output(&mut self, child: ScopeId, output: &str, stack: &str, span: Span) -> Value {
        let unit = self.unit;
        let Some(declared) = unit.scope(child).template.outputs.get(output) else {
            if let Some(generator) = unit.scope(child).template.generator() {
                let why = format!("{output} is not declared: {generator} may generate it");
                return Value::unknown(UnknownKind::Macro, why, Origin::at(span));
            }
            return self.error(span, &format!("the nested stack {stack} has no output {output}"));
        };
        let Some(node) = declared.body.get("Value") else {
            return self.error(span, &format!("the output {output} has no value"));
        };
        let made = self.once(Memory::Output, child, output, |inner| {
            let turns = declared.turns.iter().all(|turn| inner.happens(child, &turn.collection, &turn.value));
            let condition = declared.body.get("Condition");
            let there = turns && condition.is_none_or(|condition| inner.condition_at(child, condition).0);
            there.then(|| inner.value(child, node))
        });
        match made {
            Some((Some(mut value), _)) => {
                value.origin = value.origin.via(span, format!("the output {output} of the nested stack {stack}"));
                value
            }
            Some((None, _)) => self.error(span, &format!("the output {output} of {stack} does not exist here")),
            None => self.error(span, &format!("the output {output} of {stack} refers to itself")),
        }
    }

    /// A property, or with `@` an attribute, of the resource at a position.
    pub(super) fn property(&mut self, scope: ScopeId, position: usize, name: &str) -> Value {
        let unit = self.unit;
        let Some(resource) = unit.scope(scope).template.resources.at(position) else { return Value::omitted() };
        if let Some(attribute) = name.strip_prefix('@') {
            return match resource.body.member(attribute) {
                Some(member) => self.written(scope, &member.value, member.key_span),
                None => Value::omitted(),
            };
        }
        let Some(properties) = resource.body.get("Properties") else { return self.unwritten(scope, name) };
        if let Some(member) = properties.member(name) {
            let value = self.written(scope, &member.value, member.key_span);
            return if name == "Parameters" { self.handed_on(scope, position, value) } else { value };
        }
        let plain = |key: &str| !key.starts_with("Fn::");
        if properties.tag.is_none() && properties.members().iter().all(|member| plain(&member.key)) {
            return self.unwritten(scope, name);
        }
        // A loop, a macro or a condition makes the properties.
        let whole = self.value(scope, properties);
        match &whole.kind {
            Kind::Map(_) => match whole.get(name) {
                Some(value) => Value { origin: value.origin.and(&whole.origin), ..value.clone() },
                // The branch that was chosen does not write it.
                None if whole.origin.steps().next().is_some() => Value::absent(whole.origin),
                None => Value::omitted(),
            },
            _ => whole,
        }
    }

    /// What a stack passes to the template nested in it, with what that must not show marked.
    fn handed_on(&self, scope: ScopeId, position: usize, mut value: Value) -> Value {
        let Some(child) = self.unit.scope(scope).children.get(&position) else { return value };
        let nested = &self.unit.scope(*child).template;
        if let Kind::Map(entries) = &mut value.kind {
            for entry in entries {
                entry.value.origin.sensitive |= nested.parameter(&entry.key).is_some_and(Parameter::is_hidden);
            }
        }
        value
    }

    /// A property that is not written: a macro over the whole template may add it.
    fn unwritten(&self, scope: ScopeId, name: &str) -> Value {
        match self.unit.scope(scope).template.rewriting_macro() {
            Some((rewriting, span)) => {
                let why = format!("the macro {rewriting} may add {name} when the template is deployed");
                Value::unknown(UnknownKind::Macro, why, Origin::at(span))
            }
            None => Value::omitted(),
        }
    }

    fn written(&mut self, scope: ScopeId, node: &Node, key: Span) -> Value {
        let mut value = self.value(scope, node);
        if value.origin.span.is_none_or(|span| span.start == span.end) {
            // Nothing is written behind the key.
            value.origin = value.origin.with_span(key);
        }
        value
    }
}

/// What a list is made of when a nested stack passes it: a string with commas.
fn as_text(value: Value) -> Value {
    let Kind::List(items) = &value.kind else { return value };
    let mut parts = Vec::new();
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            parts.push(Part::Literal(",".into()));
        }
        parts.extend(super::eval::parts_of(item));
    }
    Value::text(parts, value.origin)
}

/// The list that a string with commas gives. Names and ARNs hold no comma.
fn as_list(value: Value) -> Value {
    if let Some(text) = known_text(&value) {
        return list_of(&text, &value.origin);
    }
    let Kind::Text(parts) = &value.kind else { return value };
    let mut items: Vec<Vec<Part>> = vec![Vec::new()];
    for part in parts.iter() {
        let Part::Literal(text) = part else {
            items.last_mut().into_iter().for_each(|last| last.push(part.clone()));
            continue;
        };
        for (at, piece) in text.split(',').enumerate() {
            if at > 0 {
                items.push(Vec::new());
            }
            items.last_mut().into_iter().for_each(|last| last.push(Part::Literal(piece.trim().into())));
        }
    }
    let items = items.into_iter().map(|parts| Value::text(parts, value.origin.clone())).collect();
    Value::new(Kind::List(items), value.origin)
}

/// The key under which is remembered whether the template's rules hold.
const RULES: u64 = 0x7275_6c65_735f_686f;

impl Evaluator for Unit {
    fn language(&self) -> Language {
        Language::CloudFormation
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    fn covers(&self) -> Vec<String> {
        self.covers.clone()
    }

    fn written(&self, span: Span) -> Option<String> {
        let source =
            self.scopes.iter().map(|scope| &scope.template.source).find(|source| source.id() == span.source)?;
        source.text().get(span.start as usize..span.end as usize).map(str::to_owned)
    }

    fn possible(&self, world: &mut World<'_>) -> bool {
        world.memo(RULES, |world| Eval::new(self, world).rules_hold())
    }

    fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    fn instances(&self, block: BlockId, world: &mut World<'_>) -> Vec<Instance> {
        let (Some(&(scope, position)), Some(declared)) =
            (self.homes.get(block.0 as usize), self.blocks.get(block.0 as usize))
        else {
            return Vec::new();
        };
        if !Eval::new(self, world).exists(scope, position) {
            return Vec::new();
        }
        let key = if declared.address.contains(foreach::ANY) { Key::Any } else { Key::None };
        vec![Instance { block, path: [].into(), key, address: Arc::clone(&declared.address) }]
    }

    fn property(&self, instance: &Instance, name: &str, world: &mut World<'_>) -> Value {
        match self.homes.get(instance.block.0 as usize) {
            Some(&(scope, position)) => Eval::new(self, world).property(scope, position, name),
            None => Value::omitted(),
        }
    }

    fn document(&self, instance: &Instance, name: &str, world: &mut World<'_>) -> Value {
        match self.homes.get(instance.block.0 as usize) {
            Some(&(scope, position)) => {
                let mut eval = Eval::new(self, world);
                eval.leaves_open = true;
                eval.property(scope, position, name)
            }
            None => Value::omitted(),
        }
    }

    fn property_names(&self, block: BlockId) -> Vec<Arc<str>> {
        let Some(&(scope, position)) = self.homes.get(block.0 as usize) else { return Vec::new() };
        let Some(resource) = self.scope(scope).template.resources.at(position) else { return Vec::new() };
        let mut written = Vec::new();
        if let Some(properties) = resource.body.get("Properties") {
            written_names(properties, &mut written);
        }
        let attributes = resource.body.members().iter().filter(|member| ATTRIBUTES.contains(&&*member.key));
        written.extend(attributes.map(|member| Arc::from(format!("@{}", member.key))));
        written
    }

    fn reads(&self, from: BlockId) -> Option<Arc<BTreeSet<BlockId>>> {
        self.reached(from)
    }

    fn find(&self, address: &str, world: &mut World<'_>) -> Option<Instance> {
        self.instances(self.block_named(address)?, world).into_iter().next()
    }

    fn named_values(&self) -> Vec<Arc<str>> {
        let root = self.scopes.first().map(|scope| &scope.template);
        let outputs = root.into_iter().flat_map(|template| template.outputs.iter());
        let outputs = outputs.map(|(name, _)| format!("output.{name}").into());
        let conditions = root.into_iter().flat_map(|template| template.conditions.iter());
        outputs.chain(conditions.map(|(name, _)| format!("condition.{name}").into())).collect()
    }

    fn named_value(&self, name: &str, world: &mut World<'_>) -> Value {
        let Some(root) = self.scopes.first() else { return Value::omitted() };
        let mut eval = Eval::new(self, world);
        if let Some(condition) = name.strip_prefix("condition.").and_then(|name| root.template.conditions.get(name)) {
            let holds = eval.test(0, &condition.body);
            return Value::new(Kind::Bool(holds), Origin::at(condition.body.whole()));
        }
        let output = name.strip_prefix("output.").and_then(|name| root.template.outputs.get(name));
        let Some(output) = output else { return Value::omitted() };
        let there = output.turns.iter().all(|turn| eval.happens(0, &turn.collection, &turn.value))
            && output.body.get("Condition").is_none_or(|condition| eval.condition_at(0, condition).0);
        match output.body.get("Value") {
            Some(value) if there => eval.value(0, value),
            _ => Value::omitted(),
        }
    }
}

/// The names that a map writes, those in the branches of conditions included.
fn written_names(properties: &Node, names: &mut Vec<Arc<str>>) {
    if let Some(call) = super::call::call(properties) {
        if call.name == "Fn::If" {
            call.argument.items().iter().skip(1).for_each(|branch| written_names(branch, names));
        }
        return;
    }
    for member in properties.members() {
        if !member.key.starts_with("Fn::") && !names.contains(&member.key) {
            names.push(Arc::clone(&member.key));
        }
    }
}

/// The attributes of a resource beside its properties.
const ATTRIBUTES: [&str; 6] =
    ["DeletionPolicy", "UpdateReplacePolicy", "Metadata", "DependsOn", "CreationPolicy", "UpdatePolicy"];

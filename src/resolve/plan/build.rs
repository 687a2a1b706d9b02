//! From the document to the unit: which instances matter, and what each of their arguments is.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::address::{Address, without_keys};
use super::evaluator::{Plan, Planned};
use super::format::{Body, Change, Document, Module, Resource, StateModule, StateResource, Text};
use super::join::Joined;
use super::trace::{Changes, Scope, Trace, Tracer, unquoted};
use super::values::{Guesses, Judge, KnownKey, Shown, Written, left_to_sources};
use super::{Beside, Loaded, parsed_variables, span_of};
use crate::finding::Problem;
use crate::model::{Block, BlockId, Instance};
use crate::source::{Source, Span};
use crate::value::{Entry, Input, InputKind, Inputs, Kind, Origin, Symbol, UnknownKind, Value};

/// Arguments that are blocks: where one is unknown as a whole, a dynamic block makes it, which `configuration` omits.
const BLOCKS: [&str; 2] = ["rule", "statement"];

/// Makes the unit of a document that is a plan.
pub(super) fn build(
    source: &Arc<Source>,
    document: &Document<'_>,
    sources: Beside,
    wants: &dyn Fn(&str) -> bool,
) -> Loaded {
    let list = document.resource_changes.as_deref().unwrap_or_default();
    let changes = Changes::new(list);
    let deferred = document.deferred_changes.is_some_and(|raw| raw.get().len() > 2);
    let mut builder = Builder {
        source,
        document,
        tracer: Tracer { changes: &changes, deferred, followed: RefCell::default() },
        given: OnceCell::new(),
        resources: HashMap::new(),
        expressions: HashMap::new(),
        data: Vec::new(),
        keys: BTreeMap::new(),
        ids: HashMap::new(),
        places: HashMap::new(),
        plan: Plan {
            name: source.path().to_string(),
            inputs: Inputs::new(),
            blocks: Vec::new(),
            written: Vec::new(),
            planned: Vec::new(),
            by_address: HashMap::new(),
            by_block: Vec::new(),
            by_bare_address: HashMap::new(),
            sources: beside(sources, document),
            narrows: false,
        },
        problems: Vec::new(),
    };
    builder.prepare(list, wants);
    for change in list.iter().filter(|change| change.deposed.is_none() && wants(&change.kind)) {
        builder.change(change);
    }
    builder.data_sources(wants);
    builder.finish()
}

struct Builder<'b, 'a> {
    source: &'a Arc<Source>,
    document: &'b Document<'a>,
    tracer: Tracer<'b, 'b, 'a>,
    /// Configuration of the types that matter, by address without keys.
    resources: HashMap<String, &'b Resource<'a>>,
    /// Their parsed expressions.
    expressions: HashMap<String, Arc<Json>>,
    /// Data sources that Terraform read before the plan.
    data: Vec<&'b StateResource<'a>>,
    /// All ARNs in variables and data sources; gathered when the first is looked for.
    given: OnceCell<BTreeSet<&'a str>>,
    /// Keys whose ARN or id is known.
    keys: BTreeMap<String, KnownKey>,
    /// Blocks made so far, by address without keys.
    ids: HashMap<String, BlockId>,
    /// Places in the sources.
    places: HashMap<Arc<str>, (Span, Span)>,
    plan: Plan,
    problems: Vec<Problem>,
}

impl<'b, 'a: 'b> Builder<'b, 'a> {
    fn prepare(&mut self, list: &'b [Change<'a>], wants: &dyn Fn(&str) -> bool) {
        if let Some(configuration) = &self.document.configuration {
            configured(&configuration.root_module, "", wants, &mut self.resources);
        }
        if let Some(root) =
            self.document.prior_state.as_ref().and_then(|state| state.values.as_ref()?.root_module.as_ref())
        {
            read_data(root, &mut self.data);
        }
        self.inputs();
        self.known_keys(list);
        if let Some(sources) = &self.plan.sources {
            self.places = sources.places();
        }
        if self.document.errored == Some(true) {
            let message = "this is the plan of a run that stopped with an error: it is not complete";
            let help = "mend what `terraform plan` told, and plan again";
            self.problems.push(Problem::at("plan", self.top(), message).help(help).not_fatal());
        }
    }

    /// The first bytes of the document, for problems of the whole.
    fn top(&self) -> Span {
        Span::new(self.source.id(), 0, self.source.text().len().min(1))
    }

    fn inputs(&mut self) {
        let values = self.document.variables.map(parsed_variables).unwrap_or_default();
        let Some(sources) = &self.plan.sources else {
            let declared = self.document.configuration.as_ref().map(|it| &it.root_module.variables);
            for (name, value) in values {
                let mut input = Input::new(format!("var.{name}"), InputKind::Variable);
                input.nullable = true;
                input.pinned = Some(value);
                input.sensitive = declared.and_then(|map| map.get(name.as_str())).is_some_and(|it| it.sensitive);
                self.plan.inputs.add(input);
            }
            return;
        };
        let mut inputs = sources.inputs().clone();
        let open: Vec<_> =
            inputs.iter().filter(|(_, input)| input.pinned.is_none()).map(|(id, input)| (id, input.clone())).collect();
        for (id, input) in open {
            let known = match input.kind {
                InputKind::Variable => values
                    .iter()
                    .find(|(name, _)| input.name.strip_prefix("var.") == Some(name))
                    .map(|(_, value)| value)
                    .filter(|value| input.nullable || !value.is_null())
                    .map(|value| as_declared(value, &input))
                    // Terraform before 1.1 leaves out variables that were not set: they have their defaults.
                    .or(input.default),
                InputKind::Pseudo(_) => self.data_value(&input.name),
                InputKind::Parameter | InputKind::Workspace => None,
            };
            if let Some(input) = inputs.get_mut(id) {
                input.pinned = known;
            }
        }
        self.plan.inputs = inputs;
    }

    /// What a data source gave: `data.aws_region.here.name`.
    fn data_value(&self, name: &str) -> Option<Json> {
        let (address, attribute) = name.rsplit_once('.')?;
        let value = |data: &&StateResource<'_>| {
            let json: Json = serde_json::from_str(members(data.values).get(attribute)?.get()).ok()?;
            (!json.is_null()).then_some(json)
        };
        self.data.iter().filter(|data| without_keys(&unquoted(data.address)) == address).find_map(value)
    }

    /// ARNs and ids of the keys that exist, so that a literal ARN leads to its key: the plan of what is deployed shows no
    /// references. Keys of data sources too: the target of `alias/aws/backup` looks like any other ARN.
    fn known_keys(&mut self, list: &'b [Change<'a>]) {
        let is_key = |kind: &str| (kind.starts_with("aws_kms_") && kind.ends_with("key")) || kind == "awscc_kms_key";
        let mut add = |values: Option<&RawValue>, address: &str, attributes: &[&str]| {
            for name in attributes {
                let text = members(values).get(*name).and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
                if let Some(text) = text.filter(|text| !text.is_empty()) {
                    let symbol = Symbol::Attribute { resource: address.into(), attribute: (*name).into() };
                    let managed = !address.contains("data.");
                    self.keys.entry(text).or_insert(KnownKey { symbol, managed });
                }
            }
        };
        for change in list.iter().filter(|change| &*change.mode == "managed" && is_key(&change.kind)) {
            if change.is_final() {
                add(change.body().after, &change.printed(), &["arn", "key_id"]);
            }
        }
        for data in &self.data {
            match &*data.kind {
                "aws_kms_key" => add(data.values, &unquoted(data.address), &["arn"]),
                "aws_kms_alias" => add(data.values, &unquoted(data.address), &["target_key_arn", "arn"]),
                _ => {}
            }
        }
    }

    fn change(&mut self, change: &'b Change<'a>) {
        let place = self.place(change.address);
        let Some(address) = change.address() else {
            let message = "this is no resource address: the resource is not judged";
            let help = "write the plan again: `terraform show -json plan.out`";
            self.problems.push(Problem::at("plan", place, message).help(help));
            return;
        };
        let body: Body<'a> = match serde_json::from_str(change.change.get()) {
            Ok(body) => body,
            Err(error) => {
                let message = format!("the change of {} is not written as plans are: {error}", change.printed());
                let help = "write the plan again: `terraform show -json plan.out`";
                self.problems.push(Problem::at("plan", place, message).help(help));
                return;
            }
        };
        let is = |action: &str| body.actions.iter().any(|one| &**one == action);
        let is_final = change.is_final();
        if !is_final && !is("delete") {
            return;
        }
        let whole = span_of(self.source, change.change.get()).cover(place);
        let id = self.block(&address, &change.kind, &change.mode, place, whole);
        let existing = is_final && !is("create") && &*change.mode != "data";
        let guesses = RefCell::default();
        let attributes = match is_final {
            true => self.attributes(change, &address, &body, place, existing, &guesses),
            false => known(body.before, body.before_sensitive, place),
        };
        let mut unclear = BTreeMap::new();
        let after = members(body.after);
        for (name, _) in attributes.iter().filter(|(_, value)| existing && left_to_sources(value)) {
            let shown = after.get(&**name).and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
            if let Some(text) = shown {
                unclear.insert(Arc::clone(name), text.into());
            }
        }
        let Guesses { perhaps, inferred } = guesses.into_inner();
        let planned = Planned {
            instance: instance(id, &address, change.printed()),
            deleted: !is_final,
            created: is("create"),
            provider: self.provider(&address, &attributes, place),
            attributes,
            unclear,
            inferred,
            perhaps: perhaps.into_iter().filter_map(|at| self.tracer.changes.get(at)).map(Change::printed).collect(),
            change: change_value(change, &body, place),
            place,
        };
        self.add(planned);
    }

    /// The unit's block for an address; made when it is met first.
    fn block(&mut self, address: &Address, kind: &str, mode: &str, place: Span, whole: Span) -> BlockId {
        let base = address.base();
        if let Some(&id) = self.ids.get(&base) {
            return id;
        }
        let id = BlockId(u32::try_from(self.plan.blocks.len()).unwrap_or(u32::MAX));
        let (span, header) = self.places.get(base.as_str()).copied().unwrap_or((whole, place));
        let written = self.expressions(&base).and_then(|json| json.as_object().map(names)).unwrap_or_default();
        let bare: Arc<str> = base.as_str().into();
        self.ids.insert(base, id);
        self.plan.by_bare_address.insert(Arc::clone(&bare), id);
        self.plan.blocks.push(Block { id, address: bare, kind: kind.into(), data: mode == "data", span, header });
        self.plan.written.push(written);
        self.plan.by_block.push(Vec::new());
        id
    }

    fn add(&mut self, planned: Planned) {
        let at = self.plan.planned.len();
        if !planned.deleted
            && let Some(positions) = self.plan.by_block.get_mut(planned.instance.block.0 as usize)
        {
            positions.push(at);
        }
        self.plan.by_address.insert(Arc::clone(&planned.instance.address), at);
        self.plan.planned.push(planned);
    }

    /// The parsed expressions of a resource's configuration.
    fn expressions(&mut self, base: &str) -> Option<Arc<Json>> {
        if let Some(json) = self.expressions.get(base) {
            return Some(Arc::clone(json));
        }
        let resource = self.resources.get(base)?;
        let json = match resource.expressions {
            Some(raw) => serde_json::from_str(raw.get()).ok()?,
            None => Json::Object(serde_json::Map::new()),
        };
        let json = Arc::new(json);
        self.expressions.insert(base.to_owned(), Arc::clone(&json));
        Some(json)
    }

    fn attributes(
        &mut self,
        change: &Change<'a>,
        address: &Address,
        body: &Body<'a>,
        place: Span,
        existing: bool,
        guesses: &RefCell<Guesses>,
    ) -> BTreeMap<Arc<str>, Value> {
        let base = address.base();
        let expressions = self.expressions(&base);
        let resource = self.resources.get(&base).copied();
        let configured = resource.map(|resource| self.place(resource.address));
        let is_given = |text: &str, trace: &Trace| self.is_given(text, trace);
        let judged = |scope: Option<&Scope<'_, 'a>>| {
            let judge = Judge {
                tracer: &self.tracer,
                scope,
                each: resource.and_then(|resource| resource.for_each_expression),
                kind: &change.kind,
                existing,
                place,
                configured,
                keys: &self.keys,
                is_given: &is_given,
                guesses,
            };
            judged(&judge, body, expressions.as_deref())
        };
        let inside =
            self.document.configuration.as_ref().and_then(|it| {
                Scope::root(&it.root_module).descend(&address.modules, &mut |scope| judged(Some(scope)))
            });
        inside.unwrap_or_else(|| judged(None))
    }

    /// Whether an ARN stands in what a configuration could take it from: a variable, a data source, a resource that the
    /// expression refers to. Not in vaults: theirs may be the provider's choice too.
    fn is_given(&self, text: &str, trace: &Trace) -> bool {
        let gather = || {
            let data = self.data.iter().filter(|data| !data.kind.starts_with("aws_backup_"));
            let raws = data.map(|data| data.values).chain([self.document.variables]);
            raws.flatten().flat_map(|raw| arns(raw.get())).collect()
        };
        let holds = |change: &Change<'_>| change.body().after.is_some_and(|raw| arns(raw.get()).any(|arn| arn == text));
        self.given.get_or_init(gather).contains(text)
            || trace.met.iter().filter_map(|&at| self.tracer.changes.get(at)).any(|change| {
                // Those of keys are known already.
                !change.kind.starts_with("aws_backup_") && !change.kind.starts_with("aws_kms_") && holds(change)
            })
    }

    /// Data sources that were read before the plan: all of their values are known.
    fn data_sources(&mut self, wants: &dyn Fn(&str) -> bool) {
        for data in self.data.clone().into_iter().filter(|data| wants(&data.kind)) {
            let printed = unquoted(data.address);
            let Some(address) = Address::parse(&printed) else { continue };
            if self.plan.by_address.contains_key(printed.as_str()) {
                continue;
            }
            let place = self.place(data.address);
            let whole = data.values.map_or(place, |raw| span_of(self.source, raw.get()).cover(place));
            let id = self.block(&address, &data.kind, &data.mode, place, whole);
            let attributes = known(data.values, data.sensitive_values, place);
            self.add(Planned {
                instance: instance(id, &address, printed),
                deleted: false,
                created: false,
                provider: self.provider(&address, &attributes, place),
                attributes,
                unclear: BTreeMap::new(),
                perhaps: Vec::new(),
                inferred: BTreeSet::new(),
                change: Value::omitted(),
                place,
            });
        }
    }

    /// `@provider`: what the configuration says in constants or root variables; the instance's own region goes first.
    fn provider(&self, address: &Address, attributes: &BTreeMap<Arc<str>, Value>, place: Span) -> Value {
        let mut entries = Vec::new();
        let mut add = |name: &str, value: Value| {
            entries.push(Entry { key: name.into(), key_span: Some(place), value });
        };
        let configured = self.document.configuration.as_ref().and_then(|configuration| {
            let key = self.resources.get(&address.base())?.provider_config_key.as_ref()?;
            configuration.provider_config.get(&**key)
        });
        let region = attributes.get("region").filter(|value| value.as_str().is_some()).cloned();
        let given = configured.and_then(|provider| {
            let region = members(provider.expressions).get("region").copied()?;
            self.constant(region, provider.module_address.is_none()).filter(|json| json.as_str().is_some_and(is_region))
        });
        let origin = Origin::at(place);
        if let Some(region) = region.or_else(|| given.map(|json| Value::from_json(&json, &origin))) {
            add("region", region);
        }
        if let Some(alias) = configured.and_then(|provider| provider.alias.as_deref()) {
            add("alias", Value::string(alias, origin.clone()));
        }
        let tags = configured.and_then(|provider| {
            let raw = members(provider.expressions).get("default_tags").copied()?;
            let json: Json = serde_json::from_str(raw.get()).ok()?;
            json.pointer("/0/tags/constant_value").cloned()
        });
        if let Some(tags) = tags {
            add("default_tags", Value::from_json(&tags, &origin));
        }
        Value::new(Kind::Map(entries), origin)
    }

    /// The value of an expression that is a constant, or one variable of the root.
    fn constant(&self, raw: &RawValue, root: bool) -> Option<Json> {
        let json: Json = serde_json::from_str(raw.get()).ok()?;
        if let Some(constant) = json.get("constant_value") {
            return Some(constant.clone());
        }
        match super::trace::references(&json).as_slice() {
            [one] if root => {
                let name = one.strip_prefix("var.")?;
                parsed_variables(self.document.variables?).into_iter().find(|(key, _)| key == name).map(|(_, it)| it)
            }
            _ => None,
        }
    }

    fn place(&self, quoted: &RawValue) -> Span {
        let span = span_of(self.source, quoted.get());
        Span { start: span.start + 1, end: span.end.saturating_sub(1).max(span.start + 1), ..span }
    }

    fn finish(mut self) -> Loaded {
        if let Some(deferred) = self.document.deferred_changes.filter(|_| self.tracer.deferred) {
            let message = "changes that are deferred to a later plan are not read";
            let help = "check the plan that makes them";
            let span = span_of(self.source, deferred.get());
            self.problems.push(Problem::at("deferred", span, message).help(help).not_read());
        }
        if self.document.configuration.is_none() && !self.plan.blocks.is_empty() {
            let message = "the plan has no configuration: what it shows as known only after apply can't be told";
            let help = "give the whole output of `terraform show -json plan.out`, or the sources with --source-dir";
            self.problems.push(Problem::at("plan", self.top(), message).help(help).not_fatal());
        }
        let workspace = self.plan.sources.as_ref().and_then(|it| it.workspace(&self.plan.planned, &self.plan.inputs));
        if let Some((id, name)) = workspace
            && let Some(input) = self.plan.inputs.get_mut(id)
        {
            input.pinned.get_or_insert(Json::String(name));
        }
        let moved = self.plan.sources.as_ref().and_then(|it| it.moved_on(&self.plan.planned, &self.plan.inputs));
        self.plan.narrows =
            moved.is_none() && self.plan.sources.as_ref().is_some_and(|it| it.is_open(&self.plan.inputs));
        self.problems.extend(moved);
        Loaded { units: vec![Box::new(self.plan)], problems: self.problems }
    }
}

/// Every ARN that is written in a text.
fn arns(text: &str) -> impl Iterator<Item = &str> {
    memchr::memmem::find_iter(text.as_bytes(), b"arn:").filter_map(|start| {
        let rest = text.get(start..)?;
        let end = rest.find(|letter: char| !(letter.is_ascii_alphanumeric() || ":/_+=.@-".contains(letter)));
        rest.get(..end.unwrap_or(rest.len()))
    })
}

/// The sources, where they are the user's word or fit the plan.
fn beside(sources: Beside, document: &Document<'_>) -> Option<Joined> {
    match sources {
        Beside::Nothing => None,
        Beside::Given(unit) => Some(Joined::new(unit)),
        Beside::IfItFits(unit) => {
            let mut all = HashMap::new();
            configured(&document.configuration.as_ref()?.root_module, "", &|_| true, &mut all);
            let joined = Joined::new(unit);
            joined.fit(&all.into_keys().collect()).then_some(joined)
        }
    }
}

/// Collects the configuration of the types that matter, by address without keys.
fn configured<'b, 'a>(
    module: &'b Module<'a>,
    prefix: &str,
    wants: &dyn Fn(&str) -> bool,
    found: &mut HashMap<String, &'b Resource<'a>>,
) {
    for resource in &module.resources {
        let local = unquoted(resource.address);
        let kind = local.strip_prefix("data.").unwrap_or(&local).split('.').next().unwrap_or_default();
        if wants(kind) {
            found.insert(format!("{prefix}{}", without_keys(&local)), resource);
        }
    }
    for (name, call) in &module.module_calls {
        configured(&call.module, &format!("{prefix}module.{}.", &**name), wants, found);
    }
}

fn read_data<'b, 'a>(module: &'b StateModule<'a>, found: &mut Vec<&'b StateResource<'a>>) {
    found.extend(&module.data);
    for child in &module.child_modules {
        read_data(child, found);
    }
}

fn judged(judge: &Judge<'_, '_, '_, '_>, body: &Body<'_>, expressions: Option<&Json>) -> BTreeMap<Arc<str>, Value> {
    let (after, unknown, sensitive) = (members(body.after), members(body.after_unknown), members(body.after_sensitive));
    let all_sensitive = body.after_sensitive.is_some_and(|raw| raw.get() == "true").then_some(Json::Bool(true));
    let written = expressions.map_or(Written::Nowhere, Written::As);
    let mut values = BTreeMap::new();
    let names: BTreeSet<&str> = after.keys().chain(unknown.keys()).map(|name| &**name).collect();
    for name in names {
        let (Some(after), Some(unknown), Some(sensitive)) =
            (parsed(after.get(name)), parsed(unknown.get(name)), parsed(sensitive.get(name)))
        else {
            let why = "it is nested too deeply in the plan";
            values.insert(name.into(), Value::unknown(UnknownKind::Limit, why, Origin::at(judge.place)));
            continue;
        };
        let shown = Shown {
            after: after.as_ref(),
            unknown: unknown.as_ref(),
            sensitive: all_sensitive.as_ref().or(sensitive.as_ref()),
        };
        let written = match written.argument(name) {
            Written::Omitted if BLOCKS.contains(&name) => Written::Lost,
            written => written,
        };
        values.insert(name.into(), judge.value(name, shown, written));
    }
    values
}

/// Attributes that are all known.
fn known(values: Option<&RawValue>, sensitive: Option<&RawValue>, place: Span) -> BTreeMap<Arc<str>, Value> {
    let hidden = members(sensitive);
    let value = |(name, raw): (Text<'_>, &RawValue)| {
        let marks = hidden.get(&*name).is_some_and(|raw| raw.get().contains("true"))
            || sensitive.is_some_and(|raw| raw.get() == "true");
        let origin = if marks { Origin::at(place).sensitive() } else { Origin::at(place) };
        let value = match serde_json::from_str::<Json>(raw.get()) {
            Ok(json) => Value::from_json(&json, &origin),
            Err(_) => Value::unknown(UnknownKind::Limit, "it is nested too deeply in the plan", origin),
        };
        (Arc::from(&*name), value)
    };
    members(values).into_iter().map(value).collect()
}

/// `@change`.
fn change_value(change: &Change<'_>, body: &Body<'_>, place: Span) -> Value {
    let mut map = serde_json::Map::new();
    let actions = body.actions.iter().map(|action| Json::String(action.to_string())).collect();
    map.insert("actions".to_owned(), Json::Array(actions));
    for (name, raw) in [("replace_paths", body.replace_paths), ("importing", body.importing)] {
        if let Some(json) = raw.and_then(|raw| serde_json::from_str(raw.get()).ok()) {
            map.insert(name.to_owned(), json);
        }
    }
    for (name, text) in [("action_reason", &change.action_reason), ("previous_address", &change.previous_address)] {
        if let Some(text) = text {
            map.insert(name.to_owned(), Json::String(text.to_string()));
        }
    }
    Value::from_json(&Json::Object(map), &Origin::at(place))
}

fn instance(block: BlockId, address: &Address, printed: String) -> Instance {
    Instance { block, path: address.path(), key: address.key.clone(), address: printed.into() }
}

fn names(members: &serde_json::Map<String, Json>) -> Vec<Arc<str>> {
    members.keys().map(|name| name.as_str().into()).collect()
}

/// The members of an object; none where it is something else.
fn members(raw: Option<&RawValue>) -> BTreeMap<Text<'_>, &RawValue> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

/// A variable's value, as its declaration makes it: plans show what `-var` gave, which is text.
fn as_declared(value: &Json, input: &Input) -> Json {
    let like = input.default.as_ref().filter(|json| !json.is_null()).or(input.allowed.iter().flatten().next());
    match (like, value) {
        (Some(Json::Bool(_) | Json::Number(_)), Json::String(text)) => {
            serde_json::from_str(text).ok().filter(|json: &Json| !json.is_string()).unwrap_or_else(|| value.clone())
        }
        (Some(Json::String(_)), Json::Bool(_) | Json::Number(_)) => Json::String(value.to_string()),
        _ => value.clone(),
    }
}

/// `Some(None)` where there is nothing, `None` where it can't be parsed: nested too deeply.
fn parsed(raw: Option<&&RawValue>) -> Option<Option<Json>> {
    match raw {
        None => Some(None),
        Some(raw) => serde_json::from_str(raw.get()).ok().map(Some),
    }
}

/// `eu-west-1`, `us-gov-east-1`: so an expression around a variable that makes something else of it is not mistaken.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() >= 3
        && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        && parts.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()))
}

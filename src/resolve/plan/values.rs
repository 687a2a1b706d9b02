//! What an attribute of a planned instance is: `after`, where the plan knows it, and the decision table of DESIGN,
//! section 4, where it is shown as unknown or may come from the state instead of the configuration.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value as Json;
use serde_json::value::RawValue;

use super::address::without_keys;
use super::trace::{Leaf, Scope, Trace, Tracer, any_true};
use crate::source::Span;
use crate::value::{Entry, Kind, Origin, Symbol, Unknown, UnknownKind, Value};

/// Names of arguments that choose a key and that the provider fills in where they are omitted (Optional and Computed).
pub(super) const KEY_ARGUMENTS: [&str; 4] = ["kms_key_arn", "encryption_key_arn", "kms_key_id", "kms_master_key_id"];

/// Arguments that must be written and that name another resource: where one depends on one unknown attribute only, it is
/// that attribute. From the provider's schemas (Required, or meaningless as anything else).
const LINKS: [(&str, &str); 13] = [
    ("aws_kms_alias", "target_key_id"),
    ("aws_kms_key_policy", "key_id"),
    ("aws_kms_grant", "key_id"),
    ("aws_kms_replica_key", "primary_key_arn"),
    ("aws_backup_plan", "destination_vault_arn"),
    ("aws_backup_plan", "target_vault_name"),
    ("aws_backup_selection", "iam_role_arn"),
    ("aws_backup_selection", "plan_id"),
    ("aws_backup_vault_policy", "backup_vault_name"),
    ("aws_backup_vault_lock_configuration", "backup_vault_name"),
    ("aws_iam_role_policy", "role"),
    ("aws_iam_role_policy_attachment", "role"),
    ("aws_iam_role_policy_attachment", "policy_arn"),
];

/// What is needed to judge the attributes of one instance.
pub(super) struct Judge<'j, 's, 'd, 'a> {
    /// Follows references.
    pub(super) tracer: &'j Tracer<'j, 'd, 'a>,
    /// The instance's module; `None` where the plan has no configuration for the resource.
    pub(super) scope: Option<&'j Scope<'s, 'a>>,
    /// The resource's `for_each` expression.
    pub(super) each: Option<&'a RawValue>,
    /// The resource's type.
    pub(super) kind: &'j str,
    /// Whether the object exists already and is kept: then `after` shows what the provider chose as well.
    pub(super) existing: bool,
    /// The place in the plan.
    pub(super) place: Span,
    /// The place of the resource's configuration.
    pub(super) configured: Option<Span>,
    /// Keys whose ARN the plan knows.
    pub(super) keys: &'j BTreeMap<String, KnownKey>,
    /// Whether a text stands in what the configuration could have taken it from.
    pub(super) is_given: &'j dyn Fn(&str, &Trace) -> bool,
    /// What is not said by the plan as such.
    pub(super) guesses: &'j RefCell<Guesses>,
}

/// What is told of an instance's keys from its configuration's references alone.
#[derive(Default)]
pub(super) struct Guesses {
    /// The planned instances one of which may be its key, where the plan does not say which: indexes of changes.
    pub(super) perhaps: BTreeSet<usize>,
    /// The arguments that are what their one reference is.
    pub(super) inferred: BTreeSet<Arc<str>>,
}

/// A key whose ARN or id the plan knows.
pub(super) struct KnownKey {
    /// The attribute that has it.
    pub(super) symbol: Symbol,
    /// Whether it is a resource of the plan, and no data source.
    pub(super) managed: bool,
}

/// How something is written in the configuration.
#[derive(Clone, Copy)]
pub(super) enum Written<'w> {
    /// The plan has no configuration for the resource.
    Nowhere,
    /// Its block is there, and it is not written in it.
    Omitted,
    /// It is written in a block that the configuration does not show: a dynamic one.
    Lost,
    /// An expression, or a block, or a list of blocks.
    As(&'w Json),
}

impl<'w> Written<'w> {
    /// The argument or block `name` of the resource whose expressions this is.
    pub(super) fn argument(self, name: &str) -> Written<'w> {
        match self {
            Written::As(Json::Object(members)) => members.get(name).map_or(Written::Omitted, Written::As),
            other => other,
        }
    }

    /// The argument or block `name` of the block that this is.
    fn member(self, name: &str) -> Written<'w> {
        match self {
            Written::As(json) if is_expression(json) => self,
            Written::As(Json::Object(members)) => members.get(name).map_or(Written::Omitted, Written::As),
            Written::As(_) | Written::Lost | Written::Omitted => Written::Lost,
            Written::Nowhere => Written::Nowhere,
        }
    }

    /// Omitted, null or empty.
    fn is_nothing(self) -> bool {
        match self {
            Written::Omitted => true,
            Written::As(json) => {
                json.get("constant_value").is_some_and(|value| value.is_null() || value.as_str() == Some(""))
            }
            Written::Nowhere | Written::Lost => false,
        }
    }

    /// The block that the item at `at` comes from. A set's items are in another order than its blocks: the constants that
    /// are written must be the item's.
    fn item(self, item: &Json, of: usize) -> Written<'w> {
        let Written::As(Json::Array(blocks)) = self else {
            return match self {
                Written::As(json) if is_expression(json) || of == 1 => self,
                Written::Nowhere => self,
                _ => Written::Lost,
            };
        };
        if let ([block], 1) = (blocks.as_slice(), of) {
            return Written::As(block);
        }
        let mut fitting = blocks.iter().filter(|block| constants_agree(block, item));
        match (fitting.next(), fitting.next()) {
            (Some(block), None) => Written::As(block),
            _ => Written::Lost,
        }
    }
}

fn constants_agree(block: &Json, item: &Json) -> bool {
    block.as_object().is_some_and(|members| {
        members.iter().all(|(name, expression)| match (expression.get("constant_value"), item.get(name)) {
            (Some(constant), Some(value)) if !value.is_null() => loosely_equal(constant, value),
            _ => true,
        })
    })
}

/// `7` and `"7"` are the same to a provider's schema.
fn loosely_equal(one: &Json, other: &Json) -> bool {
    let text = |json: &Json| json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    one == other || text(one) == text(other)
}

/// `{}`, `{"constant_value": ...}`, `{"references": [...]}`.
fn is_expression(json: &Json) -> bool {
    json.as_object().is_some_and(|members| members.keys().all(|key| key == "constant_value" || key == "references"))
}

/// The three pictures that a plan has of one value.
#[derive(Clone, Copy, Default)]
pub(super) struct Shown<'v> {
    /// `after`.
    pub(super) after: Option<&'v Json>,
    /// `after_unknown`.
    pub(super) unknown: Option<&'v Json>,
    /// `after_sensitive`.
    pub(super) sensitive: Option<&'v Json>,
}

impl<'v> Shown<'v> {
    fn member(self, name: &str) -> Shown<'v> {
        let get = |json: Option<&'v Json>| json.and_then(|json| json.get(name));
        Shown { after: get(self.after), unknown: get(self.unknown), sensitive: get(self.sensitive) }
    }

    fn item(self, at: usize) -> Shown<'v> {
        let get = |json: Option<&'v Json>| json.and_then(|json| json.get(at));
        Shown { after: get(self.after), unknown: get(self.unknown), sensitive: get(self.sensitive) }
    }
}

impl Judge<'_, '_, '_, '_> {
    /// The value of the argument `name`.
    pub(super) fn value(&self, name: &str, shown: Shown<'_>, written: Written<'_>) -> Value {
        let mut value = self.shown(name, shown, written);
        if shown.sensitive == Some(&Json::Bool(true)) {
            value = masked(value);
        }
        value
    }

    fn shown(&self, name: &str, shown: Shown<'_>, written: Written<'_>) -> Value {
        let origin = Origin::at(self.place);
        match (shown.unknown, shown.after) {
            (Some(Json::Bool(true)), _) => self.unknown(name, written),
            (_, Some(Json::Object(members))) => self.map(members, shown, written),
            (_, Some(Json::Array(items))) => self.list(name, items.len(), shown, written),
            (Some(Json::Object(below)), None | Some(Json::Null)) if below.values().any(any_true) => {
                self.map(&serde_json::Map::new(), shown, written)
            }
            (Some(Json::Array(below)), None | Some(Json::Null)) if below.iter().any(any_true) => {
                self.list(name, below.len(), shown, written)
            }
            (_, None | Some(Json::Null)) => Value::absent(Origin::default()),
            (_, Some(Json::String(text))) => self.string(name, text, written),
            (_, Some(scalar)) => Value::from_json(scalar, &origin),
        }
    }

    fn map(&self, members: &serde_json::Map<String, Json>, shown: Shown<'_>, written: Written<'_>) -> Value {
        let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
        if let Some(Json::Object(below)) = shown.unknown {
            names.extend(below.iter().filter(|(_, json)| any_true(json)).map(|(name, _)| name.as_str()));
            names.sort_unstable();
            names.dedup();
        }
        let entry = |name: &str| Entry {
            key: name.into(),
            key_span: Some(self.place),
            value: self.value(name, shown.member(name), written.member(name)),
        };
        Value::new(Kind::Map(names.into_iter().map(entry).collect()), Origin::at(self.place))
    }

    fn list(&self, name: &str, length: usize, shown: Shown<'_>, written: Written<'_>) -> Value {
        let item = |at: usize| {
            let shown = shown.item(at);
            self.value(name, shown, written.item(shown.after.unwrap_or(&Json::Null), length))
        };
        Value::new(Kind::List((0..length).map(item).collect()), Origin::at(self.place))
    }

    /// Known only after apply: the decision table.
    fn unknown(&self, name: &str, written: Written<'_>) -> Value {
        let expression = match written {
            Written::Omitted => return self.omitted(name),
            Written::Nowhere => {
                return self.cannot_tell(format!(
                    "the plan shows {name} only as known after apply, and has no configuration for it"
                ));
            }
            Written::Lost => {
                return self.cannot_tell(format!(
                    "the plan shows {name} only as known after apply, and not the block that it is written in"
                ));
            }
            Written::As(json) => json,
        };
        match expression.get("constant_value") {
            Some(Json::Null) => return self.null(name),
            Some(constant) => return Value::from_json(constant, &Origin::at(self.place)),
            None => {}
        }
        let Some(scope) = self.scope else {
            return self.cannot_tell(format!("the plan shows {name} only as known after apply"));
        };
        let trace = self.tracer.expression(expression, scope, self.each);
        if trace.leaves.is_empty() {
            let note = format!("nothing that {name} refers to is unknown: it is null, and the provider fills it in");
            return Value::absent(self.noted(note));
        }
        let only_key = self.only_key(name, &trace);
        if only_key.is_some() {
            self.guesses.borrow_mut().inferred.insert(name.into());
        }
        match self.link(name, &trace).or(only_key) {
            Some(symbol) => Value::new(Kind::Symbol(symbol), Origin::at(self.place)),
            None => {
                if KEY_ARGUMENTS.contains(&name) {
                    self.guesses.borrow_mut().perhaps.extend(&trace.met);
                }
                self.cannot_tell(format!(
                    "the plan shows {name} only as known after apply; its configuration refers to {}",
                    told(&trace.leaves)
                ))
            }
        }
    }

    /// What the one unknown thing makes of a required argument, or of a policy that is a policy document.
    fn link(&self, name: &str, trace: &Trace) -> Option<Symbol> {
        let [Leaf { target: Some((address, attribute)), .. }] = trace.leaves.as_slice() else {
            return None;
        };
        let document = name == "policy" && attribute == "json" && address.contains("data.aws_iam_policy_document.");
        (document || LINKS.contains(&(self.kind, name)))
            .then(|| Symbol::Attribute { resource: address.as_str().into(), attribute: attribute.as_str().into() })
    }

    /// The one ARN of a key that an argument for a key refers to, and nothing else: an expression that makes a choice
    /// refers to what it chooses by as well.
    fn only_key(&self, name: &str, trace: &Trace) -> Option<Symbol> {
        let [Leaf { target: Some((address, attribute)), .. }] = trace.leaves.as_slice() else {
            return None;
        };
        let kind = without_keys(address).rsplit('.').nth(1).map(str::to_owned)?;
        let is_arn = match kind.as_str() {
            "aws_kms_alias" => matches!(attribute.as_str(), "arn" | "target_key_arn"),
            kind => attribute == "arn" && kind.starts_with("aws_kms_"),
        };
        (KEY_ARGUMENTS.contains(&name) && is_arn && !trace.branches)
            .then(|| Symbol::Attribute { resource: address.as_str().into(), attribute: attribute.as_str().into() })
    }

    /// A known string.
    fn string(&self, name: &str, text: &str, written: Written<'_>) -> Value {
        let origin = Origin::at(self.place);
        let is_key = KEY_ARGUMENTS.contains(&name);
        let known = self.keys.get(text).filter(|_| is_key || LINKS.contains(&(self.kind, name)));
        if let Some(known) = known
            // The key of a data source has the vault only where it refers to it: `alias/aws/backup` is also what an omitted
            // argument gives.
            && (known.managed || !self.existing || !written.is_nothing())
        {
            return Value::new(Kind::Symbol(known.symbol.clone()), origin);
        }
        if self.existing && is_key && !text.is_empty() {
            return self.existing_key(name, text, written);
        }
        Value::string(text, origin)
    }

    /// The key of an object that exists: `after` shows the configured one, or the one that AWS chose.
    fn existing_key(&self, name: &str, text: &str, written: Written<'_>) -> Value {
        let expression = match written {
            Written::Omitted => return self.omitted(name),
            Written::Nowhere | Written::Lost => {
                return self.cannot_tell(format!(
                    "the plan shows the {name} that exists, which may be the AWS-managed key's, and has no configuration for it"
                ));
            }
            Written::As(json) => json,
        };
        match expression.get("constant_value") {
            Some(Json::Null) => return self.null(name),
            Some(Json::String(constant)) if constant.is_empty() => return Value::string("", Origin::at(self.place)),
            Some(_) => return Value::string(text, Origin::at(self.place)),
            None => {}
        }
        let trace = self.scope.map(|scope| self.tracer.expression(expression, scope, self.each)).unwrap_or_default();
        if (self.is_given)(text, &trace) {
            return Value::string(text, Origin::at(self.place));
        }
        self.cannot_tell(format!(
            "the plan shows the {name} that exists, which may be the AWS-managed key's: nothing that its configuration \
             refers to has that value"
        ))
    }

    fn omitted(&self, name: &str) -> Value {
        Value::absent(self.noted(format!("the configuration sets no {name}")))
    }

    fn null(&self, name: &str) -> Value {
        Value::absent(self.noted(format!("the configuration sets {name} to null")))
    }

    fn noted(&self, note: String) -> Origin {
        match self.configured {
            Some(span) => Origin::default().via(span, note),
            None => Origin::default(),
        }
    }

    fn cannot_tell(&self, reason: String) -> Value {
        Value::unknown(UnknownKind::Plan, reason, Origin::at(self.place))
    }
}

/// The value and all below it, never to be printed.
fn masked(mut value: Value) -> Value {
    value.origin = value.origin.sensitive();
    value.kind = match value.kind {
        Kind::List(items) => Kind::List(items.into_iter().map(masked).collect()),
        Kind::Map(entries) => {
            Kind::Map(entries.into_iter().map(|entry| Entry { value: masked(entry.value), ..entry }).collect())
        }
        other => other,
    };
    value
}

fn told(leaves: &[Leaf]) -> String {
    let mut texts: Vec<&str> = leaves.iter().map(|leaf| leaf.text.as_str()).collect();
    texts.sort_unstable();
    texts.dedup();
    match texts.as_slice() {
        [one] => (*one).to_owned(),
        [one, other] => format!("{one} and {other}"),
        [one, other, rest @ ..] => format!("{one}, {other} and {} more", rest.len()),
        [] => String::new(),
    }
}

/// Whether this, or something below it, is what the plan alone can't tell.
pub(super) fn left_to_sources(value: &Value) -> bool {
    match &value.kind {
        Kind::Unknown(Unknown { kind: UnknownKind::Plan, .. }) => true,
        Kind::List(items) => items.iter().any(left_to_sources),
        Kind::Map(entries) => entries.iter().any(|entry| left_to_sources(&entry.value)),
        _ => false,
    }
}

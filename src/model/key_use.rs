//! Whose key is it, and what text names it?
//!
//! An omitted key is not "no encryption": AWS Backup then uses the AWS-managed key `aws/backup` for a standard vault and
//! an AWS-owned key for a logically air-gapped one (AWS Backup Developer Guide, "Encryption for backups").

use std::sync::Arc;

use super::answer::{self, record};
use super::arn::{self, Arn};
use super::dialect::{Name, Part as Kind_};
use super::evaluator::{Instance, Language};
use super::stack::{Stack, is_key, memo_key};
use super::{links, region, settle};
use crate::value::{InputKind, Kind, Origin, Part, Pseudo, Symbol, Unknown, UnknownKind, Value, World, excerpt};

const VAULT_KEY: Name = Name::new("EncryptionKeyArn", "kms_key_arn");
const AIR_GAPPED_KEY: Name = Name::new("EncryptionKeyArn", "encryption_key_arn");
const ALIAS_TARGET: Name = Name::new("TargetKeyId", "target_key_id");
const ALIAS_NAME: Name = Name::new("AliasName", "name");

/// Longest chain of aliases and look-ups that is followed.
const MAX_CHAIN: usize = 12;

/// What a vault's (or another user's) key is in one world.
#[derive(Clone, Debug)]
pub(super) struct KeyUse {
    /// `customer`, `aws-managed`, `aws-owned`, `invalid`, or why that can't be told.
    pub(super) owner: Result<&'static str, Unknown>,
    /// How it is given: one of [`GIVEN`].
    pub(super) given: &'static str,
    /// The sort of text that reaches AWS: one of [`FORMAT`], or why that can't be told.
    pub(super) format: Result<&'static str, Unknown>,
    /// The text, with marks for what is not known.
    pub(super) text: Option<String>,
    /// The key of this unit that it is.
    pub(super) key: Option<Instance>,
    /// Region and account of a literal ARN.
    pub(super) region: Option<Arc<str>>,
    pub(super) account: Option<Arc<str>>,
    /// The text that decides it.
    pub(super) origin: Origin,
}

/// Values of `key_use.given`.
pub(super) const GIVEN: &[&str] =
    &["omitted", "null", "no-value", "empty", "alias-aws", "arn", "alias", "key-id", "reference", "other", "unknown"];
/// Values of `key_use.format`.
pub(super) const FORMAT: &[&str] =
    &["none", "key-arn", "padded-arn", "partition", "alias-arn", "alias-name", "key-id", "other-service", "other"];
/// Values of `key_use.owner`.
pub(super) const OWNER: &[&str] = &["customer", "aws-managed", "aws-owned", "invalid"];

impl KeyUse {
    fn new(owner: &'static str, given: &'static str, format: &'static str, value: &Value) -> Self {
        KeyUse {
            owner: Ok(owner),
            given,
            format: Ok(format),
            text: value.marked(),
            key: None,
            region: None,
            account: None,
            origin: value.origin.clone(),
        }
    }

    fn unknown(why: Unknown, value: &Value) -> Self {
        let mut key_use = KeyUse::new("invalid", "unknown", "other", value);
        key_use.owner = Err(why.clone());
        key_use.format = Err(why);
        key_use
    }

    fn of_key(mut self, key: Option<Instance>) -> Self {
        self.key = key;
        self
    }

    /// The record behind an object of class `key_use`.
    pub(super) fn record(&self) -> Value {
        let origin = &self.origin;
        // Which class of key it is is no secret; its text is hidden already where it must be.
        let mut class = origin.clone();
        class.sensitive = false;
        let text = |text: &str| Value::string(text, class.clone());
        let known = |answer: &Result<&'static str, Unknown>| match answer {
            Ok(name) => text(name),
            Err(why) => answer::unknown(why, origin),
        };
        let maybe = |text: Option<&str>| match text {
            Some(known) => Value::string(known, origin.clone()),
            None => Value::absent(origin.clone()),
        };
        record(
            vec![
                ("owner", known(&self.owner)),
                ("given", text(self.given)),
                ("format", known(&self.format)),
                ("text", maybe(self.text.as_deref().map(excerpt).as_deref())),
                ("region", maybe(self.region.as_deref())),
                ("account", maybe(self.account.as_deref())),
            ],
            origin,
        )
    }
}

/// The property by which a vault of either kind is given its key.
fn name_of(stack: &Stack<'_>, vault: &Instance) -> Name {
    let air_gapped = stack.part(vault) == Some(Kind_::AirGappedVault);
    if air_gapped { AIR_GAPPED_KEY } else { VAULT_KEY }
}

/// The same as the vault's language spells it.
pub(super) fn argument(stack: &Stack<'_>, vault: &Instance) -> Option<Arc<str>> {
    stack.dialect(vault).and_then(|dialect| name_of(stack, vault).in_dialect(dialect)).map(|name| (&*name).into())
}

/// The key of a vault of either kind.
pub(super) fn of_vault(stack: &Stack<'_>, vault: &Instance, world: &mut World<'_>) -> KeyUse {
    let air_gapped = stack.part(vault) == Some(Kind_::AirGappedVault);
    world.memo(memo_key("key-use", vault), |world| {
        let value = stack.read(vault, name_of(stack, vault), world);
        let mut key_use = classify(stack, &value, world, 0);
        if air_gapped && matches!(key_use.given, "omitted" | "null" | "no-value" | "empty") {
            key_use.owner = Ok("aws-owned");
        }
        if key_use.format == Ok("key-arn") && is_of_another_partition(&value, world) {
            key_use.format = Ok("partition");
        }
        key_use
    })
}

/// Whether a text is an ARN of a partition that its region is not part of: there is no such ARN.
fn is_of_another_partition(value: &Value, world: &World<'_>) -> bool {
    let Some(arn) = Arn::of(&settle::substituted(value, world)) else { return false };
    let region = arn::literal(&arn.region);
    let own = region.as_deref().and_then(arn::partition_of);
    arn::literal(&arn.partition).is_some_and(|partition| own.is_some_and(|own| own != &*partition))
}

/// The same, before anything is settled: of an alias with an input in its name, the format is known in every world, though
/// whose it is may hang on the input.
pub(super) fn as_written(stack: &Stack<'_>, vault: &Instance, world: &mut World<'_>) -> KeyUse {
    let written = world.memo(memo_key("key-use-written", vault), |world| {
        let value = settle::substituted(&stack.read(vault, name_of(stack, vault), world), world);
        open_alias(&value, world).filter(|_| !may_become_aws(&value, world))
    });
    written.unwrap_or_else(|| of_vault(stack, vault, world))
}

/// Whose key a value names.
pub(super) fn classify(stack: &Stack<'_>, value: &Value, world: &mut World<'_>, depth: usize) -> KeyUse {
    let cloudformation = stack.evaluator.language() == Language::CloudFormation;
    if let Some(bare) = trimmed(value) {
        let inner = classify(stack, &bare, world, depth + 1);
        let padded = inner.format == Ok("key-arn");
        return KeyUse { format: if padded { Ok("padded-arn") } else { inner.format }, text: value.marked(), ..inner };
    }
    match &value.kind {
        _ if depth > MAX_CHAIN => {
            KeyUse::unknown(Unknown::new(UnknownKind::Limit, "it is reached through too many references"), value)
        }
        Kind::Absent => {
            let given = match (value.origin.span, cloudformation) {
                (None, _) => "omitted",
                (_, true) => "no-value",
                (_, false) => "null",
            };
            KeyUse::new("aws-managed", given, "none", value)
        }
        Kind::String(text) if cloudformation && text.contains("${") => unfilled(text, value),
        Kind::String(text) => through_alias(stack, literal(text, value), value, world, depth),
        Kind::Symbol(Symbol::Input { id, .. }) => {
            let id = *id;
            if settle::settle(id, world) {
                return classify(stack, &settle::substituted(value, world), world, depth + 1);
            }
            KeyUse::unknown(settle::why_unknown(value, world), value)
        }
        Kind::Symbol(Symbol::Ref(name)) => reference(stack, value, name, world, depth),
        Kind::Symbol(Symbol::Attribute { resource, attribute }) => {
            of_attribute(stack, value, resource, attribute, world, depth)
        }
        Kind::Text(parts) => match of_text(stack, value, parts, world, depth) {
            Some(key_use) => key_use,
            None => {
                let settled = settle::settled(value, world);
                let again = settled.parts().and_then(|parts| of_text(stack, &settled, &parts, world, depth));
                match (&settled.kind, again) {
                    (Kind::Text(_), Some(key_use)) => key_use,
                    (Kind::Text(_), None) => open_alias(&settled, world)
                        .unwrap_or_else(|| KeyUse::unknown(settle::why_unknown(&settled, world), &settled)),
                    _ => classify(stack, &settled, world, depth + 1),
                }
            }
        },
        Kind::Unknown(why) => KeyUse::unknown(why.clone(), value),
        Kind::Bool(_) | Kind::Number(_) | Kind::List(_) | Kind::Map(_) | Kind::Choice(_) => {
            KeyUse::new("invalid", "other", "other", value)
        }
    }
}

/// The text without the white space around it; `None` where it has none. A literal block (`|`) and a heredoc end with a
/// line break.
fn trimmed(value: &Value) -> Option<Value> {
    let (Kind::String(_) | Kind::Text(_)) = &value.kind else { return None };
    let mut parts = value.parts()?;
    let mut found = false;
    if let Some(Part::Literal(text)) = parts.first_mut() {
        found |= text.starts_with(char::is_whitespace);
        *text = text.trim_start().into();
    }
    if let Some(Part::Literal(text)) = parts.last_mut() {
        found |= text.ends_with(char::is_whitespace);
        *text = text.trim_end().into();
    }
    let bare = found.then(|| Value::text(parts, value.origin.clone()))?;
    (bare.as_str() != Some("")).then_some(bare)
}

/// A wholly known text.
fn literal(text: &str, value: &Value) -> KeyUse {
    if text.is_empty() {
        return KeyUse::new("aws-managed", "empty", "none", value);
    }
    if text.starts_with("{{resolve:") {
        let why = Unknown::new(UnknownKind::DynamicReference, "a dynamic reference is resolved only at deployment");
        return KeyUse::unknown(why, value);
    }
    if text.starts_with("alias/aws/") {
        return KeyUse::new("aws-managed", "alias-aws", "alias-name", value);
    }
    if text.starts_with("alias/") {
        return KeyUse::new("customer", "alias", "alias-name", value);
    }
    if arn::is_key_id(text) {
        return KeyUse::new("customer", "key-id", "key-id", value);
    }
    of_arn(value).unwrap_or_else(|| KeyUse::new("invalid", "other", "other", value))
}

/// Text that has the shape of an ARN with its service and resource type in the open.
fn of_arn(value: &Value) -> Option<KeyUse> {
    let arn = Arn::of(value)?;
    let service = arn::literal(&arn.service)?;
    if &*service != "kms" {
        return Some(KeyUse::new("invalid", "arn", "other-service", value));
    }
    let resource = arn::prefix(&arn.resource);
    let mut key_use = if resource.starts_with("alias/") {
        of_alias_name(&arn.resource, "alias-arn", value)?
    } else if resource.starts_with("key/") {
        KeyUse::new("customer", "arn", "key-arn", value)
    } else {
        arn::literal(&arn.resource)?;
        KeyUse::new("invalid", "arn", "other", value)
    };
    key_use.region = arn::literal(&arn.region).filter(|text| !text.is_empty());
    key_use.account = arn::literal(&arn.account).filter(|text| !text.is_empty());
    Some(key_use)
}

/// Text with symbols in it; `None` where what is open in it decides.
fn of_text(stack: &Stack<'_>, value: &Value, parts: &[Part], world: &mut World<'_>, depth: usize) -> Option<KeyUse> {
    if let Some(arn) = Arn::of(value) {
        let named = ["key/", "alias/", ""].into_iter().find_map(|prefix| match (prefix, arn.resource.as_slice()) {
            ("", [Part::Symbol(symbol)]) => Some(symbol),
            _ => arn::symbol_behind(&arn.resource, prefix),
        });
        let key_use = of_arn(value);
        // `arn:...:key/${Key}` and `arn:...:${Alias}`: what the symbol names is what the ARN names.
        if let Some(symbol @ (Symbol::Ref(_) | Symbol::Attribute { .. })) = named {
            let inner = Value::new(Kind::Symbol(symbol.clone()), value.origin.clone());
            let target = classify(stack, &inner, world, depth + 1);
            let format = if arn::prefix(&arn.resource).starts_with("key/") { "key-arn" } else { "alias-arn" };
            let shaped = matches!(target.format, Ok("key-id" | "alias-name"));
            if shaped {
                let mut whole = KeyUse { format: Ok(format), text: value.marked(), ..target };
                whole.region = arn::literal(&arn.region);
                whole.account = arn::literal(&arn.account);
                return Some(whole);
            }
        }
        return known_alias(stack, key_use, value, world, depth);
    }
    known_alias(stack, of_alias_name(parts, "alias-name", value), value, world, depth)
}

/// The use of an alias with this name, where what is known of the name tells whose it is: `alias/aws/` is of AWS alone.
fn of_alias_name(name: &[Part], format: &'static str, value: &Value) -> Option<KeyUse> {
    let behind = arn::prefix(name).strip_prefix("alias/")?;
    if behind.starts_with("aws/") {
        return Some(KeyUse::new("aws-managed", "alias-aws", format, value));
    }
    let told = name.len() == 1 || !"aws/".starts_with(behind) || (behind.is_empty() && never_aws(&name[1..]));
    told.then(|| KeyUse::new("customer", "alias", format, value))
}

/// Whether a text that begins with a fact of the deployment can't begin with `aws/`.
fn never_aws(parts: &[Part]) -> bool {
    match parts {
        [Part::Symbol(Symbol::Input { kind: InputKind::Pseudo(Pseudo::Account | Pseudo::Region), .. }), ..] => true,
        [Part::Symbol(Symbol::Input { kind: InputKind::Pseudo(Pseudo::StackName), .. }), rest @ ..] => match rest {
            [] => true,
            [Part::Literal(text), ..] => !text.starts_with('/'),
            _ => false,
        },
        _ => false,
    }
}

/// The use of an alias of which so little of the name is known that it can't be told whose it is.
fn open_alias(value: &Value, world: &World<'_>) -> Option<KeyUse> {
    let parts = value.parts().filter(|parts| parts.len() > 1)?;
    let arn = Arn::of(value).filter(|arn| arn::literal(&arn.service).as_deref() == Some("kms"));
    let (name, format) = arn.as_ref().map_or((&parts, "alias-name"), |arn| (&arn.resource, "alias-arn"));
    if !arn::prefix(name).starts_with("alias/") || of_alias_name(name, format, value).is_some() {
        return None;
    }
    let mut key_use = KeyUse::new("customer", "alias", format, value);
    key_use.owner = Err(settle::why_unknown(value, world));
    let literal = |parts: &[Part]| arn::literal(parts).filter(|text| !text.is_empty());
    key_use.region = arn.as_ref().and_then(|arn| literal(&arn.region));
    key_use.account = arn.as_ref().and_then(|arn| literal(&arn.account));
    Some(key_use)
}

/// Whether an input in a value has a default, or a value that it is allowed, with which an alias may be one of AWS.
fn may_become_aws(value: &Value, world: &World<'_>) -> bool {
    value.parts().into_iter().flatten().any(|part| {
        let Part::Symbol(Symbol::Input { id, .. }) = part else { return false };
        let input = world.inputs().get(id);
        let named = input.into_iter().flat_map(|input| input.default.iter().chain(input.allowed.iter().flatten()));
        named.filter_map(|literal| literal.as_str()).any(|literal| literal.starts_with("aws"))
    })
}

/// Text with `${Name}` left in it, which only `Fn::Sub` would fill in; other tools have placeholders of their own.
fn unfilled(text: &str, value: &Value) -> KeyUse {
    match arn::unfilled(text) {
        Some(_) => KeyUse::new("invalid", "other", "other", value),
        None => {
            let why = "another tool puts something in the place of ${...} before the template is deployed";
            KeyUse::unknown(Unknown::new(UnknownKind::Macro, why), value)
        }
    }
}

/// The use, or what an alias that this unit declares under the same name makes known where it is none.
fn known_alias(
    stack: &Stack<'_>,
    key_use: Option<KeyUse>,
    value: &Value,
    world: &mut World<'_>,
    depth: usize,
) -> Option<KeyUse> {
    match key_use.or_else(|| open_alias(value, world)) {
        Some(open) if open.owner.is_err() => {
            let declared = declared_alias(stack, value, world)?;
            let key = alias_target(stack, &declared, world, depth);
            // KMS refuses to make an alias under `alias/aws/`.
            Some(KeyUse { owner: Ok("customer"), ..open }.of_key(key))
        }
        key_use => key_use.map(|key_use| through_alias(stack, key_use, value, world, depth)),
    }
}

/// The use with the key behind the alias, where this unit declares the alias that the text names.
fn through_alias(stack: &Stack<'_>, key_use: KeyUse, value: &Value, world: &mut World<'_>, depth: usize) -> KeyUse {
    if key_use.given != "alias" || key_use.key.is_some() {
        return key_use;
    }
    let declared = declared_alias(stack, value, world);
    let key = declared.and_then(|alias| alias_target(stack, &alias, world, depth));
    key_use.of_key(key)
}

/// The one alias of this unit that a name or an ARN names. An ARN means it only where it has the alias' own region and the
/// account that is deployed to.
fn declared_alias(stack: &Stack<'_>, value: &Value, world: &mut World<'_>) -> Option<Instance> {
    let arn = Arn::of(value);
    let name = arn.as_ref().map_or_else(|| value.parts(), |arn| Some(arn.resource.clone()))?;
    if let Some(arn) = &arn {
        let account = |kind: &InputKind| *kind == InputKind::Pseudo(Pseudo::Account);
        match arn.account.as_slice() {
            [Part::Symbol(Symbol::Input { kind, .. })] if account(kind) => {}
            _ => return None,
        }
        // Terraform may ask several providers for their accounts: which of them is the alias' own is not told.
        let accounts = world.inputs().iter().filter(|(_, input)| account(&input.kind)).count();
        if stack.evaluator.language() != Language::CloudFormation && accounts > 1 {
            return None;
        }
    }
    let mut found = stack.all(&[Kind_::Alias], world).into_iter().filter(|alias| {
        let own = stack.read(alias, ALIAS_NAME, world);
        let own = settle::substituted(&own, world).parts().unwrap_or_default();
        links::same(&own, &name)
            && arn.as_ref().is_none_or(|arn| {
                let region = region::of(stack, alias, world);
                match arn.region.as_slice() {
                    [Part::Literal(code)] => region.code() == Some(code),
                    [Part::Symbol(symbol)] => region.symbol().as_ref() == Some(symbol),
                    _ => false,
                }
            })
    });
    let first = found.next();
    if found.next().is_some() { None } else { first }
}

/// CloudFormation's `Ref` of a resource.
fn reference(stack: &Stack<'_>, value: &Value, name: &str, world: &mut World<'_>, depth: usize) -> KeyUse {
    let Some(instance) = stack.evaluator.find(name, world) else {
        return KeyUse::unknown(no_instance(name), value);
    };
    match stack.part(&instance) {
        // `Ref` of a key gives its id, not its ARN: the commonest mistake in this property.
        Some(part) if is_key(part) => KeyUse::new("customer", "reference", "key-id", value).of_key(Some(instance)),
        Some(Kind_::Alias) => {
            let key = alias_target(stack, &instance, world, depth);
            KeyUse::new("customer", "reference", "alias-name", value).of_key(key)
        }
        _ => foreign(stack, &instance, "", value),
    }
}

/// An attribute of a resource or data source.
fn of_attribute(
    stack: &Stack<'_>,
    value: &Value,
    resource: &str,
    attribute: &str,
    world: &mut World<'_>,
    depth: usize,
) -> KeyUse {
    let Some(instance) = stack.evaluator.find(resource, world) else {
        // What another stack exports is named by its unit and a colon: only a key has this attribute.
        if resource.contains(':') && attribute == "KeyId" {
            return KeyUse::new("customer", "reference", "key-id", value);
        }
        return KeyUse::unknown(no_instance(resource), value);
    };
    match (stack.part(&instance), attribute) {
        (Some(part), _) if is_key(part) => match attribute {
            "arn" | "Arn" => KeyUse::new("customer", "reference", "key-arn", value).of_key(Some(instance)),
            "id" | "key_id" | "KeyId" => KeyUse::new("customer", "reference", "key-id", value).of_key(Some(instance)),
            _ => KeyUse::new("invalid", "reference", "other", value),
        },
        (Some(Kind_::Alias), _) => of_alias(stack, value, &instance, attribute, world, depth),
        // The provider's aws_kms_alias has the alias' ARN as its id as well.
        (Some(Kind_::AliasData), _) => {
            let format = match attribute {
                "arn" | "id" => "alias-arn",
                "target_key_arn" => "key-arn",
                "name" => "alias-name",
                _ => "key-id",
            };
            let name = stack.property(&instance, "name", world);
            looked_up(stack, value, &name, format, world, depth)
        }
        // Whatever it was looked up by, `arn` and `id` are the key's own.
        (Some(Kind_::KeyData), _) => {
            let format = if attribute == "arn" { "key-arn" } else { "key-id" };
            let id = stack.property(&instance, "key_id", world);
            looked_up(stack, value, &id, format, world, depth)
        }
        _ => foreign(stack, &instance, attribute, value),
    }
}

/// `aws_kms_alias.a.arn`, `.target_key_arn`, `.name`.
fn of_alias(
    stack: &Stack<'_>,
    value: &Value,
    alias: &Instance,
    attribute: &str,
    world: &mut World<'_>,
    depth: usize,
) -> KeyUse {
    let key = alias_target(stack, alias, world, depth);
    let format = match attribute {
        "target_key_arn" => "key-arn",
        "target_key_id" | "TargetKeyId" => "key-id",
        "arn" | "Arn" | "AliasArn" => "alias-arn",
        _ => "alias-name",
    };
    KeyUse::new("customer", "reference", format, value).of_key(key)
}

/// The key of this unit that an alias points to.
pub(super) fn alias_target(
    stack: &Stack<'_>,
    alias: &Instance,
    world: &mut World<'_>,
    depth: usize,
) -> Option<Instance> {
    let target = stack.read(alias, ALIAS_TARGET, world);
    if depth > MAX_CHAIN { None } else { classify(stack, &target, world, depth + 1).key }
}

/// What a data source found: `given` is its argument (an alias' name, a key's id or ARN), `format` the sort of text that is
/// read of it.
fn looked_up(
    stack: &Stack<'_>,
    value: &Value,
    given: &Value,
    format: &'static str,
    world: &mut World<'_>,
    depth: usize,
) -> KeyUse {
    let mut found = classify(stack, given, world, depth + 1);
    // An AWS-managed key is one by its name; of any other, what is read decides.
    let customer = found.owner == Ok("customer");
    found.origin = match (value.origin.span, found.origin.span) {
        (Some(_), Some(name)) if customer => value.origin.via(name, "this is what is looked up"),
        (Some(span), _) => found.origin.via(span, "looked up here"),
        _ => found.origin,
    };
    found.text = value.marked();
    match found.owner {
        Ok("invalid") => return found,
        Ok("aws-managed") => found.given = "alias-aws",
        Ok(_) => found.given = "reference",
        Err(_) => {}
    }
    found.format = Ok(format);
    found
}

/// A reference to something that is no key.
fn foreign(stack: &Stack<'_>, instance: &Instance, attribute: &str, value: &Value) -> KeyUse {
    let Some(block) = stack.block(instance) else { return KeyUse::unknown(no_instance(&instance.address), value) };
    let kind: &str = &block.kind;
    // What these hold is text that only the deployment knows; everything else's ARN is another service's.
    let opaque = block.data
        || kind.starts_with("Custom::")
        || ["AWS::CloudFormation::", "AWS::SSM::", "AWS::SecretsManager::"].iter().any(|it| kind.starts_with(it))
        || !(kind.starts_with("AWS::") || kind.starts_with("aws_") || kind.starts_with("awscc_"))
        || kind.contains("ssm_parameter")
        || kind.contains("secretsmanager");
    if !opaque && attribute.eq_ignore_ascii_case("arn") && !kind.to_ascii_lowercase().contains("kms") {
        return KeyUse::new("invalid", "reference", "other-service", value);
    }
    let class = match kind {
        "terraform_remote_state" | "tfe_outputs" => UnknownKind::Import,
        _ => UnknownKind::Provider,
    };
    let shown = value.marked().unwrap_or_else(|| block.address.to_string());
    KeyUse::unknown(Unknown::new(class, format!("{shown} is known only when the code is deployed")), value)
}

fn no_instance(address: &str) -> Unknown {
    Unknown::new(UnknownKind::Provider, format!("{address} is known only when the code is deployed"))
}

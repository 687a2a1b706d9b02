//! Backup vaults of both kinds, their locks, and the keys that they use.

use super::answer::{field, flag, property, text, truth};
use super::dialect::{Dialect, Name, Part};
use super::evaluator::{Instance, Language};
use super::key_use::{self, FORMAT, GIVEN, KeyUse, OWNER};
use super::region;
use super::schema::{Answer, Attribute, Class, Object, Type};
use super::stack::{Stack, memo_key};
use super::{keys, links, policies, settle};
use crate::value::{Kind, Origin, Truth, Unknown, UnknownKind, Value, World};

const NAME: Name = Name::new("BackupVaultName", "name");
const FORCE_DESTROY: Name = Name::new("", "force_destroy");
const LOCK_CONFIGURATION: Name = Name::new("LockConfiguration", "");
const MIN_RETENTION: Name = Name::new("MinRetentionDays", "min_retention_days");
const MAX_RETENTION: Name = Name::new("MaxRetentionDays", "max_retention_days");
const CHANGEABLE: Name = Name::new("ChangeableForDays", "changeable_for_days");
const LOCKED_VAULT: Name = Name::new("", "backup_vault_name");

/// A standard backup vault.
pub(super) static VAULT: Class = Class {
    name: "vault",
    doc: "A standard backup vault. Its key is fixed when it is created; without one, AWS Backup uses the AWS-managed key aws/backup.",
    attributes: ATTRIBUTES,
};

/// A logically air-gapped vault.
pub(super) static AIR_GAPPED_VAULT: Class = Class {
    name: "air_gapped_vault",
    doc: "A logically air-gapped backup vault. Without a key of its own, AWS Backup uses an AWS-owned key, which AWS recommends.",
    attributes: ATTRIBUTES,
};

/// A vault of either kind.
pub(super) static ANY_VAULT: Class = Class {
    name: "any_vault",
    doc: "A backup vault of either kind: what `vault` and `air_gapped_vault` have in common.",
    attributes: ATTRIBUTES,
};

static ATTRIBUTES: &[Attribute] = &[
    Attribute::new("name", Type::String, "The vault's name.", ["BackupVaultName", "name"], |stack, object, world| {
        with(object, |vault| property(stack.read(vault, NAME, world)))
    }),
    Attribute::new("address", Type::String, "Where it is declared.", ["the logical id", "the address"], address),
    Attribute::new("type", Type::OneOf(&["standard", "air-gapped"]), "Which kind of vault.", ["Type", "type"], kind),
    Attribute::new(
        "language",
        LANGUAGE,
        "The language of its declaration.",
        ["cloudformation", "terraform, plan"],
        language,
    ),
    Attribute::new(
        "resource",
        Type::Object("resource"),
        "The vault as a raw resource.",
        ["the resource", "the resource"],
        resource,
    ),
    Attribute::new(
        "key",
        Type::Object("key_use"),
        "The key that encrypts it; always there, since no vault is unencrypted.",
        ["EncryptionKeyArn", "kms_key_arn, encryption_key_arn"],
        |stack, object, world| {
            with(object, |vault| {
                let key_use = key_use::as_written(stack, vault, world);
                Answer::Object(key_use_object(stack, vault, &key_use))
            })
        },
    ),
    Attribute::new(
        "region",
        Type::String,
        "The region it is created in.",
        ["AWS::Region", "region, the provider's region"],
        |stack, object, world| with(object, |vault| region::of(stack, vault, world).answer()),
    ),
    Attribute::new(
        "force_destroy",
        Type::Bool,
        "Whether destroying the vault deletes its recovery points. CloudFormation has no such switch: false.",
        ["", "force_destroy"],
        |stack, object, world| {
            with(object, |vault| boolean(&stack.read(vault, FORCE_DESTROY, world), false, &object.origin, world))
        },
    ),
    Attribute::new(
        "lock",
        Type::Object("lock"),
        "Its vault lock; absent where it has none. An air-gapped vault is always locked by its retention bounds.",
        [
            "LockConfiguration; MinRetentionDays and MaxRetentionDays",
            "aws_backup_vault_lock_configuration; min_retention_days and max_retention_days",
        ],
        |stack, object, world| with(object, |vault| lock(stack, vault, object, world)),
    ),
    Attribute::new(
        "access_policy",
        Type::Object("policy"),
        "Its access policy; absent where it has none.",
        ["AccessPolicy", "aws_backup_vault_policy"],
        |stack, object, world| with(object, |vault| policies::of_vault(stack, vault, world)),
    ),
    Attribute::new(
        "replaced",
        Type::Bool,
        "Whether a plan replaces the vault. Unknown without a plan is false: sources do not tell.",
        ["", "the plan's actions: delete and create"],
        |stack, object, world| with(object, |vault| replaced(stack, vault, object, world)),
    ),
    Attribute::new(
        "replaced_for",
        Type::List(&Type::String),
        "The properties whose change makes a plan replace the vault; empty where the plan names none.",
        ["", "the plan's replace_paths"],
        |stack, object, world| with(object, |vault| replaced_for(stack, vault, object, world)),
    ),
];

/// The languages as an attribute's type.
pub(super) const LANGUAGE: Type = Type::OneOf(&["cloudformation", "terraform", "plan"]);

/// The key that a vault uses, as the vault sees it.
pub(super) static KEY_USE: Class = Class {
    name: "key_use",
    doc: "What a vault says of its key: whose it is, how it is given, and the key itself where it is declared in the same unit.",
    attributes: &[
        Attribute::new(
            "owner",
            Type::OneOf(OWNER),
            "Whose key: the customer's, AWS-managed (omitted, null, empty, alias/aws/...), AWS-owned (an air-gapped vault without one), or invalid where the text names no KMS key.",
            ["EncryptionKeyArn", "kms_key_arn, encryption_key_arn"],
            |stack, object, world| told(stack, object, "owner", world),
        ),
        Attribute::new(
            "known",
            Type::Bool,
            "Whether it can be told whose key it is; never unknown itself. Rules about what only a known key can get wrong ask it first.",
            ["EncryptionKeyArn", "kms_key_arn, encryption_key_arn"],
            |stack, object, world| match told(stack, object, "owner", world) {
                Answer::Value(value) => flag(value.as_str().is_some(), value.origin),
                _ => flag(false, object.origin.clone()),
            },
        ),
        Attribute::new(
            "given",
            Type::OneOf(GIVEN),
            "How it is given: not written, null, AWS::NoValue, an empty string, an alias of AWS, a literal ARN, alias or id, or a reference.",
            ["EncryptionKeyArn", "kms_key_arn, encryption_key_arn"],
            |_, object, _| field(object, "given"),
        ),
        Attribute::new(
            "format",
            Type::OneOf(FORMAT),
            "The sort of text that reaches AWS: a key's ARN (what the property takes), one with white space around it or of a partition that its region is not part of, an alias' ARN or name, a bare key id (!Ref Key, .key_id), or something else.",
            ["EncryptionKeyArn", "kms_key_arn, encryption_key_arn"],
            |_, object, _| field(object, "format"),
        ),
        Attribute::new(
            "misspelt",
            Type::String,
            "Where no key is given: a property that is written beside it, that the vault does not have, and that is meant to be its key; absent where there is none.",
            ["EncryptionKeyARN, KmsKeyArn, ...", "encryption_key_arn, kms_key_id, ..."],
            |stack, object, world| with(object, |vault| misspelt(stack, vault, object, world)),
        ),
        Attribute::new(
            "text",
            Type::String,
            "The text, with marks where it is not known.",
            ["EncryptionKeyArn", "kms_key_arn"],
            |stack, object, world| told(stack, object, "text", world),
        ),
        Attribute::new(
            "resource",
            Type::Object("key"),
            "The KMS key of this unit that it is; absent where the key is declared elsewhere or is not the customer's.",
            ["AWS::KMS::Key", "aws_kms_key, aws_kms_external_key, ..."],
            |stack, object, world| {
                with(object, |vault| match key_use::of_vault(stack, vault, world) {
                    KeyUse { key: Some(key), .. } => Answer::Object(keys::object(stack, key)),
                    KeyUse { owner: Err(why), origin, .. } => Answer::Unknown(why, origin),
                    KeyUse { origin, .. } => Answer::Absent(origin),
                })
            },
        ),
        Attribute::new(
            "region",
            Type::String,
            "The key's region, where it is known.",
            ["the ARN, AWS::Region", "the ARN, the key's provider"],
            |stack, object, world| {
                with(object, |vault| {
                    let key_use = key_use::of_vault(stack, vault, world);
                    region::of_key(stack, &key_use, world).answer()
                })
            },
        ),
        Attribute::new(
            "region_differs",
            Type::Bool,
            "Whether the key is known to be in another region than the vault.",
            ["EncryptionKeyArn", "kms_key_arn, provider, region"],
            |stack, object, world| with(object, |vault| region_differs(stack, vault, world)),
        ),
        Attribute::new(
            "local",
            Type::Bool,
            "Whether it is a key of this unit in the vault's own account; unknown where another provider than the vault's makes it.",
            ["EncryptionKeyArn", "kms_key_arn, encryption_key_arn, provider"],
            |stack, object, world| with(object, |vault| local(stack, vault, world)),
        ),
        Attribute::new(
            "account",
            Type::String,
            "The account in a literal ARN.",
            ["EncryptionKeyArn", "kms_key_arn"],
            |_, object, _| field(object, "account"),
        ),
    ],
};

/// A vault's lock, or the retention bounds of an air-gapped vault.
pub(super) static LOCK: Class = Class {
    name: "lock",
    doc: "The retention that a vault enforces: its vault lock, or the bounds of an air-gapped vault.",
    attributes: &[
        Attribute::new(
            "min_retention_days",
            Type::Number,
            "Shortest retention, in days.",
            ["MinRetentionDays", "min_retention_days"],
            |stack, object, world| bound(stack, object, MIN_RETENTION, world),
        ),
        Attribute::new(
            "max_retention_days",
            Type::Number,
            "Longest retention, in days.",
            ["MaxRetentionDays", "max_retention_days"],
            |stack, object, world| bound(stack, object, MAX_RETENTION, world),
        ),
        Attribute::new(
            "changeable_for_days",
            Type::Number,
            "Days until the lock can't be removed; absent in governance mode.",
            ["ChangeableForDays", "changeable_for_days"],
            |stack, object, world| bound(stack, object, CHANGEABLE, world),
        ),
    ],
};

/// A bound of a lock: read from the map that it is, or from the resource that holds it; and only where it is asked,
/// since reading it may decide inputs.
fn bound(stack: &Stack<'_>, object: &Object, name: Name, world: &mut World<'_>) -> Answer {
    let value = match (&object.value, &object.instance) {
        (Some(map), _) => links::either(map, name.cloudformation, name.terraform),
        (None, Some(holder)) => stack.read(holder, name, world),
        (None, None) => Value::omitted(),
    };
    let apart = object.instance.as_ref().is_some_and(|holder| stack.part(holder) == Some(Part::VaultLock));
    // Terraform's provider sends a retention only where it is not zero, and refuses a grace time of zero.
    let apart = apart && name.terraform != CHANGEABLE.terraform;
    match settle::number(&value, world) {
        Answer::Value(value) if apart && value.as_number() == Some(0.0) => Answer::Absent(value.origin),
        answer => answer,
    }
}

/// Runs `make` on the object's instance.
pub(super) fn with(object: &Object, make: impl FnOnce(&Instance) -> Answer) -> Answer {
    match &object.instance {
        Some(instance) => make(instance),
        None => Answer::Absent(object.origin.clone()),
    }
}

/// A boolean property with its default.
pub(super) fn boolean(value: &Value, default: bool, fallback: &Origin, world: &mut World<'_>) -> Answer {
    let value = settle::settled(value, world);
    match (&value.kind, value.as_bool()) {
        (_, Some(known)) => flag(known, value.origin),
        (Kind::Absent, _) => flag(default, if value.origin.span.is_some() { value.origin } else { fallback.clone() }),
        (Kind::String(empty), _) if empty.is_empty() => flag(default, value.origin),
        _ => Answer::Unknown(settle::why_unknown(&value, world), value.origin),
    }
}

pub(super) fn address(_: &Stack<'_>, object: &Object, _: &mut World<'_>) -> Answer {
    with(object, |instance| text(&*instance.address, object.origin.clone()))
}

pub(super) fn language(stack: &Stack<'_>, object: &Object, _: &mut World<'_>) -> Answer {
    text(stack.evaluator.language().name(), object.origin.clone())
}

pub(super) fn resource(_: &Stack<'_>, object: &Object, _: &mut World<'_>) -> Answer {
    with(object, |_| {
        Answer::Object(Object {
            class: "resource",
            instance: object.instance.clone(),
            value: None,
            origin: object.origin.clone(),
        })
    })
}

fn kind(stack: &Stack<'_>, object: &Object, _: &mut World<'_>) -> Answer {
    with(object, |vault| {
        let air_gapped = stack.part(vault) == Some(Part::AirGappedVault);
        text(if air_gapped { "air-gapped" } else { "standard" }, object.origin.clone())
    })
}

/// A vault of either kind as an object.
pub(super) fn object(stack: &Stack<'_>, vault: Instance) -> Object {
    Object { class: "any_vault", origin: stack.header(&vault), instance: Some(vault), value: None }
}

/// What hangs on whose key it is: where the text as it is written leaves that open, what is open in it is settled.
fn told(stack: &Stack<'_>, object: &Object, name: &str, world: &mut World<'_>) -> Answer {
    let written = |owner: &Answer| matches!(owner, Answer::Value(value) if value.as_str().is_some());
    match &object.instance {
        Some(vault) if !written(&field(object, "owner")) => {
            let key_use = key_use::of_vault(stack, vault, world);
            field(&key_use_object(stack, vault, &key_use), name)
        }
        _ => field(object, name),
    }
}

fn key_use_object(stack: &Stack<'_>, vault: &Instance, key_use: &KeyUse) -> Object {
    let origin = if key_use.origin.span.is_some() { key_use.origin.clone() } else { stack.header(vault) };
    let key_use = KeyUse { origin: origin.clone(), ..key_use.clone() };
    Object { class: "key_use", instance: Some(vault.clone()), value: Some(key_use.record().into()), origin }
}

/// What people write for a vault's key, without case and underscores: the argument of another resource's key, or of the
/// other kind of vault.
const MEANT_AS_KEY: &[&str] = &[
    "encryptionkey",
    "encryptionkeyarn",
    "encryptionkeyid",
    "key",
    "keyarn",
    "keyid",
    "kmskey",
    "kmskeyarn",
    "kmskeyid",
    "kmsmasterkeyarn",
    "kmsmasterkeyid",
];

/// The property that is meant to be the key of a vault that is given none.
fn misspelt(stack: &Stack<'_>, vault: &Instance, object: &Object, world: &mut World<'_>) -> Answer {
    let own = key_use::argument(stack, vault);
    let meant = |name: &&std::sync::Arc<str>| {
        let letters: String = name.chars().filter(|letter| *letter != '_').collect();
        own.as_deref().is_some_and(|own| own != &***name) && MEANT_AS_KEY.contains(&&*letters.to_ascii_lowercase())
    };
    let written = stack.evaluator.property_names(vault.block);
    let given = key_use::of_vault(stack, vault, world).given;
    match written.iter().find(meant).filter(|_| given == "omitted") {
        Some(name) => text(&**name, stack.property(vault, name, world).origin),
        None => Answer::Absent(object.origin.clone()),
    }
}

fn region_differs(stack: &Stack<'_>, vault: &Instance, world: &mut World<'_>) -> Answer {
    let key_use = key_use::of_vault(stack, vault, world);
    let origin = key_use.origin.clone();
    match &key_use.owner {
        Err(why) => return Answer::Unknown(why.clone(), origin),
        Ok("customer") => {}
        Ok(_) => return flag(false, origin),
    }
    if key_use.key.is_none() && key_use.region.is_none() {
        return flag(false, origin);
    }
    let (mine, its) = (region::of(stack, vault, world), region::of_key(stack, &key_use, world));
    let mut place = origin;
    for (region, note) in [(&its, "the key is in this region"), (&mine, "the vault is in this region")] {
        if let Some(span) = region.origin.span.filter(|span| place.span != Some(*span)) {
            place = place.and(&Origin::default().via(span, note));
        }
    }
    truth(mine.differs(&its), place)
}

/// A stack is deployed to one account; in Terraform each provider configuration may lead to another.
fn local(stack: &Stack<'_>, vault: &Instance, world: &mut World<'_>) -> Answer {
    let key_use = key_use::of_vault(stack, vault, world);
    let origin = key_use.origin;
    if let Err(why) = key_use.owner {
        return Answer::Unknown(why, origin);
    }
    let Some(key) = key_use.key else { return flag(false, origin) };
    let mut alias = |instance: &Instance| {
        let provider = stack.property(instance, "@provider", world);
        provider.get("alias").and_then(Value::marked)
    };
    if alias(vault) == alias(&key) {
        return flag(true, origin);
    }
    let why = Unknown::new(UnknownKind::Provider, "another provider makes the key, perhaps in another account");
    Answer::Unknown(why, origin)
}

/// The lock that holds for a vault.
fn lock(stack: &Stack<'_>, vault: &Instance, object: &Object, world: &mut World<'_>) -> Answer {
    let found = world.memo(memo_key("lock", vault), |world| find_lock(stack, vault, world));
    let lock = |instance: Instance, value, origin| {
        Answer::Object(Object { class: "lock", instance: Some(instance), value, origin })
    };
    match found {
        Lock::Inline(map) => lock(vault.clone(), Some(map.clone().into()), map.origin),
        Lock::HeldBy(holder) => {
            let origin = stack.header(&holder);
            lock(holder, None, origin)
        }
        Lock::None(origin) if origin.span.is_some() => Answer::Absent(origin),
        Lock::None(_) => Answer::Absent(object.origin.clone()),
        Lock::Unknown(why, origin) => Answer::Unknown(why, origin),
    }
}

#[derive(Clone)]
enum Lock {
    /// A property of the vault.
    Inline(Value),
    /// The properties of this resource: the vault itself, or a resource of its own.
    HeldBy(Instance),
    /// With the text that leaves it out, where there is one.
    None(Origin),
    Unknown(Unknown, Origin),
}

fn find_lock(stack: &Stack<'_>, vault: &Instance, world: &mut World<'_>) -> Lock {
    if stack.part(vault) == Some(Part::AirGappedVault) {
        return Lock::HeldBy(vault.clone());
    }
    if stack.dialect(vault) == Some(Dialect::Aws) {
        return separate_lock(stack, vault, world);
    }
    let written = stack.read(vault, LOCK_CONFIGURATION, world);
    let written = written.items().first().unwrap_or(&written);
    let written = if matches!(written.kind, Kind::Map(_)) { written.clone() } else { settle::settled(written, world) };
    match &written.kind {
        Kind::Map(_) => Lock::Inline(written),
        Kind::Absent | Kind::List(_) => Lock::None(written.origin.clone()),
        _ => Lock::Unknown(settle::why_unknown(&written, world), written.origin.clone()),
    }
}

/// Terraform's `aws_backup_vault_lock_configuration` that names this vault.
fn separate_lock(stack: &Stack<'_>, vault: &Instance, world: &mut World<'_>) -> Lock {
    let mut doubt = None;
    for block in stack.nearest(&[Part::VaultLock], vault) {
        for candidate in stack.evaluator.instances(block, world) {
            let name = stack.read(&candidate, LOCKED_VAULT, world);
            match links::is_vault(stack, &name, &candidate, vault, world) {
                Truth::True => return Lock::HeldBy(candidate),
                Truth::False => {}
                Truth::Unknown(why) => doubt = Some((why, name.origin)),
            }
        }
    }
    doubt.map_or_else(|| Lock::None(Origin::default()), |(why, origin)| Lock::Unknown(why, origin))
}

/// Plans say what they do in `@change`; sources can't.
fn replaced(stack: &Stack<'_>, vault: &Instance, object: &Object, world: &mut World<'_>) -> Answer {
    if stack.evaluator.language() != Language::Plan {
        return flag(false, object.origin.clone());
    }
    let change = stack.property(vault, "@change", world);
    if let Kind::Unknown(why) = &change.kind {
        return Answer::Unknown(why.clone(), change.origin.clone());
    }
    let actions = change.get("actions").map(Value::items).unwrap_or_default();
    let has = |wanted: &str| actions.iter().any(|action| action.as_str() == Some(wanted));
    flag(has("delete") && has("create"), if change.is_absent() { object.origin.clone() } else { change.origin })
}

fn replaced_for(stack: &Stack<'_>, vault: &Instance, object: &Object, world: &mut World<'_>) -> Answer {
    let change = stack.property(vault, "@change", world);
    let paths = change.get("replace_paths").map(Value::items).unwrap_or_default();
    let path = |steps: &Value| {
        let steps: Vec<String> = steps.items().iter().filter_map(Value::marked).collect();
        Value::string(steps.join("."), change.origin.clone())
    };
    let origin = if change.is_absent() { object.origin.clone() } else { change.origin.clone() };
    Answer::Value(Value::new(Kind::List(paths.iter().map(path).collect()), origin))
}

/// Every vault of the unit in this world whose key is `key` (a vault whose key can't be told is not listed).
pub(super) fn using(stack: &Stack<'_>, key: &Instance, world: &mut World<'_>) -> Vec<Instance> {
    let blocks = stack.readers(&[Part::Vault, Part::AirGappedVault], key.block);
    let vaults: Vec<Instance> = blocks.into_iter().flat_map(|block| stack.instances(block, world).to_vec()).collect();
    vaults.into_iter().filter(|vault| uses(stack, vault, key, world)).collect()
}

/// Whether a vault's key is `key`.
pub(super) fn uses(stack: &Stack<'_>, vault: &Instance, key: &Instance, world: &mut World<'_>) -> bool {
    key_use::of_vault(stack, vault, world).key.as_ref() == Some(key)
}

/// Why it can't be told whether a key that a vault may refer to is the vault's. An input that is open is not the reason:
/// whoever sets it names a key of their own.
pub(super) fn doubt(stack: &Stack<'_>, vault: &Instance, world: &mut World<'_>) -> Option<Unknown> {
    key_use::of_vault(stack, vault, world).owner.err().filter(|why| why.kind != UnknownKind::Input)
}

/// Lists vaults as an answer.
pub(super) fn list(stack: &Stack<'_>, vaults: Vec<Instance>, origin: &Origin) -> Answer {
    Answer::Objects(vaults.into_iter().map(|vault| object(stack, vault)).collect(), origin.clone())
}

//! Which vault of the unit a name or ARN means, and small readers of nested properties.

use super::arn::{self, Arn};
use super::dialect::{Name, Part as Sort, snake};
use super::evaluator::{Instance, Language};
use super::stack::Stack;
use super::{region, settle};
use crate::value::{Kind, Part, Symbol, Truth, Unknown, UnknownKind, Value, World};

const VAULT_NAME: Name = Name::new("BackupVaultName", "name");
const VAULTS: &[Sort] = &[Sort::Vault, Sort::AirGappedVault];

/// Longest chain of attributes that are each other's value.
const MAX_CHAIN: usize = 12;

/// The vault that a value names.
#[derive(Clone, Debug)]
pub(super) enum VaultLink {
    /// A vault of this unit.
    Declared(Instance),
    /// One of these vaults of this unit, which have the same name.
    OneOf(Vec<Instance>),
    /// The vault `Default` of the account.
    Default,
    /// The vault that EFS's automatic backups use.
    EfsDefault,
    /// A vault by a name or ARN that this unit does not declare.
    Elsewhere,
    /// Nothing is given.
    Nothing,
    /// Can't be told.
    Unknown(Unknown),
}

/// The member of a map under CloudFormation's name or its snake case.
pub(super) fn member<'v>(map: &'v Value, name: &str) -> Option<&'v Value> {
    map.get(name).or_else(|| map.get(&snake(name)))
}

/// The member of a map under CloudFormation's name or another; absent where there is none.
pub(super) fn either(map: &Value, cloudformation: &str, terraform: &str) -> Value {
    let found = member(map, cloudformation).or_else(|| map.get(terraform));
    found.cloned().unwrap_or_else(|| Value::absent(map.origin.clone()))
}

/// The vault that a name or ARN means, where it is written in the resource `from`.
pub(super) fn vault(stack: &Stack<'_>, value: &Value, from: &Instance, world: &mut World<'_>) -> VaultLink {
    if let Some(found) = named_by(stack, value, VAULT_NAME, VAULTS, world) {
        return VaultLink::Declared(found);
    }
    settle::judge(
        value,
        world,
        |value, world| attempt(stack, value, from, world),
        |link| matches!(link, VaultLink::Unknown(_) | VaultLink::Elsewhere),
    )
}

/// Whether a value comes from a data source that looks a vault up: then the vault is known to be there.
pub(super) fn is_looked_up(stack: &Stack<'_>, value: &Value, world: &mut World<'_>) -> bool {
    let is_lookup = |found: &Instance, _: &str| {
        stack.block(found).is_some_and(|block| block.data && &*block.kind == "aws_backup_vault")
    };
    referred(stack, value, world, is_lookup).is_some()
}

/// The instance of one of `parts` whose `name` a value is, by the reference that it came through: Terraform gives
/// `aws_backup_vault.v.name` as what the name is.
pub(super) fn named_by(
    stack: &Stack<'_>,
    value: &Value,
    name: Name,
    parts: &[Sort],
    world: &mut World<'_>,
) -> Option<Instance> {
    let is_named = |found: &Instance, attribute: &str| {
        let name = stack.dialect(found).and_then(|dialect| name.in_dialect(dialect));
        stack.is(found.block, parts) && name.is_some_and(|name| name == attribute)
    };
    referred(stack, value, world, is_named)
}

/// The nearest instance and attribute that are meant, among those whose value a value is:
/// `aws_backup_vault_policy.p.backup_vault_name` is what `aws_backup_vault.v.name` is.
fn referred(
    stack: &Stack<'_>,
    value: &Value,
    world: &mut World<'_>,
    is_meant: impl Fn(&Instance, &str) -> bool,
) -> Option<Instance> {
    let mut next = value.origin.attribute.clone();
    for _ in 0..MAX_CHAIN {
        let reference = next?;
        let Symbol::Attribute { resource, attribute } = &*reference else { return None };
        let found = stack.evaluator.find(resource, world)?;
        if is_meant(&found, attribute) {
            return Some(found);
        }
        next = stack.property(&found, attribute, world).origin.attribute;
    }
    None
}

fn attempt(stack: &Stack<'_>, value: &Value, from: &Instance, world: &mut World<'_>) -> VaultLink {
    match &value.kind {
        Kind::Absent => return VaultLink::Nothing,
        Kind::Symbol(Symbol::Ref(name) | Symbol::Attribute { resource: name, .. }) => {
            return match stack.evaluator.find(name, world) {
                Some(found) if is_vault_part(stack, &found) => VaultLink::Declared(found),
                _ => VaultLink::Unknown(settle::why_unknown(value, world)),
            };
        }
        Kind::String(_) | Kind::Text(_) | Kind::Symbol(_) => {}
        _ => return VaultLink::Unknown(settle::why_unknown(value, world)),
    }
    if stack.evaluator.language() == Language::CloudFormation
        && let Some(open) = value.as_str().and_then(arn::unfilled)
    {
        let why = format!("it holds a literal {open}: `!Sub` is missing");
        return VaultLink::Unknown(Unknown::new(UnknownKind::Error, why));
    }
    let arn = Arn::of(value);
    let name = match &arn {
        Some(arn) => {
            let mut fields = arn::split(&arn.resource, ':', 2).into_iter();
            if fields.next().as_deref().and_then(arn::literal).as_deref() != Some("backup-vault") {
                return VaultLink::Unknown(settle::why_unknown(value, world));
            }
            fields.next().unwrap_or_default()
        }
        None => value.parts().unwrap_or_default(),
    };
    match arn::literal(&name).as_deref() {
        Some("") => return VaultLink::Nothing,
        Some("Default") => return VaultLink::Default,
        Some("aws/efs/automatic-backup-vault") => return VaultLink::EfsDefault,
        _ => {}
    }
    if let [Part::Symbol(Symbol::Ref(name) | Symbol::Attribute { resource: name, .. })] = name.as_slice() {
        return match stack.evaluator.find(name, world) {
            Some(found) if is_vault_part(stack, &found) => VaultLink::Declared(found),
            _ => VaultLink::Unknown(settle::why_unknown(value, world)),
        };
    }
    let region = arn.as_ref().map(|arn| arn::literal(&arn.region));
    let within = match &region {
        None => Within::RegionOf(from),
        Some(Some(code)) => Within::Region(code),
        Some(None) => Within::Any,
    };
    named(stack, &name, within, world).unwrap_or_else(|| VaultLink::Unknown(settle::why_unknown(value, world)))
}

/// The region that the vault of a name is in.
#[derive(Clone, Copy)]
enum Within<'n> {
    /// A name without a region means a vault in the region of what names it.
    RegionOf(&'n Instance),
    /// The region of an ARN.
    Region(&'n str),
    /// An ARN's region that is not known.
    Any,
}

impl Within<'_> {
    fn holds(self, stack: &Stack<'_>, vault: &Instance, world: &mut World<'_>) -> Truth {
        match self {
            Within::RegionOf(other) => region::differ(stack, vault, other, world).not(),
            Within::Region(code) => match region::of(stack, vault, world).code() {
                Some(own) => (own == code).into(),
                None => {
                    let why = "the vault here of this name may be in another region";
                    Truth::Unknown(Unknown::new(UnknownKind::Input, why))
                }
            },
            Within::Any => Truth::True,
        }
    }
}

/// The vault with this name. `None` where the name is not known, and is no vault's in every deployment.
fn named(stack: &Stack<'_>, name: &[Part], within: Within<'_>, world: &mut World<'_>) -> Option<VaultLink> {
    let is_known = arn::literal(name).is_some();
    let (mut here, mut perhaps, mut doubt) = (Vec::new(), Vec::new(), None);
    for vault in stack.all(VAULTS, world) {
        let own = stack.read(&vault, VAULT_NAME, world);
        let alike = likeness(&settle::substituted(&own, world), name, world);
        if alike.is_false() || !(is_known || alike.is_true()) {
            continue;
        }
        match (alike, within.holds(stack, &vault, world)) {
            (_, Truth::False) => {}
            (Truth::True, Truth::True) => here.push(vault),
            (Truth::True, Truth::Unknown(why)) if matches!(within, Within::Region(_)) => doubt = Some(why),
            (Truth::True, Truth::Unknown(_)) => perhaps.push(vault),
            (Truth::Unknown(why), _) => doubt = doubt.or(Some(why)),
            (Truth::False, _) => {}
        }
    }
    // Of vaults whose region is not known, one is meant only where none is known to be in this one.
    let found = if here.is_empty() { perhaps } else { here };
    match (found.as_slice(), doubt) {
        ([only], _) => Some(VaultLink::Declared(only.clone())),
        ([_, ..], _) => Some(VaultLink::OneOf(found)),
        ([], _) if !is_known => None,
        ([], Some(why)) => Some(VaultLink::Unknown(why)),
        ([], None) => Some(VaultLink::Elsewhere),
    }
}

/// Whether a resource whose own name is `own` is the one that is called `name`: only what is known at the start and at
/// the end of a name can speak against it.
pub(super) fn likeness(own: &Value, name: &[Part], world: &World<'_>) -> Truth {
    let Some(parts) = own.parts() else { return Truth::False };
    if same(&parts, name) {
        return Truth::True;
    }
    let known = |part: Option<&Part>| match part {
        Some(Part::Literal(text)) => text.to_string(),
        _ => String::new(),
    };
    let (start, other) = (known(parts.first()), known(name.first()));
    let starts = start.starts_with(&other) || other.starts_with(&start);
    let (end, other) = (known(parts.last()), known(name.last()));
    let ends = end.ends_with(&other) || other.ends_with(&end);
    let is_known = |parts: &[Part]| matches!(parts, [Part::Literal(_)] | []);
    match (is_known(&parts), is_known(name)) {
        (true, true) => Truth::False,
        _ if !(starts && ends) => Truth::False,
        (false, _) => Truth::Unknown(settle::why_unknown(own, world)),
        (true, false) => Truth::Unknown(settle::why_unknown(&Value::text(name.to_vec(), own.origin.clone()), world)),
    }
}

/// Whether two texts are the same in every deployment.
pub(super) fn same(a: &[Part], b: &[Part]) -> bool {
    a.len() == b.len()
        && !a.is_empty()
        && a.iter().zip(b).all(|pair| match pair {
            (Part::Literal(a), Part::Literal(b)) => a == b,
            (Part::Symbol(a), Part::Symbol(b)) => a == b,
            _ => false,
        })
}

/// Whether a name or ARN that is written in the resource `from` means the vault `wanted`.
pub(super) fn is_vault(
    stack: &Stack<'_>,
    value: &Value,
    from: &Instance,
    wanted: &Instance,
    world: &mut World<'_>,
) -> Truth {
    match vault(stack, value, from, world) {
        VaultLink::Declared(found) => (found == *wanted).into(),
        VaultLink::OneOf(list) if list.contains(wanted) => Truth::Unknown(several()),
        VaultLink::Unknown(why) => Truth::Unknown(why),
        _ => Truth::False,
    }
}

/// Why it can't be told which of several vaults of one name is meant.
pub(super) fn several() -> Unknown {
    Unknown::new(UnknownKind::Limit, "several vaults here have this name")
}

fn is_vault_part(stack: &Stack<'_>, instance: &Instance) -> bool {
    stack.is(instance.block, VAULTS)
}

//! What an auditor asks for, gathered: a row a vault, and the vaults' neighbourhood as a graph.
//!
//! Decides nothing by itself: the facts are the model's, the verdicts are the findings'. Prints nothing.

mod facts;
mod graph;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::finding::{Certainty, Finding, Outcome, Place, Severity, Undecided};
use crate::model::schema::Object;
use crate::model::{BlockId, Evaluator, Language, Stack};
use crate::report::evidence::{Control, Evidence, NotRead, ReadUnit, State, Suppression, VaultRow, Versions};
use crate::rule::{Rule, readable};
use crate::source::files::parent;
use crate::source::{Sources, Span};
use crate::value::World;
use facts::{address, object, of_block, sentence, text, values, words};

pub use graph::graph;

/// What the evidence is gathered from.
pub struct Material<'a> {
    /// What was found.
    pub outcome: &'a Outcome,
    /// The units that it was found in.
    pub units: &'a [Box<dyn Evaluator>],
    /// The rules that judged.
    pub rules: &'a [Arc<Rule>],
    /// What was read.
    pub sources: &'a Sources,
}

/// Gathers the rows. `title` names what was checked, `date` is printed as it is.
pub fn evidence(material: &Material<'_>, title: String, date: Option<String>) -> Evidence {
    let mut rows: BTreeMap<(String, u32, String), VaultRow> = BTreeMap::new();
    let told = Told::of(material);
    for unit in material.units {
        let stack = Stack::new(unit.as_ref());
        for block in stack.blocks_of("any_vault", &[]) {
            let Some(declared) = unit.blocks().get(block.0 as usize) else { continue };
            let place = (material.sources.get(declared.header.source).path().to_string(), declared.header.start);
            for vault in vaults(&stack, block) {
                let row = row(material, &told, unit.as_ref(), declared.header, &declared.kind, vault);
                let key = (place.0.clone(), place.1, format!("{} {}", row.unit, row.address));
                match rows.get_mut(&key) {
                    Some(known) => join(known, row),
                    None => drop(rows.insert(key, row)),
                }
            }
        }
    }
    Evidence {
        title,
        date,
        vaults: rows.into_values().collect(),
        read: read(material),
        not_read: not_read(material),
        versions: Versions { strongroom: env!("CARGO_PKG_VERSION").to_owned(), rules: hash(material.rules) },
    }
}

/// What is known of one vault over all worlds.
#[derive(Debug, Default)]
struct Facts {
    address: String,
    key: String,
    owner: String,
    rotation: String,
    period: String,
    access: String,
    lock: String,
    /// Addresses of the keys that it uses in some world.
    keys: BTreeSet<String>,
    /// Whether in some world it has a key that is not declared here, or can't be told.
    unread_key: bool,
}

fn vaults(stack: &Stack<'_>, block: BlockId) -> Vec<Facts> {
    let with_key = |of: &Object, world: &mut World<'_>, read: &dyn Fn(&Object, &mut World<'_>) -> String| {
        let key = object(stack, of, "key", world).and_then(|used| object(stack, &used, "resource", world));
        key.map_or_else(String::new, |key| read(&key, world))
    };
    let keys = of_block(stack, block, "any_vault", |vault, world| used_key(stack, vault, world));
    let rotation = of_block(stack, block, "any_vault", |vault, world| {
        with_key(vault, world, &|key, world| words(text(stack, key, "rotation", world)))
    });
    let period = of_block(stack, block, "any_vault", |vault, world| {
        with_key(vault, world, &|key, world| {
            let on = matches!(text(stack, key, "rotation", world), Some(Ok(rotation)) if rotation == "on");
            match text(stack, key, "rotation_period", world) {
                Some(Ok(days)) if on => format!("{days} days"),
                Some(Err(why)) if on => format!("not known, because {why}"),
                None if on => "365 days".to_owned(),
                _ => String::new(),
            }
        })
    });
    let access = of_block(stack, block, "any_vault", |vault, world| {
        with_key(vault, world, &|key, world| access(stack, key, world))
    });
    let lock = of_block(stack, block, "any_vault", |vault, world| lock(stack, vault, world));
    let told = |facts: &BTreeMap<String, facts::InWorlds<String>>, address: &str| {
        facts.get(address).map(sentence).unwrap_or_default()
    };
    let one = |(address, used): (String, facts::InWorlds<UsedKey>)| {
        let each = |read: &dyn Fn(&UsedKey) -> String| -> String {
            sentence(&used.iter().map(|(used, when)| (read(used), when.clone())).collect())
        };
        let same = used.windows(2).all(|pair| pair[0].0.owner == pair[1].0.owner);
        Facts {
            key: match same {
                true => each(&|used| used.name.clone()),
                false => each(&|used| format!("{} ({})", used.name, used.owner)),
            },
            owner: match used.first().filter(|_| same) {
                Some((first, _)) => first.owner.clone(),
                None => each(&|used| used.owner.clone()),
            },
            keys: used.iter().filter_map(|(used, _)| used.declared.clone()).collect(),
            unread_key: used.iter().any(|(used, _)| used.declared.is_none() && used.may_be_customers),
            rotation: told(&rotation, &address),
            period: period.get(&address).map(values).unwrap_or_default(),
            access: told(&access, &address),
            lock: told(&lock, &address),
            address,
        }
    };
    keys.into_iter().map(one).collect()
}

/// The key of a vault in one world.
#[derive(Clone, Debug, PartialEq)]
struct UsedKey {
    name: String,
    owner: String,
    /// The address of the key, where it is declared in the unit.
    declared: Option<String>,
    may_be_customers: bool,
}

fn used_key(stack: &Stack<'_>, vault: &Object, world: &mut World<'_>) -> UsedKey {
    let Some(used) = object(stack, vault, "key", world) else {
        return UsedKey { name: String::new(), owner: "not known".to_owned(), declared: None, may_be_customers: true };
    };
    let owner = text(stack, &used, "owner", world);
    let declared = object(stack, &used, "resource", world).map(|key| address(stack, &key));
    let written = match text(stack, &used, "text", world) {
        Some(Ok(text)) => text,
        _ => String::new(),
    };
    let (owner, may_be_customers) = match owner {
        Some(Ok(owner)) => match owner.as_str() {
            "aws-managed" => ("AWS-managed".to_owned(), false),
            "aws-owned" => ("AWS-owned".to_owned(), false),
            "invalid" => ("no KMS key".to_owned(), false),
            _ => (owner, true),
        },
        Some(Err(why)) => (format!("not known, because {why}"), true),
        None => ("not known".to_owned(), true),
    };
    let name = match (&declared, written.as_str(), owner.as_str()) {
        (Some(address), _, _) => address.clone(),
        (None, "", "AWS-managed") => "aws/backup".to_owned(),
        (None, text, _) => readable(text),
    };
    UsedKey { name, owner, declared, may_be_customers }
}

/// Which statement lets AWS Backup use a key.
fn access(stack: &Stack<'_>, key: &Object, world: &mut World<'_>) -> String {
    let Some(access) = object(stack, key, "backup_access", world) else { return String::new() };
    let verdict = words(text(stack, &access, "verdict", world));
    let through = match text(stack, &access, "through", world) {
        Some(Ok(through)) if !through.is_empty() => format!(": {}", readable(&through)),
        _ => String::new(),
    };
    format!("{verdict}{through}")
}

fn lock(stack: &Stack<'_>, vault: &Object, world: &mut World<'_>) -> String {
    use crate::model::schema::Answer;
    use facts::answer;
    let lock = match answer(stack, vault, "lock", world) {
        Some(Answer::Object(lock)) => lock,
        Some(Answer::Unknown(why, _)) => return format!("not known, because {}", why.reason),
        _ => return "none".to_owned(),
    };
    let mut parts = Vec::new();
    for (name, said) in [("min_retention_days", "at least"), ("max_retention_days", "at most")] {
        match text(stack, &lock, name, world) {
            Some(Ok(days)) => parts.push(format!("{said} {days} days")),
            Some(Err(_)) => parts.push(format!("{said} a number of days that is not known")),
            None => {}
        }
    }
    let air_gapped = matches!(text(stack, vault, "type", world), Some(Ok(kind)) if kind == "air-gapped");
    parts.push(match text(stack, &lock, "changeable_for_days", world) {
        _ if air_gapped => "air-gapped".to_owned(),
        Some(Ok(days)) => format!("fixed after {days} days"),
        Some(Err(_)) => "fixed after a number of days that is not known".to_owned(),
        None => "governance mode".to_owned(),
    });
    parts.join(", ")
}

/// What was told, by unit and address.
#[derive(Default)]
struct Told<'a> {
    findings: BTreeMap<(&'a str, &'a str), Vec<&'a Finding>>,
    undecided: BTreeMap<(&'a str, &'a str), Vec<&'a Undecided>>,
}

impl<'a> Told<'a> {
    fn of(material: &Material<'a>) -> Self {
        let mut told = Told::default();
        for finding in &material.outcome.findings {
            told.findings.entry((&finding.unit, &finding.subject.address)).or_default().push(finding);
        }
        for undecided in &material.outcome.undecided {
            told.undecided.entry((&undecided.unit, &undecided.subject.address)).or_default().push(undecided);
        }
        told
    }
}

fn row(
    material: &Material<'_>,
    told: &Told<'_>,
    unit: &dyn Evaluator,
    header: Span,
    kind: &str,
    vault: Facts,
) -> VaultRow {
    let ours: BTreeSet<(&str, &str)> =
        vault.keys.iter().chain([&vault.address]).map(|address| (unit.name(), address.as_str())).collect();
    let findings: Vec<&Finding> = ours.iter().filter_map(|key| told.findings.get(key)).flatten().copied().collect();
    let mut by_rule: BTreeMap<&str, State> = BTreeMap::new();
    let mut remarks: Vec<String> = Vec::new();
    let mut worst = |rule, state: State| {
        let kept = by_rule.entry(rule).or_insert(State::Satisfied);
        *kept = state.min(*kept);
    };
    for finding in &findings {
        worst(finding.rule.as_str(), state_of(finding));
        if finding.suppressed.is_none() {
            let when = finding.when.as_ref().map_or_else(String::new, |when| format!(" when {when}"));
            remarks.push(format!("{}{when}", finding.message));
        }
    }
    for undecided in ours.iter().filter_map(|key| told.undecided.get(key)).flatten() {
        worst(undecided.rule.as_str(), State::NotAssessed);
        let reasons: Vec<&str> = undecided.reasons.iter().map(|unknown| &*unknown.reason).collect();
        remarks.push(format!("{}: can't tell, because {}", undecided.rule, reasons.join("; ")));
    }
    remarks.sort();
    remarks.dedup();
    if vault.unread_key {
        remarks.push("a key of it is declared elsewhere: its rotation and policy were not read".to_owned());
    }
    let advice = |rule: &str| material.rules.iter().any(|it| it.id == rule && it.severity() == Severity::Advice);
    let by_rules = by_rule.iter().filter(|(rule, _)| !advice(rule)).map(|(_, state)| *state).min();
    let state = by_rules.unwrap_or(State::Satisfied);
    let state = if vault.unread_key { state.min(State::NotAssessed) } else { state };
    let suppressions = findings.iter().filter_map(|finding| {
        let why = finding.suppressed.as_ref()?;
        Some(Suppression { rule: finding.rule.clone(), reason: why.reason.clone(), expires: why.expires.clone() })
    });
    let source = material.sources.get(header.source);
    let at = source.position(header.start);
    VaultRow {
        kind: kind.to_owned(),
        unit: unit.name().to_owned(),
        place: format!("{}:{}:{}", source.path(), at.line, at.column),
        suppressions: suppressions.collect(),
        controls: controls(material.rules, &by_rule, &vault),
        remarks,
        state,
        address: vault.address,
        key: vault.key,
        owner: vault.owner,
        rotation: vault.rotation,
        period: vault.period,
        access: vault.access,
        lock: vault.lock,
    }
}

/// What a finding makes of the rule that speaks. One that was set aside is still a gap, with the reason beside it.
fn state_of(finding: &Finding) -> State {
    if finding.certainty == Certainty::Conditional { State::NotAssessed } else { State::Gap }
}

/// The controls that the rules about vaults and their keys support; each once, in its worst state.
fn controls(rules: &[Arc<Rule>], by_rule: &BTreeMap<&str, State>, vault: &Facts) -> Vec<Control> {
    let mut all: BTreeMap<(String, String), Control> = BTreeMap::new();
    for rule in rules {
        let of_key = match rule.subject.as_str() {
            "vault" | "any_vault" | "air_gapped_vault" => false,
            "key" | "key_policy" | "statement" => true,
            _ => continue,
        };
        let state = match by_rule.get(rule.id.as_str()) {
            Some(state) => *state,
            None if of_key && vault.keys.is_empty() && !vault.unread_key => continue,
            None if of_key && vault.unread_key => State::NotAssessed,
            None => State::Satisfied,
        };
        for (framework, ids) in &rule.controls {
            for id in ids {
                let new = || Control { framework: framework.clone(), id: id.clone(), rule: String::new(), state };
                let control = all.entry((framework.clone(), id.clone())).or_insert_with(new);
                control.state = control.state.min(state);
                let sep = if control.rule.is_empty() { "" } else { ", " };
                control.rule.push_str(&format!("{sep}{}", rule.id));
            }
        }
    }
    all.into_values().collect()
}

/// The same vault in a further deployment.
fn join(known: &mut VaultRow, other: VaultRow) {
    let text = |known: &mut String, other: String| {
        if *known != other && !other.is_empty() {
            let sep = if known.is_empty() { "" } else { "; " };
            known.push_str(&format!("{sep}{other}"));
        }
    };
    text(&mut known.key, other.key);
    text(&mut known.owner, other.owner);
    text(&mut known.rotation, other.rotation);
    text(&mut known.period, other.period);
    text(&mut known.access, other.access);
    text(&mut known.lock, other.lock);
    known.state = known.state.min(other.state);
    for remark in other.remarks {
        if !known.remarks.contains(&remark) {
            known.remarks.push(remark);
        }
    }
    for control in &mut known.controls {
        let same = other.controls.iter().find(|it| (&it.framework, &it.id) == (&control.framework, &control.id));
        control.state = same.map_or(control.state, |it| it.state.min(control.state));
    }
}

fn read(material: &Material<'_>) -> Vec<ReadUnit> {
    let all = material.sources.all();
    let units = material.units.iter().map(|unit| {
        let mut names: BTreeSet<String> = unit.covers().into_iter().collect();
        names.insert(unit.name().to_owned());
        let of_unit = |path: &str| match unit.language() {
            Language::Terraform => names.contains(parent(path)) && is_terraform(path),
            Language::CloudFormation | Language::Plan => names.contains(path),
        };
        let files = all.iter().filter(|source| of_unit(source.path())).count();
        (
            unit.name().to_owned(),
            ReadUnit { unit: unit.name().to_owned(), kind: unit.language().name().to_owned(), files: files.max(1) },
        )
    });
    units.collect::<BTreeMap<_, _>>().into_values().collect()
}

fn is_terraform(path: &str) -> bool {
    [".tf", ".tofu", ".tf.json", ".tofu.json", ".tfvars", ".tfvars.json"].iter().any(|end| path.ends_with(end))
}

fn not_read(material: &Material<'_>) -> Vec<NotRead> {
    let mut all: Vec<NotRead> = Vec::new();
    let passed = material.outcome.not_read.iter().flat_map(|it| it.places.iter().map(|place| it.at(place)));
    for problem in material.outcome.problems.iter().cloned().chain(passed) {
        let what = match &problem.place {
            Place::Span(span) => {
                let source = material.sources.get(span.source);
                let at = source.position(span.start);
                format!("{}:{}:{}", source.path(), at.line, at.column)
            }
            Place::Path(path) => path.clone(),
            Place::Nowhere => problem.kind.to_owned(),
        };
        all.push(NotRead { what, why: problem.message });
    }
    all
}

/// A hash of the rules that judged: their names and texts.
fn hash(rules: &[Arc<Rule>]) -> String {
    let mut hasher = Sha256::new();
    for rule in rules {
        hasher.update(rule.id.as_bytes());
        hasher.update([0]);
        hasher.update(rule.text().as_bytes());
        hasher.update([0]);
    }
    hasher.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

//! The unit as a whole: what it declares, and what it watches.

use super::answer::{record, strings, text};
use super::dialect::Part;
use super::evaluator::{BlockId, Instance};
use super::monitoring;
use super::schema::{Answer, Attribute, Class, Object, Type};
use super::stack::Stack;
use super::vaults::{self, LANGUAGE, language};
use super::{answer, keys};
use crate::source::limits::MAX_ALTERNATIVES;
use crate::value::{Kind, Origin, Truth, Unknown, Value, World};

/// The unit itself.
pub(super) static UNIT: Class = Class {
    name: "unit",
    doc: "What is evaluated as a whole: a template, a Terraform directory, a plan.",
    attributes: &[
        Attribute::new(
            "name",
            Type::String,
            "The template's path, or the directory.",
            ["the path", "the directory"],
            |stack, object, _| text(stack.evaluator.name(), object.origin.clone()),
        ),
        Attribute::new("language", LANGUAGE, "Its language.", ["cloudformation", "terraform, plan"], language),
        Attribute::new(
            "vaults",
            Type::List(&Type::Object("any_vault")),
            "Its vaults of both kinds.",
            ["AWS::Backup::BackupVault, ...", "aws_backup_vault, ..."],
            |stack, object, world| {
                let all = stack.all(&[Part::Vault, Part::AirGappedVault], world);
                vaults::list(stack, all, &object.origin)
            },
        ),
        Attribute::new(
            "keys",
            Type::List(&Type::Object("key")),
            "Its keys.",
            ["AWS::KMS::Key, ...", "aws_kms_key, ..."],
            |stack, object, world| {
                let keys = keys::all(stack, world);
                Answer::Objects(keys.into_iter().map(|key| keys::object(stack, key)).collect(), object.origin.clone())
            },
        ),
        Attribute::new(
            "concerns_keys",
            Type::Bool,
            "Whether it declares a key, a vault, or something that watches KMS.",
            ["AWS::KMS::Key, AWS::Backup::BackupVault, ...", "aws_kms_key, aws_backup_vault, ..."],
            concerns_keys,
        ),
        Attribute::new(
            "monitors",
            Type::List(&Type::Object("monitor")),
            "What watches KMS: event rules and metric filters that name KMS or match its API calls.",
            [
                "AWS::Events::Rule, AWS::Logs::MetricFilter",
                "aws_cloudwatch_event_rule, aws_cloudwatch_log_metric_filter",
            ],
            monitors,
        ),
        Attribute::new(
            "unwatched_kms_events",
            Type::List(&Type::String),
            "Which of ScheduleKeyDeletion, DisableKey, PutKeyPolicy and RevokeGrant nobody hears of through the event rules and metric filters.",
            [
                "AWS::Events::Rule, AWS::Logs::MetricFilter",
                "aws_cloudwatch_event_rule, aws_cloudwatch_log_metric_filter",
            ],
            unwatched,
        ),
    ],
};

/// An event rule or metric filter.
pub(super) static MONITOR: Class = Class {
    name: "monitor",
    doc: "An event rule or metric filter that is about KMS.",
    attributes: &[
        Attribute::new(
            "address",
            Type::String,
            "Where it is declared.",
            ["the logical id", "the address"],
            vaults::address,
        ),
        Attribute::new(
            "covers",
            Type::List(&Type::String),
            "The KMS events of which every call is heard through it: it matches whoever calls, is enabled and has a target or an alarm.",
            ["EventPattern, FilterPattern", "event_pattern, pattern"],
            |stack, object, world| {
                vaults::with(object, |monitor| {
                    let heard = monitoring::heard(stack, monitor, world);
                    Answer::Value(strings(monitoring::covered(&heard), &object.origin))
                })
            },
        ),
        Attribute::new(
            "misspelt",
            Type::List(&Type::String),
            "Names in it that are no event, source or detail type of KMS.",
            ["EventPattern, FilterPattern", "event_pattern, pattern"],
            |_, object, _| answer::field(object, "misspelt"),
        ),
    ],
};

/// The unit as an object.
pub(super) fn object() -> Object {
    Object { class: "unit", instance: None, value: None, origin: Origin::default() }
}

fn monitors(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    let mut monitors = Vec::new();
    for block in monitoring::blocks(stack, world) {
        for monitor in stack.instances(block, world).to_vec() {
            let watch = monitoring::watch(stack, &monitor, world);
            if !watch.of_kms {
                continue;
            }
            let origin = watch.origin.clone();
            let place = |place: &Origin| if place.span.is_some() { place.clone() } else { origin.clone() };
            let names = watch.misspelt.iter().map(|(name, at)| Value::string(name.as_str(), place(at))).collect();
            let misspelt = Value::new(Kind::List(names), origin.clone());
            let value = Some(record(vec![("misspelt", misspelt)], &origin).into());
            monitors.push(Object { class: "monitor", instance: Some(monitor), value, origin });
        }
    }
    Answer::Objects(monitors, object.origin.clone())
}

fn unwatched(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    let blocks = monitoring::blocks(stack, world);
    let hears_all = |monitor: &Instance, world: &mut World<'_>| {
        monitoring::heard(stack, monitor, world).iter().all(|(_, heard)| heard.is_true())
    };
    if stack.any(&blocks, world, hears_all) {
        return Answer::Value(strings::<&str>([], &object.origin));
    }
    // Of each call that has to be seen, whether one of the rules and filters sees it.
    let mut seen: Vec<(&str, Truth)> = Vec::new();
    for monitor in blocks.into_iter().flat_map(|block| stack.instances(block, world).to_vec()).collect::<Vec<_>>() {
        let heard = monitoring::heard(stack, &monitor, world);
        if seen.is_empty() {
            seen = heard.iter().map(|(call, _)| (call.event, Truth::False)).collect();
        }
        for ((_, seen), (_, heard)) in seen.iter_mut().zip(heard) {
            *seen = std::mem::replace(seen, Truth::False).or(heard);
        }
    }
    let place = unwatched_place(stack, world).unwrap_or_else(|| object.origin.clone());
    let (mut open, mut doubt): (Vec<&str>, Option<Unknown>) = (Vec::new(), None);
    for event in monitoring::EVENTS {
        let every = seen.iter().filter(|(of, _)| *of == event).map(|(_, seen)| seen.clone());
        match every.reduce(Truth::and).unwrap_or(Truth::False) {
            Truth::True => {}
            Truth::False => open.push(event),
            Truth::Unknown(why) => doubt = doubt.or(Some(why)),
        }
    }
    match doubt {
        Some(why) if open.is_empty() => Answer::Unknown(why, place),
        _ => Answer::Value(strings(open, &place)),
    }
}

/// What is not watched: the first key; where there is none, the first vault; and where keys are elsewhere, what watches them
/// and does not say enough. One that is there in every world is preferred.
fn unwatched_place(stack: &Stack<'_>, world: &mut World<'_>) -> Option<Origin> {
    let mut candidates = stack.blocks(&keys::KEYS);
    candidates.extend(stack.blocks(keys::VAULTS));
    let exists = |block: BlockId, aside: &mut World<'_>| !stack.instances(block, aside).is_empty();
    let certain = candidates.iter().find(|block| {
        let found = world.alternatives(MAX_ALTERNATIVES, |aside| exists(**block, aside));
        found.is_some_and(|found| found.iter().all(|(_, exists)| *exists))
    });
    if let Some(block) = certain.or(candidates.first()) {
        return stack.evaluator.blocks().get(block.0 as usize).map(|block| Origin::at(block.header));
    }
    let monitors = monitoring::blocks(stack, world);
    let instances = monitors.into_iter().flat_map(|block| stack.instances(block, world).to_vec()).collect::<Vec<_>>();
    let watches = instances.iter().map(|monitor| monitoring::watch(stack, monitor, world));
    watches.filter(|watch| watch.of_kms).map(|watch| watch.origin).next()
}

/// Whether there is a key, a vault, or something that watches KMS.
fn concerns_keys(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    let mut blocks = stack.blocks(&keys::KEYS);
    blocks.extend(stack.blocks(keys::VAULTS));
    let concerns = stack.any(&blocks, world, |_, _| true) || {
        let monitors = monitoring::blocks(stack, world);
        stack.any(&monitors, world, |monitor, world| monitoring::watch(stack, monitor, world).of_kms)
    };
    answer::flag(concerns, object.origin.clone())
}

//! The unit as a whole: what it declares, and what it watches.

use super::answer::{record, strings, text};
use super::dialect::Part;
use super::monitoring;
use super::schema::{Answer, Attribute, Class, Object, Type};
use super::stack::Stack;
use super::vaults::{self, LANGUAGE, language};
use super::{answer, keys};
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
            |_, object, _| answer::field(object, "covers"),
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
    let all = stack.all(&[Part::EventRule, Part::MetricFilter], world);
    let monitors = all.into_iter().filter_map(|monitor| {
        let watch = monitoring::watch(stack, &monitor, world);
        if !watch.of_kms {
            return None;
        }
        let origin = watch.origin.clone();
        let place = |place: &Origin| if place.span.is_some() { place.clone() } else { origin.clone() };
        let names = watch.misspelt.iter().map(|(name, at)| Value::string(name.as_str(), place(at))).collect();
        let misspelt = Value::new(Kind::List(names), origin.clone());
        let fields = vec![("covers", strings(watch.covers(), &origin)), ("misspelt", misspelt)];
        let value = Some(record(fields, &origin).into());
        Some(Object { class: "monitor", instance: Some(monitor), value, origin })
    });
    let monitors = monitors.collect();
    Answer::Objects(monitors, object.origin.clone())
}

fn unwatched(stack: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    // What is not watched is the first key; where there is none, the first vault; and where keys are elsewhere, what watches
    // them does not say enough.
    let keys = keys::all(stack, world);
    let first = keys.into_iter().chain(stack.all(&[Part::Vault, Part::AirGappedVault], world)).next();
    let mut place = first.map(|first| stack.header(&first));
    // Of each call that has to be seen, whether one of the rules and filters sees it.
    let mut seen: Vec<(&str, Truth)> = Vec::new();
    for monitor in stack.all(&[Part::EventRule, Part::MetricFilter], world) {
        let watch = monitoring::watch(stack, &monitor, world);
        if watch.of_kms {
            place.get_or_insert(watch.origin);
        }
        if seen.is_empty() {
            seen = watch.heard.iter().map(|(call, _)| (call.event, Truth::False)).collect();
        }
        for ((_, seen), (_, heard)) in seen.iter_mut().zip(watch.heard) {
            *seen = std::mem::replace(seen, Truth::False).or(heard);
        }
    }
    let place = place.unwrap_or_else(|| object.origin.clone());
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

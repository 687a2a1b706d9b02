//! Whether somebody hears of what a rule or filter matches: a rule must be enabled and have a target, a filter's metric an
//! alarm.

use super::super::dialect::{Dialect, Name, Part};
use super::super::evaluator::{BlockId, Instance};
use super::super::stack::Stack;
use super::super::{links, settle};
use crate::value::{Kind, Symbol, Truth, Unknown, UnknownKind, Value, World};

const STATE: Name = Name::new("State", "state");
const IS_ENABLED: Name = Name::new("", "is_enabled");
const BUS: Name = Name::new("EventBusName", "event_bus_name");
const TARGETS: Name = Name::new("Targets", "");
const TARGET_OF: Name = Name::new("", "rule");
const RULE_NAME: Name = Name::new("Name", "name");
const TRANSFORMATIONS: Name = Name::new("MetricTransformations", "metric_transformation");
const METRIC: Name = Name::new("MetricName", "metric_name");
const METRICS: Name = Name::new("Metrics", "metric_query");

/// Whether what a rule or filter matches reaches somebody.
pub(super) fn is_heard(stack: &Stack<'_>, monitor: &Instance, world: &mut World<'_>) -> Truth {
    match stack.part(monitor) {
        Some(Part::EventRule) => {
            let enabled = is_enabled(stack, monitor, world);
            if enabled.is_false() {
                return enabled;
            }
            let enabled = enabled.and(is_on_default_bus(stack, monitor, world));
            if enabled.is_false() { enabled } else { enabled.and(has_target(stack, monitor, world)) }
        }
        _ => has_alarm(stack, monitor, world),
    }
}

fn is_enabled(stack: &Stack<'_>, rule: &Instance, world: &mut World<'_>) -> Truth {
    let state = settle::settled(&stack.read(rule, STATE, world), world);
    let enabled = match state.as_str() {
        Some(state) => Truth::from(state != "DISABLED"),
        None => absent_or_open(&state, world),
    };
    // The older argument of the AWS provider; the two exclude each other.
    let older = settle::settled(&stack.read(rule, IS_ENABLED, world), world);
    enabled.and(older.as_bool().map_or_else(|| absent_or_open(&older, world), Truth::from))
}

/// True for what is not written, and unknown for what is not known.
fn absent_or_open(value: &Value, world: &World<'_>) -> Truth {
    if value.is_absent() { Truth::True } else { Truth::Unknown(settle::why_unknown(value, world)) }
}

/// Events of AWS come to the account's default bus, and to another only where a rule sends them on.
fn is_on_default_bus(stack: &Stack<'_>, rule: &Instance, world: &mut World<'_>) -> Truth {
    let bus = settle::settled(&stack.read(rule, BUS, world), world);
    let is_default = |name: &str| name.is_empty() || name == "default" || name.ends_with(":event-bus/default");
    match bus.as_str() {
        Some(name) if is_default(name) => Truth::True,
        None if bus.is_absent() => Truth::True,
        _ => {
            let why = "its event bus gets events of AWS only where another rule sends them on";
            Truth::Unknown(Unknown::new(UnknownKind::Provider, why))
        }
    }
}

fn has_target(stack: &Stack<'_>, rule: &Instance, world: &mut World<'_>) -> Truth {
    if stack.dialect(rule) != Some(Dialect::Aws) {
        let targets = settle::settled(&stack.read(rule, TARGETS, world), world);
        return match &targets.kind {
            Kind::Absent => Truth::False,
            Kind::List(items) => (!items.is_empty()).into(),
            Kind::Map(_) => Truth::True,
            _ => Truth::Unknown(settle::why_unknown(&targets, world)),
        };
    }
    let targets = stack.nearest(&[Part::EventTarget], rule);
    heard_by(stack, &targets, world, |target, world| {
        let given = stack.read(target, TARGET_OF, world);
        is_rule(stack, &given, rule, world)
    })
}

/// Whether `holds` of one of these; those that decide nothing are asked first.
fn heard_by(
    stack: &Stack<'_>,
    blocks: &[BlockId],
    world: &mut World<'_>,
    mut holds: impl FnMut(&Instance, &mut World<'_>) -> Truth,
) -> Truth {
    let mut doubt = Truth::False;
    let one = stack.any(blocks, world, |candidate, world| {
        let answer = holds(candidate, world);
        let is_one = answer.is_true();
        if !is_one && doubt.is_false() {
            doubt = answer;
        }
        is_one
    });
    if one { Truth::True } else { doubt }
}

fn is_rule(stack: &Stack<'_>, given: &Value, rule: &Instance, world: &mut World<'_>) -> Truth {
    if let Kind::Symbol(Symbol::Ref(name) | Symbol::Attribute { resource: name, .. }) = &given.kind {
        return (*name == rule.address).into();
    }
    if let Some(found) = links::named_by(stack, given, RULE_NAME, &[Part::EventRule], world) {
        return (found == *rule).into();
    }
    let own = settle::substituted(&stack.read(rule, RULE_NAME, world), world);
    let given = settle::substituted(given, world);
    links::likeness(&own, &given.parts().unwrap_or_default(), world)
}

/// Whether an alarm of the unit is on a metric of the filter. Where none is, one may stand in other code: alarms often do.
fn has_alarm(stack: &Stack<'_>, filter: &Instance, world: &mut World<'_>) -> Truth {
    let transformations = stack.read(filter, TRANSFORMATIONS, world);
    let metrics: Vec<Value> =
        transformations.items().iter().map(|one| links::either(one, "MetricName", "name")).collect();
    let alarms = stack.nearest(&[Part::Alarm], filter);
    let heard = heard_by(stack, &alarms, world, |alarm, world| {
        let own = stack.read(alarm, METRIC, world);
        let queries = stack.read(alarm, METRICS, world);
        let watched = [own].into_iter().chain(queries.items().iter().map(metric_of_query));
        let mut answer = Truth::False;
        // Names are compared as they are written: what inputs make of them decides nothing where both are the same.
        for watched in watched.map(|watched| settle::substituted(&watched, world)) {
            for metric in metrics.iter().map(|metric| settle::substituted(metric, world)) {
                answer = answer.or(links::likeness(&metric, &watched.parts().unwrap_or_default(), world));
            }
        }
        answer
    });
    let unseen = || Truth::Unknown(Unknown::new(UnknownKind::Import, "no alarm here is on its metric"));
    if heard.is_false() { unseen() } else { heard }
}

fn metric_of_query(query: &Value) -> Value {
    let metric = links::either(query, "MetricStat", "metric");
    let metric = metric.items().first().cloned().unwrap_or(metric);
    let metric = metric.get("Metric").cloned().unwrap_or(metric);
    links::either(&metric, "MetricName", "metric_name")
}

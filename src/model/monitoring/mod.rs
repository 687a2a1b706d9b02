//! What watches KMS: event rules of EventBridge and metric filters of CloudWatch Logs over CloudTrail's events.

mod event;
mod event_pattern;
mod filter_pattern;
mod filter_syntax;
mod hearing;
mod spelling;
mod wildcard;

use filter_pattern::Filter;
use filter_syntax::{Comparison, Operand, Step, Test};
use spelling::{Asked, Field};

use super::dialect::{Name, Part};
use super::evaluator::{BlockId, Instance};
use super::stack::Stack;
use super::{region, settle};
use crate::iam;
use crate::source::limits::MAX_ALTERNATIVES;
use crate::value::{Kind, Origin, Truth, Unknown, Value, World};

pub(super) use event::{Call, EVENTS};

const PATTERN: Name = Name::new("EventPattern", "event_pattern");
const FILTER: Name = Name::new("FilterPattern", "pattern");

/// What a rule or filter watches.
pub(super) struct Watch {
    /// Every call that has to be seen, and whether the pattern matches it.
    pub(super) matched: Vec<(Call, Truth)>,
    /// Names that are no event, source or detail type of KMS, each with its place.
    pub(super) misspelt: Vec<(String, Origin)>,
    /// Whether it is about KMS.
    pub(super) of_kms: bool,
    /// Its pattern.
    pub(super) origin: Origin,
}

impl Watch {
    fn may_match(&self) -> bool {
        self.matched.iter().any(|(_, matched)| !matched.is_false())
    }
}

/// The blocks of rules and filters that match one of the calls, or are about KMS, in some world. The others decide nothing:
/// whether they are there is not asked.
pub(super) fn blocks(stack: &Stack<'_>, world: &mut World<'_>) -> Vec<BlockId> {
    let matters = |block: BlockId, world: &mut World<'_>| {
        let found = world.alternatives(MAX_ALTERNATIVES, |aside| {
            let instances = stack.instances(block, aside);
            instances.iter().any(|monitor| {
                let watch = watch(stack, monitor, aside);
                watch.of_kms || watch.may_match()
            })
        });
        found.is_none_or(|found| found.iter().any(|(_, matters)| *matters))
    };
    let all = stack.blocks(&[Part::EventRule, Part::MetricFilter]);
    all.into_iter().filter(|block| matters(*block, world)).collect()
}

/// Every call that has to be seen, and whether somebody hears of it through a rule or filter.
pub(super) fn heard(stack: &Stack<'_>, monitor: &Instance, world: &mut World<'_>) -> Vec<(Call, Truth)> {
    let watch = watch(stack, monitor, world);
    if !watch.may_match() {
        return watch.matched;
    }
    let told = hearing::is_heard(stack, monitor, world);
    watch.matched.into_iter().map(|(call, matched)| (call, matched.and(told.clone()))).collect()
}

/// The events of which every call is heard.
pub(super) fn covered(heard: &[(Call, Truth)]) -> Vec<&'static str> {
    let all = |event: &str| heard.iter().all(|(call, heard)| call.event != event || heard.is_true());
    EVENTS.into_iter().filter(|event| all(event)).collect()
}

/// What a rule or filter watches.
pub(super) fn watch(stack: &Stack<'_>, monitor: &Instance, world: &mut World<'_>) -> Watch {
    let event_rule = stack.part(monitor) == Some(Part::EventRule);
    let name = if event_rule { PATTERN } else { FILTER };
    let value = stack.read(monitor, name, world);
    let origin = value.origin.clone();
    let region = region::of(stack, monitor, world);
    let calls = event::calls(region.code());
    // Inputs in a pattern are settled while what it matches hangs on them.
    let undecided = |truths: &[Truth]| truths.iter().any(|truth| matches!(truth, Truth::Unknown(_)));
    let read = |value: &Value, _: &mut World<'_>| {
        let pattern = if event_rule { Pattern::of_rule(value) } else { Pattern::of_filter(value) }?;
        let truths: Vec<Truth> = calls.iter().map(|call| pattern.matches(call)).collect();
        Ok((pattern, truths))
    };
    let is_open = |read: &Result<(Pattern, Vec<Truth>), Unknown>| read.as_ref().map_or(true, |(_, it)| undecided(it));
    let (pattern, truths) = match settle::judge(&value, world, read, is_open) {
        Ok(read) => read,
        Err(why) => {
            let matched = calls.into_iter().map(|call| (call, Truth::Unknown(why.clone()))).collect();
            return Watch { matched, misspelt: Vec::new(), of_kms: false, origin };
        }
    };
    let matched: Vec<(Call, Truth)> = calls.into_iter().zip(truths).collect();
    let asked = pattern.asked(&origin);
    let of_kms = spelling::speaks_of_kms(&asked) || !covered(&matched).is_empty();
    let misspelt = if of_kms { spelling::misspelt(&asked) } else { Vec::new() };
    Watch { matched, misspelt, of_kms, origin }
}

/// A pattern of either sort.
enum Pattern {
    /// A rule without one matches no event: it runs by a schedule.
    None,
    Rule(Value),
    Filter(Filter),
}

impl Pattern {
    fn of_rule(value: &Value) -> Result<Pattern, Unknown> {
        if value.is_absent() { Ok(Pattern::None) } else { iam::document(value).map(Pattern::Rule) }
    }

    fn of_filter(value: &Value) -> Result<Pattern, Unknown> {
        match value.as_str() {
            Some(text) => Filter::parse(text).map(Pattern::Filter),
            None if value.is_absent() => Ok(Pattern::None),
            None => Err(value.first_unknown().unwrap_or_else(|| {
                let kind = crate::value::UnknownKind::Provider;
                Unknown::new(kind, "the filter's pattern is known only when the code is deployed")
            })),
        }
    }

    fn matches(&self, call: &Call) -> Truth {
        match self {
            Pattern::None => Truth::False,
            Pattern::Rule(pattern) => event_pattern::matches(pattern, &call.envelope),
            Pattern::Filter(filter) => filter.matches(&call.record),
        }
    }

    /// The texts that the fields which tell events apart are asked to be.
    fn asked(&self, origin: &Origin) -> Vec<Asked> {
        match self {
            Pattern::None => Vec::new(),
            Pattern::Rule(pattern) => asked_of_rule(pattern),
            Pattern::Filter(filter) => {
                filter.equalities().into_iter().filter_map(|comparison| asked_of_filter(comparison, origin)).collect()
            }
        }
    }
}

fn asked_of_rule(pattern: &Value) -> Vec<Asked> {
    let Kind::Map(entries) = &pattern.kind else { return Vec::new() };
    let asked = entries.iter().flat_map(|entry| {
        let field = match &*entry.key {
            "source" => Field::Source,
            "detail-type" => Field::DetailType,
            "eventSource" => Field::EventSource,
            "eventName" => Field::EventName,
            "detail" => return asked_of_rule(&entry.value),
            "$or" => return entry.value.items().iter().flat_map(asked_of_rule).collect(),
            _ => return Vec::new(),
        };
        let texts = entry.value.items().iter().filter_map(|item| Some((item.as_str()?.to_owned(), &item.origin)));
        texts.map(|(text, origin)| Asked { field, text, origin: origin.clone() }).collect()
    });
    asked.collect()
}

fn asked_of_filter(comparison: &Comparison, origin: &Origin) -> Option<Asked> {
    let (Test::Compares(_, Operand::Text(text)), [Step::Member(name)]) =
        (&comparison.test, comparison.selector.as_slice())
    else {
        return None;
    };
    let field = match name.as_str() {
        "eventSource" => Field::EventSource,
        "eventName" => Field::EventName,
        _ => return None,
    };
    Some(Asked { field, text: text.clone(), origin: origin.clone() })
}

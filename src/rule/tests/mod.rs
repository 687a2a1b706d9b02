//! Tests of the language and the engine, on stacks that are written as JSON.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod engine;
mod language;
mod load;
mod witness;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::file::Rule;
use super::{Judgement, judge};
use crate::model::testing::JsonUnit;
use crate::model::{Language, Stack};
use crate::source::SourceId;
use crate::value::{Input, InputKind};

/// A rule of this text.
pub(super) fn rule(text: &str) -> Rule {
    Rule::parse_text("rules/test-rule.md", text, SourceId(9), &BTreeMap::new()).unwrap()
}

/// A rule over raw resources of type `T` with this check and further front matter.
pub(super) fn over_resources(front: &str, check: &str) -> Rule {
    let front = format!("severity: error\nsubject: resource\ntypes: [T]\nsummary: It is so\n{front}");
    rule(&format!("---\n{front}\n---\n```check\n{check}\n```\n"))
}

/// A unit of CloudFormation with these resources.
pub(super) fn unit(resources: &Json) -> JsonUnit {
    JsonUnit::new(Language::CloudFormation, resources)
}

/// A parameter that is "true" or "false".
pub(super) fn switch(name: &str, default: Option<&str>) -> Input {
    let mut input = Input::new(name, InputKind::Parameter);
    input.allowed = Some(vec![Json::from("true"), Json::from("false")]);
    input.default = default.map(Json::from);
    input
}

pub(super) fn judged(rule: &Rule, unit: &JsonUnit) -> Judgement {
    judge(rule, &Stack::new(unit))
}

//! Names of inputs that the user set and that nothing declares.

use std::collections::BTreeSet;

use crate::config::nearest;
use crate::finding::{Place, Problem};
use crate::model::{Evaluator, Language};
use crate::resolve::{Settings, VariableSetting};
use crate::value::InputKind;

/// Every name that is set.
pub(super) fn names(settings: &Settings) -> Vec<String> {
    variables(settings).chain(settings.parameters.iter().map(|(name, _)| name.as_str())).map(str::to_owned).collect()
}

fn variables(settings: &Settings) -> impl Iterator<Item = &str> {
    settings.variables.iter().filter_map(|setting| match setting {
        VariableSetting::Text(name, _) | VariableSetting::Value(name, _) => Some(name.as_str()),
        VariableSetting::File(_) => None,
    })
}

/// The names that no unit declares, of those languages that there are units of. `unread` are names that stand in files that
/// were not parsed, which may declare them.
pub(super) fn unknown(settings: &Settings, units: &[Box<dyn Evaluator>], unread: &BTreeSet<String>) -> Vec<Problem> {
    let unknown = |flag: &str, noun: &str, name: &str, declared: &BTreeSet<String>| {
        if declared.contains(name) || unread.contains(name) {
            return None;
        }
        let mut problem =
            Problem::path("usage", "", format!("{flag} {name}: nothing that is checked declares the {noun} {name}"));
        problem.place = Place::Nowhere;
        let meant = nearest(name, declared.iter().map(String::as_str));
        problem.help = meant.map(|meant| format!("did you mean `{meant}`?"));
        Some(problem)
    };
    let mut problems = Vec::new();
    if units.iter().any(|unit| unit.language() == Language::Terraform) {
        let declared = declared(units, &|kind| kind == InputKind::Variable);
        let declared = declared.iter().map(|name| name.strip_prefix("var.").unwrap_or(name).to_owned()).collect();
        problems.extend(variables(settings).filter_map(|name| unknown("--var", "variable", name, &declared)));
    }
    if units.iter().any(|unit| unit.language() == Language::CloudFormation) {
        let mut declared = declared(units, &|kind| kind != InputKind::Variable);
        declared.extend(PSEUDO.iter().map(|name| (*name).to_owned()));
        let names = settings.parameters.iter().map(|(name, _)| name.as_str());
        problems.extend(names.filter_map(|name| unknown("--param", "parameter", name, &declared)));
    }
    problems.dedup();
    problems
}

fn declared(units: &[Box<dyn Evaluator>], of: &dyn Fn(InputKind) -> bool) -> BTreeSet<String> {
    let inputs = units.iter().flat_map(|unit| unit.inputs().iter());
    inputs.filter(|(_, input)| of(input.kind)).map(|(_, input)| input.name.to_string()).collect()
}

/// CloudFormation's own parameters.
const PSEUDO: &[&str] = &[
    "AWS::AccountId",
    "AWS::NotificationARNs",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

//! Deployments: a root that is deployed in several ways is judged once for each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value as Json;

use super::configs::Configs;
use super::load::Request;
use super::select::Selector;
use super::{Progress, judge_all, merge};
use crate::config::Deployment;
use crate::disk::Disk;
use crate::finding::{Finding, Outcome, Undecided};
use crate::model::{Evaluator, Language};
use crate::resolve::{Loaded, Settings, VariableSetting, cloudformation, terraform};
use crate::source::files::Files;

/// Loads every unit of `loaded` for which its configuration names deployments, once for each of them.
pub(super) fn load(
    loaded: &Loaded,
    request: &Request<'_>,
    configs: &Configs,
    disk: &Arc<Disk>,
) -> Vec<(String, Loaded)> {
    let mut all = Vec::new();
    for unit in &loaded.units {
        let config = configs.of_directory(super::directory_of(unit.as_ref()));
        for deployment in config.deployments.iter().filter(|it| it.path == unit.name()) {
            let settings = settings(deployment, &request.settings);
            let deployed = match unit.language() {
                Language::Terraform => {
                    let files: Arc<dyn Files> = Arc::clone(disk) as Arc<dyn Files>;
                    terraform::load(unit.name(), &files, &settings)
                }
                Language::CloudFormation => match disk.read(unit.name()) {
                    Ok(source) => cloudformation::load(&source, disk.as_ref(), &settings),
                    Err(_) => continue,
                },
                Language::Plan => continue,
            };
            all.push((deployment.name.clone(), deployed));
        }
    }
    all
}

/// The deployment's values, then the command line's, which win.
fn settings(deployment: &Deployment, command_line: &Settings) -> Settings {
    let files = deployment.variable_files.iter().map(|path| VariableSetting::File(path.clone()));
    let texts = deployment.variables.iter().map(|(name, value)| match value {
        // What is no text is written as JSON, which is how Terraform takes it.
        Json::String(text) => VariableSetting::Text(name.clone(), text.clone()),
        Json::Null => VariableSetting::Value(name.clone(), Json::Null),
        other => VariableSetting::Text(name.clone(), other.to_string()),
    });
    let parameters = deployment.parameters.iter().map(|(name, text)| (name.clone(), text.clone()));
    Settings {
        variables: files.chain(texts).chain(command_line.variables.iter().cloned()).collect(),
        parameters: parameters.chain(command_line.parameters.iter().cloned()).collect(),
        deployed: true,
    }
}

/// Judges the deployments. What is found in several of them is told once, with their names.
pub(super) fn judge(
    deployed: Vec<(String, Loaded)>,
    selector: &Selector<'_>,
    progress: &Progress,
    outcome: &mut Outcome,
    units: &mut Vec<Box<dyn Evaluator>>,
) {
    let mut found: Vec<(Vec<String>, Finding)> = Vec::new();
    let mut places: BTreeMap<(String, String, &'static str), usize> = BTreeMap::new();
    let key = |it: &Undecided| (it.rule.clone(), it.unit.clone(), it.subject.address.clone(), it.primary.span);
    let mut undecided: BTreeSet<_> = outcome.undecided.iter().map(key).collect();
    let mut of_unit: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, loaded) in deployed {
        for unit in &loaded.units {
            of_unit.entry(unit.name().to_owned()).or_default().push(name.clone());
        }
        let mut judged = judge_all(&loaded.units, selector, progress);
        judged.problems.extend(loaded.problems);
        for finding in judged.findings.drain(..) {
            let same = (finding.fingerprint.clone(), finding.message.clone(), finding.certainty.name());
            match places.get(&same) {
                Some(at) => found[*at].0.push(name.clone()),
                None => {
                    places.insert(same, found.len());
                    found.push((vec![name.clone()], finding));
                }
            }
        }
        judged.undecided.retain(|it| undecided.insert(key(it)));
        merge(outcome, judged);
        units.extend(loaded.units);
    }
    outcome.findings.extend(found.into_iter().map(|(names, mut finding)| {
        let word = if names.len() == 1 { "deployment" } else { "deployments" };
        let all = of_unit.get(&finding.unit).map(Vec::as_slice).unwrap_or_default();
        let others: Vec<&str> = all.iter().filter(|name| !names.contains(name)).map(String::as_str).collect();
        let others = if others.is_empty() { String::new() } else { format!(", not in {}", others.join(", ")) };
        finding.notes.push(format!("so it is in {word} {}{others}", names.join(", ")));
        finding
    }));
}

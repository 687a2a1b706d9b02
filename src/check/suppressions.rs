//! Every suppression that speaks of the units of a run: comments, metadata, configuration.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::configs::Configs;
use crate::finding::Finding;
use crate::model::{Block, Evaluator, Language};
use crate::source::files::parent;
use crate::source::{Sources, Span};
use crate::suppress::{Scope, Suppression, comments};
use crate::value::{Mode, Value, World};

/// Collects them. Each is listed once, however many units it speaks of.
pub(super) fn collect(units: &[Box<dyn Evaluator>], sources: &Sources, configs: &Configs) -> Vec<Suppression> {
    let mut all = Vec::new();
    let names: BTreeSet<String> =
        units.iter().flat_map(|unit| unit.covers().into_iter().chain([unit.name().to_owned()])).collect();
    for source in sources.all() {
        if names.contains(&**source.path()) || names.contains(parent(source.path())) {
            all.extend(comments(&source));
        }
    }
    let mut seen: BTreeSet<Span> = BTreeSet::new();
    for unit in units {
        all.extend(metadata(unit.as_ref()));
        let directory = if unit.language() == Language::Terraform { unit.name() } else { parent(unit.name()) };
        for ignore in &configs.of_directory(directory).ignore {
            if !seen.insert(ignore.span) {
                continue;
            }
            let (path, address) = (ignore.path.clone(), ignore.address.clone());
            let matches = move |finding: &Finding, source: &str| {
                path.as_ref().is_none_or(|glob| glob.matches(source) || glob.matches(&finding.unit))
                    && address.as_ref().is_none_or(|glob| glob.matches(&finding.subject.address))
            };
            all.push(Suppression {
                rules: vec![ignore.rule.clone()],
                reason: ignore.reason.clone(),
                expires: ignore.expires.clone(),
                span: ignore.span,
                scope: Scope::Matching(Arc::new(matches)),
            });
        }
    }
    all
}

/// `Metadata: { strongroom: { ignore: [{ rule, reason, expires }] } }` of CloudFormation's resources.
fn metadata(unit: &dyn Evaluator) -> Vec<Suppression> {
    if unit.language() != Language::CloudFormation {
        return Vec::new();
    }
    let mut all = Vec::new();
    let mut world = World::new(unit.inputs(), Mode::Defaults);
    for block in unit.blocks() {
        for instance in unit.instances(block.id, &mut world) {
            let metadata = unit.property(&instance, "@Metadata", &mut world);
            let Some(ignore) = metadata.get("strongroom").and_then(|ours| ours.get("ignore")) else { continue };
            all.extend(ignore.items().iter().filter_map(|entry| suppression(entry, unit.name(), block)));
        }
    }
    all
}

fn suppression(entry: &Value, unit: &str, block: &Block) -> Option<Suppression> {
    let text = |name: &str| entry.get(name).and_then(Value::as_str).map(str::to_owned);
    let rule = entry.as_str().map(str::to_owned).or_else(|| text("rule"))?;
    Some(Suppression {
        rules: vec![rule],
        reason: text("reason"),
        expires: text("expires"),
        span: entry.get("rule").and_then(|rule| rule.origin.span).or(entry.origin.span).unwrap_or(block.header),
        scope: Scope::Resource(unit.to_owned(), block.address.to_string()),
    })
}

//! Every suppression that speaks of the units of a run: comments, metadata, configuration.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::configs::Configs;
use super::{directory_of, is_below};
use crate::config::is_date;
use crate::finding::{Finding, Problem};
use crate::model::{Block, Evaluator, Instance, Key, Language};
use crate::read::{hcl, yaml};
use crate::source::files::{Files, parent};
use crate::source::{Source, SourceId, Span};
use crate::suppress::{Scope, Suppression, comments, mentions};
use crate::value::{Entry, Kind, Mode, Value, World};

/// Collects them, and what is wrong with them. Each is listed once, however many units it speaks of. `found` are the
/// sources that findings are in, `paths` what the user asked for.
pub(super) fn collect(
    units: &[Box<dyn Evaluator>],
    found: &BTreeSet<SourceId>,
    paths: &[String],
    configs: &Configs,
) -> (Vec<Suppression>, Vec<Problem>) {
    let mut all = Vec::new();
    let mut problems = Vec::new();
    let names: BTreeSet<String> =
        units.iter().flat_map(|unit| unit.covers().into_iter().chain([unit.name().to_owned()])).collect();
    for source in configs.disk().sources().all() {
        let ours = names.contains(&**source.path()) || names.contains(parent(source.path()));
        if ours || found.contains(&source.id()) {
            all.extend(in_comments(&source));
        }
    }
    let mut seen: BTreeSet<Span> = BTreeSet::new();
    for unit in units {
        for suppression in metadata(unit.as_ref(), &mut problems) {
            if seen.insert(suppression.span) {
                problems.extend(wrong_day(&suppression));
                all.push(suppression);
            }
        }
        let config = configs.of_directory(directory_of(unit.as_ref()));
        let judged = is_below(paths, &config.home, configs.disk());
        for ignore in &config.ignore {
            if !seen.insert(ignore.span) {
                continue;
            }
            let (path, address) = (ignore.path.clone(), ignore.address.clone());
            let disk = Arc::clone(configs.disk());
            let matches = move |finding: &Finding, source: &str| {
                address.as_ref().is_none_or(|glob| glob.matches(&finding.subject.address))
                    && path.as_ref().is_none_or(|glob| {
                        glob.matches(&disk.absolute(source)) || glob.matches(&disk.absolute(&finding.unit))
                    })
            };
            all.push(Suppression {
                rules: vec![ignore.rule.clone()],
                reason: ignore.reason.clone(),
                expires: ignore.expires.clone(),
                span: ignore.span,
                scope: Scope::Matching(Arc::new(matches)),
                judged,
            });
        }
    }
    (all, problems)
}

/// What the comments of a source say: in a language of braces, or in YAML (JSON has no comments, and as YAML none are
/// found in it).
fn in_comments(source: &Source) -> Vec<Suppression> {
    if !mentions(source) {
        return Vec::new();
    }
    let braces = [".tf", ".tofu", ".tfvars", ".hcl"].iter().any(|end| source.path().ends_with(end));
    match braces {
        true => comments(source, &hcl::comments(source), false),
        false => comments(source, &yaml::comments(source), true),
    }
}

/// A day that is none would never come.
fn wrong_day(suppression: &Suppression) -> Option<Problem> {
    let day = suppression.expires.as_ref().filter(|day| !is_date(day))?;
    Some(Problem::at("config", suppression.span, format!("`{day}` is no date")).help("write it as 2027-01-31"))
}

/// `Metadata: { strongroom: { ignore: [{ rule, reason, expires }] } }` of CloudFormation's resources.
/// What is written there and is none is told.
fn metadata(unit: &dyn Evaluator, problems: &mut Vec<Problem>) -> Vec<Suppression> {
    if unit.language() != Language::CloudFormation {
        return Vec::new();
    }
    let mut all = Vec::new();
    for block in unit.blocks() {
        let mut world = World::new(unit.inputs(), Mode::Defaults);
        // A resource that does not exist by default has its metadata too.
        let instance = unit.instances(block.id, &mut world).into_iter().next().unwrap_or_else(|| Instance {
            block: block.id,
            path: Arc::from([]),
            key: Key::None,
            address: Arc::clone(&block.address),
        });
        let metadata = unit.property(&instance, "@Metadata", &mut world);
        let Some(ours) = metadata.get("strongroom") else { continue };
        let mut wrong = |span: Option<Span>, message: String| {
            let help = "write `Metadata: { strongroom: { ignore: [{ rule: RULE, reason: WHY }] } }`, with `expires: 2027-01-31` where it ends";
            problems.push(Problem::at("config", span.unwrap_or(block.header), message).help(help));
        };
        for entry in foreign(ours, &["ignore"]) {
            wrong(entry.key_span, format!("`{}` is no key of strongroom's metadata", entry.key));
        }
        for ignore in ours.get("ignore").into_iter().flat_map(Value::items) {
            for entry in foreign(ignore, &["rule", "reason", "expires"]) {
                wrong(entry.key_span, format!("`{}` is no key of a suppression", entry.key));
            }
            match suppression(ignore, unit.name(), block) {
                Some(suppression) => all.push(suppression),
                None => wrong(ignore.origin.span, "this suppression names no rule".to_owned()),
            }
        }
    }
    all
}

/// The members of a map that are none of these.
fn foreign<'v>(value: &'v Value, known: &[&str]) -> Vec<&'v Entry> {
    match &value.kind {
        Kind::Map(entries) => entries.iter().filter(|entry| !known.contains(&&*entry.key)).collect(),
        _ => Vec::new(),
    }
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
        judged: true,
    })
}

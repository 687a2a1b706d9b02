//! The pipeline: candidates, units, stacks, judgements, one sorted outcome. The only place that composes.

mod closure;
mod configs;
mod deployments;
mod examples;
mod fixes;
mod load;
mod mentions;
mod passed;
mod pins;
mod progress;
mod select;
mod suppressions;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;

pub use configs::Configs;
pub use examples::run_example;
pub use fixes::{Proposer, fill as fill_fixes};
pub use load::{Callers, Everything, Request, load};
pub use progress::Progress;
pub use select::{Selector, wanted};

use crate::config::Config;
use crate::disk::Disk;
use crate::finding::{Certainty, Finding, LookedAt, NotRead, Outcome, Place, Problem};
use crate::model::{Evaluator, Language, Stack};
use crate::resolve::Loaded;
use crate::rule::{Listed, judge};
use crate::source::files::{Files, parent};
use crate::source::{SourceId, Sources, Span, parallel};
use crate::suppress;
use crate::value::without_keys;

/// Below this many units a thread pool costs more than it saves.
const PARALLEL_FROM: usize = 8;

/// How suppressions count.
#[derive(Clone, Debug)]
pub struct Ignoring {
    /// Whether any is obeyed.
    pub obey: bool,
    /// Whether one without a reason is a finding.
    pub require_reason: bool,
    /// The day of this run, `YYYY-MM-DD`.
    pub today: String,
}

/// What a run gave: the outcome, and the units that it was read off.
pub struct Checked {
    /// All that was found, sorted.
    pub outcome: Outcome,
    /// The units.
    pub units: Vec<Box<dyn Evaluator>>,
}

/// Loads and judges everything that the request names.
pub fn check(request: &Request<'_>, selector: &Selector<'_>, ignoring: &Ignoring, disk: &Arc<Disk>) -> Checked {
    let Everything { loaded, files } = load(request, disk);
    let deployed = deployments::load(&loaded, request, selector.configs(), disk);
    let Loaded { mut units, problems } = loaded;
    units.retain(|unit| !deployed.iter().any(|(_, loaded)| loaded.units.iter().any(|it| it.name() == unit.name())));
    let mut outcome = judge_all(&units, selector, &request.progress);
    outcome.problems.extend(problems);
    deployments::judge(deployed, selector, &request.progress, &mut outcome, &mut units);
    outcome.problems.extend(selector.configs().problems());
    fixes::spell_help(&mut outcome.findings, &units, disk.sources());
    if ignoring.obey {
        suppress_all(&mut outcome, &units, selector, &request.paths, ignoring);
    }
    outcome.looked_at.files = files;
    sort(&mut outcome, disk.sources());
    set_apart(&mut outcome);
    Checked { outcome, units }
}

fn judge_all(units: &[Box<dyn Evaluator>], selector: &Selector<'_>, progress: &Progress) -> Outcome {
    progress.will_judge(units.len());
    let one = |unit: &&dyn Evaluator| {
        let config = selector.config_of(*unit);
        let outcome = match selector.rules(&config) {
            Ok(rules) => judge_unit(*unit, &rules, &config),
            Err(problems) => Outcome { problems, ..Outcome::default() },
        };
        progress.judged_one();
        outcome
    };
    let units: Vec<&dyn Evaluator> = units.iter().map(|unit| unit.as_ref()).collect();
    let outcomes: Vec<Outcome> = parallel::map(&units, PARALLEL_FROM, one);
    let mut outcome = Outcome::default();
    for next in outcomes {
        merge(&mut outcome, next);
    }
    outcome
}

fn merge(into: &mut Outcome, from: Outcome) {
    into.findings.extend(from.findings);
    into.undecided.extend(from.undecided);
    into.problems.extend(from.problems);
    let LookedAt { units, subjects, vaults, keys, files } = from.looked_at;
    into.looked_at.files += files;
    into.looked_at.units += units;
    into.looked_at.subjects += subjects;
    into.looked_at.vaults += vaults;
    into.looked_at.keys += keys;
}

fn judge_unit(unit: &dyn Evaluator, rules: &[Arc<Listed>], config: &Config) -> Outcome {
    let stack = Stack::new(unit);
    let mut outcome = Outcome::default();
    outcome.looked_at.units = 1;
    outcome.looked_at.vaults = stack.blocks_of("any_vault", &[]).len();
    outcome.looked_at.keys = stack.blocks_of("key", &[]).len();
    let mut after = Vec::new();
    for listed in rules {
        // A rule that has nothing to say here is not even opened.
        if listed.subject != "unit" && stack.blocks_of(&listed.subject, listed.types()).is_empty() {
            continue;
        }
        let rule = listed.rule();
        let mut judged = judge(rule, &stack);
        if let Some(severity) = config.rules.get(&rule.id).and_then(|setting| setting.severity) {
            for finding in &mut judged.findings {
                finding.severity = severity;
            }
        }
        outcome.looked_at.subjects += judged.judged;
        outcome.findings.extend(judged.findings);
        outcome.undecided.extend(judged.undecided);
        outcome.problems.extend(judged.problems);
        if !rule.after.is_empty() {
            after.push((rule.id.clone(), rule.after.clone()));
        }
    }
    once(&mut outcome, &after);
    outcome
}

/// Tells a cause once: takes out what a rule says of a text that a rule which it comes after speaks of, and what it can't
/// tell of one that that rule speaks of or can't tell of either.
fn once(outcome: &mut Outcome, after: &[(String, Vec<String>)]) {
    type About<'a> = (&'a str, &'a str, Span);
    let findings = || outcome.findings.iter().map(|it| (&*it.rule, &*it.subject.address, it.primary.span));
    let undecided = || outcome.undecided.iter().map(|it| (&*it.rule, &*it.subject.address, it.primary.span));
    let told: HashSet<About<'_>> = findings().collect();
    // What is so in some worlds only is no cause of what is so in all.
    let is_sure = |it: &&Finding| it.certainty != Certainty::Conditional;
    let sure: HashSet<About<'_>> =
        outcome.findings.iter().filter(is_sure).map(|it| (&*it.rule, &*it.subject.address, it.primary.span)).collect();
    let untold: HashSet<About<'_>> = undecided().chain(findings()).collect();
    let stays = |(rule, address, place): About<'_>, of: &HashSet<About<'_>>| {
        let causes = after.iter().find(|(id, _)| id == rule).map(|(_, causes)| causes);
        !causes.is_some_and(|causes| causes.iter().any(|cause| of.contains(&(cause.as_str(), address, place))))
    };
    let mut staying: VecDeque<bool> = findings()
        .zip(&outcome.findings)
        .map(|(about, it)| stays(about, if is_sure(&it) { &sure } else { &told }))
        .collect();
    let mut still: VecDeque<bool> = undecided().map(|about| stays(about, &untold)).collect();
    outcome.findings.retain(|_| staying.pop_front() == Some(true));
    outcome.undecided.retain(|_| still.pop_front() == Some(true));
}

fn suppress_all(
    outcome: &mut Outcome,
    units: &[Box<dyn Evaluator>],
    selector: &Selector<'_>,
    paths: &[String],
    ignoring: &Ignoring,
) {
    let disk = selector.configs().disk();
    let found: BTreeSet<SourceId> = outcome.findings.iter().map(|finding| finding.primary.span.source).collect();
    let (suppressions, problems) = suppressions::collect(units, &found, paths, selector.configs());
    outcome.problems.extend(problems);
    let policy = suppress::Policy {
        today: ignoring.today.clone(),
        require_reason: ignoring.require_reason,
        ran: selector.ran(),
        known: selector.known(),
    };
    let mut spans: HashMap<(&str, &str), Span> = HashMap::new();
    for unit in units {
        spans.extend(unit.blocks().iter().map(|block| ((unit.name(), &*block.address), block.span)));
    }
    let block = |finding: &Finding| spans.get(&(&*finding.unit, &*without_keys(&finding.subject.address))).copied();
    suppress::apply(&mut outcome.findings, &suppressions, disk.sources(), &policy, &block);
}

/// The whole text of the resource that a finding speaks of.
pub fn block_of(units: &[Box<dyn Evaluator>], finding: &Finding) -> Option<Span> {
    let unit = units.iter().find(|unit| unit.name() == finding.unit)?;
    let bare = without_keys(&finding.subject.address);
    unit.blocks().iter().find(|block| *block.address == *bare).map(|block| block.span)
}

/// Whether what the user names (files and directories, as they wrote them) holds all of a directory or file, both as
/// absolute paths.
pub fn is_below(named: &[String], path: &str, disk: &Disk) -> bool {
    named.iter().filter(|named| *named != "-").any(|named| {
        let named = disk.absolute(named);
        path.strip_prefix(named.trim_end_matches('/')).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

/// The directory whose configuration holds for a unit.
fn directory_of(unit: &dyn Evaluator) -> &str {
    if unit.language() == Language::Terraform { unit.name() } else { parent(unit.name()) }
}

/// One order for everything: path, position, rule. The same problem is told once.
fn sort(outcome: &mut Outcome, sources: &Sources) {
    let place = |span: Span| (sources.get(span.source).path().to_string(), span.start, span.end);
    outcome.findings.sort_by_cached_key(|finding: &Finding| {
        (place(finding.primary.span), finding.rule.clone(), finding.unit.clone(), finding.subject.clone())
    });
    outcome.undecided.sort_by_cached_key(|undecided| {
        (place(undecided.primary.span), undecided.rule.clone(), undecided.unit.clone(), undecided.subject.clone())
    });
    outcome.problems.sort_by_cached_key(|problem: &Problem| {
        let at = match &problem.place {
            Place::Span(span) => place(*span),
            Place::Path(path) => (path.clone(), 0, 0),
            Place::Nowhere => (String::new(), 0, 0),
        };
        (at, problem.message.clone())
    });
    outcome.problems.dedup();
}

/// Moves what was passed over by design out of the problems: one entry a cause, with all its places.
pub fn set_apart(outcome: &mut Outcome) {
    let mut causes: BTreeMap<(&'static str, String), NotRead> = BTreeMap::new();
    outcome.problems.retain(|problem| {
        if !problem.not_read {
            return true;
        }
        let (reason, message) = (problem.kind, problem.message.clone());
        let first = || NotRead { reason, message: message.clone(), help: problem.help.clone(), places: Vec::new() };
        let cause = causes.entry((reason, message.clone())).or_insert_with(first);
        if !cause.places.contains(&problem.place) {
            cause.places.push(problem.place.clone());
        }
        false
    });
    outcome.not_read.extend(causes.into_values());
}

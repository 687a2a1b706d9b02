//! Which rules judge which unit, by the command line and the unit's configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::configs::Configs;
use super::directory_of;
use crate::config::{Config, nearest};
use crate::finding::{Place, Problem};
use crate::model::Evaluator;
use crate::rule::{Choice, Listed, RuleSet};

/// The rules that a configuration chooses, or why it can't.
pub(super) type Chosen = Result<Vec<Arc<Listed>>, Vec<Problem>>;

/// The rules of a run, chosen for each unit.
pub struct Selector<'a> {
    set: &'a RuleSet,
    configs: &'a Configs,
    choice: Choice,
    /// The directories of rules that `set` holds.
    loaded: Vec<String>,
    chosen: Mutex<BTreeMap<String, Chosen>>,
}

impl<'a> Selector<'a> {
    /// Chooses from `set`, which was loaded with the rules of these directories; `choice` is the command line's.
    pub fn new(set: &'a RuleSet, loaded: Vec<String>, configs: &'a Configs, choice: Choice) -> Self {
        Selector { set, configs, choice, loaded, chosen: Mutex::default() }
    }

    /// The configurations.
    pub fn configs(&self) -> &'a Configs {
        self.configs
    }

    /// The configuration of this unit.
    pub fn config_of(&self, unit: &dyn Evaluator) -> Arc<Config> {
        self.configs.of_directory(directory_of(unit))
    }

    /// The rules that a configuration and the command line choose together.
    ///
    /// # Errors
    /// Rules, profiles or parameters that there are not.
    pub fn rules(&self, config: &Config) -> Chosen {
        // Two configurations that say the same of rules choose the same.
        let key = format!("{:?} {:?} {:?}", config.rules, config.profiles, config.rule_directories);
        let mut chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        chosen.entry(key).or_insert_with(|| self.choose(config)).clone()
    }

    fn choose(&self, config: &Config) -> Chosen {
        let mut choice = self.choice.clone();
        choice.profiles.extend(config.profiles.iter().cloned());
        for (id, setting) in &config.rules {
            if !setting.parameters.is_empty() {
                choice.params.insert(id.clone(), setting.parameters.clone());
            }
            if setting.enabled == Some(false) && choice.select.is_empty() {
                choice.ignore.push(id.clone());
            }
        }
        let wrong = self.wrong(config);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let mut rules = self.set.list(&choice)?;
        if choice.select.is_empty() {
            // `rule: on` in the configuration switches on what only a profile would.
            let on: Vec<String> = config
                .rules
                .iter()
                .filter(|(id, setting)| {
                    let switched = setting.enabled == Some(true) && !choice.ignore.contains(id);
                    switched && !rules.iter().any(|rule| rule.id == **id)
                })
                .map(|(id, _)| id.clone())
                .collect();
            if !on.is_empty() {
                rules.extend(self.set.list(&Choice { select: on, ..choice })?);
                rules.sort_by(|a, b| a.id.cmp(&b.id));
            }
        }
        Ok(rules)
    }

    /// What a configuration names that there is not, each at its place.
    fn wrong(&self, config: &Config) -> Vec<Problem> {
        let place = |key: String| origin(config, &key);
        let rules = config.rules.keys().filter_map(|id| {
            let problem = self.set.has(id).err()?;
            Some(Problem { kind: "config", place: place(format!("rules.{id}")), ..problem })
        });
        let known = self.set.profiles();
        let profiles = config.profiles.iter().filter(|name| !known.contains(name.as_str())).map(|name| {
            let all: Vec<&str> = known.iter().copied().collect();
            let help = match nearest(name, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None if all.is_empty() => "no rule has a profile".to_owned(),
                None => format!("there are {}", all.join(", ")),
            };
            let mut problem = Problem::path("config", "", format!("there is no profile `{name}`")).help(help);
            problem.place = place(format!("profiles.{name}"));
            problem
        });
        let directories = config.rule_directories.iter().filter(|it| !self.loaded.contains(it)).map(|directory| {
            let message =
                format!("the rules in {directory} are not loaded: this configuration lies below what is checked");
            let mut problem = Problem::path("config", "", message);
            problem.place = place(format!("rule-directories.{directory}"));
            problem.help(format!("give --rules {directory}, or check this directory by itself"))
        });
        rules.chain(profiles).chain(directories).chain(self.parameters(config)).collect()
    }

    /// The parameters that a rule does not have, or not of that type.
    fn parameters(&self, config: &Config) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (id, setting) in config.rules.iter().filter(|(_, setting)| !setting.parameters.is_empty()) {
            let Ok(rule) = self.set.get(id) else { continue };
            for (name, value) in &setting.parameters {
                let one = BTreeMap::from([(name.clone(), value.clone())]);
                let found = rule.with_params(&one).err().into_iter().flatten();
                problems.extend(found.map(|problem| Problem {
                    kind: "config",
                    message: format!("{id}: {}", problem.message),
                    place: origin(config, &format!("rules.{id}.{name}")),
                    ..problem
                }));
            }
        }
        problems
    }

    /// Every rule that there is.
    pub fn known(&self) -> BTreeSet<String> {
        self.set.listed().map(|rule| rule.id.clone()).collect()
    }

    /// The rules that judged some unit so far, each once.
    pub fn rules_that_ran(&self) -> Vec<Arc<Listed>> {
        let chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rules: Vec<Arc<Listed>> = chosen.values().flatten().flatten().cloned().collect();
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        rules.dedup_by(|a, b| a.id == b.id);
        rules
    }

    /// The ids of all rules that judged some unit so far.
    pub fn ran(&self) -> BTreeSet<String> {
        let chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        chosen.values().flatten().flatten().map(|rule| rule.id.clone()).collect()
    }
}

/// Where a configuration has a value.
fn origin(config: &Config, key: &str) -> Place {
    config.origins.get(key).map_or(Place::Nowhere, |span| Place::Span(*span))
}

/// Literals of which a file must mention one for any of these rules to speak of it. Two with a line break between them
/// count together, wherever in one Terraform configuration each of them stands.
pub fn wanted<'r>(rules: impl IntoIterator<Item = &'r Arc<Listed>>) -> Vec<String> {
    let mut wanted = BTreeSet::new();
    for rule in rules {
        if rule.subject == "resource" {
            wanted.extend(rule.types().iter().cloned());
        } else {
            let also = match rule.subject.as_str() {
                "policy" if rule.mentions(".mfa_bypass") => MFA,
                "policy" if rule.rule().policies_of().is_some_and(|of| &*of != "identity") => &[],
                "policy" | "role" => IDENTITY,
                "unit" | "monitor" => MONITORS,
                _ => &[],
            };
            wanted.extend(TYPED.iter().chain(also).map(|literal| (*literal).to_owned()));
        }
    }
    // A template that only nests others may nest one that matters.
    wanted.insert("AWS::CloudFormation::Stack".to_owned());
    wanted.insert("AWS::Serverless::Application".to_owned());
    // A loop may write a type, too.
    wanted.insert("Fn::ForEach::".to_owned());
    wanted.into_iter().collect()
}

/// Where identity policies stand.
const IDENTITY: &[&str] = &["AWS::IAM::", "aws_iam_", "awscc_iam_"];

/// Identity policies are everywhere, and those that the rule about MFA speaks of name the condition key; or they stand in
/// a file of their own, which the configuration reads with `file`, `templatefile` or the like.
const MFA: &[&str] = &["MultiFactorAuthPresent", "multifactorauthpresent", "aws_iam_\nfile(", "awscc_iam_\nfile("];

/// What watches keys.
const MONITORS: &[&str] =
    &["AWS::Events::Rule", "AWS::Logs::MetricFilter", "aws_cloudwatch_event_rule", "aws_cloudwatch_log_metric_filter"];

/// What the provider-neutral classes are made of.
const TYPED: &[&str] = &[
    "AWS::Backup::",
    "AWS::KMS::",
    "AWS::Organizations::Policy",
    "aws_backup_",
    "aws_kms_",
    "aws_organizations_policy",
    "awscc_backup_",
    "awscc_kms_",
];

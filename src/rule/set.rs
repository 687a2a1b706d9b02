//! The rules of a run: built in, and the user's own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value as Json;

use super::builtin::BUILTIN;
use super::file::Rule;
use super::listed::Listed;
use super::nearest::did_you_mean;
use crate::finding::{Place, Problem};
use crate::source::{Source, Span};

/// A set of rules, by id.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    rules: BTreeMap<String, Arc<Listed>>,
    /// The ids that still are the built-in rules.
    built_in: BTreeSet<String>,
}

/// Which rules of a set are wanted.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// Exactly these, profile or not; empty: those that are on by default.
    pub select: Vec<String>,
    /// Not these.
    pub ignore: Vec<String>,
    /// Also those of these profiles.
    pub profiles: Vec<String>,
    /// Parameters by rule: they replace the defaults.
    pub params: BTreeMap<String, BTreeMap<String, Json>>,
}

impl RuleSet {
    /// No rules.
    pub fn new() -> Self {
        Self::default()
    }

    /// The rules that come with the program.
    pub fn builtin() -> Self {
        let mut set = RuleSet::new();
        for form in BUILTIN {
            set.built_in.insert(form.id.to_owned());
            set.rules.insert(form.id.to_owned(), Arc::new(Listed::ready(form)));
        }
        set
    }

    /// Adds a user's rule. Gives the problems of the file (then it is not added), or the news that it replaces a built-in
    /// rule, which is not fatal.
    pub fn add(&mut self, source: &Source) -> Vec<Problem> {
        match Rule::parse(source, &BTreeMap::new()) {
            Ok(rule) => self.insert(rule),
            Err(problems) => problems,
        }
    }

    fn insert(&mut self, rule: Rule) -> Vec<Problem> {
        let span = Span::new(rule.source, 0, 3.min(rule.text().len()));
        let mut problems = Vec::new();
        if self.built_in.remove(&rule.id) {
            let message = format!("`{}` replaces the built-in rule of that name", rule.id);
            problems.push(Problem::at("rule", span, message).not_fatal());
        } else if let Some(first) = self.rules.get(&rule.id) {
            let message = format!("there is already a rule `{}`, in {}", rule.id, first.path());
            return vec![Problem::at("rule", span, message).help("give one of the two files another name")];
        }
        self.rules.insert(rule.id.clone(), Arc::new(Listed::from(Arc::new(rule))));
        problems
    }

    /// All rules, by id, compiled.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Rule>> {
        self.rules.values().map(|listed| listed.rule())
    }

    /// All rules, by id, as they are listed: no rule is compiled for that.
    pub fn listed(&self) -> impl Iterator<Item = &Arc<Listed>> {
        self.rules.values()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Whether a rule of this name came with the program.
    pub fn is_built_in(&self, id: &str) -> bool {
        self.built_in.contains(id)
    }

    /// The rule with this id.
    ///
    /// # Errors
    /// The nearest name, as a problem.
    pub fn get(&self, id: &str) -> Result<&Arc<Rule>, Problem> {
        self.rules.get(id).map(|listed| listed.rule()).ok_or_else(|| self.no_rule(id))
    }

    /// Whether there is a rule with this id.
    ///
    /// # Errors
    /// The nearest name, as a problem.
    pub fn has(&self, id: &str) -> Result<(), Problem> {
        if self.rules.contains_key(id) { Ok(()) } else { Err(self.no_rule(id)) }
    }

    fn no_rule(&self, id: &str) -> Problem {
        let names = self.rules.keys().map(String::as_str);
        let problem = Problem::path("usage", "", format!("there is no rule `{id}`")).help(did_you_mean(id, names));
        Problem { place: Place::Nowhere, ..problem }
    }

    /// The names of all profiles.
    pub fn profiles(&self) -> BTreeSet<&str> {
        self.rules.values().flat_map(|rule| rule.profiles.iter().chain(&rule.raising)).map(String::as_str).collect()
    }

    /// The rules that a choice names, with its parameters, compiled.
    ///
    /// # Errors
    /// Names that are no rule or profile, parameters that a rule does not have.
    pub fn choose(&self, choice: &Choice) -> Result<Vec<Arc<Rule>>, Vec<Problem>> {
        Ok(self.list(choice)?.iter().map(|listed| Arc::clone(listed.rule())).collect())
    }

    /// The rules that a choice names, with its parameters. Only what gets other parameters is compiled.
    ///
    /// # Errors
    /// Names that are no rule or profile, parameters that a rule does not have.
    pub fn list(&self, choice: &Choice) -> Result<Vec<Arc<Listed>>, Vec<Problem>> {
        let mut problems: Vec<Problem> = Vec::new();
        let named = choice.select.iter().chain(&choice.ignore).chain(choice.params.keys());
        problems.extend(named.filter(|id| !self.rules.contains_key(*id)).map(|id| self.no_rule(id)));
        let profiles = self.profiles();
        for profile in choice.profiles.iter().filter(|profile| !profiles.contains(profile.as_str())) {
            let mut problem = self.no_rule(profile);
            problem.message = format!("there is no profile `{profile}`");
            problem.help = Some(did_you_mean(profile, profiles.iter().copied()));
            problems.push(problem);
        }
        let mut chosen = Vec::new();
        for rule in self.rules.values() {
            let on = match choice.select.is_empty() {
                true => rule.profiles.is_empty() || rule.profiles.iter().any(|it| choice.profiles.contains(it)),
                false => choice.select.contains(&rule.id),
            };
            if !on || choice.ignore.contains(&rule.id) {
                continue;
            }
            // What the configuration says of a parameter goes before what a profile makes of it.
            let raising = rule.raising.iter().filter(|profile| choice.profiles.contains(profile));
            let mut params: BTreeMap<String, Json> =
                raising.map(|profile| (profile.replace('-', "_"), Json::Bool(true))).collect();
            params.extend(choice.params.get(&rule.id).cloned().unwrap_or_default());
            if params.is_empty() {
                chosen.push(Arc::clone(rule));
                continue;
            }
            match rule.rule().with_params(&params) {
                Ok(rule) => chosen.push(Arc::new(Listed::from(Arc::new(rule)))),
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() { Ok(chosen) } else { Err(problems) }
    }
}

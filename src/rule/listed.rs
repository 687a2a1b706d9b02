//! A rule as a set lists it: what chooses it is known, the rest is opened when a unit first needs it.

use std::sync::{Arc, OnceLock};

use super::builtin::Builtin;
use super::file::{Rule, profile_of};

/// A rule that is opened when it is first asked for.
#[derive(Debug)]
pub struct Listed {
    /// Its name.
    pub id: String,
    /// The class of its subjects.
    pub subject: String,
    /// The profiles that switch it on; none: it is on by default.
    pub profiles: Vec<String>,
    /// The profiles that make a parameter of it true: those that are named like one whose default is false.
    pub raising: Vec<String>,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Ready(&'static Builtin, OnceLock<Arc<Rule>>),
    Open(Arc<Rule>),
}

impl Listed {
    /// A rule that comes with the program.
    pub(super) fn ready(form: &'static Builtin) -> Self {
        Listed {
            id: form.id.to_owned(),
            subject: form.subject.to_owned(),
            profiles: form.profiles.iter().map(|profile| (*profile).to_owned()).collect(),
            raising: form
                .params
                .iter()
                .filter(|(_, json)| *json == "false")
                .map(|(name, _)| profile_of(name))
                .collect(),
            form: Form::Ready(form, OnceLock::new()),
        }
    }

    /// The rule.
    pub fn rule(&self) -> &Arc<Rule> {
        match &self.form {
            Form::Ready(form, rule) => rule.get_or_init(|| Arc::new(Rule::ready(form))),
            Form::Open(rule) => rule,
        }
    }

    /// The resource types that it judges, where its class is `resource`.
    pub fn types(&self) -> &[String] {
        if self.subject == "resource" { &self.rule().types } else { &[] }
    }

    /// Whether its text mentions something.
    pub fn mentions(&self, what: &str) -> bool {
        self.rule().text().contains(what)
    }

    /// The path of its file, as shown to people.
    pub fn path(&self) -> &str {
        &self.rule().path
    }
}

impl From<Arc<Rule>> for Listed {
    fn from(rule: Arc<Rule>) -> Self {
        Listed {
            id: rule.id.clone(),
            subject: rule.subject.clone(),
            profiles: rule.profiles.clone(),
            raising: rule.raising().collect(),
            form: Form::Open(rule),
        }
    }
}

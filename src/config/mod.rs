//! `.strongroom.yaml`: which rules, how severe, what is left out, and how a root is deployed.
//!
//! Takes texts and gives data; who reads the files is the caller's matter. Knows no rule: names of rules are checked
//! where they are used.

mod decode;
mod glob;
mod schema;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::finding::{Problem, Severity};
use crate::source::files::{FileError, Files, join, parent};
use crate::source::{Source, Span};

use decode::{DeploymentEntry, File, IgnoreEntry, RuleEntry, Text, decode};
pub use glob::Glob;
pub use schema::schema;

/// The names of a configuration file; a directory has at most one of them.
pub const FILE_NAMES: [&str; 4] = [".strongroom.yaml", ".strongroom.yml", "strongroom.yaml", "strongroom.yml"];

/// The effective configuration of one path.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Settings by rule id.
    pub rules: BTreeMap<String, RuleSetting>,
    /// Profiles that are on.
    pub profiles: Vec<String>,
    /// Directories of further rule files, as shown to people.
    pub rule_directories: Vec<String>,
    /// What is not looked at: absolute paths.
    pub exclude: Vec<Glob>,
    /// Suppressions.
    pub ignore: Vec<Ignore>,
    /// Ways in which roots are deployed.
    pub deployments: Vec<Deployment>,
    /// What holds for the whole run, where the command line says nothing.
    pub run: Run,
    /// Where each value is written, by its key (`rules.x`, `profiles.p`, `exclude.<pattern>`, `ignore.<number>`).
    pub origins: BTreeMap<String, Span>,
    /// The directory of the file that holds, as an absolute path; empty without one.
    pub home: String,
}

/// What holds for a whole run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    /// The lowest severity that makes the exit code 1; `Some(None)`: never.
    pub fail_on: Option<Option<Severity>>,
    /// Whether conditional findings, undecided verdicts and what is not read count.
    pub strict: Option<bool>,
    /// Whether a suppression without a reason is a finding.
    pub require_reason: Option<bool>,
    /// The least severity that is printed.
    pub severity: Option<Severity>,
    /// Formats, as `NAME` or `NAME=FILE`, the files as shown to people.
    pub formats: Vec<String>,
    /// The baseline, as shown to people.
    pub baseline: Option<String>,
}

impl Run {
    /// What is set, as a configuration writes it.
    pub fn written(&self) -> Vec<(&'static str, String)> {
        let fail_on = self.fail_on.map(|severity| severity.map_or("never", Severity::name).to_owned());
        let formats = (!self.formats.is_empty()).then(|| Json::from(self.formats.clone()).to_string());
        let all = [
            ("fail-on", fail_on),
            ("strict", self.strict.map(|on| on.to_string())),
            ("require-reason", self.require_reason.map(|on| on.to_string())),
            ("severity", self.severity.map(|severity| severity.name().to_owned())),
            ("formats", formats),
            ("baseline", self.baseline.as_ref().map(|path| Json::from(path.as_str()).to_string())),
        ];
        all.into_iter().filter_map(|(key, value)| Some((key, value?))).collect()
    }

    /// What is set here wins over what is extended.
    fn extend(&mut self, nearer: Run) {
        self.fail_on = nearer.fail_on.or(self.fail_on);
        self.strict = nearer.strict.or(self.strict);
        self.require_reason = nearer.require_reason.or(self.require_reason);
        self.severity = nearer.severity.or(self.severity);
        if !nearer.formats.is_empty() {
            self.formats = nearer.formats;
        }
        if nearer.baseline.is_some() {
            self.baseline = nearer.baseline;
        }
    }
}

/// What a configuration says of one rule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSetting {
    /// Whether it runs; `None`: as its file says.
    pub enabled: Option<bool>,
    /// Another severity.
    pub severity: Option<Severity>,
    /// Values of its parameters.
    pub parameters: BTreeMap<String, Json>,
}

/// A suppression that stands in a configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Ignore {
    /// The rule's id; `*` for every rule.
    pub rule: String,
    /// Absolute paths of files or units.
    pub path: Option<Glob>,
    /// The subject's address.
    pub address: Option<Glob>,
    /// Why.
    pub reason: Option<String>,
    /// The last day on which it holds, `YYYY-MM-DD`.
    pub expires: Option<String>,
    /// Where it is written.
    pub span: Span,
}

/// One way in which a Terraform root or template is deployed: it is judged once for each.
#[derive(Clone, Debug, PartialEq)]
pub struct Deployment {
    /// Its name, for messages: `prod`.
    pub name: String,
    /// The directory or template, as shown to people.
    pub path: String,
    /// `.tfvars` files, as shown to people.
    pub variable_files: Vec<String>,
    /// Terraform variables: as YAML has them, null included.
    pub variables: BTreeMap<String, Json>,
    /// CloudFormation parameters.
    pub parameters: BTreeMap<String, String>,
}

/// Reads a file that may be a configuration.
pub type Open<'a> = &'a dyn Fn(&str) -> Result<Arc<Source>, FileError>;

/// The configuration that stands in `directory`, with what it extends; `None` where there is none.
pub fn find(directory: &str, open: Open<'_>, files: &dyn Files) -> Option<(Config, Vec<Problem>)> {
    let paths = FILE_NAMES.map(|name| join(directory, name));
    let mut found: Vec<(&String, Result<Arc<Source>, FileError>)> = paths
        .iter()
        .map(|path| (path, open(path)))
        .filter(|(_, read)| !matches!(read, Err(FileError::NotFound)))
        .collect();
    if let [(first, _), (second, _), ..] = found.as_slice() {
        let message = format!("there are two configurations in one directory: {first} and {second}");
        return Some((Config::default(), vec![Problem::path("config", *second, message).help("remove one of them")]));
    }
    match found.pop()? {
        (_, Ok(source)) => Some(load(&source, files)),
        (path, Err(why)) => {
            let message = format!("the configuration can't be read: {why}");
            Some((Config::default(), vec![Problem::path("config", path, message)]))
        }
    }
}

/// Reads one file and those that it extends; nearer values win, lists are joined.
pub fn load(source: &Arc<Source>, files: &dyn Files) -> (Config, Vec<Problem>) {
    let mut config = Config { home: files.absolute(parent(source.path())), ..Config::default() };
    let mut problems = Vec::new();
    let mut chain = vec![Arc::clone(source)];
    let mut texts = Vec::new();
    while let Some(source) = chain.pop() {
        let (file, wrong) = decode(&source);
        problems.extend(wrong);
        if let Some(base) = &file.extends {
            let path = join(parent(source.path()), &base.text);
            match files.read(&path) {
                Ok(_)
                    if texts.len() >= 16
                        || texts.iter().any(|(kept, _): &(Arc<Source>, File)| **kept.path() == path) =>
                {
                    problems.push(Problem::at("config", base.span, "this configuration extends itself"));
                }
                Ok(extended) => chain.push(extended),
                Err(why) => {
                    let message = format!("the configuration {path} that is extended here can't be read: {why}");
                    problems.push(Problem::at("config", base.span, message));
                }
            }
        }
        texts.push((source, file));
    }
    for (source, file) in texts.into_iter().rev() {
        Reader { base: parent(source.path()), files }.apply(&mut config, file, &mut problems);
    }
    (config, problems)
}

/// The known name nearest to `name`, where one is near enough to be meant.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (distance(name, candidate), candidate))
        .min()
        .filter(|(far, _)| *far <= name.chars().count().div_ceil(3))
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (diagonal + usize::from(x != *y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}

/// One file, being applied.
struct Reader<'a> {
    base: &'a str,
    files: &'a dyn Files,
}

impl Reader<'_> {
    fn apply(&self, config: &mut Config, file: File, problems: &mut Vec<Problem>) {
        for entry in file.rules {
            rule(config, entry);
        }
        for profile in file.profiles {
            config.origins.insert(format!("profiles.{}", profile.text), profile.span);
            config.profiles.push(profile.text);
        }
        for written in file.rule_directories {
            let directory = self.shown(&written.text);
            config.origins.insert(format!("rule-directories.{directory}"), written.span);
            config.rule_directories.push(directory);
        }
        let home = self.files.absolute(self.base);
        for pattern in file.exclude {
            config.origins.insert(format!("exclude.{}", pattern.text), pattern.span);
            config.exclude.push(Glob::below(&home, &pattern.text));
        }
        for entry in file.ignore {
            ignore(config, entry, &home);
        }
        for (key, span) in file.run_spans {
            config.origins.insert(key, span);
        }
        let mut run = file.run;
        for format in &mut run.formats {
            if let Some((name, path)) = format.split_once('=') {
                *format = format!("{name}={}", self.shown(path));
            }
        }
        run.baseline = run.baseline.map(|path| self.shown(&path));
        config.run.extend(run);
        for entry in file.deployments {
            self.deployment(config, entry, problems);
        }
    }

    fn deployment(&self, config: &mut Config, entry: DeploymentEntry, problems: &mut Vec<Problem>) {
        let path = self.shown(&entry.path.text);
        let name = entry.name.text;
        if self.files.list(&path).is_err() && self.files.read(&path).is_err() {
            let message = format!("there is no directory or template {path} to deploy as `{name}`");
            let help = "paths are relative to the configuration that names them";
            problems.push(Problem::at("config", entry.path.span, message).help(help));
        }
        if config.deployments.iter().any(|known| (&known.name, &known.path) == (&name, &path)) {
            let message = format!("{path} is deployed as `{name}` twice");
            problems
                .push(Problem::at("config", entry.name.span, message).help("give each deployment a name of its own"));
        }
        let mut variable_files = Vec::new();
        for Text { text, span } in entry.var_files {
            let file = self.shown(&text);
            if let Err(why) = self.files.read(&file) {
                problems.push(Problem::at("config", span, format!("the variable file {file} can't be read: {why}")));
            }
            variable_files.push(file);
        }
        config.origins.insert(format!("deployments.{}", config.deployments.len()), entry.name.span);
        config.deployments.push(Deployment {
            name,
            path,
            variable_files,
            variables: entry.vars.into_iter().collect(),
            parameters: entry.params.into_iter().collect(),
        });
    }

    /// A path that is relative to this file, as shown to people: relative to the working directory where it is below it.
    fn shown(&self, path: &str) -> String {
        let joined = join(self.base, path);
        let (whole, here) = (self.files.absolute(&joined), self.files.absolute("."));
        match whole.strip_prefix(&here) {
            Some("") => ".".to_owned(),
            Some(below) if below.starts_with('/') => below[1..].to_owned(),
            _ => joined,
        }
    }
}

fn rule(config: &mut Config, entry: RuleEntry) {
    let RuleEntry { id: Text { text: id, span }, setting, parameters } = entry;
    for parameter in parameters {
        config.origins.insert(format!("rules.{id}.{}", parameter.text), parameter.span);
    }
    config.origins.insert(format!("rules.{id}"), span);
    let kept = config.rules.entry(id).or_default();
    kept.enabled = setting.enabled.or(kept.enabled);
    kept.severity = setting.severity.or(kept.severity);
    kept.parameters.extend(setting.parameters);
}

fn ignore(config: &mut Config, entry: IgnoreEntry, home: &str) {
    let text = |text: Option<Text>| text.map(|text| text.text);
    config.origins.insert(format!("ignore.{}", config.ignore.len()), entry.rule.span);
    config.ignore.push(Ignore {
        path: entry.path.map(|pattern| Glob::below(home, &pattern.text)),
        address: entry.address.map(|pattern| Glob::new(&pattern.text)),
        reason: text(entry.reason),
        expires: text(entry.expires),
        span: entry.rule.span,
        rule: entry.rule.text,
    });
}

/// Whether `text` is a day of the calendar, `YYYY-MM-DD`. Such texts compare in order of time.
pub fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(year, 4) && digits(month, 2) && digits(day, 2)) {
        return false;
    }
    let number = |part: &str| part.parse::<u32>().unwrap_or(0);
    let (year, month, day) = (number(year), number(month), number(day));
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

#[cfg(test)]
mod tests;

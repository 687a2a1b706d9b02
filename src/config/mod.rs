//! `.strongroom.yaml`: which rules, how severe, what is left out, and how a root is deployed.
//!
//! Takes texts and gives data; who reads the files is the caller's matter. Knows no rule: names of rules are checked
//! where they are used.

mod glob;
mod schema;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value as Json;

use crate::finding::{Problem, Severity};
use crate::source::files::{FileError, Files, join, parent};
use crate::source::{Source, Span};

pub use glob::Glob;
pub use schema::schema;

/// The name of a configuration file.
pub const FILE_NAME: &str = ".strongroom.yaml";

/// The spelling that is likely to be taken for it.
const OTHER_NAME: &str = ".strongroom.yml";

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
    /// Where each value is written, by its key (`rules.x`, `profiles.p`, `exclude.<pattern>`, `ignore.<number>`).
    pub origins: BTreeMap<String, Span>,
    /// The directory of the file that holds, as an absolute path; empty without one.
    pub home: String,
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
    /// Terraform variables.
    pub variables: BTreeMap<String, String>,
    /// CloudFormation parameters.
    pub parameters: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct File {
    extends: Option<String>,
    rules: BTreeMap<String, RuleEntry>,
    profiles: Vec<String>,
    rule_directories: Vec<String>,
    exclude: Vec<String>,
    ignore: Vec<IgnoreEntry>,
    deployments: Vec<DeploymentEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum RuleEntry {
    Switch(bool),
    Word(String),
    Settings(BTreeMap<String, Json>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct IgnoreEntry {
    rule: String,
    path: Option<String>,
    address: Option<String>,
    reason: Option<String>,
    expires: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct DeploymentEntry {
    name: String,
    path: String,
    #[serde(default)]
    var_files: Vec<String>,
    #[serde(default)]
    vars: BTreeMap<String, Json>,
    #[serde(default)]
    params: BTreeMap<String, Json>,
}

/// The configuration that holds for `directory`: the nearest file on the way up, up to and including `root` (an
/// absolute path), with what it extends. Without a root only `directory` itself is looked into.
pub fn find(directory: &str, root: Option<&str>, files: &dyn Files) -> (Config, Vec<Problem>) {
    let mut at = directory.to_owned();
    // A path such as `../../..` grows for ever; no repository is this deep.
    for _ in 0..64 {
        let path = join(&at, FILE_NAME);
        match files.read(&path) {
            Ok(source) => return load(&source, files),
            Err(FileError::NotFound) => {}
            Err(why) => {
                let message = format!("the configuration can't be read: {why}");
                return (Config::default(), vec![Problem::path("config", path, message)]);
            }
        }
        let other = join(&at, OTHER_NAME);
        if files.read(&other).is_ok() {
            let message = format!("a configuration is called {FILE_NAME}, and this file is not read");
            return (Config::default(), vec![Problem::path("config", other, message).help("rename it")]);
        }
        let absolute = files.absolute(&at);
        if root.is_none_or(|root| root == absolute) || absolute == "/" {
            break;
        }
        at = join(&at, "..");
    }
    (Config::default(), Vec::new())
}

/// Reads one file and those that it extends; nearer values win, lists are joined.
pub fn load(source: &Arc<Source>, files: &dyn Files) -> (Config, Vec<Problem>) {
    let mut config = Config { home: files.absolute(parent(source.path())), ..Config::default() };
    let mut problems = Vec::new();
    let mut chain = vec![Arc::clone(source)];
    let mut texts = Vec::new();
    while let Some(source) = chain.pop() {
        let file = match parse(&source) {
            Ok(file) => file,
            Err(problem) => {
                problems.push(problem);
                break;
            }
        };
        if let Some(base) = &file.extends {
            let path = join(parent(source.path()), base);
            match files.read(&path) {
                Ok(_)
                    if texts.len() >= 16
                        || texts.iter().any(|(kept, _): &(Arc<Source>, File)| **kept.path() == path) =>
                {
                    problems.push(Problem::at("config", place(&source, base), "this configuration extends itself"));
                }
                Ok(base) => chain.push(base),
                Err(why) => {
                    let message = format!("the configuration {path} that is extended here can't be read: {why}");
                    problems.push(Problem::at("config", place(&source, base), message));
                }
            }
        }
        texts.push((source, file));
    }
    for (source, file) in texts.into_iter().rev() {
        Reader { source: &source, base: parent(source.path()), files }.apply(&mut config, file, &mut problems);
    }
    (config, problems)
}

fn parse(source: &Source) -> Result<File, Problem> {
    if source.text().trim().is_empty() {
        return Ok(File::default());
    }
    serde_yaml::from_str(source.text()).map_err(|error| {
        let offset = error.location().map_or(0, |location| location.index().min(source.text().len()));
        let range = source.line_range(source.line_of(u32::try_from(offset).unwrap_or(0)));
        let text = error.to_string();
        let message = text.split(" at line ").next().unwrap_or(&text).to_owned();
        let span = match unknown_field(&message) {
            Some((name, _)) => place(source, name),
            None => Span::new(source.id(), range.start, range.end),
        };
        let problem = Problem::at("config", span, format!("the configuration can't be used: {message}"));
        let meant = unknown_field(&message)
            .and_then(|(name, known)| nearest(name, known.iter().map(String::as_str)).map(str::to_owned));
        match meant {
            Some(meant) => problem.help(format!("did you mean `{meant}`? `strongroom schema config` lists every key")),
            None => problem.help("`strongroom schema config` lists every key and its type"),
        }
    })
}

/// The names in "unknown field `x`, expected one of `a`, `b`".
fn unknown_field(message: &str) -> Option<(&str, Vec<String>)> {
    let mut names = message.split_once("unknown field `")?.1.split('`').step_by(2);
    let name = names.next()?;
    Some((name, names.map(str::to_owned).collect()))
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

/// The place of `text` in a configuration; its first line where it is not found as written.
fn place(source: &Source, text: &str) -> Span {
    match source.text().find(text) {
        Some(at) if !text.is_empty() => Span::new(source.id(), at, at + text.len()),
        _ => Span::new(source.id(), 0, source.line_range(0).end),
    }
}

/// One file, being applied.
struct Reader<'a> {
    source: &'a Source,
    base: &'a str,
    files: &'a dyn Files,
}

impl Reader<'_> {
    fn apply(&self, config: &mut Config, file: File, problems: &mut Vec<Problem>) {
        self.rules(config, file.rules, problems);
        for profile in file.profiles {
            config.origins.insert(format!("profiles.{profile}"), place(self.source, &profile));
            config.profiles.push(profile);
        }
        for written in file.rule_directories {
            let directory = self.shown(&written);
            config.origins.insert(format!("rule-directories.{directory}"), place(self.source, &written));
            config.rule_directories.push(directory);
        }
        let home = self.files.absolute(self.base);
        for pattern in file.exclude {
            config.origins.insert(format!("exclude.{pattern}"), place(self.source, &pattern));
            config.exclude.push(Glob::below(&home, &pattern));
        }
        for entry in file.ignore {
            self.ignore(config, entry, problems);
        }
        for entry in file.deployments {
            self.deployment(config, entry, problems);
        }
    }

    fn rules(&self, config: &mut Config, rules: BTreeMap<String, RuleEntry>, problems: &mut Vec<Problem>) {
        for (id, entry) in rules {
            match rule_setting(entry) {
                Ok(setting) => {
                    let kept = config.rules.entry(id.clone()).or_default();
                    kept.enabled = setting.enabled.or(kept.enabled);
                    kept.severity = setting.severity.or(kept.severity);
                    kept.parameters.extend(setting.parameters);
                    config.origins.insert(format!("rules.{id}"), place(self.source, &id));
                }
                Err(message) => {
                    let help = "write `on`, `off`, a severity (error, warning, advice), or a map with `severity` and the rule's parameters";
                    let span = place(self.source, &id);
                    problems.push(Problem::at("config", span, format!("{id}: {message}")).help(help));
                }
            }
        }
    }

    fn ignore(&self, config: &mut Config, entry: IgnoreEntry, problems: &mut Vec<Problem>) {
        let source = self.source;
        let said = entry.reason.as_deref().filter(|reason| source.text().contains(*reason) && !reason.is_empty());
        let span = place(source, said.unwrap_or(&entry.rule));
        if let Some(date) = &entry.expires
            && !is_date(date)
        {
            let message = format!("`{date}` is no date");
            problems.push(Problem::at("config", place(source, date), message).help("write it as 2027-01-31"));
        }
        let home = self.files.absolute(self.base);
        config.origins.insert(format!("ignore.{}", config.ignore.len()), span);
        config.ignore.push(Ignore {
            rule: entry.rule,
            path: entry.path.map(|pattern| Glob::below(&home, &pattern)),
            address: entry.address.map(|pattern| Glob::new(&pattern)),
            reason: entry.reason,
            expires: entry.expires,
            span,
        });
    }

    fn deployment(&self, config: &mut Config, entry: DeploymentEntry, problems: &mut Vec<Problem>) {
        let path = self.shown(&entry.path);
        if self.files.list(&path).is_err() && self.files.read(&path).is_err() {
            let message = format!("there is no directory or template {path} to deploy as `{}`", entry.name);
            let help = "paths are relative to the configuration that names them";
            problems.push(Problem::at("config", place(self.source, &entry.path), message).help(help));
        }
        let variable_files: Vec<String> = entry.var_files.iter().map(|path| self.shown(path)).collect();
        for (shown, written) in variable_files.iter().zip(&entry.var_files) {
            if let Err(why) = self.files.read(shown) {
                let message = format!("the variable file {shown} can't be read: {why}");
                problems.push(Problem::at("config", place(self.source, written), message));
            }
        }
        config.origins.insert(format!("deployments.{}", config.deployments.len()), place(self.source, &entry.name));
        config.deployments.push(Deployment {
            path,
            variable_files,
            variables: texts(entry.vars),
            parameters: texts(entry.params),
            name: entry.name,
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

fn texts(values: BTreeMap<String, Json>) -> BTreeMap<String, String> {
    let text = |value: Json| match value {
        Json::String(text) => text,
        other => other.to_string(),
    };
    values.into_iter().map(|(name, value)| (name, text(value))).collect()
}

fn rule_setting(entry: RuleEntry) -> Result<RuleSetting, String> {
    let mut setting = RuleSetting::default();
    match entry {
        RuleEntry::Switch(on) => setting.enabled = Some(on),
        RuleEntry::Word(word) => match word.as_str() {
            "on" => setting.enabled = Some(true),
            "off" => setting.enabled = Some(false),
            word => {
                let severity = Severity::from_name(word).ok_or_else(|| format!("`{word}` is no severity"))?;
                (setting.enabled, setting.severity) = (Some(true), Some(severity));
            }
        },
        RuleEntry::Settings(mut members) => {
            if let Some(severity) = members.remove("severity") {
                let severity = severity.as_str().and_then(Severity::from_name);
                setting.severity = Some(severity.ok_or("`severity` must be error, warning or advice")?);
            }
            if let Some(enabled) = members.remove("enabled") {
                setting.enabled = Some(enabled.as_bool().ok_or("`enabled` must be true or false")?);
            }
            setting.parameters = members;
        }
    }
    Ok(setting)
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

//! `strongroom config show`: what holds for a path, and where each value is written.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value as Json;

use super::check::start;
use super::rules::Directory;
use super::{Done, Stop, rules, terminal};
use crate::check::Configs;
use crate::config::Config;
use crate::disk::{Disk, shown};
use crate::rule::{Rule, RuleSet};
use crate::source::Span;
use crate::source::files::Files;
use crate::source::leaving::Medium;

/// Prints a configuration that says the same as the files do, each value with a comment on its origin.
pub(super) fn show(path: &str, named: Option<&str>) -> Done {
    let disk = Arc::new(Disk::new(&[path.to_owned()]));
    disk.kind(path).map_err(|why| Stop(format!("strongroom: {}: {why}", shown(path))))?;
    let configs = configs(named, &disk)?;
    let config = configs.of_directory(&start(path, &disk));
    let directories: Vec<Directory> = config.rule_directories.iter().map(|path| Directory::configured(path)).collect();
    let (set, problems) = rules::load(&directories, &disk);
    let mut all = configs.problems();
    all.extend(problems.into_iter().filter(|problem| problem.fatal));
    terminal::print(text(&shown(path), &config, &set, &disk).as_bytes(), Medium::Text, disk.sources())?;
    for problem in &all {
        terminal::complain(&Stop::problem(problem, disk.sources()).0);
    }
    Ok(if all.is_empty() { 0 } else { 2 })
}

/// The configurations of a run: the one that the command line or the environment names, else those that are found.
pub(super) fn configs(named: Option<&str>, disk: &Arc<Disk>) -> Result<Configs, Stop> {
    let environment = std::env::var("STRONGROOM_CONFIG").ok().filter(|path| !path.is_empty());
    match named.map(str::to_owned).or(environment) {
        Some(path) => Configs::of(&shown(&path), disk).map_err(|problem| Stop::problem(&problem, disk.sources())),
        None => Ok(Configs::new(disk)),
    }
}

fn text(path: &str, config: &Config, set: &RuleSet, disk: &Disk) -> String {
    let mut text = format!("# what holds for {path}\n");
    let origin = |key: &str| config.origins.get(key).map_or_else(|| "default".to_owned(), |span| place(*span, disk));
    let mut list = |name: &str, key: &str, items: Vec<(String, String)>| {
        if items.is_empty() {
            let _ = writeln!(text, "{name}: []  # default");
            return;
        }
        let _ = writeln!(text, "{name}:");
        for (written, of) in items {
            let _ = writeln!(text, "  - {written}  # {}", origin(&format!("{key}.{of}")));
        }
    };
    let settings = config.run.written();
    let same = |items: &[String]| items.iter().map(|item| (quoted(item), item.clone())).collect();
    list("profiles", "profiles", same(&config.profiles));
    list("rule-directories", "rule-directories", same(&config.rule_directories));
    let exclude = config.exclude.iter().map(|glob| (quoted(glob.text()), glob.text().to_owned()));
    list("exclude", "exclude", exclude.collect());
    let ignores = config.ignore.iter().enumerate().map(|(at, ignore)| {
        let mut members = vec![format!("rule: {}", quoted(&ignore.rule))];
        let globs = [("path", &ignore.path), ("address", &ignore.address)];
        members
            .extend(globs.iter().filter_map(|(name, glob)| Some(format!("{name}: {}", quoted(glob.as_ref()?.text())))));
        let texts = [("reason", &ignore.reason), ("expires", &ignore.expires)];
        members.extend(texts.iter().filter_map(|(name, text)| Some(format!("{name}: {}", quoted(text.as_ref()?)))));
        (format!("{{ {} }}", members.join(", ")), at.to_string())
    });
    list("ignore", "ignore", ignores.collect());
    let deployments = config.deployments.iter().enumerate().map(|(at, deployment)| {
        let members = serde_json::json!({
            "name": deployment.name, "path": deployment.path, "var-files": deployment.variable_files,
            "vars": deployment.variables, "params": deployment.parameters,
        });
        (members.to_string(), at.to_string())
    });
    list("deployments", "deployments", deployments.collect());
    for (key, value) in settings {
        let _ = writeln!(text, "{key}: {value}  # {}", origin(key));
    }
    text.push_str("rules:\n");
    for rule in set.iter() {
        let _ = writeln!(text, "  {}", rule_line(rule, config, &origin));
    }
    text
}

/// One rule: off, its severity, or with its parameters; and why.
fn rule_line(rule: &Rule, config: &Config, origin: &dyn Fn(&str) -> String) -> String {
    let setting = config.rules.get(&rule.id);
    let by_profile = rule.profiles.iter().find(|profile| config.profiles.contains(profile));
    let set = setting.and_then(|setting| setting.enabled.or(setting.severity.map(|_| true)));
    let on = set.unwrap_or(rule.profiles.is_empty() || by_profile.is_some());
    let why = match (setting, by_profile) {
        (Some(_), _) => origin(&format!("rules.{}", rule.id)),
        (None, Some(profile)) => format!("profile {profile}, {}", origin(&format!("profiles.{profile}"))),
        (None, None) if !on => format!("default: only in profile {}", rule.profiles.join(", ")),
        (None, None) => "default".to_owned(),
    };
    let severity = setting.and_then(|setting| setting.severity).unwrap_or(rule.severity());
    let parameters = setting.map(|setting| &setting.parameters).filter(|parameters| !parameters.is_empty());
    let value = match (on, parameters) {
        (false, _) => "off".to_owned(),
        (true, None) => severity.name().to_owned(),
        (true, Some(parameters)) => {
            let members: Vec<String> =
                parameters.iter().map(|(name, value): (&String, &Json)| format!("{}: {value}", quoted(name))).collect();
            format!("{{ severity: {}, {} }}", severity.name(), members.join(", "))
        }
    };
    format!("{}: {value}  # {why}", rule.id)
}

/// JSON's strings are YAML's; a plain word needs no quotes.
fn quoted(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/' | '.'));
    let word = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&&*text.to_ascii_lowercase());
    if plain && word && !reserved { text.to_owned() } else { Json::String(text.to_owned()).to_string() }
}

fn place(span: Span, disk: &Disk) -> String {
    let source = disk.sources().get(span.source);
    let at = source.position(span.start);
    format!("{}:{}:{}", source.path(), at.line, at.column)
}

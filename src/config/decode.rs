//! The text of one configuration file as data, every value with its place.

use serde_json::Value as Json;

use super::{RuleSetting, Run, is_date, nearest};
use crate::finding::{Problem, Severity};
use crate::read::tree::{Data, Member, Node};
use crate::read::yaml;
use crate::source::{Source, Span};

/// A text and where it is written.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) span: Span,
}

/// What one file says.
#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) extends: Option<Text>,
    pub(super) rules: Vec<RuleEntry>,
    pub(super) profiles: Vec<Text>,
    pub(super) rule_directories: Vec<Text>,
    pub(super) exclude: Vec<Text>,
    pub(super) ignore: Vec<IgnoreEntry>,
    pub(super) deployments: Vec<DeploymentEntry>,
    pub(super) run: Run,
    /// Where the members of `run` are written.
    pub(super) run_spans: Vec<(String, Span)>,
}

#[derive(Debug)]
pub(super) struct RuleEntry {
    pub(super) id: Text,
    pub(super) setting: RuleSetting,
    /// Where each parameter is written.
    pub(super) parameters: Vec<Text>,
}

#[derive(Debug)]
pub(super) struct IgnoreEntry {
    pub(super) rule: Text,
    pub(super) path: Option<Text>,
    pub(super) address: Option<Text>,
    pub(super) reason: Option<Text>,
    pub(super) expires: Option<Text>,
}

#[derive(Debug)]
pub(super) struct DeploymentEntry {
    pub(super) name: Text,
    pub(super) path: Text,
    pub(super) var_files: Vec<Text>,
    pub(super) vars: Vec<(String, Json)>,
    pub(super) params: Vec<(String, String)>,
}

const KEYS: [&str; 13] = [
    "extends",
    "rules",
    "profiles",
    "rule-directories",
    "exclude",
    "ignore",
    "deployments",
    "fail-on",
    "strict",
    "require-reason",
    "severity",
    "formats",
    "baseline",
];
const IGNORE_KEYS: [&str; 5] = ["rule", "path", "address", "reason", "expires"];
const DEPLOYMENT_KEYS: [&str; 5] = ["name", "path", "var-files", "vars", "params"];
const LIST_OF_KEYS: &str = "`strongroom schema config` lists every key and its type";

/// Reads a file. What is wrong is told, and the rest of it holds.
pub(super) fn decode(source: &Source) -> (File, Vec<Problem>) {
    let (tree, errors) = yaml::read(source);
    let mut decoder = Decoder { problems: Vec::new() };
    for error in errors {
        decoder.problem(error.span, format!("the configuration can't be used: {}", error.message), LIST_OF_KEYS);
    }
    let file = tree.map(|tree| decoder.file(&tree)).unwrap_or_default();
    (file, decoder.problems)
}

struct Decoder {
    problems: Vec<Problem>,
}

impl Decoder {
    fn problem(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(Problem::at("config", span, message).help(help));
    }

    fn file(&mut self, tree: &Node) -> File {
        let mut file = File::default();
        for Member { key, key_span, value } in self.members(tree, "a configuration", &KEYS) {
            match &*key {
                "extends" => file.extends = self.text(&value, "extends"),
                "rules" => file.rules = self.rules(&value),
                "profiles" => file.profiles = self.texts(&value, "profiles"),
                "rule-directories" => file.rule_directories = self.texts(&value, "rule-directories"),
                "exclude" => file.exclude = self.texts(&value, "exclude"),
                "ignore" => file.ignore = self.list(&value, key_span, "ignore", Self::ignore),
                "deployments" => file.deployments = self.list(&value, key_span, "deployments", Self::deployment),
                key => {
                    file.run_spans.push((key.to_owned(), value.span));
                    self.run(key, &value, &mut file.run);
                }
            }
        }
        file
    }

    /// One member of what holds for a whole run.
    fn run(&mut self, key: &str, value: &Node, run: &mut Run) {
        let severities = "write error, warning or advice";
        match key {
            "strict" => run.strict = self.flag(value, key),
            "require-reason" => run.require_reason = self.flag(value, key),
            "formats" => run.formats = self.texts(value, key).into_iter().map(|format| format.text).collect(),
            "baseline" => run.baseline = self.text(value, key).map(|path| path.text),
            _ => {
                let Some(Text { text, span }) = self.text(value, key) else { return };
                match (key, Severity::from_name(&text)) {
                    ("fail-on", Some(severity)) => run.fail_on = Some(Some(severity)),
                    ("fail-on", None) if text == "never" => run.fail_on = Some(None),
                    ("severity", Some(severity)) => run.severity = Some(severity),
                    ("fail-on", None) => {
                        self.problem(span, format!("`{text}` is no severity"), format!("{severities}, or never"));
                    }
                    _ => self.problem(span, format!("`{text}` is no severity"), severities),
                }
            }
        }
    }

    fn flag(&mut self, node: &Node, what: &str) -> Option<bool> {
        match node.data {
            Data::Bool(on) => Some(on),
            Data::Null => None,
            _ => {
                self.problem(node.span, format!("`{what}` must be true or false"), LIST_OF_KEYS);
                None
            }
        }
    }

    /// The members of a map whose keys are known; every other key is a problem.
    fn members(&mut self, node: &Node, what: &str, known: &[&str]) -> Vec<Member> {
        match &node.data {
            Data::Mapping(members) => {
                let (ours, others): (Vec<_>, Vec<_>) =
                    members.iter().cloned().partition(|member| known.contains(&&*member.key));
                for Member { key, key_span, .. } in others {
                    let help = match nearest(&key, known.iter().copied()) {
                        Some(meant) => format!("did you mean `{meant}`? {LIST_OF_KEYS}"),
                        None => format!("there are {}; {LIST_OF_KEYS}", known.join(", ")),
                    };
                    self.problem(key_span, format!("`{key}` is no key of {what}"), help);
                }
                ours
            }
            Data::Null => Vec::new(),
            _ => {
                self.problem(node.span, format!("{what} must be a map"), format!("its keys are {}", known.join(", ")));
                Vec::new()
            }
        }
    }

    fn text(&mut self, node: &Node, what: &str) -> Option<Text> {
        match node.scalar() {
            Some(text) => Some(Text { text: text.to_string(), span: node.span }),
            None if matches!(node.data, Data::Null) => None,
            None => {
                self.problem(node.span, format!("`{what}` must be a text"), LIST_OF_KEYS);
                None
            }
        }
    }

    fn texts(&mut self, node: &Node, what: &str) -> Vec<Text> {
        match &node.data {
            Data::Sequence(items) => items.iter().filter_map(|item| self.text(item, what)).collect(),
            Data::Null => Vec::new(),
            _ => {
                let help = match node.scalar() {
                    Some(text) => format!("write `{what}: [{text}]`"),
                    None => LIST_OF_KEYS.to_owned(),
                };
                self.problem(node.span, format!("`{what}` must be a list"), help);
                Vec::new()
            }
        }
    }

    fn list<T>(&mut self, node: &Node, key: Span, what: &str, one: impl Fn(&mut Self, &Node) -> Option<T>) -> Vec<T> {
        match &node.data {
            Data::Sequence(items) => items.iter().filter_map(|item| one(self, item)).collect(),
            Data::Null => Vec::new(),
            _ => {
                self.problem(key, format!("`{what}` must be a list"), "begin each entry with `- `");
                Vec::new()
            }
        }
    }

    fn rules(&mut self, node: &Node) -> Vec<RuleEntry> {
        let Data::Mapping(members) = &node.data else {
            if !matches!(node.data, Data::Null) {
                self.problem(node.span, "`rules` must be a map from rules to settings", "write `rules: { RULE: off }`");
            }
            return Vec::new();
        };
        let mut rules = Vec::new();
        for Member { key, key_span, value } in members.iter() {
            let mut parameters = Vec::new();
            match setting(value, &mut parameters) {
                Ok(setting) => {
                    let id = Text { text: key.to_string(), span: *key_span };
                    rules.push(RuleEntry { id, setting, parameters });
                }
                Err((span, message)) => {
                    let help = "write `on`, `off`, a severity (error, warning, advice), or a map with `severity` and the rule's parameters";
                    self.problem(span, format!("{key}: {message}"), help);
                }
            }
        }
        rules
    }

    fn ignore(&mut self, node: &Node) -> Option<IgnoreEntry> {
        let members = self.members(node, "an entry of `ignore`", &IGNORE_KEYS);
        let mut get = |name: &str| {
            let member = members.iter().find(|member| &*member.key == name)?;
            self.text(&member.value, name)
        };
        let (rule, path, address) = (get("rule"), get("path"), get("address"));
        let (reason, expires) = (get("reason"), get("expires"));
        if let Some(Text { text, span }) = expires.as_ref().filter(|expires| !is_date(&expires.text)) {
            self.problem(*span, format!("`{text}` is no date"), "write it as 2027-01-31");
        }
        let Some(rule) = rule else {
            self.problem(
                node.span,
                "this suppression names no rule",
                "write `rule: RULE`, or `rule: \"*\"` for every rule",
            );
            return None;
        };
        Some(IgnoreEntry { rule, path, address, reason, expires })
    }

    fn deployment(&mut self, node: &Node) -> Option<DeploymentEntry> {
        let members = self.members(node, "an entry of `deployments`", &DEPLOYMENT_KEYS);
        let get = |name: &str| members.iter().find(|member| &*member.key == name).map(|member| &member.value);
        let name = get("name").and_then(|value| self.text(value, "name"));
        let path = get("path").and_then(|value| self.text(value, "path"));
        let (Some(name), Some(path)) = (name, path) else {
            self.problem(node.span, "a deployment needs a name and a path", "write `{ name: prod, path: infra/live }`");
            return None;
        };
        Some(DeploymentEntry {
            name,
            path,
            var_files: get("var-files").map(|value| self.texts(value, "var-files")).unwrap_or_default(),
            vars: get("vars").map(|value| self.values(value, "vars")).unwrap_or_default(),
            params: get("params").map(|value| self.parameters(value)).unwrap_or_default(),
        })
    }

    /// CloudFormation parameters by name: texts. One that is null is not set.
    fn parameters(&mut self, node: &Node) -> Vec<(String, String)> {
        let text = |value: Json| match value {
            Json::Null => None,
            Json::String(text) => Some(text),
            other => Some(other.to_string()),
        };
        let values = self.values(node, "params").into_iter();
        values.filter_map(|(name, value)| Some((name, text(value)?))).collect()
    }

    /// Inputs by name.
    fn values(&mut self, node: &Node, what: &str) -> Vec<(String, Json)> {
        match &node.data {
            Data::Mapping(members) => {
                members.iter().map(|member| (member.key.to_string(), json(&member.value))).collect()
            }
            Data::Null => Vec::new(),
            _ => {
                self.problem(node.span, format!("`{what}` must be a map from names to values"), LIST_OF_KEYS);
                Vec::new()
            }
        }
    }
}

/// What a configuration says of one rule; the parameters' places go into `parameters`.
fn setting(node: &Node, parameters: &mut Vec<Text>) -> Result<RuleSetting, (Span, String)> {
    let mut setting = RuleSetting::default();
    match &node.data {
        Data::Bool(on) => setting.enabled = Some(*on),
        Data::Mapping(members) => {
            for Member { key, key_span, value } in members.iter() {
                match &**key {
                    "severity" => {
                        let severity = value.scalar().and_then(|text| Severity::from_name(&text));
                        let wrong = || (value.span, "`severity` must be error, warning or advice".to_owned());
                        setting.severity = Some(severity.ok_or_else(wrong)?);
                    }
                    "enabled" => match value.data {
                        Data::Bool(on) => setting.enabled = Some(on),
                        _ => return Err((value.span, "`enabled` must be true or false".to_owned())),
                    },
                    name => {
                        parameters.push(Text { text: name.to_owned(), span: *key_span });
                        setting.parameters.insert(name.to_owned(), json(value));
                    }
                }
            }
        }
        _ => match node.scalar().as_deref() {
            // A quoted word is a text to YAML.
            Some("on") => setting.enabled = Some(true),
            Some("off") => setting.enabled = Some(false),
            Some(word) => {
                let severity =
                    Severity::from_name(word).ok_or_else(|| (node.span, format!("`{word}` is no severity")))?;
                (setting.enabled, setting.severity) = (Some(true), Some(severity));
            }
            None => return Err((node.span, "nothing is said of this rule".to_owned())),
        },
    }
    Ok(setting)
}

fn json(node: &Node) -> Json {
    match &node.data {
        Data::Null => Json::Null,
        Data::Bool(flag) => Json::Bool(*flag),
        Data::Number(text) => serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.to_string())),
        Data::String(text) => Json::String(text.to_string()),
        Data::Sequence(items) => items.iter().map(json).collect(),
        Data::Mapping(members) => members.iter().map(|member| (member.key.to_string(), json(&member.value))).collect(),
    }
}

//! Front matter to metadata, texts and names.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value as Json;
use serde_yaml::{Mapping, Value as Yaml};

use super::{Selected, Severing};
use crate::finding::{Problem, Severity};
use crate::model::Language;
use crate::model::schema::{Class, SUBJECTS, class};
use crate::rule::code::Code;
use crate::rule::front::{Field, Front};
use crate::rule::nearest::did_you_mean;
use crate::rule::syntax::{Expr, ExprKind, Fault, parse};
use crate::rule::template::Template;
use crate::rule::types::{Scope, Ty, check, check_bool};
use crate::source::SourceId;

/// The keys of the front matter, with what they are for; the JSON Schema and the documentation are made from it.
pub(in crate::rule) const KEYS: [(&str, &str); 15] = [
    ("severity", "`error`, `warning` or `advice`; or an expression that gives one of these words"),
    ("subject", "the class of things that are judged, one by one (`strongroom rules model` lists them)"),
    ("types", "with `subject: resource`: the resource types that are judged, of any language"),
    ("summary", "one sentence without a full stop: what is so where the rule speaks"),
    ("profile", "the profile, or list of profiles, that switches the rule on; without it the rule is on by default"),
    ("controls", "frameworks and the controls that the rule supports"),
    (
        "params",
        "parameters with their defaults; checks read `params.name`, the configuration may set them, and a profile of that name (`-` for `_`) makes one true whose default is false",
    ),
    (
        "after",
        "a rule, or a list of rules, that tell the cause: where one of them speaks of the same text, this one is silent",
    ),
    ("where", "an expression: which subjects are judged; without it all are"),
    ("select", "names for expressions, one for all languages or one for each; checks use them by name"),
    ("message", "what a finding says, one sentence without a full stop; without it the summary"),
    ("label", "what stands at the underlined text"),
    ("help", "how to mend it; one text, or one for each language"),
    ("note", "a further fact, or a list of them"),
    ("checks", "texts and severity of named checks: `message`, `label`, `help`, `note`, `severity`"),
];

const CHECK_KEYS: [&str; 5] = ["message", "label", "help", "note", "severity"];

/// What the front matter says.
pub(super) struct Header {
    pub(super) subject: &'static Class,
    pub(super) types: Vec<String>,
    pub(super) summary: String,
    pub(super) severity: Severing,
    pub(super) profiles: Vec<String>,
    pub(super) after: Vec<String>,
    pub(super) controls: Vec<(String, Vec<String>)>,
    pub(super) params: BTreeMap<String, Json>,
    pub(super) condition: Option<Code>,
    pub(super) selected: Vec<Selected>,
    pub(super) scope: Scope,
    pub(super) texts: Texts,
    pub(super) checks: BTreeMap<String, Texts>,
}

/// The texts of one check, or of all.
#[derive(Clone, Default)]
pub(super) struct Texts {
    pub(super) key: Option<crate::source::Span>,
    pub(super) message: Option<Template>,
    pub(super) label: Option<Template>,
    pub(super) help: Vec<(Option<Language>, Template)>,
    pub(super) notes: Vec<Template>,
    pub(super) severity: Option<Severing>,
}

/// Reads the front matter; `None` where what every rule needs is missing.
pub(super) fn read(
    text: &str,
    range: Range<usize>,
    source: SourceId,
    set: &BTreeMap<String, Json>,
    problems: &mut Vec<Problem>,
) -> Option<Header> {
    let mut front = Front::new(text, range, source);
    let header = front.mapping().and_then(|mapping| header(&mut front, &mapping, set));
    problems.append(&mut front.problems);
    header
}

fn header(front: &mut Front<'_>, mapping: &Mapping, set: &BTreeMap<String, Json>) -> Option<Header> {
    front.only(mapping, &[], &KEYS.map(|(name, _)| name));
    let subject = subject(front, mapping);
    let summary = required(front, mapping, "summary");
    let params = params(front, mapping, set);
    let subject = subject?;
    let types: Vec<String> = front.texts(mapping, &["types"]).into_iter().map(|field| field.text).collect();
    if (subject.name == "resource") == types.is_empty() {
        let (key, message) = match types.is_empty() {
            true => ("subject", "`subject: resource` needs `types`"),
            false => ("types", "`types` goes with `subject: resource` alone"),
        };
        let span = front.key(&[key]);
        front.problem(span, message, "write for example `types: [aws_s3_bucket, \"AWS::S3::Bucket\"]`");
    }
    let mut scope = scope(subject, &params);
    let selected = selected(front, mapping, &mut scope);
    let condition = front
        .text(mapping, &["where"])
        .and_then(|field| compiled(front, &field, |expr, faults| check_bool(expr, &scope, faults)));
    let texts = texts(front, mapping, &[], &scope);
    if !mapping.contains_key("severity") {
        required(front, mapping, "severity");
    }
    let severity = texts.severity.clone();
    let checks = checks(front, mapping, &scope);
    let profiles = front.texts(mapping, &["profile"]).into_iter().map(|field| field.text).collect();
    let after = front.texts(mapping, &["after"]).into_iter().map(|field| field.text).collect();
    let controls = controls(front, mapping);
    Some(Header {
        subject,
        types,
        summary: summary?,
        severity: severity?,
        profiles,
        after,
        controls,
        params,
        condition,
        selected,
        scope,
        texts,
        checks,
    })
}

fn required(front: &mut Front<'_>, mapping: &Mapping, key: &str) -> Option<String> {
    if !mapping.contains_key(key) {
        let span = front.key(&[]);
        let what = KEYS.iter().find(|(name, _)| *name == key).map_or("", |(_, what)| what);
        front.problem(span, format!("the front matter has no `{key}`"), format!("`{key}`: {what}"));
        return None;
    }
    let field = front.text(mapping, &[key])?;
    if field.text.trim().is_empty() {
        let span = front.key_of(&field);
        front.problem(span, format!("`{key}` is empty"), "write one sentence");
        return None;
    }
    Some(field.text.trim().to_owned())
}

fn subject(front: &mut Front<'_>, mapping: &Mapping) -> Option<&'static Class> {
    let name = required(front, mapping, "subject")?;
    let found = class(&name);
    if found.is_none_or(|found| !SUBJECTS.contains(&found.name)) {
        let span = front.key(&["subject"]);
        match found {
            None => front.problem(span, format!("there is no class `{name}`"), did_you_mean(&name, SUBJECTS)),
            Some(_) => {
                let all = SUBJECTS.join(", ");
                let help = format!("choose the class that it belongs to, and reach it from there (one of {all})");
                front.problem(span, format!("a `{name}` only stands below others, and is judged with them"), help);
            }
        }
        return None;
    }
    found
}

/// The name under which rules speak of their subject.
pub(in crate::rule) fn subject_name(class: &str) -> &str {
    if class == "any_vault" { "vault" } else { class }
}

fn scope(subject: &'static Class, params: &BTreeMap<String, Json>) -> Scope {
    let mut scope = Scope { params: params.clone(), ..Scope::default() };
    if let Some(unit) = class("unit") {
        scope.names.insert("unit".into(), Ty::Object(unit));
    }
    scope.names.insert("address".into(), Ty::String);
    scope.names.insert("params".into(), Ty::Params);
    scope.names.insert(subject_name(subject.name).into(), Ty::Object(subject));
    scope
}

fn params(front: &mut Front<'_>, mapping: &Mapping, set: &BTreeMap<String, Json>) -> BTreeMap<String, Json> {
    let mut params = BTreeMap::new();
    if let Some(inner) = front.map(mapping, &["params"]) {
        for (key, value) in &inner {
            let name = key.as_str().unwrap_or("?").to_owned();
            let value = serde_json::to_value(value).unwrap_or(Json::Null);
            if value.is_null() || value.is_object() {
                let span = front.key(&["params", &name]);
                front.problem(
                    span,
                    format!("the parameter `{name}` has no default"),
                    "write a string, a number, true, false or a list",
                );
            }
            params.insert(name, value);
        }
    }
    for (name, value) in set {
        let span = front.key(&["params", name]);
        let kind = std::mem::discriminant::<Json>;
        match params.get_mut(name) {
            None => {
                let names: Vec<&str> = params.keys().map(String::as_str).collect();
                let help = did_you_mean(name, names.iter().copied());
                front.problem(span, format!("the rule has no parameter `{name}`"), help);
            }
            Some(default) if kind(default) != kind(value) => {
                let message = format!("the parameter `{name}` can't be {value}");
                let help = format!("its default is {default}: give a value of the same type");
                front.problem(span, message, help);
            }
            Some(default) => *default = value.clone(),
        }
    }
    params
}

fn selected(front: &mut Front<'_>, mapping: &Mapping, scope: &mut Scope) -> Vec<Selected> {
    let mut list = Vec::new();
    for (key, value) in front.map(mapping, &["select"]).unwrap_or_default() {
        let name = key.as_str().unwrap_or("?").to_owned();
        let path = ["select", name.as_str()];
        if scope.names.contains_key(name.as_str()) || !is_name(&name) {
            let span = front.key(&path);
            front.problem(span, format!("`{name}` can't be a name here"), "choose another: letters, digits and `_`");
            continue;
        }
        let mut types: Vec<Ty> = Vec::new();
        let mut one = |front: &mut Front<'_>, value: &Yaml, path: &[&str]| {
            let field = front.field(value, path)?;
            compiled(front, &field, |expr, faults| types.push(check(expr, scope, faults)))
        };
        let selected = match &value {
            Yaml::Mapping(by_language) => {
                front.only(by_language, &path, &["cloudformation", "terraform"]);
                let mut of = |language: &str| {
                    by_language.get(language).and_then(|value| one(front, value, &["select", &name, language]))
                };
                let (cloudformation, terraform) = (of("cloudformation"), of("terraform"));
                Selected { name: name.clone(), cloudformation, terraform }
            }
            other => {
                let expr = one(front, other, &path);
                Selected { name: name.clone(), cloudformation: expr.clone(), terraform: expr }
            }
        };
        let ty = match types.as_slice() {
            [one] => one.clone(),
            _ => Ty::Any,
        };
        scope.names.insert(name.into(), ty);
        list.push(selected);
    }
    list
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Parses and checks an expression of the front matter.
fn compiled(front: &mut Front<'_>, field: &Field, check: impl FnOnce(&Expr, &mut Vec<Fault>)) -> Option<Code> {
    let mut faults = Vec::new();
    let expr = match parse(&field.text) {
        Ok(expr) => {
            check(&expr, &mut faults);
            Some(Code::checked(&field.text, expr))
        }
        Err(fault) => {
            faults.push(fault);
            None
        }
    };
    front.faults(field, faults);
    expr
}

fn texts(front: &mut Front<'_>, mapping: &Mapping, at: &[&str], scope: &Scope) -> Texts {
    let path = |name: &'static str| {
        let mut path = at.to_vec();
        path.push(name);
        path
    };
    let template = |front: &mut Front<'_>, field: Field| {
        let mut faults = Vec::new();
        let template = Template::parse(field.text.trim_end(), scope, &mut faults);
        front.faults(&field, faults);
        template
    };
    let message = front.text(mapping, &path("message")).map(|field| template(front, field));
    let label = front.text(mapping, &path("label")).map(|field| template(front, field));
    let notes = front.texts(mapping, &path("note")).into_iter().map(|field| template(front, field)).collect();
    let mut help = Vec::new();
    if let Some(Yaml::Mapping(by_language)) = mapping.get("help") {
        front.only(by_language, &path("help"), &["cloudformation", "terraform"]);
        for (name, language) in [("cloudformation", Language::CloudFormation), ("terraform", Language::Terraform)] {
            let mut full = path("help");
            full.push(name);
            if let Some(field) = front.text(by_language, &full) {
                help.push((Some(language), template(front, field)));
            }
        }
    } else if let Some(field) = front.text(mapping, &path("help")) {
        help.push((None, template(front, field)));
    }
    let severity = front.text(mapping, &path("severity")).and_then(|field| severing(front, &field, scope));
    Texts { key: (!at.is_empty()).then(|| front.key(at)), message, label, help, notes, severity }
}

fn checks(front: &mut Front<'_>, mapping: &Mapping, scope: &Scope) -> BTreeMap<String, Texts> {
    let mut all = BTreeMap::new();
    for (key, value) in front.map(mapping, &["checks"]).unwrap_or_default() {
        let name = key.as_str().unwrap_or("?").to_owned();
        let path = ["checks", name.as_str()];
        let Yaml::Mapping(inner) = value else {
            let span = front.key(&path);
            front.problem(span, format!("the texts of `{name}` must be a mapping"), "write `message: ...` below it");
            continue;
        };
        front.only(&inner, &path, &CHECK_KEYS);
        let texts = texts(front, &inner, &path, scope);
        all.insert(name, texts);
    }
    all
}

fn severing(front: &mut Front<'_>, field: &Field, scope: &Scope) -> Option<Severing> {
    let text = field.text.trim();
    if let Some(severity) = Severity::from_name(text) {
        return Some(Severing::Fixed(severity));
    }
    if !text.contains('?') {
        let help = did_you_mean(text, ["error", "warning", "advice"]);
        let span = front.key_of(field);
        front.problem(span, format!("there is no severity `{text}`"), help);
        return None;
    }
    let code = compiled(front, field, |expr, faults| {
        check(expr, scope, faults);
        let is_none = |branch: &&Expr| severity_of(branch).is_none();
        faults.extend(branches(expr).into_iter().filter(is_none).map(|branch| {
            Fault::new(branch.place, "this is no severity").help("write `test ? \"error\" : \"warning\"`")
        }));
    })?;
    Some(Severing::by(code))
}

/// The severities that the branches of an expression name.
pub(super) fn severities(expr: &Expr) -> Vec<Severity> {
    branches(expr).into_iter().filter_map(severity_of).collect()
}

fn severity_of(branch: &Expr) -> Option<Severity> {
    match &branch.kind {
        ExprKind::String(text) => Severity::from_name(text),
        _ => None,
    }
}

fn branches(expr: &Expr) -> Vec<&Expr> {
    match &expr.kind {
        ExprKind::Conditional(_, then, otherwise) => [branches(then), branches(otherwise)].concat(),
        _ => vec![expr],
    }
}

fn controls(front: &mut Front<'_>, mapping: &Mapping) -> Vec<(String, Vec<String>)> {
    let mut controls = Vec::new();
    for (key, _) in front.map(mapping, &["controls"]).unwrap_or_default() {
        let name = key.as_str().unwrap_or("?").to_owned();
        let Some(inner) = front.map(mapping, &["controls"]) else { continue };
        let path = ["controls", name.as_str()];
        let list: Vec<String> = front.texts(&inner, &path).into_iter().map(|field| field.text).collect();
        if list.iter().any(|control| control.trim().is_empty()) || list.is_empty() {
            let span = front.key(&path);
            front.problem(
                span,
                format!("`{name}` names no control"),
                "write the control's id, or leave the framework out",
            );
        }
        controls.push((name, list));
    }
    controls
}

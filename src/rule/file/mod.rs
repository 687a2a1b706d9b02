//! A rule: one Markdown file, compiled once.

mod body;
mod header;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::builtin::{Builtin, BuiltinCheck};
use super::code::Code;
use super::markdown;
use super::syntax::{Expr, ExprKind, Infix};
use super::template::Template;
use crate::finding::{Problem, Severity};
use crate::model::Language;
use crate::source::{Source, SourceId, Span};
use crate::value::{Origin, Value};

pub(super) use header::{KEYS, subject_name};

pub use body::{Example, ExampleFile, Mark, Spelling, Verdict};

/// One policy, ready to be judged.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The file's name without `.md`: kebab-case.
    pub id: String,
    /// One sentence without a full stop: what is so where the rule speaks.
    pub summary: String,
    /// The class of its subjects, as [`crate::model::schema`] names it.
    pub subject: String,
    /// For the class `resource`: the types that are judged.
    pub types: Vec<String>,
    /// The profiles that switch it on; none: it is on by default.
    pub profiles: Vec<String>,
    /// The rules that tell the cause: where one of them speaks of the same text, this one is silent.
    pub after: Vec<String>,
    /// Framework and its controls that the rule supports, in written order.
    pub controls: Vec<(String, Vec<String>)>,
    /// Its parameters, with the values that hold.
    pub params: BTreeMap<String, Json>,
    /// The path that the file was read from, as shown to people.
    pub path: String,
    pub(super) text: Cow<'static, str>,
    pub(super) source: SourceId,
    pub(super) severity: Severing,
    pub(super) condition: Option<Code>,
    pub(super) selected: Vec<Selected>,
    pub(super) checks: Vec<Check>,
    pub(super) values: BTreeMap<String, Value>,
}

/// The profile that makes a parameter true.
pub(super) fn profile_of(parameter: &str) -> String {
    parameter.replace('_', "-")
}

/// How the severity of a finding is told.
#[derive(Clone, Debug)]
pub(super) enum Severing {
    Fixed(Severity),
    /// An expression that gives a severity's name; the severities that it names, least first.
    By(Code, Vec<Severity>),
}

/// A name that the rule binds, by language.
#[derive(Clone, Debug)]
pub(super) struct Selected {
    pub(super) name: String,
    pub(super) cloudformation: Option<Code>,
    pub(super) terraform: Option<Code>,
}

/// One check of a rule.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub(super) name: Option<String>,
    pub(super) expr: Code,
    pub(super) severity: Option<Severing>,
    pub(super) message: Template,
    pub(super) label: Option<Template>,
    pub(super) help: Vec<(Option<Language>, Template)>,
    pub(super) notes: Vec<Template>,
}

impl Rule {
    /// The gravest severity that a finding of the rule may have.
    pub(super) fn gravest(&self) -> Severity {
        let of = |severing: &Severing| match severing {
            Severing::Fixed(severity) => *severity,
            Severing::By(_, named) => named.iter().copied().max().unwrap_or(Severity::Warning),
        };
        let checks = self.checks.iter().map(|check| check.severity.as_ref().unwrap_or(&self.severity));
        checks.map(of).max().unwrap_or(Severity::Advice)
    }

    /// The profiles that make a parameter of it true.
    pub fn raising(&self) -> impl Iterator<Item = String> + '_ {
        self.params.iter().filter(|(_, value)| **value == Json::Bool(false)).map(|(name, _)| profile_of(name))
    }

    /// The only value of `policy.of` that the rule's `where` takes, if it takes one alone.
    pub fn policies_of(&self) -> Option<Arc<str>> {
        let only = |expr: &Expr| {
            let ExprKind::Infix(Infix::Equal, _, left, right) = &expr.kind else { return None };
            match (left.path().as_deref(), &right.kind) {
                (Some("policy.of"), ExprKind::String(of)) => Some(Arc::clone(of)),
                _ => None,
            }
        };
        let condition = self.condition.as_ref()?;
        match &condition.kind {
            ExprKind::And(operands) => operands.iter().find_map(only),
            _ => only(condition),
        }
    }

    /// Reads a rule file; its id is the file's name. `params` replaces defaults of its parameters.
    ///
    /// # Errors
    /// Every problem of the file, each with its place.
    pub fn parse(source: &Source, params: &BTreeMap<String, Json>) -> Result<Rule, Vec<Problem>> {
        Self::parse_text(source.path(), source.text(), source.id(), params)
    }

    /// The same for a text that stands in no [`crate::source::Sources`].
    ///
    /// # Errors
    /// Every problem of the file, each with its place.
    pub(super) fn parse_text(
        path: &str,
        text: &str,
        source: SourceId,
        params: &BTreeMap<String, Json>,
    ) -> Result<Rule, Vec<Problem>> {
        let parts = markdown::split(text);
        let Some(front) = parts.front.clone() else {
            let span = Span::new(source, 0, text.find('\n').unwrap_or(text.len()));
            return Err(vec![
                Problem::at("rule", span, "the rule file has no front matter")
                    .help("start it with a line `---`, then `severity:`, `subject:` and `summary:`, then a line `---`"),
            ]);
        };
        let file = path.rsplit('/').next().unwrap_or(path);
        let id = file.strip_suffix(".md").unwrap_or(file).to_owned();
        let mut problems = Vec::new();
        if !is_kebab(&id) {
            let span = Span::new(source, 0, 3.min(text.len()));
            problems.push(
                Problem::at("rule", span, format!("`{id}` is no name for a rule"))
                    .help("name the file in lower case, with hyphens: `my-policy.md`"),
            );
        }
        let header = header::read(text, front, source, params, &mut problems);
        let checks = body::checks(text, &parts, source, header.as_ref(), &mut problems);
        match (header, problems.is_empty()) {
            (Some(header), true) => {
                let values = values(&header.params);
                Ok(Rule {
                    id,
                    summary: header.summary,
                    subject: header.subject.name.to_owned(),
                    types: header.types,
                    profiles: header.profiles,
                    after: header.after,
                    controls: header.controls,
                    params: header.params,
                    path: path.to_owned(),
                    text: Cow::Owned(text.to_owned()),
                    source,
                    severity: header.severity,
                    condition: header.condition,
                    selected: header.selected,
                    checks,
                    values,
                })
            }
            _ => Err(problems),
        }
    }

    /// A rule that comes with the program; nothing of it is parsed before it is asked for.
    pub(super) fn ready(form: &'static Builtin) -> Rule {
        let params = form.params.iter().filter_map(|(name, json)| {
            // A test holds every form against its file.
            Some(((*name).to_owned(), serde_json::from_str(json).ok()?))
        });
        let params = params.collect();
        let controls = form.controls.iter().map(|(framework, controls)| ((*framework).to_owned(), owned(controls)));
        let selected = form.selected.iter().map(|(name, cloudformation, terraform)| Selected {
            name: (*name).to_owned(),
            cloudformation: cloudformation.map(Code::known),
            terraform: terraform.map(Code::known),
        });
        Rule {
            id: form.id.to_owned(),
            summary: form.summary.to_owned(),
            subject: form.subject.to_owned(),
            types: owned(form.types),
            profiles: owned(form.profiles),
            after: owned(form.after),
            controls: controls.collect(),
            values: values(&params),
            params,
            path: form.path(),
            text: Cow::Borrowed(form.text),
            source: SourceId(u32::MAX),
            severity: Severing::known(form.severity),
            condition: form.condition.map(Code::known),
            selected: selected.collect(),
            checks: form.checks.iter().map(Check::ready).collect(),
        }
    }

    /// The same rule with other values for some of its parameters.
    ///
    /// # Errors
    /// A parameter that it does not have, or a value of another type, as problems of the rule file.
    pub fn with_params(&self, params: &BTreeMap<String, Json>) -> Result<Rule, Vec<Problem>> {
        Self::parse_text(&self.path, &self.text, self.source, params)
    }

    /// The highest severity that its findings may have.
    pub fn severity(&self) -> Severity {
        let highest = |severing: &Severing| match severing {
            Severing::Fixed(severity) => *severity,
            Severing::By(_, all) => all.last().copied().unwrap_or(Severity::Error),
        };
        let of_checks =
            self.checks.iter().map(|check| check.severity.as_ref().map_or(highest(&self.severity), highest));
        of_checks.max().unwrap_or_else(|| highest(&self.severity))
    }

    /// The whole file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file behind its front matter: title, prose, check and examples.
    pub fn body(&self) -> &str {
        &self.text[markdown::split(&self.text).body]
    }

    /// The headings of its prose, with their levels.
    pub fn headings(&self) -> Vec<(usize, &str)> {
        let headings = markdown::split(&self.text).headings;
        headings.into_iter().map(|heading| (heading.level, &self.text[heading.text])).collect()
    }

    /// The prose below a heading of this text, up to the next heading that is no deeper.
    pub fn section(&self, title: &str) -> Option<&str> {
        let text = |heading: &markdown::Heading| self.text[heading.text.clone()].trim();
        let headings = markdown::split(&self.text).headings;
        let at = headings.iter().position(|heading| text(heading) == title)?;
        let heading = &headings[at];
        let next = headings[at + 1..].iter().find(|next| next.level <= heading.level);
        let end = next.map_or(self.text.len(), |next| self.text[..next.text.start].rfind('\n').map_or(0, |it| it + 1));
        self.text.get(heading.text.end..end)
    }

    /// Its checks as they are written, with their names.
    pub fn checks(&self) -> Vec<(Option<&str>, &str)> {
        self.checks.iter().map(|check| (check.name.as_deref(), check.expr.written())).collect()
    }

    /// Its examples. They are read when they are asked for: judging needs none.
    ///
    /// # Errors
    /// Fences that are no proper examples.
    pub fn examples(&self) -> Result<Vec<Example>, Vec<Problem>> {
        body::examples(&self.text, &markdown::split(&self.text), self.source)
    }
}

impl Check {
    fn ready(form: &'static BuiltinCheck) -> Check {
        Check {
            name: form.name.map(str::to_owned),
            expr: Code::known(form.expr),
            severity: form.severity.map(Severing::known),
            message: Template::known(form.message),
            label: form.label.map(Template::known),
            help: form.help.iter().map(|(language, text)| (*language, Template::known(text))).collect(),
            notes: form.notes.iter().copied().map(Template::known).collect(),
        }
    }
}

impl Severing {
    fn by(code: Code) -> Severing {
        let mut named = header::severities(&code);
        named.sort_unstable();
        named.dedup();
        Severing::By(code, named)
    }

    fn known(written: &'static str) -> Severing {
        Severity::from_name(written).map_or_else(|| Severing::by(Code::known(written)), Severing::Fixed)
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn values(params: &BTreeMap<String, Json>) -> BTreeMap<String, Value> {
    params.iter().map(|(name, json)| (name.clone(), Value::from_json(json, &Origin::default()))).collect()
}

/// Whether a name is lower case letters, digits and single hyphens, and starts with a letter.
pub(super) fn is_kebab(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !name.ends_with('-')
        && !name.contains("--")
}

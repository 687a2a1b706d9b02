//! Fenced blocks to checks and examples.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_json::Value as Json;

use super::header::Header;
use super::{Check, is_kebab};
use crate::finding::{Problem, Severity};
use crate::rule::code::Code;
use crate::rule::markdown::{Fence, Parts};
use crate::rule::nearest::did_you_mean;
use crate::rule::syntax::parse;
use crate::rule::template::Template;
use crate::rule::types::check_bool;
use crate::source::{SourceId, Span};

/// What an example shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// The rule says nothing.
    Pass,
    /// The rule speaks, in every world or by default.
    Fail,
    /// The rule speaks of another world than the default one.
    Conditional,
    /// The rule can't tell.
    Unknown,
}

impl Verdict {
    /// `pass`, `fail`, `conditional`, `unknown`.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Conditional => "conditional",
            Verdict::Unknown => "unknown",
        }
    }

    const ALL: [Verdict; 4] = [Verdict::Pass, Verdict::Fail, Verdict::Conditional, Verdict::Unknown];
}

/// How an example's text is spelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spelling {
    /// A CloudFormation template.
    Yaml,
    /// A CloudFormation template, a plan, or a `.tf.json` file.
    Json,
    /// Terraform.
    Hcl,
}

impl Spelling {
    /// `yaml`, `json`, `hcl`: the fence's first word.
    pub fn name(self) -> &'static str {
        match self {
            Spelling::Yaml => "yaml",
            Spelling::Json => "json",
            Spelling::Hcl => "hcl",
        }
    }

    fn from_word(word: &str) -> Option<Spelling> {
        Some(match word {
            "yaml" | "yml" => Spelling::Yaml,
            "json" => Spelling::Json,
            "hcl" | "tf" | "terraform" => Spelling::Hcl,
            _ => return None,
        })
    }

    fn default_path(self) -> &'static str {
        match self {
            Spelling::Yaml => "template.yaml",
            Spelling::Json => "template.json",
            Spelling::Hcl => "main.tf",
        }
    }
}

/// A place where a finding is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// `error`, `warning`, `advice`, or `note` for a conditional finding.
    pub word: String,
    /// The member of a JSON file, as a JSON pointer.
    pub pointer: String,
}

/// One file of an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleFile {
    /// Its path in the example's directory.
    pub path: String,
    /// Its text.
    pub text: String,
    /// How it is spelled.
    pub spelling: Spelling,
    /// Expected places, for JSON; elsewhere comments in the text mark them.
    pub marks: Vec<Mark>,
}

/// An example of a rule, which is its test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What it shows.
    pub verdict: Verdict,
    /// The parameters that it sets, over the rule's defaults.
    pub params: BTreeMap<String, Json>,
    /// Its files; the first is the one that the verdict stands on.
    pub files: Vec<ExampleFile>,
    /// The line of the rule file where it starts, from 1.
    pub line: usize,
}

/// Reads the checks. Exactly one without a name, or several with names.
pub(super) fn checks(
    text: &str,
    parts: &Parts,
    source: SourceId,
    header: Option<&Header>,
    problems: &mut Vec<Problem>,
) -> Vec<Check> {
    if let Some(open) = &parts.open {
        problems.push(
            Problem::at("rule", Span::new(source, open.start, open.end), "the fenced block has no end")
                .help("close it with a line of as many backticks as open it"),
        );
    }
    let mut checks: Vec<Check> = Vec::new();
    let mut seen: BTreeSet<Option<String>> = BTreeSet::new();
    for fence in &parts.fences {
        let words: Vec<&str> = text[fence.info.clone()].split_whitespace().collect();
        let span = Span::new(source, fence.info.start, fence.info.end);
        let name = match words.as_slice() {
            ["check"] => None,
            ["check", name] if is_kebab(name) => Some((*name).to_owned()),
            ["check", ..] => {
                problems.push(
                    Problem::at("rule", span, "a check has at most one word for a name, in lower case with hyphens")
                        .help("write ```check or ```check my-name"),
                );
                continue;
            }
            _ => continue,
        };
        let first = seen.is_empty();
        if !seen.insert(name.clone()) || (!first && (name.is_none() || seen.contains(&None))) {
            problems.push(
                Problem::at(
                    "rule",
                    span,
                    "the rule has two checks of the same name, or one without a name beside others",
                )
                .help("join them with `&&`, or name each: ```check my-name"),
            );
        }
        checks.extend(header.and_then(|header| check(text, fence, name, source, header, problems)));
    }
    if seen.is_empty() {
        let span = Span::new(source, parts.body.start, parts.body.start);
        problems.push(
            Problem::at("rule", span, "the rule has no check")
                .help("write a fenced block ```check with an expression that holds where all is well"),
        );
    }
    if let Some(header) = header {
        for (name, texts) in &header.checks {
            if !seen.contains(&Some(name.clone())) {
                let names: Vec<&str> = seen.iter().flatten().map(String::as_str).collect();
                let span = texts.key.unwrap_or(Span::new(source, 0, 0));
                problems.push(
                    Problem::at("rule", span, format!("there is no check `{name}`"))
                        .help(did_you_mean(name, names.iter().copied())),
                );
            }
        }
    }
    checks
}

fn check(
    text: &str,
    fence: &Fence,
    name: Option<String>,
    source: SourceId,
    header: &Header,
    problems: &mut Vec<Problem>,
) -> Option<Check> {
    let written = &text[fence.content.clone()];
    let mut faults = Vec::new();
    let expr = match parse(written) {
        Ok(expr) => {
            check_bool(&expr, &header.scope, &mut faults);
            Some(Code::checked(written.trim(), expr))
        }
        Err(fault) => {
            faults.push(fault);
            None
        }
    };
    let at =
        |place: Range<usize>| Span::new(source, fence.content.start + place.start, fence.content.start + place.end);
    problems.extend(faults.into_iter().map(|fault| {
        let mut problem = Problem::at("rule", at(fault.place.start..fault.place.end), fault.message);
        problem.help = fault.help;
        problem
    }));
    let none = super::header::Texts::default();
    let own = name.as_ref().and_then(|name| header.checks.get(name)).unwrap_or(&none);
    let all = &header.texts;
    let summary = || Template::parse(&header.summary, &crate::rule::types::Scope::default(), &mut Vec::new());
    Some(Check {
        name,
        expr: expr?,
        severity: own.severity.clone(),
        message: own.message.clone().or_else(|| all.message.clone()).unwrap_or_else(summary),
        label: own.label.clone().or_else(|| all.label.clone()),
        help: if own.help.is_empty() { all.help.clone() } else { own.help.clone() },
        notes: if own.notes.is_empty() { all.notes.clone() } else { own.notes.clone() },
    })
}

/// Reads the examples: fences whose second word is a verdict, and the `file=` fences that follow them.
pub(super) fn examples(text: &str, parts: &Parts, source: SourceId) -> Result<Vec<Example>, Vec<Problem>> {
    let mut examples: Vec<Example> = Vec::new();
    let mut problems = Vec::new();
    for fence in &parts.fences {
        let info = &text[fence.info.clone()];
        let span = Span::new(source, fence.info.start, fence.info.end);
        let mut words = info.split_whitespace();
        let Some(spelling) = words.next().and_then(Spelling::from_word) else { continue };
        let mut verdict = None;
        let mut path = None;
        let mut marks = Vec::new();
        let mut params = BTreeMap::new();
        let mut wrong = None;
        for word in words {
            match word.split_once('=') {
                Some(("params", json)) => match serde_json::from_str(json) {
                    Ok(set) => params = set,
                    Err(_) => wrong = Some(word),
                },
                Some(("file", name)) => path = Some(name.to_owned()),
                Some((mark, pointer)) if mark == "note" || Severity::from_name(mark).is_some() => {
                    marks.push(Mark { word: mark.to_owned(), pointer: pointer.to_owned() });
                }
                None if verdict.is_none() && Verdict::ALL.iter().any(|it| it.name() == word) => {
                    verdict = Verdict::ALL.into_iter().find(|it| it.name() == word);
                }
                _ => wrong = Some(word),
            }
        }
        if let Some(word) = wrong {
            let names = Verdict::ALL.map(Verdict::name);
            problems.push(Problem::at("rule", span, format!("`{word}` says nothing about an example")).help(format!(
                "{} (and `file=name`, `error=/json/pointer`, `params={{\"name\":value}}`)",
                did_you_mean(word, names)
            )));
            continue;
        }
        let file = ExampleFile {
            path: path.clone().unwrap_or_else(|| spelling.default_path().to_owned()),
            text: text[fence.content.clone()].to_owned(),
            spelling,
            marks,
        };
        match (verdict, path, examples.last_mut()) {
            (Some(verdict), _, _) => examples.push(Example { verdict, params, files: vec![file], line: fence.line }),
            (None, Some(_), Some(last)) => {
                if last.files.iter().any(|other| other.path == file.path) {
                    problems.push(
                        Problem::at("rule", span, format!("the example has the file `{}` twice", file.path))
                            .help("give each file another name: `file=variables.tf`"),
                    );
                }
                last.files.push(file);
            }
            (None, Some(_), None) => problems.push(
                Problem::at("rule", span, "a further file needs an example before it")
                    .help("write the verdict on the first file: ```hcl fail file=main.tf"),
            ),
            // A fence without a verdict is prose: code to paste.
            (None, None, _) => {}
        }
    }
    if problems.is_empty() { Ok(examples) } else { Err(problems) }
}

//! Findings to text: for people, for machines, for auditors.
//!
//! Every writer takes the same [`Outcome`] and prints it its own way; none changes what follows from it (see
//! [`exit_code`]). Knows no rule, no file system and no terminal: what it needs of them comes in [`Options`].
//! Output is a function of its arguments alone, byte for byte.

mod checkstyle;
pub mod evidence;
mod fingerprint;
mod github;
mod gitlab;
pub mod graph;
mod human;
mod json;
mod junit;
mod markdown;
mod place;
mod rdjson;
mod sarif;
mod short;
mod verdict;
mod words;
mod xml;

#[cfg(test)]
mod sample;

use std::io::{self, Write};

use crate::finding::{NotRead, Outcome, Severity};
use crate::source::Sources;
use crate::source::leaving::Medium;

pub use verdict::{Level, Tally, exit_code};

/// The name under which every format speaks of this program.
const TOOL: &str = "strongroom";
/// Where its documentation is.
const HOME: &str = env!("CARGO_PKG_REPOSITORY");
/// Its version.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A way to print an [`Outcome`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// For a terminal: the deciding text underlined, the chain that led there, how to mend it.
    Human,
    /// A line a finding: `path:line:column: severity: message [rule]`.
    Short,
    /// Everything, version 1 of our own JSON.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// GitHub's workflow commands: annotations on a pull request.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// JUnit's XML, for test views.
    Junit,
    /// Checkstyle's XML.
    Checkstyle,
    /// Reviewdog's diagnostic format.
    Rdjson,
    /// Markdown, for a job's summary.
    Markdown,
}

impl Format {
    /// All of them, in the order in which they are documented.
    pub const ALL: [Format; 10] = [
        Format::Human,
        Format::Short,
        Format::Json,
        Format::Sarif,
        Format::Github,
        Format::Gitlab,
        Format::Junit,
        Format::Checkstyle,
        Format::Rdjson,
        Format::Markdown,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Human => "human",
            Format::Short => "short",
            Format::Json => "json",
            Format::Sarif => "sarif",
            Format::Github => "github",
            Format::Gitlab => "gitlab",
            Format::Junit => "junit",
            Format::Checkstyle => "checkstyle",
            Format::Rdjson => "rdjson",
            Format::Markdown => "markdown",
        }
    }

    /// For whom it is.
    pub fn medium(self, color: bool) -> Medium {
        match self {
            Format::Human if color => Medium::Terminal,
            Format::Json | Format::Sarif | Format::Gitlab | Format::Rdjson => Medium::Json,
            Format::Github => Medium::Commands,
            Format::Human | Format::Short | Format::Junit | Format::Checkstyle | Format::Markdown => Medium::Text,
        }
    }

    /// The format with this name.
    pub fn from_name(name: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// What a format tells of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// The rule's id.
    pub id: String,
    /// What is so where it finds something: one sentence without a full stop.
    pub summary: String,
    /// Its own severity; a finding may have another.
    pub severity: Severity,
    /// The rule file's prose.
    pub help_markdown: String,
    /// Framework and control that the rule supports: `("checkov", "CKV_AWS_166")`.
    pub controls: Vec<(String, String)>,
    /// A page about it.
    pub docs: Option<String>,
}

/// How to print.
#[derive(Clone, Debug)]
pub struct Options<'a> {
    /// Whether conditional findings and undecided verdicts count: then a conditional finding is printed with its
    /// severity, not as a note.
    pub strict: bool,
    /// The least severity that makes the exit code 1.
    pub fail_on: Severity,
    /// Whether undecided verdicts are listed, not only counted (human, short, github, markdown, junit, sarif).
    pub show_undecided: bool,
    /// Findings and problems only: no summary (human, short).
    pub quiet: bool,
    /// Whether ANSI colours are printed (human).
    pub color: bool,
    /// Whether box drawing characters are printed, or ASCII (human).
    pub unicode: bool,
    /// Columns to fit into (human).
    pub width: usize,
    /// How long it took; printed where given (human).
    pub elapsed: Option<std::time::Duration>,
    /// The rules that ran, in any order.
    pub rules: &'a [RuleInfo],
}

impl Default for Options<'_> {
    fn default() -> Self {
        Options {
            strict: false,
            fail_on: Severity::Warning,
            show_undecided: false,
            quiet: false,
            color: false,
            unicode: true,
            width: 120,
            elapsed: None,
            rules: &[],
        }
    }
}

/// What a writer leaves for its caller to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Markdown to append to the file that `$GITHUB_STEP_SUMMARY` names (github: where not every finding became an
    /// annotation).
    pub step_summary: Option<String>,
    /// Sentences for stderr: what the format had no room for.
    pub remarks: Vec<String>,
}

/// Prints `outcome` to `out` in this format.
///
/// # Errors
/// Those of `out`. A broken pipe is the caller's to understand.
pub fn write(
    format: Format,
    outcome: &Outcome,
    sources: &Sources,
    options: &Options<'_>,
    out: &mut dyn Write,
) -> io::Result<Written> {
    let nothing = |()| Written::default();
    let told;
    let outcome = match format {
        Format::Human | Format::Short | Format::Json => outcome,
        // A format of others knows problems alone.
        _ if !outcome.not_read.is_empty() => {
            let mut with = outcome.clone();
            with.problems.extend(outcome.not_read.iter().map(NotRead::to_problem));
            told = with;
            &told
        }
        _ => outcome,
    };
    match format {
        Format::Human => human::write(outcome, sources, options, out).map(nothing),
        Format::Short => short::write(outcome, sources, options, out).map(nothing),
        Format::Json => json::write(outcome, sources, out).map(nothing),
        Format::Sarif => sarif::write(outcome, sources, options, out),
        Format::Github => github::write(outcome, sources, options, out),
        Format::Gitlab => gitlab::write(outcome, sources, options, out).map(nothing),
        Format::Junit => junit::write(outcome, sources, options, out).map(nothing),
        Format::Checkstyle => checkstyle::write(outcome, sources, options, out).map(nothing),
        Format::Rdjson => rdjson::write(outcome, sources, options, out).map(nothing),
        Format::Markdown => markdown::write(outcome, sources, options, out).map(nothing),
    }
}

//! Plain data that the program tells: findings, undecided verdicts, problems, and the edits that mend.
//!
//! Knows no format, no terminal and no rule. Everything here is text and spans.

use crate::source::Span;
use crate::value::{Guard, Unknown};

/// How bad it is, if it is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Advice,
    /// Should be changed.
    Warning,
    /// Must be changed.
    Error,
}

impl Severity {
    /// `error`, `warning`, `advice`: as in rule files and in every format.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Advice => "advice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    /// The severity with this name.
    pub fn from_name(name: &str) -> Option<Severity> {
        [Severity::Advice, Severity::Warning, Severity::Error].into_iter().find(|severity| severity.name() == name)
    }
}

/// In which worlds it is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Certainty {
    /// The default world passes, or there is none; another fails.
    Conditional,
    /// The default world fails, another does not.
    ByDefault,
    /// Every world fails.
    Always,
}

impl Certainty {
    /// `always`, `by-default`, `conditional`.
    pub fn name(self) -> &'static str {
        match self {
            Certainty::Conditional => "conditional",
            Certainty::ByDefault => "by-default",
            Certainty::Always => "always",
        }
    }
}

/// A piece of text with what there is to say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The text.
    pub span: Span,
    /// What is said, without a full stop.
    pub message: String,
}

/// The thing that was judged.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// Address in the unit: logical id, or Terraform address with module path and key.
    pub address: String,
    /// Type as its language names it: `AWS::Backup::BackupVault`, `aws_backup_vault`.
    pub kind: String,
}

/// How far an edit can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// Changes nothing that is deployed but the defect.
    Safe,
    /// Replaces a resource, or changes more than the defect.
    Unsafe,
}

/// Replaces the bytes of `span` by `text` (an empty span inserts).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// The new text.
    pub text: String,
}

/// A way to mend a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as a title.
    pub title: String,
    /// How far it can be trusted.
    pub safety: Safety,
    /// The edits; they do not overlap.
    pub edits: Vec<Edit>,
}

/// What a rule says of a subject over all worlds.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule's id.
    pub rule: String,
    /// How bad.
    pub severity: Severity,
    /// In which worlds.
    pub certainty: Certainty,
    /// The unit's name: the template's path, the directory, the plan's path.
    pub unit: String,
    /// What was judged.
    pub subject: Subject,
    /// One sentence without a full stop: what is so.
    pub message: String,
    /// The worlds that fail; `None` where all do.
    pub when: Option<Guard>,
    /// The worlds that pass, where the default world fails; for "passes when ...".
    pub passes_when: Option<Guard>,
    /// The deciding text.
    pub primary: Label,
    /// The chain that led there, nearest first.
    pub related: Vec<Label>,
    /// Further facts, each a sentence.
    pub notes: Vec<String>,
    /// How to mend it and what that costs.
    pub help: Option<String>,
    /// Ways to mend it.
    pub fixes: Vec<Fix>,
    /// Stable identity: rule, unit, address, attribute path; no line number.
    pub fingerprint: String,
    /// Why it was suppressed, where it was; such a finding is counted, not told.
    pub suppressed: Option<Suppressed>,
}

/// Why a finding does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppressed {
    /// The reason that was given.
    pub reason: String,
    /// The last day on which it holds, `YYYY-MM-DD`.
    pub expires: Option<String>,
    /// Whether it stands in the source itself, not in a configuration or a baseline.
    pub in_source: bool,
}

/// A subject of which a rule can't tell.
#[derive(Clone, Debug)]
pub struct Undecided {
    /// The rule's id.
    pub rule: String,
    /// The unit's name.
    pub unit: String,
    /// What was judged.
    pub subject: Subject,
    /// The text that is not known.
    pub primary: Label,
    /// Why, without repetition.
    pub reasons: Vec<Unknown>,
}

/// What kept the analyzer from its job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The class, kebab-case: `syntax`, `unreadable`, `encoding`, `limit`, `reference`, `module`, `rule`, `usage`, ...
    pub kind: &'static str,
    /// One sentence without a full stop.
    pub message: String,
    /// How to mend it.
    pub help: Option<String>,
    /// Where.
    pub place: Place,
    /// Further places ("first defined here").
    pub related: Vec<Label>,
    /// Whether the job could not be done: exit code 2. An unresolved module is told, but is not fatal.
    pub fatal: bool,
    /// Whether it is something that is passed over by design, and no problem. Its class and message are the cause, which
    /// all places of it have in common.
    pub not_read: bool,
}

/// What was passed over by design for one cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotRead {
    /// The class, kebab-case: `module`, `terragrunt`, `serverless`, `placeholders`, ...
    pub reason: &'static str,
    /// One sentence without a full stop: what is not read, and why.
    pub message: String,
    /// How to have it judged all the same.
    pub help: Option<String>,
    /// Where, sorted as everything is; never empty.
    pub places: Vec<Place>,
}

impl NotRead {
    /// The same as a problem that is told and counts for nothing, at its first place: for formats that know no other way.
    pub fn to_problem(&self) -> Problem {
        let mut problem = self.at(self.places.first().unwrap_or(&Place::Nowhere));
        if let more @ 1.. = self.places.len().saturating_sub(1) {
            problem.message.push_str(&format!(" (and {more} more like it)"));
        }
        problem
    }

    /// The same at one of its places.
    pub fn at(&self, place: &Place) -> Problem {
        let mut problem = Problem::path(self.reason, "", format!("not read: {}", self.message)).not_fatal();
        problem.help.clone_from(&self.help);
        problem.place = place.clone();
        problem
    }
}

/// Where a problem is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a source.
    Span(Span),
    /// A path that could not be read.
    Path(String),
    /// Nowhere in the input.
    Nowhere,
}

impl Problem {
    /// A fatal problem at `span`.
    pub fn at(kind: &'static str, span: Span, message: impl Into<String>) -> Self {
        Problem {
            kind,
            message: message.into(),
            help: None,
            place: Place::Span(span),
            related: Vec::new(),
            fatal: true,
            not_read: false,
        }
    }

    /// A fatal problem with a path that has no text.
    pub fn path(kind: &'static str, path: impl Into<String>, message: impl Into<String>) -> Self {
        let place = Place::Path(path.into());
        Problem { kind, message: message.into(), help: None, place, related: Vec::new(), fatal: true, not_read: false }
    }

    /// The same with a way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, told but not fatal.
    #[must_use]
    pub fn not_fatal(mut self) -> Self {
        self.fatal = false;
        self
    }

    /// The same, as something that is passed over by design: counted and named once a cause.
    #[must_use]
    pub fn not_read(mut self) -> Self {
        self.fatal = false;
        self.not_read = true;
        self
    }
}

/// All that one run found.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Findings, sorted by path, position, rule.
    pub findings: Vec<Finding>,
    /// Undecided verdicts, sorted likewise.
    pub undecided: Vec<Undecided>,
    /// Problems, sorted likewise, each told once.
    pub problems: Vec<Problem>,
    /// What was passed over by design, by cause.
    pub not_read: Vec<NotRead>,
    /// What was looked at.
    pub looked_at: LookedAt,
}

/// Counts for the summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LookedAt {
    /// Units evaluated.
    pub units: usize,
    /// (rule, subject) pairs judged.
    pub subjects: usize,
    /// Vaults of both kinds.
    pub vaults: usize,
    /// Keys.
    pub keys: usize,
    /// Files that were looked at, whatever they are.
    pub files: usize,
}

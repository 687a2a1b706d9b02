//! Suppressions: comments in the sources, and entries of a configuration or of a resource's metadata.
//!
//! Sets [`Finding::suppressed`]; what is suppressed is counted, never lost. Other tools' comments are not obeyed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use crate::config::nearest;
use crate::finding::{Certainty, Finding, Label, Severity, Subject, Suppressed};
use crate::source::{Source, SourceId, Sources, Span};

/// The rule id of the advice that an unused suppression gives.
pub const UNUSED: &str = "unused-suppression";
/// The rule id of the warning that a suppression without a reason gives, where reasons are required.
pub const WITHOUT_REASON: &str = "suppression-without-reason";

/// One suppression, wherever it is written.
#[derive(Clone, Debug)]
pub struct Suppression {
    /// Rule ids; `*` is every rule.
    pub rules: Vec<String>,
    /// Why.
    pub reason: Option<String>,
    /// The last day on which it holds, `YYYY-MM-DD`.
    pub expires: Option<String>,
    /// Where it is written.
    pub span: Span,
    /// What it covers.
    pub scope: Scope,
    /// Whether the run looked at everything that it could cover: else it can't be called unused.
    pub judged: bool,
}

/// Whether a suppression covers a finding; the text is the path of the finding's source.
pub type Matches = std::sync::Arc<dyn Fn(&Finding, &str) -> bool + Send + Sync>;

/// What a suppression covers.
#[derive(Clone)]
pub enum Scope {
    /// Findings on these lines (from 0) of this source, or on a resource whose text holds the suppression.
    Lines(SourceId, Vec<usize>),
    /// Findings on the resource with this address in this unit.
    Resource(String, String),
    /// Whatever the configuration's patterns match.
    Matching(Matches),
}

impl std::fmt::Debug for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Scope::Lines(_, lines) => write!(f, "Lines({lines:?})"),
            Scope::Resource(unit, address) => write!(f, "Resource({unit}, {address})"),
            Scope::Matching(_) => f.write_str("Matching"),
        }
    }
}

/// How suppressions are applied.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The day of this run, `YYYY-MM-DD`.
    pub today: String,
    /// Whether a suppression without a reason is a finding.
    pub require_reason: bool,
    /// The rules that ran: a suppression of another rule can't be called unused.
    pub ran: BTreeSet<String>,
    /// Every rule that there is.
    pub known: BTreeSet<String>,
}

static COMMENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?mi)^(?:#+|//+|/\*+|[ \t]*\*)?[ \t]*(strongroom:[ \t]*ignore\b(?:[ \t]*\[([^\]\n]*)\])?:?[ \t]*([^\n]*))",
    )
    .ok()
});

/// Whether a text may have suppressions in its comments.
pub fn mentions(source: &Source) -> bool {
    let text = source.text().as_bytes();
    ["strongroom:", "Strongroom:", "STRONGROOM:"]
        .iter()
        .any(|word| memchr::memmem::find(text, word.as_bytes()).is_some())
}

/// The suppressions in a source's comments: `# strongroom: ignore[rule, ...] reason`. One in brackets' place without a
/// rule covers nothing, and is told.
///
/// `comments` are the places of the source's comments. In an `indented` language a comment that is indented deeper than
/// the next line belongs to what stands above it.
pub fn comments(source: &Source, comments: &[Span], indented: bool) -> Vec<Suppression> {
    let Some(pattern) = COMMENT.as_ref() else { return Vec::new() };
    let mut all = Vec::new();
    for comment in comments {
        let whole = source.slice(*comment);
        for found in pattern.captures_iter(whole) {
            let (Some(said), rules) = (found.get(1), found.get(2).map_or("", |rules| rules.as_str())) else { continue };
            let reason = found.get(3).map_or("", |reason| reason.as_str()).trim().trim_end_matches("*/").trim();
            // One comment of a line is underlined from its `#` on.
            let start = comment.start as usize + if whole.contains('\n') { said.start() } else { 0 };
            let end = comment.start as usize + said.start() + said.as_str().trim_end().len();
            let span = Span::new(source.id(), start, end);
            all.push(Suppression {
                rules: rules.split(',').map(str::trim).filter(|rule| !rule.is_empty()).map(str::to_owned).collect(),
                reason: (!reason.is_empty()).then(|| reason.to_owned()),
                expires: None,
                span,
                scope: Scope::Lines(source.id(), lines(source, span, *comment, comments, indented)),
                judged: true,
            });
        }
    }
    all
}

/// The lines that a suppression in a comment speaks of: its own, and, where no code stands before it, the next one that
/// is neither blank nor a comment: several suppressions may stand above one line.
fn lines(source: &Source, span: Span, comment: Span, comments: &[Span], indented: bool) -> Vec<usize> {
    let line = source.line_of(span.start);
    let of = |line: usize| source.text().get(source.line_range(line)).unwrap_or("");
    let first = source.line_of(comment.start);
    let column = comment.start as usize - source.line_range(first).start;
    if !of(first).get(..column).is_some_and(|before| before.trim().is_empty()) {
        return vec![line];
    }
    let blank_or_comment = |line: &usize| {
        let text = of(*line);
        let at = source.line_range(*line).start + text.len() - text.trim_start().len();
        let inside = |comment: &Span| (comment.start as usize..comment.end as usize).contains(&at);
        let next = comments.partition_point(|comment| comment.end as usize <= at);
        text.trim().is_empty() || comments.get(next).is_some_and(inside)
    };
    let last = source.line_of(comment.end);
    let next = (last + 1..source.line_starts().len()).find(|line| !blank_or_comment(line));
    let outdented = |line: &usize| indented && of(*line).len() - of(*line).trim_start().len() < column;
    std::iter::once(line).chain(next.filter(|next| !outdented(next))).collect()
}

/// Marks what is suppressed, and appends a finding for each suppression that covers nothing, has expired, or lacks a
/// reason that is required.
///
/// `block` gives the whole text of the resource that a finding speaks of, where it has one.
pub fn apply(
    findings: &mut Vec<Finding>,
    suppressions: &[Suppression],
    sources: &Sources,
    policy: &Policy,
    block: &dyn Fn(&Finding) -> Option<Span>,
) {
    let mut used = vec![false; suppressions.len()];
    let index = Index::new(suppressions);
    for finding in findings.iter_mut() {
        let extent = block(finding);
        for at in index.candidates(finding, extent, sources) {
            let suppression = &suppressions[at];
            if !covers(suppression, finding, extent, sources) {
                continue;
            }
            used[at] = true;
            if let Some(expires) = suppression.expires.as_ref().filter(|day| **day < policy.today) {
                let source = sources.get(suppression.span.source);
                let line = source.line_of(suppression.span.start) + 1;
                finding.notes.push(format!("a suppression of this expired on {expires} ({}:{line})", source.path()));
                continue;
            }
            let reason = suppression.reason.clone().unwrap_or_else(|| "no reason given".to_owned());
            finding.suppressed.get_or_insert(Suppressed {
                reason,
                expires: suppression.expires.clone(),
                in_source: !matches!(suppression.scope, Scope::Matching(_)),
            });
        }
    }
    for (suppression, used) in suppressions.iter().zip(used) {
        findings.extend(unfit(suppression, used, policy).map(|(rule, severity, message)| {
            let path = sources.get(suppression.span.source).path().to_string();
            about(suppression, path, rule, severity, &message)
        }));
    }
}

/// Suppressions by where they stand, so that a finding is held against those that may cover it alone.
struct Index<'a> {
    /// Those in comments, by their place.
    comments: BTreeMap<(SourceId, u32), usize>,
    /// The same by the lines that they speak of.
    lines: BTreeMap<(SourceId, usize), Vec<usize>>,
    resources: BTreeMap<(&'a str, &'a str), Vec<usize>>,
    matching: Vec<usize>,
}

/// Comments below a resource that are looked at.
const BELOW: usize = 32;

impl<'a> Index<'a> {
    fn new(suppressions: &'a [Suppression]) -> Self {
        let (mut comments, mut lines) = (BTreeMap::new(), BTreeMap::<_, Vec<usize>>::new());
        let (mut resources, mut matching) = (BTreeMap::<_, Vec<usize>>::new(), Vec::new());
        for (at, suppression) in suppressions.iter().enumerate() {
            match &suppression.scope {
                Scope::Lines(source, spoken) => {
                    comments.insert((*source, suppression.span.start), at);
                    for line in spoken {
                        lines.entry((*source, *line)).or_default().push(at);
                    }
                }
                Scope::Resource(unit, address) => {
                    resources.entry((unit.as_str(), address.as_str())).or_default().push(at);
                }
                Scope::Matching(_) => matching.push(at),
            }
        }
        Index { comments, lines, resources, matching }
    }

    /// The suppressions that may cover a finding, in their order.
    fn candidates(&self, finding: &Finding, extent: Option<Span>, sources: &Sources) -> BTreeSet<usize> {
        let place = finding.primary.span;
        let mut found: BTreeSet<usize> = self.matching.iter().copied().collect();
        found.extend(self.resources.get(&(&*finding.unit, &*finding.subject.address)).into_iter().flatten());
        if !self.lines.is_empty() {
            let line = sources.get(place.source).line_of(place.start);
            found.extend(self.lines.get(&(place.source, line)).into_iter().flatten());
        }
        if let Some(Span { source, start, end }) = extent {
            found.extend(self.comments.range((source, start)..(source, end)).map(|(_, at)| at));
            found.extend(self.comments.range((source, end)..=(source, u32::MAX)).take(BELOW).map(|(_, at)| at));
        }
        found
    }
}

/// What is wrong with a suppression: the rule that says so, how bad it is, and a sentence.
fn unfit(suppression: &Suppression, used: bool, policy: &Policy) -> Option<(&'static str, Severity, String)> {
    if suppression.rules.is_empty() {
        return Some((UNUSED, Severity::Advice, "this suppression names no rule, and covers no finding".to_owned()));
    }
    if let Some(rule) = suppression.rules.iter().find(|rule| *rule != "*" && !policy.known.contains(*rule)) {
        let meant = nearest(rule, policy.known.iter().map(String::as_str));
        let meant = meant.map_or_else(String::new, |meant| format!(": did you mean `{meant}`?"));
        return Some((UNUSED, Severity::Advice, format!("there is no rule `{rule}` to suppress{meant}")));
    }
    let ran = suppression.rules.iter().all(|rule| policy.ran.contains(rule) || rule == "*");
    match used {
        false if ran && suppression.judged => {
            Some((UNUSED, Severity::Advice, "this suppression covers no finding".to_owned()))
        }
        true if policy.require_reason && suppression.reason.is_none() => {
            Some((WITHOUT_REASON, Severity::Warning, "this suppression gives no reason".to_owned()))
        }
        _ => None,
    }
}

fn covers(suppression: &Suppression, finding: &Finding, extent: Option<Span>, sources: &Sources) -> bool {
    if !suppression.rules.iter().any(|rule| *rule == finding.rule || rule == "*") {
        return false;
    }
    match &suppression.scope {
        Scope::Lines(source, lines) => {
            let place = finding.primary.span;
            let on_line = place.source == *source && lines.contains(&sources.get(*source).line_of(place.start));
            on_line || extent.is_some_and(|extent| is_within(suppression.span, extent, sources))
        }
        Scope::Resource(unit, address) => finding.unit == *unit && finding.subject.address == *address,
        Scope::Matching(matches) => matches(finding, sources.get(finding.primary.span.source).path()),
    }
}

/// Whether a suppression stands inside of a resource's text, behind it on its last line, or below it among comments that
/// are indented deeper than the resource: a text ends with its last value.
fn is_within(suppression: Span, extent: Span, sources: &Sources) -> bool {
    if extent.contains(suppression) {
        return true;
    }
    if suppression.source != extent.source || suppression.start < extent.end {
        return false;
    }
    let source = sources.get(extent.source);
    let column = |offset: u32| offset as usize - source.line_range(source.line_of(offset)).start;
    let same_line = source.line_of(suppression.start) == source.line_of(extent.end.saturating_sub(1));
    let mut between = source.slice(Span { start: extent.end, end: suppression.start, ..extent }).lines();
    let rest = between.next().unwrap_or("").trim_start_matches([' ', '\t', '}', ']', ')', ',']);
    let comments = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let below = !source.slice(extent).ends_with('}') && column(suppression.start) > column(extent.start);
    comments(rest) && (same_line || (below && between.all(comments)))
}

fn about(suppression: &Suppression, path: String, rule: &str, severity: Severity, message: &str) -> Finding {
    let rules = suppression.rules.join(", ");
    let named = if rules.is_empty() { String::new() } else { format!(" ({rules})") };
    Finding {
        rule: rule.to_owned(),
        severity,
        certainty: Certainty::Always,
        fingerprint: format!("{rule}:{path}:{rules}"),
        unit: path,
        subject: Subject { address: rules.clone(), kind: "suppression".to_owned() },
        message: format!("{message}{named}"),
        when: None,
        passes_when: None,
        primary: Label { span: suppression.span, message: message.to_owned() },
        related: Vec::new(),
        notes: Vec::new(),
        help: Some(match rule {
            UNUSED if rules.is_empty() => "write `# strongroom: ignore[RULE] why this is all right`".to_owned(),
            UNUSED => "delete it, so that it cannot hide a later finding".to_owned(),
            _ => "write the reason behind it: `# strongroom: ignore[rule] why this is all right`".to_owned(),
        }),
        fixes: Vec::new(),
        suppressed: None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use crate::source::Encoding;

    fn finding(rule: &str, span: Span) -> Finding {
        let at = Suppression {
            rules: vec!["s".into()],
            reason: None,
            expires: None,
            span,
            scope: Scope::Lines(span.source, vec![]),
            judged: true,
        };
        Finding { rule: rule.to_owned(), ..about(&at, "u".to_owned(), rule, Severity::Error, "m") }
    }

    fn run(text: &str, at: &str, rule: &str) -> Vec<(String, Option<String>)> {
        let sources = Sources::new();
        let source = sources.add_text("t.tf", text.to_owned(), Encoding::Utf8);
        let start = text.find(at).unwrap();
        let mut findings = vec![finding(rule, Span::new(source.id(), start, start + at.len()))];
        let ran = ["r", "q", "other"].map(str::to_owned).into();
        let known = ["r", "q", "other"].map(str::to_owned).into();
        let policy = Policy { today: "2026-11-24".into(), require_reason: true, ran, known };
        let open = text.find("resource").unwrap_or(text.len());
        let extent = Span::new(source.id(), open, text.find("\n}").map_or(open, |end| end + 2));
        let told = comments(&source, &crate::read::hcl::comments(&source), false);
        apply(&mut findings, &told, &sources, &policy, &|_| Some(extent));
        findings.into_iter().map(|finding| (finding.rule, finding.suppressed.map(|why| why.reason))).collect()
    }

    #[test]
    fn a_comment_covers_its_line_the_next_line_or_its_resource() {
        let why = Some("legacy, see T-1".to_owned());
        for text in [
            "key = null # strongroom: ignore[r] legacy, see T-1\n",
            "# strongroom: ignore[q, r] legacy, see T-1\nkey = null\n",
            "// strongroom:ignore[r] legacy, see T-1\n# another\n\nkey = null\n",
            "resource {\n  key = null\n  other = 1\n  # strongroom: ignore[*] legacy, see T-1\n}\n",
            "/* strongroom: ignore[r] legacy, see T-1 */\nkey = null\n",
            "/*\n * why:\n * strongroom: ignore[r] legacy, see T-1\n */\nkey = null\n",
            "#strongroom:ignore [r]: legacy, see T-1\n/* more\nlines */\nkey = null\n",
            "resource {\n  key = null\n} # Strongroom: ignore[r] legacy, see T-1\n",
        ] {
            assert_eq!(run(text, "null", "r"), [("r".to_owned(), why.clone())], "{text}");
        }
    }

    #[test]
    fn what_covers_nothing_is_told_and_so_is_a_missing_reason() {
        let told = |text: &str| run(text, "null", "r").into_iter().map(|(rule, _)| rule).collect::<Vec<_>>();
        assert_eq!(told("key = null\n# strongroom: ignore[r] too far\n"), ["r", UNUSED]);
        assert_eq!(told("key = null # strongroom: ignore[other] x\n"), ["r", UNUSED]);
        assert_eq!(told("key = null # strongroom: ignore[r]\n"), ["r", WITHOUT_REASON]);
        assert_eq!(told("key = null # checkov:skip=CKV_AWS_166\n"), ["r"]);
        assert_eq!(told("key = null # strongroom: ignore all of it\n"), ["r", UNUSED]);
        assert_eq!(told("key = null # strongroom: ignore[] x\n"), ["r", UNUSED]);
        assert_eq!(told("text = \"# strongroom: ignore[r] x\"\nkey = null\n"), ["r"]);
        assert_eq!(told("text = <<E\n# strongroom: ignore[r] x\nE\nkey = null\n"), ["r"]);
        assert_eq!(told("resource {\n  key = null\n}\n  # strongroom: ignore[r] x\n\nx = 1 "), ["r", UNUSED]);
        assert_eq!(told("key = null # strongroom: ignore[nonsense] x\n"), ["r", UNUSED]);
    }

    #[test]
    fn an_expired_suppression_gives_the_finding_back() {
        let sources = Sources::new();
        let source = sources.add_text("t", "x".into(), Encoding::Utf8);
        let mut findings = vec![finding("r", source.whole())];
        let matching = Scope::Matching(std::sync::Arc::new(|finding, _| finding.rule == "r"));
        let suppression = |day: &str| Suppression {
            rules: vec!["r".into()],
            reason: Some("why".into()),
            expires: Some(day.into()),
            span: source.whole(),
            scope: matching.clone(),
            judged: true,
        };
        let known = BTreeSet::from(["r".to_owned()]);
        let policy = Policy { today: "2027-01-31".into(), require_reason: false, ran: BTreeSet::new(), known };
        apply(&mut findings, &[suppression("2027-01-30")], &sources, &policy, &|_| None);
        assert_eq!((findings.len(), &findings[0].suppressed), (1, &None));
        assert!(findings[0].notes[0].contains("expired on 2027-01-30"));
        apply(&mut findings, &[suppression("2027-01-31")], &sources, &policy, &|_| None);
        let why = findings[0].suppressed.clone().unwrap();
        assert_eq!((&*why.reason, why.expires.as_deref(), why.in_source), ("why", Some("2027-01-31"), false));
    }
}

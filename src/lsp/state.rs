//! What the editor has open, what was found in it, and what is to be judged again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DidChangeTextDocumentParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams, Location, NumberOrString,
    PublishDiagnosticsParams, Range, Uri,
};

use super::convert::{Columns, path_of, uri_of};
use crate::finding::{Certainty, Finding, Outcome, Place, Problem, Severity};
use crate::model::Evaluator;
use crate::source::files::{Files, parent};
use crate::source::{Source, Sources, Span};

/// Buffers by path as shown to people.
pub type Buffers = BTreeMap<String, String>;

/// Judges the unit of one file, with all buffers laid over the disk.
pub type Analyze<'a> = dyn Fn(&str, &Buffers) -> Analysis + 'a;

/// What one run gave.
pub struct Analysis {
    /// All that was found.
    pub outcome: Outcome,
    /// The units, for hovering.
    pub units: Vec<Box<dyn Evaluator>>,
    /// Everything that was read.
    pub files: Arc<dyn Files>,
}

/// The server's memory.
pub(super) struct State<'a> {
    analyze: &'a Analyze<'a>,
    pub(super) columns: Columns,
    pub(super) on_save_only: bool,
    buffers: Buffers,
    uris: BTreeMap<String, Uri>,
    versions: BTreeMap<String, i32>,
    dirty: BTreeSet<String>,
    /// By the unit's key: the file of a document, the directory of a configuration.
    pub(super) analyses: BTreeMap<String, Analysis>,
    shown: BTreeMap<String, Vec<Diagnostic>>,
}

/// What is judged together: a configuration's directory, a document by itself.
fn unit_key(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let terraform = crate::discover::is_terraform_file(name) || name.contains(".tfvars");
    if terraform { parent(path).to_owned() } else { path.to_owned() }
}

impl<'a> State<'a> {
    pub(super) fn new(analyze: &'a Analyze<'a>, columns: Columns, on_save_only: bool) -> Self {
        State {
            analyze,
            columns,
            on_save_only,
            buffers: BTreeMap::new(),
            uris: BTreeMap::new(),
            versions: BTreeMap::new(),
            dirty: BTreeSet::new(),
            analyses: BTreeMap::new(),
            shown: BTreeMap::new(),
        }
    }

    pub(super) fn path(uri: &Uri) -> Option<String> {
        path_of(uri).map(|path| crate::discover::shown(&path))
    }

    pub(super) fn open(&mut self, params: DidOpenTextDocumentParams) -> bool {
        let document = params.text_document;
        let Some(path) = Self::path(&document.uri) else { return false };
        self.buffers.insert(path.clone(), document.text);
        self.versions.insert(path.clone(), document.version);
        self.uris.insert(path.clone(), document.uri);
        self.touch(&path);
        true
    }

    pub(super) fn change(&mut self, params: DidChangeTextDocumentParams) -> bool {
        let Some(path) = Self::path(&params.text_document.uri) else { return false };
        let Some(text) = self.buffers.get_mut(&path) else { return false };
        for change in params.content_changes {
            match change.range {
                None => *text = change.text,
                Some(Range { start, end }) => {
                    let from = self.columns.byte(text, start);
                    let to = self.columns.byte(text, end).max(from);
                    text.replace_range(from..to, &change.text);
                }
            }
        }
        self.versions.insert(path.clone(), params.text_document.version);
        self.touch(&path);
        true
    }

    pub(super) fn save(&mut self, params: &DidSaveTextDocumentParams) -> bool {
        let Some(path) = Self::path(&params.text_document.uri) else { return false };
        if path.ends_with(crate::config::FILE_NAME) {
            self.all_are_dirty();
        }
        self.touch(&path);
        true
    }

    pub(super) fn close(&mut self, params: &DidCloseTextDocumentParams) -> bool {
        let Some(path) = Self::path(&params.text_document.uri) else { return false };
        self.buffers.remove(&path);
        self.versions.remove(&path);
        self.touch(&path);
        true
    }

    pub(super) fn all_are_dirty(&mut self) {
        self.dirty.extend(self.buffers.keys().map(|path| unit_key(path)));
    }

    /// Marks the unit of a file, and every unit that includes it.
    fn touch(&mut self, path: &str) {
        let key = unit_key(path);
        let includes = |analysis: &Analysis| {
            analysis.units.iter().any(|unit| {
                let covers = unit.covers();
                covers.contains(&key) || covers.iter().any(|covered| covered == path)
            })
        };
        let callers: Vec<String> =
            self.analyses.iter().filter(|(_, analysis)| includes(analysis)).map(|(key, _)| key.clone()).collect();
        self.dirty.extend(callers);
        self.dirty.insert(key);
    }

    /// Judges what is dirty. Gives the paths whose diagnostics have to be published again.
    pub(super) fn judge(&mut self) -> BTreeSet<String> {
        for key in std::mem::take(&mut self.dirty) {
            match self.buffers.keys().find(|path| unit_key(path) == key).cloned() {
                Some(path) => {
                    let analysis = (self.analyze)(&path, &self.buffers);
                    self.analyses.insert(key, analysis);
                }
                None => {
                    self.analyses.remove(&key);
                }
            }
        }
        let mut now: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
        for analysis in self.analyses.values() {
            for (path, diagnostic) in self.diagnostics(analysis) {
                let list = now.entry(path).or_default();
                if !list.contains(&diagnostic) {
                    list.push(diagnostic);
                }
            }
        }
        let mut touched: BTreeSet<String> = self
            .shown
            .keys()
            .chain(now.keys())
            .filter(|path| self.shown.get(*path) != now.get(*path))
            .cloned()
            .collect();
        // A client that waits for an answer to its open or change gets one, though nothing was found.
        touched.extend(self.buffers.keys().filter(|path| !self.shown.contains_key(*path)).cloned());
        for path in self.buffers.keys() {
            now.entry(path.clone()).or_default();
        }
        self.shown = now;
        touched
    }

    pub(super) fn published(&self, path: &str) -> serde_json::Value {
        let uri = self.uri(path);
        let diagnostics = self.shown.get(path).cloned().unwrap_or_default();
        let version = self.versions.get(path).copied();
        uri.and_then(|uri| serde_json::to_value(PublishDiagnosticsParams { uri, diagnostics, version }).ok())
            .unwrap_or_default()
    }

    pub(super) fn uri(&self, path: &str) -> Option<Uri> {
        if let Some(uri) = self.uris.get(path) {
            return Some(uri.clone());
        }
        let absolute = self.analyses.values().next().map(|analysis| analysis.files.absolute(path));
        uri_of(&absolute.unwrap_or_else(|| path.to_owned()))
    }

    fn diagnostics(&self, analysis: &Analysis) -> Vec<(String, Diagnostic)> {
        let sources = analysis.files.sources();
        let findings = analysis.outcome.findings.iter().filter(|finding| finding.suppressed.is_none());
        let problems = analysis.outcome.problems.iter();
        findings
            .map(|finding| self.of_finding(finding, sources))
            .chain(problems.filter_map(|problem| self.of_problem(problem, sources)))
            .collect()
    }

    fn of_finding(&self, finding: &Finding, sources: &Sources) -> (String, Diagnostic) {
        let source = sources.get(finding.primary.span.source);
        let severity = match (finding.certainty, finding.severity) {
            (Certainty::Conditional, _) => DiagnosticSeverity::INFORMATION,
            (_, Severity::Error) => DiagnosticSeverity::ERROR,
            (_, Severity::Warning) => DiagnosticSeverity::WARNING,
            (_, Severity::Advice) => DiagnosticSeverity::HINT,
        };
        let mut message = finding.message.clone();
        if let Some(when) = &finding.when {
            message.push_str(&format!("\nwhen {when}"));
        }
        if let Some(help) = &finding.help {
            message.push_str(&format!("\n\n{help}"));
        }
        let related = finding.related.iter().filter_map(|label| {
            let location = self.location(&sources.get(label.span.source), label.span)?;
            Some(DiagnosticRelatedInformation { location, message: label.message.clone() })
        });
        let docs = format!("{}/blob/main/rules/{}.md", env!("CARGO_PKG_REPOSITORY"), finding.rule);
        let diagnostic = Diagnostic {
            range: self.columns.range(&source, finding.primary.span),
            severity: Some(severity),
            code: Some(NumberOrString::String(finding.rule.clone())),
            code_description: docs.parse().ok().map(|href| CodeDescription { href }),
            source: Some("strongroom".to_owned()),
            message,
            related_information: Some(related.collect()),
            tags: None,
            data: None,
        };
        (source.path().to_string(), diagnostic)
    }

    fn of_problem(&self, problem: &Problem, sources: &Sources) -> Option<(String, Diagnostic)> {
        let Place::Span(span) = problem.place else { return None };
        let source = sources.get(span.source);
        let help = problem.help.as_ref().map_or_else(String::new, |help| format!("\n{help}"));
        let severity = if problem.fatal { DiagnosticSeverity::ERROR } else { DiagnosticSeverity::INFORMATION };
        let diagnostic = Diagnostic {
            range: self.columns.range(&source, span),
            severity: Some(severity),
            code: Some(NumberOrString::String(problem.kind.to_owned())),
            source: Some("strongroom".to_owned()),
            message: format!("{}{help}", problem.message),
            ..Diagnostic::default()
        };
        Some((source.path().to_string(), diagnostic))
    }

    pub(super) fn location(&self, source: &Source, span: Span) -> Option<Location> {
        Some(Location { uri: self.uri(source.path())?, range: self.columns.range(source, span) })
    }
}

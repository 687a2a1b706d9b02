//! What the editor has open, what was found in it, and what is to be judged again.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use lsp_types::{
    Diagnostic, DidChangeTextDocumentParams, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, DidSaveTextDocumentParams, Location, PublishDiagnosticsParams, Range, Uri,
};

use serde_json::Value as Json;

use super::convert::{Columns, path_of, uri_of};
use super::{Analysis, Buffers, Client, Pipeline};
use crate::source::files::parent;
use crate::source::leaving::{self, Medium};
use crate::source::{Source, Span};

/// The server's memory.
pub(super) struct State<'a> {
    pub(super) pipeline: &'a dyn Pipeline,
    pub(super) columns: Columns,
    pub(super) shows_documents: bool,
    pub(super) buffers: Buffers,
    folders: BTreeSet<String>,
    uris: BTreeMap<String, Uri>,
    versions: BTreeMap<String, i32>,
    /// The version of each buffer about which the editor was told last.
    told: BTreeMap<String, i32>,
    dirty: BTreeSet<String>,
    /// By the unit's key: the file of a document, the directory of a configuration.
    pub(super) judged: BTreeMap<String, Judged>,
    shown: BTreeMap<String, Vec<Diagnostic>>,
}

/// What is known of one unit.
pub(super) struct Judged {
    /// The texts as they are.
    pub(super) now: Analysis,
    /// Where they can't be read: the last time when they could.
    pub(super) good: Option<Analysis>,
}

impl Judged {
    /// What is best asked about units: the last time that there were all of them.
    fn units(&self) -> &Analysis {
        self.good.as_ref().unwrap_or(&self.now)
    }
}

/// What is judged together: a configuration's directory, a document by itself.
fn unit_key(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let terraform = crate::discover::is_terraform_file(name) || name.contains(".tfvars");
    if terraform { parent(path).to_owned() } else { path.to_owned() }
}

/// Whether an analysis speaks of the unit with this key, or of the file that it is.
fn speaks_of(analysis: &Analysis, key: &str, path: &str) -> bool {
    analysis
        .units
        .iter()
        .any(|unit| unit.name() == key || unit.covers().iter().any(|covered| covered == key || covered == path))
}

/// Whether the texts could not be read: what is found then says little.
fn is_broken(now: &Analysis, before: Option<&Analysis>) -> bool {
    let fatal = || now.outcome.problems.iter().filter(|problem| problem.fatal);
    let unread = ["syntax", "encoding", "limit", "config", "rule"];
    let lost =
        |before: &Analysis| before.units.iter().any(|unit| now.units.iter().all(|left| left.name() != unit.name()));
    fatal().any(|problem| unread.contains(&problem.kind)) || (fatal().next().is_some() && before.is_some_and(lost))
}

impl<'a> State<'a> {
    pub(super) fn new(pipeline: &'a dyn Pipeline, client: Client) -> Self {
        State {
            pipeline,
            columns: client.columns,
            shows_documents: client.shows_documents,
            buffers: BTreeMap::new(),
            folders: client.folders.iter().map(|folder| crate::disk::shown(folder)).collect(),
            uris: BTreeMap::new(),
            versions: BTreeMap::new(),
            told: BTreeMap::new(),
            dirty: BTreeSet::new(),
            judged: BTreeMap::new(),
            shown: BTreeMap::new(),
        }
    }

    /// What the editor is told, as it may be shown. Edits are no text for people, and stay as they are.
    pub(super) fn veil(&self, told: &mut Json) {
        match told {
            Json::String(text) => {
                for judged in self.judged.values() {
                    for analysis in std::iter::once(&judged.now).chain(&judged.good) {
                        if let Cow::Owned(veiled) = leaving::clean(text, Medium::Commands, analysis.files.sources()) {
                            *text = veiled;
                        }
                    }
                }
            }
            Json::Array(items) => items.iter_mut().for_each(|item| self.veil(item)),
            Json::Object(members) => {
                let told =
                    members.iter_mut().filter(|(name, _)| !matches!(name.as_str(), "edit" | "uri" | "targetUri"));
                told.for_each(|(_, value)| self.veil(value));
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => {}
        }
    }

    pub(super) fn path(uri: &Uri) -> Option<String> {
        path_of(uri).map(|path| crate::disk::shown(&path))
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
        if let (Some(buffer), Some(text)) = (self.buffers.get_mut(&path), &params.text) {
            buffer.clone_from(text);
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

    pub(super) fn folders(&mut self, params: &DidChangeWorkspaceFoldersParams) -> bool {
        for gone in params.event.removed.iter().filter_map(|folder| Self::path(&folder.uri)) {
            self.folders.remove(&gone);
        }
        self.folders.extend(params.event.added.iter().filter_map(|folder| Self::path(&folder.uri)));
        self.all_are_dirty();
        true
    }

    pub(super) fn all_are_dirty(&mut self) {
        self.dirty.extend(self.buffers.keys().map(|path| unit_key(path)));
    }

    /// Marks the unit of a file, and every unit that includes it.
    fn touch(&mut self, path: &str) {
        if crate::config::FILE_NAMES.iter().any(|name| path.ends_with(name)) {
            self.all_are_dirty();
        }
        let key = unit_key(path);
        let including = self.judged.iter().filter(|(_, judged)| speaks_of(judged.units(), &key, path));
        self.dirty.extend(including.map(|(key, _)| key.clone()));
        self.dirty.insert(key);
    }

    /// Judges what is dirty. Gives the paths whose diagnostics have to be published again.
    pub(super) fn judge(&mut self) -> BTreeSet<String> {
        while let Some(key) = self.next_dirty() {
            self.dirty.remove(&key);
            match self.buffers.keys().find(|path| unit_key(path) == key).cloned() {
                Some(path) => self.judge_one(key, &path),
                None => self.forget(&key),
            }
        }
        self.publish()
    }

    /// The next unit to judge. One through which others are judged comes first.
    fn next_dirty(&self) -> Option<String> {
        let through = |key: &&String| {
            let units = |key: &String| self.judged.get(key).map(|judged| &judged.units().units);
            let names_another = units(key)
                .is_some_and(|units| units.iter().any(|unit| unit.name() != *key && self.dirty.contains(unit.name())));
            let covers = |other: &String| {
                units(other).is_some_and(|units| units.iter().any(|unit| unit.covers().contains(*key)))
            };
            names_another || self.dirty.iter().any(|other| other != *key && covers(other))
        };
        self.dirty.iter().find(through).or_else(|| self.dirty.first()).cloned()
    }

    /// Judges the unit of a file with other buffers than those that are open.
    pub(super) fn judged_with(&self, path: &str, buffers: &Buffers) -> Analysis {
        let folders: Vec<String> = self.folders.iter().cloned().collect();
        self.pipeline.judge(path, buffers, &folders)
    }

    fn judge_one(&mut self, key: String, path: &str) {
        let now = self.judged_with(path, &self.buffers);
        let before = self.judged.remove(&key);
        let before = before.map(|judged| judged.good.unwrap_or(judged.now));
        let broken = is_broken(&now, before.as_ref());
        // A unit that was judged on the way needs no judging of its own.
        for unit in now.units.iter().filter(|unit| unit.name() != key) {
            self.dirty.remove(unit.name());
            self.judged.remove(unit.name());
        }
        self.judged.insert(key, Judged { now, good: before.filter(|_| broken) });
    }

    /// Forgets what was found through a unit of which nothing is open any more.
    fn forget(&mut self, key: &str) {
        let Some(judged) = self.judged.remove(key) else { return };
        let units: BTreeSet<&str> = judged.units().units.iter().map(|unit| unit.name()).collect();
        let open = self.buffers.keys().map(|path| unit_key(path));
        self.dirty.extend(open.filter(|open| open != key && units.contains(open.as_str())));
    }

    fn publish(&mut self) -> BTreeSet<String> {
        let mut now: BTreeMap<String, Vec<Diagnostic>> = BTreeMap::new();
        for judged in self.judged.values() {
            for (path, diagnostic) in self.diagnostics(judged) {
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
        // A client that opened or changed a text is told of it, though nothing else is found than before: eglot takes away
        // what stands where somebody types, and waits for news.
        touched.extend(
            self.versions.iter().filter(|(path, now)| self.told.get(*path) != Some(*now)).map(|(path, _)| path.clone()),
        );
        self.told.clone_from(&self.versions);
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
        let absolute = self.judged.values().next().map(|judged| judged.now.files.absolute(path));
        uri_of(&absolute.unwrap_or_else(|| path.to_owned()))
    }

    pub(super) fn location(&self, source: &Source, span: Span) -> Option<Location> {
        Some(Location { uri: self.uri(source.path())?, range: self.columns.range(source, span) })
    }
}

//! `strongroom lsp`: the pipeline of `check` behind the language server.

use std::sync::{Arc, Mutex, PoisonError};

use super::config::configs;
use super::rules::Directory;
use super::{Done, Stop, rules};
use crate::check::{Callers, Checked, Configs, Ignoring, Proposer, Request, Selector, check};
use crate::disk::{Disk, Looking};
use crate::finding::{Finding, Fix, Outcome, Problem};
use crate::lsp::{Analysis, Buffers, Pipeline, serve_stdio};
use crate::resolve::Settings;
use crate::rule::{Choice, RuleSet};
use crate::source::files::{Files, parent};

pub(super) fn serve() -> Done {
    serve_stdio(&Checking::new()).map_err(|why| Stop(format!("strongroom: {why}")))?;
    Ok(0)
}

/// Serves one client over this connection until it leaves, as `strongroom lsp` does over standard input and output.
///
/// # Errors
/// A sentence where the connection breaks.
pub fn serve_editor(connection: &lsp_server::Connection) -> Result<(), String> {
    crate::lsp::serve(connection, &Checking::new())
}

/// The pipeline of `check`. What lies on disk may have changed since the last time: a text is made use of again where its
/// file was not written. Who calls a module is remembered until files are opened, saved, closed or known to have changed.
struct Checking {
    builtin: RuleSet,
    callers: Callers,
    last: Mutex<Arc<Disk>>,
}

impl Checking {
    fn new() -> Self {
        Checking {
            builtin: RuleSet::builtin(),
            callers: Callers::default(),
            last: Mutex::new(Arc::new(Disk::remembering())),
        }
    }
}

impl Pipeline for Checking {
    fn forget(&self) {
        self.callers.forget();
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(Disk::remembering());
    }

    fn judge(&self, path: &str, buffers: &Buffers, folders: &[String]) -> Analysis {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let named: Vec<String> = folders.iter().cloned().chain([path.to_owned()]).collect();
        let disk = Arc::new(last.again(buffers, &named));
        *last = Arc::clone(&disk);
        drop(last);
        let mut unreadable = Vec::new();
        for (path, text) in buffers.iter().filter(|(path, _)| !disk.holds(path)) {
            if let Err(why) = disk.overlay(path, text.clone().into_bytes()) {
                unreadable.push(Problem::path("encoding", path, why.to_string()));
            }
        }
        let configs = configs(None, &disk).unwrap_or_else(|_| Configs::new(&disk));
        let here = configs.of_directory(parent(path));
        let (own, problems) = match here.rule_directories.is_empty() {
            true => (None, Vec::new()),
            false => {
                let directories: Vec<_> =
                    here.rule_directories.iter().map(|path| Directory::configured(path)).collect();
                let (set, problems) = rules::load(&directories, &disk);
                (Some(set), problems)
            }
        };
        let set = own.as_ref().unwrap_or(&self.builtin);
        let selector = Selector::new(set, here.rule_directories.clone(), &configs, Choice::default());
        let files: Arc<dyn Files> = Arc::clone(&disk) as Arc<dyn Files>;
        let chosen = match selector.rules(&here) {
            Ok(chosen) => chosen,
            Err(problems) => {
                return Analysis { outcome: Outcome { problems, ..Outcome::default() }, units: Vec::new(), files };
            }
        };
        let excluded = |path: &str| configs.excludes(path);
        let wanted = || crate::check::wanted(&chosen);
        let request = Request {
            paths: Vec::new(),
            stdin: None,
            buffers: if excluded(path) { Vec::new() } else { vec![path.to_owned()] },
            folders: folders.to_vec(),
            callers: Some(&self.callers),
            settings: Settings::default(),
            wanted: &wanted,
            everything: false,
            source_dir: None,
            looking: Looking { excluded: &excluded, gitignore: true },
            progress: Arc::default(),
        };
        let ignoring = Ignoring { obey: true, require_reason: false, today: super::clock::today() };
        let Checked { mut outcome, units } = check(&request, &selector, &ignoring, &disk);
        outcome.problems.extend(problems);
        outcome.problems.extend(unreadable);
        // An editor shows what is not read where it is called.
        let not_read = outcome.not_read.iter().flat_map(|it| it.places.iter().map(|place| it.at(place)));
        outcome.problems.extend(not_read);
        Analysis { outcome, units, files }
    }

    fn fixes(&self, analysis: &Analysis, finding: &Finding) -> Vec<Fix> {
        Proposer::new(&analysis.units, analysis.files.sources()).fixes(finding)
    }
}

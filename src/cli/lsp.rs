//! `strongroom lsp`: the pipeline of `check` behind the language server.

use std::sync::Arc;

use super::{Done, Stop, rules};
use crate::check::{Checked, Configs, Ignoring, Request, Selector, check};
use crate::discover::{Disk, Looking};
use crate::finding::Outcome;
use crate::lsp::{Analysis, Buffers, serve_stdio};
use crate::resolve::Settings;
use crate::rule::{Choice, RuleSet};
use crate::source::files::{Files, parent};

pub(super) fn serve() -> Done {
    let builtin = RuleSet::builtin();
    serve_stdio(&|path, buffers| analyze(path, buffers, &builtin)).map_err(|why| Stop(format!("strongroom: {why}")))?;
    Ok(0)
}

/// Judges the unit of one file. Everything is read anew: what lies on disk may have changed since.
fn analyze(path: &str, buffers: &Buffers, builtin: &RuleSet) -> Analysis {
    let disk = Arc::new(Disk::new());
    for (path, text) in buffers {
        // A buffer that is not text (it holds a NUL) is told when its unit reads it.
        let _ = disk.overlay(path, text.clone().into_bytes());
    }
    let configs = Configs::new(&disk);
    let here = configs.of_directory(parent(path));
    let (own, problems) = match here.rule_directories.is_empty() {
        true => (None, Vec::new()),
        false => {
            let (set, problems) = rules::load(&here.rule_directories, &disk);
            (Some(set), problems)
        }
    };
    let selector =
        Selector::new(own.as_ref().unwrap_or(builtin), here.rule_directories.clone(), &configs, Choice::default());
    let files: Arc<dyn Files> = Arc::clone(&disk) as Arc<dyn Files>;
    let chosen = match selector.rules(&here) {
        Ok(chosen) => chosen,
        Err(problems) => {
            return Analysis { outcome: Outcome { problems, ..Outcome::default() }, units: Vec::new(), files };
        }
    };
    let excluded = |path: &str| configs.excludes(path);
    let request = Request {
        paths: Vec::new(),
        stdin: None,
        buffers: if excluded(path) { Vec::new() } else { vec![path.to_owned()] },
        settings: Settings::default(),
        wanted: Some(crate::check::wanted(&chosen)),
        source_dir: None,
        looking: Looking { excluded: &excluded, gitignore: true },
    };
    let ignoring = Ignoring { obey: true, require_reason: false, today: super::clock::today() };
    let Checked { mut outcome, units } = check(&request, &selector, &ignoring, &disk);
    outcome.problems.extend(problems);
    Analysis { outcome, units, files }
}

//! Candidates to units: what is worth parsing is parsed, and each unit is evaluated once, in its callers where it has
//! any.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::closure::Directories;
use super::mentions::Mentions;
use super::{passed, pins};
use crate::discover::{Candidates, Document, buffers, discover, holds_terraform};
use crate::disk::{Disk, Looking, shown};
use crate::finding::Problem;
use crate::model::Evaluator;
use crate::resolve::{Loaded, Settings, VariableSetting, cloudformation, plan, terraform};
use crate::source::files::{FileError, Files, parent};
use crate::source::{Source, Span, parallel};

/// What to load.
pub struct Request<'a> {
    /// Files and directories as the user wrote them; `-` is a plan on standard input.
    pub paths: Vec<String>,
    /// What was read from standard input, where `-` is among the paths.
    pub stdin: Option<Vec<u8>>,
    /// Files whose text is an editor's buffer, laid over the disk: paths as shown to people.
    pub buffers: Vec<String>,
    /// The folders that an editor works in, where callers of a module are looked for that is in no repository.
    pub folders: Vec<String>,
    /// What an editor's server has found out about callers before.
    pub callers: Option<&'a Callers>,
    /// What holds in every world.
    pub settings: Settings,
    /// Literals of which a file must mention one for any rule to speak of it. Asked when it is known what there is to look
    /// at.
    pub wanted: &'a (dyn Fn() -> Vec<String> + Sync),
    /// Whether files that mention none are parsed too.
    pub everything: bool,
    /// The Terraform sources of the plans.
    pub source_dir: Option<String>,
    /// What is not looked for in directories.
    pub looking: Looking<'a>,
    /// Where it is counted how far the run is.
    pub progress: Arc<super::Progress>,
}

/// What a request gave.
#[derive(Default)]
pub struct Everything {
    /// Units and problems.
    pub loaded: Loaded,
    /// How many files were looked at.
    pub files: usize,
}

/// Finds, reads and links everything that the request names.
pub fn load(request: &Request<'_>, disk: &Arc<Disk>) -> Everything {
    let paths: Vec<String> = request.paths.iter().filter(|path| *path != "-").cloned().collect();
    let mut candidates = discover(&paths, &request.looking, disk);
    candidates.merge(buffers(&request.buffers, disk));
    let wanted = (request.wanted)();
    let mentions = Mentions::of(&wanted, request.everything, pins::names(&request.settings));
    let run = Run { request, mentions, disk };
    let mut all = Everything::default();
    for (path, why) in std::mem::take(&mut candidates.unreadable) {
        all.loaded.problems.push(Problem::path("unreadable", path, why));
    }
    all.loaded.problems.extend(passed::over(&mut candidates, &run.mentions, disk));
    if let Some(bytes) = &request.stdin {
        all.files += 1;
        merge(&mut all.loaded, run.standard_input(bytes.clone()));
    }
    let mut names = BTreeSet::new();
    merge(&mut all.loaded, run.documents(&candidates.documents, &mut names));
    let directories = run.directories(&candidates, &mut names);
    all.files += candidates.documents.len() + directories.files;
    merge(&mut all.loaded, directories.loaded);
    drop_covered(&mut all.loaded.units);
    all.loaded.problems.extend(pins::unknown(&request.settings, &all.loaded.units, &names));
    passed::placeholders(&mut all.loaded.problems, disk.sources());
    all
}

fn merge(into: &mut Loaded, from: Loaded) {
    into.units.extend(from.units);
    into.problems.extend(from.problems);
}

/// A unit that another one includes is judged there.
fn drop_covered(units: &mut Vec<Box<dyn Evaluator>>) {
    let covered: BTreeSet<String> = units.iter().flat_map(|unit| unit.covers()).collect();
    units.retain(|unit| !covered.contains(unit.name()));
    units.sort_by(|a, b| a.name().cmp(b.name()));
}

fn problem(problem: Problem) -> Loaded {
    Loaded { units: Vec::new(), problems: vec![problem] }
}

/// Below this many documents a thread pool costs more than it saves.
const PARALLEL_FROM: usize = 16;

/// What one document is: a template, which still has to learn what others export, or a plan, or a problem.
#[derive(Default)]
struct Read {
    template: Option<cloudformation::Unit>,
    rest: Loaded,
    /// Whether it takes what another template exports.
    imports: bool,
    /// Whether it was not parsed, and may export something.
    exports: bool,
    /// Names of inputs that the user set, and that stand in what was not parsed.
    names: BTreeSet<String>,
}

impl From<Problem> for Read {
    fn from(told: Problem) -> Self {
        Read { rest: problem(told), ..Read::default() }
    }
}

/// One run of a request.
struct Run<'a> {
    request: &'a Request<'a>,
    mentions: Mentions<'a>,
    disk: &'a Arc<Disk>,
}

impl Run<'_> {
    fn files(&self) -> Arc<dyn Files> {
        Arc::clone(self.disk) as Arc<dyn Files>
    }

    fn standard_input(&self, bytes: Vec<u8>) -> Loaded {
        if plan::is_binary_plan(&bytes) {
            return problem(plan::binary_plan("-"));
        }
        match self.disk.sources().add("-", bytes) {
            Ok(source) => {
                // What comes through a pipe was meant to be judged.
                let mut read = self.source(&source, true);
                read.rest.units.extend(read.template.map(|unit| Box::new(unit) as Box<dyn Evaluator>));
                if read.rest.units.is_empty() && read.rest.problems.iter().all(|problem| problem.not_read) {
                    // The command before the pipe may have said nothing because it broke.
                    let message =
                        if source.text().trim().is_empty() { "it is empty" } else { "it is no plan and no template" };
                    let help = "`terraform show -json plan.out | strongroom check -` gives a plan";
                    return problem(Problem::path("syntax", "-", message).help(help));
                }
                read.rest
            }
            Err(why) => problem(Problem::path("encoding", "-", why)),
        }
    }

    fn documents(&self, documents: &[Document], names: &mut BTreeSet<String>) -> Loaded {
        let one = |document: &Document| {
            self.request.progress.read_one();
            self.document(document, false)
        };
        let mut all: Vec<Read> = parallel::map(documents, PARALLEL_FROM, one);
        // What a template imports may be exported by one that mentions nothing itself.
        if all.iter().any(|read| read.imports) {
            let exporters = documents.iter().zip(&all).filter(|(_, read)| read.exports);
            let exporters: Vec<&Document> = exporters.map(|(document, _)| document).collect();
            all.extend(parallel::map(&exporters, PARALLEL_FROM, |document| self.document(document, true)));
        }
        let mut loaded = Loaded::default();
        let mut templates = Vec::new();
        for next in all {
            names.extend(next.names);
            templates.extend(next.template);
            merge(&mut loaded, next.rest);
        }
        let mut exports = cloudformation::Exports::new();
        for template in &templates {
            exports.add(template);
        }
        let exports = Arc::new(exports);
        for template in templates {
            loaded.units.push(Box::new(template.with_exports(Arc::clone(&exports))));
        }
        loaded
    }

    /// One document; `wanted` says that it is worth parsing whatever it mentions.
    fn document(&self, Document { path, named }: &Document, wanted: bool) -> Read {
        let mut passed = Read::default();
        let keep = |text: &str| {
            let keep = *named || wanted || self.mentions.parse(text) || plan::is_plan(text);
            passed.exports = !keep && text.contains("Export");
            passed.names.extend(self.mentions.names(text));
            keep
        };
        match self.disk.read_if(path, keep) {
            Ok(Some(source)) => self.source(&source, *named),
            Ok(None) => passed,
            Err(why) => self.unreadable(path, *named, &why).into(),
        }
    }

    fn unreadable(&self, path: &str, named: bool, why: &FileError) -> Problem {
        match why {
            FileError::NotText(_) if self.disk.bytes(path).is_ok_and(|bytes| plan::is_binary_plan(&bytes)) => {
                let told = plan::binary_plan(path);
                // One that only lies there was not given to be judged.
                if named { told } else { told.not_read() }
            }
            FileError::NotText(why) => Problem::path("encoding", path, why),
            FileError::Encrypted => terraform::encrypted(path),
            FileError::Outside if !named => {
                let message = "links that lead out of what is checked are not followed";
                Problem::path("outside", path, message).help("check what they lead to by itself").not_read()
            }
            why => Problem::path("unreadable", path, why.to_string()),
        }
    }

    fn source(&self, source: &Arc<Source>, named: bool) -> Read {
        let text = source.text();
        if plan::is_plan(text) {
            return Read { rest: self.plan(source), ..Read::default() };
        }
        if named && let Some(told) = plan::not_a_plan(source) {
            return told.into();
        }
        let (template, mut problems) = cloudformation::read(source, self.disk.as_ref(), &self.request.settings);
        if template.is_none() && problems.is_empty() && self.mentions.hit(text) {
            problems.push(passed::no_template(source));
        }
        let imports = ["ImportValue", "GetStackOutput"].iter().any(|function| text.contains(function));
        Read { template, rest: Loaded { units: Vec::new(), problems }, imports, ..Read::default() }
    }

    fn plan(&self, source: &Arc<Source>) -> Loaded {
        let mut loaded = Loaded::default();
        let beside = match &self.request.source_dir {
            Some(directory) => {
                let sources = self.planned_sources(&shown(directory), source);
                loaded.problems.extend(sources.problems);
                sources.units.into_iter().next().map_or(plan::Beside::Nothing, plan::Beside::Given)
            }
            // Where the plan lies beside its sources, or is checked from among them, they need not be named.
            None => [parent(source.path()), "."]
                .into_iter()
                .filter(|directory| holds_terraform(directory, self.disk.as_ref()))
                .find_map(|directory| self.planned_sources(directory, source).units.into_iter().next())
                .map_or(plan::Beside::Nothing, plan::Beside::IfItFits),
        };
        let wants = |kind: &str| plan::matters(kind) || self.request.everything || self.mentions.wants(kind);
        merge(&mut loaded, plan::load(source, beside, &wants));
        loaded
    }

    /// The unit of a directory with the plan's values for its variables.
    fn planned_sources(&self, directory: &str, source: &Source) -> Loaded {
        let mut settings = self.request.settings.clone();
        let planned = plan::variables(source).into_iter();
        settings.variables.extend(planned.map(|(name, value)| VariableSetting::Value(name, value)));
        terraform::load(directory, &self.files(), &settings)
    }

    fn directories(&self, candidates: &Candidates, names: &mut BTreeSet<String>) -> Everything {
        let (request, disk) = (self.request, self.disk);
        let mut start = candidates.directories.clone();
        // A named file of a module stands for the roots that call it, wherever in the repository they are.
        let selected: BTreeSet<String> = candidates.selected.clone();
        let mut known = Directories::read(&start, disk, &self.mentions);
        let homeless = selected.iter().any(|directory| known.get(directory).is_some_and(|known| !known.root));
        let mut told = Vec::new();
        if homeless {
            let look = || {
                let everything = discover(&neighbourhood(&selected, request, disk), &request.looking, disk);
                let known = Directories::read(&(&start | &everything.directories), disk, &self.mentions);
                selected.iter().flat_map(|directory| known.callers(directory)).collect()
            };
            let mut callers = match request.callers {
                Some(remembered) => remembered.of(&selected, look),
                None => look(),
            };
            if let Some(buffer) = request.buffers.first() {
                told.extend(few(&mut callers, buffer, disk));
            }
            start.extend(callers);
            known = Directories::read(&start, disk, &self.mentions);
        }
        let files = known.files();
        start.retain(|directory| {
            let reaches = request.everything || known.reaches(directory);
            if !reaches {
                names.extend(known.get(directory).into_iter().flat_map(|known| known.names.iter().cloned()));
            }
            reaches
        });
        // Callers first: what they include needs no loading by itself.
        let called: BTreeSet<&String> =
            start.iter().filter(|directory| !known.callers(directory).is_disjoint(&start)).collect();
        let (later, first): (Vec<&String>, Vec<&String>) =
            start.iter().partition(|directory| called.contains(directory));
        let mut loaded = Loaded { units: Vec::new(), problems: told };
        for next in self.load_all(&first) {
            merge(&mut loaded, next);
        }
        let covered: BTreeSet<String> = loaded.units.iter().flat_map(|unit| unit.covers()).collect();
        let rest: Vec<&String> = later.into_iter().filter(|directory| !covered.contains(*directory)).collect();
        for next in self.load_all(&rest) {
            merge(&mut loaded, next);
        }
        Everything { loaded, files }
    }

    fn load_all(&self, directories: &[&String]) -> Vec<Loaded> {
        let files = self.files();
        let one = |directory: &&String| {
            self.request.progress.read_one();
            terraform::load(directory, &files, &self.request.settings)
        };
        parallel::map(directories, 4, one)
    }
}

/// The callers of modules, as they were found: an editor asks at every keystroke, and finding them reads a repository.
#[derive(Debug, Default)]
pub struct Callers(Mutex<BTreeMap<BTreeSet<String>, BTreeSet<String>>>);

impl Callers {
    /// What is remembered of these modules, or else what `look` finds.
    fn of(&self, modules: &BTreeSet<String>, look: impl FnOnce() -> BTreeSet<String>) -> BTreeSet<String> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(modules.clone()).or_insert_with(look).clone()
    }

    /// Forgets everything: files came, went or changed.
    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Most callers in which a module is judged while somebody types in it: a repository may have hundreds.
const EDITED_IN: usize = 4;

/// Leaves the callers that matter most to who edits `buffer`: those that are open themselves, then the nearest. Tells
/// where some are left out.
fn few(callers: &mut BTreeSet<String>, buffer: &str, disk: &Disk) -> Option<Problem> {
    if callers.len() <= EDITED_IN {
        return None;
    }
    let near = |directory: &str| directory.split('/').zip(buffer.split('/')).take_while(|(a, b)| a == b).count();
    let mut ordered: Vec<&String> = callers.iter().collect();
    ordered.sort_by_key(|directory| (!disk.is_overlaid(directory), std::cmp::Reverse(near(directory)), *directory));
    let kept: BTreeSet<String> = ordered.into_iter().take(EDITED_IN).cloned().collect();
    let message = format!(
        "{} directories call this module: here it is judged in {}",
        callers.len(),
        kept.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
    );
    *callers = kept;
    let source = disk.read(buffer).ok()?;
    let line = source.line_range(0);
    let problem = Problem::at("not-judged", Span::new(source.id(), line.start, line.end), message);
    Some(problem.help("`strongroom check` judges it in all of them").not_fatal())
}

/// Where the callers of some modules may be: their repositories, and the folders that an editor works in.
fn neighbourhood(modules: &BTreeSet<String>, request: &Request<'_>, disk: &Disk) -> Vec<String> {
    let mut roots: BTreeSet<String> = BTreeSet::new();
    for module in modules {
        let around = |folder: &&String| {
            format!("{}/", disk.absolute(module)).starts_with(&format!("{}/", disk.absolute(folder)))
        };
        let folder = || request.folders.iter().find(around).cloned();
        let above = |path: &str| disk.repository(path).map(|root| root.to_string_lossy().into_owned());
        // A directory that is not there yet is in the repository that the program stands in, or in none.
        roots.extend(above(module).or_else(folder).or_else(|| above(".")));
    }
    roots.into_iter().collect()
}

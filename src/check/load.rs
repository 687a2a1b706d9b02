//! Candidates to units: what is worth parsing is parsed, and each unit is evaluated once, in its callers where it has
//! any.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use memchr::memmem;

use crate::discover::{Candidates, Directories, Disk, Document, Looking, buffers, discover, is_terraform_file, shown};
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
    /// Literals of which a file must mention one to be parsed; `None` parses everything. Asked when it is known what there
    /// is to look at.
    pub wanted: Option<&'a (dyn Fn() -> Vec<String> + Sync)>,
    /// The Terraform sources of the plans.
    pub source_dir: Option<String>,
    /// What is not looked for in directories.
    pub looking: Looking<'a>,
    /// Where it is counted how far the run is.
    pub progress: Arc<super::Progress>,
}

/// Finds, reads and links everything that the request names.
pub fn load(request: &Request<'_>, disk: &Arc<Disk>) -> Loaded {
    let paths: Vec<String> = request.paths.iter().filter(|path| *path != "-").cloned().collect();
    let mut candidates = discover(&paths, &request.looking);
    candidates.merge(buffers(&request.buffers));
    let mut loaded = Loaded::default();
    for (path, why) in std::mem::take(&mut candidates.unreadable) {
        loaded.problems.push(Problem::path("unreadable", path, why));
    }
    if let Some(directory) = candidates.terragrunt.first() {
        let others = match candidates.terragrunt.len() {
            1 => String::new(),
            2 => ", like 1 other".to_owned(),
            n => format!(", like {} others", n - 1),
        };
        let message = format!("this directory holds only Terragrunt's terragrunt.hcl, which is not read{others}");
        let help = "check the Terraform that Terragrunt generates, or the plan: `terragrunt show -json plan.out | strongroom check -`";
        loaded.problems.push(Problem::path("not-read", directory, message).help(help).not_fatal());
    }
    let wanted: Vec<String> = request.wanted.map(|wanted| wanted()).unwrap_or_default();
    let finders: Vec<memmem::Finder<'_>> = wanted.iter().map(|literal| memmem::Finder::new(literal.as_str())).collect();
    if let Some(bytes) = &request.stdin {
        merge(&mut loaded, standard_input(bytes.clone(), &finders, request, disk));
    }
    merge(&mut loaded, documents(&candidates.documents, &finders, request, disk));
    merge(&mut loaded, directories(&candidates, &finders, request, disk));
    drop_covered(&mut loaded.units);
    loaded
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

fn standard_input(bytes: Vec<u8>, finders: &[memmem::Finder<'_>], request: &Request<'_>, disk: &Arc<Disk>) -> Loaded {
    if plan::is_binary_plan(&bytes) {
        return problem(plan::binary_plan("-"));
    }
    match disk.sources().add("-", bytes) {
        Ok(source) => {
            let mut read = one_document(&source, true, finders, request, disk);
            read.rest.units.extend(read.template.map(|unit| Box::new(unit) as Box<dyn Evaluator>));
            if read.rest.units.is_empty() && read.rest.problems.is_empty() {
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

fn problem(problem: Problem) -> Loaded {
    Loaded { units: Vec::new(), problems: vec![problem] }
}

/// Below this many documents a thread pool costs more than it saves.
const PARALLEL_FROM: usize = 16;

fn documents(
    documents: &[Document],
    finders: &[memmem::Finder<'_>],
    request: &Request<'_>,
    disk: &Arc<Disk>,
) -> Loaded {
    let read = |document: &Document| match disk.read_large(&document.path) {
        Ok(source) => one_document(&source, document.named, finders, request, disk),
        // A file that only looks like ours by its extension may be anything; one that was named must be readable.
        Err(FileError::NotText(why)) if document.named => match disk.bytes(&document.path) {
            Ok(bytes) if plan::is_binary_plan(&bytes) => Read::problem(plan::binary_plan(&document.path)),
            _ => Read::problem(Problem::path("encoding", &document.path, why)),
        },
        Err(error @ (FileError::NotFound | FileError::Unreadable(_))) => {
            Read::problem(Problem::path("unreadable", &document.path, error.to_string()))
        }
        Err(error) if document.named => Read::problem(Problem::path("unreadable", &document.path, error.to_string())),
        Err(_) => Read::default(),
    };
    let one = |document: &Document| {
        request.progress.read_one();
        read(document)
    };
    let all: Vec<Read> = parallel::map(documents, PARALLEL_FROM, one);
    let mut loaded = Loaded::default();
    let mut templates = Vec::new();
    for next in all {
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

/// What one document is: a template, which still has to learn what others export, or a plan, or a problem.
#[derive(Default)]
struct Read {
    template: Option<cloudformation::Unit>,
    rest: Loaded,
}

impl Read {
    fn problem(problem: Problem) -> Self {
        Read { template: None, rest: Loaded { units: Vec::new(), problems: vec![problem] } }
    }
}

fn one_document(
    source: &Arc<Source>,
    named: bool,
    finders: &[memmem::Finder<'_>],
    request: &Request<'_>,
    disk: &Arc<Disk>,
) -> Read {
    let files: Arc<dyn Files> = Arc::clone(disk) as Arc<dyn Files>;
    if plan::is_plan(source.text()) {
        return Read { template: None, rest: one_plan(source, finders, request, &files) };
    }
    let text = source.text().as_bytes();
    // What comes through a pipe was meant to be judged.
    let mentions = finders.is_empty() || **source.path() == *"-" || finders.iter().any(|it| it.find(text).is_some());
    if named && let Some(told) = plan::not_a_plan(source) {
        return Read::problem(told);
    }
    if !mentions {
        return Read::default();
    }
    let (template, problems) = cloudformation::read(source, disk.as_ref(), &request.settings);
    Read { template, rest: Loaded { units: Vec::new(), problems } }
}

fn one_plan(
    source: &Arc<Source>,
    finders: &[memmem::Finder<'_>],
    request: &Request<'_>,
    files: &Arc<dyn Files>,
) -> Loaded {
    let mut loaded = Loaded::default();
    let beside = match &request.source_dir {
        Some(directory) => {
            let sources = planned_sources(&shown(directory), source, request, files);
            loaded.problems.extend(sources.problems);
            sources.units.into_iter().next().map_or(plan::Beside::Nothing, plan::Beside::Given)
        }
        // Where the plan lies beside its sources, or is checked from among them, they need not be named.
        None => [parent(source.path()), "."]
            .into_iter()
            .filter(|directory| holds_terraform(directory, files.as_ref()))
            .find_map(|directory| planned_sources(directory, source, request, files).units.into_iter().next())
            .map_or(plan::Beside::Nothing, plan::Beside::IfItFits),
    };
    let wants = |kind: &str| {
        plan::matters(kind) || finders.is_empty() || finders.iter().any(|it| it.needle() == kind.as_bytes())
    };
    merge(&mut loaded, plan::load(source, beside, &wants));
    loaded
}

fn holds_terraform(directory: &str, files: &dyn Files) -> bool {
    let members = files.list(directory).unwrap_or_default();
    members.iter().any(|member| !member.directory && is_terraform_file(&member.name))
}

/// The unit of a directory with the plan's values for its variables.
fn planned_sources(directory: &str, source: &Source, request: &Request<'_>, files: &Arc<dyn Files>) -> Loaded {
    let mut settings = request.settings.clone();
    let planned = plan::variables(source).into_iter();
    settings.variables.extend(planned.map(|(name, value)| VariableSetting::Value(name, value)));
    terraform::load(directory, files, &settings)
}

fn directories(
    candidates: &Candidates,
    finders: &[memmem::Finder<'_>],
    request: &Request<'_>,
    disk: &Arc<Disk>,
) -> Loaded {
    let mut start = candidates.directories.clone();
    // A named file of a module stands for the roots that call it, wherever in the repository they are.
    let selected: BTreeSet<String> = candidates.selected.clone();
    let mut known = Directories::read(&start, disk.as_ref(), finders);
    let homeless = selected.iter().any(|directory| known.get(directory).is_some_and(|known| !known.root));
    let mut told = Vec::new();
    if homeless {
        let look = || {
            let everything = discover(&neighbourhood(&selected, request, disk), &request.looking);
            let known = Directories::read(&(&start | &everything.directories), disk.as_ref(), finders);
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
        known = Directories::read(&start, disk.as_ref(), finders);
    }
    start.retain(|directory| known.reaches(directory));
    // Callers first: what they include needs no loading by itself.
    let called: BTreeSet<&String> =
        start.iter().filter(|directory| !known.callers(directory).is_disjoint(&start)).collect();
    let (later, first): (Vec<&String>, Vec<&String>) = start.iter().partition(|directory| called.contains(directory));
    let files: Arc<dyn Files> = Arc::clone(disk) as Arc<dyn Files>;
    let mut loaded = Loaded { units: Vec::new(), problems: told };
    for next in load_all(&first, &files, request) {
        merge(&mut loaded, next);
    }
    let covered: BTreeSet<String> = loaded.units.iter().flat_map(|unit| unit.covers()).collect();
    let rest: Vec<&String> = later.into_iter().filter(|directory| !covered.contains(*directory)).collect();
    for next in load_all(&rest, &files, request) {
        merge(&mut loaded, next);
    }
    loaded
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

fn load_all(directories: &[&String], files: &Arc<dyn Files>, request: &Request<'_>) -> Vec<Loaded> {
    let one = |directory: &&String| {
        request.progress.read_one();
        terraform::load(directory, files, &request.settings)
    };
    parallel::map(directories, 4, one)
}

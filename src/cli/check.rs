//! `strongroom check`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use super::args::{CheckArgs, FailOn, JudgeArgs};
use super::config::configs;
use super::rules::Directory;
use super::since::Changed;
use super::{Done, Stop, mend, pins, progress, rules, terminal};
use crate::baseline::{Baseline, Fate};
use crate::check::{Checked, Configs, Ignoring, Request, Selector, check, fill_fixes, is_below, wanted};
use crate::config::Config;
use crate::disk::{Disk, Looking, shown};
use crate::finding::{Outcome, Problem, Severity};
use crate::model::Evaluator;
use crate::report::{Format, Options, RuleInfo, exit_code, write};
use crate::rule::{Choice, Listed, Rule, RuleSet};
use crate::source::files::{FileError, Files, parent};
use crate::source::leaving::Medium;
use crate::source::{Source, Sources};

pub(super) fn run(args: &CheckArgs, words: &[String]) -> Done {
    let started = Instant::now();
    let settled = Settled::of(args)?;
    let args = &settled.args;
    let formats = formats(&args.format)?;
    let changed = match &args.since {
        Some(reference) => {
            let disk = Disk::new(&args.judge.paths);
            Some(Changed::since(reference, &start_of(&args.judge.paths, &disk), &disk)?)
        }
        None => None,
    };
    let judge = |disk: &Arc<Disk>| judge(&settled, changed.as_ref(), words, disk);
    let (judged, disk) = if args.diff {
        return mend::diff(args, &judge);
    } else if args.fix.is_some() {
        mend::fix(args, &judge)?
    } else {
        let disk = Arc::new(Disk::new(&named(args)));
        (judge(&disk)?, disk)
    };
    let Judged { checked: Checked { mut outcome, units }, rules, remarks } = judged;
    if let Some(path) = &args.write_baseline {
        return write_baseline(path, &outcome, &disk);
    }
    remarks.iter().for_each(|remark| terminal::complain(&disk.sources().veil(remark)));
    // Beyond what code scanning shows nobody reads each finding's fix; proposing them costs more than all the rest.
    let readable = outcome.findings.len() <= 5_000;
    if readable && formats.iter().any(|(format, _)| matches!(format, Format::Sarif | Format::Rdjson)) {
        fill_fixes(&mut outcome.findings, &units, disk.sources());
    }
    let rules = infos(&formats, &outcome, &rules);
    let code = code(args, &outcome);
    if let Some(least) = settled.severity {
        outcome.findings.retain(|finding| finding.severity >= least);
    }
    report(&settled, &formats, &outcome, &rules, &disk, started)?;
    Ok(code)
}

/// The command line, completed by the configuration of what it names first.
struct Settled {
    args: CheckArgs,
    /// The least severity that is printed.
    severity: Option<Severity>,
    /// Whether the formats, and the baseline, are the configuration's: then they reach no further than it does.
    formats_of_configuration: bool,
    baseline_of_configuration: bool,
}

impl Settled {
    fn of(args: &CheckArgs) -> Result<Self, Stop> {
        let mut args = args.clone();
        let disk = Arc::new(Disk::new(&named(&args)));
        let config = configs(args.judge.config.as_deref(), &disk)?.of_directory(&start_of(&args.judge.paths, &disk));
        let run = &config.run;
        args.strict |= run.strict == Some(true);
        args.judge.require_reason |= run.require_reason == Some(true);
        args.fail_on = args.fail_on.or_else(|| {
            run.fail_on.map(|severity| match severity {
                None => FailOn::Never,
                Some(Severity::Advice) => FailOn::Advice,
                Some(Severity::Warning) => FailOn::Warning,
                Some(Severity::Error) => FailOn::Error,
            })
        });
        let formats_of_configuration = args.format.is_empty() && !args.diff && !run.formats.is_empty();
        if formats_of_configuration {
            args.format.clone_from(&run.formats);
        }
        let baseline_of_configuration =
            args.baseline.is_none() && args.write_baseline.is_none() && run.baseline.is_some();
        if baseline_of_configuration {
            args.baseline.clone_from(&run.baseline);
        }
        Ok(Settled { args, severity: run.severity, formats_of_configuration, baseline_of_configuration })
    }
}

/// The paths of a command line that say what may be read.
pub(super) fn named(args: &CheckArgs) -> Vec<String> {
    [args.judge.named(), args.stdin_filename.iter().cloned().collect()].concat()
}

/// The exit code that an outcome has by the command line.
pub(super) fn code(args: &CheckArgs, outcome: &Outcome) -> u8 {
    match threshold(args.fail_on.unwrap_or(FailOn::Warning)) {
        Some(severity) => exit_code(outcome, args.strict, severity),
        None => exit_code(outcome, false, Severity::Error) & 2,
    }
}

/// What a run is about: what counts of it, and what there is to say besides.
pub(super) struct Judged {
    pub(super) checked: Checked,
    pub(super) rules: Vec<Arc<Listed>>,
    pub(super) remarks: Vec<String>,
}

/// Judges what the command line names, as the baseline and `--since` leave it.
fn judge(settled: &Settled, changed: Option<&Changed>, words: &[String], disk: &Arc<Disk>) -> Result<Judged, Stop> {
    let args = &settled.args;
    let (mut checked, rules) = gather(&args.judge, args.stdin_filename.as_deref(), words, args.quiet, disk)?;
    let mut remarks = Vec::new();
    if let Some(path) = args.baseline.as_ref().filter(|_| args.write_baseline.is_none()) {
        let read = if settled.baseline_of_configuration {
            disk.configured().read(path)
        } else {
            disk.read_named(&shown(path))
        };
        remarks.extend(compare(path, read, &mut checked.outcome, &checked.units, &args.judge.paths, disk)?);
    }
    if let Some(changed) = changed.filter(|_| args.write_baseline.is_none()) {
        let count = changed.keep(&mut checked.outcome, disk);
        if count > 0 && !args.quiet {
            let reference = args.since.as_deref().unwrap_or_default();
            let noun = if count == 1 { "finding is" } else { "findings are" };
            remarks.push(format!("strongroom: {count} {noun} not told: nothing of them changed since {reference}"));
        }
    }
    Ok(Judged { checked, rules, remarks })
}

/// Judges what the command line names; the outcome, the units, and the rules that judged them.
pub(super) fn gather(
    args: &JudgeArgs,
    stdin_filename: Option<&str>,
    words: &[String],
    quiet: bool,
    disk: &Arc<Disk>,
) -> Result<(Checked, Vec<Arc<Listed>>), Stop> {
    let stop = |problem| Stop::problem(&problem, disk.sources());
    let settings = pins::settings(&args.pins, words, disk).map_err(stop)?;
    let configs = configs(args.config.as_deref(), disk)?;
    let judging = Judging::new(args, &configs, disk)?;
    let selector = judging.selector(args, &configs);
    let excluded = |path: &str| configs.excludes(path);
    let wanted = || judging.wanted(&selector, args);
    let mut request = Request {
        paths: args.paths.clone(),
        stdin: terminal::standard_input(&args.paths)?,
        buffers: Vec::new(),
        folders: Vec::new(),
        callers: None,
        settings,
        wanted: &wanted,
        everything: args.no_prefilter,
        source_dir: args.source_dir.clone(),
        looking: Looking { excluded: &excluded, gitignore: !args.no_gitignore },
        progress: Arc::default(),
    };
    if let Some(path) = stdin_filename {
        buffer(path, &mut request, disk)?;
    }
    let ignoring =
        Ignoring { obey: !args.no_ignores, require_reason: args.require_reason, today: super::clock::today() };
    let progress = Arc::clone(&request.progress);
    let mut checked = progress::shown(quiet, &progress, || check(&request, &selector, &ignoring, disk));
    checked.outcome.problems.extend(judging.problems.iter().cloned());
    super::repeated::once(&mut checked.outcome.problems);
    Ok((checked, selector.rules_that_ran()))
}

/// The rules of a run: those of the program, of the command line, and of the configurations of all paths.
struct Judging {
    set: RuleSet,
    directories: Vec<String>,
    here: Vec<Arc<Config>>,
    problems: Vec<Problem>,
}

impl Judging {
    fn new(args: &JudgeArgs, configs: &Configs, disk: &Arc<Disk>) -> Result<Self, Stop> {
        let paths = args.paths.iter().filter(|path| *path != "-");
        let mut starts: Vec<String> = paths.map(|path| start(path, disk)).collect();
        if starts.is_empty() {
            starts.push(".".to_owned());
        }
        starts.sort();
        starts.dedup();
        let here: Vec<Arc<Config>> = starts.iter().map(|start| configs.of_directory(start)).collect();
        let mut directories: Vec<Directory> =
            args.rules.directories.iter().map(|path| Directory::named(path)).collect();
        for path in here.iter().flat_map(|config| &config.rule_directories) {
            if !directories.iter().any(|known| known.path == *path) {
                directories.push(Directory::configured(path));
            }
        }
        let (set, problems) = rules::load(&directories, disk);
        let directories = directories.into_iter().map(|directory| directory.path).collect();
        let judging = Judging { set, directories, here, problems };
        let selector = judging.selector(args, configs);
        for config in &judging.here {
            // What else is wrong with the configuration is told with it.
            selector.rules(config).map_err(|found| told(&[configs.problems(), found].concat(), disk))?;
        }
        Ok(judging)
    }

    fn selector<'a>(&'a self, args: &JudgeArgs, configs: &'a Configs) -> Selector<'a> {
        let choice = Choice {
            select: args.select.clone(),
            ignore: args.ignore.clone(),
            profiles: args.profile.clone(),
            ..Choice::default()
        };
        Selector::new(&self.set, self.directories.clone(), configs, choice)
    }

    /// What a file must mention for any rule to speak of it that is chosen somewhere in the directories looked at. A named
    /// file may be a module's, and its callers have configurations that were not met yet, nor was a buffer's own: there any
    /// rule counts.
    fn wanted(&self, selector: &Selector<'_>, args: &JudgeArgs) -> Vec<String> {
        let is_file = |path: &String| !selector.configs().disk().is_directory(path);
        if args.select.is_empty() && args.paths.iter().any(is_file) {
            return wanted(self.set.listed());
        }
        let met = selector.configs().met();
        let chosen: Vec<Arc<Listed>> =
            met.iter().chain(&self.here).filter_map(|config| selector.rules(config).ok()).flatten().collect();
        wanted(&chosen)
    }
}

/// The directory whose configuration holds for a path.
pub(super) fn start(path: &str, disk: &Disk) -> String {
    let as_shown = shown(path);
    if disk.is_directory(path) { as_shown } else { parent(&as_shown).to_owned() }
}

/// The directory that git is asked in.
fn start_of(paths: &[String], disk: &Disk) -> String {
    paths.iter().find(|path| *path != "-").map_or_else(|| ".".to_owned(), |path| start(path, disk))
}

fn told(problems: &[Problem], disk: &Disk) -> Stop {
    let texts: Vec<String> = problems.iter().map(|problem| Stop::problem(problem, disk.sources()).0).collect();
    Stop(texts.join("\n"))
}

/// Lays standard input over the file that an editor names.
fn buffer(path: &str, request: &mut Request<'_>, disk: &Disk) -> Result<(), Stop> {
    let Some(bytes) = request.stdin.take() else {
        return Err(Stop(
            "strongroom: --stdin-filename names the buffer on standard input\n  help: write `strongroom check - --stdin-filename FILE`"
                .to_owned(),
        ));
    };
    let path = shown(path);
    disk.overlay(&path, bytes).map_err(|error| Stop(format!("strongroom: {path}: {error}")))?;
    request.buffers.push(path);
    Ok(())
}

fn threshold(fail_on: FailOn) -> Option<Severity> {
    match fail_on {
        FailOn::Error => Some(Severity::Error),
        FailOn::Warning => Some(Severity::Warning),
        FailOn::Advice => Some(Severity::Advice),
        FailOn::Never => None,
    }
}

fn formats(flags: &[String]) -> Result<Vec<(Format, Option<String>)>, Stop> {
    let one = |flag: &String| {
        let (name, file) = match flag.split_once('=') {
            Some((name, file)) => (name, Some(file.to_owned())),
            None => (flag.as_str(), None),
        };
        let known = Format::ALL.map(Format::name);
        Format::from_name(name).map(|format| (format, file)).ok_or_else(|| {
            Stop(format!("strongroom: there is no format `{name}`\n  help: choose one of {}", known.join(", ")))
        })
    };
    let list: Vec<_> = flags.iter().map(one).collect::<Result<_, _>>()?;
    if list.iter().filter(|(_, file)| file.is_none()).count() > 1 {
        let message = "strongroom: two formats can't share standard output";
        return Err(Stop(format!("{message}\n  help: give all but one a file: --format sarif=out.sarif")));
    }
    Ok(if list.is_empty() { vec![(Format::Human, None)] } else { list })
}

fn report(
    settled: &Settled,
    formats: &[(Format, Option<String>)],
    outcome: &Outcome,
    rules: &[RuleInfo],
    disk: &Disk,
    started: Instant,
) -> Result<(), Stop> {
    let args = &settled.args;
    // A report that can't be written keeps no other one back.
    let mut broken: Vec<String> = Vec::new();
    for (format, file) in formats {
        let to_terminal = file.is_none();
        let options = Options {
            strict: args.strict,
            fail_on: threshold(args.fail_on.unwrap_or(FailOn::Warning)).unwrap_or(Severity::Error),
            show_undecided: args.show_undecided,
            quiet: args.quiet,
            color: to_terminal && terminal::color(args.color),
            unicode: !to_terminal || terminal::unicode(),
            width: terminal::width(),
            elapsed: (to_terminal && terminal::shows_time()).then(|| started.elapsed()),
            rules,
        };
        let mut text = Vec::new();
        let written = write(*format, outcome, disk.sources(), &options, &mut text)?;
        let text = terminal::leaving(&text, format.medium(options.color), disk.sources());
        match file {
            None => terminal::print(&text, format.medium(options.color), &Sources::new())?,
            Some(path) => {
                let write = if settled.formats_of_configuration { Disk::write } else { Disk::write_named };
                if let Err(why) = write(disk, path, &text) {
                    broken.push(format!("strongroom: {path}: can't write the report: {why}"));
                }
            }
        }
        for remark in written.remarks {
            terminal::complain(&format!("strongroom: {remark}"));
        }
        if let (Some(summary), Some(path)) = (written.step_summary, std::env::var_os("GITHUB_STEP_SUMMARY"))
            && let Err(why) = disk.append_named(
                &path.to_string_lossy(),
                &terminal::leaving(summary.as_bytes(), Medium::Text, disk.sources()),
            )
        {
            broken.push(format!("strongroom: {}: can't write the job's summary: {why}", path.to_string_lossy()));
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(Stop(broken.join("\n"))) }
}

fn write_baseline(path: &str, outcome: &Outcome, disk: &Disk) -> Done {
    for problem in &outcome.problems {
        terminal::complain(&Stop::problem(problem, disk.sources()).0);
    }
    let baseline = Baseline::of(&outcome.findings);
    disk.write_named(path, baseline.to_text().as_bytes())
        .map_err(|why| Stop(format!("strongroom: {path}: can't write the baseline: {why}")))?;
    let count = outcome.findings.iter().filter(|finding| finding.suppressed.is_none()).count();
    terminal::print(
        format!("wrote {path}: {count} known {}\n", if count == 1 { "finding" } else { "findings" }).as_bytes(),
        Medium::Text,
        disk.sources(),
    )?;
    Ok(exit_code(outcome, false, Severity::Error) & 2)
}

/// Most entries that are told one by one.
const FIXED: usize = 20;

/// Marks what the baseline knows. Gives what there is to say of it.
fn compare(
    path: &str,
    read: Result<Arc<Source>, FileError>,
    outcome: &mut Outcome,
    units: &[Box<dyn Evaluator>],
    paths: &[String],
    disk: &Disk,
) -> Result<Vec<String>, Stop> {
    let source = read.map_err(|error| Stop(format!("strongroom: {path}: the baseline can't be read: {error}")))?;
    let baseline = Baseline::from_text(source.text()).map_err(|why| {
        Stop(format!("strongroom: {path}: {why}\n  help: write a new one with --write-baseline {path}"))
    })?;
    let judged: BTreeSet<&str> = units.iter().map(|unit| unit.name()).collect();
    let unit = |name: &str| match name {
        "-" => Fate::LookedAt,
        name if judged.contains(name) => Fate::LookedAt,
        name if disk.kind(name).is_err() => Fate::Gone,
        name if is_below(paths, &disk.absolute(name), disk) => Fate::LookedAt,
        _ => Fate::NotLookedAt,
    };
    let compared = baseline.apply(&mut outcome.findings, &unit);
    let one = |(rule, unit, address): &(String, String, String)| {
        format!("strongroom: {path}: {rule} at {address} in {unit} is mended")
    };
    let mut remarks: Vec<String> = compared.fixed.iter().take(FIXED).map(one).collect();
    match compared.fixed.len() {
        0 => {}
        count if count > FIXED => remarks.push(format!(
            "strongroom: {path}: {} more are mended; --write-baseline {path} makes the file shorter",
            count - FIXED
        )),
        _ => remarks.push(format!("strongroom: {path}: --write-baseline {path} makes the file shorter")),
    }
    Ok(remarks)
}

/// What the formats tell of rules: SARIF of all that ran, the others of those that speak.
fn infos(formats: &[(Format, Option<String>)], outcome: &Outcome, rules: &[Arc<Listed>]) -> Vec<RuleInfo> {
    let all = formats.iter().any(|(format, _)| *format == Format::Sarif);
    let speaks = |rule: &Listed| outcome.findings.iter().any(|finding| finding.rule == rule.id);
    let told = rules.iter().filter(|rule| all || speaks(rule));
    told.map(|rule| info(rule.rule())).collect()
}

/// What the formats tell of a rule.
fn info(rule: &Rule) -> RuleInfo {
    let controls =
        rule.controls.iter().flat_map(|(framework, ids)| ids.iter().map(move |id| (framework.clone(), id.clone())));
    RuleInfo {
        id: rule.id.clone(),
        summary: rule.summary.clone(),
        severity: rule.severity(),
        help_markdown: rule.body().to_owned(),
        controls: controls.collect(),
        docs: Some(format!("{}/blob/main/rules/{}.md", env!("CARGO_PKG_REPOSITORY"), rule.id)),
    }
}

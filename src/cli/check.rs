//! `strongroom check`.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use super::args::{CheckArgs, FailOn};
use super::{Done, Stop, pins, rules, terminal};
use crate::baseline::Baseline;
use crate::check::{Checked, Configs, Ignoring, Request, Selector, check, wanted};
use crate::discover::{Disk, shown};
use crate::finding::{Outcome, Severity};
use crate::report::{Format, Options, RuleInfo, exit_code, write};
use crate::rule::{Choice, Rule};
use crate::source::files::{Files, parent};

pub(super) fn run(args: &CheckArgs, words: &[String]) -> Done {
    let formats = formats(&args.format)?;
    let disk = Arc::new(Disk::new());
    let stop = |problem| Stop::problem(&problem, disk.sources());
    let settings = pins::settings(&args.pins, words, disk.as_ref()).map_err(stop)?;
    let configs = Configs::new(&disk);
    let here = configs.of_directory(&start(&args.paths));
    let directories: Vec<String> =
        args.rules.directories.iter().map(|path| shown(path)).chain(here.rule_directories.iter().cloned()).collect();
    let (set, mut problems) = rules::load(&directories, &disk);
    let choice = Choice {
        select: args.select.clone(),
        ignore: args.ignore.clone(),
        profiles: args.profile.clone(),
        ..Choice::default()
    };
    let selector = Selector::new(&set, &configs, choice);
    let chosen = selector.rules(&here).map_err(|found| told(&found, &disk))?;
    let excluded = |path: &str| configs.excludes(path);
    let mut request = Request {
        paths: args.paths.clone(),
        stdin: terminal::standard_input(&args.paths)?,
        buffers: Vec::new(),
        settings,
        wanted: (!args.no_prefilter).then(|| wanted(&chosen)),
        source_dir: args.source_dir.clone(),
        excluded: &excluded,
    };
    if let Some(path) = &args.stdin_filename {
        buffer(path, &mut request, &disk)?;
    }
    let ignoring =
        Ignoring { obey: !args.no_ignores, require_reason: args.require_reason, today: super::clock::today() };
    let Checked { mut outcome, .. } = check(&request, &selector, &ignoring, &disk);
    outcome.problems.append(&mut problems);
    if let Some(path) = &args.write_baseline {
        return write_baseline(path, &outcome);
    }
    if let Some(path) = &args.baseline {
        compare(path, &mut outcome, &disk)?;
    }
    let rules: Vec<RuleInfo> = set.iter().map(|rule| info(rule)).collect();
    report(args, &formats, &outcome, &rules, &disk)?;
    let fail_on = threshold(args.fail_on);
    Ok(match fail_on {
        Some(severity) => exit_code(&outcome, args.strict, severity),
        None => exit_code(&outcome, false, Severity::Error) & 2,
    })
}

/// The directory whose configuration says which rules there are: that of the first path.
fn start(paths: &[String]) -> String {
    let Some(first) = paths.iter().find(|path| *path != "-") else { return ".".to_owned() };
    let first_shown = shown(first);
    if Path::new(first).is_dir() { first_shown } else { parent(&first_shown).to_owned() }
}

fn told(problems: &[crate::finding::Problem], disk: &Disk) -> Stop {
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
    args: &CheckArgs,
    formats: &[(Format, Option<String>)],
    outcome: &Outcome,
    rules: &[RuleInfo],
    disk: &Disk,
) -> Result<(), Stop> {
    for (format, file) in formats {
        let to_terminal = file.is_none();
        let options = Options {
            strict: args.strict,
            fail_on: threshold(args.fail_on).unwrap_or(Severity::Error),
            show_undecided: args.show_undecided,
            quiet: args.quiet,
            color: to_terminal && terminal::color(args.color),
            unicode: terminal::unicode(),
            width: terminal::width(),
            elapsed: None,
            rules,
        };
        let mut text = Vec::new();
        let written = write(*format, outcome, disk.sources(), &options, &mut text)?;
        match file {
            None => terminal::print(&text)?,
            Some(path) => fs::write(path, &text).map_err(|error| {
                Stop(format!("strongroom: {path}: can't write the report: {}", crate::discover::sentence(&error)))
            })?,
        }
        for remark in written.remarks {
            terminal::complain(&format!("strongroom: {remark}"));
        }
        if let (Some(summary), Some(path)) = (written.step_summary, std::env::var_os("GITHUB_STEP_SUMMARY")) {
            let mut file = fs::OpenOptions::new().create(true).append(true).open(path)?;
            file.write_all(summary.as_bytes())?;
        }
    }
    Ok(())
}

fn write_baseline(path: &str, outcome: &Outcome) -> Done {
    let baseline = Baseline::of(&outcome.findings);
    fs::write(path, baseline.to_text()).map_err(|error| {
        Stop(format!("strongroom: {path}: can't write the baseline: {}", crate::discover::sentence(&error)))
    })?;
    let count = outcome.findings.iter().filter(|finding| finding.suppressed.is_none()).count();
    terminal::print(
        format!("wrote {path}: {count} known {}\n", if count == 1 { "finding" } else { "findings" }).as_bytes(),
    )?;
    Ok(exit_code(outcome, false, Severity::Error) & 2)
}

fn compare(path: &str, outcome: &mut Outcome, disk: &Disk) -> Result<(), Stop> {
    let source = disk
        .read(&shown(path))
        .map_err(|error| Stop(format!("strongroom: {path}: the baseline can't be read: {error}")))?;
    let baseline = Baseline::from_text(source.text()).map_err(|why| {
        Stop(format!("strongroom: {path}: {why}\n  help: write a new one with --write-baseline {path}"))
    })?;
    let compared = baseline.apply(&mut outcome.findings);
    for (rule, unit, address) in &compared.fixed {
        terminal::complain(&format!(
            "strongroom: {path}: {rule} at {address} in {unit} is mended; --write-baseline makes the file shorter"
        ));
    }
    Ok(())
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

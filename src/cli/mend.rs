//! `strongroom check --fix` and `--diff`: judge, choose, edit, judge again, until there is nothing left to mend.
//!
//! Everything is edited in memory and judged there before a byte is written. An edit that leaves its finding, or brings
//! another one (save an advice in place of something worse), is taken back and told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::args::{CheckArgs, FixWhich};
use super::check::{Judged, code, named};
use super::{Done, Stop, terminal};
use crate::check::Proposer;
use crate::disk::Disk;
use crate::finding::{Certainty, Finding, Fix, Outcome, Safety, Severity};
use crate::fix::{self, Chosen, apply, choose};
use crate::source::Encoding;
use crate::source::files::Files;
use crate::source::leaving::Medium;

/// Judges with a disk.
type Judge<'j> = dyn Fn(&Arc<Disk>) -> Result<Judged, Stop> + 'j;

/// Mends the files on disk. Gives what is left, and the disk that it was read from.
pub(super) fn fix(args: &CheckArgs, judge: &Judge<'_>) -> Result<(Judged, Arc<Disk>), Stop> {
    let work = Work::done(args, judge)?;
    let mut broken = Vec::new();
    for (path, file) in &work.files {
        let rewritten = work.disk.rewrite(path, &file.before, &file.now, file.encoding);
        if let Err(why) = rewritten {
            broken.push(format!("strongroom: {path}: can't be mended: {why}"));
        }
    }
    if !broken.is_empty() {
        return Err(Stop(broken.join("\n")));
    }
    if !args.quiet {
        work.tell("mended");
    }
    Ok((work.judged, work.disk))
}

/// Prints what would be changed. The exit code is that of the files as they are.
pub(super) fn diff(args: &CheckArgs, judge: &Judge<'_>) -> Done {
    let work = Work::done(args, judge)?;
    let mut text = String::new();
    for (path, file) in &work.files {
        text.push_str(&fix::diff(path, &file.before, &file.now));
    }
    terminal::print(text.as_bytes(), Medium::Text, work.disk.sources())?;
    for problem in &work.judged.checked.outcome.problems {
        terminal::complain(&Stop::problem(problem, work.disk.sources()).0);
    }
    if !args.quiet {
        work.tell("would be mended");
    }
    Ok(work.code)
}

/// A file that is edited.
#[derive(Clone)]
struct Edited {
    before: String,
    now: String,
    encoding: Encoding,
}

/// The files of a run while they are mended.
struct Work {
    files: BTreeMap<String, Edited>,
    judged: Judged,
    disk: Arc<Disk>,
    /// The paths that say what may be read.
    named: Vec<String>,
    /// The exit code before anything was mended.
    code: u8,
    /// What was mended: the path and what was done.
    mended: Vec<(String, String)>,
    /// What was taken back, by the finding's fingerprint: the path, what was to be done, and why it was not.
    refused: BTreeMap<String, (String, String, String)>,
    /// Findings that an unsafe fix could still mend.
    more: usize,
}

impl Work {
    fn done(args: &CheckArgs, judge: &Judge<'_>) -> Result<Work, Stop> {
        if args.judge.paths.iter().any(|path| path == "-") {
            let help = "write the buffer to its file first; in an editor, `strongroom lsp` offers fixes as actions";
            return Err(Stop(format!("strongroom: --fix mends files, and standard input is none\n  help: {help}")));
        }
        let allowed = match args.fix {
            Some(FixWhich::Unsafe) => Safety::Unsafe,
            Some(FixWhich::Safe) | None => Safety::Safe,
        };
        let disk = Arc::new(Disk::new(&named(args)));
        let judged = judge(&disk)?;
        let code = code(args, &judged.checked.outcome);
        let mut work = Work {
            files: BTreeMap::new(),
            judged,
            disk,
            named: named(args),
            code,
            mended: Vec::new(),
            refused: BTreeMap::new(),
            more: 0,
        };
        let mut one_by_one = false;
        while let Some(chosen) = work.choose(allowed, one_by_one) {
            one_by_one |= !work.round(&chosen, judge)?;
        }
        Ok(work)
    }

    /// What to edit next; `None` where there is nothing left.
    fn choose(&mut self, allowed: Safety, one_by_one: bool) -> Option<Chosen> {
        let checked = &mut self.judged.checked;
        let mut proposer = Proposer::new(&checked.units, self.disk.sources());
        let mut taken = false;
        self.more = 0;
        for finding in &mut checked.outcome.findings {
            finding.fixes.clear();
            if finding.suppressed.is_some() || (one_by_one && taken) || self.refused.contains_key(&finding.fingerprint)
            {
                continue;
            }
            finding.fixes = proposer.fixes(finding);
            let mends = |fix: &Fix| fix.safety <= allowed;
            taken |= finding.fixes.iter().any(mends);
            self.more += usize::from(!finding.fixes.is_empty() && !finding.fixes.iter().any(mends));
        }
        let chosen = choose(&checked.outcome.findings, allowed, self.disk.sources());
        (!chosen.taken.is_empty()).then_some(chosen)
    }

    /// Makes the chosen edits and judges again; whether they may stay.
    fn round(&mut self, chosen: &Chosen, judge: &Judge<'_>) -> Result<bool, Stop> {
        let sources = self.disk.sources();
        let mut files = self.files.clone();
        for (id, edits) in &chosen.edits {
            let source = sources.get(*id);
            let now =
                apply(source.text(), edits).map_err(|why| Stop(format!("strongroom: {}: {why}", source.path())))?;
            let text = source.text();
            let new = || Edited { before: text.to_owned(), now: String::new(), encoding: source.encoding() };
            files.entry(source.path().to_string()).or_insert_with(new).now = now;
        }
        let disk = Arc::new(Disk::new(&self.named));
        for (path, file) in &files {
            disk.overlay(path, file.now.clone().into_bytes())
                .map_err(|why| Stop(format!("strongroom: {path}: {why}")))?;
        }
        let next = judge(&disk)?;
        let findings = &self.judged.checked.outcome.findings;
        let taken: Vec<(&Finding, &String)> =
            chosen.taken.iter().filter_map(|(index, title)| Some((findings.get(*index)?, title))).collect();
        let place = |finding: &Finding| sources.get(finding.primary.span.source).path().to_string();
        if let Some(why) = harm(&self.judged.checked.outcome, &next.checked.outcome, &taken) {
            if let [(finding, title)] = taken.as_slice() {
                let refused = (place(finding), (*title).clone(), why);
                self.refused.insert(finding.fingerprint.clone(), refused);
            }
            return Ok(false);
        }
        self.mended.extend(taken.iter().map(|(finding, title)| (place(finding), (*title).clone())));
        (self.files, self.judged, self.disk) = (files, next, disk);
        Ok(true)
    }

    /// Tells what was done, and what was not.
    fn tell(&self, done: &str) {
        let complain = |text: String| terminal::complain(&self.disk.sources().veil(&text));
        let mut told = BTreeSet::new();
        for (path, title) in self.mended.iter().filter(|it| told.insert(*it)) {
            complain(format!("strongroom: {path}: {title}"));
        }
        for (path, title, why) in self.refused.values() {
            complain(format!("strongroom: {path}: not done: {title}: {why}"));
        }
        let count = |n: usize, noun: &str| if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") };
        let mut text = match self.mended.len() {
            0 => "there is nothing to mend".to_owned(),
            n => format!("{} {done} in {}", count(n, "finding"), count(self.files.len(), "file")),
        };
        if self.more > 0 {
            text.push_str(&format!("; --fix=unsafe can mend {} more, at the cost of what it replaces", self.more));
        }
        complain(format!("strongroom: {text}"));
    }
}

/// A finding without its place: texts move.
fn name(finding: &Finding) -> (&str, &str, &str) {
    (&finding.rule, &finding.unit, &finding.subject.address)
}

/// Why edits must be taken back: a finding that they were to mend is still there, or there is something new.
fn harm(before: &Outcome, after: &Outcome, taken: &[(&Finding, &String)]) -> Option<String> {
    let counts = |outcome: &Outcome, finding: &Finding| {
        let told = outcome.findings.iter().filter(|it| it.suppressed.is_none());
        told.filter(|it| name(it) == name(finding)).count()
    };
    for (finding, _) in taken {
        let mended = taken.iter().filter(|(other, _)| name(other) == name(finding)).count();
        if counts(after, finding) + mended > counts(before, finding) {
            return Some("what was found is still there afterwards".to_owned());
        }
        let undecided = |outcome: &Outcome| {
            let same = outcome.undecided.iter().filter(|it| (&*it.rule, &*it.unit) == (&*finding.rule, &*finding.unit));
            same.filter(|it| it.subject == finding.subject).count()
        };
        if undecided(after) > undecided(before) {
            return Some("afterwards nobody could tell".to_owned());
        }
    }
    let mut known: BTreeMap<_, Certainty> = BTreeMap::new();
    for finding in &before.findings {
        let certainty = known.entry(name(finding)).or_insert(finding.certainty);
        *certainty = finding.certainty.max(*certainty);
    }
    // What a vault needs of its key is asked only once it has one: an advice may come where something worse goes.
    let goes = taken.iter().map(|(finding, _)| finding.severity).min();
    let bearable = |it: &Finding| it.severity == Severity::Advice && goes > Some(Severity::Advice);
    let new = |it: &&Finding| known.get(&name(it)).is_none_or(|certainty| *certainty < it.certainty) && !bearable(it);
    if let Some(new) = after.findings.iter().filter(|it| it.suppressed.is_none()).find(new) {
        return Some(format!("it would bring {} at {}", new.rule, new.subject.address));
    }
    let told =
        |outcome: &Outcome| outcome.problems.iter().map(|it| (it.kind, it.message.clone())).collect::<BTreeSet<_>>();
    let problem = told(after).difference(&told(before)).next().cloned();
    problem.map(|(_, message)| format!("it would bring a problem: {message}"))
}

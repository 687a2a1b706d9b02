//! `strongroom explain`: a rule's page, or the story of what is found at a place.

use std::sync::Arc;

use super::args::{ExplainArgs, JudgeArgs};
use super::check::gather;
use super::{Done, Stop, rules, terminal};
use crate::check::{Checked, Proposer};
use crate::disk::{Disk, shown};
use crate::explain::{seen, story};
use crate::finding::{Finding, Place, Subject};
use crate::rule::{Rule, RuleSet, docs};
use crate::source::files::Files;
use crate::source::leaving::{Medium, harmless};
use crate::source::{Source, Sources, Span};

pub(super) fn run(args: &ExplainArgs, words: &[String]) -> Done {
    let what = args.what.as_str();
    let is_path = what.contains(['/', '.', ':']) || Disk::new(&[]).kind(what).is_ok();
    let set = rules::set_of(&args.rules)?;
    let text = match set.get(what) {
        Ok(rule) => docs::page(rule),
        Err(_) if is_path => at_place(&Spot::of(what)?, args, words)?,
        Err(problem) => {
            let mut problem = problem;
            let help = problem.help.take().unwrap_or_default();
            problem.help = Some(format!("{help} A place in a file is told as PATH:LINE").trim_start().to_owned());
            return Err(Stop::problem(&problem, &Sources::new()));
        }
    };
    // Colours come behind: those of a checked file are none of ours.
    let text = harmless(&text, Medium::Text);
    let (style, medium) = match terminal::color(args.color) {
        true => (docs::Style::Ansi, Medium::Terminal),
        false => (docs::Style::Plain, Medium::Text),
    };
    terminal::print(docs::render(&text, style).as_bytes(), medium, &Sources::new())?;
    Ok(0)
}

/// A place as the user wrote it: `PATH`, `PATH:LINE` or `PATH:LINE:COLUMN`, with a colon behind it or not.
#[derive(Debug, PartialEq, Eq)]
struct Spot {
    path: String,
    /// From 1.
    line: Option<usize>,
    /// From 1, in code points.
    column: Option<usize>,
}

impl Spot {
    fn of(what: &str) -> Result<Spot, Stop> {
        let disk = Disk::new(&[]);
        let number = |text: &str| text.parse::<usize>().ok();
        let split = |text: &str| text.rsplit_once(':').map(|(path, n)| (path.to_owned(), number(n)));
        let bare = what.trim_end_matches(':');
        let spot = match split(bare) {
            _ if disk.kind(what).is_ok() => Spot { path: what.to_owned(), line: None, column: None },
            Some((path, Some(last))) => match split(&path) {
                Some((path, Some(line))) => Spot { path, line: Some(line), column: Some(last) },
                _ => Spot { path, line: Some(last), column: None },
            },
            _ => Spot { path: bare.to_owned(), line: None, column: None },
        };
        match disk.kind(&spot.path) {
            Ok(_) => Ok(spot),
            Err(why) => Err(Stop(format!("strongroom: {}: {why}", spot.path))),
        }
    }
}

/// Everything that was judged for a place.
struct View<'v> {
    checked: &'v Checked,
    set: &'v RuleSet,
    ran: &'v [Arc<Rule>],
    disk: &'v Disk,
}

fn at_place(spot: &Spot, args: &ExplainArgs, words: &[String]) -> Result<String, Stop> {
    let judge = judging(spot, args);
    let disk = Arc::new(Disk::new(&judge.named()));
    let (checked, listed) = gather(&judge, None, words, true, &disk)?;
    let set = rules::set_of(&args.rules)?;
    let ran: Vec<Arc<Rule>> = listed.iter().map(|listed| Arc::clone(listed.rule())).collect();
    let view = View { checked: &checked, set: &set, ran: &ran, disk: &disk };
    let path = shown(&spot.path);
    let below = |span: Span| {
        let at = disk.sources().get(span.source);
        **at.path() == *path || path == "." || at.path().strip_prefix(&path).is_some_and(|rest| rest.starts_with('/'))
    };
    let here = |place: &Place| match place {
        Place::Span(span) => below(*span),
        Place::Path(of) => *of == path,
        Place::Nowhere => false,
    };
    if let Some(problem) = checked.outcome.problems.iter().find(|problem| problem.fatal && here(&problem.place)) {
        return Err(Stop::problem(problem, disk.sources()));
    }
    let veiled = |text: String| disk.sources().veil(&text).into_owned();
    let Some(line) = spot.line else { return Ok(veiled(view.whole(&path, &below))) };
    if disk.is_directory(&spot.path) {
        return Err(Stop(format!("strongroom: {path} is a directory: it has no lines")));
    }
    let source = disk.read(&path).map_err(|why| Stop(format!("strongroom: {path}: {why}")))?;
    let lines = source.text().lines().count().max(1);
    if line == 0 || line > lines {
        let all = if lines == 1 { "1 line".to_owned() } else { format!("{lines} lines") };
        return Err(Stop(format!("strongroom: {path} has {all}, and no line {line}")));
    }
    Ok(veiled(view.line(&source, line - 1, spot.column)))
}

fn judging(spot: &Spot, args: &ExplainArgs) -> JudgeArgs {
    JudgeArgs {
        paths: vec![spot.path.clone()],
        select: Vec::new(),
        ignore: Vec::new(),
        profile: args.profile.clone(),
        rules: args.rules.clone(),
        pins: args.pins.clone(),
        source_dir: args.source_dir.clone(),
        config: args.config.clone(),
        no_ignores: false,
        require_reason: false,
        no_gitignore: true,
        no_prefilter: true,
    }
}

impl View<'_> {
    /// All that is found in a file or directory.
    fn whole(&self, path: &str, below: &dyn Fn(Span) -> bool) -> String {
        let stories = self.stories(&|primary, _| below(primary));
        if stories.is_empty() {
            return format!("Nothing is found in {path}.\n\n{}", self.looked_at());
        }
        stories.join("\n")
    }

    /// All that is found on a line (from 0), or what is seen there.
    fn line(&self, source: &Source, line: usize, column: Option<usize>) -> String {
        let range = source.line_range(line);
        let on = |span: Span| {
            let last = source.line_of(span.end.saturating_sub(1).max(span.start));
            // A text of many lines is found where it starts; a whole resource is not meant by each of its lines.
            let starts = source.line_of(span.start);
            span.source == source.id() && (starts == line || (starts <= line && line <= last && last - starts < FEW))
        };
        let byte = column.map(|column| {
            let text = source.text().get(range.clone()).unwrap_or("");
            range.start + text.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum::<usize>()
        });
        if let Some(byte) = byte {
            let under =
                |span: Span| on(span) && (span.start as usize) <= byte && byte < span.end.max(span.start + 1) as usize;
            let stories = self.stories(&|primary, _| under(primary));
            if !stories.is_empty() {
                return stories.join("\n");
            }
        }
        let stories = self.stories(&|primary, _| on(primary));
        if !stories.is_empty() {
            return stories.join("\n");
        }
        let place = format!("{}:{}", source.path(), line + 1);
        let stories = self.stories(&|_, related| related.iter().any(|span| on(*span)));
        if !stories.is_empty() {
            return format!("{place} is part of what led to this:\n\n{}", stories.join("\n"));
        }
        let mut text = format!("Nothing is found at {place}.\n");
        let sections = seen::on_line(&self.checked.units, source, line);
        if !sections.is_empty() {
            text.push_str(&format!("\n## What is seen there\n\n{}\n", sections.join("\n\n")));
        }
        text.push_str(&self.nearby(source, u32::try_from(range.start).unwrap_or(u32::MAX)));
        if self.checked.units.is_empty() {
            text.push_str(&format!("\n{}", self.looked_at()));
        }
        text
    }

    /// What is found elsewhere in the resource around a byte.
    fn nearby(&self, source: &Source, byte: u32) -> String {
        let holds = |span: Span, at: Span| span.contains(at) && span.start <= byte && byte <= span.end;
        let blocks = self.checked.units.iter().flat_map(|unit| unit.blocks());
        let around: Vec<_> = blocks.filter(|block| block.span.source == source.id()).collect();
        let mut lines: Vec<String> = Vec::new();
        for finding in self.checked.outcome.findings.iter().filter(|it| it.suppressed.is_none()) {
            if around.iter().any(|block| holds(block.span, finding.primary.span)) {
                let at = source.position(finding.primary.span.start);
                let line =
                    format!("- {}:{}:{}: {} [{}]", source.path(), at.line, at.column, finding.message, finding.rule);
                if !lines.contains(&line) {
                    lines.push(line);
                }
            }
        }
        if lines.is_empty() {
            return String::new();
        }
        format!("\n## What is found in the same resource\n\n{}\n", lines.join("\n"))
    }

    /// The stories of everything whose places (the primary one, and the chain) are wanted, in order.
    fn stories(&self, wanted: &dyn Fn(Span, &[Span]) -> bool) -> Vec<String> {
        let outcome = &self.checked.outcome;
        let sources = self.disk.sources();
        let mut proposer = Proposer::new(&self.checked.units, sources);
        let chain = |finding: &Finding| finding.related.iter().map(|label| label.span).collect::<Vec<_>>();
        let findings: Vec<&Finding> =
            outcome.findings.iter().filter(|it| wanted(it.primary.span, &chain(it))).collect();
        let mut told: Vec<(Span, String)> = Vec::new();
        for same in findings.chunk_by(|a, b| (&a.rule, a.primary.span, &a.when) == (&b.rule, b.primary.span, &b.when)) {
            let Some((first, rest)) = same.split_first() else { continue };
            let mut others: Vec<&Subject> =
                rest.iter().map(|it| &it.subject).filter(|it| **it != first.subject).collect();
            others.dedup();
            let fixes = proposer.fixes(first);
            told.push((
                first.primary.span,
                story::of_finding(first, &others, &fixes, self.told(&first.rule, &first.unit)),
            ));
        }
        for undecided in outcome.undecided.iter().filter(|it| wanted(it.primary.span, &[])) {
            let story = story::of_undecided(undecided, self.told(&undecided.rule, &undecided.unit));
            told.push((undecided.primary.span, story));
        }
        told.sort_by_key(|(span, _)| (sources.get(span.source).path().to_string(), span.start, span.end));
        told.into_iter().map(|(_, story)| story).collect()
    }

    fn told(&self, rule: &str, unit: &str) -> story::Told<'_> {
        let ran = self.ran.iter().find(|it| it.id == rule).or_else(|| self.set.get(rule).ok());
        let unit = self.checked.units.iter().find(|it| it.name() == unit);
        story::Told { rule: ran.map(|rule| &**rule), unit: unit.map(|unit| &**unit), sources: self.disk.sources() }
    }

    fn looked_at(&self) -> String {
        let at = &self.checked.outcome.looked_at;
        let count = |n: usize, noun: &str| if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") };
        if at.units == 0 {
            return "It is no template, Terraform or plan, or the configuration leaves it out.\n".to_owned();
        }
        let (units, vaults, keys) = (count(at.units, "unit"), count(at.vaults, "vault"), count(at.keys, "key"));
        format!("Looked at: {units}, {vaults}, {keys}, and {} judgements of rules.\n", at.subjects)
    }
}

/// A text of at most this many lines is meant by each of them.
const FEW: usize = 5;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail")]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_as_they_are_printed() {
        let spot = |line, column| Spot { path: "Cargo.toml".to_owned(), line, column };
        for (what, expected) in [
            ("Cargo.toml", spot(None, None)),
            ("Cargo.toml:7", spot(Some(7), None)),
            ("Cargo.toml:7:", spot(Some(7), None)),
            ("Cargo.toml:7:12", spot(Some(7), Some(12))),
            ("Cargo.toml:7:12:", spot(Some(7), Some(12))),
        ] {
            assert_eq!(Spot::of(what).unwrap(), expected, "{what}");
        }
        assert!(Spot::of("no/such/file.tf:3").unwrap_err().0.contains("no/such/file.tf: no such file or directory"));
    }
}

//! For a terminal: what is so, the deciding text underlined, the chain that led there, and how to mend it.
//!
//! ```text
//! error[vault-customer-key]: the vault uses the AWS-managed key aws/backup
//!    ╭─ main.tf:3:17  aws_backup_vault.main
//!  3 │   kms_key_arn = null
//!    ·                 ──┬─
//!    ·                   ╰── null is the same as nothing written
//!    = when var.key is null
//!    = help: set the vault's key
//! ```

mod frame;
mod line;

use std::io::{self, Write};

use super::place::Places;
use super::words::{self, calm, wrap};
use super::{Level, Options, Tally, exit_code};
use crate::finding::{Finding, Label, NotRead, Outcome, Place, Problem, Undecided};
use crate::source::{Sources, parallel};
use frame::Frames;

pub(super) fn write(
    outcome: &Outcome,
    sources: &Sources,
    options: &Options<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let calm = exit_code(outcome, options.strict, options.fail_on) == 0;
    let told: Vec<&Finding> = outcome.findings.iter().filter(|finding| finding.suppressed.is_none()).collect();
    let told: Vec<&[&Finding]> = told.chunk_by(|a, b| alike(a, b)).collect();
    let told: Vec<&[&[&Finding]]> = told.chunks(TOGETHER).collect();
    for several in told.chunks(AHEAD) {
        let drawn = parallel::map(several, 2, |findings| {
            let mut text = Vec::new();
            let mut page = Page { places: Places::new(sources), options, calm, out: &mut text };
            findings.iter().try_for_each(|same| page.findings(same)).map(|()| text)
        });
        for text in drawn {
            out.write_all(&text?)?;
        }
    }
    let mut page = Page { places: Places::new(sources), options, calm, out };
    for undecided in outcome.undecided.iter().filter(|_| options.show_undecided && !options.quiet) {
        page.undecided(undecided)?;
    }
    for problem in &outcome.problems {
        page.problem(problem)?;
    }
    if options.quiet {
        return Ok(());
    }
    for not_read in &outcome.not_read {
        page.not_read(not_read)?;
    }
    page.summary(outcome)
}

/// So many findings are drawn on one thread, and so many times that before the first is written.
const TOGETHER: usize = 32;
const AHEAD: usize = 64;

/// Whether two findings tell the same of two subjects: the instances of one resource. They are printed once.
fn alike(a: &Finding, b: &Finding) -> bool {
    a.rule == b.rule
        && a.severity == b.severity
        && a.certainty == b.certainty
        && a.message.replace(&a.subject.address, "") == b.message.replace(&b.subject.address, "")
        && a.when == b.when
        && a.passes_when == b.passes_when
        && a.primary == b.primary
        && a.related == b.related
        && a.notes == b.notes
        && a.help == b.help
}

/// What a finding that is alike speaks of, as far as that differs: another subject, the same one in another unit, or both.
fn beside(other: &Finding, told: &Finding) -> Option<String> {
    let (address, unit) = (&other.subject.address, &other.unit);
    match (*address == told.subject.address, *unit == told.unit) {
        (true, true) => None,
        (true, false) => Some(unit.clone()),
        (false, true) => Some(address.clone()),
        (false, false) => Some(format!("{address} in {unit}")),
    }
}

/// A colour of the sixteen that terminals map to their theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ink {
    Red,
    Yellow,
    Cyan,
    Green,
}

impl Ink {
    fn of(level: Level) -> Ink {
        match level {
            Level::Error => Ink::Red,
            Level::Warning => Ink::Yellow,
            Level::Advice | Level::Note => Ink::Cyan,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Ink::Red => "31",
            Ink::Yellow => "33",
            Ink::Cyan => "36",
            Ink::Green => "32",
        }
    }
}

/// Longest guard, in characters, that ends a note's headline; a longer one has a line of its own.
const GUARD_IN_HEADLINE: usize = 80;
/// Most subjects that are named where one text speaks of many.
const NAMED: usize = 4;

struct Page<'a> {
    places: Places<'a>,
    options: &'a Options<'a>,
    /// Whether the run exits 0.
    calm: bool,
    out: &'a mut dyn Write,
}

impl Page<'_> {
    /// Findings that are alike, as one.
    fn findings(&mut self, same: &[&Finding]) -> io::Result<()> {
        let Some((finding, others)) = same.split_first() else { return Ok(()) };
        let level = Level::of(finding, self.options.strict);
        let when = finding.when.as_ref().map(ToString::to_string);
        let short = when.as_ref().filter(|when| level == Level::Note && when.chars().count() <= GUARD_IN_HEADLINE);
        let message = match short {
            Some(when) => format!("{} when {when}", finding.message),
            None => finding.message.clone(),
        };
        self.headline(Ink::of(level), level.name(), &finding.rule, &message)?;
        let margin = self.frames(Ink::of(level), &finding.subject.address, &finding.primary, &finding.related)?;
        if let (Some(when), None) = (&when, short) {
            self.remark(margin, "", &format!("when {when}"))?;
        }
        if let Some(passes) = &finding.passes_when {
            self.remark(margin, "", &format!("passes when {passes}"))?;
        }
        for note in &finding.notes {
            self.remark(margin, "note: ", note)?;
        }
        if !others.is_empty() {
            let mut names: Vec<String> = others.iter().filter_map(|other| beside(other, finding)).collect();
            names.dedup();
            let rest = match names.len().saturating_sub(NAMED) {
                0 => String::new(),
                n => format!(" and {n} more"),
            };
            if !names.is_empty() {
                let named = words::line(&names[..names.len().min(NAMED)].join(", "));
                self.remark(margin, "note: ", &format!("the same for {named}{rest}"))?;
            }
        }
        if let Some(help) = &finding.help {
            self.remark(margin, "help: ", help)?;
        }
        writeln!(self.out)
    }

    fn undecided(&mut self, undecided: &Undecided) -> io::Result<()> {
        let reasons: Vec<&str> = undecided.reasons.iter().map(|unknown| &*unknown.reason).collect();
        let message = format!("can't tell, because {}", reasons.join("; and "));
        self.headline(Ink::Cyan, "undecided", &undecided.rule, &message)?;
        self.frames(Ink::Cyan, &undecided.subject.address, &undecided.primary, &[])?;
        writeln!(self.out)
    }

    fn problem(&mut self, problem: &Problem) -> io::Result<()> {
        let ink = if problem.fatal { Ink::Red } else { Ink::Yellow };
        let message = match &problem.place {
            Place::Path(path) => format!("{path}: {}", problem.message),
            Place::Span(_) | Place::Nowhere => problem.message.clone(),
        };
        self.headline(ink, "problem", problem.kind, &message)?;
        let margin = match &problem.place {
            Place::Span(span) => {
                let primary = Label { span: *span, message: String::new() };
                self.frames(ink, "", &primary, &problem.related)?
            }
            Place::Path(_) | Place::Nowhere => 0,
        };
        if let Some(help) = &problem.help {
            self.remark(margin, "help: ", help)?;
        }
        writeln!(self.out)
    }

    fn not_read(&mut self, not_read: &NotRead) -> io::Result<()> {
        let mut places: Vec<String> = not_read
            .places
            .iter()
            .filter_map(|place| self.places.of_problem(place).0)
            .map(|path| path.to_string())
            .collect();
        places.dedup();
        let rest = match places.len().saturating_sub(NAMED) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let named = places[..places.len().min(NAMED)].join(", ");
        let message = match named.as_str() {
            "" => not_read.message.clone(),
            named => format!("{}: {named}{rest}", not_read.message),
        };
        self.headline(Ink::Yellow, "not read", not_read.reason, &message)?;
        if let Some(help) = &not_read.help {
            self.remark(0, "help: ", help)?;
        }
        writeln!(self.out)
    }

    fn summary(&mut self, outcome: &Outcome) -> io::Result<()> {
        if let Some(nothing) = Tally::nothing(outcome) {
            let nothing = self.say(&nothing);
            writeln!(self.out, "{nothing}")?;
        }
        let looked_at = outcome.looked_at;
        let mut text = format!("{} in {}", Tally::of(outcome).sentence(), words::count(looked_at.units, "unit"));
        if looked_at.vaults + looked_at.keys > 0 {
            let (vaults, keys) = (words::count(looked_at.vaults, "vault"), words::count(looked_at.keys, "key"));
            text.push_str(&format!(" ({vaults}, {keys})"));
        }
        if let Some(elapsed) = self.options.elapsed {
            text.push_str(&match elapsed.as_millis() {
                ms @ 0..1000 => format!(", {ms} ms"),
                ms => format!(", {}.{} s", ms / 1000, ms % 1000 / 100),
            });
        }
        let ink = match exit_code(outcome, self.options.strict, self.options.fail_on) {
            0 => Ink::Green,
            _ => Ink::Red,
        };
        let text = self.bold(ink, &text);
        writeln!(self.out, "{text}")
    }

    fn headline(&mut self, ink: Ink, level: &str, code: &str, message: &str) -> io::Result<()> {
        let head = self.bold(ink, &format!("{level}[{code}]"));
        let message = self.say(message);
        let message = if self.options.color { format!("\u{1b}[1m{message}\u{1b}[0m") } else { message };
        writeln!(self.out, "{head}: {message}")
    }

    /// Prints the snippets; returns the width of their margin.
    fn frames(&mut self, ink: Ink, subject: &str, primary: &Label, related: &[Label]) -> io::Result<usize> {
        let spoken = |label: &Label| Label { span: label.span, message: self.say(&label.message) };
        let primary = spoken(primary);
        let related: Vec<Label> = related.iter().map(spoken).collect();
        let frames = Frames::of(&mut self.places, &primary, &related, self.options.width);
        let margin = frames.margin();
        let bars = if self.options.unicode { ("╭─ ", "├─ ") } else { (",- ", "|- ") };
        for (at, frame) in frames.list.iter().enumerate() {
            let bar = if at == 0 { bars.0 } else { bars.1 };
            let place = words::line(&frame.place(&mut self.places));
            let place = self.paint(Ink::Cyan, &place);
            let subject =
                if at == 0 && !subject.is_empty() { format!("  {}", words::line(subject)) } else { String::new() };
            writeln!(self.out, "{:margin$}{bar}{place}{subject}", "")?;
            for line in frame.lines(ink, self.options, margin) {
                writeln!(self.out, "{line}")?;
            }
        }
        Ok(margin)
    }

    /// A remark below the snippets, wrapped and hanging.
    fn remark(&mut self, margin: usize, head: &str, text: &str) -> io::Result<()> {
        let indent = margin + 2 + head.len();
        let width = self.options.width.saturating_sub(indent).max(30);
        let text: String = if self.calm { calm(text) } else { text.to_owned() };
        for (at, part) in wrap(&text, width).iter().enumerate() {
            let part = words::line(part);
            if at == 0 {
                let head = self.paint(Ink::Cyan, head);
                writeln!(self.out, "{:margin$}= {head}{part}", "")?;
            } else {
                writeln!(self.out, "{}", format!("{:indent$}{part}", "").trim_end())?;
            }
        }
        Ok(())
    }

    fn say(&self, text: &str) -> String {
        if self.calm { words::line(&calm(text)) } else { words::line(text) }
    }

    fn paint(&self, ink: Ink, text: &str) -> String {
        if self.options.color && !text.is_empty() {
            format!("\u{1b}[{}m{text}\u{1b}[0m", ink.code())
        } else {
            text.to_owned()
        }
    }

    fn bold(&self, ink: Ink, text: &str) -> String {
        if self.options.color { format!("\u{1b}[1;{}m{text}\u{1b}[0m", ink.code()) } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests;

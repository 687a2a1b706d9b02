//! `strongroom report` and `strongroom graph`.

use std::sync::Arc;

use super::args::{GraphArgs, GraphOutput, JudgeArgs, ReportArgs, ReportFormat};
use super::check::gather;
use super::{Done, Stop, terminal};
use crate::check::Checked;
use crate::disk::{Disk, shown};
use crate::evidence::{Material, evidence, graph};
use crate::finding::NotRead;
use crate::report::evidence::{EvidenceFormat, write as write_evidence};
use crate::report::graph::{GraphFormat, write as write_graph};
use crate::rule::Rule;
use crate::source::Sources;
use crate::source::files::Files;
use crate::source::leaving::Medium;

pub(super) fn report(args: &ReportArgs, words: &[String]) -> Done {
    let paths: Vec<String> = args.judge.paths.iter().map(|path| shown(path)).collect();
    let format = match args.format {
        ReportFormat::Html => EvidenceFormat::Html,
        ReportFormat::Markdown => EvidenceFormat::Markdown,
        ReportFormat::Json => EvidenceFormat::Json,
    };
    let medium = if format == EvidenceFormat::Json { Medium::Json } else { Medium::Text };
    let mut text = Vec::new();
    let disk = Arc::new(Disk::new(&args.judge.named()));
    let code = with_material(&args.judge, words, &disk, |material| {
        let evidence = evidence(material, paths.join(", "), args.date.clone());
        let mut written = Vec::new();
        write_evidence(format, &evidence, &mut written)?;
        text = terminal::leaving(&written, medium, material.sources);
        Ok(())
    })?;
    match &args.output {
        None => terminal::print(&text, medium, &Sources::new())?,
        Some(path) => disk
            .write_named(path, &text)
            .map_err(|why| Stop(format!("strongroom: {path}: can't write the report: {why}")))?,
    }
    Ok(code)
}

pub(super) fn draw(args: &GraphArgs, words: &[String]) -> Done {
    let format = match args.format {
        GraphOutput::Mermaid => GraphFormat::Mermaid,
        GraphOutput::Dot => GraphFormat::Dot,
    };
    let mut text = Vec::new();
    let disk = Arc::new(Disk::new(&args.judge.named()));
    let code = with_material(&args.judge, words, &disk, |material| {
        let mut written = Vec::new();
        write_graph(format, &graph(material), &mut written)?;
        text = terminal::leaving(&written, Medium::Text, material.sources);
        Ok(())
    })?;
    terminal::print(&text, Medium::Text, &Sources::new())?;
    Ok(code)
}

/// Judges, and hands on what came of it. What could not be read is told on standard error, and is exit code 2; findings
/// are what is reported, and none.
fn with_material(
    args: &JudgeArgs,
    words: &[String],
    disk: &Arc<Disk>,
    write: impl FnOnce(&Material<'_>) -> Result<(), Stop>,
) -> Done {
    let (Checked { outcome, units }, rules) = gather(args, None, words, false, disk)?;
    let rules: Vec<Arc<Rule>> = rules.iter().map(|listed| Arc::clone(listed.rule())).collect();
    write(&Material { outcome: &outcome, units: &units, rules: &rules, sources: disk.sources() })?;
    for problem in outcome.problems.iter().cloned().chain(outcome.not_read.iter().map(NotRead::to_problem)) {
        terminal::complain(&Stop::problem(&problem, disk.sources()).0);
    }
    Ok(if outcome.problems.iter().any(|problem| problem.fatal) { 2 } else { 0 })
}

//! What is passed over by design, and said so: other tools' files, what an engine has to fill in first, what git ignores.

use std::collections::BTreeSet;

use super::mentions::Mentions;
use crate::discover::Candidates;
use crate::disk::Disk;
use crate::finding::{Place, Problem};
use crate::source::files::{Files, join};
use crate::source::{Source, SourceId, Sources, Span};

/// What among the candidates is another tool's, or ignored by git though it mentions what a rule speaks of.
pub(super) fn over(candidates: &mut Candidates, mentions: &Mentions<'_>, disk: &Disk) -> Vec<Problem> {
    let mut passed = Vec::new();
    for directory in &candidates.terragrunt {
        let message = "directories that hold only Terragrunt's terragrunt.hcl are not read";
        let help = "check the Terraform that Terragrunt generates, or the plan: `terragrunt show -json plan.out | strongroom check -`";
        passed.push(Problem::path("terragrunt", directory, message).help(help).not_read());
    }
    for path in &candidates.stacks {
        let message = "files of Terraform Stacks are not read";
        let help = "check the directories of the components that they call";
        passed.push(Problem::path("stacks", path, message).help(help).not_read());
    }
    for path in std::mem::take(&mut candidates.serverless) {
        if !is_serverless(&path, disk) {
            candidates.documents.push(crate::discover::Document { path, named: false });
            continue;
        }
        let message = "files of the Serverless Framework are not read";
        let help = "run `serverless package` and check what it writes: `strongroom check .serverless/cloudformation-template-update-stack.json`";
        passed.push(Problem::path("serverless", path, message).help(help).not_read());
    }
    candidates.documents.sort();
    passed.extend(ignored(candidates, mentions, disk));
    passed
}

/// Whether a file is the Serverless Framework's, not only called so.
fn is_serverless(path: &str, disk: &Disk) -> bool {
    if path.ends_with(".ts") || path.ends_with(".js") {
        return true;
    }
    let looks = |text: &str| {
        let has = |key: &str| {
            text.lines().any(|line| line.starts_with(&format!("{key}:"))) || text.contains(&format!("\"{key}\""))
        };
        (has("service") || has("provider") || has("functions")) && !has("AWSTemplateFormatVersion")
    };
    // What can't be read is told where documents are read.
    disk.glance(path, looks).unwrap_or(false)
}

/// Most ignored files that are looked at.
const LOOKED_AT: usize = 2_000;

/// The files that git ignores and that mention what a rule speaks of: builds leave templates, `cdk.out` before all.
fn ignored(candidates: &Candidates, mentions: &Mentions<'_>, disk: &Disk) -> Vec<Problem> {
    let hit = |path: &String| disk.glance(path, |text| mentions.hit(text)).unwrap_or(false);
    let mut passed: Vec<Problem> = Vec::new();
    for directory in candidates.ignored_directories.iter().filter(|path| path.rsplit('/').next() == Some("cdk.out")) {
        let members = disk.list(directory).unwrap_or_default();
        let templates = members.iter().filter(|member| member.name.ends_with(".template.json"));
        if templates.map(|member| join(directory, &member.name)).any(|path| hit(&path)) {
            passed.push(told(directory, true));
        }
    }
    for path in candidates.ignored.iter().take(LOOKED_AT).filter(|path| hit(path)) {
        passed.push(told(path, false));
    }
    passed
}

fn told(path: &str, assembly: bool) -> Problem {
    let message = match assembly {
        true => format!("templates in {path} are ignored by git"),
        false => "files that mention what a rule speaks of are ignored by git".to_owned(),
    };
    let help = format!("`strongroom check --no-gitignore {path}` judges {}", if assembly { "them" } else { "it" });
    Problem::path("git-ignored", path, message).help(help).not_read()
}

/// A document that mentions what a rule speaks of and is no template.
pub(super) fn no_template(source: &Source) -> Problem {
    let message = "files that mention types of resources are no templates";
    Problem::path("no-template", &**source.path(), message).not_read()
}

/// What an engine fills in before a text is a template or a configuration.
const PLACEHOLDERS: &[(&str, &str)] = &[("{{", "}}"), ("{%", "%}"), ("<%", "%>")];

/// Passes over the files in which an engine's placeholders stand where the text can't be read.
pub(super) fn placeholders(problems: &mut Vec<Problem>, sources: &Sources) {
    let place = |problem: &Problem| match problem.place {
        Place::Span(span) if problem.fatal && problem.kind == "syntax" => Some(span),
        _ => None,
    };
    let engines: BTreeSet<SourceId> = problems
        .iter()
        .filter_map(place)
        .filter(|span| has_placeholder(*span, sources))
        .map(|span| span.source)
        .collect();
    let mut told = BTreeSet::new();
    problems.retain_mut(|problem| {
        let Some(span) = place(problem).filter(|span| engines.contains(&span.source)) else { return true };
        let message = "files with an engine's placeholders are not read before the engine has run";
        *problem = Problem::at("placeholders", span, message).help("check what the engine writes").not_read();
        told.insert(span.source)
    });
}

/// Whether a placeholder stands on the line of a place, or on one beside it.
fn has_placeholder(span: Span, sources: &Sources) -> bool {
    let source = sources.get(span.source);
    let line = source.line_of(span.start);
    let last = source.line_of(span.end).min(line + 1) + 1;
    let (start, end) = (source.line_range(line.saturating_sub(1)).start, source.line_range(last).end);
    let around = source.text().get(start..end).unwrap_or("").replace("{{resolve:", "");
    PLACEHOLDERS.iter().any(|(open, close)| around.find(open).is_some_and(|at| around[at..].contains(close)))
}

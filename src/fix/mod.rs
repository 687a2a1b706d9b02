//! Fixes: byte edits that mend a finding and keep every other byte.
//!
//! [`propose`] reads the subject's block once more, finds the place, and writes in the style that stands there. A fix is
//! proposed only when the edited text, read again, says what it said before and exactly the intended change; so a text
//! that this module does not understand gets no fix instead of a wrong one. Knows neither model nor rules: what the unit
//! declares is told in a [`Context`].

mod apply;
mod cloudformation;
mod diff;
mod help;
mod heredoc;
mod native;
mod nodes;
mod outline;
mod piece;
mod policy;
mod references;
mod statement;
mod terraform;
mod terraform_json;
mod text;

pub use apply::{Chosen, Overlap, apply, choose};
pub use diff::diff;
pub use help::{for_json_configuration, for_json_template};

use crate::finding::{Edit, Finding, Fix, Safety};
use crate::source::{Source, Sources, Span};
use outline::{Format, Step, Tree};
use text::{Change, changed};

/// The language of a unit's sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// CloudFormation, YAML or JSON.
    CloudFormation,
    /// Terraform or OpenTofu, native syntax or JSON.
    Terraform,
}

/// A declared resource or data source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Address without instance keys: `Vault`, `module.backup.aws_kms_key.this`, `data.aws_caller_identity.current`.
    pub address: String,
    /// Type: `AWS::KMS::Key`, `aws_kms_key`.
    pub kind: String,
    /// The whole block.
    pub span: Span,
    /// The logical id, or the block's header.
    pub header: Span,
    /// Whether it is a key that any vault of the unit could use: it exists once and in every world, is rotated, enabled
    /// and symmetric, and its policy lets AWS Backup in.
    pub fit: bool,
}

/// What a fix must know besides the finding.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The texts.
    pub sources: &'a Sources,
    /// The language of the unit.
    pub language: Language,
    /// What the finding judges.
    pub subject: &'a Declared,
    /// Everything that the unit declares, data sources included; the subject may be among it.
    pub others: &'a [Declared],
    /// The actions that the key's policy gives nobody, where the finding is about that (`kms:CreateGrant`, ...); where
    /// empty, all that AWS Backup may need are added.
    pub missing: &'a [String],
}

/// Ways to mend a finding, the best first; none where the deciding text is nothing that can be edited with certainty.
///
/// All edits of one fix lie in one source. Asking costs two readings of the file that is edited, so ask when a fix is
/// wanted, not at every keystroke. Files below `.terraform` are copies and get no fix.
pub fn propose(finding: &Finding, context: &Context<'_>) -> Vec<Fix> {
    let source = context.sources.get(context.subject.span.source);
    if source.path().split('/').any(|part| part == ".terraform") {
        return Vec::new();
    }
    // No Allow mends a Deny, wherever it stands.
    if finding.rule == "key-policy-backup-access" && finding.fingerprint.contains(":denied:") {
        return Vec::new();
    }
    let draft = match context.language {
        Language::CloudFormation => cloudformation::draft(finding, context, &source),
        Language::Terraform if source.path().ends_with(".json") => terraform_json::draft(finding, context, &source),
        Language::Terraform => terraform::draft(finding, context, &source),
    };
    draft.and_then(|draft| draft.verified(context.sources)).into_iter().collect()
}

/// A fix before it is verified.
struct Draft {
    title: String,
    safety: Safety,
    /// The source that is edited.
    span: Span,
    format: Format,
    changes: Vec<Change>,
    /// What the text then says at which place, besides all that it says now.
    says: Vec<(Vec<Step>, Tree)>,
}

impl Draft {
    /// The fix, where its edits do what they should and no more.
    fn verified(self, sources: &Sources) -> Option<Fix> {
        let source = sources.get(self.span.source);
        let before = outline::of_text(source.text(), self.format)?;
        let mut expected = before.clone();
        for (path, value) in self.says {
            expected.set(&path, value)?;
        }
        let changes = joined(self.changes);
        let after = outline::of_text(&changed(source.text(), &changes)?, self.format)?;
        if after != expected || after == before {
            return None;
        }
        let edit = |change: Change| Edit { span: span_of(&source, &change), text: change.text };
        let edits = changes.into_iter().map(edit).collect();
        Some(Fix { title: self.title, safety: self.safety, edits })
    }
}

/// Changes that touch are one: so no two edits of a fix stand at the same place. Of two insertions at one place, the first
/// one comes first.
fn joined(mut changes: Vec<Change>) -> Vec<Change> {
    changes.sort_by_key(|change| (change.range.start, change.range.end));
    let mut joined: Vec<Change> = Vec::with_capacity(changes.len());
    for change in changes {
        match joined.last_mut() {
            Some(last) if last.range.end == change.range.start => {
                last.range.end = change.range.end;
                last.text.push_str(&change.text);
            }
            _ => joined.push(change),
        }
    }
    joined
}

fn span_of(source: &Source, change: &Change) -> Span {
    Span::new(source.id(), change.range.start, change.range.end)
}

//! The evidence that an auditor asks for: one row a vault, what was read, and what was not.
//!
//! Plain data and three writers. Nothing here decides anything: the state of a row is given.

mod html;
mod markdown;

use std::io::{self, Write};

use serde::Serialize;

/// How to print [`Evidence`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvidenceFormat {
    /// One self-contained page, for a screen of any size and for print; fetches nothing.
    Html,
    /// Tables.
    Markdown,
    /// The data, version 1.
    Json,
}

impl EvidenceFormat {
    /// The format with this name: `html`, `markdown`, `json`.
    pub fn from_name(name: &str) -> Option<EvidenceFormat> {
        match name {
            "html" => Some(EvidenceFormat::Html),
            "markdown" => Some(EvidenceFormat::Markdown),
            "json" => Some(EvidenceFormat::Json),
            _ => None,
        }
    }
}

/// What was found out about every vault.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Evidence {
    /// What the page is about: the paths that were checked.
    pub title: String,
    /// When, as the caller wants it printed. Left out by default: then equal input gives equal bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// One row a vault, sorted by place.
    pub vaults: Vec<VaultRow>,
    /// The units that were read.
    pub read: Vec<ReadUnit>,
    /// What could not be read or followed, and why.
    pub not_read: Vec<NotRead>,
    /// What judged.
    pub versions: Versions,
}

/// What a vault's row says as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A rule finds something, in every world or in the default one.
    Gap,
    /// Something is not known, or depends on an input.
    NotAssessed,
    /// Every rule passes in every world.
    Satisfied,
}

impl State {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            State::Gap => "gap",
            State::NotAssessed => "not assessed",
            State::Satisfied => "satisfied",
        }
    }
}

/// A vault and the key behind it. Where a text is empty, nothing is known or written.
#[derive(Clone, Debug, Serialize)]
pub struct VaultRow {
    /// Address in the unit.
    pub address: String,
    /// Type, as its language names it.
    pub kind: String,
    /// The unit's name.
    pub unit: String,
    /// `path:line:column`.
    pub place: String,
    /// The key: its address, ARN or alias.
    pub key: String,
    /// Whose key: `customer`, `AWS-managed`, `AWS-owned`, `not known`.
    pub owner: String,
    /// Rotation: `on`, `off`, `manual`, ...
    pub rotation: String,
    /// Its period: `365 days`.
    pub period: String,
    /// Which statement lets AWS Backup use the key.
    pub access: String,
    /// The vault's lock.
    pub lock: String,
    /// Suppressed findings.
    pub suppressions: Vec<Suppression>,
    /// Controls that the rules behind this row support.
    pub controls: Vec<Control>,
    /// Findings, conditional findings and undecided verdicts, a sentence each.
    pub remarks: Vec<String>,
    /// The row as a whole.
    pub state: State,
}

/// A finding that somebody set aside.
#[derive(Clone, Debug, Serialize)]
pub struct Suppression {
    /// The rule's id.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// Until when: `2027-01-31`.
    pub expires: Option<String>,
}

/// A control of some framework.
#[derive(Clone, Debug, Serialize)]
pub struct Control {
    /// The framework: `iso27001-2022`.
    pub framework: String,
    /// The control: `A.8.24`.
    pub id: String,
    /// The rule that supports it.
    pub rule: String,
    /// What that rule says of this vault.
    pub state: State,
}

/// A unit that was read.
#[derive(Clone, Debug, Serialize)]
pub struct ReadUnit {
    /// Its name.
    pub unit: String,
    /// `cloudformation`, `terraform`, `plan`.
    pub kind: String,
    /// Its files.
    pub files: usize,
}

/// What was not read.
#[derive(Clone, Debug, Serialize)]
pub struct NotRead {
    /// The file, module or path.
    pub what: String,
    /// Why not.
    pub why: String,
}

/// What judged.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Versions {
    /// The program's version.
    pub strongroom: String,
    /// A hash of the rules that ran.
    pub rules: String,
}

impl Evidence {
    /// Vaults in this state.
    pub fn count(&self, state: State) -> usize {
        self.vaults.iter().filter(|vault| vault.state == state).count()
    }
}

/// Prints the evidence.
///
/// # Errors
/// Those of `out`.
pub fn write(format: EvidenceFormat, evidence: &Evidence, out: &mut dyn Write) -> io::Result<()> {
    match format {
        EvidenceFormat::Html => html::write(evidence, out),
        EvidenceFormat::Markdown => markdown::write(evidence, out),
        EvidenceFormat::Json => json(evidence, out),
    }
}

fn json(evidence: &Evidence, out: &mut dyn Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Page<'a> {
        version: u32,
        summary: Summary,
        #[serde(flatten)]
        evidence: &'a Evidence,
    }
    #[derive(Serialize)]
    struct Summary {
        satisfied: usize,
        gap: usize,
        not_assessed: usize,
    }
    let summary = Summary {
        satisfied: evidence.count(State::Satisfied),
        gap: evidence.count(State::Gap),
        not_assessed: evidence.count(State::NotAssessed),
    };
    serde_json::to_writer_pretty(&mut *out, &Page { version: 1, summary, evidence })?;
    writeln!(out)
}

/// Row heads and texts of what is known of a vault, for the writers that print text. Controls only "support".
fn facts(vault: &VaultRow) -> Vec<(&'static str, String)> {
    // Where the owner depends on inputs, the key's own text tells it.
    let key = if vault.owner.is_empty() || vault.owner.contains(" when ") {
        vault.key.clone()
    } else {
        format!("{} ({})", vault.key, vault.owner)
    };
    let rotation = match (vault.rotation.is_empty(), vault.period.is_empty()) {
        (false, false) => format!("{}, {}", vault.rotation, vault.period),
        _ => format!("{}{}", vault.rotation, vault.period),
    };
    vec![
        ("Key", key.trim().to_owned()),
        ("Rotation", rotation),
        ("AWS Backup's access", vault.access.clone()),
        ("Lock", vault.lock.clone()),
    ]
}

#[cfg(test)]
mod tests;

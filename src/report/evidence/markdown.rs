//! Evidence as Markdown tables.

use std::io::{self, Write};

use super::{Evidence, State, facts};
use crate::report::markdown::{cell, code};

pub(super) fn write(evidence: &Evidence, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Backup encryption: {}\n", cell(&evidence.title))?;
    let n = |state| evidence.count(state);
    writeln!(
        out,
        "{} satisfied, {} with a gap, {} not assessed\n",
        n(State::Satisfied),
        n(State::Gap),
        n(State::NotAssessed)
    )?;
    if !evidence.vaults.is_empty() {
        writeln!(
            out,
            "| State | Vault | Key | Rotation | AWS Backup's access | Lock | Remarks | Suppressed | Supports |"
        )?;
        writeln!(out, "|{}", "---|".repeat(9))?;
    }
    for vault in &evidence.vaults {
        let facts: Vec<String> = facts(vault).iter().map(|(_, text)| dash(cell(text))).collect();
        let remarks: Vec<String> = vault.remarks.iter().map(|remark| cell(remark)).collect();
        let suppressed: Vec<String> = vault
            .suppressions
            .iter()
            .map(|s| {
                let until = s.expires.as_ref().map_or_else(String::new, |date| format!(" (until {date})"));
                cell(&format!("{}: {}{until}", s.rule, s.reason))
            })
            .collect();
        let controls: Vec<String> = vault
            .controls
            .iter()
            .map(|control| cell(&format!("{} {}: {}", control.framework, control.id, control.state.name())))
            .collect();
        writeln!(
            out,
            "| {} | {}<br>{} | {} | {} | {} | {} |",
            vault.state.name(),
            code(&vault.address),
            code(&vault.place),
            facts.join(" | "),
            dash(remarks.join("<br>")),
            dash(suppressed.join("<br>")),
            dash(controls.join("<br>"))
        )?;
    }
    list(
        out,
        "Read",
        evidence.read.iter().map(|unit| {
            format!("{} ({}, {})", code(&unit.unit), unit.kind, crate::report::words::count(unit.files, "file"))
        }),
    )?;
    list(out, "Not read", evidence.not_read.iter().map(|not| format!("{}: {}", code(&not.what), cell(&not.why))))?;
    let date = evidence.date.as_ref().map_or_else(String::new, |date| format!(", {}", cell(date)));
    writeln!(
        out,
        "\nstrongroom {}, rules {}{date}",
        cell(&evidence.versions.strongroom),
        code(&evidence.versions.rules)
    )
}

fn list(out: &mut dyn Write, head: &str, items: impl Iterator<Item = String>) -> io::Result<()> {
    for (at, item) in items.enumerate() {
        if at == 0 {
            writeln!(out, "\n## {head}\n")?;
        }
        writeln!(out, "- {item}")?;
    }
    Ok(())
}

fn dash(text: String) -> String {
    if text.is_empty() { "–".to_owned() } else { text }
}

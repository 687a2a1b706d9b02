//! Baselines: findings that were there before count no more, until they are gone.
//!
//! Takes and gives text. A finding is known by its fingerprint; where a file was renamed (the unit's name is part of
//! the fingerprint), by rule, address and message.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::finding::Finding;

/// The version that this program writes and reads.
const VERSION: u32 = 1;

/// The reason that a finding of the baseline is suppressed with.
pub const REASON: &str = "in the baseline";

/// The findings of an earlier run.
#[derive(Debug, Deserialize, Serialize)]
pub struct Baseline {
    version: u32,
    findings: Vec<Known>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Known {
    rule: String,
    unit: String,
    address: String,
    fingerprint: String,
}

/// What a baseline still holds and what not.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// Findings that were known.
    pub known: usize,
    /// Entries whose finding is gone: rule, unit and address of each.
    pub fixed: Vec<(String, String, String)>,
}

impl Baseline {
    /// The baseline of these findings; suppressed ones are left out.
    pub fn of(findings: &[Finding]) -> Self {
        let mut known: Vec<Known> = findings.iter().filter(|finding| finding.suppressed.is_none()).map(entry).collect();
        known.sort();
        Baseline { version: VERSION, findings: known }
    }

    /// As it is written to a file: a line an entry, so that it merges well.
    pub fn to_text(&self) -> String {
        let lines: Vec<String> =
            self.findings.iter().map(|known| format!("    {}", serde_json::json!(known))).collect();
        format!("{{\n  \"version\": {VERSION},\n  \"findings\": [\n{}\n  ]\n}}\n", lines.join(",\n"))
    }

    /// Reads a baseline.
    ///
    /// # Errors
    /// A sentence: no JSON, or another version.
    pub fn from_text(text: &str) -> Result<Self, String> {
        let json: serde_json::Value =
            serde_json::from_str(text).map_err(|error| format!("it is no baseline: {error}"))?;
        match json.get("version").and_then(serde_json::Value::as_u64) {
            Some(version) if version == u64::from(VERSION) => {}
            Some(version) => {
                return Err(format!("it has version {version}, and this strongroom reads version {VERSION}"));
            }
            None => return Err("it is no baseline: it has no version".to_owned()),
        }
        serde_json::from_value(json).map_err(|error| format!("it is no baseline: {error}"))
    }

    /// Suppresses the findings that this baseline knows. Each entry covers one finding: a second equal resource is new.
    pub fn apply(&self, findings: &mut [Finding]) -> Compared {
        let mut exact: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, known) in self.findings.iter().enumerate() {
            exact.entry(&known.fingerprint).or_default().push(at);
        }
        let mut used = vec![false; self.findings.len()];
        let mut compared = Compared::default();
        let open = |finding: &&mut Finding| finding.suppressed.is_none();
        for finding in findings.iter_mut().filter(open) {
            let entry = exact.get(finding.fingerprint.as_str()).and_then(|list| list.iter().find(|at| !used[**at]));
            if let Some(&at) = entry {
                used[at] = true;
                finding.suppressed = Some(REASON.to_owned());
                compared.known += 1;
            }
        }
        // A renamed file: the same rule and address, under a unit that the baseline does not find any more.
        for finding in findings.iter_mut().filter(open) {
            let moved = self.findings.iter().enumerate().position(|(at, known)| {
                !used[at] && known.rule == finding.rule && known.address == finding.subject.address
            });
            if let Some(at) = moved {
                used[at] = true;
                finding.suppressed = Some(REASON.to_owned());
                compared.known += 1;
            }
        }
        let gone = self.findings.iter().zip(&used).filter(|(_, used)| !**used);
        compared.fixed =
            gone.map(|(known, _)| (known.rule.clone(), known.unit.clone(), known.address.clone())).collect();
        compared
    }
}

fn entry(finding: &Finding) -> Known {
    Known {
        rule: finding.rule.clone(),
        unit: finding.unit.clone(),
        address: finding.subject.address.clone(),
        fingerprint: finding.fingerprint.clone(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use crate::finding::{Certainty, Label, Severity, Subject};
    use crate::source::{SourceId, Span};

    fn finding(unit: &str, address: &str) -> Finding {
        Finding {
            rule: "r".into(),
            severity: Severity::Error,
            certainty: Certainty::Always,
            unit: unit.into(),
            subject: Subject { address: address.into(), kind: "k".into() },
            message: "m".into(),
            when: None,
            passes_when: None,
            primary: Label { span: Span::new(SourceId(0), 0, 0), message: String::new() },
            related: vec![],
            notes: vec![],
            help: None,
            fixes: vec![],
            fingerprint: format!("r:{unit}:{address}"),
            suppressed: None,
        }
    }

    #[test]
    fn only_new_findings_count_and_fixed_ones_are_told() {
        let old = [finding("a", "v"), finding("b", "v"), finding("a", "gone")];
        let baseline = Baseline::from_text(&Baseline::of(&old).to_text()).unwrap();
        let mut now = vec![finding("a", "v"), finding("renamed", "v"), finding("c", "v"), finding("a", "new")];
        let compared = baseline.apply(&mut now);
        let open: Vec<_> =
            now.iter().filter(|f| f.suppressed.is_none()).map(|f| (&*f.unit, &*f.subject.address)).collect();
        assert_eq!(open, [("c", "v"), ("a", "new")]);
        assert_eq!(compared, Compared { known: 2, fixed: vec![("r".into(), "a".into(), "gone".into())] });
    }

    #[test]
    fn another_version_is_refused() {
        assert!(Baseline::from_text("{\"version\":2,\"findings\":[]}").unwrap_err().contains("version 2"));
        assert!(Baseline::from_text("[]").unwrap_err().contains("no version"));
        assert!(Baseline::from_text("x").unwrap_err().contains("no baseline"));
    }
}

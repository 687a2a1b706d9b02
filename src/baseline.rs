//! Baselines: findings that were there before count no more, until they are gone.
//!
//! Takes and gives text. A finding is known by its fingerprint; where a file was renamed (the unit's name is part of
//! the fingerprint), by rule, address and message.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Suppressed};

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
    ///
    /// `unit` says what became of an entry's unit. Only an entry whose unit is gone can be a renamed one's, and only
    /// one whose unit was looked at can be called fixed: a run over some files says nothing of the others.
    pub fn apply(&self, findings: &mut [Finding], unit: &dyn Fn(&str) -> Fate) -> Compared {
        let mut used = vec![false; self.findings.len()];
        let mut known = self.pass(
            findings,
            &mut used,
            |_| true,
            |known| known.fingerprint.clone(),
            |finding| finding.fingerprint.clone(),
        );
        let fates: BTreeMap<&str, Fate> = self.findings.iter().map(|known| (&*known.unit, unit(&known.unit))).collect();
        let fate = |known: &Known| fates.get(&*known.unit).copied().unwrap_or(Fate::NotLookedAt);
        known += self.pass(
            findings,
            &mut used,
            |known| fate(known) == Fate::Gone,
            |known| (known.rule.clone(), known.address.clone()),
            |finding| (finding.rule.clone(), finding.subject.address.clone()),
        );
        let fixed = self.findings.iter().zip(&used).filter(|(known, used)| !**used && fate(known) != Fate::NotLookedAt);
        let fixed = fixed.map(|(known, _)| (known.rule.clone(), known.unit.clone(), known.address.clone())).collect();
        Compared { known, fixed }
    }

    /// Suppresses each finding for which an entry is left that has the same key; how many these are.
    fn pass<K: Ord>(
        &self,
        findings: &mut [Finding],
        used: &mut [bool],
        may: impl Fn(&Known) -> bool,
        of_known: impl Fn(&Known) -> K,
        of_finding: impl Fn(&Finding) -> K,
    ) -> usize {
        let mut left: BTreeMap<K, VecDeque<usize>> = BTreeMap::new();
        for (at, known) in self.findings.iter().enumerate().filter(|(at, known)| !used[*at] && may(known)) {
            left.entry(of_known(known)).or_default().push_back(at);
        }
        let mut count = 0;
        for finding in findings.iter_mut().filter(|finding| finding.suppressed.is_none()) {
            if let Some(at) = left.get_mut(&of_finding(finding)).and_then(VecDeque::pop_front) {
                used[at] = true;
                count += 1;
                finding.suppressed = Some(Suppressed { reason: REASON.to_owned(), expires: None, in_source: false });
            }
        }
        count
    }
}

/// What became of a unit that a baseline names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was looked at.
    LookedAt,
    /// It was not part of this run.
    NotLookedAt,
    /// There is no such file or directory any more.
    Gone,
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
        let old = [finding("a", "v"), finding("b", "v"), finding("a", "gone"), finding("elsewhere", "v")];
        let baseline = Baseline::from_text(&Baseline::of(&old).to_text()).unwrap();
        let mut now = vec![finding("a", "v"), finding("renamed", "v"), finding("c", "v"), finding("a", "new")];
        let compared = baseline.apply(&mut now, &|unit| match unit {
            "a" => Fate::LookedAt,
            "b" => Fate::Gone,
            _ => Fate::NotLookedAt,
        });
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

//! A small outcome with one of everything, for the tests of the formats.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::json;

use crate::finding::{
    Certainty, Edit, Finding, Fix, Label, LookedAt, Outcome, Place, Problem, Safety, Severity, Subject, Undecided,
};
use crate::source::{Encoding, SourceId, Sources, Span};
use crate::value::{Guard, Unknown, UnknownKind};

/// CloudFormation whose vault falls back when a parameter says so.
pub(super) const TEMPLATE: &str = "\
Parameters:
  UseCustomerManagedKey:
    Type: String
    AllowedValues: ['true', 'false']
    Default: 'true'
Conditions:
  CreateKmsKey: !Equals [!Ref UseCustomerManagedKey, 'true']
Resources:
  BackupVault:
    Type: AWS::Backup::BackupVault
    Properties:
      EncryptionKeyArn: !If [CreateKmsKey, !GetAtt BackupKmsKey.Arn, !Ref AWS::NoValue]
";

/// A Terraform root whose vault has no key.
pub(super) const ROOT: &str = "\
resource \"aws_backup_vault\" \"main\" {
  name        = \"main\"
  kms_key_arn = null
}

resource \"aws_kms_key\" \"backup\" {
  enable_key_rotation = false
}
";

/// A path that is awkward in every format.
pub(super) const AWKWARD: &str = "infra/été 100%, a:b/main.tf";

/// The span of the `n`th (from 0) `needle` in a source.
pub(super) fn find(sources: &Sources, source: SourceId, needle: &str, n: usize) -> Span {
    let source = sources.get(source);
    let (at, _) = source.text().match_indices(needle).nth(n).expect("the needle is in the sample");
    Span::new(source.id(), at, at + needle.len())
}

fn label(span: Span, message: &str) -> Label {
    Label { span, message: message.to_owned() }
}

fn vault(unit: &str, address: &str, kind: &str, primary: Label) -> Finding {
    Finding {
        rule: "vault-customer-key".to_owned(),
        severity: Severity::Error,
        certainty: Certainty::Always,
        unit: unit.to_owned(),
        subject: Subject { address: address.to_owned(), kind: kind.to_owned() },
        message: "the vault uses the AWS-managed key aws/backup, not a customer-managed one".to_owned(),
        when: None,
        passes_when: None,
        primary,
        related: Vec::new(),
        notes: Vec::new(),
        help: Some(
            "set the vault's key; that replaces the vault, so make a new one, point the plans at it and copy the recovery points"
                .to_owned(),
        ),
        fixes: Vec::new(),
        fingerprint: format!("vault-customer-key/{unit}/{address}/key"),
        suppressed: None,
    }
}

/// A finding in the first source.
pub(super) fn finding(severity: Severity, certainty: Certainty) -> Finding {
    let mut finding = vault("u", "a.b", "aws_backup_vault", label(Span::new(SourceId(0), 0, 1), "here"));
    (finding.severity, finding.certainty) = (severity, certainty);
    finding
}

/// The reference template: a conditional finding.
pub(super) fn conditional(sources: &Sources) -> Finding {
    let source = sources.add_text("reference/template.yaml", TEMPLATE.to_owned(), Encoding::Utf8).id();
    let at = |needle, n| find(sources, source, needle, n);
    let primary = label(at("!Ref AWS::NoValue", 0), "removes the property: aws/backup is used");
    let mut finding = vault("reference/template.yaml", "BackupVault", "AWS::Backup::BackupVault", primary);
    let when = Guard::Equals("UseCustomerManagedKey".to_owned(), json!("false"));
    finding.certainty = Certainty::Conditional;
    finding.passes_when = None;
    finding.when = Some(when);
    finding.related = vec![
        label(
            at("!If [CreateKmsKey, !GetAtt BackupKmsKey.Arn, !Ref AWS::NoValue]", 0),
            "chosen by condition CreateKmsKey",
        ),
        label(at("CreateKmsKey", 0), "holds where UseCustomerManagedKey is 'true'"),
        label(at("'false'", 0), "parameter UseCustomerManagedKey allows 'false'"),
    ];
    finding.notes = vec!["passes with the defaults".to_owned()];
    finding
}

/// Two findings, a conditional and a suppressed one, two undecided verdicts, two problems.
pub(super) fn everything() -> (Sources, Outcome) {
    let sources = Sources::new();
    let root = sources.add_text(AWKWARD, ROOT.to_owned(), Encoding::Utf8).id();
    let at = |needle, n| find(&sources, root, needle, n);
    let unit = "infra/été 100%, a:b";
    let null = at("null", 0);
    let mut gap =
        vault(unit, "aws_backup_vault.main", "aws_backup_vault", label(null, "null is the same as nothing written"));
    gap.certainty = Certainty::ByDefault;
    gap.when = Some(Guard::Null("var.key".to_owned()));
    gap.passes_when = Some(Guard::Not(Box::new(Guard::Null("var.key".to_owned()))));
    gap.related = vec![label(at("\"main\"", 0), "this vault")];
    gap.fixes = vec![Fix {
        title: "use aws_kms_key.backup".to_owned(),
        safety: Safety::Unsafe,
        edits: vec![Edit { span: null, text: "aws_kms_key.backup.arn".to_owned() }],
    }];
    let mut rotation =
        vault(unit, "aws_kms_key.backup", "aws_kms_key", label(at("false", 0), "rotation is switched off"));
    rotation.rule = "key-rotation".to_owned();
    rotation.severity = Severity::Warning;
    rotation.message = "the key <aws_kms_key.backup> is not rotated & \"never\" was".to_owned();
    rotation.fingerprint = "key-rotation/1".to_owned();
    rotation.help = Some("set enable_key_rotation = true".to_owned());
    let mut ignored = rotation.clone();
    ignored.suppressed = Some(crate::finding::Suppressed {
        reason: "rotated by hand | see ticket 7".to_owned(),
        expires: None,
        in_source: true,
    });
    ignored.fingerprint = "key-rotation/2".to_owned();
    let conditional = conditional(&sources);
    let undecided = |kind, reason: &str, needle| Undecided {
        rule: "vault-key-format".to_owned(),
        unit: unit.to_owned(),
        subject: Subject { address: "aws_backup_vault.main".to_owned(), kind: "aws_backup_vault".to_owned() },
        primary: label(at(needle, 0), "this is not known"),
        reasons: vec![Unknown::new(kind, reason)],
    };
    let outcome = Outcome {
        undecided: vec![
            undecided(UnknownKind::Input, "var.key has no value in the sources", "kms_key_arn"),
            undecided(UnknownKind::Error, "evaluation gives an error: Invalid index", "name"),
        ],
        problems: vec![
            Problem::at("syntax", at("aws_kms_key", 0), "the block is not closed").help("add a }"),
            Problem::path("module", "modules/none", "module \"m\" is not here").not_fatal(),
        ],
        findings: vec![gap, rotation, ignored, conditional],
        not_read: Vec::new(),
        looked_at: LookedAt { units: 4, subjects: 7, vaults: 2, keys: 1, files: 5 },
    };
    (sources, outcome)
}

/// What a run that exits 0 may hold: a conditional finding, undecided verdicts and a problem that is not fatal. The
/// prose says the words that such a run does not print.
pub(super) fn calm() -> (Sources, Outcome) {
    let (sources, mut outcome) = everything();
    outcome.findings.retain(|finding| finding.certainty == Certainty::Conditional);
    outcome.problems.retain(|problem| !problem.fatal);
    for finding in &mut outcome.findings {
        finding.notes.push("copies into it fail, which is an error.".to_owned());
        finding.related[0].message.push_str(" (Error: failing)");
    }
    (sources, outcome)
}

/// An outcome without anything.
pub(super) fn clean() -> (Sources, Outcome) {
    let looked_at = LookedAt { units: 3, subjects: 4, vaults: 2, keys: 2, files: 3 };
    (Sources::new(), Outcome { looked_at, ..Outcome::default() })
}

/// Problems without a place.
pub(super) fn placeless() -> (Sources, Outcome) {
    let problem = Problem { place: Place::Nowhere, ..Problem::path("usage", "", "nothing to check") };
    (Sources::new(), Outcome { problems: vec![problem], ..Outcome::default() })
}

/// The rules that the sample speaks of.
pub(super) fn rules() -> Vec<super::RuleInfo> {
    let rule = |id: &str, severity, controls: &[(&str, &str)]| super::RuleInfo {
        id: id.to_owned(),
        summary: format!("Summary of {id}"),
        severity,
        help_markdown: format!("# Why\n\nBecause of `{id}`.\n"),
        controls: controls.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
        docs: None,
    };
    vec![
        rule("vault-key-format", Severity::Error, &[]),
        rule("key-rotation", Severity::Error, &[("checkov", "CKV_AWS_7"), ("cwe", "CWE-324")]),
        rule("vault-customer-key", Severity::Error, &[("checkov", "CKV_AWS_166")]),
    ]
}

/// What a writer prints of a sample.
pub(super) fn printed(
    format: super::Format,
    (sources, outcome): &(Sources, Outcome),
    change: impl FnOnce(&mut super::Options<'_>),
) -> String {
    let rules = rules();
    let mut options = super::Options { rules: &rules, ..super::Options::default() };
    change(&mut options);
    let mut out = Vec::new();
    super::write(format, outcome, sources, &options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#![allow(clippy::unwrap_used)]

use crate::finding::{Certainty, Label, Outcome, Severity};
use crate::report::sample::{calm, clean, everything, finding, placeless, printed};
use crate::report::{Format, Options, write};
use crate::source::{Encoding, Sources, Span};

/// What is printed of a finding with these labels (needle and message; the first is primary) in a text.
fn shown(text: &str, labels: &[(std::ops::Range<usize>, &str)]) -> String {
    let sources = Sources::new();
    let source = sources.add_text("f", text.to_owned(), Encoding::Utf8).id();
    let mut labels = labels.iter().map(|(range, message)| Label {
        span: Span::new(source, range.start, range.end),
        message: (*message).to_owned(),
    });
    let mut finding = finding(Severity::Error, Certainty::Always);
    finding.primary = labels.next().unwrap();
    finding.related = labels.collect();
    finding.help = None;
    let outcome = Outcome { findings: vec![finding], ..Outcome::default() };
    printed(Format::Human, &(sources, outcome), |options| options.quiet = true)
}

/// The same without headline and last, empty line.
fn snippet(text: &str, labels: &[(std::ops::Range<usize>, &str)]) -> String {
    let text = shown(text, labels);
    text.trim_end().split_once('\n').unwrap().1.to_owned()
}

#[test]
fn a_finding_reads_from_what_to_why_to_how() {
    let text = printed(Format::Human, &everything(), |options| options.width = 100);
    let expected = "\
error[vault-customer-key]: the vault uses the AWS-managed key aws/backup, not a customer-managed one
   ╭─ infra/été 100%, a:b/main.tf:3:17  aws_backup_vault.main
 1 │ resource \"aws_backup_vault\" \"main\" {
   ·                             ───┬──
   ·                                ╰── this vault
 2 │   name        = \"main\"
 3 │   kms_key_arn = null
   ·                 ──┬─
   ·                   ╰── null is the same as nothing written
   = when var.key is null
   = passes when var.key is set
   = help: set the vault's key; that replaces the vault, so make a new one, point the plans at it
           and copy the recovery points

warning[key-rotation]: the key <aws_kms_key.backup> is not rotated & \"never\" was
   ╭─ infra/été 100%, a:b/main.tf:7:25  aws_kms_key.backup
 7 │   enable_key_rotation = false
   ·                         ──┬──
   ·                           ╰── rotation is switched off
   = help: set enable_key_rotation = true

note[vault-customer-key]: the vault uses the AWS-managed key aws/backup, not a customer-managed one when UseCustomerManagedKey is 'false'
    ╭─ reference/template.yaml:12:70  BackupVault
 12 │       EncryptionKeyArn: !If [CreateKmsKey, !GetAtt BackupKmsKey.Arn, !Ref AWS::NoValue]
    ·                         ─┬─                                          ────────┬────────
    ·                          │                                                   ╰── removes the property: aws/backup is used
    ·                          ╰── chosen by condition CreateKmsKey
    ├─ reference/template.yaml:7:3
  7 │   CreateKmsKey: !Equals [!Ref UseCustomerManagedKey, 'true']
    ·   ──────┬─────
    ·         ╰── holds where UseCustomerManagedKey is 'true'
    ├─ reference/template.yaml:4:29
  4 │     AllowedValues: ['true', 'false']
    ·                             ───┬───
    ·                                ╰── parameter UseCustomerManagedKey allows 'false'
    = note: passes with the defaults
    = help: set the vault's key; that replaces the vault, so make a new one, point the plans at it
            and copy the recovery points

problem[syntax]: the block is not closed
   ╭─ infra/été 100%, a:b/main.tf:6:11
 6 │ resource \"aws_kms_key\" \"backup\" {
   ·           ───────────
   = help: add a }

problem[module]: modules/none: module \"m\" is not here

2 findings (1 error, 1 warning), 1 conditional, 2 undecided (1 input, 1 evaluation), 1 suppressed, 2 problems in 4 units (2 vaults, 1 key)
";
    assert_eq!(text, expected);
}

#[test]
fn undecided_verdicts_are_listed_on_demand() {
    let text = printed(Format::Human, &everything(), |options| options.show_undecided = true);
    assert!(
        text.contains(
            "undecided[vault-key-format]: can't tell, because var.key has no value in the sources\n   ╭─ infra/été 100%, a:b/main.tf:3:3  aws_backup_vault.main\n"
        ),
        "{text}"
    );
}

#[test]
fn a_run_that_exits_0_says_neither_fail_nor_error() {
    for format in [Format::Human, Format::Short, Format::Github, Format::Markdown] {
        for sample in [calm(), clean()] {
            let text = printed(format, &sample, |options| options.show_undecided = true).to_lowercase();
            assert!(!text.contains("fail") && !text.contains("error"), "{format:?}: {text}");
        }
    }
    let text = printed(Format::Human, &calm(), |options| options.strict = true);
    assert!(text.contains("error[") && text.contains("fail"), "in a run that exits 1 nothing is reworded: {text}");
}

#[test]
fn colors_are_printed_on_demand_only() {
    let plain = printed(Format::Human, &everything(), |_| {});
    assert!(!plain.contains('\u{1b}'));
    let coloured = printed(Format::Human, &everything(), |options| options.color = true);
    assert!(coloured.contains("\u{1b}[1;31merror[vault-customer-key]\u{1b}[0m"));
    let mut bare = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        bare.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    bare.push_str(rest);
    assert_eq!(bare, plain);
}

#[test]
fn ascii_is_ascii() {
    let text = printed(Format::Human, &everything(), |options| options.unicode = false);
    assert!(text.replace("été", "").is_ascii(), "{text}");
}

#[test]
fn instances_that_are_alike_are_told_once() {
    let (sources, mut outcome) = everything();
    let one = outcome.findings[0].clone();
    outcome.findings.truncate(1);
    for key in 1..8 {
        let mut other = one.clone();
        other.subject.address = format!("aws_backup_vault.main[{key}]");
        outcome.findings.push(other);
    }
    let text = printed(Format::Human, &(sources, outcome), |options| options.width = 300);
    assert_eq!(text.matches("error[").count(), 1);
    assert!(text.contains("= note: the same for aws_backup_vault.main[1], aws_backup_vault.main[2], aws_backup_vault.main[3], aws_backup_vault.main[4] and 3 more"), "{text}");
    assert!(text.contains("8 findings (8 errors)"), "{text}");
}

#[test]
fn a_module_that_several_roots_call_is_told_once_with_the_roots() {
    let (sources, mut outcome) = everything();
    let mut one = outcome.findings[0].clone();
    one.unit = "envs/dev".to_owned();
    let (mut same, mut other) = (one.clone(), one.clone());
    same.unit = "envs/prod".to_owned();
    other.unit = "envs/test".to_owned();
    other.subject.address = "aws_backup_vault.second".to_owned();
    outcome.findings = vec![one.clone(), one, same, other];
    let text = printed(Format::Human, &(sources, outcome), |options| options.width = 300);
    assert_eq!(text.matches("error[").count(), 1);
    assert!(text.contains("= note: the same for envs/prod, aws_backup_vault.second in envs/test\n"), "{text}");
}

#[test]
fn a_long_line_is_cut_around_the_label() {
    let text = format!("first\n{} NEEDLE {}", "a".repeat(70_000), "é".repeat(100_000));
    assert_eq!(
        snippet(&text, &[(70_007..70_013, "here")]),
        "   ╭─ f:2:70002\n 2 │ … aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa NEEDLE ééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééééé …\n   ·                                       ───┬──\n   ·                                          ╰── here"
            .replace("f:2:70002", "f:2:70002  a.b")
    );
    let far = shown(&text, &[(70_007..70_013, "here"), (6..8, "there")]);
    assert!(far.contains("├─ f:2:1\n 2 │ aaaa"), "a label out of view has a frame of its own: {far}");
}

#[test]
fn awkward_labels_are_shown() {
    type Labels = &'static [(std::ops::Range<usize>, &'static str)];
    let table: [(&str, &str, Labels, &str); 9] = [
        ("an empty file", "", &[(0..0, "x")], " 1 │\n   · ▲\n   · ╰── x"),
        ("the end of a file", "ab\n", &[(3..3, "x")], " 2 │\n   · ▲\n   · ╰── x"),
        ("the end of a line", "ab\ncd", &[(2..2, "x")], " 1 │ ab\n   ·   ▲\n   ·   ╰── x"),
        ("several lines", "a bc\r\nd\r\ne", &[(2..10, "x")], " 1 │ a bc\n   ·   ─┬\n   ·    ╰── x"),
        ("tabs", "\ta\tb", &[(3..4, "x")], " 1 │     a    b\n   ·          ┬\n   ·          ╰── x"),
        ("wide characters", "漢字 b", &[(7..8, "x")], " 1 │ 漢字 b\n   ·      ┬\n   ·      ╰── x"),
        (
            "one in the other",
            "f(a, b)",
            &[(5..6, "x"), (0..7, "y")],
            " 1 │ f(a, b)\n   · ──┬─ ┬\n   ·   │  ╰── x\n   ·   ╰── y",
        ),
        ("the same twice", "ab", &[(0..2, "x"), (0..2, "y"), (0..2, "x")], " 1 │ ab\n   · ─┬\n   ·  ╰── x; y"),
        (
            "control characters",
            "a\u{1b}[2Jb",
            &[(5..6, "x\u{7}")],
            " 1 │ a\u{fffd}[2Jb\n   ·      ┬\n   ·      ╰── x\u{fffd}",
        ),
    ];
    for (what, text, labels, expected) in table {
        let shown = snippet(text, labels);
        let (_, body) = shown.split_once('\n').unwrap();
        assert_eq!(body, expected, "{what}");
    }
}

#[test]
fn any_label_anywhere_is_drawn() {
    let text = "aé漢\t\u{301}👩‍👩‍👧\r\n\n  x: !If [a, b]\nlast";
    let ends: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
    for &start in &ends {
        for &end in ends.iter().filter(|end| **end >= start) {
            let shown = shown(text, &[(start..end, "primary"), (0..text.len(), "all"), (20..end.max(20), "more")]);
            assert!(shown.contains("primary"), "{start}..{end}: {shown}");
        }
    }
}

#[test]
fn a_long_label_is_wrapped() {
    let label = "a label that has so much to say that it would run out of the right side of the terminal";
    let sources = Sources::new();
    let source = sources.add_text("f", format!("{}x", " ".repeat(40)), Encoding::Utf8).id();
    let mut finding = finding(Severity::Error, Certainty::Always);
    finding.primary = Label { span: Span::new(source, 40, 41), message: label.to_owned() };
    let outcome = Outcome { findings: vec![finding], ..Outcome::default() };
    let mut out = Vec::new();
    let options = Options { width: 100, ..Options::default() };
    write(Format::Human, &outcome, &sources, &options, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("╰─┤ a label that has so much"), "{text}");
    assert!(text.lines().skip(1).all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn problems_without_a_place_are_told() {
    assert!(printed(Format::Human, &placeless(), |_| {}).starts_with("problem[usage]: nothing to check\n\n0 findings"));
    assert_eq!(printed(Format::Human, &clean(), |_| {}), "0 findings, 0 problems in 3 units (2 vaults, 2 keys)\n");
    assert_eq!(printed(Format::Human, &clean(), |options| options.quiet = true), "");
}

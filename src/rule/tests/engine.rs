use serde_json::json;

use super::*;
use crate::finding::{Certainty, Severity};

/// Certainty, severity, address, guards and place of every finding, a line each.
fn told(judgement: &Judgement) -> Vec<String> {
    judgement
        .findings
        .iter()
        .map(|it| {
            let when = it.when.as_ref().map(|when| format!(" when {when}")).unwrap_or_default();
            let passes = it.passes_when.as_ref().map(|when| format!(" passes when {when}")).unwrap_or_default();
            let place = it.primary.span.start;
            let exists = it.notes.iter().filter(|note| note.starts_with("it exists")).map(|note| format!(" ({note})"));
            let exists: String = exists.collect();
            let (certainty, severity) = (it.certainty.name(), it.severity.name());
            format!("{certainty} {severity} {}@{place}{when}{passes}{exists}", it.subject.address)
        })
        .collect()
}

#[test]
fn certainty_follows_the_leaves() {
    let rule = over_resources("", "resource.attributes.on == true");
    let on = json!({"$if": ["P", true, false]});
    let table = [
        (json!({"R": {"type": "T", "on": false}}), None, vec!["always error R@100"]),
        (json!({"R": {"type": "T", "on": true}}), None, vec![]),
        (json!({"R": {"type": "T", "on": on}}), Some("true"), vec!["conditional error R@100 when P is 'false'"]),
        (
            json!({"R": {"type": "T", "on": on}}),
            Some("false"),
            vec!["by-default error R@100 when P is 'false' passes when P is 'true'"],
        ),
        (json!({"R": {"type": "T", "on": on}}), None, vec!["conditional error R@100 when P is 'false'"]),
        (
            json!({"R": {"type": "T", "exists": "P", "on": false}}),
            Some("true"),
            vec!["always error R@100 (it exists when P is 'true')"],
        ),
        (
            json!({"R": {"type": "T", "exists": "P", "on": false}}),
            Some("false"),
            vec!["always error R@100 (it exists when P is 'true')"],
        ),
        (
            json!({"R": {"type": "T", "exists": "P", "on": false}}),
            None,
            vec!["always error R@100 (it exists when P is 'true')"],
        ),
        (
            json!({"R": {"type": "T", "exists": "P", "on": {"$if": ["Q", true, false]}}}),
            Some("false"),
            vec!["conditional error R@100 when P is 'true' and Q is 'false'"],
        ),
        // Two properties that depend on the same condition are correlated.
        (json!({"R": {"type": "T", "exists": "P", "on": on}}), None, vec![]),
        (
            json!({"R": {"type": "T", "on": {"$input": "P"}}}),
            Some("true"),
            vec!["conditional error R@100 when P is 'false'"],
        ),
    ];
    for (resources, default, expected) in table {
        let unit = unit(&resources).with_input(switch("P", default));
        let unit = unit.with_input(switch("Q", Some("true")));
        let judgement = judged(&rule, &unit);
        assert_eq!(told(&judgement), expected, "{resources} {default:?}");
        assert!(judgement.undecided.is_empty());
        assert_eq!(judgement.judged, 1);
    }
}

#[test]
fn what_is_unknown_is_undecided_with_its_reasons() {
    let rule = over_resources("", "resource.attributes.on == true");
    let unit = unit(&json!({"R": {"type": "T", "on": {"$unknown": "it is imported"}}, "S": {"type": "U"}}));
    let judgement = judged(&rule, &unit);
    assert!(judgement.findings.is_empty());
    assert_eq!(&*judgement.undecided[0].reasons[0].reason, "it is imported");
    assert_eq!(judgement.undecided[0].primary.span.start, 100);
}

#[test]
fn the_first_check_that_fails_speaks_and_texts_are_its_own() {
    let rule = rule(concat!(
        "---\nsubject: resource\ntypes: [T]\nsummary: It is so\nhelp: { cloudformation: 'write {address}', terraform: no }\n",
        "severity: 'size(resource.attributes.list) > 1 ? \"error\" : \"warning\"'\n",
        "checks:\n  omitted:\n    message: \"{address} has no mode, {params.x} and {resource.attributes.lost}\"\n    label: not here\n",
        "  wrong:\n    message: mode of {address} is {resource.attributes.mode}\n    severity: advice\nparams: { x: 1 }\n",
        "---\n```check omitted\nhas(resource.attributes.mode)\n```\n```check wrong\nresource.attributes.mode == 'm'\n```\n",
    ));
    let unit = unit(&json!({
        "A": {"type": "T", "list": [1, 2]},
        "B": {"type": "T", "mode": "x"},
        "C": {"type": "T", "lost": {"$unknown": "why"}},
    }));
    let judgement = judged(&rule, &unit);
    let texts: Vec<_> =
        judgement.findings.iter().map(|it| (it.severity, it.message.as_str(), it.primary.message.as_str())).collect();
    assert_eq!(
        texts,
        [
            (Severity::Error, "A has no mode, 1 and nothing", "not here"),
            (Severity::Advice, "mode of B is x", "`resource.attributes.mode` is x"),
            (Severity::Warning, "C has no mode, 1 and (resource.attributes.lost)", "not here"),
        ]
    );
    assert_eq!(judgement.findings[0].help.as_deref(), Some("write A"));
    assert_eq!(judgement.findings[0].primary.span.start, 0, "the header where nothing is written");
    assert_eq!(judgement.findings[0].fingerprint, "test-rule:test:A:omitted:resource.attributes.mode");
}

#[test]
fn two_causes_are_two_findings() {
    let rule = over_resources("", "resource.attributes.mode in ['good']");
    let mode = json!({"$if": ["P", {"$none": true}, "bad"]});
    let unit = unit(&json!({"R": {"type": "T", "mode": mode}})).with_input(switch("P", Some("true")));
    let judgement = judged(&rule, &unit);
    assert_eq!(told(&judgement), ["always error R@100"], "one place, one cause");
    assert_eq!(judgement.findings[0].when, None);
}

#[test]
fn the_deciding_attribute_is_underlined() {
    // The check, and where the label is: 0 is the header, 100 the property, 101 and up what stands in it.
    let table = [
        ("!has(resource.attributes.mode) || resource.attributes.n >= 10", 100),
        ("resource.attributes.list.all(x, x != 'b')", 102),
        ("!('b' in resource.attributes.list)", 102),
        ("'z' in resource.attributes.list", 100),
        ("resource.attributes.list.exists(x, x == 'z')", 100),
        ("resource.attributes.blocks.all(b, b.open == false)", 102),
        ("resource.attributes.blocks.all(b, has(b.closed))", 101),
        ("resource.attributes.missing == 'x'", 0),
        ("resource.attributes.mode == null && resource.attributes.n == 5", 100),
        ("false", 0),
    ];
    for (check, place) in table {
        let front = "severity: error\nsubject: resource\ntypes: [T]\nsummary: It is so\n";
        let text = format!("---\n{front}---\n```check\n{}\n```\n", check.replace("n >= 10", "n == 10"));
        let unit = unit(&json!({"R": {
            "type": "T", "mode": "m", "n": 5, "list": ["a", "b"], "blocks": [{"open": true}],
        }}));
        let judgement = judged(&rule(&text), &unit);
        assert_eq!(judgement.findings.len(), 1, "{check}");
        assert_eq!(judgement.findings[0].primary.span.start, place, "{check}");
    }
}

#[test]
fn unrelated_conditions_of_other_blocks_do_not_multiply() {
    let rule = over_resources("", "resource.attributes.on == true");
    let mut resources = serde_json::Map::new();
    for at in 0..14 {
        resources.insert(format!("R{at:02}"), json!({"type": "T", "on": {"$if": [format!("P{at:02}"), true, false]}}));
    }
    let mut unit = unit(&Json::Object(resources));
    for at in 0..14 {
        unit = unit.with_input(switch(&format!("P{at:02}"), Some("true")));
    }
    let judgement = judged(&rule, &unit);
    assert_eq!(judgement.findings.len(), 14);
    assert!(judgement.findings.iter().all(|it| it.certainty == Certainty::Conditional));
    assert!(judgement.undecided.is_empty());
}

/// A resource with a list whose 13 items hang on a condition each, true by default.
fn with_thirteen_conditions() -> JsonUnit {
    let list: Vec<Json> = (0..13).map(|at| json!({"$if": [format!("P{at:02}"), "a", "b"]})).collect();
    let mut unit = unit(&json!({"R": {"type": "T", "list": list}}));
    for at in 0..13 {
        unit = unit.with_input(switch(&format!("P{at:02}"), Some("true")));
    }
    unit
}

#[test]
fn too_many_conditions_are_a_problem_and_never_a_wrong_answer() {
    let rule = over_resources("", "resource.attributes.list.all(x, x == 'a') || resource.attributes.list.size() == 1");
    let judgement = judged(&rule, &with_thirteen_conditions());
    assert!(judgement.findings.is_empty() && judgement.undecided.is_empty());
    let [problem] = judgement.problems.as_slice() else { panic!("{judgement:?}") };
    assert_eq!((problem.kind, problem.fatal), ("limit", true));
    assert_eq!(problem.message, "test-rule can't be decided for R: too many conditions decide about it");
    let help = problem.help.as_deref().unwrap();
    assert!(help.starts_with("give values to what decides most (--param NAME=VALUE): P0"), "{help}");
}

#[test]
fn the_default_world_is_judged_where_there_are_too_many_others() {
    let rule = over_resources("", "resource.attributes.list.exists(x, x == 'never')");
    let judgement = judged(&rule, &with_thirteen_conditions());
    assert_eq!(told(&judgement), ["by-default error R@100"]);
    assert!(judgement.undecided.is_empty() && judgement.problems.is_empty());
}

#[test]
fn what_exists_in_none_of_the_first_worlds_is_not_passed_over() {
    let rule = over_resources("", "resource.attributes.on == true");
    let names: Vec<String> = (0..13).map(|at| format!("P{at:02}")).collect();
    let mut unit = unit(&json!({"R": {"type": "T", "none_of": names, "on": false}}));
    for name in &names {
        unit = unit.with_input(switch(name, Some("true")));
    }
    let judgement = judged(&rule, &unit);
    assert!(judgement.findings.is_empty());
    assert_eq!(judgement.problems[0].message, "test-rule can't be decided for R: too many conditions decide about it");
}

#[test]
fn where_leaves_subjects_out() {
    let rule = over_resources("where: resource.attributes.kind == 'k'\n", "resource.attributes.on == true");
    let unit = unit(&json!({
        "A": {"type": "T", "kind": "k"},
        "B": {"type": "T", "kind": "other"},
        "C": {"type": "T", "kind": {"$unknown": "why"}},
    }));
    let judgement = judged(&rule, &unit);
    assert_eq!(told(&judgement), ["always error A@0"]);
    assert_eq!(judgement.undecided.len(), 1);
    assert_eq!(judgement.judged, 2);
}

#[test]
fn names_are_selected_by_language() {
    let rule = over_resources(
        "select:\n  on: { cloudformation: resource.attributes.On, terraform: resource.attributes.on }\n  off: \"!on\"\n",
        "on == true && !off",
    );
    for (language, name) in [(Language::CloudFormation, "On"), (Language::Terraform, "on"), (Language::Plan, "on")] {
        let mut resource = json!({"type": "T"});
        resource[name] = json!(true);
        let unit = JsonUnit::new(language, &json!({"R": resource}));
        assert_eq!(told(&judged(&rule, &unit)), [""; 0], "{language:?}");
    }
    assert_eq!(judged(&rule, &unit(&json!({"R": {"type": "T", "on": true}}))).findings.len(), 1);
}

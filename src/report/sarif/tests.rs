#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::finding::{Certainty, Outcome, Severity};
use crate::report::sample::{calm, clean, everything, finding, printed};
use crate::report::{Format, Options, write};

fn run(sample: &(crate::source::Sources, Outcome)) -> Value {
    let log: Value = serde_json::from_str(&printed(Format::Sarif, sample, |_| {})).unwrap();
    assert_eq!(log["version"], "2.1.0");
    log["runs"][0].clone()
}

#[test]
fn a_result_points_at_one_narrow_place_and_tells_the_chain() {
    let run = run(&everything());
    let result = &run["results"][3];
    assert_eq!((result["ruleId"].as_str(), result["level"].as_str()), (Some("vault-customer-key"), Some("note")));
    assert_eq!(
        result["message"]["text"],
        "'BackupVault': the vault uses the AWS-managed key aws/backup, not a customer-managed one when UseCustomerManagedKey is 'false'. \
         See: [chosen by condition CreateKmsKey](1), [holds where UseCustomerManagedKey is 'true'](2), [parameter UseCustomerManagedKey allows 'false'](3)."
    );
    assert_eq!(
        result["locations"][0]["physicalLocation"],
        json!({"artifactLocation": {"uri": "reference/template.yaml"},
            "region": {"startLine": 12, "startColumn": 70, "endLine": 12, "endColumn": 87, "snippet": {"text": "!Ref AWS::NoValue"}}})
    );
    let ids: Vec<&Value> =
        result["relatedLocations"].as_array().unwrap().iter().map(|location| &location["id"]).collect();
    assert_eq!(ids, [1, 2, 3]);
    let steps = result["codeFlows"][0]["threadFlows"][0]["locations"].as_array().unwrap();
    let lines: Vec<u64> =
        steps.iter().filter_map(|step| step["location"]["physicalLocation"]["region"]["startLine"].as_u64()).collect();
    assert_eq!(lines, [4, 7, 12, 12], "from the cause to the deciding text");
    let index = result["ruleIndex"].as_u64().unwrap() as usize;
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], "vault-customer-key");
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert!(run.get("originalUriBaseIds").is_none());
}

#[test]
fn paths_fixes_suppressions_and_fingerprints_are_told() {
    let run = run(&everything());
    let results = run["results"].as_array().unwrap();
    let uri = &results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "infra/%C3%A9t%C3%A9%20100%25%2C%20a%3Ab/main.tf");
    assert_eq!(
        results[0]["fixes"][0]["artifactChanges"][0]["replacements"],
        json!([{"deletedRegion": {"startLine": 3, "startColumn": 17, "endLine": 3, "endColumn": 21},
            "insertedContent": {"text": "aws_kms_key.backup.arn"}}])
    );
    let suppressed: Vec<bool> = results.iter().map(|result| result.get("suppressions").is_some()).collect();
    assert_eq!(suppressed, [false, false, true, false]);
    assert_eq!(results[2]["suppressions"][0]["justification"], "rotated by hand | see ticket 7");
    for result in results {
        let prints = &result["partialFingerprints"];
        assert!(prints["primaryLocationLineHash"].as_str().unwrap().ends_with(":1"));
        assert!(prints["strongroom/v1"].is_string());
    }
}

#[test]
fn rules_have_what_code_scanning_asks_for() {
    let run = run(&everything());
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 3, "each rule once");
    assert_eq!(rules[0]["name"], "KeyRotation");
    assert_eq!(rules[0]["help"]["markdown"], "# Why\n\nBecause of `key-rotation`.\n");
    assert_eq!(
        rules[0]["properties"],
        json!({"precision": "very-high", "problem.severity": "error", "security-severity": "8.0",
            "tags": ["security", "checkov/CKV_AWS_7", "external/cwe/cwe-324"]})
    );
    let (sources, outcome) = everything();
    let mut rules = crate::report::sample::rules();
    rules[0].controls = (0..30).map(|n| ("f".to_owned(), n.to_string())).collect();
    let options = Options { rules: &rules, ..Options::default() };
    let mut out = Vec::new();
    write(Format::Sarif, &outcome, &sources, &options, &mut out).unwrap();
    let log: Value = serde_json::from_slice(&out).unwrap();
    let tags = log["runs"][0]["tool"]["driver"]["rules"][2]["properties"]["tags"].as_array().unwrap().len();
    assert_eq!(tags, 10);
}

#[test]
fn problems_are_notifications() {
    let invocation = run(&everything())["invocations"][0].clone();
    assert_eq!((&invocation["executionSuccessful"], &invocation["exitCode"]), (&json!(false), &json!(2)));
    let notifications = invocation["toolExecutionNotifications"].as_array().unwrap();
    assert_eq!(notifications.len(), 2);
    assert_eq!(notifications[0]["message"]["text"], "the block is not closed. Help: add a }.");
    assert_eq!(
        notifications[1]["locations"],
        json!([{"physicalLocation": {"artifactLocation": {"uri": "modules/none"}}}])
    );
    assert_eq!(run(&calm())["invocations"][0]["executionSuccessful"], json!(true));
    assert_eq!(run(&clean())["results"], json!([]));
}

#[test]
fn too_many_results_leave_the_worst() {
    let (sources, _) = everything();
    let mut findings = vec![finding(Severity::Warning, Certainty::Always); 5_003];
    findings.push(finding(Severity::Error, Certainty::Always));
    let outcome = Outcome { findings, ..Outcome::default() };
    let mut out = Vec::new();
    let written = write(Format::Sarif, &outcome, &sources, &Options::default(), &mut out).unwrap();
    assert_eq!(written.remarks, ["4 results left out: code scanning shows at most 5000"]);
    let log: Value = serde_json::from_slice(&out).unwrap();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!((results.len(), results[0]["level"].as_str()), (5_000, Some("error")));
    let notifications = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    assert!(notifications[0]["message"]["text"].as_str().unwrap().contains("4 results left out"));
}

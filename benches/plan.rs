//! What reading a large plan costs, beside a bare pass of the same parser over the same text.
//!
//! `cargo bench --bench plan`. The plan is made in memory: 200 MB, one resource in a hundred matters.

use std::fmt::Write;
use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use strongroom::resolve::plan;
use strongroom::source::{Encoding, Source, Sources};

const BYTES: usize = 200 * 1024 * 1024;

fn main() {
    divan::main();
}

/// Every value skipped: the least that any reader of JSON does.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn bare_ignored(bencher: divan::Bencher<'_, '_>) {
    let text = PLAN.text();
    bencher
        .counter(divan::counter::BytesCount::of_str(text))
        .bench(|| serde_json::from_str::<IgnoredAny>(text).is_ok());
}

/// The resource changes as typed records with borrowed slices, everything else skipped.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn bare_typed(bencher: divan::Bencher<'_, '_>) {
    #[derive(Deserialize)]
    struct Bare<'a> {
        #[serde(borrow)]
        resource_changes: Vec<Change<'a>>,
    }
    #[derive(Deserialize)]
    struct Change<'a> {
        #[serde(borrow)]
        address: &'a RawValue,
        #[serde(borrow, rename = "type")]
        kind: &'a str,
        #[serde(borrow)]
        change: &'a RawValue,
    }
    let text = PLAN.text();
    bencher.counter(divan::counter::BytesCount::of_str(text)).bench(|| {
        let bare: Bare<'_> = serde_json::from_str(text).ok()?;
        let last = bare.resource_changes.last()?;
        Some((bare.resource_changes.len(), last.address.get().len(), last.kind.len(), last.change.get().len()))
    });
}

/// The whole of what strongroom does to have a unit: recognise, read, decide every argument of what matters.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn strongroom(bencher: divan::Bencher<'_, '_>) {
    bencher.counter(divan::counter::BytesCount::of_str(PLAN.text())).bench(|| {
        assert!(plan::is_plan(PLAN.text()));
        plan::load(&PLAN, plan::Beside::Nothing, &plan::matters).units.len()
    });
}

static PLAN: LazyLock<Arc<Source>> =
    LazyLock::new(|| Sources::new().add_text("plan.json", written(BYTES), Encoding::Utf8));

/// A plan of about this many bytes.
fn written(bytes: usize) -> String {
    let (mut planned, mut changes, mut prior, mut configured) =
        (String::new(), String::new(), String::new(), String::new());
    for at in 0.. {
        if planned.len() + changes.len() + prior.len() + configured.len() > bytes {
            break;
        }
        let comma = if at == 0 { "" } else { "," };
        let (address, kind, values, unknown) = resource(at);
        let quoted = address.replace('"', "\\\"");
        let head = format!(
            r#""address":"{quoted}","mode":"managed","type":"{kind}","name":"r{}","index":"i{at}","provider_name":"registry.terraform.io/hashicorp/aws""#,
            at / 50
        );
        // Half of it exists already, as in most plans of a large estate.
        let exists = at % 2 == 0 && kind == "aws_security_group";
        let (actions, before) = if exists { ("no-op", values.as_str()) } else { ("create", "null") };
        let _ = write!(planned, r#"{comma}{{{head},"schema_version":1,"values":{values},"sensitive_values":{{}}}}"#);
        let _ = write!(
            changes,
            r#"{comma}{{{head},"change":{{"actions":["{actions}"],"before":{before},"after":{values},"after_unknown":{unknown},"before_sensitive":false,"after_sensitive":{{}}}}}}"#
        );
        if exists {
            let comma = if prior.is_empty() { "" } else { "," };
            let _ = write!(prior, r#"{comma}{{{head},"schema_version":1,"values":{values},"sensitive_values":{{}}}}"#);
        }
        if at % 50 == 0 {
            let expressions = match kind {
                "aws_backup_vault" => {
                    r#"{"kms_key_arn":{"references":["aws_kms_key.r0","each.key"]},"name":{"references":["each.key"]}}"#
                }
                _ => r#"{"name":{"references":["each.key"]},"ingress":{"references":["var.ingress"]}}"#,
            };
            let _ = write!(
                configured,
                r#"{comma}{{"address":"{kind}.r{}","mode":"managed","type":"{kind}","name":"r{}","provider_config_key":"aws","expressions":{expressions},"schema_version":1,"for_each_expression":{{"references":["var.all"]}}}}"#,
                at / 50,
                at / 50
            );
        }
    }
    format!(
        r#"{{"format_version":"1.2","terraform_version":"1.14.5","variables":{{"all":{{"value":{{}}}}}},"planned_values":{{"root_module":{{"resources":[{planned}]}}}},"resource_changes":[{changes}],"prior_state":{{"format_version":"1.0","values":{{"root_module":{{"resources":[{prior}]}}}}}},"configuration":{{"provider_config":{{"aws":{{"name":"aws"}}}},"root_module":{{"resources":[{configured}],"variables":{{"all":{{}}}}}}}}}}"#
    )
}

/// Address, type, values and unknown values of the resource at `at`; groups of fifty share a block.
fn resource(at: usize) -> (String, &'static str, String, &'static str) {
    let block = at / 50;
    match block % 200 {
        0 => (
            format!(r#"aws_kms_key.r{block}["i{at}"]"#),
            "aws_kms_key",
            r#"{"bypass_policy_lockout_safety_check":false,"deletion_window_in_days":30,"enable_key_rotation":true,"tags":null}"#.to_owned(),
            r#"{"arn":true,"id":true,"key_id":true,"policy":true,"tags_all":true}"#,
        ),
        1 => (
            format!(r#"aws_backup_vault.r{block}["i{at}"]"#),
            "aws_backup_vault",
            format!(r#"{{"force_destroy":null,"name":"i{at}","tags":null,"timeouts":null}}"#),
            r#"{"arn":true,"id":true,"kms_key_arn":true,"recovery_points":true,"tags_all":true}"#,
        ),
        _ => (
            format!(r#"aws_security_group.r{block}["i{at}"]"#),
            "aws_security_group",
            format!(
                r#"{{"description":"Traffic of service {at} \u2014 managed","egress":[{{"cidr_blocks":["0.0.0.0/0"],"description":"","from_port":0,"ipv6_cidr_blocks":[],"prefix_list_ids":[],"protocol":"-1","security_groups":[],"self":false,"to_port":0}}],"ingress":[{{"cidr_blocks":["10.0.0.0/8","172.16.0.0/12"],"description":"https","from_port":443,"ipv6_cidr_blocks":[],"prefix_list_ids":[],"protocol":"tcp","security_groups":[],"self":false,"to_port":443}}],"name":"service-{at}","revoke_rules_on_delete":false,"tags":{{"Name":"service-{at}","Team":"platform","CostCentre":"4711"}},"timeouts":null,"vpc_id":"vpc-0123456789abcdef0"}}"#
            ),
            r#"{"arn":true,"egress":[{"cidr_blocks":[false],"ipv6_cidr_blocks":[],"prefix_list_ids":[],"security_groups":[]}],"id":true,"name_prefix":true,"owner_id":true,"tags":{},"tags_all":{}}"#,
        ),
    }
}

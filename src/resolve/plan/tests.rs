//! The truth set of `testdata/plans`: every class of the decision table, every format version, bad input.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::values::left_to_sources;
use super::*;
use crate::finding::{Place, Problem};
use crate::model::{Block, BlockId, Evaluator, Instance, Key, Language};
use crate::resolve::Settings;
use crate::source::files::{Files, MemoryFiles};
use crate::source::{SourceId, Sources};
use crate::value::{Input, InputKind, Inputs, Kind, Mode, Origin, Pseudo, Symbol, Value, World, explore};

const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/plans");

fn read(name: &str) -> Arc<Source> {
    Sources::new().add(name, std::fs::read(format!("{DIRECTORY}/{name}")).unwrap()).unwrap()
}

fn text(text: &str) -> Arc<Source> {
    Sources::new().add("plan.json", text.as_bytes().to_vec()).unwrap()
}

fn alone(source: &Arc<Source>) -> Loaded {
    load(source, Beside::Nothing, &matters)
}

/// A value as the truth set writes it; of an unknown one the whole reason.
fn shown(value: &Value) -> Json {
    let json = match &value.kind {
        Kind::Absent => json!({ "absent": true }),
        Kind::Symbol(symbol) => json!({ "attr": symbol.to_string() }),
        Kind::Unknown(unknown) => json!({ "unknown": &*unknown.reason }),
        Kind::List(items) => json!({ "list": items.iter().map(shown).collect::<Vec<_>>() }),
        Kind::Map(entries) => {
            let members: Map<String, Json> =
                entries.iter().map(|entry| (entry.key.to_string(), shown(&entry.value))).collect();
            json!({ "map": members })
        }
        _ => json!({ "lit": value.to_json().unwrap() }),
    };
    if value.origin.sensitive { json!({ "sensitive": json }) } else { json }
}

/// Equal, but an expected reason may be a part of the whole one.
fn fits(got: &Json, wanted: &Json) -> bool {
    match (got, wanted) {
        (Json::Object(got), Json::Object(wanted)) => {
            got.len() == wanted.len()
                && wanted.iter().all(|(key, wanted)| {
                    got.get(key).is_some_and(|got| match (key.as_str(), got, wanted) {
                        ("unknown", Json::String(got), Json::String(part)) => got.contains(part.as_str()),
                        _ => fits(got, wanted),
                    })
                })
        }
        (Json::Array(got), Json::Array(wanted)) => {
            got.len() == wanted.len() && got.iter().zip(wanted).all(|(got, wanted)| fits(got, wanted))
        }
        _ => got == wanted,
    }
}

fn addresses(unit: &dyn Evaluator) -> Vec<String> {
    let mut world = World::new(unit.inputs(), Mode::Free);
    let mut list: Vec<String> = Vec::new();
    for block in unit.blocks() {
        assert_eq!(unit.blocks()[block.id.0 as usize].address, block.address);
        list.extend(unit.instances(block.id, &mut world).iter().map(|instance| instance.address.to_string()));
    }
    list.sort();
    list
}

#[test]
fn the_truth_set_holds() {
    let truth: Map<String, Json> =
        serde_json::from_str(&std::fs::read_to_string(format!("{DIRECTORY}/truth.json")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for (file, truth) in &truth {
        let source = read(file);
        let loaded = alone(&source);
        let expected: Vec<&str> =
            truth["problems"].as_array().into_iter().flatten().map(|text| text.as_str().unwrap()).collect();
        let deferred = loaded.problems.iter().filter(|problem| problem.not_read).count();
        assert_eq!(deferred, usize::from(file == "deferred.json"), "{file}: {:?}", loaded.problems);
        let problems = loaded.problems.iter().filter(|problem| !problem.not_read);
        let told: Vec<&str> = problems.map(|problem| problem.message.as_str()).collect();
        if told.len() != expected.len() || told.iter().zip(&expected).any(|(told, part)| !told.contains(part)) {
            wrong.push(format!("{file}: problems {told:?}"));
        }
        for problem in &loaded.problems {
            assert!(problem.help.is_some() && matches!(problem.place, Place::Span(_)), "{file}: {problem:?}");
            assert_eq!(problem.fatal, truth["values"].is_null() || file == "bad-address.json", "{file}: {problem:?}");
        }
        let Some(values) = truth["values"].as_object() else { continue };
        let unit = &loaded.units[0];
        assert!(is_plan(source.text()), "{file}");
        let mut world = World::new(unit.inputs(), Mode::Free);
        for (address, properties) in values.iter().filter(|(address, _)| *address != "@only") {
            let instance = unit.find(address, &mut world).unwrap_or_else(|| panic!("{file}: no {address}"));
            assert_eq!(&*instance.address, address);
            for (name, wanted) in properties.as_object().unwrap() {
                let got = shown(&unit.property(&instance, name, &mut world));
                if !fits(&got, wanted) {
                    wrong.push(format!("{file}: {address}.{name} is {got}, not {wanted}"));
                }
            }
        }
        if let Some(only) = values.get("@only") {
            assert_eq!(json!(addresses(&**unit)), *only, "{file}");
        }
        let deleted: Vec<String> = unit.deleted().iter().map(|instance| instance.address.to_string()).collect();
        assert_eq!(json!(deleted), truth.get("deleted").cloned().unwrap_or(json!([])), "{file}");
        assert!(world.facts().is_empty(), "a plan is one world");
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn everything_that_is_no_plan_is_told_as_what_it_is() {
    for name in ["state.json", "state-file.json", "event-stream.json", "bad-text-before.json"] {
        let source = read(name);
        assert!(!is_plan(source.text()), "{name}");
        assert!(not_a_plan(&source).is_some(), "{name}");
    }
    for other in ["{}", "[]", "", "Resources: {}", r#"{"Resources":{"V":{"Type":"AWS::Backup::BackupVault"}}}"#] {
        let source = text(other);
        assert!(!is_plan(source.text()), "{other}");
        assert_eq!(not_a_plan(&source), None, "{other}");
        assert_eq!(alone(&source).problems.len(), 1, "{other}");
    }
    let template = r#"{"Description":"\"format_version\"","Outputs":{"format_version":1,"resource_changes":[]}}"#;
    assert!(!is_plan(template));
    assert!(is_plan(r#" {"applyable":true,"resource_changes":[],"format_version":"1.2"}"#), "keys in any order");
    assert!(is_binary_plan(b"PK\x03\x04rest") && !is_binary_plan(b"{"));
    assert!(binary_plan("plan.out").help.unwrap().contains("terraform show -json"));
}

#[test]
fn deep_nesting_is_a_problem_or_no_matter() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let plan = |field: &str| format!(r#"{{"format_version":"1.2","planned_values":{{}},{field}}}"#);
    let table = [
        (plan(&format!(r#""whatever":{}"#, deep("[", "]"))), ""),
        (plan(&format!(r#""variables":{{"x":{{"value":{}}}}}"#, deep("[", "]"))), ""),
        (plan(&format!(r#""prior_state":{{"values":{{"root_module":{}"#, deep(r#"{"child_modules":["#, "]}"))), "deep"),
        (plan(&format!(r#""resource_changes":{}"#, deep("[", "]"))), "not how a plan is written"),
        (deep("[", "]"), "does not start with a brace"),
        (deep("{\"format_version\":", "}"), "not how a plan is written"),
    ];
    for (plan, wanted) in table {
        let loaded = alone(&text(&plan));
        let told: Vec<&Problem> = loaded.problems.iter().collect();
        match wanted {
            "" => assert!(told.is_empty(), "{told:?}"),
            _ => assert!(told[0].message.contains(wanted), "{told:?}"),
        }
    }
    let after = format!(
        r#""resource_changes":[{{"address":"aws_backup_vault.v","mode":"managed","type":"aws_backup_vault",
           "change":{{"actions":["create"],"after":{{"name":"v","tags":{}}},"after_unknown":{{}}}}}}]"#,
        deep("[", "]")
    );
    let loaded = alone(&text(&plan(&after)));
    let unit = &loaded.units[0];
    let mut world = World::new(unit.inputs(), Mode::Free);
    let vault = unit.find("aws_backup_vault.v", &mut world).unwrap();
    assert_eq!(unit.property(&vault, "name", &mut world).as_str(), Some("v"));
    assert_eq!(shown(&unit.property(&vault, "tags", &mut world))["unknown"], "it is nested too deeply in the plan");
}

#[test]
fn modules_that_pass_in_circles_end() {
    // No Terraform writes this; whoever does gets an answer.
    let mut module = String::from(r#"{"resources":[]}"#);
    for _ in 0..25 {
        module = format!(
            r#"{{"outputs":{{"o":{{"expression":{{"references":["module.m.o","module.n.o"]}}}}}},
                "module_calls":{{"m":{{"module":{module}}},"n":{{"module":{{"outputs":{{"o":{{"expression":{{"references":["local.x"]}}}}}}}}}}}}}}"#
        );
    }
    let plan = format!(
        r#"{{"format_version":"1.2","resource_changes":[{{"address":"aws_backup_vault.v","mode":"managed",
            "type":"aws_backup_vault","change":{{"actions":["create"],"after":{{}},"after_unknown":{{"kms_key_arn":true}}}}}}],
            "configuration":{{"root_module":{{"resources":[{{"address":"aws_backup_vault.v",
            "expressions":{{"kms_key_arn":{{"references":["module.m.o"]}}}}}}],"module_calls":{{"m":{{"module":{module}}}}}}}}}}}"#
    );
    let loaded = alone(&text(&plan));
    assert_eq!(loaded.problems, []);
    let unit = &loaded.units[0];
    let mut world = World::new(unit.inputs(), Mode::Free);
    let vault = unit.find("aws_backup_vault.v", &mut world).unwrap();
    assert!(unit.property(&vault, "kms_key_arn", &mut world).is_absent());
}

#[test]
fn places_are_addresses_in_the_plan() {
    for name in ["decision-table.json", "modules.json", "utf-16.json"] {
        let source = read(name);
        let loaded = alone(&source);
        for block in loaded.units[0].blocks() {
            let header = source.slice(block.header);
            let escaped = block.address.to_string();
            assert!(header.contains(escaped.split('.').next_back().unwrap()), "{header}");
            assert!(block.span.contains(block.header));
        }
    }
}

#[test]
fn variables_are_given_without_reading_further() {
    let source = read("existing.json");
    let key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    assert_eq!(variables(&source), [("key".to_owned(), json!(key)), ("none".to_owned(), Json::Null)]);
    assert_eq!(variables(&text(r#"{"variables":{"x":{"value":[1]}},"#)), [("x".to_owned(), json!([1]))]);
    assert_eq!(variables(&text("[")), []);
}

#[test]
fn only_types_that_rules_speak_of_are_kept() {
    let source = read("decision-table.json");
    let loaded = load(&source, Beside::Nothing, &|kind| kind == "aws_kms_key");
    let kinds: Vec<String> = loaded.units[0].blocks().iter().map(|block| block.kind.to_string()).collect();
    assert!(kinds.iter().all(|kind| kind == "aws_kms_key") && kinds.len() == 4, "{kinds:?}");
}

/// Stands for the sources' unit: literal answers by address and property.
struct Fake {
    inputs: Inputs,
    blocks: Vec<Block>,
    answers: Vec<(&'static str, &'static str, Value)>,
}

impl Evaluator for Fake {
    fn language(&self) -> Language {
        Language::Terraform
    }
    fn name(&self) -> &str {
        "infra"
    }
    fn inputs(&self) -> &Inputs {
        &self.inputs
    }
    fn blocks(&self) -> &[Block] {
        &self.blocks
    }
    fn instances(&self, _: BlockId, _: &mut World<'_>) -> Vec<Instance> {
        Vec::new()
    }
    fn property(&self, instance: &Instance, name: &str, _: &mut World<'_>) -> Value {
        let found = self.answers.iter().find(|(address, of, _)| *address == &*instance.address && *of == name);
        found.map_or_else(Value::omitted, |(_, _, value)| value.clone())
    }
    fn property_names(&self, _: BlockId) -> Vec<Arc<str>> {
        Vec::new()
    }
    fn find(&self, address: &str, _: &mut World<'_>) -> Option<Instance> {
        let known = self.answers.iter().any(|(of, _, _)| *of == address);
        known.then(|| Instance { block: BlockId(0), path: [].into(), key: Key::None, address: address.into() })
    }
}

fn joined(answers: Vec<(&'static str, &'static str, Value)>, header: Span) -> Box<dyn Evaluator> {
    let mut inputs = Inputs::new();
    inputs.add(Input::new("var.use_cmk", InputKind::Variable));
    let mut defaulted = Input::new("var.unset", InputKind::Variable);
    defaulted.default = Some(json!("d"));
    inputs.add(defaulted);
    inputs.add(Input::new("data.aws_kms_alias.before.name", InputKind::Pseudo(Pseudo::Other)));
    let block = Block {
        id: BlockId(0),
        address: "aws_backup_vault.key".into(),
        kind: "aws_backup_vault".into(),
        data: false,
        span: header,
        header,
    };
    Box::new(Fake { inputs, blocks: vec![block], answers })
}

#[test]
fn sources_decide_what_the_plan_leaves_open_and_give_the_places() {
    let sources = Sources::new();
    let source = sources.add("plan.json", std::fs::read(format!("{DIRECTORY}/decision-table.json")).unwrap()).unwrap();
    let tf = sources.add("main.tf", b"kms_key_arn = var.x ? null : aws_kms_key.k.arn".to_vec()).unwrap();
    let at = |start, end| Origin::at(Span::new(tf.id(), start, end));
    let key = Symbol::Attribute { resource: "aws_kms_key.k".into(), attribute: "arn".into() };
    let literal = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let unit = joined(
        vec![
            ("aws_backup_vault.key", "kms_key_arn", Value::absent(at(22, 26))),
            ("aws_backup_vault.key", "name", Value::string("key", at(0, 11))),
            ("aws_backup_vault.local", "kms_key_arn", Value::new(Kind::Symbol(key), at(29, 46))),
            ("aws_backup_vault.conditional", "kms_key_arn", Value::string("arn:other", at(0, 11))),
            ("aws_backup_vault.literal", "kms_key_arn", Value::string(literal, at(0, 11))),
            ("aws_backup_vault.null", "kms_key_arn", Value::string("x", at(0, 11))),
        ],
        Span::new(tf.id(), 0, 11),
    );
    let loaded = load(&source, Beside::Given(unit), &|kind| kind == "aws_backup_vault");
    let unit = &loaded.units[0];
    let known: Vec<_> = unit.inputs().iter().map(|(_, input)| input.pinned.clone()).collect();
    assert_eq!(known, [Some(json!(false)), Some(json!("d")), Some(json!("alias/app"))]);
    let mut world = World::new(unit.inputs(), Mode::Free);
    let mut value = |address: &str, name: &str| {
        let instance = unit.find(address, &mut world).unwrap();
        unit.property(&instance, name, &mut world)
    };
    let null = value("aws_backup_vault.key", "kms_key_arn");
    assert!(null.is_absent());
    assert_eq!(tf.slice(null.origin.span.unwrap()), "null");
    assert_eq!(&*null.origin.steps().next().unwrap().note, "planned as aws_backup_vault.key");
    let name = value("aws_backup_vault.key", "name");
    assert_eq!((name.as_str(), name.origin.span.unwrap().source), (Some("key"), tf.id()));
    assert_eq!(shown(&value("aws_backup_vault.local", "kms_key_arn")), json!({"attr": "aws_kms_key.k.arn"}));
    assert!(matches!(value("aws_backup_vault.conditional", "kms_key_arn").kind, Kind::Unknown(_)));
    assert_eq!(value("aws_backup_vault.literal", "kms_key_arn").origin.span.unwrap().source, tf.id());
    assert!(value("aws_backup_vault.null", "kms_key_arn").is_absent(), "the plan is trusted for what it knows");
    assert_eq!(
        tf.slice(unit.blocks().iter().find(|it| &*it.address == "aws_backup_vault.key").unwrap().header),
        "kms_key_arn"
    );
    assert_eq!(loaded.problems.len(), 1, "told once: {:?}", loaded.problems);
    assert!(!loaded.problems[0].fatal && loaded.problems[0].message.contains("the sources in infra are not those of"));
}

#[test]
fn the_plans_of_the_reference_are_told_apart() {
    for (name, no_key) in [("plan-cmk", false), ("plan-aws-managed", true)] {
        let path = format!("{DIRECTORY}/../reference/terraform/{name}.json");
        let source = Sources::new().add(name, std::fs::read(path).unwrap()).unwrap();
        let loaded = alone(&source);
        assert_eq!(loaded.problems, []);
        let unit = &loaded.units[0];
        let mut world = World::new(unit.inputs(), Mode::Free);
        let vault = unit.find("aws_backup_vault.this", &mut world).unwrap();
        let key = unit.property(&vault, "kms_key_arn", &mut world);
        assert_eq!(key.is_absent(), no_key, "{name}");
        assert_eq!(left_to_sources(&key), !no_key, "{name}");
        if let Some(alias) = unit.find("aws_kms_alias.backup[0]", &mut world) {
            let target = shown(&unit.property(&alias, "target_key_id", &mut world));
            assert_eq!(target, json!({"attr": "aws_kms_key.backup[0].key_id"}));
        }
    }
}

#[test]
fn what_is_attached_to_a_role_is_read_and_names_it() {
    let created = |kind: &str, after_unknown: Json| {
        json!({"address": format!("{kind}.r"), "mode": "managed", "type": kind, "name": "r",
               "change": {"actions": ["create"], "before": null, "after": {}, "after_unknown": after_unknown}})
    };
    let refers = |to: &str| json!({"references": [to, to.rsplit_once('.').unwrap().0]});
    let plan = json!({"format_version": "1.2", "resource_changes": [
        created("aws_iam_role", json!({"id": true, "name": true})), created("aws_iam_policy", json!({"arn": true})),
        created("aws_iam_role_policy", json!({"role": true})),
        created("aws_iam_role_policy_attachment", json!({"role": true, "policy_arn": true}))],
        "configuration": {"root_module": {"resources": [
            {"address": "aws_iam_role.r"}, {"address": "aws_iam_policy.r"},
            {"address": "aws_iam_role_policy.r", "expressions": {"role": refers("aws_iam_role.r.id")}},
            {"address": "aws_iam_role_policy_attachment.r",
             "expressions": {"role": refers("aws_iam_role.r.name"), "policy_arn": refers("aws_iam_policy.r.arn")}}]}}});
    let loaded = alone(&text(&plan.to_string()));
    assert_eq!(loaded.problems, []);
    let unit = &loaded.units[0];
    let mut world = World::new(unit.inputs(), Mode::Free);
    for (kind, name, wanted) in [
        ("aws_iam_role_policy", "role", "aws_iam_role.r.id"),
        ("aws_iam_role_policy_attachment", "role", "aws_iam_role.r.name"),
        ("aws_iam_role_policy_attachment", "policy_arn", "aws_iam_policy.r.arn"),
    ] {
        let instance = unit.find(&format!("{kind}.r"), &mut world).unwrap();
        let value = unit.property(&instance, name, &mut world);
        assert_eq!(shown(&value), json!({ "attr": wanted }), "{kind}.{name}");
    }
}

/// A plan of one vault in a called module, whose key is unknown, beside sources that say why.
fn with_sources(main: &str, plan: &Json, beside: fn(Box<dyn Evaluator>) -> Beside) -> (MemoryFiles, Loaded) {
    let module = "variable \"key\" {\n  default = null\n}\nresource \"aws_backup_vault\" \"v\" {\n  name        = \"v\"\n  \
                  kms_key_arn = var.key\n}\n";
    let files = MemoryFiles::new([("main.tf", main), ("vault/main.tf", module)]);
    let source = files.sources().add("plan.json", plan.to_string().into_bytes()).unwrap();
    let directory: Arc<dyn Files> = Arc::new(MemoryFiles::new([("main.tf", main), ("vault/main.tf", module)]));
    let mut terraform = crate::resolve::terraform::load(".", &directory, &Settings::default());
    assert_eq!(terraform.problems, []);
    let loaded = load(&source, beside(terraform.units.pop().unwrap()), &matters);
    (files, loaded)
}

#[test]
fn terraform_sources_are_asked_with_the_plans_variables() {
    let main = "variable \"own\" {\n  type    = bool\n  default = true\n}\nresource \"aws_kms_key\" \"k\" {}\nmodule \"m\" {\n  \
                source = \"./vault\"\n  key    = var.own ? aws_kms_key.k.arn : null\n}\n";
    let vault = |name: &str| {
        json!({"address": "module.m.aws_backup_vault.v", "mode": "managed", "type": "aws_backup_vault", "name": "v",
               "change": {"actions": ["create"], "before": null, "after": {"name": name},
                          "after_unknown": {"arn": true, "kms_key_arn": true}}})
    };
    let key = json!({"address": "aws_kms_key.k", "mode": "managed", "type": "aws_kms_key", "name": "k",
                     "change": {"actions": ["create"], "before": null, "after": {}, "after_unknown": {"arn": true}}});
    let plan = |own: Json, name: &str| {
        json!({"format_version": "1.2", "variables": {"own": {"value": own}}, "resource_changes": [key, vault(name)],
               "configuration": {"root_module": {"resources": [{"address": "aws_kms_key.k"}], "module_calls": {"m": {
                   "expressions": {"key": {"references": ["var.own", "aws_kms_key.k.arn", "aws_kms_key.k"]}},
                   "module": {"resources": [{"address": "aws_backup_vault.v",
                              "expressions": {"kms_key_arn": {"references": ["var.key"]}}}]}}}}}})
    };
    // `-var own=false` is shown as text.
    for (own, wanted, text) in [
        (json!(true), json!({"attr": "aws_kms_key.k.arn"}), "aws_kms_key.k.arn"),
        (json!("false"), json!({"absent": true}), "null"),
    ] {
        let (_, loaded) = with_sources(main, &plan(own, "v"), Beside::IfItFits);
        assert_eq!(loaded.problems, []);
        let unit = &loaded.units[0];
        let mut world = World::new(unit.inputs(), Mode::Free);
        let vault = unit.find("module.m.aws_backup_vault.v", &mut world).unwrap();
        let value = unit.property(&vault, "kms_key_arn", &mut world);
        assert_eq!(shown(&value), wanted);
        let span = value.origin.span.unwrap();
        assert_eq!(&main[span.start as usize..span.end as usize], text);
        assert!(world.facts().is_empty(), "the plan pins every variable");
    }
    let (_, loaded) = with_sources(main, &plan(json!(true), "renamed"), Beside::Given);
    let told = &loaded.problems[0];
    assert!(
        told.message.ends_with("module.m.aws_backup_vault.v.name is \"renamed\" in the plan and \"v\" in the sources"),
        "{}",
        told.message
    );
    assert!(loaded.problems.len() == 1 && !told.fatal);
    for other in ["resource \"aws_kms_key\" \"other\" {}\n", "\n"] {
        let more = format!("{main}{other}");
        let (_, loaded) = with_sources(&more, &plan(json!(true), "v"), Beside::IfItFits);
        let at_the_plan = loaded.units[0].blocks().iter().all(|block| block.header.source == SourceId(2));
        assert_eq!((loaded.problems.len(), at_the_plan), (0, other != "\n"));
    }
}

#[test]
fn a_plan_cut_or_changed_anywhere_is_told_and_nothing_breaks() {
    for name in ["decision-table.json", "modules.json", "policies-and-links.json", "existing.json"] {
        let whole = read(name).text().to_owned();
        let mut seed = 7_usize;
        for at in (1..whole.len()).step_by(211).filter(|&at| whole.is_char_boundary(at)) {
            assert!(alone(&text(&whole[..at])).problems.iter().any(|problem| problem.fatal), "{name} cut at {at}");
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let mut bytes = whole.clone().into_bytes();
            bytes[at] = b"{}[]\",:\\1xtn."[seed % 13];
            let loaded = alone(&text(&String::from_utf8_lossy(&bytes)));
            for unit in &loaded.units {
                assert!(addresses(&**unit).len() < 100);
            }
        }
    }
}

#[test]
fn sources_say_whether_an_existing_key_is_the_configured_one() {
    let shown_key = "arn:aws:kms:eu-west-1:111122223333:key/cccccccc-12ab-34cd-56ef-1234567890ab";
    let key = Symbol::Attribute { resource: "aws_kms_key.k".into(), attribute: "arn".into() };
    let table = [
        (Value::string(shown_key, Origin::default()), json!({ "lit": shown_key })),
        (Value::absent(Origin::default()), json!({"absent": true})),
        (Value::new(Kind::Symbol(key), Origin::default()), json!({"unknown": "which may be the AWS-managed key's"})),
        (Value::string("arn:other", Origin::default()), json!({"unknown": "which may be the AWS-managed key's"})),
    ];
    for (written, wanted) in table {
        let source = read("existing.json");
        let unit = joined(vec![("aws_backup_vault.local", "kms_key_arn", written)], source.whole());
        let loaded = load(&source, Beside::Given(unit), &matters);
        let unit = &loaded.units[0];
        let mut world = World::new(unit.inputs(), Mode::Free);
        let vault = unit.find("aws_backup_vault.local", &mut world).unwrap();
        let got = shown(&unit.property(&vault, "kms_key_arn", &mut world));
        assert!(fits(&got, &wanted), "{got}, not {wanted}");
    }
}

#[test]
fn null_is_nothing_wherever_a_plan_may_leave_something_out() {
    let plan = r#"{"format_version":"1.1","variables":null,"planned_values":null,"resource_drift":null,
        "resource_changes":[{"address":"aws_backup_vault.v","mode":null,"type":"aws_backup_vault","index":null,"deposed":null,
          "action_reason":null,"previous_address":null,"change":{"actions":["create"],"before":null,"after":{"name":"v"},
          "after_unknown":{"kms_key_arn":true},"after_sensitive":null,"replace_paths":null,"importing":null}}],
        "prior_state":{"values":{"root_module":{"resources":null,"child_modules":null}}},"deferred_changes":null,
        "configuration":{"provider_config":null,"root_module":{"outputs":null,"resources":[{"address":"aws_backup_vault.v",
          "provider_config_key":null,"expressions":null,"for_each_expression":null}],"module_calls":{"m":{"expressions":null,
          "module":null}},"variables":null}},"errored":null}"#;
    for plan in [plan.to_owned(), plan.replace(r#"{"root_module":{"resources":null,"child_modules":null}}"#, "null")] {
        let loaded = alone(&text(&plan));
        assert_eq!(loaded.problems, []);
        let unit = &loaded.units[0];
        let mut world = World::new(unit.inputs(), Mode::Free);
        let vault = unit.find("aws_backup_vault.v", &mut world).unwrap();
        assert!(unit.property(&vault, "kms_key_arn", &mut world).is_absent());
    }
}

#[test]
fn the_plan_says_in_which_workspace_it_was_made() {
    let main = "locals {\n  own = { prod = true, dev = false }\n}\nresource \"aws_kms_key\" \"k\" {}\n\
                resource \"aws_backup_vault\" \"v\" {\n  name        = \"v-${terraform.workspace}\"\n  \
                kms_key_arn = lookup(local.own, terraform.workspace, false) ? aws_kms_key.k.arn : null\n}\n";
    let plan = |name: &str| {
        json!({"format_version": "1.2", "resource_changes": [
            {"address": "aws_backup_vault.v", "mode": "managed", "type": "aws_backup_vault", "name": "v", "change": {
             "actions": ["create"], "before": null, "after": {"name": name}, "after_unknown": {"kms_key_arn": true}}},
            {"address": "aws_kms_key.k", "mode": "managed", "type": "aws_kms_key", "name": "k",
             "change": {"actions": ["create"], "before": null, "after": {}, "after_unknown": {"arn": true}}}],
            "configuration": {"root_module": {"resources": [{"address": "aws_kms_key.k"}, {"address": "aws_backup_vault.v",
             "expressions": {"kms_key_arn": {"references": ["local.own", "terraform.workspace", "aws_kms_key.k.arn"]}}}]}}})
    };
    for (name, wanted, problems) in [
        ("v-prod", vec![json!({"attr": "aws_kms_key.k.arn"})], 0),
        ("v-dev", vec![json!({"absent": true})], 0),
        ("other", vec![json!({"attr": "aws_kms_key.k.arn"}), json!({"absent": true})], 1),
    ] {
        let (_, loaded) = with_sources(main, &plan(name), Beside::Given);
        assert_eq!(loaded.problems.len(), problems, "{:?}", loaded.problems);
        let unit = &loaded.units[0];
        let tree = explore(unit.inputs(), Mode::Free, &|world| unit.possible(world), |world| {
            let vault = unit.find("aws_backup_vault.v", world).unwrap();
            shown(&unit.property(&vault, "kms_key_arn", world))
        });
        let mut got: Vec<Json> = tree.leaves.into_iter().map(|leaf| leaf.result).collect();
        got.sort_by_key(Json::to_string);
        got.dedup();
        assert!(wanted.iter().all(|value| got.contains(value)) && got.len() <= wanted.len(), "{name}: {got:?}");
    }
}

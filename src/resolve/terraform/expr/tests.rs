#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use serde_json::{Value as Json, json};

use super::super::convert;
use super::super::outward;
use super::*;
use crate::read::hcl::{Place, parse_expression};
use crate::source::files::{Files, MemoryFiles};
use crate::source::{Encoding, SourceId};
use crate::value::{
    Exploration, Guard, Input, InputId, InputKind, InputState, Inputs, Kind, Mode, Symbol, Value, explore,
};

/// Variables as open inputs, one key with `count = 2`, one without, none with `count = 0`, and a data source.
struct Fixture {
    files: MemoryFiles,
    types: Vec<(&'static str, Ty)>,
}

impl Fixture {
    fn new() -> Self {
        let list = Ty::List(Arc::new(Ty::String));
        let map = Ty::Map(Arc::new(Ty::String));
        let object = Ty::Object(Arc::new([("arn".into(), Ty::String), ("on".into(), Ty::Bool)].into()));
        Fixture {
            files: MemoryFiles::new([
                ("policy.tftpl", "k=${key}%{ for n in names ~}\n,${n}%{ endfor }"),
                ("self.tftpl", "${templatefile(\"self.tftpl\", {})}"),
            ]),
            types: vec![
                ("flag", Ty::Bool),
                ("key", Ty::String),
                ("env", Ty::String),
                ("names", list),
                ("keys", map),
                ("n", Ty::Number),
                ("cfg", object),
                ("on", Ty::Bool),
            ],
        }
    }

    fn inputs(&self) -> Inputs {
        let mut inputs = Inputs::new();
        for (name, ty) in &self.types {
            let mut input = Input::new(format!("var.{name}"), InputKind::Variable);
            input.nullable = matches!(*name, "key" | "cfg");
            input.default = match *name {
                "key" => Some(Json::Null),
                "env" => Some(json!("dev")),
                "names" => Some(json!(["a"])),
                "keys" => Some(json!({"prod": "arn:p"})),
                "n" => Some(json!(1)),
                _ => None,
            };
            if *ty == Ty::Bool {
                input.allowed = Some(vec![json!(true), json!(false)]);
            }
            inputs.add(input);
        }
        inputs
    }
}

impl Scope for Fixture {
    fn resolve(
        &self,
        root: &str,
        steps: &[RefStep],
        span: Span,
        world: &mut World<'_>,
    ) -> Result<(Val, usize), Failure> {
        let origin = Origin::at(span);
        let key = |address: &str| Val::new(Data::Symbol(Symbol::Ref(address.into())), Ty::Dynamic, origin.clone());
        let name = match steps.first() {
            Some(RefStep::Attribute(name)) => &**name,
            _ => "",
        };
        let value = match (root, name) {
            ("var", name) => {
                let at = self.types.iter().position(|(known, _)| *known == name);
                let at = at.ok_or_else(|| failure(span, "undeclared variable"))?;
                let (id, ty) = (InputId(u32::try_from(at).unwrap()), self.types[at].1.clone());
                match world.state(id) {
                    InputState::Known(json) => outward::from_json(&json, &ty, &origin),
                    InputState::Open { .. } => Val::new(Data::input(id, world), ty, origin),
                }
            }
            ("aws_kms_key", "two") => {
                convert::tuple(vec![key("aws_kms_key.two[0]"), key("aws_kms_key.two[1]")], origin)
            }
            ("aws_kms_key", "none") => convert::tuple(Vec::new(), origin),
            ("aws_kms_key", "one") => convert::tuple(vec![key("aws_kms_key.one[0]")], origin),
            ("aws_kms_key", name) => key(&format!("aws_kms_key.{name}")),
            ("data", _) => {
                Val::unknown(Unknown::new(UnknownKind::Provider, "data.x is read at apply"), Ty::Dynamic, origin)
            }
            _ => return Err(failure(span, format!("undeclared {root}"))),
        };
        Ok((value, 1))
    }

    fn files(&self) -> &dyn Files {
        &self.files
    }

    fn root_directory(&self) -> &str {
        "."
    }
}

fn worlds(text: &str, mode: Mode) -> Exploration<Result<Value, Failure>> {
    let fixture = Fixture::new();
    let source = fixture.files.sources().add_text("main.tf", text.to_owned(), Encoding::Utf8);
    let expr = parse_expression(text, Place::At(source.id(), 0)).expect(text);
    let inputs = fixture.inputs();
    explore(&inputs, mode, &|_| true, |world| {
        let value = evaluate(&expr, &mut Context::new(&fixture, world))?;
        Ok(outward::to_value(&value, world))
    })
}

fn show(value: &Value) -> String {
    match &value.kind {
        Kind::Absent => "null".into(),
        Kind::Symbol(symbol) => format!("⟦{symbol}⟧"),
        Kind::Text(_) => value.marked().unwrap(),
        Kind::Unknown(why) => format!("? {}", why.reason),
        Kind::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(", ")),
        _ => value.to_json().map_or_else(|| "...".into(), |json| json.to_string()),
    }
}

/// Every world of an expression: "guard: value", in the order in which they are found.
fn told(text: &str) -> Vec<String> {
    let inputs = Fixture::new().inputs();
    worlds(text, Mode::Free)
        .leaves
        .iter()
        .map(|leaf| {
            let result = leaf.result.as_ref().map_or_else(|failure| format!("! {}", failure.message), show);
            match Guard::path(&leaf.facts, &inputs) {
                Guard::Always => result,
                guard => format!("{guard}: {result}"),
            }
        })
        .collect()
}

fn value_of(text: &str) -> String {
    told(text).join(" | ")
}

#[test]
fn values_of_constants() {
    let table = [
        ("1 + 2 * 3 - 4 / 8", "6.5"),
        ("7 % 3", "1"),
        ("-(2)", "-2"),
        ("\"5\" + 1", "6"),
        ("1 / 3 * 3 == 1", "true"),
        ("12345678901234567890 + 1", "12345678901234567891"),
        ("true && !false || false", "true"),
        ("1 == \"1\"", "false"),
        ("null == null", "true"),
        ("[1, 2] == [1, 2]", "true"),
        ("[1] == tolist([1])", "false"),
        ("true ? 1 : \"b\"", "\"1\""),
        ("false ? [] : [1, \"a\"]", "[\"1\", \"a\"]"),
        ("{ a = 1, a = 2 }", "{\"a\":2}"),
        ("{ b = 1, \"a\" = 2, (\"c\") = 3 }.a", "2"),
        ("[for k, v in { b = 1, a = 2 } : \"${k}${v}\" if v > 0]", "[\"a2\", \"b1\"]"),
        ("{ for v in [\"a\", \"b\", \"a\"] : v => v... }", "{\"a\":[\"a\",\"a\"],\"b\":[\"b\"]}"),
        ("[{ a = [1, 2] }, { a = [3, 4] }][*].a[0]", "[1, 3]"),
        ("[{ a = [1, 2] }, { a = [3, 4] }].*.a[0]", "[1, 2]"),
        ("null[*]", "[]"),
        ("\"x\"[*]", "[\"x\"]"),
        ("\"%{ if 1 == 1 }y%{ else }n%{ endif }\"", "\"y\""),
        ("\"%{ for i, v in [\"a\", \"b\"] }${i}${v}%{ endfor }\"", "\"0a1b\""),
        ("\"${[1]}\"", "[1]"),
        ("toset([\"b\", \"a\", \"b\"])", "[\"a\", \"b\"]"),
        ("toset([[0.00000001], [10000000000], [1]])", "[[1], [10000000000], [1e-8]]"),
        ("try([][0], \"d\")", "\"d\""),
        ("can({}.a)", "false"),
        ("false && [][0]", "false"),
        ("true || null", "true"),
        ("max([1, 3, 2]...)", "3"),
        ("[\"a\"].0", "\"a\""),
        ("templatefile(\"policy.tftpl\", { key = 1, names = [\"a\"] })", "\"k=1,a\""),
    ];
    for (text, expected) in table {
        assert_eq!(value_of(text), expected, "{text}");
    }
}

#[test]
fn errors() {
    let table = [
        ("1 + true", "a number is required"),
        ("join(\"\", false ? [[\"a\"]] : tolist([]) == null ? [[]] : tolist([for x in [] : [x]]))", "list of string"),
        ("tolist([true, [1], null])", "tolist"),
        ("sort(regexall(\"(x)(y)\", \"a\"))", "list of string"),
        ("null + 1", "null"),
        ("1 < \"a\"", "number is required"),
        ("null ? 1 : 2", "condition is null"),
        ("1 ? 1 : 2", "must be true or false"),
        ("true ? 1 : true", "one type"),
        ("[1][1]", "no element 1"),
        ("[1][0.5]", "whole number"),
        ("{}.a", "attribute"),
        ("toset([\"a\"])[0]", "set"),
        ("\"a${null}\"", "null"),
        ("\"a${[]}\"", "string"),
        ("{ (null) = 1 }", "null"),
        ("{ for v in [1, 1] : v => v }", "..."),
        ("[for v in null : v]", "null"),
        ("nothing(1)", "no function"),
        ("x.y", "undeclared"),
        ("true || 1", "must be true or false"),
        ("try()", "argument"),
        ("f([]...)", "no function"),
        ("max(null...)", "null"),
        ("templatefile(\"none.tftpl\", {})", "does not exist"),
        ("templatefile(\"policy.tftpl\", {})", "no variable"),
        ("templatefile(\"self.tftpl\", {})", "too deeply"),
    ];
    for (text, expected) in table {
        let shown = value_of(text);
        assert!(shown.starts_with("! ") && shown.contains(expected), "{text}: {shown}");
    }
}

#[test]
fn symbols_flow() {
    let table = [
        ("join(\"\", aws_kms_key.one[*].arn)", "⟦aws_kms_key.one[0].arn⟧"),
        ("join(\"\", aws_kms_key.none[*].arn)", "\"\""),
        ("one(aws_kms_key.one[*].arn)", "⟦aws_kms_key.one[0].arn⟧"),
        ("one(aws_kms_key.none[*].arn)", "null"),
        ("try(aws_kms_key.none[0].arn, aws_kms_key.k.arn)", "⟦aws_kms_key.k.arn⟧"),
        ("element(concat(aws_kms_key.one[*].arn, [\"\"]), 0)", "⟦aws_kms_key.one[0].arn⟧"),
        ("coalesce(null, aws_kms_key.k.arn)", "⟦aws_kms_key.k.arn⟧"),
        ("coalesce(\"\", aws_kms_key.k.arn, \"x\")", "⟦aws_kms_key.k.arn⟧"),
        ("\"a-${aws_kms_key.k.arn}\"", "a-⟦aws_kms_key.k.arn⟧"),
        ("aws_kms_key.k.arn != null", "true"),
        ("aws_kms_key.k.arn == \"\"", "false"),
        ("aws_kms_key.k.arn == aws_kms_key.k.arn", "true"),
        ("length(aws_kms_key.two) > 1 ? aws_kms_key.two[1].arn : null", "⟦aws_kms_key.two[1].arn⟧"),
        ("{ for k, v in aws_kms_key.two : k => v.arn }[\"1\"]", "⟦aws_kms_key.two[1].arn⟧"),
        ("[for k in [aws_kms_key.k] : k.arn][0]", "⟦aws_kms_key.k.arn⟧"),
        ("data.x.y ? aws_kms_key.k.arn : null", "? data.x is read at apply"),
        ("data.x.y ? \"a\" : \"a\"", "\"a\""),
        ("data.x.y && false", "false"),
        ("(data.x.y ? aws_kms_key.k.arn : aws_kms_key.one[0].arn) == null", "false"),
    ];
    for (text, expected) in table {
        assert_eq!(value_of(text), expected, "{text}");
    }
}

#[test]
fn open_inputs_fork_on_what_matters() {
    let table: [(&str, &[&str]); 33] = [
        ("can([for v in var.n : v])", &["false"]),
        (
            "length(flatten([var.names, \"x\"])) > 5",
            &[
                "var.names is [\"a\"]: false",
                "var.names is not [\"a\"] and length(flatten([var.names, \"x\"])) > 5: true",
                "var.names is not [\"a\"] and not (length(flatten([var.names, \"x\"])) > 5): false",
            ],
        ),
        // A converted input is asked for in its own type.
        ("\"%{ if (true ? var.n : \"a\") }y%{ endif }\"", &["var.n is 1: \"y\"", "var.n is not 1: \"\""]),
        ("tostring(var.n) == \"2\"", &["var.n is 2: true", "var.n is not 2: false"]),
        ("tostring(var.n) == \"02\"", &["false"]),
        ("tostring(var.flag) == \"true\"", &["var.flag is true: true", "var.flag is false: false"]),
        (
            "tobool(var.env) ? 1 : 2",
            &["var.env is 'true': 1", "var.env is '1': 1", "var.env is not 'true' and var.env is not '1': 2"],
        ),
        ("(true ? var.n : \"\") == null", &["false"]),
        (
            "toset(var.names) == toset([\"b\", \"a\"])",
            &[
                "var.names is [\"a\"]: false",
                "var.names is not [\"a\"] and toset(var.names) == [\"a\", \"b\"]: true",
                "var.names is not [\"a\"] and not (toset(var.names) == [\"a\", \"b\"]): false",
            ],
        ),
        ("var.env", &["⟦var.env⟧"]),
        ("var.key", &["var.key is null: null", "var.key is set: ⟦var.key⟧"]),
        ("var.flag ? 1 : 2", &["var.flag is true: 1", "var.flag is false: 2"]),
        ("var.flag && var.flag", &["var.flag is true: true", "var.flag is false: false"]),
        ("!var.flag", &["var.flag is true: false", "var.flag is false: true"]),
        ("var.key == null ? 1 : 2", &["var.key is null: 1", "var.key is set: 2"]),
        ("var.env == \"prod\"", &["var.env is 'prod': true", "var.env is not 'prod': false"]),
        ("var.n == \"1\"", &["false"]),
        (
            "contains([\"p\", \"q\"], var.env)",
            &["var.env is 'p': true", "var.env is 'q': true", "var.env is not 'p' and var.env is not 'q': false"],
        ),
        (
            "{ dev = 1, p = 2 }[var.env]",
            &[
                "var.env is 'dev': 1",
                "var.env is 'p': 2",
                "var.env is not 'dev' and var.env is not 'p': ! no element has the key that this is here",
            ],
        ),
        ("lookup({ p = 1 }, var.env, 3)", &["var.env is 'p': 1", "var.env is not 'p': 3"]),
        ("length(var.names) > 0", &["var.names is []: false", "var.names is not []: true"]),
        ("length(keys(var.keys)) == 0", &["var.keys is {}: true", "var.keys is not {}: false"]),
        (
            "try(length(var.key), 0) > 0",
            &["var.key is null: false", "var.key is '': false", "var.key is set and var.key is not '': true"],
        ),
        (
            "var.n > 0",
            &["var.n is 1: true", "var.n is not 1 and var.n > 0: true", "var.n is not 1 and not (var.n > 0): false"],
        ),
        (
            "contains(var.names, \"b\")",
            &[
                "var.names is [\"a\"]: false",
                "var.names is not [\"a\"] and contains(var.names, \"b\"): true",
                "var.names is not [\"a\"] and not (contains(var.names, \"b\")): false",
            ],
        ),
        (
            "lookup(var.keys, \"prod\", null)",
            &[
                "var.keys is {\"prod\":\"arn:p\"}: \"arn:p\"",
                "var.keys is not {\"prod\":\"arn:p\"} and can(var.keys[\"prod\"]) and var.keys[\"prod\"] == null: null",
                "var.keys is not {\"prod\":\"arn:p\"} and can(var.keys[\"prod\"]) and not (var.keys[\"prod\"] == null): ? var.keys may be set to something else than its default",
                "var.keys is not {\"prod\":\"arn:p\"} and not (can(var.keys[\"prod\"])): null",
            ],
        ),
        (
            "can(var.keys[\"prod\"])",
            &[
                "var.keys is {\"prod\":\"arn:p\"}: true",
                "var.keys is not {\"prod\":\"arn:p\"} and can(var.keys[\"prod\"]): true",
                "var.keys is not {\"prod\":\"arn:p\"} and not (can(var.keys[\"prod\"])): false",
            ],
        ),
        (
            "coalesce(var.key, \"none\") == \"none\"",
            &[
                "var.key is null: true",
                "var.key is '': true",
                "var.key is 'none': true",
                "var.key is set and var.key is not '' and var.key is not 'none': false",
            ],
        ),
        ("var.cfg.on ? 1 : 2", &["var.cfg.on: 1", "not (var.cfg.on): 2"]),
        ("\"x-${var.env}\"", &["x-⟦var.env⟧"]),
        (
            "startswith(var.env, \"p\") ? 1 : 2",
            &[
                "var.env is 'dev': 2",
                "var.env is not 'dev' and startswith(var.env, \"p\"): 1",
                "var.env is not 'dev' and not (startswith(var.env, \"p\")): 2",
            ],
        ),
        (
            "var.flag ? (var.on ? 1 : 2) : 3",
            &[
                "var.flag is true and var.on is true: 1",
                "var.flag is true and var.on is false: 2",
                "var.flag is false: 3",
            ],
        ),
        ("{ a = var.key, b = 1 }.a == null", &["var.key is null: true", "var.key is set: false"]),
    ];
    for (text, expected) in table {
        assert_eq!(told(text), expected, "{text}");
    }
}

#[test]
fn what_decides_nothing_forks_nothing() {
    for text in
        ["var.flag", "[var.flag, var.env]", "lower(var.env)", "\"${var.env}-${var.n}\"", "length(\"${var.env}x\")"]
    {
        assert_eq!(worlds(text, Mode::Free).leaves.len(), 1, "{text}");
    }
}

#[test]
fn the_default_world_is_decided() {
    for (text, expected) in [("var.n > 0", "true"), ("lower(var.env)", "\"dev\""), ("var.key == null", "true")] {
        let leaves = worlds(text, Mode::Defaults).leaves;
        assert_eq!(leaves.len(), 1, "{text}");
        assert_eq!(show(leaves[0].result.as_ref().unwrap()), expected, "{text}");
    }
}

#[test]
fn the_origin_is_the_branch_that_is_taken() {
    let text = "var.flag ? aws_kms_key.k.arn : null";
    let leaves = worlds(text, Mode::Free).leaves;
    let value = leaves[1].result.as_ref().unwrap();
    assert!(value.is_absent());
    let span = value.origin.span.unwrap();
    assert_eq!(&text[span.start as usize..span.end as usize], "null");
    let step = value.origin.steps().next().unwrap();
    assert_eq!(&*step.note, "taken when var.flag is false");
    assert_eq!(step.span.source, SourceId(step.span.source.0));
}

#[test]
fn only_the_member_asked_for_is_evaluated() {
    let fixture = Fixture::new();
    let text = "{ a = var.flag ? 1 : 2, b = { c = [3, 4] } }";
    let source = fixture.files.sources().add_text("main.tf", text.to_owned(), Encoding::Utf8);
    let expr = parse_expression(text, Place::At(source.id(), 0)).unwrap();
    let inputs = fixture.inputs();
    let tree = explore(&inputs, Mode::Free, &|_| true, |world| {
        let steps = [RefStep::Attribute("b".into()), RefStep::Attribute("c".into()), RefStep::Index(1)];
        let (value, used) = evaluate_path(&expr, &steps, &mut Context::new(&fixture, world)).unwrap();
        (outward::to_json(&value), used)
    });
    assert_eq!(tree.leaves.len(), 1);
    assert_eq!(tree.leaves[0].result, (Some(json!(4)), 3));
}

mod random;

#[test]
fn deep_and_long_expressions_are_evaluated() {
    let nested = |open: &str, close: &str, levels: usize| format!("{}1{}", open.repeat(levels), close.repeat(levels));
    for text in [
        nested("(", ")", 60),
        nested("[", "]", 60),
        nested("max(", ")", 60),
        nested("{ a = ", " }", 60),
        nested("\"x${", "}\"", 60),
        format!("{}1", "1 + ".repeat(120)),
        nested("(true ? ", " : 2)", 30),
    ] {
        assert_eq!(worlds(&text, Mode::Free).leaves.len(), 1, "{text}");
    }
}

//! The `cel` crate as a witness: the same expressions are accepted and rejected, and known data gives equal values.

use cel::{Context, Program, Value as Cel};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use serde_json::json;

use super::super::eval::{Bindings, Eval};
use super::super::item::{Got, Item};
use super::super::syntax::parse;
use super::super::types::{Scope, Ty, check};
use super::*;
use crate::value::{Kind, Mode, Origin, Value, World};

/// The data that expressions speak of.
fn data() -> Json {
    json!({ "i": 3, "j": -7, "d": 1.5, "s": "abc", "e": "", "t": true, "f": false,
            "l": [1, 2, 3], "n": [], "w": ["a", "abc"], "m": { "k": 5, "s": "x" } })
}

fn boxed<S: Strategy<Value = String> + 'static>(strategy: S) -> BoxedStrategy<String> {
    strategy.boxed()
}

fn pick(list: &'static [&'static str]) -> BoxedStrategy<String> {
    boxed(proptest::sample::select(list).prop_map(str::to_owned))
}

fn ints(depth: u32) -> BoxedStrategy<String> {
    let leaf = pick(&["0", "1", "2", "-3", "v.i", "v.j", "v['m'].k", "v.l[1]", "9223372036854775807"]);
    if depth == 0 {
        return leaf;
    }
    let (a, b) = (ints(depth - 1), ints(depth - 1));
    boxed(prop_oneof![
        2 => leaf,
        2 => (a.clone(), pick(&["+", "-", "*", "/", "%"]), b.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => texts(depth - 1).prop_map(|text| format!("size({text})")),
        1 => lists(depth - 1).prop_map(|list| format!("{list}.size()")),
        1 => (bools(depth - 1), a, b).prop_map(|(test, a, b)| format!("({test} ? {a} : {b})")),
        1 => (lists(depth - 1), ints(0)).prop_map(|(list, at)| format!("{list}[{at}]")),
    ])
}

fn texts(depth: u32) -> BoxedStrategy<String> {
    let leaf = pick(&["'abc'", "\"b\"", "''", "v.s", "v.e", "v.m.s", "r'\\d'", "'\\u00e9\\n'", "v.w[0]"]);
    if depth == 0 {
        return leaf;
    }
    let (a, b) = (texts(depth - 1), texts(depth - 1));
    boxed(prop_oneof![
        2 => leaf,
        1 => (a.clone(), b.clone()).prop_map(|(a, b)| format!("({a} + {b})")),
        1 => (bools(depth - 1), a, b).prop_map(|(test, a, b)| format!("({test} ? {a} : {b})")),
        1 => ints(0).prop_map(|int| format!("string({int})")),
    ])
}

fn lists(depth: u32) -> BoxedStrategy<String> {
    let leaf = pick(&["[1, 2, 3]", "[]", "v.l", "v.n", "[v.i, 0]"]);
    if depth == 0 {
        return leaf;
    }
    let list = lists(depth - 1);
    boxed(prop_oneof![
        2 => leaf,
        1 => (list.clone(), bools(depth - 1)).prop_map(|(list, test)| format!("{list}.filter(x, x > 1 && {test})")),
        1 => (list.clone(), ints(depth - 1)).prop_map(|(list, value)| format!("{list}.map(y, y + {value})")),
        1 => (list.clone(), list).prop_map(|(a, b)| format!("({a} + {b})")),
    ])
}

fn bools(depth: u32) -> BoxedStrategy<String> {
    let leaf = pick(&["true", "false", "v.t", "v.f", "has(v.m.k)", "!v.t"]);
    if depth == 0 {
        return leaf;
    }
    let (a, b) = (bools(depth - 1), bools(depth - 1));
    let relation = || pick(&["==", "!=", "<", "<=", ">", ">="]);
    boxed(prop_oneof![
        1 => leaf,
        3 => (a.clone(), pick(&["&&", "||"]), b).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => a.clone().prop_map(|a| format!("!({a})")),
        2 => (ints(depth - 1), relation(), ints(depth - 1)).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => (pick(&["v.d", "2.5", "-0.5"]), relation(), pick(&["v.d", "1.5", "3.0"])).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => (texts(depth - 1), relation(), texts(depth - 1)).prop_map(|(a, op, b)| format!("({a} {op} {b})")),
        1 => (texts(depth - 1), pick(&["startsWith", "endsWith", "contains"]), texts(depth - 1))
            .prop_map(|(a, function, b)| format!("{a}.{function}({b})")),
        1 => texts(depth - 1).prop_map(|a| format!("{a}.matches('^[a-c]+$')")),
        1 => (ints(depth - 1), lists(depth - 1)).prop_map(|(a, list)| format!("({a} in {list})")),
        1 => texts(0).prop_map(|a| format!("({a} in v.w)")),
        2 => (lists(depth - 1), pick(&["all", "exists", "exists_one"]), ints(0))
            .prop_map(|(list, name, int)| format!("{list}.{name}(x, x > {int})")),
        1 => (lists(depth - 1), lists(depth - 1)).prop_map(|(a, b)| format!("({a} == {b})")),
    ])
}

fn anything() -> BoxedStrategy<String> {
    boxed(prop_oneof![bools(3), bools(3), ints(3), texts(3), lists(2)])
}

/// Our value as JSON; `None` where there is none.
fn ours(text: &str) -> Option<Json> {
    let expr = parse(text).ok()?;
    let mut scope = Scope::default();
    scope.names.insert("v".into(), Ty::Any);
    check(&expr, &scope, &mut Vec::new());
    let unit = unit(&json!({}));
    let stack = Stack::new(&unit);
    let mut world = World::new(crate::model::Evaluator::inputs(&unit), Mode::Defaults);
    let root = Got { item: Item::Plain(Value::from_json(&data(), &Origin::default())), traces: Vec::new() };
    let bindings = Bindings { names: vec![("v", root)], ..Bindings::default() };
    let got = Eval::new(&stack, &bindings).value(&expr, &mut world);
    json_of(&got)
}

fn json_of(got: &Got) -> Option<Json> {
    match &got.item {
        Item::Plain(value) if matches!(value.kind, Kind::Unknown(_)) => None,
        Item::Plain(value) => value.to_json(),
        Item::List(items) => items.iter().map(json_of).collect::<Option<_>>().map(Json::Array),
        Item::Object(_) => None,
    }
}

/// The witness's value as JSON.
fn theirs(text: &str) -> Option<Json> {
    let program = Program::compile(text).ok()?;
    let mut context = Context::default();
    context.add_variable_from_value("v", to_cel(&data()));
    program.execute(&context).ok().and_then(|value| cel_json(&value))
}

/// Whole numbers are `int`s: the crate's own conversion makes them unsigned.
fn to_cel(json: &Json) -> Cel {
    match json {
        Json::Null => Cel::Null,
        Json::Bool(flag) => Cel::Bool(*flag),
        Json::Number(number) => number.as_i64().map_or_else(|| Cel::Float(number.as_f64().unwrap()), Cel::Int),
        Json::String(text) => Cel::from(text.as_str()),
        Json::Array(items) => Cel::from(items.iter().map(to_cel).collect::<Vec<_>>()),
        Json::Object(members) => {
            let members: std::collections::HashMap<String, Cel> =
                members.iter().map(|(key, value)| (key.clone(), to_cel(value))).collect();
            Cel::from(members)
        }
    }
}

fn cel_json(value: &Cel) -> Option<Json> {
    Some(match value {
        Cel::Null => Json::Null,
        Cel::Bool(flag) => json!(flag),
        Cel::Int(int) => json!(int),
        Cel::UInt(int) => json!(int),
        Cel::Float(double) => json!(double),
        Cel::String(text) => json!(text.as_str()),
        Cel::List(items) => Json::Array(items.iter().map(cel_json).collect::<Option<_>>()?),
        _ => return None,
    })
}

/// Always the same cases, so that a run can be repeated; `SEED=2 CASES=60000 cargo test witness` looks further.
fn runner(cases: u32) -> TestRunner {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
    let cases = number("CASES").unwrap_or(cases);
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = match number("SEED") {
        None => TestRng::deterministic_rng(RngAlgorithm::ChaCha),
        Some(seed) => TestRng::from_seed(RngAlgorithm::ChaCha, &seed.to_le_bytes().repeat(8)),
    };
    TestRunner::new_with_rng(config, rng)
}

#[test]
fn known_data_gives_equal_values() {
    let mut runner = runner(1500);
    runner
        .run(&anything(), |text| {
            let (ours, theirs) = (ours(&text), theirs(&text));
            if ours == theirs { Ok(()) } else { Err(TestCaseError::fail(format!("{text}\n{ours:?}\n{theirs:?}"))) }
        })
        .unwrap();
}

/// Faults of ours that are no faults of syntax in CEL: it tells them later, or allows them.
fn stricter(text: &str) -> bool {
    match parse(text) {
        Ok(_) => false,
        Err(fault) => {
            // `.name` is CEL's absolute name, `[,]` an empty list, `name{}` a message: none is needed here.
            let known = [
                "the expression ended before `{`",
                // The crate takes `has(a, b)` for a function of that name; CEL's macro takes one member.
                "`has` takes one member",
                "a number can't run into a name",
                "expected a value, found `.`",
                "expected a value, found `,`",
                "comparisons can't be chained",
                "takes a name for the element",
                "nested more than",
            ];
            known.iter().any(|known| fault.message.contains(known))
        }
    }
}

#[test]
fn mutated_expressions_are_accepted_and_rejected_alike() {
    let tokens = &[
        "&&", "||", "==", "<", "in", "(", ")", "[", "]", "{", "}", ".", ",", ":", "?", "!", "-", "+", "*", "v", "x",
        "1", "2.5", "'a'", "true", "null", "has", "size", "all", "if", "=", "&", "1.", "'", "//c\n", " ",
    ];
    let mutated = (anything(), proptest::collection::vec((any::<prop::sample::Index>(), 0..3_u8, pick(tokens)), 1..4))
        .prop_map(|(text, changes)| {
            let mut characters: Vec<char> = text.chars().collect();
            for (at, kind, token) in changes {
                let at = at.index(characters.len() + 1);
                if kind != 1 {
                    let end = (at + 1).min(characters.len());
                    characters.drain(at..end);
                }
                if kind != 0 {
                    let at = at.min(characters.len());
                    characters.splice(at..at, token.chars());
                }
            }
            characters.into_iter().collect::<String>()
        });
    let mut runner = runner(3000);
    runner
        .run(&mutated, |text| {
            let theirs = Program::compile(&text).is_ok();
            let ours = parse(&text).is_ok() || (theirs && stricter(&text));
            if ours == theirs {
                Ok(())
            } else {
                Err(TestCaseError::fail(format!(
                    "{text}\nours {:?}\ntheirs {:?}",
                    parse(&text).err(),
                    Program::compile(&text).err()
                )))
            }
        })
        .unwrap();
}

use serde_json::json;

use super::super::eval::{Bindings, Eval};
use super::super::functions::functions;
use super::super::item::{Got, Item, Trace};
use super::super::syntax::parse;
use super::super::types::{Scope, Ty, check};
use super::*;
use crate::value::{Kind, Mode, Origin, Value, World};

/// The value of an expression over the resource `R`, as text: JSON, or `unknown: why`.
pub(super) fn value_of(unit: &JsonUnit, text: &str) -> String {
    let expr = parse(text).unwrap();
    let mut scope = Scope::default();
    scope.names.insert("resource".into(), Ty::Any);
    check(&expr, &scope, &mut Vec::new());
    let stack = Stack::new(unit);
    let inputs = crate::model::Evaluator::inputs(unit);
    let mut world = World::new(inputs, Mode::Defaults);
    let object = stack.subjects("resource", &["T".to_owned()], &mut world).swap_remove(0);
    let trace = Trace { path: "resource".into(), origin: object.origin.clone(), ..Trace::default() };
    let root = Got { item: Item::Object(object), traces: vec![trace.into()] };
    let bindings = Bindings { names: vec![("resource", root)], ..Bindings::default() };
    let got = Eval::new(&stack, &bindings).value(&expr, &mut world);
    shown(&got)
}

fn shown(got: &Got) -> String {
    fn plain(got: &Got) -> Option<Value> {
        match &got.item {
            Item::Plain(value) => Some(value.clone()),
            Item::Object(_) => None,
            Item::List(items) => {
                let items = items.iter().map(plain).collect::<Option<_>>()?;
                Some(Value::new(Kind::List(items), Origin::default()))
            }
        }
    }
    match got.why_unknown() {
        Some(why) => format!("unknown: {}", why.reason),
        None => {
            plain(got).and_then(|value| value.to_json()).map_or_else(|| "symbol".to_owned(), |json| json.to_string())
        }
    }
}

fn data() -> JsonUnit {
    let open = Input::new("Open", InputKind::Parameter);
    let mut days = Input::new("Days", InputKind::Parameter);
    days.default = Some(json!("30"));
    unit(&json!({
        "R": {
            "type": "T",
            "on": true, "off": "false", "n": 30, "text": "aws:kms", "digits": "45", "list": ["a", "b"], "empty": [],
            "block": [{"size": 5, "inner": [{"deep": "x"}]}], "two": [{"a": 1}, {"a": 2}],
            "map": {"k": "v", "none": {"$none": true}}, "none": {"$none": true},
            "other": {"$ref": "O"}, "arn": {"$attr": "O.Arn"}, "foreign": {"$attr": "data.x.y.arn"},
            "open": {"$input": "Open"}, "days": {"$input": "Days"},
            "partly": {"$text": ["arn:aws:kms:", {"$input": "AWS::Region"}, ":1:key/k"]},
            "lost": {"$unknown": "it is imported"},
            "key": {"$ref": "K"}, "key_arn": {"$attr": "K.Arn"}, "alias": {"$ref": "A"}, "replica": {"$attr": "P.Arn"},
            "hmac": {"$attr": "H.Arn"}, "foreign_key": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "open_policy": "{\"Statement\": [{\"Effect\": \"Allow\", \"Principal\": \"*\", \"Action\": \"s3:*\", \"Resource\": \"*\"}]}",
            "policy": {"Statement": [{"Effect": "Allow", "Principal": {"AWS": {"$input": "Open"}}, "Action": "s3:*", "Resource": "*"}]}
        },
        "K": {"type": "AWS::KMS::Key", "EnableKeyRotation": true},
        "A": {"type": "AWS::KMS::Alias", "AliasName": "alias/a", "TargetKeyId": {"$ref": "K"}},
        "P": {"type": "AWS::KMS::ReplicaKey", "PrimaryKeyArn": {"$attr": "K.Arn"}},
        "H": {"type": "AWS::KMS::Key", "KeySpec": "HMAC_256"},
        "O": {"type": "U", "name": "o", "back": {"$ref": "R"}}
    }))
    .with_input(open)
    .with_input(days)
}

#[test]
fn every_function_does_what_its_example_says() {
    let unit = data();
    for function in functions() {
        assert_eq!(value_of(&unit, function.example), "true", "{}", function.example);
    }
}

#[test]
fn values_of_expressions() {
    let unit = data();
    let table = [
        // Absent is null: nothing below it is there, it equals null alone, it is not true.
        ("resource.attributes.nothing == null", "true"),
        ("resource.attributes.nothing.deeper.still == null", "true"),
        ("resource.attributes.nothing == 'x'", "false"),
        ("resource.attributes.nothing != 'x'", "true"),
        ("resource.attributes.nothing == false", "false"),
        ("!resource.attributes.nothing", "true"),
        ("has(resource.attributes.nothing)", "false"),
        ("has(resource.attributes.none)", "false"),
        ("has(resource.attributes.map.k) && !has(resource.attributes.map.none)", "true"),
        ("size(resource.attributes.nothing)", "0"),
        ("resource.attributes.nothing.all(x, false)", "true"),
        ("resource.attributes.nothing.exists(x, true)", "false"),
        ("'a' in resource.attributes.nothing", "false"),
        ("resource.attributes.nothing in ['a']", "false"),
        ("resource.attributes.nothing < 3", "unknown: what is absent has no order"),
        // Properties convert as both languages do.
        ("resource.attributes.off == false", "true"),
        ("resource.attributes.on && !resource.attributes.off", "true"),
        ("resource.attributes.digits == 45 && resource.attributes.digits > 44.5", "true"),
        ("resource.attributes.n == '30'", "true"),
        ("resource.attributes.text == 45", "false"),
        // Nested blocks are lists of one.
        ("resource.attributes.block.size == 5", "true"),
        ("resource.attributes.block[0].inner.deep", "\"x\""),
        ("resource.attributes.two.a == 1", "unknown: `resource.attributes.two.a` reaches into a list of 2"),
        ("resource.attributes.two.exists(x, x.a == 2)", "true"),
        ("resource.attributes.two.map(x, x.a)", "[1,2]"),
        ("resource.attributes.empty.x == null", "true"),
        ("'k' in resource.attributes.map && 'k2' in resource.attributes.map", "false"),
        ("resource.attributes['map']['k']", "\"v\""),
        // References are followed.
        ("resource.attributes.other.resource.attributes.name", "\"o\""),
        ("resource.attributes.arn.resource.type", "\"U\""),
        ("resource.attributes.other.resource.attributes.back.resource == resource", "true"),
        ("resource.attributes.text.resource == null", "true"),
        ("resource.attributes.foreign.resource.type == 'x'", "unknown: ⟦data.x.y.arn⟧ is not declared in this unit"),
        ("has(resource.attributes.arn) && resource.attributes.arn == resource.attributes.arn", "true"),
        ("resource.attributes.arn == 'arn:x'", "unknown: O.Arn is known only when the code is deployed"),
        ("resource.attributes.arn == '*' || '*' in [resource.attributes.arn]", "false"),
        ("resource.attributes.other == 'x'", "unknown: O is known only when the code is deployed"),
        // Kleene.
        ("resource.attributes.lost == 'x' && false", "false"),
        ("resource.attributes.lost == 'x' || true", "true"),
        ("false || resource.attributes.lost == 'x'", "unknown: it is imported"),
        ("['x', resource.attributes.lost].exists(x, x == 'x')", "true"),
        ("['x', resource.attributes.lost].all(x, x == 'y')", "false"),
        ("1 / 0 > 1 || true", "true"),
        ("1 / 0 > 1", "unknown: `/` has no result for 1 and 0"),
        ("resource.attributes.open == 'x'", "unknown: Open has no value in the sources"),
        ("resource.attributes.open != null", "true"),
        ("resource.attributes.days >= 30", "true"),
        // Partly known texts.
        ("resource.attributes.partly.startsWith('arn:aws:')", "true"),
        ("resource.attributes.partly.startsWith('alias/')", "false"),
        ("resource.attributes.partly.endsWith('key/k')", "true"),
        ("resource.attributes.partly == 'alias/x'", "false"),
        ("resource.attributes.partly.contains('eu')", "unknown: AWS::Region is known only when the code is deployed"),
        (
            "resource.attributes.partly in ['a', 'arn:aws:kms:eu:1:key/k']",
            "unknown: AWS::Region is known only when the code is deployed",
        ),
        // Other resources.
        ("resources('U').map(u, u.attributes.name)", "[\"o\"]"),
        ("resources('U').exists(u, u.attributes.back.resource == resource)", "true"),
        ("size(resources('AWS::KMS::Key')) == 2 && size(resources('none')) == 0", "true"),
        // Named predicates.
        ("isCustomerKey(resource.attributes.key) && isCustomerKey(resource.attributes.key_arn)", "true"),
        ("isCustomerKey(resource.attributes.alias) && isCustomerKey(resource.attributes.foreign_key)", "true"),
        ("isCustomerKey(resource.attributes.nothing) || isCustomerKey('alias/aws/sqs')", "false"),
        ("isCustomerKey(resource.attributes.lost)", "unknown: it is imported"),
        ("isCustomerKey(resource.attributes.open)", "unknown: Open has no value in the sources"),
        ("isRotated(resource.attributes.alias) && isRotated(resource.attributes.replica)", "true"),
        ("canRotate(resource.attributes.hmac) || isRotated(resource.attributes.hmac)", "false"),
        ("isRotated(resource.attributes.nothing) || canRotate(resource.attributes.nothing)", "false"),
        (
            "isRotated(resource.attributes.foreign_key)",
            "unknown: arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab is not declared in this unit",
        ),
        ("keyOf(resource.attributes.alias).rotation", "\"on\""),
        ("keyOf(resource.attributes.nothing).rotation == null", "true"),
        ("isPublic(resource.attributes.open_policy) && !isPublic(resource.attributes.nothing)", "true"),
        ("isPublic(resource.attributes.policy)", "unknown: Open has no value in the sources"),
        ("isPublic(resource.attributes.lost) && false", "false"),
        ("policyOf(resource.attributes.open_policy).statements.map(s, s.actions)", "[[\"s3:*\"]]"),
        ("policyOf(resource.attributes.open_policy).statements[0].public", "\"yes\""),
        ("isPublic(policyOf(resource.attributes.open_policy))", "true"),
        ("allows(resource.attributes.open_policy, 's3:GetObject', '111122223333')", "true"),
        ("allows(resource.attributes.open_policy, 'sqs:SendMessage', '*')", "false"),
        (
            "allows(resource.attributes.open_policy, 's3:*', '*')",
            "unknown: `allows` asks of one action, such as 's3:GetObject'",
        ),
        (
            "allows(resource.attributes.open_policy, resource.attributes.open, '*')",
            "unknown: Open has no value in the sources",
        ),
        // Numbers.
        ("7 / 2 == 3 && 7 % 2 == 1 && -7 / 2 == -3", "true"),
        ("7.0 / 2", "3.5"),
        ("1 + 2.5 == 3.5 && 1 == 1.0", "true"),
        ("9223372036854775807 + 1 > 0", "unknown: `+` has no result for 9223372036854775807 and 1"),
        ("'a' + 'b'", "\"ab\""),
        ("[1] + [2, 3]", "[1,2,3]"),
        ("{'a': 1}.a", "1"),
        ("[1, 2, 3].filter(x, x > 1).map(x, x * 2)", "[4,6]"),
        ("[1, 2, 3].map(x, x > 1, x * 2)", "[4,6]"),
        ("[1, 2, 2].exists_one(x, x == 2)", "false"),
        ("[1, 2].exists_one(x, x == 2)", "true"),
        ("true ? 'a' : 'b'", "\"a\""),
        ("[[1], [2]].all(x, x.all(y, y > 0))", "true"),
        ("'x'.substring(2)", "unknown: the position lies outside of the string"),
    ];
    for (text, expected) in table {
        assert_eq!(value_of(&unit, text), expected, "{text}");
    }
}

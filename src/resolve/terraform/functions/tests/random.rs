//! No call panics or hangs, whatever its arguments.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::{FAMILIES, FunctionEnv, call};
use crate::resolve::terraform::convert;
use crate::resolve::terraform::number::Num;
use crate::resolve::terraform::types::Ty;
use crate::resolve::terraform::val::{Data, Val};
use crate::source::files::MemoryFiles;
use crate::source::{SourceId, Span};
use crate::value::{InputId, Origin, Part, Symbol, Unknown, UnknownKind};

fn symbol(name: &str) -> Symbol {
    Symbol::Attribute { resource: "aws_kms_key.k".into(), attribute: name.into() }
}

fn unknown() -> Unknown {
    Unknown::new(UnknownKind::Provider, "it is known only after apply")
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~\\n\\r\\té😀]{0,12}",
        Just("%s %d %v %[2]q %5.2f".to_owned()),
        Just("10.0.0.0/8".to_owned()),
        Just("fd00::/8".to_owned()),
        Just("2020-02-29T01:02:03+01:30".to_owned()),
        Just("1h30m".to_owned()),
        Just("(a)(?P<x>b)*[^c-d]{1,3}".to_owned()),
        Just("{\"a\": [1, {\"b\": null}]}".to_owned()),
        Just("a: &x [1, {b: *x}]\n".to_owned()),
        Just("a,b\n\"1\",2\n".to_owned()),
        Just("**/*.{json,txt}".to_owned()),
        Just("UTF-16".to_owned()),
        Just("d".to_owned()),
        Just("aGVsbG8=".to_owned()),
    ]
}

fn number() -> impl Strategy<Value = Num> {
    prop_oneof![
        any::<i64>().prop_map(Num::from_i64),
        (-3i64..130).prop_map(Num::from_i64),
        any::<f64>().prop_filter_map("NaN", Num::from_f64),
        "-?[0-9]{1,40}(\\.[0-9]{1,20})?(e-?[0-9]{1,3})?".prop_filter_map("number", |text| Num::parse(&text)),
    ]
}

fn leaf() -> impl Strategy<Value = Val> {
    let make = |data: Data, ty: Ty| Val::new(data, ty, Origin::default());
    let dynamic = |data: Data| Val::new(data, Ty::Dynamic, Origin::default());
    prop_oneof![
        Just(dynamic(Data::Null)),
        Just(make(Data::Null, Ty::String)),
        Just(make(Data::Null, Ty::List(Arc::new(Ty::String)))),
        any::<bool>().prop_map(move |flag| make(Data::Bool(flag), Ty::Bool)),
        number().prop_map(move |number| make(Data::Number(number), Ty::Number)),
        text().prop_map(move |text| make(Data::String(text.into()), Ty::String)),
        Just(make(Data::Symbol(symbol("arn")), Ty::String)),
        Just(dynamic(Data::Symbol(symbol("tags")))),
        Just(make(Data::Symbol(symbol("count")), Ty::Number)),
        text().prop_map(move |text| {
            make(Data::Text([Part::Literal(text.into()), Part::Symbol(symbol("id"))].into()), Ty::String)
        }),
        text().prop_map(move |text| {
            make(Data::Text([Part::Unknown(unknown()), Part::Literal(text.into())].into()), Ty::String)
        }),
        any::<bool>().prop_map(move |not_null| dynamic(Data::Unknown { why: unknown(), not_null })),
        Just(make(Data::Unknown { why: unknown(), not_null: true }, Ty::Set(Arc::new(Ty::String)))),
        Just(make(Data::Unknown { why: unknown(), not_null: false }, Ty::Tuple([Ty::String].into()))),
        Just(make(Data::Input(InputId(0), "var.x".into()), Ty::String)),
    ]
}

fn value() -> impl Strategy<Value = Val> {
    leaf().prop_recursive(3, 24, 4, |inner| {
        let elements = prop::collection::vec(inner.clone(), 0..4);
        let members = prop::collection::btree_map("[a-c]", inner, 0..4);
        prop_oneof![
            elements.clone().prop_map(|elements| convert::tuple(elements, Origin::default())),
            elements.prop_map(|elements| {
                let tuple = convert::tuple(elements, Origin::default());
                let list = convert::convert(&tuple, &Ty::List(Arc::new(Ty::Dynamic)));
                list.and_then(|list| convert::convert(&list, &Ty::Set(Arc::new(Ty::Dynamic)))).unwrap_or(tuple)
            }),
            members.prop_map(|members| {
                let members: BTreeMap<Arc<str>, Val> =
                    members.into_iter().map(|(name, value)| (name.into(), value)).collect();
                convert::object(members, Origin::default())
            }),
        ]
    })
}

/// Strings and numbers, for the functions that take nothing else.
fn scalar() -> impl Strategy<Value = Val> {
    prop_oneof![
        text().prop_map(|text| Val::new(Data::String(text.into()), Ty::String, Origin::default())),
        number().prop_map(|number| Val::new(Data::Number(number), Ty::Number, Origin::default())),
    ]
}

fn call_everything(arguments: &[Val]) {
    let files = MemoryFiles::new([("d/a.txt", "x")]);
    let env = FunctionEnv { files: &files, root_directory: "." };
    let span = Span::new(SourceId(0), 0, 1);
    let spans = vec![span; arguments.len()];
    for function in FAMILIES.iter().flat_map(|family| family.iter()) {
        // A result is a value or an error; both are fine.
        drop(call(function.name, span, arguments, &spans, &env));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_call_panics(arguments in prop::collection::vec(value(), 0..4)) {
        call_everything(&arguments);
    }

    #[test]
    fn no_call_of_strings_and_numbers_panics(arguments in prop::collection::vec(scalar(), 1..4)) {
        call_everything(&arguments);
    }
}

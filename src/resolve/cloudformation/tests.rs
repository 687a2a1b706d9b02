//! What every function gives, by the user guide; and what the whole reader does with whole templates.

use super::*;
use crate::model::{Evaluator, Key};
use crate::source::files::MemoryFiles;
use crate::value::{Guard, Kind, Mode, Part, Symbol, UnknownKind, Value, explore};

/// Loads one file.
pub(super) fn loaded(text: &str, parameters: &[(&str, &str)]) -> Loaded {
    loaded_files(&[("t.yaml", text)], parameters)
}

pub(super) fn loaded_files(files: &[(&str, &str)], parameters: &[(&str, &str)]) -> Loaded {
    let memory = MemoryFiles::new(files.iter().copied());
    let source = memory.read(files[0].0).unwrap();
    let parameters = parameters.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    load(&source, &memory, &Settings { parameters, ..Settings::default() })
}

/// A value as compact text: JSON where it is known, `⟦Key.Arn⟧` marks, `unknown: ...`, `error: ...`.
pub(super) fn shown(value: &Value) -> String {
    let gap = |unknown: &crate::value::Unknown| match unknown.kind {
        UnknownKind::Error => format!("error: {}", unknown.reason),
        _ => format!("unknown: {}", unknown.reason),
    };
    match &value.kind {
        Kind::Absent => "absent".to_owned(),
        Kind::Unknown(unknown) => gap(unknown),
        Kind::Text(parts) => match parts.iter().find_map(|part| match part {
            Part::Unknown(unknown) => Some(gap(unknown)),
            _ => None,
        }) {
            Some(gap) => gap,
            None => value.marked().unwrap(),
        },
        Kind::Symbol(Symbol::Ref(name)) => format!("⟦{name}⟧"),
        Kind::Symbol(_) => value.marked().unwrap(),
        Kind::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(",")),
        Kind::Map(entries) => {
            let entries: Vec<_> =
                entries.iter().map(|entry| format!("{}={}", entry.key, shown(&entry.value))).collect();
            format!("{{{}}}", entries.join(","))
        }
        _ => value.to_json().unwrap().to_string(),
    }
}

/// Each value of a property with the worlds in which it has it: `guard => value`.
pub(super) fn worlds(unit: &dyn Evaluator, address: &str, property: &str) -> Vec<String> {
    let block = unit.blocks().iter().find(|block| &*block.address == address).unwrap();
    let tree = explore(unit.inputs(), Mode::Free, &|world| unit.possible(world), |world| {
        match unit.instances(block.id, world).first() {
            Some(instance) => {
                let key = if address.contains("[*]") { Key::Any } else { Key::None };
                assert_eq!((&*instance.address, &instance.key), (address, &key));
                shown(&unit.property(instance, property, world))
            }
            None => "no resource".to_owned(),
        }
    });
    tree.leaves.iter().map(|leaf| format!("{} => {}", Guard::path(&leaf.facts, unit.inputs()), leaf.result)).collect()
}

/// The template around one property value.
fn around(property: &str) -> String {
    format!(
        "Transform: AWS::LanguageExtensions
Parameters:
  Env: {{Type: String, AllowedValues: [dev, prod], Default: dev}}
  Name: {{Type: String, Default: n}}
  Open: {{Type: String}}
  List: {{Type: CommaDelimitedList, Default: 'a, b,c'}}
  Numbers: {{Type: List<Number>, Default: '1,2'}}
  Count: {{Type: Number, Default: 3}}
  Ssm: {{Type: 'AWS::SSM::Parameter::Value<String>', Default: /x}}
  Secret: {{Type: String, NoEcho: true, Default: s3cret}}
Mappings:
  Conf:
    dev: {{Key: k-dev, List: [x, y], Number: 1.10, Flag: true}}
    prod: {{Key: k-prod, List: [z], Number: 7, Flag: 'false'}}
  Region:
    us-east-1: {{Name: east}}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  Yes: !Equals [a, a]
  No: !Not [!Condition Yes]
Resources:
  Key: {{Type: 'AWS::KMS::Key'}}
  Gone: {{Type: 'AWS::KMS::Key', Condition: No}}
  R:
    Type: AWS::Backup::BackupVault
    Properties:
      P: {property}
"
    )
}

/// A property's value as it is written, the parameters that are set, and what it must be.
type Row<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

#[test]
fn every_function() {
    let dev: &[(&str, &str)] = &[("Env", "dev")];
    let east: &[(&str, &str)] = &[("AWS::Region", "us-east-1"), ("AWS::AccountId", "123456789012")];
    let defaults: &[(&str, &str)] =
        &[("Env", "prod"), ("Name", "n"), ("List", "a, b,c"), ("Numbers", "1,2"), ("Count", "3")];
    let table: &[Row<'_>] = &[
        // Literals and the dialect.
        ("yes", &[], "true"),
        ("'yes'", &[], "\"yes\""),
        ("012", &[], "\"012\""),
        ("1.10", &[], "1.1"),
        ("[a, 1, true]", &[], "[\"a\",1,true]"),
        ("{a: 1, b: {c: x}}", &[], "{a=1,b={c=\"x\"}}"),
        ("", &[], "absent"),
        ("~", &[], "absent"),
        // Ref.
        ("!Ref Name", defaults, "\"n\""),
        ("!Ref Name", &[], "⟦Name⟧"),
        ("{Ref: Name}", defaults, "\"n\""),
        ("!Ref Key", &[], "⟦Key⟧"),
        ("!Ref List", defaults, "[\"a\",\"b\",\"c\"]"),
        ("!Ref Numbers", defaults, "[\"1\",\"2\"]"),
        ("!Ref Count", defaults, "\"3\""),
        ("!Ref AWS::NoValue", &[], "absent"),
        ("!Ref AWS::Region", east, "\"us-east-1\""),
        ("!Ref AWS::Region", &[], "⟦AWS::Region⟧"),
        ("!Ref Ssm", &[], "unknown: Ssm takes a value from SSM when the template is deployed"),
        ("!Ref Secret", &[("Secret", "x")], "⟦Secret⟧"),
        ("!Ref Gone", &[], "error: Gone does not exist here, because its condition is false"),
        ("!Ref Nope", &[], "error: Nope is neither a parameter nor a resource"),
        // NoValue removes.
        ("[a, !Ref AWS::NoValue, b]", &[], "[\"a\",\"b\"]"),
        ("{a: !Ref AWS::NoValue, b: 1}", &[], "{b=1}"),
        // GetAtt.
        ("!GetAtt Key.Arn", &[], "⟦Key.Arn⟧"),
        ("!GetAtt [Key, Arn]", &[], "⟦Key.Arn⟧"),
        ("{'Fn::GetAtt': [Key, Arn]}", &[], "⟦Key.Arn⟧"),
        ("{'Fn::GetAtt': Key.A.B}", &[], "⟦Key.A.B⟧"),
        ("!GetAtt [!Sub '${Name}', Arn]", &[("Name", "Key")], "⟦Key.Arn⟧"),
        ("!GetAtt Gone.Arn", &[], "error: Gone does not exist here, because its condition is false"),
        // Sub.
        ("!Sub 'a-${Name}'", defaults, "\"a-n\""),
        ("!Sub '${Key.Arn}'", &[], "⟦Key.Arn⟧"),
        ("!Sub 'x${Key}y'", &[], "x⟦Key⟧y"),
        ("!Sub ['${A}-${Name}', {A: !Ref Env}]", defaults, "\"prod-n\""),
        ("!Sub '${!Name} ${Name}'", defaults, "\"${Name} n\""),
        (
            "!Sub 'arn:aws:kms:${AWS::Region}:${AWS::AccountId}:key/${Key}'",
            east,
            "arn:aws:kms:us-east-1:123456789012:key/⟦Key⟧",
        ),
        ("!Sub '${AWS::NoValue}x'", &[], "\"x\""),
        ("!Sub ['${A}', {A: !Ref Name}]", defaults, "\"n\""),
        ("!Sub '${Count}'", defaults, "\"3\""),
        ("!Sub ['${A}', {A: 1.10}]", &[], "\"1.1\""),
        (
            "!Sub '{{resolve:ssm:${Name}}}'",
            defaults,
            "unknown: {{resolve:ssm:n}} is resolved when the template is deployed",
        ),
        ("!Sub '${List}'", defaults, "error: a list or a map stands where a string is needed"),
        // Join.
        ("!Join ['-', [a, !Ref Name, 1, true]]", defaults, "\"a-n-1-true\""),
        ("!Join ['', [x, !Ref Key]]", &[], "x⟦Key⟧"),
        ("!Join [',', !Ref List]", defaults, "\"a,b,c\""),
        ("!Join ['|', !Ref List]", defaults, "\"a|b|c\""),
        ("!Join ['-', [a, !Ref AWS::NoValue, b]]", &[], "\"a-b\""),
        ("!Join ['-', []]", &[], "\"\""),
        // Select and Split.
        ("!Select [1, [a, b]]", &[], "\"b\""),
        ("!Select ['1', !Ref List]", defaults, "\"b\""),
        ("!Select [!Ref Count, [a, b, c, d]]", defaults, "\"d\""),
        ("!Select [2, [a]]", &[], "error: Fn::Select asks for item 2 of a list of 1"),
        ("!Select [1, !Split ['|', 'x|y']]", &[], "\"y\""),
        ("!Split [',', !Sub 'a,${Name}']", defaults, "[\"a\",\"n\"]"),
        ("!Select [1, !Split [':', !Sub 'a:${AWS::AccountId}:b']]", &[], "⟦AWS::AccountId⟧"),
        (
            "!Select [0, !Split [':', !GetAtt Key.Arn]]",
            &[],
            "unknown: the items of Key.Arn are known only when it is deployed",
        ),
        // FindInMap.
        ("!FindInMap [Conf, prod, Key]", &[], "\"k-prod\""),
        ("!FindInMap [Conf, !Ref Env, Key]", dev, "\"k-dev\""),
        ("!FindInMap [Conf, dev, List]", &[], "[\"x\",\"y\"]"),
        ("!FindInMap [Conf, dev, Number]", &[], "1.1"),
        ("!FindInMap [Conf, test, Key]", &[], "error: the mapping has no entry 'test'"),
        ("!FindInMap [Conf, test, Key, {DefaultValue: d}]", &[], "\"d\""),
        ("!FindInMap [!Sub '${Name}', dev, Key]", &[("Name", "Conf")], "\"k-dev\""),
        ("!FindInMap [Region, !Ref AWS::Region, Name]", east, "\"east\""),
        // If, with every condition function.
        ("!If [Yes, a, b]", &[], "\"a\""),
        ("!If [No, a, b]", &[], "\"b\""),
        ("!If [IsProd, !GetAtt Key.Arn, !Ref AWS::NoValue]", dev, "absent"),
        ("{'Fn::If': [IsProd, a, {'Fn::If': [Yes, b, c]}]}", dev, "\"b\""),
        // Base64, Cidr, GetAZs, imports.
        ("!Base64 héllo", &[], "\"aMOpbGxv\""),
        ("!Base64 {'Fn::Sub': '${Name}'}", defaults, "\"bg==\""),
        ("!Cidr [10.0.0.0/16, 2, 8]", &[], "[\"10.0.0.0/24\",\"10.0.1.0/24\"]"),
        ("!Cidr [10.0.0.0/16, '1']", &[], "[\"10.0.0.0/24\"]"),
        ("!GetAZs ''", &[], "unknown: the availability zones of a region are known only to the account"),
        ("!ImportValue x", &[], "unknown: it is imported from another stack as x"),
        ("!ImportValue {'Fn::Sub': '${Name}-key'}", defaults, "unknown: it is imported from another stack as n-key"),
        ("!Transform {Name: Mac}", &[], "unknown: the macro Mac makes it when the template is deployed"),
        (
            "{'Fn::Transform': {Name: AWS::Include}, A: b}",
            &[],
            "unknown: the macro AWS::Include makes it when the template is deployed",
        ),
        ("'{{resolve:ssm:x}}'", &[], "unknown: {{resolve:ssm:x}} is resolved when the template is deployed"),
        // Language extensions.
        ("!Length [a, b]", &[], "2"),
        ("!Length {Ref: List}", defaults, "3"),
        ("!ToJsonString {a: [1, x], b: !Ref Name}", defaults, "{\"a\":[1,\"x\"],\"b\":\"n\"}"),
        ("!ToJsonString {k: !GetAtt Key.Arn}", &[], "{\"k\":\"⟦Key.Arn⟧\"}"),
        ("{'Fn::ForEach::L': [X, [a, b], {'k${X}': !Ref X}]}", &[], "{ka=\"a\",kb=\"b\"}"),
        (
            "{'Fn::ForEach::L': [X, !Ref List, {'&{X}': !Sub '${X}-${Name}'}]}",
            defaults,
            "{a=\"a-n\",b=\"b-n\",c=\"c-n\"}",
        ),
        ("!Foo x", &[], "unknown: Fn::Foo is a function that strongroom does not know"),
    ];
    for (property, parameters, expected) in table {
        let loaded = loaded(&around(property), parameters);
        assert_eq!(loaded.units.len(), 1, "{property}");
        let seen = worlds(&*loaded.units[0], "R", "P");
        let expected = expected.strip_prefix("{\"").map_or_else(|| (*expected).to_owned(), |_| json_string(expected));
        assert_eq!(seen, [format!("always => {expected}")], "{property}");
    }
}

/// JSON text as a value shows it: quoted again where it is wholly known.
fn json_string(text: &str) -> String {
    if text.contains('⟦') { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[test]
fn open_inputs_decide_and_are_correlated() {
    let table: &[(&str, &[&str])] = &[
        ("!If [IsProd, a, b]", &["Env is 'prod' => \"a\"", "Env is 'dev' => \"b\""]),
        ("!If [IsProd, !Ref Env, !Sub 'x-${Env}']", &["Env is 'prod' => \"prod\"", "Env is 'dev' => \"x-dev\""]),
        ("!FindInMap [Conf, !Ref Env, Flag]", &["Env is 'dev' => true", "Env is 'prod' => \"false\""]),
        ("!FindInMap [Conf, !Sub '${Env}', Key]", &["Env is 'dev' => \"k-dev\"", "Env is 'prod' => \"k-prod\""]),
        (
            "!FindInMap [Region, !Ref AWS::Region, Name]",
            &[
                "AWS::Region is 'us-east-1' => \"east\"",
                "AWS::Region is not 'us-east-1' => error: the mapping has no entry for any other value of AWS::Region",
            ],
        ),
        (
            "!Select [1, !Ref List]",
            &[
                "List is 'a, b,c' => \"b\"",
                "List is not 'a, b,c' => unknown: List may be set to something else than its default",
            ],
        ),
        ("!Sub '${Env}-${Open}'", &["always => ⟦Env⟧-⟦Open⟧"]),
    ];
    for (property, expected) in table {
        let loaded = loaded(&around(property), &[]);
        assert_eq!(worlds(&*loaded.units[0], "R", "P"), *expected, "{property}");
    }
}

/// The worlds of a property that a condition chooses.
fn condition_worlds(parameters: &str, condition: &str) -> Vec<String> {
    let text = format!(
        "Parameters:\n{parameters}\nConditions:\n  C: {condition}\n  D: !Equals [!Ref A, d]\nResources:\n  R: {{Type: 'AWS::A::B', Properties: {{P: !If [C, 1, 2]}}}}\n"
    );
    let loaded = loaded(&text, &[]);
    assert!(loaded.problems.is_empty(), "{condition}: {:?}", loaded.problems);
    worlds(&*loaded.units[0], "R", "P")
}

#[test]
fn every_condition_function() {
    let open = "  A: {Type: String}\n  B: {Type: String}\n  L: {Type: CommaDelimitedList}";
    let table: &[(&str, &[&str])] = &[
        ("!Equals [!Ref A, x]", &["A is 'x' => 1", "A is not 'x' => 2"]),
        ("!Equals [x, !Ref A]", &["A is 'x' => 1", "A is not 'x' => 2"]),
        ("!Equals [!Sub 'p-${A}', p-x]", &["A is 'x' => 1", "A is not 'x' => 2"]),
        ("!Equals [!Sub 'p-${A}', q]", &["always => 2"]),
        (
            "!Equals [!Join ['', [!Ref A, !Ref B]], '']",
            &["A is '' and B is '' => 1", "A is '' and B is not '' => 2", "A is not '' => 2"],
        ),
        ("!Equals [!Join ['', !Ref L], '']", &["L is '' => 1", "L is not '' => 2"]),
        ("!Equals [!Ref A, !Ref A]", &["always => 1"]),
        ("!Equals [true, 'true']", &["always => 1"]),
        ("!Equals [1, '1']", &["always => 1"]),
        ("!Equals [!Ref A, !Ref B]", &["!Equals [!Ref A, !Ref B] => 1", "not (!Equals [!Ref A, !Ref B]) => 2"]),
        (
            "!And [!Condition D, !Equals [!Ref B, b]]",
            &["A is 'd' and B is 'b' => 1", "A is 'd' and B is not 'b' => 2", "A is not 'd' => 2"],
        ),
        (
            "!Or [!Condition D, !Equals [!Ref B, b]]",
            &["A is 'd' => 1", "A is not 'd' and B is 'b' => 1", "A is not 'd' and B is not 'b' => 2"],
        ),
        ("!Not [{Condition: D}]", &["A is 'd' => 2", "A is not 'd' => 1"]),
        ("{Condition: D}", &["A is 'd' => 1", "A is not 'd' => 2"]),
        ("{'Fn::Or': [{'Fn::Equals': [{Ref: A}, d]}, {Condition: D}]}", &["A is 'd' => 1", "A is not 'd' => 2"]),
    ];
    for (condition, expected) in table {
        assert_eq!(condition_worlds(open, condition), *expected, "{condition}");
    }
}

#[test]
fn constraints_of_parameters_exclude_worlds() {
    let table: &[(&str, &str, &[&str])] = &[
        ("{Type: String, AllowedValues: [x]}", "!Equals [!Ref A, x]", &["always => 1"]),
        ("{Type: String, AllowedValues: [x, y]}", "!Equals [!Ref A, z]", &["always => 2"]),
        (
            "{Type: String, AllowedValues: [true, false]}",
            "!Equals [!Ref A, 'true']",
            &["A is 'true' => 1", "A is 'false' => 2"],
        ),
        ("{Type: String, MinLength: 1}", "!Equals [!Ref A, '']", &["always => 2"]),
        ("{Type: String, MaxLength: '2'}", "!Equals [!Ref A, abc]", &["always => 2"]),
        ("{Type: String, AllowedPattern: '[a-z]+'}", "!Equals [!Ref A, X1]", &["always => 2"]),
        ("{Type: String, AllowedPattern: '[a-z]+'}", "!Equals [!Ref A, x]", &["A is 'x' => 1", "A is not 'x' => 2"]),
        ("{Type: String, AllowedPattern: '(?=x)y'}", "!Equals [!Ref A, x]", &["A is 'x' => 1", "A is not 'x' => 2"]),
        ("{Type: Number, MinValue: 5}", "!Equals [!Ref A, 4]", &["always => 2"]),
        ("{Type: Number, MaxValue: 5}", "!Equals [!Ref A, '6']", &["always => 2"]),
        ("{Type: Number}", "!Equals [!Ref A, '']", &["always => 2"]),
        ("{Type: 'AWS::EC2::VPC::Id'}", "!Equals [!Ref A, '']", &["always => 2"]),
        (
            "{Type: 'AWS::SSM::Parameter::Value<String>'}",
            "!Equals [!Ref A, x]",
            &["!Equals [!Ref A, x] => 1", "not (!Equals [!Ref A, x]) => 2"],
        ),
        (
            "{Type: String, NoEcho: true, Default: x}",
            "!Equals [!Ref A, x]",
            &["A has its default => 1", "A is another value => 2"],
        ),
        ("{Type: CommaDelimitedList, AllowedValues: [x, y]}", "!Equals [!Join ['', !Ref A], '']", &["always => 2"]),
    ];
    for (parameter, condition, expected) in table {
        assert_eq!(condition_worlds(&format!("  A: {parameter}"), condition), *expected, "{parameter} {condition}");
    }
}

#[test]
fn rules_exclude_worlds() {
    let table: &[(&str, &[&str])] = &[
        ("Assertions: [{Assert: !Equals [!Ref A, x]}]", &["A is 'x' => 1"]),
        ("Assertions: [{Assert: {'Fn::Contains': [[x, y], !Ref A]}}]", &["A is 'x' => 1", "A is 'y' => 2"]),
        (
            "RuleCondition: !Equals [!Ref B, b]\n    Assertions: [{Assert: !Not [!Equals [!Ref A, x]]}]",
            &["A is 'x' => 1", "A is 'y' => 2", "A is 'z' => 2"],
        ),
        (
            "Assertions: [{Assert: {'Fn::EachMemberIn': [{'Fn::ValueOfAll': ['AWS::EC2::VPC::Id', Tags.x]}, [a]]}}]",
            &["A is 'x' => 1", "A is 'y' => 2", "A is 'z' => 2"],
        ),
    ];
    for (rule, expected) in table {
        let text = format!(
            "Parameters:\n  A: {{Type: String, AllowedValues: [x, y, z]}}\n  B: {{Type: String}}\nRules:\n  R1:\n    {rule}\nConditions:\n  C: !Equals [!Ref A, x]\n  D: !Equals [!Ref A, y]\nResources:\n  R: {{Type: 'AWS::A::B', Properties: {{P: !If [C, 1, !If [D, 2, 2]]}}}}\n"
        );
        let loaded = loaded(&text, &[]);
        assert_eq!(worlds(&*loaded.units[0], "R", "P"), *expected, "{rule}");
    }
}

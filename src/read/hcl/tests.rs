#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use super::ast::{Body, Expr, ExprKind, TemplatePart};
use super::*;
use crate::source::{Encoding, Sources};

fn body(text: &str) -> (Body, Vec<Error>) {
    let sources = Sources::new();
    read(&sources.add_text("main.tf", text.to_owned(), Encoding::Utf8))
}

/// An expression as a compact text, to compare trees.
fn shape(expr: &Expr) -> String {
    let list = |items: &[Expr]| items.iter().map(shape).collect::<Vec<_>>().join(" ");
    match &expr.kind {
        ExprKind::Null => "null".into(),
        ExprKind::Bool(flag) => flag.to_string(),
        ExprKind::Number(text) => text.to_string(),
        ExprKind::String(text) => format!("{text:?}"),
        ExprKind::Template(parts) => format!("<{}>", template_shape(parts)),
        ExprKind::Tuple(items) => format!("[{}]", list(items)),
        ExprKind::Object(items) => {
            let items: Vec<_> = items.iter().map(|i| format!("{}={}", shape(&i.key), shape(&i.value))).collect();
            format!("{{{}}}", items.join(" "))
        }
        ExprKind::Variable(name) => name.to_string(),
        ExprKind::GetAttr { object, name, .. } => format!("{}.{name}", shape(object)),
        ExprKind::Index { object, index } => format!("{}[{}]", shape(object), shape(index)),
        ExprKind::Splat { source, each } => format!("splat({} {})", shape(source), shape(each)),
        ExprKind::SplatItem => "@".into(),
        ExprKind::Call { name, arguments, expand_last, .. } => {
            format!("{name}({}{})", list(arguments), if *expand_last { "..." } else { "" })
        }
        ExprKind::Conditional { condition, yes, no } => {
            format!("({} ? {} : {})", shape(condition), shape(yes), shape(no))
        }
        ExprKind::Binary { operator, left, right } => format!("({operator:?} {} {})", shape(left), shape(right)),
        ExprKind::Not(operand) => format!("!{}", shape(operand)),
        ExprKind::Negate(operand) => format!("-{}", shape(operand)),
        ExprKind::Parens(inner) => format!("({})", shape(inner)),
        ExprKind::For(walk) => format!(
            "for({:?} {} in {} : {} {}{} if {})",
            walk.key_name,
            walk.value_name,
            shape(&walk.collection),
            walk.key.as_ref().map_or(String::new(), |key| format!("{} =>", shape(key))),
            shape(&walk.value),
            if walk.grouping { "..." } else { "" },
            walk.condition.as_ref().map_or(String::new(), shape),
        ),
    }
}

fn template_shape(parts: &[TemplatePart]) -> String {
    let parts: Vec<_> = parts
        .iter()
        .map(|part| match part {
            TemplatePart::Literal(text, _) => format!("{text:?}"),
            TemplatePart::Interpolation(expr) => shape(expr),
            TemplatePart::If { condition, yes, no } => {
                format!("if({} {} else {})", shape(condition), template_shape(yes), template_shape(no))
            }
            TemplatePart::For { value_name, collection, body, .. } => {
                format!("for({value_name} {} {})", shape(collection), template_shape(body))
            }
        })
        .collect();
    parts.join(" ")
}

fn value_shape(text: &str) -> String {
    let (body, problems) = body(&format!("x = {text}\n"));
    assert!(problems.is_empty(), "{text}: {problems:?}");
    shape(&body.attributes[0].value)
}

#[test]
fn expressions() {
    let table = [
        ("-1 + 2 * 3 == 5 && !true", "(And (Equal (Add -1 (Multiply 2 3)) 5) !true)"),
        ("1 - 2 - 3", "(Subtract (Subtract 1 2) 3)"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("a.b[0].c", "a.b[0].c"),
        ("a.0.b", "a.0.b"),
        ("-1[*]", "-splat(1 @)"),
        ("a[*].b[0].c", "splat(a @.b[0].c)"),
        ("a.*.b[0].c", "splat(a @.b)[0].c"),
        ("a.*.b.*.c", "splat(splat(a @.b) @.c)"),
        ("a[*].b[*].c", "splat(a splat(@.b @.c))"),
        ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
        ("f(a, b...)", "f(a b...)"),
        ("provider::aws::f(1)", "provider::aws::f(1)"),
        ("{ a = 1, \"b\" : 2, (c) = 3, null = 4 }", "{\"a\"=1 \"b\"=2 (c)=3 \"null\"=4}"),
        ("{ a = 1, a = 2, (c) = 3, (c) = 4, \"a\" = 5 }", "{\"a\"=1 \"a\"=2 (c)=3 (c)=4 \"a\"=5}"),
        ("{\n  a = 1\n  a = 2\n}", "{\"a\"=1 \"a\"=2}"),
        ("{ for k, v in m :\n  k => v...\n  if v\n}", "for(Some(\"k\") v in m : k => v... if v)"),
        ("[\n  for v in m :\n  v\n  + 1 # c\n]", "for(None v in m :  (Add v 1) if )"),
        ("[\n 1,\n a\n ? b\n : c,\n]", "[1 (a ? b : c)]"),
        ("(\n a\n && b\n)", "((And a b))"),
    ];
    for (text, expected) in table {
        assert_eq!(value_shape(text), expected, "{text}");
    }
}

#[test]
fn templates() {
    let table = [
        (r#""a\n\t\"\\\u00e9\U0001F600$${x}%%{y}$5%""#, "\"a\\n\\t\\\"\\\\é😀${x}%{y}$5%\""),
        (r#""${a}""#, "<a>"),
        (r#""a ${~ b ~} c""#, "<\"a\" b \"c\">"),
        (r#""%{ if a ~} x\n %{~ else }y\"%{ endif }""#, "<if(a \"x\" else \"y\\\"\")>"),
        (r#""%{ for v in m }${v},%{ endfor }""#, "<for(v m v \",\")>"),
        (r#""${"${a}b"}""#, "<<a \"b\">>"),
        ("<<E\n a\n  ${b}\nE", "<\" a\\n  \" b \"\\n\">"),
        ("<<E\nE", "\"\""),
        ("<<-E\n    a\n\n      b\n  E", "\"a\\n\\n  b\\n\""),
        ("<<-E\n    ${a}\n      b\n    E", "<\"\" a \"\\n  b\\n\">"),
        ("<<-E\n  %{ if a ~}\n    x\n  %{ endif ~}\n  y\n  E", "<\"\" if(a \"    x\\n\" else ) \"  y\\n\">"),
        ("<<E\nEx \\n\n  E y\nE", "\"Ex \\\\n\\n  E y\\n\""),
        ("[<<A\na\nA\n, <<B\nb\nB\n]", "[\"a\\n\" \"b\\n\"]"),
    ];
    for (text, expected) in table {
        assert_eq!(value_shape(text), expected, "{text}");
    }
}

#[test]
fn spans_point_at_the_text() {
    let text = "resource \"a\" \"b\" {\n  k = cond ? aws.x[0].arn : null\n  t = \"é${foo(1)}\"\n}\n";
    let sources = Sources::new();
    let source = sources.add_text("main.tf", text.to_owned(), Encoding::Utf8);
    let (body, problems) = read(&source);
    assert!(problems.is_empty());
    let block = &body.blocks[0];
    assert_eq!(source.slice(block.header), "resource \"a\" \"b\"");
    assert_eq!(source.slice(block.labels[1].span), "\"b\"");
    assert!(source.slice(block.span).ends_with('}'));
    let ExprKind::Conditional { yes, no, .. } = &block.body.attributes[0].value.kind else { panic!() };
    assert_eq!(source.slice(yes.span), "aws.x[0].arn");
    assert_eq!(source.slice(no.span), "null");
    let ExprKind::GetAttr { object, name_span, .. } = &yes.kind else { panic!() };
    assert_eq!((source.slice(object.span), source.slice(*name_span)), ("aws.x[0]", "arn"));
    let ExprKind::Template(parts) = &block.body.attributes[1].value.kind else { panic!() };
    let TemplatePart::Interpolation(call) = &parts[1] else { panic!() };
    assert_eq!(source.slice(call.span), "foo(1)");
    assert_eq!(source.slice(block.body.attributes[1].span), "t = \"é${foo(1)}\"");
}

#[test]
fn a_broken_item_costs_only_itself() {
    let table = [
        ("a = 1\nb = = 2\nc = 3\n", "a c", "= 2"),
        ("a = 1\nresource \"x\" \"y\" {\n  v = [1,\n\nvariable \"z\" {}\nc = 3\n", "a c", "[1"),
        ("a = 1\nb = \"x\nc = 3\n", "a c", "\"x"),
        ("a = 1\nb {\n c = 1\n c = 2\n}\n", "a", "c = 2"),
        ("a = 1\n}\nc = 3\n", "a c", "}"),
    ];
    for (text, names, place) in table {
        let sources = Sources::new();
        let source = sources.add_text("main.tf", text.to_owned(), Encoding::Utf8);
        let (body, problems) = read(&source);
        let found: Vec<_> = body.attributes.iter().map(|attribute| &*attribute.name).collect();
        assert_eq!(found.join(" "), names, "{text}");
        assert!(text[problems[0].span.start as usize..].starts_with(place), "{text}: {problems:?}");
        assert!(problems[0].help.is_some());
    }
}

#[test]
fn depth_and_size_are_problems() {
    for open in ["[", "{", "(", "\"${", "f(", "-", "!", "a ? "] {
        let (_, problems) = body(&format!("x = {}", open.repeat(100_000)));
        assert!(!problems.is_empty(), "{open}");
    }
    let blocks = "b {\n".repeat(100_000);
    assert!(!body(&blocks).1.is_empty());
    for levels in [10, 60, 70, 150] {
        let text = format!("x = {}1{}\n", "[".repeat(levels), "]".repeat(levels));
        let _ = body(&text);
    }
    let chain = format!("x = {}1\n", "1 + ".repeat(5000));
    assert!(!body(&chain).1.is_empty());
}

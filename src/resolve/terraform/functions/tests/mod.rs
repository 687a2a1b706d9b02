//! Tables of calls: `expression => type value`, or `expression => error`, one a line, as Terraform 1.14 gives them.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod collection;
mod encoding;
mod format;
mod numeric;
mod partial;
mod random;
mod string;
mod system;
mod yaml;

use std::sync::Arc;

use crate::read::hcl;
use crate::resolve::terraform::expr::{self, Context};
use crate::resolve::terraform::scope::{Failure, RefStep, Scope};
use crate::resolve::terraform::types::Ty;
use crate::resolve::terraform::val::{Data, Val};
use crate::source::files::{Files, MemoryFiles};
use crate::source::{Encoding, Span};
use crate::value::{Inputs, Mode, Origin, Part, Symbol, World};

/// Names are resources' symbols: `k.arn` is `aws_kms_key.k.arn`, of type string; `k.count` is a number.
struct Symbols {
    files: MemoryFiles,
}

impl Symbols {
    fn new() -> Self {
        let files = [("a.txt", "hello\n"), ("d/b.json", "{}"), ("d/e/c.json", "[]"), ("d/x.tmp", "")];
        Symbols { files: MemoryFiles::new(files) }
    }

    fn evaluate(&self, text: &str) -> Result<Val, Arc<str>> {
        let source = self.files.sources().add_text("main.tf", text.to_owned(), Encoding::Utf8);
        let expr = hcl::parse_expression(text, hcl::Place::At(source.id(), 0)).map_err(|_| "it does not parse")?;
        let inputs = Inputs::default();
        let mut world = World::new(&inputs, Mode::Free);
        expr::evaluate(&expr, &mut Context::new(self, &mut world)).map_err(|failure| failure.message)
    }
}

impl Scope for Symbols {
    fn resolve(&self, root: &str, steps: &[RefStep], span: Span, _: &mut World<'_>) -> Result<(Val, usize), Failure> {
        let Some(RefStep::Attribute(attribute)) = steps.first() else {
            return Err(Failure::whole(span, "undeclared"));
        };
        let ty = if &**attribute == "count" { Ty::Number } else { Ty::String };
        let resource = format!("aws_kms_key.{root}").into();
        let symbol = Symbol::Attribute { resource, attribute: Arc::clone(attribute) };
        Ok((Val::new(Data::Symbol(symbol), ty, Origin::at(span)), 1))
    }

    fn files(&self) -> &dyn Files {
        &self.files
    }

    fn root_directory(&self) -> &str {
        "."
    }
}

/// Holds every line of a table against what the call gives.
fn check(table: &str) {
    let symbols = Symbols::new();
    let mut wrong = Vec::new();
    for line in table.lines().filter(|line| !line.trim().is_empty()) {
        let (text, expected) = line.split_once(" => ").expect("a line has an arrow");
        let shown = match symbols.evaluate(text) {
            Ok(value) => format!("{} {}", type_text(&value.ty), text_of(&value)),
            Err(message) if message.contains(expected.strip_prefix("error: ").unwrap_or(&message)) => {
                "error".to_owned()
            }
            Err(message) => format!("error: {message}"),
        };
        if shown != expected && !(shown == "error" && expected.starts_with("error")) {
            wrong.push(format!("{text}\n    gives    {shown}\n    expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{} lines differ:\n{}", wrong.len(), wrong.join("\n"));
}

fn type_text(ty: &Ty) -> String {
    let list = |types: Vec<String>| types.join(",");
    match ty {
        Ty::Dynamic => "dynamic".into(),
        Ty::Bool => "bool".into(),
        Ty::Number => "number".into(),
        Ty::String => "string".into(),
        Ty::List(element) => format!("list({})", type_text(element)),
        Ty::Set(element) => format!("set({})", type_text(element)),
        Ty::Map(element) => format!("map({})", type_text(element)),
        Ty::Tuple(types) => format!("tuple([{}])", list(types.iter().map(type_text).collect())),
        Ty::Object(types) => {
            format!(
                "object({{{}}})",
                list(types.iter().map(|(name, ty)| format!("{name}:{}", type_text(ty))).collect())
            )
        }
    }
}

/// JSON, with `⟦symbol⟧` where something is known by name only and `⟦?⟧` where it is not known.
fn text_of(value: &Val) -> String {
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let part = |part: &Part| match part {
        Part::Literal(text) => text.to_string(),
        Part::Symbol(symbol) => format!("⟦{symbol}⟧"),
        Part::Unknown(_) => "⟦?⟧".to_owned(),
    };
    match &value.data {
        Data::Null => "null".into(),
        Data::Bool(flag) => flag.to_string(),
        Data::Number(number) => number.to_string(),
        Data::String(text) => quoted(text),
        Data::Sequence(elements) => format!("[{}]", elements.iter().map(text_of).collect::<Vec<_>>().join(",")),
        Data::Mapping(members) => {
            let members = members.iter().map(|(name, value)| format!("{}:{}", quoted(name), text_of(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        Data::Symbol(symbol) => format!("⟦{symbol}⟧"),
        Data::Text(parts) => format!("`{}`", parts.iter().map(part).collect::<String>()),
        Data::Unknown { why, .. } => format!("unknown: {}", why.reason),
        Data::Input(..) | Data::Derived(_) => "open".into(),
    }
}

#[test]
fn names_that_are_no_functions_are_told_with_the_nearest() {
    check(
        r#"
uper("a") => error: there is no function named "uper"; did you mean "upper"?
jsondecod("a") => error: did you mean "jsondecode"?
templatefil("a") => error: did you mean "templatefile"?
frobnicate_everything(1) => error: there is no function named "frobnicate_everything"
core::upper("a") => string "A"
upper() => error: not enough arguments; missing value for "str"
upper("a", "b") => error: too many arguments
upper(null) => error: invalid value for parameter "str" of upper: argument must not be null
upper([]) => error: invalid value for parameter "str" of upper
"#,
    );
}

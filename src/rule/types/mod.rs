//! The type checker: what a check may say, told at load time.

mod present;

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::Regex;
use serde_json::Value as Json;

use self::present::{Present, learn};
use super::functions::{Shape, function, functions};
use super::nearest::{did_you_mean, nearest};
use super::syntax::{Call, Expr, ExprKind, Fault, Infix, Macro, Place, Prefix};
use crate::model::schema::{Class, Type, class};

/// The static type of an expression.
#[derive(Clone, Debug)]
pub(super) enum Ty {
    /// What sources hold: anything; also the type after a fault, so that one mistake is told once.
    Any,
    Null,
    Bool,
    Number,
    String,
    OneOf(&'static [&'static str]),
    List(Box<Ty>),
    Map(Box<Ty>),
    Object(&'static Class),
    /// The rule's parameters.
    Params,
}

impl Ty {
    pub(super) fn of(ty: Type) -> Ty {
        match ty {
            Type::Bool => Ty::Bool,
            Type::Number => Ty::Number,
            Type::String => Ty::String,
            Type::OneOf(list) => Ty::OneOf(list),
            Type::Any => Ty::Any,
            Type::List(item) => Ty::List(Box::new(Ty::of(*item))),
            Type::Object(name) => class(name).map_or(Ty::Any, Ty::Object),
        }
    }

    fn of_json(json: &Json) -> Ty {
        match json {
            Json::Null => Ty::Any,
            Json::Bool(_) => Ty::Bool,
            Json::Number(_) => Ty::Number,
            Json::String(_) => Ty::String,
            Json::Array(items) => Ty::List(Box::new(items.first().map_or(Ty::Any, Ty::of_json))),
            Json::Object(_) => Ty::Any,
        }
    }

    /// For messages: "a string", "a key".
    pub(super) fn name(&self) -> String {
        match self {
            Ty::Any => "a value of any type".into(),
            Ty::Null => "null".into(),
            Ty::Bool => "true or false".into(),
            Ty::Number => "a number".into(),
            Ty::String | Ty::OneOf(_) => "a string".into(),
            Ty::List(_) => "a list".into(),
            Ty::Map(_) => "a map".into(),
            Ty::Object(class) => format!("an object of class `{}`", class.name),
            Ty::Params => "the rule's parameters".into(),
        }
    }

    fn is_text(&self) -> bool {
        matches!(self, Ty::String | Ty::OneOf(_) | Ty::Any)
    }

    /// Whether two values of these types could ever be equal.
    fn may_equal(&self, other: &Ty) -> bool {
        match (self, other) {
            (Ty::Any | Ty::Null, _) | (_, Ty::Any | Ty::Null) => true,
            (Ty::String | Ty::OneOf(_), Ty::String | Ty::OneOf(_)) => true,
            (Ty::List(a), Ty::List(b)) | (Ty::Map(a), Ty::Map(b)) => a.may_equal(b),
            (Ty::Object(a), Ty::Object(b)) => a.name == b.name,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }

    fn fits(&self, shape: Shape) -> bool {
        match shape {
            _ if matches!(self, Ty::Any) => true,
            Shape::Text | Shape::Regex => self.is_text(),
            Shape::Number => matches!(self, Ty::Number),
            Shape::Bool => matches!(self, Ty::Bool),
            Shape::List => matches!(self, Ty::List(_)),
            Shape::Texts => matches!(self, Ty::List(item) if item.is_text()),
            Shape::Sized => self.is_text() || matches!(self, Ty::List(_) | Ty::Map(_)),
            Shape::Scalar => self.is_text() || matches!(self, Ty::Number | Ty::Bool),
            Shape::Value => !matches!(self, Ty::Object(_) | Ty::Params),
            Shape::Document => match self {
                Ty::Object(class) => matches!(class.name, "policy" | "key_policy"),
                _ => !matches!(self, Ty::Params),
            },
            Shape::Key => matches!(self, Ty::Object(class) if class.name == "key"),
            Shape::Policy => matches!(self, Ty::Object(class) if class.name == "policy"),
            Shape::Resources => matches!(self, Ty::List(_)),
        }
    }

    fn result(shape: Shape) -> Ty {
        match shape {
            Shape::Text | Shape::Regex => Ty::String,
            Shape::Number => Ty::Number,
            Shape::Bool => Ty::Bool,
            Shape::List => Ty::List(Box::new(Ty::Any)),
            Shape::Texts => Ty::List(Box::new(Ty::String)),
            Shape::Sized | Shape::Scalar | Shape::Value | Shape::Document => Ty::Any,
            Shape::Key => class("key").map_or(Ty::Any, Ty::Object),
            Shape::Policy => class("policy").map_or(Ty::Any, Ty::Object),
            Shape::Resources => Ty::List(Box::new(class("resource").map_or(Ty::Any, Ty::Object))),
        }
    }
}

/// What names mean where an expression stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub(super) names: BTreeMap<Arc<str>, Ty>,
    pub(super) params: BTreeMap<String, Json>,
}

/// Checks an expression; gives its type. Compiles its regular expressions.
pub(super) fn check(expr: &Expr, scope: &Scope, faults: &mut Vec<Fault>) -> Ty {
    let mut checker = Checker { scope, locals: Vec::new(), faults };
    checker.expr(expr, &Present::default())
}

/// Checks an expression that must be true or false.
pub(super) fn check_bool(expr: &Expr, scope: &Scope, faults: &mut Vec<Fault>) {
    let ty = check(expr, scope, faults);
    if !matches!(ty, Ty::Bool | Ty::Any) {
        faults.push(truth_wanted(expr.place, &ty));
    }
}

fn truth_wanted(place: Place, ty: &Ty) -> Fault {
    let fault = Fault::new(place, format!("this must be true or false, and it is {}", ty.name()));
    match ty {
        Ty::Object(_) | Ty::List(_) | Ty::String | Ty::OneOf(_) | Ty::Number => {
            fault.help("compare it: `... != null` holds where it is there")
        }
        _ => fault,
    }
}

struct Checker<'a> {
    scope: &'a Scope,
    locals: Vec<(Arc<str>, Ty)>,
    faults: &'a mut Vec<Fault>,
}

impl Checker<'_> {
    fn fault(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) -> Ty {
        self.faults.push(Fault::new(place, message).help(help));
        Ty::Any
    }

    fn expr(&mut self, expr: &Expr, present: &Present) -> Ty {
        match &expr.kind {
            ExprKind::Null => Ty::Null,
            ExprKind::Bool(_) => Ty::Bool,
            ExprKind::Number(_) => Ty::Number,
            ExprKind::String(_) => Ty::String,
            ExprKind::Name(name) => self.name(name, expr.place),
            ExprKind::List(items) => {
                let types: Vec<Ty> = items.iter().map(|item| self.expr(item, present)).collect();
                Ty::List(Box::new(common(types)))
            }
            ExprKind::Map(members) => {
                let types = members.iter().map(|(key, value)| {
                    let ty = self.expr(key, present);
                    if !ty.is_text() {
                        self.fault(key.place, format!("a key must be a string, and this is {}", ty.name()), "quote it");
                    }
                    self.expr(value, present)
                });
                Ty::Map(Box::new(common(types.collect())))
            }
            ExprKind::Member(of, name, place) => {
                let ty = self.expr(of, present);
                self.member(&ty, name, *place, of)
            }
            ExprKind::Has(member) => {
                self.expr(member, present);
                Ty::Bool
            }
            ExprKind::Index(of, index) => self.index(of, index, present),
            ExprKind::Prefix(prefix, operand) => self.prefix(*prefix, operand, present),
            ExprKind::Infix(infix, place, left, right) => self.infix(*infix, *place, left, right, present),
            ExprKind::And(operands) | ExprKind::Or(operands) => {
                let both = matches!(expr.kind, ExprKind::And(_));
                let mut present = present.clone();
                for operand in operands {
                    self.truth(operand, &present);
                    learn(operand, both, &mut present);
                }
                Ty::Bool
            }
            ExprKind::Conditional(condition, then, otherwise) => {
                self.truth(condition, present);
                let (mut yes, mut no) = (present.clone(), present.clone());
                learn(condition, true, &mut yes);
                learn(condition, false, &mut no);
                common(vec![self.expr(then, &yes), self.expr(otherwise, &no)])
            }
            ExprKind::Call(call) => self.call(call, expr.place, present),
            ExprKind::Macro(call) => self.over(call, present),
        }
    }

    fn truth(&mut self, expr: &Expr, present: &Present) {
        let ty = self.expr(expr, present);
        if !matches!(ty, Ty::Bool | Ty::Any) {
            self.faults.push(truth_wanted(expr.place, &ty));
        }
    }

    fn name(&mut self, name: &str, place: Place) -> Ty {
        if let Some((_, ty)) = self.locals.iter().rev().find(|(local, _)| &**local == name) {
            return ty.clone();
        }
        if let Some(ty) = self.scope.names.get(name) {
            return ty.clone();
        }
        let locals = self.locals.iter().map(|(local, _)| &**local);
        let names: Vec<&str> = locals.chain(self.scope.names.keys().map(|name| &**name)).collect();
        let help = match name {
            "len" | "length" => "write `size(...)`".to_owned(),
            _ => did_you_mean(name, names.iter().copied()),
        };
        self.fault(place, format!("there is no `{name}` here"), help)
    }

    fn member(&mut self, ty: &Ty, name: &str, place: Place, of: &Expr) -> Ty {
        match ty {
            Ty::Any => Ty::Any,
            Ty::Map(value) => (**value).clone(),
            Ty::Object(class) => match class.attributes.iter().find(|attribute| attribute.name == name) {
                Some(attribute) => Ty::of(attribute.ty),
                None => {
                    let names = class.attributes.iter().map(|attribute| attribute.name);
                    let help = did_you_mean(name, names);
                    self.fault(place, format!("a `{}` has no attribute `{name}`", class.name), help)
                }
            },
            Ty::Params => match self.scope.params.get(name) {
                Some(default) => Ty::of_json(default),
                None => {
                    let names: Vec<&str> = self.scope.params.keys().map(String::as_str).collect();
                    let help = if names.is_empty() {
                        format!("declare it in the front matter: `params: {{ {name}: ... }}`")
                    } else {
                        did_you_mean(name, names.iter().copied())
                    };
                    self.fault(place, format!("the rule has no parameter `{name}`"), help)
                }
            },
            Ty::List(_) => {
                let path = of.path().unwrap_or_else(|| "list".into());
                let help = match name {
                    "size" | "length" | "len" | "count" => format!("write `size({path})`"),
                    _ => format!("write `{path}.exists(x, x.{name} ...)`, `{path}.all(x, ...)` or `{path}[0].{name}`"),
                };
                self.fault(place, "a list has no members", help)
            }
            other => {
                let help = match function(name, true) {
                    Some(_) => format!("it is a function: write `.{name}(...)`"),
                    None => "only objects and maps have members".to_owned(),
                };
                self.fault(place, format!("{} has no member `{name}`", other.name()), help)
            }
        }
    }

    fn index(&mut self, of: &Expr, index: &Expr, present: &Present) -> Ty {
        let ty = self.expr(of, present);
        let at = self.expr(index, present);
        match (&ty, &at) {
            (Ty::Any, _) | (_, Ty::Any) => match ty {
                Ty::List(item) | Ty::Map(item) => *item,
                _ => Ty::Any,
            },
            (Ty::List(item), Ty::Number) => (**item).clone(),
            (Ty::Map(value), Ty::String | Ty::OneOf(_)) => (**value).clone(),
            (Ty::List(_), _) => self.fault(index.place, "a list is indexed by a number", "write `[0]`"),
            (Ty::Map(_), _) => self.fault(index.place, "a map is indexed by a string", "write `[\"key\"]`"),
            _ => {
                let message = format!("{} can't be indexed", ty.name());
                self.fault(of.place, message, "only lists and maps can")
            }
        }
    }

    fn prefix(&mut self, prefix: Prefix, operand: &Expr, present: &Present) -> Ty {
        match prefix {
            Prefix::Not => {
                self.truth(operand, present);
                Ty::Bool
            }
            Prefix::Minus => {
                let ty = self.expr(operand, present);
                self.wants(&ty, Shape::Number, operand, "`-`", present);
                Ty::Number
            }
        }
    }

    fn infix(&mut self, infix: Infix, place: Place, left: &Expr, right: &Expr, present: &Present) -> Ty {
        let (a, b) = (self.expr(left, present), self.expr(right, present));
        match infix {
            Infix::Equal | Infix::NotEqual => {
                if !a.may_equal(&b) {
                    let message = format!("{} is never equal to {}", a.name(), b.name());
                    let help = match (&a, &b) {
                        (Ty::List(_), _) => "write `value in list`, or `list.exists(x, x == value)`",
                        (Ty::Bool, Ty::String) | (Ty::String, Ty::Bool) => "leave the quotes out",
                        (Ty::Number, Ty::String) | (Ty::String, Ty::Number) => "leave the quotes out",
                        (Ty::Object(_), _) | (_, Ty::Object(_)) => "compare one of its attributes",
                        _ => "compare values of one type",
                    };
                    self.fault(place, message, help);
                }
                self.choices(&a, right);
                self.choices(&b, left);
                Ty::Bool
            }
            Infix::In => {
                self.membership(&a, left, &b, right);
                Ty::Bool
            }
            Infix::Less | Infix::LessEqual | Infix::Greater | Infix::GreaterEqual => {
                let both = |x: &Ty, y: &Ty| matches!(x, Ty::Number | Ty::Any) && matches!(y, Ty::Number | Ty::Any);
                let texts = a.is_text() && b.is_text();
                if !(both(&a, &b) || texts) {
                    let message = format!("{} can't be ordered against {}", a.name(), b.name());
                    self.fault(place, message, "compare numbers with numbers, strings with strings");
                }
                self.needs(left, infix.text(), present);
                self.needs(right, infix.text(), present);
                Ty::Bool
            }
            Infix::Add if (a.is_text() && b.is_text()) || matches!((&a, &b), (Ty::List(_), Ty::List(_))) => {
                self.needs(left, "+", present);
                self.needs(right, "+", present);
                common(vec![a, b])
            }
            _ => {
                let what = format!("`{}`", infix.text());
                self.wants(&a, Shape::Number, left, &what, present);
                self.wants(&b, Shape::Number, right, &what, present);
                Ty::Number
            }
        }
    }

    fn membership(&mut self, item: &Ty, left: &Expr, list: &Ty, right: &Expr) {
        let of = match list {
            Ty::Any => return,
            Ty::List(of) => of,
            Ty::Map(_) if item.is_text() => return,
            other => {
                let help = match other {
                    Ty::String | Ty::OneOf(_) => "for a part of a string write `text.contains(\"part\")`",
                    _ => "write `value in [\"a\", \"b\"]`",
                };
                self.fault(right.place, format!("`in` looks into a list, and this is {}", other.name()), help);
                return;
            }
        };
        if !item.may_equal(of) {
            let message = format!("{} is never in a list of {}", item.name(), of.name());
            self.fault(left.place, message, "compare values of one type");
        }
        if let ExprKind::List(items) = &right.kind {
            for literal in items {
                self.choices(item, literal);
            }
        }
        self.choices(of, left);
    }

    /// A literal that is none of the values that an attribute may have is a mistake.
    fn choices(&mut self, ty: &Ty, literal: &Expr) {
        if let (Ty::OneOf(list), ExprKind::String(text)) = (ty, &literal.kind)
            && !list.contains(&&**text)
        {
            let all = list.iter().map(|choice| format!("{choice:?}")).collect::<Vec<_>>().join(", ");
            let help = match nearest(text, list.iter().copied()) {
                Some(near) => format!("did you mean {near:?}? (one of {all})"),
                None => format!("it is one of {all}"),
            };
            self.fault(literal.place, format!("it is never {text:?}"), help);
        }
    }

    fn call(&mut self, call: &Call, place: Place, present: &Present) -> Ty {
        let receiver = call.receiver.as_ref().map(|receiver| self.expr(receiver, present));
        let Some(function) = function(&call.name, receiver.is_some()) else {
            return self.no_function(call);
        };
        let types: Vec<Ty> = call.arguments.iter().map(|argument| self.expr(argument, present)).collect();
        let most = function.arguments.len();
        if types.len() > most || types.len() + function.optional < most {
            let message = format!("`{}` takes {most} argument{}", call.name, if most == 1 { "" } else { "s" });
            return self.fault(place, message, format!("for example `{}`", function.example));
        }
        let what = format!("`{}`", call.name);
        if let (Some(shape), Some(ty), Some(expr)) = (function.receiver, receiver, &call.receiver) {
            self.wants(&ty, shape, expr, &what, present);
        }
        for ((shape, ty), expr) in function.arguments.iter().zip(&types).zip(&call.arguments) {
            self.wants(ty, *shape, expr, &what, present);
            if *shape == Shape::Regex {
                self.regex(call, expr);
            }
        }
        Ty::result(function.result)
    }

    fn no_function(&mut self, call: &Call) -> Ty {
        let name = &*call.name;
        let method = call.receiver.is_some();
        let help = match (name, method) {
            ("any" | "some", true) => "write `list.exists(x, test of x)`".into(),
            ("every" | "forall", true) => "write `list.all(x, test of x)`".into(),
            ("len" | "length" | "count", _) => "write `size(...)`".into(),
            ("lower" | "toLower" | "lowercase", true) => "write `.lowerAscii()`".into(),
            ("upper" | "toUpper" | "uppercase", true) => "write `.upperAscii()`".into(),
            ("exists" | "defined" | "isset", false) => "write `has(x.y)`".into(),
            _ => match functions().find(|function| function.name == name) {
                Some(function) if function.receiver.is_some() => {
                    format!("it stands behind a dot: `{}`", function.example)
                }
                Some(function) => format!("it stands alone: `{}`", function.example),
                None => {
                    let names = functions().filter(|function| function.receiver.is_some() == method);
                    let names: Vec<&str> =
                        names.map(|function| function.name).chain(["has", "all", "exists"]).collect();
                    did_you_mean(name, names.iter().copied())
                }
            },
        };
        self.fault(call.name_place, format!("there is no function `{name}`"), help)
    }

    fn regex(&mut self, call: &Call, pattern: &Expr) {
        let text = match (&pattern.kind, pattern.path()) {
            (ExprKind::String(text), _) => text.to_string(),
            (_, Some(path)) if path.starts_with("params.") => {
                match self.scope.params.get(path.trim_start_matches("params.")).and_then(Json::as_str) {
                    Some(text) => text.to_owned(),
                    None => return,
                }
            }
            _ => {
                self.fault(
                    pattern.place,
                    "the regular expression must be written out",
                    "write a string literal or a parameter",
                );
                return;
            }
        };
        match Regex::new(&text) {
            Ok(regex) => {
                let _ = call.regex.set(Some(regex));
            }
            Err(error) => {
                let why = error.to_string().lines().last().unwrap_or("").trim_start_matches("error: ").to_owned();
                self.fault(
                    pattern.place,
                    format!("the regular expression does not compile: {why}"),
                    "RE2's syntax is understood: no look-around, no backreferences",
                );
            }
        }
    }

    fn over(&mut self, call: &Macro, present: &Present) -> Ty {
        let ty = self.expr(&call.list, present);
        let item = match ty {
            Ty::List(item) => *item,
            Ty::Map(_) => Ty::String,
            Ty::Any => Ty::Any,
            other => {
                let message = format!("`{}` runs over a list, and this is {}", call.name, other.name());
                self.fault(call.list.place, message, "write `[x]` for a list of one")
            }
        };
        if self.scope.names.contains_key(&call.variable) {
            let message = format!("`{}` already means something else here", call.variable);
            self.fault(call.name_place, message, "choose another name for the element");
        }
        self.locals.push((Arc::clone(&call.variable), item.clone()));
        let mut present = present.clone();
        present.insert(call.variable.to_string());
        let result = match &*call.name {
            "filter" => {
                self.truth(&call.bodies[0], &present);
                Ty::List(Box::new(item))
            }
            "map" => {
                if let [test, _] = call.bodies.as_slice() {
                    self.truth(test, &present);
                    learn(test, true, &mut present);
                }
                let value = call.bodies.last().map_or(Ty::Any, |body| self.expr(body, &present));
                Ty::List(Box::new(value))
            }
            _ => {
                self.truth(&call.bodies[0], &present);
                Ty::Bool
            }
        };
        self.locals.pop();
        result
    }

    /// An operand of the wrong type, or one that may be absent, is a fault.
    fn wants(&mut self, ty: &Ty, shape: Shape, expr: &Expr, what: &str, present: &Present) {
        if !ty.fits(shape) {
            let message = format!("{what} needs {}, and this is {}", shape.name(), ty.name());
            let help = match (ty, shape) {
                (Ty::Number | Ty::Bool, Shape::Text) => "write `string(...)`",
                (Ty::String, Shape::Number) => "write `int(...)`",
                (Ty::List(_), Shape::Text) => "write `list.exists(x, ...)`",
                (Ty::Object(_), Shape::Value | Shape::Document) => "give it a property: `resource.attributes.x`",
                _ => "see `strongroom rules language`",
            };
            self.fault(expr.place, message, help);
        } else if !matches!(shape, Shape::Sized | Shape::List | Shape::Texts | Shape::Value | Shape::Document) {
            self.needs(expr, what.trim_matches('`'), present);
        }
    }

    /// What comes from a source may be absent; an operator that has no answer then must stand behind a test.
    fn needs(&mut self, expr: &Expr, what: &str, present: &Present) {
        let (Some(path), Some(root)) = (expr.path(), expr.root()) else { return };
        if present.contains(&path) || root == "params" || self.locals.iter().any(|(name, _)| **name == *path) {
            return;
        }
        let (there, absent) = match expr.kind {
            ExprKind::Member(..) => (format!("has({path})"), format!("!has({path})")),
            _ => (format!("{path} != null"), format!("{path} == null")),
        };
        let help = format!(
            "say what holds then: `{there} && ...` (absent does not pass) or `{absent} || ...` (absent passes)"
        );
        self.fault(expr.place, format!("`{path}` may be absent, and `{what}` has no answer then"), help);
    }
}

/// The type of a list's elements, or of a conditional's branches.
fn common(types: Vec<Ty>) -> Ty {
    let mut types = types.into_iter().filter(|ty| !matches!(ty, Ty::Null));
    let Some(first) = types.next() else { return Ty::Any };
    let first = if let Ty::OneOf(_) = first { Ty::String } else { first };
    if types.all(|ty| first.may_equal(&ty) && !matches!(ty, Ty::Any)) { first } else { Ty::Any }
}

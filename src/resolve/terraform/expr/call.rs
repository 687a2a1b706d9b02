//! Function calls: those that see expressions, those that decide something about open inputs, and all others.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::convert::{convert, equal, friendly, unify};
use super::super::functions::{self, FunctionEnv};
use super::super::number::Num;
use super::super::scope::{Failure, RefStep, Scope};
use super::super::types::Ty;
use super::super::val::{Data, Derived, Val};
use super::choose::is_there;
use super::open::{
    current, decide_empty, decide_null, derived, input_of, is_derived, is_not_empty, is_open, present, render, settle,
    why_of,
};
use super::operator::{are_equal, bool_at};
use super::{Context, evaluate, failure, may_nest, reference};
use crate::read::hcl;
use crate::read::hcl::ast::{Expr, ExprKind};
use crate::source::Span;
use crate::source::files::{Files, join};
use crate::value::{InputId, Origin, Test, Unknown, UnknownKind, World};

/// A call as it is written.
pub(super) struct Written<'e> {
    pub(super) name: &'e Arc<str>,
    pub(super) name_span: Span,
    pub(super) arguments: &'e [Expr],
    pub(super) expand_last: bool,
    pub(super) span: Span,
}

pub(super) fn call(written: &Written<'_>, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let plain = written.name.strip_prefix("core::").unwrap_or(written.name);
    match plain {
        "try" => return attempt(written, cx),
        "can" => return can(written, cx),
        "ephemeralasnull" if written.arguments.iter().any(|it| cx.scope.is_ephemeral(it)) => {
            return Ok(ephemeral_as_null(written));
        }
        _ => {}
    }
    let arguments = match arguments(written, cx)? {
        Ok(arguments) => arguments,
        Err(why) => return Ok(Val::unknown(why, Ty::Dynamic, Origin::at(written.span))),
    };
    match plain {
        "sensitive" | "nonsensitive" if arguments.values.len() == 1 => Ok(marked(plain, arguments)),
        "templatefile" => template_file(written, &arguments, cx),
        "templatestring" => template_string(written, &arguments, cx),
        _ => with_values(written, plain, arguments, cx),
    }
}

/// `ephemeralasnull` of what is ephemeral: null; of a collection that is written out, which parts are can't be told.
fn ephemeral_as_null(written: &Written<'_>) -> Val {
    let origin = Origin::at(written.span);
    let is_written_out = |expr: &Expr| matches!(expr.kind, ExprKind::Object(_) | ExprKind::Tuple(_) | ExprKind::For(_));
    match written.arguments {
        [only] if !is_written_out(only) => Val::new(Data::Null, Ty::Dynamic, origin),
        _ => {
            let why = Unknown::new(UnknownKind::Unsupported, "which parts of a value are ephemeral is not tracked");
            Val::unknown(why, Ty::Dynamic, origin)
        }
    }
}

/// `sensitive(x)` and `nonsensitive(x)`: the value as it is, open or not. Members of what is not sensitive as a whole keep
/// their marks.
fn marked(name: &str, arguments: Arguments) -> Val {
    let value = arguments.values.into_iter().next();
    let value = value.unwrap_or_else(|| Val::new(Data::Null, Ty::Dynamic, Origin::default()));
    match name {
        "sensitive" => value.sensitive(),
        _ if value.origin.sensitive => value.nonsensitive(),
        _ => value,
    }
}

/// Arguments with their places.
struct Arguments {
    values: Vec<Val>,
    spans: Vec<Span>,
}

/// Evaluates the arguments; `...` expands the last. `Err` inside: what is expanded can't be told.
fn arguments(written: &Written<'_>, cx: &mut Context<'_, '_>) -> Result<Result<Arguments, Unknown>, Failure> {
    let mut given = Arguments { values: Vec::new(), spans: Vec::new() };
    for (at, argument) in written.arguments.iter().enumerate() {
        let value = evaluate(argument, cx)?;
        if !(written.expand_last && at + 1 == written.arguments.len()) {
            given.values.push(current(value, cx.world));
            given.spans.push(argument.span);
            continue;
        }
        let value = current(value, cx.world);
        let value = settle(&value, cx).unwrap_or(value);
        match &value.data {
            Data::Null => return Err(failure(argument.span, "this value is null, so it can't be expanded")),
            Data::Sequence(elements) => {
                given.spans.extend(std::iter::repeat_n(argument.span, elements.len()));
                given.values.extend(elements.iter().cloned());
            }
            Data::Mapping(_) | Data::Bool(_) | Data::Number(_) | Data::String(_) | Data::Text(_) => {
                let message = format!("a {} can't be expanded; a list, set or tuple is required", friendly(&value.ty));
                return Err(failure(argument.span, message));
            }
            _ => {
                let why = why_of(&value, cx.world);
                return Ok(Err(
                    why.unwrap_or_else(|| Unknown::new(UnknownKind::Provider, "the arguments are not known"))
                ));
            }
        }
    }
    Ok(Ok(given))
}

/// `try(...)`: the first argument that gives no error.
fn attempt(written: &Written<'_>, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    if written.arguments.is_empty() {
        return Err(failure(written.span, "try needs at least one argument"));
    }
    let mut before: Option<(Val, Unknown)> = None;
    for argument in written.arguments {
        let (value, doubt) = match caught(argument, cx) {
            Err(error) if error.is_caught() => continue,
            result => result?,
        };
        let value = match before {
            Some((first, why)) if !equal(&first, &value).is_true() => {
                return Ok(Val::unknown(why, Ty::Dynamic, Origin::at(written.span)));
            }
            _ => value,
        };
        match doubt.filter(|_| !matches!(value.data, Data::Unknown { .. } | Data::Derived(_))) {
            Some(why) => before = Some((value, why)),
            None => return Ok(value),
        }
    }
    if let Some((value, _)) = before {
        return Ok(value);
    }
    Err(failure(written.span, "no argument of try gives a value without an error"))
}

/// `can(...)`: whether there is no error.
fn can(written: &Written<'_>, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let [argument] = written.arguments else {
        return Err(failure(written.span, "can takes one argument"));
    };
    let (value, doubt) = match caught(argument, cx) {
        Ok(given) => given,
        Err(error) if error.is_caught() => return Ok(bool_at(false, written.span)),
        Err(error) => return Err(error),
    };
    if let Some(why) = doubt {
        return Ok(Val::new(Data::Unknown { why, not_null: true }, Ty::Bool, Origin::at(written.span)));
    }
    Ok(match &value.data {
        // What is not known may still turn out to be an error.
        Data::Unknown { why, .. } => {
            let why = why.clone();
            Val::new(Data::Unknown { why, not_null: true }, Ty::Bool, Origin::at(written.span))
        }
        // What is reached inside of an open input has been asked for already; what is computed may still be an error.
        Data::Derived(known) if known.call.is_some() || known.not_null => {
            if let Some(settled) = settle(&value, cx) {
                return Ok(bool_at(settled.why().is_none() || is_there(&settled), written.span));
            }
            let text = Some(format!("can({})", known.text));
            derived(text, Some(known.why.clone()), true, Ty::Bool, Origin::at(written.span))
        }
        _ => bool_at(true, written.span),
    })
}

/// The value of what `try` or `can` holds, and why it may turn out to be an error all the same.
fn caught(argument: &Expr, cx: &mut Context<'_, '_>) -> Result<(Val, Option<Unknown>), Failure> {
    let around = cx.doubt.take();
    let before = (std::mem::replace(&mut cx.catching, true), cx.bindings.len(), cx.items.len(), cx.depth);
    let result = evaluate(argument, cx);
    (cx.catching, cx.depth) = (before.0, before.3);
    cx.bindings.truncate(before.1);
    cx.items.truncate(before.2);
    let doubt = std::mem::replace(&mut cx.doubt, around);
    Ok((result?, doubt))
}

/// Functions that give an error for some values of the right types.
fn is_partial(name: &str) -> bool {
    matches!(
        name,
        "one"
            | "element"
            | "index"
            | "lookup"
            | "slice"
            | "chunklist"
            | "range"
            | "zipmap"
            | "coalesce"
            | "coalescelist"
            | "regex"
            | "regexall"
            | "tonumber"
            | "tobool"
            | "parseint"
            | "jsondecode"
            | "yamldecode"
            | "csvdecode"
            | "base64decode"
            | "file"
            | "timeadd"
            | "formatdate"
            | "min"
            | "max"
    ) || name.starts_with("cidr")
}

/// A function of values.
fn with_values(
    written: &Written<'_>,
    name: &str,
    mut arguments: Arguments,
    cx: &mut Context<'_, '_>,
) -> Result<Val, Failure> {
    if let Some(why) = arguments.values.iter().find_map(Val::too_large) {
        return Ok(Val::unknown(why, Ty::Dynamic, Origin::at(written.span)));
    }
    if arguments.values.iter().any(is_open) {
        if name == "coalesce" {
            return coalesce(written, &arguments, cx);
        }
        if let Some(answer) = decided(written, name, &mut arguments, cx)? {
            return Ok(answer);
        }
    }
    if cx.catching {
        arguments.values = arguments.values.into_iter().map(|value| present(value, cx)).collect();
    }
    let files = cx.scope.files();
    let env = FunctionEnv { files, root_directory: cx.scope.root_directory() };
    if name.starts_with("provider::") && !functions::exists(written.name) {
        let why = Unknown::new(UnknownKind::Unsupported, format!("{name} is a function of a provider"));
        return Ok(Val::unknown(why, Ty::Dynamic, Origin::at(written.span)));
    }
    let result = functions::call(written.name, written.name_span, &arguments.values, &arguments.spans, &env);
    if cx.catching
        && is_partial(name)
        && let Ok(Val { data: Data::Unknown { why, .. }, .. }) = &result
    {
        cx.doubt.get_or_insert_with(|| why.clone());
    }
    if !arguments.values.iter().any(is_open) {
        return result;
    }
    // A string that is not known may be no number.
    let may_fail = cx.catching && matches!(name, "tonumber" | "tobool" | "parseint");
    let is_unknown = may_fail && result.is_ok()
        || match &result {
            Ok(value) => matches!(&value.data, Data::Unknown { why, .. } if why.kind == UnknownKind::Input),
            Err(_) => false,
        };
    if !is_unknown {
        return result;
    }
    let value = result?;
    Ok(derived_call(name, arguments.values, &value, cx))
}

/// The result of a call whose arguments are open inputs, by its text.
fn derived_call(name: &str, arguments: Vec<Val>, unknown: &Val, cx: &Context<'_, '_>) -> Val {
    let rendered: Option<Vec<String>> = arguments.iter().map(|argument| render(argument, cx.world)).collect();
    let text = rendered.map(|arguments| format!("{name}({})", arguments.join(", ")));
    let why = arguments.iter().find_map(|argument| why_of(argument, cx.world));
    let mut value = derived(text, why, is_there(unknown), unknown.ty.clone(), unknown.origin.clone());
    if let Data::Derived(known) = &value.data {
        let empty_with = if keeps_emptiness(name) { arguments.first().and_then(emptiness) } else { None };
        let is_not_empty = |(id, ty): (InputId, Ty)| is_not_empty(id, &ty, cx.world);
        let at_least = u64::from(name == "length" && arguments.first().and_then(emptiness).is_some_and(is_not_empty));
        let known =
            Derived { empty_with, at_least, call: Some(Arc::new((name.into(), arguments))), ..(**known).clone() };
        value.data = Data::Derived(Arc::new(known));
    }
    value
}

/// Calls a function again whose arguments are known better now.
pub(super) fn again(name: &str, arguments: Vec<Val>, before: &Val, cx: &mut Context<'_, '_>) -> Option<Val> {
    let span = before.origin.span?;
    let spans: Vec<Span> = arguments.iter().map(|_| span).collect();
    let env = FunctionEnv { files: cx.scope.files(), root_directory: cx.scope.root_directory() };
    let value = functions::call(name, span, &arguments, &spans, &env).ok()?;
    match &value.data {
        Data::Unknown { why, .. } if why.kind == UnknownKind::Input => {
            Some(derived_call(name, arguments, &value, cx)).filter(|value| !matches!(value.data, Data::Unknown { .. }))
        }
        _ => Some(value),
    }
}

/// Functions whose result is empty exactly where their argument is.
fn keeps_emptiness(name: &str) -> bool {
    matches!(
        name,
        "keys"
            | "values"
            | "toset"
            | "tolist"
            | "tomap"
            | "distinct"
            | "sort"
            | "reverse"
            | "lower"
            | "upper"
            | "title"
            | "strrev"
            | "base64encode"
    )
}

/// The input that decides whether a collection or string is empty.
fn emptiness(value: &Val) -> Option<(InputId, Ty)> {
    match (&value.data, input_of(value)) {
        (_, Some(id)) => Some((id, value.ty.clone())),
        (Data::Derived(derived), None) => derived.empty_with.clone(),
        _ => None,
    }
}

/// Functions that ask of an open input what the world can decide: whether it is empty, or equal to one of some values.
fn decided(
    written: &Written<'_>,
    name: &str,
    arguments: &mut Arguments,
    cx: &mut Context<'_, '_>,
) -> Result<Option<Val>, Failure> {
    let span = written.span;
    match (name, arguments.values.as_slice()) {
        ("length", [value]) => {
            let Some((id, ty)) = emptiness(value) else { return Ok(None) };
            if input_of(value).is_some() && decide_null(value, cx) == Some(true) {
                return Err(failure(span, "the length of null can't be taken"));
            }
            if decide_empty(id, &ty, cx) == Some(true) {
                return Ok(Some(Val::new(Data::Number(Num::from_i64(0)), Ty::Number, Origin::at(span))));
            }
            Ok(None)
        }
        ("contains", [collection, wanted]) if is_derived(wanted) => {
            let Data::Sequence(elements) = &collection.data else { return Ok(None) };
            let mut unknown = None;
            for element in elements.iter() {
                match are_equal(element, wanted, cx) {
                    Ok(true) => return Ok(Some(bool_at(true, span))),
                    Ok(false) => {}
                    Err(value) => unknown = Some(value),
                }
            }
            Ok(unknown.is_none().then(|| bool_at(false, span)))
        }
        ("contains" | "startswith" | "endswith" | "strcontains" | "alltrue" | "anytrue" | "cidrcontains", _) => {
            settle_arguments(arguments, cx);
            Ok(None)
        }
        ("lookup", [map, key, rest @ ..]) => {
            let (map, key, default) = (map.clone(), key.clone(), rest.first().cloned());
            lookup(written, &map, &key, default, arguments, cx)
        }
        ("tobool" | "tonumber" | "tostring", [value]) if input_of(value).is_some() => {
            if decide_null(value, cx) == Some(true) {
                arguments.values = vec![Val::new(Data::Null, value.ty.clone(), value.origin.clone())];
            }
            Ok(None)
        }
        _ => Ok(None),
    }
}

fn settle_arguments(arguments: &mut Arguments, cx: &mut Context<'_, '_>) {
    for value in &mut arguments.values {
        if let Some(settled) = settle(value, cx) {
            *value = settled;
        }
    }
}

/// `lookup` with an open key: the world decides which of the keys it is. With an open map: its default is tried, then it
/// is a question whether the key is there.
fn lookup(
    written: &Written<'_>,
    map: &Val,
    key: &Val,
    default: Option<Val>,
    arguments: &mut Arguments,
    cx: &mut Context<'_, '_>,
) -> Result<Option<Val>, Failure> {
    if is_derived(map) {
        if let Some(settled) = settle(map, cx) {
            arguments.values[0] = settled;
            return decided(written, "lookup", arguments, cx);
        }
        let Some(default) = default else {
            return reference::index(map.clone(), key, written.span, written.span, cx).map(Some);
        };
        let catching = std::mem::replace(&mut cx.catching, true);
        let found = reference::index(map.clone(), key, written.span, written.span, cx);
        cx.catching = catching;
        return match found {
            Err(error) if error.is_caught() => Ok(Some(default)),
            found => found.map(Some),
        };
    }
    let Data::Mapping(members) = &map.data else { return Ok(None) };
    let Some(id) = input_of(key) else { return Ok(None) };
    for (name, member) in members.iter() {
        if cx.world.decide(&Test::Equals(id, (&**name).into())) {
            return Ok(Some(member.clone()));
        }
    }
    match default {
        Some(default) => Ok(Some(default)),
        None => Err(failure(written.span, "no element has the key that this is here, and there is no default")),
    }
}

/// `coalesce`: the first argument that is neither null nor an empty string; what open ones are is decided one by one.
fn coalesce(written: &Written<'_>, arguments: &Arguments, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let types: Vec<Ty> = arguments.values.iter().map(|value| value.ty.clone()).collect();
    let Some(ty) = unify(&types) else {
        return Err(failure(written.span, "all arguments of coalesce must have one type"));
    };
    let mut doubt: Option<Val> = None;
    for (value, span) in arguments.values.iter().zip(&arguments.spans) {
        let value = convert(&current(value.clone(), cx.world), &ty).map_err(|why| failure(*span, why))?;
        match passed_over(&value, cx) {
            Some(true) => {}
            Some(false) => {
                let value = current(value, cx.world);
                return Ok(match doubt {
                    Some(before) if !equal(&before, &value).is_true() => {
                        let why = why_of(&before, cx.world);
                        derived(None, why, true, ty, Origin::at(written.span))
                    }
                    _ => value,
                });
            }
            None => doubt = doubt.or(Some(value)),
        }
    }
    match doubt {
        Some(value) => Ok(derived(None, why_of(&value, cx.world), true, ty, Origin::at(written.span))),
        None => Err(failure(written.span, "coalesce needs an argument that is neither null nor an empty string")),
    }
}

/// Whether `coalesce` passes over a value: it is null, or an empty string.
fn passed_over(value: &Val, cx: &mut Context<'_, '_>) -> Option<bool> {
    if decide_null(value, cx)? {
        return Some(true);
    }
    if value.ty != Ty::String {
        return Some(false);
    }
    let empty = Val::new(Data::String("".into()), Ty::String, Origin::default());
    match &value.data {
        Data::Symbol(_) | Data::Text(_) if equal(value, &empty).is_false() => Some(false),
        _ => are_equal(value, &empty, cx).ok(),
    }
}

/// `templatefile(path, vars)`.
fn template_file(written: &Written<'_>, arguments: &Arguments, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let [path, variables] = arguments.values.as_slice() else {
        return Err(failure(written.span, "templatefile takes a path and an object of variables"));
    };
    let path = settle(path, cx).unwrap_or_else(|| path.clone());
    if path.is_null() {
        return Err(failure(written.span, "the path is null"));
    }
    let Data::String(name) = &path.data else {
        let why = why_of(&path, cx.world);
        return match why {
            Some(why) => Ok(Val::new(Data::Unknown { why, not_null: true }, Ty::String, Origin::at(written.span))),
            None => Err(failure(written.span, "the path must be a string")),
        };
    };
    let whole = join(cx.scope.root_directory(), name);
    let source = cx
        .scope
        .files()
        .read(&whole)
        .map_err(|why| failure(written.span, format!("the template {name} can't be read: {why}")))?;
    let place = hcl::Place::At(source.id(), 0);
    let template = hcl::parse_template(source.text(), place).map_err(|error| failure(error.span, error.message))?;
    render_template(&template, variables, written, cx)
}

/// `templatestring(template, vars)`.
fn template_string(written: &Written<'_>, arguments: &Arguments, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    let [text, variables] = arguments.values.as_slice() else {
        return Err(failure(written.span, "templatestring takes a template and an object of variables"));
    };
    let is_reference =
        |expr: &Expr| matches!(expr.kind, ExprKind::Variable(_) | ExprKind::GetAttr { .. } | ExprKind::Index { .. });
    if !written.arguments.first().is_some_and(is_reference) {
        return Err(failure(written.span, "templatestring takes its template by reference, not written in place"));
    }
    let text = settle(text, cx).unwrap_or_else(|| text.clone());
    match &text.data {
        Data::String(text) => {
            let place = hcl::Place::Within(written.span);
            let template = hcl::parse_template(text, place).map_err(|error| failure(error.span, error.message))?;
            render_template(&template, variables, written, cx)
        }
        Data::Null => Err(failure(written.span, "the template is null")),
        _ => match why_of(&text, cx.world) {
            Some(why) => Ok(Val::new(Data::Unknown { why, not_null: true }, Ty::String, Origin::at(written.span))),
            None => Err(failure(written.span, "the template must be a string")),
        },
    }
}

/// Renders a template that sees only its variables.
fn render_template(
    template: &Expr,
    variables: &Val,
    written: &Written<'_>,
    cx: &mut Context<'_, '_>,
) -> Result<Val, Failure> {
    let variables = settle_if_open(variables, cx);
    let origin = Origin::at(written.span);
    let Data::Mapping(members) = &variables.data else {
        return match why_of(&variables, cx.world) {
            Some(why) => Ok(Val::new(Data::Unknown { why, not_null: true }, Ty::String, origin)),
            None => Err(failure(written.span, "the variables of a template must be an object or a map")),
        };
    };
    if !may_nest(cx) {
        return Err(failure(written.span, "templates call each other too deeply"));
    }
    let scope = TemplateScope { variables: members, parent: cx.scope };
    let mut inner = Context {
        scope: &scope,
        world: cx.world,
        bindings: Vec::new(),
        items: Vec::new(),
        depth: cx.depth,
        templates: cx.templates + 1,
        catching: cx.catching,
        doubt: None,
        met: super::Met::default(),
        guarded: cx.guarded,
    };
    let value = evaluate(template, &mut inner)?;
    if value.is_null() {
        return Ok(Val { ty: Ty::String, ..value });
    }
    // A template of one interpolation gives its value as it is, here too.
    Ok(value)
}

fn settle_if_open(value: &Val, cx: &mut Context<'_, '_>) -> Val {
    let value = current(value.clone(), cx.world);
    if is_derived(&value) { settle(&value, cx).unwrap_or(value) } else { value }
}

/// What a template file sees: its variables, and functions.
struct TemplateScope<'a> {
    variables: &'a BTreeMap<Arc<str>, Val>,
    parent: &'a dyn Scope,
}

impl Scope for TemplateScope<'_> {
    fn resolve(&self, root: &str, _: &[RefStep], span: Span, _: &mut World<'_>) -> Result<(Val, usize), Failure> {
        match self.variables.get(root) {
            Some(value) => Ok((value.clone(), 0)),
            None => Err(failure(span, format!("the template has no variable named {root:?}"))),
        }
    }

    fn attribute(&self, address: &str, name: &str, span: Span, world: &mut World<'_>) -> Result<Val, Failure> {
        self.parent.attribute(address, name, span, world)
    }

    fn is_untyped(&self, id: InputId) -> bool {
        self.parent.is_untyped(id)
    }

    fn files(&self) -> &dyn Files {
        self.parent.files()
    }

    fn root_directory(&self) -> &str {
        self.parent.root_directory()
    }
}

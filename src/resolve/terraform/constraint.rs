//! Type constraints of variables: `map(object({ arn = string, rotate = optional(bool, true) }))`.
//!
//! Source: <https://developer.hashicorp.com/terraform/language/expressions/type-constraints>.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::types::Ty;
use super::val::{Data, Val};
use crate::read::hcl::ast::{Expr, ExprKind};
use crate::source::Span;
use crate::source::limits::MAX_DEPTH;
use crate::value::Origin;

/// A declared type with what `optional` says.
#[derive(Clone, Debug)]
pub(super) struct Constraint {
    /// The type; optional attributes are attributes like any other.
    pub(super) ty: Ty,
    /// What fills missing attributes.
    pub(super) defaults: Defaults,
}

/// What fills the attributes that a value leaves out.
#[derive(Clone, Debug)]
pub(super) enum Defaults {
    /// Nothing to fill here or below.
    None,
    /// In every element.
    Elements(Arc<Defaults>),
    /// In the elements of a tuple, by position.
    Positions(Arc<[Defaults]>),
    /// In the attributes of an object.
    Attributes(Arc<BTreeMap<Arc<str>, Member>>),
}

/// An attribute of an object type.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// For `optional` attributes, what stands for it where it is missing (or null, where a default is written).
    pub(super) optional: Option<Option<Val>>,
    /// Its type.
    pub(super) ty: Ty,
    /// What fills below it.
    pub(super) below: Defaults,
}

/// Evaluates the constant in `optional(type, constant)`.
pub(super) type Constant<'c> = &'c dyn Fn(&Expr) -> Result<Val, String>;

impl Constraint {
    /// No constraint: any type.
    pub(super) fn any() -> Self {
        Constraint { ty: Ty::Dynamic, defaults: Defaults::None }
    }

    /// Reads a type expression.
    ///
    /// # Errors
    /// What is no type, and why.
    pub(super) fn read(expr: &Expr, constant: Constant<'_>) -> Result<Self, (Span, String)> {
        read(expr, constant, 0)
    }

    /// Whether attributes must be filled in a value of which only the type is known.
    pub(super) fn fills_unseen(&self, value: &Val) -> bool {
        !matches!(value.data, Data::Sequence(_) | Data::Mapping(_) | Data::Null)
            && filled_type(&value.ty, &self.defaults, 0) != value.ty
    }

    /// Fills what the value leaves out; conversion to [`Constraint::ty`] comes afterwards.
    pub(super) fn fill(&self, value: Val) -> Val {
        fill(value, &self.defaults, 0)
    }
}

fn read(expr: &Expr, constant: Constant<'_>, depth: usize) -> Result<Constraint, (Span, String)> {
    if depth > MAX_DEPTH {
        return Err((expr.span, "this type is nested too deeply".to_owned()));
    }
    let primitive = |ty: Ty| Ok(Constraint { ty, defaults: Defaults::None });
    match &expr.kind {
        ExprKind::Parens(inner) => read(inner, constant, depth + 1),
        // `type = "string"` is how Terraform 0.11 wrote it; `"list"` and `"map"` were collections of any.
        ExprKind::Variable(name) | ExprKind::String(name) => match &**name {
            "string" => primitive(Ty::String),
            "number" => primitive(Ty::Number),
            "bool" => primitive(Ty::Bool),
            "any" => primitive(Ty::Dynamic),
            "list" => primitive(Ty::List(Arc::new(Ty::Dynamic))),
            "set" => primitive(Ty::Set(Arc::new(Ty::Dynamic))),
            "map" => primitive(Ty::Map(Arc::new(Ty::Dynamic))),
            other => Err((expr.span, format!("`{other}` is no type"))),
        },
        ExprKind::Call { name, arguments, .. } => read_call(expr, name, arguments, constant, depth),
        _ => Err((expr.span, "this is no type".to_owned())),
    }
}

fn read_call(
    expr: &Expr,
    name: &str,
    arguments: &[Expr],
    constant: Constant<'_>,
    depth: usize,
) -> Result<Constraint, (Span, String)> {
    match (name, arguments) {
        ("list" | "set" | "map", [element]) => {
            let element = read(element, constant, depth + 1)?;
            let ty = Arc::new(element.ty);
            let ty = match name {
                "list" => Ty::List(ty),
                "set" => Ty::Set(ty),
                _ => Ty::Map(ty),
            };
            let defaults = match element.defaults {
                Defaults::None => Defaults::None,
                below => Defaults::Elements(Arc::new(below)),
            };
            Ok(Constraint { ty, defaults })
        }
        ("tuple", [Expr { kind: ExprKind::Tuple(items), .. }]) => {
            let items = items.iter().map(|item| read(item, constant, depth + 1)).collect::<Result<Vec<_>, _>>()?;
            let ty = Ty::Tuple(items.iter().map(|item| item.ty.clone()).collect());
            let below: Vec<Defaults> = items.into_iter().map(|item| item.defaults).collect();
            let nothing = below.iter().all(|defaults| matches!(defaults, Defaults::None));
            let defaults = if nothing { Defaults::None } else { Defaults::Positions(below.into()) };
            Ok(Constraint { ty, defaults })
        }
        ("object", [Expr { kind: ExprKind::Object(items), .. }]) => {
            let mut members = BTreeMap::new();
            for item in items {
                let key = match &item.key.kind {
                    ExprKind::String(key) | ExprKind::Variable(key) => Arc::clone(key),
                    _ => {
                        return Err((
                            item.key.span,
                            "the name of an attribute of an object type must be a name".to_owned(),
                        ));
                    }
                };
                members.insert(key, read_member(&item.value, constant, depth + 1)?);
            }
            let ty = Ty::Object(Arc::new(
                members.iter().map(|(key, member)| (Arc::clone(key), member.ty.clone())).collect(),
            ));
            let nothing =
                members.values().all(|member| member.optional.is_none() && matches!(member.below, Defaults::None));
            let defaults = if nothing { Defaults::None } else { Defaults::Attributes(Arc::new(members)) };
            Ok(Constraint { ty, defaults })
        }
        _ => Err((expr.span, format!("`{name}(...)` is no type"))),
    }
}

fn read_member(expr: &Expr, constant: Constant<'_>, depth: usize) -> Result<Member, (Span, String)> {
    match &expr.kind {
        ExprKind::Call { name, arguments, .. } if &**name == "optional" => {
            let (inner, default) = match arguments.as_slice() {
                [inner] => (inner, None),
                [inner, default] => (inner, Some(default)),
                _ => return Err((expr.span, "`optional` takes a type and a default".to_owned())),
            };
            let inner = read(inner, constant, depth)?;
            let default = default
                .map(|default| constant(default).map_err(|why| (default.span, why)))
                .transpose()?
                .map(|value| fill(value, &inner.defaults, 0));
            Ok(Member { optional: Some(default), ty: inner.ty, below: inner.defaults })
        }
        _ => {
            let inner = read(expr, constant, depth)?;
            Ok(Member { optional: None, ty: inner.ty, below: inner.defaults })
        }
    }
}

fn fill(value: Val, defaults: &Defaults, depth: usize) -> Val {
    if depth > MAX_DEPTH {
        return value;
    }
    let data = match (&value.data, defaults) {
        (_, Defaults::None) => return value,
        (Data::Sequence(items), Defaults::Elements(below)) => {
            Data::Sequence(items.iter().map(|item| fill(item.clone(), below, depth + 1)).collect())
        }
        (Data::Mapping(members), Defaults::Elements(below)) => Data::Mapping(Arc::new(
            members.iter().map(|(key, item)| (Arc::clone(key), fill(item.clone(), below, depth + 1))).collect(),
        )),
        (Data::Sequence(items), Defaults::Positions(below)) => Data::Sequence(
            items
                .iter()
                .enumerate()
                .map(|(at, item)| match below.get(at) {
                    Some(below) => fill(item.clone(), below, depth + 1),
                    None => item.clone(),
                })
                .collect(),
        ),
        (Data::Mapping(members), Defaults::Attributes(known)) => {
            Data::Mapping(Arc::new(fill_object(&value, members, known, depth)))
        }
        // Of what is not known the type tells which attributes are missing.
        (data, _) => {
            let ty = filled_type(&value.ty, defaults, depth);
            let data = match value.why() {
                Some(why) if ty != value.ty => Data::Unknown { why, not_null: false },
                _ => data.clone(),
            };
            return Val { data, ty, origin: value.origin };
        }
    };
    let ty = match &data {
        Data::Sequence(items) => Ty::Tuple(items.iter().map(|item| item.ty.clone()).collect()),
        Data::Mapping(members) => {
            Ty::Object(Arc::new(members.iter().map(|(key, item)| (Arc::clone(key), item.ty.clone())).collect()))
        }
        _ => Ty::Dynamic,
    };
    Val { data, ty, origin: value.origin }
}

/// The type of a filled value of this type.
fn filled_type(ty: &Ty, defaults: &Defaults, depth: usize) -> Ty {
    if depth > MAX_DEPTH {
        return ty.clone();
    }
    let below = |ty: &Ty, defaults: &Defaults| filled_type(ty, defaults, depth + 1);
    match (ty, defaults) {
        (Ty::List(element), Defaults::Elements(inner)) => Ty::List(Arc::new(below(element, inner))),
        (Ty::Set(element), Defaults::Elements(inner)) => Ty::Set(Arc::new(below(element, inner))),
        (Ty::Map(element), Defaults::Elements(inner)) => Ty::Map(Arc::new(below(element, inner))),
        (Ty::Tuple(items), Defaults::Elements(inner)) => {
            Ty::Tuple(items.iter().map(|item| below(item, inner)).collect())
        }
        (Ty::Object(members), Defaults::Elements(inner)) => {
            Ty::Object(Arc::new(members.iter().map(|(key, ty)| (Arc::clone(key), below(ty, inner))).collect()))
        }
        (Ty::Object(members), Defaults::Attributes(known)) => {
            let mut filled = (**members).clone();
            for (key, member) in known.iter() {
                match filled.get(key) {
                    Some(ty) => _ = filled.insert(Arc::clone(key), below(ty, &member.below)),
                    None if member.optional.is_some() => _ = filled.insert(Arc::clone(key), member.ty.clone()),
                    None => {}
                }
            }
            Ty::Object(Arc::new(filled))
        }
        _ => ty.clone(),
    }
}

fn fill_object(
    whole: &Val,
    members: &BTreeMap<Arc<str>, Val>,
    known: &BTreeMap<Arc<str>, Member>,
    depth: usize,
) -> BTreeMap<Arc<str>, Val> {
    let mut filled = members.clone();
    for (key, member) in known {
        let written = filled.get(key);
        let missing = written.is_none_or(|value| matches!(value.data, Data::Null));
        let value = match (&member.optional, written) {
            (Some(Some(default)), _) if missing => default.clone(),
            (Some(None), None) => {
                let origin = whole.origin.span.map(Origin::at).unwrap_or_default();
                Val::new(Data::Null, member.ty.clone(), origin)
            }
            (_, Some(value)) => fill(value.clone(), &member.below, depth + 1),
            (_, None) => continue,
        };
        filled.insert(Arc::clone(key), value);
    }
    filled
}

//! `ephemeralasnull issensitive nonsensitive sensitive tobool tolist tomap tonumber toset tostring`.
//!
//! Values carry no marks here: what is sensitive or ephemeral passes through, and whether it is can't be told.

use std::sync::Arc;

use super::call::{Answer, Call, Function, Returns, Stop, fault, fixed, list_of, nullable};
use crate::resolve::terraform::convert::{convert, friendly};
use crate::resolve::terraform::types::Ty;
use crate::resolve::terraform::val::Data;
use crate::value::{Unknown, UnknownKind};

pub(super) const FUNCTIONS: &[Function] = &[
    fixed("ephemeralasnull", &[nullable("value")], Returns::Any, same),
    fixed("issensitive", &[nullable("value")], Returns::Bool, |_| {
        Err(Stop::Unknown(Unknown::new(UnknownKind::Unsupported, "sensitivity of values is not tracked")))
    }),
    fixed("nonsensitive", &[nullable("value")], Returns::Any, same),
    fixed("sensitive", &[nullable("value")], Returns::Any, same),
    fixed("tobool", &[nullable("v")], Returns::Any, |call| to(call, &Ty::Bool)),
    fixed("tolist", &[nullable("v")], Returns::Any, |call| to(call, &list_of(Ty::Dynamic))),
    fixed("tomap", &[nullable("v")], Returns::Any, |call| to(call, &Ty::Map(Arc::new(Ty::Dynamic)))),
    fixed("tonumber", &[nullable("v")], Returns::Any, |call| to(call, &Ty::Number)),
    fixed("toset", &[nullable("v")], Returns::Any, |call| to(call, &Ty::Set(Arc::new(Ty::Dynamic)))),
    fixed("tostring", &[nullable("v")], Returns::Any, |call| to(call, &Ty::String)),
];

fn same(call: &Call<'_>) -> Answer {
    call.arg(0).cloned()
}

fn to(call: &Call<'_>, ty: &Ty) -> Answer {
    let value = call.arg(0)?;
    convert(value, ty).map_err(|_| {
        fault(
            0,
            match (&value.data, ty) {
                (Data::String(text), Ty::Bool) => {
                    format!("cannot convert {text:?} to bool; only the strings \"true\" or \"false\" are allowed")
                }
                (Data::String(text), Ty::Number) => format!(
                    "cannot convert {text:?} to number; given string must be a decimal representation of a number"
                ),
                _ => format!("cannot convert {} to {}", friendly(&value.ty), friendly(ty)),
            },
        )
    })
}

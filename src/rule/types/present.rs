//! What is known to be there where an expression stands: behind `has(x) &&`, `x == null ||`, ...

use std::collections::BTreeSet;

use crate::rule::syntax::{Expr, ExprKind, Infix, Prefix};

/// The paths that are known to be there.
pub(super) type Present = BTreeSet<String>;

/// Adds the paths that must be there where `expr` is `holds`.
pub(super) fn learn(expr: &Expr, holds: bool, present: &mut Present) {
    let mut add = |expr: &Expr| {
        if let Some(path) = expr.path() {
            present.insert(path);
        }
    };
    match (&expr.kind, holds) {
        (ExprKind::Has(member), true) => add(member),
        (ExprKind::Prefix(Prefix::Not, operand), _) => learn(operand, !holds, present),
        (ExprKind::And(operands), true) | (ExprKind::Or(operands), false) => {
            for operand in operands {
                learn(operand, holds, present);
            }
        }
        (ExprKind::Infix(Infix::NotEqual, _, left, right), true)
        | (ExprKind::Infix(Infix::Equal, _, left, right), false) => {
            if matches!(right.kind, ExprKind::Null) {
                add(left);
            } else if matches!(left.kind, ExprKind::Null) {
                add(right);
            }
        }
        (ExprKind::Infix(Infix::Equal, _, left, right), true) => match (&left.kind, &right.kind) {
            (_, ExprKind::String(_) | ExprKind::Number(_) | ExprKind::Bool(_)) => add(left),
            (ExprKind::String(_) | ExprKind::Number(_) | ExprKind::Bool(_), _) => add(right),
            _ => {}
        },
        (ExprKind::Infix(Infix::In, _, left, right), true) if matches!(right.kind, ExprKind::List(_)) => add(left),
        (
            ExprKind::Infix(Infix::Less | Infix::LessEqual | Infix::Greater | Infix::GreaterEqual, _, left, right),
            true,
        ) => {
            add(left);
            add(right);
        }
        (ExprKind::Call(call), true) => {
            if let Some(receiver) = &call.receiver {
                add(receiver);
            }
        }
        _ => {}
    }
}

//! What KMS refuses in a policy, as objects of class `fault`.

use super::super::answer::record;
use super::super::evaluator::Instance;
use super::super::schema::{Answer, Object};
use super::super::settle;
use super::super::stack::Stack;
use super::statements;
use crate::iam::{self, Fault};
use crate::value::{Kind, Origin, Unknown, Value, World};

/// `policy.faults`.
pub(super) fn of_policy(_: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    let document = statements::document_of(object, world);
    if document.is_absent() {
        return Answer::Objects(Vec::new(), object.origin.clone());
    }
    let found = settle::judge(&document, world, |document, _| iam::document_faults(document), Result::is_err);
    answer(object, found)
}

/// `statement.faults`.
pub(super) fn of_statement(_: &Stack<'_>, object: &Object, world: &mut World<'_>) -> Answer {
    let field = |name: &str| object.value.as_ref().and_then(|value| value.get(name));
    let Some(statement) = field("statement").filter(|it| !matches!(it.kind, Kind::Unknown(_))) else {
        return Answer::Objects(Vec::new(), object.origin.clone());
    };
    let ordinal = field("ordinal").and_then(Value::as_number).map_or(1, statements::index);
    let judge = |statement: &Value, _: &mut World<'_>| iam::statement_faults(statement, ordinal);
    let found = settle::judge(statement, world, judge, Result::is_err);
    answer(object, found)
}

fn answer(object: &Object, found: Result<Vec<Fault>, Unknown>) -> Answer {
    match found {
        Err(why) => Answer::Unknown(why, object.origin.clone()),
        Ok(faults) => {
            let faults = faults.into_iter().map(|fault| self::object(object.instance.as_ref(), fault, &object.origin));
            Answer::Objects(faults.collect(), object.origin.clone())
        }
    }
}

fn object(owner: Option<&Instance>, fault: Fault, fallback: &Origin) -> Object {
    let origin = if fault.origin.span.is_some() { fault.origin.clone() } else { fallback.clone() };
    let text = |text: &str| Value::string(text, origin.clone());
    let meant = fault.meant.map_or_else(Value::omitted, |meant| text(&meant));
    let kind = text(if fault.refused { "refused" } else { "unsupported" });
    let value = record(vec![("kind", kind), ("explanation", text(&fault.explanation)), ("meant", meant)], &origin);
    Object { class: "fault", instance: owner.cloned(), value: Some(value.into()), origin }
}

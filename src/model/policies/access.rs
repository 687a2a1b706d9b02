//! Whether a key policy lets AWS Backup in.
use super::super::schema::{Answer, Object};
use super::super::stack::Stack;
use crate::value::{Unknown, UnknownKind, World};

macro_rules! later { ($($name:ident)*) => { $(
    pub(in super::super) fn $name(_: &Stack<'_>, object: &Object, _: &mut World<'_>) -> Answer {
        Answer::Unknown(Unknown::new(UnknownKind::Unsupported, "policies are not read yet"), object.origin.clone())
    }
)* } }
later!(backup_access service_access regional_via_service);

pub(super) fn statement(object: &Object) -> Answer {
    Answer::Absent(object.origin.clone())
}

//! Does a policy name AWS Backup at all? By its service principal, by one of its roles, or in a condition.

use super::document::{Condition, Element, Policy, Principal, Principals, Statement};
use super::facts::Facts;
use super::role;
use crate::value::{Part, Symbol};

/// Whether the policy of a key names AWS Backup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// No policy is written: KMS's default names the account alone.
    #[default]
    Unwritten,
    /// Some statement does, or may.
    Named,
    /// No statement does.
    Unnamed,
}

pub(super) fn naming(policy: &Policy, facts: &Facts) -> Naming {
    let named = policy.unknown.is_some()
        || !facts.grants.is_empty()
        || policy.statements.iter().any(|statement| names_backup(statement, facts));
    if named { Naming::Named } else { Naming::Unnamed }
}

fn names_backup(statement: &Statement, facts: &Facts) -> bool {
    let by_principal = match &statement.principals {
        Principals::Missing => false,
        Principals::Only(list) | Principals::Except(list) => list.iter().any(|it| is_backups(it, facts)),
    };
    statement.unknown.is_some() || by_principal || statement.conditions.iter().any(|it| speaks_of_backup(it, facts))
}

/// Whether a principal is AWS Backup's, is called after it, or may be anything.
fn is_backups(principal: &Principal, facts: &Facts) -> bool {
    says_backup(&principal.element)
        || is_open(&principal.element)
        || (principal.kind.eq_ignore_ascii_case("aws") && role::is_backups(&principal.element, facts))
}

/// Whether a condition is about AWS Backup: a service, a role, a source or an encryption context of its.
fn speaks_of_backup(condition: &Condition, facts: &Facts) -> bool {
    let keys = ["kms:ViaService", "aws:PrincipalServiceName", "aws:PrincipalServiceNamesList", "aws:SourceArn"];
    let by_role = condition.is_about("aws:PrincipalArn")
        && condition.values.iter().any(|it| says_backup(it) || is_open(it) || role::is_backups(it, facts));
    let by_service = keys.iter().any(|key| condition.is_about(key))
        || condition.key.to_ascii_lowercase().starts_with("aws:calledvia")
        || condition.key.to_ascii_lowercase().starts_with("kms:encryptioncontext");
    by_role
        || condition.key.to_ascii_lowercase().contains("aws:backup:")
        || (by_service && condition.values.iter().any(|it| says_backup(it) || is_open(it)))
}

fn says_backup(element: &Element) -> bool {
    element.shown().to_ascii_lowercase().contains("backup")
}

/// Whether a text as a whole is not known, and no fact of the deployment.
fn is_open(element: &Element) -> bool {
    match element.parts.as_slice() {
        [Part::Unknown(_)] => true,
        [Part::Symbol(Symbol::Input { kind, .. })] => !matches!(kind, crate::value::InputKind::Pseudo(_)),
        _ => false,
    }
}

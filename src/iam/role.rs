//! The roles that AWS Backup acts with, or may act with.
//!
//! AWS Backup does all of a job with one role. So what is required must be allowed to one of them: to a role that is
//! known to be AWS Backup's, to one that a policy names and of which the code does not say it, or to a role that nobody
//! names and that has what the account as a whole has.

use super::document::{Effect, Element, Policy, Principal, Principals};
use super::facts::{BackupRole, Facts, Grant};
use super::pattern::{Match, Text};
use super::principal::{self, account_of, account_root, resource_of};
use crate::value::{Origin, Part, Symbol};

/// One role.
#[derive(Clone, Debug)]
pub(super) struct Role {
    /// Its ARN; none for the role that nobody names.
    pub(super) arn: Option<Text>,
    /// The text that names it.
    parts: Vec<Part>,
    /// The last part of its name, where it is known.
    name: Option<String>,
    /// Whether AWS Backup acts with it; otherwise it may.
    pub(super) sure: bool,
}

/// The roles that AWS Backup makes itself, with their paths.
const OWN: [&str; 2] = [
    "role/aws-service-role/backup.amazonaws.com/AWSServiceRoleForBackup",
    "role/service-role/AWSBackupDefaultServiceRole",
];

/// How a principal names a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// This one.
    Yes,
    /// Another one, or none.
    No,
    /// It can't be told.
    Maybe,
}

impl Role {
    /// A role of the account that no policy names.
    pub(super) fn unnamed() -> Role {
        Role { arn: None, parts: Vec::new(), name: None, sure: true }
    }

    fn own(path: &str, facts: &Facts) -> Role {
        let arn = Text::known("arn:aws:iam::").then(Text::account(facts)).then(Text::known(&format!(":{path}")));
        Role { arn: Some(arn), parts: Vec::new(), name: last(path), sure: true }
    }

    fn of_backup(role: &BackupRole, facts: &Facts) -> Role {
        let name = role.name.as_deref().map(str::to_owned).or_else(|| name_in(&role.arn));
        Role { arn: Some(Text::literal(&role.arn, facts)), parts: role.arn.clone(), name, sure: true }
    }

    fn of_principal(element: &Element, facts: &Facts) -> Role {
        Role {
            arn: Some(Text::literal(&element.parts, facts)),
            parts: element.parts.clone(),
            name: name_in(&element.parts),
            sure: false,
        }
    }

    /// Whether an `AWS` principal that is neither `*` nor an account is this role.
    pub(super) fn is_named_by(&self, element: &Element, facts: &Facts) -> Named {
        let Some(arn) = &self.arn else {
            // What is open may be the account; who is named is somebody else.
            return if may_be_account(element) { Named::Maybe } else { Named::No };
        };
        if Text::literal(&element.parts, facts).matches(arn, false) == Match::Yes {
            return Named::Yes;
        }
        if self.is_other_resource(element) {
            return Named::No;
        }
        let by_reference = matches!(self.parts.as_slice(), [Part::Symbol(_)]);
        match (&self.name, name_in(&element.parts)) {
            // The one of that name is asked by itself, and may be this one.
            (None, Some(_)) if by_reference => Named::No,
            (Some(own), Some(other)) if *own != other => Named::No,
            (Some(_), Some(_)) if resource_of(element).is_some_and(|it| it.starts_with("role/")) => {
                let account = account_of(element).map(|it| Text::literal(&it, facts));
                match account.map(|it| it.matches(&Text::account(facts), false)) {
                    // Another account's role of that name is no help here.
                    Some(Match::No) => Named::No,
                    _ => Named::Yes,
                }
            }
            _ => Named::Maybe,
        }
    }

    /// Whether a principal refers to a resource that is another one than this role.
    fn is_other_resource(&self, element: &Element) -> bool {
        let [Part::Symbol(Symbol::Attribute { resource: other, .. })] = element.parts.as_slice() else { return false };
        let looked_up = |address: &str| address.starts_with("data.") || address.contains(".data.");
        let linked = other.contains("aws_iam_service_linked_role.");
        match self.parts.as_slice() {
            [Part::Symbol(Symbol::Attribute { resource, .. })] => {
                resource != other && !looked_up(resource) && !looked_up(other)
            }
            // AWS Backup makes its own roles; code that makes one declares it as such.
            [] => !looked_up(other) && !linked && !other.starts_with("module."),
            _ => false,
        }
    }

    /// For people.
    pub(super) fn shown(&self) -> String {
        super::facts::shown(&self.parts)
    }

    /// Whether the code names it.
    pub(super) fn is_told(&self) -> bool {
        !self.parts.is_empty()
    }

    /// Whether it is the one who gets a grant.
    pub(super) fn is_grantee(&self, grant: &Grant, facts: &Facts) -> bool {
        let element = Element { parts: grant.grantee.clone(), origin: Origin::default() };
        self.is_named_by(&element, facts) == Named::Yes
    }
}

fn last(path: &str) -> Option<String> {
    path.rsplit('/').next().map(str::to_owned)
}

/// The last part of the name in an ARN of a role, a user or a session, where it is known.
fn name_in(parts: &[Part]) -> Option<String> {
    let Some(Part::Literal(text)) = parts.last() else { return None };
    let (before, name) = text.rsplit_once('/')?;
    let whole = parts.len() > 1 || before.starts_with("arn:");
    (whole && !name.is_empty()).then(|| name.to_owned())
}

/// Whether what is open in a principal may make it an account.
fn may_be_account(element: &Element) -> bool {
    match (element.parts.as_slice(), resource_of(element)) {
        ([Part::Symbol(Symbol::Attribute { attribute, .. })], None) => !attribute.eq_ignore_ascii_case("arn"),
        (_, None) => element.known().is_none(),
        (_, Some(resource)) => resource.starts_with('⟦'),
    }
}

/// Every role that a policy is asked about, those that are sure to be AWS Backup's first.
pub(super) fn candidates(policy: &Policy, facts: &Facts) -> Vec<Role> {
    let mut roles = vec![Role::unnamed()];
    roles.extend(facts.backup_roles.iter().map(|role| Role::of_backup(role, facts)));
    roles.extend(OWN.iter().map(|path| Role::own(path, facts)));
    let grantee = |parts: &Vec<Part>| Element { parts: parts.clone(), origin: Origin::default() };
    let granted: Vec<Element> = facts.grants.iter().map(|grant| grantee(&grant.grantee)).collect();
    let named = policy.statements.iter().flat_map(|statement| match &statement.principals {
        Principals::Missing => &[][..],
        Principals::Only(list) | Principals::Except(list) => list,
    });
    let named = named.filter(|it| is_role(it)).map(|it| &it.element).chain(&granted);
    for element in named {
        let foreign = account_of(element)
            .is_some_and(|it| Text::literal(&it, facts).matches(&Text::account(facts), false) == Match::No);
        if !foreign && roles.iter().all(|role| role.is_named_by(element, facts) != Named::Yes) {
            roles.push(Role::of_principal(element, facts));
        }
    }
    roles
}

/// Whether a principal may be a role or a user.
fn is_role(principal: &Principal) -> bool {
    let element = &principal.element;
    principal.kind.eq_ignore_ascii_case("aws")
        && !principal::is_everyone(principal)
        && account_root(element).is_none()
        && !principal::is_malformed(element)
        && !element.known().is_some_and(principal::is_unique_id)
}

/// Whether an element names one of the roles that are sure to be AWS Backup's.
pub(super) fn is_backups(element: &Element, facts: &Facts) -> bool {
    let own = OWN.iter().map(|path| Role::own(path, facts));
    let known = facts.backup_roles.iter().map(|role| Role::of_backup(role, facts));
    own.chain(known).any(|role| role.is_named_by(element, facts) == Named::Yes)
}

/// Whether a trust policy lets AWS Backup's service principal take the role, whatever the conditions.
pub fn names_service(policy: &Policy) -> bool {
    let is_backup = |it: &Principal| {
        it.kind.eq_ignore_ascii_case("service")
            && Text::literal(&it.element.parts, &Facts::default()).as_known().as_deref() == Some("backup.amazonaws.com")
    };
    policy.statements.iter().any(|statement| match &statement.principals {
        Principals::Only(list) => statement.effect == Effect::Allow && list.iter().any(is_backup),
        _ => false,
    })
}

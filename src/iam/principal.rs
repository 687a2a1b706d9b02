//! Who a principal element names, and whether it is one that AWS accepts.

use super::context::Actor;
use super::document::{Element, Principal, Principals, Statement};
use super::facts::{Facts, why};
use super::pattern::{Match, Text};
use crate::value::{Part, Truth, Unknown, UnknownKind};

/// Whether a statement's principals take in an actor.
pub(super) fn reaches(statement: &Statement, actor: Actor, facts: &Facts) -> Truth {
    match &statement.principals {
        // KMS refuses a key policy statement without a principal; identity policies have none.
        Principals::Missing => Truth::False,
        Principals::Only(list) => {
            list.iter().map(|principal| is_actor(principal, actor, facts)).fold(Truth::False, Truth::or)
        }
        Principals::Except(list) => excepts(list, actor, facts).not(),
    }
}

/// Whether a `NotPrincipal` list leaves an actor out. The account's root in it is root alone, not the account's roles.
fn excepts(list: &[Principal], actor: Actor, facts: &Facts) -> Truth {
    let one = |principal: &Principal| match account_root(&principal.element) {
        Some(_) => Truth::False,
        None => is_actor(principal, actor, facts),
    };
    list.iter().map(one).fold(Truth::False, Truth::or)
}

/// Whether a principal of a `Deny` takes in every principal that AWS Backup could act for.
pub(super) fn denies(statement: &Statement, actor: Actor, facts: &Facts) -> Truth {
    let strict = |principal: &Principal| match (is_actor(principal, actor, facts), named(principal)) {
        // A role or user by name, which is not AWS Backup's: others remain.
        (Truth::Unknown(_), true) => Truth::False,
        (truth, _) => truth,
    };
    match &statement.principals {
        Principals::Missing => Truth::False,
        Principals::Only(list) => list.iter().map(strict).fold(Truth::False, Truth::or),
        Principals::Except(list) => excepts(list, actor, facts).not(),
    }
}

/// Whether a principal names one role or user, known or by reference.
fn named(principal: &Principal) -> bool {
    match resource_of(&principal.element) {
        Some(resource) => !resource.starts_with("root") && !resource.contains('*'),
        None => matches!(principal.element.parts.as_slice(), [Part::Symbol(symbol)] if symbol.unknown().is_none()),
    }
}

fn is_actor(principal: &Principal, actor: Actor, facts: &Facts) -> Truth {
    let element = &principal.element;
    let kind = principal.kind.to_ascii_lowercase();
    if is_everyone(principal) {
        return Truth::True;
    }
    match (kind.as_str(), actor) {
        ("aws", Actor::Iam) => is_account_principal(element, facts),
        ("service", Actor::Service) => {
            let service = Text::literal(&element.parts, facts);
            let backup = Text::known("backup.amazonaws.com");
            answer(service.matches(&backup, true), element)
        }
        ("aws" | "service" | "federated" | "canonicaluser", _) => Truth::False,
        _ => Truth::Unknown(why(&element.parts, "the principal")),
    }
}

fn answer(found: Match, element: &Element) -> Truth {
    match found {
        Match::Yes => Truth::True,
        Match::No => Truth::False,
        Match::Maybe => Truth::Unknown(why(&element.parts, "the principal")),
    }
}

/// Whether a principal is `*`.
pub(super) fn is_everyone(principal: &Principal) -> bool {
    principal.kind.eq_ignore_ascii_case("aws") && principal.element.known() == Some("*")
}

/// Roles that AWS Backup itself acts with, wherever they are in the tree of paths.
const BACKUP_ROLES: [&str; 2] = ["AWSServiceRoleForBackup", "AWSBackupDefaultServiceRole"];

/// Whether an `AWS` principal lets a principal of the own account, acting for AWS Backup, in.
fn is_account_principal(element: &Element, facts: &Facts) -> Truth {
    let text = Text::literal(&element.parts, facts);
    if facts.backup_roles.iter().any(|role| Text::literal(role, facts).matches(&text, false) == Match::Yes) {
        return Truth::True;
    }
    if let Some(account) = account_root(element) {
        let account = Text::literal(&account, facts);
        return match account.matches(&Text::account(facts), false) {
            Match::Yes => Truth::True,
            Match::No => Truth::False,
            Match::Maybe => Truth::Unknown(other_account(element)),
        };
    }
    if is_malformed(element) || element.known().is_some_and(is_unique_id) {
        return Truth::False;
    }
    let Some(resource) = resource_of(element) else {
        return Truth::Unknown(why(&element.parts, "the principal"));
    };
    let name = resource.rsplit('/').next().unwrap_or("");
    if resource.starts_with("role/") && BACKUP_ROLES.contains(&name) {
        // Another account's role of that name is no help here.
        return match account_of(element).map(|account| Text::literal(&account, facts)) {
            Some(account) => match account.matches(&Text::account(facts), false) {
                Match::No => Truth::False,
                _ => Truth::True,
            },
            None => Truth::True,
        };
    }
    let reason = format!("it is not told whether AWS Backup acts with {}", element.shown());
    match account_of(element).map(|account| Text::literal(&account, facts).matches(&Text::account(facts), false)) {
        Some(Match::No) => Truth::False,
        _ => Truth::Unknown(Unknown::new(UnknownKind::Provider, reason)),
    }
}

fn other_account(element: &Element) -> Unknown {
    let reason = format!("it is not told whether {} is the account that this is deployed to", element.shown());
    Unknown::new(UnknownKind::Input, reason)
}

/// The fields of an ARN in an element, split at colons.
fn fields(element: &Element) -> Option<Vec<Vec<Part>>> {
    let mut fields: Vec<Vec<Part>> = vec![Vec::new()];
    for part in &element.parts {
        match part {
            Part::Literal(text) => {
                for (at, piece) in text.split(':').enumerate() {
                    if at > 0 {
                        fields.push(Vec::new());
                    }
                    if !piece.is_empty()
                        && let Some(last) = fields.last_mut()
                    {
                        last.push(Part::Literal(piece.into()));
                    }
                }
            }
            other => {
                if let Some(last) = fields.last_mut() {
                    last.push(other.clone());
                }
            }
        }
    }
    let is_arn = matches!(fields.first().map(Vec::as_slice), Some([Part::Literal(arn)]) if &**arn == "arn");
    (is_arn && fields.len() >= 6).then_some(fields)
}

/// The account that a root principal names: `arn:...:iam::<account>:root`, twelve digits, or the account's symbol. What
/// KMS refuses names none.
pub(super) fn account_root(element: &Element) -> Option<Vec<Part>> {
    use crate::value::{InputKind, Pseudo, Symbol};
    match element.parts.as_slice() {
        [Part::Literal(text)] if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Some(element.parts.clone());
        }
        [Part::Symbol(Symbol::Input { kind: InputKind::Pseudo(Pseudo::Account), .. })] => {
            return Some(element.parts.clone());
        }
        _ => {}
    }
    let mut fields = fields(element)?;
    let is_root = matches!(fields.get(5).map(Vec::as_slice), Some([Part::Literal(root)]) if &**root == "root");
    (is_root && fields.len() == 6 && !is_malformed(element)).then(|| fields.swap_remove(4))
}

/// The account field of an ARN.
pub(super) fn account_of(element: &Element) -> Option<Vec<Part>> {
    let mut fields = fields(element)?;
    (fields.len() >= 6).then(|| fields.swap_remove(4))
}

/// The resource field of an IAM ARN, with marks for what is not known: `role/service-role/x`, `root`.
fn resource_of(element: &Element) -> Option<String> {
    let fields = fields(element)?;
    let rest = fields.get(5..)?;
    Some(rest.iter().map(|parts| super::facts::shown(parts)).collect::<Vec<_>>().join(":"))
}

/// Whether AWS accepts a principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Validity {
    /// It does, or what is open in it may make it so.
    Valid,
    /// A part of an ARN is a wildcard.
    Wildcard,
    /// Groups are no principals.
    Group,
    /// A service that does not exist, and what is meant.
    ServiceTypo(String),
    /// The unique id that is left of a deleted principal.
    Deleted,
    /// No ARN of an account's root, a role, a user or a session, no account, id or `*`.
    Malformed,
}

/// Judges the spelling of a principal.
pub fn validity(principal: &Principal) -> Validity {
    let element = &principal.element;
    let text = element.shown();
    match principal.kind.to_ascii_lowercase().as_str() {
        "service" => service_validity(element.known()),
        "aws" => {
            let literals = element.parts.iter().filter_map(|part| match part {
                Part::Literal(text) => Some(&**text),
                _ => None,
            });
            if text == "*" {
                Validity::Valid
            } else if literals.clone().any(|text| text.contains(['*', '?'])) {
                Validity::Wildcard
            } else if literals.clone().any(|text| text.contains(":group/")) {
                Validity::Group
            } else if element.known().is_some_and(is_unique_id) {
                Validity::Deleted
            } else if is_malformed(element) {
                Validity::Malformed
            } else {
                Validity::Valid
            }
        }
        _ => Validity::Valid,
    }
}

/// Whether a text is the unique id of a role, user or group, which AWS puts in the place of a principal that is gone.
fn is_unique_id(text: &str) -> bool {
    let id = |prefix: &str| {
        text.strip_prefix(prefix).is_some_and(|rest| {
            rest.len() >= 12 && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        })
    };
    ["AROA", "AIDA", "AGPA", "ASCA"].into_iter().any(id)
}

/// The principals under `AWS` that AWS accepts, apart from `*` and unique ids (IAM User Guide, "AWS JSON policy elements:
/// Principal"); `#` is a digit, and every partition is `aws`. IAM and STS have no region in their ARNs.
const SHAPES: [&str; 6] = [
    "############",
    "arn:aws:iam::############:root",
    "arn:aws:iam::############:user/?*",
    "arn:aws:iam::############:role/?*",
    "arn:aws:sts::############:assumed-role/?*/?*",
    "arn:aws:sts::############:federated-user/?*",
];

/// Whether AWS refuses the text of an `AWS` principal, whatever what is not known in it stands for. A `${` that nothing
/// fills in is refused too: a principal takes no policy variables.
fn is_malformed(element: &Element) -> bool {
    let literal =
        |wanted: &str| element.parts.iter().any(|part| matches!(part, Part::Literal(text) if text.contains(wanted)));
    if literal("{{resolve:") {
        return false;
    }
    let text = Text::literal(&element.parts, &Facts::default());
    let fits = |shape: &str| Text::shape(shape).matches(&text, false) != Match::No;
    let known = element.known();
    let apart = known == Some("*") || known.is_some_and(is_unique_id);
    literal("${") || !(apart || SHAPES.into_iter().any(fits))
}

/// Misspellings of AWS Backup's service principal; other services are not judged.
fn service_validity(known: Option<&str>) -> Validity {
    const BACKUP: &str = "backup.amazonaws.com";
    let Some(text) = known else { return Validity::Valid };
    if text == "*" {
        return Validity::Wildcard;
    }
    let typo = || Validity::ServiceTypo(BACKUP.to_owned());
    let name = text.trim_end_matches(".cn").trim_end_matches(".amazonaws.com");
    if !text.contains("backup") && distance(name, "backup") != 1 {
        return Validity::Valid;
    }
    match name.split_once('.') {
        None if name == "backup" && text != "backup" => Validity::Valid,
        None if ["backups", "aws-backup", "awsbackup", "back-up", "backup"].contains(&name) => typo(),
        None if distance(name, "backup") == 1 => typo(),
        Some(("backup" | "backups" | "aws-backup", _)) => typo(),
        _ => Validity::Valid,
    }
}

/// Whether two short words differ in one letter: exchanged with its neighbour, missing, added or replaced. 0 where they
/// are equal, 1 where they differ so, 2 otherwise.
fn distance(a: &str, b: &str) -> u8 {
    if a == b {
        return 0;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    let near = match (a, b) {
        ([_, a @ ..], [_, b @ ..]) if a == b => true,
        ([_, rest @ ..], b) if rest == b => true,
        (a, [_, rest @ ..]) if a == rest => true,
        ([p, q, a @ ..], [r, s, b @ ..]) => p == s && q == r && a == b,
        _ => false,
    };
    if near { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Origin;

    fn principal(kind: &str, text: &str) -> Principal {
        let element = Element { parts: vec![Part::Literal(text.into())], origin: Origin::default() };
        Principal { kind: kind.to_owned(), element }
    }

    /// `<account>`, `<partition>` and `<name>` in a text as symbols.
    fn open(text: &str) -> Principal {
        use crate::value::{InputId, InputKind, Origin, Pseudo, Symbol};
        let mut parts = Vec::new();
        for piece in text.split_inclusive('>') {
            let (before, name) = piece.strip_suffix('>').and_then(|it| it.split_once('<')).unwrap_or((piece, ""));
            if !before.is_empty() {
                parts.push(Part::Literal(before.into()));
            }
            let pseudo = |kind| Symbol::Input {
                id: InputId(0),
                name: name.into(),
                kind: InputKind::Pseudo(kind),
                defaulted: false,
            };
            match name {
                "" => {}
                "account" => parts.push(Part::Symbol(pseudo(Pseudo::Account))),
                "partition" => parts.push(Part::Symbol(pseudo(Pseudo::Partition))),
                other => parts.push(Part::Symbol(Symbol::Ref(other.into()))),
            }
        }
        Principal { kind: "AWS".to_owned(), element: Element { parts, origin: Origin::default() } }
    }

    #[test]
    fn shapes_of_arns() {
        // What is taken, and whether as the account's root; what is refused.
        let table = [
            ("111122223333", Some(true)),
            ("<account>", Some(true)),
            ("arn:aws:iam::111122223333:root", Some(true)),
            ("arn:aws-cn:iam::111122223333:root", Some(true)),
            ("arn:aws-us-gov:iam::<account>:root", Some(true)),
            ("arn:aws-iso-b:iam::<account>:root", Some(true)),
            ("arn:<partition>:iam::<account>:root", Some(true)),
            ("arn:<var.partition>:iam::<var.account>:root", Some(true)),
            ("arn:aws:iam::111122223333:user/path/alice", Some(false)),
            ("arn:aws:iam::<account>:role/service-role/r", Some(false)),
            ("arn:aws:iam::<account>:role/<Name>", Some(false)),
            ("arn:aws:iam::<account>:<var.who>", Some(false)),
            ("arn:aws:sts::111122223333:assumed-role/r/session", Some(false)),
            ("arn:aws:sts::111122223333:federated-user/bob", Some(false)),
            ("<Role.Arn>", Some(false)),
            ("<var.prefix>role/r", Some(false)),
            ("arn:aws:iam:<var.may_begin_with_a_colon>:root", Some(false)),
            ("arn:aws:iam::{{resolve:ssm:account}}:role/r", Some(false)),
            ("arn:aws:iam:us-east-1:<account>:root", None),
            ("arn:aws:iam:us-east-1:111122223333:root", None),
            ("arn:aws:iam::12345678901:root", None),
            ("arn:aws:iam::1234567890123:root", None),
            ("arn:aws:iam::11112222333x:root", None),
            ("arn:aws:iam:<account>:root", None),
            ("arn:aws:iam::${AWS::AccountId}:root", None),
            ("arn:aws:iam::111122223333:role/${Name}", None),
            ("${AWS::AccountId}", None),
            ("arn:aws:iam::<account>", None),
            ("arn:aws:iam::<account>:", None),
            ("arn:aws:iam::<account>:Root", None),
            ("arn:aws:iam::<account>:root/", None),
            ("arn:aws:iam::<account>:role", None),
            ("arn:aws:iam::<account>:role/", None),
            ("arn:aws:iam::<account>:instance-profile/x", None),
            ("arn:aws:iam::<account>:policy/x", None),
            ("arn:aws:iam::<account>:oidc-provider/x", None),
            ("arn:aws:sts::<account>:assumed-role/r", None),
            ("arn:aws:kms:eu-west-1:<account>:root", None),
            ("arn:aws:s3:::bucket", None),
            ("arn:aws:s3:::<Bucket>", None),
            ("11112222333", None),
            ("", None),
        ];
        for (text, expected) in table {
            let principal = open(text);
            let wanted = if expected.is_some() { Validity::Valid } else { Validity::Malformed };
            assert_eq!(validity(&principal), wanted, "{text}");
            assert_eq!(account_root(&principal.element).is_some(), expected == Some(true), "{text}");
        }
    }

    #[test]
    fn spellings_of_principals() {
        let typo = || Validity::ServiceTypo("backup.amazonaws.com".to_owned());
        let table = [
            ("AWS", "*", Validity::Valid),
            ("AWS", "111122223333", Validity::Valid),
            ("AWS", "arn:aws:iam::111122223333:role/*", Validity::Wildcard),
            ("AWS", "arn:aws:iam::111122223333:group/admins", Validity::Group),
            ("AWS", "AROAEXAMPLEID12345678", Validity::Deleted),
            ("AWS", "admin", Validity::Malformed),
            ("Service", "backup.amazonaws.com", Validity::Valid),
            ("Service", "backup.amazonaws.com.cn", Validity::Valid),
            ("Service", "backups.amazonaws.com", typo()),
            ("Service", "aws-backup.amazonaws.com", typo()),
            ("Service", "bakcup.amazonaws.com", typo()),
            ("Service", "backup.eu-west-1.amazonaws.com", typo()),
            ("Service", "backup.amazon.com", typo()),
            ("Service", "backup", typo()),
            ("Service", "restore-testing.backup.amazonaws.com", Validity::Valid),
            ("Service", "backup-gateway.amazonaws.com", Validity::Valid),
            ("Service", "logs.eu-west-1.amazonaws.com", Validity::Valid),
            ("Federated", "cognito-identity.amazonaws.com", Validity::Valid),
        ];
        for (kind, text, expected) in table {
            assert_eq!(validity(&principal(kind, text)), expected, "{kind} {text}");
        }
    }
}

//! Who a principal element names, and whether it is one that AWS accepts.

use super::document::{Element, Principal};
use super::facts::Facts;
use super::pattern::{Match, Text};
use crate::value::Part;

/// Whether a principal is `*`.
pub(super) fn is_everyone(principal: &Principal) -> bool {
    principal.kind.eq_ignore_ascii_case("aws") && principal.element.known() == Some("*")
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
pub(super) fn resource_of(element: &Element) -> Option<String> {
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
pub(super) fn is_unique_id(text: &str) -> bool {
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
pub(super) fn is_malformed(element: &Element) -> bool {
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

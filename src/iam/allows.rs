//! May somebody do something, by one policy document? For documents of any service.
//!
//! The document alone is read: what a principal's own policies, permissions boundaries and the policies of an
//! organisation add or take is not seen. What hangs on a condition is unknown, because what a request has under its keys
//! is not told by the code. The order is AWS's: what a Deny takes is not given back (IAM User Guide, "Policy evaluation
//! logic").

use super::document::{Effect, Element, Policy, Principal, Principals, Scope, Statement};
use super::facts::{Facts, why};
use super::pattern::{Match, Text};
use super::principal::{account_root, is_everyone};
use super::scope::acts;
use crate::value::{InputKind, Origin, Part, Symbol, Truth, Unknown, UnknownKind};

/// Who is asked about.
pub(super) enum Asked<'a> {
    /// `*`
    Everyone,
    /// An account: its id, or the ARN of its root.
    Account(&'a str),
    /// The ARN of a role, a user or a federated provider.
    Arn(&'a str),
    /// `lambda.amazonaws.com`, or a provider of identities by its name.
    Service(&'a str),
}

/// Whether a document lets `principal` (`*`, an account id, an ARN, or a service) do `action` on some resource; with the
/// deciding text. A document without principals, such as a role's own policy, speaks of whoever has it.
pub fn allows(policy: &Policy, action: &str, principal: &str) -> (Truth, Origin) {
    let asked = Asked::of(principal);
    let mut doubt = policy.unknown.clone().map(|why| (why, policy.origin.clone()));
    for statement in &policy.statements {
        let facts = Facts::default();
        let allowed = statement.has_effect(&Effect::Allow).and(asked.is_in(statement, false));
        let allowed = allowed.and(acts(statement, action, &facts)).and(unconditional(statement, "lets it"));
        let left = match &allowed {
            Truth::True => denied(policy, statement, action, &asked).not(),
            _ => allowed,
        };
        match left {
            Truth::True if policy.unknown.is_none() => return (Truth::True, statement.origin.clone()),
            Truth::Unknown(why) => doubt = doubt.or_else(|| Some((why, statement.origin.clone()))),
            _ => {}
        }
    }
    match doubt {
        Some((why, origin)) => (Truth::Unknown(why), origin),
        None => (Truth::False, policy.origin.clone()),
    }
}

/// Whether a statement speaks without a condition, and is known as a whole.
fn unconditional(statement: &Statement, does: &str) -> Truth {
    if let Some(why) = &statement.unknown {
        return Truth::Unknown(why.clone());
    }
    match statement.conditions.first() {
        None => Truth::True,
        Some(condition) => {
            let why = format!("{} {does} under a condition: {}", statement.label(), condition.shown());
            Truth::Unknown(Unknown::new(UnknownKind::Provider, why))
        }
    }
}

/// Whether a Deny takes all of what a statement gives.
fn denied(policy: &Policy, given: &Statement, action: &str, asked: &Asked<'_>) -> Truth {
    let facts = Facts::default();
    let one = |deny: &Statement| {
        let reaches = deny.has_effect(&Effect::Deny).and(asked.is_in(deny, true)).and(acts(deny, action, &facts));
        reaches.and(covers(&deny.resources, &given.resources)).and(unconditional(deny, "denies it"))
    };
    policy.statements.iter().map(one).fold(Truth::False, Truth::or)
}

/// Whether the resources of a Deny take in all resources of an Allow.
pub(super) fn covers(deny: &Scope, given: &Scope) -> Truth {
    let facts = Facts::default();
    let unknown = || Truth::Unknown(Unknown::new(UnknownKind::Provider, "a Deny takes some of the resources away"));
    let (patterns, texts) = match (deny, given) {
        (Scope::Missing, _) => return Truth::True,
        (Scope::Only(patterns), _) if patterns.iter().any(|it| it.pattern(&facts).is_star()) => return Truth::True,
        (Scope::Only(patterns), Scope::Only(texts)) => (patterns, texts),
        _ => return unknown(),
    };
    let covered = |text: &Element| {
        let subject = Text::literal(&text.parts, &facts);
        let one = |pattern: &Element| match pattern.pattern(&facts).matches(&subject, false) {
            Match::Yes => Truth::True,
            Match::No => Truth::False,
            Match::Maybe => unknown(),
        };
        patterns.iter().map(one).fold(Truth::False, Truth::or)
    };
    texts.iter().map(covered).fold(Truth::True, Truth::and)
}

impl<'a> Asked<'a> {
    fn of(principal: &'a str) -> Self {
        let root = principal.strip_suffix(":root").and_then(|rest| rest.rsplit(':').next());
        let account = root.unwrap_or(principal);
        match principal {
            "*" => Asked::Everyone,
            _ if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) => Asked::Account(account),
            arn if arn.starts_with("arn:") => Asked::Arn(arn),
            name => Asked::Service(name),
        }
    }

    /// Whether a statement speaks of the one who is asked about: of all of them, where it is everyone.
    pub(super) fn is_in(&self, statement: &Statement, denies: bool) -> Truth {
        let any = |list: &[Principal]| list.iter().map(|it| self.is(it, denies)).fold(Truth::False, Truth::or);
        match &statement.principals {
            Principals::Missing => Truth::True,
            Principals::Only(list) => any(list),
            // Everyone but some is nearly everyone.
            Principals::Except(_) if matches!(self, Asked::Everyone) => Truth::True,
            Principals::Except(list) => any(list).not(),
        }
    }

    fn is(&self, principal: &Principal, denies: bool) -> Truth {
        if is_everyone(principal) {
            return Truth::True;
        }
        let element = &principal.element;
        let aws = principal.kind.eq_ignore_ascii_case("aws");
        match self {
            // A reference to a resource is never `*`; an input may be.
            Asked::Everyone => match element.parts.as_slice() {
                [Part::Symbol(Symbol::Input { kind: InputKind::Pseudo(_), .. })] => Truth::False,
                [Part::Symbol(Symbol::Input { .. }) | Part::Unknown(_)] if aws => {
                    Truth::Unknown(why(&element.parts, "the principal"))
                }
                _ => Truth::False,
            },
            Asked::Service(_) if aws => Truth::False,
            Asked::Service(name) => same(&element.parts, name, element),
            Asked::Account(account) if aws => match account_root(element) {
                Some(own) => same(&own, account, element),
                None => Truth::False,
            },
            Asked::Arn(arn) if aws => match account_root(element) {
                Some(own) => {
                    let account = arn.split(':').nth(4).unwrap_or("");
                    let delegates = || {
                        let why = format!("the policies of account {account} decide that");
                        Truth::Unknown(Unknown::new(UnknownKind::Provider, why))
                    };
                    match same(&own, account, element) {
                        Truth::True if !denies => delegates(),
                        other => other,
                    }
                }
                None => same(&element.parts, arn, element),
            },
            Asked::Arn(arn) => same(&element.parts, arn, element),
            Asked::Account(_) => Truth::False,
        }
    }
}

fn same(parts: &[Part], wanted: &str, element: &Element) -> Truth {
    match Text::literal(parts, &Facts::default()).matches(&Text::known(wanted), true) {
        Match::Yes => Truth::True,
        Match::No => Truth::False,
        Match::Maybe => Truth::Unknown(why(&element.parts, "the principal")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    fn policy(statements: &str) -> Policy {
        Policy::parse(&Value::string(format!("{{\"Statement\": [{statements}]}}"), Origin::default()))
    }

    const ALL: &str = r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:Get*", "Resource": "arn:aws:s3:::b/*"}"#;
    const ROOT: &str =
        r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:*", "Resource": "*"}"#;
    const SNS: &str = r#"{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}"#;
    const TLS: &str = r#"{"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}"#;
    const NEVER: &str = r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}"#;
    const SOME: &str = r#"{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/secret"}"#;
    const OWNER: &str =
        r#"{"Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}, "Action": "s3:*", "Resource": "*"}"#;
    const ORG: &str = r#"{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}"#;
    const IDENTITY: &str = r#"{"Effect": "Allow", "Action": ["s3:*"], "Resource": "*"}"#;

    #[test]
    fn who_may_do_what() {
        let role = "arn:aws:iam::111122223333:role/r";
        let table = [
            (ALL.to_owned(), "s3:GetObject", "*", "true"),
            (ALL.to_owned(), "s3:getobject", role, "true"),
            (ALL.to_owned(), "s3:PutObject", "*", "false"),
            (ROOT.to_owned(), "s3:PutObject", "*", "false"),
            (ROOT.to_owned(), "s3:PutObject", "111122223333", "true"),
            (ROOT.to_owned(), "s3:PutObject", "arn:aws:iam::111122223333:root", "true"),
            (ROOT.to_owned(), "s3:PutObject", "444455556666", "false"),
            (ROOT.to_owned(), "s3:PutObject", role, "the policies of account 111122223333 decide that"),
            (SNS.to_owned(), "sqs:SendMessage", "sns.amazonaws.com", "true"),
            (SNS.to_owned(), "sqs:SendMessage", "s3.amazonaws.com", "false"),
            (SNS.to_owned(), "sqs:SendMessage", "*", "false"),
            (format!("{ALL}, {NEVER}"), "s3:GetObject", "*", "false"),
            (format!("{ALL}, {NEVER}"), "s3:GetObjectAcl", "*", "true"),
            (format!("{ALL}, {SOME}"), "s3:GetObject", "*", "true"),
            (
                format!("{ALL}, {TLS}"),
                "s3:GetObject",
                "*",
                "statement 2 denies it under a condition: Bool aws:SecureTransport = false",
            ),
            (OWNER.to_owned(), "s3:GetObject", "*", "true"),
            (OWNER.to_owned(), "s3:GetObject", "111122223333", "false"),
            (
                ORG.to_owned(),
                "s3:GetObject",
                "*",
                "statement 1 lets it under a condition: StringEquals aws:PrincipalOrgID = o-1",
            ),
            (IDENTITY.to_owned(), "s3:GetObject", role, "true"),
            (String::new(), "s3:GetObject", "*", "false"),
        ];
        for (statements, action, principal, wanted) in table {
            let came = match allows(&policy(&statements), action, principal).0 {
                Truth::True => "true".to_owned(),
                Truth::False => "false".to_owned(),
                Truth::Unknown(why) => why.reason.to_string(),
            };
            assert_eq!(came, wanted, "{action} by {principal}: {statements}");
        }
    }

    #[test]
    fn a_lost_document_lets_nobody_knows_whom() {
        let lost = Policy::parse(&Value::string("{", Origin::default()));
        assert!(matches!(allows(&lost, "s3:GetObject", "*").0, Truth::Unknown(_)));
    }
}

//! The statements of a key policy that let AWS Backup in.
//!
//! AWS Backup Developer Guide, "Encryption for backups in AWS Backup": use through `kms:ViaService`, grants under
//! `kms:GrantIsForAWSResource`, a condition that only the grant actions have, so they need a statement of their own.

use super::outline::Tree;
use super::piece::{Piece, Syntax};

/// A statement that allows actions on the key itself.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) sid: String,
    /// `AWS` or `Service`, and who.
    pub(super) principal: (&'static str, Piece),
    pub(super) actions: Vec<String>,
    /// Operator, key, value.
    pub(super) conditions: Vec<(&'static str, &'static str, Piece)>,
}

/// How the account that the policy belongs to is written.
#[derive(Clone, Debug)]
pub(super) struct Account {
    /// Its root as a principal.
    pub(super) root: Piece,
    /// Its number.
    pub(super) number: Piece,
}

/// The actions that an AWS Backup vault's key may need, where nothing says which are missing.
const ALL: [&str; 7] = [
    "kms:DescribeKey",
    "kms:GenerateDataKey",
    "kms:Decrypt",
    "kms:Encrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:CreateGrant",
];

/// The statements that give the account's principals the missing actions, through AWS Backup only.
pub(super) fn access(missing: &[String], account: &Account) -> Vec<Statement> {
    let missing: Vec<String> =
        if missing.is_empty() { ALL.iter().map(|action| (*action).to_owned()).collect() } else { missing.to_vec() };
    let (grants, uses): (Vec<String>, Vec<String>) =
        missing.into_iter().partition(|action| action == "kms:CreateGrant");
    let through = ("StringLike", "kms:ViaService", Piece::str("backup.*.amazonaws.com"));
    let for_resource = ("Bool", "kms:GrantIsForAWSResource", Piece::str("true"));
    let statement = |sid: &str, actions, conditions| Statement {
        sid: sid.to_owned(),
        principal: ("AWS", account.root.clone()),
        actions,
        conditions,
    };
    let mut statements = Vec::new();
    if !uses.is_empty() {
        statements.push(statement("AllowUseThroughBackup", uses, vec![through.clone()]));
    }
    if !grants.is_empty() {
        statements.push(statement("AllowGrantsThroughBackup", grants, vec![through, for_resource]));
    }
    statements
}

/// The statement that lets the service principal of AWS Backup use the key, for this account only.
pub(super) fn service(account: &Account) -> Statement {
    let actions = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"];
    Statement {
        sid: "AllowAWSBackup".to_owned(),
        principal: ("Service", Piece::str("backup.amazonaws.com")),
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        conditions: vec![("StringEquals", "aws:SourceAccount", account.number.clone())],
    }
}

/// A policy that delegates to the account, as the default policy does, and lets AWS Backup's service principal in.
pub(super) fn minimal(account: &Account) -> Piece {
    let root = Statement {
        sid: "Account".to_owned(),
        principal: ("AWS", account.root.clone()),
        actions: vec!["kms:*".to_owned()],
        conditions: Vec::new(),
    };
    let statements = vec![root.piece(), service(account).piece()];
    Piece::map(vec![("Version", Piece::str("2012-10-17")), ("Statement", Piece::List(statements))])
}

impl Statement {
    /// As a policy of JSON has it.
    pub(super) fn piece(&self) -> Piece {
        let action = match self.actions.as_slice() {
            [only] => Piece::str(only),
            many => Piece::List(many.iter().map(|action| Piece::str(action)).collect()),
        };
        let (kind, who) = &self.principal;
        let mut members = vec![
            ("Sid", Piece::str(&self.sid)),
            ("Effect", Piece::str("Allow")),
            ("Principal", Piece::inline_map(vec![(kind, who.clone())])),
            ("Action", action),
            ("Resource", Piece::str("*")),
        ];
        if !self.conditions.is_empty() {
            let one = |(test, key, value): &(&'static str, &'static str, Piece)| {
                (*test, Piece::inline_map(vec![(*key, value.clone())]))
            };
            members.push(("Condition", Piece::map(self.conditions.iter().map(one).collect())));
        }
        Piece::map(members)
    }
}

/// The statements that are not there yet, with identifiers that are not taken. `present` are the trees of the policy's
/// statements.
pub(super) fn fresh(wanted: Vec<Statement>, present: &[Tree], syntax: Syntax) -> Vec<Statement> {
    let without_sid = |tree: &Tree| match tree {
        Tree::Map(members) => {
            let mut members = members.clone();
            members.remove("Sid");
            Tree::Map(members)
        }
        other => other.clone(),
    };
    let known: Vec<Tree> = present.iter().map(without_sid).collect();
    let sids: Vec<&Tree> = present
        .iter()
        .filter_map(|tree| match tree {
            Tree::Map(members) => members.get("Sid"),
            _ => None,
        })
        .collect();
    wanted
        .into_iter()
        .filter(|statement| !known.contains(&without_sid(&statement.piece().tree(syntax))))
        .map(|statement| Statement {
            sid: unused(&statement.sid, |sid| sids.contains(&&Tree::string(sid))),
            ..statement
        })
        .collect()
}

/// The name, or the name with the first number that is not taken.
pub(super) fn unused(name: &str, taken: impl Fn(&str) -> bool) -> String {
    if !taken(name) {
        return name.to_owned();
    }
    (2_u32..).map(|number| format!("{name}{number}")).find(|name| !taken(name)).unwrap_or_else(|| name.to_owned())
}

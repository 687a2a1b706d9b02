//! What is known around a policy: the account, the region, the key, the roles that AWS Backup acts with.

use std::sync::Arc;

use super::pattern::Text;
use crate::value::{Part, Symbol, Unknown, without_keys};

/// The facts that a policy is judged under.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// The account that the unit is deployed to, where it is known.
    pub account: Option<Arc<str>>,
    /// The symbol that stands for that account, where it is none of the deployment's own facts (`var.account_id`).
    pub account_symbol: Option<Symbol>,
    /// The region of the vault, where it is known.
    pub region: Option<Arc<str>>,
    /// The symbol that stands for that region, where it is none of the deployment's own facts (`var.region`).
    pub region_symbol: Option<Symbol>,
    /// The symbols of the ARN of the key that the policy is for.
    pub own: Vec<Symbol>,
    /// The symbols of its id.
    pub own_ids: Vec<Symbol>,
    /// The ARNs of the unit's keys, by the addresses of their declarations, without instance keys.
    pub keys: Arc<[Symbol]>,
    /// The ARN of the vault that the policy is for, as far as it is known.
    pub own_vault: Option<Text>,
    /// The roles of the unit that AWS Backup acts with.
    pub backup_roles: Vec<BackupRole>,
    /// The grants for the key.
    pub grants: Vec<Grant>,
    /// What is known of the key itself.
    pub key: KeyFacts,
}

/// A role that AWS Backup acts with: a backup selection names it, or its trust policy names AWS Backup.
#[derive(Clone, Debug)]
pub struct BackupRole {
    /// Its ARN, or the reference to it.
    pub arn: Vec<Part>,
    /// Its name without a path, where it is known.
    pub name: Option<Arc<str>>,
}

/// A grant for the key.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Who gets it.
    pub grantee: Vec<Part>,
    /// What it lets the grantee do: `Decrypt`, `CreateGrant`.
    pub operations: Vec<String>,
    /// Why it can't be told whether it counts: it has constraints, or is made only sometimes.
    pub doubt: Option<Unknown>,
}

/// What is known of a key, in the words of KMS; nothing where it can't be told.
#[derive(Clone, Debug, Default)]
pub struct KeyFacts {
    /// `SYMMETRIC_DEFAULT`
    pub spec: Option<Arc<str>>,
    /// `ENCRYPT_DECRYPT`
    pub usage: Option<Arc<str>>,
    /// `AWS_KMS`, `EXTERNAL`
    pub origin: Option<Arc<str>>,
    /// `true` or `false`.
    pub multi_region: Option<Arc<str>>,
}

/// What the id of the own key is called where two texts are compared.
pub(super) const OWN_ID: &str = "the key's own id";

impl Facts {
    /// Whether a symbol is the ARN of another key of the unit.
    pub(super) fn is_other_key(&self, symbol: &Symbol) -> bool {
        let Symbol::Attribute { resource, attribute } = symbol else { return false };
        let is_key = |key: &Symbol| match key {
            Symbol::Attribute { resource: of, attribute: arn } => arn == attribute && **of == *without_keys(resource),
            _ => false,
        };
        !self.own.contains(symbol) && self.keys.iter().any(is_key)
    }

    /// The ARN of the key that the policy is for, as far as it is known.
    pub(super) fn own_arn(&self) -> Text {
        Text::known("arn:aws:kms:")
            .then(Text::region(self))
            .then(Text::known(":"))
            .then(Text::account(self))
            .then(Text::known(":key/"))
            .then(Text::named(OWN_ID))
    }
}

/// The reason that the first unknown part of a text gives; a general one where only facts of the deployment are open.
pub(super) fn why(parts: &[Part], what: &str) -> Unknown {
    let given = parts.iter().find_map(|part| match part {
        Part::Unknown(unknown) => Some(unknown.clone()),
        Part::Symbol(symbol) => symbol.unknown(),
        Part::Literal(_) => None,
    });
    given.unwrap_or_else(|| {
        let kind = crate::value::UnknownKind::Provider;
        Unknown::new(kind, format!("{what} {} is known only when the code is deployed", shown(parts)))
    })
}

/// Parts for people: `⟦symbol⟧` marks, `⟦?⟧` for what is unknown.
pub(super) fn shown(parts: &[Part]) -> String {
    parts
        .iter()
        .map(|part| match part {
            Part::Literal(text) => text.to_string(),
            Part::Symbol(symbol) => format!("⟦{symbol}⟧"),
            Part::Unknown(_) => "⟦?⟧".to_owned(),
        })
        .collect()
}

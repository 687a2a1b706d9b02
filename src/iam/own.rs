//! Whose a key policy is: the account and the region of its key, where only the policy tells them.

use super::document::{Effect, Policy, Principal, Principals, Scope, Statement};
use super::facts::{Facts, shown, why};
use super::pattern::{Match, Text};
use super::principal;
use super::scope::acts;
use crate::value::{Part, Truth};

/// The facts, with the own account and region where they are not known but follow: KMS refuses a policy that leaves nobody
/// of the account in charge of the key, so whoever may put the policy is of the own account, and the key where that
/// statement has it.
pub(super) fn inferred(policy: &Policy, facts: &Facts) -> Facts {
    let mut facts = facts.clone();
    if facts.account.is_none() && facts.account_symbol.is_none() {
        match one_of_charge(policy, &facts, accounts_in).as_deref() {
            Some([Part::Literal(account)]) => facts.account = Some(account.clone()),
            Some([Part::Symbol(symbol)]) => facts.account_symbol = Some(symbol.clone()),
            _ => {}
        }
    }
    if facts.region.is_none() && facts.region_symbol.is_none() {
        let region = one_of_charge(policy, &facts, regions_in);
        facts.region = region.and_then(|region| match region.as_slice() {
            [Part::Literal(region)] => Some(region.clone()),
            _ => None,
        });
    }
    facts
}

/// What all statements that let somebody put the policy have in common; `None` where one has nothing or another thing.
fn one_of_charge(
    policy: &Policy,
    facts: &Facts,
    of: impl Fn(&Statement, &Facts) -> Option<Vec<Vec<Part>>>,
) -> Option<Vec<Part>> {
    if policy.unknown.is_some() {
        return None;
    }
    let in_charge = policy.statements.iter().filter(|it| {
        it.effect == Effect::Allow
            && matches!(it.principals, Principals::Only(_))
            && !acts(it, "kms:PutKeyPolicy", facts).is_false()
    });
    let mut found: Option<Vec<Part>> = None;
    for statement in in_charge {
        for one in of(statement, facts)? {
            match &found {
                Some(other) if shown(other) != shown(&one) => return None,
                _ => found = Some(one),
            }
        }
    }
    found
}

/// The accounts of a statement's principals.
fn accounts_in(statement: &Statement, _: &Facts) -> Option<Vec<Vec<Part>>> {
    let Principals::Only(list) = &statement.principals else { return None };
    let account = |element| principal::account_root(element).or_else(|| principal::account_of(element));
    list.iter().map(|it| account(&it.element)).collect()
}

/// The regions of a statement's resources, where all are keys.
fn regions_in(statement: &Statement, facts: &Facts) -> Option<Vec<Vec<Part>>> {
    let Scope::Only(list) = &statement.resources else { return None };
    let region = |parts: &[Part]| {
        let text = Text::literal(parts, facts).as_known()?;
        let mut fields = text.split(':').skip(2);
        let (service, region) = (fields.next()?, fields.next()?);
        (service == "kms" && !region.is_empty() && !region.contains(['*', '?']))
            .then(|| vec![Part::Literal(region.into())])
    };
    list.iter().map(|it| region(&it.parts)).collect()
}

/// Whether some statement lets a principal of another account use the key, whatever its conditions.
pub fn lets_account_in(policy: &Policy, account: &str, facts: &Facts) -> Truth {
    let wanted = Text::known(account);
    let is_its = |it: &Principal| {
        if principal::is_everyone(it) {
            return Truth::True;
        }
        let given = principal::account_root(&it.element).or_else(|| principal::account_of(&it.element));
        match (it.kind.eq_ignore_ascii_case("aws"), given) {
            (false, _) => Truth::False,
            (true, Some(given)) => match Text::literal(&given, facts).matches(&wanted, false) {
                Match::Yes => Truth::True,
                Match::No => Truth::False,
                Match::Maybe => Truth::Unknown(why(&it.element.parts, "the principal")),
            },
            (true, None) => Truth::Unknown(why(&it.element.parts, "the principal")),
        }
    };
    let one = |statement: &Statement| {
        let reached = match &statement.principals {
            Principals::Missing => Truth::False,
            Principals::Only(list) => list.iter().map(is_its).fold(Truth::False, Truth::or),
            Principals::Except(_) => Truth::True,
        };
        statement.has_effect(&Effect::Allow).and(reached).and(acts(statement, "kms:Decrypt", facts))
    };
    let doubt = policy.unknown.clone().map_or(Truth::False, Truth::Unknown);
    policy.statements.iter().map(one).fold(doubt, Truth::or)
}

/// The account that a policy is of, where it is known or follows.
pub fn own_account(policy: &Policy, facts: &Facts) -> Option<std::sync::Arc<str>> {
    inferred(policy, facts).account
}

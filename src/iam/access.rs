//! Does a key policy let AWS Backup use the key? The decision table of RULES, section 4, in its order.
//!
//! AWS's own minimum for a vault's key is CreateGrant, GenerateDataKey, Decrypt and DescribeKey (AWS Backup Developer
//! Guide, "Encryption for backups"): AWS Backup works through grants that it makes with the caller's credentials.

use super::context::{self, Actor};
use super::document::{Effect, Policy, Scope, Statement};
use super::facts::{Facts, why};
use super::pattern::{Match, Text};
use super::{actions, principal};
use crate::value::{Origin, Truth, Unknown};

/// What a key is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Purpose {
    /// A standard vault's key.
    StandardVault,
    /// A logically air-gapped vault's key.
    AirGappedVault,
    /// The key of a vault that copies are read from or written to.
    Copy,
}

impl Purpose {
    /// The actions without which it does not work.
    pub fn actions(self) -> &'static [&'static str] {
        match self {
            Purpose::StandardVault => &["kms:CreateGrant", "kms:GenerateDataKey", "kms:Decrypt", "kms:DescribeKey"],
            Purpose::AirGappedVault => &["kms:CreateGrant", "kms:DescribeKey"],
            Purpose::Copy => &[
                "kms:CreateGrant",
                "kms:GenerateDataKey",
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:Encrypt",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            ],
        }
    }
}

/// The five action families that AWS's examples give the service principal.
const SERVICE_ACTIONS: &[&str] =
    &["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"];

/// The outcome of the decision table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every action is allowed.
    Granted,
    /// A Deny takes an action away.
    Denied,
    /// What would allow it can never hold.
    Blocked,
    /// No Allow reaches AWS Backup at all.
    Nobody,
    /// Only the service principal has what the account's principals lack.
    ServiceOnly,
    /// Some action is allowed to nobody.
    Missing,
    /// Can't be told.
    Undecided(Unknown),
}

impl Verdict {
    /// The name that rules compare with; `None` where it can't be told.
    pub fn name(&self) -> Option<&'static str> {
        Some(match self {
            Verdict::Granted => "granted",
            Verdict::Denied => "denied",
            Verdict::Blocked => "blocked",
            Verdict::Nobody => "nobody",
            Verdict::ServiceOnly => "service-only",
            Verdict::Missing => "missing",
            Verdict::Undecided(_) => return None,
        })
    }
}

/// What a policy gives AWS Backup, and what decides that.
#[derive(Clone, Debug)]
pub struct Access {
    /// The outcome.
    pub verdict: Verdict,
    /// The actions that are denied, blocked or missing.
    pub actions: Vec<&'static str>,
    /// The statement that decides: its index in the policy.
    pub statement: Option<usize>,
    /// The condition that decides: its text and place.
    pub condition: Option<(String, Origin)>,
    /// Whether the account's principals reach the key through account root or `*`.
    pub through_account: bool,
    /// Whether CreateGrant is allowed to neither actor.
    pub grant_missing_everywhere: bool,
    /// Why, as a clause: `statement "OnlyEc2" denies kms:Decrypt ...`.
    pub explanation: String,
    /// The deciding text.
    pub origin: Origin,
}

/// Whether the policy lets a principal of the account, acting through AWS Backup, do all `required` actions.
/// `None` stands for the default policy, which hands the key to the account's IAM policies.
pub fn backup_access(policy: Option<&Policy>, required: &[&'static str], facts: &Facts) -> Access {
    let Some(policy) = policy else {
        let mut granted = outcome(Verdict::Granted, Origin::default());
        granted.through_account = true;
        granted.explanation = "the default key policy lets the account's IAM policies decide".to_owned();
        return granted;
    };
    let inferred;
    let facts = match own_account(policy, facts) {
        Some(account) => {
            inferred = Facts { account: Some(account.into()), ..facts.clone() };
            &inferred
        }
        None => facts,
    };
    let judge = Judge { policy, facts };
    let mut access = judge.decide(required);
    access.through_account = judge.through_account();
    access.grant_missing_everywhere =
        [Actor::Iam, Actor::Service].into_iter().all(|actor| judge.allowed(actor, "kms:CreateGrant").is_false());
    access
}

/// Whether the policy lets the service principal `backup.amazonaws.com` itself use the key.
pub fn service_access(policy: Option<&Policy>, facts: &Facts) -> Access {
    let Some(policy) = policy else {
        let mut nobody = outcome(Verdict::Nobody, Origin::default());
        nobody.through_account = true;
        nobody.explanation = "the default key policy has no statement for backup.amazonaws.com".to_owned();
        return nobody;
    };
    let judge = Judge { policy, facts };
    let mut access = judge.decide_service();
    access.through_account = judge.through_account();
    access
}

fn outcome(verdict: Verdict, origin: Origin) -> Access {
    Access {
        verdict,
        actions: Vec::new(),
        statement: None,
        condition: None,
        through_account: false,
        grant_missing_everywhere: false,
        explanation: String::new(),
        origin,
    }
}

/// The own account, where it is not known but follows: KMS refuses a policy that leaves nobody of the account in charge,
/// so a single literal account root that may put the policy is the own one.
fn own_account(policy: &Policy, facts: &Facts) -> Option<String> {
    if facts.account.is_some() || policy.unknown.is_some() {
        return None;
    }
    let mut accounts: Vec<String> = Vec::new();
    for statement in &policy.statements {
        let super::document::Principals::Only(list) = &statement.principals else { continue };
        if statement.effect != Effect::Allow || acts(statement, "kms:PutKeyPolicy", facts).is_false() {
            continue;
        }
        for principal in list {
            let account =
                principal::account_root(&principal.element).or_else(|| principal::account_of(&principal.element));
            match account {
                Some(account) => accounts.push(Text::literal(&account, facts).as_known()?),
                None => return None,
            }
        }
    }
    accounts.sort();
    accounts.dedup();
    if accounts.len() == 1 { accounts.pop() } else { None }
}

/// Whether a statement's actions take in `action`.
pub(super) fn acts(statement: &Statement, action: &str, facts: &Facts) -> Truth {
    let subject = Text::known(action);
    scope(&statement.actions, facts, |pattern| pattern.matches(&subject, true))
}

/// Whether a statement's resources take in the key that the policy is for.
pub(super) fn covers_key(statement: &Statement, facts: &Facts) -> Truth {
    let (list, except) = match &statement.resources {
        Scope::Missing => return Truth::False,
        Scope::Only(list) => (list, false),
        Scope::Except(list) => (list, true),
    };
    let one = |element: &super::document::Element| match element.parts.as_slice() {
        [crate::value::Part::Symbol(symbol)] if facts.others.contains(symbol) => Truth::False,
        parts => match element.pattern(facts).matches(&facts.own_arn(), false) {
            Match::Yes => Truth::True,
            Match::No => Truth::False,
            Match::Maybe => Truth::Unknown(why(parts, "the resource")),
        },
    };
    let any = list.iter().map(one).fold(Truth::False, Truth::or);
    if except { any.not() } else { any }
}

fn scope(scope: &Scope, facts: &Facts, matches: impl Fn(&Text) -> Match) -> Truth {
    let (list, except) = match scope {
        Scope::Missing => return Truth::False,
        Scope::Only(list) => (list, false),
        Scope::Except(list) => (list, true),
    };
    let any = list
        .iter()
        .map(|element| match matches(&element.pattern(facts)) {
            Match::Yes => Truth::True,
            Match::No => Truth::False,
            Match::Maybe => Truth::Unknown(why(&element.parts, "the action")),
        })
        .fold(Truth::False, Truth::or);
    if except { any.not() } else { any }
}

struct Judge<'a> {
    policy: &'a Policy,
    facts: &'a Facts,
}

/// One statement against one request.
struct Fit {
    effect: Truth,
    principal: Truth,
    action: Truth,
    resource: Truth,
    condition: Truth,
}

impl Fit {
    fn all(self) -> Truth {
        self.effect.and(self.principal).and(self.action).and(self.resource).and(self.condition)
    }
}

impl Judge<'_> {
    fn fit(&self, statement: &Statement, effect: &Effect, actor: Actor, action: &str) -> Fit {
        let principal = match effect {
            Effect::Deny => principal::denies(statement, actor, self.facts),
            _ => principal::reaches(statement, actor, self.facts),
        };
        let doubt = statement.unknown.clone().map_or(Truth::True, Truth::Unknown);
        Fit {
            effect: statement.has_effect(effect).and(doubt),
            principal,
            action: acts(statement, action, self.facts),
            resource: covers_key(statement, self.facts),
            condition: context::all_hold(&statement.conditions, actor, action, self.facts),
        }
    }

    fn applies(&self, statement: &Statement, effect: &Effect, actor: Actor, action: &str) -> Truth {
        self.fit(statement, effect, actor, action).all()
    }

    /// Whether some Allow gives the action, Deny aside.
    fn allowed(&self, actor: Actor, action: &str) -> Truth {
        let statements = self.policy.statements.iter();
        statements.map(|statement| self.applies(statement, &Effect::Allow, actor, action)).fold(Truth::False, Truth::or)
    }

    /// The statement that denies the action, or whether one may.
    fn denied(&self, actor: Actor, action: &str) -> Result<Option<usize>, Unknown> {
        let mut doubt = None;
        for (at, statement) in self.policy.statements.iter().enumerate() {
            match self.applies(statement, &Effect::Deny, actor, action) {
                Truth::True => return Ok(Some(at)),
                Truth::False => {}
                Truth::Unknown(why) => doubt = doubt.or(Some(why)),
            }
        }
        doubt.map_or(Ok(None), Err)
    }

    fn through_account(&self) -> bool {
        use super::document::Principals;
        self.policy.statements.iter().any(|statement| {
            let Principals::Only(list) = &statement.principals else { return false };
            statement.effect == Effect::Allow
                && list.iter().any(|it| principal::is_everyone(it) || principal::account_root(&it.element).is_some())
                && !principal::reaches(statement, Actor::Iam, self.facts).is_false()
        })
    }

    fn decide(&self, required: &[&'static str]) -> Access {
        if let Some(denied) = self.decide_denied(required, Actor::Iam) {
            return denied;
        }
        if let Err(why) = self.policy.certain() {
            return outcome(Verdict::Undecided(why), self.policy.origin.clone());
        }
        let allowed: Vec<(&'static str, Truth)> =
            required.iter().map(|action| (*action, self.allowed(Actor::Iam, action))).collect();
        let missing: Vec<&'static str> =
            allowed.iter().filter(|(_, truth)| truth.is_false()).map(|(action, _)| *action).collect();
        if missing.is_empty() {
            return self.decide_granted(&allowed, required);
        }
        self.decide_blocked(&missing).unwrap_or_else(|| self.decide_missing(missing))
    }

    /// Row 2: a Deny whose conditions hold.
    fn decide_denied(&self, required: &[&'static str], actor: Actor) -> Option<Access> {
        let by = |action: &&'static str| self.denied(actor, action).ok().flatten().map(|at| (at, *action));
        let denied: Vec<(usize, &'static str)> = required.iter().filter_map(by).collect();
        let (at, _) = *denied.first()?;
        let statement = self.policy.statements.get(at)?;
        let actions: Vec<&'static str> = denied.iter().filter(|(by, _)| *by == at).map(|(_, action)| *action).collect();
        let mut access = outcome(Verdict::Denied, statement.origin.clone());
        access.condition = statement.conditions.first().map(|it| (it.shown(), it.origin.clone()));
        let because = match &access.condition {
            Some((condition, _)) => format!(", since {condition} holds for its requests"),
            None => String::new(),
        };
        access.explanation = format!("{} denies {} to AWS Backup{because}", statement.label(), actions.join(", "));
        access.actions = actions;
        access.statement = Some(at);
        Some(access)
    }

    /// Rows 3 and 8: nothing is missing.
    fn decide_granted(&self, allowed: &[(&'static str, Truth)], required: &[&'static str]) -> Access {
        let doubts = allowed.iter().find_map(|(_, truth)| match truth {
            Truth::Unknown(why) => Some(why.clone()),
            _ => None,
        });
        let doubts = doubts.or_else(|| required.iter().find_map(|action| self.denied(Actor::Iam, action).err()));
        if let Some(why) = doubts {
            return outcome(Verdict::Undecided(why), self.policy.origin.clone());
        }
        let mut granted = outcome(Verdict::Granted, self.policy.origin.clone());
        let through = self.policy.statements.iter().position(|statement| {
            required.first().is_some_and(|action| self.applies(statement, &Effect::Allow, Actor::Iam, action).is_true())
        });
        granted.statement = through;
        if let Some(statement) = through.and_then(|at| self.policy.statements.get(at)) {
            granted.origin = statement.origin.clone();
            granted.explanation = format!("{} allows it", statement.label());
        }
        granted
    }

    /// Row 4: each missing action has a statement that would allow it, but for a condition that never holds or for a
    /// Resource that is missing.
    fn decide_blocked(&self, missing: &[&'static str]) -> Option<Access> {
        let blocks = |action: &&'static str| {
            let blocking = |statement: &Statement| {
                let fit = self.fit(statement, &Effect::Allow, Actor::Iam, action);
                fit.effect.is_true() && fit.principal.is_true() && fit.action.is_true()
            };
            self.policy.statements.iter().position(blocking).map(|at| (at, *action))
        };
        let blocked: Vec<(usize, &'static str)> = missing.iter().map(blocks).collect::<Option<_>>()?;
        let (at, action) = *blocked.first()?;
        let statement = self.policy.statements.get(at)?;
        let mut access = outcome(Verdict::Blocked, statement.origin.clone());
        access.actions = missing.to_vec();
        access.statement = Some(at);
        let what = missing.join(", ");
        if matches!(statement.resources, Scope::Missing) {
            access.explanation =
                format!("{} would allow {what}, but has no Resource and so no effect", statement.label());
            return Some(access);
        }
        let never = statement
            .conditions
            .iter()
            .find(|condition| context::holds(condition, Actor::Iam, action, self.facts).is_false());
        match never {
            Some(condition) => {
                access.condition = Some((condition.shown(), condition.origin.clone()));
                let why = match actions::key_exists(&condition.key, action) {
                    Some(false) => format!("requests of {action} have no {}", condition.key),
                    _ => "it never holds for AWS Backup".to_owned(),
                };
                access.explanation =
                    format!("{} would allow {what}, but only under {}: {why}", statement.label(), condition.shown());
            }
            None => {
                access.explanation = format!("{} would allow {what}, but for another resource", statement.label());
            }
        }
        Some(access)
    }

    /// Rows 5, 6 and 7.
    fn decide_missing(&self, missing: Vec<&'static str>) -> Access {
        let reaches = |actor| {
            self.policy.statements.iter().any(|statement| {
                statement.effect == Effect::Allow && !principal::reaches(statement, actor, self.facts).is_false()
            })
        };
        if !reaches(Actor::Iam) && !reaches(Actor::Service) {
            let mut access = outcome(Verdict::Nobody, self.policy.origin.clone());
            access.explanation =
                "no statement allows anything to a principal of the account or to backup.amazonaws.com".to_owned();
            access.actions = missing;
            return access;
        }
        let service = |action: &&'static str| !self.allowed(Actor::Service, action).is_false();
        let nobody: Vec<&'static str> = missing.iter().copied().filter(|action| !service(action)).collect();
        let lacking = missing.join(", ");
        // Where the account has no key action at all, the statements for the service are all there is.
        let only_service = nobody.is_empty() || (!reaches(Actor::Iam) && nobody.len() < missing.len());
        if only_service {
            let statement = self.policy.statements.iter().position(|statement| {
                missing.iter().any(|action| !self.applies(statement, &Effect::Allow, Actor::Service, action).is_false())
            });
            let origin = statement.and_then(|at| self.policy.statements.get(at)).map(|it| it.origin.clone());
            let mut access = outcome(Verdict::ServiceOnly, origin.unwrap_or_else(|| self.policy.origin.clone()));
            access.explanation = format!(
                "only the service principal backup.amazonaws.com is let in, while AWS Backup works with the caller's \
                 credentials, which lack {lacking}"
            );
            access.statement = statement;
            access.actions = missing;
            return access;
        }
        let mut access = outcome(Verdict::Missing, self.policy.origin.clone());
        access.explanation = format!("nobody is allowed {}", nobody.join(", "));
        access.actions = missing;
        access
    }

    fn decide_service(&self) -> Access {
        if let Some(denied) = self.decide_denied(SERVICE_ACTIONS, Actor::Service) {
            return denied;
        }
        let (mut missing, mut doubt) = (Vec::new(), self.policy.unknown.clone());
        for action in SERVICE_ACTIONS {
            match self.allowed(Actor::Service, action) {
                Truth::True => doubt = doubt.or_else(|| self.denied(Actor::Service, action).err()),
                Truth::False => missing.push(*action),
                Truth::Unknown(why) => doubt = doubt.or(Some(why)),
            }
        }
        if missing.is_empty() || self.policy.unknown.is_some() {
            let verdict = doubt.map_or(Verdict::Granted, Verdict::Undecided);
            return outcome(verdict, self.policy.origin.clone());
        }
        let nobody = missing.len() == SERVICE_ACTIONS.len();
        let verdict = if nobody { Verdict::Nobody } else { Verdict::Missing };
        let mut access = outcome(verdict, self.policy.origin.clone());
        access.explanation = if nobody {
            "no statement lets backup.amazonaws.com use the key".to_owned()
        } else {
            format!("backup.amazonaws.com is not allowed {}", missing.join(", "))
        };
        access.actions = missing;
        access
    }
}

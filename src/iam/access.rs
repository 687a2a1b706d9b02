//! Does a key policy let AWS Backup use the key? The decision table of RULES, section 4, in its order.
//!
//! AWS's own minimum for a vault's key is CreateGrant, GenerateDataKey, Decrypt and DescribeKey (AWS Backup Developer
//! Guide, "Encryption for backups"): AWS Backup works through grants that it makes with the caller's credentials.

use std::cell::OnceCell;

use super::context::{self, Actor};
use super::document::{Effect, Policy, Scope, Statement};
use super::facts::{Facts, why};
use super::pattern::{Match, Text, glob};
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
    let judge = Judge::new(policy, facts);
    let mut access = judge.decide(required);
    access.through_account = access.verdict == Verdict::Granted && judge.through_account();
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
    let judge = Judge::new(policy, facts);
    let mut access = judge.decide_service();
    access.through_account = judge.through_account();
    access
}

/// `kms:Decrypt, kms:Encrypt and kms:CreateGrant`.
fn listed(actions: &[&str]) -> String {
    match actions {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
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
    let (list, except) = match &statement.actions {
        Scope::Missing => return Truth::False,
        Scope::Only(list) => (list, false),
        Scope::Except(list) => (list, true),
    };
    let one = |element: &super::document::Element| {
        // Nearly every action is written out; nothing need be built to match it.
        let found = match element.parts.as_slice() {
            [crate::value::Part::Literal(pattern)] if !pattern.contains("${") => Match::from(glob(pattern, action)),
            _ => element.pattern(facts).matches(&Text::known(action), true),
        };
        match found {
            Match::Yes => Truth::True,
            Match::No => Truth::False,
            Match::Maybe => Truth::Unknown(why(&element.parts, "the action")),
        }
    };
    let any = list.iter().map(one).fold(Truth::False, Truth::or);
    if except { any.not() } else { any }
}

/// Whether a statement's resources take in the key that the policy is for.
pub(super) fn covers_key(statement: &Statement, facts: &Facts) -> Truth {
    let (list, except) = match &statement.resources {
        Scope::Missing => return Truth::False,
        Scope::Only(list) => (list, false),
        Scope::Except(list) => (list, true),
    };
    let one = |element: &super::document::Element| match element.parts.as_slice() {
        [crate::value::Part::Symbol(symbol)] if facts.is_other_key(symbol) => Truth::False,
        parts => match element.pattern(facts).matches(&facts.own_arn(), false) {
            Match::Yes => Truth::True,
            Match::No => Truth::False,
            Match::Maybe => Truth::Unknown(why(parts, "the resource")),
        },
    };
    let any = list.iter().map(one).fold(Truth::False, Truth::or);
    if except { any.not() } else { any }
}

/// Judges one policy. What hangs on a statement and an actor alone is found once, for all actions.
struct Judge<'a> {
    policy: &'a Policy,
    facts: &'a Facts,
    statements: Vec<Judged<'a>>,
}

/// A statement with what was found of it.
struct Judged<'a> {
    statement: &'a Statement,
    reaches: [OnceCell<Truth>; 2],
    denies: [OnceCell<Truth>; 2],
    covers: OnceCell<Truth>,
}

impl Judged<'_> {
    fn principal(&self, effect: &Effect, actor: Actor, facts: &Facts) -> Truth {
        let at = usize::from(actor == Actor::Service);
        let found = match effect {
            Effect::Deny => self.denies[at].get_or_init(|| principal::denies(self.statement, actor, facts)),
            _ => self.reaches[at].get_or_init(|| principal::reaches(self.statement, actor, facts)),
        };
        found.clone()
    }

    fn covers_key(&self, facts: &Facts) -> Truth {
        self.covers.get_or_init(|| covers_key(self.statement, facts)).clone()
    }

    fn has_effect(&self, effect: &Effect) -> Truth {
        let doubt = self.statement.unknown.clone().map_or(Truth::True, Truth::Unknown);
        self.statement.has_effect(effect).and(doubt)
    }

    /// Whether the statement speaks of a request, whatever its conditions and resources.
    fn is_meant(&self, effect: &Effect, actor: Actor, action: &str, facts: &Facts) -> bool {
        self.has_effect(effect).is_true()
            && self.principal(effect, actor, facts).is_true()
            && acts(self.statement, action, facts).is_true()
    }

    /// Whether the statement applies to a request. What is known not to hold decides alone; so the cheap questions come
    /// first.
    fn applies(&self, effect: &Effect, actor: Actor, action: &str, facts: &Facts) -> Truth {
        let effective = self.has_effect(effect);
        if effective.is_false() {
            return effective;
        }
        let action_fits = acts(self.statement, action, facts);
        if action_fits.is_false() {
            return action_fits;
        }
        let principal = self.principal(effect, actor, facts);
        if principal.is_false() {
            return principal;
        }
        let condition = context::all_hold(&self.statement.conditions, actor, action, facts);
        effective.and(principal).and(action_fits).and(self.covers_key(facts)).and(condition)
    }
}

impl<'a> Judge<'a> {
    fn new(policy: &'a Policy, facts: &'a Facts) -> Self {
        let judged = |statement| Judged {
            statement,
            reaches: Default::default(),
            denies: Default::default(),
            covers: OnceCell::new(),
        };
        Judge { policy, facts, statements: policy.statements.iter().map(judged).collect() }
    }

    /// Whether some Allow gives the action, Deny aside.
    fn allowed(&self, actor: Actor, action: &str) -> Truth {
        let applies = |it: &Judged<'_>| it.applies(&Effect::Allow, actor, action, self.facts);
        self.statements.iter().map(applies).fold(Truth::False, Truth::or)
    }

    /// The statement that denies the action, or whether one may.
    fn denied(&self, actor: Actor, action: &str) -> Result<Option<usize>, Unknown> {
        let mut doubt = None;
        for (at, statement) in self.statements.iter().enumerate() {
            match statement.applies(&Effect::Deny, actor, action, self.facts) {
                Truth::True => return Ok(Some(at)),
                Truth::False => {}
                Truth::Unknown(why) => doubt = doubt.or(Some(why)),
            }
        }
        doubt.map_or(Ok(None), Err)
    }

    fn through_account(&self) -> bool {
        use super::document::Principals;
        self.statements.iter().any(|judged| {
            let Principals::Only(list) = &judged.statement.principals else { return false };
            judged.statement.effect == Effect::Allow
                && list.iter().any(|it| principal::is_everyone(it) || principal::account_root(&it.element).is_some())
                && !judged.principal(&Effect::Allow, Actor::Iam, self.facts).is_false()
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
        access.explanation = format!("{} denies {} to AWS Backup{because}", statement.label(), listed(&actions));
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
        let through = self.statements.iter().position(|statement| {
            let gives = |action: &&str| statement.applies(&Effect::Allow, Actor::Iam, action, self.facts).is_true();
            required.first().is_some_and(gives)
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
            let blocking = |it: &Judged<'_>| it.is_meant(&Effect::Allow, Actor::Iam, action, self.facts);
            self.statements.iter().position(blocking).map(|at| (at, *action))
        };
        let blocked: Vec<(usize, &'static str)> = missing.iter().map(blocks).collect::<Option<_>>()?;
        let (at, action) = *blocked.first()?;
        let statement = self.policy.statements.get(at)?;
        let mut access = outcome(Verdict::Blocked, statement.origin.clone());
        access.actions = missing.to_vec();
        access.statement = Some(at);
        let what = listed(missing);
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
            self.statements.iter().any(|it| {
                it.statement.effect == Effect::Allow && !it.principal(&Effect::Allow, actor, self.facts).is_false()
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
        let lacking = listed(&missing);
        // Where the account has no key action at all, the statements for the service are all there is.
        let only_service = nobody.is_empty() || (!reaches(Actor::Iam) && nobody.len() < missing.len());
        if only_service {
            let gives = |it: &Judged<'_>, action| it.applies(&Effect::Allow, Actor::Service, action, self.facts);
            let statement =
                self.statements.iter().position(|it| missing.iter().any(|action| !gives(it, action).is_false()));
            let origin = statement.and_then(|at| self.policy.statements.get(at)).map(|it| it.origin.clone());
            let mut access = outcome(Verdict::ServiceOnly, origin.unwrap_or_else(|| self.policy.origin.clone()));
            access.explanation = format!(
                "AWS Backup works with the credentials of a role, and only the service principal is allowed {lacking}"
            );
            access.statement = statement;
            access.actions = missing;
            return access;
        }
        let mut access = outcome(Verdict::Missing, self.policy.origin.clone());
        access.explanation = format!("nobody is allowed {}", listed(&nobody));
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
        // What lets the service in by half is where the other half belongs.
        let half = self.statements.iter().find(|it| {
            let gives = |action: &&str| it.applies(&Effect::Allow, Actor::Service, action, self.facts).is_true();
            SERVICE_ACTIONS.iter().any(gives)
        });
        let mut access = outcome(verdict, half.map_or(&self.policy.origin, |it| &it.statement.origin).clone());
        access.explanation = if nobody {
            "no statement lets backup.amazonaws.com use the key".to_owned()
        } else {
            format!("backup.amazonaws.com is not allowed {}", listed(&missing))
        };
        access.actions = missing;
        access
    }
}

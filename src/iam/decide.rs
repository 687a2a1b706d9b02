//! Does a key policy let AWS Backup use the key? The decision table of RULES, section 4, in its order.
//!
//! What is required must all be allowed to one role: AWS Backup does a job with one.

use std::cell::OnceCell;

use super::access::{Access, Verdict};
use super::context::{self, Actor};
use super::document::{Effect, Policy, Principals, Scope, Statement};
use super::facts::Facts;
use super::naming::{self, Naming};
use super::own::inferred;
use super::reach::{self, not_told};
use super::role::{self, Role};
use super::scope::{acts, covers_key};
use super::{actions, principal};
use crate::value::{Origin, Truth, Unknown};

/// The five action families that AWS's examples give the service principal.
const SERVICE_ACTIONS: &[&str] =
    &["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"];

/// Whether the policy, with the grants beside it, lets one role of the account, acting through AWS Backup, do all
/// `required` actions. `None` stands for the default policy, which hands the key to the account's IAM policies.
pub fn backup_access(policy: Option<&Policy>, required: &[&'static str], facts: &Facts) -> Access {
    let Some(policy) = policy else {
        let mut granted = outcome(Verdict::Granted, Origin::default());
        granted.through_account = true;
        granted.explanation = "the default key policy lets the account's IAM policies decide".to_owned();
        return granted;
    };
    let facts = &inferred(policy, facts);
    let judge = Judge::new(policy, facts);
    let mut access = judge.decide(required);
    access.through_account = access.verdict == Verdict::Granted && judge.through_account();
    access.grant_missing_everywhere = judge.everyone().all(|who| judge.allowed(who, "kms:CreateGrant").is_false());
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
    let facts = &inferred(policy, facts);
    let judge = Judge::new(policy, facts);
    let mut access = judge.decide_service();
    access.through_account = judge.through_account();
    access.naming = naming::naming(policy, facts);
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
        naming: Naming::Unwritten,
        explanation: String::new(),
        origin,
    }
}

/// Judges one policy. What hangs on a statement and an actor alone is found once, for all actions.
struct Judge<'a> {
    policy: &'a Policy,
    facts: &'a Facts,
    roles: Vec<Role>,
    statements: Vec<Judged<'a>>,
}

/// Who is asked about: a role by its place in the list, or the service.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    Role(usize),
    Service,
}

/// A statement with what was found of it, for each role and last for the service.
struct Judged<'a> {
    statement: &'a Statement,
    reaches: Vec<OnceCell<Truth>>,
    denies: Vec<OnceCell<Truth>>,
    covers: OnceCell<Truth>,
}

impl<'a> Judge<'a> {
    fn new(policy: &'a Policy, facts: &'a Facts) -> Self {
        let roles = role::candidates(policy, facts);
        let empty = || vec![OnceCell::new(); roles.len() + 1];
        let judged = |statement| Judged { statement, reaches: empty(), denies: empty(), covers: OnceCell::new() };
        let statements = policy.statements.iter().map(judged).collect();
        Judge { policy, facts, roles, statements }
    }

    fn roles(&self) -> impl Iterator<Item = Who> + use<> {
        (0..self.roles.len()).map(Who::Role)
    }

    fn everyone(&self) -> impl Iterator<Item = Who> + use<> {
        self.roles().chain([Who::Service])
    }

    fn role(&self, who: Who) -> Option<&Role> {
        match who {
            Who::Role(at) => self.roles.get(at),
            Who::Service => None,
        }
    }

    fn actor(&self, who: Who) -> Actor<'_> {
        self.role(who).map_or(Actor::Service, Actor::Role)
    }

    fn is_sure(&self, who: Who) -> bool {
        self.role(who).is_some_and(|role| role.sure)
    }

    fn principal(&self, judged: &Judged<'_>, effect: &Effect, who: Who) -> Truth {
        let at = match who {
            Who::Role(at) => at,
            Who::Service => self.roles.len(),
        };
        let actor = self.actor(who);
        match effect {
            Effect::Deny => {
                judged.denies[at].get_or_init(|| reach::denies(judged.statement, actor, self.facts)).clone()
            }
            _ => judged.reaches[at].get_or_init(|| reach::reaches(judged.statement, actor, self.facts)).clone(),
        }
    }

    fn has_effect(judged: &Judged<'_>, effect: &Effect) -> Truth {
        let doubt = judged.statement.unknown.clone().map_or(Truth::True, Truth::Unknown);
        judged.statement.has_effect(effect).and(doubt)
    }

    /// Whether a statement speaks of a request, whatever its conditions and resources.
    fn is_meant(&self, judged: &Judged<'_>, who: Who, action: &str) -> bool {
        Self::has_effect(judged, &Effect::Allow).is_true()
            && self.principal(judged, &Effect::Allow, who).is_true()
            && acts(judged.statement, action, self.facts).is_true()
    }

    /// Whether a statement applies to a request. What is known not to hold decides alone; so the cheap questions come
    /// first.
    fn applies(&self, judged: &Judged<'_>, effect: &Effect, who: Who, action: &str) -> Truth {
        let effective = Self::has_effect(judged, effect);
        if effective.is_false() {
            return effective;
        }
        let action_fits = acts(judged.statement, action, self.facts);
        if action_fits.is_false() {
            return action_fits;
        }
        let principal = self.principal(judged, effect, who);
        if principal.is_false() {
            return principal;
        }
        let condition = context::all_hold(&judged.statement.conditions, self.actor(who), action, self.facts);
        let covers = judged.covers.get_or_init(|| covers_key(judged.statement, self.facts)).clone();
        effective.and(principal).and(action_fits).and(covers).and(condition)
    }

    /// Whether some Allow or grant gives the action, Deny aside.
    fn allowed(&self, who: Who, action: &str) -> Truth {
        let applies = |it: &Judged<'_>| self.applies(it, &Effect::Allow, who, action);
        let by_policy = self.statements.iter().map(applies).fold(Truth::False, Truth::or);
        self.granted(who, action).or(by_policy)
    }

    /// Whether a grant gives the action.
    fn granted(&self, who: Who, action: &str) -> Truth {
        let Some(role) = self.role(who) else { return Truth::False };
        let operation = action.strip_prefix("kms:").unwrap_or(action);
        let grants = self.facts.grants.iter().filter(|it| it.operations.iter().any(|name| name == operation));
        let one = |grant: &super::facts::Grant| match (role.is_grantee(grant, self.facts), &grant.doubt) {
            (false, _) => Truth::False,
            (true, Some(why)) => Truth::Unknown(why.clone()),
            (true, None) => Truth::True,
        };
        grants.map(one).fold(Truth::False, Truth::or)
    }

    /// The statement that denies the action, or whether one may.
    fn denied(&self, who: Who, action: &str) -> Result<Option<usize>, Unknown> {
        let mut doubt = None;
        for (at, statement) in self.statements.iter().enumerate() {
            match self.applies(statement, &Effect::Deny, who, action) {
                Truth::True => return Ok(Some(at)),
                Truth::False => {}
                Truth::Unknown(why) => doubt = doubt.or(Some(why)),
            }
        }
        doubt.map_or(Ok(None), Err)
    }

    /// Whether the action is allowed in the end.
    fn given(&self, who: Who, action: &str) -> Truth {
        let allowed = self.allowed(who, action);
        if allowed.is_false() {
            return allowed;
        }
        match self.denied(who, action) {
            Ok(Some(_)) => Truth::False,
            Ok(None) => allowed,
            Err(why) => allowed.and(Truth::Unknown(why)),
        }
    }

    fn through_account(&self) -> bool {
        self.statements.iter().any(|judged| {
            let Principals::Only(list) = &judged.statement.principals else { return false };
            judged.statement.effect == Effect::Allow
                && list.iter().any(|it| principal::is_everyone(it) || principal::account_root(&it.element).is_some())
                && !self.principal(judged, &Effect::Allow, Who::Role(0)).is_false()
        })
    }

    fn decide(&self, required: &[&'static str]) -> Access {
        if let Some(denied) = self.decide_denied(required, self.roles().collect()) {
            return denied;
        }
        if let Err(why) = self.policy.certain() {
            return outcome(Verdict::Undecided(why), self.policy.origin.clone());
        }
        let mut found: Vec<(Who, Vec<Truth>)> = Vec::new();
        for who in self.roles() {
            let truths: Vec<Truth> = required.iter().map(|action| self.given(who, action)).collect();
            // One that may do everything is enough: the others need not be asked.
            if self.is_sure(who) && truths.iter().all(Truth::is_true) {
                return self.decide_granted(who, required);
            }
            found.push((who, truths));
        }
        let may = |(_, truths): &&(Who, Vec<Truth>)| !truths.iter().any(Truth::is_false);
        if let Some((who, truths)) = found.iter().find(may) {
            let doubt = truths.iter().find_map(|truth| match truth {
                Truth::Unknown(why) => Some(why.clone()),
                _ => None,
            });
            let shown = || self.role(*who).map_or_else(String::new, Role::shown);
            let why = doubt.unwrap_or_else(|| not_told(&shown()));
            return outcome(Verdict::Undecided(why), self.policy.origin.clone());
        }
        let lacks = |truths: &[Truth]| {
            let lacking = required.iter().zip(truths).filter(|(_, truth)| truth.is_false());
            lacking.map(|(action, _)| *action).collect::<Vec<&'static str>>()
        };
        let lacking: Vec<(Who, Vec<&'static str>)> = found.iter().map(|(who, truths)| (*who, lacks(truths))).collect();
        let blocked = lacking.iter().find_map(|(who, missing)| self.decide_blocked(*who, missing));
        blocked.unwrap_or_else(|| self.decide_missing(required, &lacking))
    }

    /// Row 2: a Deny whose conditions hold for all roles, or that names one of AWS Backup's own.
    fn decide_denied(&self, required: &[&'static str], of: Vec<Who>) -> Option<Access> {
        let singled = |action: &str| {
            let sure = of.iter().filter(|who| self.is_sure(**who));
            sure.filter_map(|who| Some((*who, self.role(*who)?))).find_map(|(who, role)| {
                let names = |judged: &Judged<'_>| {
                    reach::singles_out(judged.statement, role, self.facts)
                        && self.applies(judged, &Effect::Deny, who, action).is_true()
                };
                self.statements.iter().position(names)
            })
        };
        let by = |action: &'static str| {
            let all: Option<Vec<usize>> = of.iter().map(|who| self.denied(*who, action).ok().flatten()).collect();
            let at = singled(action).or_else(|| all?.first().copied())?;
            Some((at, action))
        };
        let denied: Vec<(usize, &'static str)> = required.iter().filter_map(|action| by(action)).collect();
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

    /// Row 3: one role has all.
    fn decide_granted(&self, who: Who, required: &[&'static str]) -> Access {
        let mut granted = outcome(Verdict::Granted, self.policy.origin.clone());
        let through = self.statements.iter().position(|statement| {
            let gives = |action: &&str| self.applies(statement, &Effect::Allow, who, action).is_true();
            required.first().is_some_and(gives)
        });
        granted.statement = through;
        match through.and_then(|at| self.policy.statements.get(at)) {
            Some(statement) => {
                granted.origin = statement.origin.clone();
                granted.explanation = format!("{} allows it", statement.label());
            }
            None => granted.explanation = "a grant allows it".to_owned(),
        }
        granted
    }

    /// Row 4: each missing action has a statement that would allow it, but for a condition that never holds or for a
    /// Resource that is missing.
    fn decide_blocked(&self, who: Who, missing: &[&'static str]) -> Option<Access> {
        let blocks = |action: &&'static str| {
            let blocking = |it: &Judged<'_>| self.is_meant(it, who, action);
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
        let actor = self.actor(who);
        let never = statement
            .conditions
            .iter()
            .find(|condition| context::holds(condition, actor, action, self.facts).is_false());
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
    fn decide_missing(&self, required: &[&'static str], lacking: &[(Who, Vec<&'static str>)]) -> Access {
        let fewest = lacking.iter().min_by_key(|(_, missing)| missing.len());
        let (nearest, missing) = fewest.map_or((Who::Role(0), Vec::new()), |(who, missing)| (*who, missing.clone()));
        let reaches = |who| {
            self.statements
                .iter()
                .any(|it| it.statement.effect == Effect::Allow && !self.principal(it, &Effect::Allow, who).is_false())
        };
        let reaches_role = self.roles().any(reaches);
        if !reaches_role && !reaches(Who::Service) {
            let mut access = outcome(Verdict::Nobody, self.policy.origin.clone());
            access.explanation =
                "no statement allows anything to a principal of the account or to backup.amazonaws.com".to_owned();
            access.actions = missing;
            return access;
        }
        let service = |action: &&'static str| !self.allowed(Who::Service, action).is_false();
        let beyond: Vec<&'static str> = missing.iter().copied().filter(|action| !service(action)).collect();
        // Where the account has no key action at all, the statements for the service are all there is.
        if beyond.is_empty() || (!reaches_role && beyond.len() < missing.len()) {
            return self.service_only(missing);
        }
        let nobody: Vec<&'static str> =
            beyond.into_iter().filter(|it| lacking.iter().all(|(_, missing)| missing.contains(it))).collect();
        let mut access = outcome(Verdict::Missing, self.policy.origin.clone());
        access.explanation = match (nobody.as_slice(), self.role(nearest).filter(|role| role.arn.is_some())) {
            ([], Some(role)) if role.is_told() => {
                format!(
                    "no role is allowed all that one job needs, and {} is not allowed {}",
                    role.shown(),
                    listed(&missing)
                )
            }
            ([], _) => format!("no role is allowed all that one job needs: {}", listed(required)),
            (nobody, _) if required.contains(&"kms:Encrypt") && !nobody.contains(&"kms:CreateGrant") => {
                format!(
                    "it is enough to create the vault, but nobody is allowed {}, so it can take no copy",
                    listed(nobody)
                )
            }
            (nobody, _) => format!("nobody is allowed {}", listed(nobody)),
        };
        access.actions = missing;
        access
    }

    /// Row 6.
    fn service_only(&self, missing: Vec<&'static str>) -> Access {
        let gives = |it: &Judged<'_>, action| !self.applies(it, &Effect::Allow, Who::Service, action).is_false();
        let statement = self.statements.iter().position(|it| missing.iter().any(|action| gives(it, action)));
        let origin = statement.and_then(|at| self.policy.statements.get(at)).map(|it| it.origin.clone());
        let mut access = outcome(Verdict::ServiceOnly, origin.unwrap_or_else(|| self.policy.origin.clone()));
        access.explanation = format!(
            "AWS Backup works with the credentials of a role, and only the service principal is allowed {}",
            listed(&missing)
        );
        access.statement = statement;
        access.actions = missing;
        access
    }

    fn decide_service(&self) -> Access {
        if let Some(denied) = self.decide_denied(SERVICE_ACTIONS, vec![Who::Service]) {
            return denied;
        }
        let (mut missing, mut doubt) = (Vec::new(), self.policy.unknown.clone());
        for action in SERVICE_ACTIONS {
            match self.allowed(Who::Service, action) {
                Truth::True => doubt = doubt.or_else(|| self.denied(Who::Service, action).err()),
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
            let gives = |action: &&str| self.applies(it, &Effect::Allow, Who::Service, action).is_true();
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

//! Named predicates: what is hard to tell of a raw value, for rules over any resource.
//!
//! Each has three answers. They take a property as its language gives it, so that the same question can be asked of an
//! `aws_sqs_queue` and of an `AWS::S3::BucketPolicy`.

use super::answer::{flag, truth};
use super::evaluator::Instance;
use super::key_use::{self, KeyUse};
use super::schema::{Answer, Object, class};
use super::stack::Stack;
use super::{keys, policies};
use crate::iam::{self, Facts, Policy};
use crate::value::{Origin, Truth, Unknown, UnknownKind, Value, World};

impl Stack<'_> {
    /// The document that a value holds, as an object of class `policy`; `owner` is the resource that it stands in.
    pub fn policy_of(&self, value: Value, owner: &Instance) -> Object {
        policies::policy_object("policy", owner, "resource", "inline", value, &self.header(owner))
    }

    /// Whether a document lets a principal do an action: see [`iam::allows`].
    pub fn allows(&self, document: &Value, action: &str, principal: &str, world: &mut World<'_>) -> Answer {
        asked(document, world, |policy| iam::allows(policy, action, principal))
    }

    /// Whether a document lets everybody in: see [`iam::is_public`].
    pub fn is_public(&self, document: &Value, world: &mut World<'_>) -> Answer {
        asked(document, world, |policy| iam::is_public(policy, &Facts::default()))
    }

    /// Whether a value names a KMS key of the customer: an ARN, id or alias, or a reference. No key, and a key of AWS
    /// (`alias/aws/...`), are none.
    pub fn is_customer_key(&self, value: &Value, world: &mut World<'_>) -> Answer {
        let KeyUse { owner, origin, .. } = key_use::classify(self, value, world, 0);
        match owner {
            Ok(owner) => flag(owner == "customer", origin),
            Err(why) => Answer::Unknown(why, origin),
        }
    }

    /// The KMS key of this unit that a value names, also through an alias or a look-up. Absent where it names no key of
    /// the customer, unknown where the key is declared elsewhere.
    pub fn key_of(&self, value: &Value, world: &mut World<'_>) -> Answer {
        let KeyUse { owner, key, origin, text, .. } = key_use::classify(self, value, world, 0);
        match (owner, key) {
            (_, Some(key)) => Answer::Object(keys::object(self, key)),
            (Ok("customer"), None) => {
                let name = text.unwrap_or_else(|| "the key".to_owned());
                Answer::Unknown(elsewhere(&format!("{name} is not declared in this unit")), origin)
            }
            (Ok(_), None) => Answer::Absent(origin),
            (Err(why), None) => Answer::Unknown(why, origin),
        }
    }

    /// Whether KMS can rotate the key that a value names (`done` false), or does (`done` true); a replica is rotated with
    /// its primary. False where it names no key of the customer.
    pub fn rotates(&self, value: &Value, done: bool, world: &mut World<'_>) -> Answer {
        match self.key_of(value, world) {
            Answer::Object(key) => self.key_rotates(&key, done, 0, world),
            Answer::Absent(origin) => flag(false, origin),
            other => other,
        }
    }

    fn key_rotates(&self, key: &Object, done: bool, depth: usize, world: &mut World<'_>) -> Answer {
        let mut attribute = |name: &str| {
            let attribute = class("key").and_then(|class| class.attributes.iter().find(|it| it.name == name));
            attribute.map_or(Answer::Absent(key.origin.clone()), |attribute| (attribute.get)(self, key, world))
        };
        let value = match attribute("rotation") {
            Answer::Value(value) => value,
            other => return other,
        };
        match value.as_str() {
            Some("follows-primary") => match attribute("primary") {
                Answer::Object(primary) if depth == 0 => self.key_rotates(&primary, done, 1, world),
                Answer::Unknown(why, origin) => Answer::Unknown(why, origin),
                _ => Answer::Unknown(elsewhere("its primary key is declared elsewhere"), value.origin),
            },
            Some("on") => flag(true, value.origin),
            Some("off") => flag(!done, value.origin),
            _ => flag(false, value.origin),
        }
    }
}

fn elsewhere(why: &str) -> Unknown {
    Unknown::new(UnknownKind::Provider, why)
}

/// Judges a document; inputs in it are settled only where the answer hangs on them. No document lets nobody in.
fn asked(document: &Value, world: &mut World<'_>, judge: impl Fn(&Policy) -> (Truth, Origin)) -> Answer {
    let judge = |document: &Value, _: &mut World<'_>| match document.is_absent() {
        true => (Truth::False, document.origin.clone()),
        false => match Policy::parse(document) {
            Policy { open: Some(why), origin, .. } => (Truth::Unknown(why), origin),
            policy => judge(&policy),
        },
    };
    let undecided = |(truth, _): &(Truth, Origin)| matches!(truth, Truth::Unknown(_));
    let (answer, origin) = super::settle::judge(document, world, judge, undecided);
    truth(answer, origin)
}

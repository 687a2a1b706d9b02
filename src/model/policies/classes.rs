//! The classes `key_policy`, `policy`, `statement`, `principal` and `access`.

use super::super::answer::field;
use super::super::schema::{Attribute, Class, Type};
use super::super::vaults::address;
use super::{faults, statements};

/// A key's policy.
pub(in super::super) static KEY_POLICY: Class = Class {
    name: "key_policy",
    doc: "The policy of a KMS key: written in the key, as a resource of its own, or the default policy that KMS gives.",
    attributes: POLICY_ATTRIBUTES,
};

/// Any policy document.
pub(in super::super) static POLICY: Class = Class {
    name: "policy",
    doc: "A policy document: of a key, a vault, a role or an organisation, or of any resource (`policyOf`).",
    attributes: POLICY_ATTRIBUTES,
};

static POLICY_ATTRIBUTES: &[Attribute] = &[
    Attribute::new(
        "address",
        Type::String,
        "The resource that the policy is for.",
        ["the logical id", "the address"],
        address,
    ),
    Attribute::new(
        "key",
        Type::Object("key"),
        "The key that it is the policy of, where the unit declares it.",
        ["AWS::KMS::Key", "aws_kms_key"],
        |stack, object, _| statements::key(stack, object),
    ),
    Attribute::new(
        "of",
        Type::OneOf(&["key", "vault", "identity", "organization", "resource"]),
        "What sort of policy it is.",
        ["KeyPolicy, AccessPolicy, PolicyDocument, Content", "policy, content"],
        |_, object, _| field(object, "of"),
    ),
    Attribute::new(
        "source",
        Type::OneOf(&["default", "inline", "separate"]),
        "Whether it is written in the resource, as a resource of its own, or not at all: then KMS gives its default policy.",
        ["KeyPolicy", "policy, aws_kms_key_policy"],
        |_, object, _| field(object, "source"),
    ),
    Attribute::new(
        "statements",
        Type::List(&Type::Object("statement")),
        "Its statements; unknown where its text can't be known.",
        ["Statement", "Statement, aws_iam_policy_document"],
        statements::statements,
    ),
    Attribute::new(
        "faults",
        Type::List(&Type::Object("fault")),
        "What KMS refuses in it, its statements aside: an element or a version that there is not, no JSON, too many bytes.",
        ["KeyPolicy", "policy, aws_kms_key_policy"],
        faults::of_policy,
    ),
    Attribute::new(
        "lockout",
        Type::OneOf(&["none", "nobody", "via-service-only"]),
        "Who may still change the policy with kms:PutKeyPolicy: somebody, nobody, or only an AWS service on somebody's behalf.",
        ["KeyPolicy", "policy, aws_kms_key_policy"],
        statements::lockout,
    ),
    Attribute::new(
        "administers_and_uses",
        Type::List(&Type::String),
        "Named principals, apart from the account itself, that may both administer the key and use it, or both use it and schedule its deletion.",
        ["KeyPolicy", "policy, aws_kms_key_policy"],
        statements::administers_and_uses,
    ),
];

/// A statement of a policy.
pub(in super::super) static STATEMENT: Class = Class {
    name: "statement",
    doc: "A statement of a policy.",
    attributes: &[
        Attribute::new(
            "key",
            Type::Object("key"),
            "The key whose policy it stands in, where the unit declares it.",
            ["AWS::KMS::Key", "aws_kms_key"],
            |stack, object, _| statements::key(stack, object),
        ),
        Attribute::new(
            "label",
            Type::String,
            "How messages name it: its Sid, or its place in the list.",
            ["Sid", "Sid, sid"],
            statements::label,
        ),
        Attribute::new("sid", Type::String, "Its Sid.", ["Sid", "Sid, sid"], |_, object, _| {
            statements::member(object, "Sid")
        }),
        Attribute::new(
            "effect",
            Type::OneOf(&["Allow", "Deny"]),
            "Its effect.",
            ["Effect", "Effect, effect"],
            |_, object, _| statements::member(object, "Effect"),
        ),
        Attribute::new(
            "actions",
            Type::List(&Type::String),
            "Its actions, as written.",
            ["Action", "Action, actions"],
            |_, object, _| statements::list(object, "Action"),
        ),
        Attribute::new(
            "not_actions",
            Type::List(&Type::String),
            "The actions that it excludes.",
            ["NotAction", "NotAction, not_actions"],
            |_, object, _| statements::list(object, "NotAction"),
        ),
        Attribute::new(
            "resources",
            Type::List(&Type::String),
            "Its resources, as written.",
            ["Resource", "Resource, resources"],
            |_, object, _| statements::list(object, "Resource"),
        ),
        Attribute::new(
            "principals",
            Type::List(&Type::Object("principal")),
            "Its principals.",
            ["Principal", "Principal, principals"],
            statements::principals,
        ),
        Attribute::new(
            "conditions",
            Type::Any,
            "Its conditions: operator, key, values.",
            ["Condition", "Condition, condition"],
            |_, object, _| statements::member(object, "Condition"),
        ),
        Attribute::new(
            "faults",
            Type::List(&Type::Object("fault")),
            "What KMS refuses in it: an element, effect, type of principal, condition operator or condition key that there is not.",
            ["Statement", "Statement, statement"],
            faults::of_statement,
        ),
        Attribute::new(
            "public",
            Type::OneOf(&["no", "via-service-only", "yes"]),
            "Whether it allows everybody: principal `*` without a condition that narrows it to an account, an organisation or a principal, and without a Deny in the same policy that takes all of it away from everybody else. kms:ViaService alone does not narrow. Unknown where it is not told whether a Deny does.",
            ["Principal, Condition", "Principal, Condition"],
            statements::public,
        ),
        Attribute::new(
            "ineffective",
            Type::OneOf(&[
                "no",
                "no-resource",
                "no-action",
                "other-key",
                "impossible-condition",
                "partly-impossible",
                "partly-impossible-use",
            ]),
            "Why it has no effect, although KMS accepts it: no Resource, no Action, another key of the unit as Resource, or a condition key that none of its actions has; partly, where some of its actions don't have it, use where one of these uses the key.",
            ["Resource, Action, Condition", "Resource, Action, Condition"],
            statements::ineffective,
        ),
        Attribute::new(
            "dead_actions",
            Type::List(&Type::String),
            "Its actions that never have one of the condition keys that it asks for, where others do.",
            ["Action, Condition", "Action, Condition"],
            statements::dead_actions,
        ),
        Attribute::new(
            "dead_condition",
            Type::String,
            "The condition key that these actions don't have.",
            ["Condition", "Condition"],
            statements::dead_condition,
        ),
        Attribute::new(
            "confused_deputy",
            Type::Bool,
            "Whether it lets AWS Backup's service principal in on behalf of any account: no condition on aws:SourceAccount, aws:SourceArn or aws:SourceOrgID.",
            ["Principal.Service, Condition", "Principal.Service, Condition"],
            statements::confused_deputy,
        ),
        Attribute::new(
            "mfa_bypass",
            Type::Bool,
            "Whether it denies with plain Bool on aws:MultiFactorAuthPresent: access keys have no such key, so the Deny passes them by. BoolIfExists is meant.",
            ["Condition.Bool", "Condition.Bool"],
            statements::mfa_bypass,
        ),
        Attribute::new(
            "wildcard_actions",
            Type::List(&Type::String),
            "Its actions that have a wildcard in them.",
            ["Action", "Action, actions"],
            statements::wildcard_actions,
        ),
    ],
};

/// Something that is wrong with the form of a policy.
pub(in super::super) static FAULT: Class = Class {
    name: "fault",
    doc: "Something in a policy that KMS refuses, or that IAM does not support.",
    attributes: &[
        Attribute::new(
            "kind",
            Type::OneOf(&["refused", "unsupported"]),
            "Whether KMS refuses the policy for it, or IAM does not support it.",
            ["KeyPolicy", "policy"],
            |_, object, _| field(object, "kind"),
        ),
        Attribute::new(
            "explanation",
            Type::String,
            "What is wrong, as a clause.",
            ["KeyPolicy", "policy"],
            |_, object, _| field(object, "explanation"),
        ),
        Attribute::new(
            "meant",
            Type::String,
            "What was meant, where something near is right.",
            ["KeyPolicy", "policy"],
            |_, object, _| field(object, "meant"),
        ),
    ],
};

/// A principal of a statement.
pub(in super::super) static PRINCIPAL: Class = Class {
    name: "principal",
    doc: "One principal that a statement names.",
    attributes: &[
        Attribute::new(
            "type",
            Type::String,
            "AWS, Service, Federated, CanonicalUser.",
            ["Principal", "Principal, type"],
            |_, object, _| field(object, "type"),
        ),
        Attribute::new(
            "value",
            Type::String,
            "As written, with marks where it is not known.",
            ["Principal", "Principal, identifiers"],
            |_, object, _| field(object, "value"),
        ),
        Attribute::new(
            "validity",
            Type::OneOf(&["valid", "wildcard", "group", "service-typo", "deleted", "malformed"]),
            "Whether KMS accepts it: no partial wildcards, no groups, no misspelt service; `deleted` is the id that remains of a principal that is gone.",
            ["Principal", "Principal, identifiers"],
            |_, object, _| field(object, "validity"),
        ),
        Attribute::new(
            "suggestion",
            Type::String,
            "What is meant, where it is misspelt.",
            ["Principal", "Principal, identifiers"],
            |_, object, _| field(object, "suggestion"),
        ),
    ],
};

/// Who may do what AWS Backup needs.
pub(in super::super) static ACCESS: Class = Class {
    name: "access",
    doc: "Whether a key policy lets AWS Backup use the key.",
    attributes: &[
        Attribute::new(
            "verdict",
            Type::OneOf(&["granted", "denied", "blocked", "nobody", "service-only", "missing"]),
            "granted; denied by a Deny statement; blocked by a condition that never holds or a missing Resource; nobody lets AWS Backup in; only the service principal is let in; or actions are missing.",
            ["KeyPolicy", "policy, aws_kms_key_policy"],
            |_, object, _| field(object, "verdict"),
        ),
        Attribute::new(
            "through",
            Type::String,
            "Through what it is granted.",
            ["KeyPolicy", "policy"],
            |_, object, _| field(object, "through"),
        ),
        Attribute::new(
            "missing",
            Type::List(&Type::String),
            "The required actions that nobody on AWS Backup's side has.",
            ["Action", "Action"],
            |_, object, _| field(object, "missing"),
        ),
        Attribute::new(
            "grant_missing_everywhere",
            Type::Bool,
            "Whether kms:CreateGrant is allowed to no one: neither to the account's principals nor to the service.",
            ["Action", "Action"],
            |_, object, _| field(object, "grant_missing_everywhere"),
        ),
        Attribute::new(
            "statement",
            Type::Object("statement"),
            "The statement that decides; absent where none does.",
            ["Statement", "Statement"],
            |_, object, _| super::access::statement(object),
        ),
        Attribute::new(
            "condition",
            Type::String,
            "The condition that decides, as text.",
            ["Condition", "Condition"],
            |_, object, _| field(object, "condition"),
        ),
        Attribute::new(
            "explanation",
            Type::String,
            "Why, as the end of a sentence.",
            ["KeyPolicy", "policy"],
            |_, object, _| field(object, "explanation"),
        ),
        Attribute::new(
            "through_account",
            Type::Bool,
            "Whether principals of the account reach the key through account root.",
            ["Principal", "Principal"],
            |_, object, _| field(object, "through_account"),
        ),
        Attribute::new(
            "naming",
            Type::OneOf(&["unwritten", "named", "unnamed"]),
            "Whether any statement names AWS Backup: its service principal, one of its roles, or a condition such as kms:ViaService; unwritten where KMS's default policy holds. Told of `service_access` alone.",
            ["KeyPolicy", "policy, aws_kms_key_policy"],
            |_, object, _| field(object, "naming"),
        ),
        Attribute::new(
            "remedy",
            Type::String,
            "The smallest statements that mend it, in the language of the unit.",
            ["Statement", "Statement"],
            |_, object, _| field(object, "remedy"),
        ),
    ],
};

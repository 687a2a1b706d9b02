//! The calls that monitoring has to see, as CloudTrail records them and as EventBridge passes them on.
//!
//! A call is spelt out to its last field, so that a pattern can be asked whether it matches it. What differs from call to
//! call has another value in each: a pattern that hangs on one (who calls, from where, which key) does not match them all.

use serde_json::{Value as Json, json};

use crate::value::{Truth, Unknown, UnknownKind};

/// The events that make a key useless or open it.
pub(in crate::model) const EVENTS: [&str; 4] = ["ScheduleKeyDeletion", "DisableKey", "PutKeyPolicy", "RevokeGrant"];

/// Stands in a field for the account that the code is deployed to.
pub(super) const ACCOUNT: &str = "\u{F8FE}account";
/// Stands in a field for the region that it is deployed to, where the code does not say it.
pub(super) const REGION: &str = "\u{F8FE}region";

/// Who calls, and from where.
const CALLERS: [(&str, &str, &str); 3] = [
    ("Root", "root", "198.51.100.7"),
    ("IAMUser", "user/operator", "203.0.113.20"),
    ("AssumedRole", "assumed-role/deployment/pipeline", "192.0.2.33"),
];

/// One of [`EVENTS`], called by somebody.
#[derive(Clone, Debug)]
pub(in crate::model) struct Call {
    /// The event's name.
    pub(in crate::model) event: &'static str,
    /// What CloudTrail records, and CloudWatch Logs holds.
    pub(super) record: Json,
    /// What EventBridge matches.
    pub(super) envelope: Json,
}

/// Every call that has to be seen, in one order.
pub(super) fn calls(region: Option<&str>) -> Vec<Call> {
    let region = region.unwrap_or(REGION);
    EVENTS.into_iter().flat_map(|event| (0..CALLERS.len()).map(move |caller| call(event, caller, region))).collect()
}

fn call(event: &'static str, caller: usize, region: &str) -> Call {
    let (kind, name, address) = CALLERS[caller];
    let key = format!("1234abcd-12ab-34cd-56ef-12345678900{caller}");
    let session = if caller == 2 { "true" } else { "false" };
    let record = json!({
        "eventVersion": "1.11",
        "userIdentity": {
            "type": kind,
            "principalId": format!("PRINCIPAL{caller}"),
            "arn": format!("arn:aws:iam::{ACCOUNT}:{name}"),
            "accountId": ACCOUNT,
            "sessionContext": { "attributes": { "mfaAuthenticated": session } },
        },
        "eventTime": "2026-01-01T00:00:00Z",
        "eventSource": "kms.amazonaws.com",
        "eventName": event,
        "awsRegion": region,
        "sourceIPAddress": address,
        "userAgent": format!("agent-{caller}"),
        "requestParameters": { "keyId": key },
        "responseElements": { "keyId": key },
        "requestID": format!("request-{caller}"),
        "eventID": format!("event-{caller}"),
        "readOnly": false,
        "resources": [{
            "accountId": ACCOUNT,
            "type": "AWS::KMS::Key",
            "ARN": format!("arn:aws:kms:{region}:{ACCOUNT}:key/{key}"),
        }],
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    });
    let envelope = json!({
        "version": "0",
        "id": format!("id-{caller}"),
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.kms",
        "account": ACCOUNT,
        "time": "2026-01-01T00:00:00Z",
        "region": region,
        "resources": [],
        "detail": record,
    });
    Call { event, record, envelope }
}

/// What a test with the text `wanted` says of a field. One that only the deployment knows is open where the text says
/// something of an account or region, and else any account and region will do.
pub(super) fn test(wanted: &str, field: &str, holds: impl Fn(&str) -> bool) -> Truth {
    let speaks = [(ACCOUNT, "account", speaks_of_account as fn(&str) -> bool), (REGION, "region", speaks_of_region)];
    if let Some((_, place, _)) = speaks.into_iter().find(|(mark, _, speaks)| field.contains(mark) && speaks(wanted)) {
        let why = format!("the {place} that it is deployed to decides what it matches");
        return Truth::Unknown(Unknown::new(UnknownKind::Input, why));
    }
    holds(&field.replace(ACCOUNT, "111122223333").replace(REGION, "eu-central-1")).into()
}

/// Whether a text has a run of digits that may be a part of an account's number.
fn speaks_of_account(text: &str) -> bool {
    text.split(|letter: char| !letter.is_ascii_digit()).any(|run| run.len() >= 4)
}

/// Whether a text has what may be a part of a region's code: `eu-`, `west-1`.
fn speaks_of_region(text: &str) -> bool {
    let bytes = text.as_bytes();
    let short = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    bytes.windows(2).any(|pair| pair[0] == b'-' && pair[1].is_ascii_digit())
        || text.split(|letter: char| !letter.is_ascii_alphanumeric()).any(short)
}

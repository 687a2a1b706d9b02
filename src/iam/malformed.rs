//! What KMS refuses in a key policy, whatever it says: elements, effects, versions and principals that there are not.
//!
//! Sources: IAM User Guide, "Grammar of the IAM JSON policy language" and "IAM JSON policy elements"; AWS KMS Developer
//! Guide, "Resource quotas" (32,768 bytes).

use super::document::{document, member};
use super::names::{self, Known, nearest};
use crate::value::{Entry, Kind, Origin, Part, Unknown, UnknownKind, Value};

/// One thing that is wrong with a policy.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Whether KMS refuses the policy for it; otherwise it is what IAM does not support.
    pub refused: bool,
    /// What is wrong, as a clause: `statement 2 has the condition operator StringEqual, which there is not`.
    pub explanation: String,
    /// What was meant, where that is near.
    pub meant: Option<String>,
    /// Where.
    pub origin: Origin,
}

/// Most bytes of a key policy.
const MAX_BYTES: usize = 32_768;

const DOCUMENT: [&str; 3] = ["Version", "Id", "Statement"];
const STATEMENT: [&str; 9] =
    ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];
const EFFECTS: [&str; 2] = ["Allow", "Deny"];
const PRINCIPALS: [&str; 4] = ["AWS", "Service", "Federated", "CanonicalUser"];

/// What is wrong with the form of a key policy, its statements aside.
///
/// # Errors
/// Why that can't be told, where nothing is wrong for sure.
pub fn document_faults(policy: &Value) -> Result<Vec<Fault>, Unknown> {
    let mut reader = Reader { faults: Vec::new(), doubt: None };
    match document(policy) {
        Ok(map) => reader.document(&map, policy),
        Err(why) => {
            let known = policy.parts().is_some_and(|parts| parts.iter().all(|it| matches!(it, Part::Literal(_))));
            if why.kind != UnknownKind::Error || !known {
                return Err(why);
            }
            reader.refuse("it is no JSON object", None, &policy.origin);
        }
    }
    reader.answer()
}

/// What is wrong with the form of a statement of a key policy; `ordinal` is its place in the list, from 1.
///
/// # Errors
/// Why that can't be told, where nothing is wrong for sure.
pub fn statement_faults(statement: &Value, ordinal: usize) -> Result<Vec<Fault>, Unknown> {
    let mut reader = Reader { faults: Vec::new(), doubt: None };
    match &statement.kind {
        Kind::Map(_) => reader.statement(statement, ordinal),
        _ => reader.doubt(statement),
    }
    reader.answer()
}

struct Reader {
    faults: Vec<Fault>,
    doubt: Option<Unknown>,
}

impl Reader {
    fn refuse(&mut self, explanation: impl Into<String>, meant: Option<&str>, origin: &Origin) {
        let fault = Fault {
            refused: true,
            explanation: explanation.into(),
            meant: meant.map(str::to_owned),
            origin: origin.clone(),
        };
        self.faults.push(fault);
    }

    fn answer(self) -> Result<Vec<Fault>, Unknown> {
        match (self.faults.is_empty(), self.doubt) {
            (true, Some(why)) => Err(why),
            _ => Ok(self.faults),
        }
    }

    fn doubt(&mut self, value: &Value) {
        self.doubt = self.doubt.take().or_else(|| value.first_unknown());
    }

    fn document(&mut self, map: &Value, policy: &Value) {
        self.names(map, &DOCUMENT, "the policy", "element");
        if let Some(version) = member(map, "Version").and_then(|it| Some((it, it.as_str()?)))
            && !VERSIONS.contains(&version.1)
        {
            let meant = nearest(version.1, VERSIONS);
            self.refuse(format!("its Version is {}", version.1), meant.or(Some(VERSIONS[0])), &version.0.origin);
        }
        let bytes = size(map);
        if bytes > MAX_BYTES {
            let told = format!("it has {bytes} bytes, and a key policy has {MAX_BYTES} at most");
            self.refuse(told, None, &policy.origin);
        }
    }

    /// Names of a map that are not in a closed list; the case of letters is not judged.
    fn names(&mut self, map: &Value, list: &[&'static str], of: &str, what: &str) {
        for entry in entries(map) {
            let known = list.iter().any(|name| name.eq_ignore_ascii_case(&entry.key)) || entry.key.contains('⟦');
            if !known {
                let told = format!("{of} has the {what} {}, which there is not", entry.key);
                self.refuse(told, nearest(&entry.key, list.iter().copied()), &place(entry));
            }
        }
    }

    fn statement(&mut self, statement: &Value, ordinal: usize) {
        let sid = member(statement, "Sid").and_then(Value::marked).filter(|sid| !sid.is_empty());
        let label = sid.map_or_else(|| format!("statement {ordinal}"), |sid| format!("statement \"{sid}\""));
        self.names(statement, &STATEMENT, &label, "element");
        for (one, other) in [("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")] {
            if let (Some(_), Some(second)) = (member(statement, one), member(statement, other)) {
                self.refuse(format!("{label} has both {one} and {other}"), None, &second.origin);
            }
        }
        let effect = member(statement, "Effect");
        match effect.map(|effect| (effect, effect.as_str())) {
            None => self.refuse(format!("{label} has no Effect"), None, &statement.origin),
            Some((_, Some(text))) if EFFECTS.contains(&text) => {}
            Some((effect, Some(text))) => {
                self.refuse(format!("{label} has the Effect {text}"), nearest(text, EFFECTS), &effect.origin);
            }
            Some((effect, None)) => self.doubt(effect),
        }
        match (member(statement, "Principal"), member(statement, "NotPrincipal")) {
            (None, None) => self.refuse(format!("{label} names no Principal"), None, &statement.origin),
            (Some(principal), _) => self.principal(principal, &label),
            (None, Some(principal)) => {
                self.principal(principal, &label);
                if effect.and_then(Value::as_str) == Some("Allow") {
                    let explanation = format!("{label} allows everyone but some with NotPrincipal");
                    let origin = principal.origin.clone();
                    self.faults.push(Fault { refused: false, explanation, meant: None, origin });
                }
            }
        }
        if let Some(conditions) = member(statement, "Condition") {
            self.conditions(conditions, &label);
        }
    }

    fn principal(&mut self, principal: &Value, label: &str) {
        let plain = matches!(principal.kind, Kind::String(_) | Kind::Number(_) | Kind::Bool(_));
        match (&principal.kind, principal.marked().filter(|_| plain)) {
            (Kind::Map(entries), _) => {
                for entry in entries.iter().filter(|it| !it.value.is_absent()) {
                    if !PRINCIPALS.contains(&&*entry.key) && !entry.key.contains('⟦') {
                        let told = format!("{label} has the type of principal {}, which there is not", entry.key);
                        self.refuse(told, nearest(&entry.key, PRINCIPALS), &place(entry));
                    }
                    if matches!(&entry.value.kind, Kind::List(items) if items.is_empty()) {
                        self.refuse(format!("{label} names no principal under {}", entry.key), None, &place(entry));
                    }
                }
                if entries.is_empty() {
                    self.refuse(format!("{label} names no principal"), None, &principal.origin);
                }
            }
            (_, Some(text)) if text == "*" => {}
            (_, Some(text)) => {
                let told = format!(
                    "{label} has the text \"{text}\" as its Principal, where only \"*\" may stand without a type"
                );
                self.refuse(told, Some(&format!("{{ AWS: \"{text}\" }}")), &principal.origin);
            }
            (Kind::List(_), _) => {
                self.refuse(format!("{label} has a list as its Principal"), None, &principal.origin);
            }
            _ => self.doubt(principal),
        }
    }

    fn conditions(&mut self, conditions: &Value, label: &str) {
        if !matches!(conditions.kind, Kind::Map(_)) {
            return self.doubt(conditions);
        }
        for operator in entries(conditions) {
            if let Known::No(meant) = names::operator(&operator.key) {
                let told = format!("{label} has the condition operator {}, which there is not", operator.key);
                self.refuse(told, meant.as_deref(), &place(operator));
            }
            if !matches!(operator.value.kind, Kind::Map(_)) {
                self.doubt(&operator.value);
            }
            for key in entries(&operator.value) {
                if let Known::No(meant) = names::key(&key.key) {
                    // A global key may be younger than the list here.
                    let refused = meant.is_some() || !key.key.to_ascii_lowercase().starts_with("aws:");
                    let explanation = format!("{label} has the condition key {}, which there is not", key.key);
                    self.faults.push(Fault { refused, explanation, meant, origin: place(key) });
                }
            }
        }
    }
}

fn entries(map: &Value) -> impl Iterator<Item = &Entry> {
    let entries: &[Entry] = match &map.kind {
        Kind::Map(entries) => entries,
        _ => &[],
    };
    entries.iter().filter(|entry| !entry.value.is_absent())
}

fn place(entry: &Entry) -> Origin {
    entry.key_span.map_or_else(|| entry.value.origin.clone(), Origin::at)
}

/// How many bytes a value has as JSON without blanks, at least.
fn size(value: &Value) -> usize {
    match &value.kind {
        Kind::Map(entries) => {
            let one = |entry: &Entry| entry.key.len() + 4 + size(&entry.value);
            2 + entries.iter().filter(|it| !it.value.is_absent()).map(one).sum::<usize>()
        }
        Kind::List(items) => 2 + items.iter().map(|item| size(item) + 1).sum::<usize>(),
        _ => {
            let literal = |part: Part| if let Part::Literal(text) = part { text.len() } else { 0 };
            2 + value.parts().unwrap_or_default().into_iter().map(literal).sum::<usize>()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let policy = Value::string(text, Origin::default());
        let all = document_faults(&policy).and_then(|mut all| {
            let map = document(&policy).unwrap_or_else(|_| Value::omitted());
            let list = member(&map, "Statement").map_or(&[][..], Value::items);
            for (at, statement) in list.iter().enumerate() {
                all.extend(statement_faults(statement, at + 1)?);
            }
            Ok(all)
        });
        match all {
            Err(why) => format!("unknown: {}", why.reason),
            Ok(faults) => {
                let one = |fault: Fault| {
                    let meant = fault.meant.map(|it| format!(" ({it}?)")).unwrap_or_default();
                    format!("{}{}{meant}", if fault.refused { "" } else { "unsupported: " }, fault.explanation)
                };
                faults.into_iter().map(one).collect::<Vec<_>>().join("; ")
            }
        }
    }

    fn statement(inner: &str) -> String {
        told(&format!(r#"{{"Version": "2012-10-17", "Statement": [{{{inner}}}]}}"#))
    }

    #[test]
    fn what_kms_refuses() {
        let rest = r#""Action": "kms:*", "Resource": "*""#;
        let table = [
            (r#""Effect": "Allow", "Principal": "*""#, ""),
            (r#""Effect": "Allow", "Principal": {"AWS": "111122223333"}"#, ""),
            (r#""Effect": "allow", "Principal": "*""#, "statement 1 has the Effect allow (Allow?)"),
            (r#""Principal": "*""#, "statement 1 has no Effect"),
            (r#""Effect": "Allow""#, "statement 1 names no Principal"),
            (
                r#""Effect": "Allow", "Principle": "*""#,
                "statement 1 has the element Principle, which there is not (Principal?); statement 1 names no Principal",
            ),
            (
                r#""Effect": "Allow", "Principal": "111122223333""#,
                r#"statement 1 has the text "111122223333" as its Principal, where only "*" may stand without a type ({ AWS: "111122223333" }?)"#,
            ),
            (
                r#""Sid": "S", "Effect": "Allow", "Principal": {"Aws": "111122223333"}"#,
                r#"statement "S" has the type of principal Aws, which there is not (AWS?)"#,
            ),
            (r#""Effect": "Allow", "Principal": {"AWS": []}"#, "statement 1 names no principal under AWS"),
            (r#""Effect": "Allow", "Principal": {}"#, "statement 1 names no principal"),
            (r#""Effect": "Allow", "Principal": ["*"]"#, "statement 1 has a list as its Principal"),
            (
                r#""Effect": "Allow", "Principal": "*", "NotPrincipal": "*""#,
                "statement 1 has both Principal and NotPrincipal",
            ),
            (r#""Effect": "Deny", "NotPrincipal": {"AWS": "111122223333"}"#, ""),
            (
                r#""Effect": "Allow", "NotPrincipal": {"AWS": "111122223333"}"#,
                "unsupported: statement 1 allows everyone but some with NotPrincipal",
            ),
            (
                r#""Effect": "Allow", "Principal": "*", "Condition": {"StringEqual": {"kms:CallerAccount": "1"}}"#,
                "statement 1 has the condition operator StringEqual, which there is not (StringEquals?)",
            ),
            (
                r#""Effect": "Allow", "Principal": "*", "Condition": {"StringEquals": {"kms:CallerAcount": "1"}}"#,
                "statement 1 has the condition key kms:CallerAcount, which there is not (kms:CallerAccount?)",
            ),
            (
                r#""Effect": "Allow", "Principal": "*", "Condition": {"StringEquals": {"aws:SomethingNew": "1"}}"#,
                "unsupported: statement 1 has the condition key aws:SomethingNew, which there is not",
            ),
        ];
        for (inner, wanted) in table {
            assert_eq!(statement(&format!("{inner}, {rest}")), wanted, "{inner}");
        }
        assert_eq!(told("{"), "it is no JSON object");
        assert_eq!(told(r#""{\"Statement\": []}""#), "it is no JSON object");
        assert_eq!(told(r#"{"Version": "2012-10-07", "Statement": []}"#), "its Version is 2012-10-07 (2012-10-17?)");
        assert_eq!(
            told(r#"{"Statements": []}"#),
            "the policy has the element Statements, which there is not (Statement?)"
        );
        let long =
            format!(r#"{{"Statement": {{"Effect": "Allow", "Principal": "*", "Sid": "{}"}}}}"#, "a".repeat(32_768));
        assert!(told(&long).starts_with("it has 328"), "{}", &told(&long)[..60]);
    }
}

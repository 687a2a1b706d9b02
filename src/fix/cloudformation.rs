//! Fixes in templates, YAML and JSON.

use super::heredoc;
use super::nodes::{Document, Members};
use super::outline::{Format, Step, Tree};
use super::piece::{Piece, Syntax};
use super::references;
use super::statement::{self, Account, Statement};
use super::text::{Change, Text};
use super::{Context, Draft, policy};
use crate::finding::{Finding, Safety};
use crate::read::tree::{Data, Error, Member, Node, Style};
use crate::read::{json, yaml};
use crate::source::{Source, Span};

/// The fix of a finding about a resource of a template.
pub(super) fn draft(finding: &Finding, context: &Context<'_>, source: &Source) -> Option<Draft> {
    let (root, format) = read(source)?;
    let document = Document { text: Text::new(source.text()), format, offset: 0 };
    let resources = root.member("Resources").filter(|member| member.value.tag.is_none())?;
    let header = context.subject.header;
    let resource = resources.value.members().iter().find(|member| member.key_span.start == header.start)?;
    let template = Template { document, source, root: &root, resources, resource };
    let made = match &*finding.rule {
        "key-rotation" => template.rotation(),
        "key-retained" => template.retained(),
        "key-policy-backup-access" => template.access(finding, context),
        "key-policy-service-principal" => template.service(finding),
        "vault-key-format" => template.arn(finding),
        "vault-customer-key" => template.customer_key(context, finding.primary.span),
        _ => None,
    }?;
    let Made { title, safety, changes, says } = made;
    Some(Draft { title, safety, span: source.whole(), format, changes, says })
}

/// The tree of a template: JSON where the text starts like JSON and is some, else YAML.
fn read(source: &Source) -> Option<(Node, Format)> {
    let sound = |(node, errors): (Option<Node>, Vec<Error>)| {
        if errors.iter().any(|error| error.fatal) { None } else { node }
    };
    if source.text().trim_start().starts_with(['{', '['])
        && let Some(node) = sound(json::read(source))
    {
        return Some((node, Format::Json));
    }
    sound(yaml::read(source)).map(|node| (node, Format::Yaml))
}

/// The statements that are wanted, once it is known how the account is written.
type Wanted<'w> = dyn Fn(&Account) -> Vec<Statement> + 'w;

/// A draft without its text.
struct Made {
    title: String,
    safety: Safety,
    changes: Vec<Change>,
    says: Vec<(Vec<Step>, Tree)>,
}

struct Template<'t> {
    document: Document<'t>,
    source: &'t Source,
    root: &'t Node,
    resources: &'t Member,
    /// The subject.
    resource: &'t Member,
}

impl Template<'_> {
    fn name(&self) -> &str {
        &self.resource.key
    }

    fn syntax(&self) -> Syntax {
        self.document.syntax()
    }

    fn path(&self, steps: &[&str]) -> Vec<Step> {
        ["Resources", self.name()].into_iter().chain(steps.iter().copied()).map(Step::key).collect()
    }

    /// The member itself, where it is written in this resource (and not merged in from elsewhere).
    fn own<'n>(&self, map: &'n Node, key: &str) -> Option<&'n Member> {
        map.member(key).filter(|member| map.span.contains(member.key_span))
    }

    fn property(&self, name: &str) -> Option<&Member> {
        self.own(self.own(&self.resource.value, "Properties").map(|member| &member.value)?, name)
    }

    /// Adds a property, and `Properties` where there are none.
    fn add_property(&self, name: &str, value: &Piece) -> Option<Vec<Change>> {
        let new: Vec<(String, Piece)> = vec![(name.to_owned(), value.clone())];
        match self.own(&self.resource.value, "Properties") {
            Some(member) => self.document.add_members(member, &member.value, None, &new),
            None => self.add_attributes(&[("Properties".to_owned(), Piece::Map(new))]),
        }
    }

    /// Adds attributes of the resource itself, below its type.
    fn add_attributes(&self, members: &Members) -> Option<Vec<Change>> {
        self.document.add_members(self.resource, &self.resource.value, Some("Type"), members)
    }

    fn rotation(&self) -> Option<Made> {
        // Where it hangs on a condition whether KMS can rotate the key, rotation must hang on it too.
        let literal = |name: &&str| {
            self.property(name).is_none_or(|member| member.value.tag.is_none() && member.value.as_str().is_some())
        };
        if !["KeySpec", "KeyUsage", "Origin"].iter().all(literal) {
            return None;
        }
        let on = Piece::Bool(true);
        let changes = match self.property("EnableKeyRotation") {
            None => self.add_property("EnableKeyRotation", &on)?,
            Some(member) => {
                let node = &member.value;
                let off = match &node.data {
                    Data::Bool(flag) => !flag,
                    Data::String(text) => node.tag.is_none() && text.eq_ignore_ascii_case("false"),
                    _ => false,
                };
                if !(off || references::is_nothing(node)) {
                    return None;
                }
                self.document.replace(member, &on)?
            }
        };
        let says = vec![(self.path(&["Properties", "EnableKeyRotation"]), on.tree(self.syntax()))];
        let title = format!("Turn on automatic rotation of key {}", self.name());
        Some(Made { title, safety: Safety::Safe, changes, says })
    }

    fn retained(&self) -> Option<Made> {
        let retain = Piece::str("Retain");
        let (mut changes, mut says, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        for name in ["DeletionPolicy", "UpdateReplacePolicy"] {
            match self.own(&self.resource.value, name) {
                None => missing.push((name.to_owned(), retain.clone())),
                Some(member) => match (member.value.as_str(), &member.value.tag) {
                    (Some("Retain" | "RetainExceptOnCreate"), None) => continue,
                    (Some(_), None) => changes.extend(self.document.replace(member, &retain)?),
                    _ => return None,
                },
            }
            says.push((self.path(&[name]), retain.tree(self.syntax())));
        }
        if !missing.is_empty() {
            changes.extend(self.add_attributes(&missing)?);
        }
        let title = format!("Keep key {} when the stack is deleted", self.name());
        Some(Made { title, safety: Safety::Unsafe, changes, says })
    }

    fn access(&self, finding: &Finding, context: &Context<'_>) -> Option<Made> {
        let title = format!("Let AWS Backup use key {}", self.name());
        let wanted = |account: &Account| statement::access(context.missing, account);
        self.statements(title, &wanted, finding.primary.span)
    }

    fn service(&self, finding: &Finding) -> Option<Made> {
        let title = format!("Let backup.amazonaws.com use key {}", self.name());
        if self.property("KeyPolicy").is_none() {
            // Who writes a policy where there was none takes it over from whoever changed it outside of the template.
            let policy = statement::minimal(&account());
            let changes = self.add_property("KeyPolicy", &policy)?;
            let says = vec![(self.path(&["Properties", "KeyPolicy"]), policy.tree(self.syntax()))];
            return Some(Made { title, safety: Safety::Unsafe, changes, says });
        }
        self.statements(title, &|account| vec![statement::service(account)], finding.primary.span)
    }

    /// Adds statements to the key's policy: a document, or JSON in a `Sub`.
    fn statements(&self, title: String, wanted: &Wanted<'_>, primary: Span) -> Option<Made> {
        let member = self.property("KeyPolicy")?;
        let path = self.path(&["Properties", "KeyPolicy"]);
        let node = &member.value;
        let (changes, says) = if node.is_mapping() {
            policy::add(&self.document, node, wanted(&account()), primary)?
        } else {
            let substituted = node.tag.as_ref().is_some_and(|tag| &*tag.text == "!Sub");
            if node.style != Style::Literal || !substituted {
                return None;
            }
            heredoc::add(self.source, node.span, wanted(&embedded_account()), primary)?
        };
        Some(Made { title, safety: Safety::Safe, changes, says: policy::below(&path, says) })
    }

    /// `!Ref Key` to `!GetAtt Key.Arn`, also inside of an `If`.
    fn arn(&self, finding: &Finding) -> Option<Made> {
        let member = self.property("EncryptionKeyArn")?;
        let reference = references::deciding(&member.value, finding.primary.span)?;
        let key = self.key_of(&reference.resource, 0)?;
        if key == reference.resource && reference.attribute.as_deref() == Some("Arn") {
            return None;
        }
        let (changes, says) = references::to_arn(&self.document, reference.node, &key)?;
        let path = [self.path(&["Properties", "EncryptionKeyArn"]), reference.path].concat();
        let title = format!("Refer to the ARN of key {key}");
        Some(Made { title, safety: Safety::Safe, changes, says: vec![(path, says)] })
    }

    /// The key with this logical id, or the one that the alias with this logical id points to.
    fn key_of(&self, resource: &str, depth: usize) -> Option<String> {
        let body = self.resources.value.get(resource)?;
        match body.get("Type")?.as_str()? {
            "AWS::KMS::Key" | "AWS::KMS::ReplicaKey" => Some(resource.to_owned()),
            "AWS::KMS::Alias" if depth == 0 => {
                let target = references::deciding(body.get("Properties")?.get("TargetKeyId")?, body.span)?;
                self.key_of(&target.resource, 1)
            }
            _ => None,
        }
    }

    fn customer_key(&self, context: &Context<'_>, primary: Span) -> Option<Made> {
        // A property of another name is meant to be the key: what it says is to be kept, under the right name.
        let properties = self.resource.value.get("Properties").map(Node::members).unwrap_or_default();
        let decides = |member: &&Member| member.value.whole().contains(primary);
        if properties.iter().find(decides).is_some_and(|member| &*member.key != "EncryptionKeyArn") {
            return None;
        }
        let (key, added) = match self.fit_key(context) {
            Some(key) => (key, None),
            None => {
                let name = statement::unused("BackupKey", |name| self.is_taken(name));
                let piece = self.new_key();
                let changes = self.document.add_sibling(self.resources, self.resource, &name, &piece)?;
                let path = vec![Step::key("Resources"), Step::key(&name)];
                (name, Some((changes, (path, piece.tree(self.syntax())))))
            }
        };
        let value = Piece::Call("GetAtt", format!("{key}.Arn"));
        let path = self.path(&["Properties", "EncryptionKeyArn"]);
        let (mut changes, mut says) = match self.property("EncryptionKeyArn") {
            None => {
                let changes = self.add_property("EncryptionKeyArn", &value)?;
                (changes, vec![(path, value.tree(self.syntax()))])
            }
            Some(member) => {
                let (changes, tree) = self.replace_key(member, &value, &key)?;
                (changes, vec![(path, tree)])
            }
        };
        let title = match added {
            None => format!("Encrypt vault {} with key {key}", self.name()),
            Some((more, said)) => {
                changes.extend(more);
                says.push(said);
                format!("Add key {key} and encrypt vault {} with it", self.name())
            }
        };
        Some(Made { title, safety: Safety::Unsafe, changes, says })
    }

    /// Replaces what means that no key of one's own is given: nothing, or a literal (an alias of AWS).
    fn replace_key(&self, member: &Member, value: &Piece, key: &str) -> Option<(Vec<Change>, Tree)> {
        let node = &member.value;
        let substituted = |tag: &str| tag == "!Sub";
        let literal = node.as_str().is_some() && node.tag.as_ref().is_none_or(|tag| substituted(&tag.text));
        let long = matches!(node.members(), [only] if &*only.key == "Fn::Sub" && only.value.as_str().is_some());
        if !(literal || long || references::is_nothing(node)) {
            return None;
        }
        if node.is_mapping() && node.style == Style::Block {
            return references::to_arn(&self.document, node, key);
        }
        Some((self.document.replace(member, value)?, value.tree(self.syntax())))
    }

    /// The one key of the template that fits; two of them leave the choice to people.
    fn fit_key(&self, context: &Context<'_>) -> Option<String> {
        let here = |span: Span| span.source == self.source.id();
        let mut fit = context.others.iter().filter(|other| other.fit && here(other.span));
        let only = fit.next().filter(|_| fit.next().is_none())?;
        let member = self.resources.value.members().iter().find(|member| member.key_span.start == only.header.start)?;
        // A key that speaks of the vault can't be the vault's: each would wait for the other.
        let text = self.source.slice(member.value.span);
        let mentions = text.match_indices(self.name()).any(|(at, name)| {
            let word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            !word(text[..at].chars().next_back()) && !word(text[at + name.len()..].chars().next())
        });
        (!mentions).then(|| member.key.to_string())
    }

    fn is_taken(&self, name: &str) -> bool {
        let sections = ["Resources", "Parameters", "Conditions", "Mappings"];
        sections.iter().any(|section| self.root.get(section).is_some_and(|members| members.get(name).is_some()))
    }

    /// A key that lives and dies under the vault's condition.
    fn new_key(&self) -> Piece {
        let mut members = vec![("Type", Piece::str("AWS::KMS::Key"))];
        if let Some(condition) = self.resource.value.get("Condition").and_then(Node::as_str) {
            members.push(("Condition", Piece::str(condition)));
        }
        members.push(("DeletionPolicy", Piece::str("Retain")));
        members.push(("UpdateReplacePolicy", Piece::str("Retain")));
        let properties = vec![("EnableKeyRotation", Piece::Bool(true)), ("KeyPolicy", statement::minimal(&account()))];
        members.push(("Properties", Piece::map(properties)));
        Piece::map(members)
    }
}

fn account() -> Account {
    Account {
        root: Piece::Call("Sub", "arn:${AWS::Partition}:iam::${AWS::AccountId}:root".to_owned()),
        number: Piece::Call("Ref", "AWS::AccountId".to_owned()),
    }
}

/// The same inside of a string that `Sub` fills in.
fn embedded_account() -> Account {
    Account {
        root: Piece::str("arn:${AWS::Partition}:iam::${AWS::AccountId}:root"),
        number: Piece::str("${AWS::AccountId}"),
    }
}

//! Statements for AWS Backup, added to the policy of a key wherever it is written: `jsonencode`, a heredoc, an
//! `aws_iam_policy_document`; in the key itself or in an `aws_kms_key_policy`.

use super::super::native::{attribute, names, path};
use super::super::outline::{self, Step, Tree};
use super::super::piece::{Layout, Piece, Syntax};
use super::super::statement::{self, Account, Statement};
use super::super::text::Change;
use super::super::{Context, Declared, Draft, heredoc, policy};
use super::{File, Subject, module, name, open};
use crate::finding::{Finding, Safety};
use crate::read::hcl::ast::{Attribute, Block, Expr, ExprKind, ObjectItem};
use crate::source::Span;

/// The statements that are wanted, once it is known how the account is written.
type Wanted<'w> = dyn Fn(&Account) -> Vec<Statement> + 'w;

/// The fix of `key-policy-backup-access`.
pub(super) fn access(subject: &Subject<'_>, finding: &Finding) -> Option<Draft> {
    let title = format!("Let AWS Backup use key {}", subject.address());
    let wanted = |account: &Account| statement::access(subject.context.missing, account);
    add(subject, title, &wanted, finding.primary.span)
}

/// The fix of `key-policy-service-principal`.
pub(super) fn service(subject: &Subject<'_>, finding: &Finding) -> Option<Draft> {
    let title = format!("Let backup.amazonaws.com use key {}", subject.address());
    let wanted = |account: &Account| vec![statement::service(account)];
    if is_without_policy(subject) {
        return minimal(subject, title);
    }
    add(subject, title, &wanted, finding.primary.span)
}

/// The argument that holds a key's policy.
fn argument(kind: &str) -> &'static str {
    if kind == "awscc_kms_key" { "key_policy" } else { "policy" }
}

fn is_without_policy(subject: &Subject<'_>) -> bool {
    let written = attribute(&subject.block.body, argument(&subject.context.subject.kind)).is_some();
    !written && subject.siblings("aws_kms_key_policy").next().is_none()
}

/// A policy where there was none. It takes the policy over from whoever changed it outside of the configuration.
fn minimal(subject: &Subject<'_>, title: String) -> Option<Draft> {
    if subject.context.subject.kind != "aws_kms_key" || attribute(&subject.block.body, "provider").is_some() {
        return None;
    }
    let native = subject.file.native();
    let who = Who::of(subject.context, "", Quoting::Expression)?;
    let policy = statement::minimal(&who.account);
    let text = encoded(&policy, "  ", native.text.eol);
    let mut changes = native.add_attribute(subject.block, "policy", &text)?;
    let mut says = vec![(subject.path(&[Step::key("policy")]), encoded_tree(&policy))];
    who.declare(subject.file, subject.block, &mut changes, &mut says);
    Some(subject.file.draft(title, Safety::Unsafe, changes, says))
}

/// `jsonencode(...)` of a policy, for an argument that is indented by `indent`.
pub(super) fn encoded(policy: &Piece, indent: &str, eol: &'static str) -> String {
    let layout = Layout { lines: true, indent: indent.to_owned(), unit: "  ".to_owned(), eol };
    format!("jsonencode({})", policy.write(Syntax::Hcl, &layout))
}

pub(super) fn encoded_tree(policy: &Piece) -> Tree {
    Tree::Tagged("jsonencode".to_owned(), Box::new(Tree::List(vec![policy.tree(Syntax::Hcl)])))
}

fn add(subject: &Subject<'_>, title: String, wanted: &Wanted<'_>, primary: Span) -> Option<Draft> {
    let separate: Vec<&Declared> = subject.siblings("aws_kms_key_policy").collect();
    match attribute(&subject.block.body, argument(&subject.context.subject.kind)) {
        Some(written) if separate.is_empty() => {
            add_to(subject, subject.file, subject.block, written, title, wanted, primary)
        }
        None => {
            let mut mine = separate.into_iter().filter_map(|other| {
                let file = open(subject.context, other.span)?;
                let block = file.block(other)?;
                let key = names(&attribute(&block.body, "key_id")?.value)?;
                let own = [subject.context.subject.kind.as_str(), name(subject.context.subject)];
                (key.len() == 3 && key.starts_with(&own)).then_some((other, file))
            });
            let (other, file) = mine.next().filter(|_| mine.next().is_none())?;
            let block = file.block(other)?;
            let written = attribute(&block.body, "policy")?;
            add_to(subject, &file, block, written, title, wanted, primary)
        }
        // Two policies for one key: another rule's finding.
        Some(_) => None,
    }
}

fn add_to(
    subject: &Subject<'_>,
    file: &File,
    block: &Block,
    written: &Attribute,
    title: String,
    wanted: &Wanted<'_>,
    primary: Span,
) -> Option<Draft> {
    let text = file.source.slice(written.value.span);
    let at = [path(&file.body, block), vec![Step::key(&written.name)]].concat();
    if let Some(names) = names(&written.value) {
        let ["data", "aws_iam_policy_document", document, "json"] = names.as_slice() else { return None };
        let declared = subject.siblings("aws_iam_policy_document").find(|other| name(other) == *document)?;
        let file = open(subject.context, declared.span)?;
        let block = file.block(declared)?;
        return document_statements(subject, &file, block, title, wanted, primary);
    }
    if let (true, Some((start, content))) = (text.starts_with("<<"), outline::heredoc(text)) {
        let start = written.value.span.start as usize + start;
        let span = Span::new(written.value.span.source, start, start + content.trim_end().len());
        let who = Who::of(subject.context, content, Quoting::Template)?;
        let (mut changes, says) = heredoc::add(&file.source, span, wanted(&who.account), primary)?;
        let mut says = policy::below(&at, says);
        who.declare(file, block, &mut changes, &mut says);
        return Some(file.draft(title, Safety::Safe, changes, says));
    }
    let ExprKind::Call { name, arguments, expand_last: false, .. } = &written.value.kind else { return None };
    let [argument] = arguments.as_slice() else { return None };
    if &**name != "jsonencode" {
        return None;
    }
    let who = Who::of(subject.context, text, Quoting::Expression)?;
    let list = member(argument, "Statement")?;
    let (mut changes, says) = object_statements(file, list, wanted(&who.account), primary)?;
    let at = [at, vec![Step::Item(0), Step::key("Statement")]].concat();
    let mut says = policy::below(&at, says);
    who.declare(file, block, &mut changes, &mut says);
    Some(file.draft(title, Safety::Safe, changes, says))
}

/// The value of an object's item with a literal key.
fn member<'e>(object: &'e Expr, key: &str) -> Option<&'e Expr> {
    let ExprKind::Object(items) = &object.kind else { return None };
    let named = |item: &&ObjectItem| matches!(&item.key.kind, ExprKind::String(text) if &**text == key);
    items.iter().rfind(named).map(|item| &item.value)
}

fn object_statements(file: &File, list: &Expr, wanted: Vec<Statement>, primary: Span) -> Option<policy::Added> {
    let native = file.native();
    let present: Vec<&Expr> = match &list.kind {
        ExprKind::Tuple(items) => items.iter().collect(),
        ExprKind::Object(_) => vec![list],
        _ => return None,
    };
    let denies = |statement: &&Expr| {
        let effect = member(statement, "Effect").map(|effect| &effect.kind);
        statement.span.contains(primary) && matches!(effect, Some(ExprKind::String(text)) if &**text == "Deny")
    };
    if present.iter().any(denies) {
        return None;
    }
    let trees: Vec<Tree> = present.iter().map(|item| outline::of_expr(item, &file.source)).collect();
    let new = statement::fresh(wanted, &trees, Syntax::Hcl);
    let pieces: Vec<Piece> = new.iter().map(Statement::piece).collect();
    if pieces.is_empty() {
        return None;
    }
    let changes = native.add_items(list, &pieces)?;
    let all = trees.into_iter().chain(pieces.iter().map(|piece| piece.tree(Syntax::Hcl))).collect();
    Some((changes, vec![(Vec::new(), Tree::List(all))]))
}

/// Adds `statement` blocks to an `aws_iam_policy_document`.
fn document_statements(
    subject: &Subject<'_>,
    file: &File,
    block: &Block,
    title: String,
    wanted: &Wanted<'_>,
    primary: Span,
) -> Option<Draft> {
    let who = Who::of(subject.context, file.source.slice(block.span), Quoting::Expression)?;
    let statements: Vec<&Block> = block.body.blocks.iter().filter(|nested| &*nested.kind == "statement").collect();
    let literal = |nested: &Block, name: &str| match attribute(&nested.body, name).map(|found| &found.value.kind) {
        Some(ExprKind::String(text)) => Some(text.to_string()),
        _ => None,
    };
    let denies =
        |nested: &&&Block| nested.span.contains(primary) && literal(nested, "effect").as_deref() == Some("Deny");
    if statements.iter().any(|nested| denies(&nested)) {
        return None;
    }
    // A statement of the same identifier would replace the other.
    let sid =
        |nested: &&Block| literal(nested, "sid").map(|sid| Tree::Map([("Sid".to_owned(), Tree::string(&sid))].into()));
    let present: Vec<Tree> = statements.iter().filter_map(sid).collect();
    let new = statement::fresh(wanted(&who.account), &present, Syntax::Hcl);
    if new.is_empty() {
        return None;
    }
    let write = |layout: &Layout| {
        let blocks: Vec<String> = new.iter().map(|statement| written(statement, layout)).collect();
        blocks.join(&format!("{0}{0}", layout.eol))
    };
    let mut changes = file.native().add_block(block, "statement", &write)?;
    let key = Step::key("statement {}");
    let at = [path(&file.body, block), vec![key]].concat();
    let mut says = Vec::new();
    if statements.is_empty() {
        says.push((at.clone(), Tree::List(Vec::new())));
    }
    let flat = Layout { lines: true, indent: String::new(), unit: "  ".to_owned(), eol: "\n" };
    for (index, statement) in new.iter().enumerate() {
        let Tree::Map(body) = outline::of_text(&written(statement, &flat), outline::Format::Hcl)? else { return None };
        let Some(Tree::List(bodies)) = body.get("statement {}") else { return None };
        let at = [at.clone(), vec![Step::Item(statements.len() + index)]].concat();
        says.push((at, bodies.first()?.clone()));
    }
    who.declare(file, block, &mut changes, &mut says);
    Some(file.draft(title, Safety::Safe, changes, says))
}

/// A statement as a block; the indent is that of the block.
fn written(statement: &Statement, layout: &Layout) -> String {
    let Layout { indent, unit, eol, .. } = layout;
    let line = |depth: usize, text: String| format!("{indent}{}{text}", unit.repeat(depth));
    let actions: Vec<String> = statement.actions.iter().map(|action| format!("\"{action}\"")).collect();
    let (kind, who) = &statement.principal;
    let value = |piece: &Piece| piece.write(Syntax::Hcl, layout);
    let mut lines = vec![
        line(0, "statement {".to_owned()),
        line(1, format!("sid       = \"{}\"", statement.sid)),
        line(1, format!("actions   = [{}]", actions.join(", "))),
        line(1, "resources = [\"*\"]".to_owned()),
        String::new(),
        line(1, "principals {".to_owned()),
        line(2, format!("type        = \"{kind}\"")),
        line(2, format!("identifiers = [{}]", value(who))),
        line(1, "}".to_owned()),
    ];
    for (test, variable, expected) in &statement.conditions {
        lines.push(String::new());
        lines.push(line(1, "condition {".to_owned()));
        lines.push(line(2, format!("test     = \"{test}\"")));
        lines.push(line(2, format!("variable = \"{variable}\"")));
        lines.push(line(2, format!("values   = [{}]", value(expected))));
        lines.push(line(1, "}".to_owned()));
    }
    lines.push(line(0, "}".to_owned()));
    lines.join(eol)
}

/// Whether expressions are written, or text with interpolations.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoting {
    Expression,
    Template,
}

/// How the account is written in this module, and the data source that must be declared for it.
pub(super) struct Who {
    pub(super) account: Account,
    declares: bool,
}

const IDENTITY: &str = "data \"aws_caller_identity\" \"current\" {}";

impl Who {
    /// The root as `text` (the policy) writes it already, or by the module's `aws_caller_identity`; one is to be declared
    /// where there is none. None where it can't be used: it has instances, or a provider of its own.
    pub(super) fn of(context: &Context<'_>, text: &str, quoting: Quoting) -> Option<Who> {
        if let Some((root, number)) = written_root(text) {
            return Some(Who { account: account(&root, &number, quoting), declares: false });
        }
        let home = module(context.subject);
        let mut known =
            context.others.iter().filter(|other| other.kind == "aws_caller_identity" && module(other) == home);
        let (number, declares) = match known.next() {
            None => ("data.aws_caller_identity.current.account_id".to_owned(), true),
            Some(first) => {
                let mut usable = std::iter::once(first).chain(known).filter(|other| is_single(context, other));
                (format!("data.aws_caller_identity.{}.account_id", name(usable.next()?)), false)
            }
        };
        let mut partitions =
            context.others.iter().filter(|other| other.kind == "aws_partition" && module(other) == home);
        // A bare account number means the same, in every partition.
        let root = match partitions.find(|other| is_single(context, other)) {
            Some(partition) => {
                format!("arn:${{data.aws_partition.{}.partition}}:iam::${{{number}}}:root", name(partition))
            }
            None => format!("${{{number}}}"),
        };
        Some(Who { account: account(&root, &number, quoting), declares })
    }

    /// Declares the data source behind a block, where it is needed.
    pub(super) fn declare(
        &self,
        file: &File,
        block: &Block,
        changes: &mut Vec<Change>,
        says: &mut Vec<(Vec<Step>, Tree)>,
    ) {
        if self.declares {
            changes.push(file.native().behind(block, IDENTITY));
            says.push(self.says());
        }
    }

    /// What the file then says besides.
    pub(super) fn says(&self) -> (Vec<Step>, Tree) {
        let title = outline::title("data", &["aws_caller_identity", "current"]);
        (vec![Step::Key(title)], Tree::List(vec![Tree::Map(std::collections::BTreeMap::new())]))
    }

    /// The data source's text, where it is needed.
    pub(super) fn declaration(&self) -> Option<&'static str> {
        self.declares.then_some(IDENTITY)
    }
}

fn account(root: &str, number: &str, quoting: Quoting) -> Account {
    let expression = |text: String| Piece::Raw(text.clone(), Tree::expression(&text));
    match quoting {
        Quoting::Template => Account { root: Piece::str(root), number: Piece::Str(format!("${{{number}}}")) },
        Quoting::Expression if root == format!("${{{number}}}") => {
            Account { root: expression(number.to_owned()), number: expression(number.to_owned()) }
        }
        Quoting::Expression => {
            Account { root: expression(format!("\"{root}\"")), number: expression(number.to_owned()) }
        }
    }
}

/// The ARN of the account's root as it is written in a policy, and the expression of the account in it. Only where the
/// account is the caller's own: a literal one may be another.
fn written_root(text: &str) -> Option<(String, String)> {
    text.match_indices(":root\"").find_map(|(end, _)| {
        let before = text.get(..end)?;
        let root = before.get(before.rfind('"')? + 1..)?;
        let number = root.split_once(":iam::${")?.1.strip_suffix('}')?.trim();
        let own = number.starts_with("data.aws_caller_identity.") && number.ends_with(".account_id");
        (own && root.starts_with("arn:")).then(|| (format!("{root}:root"), number.to_owned()))
    })
}

/// Whether there is one instance, of the default provider.
fn is_single(context: &Context<'_>, declared: &Declared) -> bool {
    open(context, declared.span).is_some_and(|file| {
        let apart = ["count", "for_each", "provider"];
        file.block(declared).is_some_and(|block| apart.iter().all(|name| attribute(&block.body, name).is_none()))
    })
}

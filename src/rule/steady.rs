//! The short way: whether a rule passes in every world, told without gathering what tells of it.
//!
//! Most subjects pass. This says yes or nothing: where a check fails, is not known, or is seldom written, it gives up, and
//! [`super::eval`] judges. It asks in the same order as that, and gives up at the first thing that is not plain.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use super::compare::{number, order_numbers};
use super::engine::SubjectKey;
use super::file::{Rule, subject_name};
use super::syntax::{Call, Expr, ExprKind, Infix, Macro, Number, Prefix};
use crate::model::steady::{Branch, NotRead, Reading, Steady, Subjects};
use crate::model::{BlockId, Language, Stack};
use crate::value::{Kind, Test, Value};

/// Most steps for one subject; a rule that takes more is left to who counts them exactly.
const MAX_STEPS: usize = 100_000;

/// Most branches that one block is told apart by.
const MAX_BRANCHES: usize = 64;

/// Whether every check of `rule` passes in all worlds for each of the block's subjects, and how many there are that its
/// `where` takes. `None`: not all of them pass, or this can't be told in a short way. `scratch` is anybody's.
pub(super) fn passing(
    rule: &Rule,
    stack: &Stack<'_>,
    block: Option<BlockId>,
    subjects: &Subjects,
    scratch: &mut Vec<bool>,
) -> Option<usize> {
    let test = match in_branch(rule, stack, &stack.trunk, subjects, scratch) {
        // Nothing hangs on any input: the commonest case by far.
        Told::Passing => return Some(scratch.iter().filter(|taken| **taken).count()),
        Told::Decides(test) => test,
        Told::Nothing => return None,
    };
    let mut taken = HashSet::new();
    let mut open: Vec<Rc<Branch>> = stack.trunk.halves(&test).into();
    let mut seen = 0;
    while let Some(branch) = open.pop() {
        seen += 1;
        if seen > MAX_BRANCHES {
            return None;
        }
        let subjects = branch.subjects(block, &rule.subject, stack);
        match in_branch(rule, stack, &branch, &subjects, scratch) {
            Told::Nothing => return None,
            Told::Decides(test) => open.extend(branch.halves(&test)),
            Told::Passing => {
                if branch.is_possible(stack) {
                    let objects = subjects.iter().flatten().map(|subject| subject.object());
                    let keys = SubjectKey::of(objects, stack).into_iter().zip(scratch.iter());
                    taken.extend(keys.filter(|(_, taken)| **taken).map(|(key, _)| key));
                }
            }
        }
    }
    Some(taken.len())
}

/// What is told of the subjects in one branch.
enum Told {
    /// All pass, or the rule does not speak of them.
    Passing,
    Decides(Test),
    Nothing,
}

/// Judges the subjects of a block; `taken` says of each whether the rule speaks of it.
fn in_branch(rule: &Rule, stack: &Stack<'_>, branch: &Branch, subjects: &Subjects, taken: &mut Vec<bool>) -> Told {
    taken.clear();
    let subjects = match subjects {
        Ok(subjects) => subjects,
        Err(test) => return Told::Decides(test.clone()),
    };
    for subject in subjects {
        let name = subject_name(&rule.subject);
        let params = &rule.values;
        let mut short =
            Short { rule, stack, branch, name, subject, params, locals: Vec::new(), steps: 0, decides: None };
        match (short.passes(), short.decides) {
            (Some(passes), _) => taken.push(passes),
            (None, Some(test)) => return Told::Decides(test.clone()),
            (None, None) => return Told::Nothing,
        }
    }
    Told::Passing
}

struct Short<'a> {
    rule: &'a Rule,
    stack: &'a Stack<'a>,
    branch: &'a Branch,
    name: &'a str,
    subject: &'a Steady,
    params: &'a BTreeMap<String, Value>,
    locals: Vec<(&'a str, Plain<'a>)>,
    steps: usize,
    /// Why it gave up, where that was so.
    decides: Option<&'a Test>,
}

/// What an expression gives.
#[derive(Clone, Copy)]
enum Plain<'a> {
    Absent,
    Bool(bool),
    Number(Number),
    Text(&'a str),
    /// A list, a map, or what is not known.
    Value(&'a Value),
    /// A list that the rule writes.
    Listed(&'a [Expr]),
    Object(&'a Steady),
    Objects(&'a [Rc<Steady>]),
    Params,
}

impl<'a> Plain<'a> {
    fn of(value: &'a Value) -> Self {
        match &value.kind {
            Kind::Absent => Plain::Absent,
            Kind::Bool(flag) => Plain::Bool(*flag),
            Kind::String(text) => Plain::Text(text),
            Kind::Number(_) => number(value).map_or(Plain::Value(value), Plain::Number),
            _ => Plain::Value(value),
        }
    }

    fn reading(reading: Reading<'a>) -> Self {
        match reading {
            Reading::Value(value) => Plain::of(value),
            Reading::Object(object) => Plain::Object(object),
            Reading::Objects(objects) => Plain::Objects(objects),
            Reading::Absent => Plain::Absent,
        }
    }

    /// The number that it is, or that its text spells.
    fn number(self) -> Option<Number> {
        match self {
            Plain::Number(number) => Some(number),
            Plain::Text(text) => Number::from_text(text),
            _ => None,
        }
    }

    /// As the evaluation's own `as_truth`.
    fn truth(self) -> Option<bool> {
        match self {
            Plain::Absent => Some(false),
            Plain::Bool(flag) => Some(flag),
            Plain::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Plain::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    /// As [`super::compare::equal`], of scalars.
    fn equals(self, other: Plain<'_>) -> Option<bool> {
        use Plain::{Absent, Bool, Number as Num, Object, Objects, Text};
        match (self, other) {
            (Absent, Absent) => Some(true),
            (Absent, Bool(_) | Num(_) | Text(_) | Object(_) | Objects(_)) => Some(false),
            (Bool(_) | Num(_) | Text(_) | Object(_) | Objects(_), Absent) => Some(false),
            (Bool(x), Bool(y)) => Some(x == y),
            (Text(x), Text(y)) => Some(x == y),
            (Bool(x), text @ Text(_)) => Some(text.truth() == Some(x)),
            (text @ Text(_), Bool(y)) => Some(text.truth() == Some(y)),
            (Num(_), Bool(_)) | (Bool(_), Num(_)) => Some(false),
            (Num(_), Num(_) | Text(_)) | (Text(_), Num(_)) => match (self.number(), other.number()) {
                (Some(x), Some(y)) => Some(order_numbers(x, y) == Some(std::cmp::Ordering::Equal)),
                _ => Some(false),
            },
            _ => None,
        }
    }
}

impl<'a> Short<'a> {
    /// `Some(false)`: the rule does not speak of the subject.
    fn passes(&mut self) -> Option<bool> {
        let rule = self.rule;
        if let Some(condition) = &rule.condition
            && !self.truth(condition)?
        {
            return Some(false);
        }
        for check in &rule.checks {
            if !self.truth(&check.expr)? {
                return None;
            }
        }
        Some(true)
    }

    fn read<T>(&mut self, read: Result<T, NotRead<'a>>) -> Option<T> {
        match read {
            Ok(read) => Some(read),
            Err(NotRead::Untold) => None,
            Err(NotRead::Decides(test)) => {
                self.decides = Some(test);
                None
            }
        }
    }

    fn truth(&mut self, expr: &'a Expr) -> Option<bool> {
        self.value(expr)?.truth()
    }

    fn value(&mut self, expr: &'a Expr) -> Option<Plain<'a>> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return None;
        }
        Some(match &expr.kind {
            ExprKind::Null => Plain::Absent,
            ExprKind::Bool(flag) => Plain::Bool(*flag),
            ExprKind::Number(number) => Plain::Number(*number),
            ExprKind::String(text) => Plain::Text(text),
            ExprKind::List(items) => Plain::Listed(items),
            ExprKind::Name(name) => self.name(name)?,
            ExprKind::Member(of, name, _) => self.member_of(of, name)?,
            ExprKind::Index(of, index) => match &index.kind {
                ExprKind::String(name) => self.member_of(of, name)?,
                _ => return None,
            },
            ExprKind::Has(member) => match self.value(member)? {
                Plain::Value(Value { kind: Kind::Unknown(_), .. }) => return None,
                it => Plain::Bool(!matches!(it, Plain::Absent)),
            },
            ExprKind::Prefix(Prefix::Not, operand) => Plain::Bool(!self.truth(operand)?),
            ExprKind::Infix(infix, _, left, right) => Plain::Bool(self.infix(*infix, left, right)?),
            ExprKind::And(operands) => Plain::Bool(self.joined(operands, false)?),
            ExprKind::Or(operands) => Plain::Bool(self.joined(operands, true)?),
            ExprKind::Conditional(condition, then, otherwise) => {
                let branch = if self.truth(condition)? { then } else { otherwise };
                self.value(branch)?
            }
            ExprKind::Call(call) => self.call(call)?,
            ExprKind::Macro(call) => Plain::Bool(self.quantified(call)?),
            ExprKind::Map(_) | ExprKind::Prefix(Prefix::Minus, _) => return None,
        })
    }

    fn joined(&mut self, operands: &'a [Expr], decisive: bool) -> Option<bool> {
        for operand in operands {
            if self.truth(operand)? == decisive {
                return Some(decisive);
            }
        }
        Some(!decisive)
    }

    fn infix(&mut self, infix: Infix, left: &'a Expr, right: &'a Expr) -> Option<bool> {
        let (left, right) = (self.value(left)?, self.value(right)?);
        match infix {
            Infix::Equal => left.equals(right),
            Infix::NotEqual => Some(!left.equals(right)?),
            Infix::In => self.is_in(left, right),
            Infix::Less | Infix::LessEqual | Infix::Greater | Infix::GreaterEqual => {
                // Two texts are ordered as texts.
                if matches!((left, right), (Plain::Text(_), Plain::Text(_))) {
                    return None;
                }
                let order = order_numbers(left.number()?, right.number()?)?;
                Some(match infix {
                    Infix::Less => order.is_lt(),
                    Infix::LessEqual => order.is_le(),
                    Infix::Greater => order.is_gt(),
                    _ => order.is_ge(),
                })
            }
            _ => None,
        }
    }

    fn is_in(&mut self, item: Plain<'a>, list: Plain<'a>) -> Option<bool> {
        let is_scalar = matches!(item, Plain::Bool(_) | Plain::Number(_) | Plain::Text(_));
        if !is_scalar {
            return None;
        }
        match list {
            Plain::Listed(items) => {
                // All are asked, as a list that is written is made before it is looked through.
                let mut found = false;
                for one in items {
                    let one = self.value(one)?;
                    found |= item.equals(one)?;
                }
                Some(found)
            }
            Plain::Value(Value { kind: Kind::List(items), .. }) => {
                for one in items {
                    if item.equals(Plain::of(one))? {
                        return Some(true);
                    }
                }
                Some(false)
            }
            Plain::Absent => Some(false),
            _ => None,
        }
    }

    fn name(&mut self, name: &str) -> Option<Plain<'a>> {
        if let Some((_, local)) = self.locals.iter().rev().find(|(of, _)| *of == name) {
            return Some(*local);
        }
        if name == self.name {
            return Some(Plain::Object(self.subject));
        }
        if name == "params" {
            return Some(Plain::Params);
        }
        if matches!(name, "unit" | "address") {
            return None;
        }
        let selected = self.rule.selected.iter().find(|selected| selected.name == name)?;
        let cloudformation = self.stack.evaluator.language() == Language::CloudFormation;
        let expr = if cloudformation { &selected.cloudformation } else { &selected.terraform };
        // A name that the rule binds sees nothing of where it is used.
        let locals = std::mem::take(&mut self.locals);
        let value = self.value(expr.as_ref()?);
        self.locals = locals;
        value
    }

    fn member_of(&mut self, of: &'a Expr, name: &str) -> Option<Plain<'a>> {
        if let ExprKind::Member(owner, attributes, _) = &of.kind
            && &**attributes == "attributes"
            && let Plain::Object(owner) = self.value(owner)?
            && owner.object().class == "resource"
            && owner.object().instance.is_some()
        {
            let read = owner.written(name, self.branch, self.stack);
            return self.read(read).map(Plain::of);
        }
        let of = self.value(of)?;
        self.member(of, name)
    }

    fn member(&mut self, of: Plain<'a>, name: &str) -> Option<Plain<'a>> {
        match of {
            Plain::Object(object) => {
                let read = object.get(name, self.branch, self.stack);
                self.read(read).map(Plain::reading)
            }
            Plain::Params => self.params.get(name).map(Plain::of),
            Plain::Objects([]) | Plain::Absent => Some(Plain::Absent),
            Plain::Objects([only]) => self.member(Plain::Object(only), name),
            Plain::Value(value) => match &value.kind {
                Kind::Map(_) => Some(value.entry(name).map_or(Plain::Absent, |entry| Plain::of(&entry.value))),
                Kind::List(items) => match items.as_slice() {
                    [only] => self.member(Plain::of(only), name),
                    [] => Some(Plain::Absent),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    fn call(&mut self, call: &'a Call) -> Option<Plain<'a>> {
        let mut operands = call.receiver.iter().chain(&call.arguments);
        let first = operands.next()?;
        let of = self.value(first)?;
        let flag = match (&*call.name, of) {
            ("size", Plain::Objects(objects)) => return size(objects.len()),
            ("size", Plain::Value(Value { kind: Kind::List(items), .. })) => return size(items.len()),
            ("size", Plain::Text(text)) => return size(text.chars().count()),
            ("size", Plain::Absent) => return size(0),
            ("matches", Plain::Text(text)) => call.regex.get()?.as_ref()?.is_match(text),
            (name @ ("startsWith" | "endsWith" | "contains"), Plain::Text(text)) => {
                let Plain::Text(part) = self.value(operands.next()?)? else { return None };
                match name {
                    "startsWith" => text.starts_with(part),
                    "endsWith" => text.ends_with(part),
                    _ => text.contains(part),
                }
            }
            _ => return None,
        };
        Some(Plain::Bool(flag))
    }

    /// `all` and `exists`.
    fn quantified(&mut self, call: &'a Macro) -> Option<bool> {
        let decisive = match &*call.name {
            "all" => false,
            "exists" => true,
            _ => return None,
        };
        let body = call.bodies.first()?;
        let one = |short: &mut Self, element| -> Option<bool> {
            short.locals.push((&call.variable, element));
            let truth = short.truth(body);
            short.locals.pop();
            Some(truth? == decisive)
        };
        match self.value(&call.list)? {
            Plain::Absent => {}
            Plain::Objects(objects) => {
                for object in objects {
                    if one(self, Plain::Object(object))? {
                        return Some(decisive);
                    }
                }
            }
            Plain::Value(Value { kind: Kind::List(items), .. }) => {
                for item in items {
                    if one(self, Plain::of(item))? {
                        return Some(decisive);
                    }
                }
            }
            _ => return None,
        }
        Some(!decisive)
    }
}

fn size(of: usize) -> Option<Plain<'static>> {
    i64::try_from(of).ok().map(|of| Plain::Number(Number::Int(of)))
}

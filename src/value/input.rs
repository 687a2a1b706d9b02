//! Inputs: named values from outside a unit, and what they may be.

use std::sync::Arc;

use serde_json::Value as Json;

use super::Symbol;
use crate::source::Span;

/// Identifies one [`Input`] of one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InputId(pub u32);

/// What sort of input it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InputKind {
    /// CloudFormation parameter.
    Parameter,
    /// Terraform variable of the root.
    Variable,
    /// `terraform.workspace`.
    Workspace,
    /// What only a deployment knows: a pseudo parameter, `data.aws_caller_identity`, `data.aws_region`, ...
    Pseudo(Pseudo),
}

/// Facts about a deployment that both languages can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pseudo {
    /// The twelve digits of the account.
    Account,
    /// The region's code.
    Region,
    /// `aws`, `aws-cn`, `aws-us-gov`, ...
    Partition,
    /// `amazonaws.com`, `amazonaws.com.cn`.
    UrlSuffix,
    /// The stack's name.
    StackName,
    /// The stack's ARN.
    StackId,
    /// The notification ARNs.
    NotificationArns,
    /// The caller's ARN (`data.aws_caller_identity.*.arn`).
    CallerArn,
    /// The caller's unique id (`data.aws_caller_identity.*.user_id`).
    CallerUser,
    /// Any other fact that only the deployment knows.
    Other,
}

/// A test of a literal against an input's declared constraints.
pub type Accepts = Arc<dyn Fn(&Json) -> bool + Send + Sync>;

/// A named value from outside a unit.
#[derive(Clone)]
pub struct Input {
    /// As people write it: `UseCmk`, `AWS::Region`, `var.use_cmk`, `terraform.workspace`, `data.aws_region.here.name`.
    pub name: Arc<str>,
    /// Its sort.
    pub kind: InputKind,
    /// Its value in the default world: the declared default, or what the files say that the language itself loads.
    pub default: Option<Json>,
    /// Whether the unit refuses that default, so that whoever deploys it must set another: then the default world leaves it
    /// open.
    pub default_is_refused: bool,
    /// Its value in every world: set by the user with `--var`, `--param` or a file of them.
    pub pinned: Option<Json>,
    /// All values that it may have, where that is a finite list (AllowedValues, a boolean's two).
    pub allowed: Option<Vec<Json>>,
    /// Values worth telling apart from all others where an evaluation needs to know the input: literals that the code
    /// compares it with, the empty collection. Tried one after the other by [`super::World::settle`].
    pub probes: Vec<Json>,
    /// More such values, which only `inspect` tells apart: judging would gain nothing by it.
    pub finer: Vec<Json>,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether its value is a list, written as one text with commas (CloudFormation's `CommaDelimitedList`, `List<...>`).
    pub list: bool,
    /// Further constraints (pattern, length, range): a literal that they refuse is no value of this input.
    pub accepts: Option<Accepts>,
    /// Where it is declared (its name).
    pub span: Option<Span>,
    /// Where its default value is written.
    pub default_span: Option<Span>,
    /// Where its allowed values are listed.
    pub allowed_span: Option<Span>,
    /// Whether its value must not be printed.
    pub sensitive: bool,
}

impl Input {
    /// An input without default or constraints.
    pub fn new(name: impl Into<Arc<str>>, kind: InputKind) -> Self {
        Input {
            name: name.into(),
            kind,
            default: None,
            default_is_refused: false,
            pinned: None,
            allowed: None,
            probes: Vec::new(),
            finer: Vec::new(),
            nullable: false,
            list: false,
            accepts: None,
            span: None,
            default_span: None,
            allowed_span: None,
            sensitive: false,
        }
    }

    /// The symbol that stands for it; `id` is its own.
    pub fn symbol(&self, id: InputId) -> Symbol {
        Symbol::Input { id, name: Arc::clone(&self.name), kind: self.kind, defaulted: self.default.is_some() }
    }

    /// Whether `literal` may be this input's value.
    pub fn may_be(&self, literal: &Json) -> bool {
        if literal.is_null() {
            return self.nullable;
        }
        self.allowed.as_ref().is_none_or(|allowed| allowed.contains(literal))
            && self.accepts.as_ref().is_none_or(|accepts| accepts(literal))
    }
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Input").field("name", &self.name).field("default", &self.default).finish_non_exhaustive()
    }
}

/// The inputs of one unit.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    list: Vec<Input>,
}

impl Inputs {
    /// No inputs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an input and gives its identity.
    pub fn add(&mut self, input: Input) -> InputId {
        self.list.push(input);
        InputId(u32::try_from(self.list.len() - 1).unwrap_or(u32::MAX))
    }

    /// The input with this identity; `None` for another unit's identity.
    pub fn get(&self, id: InputId) -> Option<&Input> {
        self.list.get(id.0 as usize)
    }

    /// The input with this identity, to be changed.
    pub fn get_mut(&mut self, id: InputId) -> Option<&mut Input> {
        self.list.get_mut(id.0 as usize)
    }

    /// The input with this name.
    pub fn find(&self, name: &str) -> Option<InputId> {
        self.list.iter().position(|input| &*input.name == name).and_then(|at| u32::try_from(at).ok()).map(InputId)
    }

    /// All, in order of declaration.
    pub fn iter(&self) -> impl Iterator<Item = (InputId, &Input)> {
        self.list.iter().enumerate().map(|(at, input)| (InputId(u32::try_from(at).unwrap_or(u32::MAX)), input))
    }
}

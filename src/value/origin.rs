//! Which text decided a value, and the chain that led there.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::Symbol;
use crate::source::Span;

/// The text that decided a value. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The deciding text: the `null`, the `!Ref AWS::NoValue`, the literal. `None` where nothing is written.
    pub span: Option<Span>,
    /// Whether the value must never be printed (Terraform's `sensitive`); judging it is fine.
    pub sensitive: bool,
    /// What the deciding text does, where that can't be seen in it, as an end of "because ...": "module.backup at
    /// main.tf:5 does not set kms_key_arn".
    pub because: Option<Arc<str>>,
    /// The resource attribute that this is the value of, by the last reference on the way: Terraform gives
    /// `aws_backup_vault.v.name` as what the name is, and a name alone does not tell whose it is.
    pub attribute: Option<Arc<Symbol>>,
    steps: Option<Arc<Node>>,
}

/// One link of the chain from where a value is used to the text that decided it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// The text of this link.
    pub span: Span,
    /// What it does, as a label: "chosen by this condition", "parameter UseCmk allows 'false'".
    pub note: Arc<str>,
}

#[derive(Debug)]
struct Node {
    step: Step,
    next: Option<Arc<Node>>,
}

impl Hash for Origin {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.span, self.sensitive, &self.because, &self.attribute).hash(state);
        self.steps().for_each(|step| step.hash(state));
    }
}

impl Origin {
    /// Decided by the text at `span`.
    pub fn at(span: Span) -> Self {
        Origin { span: Some(span), ..Origin::default() }
    }

    /// The same deciding text, reached through one more link. The evaluators add links from the inside out, so the
    /// link added last is the one nearest to the property.
    #[must_use]
    pub fn via(&self, span: Span, note: impl Into<Arc<str>>) -> Self {
        let step = Step { span, note: note.into() };
        let steps = Some(Arc::new(Node { step, next: self.steps.clone() }));
        Origin { steps, ..self.clone() }
    }

    /// The same chain with another deciding text.
    #[must_use]
    pub fn with_span(&self, span: Span) -> Self {
        Origin { span: Some(span), because: None, ..self.clone() }
    }

    /// The same, with what the deciding text does.
    #[must_use]
    pub fn because(mut self, why: impl Into<Arc<str>>) -> Self {
        self.because = Some(why.into());
        self
    }

    /// The same, of a value that must never be printed.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// The same, of what a resource attribute is.
    #[must_use]
    pub fn of(mut self, attribute: Symbol) -> Self {
        self.attribute = Some(Arc::new(attribute));
        self
    }

    /// The same texts, for something else that they decide: the key of a map whose member a resource attribute is.
    #[must_use]
    pub fn beside(&self) -> Self {
        Origin { attribute: None, ..self.clone() }
    }

    /// Appends the chain of `other` behind this one, keeping this one's deciding text.
    #[must_use]
    pub fn and(&self, other: &Origin) -> Self {
        let sensitive = self.sensitive || other.sensitive;
        let decided = if self.span.is_some() { self } else { other };
        let mut joined = Origin { sensitive, steps: other.steps.clone(), ..decided.clone() };
        let mine: Vec<Step> = self.steps().cloned().collect();
        for step in mine.into_iter().rev() {
            joined = joined.via(step.span, step.note);
        }
        joined
    }

    /// The links, nearest to the property first.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        let mut node = self.steps.as_deref();
        std::iter::from_fn(move || {
            let current = node?;
            node = current.next.as_deref();
            Some(&current.step)
        })
    }
}

// A long chain must not be dropped recursively: each link would take a stack frame.
impl Drop for Node {
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(node) = next {
            match Arc::try_unwrap(node) {
                Ok(mut owned) => next = owned.next.take(),
                Err(_) => break,
            }
        }
    }
}

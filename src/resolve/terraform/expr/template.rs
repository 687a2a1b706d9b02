//! Templates: text with interpolations and directives.

use std::sync::Arc;

use super::super::convert::{self, convert, friendly};
use super::super::outward;
use super::super::scope::Failure;
use super::super::types::Ty;
use super::super::val::{Data, Val};
use super::collect::pairs;
use super::open::{present, why_of};
use super::{Context, Decision, decide, evaluate, failure};
use crate::read::hcl::ast::{Expr, TemplatePart};
use crate::source::Span;
use crate::source::limits::MAX_STRING_BYTES;
use crate::value::{Origin, Part, Unknown, UnknownKind};

/// Evaluates a template. One that is a single interpolation gives its value as it is.
pub(super) fn evaluate_template(parts: &[TemplatePart], span: Span, cx: &mut Context<'_, '_>) -> Result<Val, Failure> {
    if let [TemplatePart::Interpolation(expr)] = parts {
        return evaluate(expr, cx);
    }
    let mut text = Text { parts: Vec::new(), length: 0 };
    text.render(parts, cx)?;
    let mut value = convert::text(text.parts, Origin::at(span));
    if text.length > MAX_STRING_BYTES {
        let why = Unknown::new(UnknownKind::Limit, format!("the string would have more than {MAX_STRING_BYTES} bytes"));
        value.data = Data::Unknown { why, not_null: true };
    }
    Ok(value)
}

struct Text {
    parts: Vec<Part>,
    length: usize,
}

impl Text {
    fn push(&mut self, part: Part) {
        if let Part::Literal(text) = &part {
            self.length += text.len();
        }
        // Past the limit nothing is kept: the result is unknown anyway.
        if self.length <= MAX_STRING_BYTES {
            self.parts.push(part);
        }
    }

    fn render(&mut self, parts: &[TemplatePart], cx: &mut Context<'_, '_>) -> Result<(), Failure> {
        for part in parts {
            match part {
                TemplatePart::Literal(text, _) => self.push(Part::Literal(Arc::clone(text))),
                TemplatePart::Interpolation(expr) => {
                    for part in interpolated(expr, cx)? {
                        self.push(part);
                    }
                }
                TemplatePart::If { condition, yes, no } => self.choose(condition, yes, no, cx)?,
                TemplatePart::For { key_name, value_name, collection, body } => {
                    self.repeat(key_name.as_ref(), value_name, collection, body, cx)?;
                }
            }
            if self.length > MAX_STRING_BYTES {
                break;
            }
        }
        Ok(())
    }

    fn choose(
        &mut self,
        condition: &Expr,
        yes: &[TemplatePart],
        no: &[TemplatePart],
        cx: &mut Context<'_, '_>,
    ) -> Result<(), Failure> {
        let given = evaluate(condition, cx)?;
        match decide(&given, condition.span, cx)? {
            Decision::Yes => self.render(yes, cx),
            Decision::No => self.render(no, cx),
            Decision::Unknown(why) => {
                self.push(Part::Unknown(why));
                Ok(())
            }
        }
    }

    fn repeat(
        &mut self,
        key_name: Option<&Arc<str>>,
        value_name: &Arc<str>,
        collection: &Expr,
        body: &[TemplatePart],
        cx: &mut Context<'_, '_>,
    ) -> Result<(), Failure> {
        let given = evaluate(collection, cx)?;
        let pairs = match pairs(given, collection.span, cx)? {
            Ok(pairs) => pairs,
            Err(why) => {
                self.push(Part::Unknown(why));
                return Ok(());
            }
        };
        let bound = cx.bindings.len();
        for (key, value) in pairs {
            if let Some(name) = key_name {
                cx.bindings.push((Arc::clone(name), key));
            }
            cx.bindings.push((Arc::clone(value_name), value));
            let rendered = self.render(body, cx);
            cx.bindings.truncate(bound);
            rendered?;
            if self.length > MAX_STRING_BYTES {
                break;
            }
        }
        Ok(())
    }
}

/// The parts that an interpolation gives.
fn interpolated(expr: &Expr, cx: &mut Context<'_, '_>) -> Result<Vec<Part>, Failure> {
    let value = evaluate(expr, cx)?;
    let value = present(value, cx);
    if value.is_null() {
        return Err(failure(expr.span, "this value is null, and null can't stand in a string"));
    }
    let text = convert(&value, &Ty::String).map_err(|_| {
        failure(expr.span, format!("a {} can't stand in a string; a string is required", friendly(&value.ty)))
    })?;
    if let Data::Derived(derived) = &text.data
        && derived.converted().is_none()
    {
        let why = why_of(&text, cx.world);
        return Ok(why.map(Part::Unknown).into_iter().collect());
    }
    Ok(outward::parts(&text, cx.world).unwrap_or_default())
}

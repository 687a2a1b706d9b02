//! Terraform plan JSON: `terraform show -json plan.out`.
//!
//! One typed pass over the text ([`format`]), which keeps slices of what rules may ask for; then a value for every
//! argument of the instances that matter ([`values`], [`trace`]), by the decision table of DESIGN, section 4; then a
//! unit that answers from them, and from the sources where these are given ([`join`]). Nothing of a plan is a tree in
//! memory but the arguments of the few resources that matter.
//!
//! Does not know what a vault or a key is to a rule, and reads no file.

mod address;
mod build;
mod evaluator;
mod format;
mod join;
mod recognise;
#[cfg(test)]
mod tests;
mod trace;
mod values;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;

pub use recognise::{binary_plan, is_binary_plan, is_plan, not_a_plan};

use super::Loaded;
use crate::model::Evaluator;
use crate::source::{Source, Span};
use format::Text;

/// Reads a plan.
///
/// `sources` is the unit of the directory that the plan was made from; it decides what the plan leaves open, and its
/// places are preferred. Its inputs are pinned here to the plan's [`variables`], where they are not yet. `wants` says for a resource type whether any rule speaks of
/// it: the rest of the plan is skipped ([`matters`] is a fitting one).
///
/// Gives one unit, or a fatal problem; and problems that are not fatal, each told once: sources that are not the plan's,
/// a plan without `configuration`, a plan of a run that stopped with an error.
pub fn load(source: &Arc<Source>, sources: Beside, wants: &dyn Fn(&str) -> bool) -> Loaded {
    match recognise::read(source) {
        Ok(document) => build::build(source, &document, sources, wants),
        Err(problem) => Loaded { units: Vec::new(), problems: vec![*problem] },
    }
}

/// The sources that are given beside a plan.
#[derive(Default)]
pub enum Beside {
    /// None: the plan alone.
    #[default]
    Nothing,
    /// The unit of the directory that the user says the plan was made from (`--source-dir`).
    Given(Box<dyn Evaluator>),
    /// The unit of the working directory: used where it has the blocks that the plan's configuration has.
    IfItFits(Box<dyn Evaluator>),
}

/// The values of the root module's variables in a plan, by name; null where a variable is null. Empty where the text is
/// no plan. Reads no further than to them.
///
/// Terraform writes `-var` values as it was given them: a number may be shown as a string, and the declared type of the
/// variable must convert it.
pub fn variables(source: &Source) -> Vec<(String, Json)> {
    let mut reader = serde_json::Deserializer::from_str(source.text());
    let mut seek = Variables { found: None };
    // The visitor stops the reader with an error as soon as it has them.
    let _stopped = serde::de::Deserializer::deserialize_map(&mut reader, &mut seek);
    seek.found.map(parsed_variables).unwrap_or_default()
}

/// Whether a resource type matters to any built-in rule.
pub fn matters(kind: &str) -> bool {
    const PREFIXES: [&str; 5] = ["aws_backup_", "aws_kms_", "awscc_backup_", "awscc_kms_", "aws_cloudwatch_"];
    const LOOK_UPS: [&str; 4] = ["aws_caller_identity", "aws_iam_policy_document", "aws_partition", "aws_region"];
    PREFIXES.iter().any(|prefix| kind.starts_with(prefix)) || LOOK_UPS.contains(&kind) || crate::model::knows(kind)
}

struct Variables<'a> {
    found: Option<&'a RawValue>,
}

impl<'a> serde::de::Visitor<'a> for &mut Variables<'a> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a plan")
    }

    fn visit_map<A: serde::de::MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Text<'a>>()? {
            if &*key == "variables" {
                self.found = Some(map.next_value()?);
                return Err(serde::de::Error::custom("found"));
            }
            map.next_value::<serde::de::IgnoredAny>()?;
        }
        Ok(())
    }
}

fn parsed_variables(raw: &RawValue) -> Vec<(String, Json)> {
    #[derive(Deserialize)]
    struct Variable {
        #[serde(default)]
        value: Json,
    }
    let parsed: Result<BTreeMap<String, Variable>, _> = serde_json::from_str(raw.get());
    parsed.map(|map| map.into_iter().map(|(name, variable)| (name, variable.value)).collect()).unwrap_or_default()
}

/// The place of a slice of a source's text.
fn span_of(source: &Source, slice: &str) -> Span {
    let start = (slice.as_ptr() as usize).saturating_sub(source.text().as_ptr() as usize);
    Span::new(source.id(), start, start + slice.len())
}

//! The fixes of findings: what a unit declares is told to [`crate::fix`], which proposes.

use std::collections::{BTreeMap, BTreeSet};

use super::without_keys;
use crate::finding::{Finding, Fix};
use crate::fix::{self, Context, Declared, propose};
use crate::model::{Block, Evaluator, Instance, Key, Language, Stack};
use crate::rule::{Rule, judge};
use crate::source::{Encoding, Sources};
use crate::value::{Mode, explore};

/// Fills [`Finding::fixes`] of all findings that are told. It reads every file that would be edited twice, so it is asked
/// where somebody wants fixes.
pub fn fill(findings: &mut [Finding], units: &[Box<dyn Evaluator>], sources: &Sources) {
    let mut proposer = Proposer::new(units, sources);
    for finding in findings.iter_mut().filter(|finding| finding.suppressed.is_none()) {
        finding.fixes = proposer.fixes(finding);
    }
}

/// Gives the findings in texts of JSON a help that can be pasted there.
pub(super) fn spell_help(findings: &mut [Finding], units: &[Box<dyn Evaluator>], sources: &Sources) {
    let languages: BTreeMap<&str, Language> = units.iter().map(|unit| (unit.name(), unit.language())).collect();
    for finding in findings {
        let source = sources.get(finding.primary.span.source);
        let is_json = source.text().trim_start().starts_with('{');
        let spell = match languages.get(&*finding.unit) {
            Some(Language::CloudFormation) if is_json => fix::for_json_template,
            Some(Language::Terraform) if is_json && source.path().ends_with(".json") => fix::for_json_configuration,
            _ => continue,
        };
        finding.help = finding.help.take().map(|help| spell(&help));
    }
}

/// Proposes fixes for the findings in some units.
pub struct Proposer<'a> {
    units: &'a [Box<dyn Evaluator>],
    sources: &'a Sources,
    /// By the unit's name; several units have one name where a root is deployed in several ways.
    declared: BTreeMap<String, Vec<Declared>>,
}

impl<'a> Proposer<'a> {
    /// For findings in `units`, whose texts are in `sources`.
    pub fn new(units: &'a [Box<dyn Evaluator>], sources: &'a Sources) -> Self {
        Proposer { units, sources, declared: BTreeMap::new() }
    }

    /// Ways to mend a finding, the best first.
    pub fn fixes(&mut self, finding: &Finding) -> Vec<Fix> {
        let Some(unit) = self.units.iter().find(|unit| unit.name() == finding.unit) else { return Vec::new() };
        let language = match unit.language() {
            Language::CloudFormation => fix::Language::CloudFormation,
            Language::Terraform => fix::Language::Terraform,
            // What is wrong in a plan is mended in its sources.
            Language::Plan => return Vec::new(),
        };
        let declared = self.declared.entry(finding.unit.clone()).or_insert_with(|| declared(unit.as_ref()));
        let bare = without_keys(&finding.subject.address);
        let Some(subject) = declared.iter().find(|block| block.address == bare) else { return Vec::new() };
        let context = Context { sources: self.sources, language, subject, others: declared, missing: &[] };
        propose(finding, &context)
    }
}

fn declared(unit: &dyn Evaluator) -> Vec<Declared> {
    let stack = Stack::new(unit);
    let keys = stack.blocks_of("key", &[]);
    let unfit = unfit(&stack);
    let one = |block: &Block| {
        let exploration =
            |block: &Block| explore(unit.inputs(), Mode::Free, &|_| true, |world| unit.instances(block.id, world));
        let single = |instances: &Vec<Instance>| instances.len() == 1 && instances.iter().all(|it| it.key == Key::None);
        let always = |block: &Block| {
            let exploration = exploration(block);
            exploration.complete && exploration.leaves.iter().all(|leaf| single(&leaf.result))
        };
        Declared {
            address: block.address.to_string(),
            kind: block.kind.to_string(),
            span: block.span,
            header: block.header,
            fit: keys.contains(&block.id) && !unfit.contains(&*block.address) && always(block),
        }
    };
    unit.blocks().iter().map(one).collect()
}

/// The addresses of keys that are not known to fit any vault.
fn unfit(stack: &Stack<'_>) -> BTreeSet<String> {
    let text = include_str!("fit.md").to_owned();
    let source = Sources::new().add_text("fit.md", text, Encoding::Utf8);
    let judgement = match Rule::parse(&source, &BTreeMap::new()) {
        Ok(rule) => judge(&rule, stack),
        // A test parses it. Were it wrong, then no key would be known to fit.
        Err(_) => return stack.evaluator.blocks().iter().map(|block| block.address.to_string()).collect(),
    };
    let found = judgement.findings.into_iter().map(|finding| finding.subject.address);
    found.chain(judgement.undecided.into_iter().map(|undecided| undecided.subject.address)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_of_what_fits_can_be_read() {
        let source = Sources::new().add_text("fit.md", include_str!("fit.md").to_owned(), Encoding::Utf8);
        assert!(Rule::parse(&source, &BTreeMap::new()).is_ok());
    }
}

//! What stands under the cursor: a property's value in each world, whose key it is, and what was found there.

use lsp_types::{
    GotoDefinitionParams, GotoDefinitionResponse, Hover, HoverContents, HoverParams, MarkupContent, MarkupKind,
    TextDocumentPositionParams,
};

use super::Analysis;
use super::names;
use super::state::State;
use crate::finding::Finding;
use crate::model::schema::{Answer, Object, class};
use crate::model::{Block, Evaluator, Stack};
use crate::source::{Source, Span};
use crate::value::{Guard, Mode, Value, World, explore};

/// Most worlds that a hover lists.
const MAX_CASES: usize = 12;

/// The place of a request in one of the analyses.
struct At<'s> {
    analysis: &'s Analysis,
    source: std::sync::Arc<Source>,
    byte: u32,
}

impl State<'_> {
    fn at(&self, params: &TextDocumentPositionParams) -> Vec<At<'_>> {
        let Some(path) = Self::path(&params.text_document.uri) else { return Vec::new() };
        let found = self.judged.values().filter_map(|judged| {
            let all = judged.now.files.sources().all();
            let source = all.into_iter().find(|source| **source.path() == *path)?;
            let byte = u32::try_from(self.columns.byte(source.text(), params.position)).ok()?;
            Some(At { analysis: &judged.now, source, byte })
        });
        found.collect()
    }

    pub(super) fn hover(&self, params: &HoverParams) -> Option<Hover> {
        let mut sections: Vec<String> = Vec::new();
        for at in self.at(&params.text_document_position_params) {
            for unit in &at.analysis.units {
                let name = names::name_at(&at.source, at.byte).unwrap_or_default();
                sections.extend(named(unit.as_ref(), name));
                let here: Vec<&Block> = unit.blocks().iter().filter(|block| holds(block.span, &at)).collect();
                for block in here {
                    let property = property_at(unit.as_ref(), block, &at.source, at.byte);
                    let key = property.as_ref().is_some_and(|name| KEY_PROPERTIES.contains(&name.as_str()));
                    sections.extend(property.map(|name| told_property(unit.as_ref(), block, &name)));
                    if key || holds(block.header, &at) {
                        sections.extend(told_class(unit.as_ref(), block));
                    }
                }
            }
            let here = at
                .analysis
                .outcome
                .findings
                .iter()
                .filter(|finding| finding.suppressed.is_none() && on_line(finding.primary.span, &at));
            sections.extend(here.map(verdict));
        }
        let mut told: Vec<String> = Vec::new();
        for section in sections {
            if !told.contains(&section) {
                told.push(section);
            }
        }
        if told.is_empty() {
            return None;
        }
        let value = told.join("\n\n---\n\n");
        let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value });
        Some(Hover { contents, range: None })
    }

    /// The place that decides what was found under the cursor; from there, the chain that leads to it.
    pub(super) fn definition(&self, params: &GotoDefinitionParams) -> Option<GotoDefinitionResponse> {
        for at in self.at(&params.text_document_position_params) {
            let sources = at.analysis.files.sources();
            let told = || at.analysis.outcome.findings.iter().filter(|finding| finding.suppressed.is_none());
            let chain = |finding: &&Finding| finding.related.iter().any(|label| holds(label.span, &at));
            let here = told().find(|finding| holds(finding.primary.span, &at)).or_else(|| told().find(chain));
            let Some(finding) = here else { continue };
            let places = std::iter::once(&finding.primary).chain(&finding.related);
            let mut other: Vec<_> = places
                .filter(|label| !holds(label.span, &at))
                .filter_map(|label| self.location(&sources.get(label.span.source), label.span))
                .collect();
            if !holds(finding.primary.span, &at) {
                other.truncate(1);
            }
            return Some(GotoDefinitionResponse::Array(other));
        }
        None
    }
}

/// Properties that give a vault its key.
const KEY_PROPERTIES: [&str; 3] = ["EncryptionKeyArn", "kms_key_arn", "encryption_key_arn"];

fn holds(span: Span, at: &At<'_>) -> bool {
    span.source == at.source.id() && span.start <= at.byte && at.byte <= span.end
}

/// Whether a span starts on the line, or lies around the byte.
fn on_line(span: Span, at: &At<'_>) -> bool {
    holds(span, at) || (span.source == at.source.id() && at.source.line_of(span.start) == at.source.line_of(at.byte))
}

fn verdict(finding: &Finding) -> String {
    let when = finding.when.as_ref().map_or_else(String::new, |when| format!(" when {when}"));
    let help = finding.help.as_ref().map_or_else(String::new, |help| format!("\n\n{help}"));
    format!("**{}** ({}): {}{when}{help}", finding.rule, finding.certainty.name(), finding.message)
}

/// What the name under the cursor stands for: an input, a local value or output, a resource.
fn named(unit: &dyn Evaluator, name: &str) -> Vec<String> {
    if let Some(input) = names::input(unit, name) {
        return vec![names::describe(input)];
    }
    let known = unit.named_values();
    if let Some(name) = names::prefixes(name).find(|name| known.iter().any(|known| **known == **name)) {
        return vec![cases(unit, &format!("**{name}**"), &|world| Some(words(&unit.named_value(name, world))))];
    }
    let block = names::prefixes(name).find_map(|name| unit.blocks().iter().find(|block| *block.address == *name));
    block.into_iter().flat_map(|block| told_class(unit, block)).collect()
}

/// The property whose text holds the byte: the nearest line above, inside the block, that starts with a property's name.
fn property_at(unit: &dyn Evaluator, block: &Block, source: &Source, byte: u32) -> Option<String> {
    let names = unit.property_names(block.id);
    let first = source.line_of(block.span.start);
    let line = source.line_of(byte);
    (first..=line).rev().find_map(|line| {
        let text = source.text().get(source.line_range(line))?.trim_start();
        let text = text.trim_start_matches(['"', '-', ' ']);
        let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        names.iter().any(|known| **known == *name).then_some(name)
    })
}

fn told_property(unit: &dyn Evaluator, block: &Block, name: &str) -> String {
    cases(unit, &format!("**{name}** of `{}`", block.address), &|world| {
        let instances = unit.instances(block.id, world);
        let first = instances.first()?;
        Some(words(&unit.property(first, name, world)))
    })
}

/// What a vault's key or a key's state is, in each world.
fn told_class(unit: &dyn Evaluator, block: &Block) -> Vec<String> {
    let stack = Stack::new(unit);
    let is = |class: &str| stack.blocks_of(class, &[]).contains(&block.id);
    let told = |title: &str, class: &'static str, path: &[&str]| {
        cases(unit, &format!("{title} of `{}`", block.address), &|world| {
            let object = stack.objects_of(block.id, class, world).into_iter().next()?;
            Some(follow(&stack, object, path, world))
        })
    };
    if is("any_vault") {
        return vec![told("**Whose key** encrypts the recovery points", "any_vault", &["key", "owner"])];
    }
    if is("key") {
        return vec![
            told("**Rotation**", "key", &["rotation"]),
            told("**Access of AWS Backup**", "key", &["backup_access", "verdict"]),
        ];
    }
    Vec::new()
}

/// The answer at the end of a path of attributes, in words.
fn follow(stack: &Stack<'_>, object: Object, path: &[&str], world: &mut World<'_>) -> String {
    let mut object = object;
    for name in path {
        let attribute = class(object.class).and_then(|class| class.attributes.iter().find(|it| it.name == *name));
        let Some(attribute) = attribute else { break };
        match (attribute.get)(stack, &object, world) {
            Answer::Object(next) => object = next,
            Answer::Value(value) => return words(&value),
            Answer::Unknown(why, _) => return format!("can't tell, because {}", why.reason),
            Answer::Absent(_) | Answer::Objects(..) => break,
        }
    }
    "none".to_owned()
}

/// What `tell` says in each world (`None` where the resource does not exist), below a title.
fn cases(unit: &dyn Evaluator, title: &str, tell: &dyn Fn(&mut World<'_>) -> Option<String>) -> String {
    let tree = explore(unit.inputs(), Mode::Free, &|world| unit.possible(world), |world| tell(world));
    let mut cases: Vec<(Vec<Guard>, String)> = Vec::new();
    for leaf in tree.leaves {
        let text = leaf.result.unwrap_or_else(|| "the resource does not exist".to_owned());
        let guard = Guard::path(&leaf.facts, unit.inputs());
        match cases.iter_mut().find(|(_, known)| *known == text) {
            Some((guards, _)) => guards.push(guard),
            None => cases.push((vec![guard], text)),
        }
    }
    let mut lines = vec![title.to_owned()];
    let left = cases.len().saturating_sub(MAX_CASES);
    let single = cases.len() == 1;
    for (guards, text) in cases.into_iter().take(MAX_CASES) {
        match Guard::any(guards) {
            _ if single => lines.push(format!("- {text}")),
            Guard::Always => lines.push(format!("- {text}")),
            guard => lines.push(format!("- {text} when {guard}")),
        }
    }
    if left > 0 {
        lines.push(format!("- and {left} more"));
    }
    lines.join("\n")
}

fn words(value: &Value) -> String {
    if value.is_absent() {
        return "not set".to_owned();
    }
    if let Some(unknown) = value.first_unknown() {
        return format!("can't tell, because {}", unknown.reason);
    }
    if value.origin.sensitive {
        return "a sensitive value".to_owned();
    }
    match (value.marked(), value.to_json()) {
        (Some(text), _) => format!("`{}`", shorten(&text.replace('`', "'"))),
        (None, Some(json)) => format!("`{}`", shorten(&json.to_string().replace('`', "'"))),
        (None, None) => "a structure with references".to_owned(),
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(200) {
        Some((at, _)) => format!("{} ...", &text[..at]),
        None => text.to_owned(),
    }
}

//! What the analyzer sees at a place: a name's or property's value in each world, whose key a vault has, a key's verdicts.

use super::names;
use crate::model::schema::{Answer, Object, class};
use crate::model::{Block, Evaluator, Stack};
use crate::source::{HIDDEN, Source, Span};
use crate::value::{Guard, Mode, Value, World, excerpt, explore};

/// Most worlds that are listed.
const MAX_CASES: usize = 12;

/// Properties that give a vault its key.
const KEY_PROPERTIES: [&str; 3] = ["EncryptionKeyArn", "kms_key_arn", "encryption_key_arn"];

/// What is seen at a byte, as sections of Markdown without repetition.
pub fn at(units: &[Box<dyn Evaluator>], source: &Source, byte: u32) -> Vec<String> {
    let mut sections: Vec<String> = Vec::new();
    for unit in units {
        let name = names::name_at(source, byte).unwrap_or_default();
        sections.extend(named(unit.as_ref(), name));
        for block in unit.blocks().iter().filter(|block| holds(block.span, source, byte)) {
            let property = property_at(unit.as_ref(), block, source, byte);
            let key = property.as_ref().is_some_and(|name| KEY_PROPERTIES.contains(&name.as_str()));
            sections.extend(property.map(|name| told_property(unit.as_ref(), block, &name)));
            if key || holds(block.header, source, byte) {
                sections.extend(told_class(unit.as_ref(), block));
            }
        }
    }
    unique(sections)
}

/// What is seen on a line (from 0): of every name in it, and of the resource that it is part of.
pub fn on_line(units: &[Box<dyn Evaluator>], source: &Source, line: usize) -> Vec<String> {
    let range = source.line_range(line);
    let text = source.text().get(range.clone()).unwrap_or("");
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let mut starts: Vec<usize> = Vec::new();
    let mut before = false;
    for (at, c) in text.char_indices() {
        if is_name(c) && !before {
            starts.push(at);
        }
        before = is_name(c);
    }
    let byte = |at: usize| u32::try_from(range.start + at).unwrap_or(u32::MAX);
    let mut sections: Vec<String> =
        starts.iter().take(MAX_CASES).flat_map(|start| at(units, source, byte(*start))).collect();
    for unit in units {
        let around = unit.blocks().iter().filter(|block| holds(block.span, source, byte(0)));
        sections.extend(around.flat_map(|block| told_class(unit.as_ref(), block)));
    }
    unique(sections)
}

fn unique(sections: Vec<String>) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for section in sections {
        if !told.contains(&section) {
            told.push(section);
        }
    }
    told
}

fn holds(span: Span, source: &Source, byte: u32) -> bool {
    span.source == source.id() && span.start <= byte && byte <= span.end
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
        cases(unit, &title.replace("{}", &format!("`{}`", block.address)), &|world| {
            let object = stack.objects_of(block.id, class, world).first()?.clone();
            let answer = follow(&stack, object, path, world);
            Some(SPOKEN.iter().find(|(word, _)| *word == answer).map_or(answer, |(_, spoken)| (*spoken).to_owned()))
        })
    };
    if is("any_vault") {
        return vec![told("**Whose key** encrypts the backups of {}", "any_vault", &["key", "owner"])];
    }
    if is("key") {
        return vec![
            told("**Rotation** of {}", "key", &["rotation"]),
            told("**May AWS Backup** use {}, by its policy", "key", &["backup_access", "verdict"]),
        ];
    }
    Vec::new()
}

/// The model's words, where people say more.
const SPOKEN: [(&str, &str); 12] = [
    ("`customer`", "a key of your own (customer-managed)"),
    ("`aws-managed`", "AWS's (AWS-managed: aws/backup)"),
    ("`aws-owned`", "AWS's (AWS-owned)"),
    ("`invalid`", "nobody's: this names no KMS key"),
    ("`granted`", "yes"),
    ("`denied`", "no: a statement denies it"),
    ("`blocked`", "no: the condition of a statement can never hold"),
    ("`nobody`", "no: no statement lets it in"),
    ("`service-only`", "only as backup.amazonaws.com, not for the principals that it acts for"),
    ("`missing`", "no: some actions are allowed to nobody"),
    ("`on`", "on"),
    ("`off`", "off"),
];

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
    if value.holds_secret() {
        return HIDDEN.to_owned();
    }
    match (value.marked(), value.to_json()) {
        (Some(text), _) => format!("`{}`", excerpt(&unmarked(&text).replace('`', "'"))),
        (None, Some(json)) => format!("`{}`", excerpt(&json.to_string().replace('`', "'"))),
        (None, None) => "a structure with references".to_owned(),
    }
}

/// A text that is one reference and nothing else needs no marks around it.
fn unmarked(text: &str) -> &str {
    let inner = text.strip_prefix('⟦').and_then(|rest| rest.strip_suffix('⟧'));
    inner.filter(|inner| !inner.contains('⟦')).unwrap_or(text)
}

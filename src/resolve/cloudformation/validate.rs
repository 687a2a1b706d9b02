//! What CloudFormation would refuse: names that are not declared, circles, wrong numbers of arguments.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::call::{Call, call, condition_name};
use super::parameter::PSEUDO;
use super::sub::{Piece, pieces};
use super::template::Template;
use crate::finding::{Label, Place, Problem};
use crate::read::tree::{Data, Node};
use crate::source::Span;

/// The problems of one template.
pub(super) fn check(template: &Template) -> Vec<Problem> {
    let mut check = Check { template, generated: template.generator().is_some(), problems: Vec::new() };
    for (_, condition) in template.conditions.iter() {
        check.test(&condition.body);
    }
    check.circles();
    check.macros();
    for (_, resource) in template.resources.iter() {
        if let Some(condition) = resource.body.get("Condition") {
            check.condition(condition);
        }
        for attribute in
            ["Properties", "Metadata", "CreationPolicy", "UpdatePolicy", "DeletionPolicy", "UpdateReplacePolicy"]
        {
            if let Some(node) = resource.body.get(attribute) {
                check.value(node);
            }
        }
    }
    for (_, output) in template.outputs.iter() {
        if let Some(condition) = output.body.get("Condition") {
            check.condition(condition);
        }
        for member in ["Value", "Export"] {
            if let Some(node) = output.body.get(member) {
                check.value(node);
            }
        }
    }
    check.problems.sort_by_key(|problem| match problem.place {
        Place::Span(span) => Some(span),
        Place::Path(_) | Place::Nowhere => None,
    });
    check.problems.dedup();
    check.problems
}

struct Check<'t> {
    template: &'t Template,
    /// Whether a transform may declare names that are not written.
    generated: bool,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn tell(&mut self, span: Span, message: String, name: &str, known: &[&str]) {
        let mut problem = Problem::at("reference", span, message);
        if let Some(close) = closest(name, known) {
            problem = problem.help(format!("did you mean {close}?"));
        }
        self.problems.push(problem);
    }

    fn value(&mut self, node: &Node) {
        if let Some(call) = call(node) {
            return self.call(&call);
        }
        match &node.data {
            Data::Sequence(items) => items.iter().for_each(|item| self.value(item)),
            Data::Mapping(members) => {
                for member in members.iter() {
                    // The body of a loop holds names that exist only in its turns.
                    if !member.key.starts_with("Fn::ForEach::") && &*member.key != "Fn::Transform" {
                        self.value(&member.value);
                    }
                }
            }
            _ => {}
        }
    }

    fn call(&mut self, call: &Call) {
        self.arity(call);
        let items = call.argument.items();
        match call.name.as_str() {
            "Ref" => match call.argument.as_str().filter(|_| call.argument.tag.is_none()) {
                Some(name) => self.name(name, call.span),
                None => self.value(&call.argument),
            },
            "Fn::GetAtt" => self.get_att(call),
            "Fn::Sub" => self.sub(call),
            "Fn::If" => {
                if let [condition, rest @ ..] = items {
                    self.condition(condition);
                    rest.iter().for_each(|item| self.value(item));
                }
            }
            "Fn::FindInMap" => {
                self.mapping(items, call.span);
                items.iter().for_each(|item| self.value(item));
            }
            "Fn::Transform" | "Condition" => {}
            "Fn::And" | "Fn::Or" | "Fn::Not" | "Fn::Equals" => self.test_call(call),
            _ => self.value(&call.argument),
        }
    }

    /// A condition expression.
    fn test(&mut self, node: &Node) {
        if let Some(name) = condition_name(node) {
            return self.condition(&name);
        }
        match call(node) {
            Some(call) => {
                self.arity(&call);
                self.test_call(&call);
            }
            None => self.value(node),
        }
    }

    fn test_call(&mut self, call: &Call) {
        let operands = call.argument.items();
        match call.name.as_str() {
            "Fn::And" | "Fn::Or" | "Fn::Not" => operands.iter().for_each(|item| self.test(item)),
            "Fn::Equals" => operands.iter().for_each(|item| self.value(item)),
            _ => self.call(call),
        }
    }

    fn condition(&mut self, node: &Node) {
        let named = condition_name(node).unwrap_or_else(|| node.clone());
        let Some(name) = named.as_str() else { return };
        if self.template.conditions.get(name).is_some() || self.included("Conditions") {
            return;
        }
        let known: Vec<&str> = self.template.conditions.iter().map(|(name, _)| &**name).collect();
        self.tell(node.whole(), format!("the condition {name} is not defined"), name, &known);
    }

    /// Whether a macro may add members to a section.
    fn included(&self, section: &str) -> bool {
        let written = self.template.root.member("Fn::Transform").is_some()
            || self.template.section(section).iter().any(|member| &*member.key == "Fn::Transform");
        let known = ["AWS::LanguageExtensions", "AWS::CodeDeployBlueGreen", "AWS::Serverless-2016-10-31"];
        written || self.template.transforms.iter().any(|name| !known.contains(&&**name))
    }

    fn name(&mut self, name: &str, span: Span) {
        let declared = name == "AWS::NoValue"
            || PSEUDO.iter().any(|(pseudo, _)| *pseudo == name)
            || self.template.parameter(name).is_some()
            || self.template.resources.get(name).is_some();
        if declared || self.generated || self.in_module(name) {
            return;
        }
        let pseudo = PSEUDO.iter().map(|(name, _)| *name).chain(["AWS::NoValue"]);
        let parameters = self.template.parameters.iter().map(|parameter| &*parameter.name);
        let resources = self.template.resources.iter().map(|(name, _)| &**name);
        let known: Vec<&str> = pseudo.chain(parameters).chain(resources).collect();
        self.tell(span, format!("{name} is neither a parameter nor a resource of this template"), name, &known);
    }

    fn in_module(&self, name: &str) -> bool {
        self.template.module_of(name).is_some()
    }

    fn get_att(&mut self, call: &Call) {
        let resource = match &call.argument.data {
            Data::Sequence(items) => match items.first() {
                Some(first) if first.tag.is_none() => first.scalar(),
                _ => return,
            },
            _ => call.argument.scalar(),
        };
        let Some(whole) = resource else { return self.value(&call.argument) };
        let name = whole.split('.').next().unwrap_or("");
        self.resource(name, call.span);
    }

    fn resource(&mut self, name: &str, span: Span) {
        if self.template.resources.get(name).is_some() || self.generated || self.in_module(name) {
            return;
        }
        let known: Vec<&str> = self.template.resources.iter().map(|(name, _)| &**name).collect();
        self.tell(span, format!("{name} is no resource of this template"), name, &known);
    }

    fn sub(&mut self, call: &Call) {
        let (template, variables) = match call.argument.items() {
            [] => (&call.argument, None),
            [template, rest @ ..] => (template, rest.first()),
        };
        if let Some(variables) = variables {
            self.value(variables);
        }
        let Some(text) = template.as_str() else { return };
        let source = Arc::clone(&self.template.source);
        let mut places = template.places(&source);
        for piece in pieces(text) {
            let Piece::Name(name, range) = piece else { continue };
            let span = places.span(range);
            if variables.is_some_and(|variables| variables.get(&name).is_some()) {
                continue;
            }
            match name.split_once('.') {
                Some((resource, _)) => self.resource(resource, span),
                None => self.name(&name, span),
            }
        }
    }

    fn mapping(&mut self, items: &[Node], span: Span) {
        let Some(name) = items.first().filter(|node| node.tag.is_none()).and_then(Node::as_str) else { return };
        let defaulted = items.len() > 3;
        if self.template.mapping(name).is_some() || self.included("Mappings") || defaulted {
            return;
        }
        let known: Vec<&str> = self.template.section("Mappings").iter().map(|member| &*member.key).collect();
        self.tell(span, format!("the mapping {name} is not defined"), name, &known);
    }

    /// How many arguments a function takes, where it takes a list of them.
    fn arity(&mut self, call: &Call) {
        let (least, most) = match call.name.as_str() {
            "Fn::If" => (3, 3),
            "Fn::Join" | "Fn::Select" | "Fn::Split" | "Fn::Equals" => (2, 2),
            "Fn::And" | "Fn::Or" => (2, 10),
            "Fn::Not" => (1, 1),
            "Fn::FindInMap" => (3, 4),
            "Fn::Cidr" => (2, 3),
            _ => return,
        };
        let Data::Sequence(items) = &call.argument.data else { return };
        if (least..=most).contains(&items.len()) || (call.argument.tag.is_some()) {
            return;
        }
        let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
        let name = call.name.trim_start_matches("Fn::");
        let message = format!("{name} takes {wanted} arguments, and {} are written", items.len());
        self.problems.push(Problem::at("arguments", call.span, message));
    }

    /// What is not run is told, once.
    fn macros(&mut self) {
        let mut tell =
            |span: Span, message: String| self.problems.push(Problem::at("macro", span, message).not_fatal());
        if let Some((name, span)) = self.template.rewriting_macro() {
            tell(span, format!("the macro {name} is not run: what it adds or changes is not known"));
        }
        let sections = ["Resources", "Parameters", "Conditions", "Mappings", "Outputs"];
        let sections = sections.iter().flat_map(|name| self.template.section(name));
        let mut members = self.template.root.members().iter().chain(sections);
        if let Some(member) = members.find(|member| &*member.key == "Fn::Transform") {
            let name = member.value.get("Name").and_then(Node::scalar).unwrap_or_else(|| "?".into());
            tell(member.key_span, format!("the macro {name} is not run: what it includes here is not known"));
        }
    }

    /// Conditions that are defined through themselves.
    fn circles(&mut self) {
        let template = self.template;
        let mut told: BTreeSet<Arc<str>> = BTreeSet::new();
        for (name, condition) in template.conditions.iter() {
            let mut seen: BTreeSet<Arc<str>> = BTreeSet::new();
            let mut open = names_in(&condition.body);
            while let Some((next, span)) = open.pop() {
                if next == *name {
                    if told.insert(Arc::clone(name)) {
                        let message = format!("the condition {name} is defined through itself");
                        let mut problem = Problem::at("circle", condition.name_span, message);
                        problem.related.push(Label { span, message: format!("{name} is asked here") });
                        self.problems.push(problem);
                    }
                    continue;
                }
                if seen.insert(Arc::clone(&next))
                    && let Some(other) = template.conditions.get(&next)
                {
                    open.extend(names_in(&other.body));
                }
            }
        }
    }
}

/// The conditions that an expression asks, with the places.
fn names_in(node: &Node) -> Vec<(Arc<str>, Span)> {
    let mut found = Vec::new();
    let mut open = vec![node.clone()];
    while let Some(node) = open.pop() {
        if let Some(named) = condition_name(&node) {
            found.extend(named.as_str().map(|name| (Arc::from(name), node.whole())));
            continue;
        }
        open.extend(node.items().iter().cloned());
        open.extend(node.members().iter().map(|member| member.value.clone()));
    }
    found
}

/// The known name that is nearest to a mistyped one, if it is near.
fn closest<'n>(name: &str, known: &[&'n str]) -> Option<&'n str> {
    let length = name.chars().count();
    let allowed = if length < 3 { 0 } else { (length / 3).max(1) };
    let near = known.iter().map(|known| (distance(&name.to_lowercase(), &known.to_lowercase()), *known));
    near.filter(|(distance, _)| *distance <= allowed).min().map(|(_, known)| known)
}

/// Levenshtein's distance, two neighbours in the wrong order counting once.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(128).collect();
    let b: Vec<char> = b.chars().take(128).collect();
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

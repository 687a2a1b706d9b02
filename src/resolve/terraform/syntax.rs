//! Files to trees, with problems in the analyzer's words.

use std::sync::Arc;

use super::number::Num;
use super::types::Ty;
use super::val::{Data, Val};
use crate::finding::{Label, Problem};
use crate::read::hcl::{self, ast::Body};
use crate::read::json;
use crate::read::tree;
use crate::source::Source;
use crate::value::Origin;

/// The tree of a configuration or variable file; problems are told, and what could be read goes on.
pub(super) fn parse(source: &Source, problems: &mut Vec<Problem>) -> Body {
    let read = || if source.path().ends_with(".json") { hcl::json::read(source) } else { hcl::read(source) };
    let (body, errors) = Arc::try_unwrap(source.made(read)).unwrap_or_else(|kept| (*kept).clone());
    problems.extend(errors.into_iter().map(problem));
    body
}

/// The members of a variable file of JSON: literals, strings are no templates.
///
/// # Errors
/// It is no JSON object.
pub(super) fn literal_members(source: &Source) -> Result<Vec<(Arc<str>, Val)>, Problem> {
    let (node, errors) = json::read(source);
    let Some(node) = node else {
        let error = errors.into_iter().find(|error| error.fatal);
        return Err(error.map_or_else(|| Problem::at("syntax", source.whole(), "this is no JSON"), problem));
    };
    if !node.is_mapping() {
        return Err(Problem::at("syntax", node.span, "a variable file of JSON must hold an object"));
    }
    Ok(node.members().iter().map(|member| (Arc::clone(&member.key), value(&member.value))).collect())
}

fn value(node: &tree::Node) -> Val {
    let origin = Origin::at(node.span);
    match &node.data {
        tree::Data::Null => Val::new(Data::Null, Ty::Dynamic, origin),
        tree::Data::Bool(flag) => Val::new(Data::Bool(*flag), Ty::Bool, origin),
        tree::Data::Number(text) => match Num::parse(text) {
            Some(number) => Val::new(Data::Number(number), Ty::Number, origin),
            None => Val::new(Data::String(Arc::clone(text)), Ty::String, origin),
        },
        tree::Data::String(text) => Val::new(Data::String(Arc::clone(text)), Ty::String, origin),
        tree::Data::Sequence(items) => super::here::tuple(items.iter().map(value).collect(), origin),
        tree::Data::Mapping(members) => {
            let members: Vec<_> =
                members.iter().map(|member| (Arc::clone(&member.key), value(&member.value))).collect();
            super::here::object(members, origin)
        }
    }
}

fn problem(error: tree::Error) -> Problem {
    let mut problem = Problem::at(error.kind, error.span, error.message);
    problem.help = error.help;
    problem.fatal = error.fatal;
    problem.related.extend(error.related.map(|(span, message)| Label { span, message }));
    problem
}

//! Values for the root module's variables: variable files and the command line.
//!
//! `terraform.tfvars` < `terraform.tfvars.json` < `*.auto.tfvars[.json]` in byte order of names; those select the
//! default world. `--var` and `--var-file` come last, in their order, and pin. `TF_VAR_*` is not read: the verdict must
//! not depend on the environment. Source: <https://developer.hashicorp.com/terraform/language/values/variables>.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::constants::Constants;
use super::directory::encrypted;
use super::evaluate::import;
use super::module::Module;
use super::syntax;
use super::types::Ty;
use super::val::Val;
use super::variables::Variable;
use crate::finding::Problem;
use crate::resolve::{Settings, VariableSetting};
use crate::source::files::{FileError, Files, join};
use crate::value::Origin;

/// Values by variable.
pub(super) type Values = BTreeMap<Arc<str>, Val>;

/// What the files that Terraform itself loads set, and whether there is such a file.
pub(super) fn automatic(directory: &str, files: &dyn Files, problems: &mut Vec<Problem>) -> (Values, bool) {
    let mut values = Values::new();
    let Ok(members) = files.list(directory) else { return (values, false) };
    let mut names: Vec<String> =
        members.into_iter().filter(|member| !member.directory).map(|member| member.name).collect();
    names.sort();
    let fixed =
        ["terraform.tfvars", "terraform.tfvars.json"].into_iter().filter(|name| names.iter().any(|n| n == name));
    let auto = names
        .iter()
        .map(String::as_str)
        .filter(|name| name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json"));
    let chosen: Vec<&str> = fixed.chain(auto).collect();
    for name in &chosen {
        read(&join(directory, name), files, &mut values, problems);
    }
    (values, !chosen.is_empty())
}

/// What the command line sets. A name that the module does not declare is ignored: one command line serves many
/// directories.
pub(super) fn pinned(module: &Module, settings: &Settings, files: &dyn Files, problems: &mut Vec<Problem>) -> Values {
    let mut values = Values::new();
    for setting in &settings.variables {
        match setting {
            VariableSetting::File(path) => read(&join(".", path), files, &mut values, problems),
            // What a plan records has been accepted by Terraform; what the sources refuse meanwhile is left to them.
            VariableSetting::Value(name, value) => {
                let Some(variable) = module.variables.get(name.as_str()) else { continue };
                if let Ok(value) = variable.accept(import(value, &Origin::default())) {
                    values.insert(Arc::clone(&variable.name), value);
                }
            }
            VariableSetting::Text(name, text) => {
                let Some(variable) = module.variables.get(name.as_str()) else { continue };
                match from_text(variable, text, files) {
                    Ok(value) => {
                        values.insert(Arc::clone(&variable.name), value);
                    }
                    Err(why) => problems.push(Problem {
                        place: crate::finding::Place::Nowhere,
                        ..Problem::path("usage", "", format!("--var {name}: {why}"))
                    }),
                }
            }
        }
    }
    values
}

/// As Terraform: the text itself for strings and other primitive types and where no type is declared, an expression for
/// anything else.
fn from_text(variable: &Variable, text: &str, files: &dyn Files) -> Result<Val, String> {
    let primitive = matches!(variable.constraint.ty, Ty::String | Ty::Number | Ty::Bool);
    if primitive || !variable.typed {
        let value = import(&serde_json::Value::String(text.to_owned()), &Origin::default());
        // The one text that is no string where nothing else can be written.
        if text == "null" && variable.constraint.ty != Ty::String && variable.typed {
            return Ok(import(&serde_json::Value::Null, &Origin::default()));
        }
        return variable.accept(value).map_err(|failure| failure.message.to_string());
    }
    let source = files
        .sources()
        .add(&format!("--var {}", variable.name), format!("value = {text}\n").into_bytes())
        .map_err(|why| format!("its value can't be read: {why}"))?;
    let mut problems = Vec::new();
    let body = syntax::parse(&source, &mut problems);
    if let Some(problem) = problems.first() {
        return Err(problem.message.clone());
    }
    let attribute = body.attributes.first().ok_or_else(|| "its value can't be read".to_owned())?;
    let value = Constants::new(None).evaluate(&attribute.value).map_err(|failure| failure.message.to_string())?;
    variable.accept(value).map_err(|failure| failure.message.to_string())
}

/// Reads one variable file; later files win.
fn read(path: &str, files: &dyn Files, values: &mut Values, problems: &mut Vec<Problem>) {
    let source = match files.read(path) {
        Ok(source) => source,
        Err(error) => {
            let unreadable = |message: String| Problem::path("unreadable", path, message);
            problems.push(match error {
                FileError::NotFound => unreadable("there is no such variable file".to_owned()),
                FileError::Encrypted => encrypted(path),
                other => unreadable(format!("this variable file can't be read: {other}")),
            });
            return;
        }
    };
    // In variable files of JSON strings are no templates.
    if path.ends_with(".json") {
        match syntax::literal_members(&source) {
            Ok(members) => values.extend(members),
            Err(problem) => problems.push(problem),
        }
        return;
    }
    let body = syntax::parse(&source, problems);
    for attribute in &body.attributes {
        match Constants::new(None).evaluate(&attribute.value) {
            Ok(value) => {
                values.insert(Arc::clone(&attribute.name), value);
            }
            Err(failure) => {
                let message = format!("the value of {} can't be used: {}", attribute.name, failure.message);
                problems.push(Problem::at("variable", failure.span, message));
            }
        }
    }
}

//! What a text is: a plan, or something else that Terraform writes, and what to run instead.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::format::Document;
use crate::finding::Problem;
use crate::source::{Source, Span};

const SHOW: &str = "write plan JSON with `terraform plan -out plan.out` and `terraform show -json plan.out > plan.json` \
                    (or `tofu`)";

/// Whether these bytes are a saved plan as `terraform plan -out` writes it: a zip archive. It is no text, so this must be
/// asked before decoding.
pub fn is_binary_plan(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04")
}

/// The problem that a saved binary plan is, by its path.
pub fn binary_plan(path: &str) -> Problem {
    Problem::path("plan", path, "this is a saved plan in Terraform's binary format, which only Terraform reads")
        .help("run `terraform show -json` on it and check that: `terraform show -json plan.out | strongroom check -`")
}

/// Whether a text is plan JSON: an object with `format_version` and `resource_changes` or `planned_values` at its top.
/// A text that is neither costs a search for two words; a plan that Terraform wrote costs no more.
pub fn is_plan(text: &str) -> bool {
    let Some(inside) = text.trim_start().strip_prefix('{') else {
        return false;
    };
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    if !has("\"format_version\"") || !(has("\"resource_changes\"") || has("\"planned_values\"")) {
        return false;
    }
    inside.trim_start().starts_with("\"format_version\"") || has_the_keys(text)
}

/// For texts whose keys were sorted by another program. Broken text counts: its words are a plan's, and reading it tells
/// what is wrong.
fn has_the_keys(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Keys {
        format_version: Option<IgnoredAny>,
        resource_changes: Option<IgnoredAny>,
        planned_values: Option<IgnoredAny>,
    }
    let mut reader = serde_json::Deserializer::from_str(text);
    Keys::deserialize(&mut reader).map_or(true, |keys| {
        keys.format_version.is_some() && (keys.resource_changes.is_some() || keys.planned_values.is_some())
    })
}

/// What to tell of a text that is no plan but was given as one, or looks like something that Terraform writes: a state,
/// the stream of `plan -json`, a log with a plan in it. `None` where it has nothing to do with Terraform's JSON.
pub fn not_a_plan(source: &Source) -> Option<Problem> {
    let text = source.text();
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    let terraform = has("\"format_version\"") || has("\"@level\"") || (has("\"lineage\"") && has("\"serial\""));
    if terraform { read(source).err().map(|problem| *problem) } else { None }
}

/// Reads a plan: the one pass over the text.
///
/// # Errors
/// What keeps the text from being a plan that can be judged, with its place and what to run.
pub(super) fn read(source: &Source) -> Result<Document<'_>, Box<Problem>> {
    let text = source.text();
    if text.trim_start().is_empty() {
        let problem = Problem::at("plan", source.whole(), "the plan is empty");
        return Err(Box::new(problem.help(SHOW)));
    }
    before_the_plan(source)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let document = Document::deserialize(&mut reader).map_err(|error| broken(source, &error))?;
    what_else(source, &document)?;
    if let Err(error) = reader.end() {
        let span = place(source, &error);
        let problem = Problem::at("plan", span, "here a second JSON document starts behind the plan");
        return Err(Box::new(problem.help("give each plan as a file of its own, or one on the standard input")));
    }
    version(source, &document)?;
    if document.resource_changes.is_none()
        && let Some(values) = document.planned_values
        && memchr::memmem::find(values.get().as_bytes(), b"\"resources\"").is_some()
    {
        let message = "the plan has planned_values but no resource_changes, which say what is planned";
        let problem = Problem::at("plan", super::span_of(source, values.get()), message);
        return Err(Box::new(problem.help(SHOW)));
    }
    Ok(document)
}

/// Text before the first brace: the log line of a wrapper around terraform, mostly.
fn before_the_plan(source: &Source) -> Result<(), Box<Problem>> {
    let text = source.text();
    let start = text.len() - text.trim_start().len();
    if text[start..].starts_with('{') {
        return Ok(());
    }
    let line = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let span = Span::new(source.id(), start, line.min(start + 200));
    let problem = match memchr::memmem::find(text.as_bytes(), b"{\"format_version\"") {
        Some(_) => Problem::at("plan", span, "there is other text before the plan").help(
            "give only what `terraform show -json plan.out` prints (in GitHub Actions set `terraform_wrapper: false`)",
        ),
        None => Problem::at("plan", span, "this is no plan JSON: it does not start with a brace").help(SHOW),
    };
    Err(Box::new(problem))
}

/// Other documents of Terraform, each with its way out.
fn what_else(source: &Source, document: &Document<'_>) -> Result<(), Box<Problem>> {
    if document.is_plan() {
        return Ok(());
    }
    let first = first_line(source);
    let problem = if document.level.is_some() {
        Problem::at("plan", first, "this is the event stream of `terraform plan -json`, which does not hold the plan")
    } else if document.lineage.is_some() || document.serial.is_some() {
        Problem::at("plan", first, "this is a Terraform state file, not a plan")
    } else if document.format_version.is_some() && document.values.is_some() {
        Problem::at("plan", first, "this is the JSON of a state, not of a plan")
    } else {
        Problem::at("plan", first, "this JSON is no plan: it has no format_version with resource_changes")
    };
    Err(Box::new(problem.help(SHOW)))
}

/// Terraform: "Reject any input which reports an unsupported major version."
fn version(source: &Source, document: &Document<'_>) -> Result<(), Box<Problem>> {
    let version = document.format_version.as_deref().unwrap_or_default();
    if matches!(version.split('.').next(), Some("0" | "1")) {
        return Ok(());
    }
    let shown: String = version.chars().take(20).collect();
    let message = format!("plan format version \"{shown}\" is not known; versions 0 and 1 are");
    let help = "a newer strongroom may read it; Terraform up to 1.15 and OpenTofu up to 1.12 write version 1.2";
    Err(Box::new(Problem::at("plan", version_span(source), message).help(help)))
}

fn version_span(source: &Source) -> Span {
    let word = "\"format_version\"";
    let start = memchr::memmem::find(source.text().as_bytes(), word.as_bytes()).unwrap_or(0);
    Span::new(source.id(), start, start + word.len())
}

fn first_line(source: &Source) -> Span {
    let range = source.line_range(0);
    let mut end = range.end.min(80);
    while !source.text().is_char_boundary(end) {
        end -= 1;
    }
    Span::new(source.id(), range.start, end)
}

fn broken(source: &Source, error: &serde_json::Error) -> Box<Problem> {
    use serde_json::error::Category;
    let whole = error.to_string();
    let what = whole.split(" at line ").next().unwrap_or(&whole).to_owned();
    let span = place(source, error);
    Box::new(match error.classify() {
        _ if what.contains("recursion limit") => {
            Problem::at("limit", span, "the plan is nested too deeply here").help(SHOW)
        }
        Category::Eof => Problem::at("syntax", span, "the plan ends in the middle").help(SHOW),
        Category::Data => Problem::at("plan", span, format!("this is not how a plan is written: {what}")).help(SHOW),
        Category::Syntax | Category::Io => Problem::at("syntax", span, format!("this is not JSON: {what}")).help(SHOW),
    })
}

/// The character that the parser stopped at. Its columns count bytes.
fn place(source: &Source, error: &serde_json::Error) -> Span {
    let text = source.text();
    let line = error.line().saturating_sub(1);
    let start = source.line_starts().get(line).map_or(text.len(), |&start| start as usize);
    let mut at = (start + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let end = at + text[at..].chars().next().map_or(0, char::len_utf8);
    Span::new(source.id(), at, end)
}

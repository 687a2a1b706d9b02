//! Which modules a text calls, for who must know it before anything is loaded.

use super::module::Call;
use crate::read::hcl;
use crate::read::hcl::ast::ExprKind;
use crate::source::{Encoding, Sources};

/// What a module block calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    /// The directory at this path, relative to the caller's or absolute.
    Local(String),
    /// What `terraform init` installs for the call of this name.
    Installed(String),
    /// Its source can't be told from the text.
    Unknown,
}

/// The modules that the configuration file at `path` calls; `None` where its text is broken and there may be others.
pub fn calls(path: &str, text: &str) -> Option<Vec<Callee>> {
    let json = path.ends_with(".json");
    if !may_call(text, json) {
        return Some(Vec::new());
    }
    let source = Sources::new().add_text(path, text.to_owned(), Encoding::Utf8);
    let (body, errors) = if json { hcl::json::read(&source) } else { hcl::read(&source) };
    if !errors.is_empty() {
        return None;
    }
    let modules = body.blocks.iter().filter(|block| &*block.kind == "module");
    Some(modules.map(|block| Call::read(block).map_or(Callee::Unknown, |call| callee(&call))).collect())
}

fn callee(call: &Call) -> Callee {
    let source = call.source.as_ref().map(|source| &source.kind);
    match source {
        Some(ExprKind::String(source)) if is_local(source) => Callee::Local(source.to_string()),
        Some(ExprKind::String(_)) => Callee::Installed(call.name.to_string()),
        _ => Callee::Unknown,
    }
}

/// Whether a module's source is a path.
pub(super) fn is_local(source: &str) -> bool {
    source.starts_with("./") || source.starts_with("../") || matches!(source, "." | "..") || source.starts_with('/')
}

/// Whether a module block may stand in a text: references (`module.x`) are far more frequent.
fn may_call(text: &str, json: bool) -> bool {
    let bytes = text.as_bytes();
    if json && memchr::memchr(b'\\', bytes).is_some() {
        return true;
    }
    let opens =
        |at: usize| bytes.get(at + 6).is_some_and(|next| !(next.is_ascii_alphanumeric() || b"._-s".contains(next)));
    memchr::memmem::find_iter(bytes, b"module").any(opens)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_read_whatever_they_look_like() {
        let local = |path: &str| Callee::Local(path.to_owned());
        let installed = |name: &str| Callee::Installed(name.to_owned());
        let table = [
            ("a.tf", "locals {\n  a = module.x.y\n}\n", Some(vec![])),
            ("a.tf", "module \"m\" {\n  source = \"./m\"\n}\n", Some(vec![local("./m")])),
            ("a.tf", "/* a */ module m{\n  source=\"\\u002e./m\"\n}\n", Some(vec![local("../m")])),
            ("a.tf", "module \"m\" {\n  source = \"a/b/aws\"\n}\n", Some(vec![installed("m")])),
            ("a.tf", "module \"m\" {\n  source = \"/opt/m\"\n}\n", Some(vec![local("/opt/m")])),
            ("a.tf", "module \"m\" {\n  source = var.m\n}\n", Some(vec![Callee::Unknown])),
            ("a.tf", "module \"m\" {\n}\n", Some(vec![Callee::Unknown])),
            ("a.tf", "module \"m\" {\n  source = \n}\n", None),
            ("a.tf", "resource \"x\" \"y\" {\n", Some(vec![])),
            ("a.tf.json", "{\"m\\u006fdule\": {\"m\": {\"source\": \"./m\"}}}", Some(vec![local("./m")])),
            ("a.tf.json", "{\"module\": {\"m\": {\"source\": \"./m\"}", None),
        ];
        for (path, text, expected) in table {
            assert_eq!(calls(path, text), expected, "{text}");
        }
    }
}

//! New values, free of syntax, and how each syntax writes them.

use super::outline::Tree;

/// Something that is to be written.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    /// A literal string.
    Str(String),
    /// `true`, `false`.
    Bool(bool),
    /// A list: on one line where it holds no maps.
    List(Vec<Piece>),
    /// A map with a line for each member where the text around it has that too.
    Map(Vec<(String, Piece)>),
    /// A map on one line.
    Inline(Vec<(String, Piece)>),
    /// A CloudFormation function with its short form's name: `Ref`, `GetAtt`, `Sub`.
    Call(&'static str, String),
    /// An expression as it is to be written, with what it reads as.
    Raw(String, Tree),
}

/// How values are written inside of brackets, or anywhere in HCL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    Json,
    Yaml,
    Hcl,
}

/// Where a value is written.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// Whether maps get a line for each member.
    pub(super) lines: bool,
    /// The blanks before the line that the value begins on.
    pub(super) indent: String,
    /// One level more.
    pub(super) unit: String,
    /// How lines end.
    pub(super) eol: &'static str,
}

impl Layout {
    fn deeper(&self) -> Layout {
        Layout { indent: format!("{}{}", self.indent, self.unit), ..self.clone() }
    }
}

impl Piece {
    pub(super) fn str(text: &str) -> Piece {
        Piece::Str(text.to_owned())
    }

    pub(super) fn map(members: Vec<(&str, Piece)>) -> Piece {
        Piece::Map(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    pub(super) fn inline_map(members: Vec<(&str, Piece)>) -> Piece {
        Piece::Inline(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    fn is_scalar(&self) -> bool {
        !matches!(self, Piece::List(_) | Piece::Map(_) | Piece::Inline(_))
    }

    /// What the written value reads as.
    pub(super) fn tree(&self, syntax: Syntax) -> Tree {
        match self {
            Piece::Str(text) => Tree::string(text),
            Piece::Bool(flag) => Tree::boolean(*flag),
            Piece::List(items) => Tree::List(items.iter().map(|item| item.tree(syntax)).collect()),
            Piece::Map(members) | Piece::Inline(members) => {
                Tree::Map(members.iter().map(|(key, value)| (key.clone(), value.tree(syntax))).collect())
            }
            Piece::Call(name, text) if syntax == Syntax::Yaml => {
                Tree::Tagged(format!("!{name}"), Box::new(Tree::string(text)))
            }
            Piece::Call(name, text) => {
                let argument = match (*name, text.split_once('.')) {
                    ("GetAtt", Some((resource, attribute))) => {
                        Tree::List(vec![Tree::string(resource), Tree::string(attribute)])
                    }
                    _ => Tree::string(text),
                };
                Tree::Map([(long_name(name), argument)].into())
            }
            Piece::Raw(_, tree) => tree.clone(),
        }
    }

    /// The value in brackets (or as a scalar).
    pub(super) fn write(&self, syntax: Syntax, layout: &Layout) -> String {
        match self {
            Piece::Str(text) => string(text, syntax),
            Piece::Bool(flag) => flag.to_string(),
            Piece::Raw(text, _) => text.clone(),
            Piece::Call(name, text) if syntax == Syntax::Yaml => format!("!{name} {}", string(text, syntax)),
            Piece::Call(name, text) => match (*name, text.split_once('.')) {
                ("GetAtt", Some((resource, attribute))) => {
                    format!(r#"{{ "Fn::GetAtt": ["{resource}", "{attribute}"] }}"#)
                }
                _ => format!("{{ {}: {} }}", string(&long_name(name), syntax), string(text, syntax)),
            },
            Piece::Inline(members) => self.inline(members, syntax, layout),
            Piece::Map(members) if !layout.lines => self.inline(members, syntax, layout),
            Piece::Map(members) => {
                let inner = layout.deeper();
                let written: Vec<(String, String)> =
                    members.iter().map(|(key, value)| (key_text(key, syntax), value.write(syntax, &inner))).collect();
                let lines: Vec<String> = written
                    .iter()
                    .enumerate()
                    .map(|(at, (key, value))| {
                        let width = if syntax == Syntax::Hcl { width_around(&written, at) } else { 0 };
                        format!("{}{key:width$}{}{value}", inner.indent, between(syntax))
                    })
                    .collect();
                let comma = if syntax == Syntax::Hcl { "" } else { "," };
                let lines = lines.join(&format!("{comma}{}", layout.eol));
                format!("{{{eol}{lines}{eol}{}}}", layout.indent, eol = layout.eol)
            }
            Piece::List(items) if !layout.lines || items.iter().all(Piece::is_scalar) => {
                let items: Vec<String> = items.iter().map(|item| item.write(syntax, layout)).collect();
                format!("[{}]", items.join(", "))
            }
            Piece::List(items) => {
                let inner = layout.deeper();
                let items: Vec<String> =
                    items.iter().map(|item| format!("{}{}", inner.indent, item.write(syntax, &inner))).collect();
                let items = items.join(&format!(",{}", layout.eol));
                format!("[{eol}{items}{eol}{}]", layout.indent, eol = layout.eol)
            }
        }
    }

    fn inline(&self, members: &[(String, Piece)], syntax: Syntax, layout: &Layout) -> String {
        let flat = Layout { lines: false, ..layout.clone() };
        let members: Vec<String> = members
            .iter()
            .map(|(key, value)| format!("{}{}{}", key_text(key, syntax), between(syntax), value.write(syntax, &flat)))
            .collect();
        if members.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", members.join(", ")) }
    }

    /// `key: value` in YAML's block style; lines below the first are indented, the first is not.
    pub(super) fn block_member(key: &str, value: &Piece, layout: &Layout) -> String {
        let key = string(key, Syntax::Yaml);
        let inner = layout.deeper();
        match value {
            Piece::Map(members) if !members.is_empty() => {
                let members = Self::block_members(members, &inner);
                format!("{key}:{}{}{members}", layout.eol, inner.indent)
            }
            Piece::List(items) if !items.iter().all(Piece::is_scalar) => {
                let items: Vec<String> =
                    items.iter().map(|item| format!("{}{}", inner.indent, item.block_item(&inner))).collect();
                format!("{key}:{}{}", layout.eol, items.join(layout.eol))
            }
            _ => format!("{key}: {}", value.write(Syntax::Yaml, &Layout { lines: false, ..layout.clone() })),
        }
    }

    fn block_members(members: &[(String, Piece)], layout: &Layout) -> String {
        let members: Vec<String> = members.iter().map(|(key, value)| Self::block_member(key, value, layout)).collect();
        members.join(&format!("{}{}", layout.eol, layout.indent))
    }

    /// `- item` in YAML's block style; `layout.indent` is that of the dash.
    pub(super) fn block_item(&self, layout: &Layout) -> String {
        match self {
            Piece::Map(members) => {
                let inner = Layout { indent: format!("{}  ", layout.indent), ..layout.clone() };
                format!("- {}", Self::block_members(members, &inner))
            }
            other => format!("- {}", other.write(Syntax::Yaml, &Layout { lines: false, ..layout.clone() })),
        }
    }
}

/// How wide the keys are around an item: `terraform fmt` aligns neighbours whose values fit on a line.
fn width_around(written: &[(String, String)], at: usize) -> usize {
    let on_a_line = |(_, value): &&(String, String)| !value.contains('\n');
    let around = |run: &mut dyn Iterator<Item = &(String, String)>| {
        run.take_while(on_a_line).map(|(key, _)| key.len()).max().unwrap_or(0)
    };
    if written.get(at).is_none_or(|(_, value)| value.contains('\n')) {
        return 0;
    }
    around(&mut written[..at].iter().rev()).max(around(&mut written[at..].iter()))
}

fn long_name(name: &str) -> String {
    if name == "Ref" { name.to_owned() } else { format!("Fn::{name}") }
}

fn between(syntax: Syntax) -> &'static str {
    if syntax == Syntax::Hcl { " = " } else { ": " }
}

fn key_text(key: &str, syntax: Syntax) -> String {
    let name = key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if syntax == Syntax::Hcl && name { key.to_owned() } else { string(key, syntax) }
}

/// A literal string.
pub(super) fn string(text: &str, syntax: Syntax) -> String {
    match syntax {
        Syntax::Yaml if is_plain(text) => text.to_owned(),
        Syntax::Yaml => format!("'{}'", text.replace('\'', "''")),
        Syntax::Json => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        Syntax::Hcl => {
            let text = text.replace('\\', "\\\\").replace('"', "\\\"");
            format!("\"{}\"", text.replace("${", "$${").replace("%{", "%%{"))
        }
    }
}

/// Whether YAML reads the text as this string without quotes, in block and flow style.
fn is_plain(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/');
    // `AWS::AccountId`: a colon is plain where no blank follows.
    let body = text.replace("::", "");
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic());
    let reserved = ["true", "false", "yes", "no", "on", "off", "null"];
    starts && body.chars().all(word) && !text.ends_with(':') && !reserved.contains(&text.to_lowercase().as_str())
}

//! Vaults with their neighbourhood as a graph: plans, vaults, keys and policies, the verdict as colour, the condition
//! on the edge.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::evidence::State;
use super::words::line;

/// How to print a [`Graph`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphFormat {
    /// Mermaid: Markdown on GitHub and GitLab draws it.
    Mermaid,
    /// Graphviz.
    Dot,
}

impl GraphFormat {
    /// The format with this name: `mermaid`, `dot`.
    pub fn from_name(name: &str) -> Option<GraphFormat> {
        match name {
            "mermaid" => Some(GraphFormat::Mermaid),
            "dot" => Some(GraphFormat::Dot),
            _ => None,
        }
    }
}

/// Nodes and the edges between them, both in the order in which they are printed.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The edges. One whose ends are not both nodes is left out.
    pub edges: Vec<Edge>,
}

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A backup plan or one of its rules.
    Plan,
    /// A vault of either sort.
    Vault,
    /// A key.
    Key,
    /// A key policy.
    Policy,
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Unique in the graph: unit and address.
    pub id: String,
    /// What it is.
    pub kind: NodeKind,
    /// What is written on it; lines are kept.
    pub label: String,
    /// The verdict, where there is one.
    pub state: Option<State>,
    /// The group that it is drawn in: the unit.
    pub group: String,
}

/// An edge.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The id of the node that it leaves.
    pub from: String,
    /// The id of the node that it reaches.
    pub to: String,
    /// What is written on it: "encrypts", "copies to".
    pub label: String,
    /// In which worlds it is there; `None` in all.
    pub when: Option<String>,
}

impl Edge {
    fn text(&self) -> String {
        match &self.when {
            Some(when) if self.label.is_empty() => format!("when {when}"),
            Some(when) => format!("{} when {when}", self.label),
            None => self.label.clone(),
        }
    }
}

/// Prints the graph.
///
/// # Errors
/// Those of `out`.
pub fn write(format: GraphFormat, graph: &Graph, out: &mut dyn Write) -> io::Result<()> {
    // Ids are addresses, which neither language takes as they are.
    let names: BTreeMap<&str, String> =
        graph.nodes.iter().enumerate().map(|(at, node)| (node.id.as_str(), format!("n{at}"))).collect();
    let edges: Vec<(&str, &str, &Edge)> = graph
        .edges
        .iter()
        .filter_map(|edge| Some((names.get(edge.from.as_str())?.as_str(), names.get(edge.to.as_str())?.as_str(), edge)))
        .collect();
    let mut groups: Vec<(&str, Vec<(&str, &Node)>)> = Vec::new();
    for node in &graph.nodes {
        let Some(name) = names.get(node.id.as_str()) else { continue };
        match groups.iter_mut().find(|(group, _)| *group == node.group) {
            Some((_, members)) => members.push((name, node)),
            None => groups.push((&node.group, vec![(name, node)])),
        }
    }
    match format {
        GraphFormat::Mermaid => mermaid(&groups, &edges, out),
        GraphFormat::Dot => dot(&groups, &edges, out),
    }
}

type Groups<'a> = [(&'a str, Vec<(&'a str, &'a Node)>)];

fn mermaid(groups: &Groups<'_>, edges: &[(&str, &str, &Edge)], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "flowchart LR")?;
    for (at, (group, members)) in groups.iter().enumerate() {
        writeln!(out, "  subgraph g{at}[\"{}\"]", entities(group))?;
        for (name, node) in members {
            let (open, close) = match node.kind {
                NodeKind::Plan => ("([", "])"),
                NodeKind::Vault => ("[(", ")]"),
                NodeKind::Key => ("{{", "}}"),
                NodeKind::Policy => ("[", "]"),
            };
            let class = node.state.map_or_else(String::new, |state| format!(":::{}", class(state)));
            writeln!(out, "    {name}{open}\"{}\"{close}{class}", entities(&node.label))?;
        }
        writeln!(out, "  end")?;
    }
    for (from, to, edge) in edges {
        let arrow = if edge.when.is_some() { "-.->" } else { "-->" };
        let text = entities(&edge.text());
        let label = if text.is_empty() { String::new() } else { format!("|\"{text}\"|") };
        writeln!(out, "  {from} {arrow}{label} {to}")?;
    }
    for state in [State::Satisfied, State::Gap, State::NotAssessed] {
        let (fill, stroke) = colors(state);
        writeln!(out, "  classDef {} fill:{fill},stroke:{stroke},color:#1a1c1f", class(state))?;
    }
    Ok(())
}

/// Text between quotes in Mermaid: its entity codes stand for everything that it would read as markup.
fn entities(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (at, part) in text.trim_end().lines().enumerate() {
        if at > 0 {
            escaped.push_str("<br>");
        }
        for c in line(part).chars() {
            match c {
                '"' | '#' | '&' | '<' | '>' | '`' | '\\' | '*' | '_' | '|' | '[' | ']' | '{' | '}' => {
                    escaped.push_str(&format!("#{};", c as u32));
                }
                c => escaped.push(c),
            }
        }
    }
    escaped
}

fn dot(groups: &Groups<'_>, edges: &[(&str, &str, &Edge)], out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "digraph strongroom {{\n  rankdir=LR;\n  node [fontname=\"sans-serif\", style=filled, fillcolor=white];"
    )?;
    writeln!(out, "  edge [fontname=\"sans-serif\", fontsize=10];")?;
    for (at, (group, members)) in groups.iter().enumerate() {
        writeln!(out, "  subgraph cluster_{at} {{\n    label=\"{}\";", quoted(group))?;
        for (name, node) in members {
            let shape = match node.kind {
                NodeKind::Plan => "oval",
                NodeKind::Vault => "cylinder",
                NodeKind::Key => "hexagon",
                NodeKind::Policy => "note",
            };
            let color = node.state.map_or_else(String::new, |state| {
                let (fill, stroke) = colors(state);
                format!(", fillcolor=\"{fill}\", color=\"{stroke}\"")
            });
            writeln!(out, "    {name} [label=\"{}\", shape={shape}{color}];", quoted(&node.label))?;
        }
        writeln!(out, "  }}")?;
    }
    for (from, to, edge) in edges {
        let dashed = if edge.when.is_some() { ", style=dashed" } else { "" };
        writeln!(out, "  {from} -> {to} [label=\"{}\"{dashed}];", quoted(&edge.text()))?;
    }
    writeln!(out, "}}")
}

fn quoted(text: &str) -> String {
    let lines: Vec<String> =
        text.trim_end().lines().map(|part| line(part).replace('\\', "\\\\").replace('"', "\\\"")).collect();
    lines.join("\\n")
}

fn class(state: State) -> &'static str {
    match state {
        State::Satisfied => "satisfied",
        State::Gap => "gap",
        State::NotAssessed => "open",
    }
}

/// Fill and line. The line differs in darkness too, for those who do not see the colour.
fn colors(state: State) -> (&'static str, &'static str) {
    match state {
        State::Satisfied => ("#e2f3e6", "#14692f"),
        State::Gap => ("#fce6e6", "#a3141d"),
        State::NotAssessed => ("#fdf0d5", "#7a4d00"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn graph() -> Graph {
        let node = |id: &str, kind, label: &str, state| Node {
            id: id.to_owned(),
            kind,
            label: label.to_owned(),
            state,
            group: "infra".to_owned(),
        };
        let edge = |from: &str, to: &str, label: &str, when: Option<&str>| Edge {
            from: from.to_owned(),
            to: to.to_owned(),
            label: label.to_owned(),
            when: when.map(str::to_owned),
        };
        Graph {
            nodes: vec![
                node("p", NodeKind::Plan, "aws_backup_plan.daily", None),
                node("v", NodeKind::Vault, "aws_backup_vault.main[\"a\"]\nlocked", Some(State::Gap)),
                node("k", NodeKind::Key, "aws_kms_key.k", Some(State::Satisfied)),
            ],
            edges: vec![
                edge("p", "v", "backs up to", None),
                edge("v", "k", "encrypted by", Some("var.key is 'x'")),
                edge("v", "nowhere", "", None),
            ],
        }
    }

    fn printed(format: GraphFormat) -> String {
        let mut out = Vec::new();
        write(format, &graph(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn mermaid_shows_verdicts_and_conditions() {
        let expected = "\
flowchart LR
  subgraph g0[\"infra\"]
    n0([\"aws#95;backup#95;plan.daily\"])
    n1[(\"aws#95;backup#95;vault.main#91;#34;a#34;#93;<br>locked\")]:::gap
    n2{{\"aws#95;kms#95;key.k\"}}:::satisfied
  end
  n0 -->|\"backs up to\"| n1
  n1 -.->|\"encrypted by when var.key is 'x'\"| n2
  classDef satisfied fill:#e2f3e6,stroke:#14692f,color:#1a1c1f
  classDef gap fill:#fce6e6,stroke:#a3141d,color:#1a1c1f
  classDef open fill:#fdf0d5,stroke:#7a4d00,color:#1a1c1f
";
        assert_eq!(printed(GraphFormat::Mermaid), expected);
    }

    #[test]
    fn dot_is_quoted() {
        let text = printed(GraphFormat::Dot);
        assert!(
            text.contains(
                "n1 [label=\"aws_backup_vault.main[\\\"a\\\"]\\nlocked\", shape=cylinder, fillcolor=\"#fce6e6\""
            ),
            "{text}"
        );
        assert!(text.contains("n1 -> n2 [label=\"encrypted by when var.key is 'x'\", style=dashed];"), "{text}");
        assert!(!text.contains("nowhere"));
        assert_eq!(text.matches('{').count(), text.matches('}').count());
    }
}

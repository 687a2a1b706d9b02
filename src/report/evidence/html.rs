//! Evidence as one page: no script, no font, no picture, nothing that is fetched.

use std::io::{self, Write};

use super::{Evidence, State, VaultRow, facts};
use crate::report::words::count;
use crate::report::xml::escape;

/// A wide screen and paper show a table; on a narrower one each row becomes a card, its cells headed by `data-head`.
const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1a1c1f;--dim:#5c636b;--line:#d7dbdf;--paper:#fff;--band:#f5f6f8;\
--good:#14692f;--good-bg:#e2f3e6;--bad:#a3141d;--bad-bg:#fce6e6;--open:#7a4d00;--open-bg:#fdf0d5}\
@media(prefers-color-scheme:dark){:root{--ink:#e6e8ea;--dim:#9aa2ab;--line:#363b41;--paper:#15171a;--band:#1d2024;\
--good:#7fd695;--good-bg:#12331c;--bad:#ff9a9a;--bad-bg:#451a1c;--open:#f0c36d;--open-bg:#3d2d0c}}\
*{box-sizing:border-box}\
body{margin:0 auto;max-width:88rem;padding:1.5rem;font:15px/1.45 system-ui,sans-serif;color:var(--ink);background:var(--paper)}\
h1{font-size:1.5rem;line-height:1.2;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}\
p{margin:.25rem 0}.dim{color:var(--dim)}code{font:.87em/1.4 ui-monospace,monospace;overflow-wrap:break-word}\
.sums{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.25rem 0;padding:0;list-style:none}\
.sums li{border:1px solid var(--line);border-radius:.5rem;padding:.5rem 1rem;min-width:8rem}\
.sums b{display:block;font-size:1.6rem;line-height:1.2}\
table{width:100%;border-collapse:collapse;table-layout:fixed}\
th{text-align:left;font-size:.8rem;color:var(--dim);font-weight:600}\
th,td{padding:.55rem .6rem;vertical-align:top;overflow-wrap:anywhere}th{overflow-wrap:normal}\
th:nth-child(1){width:9rem}th:nth-child(2),th:nth-child(7){width:19%}th:nth-child(3){width:15%}th:nth-child(4){width:9%}th:nth-child(6){width:7%}\
tbody{border-top:1px solid var(--line)}tbody:nth-child(odd){background:var(--band)}\
.supports td{padding-top:0}.supports ul{display:flex;flex-wrap:wrap;gap:.25rem}.supports li+li{margin:0}\
.supports .state{font-weight:400;font-size:.78rem}\
td ul,.plain{margin:0;padding:0;list-style:none}td li+li{margin-top:.25rem}\
.state{display:inline-block;border-radius:1rem;padding:.05rem .6rem;font-size:.85rem;font-weight:600;white-space:nowrap}\
.satisfied{color:var(--good);background:var(--good-bg)}.gap{color:var(--bad);background:var(--bad-bg)}\
.not-assessed{color:var(--open);background:var(--open-bg)}\
footer{margin-top:2rem;padding-top:.75rem;border-top:1px solid var(--line);font-size:.85rem;color:var(--dim)}\
@media screen and (max-width:70rem){tr,td{display:block}thead{display:none}\
table{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(24rem,100%),1fr));gap:1rem}\
tbody{display:block;border:1px solid var(--line);border-radius:.5rem;padding:.4rem 0}.supports td{padding-top:.3rem}\
td{border:0;padding:.3rem .8rem}td:empty{display:none}\
td[data-head]::before{content:attr(data-head);display:block;font-size:.75rem;font-weight:600;color:var(--dim)}}\
@media screen and (max-width:30rem){body{padding:1rem}}\
@media print{@page{size:A4 landscape;margin:12mm}:root{color-scheme:light;--ink:#000;--dim:#444;--line:#999;--paper:#fff;--band:#fff}\
body{padding:0;font-size:9pt;max-width:none}tbody,li{break-inside:avoid}thead{display:table-header-group}\
.state{border:1px solid currentColor;background:none}}";

pub(super) fn write(evidence: &Evidence, out: &mut dyn Write) -> io::Result<()> {
    let title = escape(&evidence.title);
    writeln!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>Backup encryption: {title}</title>\n<style>{STYLE}</style>\n</head>\n<body>"
    )?;
    writeln!(out, "<header>\n<h1>Backup encryption</h1>\n<p class=\"dim\">{title}</p>\n</header>")?;
    sums(evidence, out)?;
    if evidence.vaults.is_empty() {
        writeln!(out, "<p>No backup vault is declared in what was read.</p>")?;
    } else {
        table(evidence, out)?;
    }
    let read = evidence.read.iter().map(|unit| {
        let files = count(unit.files, "file");
        format!("<code>{}</code> <span class=\"dim\">{}, {files}</span>", escape(&unit.unit), escape(&unit.kind))
    });
    list(out, "What was read", read)?;
    let not_read = evidence.not_read.iter();
    list(
        out,
        "What was not read",
        not_read.map(|not| format!("<code>{}</code> {}", escape(&not.what), escape(&not.why))),
    )?;
    let date = evidence.date.as_ref().map_or_else(String::new, |date| format!(" · {}", escape(date)));
    writeln!(
        out,
        "<footer>strongroom {} · rules <code>{}</code>{date}<br>What the code declares, judged offline; the account itself \
         was not looked at. A control that is named here is supported, not proven.</footer>\n</body>\n</html>",
        escape(&evidence.versions.strongroom),
        escape(&evidence.versions.rules)
    )
}

fn sums(evidence: &Evidence, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<ul class=\"sums\">")?;
    writeln!(
        out,
        "<li><b>{}</b>{}</li>",
        evidence.vaults.len(),
        if evidence.vaults.len() == 1 { "vault" } else { "vaults" }
    )?;
    for state in [State::Satisfied, State::Gap, State::NotAssessed] {
        writeln!(out, "<li><b>{}</b>{}</li>", evidence.count(state), badge(state))?;
    }
    writeln!(out, "</ul>")
}

fn table(evidence: &Evidence, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<table>\n<thead><tr><th>State</th><th>Vault</th>")?;
    for (head, _) in evidence.vaults.first().map(facts).unwrap_or_default() {
        write!(out, "<th>{}</th>", escape(head))?;
    }
    writeln!(out, "<th>Remarks</th><th>Suppressed</th></tr></thead>")?;
    for vault in &evidence.vaults {
        row(vault, out)?;
    }
    writeln!(out, "</table>")
}

fn row(vault: &VaultRow, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<tbody>\n<tr><td>{}</td>", badge(vault.state))?;
    // A Terraform address has its type in it.
    let kind = if vault.address.contains(&vault.kind) { String::new() } else { format!("{}<br>", escape(&vault.kind)) };
    write!(
        out,
        "<td><code><b>{}</b></code><br><span class=\"dim\">{kind}<code>{}</code></span></td>",
        breakable(&vault.address),
        breakable(&vault.place)
    )?;
    for (head, text) in facts(vault) {
        match text.as_str() {
            "" => write!(out, "<td></td>")?,
            text => write!(out, "<td data-head=\"{}\">{}</td>", escape(head), breakable(text))?,
        }
    }
    cell(out, "Remarks", vault.remarks.iter().map(|remark| breakable(remark)))?;
    cell(
        out,
        "Suppressed",
        vault.suppressions.iter().map(|suppression| {
            let until =
                suppression.expires.as_ref().map_or_else(String::new, |date| format!(" until {}", escape(date)));
            format!("<code>{}</code>{until}: {}", escape(&suppression.rule), escape(&suppression.reason))
        }),
    )?;
    writeln!(out, "</tr>")?;
    supports(vault, out)?;
    writeln!(out, "</tbody>")
}

/// The controls in a row of their own: there are many, and each is short.
fn supports(vault: &VaultRow, out: &mut dyn Write) -> io::Result<()> {
    let columns = facts(vault).len() + 4;
    if vault.controls.is_empty() {
        return Ok(());
    }
    write!(out, "<tr class=\"supports\"><td></td><td colspan=\"{}\" data-head=\"Supports\"><ul>", columns - 1)?;
    for control in &vault.controls {
        let title = format!("{}: {}", control.rule, control.state.name());
        write!(
            out,
            "<li><span class=\"state {}\" title=\"{}\">{} {} {}</span></li>",
            class(control.state),
            escape(&title),
            sign(control.state),
            escape(&control.framework),
            escape(&control.id)
        )?;
    }
    writeln!(out, "</ul></td></tr>")
}

fn cell(out: &mut dyn Write, head: &str, items: impl Iterator<Item = String>) -> io::Result<()> {
    let items: Vec<String> = items.map(|item| format!("<li>{item}</li>")).collect();
    match items.len() {
        0 => write!(out, "<td></td>"),
        _ => write!(out, "<td data-head=\"{head}\"><ul>{}</ul></td>", items.concat()),
    }
}

fn list(out: &mut dyn Write, head: &str, items: impl Iterator<Item = String>) -> io::Result<()> {
    let items: Vec<String> = items.map(|item| format!("<li>{item}</li>\n")).collect();
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h2>{head}</h2>\n<ul class=\"plain\">\n{}</ul>", items.concat())
}

fn badge(state: State) -> String {
    format!("<span class=\"state {}\">{}</span>", class(state), state.name())
}

/// Text that may be broken where a path, an address or a name has a joint.
fn breakable(text: &str) -> String {
    let mut broken = String::with_capacity(text.len() * 2);
    let mut piece = String::new();
    let mut before = ' ';
    for c in text.chars() {
        let joint = matches!(before, '.' | '/' | ']' | ':' | '_') || (before.is_lowercase() && c.is_uppercase());
        if joint && !c.is_whitespace() {
            broken.push_str(&escape(&std::mem::take(&mut piece)));
            broken.push_str("<wbr>");
        }
        piece.push(c);
        before = c;
    }
    broken + &escape(&piece)
}

/// The state without colour.
fn sign(state: State) -> &'static str {
    match state {
        State::Gap => "✗",
        State::NotAssessed => "?",
        State::Satisfied => "✓",
    }
}

fn class(state: State) -> &'static str {
    match state {
        State::Gap => "gap",
        State::NotAssessed => "not-assessed",
        State::Satisfied => "satisfied",
    }
}

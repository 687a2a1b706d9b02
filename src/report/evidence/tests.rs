#![allow(clippy::unwrap_used)]

use serde_json::Value;

use super::*;

fn vault(address: &str, state: State) -> VaultRow {
    VaultRow {
        address: address.to_owned(),
        kind: "aws_backup_vault".to_owned(),
        unit: "infra".to_owned(),
        place: "infra/main.tf:3:17".to_owned(),
        key: "aws_kms_key.backup".to_owned(),
        owner: "customer".to_owned(),
        rotation: "on".to_owned(),
        period: "365 days".to_owned(),
        access: "account root, statement \"Root\"".to_owned(),
        lock: String::new(),
        suppressions: vec![Suppression {
            rule: "vault-unlocked".to_owned(),
            reason: "locked | by <hand>".to_owned(),
            expires: Some("2027-01-31".to_owned()),
        }],
        controls: vec![Control {
            framework: "iso27001-2022".to_owned(),
            id: "A.8.24".to_owned(),
            rule: "vault-customer-key".to_owned(),
            state,
        }],
        remarks: vec!["aws/backup when var.key is null".to_owned()],
        state,
    }
}

fn evidence() -> Evidence {
    Evidence {
        title: "infra <& more>".to_owned(),
        date: None,
        vaults: vec![
            vault("aws_backup_vault.a", State::Satisfied),
            vault("aws_backup_vault.b", State::Gap),
            vault("module.x[\"<é>\"].aws_backup_vault.c", State::NotAssessed),
        ],
        read: vec![ReadUnit { unit: "infra".to_owned(), kind: "terraform".to_owned(), files: 3 }],
        not_read: vec![NotRead { what: "module.y".to_owned(), why: "its sources are not here".to_owned() }],
        versions: Versions { strongroom: "0.1.0".to_owned(), rules: "5f1d".to_owned() },
    }
}

fn printed(format: EvidenceFormat, evidence: &Evidence) -> String {
    let mut out = Vec::new();
    write(format, evidence, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn the_page_is_whole_and_fetches_nothing() {
    let page = printed(EvidenceFormat::Html, &evidence());
    for tag in ["html", "head", "body", "table", "thead", "tbody", "tr", "td", "ul", "li", "code", "span", "footer"] {
        let opened = page.matches(&format!("<{tag}>")).count() + page.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, page.matches(&format!("</{tag}>")).count(), "{tag}");
    }
    assert_eq!((page.matches("<tr>").count(), page.matches("<tbody>").count()), (4, 3));
    for fetching in ["http:", "https:", "src=", "url(", "@import", "<script"] {
        assert!(!page.contains(fetching), "{fetching}");
    }
    assert!(page.contains("infra &lt;&amp; more&gt;") && !page.contains("<é>") && !page.contains("<hand>"));
    assert_eq!(page, printed(EvidenceFormat::Html, &evidence()));
}

#[test]
fn a_repository_without_vaults_says_so() {
    let none = Evidence::default();
    assert!(printed(EvidenceFormat::Html, &none).contains("No backup vault is declared"));
    assert!(printed(EvidenceFormat::Markdown, &none).contains("0 satisfied, 0 with a gap, 0 not assessed"));
}

#[test]
fn markdown_has_a_row_a_vault() {
    let text = printed(EvidenceFormat::Markdown, &evidence());
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| gap")).collect();
    assert_eq!(
        rows,
        [
            "| gap | `aws_backup_vault.b`<br>`infra/main.tf:3:17` | aws\\_kms\\_key.backup (customer) | on, 365 days | account root, statement \"Root\" | – | aws/backup when var.key is null | vault-unlocked: locked \\| by &lt;hand&gt; (until 2027-01-31) | iso27001-2022 A.8.24: gap |"
        ]
    );
    assert!(text.contains("## Not read\n\n- `module.y`: its sources are not here\n"));
}

#[test]
fn json_is_the_data() {
    let json: Value = serde_json::from_str(&printed(EvidenceFormat::Json, &evidence())).unwrap();
    assert_eq!((&json["version"], &json["summary"]["not_assessed"]), (&1.into(), &1.into()));
    assert_eq!(json["vaults"][2]["state"], "not-assessed");
    assert_eq!(json["vaults"][0]["suppressions"][0]["expires"], "2027-01-31");
    assert!(json.get("date").is_none());
}

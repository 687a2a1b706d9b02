//! What the editor is told holds no secret, wherever the cursor stands.

use serde_json::Value as Json;

use super::{Directory, Editor};

const TEMPLATE: &str = "\
Parameters:
  Pw: {Type: String, NoEcho: true, Default: Zx9-Marker, AllowedValues: [Zx9-Marker, Zx9-Marker-b]}
Conditions:
  IsPw: !Equals [!Ref Pw, Zx9-Marker-b]
Resources:
  V:
    Type: AWS::Backup::BackupVault
    Properties: {BackupVaultName: !Ref Pw, EncryptionKeyArn: !Sub 'x-${Pw}'}
  W:
    Type: AWS::Backup::BackupVault
    Properties: {BackupVaultName: w, EncryptionKeyArn: !If [IsPw, no-key, !Ref AWS::NoValue]}
";

const CONFIGURATION: &str = "\
variable \"pw\" {
  default   = \"Zx9-Marker\"
  sensitive = true
}
locals {
  pw = upper(var.pw)
}
resource \"aws_backup_vault\" \"v\" {
  name        = var.pw
  kms_key_arn = \"x-${local.pw}\"
}
resource \"aws_backup_vault\" \"w\" {
  name        = \"w\"
  kms_key_arn = var.pw == \"Zx9-Marker\" ? null : var.pw
}
provider \"aws\" {}
";

#[test]
fn the_editor_is_told_no_secret() {
    let directory = Directory::new("secrets", &[("t.yaml", TEMPLATE), ("main.tf", CONFIGURATION)]);
    let mut editor = Editor::new();
    for (name, text) in [("t.yaml", TEMPLATE), ("main.tf", CONFIGURATION)] {
        let uri = directory.uri(name);
        editor.open(&uri, text);
        let mut told = Vec::new();
        for (line, written) in (0..).zip(text.lines()) {
            for column in (0..u32::try_from(written.len()).unwrap()).step_by(4) {
                told.push(editor.hover(&uri, line, column));
            }
            told.push(Json::from(editor.actions(&uri, line, 4)).to_string());
        }
        told.extend(editor.shown.iter().map(|(_, diagnostics)| Json::from(diagnostics.clone()).to_string()));
        let told = told.join("\n");
        assert!(told.contains("(sensitive value)") && told.contains("vault-"), "{told}");
        for line in told.lines() {
            assert!(!line.to_lowercase().contains("zx9-marker"), "{line}");
        }
    }
    editor.leave();
}

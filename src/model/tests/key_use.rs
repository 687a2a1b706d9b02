//! Whose key a vault is given, and how.

use serde_json::{Value as Json, json};

use super::{CloudFormation, JsonUnit, Terraform, ask, check, defaulted, vault};
use crate::value::{Input, InputKind, Pseudo};

#[test]
fn whose_key_a_template_gives() {
    let arn = |resource: Json| json!({"$text": ["arn:", {"$input": "AWS::Partition"}, ":kms:", {"$input": "AWS::Region"}, ":", {"$input": "AWS::AccountId"}, ":", resource]});
    let key = |id: Json| json!({"$text": ["arn:aws:kms:eu-west-1:", {"$input": "AWS::AccountId"}, ":key/", id]});
    let literal = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let table: &[(&str, Json, &str)] = &[
        ("NoValue", json!({"$none": true}), "aws-managed no-value none absent"),
        ("empty", json!(""), "aws-managed empty none absent"),
        ("GetAtt", json!({"$attr": "K.Arn"}), "customer reference key-arn K"),
        ("Ref", json!({"$ref": "K"}), "customer reference key-id K"),
        ("Ref of an alias", json!({"$ref": "A"}), "customer reference alias-name K"),
        ("ARN around a Ref", arn(json!({"$text": ["key/", {"$ref": "K"}]})), "customer reference key-arn K"),
        ("literal ARN around a Ref", key(json!({"$ref": "K"})), "customer reference key-arn K"),
        ("ARN of an alias", arn(json!({"$ref": "A"})), "customer reference alias-arn K"),
        ("AWS's alias by Sub", arn(json!("alias/aws/backup")), "aws-managed alias-aws alias-arn absent"),
        ("AWS's alias by name", json!("alias/aws/backup"), "aws-managed alias-aws alias-name absent"),
        ("an alias by name", json!("alias/backup"), "customer alias alias-name absent"),
        ("an alias of this unit by name", json!("alias/own"), "customer alias alias-name K"),
        ("an alias of this unit by ARN", arn(json!("alias/own")), "customer alias alias-arn K"),
        (
            "an alias of this name of another account",
            json!("arn:aws:kms:eu-west-1:111122223333:alias/own"),
            "customer alias alias-arn absent",
        ),
        ("an alias that only begins so", arn(json!("alias/owner")), "customer alias alias-arn absent"),
        (
            "an alias with an open name",
            arn(json!({"$text": ["alias/", {"$input": "Open"}, "-app"]})),
            "unknown ⟦?⟧ alias alias-arn unknown",
        ),
        (
            "an alias with an open name by name",
            json!({"$text": ["alias/", {"$input": "Open"}, "-app"]}),
            "unknown ⟦?⟧ alias alias-name unknown",
        ),
        (
            "an alias with a default in its name",
            arn(json!({"$text": ["alias/", {"$input": "Stage"}, "-app"]})),
            "customer|unknown ⟦?⟧ alias alias-arn absent|unknown",
        ),
        (
            "an alias whose default is one of AWS",
            arn(json!({"$text": ["alias/", {"$input": "Aws"}]})),
            "aws-managed|unknown ⟦?⟧ alias-aws|alias alias-arn absent|unknown",
        ),
        (
            "the account right behind alias/",
            arn(json!({"$text": ["alias/", {"$input": "AWS::AccountId"}, "-", {"$input": "Open"}]})),
            "customer alias alias-arn absent",
        ),
        (
            "an alias of this unit with an open name",
            arn(json!({"$text": ["alias/", {"$input": "Open"}]})),
            "customer alias alias-arn K",
        ),
        (
            "what may be aws/",
            arn(json!({"$text": ["alias/aws", {"$input": "Open"}]})),
            "unknown ⟦?⟧ alias alias-arn unknown",
        ),
        ("what nothing fills in", json!("arn:aws:kms:eu-west-1:${Account}:key/x"), "invalid other other absent"),
        ("what another tool fills in", json!("${self:custom.key}"), "unknown"),
        ("a key's ARN", json!(literal), "customer arn key-arn absent"),
        (
            "a key's ARN in China",
            json!(literal.replace("aws:kms:eu-west-1", "aws-cn:kms:cn-north-1")),
            "customer arn key-arn absent",
        ),
        ("China's partition in Europe", json!(literal.replace("aws:", "aws-cn:")), "customer arn partition absent"),
        ("a key's id", json!("1234abcd-12ab-34cd-56ef-1234567890ab"), "customer key-id key-id absent"),
        ("a role's ARN", json!("arn:aws:iam::111122223333:role/x"), "invalid arn other-service absent"),
        ("a bucket's ARN", json!({"$attr": "B.Arn"}), "invalid reference other-service absent"),
        ("words", json!("my key"), "invalid other other absent"),
        ("a dynamic reference", json!("{{resolve:ssm:key}}"), "unknown unknown unknown unknown"),
        ("an import", json!({"$unknown": "imported"}), "unknown unknown ⟦?⟧ unknown unknown ⟦?⟧ unknown"),
        ("an ARN with an unknown id", key(json!({"$input": "Open"})), "customer arn key-arn absent"),
        ("what no stack declares", json!({"$attr": "Gone.Arn"}), "unknown unknown unknown unknown"),
    ];
    for (name, value, expected) in table {
        let mut resources = vault(value.clone());
        resources["A"]["AliasName"] = json!("alias/own");
        resources["C"] = json!({"type": "AWS::KMS::Alias", "TargetKeyId": {"$ref": "K"},
            "AliasName": {"$text": ["alias/", {"$input": "Open"}]}});
        let unit = JsonUnit::new(CloudFormation, &resources)
            .with_input(Input::new("Open", InputKind::Parameter))
            .with_input(defaulted("Stage", json!("dev")))
            .with_input(defaulted("Aws", json!("aws/backup")));
        let found: Vec<String> = ["vault.key.owner", "vault.key.given", "vault.key.format", "vault.key.resource"]
            .into_iter()
            .map(|path| ask(&unit, path).join("|"))
            .collect();
        let found = found.join(" ");
        if expected.starts_with("unknown") && !expected.contains("alias") {
            assert!(found.starts_with("unknown"), "{name}: {found}");
        } else {
            assert_eq!(found, *expected, "{name}");
        }
    }
    let omitted = json!({"V": {"type": "AWS::Backup::BackupVault"}});
    check(
        CloudFormation,
        &[
            ("omitted", omitted.clone(), "vault.key.given", "omitted"),
            ("omitted", omitted, "vault.key.owner", "aws-managed"),
        ],
    );
}

#[test]
fn inputs_are_settled_where_ownership_hangs_on_them() {
    check(
        CloudFormation,
        &[
            (
                "if",
                vault(json!({"$if": ["Cmk", {"$attr": "K.Arn"}, {"$none": true}]})),
                "vault.key.owner",
                "customer | aws-managed",
            ),
            ("empty by default", vault(json!({"$input": "Empty"})), "vault.key.owner", "aws-managed | unknown ⟦?⟧"),
            ("AWS's by default", vault(json!({"$input": "Managed"})), "vault.key.owner", "aws-managed | unknown ⟦?⟧"),
            ("null by default", vault(json!({"$input": "MayBeNull"})), "vault.key.owner", "aws-managed | unknown ⟦?⟧"),
            ("no default", vault(json!({"$input": "Open"})), "vault.key.owner", "unknown ⟦?⟧"),
        ],
    );
}

#[test]
fn an_alias_is_followed_where_its_arn_can_mean_no_other() {
    let resources = |region: &str| {
        json!({
            "aws_backup_vault.v": {"type": "aws_backup_vault", "name": "v",
                "kms_key_arn": {"$text": ["arn:aws:kms:eu-west-1:", {"$input": "AWS::AccountId"}, ":alias/own"]}},
            "aws_kms_key.k": {"type": "aws_kms_key"},
            "aws_kms_alias.a": {"type": "aws_kms_alias", "name": "alias/own", "@provider": {"region": region},
                "target_key_id": {"$attr": "aws_kms_key.k.key_id"}}
        })
    };
    let other = Input::new("data.aws_caller_identity.other.account_id", InputKind::Pseudo(Pseudo::Account));
    let table = [
        ("the alias' own region", JsonUnit::new(Terraform, &resources("eu-west-1")), "aws_kms_key.k"),
        ("another region", JsonUnit::new(Terraform, &resources("us-east-1")), "absent"),
        ("one of two accounts", JsonUnit::new(Terraform, &resources("eu-west-1")).with_input(other), "absent"),
    ];
    for (name, unit, expected) in table {
        assert_eq!(ask(&unit, "vault.key.resource"), [expected], "{name}");
        assert_eq!(ask(&unit, "vault.key.format"), ["alias-arn"], "{name}");
    }
}

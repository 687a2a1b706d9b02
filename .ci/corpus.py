#!/usr/bin/env python3
"""Writes the inputs of the instruction gate and of side-by-side measurements: made up, the same on every machine.

    python3 .ci/corpus.py DIRECTORY [PLAN_MEGABYTES ...]
"""
import json
import os
import random
import sys

SMALL = """AWSTemplateFormatVersion: "2010-09-09"
Description: Backups of {name}
Parameters:
  UseCmk:
    Type: String
    AllowedValues: ["true", "false"]
    Default: "true"
  Retention:
    Type: Number
    Default: 35
Conditions:
  CreateKey: !Equals [!Ref UseCmk, "true"]
Resources:
  Key:
    Type: AWS::KMS::Key
    Condition: CreateKey
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Version: "2012-10-17"
        Statement:
          - Sid: Account
            Effect: Allow
            Principal: {{ AWS: !Sub "arn:aws:iam::${{AWS::AccountId}}:root" }}
            Action: "kms:*"
            Resource: "*"
  Vault:
    Type: AWS::Backup::BackupVault
    Properties:
      BackupVaultName: {name}
      EncryptionKeyArn: !If [CreateKey, !GetAtt Key.Arn, !Ref AWS::NoValue]
  Plan:
    Type: AWS::Backup::BackupPlan
    Properties:
      BackupPlan:
        BackupPlanName: daily
        BackupPlanRule:
          - RuleName: daily
            TargetBackupVault: !Ref Vault
            ScheduleExpression: "cron(0 5 ? * * *)"
            Lifecycle: {{ DeleteAfterDays: !Ref Retention }}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {{ Effect: Allow, Principal: {{ Service: backup.amazonaws.com }}, Action: "sts:AssumeRole" }}
      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup]
  Selection:
    Type: AWS::Backup::BackupSelection
    Properties:
      BackupPlanId: !Ref Plan
      BackupSelection:
        SelectionName: tagged
        IamRoleArn: !GetAtt Role.Arn
        ListOfTags: [{{ ConditionType: STRINGEQUALS, ConditionKey: backup, ConditionValue: "yes" }}]
"""

SERVICE = """  {id}Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal:
              Service: lambda.amazonaws.com
            Action: sts:AssumeRole
      Policies:
        - PolicyName: tables
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action:
                  - dynamodb:GetItem
                  - dynamodb:PutItem
                Resource: !GetAtt {id}Table.Arn
  {id}Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: !Sub "${{AWS::StackName}}-{name}"
      Runtime: python3.13
      Handler: index.handler
      MemorySize: {memory}
      Role: !GetAtt {id}Role.Arn
      Code:
        ZipFile: |
          import json

          def handler(event, context):
              # {words}
              return {{"statusCode": 200, "body": json.dumps(event)}}
  {id}Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions:
        - AttributeName: id
          AttributeType: S
      KeySchema:
        - {{ AttributeName: id, KeyType: HASH }}
      Tags:
        - {{ Key: team, Value: "{team}" }}
        - {{ Key: cost-centre, Value: "{cost}" }}
"""

WORDS = "orders invoices payments users events audit stock search mail reports sessions tokens media queue".split()


def services(rng, count):
    told = []
    for at in range(count):
        word = rng.choice(WORDS)
        told.append(
            SERVICE.format(
                id=f"{word.title()}{at}",
                name=f"{word}-{at}",
                memory=rng.choice([128, 256, 1024]),
                words=" ".join(rng.choices(WORDS, k=rng.randint(4, 12))),
                team=rng.choice(WORDS),
                cost=rng.randint(1000, 9999),
            )
        )
    return "".join(told)


def template(rng, size, vault):
    """A template of about so many bytes; with a vault, a key, a plan and a role, or without."""
    head = SMALL.format(name=rng.choice(WORDS)) if vault else 'AWSTemplateFormatVersion: "2010-09-09"\nResources:\n'
    one = len(services(random.Random(0), 10)) // 10
    return head + services(rng, max(1, round((size - len(head)) / one)))


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def templates(root, rng):
    """307 templates of 1 to 60 kB, one in eight with a vault, some of them JSON."""
    for at in range(307):
        size = int(min(60_000, 1000 + rng.expovariate(1 / 7000)))
        write(f"{root}/templates/{at % 12}/{at}.yaml", template(rng, size, at % 8 == 0))


VARIABLE = """
variable "{name}" {{
  description = "{words}"
  type        = {type}
  default     = {default}
{validation}}}
"""

VALIDATION = r"""
  validation {{
    condition     = var.{name} == null || can(regex("^[a-zA-Z][a-zA-Z0-9_-]{{1,62}}$", var.{name}))
    error_message = "The name must start with a letter."
  }}
"""


def module(root, rng):
    """A backup module with examples and other modules beside it: 108 files."""
    at = f"{root}/module"
    names = [f"{rng.choice(WORDS)}_{n}" for n in range(24)]
    variables = ['variable "kms_key_arn" {\n  type    = string\n  default = null\n}\n']
    for n, name in enumerate(names):
        kind, default = rng.choice([("string", '"daily"'), ("number", "35"), ("bool", "true"), ("list(string)", "[]")])
        check = VALIDATION.format(name=name) if kind == "string" else ""
        words = " ".join(rng.choices(WORDS, k=6))
        variables.append(VARIABLE.format(name=name, words=words, type=kind, default=default, validation=check))
    write(f"{at}/variables.tf", "".join(variables))
    write(f"{at}/versions.tf", 'terraform {\n  required_version = ">= 1.5"\n}\n')
    write(
        f"{at}/main.tf",
        """locals {
  plans = { for name, plan in var.plans : name => merge({ schedule = "cron(0 5 ? * * *)", retention = 35 }, plan) }
  key   = var.kms_key_arn == null ? aws_kms_key.backup[0].arn : var.kms_key_arn
}

variable "plans" {
  type    = map(any)
  default = { daily = { retention = 35 }, weekly = { retention = 90 } }
}

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "key" {
  statement {
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.current.account_id}:root"]
    }
  }
}

resource "aws_kms_key" "backup" {
  count               = var.kms_key_arn == null ? 1 : 0
  enable_key_rotation = true
  policy              = data.aws_iam_policy_document.key.json
}

resource "aws_backup_vault" "main" {
  name        = "main"
  kms_key_arn = local.key
}

resource "aws_backup_plan" "main" {
  for_each = local.plans
  name     = each.key
  rule {
    rule_name         = each.key
    target_vault_name = aws_backup_vault.main.name
    schedule          = each.value.schedule
    lifecycle {
      delete_after = each.value.retention
    }
  }
}
""",
    )
    write(f"{at}/outputs.tf", 'output "vault_arn" {\n  value = aws_backup_vault.main.arn\n}\n')
    for n in range(26):
        example = f"{at}/examples/{rng.choice(WORDS)}-{n}"
        key = ["null", "aws_kms_key.own.arn", '"arn:aws:kms:eu-west-1:111122223333:key/0000"'][n % 3]
        own = 'resource "aws_kms_key" "own" {\n  enable_key_rotation = true\n}\n' if n % 3 == 1 else ""
        write(f"{example}/main.tf", f'module "backup" {{\n  source      = "../.."\n  kms_key_arn = {key}\n}}\n\n{own}')
        write(f"{example}/provider.tf", 'provider "aws" {\n  region = "eu-west-1"\n}\n')
        groups = "".join(
            f"""
resource "aws_security_group" "{rng.choice(WORDS)}_{g}" {{
  name = "{rng.choice(WORDS)}-{g}"
  ingress {{
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }}
}}
"""
            for g in range(rng.randint(2, 12))
        )
        write(f"{example}/network.tf", groups)
        write(f"{example}/outputs.tf", 'output "vault" {\n  value = module.backup.vault_arn\n}\n')


def plan(path, megabytes):
    """A plan as Terraform writes it: one resource in a hundred is a vault or a key."""
    planned, changes, prior, configured = [], [], [], []
    size = at = 0
    while size < megabytes * 1_000_000:
        block = at // 50
        kind, values, unknown, expressions = resource(at, block)
        address = f'{kind}.r{block}["i{at}"]'
        head = {
            "address": address,
            "mode": "managed",
            "type": kind,
            "name": f"r{block}",
            "index": f"i{at}",
            "provider_name": "registry.terraform.io/hashicorp/aws",
        }
        exists = at % 2 == 0 and kind == "aws_security_group"
        stands = json.dumps({**head, "schema_version": 1, "values": values, "sensitive_values": {}})
        planned.append(stands)
        change = {
            "actions": ["no-op"] if exists else ["create"],
            "before": values if exists else None,
            "after": values,
            "after_unknown": {} if exists else unknown,
            "before_sensitive": False,
            "after_sensitive": {},
        }
        changes.append(json.dumps({**head, "change": change}))
        if exists:
            prior.append(stands)
        if at % 50 == 0:
            configured.append(
                json.dumps(
                    {
                        "address": f"{kind}.r{block}",
                        "mode": "managed",
                        "type": kind,
                        "name": f"r{block}",
                        "provider_config_key": "aws",
                        "expressions": expressions,
                        "schema_version": 1,
                        "for_each_expression": {"references": ["var.all"]},
                    }
                )
            )
        size += len(stands) * (2 if exists else 1) + len(changes[-1])
        at += 1
    text = (
        '{"format_version":"1.2","terraform_version":"1.14.5","variables":{"all":{"value":{}}},"planned_values":'
        '{"root_module":{"resources":[%s]}},"resource_changes":[%s],"prior_state":{"format_version":"1.0","values":'
        '{"root_module":{"resources":[%s]}}},"configuration":{"provider_config":{"aws":{"name":"aws"}},"root_module":'
        '{"resources":[%s],"variables":{"all":{}}}}}'
    )
    write(path, text % tuple(",".join(part) for part in (planned, changes, prior, configured)))


def resource(at, block):
    if block % 200 == 0:
        return (
            "aws_kms_key",
            {"deletion_window_in_days": 30, "enable_key_rotation": True, "tags": None},
            {"arn": True, "id": True, "key_id": True, "policy": True, "tags_all": True},
            {},
        )
    if block % 200 == 1:
        key = f"aws_kms_key.r{block - 1}"
        return (
            "aws_backup_vault",
            {"force_destroy": None, "name": f"i{at}", "tags": None, "timeouts": None},
            {"arn": True, "id": True, "kms_key_arn": True, "recovery_points": True, "tags_all": True},
            {"kms_key_arn": {"references": [key, "each.key"]}, "name": {"references": ["each.key"]}},
        )
    traffic = {"ipv6_cidr_blocks": [], "prefix_list_ids": [], "security_groups": [], "self": False}
    return (
        "aws_security_group",
        {
            "description": f"Traffic of service {at} \u2014 managed",
            "egress": [{"cidr_blocks": ["0.0.0.0/0"], "from_port": 0, "protocol": "-1", "to_port": 0, **traffic}],
            "ingress": [{"cidr_blocks": ["10.0.0.0/8"], "from_port": 443, "protocol": "tcp", "to_port": 443, **traffic}],
            "name": f"service-{at}",
            "revoke_rules_on_delete": False,
            "tags": {"Name": f"service-{at}", "Team": "platform", "CostCentre": "4711"},
            "timeouts": None,
            "vpc_id": "vpc-0123456789abcdef0",
        },
        {"arn": True, "egress": [{"cidr_blocks": [False]}], "id": True, "owner_id": True, "tags": {}, "tags_all": {}},
        {"name": {"references": ["each.key"]}, "ingress": {"references": ["var.ingress"]}},
    )


def main(root, sizes):
    rng = random.Random(16)
    write(f"{root}/2k.yaml", SMALL.format(name="main"))
    write(f"{root}/103k.yaml", template(rng, 103_000, True))
    templates(root, rng)
    module(root, rng)
    for megabytes in sizes or [10]:
        plan(f"{root}/plan-{megabytes}.json", megabytes)


if __name__ == "__main__":
    main(sys.argv[1], [int(size) for size in sys.argv[2:]])

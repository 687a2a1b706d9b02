#!/usr/bin/env python3
"""How the work grows with the input, in instructions (valgrind): usage: growth.py BIN. Exit 1 where it grows faster than it may.

Each input is made up; what may be asked of one resource must not hang on how many others there are.
"""
import json, os, re, subprocess, sys, tempfile


def conditions(count):
    names = [f"  P{i}: {{Type: String, Default: 'false', AllowedValues: ['true', 'false']}}" for i in range(count)]
    return ["Parameters:", *names, "Conditions:", *(f"  C{i}: !Equals [!Ref P{i}, 'true']" for i in range(count))]


def key(name, more=()):
    return [f"  {name}:", "    Type: AWS::KMS::Key", "    Properties:", "      EnableKeyRotation: true", *more]


def vault(name, arn, condition=None):
    there = [f"    Condition: {condition}"] if condition else []
    return [f"  {name}:", "    Type: AWS::Backup::BackupVault", *there, "    Properties:", f"      BackupVaultName: {name}", f"      EncryptionKeyArn: {arn}"]


def own_conditions(count):
    lines = conditions(count) + ["Resources:"]
    for i in range(count):
        lines += key(f"K{i}") + vault(f"V{i}", f"!If [C{i}, !GetAtt K{i}.Arn, !Ref AWS::NoValue]")
    return "t.yaml", "\n".join(lines)


def shared_key(count):
    lines = conditions(count) + ["Resources:", *key("K")]
    for i in range(count):
        lines += vault(f"V{i}", "!GetAtt K.Arn", f"C{i}")
    return "t.yaml", "\n".join(lines)


def plain(count):
    lines = ["Resources:"]
    for i in range(count):
        lines += key(f"K{i}") + vault(f"V{i}", f"!GetAtt K{i}.Arn")
    return "t.yaml", "\n".join(lines)


def statements(count):
    root = "          - {Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}, Action: 'kms:*', Resource: '*'}"
    one = "          - !If [C%d, {Sid: S%d, Effect: Allow, Principal: {AWS: 'arn:aws:iam::111122223333:role/r%d'}, Action: kms:Decrypt, Resource: '*'}, !Ref AWS::NoValue]"
    policy = ["      KeyPolicy:", "        Version: '2012-10-17'", "        Statement:", root, *(one % (i, i, i) for i in range(count))]
    return "t.yaml", "\n".join(conditions(count) + ["Resources:", *key("K", policy), *vault("V", "!GetAtt K.Arn")])


def terraform(count):
    lines = []
    for i in range(count):
        lines.append(f'variable "p{i}" {{\n  type    = bool\n  default = false\n}}')
        lines.append(f'resource "aws_kms_key" "k{i}" {{\n  enable_key_rotation = true\n}}')
        lines.append(f'resource "aws_backup_vault" "v{i}" {{\n  name        = "v{i}"\n  kms_key_arn = var.p{i} ? aws_kms_key.k{i}.arn : null\n}}')
    return "main.tf", "\n".join(lines)


def modules(count):
    calls = [f'module "m{i}" {{\n  source = "./vault"\n  name   = "v{i}"\n  on     = true\n}}' for i in range(count)]
    module = 'variable "name" {}\nvariable "on" {}\nresource "aws_kms_key" "k" {\n  enable_key_rotation = var.on\n}\nresource "aws_backup_vault" "v" {\n  name        = var.name\n  kms_key_arn = aws_kms_key.k.arn\n}\n'
    return "main.tf", "\n".join(calls), ("vault/main.tf", module)


def plan(count):
    changes, resources = [], []
    for i in range(count):
        for kind, name, after, unknown, expressions in [
            ("aws_kms_key", f"k{i}", {"enable_key_rotation": True}, {"arn": True, "policy": True}, {"enable_key_rotation": {"constant_value": True}}),
            ("aws_backup_vault", f"v{i}", {"name": f"v{i}"}, {"kms_key_arn": True}, {"kms_key_arn": {"references": [f"aws_kms_key.k{i}.arn", f"aws_kms_key.k{i}"]}}),
        ]:
            one = {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name}
            changes.append({**one, "provider_name": "registry.terraform.io/hashicorp/aws", "change": {"actions": ["create"], "before": None, "after": after, "after_unknown": unknown}})
            resources.append({**one, "provider_config_key": "aws", "schema_version": 0, "expressions": expressions})
    whole = {"format_version": "1.2", "terraform_version": "1.11.0", "planned_values": {"root_module": {}}, "resource_changes": changes}
    return "plan.json", json.dumps({**whole, "configuration": {"provider_config": {"aws": {"name": "aws"}}, "root_module": {"resources": resources}}})


# What grows, from how many to how many, and by how much the instructions may.
GATES = [
    (own_conditions, 10, 100, 15), (shared_key, 10, 100, 15), (terraform, 10, 100, 15),
    (plain, 100, 1000, 12), (plan, 100, 1000, 12), (modules, 10, 100, 15), (statements, 8, 64, 12),
]


def instructions(binary, files):
    with tempfile.TemporaryDirectory() as top:
        for path, text in files:
            os.makedirs(os.path.dirname(os.path.join(top, path)), exist_ok=True)
            with open(os.path.join(top, path), "w", encoding="utf-8") as file:
                file.write(text + "\n")
        command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", binary, "check", files[0][0] if len(files) == 1 and files[0][0] != "main.tf" else ".", "--format", "json"]
        done = subprocess.run(command, cwd=top, capture_output=True, text=True, env={"PATH": os.environ["PATH"], "HOME": top})
        report = json.loads(done.stdout)
        limits = [problem for problem in report["problems"] if problem["kind"] == "limit"]
        assert not limits and not done.returncode & ~1, (done.returncode, limits[:1])
        return int(re.search(r"Collected : (\d+)", done.stderr).group(1))


def main():
    binary, failed = os.path.realpath(sys.argv[1]), 0
    for make, few, many, most in GATES:
        counts = [instructions(binary, [made[:2], *made[2:]]) for made in (make(few), make(many))]
        ratio = counts[1] / counts[0]
        failed += ratio > most
        print(f"{make.__name__:16} {few:4} -> {many:4}: {counts[0] / 1e6:7.1f} M -> {counts[1] / 1e6:7.1f} M, x {ratio:.1f} (at most x {most}){'  TOO MUCH' if ratio > most else ''}")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Mutants of several files and modules, with encodings and modes, judged twice: as they are, and with --no-prefilter.

usage: fuzz.py BIN [-n MUTANTS] [-s SEED] [--language cloudformation|terraform|plan] [--keep DIR]

What must hold: no crash and no exit code but 0, 1 and 2; the prefilter changes no finding, nothing undecided and no file
that can't be read (a syntax error in a file that mentions nothing and calls no module may be passed over); and what is left
of a vault without a key ends in a finding, undecided, not read or a problem. The last line is the figure; exit 0 where all
holds. Equal seeds give equal mutants. Run by root, the program is run as nobody, so that modes count."""
import argparse, json, os, random, re, resource, shutil, signal, subprocess, sys, tempfile, time

NOBODY, SECONDS, TOGETHER = 65534, 60, 40
KEYLESS_CFN = 'AWS::Backup::BackupVault'
SEEDS = {
    'cloudformation': [
        {'t.yaml': 'Parameters:\n  On: {Type: String, Default: "false"}\nConditions:\n  C: !Equals [!Ref On, "true"]\nResources:\n  K:\n    Type: AWS::KMS::Key\n    Properties: {EnableKeyRotation: true}\n  V:\n    Type: AWS::Backup::BackupVault\n    Properties:\n      BackupVaultName: "v"\n      EncryptionKeyArn: !If [C, !GetAtt K.Arn, !Ref AWS::NoValue]\n'},
        {'t.json': '{\n  "Resources": {\n    "V": {\n      "Type": "AWS::Backup::BackupVault",\n      "Properties": {"BackupVaultName": "v"}\n    }\n  }\n}\n'},
        {'parent.yaml': 'Resources:\n  N:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: child/n.yaml\n      Parameters: {Key: ""}\n',
         'child/n.yaml': 'Parameters:\n  Key: {Type: String, Default: "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}\nConditions:\n  H: !Not [!Equals [!Ref Key, ""]]\nResources:\n  V:\n    Type: AWS::Backup::BackupVault\n    Properties: {BackupVaultName: v, EncryptionKeyArn: !If [H, !Ref Key, !Ref "AWS::NoValue"]}\n'},
        {'sam.yaml': 'Transform: AWS::Serverless-2016-10-31\nResources:\n  A:\n    Type: AWS::Serverless::Application\n    Properties: {Location: ./n.json, Parameters: {Key: ""}}\n',
         'n.json': '{"Parameters":{"Key":{"Type":"String"}},"Conditions":{"H":{"Fn::Equals":[{"Ref":"Key"},""]}},"Resources":{"V":{"Type":"AWS::Backup::BackupVault","Properties":{"BackupVaultName":"v","EncryptionKeyArn":{"Fn::If":["H",{"Ref":"AWS::NoValue"},{"Ref":"Key"}]}}}}}\n'},
        {'a.yaml': 'Resources:\n  V:\n    Type: AWS::Backup::BackupVault\n    Properties:\n      BackupVaultName: v\n      EncryptionKeyArn: !ImportValue key-@N@\n  W:\n    Type: AWS::Backup::BackupVault\n    Properties: {BackupVaultName: w}\n',
         'b.yaml': 'Parameters:\n  Arn: {Type: String, Default: "alias/aws/backup"}\nResources:\n  T: {Type: AWS::SNS::Topic}\nOutputs:\n  O: {Value: !Ref Arn, Export: {Name: key-@N@}}\n'},
        {'loop.yaml': 'Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::L:\n    - X\n    - [A, B]\n    - V${X}:\n        Type: AWS::Backup::BackupVault\n        Properties: {BackupVaultName: !Sub "v-${X}"}\n'},
    ],
    'terraform': [
        {'main.tf': 'provider "aws" {}\nvariable "key" {\n  type    = string\n  default = null\n}\nresource "aws_kms_key" "k" {\n  enable_key_rotation = true\n}\nresource "aws_backup_vault" "v" {\n  name        = "v"\n  kms_key_arn = var.key\n}\n', 'terraform.tfvars': '# the key\nkey = null\n'},
        {'live/main.tf': 'provider "aws" {}\n/* here */ module "b" {\n  source = "../modules/b"\n  name   = "v"\n}\n',
         'modules/b/main.tf': 'variable "name" {}\nmodule "v" {\n  source = "./v"\n  name   = var.name\n}\n',
         'modules/b/v/main.tf': 'variable "name" {}\nvariable "key" {\n  default = null\n}\nresource "aws_backup_vault" "this" {\n  name        = var.name\n  kms_key_arn = var.key\n}\n'},
        {'main.tf': 'provider "aws" {}\nmodule "r" {\n  source = "example/backup/aws"\n  name   = "v"\n}\n',
         '.terraform/modules/modules.json': '{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"r","Source":"registry.terraform.io/example/backup/aws","Version":"1.0.0","Dir":".terraform/modules/r"}]}',
         '.terraform/modules/r/main.tf': 'variable "name" {}\nresource "aws_backup_vault" "this" {\n  name = var.name\n}\n'},
        {'main.tf.json': '{"provider":{"aws":{}},"resource":{"aws_backup_vault":{"v":{"name":"v"}}}}\n'},
        {'main.tf': 'terraform {\n  backend "s3" {}\n}\nlocals {\n  names = ["a", "b"]\n}\nresource "aws_backup_vault" "v" {\n  for_each = toset(local.names)\n  name     = each.key\n}\n', 'v.auto.tfvars': 'x = 1\n', 'other.tf': 'variable "x" {\n  default = 2\n}\n'},
    ],
    'plan': [
        {'plan.json': json.dumps({"format_version": "1.2", "terraform_version": "1.9.0", "planned_values": {"root_module": {"resources": [{"address": "aws_backup_vault.v", "mode": "managed", "type": "aws_backup_vault", "name": "v", "provider_name": "registry.terraform.io/hashicorp/aws", "values": {"name": "v"}}]}}, "resource_changes": [{"address": "aws_backup_vault.v", "mode": "managed", "type": "aws_backup_vault", "name": "v", "provider_name": "registry.terraform.io/hashicorp/aws", "change": {"actions": ["create"], "before": None, "after": {"name": "v"}, "after_unknown": {"kms_key_arn": True}, "before_sensitive": False, "after_sensitive": {}}}], "configuration": {"root_module": {"resources": [{"address": "aws_backup_vault.v", "mode": "managed", "type": "aws_backup_vault", "name": "v", "provider_config_key": "aws", "expressions": {"name": {"constant_value": "v"}}, "schema_version": 0}]}}}, indent=1)},
    ],
}
WORDS = ['{', '}', '[', ']', '"', "'", ':', '=', '\n', '#', '\\', '${', '%{', '{{ x }}', '<% x %>', '&a', '*a', '!Ref', 'null', 'true', '\t', '\0', '\u00e9', '\u202e', '//', '/*', '<<E\n', 'module', 'source', 'count = 0', '../', '/etc/', '-']


def change(text, chance):
    """One change of a text."""
    at = chance.randrange(len(text) + 1)
    kind = chance.randrange(9)
    if kind == 0:
        return text[:at] + text[at + chance.randrange(1, 8):]
    if kind == 1:
        return text[:at] + chance.choice(WORDS) + text[at:]
    if kind == 2:
        lines = text.split('\n')
        line = chance.randrange(len(lines))
        return '\n'.join(lines[:line] + lines[line + 1:])
    if kind == 3:
        lines = text.split('\n')
        line = chance.randrange(len(lines))
        return '\n'.join(lines[:line + 1] + lines[line:])
    if kind == 4:
        return text[:at]
    if kind == 5 and len(text) > 1:
        at = chance.randrange(len(text))
        return text[:at] + '\\u%04x' % ord(text[at]) + text[at + 1:]
    if kind == 6:
        return text.replace('\n', '\r\n')
    if kind == 7:
        words = re.findall(r'[\w:]+', text) or ['x']
        return text.replace(chance.choice(words), chance.choice(words), 1)
    return text[:at] + chr(chance.randrange(32, 127)) + text[at + 1:]


def encoded(text, chance):
    """The bytes of a file, mostly UTF-8."""
    plain = text.encode('utf-8', 'surrogatepass')
    kind = chance.randrange(40)
    if kind == 0:
        return '\ufeff'.encode('utf-16-le') + text.encode('utf-16-le', 'surrogatepass')
    if kind == 1:
        return '\ufeff'.encode('utf-16-be') + text.encode('utf-16-be', 'surrogatepass')
    if kind == 2:
        return b'\xef\xbb\xbf' + plain
    if kind in (3, 4):
        at = chance.randrange(len(plain) + 1)
        return plain[:at] + b'\xfc' + plain[at:]
    if kind == 5:
        return b'\0GITCRYPT\0' + plain
    return plain


def make(top, number, chance, language):
    """One mutant in its own directory; gives the directory's name."""
    name = f'm{number:06}'
    files = dict(chance.choice(SEEDS[language]))
    path = chance.choice(sorted(files))
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        files[path] = change(files[path], chance)
    special = chance.randrange(60)
    for file, text in files.items():
        where = os.path.join(top, name, file)
        os.makedirs(os.path.dirname(where), exist_ok=True)
        if file == path and special == 0:
            os.symlink('nowhere', where)
        elif file == path and special == 1:
            os.mkfifo(where)
        elif file == path and special == 2:
            os.mkdir(where)
        elif file == path and special == 3:
            os.symlink('/etc/passwd', where)
        else:
            with open(where, 'wb') as out:
                out.write(encoded(text.replace('@N@', name), chance))
            if file == path and special == 4:
                os.chmod(where, 0)
    return name


def run(binary, top, names, extra):
    """The report, the exit code, what went wrong, seconds and kilobytes."""
    command = [binary, 'check', *names, '--format', 'json', '--show-undecided', *extra]
    if os.getuid() == 0:
        command = ['setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', '--clear-groups', *command]
    started = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = subprocess.Popen(command, cwd=top, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env={'PATH': os.environ['PATH']})
        timer = signal.signal(signal.SIGALRM, lambda *_: child.kill())
        signal.alarm(SECONDS)
        _, status, usage = os.wait4(child.pid, 0)
        signal.alarm(0)
        signal.signal(signal.SIGALRM, timer)
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0), err.seek(0)
        text, complaint = out.read().decode('utf-8', 'replace'), err.read().decode('utf-8', 'replace')
    wrong = None
    report = {}
    if child.returncode not in (0, 1, 2) or 'panicked' in complaint:
        wrong = f'exit {child.returncode}: {complaint[:300]}'
    else:
        try:
            report = json.loads(text)
        except ValueError:
            wrong = f'no JSON: {complaint[:300]}'
    return report, wrong, time.monotonic() - started, usage.ru_maxrss


def parts(report):
    """What the two runs must agree on, by the mutant's directory."""
    of = {}

    def add(path, kind, what):
        of.setdefault((path or '').split('/')[0], {}).setdefault(kind, set()).add(what)

    for finding in report.get('findings', []):
        add(finding['location']['path'], 'finding', json.dumps(finding, sort_keys=True))
    for undecided in report.get('undecided', []):
        add(undecided['location']['path'], 'undecided', json.dumps(undecided, sort_keys=True))
    for problem in report.get('problems', []):
        path = (problem['location'] or {}).get('path', '')
        unread = problem['kind'] in ('unreadable', 'encoding')
        add(path, 'unreadable' if unread else 'problem', path if unread else json.dumps(problem, sort_keys=True))
    for passed in report.get('not_read', []):
        for path in passed['paths']:
            add(path, 'not read', passed['reason'])
    return of


def text_of(path):
    try:
        with open(path, 'rb') as file:
            data = file.read()
    except OSError:
        return ''
    for codec in ('utf-16' if data[:2] in (b'\xff\xfe', b'\xfe\xff') else 'utf-8-sig', 'latin-1'):
        try:
            return data.decode(codec)
        except UnicodeError:
            pass
    return ''


VAULT = re.compile(r'''^\s*(?:"?Type"?\s*:\s*"?AWS::Backup::BackupVault"?\s*,?\s*$|resource\s+"aws_backup_vault"\s+"\w+"\s*\{\s*$)|"resource":\{"aws_backup_vault":\{"v":\{''', re.M)


def holds_vault(directory):
    """Whether a file of a mutant still declares a vault on a line of its own, outside of what looks like a comment."""
    for around, inside, files in os.walk(directory):
        # What was installed counts where it is called.
        inside[:] = [name for name in inside if name != '.terraform']
        for file in files:
            path = os.path.join(around, file)
            if os.path.isfile(path) and not os.path.islink(path):
                text = text_of(path)
                if VAULT.search(text) and not re.search(r'/\*(?! here)|<<|count|EncryptionKeyArn": "|Condition|- \[\]', text):
                    return True
    return False


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument('binary')
    options.add_argument('-n', type=int, default=2000)
    options.add_argument('-s', type=int, default=1)
    options.add_argument('--language', choices=sorted(SEEDS))
    options.add_argument('--keep')
    options = options.parse_args()
    binary, bad = os.path.abspath(options.binary), 0
    for language in [options.language] if options.language else sorted(SEEDS):
        chance, count, faults, slowest, largest, silent = random.Random(f'{language} {options.s}'), 0, 0, 0, 0, 0
        while count < options.n:
            top = tempfile.mkdtemp(prefix='fuzz-')
            try:
                os.mkdir(top + '/.git')
                names = [make(top, count + at, chance, language) for at in range(min(TOGETHER, options.n - count))]
                count += len(names)
                if os.getuid() == 0:
                    subprocess.run(['chown', '-hR', f'{NOBODY}:{NOBODY}', top], check=True)
                default, wrong, seconds, kilobytes = run(binary, top, names, [])
                every, wrong_too, more, larger = run(binary, top, names, ['--no-prefilter'])
                slowest, largest = max(slowest, seconds, more), max(largest, kilobytes, larger)
                told = []
                if wrong or wrong_too:
                    told.append((names[0], wrong or wrong_too))
                else:
                    one, other = parts(default), parts(every)
                    for name in names:
                        a, b = one.get(name, {}), other.get(name, {})
                        for kind in ('finding', 'undecided', 'unreadable'):
                            if a.get(kind, set()) != b.get(kind, set()):
                                told.append((name, f'{kind} by the prefilter: {sorted(a.get(kind, set()) ^ b.get(kind, set()))[:2]}'))
                        for lost in b.get('problem', set()) - a.get('problem', set()):
                            problem = json.loads(lost)
                            text = text_of(os.path.join(top, (problem['location'] or {}).get('path', '')))
                            # What mentions nothing and calls no module may be passed over.
                            if problem['kind'] in ('syntax', 'module', 'limit') and re.search(r'(?m)^\s*(/\* here \*/ )?module\s+"?\w|aws_backup_|aws_kms_|AWS::(Backup|KMS)::|AWS::CloudFormation::Stack', text):
                                told.append((name, f'a problem lost by the prefilter: {lost}'))
                        if not a and holds_vault(os.path.join(top, name)):
                            silent += 1
                            told.append((name, 'silent: a vault without a key is left'))
                for name, what in told:
                    faults += 1
                    print(f'{language} seed {options.s} {name}: {what[:500]}', flush=True)
                    if options.keep:
                        shutil.copytree(os.path.join(top, name), os.path.join(options.keep, language, name), symlinks=True, dirs_exist_ok=True, ignore_dangling_symlinks=True)
            finally:
                shutil.rmtree(top, ignore_errors=True)
        bad += faults
        print(f'{language}: {count} mutants, {faults} faults ({silent} silent), at most {slowest:.2f} s and {largest // 1024} MB for {TOGETHER}', flush=True)
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())

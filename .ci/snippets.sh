#!/usr/bin/env bash
# Lints action.yml and the README's CI snippets (taken out of the README, so that they can't drift) by other people's
# linters, and runs what they run: the action's own steps and the Atlantis check.
# usage: snippets.sh BINARY VENV       VENV holds check-jsonschema, zizmor and PyYAML
set -euo pipefail
binary=$(realpath -- "$1")
venv=$(realpath -- "$2")
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
die() { printf 'snippets: %s\n' "$*" >&2; exit 1; }

# --- Out of the README: each block whose first line names a file. A reader fills in <commit> and <sha256>; here it is zeros.
snippet() { # snippet NAME FILE
  mkdir -p "$(dirname "$2")"
  awk -v first="# $1" '
    /^```/ { if (inside) exit; fenced = !fenced; start = fenced; next }
    fenced && start { start = 0; inside = ($0 == first) }
    inside { print }
  ' "$root/README.md" | sed "s/<commit>/$(printf '0%.0s' {1..40})/; s/<sha256>/$(printf '0%.0s' {1..64})/" > "$2"
  [ -s "$2" ] || die "the README has no block for $1"
}
lint=$work/lint
snippet .github/workflows/strongroom.yml "$lint/.github/workflows/strongroom.yml"
snippet .gitlab-ci.yml "$lint/.gitlab-ci.yml"
snippet azure-pipelines.yml "$lint/azure-pipelines.yml"
snippet repos.yaml "$lint/repos.yaml"
cp "$root/action.yml" "$lint/action.yml"

# Azure's schema has patterns that are none under JavaScript's `u` flag.
schema() { "$venv/bin/check-jsonschema" --builtin-schema "vendor.$1" --regex-variant nonunicode "$2"; }
refuses() { # refuses SCHEMA FILE FROM TO: the linter must object where FROM is mistyped
  grep -q "$3" "$2" || die "nothing to break in $2: $3"
  sed "s/$3/$4/" "$2" > "$work/broken.yml"
  if schema "$1" "$work/broken.yml" > "$work/said" 2>&1; then die "the linter of $1 takes $4 for $3"; fi
  grep -q 'Schema validation errors' "$work/said" || die "the linter of $1 did not run: $(cat "$work/said")"
}
schema github-workflows "$lint/.github/workflows/strongroom.yml"
refuses github-workflows "$lint/.github/workflows/strongroom.yml" runs-on: runs-at:
schema github-actions "$lint/action.yml"
refuses github-actions "$lint/action.yml" 'using: composite' 'using: nothing'
schema gitlab-ci "$lint/.gitlab-ci.yml"
refuses gitlab-ci "$lint/.gitlab-ci.yml" codequality: codequantity:
schema azure-pipelines "$lint/azure-pipelines.yml"
refuses azure-pipelines "$lint/azure-pipelines.yml" displayName: displayname:
zizmor() { "$venv/bin/zizmor" --offline --no-progress --persona auditor "$1"; }
zizmor "$lint" || die "zizmor has findings"
sed -i 's/upload-sarif@[0-9a-f]*/upload-sarif@v4/' "$lint/action.yml"
if zizmor "$lint" > "$work/said" 2>&1; then die "zizmor takes an action that is not pinned"; fi

# --- The configuration in the README, and a rule's front matter, by the schemas that we print.
for of in config rule; do "$binary" schema "$of" > "$work/$of.json"; done
"$venv/bin/check-jsonschema" --check-metaschema "$work/config.json" "$work/rule.json" || die "our own schemas are none"
snippet .strongroom.yaml "$work/configuration.yaml"
"$venv/bin/check-jsonschema" --schemafile "$work/config.json" "$work/configuration.yaml" || die "the README's configuration breaks its schema"
printf 'ruels: {}\n' > "$work/broken.yaml"
if "$venv/bin/check-jsonschema" --schemafile "$work/config.json" "$work/broken.yaml" > "$work/said"; then die "the schema takes ruels"; fi
for rule in "$root"/rules/*.md "$root"/testdata/policies/*.md; do
  awk '/^---/ { if (seen++) exit; next } { print }' "$rule" > "$work/front-$(basename "$rule" .md).yaml"
done
"$venv/bin/check-jsonschema" --schemafile "$work/rule.json" "$work"/front-*.yaml || die "a rule breaks the schema of rules"

# --- The action's steps, as the runner runs them: bash, the inputs in the environment, a download that stays here.
"$root/.ci/package.sh" "$binary" 0.1.0 linux-x64 "$work/release"
hash=$(cut -d' ' -f1 "$work/release/SHA256SUMS")
mkdir "$work/bin"
cat > "$work/bin/curl" <<'CURL'
#!/usr/bin/env bash
# Stands for the release server: the last argument is the URL.
while [ $# -gt 1 ]; do case $1 in --output) to=$2; shift 2 ;; *) shift ;; esac; done
case $1 in https://github.com/strongroom/strongroom/releases/download/v0.1.0/*) cp "$RELEASE/${1##*/}" "$to" ;; *) exit 22 ;; esac
CURL
chmod +x "$work/bin/curl"
step() { "$venv/bin/python" -c 'import sys, yaml
steps = yaml.safe_load(open(sys.argv[1]))["runs"]["steps"]
print(next(step["run"] for step in steps if step.get("id") == sys.argv[2]))' "$root/action.yml" "$1"; }
step install > "$work/install.sh"
step check > "$work/check.sh"
runner() { # runner SCRIPT [NAME=VALUE...]: the exit code, the output in $work/said
  local script=$1 code=0
  shift
  : > "$work/output"
  (cd "$work/repository" && env -i PATH="$work/bin:$PATH" RELEASE="$work/release" RUNNER_TEMP="$work/temp" RUNNER_OS=Linux \
    RUNNER_ARCH=X64 GITHUB_OUTPUT="$work/output" VERSION=0.1.0 SHA256_LINUX_X64="$hash" SHA256_LINUX_ARM64= SHA256_MACOS_X64= \
    SHA256_MACOS_ARM64= SHA256_WINDOWS_X64= PATHS=. ARGS= DIRECTORY=. "$@" bash "$script") > "$work/said" 2>&1 || code=$?
  echo "$code"
}
wants() { # wants CODE TEXT SCRIPT [NAME=VALUE...]
  local code=$1 text=$2 came
  shift 2
  came=$(runner "$@")
  [ "$came" = "$code" ] || die "$*: exit code $came, not $code: $(cat "$work/said")"
  grep -qF -- "$text" "$work/said" "$work/output" || die "$*: no '$text' in: $(cat "$work/said" "$work/output")"
}
mkdir -p "$work/repository/infra dir" "$work/repository/good"
cp "$root/testdata/gaps/cloudformation/vault-without-key.yaml" "$work/repository/infra dir/gap.yaml"
cp "$root/testdata/reference/cloudformation/backup-vault.yaml" "$work/repository/good/"
echo 'Resources: { V: { Type: AWS::Backup::BackupVault, Properties: [ }' > "$work/repository/good/broken.yaml.txt"
wants 2 "has the SHA-256" "$work/install.sh" SHA256_LINUX_X64="$(printf '0%.0s' {1..64})"
[ ! -e "$work/temp/strongroom/strongroom" ] || die "an archive with another hash was unpacked"
wants 2 "set sha256-linux-arm64" "$work/install.sh" RUNNER_ARCH=ARM64
wants 2 "can be downloaded" "$work/install.sh" VERSION=9.9.9
wants 2 "is no version" "$work/install.sh" VERSION='0.1.0/../x'
wants 2 "there is no release for" "$work/install.sh" RUNNER_OS=Plan9
[ "$(runner "$work/install.sh")" = 0 ] || die "the release can't be installed: $(cat "$work/said")"
sarif() { [ -s "$work/temp/strongroom/strongroom.sarif" ]; }
wants 1 "file=infra dir/gap.yaml,line=" "$work/check.sh"
wants 1 "exit-code=1" "$work/check.sh"
wants 1 "sarif=$work/temp" "$work/check.sh"
wants 1 "file=infra dir/gap.yaml,line=" "$work/check.sh" DIRECTORY="infra dir" PATHS=$'gap.yaml\n'
wants 0 "exit-code=0" "$work/check.sh" DIRECTORY=good
wants 0 "exit-code=0" "$work/check.sh" ARGS=$'--fail-on\nnever'
sarif || die "no SARIF was written"
wants 2 "exit-code=2" "$work/check.sh" ARGS=--no-such-flag
if grep -q sarif= "$work/output" || sarif; then die "a SARIF file of an earlier run would be uploaded"; fi
mv "$work/repository/good/broken.yaml.txt" "$work/repository/good/broken.yaml"
wants 2 "exit-code=2" "$work/check.sh" DIRECTORY=good
sarif || die "no SARIF was written of a run with a problem"

# --- The Atlantis check over the two plans of the reference projects: Atlantis calls a check passed whose output is not
# empty, has no "1 failure" and does not begin with FAIL; earlier versions look for "fail" anywhere.
"$venv/bin/python" -c 'import sys, yaml
steps = yaml.safe_load(open(sys.argv[1]))["workflows"]["strongroom"]["policy_check"]["steps"]
print(next(step["run"] for step in steps if isinstance(step, dict)))' "$lint/repos.yaml" > "$work/atlantis.sh"
cp "$binary" "$work/bin/strongroom"
atlantis() { (cd "$root/testdata/reference/terraform" && env -i PATH="$work/bin:$PATH" SHOWFILE="$1" sh "$work/atlantis.sh"); }
atlantis plan-cmk.json > "$work/said" || die "Atlantis: the step must exit with 0: $(cat "$work/said")"
[ -s "$work/said" ] || die "Atlantis: no output is taken for a broken check"
if grep -qi fail "$work/said"; then die "Atlantis: a passed check says: $(cat "$work/said")"; fi
atlantis plan-aws-managed.json > "$work/said" || die "Atlantis: findings are no broken step: $(cat "$work/said")"
grep -q '^1 failure' "$work/said" || die "Atlantis: a check with findings says: $(cat "$work/said")"
if atlantis no-such-plan.json > "$work/said" 2>&1; then die "Atlantis: a plan that can't be read must stop the step"; fi
echo "snippets: linted, and run"

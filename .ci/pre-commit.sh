#!/usr/bin/env bash
# Runs the real pre-commit on a throw-away repository whose hook repository is this one: once failing, once passing.
# usage: pre-commit.sh PRE_COMMIT
set -euo pipefail
pre_commit=$1
root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export PRE_COMMIT_HOME=$scratch/cache
export GIT_AUTHOR_NAME=ci GIT_AUTHOR_EMAIL=ci@example.invalid GIT_COMMITTER_NAME=ci GIT_COMMITTER_EMAIL=ci@example.invalid

# The hook is taken from a commit; what is not committed yet would not be tested.
git clone -q "$root" "$scratch/hooks"
revision=$(git -C "$scratch/hooks" rev-parse HEAD)

mkdir "$scratch/user"
cd "$scratch/user"
git init -q .
cat > .pre-commit-config.yaml <<YAML
repos:
  - repo: $scratch/hooks
    rev: $revision
    hooks:
      - id: strongroom
YAML
mkdir infra
cp "$root/testdata/gaps/cloudformation/vault-without-key.yaml" template.yaml
cp "$root"/testdata/reference/terraform/*.tf infra/
git add -A

if "$pre_commit" run --all-files > "$scratch/failing.txt" 2>&1; then
  cat "$scratch/failing.txt"
  echo "pre-commit: the hook let a vault without a key pass" >&2
  exit 1
fi
grep -q 'vault-customer-key' "$scratch/failing.txt" || { cat "$scratch/failing.txt"; echo "pre-commit: the hook did not fail for the vault" >&2; exit 1; }

cp "$root/testdata/reference/cloudformation/backup-vault.yaml" template.yaml
git add -A
"$pre_commit" run --all-files --verbose > "$scratch/passing.txt" 2>&1 || { cat "$scratch/passing.txt"; echo "pre-commit: the hook stopped the reference projects" >&2; exit 1; }
grep -q '0 findings' "$scratch/passing.txt" || { cat "$scratch/passing.txt"; echo "pre-commit: the hook did not run" >&2; exit 1; }
echo "pre-commit: once failing, once passing"

#!/usr/bin/env bash
# Holds what strongroom prints against other people's judges.
#
#   .ci/formats.sh BINARY [INPUT]        INPUT is testdata/gaps where it is not given
#
# Needs bash, node with npm, python3 with venv, and xmllint. Judges are installed once, into $JUDGES
# (target/judges where it is not set). Each judge must also refuse a file that is broken on purpose.
set -euo pipefail

binary=$(realpath -- "${1:?usage: formats.sh BINARY [INPUT]}")
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
input=$(realpath -- "${2:-$root/testdata/gaps}")
judges=${JUDGES:-$root/target/judges}

say() { printf '%s\n' "$*"; }
die() { printf 'formats: %s\n' "$*" >&2; exit 1; }
for tool in node npm python3 xmllint; do command -v "$tool" > /dev/null || die "$tool is not installed"; done
[ -x "$binary" ] || die "$binary is no program"
[ -e "$input" ] || die "$input does not exist"

mkdir -p "$judges"
if [ ! -e "$judges/installed" ]; then
  say "installing the judges into $judges"
  npm install --prefix "$judges" --no-audit --no-fund --silent \
    @microsoft/sarif-multitool @umbrelladocs/rdformat-validator @actions/core
  python3 -m venv "$judges/venv"
  "$judges/venv/bin/pip" install --quiet sarif-tools jsonschema
  touch "$judges/installed"
fi
python=$judges/venv/bin/python
# The package's own command runs its argument through a shell, which splits it at the semicolon.
multitool=$(find "$judges/node_modules/@microsoft" -type f -name Sarif.Multitool -path '*sarif-multitool-*' | head -1)
schema=$(find "$judges/node_modules/@microsoft" -type f -name sarif-2.1.0.json | head -1)
[ -n "$multitool" ] || die "the multitool's binary is not where it was"
[ -n "$schema" ] || die "the SARIF schema is not where it was"
chmod +x "$multitool"

# An awkward place: what is printed must survive it.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/été 100%, a:b"
cp -R "$input" "$work/été 100%, a:b/"
cd "$work"
run() { # run FORMAT FILE
  local code=0
  "$binary" check --format "$1" --show-undecided "été 100%, a:b" > "$2" 2> stderr || code=$?
  [ "$code" = 1 ] || [ "$code" = 2 ] || die "--format $1 exited $code; the input has gaps: $(cat stderr)"
  [ -s "$2" ] || die "--format $1 printed nothing: $(cat stderr)"
  "$binary" check --format "$1" --show-undecided "été 100%, a:b" > again 2> stderr || true
  cmp -s again "$2" || die "--format $1 differs from run to run"
}
refuses() { # refuses WHAT COMMAND...
  local what=$1
  shift
  if "$@" > refused 2>&1; then die "the judge of $what takes a broken file"; fi
}
# Replaces the first match of a regular expression, and fails where there is none.
breaks() { # breaks FILE BROKEN PATTERN REPLACEMENT
  "$python" - "$@" <<'PY'
import re, sys
text = open(sys.argv[1], encoding="utf-8", newline="").read()
broken, n = re.subn(sys.argv[3], sys.argv[4], text, count=1)
if n != 1:
    sys.exit(f"nothing to break in {sys.argv[1]}: {sys.argv[3]}")
open(sys.argv[2], "w", encoding="utf-8", newline="").write(broken)
PY
}

run json out.json
findings=$("$python" -c 'import json; print(len(json.load(open("out.json", encoding="utf-8"))["findings"]))')
[ "$findings" -gt 0 ] || die "no findings in $input: nothing is judged"

# --- SARIF: the official schema, the multitool, sarif-tools
run sarif out.sarif
sarif_schema() {
  "$python" - "$schema" "$1" <<'PY'
import json, sys, jsonschema
schema, log = (json.load(open(path, encoding="utf-8-sig")) for path in sys.argv[1:])
errors = list(jsonschema.validators.validator_for(schema)(schema).iter_errors(log))
for error in errors[:10]:
    print(list(error.absolute_path), error.message[:200])
sys.exit(bool(errors))
PY
}
sarif_multitool() { # exits 0 whatever it finds, and says nothing of a file that it cannot read
  local said
  said=$("$multitool" validate "$1" --rule-kind 'Sarif;Ghas' --level 'Error;Warning' 2>&1) || { say "$said"; return 1; }
  case $said in *"1 files scanned"*) ;; *) say "$said"; return 1 ;; esac
  if grep ': error' <<< "$said"; then return 1; fi
}
sarif_tools() { # its own count of the results by level must be ours
  "$judges/venv/bin/sarif" summary "$1" > summary || return 1
  "$python" - "$1" <<'PY'
import collections, json, re, sys
log = json.load(open(sys.argv[1], encoding="utf-8"))
ours = collections.Counter(result["level"] for run in log["runs"] for result in run["results"])
theirs = {level: int(n) for level, n in re.findall(r"^(error|warning|note): (\d+)$", open("summary").read(), re.M)}
print("sarif-tools:", theirs)
sys.exit(any(ours[level] != theirs.get(level) for level in ("error", "warning", "note")))
PY
}
sarif_schema out.sarif || die "the SARIF breaks its schema"
sarif_multitool out.sarif || die "the multitool has objections"
sarif_tools out.sarif || die "sarif-tools reads something else"
breaks out.sarif broken.sarif '"startLine": \d+' '"startLine": "one"'
refuses "the SARIF schema" sarif_schema broken.sarif
breaks out.sarif broken.sarif '"shortDescription": \{\s*"text": "[^"]*"\s*\},' ''
refuses "SARIF (multitool)" sarif_multitool broken.sarif
head -c 300 out.sarif > broken.sarif
refuses "SARIF (multitool, truncated)" sarif_multitool broken.sarif
refuses "SARIF (sarif-tools)" sarif_tools broken.sarif

# --- rdjson
run rdjson out.rdjson
rdjson() { "$judges/node_modules/.bin/rdformat-validator" --strict --no-extra-fields --silent "$1"; }
rdjson out.rdjson || die "the rdjson is none"
breaks out.rdjson broken.rdjson '"message":"' '"massage":"'
refuses rdjson rdjson broken.rdjson

# --- Annotations: read as GitHub's runner reads them, and printed again by GitHub's own toolkit
run github out.github
cat > "$judges/annotations.mjs" <<'JS'
import * as core from "@actions/core";
import { existsSync, readFileSync } from "node:fs";
const undo = (text, more) => {
  const pairs = [["%0D", "\r"], ["%0A", "\n"], ...(more ? [["%3A", ":"], ["%2C", ","]] : []), ["%25", "%"]];
  return pairs.reduce((text, [from, to]) => text.replaceAll(from, to), text);
};
const lines = readFileSync(process.argv[2], "utf8").split("\n").filter((line) => line.startsWith("::"));
let bad = lines.length ? 0 : 1;
for (const line of lines) {
  const [, command, list, message] = /^::(\w+) (.*?)::(.*)$/.exec(line) ?? [];
  const read = Object.fromEntries((list ?? "").split(",").map((item) => [item.split("=")[0], undo(item.slice(item.indexOf("=") + 1), true)]));
  const { line: startLine, col: startColumn, ...rest } = read;
  let printed = "";
  const write = process.stdout.write;
  process.stdout.write = (text) => ((printed += text), true);
  core[command]?.(undo(message ?? ""), { ...rest, startLine, startColumn });
  process.stdout.write = write;
  const file = !startLine || (existsSync(read.file) && readFileSync(read.file, "utf8").split("\n").length >= +startLine);
  if (printed !== line + "\n" || !file) {
    bad++;
    console.log("ours:   " + line + "\ntoolkit: " + printed);
  }
}
console.log(`${lines.length} annotations`);
process.exit(bad ? 1 : 0);
JS
annotations() { node "$judges/annotations.mjs" "$1"; }
annotations out.github || die "the toolkit prints other annotations"
breaks out.github broken.github '%25' '%'
refuses annotations annotations broken.github
breaks out.github broken.github '%3A' ':'
refuses annotations annotations broken.github

# --- XML
run junit out.junit
run checkstyle out.checkstyle
xmllint --noout out.junit out.checkstyle || die "the XML is none"
count() { xmllint --xpath "$2" "$1"; }
[ "$(count out.junit 'count(//testcase)')" = "$(count out.junit 'sum(//testsuite/@tests)')" ] || die "junit: tests are miscounted"
[ "$(count out.junit 'count(//failure)')" = "$(count out.junit 'sum(//testsuite/@failures)')" ] || die "junit: failures are miscounted"
[ "$(count out.junit 'count(//error)')" = "$(count out.junit 'sum(//testsuite/@errors)')" ] || die "junit: errors are miscounted"
[ "$(count out.checkstyle 'count(//error[@source][@line > 0][@column > 0])')" -ge "$findings" ] || die "checkstyle: findings are missing"
[ "$(count out.checkstyle 'count(//file[starts-with(@name, "été 100%, a:b/")])')" -gt 0 ] || die "checkstyle: paths are spoilt"
breaks out.junit broken.xml '</testsuites>' ''
refuses junit xmllint --noout broken.xml
breaks out.checkstyle broken.xml '</checkstyle>' ''
refuses checkstyle xmllint --noout broken.xml

# --- GitLab: what its documentation asks for
run gitlab out.gitlab
gitlab() {
  "$python" - "$1" <<'PY'
import json, os, sys
issues = json.load(open(sys.argv[1], encoding="utf-8"))
levels = {"info", "minor", "major", "critical", "blocker"}
for issue in issues:
    place = issue["location"]
    assert issue["description"] and issue["check_name"] and issue["severity"] in levels, issue
    assert place["lines"]["begin"] >= 1 and not place["path"].startswith("./"), issue
    assert os.path.exists(place["path"]), issue
assert len({issue["fingerprint"] for issue in issues}) == len(issues), "fingerprints repeat"
print(len(issues), "code quality issues")
PY
}
gitlab out.gitlab || die "the code quality report is none"
breaks out.gitlab broken.gitlab '"severity":"\w+"' '"severity":"bad"'
refuses gitlab gitlab broken.gitlab

run markdown out.md
grep -q '^| error \|^| warning \|^| note ' out.md || die "the markdown has no row"
say "formats: all judges agree ($findings findings)"

#!/usr/bin/env bash
# How many instructions whole runs take, held against .ci/instructions.txt: more than 5 % above is an error. Seconds say
# little on a shared machine; instructions of one thread hardly vary from run to run.
#
#     .ci/instructions.sh BINARY             compares
#     BLESS=1 .ci/instructions.sh BINARY     writes the numbers anew: do it when a change makes them better
#
# The inputs are made up (.ci/corpus.py). Needs valgrind, and taskset for one thread alone.
set -euo pipefail
bin=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
numbers=$here/instructions.txt
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
python3 "$here/corpus.py" "$scratch" 10
cd "$scratch"

# Name, and the command that is counted.
runs='
start            --version
template-2k      check 2k.yaml
template-103k    check 103k.yaml
templates-307    check templates
templates-307-np check --no-prefilter templates
module-108       check module
plan-10m         check plan-10.json
'

count() {
  local told
  told=$(taskset -c 0 valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bin" "$@" 2>&1 >/dev/null) || [ $? -eq 1 ]
  sed -nE 's/.*refs: *//p' <<<"$told" | tr -d ,
}

now=$(while read -r name arguments; do
  [ -z "$name" ] && continue
  # shellcheck disable=SC2086 # words of a command line
  printf '%-18s %12d\n' "$name" "$(count $arguments)"
done <<<"$runs")

if [ -n "${BLESS:-}" ]; then
  printf '%s\n' "$now" >"$numbers"
  printf '%s\n' "$now"
  exit 0
fi

join <(sort "$numbers") <(sort <<<"$now") | awk '
  { ratio = $3 / $2; word = ratio > 1.05 ? "MORE" : ratio < 0.95 ? "less: BLESS=1 lowers it" : ""
    printf "%-18s %13d of %13d  %.3f  %s\n", $1, $3, $2, ratio, word
    if (ratio > 1.05) bad = 1 }
  END { if (NR == 0) bad = 1; exit bad }
' || { echo "instructions: a run takes over 5 % more than .ci/instructions.txt says" >&2; exit 1; }
[ "$(wc -l <"$numbers")" = "$(wc -l <<<"$now")" ] || { echo "instructions: .ci/instructions.txt is of other runs: BLESS=1" >&2; exit 1; }

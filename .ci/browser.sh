#!/usr/bin/env bash
# Opens the HTML report and the graph in headless Chromium: it fits a phone, a screen and paper, fetches nothing, can be
# read, and Mermaid draws the graph.
# usage: browser.sh BINARY [OUT]       OUT keeps the screenshots and the PDF, for eyes
set -euo pipefail
binary=$(realpath -- "${1:?usage: browser.sh BINARY [OUT]}")
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
judges=${JUDGES:-$root/target/judges}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=$(realpath -m -- "${2:-$work}")
die() { printf 'browser: %s\n' "$*" >&2; exit 1; }
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || die "Chromium is not installed"
mkdir -p "$judges" "$out"
if [ ! -d "$judges/node_modules/puppeteer-core" ] || [ ! -d "$judges/node_modules/mermaid" ] \
  || [ ! -d "$judges/node_modules/@viz-js/viz" ]; then
  npm install --prefix "$judges" --no-audit --no-fund --silent puppeteer-core mermaid @viz-js/viz
fi

cd "$root"
"$binary" report testdata/gaps testdata/reference --format html --date 2026-11-28 --output "$work/report.html"
"$binary" report testdata/gaps testdata/reference --format html --date 2026-11-28 > "$work/again.html"
cmp "$work/report.html" "$work/again.html" || die "the report differs from run to run"
"$binary" graph testdata/gaps testdata/reference > "$work/graph.mmd"
look() { (cd "$judges" && node "$root/.ci/browser.mjs" "$1" "$2" "$3" "$chromium"); }
look "$work/report.html" "$work/graph.mmd" "$out" || die "the report or the graph is not what it must be"

# Graphviz draws the other spelling of the graph, and refuses a broken one.
"$binary" graph testdata/gaps testdata/reference --format dot > "$work/graph.dot"
draw() { (cd "$judges" && node --input-type=module -e 'import { instance } from "@viz-js/viz"; import { readFileSync } from "node:fs";
const svg = (await instance()).renderString(readFileSync(process.argv[1], "utf8"), { format: "svg" });
process.exit(svg.includes("<svg") && !svg.includes("⟦") ? 0 : 1);' "$1"); }
draw "$work/graph.dot" || die "Graphviz refuses the graph"
if draw "$work/graph.mmd" 2> "$work/said"; then die "Graphviz takes what is no graph of its own"; fi

# The judge judges: it sees what is fetched, what leaves its place, and a graph that is none.
sed 's/default-src .none.; //; s/img-src data:/img-src file: data:/; s|</header>|<img src="gone.png"></header>|' "$work/report.html" > "$work/broken.html"
if look "$work/broken.html" "$work/graph.mmd" "$work" > "$work/said"; then die "a picture that is fetched is not seen"; fi
grep -q 'the report fetches' "$work/said" || die "a picture that is fetched is not seen: $(cat "$work/said")"
sed 's/th:nth-child(1){width:[^}]*}/th:nth-child(1){width:5rem}/' "$work/report.html" > "$work/broken.html"
echo 'flowchart LR; a --> [' > "$work/broken.mmd"
if look "$work/broken.html" "$work/broken.mmd" "$work" > "$work/said"; then die "a broken page is not seen"; fi
grep -q 'desktop: over' "$work/said" && grep -q 'Mermaid refuses' "$work/said" || die "what is broken is not seen: $(cat "$work/said")"
echo "browser: the report and the graph look right"

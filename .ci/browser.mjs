// Opens `strongroom report --format html` and draws `strongroom graph` in a real browser.
// usage: node browser.mjs REPORT.html GRAPH.mmd OUT CHROMIUM        (run where puppeteer-core and mermaid are installed)
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [report, graph, out, chromium] = process.argv.slice(2);
const require = createRequire(pathToFileURL(process.cwd() + "/x.js"));
const puppeteer = require("puppeteer-core");
const complaints = [];
const wants = (holds, what) => holds || complaints.push(what);

const browser = await puppeteer.launch({ executablePath: chromium, args: ["--no-sandbox", "--disable-gpu"] });
const page = await browser.newPage();
const requests = [];
page.on("request", (request) => requests.push(request.url()));
page.on("console", (message) => complaints.push(`the console says: ${message.text()}`));
page.on("pageerror", (error) => complaints.push(`the page throws: ${error}`));

const url = pathToFileURL(report).href;
for (const [name, width, height, scheme] of [["phone", 360, 740, "light"], ["phone-dark", 390, 844, "dark"], ["desktop", 1280, 900, "light"]]) {
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.goto(url, { waitUntil: "networkidle0" });
  await page.screenshot({ path: `${out}/report-${name}.png`, fullPage: true });
  const seen = await page.evaluate(() => {
    const box = (element) => element.getBoundingClientRect();
    const shown = [...document.querySelectorAll("td, th, li, p, h1, h2, code")].filter((it) => box(it).width > 0);
    const pills = [...document.querySelectorAll(".state")].filter((it) => box(it).width > 0);
    const rgb = (text) => text.match(/[\d.]+/g).map(Number);
    const light = (text) => rgb(text).slice(0, 3).map((c) => c / 255).map((c) => (c <= 0.04 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
    const behind = (it) => {
      for (; it; it = it.parentElement) {
        const color = getComputedStyle(it).backgroundColor;
        if (rgb(color)[3] !== 0) return color;
      }
      return "rgb(255, 255, 255)";
    };
    const contrast = (it) => {
      const [a, b] = [light(getComputedStyle(it).color), light(behind(it))].sort((x, y) => y - x);
      return (a + 0.05) / (b + 0.05);
    };
    return {
      rows: document.querySelectorAll("tbody").length,
      wide: document.documentElement.scrollWidth - innerWidth,
      outside: shown.filter((it) => box(it).right > innerWidth + 1).map((it) => it.textContent.slice(0, 40)),
      // A pill that leaves its cell lies over the text beside it.
      over: pills.filter((it) => it.closest("td") && box(it).right > box(it.closest("td")).right + 1).map((it) => it.textContent),
      faint: shown.filter((it) => it.textContent.trim() && contrast(it) < 4.5).map((it) => it.textContent.slice(0, 40)),
      small: shown.filter((it) => parseFloat(getComputedStyle(it).fontSize) < 11).map((it) => it.textContent.slice(0, 40)),
      scripts: document.scripts.length,
    };
  });
  wants(seen.rows > 0, `${name}: no row is shown`);
  wants(seen.wide <= 0, `${name}: the page is ${seen.wide} px wider than the screen`);
  for (const what of ["outside", "over", "faint", "small"]) wants(!seen[what].length, `${name}: ${what}: ${seen[what].slice(0, 5).join(" | ")}`);
  wants(seen.scripts === 0, `${name}: there is a script`);
}
// Paper: the width that the style asks for is A4, landscape, without its margins.
await page.emulateMediaType("print");
await page.setViewport({ width: Math.round(((297 - 24) / 25.4) * 96), height: 700 });
await page.goto(url, { waitUntil: "networkidle0" });
const over = await page.evaluate(() => [...document.querySelectorAll("td .state")]
  .filter((it) => it.getBoundingClientRect().right > it.closest("td").getBoundingClientRect().right + 1).map((it) => it.textContent));
wants(!over.length, `print: over: ${over.slice(0, 5).join(" | ")}`);
await page.pdf({ path: `${out}/report.pdf`, preferCSSPageSize: true, printBackground: false });
await page.emulateMediaType();
const foreign = requests.filter((it) => it !== url && !it.startsWith("data:"));
wants(!foreign.length, `the report fetches ${foreign.join(", ")}`);

// The graph is drawn by Mermaid itself.
const drawing = await browser.newPage();
await drawing.setContent("<div id=graph></div>");
await drawing.addScriptTag({ path: require.resolve("mermaid/dist/mermaid.min.js") });
const drawn = await drawing.evaluate(async (text) => {
  mermaid.initialize({ startOnLoad: false, maxTextSize: 1e6, maxEdges: 5000 });
  try {
    const { svg } = await mermaid.render("drawing", text);
    document.getElementById("graph").innerHTML = svg;
    return { nodes: document.querySelectorAll("#graph .node").length, text: [...document.querySelectorAll("#graph .nodeLabel, #graph .edgeLabel, #graph .cluster-label")].map((it) => it.textContent).join("\n") };
  } catch (error) {
    return { error: String(error) };
  }
}, readFileSync(graph, "utf8"));
wants(!drawn.error, `Mermaid refuses the graph: ${drawn.error}`);
wants(drawn.nodes > 0, "Mermaid draws no node");
wants(!/#\d+;|⟦/.test(drawn.text ?? ""), `the graph shows an escape: ${drawn.text?.match(/.{0,30}(#\d+;|⟦).{0,30}/)?.[0]}`);
await drawing.setViewport({ width: 1400, height: 900 });
await drawing.screenshot({ path: `${out}/graph.png`, fullPage: true });
await browser.close();

for (const complaint of complaints) console.log(`browser: ${complaint}`);
process.exit(complaints.length ? 1 : 0);

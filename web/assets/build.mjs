// Builds web/static/vendor from node_modules: `make assets`. What it writes is committed; nobody needs Node to run.
//
// vendor.json lists every file with size, SHA-256 and the packages in it; LICENSES/ has the licence of each package.
// A test compares the three, so a file that nobody can account for does not stay.

import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const VENDOR = new URL("../static/vendor/", import.meta.url);
const MODULES = new URL("node_modules/", import.meta.url);

// Outline icons of the pages; use one as <svg class="icon"><use href="/static/vendor/icons.svg#inbox"/></svg>.
const ICONS = `
  alert-triangle arrow-back-up arrow-right bell binoculars bug building calendar chart-bar check chevron-down
  chevron-left chevron-right chevron-up circle-check clock download eye file-text filter flag gavel history inbox
  info-circle language list-check lock logout mail map-pin paperclip pencil photo plus refresh search send settings
  shield-check sitemap trash upload user users x
`.trim().split(/\s+/);

const MIT = `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated
documentation files (the "Software"), to deal in the Software without restriction, including without limitation the
rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the
Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE
WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR
OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
`;

// Packages that name their licence without shipping its text.
const LICENCES_WITHOUT_A_FILE = {
  "@tabler/core": `The MIT License (MIT)

Copyright (c) 2018-2025 The Tabler Authors
Copyright (c) 2018-2025 codecalm.net Paweł Kuna
Contains Bootstrap, copyright (c) 2011-2025 The Bootstrap Authors, under the same licence.

${MIT}`,
};

const read = (path) => readFile(new URL(path, MODULES), "utf8");

async function bundle(entry, outfile) {
  const { metafile } = await build({
    entryPoints: [entry],
    absWorkingDir: new URL(".", import.meta.url).pathname,
    outfile: new URL(outfile, VENDOR).pathname,
    bundle: true,
    minify: true,
    format: "iife",
    globalName: "xiaohaoVendor",
    footer: { js: "window.BpmnViewer=xiaohaoVendor.BpmnViewer;" },
    target: "es2020",
    metafile: true,
    legalComments: "eof",
  });
  const [output] = Object.values(metafile.outputs);
  const used = Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return packagesOf(used.map(([path]) => path));
}

function packagesOf(paths) {
  const names = paths.map((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean);
  return [...new Set(names)].sort();
}

async function sprite() {
  const symbols = await Promise.all(ICONS.map(async (name) => {
    const drawing = await read(`@tabler/icons/icons/outline/${name}.svg`);
    const shapes = drawing.match(/<svg[^>]*>([\s\S]*)<\/svg>/)[1]
      .replace(/<path stroke="none" d="M0 0h24v24H0z" fill="none" \/>/, "")
      .replace(/>\s+</g, "><").trim();
    return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" ` +
      `stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`;
  }));
  return `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
}

async function licenceOf(name) {
  const file = (await readdir(new URL(`${name}/`, MODULES))).find((entry) => /^licen[cs]e(\.\w+)?$/i.test(entry));
  const text = file ? await read(`${name}/${file}`) : LICENCES_WITHOUT_A_FILE[name];
  if (!text) throw new Error(`no licence text for ${name}`);
  return text;
}

await rm(VENDOR, { recursive: true, force: true });
await mkdir(new URL("LICENSES/", VENDOR), { recursive: true });

const withoutMap = (text) => text.replace(/\n?\/[/*]# sourceMappingURL=.*$/m, "");
await writeFile(new URL("tabler.min.css", VENDOR), withoutMap(await read("@tabler/core/dist/css/tabler.min.css")));
await writeFile(new URL("htmx.min.js", VENDOR), withoutMap(await read("htmx.org/dist/htmx.min.js")));
await writeFile(new URL("icons.svg", VENDOR), await sprite());
const styles = await Promise.all(["diagram-js", "bpmn-js"].map((name) => read(`bpmn-js/dist/assets/${name}.css`)));
await writeFile(new URL("bpmn-viewer.css", VENDOR), styles.join("\n"));

const packages = {
  "bpmn-viewer.css": ["bpmn-js", "diagram-js"],
  "bpmn-viewer.min.js": await bundle("viewer.js", "bpmn-viewer.min.js"),
  "htmx.min.js": ["htmx.org"],
  "icons.svg": ["@tabler/icons"],
  "tabler.min.css": ["@tabler/core"],
};

const files = {};
for (const [name, contains] of Object.entries(packages)) {
  const content = await readFile(new URL(name, VENDOR));
  files[name] = {
    bytes: content.length, sha256: createHash("sha256").update(content).digest("hex"), packages: contains,
  };
}

const vendored = {};
for (const name of [...new Set(Object.values(packages).flat())].sort()) {
  const { version, license } = JSON.parse(await read(`${name}/package.json`));
  const file = `${name.replace("@", "").replace("/", "-")}.txt`;
  await writeFile(new URL(`LICENSES/${file}`, VENDOR), await licenceOf(name));
  vendored[name] = { version, licence: license, text: `LICENSES/${file}` };
}
await writeFile(new URL("vendor.json", VENDOR), `${JSON.stringify({ files, packages: vendored }, null, 2)}\n`);

for (const [name, { bytes }] of Object.entries(files)) console.log(`${String(bytes).padStart(8)}  ${name}`);

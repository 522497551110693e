// Compiles the TypeScript sources into dist/: one bundle per program, shared code in chunks.
// `cpipe` is bundled alone, without chunks: what a person starts often must load one file.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync, chmodSync } from "node:fs";
import { join, relative } from "node:path";
import { root, say } from "./setup.mjs";

const sources = ["pipes", "daemon", "servers", "cpipe"];
const stamp = join(root, "dist/.stamp");
/** Loaded from node_modules at run time: native, or with files of their own beside them. */
const external = ["node-llama-cpp", "koffi", "pino", "chokidar", "systeminformation", "tsx", "esbuild"];

/** Rebuilds dist/ when a source, the lock file or this script has changed since the last build. */
export async function buildIfStale() {
  const wanted = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) return;
  say("building …");
  await build();
  writeFileSync(stamp, wanted);
}

export async function build() {
  const esbuild = await import("esbuild");
  rmSync(join(root, "dist"), { recursive: true, force: true });
  const shared = { bundle: true, platform: "node", format: "esm", target: "node20", external, logLevel: "warning", absWorkingDir: root };
  // CommonJS packages that are bundled still call require(); ESM output has none of its own.
  const banner = { js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);' };
  await Promise.all([
    esbuild.build({ ...shared, banner, entryPoints: programs(), outdir: "dist", outbase: ".", splitting: true, sourcemap: true, chunkNames: "chunks/[name]-[hash]" }),
    existsSync(join(root, "cpipe/main.ts"))
      ? esbuild.build({ ...shared, entryPoints: ["cpipe/main.ts"], outfile: "dist/cpipe.js", minifySyntax: true, banner: { js: "#!/usr/bin/env node" } })
      : undefined,
  ]);
  for (const bin of ["dist/cpipe.js", "dist/daemon/main.js"]) if (existsSync(join(root, bin))) chmodSync(join(root, bin), 0o755);
}

/** Every `main.ts`, and the files that package.json exports, are entry points. */
function programs() {
  const mains = sources.filter((room) => room !== "cpipe").flatMap(filesOf).filter((file) => /(^|\/)(main|host)\.ts$/.test(file));
  const library = ["pipes/index.ts", "pipes/server.ts", "pipes/client.ts"].filter((file) => existsSync(join(root, file)));
  return [...mains, ...library];
}

function fingerprint() {
  const hash = createHash("sha256").update(process.version);
  for (const file of [...sources.flatMap(filesOf), "package-lock.json", "scripts/build.mjs"]) {
    hash.update(file).update(readFileSync(join(root, file)));
  }
  return hash.digest("hex");
}

function filesOf(room) {
  if (!existsSync(join(root, room))) return [];
  return readdirSync(join(root, room), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
}

if (process.argv[1] === join(root, "scripts/build.mjs")) {
  await build();
  writeFileSync(stamp, fingerprint());
}

// `npm run bench`: set up what is stale, compile bench/ beside the built product, and measure. `--json` prints figures for programs.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root, setUp } from "./setup.mjs";

await setUp();
const esbuild = await import("esbuild");
const programs = ["main", "client", "peer"].map((name) => `bench/${name}.ts`);
// Packages stay outside, also our own: what is measured is dist/ as it is installed.
await esbuild.build({ entryPoints: programs, outdir: "dist/bench", bundle: true, platform: "node", format: "esm", target: "node20", packages: "external", absWorkingDir: root, logLevel: "warning" });
const done = spawnSync(process.execPath, [join(root, "dist/bench/main.js"), ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
process.exit(done.status ?? 1);

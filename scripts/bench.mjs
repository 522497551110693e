// `npm run bench`: set up what is stale, compile bench/ beside the built product, and measure. `--json` prints figures for programs.
//   npm run bench                  the pipes, and how fast a worker is replaced (about 90 s)
//   npm run bench -- pipes         the pipes alone
//   npm run bench -- supervision   the daemon beside other supervisors, as far as they are installed (about 4 min)
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { root, setUp } from "./setup.mjs";

await setUp();
const esbuild = await import("esbuild");
const programs = ["main", "client", "peer"].map((name) => `bench/${name}.ts`);
// Packages stay outside, also our own: what is measured is dist/ as it is installed.
await esbuild.build({ entryPoints: programs, outdir: "dist/bench", outbase: "bench", bundle: true, platform: "node", format: "esm", target: "node20", packages: "external", absWorkingDir: root, logLevel: "warning" });
const done = spawnSync(process.execPath, [join(root, "dist/bench/main.js"), ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
process.exit(done.status ?? 1);

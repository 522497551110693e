// `npm run bench`: set up what is stale, compile bench/ beside the built product, and measure. `--json` prints figures for programs.
//   npm run bench                  the pipes, and how fast a worker is replaced (about 90 s)
//   npm run bench -- pipes         the pipes and how fast cpipe starts
//   npm run bench -- start         how fast cpipe starts, beside `node -e 0` (about 40 s)
//   npm run bench -- supervision   the daemon beside other supervisors, as far as they are installed (about 4 min)
//   npm run bench -- vector        the vector server at 10 000 and 100 000 rows (about 5 min); `--rows 1000000` for more or fewer,
//                                  `--rivals` installs others and measures them beside it
//   npm run bench -- quality       how well it finds sections by their headings; `--model` for a real embedding model
//   npm run bench -- chat          what the pipe adds to a chat, replies side by side, and what a follow-up costs (about 1 min)
//   npm run bench -- speech        sound over pipes, and what the pipe adds to speaking and understanding (about 3 min)
// `vector` and `quality` write docs/vector-figures.md with `--docs`, `speech` docs/speech-figures.md.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { root, say, setUp } from "./setup.mjs";

const parts = { vector: "vector", quality: "quality", speech: "speech", chat: "chat" };

await setUp();
const args = process.argv.slice(2);
if (args.includes("--rivals")) installRivals(join(root, "bench/vector/rivals"), join(root, "node_modules/.bench-rivals"));
const esbuild = await import("esbuild");
const programs = ["main", "client", "peer", "vector", "vector-client", "quality", "speech", "speech-peer", "chat"].map((name) => `bench/${name}.ts`);
// Packages stay outside, also our own: what is measured is dist/ as it is installed.
await esbuild.build({ entryPoints: programs, outdir: "dist/bench", outbase: "bench", bundle: true, platform: "node", format: "esm", target: "node20", packages: "external", absWorkingDir: root, logLevel: "warning" });
const done = spawnSync(process.execPath, [join(root, `dist/bench/${parts[args[0]] ?? "main"}.js`), ...args], { cwd: root, stdio: "inherit" });
process.exit(done.status ?? 1);

/** Beside our packages, not among them: nothing of ours depends on a rival. */
function installRivals(from, to) {
  if (existsSync(join(to, "node_modules"))) return;
  say("installing what the vector server is measured beside …");
  cpSync(from, to, { recursive: true });
  const npm = spawnSync("npm", ["install", "--no-package-lock", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"], { cwd: to, stdio: ["ignore", 2, 2] });
  if (npm.status === 0) return;
  say("the rivals could not be installed; npm's own message is above");
  process.exit(1);
}

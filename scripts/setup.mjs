// Brings a checkout to where it can run: locked packages, then a build, each only when stale.
// Plain JavaScript on Node's own modules, because it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { alone } from "./lock.mjs";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const installed = join(root, "node_modules/.pipe-tools-lock");
/** Which builds of llama.cpp `npm run gpu` has added; `npm ci` would drop them. */
export const extraBuilds = join(root, ".stamp-llama-builds");

/** Installs and builds what is stale; says on stderr what it does, and nothing when there is nothing to do. */
export async function setUp() {
  requireNode();
  const { buildIsStale } = await import("./build.mjs");
  if (!packagesAreStale() && !buildIsStale()) return;
  await alone(join(root, ".stamp-setup"), bringUp, () => say("another set-up of this checkout is under way; waiting for it …"));
}

async function bringUp() {
  if (packagesAreStale()) installPackages();
  const { build, buildIsStale } = await import("./build.mjs");
  if (!buildIsStale()) return;
  say("building …");
  await build();
}

function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`pipe-tools needs Node 20.19 or newer; this is ${process.version}. Install a newer Node and run it again.`);
}

function packagesAreStale() {
  return !existsSync(installed) || readFileSync(installed, "utf8") !== lockHash();
}

function lockHash() {
  return createHash("sha256").update(readFileSync(join(root, "package-lock.json"))).digest("hex");
}

function installPackages() {
  const lock = lockHash();
  say("installing the locked packages (npm ci) …");
  const args = ["ci", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  const npm = spawnSync("npm", args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (npm.error !== undefined) fail(`npm could not be run: ${npm.error.message}`);
  if (npm.status !== 0) fail("npm ci failed; its own message is above. Without a network, the packages must be in npm's cache.");
  restoreLlamaBuilds();
  mkdirSync(dirname(installed), { recursive: true });
  writeFileSync(installed, lock);
}

/** `npm ci` has put the locked builds of llama.cpp in place: those for x64, arm64, riscv64 and Macs, without a GPU on Linux. */
function restoreLlamaBuilds() {
  const added = existsSync(extraBuilds) ? readFileSync(extraBuilds, "utf8").split("\n").filter(Boolean) : [];
  const own = process.platform === "linux" && process.arch === "arm" ? ["armv7l"] : [];
  for (const build of new Set([...own, ...added])) {
    const done = spawnSync(process.execPath, [join(root, "scripts/llama-build.mjs"), build], { stdio: ["ignore", 2, 2] });
    if (done.status !== 0) say(`could not fetch the ${build} build of llama.cpp; try later: npm run gpu ${build}`);
  }
}

export function say(text) {
  process.stderr.write(`pipe-tools: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}

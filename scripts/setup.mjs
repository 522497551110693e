// Brings a checkout to where it can run: locked packages, then a build, each only when stale.
// Plain JavaScript on Node's own modules, because it runs before anything is installed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const isCheckout = existsSync(join(root, "package-lock.json")) && existsSync(join(root, "scripts/build.mjs"));

/** Installs and builds what is stale; says on stderr what it does, and nothing when there is nothing to do. */
export async function setUp() {
  requireNode();
  if (!isCheckout) return; // an installed package is complete as it is
  installPackages();
  const { buildIfStale } = await import("./build.mjs");
  await buildIfStale();
}

function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(`pipe-tools needs Node 20.19 or newer; this is ${process.version}. Install a newer Node and run it again.`);
}

function installPackages() {
  const lock = createHash("sha256").update(readFileSync(join(root, "package-lock.json"))).digest("hex");
  const stamp = join(root, "node_modules/.pipe-tools-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  say("installing the locked packages (npm ci) …");
  const args = ["ci", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  const npm = spawnSync("npm", args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (npm.status !== 0) fail("npm ci failed; its own message is above. Without a network, the packages must be in npm's cache.");
  if (!["x64"].includes(process.arch) && process.platform === "linux") restoreLlamaBinary();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, lock);
}

/** The lock file keeps only the x64 CPU build of llama.cpp; another Linux host fetches its own. */
function restoreLlamaBinary() {
  const host = process.arch === "arm" ? "linux-armv7l" : `linux-${process.arch}`;
  const done = spawnSync(process.execPath, [join(root, "scripts/llama-build.mjs"), host], { stdio: ["ignore", 2, 2] });
  if (done.status !== 0) say(`could not fetch the llama.cpp build for ${host}; chat will say so when it starts`);
}

export function say(text) {
  process.stderr.write(`pipe-tools: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}

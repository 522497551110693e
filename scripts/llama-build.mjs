#!/usr/bin/env node
// Adds builds of llama.cpp that are left out of every installation for their size, or takes them away again.
//   npm run gpu vulkan      in a checkout
//   pipe-tools-gpu vulkan   where pipe-tools is installed
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const VERSION = "3.21.1";
/** What each build is made of; sizes are on disk. The integrity is npm's, of the version above. */
const builds = {
  cuda: {
    for: "NVIDIA cards",
    megabytes: 538,
    host: "linux-x64",
    packages: {
      "linux-x64-cuda": "sha512-idsE55VoD/FbvLhnBC9krUJaUoC0XnebseAAnCpm/brKf61HEbu+idgbb5eN6mxkjLSrHtILprJ0nDcUJjVrFg==",
      "linux-x64-cuda-ext": "sha512-1PuURowccBcks3CCoMe1mTHh5vD0V5bFHMUEgtbI/OSDjpP+Pdbn+lf42CGUrepTzR8kCH1HovQ7d8q6/vuIKA==",
    },
  },
  vulkan: {
    for: "AMD, Intel and NVIDIA cards, through Vulkan",
    megabytes: 81,
    host: "linux-x64",
    packages: { "linux-x64-vulkan": "sha512-flEeSzONQ6OIm5bYKLQf4eEnBzcC5WugFbyPUwkCqyyOFZ8pH0H9ulQ7ZNDLSIczeKneMRJornlyY1Hq7d3GDA==" },
  },
  armv7l: {
    for: "32-bit Arm, without a GPU",
    megabytes: 13,
    host: "linux-arm",
    packages: { "linux-armv7l": "sha512-N/IaOXCQogfyDrlANRXbU2u+l0dbZ4BBqc3/Rv1xknHbRi/rX0rrOf5elPG8S9I5p9ebcU48HrRqk2d9O/LNHw==" },
  },
};

const root = join(dirname(realpathSync(fileURLToPath(import.meta.url))), "..");
/** In a checkout, what to add again after `npm ci`; see setup.mjs. An installed package has no such file. */
const remembered = existsSync(join(root, "package-lock.json")) ? join(root, ".stamp-llama-builds") : null;

try {
  main(process.argv.slice(2));
} catch (error) {
  const hint = ["EACCES", "EROFS", "EPERM"].includes(error.code) ? ". Run it as the user who installed pipe-tools (with sudo, if that was root)." : "";
  process.stderr.write(`pipe-tools-gpu: ${error.message}${hint}\n`);
  process.exitCode = 1;
}

function main(words) {
  const folder = buildsFolder();
  const [word] = words;
  if (words.length !== 1 || !["off", ...Object.keys(builds)].includes(word)) return usage(folder, words.length > 0);
  if (word === "off") return ["cuda", "vulkan"].forEach((name) => remove(folder, name));
  add(folder, word);
}

function usage(folder, wrong) {
  const rows = Object.entries(builds).map(([name, build]) => `  ${name.padEnd(8)} ${String(build.megabytes).padStart(4)} MB  ${build.for}${isThere(folder, name) ? "  (installed)" : ""}`);
  process[wrong ? "stderr" : "stdout"].write(`Usage: pipe-tools-gpu BUILD | off\n\nBuilds of llama.cpp that do not come with pipe-tools:\n${rows.join("\n")}\n\noff removes those for GPUs. On a Mac, Metal is there already.\n`);
  if (wrong) process.exitCode = 2;
}

/** The folder beside node-llama-cpp where it looks for its builds, wherever npm has put them. */
function buildsFolder() {
  for (let folder = root; ; folder = dirname(folder)) {
    const found = join(folder, "node_modules/node-llama-cpp/package.json");
    if (existsSync(found)) {
      const { version } = JSON.parse(readFileSync(found, "utf8"));
      if (version !== VERSION) throw new Error(`expected node-llama-cpp ${VERSION}, found ${version} in ${dirname(found)}.`);
      return join(folder, "node_modules/@node-llama-cpp");
    }
    if (folder === dirname(folder)) throw new Error("node-llama-cpp is not installed; run npm start or npm ci first.");
  }
}

function isThere(folder, name) {
  return Object.keys(builds[name].packages).every((part) => existsSync(join(folder, part, "package.json")));
}

function add(folder, name) {
  const { host, packages, megabytes } = builds[name];
  const here = `${process.platform}-${process.arch}`;
  if (here !== host) throw new Error(`the ${name} build is for ${host}; this machine is ${here}.`);
  if (isThere(folder, name)) return say(`the ${name} build is there already`);
  say(`fetching the ${name} build of llama.cpp, ${megabytes} MB on disk …`);
  for (const [part, integrity] of Object.entries(packages)) fetchPart(folder, part, integrity);
  if (remembered !== null && !(existsSync(remembered) && readFileSync(remembered, "utf8").split("\n").includes(name))) appendFileSync(remembered, `${name}\n`);
  say(`done; restart chat to use it: cpipe supervisor restart chat`);
}

/** Through npm, for its registry settings and its cache. Unpacked beside its place and moved there as a whole. */
function fetchPart(folder, part, integrity) {
  const work = mkdtempSync(join(folder, ".new-"));
  try {
    const npm = run("npm", ["pack", `@node-llama-cpp/${part}@${VERSION}`, "--pack-destination", work, "--json", "--loglevel=error"]);
    const [{ filename }] = JSON.parse(npm);
    const tarball = join(work, filename.replace("@", "").replace("/", "-"));
    const found = `sha512-${createHash("sha512").update(readFileSync(tarball)).digest("base64")}`;
    if (found !== integrity) throw new Error(`@node-llama-cpp/${part} is not what it was when this version was released: expected ${integrity}, got ${found}.`);
    run("tar", ["-xzf", tarball, "-C", work]);
    rmSync(join(folder, part), { recursive: true, force: true });
    renameSync(join(work, "package"), join(folder, part));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function remove(folder, name) {
  const parts = Object.keys(builds[name].packages).map((part) => join(folder, part)).filter(existsSync);
  for (const part of parts) rmSync(part, { recursive: true });
  if (parts.length > 0) say(`removed the ${name} build`);
  if (remembered === null || !existsSync(remembered)) return;
  writeFileSync(remembered, readFileSync(remembered, "utf8").split("\n").filter((line) => line !== "" && line !== name).map((line) => `${line}\n`).join(""));
}

function run(command, args) {
  const done = spawnSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  if (done.error !== undefined) throw new Error(`${command} could not be run: ${done.error.message}.`);
  if (done.status !== 0) throw new Error(`${command} ${args[0]} failed; its own message is above.`);
  return done.stdout;
}

function say(text) {
  process.stdout.write(`pipe-tools: ${text}\n`);
}

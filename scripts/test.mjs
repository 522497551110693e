// `npm test`: set up, then types, lint, and every test file by name. Fails when a stage fails or no test ran.
//   npm test                       everything
//   npm test -- test/pipes         only the test files whose path contains one of the words
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { root, say, setUp } from "./setup.mjs";

await setUp();
const words = process.argv.slice(2);
const files = readdirSync(join(root, "test"), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
  .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();
if (files.length === 0) {
  say(`no test file matches ${words.join(" ")}`);
  process.exit(1);
}
const bin = (name) => join(root, "node_modules/.bin", name);
if (words.length === 0) {
  stage("types", bin("tsc"), ["--project", "tsconfig.json"]);
  stage("lint", bin("oxlint"), ["--type-aware", "--deny-warnings"]);
}
const runner = ["--import", "tsx", "--test", "--test-concurrency=2", "--test-timeout=120000", "--test-reporter=spec", ...files];
stage(`tests (${files.length} files)`, process.execPath, runner);

function stage(name, command, args) {
  say(`${name} …`);
  const started = Date.now();
  const done = spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (done.status !== 0) {
    say(`${name} failed (${done.signal ?? `exit ${done.status}`})`);
    process.exit(1);
  }
  say(`${name} passed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

// `node compile.cjs BUNDLE OUT`: runs a bundle of cpipe several times over, and writes the code that V8 has then compiled.
const { readFileSync, writeFileSync } = require("node:fs");
const { basename } = require("node:path");
const { pathToFileURL } = require("node:url");
const { Script } = require("node:vm");

const [bundle, out] = process.argv.slice(2);
const runs = [["--list"], ["--complete", "--", "cpipe", "c"], ["nobody", "ping"]];
const script = new Script(readFileSync(bundle, "latin1"), { filename: basename(bundle) });
const exit = process.exit;
process.exit = next; // how each run ends
next();

function next() {
  process.removeAllListeners();
  const args = runs.shift();
  if (args === undefined) {
    writeFileSync(out, script.createCachedData());
    exit(0);
  }
  process.argv = [process.execPath, bundle, ...args];
  script.runInThisContext()(require, bundle, pathToFileURL(bundle).href);
}

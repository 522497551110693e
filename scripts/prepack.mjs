// Before `npm pack`: a build from nothing, and the types of the library.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, say, setUp } from "./setup.mjs";

rmSync(join(root, "dist/.stamp"), { force: true });
await setUp();
writeTypes(join(root, "dist/types"));

function writeTypes(folder) {
  rmSync(folder, { recursive: true, force: true });
  const tsc = spawnSync(join(root, "node_modules/.bin/tsc"), ["--project", "tsconfig.types.json"], { cwd: root, stdio: ["ignore", 2, 2] });
  if (tsc.status !== 0) {
    say("the types could not be written; tsc's own message is above");
    process.exit(1);
  }
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) nameOutputs(join(entry.parentPath ?? entry.path, entry.name));
  }
}

/** Our sources import each other as `.ts`; in an installed package there is only what that was compiled to. */
function nameOutputs(path) {
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replaceAll(/(from |import\()"(\.{1,2}\/[^"]+)\.ts"/g, '$1"$2.js"'));
}

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { buildSync } from "esbuild";
import { packageRoot, packageVersion } from "../../../pipes/protocol/package.ts";

test("The package finds its folder and its version", () => {
  const { name, version } = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as Record<string, unknown>;
  assert.equal(name, "pipe-tools");
  assert.equal(packageVersion(), version);
});

test("A bundle finds them from whatever depth it is started at, past the package.json of others", (t) => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "package-test-")));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const [source, bundle] = [join(packageRoot(), "pipes/protocol/package.ts"), join(root, "dist/a/b/chunk.mjs")];
  buildSync({ entryPoints: [source], outfile: bundle, bundle: true, format: "esm", platform: "node", logLevel: "silent" });
  const found = (): string => {
    const script = `const p = await import(${JSON.stringify(pathToFileURL(bundle).href)}); console.log(p.packageRoot(), p.packageVersion())`;
    return execFileSync(process.execPath, ["--input-type=module", "-e", script], { cwd: "/", encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
  };
  assert.throws(found, /no package.json of pipe-tools in this folder or above it/);
  writeFileSync(join(root, "package.json"), '{"name": "pipe-tools", "version": "7.8.9"}');
  writeFileSync(join(root, "dist/package.json"), '{"type": "module"}');
  mkdirSync(join(root, "dist/a/package.json"));
  assert.equal(found(), `${root} 7.8.9`);
});

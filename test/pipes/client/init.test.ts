import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { loadConfig } from "../../../daemon/config/load.ts";
import { initConfig } from "../../../pipes/client/init.ts";
import { packageRoot } from "../../../pipes/protocol/package.ts";

function userConfig(t: TestContext): string {
  const home = realpathSync(mkdtempSync(join(tmpdir(), "init-test-")));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  return join(home, "with space/.config/pipe-tools/tools.yaml");
}

test("The commented tools.yaml is put into a folder of the user's alone, valid as it stands", async (t) => {
  const config = userConfig(t);
  assert.deepEqual(initConfig({ config }), { path: config, created: true });
  assert.equal(statSync(config).mode & 0o777, 0o600);
  assert.equal(statSync(join(config, "..")).mode & 0o777, 0o700);
  assert.deepEqual(readdirSync(join(config, "..")), ["tools.yaml"]);
  const loaded = await loadConfig(config, { env: {} });
  assert.ok(loaded.ok && loaded.config.tools.has("chat"));
});

test("Its first line leads an editor to the schema of this package, and the rest is the packaged file", (t) => {
  const config = userConfig(t);
  initConfig({ config });
  const [first, ...rest] = readFileSync(config, "utf8").split("\n");
  const url = /^# yaml-language-server: \$schema=(\S+)$/.exec(first ?? "")?.[1] ?? "";
  assert.equal(fileURLToPath(url), join(packageRoot(), "config/tools.schema.json"));
  const packaged = readFileSync(join(packageRoot(), "config/tools.yaml"), "utf8").split("\n");
  assert.deepEqual(rest, packaged.slice(1));
});

test("What is there already stays, be it a file or a link that leads nowhere", (t) => {
  const config = userConfig(t);
  mkdirSync(join(config, ".."), { recursive: true });
  writeFileSync(config, "mine");
  assert.deepEqual(initConfig({ config }), { path: config, created: false });
  assert.equal(readFileSync(config, "utf8"), "mine");
  rmSync(config);
  symlinkSync("/nonexistent/tools.yaml", config);
  assert.equal(initConfig({ config }).created, false);
  assert.deepEqual(readdirSync(join(config, "..")), ["tools.yaml"]);
});

test("A folder that cannot be made is an error that names the file", (t) => {
  const config = userConfig(t);
  mkdirSync(join(config, "../../.."), { recursive: true });
  writeFileSync(join(config, "../.."), "a file where the folder should be");
  assert.throws(() => initConfig({ config }), { code: "file-failed", message: new RegExp(`^${config}: `) });
});

test("It brings no package into the bundle of cpipe", () => {
  const source = join(packageRoot(), "pipes/client/init.ts");
  const { metafile } = buildSync({ entryPoints: [source], bundle: true, write: false, metafile: true, format: "esm", platform: "node", absWorkingDir: packageRoot() });
  assert.deepEqual(Object.keys(metafile.inputs).filter((input) => input.includes("node_modules")), []);
});

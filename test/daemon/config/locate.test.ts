import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { locateConfig } from "../../../daemon/config/locate.ts";
import { packageRoot } from "../../../pipes/protocol/package.ts";
import { folderFor } from "./sample.ts";

test("Without a word from anybody, the packaged tools.yaml counts, and the user's is looked out for", (t) => {
  const home = folderFor(t);
  const [user, packaged] = [join(home, ".config/pipe-tools/tools.yaml"), join(packageRoot(), "config/tools.yaml")];
  assert.deepEqual(locateConfig({ HOME: home }), { path: packaged, origin: "packaged", candidates: [user, packaged] });
});

test("The user's own file goes before the packaged one, also as a link that leads nowhere", (t) => {
  const home = folderFor(t);
  mkdirSync(join(home, "pipe-tools"));
  const user = join(home, "pipe-tools/tools.yaml");
  symlinkSync("nowhere", user);
  assert.equal(locateConfig({ HOME: "/", XDG_CONFIG_HOME: home }).path, user);
  writeFileSync(join(home, "pipe-tools/nowhere"), "tools:\n");
  assert.deepEqual([locateConfig({ XDG_CONFIG_HOME: home }).path, locateConfig({ XDG_CONFIG_HOME: home }).origin], [user, "user"]);
});

test("The file that the environment names is the one, even if it is missing", (t) => {
  const path = join(folderFor(t), "other.yaml");
  assert.deepEqual(locateConfig({ PIPE_TOOLS_CONFIG: path }), { path, origin: "environment", candidates: [path] });
  assert.equal(locateConfig({ PIPE_TOOLS_CONFIG: "", HOME: "/nonexistent" }).origin, "packaged");
});

test("A relative path in the environment is refused, not ignored", () => {
  assert.throws(() => locateConfig({ PIPE_TOOLS_CONFIG: "tools.yaml" }), { code: "usage", message: /PIPE_TOOLS_CONFIG is 'tools\.yaml'\. It has to be an absolute path/ });
});

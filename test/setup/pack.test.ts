import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { manifest, root } from "./files.ts";

const WANTED = ["LICENSE", "README.md", "CHANGELOG.md", "package.json", "config/tools.yaml", "config/tools.schema.json", "docs/protocol.md", "man/cpipe.1", "completions/cpipe.bash", "completions/_cpipe", "completions/cpipe.fish", "systemd/pipe-tools.service", "launchd/io.github.pipe-tools.plist", ".claude/skills/cpipe/SKILL.md"];
const UNWANTED = [/\.map$/, /(^|\/)\.(?!claude\/skills\/cpipe\/SKILL\.md$)/, /^(test|bench|pipes|models|engines|daemon|servers|cpipe|node_modules)\//, /^scripts\/(?!llama-build\.mjs$)/, /\.tgz$/, /^package-lock/];

describe("npm pack", () => {
  let files: string[];
  let home: string;

  before(() => {
    home = mkdtempSync(join(tmpdir(), "pipe-tools-pack-"));
    const env = { ...process.env, HOME: home, npm_config_cache: join(home, "npm"), npm_config_loglevel: "error", npm_config_update_notifier: "false" };
    const text = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { cwd: root, env, encoding: "utf8" });
    files = (JSON.parse(text) as [{ files: Array<{ path: string }> }])[0].files.map(({ path }) => path);
  });
  after(() => rmSync(home, { recursive: true }));

  it("takes what an installed package needs", () => {
    const wanted = [...WANTED, ...Object.values(manifest.bin), "dist/servers/chat/main.js", "dist/servers/chat/engine/main.js", "dist/servers/vector/embedders/llama/main.js", "dist/servers/tts/main.js", "dist/servers/tts/flite/main.js", "dist/servers/echo/main.js", "dist/servers/host.js"];
    assert.deepEqual(wanted.filter((file) => !files.includes(file)), []);
  });

  it("takes nothing else", () => {
    assert.deepEqual(files.filter((file) => UNWANTED.some((pattern) => pattern.test(file))), []);
  });

  it("has what package.json exports, and a source for its types", () => {
    for (const exported of Object.values(manifest.exports)) {
      if (typeof exported === "string") continue;
      assert.ok(files.includes(exported.default.slice(2)), exported.default);
      const source = exported.types.replace("./dist/types/", "").replace(/\.d\.ts$/, ".ts");
      assert.ok(existsSync(join(root, source)), source);
    }
  });

  it("makes every command executable", () => {
    for (const file of Object.values(manifest.bin)) assert.equal(statSync(join(root, file)).mode & 0o111, 0o111, file);
  });
});

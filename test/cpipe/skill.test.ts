import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, readFileSync, watch, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parse } from "yaml";
import { isAlive, readRegistry } from "../../pipes/client/registry.ts";
import type { Registry } from "../../pipes/protocol/registry.ts";
import { Place, root } from "./program.ts";

const SKILL = ".claude/skills/cpipe/SKILL.md";
const text = readFileSync(join(root, SKILL), "utf8");
const [, head = "", body = ""] = /^---\n([^]*?)\n---\n([^]*)$/.exec(text) ?? [];

test("the skill's head is as the format wants it", () => {
  const front = parse(head) as Record<string, unknown>;
  assert.deepEqual(Object.keys(front).filter((key) => !["name", "description", "license", "compatibility", "metadata", "allowed-tools"].includes(key)), []);
  assert.equal(front["name"], "cpipe", "as its folder is called");
  assert.ok(String(front["description"]).length <= 1024);
  assert.match(String(front["description"]), /Use when /);
  assert.ok(String(front["compatibility"]).length <= 500);
  assert.ok(body.split("\n").length < 500);
});

describe("the skill's commands, by the daemon that it starts, with the tools that come along", () => {
  const lines = [...body.matchAll(/^```sh\n([^]*?)^```/gm)].flatMap(([, block = ""]) => block.split("\n").filter((line) => line !== ""));
  const starts = lines.filter((line) => line.startsWith("pipe-tools "));
  const steps = lines.filter((line) => !starts.includes(line));
  const place = new Place();
  const work = join(place.root, "work");
  const bin = join(place.root, "bin");
  const registry = join(String(place.env["XDG_RUNTIME_DIR"]), "pipe-tools/registry.json");
  const shell = (line: string) => place.shell(`PATH="${bin}:$PATH"\ncd "${work}"\n${line}`);
  const until = async (holds: (now: Registry | null) => boolean): Promise<void> => {
    const watcher = watch(dirname(registry));
    while (!holds(readRegistry(registry))) await once(watcher, "change");
    watcher.close();
  };

  // The daemon is nobody's child: a test that fails does not leave it behind.
  process.on("exit", () => {
    const pid = readRegistry(registry)?.daemon.pid;
    if (pid !== undefined && isAlive(pid, null)) process.kill(pid);
  });
  before(async () => {
    mkdirSync(dirname(registry), { recursive: true, mode: 0o700 });
    for (const folder of [work, bin]) mkdirSync(folder);
    writeFileSync(join(bin, "pipe-tools"), `#!/bin/sh\nexec "${process.execPath}" "${join(root, "dist/daemon/main.js")}" "$@"\n`, { mode: 0o755 });
    writeFileSync(join(work, "notes.md"), "# Bread\n\nKnead the dough for ten minutes.\n");
    assert.equal((await shell("git init -q && git add notes.md && echo '## Butter' >> notes.md")).code, 0);
    assert.equal(starts.length, 1);
    assert.equal((await shell(starts[0] ?? "")).code, 0);
    await until((now) => ["chat", "vector", "tts", "echo"].every((name) => now?.tools[name]?.phase === "ready"));
  });
  after(async () => {
    const gone = until((now) => now === null);
    assert.equal((await shell("cpipe supervisor stop")).code, 0);
    await gone;
    await place.close();
  });

  test("there are many", () => assert.ok(steps.length >= 25, `${steps.length}`));
  for (const line of steps) {
    test(line, async () => {
      const { code, stdout, stderr } = await shell(line);
      assert.equal(code, 0, stderr);
      assert.ok(/ -o speech\.wav/.test(line) || stdout.trim() !== "", stderr);
    });
  }
});

describe("cpipe --install-skill", () => {
  const place = new Place();
  const home = join(String(place.env["HOME"]), SKILL);
  after(() => place.close());
  const install = async (...args: string[]) => {
    const { code, stdout, stderr } = await place.cpipe("--install-skill", ...args);
    return { code, said: stdout + stderr };
  };

  test("puts the skill into the home folder, and says where", async () => {
    const { code, said } = await install();
    assert.equal(code, 0);
    assert.ok(said.startsWith(`${home}\n`), said);
    assert.ok(readFileSync(home, "utf8").startsWith(text), "all of it, with a line behind it that tells whose it is");
    assert.match((await install()).said, /is there already, as it is in this version/);
  });

  test("replaces one of another version, and a changed one only with --force", async () => {
    const ours = readFileSync(home, "utf8");
    const other = `${ours}\nMy own advice.\n`;
    writeFileSync(home, other);
    const refused = await install();
    assert.equal(refused.code, 1);
    assert.match(refused.said, /a file that is not ours, or was changed, '.*SKILL\.md' is there already. Replace it with: cpipe --install-skill --force/);
    assert.equal(readFileSync(home, "utf8"), other);
    assert.match((await install("--force")).said, /taken the place/);
    assert.equal(readFileSync(home, "utf8"), ours);
  });

  test("goes into a project that is named, and into no folder that is not there", async () => {
    const project = join(place.root, "project");
    mkdirSync(project);
    assert.equal((await install(project)).code, 0);
    assert.ok(readFileSync(join(project, SKILL), "utf8").startsWith(text));
    assert.match((await install(join(place.root, "nowhere"))).said, /nowhere: is no folder/);
    assert.match((await install("a", "b")).said, /--install-skill does not take b/);
  });
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { memoryBudget } from "../../../daemon/config/spec.ts";
import { estimate } from "../../../daemon/residency/estimate.ts";
import { judgeIdleness } from "../../../daemon/residency/idle.ts";
import { machineMemory, memoryOf } from "../../../daemon/residency/memory.ts";
import { Sizes } from "../../../daemon/residency/sizes.ts";
import { inBytes } from "../../../pipes/protocol/quantity.ts";
import { specOf } from "../worker/specs.ts";

const MIB = 1024 ** 2;
const folder = mkdtempSync(join(tmpdir(), "pipe-tools-residency-"));
after(() => rmSync(folder, { recursive: true }));

describe("when a tool has been idle for long enough", () => {
  const rows = [
    ["while a request is under way, it is looked at again", { calls: 1, idle: 0, clients: 1 }, false, { kind: "later", ms: 1000 }],
    ["before its time, it is looked at when that may be over", { calls: 0, idle: 400, clients: 0 }, false, { kind: "later", ms: 600 }],
    ["after it, it is due", { calls: 0, idle: 1000, clients: 0 }, true, { kind: "due" }],
    ["with clients, one that lets go by itself is due", { calls: 0, idle: 5000, clients: 2 }, false, { kind: "due" }],
    ["with clients, one that has to be ended is left alone", { calls: 0, idle: 5000, clients: 2 }, true, { kind: "later", ms: 1000 }],
  ] as const;
  for (const [title, use, byEnding, expected] of rows) it(title, () => assert.deepEqual(judgeIdleness(use, 1000, byEnding), expected));
});

describe("what tools were seen to need", () => {
  const path = join(folder, "state", "sizes.json");
  const open = (): Sizes => new Sizes(path, (error) => assert.fail(error.message));

  it("is remembered by spec, in a file of the user's own", () => {
    const sizes = open();
    sizes.learn("abc", "chat", 500 * MIB);
    sizes.learn("def", "tts", 90 * MIB);
    assert.deepEqual([open().of("abc"), open().of("def"), open().of("ghi")], [500 * MIB, 90 * MIB, null]);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it("follows what is measured, and is not written for a trifle", () => {
    const sizes = open();
    sizes.learn("abc", "chat", 300 * MIB);
    const { ino } = statSync(path);
    sizes.learn("abc", "chat", 301 * MIB);
    assert.deepEqual([open().of("abc"), statSync(path).ino], [300 * MIB, ino]);
  });

  it("is learnt anew when the file is damaged, and what is not keeps its worth", () => {
    const text = readFileSync(path, "utf8");
    for (const damaged of ["", "[]", "null", '{"sizes": 5}', text.slice(0, 40)]) {
      writeFileSync(path, damaged);
      assert.equal(open().of("abc"), null, damaged);
    }
    writeFileSync(path, text.replace(/"bytes": \d+/, '"bytes": "many"'));
    assert.deepEqual([open().of("def"), open().of("abc")].filter((bytes) => bytes !== null).length, 1);
    open().learn("new", "echo", 40 * MIB);
    assert.equal(open().of("new"), 40 * MIB);
  });

  it("is guessed from the model's file before that", () => {
    const model = join(folder, "large.gguf");
    writeFileSync(model, "");
    truncateSync(model, 4000 * MIB);
    const chat = (path: string): number => estimate(specOf({ kind: "server", server: "chat", cwd: folder, settings: { model: path } }));
    assert.ok(chat(model) > 4400 * MIB && chat("large.gguf") === chat(model), inBytes(chat(model)));
    assert.ok(chat("builtin") < 256 * MIB && chat("hf:Qwen/Qwen2.5:Q4") < 256 * MIB);
    assert.equal(estimate(specOf()), 64 * MIB);
  });
});

describe("the memory of a process", () => {
  it("is that of its children, too, and nothing once it has gone", async () => {
    const holder = "const held = Buffer.alloc(60 * 1024 * 1024, 1); process.stdout.write('ready'); setInterval(() => held, 1e6)";
    const script = `const child = require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(holder)}], { stdio: ["ignore", "inherit", "inherit"] }); process.on("SIGTERM", () => child.kill("SIGKILL")); child.on("exit", () => process.exit())`;
    const family = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    await once(family.stdout, "data");
    const bytes = (await memoryOf(family.pid ?? 0)) ?? 0;
    assert.ok(bytes > 60 * MIB && bytes < 400 * MIB, inBytes(bytes));
    family.kill();
    await once(family, "exit");
    assert.equal(await memoryOf(family.pid ?? 0), null);
  });

  it("is read with one descriptor at a time, however many threads it has", { skip: process.platform !== "linux" && "only Linux shows a process's threads" }, async () => {
    const descriptors = (): number => readdirSync("/proc/self/fd").length;
    assert.ok(readdirSync("/proc/self/task").length > 4, "there are threads");
    const before = descriptors();
    let most = before;
    const looking = setInterval(() => (most = Math.max(most, descriptors())), 0);
    const bytes = await memoryOf(process.pid);
    clearInterval(looking);
    assert.ok(bytes !== null && bytes > 0);
    assert.ok(most <= before + 1, `${most - before} descriptors at a time`);
  });

  it("is said in words that people use", () => {
    assert.deepEqual([0, 900, 1536, 120 * MIB, 3.14 * 1024 * MIB, 12 * 1024 * MIB].map(inBytes), ["0 B", "900 B", "1.5 KiB", "120 MiB", "3.1 GiB", "12 GiB"]);
  });
});

describe("the memory budget", () => {
  it("is a size, a share of what the machine has, or none", () => {
    const machine = (): number => 1000 * MIB;
    assert.deepEqual(
      [undefined, {}, { budget: "unlimited" }, { budget: "80%" }, { budget: " 12.5 % " }, { budget: "2GiB" }, { budget: 5 * MIB }].map((memory) => memoryBudget(memory, machine)),
      [null, null, null, 800 * MIB, 125 * MIB, 2048 * MIB, 5 * MIB],
    );
    assert.ok(machineMemory() > 100 * MIB);
  });
});

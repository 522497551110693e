import assert from "node:assert/strict";
import { chmodSync, copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { makeWorld } from "../../harness.ts";
import { DAMAGES, overwrite, sizeOf } from "./damages.ts";
import { fileOf, folderOf, serve, type Served } from "./served.ts";

const ROWS = 200;
const vectorOf = (row: number): number[] => [1, row / ROWS, (row % 7) / 7, 0.5];

describe("a vector server in whose folder files are damaged", () => {
  const world = makeWorld();
  const backup = join(world.folder, "backup.sqlite");
  const texts = join(world.folder, "texts");
  let linked: Buffer;
  let served: Served;
  before(async () => {
    mkdirSync(texts);
    served = await serve(world);
    const items = Array.from({ length: ROWS }, (_, row) => ({ id: `id${row}`, text: `word${row} ${"and more of it ".repeat(30)}`, metadata: { row }, vector: vectorOf(row) }));
    await served.call("add_many", { items, collection: "sound" });
    // An index makes its own vectors, so what is followed is another collection's.
    await served.call("add_many", { items: items.map(({ id, text, metadata }) => ({ id, text, metadata })), collection: "indexed" });
    writeFileSync(join(texts, "a.txt"), "nothing much");
    await served.call("index", { path: texts, collection: "indexed" });
    await served.call("backup", { path: backup, collection: "sound" });
    await served.end();
    for (const [name, damage] of Object.entries(DAMAGES)) {
      copyFileSync(fileOf(world, name.startsWith("options") ? "indexed" : "sound"), fileOf(world, name));
      damage.do(fileOf(world, name));
    }
    linked = readFileSync(`${fileOf(world, "link")}.target`);
    served = await serve(world);
  });
  after(() => world.close());

  it("lists them all, and says of each what is wrong with it, and of the sound ones nothing", async () => {
    const facts = await served.collections();
    assert.deepEqual(facts.map(({ name }) => name), [...Object.keys(DAMAGES), "indexed", "sound"].sort());
    for (const { name, damage } of facts) {
      const expected = DAMAGES[name];
      if (expected === undefined) assert.equal(damage, undefined);
      else if (damage !== undefined) assert.match(damage, expected.reason, name);
      else assert.ok(expected.late, `${name} is not said to be damaged`);
    }
  });

  for (const [name, { reason, code = "data-damaged", late }] of Object.entries(DAMAGES)) {
    it(`answers by name where the damage is ${name}`, async () => {
      const expected = { code, message: reason };
      if (late !== true) {
        for (const cmd of ["count", "export"]) await assert.rejects(served.call(cmd, { collection: name }), expected, cmd);
        await assert.rejects(served.call("search", { collection: name, query: "word7" }), (error: Error) => error.message.includes(fileOf(world, name)) && reason.test(error.message));
        await assert.rejects(served.call("add", { collection: name, text: "more", vector: vectorOf(1) }), expected);
        return;
      }
      // All of it is read and written somewhere in these.
      const outcomes = await Promise.allSettled([
        served.rows(name),
        served.call("search", { collection: name, query: "word7", mode: "text" }),
        served.call("update", { collection: name, id: "id7", metadata: { other: true } }),
        served.call("count", { collection: name, filter: { row: { $gte: 0 } } }),
      ]);
      const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason as Error & { code: string }] : []));
      assert.ok(failures.length > 0, "nobody has come upon it");
      for (const failure of failures) {
        assert.equal(failure.code, code, failure.message);
        assert.match(failure.message, reason);
      }
      const facts = (await served.collections()).find((each) => each.name === name);
      assert.match(facts?.damage ?? "", reason);
    });
  }

  it("goes on with what is sound of a collection, when only a row of it is damaged", async () => {
    assert.equal((await served.call("get", { collection: "metadata", id: "id8" }))["text"], (await served.call("get", { collection: "sound", id: "id8" }))["text"]);
    assert.equal((await served.hits({ collection: "vector", query: "word9", mode: "text", k: 1 }))[0]?.id, "id9");
    await served.call("add", { collection: "vector", id: "new", text: "word1000", vector: vectorOf(3) });
    assert.equal((await served.hits({ collection: "vector", query: "word1000", mode: "text", k: 1 }))[0]?.id, "new");
  });

  it("leaves another program's database, and what a link leads to, as they were", async () => {
    assert.equal(readFileSync(fileOf(world, "foreign")).readUInt8(18), 1, "it has another journal now");
    assert.deepEqual(readFileSync(`${fileOf(world, "link")}.target`), linked);
    assert.equal(existsSync(`${fileOf(world, "nowhere")}.nothing`), false);
  });

  it("restores a backup in the place of each, and puts aside what was there", async () => {
    for (const name of Object.keys(DAMAGES)) {
      assert.equal((await served.call("restore", { path: backup, collection: name }))["rows"], ROWS, name);
      assert.equal((await served.hits({ collection: name, query: "word7", mode: "text", k: 1 }))[0]?.id, "id7", name);
      assert.equal(readdirSync(folderOf(world)).filter((file) => new RegExp(`^${name}\\.sqlite\\.damaged-\\d+$`).test(file)).length, 1, name);
    }
    assert.deepEqual((await served.collections()).filter(({ damage }) => damage !== undefined), []);
    await assert.rejects(served.call("restore", { path: backup, collection: "sound" }), { code: "exists" });
  });

  it("has lost no thread by any of it, and ends well", async () => {
    assert.deepEqual(served.server.log().filter(({ msg }) => String(msg).includes("was lost")), []);
    assert.equal(served.server.stderr(), "");
    assert.deepEqual(await served.end(), { code: 0, signal: null });
  });

  it("drops what is damaged", async () => {
    for (const [name, damage] of Object.entries(DAMAGES)) damage.do(fileOf(world, name));
    served = await serve(world);
    for (const name of Object.keys(DAMAGES)) {
      await served.call("drop", { collection: name });
      assert.equal(lstatSync(fileOf(world, name), { throwIfNoEntry: false }), undefined);
      await served.call("create", { collection: name, dimensions: 4 });
    }
    await served.end();
  });
});

describe("a collection's file", () => {
  const world = makeWorld();
  after(() => world.close());
  const items = Array.from({ length: ROWS }, (_, row) => ({ id: `id${row}`, text: `word${row}` }));

  it("that may not be read, or not written, is said to be so, and the others are served", async () => {
    let served = await serve(world);
    for (const collection of ["sound", "unreadable", "unwritable"]) await served.call("add_many", { items, collection });
    await served.end();
    chmodSync(fileOf(world, "unreadable"), 0o000);
    chmodSync(fileOf(world, "unwritable"), 0o400);
    served = await serve(world, { program: "test/fixtures/servers/powerless-vector.mjs" });
    for (const collection of ["unreadable", "unwritable"]) {
      await assert.rejects(served.call("add", { collection, text: "more" }), (error: Error & { code: string }) => error.code === "file-failed" && error.message.includes(fileOf(world, collection)));
    }
    assert.match((await served.collections()).find(({ name }) => name === "unreadable")?.damage ?? "", /EACCES/);
    assert.equal((await served.hits({ collection: "sound", query: "word7", mode: "text", k: 1 }))[0]?.id, "id7");
    await assert.rejects(served.call("restore", { collection: "unreadable", path: fileOf(world, "sound") }), { code: "file-failed" });
    await served.end();
  });

  it("that was being made or restored at a kill is cleared away at the next start, and what was put aside is not", async () => {
    const halves = ["a.sqlite.new", "a.sqlite.new-journal", "b.sqlite.restoring", "b.sqlite.restoring-wal"];
    const others = ["c.sqlite.damaged-1", "notes.new", "not a name.sqlite"];
    for (const name of [...halves, ...others]) writeFileSync(join(folderOf(world), name), "half");
    const served = await serve(world);
    assert.deepEqual((await served.collections()).filter(({ name }) => ["a", "b", "c", "not a name"].includes(name)), []);
    assert.deepEqual(readdirSync(folderOf(world)).filter((name) => halves.includes(name)), []);
    assert.deepEqual(readdirSync(folderOf(world)).filter((name) => others.includes(name)).sort(), others.toSorted());
    await served.end();
  });

  it("that has lost its log is what it was before, or said to be damaged, but nothing between", async () => {
    let served = await serve(world);
    for (let part = 0; part < 20; part++) await served.call("add_many", { items: items.map(({ id, text }) => ({ id: `${part}${id}`, text })), collection: "logless" });
    await served.end("SIGKILL");
    assert.ok(sizeOf(`${fileOf(world, "logless")}-wal`) > 0);
    rmSync(`${fileOf(world, "logless")}-wal`);
    served = await serve(world);
    const { rows, damage } = (await served.collections()).find(({ name }) => name === "logless")!;
    if (damage === undefined) {
      const found = (await served.rows("logless")).map(({ id }) => id);
      assert.equal(found.length, rows);
      assert.deepEqual(found, Array.from(found, (_, at) => `${Math.floor(at / ROWS)}id${at % ROWS}`));
      await served.call("add", { collection: "logless", text: "more" });
    } else assert.match(damage, /is damaged/);
    await served.end();
  });

  it("whose log is damaged has all that was written before the damage", async () => {
    let served = await serve(world);
    await served.call("add_many", { items, collection: "log" });
    const sound = sizeOf(`${fileOf(world, "log")}-wal`);
    await served.call("add_many", { items: items.map(({ id, text }) => ({ id: `late${id}`, text })), collection: "log" });
    await served.end("SIGKILL");
    overwrite(`${fileOf(world, "log")}-wal`, sound + 100, 5000);
    served = await serve(world);
    assert.deepEqual((await served.rows("log")).slice(0, ROWS).map(({ id }) => id), items.map(({ id }) => id));
    await served.end();
  });
});

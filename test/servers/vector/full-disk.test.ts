import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { ToolClient } from "../../../pipes/client/tool-client.ts";
import { mkfifo } from "../../../pipes/transport/libc.ts";
import { logsOf, QUICK, startDaemon } from "../../daemon/daemon.ts";
import { makeWorld } from "../../harness.ts";
import { type Room, roomAt } from "./room.ts";
import { asked, folderOf, PATIENCE_MS, serve, type Served } from "./served.ts";

/** A row of some kilobytes that has a word of its own. */
const rowOf = (number: number) => ({ id: `id${number}`, text: `word${number} ${"lorem ipsum ".repeat(300)}` });
const many = (from: number, count: number) => Array.from({ length: count }, (_, i) => rowOf(from + i));

describe("a vector server whose disk is full", () => {
  const world = makeWorld();
  const folder = join(world.folder, "small");
  const elsewhere = join(world.folder, "elsewhere");
  const told: string[] = [];
  let room: Room;
  let served: Served;
  const noRoom = (path: string) => (error: { code?: unknown; message: string }): boolean => {
    assert.equal(error.code, room.code, error.message);
    assert.ok(error.message.includes(path), error.message);
    if (room.code === "disk-full") assert.match(error.message, /the disk is full; nothing was lost that was answered.*Make room/);
    return true;
  };
  before(async () => {
    mkdirSync(elsewhere);
    room = roomAt(folder, "16m");
    served = await serve(world, { settings: { folder } });
    await served.call("add_many", { items: many(0, 100) });
    told.push(...many(0, 100).map(({ id }) => id));
    await served.call("backup", { path: join(elsewhere, "hundred.sqlite") });
  });
  after(async () => {
    room.close();
    await world.close();
  });

  it("refuses what is added by name, with the path and what to do, once there is no room, and has all that it said it has", async () => {
    room.fill(served.server.pid);
    const adding = async (): Promise<void> => {
      for await (const { ids } of served.client.stream("add_many", { items: many(1000, 3000) }, { timeout: PATIENCE_MS })) told.push(...((ids as string[] | undefined) ?? []));
    };
    await assert.rejects(adding(), noRoom(join(folder, "default.sqlite")));
    await assert.rejects(served.call("add", rowOf(5000)), noRoom(join(folder, "default.sqlite")));
    await checkAll();
  });

  it("answers searches, gets and exports all the while", async () => {
    assert.equal((await served.hits({ query: "word7", mode: "text", k: 1 }))[0]?.id, "id7");
    assert.equal((await served.call("get", { id: "id8" }))["text"], rowOf(8).text);
    if (!room.isAlone) return;
    assert.equal((await served.call("export", { path: join(elsewhere, "all.jsonl") }))["count"], told.length);
    assert.ok(Number((await served.call("backup", { path: join(elsewhere, "all.sqlite") }))["bytes"]) > 100_000);
  });

  it("makes no copy there, and leaves no half of one", async () => {
    const before = readdirSync(folder);
    for (const [cmd, name] of [["backup", "copy.sqlite"], ["export", "copy.jsonl"]] as const) await assert.rejects(served.call(cmd, { path: join(folder, name) }), noRoom(join(folder, name)));
    await assert.rejects(served.call("restore", { path: join(elsewhere, "hundred.sqlite"), collection: "restored" }), noRoom(join(folder, "restored.sqlite")));
    assert.deepEqual(readdirSync(folder), before);
  });

  it("takes in no lines, and no folder, and says why", async () => {
    writeFileSync(join(elsewhere, "in.jsonl"), many(6000, 600).map((row) => JSON.stringify(row)).join("\n"));
    await assert.rejects(served.call("import", { path: join(elsewhere, "in.jsonl") }), noRoom(join(folder, "default.sqlite")));
    mkdirSync(join(elsewhere, "texts"));
    for (let file = 0; file < 40; file++) writeFileSync(join(elsewhere, "texts", `${file}.md`), many(file * 10, 10).map(({ text }) => text).join("\n\n"));
    await assert.rejects(served.call("index", { path: join(elsewhere, "texts") }), noRoom(join(folder, "default.sqlite")));
    await checkSome();
  });

  it("can be started there, and be read", async () => {
    assert.deepEqual(await served.end("SIGKILL"), { code: null, signal: "SIGKILL" });
    served = await serve(world, { settings: { folder } });
    room.fill(served.server.pid);
    await checkSome();
    await assert.rejects(served.call("add_many", { items: many(7000, 3000) }), noRoom(join(folder, "default.sqlite")));
  });

  it("goes on without being started again when there is room", async () => {
    room.empty(served.server.pid);
    await served.call("add_many", { items: many(8000, 500) });
    assert.equal((await served.hits({ query: "word8123", mode: "text", k: 1 }))[0]?.id, "id8123");
    assert.equal((await served.call("restore", { path: join(elsewhere, "hundred.sqlite"), collection: "restored" }))["rows"], 100);
    assert.deepEqual(await served.end(), { code: 0, signal: null });
  });

  /** Exactly what was acknowledged is there, in the file and in memory. */
  async function checkAll(): Promise<void> {
    assert.deepEqual((await served.rows("default")).map(({ id }) => id).sort(), told.toSorted());
    assert.equal((await served.call("count"))["count"], told.length);
  }

  /** As before, when requests that failed may have added some. */
  async function checkSome(): Promise<void> {
    const found = await served.rows("default");
    const ids = new Set(found.map(({ id }) => id));
    assert.deepEqual(told.filter((id) => !ids.has(id)), []);
    assert.equal((await served.call("count"))["count"], found.length);
    assert.equal((await served.hits({ query: "word42", mode: "text", k: 1 }))[0]?.id, "id42");
  }
});

describe("a vector tool whose log cannot be written", () => {
  it("adds and finds all the same", async () => {
    const world = makeWorld();
    const logs = roomAt(logsOf(world), "64k");
    const daemon = await startDaemon(world, `${QUICK}tools:\n  v: {server: vector, folder: ${folderOf(world)}}\n`);
    const { pid } = await daemon.ready("v");
    for (const each of [daemon.pid, pid]) logs.fill(each);
    const client = await ToolClient.connect("v", { folder: world.pipes, makeFifo: mkfifo });
    const { call, hits } = asked(client);
    const added = call("add_many", { items: many(0, 3) });
    if (logs.isAlone) {
      await added;
      assert.equal((await hits({ query: "word2", mode: "text", k: 1 }))[0]?.id, "id2");
    } else await assert.rejects(added, { code: logs.code });
    assert.equal((await daemon.ready("v")).pid, pid);
    for (const each of [daemon.pid, pid]) logs.empty(each);
    await client.close();
    await daemon.stop();
    logs.close();
    await world.close();
  });
});

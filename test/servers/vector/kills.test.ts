import assert from "node:assert/strict";
import { copyFileSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { DatabaseSync } from "@photostructure/sqlite";
import { ToolClient } from "../../../pipes/client/tool-client.ts";
import { mkfifo } from "../../../pipes/transport/libc.ts";
import { QUICK, startDaemon } from "../../daemon/daemon.ts";
import { makeWorld, type World } from "../../harness.ts";
import { rawClient } from "../../raw.ts";
import { type Random, seeded } from "../../storm/random.ts";
import { asked, type Asked, folderOf, serve } from "./served.ts";
import { Writers } from "./writers.ts";

const SEED = Number(process.env["PIPE_TOOLS_SEED"] ?? 20261128);
const KILLS = 50;
/** Rows beyond which the collections begin anew, so that looking at all of them stays quick. */
const MOST_ROWS = 1500;
/** Rows that are looked for by a search each. */
const SEARCHES = 5;
const KILLS_BY_DAEMON = 10;

describe("a vector server that is killed again and again while six writers are at work", () => {
  const world = makeWorld();
  const random = seeded(SEED);
  const writers = new Writers(random, join(world.folder, "files"));
  after(() => world.close());

  it(`has all that it has acknowledged, and nothing half (${KILLS} kills, seed ${SEED})`, async (t) => {
    let served = await serve(world);
    let all = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const writing = writers.run(served.client);
      await writers.more(random.between(1, 150));
      await new Promise((resolve) => setTimeout(resolve, random.between(0, 30))); // the schedule of the test
      await served.end("SIGKILL");
      for (const failure of await writing) assert.equal((failure as { code?: unknown } | null)?.code, "interrupted", String(failure));
      if (kill % 3 === 0) checkFiles(world);
      served = await serve(world);
      const rows = await check(served, writers, random);
      if (rows < MOST_ROWS && kill < KILLS - 1) continue;
      all += rows;
      await beginAnew(served);
    }
    t.diagnostic(`${all} rows`);
    assert.ok(all > 20 * KILLS, `${all} rows are too few to say anything`);
    assert.deepEqual(await served.end(), { code: 0, signal: null });
    assert.deepEqual(readdirSync(folderOf(world)), ["lock"]);
  });

  async function beginAnew({ call, collections }: Asked): Promise<void> {
    for (const { name } of await collections()) await call("drop", { collection: name });
    writers.forget();
  }
});

describe("a vector tool of the daemon whose worker is killed again and again", () => {
  const world = makeWorld();
  after(() => world.close());

  it(`answers each request, or says by name that it did not, and has all that it has acknowledged (seed ${SEED})`, async (t) => {
    const random = seeded(SEED);
    const writers = new Writers(random, join(world.folder, "files"));
    const restart = "{limit: {count: 1000, window: 1s}, backoff: {initial: 1ms, max: 20ms, jitter: 0}}";
    const daemon = await startDaemon(world, `${QUICK}tools:\n  v: {server: vector, folder: ${folderOf(world)}, restart: ${restart}}\n`);
    let { pid } = await daemon.ready("v");
    const client = await ToolClient.connect("v", { folder: world.pipes, makeFifo: mkfifo });
    const raw = rawClient(world, "v", process.ppid);
    await raw.subscribe();
    const over = new AbortController();
    const writing = writers.runOn(client, over.signal);
    const told: string[] = [];
    const addingRaw = (async () => {
      for (let n = 0; !over.signal.aborted; n++) {
        raw.send({ cmd: "add", collection: "raw", id: `raw${n}`, text: `word${n}`, req_id: n });
        const { event, code, message } = await raw.next((each) => each["req_id"] === n && (each["event"] === "added" || each["event"] === "error"));
        if (event === "added") told.push(`raw${n}`);
        else assert.equal(code ?? message, "v stopped before it had answered");
      }
    })();
    for (let kill = 0; kill < KILLS_BY_DAEMON; kill++) {
      await writers.more(random.between(1, 300));
      await new Promise((resolve) => setTimeout(resolve, random.between(0, 30))); // the schedule of the test
      process.kill(pid, "SIGKILL");
      ({ pid } = (await daemon.until("v", (entry) => entry.phase === "ready" && entry.pid !== pid)) as { pid: number });
    }
    over.abort();
    const failures = await writing;
    await addingRaw;
    for (const failure of failures) assert.ok(["interrupted", "not-found"].includes(String((failure as { code?: unknown }).code)), String(failure));
    const rows = await check(asked(client), writers, random);
    const there = new Set((await asked(client).rows("raw")).map(({ id }) => id));
    assert.deepEqual(told.filter((id) => !there.has(id)), []);
    t.diagnostic(`${rows} rows, ${told.length} of a client without a lane; ${failures.length} requests were interrupted`);
    raw.close();
    await client.close();
    await daemon.stop();
  });
});

/** The files as the kill has left them, looked at elsewhere, for it is the server that has to put them in order. */
function checkFiles(world: World): void {
  for (const name of readdirSync(folderOf(world)).filter((each) => each.endsWith(".sqlite"))) {
    const copy = join(world.folder, "copy");
    for (const ending of ["", "-wal"]) {
      rmSync(copy + ending, { force: true });
      if (existsSync(join(folderOf(world), name + ending))) copyFileSync(join(folderOf(world), name + ending), copy + ending);
    }
    const db = new DatabaseSync(copy);
    assert.deepEqual(db.prepare("pragma integrity_check").all().map((row) => ({ ...row })), [{ integrity_check: "ok" }], name);
    db.close();
  }
}

/** What the file has against what was acknowledged, and what memory has against the file. Resolves with how many rows there are. */
async function check({ collections, rows, hits, call }: Asked, writers: Writers, random: Random): Promise<number> {
  const facts = await collections();
  assert.deepEqual(facts.filter(({ damage }) => damage !== undefined), []);
  const there = new Set(facts.map(({ name }) => name));
  const scan = async (name: string) => (there.has(name) ? rows(name) : []);
  const [main, own, code] = await Promise.all(["main", "own", "code"].map(scan));
  writers.main.settle(main!);
  writers.own.settle(own!);
  writers.checkPassages(code!);
  if (writers.temp !== null) assert.equal(there.has("temp"), writers.temp);
  writers.temp = there.has("temp");
  for (const [collection, found] of [["main", main!], ["own", own!], ["code", code!]] as const) {
    if (found.length === 0) continue;
    assert.equal((await call("count", { collection }))["count"], found.length);
    await Promise.all(
      Array.from({ length: SEARCHES }, async () => {
        const { id, text, vector } = random.pick(found);
        const query = /(word\d+|version\d+ line\d+)/.exec(text)![0];
        const near = await hits({ collection, query, mode: "text", k: 5 });
        assert.ok(near.some((hit) => hit.id === id && hit.text === text), `${id} is not found by ${query}`);
        if (vector !== undefined) assert.equal((await hits({ collection, vector, mode: "vector", k: 1 }))[0]?.id, id);
      }),
    );
  }
  return main!.length + own!.length + code!.length;
}

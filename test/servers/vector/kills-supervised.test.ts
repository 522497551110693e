import assert from "node:assert/strict";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { ToolClient } from "../../../pipes/client/tool-client.ts";
import { mkfifo } from "../../../pipes/transport/libc.ts";
import { QUICK, startDaemon } from "../../daemon/daemon.ts";
import { makeWorld } from "../../harness.ts";
import { rawClient } from "../../raw.ts";
import { seeded } from "../../storm/random.ts";
import { check } from "./checks.ts";
import { asked, folderOf } from "./served.ts";
import { Writers } from "./writers.ts";

const SEED = Number(process.env["PIPE_TOOLS_SEED"] ?? 20261128);
const KILLS = 10;

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
    for (let kill = 0; kill < KILLS; kill++) {
      await writers.more(random.between(1, 150));
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

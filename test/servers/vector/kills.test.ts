import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { makeWorld } from "../../harness.ts";
import { seeded } from "../../storm/random.ts";
import { check, checkFiles } from "./checks.ts";
import { type Asked, folderOf, serve } from "./served.ts";
import { Writers } from "./writers.ts";

const SEED = Number(process.env["PIPE_TOOLS_SEED"] ?? 20261128);
const KILLS = 50;
/** Rows beyond which the collections begin anew, so that looking at all of them stays quick. */
const MOST_ROWS = 1500;

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
      await writers.more(random.between(1, 60));
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

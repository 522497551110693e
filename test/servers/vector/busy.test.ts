import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { ToolEvent } from "../../../pipes/client.ts";
import { Parts } from "../../../pipes/rpc/parts.ts";
import { makeWorld } from "../../harness.ts";
import { PATIENCE_MS, serve, type Served } from "./served.ts";

const FILES = 600;
/** Pieces of the work that may come before a question asked meanwhile is answered: rows by the 64, or files. */
const MOST_BEFORE = 60;

describe("a vector server that takes in much", () => {
  const world = makeWorld();
  const texts = join(world.folder, "texts");
  let served: Served;
  before(async () => {
    mkdirSync(texts);
    for (let file = 0; file < FILES; file++) writeFileSync(join(texts, `${file}.txt`), `word${file} is in this file, ${"and more that is said of it. ".repeat(10)}\n\n`.repeat(20));
    served = await serve(world);
    await served.call("add_many", { items: Array.from({ length: 1000 }, (_, n) => ({ id: `there${n}`, text: `there${n}` })) });
  });
  after(async () => {
    assert.deepEqual(await served.end(), { code: 0, signal: null });
    await world.close();
  });

  /** Asks `question` again and again while `work` goes on; resolves with the most pieces of work that came before one answer. */
  async function most(work: AsyncIterable<unknown>, question: () => Promise<unknown>): Promise<number> {
    let pieces = 0;
    const over = new AbortController();
    const working = (async () => {
      for await (const _ of work) pieces++;
      over.abort();
    })();
    let longest = 0;
    while (!over.signal.aborted) {
      const before = pieces;
      await question();
      longest = Math.max(longest, pieces - before);
    }
    await working;
    assert.ok(pieces > 100, `${pieces} pieces are too few to say anything`);
    return longest;
  }

  /** The progress of a request that has no parts, as if they were. */
  async function* progressOf(cmd: string, args: object): AsyncGenerator<ToolEvent> {
    const parts = new Parts<ToolEvent>();
    served.client.call(cmd, args, { timeout: PATIENCE_MS, onInterim: (event) => parts.push(event) }).then(
      () => parts.end(null),
      (error: unknown) => parts.fail(error),
    );
    yield* parts;
  }

  const questions: Array<[string, number, () => Promise<unknown>]> = [
    ["ping", 15_000, () => served.call("ping")],
    ["a search of the same collection", 50_000, async () => assert.equal((await served.hits({ query: "there7", mode: "text", k: 1 }))[0]?.id, "there7")],
    ["an add to another collection", 15_000, () => served.call("add", { text: "one more", collection: "other" })],
  ];
  for (const [at, [name, rows, question]] of questions.entries()) {
    it(`answers ${name} in between, while ${rows} rows are added`, async (t) => {
      const items = Array.from({ length: rows }, (_, n) => ({ id: `${name}${n}`, text: `word${n} of a row` }));
      const longest = await most(served.client.stream("add_many", { items }, { timeout: PATIENCE_MS }), question);
      t.diagnostic(`${longest} parts at most before an answer`);
      assert.ok(longest <= MOST_BEFORE, `${longest} parts`);
    });

    it(`answers ${name} in between, while a folder is taken in`, async (t) => {
      const longest = await most(progressOf("index", { path: texts, collection: `texts${at}` }), question);
      t.diagnostic(`${longest} files at most before an answer`);
      assert.ok(longest <= MOST_BEFORE, `${longest} files`);
    });
  }
});

import assert from "node:assert/strict";
import { copyFileSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import type { World } from "../../harness.ts";
import type { Random } from "../../storm/random.ts";
import { type Asked, folderOf } from "./served.ts";
import type { Writers } from "./writers.ts";

/** Rows that are looked for by a search each. */
const SEARCHES = 5;

/** The files as the kill has left them, looked at elsewhere, for it is the server that has to put them in order. */
export function checkFiles(world: World): void {
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
export async function check({ collections, rows, hits, call }: Asked, writers: Writers, random: Random): Promise<number> {
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

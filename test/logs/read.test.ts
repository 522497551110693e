import assert from "node:assert/strict";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { readLog } from "../../logs/read.ts";
import { folder } from "../daemon/logs/folder.ts";

const line = (n: number, level = 30): string => `${JSON.stringify({ level, time: 1000 * n, msg: `line ${n}` })}\n`;
const messages = async (path: string, query: object): Promise<string[]> => (await readLog(path, query)).map((entry) => entry.msg);

describe("reading a log", () => {
  it("gives the newest lines, oldest first, with the time as ISO and the level as a word", async (t) => {
    const path = join(folder(t), "a.log");
    writeFileSync(path, line(1) + line(2, 50) + line(3));
    const entries = await readLog(path, { lines: 2 });
    assert.deepEqual(entries, [
      { level: "error", time: "1970-01-01T00:00:02.000Z", msg: "line 2" },
      { level: "info", time: "1970-01-01T00:00:03.000Z", msg: "line 3" },
    ]);
  });

  it("wraps what is not JSON as the message, whatever it looks like", async (t) => {
    const path = join(folder(t), "a.log");
    writeFileSync(path, `Segmentation fault\n{ not json }\n[1]\n${line(1)}`);
    assert.deepEqual(await messages(path, {}), ["Segmentation fault", "{ not json }", "[1]", "line 1"]);
  });

  it("leaves out what is too old or not important enough, but no crash's words of that time", async (t) => {
    const path = join(folder(t), "a.log");
    writeFileSync(path, `${line(1)}old crash\n${line(2)}crash\n${line(3, 20)}${line(4, 40)}`);
    assert.deepEqual(await messages(path, { since: 2000 }), ["line 2", "crash", "line 3", "line 4"]);
    assert.deepEqual(await messages(path, { since: 2000, level: "warn" }), ["crash", "line 4"]);
  });

  it("goes on into the files put aside, and through blocks and long lines of any length", async (t) => {
    const path = join(folder(t), "a.log");
    writeFileSync(`${path}.2`, line(1));
    writeFileSync(`${path}.1`, line(2));
    const long = "ä€😀".repeat(20_000);
    writeFileSync(path, `${long}\n`);
    for (let n = 3; n < 3000; n++) appendFileSync(path, line(n));
    const all = await messages(path, { lines: 10_000 });
    assert.equal(all.length, 3000);
    assert.deepEqual([all[0], all[1], all[2], all[3], all.at(-1)], ["line 1", "line 2", long, "line 3", "line 2999"]);
  });

  it("finds nothing in a log that does not exist", async (t) => {
    assert.deepEqual(await readLog(join(folder(t), "a.log")), []);
  });
});

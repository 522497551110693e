import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { DatabaseSync } from "@photostructure/sqlite";
import { Database } from "../../../../servers/vector/store/database.ts";
import { roomAt } from "../room.ts";

/** Files below a folder that this process has open, removed ones included. */
function openIn(folder: string): string[] {
  if (process.platform !== "linux") return []; // nothing else tells
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${fd}`);
      return path.startsWith(folder) ? [path] : [];
    } catch {
      return []; // the one that lists them
    }
  });
}

async function filled(path: string): Promise<Database> {
  const db = await Database.open(path, { durable: true });
  db.transaction(() => {
    for (let row = 0; row < 500; row++) db.sql("insert into row values (?, ?, ?, null, null)").run(row, `row${row}`, "text ".repeat(200));
  });
  return db;
}

describe("a collection's database that was closed", () => {
  const folder = mkdtempSync(join(tmpdir(), "pipe-tools-test-"));
  after(() => rmSync(folder, { recursive: true }));

  it("has let go of its file, whatever statements there were: another can have it, and its log is its own", async () => {
    const path = join(folder, "a.sqlite");
    await (await filled(path)).close();
    assert.equal(existsSync(`${path}-wal`), false);
    const other = new DatabaseSync(path);
    other.exec("pragma locking_mode = exclusive; begin exclusive; commit");
    assert.equal(other.prepare("select count(*) as rows from row").get()?.["rows"], 500);
    other.close();
  });

  it("has let go of it on a full disk, too, and is whole when it is opened again", async (t) => {
    const small = join(folder, "small");
    const room = roomAt(small, "4m");
    t.after(() => room.close());
    const db = await filled(join(small, "a.sqlite"));
    room.fill(process.pid);
    await db.close();
    assert.deepEqual(openIn(small), []);
    const again = await Database.open(join(small, "a.sqlite"), { durable: true });
    assert.equal(again.sql("select count(*) as rows from row").get()?.["rows"], 500);
    room.empty(process.pid);
    await again.close();
  });

  it("answers what comes too late as cancelled", async () => {
    const db = await filled(join(folder, "b.sqlite"));
    const statement = db.sql("select 1");
    await db.close();
    const late = { code: "cancelled", message: /the collection was closed meanwhile/ };
    assert.throws(() => statement.get(), late);
    assert.throws(() => db.sql("select 2"), late);
    assert.throws(() => db.transaction(() => undefined), late);
  });
});

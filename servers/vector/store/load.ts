import type { Database } from "./database.ts";
import type { Memory } from "./memory.ts";

/** Rows between two looks at whatever else the thread has to do. */
const STEP = 1000;

/** Brings into memory what search needs, a piece at a time. @throws ToolError `data-damaged` */
export async function load(db: Database, memory: Memory, onProgress: (value: number, total: number) => void): Promise<void> {
  const total = db.sql("select count(*) as count from row").get()?.["count"] as number;
  const next = db.sql("select id, digest from digest where id >= ? order by id limit ?");
  let done = 0;
  for (let from = 0; ; ) {
    const found = next.all(from, STEP);
    for (const { id, digest } of found) memory.change(id as number, null, memory.digestFrom(db, digest));
    done += found.length;
    if (found.length < STEP) break;
    from = (found.at(-1)?.["id"] as number) + 1;
    onProgress(done, total);
    await new Promise(setImmediate);
  }
  if (done !== total) throw db.damaged(`it has ${total} rows, and what search needs of ${done}`);
}

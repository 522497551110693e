import { cancelled } from "../../../pipes/protocol/cancelled.ts";
import type { Database } from "./database.ts";
import type { Memory } from "./memory.ts";
import { MAX_ROWS } from "./postings.ts";

/** Rows between two looks at whatever else the thread has to do. */
const STEP = 1000;

interface LoadOptions {
  readonly onProgress: ((value: number, total: number) => void) | undefined;
  readonly signal: AbortSignal | undefined;
}

/** Brings into memory what search needs, a piece at a time. @throws ToolError `data-damaged`, `cancelled` */
export async function load(db: Database, memory: Memory, { onProgress, signal }: LoadOptions): Promise<void> {
  const total = db.sql("select count(*) as count from row").get()?.["count"] as number;
  const next = db.sql("select id, digest from digest where id >= ? order by id limit ?");
  let done = 0;
  for (let from = 0; ; ) {
    const found = next.all(from, STEP);
    for (const { id, digest } of found) {
      if (typeof id !== "number" || id < 0 || id >= MAX_ROWS) throw db.damaged(`a row has the number ${String(id)}`);
      memory.change(id, null, memory.digestFrom(db, digest));
    }
    done += found.length;
    if (found.length < STEP) break;
    from = (found.at(-1)?.["id"] as number) + 1;
    onProgress?.(done, total);
    await new Promise(setImmediate);
    if (signal?.aborted === true) throw cancelled(signal);
  }
  if (done !== total) throw db.damaged(`it has ${total} rows, and what search needs of ${done}`);
}

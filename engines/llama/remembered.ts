import { randomBytes } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { fingerprint } from "./fingerprint.ts";
import { coreLimit, type Measured } from "./threads.ts";

interface Entry extends Measured {
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * What `measure` found earlier for the same model and use on as many cores, else what it finds now. A measurement is believed for
 * a week: it was made beside whatever else ran then. A cache that cannot be read or written only costs a measurement.
 */
export async function remembered(cache: string | null, model: { path: string; use: string }, measure: () => Promise<Measured>, now = Date.now()): Promise<Measured> {
  if (cache === null) return measure();
  const key = `${await fingerprint(model.path)}-${model.use}-${coreLimit()}`;
  const known = (await read(cache))[key];
  if (known !== undefined && now - known.at < WEEK_MS) return known;
  const found = await measure();
  // Read again: another engine may have measured its model meanwhile.
  await write(cache, { ...(await read(cache)), [key]: { ...found, at: now } });
  return found;
}

const WEEK_MS = 7 * 24 * 3600 * 1000;

async function read(cache: string): Promise<Record<string, Entry>> {
  try {
    const entries: unknown = JSON.parse(await readFile(cache, "utf8"));
    if (typeof entries !== "object" || entries === null) return {};
    return Object.fromEntries(Object.entries(entries).filter((pair): pair is [string, Entry] => isEntry(pair[1])));
  } catch {
    return {};
  }
}

async function write(cache: string, entries: Record<string, Entry>): Promise<void> {
  const draft = `${cache}.${randomBytes(4).toString("hex")}`;
  try {
    await mkdir(dirname(cache), { recursive: true, mode: 0o700 });
    await writeFile(draft, `${JSON.stringify(entries, null, 2)}\n`, { mode: 0o600 });
    await rename(draft, cache);
  } catch {
    // A full or read-only disk: it will be measured again.
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

function isEntry(value: unknown): value is Entry {
  const entry = value as Partial<Entry> | null;
  return typeof entry === "object" && entry !== null && Number.isInteger(entry.threads) && typeof entry.milliseconds === "number" && typeof entry.at === "number";
}

import { lstatSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { Ajv, type ValidateFunction } from "ajv";
import { cancelled } from "../../pipes/protocol/cancelled.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { Item, type Row } from "../../pipes/protocol/interfaces/vector.ts";
import { MAX_LINE_BYTES } from "../../pipes/protocol/messages.ts";
import type { Backend, Space, Work } from "./backend.ts";
import { linesOf, wrongLine } from "./lines.ts";
import { isSame } from "./same.ts";

/** The first line of an export: whose vectors follow. Without it they are taken for vectors that people have brought. */
interface Head {
  readonly "pipe-tools": "vector";
  readonly space: Space | null;
}

/** Rows that are added at once, and characters of them: to read more in one turn would keep others waiting. */
const PART = 256;
const PART_CHARS = 1 << 20;
/** Characters of one part of a stream. */
const CHUNK = 1 << 18;

/** A collection as JSON lines, some at a time, and how many rows each piece has. */
export async function* exportLines(backend: Backend, collection: string, work: Work): AsyncGenerator<{ text: string; rows: number }> {
  const head: Head = { "pipe-tools": "vector", space: await backend.space(collection) };
  let text = `${JSON.stringify(head)}\n`;
  let rows = 0;
  for await (const page of backend.rows(collection, work)) {
    for (const row of page) {
      text += `${JSON.stringify(row)}\n`;
      rows++;
      if (text.length < CHUNK) continue;
      yield { text, rows };
      [text, rows] = ["", 0];
    }
  }
  if (text !== "") yield { text, rows };
}

/** The same into a file that was not there; all of it or none. Resolves with the number of rows. @throws ToolError `exists`, `disk-full`, `file-failed` */
export async function exportFile(backend: Backend, collection: string, path: string, work: Work): Promise<number> {
  const lines = exportLines(backend, collection, work);
  const first = await lines.next(); // a collection that is not there leaves no file
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) throw new ToolError("exists", { what: "the file", name: path, hint: "Take another name" });
  const draft = `${path}.${process.pid}.part`;
  try {
    const file = await open(draft, "w", 0o600);
    let count = 0;
    try {
      for (let part = first; part.done !== true; part = await lines.next()) {
        if (work.signal.aborted) throw cancelled(work.signal);
        await file.appendFile(part.value.text);
        count += part.value.rows;
        work.progress("exporting", count, null);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    if (work.signal.aborted) throw cancelled(work.signal);
    await rename(draft, path);
    return count;
  } catch (error) {
    await rm(draft, { force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC" || code === "EDQUOT") throw new ToolError("disk-full", { path, hint: "Make room on it, or export to another disk; nothing of the file is left" }, { cause: error });
    throw ToolError.from(error, "file-failed", { path });
  }
}

/**
 * Adds what the lines say. Vectors are kept where the collection has vectors of the same kind; elsewhere they are made anew from the
 * texts. A collection that is not there yet takes over the kind of the lines. @throws ToolError `invalid-request` with the line
 */
export async function importLines(backend: Backend, collection: string, source: { readonly data: string } | { readonly path: string }, work: Work): Promise<number> {
  let keeps = true;
  let count = 0;
  let number = 0;
  let items: Item[] = [];
  let chars = 0;
  const flush = async (): Promise<void> => {
    if (items.length > 0) await backend.add(collection, items, work, () => undefined);
    count += items.length;
    [items, chars] = [[], 0];
    work.progress("importing", count, null);
  };
  for await (const line of "data" in source ? source.data.split("\n") : linesOf(source.path, { most: MAX_LINE_BYTES, signal: work.signal })) {
    number++;
    if (line.trim() === "") continue;
    const value = parse(line, number);
    const head = number === 1 ? headFrom(value) : null;
    if (head !== null) {
      keeps = await agrees(backend, collection, head.space);
      continue;
    }
    if (!itemCheck()(value)) throw wrong(number, describeMismatch());
    const { vector, ...rest } = value as Row;
    items.push(keeps && vector !== undefined ? { ...rest, vector } : rest);
    chars += line.length;
    if (items.length === PART || chars > PART_CHARS) await flush();
  }
  await flush();
  return count;
}

let compiled: ValidateFunction<Item> | null = null;

/** Compiled by the first import: most servers never see one. */
function itemCheck(): ValidateFunction<Item> {
  return (compiled ??= new Ajv({ strict: false, meta: false, validateSchema: false }).compile<Item>(Item));
}

function describeMismatch(): string {
  const [error] = itemCheck().errors ?? [];
  return `${error?.instancePath.replaceAll("/", ".").slice(1) || "it"} ${error?.message ?? "is not a row"}`;
}

/** Whether vectors of this space can be kept; makes the collection for them when there is none. */
async function agrees(backend: Backend, collection: string, space: Space | null): Promise<boolean> {
  if (space === null) return true;
  const existing = await backend.space(collection).catch((error: unknown) => {
    if (error instanceof ToolError && error.code === "not-found") return null;
    throw error;
  });
  if (existing !== null) return isSame(existing, space);
  await backend.create(collection, space);
  return true;
}

function headFrom(value: unknown): Head | null {
  return typeof value === "object" && value !== null && "pipe-tools" in value ? (value as Head) : null;
}

function parse(line: string, number: number): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw wrong(number, (error as Error).message);
  }
}

function wrong(line: number, got: string): ToolError {
  return wrongLine(line, 'a JSON object such as {"id": "…", "text": "…"}', got);
}

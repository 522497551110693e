import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { Ajv } from "ajv";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { Item, type Row } from "../../pipes/protocol/interfaces/vector.ts";
import type { Backend, Space, Work } from "./backend.ts";

/** The first line of an export: whose vectors follow. Without it they are taken for vectors that people have brought. */
interface Head {
  readonly "pipe-tools": "vector";
  readonly space: Space | null;
}

/** Rows that are added at once. */
const PART = 256;
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

/** The same into a file that was not there; all of it or none. Resolves with the number of rows. @throws ToolError `exists`, `file-failed` */
export async function exportFile(backend: Backend, collection: string, path: string, work: Work): Promise<number> {
  const lines = exportLines(backend, collection, work);
  const first = await lines.next(); // a collection that is not there leaves no file
  let file;
  try {
    file = await open(path, "wx", 0o600);
    let count = 0;
    for (let part = first; part.done !== true; part = await lines.next()) {
      await file.write(part.value.text);
      count += part.value.rows;
      work.progress("exporting", count, null);
    }
    await file.sync();
    return count;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw new ToolError("exists", { what: "the file", name: path, hint: "Take another name" });
    if (file !== undefined) await rm(path, { force: true });
    throw ToolError.from(error, (error as NodeJS.ErrnoException).code === "ENOSPC" ? "disk-full" : "file-failed", { path });
  } finally {
    await file?.close();
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
  const flush = async (): Promise<void> => {
    if (items.length > 0) await backend.add(collection, items, work, () => undefined);
    count += items.length;
    items = [];
    work.progress("importing", count, null);
  };
  for await (const line of "data" in source ? source.data.split("\n") : linesOf(source.path)) {
    number++;
    if (line.trim() === "") continue;
    const value = parse(line, number);
    const head = number === 1 ? headFrom(value) : null;
    if (head !== null) {
      keeps = await agrees(backend, collection, head.space);
      continue;
    }
    if (!checkItem(value)) throw wrong(number, describeMismatch());
    const { vector, ...rest } = value as Row;
    items.push(keeps && vector !== undefined ? { ...rest, vector } : rest);
    if (items.length === PART) await flush();
  }
  await flush();
  return count;
}

const checkItem = new Ajv({ strict: false, validateSchema: false }).compile<Item>(Item);

function describeMismatch(): string {
  const [error] = checkItem.errors ?? [];
  return `${error?.instancePath.replaceAll("/", ".").slice(1) || "it"} ${error?.message ?? "is not a row"}`;
}

/** Whether vectors of this space can be kept; makes the collection for them when there is none. */
async function agrees(backend: Backend, collection: string, space: Space | null): Promise<boolean> {
  if (space === null) return true;
  const existing = await backend.space(collection).catch((error: unknown) => {
    if (error instanceof ToolError && error.code === "not-found") return null;
    throw error;
  });
  if (existing !== null) return existing.embedder === space.embedder && existing.dimensions === space.dimensions;
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
  return new ToolError("invalid-request", { path: `line ${line}`, expected: 'a JSON object such as {"id": "…", "text": "…"}', got });
}

/** @throws ToolError `file-failed` */
async function* linesOf(path: string): AsyncGenerator<string> {
  const stream = createReadStream(path);
  const failed = new Promise<never>((_, reject) => stream.once("error", reject));
  failed.catch(() => undefined);
  try {
    await Promise.race([failed, new Promise((resolve) => stream.once("open", resolve))]);
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) yield line;
  } catch (error) {
    throw ToolError.from(error, "file-failed", { path });
  } finally {
    stream.destroy();
  }
}

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { ToolEvent } from "../../../pipes/client.ts";
import { engineOf, serveStt } from "./served.ts";
import { bytesOf, joined, noise, say, silence, wav } from "./speech.ts";

const MINUTES = 10;

/** A minute with one sentence in the noise of a room. */
async function minute(): Promise<Int16Array> {
  const [sentence] = (await say("Please open the door for me.")) as [Int16Array];
  const room = noise(60, 60);
  const spoken = joined(silence(20), sentence);
  return room.map((sample, index) => sample + (spoken[index] ?? 0));
}

async function write(path: string, piece: Int16Array, times: number): Promise<void> {
  const header = wav(new Int16Array(0));
  header.writeUInt32LE(36 + times * piece.byteLength, 4);
  header.writeUInt32LE(times * piece.byteLength, 40);
  const file = await open(path, "w");
  await file.write(header);
  for (let index = 0; index < times; index++) await file.write(bytesOf(piece));
  await file.close();
}

/** Bytes of a process that are in memory. */
function resident(pid: number): number {
  return Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024;
}

test("ten minutes take no more memory than two, come with progress, and miss no sentence", async () => {
  await using served = await serveStt();
  const path = join(served.world.folder, "long.wav");
  await write(path, await minute(), MINUTES);
  const memory: Array<{ minute: number; engine: number; server: number }> = [];
  const onInterim = ({ event, stage, value }: ToolEvent): void => {
    if (event === "progress" && stage === "transcribing") memory.push({ minute: Number(value) / 60, engine: resident(engineOf(served.server)), server: resident(served.server.pid) });
  };
  let last: ToolEvent | undefined;
  const heard: ToolEvent[] = [];
  for await (const event of served.client.stream("transcribe", { path, words: true }, { onInterim })) {
    if (event.done === true) last = event;
    else heard.push(event);
  }
  assert.equal(last?.["seconds"], MINUTES * 60);
  assert.equal(heard.length, MINUTES, heard.map(({ text }) => text as string).join(""));
  for (const [index, { start, text }] of heard.entries()) {
    assert.ok(Math.abs(Number(start) - 60 * index - 20) < 0.4, `${String(start)}: ${String(text)}`);
    assert.match(String(text), /door for me/);
  }
  assert.ok(memory.length > 5, `${memory.length} reports`);
  for (const what of ["engine", "server"] as const) {
    const [early, late] = [memory.filter(({ minute }) => minute < 3), memory.filter(({ minute }) => minute > 5)].map((part) => Math.max(...part.map((each) => each[what])));
    assert.ok(late! - early! < 24e6, `${what}: ${Math.round(early! / 1e6)} MB, later ${Math.round(late! / 1e6)} MB`);
  }
});

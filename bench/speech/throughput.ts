import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { ToolClient } from "pipe-tools/client";
import { here, start } from "../processes.ts";
import { median } from "./paired.ts";

/** Megabytes a second through one FIFO, each the median of several rounds that take turns. */
export interface Throughput {
  readonly way: string;
  readonly rate: number;
}

const BYTES = 256 * 1024 * 1024;
const CHUNK = 64 * 1024;
const ROUNDS = 5;

export async function throughput(folder: string): Promise<Throughput[]> {
  await start(here("speech-peer.js"), [], folder).line("serving");
  const client = await ToolClient.connect("sound", { folder });
  const ways: ReadonlyArray<readonly [string, () => Promise<void>]> = [
    ["cat to cat over a FIFO", () => cat(folder)],
    ["server to client", () => pour(client)],
    ["client to server", () => take(client)],
  ];
  const seconds = ways.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [index, [, run]] of ways.entries()) {
      const begun = performance.now();
      await run();
      if (round > 0) seconds[index]?.push((performance.now() - begun) / 1000); // the first round warms up
    }
  }
  await client.close();
  return ways.map(([way], index) => ({ way, rate: BYTES / 1e6 / median(seconds[index] ?? []) }));
}

/** The floor: two programs of the system that do nothing but copy. */
async function cat(folder: string): Promise<void> {
  const fifo = `${folder}/cat`;
  spawnSync("mkfifo", [fifo]);
  const programs = [spawn("sh", ["-c", `head -c ${BYTES} /dev/zero | cat > ${fifo}`]), spawn("sh", ["-c", `cat ${fifo} > /dev/null`])];
  await Promise.all(programs.map((program) => once(program, "close")));
  spawnSync("rm", [fifo]);
}

async function pour(client: ToolClient): Promise<void> {
  let bytes = 0;
  for await (const pcm of client.receiveAudio("pour", { bytes: BYTES, chunk: CHUNK })) bytes += pcm.length;
  if (bytes !== BYTES) throw new Error(`${bytes} bytes arrived of ${BYTES}`);
}

async function take(client: ToolClient): Promise<void> {
  const request = client.sendAudio("take");
  const pcm = Buffer.alloc(CHUNK, 1);
  for (let sent = 0; sent < BYTES; sent += CHUNK) if (!request.input.write(pcm)) await once(request.input, "drain");
  request.input.end();
  for await (const event of request) if (event["bytes"] !== BYTES) throw new Error(`${String(event["bytes"])} bytes arrived of ${BYTES}`);
}

import { closeSync, constants, openSync, writeSync } from "node:fs";
import { fifoOf } from "../pipes/protocol/names.ts";
import { ensureFifo, openPresentFifo, removeFifo } from "../pipes/transport/fifo.ts";
import { mkfifo } from "../pipes/transport/libc.ts";
import { FifoReader } from "../pipes/transport/reader.ts";
import type { World } from "./harness.ts";

export type Message = Record<string, unknown>;

/**
 * A client without manners: it writes bytes as a test gives them, to the shared FIFO, under any pid, and collects what comes
 * back on that pid's downstream FIFO. It opens that read-write, as upstream's clients do.
 */
export interface RawClient {
  readonly pid: number;
  readonly messages: Message[];
  /** Writes one line, as text or as JSON with our pid in it. */
  send(message: string | Message): void;
  /** Resolves with the first message, past or future, that `found` accepts; it is taken out. */
  next(found?: (message: Message) => boolean): Promise<Message>;
  /** Subscribes, and resolves with the acknowledgement. */
  subscribe(fields?: Message): Promise<Message>;
  pause(): void;
  resume(): void;
  close(): void;
}

export function rawClient(world: Pick<World, "pipes">, name: string, pid: number = process.pid): RawClient {
  const path = fifoOf.downstream(world.pipes, name, pid);
  ensureFifo(path, mkfifo);
  const messages: Message[] = [];
  const awaited = new Set<() => void>();
  const take = (line: string): void => {
    messages.push(JSON.parse(line) as Message);
    for (const look of awaited) look();
  };
  const reader = new FifoReader(openPresentFifo(path, "both"), 1 << 28, { line: take, overflow: () => undefined, end: () => undefined });
  const send = (message: string | Message): void => writeLine(world, name, typeof message === "string" ? message : JSON.stringify({ pid, ...message }));
  const next = (found: (message: Message) => boolean = () => true): Promise<Message> =>
    new Promise((resolve) => {
      const look = (): void => {
        const at = messages.findIndex(found);
        if (at === -1) return;
        awaited.delete(look);
        resolve(messages.splice(at, 1)[0] as Message);
      };
      awaited.add(look);
      look();
    });
  return {
    pid,
    messages,
    send,
    next,
    subscribe(fields = {}) {
      send({ cmd: "subscribe", ...fields });
      return next((message) => message["event"] === "subscribed");
    },
    pause: () => reader.pause(),
    resume: () => reader.resume(),
    close() {
      reader.close();
      removeFifo(path);
    },
  };
}

/** One write to the shared FIFO, newline included. The FIFO must be open on its other end. */
export function writeLine(world: Pick<World, "pipes">, name: string, line: string | Buffer): void {
  const fd = openSync(fifoOf.upstream(world.pipes, name), constants.O_WRONLY);
  try {
    for (let bytes = Buffer.concat([Buffer.from(line), Buffer.from("\n")]); bytes.length > 0; ) bytes = bytes.subarray(writeSync(fd, bytes));
  } finally {
    closeSync(fd);
  }
}

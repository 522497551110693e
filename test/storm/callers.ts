import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, writeSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { ToolClient } from "../../pipes/client/tool-client.ts";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { fifoOf } from "../../pipes/protocol/names.ts";
import { ensureFifo, openFifo, openPresentFifo, removeFifo } from "../../pipes/transport/fifo.ts";
import { mkfifo } from "../../pipes/transport/libc.ts";
import { FifoReader } from "../../pipes/transport/reader.ts";
import type { World } from "../harness.ts";
import type { Message } from "../raw.ts";
import { type Asked, type Journal, PATIENCE_MS } from "./journal.ts";
import type { Random } from "./random.ts";

export interface CallerParts {
  readonly world: World;
  readonly journal: Journal;
  readonly random: Random;
  /** Aborted when no new request is to be made. */
  readonly closing: AbortSignal;
}

/** What is asked: mostly echoes, whose answers can be told right from wrong. */
type Question = { cmd: string; args: Record<string, unknown>; expected?: unknown; idempotent: boolean };
function question(random: Random, longest: number): Question {
  if (random.chance(0.1)) return { cmd: "ping", args: {}, idempotent: true };
  if (random.chance(0.1)) return { cmd: "count", args: { to: random.between(1, 20), delay: random.between(0, 10) }, idempotent: false };
  const data = "x".repeat(random.between(0, longest)) + String(random.next());
  return { cmd: "echo", args: { data }, expected: data, idempotent: true };
}

/** A client of ours, several requests at a time, until `closing`; resolves when the last one has ended. */
export async function callWithLane(tool: string, { world, journal, random, closing }: CallerParts): Promise<void> {
  while (!closing.aborted) {
    let client: ToolClient;
    try {
      client = await ToolClient.connect(tool, { folder: world.pipes, makeFifo: mkfifo, timeout: PATIENCE_MS });
    } catch (error) {
      if (!ToolError.from(error).retryable && ToolError.from(error).code !== "no-such-tool") journal.violate(`${tool} could not be connected to: ${String(error)}`);
      await sleep(20);
      continue;
    }
    await Promise.all(Array.from({ length: 4 }, () => keepAsking(client)));
    await client.close();
  }

  async function keepAsking(client: ToolClient): Promise<void> {
    while (!closing.aborted) {
      const { cmd, args, expected, idempotent } = question(random, 20_000);
      const asked = journal.ask("a client of ours", tool, cmd, expected);
      const abort = new AbortController();
      if (random.chance(0.03)) setTimeout(() => abort.abort(), random.between(0, 5));
      try {
        journal.end(asked.id, await client.call(cmd, args, { idempotent, timeout: PATIENCE_MS, signal: abort.signal }));
      } catch (error) {
        const { code, message } = ToolError.from(error);
        journal.end(asked.id, { event: "error", code, message });
        await sleep(10); // while nobody is there, each try fails at once
      }
    }
  }
}

/** A client without a lane, as a shell or an upstream program is: it subscribes once, and tells its answers apart by `req_id`. */
export class LanelessCaller {
  readonly tool: string;
  readonly #parts: CallerParts;
  /** Whose pid it goes by. */
  readonly #body: ChildProcess;
  readonly #path: string;
  readonly #reader: FifoReader;
  readonly #waiting = new Map<number, () => void>();
  #subscribed: (() => void) | null = null;

  constructor(tool: string, parts: CallerParts) {
    this.tool = tool;
    this.#parts = parts;
    this.#body = spawn("sleep", ["1000000"], { stdio: "ignore" });
    this.#path = fifoOf.downstream(parts.world.pipes, tool, this.pid);
    ensureFifo(this.#path, mkfifo);
    this.#reader = new FifoReader(openPresentFifo(this.#path, "both"), 1 << 26, { line: (line) => this.#take(line), overflow: () => undefined, end: () => undefined });
  }

  get pid(): number {
    return this.#body.pid as number;
  }

  get name(): string {
    return `client ${this.pid} without a lane`;
  }

  async run(): Promise<void> {
    const { closing } = this.#parts;
    while (!closing.aborted) {
      if (!(await this.#subscribe())) continue;
      let lost = false;
      while (!closing.aborted && !lost) lost = !(await this.#ask());
    }
  }

  /** Its pipe goes, and the process whose pid it has. */
  close(): void {
    this.#reader.close();
    this.#body.kill("SIGKILL");
    removeFifo(this.#path);
  }

  /** False when it was not acknowledged. It says so again only when an answer was lost that may be: `subscribe` ends what is under way. */
  async #subscribe(): Promise<boolean> {
    const acknowledged = new Promise<boolean>((resolve) => (this.#subscribed = () => resolve(true)));
    if (!this.#write({ cmd: "subscribe" })) {
      await sleep(20);
      return false;
    }
    return Promise.race([acknowledged, sleep(5000, false, { ref: false })]);
  }

  /** False when its answer is lost and may be: then it is time to subscribe again. */
  async #ask(): Promise<boolean> {
    const { journal, random } = this.#parts;
    const { cmd, args, expected } = question(random, 3000);
    const asked = journal.ask(this.name, this.tool, cmd, expected);
    const ended = new Promise<void>((resolve) => this.#waiting.set(asked.id, resolve));
    if (!this.#write({ cmd, ...args, req_id: asked.id })) {
      journal.withdraw(asked);
      this.#waiting.delete(asked.id);
      await sleep(10);
      return true;
    }
    for (;;) {
      if (await Promise.race([ended.then(() => true), sleep(500, false, { ref: false })])) return true;
      if (isGivenUp(journal, asked)) return false;
    }
  }

  #take(line: string): void {
    const message = JSON.parse(line) as Message;
    const id = message["req_id"];
    if (message["event"] === "subscribed") return this.#subscribed?.();
    if (typeof id !== "number" || message["done"] === false) return;
    this.#parts.journal.end(id, message);
    this.#waiting.get(id)?.();
    this.#waiting.delete(id);
  }

  /** One write, never waiting. False when nobody reads, or there is no room. */
  #write(message: Message): boolean {
    return writeOnce(this.#parts.world, this.tool, `${JSON.stringify({ pid: this.pid, ...message })}\n`);
  }
}

/** Writes into a tool's shared FIFO what fits at once. */
export function writeOnce(world: World, tool: string, bytes: string | Buffer): boolean {
  const fd = openFifo(fifoOf.upstream(world.pipes, tool), "write");
  if (fd === null) return false;
  try {
    writeSync(fd, bytes as string);
    return true;
  } catch (error) {
    if (["EAGAIN", "EPIPE"].includes(String((error as NodeJS.ErrnoException).code))) return false;
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** An excused request is waited for a while, too. */
function isGivenUp(journal: Journal, asked: Asked): boolean {
  return !journal.isOpen(asked) || (asked.excuse !== null && journal.now - asked.at > 2000) || journal.now - asked.at > PATIENCE_MS + 2000;
}

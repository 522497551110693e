import { closeSync, constants, existsSync, openSync, readFileSync, readSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Logger } from "pino";
import { ToolError } from "../../pipes/protocol/errors.ts";
import { composeLedger, LEDGER_HEAD, type LedgerContents, passageOf, readLedger, type SessionRecord, type UnderWay, writerOf } from "../../pipes/rpc/ledger-format.ts";
import { ensureFifo, openFifo, readWaiting, removeFifo } from "../../pipes/transport/fifo.ts";
import { mkfifo } from "../../pipes/transport/libc.ts";
import { ensurePrivateFolder } from "../../pipes/transport/folder.ts";
import { hasCode } from "../../pipes/transport/failure.ts";
import { writeMappable } from "../../pipes/transport/mapping.ts";

/** What a process that has ended leaves to the next one. */
export interface Estate {
  readonly sessions: readonly SessionRecord[];
  /** Lines with their newlines; the last one may be the beginning of a line. */
  readonly unread: Buffer;
}
/** What it leaves, and what nobody can answer any more. */
export interface Settlement extends Estate {
  readonly interrupted: readonly Buffer[];
  /** Answers that were on their way to a client. */
  readonly passing: { readonly pid: number; readonly bytes: Buffer } | null;
}

const NOTHING: Estate = { sessions: [], unread: Buffer.alloc(0) };
/** A request that was under way at so many deaths one after another is not tried again: it may be what they died of. */
const MOST_DEATHS = 3;

export const ledgerPath = (folder: string, tool: string): string => join(folder, tool);

/** The reader's end of a tool's ledger: which requests its process has left, and the file for the next one. */
export class LedgerFile {
  #path: string;
  readonly #tool: string;
  readonly #log: Logger;
  /** What could not be put into a file. */
  #kept: Estate = NOTHING;
  /** The requests that were under way at the last death, and at how many before it. */
  #deaths: ReadonlyMap<string, number> = new Map();
  #complained = false;
  /** We have written it, and no process has been given it since: what is in it need not be looked at. */
  #fresh = false;
  /** Held so that what is in it outlives the process. */
  #passage: number | null = null;

  constructor(folder: string, tool: string, log: Logger) {
    this.#path = ledgerPath(folder, tool);
    this.#tool = tool;
    this.#log = log;
  }

  /**
   * To be called when no process of the tool lives: what the last one has left, put into the file for the next one; null when there
   * is nothing new to know. `interrupted` is what the caller has to answer, now. @throws EMFILE …: it can be tried again
   */
  settle(): Settlement | null {
    // A program that knows no ledger leaves it as it was: then it need not be read, nor written anew.
    this.#fresh ||= this.#writer() === 0;
    const contents = this.#fresh ? null : this.#read();
    if (contents === null) return null;
    const bytes = this.#passage === null ? Buffer.alloc(0) : readWaiting(this.#passage);
    const { again, interrupted } = this.#sort(contents.underWay);
    const unread = Buffer.concat([...again.flatMap((line) => [line, NEWLINE]), contents.unread]);
    this.#leave({ sessions: contents.sessions.map((session) => ({ ...session, torn: false })), unread });
    return { sessions: contents.sessions, unread, interrupted, passing: contents.passing === 0 || bytes.length === 0 ? null : { pid: contents.passing, bytes } };
  }

  /** Sees to it that there is a fresh file for the process that is about to be spawned. False when there can be none. */
  prepare(): boolean {
    this.attach();
    const prepared = this.#fresh || this.#writer() === 0 || this.#leave(this.#kept);
    this.#fresh = false;
    return prepared;
  }

  /** Holds what a process that writes in the ledger needs to have held. */
  attach(): void {
    if (this.#passage !== null) return;
    try {
      ensurePrivateFolder(dirname(this.#path));
      ensureFifo(passageOf(this.#path), mkfifo);
      this.#passage = openFifo(passageOf(this.#path), "both");
    } catch (error) {
      this.#complain(error);
    }
  }

  /** What a process that serves has not taken from the file, because it knows no ledger: its to be given in another way. */
  unclaimed(): Estate | null {
    const contents = this.#read();
    const estate = contents === null ? this.#kept : contents.pid === 0 ? contents : NOTHING;
    if (estate.sessions.length === 0 && estate.unread.length === 0) return null;
    if (contents !== null) this.#leave(NOTHING);
    this.#fresh = false;
    this.#kept = NOTHING;
    return estate;
  }

  /** Whether requests are left in it that the next process will find there. */
  get owes(): boolean {
    return (this.#read() ?? this.#kept).unread.length > 0;
  }

  /** Each has the name of the other from now on, and so have their files: the processes that write in them write on. */
  exchange(other: LedgerFile): void {
    swap(this.#path, other.#path);
    swap(passageOf(this.#path), passageOf(other.#path));
    [this.#path, other.#path] = [other.#path, this.#path];
  }

  /** What is left, which no process will answer; the file is gone then. */
  close(): Estate {
    const contents = this.#read();
    const left = contents === null ? this.#kept : contents;
    this.#kept = NOTHING;
    this.#deaths = new Map();
    this.#fresh = false;
    this.#remove();
    if (this.#passage !== null) removeFifo(passageOf(this.#path));
    if (this.#passage !== null) closeSync(this.#passage);
    this.#passage = null;
    return left;
  }

  #sort(underWay: readonly UnderWay[]): { again: Buffer[]; interrupted: Buffer[] } {
    const counted = underWay.map(({ line, again }) => ({ line, again, deaths: (this.#deaths.get(line.toString("latin1")) ?? 0) + 1 }));
    this.#deaths = new Map(counted.map(({ line, deaths }) => [line.toString("latin1"), deaths]));
    const goes = ({ again, deaths }: { again: boolean; deaths: number }): boolean => again && deaths < MOST_DEATHS;
    return { again: counted.filter(goes).map(({ line }) => line), interrupted: counted.filter((request) => !goes(request)).map(({ line }) => line) };
  }

  /** Whether it is in the file now. A tool works without one: then a process that is killed takes with it what it was doing. */
  #leave(estate: Estate): boolean {
    try {
      ensurePrivateFolder(dirname(this.#path));
      writeMappable(this.#path, composeLedger(estate.sessions, estate.unread));
      this.#kept = NOTHING;
      this.#fresh = true;
      return true;
    } catch (error) {
      this.#kept = estate;
      this.#remove(); // it would be settled twice
      this.#complain(error);
      return false;
    }
  }

  #remove(): void {
    try {
      rmSync(this.#path, { force: true });
    } catch (error) {
      this.#complain(error);
    }
  }

  #complain(error: unknown): void {
    if (!this.#complained) this.#log.warn({ tool: this.#tool, reason: ToolError.from(error).message }, "it has no ledger: requests that are under way when it is killed are lost");
    this.#complained = true;
  }

  /** The process that has written in it, 0 for none; null where there is no ledger. @throws as `#read` does */
  #writer(): number | null {
    const fd = openThere(this.#path);
    if (fd === null) return null;
    try {
      const head = Buffer.alloc(LEDGER_HEAD);
      return writerOf(head.subarray(0, readSync(fd, head)));
    } finally {
      closeSync(fd);
    }
  }

  /** @throws EMFILE …: what is in it is not lost, so nothing may be put in its place */
  #read(): LedgerContents | null {
    try {
      return readLedger(readFileSync(this.#path));
    } catch (error) {
      if (hasCode(error, "ENOENT", "ENOTDIR")) return null;
      throw error;
    }
  }
}

function openThere(path: string): number | null {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (hasCode(error, "ENOENT", "ENOTDIR")) return null;
    throw error;
  }
}

function swap(one: string, other: string): void {
  const aside = `${one}.aside`;
  move(one, aside);
  move(other, one);
  move(aside, other);
}

function move(from: string, to: string): void {
  if (existsSync(from)) renameSync(from, to);
  else rmSync(to, { force: true });
}

const NEWLINE = Buffer.from("\n");

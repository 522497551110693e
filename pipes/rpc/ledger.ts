import { writeSync } from "node:fs";
import type { Landing } from "../transport/reader.ts";
import { mapFile } from "../transport/mapping.ts";
import { openPassage, type Passage } from "./passage.ts";
import { FORMAT, HELD, MAGIC, passageOf, SLOT, SLOT_ROOM, slotAt, STATE, type SessionRecord, sessionsIn, WORD, wordOf, wordsOf } from "./ledger-format.ts";

/** What the ledger needs to know of a request that is about to be run. */
export interface Recorded {
  readonly pid: number;
  readonly cmd: string;
  readonly req_id: unknown;
  readonly again: boolean;
}

/** One request in the ledger, until its answer is in the kernel. */
export class Entry {
  readonly request: Recorded;
  /** The line as it was read; let go of at the end of its turn. */
  line: string;
  /** The place of its newline in the chunk; -1 once its turn is over. */
  at: number;
  /** Where it is kept from then on; -1 when nowhere. */
  slot = -1;
  state: number;
  readonly #ledger: Ledger;

  constructor(ledger: Ledger, request: Recorded, line: string, at: number) {
    this.#ledger = ledger;
    this.request = request;
    this.line = line;
    this.at = at;
    this.state = request.again ? STATE.again : STATE.once;
  }

  /** A part of the answer is on its way: another process could not begin anew. */
  begun(): void {
    if (this.state === STATE.again) this.#ledger.mark(this, STATE.once);
  }

  /** Nobody waits for it any more: its answer is in the kernel, or its client has gone. */
  settle(): void {
    if (this.state !== STATE.answered) this.#ledger.mark(this, STATE.answered);
  }

  /** It can be left to the next process. */
  pass(): void {
    if (this.state !== STATE.answered) this.#ledger.mark(this, this.state | STATE.passing);
  }

  stay(): void {
    if (this.state !== STATE.answered) this.#ledger.mark(this, this.state & ~STATE.passing);
  }

  get repeatable(): boolean {
    return this.state === STATE.again && (this.at !== -1 || this.slot !== -1);
  }
}

/** A longer line takes this many slots at most; past that only what identifies it is kept. */
const LONGEST_CHAIN = 64;

/**
 * The writer's end of the ledger; ledger-format.ts has the format and says why it holds. What is read from the shared FIFO lands in it
 * by itself. All else is a few stores a request: the byte behind its line, and a slot only for what is not answered in its own turn.
 */
export class Ledger implements Landing {
  readonly buffer: Buffer;
  /** What the process before had read and not begun: to be taken before anything else is read. */
  readonly inbox: Buffer;
  /** Who was subscribed to the process before. */
  readonly sessions: readonly SessionRecord[];
  readonly #bytes: Buffer;
  readonly #words: Uint32Array;
  readonly #free: number[];
  readonly #passage: Passage | null;
  readonly #placeOf = new Map<number, number>();
  /** The chunk of this turn: the inbox first, then always `buffer`. */
  #chunk: Buffer;
  #size = 0;
  /** Where the line that is being taken ends; -1 while none is. */
  #at = -1;
  #line = "";
  /** Requests of this turn whose fate is not known at its end. */
  #open: Entry[] = [];
  #newline = false;
  #patient = false;
  #halted = false;
  #unfinished: Buffer = Buffer.alloc(0);

  /** Null when the file is no fresh ledger. @throws what mapping it throws */
  static open(path: string): Ledger | null {
    const bytes = mapFile(path);
    if (bytes.length < FORMAT.inbox) return null;
    const words = wordsOf(bytes);
    if (words[WORD.magic] !== MAGIC || words[WORD.pid] !== 0) return null;
    words[WORD.pid] = process.pid;
    return new Ledger(bytes, words, openPassage(passageOf(path), words));
  }

  private constructor(bytes: Buffer, words: Uint32Array, passage: Passage | null) {
    this.#passage = passage;
    this.#bytes = bytes;
    this.#words = words;
    this.buffer = bytes.subarray(FORMAT.chunk, FORMAT.chunk + FORMAT.chunkBytes);
    this.inbox = bytes.subarray(FORMAT.inbox);
    this.#chunk = this.inbox;
    if (this.inbox.length === 0) this.#readOn();
    this.sessions = sessionsIn(words);
    for (const [place, { pid }] of this.sessions.entries()) this.#placeOf.set(pid, place);
    this.#free = Array.from({ length: FORMAT.maxSlots }, (_, at) => FORMAT.maxSlots - 1 - at);
  }

  /** A line is about to be taken, which ends at `end`; null when it is over. False: it is left to the next process. */
  line(line: string, end: number): boolean {
    this.#newline = true;
    this.#line = line;
    this.#at = end;
    return !this.#halted;
  }

  lineTaken(): void {
    this.#at = -1;
  }

  /** Writes down that the line being taken is a request that is now run. Null for one that came by another way. */
  take(request: Recorded): Entry | null {
    if (this.#at === -1) return null;
    const entry = new Entry(this, request, this.#line, this.#at);
    this.#chunk[this.#at] = entry.state;
    this.#open.push(entry);
    return entry;
  }

  /** The line being taken is a request for whose answer nobody waits. */
  takeUnasked(): void {
    if (this.#at !== -1) this.#chunk[this.#at] = STATE.answered;
  }

  mark(entry: Entry, state: number): void {
    entry.state = state;
    if (entry.at !== -1) this.#chunk[entry.at] = state;
    else if (entry.slot === -1) return;
    else if (state === STATE.answered) this.#release(entry);
    else this.#words[slotAt(entry.slot) + SLOT.state] = state;
  }

  /** From now on no line is taken; what was read and not taken is for the next process. */
  halt(): void {
    this.#halted = true;
  }

  /** Writes the answers of these requests into a client's FIFO; gives how many bytes the kernel took. @throws EAGAIN, EPIPE … */
  deliver(pid: number, fd: number, bytes: Buffer, owed: readonly Entry[]): number {
    return owed.length === 0 ? writeSync(fd, bytes) : (this.#passage?.deliver(pid, fd, bytes, owed) ?? writeSync(fd, bytes));
  }

  /** What is held of an unfinished line goes on in another process. */
  forget(): void {
    this.#unfinished = Buffer.alloc(0);
    this.#words[WORD.held + ((this.#words[WORD.turn] as number) & 1)] = 0;
  }

  enrol(session: SessionRecord): void {
    const place = this.#placeOf.get(session.pid) ?? this.#freePlace();
    if (place === -1) return;
    this.#placeOf.set(session.pid, place);
    this.#words[FORMAT.sessions / 4 + place] = wordOf(session);
  }

  strike(pid: number): void {
    const place = this.#placeOf.get(pid);
    if (place === undefined) return;
    this.#placeOf.delete(pid);
    this.#words[FORMAT.sessions / 4 + place] = 0;
  }

  /**
   * Every line of the chunk has been taken. The turn is over when the answers that were given at once, or by a promise that was
   * fulfilled already, are in the kernel: before the event loop can read again.
   */
  taken(bytes: number, unfinished: Buffer): void {
    this.#size = bytes;
    this.#unfinished = unfinished;
    this.#patient = true;
    process.nextTick(this.#settle);
  }

  readonly #settle = (): void => {
    if (this.#halted) return;
    const open = this.#open;
    if (this.#patient && open.some(({ state }) => state !== STATE.answered)) {
      this.#patient = false;
      // After all promises that can go on, and behind the writes that they have asked for.
      queueMicrotask(() => process.nextTick(() => process.nextTick(this.#settle)));
      return;
    }
    for (const entry of open) if (entry.state !== STATE.answered) this.#keep(entry);
    this.#commit();
    for (const entry of open) {
      entry.at = -1;
      entry.line = "";
    }
    this.#open = [];
  };

  #commit(): void {
    const words = this.#words;
    const turn = words[WORD.turn] as number;
    const next = (turn + 1) >>> 0;
    words[WORD.held + (next & 1)] = this.#hold(words[WORD.held + (turn & 1)] as number);
    this.#newline = false;
    words[WORD.turn] = next;
    this.#chunk.fill(0, 0, this.#size);
    if (this.#chunk !== this.buffer) this.#readOn();
    words[WORD.chunkTurn] = next;
  }

  /** From here on the chunk is what is read. */
  #readOn(): void {
    this.#chunk = this.buffer;
    this.#words[WORD.chunkAt] = FORMAT.chunk;
    this.#words[WORD.chunkBytes] = FORMAT.chunkBytes;
  }

  /** Keeps what there is of an unfinished line: where the one before is not, or behind what there was of the same one. */
  #hold(before: number): number {
    const line = this.#unfinished;
    if (line.length === 0) return 0;
    const had = this.#newline ? 0 : Math.min(before & HELD.length, line.length);
    const second = had === 0 ? (before & HELD.second) === 0 : (before & HELD.second) !== 0;
    const length = Math.min(line.length, FORMAT.heldBytes);
    line.copy(this.#bytes, FORMAT.held + (second ? FORMAT.heldBytes : 0) + had, had, length);
    return length | (second ? HELD.second : 0) | (line.length > length ? HELD.cut : 0);
  }

  #keep(entry: Entry): void {
    const { request, line } = entry;
    let bytes = Buffer.from(line);
    const most = Math.min(LONGEST_CHAIN, this.#free.length / 2);
    if (bytes.length > most * SLOT_ROOM || (entry.state !== STATE.again && bytes.length > SLOT_ROOM)) {
      bytes = Buffer.from(JSON.stringify({ pid: request.pid, cmd: request.cmd, req_id: request.req_id }));
      entry.state = STATE.once;
    }
    entry.slot = this.#store(bytes, entry.state);
  }

  /** The slot in which the bytes begin; -1 when there is no room. The chain is laid from its end. */
  #store(bytes: Buffer, state: number): number {
    const words = this.#words;
    const count = Math.ceil(bytes.length / SLOT_ROOM);
    if (count > this.#free.length) return -1;
    let next = 0;
    let slot = -1;
    for (let part = count - 1; part >= 0; part--) {
      slot = this.#free.pop() as number;
      const at = slotAt(slot);
      bytes.copy(this.#bytes, at * 4 + SLOT.bytes, part * SLOT_ROOM, (part + 1) * SLOT_ROOM);
      words[at + SLOT.turn] = words[WORD.turn] as number;
      words[at + SLOT.next] = next;
      next = slot + 1;
    }
    words[slotAt(slot) + SLOT.length] = bytes.length;
    words[slotAt(slot) + SLOT.state] = state;
    return slot;
  }

  #release(entry: Entry): void {
    this.#words[slotAt(entry.slot) + SLOT.state] = 0;
    for (let slot = entry.slot; slot !== -1; slot = (this.#words[slotAt(slot) + SLOT.next] as number) - 1) this.#free.push(slot);
    entry.slot = -1;
  }

  #freePlace(): number {
    const used = new Set(this.#placeOf.values());
    for (let place = 0; place < FORMAT.maxSessions; place++) if (!used.has(place)) return place;
    return -1;
  }
}

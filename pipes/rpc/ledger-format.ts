import type { Dialect } from "../protocol/messages.ts";
import { isJson, requestWithin } from "./mixed.ts";

/**
 * The ledger of one process of a tool: what it has read from the shared FIFO and not yet answered, and who is subscribed there. A
 * file that is mapped into that process, so that it says the truth after SIGKILL. Numbers are 32 bits in the machine's order.
 *
 *     header    the words below
 *     sessions  one word a client without a lane: its pid, and flags from bit 24 on
 *     slots     requests that were not answered in the turn in which they were read (chained, where one is longer than a slot)
 *     held      two places for the beginning of a line whose end has not been read; which one is in force, the header says
 *     chunk     where the kernel puts what is read; all zeros but for the present turn
 *     inbox     what the process before had read and not begun; the first turn's chunk
 *
 * A turn is what follows one read. It ends by one store, of its number plus one, that makes three things true at once: its chunk no
 * longer counts, its slots do, and what it holds of an unfinished line is in force. In the chunk the byte that ends a line tells
 * what became of the line: JSON has none of the bytes 0 to 7 outside of an escape.
 */
export const FORMAT = { sessions: 4096, maxSessions: 1024, slots: 8192, slotBytes: 512, maxSlots: 512, held: 270_336, heldBytes: 32_768, chunk: 335_872, chunkBytes: 65_536, inbox: 401_408 } as const;
export const MAGIC = 0x314c5450; // "PTL1"

/** Places in the header, as indexes of words. */
export const WORD = { magic: 0, pid: 1, turn: 2, chunkTurn: 3, chunkAt: 4, chunkBytes: 5, held: 6, passing: 8 } as const;
/** Bits of the two words `held`, taken in turn: how much of a line there is, in which of the two places, and that only its head is. */
export const HELD = { length: 0xff_ffff, second: 1 << 24, cut: 1 << 25 } as const;
export const SESSION = { pid: 0xff_ffff, result: 1 << 24, torn: 1 << 28 } as const;
/** The bits of the same word for what a client wants to be told. */
const WANTS = { queued: 1 << 25, progress: 1 << 26, restarted: 1 << 27, tool_call: 1 << 29, tool_result: 1 << 30 } as const;
/** A slot's words, and where its bytes begin. `next` is one more than the next slot's number. */
export const SLOT = { turn: 0, state: 1, next: 2, length: 3, bytes: 16 } as const;

/**
 * What became of a request, as the byte in the place of its newline, and as the state of its slot (there 0 is a free one). `passing`
 * is a bit of the last two: its answer is in the passage (passage.ts), and it is answered if the header says to whom that leads.
 */
export const STATE = { unread: 0x0a, answered: 1, once: 2, again: 3, passing: 4 } as const;

export interface SessionRecord {
  readonly pid: number;
  readonly dialect: Dialect;
  readonly wants: readonly string[];
  /** It may have half a line in its downstream FIFO. */
  readonly torn: boolean;
}

/** A request that was being answered. */
export interface UnderWay {
  /** Without its newline; in part only, where `again` is false. */
  readonly line: Buffer;
  /** It may be answered by another process: it is declared idempotent, no part of an answer was sent, and it is here in full. */
  readonly again: boolean;
}

export interface LedgerContents {
  /** The process that has written it; 0 when none has. */
  readonly pid: number;
  readonly sessions: readonly SessionRecord[];
  readonly underWay: readonly UnderWay[];
  /** Lines that were read and not begun, with their newlines; the last one may be the beginning of a line. */
  readonly unread: Buffer;
  /** The client to whom what is left in the passage goes; 0 when that is to be thrown away. */
  readonly passing: number;
}

/** The FIFO through which answers pass; see passage.ts. No tool's name has this ending. */
export const passageOf = (ledger: string): string => `${ledger}-data`;

export function wordOf({ pid, dialect, wants, torn }: SessionRecord): number {
  const flag = (holds: boolean, bit: number): number => (holds ? bit : 0);
  const wanted = Object.entries(WANTS).reduce((bits, [want, bit]) => bits | flag(wants.includes(want), bit), 0);
  return pid | flag(dialect === "result", SESSION.result) | wanted | flag(torn, SESSION.torn);
}

/** A ledger that no process has written in yet. */
export function composeLedger(sessions: readonly SessionRecord[], unread: Buffer): Buffer {
  const bytes = Buffer.alloc(FORMAT.inbox + unread.length);
  const words = wordsOf(bytes);
  words[WORD.magic] = MAGIC;
  words[WORD.chunkAt] = FORMAT.inbox;
  words[WORD.chunkBytes] = unread.length;
  for (const [at, session] of sessions.slice(0, FORMAT.maxSessions).entries()) words[FORMAT.sessions / 4 + at] = wordOf(session);
  unread.copy(bytes, FORMAT.inbox);
  return bytes;
}

/** What a ledger says; null when the bytes are none. Its process must have ended. */
export function readLedger(bytes: Buffer): LedgerContents | null {
  if (bytes.length < FORMAT.inbox) return null;
  const words = wordsOf(bytes);
  if (words[WORD.magic] !== MAGIC) return null;
  const { underWay, unread } = chunkIn(bytes, words);
  return { pid: words[WORD.pid] ?? 0, sessions: sessionsIn(words), underWay: [...slotsIn(bytes, words), ...underWay], unread, passing: words[WORD.passing] ?? 0 };
}

/** So much of a ledger says whose it is. */
export const LEDGER_HEAD = 8;

/** The process that has written in the ledger that begins so, 0 for none; null when it is no ledger. */
export function writerOf(head: Buffer): number | null {
  if (head.length < LEDGER_HEAD) return null;
  const words = new Uint32Array(Uint8Array.from(head).buffer);
  return words[WORD.magic] === MAGIC ? (words[WORD.pid] ?? null) : null;
}

export function sessionsIn(words: Uint32Array): SessionRecord[] {
  const table = words.subarray(FORMAT.sessions / 4, FORMAT.sessions / 4 + FORMAT.maxSessions);
  return [...table].filter((word) => word !== 0).map((word) => ({
    pid: word & SESSION.pid,
    dialect: word & SESSION.result ? "result" : "event",
    wants: Object.entries(WANTS).flatMap(([want, bit]) => (word & bit ? [want] : [])),
    torn: (word & SESSION.torn) !== 0,
  }));
}

/** @throws RangeError when they do not begin at a whole word */
export function wordsOf(bytes: Buffer): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, FORMAT.inbox / 4);
}

/** Where a slot begins, in words. */
export const slotAt = (slot: number): number => (FORMAT.slots + slot * FORMAT.slotBytes) / 4;
export const SLOT_ROOM = FORMAT.slotBytes - SLOT.bytes;

/** In the order in which they were read. Slots of the present turn do not count yet: its chunk has those requests. */
function slotsIn(bytes: Buffer, words: Uint32Array): UnderWay[] {
  const turn = words[WORD.turn] ?? 0;
  const age = (slot: number): number => (turn - (words[slotAt(slot) + SLOT.turn] ?? 0)) >>> 0;
  const state = (slot: number): number => settledState(words, words[slotAt(slot) + SLOT.state] ?? 0);
  const heads = Array.from({ length: FORMAT.maxSlots }, (_, slot) => slot).filter((slot) => state(slot) > STATE.answered && age(slot) !== 0);
  return heads.sort((a, b) => age(b) - age(a)).map((slot) => {
    return { line: chained(bytes, words, slot), again: state(slot) === STATE.again };
  });
}

/** An answer that is passing has arrived, or will (`passing` says to whom), or it has not set out. */
function settledState(words: Uint32Array, state: number): number {
  if ((state & STATE.passing) === 0 || state === STATE.unread) return state;
  return words[WORD.passing] === 0 ? state - STATE.passing : STATE.answered;
}

function chained(bytes: Buffer, words: Uint32Array, head: number): Buffer {
  const parts: Buffer[] = [];
  let left = words[slotAt(head) + SLOT.length] ?? 0;
  for (let slot = head; left > 0 && parts.length < FORMAT.maxSlots; slot = (words[slotAt(slot) + SLOT.next] ?? 0) - 1) {
    const at = slotAt(slot) * 4 + SLOT.bytes;
    parts.push(bytes.subarray(at, at + Math.min(left, SLOT_ROOM)));
    left -= SLOT_ROOM;
    if (words[slotAt(slot) + SLOT.next] === 0) break;
  }
  return Buffer.concat(parts);
}

function chunkIn(bytes: Buffer, words: Uint32Array): Pick<LedgerContents, "underWay" | "unread"> {
  const held = heldIn(bytes, words);
  const chunk = chunkOf(bytes, words);
  const underWay: UnderWay[] = [];
  const unread: Buffer[] = [];
  let begun = held.line;
  let start = 0;
  const cut = (): boolean => held.cut && begun.length > 0;
  for (const [end, found] of chunk.entries()) {
    if (found !== STATE.unread && (found === 0 || found > (STATE.again | STATE.passing))) continue;
    const state = settledState(words, found);
    const line = Buffer.concat([begun, chunk.subarray(start, end)]);
    start = end + 1;
    if (state === STATE.unread && !cut()) {
      unread.push(line, NEWLINE);
      begun = NOTHING;
      continue;
    }
    const text = line.toString();
    const within = isJson(text) ? null : requestWithin(text);
    if (state !== STATE.answered) underWay.push({ line: within === null ? line : Buffer.from(within), again: state === STATE.again && (within !== null || !cut()) });
    begun = within === null ? NOTHING : line.subarray(0, line.length - Buffer.byteLength(within));
  }
  const rest = chunk.subarray(start);
  if (cut()) underWay.push({ line: begun, again: false });
  else unread.push(begun, rest);
  return { underWay, unread: Buffer.concat(unread) };
}

const NEWLINE = Buffer.from("\n");
const NOTHING = Buffer.alloc(0);

function heldIn(bytes: Buffer, words: Uint32Array): { line: Buffer; cut: boolean } {
  const word = words[WORD.held + ((words[WORD.turn] ?? 0) & 1)] ?? 0;
  const at = FORMAT.held + (word & HELD.second ? FORMAT.heldBytes : 0);
  return { line: bytes.subarray(at, at + Math.min(word & HELD.length, FORMAT.heldBytes)), cut: (word & HELD.cut) !== 0 };
}

/** What was read in the present turn. How much that is nobody may have had the time to write down: lines have no zeros at their end. */
function chunkOf(bytes: Buffer, words: Uint32Array): Buffer {
  if (words[WORD.chunkTurn] !== words[WORD.turn]) return Buffer.alloc(0);
  const at = words[WORD.chunkAt] ?? 0;
  let end = Math.min(at + (words[WORD.chunkBytes] ?? 0), bytes.length);
  while (end > at && bytes[end - 1] === 0) end--;
  return bytes.subarray(at, end);
}

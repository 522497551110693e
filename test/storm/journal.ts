import type { Message } from "../raw.ts";

/** One request of a checked client, and what has come of it. */
export interface Asked {
  readonly id: number;
  readonly client: string;
  readonly tool: string;
  readonly cmd: string;
  /** What an answer has to bring back; undefined where any answer is right. */
  readonly expected: unknown;
  /** ms since the storm began. */
  readonly at: number;
  readonly ends: Message[];
  /** Why it may stay without an end. */
  excuse: string | null;
}

/** Errors by which a request may end in a storm; any other is a finding. */
const NAMED = new Set(["interrupted", "cancelled", "stopping", "busy", "not-ready", "no-such-tool", "daemon-unreachable", "too-many-files"]);
/** A request that has had no end after so long will have none. */
export const PATIENCE_MS = 25_000;
const ENTRIES_SHOWN = 60;

/** What was asked, what was done to the machine, and what was found wrong. */
export class Journal {
  readonly violations: string[] = [];
  /** By how they ended: `answer`, or an error's code. */
  readonly ended = new Map<string, number>();
  readonly #open = new Map<number, Asked>();
  readonly #closed = new Map<number, Asked>();
  readonly #schedule: string[] = [];
  readonly #excuses = new Map<symbol, { tool: string | null; reason: string }>();
  readonly #began = performance.now();
  #nextId = 1;

  get now(): number {
    return Math.round(performance.now() - this.#began);
  }

  /** Something is done to the machine. */
  note(text: string): void {
    this.#schedule.push(`${String(this.now).padStart(7)} ms  ${text}`);
  }

  violate(text: string): void {
    this.violations.push(text);
    this.note(`VIOLATION: ${text}`);
  }

  ask(client: string, tool: string, cmd: string, expected?: unknown): Asked {
    const [excuse] = [...this.#excuses.values()].filter((one) => one.tool === null || one.tool === tool);
    const asked = { id: this.#nextId++, client, tool, cmd, expected, at: this.now, ends: [], excuse: excuse?.reason ?? null };
    this.#open.set(asked.id, asked);
    return asked;
  }

  /** It was never written. */
  withdraw(asked: Asked): void {
    this.#open.delete(asked.id);
  }

  /** A final event for a request. A second one, a wrong one, or an error that no storm explains is a finding. */
  end(id: number, final: Message): void {
    const asked = this.#open.get(id) ?? this.#closed.get(id);
    if (asked === undefined) return this.violate(`a final event for a request that nobody made: ${JSON.stringify(final).slice(0, 300)}`);
    asked.ends.push(final);
    if (asked.ends.length > 1) return this.violate(`a second end: ${this.describe(asked)}`);
    this.#open.delete(id);
    this.#remember(asked);
    const kind = final["event"] === "error" ? String(final["code"] ?? final["message"]) : "answer";
    this.ended.set(kind, (this.ended.get(kind) ?? 0) + 1);
    if (kind === "answer" && asked.expected !== undefined && final["data"] !== asked.expected) this.violate(`a wrong answer: ${this.describe(asked)}`);
    if (kind !== "answer" && !NAMED.has(kind) && !isUpstreamInterruption(final)) this.violate(`an error that is not to be expected: ${this.describe(asked)}`);
  }

  /** Until the result is called, requests to a tool (null: to any) may stay without an end, those under way included. */
  excuse(tool: string | null, reason: string): () => void {
    const key = Symbol(reason);
    this.#excuses.set(key, { tool, reason });
    const mark = (): void => {
      for (const asked of this.#open.values()) if (tool === null || asked.tool === tool) asked.excuse ??= reason;
    };
    mark();
    return () => {
      mark();
      this.#excuses.delete(key);
    };
  }

  /** Requests without an end that nothing excuses. */
  pending(): Asked[] {
    return [...this.#open.values()].filter(({ excuse }) => excuse === null);
  }

  isOpen(asked: Asked): boolean {
    return this.#open.has(asked.id);
  }

  /** Says of each request that has waited too long that it has. */
  accuse(patience = PATIENCE_MS): void {
    for (const asked of this.pending()) {
      if (this.now - asked.at < patience) continue;
      this.violate(`no end: ${this.describe(asked)}`);
      asked.excuse = "told already";
    }
  }

  describe({ id, client, tool, cmd, at, ends, expected }: Asked): string {
    const wanted = expected === undefined ? "" : `, expected ${JSON.stringify(expected).slice(0, 80)}`;
    return `request ${id} (${cmd} to ${tool} by ${client}, at ${at} ms${wanted}) → ${ends.length === 0 ? "nothing" : ends.map((end) => JSON.stringify(end).slice(0, 300)).join(" and ")}`;
  }

  report(): string {
    const counts = [...this.ended].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${count} ${kind}`);
    return [`requests: ${counts.join(", ")}`, "the last of what was done:", ...this.#schedule.slice(-ENTRIES_SHOWN)].join("\n");
  }

  /** A second end may come late, but not for ever. */
  #remember(asked: Asked): void {
    this.#closed.set(asked.id, asked);
    if (this.#closed.size <= 20_000) return;
    const [oldest] = this.#closed.keys();
    if (oldest !== undefined) this.#closed.delete(oldest);
  }
}

/** Clients without a lane are sent no codes, in upstream's fashion: there the sentence has to do. */
function isUpstreamInterruption({ code, message }: Message): boolean {
  return code === undefined && /stopped before it had answered|is stopping|cancelled|too many files|requests? waiting already/.test(String(message));
}

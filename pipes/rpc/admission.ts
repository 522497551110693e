import { ToolError } from "../protocol/errors.ts";
import { withResolvers } from "./resolvers.ts";
import type { Session } from "./session.ts";

/** How often a load that waits for room says that it is not stuck; see `health.progress` of tools.yaml. */
const ALIVE_MS = 10_000;

export interface AdmissionEvents {
  /** It begins to wait. */
  waiting(): void;
  alive(): void;
}

/**
 * Whether a server may load again what it has let go of. Its supervisor decides, because other tools may have to make room; when none is
 * connected, or it goes, nobody decides any more, and the server may.
 */
export class Admission {
  readonly #tool: string;
  readonly #events: AdmissionEvents;
  readonly #supervisors = new Set<Session>();
  /** One load at a time waits; the released state lasts until then. */
  #waiting: { readonly room: Promise<void>; readonly settle: (error?: ToolError) => void } | null = null;

  constructor(tool: string, events: AdmissionEvents) {
    this.#tool = tool;
    this.#events = events;
  }

  /** Whoever has it let go, or asks how it does, looks after it until its session ends. */
  supervisedBy(session: Session | null): void {
    if (session === null || !session.ours || this.#supervisors.has(session)) return;
    this.#supervisors.add(session);
    session.onClose(() => {
      this.#supervisors.delete(session);
      if (this.#supervisors.size === 0) this.#waiting?.settle();
    });
  }

  /** Resolves when there is room. @throws ToolError `not-ready`: there never is */
  room(): Promise<void> {
    if (this.#supervisors.size === 0) return Promise.resolve();
    return (this.#waiting ?? this.#wait()).room;
  }

  /** @param refused why there never will be room */
  admit(refused: string | undefined): void {
    this.#waiting?.settle(refused === undefined ? undefined : new ToolError("not-ready", { tool: this.#tool, state: "released", reason: refused }));
  }

  #wait(): { readonly room: Promise<void> } {
    const { promise: room, resolve, reject } = withResolvers<void>();
    const alive = setInterval(() => this.#events.alive(), ALIVE_MS).unref();
    const settle = (error?: ToolError): void => {
      this.#waiting = null;
      clearInterval(alive);
      if (error === undefined) resolve();
      else reject(error);
    };
    this.#waiting = { room, settle };
    this.#events.waiting();
    return this.#waiting;
  }
}

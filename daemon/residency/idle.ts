/** What a worker says of how much it is used, as `health` gives it. */
export interface Use {
  /** Requests under way. */
  readonly calls: number;
  /** ms since the last one ended; 0 while one is under way. */
  readonly idle: number;
  /** Subscribed clients, the daemon aside. */
  readonly clients: number;
}

export type Idleness =
  | { readonly kind: "due" }
  /** It may be due after so many ms. */
  | { readonly kind: "later"; readonly ms: number };

/**
 * Whether a tool has been idle for so long (`idleMs`) that it is to be released. `byEnding`: it can be released only by ending its
 * process, which clients that are still connected would start again at once.
 */
export function judgeIdleness({ calls, idle, clients }: Use, idleMs: number, byEnding: boolean): Idleness {
  if (calls > 0) return { kind: "later", ms: idleMs };
  if (idle < idleMs) return { kind: "later", ms: idleMs - idle };
  return byEnding && clients > 0 ? { kind: "later", ms: idleMs } : { kind: "due" };
}

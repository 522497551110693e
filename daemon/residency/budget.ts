import { inBytes } from "../../pipes/protocol/quantity.ts";

/** What a tool takes of the memory that all share. */
export interface Claim {
  readonly name: string;
  /** What it holds, or will hold once the load that has begun is done. */
  readonly bytes: number;
  /** How much of that its release would give back. */
  readonly spare: number;
  readonly standing: "busy" | "idle" | "loading" /** on its way out: what it holds comes back by itself */ | "leaving";
  readonly pinned: boolean;
  readonly priority: number;
  /** When its last request was, in ms of the daemon's clock; 0 when there was none. */
  readonly used: number;
}

/** A tool that wants to load. */
export interface Wish {
  /** How much more it needs than it holds. */
  readonly bytes: number;
  /** All that it will hold then. */
  readonly total: number;
  /** When it was last used; Infinity for one that somebody waits for, 0 for one that is loaded only because tools.yaml says so. */
  readonly used: number;
}

export type Verdict =
  | { readonly kind: "fits" }
  /** `names` are to be released, in this order. */
  | { readonly kind: "release"; readonly names: readonly string[]; readonly reason: string }
  /** Nothing can be released now. */
  | { readonly kind: "wait"; readonly reason: string }
  /** It cannot ever fit. */
  | { readonly kind: "never"; readonly reason: string };

/**
 * Whether there is room for a load, and what is to be released for it: the idle, unpinned tool of lowest priority that was used
 * longest ago comes first, one that was used after the wisher never, and none that the others make unnecessary. `budget` in bytes.
 */
export function judgeRoom(wish: Wish, claims: readonly Claim[], budget: number): Verdict {
  if (wish.total > budget) return { kind: "never", reason: `it needs ${inBytes(wish.total)}, which is more than the ${inBytes(budget)} that all tools together may use (memory.budget)` };
  const missing = wish.bytes - (budget - sum(claims.map(({ bytes }) => bytes)));
  if (missing <= 0) return { kind: "fits" };
  const coming = sum(claims.filter(({ standing }) => standing === "leaving").map(({ bytes }) => bytes));
  const chosen = choose(missing - coming, claims.filter((claim) => isReleasable(claim) && claim.used < wish.used));
  if (chosen === null) return { kind: "wait", reason: `it waits for ${inBytes(missing)} of memory: ${holders(wish, claims, budget)}` };
  const names = chosen.map(({ name }) => name);
  const leaving = claims.filter(({ standing }) => standing === "leaving").map(({ name }) => name);
  if (names.length === 0) return { kind: "wait", reason: `it waits for ${inBytes(missing)} of memory: ${leaving.join(", ")} is being released` };
  return { kind: "release", names, reason: `it waits for ${inBytes(missing)} of memory: releasing ${names.join(", ")}` };
}

/** The claims to release for `missing` bytes; null when all of them are not enough. */
function choose(missing: number, candidates: readonly Claim[]): Claim[] | null {
  const chosen: Claim[] = [];
  let free = 0;
  for (const claim of [...candidates].sort((a, b) => a.priority - b.priority || a.used - b.used)) {
    if (free >= missing) break;
    chosen.push(claim);
    free += claim.spare;
  }
  if (free < missing) return null;
  // A large one that came later may have made a small one before it unnecessary.
  for (const claim of [...chosen].reverse()) {
    if (free - claim.spare < missing) continue;
    chosen.splice(chosen.indexOf(claim), 1);
    free -= claim.spare;
  }
  return chosen;
}

function isReleasable({ standing, pinned, spare }: Claim): boolean {
  return standing === "idle" && !pinned && spare > 0;
}

/** Who has the memory, the largest first, and why it cannot be had from them. */
function holders(wish: Wish, claims: readonly Claim[], budget: number): string {
  const idle = ({ pinned, used }: Claim): string => (pinned ? "pinned" : used < wish.used ? "idle" : "wanted later");
  const why = (claim: Claim): string => (claim.standing === "idle" ? idle(claim) : claim.standing === "leaving" ? "being released" : claim.standing);
  const tooLittle = claims.some((claim) => isReleasable(claim) && claim.used < wish.used) ? "; releasing what is idle would not be enough" : "";
  const told = [...claims].filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
  const shown = told.slice(0, 3).map((claim) => `${claim.name} uses ${inBytes(claim.bytes)} (${why(claim)})`);
  return `${[...shown, ...(told.length > 3 ? [told.length === 4 ? "another uses the rest" : `${told.length - 3} others use the rest`] : [])].join(", ")}, of ${inBytes(budget)}${tooLittle}`;
}

const sum = (list: readonly number[]): number => list.reduce((total, each) => total + each, 0);

import { usage } from "./options.ts";

/** `cpipe --conversations`, `cpipe --templates`: what is kept for talking to models. */
export interface KeptTask {
  readonly kind: "conversations" | "templates";
  /** The one to show; null: a list of all. */
  readonly name: string | null;
  /** Conversations to delete. */
  readonly remove: readonly string[];
  readonly json: boolean;
  /** Markdown as it stands, also on a terminal. */
  readonly raw: boolean;
}

/** What stands behind the mode; null when help is asked for. @throws ToolError `usage` */
export function parseKept(kind: KeptTask["kind"], words: readonly string[]): KeptTask | null {
  const given = { remove: false, json: false, raw: false };
  const names: string[] = [];
  for (const word of words) {
    if (word === "--help" || word === "-h") return null;
    if (word === "--json" || word === "-j") given.json = true;
    else if (word === "--raw" && kind === "conversations") given.raw = true;
    else if (word === "--delete" && kind === "conversations") given.remove = true;
    else if (word.startsWith("-")) throw usage(`--${kind} does not take ${word}`, kind === "conversations" ? "It takes: --json, --raw, --delete" : "It takes: --json");
    else names.push(word);
  }
  if (given.remove && names.length === 0) throw usage("--delete needs the name of a conversation", "See: cpipe --conversations");
  if (!given.remove && names.length > 1) throw usage(`--${kind} shows one at a time, got ${names.join(" ")}`);
  return { kind, name: given.remove ? null : (names[0] ?? null), remove: given.remove ? names : [], json: given.json, raw: given.raw };
}

import { createHash } from "node:crypto";

const DIGITS = 24;

/** What a row is called: its own id, else one made from its text, so that the same text is there once. */
export function idOf({ id, text }: { readonly id?: string; readonly text: string }): string {
  return id ?? createHash("sha256").update(text).digest("hex").slice(0, DIGITS);
}

import { createHash } from "node:crypto";
import { readBytes, type Stat } from "./bytes.ts";
import { isGone, reasonOf, type SkipReason } from "./skipped.ts";

export type Read =
  /** `hash`: SHA-256 of the bytes, in hex. `text` comes without a byte order mark. */
  | { readonly kind: "text"; readonly text: string; readonly hash: string; readonly stat: Stat }
  | { readonly kind: "skipped"; readonly reason: SkipReason; readonly detail?: string }
  | { readonly kind: "gone" }
  /** It changed each time while it was read; somebody is writing it. */
  | { readonly kind: "unsteady" };

/** A file's text, whole and as it was at one moment, or why there is none. Does not throw. */
export async function readText(path: string, most: number): Promise<Read> {
  try {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const read = await readBytes(path, most);
      if (read.kind === "unsteady") continue;
      if (read.kind === "too-large") return { kind: "skipped", reason: "too-large", detail: tooLarge(read.size, most) };
      if (read.kind === "not-a-file") return { kind: "skipped", reason: "not-a-file" };
      if (read.bytes.subarray(0, BINARY_BYTES).includes(0)) return { kind: "skipped", reason: "binary" };
      const text = decode(read.bytes);
      if (text === null) return { kind: "skipped", reason: "not-utf8" };
      return { kind: "text", text, hash: createHash("sha256").update(read.bytes).digest("hex"), stat: read.stat };
    }
    return { kind: "unsteady" };
  } catch (error) {
    if (isGone(error)) return { kind: "gone" };
    if ((error as NodeJS.ErrnoException).code === "ELOOP") return { kind: "skipped", reason: "symlink" };
    return { kind: "skipped", reason: "unreadable", detail: reasonOf(error) };
  }
}

export function tooLarge(size: number, most: number): string {
  return `${size} bytes, the limit is ${most}`;
}

const ATTEMPTS = 2;
/** A zero byte in so much of a file makes it binary, as git has it. */
const BINARY_BYTES = 8000;
const utf8 = new TextDecoder("utf-8", { fatal: true });

function decode(bytes: Buffer): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null; // which is the answer to what was asked
  }
}

import { createHash } from "node:crypto";

/**
 * Eight hexadecimal digits that tell apart what makes other vectors of the same passages: the model, and what is put before each.
 * A query's prefix is not in it, for nothing that an index keeps was made with it.
 */
export function spaceOf(model: string, prefixes: { readonly passage?: string | undefined }): string {
  return createHash("sha256").update(JSON.stringify([model, prefixes.passage ?? ""])).digest("hex").slice(0, 8);
}
